/*
 * API keys: everybody's own, and everybody's for administrators. A key's secret
 * is shown once, when it is made.
 */
#include "base/assert.h"
#include "door/form.h"
#include "door/http_state.h"
#include "door/identify.h"
#include "door/param.h"
#include "door/problem.h"
#include "door/route.h"
#include "door/serve.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

struct key_job {
    struct access *access;
    struct access_act act;
    u32 account;            /* whose key; 0: anybody's */
    u32 key_id;
    i64 now_ms;
    char name[ACCESS_NAME_MAX + 1];
    size_t name_size;
    enum access_status status;
    char key[ACCESS_SECRET_MAX];
    size_t count;
    struct access_key_row rows[2 * ACCESS_KEYS_PER_ACCOUNT_MAX];
};

static struct key_job *key_make(struct http *http)
{
    struct server *server = http_server(http);
    struct key_job *job = calloc(1, sizeof(*job));
    ASSERT(job != NULL);
    job->access = server->access;
    job->account = http_request(http)->caller.account;
    job->now_ms = server_now_ms(server);
    route_act_fill(http, &job->act);
    return job;
}

/* Another account may be named by administrators only. False: refused. */
static bool key_whose(struct http *http, struct key_job *job, u64 account)
{
    const struct caller *caller = &http_request(http)->caller;
    bool may = account == 0 || account == caller->account || (caller->roles & ROLE_ADMINISTRATOR) != 0;
    if (!may) {
        route_act(http, 403);
        problem_reply(http, PROBLEM_FORBIDDEN, NULL);
    } else if (account != 0) {
        job->account = (u32)account;
    }
    return may;
}

/* --- listing --------------------------------------------------------------------------------------------- */

static void keys_run(void *argument)
{
    struct key_job *job = argument;
    struct access_account row;
    job->status = access_get(job->access, job->account, &row);
    if (job->status == ACCESS_OK)
        job->count = access_key_list(job->access, job->account, job->rows, ARRAY_COUNT(job->rows));
}

static void key_render(struct emit *emit, const struct access_key_row *row)
{
    emit_open(emit, '{');
    emit_key_number(emit, "key", row->key_id);
    emit_key_number(emit, "account", row->account);
    emit_key_word(emit, "name", row->name);
    emit_key_word(emit, "hint", row->hint);
    emit_key_time(emit, "made_at", row->made_ms);
    emit_key_time(emit, "used_at", row->used_ms);
    emit_key_bool(emit, "revoked", row->revoked);
    emit_close(emit, '}');
}

static void keys_done(struct server *server, struct conn *conn, void *argument)
{
    struct key_job *job = argument;
    (void)server;
    if (conn != NULL && job->status != ACCESS_OK) {
        problem_access(http_of(conn), job->status, 0);
    } else if (conn != NULL) {
        struct http *http = http_of(conn);
        struct emit emit = http_body(http);
        emit_open(&emit, '{');
        emit_key_open(&emit, "keys", '[');
        for (size_t i = 0; i < job->count; i++)
            key_render(&emit, &job->rows[i]);
        emit_close(&emit, ']');
        emit_close(&emit, '}');
        http_reply_json(http, 200);
    }
    free(job);
}

void serve_keys_find(struct http *http)
{
    u64 account = 0;
    struct key_job *job = key_make(http);
    if (param_number(http, "account", UINT32_MAX, &account) && key_whose(http, job, account))
        http_job(http, keys_run, keys_done, job);
    else
        free(job);
}

/* --- making ---------------------------------------------------------------------------------------------- */

static void key_add_run(void *argument)
{
    struct key_job *job = argument;
    job->status = access_key_add(job->access, job->account, slice_of(job->name, job->name_size), job->now_ms, job->key,
                                 &job->key_id);
}

static void key_add_done(struct server *server, struct conn *conn, void *argument)
{
    struct key_job *job = argument;
    struct http *http = conn != NULL ? http_of(conn) : NULL;
    bool good = job->status == ACCESS_OK, bad_name = job->status == ACCESS_BAD_NAME;
    if (good)
        snprintf(job->act.target, sizeof(job->act.target), "key %u of account %u", job->key_id, job->account);
    else
        snprintf(job->act.target, sizeof(job->act.target), "account %u", job->account);
    job->act.status = good ? 201 : bad_name ? 400 : (u32)problem_access_http(job->status);
    access_act(server->access, &job->act);
    if (http != NULL && good) {
        struct emit emit = http_body(http);
        emit_open(&emit, '{');
        emit_key_number(&emit, "key", job->key_id);
        emit_key_number(&emit, "account", job->account);
        emit_key_text(&emit, "name", slice_of(job->name, job->name_size));
        emit_key_word(&emit, "secret", job->key);
        emit_close(&emit, '}');
        http_reply_json(http, 201);
    } else if (http != NULL && bad_name) {
        problem_field(http, "name", "must be 1 to 64 bytes of text, without control characters");
    } else if (http != NULL) {
        problem_access(http, job->status, 0);
    }
    sodium_memzero(job->key, sizeof(job->key));
    free(job);
}

static bool key_read(struct http *http, json_t *form, struct key_job *job)
{
    struct slice name;
    i64 account;
    if (!body_text(http, form, "name", true, &name) || !body_number(http, form, "account", false, &account))
        return false;
    bool given = json_is_integer(json_object_get(form, "account"));
    if (given && (account <= 0 || account > UINT32_MAX)) {
        problem_field(http, "account", "is out of range");
        return false;
    }
    job->name_size = MIN(name.size, sizeof(job->name)); /* one byte too many is refused as all of them would be */
    memcpy(job->name, name.bytes, job->name_size);
    return key_whose(http, job, (u64)account);
}

void serve_key_add(struct http *http)
{
    json_t *form = form_open(http, "name account");
    if (form == NULL)
        return;
    struct key_job *job = key_make(http);
    bool good = key_read(http, form, job);
    form_close(form);
    if (good)
        http_job(http, key_add_run, key_add_done, job);
    else
        free(job);
}

/* --- ending ---------------------------------------------------------------------------------------------- */

static void key_revoke_run(void *argument)
{
    struct key_job *job = argument;
    job->status = ACCESS_OK;
    if (job->account == 0) {
        job->status = access_key_get(job->access, job->key_id, &job->rows[0]);
        job->account = job->rows[0].account;
    }
    if (job->status == ACCESS_OK)
        job->status = access_key_revoke(job->access, job->account, job->key_id);
}

static void key_revoke_done(struct server *server, struct conn *conn, void *argument)
{
    struct key_job *job = argument;
    job->act.status = job->status == ACCESS_OK ? 204 : (u32)problem_access_http(job->status);
    access_act(server->access, &job->act);
    if (conn != NULL && job->status == ACCESS_OK) {
        identify_forget(http_of(conn)); /* it may be the one that was just used */
        http_reply(http_of(conn), 204, NULL, slice_of("", 0), "");
    } else if (conn != NULL) {
        problem_access(http_of(conn), job->status, 0);
    }
    free(job);
}

void serve_key_revoke(struct http *http)
{
    u32 key_id;
    if (!form_id(http, "key", &key_id))
        return;
    struct key_job *job = key_make(http);
    job->key_id = key_id;
    if (http_request(http)->caller.roles & ROLE_ADMINISTRATOR)
        job->account = 0;
    http_job(http, key_revoke_run, key_revoke_done, job);
}
