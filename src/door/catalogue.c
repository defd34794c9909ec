#include "door/catalogue.h"

#include "base/money.h"
#include "core/words.h"
#include "door/param.h"
#include "door/problem.h"
#include "door/render.h"
#include "door/right.h"
#include "door/route.h"
#include "door/server.h"

#include <stdio.h>

/* --- what it costs --------------------------------------------------------------------------------- */

/* How near to a store a deal is meant: 0: not for it; else the larger the nearer. */
static unsigned deal_reach(const struct deal *deal, const struct location *store, u32 id)
{
    if (deal->location != 0)
        return deal->location == id ? 3 : 0;
    if (deal->city != 0)
        return store != NULL && deal->city == store->city ? 2 : 0;
    return 1;
}

struct offer catalogue_offer(const struct engine *engine, const struct sku *sku, u32 currency, i64 now_ms)
{
    return catalogue_offer_at(engine, sku, currency, now_ms, 0);
}

struct offer catalogue_offer_at(const struct engine *engine, const struct sku *sku, u32 currency, i64 now_ms, u32 store)
{
    const struct location *place = engine_location(engine, store);
    unsigned best_reach = 0;
    struct offer offer = {.list_minor = engine_list_price(engine, sku, currency)};
    const struct deal *best = NULL, *next = NULL;
    for (u32 id = sku->first_deal; id != 0; id = engine_deal(engine, id)->next) {
        const struct deal *deal = engine_deal(engine, id);
        if (engine_festival(engine, deal->festival)->currency != currency || now_ms >= deal->closes_ms)
            continue;
        unsigned reach = deal_reach(deal, place, store);
        if (reach == 0)
            continue;
        bool nearer = reach > best_reach || (reach == best_reach && deal->price_minor < best->price_minor);
        if (now_ms >= deal->opens_ms && nearer) {
            best = deal;
            best_reach = reach;
            offer.deal = id;
        } else if (now_ms < deal->opens_ms && (next == NULL || deal->opens_ms < next->opens_ms)) {
            next = deal;
            offer.next_deal = id;
        }
    }
    return offer;
}

bool catalogue_deal_left(const struct deal *deal)
{
    return deal->quota == 0 || deal->taken < deal->quota;
}

u32 catalogue_currency_default(const struct engine *engine, i64 now_ms)
{
    const struct festival *next = NULL;
    for (u32 id = 1; id <= engine_festival_count(engine); id++) {
        const struct festival *festival = engine_festival(engine, id);
        if (now_ms < festival->closes_ms && (next == NULL || festival->opens_ms < next->opens_ms))
            next = festival;
    }
    if (next != NULL)
        return next->currency;
    u32 found = engine_find(engine, COMMAND_CURRENCY_PUT, slice_text("CNY"));
    return found != 0 ? found : MIN(engine_currency_count(engine), 1u);
}

/* --- how many there are ------------------------------------------------------------------------------ */

struct stock_sum catalogue_stock(const struct engine *engine, const struct sku *sku, struct stock_look *look)
{
    struct stock_sum sum = {0, true};
    u32 share = look->left / MAX(look->skus, 1u);
    u32 id = sku->first_book;
    for (; id != 0 && share > 0; id = engine_book(engine, id)->next, share--, look->left--)
        sum.available += engine_book(engine, id)->available;
    look->skus -= look->skus > 0;
    sum.whole = id == 0;
    return sum;
}

void catalogue_stock_add(struct stock_sum *sum, struct stock_sum more)
{
    sum->available += more.available;
    sum->whole = sum->whole && more.whole;
}

/* --- as JSON ------------------------------------------------------------------------------------------- */

void catalogue_emit_stock(struct emit *emit, struct stock_sum stock)
{
    if (stock.whole)
        emit_key_number(emit, "available", (i64)stock.available);
    else
        emit_key_null(emit, "available");
    if (stock.whole || stock.available > 0)
        emit_key_bool(emit, "in_stock", stock.available > 0);
    else
        emit_key_null(emit, "in_stock");
}

void catalogue_emit_named(struct emit *emit, const struct engine *engine, const char *key, u32 text)
{
    if (text == 0) {
        emit_key_null(emit, key);
        return;
    }
    emit_key_open(emit, key, '{');
    emit_key_text(emit, "code", engine_text(engine, text, 0));
    emit_key_text(emit, "name", engine_text(engine, text, 1));
    emit_close(emit, '}');
}

void catalogue_emit_kin(struct emit *emit, const struct engine *engine, const struct sku *sku)
{
    const struct brand *brand = engine_brand(engine, sku->brand);
    const struct country *country = engine_country(engine, sku->origin);
    catalogue_emit_named(emit, engine, "brand", brand == NULL ? 0 : brand->text);
    catalogue_emit_named(emit, engine, "department", engine_department(engine, sku->department)->text);
    catalogue_emit_named(emit, engine, "seller", engine_seller(engine, sku->seller)->text);
    catalogue_emit_named(emit, engine, "country", country == NULL ? 0 : country->text);
}

void catalogue_emit_images(struct emit *emit, const struct engine *engine, const struct sku *sku)
{
    size_t at = 0;
    struct slice line;
    emit_key_open(emit, "images", '[');
    while (catalogue_line(engine_text(engine, sku->text, SKU_IMAGES), &at, &line))
        emit_text(emit, line);
    emit_close(emit, ']');
}

void catalogue_emit_gtin(struct emit *emit, u64 gtin)
{
    char text[24];
    snprintf(text, sizeof(text), "%014llu", (unsigned long long)gtin);
    if (gtin == 0)
        emit_key_null(emit, "gtin");
    else
        emit_key_word(emit, "gtin", text);
}

static const char *window_state(i64 opens_ms, i64 closes_ms, i64 now_ms)
{
    return now_ms < opens_ms ? "scheduled" : now_ms < closes_ms ? "open" : "closed";
}

/* 0 is no bound. */
static void emit_bound(struct emit *emit, const char *key, u32 bound)
{
    if (bound == 0)
        emit_key_null(emit, key);
    else
        emit_key_number(emit, key, bound);
}

void catalogue_emit_deal(struct emit *emit, const struct engine *engine, const char *key, u32 deal, i64 now_ms)
{
    const struct deal *row = engine_deal(engine, deal);
    if (row == NULL) {
        emit_key_null(emit, key);
        return;
    }
    const struct festival *festival = engine_festival(engine, row->festival);
    if (key != NULL)
        emit_key(emit, key);
    emit_open(emit, '{');
    emit_key_number(emit, "deal", deal);
    render_code(emit, engine, "festival", festival->text);
    const struct city *city = engine_city(engine, row->city);
    const struct location *location = engine_location(engine, row->location);
    render_code(emit, engine, "sku", engine_sku(engine, row->sku)->text);
    render_code(emit, engine, "city", city == NULL ? 0 : city->text);
    render_code(emit, engine, "location", location == NULL ? 0 : location->text);
    render_code(emit, engine, "currency", engine_currency(engine, festival->currency)->text);
    emit_key_number(emit, "price_minor", row->price_minor);
    emit_key_time(emit, "opens_at", row->opens_ms);
    emit_key_time(emit, "closes_at", row->closes_ms);
    emit_key_word(emit, "state", window_state(row->opens_ms, row->closes_ms, now_ms));
    emit_bound(emit, "quota", row->quota);
    emit_key_number(emit, "taken", row->taken);
    emit_bound(emit, "cap", row->cap);
    emit_close(emit, '}');
}

/* Lines of "Name: value". */
static void emit_options(struct emit *emit, struct slice options)
{
    size_t at = 0;
    struct slice line;
    emit_key_open(emit, "options", '[');
    while (catalogue_line(options, &at, &line)) {
        const char *colon = memmem(line.bytes, line.size, ": ", 2);
        size_t name = colon != NULL ? (size_t)(colon - line.bytes) : 0;
        size_t value = colon != NULL ? name + 2 : 0;
        emit_open(emit, '{');
        emit_key_text(emit, "name", slice_of(line.bytes, name));
        emit_key_text(emit, "value", slice_of(line.bytes + value, line.size - value));
        emit_close(emit, '}');
    }
    emit_close(emit, ']');
}

void catalogue_emit_variant(struct emit *emit, const struct engine *engine, u32 id, u32 currency, i64 now_ms,
                            struct stock_look *look)
{
    const struct sku *sku = engine_sku(engine, id);
    struct offer offer = catalogue_offer(engine, sku, currency, now_ms);
    emit_key_text(emit, "sku", engine_text(engine, sku->text, SKU_CODE));
    emit_key_text(emit, "title", engine_text(engine, sku->text, SKU_TITLE));
    emit_options(emit, engine_text(engine, sku->text, SKU_OPTIONS));
    catalogue_emit_gtin(emit, sku->gtin);
    emit_key_bool(emit, "for_sale", sku->for_sale);
    render_code(emit, engine, "currency", currency == 0 ? 0 : engine_currency(engine, currency)->text);
    if (offer.list_minor == 0)
        emit_key_null(emit, "price_minor");
    else
        emit_key_number(emit, "price_minor", offer.list_minor);
    catalogue_emit_deal(emit, engine, "deal", offer.deal, now_ms);
    catalogue_emit_deal(emit, engine, "next_deal", offer.next_deal, now_ms);
    catalogue_emit_stock(emit, catalogue_stock(engine, sku, look));
}

static void emit_milestones(struct emit *emit, const struct festival *festival, unsigned digits)
{
    emit_key_open(emit, "milestones", '[');
    for (u32 i = 0; i < festival->milestone_count; i++) {
        emit_open(emit, '{');
        emit_key_number(emit, "amount_minor", engine_milestone_minor(i, digits));
        emit_key_time(emit, "reached_at", festival->milestone_ms[i]);
        emit_close(emit, '}');
    }
    emit_close(emit, ']');
}

static void emit_flagships(struct emit *emit, const struct engine *engine, const struct festival *festival)
{
    emit_key_open(emit, "flagships", '[');
    for (u32 id = festival->first_flagship; id != 0; id = engine_flagship(engine, id)->next) {
        const struct city *city = engine_city(engine, engine_flagship(engine, id)->city);
        if (city == NULL)
            continue; /* given up */
        emit_open(emit, '{');
        emit_key_text(emit, "code", engine_text(engine, city->text, 0));
        emit_key_text(emit, "name", engine_text(engine, city->text, 1));
        emit_close(emit, '}');
    }
    emit_close(emit, ']');
}

void catalogue_emit_festival(struct emit *emit, const struct engine *engine, u32 id, i64 now_ms)
{
    const struct festival *festival = engine_festival(engine, id);
    const struct currency *currency = engine_currency(engine, festival->currency);
    emit_open(emit, '{');
    emit_key_text(emit, "code", engine_text(engine, festival->text, 0));
    emit_key_text(emit, "name", engine_text(engine, festival->text, 1));
    emit_key_word(emit, "state", window_state(festival->opens_ms, festival->closes_ms, now_ms));
    emit_key_time(emit, "opens_at", festival->opens_ms);
    emit_key_time(emit, "closes_at", festival->closes_ms);
    emit_key_number(emit, "now_ms", now_ms);
    render_code(emit, engine, "currency", currency->text);
    emit_key_number(emit, "digits", currency->digits);
    emit_key_number(emit, "utc_offset_minutes", festival->utc_offset_minutes);
    emit_key_number(emit, "hold_ms", festival->hold_ms);
    emit_key_number(emit, "orders", (i64)festival->orders);
    emit_key_number(emit, "orders_paid", (i64)festival->orders_paid);
    emit_key_number(emit, "units", (i64)festival->units_paid);
    emit_key_number(emit, "paid_minor", festival->paid_minor);
    emit_key_number(emit, "held_minor", festival->held_minor);
    emit_key_number(emit, "refunded_minor", festival->refunded_minor);
    if (festival->usd_rate_e6 == 0) {
        emit_key_null(emit, "usd_rate_e6");
        emit_key_null(emit, "total_usd_cents");
    } else {
        emit_key_number(emit, "usd_rate_e6", festival->usd_rate_e6);
        emit_key_number(emit, "total_usd_cents",
                        money_usd_cents(festival->paid_minor, currency->digits, festival->usd_rate_e6));
    }
    emit_key_number(emit, "peak_orders", (i64)festival->peak_orders);
    emit_key_time(emit, "peak_at",
                  festival->peak_orders == 0 ? 0 : festival->opens_ms + (i64)festival->peak_second * 1000);
    emit_flagships(emit, engine, festival);
    emit_milestones(emit, festival, currency->digits);
    emit_close(emit, '}');
}

/* --- lines of a text ------------------------------------------------------------------------------------- */

bool catalogue_line(struct slice text, size_t *at, struct slice *line)
{
    while (*at < text.size) {
        const char *begin = text.bytes + *at;
        const char *end = memchr(begin, '\n', text.size - *at);
        size_t size = end != NULL ? (size_t)(end - begin) : text.size - *at;
        *at += size + 1;
        *line = slice_of(begin, size);
        if (size > 0)
            return true;
    }
    return false;
}

/* --- requests --------------------------------------------------------------------------------------------- */

bool catalogue_currency(struct http *http, u32 *currency)
{
    struct server *server = http_server(http);
    *currency = 0;
    if (!param_find(http, "currency", COMMAND_CURRENCY_PUT, RESULT_UNKNOWN_CURRENCY, currency))
        return false;
    if (*currency == 0)
        *currency = catalogue_currency_default(server->engine, server_now_ms(server));
    return true;
}

bool catalogue_page(struct http *http, u64 after_max, struct page *page)
{
    *page = (struct page){0};
    return param_number(http, "after", after_max, &page->after) && catalogue_limit(http, &page->limit);
}

bool catalogue_limit(struct http *http, u64 *limit)
{
    *limit = 50;
    if (!param_number(http, "limit", VIEW_PAGE_MAX, limit))
        return false;
    if (*limit == 0)
        problem_field(http, "limit", "must be 1 to 200");
    return *limit > 0;
}

u32 catalogue_path(struct http *http, const char *name, u16 kind, u16 unknown)
{
    u32 id = param_id(http_server(http)->engine, kind, route_parameter(http, name));
    if (id == 0)
        problem_result(http, (struct result){.code = unknown});
    return id;
}

void catalogue_next(struct emit *emit, u64 next)
{
    if (next == 0)
        emit_key_null(emit, "next");
    else
        emit_key_number(emit, "next", (i64)next);
}

void catalogue_next_text(struct emit *emit, u64 next)
{
    char text[24];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)next);
    if (next == 0)
        emit_key_null(emit, "next");
    else
        emit_key_word(emit, "next", text);
}

bool catalogue_shows(struct http *http, u32 sku)
{
    u32 staff = ROLE_CLERK | ROLE_MERCHANDISER | ROLE_INTEGRATOR | ROLE_ADMINISTRATOR;
    return engine_sku(http_server(http)->engine, sku)->for_sale ||
           (right_roles(http_request(http)->caller.roles) & staff) != 0;
}
