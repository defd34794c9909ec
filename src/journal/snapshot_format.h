/*
 * snapshot_format.h: the bytes of a snapshot file, "snapshot-%020llu" with its
 * sequence number. A header block, chunks, a footer block; each is padded with
 * zeros to a multiple of IO_SECTOR, and each carries the checksum of the one
 * before, so a missing, repeated or exchanged chunk shows. Little-endian.
 *
 * Header (4096 bytes)                       Chunk header, then `size` bytes of the section
 *    0   8  magic "11SNAPSH"                   0   8  magic "11CHUNK1"
 *    8   4  version                            8   4  index: 0, 1, 2, ...
 *   12   4  sections                          12   4  section id
 *   16  16  instance id of the journal        16   8  offset in the section
 *   32   8  sequence number                   24   8  size, at most SNAPSHOT_CHUNK_BYTES
 *   40   8  the writer's word on its state    32   8  checksum of the block before
 *   48   8  time, ms since 1970               40   8  checksum of 64..end, padding included
 *   56   8  zero                              48   8  zero
 *   64  16  of each section: id 4,            56   8  checksum of 0..55
 *           element size 4, size 8
 *  ...      zeros                           Footer (4096 bytes)
 * 4088   8  checksum of 0..4087                0   8  magic "11SNPEND"
 *                                              8   8  chunks
 *                                             16   8  checksum of the block before
 *                                             24      zeros
 *                                           4088   8  checksum of 0..4087
 *
 * A chunk that would be all zeros is left out; sections and offsets ascend in
 * the order of the header. The file ends with the footer.
 */
#ifndef ELEVEN_JOURNAL_SNAPSHOT_FORMAT_H
#define ELEVEN_JOURNAL_SNAPSHOT_FORMAT_H

#include "base/checksum.h"
#include "journal/format.h"
#include "journal/segment.h"
#include "journal/snapshot.h"

#define SNAPSHOT_VERSION 1u
#define SNAPSHOT_MAGIC 0x485350414e533131u        /* "11SNAPSH" */
#define SNAPSHOT_CHUNK_MAGIC 0x314b4e5548433131u  /* "11CHUNK1" */
#define SNAPSHOT_FOOTER_MAGIC 0x444e45504e533131u /* "11SNPEND" */

struct snapshot_chunk_header {
    u64 magic;
    u32 index;
    u32 section;
    u64 offset;
    u64 size;
    u64 before;
    u64 payload;
    u64 zero;
    u64 checksum;
};

/* A whole chunk is then exactly 1 MiB in the file. */
#define SNAPSHOT_CHUNK_BYTES (((u64)1 << 20) - sizeof(struct snapshot_chunk_header))

struct snapshot_section_entry {
    u32 id;
    u32 element_size;
    u64 size;
};

struct snapshot_header {
    u64 magic;
    u32 version;
    u32 section_count;
    u8 instance[INSTANCE_BYTES];
    u64 seq;
    u64 state;
    i64 time_ms;
    u64 zero;
    struct snapshot_section_entry sections[SNAPSHOT_SECTIONS_MAX];
    u8 zeros[4088 - 64 - 16 * SNAPSHOT_SECTIONS_MAX];
    u64 checksum;
};

struct snapshot_footer {
    u64 magic;
    u64 chunk_count;
    u64 before;
    u8 zeros[4064];
    u64 checksum;
};

_Static_assert(sizeof(struct snapshot_header) == IO_SECTOR, "as in the table");
_Static_assert(sizeof(struct snapshot_footer) == IO_SECTOR, "as in the table");
_Static_assert(sizeof(struct snapshot_chunk_header) == 64, "as in the table");
_Static_assert(SNAPSHOT_BUFFER_BYTES >= ((size_t)1 << 20) + IO_SECTOR, "a chunk fits into the buffer");

/* The bytes a chunk takes in the file. */
static inline u64 snapshot_chunk_span(u64 size)
{
    return format_round(sizeof(struct snapshot_chunk_header) + size);
}

static inline u64 snapshot_chunk_payload(const struct snapshot_chunk_header *chunk)
{
    return checksum64(chunk + 1, (size_t)(snapshot_chunk_span(chunk->size) - sizeof(*chunk)), chunk->index);
}

/* "DIRECTORY/snapshot-SEQ" + suffix. */
struct segment_path snapshot_path(const char *directory, u64 seq, const char *suffix);

/* The sequence number in the name of a snapshot; false: it is not one. */
bool snapshot_name(const char *name, u64 *seq);

#endif
