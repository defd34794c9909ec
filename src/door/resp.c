/*
 * Requests become commands at the desk, in order; a request that only reads, or
 * is answered here, waits until those before it are decided, so that replies
 * keep the order of the requests.
 */
#include "door/resp.h"

#include "base/assert.h"
#include "door/ask.h"
#include "door/limiter.h"
#include "door/resp_state.h"
#include "door/right.h"
#include "door/serve.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* --- replies -------------------------------------------------------------------------------- */

static void resp_line(struct conn *conn, char kind, i64 number)
{
    buffer_byte(&conn->output, kind);
    buffer_number(&conn->output, number);
    buffer_add(&conn->output, "\r\n", 2);
}

void resp_ok(struct conn *conn)
{
    buffer_text(&conn->output, "+OK\r\n");
}

void resp_error(struct conn *conn, const char *word, const char *sentence)
{
    buffer_byte(&conn->output, '-');
    for (const char *at = word; *at != 0; at++)
        buffer_byte(&conn->output, (char)toupper((unsigned char)*at));
    buffer_byte(&conn->output, ' ');
    buffer_text(&conn->output, sentence);
    buffer_add(&conn->output, "\r\n", 2);
}

void resp_integer(struct conn *conn, i64 number)
{
    resp_line(conn, ':', number);
}

void resp_bulk(struct conn *conn, struct slice text)
{
    resp_line(conn, '$', (i64)text.size);
    buffer_slice(&conn->output, text);
    buffer_add(&conn->output, "\r\n", 2);
}

void resp_text(struct conn *conn, const char *text)
{
    resp_bulk(conn, slice_text(text));
}

void resp_null(struct conn *conn)
{
    const struct resp *resp = conn->state;
    buffer_text(&conn->output, resp->version == 3 ? "_\r\n" : "$-1\r\n");
}

void resp_array_head(struct conn *conn, size_t count)
{
    resp_line(conn, '*', (i64)count);
}

void resp_map_head(struct conn *conn, size_t count)
{
    const struct resp *resp = conn->state;
    resp_line(conn, resp->version == 3 ? '%' : '*', (i64)(resp->version == 3 ? count : 2 * count));
}

/* Accepted, and what needed nothing: [id, value, replayed]. Refused: -WORD value sentence. */
void resp_result(struct conn *conn, struct result result)
{
    if (result.code == RESULT_OK || result.code == RESULT_NO_CHANGE) {
        buffer_add(&conn->output, "*3\r\n:", 5);
        buffer_number(&conn->output, result.id);
        buffer_add(&conn->output, "\r\n:", 3);
        buffer_number(&conn->output, result.value);
        buffer_add(&conn->output, result.flags & RESULT_REPLAYED ? "\r\n:1\r\n" : "\r\n:0\r\n", 6);
        return;
    }
    buffer_byte(&conn->output, '-');
    for (const char *at = result_word(result.code); *at != 0; at++)
        buffer_byte(&conn->output, (char)toupper((unsigned char)*at));
    buffer_byte(&conn->output, ' ');
    buffer_number(&conn->output, result.value);
    buffer_byte(&conn->output, ' ');
    buffer_text(&conn->output, result_sentence(result.code));
    buffer_add(&conn->output, "\r\n", 2);
}

bool resp_is(struct slice word, const char *capitals)
{
    size_t i = 0;
    for (; i < word.size && capitals[i] != 0; i++)
        if (toupper((unsigned char)word.bytes[i]) != capitals[i])
            return false;
    return i == word.size && capitals[i] == 0;
}

/* --- the engine's commands -------------------------------------------------------------------- */

/* An administrative command under way, for the audit trail; orders have none. */
struct resp_act {
    struct access *access;
    struct access_act act;
};

static struct resp_act *resp_act_begin(struct conn *conn, const struct resp *resp, const struct command_info *info,
                                       const struct command_header *command)
{
    if ((info->roles & ROLE_MERCHANDISER) == 0)
        return NULL;
    struct resp_act *act = calloc(1, sizeof(*act));
    ASSERT(act != NULL);
    struct slice code = info->tail == TAIL_TEXTS ? command_text(command, 0) : slice_of("", 0);
    act->access = conn->server->access;
    act->act.time_ms = server_now_ms(conn->server);
    act->act.account = resp->caller.account;
    snprintf(act->act.address, sizeof(act->act.address), "%s", conn->peer);
    snprintf(act->act.what, sizeof(act->act.what), "%s", info->word);
    snprintf(act->act.target, sizeof(act->act.target), SLICE_FORMAT, SLICE_ARGS(code));
    return act;
}

static void resp_act_end(struct resp_act *act, int status, u32 id)
{
    if (act == NULL)
        return;
    act->act.status = (u32)status;
    if (act->act.target[0] == 0 && id != 0)
        snprintf(act->act.target, sizeof(act->act.target), "id %u", id);
    access_act(act->access, &act->act);
    free(act);
}

/* `context` is NULL, or a struct resp_act, which is noted even when the connection has gone. */
static void resp_told(struct conn *conn, void *context, const struct result *result)
{
    if (context != NULL)
        resp_act_end(context, result == NULL ? 503 : result_http(result->code), result == NULL ? 0 : result->id);
    if (conn == NULL)
        return;
    struct resp *resp = conn->state;
    resp->asked--;
    if (result == NULL) {
        resp_error(conn, "busy", "The disk does not keep up; nothing was done, try again in a moment.");
        conn_reply_free(conn);
    } else {
        resp_result(conn, *result);
        conn_reply(conn);
    }
}

/* Why a request could not be made a command. */
static void resp_asked_wrong(struct conn *conn, const struct ask *ask)
{
    if (ask->problem == NULL) {
        resp_result(conn, ask->refusal);
    } else {
        buffer_text(&conn->output, "-MALFORMED ");
        for (const char *at = ask->field; *at != 0; at++)
            buffer_byte(&conn->output, *at < 0x20 || *at == 0x7f ? '?' : *at);
        buffer_byte(&conn->output, ' ');
        buffer_text(&conn->output, ask->problem);
        buffer_add(&conn->output, "\r\n", 2);
    }
}

static bool resp_option(struct ask *ask, struct slice name, struct slice value)
{
    static const char *const names[][2] = {
        {"CURRENCY", "currency"}, {"DELIVERY", "delivery"}, {"LOCATION", "location"}, {"PAYMENT", "payment"},
        {"CHANNEL", "channel"},   {"SPLIT", "may_split"},   {"EXPECT", "expected_total_minor"},
        {"SHOWN", "shown_here"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (resp_is(name, names[i][0]))
            return ask_give(ask, slice_text(names[i][1]), value, ASK_WORD);
    ask->problem = "is no option of ORDER.PLACE";
    size_t size = MIN(name.size, sizeof(ask->field) - 1);
    memcpy(ask->field, name.bytes, size);
    ask->field[size] = 0;
    return false;
}

static u32 resp_shopper(struct slice text)
{
    i64 number;
    return ask_number(text, &number) && number > 0 && number <= UINT32_MAX ? (u32)number : 0;
}

/* ORDER.PLACE key shopper festival city [OPTION value ...] LINES sku quantity [sku quantity ...] */
static bool resp_place(const struct resp *resp, struct ask *ask)
{
    const struct slice *arguments = resp->request.arguments;
    struct command_order_place *place = (void *)ask->command;
    u32 at = 5, count = resp->request.count;
    place->shopper = resp_shopper(arguments[2]);
    u32 festival_id = 0, city = 0;
    bool no_festival = arguments[3].size == 1 && arguments[3].bytes[0] == '-';
    bool no_city = arguments[4].size == 1 && arguments[4].bytes[0] == '-';
    if (!no_festival && !ask_refer(ask, "festival", arguments[3], ASK_WORD, &festival_id))
        return false;
    if (!no_city && !ask_refer(ask, "city", arguments[4], ASK_WORD, &city))
        return false;
    place->festival = (u16)festival_id;
    place->city = (u16)city;
    for (; at < count && !resp_is(arguments[at], "LINES"); at += 2)
        if (!resp_option(ask, arguments[at], at + 1 < count ? arguments[at + 1] : slice_of("", 0)))
            return false;
    for (at++; at + 1 < count; at += 2)
        if (!ask_line(ask, arguments[at], ASK_WORD, arguments[at + 1]))
            return false;
    if (at < count) {
        ask->problem = "has no quantity";
        snprintf(ask->field, sizeof(ask->field), "the last line");
        return false;
    }
    serve_caller_defaults(&resp->caller, ask->command);
    serve_order_defaults(ask->engine, place);
    return true;
}

/* WORD key [field value ...] */
static bool resp_named(const struct resp *resp, struct ask *ask)
{
    const struct slice *arguments = resp->request.arguments;
    for (u32 i = 2; i < resp->request.count; i += 2) {
        struct slice value = i + 1 < resp->request.count ? arguments[i + 1] : slice_of("", 0);
        if (!ask_give(ask, arguments[i], value, ASK_WORD))
            return false;
    }
    serve_caller_defaults(&resp->caller, ask->command);
    return true;
}

/* The request as a command in the room. False: ask says why not. */
static bool resp_make(struct resp *resp, const struct command_info *info, const struct engine *engine, void *room,
                      struct ask *ask)
{
    const struct slice *arguments = resp->request.arguments;
    u32 count = resp->request.count;
    ask_begin(ask, engine, info->kind, room);
    if (count < (info->kind == COMMAND_ORDER_PLACE ? 5u : 2u) || !ask_key(arguments[1], ask->command->key)) {
        snprintf(ask->field, sizeof(ask->field), "key");
        ask->problem = "must be the first argument, 1 to 255 visible characters (an idempotency key)";
        return false;
    }
    bool good = info->kind == COMMAND_ORDER_PLACE ? resp_place(resp, ask) : resp_named(resp, ask);
    return good && ask_end(ask);
}

/* An order's currency is that of its shopper, whom nobody knows yet. */
static bool lacks_shopper(const struct ask *ask)
{
    return ask->info->kind == COMMAND_ORDER_PLACE && ((struct command_order_place *)ask->command)->currency == 0;
}

static enum resp_verdict resp_engine(struct conn *conn, struct resp *resp, const struct command_info *info)
{
    struct server *server = conn->server;
    size_t size = info->tail == TAIL_TEXTS ? COMMAND_SIZE_MAX : 1024;
    struct ask ask;
    bool good, may;
    if ((info->roles & ROLE_MERCHANDISER) && access_acts_full(server->access))
        return RESP_BLOCKED;
    for (bool again = true; again;) {
        void *room = desk_room(&server->desk, size);
        if (room == NULL)
            return RESP_BLOCKED;
        good = resp_make(resp, info, server->engine, room, &ask);
        may = good && right_to(server->engine, &resp->caller, ask.command);
        if (info->kind == COMMAND_SHOPPER_JOIN && (resp->caller.roles & ROLE_INTEGRATOR) == 0)
            may = false; /* strangers join over HTTP */
        /* What it names may be what the commands before it make. */
        again = (!may || lacks_shopper(&ask)) && resp->asked > 0;
        if (again && !desk_run(&server->desk))
            return RESP_BLOCKED;
    }
    if (may) {
        ask.command->caller = resp->caller.account;
        resp->asked++;
        desk_ask(&server->desk, conn, resp_told, resp_act_begin(conn, resp, info, ask.command));
        return RESP_DONE;
    }
    if (good && resp->caller.account == 0) {
        resp_error(conn, "noauth", "Authentication required.");
    } else if (good) {
        resp_act_end(resp_act_begin(conn, resp, info, ask.command), 403, 0);
        resp_error(conn, "noperm", "This account may not do that.");
    } else {
        resp_asked_wrong(conn, &ask);
    }
    conn_reply(conn);
    return RESP_DONE;
}

/* --- requests ------------------------------------------------------------------------------------ */

static const struct command_info *resp_info(struct slice word)
{
    char lower[32];
    if (word.size >= sizeof(lower))
        return NULL;
    for (size_t i = 0; i < word.size; i++)
        lower[i] = (char)tolower((unsigned char)word.bytes[i]);
    const struct command_info *info = command_info_by_word(slice_of(lower, word.size));
    return info != NULL && info->roles & ROLE_SYSTEM ? NULL : info;
}

static enum resp_verdict resp_own(struct conn *conn, struct resp *resp)
{
    const struct resp_request *request = &resp->request;
    if (resp->asked > 0 && !desk_run(&conn->server->desk))
        return RESP_BLOCKED;
    for (size_t i = 0; i < resp_command_count; i++) {
        const struct resp_command *command = &resp_commands[i];
        if (!resp_is(request->arguments[0], command->name))
            continue;
        bool fits = command->arity > 0 ? request->count == (u32)command->arity
                                       : request->count >= (u32)-command->arity;
        if (!fits)
            resp_error(conn, "err", "wrong number of arguments for this command");
        else if ((command->roles & right_roles(resp->caller.roles)) == 0 && resp->caller.account == 0)
            resp_error(conn, "noauth", "Authentication required.");
        else if ((command->roles & right_roles(resp->caller.roles)) == 0)
            resp_error(conn, "noperm", "This account may not do that.");
        else
            command->run(conn, resp, request->arguments, request->count);
        if (command->shows_state)
            conn_reply(conn);
        else
            conn_reply_free(conn);
        return RESP_DONE;
    }
    resp_error(conn, "err", "unknown command; COMMAND lists them");
    conn_reply_free(conn);
    /* A browser that a foreign page has sent here: what it has in its body is not obeyed. */
    if (resp_is(request->arguments[0], "POST") || resp_is(request->arguments[0], "HOST:"))
        conn_close_after(conn);
    return RESP_DONE;
}

/* Machines that act for all have no limit; anybody else has that of their HTTP requests. */
static u32 resp_over_rate(struct conn *conn, const struct resp *resp)
{
    const struct caller *caller = &resp->caller;
    u64 who = caller->account != 0 ? (u64)caller->account << 32 | 1 : (u64)conn->address << 1;
    if (caller->roles & (ROLE_INTEGRATOR | ROLE_PROVIDER))
        return 0;
    return limiter_take(conn->server->limiter, who, 1, server_loop_ms(conn->server));
}

static enum resp_verdict resp_one(struct conn *conn, struct resp *resp)
{
    struct slice word = resp->request.arguments[0];
    const struct command_info *info =
        resp_is(word, "ORDER.PLACE") ? command_info(COMMAND_ORDER_PLACE) : resp_info(word);
    if (resp_over_rate(conn, resp) > 0) {
        if (resp->asked > 0 && !desk_run(&conn->server->desk))
            return RESP_BLOCKED;
        conn->server->stats.limited++;
        resp_error(conn, "limited", "Too many requests; wait, then go on.");
        conn_reply_free(conn);
        return RESP_DONE;
    }
    conn->server->stats.requests_resp++;
    return info != NULL ? resp_engine(conn, resp, info) : resp_own(conn, resp);
}

/* What is no request: says why, and closes. */
static enum resp_verdict resp_bad(struct conn *conn, struct resp *resp)
{
    if (resp->asked > 0 && !desk_run(&conn->server->desk))
        return RESP_BLOCKED;
    conn->server->stats.bad_requests++;
    buffer_format(&conn->output, "-ERR Protocol error: %s\r\n", resp->request.problem);
    conn_reply_free(conn);
    conn_close_after(conn);
    return RESP_DONE;
}

static struct resp *resp_make_state(struct conn *conn)
{
    struct resp *resp = calloc(1, sizeof(*resp));
    ASSERT(resp != NULL);
    resp->version = 2;
    resp->caller.roles = ROLE_ANYBODY;
    if (conn->server->options.resp_open)
        resp->caller.roles = ROLE_ANYBODY | ROLE_INTEGRATOR | ROLE_PROVIDER | ROLE_ADMINISTRATOR;
    conn->state = resp;
    return resp;
}

/* A key that has been revoked meanwhile is nobody's any more. */
static void resp_check_key(struct conn *conn, struct resp *resp)
{
    i64 now_ms = server_loop_ms(conn->server);
    if (resp->key_size == 0 || now_ms - resp->key_checked_ms < RESP_TRUST_MS)
        return;
    resp->key_checked_ms = now_ms;
    if (access_key(conn->server->access, slice_of(resp->key, resp->key_size), &resp->caller) == ACCESS_OK)
        return;
    resp->caller = (struct caller){.roles = ROLE_ANYBODY};
    resp->key_size = 0;
}

static size_t resp_bytes(struct conn *conn, const char *bytes, size_t size)
{
    struct resp *resp = conn->state != NULL ? conn->state : resp_make_state(conn);
    size_t at = 0;
    if (conn->server->stopping)
        return 0; /* what has been asked is finished; nothing is begun */
    resp_check_key(conn, resp);
    while (at < size && !conn->close_after && conn_unsent(conn) < unread_most(conn->server)) {
        size_t taken = resp_parse(&resp->request, bytes + at, size - at);
        if (taken == 0 && resp->request.problem == NULL)
            break;
        enum resp_verdict verdict = RESP_DONE;
        if (taken == 0)
            verdict = resp_bad(conn, resp);
        else if (resp->request.count > 0)
            verdict = resp_one(conn, resp);
        if (verdict == RESP_BLOCKED) {
            conn_block(conn);
            break;
        }
        if (conn->close_after)
            return size;
        at += taken;
        resp->begun_ms = 0;
    }
    /* A request of which a part is here has so long to become whole. */
    i64 now_ms = server_loop_ms(conn->server);
    if (at < size && resp->begun_ms == 0)
        resp->begun_ms = now_ms;
    if (at < size && !conn->blocked)
        conn->deadline_ms = resp->begun_ms + RESP_REQUEST_MS;
    return at;
}

static void resp_closed(struct conn *conn)
{
    free(conn->state);
    conn->state = NULL;
}

/* Half a request is none here: who pipelines without an end would keep the server from its own. */
static bool resp_idle(const struct conn *conn, bool half)
{
    const struct resp *resp = conn->state;
    (void)half;
    return resp == NULL || resp->asked == 0;
}

const struct protocol resp_protocol = {resp_bytes, resp_closed, resp_idle};
