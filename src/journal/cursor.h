/*
 * cursor.h: walks over the batches of a journal in order, from the beginning of
 * some segment, and decides what the first unreadable batch is: a torn end, or
 * rot. Read-only. Used by journal_read, by recovery (twice), and by the search
 * for a live writer's durable mark.
 */
#ifndef ELEVEN_JOURNAL_CURSOR_H
#define ELEVEN_JOURNAL_CURSOR_H

#include "journal/segment.h"

struct cursor_options {
    u32 index;              /* of the segment to begin with; it must be live */
    u64 stop;               /* the number of the first batch not wanted; 0: none */
    bool end_at_damage;     /* the first unreadable batch is the end, whatever it is */
    bool beside_writer;     /* files may change under us */
};

/* A batch as it lies in memory: `header` and all `size` bytes of it may be changed until the next step. */
struct cursor_batch {
    struct batch_header *header; /* NULL: the end */
    u64 size;
};

/* The next chunk, read by a thread while the one before is worked on. */
struct cursor_ahead {
    const struct io *io;
    void *thread;           /* NULL: none under way */
    int file;
    u8 *bytes;
    size_t size;
    u64 offset;
};

struct cursor {
    const struct io *io;
    const char *directory;
    const struct segment_list *list;
    struct cursor_options options;
    char *problem;

    /* The segment in memory. */
    u8 *memory;
    size_t memory_size;
    int file;               /* -1: none */
    u64 bound;              /* readable bytes, whole sectors */
    u64 loaded;
    struct cursor_ahead ahead;

    /* The place, and what the batch there must say. */
    u32 index;
    u64 offset;
    u64 epoch;
    u64 number;
    u64 seq;
    u64 before;
    u64 limit;              /* the first number that is in a later segment; UINT64_MAX: none is */
    u32 successor;          /* that segment */

    u64 durable_number;     /* the highest mark seen so far */
    u64 filled_number;      /* the last batch that holds records, or may */
};

/* On JOURNAL_OK the caller owns the cursor, which must stay where it is. The list must outlive it. */
enum journal_status cursor_open(struct cursor *cursor, const struct io *io, const char *directory,
                                const struct segment_list *list, const struct cursor_options *options, char *problem);
void cursor_close(struct cursor *cursor);

/* The next batch, or header NULL at the end: then number, seq, before, index and offset are those of the end.
 * JOURNAL_ROT, JOURNAL_IO_FAILED; JOURNAL_BUSY: beside a writer that has just rewritten this segment. */
enum journal_status cursor_next(struct cursor *cursor, struct cursor_batch *batch);

#endif
