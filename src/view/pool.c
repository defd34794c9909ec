#include "view/pool.h"

#include "base/assert.h"
#include "journal/journal.h"

#include <stdio.h>
#include <string.h>

#define POOL_BUSY_MS 5000

static const char *const pool_settings =
    "PRAGMA query_only = 1; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY";

bool pool_open(struct pool *pool, const char *path, char *problem)
{
    *pool = (struct pool){0};
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->freed, NULL);
    for (u32 i = 0; i < POOL_CONNECTIONS; i++) {
        sqlite3 *db = NULL;
        int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
        if (code == SQLITE_OK)
            code = sqlite3_exec(db, pool_settings, NULL, NULL, NULL);
        if (code != SQLITE_OK) {
            snprintf(problem, JOURNAL_PROBLEM_MAX, "views.db: %s", sqlite3_errstr(code));
            sqlite3_close(db);
            pool_close(pool);
            return false;
        }
        sqlite3_busy_timeout(db, POOL_BUSY_MS);
        pool->free[pool->free_count++] = db;
    }
    return true;
}

void pool_close(struct pool *pool)
{
    for (u32 i = 0; i < pool->free_count; i++)
        sqlite3_close(pool->free[i]);
    pool->free_count = 0;
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->mutex);
}

sqlite3 *pool_take(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    while (pool->free_count == 0)
        pthread_cond_wait(&pool->freed, &pool->mutex);
    sqlite3 *db = pool->free[--pool->free_count];
    pthread_mutex_unlock(&pool->mutex);
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    return db;
}

void pool_put(struct pool *pool, sqlite3 *db)
{
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL); /* nothing was written */
    pthread_mutex_lock(&pool->mutex);
    ASSERT(pool->free_count < POOL_CONNECTIONS);
    pool->free[pool->free_count++] = db;
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->mutex);
}

void query_add(struct query *query, const char *sql)
{
    size_t size = strlen(sql);
    ASSERT(query->size + size < QUERY_SQL_MAX);
    memcpy(query->sql + query->size, sql, size + 1);
    query->size += size;
}

void query_add_number(struct query *query, const char *sql, i64 value)
{
    ASSERT(query->count < QUERY_VALUES_MAX);
    query_add(query, sql);
    query->values[query->count++] = value;
}

sqlite3_stmt *query_prepare(const struct query *query, sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, query->sql, (int)query->size + 1, &statement, NULL) != SQLITE_OK)
        return NULL;
    for (int i = 0; i < query->count; i++)
        sqlite3_bind_int64(statement, i + 1, query->values[i]);
    return statement;
}

i64 query_number(sqlite3_stmt *statement, i64 otherwise)
{
    i64 number = otherwise;
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return number;
}
