#include "view/follow.h"

#include "base/assert.h"
#include "journal/segment.h"
#include "node/node.h"

#include <stdio.h>
#include <stdlib.h>

#define FOLLOW_TRIES 3              /* for a folder that changes while it is listed */
#define FOLLOW_MEMORY_MIN ((u64)64 << 20) /* left on the machine; below, the sale needs it more */

static enum follow_end follow_fail(struct follow *follow, const char *word, const char *what)
{
    snprintf(follow->problem, sizeof(follow->problem), "%s: %s", word, what);
    return FOLLOW_FAILED;
}

static enum follow_end follow_store_failed(struct follow *follow)
{
    snprintf(follow->problem, sizeof(follow->problem), "%s", follow->store.problem);
    store_rollback(&follow->store);
    return FOLLOW_FAILED;
}

/* --- opening ------------------------------------------------------------------------ */

/* Who the journal is. */
static bool follow_instance(struct follow *follow, u8 *instance)
{
    char problem[JOURNAL_PROBLEM_MAX] = "";
    struct segment_list list;
    enum journal_status status = JOURNAL_NOT_FOUND;
    for (int i = 0; i < FOLLOW_TRIES && status != JOURNAL_OK; i++)
        status = segment_list_load(&list, follow->io, follow->directory, problem);
    if (status != JOURNAL_OK) {
        follow_fail(follow, journal_status_word(status), problem);
        return false;
    }
    memcpy(instance, list.instance, STORE_INSTANCE_BYTES);
    segment_list_free(&list, follow->io);
    return true;
}

bool follow_open(struct follow *follow, const char *directory, const struct io *io, const char *path, bool fresh)
{
    *follow = (struct follow){.io = io, .directory = directory};
    _Static_assert(INSTANCE_BYTES == STORE_INSTANCE_BYTES, "the journal's instance is kept whole");
    char problem[JOURNAL_PROBLEM_MAX] = "";
    u8 instance[STORE_INSTANCE_BYTES];
    enum journal_status status = config_read(io, directory, &follow->config, problem);
    if (status != JOURNAL_OK) {
        follow_fail(follow, journal_status_word(status), problem);
        return false;
    }
    if (!follow_instance(follow, instance))
        return false;
    bool opened = fresh ? store_open_fresh(&follow->store, io, path, instance)
                        : store_open(&follow->store, io, path, instance);
    if (!opened) {
        snprintf(follow->problem, sizeof(follow->problem), "%s", follow->store.problem);
        return false;
    }
    follow->shown = follow->store.mark.seq;
    if (row_open(&follow->rows, &follow->store))
        return true;
    follow_fail(follow, "views", "there is not enough memory");
    store_close(&follow->store);
    return false;
}

static void follow_engine_drop(struct follow *follow)
{
    if (follow->memory != NULL)
        follow->io->release(follow->io->context, follow->memory, follow->memory_size);
    follow->memory = NULL;
    follow->engine = NULL;
}

bool follow_close(struct follow *follow)
{
    follow_engine_drop(follow);
    row_close(&follow->rows);
    return store_close(&follow->store);
}

/* --- the engine ------------------------------------------------------------------------ */

static bool follow_engine_empty(struct follow *follow)
{
    follow_engine_drop(follow);
    follow->memory_size = engine_memory_size(&follow->config.limits);
    follow->memory = follow->io->reserve(follow->io->context, follow->memory_size);
    if (follow->memory == NULL) {
        follow_fail(follow, "views", "there is no address space for a second engine");
        return false;
    }
    follow->engine = engine_create(follow->memory, &follow->config.limits);
    return true;
}

/* The machine has room for this state beside that of the sale. */
static bool follow_fits(struct follow *follow, const struct snapshot_head *head)
{
    u64 bytes = FOLLOW_MEMORY_MIN;
    for (u32 i = 0; head != NULL && i < head->section_count; i++)
        bytes += head->sections[i].size;
    if (bytes <= follow->io->memory_available(follow->io->context))
        return true;
    follow_fail(follow, "views", "there is no memory for a second state beside the sale");
    return false;
}

/* Rows of exactly the engine's place must have been made by the same history. */
static bool follow_same(const struct follow *follow)
{
    const struct store_mark *mark = &follow->store.mark;
    return engine_seq(follow->engine) != mark->seq || mark->seq == 0 || engine_chain(follow->engine) == mark->chain;
}

/* The newest good snapshot through a number; one that is damaged, or removed while it is read, gives way to the one
 * before. */
static bool follow_load(struct follow *follow, u64 through)
{
    struct snapshot_head head;
    char problem[JOURNAL_PROBLEM_MAX];
    for (;;) {
        enum journal_status status = snapshot_find(follow->io, follow->directory, through, &head);
        if (status == JOURNAL_NOT_FOUND || through == 0)
            return true;
        if (status == JOURNAL_OK && !follow_fits(follow, &head))
            return false;
        if (status == JOURNAL_OK)
            status = snapshot_restore(follow->io, follow->directory, through, follow->engine, &head, problem);
        if (status == JOURNAL_OK)
            return true;
        if (!follow_engine_empty(follow))
            return false;
        if (head.seq == 0 || head.seq > through)
            return true;
        through = head.seq - 1;
    }
}

enum follow_end follow_start(struct follow *follow)
{
    u64 through = follow->store.mark.seq;
    if (follow->event != NULL)
        through = MIN(through, follow->event_after);
    if (!follow_engine_empty(follow) || !follow_load(follow, through))
        return FOLLOW_FAILED;
    return follow_same(follow) ? FOLLOW_GOOD : FOLLOW_OTHER;
}

enum follow_end follow_reset(struct follow *follow)
{
    ASSERT(!follow->store.begun); /* so nothing is gathered either */
    if (!store_reset(&follow->store))
        return follow_store_failed(follow);
    __atomic_store_n(&follow->shown, 0, __ATOMIC_RELEASE);
    follow->foreign = false;
    return follow_engine_empty(follow) ? FOLLOW_GOOD : FOLLOW_FAILED;
}

/* --- commands ---------------------------------------------------------------------------- */

static void follow_before(void *argument, const struct engine *engine, const struct command_header *command)
{
    struct follow *follow = argument;
    u64 seq = engine_seq(engine) + 1;
    if (seq > follow->store.mark.seq || (follow->event != NULL && seq > follow->event_after))
        row_before(&follow->before, engine, command);
}

static void follow_tell(struct follow *follow, const struct engine *engine, const struct command_header *command,
                        struct result result)
{
    u64 seq = engine_seq(engine);
    follow->event_after = seq;
    if (command->kind != COMMAND_CLOCK_TICK) {
        follow->event(follow->event_argument, engine, seq, engine_now(engine), command, result,
                      row_order(command, result));
        return;
    }
    for (u32 i = 0; i < follow->before.due_count; i++)
        follow->event(follow->event_argument, engine, seq, engine_now(engine), command, result, follow->before.due[i]);
}

static bool follow_after(void *argument, const struct engine *engine, const struct command_header *command,
                         struct result result)
{
    struct follow *follow = argument;
    u64 seq = engine_seq(engine);
    if (!follow_same(follow)) {
        follow->foreign = true;
        return false;
    }
    if (seq > follow->store.mark.seq) {
        if (!follow->store.begun) {
            follow->commands = 0;
            follow->begun_ns = follow->io->monotonic_ns(follow->io->context);
            if (!store_begin(&follow->store))
                return false;
        }
        row_after(&follow->rows, &follow->before, engine, command, result);
        follow->commands++;
    }
    if (follow->event != NULL && seq > follow->event_after)
        follow_tell(follow, engine, command, result);
    return !follow->store.failed;
}

/* --- batches -------------------------------------------------------------------------------- */

static bool follow_commit(struct follow *follow)
{
    if (!follow->store.begun)
        return true;
    row_flush(&follow->rows, follow->engine);
    struct store_mark mark = {engine_seq(follow->engine), engine_chain(follow->engine)};
    if (follow->store.failed || !store_commit(&follow->store, mark))
        return false;
    __atomic_store_n(&follow->shown, mark.seq, __ATOMIC_RELEASE);
    if (follow->progress != NULL)
        follow->progress(mark.seq, MAX(mark.seq, follow->progress_of));
    return true;
}

static bool follow_visit(void *argument, const struct journal_batch *batch)
{
    struct follow *follow = argument;
    const struct io *io = follow->io;
    if (__atomic_load_n(&follow->stop, __ATOMIC_RELAXED))
        return false;
    if (follow->first_ns == 0)
        follow->first_ns = io->monotonic_ns(io->context);
    if (!replay_visit(&follow->replay, batch))
        return false;
    if (!follow->store.begun)
        return true;
    bool due = follow->commands >= FOLLOW_COMMANDS_MAX ||
               io->monotonic_ns(io->context) - follow->begun_ns >= FOLLOW_TRANSACTION_NS;
    return !due || follow_commit(follow);
}

enum follow_end follow_read(struct follow *follow)
{
    const struct io *io = follow->io;
    char problem[JOURNAL_PROBLEM_MAX] = "";
    struct journal_options options = config_journal(&follow->config, follow->directory);
    follow->read_ns = io->monotonic_ns(io->context);
    follow->first_ns = 0;
    if (!follow_fits(follow, NULL))
        return FOLLOW_FAILED;
    follow->replay = (struct replay){
        .engine = follow->engine, .before = follow_before, .after = follow_after, .argument = follow};
    enum journal_status status =
        journal_read(io, &options, engine_seq(follow->engine), follow_visit, follow, problem);
    if (follow->first_ns == 0)
        follow->first_ns = io->monotonic_ns(io->context);
    if (follow->foreign)
        return FOLLOW_OTHER;
    if (follow->replay.diverged) {
        store_rollback(&follow->store);
        return follow_fail(follow, "foreign", follow->replay.problem);
    }
    if (follow->store.failed || !follow_commit(follow)) /* all batches so far were proven */
        return follow_store_failed(follow);
    if (status == JOURNAL_STOPPED)
        return FOLLOW_STOPPED;
    if (status == JOURNAL_BUSY)
        return FOLLOW_LATER;
    return status == JOURNAL_OK ? FOLLOW_GOOD : follow_fail(follow, journal_status_word(status), problem);
}
