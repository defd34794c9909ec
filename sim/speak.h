/*
 * speak.h: what a client says and hears: a command of the engine as a request
 * in RESP or HTTP, made from the same tables as the server's side, and the
 * answers to it. A second reader of both protocols, in the plainest way.
 */
#ifndef ELEVEN_SIM_SPEAK_H
#define ELEVEN_SIM_SPEAK_H

#include "base/buffer.h"
#include "core/command.h"

/* Appends the request. `key`: the idempotency key's text. HTTP: false when no route gives this command to the role. */
void speak_resp(struct buffer *out, const struct command_header *command, const char *key);
struct speak_http {
    const char *key, *secret;   /* Idempotency-Key; API key */
    const char *ticket;         /* Queue-Ticket; "": none */
    u32 role;
    bool chunked;
    bool closes;                /* Connection: close */
};
bool speak_http(struct buffer *out, const struct command_header *command, const struct speak_http *how);

enum answer_kind {
    ANSWER_DONE,            /* accepted, or nothing to do */
    ANSWER_REFUSED,         /* decided against it, by `word` */
    ANSWER_LATER,           /* not decided: busy, overloaded, too many */
    ANSWER_WRONG,           /* the request was not taken for one that can be decided, by `word` */
    ANSWER_BROKEN,          /* no answer of this protocol */
};

struct heard {
    enum answer_kind kind;
    char word[48];
    i64 id;                 /* DONE: as the command answers; -1: the answer does not say */
    i64 value;              /* -1: it does not say */
    bool replayed;
    bool closes;            /* HTTP: the connection ends behind it */
    i64 retry_s;
    char ticket[128];
};

/* The answer at the front of `bytes`; returns its size, 0: it is not whole yet. */
size_t speak_read_resp(struct heard *answer, const char *bytes, size_t size);
size_t speak_read_http(struct heard *answer, const char *bytes, size_t size);

#endif
