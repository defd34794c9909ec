#include "node/node.h"

static void touch(const struct io *io, const struct engine_range *ranges, int count)
{
    for (int i = 0; i < count; i++)
        if (ranges[i].size > 0)
            io->touch(io->context, ranges[i].memory, ranges[i].size);
}

static int touch_next(void *argument)
{
    struct toucher *toucher = argument;
    struct engine_range ranges[ENGINE_RANGES];
    engine_order_memory(toucher->engine, toucher->through, toucher->ahead, ranges);
    touch(toucher->io, ranges, ENGINE_RANGES);
    __atomic_store_n(&toucher->done, true, __ATOMIC_RELEASE);
    return 0;
}

void toucher_start(struct toucher *toucher, const struct io *io, const struct engine *engine, u64 ahead, bool indexes)
{
    struct engine_range ranges[ENGINE_INDEXES];
    if (indexes) {
        engine_index_memory(engine, ranges);
        touch(io, ranges, ENGINE_INDEXES);
    }

    *toucher = (struct toucher){.io = io, .engine = engine, .ahead = ahead};
    toucher->through = engine_used(engine, LIMIT_orders);
    touch_next(toucher);
    toucher->through += ahead;
}

/* Takes note that the thread has ended. */
static void collect(struct toucher *toucher)
{
    toucher->io->join_thread(toucher->io->context, toucher->thread);
    toucher->thread = NULL;
    toucher->through += toucher->ahead;
}

void toucher_poll(struct toucher *toucher)
{
    if (toucher->thread != NULL && __atomic_load_n(&toucher->done, __ATOMIC_ACQUIRE))
        collect(toucher);
    u64 used = engine_used(toucher->engine, LIMIT_orders);
    if (toucher->thread != NULL || toucher->through >= engine_capacity(toucher->engine, LIMIT_orders) ||
        used + toucher->ahead / 2 < toucher->through)
        return;
    toucher->through = MAX(toucher->through, used);
    toucher->done = false;
    if (toucher->io->start_thread(toucher->io->context, touch_next, toucher, &toucher->thread) < 0)
        toucher->thread = NULL;
}

void toucher_stop(struct toucher *toucher)
{
    if (toucher->thread != NULL)
        collect(toucher);
}
