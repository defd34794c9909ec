/*
 * A connection to accounts.db: WAL, so that readers and one writer of any
 * process go beside each other; synchronous=FULL, so that what is committed survives a power cut; strict tables.
 * user_version is the version of the tables; an older one gets what is new, a newer one is refused by name.
 */
#include "access/internal.h"

#include "base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define SQL_FILE "accounts.db"
#define SQL_VERSION 2
#define SQL_VERSION_FIRST 1
#define SQL_APPLICATION 0x656c6161 /* "elaa": what `file` shows, and that it is ours */
#define SQL_CACHE_KIB 4096
#define SQL_SAID_EVERY_NS ((i64)1000 * 1000 * 1000)

/* Numbers of accounts are u32 elsewhere. */
static const char sql_tables[] =
    "CREATE TABLE account ("
    " account INTEGER PRIMARY KEY CHECK (account BETWEEN 1 AND 4294967295),"
    " login TEXT NOT NULL COLLATE NOCASE UNIQUE,"
    " password TEXT NOT NULL,"
    " role INTEGER NOT NULL,"
    " location INTEGER NOT NULL,"
    " shopper INTEGER NOT NULL DEFAULT 0,"
    " disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),"
    " made_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX account_role ON account (role, account);"
    "CREATE UNIQUE INDEX account_shopper ON account (shopper) WHERE shopper > 0;"
    "CREATE TABLE session ("
    " hash BLOB PRIMARY KEY CHECK (length(hash) = 32),"
    " account INTEGER NOT NULL REFERENCES account,"
    " made_ms INTEGER NOT NULL,"
    " expires_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX session_account ON session (account, made_ms);"
    /* AUTOINCREMENT: the number of a key that is gone is never given again; the trail speaks of it. */
    "CREATE TABLE api_key ("
    " key_id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (key_id BETWEEN 1 AND 4294967295),"
    " hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),"
    " account INTEGER NOT NULL REFERENCES account,"
    " name TEXT NOT NULL,"
    " hint TEXT NOT NULL,"
    " made_ms INTEGER NOT NULL,"
    " used_ms INTEGER NOT NULL DEFAULT 0,"
    " revoked INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1))) STRICT;"
    "CREATE INDEX api_key_account ON api_key (account, key_id);"
    "CREATE TABLE act ("
    " number INTEGER PRIMARY KEY,"
    " time_ms INTEGER NOT NULL,"
    " account INTEGER NOT NULL,"
    " status INTEGER NOT NULL,"
    " address TEXT NOT NULL,"
    " what TEXT NOT NULL,"
    " target TEXT NOT NULL,"
    " chain BLOB NOT NULL CHECK (length(chain) = 32)) STRICT;";

/* Since version 2: keys of the folder itself (folder_key.c). */
static const char sql_tables_2[] =
    "CREATE TABLE folder_key ("
    " name TEXT PRIMARY KEY,"
    " bytes BLOB NOT NULL CHECK (length(bytes) = 32)) STRICT, WITHOUT ROWID;";

static const char *const sql_texts[STATEMENT_COUNT] = {
#define STATEMENT(NAME, sql) [STATEMENT_##NAME] = sql,
#include "access/statement.def"
#undef STATEMENT
};

static void sql_say(struct sql *sql, const char *what)
{
    i64 now_ns = access_monotonic_ns();
    if (sql->said_ns != 0 && now_ns - sql->said_ns < SQL_SAID_EVERY_NS) {
        sql->unsaid++;
        return;
    }
    fprintf(stderr, "eleven: %s: %s: %s", sql->path, what, sqlite3_errmsg(sql->handle));
    if (sql->unsaid > 0)
        fprintf(stderr, " (and %" PRIu64 " more like it)", sql->unsaid);
    fputc('\n', stderr);
    sql->said_ns = now_ns;
    sql->unsaid = 0;
}

/* --- opening -------------------------------------------------------------------- */

/* The first column of the first row as a number; -1 when there is none. */
static i64 sql_ask(sqlite3 *handle, const char *question)
{
    sqlite3_stmt *statement = NULL;
    i64 answer = -1;
    if (sqlite3_prepare_v2(handle, question, -1, &statement, NULL) == SQLITE_OK
        && sqlite3_step(statement) == SQLITE_ROW)
        answer = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return answer;
}

static bool sql_failed(struct sql *sql, char *problem)
{
    snprintf(problem, ACCESS_PROBLEM_MAX, SQL_FILE ": %s", sqlite3_errmsg(sql->handle));
    return false;
}

static bool sql_settle(struct sql *sql, char *problem)
{
    static const char settings[] = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;";
    char cache[64];
    snprintf(cache, sizeof(cache), "PRAGMA cache_size = -%d", SQL_CACHE_KIB);
    if (sqlite3_exec(sql->handle, settings, NULL, NULL, NULL) != SQLITE_OK
        || sqlite3_exec(sql->handle, cache, NULL, NULL, NULL) != SQLITE_OK
        || sqlite3_exec(sql->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) != SQLITE_OK)
        return sql_failed(sql, problem);
    sqlite3_stmt *mode = NULL;
    bool wal = sqlite3_prepare_v2(sql->handle, "PRAGMA journal_mode", -1, &mode, NULL) == SQLITE_OK
               && sqlite3_step(mode) == SQLITE_ROW
               && strcmp((const char *)sqlite3_column_text(mode, 0), "wal") == 0;
    sqlite3_finalize(mode);
    if (!wal)
        snprintf(problem, ACCESS_PROBLEM_MAX, SQL_FILE ": this file system has no shared memory (WAL)");
    return wal;
}

/* Inside of a transaction: whose tables these are, and makes those that are missing. */
static bool sql_make_tables(struct sql *sql, char *problem)
{
    i64 version = sql_ask(sql->handle, "PRAGMA user_version");
    i64 application = sql_ask(sql->handle, "PRAGMA application_id");
    i64 tables = sql_ask(sql->handle, "SELECT count(*) FROM sqlite_schema");
    if (version < 0 || application < 0 || tables < 0)
        return sql_failed(sql, problem);
    if (version == SQL_VERSION && application == SQL_APPLICATION)
        return true;
    if (application == SQL_APPLICATION && (version < SQL_VERSION_FIRST || version > SQL_VERSION)) {
        snprintf(problem, ACCESS_PROBLEM_MAX,
                 "foreign: " SQL_FILE " was written by another version of this program (tables %lld, known: %d)",
                 (long long)version, SQL_VERSION);
        return false;
    }
    bool older = application == SQL_APPLICATION;
    if (!older && (tables > 0 || version != 0 || application != 0)) {
        snprintf(problem, ACCESS_PROBLEM_MAX, "foreign: " SQL_FILE " is the database of something else");
        return false;
    }
    char marks[96];
    snprintf(marks, sizeof(marks), "PRAGMA application_id = %d; PRAGMA user_version = %d", SQL_APPLICATION,
             SQL_VERSION);
    if ((!older && sqlite3_exec(sql->handle, sql_tables, NULL, NULL, NULL) != SQLITE_OK)
        || sqlite3_exec(sql->handle, sql_tables_2, NULL, NULL, NULL) != SQLITE_OK
        || sqlite3_exec(sql->handle, marks, NULL, NULL, NULL) != SQLITE_OK)
        return sql_failed(sql, problem);
    return true;
}

static bool sql_tables_there(struct sql *sql, char *problem)
{
    if (sql_ask(sql->handle, "PRAGMA user_version") == SQL_VERSION
        && sql_ask(sql->handle, "PRAGMA application_id") == SQL_APPLICATION)
        return true; /* the usual case takes no lock */
    if (sqlite3_exec(sql->handle, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return sql_failed(sql, problem);
    if (!sql_make_tables(sql, problem)) {
        sqlite3_exec(sql->handle, "ROLLBACK", NULL, NULL, NULL);
        return false;
    }
    if (sqlite3_exec(sql->handle, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
        return true;
    sql_failed(sql, problem);
    sqlite3_exec(sql->handle, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

/* SQLite would make the file readable for all; its WAL gets the file's mode. A file that is there must not even be
 * opened here: closing it again would let go of the locks that this process has on it. */
static bool sql_make_file(const char *path, char *problem)
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0)
        close(file);
    if (file >= 0 || errno == EEXIST)
        return true;
    snprintf(problem, ACCESS_PROBLEM_MAX, SQL_FILE ": %s", strerror(errno));
    return false;
}

bool access_sql_open(struct sql *sql, const char *directory, int busy_ms, char *problem)
{
    *sql = (struct sql){0};
    int size = snprintf(sql->path, sizeof(sql->path), "%s/" SQL_FILE, directory);
    if (size < 0 || (size_t)size >= sizeof(sql->path)) {
        snprintf(problem, ACCESS_PROBLEM_MAX, SQL_FILE ": the folder's name is too long");
        return false;
    }
    if (!sql_make_file(sql->path, problem))
        return false;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    bool good = sqlite3_open_v2(sql->path, &sql->handle, flags, NULL) == SQLITE_OK;
    good = good ? sqlite3_busy_timeout(sql->handle, busy_ms) == SQLITE_OK && sql_settle(sql, problem)
                      && sql_tables_there(sql, problem)
                : sql_failed(sql, problem);
    for (int i = 0; good && i < STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(sql->handle, sql_texts[i], -1, SQLITE_PREPARE_PERSISTENT, &sql->statements[i], NULL)
            != SQLITE_OK)
            good = sql_failed(sql, problem);
    if (!good)
        access_sql_close(sql);
    return good;
}

void access_sql_close(struct sql *sql)
{
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(sql->statements[i]);
    int result = sqlite3_close(sql->handle);
    ASSERT(result == SQLITE_OK);
    sql->handle = NULL;
}

/* --- running --------------------------------------------------------------------- */

static enum sql_step sql_step(struct sql *sql, enum statement statement)
{
    sqlite3_stmt *prepared = sql->statements[statement];
    int result = sqlite3_step(prepared);
    if (result == SQLITE_ROW)
        return SQL_ROW;
    int reason = result == SQLITE_DONE ? SQLITE_OK : sqlite3_extended_errcode(sql->handle);
    enum sql_step step = result == SQLITE_DONE ? SQL_DONE : SQL_FAILED;
    if (reason == SQLITE_CONSTRAINT_UNIQUE || reason == SQLITE_CONSTRAINT_PRIMARYKEY)
        step = SQL_TAKEN;
    if (step == SQL_FAILED)
        sql_say(sql, sql_texts[statement]);
    access_sql_end(sql, statement);
    return step;
}

enum sql_step access_sql_run(struct sql *sql, enum statement statement, const struct sql_value *values, int count)
{
    sqlite3_stmt *prepared = sql->statements[statement];
    ASSERT(!sqlite3_stmt_busy(prepared));
    ASSERT(sqlite3_bind_parameter_count(prepared) == count);
    for (int i = 0; i < count; i++) {
        const struct sql_value *value = &values[i];
        const char *bytes = value->bytes.bytes != NULL ? value->bytes.bytes : "";
        int result = SQLITE_OK;
        if (value->kind == SQL_NUMBER)
            result = sqlite3_bind_int64(prepared, i + 1, value->number);
        else if (value->kind == SQL_TEXT)
            result = sqlite3_bind_text64(prepared, i + 1, bytes, value->bytes.size, SQLITE_STATIC, SQLITE_UTF8);
        else
            result = sqlite3_bind_blob64(prepared, i + 1, bytes, value->bytes.size, SQLITE_STATIC);
        if (result != SQLITE_OK) { /* no memory */
            sql_say(sql, sql_texts[statement]);
            access_sql_end(sql, statement);
            return SQL_FAILED;
        }
    }
    return sql_step(sql, statement);
}

enum sql_step access_sql_next(struct sql *sql, enum statement statement)
{
    return sql_step(sql, statement);
}

void access_sql_end(struct sql *sql, enum statement statement)
{
    sqlite3_reset(sql->statements[statement]); /* says again what the step said */
    sqlite3_clear_bindings(sql->statements[statement]);
}

bool access_sql_begin(struct sql *sql)
{
    ASSERT(sqlite3_get_autocommit(sql->handle));
    return access_sql_run(sql, STATEMENT_BEGIN, NULL, 0) == SQL_DONE;
}

bool access_sql_commit(struct sql *sql)
{
    if (access_sql_run(sql, STATEMENT_COMMIT, NULL, 0) == SQL_DONE)
        return true;
    access_sql_rollback(sql);
    return false;
}

void access_sql_rollback(struct sql *sql)
{
    if (!sqlite3_get_autocommit(sql->handle)) /* a full disk has rolled back by itself */
        access_sql_run(sql, STATEMENT_ROLLBACK, NULL, 0);
    ASSERT(sqlite3_get_autocommit(sql->handle));
}

int access_sql_changes(struct sql *sql)
{
    return sqlite3_changes(sql->handle);
}

/* --- reading ----------------------------------------------------------------------- */

i64 access_sql_number(struct sql *sql, enum statement statement, int column)
{
    return sqlite3_column_int64(sql->statements[statement], column);
}

struct slice access_sql_bytes(struct sql *sql, enum statement statement, int column)
{
    sqlite3_stmt *prepared = sql->statements[statement];
    const char *bytes = sqlite3_column_blob(prepared, column);
    int size = sqlite3_column_bytes(prepared, column);
    return bytes != NULL && size > 0 ? slice_of(bytes, (size_t)size) : slice_of("", 0);
}

void access_sql_text(struct sql *sql, enum statement statement, int column, char *text, size_t size)
{
    struct slice bytes = access_sql_bytes(sql, statement, column);
    size_t length = MIN(bytes.size, size - 1);
    memcpy(text, bytes.bytes, length);
    text[length] = '\0';
}

static u32 sql_roles(u32 role)
{
    if (role == ROLE_ADMINISTRATOR)
        return ROLE_ANYBODY | ROLE_ADMINISTRATOR | ROLE_MERCHANDISER | ROLE_CLERK;
    return ROLE_ANYBODY | role;
}

struct caller access_sql_caller(struct sql *sql, enum statement statement)
{
    return (struct caller){
        .account = (u32)access_sql_number(sql, statement, 0),
        .roles = sql_roles((u32)access_sql_number(sql, statement, 1)),
        .shopper = (u32)access_sql_number(sql, statement, 2),
        .location = (u32)access_sql_number(sql, statement, 3),
    };
}
