/*
 * What the benches of the peers share: main(), the orders, the clock. A peer
 * stores the same orders with the same durability as the engine: per order, in
 * one atomic step, it looks whether the idempotency key is known, whether there
 * is stock for every line and money in the wallet; takes both; and keeps the
 * order's bytes under its key. An order counts once the peer says that it is
 * synced to the disk. The total comes with the order; there are no deals, caps,
 * festivals, sellers or meters.
 *
 *   bench-NAME setup TARGET        tables, stock, wallets
 *   bench-NAME run TARGET SLICE    one slice; prints NAME.zipf
 */
#ifndef ELEVEN_BENCH_PEER_H
#define ELEVEN_BENCH_PEER_H

#include "bench/workload.h"

/* Answer to an order. */
enum peer_answer { PEER_ACCEPTED, PEER_REFUSED, PEER_REPLAYED, PEER_ANSWERS };

struct peer_run {
    const struct orders *orders;
    i64 deadline_ns;                /* begin no new batch after this */
    u64 answers[PEER_ANSWERS];      /* durable ones, to be counted by the peer */
};

/* Given by each peer's file. */
extern const char *const peer_name;
extern const size_t peer_orders_per_slice;  /* generated; a run also ends by time */
void peer_setup(const char *target);
void *peer_open(const char *target, const struct orders *orders);   /* connections; bytes made ready; not timed */
void peer_run(void *peer, struct peer_run *run);                    /* timed */
void peer_close(void *peer);

/* Wallet and stock that every peer begins with are WORKLOAD_BALANCE_MINOR and WORKLOAD_STOCK. */
bool peer_time_is_up(const struct peer_run *run);

#endif
