/*
 * GS1 Digital Links: what is read, what is refused and by which name, what is written.
 *   test_link --lines    reads addresses, one a line, and says of each what it is, as a line of JSON
 */
#include "base/emit.h"
#include "base/gtin.h"
#include "base/prng.h"
#include "base/time.h"
#include "code/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define GTIN "09520000001117"

static struct link parsed;

static enum link_status parse(const char *text)
{
    return link_parse(slice_text(text), &parsed);
}

static void expect(struct slice value, const char *text)
{
    assert_int_equal(value.size, strlen(text));
    assert_memory_equal(value.bytes, text, value.size);
}

static void expect_found(const char *name, const char *text)
{
    struct slice value;
    assert_true(link_find(&parsed, name, &value));
    expect(value, text);
}

static void test_parts(void **state)
{
    (void)state;
    struct slice value;
    assert_int_equal(parse("https://shop.example/some/stem/01/" GTIN "/22/2A/10/ABC%2F1/21/12%3C3?17=261231&store=st-1"
                           "&3103=000195"), LINK_OK);
    expect(parsed.stem, "https://shop.example/some/stem");
    expect(parsed.key.name, "01");
    expect(parsed.key.value, GTIN);
    assert_int_equal(parsed.gtin, 9520000001117);
    assert_int_equal(parsed.qualifier_count, 3);
    assert_int_equal(parsed.attribute_count, 3);
    expect_found("22", "2A");
    expect_found("10", "ABC/1");
    expect_found("21", "12<3");
    expect_found("17", "261231");
    expect_found("store", "st-1");
    expect_found("3103", "000195");
    assert_false(link_find(&parsed, "15", &value));
}

static void test_gtins(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum link_status status;
    } cases[] = {
        {"09520000001117", LINK_OK},  {"9520000001117", LINK_OK},   {"036000291452", LINK_OK},
        {"96385074", LINK_OK},        {"09520000001118", LINK_BAD_CHECK_DIGIT},
        {"96385075", LINK_BAD_CHECK_DIGIT}, {"0000", LINK_WRONG_LENGTH}, {"00000000", LINK_ZERO},
        {"00000000000000", LINK_ZERO}, {"952000000111", LINK_BAD_CHECK_DIGIT}, {"0952000000111", LINK_BAD_CHECK_DIGIT},
        {"095200000011170", LINK_WRONG_LENGTH}, {"0952000000111A", LINK_BAD_CHARACTER}, {"1", LINK_WRONG_LENGTH},
        {"%309520000001117", LINK_OK}, {"+9520000001117", LINK_BAD_CHARACTER},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char text[128];
        snprintf(text, sizeof(text), "https://shop.example/01/%s", cases[i].text);
        assert_string_equal(link_word(parse(text)), link_word(cases[i].status));
        if (cases[i].status == LINK_OK)
            assert_int_equal(parsed.key.value.size, 14);
        else
            assert_string_equal(parsed.about, "01");
    }
    assert_int_equal(parse("http://h/01/96385074"), LINK_OK);
    expect(parsed.key.value, "00000096385074");
}

static const struct {
    const char *text;
    enum link_status status;
    const char *about;
} refusals[] = {
    {"", LINK_BAD_SCHEME, ""},
    {"ftp://h/01/" GTIN, LINK_BAD_SCHEME, ""},
    {"/01/" GTIN, LINK_BAD_SCHEME, ""},
    {"https:///01/" GTIN, LINK_BAD_HOST, ""},
    {"https://user@h/01/" GTIN, LINK_BAD_HOST, ""},
    {"https://h:8a/01/" GTIN, LINK_BAD_HOST, ""},
    {"https://[::1/01/" GTIN, LINK_BAD_HOST, ""},
    {"https://h/st em/01/" GTIN, LINK_BAD_STEM, ""},
    {"https://h/%2/01/" GTIN, LINK_BAD_STEM, ""},
    {"https://h", LINK_NO_KEY, ""},
    {"https://h/", LINK_NO_KEY, ""},
    {"https://h/product/" GTIN, LINK_NO_KEY, ""},
    {"https://h?01=" GTIN, LINK_NO_KEY, ""},
    {"https://h/01", LINK_MISSING_VALUE, "01"},
    {"https://h/01/", LINK_MISSING_VALUE, "01"},
    {"https://h/01/" GTIN "/10", LINK_MISSING_VALUE, "10"},
    {"https://h/01/" GTIN "/10//21/1", LINK_MISSING_VALUE, "10"},
    {"https://h/01/" GTIN "/21/1/10/2", LINK_BAD_ORDER, "10"},
    {"https://h/01/" GTIN "/10/2/22/1", LINK_BAD_ORDER, "22"},
    {"https://h/01/" GTIN "/10/2/235/1", LINK_BAD_ORDER, "235"},
    {"https://h/01/" GTIN "/10/2/10/2", LINK_DUPLICATE, "10"},
    {"https://h/01/" GTIN "/17/261231", LINK_UNKNOWN_QUALIFIER, "17"},
    {"https://h/01/" GTIN "/lot/1", LINK_UNKNOWN_QUALIFIER, "lot"},
    {"https://h/01/" GTIN "/254/1", LINK_UNKNOWN_QUALIFIER, "254"},
    {"https://h/01/" GTIN "/10/123456789012345678901", LINK_WRONG_LENGTH, "10"},
    {"https://h/01/" GTIN "/10/A%20B", LINK_BAD_CHARACTER, "10"},
    {"https://h/01/" GTIN "/10/A%C3%A9", LINK_BAD_CHARACTER, "10"},
    {"https://h/01/" GTIN "/10/A%00", LINK_BAD_CHARACTER, "10"},
    {"https://h/01/" GTIN "/10/A#B", LINK_BAD_CHARACTER, "10"},
    {"https://h/01/" GTIN "/10/%", LINK_BAD_PERCENT, "10"},
    {"https://h/01/" GTIN "/10/%2", LINK_BAD_PERCENT, "10"},
    {"https://h/01/" GTIN "/10/%G0", LINK_BAD_PERCENT, "10"},
    {"https://h/01/" GTIN "?17=261301", LINK_BAD_DATE, "17"},
    {"https://h/01/" GTIN "?17=260230", LINK_BAD_DATE, "17"},
    {"https://h/01/" GTIN "?15=270229", LINK_BAD_DATE, "15"},
    {"https://h/01/" GTIN "?17=26123", LINK_WRONG_LENGTH, "17"},
    {"https://h/01/" GTIN "?17=", LINK_MISSING_VALUE, "17"},
    {"https://h/01/" GTIN "?17", LINK_MISSING_VALUE, "17"},
    {"https://h/01/" GTIN "?17=261231&17=261231", LINK_DUPLICATE, "17"},
    {"https://h/01/" GTIN "/10/A?10=B", LINK_DUPLICATE, "10"},
    {"https://h/01/" GTIN "?01=" GTIN, LINK_DUPLICATE, "01"},
    {"https://h/01/" GTIN "?21=A", LINK_UNKNOWN_ATTRIBUTE, "21"},
    {"https://h/01/" GTIN "?%31%37=261301", LINK_BAD_DATE, "%31%37"},
    {"https://h/01/" GTIN "?99999=1", LINK_UNKNOWN_ATTRIBUTE, "99999"},
    {"https://h/01/" GTIN "?3106=000001", LINK_UNKNOWN_ATTRIBUTE, "3106"},
    {"https://h/01/" GTIN "?=1", LINK_UNKNOWN_ATTRIBUTE, ""},
    {"https://h/01/" GTIN "?store=%4", LINK_BAD_PERCENT, "store"},
    {"https://h/01/" GTIN "?store=a%00b", LINK_BAD_CHARACTER, "store"},
    {"https://h/01/" GTIN "?4321=2", LINK_BAD_CHARACTER, "4321"},
    {"https://h/01/" GTIN "?414=9520000001118", LINK_BAD_CHECK_DIGIT, "414"},
    {"https://h/414/9520000001118", LINK_BAD_CHECK_DIGIT, "414"},
    {"https://h/00/123456789012345676", LINK_BAD_CHECK_DIGIT, "00"},
    {"https://h/253/952000000111", LINK_WRONG_LENGTH, "253"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(refusals); i++) {
        enum link_status status = parse(refusals[i].text);
        if (status != refusals[i].status || strcmp(parsed.about, refusals[i].about) != 0)
            fail_msg("%s: %s about \"%s\", not %s about \"%s\"", refusals[i].text, link_word(status), parsed.about,
                     link_word(refusals[i].status), refusals[i].about);
    }
}

static void test_tolerance(void **state)
{
    (void)state;
    static const char *const good[] = {
        "https://h/01/" GTIN "/",
        "https://h/01/" GTIN "?",
        "https://h/01/" GTIN "?&&17=261200&",
        "HTTPS://H:8443/01/" GTIN,
        "https://[2001:db8::1]:80/01/" GTIN,
        "https://h/01/01/01/" GTIN "/10/01/21/00",
        "https://h/01/" GTIN "/10/(A!*'B)",
        "https://h/01/" GTIN "/10/%22%41\"",
        "https://h/01/" GTIN "/235/12345",
        "https://h/01/" GTIN "?17=261231;15=261101",
        "https://h/01/" GTIN "?240=a?b/c",
        "https://h/01/" GTIN "?utm_source=a=b&utm_source=c&flag",
        "https://h/01/" GTIN "?414=9520000001117",
        "https://h/01/" GTIN "?17=280229",
        "https://h/01/" GTIN "?7007=261101261130&7003=2612312359&8008=26123112",
    };
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        if (parse(good[i]) != LINK_OK)
            fail_msg("%s: %s", good[i], link_word(parse(good[i])));
        assert_int_equal(parsed.gtin, 9520000001117);
    }
}

/* Well formed, but no GTIN. */
static void test_other_keys(void **state)
{
    (void)state;
    static const char *const good[] = {
        "https://h/414/9520000001117/254/7", "https://h/8006/095200000011170102/10/A", "https://h/8004/952000A-1",
        "https://h/253/9520000001117A1",     "https://h/8003/09520000001117A1",       "https://h/00/395200000000000012",
        "https://h/8010/952000%23A/8011/1",  "https://h/415/9520000001117/8020/A1",   "https://h/401/952A",
        "https://h/01/" GTIN "/414/9520000001117",
    };
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        if (parse(good[i]) != LINK_OK)
            fail_msg("%s: %s", good[i], link_word(parse(good[i])));
        assert_int_equal(parsed.gtin, 0);
    }
    assert_int_equal(parse("https://h/00/395200000000000013"), LINK_BAD_CHECK_DIGIT);
    assert_int_equal(parse("https://h/414/9520000001117/10/7"), LINK_UNKNOWN_QUALIFIER);
}

/* What a resolver was asked for begins with the key. */
static void test_targets(void **state)
{
    (void)state;
    assert_int_equal(link_parse_target(slice_text("/01/" GTIN "/10/A?store=st-1"), &parsed), LINK_OK);
    assert_int_equal(parsed.stem.size, 0);
    expect_found("10", "A");
    expect_found("store", "st-1");
    assert_int_equal(link_parse_target(slice_text("/stem/01/" GTIN), &parsed), LINK_NO_KEY);
    assert_int_equal(link_parse_target(slice_text("/01/" GTIN "/414/9520000001117"), &parsed), LINK_UNKNOWN_QUALIFIER);
    assert_int_equal(link_parse_target(slice_text("/01/" GTIN "/foo"), &parsed), LINK_MISSING_VALUE);
    assert_int_equal(link_parse_target(slice_text("https://h/01/" GTIN), &parsed), LINK_NO_KEY);
    assert_int_equal(link_parse_target(slice_text(""), &parsed), LINK_NO_KEY);
}

static void test_bounds(void **state)
{
    (void)state;
    char text[LINK_TEXT_MAX + 64];
    int size = snprintf(text, sizeof(text), "https://h/01/" GTIN "?a=");
    memset(text + size, 'a', LINK_TEXT_MAX + 1 - (size_t)size);
    assert_int_equal(link_parse(slice_of(text, LINK_TEXT_MAX), &parsed), LINK_OK);
    assert_int_equal(link_parse(slice_of(text, LINK_TEXT_MAX + 1), &parsed), LINK_TOO_LONG);
    for (u32 count = LINK_ATTRIBUTES_MAX; count <= LINK_ATTRIBUTES_MAX + 1; count++) {
        size = snprintf(text, sizeof(text), "https://h/01/" GTIN "?");
        for (u32 i = 0; i < count; i++)
            size += snprintf(text + size, sizeof(text) - (size_t)size, "&p%u=%u", i, i);
        assert_int_equal(parse(text), count == LINK_ATTRIBUTES_MAX ? LINK_OK : LINK_TOO_MANY);
    }
    for (u32 count = LINK_SEGMENTS_MAX - 2; count <= LINK_SEGMENTS_MAX - 1; count++) {
        size = snprintf(text, sizeof(text), "https://h");
        for (u32 i = 0; i < count; i++)
            size += snprintf(text + size, sizeof(text) - (size_t)size, "/s%u", i);
        snprintf(text + size, sizeof(text) - (size_t)size, "/01/" GTIN);
        assert_int_equal(parse(text), count == LINK_SEGMENTS_MAX - 2 ? LINK_OK : LINK_TOO_MANY);
    }
}

static struct link_part part(const char *name, const char *value)
{
    return (struct link_part){slice_text(name), slice_text(value)};
}

static void test_writer(void **state)
{
    (void)state;
    struct buffer out = {0};
    const struct link_part qualifiers[] = {part("21", "1/2"), part("22", "2A"), part("10", "L%t")};
    const struct link_part attributes[] = {part("store", "门店 1"), part("17", "261231"), part("15", "261101")};
    const struct slice stem = slice_text("https://shop.example/q");
    assert_int_equal(link_write(&out, stem, 9520000001117, qualifiers, 3, attributes, 3), LINK_OK);
    expect(slice_of(out.bytes, out.size), "https://shop.example/q/01/" GTIN "/22/2A/10/L%25t/21/1%2F2"
                                          "?15=261101&17=261231&store=%E9%97%A8%E5%BA%97%201");
    size_t before = out.size;
    const struct link_part wrong[] = {part("10", "A B"), part("254", "1"), part("414", "9520000001117"),
                                      part("10", "")};
    const enum link_status why[] = {LINK_BAD_CHARACTER, LINK_UNKNOWN_QUALIFIER, LINK_UNKNOWN_QUALIFIER,
                                    LINK_MISSING_VALUE};
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
        assert_string_equal(link_word(link_write(&out, stem, 9520000001117, &wrong[i], 1, NULL, 0)), link_word(why[i]));
    const struct link_part twice[] = {part("10", "A"), part("10", "B")};
    assert_int_equal(link_write(&out, stem, 9520000001117, twice, 2, NULL, 0), LINK_DUPLICATE);
    assert_int_equal(link_write(&out, stem, 9520000001117, NULL, 0, twice, 2), LINK_DUPLICATE);
    assert_int_equal(link_write(&out, stem, 9520000001118, NULL, 0, NULL, 0), LINK_BAD_CHECK_DIGIT);
    assert_int_equal(link_write(&out, stem, 0, NULL, 0, NULL, 0), LINK_ZERO);
    assert_int_equal(link_write(&out, slice_text("shop.example"), 9520000001117, NULL, 0, NULL, 0), LINK_BAD_SCHEME);
    assert_int_equal(out.size, before);
    out.size = 0;
    assert_int_equal(link_write(&out, slice_text(""), 96385074, NULL, 0, attributes, 2), LINK_OK);
    expect(slice_of(out.bytes, out.size), "/01/00000096385074?17=261231&store=%E9%97%A8%E5%BA%97%201");
    buffer_free(&out);
}

#define XCHARS "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

/* Whatever is written is read as what it was made of, and written again as the same bytes. */
static void test_round_trip(void **state)
{
    (void)state;
    struct prng prng;
    struct buffer out = {0}, again = {0};
    static const char *const names[] = {"22", "10", "21"};
    prng_seed(&prng, 11);
    for (u32 run = 0; run < 20000; run++) {
        char values[3][21];
        struct link_part qualifiers[3];
        size_t count = 0;
        u64 body = prng_below(&prng, 10000000000000), gtin = body * 10 + gtin_check_digit(body);
        for (size_t i = 0; i < 3 && gtin > 0; i++) {
            size_t size = prng_below(&prng, 21);
            for (size_t j = 0; j < size; j++)
                values[i][j] = XCHARS[prng_below(&prng, sizeof(XCHARS) - 1)];
            if (size > 0)
                qualifiers[count++] = (struct link_part){slice_text(names[i]), slice_of(values[i], size)};
        }
        out.size = again.size = 0;
        if (gtin == 0)
            continue;
        assert_int_equal(link_write(&out, slice_text("http://h"), gtin, qualifiers, count, NULL, 0), LINK_OK);
        assert_int_equal(link_parse(slice_of(out.bytes, out.size), &parsed), LINK_OK);
        assert_int_equal(parsed.gtin, gtin);
        assert_int_equal(parsed.qualifier_count, count);
        for (size_t i = 0; i < count; i++)
            assert_true(slice_equal(parsed.qualifiers[i].value, qualifiers[i].value));
        assert_int_equal(link_write(&again, parsed.stem, gtin, parsed.qualifiers, count, NULL, 0), LINK_OK);
        assert_true(slice_equal(slice_of(out.bytes, out.size), slice_of(again.bytes, again.size)));
    }
    buffer_free(&out);
    buffer_free(&again);
}

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *value, *now, *end;
    } cases[] = {
        {"261231", "2026-11-11T00:00:00Z", "2027-01-01T00:00:00Z"},
        {"260200", "2026-11-11T00:00:00Z", "2026-03-01T00:00:00Z"},
        {"280200", "2026-11-11T00:00:00Z", "2028-03-01T00:00:00Z"},
        {"770101", "2026-11-11T00:00:00Z", "1977-01-02T00:00:00Z"},
        {"760101", "2026-11-11T00:00:00Z", "2076-01-02T00:00:00Z"},
        {"991231", "2026-11-11T00:00:00Z", "2000-01-01T00:00:00Z"},
        {"000101", "2051-01-01T00:00:00Z", "2100-01-02T00:00:00Z"},
        {"2611111130", "2026-11-11T00:00:00Z", "2026-11-11T11:30:00Z"},
    };
    i64 now_ms = 0, end_ms = 0, want_ms = 0;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_true(time_parse(slice_text(cases[i].now), &now_ms) && time_parse(slice_text(cases[i].end), &want_ms));
        assert_true(link_date_end(slice_text(cases[i].value), now_ms, &end_ms));
        if (end_ms != want_ms)
            fail_msg("%s at %s: not %s", cases[i].value, cases[i].now, cases[i].end);
    }
    static const char *const bad[] = {"", "26123", "2612311", "261301", "260230", "26013a", "2601012400", "2601010060"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_false(link_date_end(slice_text(bad[i]), now_ms, &end_ms));
}

/* --- for the comparison with another reader ---------------------------------------------------------------- */

static void emit_parts(struct emit *emit, const char *key, const struct link_part *parts, size_t count)
{
    emit_key_open(emit, key, '[');
    for (size_t i = 0; i < count; i++) {
        emit_open(emit, '[');
        emit_text(emit, parts[i].name);
        emit_text(emit, parts[i].value);
        emit_close(emit, ']');
    }
    emit_close(emit, ']');
}

static int read_lines(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    while ((size = getline(&line, &room, stdin)) > 0) {
        struct buffer out = {0};
        struct emit emit = emit_into(&out);
        enum link_status status = link_parse(slice_of(line, (size_t)size - 1), &parsed);
        emit_open(&emit, '{');
        emit_key_word(&emit, "status", link_word(status));
        emit_key_word(&emit, "about", parsed.about);
        if (status == LINK_OK) {
            emit_key_text(&emit, "stem", parsed.stem);
            emit_parts(&emit, "key", &parsed.key, 1);
            emit_parts(&emit, "qualifiers", parsed.qualifiers, parsed.qualifier_count);
            emit_parts(&emit, "attributes", parsed.attributes, parsed.attribute_count);
        }
        emit_close(&emit, '}');
        printf("%.*s\n", (int)out.size, out.bytes);
        buffer_free(&out);
    }
    free(line);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),      cmocka_unit_test(test_gtins),      cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_tolerance),  cmocka_unit_test(test_other_keys), cmocka_unit_test(test_targets),
        cmocka_unit_test(test_bounds),     cmocka_unit_test(test_writer),     cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_dates),
    };
    if (argc == 2 && strcmp(argv[1], "--lines") == 0)
        return read_lines();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
