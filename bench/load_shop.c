/*
 * bench-shop: a data folder for the doors, with the world the workload's orders
 * live in (catalogue.h): 10,000 SKUs, a million shoppers with full wallets, a
 * festival that is open for ten days. Made by the library, closed again.
 *
 *   bench-shop DIR ORDERS       room for so many orders
 */
#include "bench/engine.h"
#include "bench/measure.h"

#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments)
{
    char *end = NULL;
    u64 orders = count == 3 ? strtoull(arguments[2], &end, 10) : 0;
    if (orders == 0 || *end != 0) {
        fputs("usage: bench-shop DIR ORDERS\n", stderr);
        return 2;
    }
    const struct engine_shape shape = {
        .directory = arguments[1],
        .skus = WORKLOAD_SKUS,
        .shoppers = WORKLOAD_SHOPPERS,
        .cap = WORKLOAD_CAP,
        .orders_max = orders,
        .now_ms = measure_wall_ms(),
    };
    struct under_test *under_test = engine_start(&shape);
    engine_set_up(under_test, catalogue_base);
    engine_set_up(under_test, catalogue_skus);
    engine_set_up(under_test, catalogue_shoppers);
    engine_stop(under_test);
    return 0;
}
