#include "bench/bench.h"

#include "base/assert.h"
#include "bench/bare.h"
#include "bench/engine.h"
#include "bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOT_SLICE ((u64)1 << 32)        /* slices of hot orders, latency, and so on have numbers of their own */
#define LATENCY_SLICE ((u64)2 << 32)
#define BARE_BYTES_PER_ORDER 96u
#define BARE_BYTES_SLACK ((u64)2 << 20)
#define SYNC_WRITES 2000u
#define LOAD_LATENCY 0.5                /* of the closed-loop rate */
#define LOAD_SNAPSHOT 0.25
#define PACED_SECONDS 2.0
#define MANY_SKUS 10000000u
#define MEMORY_SKUS 1000000u
#define STORES 10000u
#define STORES_CITIES 430u
#define CAP_NONE 1000u                  /* a cap nobody reaches */
#define SNAPSHOT_PAST 5u                /* slices of orders before the first snapshot */
#define PAST_EDGE ((u64)5000000)        /* first and last orders of the part "orders" */
#define BYTES_PER_ORDER_GUESS 220u
#define MEMORY_LEFT ((u64)3 << 30)

struct job {
    const char *directory;
    u32 rounds;
    u64 count;              /* orders of a slice */
    bool all;               /* latency, recovery and `between` as well */
    const char *between;    /* a command to run after each round; NULL: none */
    u64 past;
    struct workload *workload;
    struct orders orders;
    u32 *latencies;
    double rates[BENCH_ROUNDS_MAX]; /* of closed-loop runs; the open loops take a share of the median */
    u32 rate_count;
};

static struct engine_shape shape_of(const struct job *job, u32 skus, u32 cap, u64 orders_max, bool touched)
{
    return (struct engine_shape){
        .directory = job->directory,
        .skus = skus,
        .shoppers = WORKLOAD_SHOPPERS,
        .cap = cap,
        .orders_max = orders_max,
        .orders_ahead = orders_max,
        .now_ms = measure_wall_ms(),
        .touched = touched,
    };
}

static struct under_test *start(struct job *job, u32 skus, u32 cap, u64 orders_max, bool touched)
{
    struct engine_shape shape = shape_of(job, skus, cap, orders_max, touched);
    job->workload = workload_open(WORKLOAD_SEED, skus, WORKLOAD_SHOPPERS);
    orders_open(&job->orders, job->count);
    printf("# %s: seed %llu, %u SKUs, %u shoppers, %llu orders a run\n", job->directory,
           (unsigned long long)WORKLOAD_SEED, skus, WORKLOAD_SHOPPERS, (unsigned long long)job->count);
    return engine_start(&shape);
}

static void set_up(struct under_test *under_test)
{
    engine_set_up(under_test, catalogue_base);
    engine_set_up(under_test, catalogue_skus);
    engine_set_up(under_test, catalogue_shoppers);
}

static void stop(struct job *job, struct under_test *under_test)
{
    printf("# journal by %s\n", engine_appender(under_test));
    engine_stop(under_test);
    orders_close(&job->orders);
    workload_close(job->workload);
}

static void fill(struct job *job, u64 slice, enum workload_kind kind, u64 count)
{
    workload_begin(job->workload, slice);
    orders_fill(&job->orders, job->workload, kind, count);
}

/* One closed-loop run of what is in job->orders. */
static double run_closed(struct job *job, struct under_test *under_test, const char *name)
{
    char line[96];
    struct tally tally = {0};
    i64 elapsed = engine_run(under_test, &job->orders, &tally);
    double rate = measure_rate(tally.accepted, elapsed);
    measure_print(name, rate, 0, "orders/s");
    snprintf(line, sizeof(line), "%s.refused", name);
    measure_print(line, (double)tally.refused, 0, "orders");
    snprintf(line, sizeof(line), "%s.replayed", name);
    measure_print(line, (double)tally.replayed, 0, "orders");
    return rate;
}

/* The bare loops: with and without keys. */
struct bares {
    struct bare *bare;
    struct bare *append;
};

static struct bare *start_bare(const struct job *job, const char *suffix, u64 orders_max)
{
    char path[512];
    snprintf(path, sizeof(path), "%s.%s", job->directory, suffix);
    struct bare_shape shape = {WORKLOAD_SKUS, orders_max};
    return bare_open(path, job->count * BARE_BYTES_PER_ORDER + BARE_BYTES_SLACK, &shape);
}

static void run_bare(struct job *job, struct bare *bare, const char *name)
{
    u64 accepted = 0;
    i64 elapsed = bare_run(bare, &job->orders, &accepted);
    measure_print(name, measure_rate(accepted, elapsed), 0, "orders/s");
}

static void run_round(struct job *job, struct under_test *under_test, struct bares *bares, u32 round)
{
    fill(job, round, WORKLOAD_ZIPF, job->count);
    run_bare(job, bares->bare, "bare.zipf");
    run_bare(job, bares->append, "append.zipf");
    job->rates[job->rate_count++] = run_closed(job, under_test, "engine.zipf");
    fill(job, HOT_SLICE + round, WORKLOAD_HOT, job->count);
    run_closed(job, under_test, "engine.hot");
}

/* The open loop at a share of the closed-loop rate; leaves job->latencies sorted, returns how many. */
static size_t run_paced(struct job *job, struct under_test *under_test, u64 slice, double load, bool snapshots)
{
    double rate = measure_median(job->rates, job->rate_count) * load;
    u64 count = MIN(job->count, (u64)(rate * PACED_SECONDS));
    fill(job, slice, WORKLOAD_ZIPF, count);
    engine_run_paced(under_test, &job->orders, rate, snapshots, job->latencies);
    return count;
}

static void run_latency(struct job *job, struct under_test *under_test, u32 round)
{
    char path[512];
    snprintf(path, sizeof(path), "%s.sync", job->directory);
    measure_sync_writes(path, SYNC_WRITES);
    size_t count = run_paced(job, under_test, LATENCY_SLICE + round, LOAD_LATENCY, false);
    measure_print("latency.p50", measure_percentile(job->latencies, count, 500) / 1e3, 1, "us");
    measure_print("latency.p99", measure_percentile(job->latencies, count, 990) / 1e3, 1, "us");
}

static void call_others(const struct job *job, u32 round)
{
    char command[512];
    snprintf(command, sizeof(command), "%s %u", job->between, round);
    fflush(stdout);
    if (system(command) != 0) /* NOLINT(cert-env33-c): what follows --between on the command line of a benchmark */
        measure_fail("%s failed", command);
}

static void part_rounds(struct job *job)
{
    bool all = job->all;
    u64 orders_max = job->rounds * job->count * (all ? 3 : 2);
    struct under_test *under_test = start(job, WORKLOAD_SKUS, WORKLOAD_CAP, orders_max, true);
    struct bares bares = {start_bare(job, "bare", job->rounds * job->count), start_bare(job, "append", 0)};
    set_up(under_test);
    for (u32 round = 0; round < job->rounds; round++) {
        run_round(job, under_test, &bares, round);
        if (job->between != NULL)
            call_others(job, round);
    }
    bare_close(bares.bare);
    bare_close(bares.append);
    for (u32 round = 0; all && round < job->rounds; round++)
        run_latency(job, under_test, round);
    for (u32 round = 0; all && round < job->rounds; round++)
        measure_print("recovery.replay", engine_reopen(under_test), 0, "orders/s");
    stop(job, under_test);
}

/* The same orders to two engines in turns: one with a warehouse, one with ten thousand stores beside it. */
static void part_stores(struct job *job)
{
    char directory[512];
    snprintf(directory, sizeof(directory), "%s.stores", job->directory);
    u64 orders_max = job->rounds * job->count;
    struct engine_shape shape = shape_of(job, WORKLOAD_SKUS, WORKLOAD_CAP, orders_max, true);
    shape.cities = STORES_CITIES;
    struct under_test *warehouse = engine_start(&shape);
    shape.directory = directory;
    shape.stores = STORES;
    shape.orders_max = 2 * orders_max;
    struct under_test *stores = engine_start(&shape);
    job->workload = workload_open(WORKLOAD_SEED, WORKLOAD_SKUS, WORKLOAD_SHOPPERS);
    workload_spread(job->workload, STORES_CITIES);
    orders_open(&job->orders, job->count);
    printf("# %s: seed %llu, %u stores in %u cities, %llu orders a run\n", job->directory,
           (unsigned long long)WORKLOAD_SEED, STORES, STORES_CITIES, (unsigned long long)job->count);
    set_up(warehouse);
    set_up(stores);
    engine_set_up(stores, catalogue_stores);
    for (u32 round = 0; round < job->rounds; round++) {
        fill(job, round, WORKLOAD_ZIPF, job->count);
        run_closed(job, warehouse, "warehouse.zipf");
        run_closed(job, stores, "stores.zipf");
        fill(job, HOT_SLICE + round, WORKLOAD_HOT, job->count);
        measure_print("stores.rare", 1e9 / run_closed(job, stores, "stores.rare_rate"), 0, "ns");
    }
    engine_stop(stores);
    stop(job, warehouse);
}

static void print_stall(struct job *job, size_t count, const char *p999, const char *longest)
{
    measure_print(p999, measure_percentile(job->latencies, count, 999) / 1e3, 1, "us");
    measure_print(longest, measure_longest(job->latencies, count) / 1e3, 1, "us");
}

static void part_snapshot(struct job *job)
{
    struct under_test *under_test = start(job, WORKLOAD_SKUS, WORKLOAD_CAP,
                                          (SNAPSHOT_PAST + 2 * job->rounds) * job->count, true);
    set_up(under_test);
    for (u32 slice = 0; slice < SNAPSHOT_PAST; slice++) {
        struct tally tally = {0};
        fill(job, slice, WORKLOAD_ZIPF, job->count);
        i64 elapsed = engine_run(under_test, &job->orders, &tally);
        job->rates[job->rate_count++] = measure_rate(tally.accepted, elapsed);
    }
    for (u32 round = 0; round < job->rounds; round++) {
        size_t count = run_paced(job, under_test, LATENCY_SLICE + (u64)2 * round, LOAD_SNAPSHOT, false);
        print_stall(job, count, "snapshot.without_p999", "snapshot.without_longest");
        count = run_paced(job, under_test, LATENCY_SLICE + (u64)2 * round + 1, LOAD_SNAPSHOT, true);
        print_stall(job, count, "snapshot.stall_p999", "snapshot.stall_longest");
        engine_wait_for_snapshot(under_test);
    }
    stop(job, under_test);
}

/* Prints the resident bytes that came since `before`, by the piece, and returns what is resident now. */
static u64 print_memory(const char *name, u64 before, u64 pieces)
{
    u64 now = measure_resident_bytes();
    measure_print(name, (double)(now - before) / (double)pieces, 1, "B");
    return now;
}

static void part_memory(struct job *job)
{
    u64 orders_max = job->rounds * job->count;
    struct under_test *under_test = start(job, MEMORY_SKUS, WORKLOAD_CAP, orders_max, false);
    engine_set_up(under_test, catalogue_base);
    u64 resident = measure_resident_bytes();
    engine_set_up(under_test, catalogue_skus);
    resident = print_memory("memory.sku", resident, MEMORY_SKUS);
    engine_set_up(under_test, catalogue_shoppers);
    resident = print_memory("memory.shopper", resident, WORKLOAD_SHOPPERS);
    for (u32 round = 0; round < job->rounds; round++) {
        struct tally tally = {0};
        fill(job, round, WORKLOAD_ZIPF, job->count);
        engine_run(under_test, &job->orders, &tally);
    }
    print_memory("memory.order", resident, orders_max);
    stop(job, under_test);
}

static void part_skus(struct job *job)
{
    struct under_test *under_test = start(job, MANY_SKUS, WORKLOAD_CAP, job->rounds * job->count, true);
    set_up(under_test);
    for (u32 round = 0; round < job->rounds; round++) {
        fill(job, round, WORKLOAD_ZIPF, job->count);
        run_closed(job, under_test, "engine.flat.skus");
    }
    stop(job, under_test);
}

static void part_orders(struct job *job)
{
    u64 past = job->past, available = measure_available_bytes();
    u64 room = available > MEMORY_LEFT ? (available - MEMORY_LEFT) / BYTES_PER_ORDER_GUESS : 0;
    past = MIN(past, room) / job->count * job->count;
    if (past < 2 * PAST_EDGE)
        measure_fail("memory for %llu past orders is too little", (unsigned long long)past);
    struct under_test *under_test = start(job, WORKLOAD_SKUS, CAP_NONE, past, true);
    set_up(under_test);
    measure_print("engine.flat.past_orders", (double)past, 0, "orders");
    for (u64 done = 0; done < past; done += job->count) {
        fill(job, done / job->count, WORKLOAD_ZIPF, job->count);
        struct tally tally = {0};
        i64 elapsed = engine_run(under_test, &job->orders, &tally);
        const char *name = done < PAST_EDGE          ? "engine.flat.orders_first"
                           : done >= past - PAST_EDGE ? "engine.flat.orders_last"
                                                      : "engine.flat.orders_between";
        measure_print(name, measure_rate(tally.accepted, elapsed), 0, "orders/s");
    }
    stop(job, under_test);
}

bool bench_run(const struct bench *bench)
{
    static const struct {
        const char *name;
        void (*run)(struct job *job);
    } parts[] = {
        {"quick", part_rounds},   {"rounds", part_rounds}, {"snapshot", part_snapshot},
        {"stores", part_stores},
        {"memory", part_memory},  {"skus", part_skus},     {"orders", part_orders},
    };
    ASSERT(bench->rounds > 0 && bench->rounds <= BENCH_ROUNDS_MAX && bench->orders > 0);
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
        if (strcmp(bench->part, parts[i].name) != 0)
            continue;
        struct job job = {
            .directory = bench->directory,
            .rounds = bench->rounds,
            .count = bench->orders,
            .all = strcmp(bench->part, "rounds") == 0,
            .between = bench->between,
            .past = bench->past,
            .latencies = measure_memory(bench->orders * sizeof(*job.latencies)),
        };
        parts[i].run(&job);
        free(job.latencies);
        return true;
    }
    return false;
}
