/*
 * The catalogue to be read: products, SKUs, where they are.
 */
#include "base/assert.h"
#include "base/gtin.h"
#include "door/catalogue.h"
#include "door/param.h"
#include "door/place.h"
#include "door/problem.h"
#include "door/product.h"
#include "door/render.h"
#include "door/right.h"
#include "door/route.h"
#include "door/scan.h"
#include "door/serve.h"
#include "door/server.h"
#include "exchange/field.h"

#include "core/words.h"

#include <stdlib.h>

#define QUERY_TEXT_MAX 512  /* bytes of a search */

/* --- products ------------------------------------------------------------------------------------- */

/* The views' cursors use all 64 bits. */
static bool products_after(struct http *http, u64 *after)
{
    struct slice text = slice_of("", 0);
    if (!param_text(http, "after", 20, &text))
        return false;
    bool good = text.size == 0 || field_number(text, UINT64_MAX, after);
    if (!good)
        problem_field(http, "after", "is no cursor of this list");
    return good;
}

void serve_products(struct http *http)
{
    struct view_search search = {.for_sale = true};
    u64 limit;
    u32 currency;
    if (http_server(http)->view == NULL) {
        problem_reply(http, PROBLEM_UNAVAILABLE, "This server keeps no views.");
        return;
    }
    search.text = slice_of("", 0);
    bool good =
        param_text(http, "q", QUERY_TEXT_MAX, &search.text) &&
        param_find(http, "department", COMMAND_DEPARTMENT_PUT, RESULT_UNKNOWN_DEPARTMENT, &search.department) &&
        param_find(http, "brand", COMMAND_BRAND_PUT, RESULT_UNKNOWN_BRAND, &search.brand) &&
        param_find(http, "seller", COMMAND_SELLER_PUT, RESULT_UNKNOWN_SELLER, &search.seller) &&
        param_find(http, "country", COMMAND_COUNTRY_PUT, RESULT_UNKNOWN_COUNTRY, &search.country) &&
        catalogue_currency(http, &currency) && products_after(http, &search.after) && catalogue_limit(http, &limit);
    if (good)
        product_page(http, &search, currency, limit);
}

static void product_get_found(struct http *http, const u32 *skus, size_t count, bool more)
{
    const struct engine *engine = http_server(http)->engine;
    const struct sku *first = engine_sku(engine, skus[0]);
    struct stock_look look = {CATALOGUE_BOOKS_MAX, (u32)count};
    i64 now_ms = server_now_ms(http_server(http));
    u32 currency;
    if (!catalogue_currency(http, &currency))
        return;
    struct emit emit = http_body(http);
    struct slice handle = engine_text(engine, first->text, SKU_HANDLE);
    emit_open(&emit, '{');
    emit_key(&emit, "handle");
    if (handle.size > 0)
        emit_text(&emit, handle);
    else
        emit_null(&emit);
    emit_key_text(&emit, "title", engine_text(engine, first->text, SKU_TITLE));
    emit_key_text(&emit, "body", engine_text(engine, first->text, SKU_BODY));
    emit_key_text(&emit, "tags", engine_text(engine, first->text, SKU_TAGS));
    catalogue_emit_kin(&emit, engine, first);
    catalogue_emit_images(&emit, engine, first);
    emit_key_open(&emit, "variants", '[');
    for (size_t i = 0; i < count; i++) {
        emit_open(&emit, '{');
        catalogue_emit_variant(&emit, engine, skus[i], currency, now_ms, &look);
        emit_close(&emit, '}');
    }
    emit_close(&emit, ']');
    emit_key_bool(&emit, "more_variants", more);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

void serve_product_get(struct http *http)
{
    product_find(http, product_get_found);
}

/* --- SKUs -------------------------------------------------------------------------------------------- */

static void emit_prices(struct emit *emit, const struct engine *engine, const struct sku *sku)
{
    emit_key_open(emit, "prices", '[');
    i64 price_minor = sku->price_minor;
    u32 currency = sku->currency, next = sku->first_price;
    while (price_minor != 0) {
        emit_open(emit, '{');
        emit_key_number(emit, "amount_minor", price_minor);
        render_code(emit, engine, "currency", engine_currency(engine, currency)->text);
        emit_close(emit, '}');
        const struct price *further = engine_price(engine, next);
        price_minor = further != NULL ? further->price_minor : 0;
        currency = further != NULL ? further->currency : 0;
        next = further != NULL ? further->next : 0;
    }
    emit_close(emit, ']');
}

static void reply_sku(struct http *http, u32 id)
{
    const struct engine *engine = http_server(http)->engine;
    const struct sku *sku = engine_sku(engine, id);
    struct stock_look look = {CATALOGUE_BOOKS_MAX, 1};
    u32 currency;
    if (!catalogue_currency(http, &currency))
        return;
    struct emit emit = http_body(http);
    struct slice handle = engine_text(engine, sku->text, SKU_HANDLE);
    emit_open(&emit, '{');
    emit_key_number(&emit, "id", id);
    catalogue_emit_variant(&emit, engine, id, currency, server_now_ms(http_server(http)), &look);
    emit_key(&emit, "handle");
    if (handle.size > 0)
        emit_text(&emit, handle);
    else
        emit_null(&emit);
    emit_key_text(&emit, "tags", engine_text(engine, sku->text, SKU_TAGS));
    emit_key_text(&emit, "body", engine_text(engine, sku->text, SKU_BODY));
    catalogue_emit_kin(&emit, engine, sku);
    catalogue_emit_images(&emit, engine, sku);
    emit_key_number(&emit, "tax_class", sku->tax_class);
    emit_prices(&emit, engine, sku);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

/* The path's SKU, which the caller may see; 0: refused. */
static u32 path_sku(struct http *http)
{
    desk_run(&http_server(http)->desk);
    u32 sku = catalogue_path(http, "sku", COMMAND_SKU_PUT, RESULT_UNKNOWN_SKU);
    if (sku == 0 || catalogue_shows(http, sku))
        return sku;
    problem_result(http, (struct result){.code = RESULT_UNKNOWN_SKU});
    return 0;
}

void serve_sku_get(struct http *http)
{
    u32 sku = path_sku(http);
    if (sku != 0)
        reply_sku(http, sku);
}

static bool gtin_shape(struct slice text)
{
    bool zeros = true;
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
        zeros = zeros && text.bytes[i] == '0';
    }
    return !zeros && (text.size == 8 || (text.size >= 12 && text.size <= 14));
}

void serve_gtin_get(struct http *http)
{
    struct slice text = route_parameter(http, "gtin");
    u64 gtin = gtin_parse(text);
    u32 sku = engine_sku_by_gtin(http_server(http)->engine, gtin);
    if (!gtin_shape(text))
        problem_field(http, "gtin", "must be 8, 12, 13 or 14 digits, not all of them 0");
    else if (gtin == 0)
        problem_result(http, (struct result){.code = RESULT_BAD_GTIN});
    else if (sku == 0 || !catalogue_shows(http, sku))
        problem_result(http, (struct result){.code = RESULT_UNKNOWN_SKU});
    else
        reply_sku(http, sku);
}

/* --- where they are ------------------------------------------------------------------------------------ */

static void emit_shelf(struct emit *emit, const struct engine *engine, const struct book *book)
{
    char services[WORD_SERVICES_MAX];
    const struct location *location = engine_location(engine, book->location);
    emit_open(emit, '{');
    emit_key_text(emit, "location", engine_text(engine, location->text, 0));
    emit_key_text(emit, "name", engine_text(engine, location->text, 1));
    render_code(emit, engine, "city", engine_city(engine, location->city)->text);
    emit_key_word(emit, "kind", word_location_kind(location->kind));
    emit_key_word(emit, "services", word_services(services, location->services));
    place_emit_units(emit, book);
    emit_close(emit, '}');
}

/* Books are in the SKU's list newest first; the cursor is the last one shown. */
static void sku_stock_by_book(struct http *http, u32 sku, struct page page)
{
    const struct engine *engine = http_server(http)->engine;
    const struct book *before = engine_book(engine, (u32)page.after);
    if (page.after != 0 && (before == NULL || before->sku != sku)) {
        problem_field(http, "after", "is no cursor of this list");
        return;
    }
    u32 at = before != NULL ? before->next : engine_sku(engine, sku)->first_book, last = 0;
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    render_code(&emit, engine, "sku", engine_sku(engine, sku)->text);
    emit_key_open(&emit, "stock", '[');
    for (u64 shown = 0; at != 0 && shown < page.limit; shown++) {
        const struct book *book = engine_book(engine, at);
        emit_shelf(&emit, engine, book);
        last = at;
        at = book->next;
    }
    emit_close(&emit, ']');
    catalogue_next(&emit, at != 0 ? last : 0);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

/* Nearest to a city first; the cursor is how many have been shown. */
static void sku_stock_by_distance(struct http *http, u32 sku, u32 city, struct page page)
{
    const struct engine *engine = http_server(http)->engine;
    struct place_near *near = calloc(CATALOGUE_BOOKS_MAX, sizeof(*near)); /* too large for the stack */
    ASSERT(near != NULL);
    size_t count = place_nearest(engine, sku, city, near, CATALOGUE_BOOKS_MAX);
    size_t last = (size_t)MIN(page.after + page.limit, (u64)count);
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    render_code(&emit, engine, "sku", engine_sku(engine, sku)->text);
    emit_key_open(&emit, "stock", '[');
    for (size_t i = (size_t)MIN(page.after, (u64)count); i < last; i++)
        emit_shelf(&emit, engine, engine_book(engine, near[i].book));
    emit_close(&emit, ']');
    catalogue_next(&emit, last < count ? last : 0);
    emit_close(&emit, '}');
    free(near);
    http_reply_json(http, 200);
}

void serve_sku_stock(struct http *http)
{
    struct page page;
    u32 city = 0, sku = path_sku(http);
    if (sku == 0 || !catalogue_page(http, UINT32_MAX, &page) ||
        !param_find(http, "city", COMMAND_CITY_PUT, RESULT_UNKNOWN_CITY, &city))
        return;
    if (city == 0)
        sku_stock_by_book(http, sku, page);
    else
        sku_stock_by_distance(http, sku, city, page);
}

static bool book_at(const struct engine *engine, u32 book, const struct scan_of *location)
{
    return engine_book(engine, book)->location == location->of[0];
}

static void emit_book(struct emit *emit, const struct engine *engine, u32 id, i64 now_ms)
{
    const struct book *book = engine_book(engine, id);
    const struct sku *sku = engine_sku(engine, book->sku);
    (void)now_ms;
    emit_open(emit, '{');
    emit_key_number(emit, "book", id);
    render_code(emit, engine, "sku", sku->text);
    catalogue_emit_gtin(emit, sku->gtin);
    emit_key_text(emit, "title", engine_text(engine, sku->text, SKU_TITLE));
    place_emit_units(emit, book);
    emit_key_number(emit, "reserved", book->reserved);
    emit_key_number(emit, "sold", book->sold);
    emit_key_number(emit, "received", book->received);
    emit_key_number(emit, "moved_in", book->moved_in);
    emit_key_number(emit, "moved_out", book->moved_out);
    emit_key_number(emit, "leased", book->leased);
    emit_key_number(emit, "quarantine", book->quarantine);
    emit_key_number(emit, "shrink", book->shrink);
    emit_key_number(emit, "overrun", book->overrun);
    emit_close(emit, '}');
}

void serve_location_stock(struct http *http)
{
    static const struct scan_plan plan = {book_at, emit_book, engine_book_count, "stock"};
    const struct caller *caller = &http_request(http)->caller;
    struct page page;
    desk_run(&http_server(http)->desk);
    u32 location = catalogue_path(http, "location", COMMAND_LOCATION_PUT, RESULT_UNKNOWN_LOCATION);
    if (location == 0 || !catalogue_page(http, UINT32_MAX, &page))
        return;
    if (caller->roles & ROLE_CLERK && caller->location != 0 && caller->location != location)
        problem_reply(http, PROBLEM_FORBIDDEN, NULL);
    else
        scan_start(http, &plan, (struct scan_of){{location}}, page.after, page.limit);
}
