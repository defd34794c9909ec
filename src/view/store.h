/*
 * The store: views.db as its one writer has it, with statements prepared once. The first failure sticks: everything
 * after it does nothing and answers false or 0, until the rollback; so a row is written without looking at each step.
 * Readers: pool.h.
 */
#ifndef ELEVEN_VIEW_STORE_H
#define ELEVEN_VIEW_STORE_H

#include "base/slice.h"
#include "io/io.h"
#include "journal/journal.h"

#include <sqlite3.h>

#define STORE_SCHEMA 2          /* of schema.def */
#define STORE_INSTANCE_BYTES 16
#define STORE_PATH_MAX 4096

enum store_statement {
#define STATEMENT(NAME, sql) STORE_##NAME,
#include "view/statement.def"
#undef STATEMENT
    STORE_STATEMENT_COUNT
};

/* What the rows are of: the number of a command, and the engine's chain right after it. */
struct store_mark {
    u64 seq;
    u64 chain;
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[STORE_STATEMENT_COUNT];
    bool begun;             /* a transaction is open */
    bool failed;            /* and `problem` says why */
    char problem[JOURNAL_PROBLEM_MAX];
    u8 instance[STORE_INSTANCE_BYTES];
    struct store_mark mark; /* of what is committed */
};

/* DIRECTORY/NAME in `path` (STORE_PATH_MAX bytes), never understood as a URI. False: too long. */
bool store_path(char *path, const char *directory, const char *name);

/* Removes a database and what SQLite keeps beside it. 0 or -errno; what is not there is no error. */
int store_remove(const struct io *io, const char *path);

/*
 * Opens or makes the database of the journal `instance`. What is no database, or one of another instance or schema, is
 * removed and made anew. False with store->problem; then there is nothing to close.
 */
bool store_open(struct store *store, const struct io *io, const char *path, const u8 *instance);

/* A fresh database for a rebuild: without a journal or syncs; worth nothing until store_close, and the caller's sync,
 * are done. */
bool store_open_fresh(struct store *store, const struct io *io, const char *path, const u8 *instance);

/* False: the last pages were not written. */
bool store_close(struct store *store);

/* Empties everything, in one transaction; readers see it before or after. */
bool store_reset(struct store *store);

bool store_begin(struct store *store); /* nothing when one is open */
bool store_commit(struct store *store, struct store_mark mark);
void store_rollback(struct store *store); /* forgets the failure too */

/* Runs a statement with numbers as ?1, ?2, ... */
bool store_run(struct store *store, enum store_statement which, const i64 *values, size_t count);
#define STORE_RUN(store, NAME, ...) \
    store_run(store, STORE_##NAME, (const i64[]){__VA_ARGS__}, ARRAY_COUNT(((const i64[]){__VA_ARGS__})))

/* The same, for its first number; 0 when there is no row. */
i64 store_number(struct store *store, enum store_statement which, i64 value);

/* A statement to bind by hand; then store_step until it is false, and store_done. */
sqlite3_stmt *store_statement(struct store *store, enum store_statement which);
bool store_step(struct store *store, sqlite3_stmt *statement);
void store_done(sqlite3_stmt *statement);

#endif
