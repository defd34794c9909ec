/*
 * What every account may do about itself: see who it is, log out, change its
 * password.
 */
#include "base/assert.h"
#include "door/form.h"
#include "door/http_state.h"
#include "door/identify.h"
#include "door/problem.h"
#include "door/route.h"
#include "door/serve.h"
#include "door/session.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* --- logging out ----------------------------------------------------------------------------------------- */

struct logout {
    struct access *access;
    char token[ACCESS_TOKEN_SIZE];
    enum access_status status;
};

static void logout_run(void *argument)
{
    struct logout *logout = argument;
    logout->status = access_logout(logout->access, slice_of(logout->token, sizeof(logout->token)));
}

static void logout_done(struct server *server, struct conn *conn, void *argument)
{
    struct logout *logout = argument;
    (void)server;
    if (conn != NULL && logout->status == ACCESS_FAILED)
        problem_access(http_of(conn), logout->status, 0);
    else if (conn != NULL)
        session_reply_ended(http_of(conn)); /* WRONG: another request was quicker */
    sodium_memzero(logout->token, sizeof(logout->token));
    free(logout);
}

void serve_session_end(struct http *http)
{
    struct slice credential = identify_credential(http);
    if (credential.size != ACCESS_TOKEN_SIZE) {
        problem_reply(http, PROBLEM_NOT_FOUND, "An API key has no session; DELETE /v1/keys/{key} ends it.");
        return;
    }
    struct logout *logout = malloc(sizeof(*logout));
    ASSERT(logout != NULL);
    logout->access = http_server(http)->access;
    memcpy(logout->token, credential.bytes, sizeof(logout->token));
    http_job(http, logout_run, logout_done, logout);
}

/* --- who one is ------------------------------------------------------------------------------------------ */

struct me {
    struct access *access;
    struct caller caller;
    enum access_status status;
    struct access_account row;
};

static void me_run(void *argument)
{
    struct me *me = argument;
    me->status = access_get(me->access, me->caller.account, &me->row);
}

static void me_done(struct server *server, struct conn *conn, void *argument)
{
    struct me *me = argument;
    if (conn != NULL && me->status != ACCESS_OK) {
        problem_access(http_of(conn), me->status, 0);
    } else if (conn != NULL) {
        struct http *http = http_of(conn);
        struct emit emit = http_body(http);
        emit_open(&emit, '{');
        emit_key_number(&emit, "account", me->row.account);
        emit_key_word(&emit, "login", me->row.login);
        session_render(&emit, server->engine, &me->caller, me->row.shopper);
        emit_close(&emit, '}');
        http_reply_json(http, 200);
    }
    free(me);
}

void serve_me(struct http *http)
{
    struct me *me = calloc(1, sizeof(*me));
    ASSERT(me != NULL);
    me->access = http_server(http)->access;
    me->caller = http_request(http)->caller;
    http_job(http, me_run, me_done, me);
}

/* --- a new password -------------------------------------------------------------------------------------- */

struct change {
    struct access *access;
    struct access_act act;
    bool audited;           /* staff; what shoppers do with their passwords is nobody's business */
    bool old_good;
    u32 account;
    char address[48];
    i64 now_ms;
    struct form_password old, new;
    enum access_status status;
    u32 retry_after_s;
    struct caller caller;
    char token[ACCESS_SECRET_MAX];
};

/* A log-in with a password of the form; the session is in change->token. */
static void change_login(struct change *change, const char *login, const struct form_password *password)
{
    change->status = access_login(change->access, slice_text(login), slice_of(password->bytes, password->size),
                                  slice_text(change->address), change->now_ms, change->token, &change->caller,
                                  &change->retry_after_s);
}

static void change_run(void *argument)
{
    struct change *change = argument;
    struct access_account row;
    change->status = access_get(change->access, change->account, &row);
    if (change->status != ACCESS_OK)
        return;
    change_login(change, row.login, &change->old); /* so that guessing is slowed down as it is for log-ins */
    change->old_good = change->status == ACCESS_OK;
    if (!change->old_good)
        return;
    change->status =
        access_set_password(change->access, change->account, slice_of(change->new.bytes, change->new.size));
    if (change->status == ACCESS_OK)
        change_login(change, row.login, &change->new);
    else
        access_logout(change->access, slice_text(change->token));
}

static void change_end(struct change *change)
{
    sodium_memzero(change, sizeof(*change));
    free(change);
}

static void change_done(struct server *server, struct conn *conn, void *argument)
{
    struct change *change = argument;
    struct http *http = conn != NULL ? http_of(conn) : NULL;
    bool old_wrong = !change->old_good && change->status == ACCESS_WRONG;
    change->act.status = old_wrong ? 400 : (u32)problem_access_http(change->status);
    if (change->audited)
        access_act(server->access, &change->act);
    if (http != NULL && old_wrong) {
        problem_field(http, "old", "is not the password of this account");
    } else if (http != NULL && change->status != ACCESS_OK) {
        problem_access(http, change->status, change->retry_after_s);
    } else if (http != NULL) {
        identify_forget(http);
        session_reply(http, 200, change->token, &change->caller, change->caller.shopper, change->now_ms, false);
    }
    change_end(change);
}

void serve_me_password(struct http *http)
{
    struct server *server = http_server(http);
    const struct caller *caller = &http_request(http)->caller;
    json_t *form = form_open(http, "old new");
    if (form == NULL)
        return;
    struct change *change = calloc(1, sizeof(*change));
    ASSERT(change != NULL);
    change->access = server->access;
    change->account = caller->account;
    change->audited = (caller->roles & ROLE_SHOPPER) == 0;
    change->now_ms = server_now_ms(server);
    snprintf(change->address, sizeof(change->address), "%s", http->conn->peer);
    route_act_fill(http, &change->act);
    bool good = form_password(http, form, "old", &change->old) && form_password(http, form, "new", &change->new);
    form_close(form);
    if (good && job_start(server, http->conn, change_run, change_done, change))
        return;
    if (good)
        problem_busy(http, 1);
    change_end(change);
}
