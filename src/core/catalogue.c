/*
 * The catalogue: what can be sold, by whom, from where, to where. Each put
 * builds the row as it should be and hands it to put_row, which finds out
 * whether that is new, a change, or nothing.
 */
#include "core/internal.h"

#include "base/gtin.h"

#include <string.h>

/* --- codes ------------------------------------------------------------------- */

u64 code_hash(u16 kind, struct slice code)
{
    return checksum64(code.bytes, code.size, kind);
}

const u16 put_kinds[PUT_KINDS] = {COMMAND_CURRENCY_PUT, COMMAND_COUNTRY_PUT,  COMMAND_DEPARTMENT_PUT,
                                  COMMAND_CITY_PUT,     COMMAND_LOCATION_PUT, COMMAND_BRAND_PUT,
                                  COMMAND_SELLER_PUT,   COMMAND_SKU_PUT,      COMMAND_FESTIVAL_PUT,
                                  COMMAND_TILL_PUT};

enum limit_index entity_table(u16 kind)
{
    switch (kind) {
    case COMMAND_CURRENCY_PUT:
        return LIMIT_currencies;
    case COMMAND_COUNTRY_PUT:
        return LIMIT_countries;
    case COMMAND_DEPARTMENT_PUT:
        return LIMIT_departments;
    case COMMAND_CITY_PUT:
        return LIMIT_cities;
    case COMMAND_LOCATION_PUT:
        return LIMIT_locations;
    case COMMAND_BRAND_PUT:
        return LIMIT_brands;
    case COMMAND_SELLER_PUT:
        return LIMIT_sellers;
    case COMMAND_SKU_PUT:
        return LIMIT_skus;
    case COMMAND_TILL_PUT:
        return LIMIT_tills;
    default:
        ASSERT(kind == COMMAND_FESTIVAL_PUT);
        return LIMIT_festivals;
    }
}

/* Where a row of that kind keeps its text. */
static size_t text_offset(u16 kind)
{
    switch (kind) {
    case COMMAND_SKU_PUT:
        return offsetof(struct sku, text);
    case COMMAND_FESTIVAL_PUT:
        return offsetof(struct festival, text);
    default:
        return 0;
    }
}

u32 *entity_text(const struct engine *engine, u16 kind, u32 id)
{
    char *row = table_row(engine, entity_table(kind), id);
    return (u32 *)(void *)(row + text_offset(kind));
}

u32 engine_find(const struct engine *engine, u16 kind, struct slice code)
{
    u32 tag = index_tag(code_hash(kind, code));
    u64 at = index_home(&engine->codes, tag);
    u32 id;
    while ((id = index_next(&engine->codes, tag, &at)) != 0)
        if (id <= engine->head.count[entity_table(kind)] &&
            slice_equal(engine_text(engine, *entity_text(engine, kind, id), 0), code))
            return id;
    return 0;
}

static bool code_good(struct slice code)
{
    if (code.size < 1 || code.size > COMMAND_CODE_MAX)
        return false;
    for (size_t i = 0; i < code.size; i++)
        if ((u8)code.bytes[i] < 0x20 || code.bytes[i] == 0x7f)
            return false;
    return true;
}

bool put_find(const struct engine *engine, const struct command_header *command, u32 *id)
{
    struct slice code = command_text(command, 0);
    if (!code_good(code))
        return false;
    *id = engine_find(engine, command->kind, code);
    return true;
}

struct result put_row(struct engine *engine, const struct command_header *command, u32 id, void *row)
{
    enum limit_index table = entity_table(command->kind);
    u32 *text = (u32 *)(void *)((char *)row + text_offset(command->kind));
    u32 old_text = id == 0 ? 0 : *entity_text(engine, command->kind, id);

    if (id == 0 && room(engine, table) == 0)
        return pool_full(table);
    *text = old_text;
    if (text_same(engine, old_text, command)) {
        if (memcmp(row, table_row(engine, table, id), table_row_size(table)) == 0)
            return no_change(id, 0);
    } else {
        if (room(engine, LIMIT_text_bytes) < text_size(command))
            return pool_full(LIMIT_text_bytes);
        *text = text_keep(engine, command);
    }
    if (id == 0) {
        id = new_row(engine, table);
        index_insert(&engine->codes, index_tag(code_hash(command->kind, command_text(command, 0))), id);
    }
    memcpy(table_row(engine, table, id), row, table_row_size(table));
    return accept(id, 0);
}

/* --- places -------------------------------------------------------------------- */

bool coordinates_good(i32 longitude_e6, i32 latitude_e6)
{
    return longitude_e6 >= -180000000 && longitude_e6 <= 180000000 && latitude_e6 >= -90000000 &&
           latitude_e6 <= 90000000;
}

struct result apply_country_put(struct engine *engine, const struct command_country_put *command)
{
    u32 id;
    if (!put_find(engine, &command->header, &id))
        return refuse(RESULT_MALFORMED, 0);
    struct country row = {0};
    return put_row(engine, &command->header, id, &row);
}

struct result apply_city_put(struct engine *engine, const struct command_city_put *command)
{
    u32 id;
    if (!put_find(engine, &command->header, &id) || !coordinates_good(command->longitude_e6, command->latitude_e6))
        return refuse(RESULT_MALFORMED, 0);
    if (!exists(engine, LIMIT_countries, command->country))
        return refuse(RESULT_UNKNOWN_COUNTRY, 0);
    struct city row = {
        .country = command->country,
        .longitude_e6 = command->longitude_e6,
        .latitude_e6 = command->latitude_e6,
        .population = command->population,
    };
    struct city old = engine->cities[id];
    struct result result = put_row(engine, &command->header, id, &row);
    if (id != 0 && result.code == RESULT_OK &&
        (old.longitude_e6 != row.longitude_e6 || old.latitude_e6 != row.latitude_e6))
        shelves_rebuild(engine);
    return result;
}

/* --- goods ------------------------------------------------------------------------ */

struct result apply_currency_put(struct engine *engine, const struct command_currency_put *command)
{
    u32 id;
    if (!put_find(engine, &command->header, &id) || command->digits > 4)
        return refuse(RESULT_MALFORMED, 0);
    if (id != 0 && engine->currencies[id].digits != command->digits)
        return refuse(RESULT_IN_USE, 0);
    struct currency row = {.digits = command->digits};
    if (id != 0)
        row = engine->currencies[id];
    return put_row(engine, &command->header, id, &row);
}

struct result apply_department_put(struct engine *engine, const struct command_department_put *command)
{
    u32 id;
    if (!put_find(engine, &command->header, &id))
        return refuse(RESULT_MALFORMED, 0);
    struct department row = {0};
    return put_row(engine, &command->header, id, &row);
}

struct result apply_brand_put(struct engine *engine, const struct command_brand_put *command)
{
    u32 id;
    if (!put_find(engine, &command->header, &id))
        return refuse(RESULT_MALFORMED, 0);
    if (command->country != 0 && !exists(engine, LIMIT_countries, command->country))
        return refuse(RESULT_UNKNOWN_COUNTRY, 0);
    if (id != 0 && engine->brands[id].in_use && engine->brands[id].country != command->country)
        return refuse(RESULT_IN_USE, 0);
    struct brand row = {.country = command->country, .in_use = id == 0 ? 0 : engine->brands[id].in_use};
    return put_row(engine, &command->header, id, &row);
}

struct result apply_seller_put(struct engine *engine, const struct command_seller_put *command)
{
    u32 id;
    if (!put_find(engine, &command->header, &id))
        return refuse(RESULT_MALFORMED, 0);
    struct seller row = {.account = id == 0 ? 0 : engine->sellers[id].account};
    return put_row(engine, &command->header, id, &row);
}

u64 gtin_hash(u64 gtin)
{
    return mix64(gtin);
}

/* What a SKU refers to. */
static struct result sku_references(const struct engine *engine, const struct command_sku_put *command, u32 id)
{
    if (command->gtin != 0 && !gtin_valid(command->gtin))
        return refuse(RESULT_BAD_GTIN, 0);
    if (!exists(engine, LIMIT_departments, command->department))
        return refuse(RESULT_UNKNOWN_DEPARTMENT, 0);
    if (command->brand != 0 && !exists(engine, LIMIT_brands, command->brand))
        return refuse(RESULT_UNKNOWN_BRAND, 0);
    if (!exists(engine, LIMIT_sellers, command->seller))
        return refuse(RESULT_UNKNOWN_SELLER, 0);
    u32 holder = engine_sku_by_gtin(engine, command->gtin);
    if (holder != 0 && holder != id)
        return refuse(RESULT_DUPLICATE_GTIN, holder);
    const struct sku *old = &engine->skus[id];
    if (old->ordered && (old->department != command->department || old->brand != command->brand ||
                         old->seller != command->seller))
        return refuse(RESULT_IN_USE, 0);
    return accept(0, 0);
}

struct result apply_sku_put(struct engine *engine, const struct command_sku_put *command)
{
    u32 id;
    if (!put_find(engine, &command->header, &id) || command->for_sale > 1)
        return refuse(RESULT_MALFORMED, 0);
    struct result good = sku_references(engine, command, id);
    if (good.code != RESULT_OK)
        return good;

    struct sku row = engine->skus[id]; /* row 0 is zeros: a new SKU */
    u64 old_gtin = row.gtin;
    row.gtin = command->gtin;
    row.department = command->department;
    row.brand = command->brand;
    row.seller = command->seller;
    row.origin = (u16)engine->brands[command->brand].country;
    row.tax_class = command->tax_class;
    row.for_sale = (u8)command->for_sale;
    struct result result = put_row(engine, &command->header, id, &row);
    if (result.code != RESULT_OK)
        return result;
    if (command->brand != 0)
        engine->brands[command->brand].in_use = 1;
    if (old_gtin != command->gtin) {
        if (old_gtin != 0)
            index_remove(&engine->gtins, index_tag(gtin_hash(old_gtin)), result.id);
        if (command->gtin != 0)
            index_insert(&engine->gtins, index_tag(gtin_hash(command->gtin)), result.id);
    }
    return result;
}

/* --- prices ------------------------------------------------------------------------ */

static struct result price_further(struct engine *engine, struct sku *sku, const struct command_price_set *command)
{
    u32 count = 1;
    for (u32 id = sku->first_price; id != 0; id = engine->prices[id].next, count++)
        if (engine->prices[id].currency == command->currency) {
            if (engine->prices[id].price_minor == command->price_minor)
                return no_change(command->sku, 0);
            engine->prices[id].price_minor = command->price_minor;
            return accept(command->sku, 0);
        }
    if (count >= PRICES_PER_SKU_MAX || room(engine, LIMIT_prices) == 0)
        return pool_full(LIMIT_prices);
    u32 id = new_row(engine, LIMIT_prices);
    engine->prices[id] =
        (struct price){.price_minor = command->price_minor, .currency = command->currency, .next = sku->first_price};
    sku->first_price = id;
    return accept(command->sku, 0);
}

struct result apply_price_set(struct engine *engine, const struct command_price_set *command)
{
    if (!exists(engine, LIMIT_skus, command->sku))
        return refuse(RESULT_UNKNOWN_SKU, command->sku);
    if (!exists(engine, LIMIT_currencies, command->currency))
        return refuse(RESULT_UNKNOWN_CURRENCY, 0);
    if (command->price_minor < 1 || command->price_minor > MONEY_MAX)
        return refuse(RESULT_BAD_AMOUNT, 0);
    struct sku *sku = &engine->skus[command->sku];
    if (sku->price_minor != 0 && sku->currency != command->currency)
        return price_further(engine, sku, command);
    if (sku->price_minor == command->price_minor)
        return no_change(command->sku, 0);
    sku->currency = (u16)command->currency;
    sku->price_minor = command->price_minor;
    return accept(command->sku, 0);
}
