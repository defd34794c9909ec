/*
 * Accounts and the audit trail, for administrators. The work is the pool's; what
 * was done is written into the trail also when the connection has gone meanwhile.
 */
#include "base/assert.h"
#include "core/words.h"
#include "door/form.h"
#include "door/http_state.h"
#include "door/param.h"
#include "door/problem.h"
#include "door/render.h"
#include "door/route.h"
#include "door/serve.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static void account_render(struct emit *emit, const struct engine *engine, const struct access_account *row)
{
    const struct location *location = engine_location(engine, row->location);
    emit_open(emit, '{');
    emit_key_number(emit, "account", row->account);
    emit_key_word(emit, "login", row->login);
    emit_key_word(emit, "role", word_role(row->role));
    render_code(emit, engine, "location", location == NULL ? 0 : location->text);
    if (row->shopper != 0)
        emit_key_number(emit, "shopper", row->shopper);
    else
        emit_key_null(emit, "shopper");
    emit_key_time(emit, "made_at", row->made_ms);
    emit_key_bool(emit, "disabled", row->disabled);
    emit_close(emit, '}');
}

/* --- one account ----------------------------------------------------------------------------------------- */

struct account_job {
    struct access *access;
    struct access_act act;
    bool acts;              /* false: it only reads */
    int good;               /* HTTP status of success */
    u32 account;
    u32 role, location;
    i64 now_ms;
    struct form_login login;
    struct form_password password;
    enum access_status status;
    struct access_account row;
};

static void account_run_get(void *argument)
{
    struct account_job *job = argument;
    job->status = access_get(job->access, job->account, &job->row);
}

static void account_run_add(void *argument)
{
    struct account_job *job = argument;
    job->status = access_add(job->access, slice_of(job->login.bytes, job->login.size),
                             slice_of(job->password.bytes, job->password.size), job->role, job->location, job->now_ms,
                             &job->account);
    if (job->status == ACCESS_OK)
        account_run_get(job);
}

static void account_run_disable(void *argument)
{
    struct account_job *job = argument;
    job->status = access_disable(job->access, job->account);
    if (job->status == ACCESS_OK)
        account_run_get(job);
}

static void account_run_password(void *argument)
{
    struct account_job *job = argument;
    job->status =
        access_set_password(job->access, job->account, slice_of(job->password.bytes, job->password.size));
    if (job->status == ACCESS_OK)
        account_run_get(job);
}

static void account_end(struct account_job *job)
{
    sodium_memzero(&job->password, sizeof(job->password));
    free(job);
}

static void account_done(struct server *server, struct conn *conn, void *argument)
{
    struct account_job *job = argument;
    bool good = job->status == ACCESS_OK;
    job->act.status = (u32)(good ? job->good : problem_access_http(job->status));
    if (job->acts)
        access_act(server->access, &job->act);
    if (conn != NULL && good) {
        struct http *http = http_of(conn);
        struct emit emit = http_body(http);
        account_render(&emit, server->engine, &job->row);
        http_reply_json(http, job->good);
    } else if (conn != NULL) {
        problem_access(http_of(conn), job->status, 0);
    }
    account_end(job);
}

static struct account_job *account_make(struct http *http)
{
    struct server *server = http_server(http);
    const struct route *route = http_request(http)->route;
    struct account_job *job = calloc(1, sizeof(*job));
    ASSERT(job != NULL);
    job->access = server->access;
    job->now_ms = server_now_ms(server);
    job->good = route->status;
    job->acts = (route->flags & ROUTE_ACT) != 0;
    route_act_fill(http, &job->act);
    return job;
}

static void account_start(struct http *http, struct account_job *job, job_run *run)
{
    if (job_start(http_server(http), http->conn, run, account_done, job)) {
        http_wait(http);
        return;
    }
    problem_busy(http, 1);
    account_end(job);
}

void serve_account_get(struct http *http)
{
    u32 account;
    if (!form_id(http, "account", &account))
        return;
    struct account_job *job = account_make(http);
    job->account = account;
    account_start(http, job, account_run_get);
}

void serve_account_disable(struct http *http)
{
    u32 account;
    if (!form_id(http, "account", &account))
        return;
    struct account_job *job = account_make(http);
    job->account = account;
    account_start(http, job, account_run_disable);
}

void serve_account_password(struct http *http)
{
    u32 account;
    if (!form_id(http, "account", &account))
        return;
    json_t *form = form_open(http, "password");
    if (form == NULL)
        return;
    struct account_job *job = account_make(http);
    job->account = account;
    bool good = form_password(http, form, "password", &job->password);
    form_close(form);
    if (good)
        account_start(http, job, account_run_password);
    else
        account_end(job);
}

/* Role and store, which belong together. False: refused. */
static bool account_read_role(struct http *http, json_t *form, struct account_job *job)
{
    struct slice word;
    if (!body_text(http, form, "role", true, &word))
        return false;
    int role = word_parse_role(word);
    if (role <= ROLE_ANYBODY) {
        problem_field(http, "role", "is none of the words it may be");
        return false;
    }
    job->role = (u32)role;
    if (!form_code(http, form, "location", COMMAND_LOCATION_PUT, RESULT_UNKNOWN_LOCATION, &job->location))
        return false;
    bool fits = (role == ROLE_CLERK) == (job->location != 0);
    if (!fits)
        problem_field(http, "location", role == ROLE_CLERK ? "is missing: a clerk has a store" : "is for clerks");
    return fits;
}

void serve_account_add(struct http *http)
{
    json_t *form = form_open(http, "login password role location");
    if (form == NULL)
        return;
    struct account_job *job = account_make(http);
    bool good = form_login(http, form, "login", &job->login) &&
                form_password(http, form, "password", &job->password) && account_read_role(http, form, job);
    form_close(form);
    if (!good) {
        account_end(job);
        return;
    }
    snprintf(job->act.target, sizeof(job->act.target), "%s login " SLICE_FORMAT, word_role(job->role),
             (int)job->login.size, job->login.bytes);
    account_start(http, job, account_run_add);
}

/* --- many ------------------------------------------------------------------------------------------------ */

struct accounts_job {
    struct access *access;
    u32 role, after, limit;
    size_t count;
    struct access_account rows[FORM_LIMIT_MAX];
};

static void accounts_run(void *argument)
{
    struct accounts_job *job = argument;
    job->count = access_list(job->access, job->role, job->after, job->rows, job->limit);
}

static void accounts_done(struct server *server, struct conn *conn, void *argument)
{
    struct accounts_job *job = argument;
    if (conn != NULL) {
        struct http *http = http_of(conn);
        struct emit emit = http_body(http);
        emit_open(&emit, '{');
        emit_key_open(&emit, "accounts", '[');
        for (size_t i = 0; i < job->count; i++)
            account_render(&emit, server->engine, &job->rows[i]);
        emit_close(&emit, ']');
        if (job->count == job->limit)
            emit_key_number(&emit, "next", job->rows[job->count - 1].account);
        else
            emit_key_null(&emit, "next");
        emit_close(&emit, '}');
        http_reply_json(http, 200);
    }
    free(job);
}

void serve_accounts_find(struct http *http)
{
    u32 role = 0, limit;
    u64 after = 0;
    if (!param_word(http, "role", word_parse_role, &role) || !param_number(http, "after", UINT32_MAX, &after) ||
        !form_limit(http, &limit))
        return;
    struct accounts_job *job = calloc(1, sizeof(*job));
    ASSERT(job != NULL);
    job->access = http_server(http)->access;
    job->role = role;
    job->after = (u32)after;
    job->limit = limit;
    http_job(http, accounts_run, accounts_done, job);
}

/* --- the audit trail ------------------------------------------------------------------------------------- */

struct acts_job {
    struct access *access;
    u64 before;
    u32 limit;
    size_t count;
    struct access_act rows[FORM_LIMIT_MAX];
};

static void acts_run(void *argument)
{
    struct acts_job *job = argument;
    job->count = access_acts(job->access, job->before, job->rows, job->limit);
}

static void act_render(struct emit *emit, const struct access_act *act)
{
    emit_open(emit, '{');
    emit_key_number(emit, "number", (i64)act->number);
    emit_key_time(emit, "at", act->time_ms);
    if (act->account != 0)
        emit_key_number(emit, "account", act->account);
    else
        emit_key_null(emit, "account");
    emit_key_number(emit, "status", act->status);
    emit_key_word(emit, "address", act->address);
    emit_key_word(emit, "operation", act->what);
    emit_key_word(emit, "target", act->target);
    emit_close(emit, '}');
}

static void acts_done(struct server *server, struct conn *conn, void *argument)
{
    struct acts_job *job = argument;
    (void)server;
    if (conn != NULL) {
        struct http *http = http_of(conn);
        struct emit emit = http_body(http);
        emit_open(&emit, '{');
        emit_key_open(&emit, "acts", '[');
        for (size_t i = 0; i < job->count; i++)
            act_render(&emit, &job->rows[i]);
        emit_close(&emit, ']');
        if (job->count > 0 && job->rows[job->count - 1].number > 1)
            emit_key_number(&emit, "next", (i64)job->rows[job->count - 1].number);
        else
            emit_key_null(&emit, "next");
        emit_close(&emit, '}');
        http_reply_json(http, 200);
    }
    free(job);
}

void serve_acts_find(struct http *http)
{
    u32 limit;
    u64 before = 0;
    if (!param_number(http, "before", INT64_MAX, &before) || !form_limit(http, &limit))
        return;
    struct acts_job *job = calloc(1, sizeof(*job));
    ASSERT(job != NULL);
    job->access = http_server(http)->access;
    job->before = before;
    job->limit = limit;
    http_job(http, acts_run, acts_done, job);
}
