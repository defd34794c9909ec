/*
 * Server-sent events (WHATWG HTML, 9.2): the screen of a festival, the stock of a SKU, a shopper's own orders.
 */
#ifndef ELEVEN_DOOR_EVENTS_H
#define ELEVEN_DOOR_EVENTS_H

#include "base/types.h"

struct server;
struct events;

struct events *events_open(struct server *server);
void events_close(struct events *events);
void events_tick(struct events *events);
/* Ends all streams: the server stops. */
void events_close_all(struct events *events);

#endif
