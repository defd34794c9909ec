/*
 * process.c: helper threads (zeroing segments ahead) and helper processes
 * (writing a snapshot of memory that goes on changing in the parent).
 *
 * A helper process dies with the thread that forked it (PR_SET_PDEATHSIG), and
 * gives up the folder locks at once: flock belongs to the open file, which fork
 * shares, so a child that kept it would keep a dead parent's lock alive.
 */
#include "base/assert.h"
#include "io/linux.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void *process_thread_main(void *argument)
{
    struct linux_thread *thread = argument;

    thread->result = thread->work(thread->argument);
    return NULL;
}

int process_start_thread(void *context, int (*work)(void *argument), void *argument, void **thread)
{
    struct linux_io *linux_io = context;
    struct linux_thread *free_thread = NULL;
    sigset_t all, before;

    ASSERT(work != NULL && thread != NULL);
    for (int i = 0; i < LINUX_THREADS_MAX && free_thread == NULL; i++)
        if (!linux_io->threads[i].used)
            free_thread = &linux_io->threads[i];
    if (free_thread == NULL)
        return -EAGAIN;

    free_thread->work = work;
    free_thread->argument = argument;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int result = pthread_create(&free_thread->handle, NULL, process_thread_main, free_thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result != 0)
        return -result;
    free_thread->used = true;
    *thread = free_thread;
    return 0;
}

int process_join_thread(void *context, void *thread)
{
    struct linux_io *linux_io = context;
    struct linux_thread *ended = thread;

    ASSERT(ended >= linux_io->threads && ended < linux_io->threads + LINUX_THREADS_MAX);
    ASSERT(ended->used);
    int result = pthread_join(ended->handle, NULL);
    ended->used = false;
    return result != 0 ? -result : ended->result;
}

/* In the child. Its result travels as the exit status: 0 or the errno. */
static _Noreturn void process_child(struct linux_io *linux_io, pid_t parent, int (*work)(void *argument),
                                    void *argument)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before the line above */
        _exit(EOWNERDEAD);
    for (int i = 0; i < LINUX_LOCKS_MAX; i++)
        if (linux_io->locks[i] >= 0)
            close(linux_io->locks[i]);
    errno = 0;
    if (nice(LINUX_HELPER_NICE) == -1 && errno != 0)
        errno = 0; /* a refusal only costs speed */
    int result = work(argument);
    _exit(result >= 0 ? result & 0xff : -result & 0xff);
}

int process_start(void *context, int (*work)(void *argument), void *argument, int *process)
{
    ASSERT(work != NULL && process != NULL);
    pid_t parent = getpid();
    pid_t child = fork();

    if (child < 0)
        return -errno;
    if (child == 0)
        process_child(context, parent, work, argument);
    *process = child;
    return 0;
}

int process_poll(void *context, int process, bool wait, int *result)
{
    int status;
    pid_t ended;

    (void)context;
    ASSERT(process > 0);
    do {
        ended = waitpid(process, &status, wait ? 0 : WNOHANG);
    } while (ended < 0 && errno == EINTR);
    if (ended < 0)
        return -errno;
    if (ended == 0)
        return 0;
    *result = WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
    return 1;
}
