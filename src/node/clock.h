/*
 * The server's clock: wall time that never goes back and does not jump. It
 * runs with the monotonic clock and is drawn towards wall time by at most one
 * part in a hundred, so a step of the system's clock in mid-sale neither opens
 * nor closes anything early.
 */
#ifndef ELEVEN_NODE_CLOCK_H
#define ELEVEN_NODE_CLOCK_H

#include "base/mark.h"
#include "io/io.h"

#define CLOCK_STEP_NS ((i64)1000000000) /* further from wall time than this, somebody has set a clock */

struct server_clock {
    i64 now_ns;             /* wall time as given out, since 1970 */
    i64 monotonic_ns;       /* when it was */
};

static inline void server_clock_start(struct server_clock *clock, const struct io *io, i64 not_before_ms)
{
    clock->monotonic_ns = io->monotonic_ns(io->context);
    clock->now_ns = MAX(io->wall_ms(io->context), not_before_ms) * 1000000;
}

static inline i64 server_clock_ms(struct server_clock *clock, const struct io *io)
{
    i64 monotonic_ns = io->monotonic_ns(io->context);
    i64 elapsed_ns = MAX(monotonic_ns - clock->monotonic_ns, 0);
    i64 wall_ns = io->wall_ms(io->context) * 1000000;
    i64 drift_ns = wall_ns - (clock->now_ns + elapsed_ns);
    i64 pull_ns = elapsed_ns / 100;
    MARK_WHEN(CLOCK_STEPPED_BACK, drift_ns < -CLOCK_STEP_NS);
    MARK_WHEN(CLOCK_STEPPED_ON, drift_ns > CLOCK_STEP_NS);
    clock->monotonic_ns = monotonic_ns;
    clock->now_ns += elapsed_ns + MAX(-pull_ns, MIN(pull_ns, drift_ns));
    return clock->now_ns / 1000000;
}

#endif
