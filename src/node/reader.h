/*
 * A reader: an engine of one's own, filled from the journal of a data folder
 * without taking its lock, so it works beside a running sale and on a stopped
 * folder alike. Audit, replay, explain and export look at it (through cli/reader.h, which says what goes wrong); an
 * import rehearses on it, in a server too (exchange/rehearsal.h). It changes nothing in the folder and shares nothing
 * with an engine that sells; one thread at a time uses it.
 *
 *   reader_begin; reader_load_snapshot; reader_follow; ...; reader_close      or reader_fill for all but the last
 */
#ifndef ELEVEN_NODE_READER_H
#define ELEVEN_NODE_READER_H

#include "core/engine.h"
#include "io/io.h"
#include "journal/journal.h"

#define READER_PROBLEM_MAX 512

/* Called every READER_PROGRESS commands; false stops. */
#define READER_PROGRESS 100000
typedef bool reader_progress(void *argument, u64 seq);

struct reader {
    const char *directory;  /* the caller's, as long as the reader is open */
    struct io io;
    struct engine_limits limits;
    struct engine *engine;
    void *memory;
    size_t memory_size;
    u64 newest_seq;         /* of the newest snapshot before anything was read; 0: none */
    u64 snapshot_seq;       /* what it started from; 0: the empty engine */
    u64 commands;           /* read from the journal */
    i64 last_ms;            /* time of the last command read */
    reader_progress *progress; /* the caller's to set once it has begun; NULL: none */
    void *progress_argument;
    char problem[READER_PROBLEM_MAX]; /* why the last call failed: belongs behind the status's word, */
    bool problem_whole;     /* or is a whole sentence by itself */
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

/* An empty engine with the folder's limits. JOURNAL_NOT_FOUND, JOURNAL_BAD_CONFIG; JOURNAL_IO_FAILED, also when there
 * is no address space for it: `problem` says why, and there is nothing to close. */
enum journal_status reader_begin(struct reader *reader, const char *directory);
void reader_close(struct reader *reader);

/* The engine as it was at first: empty. JOURNAL_IO_FAILED when there is no address space for it; then there is no
 * engine, and the reader is only good for reader_close. */
enum journal_status reader_again(struct reader *reader);

/* Puts the newest snapshot's state in, if there is a good one; else leaves the engine empty. For a fresh reader. */
void reader_load_snapshot(struct reader *reader);

/* The number of the newest snapshot by its name; 0: there is none. */
u64 reader_newest_snapshot(const struct reader *reader);

/*
 * Applies the journal from where the engine is. JOURNAL_STOPPED when a visitor or the progress stopped it. Without
 * `visitor`, a command that is refused now is damage (JOURNAL_ROT; JOURNAL_FOREIGN when a limit is too low for it); a
 * journal that ends before the newest snapshot always is. Otherwise as journal_read.
 */
enum journal_status reader_follow(struct reader *reader, const struct reader_visitor *visitor);

/* reader_begin, snapshot and the rest of the journal: the state as it is now. JOURNAL_OK, or why not, and there is
 * nothing to close. `progress` may be NULL; stopped by it: JOURNAL_STOPPED. */
enum journal_status reader_fill(struct reader *reader, const char *directory, reader_progress *progress,
                                void *argument);

#endif
