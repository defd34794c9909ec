/*
 * thread.c: helper threads: zeroing segments, touching memory and reading ahead,
 * writing snapshots. Helpers may start helpers. They give way to the thread that sells and to the kernel's workers
 * that finish its writes.
 */
#include "base/assert.h"
#include "io/linux.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static void *thread_main(void *argument)
{
    struct linux_thread *thread = argument;

    setpriority(PRIO_PROCESS, (id_t)gettid(), LINUX_HELPER_NICE); /* a refusal only costs speed */
    thread->result = thread->work(thread->argument);
    return NULL;
}

int thread_start(void *context, int (*work)(void *argument), void *argument, void **thread)
{
    struct linux_io *linux_io = context;
    struct linux_thread *free_thread = NULL;
    sigset_t all, before;

    ASSERT(work != NULL && thread != NULL);
    for (int i = 0; i < LINUX_THREADS_MAX && free_thread == NULL; i++)
        if (!atomic_exchange(&linux_io->threads[i].used, true)) /* helpers start helpers */
            free_thread = &linux_io->threads[i];
    if (free_thread == NULL)
        return -EAGAIN;

    free_thread->work = work;
    free_thread->argument = argument;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int result = pthread_create(&free_thread->handle, NULL, thread_main, free_thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result != 0) {
        atomic_store(&free_thread->used, false);
        return -result;
    }
    *thread = free_thread;
    return 0;
}

int thread_join(void *context, void *thread)
{
    struct linux_io *linux_io = context;
    struct linux_thread *ended = thread;

    ASSERT(ended >= linux_io->threads && ended < linux_io->threads + LINUX_THREADS_MAX);
    ASSERT(atomic_load(&ended->used));
    int result = pthread_join(ended->handle, NULL);
    result = result != 0 ? -result : ended->result;
    atomic_store(&ended->used, false);
    return result;
}
