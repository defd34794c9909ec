/*
 * The model's gate and catalogue: docs/COMMANDS.md, "For every command" and
 * "Catalogue", in the order of that page.
 */
#include "test/naive.h"

#include "base/assert.h"
#include "base/gtin.h"
#include "base/money.h"

#include <stdlib.h>
#include <string.h>

/* --- rows ---------------------------------------------------------------- */

void *naive_grow(void *rows, u32 count, size_t size)
{
    if (count == 1 || (count & (count - 1)) == 0) {
        rows = realloc(rows, (size_t)count * 2 * size);
        ASSERT(rows != NULL);
    }
    memset((char *)rows + (size_t)count * size, 0, size);
    return rows;
}

static struct command_header *copy_command(const struct command_header *command)
{
    struct command_header *copy = malloc(command->size);
    ASSERT(copy != NULL);
    memcpy(copy, command, command->size);
    return copy;
}

struct naive *naive_create(const struct engine_limits *limits)
{
    struct naive *naive = calloc(1, sizeof *naive);
    ASSERT(naive != NULL);
    naive->limits = *limits;
    static const u8 at_first[] = {RULE_FEWEST, RULE_WISHED, RULE_CITY, RULE_NEAREST};
    memcpy(naive->rules, at_first, sizeof at_first);
    return naive;
}

void naive_free(struct naive *naive)
{
    for (u32 kind = 0; kind < NAIVE_KINDS; kind++) {
        for (u32 id = 1; id <= naive->put_count[kind]; id++)
            free(naive->puts[kind][id]);
        free(naive->puts[kind]);
    }
    for (u32 i = 1; i <= naive->answers_count; i++)
        free(naive->answers[i].command);
#define ROWS(type, name) free(naive->name);
    NAIVE_ROWS(ROWS)
#undef ROWS
    free(naive);
}

void naive_texts_full(struct naive *naive, bool full)
{
    naive->texts_full = full;
}

static bool same_body(const struct command_header *a, const struct command_header *b)
{
    return a->kind == b->kind && a->size == b->size && memcmp(a + 1, b + 1, a->size - sizeof *a) == 0;
}

/* --- catalogue ----------------------------------------------------------- */

static bool code_good(struct slice code)
{
    if (code.size < 1 || code.size > COMMAND_CODE_MAX)
        return false;
    for (size_t i = 0; i < code.size; i++)
        if ((u8)code.bytes[i] < 0x20 || code.bytes[i] == 0x7f)
            return false;
    return true;
}

static bool place_good(i32 longitude_e6, i32 latitude_e6)
{
    return longitude_e6 >= -180000000 && longitude_e6 <= 180000000 && latitude_e6 >= -90000000 &&
           latitude_e6 <= 90000000;
}

static struct result check_currency(struct naive *naive, const struct command_currency_put *put, u32 id)
{
    if (put->digits > 4)
        return naive_refuse(RESULT_MALFORMED, 0);
    if (id != 0 && NAIVE_PUT(naive, currency_put, CURRENCY_PUT, id)->digits != put->digits)
        return naive_refuse(RESULT_IN_USE, 0);
    return naive_ok(0, 0);
}

static struct result check_city(struct naive *naive, const struct command_city_put *put)
{
    if (!place_good(put->longitude_e6, put->latitude_e6))
        return naive_refuse(RESULT_MALFORMED, 0);
    if (!naive_exists(naive, COMMAND_COUNTRY_PUT, put->country))
        return naive_refuse(RESULT_UNKNOWN_COUNTRY, 0);
    return naive_ok(0, 0);
}

static struct result check_location(struct naive *naive, const struct command_location_put *put)
{
    if (!place_good(put->longitude_e6, put->latitude_e6) || put->kind < 1 || put->kind > 2 || put->services > 7)
        return naive_refuse(RESULT_MALFORMED, 0);
    if (!naive_exists(naive, COMMAND_CITY_PUT, put->city))
        return naive_refuse(RESULT_UNKNOWN_CITY, 0);
    return naive_ok(0, 0);
}

static struct result check_brand(struct naive *naive, const struct command_brand_put *put, u32 id)
{
    if (put->country != 0 && !naive_exists(naive, COMMAND_COUNTRY_PUT, put->country))
        return naive_refuse(RESULT_UNKNOWN_COUNTRY, 0);
    if (id != 0 && NAIVE_PUT(naive, brand_put, BRAND_PUT, id)->country != put->country && naive->brands[id].in_use)
        return naive_refuse(RESULT_IN_USE, 0);
    return naive_ok(0, 0);
}

static struct result check_sku(struct naive *naive, const struct command_sku_put *put, u32 id)
{
    if (put->for_sale > 1)
        return naive_refuse(RESULT_MALFORMED, 0);
    if (put->gtin != 0 && !gtin_valid(put->gtin))
        return naive_refuse(RESULT_BAD_GTIN, 0);
    if (!naive_exists(naive, COMMAND_DEPARTMENT_PUT, put->department))
        return naive_refuse(RESULT_UNKNOWN_DEPARTMENT, 0);
    if (put->brand != 0 && !naive_exists(naive, COMMAND_BRAND_PUT, put->brand))
        return naive_refuse(RESULT_UNKNOWN_BRAND, 0);
    if (!naive_exists(naive, COMMAND_SELLER_PUT, put->seller))
        return naive_refuse(RESULT_UNKNOWN_SELLER, 0);
    for (u32 other = 1; other <= naive->put_count[COMMAND_SKU_PUT]; other++)
        if (put->gtin != 0 && other != id && NAIVE_PUT(naive, sku_put, SKU_PUT, other)->gtin == put->gtin)
            return naive_refuse(RESULT_DUPLICATE_GTIN, other);
    if (id != 0 && naive->skus[id].ordered) {
        const struct command_sku_put *was = NAIVE_PUT(naive, sku_put, SKU_PUT, id);
        if (was->department != put->department || was->brand != put->brand || was->seller != put->seller)
            return naive_refuse(RESULT_IN_USE, 0);
    }
    return naive_ok(0, 0);
}

static struct result check_till(struct naive *naive, const struct command_till_put *put, u32 id)
{
    if (!naive_exists(naive, COMMAND_LOCATION_PUT, put->location) ||
        NAIVE_PUT(naive, location_put, LOCATION_PUT, put->location)->kind != LOCATION_STORE)
        return naive_refuse(RESULT_UNKNOWN_LOCATION, 0);
    if (put->shopper < 1 || put->shopper > naive->shoppers_count)
        return naive_refuse(RESULT_UNKNOWN_SHOPPER, 0);
    if (id != 0) {
        const struct command_till_put *was = NAIVE_PUT(naive, till_put, TILL_PUT, id);
        if (was->location != put->location || was->shopper != put->shopper)
            return naive_refuse(RESULT_IN_USE, 0);
    }
    return naive_ok(0, 0);
}

static bool time_good(i64 time_ms)
{
    return time_ms >= 0 && time_ms <= TIME_MS_MAX;
}

/* Whole seconds that a festival is metered by: its first window and a day. */
static u64 metered_seconds(i64 first_window_ms)
{
    return (u64)((first_window_ms + 999) / 1000 + 24 * 3600);
}

static struct result check_festival(struct naive *naive, const struct command_festival_put *put, u32 id, i64 now_ms)
{
    if (put->utc_offset_minutes < -720 || put->utc_offset_minutes > 840 || put->hold_ms > HOLD_MS_MAX ||
        put->usd_rate_e6 < 0 || !time_good(put->opens_ms) || !time_good(put->closes_ms))
        return naive_refuse(RESULT_MALFORMED, 0);
    if (!naive_exists(naive, COMMAND_CURRENCY_PUT, put->currency))
        return naive_refuse(RESULT_UNKNOWN_CURRENCY, 0);
    i64 window_ms = put->closes_ms - put->opens_ms;
    if (window_ms <= 0 || window_ms > (i64)FESTIVAL_SECONDS_MAX * 1000)
        return naive_refuse(RESULT_BAD_WINDOW, 0);
    if (id == 0)
        return naive_ok(0, 0);
    const struct command_festival_put *was = NAIVE_PUT(naive, festival_put, FESTIVAL_PUT, id);
    if (was->currency != put->currency)
        return naive_refuse(RESULT_CURRENCY_MISMATCH, 0);
    if (was->opens_ms != put->opens_ms && now_ms >= was->opens_ms)
        return naive_refuse(RESULT_BAD_WINDOW, 0);
    if ((u64)(window_ms + 999) / 1000 > metered_seconds(naive->festivals[id].first_window_ms))
        return naive_refuse(RESULT_BAD_WINDOW, 0);
    if (was->hold_ms != put->hold_ms ||
        (was->utc_offset_minutes != put->utc_offset_minutes && now_ms >= was->opens_ms))
        return naive_refuse(RESULT_IN_USE, 0);
    return naive_ok(0, 0);
}

static struct result check_put(struct naive *naive, const struct command_header *command, u32 id, i64 now_ms)
{
    const void *put = command;
    switch (command->kind) {
    case COMMAND_CURRENCY_PUT:
        return check_currency(naive, put, id);
    case COMMAND_CITY_PUT:
        return check_city(naive, put);
    case COMMAND_LOCATION_PUT:
        return check_location(naive, put);
    case COMMAND_BRAND_PUT:
        return check_brand(naive, put, id);
    case COMMAND_SKU_PUT:
        return check_sku(naive, put, id);
    case COMMAND_FESTIVAL_PUT:
        return check_festival(naive, put, id, now_ms);
    case COMMAND_TILL_PUT:
        return check_till(naive, put, id);
    default:
        return naive_ok(0, 0);
    }
}

static struct result put_room(const struct naive *naive, const struct command_header *command, bool is_new)
{
    const u64 room[NAIVE_KINDS] = {
        [COMMAND_CURRENCY_PUT] = naive->limits.currencies, [COMMAND_COUNTRY_PUT] = naive->limits.countries,
        [COMMAND_DEPARTMENT_PUT] = naive->limits.departments, [COMMAND_CITY_PUT] = naive->limits.cities,
        [COMMAND_LOCATION_PUT] = naive->limits.locations, [COMMAND_BRAND_PUT] = naive->limits.brands,
        [COMMAND_SELLER_PUT] = naive->limits.sellers, [COMMAND_SKU_PUT] = naive->limits.skus,
        [COMMAND_FESTIVAL_PUT] = naive->limits.festivals, [COMMAND_TILL_PUT] = naive->limits.tills,
    };
    const u16 limit[NAIVE_KINDS] = {
        [COMMAND_CURRENCY_PUT] = LIMIT_currencies, [COMMAND_COUNTRY_PUT] = LIMIT_countries,
        [COMMAND_DEPARTMENT_PUT] = LIMIT_departments, [COMMAND_CITY_PUT] = LIMIT_cities,
        [COMMAND_LOCATION_PUT] = LIMIT_locations, [COMMAND_BRAND_PUT] = LIMIT_brands,
        [COMMAND_SELLER_PUT] = LIMIT_sellers, [COMMAND_SKU_PUT] = LIMIT_skus,
        [COMMAND_FESTIVAL_PUT] = LIMIT_festivals, [COMMAND_TILL_PUT] = LIMIT_tills,
    };
    if (is_new && naive->put_count[command->kind] >= room[command->kind])
        return naive_refuse(RESULT_POOL_FULL, limit[command->kind]);
    if (is_new && command->kind == COMMAND_FESTIVAL_PUT) {
        const struct command_festival_put *put = (const void *)command;
        u64 seconds = metered_seconds(put->closes_ms - put->opens_ms);
        for (u32 id = 1; id <= naive->festivals_count; id++)
            seconds += metered_seconds(naive->festivals[id].first_window_ms);
        if (seconds > naive->limits.seconds)
            return NAIVE_FULL(seconds);
    }
    if (naive->texts_full)
        return NAIVE_FULL(text_bytes);
    return naive_ok(0, 0);
}

static void put_keep(struct naive *naive, struct command_header *kept, u32 id)
{
    u16 kind = kept->kind;
    if (kind == COMMAND_SKU_PUT && ((const struct command_sku_put *)(const void *)kept)->brand != 0)
        naive->brands[((const struct command_sku_put *)(const void *)kept)->brand].in_use = true;
    if (id <= naive->put_count[kind]) {
        free(naive->puts[kind][id]);
        naive->puts[kind][id] = kept;
        return;
    }
    naive->puts[kind] = naive_grow(naive->puts[kind], id, sizeof(struct command_header *));
    naive->puts[kind][id] = kept;
    naive->put_count[kind] = id;
    if (kind == COMMAND_FESTIVAL_PUT) {
        const struct command_festival_put *put = (const void *)kept;
        NAIVE_ADD(naive, festivals)->first_window_ms = put->closes_ms - put->opens_ms;
    } else if (kind == COMMAND_LOCATION_PUT) {
        (void)NAIVE_ADD(naive, locations);
    } else if (kind == COMMAND_BRAND_PUT) {
        (void)NAIVE_ADD(naive, brands);
    } else if (kind == COMMAND_SKU_PUT) {
        (void)NAIVE_ADD(naive, skus);
    } else if (kind == COMMAND_CURRENCY_PUT) {
        (void)NAIVE_ADD(naive, currencies);
    }
}

static struct result catalogue_put(struct naive *naive, const struct command_header *command, i64 now_ms)
{
    struct slice code = command_text(command, 0);
    if (!code_good(code))
        return naive_refuse(RESULT_MALFORMED, 0);
    u32 id = naive->put_count[command->kind];
    while (id > 0 && !slice_equal(command_text(naive->puts[command->kind][id], 0), code))
        id--;
    struct command_header *kept = copy_command(command);
    if (kept->kind == COMMAND_FESTIVAL_PUT && ((struct command_festival_put *)kept)->hold_ms == 0)
        ((struct command_festival_put *)kept)->hold_ms = HOLD_MS_DEFAULT;

    struct result result = check_put(naive, kept, id, now_ms);
    if (result.code == RESULT_OK && id != 0 && same_body(kept, naive->puts[kept->kind][id]))
        result = (struct result){.code = RESULT_NO_CHANGE, .id = id};
    if (result.code == RESULT_OK)
        result = put_room(naive, kept, id == 0);
    if (result.code != RESULT_OK) {
        free(kept);
        return result;
    }
    if (id == 0)
        id = naive->put_count[kept->kind] + 1;
    put_keep(naive, kept, id);
    return naive_ok(id, 0);
}

static struct result price_set(struct naive *naive, const struct command_price_set *set)
{
    if (!naive_exists(naive, COMMAND_SKU_PUT, set->sku))
        return naive_refuse(RESULT_UNKNOWN_SKU, set->sku);
    if (!naive_exists(naive, COMMAND_CURRENCY_PUT, set->currency))
        return naive_refuse(RESULT_UNKNOWN_CURRENCY, 0);
    if (set->price_minor < 1 || set->price_minor > MONEY_MAX)
        return naive_refuse(RESULT_BAD_AMOUNT, 0);
    u32 of_this_sku = 0;
    u64 further = 0;
    for (u32 i = 1; i <= naive->prices_count; i++) {
        struct naive_price *price = &naive->prices[i];
        if (price->sku == set->sku && price->currency == set->currency) {
            if (price->price_minor == set->price_minor)
                return (struct result){.code = RESULT_NO_CHANGE, .id = set->sku};
            price->price_minor = set->price_minor;
            return naive_ok(set->sku, 0);
        }
        if (price->sku == set->sku)
            of_this_sku++;
        for (u32 j = 1; j < i; j++)
            if (naive->prices[j].sku == price->sku) {
                further++;
                break;
            }
    }
    if (of_this_sku >= PRICES_PER_SKU_MAX || (of_this_sku > 0 && further >= naive->limits.prices))
        return NAIVE_FULL(prices);
    struct naive_price *price = NAIVE_ADD(naive, prices);
    *price = (struct naive_price){set->sku, set->currency, set->price_minor};
    return naive_ok(set->sku, 0);
}

/* --- the gate ------------------------------------------------------------ */

static struct result decide(struct naive *naive, const struct command_header *command, i64 now_ms)
{
    switch (command->kind) {
    case COMMAND_PRICE_SET:
        return price_set(naive, (const void *)command);
    case COMMAND_LOCATION_PLAN:
    case COMMAND_ROUTING_SET:
    case COMMAND_FESTIVAL_FLAGSHIP:
    case COMMAND_STOCK_RECEIVE:
    case COMMAND_STOCK_COUNT:
    case COMMAND_STOCK_MOVE:
    case COMMAND_STOCK_KEEP:
    case COMMAND_INBOUND_EXPECT:
    case COMMAND_INBOUND_SEND:
    case COMMAND_INBOUND_RECEIVE:
    case COMMAND_INBOUND_CLOSE:
        return naive_store(naive, command, now_ms);
    case COMMAND_DEAL_PUT:
        return naive_deal_put(naive, (const void *)command, now_ms);
    case COMMAND_SHOPPER_JOIN:
    case COMMAND_WALLET_TOP_UP:
    case COMMAND_WALLET_TRANSFER:
    case COMMAND_BUDGET_SET:
        return naive_shopper(naive, command, now_ms);
    case COMMAND_ORDER_PLACE:
        return naive_order_place(naive, (const void *)command, now_ms);
    case COMMAND_TILL_OPEN:
    case COMMAND_TILL_CLOSE:
    case COMMAND_TILL_CASH:
    case COMMAND_TILL_PAY:
    case COMMAND_TILL_RETURN:
    case COMMAND_TILL_VOID:
    case COMMAND_TILL_TAKE_BACK:
        return naive_till(naive, command, now_ms);
    default:
        return command_info(command->kind)->tail == TAIL_TEXTS ? catalogue_put(naive, command, now_ms)
                                                               : naive_life(naive, command, now_ms);
    }
}

/* The answer remembered for the command's key, if it is not forgotten yet. */
static const struct naive_answer *find_answer(const struct naive *naive, const struct command_header *command,
                                              i64 now_ms, u64 *remembered)
{
    const struct naive_answer *found = NULL;
    for (u32 i = 1; i <= naive->answers_count; i++) {
        const struct naive_answer *answer = &naive->answers[i];
        if (now_ms / 1000 - answer->answered_ms / 1000 > 86400)
            continue;
        (*remembered)++;
        const struct command_header *known = answer->command;
        if (known->caller == command->caller && known->key[0] == command->key[0] && known->key[1] == command->key[1])
            found = answer;
    }
    return found;
}

struct result naive_apply(struct naive *naive, const struct command_header *command)
{
    if (!time_good(command->time_ms))
        return naive_refuse(RESULT_MALFORMED, 0);
    i64 now_ms = MAX(command->time_ms, naive->now_ms);
    bool keyed = command->key[0] != 0 || command->key[1] != 0;
    if (keyed) {
        u64 remembered = 0;
        const struct naive_answer *answer = find_answer(naive, command, now_ms, &remembered);
        if (answer != NULL && !same_body(answer->command, command))
            return naive_refuse(RESULT_KEY_CONFLICT, 0);
        if (answer != NULL) {
            struct result again = answer->result;
            again.flags |= RESULT_REPLAYED;
            return again;
        }
        if (remembered >= naive->limits.answers)
            return NAIVE_FULL(answers);
    }
    struct result result = decide(naive, command, now_ms);
    if (result.code != RESULT_OK)
        return result;
    naive->now_ms = now_ms;
    naive->seq++;
    if (keyed) {
        struct naive_answer *answer = NAIVE_ADD(naive, answers);
        *answer = (struct naive_answer){copy_command(command), result, now_ms};
    }
    return result;
}
