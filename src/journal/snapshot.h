/*
 * Snapshots: the whole state at one sequence number, in one file, so that a
 * start need not replay everything. The state comes as sections of plain bytes;
 * runs of zeros are left out. A snapshot is valid when its name is without
 * ".tmp"; it gets that name only after its bytes are durable, and holds nothing that the
 * journal does not hold durably. Format: docs/FORMAT.md.
 */
#ifndef ELEVEN_JOURNAL_SNAPSHOT_H
#define ELEVEN_JOURNAL_SNAPSHOT_H

#include "journal/journal.h"

#define SNAPSHOT_SECTIONS_MAX 64
#define SNAPSHOTS_KEPT 2

struct snapshot_section {
    u32 id;                 /* unique within the snapshot, > 0 */
    u32 element_size;       /* checked when it is loaded */
    void *bytes;
    u64 size;               /* in use, bytes */
    u64 size_max;           /* loading: room at `bytes` */
};

struct snapshot_head {
    u64 seq;                /* of the last command it contains */
    u64 state;              /* the writer's word on its state there, as in journal_push */
    i64 time_ms;
    u8 instance[16];        /* the journal's */
    u32 section_count;
    struct snapshot_section sections[SNAPSHOT_SECTIONS_MAX];
};

/*
 * Writes DIRECTORY/snapshot-SEQ. The journal must be durable through head->seq. Then removes all but the newest
 * SNAPSHOTS_KEPT. `buffer`: SNAPSHOT_BUFFER_BYTES, IO_SECTOR-aligned. May run in io->start_thread.
 * `bytes_per_second` bounds its share of the disk; 0: no bound.
 * JOURNAL_OK, JOURNAL_DISK_FULL, JOURNAL_IO_FAILED.
 */
#define SNAPSHOT_BUFFER_BYTES ((size_t)2 << 20)
enum journal_status snapshot_write(const struct io *io, const char *directory, const struct snapshot_head *head,
                                   u64 bytes_per_second, void *buffer);

/*
 * Finds the newest snapshot with seq <= `through` and fills *head (its sections
 * have id, element_size and size; bytes NULL). JOURNAL_NOT_FOUND when there is none; for other failures head->seq
 * still says which file it was.
 */
enum journal_status snapshot_find(const struct io *io, const char *directory, u64 through, struct snapshot_head *head);

/*
 * Loads the sections of the snapshot `head->seq`: the caller has set bytes (zeroed memory)
 * and size_max for each of them. JOURNAL_ROT: a checksum is wrong (nothing may be
 * used); JOURNAL_FOREIGN: a section is unknown, too large or of another element size.
 */
enum journal_status snapshot_load(const struct io *io, const char *directory, struct snapshot_head *head,
                                  char *problem);

#endif
