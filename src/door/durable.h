/*
 * The gate for what is no reply: a decision must not be told to another store (accounts.db) before it is durable
 * in the journal, or a crash would leave that store speaking of what never happened.
 */
#ifndef ELEVEN_DOOR_DURABLE_H
#define ELEVEN_DOOR_DURABLE_H

#include "base/types.h"

struct server;
struct conn;
struct durable;

/* On the loop, in the order of the waits. `conn` is NULL when there was none or it has gone meanwhile. `durable`
 * false: the server stops before it could be known. Frees the argument. */
typedef void durable_done(struct server *server, struct conn *conn, void *argument, bool durable);

struct durable *durable_open(struct server *server);
/* Tells those that wait still. */
void durable_close(struct durable *durable);

/* Calls `done`, later, once the engine's present sequence number is durable. Who calls it bounds how many wait. */
void durable_wait(struct server *server, struct conn *conn, durable_done *done, void *argument);

/* Once in a pass of the loop: calls those whose number has been reached. */
void durable_pass(struct durable *durable);

#endif
