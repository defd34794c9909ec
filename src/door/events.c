#include "door/events.h"

#include "base/assert.h"

#include <stdlib.h>

struct events {
    struct server *server;
};

struct events *events_open(struct server *server)
{
    struct events *events = calloc(1, sizeof(*events));
    ASSERT(events != NULL);
    events->server = server;
    return events;
}

void events_close(struct events *events)
{
    free(events);
}

void events_tick(struct events *events)
{
    (void)events;
}

void events_close_all(struct events *events)
{
    (void)events;
}
