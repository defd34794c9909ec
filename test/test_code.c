/*
 * Codes that are printed: nobody can guess one, every typing error of one character or two neighbours is found, and
 * symbols are what the standards draw.
 */
#include "code/glyph.h"
#include "code/label.h"
#include "code/order_code.h"
#include "code/sheet.h"
#include "code/svg.h"
#include "code/symbol.h"
#include "test/support.h"

#include <sodium.h>
#include <stdio.h>

static const u8 key[ORDER_CODE_KEY_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static enum order_code_status read_with(const u8 *with, const char *text, unsigned wanted, u32 *order,
                                        enum order_code_purpose *purpose)
{
    return order_code_read(slice_text(text), with, wanted, order, purpose);
}

static enum order_code_status status_of(const char *text)
{
    u32 order;
    enum order_code_purpose purpose;
    return read_with(key, text, 0, &order, &purpose);
}

/* --- order codes ------------------------------------------------------------------ */

static void test_there_and_back(void **state)
{
    const u32 orders[] = {1, 2, 3, 31, 32, 65535, 65536, 1000000, ORDER_CODE_NUMBER_MAX - 1, ORDER_CODE_NUMBER_MAX};
    char text[ORDER_CODE_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(orders) + 3000; i++)
        for (enum order_code_purpose each = ORDER_CODE_ORDER; each <= ORDER_CODE_EXIT; each++) {
            u32 made = i < ARRAY_COUNT(orders) ? orders[i] : (u32)i * 700001u % ORDER_CODE_NUMBER_MAX + 1, order;
            enum order_code_purpose purpose;
            order_code_make(text, key, each, made);
            assert_int_equal(strlen(text), 16);
            assert_true(text[4] == '-' && text[9] == '-' && text[14] == '-');
            assert_int_equal(read_with(key, text, 0, &order, &purpose), ORDER_CODE_GOOD);
            assert_true(order == made && purpose == each);
            assert_int_equal(read_with(key, text, each, &order, &purpose), ORDER_CODE_GOOD);
            unsigned other = each % ORDER_CODE_EXIT + 1;
            assert_int_equal(read_with(key, text, other, &order, &purpose), ORDER_CODE_WRONG_PURPOSE);
            assert_true(order == made && purpose == each);
        }
}

/* What was printed once is read for ever: the layout may never change. */
static void test_golden(void **state)
{
    char text[ORDER_CODE_TEXT_MAX];
    (void)state;
    assert_string_equal(order_code_make(text, key, ORDER_CODE_ORDER, 1), "9SBT-CDZF-T245-C");
    assert_string_equal(order_code_make(text, key, ORDER_CODE_PICK_UP, 1), "6NGP-J397-QWDD-P");
    assert_string_equal(order_code_make(text, key, ORDER_CODE_EXIT, ORDER_CODE_NUMBER_MAX), "24N9-92MY-KMM6-V");
}

static void test_as_people_write(void **state)
{
    char text[ORDER_CODE_TEXT_MAX], spoken[64];
    (void)state;
    u32 seen = 0;
    for (u32 order = 1; order < 400; order++) {
        order_code_make(text, key, ORDER_CODE_PICK_UP, order);
        size_t size = 0;
        for (const char *at = text; *at != 0; at++) {
            char byte = *at == '-' ? ' ' : *at == '0' ? 'o' : *at == '1' ? order % 2 ? 'l' : 'I' : *at;
            seen |= *at == '0' ? 1u : *at == '1' ? 2u : 0u;
            spoken[size++] = byte >= 'A' && byte <= 'Z' && order % 3 ? (char)(byte + 32) : byte;
            if (order % 5 == 0)
                spoken[size++] = ' ';
        }
        spoken[size] = 0;
        assert_int_equal(status_of(spoken), ORDER_CODE_GOOD);
    }
    assert_int_equal(seen, 3);
}

static void test_malformed(void **state)
{
    (void)state;
    const char *const bad[] = {"", "-", "0", "0000-0000-0000", "0000-0000-0000-00", "0000-0000-0000-U",
                               "0000-0000-0000-*", "0000-0000-0000-\xe7\xba\xa2", "0000_0000_0000_0",
                               "\t0000-0000-0000-0"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_equal(status_of(bad[i]), ORDER_CODE_MALFORMED);
    char longer[ORDER_CODE_READ_MAX + 2];
    memset(longer, ' ', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = 0;
    memcpy(longer, "0000000000000", 13);
    assert_int_equal(status_of(longer), ORDER_CODE_MALFORMED);
    longer[ORDER_CODE_READ_MAX] = 0; /* of the right form: nobody's code */
    assert_int_equal(status_of(longer), ORDER_CODE_UNKNOWN);
    u32 order;
    enum order_code_purpose purpose;
    struct slice with_nul = slice_of("0000\0" "00000000", 13);
    assert_int_equal(order_code_read(with_nul, key, 0, &order, &purpose), ORDER_CODE_MALFORMED);
}

/* Every other character at every place, and every two unequal neighbours, of many codes. */
static void test_typing_errors(void **state)
{
    char text[ORDER_CODE_TEXT_MAX];
    size_t singles = 0, transpositions = 0;
    (void)state;
    for (u32 order = 1; order <= 2000; order++) {
        order_code_make(text, key, order % ORDER_CODE_EXIT + 1, order);
        for (size_t i = 0; text[i] != 0; i++) {
            char right = text[i];
            for (size_t j = 0; right != '-' && j < 32; j++) {
                if (alphabet[j] == right)
                    continue;
                text[i] = alphabet[j];
                singles++;
                if (status_of(text) != ORDER_CODE_MISTYPED)
                    fail_msg("a wrong character is not found: %s at %zu", text, i);
            }
            text[i] = right;
            size_t next = text[i + 1] == '-' ? i + 2 : i + 1;
            if (right == '-' || text[next] == 0 || text[next] == right)
                continue;
            text[i] = text[next];
            text[next] = right;
            transpositions++;
            if (status_of(text) != ORDER_CODE_MISTYPED)
                fail_msg("a transposition is not found: %s at %zu", text, i);
            text[next] = text[i];
            text[i] = right;
        }
    }
    assert_int_equal(singles, 2000 * 13 * 31);
    assert_true(transpositions > 2000 * 11);
}

/* All transpositions of all pairs at all places, on what is no code of ours: the check character alone. */
static void test_every_transposition(void **state)
{
    (void)state;
    for (size_t place = 0; place < 12; place++)
        for (size_t a = 0; a < 32; a++)
            for (size_t b = 0; b < 32; b++) {
                char text[] = "7777777777777";
                text[place] = alphabet[a];
                text[place + 1] = alphabet[b];
                size_t free = place < 11 ? 12 : 0; /* a place that makes it fit */
                size_t fits = 0;
                for (; fits < 32; fits++) {
                    text[free] = alphabet[fits];
                    if (status_of(text) != ORDER_CODE_MISTYPED)
                        break;
                }
                assert_true(fits < 32); /* exactly one does */
                text[place] = alphabet[b];
                text[place + 1] = alphabet[a];
                assert_true((status_of(text) == ORDER_CODE_MISTYPED) == (a != b));
            }
}

static void test_forgery(void **state)
{
    u8 other[ORDER_CODE_KEY_BYTES];
    char text[ORDER_CODE_TEXT_MAX];
    u32 order;
    enum order_code_purpose purpose;
    (void)state;
    memcpy(other, key, sizeof(other));
    other[31] ^= 1;
    for (u32 i = 1; i <= 2000; i++) {
        order_code_make(text, key, ORDER_CODE_PICK_UP, i);
        assert_int_equal(read_with(other, text, 0, &order, &purpose), ORDER_CODE_UNKNOWN);
        assert_true(order == 0 && purpose == 0);
    }
    /* Random ones with a good check character: 3 of 2^29 are of the right form, so of 300,000 none (all but 1 in
     * 600). */
    size_t fits = 0;
    for (u32 i = 0; i < 300000; i++) {
        char guess[14] = {0};
        u64 bits = i * 0x9e3779b97f4a7c15u;
        for (size_t at = 0; at < 12; at++)
            guess[at] = alphabet[bits >> 5 * at & 31];
        guess[12] = alphabet[i % 32];
        enum order_code_status status = status_of(guess);
        assert_true(status == ORDER_CODE_MISTYPED || status == ORDER_CODE_UNKNOWN);
        fits += status == ORDER_CODE_UNKNOWN;
    }
    assert_in_range(fits, 300000 / 32 * 9 / 10, 300000 / 32 * 11 / 10);
}

/* Codes of neighbouring orders have no more places in common than strangers: one in 32. */
static void test_no_pattern(void **state)
{
    char one[ORDER_CODE_TEXT_MAX], two[ORDER_CODE_TEXT_MAX];
    size_t same = 0, places = 0;
    (void)state;
    for (u32 order = 1; order < 20000; order++) {
        order_code_make(one, key, ORDER_CODE_PICK_UP, order);
        order_code_make(two, key, ORDER_CODE_PICK_UP, order + 1);
        for (size_t i = 0; one[i] != 0; i++) {
            places += one[i] != '-';
            same += one[i] != '-' && one[i] == two[i];
        }
    }
    assert_in_range(same * 32, places * 95 / 100, places * 105 / 100);
}

static void test_words(void **state)
{
    (void)state;
    for (int each = ORDER_CODE_ORDER; each <= ORDER_CODE_EXIT; each++)
        assert_int_equal(order_code_parse_word(slice_text(order_code_word((enum order_code_purpose)each))), each);
    assert_int_equal(order_code_parse_word(slice_text("entrance")), -1);
}

/* --- symbols ------------------------------------------------------------------------ */

static const char *drawn(u64 gtin, struct symbol_bars *bars)
{
    static char modules[SYMBOL_BARS_MAX + 1];
    assert_true(symbol_bars(gtin, bars));
    for (u32 i = 0; i < bars->count; i++)
        modules[i] = bars->dark[i] ? '1' : '0';
    modules[bars->count] = 0;
    return modules;
}

static void test_bars(void **state)
{
    struct symbol_bars bars;
    (void)state;
    assert_string_equal(drawn(9520000001117, &bars),
                        "101" "0110001" "0011011" "0100111" "0001101" "0100111" "0001101" "01010" "1110010" "1110010"
                        "1100110" "1100110" "1100110" "1000100" "101");
    assert_true(bars.kind == SYMBOL_EAN_13 && bars.quiet_left == 11 && bars.quiet_right == 7);
    assert_string_equal(bars.digits, "9520000001117");
    /* UPC-A: the left half is all of set A */
    assert_string_equal(drawn(36000291452, &bars),
                        "101" "0001101" "0111101" "0101111" "0001101" "0001101" "0001101" "01010" "1101100" "1110100"
                        "1100110" "1011100" "1001110" "1101100" "101");
    assert_true(bars.kind == SYMBOL_UPC_A && bars.quiet_left == 9 && bars.quiet_right == 9);
    assert_string_equal(bars.digits, "036000291452");
    assert_string_equal(drawn(96385074, &bars),
                        "101" "0001011" "0101111" "0111101" "0110111" "01010"
                        "1001110" "1110010" "1000100" "1011100" "101");
    assert_true(bars.kind == SYMBOL_EAN_8 && bars.quiet_left == 7 && bars.quiet_right == 7 && bars.count == 67);
    assert_string_equal(bars.digits, "96385074");
    assert_false(symbol_bars(9520000001118, &bars)); /* check digit */
    assert_int_equal(bars.kind, SYMBOL_NO_BARS);
    assert_false(symbol_bars(19520000001114, &bars)); /* a case of goods */
    assert_false(symbol_bars(0, &bars));
}

static void test_qr(void **state)
{
    static struct symbol_qr qr;
    char text[SYMBOL_QR_TEXT_MAX + 1];
    (void)state;
    assert_true(symbol_qr(slice_text("ABCD-EFGH-JKMN-P"), &qr));
    assert_int_equal(qr.side, 21); /* version 1: in alphanumeric mode 16 characters fit */
    for (u32 i = 0; i < 7; i++) /* the finder, and the light line around it */
        assert_true(qr.dark[i] == 1 && qr.dark[i * qr.side] == 1 && qr.dark[7 * qr.side + i] == 0);
    memset(text, 'a', sizeof(text));
    assert_true(symbol_qr(slice_of(text, SYMBOL_QR_TEXT_MAX), &qr));
    assert_int_equal(qr.side, SYMBOL_QR_SIDE_MAX);
    assert_false(symbol_qr(slice_of(text, SYMBOL_QR_TEXT_MAX + 1), &qr));
    assert_int_equal(qr.side, 0);
    assert_false(symbol_qr(slice_of("", 0), &qr));
    assert_false(symbol_qr(slice_of("a\0b", 3), &qr));
}

/* --- labels ------------------------------------------------------------------------------ */

static struct buffer out;

static const char *text_of(void)
{
    buffer_byte(&out, 0);
    out.size--;
    return out.bytes;
}

static struct label_shelf shelf(const char *name)
{
    return (struct label_shelf){
        .name = slice_text(name), .unit = slice_text("250 g"), .sku = slice_text("TEA<250"),
        .store = slice_text("A & B"),
        .price = {.list_minor = 12800, .festival_minor = 9900, .digits = 2, .currency = slice_text("CNY"),
                  .festival = slice_text("\"11.11\"")},
        .gtin = 9520000001117, .link = slice_text("https://shop.example/01/09520000001117?store=st-1")};
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

static void test_shelf_label(void **state)
{
    const u32 widths[] = {LABEL_NARROW_UM, LABEL_WIDE_UM, LABEL_BROAD_UM};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(widths); i++) {
        struct label_shelf label = shelf("Tea");
        struct label_size size = label_shelf_size(widths[i]);
        out.size = 0;
        label_shelf(&out, size, &label);
        const char *svg = text_of();
        assert_non_null(strstr(svg, ">CNY 99.00<"));
        assert_non_null(strstr(svg, ">CNY 128.00<"));
        assert_int_equal(count_of(svg, "line-through\">CNY 128.00<"), 1);
        assert_non_null(strstr(svg, "A &amp; B"));
        assert_non_null(strstr(svg, "TEA&lt;250"));
        label.price.festival_minor = 0;
        label.link = slice_of("", 0);
        out.size = 0;
        label_shelf(&out, size, &label);
        assert_null(strstr(text_of(), "99.00"));
        assert_null(strstr(text_of(), "<svg"));
        assert_null(strstr(text_of(), "line-through"));
    }
}

/* No name is wider than its label, whatever it is made of; and what fits is whole. */
static void test_long_names(void **state)
{
    const char *const parts[] = {"\xe7\xba\xa2\xe8\x8c\xb6", "W", "Wide words ", "i", "\xf0\x9f\x8d\xb5"};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        char name[2000] = "";
        for (size_t n = 0; strlen(name) + 20 < sizeof(name); n++)
            memcpy(name + strlen(name), parts[i], strlen(parts[i]) + 1);
        struct svg_font font = {.size_um = 3600, .bold = true};
        out.size = 0;
        assert_int_equal(svg_text_block(&out, 0, 0, font, 41000, LABEL_NAME_LINES, 4000, slice_text(name)),
                         LABEL_NAME_LINES);
        const char *svg = text_of();
        assert_int_equal(count_of(svg, "\xe2\x80\xa6</text>"), 1); /* the last line ends with an ellipsis */
        for (const char *at = svg; (at = strstr(at, "\">")) != NULL;) {
            at += 2;
            const char *end = strstr(at, "</text>");
            struct slice line = slice_of(at, (size_t)(end - at));
            assert_true(svg_width(font, line) <= 41000);
            assert_true(svg_width(font, line) > 41000 * 3 / 4);
            at = end;
        }
    }
    out.size = 0;
    struct svg_font font = {.size_um = 4000};
    svg_text(&out, 0, 0, font, 8000, slice_text("\xe7\xba\xa2\xe8\x8c\xb6"));
    assert_non_null(strstr(text_of(), "\xe7\xba\xa2\xe8\x8c\xb6</text>"));
}

static void test_escaping(void **state)
{
    (void)state;
    out.size = 0;
    svg_escape(&out, slice_of("a<b>&\"'\x01\x7f\xff\xe2\x80\xae" "c\xc0\xbc\xef\xbf\xbf", 17));
    assert_string_equal(text_of(), "a&lt;b&gt;&amp;&quot;&#39;  \xef\xbf\xbd" "c\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    out.size = 0;
    svg_length(&out, 12050);
    svg_length(&out, -1);
    svg_length(&out, 3000);
    assert_string_equal(text_of(), "12.05-0.0013");
}

static void test_link(void **state)
{
    char base[LABEL_LINK_MAX];
    (void)state;
    out.size = 0;
    assert_true(label_shelf_link(&out, slice_text("https://shop.example"), 96385074, slice_text("a/b 1&c")));
    assert_string_equal(text_of(), "https://shop.example/01/00000096385074?store=a%2Fb%201%26c");
    out.size = 0;
    assert_false(label_shelf_link(&out, slice_text("https://shop.example"), 0, slice_text("a")));
    memset(base, 'b', sizeof(base));
    assert_false(label_shelf_link(&out, slice_of(base, sizeof(base)), 96385074, slice_text("a")));
    assert_int_equal(out.size, 0);
}

static size_t sides_of(enum sheet_paper paper, struct label_size size, u32 count)
{
    struct sheet sheet;
    out.size = 0;
    sheet_begin(&sheet, &out, paper, size, slice_text("<title>"));
    for (u32 i = 0; i < count; i++) {
        sheet_label_begin(&sheet);
        sheet_label_end(&sheet);
    }
    sheet_end(&sheet);
    assert_int_equal(count_of(text_of(), "<svg"), count_of(text_of(), "</svg>"));
    assert_int_equal(count_of(text_of(), "<g "), count);
    assert_non_null(strstr(text_of(), "<title>&lt;title&gt;</title>"));
    return count_of(text_of(), "<svg");
}

static void test_sheets(void **state)
{
    struct label_size wide = label_shelf_size(sheet_shelf_width(SHEET_A4));
    (void)state;
    assert_int_equal(sides_of(SHEET_A4, wide, 0), 0);
    assert_int_equal(sides_of(SHEET_A4, wide, 21), 1);
    assert_non_null(strstr(text_of(), "@page{size:210mm 297mm;margin:0}"));
    assert_non_null(strstr(text_of(), "translate(7.25 15.15)")); /* the first place of the usual sheet of 21 */
    assert_non_null(strstr(text_of(), "translate(139.25 243.75)"));
    assert_int_equal(sides_of(SHEET_A4, wide, 22), 2);
    assert_int_equal(sides_of(SHEET_ROLL_58, label_shelf_size(sheet_shelf_width(SHEET_ROLL_58)), 3), 3);
    assert_non_null(strstr(text_of(), "@page{size:58mm 51mm;margin:0}"));
    assert_int_equal(sides_of(SHEET_ROLL_80, label_shelf_size(sheet_shelf_width(SHEET_ROLL_80)), 3), 3);
    assert_int_equal(sides_of(SHEET_A4, label_product_size(), 24), 1);
    assert_int_equal(sides_of(SHEET_A4, label_product_size(), 25), 2);
    assert_int_equal(sides_of(SHEET_A4, label_code_size(), 16), 1);
    assert_int_equal(sides_of(SHEET_A4, label_code_size(), 17), 2);
}

static int leave(void **state)
{
    (void)state;
    buffer_free(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_golden), cmocka_unit_test(test_as_people_write),
        cmocka_unit_test(test_malformed), cmocka_unit_test(test_typing_errors),
        cmocka_unit_test(test_every_transposition), cmocka_unit_test(test_forgery), cmocka_unit_test(test_no_pattern),
        cmocka_unit_test(test_words), cmocka_unit_test(test_bars), cmocka_unit_test(test_qr),
        cmocka_unit_test(test_shelf_label), cmocka_unit_test(test_long_names), cmocka_unit_test(test_escaping),
        cmocka_unit_test(test_link), cmocka_unit_test(test_sheets),
    };
    assert_true(sodium_init() >= 0);
    return cmocka_run_group_tests(tests, NULL, leave);
}
