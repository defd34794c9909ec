#include "door/events.h"

#include "base/assert.h"
#include "base/checksum.h"
#include "door/events_text.h"
#include "door/http_state.h"
#include "door/param.h"
#include "door/problem.h"
#include "door/serve.h"
#include "door/route.h"
#include "door/ask.h"

#include <stdio.h>
#include <stdlib.h>

/* An order that a shopper's stream has told about. */
struct told {
    u32 order;
    u64 version;
};

struct stream {
    struct events *events;
    struct http *http;
    struct stream *next, *previous; /* by when they are looked at: the period is the same for all */
    enum event_kind kind;
    u32 subject;
    i64 look_ms;            /* loop time */
    i64 said_ms;            /* loop time of the last event or beat */
    i64 second;             /* a screen: seconds before this one have been told */
    u64 version;            /* of what was told */
    struct told *told;      /* EVENT_ORDERS: EVENTS_ORDERS_MAX */
};

/* The text of a festival's screen, made once for all who see it. */
struct screen {
    struct buffer text;
    u32 festival;
    u64 version;            /* of the state that it shows */
    i64 made_ms;            /* loop time */
    i64 from_second, second;
};

#define EVENTS_SCREENS 8

struct events {
    struct server *server;
    struct stream *first, *last;
    struct screen screens[EVENTS_SCREENS];
    struct buffer text;
    u64 pass_count;         /* of the metrics, when the last tick was */
    u64 pass_sum_us;
    i64 tick_ns;
    i64 spent_ns;           /* beyond what was allowed so far */
    struct events_stats stats;
};

struct events *events_open(struct server *server)
{
    struct events *events = calloc(1, sizeof(*events));
    ASSERT(events != NULL);
    events->server = server;
    events->tick_ns = (i64)uv_hrtime();
    return events;
}

void events_close(struct events *events)
{
    ASSERT(events->first == NULL); /* connections were closed before */
    for (u32 i = 0; i < EVENTS_SCREENS; i++)
        buffer_free(&events->screens[i].text);
    buffer_free(&events->text);
    free(events);
}

void events_stats(const struct events *events, struct events_stats *stats)
{
    *stats = events->stats;
}

/* --- the list ------------------------------------------------------------------------------------------ */

static void stream_unlink(struct stream *stream)
{
    struct events *events = stream->events;
    if (stream->previous != NULL)
        stream->previous->next = stream->next;
    else
        events->first = stream->next;
    if (stream->next != NULL)
        stream->next->previous = stream->previous;
    else
        events->last = stream->previous;
}

static void stream_append(struct stream *stream)
{
    struct events *events = stream->events;
    stream->next = NULL;
    stream->previous = events->last;
    if (events->last != NULL)
        events->last->next = stream;
    else
        events->first = stream;
    events->last = stream;
}

static void stream_closed(void *argument)
{
    struct stream *stream = argument;
    stream->events->stats.streams--;
    stream_unlink(stream);
    free(stream->told);
    free(stream);
}

/* --- what there is to say -------------------------------------------------------------------------------- */

/* Another one when the screen shows something else. Seconds in which nothing happened are told at the next event; the
 * second that runs is told again. */
static u64 screen_version(const struct festival *festival, i64 now_ms)
{
    u64 facts[] = {(u64)festival->paid_minor, (u64)festival->held_minor, (u64)festival->refunded_minor,
                   (u64)festival->orders, (u64)festival->opens_ms, events_second(festival, now_ms) < 0};
    return checksum64(facts, sizeof(facts), 0);
}

/* The shared text of a screen that has told everything before `from`; made anew at most once a period. */
static struct screen *screen_of(struct events *events, u32 festival, i64 from)
{
    struct server *server = events->server;
    struct screen *screen = &events->screens[festival % EVENTS_SCREENS];
    i64 now_ms = server_now_ms(server);
    bool fresh = screen->festival == festival && server_loop_ms(server) - screen->made_ms < EVENTS_PERIOD_MS &&
                 screen->from_second <= from;
    if (fresh)
        return screen;
    i64 second = events_second(engine_festival(server->engine, festival), now_ms);
    screen->festival = festival;
    screen->made_ms = server_loop_ms(server);
    screen->version = screen_version(engine_festival(server->engine, festival), now_ms);
    screen->second = second;
    screen->from_second = MIN(from, MAX(second - 2, (i64)0)); /* a few more than most need, so that it serves all */
    screen->text.size = 0;
    events_screen(&screen->text, server->engine, festival, screen->from_second, now_ms);
    return screen;
}

static void look_at_screen(struct stream *stream)
{
    struct events *events = stream->events;
    const struct festival *festival = engine_festival(events->server->engine, stream->subject);
    u64 version = screen_version(festival, server_now_ms(events->server));
    if (version == stream->version && stream->said_ms != 0)
        return;
    const struct screen *screen = screen_of(events, stream->subject, stream->second);
    if (screen->version == stream->version && stream->said_ms != 0)
        return; /* what has happened since the text was made is in the next one */
    http_piece(stream->http, slice_of(screen->text.bytes, screen->text.size));
    stream->version = screen->version;
    stream->second = MAX(screen->second, (i64)0);
    stream->said_ms = server_loop_ms(events->server);
    events->stats.sent++;
}

static void look_at_stock(struct stream *stream)
{
    struct events *events = stream->events;
    struct server *server = events->server;
    i64 now_ms = server_now_ms(server);
    u64 version = events_stock_version(server->engine, stream->subject, now_ms);
    if (version == stream->version && stream->said_ms != 0)
        return;
    events->text.size = 0;
    events_stock(&events->text, server->engine, stream->subject, now_ms);
    http_piece(stream->http, slice_of(events->text.bytes, events->text.size));
    stream->version = version;
    stream->said_ms = server_loop_ms(server);
    events->stats.sent++;
}

/* The newest orders, oldest of them first, so that a page shows them as they happened. */
static void look_at_orders(struct stream *stream)
{
    struct events *events = stream->events;
    const struct engine *engine = events->server->engine;
    u32 orders[EVENTS_ORDERS_MAX], count = 0;
    for (u32 id = engine_shopper(engine, stream->subject)->last_order; id != 0 && count < EVENTS_ORDERS_MAX;
         id = engine_order(engine, id)->previous)
        orders[count++] = id;
    while (count > 0) {
        u32 id = orders[--count];
        struct told *told = &stream->told[id % EVENTS_ORDERS_MAX];
        u64 version = events_order_version(engine, id);
        if (told->order == id && told->version == version)
            continue;
        if (told->order > id) /* its place has gone to a newer one */
            continue;
        *told = (struct told){id, version};
        events->text.size = 0;
        events_order(&events->text, engine, id);
        http_piece(stream->http, slice_of(events->text.bytes, events->text.size));
        stream->said_ms = server_loop_ms(events->server);
        events->stats.sent++;
    }
}

static void stream_look(struct stream *stream)
{
    struct events *events = stream->events;
    i64 now_ms = server_loop_ms(events->server);
    if (conn_unsent(http_conn(stream->http)) > EVENTS_UNSENT_MAX) {
        events->stats.skipped++;
        return;
    }
    if (conn_unsent(http_conn(stream->http)) == 0)
        conn_alive(http_conn(stream->http)); /* it asks nothing more, but reads */
    if (stream->kind == EVENT_SCREEN)
        look_at_screen(stream);
    else if (stream->kind == EVENT_STOCK)
        look_at_stock(stream);
    else
        look_at_orders(stream);
    if (now_ms - stream->said_ms >= EVENTS_BEAT_MS) {
        http_piece(stream->http, slice_of(":\n\n", 3));
        stream->said_ms = now_ms;
    }
}

/* --- when ---------------------------------------------------------------------------------------------- */

/* What may be spent on events now: half of the time that is free, or their share of a busy server. */
static i64 allowance_ns(struct events *events)
{
    const struct histogram *pass = &events->server->metrics.pass;
    i64 now_ns = (i64)uv_hrtime();
    i64 elapsed_ns = MIN(now_ns - events->tick_ns, (i64)1000000000);
    i64 worked_ns = (i64)(pass->sum_us - events->pass_sum_us) * 1000;
    events->tick_ns = now_ns;
    events->pass_sum_us = pass->sum_us;
    i64 idle_ns = MAX(elapsed_ns - worked_ns, (i64)0);
    i64 least_ns = elapsed_ns * EVENTS_BUSY_PERMILLE / 1000;
    return worked_ns * 2 > elapsed_ns ? least_ns : MAX(idle_ns / 2, least_ns);
}

void events_tick(struct events *events)
{
    i64 now_ms = server_loop_ms(events->server);
    i64 allowed_ns = allowance_ns(events) - events->spent_ns;
    i64 begun_ns = events->tick_ns, spent_ns = 0;
    while (events->first != NULL && events->first->look_ms <= now_ms && spent_ns < allowed_ns) {
        struct stream *stream = events->first;
        stream_unlink(stream);
        stream->look_ms = now_ms + EVENTS_PERIOD_MS;
        stream_append(stream);
        stream_look(stream);
        spent_ns = (i64)uv_hrtime() - begun_ns;
    }
    events->spent_ns = MAX(spent_ns - allowed_ns, (i64)0); /* sending is paid for as well */
}

void events_begin(struct events *events, struct http *http, enum event_kind kind, u32 subject)
{
    const struct http_request *request = http_request(http);
    struct stream *stream = calloc(1, sizeof(*stream));
    ASSERT(stream != NULL);
    *stream = (struct stream){.events = events, .http = http, .kind = kind, .subject = subject};
    if (kind == EVENT_ORDERS) {
        stream->told = calloc(EVENTS_ORDERS_MAX, sizeof(*stream->told));
        ASSERT(stream->told != NULL);
    }
    /* "SEQ-SECOND": the second that ran then is told again. */
    struct slice last = request->headers[HTTP_LAST_EVENT_ID];
    const char *dash = last.bytes != NULL ? memchr(last.bytes, '-', last.size) : NULL;
    i64 second;
    if (dash != NULL && ask_number(slice_of(dash + 1, last.size - (size_t)(dash + 1 - last.bytes)), &second))
        stream->second = MAX(second, (i64)0);
    http_begin(http, 200, "text/event-stream; charset=utf-8", "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n");
    if (http->no_body) { /* HEAD: there is no more to come */
        free(stream->told);
        free(stream);
        http_end(http);
        return;
    }
    http_on_close(http, stream_closed, stream);
    events->stats.streams++;
    stream_append(stream);
    http_piece(http, slice_of("retry: 2000\n\n", 13));
    stream_look(stream);
    stream->look_ms = server_loop_ms(events->server) + EVENTS_PERIOD_MS;
}

void events_close_all(struct events *events)
{
    while (events->first != NULL) {
        struct stream *stream = events->first;
        struct http *http = stream->http;
        stream_closed(stream);
        http_end(http);
    }
}

/* --- routes ---------------------------------------------------------------------------------------------- */

void serve_festival_events(struct http *http)
{
    struct server *server = http_server(http);
    u32 festival = ask_find(server->engine, COMMAND_FESTIVAL_PUT, route_parameter(http, "festival"), ASK_WORD);
    if (engine_festival(server->engine, festival) == NULL)
        problem_result(http, (struct result){.code = RESULT_UNKNOWN_FESTIVAL});
    else
        events_begin(server->events, http, EVENT_SCREEN, festival);
}

void serve_sku_events(struct http *http)
{
    struct server *server = http_server(http);
    u32 sku = ask_find(server->engine, COMMAND_SKU_PUT, route_parameter(http, "sku"), ASK_WORD);
    if (engine_sku(server->engine, sku) == NULL)
        problem_result(http, (struct result){.code = RESULT_UNKNOWN_SKU});
    else
        events_begin(server->events, http, EVENT_STOCK, sku);
}

void serve_my_events(struct http *http)
{
    struct server *server = http_server(http);
    u32 shopper = http_request(http)->caller.shopper;
    if (engine_shopper(server->engine, shopper) == NULL)
        problem_result(http, (struct result){.code = RESULT_UNKNOWN_SHOPPER});
    else
        events_begin(server->events, http, EVENT_ORDERS, shopper);
}
