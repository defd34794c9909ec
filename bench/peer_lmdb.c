/*
 * LMDB: three tables in one file; 10,000 orders per transaction, committed with
 * full durability (data, then meta page, both synced). The map is writable, which
 * is quicker and as durable.
 */
#include "bench/measure.h"
#include "bench/peer.h"

#include <lmdb.h>
#include <stdlib.h>
#include <string.h>

#define ORDERS_PER_TRANSACTION 10000u
#define MAP_BYTES ((size_t)32 << 30)

const char *const peer_name = "lmdb";
const size_t peer_orders_per_slice = 500000;

struct lmdb {
    MDB_env *env;
    MDB_dbi stock;          /* u32 SKU -> u32 units */
    MDB_dbi wallets;        /* u32 shopper -> i64 balance */
    MDB_dbi orders;         /* key -> the order's bytes */
};

static void check(int status)
{
    if (status != 0)
        measure_fail("lmdb: %s", mdb_strerror(status));
}

static struct lmdb *open_store(const char *directory)
{
    struct lmdb *lmdb = measure_memory(sizeof(*lmdb));
    check(mdb_env_create(&lmdb->env));
    check(mdb_env_set_mapsize(lmdb->env, MAP_BYTES));
    check(mdb_env_set_maxdbs(lmdb->env, 3));
    check(mdb_env_open(lmdb->env, directory, MDB_WRITEMAP, 0600));
    MDB_txn *transaction;
    check(mdb_txn_begin(lmdb->env, NULL, 0, &transaction));
    check(mdb_dbi_open(transaction, "stock", MDB_CREATE | MDB_INTEGERKEY, &lmdb->stock));
    check(mdb_dbi_open(transaction, "wallets", MDB_CREATE | MDB_INTEGERKEY, &lmdb->wallets));
    check(mdb_dbi_open(transaction, "orders", MDB_CREATE, &lmdb->orders));
    check(mdb_txn_commit(transaction));
    return lmdb;
}

void peer_setup(const char *directory)
{
    struct lmdb *lmdb = open_store(directory);
    MDB_txn *transaction;
    check(mdb_txn_begin(lmdb->env, NULL, 0, &transaction));
    for (u32 sku = 1; sku <= WORKLOAD_SKUS; sku++) {
        u32 units = WORKLOAD_STOCK;
        MDB_val key = {sizeof(sku), &sku}, value = {sizeof(units), &units};
        check(mdb_put(transaction, lmdb->stock, &key, &value, MDB_APPEND));
    }
    for (u32 shopper = 1; shopper <= WORKLOAD_SHOPPERS; shopper++) {
        i64 balance = WORKLOAD_BALANCE_MINOR;
        MDB_val key = {sizeof(shopper), &shopper}, value = {sizeof(balance), &balance};
        check(mdb_put(transaction, lmdb->wallets, &key, &value, MDB_APPEND));
    }
    check(mdb_txn_commit(transaction));
    peer_close(lmdb);
}

void *peer_open(const char *directory, const struct orders *orders)
{
    (void)orders;
    return open_store(directory);
}

void peer_close(void *peer)
{
    struct lmdb *lmdb = peer;
    mdb_env_close(lmdb->env);
    free(lmdb);
}

/* The number under `id`, `size` bytes wide; 0 when there is none. */
static i64 get_number(MDB_txn *transaction, MDB_dbi table, u32 id, size_t size)
{
    i64 number = 0;
    MDB_val key = {sizeof(id), &id}, value;
    if (mdb_get(transaction, table, &key, &value) == 0)
        memcpy(&number, value.mv_data, size);
    return number;
}

static void put_number(MDB_txn *transaction, MDB_dbi table, u32 id, size_t size, i64 number)
{
    MDB_val key = {sizeof(id), &id}, value = {size, &number};
    check(mdb_put(transaction, table, &key, &value, 0));
}

static enum peer_answer place(struct lmdb *lmdb, MDB_txn *transaction, const struct command_order_place *order)
{
    const struct order_line_asked *lines = command_lines(order);
    i64 available[WORKLOAD_LINES_MAX];
    MDB_val key = {sizeof(order->header.key), (void *)order->header.key};
    MDB_val value = {order->header.size, (void *)order}, known;
    if (mdb_get(transaction, lmdb->orders, &key, &known) == 0)
        return PEER_REPLAYED;
    for (u32 i = 0; i < order->line_count; i++) {
        available[i] = get_number(transaction, lmdb->stock, lines[i].sku, sizeof(u32));
        if (available[i] < lines[i].quantity)
            return PEER_REFUSED;
    }
    i64 balance = get_number(transaction, lmdb->wallets, order->shopper, sizeof(i64));
    if (balance < order->expected_total_minor)
        return PEER_REFUSED;

    for (u32 i = 0; i < order->line_count; i++)
        put_number(transaction, lmdb->stock, lines[i].sku, sizeof(u32), available[i] - lines[i].quantity);
    put_number(transaction, lmdb->wallets, order->shopper, sizeof(i64), balance - order->expected_total_minor);
    check(mdb_put(transaction, lmdb->orders, &key, &value, 0));
    return PEER_ACCEPTED;
}

void peer_run(void *peer, struct peer_run *run)
{
    struct lmdb *lmdb = peer;
    for (size_t next = 0; next < run->orders->count && !peer_time_is_up(run);) {
        size_t end = MIN(next + ORDERS_PER_TRANSACTION, run->orders->count);
        MDB_txn *transaction;
        check(mdb_txn_begin(lmdb->env, NULL, 0, &transaction));
        for (; next < end; next++)
            run->answers[place(lmdb, transaction, orders_at(run->orders, next))]++;
        check(mdb_txn_commit(transaction));
    }
}
