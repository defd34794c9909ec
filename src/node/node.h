/*
 * Between the files of the node: snapshots of the engine, beside the sale or
 * at the end, and memory made resident ahead of it.
 */
#ifndef ELEVEN_NODE_NODE_H
#define ELEVEN_NODE_NODE_H

#include "core/engine.h"
#include "journal/snapshot.h"
#include "node/config.h"

/*
 * Snapshots. Beside the sale one is made on a thread, from the last one and the
 * journal after it, in memory of its own: the engine that sells is not looked
 * at, and what is written is durable already.
 */
struct snapshot_job {
    const struct io *io;
    const char *directory;
    const struct config *config;
    u64 bytes_per_second;
    bool ignore_snapshots;      /* begin with the journal's first command */
    bool stop;                  /* the thread need not finish; set by the owner */
    enum journal_status last_status; /* of the last one that ended */
    u8 instance[16];            /* the journal's */
    void *buffer;               /* SNAPSHOT_BUFFER_BYTES */
    u64 seq;                    /* of the newest that is finished */
    u64 journal_bytes;          /* written when the last one was begun */
    void *thread;               /* that writes one now; NULL: none */
    bool done;                  /* it has ended; set by the thread, as are the next two */
    enum journal_status status;
    u64 written_seq;
};

/*
 * Fills an empty engine from the newest snapshot with seq <= `through`. JOURNAL_NOT_FOUND when there is none;
 * JOURNAL_ROT, JOURNAL_FOREIGN with `problem`: the engine must not be used; head->seq says which file it was.
 */
enum journal_status snapshot_restore(const struct io *io, const char *directory, u64 through, struct engine *engine,
                                     struct snapshot_head *head, char *problem);

/* Begins one beside the sale. False when one is under way, or there is no memory for a second engine. */
bool snapshot_job_start(struct snapshot_job *job, const struct engine *engine);

/* 1 when the one under way has been finished well, else 0. `wait`: for its end. */
unsigned snapshot_job_poll(struct snapshot_job *job, bool wait);

/* Writes one of this engine, all of which is durable, here and now. */
enum journal_status snapshot_job_run(struct snapshot_job *job, struct engine *engine);

/*
 * Keeps the memory of coming orders resident, on a thread beside the sale.
 */
struct toucher {
    const struct io *io;
    const struct engine *engine;
    void *thread;               /* that touches now; NULL: none */
    bool done;                  /* it has ended; set by the thread */
    u64 ahead;                  /* orders */
    u64 through;                /* order numbers below are resident */
};

/* Touches the first `ahead` orders from where the engine is, and the indexes if asked, before it returns. */
void toucher_start(struct toucher *toucher, const struct io *io, const struct engine *engine, u64 ahead, bool indexes);

/* Starts the thread when less than half of `ahead` is left. */
void toucher_poll(struct toucher *toucher);
void toucher_stop(struct toucher *toucher);

#endif
