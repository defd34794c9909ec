/*
 * linux.h: what the files of the Linux io share among themselves. Nobody
 * outside src/io includes it.
 *
 * An appender is the one part with two bodies: io_uring (append_uring.c) where
 * the kernel allows it, a thread with pwrite and fdatasync (append_thread.c)
 * where it does not (containers often forbid io_uring).
 */
#ifndef ELEVEN_IO_LINUX_H
#define ELEVEN_IO_LINUX_H

#include "io/io.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

/* Helper threads running at one time; 4 in practice: zeroing, touching, a snapshot, its reading ahead. */
#define LINUX_THREADS_MAX 8

/* The niceness of helper threads. */
#define LINUX_HELPER_NICE 10

struct linux_appender {
    const char *name;
    void *state;
    int (*append)(void *state, int file, const void *bytes, size_t size, u64 offset, u64 ticket);
    int (*reap)(void *state, struct io_done *done, int max, bool wait);
    void (*close)(void *state); /* waits for what is in flight */
    int event;                  /* readable when there is something to reap */
};

struct linux_thread {
    atomic_bool used;
    pthread_t handle;
    int (*work)(void *argument);
    void *argument;
    int result;
};

struct linux_io {
    struct linux_appender appender;
    struct linux_thread threads[LINUX_THREADS_MAX];
};

/* Both: 0 and *appender, or -errno (-ENOSYS or -EPERM: io_uring is not allowed here). */
int append_uring_open(struct linux_appender *appender);
int append_thread_open(struct linux_appender *appender);

/* thread.c: the helpers of struct io. */
int thread_start(void *context, int (*work)(void *argument), void *argument, void **thread);
int thread_join(void *context, void *thread);

#endif
