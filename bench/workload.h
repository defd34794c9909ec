/*
 * The workload: the orders that the engine, the bare loop and every peer get,
 * as order.place commands in the engine's own byte layout, back to back. Same
 * seed, same bytes. Orders of the kind
 *
 *   zipf  1-3 lines (uniform) of different SKUs, drawn by Zipf's law with
 *         exponent 0.99; quantity 1
 *   hot   1 line, quantity 1, all of the one hot SKU
 *
 * are placed by shoppers drawn uniformly, sent home from the one warehouse,
 * paid from the wallet at once, and state the total that the shopper saw. One
 * in a hundred is an earlier order of the same slice again: same key, same body.
 *
 * SKUs are 1..skus; the hot one is skus + 1. Zipf ranks are strewn over the ids,
 * so that popular SKUs are not neighbours in memory. SKU 1 has rank 1.
 */
#ifndef ELEVEN_BENCH_WORKLOAD_H
#define ELEVEN_BENCH_WORKLOAD_H

#include "base/types.h"
#include "core/command.h"

#define WORKLOAD_SEED ((u64)20091111)
#define WORKLOAD_SKUS 10000u
#define WORKLOAD_SHOPPERS 1000000u
#define WORKLOAD_LINES_MAX 3u
#define WORKLOAD_CITIES 20u
#define WORKLOAD_CAP 6u                 /* units of SKU 1 a person may buy in its deal */
#define WORKLOAD_REPEATS_PER_10000 100u
#define WORKLOAD_STOCK 500000000u       /* units of each SKU at first */
#define WORKLOAD_BALANCE_MINOR ((i64)10000000000) /* of each wallet at first */

/* Bytes of the largest order. */
#define WORKLOAD_ORDER_BYTES_MAX \
    (sizeof(struct command_order_place) + WORKLOAD_LINES_MAX * sizeof(struct order_line_asked))

enum workload_kind { WORKLOAD_ZIPF, WORKLOAD_HOT };

struct workload;

struct workload *workload_open(u64 seed, u32 skus, u32 shoppers);
void workload_close(struct workload *workload);

/* From now on orders go to `cities` cities, WORKLOAD_CITIES at first. */
void workload_spread(struct workload *workload, u32 cities);

/* The next orders are those of this slice: other orders and keys, the same distribution. */
void workload_begin(struct workload *workload, u64 slice);

/* The SKU of rank `rank` (from 0) in what is bought most. */
u32 workload_ranked_sku(u32 rank, u32 skus);
u32 workload_hot_sku(const struct workload *workload);
i64 workload_price(u32 sku, u32 hot_sku);       /* as sold: a deal's price where there is one */
i64 workload_list_price(u32 sku);               /* outside of deals */

/* A slice of orders in memory. */
struct orders {
    u8 *bytes;
    size_t size;
    size_t count;
    u32 *places;            /* of each order, in units of 8 bytes */
    size_t count_max;
};

void orders_open(struct orders *orders, size_t count_max);
void orders_close(struct orders *orders);

/* Replaces what is there by the workload's next `count` <= count_max orders. */
void orders_fill(struct orders *orders, struct workload *workload, enum workload_kind kind, size_t count);

static inline const struct command_order_place *orders_at(const struct orders *orders, size_t index)
{
    return (const struct command_order_place *)(orders->bytes + (size_t)orders->places[index] * 8);
}

#endif
