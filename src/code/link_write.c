/*
 * Writes GS1 Digital Links (link.h). What was written is read again by the reader, so that the two cannot disagree.
 */
#include "base/gtin.h"
#include "code/link_table.h"

static void add_coded(struct buffer *out, struct slice text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.bytes[i], lower = byte | 0x20;
        bool plain = (byte >= '0' && byte <= '9') || (lower >= 'a' && lower <= 'z') || byte == '-' || byte == '.' ||
                     byte == '_' || byte == '~';
        char coded[3] = {'%', hex[byte >> 4], hex[byte & 15]};
        buffer_add(out, plain ? (const char *)&byte : coded, plain ? 1 : 3);
    }
}

/* Less than 0, 0, more than 0. */
static int compare(struct slice a, struct slice b)
{
    size_t size = MIN(a.size, b.size);
    int order = size > 0 ? memcmp(a.bytes, b.bytes, size) : 0;
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static bool stands_before(const struct link_part *a, const struct link_part *b, struct slice key)
{
    return key.size > 0 ? link_qualifier_place(key, a->name) <= link_qualifier_place(key, b->name)
                        : compare(a->name, b->name) <= 0;
}

/* The parts' numbers in the order in which they are written: by place, or by name where `key` is none. */
static void sort(const struct link_part *parts, size_t count, struct slice key, size_t *order)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && !stands_before(&parts[order[at - 1]], &parts[i], key); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

enum link_status link_write(struct buffer *out, struct slice stem, u64 gtin, const struct link_part *qualifiers,
                            size_t qualifier_count, const struct link_part *attributes, size_t attribute_count)
{
    size_t begin = out->size, order[LINK_ATTRIBUTES_MAX];
    struct link link;
    if (!gtin_valid(gtin))
        return gtin == 0 ? LINK_ZERO : LINK_BAD_CHECK_DIGIT;
    if (qualifier_count > LINK_QUALIFIERS_MAX || attribute_count > LINK_ATTRIBUTES_MAX)
        return LINK_TOO_MANY;
    buffer_slice(out, stem);
    buffer_format(out, "/01/%014llu", (unsigned long long)gtin);
    sort(qualifiers, qualifier_count, slice_text("01"), order);
    for (size_t i = 0; i < qualifier_count; i++) {
        buffer_byte(out, '/');
        add_coded(out, qualifiers[order[i]].name);
        buffer_byte(out, '/');
        add_coded(out, qualifiers[order[i]].value);
    }
    sort(attributes, attribute_count, slice_of("", 0), order);
    for (size_t i = 0; i < attribute_count; i++) {
        buffer_byte(out, i == 0 ? '?' : '&');
        add_coded(out, attributes[order[i]].name);
        buffer_byte(out, '=');
        add_coded(out, attributes[order[i]].value);
    }
    struct slice text = slice_of(out->bytes + begin, out->size - begin);
    enum link_status status = stem.size > 0 ? link_parse(text, &link) : link_parse_target(text, &link);
    if (status == LINK_OK && (link.gtin != gtin || link.stem.size != stem.size)) /* a qualifier is another key */
        status = LINK_UNKNOWN_QUALIFIER;
    if (status != LINK_OK)
        out->size = begin;
    return status;
}
