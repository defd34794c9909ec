#include "door/limiter.h"

#include "base/assert.h"
#include "base/checksum.h"

#include <stdlib.h>

struct bucket {
    u64 who;
    i64 milli_tokens;       /* thousandths */
    i64 at_ms;
};

struct limiter {
    u32 rate;
    struct bucket buckets[LIMITER_PLACES];
};

struct limiter *limiter_open(u32 rate)
{
    struct limiter *limiter = calloc(1, sizeof(*limiter));
    ASSERT(limiter != NULL);
    limiter->rate = rate;
    return limiter;
}

void limiter_close(struct limiter *limiter)
{
    free(limiter);
}

u32 limiter_take(struct limiter *limiter, u64 who, u32 cost, i64 now_ms)
{
    if (limiter->rate == 0)
        return 0;
    struct bucket *bucket = &limiter->buckets[mix64(who) % LIMITER_PLACES];
    i64 full = (i64)limiter->rate * LIMITER_BURST_SECONDS * 1000;
    if (bucket->who != who || bucket->at_ms == 0)
        *bucket = (struct bucket){.who = who, .milli_tokens = full, .at_ms = now_ms};
    i64 passed_ms = MAX(now_ms - bucket->at_ms, 0);
    bucket->milli_tokens = MIN(full, bucket->milli_tokens + MIN(passed_ms, (i64)1000000) * limiter->rate);
    bucket->at_ms = now_ms;
    i64 needed = (i64)cost * 1000;
    if (bucket->milli_tokens >= needed) {
        bucket->milli_tokens -= needed;
        return 0;
    }
    i64 wait_ms = (needed - bucket->milli_tokens) / limiter->rate;
    return (u32)(wait_ms / 1000 + 1);
}
