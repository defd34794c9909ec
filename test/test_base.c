/*
 * The rooms of base, and the shape of commands: what a hostile sender may put
 * into a buffer must be refused without a byte read beyond it (run under the
 * address sanitizer, too: each case lives in a buffer of exactly its size).
 */
#include "base/checksum.h"
#include "base/geo.h"
#include "base/gtin.h"
#include "base/prng.h"
#include "base/slice.h"
#include "test/generate.h"
#include "test/support.h"

#include <stdlib.h>
#include <string.h>

/* --- slices, numbers ------------------------------------------------------ */

static void test_slice(void **state)
{
    (void)state;
    assert_true(slice_equal(slice_text("abc"), slice_of("abcd", 3)));
    assert_false(slice_equal(slice_text("abc"), slice_text("abd")));
    assert_false(slice_equal(slice_text("abc"), slice_text("ab")));
    assert_true(slice_equal(slice_of(NULL, 0), slice_text("")));
    assert_true(slice_is(slice_of("a\0b", 3), "a") == false);
    assert_true(slice_equal(slice_of("a\0b", 3), slice_of("a\0b", 3)));
    assert_false(slice_equal(slice_of("a\0b", 3), slice_of("a\0c", 3)));
}

/* Known first numbers: a seed of today is a seed of tomorrow. */
static void test_prng(void **state)
{
    (void)state;
    struct prng a;
    struct prng b;
    prng_seed(&a, 1);
    prng_seed(&b, 1);
    for (int i = 0; i < 1000; i++)
        assert_true(prng_next(&a) == prng_next(&b));
    prng_seed(&a, 1);
    prng_seed(&b, 2);
    assert_true(prng_next(&a) != prng_next(&b));

    u32 counts[10] = {0};
    for (int i = 0; i < 100000; i++) {
        u64 n = prng_below(&a, 10);
        assert_true(n < 10);
        counts[n]++;
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(counts[i], 9500, 10500);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(prng_below(&a, 1), 0);
        assert_true(prng_chance(&a, 1, 1));
        assert_false(prng_chance(&a, 0, 1));
    }
}

static void test_checksum(void **state)
{
    (void)state;
    char bytes[100] = "eleven";
    u64 whole = checksum64(bytes, sizeof bytes, 0);
    for (size_t bit = 0; bit < sizeof bytes * 8; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        assert_true(checksum64(bytes, sizeof bytes, 0) != whole);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
    }
    assert_true(checksum64(bytes, sizeof bytes, 0) == whole);
    assert_true(checksum64(bytes, sizeof bytes, 1) != whole);
    assert_true(checksum64(bytes, sizeof bytes - 1, 0) != whole);
    assert_true(checksum64("", 0, 0) == 0x2d06800538d394c2u); /* XXH3 of nothing, as published */
}

/* --- GTINs ----------------------------------------------------------------- */

static void test_gtin(void **state)
{
    (void)state;
    assert_true(gtin_parse(slice_text("96385074")) == 96385074);             /* GTIN-8 */
    assert_true(gtin_parse(slice_text("614141000036")) == 614141000036);     /* GTIN-12 */
    assert_true(gtin_parse(slice_text("4006381333931")) == 4006381333931);   /* GTIN-13 */
    assert_true(gtin_parse(slice_text("10614141000415")) == 10614141000415); /* GTIN-14 */
    assert_true(gtin_parse(slice_text("04006381333931")) == 4006381333931);  /* the same thing, padded */
    static const char *const bad[] = {
        "", "0000", "00000000", "00000000000000", "4006381333932", "400638133393", "4006381333931 ", " 4006381333931",
        "400638133393a", "-4006381333931", "123456789012345", "9638507", "４006381333931",
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        if (gtin_parse(slice_text(bad[i])) != 0)
            fail_msg("\"%s\" was taken for a GTIN", bad[i]);
    assert_int_equal(gtin_parse(slice_of("9638507\0", 8)), 0);
}

/* Every single wrong digit is noticed, and every swap of unlike neighbours whose difference is not 5. */
static void test_gtin_errors(void **state)
{
    (void)state;
    char digits[] = "10614141000415";
    for (int i = 0; i < 14; i++)
        for (char digit = '0'; digit <= (char)'9'; digit++) {
            char right = digits[i];
            digits[i] = digit;
            assert_true((gtin_parse(slice_text(digits)) != 0) == (digit == right));
            digits[i] = right;
        }
    for (int i = 0; i < 13; i++) {
        char left = digits[i];
        digits[i] = digits[i + 1];
        digits[i + 1] = left;
        int difference = digits[i] > left ? digits[i] - left : left - digits[i];
        assert_true((gtin_parse(slice_text(digits)) != 0) == (difference == 0 || difference == 5));
        digits[i + 1] = digits[i];
        digits[i] = left;
    }
    assert_false(gtin_valid(0));
    assert_false(gtin_valid(100000000000000));
    assert_false(gtin_valid(UINT64_MAX));
    assert_int_equal(gtin_check_digit(0), 0);
    assert_int_equal(gtin_check_digit(9999999999999), 7);
}

/* --- distances -------------------------------------------------------------- */

static void test_geo(void **state)
{
    (void)state;
    const i32 half = 180000000;
    const i32 quarter = 90000000;
    assert_int_equal(geo_distance(121473700, 31230400, 121473700, 31230400), 0);
    /* Shanghai: Hangzhou is nearer than Beijing, Beijing nearer than Berlin. */
    i64 hangzhou = geo_distance(121473700, 31230400, 120155100, 30274100);
    i64 beijing = geo_distance(121473700, 31230400, 116407400, 39904200);
    i64 berlin = geo_distance(121473700, 31230400, 13405000, 52520000);
    assert_true(0 < hangzhou && hangzhou < beijing && beijing < berlin);
    /* Over the date line it is not far. */
    assert_true(geo_distance(half - 1000000, 0, -half + 1000000, 0) == geo_distance(0, 0, 2000000, 0));
    /* At the pole all longitudes are one place; the largest distance stays in its bound. */
    assert_int_equal(geo_distance(0, quarter, half, quarter), 0);
    assert_true(geo_distance(half, -quarter, 0, quarter) == (i64)2 * quarter * 2 * quarter);
    assert_true(geo_distance(0, 0, half, quarter) < (i64)1 << 57);
    assert_true(geo_distance(-half, 0, half, 0) == 0);
}

/* --- the shape of commands -------------------------------------------------- */

/* `size` bytes in a buffer that ends with them. */
static bool well_formed(const void *bytes, size_t size)
{
    void *exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    bool good = command_well_formed(exact, size);
    free(exact);
    return good;
}

static void fill(u64 *command, u16 kind)
{
    static const struct slice texts[COMMAND_TEXTS_MAX] = {{"code", 4}, {"name", 4}, {"", 0}, {"x", 1}};
    const struct command_info *info = command_info(kind);
    memset(command, 0, 4096);
    struct command_header *header = (struct command_header *)command;
    header->kind = kind;
    header->size = info->fixed_size;
    header->time_ms = -5; /* values are not shape */
    header->key[0] = UINT64_MAX;
    if (info->tail == TAIL_TEXTS)
        assert_true(command_add_texts(header, texts, info->text_count));
    if (info->tail == TAIL_LINES) {
        ((struct command_order_place *)command)->line_count = 3;
        header->size = (u16)(header->size + 3 * sizeof(struct order_line_asked));
    }
}

static const u16 kinds[] = {
#define COMMAND(number, NAME, name, word, roles, tail, fields, texts) number,
#include "core/command.def"
#undef COMMAND
};

static void test_commands_are_well_formed(void **state)
{
    (void)state;
    static u64 command[512];
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        fill(command, kinds[i]);
        size_t size = ((struct command_header *)command)->size;
        assert_true(well_formed(command, size));
        assert_true(well_formed(command, size + 8)); /* another command may follow */
        for (size_t cut = 0; cut < size; cut++)
            assert_false(well_formed(command, cut));
        assert_true(command_info_by_word(slice_text(command_info(kinds[i])->word)) == command_info(kinds[i]));
    }
    assert_null(command_info(0));
    assert_null(command_info(UINT16_MAX));
    assert_null(command_info_by_word(slice_text("order.plac")));
    assert_null(command_info_by_word(slice_text("order.place ")));
    assert_null(command_info_by_word(slice_of("", 0)));
}

/* Sizes that lie, unknown kinds, reserved fields that are not zero. */
static void test_hostile_headers(void **state)
{
    (void)state;
    static u64 command[512];
    struct command_header *header = (struct command_header *)command;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        fill(command, kinds[i]);
        u16 right = header->size;
        for (u32 size = 0; size < 600; size++) {
            header->size = (u16)size;
            bool may = size == right;
            if (may != well_formed(command, 600))
                fail_msg("%s with size %u", command_info(kinds[i])->word, size);
        }
        header->size = UINT16_MAX;
        assert_false(well_formed(command, 600));
        header->size = COMMAND_SIZE_MAX;
        assert_false(well_formed(command, 600));
        fill(command, kinds[i]);
        for (u32 kind = 0; kind < 65536; kind += 257) {
            header->kind = (u16)kind;
            if (command_info((u16)kind) == NULL)
                assert_false(well_formed(command, right));
        }
        fill(command, kinds[i]);
        const struct command_info *info = command_info(kinds[i]);
        for (size_t f = 0; f < info->field_count; f++) {
            if (strcmp(info->fields[f].name, "reserved") != 0)
                continue;
            for (u32 byte = 0; byte < info->fields[f].size; byte++) {
                ((u8 *)command)[info->fields[f].offset + byte] = 1;
                assert_false(well_formed(command, right));
                ((u8 *)command)[info->fields[f].offset + byte] = 0;
            }
        }
    }
}

static void test_hostile_lines(void **state)
{
    (void)state;
    static u64 command[512];
    struct command_order_place *place = (struct command_order_place *)command;
    fill(command, COMMAND_ORDER_PLACE);
    for (u32 count = 0; count < 65536; count++) {
        place->line_count = (u16)count;
        assert_true(well_formed(command, place->header.size) == (count == 3));
    }
    for (u32 count = 0; count <= ORDER_LINES_MAX + 1; count++) {
        place->line_count = (u16)count;
        place->header.size = (u16)(sizeof *place + count * sizeof(struct order_line_asked));
        assert_true(well_formed(command, place->header.size) == (count >= 1 && count <= ORDER_LINES_MAX));
    }
}

static void test_hostile_texts(void **state)
{
    (void)state;
    static u64 command[512];
    struct command_header *header = (struct command_header *)command;
    fill(command, COMMAND_COUNTRY_PUT); /* header, "code", "name": 32 + 6 + 6 = 44, padded to 48 */
    u8 *bytes = (u8 *)command;
    assert_int_equal(header->size, 48);
    assert_true(slice_is(command_text(header, 0), "code"));
    assert_true(slice_is(command_text(header, 1), "name"));
    for (u32 length = 0; length < 65536; length++) { /* of the second text */
        bytes[38] = (u8)length;
        bytes[39] = (u8)(length >> 8);
        bool may = length >= 4 && length <= 8; /* up to the end; what is left over is padding of zeros */
        assert_true(well_formed(command, 48) == may);
    }
    fill(command, COMMAND_COUNTRY_PUT);
    bytes[47] = 1; /* padding that is not zero */
    assert_false(well_formed(command, 48));
    bytes[47] = 0;
    header->size = 56; /* a whole word of padding too much */
    assert_false(well_formed(command, 56));

    /* The largest there can be, and one byte more. */
    static u64 large[COMMAND_SIZE_MAX / 8];
    static char text[COMMAND_SIZE_MAX];
    header = (struct command_header *)large;
    *header = (struct command_header){.kind = COMMAND_COUNTRY_PUT, .size = sizeof *header};
    struct slice texts[2] = {{"code", 4}, {text, COMMAND_SIZE_MAX - sizeof *header - 8}};
    assert_true(command_add_texts(header, texts, 2));
    assert_int_equal(header->size, COMMAND_SIZE_MAX);
    assert_true(well_formed(large, COMMAND_SIZE_MAX));
    *header = (struct command_header){.kind = COMMAND_COUNTRY_PUT, .size = sizeof *header};
    texts[1].size++;
    assert_false(command_add_texts(header, texts, 2));
    assert_int_equal(header->size, sizeof *header);
    texts[1].size = SIZE_MAX - 1;
    assert_false(command_add_texts(header, texts, 2));
}

/* Each byte of valid commands changed in many ways: no crash, no read beyond, and what passes is safe to decide. */
static void test_mutated_bytes(void **state)
{
    (void)state;
    struct engine_limits limits;
    support_limits(&limits);
    struct engine *engine = support_engine(&limits);
    static u64 changed[COMMAND_SIZE_MAX / 8];
    u64 passed = 0;
    u64 refused = 0;
    for (u64 seed = 1; seed <= 2; seed++) {
        struct generator *generator = generator_create(seed * 4 + 1);
        for (u32 i = 0; i < 300; i++) {
            const struct command_header *command = generator_next(generator);
            generator_learn(generator, engine_apply(engine, command));
            u32 size = MIN(command->size, 600u);
            for (u32 at = 0; at < size; at++)
                for (u32 how = 0; how < 3; how++) {
                    memcpy(changed, command, command->size);
                    ((u8 *)changed)[at] ^= (u8)(how == 0 ? 1 : how == 1 ? 0x80 : 0xff);
                    if (!well_formed(changed, command->size)) {
                        refused++;
                        continue;
                    }
                    passed++;
                    if (how == 0 && at % 4 == 0)
                        engine_apply(engine, (struct command_header *)changed);
                }
        }
        generator_free(generator);
    }
    assert_true(passed > 1000 && refused > 1000);
    assert_true(support_check(engine));
    support_engine_free(engine, &limits);
}

/* Noise: random bytes with a header that is only sometimes right. */
static void test_noise(void **state)
{
    (void)state;
    struct prng prng;
    prng_seed(&prng, 3);
    static u64 bytes[40];
    for (u32 round = 0; round < 200000; round++) {
        size_t size = prng_below(&prng, sizeof bytes + 1);
        for (size_t i = 0; i < ARRAY_COUNT(bytes); i++)
            bytes[i] = prng_chance(&prng, 1, 3) ? 0 : prng_next(&prng);
        struct command_header *header = (struct command_header *)bytes;
        if (prng_chance(&prng, 3, 4))
            header->kind = (u16)prng_below(&prng, 42);
        if (prng_chance(&prng, 3, 4))
            header->size = (u16)(prng_below(&prng, 42) * 8);
        if (well_formed(bytes, size))
            assert_true(header->size <= size && command_info(header->kind) != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slice),
        cmocka_unit_test(test_prng),
        cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_gtin),
        cmocka_unit_test(test_gtin_errors),
        cmocka_unit_test(test_geo),
        cmocka_unit_test(test_commands_are_well_formed),
        cmocka_unit_test(test_hostile_headers),
        cmocka_unit_test(test_hostile_lines),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_mutated_bytes),
        cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
