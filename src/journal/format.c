/*
 * format.c: closing and checking the two headers of a segment. Pure functions
 * of bytes; the byte table is in format.h.
 */
#include "journal/format.h"

#include "base/assert.h"
#include "base/checksum.h"

#include <string.h>

u64 format_instance_hash(const u8 *instance)
{
    return checksum64(instance, INSTANCE_BYTES, FORMAT_VERSION);
}

void format_segment_close(struct segment_header *header)
{
    ASSERT(header->segment > 0 && header->epoch > 0 && header->first_number > 0 && header->first_seq > 0);
    ASSERT(header->durable_number < header->first_number);
    ASSERT(header->durable_through < header->first_seq);
    ASSERT(header->size % IO_SECTOR == 0);
    header->magic = SEGMENT_MAGIC;
    header->version = FORMAT_VERSION;
    memset(header->zeros, 0, sizeof(header->zeros));
    header->checksum = checksum64(header, offsetof(struct segment_header, checksum), 0);
}

static bool format_all_zero(const void *bytes, size_t size)
{
    const u8 *at = bytes;

    return size == 0 || (at[0] == 0 && memcmp(at, at + 1, size - 1) == 0);
}

enum header_verdict format_segment_check(const struct segment_header *header)
{
    if (format_all_zero(header, sizeof(*header)))
        return HEADER_ZERO;
    if (header->magic != SEGMENT_MAGIC)
        return HEADER_BROKEN;
    if (header->checksum != checksum64(header, offsetof(struct segment_header, checksum), 0))
        return HEADER_BROKEN;
    if (header->version != FORMAT_VERSION)
        return HEADER_FOREIGN;
    /* What no writer of this version has ever written, whatever its checksum says. */
    if (header->segment == 0 || header->epoch == 0 || header->first_number == 0 || header->first_seq == 0)
        return HEADER_BROKEN;
    if (header->durable_number >= header->first_number || header->durable_through >= header->first_seq)
        return HEADER_BROKEN;
    if (header->size < IO_SECTOR || header->size % IO_SECTOR != 0)
        return HEADER_BROKEN;
    return HEADER_VALID;
}

static u64 format_payload_checksum(const struct batch_header *header)
{
    const u8 *records = (const u8 *)header + BATCH_HEADER_BYTES;

    return checksum64(records, format_batch_bytes(header->length) - BATCH_HEADER_BYTES, header->number);
}

u64 format_batch_close(struct batch_header *header)
{
    u64 size = format_batch_bytes(header->length);
    u64 used = (u64)BATCH_HEADER_BYTES + header->length;

    ASSERT(header->number > 0 && header->seq_first > 0 && header->epoch > 0);
    ASSERT((header->count == 0) == (header->length == 0));
    ASSERT(header->durable_number < header->number);
    ASSERT(header->durable_through < header->seq_first);
    memset((u8 *)header + used, 0, size - used);
    header->magic = BATCH_MAGIC;
    header->version = FORMAT_VERSION;
    header->zero = 0;
    header->payload = format_payload_checksum(header);
    header->checksum = checksum64(header, offsetof(struct batch_header, checksum), 0);
    return size;
}

bool format_batch_is(const struct batch_header *header, u64 instance)
{
    return header->magic == BATCH_MAGIC && header->version == FORMAT_VERSION && header->instance == instance &&
           header->checksum == checksum64(header, offsetof(struct batch_header, checksum), 0);
}

bool format_batch_whole(const struct batch_header *header)
{
    return header->payload == format_payload_checksum(header);
}
