/* An engine filled from the journal; see reader.h. */
#include "cli/reader.h"

#include "base/assert.h"
#include "cli/cli.h"
#include "eleven.h"
#include "journal/snapshot_format.h"

#include <stdio.h>

#define TAIL_TRIES 10 /* with TAIL_WAIT_MS between them: about a second */
#define TAIL_WAIT_MS 50

static int reader_memory(struct reader *reader)
{
    reader->memory_size = engine_memory_size(&reader->limits);
    reader->memory = reader->io.reserve(reader->io.context, reader->memory_size);
    if (reader->memory == NULL) {
        cli_error(reader->directory, "no address space for an engine of these limits (%zu bytes)",
                  reader->memory_size);
        return CLI_FOLDER;
    }
    reader->engine = engine_create(reader->memory, &reader->limits);
    return CLI_DONE;
}

int reader_open(struct reader *reader, const char *directory)
{
    *reader = (struct reader){.directory = directory};
    char problem[JOURNAL_PROBLEM_MAX] = "";
    int error = io_linux_open(&reader->io, IO_APPENDER_THREAD); /* nothing is appended */
    if (error < 0) {
        cli_error(directory, "%s", strerror(-error));
        return CLI_FOLDER;
    }
    int code = CLI_DONE;
    enum journal_status status = eleven_limits(directory, &reader->io, &reader->limits, problem);
    if (status != JOURNAL_OK)
        code = cli_folder_error(directory, status, problem);
    /* Before the journal is looked at: then the journal has all that this snapshot has, also beside a sale. */
    reader->newest_seq = reader_newest_snapshot(reader);
    if (code == CLI_DONE)
        code = reader_memory(reader);
    if (code != CLI_DONE)
        io_linux_close(&reader->io);
    return code;
}

void reader_close(struct reader *reader)
{
    if (reader->memory != NULL)
        reader->io.release(reader->io.context, reader->memory, reader->memory_size);
    io_linux_close(&reader->io);
    *reader = (struct reader){0};
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

bool reader_reset(struct reader *reader)
{
    reader->io.release(reader->io.context, reader->memory, reader->memory_size);
    if (reader_memory(reader) == CLI_DONE)
        return true;
    reader->memory = NULL;
    reader->engine = NULL;
    return false;
}

/* Points the snapshot's sections at the engine's regions. False when it holds one that the engine does not know. */
static bool reader_sections(struct snapshot_head *head, const struct engine_region *regions, size_t count)
{
    for (u32 i = 0; i < head->section_count; i++) {
        struct snapshot_section *section = &head->sections[i];
        const struct engine_region *found = NULL;
        for (size_t j = 0; j < count; j++)
            if (regions[j].id == section->id)
                found = &regions[j];
        if (found == NULL || found->element_size != section->element_size || section->size > found->size_max)
            return false;
        section->bytes = found->bytes;
        section->size_max = found->size_max;
    }
    return true;
}

void reader_load_snapshot(struct reader *reader)
{
    ASSERT(engine_seq(reader->engine) == 0);
    struct snapshot_head head;
    if (snapshot_find(&reader->io, reader->directory, UINT64_MAX, &head) != JOURNAL_OK)
        return;
    struct engine_region regions[ENGINE_REGIONS_MAX];
    size_t count = engine_regions(reader->engine, regions);
    char problem[JOURNAL_PROBLEM_MAX] = "";
    bool good = reader_sections(&head, regions, count)
                && snapshot_load(&reader->io, reader->directory, &head, problem) == JOURNAL_OK;
    u64 sizes[ENGINE_REGIONS_MAX] = {0};
    for (size_t i = 0; i < count; i++)
        for (u32 j = 0; j < head.section_count; j++)
            if (head.sections[j].id == regions[i].id)
                sizes[i] = head.sections[j].size;
    good = good && engine_restore(reader->engine, sizes) == NULL;
    if (good) {
        reader->snapshot_seq = head.seq;
        return;
    }
    reader_reset(reader); /* half of it may be there: begin with an empty engine, and the whole journal */
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
        if (reader->commands % 100000 == 0)
            cli_progress("reading the journal: command %llu", (unsigned long long)seq);
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
static enum journal_status reader_read(struct reader_pass *pass, u64 needed, char *problem)
{
    struct reader *reader = pass->reader;
    struct journal_options options = {.directory = reader->directory};
    enum journal_status status = JOURNAL_OK;
    for (unsigned i = 0; i < TAIL_TRIES; i++) {
        u64 after = engine_seq(reader->engine);
        status = journal_read(&reader->io, &options, after > 0 ? after - 1 : 0, reader_visit, pass, problem);
        if (status != JOURNAL_OK || pass->last_seq >= needed)
            return status;
        cli_sleep_ms(TAIL_WAIT_MS);
    }
    u64 last_seq = 0;
    status = journal_read(&reader->io, &options, 0, reader_last_seq, &last_seq, problem);
    if (status == JOURNAL_OK)
        snprintf(problem, JOURNAL_PROBLEM_MAX, "the journal ends at %llu, the snapshot is of %llu",
                 (unsigned long long)last_seq, (unsigned long long)needed);
    return status == JOURNAL_OK ? JOURNAL_ROT : status;
}

static int reader_refused_again(const struct reader_pass *pass)
{
    char text[CLI_REFUSAL_MAX];
    const struct reader *reader = pass->reader;
    cli_refusal(text, reader->engine, pass->bad_result);
    if (pass->bad_result.code == RESULT_POOL_FULL) /* it had room for it once */
        cli_error(reader->directory, "foreign: eleven.conf: a limit is below what is in use: %s", text);
    else
        cli_error(reader->directory, "rot: command %llu of the journal is refused when it is decided again: %s",
                  (unsigned long long)pass->bad_seq, text);
    return CLI_FOLDER;
}

int reader_replay(struct reader *reader, const struct reader_visitor *visitor)
{
    static const struct reader_visitor none;
    struct reader_pass pass = {.reader = reader, .visitor = visitor != NULL ? visitor : &none};
    char problem[JOURNAL_PROBLEM_MAX] = "";
    if (reader->engine == NULL)
        return CLI_FOLDER;
    enum journal_status status = reader_read(&pass, MAX(reader->newest_seq, reader->snapshot_seq), problem);
    cli_progress_end();
    if (pass.bad_seq != 0)
        return reader_refused_again(&pass);
    if (status != JOURNAL_OK && status != JOURNAL_STOPPED)
        return cli_folder_error(reader->directory, status, problem);
    return CLI_DONE;
}

int reader_open_now(struct reader *reader, const char *directory)
{
    int code = reader_open(reader, directory);
    if (code != CLI_DONE)
        return code;
    reader_load_snapshot(reader);
    code = reader_replay(reader, NULL);
    if (code != CLI_DONE)
        reader_close(reader);
    return code;
}
