/*
 * Server-sent events (WHATWG HTML, 9.2): the screen of a festival, what is left of a SKU, a shopper's own orders.
 *
 * A stream is looked at every EVENTS_PERIOD_MS and gets an event when what it watches has changed: however much
 * happens, there are at most four a second, each with the state as it is then. All screens of a festival share one
 * text. While the server is busy, events have EVENTS_BUSY_PERMILLE of its time and come less often instead of costing
 * orders.
 *
 * An event's id is the sequence number it shows (a screen's: and the second of the festival). Who comes back with
 * Last-Event-ID gets what has changed since: a screen the seconds it has missed, a shopper the orders.
 */
#ifndef ELEVEN_DOOR_EVENTS_H
#define ELEVEN_DOOR_EVENTS_H

#include "base/types.h"

struct server;
struct http;
struct events;

#define EVENTS_PERIOD_MS 250
#define EVENTS_BEAT_MS 15000            /* a comment, when there is nothing to say */
#define EVENTS_BUSY_PERMILLE 20
#define EVENTS_SHARED_SECONDS 20        /* in the text that all screens share: who reads is told more often */
#define EVENTS_UNSENT_MAX ((size_t)64 << 10) /* who does not read gets no more until they do */
#define EVENTS_SECONDS_MAX 600          /* seconds of a festival in one event */
#define EVENTS_ORDERS_MAX 32            /* newest orders of a shopper that are watched */

enum event_kind { EVENT_SCREEN, EVENT_STOCK, EVENT_ORDERS };

struct events *events_open(struct server *server);
void events_close(struct events *events);

/* The request becomes a stream about this festival, SKU or shopper. */
void events_begin(struct events *events, struct http *http, enum event_kind kind, u32 subject);

/* Looks at streams whose time has come. */
void events_tick(struct events *events);

/* Ends all streams: the server stops. */
void events_close_all(struct events *events);

struct events_stats {
    u32 streams;
    u64 sent;
    u64 skipped;            /* looks at streams that had not read what was sent */
};
void events_stats(const struct events *events, struct events_stats *stats);

#endif
