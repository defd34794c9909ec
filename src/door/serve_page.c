/*
 * Pages about the server itself: the start page, the description of the API, and what each problem means.
 */
#include "door/pages.h"

#include "base/assert.h"
#include "door/docs.h"
#include "door/describe.h"
#include "door/door.h"
#include "door/openapi.h"
#include "door/page.h"
#include "door/problem.h"
#include "door/serve.h"
#include "door/server.h"

#include <stdlib.h>

#define PAGES_CACHE "Cache-Control: public, max-age=300\r\n"

struct pages {
    struct buffer start, docs, openapi;
};

static void start_make(struct buffer *out)
{
    page_begin(out, "Eleven");
    buffer_text(out, "<h1>Eleven</h1>\n<p>A durable order engine for shopping festivals: it decides who gets the last "
                     "unit, once, and answers when the decision is on the disk. Version " DOOR_VERSION ".</p>\n<dl>\n"
                     "<div><dt><a href=\"/docs\">/docs</a></dt><dd>the HTTP API, to read</dd></div>\n"
                     "<div><dt><a href=\"/openapi.json\">/openapi.json</a></dt><dd>the same for machines: OpenAPI 3.1"
                     "</dd></div>\n"
                     "<div><dt><a href=\"/healthz\">/healthz</a></dt><dd>the process is alive; "
                     "<a href=\"/readyz\">/readyz</a>: it takes orders</dd></div>\n"
                     "<div><dt><a href=\"/v1/time\">/v1/time</a></dt><dd>the clock that decides</dd></div>\n</dl>\n");
    page_end(out);
}

struct pages *pages_open(void)
{
    struct pages *pages = calloc(1, sizeof(*pages));
    ASSERT(pages != NULL);
    start_make(&pages->start);
    docs_make(&pages->docs);
    openapi_make(&pages->openapi);
    return pages;
}

void pages_close(struct pages *pages)
{
    buffer_free(&pages->start);
    buffer_free(&pages->docs);
    buffer_free(&pages->openapi);
    free(pages);
}

static void reply_page(struct http *http, const struct buffer *page)
{
    http_reply(http, 200, PAGE_TYPE, slice_of(page->bytes, page->size), PAGES_CACHE);
}

void serve_start(struct http *http)
{
    reply_page(http, &http_server(http)->pages->start);
}

void serve_docs(struct http *http)
{
    reply_page(http, &http_server(http)->pages->docs);
}

void serve_openapi(struct http *http)
{
    const struct buffer *document = &http_server(http)->pages->openapi;
    buffer_add(http_body(http).out, document->bytes, document->size);
    http_reply_json(http, 200);
}

/* The caller would rather have JSON than a page. */
static bool wants_json(struct slice accept)
{
    return accept.bytes != NULL && memmem(accept.bytes, accept.size, "json", 4) != NULL &&
           memmem(accept.bytes, accept.size, "text/html", 9) == NULL;
}

static void problem_json(struct http *http, const char *word, const char *title, int status)
{
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_word(&emit, "code", word);
    emit_key_word(&emit, "title", title);
    emit_key_number(&emit, "status", status);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

/* What a problem has in common with those of its status. */
static const char *status_sentence(int status)
{
    const char *name, *sentence;
    int known;
    for (size_t i = 0; (known = describe_status(i, &name, &sentence)) != 0; i++)
        if (known == status)
            return sentence;
    return "";
}

static void problem_page(struct http *http, const char *word, const char *title, int status)
{
    struct buffer *page = http_body(http).out;
    page_begin(page, word);
    buffer_text(page, "<p class=\"soft\"><a href=\"/docs#problems\">Problems</a></p>\n<h1>");
    page_text(page, word);
    buffer_text(page, "</h1>\n<p>");
    page_text(page, title);
    buffer_format(page, "</p>\n<p class=\"soft\">HTTP status %d. ", status);
    page_text(page, status_sentence(status));
    buffer_text(page, "</p>\n");
    page_end(page);
    reply_page(http, page);
}

void serve_problem(struct http *http)
{
    struct describe_problem all[DESCRIBE_PROBLEMS_MAX];
    struct slice word = route_parameter(http, "word");
    size_t count = describe_problems(all);
    for (size_t i = 0; i < count; i++) {
        if (!slice_is(word, all[i].word))
            continue;
        if (wants_json(http_request(http)->headers[HTTP_ACCEPT]))
            problem_json(http, all[i].word, all[i].title, all[i].status);
        else
            problem_page(http, all[i].word, all[i].title, all[i].status);
        return;
    }
    problem_reply(http, PROBLEM_NOT_FOUND, NULL);
}
