/*
 * A client of the Redis protocol that keeps a server busy: few connections,
 * each with a deep pipeline of requests that lie ready in memory (wire.h); the
 * replies are only counted. One thread, no allocation while it runs; some 0.1 us
 * of its own a request, system calls included.
 *
 * Against our door a reply to ORDER.PLACE is [id, value, replayed], which
 * leaves when the order is durable; against Redis with appendfsync always a
 * reply is +OK under the same condition.
 */
#ifndef ELEVEN_BENCH_RESP_CLIENT_H
#define ELEVEN_BENCH_RESP_CLIENT_H

#include "bench/wire.h"

#include <netinet/in.h>

#define RESP_CONNECTIONS_MAX 64u

/* What a reply says. */
enum resp_reply {
    RESP_REPLY_OK,          /* a simple string */
    RESP_REPLY_ORDER,       /* an array that ends with :0 */
    RESP_REPLY_REPLAYED,    /* an array that ends with :1 */
    RESP_REPLY_ERROR,
    RESP_REPLY_OTHER,
    RESP_REPLIES
};

struct resp_client;

/* Ends the process with a sentence when it cannot connect. */
struct resp_client *resp_client_open(const struct sockaddr_in *address, u32 connections);
void resp_client_close(struct resp_client *client);

struct resp_run {
    struct wire *wire;
    size_t count;           /* of its requests, from the first */
    u32 depth;              /* sent and not answered, of one connection */
    i64 deadline_ns;        /* nothing is sent after it; 0: none */
    bool rekey;             /* every request gets the key of the next number from `number` on, as it is sent */
    u64 number;
    u64 sent;
    u64 replies[RESP_REPLIES];
};

/* Sends, and waits for every reply. Adds to `sent` and `replies`; returns the ns from the first byte to the last. A
 * connection that breaks ends the process. */
i64 resp_client_run(struct resp_client *client, struct resp_run *run);

/* One request (an inline command, with CR LF), while nothing is outstanding. The reply's bytes go to `reply`, with NUL;
 * one that is longer than `size` - 1 ends the process. */
void resp_client_call(struct resp_client *client, const char *request, char *reply, size_t size);

/* The first error that a reply gave, without its CR LF; "" when there was none. Belongs to the client. */
const char *resp_client_error(const struct resp_client *client);

/* --- the reader of replies: a function of their bytes, whatever pieces they come in --------------------- */

#define RESP_NESTING_MAX 8u

struct resp_reader {
    u64 left[RESP_NESTING_MAX]; /* elements still to come, of each array around */
    u32 depth;
    u32 state;
    u8 type;                /* of the element that is being read */
    u8 reply_type;          /* of the outermost one */
    bool negative;
    u64 number;
    u64 bulk;               /* bytes of a bulk string, and its CR LF, still to come */
    i64 last_integer;
    char error[128];        /* the first one */
    u32 error_size;
    bool error_whole;
};

/* Counts the replies that end in these bytes; returns how many. Bytes that are no RESP end the process. */
size_t resp_reader_feed(struct resp_reader *reader, const char *bytes, size_t size, u64 replies[RESP_REPLIES]);

#endif
