/*
 * The pool: connections that read views.db, for questions from several threads. One is taken for a question, with a
 * transaction in it, so that all of a question sees one state; who finds none free waits.
 */
#ifndef ELEVEN_VIEW_POOL_H
#define ELEVEN_VIEW_POOL_H

#include "base/types.h"

#include <pthread.h>
#include <sqlite3.h>

#define POOL_CONNECTIONS 4

struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    sqlite3 *free[POOL_CONNECTIONS];
    u32 free_count;
};

/* The database at `path` exists. False with `problem` (JOURNAL_PROBLEM_MAX bytes): then there is nothing to close. */
bool pool_open(struct pool *pool, const char *path, char *problem);
void pool_close(struct pool *pool); /* all have been put back */

sqlite3 *pool_take(struct pool *pool);
void pool_put(struct pool *pool, sqlite3 *db);

/* A question: SQL put together with its numbers. */
#define QUERY_SQL_MAX 4096
#define QUERY_VALUES_MAX 64
struct query {
    char sql[QUERY_SQL_MAX];
    size_t size;
    i64 values[QUERY_VALUES_MAX];
    int count;
};

/* Appends SQL, and SQL with one number for its one "?". */
void query_add(struct query *query, const char *sql);
void query_add_number(struct query *query, const char *sql, i64 value);

/* Ready to step, from parameter 1 on; NULL: it cannot be read. The caller finalizes it. */
sqlite3_stmt *query_prepare(const struct query *query, sqlite3 *db);

/* The first number of its first row; `otherwise` when there is none, or it is NULL. */
i64 query_number(sqlite3_stmt *statement, i64 otherwise);

#endif
