/*
 * HTTP/1.1 (RFC 9110, 9112): a connection's requests, one at a time, and the
 * ways to answer them. The parser is llhttp in its strict mode, behind a check of its own (head_check.h); what is not
 * plainly HTTP/1.1 is refused and the connection closed, so that nobody in front of us can see two requests where we
 * see one.
 *
 * A handler (route.h) gets a whole request and does one of: http_reply and its like, now or later; http_ask: a
 * command at the desk; http_job: work on the pool.
 */
#ifndef ELEVEN_DOOR_HTTP_H
#define ELEVEN_DOOR_HTTP_H

#include "access/access.h"
#include "base/result.h"
#include "door/conn.h"
#include "door/job.h"
#include "base/emit.h"

extern const struct protocol http_protocol;

#define HTTP_HEAD_MAX ((size_t)16 << 10)    /* request line and headers */
#define HTTP_HEADERS_MAX 100
#define HTTP_HEAD_MS 10000                  /* from the first byte to the last of the head */
#define HTTP_BODY_MS 30000                  /* for the body, and 1 s more for each 100 KB announced */
#define HTTP_FILES_MAX 4                    /* large bodies at one time (ROUTE_FILE_MAX each) */
#define HTTP_PARAMETERS_MAX 4
#define HTTP_REST_MS 900                    /* a refused connection is not read from for so long */

/* Headers that are looked at: HEADER(NAME, "lower-case name") */
#define HTTP_HEADERS(HEADER)                            \
    HEADER(TRANSFER_ENCODING, "transfer-encoding")      \
    HEADER(HOST, "host")                                \
    HEADER(AUTHORIZATION, "authorization")              \
    HEADER(COOKIE, "cookie")                            \
    HEADER(CONTENT_TYPE, "content-type")                \
    HEADER(IDEMPOTENCY_KEY, "idempotency-key")          \
    HEADER(IF_NONE_MATCH, "if-none-match")              \
    HEADER(ACCEPT, "accept")                            \
    HEADER(EXPECT, "expect")                            \
    HEADER(LAST_EVENT_ID, "last-event-id")              \
    HEADER(ORIGIN, "origin")                            \
    HEADER(SEC_FETCH_SITE, "sec-fetch-site")            \
    HEADER(QUEUE_TICKET, "queue-ticket")

enum http_header {
#define HEADER(NAME, name) HTTP_##NAME,
    HTTP_HEADERS(HEADER)
#undef HEADER
    HTTP_HEADER_COUNT
};

struct http;
struct route;

struct http_parameter {
    const char *name;       /* static, the route's */
    struct slice value;     /* percent-decoded */
};

/* The request that is being answered. */
struct http_request {
    const struct route *route;
    struct slice path;                          /* as sent, without the query */
    struct slice query;
    struct slice headers[HTTP_HEADER_COUNT];    /* bytes NULL: not sent */
    struct slice body;
    struct http_parameter parameters[HTTP_PARAMETERS_MAX];
    u32 parameter_count;
    struct caller caller;
    bool by_cookie;                             /* the caller was known by a session cookie */
    u64 key[2];                                 /* the idempotency key; zero: none */
};

/* Valid until the request has been answered. */
const struct http_request *http_request(struct http *http);
struct conn *http_conn(struct http *http);
struct server *http_server(struct http *http);

/* --- answers: exactly one for each request ------------------------------------------------------ */

/* A body to be written; its bytes are the server's scratch, good until the next http_body. */
struct emit http_body(struct http *http);

/* Sends what was written into http_body as JSON. `status` 2xx. With an ETag when the request is a GET (304 when the
 * caller has it). */
void http_reply_json(struct http *http, int status);

/* The same, 200, to a GET, of another media type and with further headers (at most HTTP_TAGGED_MAX bytes). */
#define HTTP_TAGGED_MAX 256u
void http_reply_tagged(struct http *http, const char *type, const char *headers);

/* A whole answer; `headers` is "" or lines that end with CR LF. */
void http_reply(struct http *http, int status, const char *type, struct slice body, const char *headers);

/* Keep-alive connections get an answer whose body comes in pieces (chunked): begin, pieces, end. Server-sent events
 * never end. */
void http_begin(struct http *http, int status, const char *type, const char *headers);
void http_piece(struct http *http, struct slice bytes);
void http_end(struct http *http);

/* The answer, or piece, that follows rests on nothing that a crash could take back: it does not wait for the disk. A
 * piece that is sent at once may close the connection and with it end `http`. */
void http_free(struct http *http);

/* A problem document (RFC 9457): problem.h. */

/* --- later ---------------------------------------------------------------------------------------- */

/* The answer comes later, from a desk_reply or job_done that gets the connection back: http_of(conn). */
void http_wait(struct http *http);
struct http *http_of(struct conn *conn);

/* Runs `run` on the pool and `done` afterwards; answers 503 itself when there is no room, and frees the argument
 * then. */
void http_job(struct http *http, job_run *run, job_done *done, void *argument);

/* Value of a query parameter, percent-decoded into a place that lives as long as the request. False: not there. */
bool http_query(struct http *http, const char *name, struct slice *value);

/* Called when the connection of a streaming answer, or of one that comes later, ends: once, with the argument. NULL:
 * not any more. */
void http_on_close(struct http *http, void (*closed)(void *argument), void *argument);

/* The connection is not read from for HTTP_REST_MS: it was refused, and asks again too soon. */
void http_rest(struct http *http);
void http_rest_tick(struct server *server);

#endif
