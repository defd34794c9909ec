/*
 * The engine under test: a data folder of its own, opened through the public
 * library (eleven.h) and nothing else, and the two ways to drive it:
 *
 *   closed  submit as much as it takes, poll, until all is answered: throughput
 *   open    orders arrive by the clock at a given rate whether or not the ones
 *           before are answered; each is timed from the moment at which it should
 *           have arrived, so a stall counts for everybody behind it: latency
 */
#ifndef ELEVEN_BENCH_ENGINE_H
#define ELEVEN_BENCH_ENGINE_H

#include "bench/catalogue.h"
#include "bench/workload.h"
#include "eleven.h"

struct engine_shape {
    const char *directory;
    u32 cities;             /* 0: WORKLOAD_CITIES */
    u32 stores;             /* beside the warehouse */
    u32 skus;
    u32 shoppers;
    u32 cap;
    u32 price_per_mille;    /* of the workload's prices; 0: 1000 */
    u64 orders_max;         /* room in memory */
    u64 orders_ahead;       /* journal zeroed ahead for so many, beside the set-up */
    i64 now_ms;
    bool touched;           /* all memory is touched before open returns, as before a sale; else with use */
};

struct under_test;

/* Makes the folder and opens it, empty. Ends the process with a sentence when that fails. */
struct under_test *engine_start(const struct engine_shape *shape);

/* Runs one part of the catalogue; every command must be accepted. */
void engine_set_up(struct under_test *under_test, void (*part)(const struct catalogue *catalogue));

/* How orders were answered, durably. Any other answer ends the process. */
struct tally {
    u64 accepted;
    u64 refused;            /* limit-reached: the cap */
    u64 replayed;
};

/* Closed loop. Returns ns from the first submit to the last durable answer. */
i64 engine_run(struct under_test *under_test, const struct orders *orders, struct tally *tally);

/* Open loop at `rate` orders/s; latencies_ns[i] is order i's, from its scheduled arrival to its durable answer.
 * With `snapshots`, one is being written from the first order on. */
void engine_run_paced(struct under_test *under_test, const struct orders *orders, double rate, bool snapshots,
                      u32 *latencies_ns);

/* Lets a running snapshot finish. */
void engine_wait_for_snapshot(struct under_test *under_test);

/* Closes without a snapshot, opens again from the journal alone. Returns orders replayed per second; the state must
 * be the same as before (sequence number and chain). */
double engine_reopen(struct under_test *under_test);

const char *engine_appender(const struct under_test *under_test); /* "io_uring" or "thread" */
void engine_stop(struct under_test *under_test);

#endif
