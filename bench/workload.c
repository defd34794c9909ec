#include "bench/workload.h"

#include "base/assert.h"
#include "base/prng.h"
#include "bench/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ZIPF_EXPONENT 0.99
#define RANK_STRIDE 7919u   /* a prime that divides no number of SKUs we use */
#define REDRAWS_MAX 16
#define CALLER 1u
#define PLACE_UNIT 8u

/* Walker's alias method: a rank in O(1). */
struct alias {
    u32 keep;               /* of 2^32: how often the slot itself is taken */
    u32 other;
};

struct workload {
    struct prng prng;
    u64 seed;
    u32 skus;
    u32 shoppers;
    u32 cities;
    struct alias *aliases;
};

static void alias_build(struct alias *aliases, u32 count)
{
    double *share = measure_memory(count * sizeof(*share));
    u32 *small = measure_memory(count * sizeof(*small)), *large = measure_memory(count * sizeof(*large));
    double sum = 0;
    for (u32 i = 0; i < count; i++)
        sum += share[i] = pow(i + 1.0, -ZIPF_EXPONENT);

    u32 small_count = 0, large_count = 0;
    for (u32 i = 0; i < count; i++) {
        share[i] *= count / sum;
        aliases[i] = (struct alias){UINT32_MAX, i};
        if (share[i] < 1)
            small[small_count++] = i;
        else
            large[large_count++] = i;
    }
    while (small_count > 0 && large_count > 0) {
        u32 low = small[--small_count], high = large[large_count - 1];
        aliases[low] = (struct alias){(u32)(share[low] * 4294967295.0), high};
        share[high] -= 1 - share[low];
        if (share[high] < 1) {
            large_count--;
            small[small_count++] = high;
        }
    }
    free(share);
    free(small);
    free(large);
}

struct workload *workload_open(u64 seed, u32 skus, u32 shoppers)
{
    ASSERT(skus > WORKLOAD_LINES_MAX && skus % RANK_STRIDE != 0 && shoppers > 0);
    struct workload *workload = measure_memory(sizeof(*workload));
    workload->seed = seed;
    workload->skus = skus;
    workload->shoppers = shoppers;
    workload->cities = WORKLOAD_CITIES;
    workload->aliases = measure_memory(skus * sizeof(*workload->aliases));
    alias_build(workload->aliases, skus);
    workload_begin(workload, 0);
    return workload;
}

void workload_begin(struct workload *workload, u64 slice)
{
    prng_seed(&workload->prng, workload->seed ^ mix64(slice + 1));
}

void workload_spread(struct workload *workload, u32 cities)
{
    ASSERT(cities > 0 && cities <= UINT16_MAX);
    workload->cities = cities;
}

u32 workload_ranked_sku(u32 rank, u32 skus)
{
    return 1 + (u32)((u64)rank * RANK_STRIDE % skus);
}

void workload_close(struct workload *workload)
{
    free(workload->aliases);
    free(workload);
}

u32 workload_hot_sku(const struct workload *workload)
{
    return workload->skus + 1;
}

i64 workload_list_price(u32 sku)
{
    return (i64)(100 + mix64(sku) % 9900);
}

i64 workload_price(u32 sku, u32 hot_sku)
{
    i64 price = workload_list_price(sku);
    return sku == 1 || sku == hot_sku ? price / 2 : price;
}

static u32 draw_sku(struct workload *workload)
{
    u64 random = prng_next(&workload->prng);
    u32 slot = (u32)(((random >> 32) * workload->skus) >> 32);
    struct alias alias = workload->aliases[slot];
    u32 rank = (u32)random <= alias.keep ? slot : alias.other;
    return workload_ranked_sku(rank, workload->skus);
}

/* A SKU that is not among the first `count` lines. */
static u32 draw_other_sku(struct workload *workload, const struct order_line_asked *lines, u32 count)
{
    u32 sku = draw_sku(workload);
    for (u32 i = 0, redraws = 0; i < count; i++) {
        if (lines[i].sku != sku)
            continue;
        sku = ++redraws < REDRAWS_MAX ? draw_sku(workload) : 1 + sku % workload->skus;
        i = UINT32_MAX; /* look at all of them again */
    }
    return sku;
}

/* Writes one new order and returns its size. */
static size_t draw_order(struct workload *workload, enum workload_kind kind, u8 *bytes)
{
    struct prng *prng = &workload->prng;
    struct command_order_place *place = (struct command_order_place *)bytes;
    struct order_line_asked *lines = (struct order_line_asked *)(place + 1);
    u32 count = kind == WORKLOAD_HOT ? 1 : 1 + (u32)prng_below(prng, WORKLOAD_LINES_MAX);
    u32 hot_sku = workload_hot_sku(workload);
    i64 total = 0;
    for (u32 i = 0; i < count; i++) {
        u32 sku = kind == WORKLOAD_HOT ? hot_sku : draw_other_sku(workload, lines, i);
        lines[i] = (struct order_line_asked){sku, 1};
        total += workload_price(sku, hot_sku);
    }
    size_t size = sizeof(*place) + count * sizeof(*lines);
    *place = (struct command_order_place){
        .header = {.kind = COMMAND_ORDER_PLACE, .size = (u16)size, .caller = CALLER,
                   .key = {prng_next(prng) | 1, prng_next(prng)}},
        .expected_total_minor = total,
        .shopper = 1 + (u32)prng_below(prng, workload->shoppers),
        .festival = 1,
        .city = (u16)(1 + prng_below(prng, workload->cities)),
        .currency = 1,
        .line_count = (u16)count,
        .channel = CHANNEL_WEB,
        .delivery = DELIVERY_HOME,
        .payment = PAYMENT_WALLET,
    };
    return size;
}

void orders_open(struct orders *orders, size_t count_max)
{
    *orders = (struct orders){.count_max = count_max};
    orders->bytes = measure_memory(count_max * WORKLOAD_ORDER_BYTES_MAX);
    orders->places = measure_memory(count_max * sizeof(*orders->places));
}

void orders_close(struct orders *orders)
{
    free(orders->bytes);
    free(orders->places);
    *orders = (struct orders){0};
}

void orders_fill(struct orders *orders, struct workload *workload, enum workload_kind kind, size_t count)
{
    ASSERT(count <= orders->count_max);
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        u8 *bytes = orders->bytes + size;
        orders->places[i] = (u32)(size / PLACE_UNIT);
        orders->count = i;
        if (i > 0 && prng_chance(&workload->prng, WORKLOAD_REPEATS_PER_10000, 10000)) {
            const struct command_order_place *before = orders_at(orders, prng_below(&workload->prng, i));
            memcpy(bytes, before, before->header.size);
        } else {
            draw_order(workload, kind, bytes);
        }
        size += ((const struct command_header *)bytes)->size;
        ASSERT(size % PLACE_UNIT == 0);
    }
    orders->size = size;
    orders->count = count;
}
