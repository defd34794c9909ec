/*
 * fuzz_link: src/code/link.c. A part lies inside the text or the link; what was read is written and read again as the
 * same, in one canonical writing; a target is read like the address that it is of.
 */
#include "fuzz/fuzz.h"

#include "code/link.h"

static struct link first, second;

static void must_lie_inside(struct slice part, const char *text, size_t size, const struct link *link)
{
    uintptr_t begin = (uintptr_t)part.bytes, end = begin + part.size;
    bool in_text = begin >= (uintptr_t)text && end <= (uintptr_t)text + size;
    bool in_link = begin >= (uintptr_t)link->bytes && end <= (uintptr_t)link->bytes + link->used;
    FUZZ_MUST(in_text || in_link);
}

static void check_parts(const char *text, size_t size, const struct link *link)
{
    FUZZ_MUST(link->qualifier_count <= LINK_QUALIFIERS_MAX && link->attribute_count <= LINK_ATTRIBUTES_MAX);
    FUZZ_MUST(link->used <= sizeof(link->bytes));
    must_lie_inside(link->stem, text, size, link);
    must_lie_inside(link->key.value, text, size, link);
    for (u32 i = 0; i < link->qualifier_count; i++)
        must_lie_inside(link->qualifiers[i].value, text, size, link);
    for (u32 i = 0; i < link->attribute_count; i++) {
        must_lie_inside(link->attributes[i].name, text, size, link);
        must_lie_inside(link->attributes[i].value, text, size, link);
    }
}

static enum link_status write_again(struct buffer *out, const struct link *link)
{
    return link_write(out, link->stem, link->gtin, link->qualifiers, link->qualifier_count, link->attributes,
                      link->attribute_count);
}

static void check_written(const struct link *link)
{
    struct buffer once = {0}, twice = {0};
    enum link_status status = write_again(&once, link);
    FUZZ_MUST(status == LINK_OK || status == LINK_TOO_LONG); /* %XX takes more room than what stood for itself */
    if (status == LINK_OK) {
        FUZZ_COUNT("written", 1);
        struct slice text = slice_of(once.bytes, once.size);
        FUZZ_MUST((link->stem.size > 0 ? link_parse(text, &second) : link_parse_target(text, &second)) == LINK_OK);
        FUZZ_MUST(second.gtin == link->gtin && slice_equal(second.stem, link->stem));
        FUZZ_MUST(second.qualifier_count == link->qualifier_count);
        FUZZ_MUST(second.attribute_count == link->attribute_count);
        for (u32 i = 0; i < link->qualifier_count; i++)
            FUZZ_MUST(slice_equal(second.qualifiers[i].value, link->qualifiers[i].value));
        FUZZ_MUST(write_again(&twice, &second) == LINK_OK);
        FUZZ_MUST(slice_equal(text, slice_of(twice.bytes, twice.size)));
    }
    buffer_free(&once);
    buffer_free(&twice);
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    char *text = fuzz_copy(bytes, size);
    if (link_parse(slice_of(text, size), &first) == LINK_OK) {
        FUZZ_COUNT("links", 1);
        check_parts(text, size, &first);
        if (first.gtin != 0)
            check_written(&first);
    } else {
        FUZZ_MUST(memchr(first.about, 0, sizeof(first.about)) != NULL);
    }
    if (link_parse_target(slice_of(text, size), &first) == LINK_OK) {
        FUZZ_COUNT("targets", 1);
        check_parts(text, size, &first);
        FUZZ_MUST(first.stem.size == 0);
        if (first.gtin != 0)
            check_written(&first);
    }
    free(text);
    return 0;
}
