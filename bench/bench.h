/*
 * Our figures, in parts; each needs a new data folder of its own:
 *
 *   quick      bare loops, engine.zipf, engine.hot
 *   rounds     as quick, and a command after each round (the peers); latency, recovery
 *   stores     ten thousand stores against one warehouse
 *   snapshot   stalls while a snapshot is written
 *   memory     resident bytes a SKU, shopper, order
 *   skus       ten million SKUs
 *   orders     as many past orders as are asked for and memory holds
 *
 * A round runs one slice of orders of each kind, one after another, so that what
 * drifts on the machine hits all alike. Every run prints its lines, `name value
 * unit`; bench/run takes the medians.
 */
#ifndef ELEVEN_BENCH_BENCH_H
#define ELEVEN_BENCH_BENCH_H

#include "base/types.h"

#define BENCH_ROUNDS_MAX 100u

struct bench {
    const char *part;
    const char *directory;  /* of the data folder, not made yet; the caller removes it */
    u32 rounds;             /* 1..BENCH_ROUNDS_MAX */
    u64 orders;             /* of a slice */
    const char *between;    /* part rounds: a command, which gets the number of the round; NULL: none */
    u64 past;               /* part orders */
};

/* False: there is no such part. Ends the process with a message when something fails. */
bool bench_run(const struct bench *bench);

#endif
