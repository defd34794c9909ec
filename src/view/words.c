#include "view/words.h"

#include "base/assert.h"

#define ENTITY_BYTES_MAX 12u        /* "&#x10FFFF;" */
#define CHARACTER_BYTES_MAX 4u

/* --- characters ---------------------------------------------------------------- */

/* The character at the front, and how many bytes it takes; a byte that begins none is U+FFFD, alone. */
static u32 character_read(struct slice text, size_t *size)
{
    const u8 *at = (const u8 *)text.bytes;
    static const u32 smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;
    *size = 1;
    if (length == 1)
        return at[0];
    if (length == 0 || length > text.size)
        return 0xfffd;
    u32 code = at[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0xfffd;
        code = code << 6 | (at[i] & 0x3fu);
    }
    if (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0xfffd;
    *size = length;
    return code;
}

static size_t character_write(char *bytes, u32 code)
{
    u8 *at = (u8 *)bytes;
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const u8 first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length; i-- > 1; code >>= 6)
        at[i] = (u8)(0x80 | (code & 0x3f));
    at[0] = (u8)(first[length] | code);
    return length;
}

struct range {
    u32 first, last;
};

static bool in_ranges(const struct range *ranges, size_t count, u32 code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

static bool character_cjk(u32 code)
{
    static const struct range ranges[] = {
        {0x1100, 0x11ff},   /* Hangul, in parts */
        {0x3005, 0x3007},   /* 々 〆 〇 */
        {0x3041, 0x3096}, {0x3099, 0x309a}, {0x309d, 0x30fa}, {0x30fc, 0x30ff}, /* kana, its long mark */
        {0x3105, 0x312f},   /* bopomofo */
        {0x3131, 0x318e},   /* Hangul, in parts */
        {0x31f0, 0x31ff},   /* small kana */
        {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, /* Han */
        {0xac00, 0xd7a3},   /* Hangul */
        {0xf900, 0xfaff},   /* Han, again */
        {0xff66, 0xff9f},   /* halfwidth kana */
        {0x20000, 0x3ffff}, /* Han, rare */
    };
    return code >= 0x1100 && in_ranges(ranges, ARRAY_COUNT(ranges), code);
}

/* Parts words: what is no letter or digit in ASCII and in the blocks of punctuation. Of the rest the index decides. */
static bool character_parts(u32 code)
{
    static const struct range ranges[] = {
        {0x80, 0xa9}, {0xab, 0xb1}, {0xb4, 0xb4}, {0xb6, 0xb8}, {0xbb, 0xbf}, /* Latin-1 but ª ² ³ µ ¹ º */
        {0xd7, 0xd7}, {0xf7, 0xf7},
        {0x2000, 0x206f}, {0x20a0, 0x20cf}, {0x2190, 0x245f}, {0x2500, 0x2bff}, /* dashes to dingbats */
        {0x3000, 0x3004}, {0x3008, 0x3040}, {0x30fb, 0x30fb}, /* 、。「」・ */
        {0xe000, 0xf8ff}, {0xfe00, 0xfe6f}, {0xff5f, 0xff65}, {0xffe0, 0xffff}, {0x1f000, 0x1faff},
    };
    if (code < 0x80)
        return !((code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z'));
    return in_ranges(ranges, ARRAY_COUNT(ranges), code);
}

enum character_class { CLASS_GAP, CLASS_WORD, CLASS_CJK };

/* Fullwidth forms fold to ASCII. */
static enum character_class character_class(u32 *code)
{
    if (*code >= 0xff01 && *code <= 0xff5e)
        *code -= 0xff01 - '!';
    return character_cjk(*code) ? CLASS_CJK : character_parts(*code) ? CLASS_GAP : CLASS_WORD;
}

/* --- columns -------------------------------------------------------------------- */

/* At most one blank goes before a character that begins a word. Drops what does not fit. */
static void words_put(struct words *words, u32 code)
{
    enum character_class class = character_class(&code);
    bool blank = words->size == 0 || words->bytes[words->size - 1] == ' ';
    if (words->size + CHARACTER_BYTES_MAX + 2 > words->size_max)
        return;
    if (class != CLASS_WORD && !blank)
        words->bytes[words->size++] = ' ';
    if (class == CLASS_GAP)
        return;
    words->size += character_write(words->bytes + words->size, code);
    if (class == CLASS_CJK)
        words->bytes[words->size++] = ' ';
}

void words_add(struct words *words, struct slice text)
{
    words_put(words, ' ');
    while (text.size > 0) {
        size_t size;
        words_put(words, character_read(text, &size));
        text = slice_of(text.bytes + size, text.size - size);
    }
    words_put(words, ' ');
}

/* --- HTML ---------------------------------------------------------------------------- */

static struct slice slice_from(struct slice text, size_t at)
{
    at = MIN(at, text.size);
    return slice_of(text.bytes + at, text.size - at);
}

/* Where `what` (lower case) begins in `text`, in either case; text.size: nowhere. */
static size_t html_find(struct slice text, const char *what)
{
    size_t size = strlen(what);
    for (size_t i = 0; i + size <= text.size; i++) {
        size_t j = 0;
        while (j < size && (text.bytes[i + j] | (what[j] >= 'a' ? 0x20 : 0)) == what[j])
            j++;
        if (j == size)
            return i;
    }
    return text.size;
}

static bool html_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool html_begins(struct slice text, const char *what)
{
    size_t size = strlen(what);
    return text.size >= size && html_find(slice_of(text.bytes, size), what) == 0;
}

/* The bytes of the tag, comment, script or style at the front; 0: a plain '<'. One that does not end takes the rest. */
static size_t html_tag(struct slice html)
{
    static const struct {
        const char *begins, *ends;
    } whole[] = {{"<!--", "-->"}, {"<script", "</script"}, {"<style", "</style"}};
    size_t at = 1;
    for (size_t i = 0; i < ARRAY_COUNT(whole); i++)
        if (html_begins(html, whole[i].begins)) {
            size_t begin = strlen(whole[i].begins);
            at = begin + html_find(slice_from(html, begin), whole[i].ends);
            size_t close = i == 0 ? 2 : html_find(slice_from(html, at), ">");
            return MIN(at + close + 1, html.size);
        }
    if (html.size < 2 || !(html_letter(html.bytes[1]) || html.bytes[1] == '/' || html.bytes[1] == '!' ||
                           html.bytes[1] == '?'))
        return 0;
    char quote = 0; /* a '>' in an attribute's value is none */
    for (; at < html.size; at++) {
        char c = html.bytes[at];
        if (quote != 0)
            quote = c == quote ? 0 : quote;
        else if (c == '>')
            return at + 1;
        else if ((c == '"' || c == '\'') && html.bytes[at - 1] == '=')
            quote = c;
    }
    return html.size;
}

static u32 html_number(struct slice digits)
{
    bool hex = digits.size > 0 && (digits.bytes[0] | 0x20) == 'x';
    u32 code = 0;
    for (size_t i = hex; i < digits.size; i++) {
        char c = digits.bytes[i];
        u32 digit = c >= '0' && c <= '9' ? (u32)(c - '0') : hex && html_letter(c) ? (u32)((c | 0x20) - 'a') + 10 : 99;
        if (digit >= (hex ? 16u : 10u))
            return ' ';
        code = MIN(code * (hex ? 16 : 10) + digit, 0x110000);
    }
    return code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? ' ' : code;
}

/* &eacute; and its like are their letter, for the index has no accents. Other names stand for signs, which part words.
 */
static u32 html_named(struct slice name)
{
    static const char *const accents[] = {"acute", "grave", "circ", "uml", "tilde", "ring", "cedil", "caron"};
    for (size_t i = 0; i < ARRAY_COUNT(accents); i++)
        if (name.size > 1 && slice_is(slice_from(name, 1), accents[i]))
            return (u8)name.bytes[0];
    return ' ';
}

/* The character an entity stands for, and its bytes; 0: a plain '&'. */
static u32 html_entity(struct slice html, size_t *size)
{
    *size = 0;
    for (size_t i = 1; i < MIN(html.size, ENTITY_BYTES_MAX) && *size == 0; i++) {
        char c = html.bytes[i];
        if (c == ';')
            *size = i + 1;
        else if (!html_letter(c) && !(c >= '0' && c <= '9') && c != '#')
            return 0;
    }
    if (*size < 3)
        return *size = 0, 0;
    return html.bytes[1] == '#' ? html_number(slice_of(html.bytes + 2, *size - 3))
                                : html_named(slice_of(html.bytes + 1, *size - 2));
}

void words_add_html(struct words *words, struct slice html)
{
    words_put(words, ' ');
    while (html.size > 0) {
        size_t size = 0;
        u32 code = ' ';
        if (html.bytes[0] == '<')
            size = html_tag(html);
        else if (html.bytes[0] == '&')
            code = html_entity(html, &size);
        if (size == 0)
            code = character_read(html, &size);
        words_put(words, code);
        html = slice_from(html, size);
    }
    words_put(words, ' ');
}

/* --- searches ------------------------------------------------------------------------- */

size_t words_search(char *match, struct slice text, const char **problem)
{
    size_t count = 0, size = 0;
    enum character_class before = CLASS_GAP;
    *problem = NULL;
    if (text.size > WORDS_SEARCH_BYTES_MAX) {
        *problem = "the search is too long";
        return 0;
    }
    while (text.size > 0) {
        size_t length;
        u32 code = character_read(text, &length);
        enum character_class class = character_class(&code);
        text = slice_from(text, length);
        if (before != class && before != CLASS_GAP) /* the end of a word, which may go on, or of a run */
            size += (size_t)(stpcpy(match + size, before == CLASS_WORD ? "\"* " : "\" ") - (match + size));
        if (before != class && class != CLASS_GAP && ++count > WORDS_SEARCH_MAX) {
            *problem = "the search has too many words";
            return 0;
        }
        if (before != class && class != CLASS_GAP)
            match[size++] = '"';
        if (class != CLASS_GAP)
            size += character_write(match + size, code);
        if (class == CLASS_CJK)
            match[size++] = ' ';
        before = class;
    }
    if (before != CLASS_GAP)
        size += (size_t)(stpcpy(match + size, before == CLASS_WORD ? "\"*" : "\"") - (match + size));
    ASSERT(size < WORDS_MATCH_MAX);
    match[size] = '\0';
    return count;
}
