/*
 * What is promised when an order is placed: the minute by which it arrives or
 * is ready, from the plan of the location that it comes from. Pure functions of
 * that plan and the time; called by order.c and life.c, never by a check: a
 * promise refuses nothing.
 */
#include "core/internal.h"

/* Days since 1970 of a local time, which is negative in the west on the first day. */
static i64 day_of(i64 local_ms)
{
    return local_ms >= 0 ? local_ms / DAY_MS : -((DAY_MS - 1 - local_ms) / DAY_MS);
}

/* A plan has work on one day of a week at least. */
static i64 day_of_work_after(const struct location *location, i64 day)
{
    for (unsigned i = 0; i < 7; i++)
        if (engine_opening(location, ++day).closes_min != 0)
            return day;
    ASSERT(false);
    return day;
}

/* The end of the local day on which it arrives; in local minutes. */
static i64 arrives_min(const struct location *location, u32 city, i64 local_ms)
{
    i64 day = day_of(local_ms);
    i64 minute = (local_ms - day * DAY_MS) / MINUTE_MS;
    if (engine_opening(location, day).closes_min == 0 || minute >= location->cut_off_min)
        day = day_of_work_after(location, day);
    i64 on_the_way = location->city == city ? location->days_city : location->days_far;
    return (day + on_the_way + 1) * DAY_MIN;
}

/* When so many minutes of opening have passed; in local minutes, rounded up. */
static i64 ready_min(const struct location *location, i64 local_ms)
{
    i64 left_ms = location->prepare_min * MINUTE_MS;
    i64 day = day_of(local_ms);
    i64 from_ms = local_ms;
    for (;;) {
        struct engine_opening opening = engine_opening(location, day);
        i64 closes_ms = day * DAY_MS + opening.closes_min * MINUTE_MS;
        from_ms = MAX(from_ms, day * DAY_MS + opening.opens_min * MINUTE_MS);
        if (from_ms < closes_ms && left_ms <= closes_ms - from_ms)
            return (from_ms + left_ms + MINUTE_MS - 1 - day * DAY_MS) / MINUTE_MS + day * DAY_MIN;
        left_ms -= MAX(closes_ms - from_ms, 0);
        day = day_of_work_after(location, day);
    }
}

u32 promise_min(const struct location *location, u32 city, u8 delivery, i64 now_ms)
{
    if (location->keep_days == 0 || (delivery != DELIVERY_HOME && delivery != DELIVERY_PICK_UP))
        return 0;
    i64 local_ms = now_ms + location->utc_offset_minutes * MINUTE_MS;
    i64 local_min = delivery == DELIVERY_HOME ? arrives_min(location, city, local_ms) : ready_min(location, local_ms);
    i64 promised_min = local_min - location->utc_offset_minutes;
    ASSERT(promised_min * MINUTE_MS >= now_ms && promised_min <= UINT32_MAX);
    return (u32)promised_min;
}

u32 promise_due_min(const struct location *location, i64 now_ms)
{
    i64 days = location->keep_days == 0 ? KEEP_DAYS_DEFAULT : location->keep_days;
    return (u32)((now_ms + days * DAY_MS + MINUTE_MS - 1) / MINUTE_MS);
}
