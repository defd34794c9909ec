/* Exports but for what is particular to sales (export_sales.c); see export.h. */
#include "exchange/export.h"

#include "base/assert.h"
#include "base/time.h"
#include "core/words.h"
#include "exchange/export_row.h"
#include "exchange/import_plan.h"

#include <stdio.h>

static const char *const export_headers[EXPORT_KINDS] = {
    [EXPORT_ORDERS] = "order,placed_at,state,changed_at,festival,shopper,city,channel,delivery,payment,currency,total,"
                      "refunded,line,sku,title,location,quantity,unit_price,discount,deal,part,part_state,returned",
    [EXPORT_STOCK] = "sku,gtin,title,location,available,reserved,sold,received,moved_in,moved_out,leased,quarantine,"
                     "shrink,overrun,quantity,safety,coming",
    [EXPORT_SALES] = "festival,sku,title,brand,department,lines,units,returned,currency,paid",
    [EXPORT_DEALS] = "festival,sku,price,currency,quota,taken,cap,opens,closes,city,store",
    [EXPORT_LOCATIONS] = "code,name,kind,city,lon,lat,services,utc_offset,hours,weekend_hours,cut_off,capacity,"
                         "prepare_min,keep_days,days_city,days_far",
};

static const char *const export_words[EXPORT_KINDS] = {
    [EXPORT_ORDERS] = "orders", [EXPORT_STOCK] = "stock", [EXPORT_SALES] = "sales", [EXPORT_DEALS] = "deals",
    [EXPORT_LOCATIONS] = "locations"};

const char *export_word(enum export_kind kind)
{
    ASSERT(kind < EXPORT_KINDS);
    return export_words[kind];
}

int export_parse_kind(struct slice word)
{
    for (int i = 0; i < EXPORT_KINDS; i++)
        if (slice_is(word, export_words[i]))
            return i;
    return -1;
}

bool export_open(struct export *export, const struct engine *engine, enum export_kind kind, u32 festival)
{
    *export = (struct export){
        .engine = engine, .kind = kind, .festival = festival, .look_max = EXPORT_LOOK_MAX, .at = 1};
    ASSERT(festival <= engine_festival_count(engine));
    if (kind == EXPORT_STOCK)
        export->last = engine_book_count(engine);
    else if (kind == EXPORT_DEALS)
        export->last = engine_deal_count(engine);
    else if (kind == EXPORT_LOCATIONS)
        export->last = engine_location_count(engine);
    else
        export->last = engine_order_count(engine);
    return kind != EXPORT_SALES || export_sales_open(export);
}

void export_close(struct export *export)
{
    if (export->sums != NULL)
        export_sales_close(export);
    *export = (struct export){0};
}

/* --- orders ------------------------------------------------------------------ */

static void export_order_line(struct row *row, const struct engine *engine, u32 id, const struct order *order,
                              u32 index)
{
    const struct line *line = engine_line(engine, order->first_line + index);
    const struct book *book = engine_book(engine, line->book);
    const struct sku *sku = engine_sku(engine, book->sku);
    row_number(row, id);
    row_time(row, order->placed_ms);
    row_text(row, slice_text(word_order_state(order->state)));
    row_time(row, order->changed_ms);
    row_code(row, engine, order->festival, order->festival ? engine_festival(engine, order->festival)->text : 0);
    row_number(row, order->shopper);
    row_code(row, engine, order->city, order->city ? engine_city(engine, order->city)->text : 0);
    row_text(row, slice_text(word_channel(order->channel)));
    row_text(row, slice_text(word_delivery(order->delivery)));
    row_text(row, slice_text(word_payment(order->payment)));
    row_code(row, engine, order->currency, engine_currency(engine, order->currency)->text);
    row_money(row, engine, order->currency, order->total_minor);
    row_money(row, engine, order->currency, order->refunded_minor);
    row_number(row, index + 1);
    row_code(row, engine, book->sku, sku->text);
    row_text(row, engine_text(engine, sku->text, 1));
    row_code(row, engine, book->location, engine_location(engine, book->location)->text);
    row_number(row, line->quantity);
    row_money(row, engine, order->currency, line->unit_price_minor);
    row_money(row, engine, order->currency, line->discount_minor);
    row_number(row, line->deal);
    row_number(row, line->part);
    row_text(row, slice_text(word_part_state(line->state)));
    row_number(row, line->returned);
}

/* Writes the rows of the order that is next, from its line export->line on. False when the buffer was too full. */
static bool export_order(struct export *export, struct row *row)
{
    const struct order *order = engine_order(export->engine, export->at);
    bool wanted = export->festival == 0 || order->festival == export->festival;
    for (; wanted && export->line < order->line_count; export->line++) {
        export_order_line(row, export->engine, export->at, order, export->line);
        if (!row_end(row))
            return false;
    }
    export->line = 0;
    return true;
}

/* --- stock ------------------------------------------------------------------- */

static bool export_book(struct export *export, struct row *row)
{
    const struct engine *engine = export->engine;
    const struct book *book = engine_book(engine, export->at);
    const struct sku *sku = engine_sku(engine, book->sku);
    row_code(row, engine, book->sku, sku->text);
    row_gtin(row, sku->gtin);
    row_text(row, engine_text(engine, sku->text, 1));
    row_code(row, engine, book->location, engine_location(engine, book->location)->text);
    const u32 units[] = {book->available, book->reserved, book->sold,       book->received, book->moved_in,
                         book->moved_out, book->leased,   book->quarantine, book->shrink,   book->overrun,
                         book->available + book->reserved, book->safety, book->coming};
    for (size_t i = 0; i < ARRAY_COUNT(units); i++)
        row_number(row, units[i]);
    return row_end(row);
}

/* --- deals ------------------------------------------------------------------- */

/* 0 is no bound. */
static void export_bound(struct row *row, u32 bound)
{
    if (bound != 0)
        row_number(row, bound);
    else
        row_text(row, slice_of("", 0));
}

static bool export_deal(struct export *export, struct row *row)
{
    const struct engine *engine = export->engine;
    const struct deal *deal = engine_deal(engine, export->at);
    if (export->festival != 0 && deal->festival != export->festival)
        return true;
    const struct festival *festival = engine_festival(engine, deal->festival);
    row_code(row, engine, deal->festival, festival->text);
    row_code(row, engine, deal->sku, engine_sku(engine, deal->sku)->text);
    row_money(row, engine, festival->currency, deal->price_minor);
    row_code(row, engine, festival->currency, engine_currency(engine, festival->currency)->text);
    export_bound(row, deal->quota);
    row_number(row, deal->taken);
    export_bound(row, deal->cap);
    row_time(row, deal->opens_ms);
    row_time(row, deal->closes_ms);
    row_code(row, engine, deal->city, deal->city ? engine_city(engine, deal->city)->text : 0);
    row_code(row, engine, deal->location, deal->location ? engine_location(engine, deal->location)->text : 0);
    return row_end(row);
}

/* --- locations --------------------------------------------------------------- */

static void export_degrees(struct row *row, i32 degrees_e6)
{
    char text[24];
    unsigned size = (unsigned)(degrees_e6 < 0 ? -(i64)degrees_e6 : degrees_e6);
    snprintf(text, sizeof(text), "%s%u.%06u", degrees_e6 < 0 ? "-" : "", size / 1000000, size % 1000000);
    row_text(row, slice_text(text));
}

static void export_hours(struct row *row, unsigned opens_min, unsigned closes_min)
{
    char text[24] = "", opens[TIME_MINUTE_MAX], closes[TIME_MINUTE_MAX];
    if (closes_min != 0)
        snprintf(text, sizeof(text), "%s-%s", time_minute(opens, opens_min), time_minute(closes, closes_min));
    row_text(row, slice_text(text));
}

/* As an import reads it (docs/IMPORT.md); all empty without a plan. */
static void export_plan(struct row *row, const struct location *location)
{
    char text[24], minute[TIME_MINUTE_MAX];
    if (location->keep_days == 0) {
        for (size_t i = 0; i < IMPORT_PLAN_COLUMNS; i++)
            row_text(row, slice_of("", 0));
        return;
    }
    int offset = location->utc_offset_minutes;
    unsigned size = (unsigned)(offset < 0 ? -offset : offset);
    snprintf(text, sizeof(text), "%c%02u:%02u", offset < 0 ? '-' : '+', size / 60 % 100, size % 60);
    row_text(row, slice_text(text));
    export_hours(row, location->opens_min, location->closes_min);
    export_hours(row, location->weekend_opens_min, location->weekend_closes_min);
    row_text(row, slice_text(time_minute(minute, location->cut_off_min)));
    row_number(row, location->capacity);
    row_number(row, location->prepare_min);
    row_number(row, location->keep_days);
    row_number(row, location->days_city);
    row_number(row, location->days_far);
}

static bool export_location(struct export *export, struct row *row)
{
    const struct engine *engine = export->engine;
    const struct location *location = engine_location(engine, export->at);
    char services[WORD_SERVICES_MAX];
    row_text(row, engine_text(engine, location->text, 0));
    row_text(row, engine_text(engine, location->text, 1));
    row_text(row, slice_text(word_location_kind(location->kind)));
    row_code(row, engine, location->city, engine_city(engine, location->city)->text);
    export_degrees(row, location->longitude_e6);
    export_degrees(row, location->latitude_e6);
    row_text(row, slice_text(word_services(services, location->services)));
    export_plan(row, location);
    return row_end(row);
}

/* --- slices ------------------------------------------------------------------ */

/* One thing more. False when the buffer was too full for its row; then it is still the next. */
static bool export_one(struct export *export, struct row *row)
{
    bool fitted = export->kind == EXPORT_ORDERS      ? export_order(export, row)
                  : export->kind == EXPORT_STOCK     ? export_book(export, row)
                  : export->kind == EXPORT_LOCATIONS ? export_location(export, row)
                                                     : export_deal(export, row);
    export->at += fitted;
    return fitted;
}

size_t export_next(struct export *export, char *buffer, size_t size, bool *done)
{
    ASSERT(size >= EXPORT_ROW_MAX);
    struct row row = {.buffer = buffer, .size = size};
    if (!export->begun) {
        row_header(&row, export_headers[export->kind]);
        export->begun = true;
    }
    *done = false;
    if (export->kind == EXPORT_SALES) {
        *done = export_sales_next(export, &row);
        return row.used;
    }
    for (u32 looked = 0; looked < export->look_max && export->at <= export->last; looked++)
        if (!export_one(export, &row))
            return row.used;
    *done = export->at > export->last;
    return row.used;
}
