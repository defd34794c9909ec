/*
 * The receipt of an order that was paid, at a till or elsewhere: as text, as bytes for a receipt printer, or as a page.
 */
#include "base/time.h"
#include "code/order_code.h"
#include "code/receipt.h"
#include "core/words.h"
#include "door/catalogue.h"
#include "door/http_state.h"
#include "door/param.h"
#include "door/problem.h"
#include "door/serve.h"
#include "exchange/field.h"

#include <stdio.h>

_Static_assert(ORDER_PARTS_MAX <= RECEIPT_LINES_MAX, "an order fits a receipt");

/* Words of the parameters, in the order of the enums. */
enum { FORMAT_TEXT, FORMAT_ESCPOS, FORMAT_HTML };
enum { WIDTH_NARROW, WIDTH_BROAD };

static int parse_format(struct slice word)
{
    static const char *const words[] = {"text", "escpos", "html"};
    return param_word_among(word, words, ARRAY_COUNT(words));
}

static int parse_width(struct slice word)
{
    static const char *const words[] = {"58", "80"};
    return param_word_among(word, words, ARRAY_COUNT(words));
}

static int parse_language(struct slice word)
{
    static const char *const words[] = {"en", "zh"};
    return param_word_among(word, words, ARRAY_COUNT(words));
}
_Static_assert(RECEIPT_ENGLISH == 0 && RECEIPT_CHINESE == 1, "as the words stand");

static int parse_charset(struct slice word)
{
    static const char *const words[] = {"gb18030", "utf-8"};
    return param_word_among(word, words, ARRAY_COUNT(words));
}
_Static_assert(RECEIPT_GB18030 == 0 && RECEIPT_UTF8 == 1, "as the words stand");

/* What a receipt's slices lie in, beside the engine. */
struct receipt_room {
    struct receipt_line lines[ORDER_PARTS_MAX];
    char number[16];
    char time[TIME_TEXT_MAX];
    char code[ORDER_CODE_TEXT_MAX];
};

/* "2026-11-25 08:50", as the store's clock shows it, or else the festival's; "... UTC" when there is neither. */
static void receipt_time(struct receipt_room *room, const struct engine *engine, const struct order *order,
                         const struct location *store)
{
    char text[TIME_TEXT_MAX];
    i32 offset = 0;
    if (store != NULL)
        offset = store->utc_offset_minutes;
    else if (order->festival != 0)
        offset = engine_festival(engine, order->festival)->utc_offset_minutes;
    time_text(text, order->changed_ms, offset);
    snprintf(room->time, sizeof(room->time), "%.10s %.5s%s", text, text + sizeof("2026-11-25T") - 1,
             store == NULL && order->festival == 0 ? " UTC" : "");
}

static struct slice shown(struct slice text)
{
    return slice_of(text.bytes, field_cut(text, RECEIPT_TEXT_MAX));
}

static void receipt_lines(struct receipt *receipt, struct receipt_room *room, const struct engine *engine,
                          const struct order *order)
{
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = engine_line(engine, order->first_line + i);
        const struct sku *sku = engine_sku(engine, engine_book(engine, line->book)->sku);
        struct slice title = engine_text(engine, sku->text, SKU_TITLE);
        room->lines[i] = (struct receipt_line){
            .name = shown(title.size > 0 ? title : engine_text(engine, sku->text, SKU_CODE)),
            .unit_price_minor = line->unit_price_minor,
            .discount_minor = line->discount_minor,
            .total_minor = line->unit_price_minor * line->quantity - line->discount_minor,
            .quantity = line->quantity,
        };
    }
    receipt->lines = room->lines;
    receipt->line_count = order->line_count;
}

static void receipt_pay(struct receipt *receipt, enum receipt_tender_kind kind, i64 amount_minor)
{
    if (amount_minor != 0)
        receipt->tenders[receipt->tender_count++] = (struct receipt_tender){kind, amount_minor};
}

/* As it was paid at a till; else what the order says. */
static void receipt_tenders(struct receipt *receipt, const struct order *order, const struct tender *tender)
{
    if (tender == NULL) {
        receipt_pay(receipt, order->payment == PAYMENT_WALLET ? RECEIPT_WALLET : RECEIPT_CARD, order->total_minor);
        return;
    }
    receipt_pay(receipt, RECEIPT_CASH, tender->cash_minor);
    receipt_pay(receipt, RECEIPT_CARD, tender->card_minor);
    receipt_pay(receipt, RECEIPT_WALLET, tender->wallet_minor);
}

static void receipt_fill(struct receipt *receipt, struct receipt_room *room, const struct server *server, u32 id)
{
    const struct engine *engine = server->engine;
    const struct order *order = engine_order(engine, id);
    const struct tender *tender = engine_tender(engine, engine_sale(engine, id));
    const struct till *till = NULL;
    if (tender != NULL)
        till = engine_till(engine, engine_shift(engine, tender->shift)->till);
    const struct location *store = engine_location(engine, till != NULL ? till->location : order->location);
    const struct currency *currency = engine_currency(engine, order->currency);
    receipt_lines(receipt, room, engine, order);
    receipt_tenders(receipt, order, tender);
    if (store != NULL) {
        receipt->shop = shown(engine_text(engine, store->text, 1));
        receipt->address[receipt->address_count++] =
            shown(engine_text(engine, engine_city(engine, store->city)->text, 1));
    } else {
        const struct book *book = engine_book(engine, engine_line(engine, order->first_line)->book);
        const struct seller *seller = engine_seller(engine, engine_sku(engine, book->sku)->seller);
        receipt->shop = shown(engine_text(engine, seller->text, 1));
    }
    if (till != NULL)
        receipt->till = shown(engine_text(engine, till->text, 0));
    snprintf(room->number, sizeof(room->number), "%u", id);
    receipt->number = slice_text(room->number);
    receipt_time(room, engine, order, store);
    receipt->time = slice_text(room->time);
    receipt->currency = engine_text(engine, currency->text, 0);
    receipt->digits = currency->digits;
    receipt->total_minor = order->total_minor;
    receipt->order_code = slice_text(order_code_make(room->code, server->code_key, ORDER_CODE_ORDER, id));
}

static void receipt_reply(struct http *http, const struct receipt *receipt, u32 format, u32 columns,
                          struct receipt_printer printer)
{
    struct buffer *out = http_body(http).out;
    const char *type = "text/plain; charset=utf-8";
    if (format == FORMAT_TEXT) {
        receipt_text(out, receipt, columns);
    } else if (format == FORMAT_HTML) {
        receipt_html(out, receipt, columns);
        type = "text/html; charset=utf-8";
    } else {
        receipt_escpos(out, receipt, &printer);
        type = "application/octet-stream";
    }
    http_reply(http, 200, type, slice_of(out->bytes, out->size), "");
}

void serve_order_receipt(struct http *http)
{
    const struct server *server = http_server(http);
    u32 id = serve_order_path(http);
    u32 format = FORMAT_TEXT, width = WIDTH_BROAD, language = RECEIPT_ENGLISH, charset = RECEIPT_GB18030;
    u32 drawer = PARAM_UNSAID;
    if (id == 0)
        return;
    if (!param_word(http, "format", parse_format, &format) || !param_word(http, "width", parse_width, &width) ||
        !param_word(http, "language", parse_language, &language) ||
        !param_word(http, "charset", parse_charset, &charset) ||
        !param_word(http, "drawer", param_parse_truth, &drawer))
        return;
    if (engine_order(server->engine, id)->state != ORDER_PAID) {
        problem_reply(http, PROBLEM_NOT_FOUND, "The order is not paid: it has no receipt.");
        return;
    }
    struct receipt receipt = {.language = (enum receipt_language)language};
    struct receipt_room room;
    receipt_fill(&receipt, &room, server, id);
    if (receipt_problem(&receipt) != NULL) {
        problem_reply(http, PROBLEM_NOT_FOUND, receipt_problem(&receipt));
        return;
    }
    u32 columns = width == WIDTH_NARROW ? RECEIPT_NARROW : RECEIPT_BROAD;
    receipt_reply(http, &receipt, format, columns,
                  (struct receipt_printer){(enum receipt_charset)charset, columns, drawer == PARAM_TRUE});
}
