#include "code/link.h"

#include "base/assert.h"
#include "base/gtin.h"
#include "code/link_table.h"

#include <stdio.h>
#include <strings.h>

const char *link_word(enum link_status status)
{
    static const char *const words[] = {
#define LINK_STATUS(NAME, word, sentence) word,
#include "code/link_status.def"
#undef LINK_STATUS
    };
    return words[status];
}

const char *link_sentence(enum link_status status)
{
    static const char *const sentences[] = {
#define LINK_STATUS(NAME, word, sentence) sentence,
#include "code/link_status.def"
#undef LINK_STATUS
    };
    return sentences[status];
}

/* Notes what a refusal is about. */
static enum link_status refuse(struct link *link, enum link_status status, struct slice about)
{
    snprintf(link->about, sizeof(link->about), SLICE_FORMAT, (int)MIN(about.size, sizeof(link->about) - 1),
             about.bytes);
    return status;
}

/* --- characters --------------------------------------------------------------------------------------- */

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    char lower = (char)(byte | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool is_unreserved(char byte)
{
    char lower = (char)(byte | 0x20);
    return (byte >= '0' && byte <= '9') || (lower >= 'a' && lower <= 'z') || byte == '-' || byte == '.' ||
           byte == '_' || byte == '~';
}

/* pchar (RFC 3986, 3.3), and the double quote, which GS1's grammar lets stand. */
static bool is_path_character(char byte)
{
    return is_unreserved(byte) || (byte != 0 && strchr("!$&'()*+,;=:@\"", byte) != NULL);
}

/* Into link->bytes, which has room for all of a text that is no longer than LINK_TEXT_MAX. */
static enum link_status decode(struct link *link, struct slice text, bool in_query, struct slice *value)
{
    size_t begin = link->used;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];
        if (byte == '%') {
            int high = i + 2 < text.size ? hex_digit(text.bytes[i + 1]) : -1;
            int low = i + 2 < text.size ? hex_digit(text.bytes[i + 2]) : -1;
            if (high < 0 || low < 0)
                return LINK_BAD_PERCENT;
            byte = (char)(high << 4 | low);
            if (byte == 0)
                return LINK_BAD_CHARACTER;
            i += 2;
        } else if (!is_path_character(byte) && !(in_query && (byte == '/' || byte == '?'))) {
            return LINK_BAD_CHARACTER;
        }
        ASSERT(link->used < sizeof(link->bytes));
        link->bytes[link->used++] = byte;
    }
    *value = slice_of(link->bytes + begin, link->used - begin);
    return LINK_OK;
}

/* --- scheme and host ------------------------------------------------------------------------------------ */

static bool is_host(struct slice host)
{
    if (host.size > 0 && host.bytes[0] == '[') { /* IPv6; that it is one is for who connects to find out */
        if (host.size < 4 || host.bytes[host.size - 1] != ']')
            return false;
        for (size_t i = 1; i + 1 < host.size; i++)
            if (hex_digit(host.bytes[i]) < 0 && host.bytes[i] != ':' && host.bytes[i] != '.')
                return false;
        return true;
    }
    for (size_t i = 0; i < host.size; i++) {
        char byte = host.bytes[i];
        bool percent = byte == '%' && i + 2 < host.size && hex_digit(host.bytes[i + 1]) >= 0 &&
                       hex_digit(host.bytes[i + 2]) >= 0;
        if (!percent && !is_unreserved(byte) && (byte == 0 || strchr("!$&'()*+,;=", byte) == NULL))
            return false;
    }
    return host.size > 0;
}

/* Host and port, without user names: they have no place in what people scan. */
static bool is_authority(struct slice text)
{
    size_t digits = 0;
    while (digits < text.size && text.bytes[text.size - 1 - digits] >= '0' && text.bytes[text.size - 1 - digits] <= '9')
        digits++;
    if (digits < text.size && text.bytes[text.size - 1 - digits] == ':')
        text.size -= digits + 1;
    return is_host(text);
}

/* *begin: where the path does. */
static enum link_status parse_authority(struct slice text, size_t *begin)
{
    static const char *const schemes[] = {"https://", "http://"};
    for (size_t i = 0; i < ARRAY_COUNT(schemes); i++) {
        size_t size = strlen(schemes[i]);
        if (text.size < size || strncasecmp(text.bytes, schemes[i], size) != 0)
            continue;
        *begin = size;
        while (*begin < text.size && strchr("/?#", text.bytes[*begin]) == NULL)
            ++*begin;
        return is_authority(slice_of(text.bytes + size, *begin - size)) ? LINK_OK : LINK_BAD_HOST;
    }
    return LINK_BAD_SCHEME;
}

/* --- the path ------------------------------------------------------------------------------------------- */

struct segments {
    u32 count;
    struct slice of[LINK_SEGMENTS_MAX];
};

/* Without the slash at its end. */
static enum link_status split_path(struct slice path, struct segments *segments)
{
    segments->count = 0;
    if (path.size > 1 && path.bytes[path.size - 1] == '/')
        path.size--;
    for (size_t at = 0; at < path.size;) {
        const char *begin = path.bytes + at + 1;
        const char *end = memchr(begin, '/', path.size - at - 1);
        size_t size = end != NULL ? (size_t)(end - begin) : path.size - at - 1;
        if (segments->count == LINK_SEGMENTS_MAX)
            return LINK_TOO_MANY;
        segments->of[segments->count++] = slice_of(begin, size);
        at += size + 1;
    }
    return LINK_OK;
}

/* Which segment is the key's AI. */
static enum link_status find_key(struct link *link, const struct segments *segments, bool target, u32 *found)
{
    u32 count = segments->count;
    if (target) {
        *found = 0;
        if (count == 0 || !link_is_key(segments->of[0]))
            return LINK_NO_KEY;
        return count % 2 == 0 ? LINK_OK : refuse(link, LINK_MISSING_VALUE, segments->of[count - 1]);
    }
    for (u32 behind = count; behind >= 2; behind -= 2)
        if (link_is_key(segments->of[behind - 2])) {
            *found = behind - 2;
            return LINK_OK;
        }
    for (u32 behind = count; behind >= 1; behind -= MIN(behind, 2u))
        if (link_is_key(segments->of[behind - 1]))
            return refuse(link, LINK_MISSING_VALUE, segments->of[count - 1]);
    return LINK_NO_KEY;
}

static bool stem_good(struct slice stem)
{
    for (size_t i = 0; i < stem.size; i++) {
        bool percent = stem.bytes[i] == '%' && i + 2 < stem.size && hex_digit(stem.bytes[i + 1]) >= 0 &&
                       hex_digit(stem.bytes[i + 2]) >= 0;
        if (!percent && stem.bytes[i] != '/' && !is_path_character(stem.bytes[i]))
            return false;
    }
    return true;
}

/* A GTIN is kept as 14 digits. */
static enum link_status parse_gtin(struct link *link, struct slice text)
{
    struct slice *value = &link->key.value;
    bool zeros = true;
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return LINK_BAD_CHARACTER;
        zeros = zeros && text.bytes[i] == '0';
    }
    if (text.size != 8 && (text.size < 12 || text.size > 14))
        return LINK_WRONG_LENGTH;
    if (zeros)
        return LINK_ZERO;
    link->gtin = gtin_parse(text);
    if (link->gtin == 0)
        return LINK_BAD_CHECK_DIGIT;
    ASSERT(sizeof(link->bytes) - link->used >= 15);
    char *begin = link->bytes + link->used;
    link->used += (size_t)snprintf(begin, 15, "%014llu", (unsigned long long)link->gtin);
    *value = slice_of(begin, 14);
    return LINK_OK;
}

static enum link_status parse_value(struct link *link, struct slice name, struct slice text, bool in_query,
                                    struct slice *value)
{
    if (text.size == 0)
        return LINK_MISSING_VALUE;
    enum link_status status = decode(link, text, in_query, value);
    if (status != LINK_OK)
        return status;
    return link_value_status(name, *value);
}

static enum link_status parse_key(struct link *link, struct slice name, struct slice text)
{
    struct slice value;
    link->key = (struct link_part){name, text};
    if (!slice_is(name, "01"))
        return parse_value(link, name, text, false, &link->key.value);
    if (text.size == 0)
        return LINK_MISSING_VALUE;
    enum link_status status = decode(link, text, false, &value);
    return status == LINK_OK ? parse_gtin(link, value) : status;
}

static enum link_status parse_qualifier(struct link *link, struct slice name, struct slice text)
{
    unsigned place = link_qualifier_place(link->key.name, name);
    if (place == 0)
        return LINK_UNKNOWN_QUALIFIER;
    for (u32 i = 0; i < link->qualifier_count; i++) {
        unsigned before = link_qualifier_place(link->key.name, link->qualifiers[i].name);
        if (before == place)
            return LINK_DUPLICATE;
        if (before > place || place > LINK_PLACE_ALONE)
            return LINK_BAD_ORDER;
    }
    ASSERT(link->qualifier_count < LINK_QUALIFIERS_MAX);
    struct link_part *part = &link->qualifiers[link->qualifier_count++];
    part->name = name;
    return parse_value(link, name, text, false, &part->value);
}

static enum link_status parse_path(struct link *link, struct slice path, bool target)
{
    struct segments segments;
    u32 key = 0;
    enum link_status status = split_path(path, &segments);
    if (status == LINK_OK)
        status = find_key(link, &segments, target, &key);
    if (status != LINK_OK)
        return status;
    struct slice name = segments.of[key];
    size_t stem = (size_t)(name.bytes - path.bytes) - 1;
    if (!stem_good(slice_of(path.bytes, stem)))
        return LINK_BAD_STEM;
    link->stem.size += stem;
    status = parse_key(link, name, segments.of[key + 1]);
    for (u32 i = key + 2; status == LINK_OK && i < segments.count; i += 2) {
        name = segments.of[i];
        status = parse_qualifier(link, name, segments.of[i + 1]);
    }
    return status == LINK_OK ? LINK_OK : refuse(link, status, name);
}

/* --- the query ------------------------------------------------------------------------------------------- */

static bool is_digits(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
    return text.size > 0;
}

static bool has_ai(const struct link *link, struct slice name)
{
    bool found = slice_equal(link->key.name, name);
    for (u32 i = 0; i < link->qualifier_count; i++)
        found = found || slice_equal(link->qualifiers[i].name, name);
    for (u32 i = 0; i < link->attribute_count; i++)
        found = found || slice_equal(link->attributes[i].name, name);
    return found;
}

static enum link_status parse_parameter(struct link *link, struct slice name, struct slice text)
{
    struct link_part part;
    enum link_status status = decode(link, name, true, &part.name);
    if (status != LINK_OK)
        return status;
    if (part.name.size > 0 && !is_digits(part.name))
        status = decode(link, text, true, &part.value);
    else if (!link_is_attribute(part.name))
        status = LINK_UNKNOWN_ATTRIBUTE;
    else if (has_ai(link, part.name))
        status = LINK_DUPLICATE;
    else
        status = parse_value(link, part.name, text, true, &part.value);
    if (status != LINK_OK)
        return status;
    if (link->attribute_count == LINK_ATTRIBUTES_MAX)
        return LINK_TOO_MANY;
    link->attributes[link->attribute_count++] = part;
    return LINK_OK;
}

/* Parameters are divided by & or ; and empty ones are none. */
static enum link_status parse_query(struct link *link, struct slice query)
{
    enum link_status status = LINK_OK;
    for (size_t at = 0; at < query.size && status == LINK_OK;) {
        const char *begin = query.bytes + at;
        size_t size = 0;
        while (at + size < query.size && begin[size] != '&' && begin[size] != ';')
            size++;
        at += size + 1;
        if (size == 0)
            continue;
        const char *equals = memchr(begin, '=', size);
        struct slice name = slice_of(begin, equals != NULL ? (size_t)(equals - begin) : size);
        size_t skip = MIN(name.size + 1, size);
        status = parse_parameter(link, name, slice_of(begin + skip, size - skip));
        if (status != LINK_OK)
            refuse(link, status, name);
    }
    return status;
}

/* --- the whole ------------------------------------------------------------------------------------------- */

static enum link_status parse(struct slice text, struct link *link, bool target)
{
    size_t begin = 0;
    enum link_status status = LINK_OK;
    link->stem = slice_of(text.bytes, 0);
    link->gtin = 0;
    link->qualifier_count = link->attribute_count = 0;
    link->about[0] = 0;
    link->used = 0;
    if (text.size > LINK_TEXT_MAX)
        return LINK_TOO_LONG;
    if (!target)
        status = parse_authority(text, &begin);
    if (status != LINK_OK)
        return status;
    link->stem.size = begin;
    struct slice rest = slice_of(text.bytes + begin, text.size - begin);
    const char *mark = rest.size > 0 ? memchr(rest.bytes, '?', rest.size) : NULL;
    struct slice path = slice_of(rest.bytes, mark != NULL ? (size_t)(mark - rest.bytes) : rest.size);
    if (path.size == 0 || path.bytes[0] != '/')
        return LINK_NO_KEY;
    status = parse_path(link, path, target);
    if (status == LINK_OK && mark != NULL)
        status = parse_query(link, slice_of(mark + 1, rest.size - path.size - 1));
    return status;
}

enum link_status link_parse(struct slice text, struct link *link)
{
    return parse(text, link, false);
}

enum link_status link_parse_target(struct slice text, struct link *link)
{
    return parse(text, link, true);
}

bool link_find(const struct link *link, const char *name, struct slice *value)
{
    for (u32 i = 0; i < link->qualifier_count + link->attribute_count; i++) {
        const struct link_part *part = i < link->qualifier_count ? &link->qualifiers[i]
                                                                  : &link->attributes[i - link->qualifier_count];
        if (!slice_is(part->name, name))
            continue;
        *value = part->value;
        return true;
    }
    return false;
}
