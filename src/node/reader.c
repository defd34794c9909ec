#include "node/reader.h"

#include "base/assert.h"
#include "base/mark.h"
#include "eleven.h"
#include "journal/snapshot_format.h"
#include "node/node.h"
#include "node/refusal.h"

#include <stdarg.h>
#include <stdio.h>

#define TAIL_TRIES 10 /* with TAIL_WAIT_MS between them: about half a second */
#define TAIL_WAIT_MS 50

/* Says why, in a sentence of its own. */
static enum journal_status __attribute__((format(printf, 3, 4)))
reader_failed(struct reader *reader, enum journal_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reader->problem, sizeof(reader->problem), format, arguments);
    va_end(arguments);
    reader->problem_whole = true;
    return status;
}

static enum journal_status reader_memory(struct reader *reader)
{
    reader->memory_size = engine_memory_size(&reader->limits);
    reader->memory = reader->io.reserve(reader->io.context, reader->memory_size);
    reader->engine = NULL;
    if (reader->memory == NULL)
        return reader_failed(reader, JOURNAL_IO_FAILED, "no address space for an engine of these limits (%zu bytes)",
                             reader->memory_size);
    reader->engine = engine_create(reader->memory, &reader->limits);
    return JOURNAL_OK;
}

enum journal_status reader_begin(struct reader *reader, const char *directory)
{
    *reader = (struct reader){.directory = directory};
    int error = io_linux_open(&reader->io, IO_APPENDER_THREAD); /* nothing is appended */
    if (error < 0)
        return reader_failed(reader, JOURNAL_IO_FAILED, "%s", strerror(-error));
    enum journal_status status = eleven_limits(directory, &reader->io, &reader->limits, reader->problem);
    /* Before the journal is looked at: then the journal has all that this snapshot has, also beside a sale. */
    reader->newest_seq = reader_newest_snapshot(reader);
    if (status == JOURNAL_OK)
        status = reader_memory(reader);
    if (status != JOURNAL_OK)
        io_linux_close(&reader->io);
    return status;
}

static void reader_release(struct reader *reader)
{
    if (reader->memory != NULL)
        reader->io.release(reader->io.context, reader->memory, reader->memory_size);
    reader->memory = NULL;
    reader->engine = NULL;
}

void reader_close(struct reader *reader)
{
    reader_release(reader);
    io_linux_close(&reader->io);
    *reader = (struct reader){0};
}

enum journal_status reader_again(struct reader *reader)
{
    reader_release(reader);
    return reader_memory(reader);
}

static void reader_newest_one(void *argument, const char *name)
{
    u64 *newest = argument, seq;
    if (snapshot_name(name, &seq))
        *newest = MAX(*newest, seq);
}

u64 reader_newest_snapshot(const struct reader *reader)
{
    u64 newest = 0;
    reader->io.list(reader->io.context, reader->directory, reader_newest_one, &newest);
    return newest;
}

void reader_load_snapshot(struct reader *reader)
{
    ASSERT(engine_seq(reader->engine) == 0);
    struct snapshot_head head;
    char problem[JOURNAL_PROBLEM_MAX] = "";
    enum journal_status status = snapshot_restore(&reader->io, reader->directory, UINT64_MAX, reader->engine, &head,
                                                  problem);
    if (status == JOURNAL_OK) {
        reader->snapshot_seq = head.seq;
    } else if (status != JOURNAL_NOT_FOUND) {
        MARK(SNAPSHOT_IGNORED);
        reader_again(reader); /* half of it may be there: begin with an empty engine, and the whole journal */
    }
}

struct reader_pass {
    struct reader *reader;
    const struct reader_visitor *visitor;
    u64 last_seq;           /* the last one that the journal has; 0: not seen */
    u64 bad_seq;            /* a record that cannot be a command, or is refused; 0: none */
    struct result bad_result;
};

static bool reader_command(struct reader_pass *pass, u64 seq, const struct command_header *command)
{
    struct reader *reader = pass->reader;
    const struct reader_visitor *visitor = pass->visitor;
    if (visitor->before != NULL && !visitor->before(visitor->argument, reader, seq, command))
        return false;
    struct result result = engine_apply(reader->engine, command);
    reader->commands++;
    reader->last_ms = command->time_ms;
    if (visitor->after != NULL)
        return visitor->after(visitor->argument, reader, seq, command, result);
    if (result_changed(result))
        return true;
    pass->bad_seq = seq;
    pass->bad_result = result;
    return false;
}

static bool reader_visit(void *argument, const struct journal_batch *batch)
{
    struct reader_pass *pass = argument;
    struct reader *reader = pass->reader;
    size_t at = 0;
    u64 seq = batch->seq_first, before = engine_seq(reader->engine);
    pass->last_seq = batch->seq_first + batch->count - 1;
    for (u32 i = 0; i < batch->count; i++, seq++) {
        const char *bytes = batch->records.bytes + at;
        if ((uintptr_t)bytes % 8 != 0 || !command_well_formed(bytes, batch->records.size - at)) {
            pass->bad_seq = seq;
            pass->bad_result = (struct result){.code = RESULT_MALFORMED};
            return false;
        }
        const struct command_header *command = (const void *)bytes;
        at += command->size;
        if (seq <= engine_seq(reader->engine))
            continue; /* the snapshot has it */
        if (!reader_command(pass, seq, command))
            return false;
        if (reader->commands % READER_PROGRESS == 0 && reader->progress != NULL
            && !reader->progress(reader->progress_argument, seq))
            return false;
    }
    if (pass->visitor->batch != NULL && engine_seq(reader->engine) > before)
        pass->visitor->batch(pass->visitor->argument, reader, seq - 1, batch->state);
    return true;
}

static bool reader_last_seq(void *argument, const struct journal_batch *batch)
{
    *(u64 *)argument = batch->seq_first + batch->count - 1;
    return true;
}

/*
 * Reads on from where the engine is, beginning with the batch that the snapshot
 * ends in, to see that it is there. A sale that is just being closed writes its
 * snapshot first and marks the end of its journal as durable a moment later.
 */
static enum journal_status reader_read(struct reader_pass *pass, u64 needed)
{
    struct reader *reader = pass->reader;
    char *problem = reader->problem;
    struct journal_options options = {.directory = reader->directory};
    enum journal_status status = JOURNAL_OK;
    for (unsigned i = 0; i < TAIL_TRIES; i++) {
        u64 after = engine_seq(reader->engine);
        status = journal_read(&reader->io, &options, after > 0 ? after - 1 : 0, reader_visit, pass, problem);
        if (status != JOURNAL_OK || pass->last_seq >= needed)
            return status;
        reader->io.sleep_ms(reader->io.context, TAIL_WAIT_MS);
    }
    u64 last_seq = 0;
    status = journal_read(&reader->io, &options, 0, reader_last_seq, &last_seq, problem);
    if (status == JOURNAL_OK)
        snprintf(problem, JOURNAL_PROBLEM_MAX, "the journal ends at %llu, the snapshot is of %llu",
                 (unsigned long long)last_seq, (unsigned long long)needed);
    return status == JOURNAL_OK ? JOURNAL_ROT : status;
}

static enum journal_status reader_refused_again(struct reader *reader, const struct reader_pass *pass)
{
    char text[REFUSAL_MAX];
    refusal_text(text, reader->engine, pass->bad_result);
    if (pass->bad_result.code == RESULT_POOL_FULL) /* it had room for it once */
        return reader_failed(reader, JOURNAL_FOREIGN, "foreign: eleven.conf: a limit is below what is in use: %s",
                             text);
    return reader_failed(reader, JOURNAL_ROT,
                         "rot: command %llu of the journal is refused when it is decided again: %s",
                         (unsigned long long)pass->bad_seq, text);
}

enum journal_status reader_follow(struct reader *reader, const struct reader_visitor *visitor)
{
    static const struct reader_visitor none;
    struct reader_pass pass = {.reader = reader, .visitor = visitor != NULL ? visitor : &none};
    if (reader->engine == NULL)
        return JOURNAL_IO_FAILED; /* said when its memory was lost */
    reader->problem[0] = '\0';
    reader->problem_whole = false;
    enum journal_status status = reader_read(&pass, MAX(reader->newest_seq, reader->snapshot_seq));
    return pass.bad_seq != 0 ? reader_refused_again(reader, &pass) : status;
}

enum journal_status reader_fill(struct reader *reader, const char *directory, reader_progress *progress,
                                void *argument)
{
    enum journal_status status = reader_begin(reader, directory);
    if (status != JOURNAL_OK)
        return status;
    reader->progress = progress;
    reader->progress_argument = argument;
    reader_load_snapshot(reader);
    status = reader_follow(reader, NULL);
    if (status == JOURNAL_OK)
        return status;
    struct reader closed = {.directory = directory, .problem_whole = reader->problem_whole};
    memcpy(closed.problem, reader->problem, sizeof(closed.problem));
    reader_close(reader);
    *reader = closed; /* what remains is why */
    return status;
}
