/*
 * Deals of a festival from a CSV file. A deal is known by its SKU and its
 * window, so importing the same file again finds them all unchanged.
 */
#include "cli/festival.h"

#include "base/money.h"
#include "cli/cli.h"
#include "cli/table.h"

enum { DEAL_SKU, DEAL_PRICE, DEAL_QUOTA, DEAL_CAP, DEAL_OPENS, DEAL_CLOSES, DEAL_COLUMNS };

/* An empty field is `otherwise`. */
static bool deal_time(struct table *table, size_t index, i64 otherwise, i64 *ms)
{
    struct slice field = table_field_trimmed(table, index);
    char text[CLI_TEXT_MAX] = "";
    *ms = otherwise;
    if (field.size == 0)
        return true;
    if (field.size < sizeof(text))
        memcpy(text, field.bytes, field.size);
    if (cli_parse_time(text, table->stage->now_ms, ms))
        return true;
    table_error(table, index, "\"" SLICE_FORMAT "\" is not a time such as 2018-11-11T00:00:00+08:00",
                (int)MIN(field.size, 40), field.bytes);
    return false;
}

static bool deal_bound(struct table *table, size_t index, u32 *bound)
{
    u64 number = 0;
    if (table_field_trimmed(table, index).size > 0 && !table_number(table, index, UNITS_MAX, &number))
        return false;
    *bound = (u32)number;
    return true;
}

static u32 deal_existing(const struct engine *engine, u32 festival, u32 sku, i64 opens_ms, i64 closes_ms)
{
    for (u32 id = engine_sku(engine, sku)->first_deal; id != 0; id = engine_deal(engine, id)->next) {
        const struct deal *deal = engine_deal(engine, id);
        if (deal->festival == festival && deal->opens_ms == opens_ms && deal->closes_ms == closes_ms)
            return id;
    }
    return 0;
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
                    (int)MIN(price.size, 40), price.bytes, digits);
        good = false;
    }
    good = deal_bound(table, DEAL_QUOTA, &put.quota) && good;
    good = deal_bound(table, DEAL_CAP, &put.cap) && good;
    good = deal_time(table, DEAL_OPENS, row->opens_ms, &put.opens_ms) && good;
    good = deal_time(table, DEAL_CLOSES, row->closes_ms, &put.closes_ms) && good;
    if (!good)
        return;
    struct slice window = slice_of((const char *)&put.opens_ms, 2 * sizeof(i64));
    if (!table_once(table, DEAL_SKU, table_field_trimmed(table, DEAL_SKU), window))
        return;
    put.deal = deal_existing(engine, festival, put.sku, put.opens_ms, put.closes_ms);
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
    };
    struct table table;
    int code = table_open(&table, stage, file, columns, DEAL_COLUMNS);
    while (code == CLI_DONE && table_next(&table))
        deal_row(&table, festival);
    table_close(&table);
    return code;
}
