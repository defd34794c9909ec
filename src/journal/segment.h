/*
 * segment.h: segment files as a whole: their names, the list of those in the
 * data folder with what their headers say, and the making of a zeroed one.
 */
#ifndef ELEVEN_JOURNAL_SEGMENT_H
#define ELEVEN_JOURNAL_SEGMENT_H

#include "journal/format.h"
#include "journal/journal.h"

#define SEGMENT_PATH_MAX 1024u
#define SEGMENT_ZEROS_BYTES ((size_t)1 << 20) /* zeroing ahead goes in writes of this size */

struct segment_path {
    char text[SEGMENT_PATH_MAX];
};

/* "DIRECTORY/journal-0000000007.log" and "DIRECTORY/NAME". */
struct segment_path segment_path(const char *directory, u32 number);
struct segment_path segment_path_named(const char *directory, const char *name);

/* The number in a segment's name; 0: it is not one. */
u32 segment_number(const char *name);

struct segment_entry {
    u32 number;                 /* from its name */
    enum header_verdict verdict;
    bool stale;                 /* valid, but of an older epoch than a segment before it: left by a crash */
    u64 file_bytes;
    u64 epoch, first_number, first_seq, before;
    u64 durable_number, durable_through;
    u64 size;
    u64 checksum;
};

struct segment_list {
    struct segment_entry *entries; /* by number, without gaps */
    u32 count;
    size_t memory_size;
    u8 instance[INSTANCE_BYTES];
    u64 instance_hash;
    u64 epoch_max;
    u64 file_bytes_max;
    u64 durable_number;         /* the highest mark in any header */
};

/* May be read: a header that is valid and not superseded by a crash. */
static inline bool segment_live(const struct segment_entry *entry)
{
    return entry->verdict == HEADER_VALID && !entry->stale;
}

/*
 * Reads names and headers. On JOURNAL_OK the first entry is live and the caller
 * owns the list. JOURNAL_NOT_FOUND: no segment; JOURNAL_ROT: one is missing or
 * misplaced; JOURNAL_FOREIGN; JOURNAL_IO_FAILED. On failure there is no list.
 */
enum journal_status segment_list_load(struct segment_list *list, const struct io *io, const char *directory,
                                      char *problem);
void segment_list_free(struct segment_list *list, const struct io *io);

/* How many segment files there are, or -errno. */
i64 segment_count(const struct io *io, const char *directory);

/* Writes zeros over [from, to) of a file; `zeros` are SEGMENT_ZEROS_BYTES of them. 0 or -errno. */
int segment_zero(const struct io *io, int file, const u8 *zeros, u64 from, u64 to);

/* Makes segment `number`: zeros, synced under a temporary name, renamed, folder synced. 0 or -errno. */
int segment_make(const struct io *io, const char *directory, u32 number, u64 size, const u8 *zeros);

/* Removes every "*.tmp" in the folder: what a crash has left unfinished. 0 or -errno. */
int segment_remove_temporaries(const struct io *io, const char *directory);

/* The status that an errno from io means, and text for people: always returns `status`. */
enum journal_status segment_status(i64 error);
enum journal_status segment_problem(char *problem, enum journal_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
