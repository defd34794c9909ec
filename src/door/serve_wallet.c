/*
 * A shopper's own things, read from the engine as they are now: wallet, budgets,
 * orders; and the test payment provider, which gives money that there is not, where the server allows it.
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

/* The shopper who asks, with all that was asked before decided; NULL: refused. */
static const struct shopper *own(struct http *http, u32 *id)
{
    struct server *server = http_server(http);
    *id = http_request(http)->caller.shopper;
    desk_run(&server->desk);
    const struct shopper *shopper = engine_shopper(server->engine, *id);
    if (shopper == NULL)
        problem_reply(http, PROBLEM_FORBIDDEN, "This account is no shopper's.");
    return shopper;
}

/* --- wallet ---------------------------------------------------------------------------------------------- */

static void balance_render(struct emit *emit, const struct engine *engine, u32 currency, i64 balance_minor)
{
    emit_open(emit, '{');
    render_code(emit, engine, "currency", engine_currency(engine, currency)->text);
    emit_key_number(emit, "balance_minor", balance_minor);
    emit_close(emit, '}');
}

void serve_me_wallet(struct http *http)
{
    const struct engine *engine = http_server(http)->engine;
    u32 id;
    const struct shopper *shopper = own(http, &id);
    if (shopper == NULL)
        return;
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_number(&emit, "shopper", id);
    emit_key_open(&emit, "balances", '[');
    balance_render(&emit, engine, shopper->currency, shopper->balance_minor);
    for (u32 row = shopper->first_wallet; row != 0; row = engine_wallet(engine, row)->next)
        balance_render(&emit, engine, engine_wallet(engine, row)->currency, engine_wallet(engine, row)->balance_minor);
    emit_close(&emit, ']');
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

/* --- orders ---------------------------------------------------------------------------------------------- */

void serve_me_orders(struct http *http)
{
    const struct engine *engine = http_server(http)->engine;
    u32 id, limit;
    u64 after = 0;
    const struct shopper *shopper = own(http, &id);
    if (shopper == NULL || !param_number(http, "after", UINT32_MAX, &after) || !form_limit(http, &limit))
        return;
    const struct order *last = engine_order(engine, (u32)after);
    if (after != 0 && (last == NULL || last->shopper != id)) {
        problem_field(http, "after", "is none of this shopper's orders");
        return;
    }
    u32 order = after != 0 ? last->previous : shopper->last_order, shown = 0;
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_open(&emit, "orders", '[');
    for (; order != 0 && limit > 0; limit--) {
        ASSERT(engine_order(engine, order)->shopper == id);
        render_order(&emit, engine, order);
        shown = order;
        order = engine_order(engine, order)->previous;
    }
    emit_close(&emit, ']');
    if (order != 0)
        emit_key_number(&emit, "next", shown);
    else
        emit_key_null(&emit, "next");
    emit_key_number(&emit, "as_of", (i64)engine_seq(engine));
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

/* --- budgets --------------------------------------------------------------------------------------------- */

/* The festival of the query, else the newest that is open; 0: none. False: refused. */
static bool budget_festival(struct http *http, i64 now_ms, u32 *festival)
{
    const struct engine *engine = http_server(http)->engine;
    *festival = 0;
    if (!param_find(http, "festival", COMMAND_FESTIVAL_PUT, RESULT_UNKNOWN_FESTIVAL, festival))
        return false;
    if (*festival != 0 && engine_festival(engine, *festival) == NULL) {
        problem_result(http, (struct result){.code = RESULT_UNKNOWN_FESTIVAL});
        return false;
    }
    for (u32 id = engine_festival_count(engine); *festival == 0 && id > 0; id--) {
        const struct festival *row = engine_festival(engine, id);
        if (row->opens_ms <= now_ms && now_ms < row->closes_ms)
            *festival = id;
    }
    return true;
}

static u32 budget_subject(const struct engine *engine, const struct budget *budget)
{
    if (budget->scope == BUDGET_FESTIVAL)
        return engine_festival(engine, budget->subject)->text;
    return budget->scope == BUDGET_DEPARTMENT ? engine_department(engine, budget->subject)->text : 0;
}

/*
 * What an order would meet now (docs/COMMANDS.md, Budgets), which the row need not say yet: a raise counts from its
 * time on, and a row of an earlier day has nothing spent. A row of a later day (another festival's) stays as it is.
 */
static void budget_render(struct emit *emit, const struct engine *engine, const struct budget *budget, u32 currency,
                          i64 now_ms, i64 offset_ms)
{
    bool raised = budget->next_from_ms > 0 && now_ms >= budget->next_from_ms;
    i64 limit_minor = raised ? budget->next_limit_minor : budget->limit_minor;
    i64 day = (now_ms + offset_ms) / DAY_MS;
    bool daily = budget->scope != BUDGET_FESTIVAL;
    i64 spent_minor = daily && day > budget->day ? 0 : budget->spent_minor;
    if (budget->scope == 0 || limit_minor < 0)
        return;
    emit_open(emit, '{');
    emit_key_word(emit, "scope", word_budget_scope(budget->scope));
    render_code(emit, engine, "subject", budget_subject(engine, budget));
    render_code(emit, engine, "currency", engine_currency(engine, currency)->text);
    emit_key_number(emit, "limit_minor", limit_minor);
    emit_key_number(emit, "spent_minor", spent_minor);
    emit_key_number(emit, "remaining_minor", MAX(limit_minor - spent_minor, (i64)0));
    if (daily)
        emit_key_time(emit, "resets_at", (MAX(day, budget->day) + 1) * DAY_MS - offset_ms);
    else
        emit_key_null(emit, "resets_at");
    if (budget->next_from_ms > now_ms) {
        emit_key_number(emit, "next_limit_minor", budget->next_limit_minor);
        emit_key_time(emit, "next_from", budget->next_from_ms);
    }
    emit_close(emit, '}');
}

void serve_me_budgets(struct http *http)
{
    struct server *server = http_server(http);
    const struct engine *engine = server->engine;
    u32 id, festival;
    const struct shopper *shopper = own(http, &id);
    i64 now_ms = engine_time(engine, server_now_ms(server));
    if (shopper == NULL || !budget_festival(http, now_ms, &festival))
        return;
    const struct festival *row = engine_festival(engine, festival);
    i64 offset_ms = row == NULL ? 0 : row->utc_offset_minutes * MINUTE_MS;
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    render_code(&emit, engine, "festival", row == NULL ? 0 : row->text);
    emit_key_open(&emit, "budgets", '[');
    for (u32 budget = shopper->first_budget; budget != 0; budget = engine_budget(engine, budget)->next)
        budget_render(&emit, engine, engine_budget(engine, budget), shopper->currency, now_ms, offset_ms);
    emit_close(&emit, ']');
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

/* --- the test payment provider --------------------------------------------------------------------------- */

static bool test_payments(struct http *http)
{
    bool allowed = http_server(http)->options.test_payments;
    if (!allowed)
        problem_reply(http, PROBLEM_NOT_FOUND, "This server takes no test payments (eleven serve --test-payments).");
    return allowed;
}

/* The card in the form. False: refused, by us or as the provider would. */
static bool test_card(struct http *http, json_t *form)
{
    struct slice card;
    if (!body_text(http, form, "card", true, &card))
        return false;
    if (slice_is(card, "test-ok"))
        return true;
    if (slice_is(card, "test-declined"))
        problem_reply(http, PROBLEM_PAYMENT_DECLINED, "This card is for trying what happens then.");
    else
        problem_field(http, "card", "must be test-ok or test-declined");
    return false;
}

/* A command was accepted, or has been: its answer is to be written. False: answered. */
static bool told_good(struct conn *conn, const struct result *result)
{
    if (conn == NULL)
        return false;
    struct http *http = http_of(conn);
    if (result == NULL) {
        problem_busy(http, 1);
        return false;
    }
    http->replayed = (result->flags & RESULT_REPLAYED) != 0;
    if (result->code == RESULT_OK)
        return true;
    problem_result(http, *result);
    return false;
}

static void top_up_told(struct conn *conn, void *context, const struct result *result)
{
    (void)context;
    if (!told_good(conn, result))
        return;
    struct http *http = http_of(conn);
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_number(&emit, "shopper", result->id);
    emit_key_number(&emit, "balance_minor", result->value);
    emit_key_bool(&emit, "changed", true);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

static void payment_told(struct conn *conn, void *context, const struct result *result)
{
    (void)context;
    if (!told_good(conn, result))
        return;
    struct http *http = http_of(conn);
    struct emit emit = http_body(http);
    render_order(&emit, http_server(http)->engine, result->id);
    http_reply_json(http, 200);
}

/* Gives what has been put into the desk's room, in the name of who asks. */
static void test_give(struct http *http, struct command_header *command, desk_reply *told)
{
    const struct http_request *request = http_request(http);
    command->caller = request->caller.account;
    memcpy(command->key, request->key, sizeof(request->key));
    http_wait(http);
    desk_ask(&http_server(http)->desk, http->conn, told, NULL);
}

/* NULL: refused. */
static void *test_room(struct http *http, size_t size)
{
    void *room = desk_room(&http_server(http)->desk, size);
    if (room == NULL)
        problem_busy(http, 1);
    return room;
}

void serve_me_top_up(struct http *http)
{
    u32 id, currency;
    i64 amount_minor;
    if (!test_payments(http))
        return;
    const struct shopper *shopper = own(http, &id);
    json_t *form = shopper == NULL ? NULL : form_open(http, "amount_minor currency card");
    if (form == NULL)
        return;
    bool good = body_number(http, form, "amount_minor", true, &amount_minor) &&
                form_code(http, form, "currency", COMMAND_CURRENCY_PUT, RESULT_UNKNOWN_CURRENCY, &currency) &&
                test_card(http, form);
    form_close(form);
    struct command_wallet_top_up *top_up = good ? test_room(http, sizeof(*top_up)) : NULL;
    if (top_up == NULL)
        return;
    *top_up = (struct command_wallet_top_up){.header = {.kind = COMMAND_WALLET_TOP_UP, .size = sizeof(*top_up)},
                                             .amount_minor = amount_minor,
                                             .shopper = id,
                                             .currency = currency != 0 ? currency : shopper->currency};
    test_give(http, &top_up->header, top_up_told);
}

void serve_order_test_payment(struct http *http)
{
    const struct engine *engine = http_server(http)->engine;
    u32 id;
    i64 order;
    if (!test_payments(http) || own(http, &id) == NULL)
        return;
    bool number = ask_number(route_parameter(http, "order"), &order) && order > 0 && order <= UINT32_MAX;
    const struct order *row = number ? engine_order(engine, (u32)order) : NULL;
    if (row == NULL || row->shopper != id) {
        problem_result(http, (struct result){.code = RESULT_UNKNOWN_ORDER});
        return;
    }
    json_t *form = form_open(http, "card");
    bool good = form != NULL && test_card(http, form);
    form_close(form);
    struct command_order_pay *pay = good ? test_room(http, sizeof(*pay)) : NULL;
    if (pay == NULL)
        return;
    *pay = (struct command_order_pay){.header = {.kind = COMMAND_ORDER_PAY, .size = sizeof(*pay)},
                                      .amount_minor = row->total_minor,
                                      .order = (u32)order,
                                      .payment = PAYMENT_PROVIDER};
    test_give(http, &pay->header, payment_told);
}
