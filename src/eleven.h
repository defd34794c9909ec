/*
 * libeleven: a shopping festival's order engine as a library. This is the one
 * header to include; link with -leleven -lxxhash -luring -lpthread.
 *
 *   open     takes the data folder's lock, recovers, and is ready for orders
 *   submit   a batch of commands; each gets a ticket, in order
 *   poll     answers, in the order of their tickets, and only once they are durable
 *   read     the state behind the durable answers
 *   close    syncs, writes a snapshot, lets go of the folder
 *
 * One thread at a time may use a struct eleven. Commands are the structs of
 * core/command.h; answers are struct result (base/result.h).
 */
#ifndef ELEVEN_H
#define ELEVEN_H

#include "base/result.h"
#include "core/command.h"
#include "core/engine.h"
#include "core/limits.h"
#include "io/io.h"
#include "journal/journal.h"

struct eleven;

enum eleven_clock {
    ELEVEN_CLOCK_SERVER,    /* submit stamps each command with the wall clock */
    ELEVEN_CLOCK_CALLER,    /* commands bring their time: simulations, compressed festivals, tests */
};

struct eleven_options {
    const char *directory;          /* the data folder, made by eleven_create */
    const struct io *io;            /* NULL: this machine's, best appender */
    enum eleven_clock clock;
    u64 journal_ahead_bytes;        /* journal zeroed before open returns, beyond the usual segment */
    u64 orders_ahead;               /* orders whose memory is kept resident before they come; 0: 262,144 */
    bool prefault_indexes;          /* before open returns: their first touch then costs the sale nothing */
    u32 in_flight_max;              /* commands submitted and not yet answered, rounded down to 2^n; 0: 16,384 */
    u32 batch_bytes_max;            /* one batch of the journal; less than 68 KiB: 68 KiB; 0: 1 MB or half a segment */
    u32 flush_bytes;                /* an open batch worth a second place in flight; 0: 128 KiB */
    u64 snapshot_every_bytes;       /* begin one beside the sale after so much journal; 0: 4 GB */
    u64 snapshot_bytes_per_second;  /* bound on what it writes beside a running sale; 0: 200 MB/s */
    bool ignore_snapshots;          /* replay the whole journal instead */
    bool no_snapshot_at_close;      /* tests, and to stop quickly */
    bool expire_by_caller;          /* eleven_poll does not tick the clock by itself; for tests and replays */
};

/* Makes a data folder: eleven.conf with `limits`, and an empty journal. `directory` may exist if it is empty.
 * `io` NULL: this machine's. JOURNAL_BAD_CONFIG (engine_limits_problem says why), JOURNAL_EXISTS,
 * JOURNAL_DISK_FULL, JOURNAL_IO_FAILED. */
enum journal_status eleven_create(const char *directory, const struct engine_limits *limits, const struct io *io);

/*
 * Recovers and opens. On success *eleven belongs to the caller until eleven_close. Otherwise *eleven is NULL and
 * `problem` (JOURNAL_PROBLEM_MAX bytes) says what is wrong, with file and place: JOURNAL_BUSY (also while somebody
 * reads a folder that nobody writes), JOURNAL_NOT_FOUND, JOURNAL_BAD_CONFIG, JOURNAL_ROT, JOURNAL_FOREIGN,
 * JOURNAL_DISK_FULL, JOURNAL_IO_FAILED.
 */
enum journal_status eleven_open(struct eleven **eleven, const struct eleven_options *options, char *problem);

/* An answer: the ticket says which command it is for. */
struct eleven_answer {
    u64 ticket;
    struct result result;
};

/*
 * Takes commands off the front of `commands` (back to back, 8-byte aligned),
 * decides them in order and queues their answers. Stops early when in_flight_max answers
 * are outstanding or the journal has no room: poll, then submit the rest. Returns the number taken;
 * *first_ticket is the first one's ticket, the following have the following ones.
 * The bytes may be reused on return. A command that is not well formed is answered
 * MALFORMED; when not even its size can be believed, the rest of the buffer is taken
 * with it. After a failed sync nothing is taken any more (eleven_status).
 */
size_t eleven_submit(struct eleven *eleven, const void *commands, size_t size, size_t *size_taken, u64 *first_ticket);

/*
 * Moves up to `max` answers that may leave into `answers`; returns how many.
 * Sends what is waiting to the disk first. With `wait`, blocks until there is at
 * least one answer or none outstanding. Also does the housekeeping: due holds, snapshots.
 * 0 with eleven_status != JOURNAL_OK: the outstanding commands are in doubt, nothing more will be acknowledged.
 */
size_t eleven_poll(struct eleven *eleven, struct eleven_answer *answers, size_t max, bool wait);

/*
 * For doors that keep their replies themselves: decides commands off the front of `commands` (all well formed, back
 * to back, 8-byte aligned) and tells each result at once, in order. Returns the bytes taken: fewer than `size` when
 * the journal has no room until the disk has finished something (eleven_event, eleven_poll), or has failed
 * (eleven_status). THE RULE: what was told here, and whatever is read from eleven_engine(), must not leave the
 * process before eleven_durable() has reached what engine_seq(eleven_engine()) was then.
 */
typedef void eleven_decided(void *argument, struct result result);
size_t eleven_decide(struct eleven *eleven, const void *commands, size_t size, eleven_decided *decided, void *argument);

/* eleven_decide would take a command now. */
bool eleven_can_decide(struct eleven *eleven);

/* Everything up to this sequence number survives a crash. */
u64 eleven_durable(const struct eleven *eleven);

/* The server's clock, ms since 1970: what a command would be decided at now. */
i64 eleven_time(struct eleven *eleven);

/* A descriptor that is readable when the disk has finished something: eleven_poll then moves eleven_durable. -1:
 * there is none (a simulated disk). */
int eleven_event(const struct eleven *eleven);

/* Submits one command and waits for its answer, with nothing else outstanding. For tools and tests.
 * False when the journal failed. */
bool eleven_call(struct eleven *eleven, const void *command, struct result *result);

/* JOURNAL_OK, or why nothing is acknowledged any more. */
enum journal_status eleven_status(const struct eleven *eleven);
u64 eleven_outstanding(const struct eleven *eleven);

/* The state, for reading (core/engine.h and its rooms). It may be ahead of what is durable; wait until
 * eleven_outstanding() is 0 before you show what it says to anybody. */
const struct engine *eleven_engine(const struct eleven *eleven);

/* Begins a snapshot of what is durable, on a thread beside the sale. False when one is under way, or the machine has no
 * memory for the state a second time. How it ended is in eleven_stats. */
bool eleven_snapshot(struct eleven *eleven);
bool eleven_snapshot_running(const struct eleven *eleven);

struct eleven_stats {
    u64 recovered_commands;     /* replayed at open */
    u64 recovered_snapshot_seq; /* 0: none was used */
    i64 recovery_ns;
    u64 journal_bytes;          /* written since open */
    u64 snapshots;              /* written beside the sale since open */
    enum journal_status snapshot_status; /* of the last attempt: not OK means that the next start may be in trouble */
    const char *appender;       /* "io_uring", "thread", ... */
};
void eleven_stats(const struct eleven *eleven, struct eleven_stats *stats);

/* Waits for outstanding commands, syncs, writes a snapshot, frees. Answers not polled are lost (their effects are
 * not). The status is that of the last bytes. */
enum journal_status eleven_close(struct eleven *eleven);

/* Reads eleven.conf, through `io` (not NULL). JOURNAL_NOT_FOUND: there is none; JOURNAL_BAD_CONFIG: it cannot be
 * read or used, and `problem` (JOURNAL_PROBLEM_MAX bytes) names line and reason. */
enum journal_status eleven_limits(const char *directory, const struct io *io, struct engine_limits *limits,
                                  char *problem);

#endif
