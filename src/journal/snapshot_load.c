/*
 * snapshot_load.c: finds and loads snapshots. A length from the file is used
 * only after it was compared with the caller's room and with the bytes that
 * are there; nothing is trusted before its checksum.
 */
#include "journal/snapshot_format.h"

#include "base/assert.h"
#include "base/mark.h"

#include <string.h>

struct snapshot_search {
    u64 through;
    u64 seq;
    bool found;
};

static void snapshot_search_one(void *argument, const char *name)
{
    struct snapshot_search *search = argument;
    u64 seq;

    if (!snapshot_name(name, &seq) || seq > search->through)
        return;
    if (!search->found || seq > search->seq)
        search->seq = seq;
    search->found = true;
}

static bool snapshot_zero_after(const struct snapshot_header *header)
{
    const u8 *from = (const u8 *)&header->sections[header->section_count];
    const u8 *to = (const u8 *)&header->checksum;

    while (from < to && *from == 0)
        from++;
    return from == to && header->zero == 0;
}

/* The header block of snapshot `seq`, as it was read. */
static enum journal_status snapshot_check_header(const struct snapshot_header *header, u64 seq, const char *path,
                                                 char *problem)
{
    if (header->magic != SNAPSHOT_MAGIC ||
        header->checksum != checksum64(header, offsetof(struct snapshot_header, checksum), 0)) {
        MARK(SNAPSHOT_DAMAGED);
        return segment_problem(problem, JOURNAL_ROT, "%s: offset 0: the header is damaged", path);
    }
    if (header->version != SNAPSHOT_VERSION)
        return segment_problem(problem, JOURNAL_FOREIGN, "%s: format version %u, this program knows %u", path,
                               header->version, SNAPSHOT_VERSION);
    if (header->seq != seq || header->section_count > SNAPSHOT_SECTIONS_MAX || !snapshot_zero_after(header))
        return segment_problem(problem, JOURNAL_ROT, "%s: offset 0: the header is not of this file", path);
    return JOURNAL_OK;
}

static void snapshot_fill_head(struct snapshot_head *head, const struct snapshot_header *header)
{
    *head = (struct snapshot_head){
        .seq = header->seq,
        .state = header->state,
        .time_ms = header->time_ms,
        .section_count = header->section_count,
    };
    memcpy(head->instance, header->instance, INSTANCE_BYTES);
    for (u32 i = 0; i < header->section_count; i++) {
        head->sections[i].id = header->sections[i].id;
        head->sections[i].element_size = header->sections[i].element_size;
        head->sections[i].size = header->sections[i].size;
    }
}

enum journal_status snapshot_find(const struct io *io, const char *directory, u64 through, struct snapshot_head *head)
{
    struct snapshot_search search = {.through = through};
    struct snapshot_header *header = NULL;
    enum journal_status status = JOURNAL_IO_FAILED;
    int file = -1;

    *head = (struct snapshot_head){0};
    int result = io->list(io->context, directory, snapshot_search_one, &search);
    if (result < 0)
        return segment_status(result);
    if (!search.found)
        return JOURNAL_NOT_FOUND;
    head->seq = search.seq;
    struct segment_path path = snapshot_path(directory, search.seq, "");
    header = io->reserve(io->context, sizeof(*header));
    if (header == NULL)
        return JOURNAL_IO_FAILED;
    file = io->open(io->context, path.text, IO_READ | IO_DIRECT);
    if (file < 0)
        goto done;
    i64 got = io->read(io->context, file, header, sizeof(*header), 0);
    io->close(io->context, file);
    if (got < 0)
        goto done;
    status = got == (i64)sizeof(*header) ? snapshot_check_header(header, search.seq, path.text, NULL) : JOURNAL_ROT;
    if (status == JOURNAL_OK)
        snapshot_fill_head(head, header);

done:
    io->release(io->context, header, sizeof(*header));
    return status;
}

/* A file being loaded: `buffer` holds [start, start + have) of it. */
struct snapshot_reader {
    const struct io *io;
    const char *path;
    char *problem;
    int file;
    u64 size;
    u64 offset;             /* of the next block */
    u8 *buffer;
    u64 before;
    u64 chunk_count;
    u32 section;            /* index of the last chunk's section, and where that chunk ended in it */
    u64 section_offset;
};

static enum journal_status snapshot_damaged(const struct snapshot_reader *reader)
{
    MARK(SNAPSHOT_DAMAGED);
    return segment_problem(reader->problem, JOURNAL_ROT, "%s: offset %llu: damaged", reader->path,
                           (unsigned long long)reader->offset);
}

/* Up to one whole chunk from the offset on, into the buffer; what is not there reads as zeros. */
static enum journal_status snapshot_fetch(struct snapshot_reader *reader)
{
    const size_t size = (size_t)1 << 20;
    i64 got = reader->io->read(reader->io->context, reader->file, reader->buffer, size, reader->offset);

    if (got < 0)
        return segment_problem(reader->problem, JOURNAL_IO_FAILED, "%s: offset %llu: cannot be read (error %d)",
                               reader->path, (unsigned long long)reader->offset, (int)-got);
    memset(reader->buffer + got, 0, size - (size_t)got);
    return JOURNAL_OK;
}

static bool snapshot_chunk_fits(const struct snapshot_reader *reader, const struct snapshot_chunk_header *chunk)
{
    if (chunk->checksum != checksum64(chunk, offsetof(struct snapshot_chunk_header, checksum), 0))
        return false;
    if (chunk->index != reader->chunk_count || chunk->before != reader->before || chunk->zero != 0)
        return false;
    if (chunk->size == 0 || chunk->size > SNAPSHOT_CHUNK_BYTES)
        return false;
    return snapshot_chunk_payload(chunk) == chunk->payload;
}

/* One chunk to its place. Sections and offsets ascend. */
static enum journal_status snapshot_take_chunk(struct snapshot_reader *reader, struct snapshot_head *head)
{
    const struct snapshot_chunk_header *chunk = (const void *)reader->buffer;

    if (!snapshot_chunk_fits(reader, chunk))
        return snapshot_damaged(reader);
    while (reader->section < head->section_count && head->sections[reader->section].id != chunk->section) {
        reader->section++;
        reader->section_offset = 0;
    }
    if (reader->section == head->section_count)
        return snapshot_damaged(reader);
    const struct snapshot_section *section = &head->sections[reader->section];
    if (chunk->offset < reader->section_offset || chunk->offset > section->size ||
        chunk->size > section->size - chunk->offset)
        return snapshot_damaged(reader);
    memcpy((u8 *)section->bytes + chunk->offset, chunk + 1, (size_t)chunk->size);
    reader->section_offset = chunk->offset + chunk->size;
    reader->before = chunk->checksum;
    reader->chunk_count++;
    reader->offset += snapshot_chunk_span(chunk->size);
    return JOURNAL_OK;
}

static enum journal_status snapshot_take_footer(struct snapshot_reader *reader)
{
    const struct snapshot_footer *footer = (const void *)reader->buffer;

    if (footer->checksum != checksum64(footer, offsetof(struct snapshot_footer, checksum), 0) ||
        footer->chunk_count != reader->chunk_count || footer->before != reader->before ||
        reader->offset + IO_SECTOR != reader->size)
        return snapshot_damaged(reader);
    return JOURNAL_OK;
}

/* The caller's sections against the file's: same ids, element sizes and sizes, and room. */
static enum journal_status snapshot_match(const struct snapshot_reader *reader, const struct snapshot_header *header,
                                          struct snapshot_head *head)
{
    if (memcmp(header->instance, head->instance, INSTANCE_BYTES) != 0)
        return segment_problem(reader->problem, JOURNAL_FOREIGN, "%s: belongs to another instance", reader->path);
    if (header->section_count != head->section_count)
        return segment_problem(reader->problem, JOURNAL_FOREIGN, "%s: has %u sections, %u are expected", reader->path,
                               header->section_count, head->section_count);
    for (u32 i = 0; i < head->section_count; i++) {
        const struct snapshot_section_entry *there = &header->sections[i];
        const struct snapshot_section *here = &head->sections[i];
        if (there->id != here->id || there->element_size != here->element_size)
            return segment_problem(reader->problem, JOURNAL_FOREIGN, "%s: section %u of element size %u is unknown",
                                   reader->path, there->id, there->element_size);
        if (there->size != here->size || there->size > here->size_max || (there->size > 0 && here->bytes == NULL))
            return segment_problem(reader->problem, JOURNAL_FOREIGN, "%s: section %u has %llu bytes, room is %llu",
                                   reader->path, there->id, (unsigned long long)there->size,
                                   (unsigned long long)here->size_max);
    }
    return JOURNAL_OK;
}

static enum journal_status snapshot_take_all(struct snapshot_reader *reader, struct snapshot_head *head)
{
    enum journal_status status = snapshot_fetch(reader);
    const struct snapshot_header *header = (const void *)reader->buffer;

    if (status == JOURNAL_OK)
        status = snapshot_check_header(header, head->seq, reader->path, reader->problem);
    if (status == JOURNAL_OK)
        status = snapshot_match(reader, header, head);
    if (status != JOURNAL_OK)
        return status;
    reader->before = header->checksum;
    reader->offset = IO_SECTOR;
    for (;;) {
        u64 magic;
        status = snapshot_fetch(reader);
        if (status != JOURNAL_OK)
            return status;
        memcpy(&magic, reader->buffer, sizeof(magic));
        if (magic == SNAPSHOT_FOOTER_MAGIC)
            return snapshot_take_footer(reader);
        if (magic != SNAPSHOT_CHUNK_MAGIC)
            return snapshot_damaged(reader);
        status = snapshot_take_chunk(reader, head);
        if (status != JOURNAL_OK)
            return status;
    }
}

enum journal_status snapshot_load(const struct io *io, const char *directory, struct snapshot_head *head,
                                  char *problem)
{
    struct segment_path path = snapshot_path(directory, head->seq, "");
    struct snapshot_reader reader = {.io = io, .path = path.text, .problem = problem, .file = -1};
    enum journal_status status = JOURNAL_IO_FAILED;
    i64 size;

    if (problem != NULL)
        problem[0] = 0;
    ASSERT(head->section_count <= SNAPSHOT_SECTIONS_MAX);
    reader.buffer = io->reserve(io->context, SNAPSHOT_BUFFER_BYTES);
    if (reader.buffer == NULL)
        return segment_problem(problem, JOURNAL_IO_FAILED, "%s: no memory", path.text);
    reader.file = io->open(io->context, path.text, IO_READ | IO_DIRECT);
    if (reader.file < 0) {
        segment_problem(problem, status, "%s: cannot be opened (error %d)", path.text, -reader.file);
        goto done;
    }
    size = io->size(io->context, reader.file);
    reader.size = size > 0 ? (u64)size : 0;
    status = snapshot_take_all(&reader, head);
    io->close(io->context, reader.file);

done:
    io->release(io->context, reader.buffer, SNAPSHOT_BUFFER_BYTES);
    return status;
}
