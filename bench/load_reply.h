/*
 * The replies of an HTTP/1.1 server as far as a load generator needs them: how
 * long one is, its status, and what it says about coming back.
 */
#ifndef ELEVEN_BENCH_LOAD_REPLY_H
#define ELEVEN_BENCH_LOAD_REPLY_H

#include "base/slice.h"

struct load_reply {
    int status;
    size_t size;            /* head and body */
    u32 retry_after_s;      /* 0: it does not say */
    struct slice ticket;    /* Queue-Ticket; of the bytes given; size 0: none */
    bool closes;            /* Connection: close */
    bool replayed;          /* Idempotent-Replayed: true: the answer to an earlier request */
};

/* The first reply in `bytes`. 1: whole; 0: more bytes are needed; -1: no reply of HTTP/1.1 with a Content-Length. */
int load_reply_read(const char *bytes, size_t size, struct load_reply *reply);

#endif
