/*
 * http_read.h: HTTP as fuzz_http's second opinion reads it: requests, to know
 * how many there are, and answers, to know that they are well formed (RFC 9112).
 */
#ifndef ELEVEN_FUZZ_HTTP_READ_H
#define ELEVEN_FUZZ_HTTP_READ_H

#include "base/slice.h"
#include "base/types.h"

#define HTTP_READ_MAX 4096              /* requests of one connection that are looked at */

struct http_asked {
    u32 count;                          /* complete requests */
    bool heads[HTTP_READ_MAX + 1];      /* whose method is HEAD: their answers have no body */
    bool wrong;                         /* what follows them is no HTTP */
    bool wrong_head;                    /* but begins as HEAD: its refusal may have a body or not */
};

/* Up to the first byte that is wrong, or that nobody has to read. */
void http_read_requests(struct http_asked *asked, const char *bytes, size_t size);

struct http_answered {
    u32 count;                          /* final answers; 100 Continue is none */
    bool says_close;                    /* the last one ends the connection */
};

/* Fails (FUZZ_MUST) on anything that is not an answer to `asked`, in order, whole. `stream`: the last may be unfinished. */
void http_read_answers(struct http_answered *answered, const char *bytes, size_t size, const struct http_asked *asked,
                       bool stream);

#endif
