/*
 * Between the files that speak HTTP: one connection's parser, its present
 * request, and where its answer stands.
 */
#ifndef ELEVEN_DOOR_HTTP_STATE_H
#define ELEVEN_DOOR_HTTP_STATE_H

#include "door/head_check.h"
#include "door/http.h"
#include "door/server.h"

#include <llhttp.h>

#define HTTP_DECODED_MAX ((size_t)8 << 10)
#define HTTP_CREDENTIAL_MAX 160

enum http_phase {
    HTTP_READING,           /* a request, or nothing yet */
    HTTP_WAITING,           /* for its answer */
    HTTP_STREAMING,         /* the answer comes in pieces */
};

/* Bytes of http->head. */
struct http_span {
    u32 offset, size;
    bool there;
};

struct http {
    struct conn *conn;
    llhttp_t parser;
    struct head_check check; /* of the head's bytes, before the parser gets them */
    enum http_phase phase;
    bool whole;             /* the present request has been read */
    bool keep_alive;
    bool no_body;           /* HEAD: the answer's head only */
    bool chunked;           /* the answer in pieces */
    bool body_here;         /* body bytes lie in the read buffer, until the end of this call */
    bool begun;             /* some byte of the request has been read */
    bool free;              /* the answer rests on no state and need not wait for the disk */
    bool checked;           /* who asks, and whether they may, is known since its head */
    bool file;              /* counted in server->files */
    bool replayed;          /* the answer is that of an earlier request with this key */
    i64 deadline_ms;        /* for the request's bytes */
    i64 whole_ns;           /* when its last byte was read */
    int status;             /* of the answer */

    struct buffer head;     /* URL and the headers that are looked at */
    struct http_span url;
    struct http_span spans[HTTP_HEADER_COUNT];
    char name[32];          /* of the header that is being read */
    u32 name_size;
    int header;             /* enum http_header; -1: not looked at */
    u32 header_count;
    size_t head_bytes;
    int refusal;            /* status of what is wrong with the request while it is read; 0: nothing */
    const char *refusal_reason;

    const char *body_bytes; /* see body_here */
    struct buffer body;
    size_t body_size;

    char *decoded;          /* percent-decoded values; HTTP_DECODED_MAX, made when needed */
    size_t decoded_size;
    struct http_request request;

    /* The last credential that was found good, so that the next request of a connection costs nothing. */
    char credential[HTTP_CREDENTIAL_MAX];
    size_t credential_size;
    struct caller credential_caller;
    i64 credential_until_ms;

    void (*closed)(void *argument);
    void *closed_argument;
    i64 rest_until_ms;      /* 0: not resting */
    struct http *rest_next, *rest_previous;
    struct http *wait_next; /* in the line of admission.c */
};


/* The present request has been answered: goes on with the next one, or closes. */
void http_answered(struct http *http);

/* Percent-decodes into memory of the request; false: bad or too long. */
bool http_decode(struct http *http, struct slice text, bool plus_is_space, struct slice *decoded);

#endif
