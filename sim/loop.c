/*
 * loop.c: libuv's functions, as documented for libuv 1.44, as far as the server
 * uses them. A handle's state is a node of ours that the handle points to; the
 * passes are those of uv_run: timers, idle, prepare, wait for something, check,
 * closing.
 */
#include "sim/loop.h"

#include "base/assert.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define READY_MAX 512
#define READS_PER_READY 32      /* of one stream in one pass, as libuv does it */

struct node {
    struct node *next;
    uv_handle_t *handle;
    uv_handle_type type;
    bool active, closing;
    uv_close_cb closed;
    union {
        uv_timer_cb timer;
        uv_idle_cb idle;
        uv_prepare_cb prepare;
        uv_check_cb check;
        uv_poll_cb poll;
    };
    i64 due_ms, repeat_ms;      /* of a timer */
    int port;                   /* of a listener; 0: none */
    uv_connection_cb connected;
    struct net_conn *conn;      /* of a stream */
    uv_alloc_cb allocate;
    uv_read_cb read;
    bool reading;
    uv_write_t *write;          /* under way, one at a time; */
    uv_buf_t left;              /* what of it is not gone */
    uv_write_cb written;
    uv_shutdown_t *shutdown;
    uv_shutdown_cb shut;
};

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

static i64 now_ns(void)
{
    return sim_disk_now(loop.options.disk);
}

static struct node *node_of(const void *handle)
{
    struct node *node = ((const uv_handle_t *)handle)->u.reserved[0];
    ASSERT(node != NULL && node->handle == handle);
    return node;
}

static struct node *node_add(void *handle, uv_handle_type type)
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
    loop.now_ms = now_ns() / 1000000;
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
    return (uint64_t)now_ns();
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
    node_add(timer, UV_TIMER);
    return 0;
}

int uv_timer_start(uv_timer_t *timer, uv_timer_cb call, uint64_t after_ms, uint64_t repeat_ms)
{
    struct node *node = node_of(timer);
    node->timer = call;
    node->due_ms = loop.now_ms + (i64)after_ms;
    node->repeat_ms = (i64)repeat_ms;
    node->active = true;
    return 0;
}

int uv_timer_stop(uv_timer_t *timer)
{
    node_of(timer)->active = false;
    return 0;
}

#define CALLER(kind, KIND)                                     \
    int uv_##kind##_init(uv_loop_t *uv, uv_##kind##_t *handle) \
    {                                                          \
        (void)uv;                                              \
        node_add(handle, KIND);                                \
        return 0;                                              \
    }                                                          \
    int uv_##kind##_start(uv_##kind##_t *handle, uv_##kind##_cb call) \
    {                                                          \
        struct node *node = node_of(handle);                   \
        node->kind = call;                                     \
        node->active = true;                                   \
        return 0;                                              \
    }
CALLER(idle, UV_IDLE)
CALLER(prepare, UV_PREPARE)
CALLER(check, UV_CHECK)

int uv_idle_stop(uv_idle_t *idle)
{
    node_of(idle)->active = false;
    return 0;
}

int uv_poll_init(uv_loop_t *uv, uv_poll_t *poll, int file)
{
    (void)uv;
    ASSERT(file == -1); /* the simulated disk's */
    node_add(poll, UV_POLL);
    return 0;
}

int uv_poll_start(uv_poll_t *poll, int events, uv_poll_cb call)
{
    struct node *node = node_of(poll);
    ASSERT(events == UV_READABLE);
    node->poll = call;
    node->active = true;
    return 0;
}

int uv_signal_init(uv_loop_t *uv, uv_signal_t *handle)
{
    (void)uv;
    node_add(handle, UV_SIGNAL);
    return 0;
}

/* Nobody sends one: the simulator calls server_stop. */
int uv_signal_start(uv_signal_t *handle, uv_signal_cb call, int number)
{
    (void)call;
    (void)number;
    node_of(handle)->active = true;
    return 0;
}

int uv_signal_stop(uv_signal_t *handle)
{
    node_of(handle)->active = false;
    return 0;
}

/* One that is closed has no node any more, and is closing for ever. */
int uv_is_closing(const uv_handle_t *handle)
{
    return handle->u.reserved[0] == NULL || node_of(handle)->closing;
}

void uv_close(uv_handle_t *handle, uv_close_cb closed)
{
    struct node *node = node_of(handle);
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
    job->done_ns = now_ns() + (i64)prng_below(&loop.prng, (u64)loop.options.job_max_ns + 1);
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
        if (job->done_ns > now_ns()) {
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

/* --- streams ------------------------------------------------------------------------------------ */

uv_buf_t uv_buf_init(char *base, unsigned size)
{
    return (uv_buf_t){.base = base, .len = size};
}

int uv_tcp_init(uv_loop_t *uv, uv_tcp_t *tcp)
{
    (void)uv;
    tcp->delayed_error = 0;
    node_add(tcp, UV_TCP);
    return 0;
}

int uv_tcp_open(uv_tcp_t *tcp, uv_os_sock_t socket)
{
    (void)tcp;
    (void)socket;
    return UV_ENOTSUP; /* there are no real sockets here */
}

int uv_fileno(const uv_handle_t *handle, uv_os_fd_t *file)
{
    (void)handle;
    (void)file;
    return UV_EBADF;
}

int uv_tcp_nodelay(uv_tcp_t *tcp, int enable)
{
    (void)tcp;
    (void)enable;
    return 0;
}

int uv_tcp_bind(uv_tcp_t *tcp, const struct sockaddr *address, unsigned flags)
{
    (void)flags;
    node_of(tcp)->port = ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
    return 0;
}

static int name_fill(struct sockaddr *name, int *size, int port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((u16)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ASSERT(*size >= (int)sizeof(in));
    memcpy(name, &in, sizeof(in));
    *size = sizeof(in);
    return 0;
}

int uv_tcp_getsockname(const uv_tcp_t *tcp, struct sockaddr *name, int *size)
{
    return name_fill(name, size, node_of(tcp)->port);
}

int uv_tcp_getpeername(const uv_tcp_t *tcp, struct sockaddr *name, int *size)
{
    (void)tcp;
    return name_fill(name, size, 40000);
}

int uv_listen(uv_stream_t *stream, int backlog, uv_connection_cb connected)
{
    struct node *node = node_of(stream);
    (void)backlog;
    node->connected = connected;
    node->active = true;
    return 0;
}

int uv_accept(uv_stream_t *listener, uv_stream_t *client)
{
    struct net_conn *conn = net_waiting(loop.options.net, node_of(listener)->port, now_ns());
    if (conn == NULL)
        return UV_EAGAIN;
    struct node *node = node_of(client);
    conn->accepted = true;
    conn->stream = node;
    node->conn = conn;
    node->active = true;
    return 0;
}

int uv_read_start(uv_stream_t *stream, uv_alloc_cb allocate, uv_read_cb read)
{
    struct node *node = node_of(stream);
    if (node->closing)
        return UV_EINVAL;
    node->allocate = allocate;
    node->read = read;
    node->reading = true;
    return 0;
}

int uv_read_stop(uv_stream_t *stream)
{
    node_of(stream)->reading = false;
    return 0;
}

int uv_try_write(uv_stream_t *stream, const uv_buf_t pieces[], unsigned count)
{
    struct node *node = node_of(stream);
    ASSERT(count == 1 && node->write == NULL && node->conn != NULL);
    i64 taken = net_server_write(loop.options.net, node->conn, pieces[0].base, pieces[0].len, now_ns());
    return taken < 0 ? UV_EPIPE : taken == 0 ? UV_EAGAIN : (int)taken;
}

int uv_write(uv_write_t *write, uv_stream_t *stream, const uv_buf_t pieces[], unsigned count, uv_write_cb written)
{
    struct node *node = node_of(stream);
    ASSERT(count == 1 && node->write == NULL && node->conn != NULL);
    node->write = write;
    node->left = pieces[0];
    node->written = written;
    write->handle = stream;
    return 0;
}

int uv_shutdown(uv_shutdown_t *request, uv_stream_t *stream, uv_shutdown_cb shut)
{
    struct node *node = node_of(stream);
    ASSERT(node->conn != NULL && node->shutdown == NULL);
    node->shutdown = request;
    node->shut = shut;
    request->handle = stream;
    return 0;
}

/* What is ready on a stream: its write can go on, it has ended, or there is something to read. */
static bool stream_ready(const struct node *node)
{
    bool end;
    if (node->connected != NULL)
        return net_waiting(loop.options.net, node->port, now_ns()) != NULL;
    if (node->conn == NULL)
        return false;
    if (node->write != NULL && net_server_room(node->conn, loop.options.net))
        return true;
    if (node->shutdown != NULL && node->write == NULL)
        return true;
    return node->reading && (net_server_readable(loop.options.net, node->conn, now_ns(), &end) > 0 || end);
}

static void stream_write(struct node *node)
{
    i64 taken = net_server_write(loop.options.net, node->conn, node->left.base, node->left.len, now_ns());
    uv_write_t *write = node->write;
    if (taken > 0) {
        node->left.base += taken;
        node->left.len -= (size_t)taken;
    }
    if (taken >= 0 && node->left.len > 0)
        return;
    node->write = NULL;
    node->written(write, taken < 0 ? UV_EPIPE : 0);
}

static void stream_read(struct node *node)
{
    bool end = false;
    for (u32 i = 0; i < READS_PER_READY && node->reading && node->conn != NULL; i++) {
        uv_buf_t piece = {0};
        size_t size = net_server_readable(loop.options.net, node->conn, now_ns(), &end);
        if (size == 0 && !end)
            return;
        node->allocate(node->handle, 65536, &piece);
        ssize_t got = size == 0 ? (node->conn->reset ? UV_ECONNRESET : UV_EOF)
                                : (ssize_t)net_server_read(loop.options.net, node->conn, piece.base,
                                                           piece.len, now_ns());
        if (got < 0)
            node->reading = false;
        node->read((uv_stream_t *)node->handle, got, &piece);
    }
}

static void stream_run(struct node *node)
{
    if (node->connected != NULL) {
        node->connected((uv_stream_t *)node->handle, 0);
        return;
    }
    if (node->conn != NULL && node->write != NULL && net_server_room(node->conn, loop.options.net))
        stream_write(node);
    if (node->conn != NULL && node->shutdown != NULL && node->write == NULL) {
        uv_shutdown_t *request = node->shutdown;
        node->shutdown = NULL;
        net_server_end(loop.options.net, node->conn, now_ns());
        node->shut(request, 0);
    }
    if (node->conn != NULL && node->reading)
        stream_read(node);
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
    bool disk = sim_disk_next(loop.options.disk) <= now_ns();
    bool any = jobs_run();
    for (struct node *node = loop.nodes; node != NULL && count < READY_MAX; node = node->next)
        if (node->active && (node->type == UV_TCP ? stream_ready(node) : node->type == UV_POLL && disk))
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
            stream_run(ready[i]);
    }
    return any || count > 0;
}

/* The next moment at which anything may happen. */
static i64 next_ns(void)
{
    i64 next = MIN(net_next(loop.options.net, now_ns()), loop.wake_ns);
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
        if (node->type == UV_TIMER && node->active && node->due_ms <= now_ns() / 1000000)
            return true;
    return false;
}

static void poll_run(bool wait)
{
    for (;;) {
        loop.wake_ns = loop.options.act(loop.options.argument, now_ns());
        if (ready_run() || !wait || timer_due() || loop.wake_ns <= now_ns())
            break;
        i64 next = next_ns();
        if (next == INT64_MAX)
            break;
        sim_disk_advance(loop.options.disk, MAX(next - now_ns(), (i64)1));
    }
    loop.now_ms = now_ns() / 1000000;
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
        loop.now_ms = now_ns() / 1000000;
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

/* --- addresses -------------------------------------------------------------------------------------- */

int uv_ip4_addr(const char *text, int port, struct sockaddr_in *address)
{
    memset(address, 0, sizeof(*address));
    address->sin_family = AF_INET;
    address->sin_port = htons((u16)port);
    return inet_pton(AF_INET, text, &address->sin_addr) == 1 ? 0 : UV_EINVAL;
}

int uv_ip6_addr(const char *text, int port, struct sockaddr_in6 *address)
{
    memset(address, 0, sizeof(*address));
    address->sin6_family = AF_INET6;
    address->sin6_port = htons((u16)port);
    return inet_pton(AF_INET6, text, &address->sin6_addr) == 1 ? 0 : UV_EINVAL;
}

int uv_ip4_name(const struct sockaddr_in *address, char *text, size_t size)
{
    return inet_ntop(AF_INET, &address->sin_addr, text, (socklen_t)size) != NULL ? 0 : UV_ENOSPC;
}

int uv_ip6_name(const struct sockaddr_in6 *address, char *text, size_t size)
{
    return inet_ntop(AF_INET6, &address->sin6_addr, text, (socklen_t)size) != NULL ? 0 : UV_ENOSPC;
}

const char *uv_strerror(int error)
{
    return error == UV_EPIPE ? "broken pipe" : "error";
}
