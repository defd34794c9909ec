/*
 * Joining and logging in. An account is in accounts.db, its shopper in the
 * engine; a shopper's log-in makes sure that there are both:
 *
 *   1. pool    the account is made; or it is there, and the password is compared
 *   2. desk    shopper.join, under a key made from the account and what was asked: a repeat finds the same shopper
 *   3. gate    the shopper is durable: before that accounts.db must not speak of it
 *   4. pool    the account gets its shopper; a session begins
 *
 * A crash between the steps leaves an account without a shopper. A repeat of the request goes on from there, and so
 * does the next log-in (with no home city, in the shop's own currency: it does not know better). The steps go on when
 * the connection has gone.
 */
#include "base/assert.h"
#include "base/checksum.h"
#include "door/durable.h"
#include "door/form.h"
#include "door/http_state.h"
#include "door/problem.h"
#include "door/serve.h"
#include "door/session.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define JOINS_MAX 64u                           /* under way: at 40 passwords a second the last one waits some 3 s */
#define JOIN_AGAIN_MS ((i64)24 * 3600 * 1000)   /* how long a repeat finds its account, as all idempotency keys */
#define JOIN_NO_PLACE JOINS_MAX

/* Idempotency keys of joins under way, and whose they are. The loop's alone. */
static struct {
    u64 who;                /* 0: free */
    u64 key[2];
} joining[JOINS_MAX];

struct entry {
    struct server *server;
    struct access *access;
    bool joins;             /* false: it is a log-in */
    bool replayed;
    bool full;              /* no room for one more shopper: only a repeat is answered */
    u32 place;              /* in `joining`; JOIN_NO_PLACE: none */
    struct form_login login;
    struct form_password password;
    char address[48];
    i64 now_ms;
    u32 city, currency;
    enum access_status status;
    u32 retry_after_s;
    u32 account, shopper;
    struct caller caller;
    char token[ACCESS_SECRET_MAX];
};

static struct slice entry_login(const struct entry *entry)
{
    return slice_of(entry->login.bytes, entry->login.size);
}

static struct slice entry_password(const struct entry *entry)
{
    return slice_of(entry->password.bytes, entry->password.size);
}

static struct entry *entry_make(struct http *http, bool joins)
{
    struct server *server = http_server(http);
    struct entry *entry = calloc(1, sizeof(*entry));
    ASSERT(entry != NULL);
    entry->server = server;
    entry->access = server->access;
    entry->joins = joins;
    entry->place = JOIN_NO_PLACE;
    entry->now_ms = server_now_ms(server);
    snprintf(entry->address, sizeof(entry->address), "%s", http->conn->peer);
    return entry;
}

static void entry_end(struct entry *entry)
{
    if (entry->place != JOIN_NO_PLACE)
        joining[entry->place].who = 0;
    sodium_memzero(entry, sizeof(*entry));
    free(entry);
}

static void entry_reply(struct conn *conn, struct entry *entry)
{
    if (conn != NULL)
        session_reply(http_of(conn), 201, entry->token, &entry->caller, entry->shopper, entry->now_ms,
                      entry->replayed);
    entry_end(entry);
}

static void entry_busy(struct conn *conn, struct entry *entry)
{
    if (conn != NULL)
        problem_busy(http_of(conn), 1);
    entry_end(entry);
}

static void entry_refused(struct conn *conn, struct entry *entry)
{
    if (conn != NULL)
        problem_access(http_of(conn), entry->status, entry->retry_after_s);
    entry_end(entry);
}

static void entry_result(struct conn *conn, struct entry *entry, struct result result)
{
    if (conn != NULL)
        problem_result(http_of(conn), result);
    entry_end(entry);
}

/* --- 4: the account gets its shopper --------------------------------------------------------------------- */

static void bind_run(void *argument)
{
    struct entry *entry = argument;
    struct access_account row;
    entry->status = access_bind_shopper(entry->access, entry->account, entry->shopper);
    if (entry->status == ACCESS_TAKEN) { /* somebody else was first, for the same account: theirs it is */
        entry->status = access_get(entry->access, entry->account, &row);
        entry->shopper = row.shopper;
    }
    if (entry->status == ACCESS_OK && entry->token[0] == 0)
        entry->status = access_login(entry->access, entry_login(entry), entry_password(entry),
                                     slice_text(entry->address), entry->now_ms, entry->token, &entry->caller,
                                     &entry->retry_after_s);
}

static void bind_done(struct server *server, struct conn *conn, void *argument)
{
    struct entry *entry = argument;
    (void)server;
    if (entry->status == ACCESS_OK)
        entry_reply(conn, entry);
    else
        entry_refused(conn, entry);
}

/* --- 3: and it is durable -------------------------------------------------------------------------------- */

static void join_durable(struct server *server, struct conn *conn, void *argument, bool durable)
{
    struct entry *entry = argument;
    if (!durable || !job_start(server, conn, bind_run, bind_done, entry))
        entry_busy(conn, entry);
}

/* --- 2: the engine makes a shopper ----------------------------------------------------------------------- */

static void join_told(struct conn *conn, void *context, const struct result *result)
{
    struct entry *entry = context;
    if (result == NULL) {
        entry_busy(conn, entry);
    } else if (result->code == RESULT_OK) {
        entry->shopper = result->id;
        durable_wait(entry->server, conn, join_durable, entry);
    } else if (!entry->joins) {
        entry_reply(conn, entry); /* logged in nevertheless: one may still look, and the next log-in tries again */
    } else {
        entry_result(conn, entry, *result);
    }
}

static void join_key(const struct entry *entry, u64 key[2])
{
    const u32 parts[] = {COMMAND_SHOPPER_JOIN, entry->account, entry->city, entry->currency};
    checksum128(parts, sizeof(parts), key);
}

static void join_ask(struct server *server, struct conn *conn, struct entry *entry)
{
    struct command_shopper_join *join = desk_room(&server->desk, sizeof(*join));
    if (join == NULL || server->stopping) { /* at the end nobody may be left at the desk */
        entry_busy(conn, entry);
        return;
    }
    *join = (struct command_shopper_join){.header = {.kind = COMMAND_SHOPPER_JOIN, .size = sizeof(*join)}};
    join->header.caller = entry->account;
    join_key(entry, join->header.key);
    join->city = entry->city;
    join->currency = entry->currency;
    desk_ask(&server->desk, conn, join_told, entry);
}

/* --- 1: the account -------------------------------------------------------------------------------------- */

static void login_run(void *argument)
{
    struct entry *entry = argument;
    entry->status = access_login(entry->access, entry_login(entry), entry_password(entry), slice_text(entry->address),
                                 entry->now_ms, entry->token, &entry->caller, &entry->retry_after_s);
    entry->account = entry->caller.account;
    entry->shopper = entry->caller.shopper;
}

/* The login is taken. Lately, and with this password: it is a repeat. */
static void join_again(struct entry *entry)
{
    struct access_account row;
    entry->status = access_find(entry->access, entry_login(entry), &row);
    if (entry->status != ACCESS_OK)
        return;
    bool lately = entry->now_ms - row.made_ms < JOIN_AGAIN_MS;
    entry->status = ACCESS_TAKEN;
    if (row.role != ROLE_SHOPPER || row.disabled || !lately)
        return;
    login_run(entry);
    entry->replayed = entry->status == ACCESS_OK;
    if (entry->status == ACCESS_WRONG)
        entry->status = ACCESS_TAKEN;
}

static void join_run(void *argument)
{
    struct entry *entry = argument;
    entry->status = ACCESS_TAKEN;
    if (!entry->full)
        entry->status = access_add(entry->access, entry_login(entry), entry_password(entry), ROLE_SHOPPER, 0,
                                   entry->now_ms, &entry->account);
    if (entry->status == ACCESS_TAKEN)
        join_again(entry);
}

static void account_done(struct server *server, struct conn *conn, void *argument)
{
    struct entry *entry = argument;
    bool shops = entry->joins || entry->caller.roles & ROLE_SHOPPER;
    if (entry->full && entry->status == ACCESS_NOT_FOUND)
        entry_result(conn, entry, (struct result){.code = RESULT_POOL_FULL, .value = LIMIT_shoppers});
    else if (entry->status != ACCESS_OK)
        entry_refused(conn, entry);
    else if (!shops || entry->shopper != 0)
        entry_reply(conn, entry);
    else
        join_ask(server, conn, entry);
}

/* --- requests -------------------------------------------------------------------------------------------- */

/* CNY, or the first there is; 0: none. */
static u32 currency_default(const struct engine *engine)
{
    u32 yuan = engine_find(engine, COMMAND_CURRENCY_PUT, slice_text("CNY"));
    return yuan != 0 ? yuan : engine_currency_count(engine) > 0;
}

/* False: refused. */
static bool join_enter(struct http *http, struct entry *entry)
{
    const struct http_request *request = http_request(http);
    u32 account = request->caller.account;
    u64 who = account != 0 ? (u64)account << 32 | 1 : (u64)http->conn->address << 32 | 2; /* or the address */
    for (u32 i = 0; i < JOINS_MAX; i++) {
        if (joining[i].who == 0) {
            entry->place = i;
        } else if (joining[i].who == who && memcmp(joining[i].key, request->key, sizeof(request->key)) == 0) {
            entry->place = JOIN_NO_PLACE;
            problem_reply(http, PROBLEM_KEY_IN_FLIGHT, NULL);
            return false;
        }
    }
    if (entry->place == JOIN_NO_PLACE) {
        problem_busy(http, 1);
        return false;
    }
    joining[entry->place].who = who;
    memcpy(joining[entry->place].key, request->key, sizeof(request->key));
    return true;
}

static bool join_read(struct http *http, json_t *form, struct entry *entry)
{
    const struct engine *engine = http_server(http)->engine;
    bool good = form_login(http, form, "login", &entry->login) &&
                form_password(http, form, "password", &entry->password) &&
                form_code(http, form, "city", COMMAND_CITY_PUT, RESULT_UNKNOWN_CITY, &entry->city) &&
                form_code(http, form, "currency", COMMAND_CURRENCY_PUT, RESULT_UNKNOWN_CURRENCY, &entry->currency);
    if (good && entry->currency == 0)
        entry->currency = currency_default(engine);
    entry->full = engine_used(engine, LIMIT_shoppers) >= engine_capacity(engine, LIMIT_shoppers);
    if (good && entry->currency == 0)
        problem_result(http, (struct result){.code = RESULT_UNKNOWN_CURRENCY});
    return good && entry->currency != 0;
}

static void entry_start(struct http *http, struct entry *entry, job_run *run)
{
    if (job_start(http_server(http), http->conn, run, account_done, entry))
        http_wait(http);
    else
        entry_busy(http->conn, entry);
}

void serve_shopper_join(struct http *http)
{
    json_t *form = form_open(http, "login password city currency");
    if (form == NULL)
        return;
    struct entry *entry = entry_make(http, true);
    bool good = join_read(http, form, entry) && join_enter(http, entry);
    form_close(form);
    if (good)
        entry_start(http, entry, join_run);
    else
        entry_end(entry);
}

void serve_session_begin(struct http *http)
{
    json_t *form = form_open(http, "login password");
    if (form == NULL)
        return;
    struct entry *entry = entry_make(http, false);
    bool good = form_login(http, form, "login", &entry->login) &&
                form_password(http, form, "password", &entry->password);
    form_close(form);
    entry->currency = currency_default(http_server(http)->engine);
    if (good)
        entry_start(http, entry, login_run);
    else
        entry_end(entry);
}
