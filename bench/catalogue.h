/*
 * The world the workload's orders live in, as commands for a new engine: one
 * currency and country, 20 cities, one warehouse, 50 brands, 100 sellers, 20
 * departments, one festival that is open now, SKUs with price and stock, deals on
 * SKU 1 (with a cap per person) and on the hot SKU, shoppers with a full wallet.
 * Ids come out as the workload expects them.
 */
#ifndef ELEVEN_BENCH_CATALOGUE_H
#define ELEVEN_BENCH_CATALOGUE_H

#include "bench/workload.h"

/* Gets each command; it is valid during the call. */
typedef void catalogue_sink(void *argument, const struct command_header *command);

struct catalogue {
    u32 cities;             /* 0: WORKLOAD_CITIES */
    u32 stores;             /* beside the warehouse, spread over the cities; catalogue_stores */
    u32 skus;               /* without the hot one */
    u32 shoppers;
    u32 cap;                /* units of SKU 1 per person */
    u32 price_per_mille;    /* of the workload's prices; 0: 1000 */
    i64 now_ms;             /* the festival is open around it */
    catalogue_sink *sink;
    void *argument;
};

/* In this order. */
void catalogue_base(const struct catalogue *catalogue);
void catalogue_skus(const struct catalogue *catalogue);
/* Each store sends parcels and holds the CATALOGUE_STORE_SKUS SKUs that are bought most. Every CATALOGUE_HOT_EVERY-th
 * holds the hot one too, and sends any number of parcels; the others CATALOGUE_STORE_ORDERS an hour. */
#define CATALOGUE_STORE_SKUS 100u
#define CATALOGUE_STORE_ORDERS 60000u
#define CATALOGUE_HOT_EVERY 250u
void catalogue_stores(const struct catalogue *catalogue);
void catalogue_shoppers(const struct catalogue *catalogue);

#endif
