/*
 * loop.c: libuv's functions, as documented for libuv 1.44, as far as the server
 * uses them: clocks, handles that call back, the pool, and the passes of uv_run:
 * timers, idle, prepare, wait for something, check, closing. Streams and
 * addresses are in loop_stream.c.
 */
#include "sim/loop_node.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define READY_MAX 512

struct job {
    struct job *next;
    uv_work_t *work;
    uv_work_cb run;
    uv_after_work_cb after;
    i64 done_ns;
};

static struct {
    struct sim_loop_options options;
    struct prng prng;
    struct node *nodes;
    struct job *jobs;
    i64 now_ms;                 /* of this pass */
    i64 wake_ns;                /* when the world wants to act next */
    bool stop, stopped;
} loop;

void sim_loop_init(const struct sim_loop_options *options)
{
    loop.options = *options;
    prng_seed(&loop.prng, options->seed);
    loop.stop = loop.stopped = false;
    loop.wake_ns = 0;
}

bool sim_loop_stopped(void)
{
    return loop.stopped;
}

u32 sim_loop_handles(void)
{
    u32 count = 0;
    for (const struct node *node = loop.nodes; node != NULL; node = node->next)
        count++;
    return count;
}

struct net *loop_net(void)
{
    return loop.options.net;
}

i64 loop_now_ns(void)
{
    return sim_disk_now(loop.options.disk);
}

struct node *loop_node_of(const void *handle)
{
    struct node *node = ((const uv_handle_t *)handle)->u.reserved[0];
    ASSERT(node != NULL && node->handle == handle);
    return node;
}

struct node *loop_node_add(void *handle, uv_handle_type type)
{
    struct node *node = calloc(1, sizeof(*node));
    ASSERT(node != NULL);
    node->handle = handle;
    node->type = type;
    node->next = loop.nodes;
    loop.nodes = node;
    node->handle->u.reserved[0] = node;
    node->handle->type = type;
    return node;
}

/* --- the loop and its clock --------------------------------------------------------------------- */

int uv_loop_init(uv_loop_t *uv)
{
    (void)uv;
    ASSERT(loop.nodes == NULL && loop.jobs == NULL);
    loop.stop = loop.stopped = false;
    loop.now_ms = loop_now_ns() / 1000000;
    return 0;
}

i64 sim_loop_clock_ns(void)
{
    return loop.options.disk == NULL ? 0 : (i64)uv_hrtime();
}

int uv_loop_close(uv_loop_t *uv)
{
    (void)uv;
    return loop.nodes == NULL ? 0 : UV_EBUSY;
}

void uv_stop(uv_loop_t *uv)
{
    (void)uv;
    loop.stop = loop.stopped = true;
}

uint64_t uv_now(const uv_loop_t *uv)
{
    (void)uv;
    return (uint64_t)loop.now_ms;
}

uint64_t uv_hrtime(void)
{
    sim_disk_advance(loop.options.disk, 1000);
    return (uint64_t)loop_now_ns();
}

void uv_sleep(unsigned ms)
{
    sim_disk_advance(loop.options.disk, (i64)ms * 1000000);
}

int uv_resident_set_memory(size_t *bytes)
{
    *bytes = 0;
    return 0;
}

/* --- handles that only call back ---------------------------------------------------------------- */

int uv_timer_init(uv_loop_t *uv, uv_timer_t *timer)
{
    (void)uv;
    loop_node_add(timer, UV_TIMER);
    return 0;
}

int uv_timer_start(uv_timer_t *timer, uv_timer_cb call, uint64_t after_ms, uint64_t repeat_ms)
{
    struct node *node = loop_node_of(timer);
    node->timer = call;
    node->due_ms = loop.now_ms + (i64)after_ms;
    node->repeat_ms = (i64)repeat_ms;
    node->active = true;
    return 0;
}

int uv_timer_stop(uv_timer_t *timer)
{
    loop_node_of(timer)->active = false;
    return 0;
}

#define CALLER(kind, KIND)                                     \
    int uv_##kind##_init(uv_loop_t *uv, uv_##kind##_t *handle) \
    {                                                          \
        (void)uv;                                              \
        loop_node_add(handle, KIND);                                \
        return 0;                                              \
    }                                                          \
    int uv_##kind##_start(uv_##kind##_t *handle, uv_##kind##_cb call) \
    {                                                          \
        struct node *node = loop_node_of(handle);                   \
        node->kind = call;                                     \
        node->active = true;                                   \
        return 0;                                              \
    }
CALLER(idle, UV_IDLE)
CALLER(prepare, UV_PREPARE)
CALLER(check, UV_CHECK)

int uv_idle_stop(uv_idle_t *idle)
{
    loop_node_of(idle)->active = false;
    return 0;
}

int uv_poll_init(uv_loop_t *uv, uv_poll_t *poll, int file)
{
    (void)uv;
    ASSERT(file == -1); /* the simulated disk's */
    loop_node_add(poll, UV_POLL);
    return 0;
}

int uv_poll_start(uv_poll_t *poll, int events, uv_poll_cb call)
{
    struct node *node = loop_node_of(poll);
    ASSERT(events == UV_READABLE);
    node->poll = call;
    node->active = true;
    return 0;
}

int uv_signal_init(uv_loop_t *uv, uv_signal_t *handle)
{
    (void)uv;
    loop_node_add(handle, UV_SIGNAL);
    return 0;
}

/* Nobody sends one: the simulator calls server_stop. */
int uv_signal_start(uv_signal_t *handle, uv_signal_cb call, int number)
{
    (void)call;
    (void)number;
    loop_node_of(handle)->active = true;
    return 0;
}

int uv_signal_stop(uv_signal_t *handle)
{
    loop_node_of(handle)->active = false;
    return 0;
}

/* One that is closed has no node any more, and is closing for ever. */
int uv_is_closing(const uv_handle_t *handle)
{
    return handle->u.reserved[0] == NULL || loop_node_of(handle)->closing;
}

void uv_close(uv_handle_t *handle, uv_close_cb closed)
{
    struct node *node = loop_node_of(handle);
    ASSERT(!node->closing);
    node->closing = true;
    node->active = node->reading = false;
    node->closed = closed;
    if (node->conn != NULL)
        net_server_close(loop.options.net, node->conn);
    node->conn = NULL;
}

/* --- the pool ----------------------------------------------------------------------------------- */

int uv_queue_work(uv_loop_t *uv, uv_work_t *work, uv_work_cb run, uv_after_work_cb after)
{
    struct job *job = calloc(1, sizeof(*job));
    (void)uv;
    ASSERT(job != NULL);
    *job = (struct job){.work = work, .run = run, .after = after};
    job->done_ns = loop_now_ns() + (i64)prng_below(&loop.prng, (u64)loop.options.job_max_ns + 1);
    struct job **link = &loop.jobs;
    while (*link != NULL)
        link = &(*link)->next;
    *link = job;
    return 0;
}

static bool jobs_run(void)
{
    bool any = false;
    for (struct job **link = &loop.jobs; *link != NULL;) {
        struct job *job = *link;
        if (job->done_ns > loop_now_ns()) {
            link = &job->next;
            continue;
        }
        *link = job->next;
        job->run(job->work);
        job->after(job->work, 0);
        free(job);
        any = true;
        link = &loop.jobs; /* the list may have changed */
    }
    return any;
}

/* --- a pass --------------------------------------------------------------------------------------- */

static void timers_run(void)
{
    for (struct node *node = loop.nodes; node != NULL; node = node->next) {
        if (node->type != UV_TIMER || !node->active || node->due_ms > loop.now_ms)
            continue;
        node->active = node->repeat_ms > 0;
        node->due_ms = loop.now_ms + MAX(node->repeat_ms, (i64)1);
        node->timer((uv_timer_t *)node->handle);
    }
}

/* Calls all active handles of a type; true when there was one. */
static bool callers_run(uv_handle_type type)
{
    bool any = false;
    for (struct node *node = loop.nodes; node != NULL; node = node->next) {
        if (node->type != type || !node->active)
            continue;
        any = true;
        if (type == UV_IDLE)
            node->idle((uv_idle_t *)node->handle);
        else if (type == UV_PREPARE)
            node->prepare((uv_prepare_t *)node->handle);
        else
            node->check((uv_check_t *)node->handle);
    }
    return any;
}

static void closing_run(void)
{
    for (struct node **link = &loop.nodes; *link != NULL;) {
        struct node *node = *link;
        if (!node->closing) {
            link = &node->next;
            continue;
        }
        *link = node->next;
        node->handle->u.reserved[0] = NULL;
        if (node->write != NULL)
            node->written(node->write, UV_ECANCELED);
        if (node->shutdown != NULL)
            node->shut(node->shutdown, UV_ECANCELED);
        if (node->closed != NULL)
            node->closed(node->handle);
        free(node);
        link = &loop.nodes; /* the callbacks may have changed the list */
    }
}

static bool closing_any(void)
{
    for (const struct node *node = loop.nodes; node != NULL; node = node->next)
        if (node->closing)
            return true;
    return false;
}

/* Gives events to all that are ready, in an order that the seed chooses. False: nothing is. */
static bool ready_run(void)
{
    static struct node *ready[READY_MAX];
    u32 count = 0;
    bool disk = sim_disk_next(loop.options.disk) <= loop_now_ns();
    bool any = jobs_run();
    for (struct node *node = loop.nodes; node != NULL && count < READY_MAX; node = node->next)
        if (node->active && (node->type == UV_TCP ? loop_stream_ready(node) : node->type == UV_POLL && disk))
            ready[count++] = node;
    for (u32 i = count; i > 1; i--) {
        u32 other = (u32)prng_below(&loop.prng, i);
        struct node *swap = ready[other];
        ready[other] = ready[i - 1];
        ready[i - 1] = swap;
    }
    for (u32 i = 0; i < count; i++) { /* nodes live until the end of the pass */
        if (!ready[i]->active)
            continue;
        if (ready[i]->type == UV_POLL)
            ready[i]->poll((uv_poll_t *)ready[i]->handle, 0, UV_READABLE);
        else
            loop_stream_run(ready[i]);
    }
    return any || count > 0;
}

/* The next moment at which anything may happen. */
static i64 next_ns(void)
{
    i64 next = MIN(net_next(loop.options.net, loop_now_ns()), loop.wake_ns);
    i64 disk_ns = sim_disk_next(loop.options.disk);
    for (const struct node *node = loop.nodes; node != NULL; node = node->next) {
        if (node->type == UV_TIMER && node->active)
            next = MIN(next, node->due_ms * 1000000);
        if (node->type == UV_POLL && node->active)
            next = MIN(next, disk_ns);
    }
    for (const struct job *job = loop.jobs; job != NULL; job = job->next)
        next = MIN(next, job->done_ns);
    return next;
}

static bool timer_due(void)
{
    for (const struct node *node = loop.nodes; node != NULL; node = node->next)
        if (node->type == UV_TIMER && node->active && node->due_ms <= loop_now_ns() / 1000000)
            return true;
    return false;
}

static void poll_run(bool wait)
{
    for (;;) {
        loop.wake_ns = loop.options.act(loop.options.argument, loop_now_ns());
        if (ready_run() || !wait || timer_due() || loop.wake_ns <= loop_now_ns())
            break;
        i64 next = next_ns();
        if (next == INT64_MAX)
            break;
        sim_disk_advance(loop.options.disk, MAX(next - loop_now_ns(), (i64)1));
    }
    loop.now_ms = loop_now_ns() / 1000000;
}

static bool alive(void)
{
    for (const struct node *node = loop.nodes; node != NULL; node = node->next)
        if (node->active || node->closing)
            return true;
    return loop.jobs != NULL;
}

int uv_run(uv_loop_t *uv, uv_run_mode mode)
{
    (void)uv;
    while (alive() && !loop.stop) {
        loop.now_ms = loop_now_ns() / 1000000;
        timers_run();
        bool idle = callers_run(UV_IDLE);
        callers_run(UV_PREPARE);
        poll_run(mode != UV_RUN_NOWAIT && !idle && !closing_any() && !loop.stop);
        callers_run(UV_CHECK);
        closing_run();
        if (mode != UV_RUN_DEFAULT)
            break;
    }
    loop.stop = false;
    return alive();
}
