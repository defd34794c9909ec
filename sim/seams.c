/*
 * seams.c: the few calls besides libuv's and the engine's that would let the
 * real world in; the linker puts these in their place (sim.mk). Clocks are the
 * simulated one; the audit trail of acts, which a thread writes beside the sale,
 * is kept nowhere.
 */
#include "access/access.h"
#include "sim/loop.h"

#include <time.h>

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker gives them their names. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
void __wrap_access_act(struct access *access, const struct access_act *act);
bool __wrap_access_acts_full(struct access *access);
void __wrap_access_trail_key_used(struct access *access, u32 key_id, i64 used_ms);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    i64 now_ns = sim_loop_clock_ns();
    (void)clock;
    *now = (struct timespec){.tv_sec = now_ns / 1000000000, .tv_nsec = now_ns % 1000000000};
    return 0;
}

void __wrap_access_act(struct access *access, const struct access_act *act)
{
    (void)access;
    (void)act;
}

bool __wrap_access_acts_full(struct access *access)
{
    (void)access;
    return false;
}

void __wrap_access_trail_key_used(struct access *access, u32 key_id, i64 used_ms)
{
    (void)access;
    (void)key_id;
    (void)used_ms;
}
/* NOLINTEND(bugprone-reserved-identifier) */
