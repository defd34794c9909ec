/*
 * Follow: an engine that decides the durable commands of the journal again, and writes the rows and tells the events
 * that come of them. One thread at a time. Used by the views' thread (view.c) and by a rebuild (rebuild.c).
 *
 * Rows are committed at the ends of the journal's batches, after the batch's state was proven to be the writer's. Rows
 * and events have each their own position; the engine begins before both and skips what the other already has.
 */
#ifndef ELEVEN_VIEW_FOLLOW_H
#define ELEVEN_VIEW_FOLLOW_H

#include "node/config.h"
#include "node/replay.h"
#include "view/row.h"
#include "view/view.h"

#define FOLLOW_COMMANDS_MAX 10000u  /* in one transaction, and the rest of the batch */
#define FOLLOW_TRANSACTION_NS 200000000 /* its longest time, likewise */

struct follow {
    const struct io *io;
    const char *directory;
    struct config config;
    void *memory;               /* of the engine */
    size_t memory_size;
    struct engine *engine;
    struct store store;
    struct rows rows;
    struct replay replay;
    struct row_before before;
    view_event *event;          /* NULL: nobody listens */
    void *event_argument;
    u64 event_after;            /* the events through this number have been told */
    u64 shown;                  /* store.mark.seq, for other threads (atomic) */
    bool stop;                  /* by other threads (atomic) */
    bool foreign;               /* the rows are of another history than the journal */
    u32 commands;               /* in the open transaction */
    i64 begun_ns;               /* when it was opened */
    i64 read_ns, first_ns;      /* when the last reading began, and its first wanted batch came (or it ended) */
    void (*progress)(u64 seq, u64 of);
    u64 progress_of;
    char problem[JOURNAL_PROBLEM_MAX + 32];
};

enum follow_end {
    FOLLOW_GOOD,                /* everything that could be read has been followed */
    FOLLOW_LATER,               /* the journal is in somebody's hands: again in a moment */
    FOLLOW_STOPPED,             /* by `stop` */
    FOLLOW_OTHER,               /* the rows are of another history: follow_reset */
    FOLLOW_FAILED,              /* for good; `problem` says why */
};

/*
 * Reads eleven.conf and opens views.db at `path`, `fresh` for a rebuild. The engine comes with follow_start. False with
 * `problem`; then there is nothing to close. `directory` and `io` are kept.
 */
bool follow_open(struct follow *follow, const char *directory, const struct io *io, const char *path, bool fresh);

/* False: the last rows were not written (to a fresh file). */
bool follow_close(struct follow *follow);

/* The engine, filled from the newest snapshot that is past neither the rows nor the events; without a good one it is
 * empty. May take seconds. FOLLOW_GOOD, FOLLOW_OTHER, FOLLOW_FAILED. */
enum follow_end follow_start(struct follow *follow);

/* Follows what the journal shows as durable now. */
enum follow_end follow_read(struct follow *follow);

/* Throws all rows away, to begin with the first command again. FOLLOW_GOOD, FOLLOW_FAILED. */
enum follow_end follow_reset(struct follow *follow);

#endif
