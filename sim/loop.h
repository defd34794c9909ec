/*
 * loop.h: the calls of libuv that src/door uses, on a simulated clock, network
 * and disk. The simulator is linked with loop.c in the place of libuv, so the
 * whole server runs in it unchanged, in one thread: which socket is ready first,
 * what a read gives, when a job of the pool ends, all follows from the seed.
 *
 * One loop at a time. Time stands still while the server works, but for a
 * microsecond with each look at a clock; it moves on when there is nothing to do.
 */
#ifndef ELEVEN_SIM_LOOP_H
#define ELEVEN_SIM_LOOP_H

#include "sim/disk.h"
#include "sim/net.h"

/* Called whenever the loop looks for something to do: the rest of the world acts as of now. Returns when it wants to
 * act next (monotonic, ns); what is not later than now ends the pass. */
typedef i64 sim_world_act(void *argument, i64 now_ns);

struct sim_loop_options {
    struct sim_disk *disk;      /* whose clock is the time, and whose appends wake the loop */
    struct net *net;
    u64 seed;
    i64 job_max_ns;             /* how long a job of the pool takes at most */
    sim_world_act *act;
    void *argument;
};
void sim_loop_init(const struct sim_loop_options *options);

/* uv_stop has been called since the last uv_loop_init: the server is done. */
bool sim_loop_stopped(void);

/* The simulated monotonic clock, moved on by the look; 0 before the first loop. */
i64 sim_loop_clock_ns(void);

/* Handles that are not closed yet: 0 when a server has cleaned up. */
u32 sim_loop_handles(void);

#endif
