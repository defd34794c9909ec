/*
 * What the files of the views share: the views as a whole.
 */
#ifndef ELEVEN_VIEW_INTERNAL_H
#define ELEVEN_VIEW_INTERNAL_H

#include "view/follow.h"
#include "view/pool.h"

#include <semaphore.h>

struct view {
    char directory[STORE_PATH_MAX];
    struct io own_io;           /* when none was given */
    const struct io *io;
    int lock;                   /* of views.lock: one process, one writer */
    void *thread;
    struct follow follow;       /* the thread's, but for `shown` and `stop` */
    struct pool pool;
    u64 announced;              /* the sale's journal is durable through this (atomic) */
    bool idle;                  /* the thread waits for more (atomic) */
    const char *problem;        /* atomic; the thread's last word */
    sem_t more;                 /* posted when there is more, and at the end */
};

/* Takes DIRECTORY/views.lock. False with `problem`: it is in other hands. */
bool view_lock(const struct io *io, const char *directory, int *lock, char *problem);

#endif
