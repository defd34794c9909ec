/*
 * The journal: the list of all commands that changed something, in order,
 * appended in batches and kept for ever. It knows bytes and sequence numbers,
 * not what they mean. This header is the seam: today files stand behind it
 * (file_journal.c); a replicated store can. Format: docs/FORMAT.md.
 *
 * Writing (group commit): the owner fills the open batch record by record;
 * journal_flush closes it and sends it to the disk; while it syncs, the next
 * one fills. journal_durable is the only word on what a crash cannot take back.
 *
 * Sequence numbers start at 1 and have no gaps. One process owns a journal.
 */
#ifndef ELEVEN_JOURNAL_JOURNAL_H
#define ELEVEN_JOURNAL_JOURNAL_H

#include "base/slice.h"
#include "base/types.h"
#include "io/io.h"

enum journal_status {
    JOURNAL_OK = 0,
    JOURNAL_BUSY,           /* another process holds the data folder */
    JOURNAL_NOT_FOUND,      /* there is no journal there */
    JOURNAL_EXISTS,         /* create: there is one already */
    JOURNAL_ROT,            /* bytes that were durable are damaged or missing: stop, restore from a copy */
    JOURNAL_FOREIGN,        /* written by another version or belongs to another instance */
    JOURNAL_DISK_FULL,      /* no room for the next segment; what was durable stays durable */
    JOURNAL_IO_FAILED,      /* a read, write or sync failed; final for this process */
    JOURNAL_IN_DOUBT,       /* an append may or may not have happened (never with files) */
    JOURNAL_BAD_CONFIG,     /* eleven.conf cannot be read or used */
    JOURNAL_STOPPED,        /* the visitor said stop */
};

/* One word for people and logs: "rot", "disk-full", ... */
const char *journal_status_word(enum journal_status status);

struct journal_options {
    const char *directory;  /* of the data folder; the caller holds its lock */
    u64 segment_bytes;      /* size of one segment file; 0: JOURNAL_SEGMENT_BYTES */
    u32 segments_ahead;     /* segments zeroed ahead of need, >= 1; 0: 1 */
    u32 batch_bytes_max;    /* one batch with its header; 0: JOURNAL_BATCH_BYTES */
    u32 in_flight_max;      /* batches on their way to the disk; 0: JOURNAL_IN_FLIGHT */
};

#define JOURNAL_SEGMENT_BYTES ((u64)64 << 20)
#define JOURNAL_BATCH_BYTES ((u32)1 << 20)
#define JOURNAL_IN_FLIGHT 2

/* One batch as read back. `records` is valid during the call only. */
struct journal_batch {
    u64 seq_first;
    u32 count;
    u64 epoch;
    i64 time_ms;
    u64 state;              /* what the writer passed to journal_push with the batch's last record */
    struct slice records;
};

struct journal;

/* Makes an empty journal with a new random instance id in an existing folder, durably.
 * JOURNAL_EXISTS, JOURNAL_DISK_FULL, JOURNAL_IO_FAILED. */
enum journal_status journal_create(const struct io *io, const struct journal_options *options);

/*
 * Reads every batch that holds a sequence number > `after`, in order, and calls
 * `visit`; true goes on, false ends with JOURNAL_STOPPED. A torn tail ends the
 * reading normally; damage to anything that was durable is JOURNAL_ROT, named
 * in `problem` (file and offset, JOURNAL_PROBLEM_MAX bytes). Read-only: used by
 * audit, replay and explain as well, also while a sale is running. Reading
 * beside a live writer stops at what that writer has marked as durable.
 */
#define JOURNAL_PROBLEM_MAX 256
typedef bool journal_visit(void *argument, const struct journal_batch *batch);
enum journal_status journal_read(const struct io *io, const struct journal_options *options, u64 after,
                                 journal_visit *visit, void *argument, char *problem);

/*
 * Opens for writing: finds the end, persists the tail again under a new
 * epoch in a fresh segment, and is then ready for sequence number
 * journal_next(). `visit` gets the batches after `after`, as journal_read; what
 * it has been given is durable when this returns JOURNAL_OK, not before.
 * On success the caller owns *journal; on failure it is NULL.
 */
enum journal_status journal_open(struct journal **journal, const struct io *io, const struct journal_options *options,
                                 u64 after, journal_visit *visit, void *argument, char *problem);

/* The largest record, in bytes: a batch without its header. */
u32 journal_record_bytes_max(const struct journal *journal);

/* Room for `size` bytes in the open batch, to be filled and then pushed; a later reserve without a push takes it
 * back. NULL when the batch is full and cannot be flushed yet (in_flight_max are under way: journal_poll), or the
 * journal failed. The address is a multiple of 8. */
u8 *journal_reserve(struct journal *journal, u32 size);

/* The reserved record (its true size, <= what was reserved, a multiple of 8) gets the next sequence number, which is
 * returned. `state` is the writer's word on its state after this record, given back by journal_read. */
u64 journal_push(struct journal *journal, u32 size, i64 time_ms, u64 state);

/* Sends the open batch off if it holds records, a place in flight is free, and it fits the segment or the next one is
 * ready; otherwise does nothing. The status here and below is final once it is not OK. */
enum journal_status journal_flush(struct journal *journal);

/* Takes note of finished appends; waits for at least one when `wait` and any is in flight. When none is, it waits for
 * the next segment, if one is being made: journal_flush may have been held up by it. */
enum journal_status journal_poll(struct journal *journal, bool wait);

/* Everything up to this number survives a crash. Never goes back. */
u64 journal_durable(const struct journal *journal);
u64 journal_next(const struct journal *journal);     /* the number the next record gets */
u32 journal_in_flight(const struct journal *journal);
u32 journal_open_bytes(const struct journal *journal); /* pushed, and not yet on their way */
u64 journal_epoch(const struct journal *journal);
const u8 *journal_instance(const struct journal *journal); /* 16 bytes, made at creation */
u64 journal_bytes(const struct journal *journal);    /* written by this process, padding included */

/* Zeroes segments ahead until `bytes` more can be appended without making a file. May take long; before a sale. */
enum journal_status journal_prepare(struct journal *journal, u64 bytes);

/* After an idle moment: sends off an empty batch that says "durable through", so that rot of the very last batch can
 * be told from a torn tail. Does nothing if the last batch on disk says so already, while records are in the open
 * batch or in flight, or while the next segment is needed and not ready. */
enum journal_status journal_seal(struct journal *journal);

/* Flushes, waits, seals, and frees. The status is that of the last bytes: not OK means the tail may be lost. */
enum journal_status journal_close(struct journal *journal);

#endif
