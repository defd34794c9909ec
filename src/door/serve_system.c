/*
 * How the server is: time, health, metrics.
 */
#include "door/http_state.h"
#include "door/problem.h"
#include "door/serve.h"

void serve_time(struct http *http)
{
    struct emit emit = http_body(http);
    i64 now_ms = server_now_ms(http_server(http));
    http_free(http);
    emit_open(&emit, '{');
    emit_key_time(&emit, "now", now_ms);
    emit_key_number(&emit, "now_ms", now_ms);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

#define READY_DISK_NS 1000000000 /* a disk that has been silent for so long is stuck */

static void health(struct http *http, const char *state)
{
    struct emit emit = http_body(http);
    http_free(http);
    emit_open(&emit, '{');
    emit_key_word(&emit, "status", state);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

void serve_healthz(struct http *http)
{
    health(http, "alive");
}

void serve_readyz(struct http *http)
{
    struct server *server = http_server(http);
    bool waits = server->flushed_ns != 0 && (i64)uv_hrtime() - server->flushed_ns > READY_DISK_NS;
    if (server->stopping || eleven_status(server->eleven) != JOURNAL_OK || waits)
        problem_busy(http, 5);
    else
        health(http, "ready");
}

void serve_metrics(struct http *http)
{
    struct buffer *page = http_body(http).out;
    http_free(http); /* figures about the server, which must be seen when its disk is stuck */
    metric_page(http_server(http), page);
    http_reply(http, 200, "text/plain; version=0.0.4; charset=utf-8", slice_of(page->bytes, page->size), "");
}
