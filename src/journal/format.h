/*
 * format.h: the bytes of a journal segment. Everything that reads or writes
 * one goes through here. docs/FORMAT.md says the same with the reasons.
 *
 * A segment file is a header block of IO_SECTOR bytes, then batches back to
 * back, each padded with zeros to a multiple of IO_SECTOR, then zeros. All
 * numbers are little-endian. Batches of a journal are numbered 1, 2, 3, ...
 * without a gap, empty ones (seals) included; records have sequence numbers.
 *
 * Segment header                         Batch header, then `length` bytes of records
 *    0   8  magic "11SEGMNT"                0   8  magic "11BATCH1"
 *    8   4  version                         8   4  version
 *   12   4  segment number                 12   4  segment number      } where it belongs: a
 *   16  16  instance id                    16   8  offset in the file  } misdirected block shows
 *   32   8  epoch of its writer            24   8  hash of the instance id
 *   40   8  number of its first batch      32   8  epoch of its writer, as in the segment header
 *   48   8  sequence number there          40   8  batch number
 *   56   8  checksum of the batch before   48   8  sequence number of its first record
 *   64   8  durable batch number           56   4  records; 0: a seal
 *   72   8  durable sequence number        60   4  length of the records, bytes
 *   80   8  size of the file               64   8  time, ms since 1970
 *   88   8  made at, ms since 1970         72   8  the writer's word on its state
 *   96      zeros                          80   8  durable batch number when it was closed
 * 4088   8  checksum of 0..4087            88   8  durable sequence number then
 *                                          96   8  checksum of the header of the batch before
 *                                         104   8  checksum of 128..end, padding included
 *                                         112   8  zero
 *                                         120   8  checksum of 0..119
 *
 * Magic, version and the place of the checksum stay where they are in every
 * future version, so that a stranger's file is told from a damaged one.
 */
#ifndef ELEVEN_JOURNAL_FORMAT_H
#define ELEVEN_JOURNAL_FORMAT_H

#include "io/io.h"

#define FORMAT_VERSION 1u
#define SEGMENT_MAGIC 0x544e4d4745533131u /* "11SEGMNT" */
#define BATCH_MAGIC 0x3148435441423131u   /* "11BATCH1" */
#define INSTANCE_BYTES 16u

struct segment_header {
    u64 magic;
    u32 version;
    u32 segment;
    u8 instance[INSTANCE_BYTES];
    u64 epoch;
    u64 first_number;
    u64 first_seq;
    u64 before;
    u64 durable_number;
    u64 durable_through;
    u64 size;
    i64 made_ms;
    u8 zeros[3992];
    u64 checksum;
};

struct batch_header {
    u64 magic;
    u32 version;
    u32 segment;
    u64 offset;
    u64 instance;
    u64 epoch;
    u64 number;
    u64 seq_first;
    u32 count;
    u32 length;
    i64 time_ms;
    u64 state;
    u64 durable_number;
    u64 durable_through;
    u64 before;
    u64 payload;
    u64 zero;
    u64 checksum;
};

_Static_assert(sizeof(struct segment_header) == IO_SECTOR, "the segment header is one block");
_Static_assert(offsetof(struct segment_header, checksum) == 4088, "as in the table");
_Static_assert(sizeof(struct batch_header) == 128, "the batch header is 128 bytes");
_Static_assert(offsetof(struct batch_header, checksum) == 120, "as in the table");

#define BATCH_HEADER_BYTES ((u32)sizeof(struct batch_header))

enum header_verdict {
    HEADER_VALID,
    HEADER_ZERO,     /* nothing but zeros: prepared, not used yet (or damaged so) */
    HEADER_BROKEN,   /* neither: torn or rotten */
    HEADER_FOREIGN,  /* whole, but of another version */
};

static inline u64 format_round(u64 bytes)
{
    return (bytes + IO_SECTOR - 1) / IO_SECTOR * IO_SECTOR;
}

/* The bytes a batch with `length` bytes of records takes in the file. */
static inline u64 format_batch_bytes(u32 length)
{
    return format_round((u64)BATCH_HEADER_BYTES + length);
}

/* What batches carry instead of the whole instance id. */
u64 format_instance_hash(const u8 *instance);

/* Magic, version, zeros and checksum; the caller has set the rest. */
void format_segment_close(struct segment_header *header);
enum header_verdict format_segment_check(const struct segment_header *header);

/* Magic, version, zero and both checksums; zeroes the padding after the records. Returns the bytes to write. */
u64 format_batch_close(struct batch_header *header);

/* A header of this instance, whole by its checksum. Its place, its order and its records are not looked at. */
bool format_batch_is(const struct batch_header *header, u64 instance);

/* The records match the header. Everything up to format_batch_bytes(header->length) must be readable. */
bool format_batch_whole(const struct batch_header *header);

#endif
