/*
 * The reader of the Redis serialization protocol's requests (RESP2 and RESP3 send them alike): arrays of bulk
 * strings, and inline commands. A function of its bytes: the same whatever pieces they come in.
 */
#ifndef ELEVEN_DOOR_RESP_PARSE_H
#define ELEVEN_DOOR_RESP_PARSE_H

#include "base/slice.h"

#define RESP_ARGUMENTS_MAX 256
#define RESP_REQUEST_MAX ((size_t)60 << 10) /* bytes of one request; less than what a connection keeps */
#define RESP_INLINE_MAX ((size_t)4 << 10)

struct resp_request {
    struct slice arguments[RESP_ARGUMENTS_MAX];
    u32 count;              /* 0: an empty request, to be passed over */
    const char *problem;    /* static, after a size of 0 that will not get better; NULL: more bytes are needed */
};

/* The request at the front of `bytes`: returns its size, and the arguments as slices of it. 0: see problem. */
size_t resp_parse(struct resp_request *request, const char *bytes, size_t size);

#endif
