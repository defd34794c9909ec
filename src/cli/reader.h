/*
 * A reader: an engine of one's own, filled from the journal of a data folder
 * without taking its lock, so it works beside a running sale and on a stopped
 * folder alike. Audit, replay, explain and export look at it; an import
 * rehearses on it (stage.h). It changes nothing in the folder.
 */
#ifndef ELEVEN_CLI_READER_H
#define ELEVEN_CLI_READER_H

#include "core/engine.h"
#include "io/io.h"
#include "journal/journal.h"

struct reader {
    const char *directory;
    struct io io;
    struct engine_limits limits;
    struct engine *engine;
    void *memory;
    size_t memory_size;
    u64 newest_seq;         /* of the newest snapshot before anything was read; 0: none */
    u64 snapshot_seq;       /* what it started from; 0: the empty engine */
    u64 commands;           /* read from the journal */
    i64 last_ms;            /* time of the last command read */
};

/* A command of the journal, before it is applied. False stops the replay in front of it. */
typedef bool reader_before(void *argument, struct reader *reader, u64 seq, const struct command_header *command);

/* A command of the journal with its answer. False stops the replay behind it. */
typedef bool reader_after(void *argument, struct reader *reader, u64 seq, const struct command_header *command,
                          struct result result);

/* The end of a batch: `state` is what the writer had there, `seq` its last number. */
typedef void reader_batch(void *argument, struct reader *reader, u64 seq, u64 state);

struct reader_visitor {
    void *argument;
    reader_before *before;  /* each may be NULL */
    reader_after *after;
    reader_batch *batch;
};

/* An empty engine with the folder's limits. CLI_DONE, or says why on standard error and returns the exit code; then
 * there is nothing to close. */
int reader_open(struct reader *reader, const char *directory);
void reader_close(struct reader *reader);

/* Puts the newest snapshot's state in, if there is a good one; else leaves the engine empty. For a fresh reader. */
void reader_load_snapshot(struct reader *reader);

/* The number of the newest snapshot by its name; 0: there is none. */
u64 reader_newest_snapshot(const struct reader *reader);

/* The engine as it was at first: empty. False, said on standard error, when there is no address space for it. */
bool reader_reset(struct reader *reader);

/*
 * Applies the journal from where the engine is. Without `visitor`, a command
 * that is refused now is reported as damage; a journal that ends before the
 * newest snapshot always is. CLI_DONE also when a visitor stopped it; else said on standard error.
 */
int reader_replay(struct reader *reader, const struct reader_visitor *visitor);

/* reader_open, snapshot and the rest of the journal: the state as it is now. */
int reader_open_now(struct reader *reader, const char *directory);

#endif
