/*
 * Lists of the catalogue's smaller things, by id; festivals and their deals.
 */
#include "core/words.h"
#include "door/catalogue.h"
#include "door/param.h"
#include "door/place.h"
#include "door/render.h"
#include "door/scan.h"
#include "door/serve.h"
#include "door/server.h"

/* --- rows: the members of one object ----------------------------------------------------------------- */

static void emit_currency(struct emit *emit, const struct engine *engine, u32 id)
{
    emit_key_text(emit, "code", engine_text(engine, engine_currency(engine, id)->text, 0));
    emit_key_number(emit, "digits", engine_currency(engine, id)->digits);
}

static void emit_code_name(struct emit *emit, const struct engine *engine, u32 text)
{
    emit_key_text(emit, "code", engine_text(engine, text, 0));
    emit_key_text(emit, "name", engine_text(engine, text, 1));
}

static void emit_country(struct emit *emit, const struct engine *engine, u32 id)
{
    emit_code_name(emit, engine, engine_country(engine, id)->text);
}

static void emit_department(struct emit *emit, const struct engine *engine, u32 id)
{
    emit_code_name(emit, engine, engine_department(engine, id)->text);
}

static void emit_seller(struct emit *emit, const struct engine *engine, u32 id)
{
    emit_code_name(emit, engine, engine_seller(engine, id)->text);
}

static void emit_brand(struct emit *emit, const struct engine *engine, u32 id)
{
    const struct brand *brand = engine_brand(engine, id);
    const struct country *country = engine_country(engine, brand->country);
    emit_code_name(emit, engine, brand->text);
    render_code(emit, engine, "country", country == NULL ? 0 : country->text);
}

static void emit_city(struct emit *emit, const struct engine *engine, u32 id)
{
    const struct city *city = engine_city(engine, id);
    emit_code_name(emit, engine, city->text);
    emit_key_text(emit, "name_en", engine_text(engine, city->text, 2));
    emit_key_text(emit, "province", engine_text(engine, city->text, 3));
    render_code(emit, engine, "country", engine_country(engine, city->country)->text);
    emit_key_number(emit, "longitude_e6", city->longitude_e6);
    emit_key_number(emit, "latitude_e6", city->latitude_e6);
    emit_key_number(emit, "population", city->population);
}

/* --- lists ---------------------------------------------------------------------------------------------- */

struct list {
    const char *rows;
    u32 (*count)(const struct engine *engine);
    void (*emit)(struct emit *emit, const struct engine *engine, u32 id);
    bool (*fits)(const struct engine *engine, u32 id, const u32 of[2]); /* NULL: all do */
};

/* At most 65,535 rows are looked through where there is a filter, 0.1 ms; else as many as are shown. */
static void list_reply(struct http *http, const struct list *list, const u32 of[2])
{
    struct server *server = http_server(http);
    struct page page;
    desk_run(&server->desk);
    if (!catalogue_page(http, UINT32_MAX, &page))
        return;
    struct emit emit = http_body(http);
    u32 count = list->count(server->engine), last = 0;
    u64 at = page.after + 1, shown = 0;
    emit_open(&emit, '{');
    emit_key_open(&emit, list->rows, '[');
    for (; at <= count; at++) {
        if (list->fits != NULL && !list->fits(server->engine, (u32)at, of))
            continue;
        if (shown++ == page.limit)
            break;
        emit_open(&emit, '{');
        emit_key_number(&emit, "id", (i64)at);
        list->emit(&emit, server->engine, (u32)at);
        emit_close(&emit, '}');
        last = (u32)at;
    }
    emit_close(&emit, ']');
    catalogue_next(&emit, at <= count ? last : 0);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

#define LIST(name, names)                                                              \
    void serve_##names(struct http *http)                                              \
    {                                                                                  \
        static const struct list list = {#names, engine_##name##_count, emit_##name, NULL}; \
        list_reply(http, &list, NULL);                                                 \
    }
LIST(currency, currencies)
LIST(country, countries)
LIST(department, departments)
LIST(seller, sellers)
LIST(brand, brands)
#undef LIST

static bool city_fits(const struct engine *engine, u32 id, const u32 of[2])
{
    return of[0] == 0 || engine_city(engine, id)->country == of[0];
}

void serve_cities(struct http *http)
{
    static const struct list list = {"cities", engine_city_count, emit_city, city_fits};
    u32 of[2] = {0};
    if (param_find(http, "country", COMMAND_COUNTRY_PUT, RESULT_UNKNOWN_COUNTRY, &of[0]))
        list_reply(http, &list, of);
}

static bool location_fits(const struct engine *engine, u32 id, const u32 of[2])
{
    const struct location *location = engine_location(engine, id);
    return (of[0] == 0 || location->city == of[0]) && (of[1] == 0 || location->kind == of[1]);
}

void serve_locations(struct http *http)
{
    static const struct list list = {"locations", engine_location_count, place_emit, location_fits};
    u32 of[2] = {0};
    if (param_find(http, "city", COMMAND_CITY_PUT, RESULT_UNKNOWN_CITY, &of[0]) &&
        param_word(http, "kind", word_parse_location_kind, &of[1]))
        list_reply(http, &list, of);
}

/* --- festivals -------------------------------------------------------------------------------------------- */

void serve_festivals(struct http *http)
{
    struct server *server = http_server(http);
    struct page page;
    desk_run(&server->desk);
    if (!catalogue_page(http, UINT32_MAX, &page))
        return;
    struct emit emit = http_body(http);
    u32 count = engine_festival_count(server->engine);
    u64 last = MIN(page.after + page.limit, (u64)count);
    emit_open(&emit, '{');
    emit_key_open(&emit, "festivals", '[');
    for (u64 id = page.after + 1; id <= last; id++)
        catalogue_emit_festival(&emit, server->engine, (u32)id, server_now_ms(server));
    emit_close(&emit, ']');
    catalogue_next(&emit, last < count ? last : 0);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

void serve_festival_get(struct http *http)
{
    struct server *server = http_server(http);
    desk_run(&server->desk);
    u32 festival = catalogue_path(http, "festival", COMMAND_FESTIVAL_PUT, RESULT_UNKNOWN_FESTIVAL);
    if (festival == 0)
        return;
    struct emit emit = http_body(http);
    catalogue_emit_festival(&emit, server->engine, festival, server_now_ms(server));
    http_reply_json(http, 200);
}

static bool deal_of(const struct engine *engine, u32 deal, const struct scan_of *festival)
{
    return engine_deal(engine, deal)->festival == festival->of[0];
}

static void emit_deal(struct emit *emit, const struct engine *engine, u32 deal, i64 now_ms)
{
    catalogue_emit_deal(emit, engine, NULL, deal, now_ms);
}

void serve_festival_deals(struct http *http)
{
    static const struct scan_plan plan = {deal_of, emit_deal, engine_deal_count, "deals"};
    struct page page;
    desk_run(&http_server(http)->desk);
    u32 festival = catalogue_path(http, "festival", COMMAND_FESTIVAL_PUT, RESULT_UNKNOWN_FESTIVAL);
    if (festival != 0 && catalogue_page(http, UINT32_MAX, &page))
        scan_start(http, &plan, (struct scan_of){{festival}}, page.after, page.limit);
}
