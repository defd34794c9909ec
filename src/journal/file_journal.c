/*
 * file_journal.c: the writer of the journal in files. Called by the one thread
 * that owns the journal.
 *
 * Batches go to the disk in order, up to in_flight_max at a time; the durable
 * mark moves only over a gapless row of finished ones. The first error ends it:
 * nothing more is written, the mark never moves again, and the owner stops by
 * name. Recovery sorts out what the disk really has.
 *
 * It never allocates after journal_open, and never writes over bytes that may
 * have been read as a batch.
 */
#include "journal/file_journal.h"

#include "base/assert.h"
#include "base/mark.h"

#include <string.h>

const char *journal_status_word(enum journal_status status)
{
    static const char *const words[] = {
        [JOURNAL_OK] = "ok",
        [JOURNAL_BUSY] = "busy",
        [JOURNAL_NOT_FOUND] = "not-found",
        [JOURNAL_EXISTS] = "exists",
        [JOURNAL_ROT] = "rot",
        [JOURNAL_FOREIGN] = "foreign",
        [JOURNAL_DISK_FULL] = "disk-full",
        [JOURNAL_IO_FAILED] = "io-failed",
        [JOURNAL_IN_DOUBT] = "in-doubt",
        [JOURNAL_STOPPED] = "stopped",
        [JOURNAL_BAD_CONFIG] = "bad-config",
    };

    ASSERT((unsigned)status < ARRAY_COUNT(words));
    return words[status];
}

struct journal_options journal_options_filled(const struct journal_options *options)
{
    struct journal_options filled = *options;

    if (filled.segment_bytes == 0)
        filled.segment_bytes = JOURNAL_SEGMENT_BYTES;
    if (filled.segments_ahead == 0)
        filled.segments_ahead = JOURNAL_SEGMENTS_AHEAD;
    if (filled.batch_bytes_max == 0)
        filled.batch_bytes_max = JOURNAL_BATCH_BYTES;
    if (filled.in_flight_max == 0)
        filled.in_flight_max = JOURNAL_IN_FLIGHT;
    ASSERT(filled.directory != NULL && strlen(filled.directory) + 64 < SEGMENT_PATH_MAX);
    ASSERT(filled.segment_bytes % IO_SECTOR == 0);
    ASSERT(filled.batch_bytes_max % IO_SECTOR == 0 && filled.batch_bytes_max >= IO_SECTOR);
    ASSERT(filled.batch_bytes_max + IO_SECTOR <= filled.segment_bytes);
    ASSERT(filled.in_flight_max <= IO_APPENDS_MAX);
    return filled;
}

static void journal_fail(struct journal *journal, enum journal_status status)
{
    ASSERT(status != JOURNAL_OK);
    MARK(JOURNAL_FAILED);
    if (journal->status == JOURNAL_OK)
        journal->status = status;
}

/* The open batch's header; the segment header, if one goes with it, lies just before. */
static struct batch_header *journal_open_batch(struct journal *journal)
{
    size_t stride = (size_t)journal->options.batch_bytes_max + IO_SECTOR;

    return (struct batch_header *)(void *)(journal->buffers + journal->open * stride + IO_SECTOR);
}

static struct journal_flight *journal_flight_of(struct journal *journal, u64 number)
{
    ASSERT(number > journal->durable_number && number <= journal->durable_number + journal->flight_count);
    return &journal->flights[number % IO_APPENDS_MAX];
}

static void journal_fill_segment_header(struct journal *journal, struct segment_header *header)
{
    *header = (struct segment_header){
        .segment = journal->segment,
        .epoch = journal->epoch,
        .first_number = journal->number,
        .first_seq = journal->seq - journal->count,
        .before = journal->before,
        .durable_number = journal->durable_number,
        .durable_through = journal->durable,
        .size = journal->file_size,
        .made_ms = journal->io.wall_ms(journal->io.context),
    };
    memcpy(header->instance, journal->instance, INSTANCE_BYTES);
    format_segment_close(header);
}

/* Fills in the open batch's header for the place where it will lie. Returns its size in the file. */
static u64 journal_fill_batch_header(struct journal *journal, struct batch_header *header, u64 offset)
{
    *header = (struct batch_header){
        .segment = journal->segment,
        .offset = offset,
        .instance = journal->instance_hash,
        .epoch = journal->epoch,
        .number = journal->number,
        .seq_first = journal->seq - journal->count,
        .count = journal->count,
        .length = journal->used,
        .time_ms = journal->time_ms,
        .state = journal->state,
        .durable_number = journal->durable_number,
        .durable_through = journal->durable,
        .before = journal->before,
    };
    return format_batch_close(header);
}

static void journal_submit(struct journal *journal, const struct journal_flight *flight)
{
    int result = journal->io.append(journal->io.context, flight->file, flight->bytes + flight->written,
                                    flight->size - flight->written, flight->offset + flight->written, flight->number);

    if (result < 0) {
        MARK(APPEND_REFUSED);
        journal_fail(journal, segment_status(result));
        return;
    }
    journal->under_way++;
}

/* A place in flight, and room in this segment or a next one that need not be waited for. */
static bool journal_can_send(struct journal *journal)
{
    if (journal->flight_count == journal->options.in_flight_max)
        return false;
    return journal->offset + format_batch_bytes(journal->used) <= journal->file_size || ahead_ready(journal);
}

/* Closes the open batch, which may be empty, and sends it off. */
static void journal_send(struct journal *journal)
{
    ASSERT(journal->status == JOURNAL_OK && journal->flight_count < journal->options.in_flight_max);
    ASSERT(journal->number == journal->durable_number + journal->flight_count + 1);

    if (journal->offset + format_batch_bytes(journal->used) > journal->file_size) {
        enum journal_status status = ahead_switch(journal);
        if (status != JOURNAL_OK) {
            journal_fail(journal, status);
            return;
        }
    }
    struct batch_header *header = journal_open_batch(journal);
    const u64 offset = journal->offset;
    const u64 prefix = offset == 0 ? IO_SECTOR : 0; /* the segment header goes in the same append */
    if (prefix > 0)
        journal_fill_segment_header(journal, (struct segment_header *)(void *)((u8 *)header - IO_SECTOR));
    const u64 size = journal_fill_batch_header(journal, header, offset + prefix);

    journal->flight_count++;
    struct journal_flight *flight = journal_flight_of(journal, journal->number);
    *flight = (struct journal_flight){
        .number = journal->number,
        .seq_last = journal->seq - 1,
        .bytes = (u8 *)header - prefix,
        .size = prefix + size,
        .file = journal->file,
        .offset = offset,
        .closes = -1,
    };
    journal->sealed = journal->count == 0 && journal->durable == journal->seq - 1;
    journal->offset = offset + prefix + size;
    journal->bytes += prefix + size;
    journal->before = header->checksum;
    journal->number++;
    journal->open = (journal->open + 1) % (journal->options.in_flight_max + 1);
    journal->used = journal->count = journal->reserved = 0;
    ASSERT(journal->offset <= journal->file_size && journal->offset % IO_SECTOR == 0);
    journal_submit(journal, flight);
}

u32 journal_record_bytes_max(const struct journal *journal)
{
    return journal->options.batch_bytes_max - BATCH_HEADER_BYTES;
}

u8 *journal_reserve(struct journal *journal, u32 size)
{
    ASSERT(size > 0 && size <= journal_record_bytes_max(journal));
    if (journal->status != JOURNAL_OK)
        return NULL;
    if (journal->used + size > journal_record_bytes_max(journal)) {
        MARK(BATCH_FULL);
        if (journal_flush(journal) != JOURNAL_OK || journal->used > 0)
            return NULL;
    }
    journal->reserved = size;
    return (u8 *)journal_open_batch(journal) + BATCH_HEADER_BYTES + journal->used;
}

u64 journal_push(struct journal *journal, u32 size, i64 time_ms, u64 state)
{
    ASSERT(size > 0 && size % 8 == 0 && size <= journal->reserved);
    ASSERT(journal->used + size <= journal_record_bytes_max(journal));
    journal->used += size;
    journal->reserved = 0;
    journal->count++;
    journal->time_ms = time_ms;
    journal->state = state;
    return journal->seq++;
}

enum journal_status journal_flush(struct journal *journal)
{
    if (journal->status != JOURNAL_OK || journal->count == 0)
        return journal->status;
    if (journal_can_send(journal))
        journal_send(journal);
    return journal->status;
}

/* One append has ended: done, to be continued, or the end of this journal. */
static void journal_landed(struct journal *journal, const struct io_done *done)
{
    ASSERT(journal->under_way > 0);
    journal->under_way--;
    if (journal->status != JOURNAL_OK)
        return;

    struct journal_flight *flight = journal_flight_of(journal, done->ticket);
    ASSERT(flight->number == done->ticket && !flight->done);
    if (done->result < 0) {
        MARK(APPEND_FAILED);
        journal_fail(journal, segment_status(done->result));
        return;
    }
    u64 written = flight->written + (u64)done->result;
    ASSERT(written <= flight->size);
    if (written < flight->size)
        written -= written % IO_SECTOR;
    flight->tries = written == flight->written ? flight->tries + 1 : 0;
    flight->written = written;
    flight->done = written == flight->size;
    MARK_WHEN(BATCH_OVERTOOK, flight->done && flight->number != journal->durable_number + 1);
    if (flight->done)
        return;
    MARK(APPEND_SHORT);
    if (flight->tries < JOURNAL_APPEND_TRIES) {
        journal_submit(journal, flight);
        return;
    }
    MARK(APPEND_STUCK);
    journal_fail(journal, JOURNAL_IO_FAILED);
}

/* Moves the durable mark over the finished flights at the front. */
static void journal_advance(struct journal *journal)
{
    while (journal->status == JOURNAL_OK && journal->flight_count > 0) {
        struct journal_flight *flight = journal_flight_of(journal, journal->durable_number + 1);
        if (!flight->done)
            break;
        ASSERT(flight->seq_last >= journal->durable && flight->seq_last < journal->seq);
        if (flight->closes >= 0)
            journal->io.close(journal->io.context, flight->closes);
        journal->durable = flight->seq_last;
        journal->durable_number = flight->number;
        journal->flight_count--;
    }
}

enum journal_status journal_poll(struct journal *journal, bool wait)
{
    struct io_done done[IO_APPENDS_MAX];

    if (journal->under_way == 0) {
        ahead_collect(journal, wait); /* all that a batch that is not under way can wait for */
        return journal->status;
    }
    int count = journal->io.reap(journal->io.context, done, IO_APPENDS_MAX, wait);
    if (count < 0)
        journal_fail(journal, segment_status(count));
    for (int i = 0; i < count; i++)
        journal_landed(journal, &done[i]);
    journal_advance(journal);
    return journal->status;
}

u64 journal_durable(const struct journal *journal)
{
    ASSERT(journal->durable < journal->seq);
    return journal->durable;
}

u64 journal_next(const struct journal *journal)
{
    return journal->seq;
}

u32 journal_in_flight(const struct journal *journal)
{
    return journal->flight_count;
}

u32 journal_open_bytes(const struct journal *journal)
{
    return journal->used;
}

u64 journal_epoch(const struct journal *journal)
{
    return journal->epoch;
}

const u8 *journal_instance(const struct journal *journal)
{
    return journal->instance;
}

u64 journal_bytes(const struct journal *journal)
{
    return journal->bytes;
}

enum journal_status journal_seal(struct journal *journal)
{
    bool idle = journal->count == 0 && journal->flight_count == 0;

    if (journal->status == JOURNAL_OK && idle && !journal->sealed && journal_can_send(journal))
        journal_send(journal);
    return journal->status;
}

/* Frees everything. Appends that io still has must have been waited for, or io has failed. */
static void journal_free(struct journal *journal)
{
    const struct io io = journal->io;

    ahead_collect(journal, true);
    for (u64 i = 1; i <= journal->flight_count; i++) {
        const struct journal_flight *flight = journal_flight_of(journal, journal->durable_number + i);
        if (flight->closes >= 0)
            io.close(io.context, flight->closes);
    }
    if (journal->file >= 0)
        io.close(io.context, journal->file);
    if (journal->zeros != NULL)
        io.release(io.context, journal->zeros, SEGMENT_ZEROS_BYTES);
    if (journal->buffers != NULL)
        io.release(io.context, journal->buffers, journal->buffers_size);
    io.release(io.context, journal, sizeof(*journal));
}

enum journal_status journal_close(struct journal *journal)
{
    while (journal->status == JOURNAL_OK && (journal->count > 0 || journal->flight_count > 0)) {
        journal_flush(journal);
        journal_poll(journal, true);
    }
    ahead_collect(journal, true); /* for the seal; it would be waited for in any case */
    if (journal_seal(journal) == JOURNAL_OK)
        journal_poll(journal, true);
    while (journal->status == JOURNAL_OK && journal->flight_count > 0)
        journal_poll(journal, true);

    enum journal_status status = journal->status;
    struct io_done done[IO_APPENDS_MAX];
    while (journal->under_way > 0) {
        int count = journal->io.reap(journal->io.context, done, IO_APPENDS_MAX, true);
        if (count <= 0)
            break;
        journal->under_way -= (u32)count;
    }
    journal_free(journal);
    return status;
}

struct journal *journal_allocate(const struct io *io, const struct journal_options *options)
{
    struct journal *journal = io->reserve(io->context, sizeof(*journal));

    if (journal == NULL)
        return NULL;
    journal->io = *io;
    journal->options = *options;
    journal->file = -1;
    memcpy(journal->directory, options->directory, strlen(options->directory) + 1);
    journal->options.directory = journal->directory;
    journal->zeros = io->reserve(io->context, SEGMENT_ZEROS_BYTES);
    journal->buffers_size = ((size_t)options->batch_bytes_max + IO_SECTOR) * (options->in_flight_max + 1);
    journal->buffers = io->reserve(io->context, journal->buffers_size);
    if (journal->zeros == NULL || journal->buffers == NULL)
        goto failed;

    /* A first touch costs about 1.5 us a page; pay it here. */
    memset(journal->buffers, 0, journal->buffers_size);
    journal->helper = (struct journal_helper){
        .io = &journal->io,
        .directory = journal->directory,
        .zeros = journal->zeros,
        .segment_bytes = options->segment_bytes,
    };
    return journal;

failed:
    journal_free(journal);
    return NULL;
}

void journal_abandon(struct journal *journal)
{
    ASSERT(journal->under_way == 0 && journal->flight_count == 0);
    journal_free(journal);
}
