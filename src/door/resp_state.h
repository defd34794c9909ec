/*
 * Between the files of the Redis protocol's door.
 */
#ifndef ELEVEN_DOOR_RESP_STATE_H
#define ELEVEN_DOOR_RESP_STATE_H

#include "door/resp_parse.h"
#include "door/server.h"

#define RESP_TRUST_MS 1000      /* a key found good is not looked up again for so long */
#define RESP_REQUEST_MS 30000   /* from a request's first byte to its last */

struct resp {
    struct caller caller;
    u32 version;            /* 2 or 3 */
    u32 asked;              /* at the desk, not answered */
    char key[ACCESS_SECRET_MAX]; /* that it authenticated with, to be asked about again */
    size_t key_size;        /* 0: none */
    i64 key_checked_ms;     /* loop time */
    i64 begun_ms;           /* when a part of the present request was here; 0: none is */
    struct resp_request request;
};

enum resp_verdict {
    RESP_DONE,
    RESP_BLOCKED,           /* nothing was done: the desk is full; again later */
};

/* A command that is not the engine's: name in capitals, what it takes, who may, one line about it. */
typedef void resp_run(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count);
struct resp_command {
    const char *name;
    resp_run *run;
    int arity;              /* as Redis counts: name included, negative: at least */
    u32 roles;              /* who may give it */
    bool shows_state;       /* its answer waits for what it rests on to be durable */
    const char *summary;
};
extern const struct resp_command resp_commands[];
extern const size_t resp_command_count;

/* Replies, appended to the connection's output. */
void resp_ok(struct conn *conn);
void resp_error(struct conn *conn, const char *word, const char *sentence);
void resp_integer(struct conn *conn, i64 number);
void resp_bulk(struct conn *conn, struct slice text);
void resp_null(struct conn *conn);
void resp_array_head(struct conn *conn, size_t count);
void resp_map_head(struct conn *conn, size_t count);    /* pairs; an array for RESP2 */
void resp_text(struct conn *conn, const char *text);
void resp_result(struct conn *conn, struct result result);

/* True when a word of a request is this one, in any case. */
bool resp_is(struct slice word, const char *capitals);

#endif
