/*
 * Orders, and every route that is one command of the engine.
 */
#include "base/assert.h"
#include "core/words.h"
#include "door/admission.h"
#include "door/ask.h"
#include "door/body.h"
#include "door/http_state.h"
#include "door/problem.h"
#include "door/param.h"
#include "door/render.h"
#include "door/right.h"
#include "door/route.h"
#include "door/serve.h"

#include <stdio.h>
#include <stdlib.h>

/* --- one command ----------------------------------------------------------------------------------- */

static bool is_about_order(u16 kind)
{
    return (kind >= COMMAND_ORDER_PLACE && kind <= COMMAND_ORDER_CANCEL) ||
           (kind >= COMMAND_PART_PACK && kind <= COMMAND_ORDER_EXCHANGE) || kind == COMMAND_TILL_PAY ||
           kind == COMMAND_TILL_RETURN || kind == COMMAND_TILL_VOID;
}

/* What the answer's id and value are called. */
static void command_result(struct emit *emit, u16 kind, struct result result)
{
    static const struct {
        u16 kind;
        const char *id, *value;
    } names[] = {
        {COMMAND_STOCK_RECEIVE, "book", "available"}, {COMMAND_STOCK_COUNT, "book", "available"},
        {COMMAND_STOCK_MOVE, "book", "available"},    {COMMAND_DEAL_PUT, "deal", "taken"},
        {COMMAND_STOCK_KEEP, "book", "available"},    {COMMAND_ROUTING_SET, NULL, "rule_count"},
        {COMMAND_INBOUND_EXPECT, "inbound", "units"}, {COMMAND_INBOUND_SEND, "inbound", "units"},
        {COMMAND_INBOUND_RECEIVE, "inbound", "units"}, {COMMAND_INBOUND_CLOSE, "inbound", "units"},
        {COMMAND_FESTIVAL_FLAGSHIP, "festival", "flagship_count"},
        {COMMAND_TILL_OPEN, "shift", "drawer_minor"}, {COMMAND_TILL_CLOSE, "shift", "drawer_minor"},
        {COMMAND_TILL_CASH, "shift", "drawer_minor"}, {COMMAND_TILL_TAKE_BACK, "shopper", "credit_minor"},
        {COMMAND_WALLET_TOP_UP, "shopper", "balance_minor"},
        {COMMAND_WALLET_TRANSFER, "shopper", "balance_minor"},
    };
    const char *id = "id", *value = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (names[i].kind == kind) {
            id = names[i].id;
            value = names[i].value;
        }
    emit_open(emit, '{');
    if (id != NULL)
        emit_key_number(emit, kind == COMMAND_BUDGET_SET ? "shopper" : id, result.id);
    if (kind == COMMAND_BUDGET_SET)
        emit_key_time(emit, "in_force_at", result.value);
    else if (value != NULL)
        emit_key_number(emit, value, result.value);
    emit_key_bool(emit, "changed", result.code == RESULT_OK);
    emit_close(emit, '}');
}

#define STATE_TEXT_MAX 96u

/* What is in a state that does not allow it: an order and a part of it have numbers of their own. NULL: it cannot be
 * told apart (the order of a return at a till stood in the body). */
static const char *state_sentence(char *text, struct http *http, u16 kind, struct result result)
{
    bool part = kind >= COMMAND_PART_PACK && kind <= COMMAND_ORDER_EXCHANGE; /* the order stands in the path */
    bool whole = kind == COMMAND_ORDER_PAY || kind == COMMAND_ORDER_CANCEL || kind == COMMAND_TILL_PAY ||
                 kind == COMMAND_TILL_VOID;
    i64 id = 0;
    if (result.code != RESULT_WRONG_STATE || (!part && !whole))
        return NULL;
    if (part && ask_number(route_parameter(http, "order"), &id)) {
        const struct order *order = engine_order(http_server(http)->engine, (u32)id);
        if (order != NULL && order->state == ORDER_PAID) {
            bool back = kind == COMMAND_PART_CHECK_OUT && result.value == PART_HANDED_OVER &&
                        order->delivery == DELIVERY_CARRY_OUT;
            snprintf(text, STATE_TEXT_MAX, "This part of the order is %s%s.", word_part_state((unsigned)result.value),
                     back ? ", and all of it has come back" : "");
            return text;
        }
    }
    bool left = whole && result.value == ORDER_PAID;
    snprintf(text, STATE_TEXT_MAX, "The order is %s%s.", word_order_state((unsigned)result.value),
             left ? ", and some of it has left or come back: take the goods back" : "");
    return text;
}

static void command_told(struct conn *conn, void *context, const struct result *result)
{
    const struct route *route = context;
    if (conn == NULL)
        return;
    struct http *http = http_of(conn);
    if (result == NULL) {
        problem_busy(http, 1);
        return;
    }
    u16 kind = route->command != 0 ? route->command : COMMAND_ORDER_PLACE;
    if (result->code != RESULT_OK && result->code != RESULT_NO_CHANGE) {
        char text[STATE_TEXT_MAX];
        problem_refusal(http, *result, state_sentence(text, http, kind, *result));
        return;
    }
    http->replayed = (result->flags & RESULT_REPLAYED) != 0;
    struct emit emit = http_body(http);
    if (is_about_order(kind))
        render_order(&emit, http_server(http)->engine, result->id);
    else
        command_result(&emit, kind, *result);
    http_reply_json(http, route->status);
}

/* An administrative act goes into the trail whether or not somebody waits for its answer. */
struct act_context {
    const struct route *route;
    struct access *access;
    struct access_act act;
};

static void act_told(struct conn *conn, void *argument, const struct result *result)
{
    struct act_context *context = argument;
    bool good = result != NULL && (result->code == RESULT_OK || result->code == RESULT_NO_CHANGE);
    context->act.status = result == NULL ? 503u : (u32)(good ? context->route->status : result_http(result->code));
    access_act(context->access, &context->act);
    command_told(conn, (void *)context->route, result);
    free(context);
}

/* The path's names become fields. */
static bool parameters_ask(struct http *http, struct ask *ask)
{
    const struct http_request *request = http_request(http);
    for (u32 i = 0; i < request->parameter_count; i++) {
        const char *name = request->parameters[i].name + 1;
        struct slice field = slice_of(name, (size_t)(strchr(name, '}') - name));
        bool order = slice_is(field, "order");
        if (!ask_give(ask, field, request->parameters[i].value, ASK_WORD)) {
            if (order)
                problem_result(http, (struct result){.code = RESULT_UNKNOWN_ORDER});
            else
                problem_ask(http, ask);
            return false;
        }
    }
    return true;
}

void serve_caller_defaults(const struct caller *caller, struct command_header *command)
{
    struct command_order_pay *pay = (void *)command;
    if (command->kind == COMMAND_ORDER_PAY && pay->payment == 0)
        pay->payment = caller->roles & ROLE_PROVIDER ? PAYMENT_PROVIDER : PAYMENT_WALLET;
    if (caller->shopper == 0)
        return;
    if (command->kind == COMMAND_ORDER_PLACE && ((struct command_order_place *)command)->shopper == 0)
        ((struct command_order_place *)command)->shopper = caller->shopper;
    if (command->kind == COMMAND_WALLET_TRANSFER && ((struct command_wallet_transfer *)command)->from == 0)
        ((struct command_wallet_transfer *)command)->from = caller->shopper;
    if (command->kind == COMMAND_BUDGET_SET && ((struct command_budget_set *)command)->shopper == 0)
        ((struct command_budget_set *)command)->shopper = caller->shopper;
}

static void command_give(struct http *http, struct ask *ask, const struct route *route)
{
    struct server *server = http_server(http);
    const struct http_request *request = http_request(http);
    if (!right_to(server->engine, &request->caller, ask->command)) {
        route_act(http, 403);
        problem_reply(http, PROBLEM_FORBIDDEN, NULL);
        return;
    }
    ask->command->caller = request->caller.account;
    memcpy(ask->command->key, request->key, sizeof(request->key));
    http_wait(http);
    if ((route->flags & ROUTE_ACT) == 0) {
        desk_ask(&server->desk, http->conn, command_told, (void *)route);
        return;
    }
    struct act_context *context = calloc(1, sizeof(*context));
    ASSERT(context != NULL);
    context->route = route;
    context->access = server->access;
    route_act_fill(http, &context->act);
    desk_ask(&server->desk, http->conn, act_told, context);
}

void serve_command(struct http *http)
{
    struct server *server = http_server(http);
    const struct http_request *request = http_request(http);
    const struct route *route = request->route;
    void *room = desk_room(&server->desk, COMMAND_SIZE_MAX);
    if (room == NULL) {
        problem_busy(http, 1);
        return;
    }
    struct ask ask;
    ask_begin(&ask, server->engine, route->command, room);
    if (!parameters_ask(http, &ask))
        return;
    json_t *body = body_object(http);
    if (body == NULL)
        return;
    bool good = body_ask(http, body, &ask);
    if (good && !ask_end(&ask)) {
        problem_ask(http, &ask);
        good = false;
    }
    if (good) {
        serve_caller_defaults(&request->caller, ask.command);
        command_give(http, &ask, route);
    }
    json_decref(body);
}

/* --- order.place ------------------------------------------------------------------------------------ */

void serve_order_defaults(const struct engine *engine, struct command_order_place *place)
{
    const struct festival *festival = engine_festival(engine, place->festival);
    const struct shopper *shopper = engine_shopper(engine, place->shopper);
    place->channel = place->channel != 0 ? place->channel : CHANNEL_WEB;
    place->delivery = place->delivery != 0 ? place->delivery : DELIVERY_HOME;
    if (place->payment == 0) /* a till takes the money then (till.pay), elsewhere it lies in the wallet */
        place->payment = place->channel == CHANNEL_TILL ? PAYMENT_HOLD : PAYMENT_WALLET;
    if (place->currency == 0 && festival != NULL)
        place->currency = (u16)festival->currency;
    if (place->currency == 0 && shopper != NULL)
        place->currency = shopper->currency;
    if (place->city == 0 && place->delivery == DELIVERY_HOME && shopper != NULL)
        place->city = shopper->city;
}

void serve_order_place(struct http *http)
{
    struct server *server = http_server(http);
    const struct http_request *request = http_request(http);
    struct ask ask;
    bool bad;
    if (!admission_enter(server->admission, http))
        return;
    void *room = desk_room(&server->desk, 1024);
    if (room == NULL) {
        problem_busy(http, 1);
        return;
    }
    ask_begin(&ask, server->engine, COMMAND_ORDER_PLACE, room);
    if (!body_order(http, &ask, &bad) || !ask_end(&ask)) {
        if (!bad)
            problem_ask(http, &ask);
        return;
    }
    serve_caller_defaults(&request->caller, ask.command);
    serve_order_defaults(server->engine, (struct command_order_place *)ask.command);
    command_give(http, &ask, request->route);
}

/* --- reading ------------------------------------------------------------------------------------------ */

u32 serve_order_path(struct http *http)
{
    const struct engine *engine = http_server(http)->engine;
    i64 id;
    bool number = ask_number(route_parameter(http, "order"), &id) && id > 0 && id <= UINT32_MAX;
    desk_run(&http_server(http)->desk);
    if (number && engine_order(engine, (u32)id) != NULL && right_to_see(engine, &http_request(http)->caller, (u32)id))
        return (u32)id;
    problem_result(http, (struct result){.code = RESULT_UNKNOWN_ORDER});
    return 0;
}

void serve_order_get(struct http *http)
{
    u32 id = serve_order_path(http);
    if (id == 0)
        return;
    struct emit emit = http_body(http);
    render_order(&emit, http_server(http)->engine, id);
    http_reply_json(http, 200);
}

/* A question to the views, on the pool. */
struct orders_job {
    struct view *view;
    struct view_order_filter filter;
    bool overdue;
    u32 limit;
    u32 orders[VIEW_PAGE_MAX];
    size_t count;
};

static void orders_run(void *argument)
{
    struct orders_job *job = argument;
    job->count = view_orders(job->view, &job->filter, job->orders, job->limit);
}

/* A part of it (at the location, when one is given) is ready, and was to be fetched before now. */
static bool order_is_overdue(struct server *server, u32 id, u32 location)
{
    const struct order *order = engine_order(server->engine, id);
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = engine_line(server->engine, order->first_line + i);
        bool here = location == 0 || engine_book(server->engine, line->book)->location == location;
        if (here && line->state == PART_READY && line->due_min * MINUTE_MS <= server_now_ms(server))
            return true;
    }
    return false;
}

static void orders_done(struct server *server, struct conn *conn, void *argument)
{
    struct orders_job *job = argument;
    if (conn != NULL) {
        struct http *http = http_of(conn);
        struct emit emit = http_body(http);
        emit_open(&emit, '{');
        emit_key_open(&emit, "orders", '[');
        for (size_t i = 0; i < job->count; i++)
            if (!job->overdue || order_is_overdue(server, job->orders[i], job->filter.location))
                render_order(&emit, server->engine, job->orders[i]);
        emit_close(&emit, ']');
        if (job->count == job->limit && job->count > 0)
            emit_key_number(&emit, "next", job->orders[job->count - 1]);
        else
            emit_key_null(&emit, "next");
        emit_key_number(&emit, "as_of", (i64)view_seq(server->view));
        emit_close(&emit, '}');
        http_reply_json(http, 200);
    }
    free(job);
}

void serve_orders_find(struct http *http)
{
    struct server *server = http_server(http);
    const struct caller *caller = &http_request(http)->caller;
    struct view_order_filter filter = {0};
    u64 shopper = 0, after = 0, limit = 50;
    u32 overdue = PARAM_UNSAID;
    if (server->view == NULL) {
        problem_reply(http, PROBLEM_UNAVAILABLE, "This server keeps no views.");
        return;
    }
    bool good = param_number(http, "shopper", UINT32_MAX, &shopper) &&
                param_number(http, "after", UINT32_MAX, &after) &&
                param_number(http, "limit", VIEW_PAGE_MAX, &limit) &&
                param_find(http, "festival", COMMAND_FESTIVAL_PUT, RESULT_UNKNOWN_FESTIVAL, &filter.festival) &&
                param_find(http, "location", COMMAND_LOCATION_PUT, RESULT_UNKNOWN_LOCATION, &filter.location) &&
                param_word(http, "state", word_parse_order_state, &filter.state) &&
                param_word(http, "part_state", word_parse_part_state, &filter.part_state) &&
                param_word(http, "overdue", param_parse_truth, &overdue) &&
                param_time(http, "from", &filter.from_ms) && param_time(http, "to", &filter.to_ms);
    if (!good)
        return;
    bool one_store = caller->roles & ROLE_CLERK && caller->location != 0;
    if (one_store && filter.location == 0)
        filter.location = caller->location;
    if (one_store && filter.location != caller->location) {
        problem_reply(http, PROBLEM_FORBIDDEN, NULL);
        return;
    }
    filter.shopper = (u32)shopper;
    filter.before = (u32)after;
    struct orders_job *job = calloc(1, sizeof(*job));
    ASSERT(job != NULL);
    job->view = server->view;
    job->filter = filter;
    job->overdue = overdue == PARAM_TRUE;
    if (job->overdue && filter.part_state == 0)
        job->filter.part_state = PART_READY;
    job->limit = (u32)MAX(limit, 1u);
    http_job(http, orders_run, orders_done, job);
}
