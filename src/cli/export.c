/*
 * Exports: orders, stock, sales and deals as CSV (RFC 4180: CRLF, quotes where needed)
 * on standard output. Money is a decimal in the currency named beside it; times
 * are RFC 3339 in UTC. The columns are in docs/CLI.md.
 */
#include "base/money.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/reader.h"

#include <stdio.h>
#include <stdlib.h>

/* A row that is being written: a comma stands before every field but the first. */
static bool export_in_row;

static void export_text(struct slice text)
{
    if (export_in_row)
        putchar(',');
    export_in_row = true;
    bool quoted = false;
    for (size_t i = 0; i < text.size; i++)
        quoted = quoted || strchr(",\"\r\n", text.bytes[i]) != NULL;
    if (quoted)
        putchar('"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] == '"')
            putchar('"');
        putchar(text.bytes[i]);
    }
    if (quoted)
        putchar('"');
}

static void export_number(i64 number)
{
    char text[32];
    snprintf(text, sizeof(text), "%lld", (long long)number);
    export_text(slice_text(text));
}

static void export_money(const struct engine *engine, u32 currency, i64 amount_minor)
{
    char text[MONEY_TEXT_MAX];
    export_text(slice_text(money_text(text, amount_minor, engine_currency(engine, currency)->digits)));
}

static void export_time(i64 ms)
{
    char text[TIME_TEXT_MAX];
    export_text(slice_text(time_text(text, ms, 0)));
}

/* A code, empty for none. */
static void export_code(const struct engine *engine, u32 id, u32 text)
{
    export_text(id == 0 ? slice_of("", 0) : engine_text(engine, text, 0));
}

static void export_end(void)
{
    fputs("\r\n", stdout);
    export_in_row = false;
}

static void export_header(const char *columns)
{
    fputs(columns, stdout);
    export_end();
}

static const char *const order_states[] = {"?", "held", "paid", "cancelled", "expired"};
static const char *const part_states[] = {"?", "open", "packed", "shipped", "ready", "handed-over", "delivered",
                                          "dropped"};
static const char *const channels[] = {"?", "web", "store", "till"};
static const char *const deliveries[] = {"?", "home", "pick-up", "carry-out"};
static const char *const payments[] = {"?", "hold", "wallet", "provider"};

#define EXPORT_WORD(words, index) export_text(slice_text((index) < ARRAY_COUNT(words) ? (words)[index] : "?"))

static void export_order_line(const struct engine *engine, u32 id, const struct order *order, u32 index)
{
    const struct line *line = engine_line(engine, order->first_line + index);
    const struct book *book = engine_book(engine, line->book);
    const struct sku *sku = engine_sku(engine, book->sku);
    export_number(id);
    export_time(order->placed_ms);
    EXPORT_WORD(order_states, order->state);
    export_time(order->changed_ms);
    export_code(engine, order->festival, order->festival ? engine_festival(engine, order->festival)->text : 0);
    export_number(order->shopper);
    export_code(engine, order->city, order->city ? engine_city(engine, order->city)->text : 0);
    EXPORT_WORD(channels, order->channel);
    EXPORT_WORD(deliveries, order->delivery);
    EXPORT_WORD(payments, order->payment);
    export_code(engine, order->currency, engine_currency(engine, order->currency)->text);
    export_money(engine, order->currency, order->total_minor);
    export_money(engine, order->currency, order->refunded_minor);
    export_number(index + 1);
    export_code(engine, book->sku, sku->text);
    export_text(engine_text(engine, sku->text, 1));
    export_code(engine, book->location, engine_location(engine, book->location)->text);
    export_number(line->quantity);
    export_money(engine, order->currency, line->unit_price_minor);
    export_money(engine, order->currency, line->discount_minor);
    export_number(line->deal);
    export_number(line->part);
    EXPORT_WORD(part_states, line->state);
    export_number(line->returned);
    export_end();
}

static void export_orders(const struct engine *engine, u32 festival)
{
    export_header("order,placed_at,state,changed_at,festival,shopper,city,channel,delivery,payment,currency,total,"
                  "refunded,line,sku,title,location,quantity,unit_price,discount,deal,part,part_state,returned");
    for (u32 id = 1; id <= engine_order_count(engine); id++) {
        const struct order *order = engine_order(engine, id);
        if (festival != 0 && order->festival != festival)
            continue;
        for (u32 i = 0; i < order->line_count; i++)
            export_order_line(engine, id, order, i);
    }
}

static void export_stock(const struct engine *engine, u32 festival)
{
    (void)festival;
    export_header("sku,gtin,title,location,available,reserved,sold,received,moved_in,moved_out,leased,quarantine,"
                  "shrink,overrun");
    for (u32 id = 1; id <= engine_book_count(engine); id++) {
        const struct book *book = engine_book(engine, id);
        const struct sku *sku = engine_sku(engine, book->sku);
        char gtin[24] = "";
        if (sku->gtin != 0)
            snprintf(gtin, sizeof(gtin), "%014llu", (unsigned long long)sku->gtin);
        export_code(engine, book->sku, sku->text);
        export_text(slice_text(gtin));
        export_text(engine_text(engine, sku->text, 1));
        export_code(engine, book->location, engine_location(engine, book->location)->text);
        const u32 units[] = {book->available, book->reserved, book->sold, book->received, book->moved_in,
                             book->moved_out, book->leased, book->quarantine, book->shrink, book->overrun};
        for (size_t i = 0; i < ARRAY_COUNT(units); i++)
            export_number(units[i]);
        export_end();
    }
}

/* What was paid for one SKU in one festival. */
struct sale {
    u64 orders, units, returned;
    i64 paid_minor;
};

static void export_sales_of(const struct engine *engine, u32 festival, u32 currency, struct sale *sales)
{
    u32 skus = engine_sku_count(engine);
    memset(sales, 0, ((size_t)skus + 1) * sizeof(*sales));
    for (u32 id = 1; id <= engine_order_count(engine); id++) {
        const struct order *order = engine_order(engine, id);
        if (order->festival != festival || order->state != ORDER_PAID || order->currency != currency)
            continue;
        for (u32 i = 0; i < order->line_count; i++) {
            const struct line *line = engine_line(engine, order->first_line + i);
            struct sale *sale = &sales[engine_book(engine, line->book)->sku];
            sale->orders++;
            sale->units += line->quantity;
            sale->returned += line->returned;
            sale->paid_minor += line->unit_price_minor * line->quantity - line->discount_minor;
        }
    }
    for (u32 id = 1; id <= skus; id++) {
        const struct sku *sku = engine_sku(engine, id);
        if (sales[id].orders == 0)
            continue;
        export_code(engine, festival, festival ? engine_festival(engine, festival)->text : 0);
        export_code(engine, id, sku->text);
        export_text(engine_text(engine, sku->text, 1));
        export_code(engine, sku->brand, sku->brand ? engine_brand(engine, sku->brand)->text : 0);
        export_code(engine, sku->department, engine_department(engine, sku->department)->text);
        export_number((i64)sales[id].orders);
        export_number((i64)sales[id].units);
        export_number((i64)sales[id].returned);
        export_code(engine, currency, engine_currency(engine, currency)->text);
        export_money(engine, currency, sales[id].paid_minor);
        export_end();
    }
}

static void export_sales(const struct engine *engine, u32 festival)
{
    struct sale *sales = calloc((size_t)engine_sku_count(engine) + 1, sizeof(*sales));
    if (sales == NULL) {
        cli_error("export", "no memory");
        return;
    }
    export_header("festival,sku,title,brand,department,lines,units,returned,currency,paid");
    u32 first = festival, last = festival;
    if (festival == 0)
        last = engine_festival_count(engine);
    for (u32 i = first; i <= last; i++) {
        u32 only = i == 0 ? 0 : engine_festival(engine, i)->currency;
        for (u32 currency = 1; currency <= engine_currency_count(engine); currency++)
            if (only == 0 || only == currency)
                export_sales_of(engine, i, currency, sales);
    }
    free(sales);
}

/* 0 is no bound. */
static void export_bound(u32 bound)
{
    if (bound != 0)
        export_number(bound);
    else
        export_text(slice_of("", 0));
}

static void export_deals(const struct engine *engine, u32 festival)
{
    export_header("festival,sku,price,currency,quota,taken,cap,opens,closes");
    for (u32 id = 1; id <= engine_deal_count(engine); id++) {
        const struct deal *deal = engine_deal(engine, id);
        if (festival != 0 && deal->festival != festival)
            continue;
        const struct festival *row = engine_festival(engine, deal->festival);
        export_code(engine, deal->festival, row->text);
        export_code(engine, deal->sku, engine_sku(engine, deal->sku)->text);
        export_money(engine, row->currency, deal->price_minor);
        export_code(engine, row->currency, engine_currency(engine, row->currency)->text);
        export_bound(deal->quota);
        export_number(deal->taken);
        export_bound(deal->cap);
        export_time(deal->opens_ms);
        export_time(deal->closes_ms);
        export_end();
    }
}

static int export_run(const char *directory, const char *festival_code,
                      void (*write)(const struct engine *engine, u32 festival))
{
    struct reader reader;
    int code = reader_open_now(&reader, directory);
    if (code != CLI_DONE)
        return code;
    u32 festival = 0;
    if (festival_code != NULL)
        festival = engine_find(reader.engine, COMMAND_FESTIVAL_PUT, slice_text(festival_code));
    if (festival_code != NULL && festival == 0) {
        cli_error("export", "there is no festival \"%s\"", festival_code);
        code = CLI_REFUSED;
    } else {
        write(reader.engine, festival);
    }
    reader_close(&reader);
    return code;
}

int cli_export(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*write)(const struct engine *engine, u32 festival);
    } exports[] = {{"orders", export_orders}, {"stock", export_stock}, {"sales", export_sales},
                 {"deals", export_deals}};
    struct option_texts plain;
    const char *festival = NULL;
    const struct option options[] = {
        {"festival", OPTION_TEXT, &festival, "CODE", "only this festival's (orders, sales, deals)"},
    };
    const struct page page = {
        .name = "export",
        .usage = "DIR orders|stock|sales|deals [--festival CODE]",
        .about = "Writes CSV (RFC 4180, UTF-8) on standard output: a row for each order line, stock book, SKU\n"
                 "sold, or deal. Changes nothing; works beside a running sale, on what is durable by then.",
        .example = "  eleven export shop orders --festival 11.11 > orders.csv",
        .options = options,
        .option_count = ARRAY_COUNT(options),
    };
    enum options_result parsed = options_parse(&page, argc, argv, &plain, 2, 2);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    for (size_t i = 0; i < ARRAY_COUNT(exports); i++)
        if (strcmp(plain.texts[1], exports[i].name) == 0)
            return export_run(plain.texts[0], festival, exports[i].write);
    cli_error("export", "\"%s\" is none of orders, stock, sales and deals", plain.texts[1]);
    return CLI_USAGE;
}
