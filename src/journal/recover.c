/*
 * recover.c: how a journal begins (journal_create), is read (journal_read), and
 * is taken over by a new writer (journal_open).
 *
 * Taking over never changes a byte that may be needed. The tail, meaning all
 * batches that no mark proves to be durable, is written again under a new epoch
 * into a new file, followed by a seal; the file is synced, gets its name by one
 * rename, and the folder is synced. Before the rename the old files say it all;
 * after it the new segment supersedes what it repeats, and older-epoch segments
 * behind it are stale. So a crash at any point leaves one of two good states.
 * Why write the tail again: after a failed sync the page cache may show bytes
 * the disk does not have, and the kernel would report no error a second time.
 *
 * The new segment gets the number after the one that holds the last proven
 * batch. Only where that segment is nearly empty, it is rewritten whole under
 * its own number, so that a start costs no segment file.
 */
#include "base/assert.h"
#include "base/mark.h"
#include "journal/cursor.h"
#include "journal/file_journal.h"

#include <errno.h>
#include <string.h>

#define RECOVERED_NAME "recovered.tmp"
/* A segment filled to less than this part of its size is rewritten whole. */
#define RECOVER_WHOLE_PART 8u
#define READ_TRIES 3

struct reader {
    u64 after;
    journal_visit *visit;
    void *argument;
};

/* Gives the batches from the cursor on to the reader, until the end. */
static enum journal_status recover_visit_all(struct cursor *cursor, const struct reader *reader)
{
    struct cursor_batch found;
    enum journal_status status;

    while ((status = cursor_next(cursor, &found)) == JOURNAL_OK && found.header != NULL) {
        const struct batch_header *header = found.header;
        if (header->count == 0 || cursor->seq - 1 <= reader->after)
            continue;
        struct journal_batch batch = {
            .seq_first = header->seq_first,
            .count = header->count,
            .epoch = header->epoch,
            .time_ms = header->time_ms,
            .state = header->state,
            .records = slice_of((const char *)header + BATCH_HEADER_BYTES, header->length),
        };
        if (reader->visit != NULL && !reader->visit(reader->argument, &batch))
            return JOURNAL_STOPPED;
    }
    return status;
}

/* The segment to begin with: the last live one that begins at or before `after` + 1. The ones skipped must be whole. */
static enum journal_status recover_first_index(const struct segment_list *list, const char *directory, u64 after,
                                               u32 *index, char *problem)
{
    const struct segment_entry *entries = list->entries;

    *index = 0;
    if (entries[0].first_seq > after + 1 || (after == 0 && entries[0].first_number != 1))
        return segment_problem(problem, JOURNAL_ROT, "%s: the segments before it are missing",
                               segment_path(directory, entries[0].number).text);
    for (u32 i = 1; after > 0 && i < list->count; i++)
        if (segment_live(&entries[i]) && entries[i].first_seq <= after + 1)
            *index = i;
    for (u32 i = 0; i < *index; i++)
        if (!segment_live(&entries[i]))
            return segment_problem(problem, JOURNAL_ROT, "%s: offset 0: the header is damaged",
                                   segment_path(directory, entries[i].number).text);
    return JOURNAL_OK;
}

/* The number after the last batch that a live writer's newest segment marks as durable. */
static enum journal_status recover_live_stop(const struct io *io, const char *directory,
                                             const struct segment_list *list, u64 *stop, char *problem)
{
    struct cursor_options options = {.end_at_damage = true, .beside_writer = true};
    struct cursor_batch found;
    struct cursor cursor;

    for (u32 i = 0; i < list->count; i++)
        if (segment_live(&list->entries[i]))
            options.index = i;
    enum journal_status status = cursor_open(&cursor, io, directory, list, &options, problem);
    if (status != JOURNAL_OK)
        return status;
    do {
        status = cursor_next(&cursor, &found);
    } while (status == JOURNAL_OK && found.header != NULL);
    *stop = cursor.durable_number + 1;
    cursor_close(&cursor);
    return status;
}

static enum journal_status recover_read(const struct io *io, const char *directory, const struct segment_list *list,
                                        const struct reader *reader, bool live, char *problem)
{
    struct cursor_options options = {.beside_writer = live};
    struct cursor cursor;
    enum journal_status status = recover_first_index(list, directory, reader->after, &options.index, problem);

    if (status == JOURNAL_OK && live)
        status = recover_live_stop(io, directory, list, &options.stop, problem);
    if (status != JOURNAL_OK)
        return status;
    /* A newest segment may begin beyond the mark: nothing in it is durable yet. */
    if (live && list->entries[options.index].first_number >= options.stop)
        return JOURNAL_OK;
    status = cursor_open(&cursor, io, directory, list, &options, problem);
    if (status != JOURNAL_OK)
        return status;
    status = recover_visit_all(&cursor, reader);
    cursor_close(&cursor);
    return status;
}

enum journal_status journal_read(const struct io *io, const struct journal_options *options, u64 after,
                                 journal_visit *visit, void *argument, char *problem)
{
    const struct reader reader = {.after = after, .visit = visit, .argument = argument};
    struct segment_list list;
    enum journal_status status;

    if (problem != NULL)
        problem[0] = 0;
    /* Whoever holds the lock writes. Nobody: then it is ours while we read. A folder that cannot be locked
     * (read-only medium, a copy of somebody else's) has no writer. */
    int lock = -ENOENT;
    i64 segments = segment_count(io, options->directory);
    if (segments > 0)
        lock = io->lock(io->context, segment_path_named(options->directory, "lock").text);
    const bool live = lock == -EWOULDBLOCK;
    MARK_WHEN(READ_BESIDE_WRITER, live);
    int tries = live ? READ_TRIES : 1;
    do { /* a folder that changes while it is listed may show a gap that is not there */
        status = segment_list_load(&list, io, options->directory, problem);
    } while (status != JOURNAL_OK && --tries > 0);
    if (status == JOURNAL_OK) {
        status = recover_read(io, options->directory, &list, &reader, live, problem);
        segment_list_free(&list, io);
    }
    if (lock >= 0)
        io->close(io->context, lock);
    return status;
}

enum journal_status journal_create(const struct io *io, const struct journal_options *options)
{
    struct journal_options filled = journal_options_filled(options);
    struct segment_path temporary = segment_path_named(filled.directory, "created.tmp");
    struct segment_path final = segment_path(filled.directory, 1);
    struct segment_header *header = NULL;
    u8 *zeros = NULL;
    int file = -1;

    i64 result = segment_count(io, filled.directory);
    if (result > 0)
        return JOURNAL_EXISTS;
    if (result < 0)
        return segment_status(result);
    header = io->reserve(io->context, sizeof(*header));
    zeros = io->reserve(io->context, SEGMENT_ZEROS_BYTES);
    result = header != NULL && zeros != NULL ? 0 : -ENOMEM;
    if (result == 0)
        result = io->random(io->context, header != NULL ? header->instance : NULL, INSTANCE_BYTES);
    if (result < 0)
        goto done;
    header->segment = 1;
    header->epoch = header->first_number = header->first_seq = 1;
    header->size = filled.segment_bytes;
    header->made_ms = io->wall_ms(io->context);
    format_segment_close(header);

    result = file = io->open(io->context, temporary.text, IO_WRITE | IO_CREATE | IO_DIRECT);
    if (result >= 0)
        result = segment_zero(io, file, zeros, IO_SECTOR, filled.segment_bytes);
    if (result >= 0)
        result = io_write_all(io, file, header, sizeof(*header), 0);
    if (result >= 0)
        result = io->sync(io->context, file);
    if (result >= 0)
        result = io->rename(io->context, temporary.text, final.text);
    if (result >= 0)
        result = io->sync_directory(io->context, filled.directory);

done:
    if (file >= 0)
        io->close(io->context, file);
    if (zeros != NULL)
        io->release(io->context, zeros, SEGMENT_ZEROS_BYTES);
    if (header != NULL)
        io->release(io->context, header, sizeof(*header));
    return segment_status(result);
}

/* What to write again, and where. */
struct recover_plan {
    u32 index;              /* the segment in which the copy begins */
    u32 target;             /* the number of the new segment */
    u64 from;               /* the first batch to copy */
    u64 end;                /* the number after the last one: the seal's */
    u64 seq_end;            /* the sequence number after the last one */
};

static struct recover_plan recover_make_plan(const struct cursor *end)
{
    const struct segment_list *list = end->list;
    const struct segment_entry *entries = list->entries;
    struct recover_plan plan = {.from = end->durable_number + 1, .seq_end = end->seq};

    ASSERT(plan.from <= end->number);
    plan.from = MAX(plan.from, entries[0].first_number);
    for (u32 i = 0; i <= end->index; i++)
        if (segment_live(&entries[i]) && entries[i].first_number < plan.from)
            plan.index = i;
    const struct segment_entry *base = &entries[plan.index];
    bool nearly_empty = plan.index == end->index && end->offset <= base->size / RECOVER_WHOLE_PART;
    bool whole = base->first_number >= plan.from || nearly_empty;
    plan.from = whole ? base->first_number : plan.from;
    plan.target = whole ? base->number : base->number + 1;
    MARK_WHEN(TAIL_IN_SAME_SEGMENT, whole);
    MARK_WHEN(TAIL_IN_NEXT_SEGMENT, !whole);
    /* The seals at the end are replaced by the new one. Its number must not be below a mark: a mark that is still
     * readable somewhere would then claim a batch that is yet to be written. */
    plan.end = MAX(MAX(end->filled_number + 1, end->durable_number), plan.from);
    ASSERT(plan.end <= end->number);
    return plan;
}

/* The new segment's header, at the front of the batch buffers; the cursor stands before the first batch to copy. */
static struct segment_header *recover_begin_segment(struct journal *journal, const struct cursor *cursor)
{
    struct segment_header *header = (void *)journal->buffers;

    *header = (struct segment_header){
        .segment = journal->segment,
        .epoch = journal->epoch,
        .first_number = cursor->number,
        .first_seq = cursor->seq,
        .before = cursor->before,
        .durable_number = cursor->number - 1,
        .durable_through = cursor->seq - 1,
        .made_ms = journal->io.wall_ms(journal->io.context),
    };
    memcpy(header->instance, journal->instance, INSTANCE_BYTES);
    journal->before = cursor->before;
    journal->offset = IO_SECTOR;
    return header;
}

/* Writes one batch at the end of the new segment, as its writer. All in this file becomes durable together, and only
 * with that visible: so each batch may say that the ones before it are durable. */
static int recover_write_batch(struct journal *journal, struct batch_header *header)
{
    header->segment = journal->segment;
    header->offset = journal->offset;
    header->epoch = journal->epoch;
    header->instance = journal->instance_hash;
    header->durable_number = header->number - 1;
    header->durable_through = header->seq_first - 1;
    header->before = journal->before;
    u64 size = format_batch_close(header);
    int result = io_write_all(&journal->io, journal->file, header, size, journal->offset);
    journal->offset += size;
    journal->before = header->checksum;
    journal->bytes += size;
    return result;
}

/* The seal, the zeros behind it, and the header, which needs the size: a long tail makes a longer file. */
static int recover_end_segment(struct journal *journal, const struct recover_plan *plan, struct segment_header *header)
{
    struct batch_header *seal = (void *)(journal->buffers + IO_SECTOR);

    *seal = (struct batch_header){
        .number = plan->end,
        .seq_first = plan->seq_end,
        .time_ms = header->made_ms,
    };
    int result = recover_write_batch(journal, seal);
    journal->file_size = MAX(journal->offset, journal->options.segment_bytes);
    MARK_WHEN(TAIL_LONGER_THAN_SEGMENT, journal->file_size > journal->options.segment_bytes);
    header->size = journal->file_size;
    format_segment_close(header);
    if (result == 0)
        result = segment_zero(&journal->io, journal->file, journal->zeros, journal->offset, journal->file_size);
    if (result == 0)
        result = io_write_all(&journal->io, journal->file, header, sizeof(*header), 0);
    if (result == 0)
        result = journal->io.sync(journal->io.context, journal->file);
    return result;
}

/* One more batch of what was read before. */
static enum journal_status recover_step(struct cursor *cursor, struct cursor_batch *found)
{
    enum journal_status status = cursor_next(cursor, found);

    if (status == JOURNAL_OK && found->header == NULL)
        status = segment_problem(cursor->problem, JOURNAL_ROT, "%s: batch %llu was there a moment ago",
                                 cursor->directory, (unsigned long long)cursor->number);
    return status;
}

/* Header, tail, seal and zeros of the new segment, synced. */
static enum journal_status recover_copy(struct journal *journal, const struct recover_plan *plan,
                                        struct cursor *cursor)
{
    struct cursor_batch found;
    enum journal_status status = JOURNAL_OK;

    while (cursor->number < plan->from && status == JOURNAL_OK)
        status = recover_step(cursor, &found);
    if (status != JOURNAL_OK)
        return status;

    struct segment_header *header = recover_begin_segment(journal, cursor);
    while (cursor->number < plan->end && status == JOURNAL_OK) {
        status = recover_step(cursor, &found);
        if (status == JOURNAL_OK)
            status = segment_status(recover_write_batch(journal, found.header));
    }
    if (status == JOURNAL_OK)
        status = segment_status(recover_end_segment(journal, plan, header));
    return status;
}

/* Removes what lies behind the new segment, unless it is untouched and of the right size. From the end, one at a time:
 * after a crash in between there must be no gap. */
static int recover_remove_stale(struct journal *journal, const struct segment_list *list)
{
    const struct segment_entry *last = &list->entries[list->count - 1];
    bool clean = true;

    for (u32 i = 0; i < list->count; i++) {
        const struct segment_entry *entry = &list->entries[i];
        if (entry->number > journal->segment)
            clean = clean && entry->verdict == HEADER_ZERO && entry->file_bytes == journal->options.segment_bytes;
    }
    journal->helper.through = MAX(last->number, journal->segment);
    while (!clean && journal->helper.through > journal->segment) {
        struct segment_path path = segment_path(journal->directory, journal->helper.through);
        MARK(SEGMENT_BEHIND_REMOVED);
        int result = journal->io.unlink(journal->io.context, path.text);
        if (result == 0)
            result = journal->io.sync_directory(journal->io.context, journal->directory);
        if (result < 0)
            return result;
        journal->helper.through--;
    }
    return 0;
}

/* Gives the new segment its name and clears the way behind it. */
static enum journal_status recover_publish(struct journal *journal, const struct segment_list *list)
{
    struct segment_path temporary = segment_path_named(journal->directory, RECOVERED_NAME);
    struct segment_path final = segment_path(journal->directory, journal->segment);
    int result = journal->io.rename(journal->io.context, temporary.text, final.text);

    if (result == 0)
        result = journal->io.sync_directory(journal->io.context, journal->directory);
    if (result == 0)
        result = recover_remove_stale(journal, list);
    return segment_status(result);
}

/* Persists the tail again; `end` is the cursor that found it. */
static enum journal_status recover_persist(struct journal *journal, const struct cursor *end, char *problem)
{
    const struct recover_plan plan = recover_make_plan(end);
    struct cursor_options options = {.index = plan.index, .stop = plan.end};
    struct segment_path temporary = segment_path_named(journal->directory, RECOVERED_NAME);
    struct cursor cursor;

    int result = segment_remove_temporaries(&journal->io, journal->directory);
    if (result < 0)
        return segment_status(result);
    journal->segment = plan.target;
    result = journal->io.open(journal->io.context, temporary.text, IO_WRITE | IO_CREATE | IO_DIRECT);
    if (result < 0)
        return segment_status(result);
    journal->file = result;
    enum journal_status status = cursor_open(&cursor, &journal->io, journal->directory, end->list, &options, problem);
    if (status != JOURNAL_OK)
        return status;
    status = recover_copy(journal, &plan, &cursor);
    cursor_close(&cursor);
    if (status == JOURNAL_OK)
        status = recover_publish(journal, end->list);
    if (status != JOURNAL_OK)
        return status;

    journal->number = plan.end + 1;
    journal->durable_number = plan.end;
    journal->seq = plan.seq_end;
    journal->durable = plan.seq_end - 1;
    journal->sealed = true;
    return JOURNAL_OK;
}

static enum journal_status recover_journal(struct journal *journal, const struct segment_list *list,
                                           const struct reader *reader, char *problem)
{
    struct cursor_options options = {0};
    struct cursor end;
    enum journal_status status = recover_first_index(list, journal->directory, reader->after, &options.index, problem);

    if (status == JOURNAL_OK)
        status = cursor_open(&end, &journal->io, journal->directory, list, &options, problem);
    if (status != JOURNAL_OK)
        return status;
    memcpy(journal->instance, list->instance, INSTANCE_BYTES);
    journal->instance_hash = list->instance_hash;
    journal->epoch = list->epoch_max + 1;
    status = recover_visit_all(&end, reader);
    /* A snapshot gets its name only after the journal through its sequence number is durable. */
    if (status == JOURNAL_OK && end.seq <= reader->after)
        status = segment_problem(problem, JOURNAL_ROT, "%s: ends at sequence number %llu, the snapshot is of %llu",
                                 segment_path(journal->directory, list->entries[end.index].number).text,
                                 (unsigned long long)end.seq - 1, (unsigned long long)reader->after);
    if (status == JOURNAL_OK)
        status = recover_persist(journal, &end, problem);
    cursor_close(&end);
    return status;
}

enum journal_status journal_open(struct journal **journal, const struct io *io, const struct journal_options *options,
                                 u64 after, journal_visit *visit, void *argument, char *problem)
{
    struct journal_options filled = journal_options_filled(options);
    const struct reader reader = {.after = after, .visit = visit, .argument = argument};
    struct journal *opened = NULL;
    struct segment_list list;

    *journal = NULL;
    if (problem != NULL)
        problem[0] = 0;
    enum journal_status status = segment_list_load(&list, io, filled.directory, problem);
    if (status != JOURNAL_OK)
        return status;
    opened = journal_allocate(io, &filled);
    if (opened == NULL) {
        status = segment_problem(problem, JOURNAL_IO_FAILED, "%s: no memory for the batches", filled.directory);
        goto failed;
    }
    status = recover_journal(opened, &list, &reader, problem);
    if (status != JOURNAL_OK)
        goto failed;
    segment_list_free(&list, io);
    ahead_start(opened);
    *journal = opened;
    return JOURNAL_OK;

failed:
    if (opened != NULL)
        journal_abandon(opened);
    segment_list_free(&list, io);
    return status;
}
