/*
 * A rebuild: views.db made anew from the journal's first command, beside the old one, which it replaces when it is
 * whole.
 */
#include "journal/segment.h"
#include "view/internal.h"

#include <stdio.h>
#include <stdlib.h>

#define REBUILD_NAME "views.tmp" /* a writer of the journal clears *.tmp away */
#define REBUILD_TRIES 50
#define REBUILD_WAIT_MS 50

static bool rebuild_last_seq(void *argument, const struct journal_batch *batch)
{
    *(u64 *)argument = batch->seq_first + batch->count - 1;
    return true;
}

/* About where the journal ends: its newest file is read for it. 0: it cannot be read. */
static u64 rebuild_end(const struct io *io, const struct journal_options *options)
{
    u64 last = 0, first = 1;
    struct segment_list list;
    char problem[JOURNAL_PROBLEM_MAX];
    if (segment_list_load(&list, io, options->directory, problem) != JOURNAL_OK)
        return 0;
    for (u32 i = 0; i < list.count; i++)
        if (segment_live(&list.entries[i]))
            first = list.entries[i].first_seq;
    segment_list_free(&list, io);
    last = first - 1;
    (void)journal_read(io, options, first - 1, rebuild_last_seq, &last, problem); /* what is wrong, the follower tells */
    return last;
}

static enum follow_end rebuild_follow(struct follow *follow)
{
    const struct io *io = follow->io;
    struct journal_options options = config_journal(&follow->config, follow->directory);
    follow->progress_of = rebuild_end(io, &options);
    enum follow_end end = follow_start(follow); /* with no rows: an empty engine */
    for (int i = 0; i < REBUILD_TRIES && (end == FOLLOW_GOOD || end == FOLLOW_LATER); i++) {
        end = follow_read(follow);
        if (end != FOLLOW_LATER)
            return end;
        io->sleep_ms(io->context, REBUILD_WAIT_MS);
    }
    if (end == FOLLOW_LATER)
        snprintf(follow->problem, sizeof(follow->problem), "busy: the journal is in other hands");
    return end;
}

/* The new file takes the old one's place, durably. What SQLite kept beside the old one goes first: it would be taken
 * for the new one's. */
static int rebuild_replace(const struct io *io, const char *directory, const char *fresh, const char *path)
{
    int file = io->open(io->context, fresh, IO_WRITE);
    int error = file < 0 ? file : io->sync(io->context, file);
    if (file >= 0)
        io->close(io->context, file);
    if (error >= 0)
        error = store_remove(io, path);
    if (error >= 0)
        error = io->rename(io->context, fresh, path);
    if (error >= 0)
        error = io->sync_directory(io->context, directory);
    return error;
}

static bool rebuild_run(struct follow *follow, const struct io *io, const char *directory,
                        void (*progress)(u64 seq, u64 of), char *problem)
{
    char fresh[STORE_PATH_MAX], path[STORE_PATH_MAX];
    bool good = config_folder_good(directory) && store_path(fresh, directory, REBUILD_NAME) &&
                store_path(path, directory, "views.db");
    if (!good) {
        snprintf(problem, JOURNAL_PROBLEM_MAX, "the folder's name is too long");
        return false;
    }
    good = follow_open(follow, directory, io, fresh, true);
    if (good) {
        follow->progress = progress;
        good = rebuild_follow(follow) == FOLLOW_GOOD;
        if (!follow_close(follow) && good) {
            good = false;
            snprintf(follow->problem, sizeof(follow->problem), "io-failed: " REBUILD_NAME " cannot be closed");
        }
    }
    int error = good ? rebuild_replace(io, directory, fresh, path) : 0;
    if (error < 0)
        snprintf(follow->problem, sizeof(follow->problem), "io-failed: views.db: %s", strerror(-error));
    if (good && error >= 0)
        return true;
    store_remove(io, fresh);
    snprintf(problem, JOURNAL_PROBLEM_MAX, "%.*s", JOURNAL_PROBLEM_MAX - 1, follow->problem);
    return false;
}

bool view_rebuild(const char *directory, void (*progress)(u64 seq, u64 of), char *problem)
{
    struct io io;
    int lock = -1;
    bool good = false;
    struct follow *follow = calloc(1, sizeof(*follow));
    int error = follow == NULL ? -1 : io_linux_open(&io, IO_APPENDER_THREAD);
    if (error < 0) {
        snprintf(problem, JOURNAL_PROBLEM_MAX, "%s", follow == NULL ? "out of memory" : strerror(-error));
        free(follow);
        return false;
    }
    if (view_lock(&io, directory, &lock, problem))
        good = rebuild_run(follow, &io, directory, progress, problem);
    if (lock >= 0)
        io.close(io.context, lock);
    io_linux_close(&io);
    free(follow);
    return good;
}
