/*
 * The views: opened, followed by a thread, closed.
 */
#include "view/internal.h"

#include "base/assert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* At least, between two readings of the journal: each reads its newest file from the front. */
#define VIEW_POLL_MS 50
#define VIEW_POLL_MS_MAX 1000
#define VIEW_POLL_PART 4        /* that re-reading takes at most a fifth of the time */

/* --- the thread ------------------------------------------------------------------- */

static bool view_stopping(const struct view *view)
{
    return __atomic_load_n(&view->follow.stop, __ATOMIC_RELAXED);
}

/* Until the sale announces more than the engine has, or it is time to stop. */
static void view_wait(struct view *view, u64 have)
{
    for (;;) {
        __atomic_store_n(&view->idle, true, __ATOMIC_SEQ_CST);
        if (view_stopping(view) || __atomic_load_n(&view->announced, __ATOMIC_SEQ_CST) > have)
            break;
        sem_wait(&view->more);
    }
    __atomic_store_n(&view->idle, false, __ATOMIC_SEQ_CST);
}

/* Between two readings, in naps, so that a close need not wait. */
static void view_pause(struct view *view)
{
    const struct io *io = view->follow.io;
    i64 again_ms = (view->follow.first_ns - view->follow.read_ns) / 1000000 * VIEW_POLL_PART;
    for (i64 left = MIN(MAX(again_ms, VIEW_POLL_MS), VIEW_POLL_MS_MAX); left > 0 && !view_stopping(view);
         left -= VIEW_POLL_MS)
        io->sleep_ms(io->context, MIN(left, VIEW_POLL_MS));
}

/* The first announcement is of a journal that has all that was ever durable: less than the rows have is another
 * history. */
static bool view_ahead_of_journal(const struct view *view)
{
    u64 announced = __atomic_load_n(&view->announced, __ATOMIC_ACQUIRE);
    return announced > 0 && announced < view->follow.store.mark.seq;
}

static int view_thread(void *argument)
{
    struct view *view = argument;
    struct follow *follow = &view->follow;
    enum follow_end end = follow_start(follow);
    while (end != FOLLOW_FAILED && end != FOLLOW_STOPPED) {
        if (end == FOLLOW_OTHER) {
            end = follow_reset(follow);
            continue;
        }
        view_wait(view, engine_seq(follow->engine));
        if (view_stopping(view))
            break;
        end = view_ahead_of_journal(view) ? FOLLOW_OTHER : follow_read(follow);
        if (end == FOLLOW_GOOD || end == FOLLOW_LATER)
            view_pause(view);
    }
    if (end == FOLLOW_FAILED)
        __atomic_store_n(&view->problem, follow->problem, __ATOMIC_RELEASE);
    return 0;
}

void view_durable(struct view *view, u64 seq)
{
    u64 before = __atomic_load_n(&view->announced, __ATOMIC_RELAXED);
    while (before < seq && !__atomic_compare_exchange_n(&view->announced, &before, seq, true, __ATOMIC_SEQ_CST,
                                                        __ATOMIC_RELAXED))
        ;
    if (before < seq && __atomic_exchange_n(&view->idle, false, __ATOMIC_SEQ_CST))
        sem_post(&view->more); /* no mutex, which a thread that gives way might hold for long */
}

u64 view_seq(const struct view *view)
{
    return __atomic_load_n(&view->follow.shown, __ATOMIC_ACQUIRE);
}

const char *view_problem(const struct view *view)
{
    return __atomic_load_n(&view->problem, __ATOMIC_ACQUIRE);
}

/* --- opening and closing ------------------------------------------------------------- */

bool view_lock(const struct io *io, const char *directory, int *lock, char *problem)
{
    char path[STORE_PATH_MAX];
    *lock = store_path(path, directory, "views.lock") ? io->lock(io->context, path) : -ENAMETOOLONG;
    if (*lock >= 0)
        return true;
    snprintf(problem, JOURNAL_PROBLEM_MAX, "%s", *lock == -EWOULDBLOCK ? "busy: another process has the views open"
                                                                       : strerror(-*lock));
    return false;
}

static bool view_open_steps(struct view *view, const struct view_options *options, char *problem)
{
    char path[STORE_PATH_MAX];
    const struct io *io = view->io;
    if (!config_folder_good(view->directory) || !store_path(path, view->directory, "views.db")) {
        snprintf(problem, JOURNAL_PROBLEM_MAX, "the folder's name is too long");
        return false;
    }
    if (!view_lock(io, view->directory, &view->lock, problem))
        return false;
    if (!follow_open(&view->follow, view->directory, io, path, false)) {
        snprintf(problem, JOURNAL_PROBLEM_MAX, "%.*s", JOURNAL_PROBLEM_MAX - 1, view->follow.problem);
        return false;
    }
    view->follow.event = options->event;
    view->follow.event_argument = options->event_argument;
    view->follow.event_after = options->event_after;
    if (pool_open(&view->pool, path, problem)) {
        int error = io->start_thread(io->context, view_thread, view, &view->thread);
        if (error == 0)
            return true;
        snprintf(problem, JOURNAL_PROBLEM_MAX, "cannot start the views' thread: %s", strerror(-error));
        pool_close(&view->pool);
    }
    follow_close(&view->follow);
    return false;
}

static void view_free(struct view *view)
{
    if (view->lock >= 0)
        view->io->close(view->io->context, view->lock);
    if (view->io == &view->own_io)
        io_linux_close(&view->own_io);
    sem_destroy(&view->more);
    free(view);
}

bool view_open(struct view **view_out, const struct view_options *options, char *problem)
{
    *view_out = NULL;
    struct view *view = calloc(1, sizeof(*view));
    int error = view == NULL ? -ENOMEM : 0;
    if (error == 0 && options->io == NULL)
        error = io_linux_open(&view->own_io, IO_APPENDER_THREAD); /* nothing is appended */
    if (error < 0) {
        snprintf(problem, JOURNAL_PROBLEM_MAX, "%s", strerror(-error));
        free(view);
        return false;
    }
    view->lock = -1;
    view->io = options->io != NULL ? options->io : &view->own_io;
    snprintf(view->directory, sizeof(view->directory), "%s", options->directory);
    sem_init(&view->more, 0, 0);
    if (!view_open_steps(view, options, problem)) {
        view_free(view);
        return false;
    }
    *view_out = view;
    return true;
}

void view_close(struct view *view)
{
    __atomic_store_n(&view->follow.stop, true, __ATOMIC_RELAXED);
    sem_post(&view->more);
    view->io->join_thread(view->io->context, view->thread);
    pool_close(&view->pool);
    follow_close(&view->follow); /* last: the one that writes clears the log away */
    view_free(view);
}
