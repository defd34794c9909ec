/*
 * Festivals and their deals: when, at what price, how many units, how many a
 * person. A deal's `taken` and the per-person counters go up when an order is placed and
 * down when it is cancelled or expires, so that a sold-out deal opens again.
 */
#include "core/internal.h"

#include <string.h>

/* --- festivals ------------------------------------------------------------------ */

static bool time_good(i64 time_ms)
{
    return time_ms >= 0 && time_ms <= TIME_MS_MAX;
}

static bool festival_fields_good(const struct command_festival_put *command)
{
    return time_good(command->opens_ms) && time_good(command->closes_ms) && command->usd_rate_e6 >= 0 &&
           command->utc_offset_minutes >= UTC_OFFSET_MIN && command->utc_offset_minutes <= UTC_OFFSET_MAX &&
           command->hold_ms <= HOLD_MS_MAX;
}

/* Seconds that are metered beyond the first window, so that a closing can be moved. */
#define SECONDS_SPARE ((u64)24 * 3600)

static u64 window_seconds(i64 opens_ms, i64 closes_ms)
{
    return (u64)(closes_ms - opens_ms + 999) / 1000;
}

static struct result festival_change_good(const struct engine *engine, const struct festival *old,
                                          const struct command_festival_put *command)
{
    if (command->currency != old->currency)
        return refuse(RESULT_CURRENCY_MISMATCH, 0);
    if (engine->time_ms >= old->opens_ms && command->opens_ms != old->opens_ms)
        return refuse(RESULT_BAD_WINDOW, 0);
    if (window_seconds(command->opens_ms, command->closes_ms) > old->second_count)
        return refuse(RESULT_BAD_WINDOW, 0);
    if ((command->hold_ms == 0 ? HOLD_MS_DEFAULT : command->hold_ms) != old->hold_ms)
        return refuse(RESULT_IN_USE, 0);
    if (engine->time_ms >= old->opens_ms && command->utc_offset_minutes != old->utc_offset_minutes)
        return refuse(RESULT_IN_USE, 0); /* budgets count by its days */
    return accept(0, 0);
}

struct result apply_festival_put(struct engine *engine, const struct command_festival_put *command)
{
    u32 id;
    if (!put_find(engine, &command->header, &id) || !festival_fields_good(command))
        return refuse(RESULT_MALFORMED, 0);
    if (!exists(engine, LIMIT_currencies, command->currency))
        return refuse(RESULT_UNKNOWN_CURRENCY, 0);
    if (command->opens_ms >= command->closes_ms ||
        command->closes_ms - command->opens_ms > (i64)FESTIVAL_SECONDS_MAX * 1000)
        return refuse(RESULT_BAD_WINDOW, 0);
    struct festival row = engine->festivals[id];
    u64 seconds = window_seconds(command->opens_ms, command->closes_ms) + SECONDS_SPARE;
    if (id != 0) {
        struct result good = festival_change_good(engine, &row, command);
        if (good.code != RESULT_OK)
            return good;
    } else {
        if (room(engine, LIMIT_seconds) < seconds)
            return pool_full(LIMIT_seconds);
        row = (struct festival){.first_second = engine->head.count[LIMIT_seconds] + 1, .second_count = seconds};
    }
    row.opens_ms = command->opens_ms;
    row.closes_ms = command->closes_ms;
    row.usd_rate_e6 = command->usd_rate_e6;
    row.currency = command->currency;
    row.utc_offset_minutes = command->utc_offset_minutes;
    row.hold_ms = command->hold_ms == 0 ? HOLD_MS_DEFAULT : command->hold_ms;
    struct result result = put_row(engine, &command->header, id, &row);
    if (id == 0 && result.code == RESULT_OK)
        engine->head.count[LIMIT_seconds] += seconds;
    return result;
}

/* --- deals ------------------------------------------------------------------------- */

/* Of two deals for the same place, one at a time. */
static bool overlaps_another(const struct engine *engine, u32 id, const struct deal *deal)
{
    for (u32 i = engine->skus[deal->sku].first_deal; i != 0; i = engine->deals[i].next) {
        const struct deal *other = &engine->deals[i];
        if (i != id && other->festival == deal->festival && other->city == deal->city &&
            other->location == deal->location && deal->opens_ms < other->closes_ms &&
            other->opens_ms < deal->closes_ms)
            return true;
    }
    return false;
}

/* The checks that concern the fields alone, and what they refer to. */
static struct result deal_fields_good(const struct engine *engine, const struct command_deal_put *command)
{
    if (command->price_minor < 1 || command->price_minor > MONEY_MAX)
        return refuse(RESULT_BAD_AMOUNT, 0);
    if (!time_good(command->opens_ms) || !time_good(command->closes_ms))
        return refuse(RESULT_MALFORMED, 0);
    if (command->quota > UNITS_MAX || command->cap > UNITS_MAX)
        return refuse(RESULT_BAD_QUANTITY, 0);
    if (!exists(engine, LIMIT_festivals, command->festival))
        return refuse(RESULT_UNKNOWN_FESTIVAL, 0);
    if (!exists(engine, LIMIT_skus, command->sku))
        return refuse(RESULT_UNKNOWN_SKU, command->sku);
    if (command->city != 0 && !exists(engine, LIMIT_cities, command->city))
        return refuse(RESULT_UNKNOWN_CITY, 0);
    if (command->location != 0 && !exists(engine, LIMIT_locations, command->location))
        return refuse(RESULT_UNKNOWN_LOCATION, 0);
    if (command->city != 0 && command->location != 0)
        return refuse(RESULT_MALFORMED, 0);
    if (command->deal != 0 &&
        (!exists(engine, LIMIT_deals, command->deal) || engine->deals[command->deal].festival != command->festival ||
         engine->deals[command->deal].sku != command->sku))
        return refuse(RESULT_UNKNOWN_DEAL, 0);
    return accept(0, 0);
}

static struct result deal_change(struct engine *engine, const struct command_deal_put *command, struct deal row)
{
    struct deal *old = &engine->deals[command->deal];
    if (engine->time_ms >= old->opens_ms && row.opens_ms != old->opens_ms)
        return refuse(RESULT_BAD_WINDOW, 0);
    if (row.city != old->city || row.location != old->location || (old->cap == 0) != (row.cap == 0))
        return refuse(RESULT_IN_USE, 0);
    if (row.quota != 0 && row.quota < old->taken)
        return refuse(RESULT_QUOTA_BELOW_SOLD, old->taken);
    row.taken = old->taken;
    row.next = old->next;
    if (memcmp(&row, old, sizeof(row)) == 0)
        return no_change(command->deal, old->taken);
    *old = row;
    return accept(command->deal, row.taken);
}

struct result apply_deal_put(struct engine *engine, const struct command_deal_put *command)
{
    struct result good = deal_fields_good(engine, command);
    if (good.code != RESULT_OK)
        return good;
    const struct festival *festival = &engine->festivals[command->festival];
    struct sku *sku = &engine->skus[command->sku];
    struct deal row = {
        .price_minor = command->price_minor,
        .opens_ms = command->opens_ms == 0 ? festival->opens_ms : command->opens_ms,
        .closes_ms = command->closes_ms == 0 ? festival->closes_ms : command->closes_ms,
        .festival = command->festival,
        .sku = command->sku,
        .next = sku->first_deal,
        .quota = command->quota,
        .cap = command->cap,
        .city = command->city,
        .location = command->location,
    };
    if (row.opens_ms < festival->opens_ms || row.opens_ms >= row.closes_ms || row.closes_ms > festival->closes_ms ||
        overlaps_another(engine, command->deal, &row))
        return refuse(RESULT_BAD_WINDOW, 0);
    if (command->deal != 0)
        return deal_change(engine, command, row);

    u32 count = 0;
    for (u32 i = sku->first_deal; i != 0; i = engine->deals[i].next)
        count++;
    if (count >= DEALS_PER_SKU_MAX || room(engine, LIMIT_deals) == 0)
        return pool_full(LIMIT_deals);
    u32 id = new_row(engine, LIMIT_deals);
    engine->deals[id] = row;
    sku->first_deal = id;
    if (row.cap != 0)
        sku->capped = 1;
    return accept(id, 0);
}

struct deal_scope deal_scope(u32 festival, u32 city, u32 location, u8 channel, u8 delivery)
{
    bool in_store = delivery != DELIVERY_HOME || channel != CHANNEL_WEB;
    return (struct deal_scope){.festival = festival, .city = city, .location = in_store ? location : 0};
}

bool deal_is_for(const struct deal *deal, struct deal_scope scope)
{
    return deal->festival == scope.festival && (deal->city == 0 || deal->city == scope.city) &&
           (deal->location == 0 || deal->location == scope.location);
}

/* A store's deal counts before its city's, that one before one for everywhere. */
static unsigned deal_nearness(const struct deal *deal)
{
    return deal->location != 0 ? 2 : deal->city != 0;
}

u32 deal_open(const struct engine *engine, const struct sku *sku, struct deal_scope scope, i64 now_ms, i64 *opens_ms)
{
    u32 best = 0;
    *opens_ms = 0;
    for (u32 id = sku->first_deal; id != 0; id = engine->deals[id].next) {
        const struct deal *deal = &engine->deals[id];
        if (now_ms >= deal->closes_ms || !deal_is_for(deal, scope))
            continue;
        if (now_ms < deal->opens_ms) {
            if (*opens_ms == 0 || deal->opens_ms < *opens_ms)
                *opens_ms = deal->opens_ms;
        } else if (best == 0 || deal_nearness(deal) > deal_nearness(&engine->deals[best])) {
            best = id;
        }
    }
    return best;
}

/* --- who has how many ----------------------------------------------------------------- */

u64 cap_hash(u32 deal, u32 person)
{
    return mix64((u64)deal << 32 | person);
}

u32 cap_find(const struct engine *engine, u32 deal, u32 person)
{
    u32 tag = index_tag(cap_hash(deal, person));
    u64 at = index_home(&engine->cap_index, tag);
    u32 id;
    while ((id = index_next(&engine->cap_index, tag, &at)) != 0)
        if (engine->caps[id].deal == deal && engine->caps[id].person == person)
            return id;
    return 0;
}

void deal_take(struct engine *engine, u32 id, u32 cap, u32 person, u32 units)
{
    struct deal *deal = &engine->deals[id];
    deal->taken += units;
    ASSERT(deal->quota == 0 || deal->taken <= deal->quota);
    if (deal->cap == 0)
        return;
    if (cap == 0) {
        cap = new_row(engine, LIMIT_caps);
        engine->caps[cap] = (struct cap){.deal = id, .person = person};
        index_insert(&engine->cap_index, index_tag(cap_hash(id, person)), cap);
    }
    ASSERT(engine->caps[cap].deal == id && engine->caps[cap].person == person);
    engine->caps[cap].units += units;
    ASSERT(engine->caps[cap].units <= deal->cap);
}

void deal_give_back(struct engine *engine, u32 id, u32 person, u32 units)
{
    struct deal *deal = &engine->deals[id];
    ASSERT(deal->taken >= units);
    MARK_WHEN(DEAL_OPEN_AGAIN, deal->taken == deal->quota);
    deal->taken -= units;
    if (deal->cap == 0)
        return;
    u32 cap = cap_find(engine, id, person);
    ASSERT(cap != 0 && engine->caps[cap].units >= units);
    engine->caps[cap].units -= units;
}
