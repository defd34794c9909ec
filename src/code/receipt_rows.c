#include "code/receipt_rows.h"

#include "base/assert.h"
#include "base/gtin.h"
#include "base/money.h"
#include "code/glyph.h"
#include "code/symbol.h"

#include <stdio.h>

/* --- words ------------------------------------------------------------------------------------------------ */

/* WORD(NAME, English, Chinese) */
#define RECEIPT_WORDS(WORD)                                                              \
    WORD(TILL, "Till", "\xe6\x94\xb6\xe9\x93\xb6\xe5\x8f\xb0")          /* 收银台 */      \
    WORD(CLERK, "Clerk", "\xe6\x94\xb6\xe9\x93\xb6\xe5\x91\x98")        /* 收银员 */      \
    WORD(NUMBER, "Receipt", "\xe5\xb0\x8f\xe7\xa5\xa8")                 /* 小票 */        \
    WORD(DISCOUNT, "Discount", "\xe4\xbc\x98\xe6\x83\xa0")              /* 优惠 */        \
    WORD(RETURN, "Return", "\xe9\x80\x80\xe8\xb4\xa7")                  /* 退货 */        \
    WORD(TOTAL, "Total", "\xe5\x90\x88\xe8\xae\xa1")                    /* 合计 */        \
    WORD(CASH, "Cash", "\xe7\x8e\xb0\xe9\x87\x91")                      /* 现金 */        \
    WORD(CARD, "Card", "\xe9\x93\xb6\xe8\xa1\x8c\xe5\x8d\xa1")          /* 银行卡 */      \
    WORD(WALLET, "Wallet", "\xe9\x92\xb1\xe5\x8c\x85")                  /* 钱包 */        \
    WORD(CHANGE, "Change", "\xe6\x89\xbe\xe9\x9b\xb6")                  /* 找零 */        \
    WORD(ORDER, "Order", "\xe8\xae\xa2\xe5\x8d\x95")                    /* 订单 */

enum receipt_word {
#define WORD(NAME, english, chinese) WORD_##NAME,
    RECEIPT_WORDS(WORD)
#undef WORD
};
static const char *const receipt_words[][2] = {
#define WORD(NAME, english, chinese) {english, chinese},
    RECEIPT_WORDS(WORD)
#undef WORD
};

/* --- what is good ------------------------------------------------------------------------------------------- */

static bool amount_good(i64 amount_minor)
{
    return amount_minor >= -MONEY_MAX && amount_minor <= MONEY_MAX;
}

static const char *line_problem(const struct receipt_line *line)
{
    i64 gross, units = line->quantity < 0 ? -(i64)line->quantity : line->quantity;
    if (line->quantity == 0 || line->name.size > RECEIPT_TEXT_MAX)
        return "a line has no quantity, or a name that is too long";
    if (line->unit_price_minor < 0 || line->discount_minor < 0 || line->discount_minor > MONEY_MAX ||
        !money_times(line->unit_price_minor, (u32)units, &gross))
        return "a line's price or discount is out of bounds";
    i64 net = gross - line->discount_minor;
    return line->total_minor == (line->quantity < 0 ? -net : net) ? NULL : "a line does not add up";
}

static const char *texts_problem(const struct receipt *receipt)
{
    const struct slice texts[] = {receipt->shop, receipt->till,     receipt->clerk,      receipt->number,
                                  receipt->time, receipt->currency, receipt->order_code, receipt->footer};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        if (texts[i].size > RECEIPT_TEXT_MAX)
            return "a text is too long";
    for (u32 i = 0; i < receipt->address_count; i++)
        if (receipt->address[i].size > RECEIPT_TEXT_MAX)
            return "a line of the address is too long";
    return NULL;
}

const char *receipt_problem(const struct receipt *receipt)
{
    i64 sum = 0, paid = 0;
    if (receipt->line_count > RECEIPT_LINES_MAX || receipt->tender_count > RECEIPT_TENDERS_MAX ||
        receipt->address_count > RECEIPT_ADDRESS_MAX || receipt->digits > 4 || receipt->currency.size > 8)
        return "there are more lines, tenders or digits than a receipt has";
    const char *problem = texts_problem(receipt);
    for (u32 i = 0; problem == NULL && i < receipt->line_count; i++) {
        problem = line_problem(&receipt->lines[i]);
        if (problem == NULL && !money_add(sum, receipt->lines[i].total_minor, &sum))
            problem = "the total is out of bounds";
    }
    for (u32 i = 0; problem == NULL && i < receipt->tender_count; i++)
        if (!amount_good(receipt->tenders[i].amount_minor) ||
            !money_add(paid, receipt->tenders[i].amount_minor, &paid))
            problem = "a tender is out of bounds";
    if (problem != NULL)
        return problem;
    if (sum != receipt->total_minor)
        return "the lines do not add up to the total";
    if (receipt->change_minor < 0 || !amount_good(receipt->change_minor) || paid - receipt->change_minor != sum)
        return "tenders less change are not the total";
    if (memchr(receipt->order_code.bytes != NULL ? receipt->order_code.bytes : "", 0, receipt->order_code.size) != NULL)
        return "the order code is none";
    return receipt->gtin == 0 || (gtin_valid(receipt->gtin) && receipt->gtin < 10000000000000u)
               ? NULL : "the GTIN has no bars of EAN-13";
}

/* --- rows ------------------------------------------------------------------------------------------------------- */

struct rows {
    const struct receipt *receipt;
    u32 columns;
    bool dense;
    receipt_put *put;
    void *argument;
};

static struct slice word(const struct rows *rows, enum receipt_word which)
{
    return slice_text(receipt_words[which][rows->receipt->language == RECEIPT_CHINESE]);
}

u32 receipt_row_gap(const struct receipt_row *row, u32 columns, bool dense)
{
    u32 room = row->twice ? columns / 2 : columns;
    u32 used = glyph_text_columns(row->left, dense) + glyph_text_columns(row->right, dense);
    ASSERT(used <= room);
    return row->centre ? (room - used) / 2 : room - used;
}

/* The first bytes of `text` that fit into so many columns, broken at a blank when one is near, at least one
 * character. */
static struct slice head_of(struct slice text, u32 room, bool dense)
{
    size_t at = 0, good = 0, blank = 0;
    u32 used = 0, character;
    while (glyph_next(text, &at, &character)) {
        used += glyph_columns(character, dense);
        if (used > room && good > 0)
            return slice_of(text.bytes, blank * 2 > good ? blank : good);
        good = at;
        if (character == ' ')
            blank = at;
    }
    return text;
}

/* Rows of a text that may be long; the last one has `right` beside it. `row` says how. */
static void put_wrapped(const struct rows *rows, struct receipt_row row, struct slice text, struct slice right)
{
    u32 room = row.twice ? rows->columns / 2 : rows->columns;
    u32 beside = right.size > 0 ? glyph_text_columns(right, rows->dense) + 1 : 0;
    ASSERT(beside <= room);
    for (;;) {
        struct slice head = head_of(text, room, rows->dense);
        bool fits = head.size == text.size && glyph_text_columns(text, rows->dense) + beside <= room;
        row.left = head;
        row.right = fits ? right : slice_of("", 0);
        rows->put(rows->argument, &row);
        text = slice_of(text.bytes + head.size, text.size - head.size);
        if (fits)
            return;
        if (text.size == 0 && beside == 0)
            return;
    }
}

static void put_pair(const struct rows *rows, struct slice left, struct slice right)
{
    put_wrapped(rows, (struct receipt_row){.kind = RECEIPT_ROW}, left, right);
}

static void put_centred(const struct rows *rows, struct slice text, bool bold, bool twice)
{
    if (text.size > 0)
        put_wrapped(rows, (struct receipt_row){.centre = true, .bold = bold, .twice = twice}, text, slice_of("", 0));
}

static void put_rule(const struct rows *rows)
{
    rows->put(rows->argument, &(struct receipt_row){.kind = RECEIPT_RULE});
}

static void put_amount(const struct rows *rows, struct slice left, i64 amount_minor)
{
    char text[MONEY_TEXT_MAX];
    put_pair(rows, left, slice_text(money_text(text, amount_minor, rows->receipt->digits)));
}

/* "Till: 3", when there is something to say. */
static void put_named(const struct rows *rows, enum receipt_word name, struct slice text)
{
    if (text.size > 0)
        put_pair(rows, word(rows, name), text.size <= rows->columns / 2 ? text : slice_of("", 0));
    if (text.size > rows->columns / 2)
        put_pair(rows, text, slice_of("", 0));
}

static void head_rows(const struct rows *rows)
{
    const struct receipt *receipt = rows->receipt;
    put_centred(rows, receipt->shop, true, false);
    for (u32 i = 0; i < receipt->address_count; i++)
        put_centred(rows, receipt->address[i], false, false);
    put_rule(rows);
    put_named(rows, WORD_NUMBER, receipt->number);
    put_named(rows, WORD_TILL, receipt->till);
    put_named(rows, WORD_CLERK, receipt->clerk);
    put_centred(rows, receipt->time, false, false);
    put_rule(rows);
}

static void line_rows(const struct rows *rows, const struct receipt_line *line)
{
    char price[MONEY_TEXT_MAX], many[MONEY_TEXT_MAX + 64];
    bool back = line->quantity < 0;
    i64 gross = line->total_minor + (back ? -line->discount_minor : line->discount_minor);
    put_pair(rows, line->name, slice_of("", 0));
    struct slice what = back ? word(rows, WORD_RETURN) : slice_of("", 0);
    snprintf(many, sizeof(many), "  " SLICE_FORMAT "%s%lld x %s", SLICE_ARGS(what), back ? " " : "",
             (long long)(back ? -(i64)line->quantity : line->quantity),
             money_text(price, line->unit_price_minor, rows->receipt->digits));
    put_amount(rows, slice_text(many), gross);
    if (line->discount_minor == 0)
        return;
    snprintf(many, sizeof(many), "  " SLICE_FORMAT, SLICE_ARGS(word(rows, WORD_DISCOUNT)));
    put_amount(rows, slice_text(many), back ? line->discount_minor : -line->discount_minor);
}

/* In double size where the amount fits so. */
static void total_row(const struct rows *rows)
{
    char amount[MONEY_TEXT_MAX], text[MONEY_TEXT_MAX + 16];
    const struct receipt *receipt = rows->receipt;
    snprintf(text, sizeof(text), SLICE_FORMAT " %s", (int)MIN(receipt->currency.size, (size_t)8),
             receipt->currency.bytes != NULL ? receipt->currency.bytes : "",
             money_text(amount, receipt->total_minor, receipt->digits));
    struct receipt_row row = {.bold = true, .twice = strlen(text) + 1 <= rows->columns / 2};
    put_wrapped(rows, row, word(rows, WORD_TOTAL), slice_text(text));
}

static void tender_rows(const struct rows *rows)
{
    static const enum receipt_word names[] = {
        [RECEIPT_CASH] = WORD_CASH, [RECEIPT_CARD] = WORD_CARD, [RECEIPT_WALLET] = WORD_WALLET};
    for (u32 i = 0; i < rows->receipt->tender_count; i++)
        put_amount(rows, word(rows, names[rows->receipt->tenders[i].kind]), rows->receipt->tenders[i].amount_minor);
    if (rows->receipt->change_minor > 0)
        put_amount(rows, word(rows, WORD_CHANGE), rows->receipt->change_minor);
}

void receipt_rows(const struct receipt *receipt, u32 columns, bool dense, receipt_put *put, void *argument)
{
    ASSERT(receipt_problem(receipt) == NULL && (columns == RECEIPT_NARROW || columns == RECEIPT_BROAD));
    const struct rows rows = {receipt, columns, dense, put, argument};
    head_rows(&rows);
    for (u32 i = 0; i < receipt->line_count; i++)
        line_rows(&rows, &receipt->lines[i]);
    put_rule(&rows);
    total_row(&rows);
    tender_rows(&rows);
    if (receipt->order_code.size > 0) {
        put_rule(&rows);
        put(argument, &(struct receipt_row){.kind = RECEIPT_QR, .left = receipt->order_code});
        put_centred(&rows, word(&rows, WORD_ORDER), false, false);
        put_centred(&rows, receipt->order_code, true, false);
    }
    if (receipt->gtin != 0)
        put(argument, &(struct receipt_row){.kind = RECEIPT_BARS, .gtin = receipt->gtin});
    if (receipt->footer.size > 0) {
        put_rule(&rows);
        put_centred(&rows, receipt->footer, false, false);
    }
}
