#include "node/node.h"

#include "base/assert.h"
#include "base/mark.h"
#include "node/replay.h"

#include <stdio.h>

_Static_assert(ENGINE_REGIONS_MAX <= SNAPSHOT_SECTIONS_MAX, "each region is a section");

static void head_make(struct snapshot_head *head, struct engine *engine, const u8 *instance)
{
    struct engine_region regions[ENGINE_REGIONS_MAX];
    *head = (struct snapshot_head){
        .seq = engine_seq(engine),
        .state = engine_chain(engine),
        .time_ms = engine_now(engine),
        .section_count = (u32)engine_regions(engine, regions),
    };
    memcpy(head->instance, instance, sizeof(head->instance));
    for (u32 i = 0; i < head->section_count; i++)
        head->sections[i] = (struct snapshot_section){regions[i].id, regions[i].element_size, regions[i].bytes,
                                                      regions[i].size, regions[i].size_max};
}

/* Gives each section of the file its place in the engine, in the engine's order. Says what does not fit. */
static bool sections_match(struct snapshot_head *head, const struct engine_region *regions, size_t count, u64 *sizes,
                           char *problem)
{
    for (u32 i = 0; i < MIN(count, head->section_count); i++) {
        struct snapshot_section *section = &head->sections[i];
        if (section->id != regions[i].id || section->element_size != regions[i].element_size)
            break;
        if (section->size > regions[i].size_max) {
            unsigned long long rows = section->size / section->element_size - 1; /* without row 0 */
            snprintf(problem, JOURNAL_PROBLEM_MAX, "eleven.conf: %s is below what is in use (%llu)",
                     engine_region_name(i), rows);
            return false;
        }
        section->bytes = regions[i].bytes;
        section->size_max = regions[i].size_max;
        sizes[i] = section->size;
        if (i + 1 == count && count == head->section_count)
            return true;
    }
    snprintf(problem, JOURNAL_PROBLEM_MAX, "the snapshot was written by another version");
    return false;
}

enum journal_status snapshot_restore(const struct io *io, const char *directory, u64 through, struct engine *engine,
                                     struct snapshot_head *head, char *problem)
{
    struct engine_region regions[ENGINE_REGIONS_MAX];
    u64 sizes[ENGINE_REGIONS_MAX];
    enum journal_status status = snapshot_find(io, directory, through, head);
    if (status == JOURNAL_ROT)
        snprintf(problem, JOURNAL_PROBLEM_MAX,
                 "snapshot-%020llu is damaged; the journal has everything: move this file aside and start again",
                 (unsigned long long)head->seq);
    if (status != JOURNAL_OK)
        return status;
    size_t count = engine_regions(engine, regions);
    if (!sections_match(head, regions, count, sizes, problem))
        return JOURNAL_FOREIGN;
    status = snapshot_load(io, directory, head, problem);
    if (status != JOURNAL_OK)
        return status;
    const char *wrong = engine_restore(engine, sizes);
    if (wrong != NULL || engine_seq(engine) != head->seq || engine_chain(engine) != head->state) {
        snprintf(problem, JOURNAL_PROBLEM_MAX, "%s", wrong != NULL ? wrong : "the snapshot's state is not its own");
        return JOURNAL_FOREIGN;
    }
    return JOURNAL_OK;
}

static enum journal_status write_engine(struct snapshot_job *job, struct engine *engine, u64 bytes_per_second)
{
    struct snapshot_head head;
    head_make(&head, engine, job->instance);
    return snapshot_write(job->io, job->directory, &head, bytes_per_second, job->buffer);
}

struct catching_up {
    struct replay replay;
    const struct snapshot_job *job;
};

static bool catch_up_visit(void *argument, const struct journal_batch *batch)
{
    struct catching_up *catching_up = argument;
    return !__atomic_load_n(&catching_up->job->stop, __ATOMIC_RELAXED) && replay_visit(&catching_up->replay, batch);
}

/* Brings an empty engine to where the journal is durable, and writes it down. */
static enum journal_status catch_up_and_write(struct snapshot_job *job, struct engine *engine)
{
    char problem[JOURNAL_PROBLEM_MAX];
    struct snapshot_head head = {0};
    struct catching_up catching_up = {.replay.engine = engine, .job = job};
    struct journal_options options = config_journal(job->config, job->directory);
    enum journal_status status = JOURNAL_NOT_FOUND;
    if (!job->ignore_snapshots)
        status = snapshot_restore(job->io, job->directory, UINT64_MAX, engine, &head, problem);
    if (status != JOURNAL_OK && status != JOURNAL_NOT_FOUND)
        return status;
    status = journal_read(job->io, &options, engine_seq(engine), catch_up_visit, &catching_up, problem);
    if (catching_up.replay.diverged)
        return JOURNAL_FOREIGN;
    if (status != JOURNAL_OK || engine_seq(engine) == head.seq)
        return status;
    status = write_engine(job, engine, job->bytes_per_second);
    if (status == JOURNAL_OK)
        job->written_seq = engine_seq(engine);
    return status;
}

static int snapshot_thread(void *argument)
{
    struct snapshot_job *job = argument;
    const struct io *io = job->io;
    size_t size = engine_memory_size(&job->config->limits);
    void *memory = io->reserve(io->context, size);
    job->status = JOURNAL_IO_FAILED;
    if (memory != NULL) {
        struct engine *engine = engine_create(memory, &job->config->limits);
        job->status = catch_up_and_write(job, engine);
        io->release(io->context, memory, size);
    }
    __atomic_store_n(&job->done, true, __ATOMIC_RELEASE);
    return 0;
}

bool snapshot_job_start(struct snapshot_job *job, const struct engine *engine)
{
    const struct io *io = job->io;
    if (job->thread != NULL)
        return false;
    if (engine_memory_used(engine) > io->memory_available(io->context)) {
        MARK(SNAPSHOT_WITHOUT_MEMORY);
        return false;
    }
    job->done = false;
    job->written_seq = 0;
    if (io->start_thread(io->context, snapshot_thread, job, &job->thread) == 0)
        return true;
    job->thread = NULL;
    return false;
}

unsigned snapshot_job_poll(struct snapshot_job *job, bool wait)
{
    if (job->thread == NULL || (!wait && !__atomic_load_n(&job->done, __ATOMIC_ACQUIRE)))
        return 0;
    job->io->join_thread(job->io->context, job->thread);
    job->thread = NULL;
    job->last_status = job->status;
    if (job->written_seq == 0)
        return 0;
    job->seq = job->written_seq;
    MARK(SNAPSHOT_BESIDE_SALE);
    return 1;
}

enum journal_status snapshot_job_run(struct snapshot_job *job, struct engine *engine)
{
    enum journal_status status = write_engine(job, engine, 0);
    if (status == JOURNAL_OK)
        job->seq = engine_seq(engine);
    return status;
}
