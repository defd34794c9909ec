/*
 * Reading the state from outside of the core.
 */
#include "core/internal.h"

#define TABLE(name, names)                                                \
    const struct name *engine_##name(const struct engine *engine, u32 id) \
    {                                                                     \
        return exists(engine, LIMIT_##names, id) ? &engine->names[id] : NULL; \
    }                                                                     \
    u32 engine_##name##_count(const struct engine *engine)                \
    {                                                                     \
        return (u32)engine->head.count[LIMIT_##names];                    \
    }
ENGINE_TABLES(TABLE)
#undef TABLE

u32 engine_find_book(const struct engine *engine, u32 sku, u32 location)
{
    u32 tag = index_tag(book_hash(sku, location));
    u64 at = index_home(&engine->book_index, tag);
    u32 id;
    while ((id = index_next(&engine->book_index, tag, &at)) != 0)
        if (engine->books[id].sku == sku && engine->books[id].location == location)
            return id;
    return 0;
}

u32 engine_sku_by_gtin(const struct engine *engine, u64 gtin)
{
    if (gtin == 0)
        return 0;
    u32 tag = index_tag(gtin_hash(gtin));
    u64 at = index_home(&engine->gtins, tag);
    u32 id;
    while ((id = index_next(&engine->gtins, tag, &at)) != 0)
        if (engine->skus[id].gtin == gtin)
            return id;
    return 0;
}

const struct second *engine_seconds(const struct engine *engine, u32 festival)
{
    ASSERT(exists(engine, LIMIT_festivals, festival));
    return &engine->seconds[engine->festivals[festival].first_second];
}

const struct cell *engine_cell(const struct engine *engine, u32 festival, enum cell_group group, u32 id)
{
    ASSERT(exists(engine, LIMIT_festivals, festival));
    ASSERT(group < CELL_GROUP_COUNT && id < engine->head.cell_capacity[group]);
    return cell_at(engine, festival, group, id);
}

i64 engine_balance(const struct engine *engine, u32 shopper, u32 currency)
{
    if (!exists(engine, LIMIT_shoppers, shopper))
        return 0;
    const i64 *balance = wallet_balance(engine, shopper, currency);
    return balance == NULL ? 0 : *balance;
}

const u8 *engine_rules(const struct engine *engine)
{
    return engine->head.rules;
}

u32 engine_sale(const struct engine *engine, u32 order)
{
    u32 tag = index_tag(sale_hash(order));
    u64 at = index_home(&engine->sale_index, tag);
    u32 id;
    while ((id = index_next(&engine->sale_index, tag, &at)) != 0)
        if (engine->tenders[id].order == order)
            return id;
    return 0;
}

u32 engine_cap_units(const struct engine *engine, u32 deal, u32 person)
{
    return engine->caps[cap_find(engine, deal, person)].units;
}

u32 engine_hold_first(const struct engine *engine, u32 festival)
{
    ASSERT(festival <= engine->head.count[LIMIT_festivals]);
    return engine->festivals[festival].hold_first;
}

bool engine_hold_due(const struct engine *engine, i64 now_ms)
{
    for (u32 i = 0; i <= engine->head.count[LIMIT_festivals]; i++) {
        u32 first = engine->festivals[i].hold_first;
        if (first != 0 && engine->orders[first].changed_ms <= now_ms)
            return true;
    }
    return false;
}
