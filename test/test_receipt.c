/*
 * Receipts: what adds up is printed whole, in its columns; and the bytes for a printer are read back as a printer
 * would read them.
 */
#include "code/glyph.h"
#include "code/receipt.h"
#include "test/support.h"

#include <iconv.h>
#include <stdio.h>

#define TEA "\xe7\xba\xa2\xe8\x8c\xb6" /* 红茶 */
#define LONG_NAME TEA TEA TEA TEA TEA " of a very long name that goes on over several rows, whatever their width"

static struct receipt_line lines[4];
static struct receipt receipt;
static struct buffer out;

static const char *text_of(struct buffer *buffer)
{
    buffer_byte(buffer, 0);
    buffer->size--;
    return buffer->bytes;
}

static void make_receipt(void)
{
    lines[0] = (struct receipt_line){slice_text("Mug, red"), 1990, 0, 3980, 2};
    lines[1] = (struct receipt_line){slice_text(LONG_NAME), 12800, 2900, 9900, 1};
    lines[2] = (struct receipt_line){slice_text("Cup <small>\x1b@\n"), 500, 100, -400, -1};
    receipt = (struct receipt){
        .language = RECEIPT_CHINESE, .shop = slice_text("Eleven & Co"),
        .address = {slice_text("1 Nanjing Road"), slice_text("Shanghai")}, .address_count = 2,
        .till = slice_text("3"), .clerk = slice_text("Li"), .number = slice_text("3-000017"),
        .time = slice_text("2026-11-11 00:00:11 +08:00"), .currency = slice_text("CNY"), .digits = 2, .lines = lines,
        .line_count = 3, .total_minor = 13480,
        .tenders = {{RECEIPT_WALLET, 3480}, {RECEIPT_CARD, 5000}, {RECEIPT_CASH, 10000}}, .tender_count = 3,
        .change_minor = 5000, .order_code = slice_text("D6HG-7558-T6TH-5"), .gtin = 9520000001117,
        .footer = slice_text("Thank you")};
}

/* --- as text ------------------------------------------------------------------------ */

/* The row that begins with this, blanks aside; NULL: none. */
static const char *row_of(const char *text, const char *begin, char *row)
{
    for (const char *at = text; *at != 0;) {
        const char *end = strchr(at, '\n');
        const char *first = at + strspn(at, " ");
        if (strncmp(first, begin, strlen(begin)) == 0) {
            memcpy(row, first, (size_t)(end - first));
            row[end - first] = 0;
            return row;
        }
        at = end + 1;
    }
    return NULL;
}

static void test_text(void **state)
{
    char row[512];
    (void)state;
    const u32 columns[] = {RECEIPT_NARROW, RECEIPT_BROAD};
    for (size_t i = 0; i < ARRAY_COUNT(columns); i++) {
        make_receipt();
        out.size = 0;
        receipt_text(&out, &receipt, columns[i]);
        const char *text = text_of(&out);
        for (const char *at = text; *at != 0; at = strchr(at, '\n') + 1)
            assert_true(glyph_text_columns(slice_of(at, (size_t)(strchr(at, '\n') - at)), false) <= columns[i]);
        assert_non_null(row_of(text, "2 x 19.90", row));
        assert_string_equal(row + strlen(row) - 5, "39.80");
        assert_int_equal(strlen(row), columns[i] - 2); /* to the edge */
        assert_non_null(row_of(text, "\xe5\x90\x88\xe8\xae\xa1", row)); /* 合计 */
        assert_string_equal(row + strlen(row) - 10, "CNY 134.80");
        assert_int_equal(glyph_text_columns(slice_text(row), false), columns[i]);
        assert_non_null(row_of(text, "\xe4\xbc\x98\xe6\x83\xa0", row)); /* 优惠 */
        assert_string_equal(row + strlen(row) - 6, "-29.00");
        assert_non_null(row_of(text, "\xe9\x80\x80\xe8\xb4\xa7 1 x 5.00", row)); /* 退货 */
        assert_string_equal(row + strlen(row) - 5, "-5.00");
        assert_non_null(row_of(text, "\xe6\x89\xbe\xe9\x9b\xb6", row)); /* 找零 */
        assert_string_equal(row + strlen(row) - 5, "50.00");
        assert_non_null(row_of(text, "D6HG-7558-T6TH-5", row));
        assert_non_null(row_of(text, "9520000001117", row));
        assert_non_null(row_of(text, "2026-11-11 00:00:11 +08:00", row));
        assert_null(strchr(text, 0x1b));
        size_t words = 0; /* the long name is there whole, over its rows */
        for (const char *at = strstr(text, TEA); at != NULL; at = strstr(at + 1, TEA))
            words++;
        assert_int_equal(words, 5);
        assert_non_null(strstr(text, "width"));
    }
    receipt.language = RECEIPT_ENGLISH;
    out.size = 0;
    receipt_text(&out, &receipt, RECEIPT_NARROW);
    assert_non_null(row_of(text_of(&out), "Total", row));
    assert_non_null(row_of(text_of(&out), "Change", row));
}

static void test_problems(void **state)
{
    (void)state;
#define REFUSED(change)                               \
    do {                                              \
        make_receipt();                               \
        assert_null(receipt_problem(&receipt));       \
        change;                                       \
        assert_non_null(receipt_problem(&receipt));   \
    } while (0)
    REFUSED(receipt.total_minor++);
    REFUSED(receipt.change_minor++);
    REFUSED(receipt.change_minor = -5000);
    REFUSED(lines[0].total_minor--);
    REFUSED(lines[0].quantity = 0);
    REFUSED(lines[0].unit_price_minor = -1990);
    REFUSED(lines[1].discount_minor = -1);
    REFUSED(lines[0].unit_price_minor = INT64_MAX);
    REFUSED(lines[2].discount_minor = INT64_MIN);
    REFUSED(lines[2].quantity = INT32_MIN);
    REFUSED(receipt.tenders[0].amount_minor = INT64_MAX);
    REFUSED(receipt.tender_count = RECEIPT_TENDERS_MAX + 1);
    REFUSED(receipt.address_count = RECEIPT_ADDRESS_MAX + 1);
    REFUSED(receipt.line_count = RECEIPT_LINES_MAX + 1);
    REFUSED(receipt.footer.size = RECEIPT_TEXT_MAX + 1);
    REFUSED(lines[0].name.size = RECEIPT_TEXT_MAX + 1);
    REFUSED(receipt.address[0].size = RECEIPT_TEXT_MAX + 1);
    REFUSED(receipt.gtin = 9520000001118);
    REFUSED(receipt.digits = 5);
#undef REFUSED
}

/* The largest amounts there are fit, in any currency. */
static void test_large_amounts(void **state)
{
    struct receipt_printer printer = {RECEIPT_GB18030, RECEIPT_NARROW, false};
    (void)state;
    for (u32 digits = 0; digits <= 4; digits++) {
        make_receipt();
        lines[0] = (struct receipt_line){slice_text("Ship"), 90000000000000000, 0, -90000000000000000, -1};
        receipt.line_count = 1;
        receipt.digits = digits;
        receipt.total_minor = receipt.tenders[0].amount_minor = -90000000000000000;
        receipt.tender_count = 1;
        receipt.change_minor = 0;
        receipt.currency = slice_text("LONGCODE");
        assert_null(receipt_problem(&receipt));
        out.size = 0;
        receipt_text(&out, &receipt, RECEIPT_NARROW);
        assert_non_null(strstr(text_of(&out), digits == 0 ? "LONGCODE -90000000000000000" : "LONGCODE -9000"));
        receipt_escpos(&out, &receipt, &printer);
    }
}

/* --- a printer ------------------------------------------------------------------------- */

/* What a printer does with the bytes: lines of text with their style, and events. Anything that the command reference
 * does not know fails. */
struct paper {
    struct buffer text;             /* UTF-8; "\n" ends a line */
    bool initialised, kanji, utf8, bold, twice, kanji_twice;
    u8 align;
    char qr[600];
    u32 qr_printed, bars_printed, cuts, pulses;
    u8 qr_model, qr_module, qr_level;
    char bars[32];
    u32 columns;                    /* so many fit */
    u32 used;                       /* of this line */
    char total[64];                 /* the line in double size */
    bool line_twice;
    size_t line_begin;
};

static void print_character(struct paper *paper, const u8 *bytes, size_t size)
{
    char utf8[8];
    char *in = (char *)(uintptr_t)bytes, *to = utf8;
    size_t in_left = size, left = sizeof(utf8);
    iconv_t convert = iconv_open("UTF-8", size == 2 ? "GB18030" : "UTF-8");
    assert_true(iconv(convert, &in, &in_left, &to, &left) == 0);
    iconv_close(convert);
    buffer_add(&paper->text, utf8, (size_t)(to - utf8));
    u32 columns = size == 2 ? 2 : glyph_text_columns(slice_of(utf8, (size_t)(to - utf8)), false);
    paper->used += columns * (paper->twice ? 2 : 1);
    paper->line_twice = paper->line_twice || paper->twice;
    if (size == 2)
        assert_int_equal(paper->kanji_twice, paper->twice);
    assert_true(paper->used <= paper->columns);
}

static void end_line(struct paper *paper)
{
    if (paper->line_twice)
        snprintf(paper->total, sizeof(paper->total), "%.*s", (int)(paper->text.size - paper->line_begin),
                 paper->text.bytes + paper->line_begin);
    paper->line_twice = false;
    buffer_byte(&paper->text, '\n');
    paper->line_begin = paper->text.size;
    paper->used = 0;
}

/* GS ( k: pL pH cn fn parameters. Returns its bytes. */
static size_t print_symbol(struct paper *paper, const u8 *at)
{
    size_t size = at[3] + 256u * at[4];
    assert_int_equal(at[5], 49);
    switch (at[6]) {
    case 65: paper->qr_model = at[7]; break;
    case 67: paper->qr_module = at[7]; break;
    case 69: paper->qr_level = at[7]; break;
    case 80:
        assert_int_equal(at[7], 48);
        assert_in_range(size, 4, sizeof(paper->qr) + 2);
        memcpy(paper->qr, at + 8, size - 3);
        paper->qr[size - 3] = 0;
        break;
    case 81:
        assert_true(paper->qr_model == 50 && paper->qr_module >= 1 && paper->qr_module <= 16 && paper->qr_level == 49);
        assert_int_equal(paper->align, 1);
        paper->qr_printed++;
        break;
    default: fail_msg("GS ( k function %d", at[6]);
    }
    return size + 5;
}

static size_t print_gs(struct paper *paper, const u8 *at)
{
    switch (at[1]) {
    case '!':
        assert_true(at[2] == 0 || at[2] == 0x11);
        paper->twice = at[2] != 0;
        return 3;
    case '(': assert_int_equal(at[2], 'k'); return print_symbol(paper, at);
    case 'h':
    case 'w':
    case 'H': return 3;
    case 'k':
        assert_true((at[2] == 67 && at[3] == 13) || (at[2] == 68 && at[3] == 8));
        memcpy(paper->bars, at + 4, at[3]);
        paper->bars[at[3]] = 0;
        paper->bars_printed++;
        return 4u + at[3];
    case 'V':
        assert_int_equal(at[2], 66);
        paper->cuts++;
        return 4;
    default: fail_msg("GS %02x", at[1]);
    }
    return 0;
}

static size_t print_esc(struct paper *paper, const u8 *at)
{
    switch (at[1]) {
    case '@': paper->initialised = true; return 2;
    case 'a':
        assert_true(at[2] <= 2 && paper->used == 0); /* it counts at the beginning of a line only */
        paper->align = at[2];
        return 3;
    case 'E': paper->bold = at[2] & 1; return 3;
    case 'p':
        assert_true(at[2] <= 1 && at[3] <= at[4]);
        paper->pulses++;
        return 5;
    default: fail_msg("ESC %02x", at[1]);
    }
    return 0;
}

static size_t print_fs(struct paper *paper, const u8 *at)
{
    switch (at[1]) {
    case '&': paper->kanji = true; return 2;
    case 'W': paper->kanji_twice = at[2] & 1; return 3;
    case '(':
        assert_true(at[2] == 'C' && at[3] == 2 && at[4] == 0 && at[5] == 48 && at[6] == 50);
        paper->utf8 = true;
        return 7;
    default: fail_msg("FS %02x", at[1]);
    }
    return 0;
}

static size_t print_text(struct paper *paper, const u8 *at)
{
    size_t size = at[0] < 0x80 ? 1 : paper->kanji ? 2 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    assert_true(at[0] >= 0x20 && at[0] != 0x7f);
    assert_true(at[0] < 0x80 || paper->kanji != paper->utf8);
    print_character(paper, at, size);
    return size;
}

static void print(struct paper *paper, const struct buffer *bytes, u32 columns)
{
    memset(paper, 0, sizeof(*paper));
    paper->columns = columns;
    struct buffer padded = {0};
    buffer_add(&padded, bytes->bytes, bytes->size);
    buffer_add(&padded, "\0\0\0\0\0\0\0\0", 8);
    for (size_t i = 0; i < bytes->size;) {
        const u8 *at = (const u8 *)padded.bytes + i;
        if (at[0] == 0x0a) {
            end_line(paper);
            i++;
            continue;
        }
        i += at[0] == 0x1b   ? print_esc(paper, at)
             : at[0] == 0x1d ? print_gs(paper, at)
             : at[0] == 0x1c ? print_fs(paper, at)
                             : print_text(paper, at);
        assert_true(i <= bytes->size);
        assert_true(paper->initialised);
    }
    buffer_free(&padded);
    text_of(&paper->text);
}

static void test_escpos(void **state)
{
    const u32 columns[] = {RECEIPT_NARROW, RECEIPT_BROAD};
    static struct paper paper;
    char row[512];
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct receipt_printer printer = {i / 2 ? RECEIPT_UTF8 : RECEIPT_GB18030, columns[i % 2], i % 2 == 0};
        make_receipt();
        out.size = 0;
        receipt_escpos(&out, &receipt, &printer);
        print(&paper, &out, printer.columns);
        assert_int_equal(paper.kanji, printer.charset == RECEIPT_GB18030);
        assert_int_equal(paper.utf8, printer.charset == RECEIPT_UTF8);
        assert_int_equal(paper.pulses, printer.drawer);
        assert_int_equal(paper.cuts, 1);
        assert_true(paper.qr_printed == 1 && paper.bars_printed == 1);
        assert_string_equal(paper.qr, "D6HG-7558-T6TH-5");
        assert_string_equal(paper.bars, "9520000001117");
        assert_false(paper.bold || paper.twice || paper.kanji_twice || paper.align != 0); /* all was given back */
        assert_int_equal(strncmp(paper.total, "\xe5\x90\x88\xe8\xae\xa1", 6), 0);
        assert_string_equal(paper.total + strlen(paper.total) - 10, "CNY 134.80");
        assert_non_null(row_of(paper.text.bytes, "2 x 19.90", row));
        assert_int_equal(strlen(row), printer.columns - 2);
        assert_non_null(strstr(paper.text.bytes, TEA));
        assert_non_null(strstr(paper.text.bytes, "Cup <small> @ \n")); /* no command, whatever a name holds */
        buffer_free(&paper.text);
    }
}

/* What the printer has no letters for prints as question marks, as wide as it was counted. */
static void test_no_letters(void **state)
{
    struct receipt_printer printer = {RECEIPT_GB18030, RECEIPT_NARROW, false};
    static struct paper paper;
    (void)state;
    make_receipt();
    receipt.footer = slice_text("caf\xc3\xa9 \xf0\x9f\x8d\xb5 \xe2\x82\xac\xff");
    out.size = 0;
    receipt_escpos(&out, &receipt, &printer);
    print(&paper, &out, printer.columns);
    assert_non_null(strstr(paper.text.bytes, "caf\xc3\xa9 ?? \xe2\x82\xac??\n"));
    buffer_free(&paper.text);
    receipt.gtin = 96385074;
    receipt.order_code = receipt.footer = slice_of("", 0);
    out.size = 0;
    receipt_escpos(&out, &receipt, &printer);
    print(&paper, &out, printer.columns);
    assert_string_equal(paper.bars, "96385074");
    assert_int_equal(paper.qr_printed, 0);
    buffer_free(&paper.text);
}

static void test_html(void **state)
{
    (void)state;
    make_receipt();
    out.size = 0;
    receipt_html(&out, &receipt, RECEIPT_NARROW);
    const char *html = text_of(&out);
    assert_non_null(strstr(html, "@page{size:58mm "));
    assert_non_null(strstr(html, "Eleven &amp; Co"));
    assert_non_null(strstr(html, "Cup &lt;small&gt; @ "));
    assert_non_null(strstr(html, ">CNY 134.80<"));
    assert_null(strstr(html, "<script"));
    size_t pictures = 0;
    for (const char *at = html; (at = strstr(at, "<svg")) != NULL; at++)
        pictures++;
    assert_int_equal(pictures, 2); /* the roll, and the QR code in it */
    out.size = 0;
    receipt_html(&out, &receipt, RECEIPT_BROAD);
    assert_non_null(strstr(text_of(&out), "@page{size:80mm "));
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
        cmocka_unit_test(test_text), cmocka_unit_test(test_problems), cmocka_unit_test(test_large_amounts),
        cmocka_unit_test(test_escpos), cmocka_unit_test(test_no_letters), cmocka_unit_test(test_html),
    };
    return cmocka_run_group_tests(tests, NULL, leave);
}
