/*
 * The plain CSV files: cities, locations, brands, prices, stock. A row sets one
 * thing; its code may stand in a file only once.
 */
#include "exchange/import_plan.h"

#include "base/money.h"
#include "core/words.h"
#include "exchange/field.h"

#include <stdio.h>

typedef void import_row(struct import *import, struct table *table);

static enum exchange_status import_rows(struct import *import, const struct source *source, struct column *columns,
                                        size_t count, import_row *row)
{
    struct table table;
    enum exchange_status status = table_open(&table, import->stage, source, columns, count);
    while (status == EXCHANGE_DONE && table_next(&table))
        row(import, &table);
    table_close(&table);
    return status;
}

/* Degrees x 1,000,000; false, and reported, when the field is no such number. */
static bool import_degrees(struct table *table, size_t index, i64 largest, i32 *degrees_e6)
{
    struct slice field = table_field_trimmed(table, index);
    i64 value;
    if (!field_decimal(field, 6, true, &value) || value > largest * 1000000 || value < -largest * 1000000) {
        table_error(table, index, "\"" SLICE_FORMAT "\" is not a number of degrees from -%lld to %lld",
                    FIELD_SHOWN(field), (long long)largest, (long long)largest);
        return false;
    }
    *degrees_e6 = (i32)value;
    return true;
}

static bool import_too_long(struct table *table, bool fits)
{
    if (!fits)
        table_error(table, TABLE_ROW, "the texts are too long: together at most %u bytes", COMMAND_SIZE_MAX - 128);
    return !fits;
}

/* --- cities ------------------------------------------------------------------ */

enum { CITY_CODE, CITY_ZH, CITY_EN, CITY_PROVINCE, CITY_LON, CITY_LAT, CITY_POPULATION, CITY_COLUMNS };

static void import_city(struct import *import, struct table *table)
{
    struct city city = {0};
    struct slice code;
    u64 population = 0;
    bool good = table_code(table, CITY_CODE, &code);
    good = good && table_once(table, CITY_CODE, code, slice_of("", 0));
    good = import_degrees(table, CITY_LON, 180, &city.longitude_e6) && good;
    good = import_degrees(table, CITY_LAT, 90, &city.latitude_e6) && good;
    if (table_field_trimmed(table, CITY_POPULATION).size > 0)
        good = table_number(table, CITY_POPULATION, UINT32_MAX, &population) && good;
    if (!good)
        return;
    city.population = (u32)population;
    city.country = put_country(import->stage, slice_text(import->country != NULL ? import->country : "CN"));
    struct slice texts[] = {code, table_field_trimmed(table, CITY_ZH), table_field_trimmed(table, CITY_EN),
                            table_field_trimmed(table, CITY_PROVINCE)};
    if (city.country != 0 && !import_too_long(table, draft_city(import->stage, &city, texts)))
        table_apply(table, CITY_CODE);
}

enum exchange_status import_cities(struct import *import, const struct source *source)
{
    struct column columns[CITY_COLUMNS] = {
        [CITY_CODE] = {.names = {"code"}, .needed = true},
        [CITY_ZH] = {.names = {"zh", "name"}, .needed = true},
        [CITY_EN] = {.names = {"en", "name_en"}},
        [CITY_PROVINCE] = {.names = {"province"}},
        [CITY_LON] = {.names = {"lon", "longitude"}, .needed = true},
        [CITY_LAT] = {.names = {"lat", "latitude"}, .needed = true},
        [CITY_POPULATION] = {.names = {"population"}},
    };
    return import_rows(import, source, columns, CITY_COLUMNS, import_city);
}

/* --- locations --------------------------------------------------------------- */

enum { LOCATION_CODE, LOCATION_NAME, LOCATION_KIND, LOCATION_CITY, LOCATION_LON, LOCATION_LAT, LOCATION_SERVICES,
       LOCATION_PLAN, LOCATION_COLUMNS = LOCATION_PLAN + IMPORT_PLAN_COLUMNS };

#define WORD_BYTES_MAX 32 /* no word is longer */

/* The number of a word whose letters may be in either case; -1: none. */
static int import_word_in_any_case(struct slice word, int (*parse)(struct slice word))
{
    char lower[WORD_BYTES_MAX];
    return field_lower(lower, sizeof(lower), word) ? parse(slice_of(lower, word.size)) : -1;
}

/* "ship+pick-up+carry-out"; nothing: what the kind usually offers. */
static bool import_services(struct table *table, u16 kind, u16 *services)
{
    struct slice rest = table_field_trimmed(table, LOCATION_SERVICES);
    *services = kind == LOCATION_WAREHOUSE ? SERVICE_SHIP : SERVICE_SHIP | SERVICE_PICK_UP | SERVICE_CARRY_OUT;
    if (rest.size == 0)
        return true;
    *services = 0;
    for (const char *plus = rest.bytes; plus != NULL;) {
        plus = memchr(rest.bytes, '+', rest.size);
        struct slice word = slice_of(rest.bytes, plus != NULL ? (size_t)(plus - rest.bytes) : rest.size);
        int service = import_word_in_any_case(word, word_parse_service);
        if (service < 0) {
            table_error(table, LOCATION_SERVICES, "\"" SLICE_FORMAT "\" is not ship, pick-up or carry-out, joined by +",
                        FIELD_SHOWN(word));
            return false;
        }
        *services |= (u16)service;
        rest = slice_of(rest.bytes + word.size + 1, plus != NULL ? rest.size - word.size - 1 : 0);
    }
    return true;
}

static void import_location_row(struct import *import, struct table *table)
{
    struct location place = {0};
    struct slice code, kind = table_field_trimmed(table, LOCATION_KIND);
    bool good = table_code(table, LOCATION_CODE, &code);
    good = good && table_once(table, LOCATION_CODE, code, slice_of("", 0));
    int named = import_word_in_any_case(kind, word_parse_location_kind);
    place.kind = named == LOCATION_STORE ? LOCATION_STORE : LOCATION_WAREHOUSE;
    if (named < 0) {
        table_error(table, LOCATION_KIND, "\"" SLICE_FORMAT "\" is neither warehouse nor store",
                    FIELD_SHOWN(kind));
        good = false;
    }
    good = import_services(table, place.kind, &place.services) && good;
    place.city = table_find(table, LOCATION_CITY, COMMAND_CITY_PUT, "city");
    const struct city *city = engine_city(stage_engine(import->stage), place.city);
    if (city == NULL)
        return;
    place.longitude_e6 = city->longitude_e6;
    place.latitude_e6 = city->latitude_e6;
    if (table_field_trimmed(table, LOCATION_LON).size + table_field_trimmed(table, LOCATION_LAT).size > 0) {
        good = import_degrees(table, LOCATION_LON, 180, &place.longitude_e6) && good;
        good = import_degrees(table, LOCATION_LAT, 90, &place.latitude_e6) && good;
    }
    if (!good || import_too_long(table, draft_location(import->stage, &place, code,
                                                       table_field_trimmed(table, LOCATION_NAME))))
        return;
    u32 location = table_apply(table, LOCATION_CODE);
    if (location != 0)
        import_plan(import, table, LOCATION_PLAN, location);
}

enum exchange_status import_locations(struct import *import, const struct source *source)
{
    struct column columns[LOCATION_COLUMNS] = {
        [LOCATION_CODE] = {.names = {"code"}, .needed = true},
        [LOCATION_NAME] = {.names = {"name"}, .needed = true},
        [LOCATION_KIND] = {.names = {"kind"}, .needed = true},
        [LOCATION_CITY] = {.names = {"city"}, .needed = true},
        [LOCATION_LON] = {.names = {"lon", "longitude"}},
        [LOCATION_LAT] = {.names = {"lat", "latitude"}},
        [LOCATION_SERVICES] = {.names = {"services"}},
    };
    for (size_t i = 0; i < IMPORT_PLAN_COLUMNS; i++)
        columns[LOCATION_PLAN + i].names[0] = import_plan_names[i];
    return import_rows(import, source, columns, LOCATION_COLUMNS, import_location_row);
}

static u32 import_find_location(const struct engine *engine, struct slice text)
{
    char slug[COMMAND_CODE_MAX];
    u32 id = engine_find(engine, COMMAND_LOCATION_PUT, text);
    if (id == 0)
        id = engine_find(engine, COMMAND_LOCATION_PUT, slice_of(slug, field_slug(slug, sizeof(slug), text)));
    for (u32 i = 1; id == 0 && i <= engine_location_count(engine); i++)
        if (slice_equal(engine_text(engine, engine_location(engine, i)->text, 1), text))
            id = i;
    return id;
}

u32 import_location(struct import *import, const char *file, u32 line, size_t column, const char *name,
                    struct slice text)
{
    const struct engine *engine = stage_engine(import->stage);
    u32 id = import_find_location(engine, text);
    if (id != 0)
        return id;
    if (import->city == NULL) {
        stage_error(import->stage, file, line, column, name,
                    "there is no location \"" SLICE_FORMAT "\"; import it with %slocations, or name with %scity the "
                    "city to make it in", SLICE_ARGS(text), import->prefix, import->prefix);
        return 0;
    }
    u32 city = engine_find(engine, COMMAND_CITY_PUT, slice_text(import->city));
    if (city == 0) {
        char setting[16];
        snprintf(setting, sizeof(setting), "%scity", import->prefix);
        stage_error(import->stage, setting, 0, 0, NULL, "there is no city \"%s\"; import cities with %scities first",
                    import->city, import->prefix);
        return 0;
    }
    char slug[COMMAND_CODE_MAX];
    size_t size = field_slug(slug, sizeof(slug), text);
    bool is_code = line == 0 && text.size <= COMMAND_CODE_MAX; /* a setting is taken as it is */
    return put_warehouse(import->stage, is_code ? text : slice_of(slug, size), text, city);
}

/* --- brands ------------------------------------------------------------------ */

enum { BRAND_CODE, BRAND_NAME, BRAND_COUNTRY, BRAND_COLUMNS };

static void import_brand(struct import *import, struct table *table)
{
    struct slice code, country = table_field_trimmed(table, BRAND_COUNTRY);
    if (!table_code(table, BRAND_CODE, &code) || !table_once(table, BRAND_CODE, code, slice_of("", 0)))
        return;
    u32 country_id = 0;
    if (country.size > 0 && field_country_name(country) == NULL
        && engine_find(stage_engine(import->stage), COMMAND_COUNTRY_PUT, country) == 0) {
        table_error(table, BRAND_COUNTRY, "\"" SLICE_FORMAT "\" is not an ISO 3166-1 alpha-2 code that we know",
                    FIELD_SHOWN(country));
        return;
    }
    if (country.size > 0)
        country_id = put_country(import->stage, country);
    struct command_brand_put *put = stage_draft(import->stage, COMMAND_BRAND_PUT);
    put->country = country_id;
    struct slice texts[] = {code, table_field_trimmed(table, BRAND_NAME)};
    if (!import_too_long(table, stage_texts(import->stage, texts, 2)))
        table_apply(table, BRAND_CODE);
}

enum exchange_status import_brands(struct import *import, const struct source *source)
{
    struct column columns[BRAND_COLUMNS] = {
        [BRAND_CODE] = {.names = {"code"}, .needed = true},
        [BRAND_NAME] = {.names = {"name"}, .needed = true},
        [BRAND_COUNTRY] = {.names = {"country"}},
    };
    return import_rows(import, source, columns, BRAND_COLUMNS, import_brand);
}

/* --- prices ------------------------------------------------------------------ */

enum { PRICE_SKU, PRICE_CURRENCY, PRICE_PRICE, PRICE_COLUMNS };

static void import_price(struct import *import, struct table *table)
{
    struct slice code, text = table_field_trimmed(table, PRICE_PRICE);
    u32 sku = table_find(table, PRICE_SKU, COMMAND_SKU_PUT, "SKU");
    bool coded = table_code(table, PRICE_CURRENCY, &code);
    if (sku == 0 || !coded || !table_once(table, PRICE_SKU, table_field_trimmed(table, PRICE_SKU), code))
        return;
    u32 currency = engine_find(stage_engine(import->stage), COMMAND_CURRENCY_PUT, code);
    if (currency == 0 && field_currency_digits(code) < 0) {
        table_error(table, PRICE_CURRENCY, "\"" SLICE_FORMAT "\" is not an ISO 4217 code that we know",
                    SLICE_ARGS(code));
        return;
    }
    if (currency == 0 && (currency = put_currency(import->stage, code)) == 0)
        return;
    unsigned digits = engine_currency(stage_engine(import->stage), currency)->digits;
    i64 price_minor;
    if (!money_parse(text, digits, &price_minor) || price_minor <= 0) {
        table_error(table, PRICE_PRICE, "\"" SLICE_FORMAT "\" is not a price above 0 with at most %u decimal places",
                    FIELD_SHOWN(text), digits);
        return;
    }
    draft_price(import->stage, sku, currency, price_minor);
    table_apply(table, PRICE_PRICE);
}

enum exchange_status import_prices(struct import *import, const struct source *source)
{
    struct column columns[PRICE_COLUMNS] = {
        [PRICE_SKU] = {.names = {"sku"}, .needed = true},
        [PRICE_CURRENCY] = {.names = {"currency"}, .needed = true},
        [PRICE_PRICE] = {.names = {"price"}, .needed = true},
    };
    return import_rows(import, source, columns, PRICE_COLUMNS, import_price);
}

/* --- stock ------------------------------------------------------------------- */

enum { STOCK_SKU, STOCK_LOCATION, STOCK_QUANTITY, STOCK_SAFETY, STOCK_COLUMNS };

/* Empty: none. Without a column it stays as it is. */
static bool import_safety(struct table *table, u64 *units)
{
    *units = 0;
    return table_field_trimmed(table, STOCK_SAFETY).size == 0 || table_number(table, STOCK_SAFETY, UNITS_MAX, units);
}

static void import_stock_row(struct import *import, struct table *table)
{
    u64 quantity, safety;
    u32 sku = table_find(table, STOCK_SKU, COMMAND_SKU_PUT, "SKU");
    u32 location = table_find(table, STOCK_LOCATION, COMMAND_LOCATION_PUT, "location");
    bool counted = table_number(table, STOCK_QUANTITY, UNITS_MAX, &quantity);
    bool kept = import_safety(table, &safety);
    if (sku == 0 || location == 0 || !counted || !kept)
        return;
    if (!table_once(table, STOCK_SKU, table_field_trimmed(table, STOCK_SKU),
                    table_field_trimmed(table, STOCK_LOCATION)))
        return;
    bool known = engine_find_book(stage_engine(import->stage), sku, location) != 0;
    if (quantity > 0 || known) { /* else nothing is there and nothing known of it: nothing to say */
        draft_count(import->stage, sku, location, (u32)quantity);
        table_apply(table, STOCK_QUANTITY);
    }
    if (table->columns[STOCK_SAFETY].field == 0 || (safety == 0 && !known && quantity == 0))
        return;
    draft_keep(import->stage, sku, location, (u32)safety);
    table_apply(table, STOCK_SAFETY);
}

enum exchange_status import_stock(struct import *import, const struct source *source)
{
    struct column columns[STOCK_COLUMNS] = {
        [STOCK_SKU] = {.names = {"sku"}, .needed = true},
        [STOCK_LOCATION] = {.names = {"location"}, .needed = true},
        [STOCK_QUANTITY] = {.names = {"quantity"}, .needed = true},
        [STOCK_SAFETY] = {.names = {"safety"}},
    };
    return import_rows(import, source, columns, STOCK_COLUMNS, import_stock_row);
}
