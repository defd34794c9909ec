/*
 * Jobs: work that may take long (passwords, SQL, files), on libuv's pool, for
 * a connection that waits. At most JOBS_MAX are under way; more are refused.
 */
#ifndef ELEVEN_DOOR_JOB_H
#define ELEVEN_DOOR_JOB_H

#include "base/types.h"

struct server;
struct conn;
struct jobs;

#define JOBS_MAX 256

/* `run` on the pool: touches only its own argument and what says it may be called from any thread. `done` on the
 * loop; `conn` is NULL when it has gone meanwhile. It frees the argument. */
typedef void job_run(void *argument);
typedef void job_done(struct server *server, struct conn *conn, void *argument);

struct jobs *jobs_open(struct server *server);
void jobs_close(struct jobs *jobs);

/* False, and nothing was done, when too many are under way. `conn` may be NULL. */
bool job_start(struct server *server, struct conn *conn, job_run *run, job_done *done, void *argument);

u32 jobs_running(const struct server *server);

#endif
