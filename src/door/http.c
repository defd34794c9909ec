#include "door/http.h"

#include "base/assert.h"
#include "door/http_state.h"
#include "door/identify.h"
#include "door/problem.h"
#include "door/route.h"

#include <ctype.h>
#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>

struct http *http_of(struct conn *conn)
{
    return conn->state;
}

const struct http_request *http_request(struct http *http)
{
    return &http->request;
}

struct conn *http_conn(struct http *http)
{
    return http->conn;
}

struct server *http_server(struct http *http)
{
    return http->conn->server;
}

/* --- the parser's calls ------------------------------------------------------------------------ */

static int http_refuse(struct http *http, int status, const char *reason)
{
    if (http->refusal == 0) {
        http->refusal = status;
        http->refusal_reason = reason;
    }
    return -1;
}

static void http_span_add(struct http *http, struct http_span *span, const char *bytes, size_t size)
{
    if (!span->there)
        *span = (struct http_span){(u32)http->head.size, 0, true};
    buffer_add(&http->head, bytes, size);
    span->size += (u32)size;
}

static int on_message_begin(llhttp_t *parser)
{
    struct http *http = parser->data;
    http->head.size = 0;
    http->url = (struct http_span){0};
    memset(http->spans, 0, sizeof(http->spans));
    http->name_size = 0;
    http->header = -1;
    http->header_count = 0;
    http->head_bytes = 0;
    http->refusal = 0;
    http->replayed = false;
    http->no_body = false;
    http->free = false;
    http->checked = false;
    buffer_rest(&http->head);
    http->body.size = 0;
    buffer_rest(&http->body);
    http->body_size = 0;
    http->body_here = false;
    http->decoded_size = 0;
    http->request = (struct http_request){.caller.roles = ROLE_ANYBODY};
    http->begun = true;
    http->deadline_ms = server_loop_ms(http->conn->server) + HTTP_HEAD_MS;
    return 0;
}

static int http_head_grows(struct http *http, size_t size)
{
    http->head_bytes += size;
    return http->head_bytes > HTTP_HEAD_MAX ? http_refuse(http, 431, "The request's head is larger than 16 KiB.") : 0;
}

static int on_url(llhttp_t *parser, const char *bytes, size_t size)
{
    struct http *http = parser->data;
    http->no_body = parser->method == HTTP_HEAD; /* also of one that is refused before its head is whole */
    http_span_add(http, &http->url, bytes, size);
    return http->url.size > HTTP_HEAD_MAX / 2 ? http_refuse(http, 414, "The request's target is larger than 8 KiB.")
                                              : http_head_grows(http, size);
}

static int on_header_field(llhttp_t *parser, const char *bytes, size_t size)
{
    struct http *http = parser->data;
    size_t room = sizeof(http->name) - MIN(http->name_size, (u32)sizeof(http->name));
    for (size_t i = 0; i < MIN(size, room); i++)
        http->name[http->name_size + i] = (char)tolower((unsigned char)bytes[i]);
    http->name_size += (u32)size;
    return http_head_grows(http, size);
}

static int http_header_find(const struct http *http)
{
    static const struct {
        const char *name;
        u32 size;
    } names[] = {
#define HEADER(NAME, name) {name, sizeof(name) - 1},
        HTTP_HEADERS(HEADER)
#undef HEADER
    };
    for (int i = 0; i < HTTP_HEADER_COUNT; i++)
        if (http->name_size == names[i].size && memcmp(http->name, names[i].name, names[i].size) == 0)
            return i;
    return -1;
}

static int on_header_field_complete(llhttp_t *parser)
{
    struct http *http = parser->data;
    /* Trailers say nothing to us, and the head must stay where it is: the request's slices are of it. */
    http->header = parser->flags & F_TRAILING ? -1 : http_header_find(http);
    http->name_size = 0;
    if (++http->header_count > HTTP_HEADERS_MAX)
        return http_refuse(http, 431, "There are more than 100 headers.");
    if (http->header >= 0 && http->spans[http->header].there)
        return http_refuse(http, 400, "A header that may stand once is there twice.");
    if (http->header >= 0)
        http->spans[http->header] = (struct http_span){(u32)http->head.size, 0, true};
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *bytes, size_t size)
{
    struct http *http = parser->data;
    if (http->header >= 0)
        http_span_add(http, &http->spans[http->header], bytes, size);
    return http_head_grows(http, size);
}

static struct slice http_span_text(const struct http *http, const struct http_span *span)
{
    return span->there ? slice_of(http->head.bytes + span->offset, span->size) : slice_of(NULL, 0);
}

/* Blanks behind a value are none of it. */
static struct slice http_trim_end(struct slice text)
{
    while (text.size > 0 && (text.bytes[text.size - 1] == ' ' || text.bytes[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/* "http://host/path" is /path here (RFC 9112, 3.2.2: servers must take it, though only proxies are sent it). */
static struct slice http_origin_form(struct slice url)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < ARRAY_COUNT(schemes); i++) {
        size_t size = strlen(schemes[i]);
        const char *slash = url.size > size ? memchr(url.bytes + size, '/', url.size - size) : NULL;
        if (slash != NULL && slash > url.bytes + size && strncasecmp(url.bytes, schemes[i], size) == 0)
            return slice_of(slash, url.size - (size_t)(slash - url.bytes));
    }
    return url;
}

/* The head is whole: slices of it stay where they are from now on. */
static void http_take_head(struct http *http)
{
    struct http_request *request = &http->request;
    buffer_room(&http->head, 1); /* so that no slice of it is NULL */
    struct slice url = http_origin_form(http_span_text(http, &http->url));
    const char *mark = url.size > 0 ? memchr(url.bytes, '?', url.size) : NULL;
    request->path = slice_of(url.bytes, mark != NULL ? (size_t)(mark - url.bytes) : url.size);
    request->query = mark != NULL ? slice_of(mark + 1, url.size - request->path.size - 1) : slice_of("", 0);
    for (int i = 0; i < HTTP_HEADER_COUNT; i++)
        request->headers[i] = http_trim_end(http_span_text(http, &http->spans[i]));
}

/* A file is read only from who may send one, and few at a time. False: it has been refused, and the connection will
 * close. */
static bool http_file_good(struct http *http)
{
    struct server *server = http->conn->server;
    bool keep_alive = http->keep_alive;
    if (http->request.route == NULL || (http->request.route->flags & ROUTE_FILE) == 0)
        return true;
    http->keep_alive = false;
    http->phase = HTTP_WAITING;
    http->whole_ns = (i64)uv_hrtime();
    server->stats.requests_http++;
    if (!identify(http) || !route_may(http))
        return false;
    if (server->files == HTTP_FILES_MAX) {
        problem_busy(http, 2);
        return false;
    }
    http->checked = true;
    http->file = true;
    server->files++;
    http->phase = HTTP_READING;
    http->keep_alive = keep_alive;
    return true;
}

static void http_file_end(struct http *http)
{
    if (http->file)
        http->conn->server->files--;
    http->file = false;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct http *http = parser->data;
    struct conn *conn = http->conn;
    bool body = parser->content_length > 0 || (parser->flags & F_CHUNKED);
    http_take_head(http);
    http->keep_alive = llhttp_should_keep_alive(parser) && !conn->server->stopping;
    if (parser->http_major != 1)
        return http_refuse(http, 505, "HTTP/1.1 is spoken here.");
    if (parser->http_minor >= 1 && !http->spans[HTTP_HOST].there)
        return http_refuse(http, 400, "The Host header is missing.");
    if (parser->method == HTTP_CONNECT)
        return http_refuse(http, 501, "This is no proxy.");
    parser->upgrade = 0; /* an offer (RFC 9110, 7.8), which is not taken: HTTP/1.1 goes on behind this request */
    struct slice coding = http->request.headers[HTTP_TRANSFER_ENCODING];
    if (coding.bytes != NULL && parser->http_minor == 0)
        return http_refuse(http, 400, "HTTP/1.0 knows no Transfer-Encoding.");
    bool chunked = coding.bytes != NULL && coding.size == 7 && strncasecmp(coding.bytes, "chunked", 7) == 0;
    if (coding.bytes != NULL && (!chunked || (parser->flags & F_CHUNKED) == 0))
        return http_refuse(http, 501, "No other transfer coding than chunked is known here.");
    size_t largest = route_find(http, (unsigned)parser->method);
    if (parser->content_length > largest)
        return http_refuse(http, 413, "The request's body is too large.");
    if (!http_file_good(http))
        return -1;
    http->deadline_ms = server_loop_ms(conn->server) + HTTP_BODY_MS + (i64)(parser->content_length / 100);
    struct slice expect = http->request.headers[HTTP_EXPECT];
    if (expect.bytes != NULL && body && expect.size == 12 && conn->output.size == 0) {
        buffer_text(&conn->output, "HTTP/1.1 100 Continue\r\n\r\n");
        conn_reply_free(conn);
    }
    return 0;
}

static int on_body(llhttp_t *parser, const char *bytes, size_t size)
{
    struct http *http = parser->data;
    http->body_size += size;
    if (http->body_size > route_body_max(http->request.route))
        return http_refuse(http, 413, "The request's body is too large.");
    if (http->body_size == size) { /* the first piece, and mostly the only one, stays where it is */
        http->body_bytes = bytes;
        http->body_here = true;
        return 0;
    }
    if (http->body_here)
        buffer_add(&http->body, http->body_bytes, http->body_size - size);
    http->body_here = false;
    buffer_add(&http->body, bytes, size);
    return 0;
}

/* A chunk that is larger than a body may be is not waited for. */
static int on_chunk_header(llhttp_t *parser)
{
    struct http *http = parser->data;
    size_t left = route_body_max(http->request.route) - http->body_size;
    return parser->content_length > left ? http_refuse(http, 413, "The request's body is too large.") : 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct http *http = parser->data;
    http->whole = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t http_settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_chunk_header = on_chunk_header,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* --- requests ------------------------------------------------------------------------------------ */

static void http_dispatch(struct http *http)
{
    struct http_request *request = &http->request;
    struct server *server = http->conn->server;
    http->whole = false;
    http->begun = false;
    http->check = (struct head_check){0};
    http->deadline_ms = 0;
    http->phase = HTTP_WAITING;
    http->whole_ns = (i64)uv_hrtime();
    request->body = http->body_here ? slice_of(http->body_bytes, http->body_size)
                                    : slice_of(http->body.bytes, http->body.size);
    server->stats.requests_http += !http->checked;
    if (http->checked || identify(http))
        route_run(http, (unsigned)http->parser.method);
}

/* What is no request is answered once, and the connection closed: what follows cannot be trusted. */
static void http_bad(struct http *http, llhttp_errno_t error)
{
    struct conn *conn = http->conn;
    conn->server->stats.bad_requests++;
    http->keep_alive = false;
    http->phase = HTTP_WAITING;
    http->whole_ns = (i64)uv_hrtime();
    const char *what = error == HPE_INVALID_METHOD ? "The method is not known." : "This is not HTTP/1.1.";
    bool named = http->refusal != 0;
    problem_unreadable(http, named ? http->refusal : 400, named ? http->refusal_reason : what);
}

/* Body bytes in the read buffer are kept when the request is not answered within this call. */
static void http_keep_body(struct http *http)
{
    if (!http->body_here)
        return;
    buffer_add(&http->body, http->body_bytes, http->body_size);
    http->body_here = false;
    http->request.body = slice_of(http->body.bytes, http->body.size);
}

static struct http *http_make(struct conn *conn)
{
    struct http *http = calloc(1, sizeof(*http));
    ASSERT(http != NULL);
    http->conn = conn;
    llhttp_init(&http->parser, HTTP_REQUEST, &http_settings);
    http->parser.data = http;
    conn->state = http;
    return http;
}

static size_t http_bytes(struct conn *conn, const char *bytes, size_t size)
{
    struct http *http = conn->state != NULL ? conn->state : http_make(conn);
    size_t at = 0;
    while (at < size && http->phase == HTTP_READING && !conn->close_after && http->rest_until_ms == 0 &&
           conn_unsent(conn) < CONN_OUTPUT_MAX) {
        const char *wrong = head_check(&http->check, bytes + at, size - at);
        if (wrong != NULL)
            http_refuse(http, 400, wrong);
        llhttp_errno_t error = wrong != NULL ? HPE_USER : llhttp_execute(&http->parser, bytes + at, size - at);
        if (error == HPE_OK) {
            at = size;
        } else if (error == HPE_PAUSED && http->whole) {
            at = (size_t)(llhttp_get_error_pos(&http->parser) - bytes);
            llhttp_resume(&http->parser);
            http_dispatch(http);
        } else {
            if (!conn->close_after) /* else it has been answered in mid-request */
                http_bad(http, error);
            return size;
        }
    }
    http_keep_body(http);
    if (http->begun && http->deadline_ms != 0)
        conn->deadline_ms = http->deadline_ms;
    conn->pause = http->phase != HTTP_READING || http->rest_until_ms != 0 || conn->close_after;
    return at;
}

/* A line of log for one request. The path is the caller's text: written as JSON, and no more than 512 bytes of it. */
static void http_log(struct http *http, i64 took_ns)
{
    const struct http_request *request = &http->request;
    struct buffer text = {0};
    struct emit emit = emit_into(&text);
    emit_text(&emit, slice_of(request->path.bytes, MIN(request->path.size, (size_t)512)));
    buffer_byte(&text, 0);
    server_log(http->conn->server, "info", "request",
               "\"method\":\"%s\",\"path\":%s,\"status\":%d,\"us\":%lld,\"account\":%u,\"address\":\"%s\"",
               route_method_word(http->parser.method), text.bytes, http->status, (long long)took_ns / 1000,
               request->caller.account, http->conn->peer);
    buffer_free(&text);
}

void http_answered(struct http *http)
{
    struct conn *conn = http->conn;
    struct server *server = conn->server;
    ASSERT(http->phase != HTTP_READING);
    i64 took_ns = (i64)uv_hrtime() - http->whole_ns;
    if (http->phase == HTTP_WAITING) /* how long a stream has lived says nothing */
        histogram_add(&server->metrics.http, took_ns);
    http_file_end(http);
    if (server->options.log_requests)
        http_log(http, took_ns);
    http->phase = HTTP_READING;
    http->chunked = false;
    http->no_body = false;
    if (!http->keep_alive) {
        conn_close_after(conn);
        return;
    }
    if (conn->pause && http->rest_until_ms == 0)
        conn_resume(conn);
}

void http_wait(struct http *http)
{
    ASSERT(http->phase == HTTP_WAITING);
}

static void http_rest_forget(struct http *http)
{
    struct server *server = http->conn->server;
    if (http->rest_previous != NULL)
        http->rest_previous->rest_next = http->rest_next;
    else
        server->resting = http->rest_next;
    if (http->rest_next != NULL)
        http->rest_next->rest_previous = http->rest_previous;
    else
        server->resting_last = http->rest_previous;
    http->rest_until_ms = 0;
}

static void http_closed(struct conn *conn)
{
    struct http *http = conn->state;
    conn->state = NULL;
    if (http == NULL)
        return;
    if (http->closed != NULL)
        http->closed(http->closed_argument);
    if (http->rest_until_ms != 0)
        http_rest_forget(http);
    http_file_end(http);
    buffer_free(&http->head);
    buffer_free(&http->body);
    free(http->decoded);
    free(http);
}

static bool http_idle(const struct conn *conn, bool half)
{
    const struct http *http = conn->state;
    return http == NULL || (http->phase == HTTP_READING && !(half && http->begun));
}

const struct protocol http_protocol = {http_bytes, http_closed, http_idle};

void http_on_close(struct http *http, void (*closed)(void *argument), void *argument)
{
    http->closed = closed;
    http->closed_argument = argument;
}

/* --- resting -------------------------------------------------------------------------------------- */

void http_rest(struct http *http)
{
    struct server *server = http->conn->server;
    if (http->rest_until_ms != 0)
        return;
    http->rest_until_ms = server_loop_ms(server) + HTTP_REST_MS;
    http->rest_next = NULL;
    http->rest_previous = server->resting_last;
    if (server->resting_last != NULL)
        server->resting_last->rest_next = http;
    else
        server->resting = http;
    server->resting_last = http;
}

void http_rest_tick(struct server *server)
{
    while (server->resting != NULL && server->resting->rest_until_ms <= server_loop_ms(server)) {
        struct http *http = server->resting;
        http_rest_forget(http);
        conn_resume(http->conn);
    }
}

/* --- jobs, queries ---------------------------------------------------------------------------------- */

void http_job(struct http *http, job_run *run, job_done *done, void *argument)
{
    if (job_start(http_server(http), http->conn, run, done, argument)) {
        http_wait(http);
        return;
    }
    sodium_memzero(argument, malloc_usable_size(argument)); /* it may hold a password */
    free(argument);
    problem_busy(http, 1);
}

void http_free(struct http *http)
{
    http->free = true;
}

bool http_decode(struct http *http, struct slice text, bool plus_is_space, struct slice *decoded)
{
    if (http->decoded == NULL)
        http->decoded = malloc(HTTP_DECODED_MAX);
    ASSERT(http->decoded != NULL);
    size_t begin = http->decoded_size, out = begin;
    for (size_t i = 0; i < text.size; i++) {
        if (out == HTTP_DECODED_MAX)
            return false;
        char c = text.bytes[i];
        if (c == '%') {
            if (i + 2 >= text.size || !isxdigit((unsigned char)text.bytes[i + 1]) ||
                !isxdigit((unsigned char)text.bytes[i + 2]))
                return false;
            char hex[3] = {text.bytes[i + 1], text.bytes[i + 2], 0};
            c = (char)strtol(hex, NULL, 16);
            if (c == 0)
                return false;
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        http->decoded[out++] = c;
    }
    *decoded = slice_of(http->decoded + begin, out - begin);
    http->decoded_size = out;
    return true;
}

bool http_query(struct http *http, const char *name, struct slice *value)
{
    struct slice rest = http->request.query;
    size_t length = strlen(name);
    while (rest.size > 0) {
        const char *end = memchr(rest.bytes, '&', rest.size);
        size_t size = end != NULL ? (size_t)(end - rest.bytes) : rest.size;
        if (size >= length && memcmp(rest.bytes, name, length) == 0 &&
            (size == length || rest.bytes[length] == '=')) {
            size_t skip = MIN(length + 1, size);
            return http_decode(http, slice_of(rest.bytes + skip, size - skip), true, value);
        }
        rest = slice_of(rest.bytes + MIN(size + 1, rest.size), rest.size - MIN(size + 1, rest.size));
    }
    return false;
}
