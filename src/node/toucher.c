#include "node/node.h"

static int touch_next(void *argument)
{
    struct toucher *toucher = argument;
    struct engine_range ranges[ENGINE_RANGES];
    engine_order_memory(toucher->engine, toucher->through, toucher->ahead, ranges);
    for (int i = 0; i < ENGINE_RANGES; i++)
        if (ranges[i].size > 0 && toucher->io->touch != NULL)
            toucher->io->touch(toucher->io->context, ranges[i].memory, ranges[i].size);
    __atomic_store_n(&toucher->done, true, __ATOMIC_RELEASE);
    return 0;
}

void toucher_start(struct toucher *toucher, const struct io *io, const struct engine *engine, u64 ahead)
{
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
