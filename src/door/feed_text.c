/* Texts for feeds and pages; see feed.h. */
#include "door/feed.h"

#include "base/emit.h"

#include <stdlib.h>
#include <strings.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* U+FFFE and U+FFFF are no characters of XML. */
static bool is_noncharacter(const unsigned char *at, size_t size)
{
    return size == 3 && at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe;
}

static const char *reference_of(char byte)
{
    switch (byte) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

void feed_escape(struct buffer *out, struct slice text)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    for (size_t i = 0; i < text.size;) {
        size_t size = emit_character(bytes + i, text.size - i);
        bool blank = bytes[i] == '\t' || bytes[i] == '\n' || bytes[i] == '\r';
        const char *reference = reference_of(text.bytes[i]);
        if (size == 0 || (bytes[i] < 0x20 && !blank) || bytes[i] == 0x7f || is_noncharacter(bytes + i, size))
            buffer_add(out, REPLACEMENT, 3);
        else if (reference != NULL)
            buffer_text(out, reference);
        else
            buffer_add(out, bytes + i, size);
        i += MAX(size, (size_t)1);
    }
}

/* --- HTML as plain text ------------------------------------------------------------------------------- */

struct plain {
    struct buffer *out;
    size_t begin;           /* of what is written, in the buffer */
    bool blank;             /* one is due before the next character */
};

static void plain_add(struct plain *plain, const char *bytes, size_t size)
{
    if (plain->blank && plain->out->size > plain->begin)
        buffer_byte(plain->out, ' ');
    plain->blank = false;
    buffer_add(plain->out, bytes, size);
}

/* True when `text` begins with the word, upper and lower case alike, and no letter follows. */
static bool begins_with(struct slice text, const char *word)
{
    size_t size = strlen(word);
    if (text.size < size || strncasecmp(text.bytes, word, size) != 0)
        return false;
    unsigned char next = text.size > size ? (unsigned char)(text.bytes[size] | 0x20) : ' ';
    return next < 'a' || next > 'z';
}

static struct slice rest_of(struct slice text, size_t from)
{
    return slice_of(text.bytes + MIN(from, text.size), text.size - MIN(from, text.size));
}

/* Bytes up to and with `end`; all of them when it does not come. */
static size_t skip_past(struct slice text, const char *end)
{
    const char *found = memmem(text.bytes, text.size, end, strlen(end));
    return found != NULL ? (size_t)(found - text.bytes) + strlen(end) : text.size;
}

/* Bytes of a script or style element, whose begin `text` is. */
static size_t skip_element(struct slice text, const char *end_tag)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.bytes[i] == '<' && begins_with(rest_of(text, i + 1), end_tag))
            return i + skip_past(rest_of(text, i), ">");
    return text.size;
}

/* Bytes of what begins with '<'; 0: it is no tag. */
static size_t skip_tag(struct slice text)
{
    struct slice inside = rest_of(text, 1);
    if (begins_with(inside, "script"))
        return skip_element(text, "/script");
    if (begins_with(inside, "style"))
        return skip_element(text, "/style");
    if (inside.size >= 3 && memcmp(inside.bytes, "!--", 3) == 0)
        return 4 + skip_past(rest_of(text, 4), "-->");
    unsigned char first = inside.size > 0 ? (unsigned char)(inside.bytes[0] | 0x20) : ' ';
    bool tag = (first >= 'a' && first <= 'z') || (inside.size > 0 && strchr("/!?", inside.bytes[0]) != NULL &&
                                                  inside.bytes[0] != 0);
    return tag ? skip_past(text, ">") : 0;
}

/* A code point as UTF-8; 0 bytes: it is none. */
static size_t utf8_of(u32 point, char bytes[4])
{
    if (point < 0x20 || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff)
        return 0;
    if (point < 0x80) {
        bytes[0] = (char)point;
        return 1;
    }
    size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = size - 1; i > 0; i--, point >>= 6)
        bytes[i] = (char)(0x80 | (point & 0x3f));
    bytes[0] = (char)(lead[size] | point);
    return size;
}

#define REFERENCE_MAX 10u   /* bytes of "&#x10ffff;" */

/* The reference that `text` begins with: bytes it stands for, and *used of its own. 0: it is none that is known. */
static size_t reference_read(struct slice text, char bytes[4], size_t *used)
{
    static const struct {
        const char *name;
        u32 point;
    } names[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}};
    const char *end = memchr(text.bytes, ';', MIN(text.size, (size_t)REFERENCE_MAX));
    if (end == NULL)
        return 0;
    *used = (size_t)(end - text.bytes) + 1;
    struct slice name = slice_of(text.bytes + 1, *used - 2);
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (slice_is(name, names[i].name))
            return utf8_of(names[i].point, bytes);
    if (name.size < 2 || name.bytes[0] != '#')
        return 0;
    char digits[REFERENCE_MAX + 1] = "";
    bool hex = (name.bytes[1] | 0x20) == 'x';
    memcpy(digits, name.bytes + 1 + hex, name.size - 1 - hex);
    return strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") == strlen(digits)
               ? utf8_of((u32)strtoul(digits, NULL, hex ? 16 : 10), bytes)
               : 0;
}

/* Cuts what was written to `size_max` bytes, between characters. */
static void plain_cut(struct plain *plain, size_t size_max)
{
    size_t size = plain->out->size - plain->begin;
    if (size <= size_max)
        return;
    size = size_max;
    while (size > 0 && ((unsigned char)plain->out->bytes[plain->begin + size] & 0xc0) == 0x80)
        size--;
    plain->out->size = plain->begin + size;
}

void feed_plain(struct buffer *out, struct slice html, size_t size_max)
{
    struct plain plain = {.out = out, .begin = out->size};
    for (size_t i = 0; i < html.size && out->size - plain.begin <= size_max;) {
        struct slice rest = rest_of(html, i);
        char bytes[4];
        size_t used = 0, size = rest.bytes[0] == '<' ? skip_tag(rest) : 0;
        if (size > 0) {
            plain.blank = true;
            i += size;
        } else if ((unsigned char)rest.bytes[0] <= ' ') {
            plain.blank = true;
            i++;
        } else if (rest.bytes[0] == '&' && (size = reference_read(rest, bytes, &used)) > 0) {
            if (bytes[0] == ' ')
                plain.blank = true;
            else
                plain_add(&plain, bytes, size);
            i += used;
        } else {
            size = MAX(emit_character((const unsigned char *)rest.bytes, rest.size), (size_t)1);
            plain_add(&plain, rest.bytes, size);
            i += size;
        }
    }
    plain_cut(&plain, size_max);
}

/* --- addresses, JSON --------------------------------------------------------------------------------------- */

void feed_segment(struct buffer *out, struct slice text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        bool plain = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || byte == '-' ||
                     byte == '.' || byte == '_' || byte == '~';
        char coded[3] = {'%', hex[byte >> 4], hex[byte & 15]};
        buffer_add(out, plain ? (const char *)&byte : coded, plain ? 1 : 3);
    }
}

void feed_json(struct buffer *out, struct slice json)
{
    size_t plain = 0;
    for (size_t i = 0; i < json.size; i++) {
        char byte = json.bytes[i];
        if (byte != '<' && byte != '>' && byte != '&')
            continue;
        buffer_add(out, json.bytes + plain, i - plain);
        buffer_text(out, byte == '<' ? "\\u003c" : byte == '>' ? "\\u003e" : "\\u0026");
        plain = i + 1;
    }
    buffer_add(out, json.bytes + plain, json.size - plain);
}

bool feed_is_address(struct slice text)
{
    bool http = (text.size > 7 && strncasecmp(text.bytes, "http://", 7) == 0) ||
                (text.size > 8 && strncasecmp(text.bytes, "https://", 8) == 0);
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.bytes[i] <= ' ' || text.bytes[i] == 0x7f)
            return false;
    return http && text.size <= 2000;
}
