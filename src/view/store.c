#include "view/store.h"

#include "base/assert.h"

#include <errno.h>
#include <stdio.h>

#define STORE_BUSY_MS 10000     /* a reader that is in the way of a checkpoint or a new schema */
#define STORE_TRIES 2

/* The WAL may grow to 16,384 pages (64 MiB) before it is moved into the database: fewer writes of the same page. */
static const char *const store_settings =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 16384;"
    "PRAGMA journal_size_limit = 134217728; PRAGMA cache_size = -65536; PRAGMA secure_delete = 0;"
    "PRAGMA temp_store = MEMORY";
static const char *const store_settings_fresh =
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -131072; PRAGMA secure_delete = 0;"
    "PRAGMA temp_store = MEMORY";

struct store_object {
    const char *name;
    const char *kind;
    const char *body;
};
static const struct store_object store_objects[] = {
#define SCHEMA(name, kind, body) {#name, kind, body},
#include "view/schema.def"
#undef SCHEMA
};

bool store_path(char *path, const char *directory, const char *name)
{
    const char *here = directory[0] == '/' ? "" : "./"; /* "file:" at the beginning would be a URI */
    return snprintf(path, STORE_PATH_MAX, "%s%s/%s", here, directory, name) < STORE_PATH_MAX;
}

int store_remove(const struct io *io, const char *path)
{
    static const char *const behind[] = {"-wal", "-shm", "-journal", ""};
    char name[STORE_PATH_MAX + 16];
    for (size_t i = 0; i < ARRAY_COUNT(behind); i++) {
        snprintf(name, sizeof(name), "%s%s", path, behind[i]);
        int error = io->unlink(io->context, name);
        if (error < 0 && error != -ENOENT)
            return error;
    }
    return 0;
}

static bool store_fail(struct store *store)
{
    if (!store->failed)
        snprintf(store->problem, sizeof(store->problem), "views.db: %s",
                 store->db != NULL ? sqlite3_errmsg(store->db) : "out of memory");
    store->failed = true;
    return false;
}

static bool store_execute(struct store *store, const char *sql)
{
    if (store->failed)
        return false;
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK || store_fail(store);
}

/* --- opening -------------------------------------------------------------- */

static bool store_create(struct store *store)
{
    char sql[1024];
    for (size_t i = 0; i < ARRAY_COUNT(store_objects); i++) {
        const struct store_object *object = &store_objects[i];
        int size = snprintf(sql, sizeof(sql), "CREATE %s %s %s", object->kind, object->name, object->body);
        ASSERT(size < (int)sizeof(sql));
        store_execute(store, sql);
    }
    char hex[2 * STORE_INSTANCE_BYTES + 1];
    for (size_t i = 0; i < STORE_INSTANCE_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", store->instance[i]);
    snprintf(sql, sizeof(sql), "INSERT INTO meta VALUES (1, %d, x'%s', 0, 0)", STORE_SCHEMA, hex);
    return store_execute(store, sql);
}

enum store_verdict { STORE_OURS, STORE_EMPTY, STORE_OTHER, STORE_BROKEN };

/* Whose database it is; fills in the mark. */
static enum store_verdict store_judge(struct store *store)
{
    sqlite3_stmt *statement = NULL;
    enum store_verdict verdict = STORE_OTHER;
    int code = sqlite3_prepare_v2(store->db, "SELECT count(*) FROM sqlite_schema", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    bool empty = code == SQLITE_ROW && sqlite3_column_int64(statement, 0) == 0;
    sqlite3_finalize(statement);
    if (code != SQLITE_ROW)
        return code == SQLITE_NOTADB || code == SQLITE_CORRUPT ? STORE_OTHER : STORE_BROKEN;
    if (empty)
        return STORE_EMPTY;
    code = sqlite3_prepare_v2(store->db, "SELECT schema, instance, seq, chain FROM meta", -1, &statement, NULL);
    bool row = code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
    if (row && sqlite3_column_int(statement, 0) == STORE_SCHEMA &&
        sqlite3_column_bytes(statement, 1) == STORE_INSTANCE_BYTES &&
        memcmp(sqlite3_column_blob(statement, 1), store->instance, STORE_INSTANCE_BYTES) == 0) {
        store->mark.seq = (u64)sqlite3_column_int64(statement, 2);
        store->mark.chain = (u64)sqlite3_column_int64(statement, 3);
        verdict = STORE_OURS;
    }
    sqlite3_finalize(statement);
    return verdict;
}

/* A new file is made here, for nobody else to read, as all of the folder; SQLite would leave that to the umask. */
static void store_make(const struct io *io, const char *path)
{
    int file = io->open(io->context, path, IO_READ);
    if (file == -ENOENT)
        file = io->open(io->context, path, IO_WRITE | IO_CREATE);
    if (file >= 0)
        io->close(io->context, file);
}

static bool store_connect(struct store *store, const char *path, const char *settings)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK)
        return store_fail(store);
    sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
    return store_execute(store, settings);
}

static bool store_prepare(struct store *store)
{
    static const char *const sql[] = {
#define STATEMENT(NAME, text) [STORE_##NAME] = text,
#include "view/statement.def"
#undef STATEMENT
    };
    for (size_t i = 0; i < STORE_STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(store->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &store->statements[i], NULL) !=
            SQLITE_OK)
            return store_fail(store);
    return true;
}

static void store_unprepare(struct store *store)
{
    for (size_t i = 0; i < STORE_STATEMENT_COUNT; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
}

bool store_close(struct store *store)
{
    store_rollback(store);
    store_unprepare(store);
    int code = sqlite3_close(store->db);
    store->db = NULL;
    return code == SQLITE_OK;
}

/* One try. False with *again: what is there is of no use and may be removed. */
static bool store_open_once(struct store *store, const char *path, const char *settings, bool *again)
{
    *again = false;
    bool connected = store_connect(store, path, settings);
    if (!connected && store->db != NULL) { /* a file that is no database fails at the first setting already */
        int code = sqlite3_errcode(store->db);
        *again = code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
    }
    if (!connected)
        return false;
    enum store_verdict verdict = store_judge(store);
    *again = verdict == STORE_OTHER;
    if (verdict == STORE_BROKEN)
        return store_fail(store);
    if (verdict == STORE_OTHER)
        return false;
    if (verdict == STORE_EMPTY) {
        store_execute(store, "BEGIN IMMEDIATE");
        store_create(store);
        store_execute(store, "COMMIT");
    }
    return !store->failed && store_prepare(store);
}

static bool store_open_with(struct store *store, const struct io *io, const char *path, const u8 *instance,
                            const char *settings)
{
    for (int i = 0; i < STORE_TRIES; i++) {
        bool again;
        *store = (struct store){0};
        memcpy(store->instance, instance, sizeof(store->instance));
        store_make(io, path);
        if (store_open_once(store, path, settings, &again))
            return true;
        store_unprepare(store);
        sqlite3_close(store->db);
        store->db = NULL;
        if (!again)
            return false;
        int error = store_remove(io, path);
        if (error < 0) {
            snprintf(store->problem, sizeof(store->problem), "views.db: cannot be removed: %s", strerror(-error));
            return false;
        }
    }
    snprintf(store->problem, sizeof(store->problem), "views.db: cannot be made");
    return false;
}

bool store_open(struct store *store, const struct io *io, const char *path, const u8 *instance)
{
    return store_open_with(store, io, path, instance, store_settings);
}

bool store_open_fresh(struct store *store, const struct io *io, const char *path, const u8 *instance)
{
    *store = (struct store){0};
    int error = store_remove(io, path);
    if (error < 0) {
        snprintf(store->problem, sizeof(store->problem), "%s: cannot be removed: %s", path, strerror(-error));
        return false;
    }
    return store_open_with(store, io, path, instance, store_settings_fresh);
}

bool store_reset(struct store *store)
{
    char sql[256];
    store_rollback(store);
    store_unprepare(store);
    store_execute(store, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < ARRAY_COUNT(store_objects); i++) {
        if (strstr(store_objects[i].kind, "TABLE") == NULL)
            continue; /* an index goes with its table */
        snprintf(sql, sizeof(sql), "DROP TABLE %s", store_objects[i].name);
        store_execute(store, sql);
    }
    store_create(store);
    store_execute(store, "COMMIT");
    if (store->failed)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    if (store->failed || !store_prepare(store))
        return false;
    store->mark = (struct store_mark){0};
    return true;
}

/* --- statements ------------------------------------------------------------ */

sqlite3_stmt *store_statement(struct store *store, enum store_statement which)
{
    ASSERT(which < STORE_STATEMENT_COUNT && store->statements[which] != NULL);
    return store->statements[which];
}

bool store_step(struct store *store, sqlite3_stmt *statement)
{
    if (store->failed)
        return false;
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        store_fail(store);
    return false;
}

void store_done(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
}

bool store_run(struct store *store, enum store_statement which, const i64 *values, size_t count)
{
    if (store->failed)
        return false;
    sqlite3_stmt *statement = store_statement(store, which);
    for (size_t i = 0; i < count; i++)
        sqlite3_bind_int64(statement, (int)i + 1, values[i]);
    store_step(store, statement);
    store_done(statement);
    return !store->failed;
}

i64 store_number(struct store *store, enum store_statement which, i64 value)
{
    i64 number = 0;
    sqlite3_stmt *statement = store_statement(store, which);
    if (sqlite3_bind_parameter_count(statement) > 0)
        sqlite3_bind_int64(statement, 1, value);
    if (store_step(store, statement))
        number = sqlite3_column_int64(statement, 0);
    store_done(statement);
    return number;
}

bool store_begin(struct store *store)
{
    if (!store->begun && store_run(store, STORE_BEGIN, NULL, 0))
        store->begun = true;
    return store->begun;
}

bool store_commit(struct store *store, struct store_mark mark)
{
    ASSERT(store->begun && mark.seq >= store->mark.seq);
    STORE_RUN(store, MARK, (i64)mark.seq, (i64)mark.chain);
    if (!store_run(store, STORE_COMMIT, NULL, 0))
        return false;
    store->begun = false;
    store->mark = mark;
    return true;
}

void store_rollback(struct store *store)
{
    bool begun = store->begun;
    store->failed = store->begun = false;
    if (!begun || store->statements[STORE_ROLLBACK] == NULL)
        return;
    sqlite3_step(store->statements[STORE_ROLLBACK]); /* after some failures SQLite has done it already */
    sqlite3_reset(store->statements[STORE_ROLLBACK]);
}
