/*
 * The loop: opens everything, runs passes until it is told to stop, closes
 * everything. door.h is its header for outside, server.h for this room.
 */
#include "door/server.h"

#include "base/assert.h"
#include "base/time.h"
#include "door/admission.h"
#include "door/durable.h"
#include "door/events.h"
#include "door/http.h"
#include "door/imports.h"
#include "door/job.h"
#include "door/limiter.h"
#include "door/listen.h"
#include "door/notify.h"
#include "door/resp.h"
#include "door/tls.h"
#include "door/turn.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define SERVER_STOP_MS 10000        /* what is not finished by then is cut off */
#define SERVER_STOP_HALF_MS 1000    /* the rest of a request may still come until then */
#define SERVER_DRAIN_MS ((i64)30000)
#define SERVER_FAILED_S 5           /* a server whose journal has failed ends within that, whatever its disk does */
#define SERVER_STUCK_EXIT 3         /* as the command line says: the data folder or its disk */
#define SERVER_POOL_THREADS "8"

void door_options_default(struct door_options *options)
{
    *options = (struct door_options){
        .http_listen = "127.0.0.1:1111",
        .resp_listen = "127.0.0.1:1112",
        .connections_max = 30000,
        .requests_per_second = 200,
        .in_flight_ms = 25,
    };
}

i64 server_now_ms(struct server *server)
{
    return eleven_time(server->eleven);
}

void server_count_result(struct server *server, struct result result)
{
    server->stats.results[MIN(result.code, (u16)127)]++;
}

void server_log(struct server *server, const char *level, const char *event, const char *format, ...)
{
    char time[TIME_TEXT_MAX];
    char line[2048];
    struct timespec now;
    (void)server;
    clock_gettime(CLOCK_REALTIME, &now);
    int size = snprintf(line, sizeof(line), "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"",
                        time_text(time, now.tv_sec * 1000 + now.tv_nsec / 1000000, 0), level, event);
    if (format != NULL) {
        va_list arguments;
        va_start(arguments, format);
        line[size++] = ',';
        int more = vsnprintf(line + size, sizeof(line) - (size_t)size - 3, format, arguments);
        va_end(arguments);
        size += MIN(more, (int)sizeof(line) - size - 4);
    }
    line[size++] = '}';
    line[size++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)size) < 0)
        return; /* nobody listens: the sale goes on */
}

/* --- a pass ----------------------------------------------------------------------------------- */

/* `before` NULL: at the front. */
static void server_gate_behind(struct server *server, struct conn *before, struct conn *conn)
{
    ASSERT(!conn->at_gate && !conn->closing);
    conn->at_gate = true;
    conn->gate_previous = before;
    conn->gate_next = before != NULL ? before->gate_next : server->gate_first;
    if (before != NULL)
        before->gate_next = conn;
    else
        server->gate_first = conn;
    if (conn->gate_next != NULL)
        conn->gate_next->gate_previous = conn;
    else
        server->gate_last = conn;
    server->gate_count++;
}

void server_at_gate(struct server *server, struct conn *conn)
{
    if (conn->at_gate)
        return;
    server_gate_behind(server, server->gate_last, conn);
}

void server_leave_gate(struct server *server, struct conn *conn)
{
    if (!conn->at_gate)
        return;
    conn->at_gate = false;
    if (conn->gate_previous != NULL)
        conn->gate_previous->gate_next = conn->gate_next;
    else
        server->gate_first = conn->gate_next;
    if (conn->gate_next != NULL)
        conn->gate_next->gate_previous = conn->gate_previous;
    else
        server->gate_last = conn->gate_previous;
    server->gate_count--;
}

/* One that has been let go in part waits on at the place of its next mark. The queue is in the order of first marks,
 * as they are only ever made with the engine's present number, and that is near the front. */
static void server_again_at_gate(struct server *server, struct conn *conn)
{
    struct conn *before = NULL;
    for (struct conn *at = server->gate_first; at != NULL; before = at, at = at->gate_next)
        if (at->mark_count > 0 && at->marks[0].seq > conn->marks[0].seq)
            break;
    server_gate_behind(server, before, conn);
}

/* Lets replies go, first come first served, up to the first that must still wait. */
static void server_open_gate(struct server *server)
{
    u64 durable = eleven_durable(server->eleven);
    while (server->gate_first != NULL) {
        struct conn *conn = server->gate_first;
        ASSERT(!conn->closing); /* it leaves the gate first */
        if (conn->mark_count > 0 && conn->marks[0].seq > durable)
            break;
        server_leave_gate(server, conn);
        conn_release(conn, durable);
        if (!conn->closing && !conn->at_gate && conn->mark_count > 0)
            server_again_at_gate(server, conn);
    }
}

static void server_unblock(struct server *server)
{
    struct conn *conn = server->blocked;
    server->blocked = NULL;
    while (conn != NULL) {
        struct conn *next = conn->blocked_next;
        conn->blocked = false;
        if (conn->closing)
            conn_unuse(conn);
        else
            conn_resume(conn);
        conn = next;
    }
}

/* How long decisions take to become durable; the journal is asked about the oldest of them. */
static void server_measure(struct server *server)
{
    u64 durable = eleven_durable(server->eleven);
    u64 seq = engine_seq(server->engine);
    i64 now_ns = (i64)uv_hrtime();
    if (server->flushed_ns != 0 && durable >= server->flushed_seq) {
        histogram_add(&server->metrics.journal, now_ns - server->flushed_ns);
        server->flushed_ns = 0;
    }
    if (server->flushed_ns == 0 && seq > durable) {
        server->flushed_ns = now_ns;
        server->flushed_seq = seq;
    }
    if (server->view != NULL && durable != server->announced) {
        server->announced = durable;
        view_durable(server->view, durable);
    }
}

/* A journal that failed acknowledges nothing any more: the process ends by name. */
static void server_failed(struct server *server)
{
    if (server->failed)
        return;
    server->failed = true;
    server->exit = DOOR_FOLDER;
    server_log(server, "error", "journal-failed", "\"status\":\"%s\"",
               journal_status_word(eleven_status(server->eleven)));
    server_stop(server);
}

static void server_pass(uv_check_t *check)
{
    struct server *server = check->data;
    desk_run(&server->desk);
    eleven_poll(server->eleven, NULL, 0, false);
    if (eleven_status(server->eleven) != JOURNAL_OK)
        server_failed(server);
    server_measure(server);
    durable_pass(server->durable);
    server_open_gate(server);
    if (server->blocked != NULL && (desk_empty(&server->desk) || desk_run(&server->desk)))
        server_unblock(server);
    unread_shed(server);
    server->stats.passes++;
    if (server->pass_ns != 0) {
        i64 took_ns = (i64)uv_hrtime() - server->pass_ns;
        histogram_add(&server->metrics.pass, took_ns);
        admission_pass(server->admission, server_cpu_ns() - server->pass_cpu_ns);
        server->pass_ns = 0;
    }
}

/* The loop is about to wait: what was asked meanwhile (timers, jobs that ended) is decided first. */
static void server_before(uv_prepare_t *prepare)
{
    struct server *server = prepare->data;
    if (!desk_empty(&server->desk) || server->gate_first != NULL) {
        desk_run(&server->desk);
        eleven_poll(server->eleven, NULL, 0, false);
        server_open_gate(server);
    }
}

/* Only wakes the loop: server_pass takes note. */
static void server_disk(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    server_pass_begins(poll->data);
}

static void server_deadlines(struct server *server)
{
    i64 now_ms = server_loop_ms(server);
    for (struct conn *conn = server->conns, *next; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->deadline_ms != 0 && now_ms >= conn->deadline_ms && conn->uses == 0)
            conn_close(conn);
    }
}

static void server_tick(uv_timer_t *timer)
{
    struct server *server = timer->data;
    if (++server->ticks % (500 / SERVER_TICK_MS) == 0)
        server_deadlines(server);
    events_tick(server->events);
    http_rest_tick(server);
    if (admission_waits(server->admission))
        server_pass_begins(server); /* at whose end they come in */
}

/* --- stopping ----------------------------------------------------------------------------------- */

static void server_stop_check(uv_timer_t *timer)
{
    struct server *server = timer->data;
    if (admission_waits(server->admission))
        server_pass_begins(server);
    bool soon = server_loop_ms(server) - server->stopping_ms < SERVER_STOP_HALF_MS;
    bool late = server->failed || server_loop_ms(server) - server->stopping_ms >= SERVER_STOP_MS;
    for (struct conn *conn = server->conns, *next; conn != NULL; conn = next) {
        next = conn->next;
        bool idle = conn->uses == 0 && conn_unsent(conn) == 0 && conn->protocol->idle(conn, soon);
        if (late || idle)
            conn_close(conn);
    }
    if ((server->conns == NULL && !imports_writing(server->imports)) || late)
        uv_stop(&server->loop);
}

void server_stop(struct server *server)
{
    if (server->stopping)
        return;
    server->stopping = true;
    server->stopping_ms = server_loop_ms(server);
    notify_systemd("STOPPING=1");
    server_log(server, "info", "stopping", NULL);
    uv_tcp_t *listeners[] = {&server->http, &server->https, &server->resp};
    for (size_t i = 0; i < ARRAY_COUNT(listeners); i++)
        if (listeners[i]->data != NULL && !uv_is_closing((uv_handle_t *)listeners[i]))
            uv_close((uv_handle_t *)listeners[i], NULL);
    events_close_all(server->events);
    uv_timer_start(&server->tick, server_stop_check, 1, SERVER_TICK_MS);
}

static void server_signal(uv_signal_t *handle, int number)
{
    (void)number;
    server_stop(handle->data);
}

/* --- starting ----------------------------------------------------------------------------------- */

/* As many descriptors as we are allowed to have: a connection is one. */
static void server_raise_files(struct server *server)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    rlim_t wanted = (rlim_t)server->options.connections_max + 256;
    if (limit.rlim_cur < wanted) {
        limit.rlim_max = MAX(limit.rlim_max, wanted);
        limit.rlim_cur = wanted;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
            getrlimit(RLIMIT_NOFILE, &limit);
            limit.rlim_cur = limit.rlim_max;
            setrlimit(RLIMIT_NOFILE, &limit);
        }
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < wanted && limit.rlim_cur > 512)
        server->options.connections_max = (u32)limit.rlim_cur - 256;
}

static bool server_open_engine(struct server *server)
{
    char problem[JOURNAL_PROBLEM_MAX] = "";
    struct eleven_options options = {
        .directory = server->options.directory,
        .journal_ahead_bytes = server->options.journal_ahead_bytes,
        .orders_ahead = server->options.orders_ahead,
        .prefault_indexes = server->options.orders_ahead > 0,
        .batch_bytes_max = server->options.batch_bytes_max,
        .flush_bytes = server->options.flush_bytes,
        .snapshot_every_bytes = server->options.snapshot_every_bytes,
        .io = server->options.io,
    };
    enum journal_status status = eleven_open(&server->eleven, &options, problem);
    if (status != JOURNAL_OK) {
        server_log(server, "error", "cannot-open", "\"status\":\"%s\",\"reason\":\"%s\"", journal_status_word(status),
                   problem);
        return false;
    }
    server->engine = eleven_engine(server->eleven);
    struct eleven_stats stats;
    eleven_stats(server->eleven, &stats);
    server_log(server, "info", "recovered",
               "\"commands\":%llu,\"snapshot\":%llu,\"ms\":%lld,\"seq\":%llu,\"appender\":\"%s\"",
               (unsigned long long)stats.recovered_commands, (unsigned long long)stats.recovered_snapshot_seq,
               (long long)stats.recovery_ns / 1000000, (unsigned long long)engine_seq(server->engine), stats.appender);
    return true;
}

static bool server_open_stores(struct server *server)
{
    char problem[JOURNAL_PROBLEM_MAX] = "";
    bool good = access_open(&server->access, server->options.directory, problem);
    if (good && access_folder_key(server->access, "codes", server->code_key) != ACCESS_OK) {
        snprintf(problem, sizeof(problem), "accounts.db: cannot read or make the key of codes");
        good = false;
    }
    if (good && !server->options.no_views) {
        struct hook_options hook = {.directory = server->options.directory,
                                    .allow_private = server->options.hooks_private};
        good = hook_open(&server->hook, &hook, problem);
        struct view_options view = {.directory = server->options.directory, .event = hook_event};
        view.event_argument = server->hook;
        view.event_after = good ? hook_seq(server->hook) : 0;
        good = good && view_open(&server->view, &view, problem);
    }
    if (!good)
        server_log(server, "error", "cannot-open", "\"reason\":\"%s\"", problem);
    return good;
}

static void server_close_stores(struct server *server)
{
    if (server->view != NULL)
        view_close(server->view);
    if (server->hook != NULL)
        hook_close(server->hook);
    if (server->access != NULL)
        access_close(server->access);
}

static void server_start_handles(struct server *server)
{
    uv_check_init(&server->loop, &server->pass);
    server->pass.data = server;
    uv_check_start(&server->pass, server_pass);
    uv_prepare_init(&server->loop, &server->before);
    server->before.data = server;
    uv_prepare_start(&server->before, server_before);
    uv_timer_init(&server->loop, &server->tick);
    server->tick.data = server;
    uv_timer_start(&server->tick, server_tick, SERVER_TICK_MS, SERVER_TICK_MS);
    uv_poll_init(&server->loop, &server->disk, eleven_event(server->eleven));
    server->disk.data = server;
    uv_poll_start(&server->disk, UV_READABLE, server_disk);
    uv_signal_init(&server->loop, &server->terminate);
    server->terminate.data = server;
    uv_signal_start(&server->terminate, server_signal, SIGTERM);
    uv_signal_init(&server->loop, &server->interrupt);
    server->interrupt.data = server;
    uv_signal_start(&server->interrupt, server_signal, SIGINT);
}

static void server_close_conns(struct server *server)
{
    for (struct conn *conn = server->conns, *next; conn != NULL; conn = next) {
        next = conn->next;
        conn_close(conn);
    }
}

static void server_begin(struct server *server)
{
    server->events = events_open(server);
    server->jobs = jobs_open(server);
    server->pages = pages_open();
    server->durable = durable_open(server);
    server->turns = turns_open(server);
    server->imports = imports_open(server);
    server->admission = admission_open(server);
    server->limiter = limiter_open(server->options.requests_per_second);
    desk_open(&server->desk, server);
    server_start_handles(server);
    server->started_ms = server_now_ms(server);
}

static void server_end(struct server *server)
{
    server_close_conns(server);
    imports_stop(server->imports);
    jobs_close(server->jobs);
    desk_refuse(&server->desk);
    durable_close(server->durable);
    turns_close(server->turns);
    imports_close(server->imports);
    events_close(server->events);
    admission_close(server->admission);
    limiter_close(server->limiter);
    desk_close(&server->desk);
    pages_close(server->pages);
}

/* Closed connections that still waited for room at the desk. */
static void server_forget_waiting(struct server *server)
{
    ASSERT(server->gate_first == NULL && server->gate_count == 0);
    for (struct conn *conn = server->blocked, *next; conn != NULL; conn = next) {
        next = conn->blocked_next;
        conn->blocked = false;
        conn_unuse(conn);
    }
}

/* Every handle is closed and every callback has run. A second SIGTERM from now on does not cut off the snapshot: the
 * loop's end would give the signals back their first meaning. */
static void server_close_loop(struct server *server)
{
    if (server->terminate.data != NULL) {
        uv_signal_stop(&server->terminate);
        signal(SIGTERM, SIG_IGN);
        uv_signal_stop(&server->interrupt);
        signal(SIGINT, SIG_IGN);
    }
    uv_handle_t *handles[] = {(uv_handle_t *)&server->pass,      (uv_handle_t *)&server->before,
                              (uv_handle_t *)&server->tick,      (uv_handle_t *)&server->disk,
                              (uv_handle_t *)&server->terminate, (uv_handle_t *)&server->interrupt,
                              (uv_handle_t *)&server->http,      (uv_handle_t *)&server->https,
                              (uv_handle_t *)&server->resp};
    for (size_t i = 0; i < ARRAY_COUNT(handles); i++)
        if (handles[i]->data != NULL && !uv_is_closing(handles[i]))
            uv_close(handles[i], NULL);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    server_forget_waiting(server);
    uv_loop_close(&server->loop);
}

struct server *server_open(const struct door_options *options)
{
    struct server *server = calloc(1, sizeof(*server));
    ASSERT(server != NULL);
    server->options = *options;
    server->read_buffer = malloc(CONN_INPUT_MAX + CONN_READ_BYTES);
    ASSERT(server->read_buffer != NULL);
    signal(SIGPIPE, SIG_IGN);
    setenv("UV_THREADPOOL_SIZE", SERVER_POOL_THREADS, 0); /* libuv's own number is 4: two hashes and two questions */
    server_raise_files(server);
    server->exit = DOOR_FOLDER;
    uv_loop_init(&server->loop);
    if (server_open_engine(server) && server_open_stores(server)) {
        server_begin(server);
        server->exit = DOOR_STOPPED;
    }
    return server;
}

/* What has been decided gets on the disk; one that is stuck is not waited for longer than SERVER_DRAIN_MS. What was
 * not durable has not been acknowledged to anybody, so ending without it is what a crash would do. */
static void server_drain(struct server *server)
{
    i64 until_ns = (i64)uv_hrtime() + SERVER_DRAIN_MS * 1000000;
    while (eleven_status(server->eleven) == JOURNAL_OK &&
           eleven_durable(server->eleven) < engine_seq(server->engine)) {
        if ((i64)uv_hrtime() > until_ns) {
            server_log(server, "error", "disk-stuck", "\"durable\":%llu,\"decided\":%llu",
                       (unsigned long long)eleven_durable(server->eleven),
                       (unsigned long long)engine_seq(server->engine));
            _exit(SERVER_STUCK_EXIT);
        }
        eleven_poll(server->eleven, NULL, 0, false);
        uv_sleep(1);
    }
}

/* A thread that waits for a disk which does not come back would hold the process for ever, with its doors closed and
 * nobody told to start another one. */
static void server_end_now(int number)
{
    static const char line[] = "{\"level\":\"error\",\"event\":\"disk-stuck\",\"journal\":\"failed\"}\n";
    ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);
    (void)number;
    (void)written; /* it ends in any case */
    _exit(SERVER_STUCK_EXIT);
}

enum door_exit server_close(struct server *server)
{
    if (server->failed) { /* nothing is acknowledged any more: ending at once is what a crash does */
        signal(SIGALRM, server_end_now);
        alarm(SERVER_FAILED_S);
    }
    if (server->jobs != NULL) {
        server_end(server);
        server_close_loop(server);
    }
    server_close_stores(server);
    if (server->eleven != NULL) {
        server_drain(server);
        enum journal_status status = eleven_close(server->eleven);
        server_log(server, status == JOURNAL_OK ? "info" : "error", "closed", "\"journal\":\"%s\"",
                   journal_status_word(status));
        if (status != JOURNAL_OK)
            server->exit = DOOR_FOLDER;
    }
    tls_close(server->tls);
    enum door_exit code = server->exit;
    buffer_free(&server->scratch);
    free(server->read_buffer);
    if (server->failed)
        alarm(0);
    free(server);
    return code;
}

enum door_exit door_run(const struct door_options *options)
{
    struct server *server = server_open(options);
    if (server->exit == DOOR_STOPPED && !listen_all(server))
        server->exit = DOOR_ADDRESS;
    if (server->exit == DOOR_STOPPED) {
        notify_systemd("READY=1");
        server_log(server, "info", "ready", "\"pid\":%d", (int)getpid());
        uv_run(&server->loop, UV_RUN_DEFAULT);
    }
    return server_close(server);
}
