/*
 * Answers: heads with what every answer carries, bodies whole or in pieces. All
 * of them go through the connection's gate.
 */
#include "base/assert.h"
#include "base/checksum.h"
#include "door/http_state.h"
#include "door/route.h"

#include <stdio.h>
#include <time.h>

static const char *reason_of(int status)
{
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Status";
    }
}

/* The Date header (RFC 9110, 6.6.1), made ten times a second. */
static struct slice date_line(struct server *server)
{
    i64 now_ms = server_loop_ms(server);
    if (server->date_size == 0 || now_ms - server->date_made_ms >= 100) {
        struct tm parts;
        time_t now = (time_t)(server_now_ms(server) / 1000);
        gmtime_r(&now, &parts);
        server->date_size = strftime(server->date, sizeof(server->date), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
        server->date_made_ms = now_ms;
    }
    return slice_of(server->date, server->date_size);
}

/* What keeps a browser from doing more with an answer than showing it (OWASP secure headers). */
#define SAFE_HEADERS "X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n"
#define PAGE_HEADERS                                                                                         \
    "X-Frame-Options: DENY\r\nCross-Origin-Opener-Policy: same-origin\r\n"                                   \
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; "  \
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"

/* Of a GS1 resolver (GS1-Conformant Resolver Standard, 1.2): public, and another answer for another Accept. */
#define LINK_HEADERS                                                                                         \
    "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"                \
    "Access-Control-Expose-Headers: Link, Location\r\nVary: Accept\r\n"

static void head(struct http *http, int status, const char *type, const char *headers)
{
    struct buffer *out = &http->conn->output;
    const char *reason = reason_of(status);
    struct server *server = http->conn->server;
    char digits[4] = {(char)('0' + status / 100), (char)('0' + status / 10 % 10), (char)('0' + status % 10), ' '};
    server->metrics.http_status[MIN(status / 100, METRIC_STATUSES - 1)]++;
    http->status = status;
    buffer_add(out, "HTTP/1.1 ", 9);
    buffer_add(out, digits, 4);
    buffer_text(out, reason);
    buffer_add(out, "\r\n", 2);
    buffer_slice(out, date_line(server));
    if (type != NULL) {
        buffer_add(out, "Content-Type: ", 14);
        buffer_text(out, type);
        buffer_add(out, "\r\n", 2);
    }
    buffer_add(out, SAFE_HEADERS, sizeof(SAFE_HEADERS) - 1);
    if (type != NULL && (strncmp(type, "text/html", 9) == 0 || strncmp(type, "image/svg+xml", 13) == 0))
        buffer_text(out, PAGE_HEADERS);
    if (http->request.route != NULL && http->request.route->flags & ROUTE_LINK)
        buffer_text(out, LINK_HEADERS);
    if (http->conn->tls != NULL)
        buffer_text(out, "Strict-Transport-Security: max-age=31536000\r\n");
    if (strstr(headers, "Cache-Control:") == NULL)
        buffer_text(out, "Cache-Control: no-store\r\n");
    if (!http->keep_alive)
        buffer_text(out, "Connection: close\r\n");
    else if (http->parser.http_minor == 0)
        buffer_text(out, "Connection: keep-alive\r\n"); /* what an HTTP/1.0 client needs to hear */
    buffer_text(out, headers);
}

void http_reply(struct http *http, int status, const char *type, struct slice body, const char *headers)
{
    struct buffer *out = &http->conn->output;
    ASSERT(http->phase == HTTP_WAITING);
    head(http, status, type, headers);
    if (status != 204 && status != 304) {
        buffer_add(out, "Content-Length: ", 16);
        buffer_number(out, (i64)body.size);
        buffer_add(out, "\r\n", 2);
    }
    buffer_add(out, "\r\n", 2);
    if (!http->no_body && status != 204 && status != 304)
        buffer_slice(out, body);
    struct conn *conn = http->conn;
    if (http->free)
        conn_reply_free(conn);
    else
        conn_reply(conn);
    if (!conn->closing) /* which would have freed http */
        http_answered(http);
}

struct emit http_body(struct http *http)
{
    struct buffer *scratch = &http->conn->server->scratch;
    scratch->size = 0;
    return emit_into(scratch);
}

/* True when If-None-Match names this tag (weak comparison), or anything. */
static bool tag_matches(struct slice header, const char *tag, size_t size)
{
    if (header.bytes == NULL)
        return false;
    if (slice_is(header, "*"))
        return true;
    for (size_t i = 0; i + size <= header.size; i++)
        if (memcmp(header.bytes + i, tag, size) == 0)
            return true;
    return false;
}

void http_reply_tagged(struct http *http, const char *type, const char *more)
{
    struct buffer *scratch = &http->conn->server->scratch;
    struct slice body = slice_of(scratch->bytes, scratch->size);
    char headers[HTTP_TAGGED_MAX + 96];
    ASSERT(strlen(more) <= HTTP_TAGGED_MAX);
    snprintf(headers, sizeof(headers), "ETag: \"%016llx\"\r\nCache-Control: private, no-cache\r\n%s",
             (unsigned long long)checksum64(body.bytes, body.size, 0), more);
    if (tag_matches(http->request.headers[HTTP_IF_NONE_MATCH], headers + 6, 18))
        http_reply(http, 304, NULL, slice_of("", 0), headers);
    else
        http_reply(http, 200, type, body, headers);
}

void http_reply_json(struct http *http, int status)
{
    struct buffer *scratch = &http->conn->server->scratch;
    bool get = http->parser.method == HTTP_GET || http->parser.method == HTTP_HEAD;
    if (get && status == 200)
        http_reply_tagged(http, "application/json", "");
    else
        http_reply(http, status, "application/json", slice_of(scratch->bytes, scratch->size),
                   http->request.headers[HTTP_IDEMPOTENCY_KEY].bytes != NULL && http->replayed
                       ? "Idempotent-Replayed: true\r\n" : "");
}

/* --- in pieces ---------------------------------------------------------------------------------------- */

void http_begin(struct http *http, int status, const char *type, const char *headers)
{
    ASSERT(http->phase == HTTP_WAITING);
    http->phase = HTTP_STREAMING;
    http->chunked = http->parser.http_minor >= 1;
    http->keep_alive = http->keep_alive && http->chunked;
    head(http, status, type, headers);
    buffer_text(&http->conn->output, http->chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
    conn_reply(http->conn);
}

void http_piece(struct http *http, struct slice bytes)
{
    struct buffer *out = &http->conn->output;
    ASSERT(http->phase == HTTP_STREAMING);
    if (bytes.size == 0 || http->no_body)
        return;
    if (http->chunked)
        buffer_format(out, "%zx\r\n", bytes.size);
    buffer_slice(out, bytes);
    if (http->chunked)
        buffer_add(out, "\r\n", 2);
    bool free = http->free;
    http->free = false;
    if (free)
        conn_reply_free(http->conn);
    else
        conn_reply(http->conn);
}

void http_end(struct http *http)
{
    ASSERT(http->phase == HTTP_STREAMING);
    if (http->chunked && !http->no_body)
        buffer_text(&http->conn->output, "0\r\n\r\n");
    conn_reply(http->conn);
    http->closed = NULL;
    http_answered(http);
}
