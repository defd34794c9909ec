#include "door/unread.h"

#include "base/assert.h"
#include "door/conn.h"
#include "door/server.h"

_Static_assert(UNREAD_LEAN < CONN_OUTPUT_MAX && CONN_OUTPUT_MAX < UNREAD_MAX / 2, "one connection is no pressure");

void unread_count(struct conn *conn)
{
    struct unread *unread = &conn->server->unread;
    size_t now = conn_unsent(conn);
    ASSERT(unread->bytes >= conn->unread);
    unread->bytes += now - conn->unread;
    conn->unread = now;
}

void unread_begin(struct conn *conn)
{
    struct unread *unread = &conn->server->unread;
    ASSERT(!conn->unread_listed && !conn->closing);
    conn->unread_listed = true;
    conn->unread_next = NULL;
    conn->unread_previous = unread->last;
    if (unread->last != NULL)
        unread->last->unread_next = conn;
    else
        unread->first = conn;
    unread->last = conn;
}

void unread_end(struct conn *conn)
{
    struct unread *unread = &conn->server->unread;
    if (!conn->unread_listed)
        return;
    conn->unread_listed = false;
    if (conn->unread_previous != NULL)
        conn->unread_previous->unread_next = conn->unread_next;
    else
        unread->first = conn->unread_next;
    if (conn->unread_next != NULL)
        conn->unread_next->unread_previous = conn->unread_previous;
    else
        unread->last = conn->unread_previous;
}

void unread_close(struct conn *conn)
{
    unread_end(conn);
    ASSERT(conn->server->unread.bytes >= conn->unread);
    conn->server->unread.bytes -= conn->unread;
    conn->unread = 0;
}

size_t unread_most(const struct server *server)
{
    return server->unread.bytes < UNREAD_MAX / 2 ? CONN_OUTPUT_MAX : UNREAD_LEAN;
}

void unread_shed(struct server *server)
{
    struct unread *unread = &server->unread;
    while (unread->bytes > UNREAD_MAX && unread->first != NULL) {
        unread->ended++;
        conn_close(unread->first);
    }
}
