/*
 * PostgreSQL: fsync and synchronous_commit on, one PL/pgSQL function call per
 * order, which is a transaction of its own, from 16 connections with a thread
 * each; the call is a prepared statement with binary parameters.
 *
 * An order's stock rows are locked in the order of their SKUs, so that two
 * orders never wait for each other.
 */
#include "bench/measure.h"
#include "bench/peer.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS 16u
#define STATEMENT "place"
#define ARRAY_BYTES (20 + 8 * WORKLOAD_LINES_MAX) /* int4[] on the wire */
#define INT4_OID 23u

const char *const peer_name = "postgres";
const size_t peer_orders_per_slice = 60000;

static const char schema[] =
    "CREATE TABLE stock (sku int PRIMARY KEY, available int NOT NULL) WITH (fillfactor = 20);"
    "CREATE TABLE wallets (shopper int PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 80);"
    "CREATE TABLE orders (key uuid PRIMARY KEY, record bytea NOT NULL);"
    "CREATE FUNCTION place_order(the_key uuid, the_shopper int, total bigint, skus int[], quantities int[],"
    " bytes bytea) RETURNS int LANGUAGE plpgsql AS $$"
    "BEGIN"
    "  INSERT INTO orders VALUES (the_key, bytes) ON CONFLICT DO NOTHING;"
    "  IF NOT FOUND THEN RETURN 2; END IF;"
    "  FOR i IN 1 .. cardinality(skus) LOOP"
    "    UPDATE stock SET available = available - quantities[i] WHERE sku = skus[i] AND available >= quantities[i];"
    "    IF NOT FOUND THEN RAISE EXCEPTION 'sold out' USING ERRCODE = 'EL001'; END IF;"
    "  END LOOP;"
    "  UPDATE wallets SET balance = balance - total WHERE shopper = the_shopper AND balance >= total;"
    "  IF NOT FOUND THEN RAISE EXCEPTION 'insufficient funds' USING ERRCODE = 'EL002'; END IF;"
    "  RETURN 0;"
    "END $$;";

struct postgres {
    PGconn *connections[CONNECTIONS];
};

/* What one thread does. */
struct worker {
    PGconn *connection;
    struct peer_run *run;
    atomic_size_t *next;
    u64 answers[PEER_ANSWERS];
    pthread_t thread;
};

static PGconn *connect_to(const char *target)
{
    PGconn *connection = PQconnectdb(target);
    if (PQstatus(connection) != CONNECTION_OK)
        measure_fail("postgres: %s", PQerrorMessage(connection));
    return connection;
}

static void execute(PGconn *connection, const char *text)
{
    PGresult *result = PQexec(connection, text);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        measure_fail("postgres: %s", PQerrorMessage(connection));
    PQclear(result);
}

void peer_setup(const char *target)
{
    char fill[512];
    PGconn *connection = connect_to(target);
    execute(connection, schema);
    snprintf(fill, sizeof(fill),
             "INSERT INTO stock SELECT i, %u FROM generate_series(1, %u) i;"
             "INSERT INTO wallets SELECT i, %lld FROM generate_series(1, %u) i;",
             WORKLOAD_STOCK, WORKLOAD_SKUS, (long long)WORKLOAD_BALANCE_MINOR, WORKLOAD_SHOPPERS);
    execute(connection, fill);
    execute(connection, "VACUUM ANALYZE");
    execute(connection, "CHECKPOINT");
    PQfinish(connection);
}

void *peer_open(const char *target, const struct orders *orders)
{
    (void)orders;
    struct postgres *postgres = measure_memory(sizeof(*postgres));
    for (u32 i = 0; i < CONNECTIONS; i++) {
        postgres->connections[i] = connect_to(target);
        PGresult *result = PQprepare(postgres->connections[i], STATEMENT,
                                     "SELECT place_order($1, $2, $3, $4, $5, $6)", 0, NULL);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            measure_fail("postgres: %s", PQerrorMessage(postgres->connections[i]));
        PQclear(result);
    }
    return postgres;
}

void peer_close(void *peer)
{
    struct postgres *postgres = peer;
    for (u32 i = 0; i < CONNECTIONS; i++)
        PQfinish(postgres->connections[i]);
    free(postgres);
}

static u8 *put_u32(u8 *bytes, u32 value)
{
    value = htonl(value);
    memcpy(bytes, &value, sizeof(value));
    return bytes + sizeof(value);
}

/* An int4[] of one dimension as PostgreSQL wants it; returns its size. */
static int put_array(u8 *bytes, const u32 *values, u32 count)
{
    u8 *end = put_u32(put_u32(put_u32(put_u32(put_u32(bytes, 1), 0), INT4_OID), count), 1);
    for (u32 i = 0; i < count; i++)
        end = put_u32(put_u32(end, sizeof(u32)), values[i]);
    return (int)(end - bytes);
}

static int compare_lines(const void *a, const void *b)
{
    u32 left = ((const struct order_line_asked *)a)->sku, right = ((const struct order_line_asked *)b)->sku;
    return (left > right) - (left < right);
}

static enum peer_answer place(PGconn *connection, const struct command_order_place *order)
{
    struct order_line_asked lines[WORKLOAD_LINES_MAX];
    u32 values[WORKLOAD_LINES_MAX], count = order->line_count;
    u8 skus[ARRAY_BYTES], quantities[ARRAY_BYTES], shopper[4], total[8];
    memcpy(lines, command_lines(order), count * sizeof(*lines));
    qsort(lines, count, sizeof(*lines), compare_lines);
    for (u32 i = 0; i < count; i++)
        values[i] = lines[i].sku;
    int skus_size = put_array(skus, values, count);
    for (u32 i = 0; i < count; i++)
        values[i] = lines[i].quantity;
    int quantities_size = put_array(quantities, values, count);
    put_u32(shopper, order->shopper);
    put_u32(put_u32(total, (u32)((u64)order->expected_total_minor >> 32)), (u32)order->expected_total_minor);

    const char *const bytes[] = {(const char *)order->header.key, (char *)shopper, (char *)total, (char *)skus,
                                 (char *)quantities, (const char *)order};
    const int sizes[] = {sizeof(order->header.key), sizeof(shopper), sizeof(total), skus_size, quantities_size,
                         order->header.size};
    const int binary[] = {1, 1, 1, 1, 1, 1};
    PGresult *result = PQexecPrepared(connection, STATEMENT, 6, bytes, sizes, binary, 1);
    enum peer_answer answer = PEER_REFUSED;
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        answer = PQgetvalue(result, 0, 0)[3] == 2 ? PEER_REPLAYED : PEER_ACCEPTED;
    } else {
        const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        if (!state || strncmp(state, "EL", 2) != 0)
            measure_fail("postgres: %s", PQerrorMessage(connection));
    }
    PQclear(result);
    return answer;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    const struct orders *orders = worker->run->orders;
    while (!peer_time_is_up(worker->run)) {
        size_t index = atomic_fetch_add(worker->next, 1);
        if (index >= orders->count)
            break;
        worker->answers[place(worker->connection, orders_at(orders, index))]++;
    }
    return NULL;
}

void peer_run(void *peer, struct peer_run *run)
{
    struct postgres *postgres = peer;
    struct worker workers[CONNECTIONS];
    atomic_size_t next = 0;
    for (u32 i = 0; i < CONNECTIONS; i++) {
        workers[i] = (struct worker){.connection = postgres->connections[i], .run = run, .next = &next};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            measure_fail("postgres: no thread");
    }
    for (u32 i = 0; i < CONNECTIONS; i++) {
        pthread_join(workers[i].thread, NULL);
        for (u32 answer = 0; answer < PEER_ANSWERS; answer++)
            run->answers[answer] += workers[i].answers[answer];
    }
}
