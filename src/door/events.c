#include "door/events.h"

#include "base/assert.h"
#include "base/checksum.h"
#include "door/events_text.h"
#include "door/http_state.h"
#include "door/identify.h"
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
    u64 seq;                /* a screen: that what was told shows */
    struct told *told;      /* EVENT_ORDERS: EVENTS_ORDERS_MAX */
    i64 allowed_ms;         /* loop time when the secret was last found good */
    size_t secret_size;
    char secret[ACCESS_SECRET_MAX];
};

/*
 * The text of a festival's screen, made once for all who see it. One is made, and shown when the sequence number it
 * shows is durable: then it need not pass the gate again for each of ten thousand.
 */
struct screen_text {
    struct buffer bytes;
    u64 seq;
    u64 version;
    i64 from_second, second;
};

struct screen {
    struct screen_text shown, made;
    u32 festival;           /* 0: nothing is there yet */
    bool waiting;           /* `made` is not durable yet */
    i64 made_ms;            /* loop time */
};

#define EVENTS_SCREENS 8

struct events {
    struct server *server;
    struct stream *first, *last;
    struct screen screens[EVENTS_SCREENS];
    struct buffer text;
    u64 pass_sum_us;        /* of the metrics, when the last tick was */
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
    for (u32 i = 0; i < EVENTS_SCREENS; i++) {
        buffer_free(&events->screens[i].shown.bytes);
        buffer_free(&events->screens[i].made.bytes);
    }
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
    ASSERT((stream->previous == NULL) == (events->first == stream));
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

/* An event goes to the gate, or past it when it shows what is durable. False: the connection has ended, and the
 * stream with it. */
static bool stream_say(struct stream *stream, const struct buffer *text, bool durable)
{
    struct events *events = stream->events;
    struct conn *conn = http_conn(stream->http);
    stream->said_ms = server_loop_ms(events->server);
    events->stats.sent++;
    if (durable)
        http_free(stream->http);
    http_piece(stream->http, slice_of(text->bytes, text->size));
    return !conn->closing;
}

/* A shopper's stream ends with the session or key that it was opened with. */
static bool stream_allowed(struct stream *stream)
{
    struct server *server = stream->events->server;
    struct slice secret = slice_of(stream->secret, stream->secret_size);
    struct caller caller;
    if (stream->kind != EVENT_ORDERS)
        return true;
    return identify_secret(server, secret, &caller) == ACCESS_OK && caller.shopper == stream->subject;
}

static u64 screen_version(const struct festival *festival, i64 now_ms)
{
    u64 facts[] = {(u64)festival->paid_minor,     (u64)festival->held_minor, festival->orders,
                   (u64)festival->refunded_minor, (u64)festival->opens_ms,   (u64)festival->closes_ms,
                   now_ms >= festival->opens_ms};
    return checksum64(facts, sizeof(facts), 0);
}

/* A new text, once a period; it is shown as soon as it may be. */
static struct screen *screen_of(struct events *events, u32 festival)
{
    struct server *server = events->server;
    struct screen *screen = &events->screens[festival % EVENTS_SCREENS];
    const struct festival *row = engine_festival(server->engine, festival);
    bool other = screen->festival != festival;
    if (!other && screen->waiting && eleven_durable(server->eleven) >= screen->made.seq) {
        struct screen_text before = screen->shown;
        screen->shown = screen->made;
        screen->made = before;
        screen->waiting = false;
    }
    if (!other && (screen->waiting || server_loop_ms(server) - screen->made_ms < EVENTS_PERIOD_MS))
        return screen;
    i64 now_ms = server_now_ms(server);
    struct screen_text *made = &screen->made;
    if (other)
        screen->shown.bytes.size = 0;
    screen->festival = festival;
    screen->made_ms = server_loop_ms(server);
    screen->waiting = true;
    made->seq = engine_seq(server->engine);
    made->version = screen_version(row, now_ms);
    made->second = events_second(row, now_ms);
    made->from_second = MAX(made->second - EVENTS_SHARED_SECONDS, (i64)0);
    made->bytes.size = 0;
    events_screen(&made->bytes, server->engine, festival, made->from_second, now_ms);
    return screen;
}

/* Seconds in which nothing happened are told with the next event; the one that runs is told again. */
static bool look_at_screen(struct stream *stream)
{
    struct events *events = stream->events;
    struct server *server = events->server;
    const struct screen *screen = screen_of(events, stream->subject);
    const struct screen_text *shown = &screen->shown;
    bool first = stream->said_ms == 0;
    if (!first && (shown->bytes.size == 0 || shown->seq < stream->seq))
        return true; /* nothing yet that is newer than what it has been told */
    if (!first && shown->version == stream->version) {
        stream->second = MAX(stream->second, shown->second); /* nothing has happened until then */
        return true;
    }
    if (first || stream->second < shown->from_second) { /* or has missed some: a text of its own, once, as of now */
        i64 now_ms = server_now_ms(server);
        const struct festival *festival = engine_festival(server->engine, stream->subject);
        events->text.size = 0;
        events_screen(&events->text, server->engine, stream->subject, stream->second, now_ms);
        stream->version = screen_version(festival, now_ms);
        stream->seq = engine_seq(server->engine);
        stream->second = MAX(events_second(festival, now_ms), (i64)0);
        return stream_say(stream, &events->text, false);
    }
    stream->version = shown->version;
    stream->seq = shown->seq;
    stream->second = MAX(shown->second, (i64)0);
    return stream_say(stream, &shown->bytes, true);
}

static bool look_at_stock(struct stream *stream)
{
    struct events *events = stream->events;
    struct server *server = events->server;
    i64 now_ms = server_now_ms(server);
    u64 version = events_stock_version(server->engine, stream->subject, now_ms);
    if (version == stream->version && stream->said_ms != 0)
        return true;
    events->text.size = 0;
    events_stock(&events->text, server->engine, stream->subject, now_ms);
    stream->version = version;
    return stream_say(stream, &events->text, false);
}

/* The newest orders, oldest of them first, so that a page shows them as they happened. */
static bool look_at_orders(struct stream *stream)
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
        if (!stream_say(stream, &events->text, false))
            return false;
    }
    return true;
}

static void stream_end(struct stream *stream)
{
    struct http *http = stream->http;
    stream_closed(stream);
    http_end(http);
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
    bool there = stream->kind == EVENT_SCREEN  ? look_at_screen(stream)
                 : stream->kind == EVENT_STOCK ? look_at_stock(stream)
                                               : look_at_orders(stream);
    static char beat[] = ":\n\n";
    if (there && now_ms - stream->said_ms >= EVENTS_BEAT_MS)
        there = stream_say(stream, &(struct buffer){.bytes = beat, .size = sizeof(beat) - 1}, true);
    if (!there)
        return;
    if (now_ms - stream->allowed_ms < EVENTS_BEAT_MS)
        return;
    stream->allowed_ms = now_ms;
    if (!stream_allowed(stream))
        stream_end(stream);
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
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what stream_look ends is off the list before it is freed */
    while (events->first != NULL && events->first->look_ms <= now_ms && spent_ns < allowed_ns) {
        struct stream *stream = events->first;
        stream_unlink(stream);
        stream->look_ms = now_ms + EVENTS_PERIOD_MS;
        stream_append(stream);
        stream_look(stream);
        spent_ns = (i64)uv_hrtime() - begun_ns;
    }
    events->spent_ns = MAX(spent_ns - allowed_ns, (i64)0);
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
    struct slice secret = identify_credential(http);
    stream->secret_size = MIN(secret.size, sizeof(stream->secret));
    if (stream->secret_size > 0)
        memcpy(stream->secret, secret.bytes, stream->secret_size);
    stream->allowed_ms = server_loop_ms(events->server);
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
    stream->look_ms = server_loop_ms(events->server) + EVENTS_PERIOD_MS;
    stream_look(stream);
}

void events_close_all(struct events *events)
{
    while (events->first != NULL)
        stream_end(events->first); /* NOLINT(clang-analyzer-unix.Malloc): as above */
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
