/*
 * snapshot.c: writes a snapshot, usually on a thread beside the sale: through
 * one buffer, in large aligned writes, slowly enough to leave the disk to the
 * journal.
 *
 * The order that makes it safe: bytes synced, rename, folder synced; only then
 * older ones are removed.
 */
#include "journal/snapshot_format.h"

#include "base/assert.h"
#include "base/mark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_PREFIX "snapshot-"
#define SNAPSHOT_DIGITS 20

struct segment_path snapshot_path(const char *directory, u64 seq, const char *suffix)
{
    char name[64];

    snprintf(name, sizeof(name), SNAPSHOT_PREFIX "%020llu%s", (unsigned long long)seq, suffix);
    return segment_path_named(directory, name);
}

bool snapshot_name(const char *name, u64 *seq)
{
    size_t prefix = strlen(SNAPSHOT_PREFIX);
    u64 value = 0;

    if (strncmp(name, SNAPSHOT_PREFIX, prefix) != 0 || strlen(name) != prefix + SNAPSHOT_DIGITS)
        return false;
    for (const char *digit = name + prefix; *digit != 0; digit++) {
        if (*digit < '0' || *digit > '9' || value > (UINT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (u64)(*digit - '0');
    }
    *seq = value;
    return true;
}

struct snapshot_writer {
    const struct io *io;
    int file;
    u8 *buffer;
    u64 offset;
    u64 before;
    u32 chunk_count;
    u64 bytes_per_second;
    i64 started_ns;
};

/* Writes `size` bytes of the buffer at the end; sleeps when that was faster than allowed. */
static int snapshot_put(struct snapshot_writer *writer, u64 size)
{
    const struct io *io = writer->io;
    int result = io_write_all(io, writer->file, writer->buffer, (size_t)size, writer->offset);

    writer->offset += size;
    if (result < 0 || writer->bytes_per_second == 0)
        return result;
    i64 due_ms = (i64)(writer->offset / (writer->bytes_per_second / 1000 + 1));
    i64 spent_ms = (io->monotonic_ns(io->context) - writer->started_ns) / 1000000;
    if (due_ms > spent_ms) {
        MARK(SNAPSHOT_SLOWED);
        io->sleep_ms(io->context, due_ms - spent_ms);
    }
    return 0;
}

static int snapshot_put_header(struct snapshot_writer *writer, const struct snapshot_head *head)
{
    struct snapshot_header *header = (void *)writer->buffer;

    memset(header, 0, sizeof(*header));
    header->magic = SNAPSHOT_MAGIC;
    header->version = SNAPSHOT_VERSION;
    header->section_count = head->section_count;
    memcpy(header->instance, head->instance, INSTANCE_BYTES);
    header->seq = head->seq;
    header->state = head->state;
    header->time_ms = head->time_ms;
    for (u32 i = 0; i < head->section_count; i++) {
        const struct snapshot_section *section = &head->sections[i];
        ASSERT(section->id > 0 && (section->size == 0 || section->bytes != NULL));
        header->sections[i] = (struct snapshot_section_entry){section->id, section->element_size, section->size};
    }
    header->checksum = checksum64(header, offsetof(struct snapshot_header, checksum), 0);
    writer->before = header->checksum;
    return snapshot_put(writer, sizeof(*header));
}

static int snapshot_put_chunk(struct snapshot_writer *writer, u32 section, const u8 *bytes, u64 offset, u64 size)
{
    struct snapshot_chunk_header *chunk = (void *)writer->buffer;
    u64 span = snapshot_chunk_span(size);

    *chunk = (struct snapshot_chunk_header){
        .magic = SNAPSHOT_CHUNK_MAGIC,
        .index = writer->chunk_count,
        .section = section,
        .offset = offset,
        .size = size,
        .before = writer->before,
    };
    memcpy(chunk + 1, bytes, (size_t)size);
    memset((u8 *)(chunk + 1) + size, 0, (size_t)(span - sizeof(*chunk) - size));
    chunk->payload = snapshot_chunk_payload(chunk);
    chunk->checksum = checksum64(chunk, offsetof(struct snapshot_chunk_header, checksum), 0);
    writer->before = chunk->checksum;
    writer->chunk_count++;
    return snapshot_put(writer, span);
}

static bool snapshot_is_zero(const u8 *bytes, u64 size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, (size_t)size - 1) == 0;
}

static int snapshot_put_section(struct snapshot_writer *writer, const struct snapshot_section *section)
{
    int result = 0;

    for (u64 offset = 0; offset < section->size && result == 0; offset += SNAPSHOT_CHUNK_BYTES) {
        const u8 *bytes = (const u8 *)section->bytes + offset;
        u64 size = MIN(SNAPSHOT_CHUNK_BYTES, section->size - offset);
        if (!snapshot_is_zero(bytes, size))
            result = snapshot_put_chunk(writer, section->id, bytes, offset, size);
    }
    return result;
}

static int snapshot_put_footer(struct snapshot_writer *writer)
{
    struct snapshot_footer *footer = (void *)writer->buffer;

    memset(footer, 0, sizeof(*footer));
    footer->magic = SNAPSHOT_FOOTER_MAGIC;
    footer->chunk_count = writer->chunk_count;
    footer->before = writer->before;
    footer->checksum = checksum64(footer, offsetof(struct snapshot_footer, checksum), 0);
    return snapshot_put(writer, sizeof(*footer));
}

/* All bytes of the file, synced. */
static int snapshot_put_all(struct snapshot_writer *writer, const struct snapshot_head *head)
{
    int result = snapshot_put_header(writer, head);

    for (u32 i = 0; i < head->section_count && result == 0; i++)
        result = snapshot_put_section(writer, &head->sections[i]);
    if (result == 0)
        result = snapshot_put_footer(writer);
    if (result == 0)
        result = writer->io->sync(writer->io->context, writer->file);
    return result;
}

/* The newest SNAPSHOTS_KEPT, newest first, and one to remove. */
struct snapshot_kept {
    u64 seqs[SNAPSHOTS_KEPT];
    u32 count;
    bool surplus;
    u64 oldest;
};

static void snapshot_keep_one(void *argument, const char *name)
{
    struct snapshot_kept *kept = argument;
    u64 seq;

    if (!snapshot_name(name, &seq))
        return;
    for (u32 i = 0; i < kept->count; i++) {
        if (seq > kept->seqs[i]) {
            u64 smaller = kept->seqs[i];
            kept->seqs[i] = seq;
            seq = smaller;
        }
    }
    if (kept->count < SNAPSHOTS_KEPT) {
        kept->seqs[kept->count++] = seq;
        return;
    }
    kept->oldest = kept->surplus ? MIN(kept->oldest, seq) : seq;
    kept->surplus = true;
}

static int snapshot_remove_old(const struct io *io, const char *directory)
{
    for (;;) {
        struct snapshot_kept kept = {0};
        int result = io->list(io->context, directory, snapshot_keep_one, &kept);
        if (result < 0 || !kept.surplus)
            return result;
        MARK(SNAPSHOT_OLD_REMOVED);
        result = io->unlink(io->context, snapshot_path(directory, kept.oldest, "").text);
        if (result < 0)
            return result;
    }
}

enum journal_status snapshot_write(const struct io *io, const char *directory, const struct snapshot_head *head,
                                   u64 bytes_per_second, void *buffer)
{
    struct segment_path temporary = snapshot_path(directory, head->seq, ".tmp");
    struct segment_path final = snapshot_path(directory, head->seq, "");
    struct snapshot_writer writer = {
        .io = io,
        .buffer = buffer,
        .bytes_per_second = bytes_per_second,
        .started_ns = io->monotonic_ns(io->context),
    };
    int result, closed;

    ASSERT(head->section_count <= SNAPSHOT_SECTIONS_MAX);
    ASSERT((uintptr_t)buffer % IO_SECTOR == 0);
    result = writer.file = io->open(io->context, temporary.text, IO_WRITE | IO_CREATE | IO_DIRECT);
    if (result < 0)
        return segment_status(result);
    result = snapshot_put_all(&writer, head);
    closed = io->close(io->context, writer.file);
    if (result == 0)
        result = closed;
    if (result < 0)
        goto failed;
    result = io->rename(io->context, temporary.text, final.text);
    if (result < 0)
        goto failed;
    result = io->sync_directory(io->context, directory);
    if (result == 0)
        result = snapshot_remove_old(io, directory);
    return segment_status(result);

failed:
    MARK(SNAPSHOT_GIVEN_UP);
    io->unlink(io->context, temporary.text);
    return segment_status(result);
}
