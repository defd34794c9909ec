#include "bench/peer.h"

#include "bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_NS_MAX ((i64)3000000000)

bool peer_time_is_up(const struct peer_run *run)
{
    return measure_ns() >= run->deadline_ns;
}

static void print(const char *what, double value, const char *unit)
{
    char name[64];
    snprintf(name, sizeof(name), "%s.zipf%s", peer_name, what);
    measure_print(name, value, 0, unit);
}

static void run_slice(const char *target, u64 slice)
{
    struct orders orders;
    struct workload *workload = workload_open(WORKLOAD_SEED, WORKLOAD_SKUS, WORKLOAD_SHOPPERS);
    workload_begin(workload, slice);
    orders_open(&orders, peer_orders_per_slice);
    orders_fill(&orders, workload, WORKLOAD_ZIPF, peer_orders_per_slice);
    void *peer = peer_open(target, &orders);

    i64 start = measure_ns();
    struct peer_run run = {.orders = &orders, .deadline_ns = start + SLICE_NS_MAX};
    peer_run(peer, &run);
    i64 elapsed = measure_ns() - start;

    print("", measure_rate(run.answers[PEER_ACCEPTED], elapsed), "orders/s");
    print(".refused", (double)run.answers[PEER_REFUSED], "orders");
    print(".replayed", (double)run.answers[PEER_REPLAYED], "orders");
    peer_close(peer);
    orders_close(&orders);
    workload_close(workload);
}

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "setup") == 0) {
        peer_setup(arguments[2]);
    } else if (count == 4 && strcmp(arguments[1], "run") == 0) {
        run_slice(arguments[2], strtoull(arguments[3], NULL, 10));
    } else {
        fprintf(stderr, "usage: %s setup TARGET | run TARGET SLICE\n", arguments[0]);
        return 2;
    }
    return 0;
}
