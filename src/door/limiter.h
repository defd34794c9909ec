/*
 * Rate limits: a token bucket for each caller or address, in a table of fixed size. Of those that hash to
 * the same place the one that was seen last has it: a newcomer begins with a full bucket, so a limit can be undercut by
 * chance but nobody is limited for another.
 */
#ifndef ELEVEN_DOOR_LIMITER_H
#define ELEVEN_DOOR_LIMITER_H

#include "base/types.h"

struct limiter;

#define LIMITER_PLACES 65536u
#define LIMITER_BURST_SECONDS 4 /* what a bucket holds */

/* `rate`: a second; 0: no limit. */
struct limiter *limiter_open(u32 rate);
void limiter_close(struct limiter *limiter);

/* Takes `cost` tokens from the bucket of `who` (a hash). 0: there were enough; else in how many seconds there will
 * be. */
u32 limiter_take(struct limiter *limiter, u64 who, u32 cost, i64 now_ms);

#endif
