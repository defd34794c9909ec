/*
 * The server: what the files of this room share. One thread runs the loop and
 * has the engine; it never waits for anything but the loop itself. Passwords, SQL
 * and files are the work of libuv's pool (job.h), views and webhooks have
 * threads of their own.
 *
 * A pass of the loop: sockets give bytes; protocols make requests of them; commands gather at the desk; at the end
 * of the pass the desk decides them, the journal sends its batch, and replies go whose numbers are durable.
 */
#ifndef ELEVEN_DOOR_SERVER_H
#define ELEVEN_DOOR_SERVER_H

#include "access/access.h"
#include "code/order_code.h"
#include "door/conn.h"
#include "door/desk.h"
#include "door/door.h"
#include "door/metric.h"
#include "door/pages.h"
#include "eleven.h"
#include "door/unread.h"
#include "hook/hook.h"
#include "view/view.h"

#include <time.h>
#include <uv.h>

struct server_stats {
    u64 connections, connections_refused;
    u64 busy;                       /* commands refused because the disk was stuck */
    u64 results[128];               /* by result code; [127]: beyond */
    u64 requests_http, requests_resp;
    u64 bad_requests;
    u64 limited;                    /* refused by a rate limit */
    u64 passes;
};

struct server {
    uv_loop_t loop;
    struct door_options options;
    struct eleven *eleven;
    const struct engine *engine;
    struct access *access;
    u8 code_key[ORDER_CODE_KEY_BYTES]; /* of the folder, for codes of orders */
    struct view *view;              /* NULL: no views */
    struct hook *hook;
    struct tls_context *tls;
    struct desk desk;
    char *read_buffer;              /* CONN_INPUT_MAX + CONN_READ_BYTES */
    struct buffer scratch;          /* a body that is being made */

    uv_tcp_t http, https, resp;
    uv_poll_t disk;
    uv_check_t pass;
    uv_prepare_t before;
    uv_timer_t tick;                /* SERVER_TICK_MS */
    uv_signal_t terminate, interrupt;

    struct conn *conns;             /* all of them */
    u32 conn_count;
    struct conn *gate_first, *gate_last;
    struct conn *blocked;           /* wait for room at the desk */
    u32 files;                      /* large bodies that are being read or worked on */
    struct http *resting, *resting_last; /* refused, and not read from for a moment */
    u64 gate_count;
    struct unread unread;           /* what clients do not read */

    struct admission *admission;
    struct limiter *limiter;
    struct events *events;          /* server-sent */
    struct jobs *jobs;
    struct pages *pages;            /* that are made once */
    struct durable *durable;
    struct turns *turns;
    struct imports *imports;

    i64 started_ms;
    i64 pass_ns;                    /* monotonic, when this pass began; 0: it has not */
    i64 pass_cpu_ns;                /* server_cpu_ns then */
    i64 flushed_ns;                 /* when the oldest sequence number not durable was decided; 0: all are */
    u64 flushed_seq;
    u64 announced;                  /* durable number told to the views */
    char date[64];                  /* the Date header, */
    size_t date_size;
    i64 date_made_ms;               /* as of this loop time */
    u32 ticks;
    i64 stopping_ms;                /* loop time when the stop began */
    bool stopping;
    bool failed;                    /* the journal */
    enum door_exit exit;
    struct server_stats stats;
    struct metrics metrics;
};

#define SERVER_TICK_MS 5

/* door_run in its steps, for whoever turns the loop: everything is open but the listeners. Never NULL; `exit` is
 * DOOR_STOPPED, or says why it is only good for server_close. */
struct server *server_open(const struct door_options *options);

/* Cuts the connections, closes everything and frees. */
enum door_exit server_close(struct server *server);

/* The loop's clock (monotonic, ms), as of this pass; and the server's: ms since 1970. */
static inline i64 server_loop_ms(const struct server *server)
{
    return (i64)uv_now(&server->loop);
}
i64 server_now_ms(struct server *server);

/* Time that this thread has worked: what a pass costs does not depend on who else wants the processor. */
static inline i64 server_cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The first of a pass's callbacks says so, for the measures. */
static inline void server_pass_begins(struct server *server)
{
    if (server->pass_ns != 0)
        return;
    server->pass_ns = (i64)uv_hrtime();
    server->pass_cpu_ns = server_cpu_ns();
}

/* This connection has replies that wait for the gate. */
void server_at_gate(struct server *server, struct conn *conn);
/* It has none, or is being closed: while a disk is stuck nobody else would take it out of the queue, and connections
 * that come, are refused and go would pile up there (1 KB each, thousands a second). */
void server_leave_gate(struct server *server, struct conn *conn);

void server_count_result(struct server *server, struct result result);

/* Begins to stop: no new connections, finish what was begun. */
void server_stop(struct server *server);

/* One line of JSON on standard error: {"time":..,"level":..,"event":.., ...}; `format` adds further members
 * (`"key":value`), already JSON. */
void server_log(struct server *server, const char *level, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
