#include "access/access.h"

#include "access/internal.h"

#include <stdio.h>
#include <stdlib.h>

/* How long a statement waits for another process's: a session's on the sale's thread, where WAL leaves only rare
 * moments (recovery after a crash), and the others. */
#define ACCESS_READER_BUSY_MS 200
#define ACCESS_WRITER_BUSY_MS 5000

static const struct {
    const char *word, *sentence;
} access_statuses[] = {
#define STATUS(NAME, word, sentence) [ACCESS_##NAME] = {word, sentence},
#include "access/status.def"
#undef STATUS
};

const char *access_status_word(enum access_status status)
{
    return (size_t)status < ARRAY_COUNT(access_statuses) ? access_statuses[status].word : "?";
}

const char *access_status_sentence(enum access_status status)
{
    return (size_t)status < ARRAY_COUNT(access_statuses) ? access_statuses[status].sentence : "?";
}

static bool access_open_databases(struct access *access, const char *directory, char *problem)
{
    if (!access_sql_open(&access->writer, directory, ACCESS_WRITER_BUSY_MS, problem))
        return false;
    if (access_sql_open(&access->reader, directory, ACCESS_READER_BUSY_MS, problem))
        return true;
    access_sql_close(&access->writer);
    return false;
}

bool access_open(struct access **opened, const char *directory, char *problem)
{
    *opened = NULL;
    problem[0] = '\0';
    struct access *access = sodium_init() >= 0 ? calloc(1, sizeof(*access)) : NULL;
    if (access == NULL) {
        snprintf(problem, ACCESS_PROBLEM_MAX, "accounts.db: no memory or no source of random numbers");
        return false;
    }
    if (!access_open_databases(access, directory, problem)) {
        free(access);
        return false;
    }
    pthread_mutex_init(&access->reading, NULL);
    pthread_mutex_init(&access->writing, NULL);
    access_password_open(&access->hashing);
    access_throttle_open(&access->throttle);
    *opened = access;
    if (access_trail_open(access))
        return true;
    snprintf(problem, ACCESS_PROBLEM_MAX, "accounts.db: no thread for the audit trail");
    access_close(access);
    *opened = NULL;
    return false;
}

void access_close(struct access *access)
{
    if (access == NULL)
        return;
    access_trail_close(access);
    access_throttle_close(&access->throttle);
    access_password_close(&access->hashing);
    access_sql_close(&access->reader);
    access_sql_close(&access->writer);
    pthread_mutex_destroy(&access->reading);
    pthread_mutex_destroy(&access->writing);
    free(access);
}

bool access_is_new(struct access *access)
{
    if (atomic_load_explicit(&access->has_administrator, memory_order_relaxed))
        return false;
    pthread_mutex_lock(&access->reading);
    enum sql_step step = SQL_RUN(&access->reader, ACCOUNT_OF_ROLE, NUMBER(ROLE_ADMINISTRATOR));
    if (step == SQL_ROW) {
        access_sql_end(&access->reader, STATEMENT_ACCOUNT_OF_ROLE);
        atomic_store_explicit(&access->has_administrator, true, memory_order_relaxed);
    }
    pthread_mutex_unlock(&access->reading);
    return step == SQL_DONE;
}

void access_forget_account(struct access *access, u32 account)
{
    pthread_mutex_lock(&access->reading);
    access_cache_drop_account(&access->cache, account);
    pthread_mutex_unlock(&access->reading);
}
