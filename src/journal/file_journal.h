/*
 * file_journal.h: the inside of a journal in files, shared by its parts:
 *   file_journal.c  the writer: open batch, flights, durable mark
 *   ahead.c         the segments made ahead, and the switch to the next one
 *   recover.c       create, read, open
 */
#ifndef ELEVEN_JOURNAL_FILE_JOURNAL_H
#define ELEVEN_JOURNAL_FILE_JOURNAL_H

#include "journal/segment.h"

#include <stdatomic.h>

#define JOURNAL_SEGMENTS_AHEAD 1u
/* How often the rest of a short append is sent again without getting further. */
#define JOURNAL_APPEND_TRIES 8

/* A batch on its way to the disk. It keeps its place until all before it are done as well. */
struct journal_flight {
    u64 number;
    u64 seq_last;
    const u8 *bytes;
    u64 size;
    u64 written;
    int file;
    u64 offset;
    int tries;
    bool done;
    int closes;             /* the file of a segment that ends with this batch; -1: goes on */
};

/* What the helper thread works on. It is the only one to touch it until `done`. */
struct journal_helper {
    const struct io *io;
    const char *directory;
    const u8 *zeros;
    u64 segment_bytes;
    u32 through;            /* the last segment that is ready */
    u32 target;             /* the last one asked for */
    void *thread;           /* NULL: not running */
    int result;
    atomic_bool done;
};

struct journal {
    struct io io;
    struct journal_options options;
    char directory[SEGMENT_PATH_MAX];
    enum journal_status status;     /* never goes back to OK */

    u8 instance[INSTANCE_BYTES];
    u64 instance_hash;
    u64 epoch;

    /* The segment being filled. */
    u32 segment;
    int file;               /* -1: none */
    u64 file_size;
    u64 offset;             /* of the next batch; 0: the header goes first */

    /* The open batch: buffer `open` of in_flight_max + 1, each with room for a segment header before it. */
    u8 *buffers;
    size_t buffers_size;
    u32 open;
    u32 used;               /* bytes of records in it */
    u32 reserved;           /* given out by journal_reserve, not yet pushed */
    u32 count;
    i64 time_ms;
    u64 state;

    u64 number;             /* of the open batch */
    u64 seq;                /* of the next record */
    u64 before;             /* checksum of the last closed batch */
    bool sealed;            /* the last closed batch is empty and says that all before it is durable */

    /* Flights, oldest first: number `durable_number + 1` and up. */
    struct journal_flight flights[IO_APPENDS_MAX];
    u32 flight_count;
    u32 under_way;          /* appends that io has not reported yet */
    u64 durable_number;
    u64 durable;            /* sequence number */
    u64 bytes;

    u8 *zeros;
    struct journal_helper helper;
};

/* Every option that was left 0 gets its default. Options out of bounds are a bug. */
struct journal_options journal_options_filled(const struct journal_options *options);

/* file_journal.c: a journal with its memory and no file yet (NULL: no memory), and the way back. */
struct journal *journal_allocate(const struct io *io, const struct journal_options *options);
void journal_abandon(struct journal *journal);

/* ahead.c */
void ahead_start(struct journal *journal);   /* gives the helper work if segments_ahead are not ready */
void ahead_collect(struct journal *journal, bool wait); /* takes note of a helper that has ended */
bool ahead_ready(struct journal *journal);   /* ahead_switch would not wait for the helper */
enum journal_status ahead_switch(struct journal *journal); /* the next segment becomes the current one */

#endif
