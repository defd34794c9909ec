/*
 * Webhooks: who is told of events, and how that goes. hook.h says what each of
 * these does; all of it is the pool's work.
 */
#include "base/assert.h"
#include "door/form.h"
#include "door/http_state.h"
#include "door/param.h"
#include "door/problem.h"
#include "door/route.h"
#include "door/serve.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

struct hook_job {
    struct hook *hook;
    struct access_act act;
    bool acts;              /* false: it only reads */
    int good;               /* HTTP status of success */
    u32 id;
    u32 events;
    bool enabled;
    char url[HOOK_URL_MAX + 1];
    size_t url_size;
    enum hook_status status;
    char secret[HOOK_SECRET_MAX];
    struct hook_endpoint endpoint;
};

/* --- answers --------------------------------------------------------------------------------------------- */

static void endpoint_render(struct emit *emit, const struct hook_endpoint *endpoint, const char *secret)
{
    emit_open(emit, '{');
    emit_key_number(emit, "webhook", endpoint->id);
    emit_key_word(emit, "url", endpoint->url);
    emit_key_open(emit, "events", '[');
    for (unsigned i = 0; i < HOOK_EVENT_COUNT; i++)
        if (endpoint->events >> i & 1)
            emit_text(emit, slice_text(hook_event_word((enum hook_event)i)));
    emit_close(emit, ']');
    emit_key_bool(emit, "enabled", endpoint->enabled);
    emit_key_time(emit, "made_at", endpoint->made_ms);
    emit_key_number(emit, "delivered", (i64)endpoint->delivered);
    emit_key_number(emit, "waiting", (i64)endpoint->waiting);
    emit_key_number(emit, "dead", (i64)endpoint->dead);
    emit_key_number(emit, "lost", (i64)endpoint->lost);
    emit_key_time(emit, "next_try_at", endpoint->next_try_ms);
    if (endpoint->last_error[0] != 0)
        emit_key_word(emit, "last_error", endpoint->last_error);
    else
        emit_key_null(emit, "last_error");
    if (secret[0] != 0)
        emit_key_word(emit, "secret", secret);
    emit_close(emit, '}');
}

static const struct {
    int http;
    const char *field;      /* what is wrong, when it is a field */
} hook_problems[] = {
    [HOOK_OK] = {200, NULL},        [HOOK_BAD_URL] = {400, "url"}, [HOOK_BAD_EVENTS] = {400, "events"},
    [HOOK_NOT_FOUND] = {404, NULL}, [HOOK_FULL] = {409, NULL},     [HOOK_FAILED] = {503, NULL},
};

static void hook_refuse(struct http *http, enum hook_status status)
{
    if (hook_problems[status].field != NULL)
        problem_field(http, hook_problems[status].field, hook_status_sentence(status));
    else if (status == HOOK_FULL)
        problem_access(http, ACCESS_FULL, 0);
    else
        problem_reply(http, status == HOOK_NOT_FOUND ? PROBLEM_NOT_FOUND : PROBLEM_UNAVAILABLE,
                      hook_status_sentence(status));
}

static void hook_done(struct server *server, struct conn *conn, void *argument)
{
    struct hook_job *job = argument;
    bool good = job->status == HOOK_OK;
    job->act.status = (u32)(good ? job->good : hook_problems[job->status].http);
    if (job->acts)
        access_act(server->access, &job->act);
    if (conn != NULL && good && job->good == 204) {
        http_reply(http_of(conn), 204, NULL, slice_of("", 0), "");
    } else if (conn != NULL && good) {
        struct emit emit = http_body(http_of(conn));
        endpoint_render(&emit, &job->endpoint, job->secret);
        http_reply_json(http_of(conn), job->good);
    } else if (conn != NULL) {
        hook_refuse(http_of(conn), job->status);
    }
    sodium_memzero(job->secret, sizeof(job->secret));
    free(job);
}

/* --- on the pool ----------------------------------------------------------------------------------------- */

/* What it is like now ends most of them; a change that was made is told even if it has been removed since. */
static void hook_run_get(void *argument)
{
    struct hook_job *job = argument;
    job->status = hook_get(job->hook, job->id, &job->endpoint);
}

static void hook_run_add(void *argument)
{
    struct hook_job *job = argument;
    job->status = hook_add(job->hook, slice_of(job->url, job->url_size), job->events, job->secret, &job->id);
    if (job->status != HOOK_OK)
        return;
    snprintf(job->act.target, sizeof(job->act.target), "webhook %u: %.100s", job->id, job->url);
    hook_run_get(job);
}

static void hook_run_rotate(void *argument)
{
    struct hook_job *job = argument;
    job->status = hook_rotate(job->hook, job->id, job->secret);
    if (job->status == HOOK_OK)
        hook_run_get(job);
}

static void hook_run_enable(void *argument)
{
    struct hook_job *job = argument;
    job->status = hook_enable(job->hook, job->id, job->enabled);
    if (job->status == HOOK_OK)
        hook_run_get(job);
}

static void hook_run_remove(void *argument)
{
    struct hook_job *job = argument;
    job->status = hook_remove(job->hook, job->id);
}

static void hook_run_redeliver(void *argument)
{
    struct hook_job *job = argument;
    job->status = hook_redeliver(job->hook, job->id);
    if (job->status == HOOK_OK)
        hook_run_get(job);
}

/* --- requests -------------------------------------------------------------------------------------------- */

static bool has_hooks(struct http *http)
{
    bool has = http_server(http)->hook != NULL;
    if (!has)
        problem_reply(http, PROBLEM_UNAVAILABLE, "This server keeps no views, and without them there are no webhooks.");
    return has;
}

static struct hook_job *hook_make(struct http *http)
{
    const struct route *route = http_request(http)->route;
    struct hook_job *job = calloc(1, sizeof(*job));
    ASSERT(job != NULL);
    job->hook = http_server(http)->hook;
    job->good = route->status;
    job->acts = (route->flags & ROUTE_ACT) != 0;
    route_act_fill(http, &job->act);
    return job;
}

/* About the endpoint in the path. */
static void hook_start(struct http *http, job_run *run)
{
    u32 id;
    if (!has_hooks(http) || !form_id(http, "webhook", &id))
        return;
    struct hook_job *job = hook_make(http);
    job->id = id;
    http_job(http, run, hook_done, job);
}

void serve_webhook_get(struct http *http)
{
    hook_start(http, hook_run_get);
}

void serve_webhook_remove(struct http *http)
{
    hook_start(http, hook_run_remove);
}

void serve_webhook_rotate(struct http *http)
{
    hook_start(http, hook_run_rotate);
}

void serve_webhook_redeliver(struct http *http)
{
    hook_start(http, hook_run_redeliver);
}

void serve_webhook_enable(struct http *http)
{
    u32 id;
    bool enabled;
    if (!has_hooks(http) || !form_id(http, "webhook", &id))
        return;
    json_t *form = form_open(http, "enabled");
    bool good = form != NULL && form_bool(http, form, "enabled", &enabled);
    form_close(form);
    if (!good)
        return;
    struct hook_job *job = hook_make(http);
    job->id = id;
    job->enabled = enabled;
    http_job(http, hook_run_enable, hook_done, job);
}

/* A set of event types from a list of words. False: refused. */
static bool events_read(struct http *http, json_t *form, u32 *events)
{
    json_t *list = json_object_get(form, "events");
    *events = 0;
    if (!json_is_array(list) || json_array_size(list) == 0) {
        problem_field(http, "events", "must be a list of at least one event type");
        return false;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *word = json_array_get(list, i);
        struct slice text = slice_of(json_string_value(word), json_string_length(word)); /* NULL, 0: no string */
        int event = text.bytes != NULL ? hook_event_by_word(text) : -1;
        if (event < 0) {
            problem_field(http, "events", "holds something that is no event type");
            return false;
        }
        *events |= 1u << event;
    }
    return true;
}

void serve_webhook_add(struct http *http)
{
    struct slice url;
    u32 events;
    if (!has_hooks(http))
        return;
    json_t *form = form_open(http, "url events");
    if (form == NULL)
        return;
    if (body_text(http, form, "url", true, &url) && events_read(http, form, &events)) {
        struct hook_job *job = hook_make(http);
        job->url_size = MIN(url.size, sizeof(job->url)); /* one byte too many is refused as all of them would be */
        memcpy(job->url, url.bytes, job->url_size);
        job->events = events;
        http_job(http, hook_run_add, hook_done, job);
    }
    form_close(form);
}

/* --- lists ----------------------------------------------------------------------------------------------- */

struct hooks_job {
    struct hook *hook;
    size_t count;
    struct hook_endpoint rows[HOOK_ENDPOINTS_MAX];
};

static void hooks_run(void *argument)
{
    struct hooks_job *job = argument;
    job->count = hook_list(job->hook, job->rows, ARRAY_COUNT(job->rows));
}

static void hooks_done(struct server *server, struct conn *conn, void *argument)
{
    struct hooks_job *job = argument;
    (void)server;
    if (conn != NULL) {
        struct emit emit = http_body(http_of(conn));
        emit_open(&emit, '{');
        emit_key_open(&emit, "webhooks", '[');
        for (size_t i = 0; i < job->count; i++)
            endpoint_render(&emit, &job->rows[i], "");
        emit_close(&emit, ']');
        emit_close(&emit, '}');
        http_reply_json(http_of(conn), 200);
    }
    free(job);
}

void serve_webhooks_find(struct http *http)
{
    if (!has_hooks(http))
        return;
    struct hooks_job *job = calloc(1, sizeof(*job));
    ASSERT(job != NULL);
    job->hook = http_server(http)->hook;
    http_job(http, hooks_run, hooks_done, job);
}

struct letters_job {
    struct hook *hook;
    u32 id, limit;
    u64 after;
    enum hook_status status;
    size_t count;
    struct hook_letter rows[FORM_LIMIT_MAX];
};

static void letters_run(void *argument)
{
    struct letters_job *job = argument;
    struct hook_endpoint endpoint;
    job->status = hook_get(job->hook, job->id, &endpoint);
    if (job->status == HOOK_OK)
        job->count = hook_letters(job->hook, job->id, job->after, job->rows, job->limit);
}

static void letter_render(struct emit *emit, const struct hook_letter *letter)
{
    emit_open(emit, '{');
    emit_key_number(emit, "number", (i64)letter->number);
    emit_key_word(emit, "id", letter->id);
    emit_key_word(emit, "event", letter->type);
    emit_key_time(emit, "at", letter->time_ms);
    emit_key_number(emit, "attempts", letter->attempts);
    emit_key_word(emit, "error", letter->error);
    emit_close(emit, '}');
}

static void letters_done(struct server *server, struct conn *conn, void *argument)
{
    struct letters_job *job = argument;
    (void)server;
    if (conn != NULL && job->status != HOOK_OK) {
        hook_refuse(http_of(conn), job->status);
    } else if (conn != NULL) {
        struct emit emit = http_body(http_of(conn));
        emit_open(&emit, '{');
        emit_key_open(&emit, "letters", '[');
        for (size_t i = 0; i < job->count; i++)
            letter_render(&emit, &job->rows[i]);
        emit_close(&emit, ']');
        if (job->count == job->limit)
            emit_key_number(&emit, "next", (i64)job->rows[job->count - 1].number);
        else
            emit_key_null(&emit, "next");
        emit_close(&emit, '}');
        http_reply_json(http_of(conn), 200);
    }
    free(job);
}

void serve_webhook_letters(struct http *http)
{
    u32 id, limit;
    u64 after = 0;
    if (!has_hooks(http) || !form_id(http, "webhook", &id) || !param_number(http, "after", INT64_MAX, &after) ||
        !form_limit(http, &limit))
        return;
    struct letters_job *job = calloc(1, sizeof(*job));
    ASSERT(job != NULL);
    job->hook = http_server(http)->hook;
    job->id = id;
    job->after = after;
    job->limit = limit;
    http_job(http, letters_run, letters_done, job);
}
