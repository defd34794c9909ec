#include "door/desk.h"

#include "base/assert.h"
#include "door/conn.h"
#include "door/server.h"

#include <stdlib.h>

void desk_open(struct desk *desk, struct server *server)
{
    *desk = (struct desk){.server = server};
    desk->bytes = aligned_alloc(64, DESK_BYTES);
    desk->entries = malloc(DESK_ENTRIES * sizeof(*desk->entries));
    ASSERT(desk->bytes != NULL && desk->entries != NULL);
}

void desk_close(struct desk *desk)
{
    free(desk->bytes);
    free(desk->entries);
}

void *desk_room(struct desk *desk, size_t size)
{
    ASSERT(size <= COMMAND_SIZE_MAX);
    bool full = desk->size + size > DESK_BYTES || desk->count == DESK_ENTRIES;
    if (full && !desk->running)
        full = !desk_run(desk);
    return full ? NULL : desk->bytes + desk->size;
}

void desk_ask(struct desk *desk, struct conn *conn, desk_reply *reply, void *context)
{
    const struct command_header *command = (const void *)(desk->bytes + desk->size);
    ASSERT(desk->count < DESK_ENTRIES && desk->size + command->size <= DESK_BYTES);
    ASSERT(command_well_formed(command, command->size));
    desk->size += command->size;
    desk->entries[desk->count++] = (struct desk_entry){conn, reply, context};
    if (conn != NULL)
        conn->uses++;
    if (desk->count >= DESK_BATCH)
        desk_run(desk);
}

static void desk_tell(struct desk *desk, const struct result *result)
{
    const struct desk_entry entry = desk->entries[desk->answered++];
    bool there = entry.conn != NULL && !entry.conn->closing;
    entry.reply(there ? entry.conn : NULL, entry.context, result);
    if (entry.conn != NULL) {
        entry.conn->uses--;
        conn_unuse(entry.conn);
    }
}

static void desk_decided(void *argument, struct result result)
{
    struct desk *desk = argument;
    desk->decided++;
    server_count_result(desk->server, result);
    desk_tell(desk, &result);
}

/* What waits longer than that is refused: the disk is stuck, or the journal has failed. */
static bool desk_out_of_patience(struct desk *desk)
{
    i64 now_ms = server_loop_ms(desk->server);
    if (eleven_status(desk->server->eleven) != JOURNAL_OK)
        return true;
    if (desk->stuck_since_ms == 0)
        desk->stuck_since_ms = now_ms;
    return now_ms - desk->stuck_since_ms >= DESK_PATIENCE_MS;
}

/* Decides what is there now. Who is told may ask for more, which is put behind it. False: the disk is awaited. */
static bool desk_round(struct desk *desk)
{
    size_t size = desk->size;
    u32 count = desk->count;
    desk->running = true;
    desk->answered = 0;
    size_t taken = eleven_decide(desk->server->eleven, desk->bytes, size, desk_decided, desk);
    if (taken < size && desk_out_of_patience(desk)) {
        while (desk->answered < count) {
            desk->server->stats.busy++;
            desk_tell(desk, NULL);
        }
        taken = size;
    } else if (taken > 0) {
        desk->stuck_since_ms = 0;
    }
    ASSERT(desk->answered <= count && (taken < size || desk->answered == count));
    desk->size -= taken;
    desk->count -= desk->answered;
    memmove(desk->bytes, desk->bytes + taken, desk->size);
    memmove(desk->entries, desk->entries + desk->answered, desk->count * sizeof(*desk->entries));
    desk->running = false;
    return taken == size;
}

bool desk_run(struct desk *desk)
{
    while (desk->count > 0 && !desk->running && desk_round(desk))
        continue;
    return desk->count == 0;
}

void desk_refuse(struct desk *desk)
{
    ASSERT(!desk->running);
    desk->running = true;
    for (desk->answered = 0; desk->answered < desk->count;)
        desk_tell(desk, NULL);
    desk->count = desk->answered = 0;
    desk->size = 0;
    desk->running = false;
}
