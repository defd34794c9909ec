/*
 * Admission of orders over HTTP: a pass of the loop takes in so much work as it can do in options.in_flight_ms; the
 * orders beyond are refused at once with a number in a line: Retry-After, and a Queue-Ticket.
 *
 * The line is called as time passes, at the rate at which orders can be done, less what comes without a ticket, which
 * gets half while somebody waits. Retry-After is when the number will have been called, so the holder gets in at the
 * second try, in order: when more of those who were called come at one moment than a pass takes in, the rest wait for
 * the next passes, and are not sent away again. Who hammers without waiting is not read from for a moment
 * (http_rest), so that refusing costs nothing, and gets the end of the line.
 */
#ifndef ELEVEN_DOOR_ADMISSION_H
#define ELEVEN_DOOR_ADMISSION_H

#include "base/types.h"

struct server;
struct http;
struct admission;

struct admission *admission_open(struct server *server);
void admission_close(struct admission *admission);

/* An order asks to be taken in. False: it has been refused, or waits for a pass that has room; its route is run again
 * then. */
bool admission_enter(struct admission *admission, struct http *http);

/* The end of a pass that took so long: measures, calls the next, and lets those in who were called and had to wait. */
void admission_pass(struct admission *admission, i64 pass_ns);

/* Somebody who was called waits for the next pass. */
bool admission_waits(const struct admission *admission);

/* For the metrics. */
struct admission_stats {
    u64 admitted, by_ticket, refused;
    u64 waiting;            /* numbers given out and not called yet */
    u32 pass_max;           /* orders a pass takes in now */
};
void admission_stats(const struct admission *admission, struct admission_stats *stats);

#endif
