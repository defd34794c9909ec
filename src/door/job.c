#include "door/job.h"

#include "base/assert.h"
#include "door/server.h"

#include <stdlib.h>

struct jobs {
    struct server *server;
    u32 running;
};

struct job {
    uv_work_t work;
    struct server *server;
    struct conn *conn;
    job_run *run;
    job_done *done;
    void *argument;
};

struct jobs *jobs_open(struct server *server)
{
    struct jobs *jobs = calloc(1, sizeof(*jobs));
    ASSERT(jobs != NULL);
    jobs->server = server;
    return jobs;
}

/* Those under way end first: the loop is run until they have. */
void jobs_close(struct jobs *jobs)
{
    while (jobs->running > 0)
        uv_run(&jobs->server->loop, UV_RUN_ONCE);
    free(jobs);
}

u32 jobs_running(const struct server *server)
{
    return server->jobs->running;
}

static void job_work(uv_work_t *work)
{
    struct job *job = work->data;
    job->run(job->argument);
}

static void job_ended(uv_work_t *work, int status)
{
    struct job *job = work->data;
    struct conn *conn = job->conn;
    ASSERT(status == 0); /* never cancelled */
    job->server->jobs->running--;
    job->done(job->server, conn != NULL && !conn->closing ? conn : NULL, job->argument);
    if (conn != NULL) {
        conn->uses--;
        conn_unuse(conn);
    }
    free(job);
}

bool job_start(struct server *server, struct conn *conn, job_run *run, job_done *done, void *argument)
{
    if (server->jobs->running >= JOBS_MAX)
        return false;
    struct job *job = malloc(sizeof(*job));
    ASSERT(job != NULL);
    *job = (struct job){.server = server, .conn = conn, .run = run, .done = done, .argument = argument};
    job->work.data = job;
    server->jobs->running++;
    if (conn != NULL)
        conn->uses++;
    int status = uv_queue_work(&server->loop, &job->work, job_work, job_ended);
    ASSERT(status == 0);
    return true;
}
