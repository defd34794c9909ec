/*
 * The bare loop: what RAM, a hash table and a log cost without an order engine
 * around them; the measure the engine is held against. For each order: hash its
 * idempotency key into a table of the keys seen (a repeat is passed over), look up
 * each line's SKU, take the units off its stock, append the command's bytes to a
 * batch. Per batch: XXH3 checksum, one O_DIRECT write with RWF_DSYNC through
 * io_uring into a file zeroed ahead, two in flight, acknowledged when done.
 *
 * That is the least that may call itself taking orders; no shoppers, wallets,
 * caps, deals, routing, ledger, meters, nor the orders themselves. Without the
 * table of keys (`orders_max` 0) it shows what the disk allows.
 */
#ifndef ELEVEN_BENCH_BARE_H
#define ELEVEN_BENCH_BARE_H

#include "bench/workload.h"

struct bare;

struct bare_shape {
    u32 skus;               /* 1..skus have stock */
    u64 orders_max;         /* keys it remembers, over all runs; 0: none */
};

/* A log `path` of `log_bytes` is zeroed ahead. Ends the process when it cannot. */
struct bare *bare_open(const char *path, u64 log_bytes, const struct bare_shape *shape);
void bare_close(struct bare *bare); /* and removes the log */

/* Takes all orders and waits until they are durable; the log begins afresh. Returns the ns from first to last;
 * *accepted is how many new and in stock. */
i64 bare_run(struct bare *bare, const struct orders *orders, u64 *accepted);

#endif
