/*
 * Deals of a festival from a CSV file. A deal is known by its SKU and its
 * window, and the city or store that it is for, so importing the same file again finds them all unchanged. What has
 * no column keeps its value.
 */
#include "cli/festival.h"

#include "base/assert.h"
#include "base/money.h"
#include "cli/cli.h"
#include "cli/file.h"

enum { DEAL_SKU, DEAL_PRICE, DEAL_QUOTA, DEAL_CAP, DEAL_OPENS, DEAL_CLOSES, DEAL_CITY, DEAL_STORE, DEAL_COLUMNS };

/* An empty field is `otherwise`. */
static bool deal_time(struct table *table, size_t index, i64 otherwise, i64 *ms)
{
    struct slice field = table_field_trimmed(table, index);
    char text[CLI_TEXT_MAX] = "";
    if (table->columns[index].field == 0)
        return true; /* it has the existing deal's */
    *ms = otherwise;
    if (field.size == 0)
        return true;
    if (field.size < sizeof(text))
        memcpy(text, field.bytes, field.size);
    if (cli_parse_time(text, table->stage->now_ms, ms) && cli_time_in_range(*ms))
        return true;
    table_error(table, index, "\"" SLICE_FORMAT "\" is not a time " CLI_TIME_RANGE " such as 2018-11-11T00:00:00+08:00",
                FIELD_SHOWN(field));
    return false;
}

static bool deal_bound(struct table *table, size_t index, u32 *bound)
{
    u64 number = 0;
    if (table->columns[index].field == 0)
        return true; /* likewise */
    if (table_field_trimmed(table, index).size > 0 && !table_number(table, index, UNITS_MAX, &number))
        return false;
    *bound = (u32)number;
    return true;
}

/* A city or store that the deal is for alone; empty: everywhere. */
static bool deal_place(struct table *table, size_t index, u16 kind, const char *what, u16 *place)
{
    u32 id = 0;
    if (table_field_trimmed(table, index).size > 0 && (id = table_find(table, index, kind, what)) == 0)
        return false;
    ASSERT(id <= UINT16_MAX); /* limits.def */
    *place = (u16)id;
    return true;
}

/* The deal a row is about: of this festival, SKU, and what else has a column. 0: a new one. False,
 * and reported, when it may be any of several. */
static bool deal_existing(struct table *table, const struct command_deal_put *put, u32 *found)
{
    const struct engine *engine = stage_engine(table->stage);
    *found = 0;
    for (u32 id = engine_sku(engine, put->sku)->first_deal; id != 0; id = engine_deal(engine, id)->next) {
        const struct deal *deal = engine_deal(engine, id);
        if (deal->festival != put->festival
            || (table->columns[DEAL_OPENS].field > 0 && deal->opens_ms != put->opens_ms)
            || (table->columns[DEAL_CLOSES].field > 0 && deal->closes_ms != put->closes_ms)
            || (table->columns[DEAL_CITY].field > 0 && deal->city != put->city)
            || (table->columns[DEAL_STORE].field > 0 && deal->location != put->location))
            continue;
        if (*found != 0) {
            table_error(table, DEAL_SKU,
                        "it has several deals in this festival: the columns opens, closes, city and store must say which");
            return false;
        }
        *found = id;
    }
    return true;
}

static void deal_row(struct table *table, u32 festival)
{
    const struct engine *engine = stage_engine(table->stage);
    const struct festival *row = engine_festival(engine, festival);
    unsigned digits = engine_currency(engine, row->currency)->digits;
    struct slice price = table_field_trimmed(table, DEAL_PRICE);
    struct command_deal_put put = {0};
    put.festival = festival;
    put.sku = table_find(table, DEAL_SKU, COMMAND_SKU_PUT, "SKU");
    bool good = put.sku != 0;
    if (!money_parse(price, digits, &put.price_minor) || put.price_minor <= 0) {
        table_error(table, DEAL_PRICE, "\"" SLICE_FORMAT "\" is not a price above 0 with at most %u decimal places",
                    FIELD_SHOWN(price), digits);
        good = false;
    }
    put.opens_ms = row->opens_ms;
    put.closes_ms = row->closes_ms;
    good = deal_time(table, DEAL_OPENS, row->opens_ms, &put.opens_ms) && good;
    good = deal_time(table, DEAL_CLOSES, row->closes_ms, &put.closes_ms) && good;
    good = deal_place(table, DEAL_CITY, COMMAND_CITY_PUT, "city", &put.city) && good;
    good = deal_place(table, DEAL_STORE, COMMAND_LOCATION_PUT, "location", &put.location) && good;
    if (!good || !deal_existing(table, &put, &put.deal))
        return;
    const struct deal *old = engine_deal(engine, put.deal);
    if (old != NULL) { /* what its row does not say stays */
        put.opens_ms = old->opens_ms;
        put.closes_ms = old->closes_ms;
        put.quota = old->quota;
        put.cap = old->cap;
        put.city = old->city;
        put.location = old->location;
    }
    good = deal_bound(table, DEAL_QUOTA, &put.quota);
    if (!deal_bound(table, DEAL_CAP, &put.cap) || !good)
        return;
    const i64 scope[] = {put.opens_ms, put.closes_ms, put.city, put.location};
    if (!table_once(table, DEAL_SKU, table_field_trimmed(table, DEAL_SKU),
                    slice_of((const char *)scope, sizeof(scope))))
        return;
    struct command_deal_put *draft = stage_draft(table->stage, COMMAND_DEAL_PUT);
    put.header = draft->header;
    *draft = put;
    table_apply(table, DEAL_SKU);
}

int festival_deals(struct stage *stage, u32 festival, const char *file)
{
    struct column columns[DEAL_COLUMNS] = {
        [DEAL_SKU] = {.names = {"sku"}, .needed = true},
        [DEAL_PRICE] = {.names = {"price"}, .needed = true},
        [DEAL_QUOTA] = {.names = {"quota"}},
        [DEAL_CAP] = {.names = {"cap"}},
        [DEAL_OPENS] = {.names = {"opens"}},
        [DEAL_CLOSES] = {.names = {"closes"}},
        [DEAL_CITY] = {.names = {"city"}},
        [DEAL_STORE] = {.names = {"store", "location"}},
    };
    struct source source;
    int code = file_open(&source, file);
    if (code != CLI_DONE)
        return code;
    struct table table;
    enum exchange_status status = table_open(&table, stage, &source, columns, DEAL_COLUMNS);
    while (status == EXCHANGE_DONE && table_next(&table))
        deal_row(&table, festival);
    table_close(&table);
    file_close(&source);
    return status == EXCHANGE_DONE ? CLI_DONE : CLI_REFUSED;
}
