/*
 * append_thread.c: durable appends where io_uring is forbidden: one thread
 * takes appends from a bounded queue, and does pwrite and fdatasync. The owner
 * goes on filling its next batch meanwhile. A failed fdatasync is the result of
 * the append it belongs to; what the owner does after it is final (journal).
 */
#include "base/assert.h"
#include "io/linux.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct append_task {
    int file;
    const void *bytes;
    size_t size;
    u64 offset;
    u64 ticket;
    i64 result;
};

/* A ring: [first, synced) are done, [synced, last) wait; numbers only grow. */
struct append_thread {
    pthread_t handle;
    pthread_mutex_t mutex;
    pthread_cond_t asked; /* there is a task, or stop */
    pthread_cond_t ended; /* a task is done */
    u64 first, synced, last;
    bool stop;
    int event;              /* an eventfd: not 0 while something may be reaped */
    struct append_task tasks[IO_APPENDS_MAX];
};

static i64 append_thread_write(const struct append_task *task)
{
    ssize_t written;
    int result;

    do {
        written = pwrite(task->file, task->bytes, task->size, (off_t)task->offset);
    } while (written < 0 && errno == EINTR);
    if (written < 0)
        return -errno;
    do {
        result = fdatasync(task->file);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : written;
}

static void *append_thread_main(void *argument)
{
    struct append_thread *thread = argument;

    pthread_mutex_lock(&thread->mutex);
    for (;;) {
        while (thread->synced == thread->last && !thread->stop)
            pthread_cond_wait(&thread->asked, &thread->mutex);
        if (thread->synced == thread->last)
            break;
        struct append_task *task = &thread->tasks[thread->synced % IO_APPENDS_MAX];
        pthread_mutex_unlock(&thread->mutex);
        task->result = append_thread_write(task);
        pthread_mutex_lock(&thread->mutex);
        thread->synced++;
        pthread_cond_signal(&thread->ended);
        eventfd_write(thread->event, 1);
    }
    pthread_mutex_unlock(&thread->mutex);
    return NULL;
}

static int append_thread_append(void *state, int file, const void *bytes, size_t size, u64 offset, u64 ticket)
{
    struct append_thread *thread = state;
    int result = 0;

    ASSERT(file >= 0 && size > 0);
    pthread_mutex_lock(&thread->mutex);
    ASSERT(thread->first <= thread->synced && thread->synced <= thread->last);
    if (thread->last - thread->first == IO_APPENDS_MAX) {
        result = -EAGAIN;
    } else {
        thread->tasks[thread->last % IO_APPENDS_MAX] =
            (struct append_task){.file = file, .bytes = bytes, .size = size, .offset = offset, .ticket = ticket};
        thread->last++;
        pthread_cond_signal(&thread->asked);
    }
    pthread_mutex_unlock(&thread->mutex);
    return result;
}

static int append_thread_reap(void *state, struct io_done *done, int max, bool wait)
{
    struct append_thread *thread = state;
    int count = 0;

    pthread_mutex_lock(&thread->mutex);
    while (wait && thread->first == thread->synced && thread->synced < thread->last)
        pthread_cond_wait(&thread->ended, &thread->mutex);
    while (count < max && thread->first < thread->synced) {
        const struct append_task *task = &thread->tasks[thread->first % IO_APPENDS_MAX];
        done[count++] = (struct io_done){.ticket = task->ticket, .result = task->result};
        thread->first++;
    }
    if (count > 0 && thread->first == thread->synced) {
        eventfd_t ignored;
        eventfd_read(thread->event, &ignored);
    }
    pthread_mutex_unlock(&thread->mutex);
    return count;
}

static void append_thread_close(void *state)
{
    struct append_thread *thread = state;

    pthread_mutex_lock(&thread->mutex);
    thread->stop = true;
    pthread_cond_signal(&thread->asked);
    pthread_mutex_unlock(&thread->mutex);
    pthread_join(thread->handle, NULL);
    pthread_cond_destroy(&thread->ended);
    pthread_cond_destroy(&thread->asked);
    pthread_mutex_destroy(&thread->mutex);
    close(thread->event);
    free(thread);
}

int append_thread_open(struct linux_appender *appender)
{
    struct append_thread *thread = calloc(1, sizeof(*thread));
    sigset_t all, before;

    if (thread == NULL)
        return -ENOMEM;
    thread->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (thread->event < 0) {
        free(thread);
        return -errno;
    }
    pthread_mutex_init(&thread->mutex, NULL);
    pthread_cond_init(&thread->asked, NULL);
    pthread_cond_init(&thread->ended, NULL);

    /* Signals are for the owner's thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int result = pthread_create(&thread->handle, NULL, append_thread_main, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result != 0)
        goto failed;

    *appender = (struct linux_appender){
        .name = "thread",
        .state = thread,
        .append = append_thread_append,
        .reap = append_thread_reap,
        .close = append_thread_close,
        .event = thread->event,
    };
    return 0;

failed:
    pthread_cond_destroy(&thread->ended);
    pthread_cond_destroy(&thread->asked);
    pthread_mutex_destroy(&thread->mutex);
    close(thread->event);
    free(thread);
    return -result;
}
