/*
 * The outbox on disk: hooks.db.
 *
 *   shop      one row: id (16 hex digits, random), seq (position in the journal)
 *   endpoint  id never given twice; `removed` = 1 until its rows elsewhere are swept
 *   outbox    (endpoint, number): what waits, a copy for each endpoint, so that one can be behind, full or removed
 *             without the others; settled rows (number <= the endpoint's cursor) go with the next flush
 *   letter    (endpoint, number): dead letters
 *
 * synchronous=FULL though a lost commit would lose no event (the position goes back with it): secrets are shown
 * once, and NORMAL would repeat deliveries since the last checkpoint, which can be hours.
 */
#include "hook/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STORE_VERSION 1
#define STORE_APPLICATION 0x656c686b        /* "elhk" */
#define STORE_PATH_MAX 4096
#define STORE_BUSY_MS 5000                  /* somebody reads it with another tool */
#define STORE_SWEEP_ROWS 1000               /* deleted at once */

static const char schema[] =
    "CREATE TABLE shop (id TEXT NOT NULL, seq INTEGER NOT NULL);"
    "CREATE TABLE endpoint (id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, made_ms INTEGER NOT NULL,"
    " removed INTEGER NOT NULL, events INTEGER, enabled INTEGER, key BLOB, old_key BLOB, old_until_ms INTEGER,"
    " cursor INTEGER, head INTEGER, attempts INTEGER, next_try_ms INTEGER, failing_since_ms INTEGER, delivered INTEGER,"
    " waiting INTEGER, dead INTEGER, lost INTEGER, again_cursor INTEGER, again_through INTEGER, last_error TEXT);"
    "CREATE TABLE outbox (endpoint INTEGER, number INTEGER, event INTEGER NOT NULL, time_ms INTEGER NOT NULL,"
    " body TEXT NOT NULL, PRIMARY KEY (endpoint, number)) WITHOUT ROWID;"
    "CREATE TABLE letter (endpoint INTEGER, number INTEGER, event INTEGER NOT NULL, time_ms INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL, error TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (endpoint, number))"
    " WITHOUT ROWID;";

static const char *const statements[] = {
#define STATEMENT(NAME, sql) sql,
#include "hook/store.def"
#undef STATEMENT
};

/* --- statements ---------------------------------------------------------------------------- */

static void store_trouble(struct hook *hook, int code)
{
    __atomic_store_n(&hook->problem, sqlite3_errstr(code), __ATOMIC_RELEASE);
}

static sqlite3_stmt *store_use(struct hook *hook, enum store_statement which)
{
    sqlite3_stmt *statement = hook->statements[which];
    ASSERT(statement != NULL && !sqlite3_stmt_busy(statement));
    return statement;
}

static void store_bind(sqlite3_stmt *statement, int index, i64 number)
{
    int code = sqlite3_bind_int64(statement, index, number);
    ASSERT(code == SQLITE_OK);
}

/* `bytes` stay until the statement is done. */
static void store_bind_text(sqlite3_stmt *statement, int index, const char *bytes, size_t size)
{
    int code = sqlite3_bind_text64(statement, index, bytes, size, SQLITE_STATIC, SQLITE_UTF8);
    ASSERT(code == SQLITE_OK || code == SQLITE_NOMEM); /* without memory the step fails: NOT NULL */
}

static void store_bind_key(sqlite3_stmt *statement, int index, const u8 *key)
{
    int code = sqlite3_bind_blob(statement, index, key, HOOK_KEY_BYTES, SQLITE_STATIC);
    ASSERT(code == SQLITE_OK);
}

static void store_reset(sqlite3_stmt *statement)
{
    sqlite3_reset(statement); /* says the step's error again */
    sqlite3_clear_bindings(statement);
}

/* Runs a statement without rows. */
static bool store_run(struct hook *hook, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    ASSERT(code != SQLITE_ROW);
    store_reset(statement);
    if (code != SQLITE_DONE)
        store_trouble(hook, sqlite3_extended_errcode(hook->database));
    return code == SQLITE_DONE;
}

/* True with a row, which the caller reads before store_reset. */
static bool store_row(struct hook *hook, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        store_trouble(hook, sqlite3_extended_errcode(hook->database));
    store_reset(statement);
    return false;
}

static bool store_begin(struct hook *hook)
{
    memcpy(hook->saved, hook->endpoints, sizeof(hook->saved));
    return store_run(hook, store_use(hook, STORE_BEGIN));
}

/* Ends the transaction: all of it when `good`, else nothing, and the endpoints are as they were. */
static bool store_end(struct hook *hook, bool good)
{
    good = good && store_run(hook, store_use(hook, STORE_COMMIT));
    if (good) {
        __atomic_store_n(&hook->problem, NULL, __ATOMIC_RELEASE);
        return true;
    }
    const char *problem = __atomic_load_n(&hook->problem, __ATOMIC_ACQUIRE);
    if (!sqlite3_get_autocommit(hook->database))
        store_run(hook, store_use(hook, STORE_ROLLBACK));
    __atomic_store_n(&hook->problem, problem, __ATOMIC_RELEASE);
    memcpy(hook->endpoints, hook->saved, sizeof(hook->saved));
    return false;
}

/* --- open ---------------------------------------------------------------------------------- */

static i64 store_pragma(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    i64 number = -1;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static bool store_make(sqlite3 *database)
{
    char sql[256];
    u64 shop;
    randombytes_buf(&shop, sizeof(shop));
    snprintf(sql, sizeof(sql),
             "INSERT INTO shop VALUES ('%016llx', 0); PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT;",
             (unsigned long long)shop, STORE_APPLICATION, STORE_VERSION);
    return sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK
           && sqlite3_exec(database, schema, NULL, NULL, NULL) == SQLITE_OK
           && sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool store_shop(struct hook *hook)
{
    sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(hook->database, "SELECT id, seq FROM shop", -1, &statement, NULL) == SQLITE_OK
                && sqlite3_step(statement) == SQLITE_ROW;
    if (good) {
        snprintf(hook->shop, sizeof(hook->shop), "%s", (const char *)sqlite3_column_text(statement, 0));
        hook->seen_seq = hook->durable_seq = (u64)sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    return good;
}

static bool store_key(sqlite3_stmt *statement, int column, u8 *key)
{
    if (sqlite3_column_bytes(statement, column) != HOOK_KEY_BYTES)
        return false;
    memcpy(key, sqlite3_column_blob(statement, column), HOOK_KEY_BYTES);
    return true;
}

/* False: a row that no version has written. */
static bool store_endpoint(sqlite3_stmt *row, struct endpoint *endpoint)
{
    const char *error = (const char *)sqlite3_column_text(row, 17);
    const char *url = (const char *)sqlite3_column_text(row, 18);
    *endpoint = (struct endpoint){
        .id = (u32)sqlite3_column_int64(row, 0),
        .events = (u32)sqlite3_column_int64(row, 1),
        .enabled = sqlite3_column_int(row, 2) != 0,
        .old_until_ms = sqlite3_column_int64(row, 5),
        .cursor = (u64)sqlite3_column_int64(row, 6),
        .head = (u64)sqlite3_column_int64(row, 7),
        .attempts = (u32)sqlite3_column_int64(row, 8),
        .next_try_ms = sqlite3_column_int64(row, 9),
        .failing_since_ms = sqlite3_column_int64(row, 10),
        .delivered = (u64)sqlite3_column_int64(row, 11),
        .waiting = (u64)sqlite3_column_int64(row, 12),
        .dead = (u64)sqlite3_column_int64(row, 13),
        .lost = (u64)sqlite3_column_int64(row, 14),
        .again_cursor = (u64)sqlite3_column_int64(row, 15),
        .again_through = (u64)sqlite3_column_int64(row, 16),
        .made_ms = sqlite3_column_int64(row, 19),
    };
    bool whole = store_key(row, 3, endpoint->key);
    if (!store_key(row, 4, endpoint->old_key))
        endpoint->old_until_ms = 0;
    snprintf(endpoint->last_error, sizeof(endpoint->last_error), "%s", error != NULL ? error : "");
    snprintf(endpoint->url, sizeof(endpoint->url), "%s", url != NULL ? url : "");
    return whole && url != NULL;
}

static bool store_load(struct hook *hook)
{
    for (size_t i = 0; i < STORE_STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(hook->database, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &hook->statements[i], NULL)
            != SQLITE_OK)
            return false;
    if (!store_shop(hook))
        return false;
    sqlite3_stmt *statement = store_use(hook, STORE_ENDPOINT_LIST);
    int code;
    bool whole = true;
    for (size_t i = 0; (code = sqlite3_step(statement)) == SQLITE_ROW && i < HOOK_ENDPOINTS_MAX; i++)
        whole = store_endpoint(statement, &hook->endpoints[i]) && whole;
    store_reset(statement);
    hook->sweeping = true;
    return code == SQLITE_DONE && whole;
}

/* Makes the file first, so that nobody else can ever read it; its -wal and -shm take over the mode. */
static bool store_file(const char *path, char *problem)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        snprintf(problem, HOOK_PROBLEM_MAX, "hooks.db: %s", strerror(errno));
        return false;
    }
    close(file);
    return true;
}

/* Why it was not opened. */
static void store_say(sqlite3 *database, int code, char *problem)
{
    if (code == SQLITE_OK)
        code = sqlite3_errcode(database);
    bool said = code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE;
    snprintf(problem, HOOK_PROBLEM_MAX, "hooks.db: %s", said ? sqlite3_errstr(code) : "a row of it is damaged");
}

bool hook_store_open(struct hook *hook, const char *directory, char *problem)
{
    char path[STORE_PATH_MAX];
    if (snprintf(path, sizeof(path), "%s/hooks.db", directory) >= (int)sizeof(path)) {
        snprintf(problem, HOOK_PROBLEM_MAX, "hooks.db: %s", strerror(ENAMETOOLONG));
        return false;
    }
    if (!store_file(path, problem))
        return false;
    int code = sqlite3_open_v2(path, &hook->database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    bool good = code == SQLITE_OK && sqlite3_busy_timeout(hook->database, STORE_BUSY_MS) == SQLITE_OK
                && sqlite3_exec(hook->database,
                                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                "PRAGMA journal_size_limit = 67108864; PRAGMA trusted_schema = OFF;",
                                NULL, NULL, NULL) == SQLITE_OK;
    i64 version = good ? store_pragma(hook->database, "PRAGMA user_version") : 0;
    i64 application = good ? store_pragma(hook->database, "PRAGMA application_id") : 0;
    bool empty = good && store_pragma(hook->database, "SELECT count(*) FROM sqlite_schema") == 0;
    if (good && empty)
        good = store_make(hook->database);
    else if (good && (version != STORE_VERSION || application != STORE_APPLICATION)) {
        snprintf(problem, HOOK_PROBLEM_MAX, "hooks.db was written by another version or another program");
        return false;
    }
    good = good && store_load(hook);
    if (!good)
        store_say(hook->database, code, problem);
    return good;
}

void hook_store_close(struct hook *hook)
{
    for (size_t i = 0; i < STORE_STATEMENT_COUNT; i++)
        sqlite3_finalize(hook->statements[i]);
    int code = sqlite3_close(hook->database);
    ASSERT(code == SQLITE_OK); /* a statement was forgotten */
}

/* --- dead letters -------------------------------------------------------------------------- */

/* Waiting events with numbers in (after, through], `count` of them, become dead letters. */
static bool store_kill(struct hook *hook, struct endpoint *endpoint, u64 after, u64 through, u32 attempts,
                       const char *error)
{
    sqlite3_stmt *insert = store_use(hook, STORE_LETTER_BETWEEN);
    store_bind(insert, 1, endpoint->id);
    store_bind(insert, 2, (i64)after);
    store_bind(insert, 3, (i64)through);
    store_bind(insert, 4, attempts);
    store_bind_text(insert, 5, error, strlen(error));
    if (!store_run(hook, insert))
        return false;
    sqlite3_stmt *delete = store_use(hook, STORE_OUTBOX_BETWEEN);
    store_bind(delete, 1, endpoint->id);
    store_bind(delete, 2, (i64)after);
    store_bind(delete, 3, (i64)through);
    if (!store_run(hook, delete))
        return false;
    u64 count = (u64)sqlite3_changes64(hook->database);
    endpoint->waiting -= MIN(count, endpoint->waiting); /* the counts are from a disk, too: never below 0 */
    endpoint->dead += count;
    if (endpoint->dead <= hook->events_max)
        return true;
    sqlite3_stmt *trim = store_use(hook, STORE_LETTER_SWEEP);
    store_bind(trim, 1, endpoint->id);
    store_bind(trim, 2, (i64)(endpoint->dead - hook->events_max));
    if (!store_run(hook, trim))
        return false;
    endpoint->lost += endpoint->dead - hook->events_max;
    endpoint->dead = hook->events_max;
    return true;
}

/* Events beyond the bound: the oldest become dead letters, but not one that is in flight or settled. */
static bool store_spill(struct hook *hook, struct endpoint *endpoint)
{
    const struct job *job = &hook->jobs[endpoint - hook->endpoints];
    u64 after = endpoint->cursor;
    if (endpoint->waiting <= hook->events_max)
        return true;
    if (job->busy && !job->letter && job->endpoint == endpoint->id)
        after = MAX(after, job->number);
    sqlite3_stmt *nth = store_use(hook, STORE_OUTBOX_NTH);
    store_bind(nth, 1, endpoint->id);
    store_bind(nth, 2, (i64)after);
    store_bind(nth, 3, (i64)(endpoint->waiting - hook->events_max - 1));
    if (!store_row(hook, nth)) /* events_max >= 1: there is one behind what is in flight */
        return false;
    u64 through = (u64)sqlite3_column_int64(nth, 0);
    store_reset(nth);
    endpoint->dirty = true;
    return store_kill(hook, endpoint, after, through, 0, "outbox full");
}

/* --- flush --------------------------------------------------------------------------------- */

static bool store_insert(struct hook *hook, struct endpoint *endpoint, const struct pending *pending)
{
    if (!endpoint->enabled || !(endpoint->events >> pending->event & 1) || pending->number <= endpoint->cursor)
        return true;
    sqlite3_stmt *insert = store_use(hook, STORE_OUTBOX_ADD);
    store_bind(insert, 1, endpoint->id);
    store_bind(insert, 2, (i64)pending->number);
    store_bind(insert, 3, pending->event);
    store_bind(insert, 4, pending->time_ms);
    store_bind_text(insert, 5, hook->arena + pending->offset, pending->size);
    if (!store_run(hook, insert))
        return false;
    if (sqlite3_changes64(hook->database) > 0) { /* else it was there before a crash in the middle of a tick */
        endpoint->waiting++;
        endpoint->dirty = true;
    }
    return true;
}

static bool store_save(struct hook *hook, struct endpoint *endpoint)
{
    const i64 numbers[] = {endpoint->old_until_ms,         (i64)endpoint->cursor,     (i64)endpoint->head,
                           endpoint->attempts,             endpoint->next_try_ms,     endpoint->failing_since_ms,
                           (i64)endpoint->delivered,       (i64)endpoint->waiting,    (i64)endpoint->dead,
                           (i64)endpoint->lost,            (i64)endpoint->again_cursor, (i64)endpoint->again_through};
    sqlite3_stmt *change = store_use(hook, STORE_ENDPOINT_CHANGE);
    store_bind(change, 1, endpoint->id);
    store_bind(change, 2, endpoint->events);
    store_bind(change, 3, endpoint->enabled);
    store_bind_key(change, 4, endpoint->key);
    if (endpoint->old_until_ms > hook->now_ms()) /* else it is of no use any more, and goes */
        store_bind_key(change, 5, endpoint->old_key);
    for (int i = 0; i < (int)ARRAY_COUNT(numbers); i++)
        store_bind(change, 6 + i, numbers[i]);
    store_bind_text(change, 18, endpoint->last_error, strlen(endpoint->last_error));
    if (!store_run(hook, change))
        return false;
    endpoint->dirty = false;
    return true;
}

static bool store_settle(struct hook *hook, struct endpoint *endpoint)
{
    if (!endpoint->dirty)
        return true;
    sqlite3_stmt *settled = store_use(hook, STORE_OUTBOX_SETTLED);
    store_bind(settled, 1, endpoint->id);
    store_bind(settled, 2, (i64)endpoint->cursor);
    return store_run(hook, settled) && store_spill(hook, endpoint) && store_save(hook, endpoint);
}

/* What a flush writes, in an open transaction. */
static bool store_write(struct hook *hook, u64 seq)
{
    for (u32 i = 0; i < hook->pending_count; i++)
        for (size_t j = 0; j < HOOK_ENDPOINTS_MAX; j++)
            if (hook->endpoints[j].id != 0 && !store_insert(hook, &hook->endpoints[j], &hook->pending[i]))
                return false;
    for (size_t j = 0; j < HOOK_ENDPOINTS_MAX; j++)
        if (hook->endpoints[j].id != 0 && !store_settle(hook, &hook->endpoints[j]))
            return false;
    sqlite3_stmt *position = store_use(hook, STORE_POSITION);
    store_bind(position, 1, (i64)seq);
    return store_run(hook, position);
}

bool hook_store_flush(struct hook *hook)
{
    /* All of these events are pending already: the follower moves seen_seq after it has added them. */
    u64 seq = __atomic_load_n(&hook->seen_seq, __ATOMIC_ACQUIRE);
    ASSERT(seq >= hook->durable_seq);
    if (!store_begin(hook))
        return false;
    if (!store_end(hook, store_write(hook, seq)))
        return false;
    hook->pending_count = 0;
    hook->arena_used = 0;
    hook->commit_ms = 0;
    hook->committed_ms = hook_monotonic_ms();
    __atomic_store_n(&hook->durable_seq, seq, __ATOMIC_RELEASE);
    return true;
}

/* --- endpoints ----------------------------------------------------------------------------- */

bool hook_store_add(struct hook *hook, struct endpoint *endpoint)
{
    if (!store_begin(hook))
        return false;
    sqlite3_stmt *add = store_use(hook, STORE_ENDPOINT_ADD);
    store_bind_text(add, 1, endpoint->url, strlen(endpoint->url));
    store_bind(add, 2, endpoint->made_ms);
    bool good = store_run(hook, add);
    if (good) {
        endpoint->id = (u32)sqlite3_last_insert_rowid(hook->database);
        good = store_save(hook, endpoint);
    }
    return store_end(hook, good);
}

bool hook_store_change(struct hook *hook, const struct endpoint *endpoint)
{
    struct endpoint changed = *endpoint;
    return store_begin(hook) && store_end(hook, store_save(hook, &changed));
}

bool hook_store_remove(struct hook *hook, u32 id)
{
    if (!store_begin(hook))
        return false;
    sqlite3_stmt *remove = store_use(hook, STORE_ENDPOINT_REMOVE);
    store_bind(remove, 1, id);
    bool good = store_end(hook, store_run(hook, remove));
    hook->sweeping = hook->sweeping || good;
    return good;
}

static bool store_sweep_table(struct hook *hook, enum store_statement which, u32 id, u64 *deleted)
{
    sqlite3_stmt *sweep = store_use(hook, which);
    store_bind(sweep, 1, id);
    store_bind(sweep, 2, STORE_SWEEP_ROWS);
    if (!store_run(hook, sweep))
        return false;
    *deleted += (u64)sqlite3_changes64(hook->database);
    return true;
}

void hook_store_sweep(struct hook *hook)
{
    sqlite3_stmt *removed = store_use(hook, STORE_ENDPOINT_REMOVED);
    u64 deleted = 0;
    if (!store_row(hook, removed)) {
        hook->sweeping = false;
        return;
    }
    u32 id = (u32)sqlite3_column_int64(removed, 0);
    store_reset(removed);
    if (!store_begin(hook))
        return;
    bool good = store_sweep_table(hook, STORE_OUTBOX_SWEEP, id, &deleted)
                && store_sweep_table(hook, STORE_LETTER_SWEEP, id, &deleted);
    if (good && deleted == 0) {
        sqlite3_stmt *swept = store_use(hook, STORE_ENDPOINT_SWEPT);
        store_bind(swept, 1, id);
        good = store_run(hook, swept);
    }
    hook->sweeping = store_end(hook, good); /* after a failure the next start goes on */
}

/* --- what is delivered --------------------------------------------------------------------- */

static bool store_take(struct hook *hook, sqlite3_stmt *row, struct job *job)
{
    size_t size = (size_t)sqlite3_column_bytes(row, 1);
    const void *body = sqlite3_column_text(row, 1);
    job->number = (u64)sqlite3_column_int64(row, 0);
    job->attempts = job->letter ? (u32)sqlite3_column_int64(row, 2) : 0;
    job->body = body != NULL ? malloc(size + 1) : NULL;
    if (job->body != NULL) {
        memcpy(job->body, body, size);
        job->body_size = size;
    } else {
        store_trouble(hook, SQLITE_NOMEM);
    }
    store_reset(row);
    return job->body != NULL;
}

bool hook_store_next(struct hook *hook, const struct endpoint *endpoint, struct job *job)
{
    if (endpoint->again_cursor < endpoint->again_through) {
        sqlite3_stmt *letter = store_use(hook, STORE_LETTER_NEXT);
        store_bind(letter, 1, endpoint->id);
        store_bind(letter, 2, (i64)endpoint->again_cursor);
        store_bind(letter, 3, (i64)endpoint->again_through);
        job->letter = true;
        if (store_row(hook, letter))
            return store_take(hook, letter, job);
    }
    job->letter = false;
    if (endpoint->waiting == 0)
        return false;
    sqlite3_stmt *next = store_use(hook, STORE_OUTBOX_NEXT);
    store_bind(next, 1, endpoint->id);
    store_bind(next, 2, (i64)endpoint->cursor);
    return store_row(hook, next) && store_take(hook, next, job);
}

bool hook_store_bury(struct hook *hook, struct endpoint *endpoint, u64 number)
{
    char error[HOOK_ERROR_MAX];
    memcpy(error, endpoint->last_error, sizeof(error));
    if (!store_begin(hook))
        return false;
    bool good = store_kill(hook, endpoint, number - 1, number, endpoint->attempts, error);
    endpoint->cursor = number;
    endpoint->attempts = 0;
    endpoint->next_try_ms = 0;
    return store_end(hook, good && store_settle(hook, endpoint));
}

bool hook_store_letter(struct hook *hook, struct endpoint *endpoint, const struct job *job, const char *error)
{
    if (!store_begin(hook))
        return false;
    sqlite3_stmt *letter = store_use(hook, error == NULL ? STORE_LETTER_DONE : STORE_LETTER_FAILED);
    store_bind(letter, 1, endpoint->id);
    store_bind(letter, 2, (i64)job->number);
    if (error != NULL) {
        store_bind(letter, 3, job->attempts + 1);
        store_bind_text(letter, 4, error, strlen(error));
    }
    bool good = store_run(hook, letter);
    if (good && error == NULL)
        endpoint->dead -= MIN((u64)sqlite3_changes64(hook->database), endpoint->dead);
    return store_end(hook, good && store_save(hook, endpoint));
}

u64 hook_store_last_letter(struct hook *hook, u32 id)
{
    sqlite3_stmt *last = store_use(hook, STORE_LETTER_LAST);
    u64 number = 0;
    store_bind(last, 1, id);
    if (store_row(hook, last)) {
        number = (u64)sqlite3_column_int64(last, 0);
        store_reset(last);
    }
    return number;
}

size_t hook_store_letters(struct hook *hook, u32 id, u64 after, struct hook_letter *letters, size_t max)
{
    sqlite3_stmt *list = store_use(hook, STORE_LETTER_LIST);
    size_t count = 0;
    store_bind(list, 1, id);
    store_bind(list, 2, (i64)MIN(after, (u64)INT64_MAX));
    store_bind(list, 3, (i64)MIN(max, (size_t)HOOK_EVENTS_MAX));
    while (count < max && store_row(hook, list)) {
        struct hook_letter *letter = &letters[count++];
        u32 event = (u32)sqlite3_column_int64(list, 3);
        *letter = (struct hook_letter){
            .number = (u64)sqlite3_column_int64(list, 0),
            .time_ms = sqlite3_column_int64(list, 1),
            .attempts = (u32)sqlite3_column_int64(list, 2),
        };
        hook_id(hook, letter->number, letter->id);
        snprintf(letter->type, sizeof(letter->type), "%s",
                 event < HOOK_EVENT_COUNT ? hook_event_word((enum hook_event)event) : "?");
        const char *error = (const char *)sqlite3_column_text(list, 4);
        snprintf(letter->error, sizeof(letter->error), "%s", error != NULL ? error : "");
    }
    store_reset(list);
    return count;
}
