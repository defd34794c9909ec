/*
 * The desk: commands of one pass of the loop, collected from all connections,
 * decided together, each answered to whom it came from.
 *
 *   desk_room     memory for one more command (NULL: full; conn_block and try again)
 *   desk_ask      the command that was put there, and who is told its result
 *   desk_run      decides what is waiting, in order (at the end of a pass, when full, and before a read)
 *
 * When the journal has no room, commands wait here, in bounds. After DESK_PATIENCE_MS they are refused (busy), so
 * that a stuck disk makes quick refusals and no queue.
 */
#ifndef ELEVEN_DOOR_DESK_H
#define ELEVEN_DOOR_DESK_H

#include "base/result.h"
#include "core/command.h"

struct server;
struct conn;

#define DESK_BYTES ((size_t)1 << 20)
#define DESK_ENTRIES 8192u
#define DESK_BATCH 512u             /* so many are decided without waiting for the end of the pass */
#define DESK_PATIENCE_MS 50

/* `result` NULL: not decided, the disk is too slow; nothing has happened, try again later. `conn` NULL when the entry
 * had none, or it has been closed. */
typedef void desk_reply(struct conn *conn, void *context, const struct result *result);

struct desk_entry {
    struct conn *conn;
    desk_reply *reply;
    void *context;
};

struct desk {
    struct server *server;
    char *bytes;            /* commands, back to back */
    size_t size;
    struct desk_entry *entries;
    u32 count;
    u32 answered;           /* of the round under way */
    i64 stuck_since_ms;     /* 0: not stuck */
    bool running;
    u64 decided;            /* so far */
};

void desk_open(struct desk *desk, struct server *server);
void desk_close(struct desk *desk);

/* Room for a command of at most `size` bytes, 8-byte aligned; NULL when the desk is full. */
void *desk_room(struct desk *desk, size_t size);

/* The command that has been put into the room goes to the engine; `reply` is called once, in order. A reply may ask for
 * the next: a pipeline's order behind the one that is answered. */
void desk_ask(struct desk *desk, struct conn *conn, desk_reply *reply, void *context);

/* Decides what waits. False: some of it still waits for the disk. */
bool desk_run(struct desk *desk);

/* Tells all that wait that nothing was decided: the end. */
void desk_refuse(struct desk *desk);

static inline bool desk_empty(const struct desk *desk)
{
    return desk->count == 0;
}

#endif
