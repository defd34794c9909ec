#include "door/scanned.h"

#include "base/assert.h"
#include "base/geo.h"
#include "base/time.h"
#include "code/link_table.h"
#include "door/catalogue.h"
#include "door/page.h"
#include "door/param.h"
#include "door/server.h"

#include <stdio.h>

/* --- refusals ------------------------------------------------------------------------------------------- */

bool scanned_wants_page(struct http *http)
{
    struct slice accept = http_request(http)->headers[HTTP_ACCEPT];
    return accept.bytes != NULL && memmem(accept.bytes, accept.size, "text/html", 9) != NULL;
}

static void refuse_page(struct http *http, int status, const char *title, const char *detail)
{
    struct buffer *page = http_body(http).out;
    page_begin(page, title);
    buffer_text(page, "<h1>");
    page_text(page, title);
    buffer_text(page, "</h1>\n<p>");
    page_text(page, detail);
    buffer_text(page, "</p>\n");
    page_end(page);
    http_reply(http, status, PAGE_TYPE, slice_of(page->bytes, page->size), "");
}

void scanned_refuse(struct http *http, enum problem problem, const char *detail)
{
    static const struct {
        int status;
        const char *title;
    } texts[] = {
#define PROBLEM(NAME, status, word, title) {status, title},
        PROBLEMS(PROBLEM)
#undef PROBLEM
    };
    if (scanned_wants_page(http))
        refuse_page(http, texts[problem].status, texts[problem].title, detail != NULL ? detail : "");
    else
        problem_reply(http, problem, detail);
}

static void refuse_link(struct http *http, enum link_status status, const char *about)
{
    if (scanned_wants_page(http))
        scanned_refuse(http, PROBLEM_BAD_LINK, link_sentence(status));
    else
        problem_link(http, about, link_word(status), link_sentence(status));
}

static void refuse_result(struct http *http, u16 code, const char *detail)
{
    if (scanned_wants_page(http))
        refuse_page(http, result_http(code), result_sentence(code), detail);
    else
        problem_result(http, (struct result){.code = code});
}

/* --- dates ------------------------------------------------------------------------------------------------ */

/* A day ends at midnight of the festival that is open or comes next, else of the latest; without one, in UTC. */
static i64 offset_ms(const struct engine *engine, i64 now_ms)
{
    const struct festival *found = NULL;
    for (u32 id = 1; id <= engine_festival_count(engine); id++) {
        const struct festival *festival = engine_festival(engine, id);
        bool coming = now_ms < festival->closes_ms;
        bool before = found != NULL && now_ms < found->closes_ms;
        if (found == NULL || (coming && (!before || festival->opens_ms < found->opens_ms)) ||
            (!coming && !before && festival->closes_ms > found->closes_ms))
            found = festival;
    }
    return found == NULL ? 0 : found->utc_offset_minutes * MINUTE_MS;
}

/* Writes the day that an AI of the link tells. True when it is past. */
static bool day_past(const struct scanned *scanned, const char *ai, i64 local_ms, char day[SCANNED_DAY_MAX])
{
    struct slice value;
    char text[TIME_TEXT_MAX];
    i64 end_ms;
    if (!link_find(&scanned->link, ai, &value) || !link_date_end(value, local_ms, &end_ms))
        return false;
    snprintf(day, SCANNED_DAY_MAX, "%.10s", time_text(text, end_ms - 1, 0));
    return local_ms >= end_ms;
}

static void look_at_dates(const struct engine *engine, struct scanned *scanned)
{
    i64 local_ms = scanned->now_ms + offset_ms(engine, scanned->now_ms);
    day_past(scanned, "15", local_ms, scanned->best_before);
    bool past_sell_by = day_past(scanned, "16", local_ms, scanned->sell_by);
    bool expired = day_past(scanned, "17", local_ms, scanned->expires);
    expired = day_past(scanned, "7003", local_ms, scanned->expires) || expired;
    scanned->bar = !engine_sku(engine, scanned->sku)->for_sale ? SCANNED_NOT_FOR_SALE
                   : expired                                   ? SCANNED_EXPIRED
                   : past_sell_by                              ? SCANNED_PAST_SELL_BY
                                                               : SCANNED_MAY_BE_SOLD;
}

/* --- where there are some ---------------------------------------------------------------------------------- */

static void place_add(struct scanned *scanned, struct scanned_place place)
{
    u32 at = scanned->place_count < SCANNED_STORES_MAX ? scanned->place_count++ : SCANNED_STORES_MAX;
    for (; at > 0 && scanned->places[at - 1].rank > place.rank; at--)
        if (at < SCANNED_STORES_MAX)
            scanned->places[at] = scanned->places[at - 1];
    if (at < SCANNED_STORES_MAX)
        scanned->places[at] = place;
}

static void look_at_book(const struct engine *engine, struct scanned *scanned, const struct book *book)
{
    const struct location *location = engine_location(engine, book->location);
    const struct location *store = engine_location(engine, scanned->store);
    u32 units = engine_units_free(book);
    if (units == 0)
        return;
    if (location->services & SERVICE_SHIP)
        scanned->home += units;
    if (book->location != scanned->store && location->kind == LOCATION_STORE && location->services & SERVICE_PICK_UP)
        place_add(scanned, (struct scanned_place){
                               .location = book->location,
                               .units = units,
                               .rank = store == NULL ? -(i64)units
                                                     : geo_distance(store->longitude_e6, store->latitude_e6,
                                                                    location->longitude_e6, location->latitude_e6)});
}

static void look_at_stock(const struct engine *engine, struct scanned *scanned)
{
    const struct book *here = engine_book(engine, engine_find_book(engine, scanned->sku, scanned->store));
    u32 looked = 0;
    if (scanned->bar == SCANNED_NOT_FOR_SALE)
        return;
    for (u32 id = engine_sku(engine, scanned->sku)->first_book; id != 0 && looked < SCANNED_BOOKS_MAX; looked++) {
        const struct book *book = engine_book(engine, id);
        look_at_book(engine, scanned, book);
        id = book->next;
    }
    if (here != NULL) {
        scanned->here = here->available;
        scanned->here_free = engine_units_free(here);
    }
}

u32 scanned_carry_out(const struct engine *engine, const struct scanned *scanned)
{
    const struct location *store = engine_location(engine, scanned->store);
    bool may = store != NULL && store->services & SERVICE_CARRY_OUT && scanned->bar == SCANNED_MAY_BE_SOLD;
    return may ? scanned->here : 0;
}

u32 scanned_pick_up(const struct engine *engine, const struct scanned *scanned)
{
    const struct location *store = engine_location(engine, scanned->store);
    return store != NULL && store->services & SERVICE_PICK_UP ? scanned->here_free : 0;
}

i64 scanned_price(const struct engine *engine, const struct scanned *scanned, u32 currency)
{
    struct offer offer = catalogue_offer_at(engine, engine_sku(engine, scanned->sku), currency, scanned->now_ms,
                                            scanned->store);
    const struct deal *deal = engine_deal(engine, offer.deal);
    return deal != NULL && catalogue_deal_left(deal) ? deal->price_minor : offer.list_minor;
}

/* --- the whole ---------------------------------------------------------------------------------------------- */

static bool find_store(struct http *http, struct scanned *scanned)
{
    struct slice code;
    if (!link_find(&scanned->link, "store", &code) || code.size == 0)
        return true;
    scanned->store = param_id(http_server(http)->engine, COMMAND_LOCATION_PUT, code);
    if (scanned->store == 0)
        refuse_result(http, RESULT_UNKNOWN_LOCATION, "The label names a store that is not known here.");
    return scanned->store != 0;
}

bool scanned_read(struct http *http, struct slice target, struct scanned *scanned)
{
    struct server *server = http_server(http);
    *scanned = (struct scanned){.now_ms = server_now_ms(server)};
    desk_run(&server->desk);
    enum link_status status = link_parse_target(target, &scanned->link);
    if (status != LINK_OK) {
        refuse_link(http, status, scanned->link.about);
        return false;
    }
    if (scanned->link.gtin == 0) {
        scanned_refuse(http, PROBLEM_NOT_A_GTIN, NULL);
        return false;
    }
    scanned->sku = engine_sku_by_gtin(server->engine, scanned->link.gtin);
    if (scanned->sku == 0 || !catalogue_shows(http, scanned->sku)) {
        refuse_result(http, RESULT_UNKNOWN_SKU, "No product with this number is sold here.");
        return false;
    }
    if (!find_store(http, scanned))
        return false;
    look_at_dates(server->engine, scanned);
    look_at_stock(server->engine, scanned);
    return true;
}

void scanned_target(struct buffer *out, const struct scanned *scanned, bool attributes)
{
    const struct link *link = &scanned->link;
    struct link_part kept[LINK_ATTRIBUTES_MAX] = {0};
    size_t count = 0;
    for (u32 i = 0; attributes && i < link->attribute_count; i++) {
        struct slice name = link->attributes[i].name;
        if (link_is_attribute(name))
            kept[count++] = link->attributes[i];
    }
    struct slice no_stem = slice_of("", 0);
    enum link_status status =
        link_write(out, no_stem, link->gtin, link->qualifiers, link->qualifier_count, kept, count);
    if (status == LINK_TOO_LONG) /* what stood for itself takes three bytes in this writing */
        status = link_write(out, no_stem, link->gtin, link->qualifiers, link->qualifier_count, NULL, 0);
    ASSERT(status == LINK_OK);
}
