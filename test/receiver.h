/*
 * An HTTP receiver for tests: a thread with sockets on 127.0.0.1 that keeps what it is sent and answers as it is told.
 */
#ifndef ELEVEN_TEST_RECEIVER_H
#define ELEVEN_TEST_RECEIVER_H

#include "base/types.h"

#include <pthread.h>

#define RECEIVER_REQUESTS_MAX 2000
#define RECEIVER_CONNECTIONS_MAX 16
#define RECEIVER_BYTES_MAX 65536

struct request {
    char head[2048];        /* request line and headers, NUL-terminated */
    char *body;             /* NUL-terminated */
    size_t body_size;
};

#define RECEIVER_HANGS_UP 0         /* in place of a status: closes without an answer, */
#define RECEIVER_SILENT 1           /* or never answers */

struct receiver {
    u16 port;
    i64 delay_ms;           /* before each answer */
    const char *header;     /* further one of the answer, with its line end; NULL: none */
    int status;             /* of answers, */
    int first[16];          /* but the first ones are these */
    u32 first_count;

    /* below: under the lock */
    pthread_mutex_t lock;
    pthread_t thread;
    int listener;
    bool stop;
    u32 connections;        /* accepted so far */
    u32 count;
    struct request requests[RECEIVER_REQUESTS_MAX];
};

/* Starts it on a port of its own, or again on the port it has. Answers 200 until told otherwise. */
void receiver_start(struct receiver *receiver);
/* Connections are refused from now on; what was received stays. */
void receiver_stop(struct receiver *receiver);
/* Forgets what was received. */
void receiver_clear(struct receiver *receiver);
u32 receiver_count(struct receiver *receiver);
void receiver_answer(struct receiver *receiver, int status);
/* The value of a header into `value` (256 bytes); empty when there is none. */
void receiver_header(const struct request *request, const char *name, char *value);

#endif
