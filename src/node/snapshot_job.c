#include "node/node.h"

#include "base/assert.h"

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

/* Gives each section of the file its place in the engine, in the engine's order. */
static bool sections_match(struct snapshot_head *head, const struct engine_region *regions, size_t count, u64 *sizes)
{
    if (head->section_count != count)
        return false;
    for (u32 i = 0; i < count; i++) {
        struct snapshot_section *section = &head->sections[i];
        if (section->id != regions[i].id || section->element_size != regions[i].element_size)
            return false;
        section->bytes = regions[i].bytes;
        section->size_max = regions[i].size_max;
        sizes[i] = section->size;
    }
    return true;
}

enum journal_status snapshot_restore(const struct io *io, const char *directory, struct engine *engine,
                                     struct snapshot_head *head, char *problem)
{
    struct engine_region regions[ENGINE_REGIONS_MAX];
    u64 sizes[ENGINE_REGIONS_MAX];
    enum journal_status status = snapshot_find(io, directory, UINT64_MAX, head);
    if (status != JOURNAL_OK) {
        snprintf(problem, JOURNAL_PROBLEM_MAX, "the newest snapshot cannot be read");
        return status;
    }
    size_t count = engine_regions(engine, regions);
    if (!sections_match(head, regions, count, sizes)) {
        snprintf(problem, JOURNAL_PROBLEM_MAX, "the snapshot was written by another version");
        return JOURNAL_FOREIGN;
    }
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

/* Runs in the copy of the process. */
static int write_in_copy(void *argument)
{
    struct snapshot_job *job = argument;
    return snapshot_write(job->io, job->directory, &job->head, NULL, job->bytes_per_second, job->buffer);
}

bool snapshot_job_start(struct snapshot_job *job, const struct io *io, const char *directory, struct engine *engine,
                        const u8 *instance, u64 bytes_per_second)
{
    ASSERT(job->process == 0);
    head_make(&job->head, engine, instance);
    job->io = io;
    job->directory = directory;
    job->bytes_per_second = bytes_per_second;
    job->writing_seq = job->head.seq;
    if (io->start_process(io->context, write_in_copy, job, &job->process) == 0)
        return true;
    job->process = 0;
    return false;
}

unsigned snapshot_job_poll(struct snapshot_job *job, const struct io *io, bool wait)
{
    int result = -1;
    if (job->process == 0 || io->poll_process(io->context, job->process, wait, &result) == 0)
        return 0;
    job->process = 0;
    if (result != JOURNAL_OK)
        return 0;
    job->seq = job->writing_seq;
    return 1;
}

enum journal_status snapshot_job_run(struct snapshot_job *job, const struct io *io, const char *directory,
                                     struct engine *engine, const u8 *instance)
{
    head_make(&job->head, engine, instance);
    enum journal_status status = snapshot_write(io, directory, &job->head, NULL, 0, job->buffer);
    if (status == JOURNAL_OK)
        job->seq = job->head.seq;
    return status;
}
