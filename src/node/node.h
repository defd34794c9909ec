/*
 * Between the files of the node: snapshots of the engine, beside the sale or
 * at the end, and memory made resident ahead of it.
 */
#ifndef ELEVEN_NODE_NODE_H
#define ELEVEN_NODE_NODE_H

#include "core/engine.h"
#include "journal/snapshot.h"

struct snapshot_job {
    int process;                /* that writes one now; 0: none */
    u64 writing_seq;            /* what it writes */
    u64 seq;                    /* of the newest that is finished */
    u64 journal_bytes;          /* written when the last one was begun */
    void *buffer;               /* SNAPSHOT_BUFFER_BYTES */
    struct snapshot_head head;
    const struct io *io;
    const char *directory;
    u64 bytes_per_second;
};

/*
 * Fills an empty engine from the newest snapshot. JOURNAL_NOT_FOUND when there is none; JOURNAL_ROT,
 * JOURNAL_FOREIGN with `problem`: the engine must not be used.
 */
enum journal_status snapshot_restore(const struct io *io, const char *directory, struct engine *engine,
                                     struct snapshot_head *head, char *problem);

/* Begins one in a copy of the process. Everything the engine decided must be durable. False when it cannot. */
bool snapshot_job_start(struct snapshot_job *job, const struct io *io, const char *directory, struct engine *engine,
                        const u8 *instance, u64 bytes_per_second);

/* 1 when the one under way has been finished well, else 0. */
unsigned snapshot_job_poll(struct snapshot_job *job, const struct io *io, bool wait);

/* Writes one here and now. */
enum journal_status snapshot_job_run(struct snapshot_job *job, const struct io *io, const char *directory,
                                     struct engine *engine, const u8 *instance);

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

/* Touches the first `ahead` orders from where the engine is, before it returns. */
void toucher_start(struct toucher *toucher, const struct io *io, const struct engine *engine, u64 ahead);

/* Starts the thread when less than half of `ahead` is left. */
void toucher_poll(struct toucher *toucher);
void toucher_stop(struct toucher *toucher);

#endif
