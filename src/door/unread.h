/*
 * Answers that nobody reads: a bound on all of them together. One connection may have CONN_OUTPUT_MAX of them, so that a
 * pipeline is fast; ten thousand that ask much and read nothing would have 10 GB.
 *
 * From half of UNREAD_MAX on, a connection is asked for more only when it has read nearly all that it has; beyond
 * UNREAD_MAX those end that have not read for longest. Bytes that wait for the disk count, but nobody is ended for them.
 */
#ifndef ELEVEN_DOOR_UNREAD_H
#define ELEVEN_DOOR_UNREAD_H

#include "base/types.h"

struct server;
struct conn;

#define UNREAD_MAX ((size_t)128 << 20)      /* of all connections together */
#define UNREAD_LEAN ((size_t)16 << 10)      /* of one, while there are half as many as that */

struct unread {
    size_t bytes;               /* not sent, of all connections */
    struct conn *first, *last;  /* with a write under way, the one that has read nothing for longest first */
    u64 ended;                  /* connections, for being first beyond the bound */
};

/* The bytes of this connection have become more or fewer. */
void unread_count(struct conn *conn);

/* The kernel takes no more of this connection's bytes for now; it has taken some; it is being closed. */
void unread_begin(struct conn *conn);
void unread_end(struct conn *conn);
void unread_close(struct conn *conn);

/* Not sent yet, of one connection, beyond which it is not asked for more. */
size_t unread_most(const struct server *server);

/* Ends the slowest ones while there is too much. At the end of a pass, never from inside a protocol. */
void unread_shed(struct server *server);

#endif
