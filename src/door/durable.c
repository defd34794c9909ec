#include "door/durable.h"

#include "base/assert.h"
#include "door/server.h"

#include <stdlib.h>

struct durable_entry {
    struct durable_entry *next;
    struct conn *conn;
    durable_done *done;
    void *argument;
    u64 seq;
};

struct durable {
    struct server *server;
    struct durable_entry *first, *last; /* their numbers ascend */
};

struct durable *durable_open(struct server *server)
{
    struct durable *durable = calloc(1, sizeof(*durable));
    ASSERT(durable != NULL);
    durable->server = server;
    return durable;
}

void durable_wait(struct server *server, struct conn *conn, durable_done *done, void *argument)
{
    struct durable *durable = server->durable;
    struct durable_entry *entry = malloc(sizeof(*entry));
    ASSERT(entry != NULL);
    *entry = (struct durable_entry){NULL, conn, done, argument, engine_seq(server->engine)};
    ASSERT(durable->last == NULL || durable->last->seq <= entry->seq);
    if (durable->last != NULL)
        durable->last->next = entry;
    else
        durable->first = entry;
    durable->last = entry;
    if (conn != NULL)
        conn->uses++;
}

static void durable_tell(struct durable *durable, bool reached)
{
    struct durable_entry *entry = durable->first;
    struct conn *conn = entry->conn;
    durable->first = entry->next;
    if (durable->first == NULL)
        durable->last = NULL;
    entry->done(durable->server, conn != NULL && !conn->closing ? conn : NULL, entry->argument, reached);
    if (conn != NULL) {
        conn->uses--;
        conn_unuse(conn);
    }
    free(entry);
}

void durable_pass(struct durable *durable)
{
    while (durable->first != NULL && durable->first->seq <= eleven_durable(durable->server->eleven))
        durable_tell(durable, true);
}

void durable_close(struct durable *durable)
{
    while (durable->first != NULL)
        durable_tell(durable, false);
    free(durable);
}
