/*
 * SQLite: write-ahead log with synchronous=FULL (each commit is synced), 1,000
 * orders per transaction, prepared statements, one connection with the file to
 * itself, 256 MiB of cache.
 */
#include "bench/measure.h"
#include "bench/peer.h"

#include <sqlite3.h>
#include <stdlib.h>

#define ORDERS_PER_TRANSACTION 1000u

const char *const peer_name = "sqlite";
const size_t peer_orders_per_slice = 300000;

#define STATEMENTS(STATEMENT)                                                                    \
    STATEMENT(BEGIN, "BEGIN IMMEDIATE")                                                          \
    STATEMENT(COMMIT, "COMMIT")                                                                  \
    STATEMENT(KNOWN, "SELECT 1 FROM orders WHERE key = ?1")                                      \
    STATEMENT(AVAILABLE, "SELECT available FROM stock WHERE sku = ?1")                           \
    STATEMENT(PAY, "UPDATE wallets SET balance = balance - ?2 WHERE shopper = ?1 AND balance >= ?2") \
    STATEMENT(TAKE, "UPDATE stock SET available = available - ?2 WHERE sku = ?1")                \
    STATEMENT(STORE, "INSERT INTO orders (key, record) VALUES (?1, ?2)")

enum statement {
#define STATEMENT(NAME, text) STATEMENT_##NAME,
    STATEMENTS(STATEMENT)
#undef STATEMENT
    STATEMENT_COUNT
};

static const char *const statement_texts[] = {
#define STATEMENT(NAME, text) text,
    STATEMENTS(STATEMENT)
#undef STATEMENT
};

static const char pragmas[] =
    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "PRAGMA cache_size=-262144; PRAGMA wal_autocheckpoint=40000; PRAGMA temp_store=MEMORY;";

static const char schema[] =
    "CREATE TABLE stock (sku INTEGER PRIMARY KEY, available INTEGER NOT NULL);"
    "CREATE TABLE wallets (shopper INTEGER PRIMARY KEY, balance INTEGER NOT NULL);"
    "CREATE TABLE orders (key BLOB PRIMARY KEY, record BLOB NOT NULL);";

struct sqlite {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

static void check(struct sqlite *sqlite, bool good)
{
    if (!good)
        measure_fail("sqlite: %s", sqlite3_errmsg(sqlite->database));
}

static void execute(struct sqlite *sqlite, const char *text)
{
    check(sqlite, sqlite3_exec(sqlite->database, text, NULL, NULL, NULL) == SQLITE_OK);
}

static struct sqlite *open_file(const char *path)
{
    struct sqlite *sqlite = measure_memory(sizeof(*sqlite));
    check(sqlite, sqlite3_open(path, &sqlite->database) == SQLITE_OK);
    execute(sqlite, pragmas);
    return sqlite;
}

void peer_setup(const char *path)
{
    struct sqlite *sqlite = open_file(path);
    char *fill = sqlite3_mprintf(
        "BEGIN;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
        " INSERT INTO stock SELECT i, %u FROM n;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
        " INSERT INTO wallets SELECT i, %lld FROM n;"
        "COMMIT;",
        WORKLOAD_SKUS, WORKLOAD_STOCK, WORKLOAD_SHOPPERS, (long long)WORKLOAD_BALANCE_MINOR);
    execute(sqlite, schema);
    execute(sqlite, fill);
    sqlite3_free(fill);
    peer_close(sqlite);
}

void *peer_open(const char *path, const struct orders *orders)
{
    (void)orders;
    struct sqlite *sqlite = open_file(path);
    for (int i = 0; i < STATEMENT_COUNT; i++)
        check(sqlite, sqlite3_prepare_v3(sqlite->database, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                         &sqlite->statements[i], NULL) == SQLITE_OK);
    return sqlite;
}

void peer_close(void *peer)
{
    struct sqlite *sqlite = peer;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(sqlite->statements[i]);
    sqlite3_close(sqlite->database);
    free(sqlite);
}

/* Runs a statement to its first row; true when there is one. The caller resets it. */
static bool step(struct sqlite *sqlite, enum statement which)
{
    int status = sqlite3_step(sqlite->statements[which]);
    check(sqlite, status == SQLITE_ROW || status == SQLITE_DONE);
    return status == SQLITE_ROW;
}

static void change(struct sqlite *sqlite, enum statement which, u32 id, i64 amount)
{
    sqlite3_bind_int64(sqlite->statements[which], 1, id);
    sqlite3_bind_int64(sqlite->statements[which], 2, amount);
    step(sqlite, which);
    sqlite3_reset(sqlite->statements[which]);
}

static void bind_key(sqlite3_stmt *statement, const struct command_order_place *order)
{
    sqlite3_bind_blob(statement, 1, order->header.key, sizeof(order->header.key), SQLITE_STATIC);
}

static bool has_stock(struct sqlite *sqlite, const struct order_line_asked *line)
{
    sqlite3_stmt *statement = sqlite->statements[STATEMENT_AVAILABLE];
    sqlite3_bind_int64(statement, 1, line->sku);
    bool enough = step(sqlite, STATEMENT_AVAILABLE) && sqlite3_column_int64(statement, 0) >= line->quantity;
    sqlite3_reset(statement);
    return enough;
}

static enum peer_answer place(struct sqlite *sqlite, const struct command_order_place *order)
{
    const struct order_line_asked *lines = command_lines(order);
    bind_key(sqlite->statements[STATEMENT_KNOWN], order);
    bool known = step(sqlite, STATEMENT_KNOWN);
    sqlite3_reset(sqlite->statements[STATEMENT_KNOWN]);
    if (known)
        return PEER_REPLAYED;
    for (u32 i = 0; i < order->line_count; i++)
        if (!has_stock(sqlite, &lines[i]))
            return PEER_REFUSED;
    change(sqlite, STATEMENT_PAY, order->shopper, order->expected_total_minor);
    if (sqlite3_changes(sqlite->database) == 0)
        return PEER_REFUSED; /* nothing has been changed yet */
    for (u32 i = 0; i < order->line_count; i++)
        change(sqlite, STATEMENT_TAKE, lines[i].sku, lines[i].quantity);

    sqlite3_stmt *store = sqlite->statements[STATEMENT_STORE];
    bind_key(store, order);
    sqlite3_bind_blob(store, 2, order, order->header.size, SQLITE_STATIC);
    step(sqlite, STATEMENT_STORE);
    sqlite3_reset(store);
    return PEER_ACCEPTED;
}

void peer_run(void *peer, struct peer_run *run)
{
    struct sqlite *sqlite = peer;
    for (size_t next = 0; next < run->orders->count && !peer_time_is_up(run);) {
        size_t end = MIN(next + ORDERS_PER_TRANSACTION, run->orders->count);
        step(sqlite, STATEMENT_BEGIN);
        sqlite3_reset(sqlite->statements[STATEMENT_BEGIN]);
        for (; next < end; next++)
            run->answers[place(sqlite, orders_at(run->orders, next))]++;
        step(sqlite, STATEMENT_COMMIT);
        sqlite3_reset(sqlite->statements[STATEMENT_COMMIT]);
    }
}
