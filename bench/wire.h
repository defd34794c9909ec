/*
 * Requests as they go over the wire, made in memory before any clock starts:
 * the workload's orders as RESP commands or HTTP requests, and what the peers
 * get instead. Back to back, in the order of the orders, so that a client sends
 * any run of them with one call.
 *
 *   ORDER.PLACE key shopper #1 #city LINES #sku 1 ...   key: 16 hexadecimal digits
 *   SET key value           as many bytes as the order would have
 *   POST /v1/orders         with Bearer key, Idempotency-Key and JSON
 *
 * An order that the workload repeats has the same key again.
 */
#ifndef ELEVEN_BENCH_WIRE_H
#define ELEVEN_BENCH_WIRE_H

#include "bench/workload.h"

#define WIRE_KEY_SIZE 16u
#define WIRE_RESP_MAX 192u  /* bytes of one request */
#define WIRE_HTTP_MAX 448u

struct wire {
    char *bytes;
    size_t size;
    u16 *sizes;             /* of each request */
    size_t count;
    size_t count_max;
    size_t size_max;        /* of one */
};

/* Room for `count_max` requests; ends the process when there is none. */
void wire_open(struct wire *wire, size_t count_max, size_t size_max);
void wire_close(struct wire *wire);

/* Each replaces what is there. `host` and `api_key` are texts of the head. */
void wire_resp_orders(struct wire *wire, const struct orders *orders);
void wire_resp_sets(struct wire *wire, const struct orders *orders);
void wire_http_orders(struct wire *wire, const struct orders *orders, const char *host, const char *api_key);
void wire_http_get(struct wire *wire, const char *host, const char *path); /* one request */

/* Bytes of a mean request. */
double wire_mean(const struct wire *wire);

/* Gives the ORDER.PLACE at `request` another key: a different one for each `number`. */
void wire_rekey(char *request, u64 number);

#endif
