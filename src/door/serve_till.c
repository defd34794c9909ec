/*
 * Tills to be read: what is in the drawer now (the X report), what each shift came to (the Z reports), every line of
 * the journal, and sales that were suspended.
 */
#include "core/words.h"
#include "door/ask.h"
#include "door/catalogue.h"
#include "door/param.h"
#include "door/problem.h"
#include "door/render.h"
#include "door/route.h"
#include "door/serve.h"
#include "door/server.h"

#define SUSPENDED_LOOK_MAX 4096u    /* newest orders of a till's shopper that are looked at: days of a busy till */

/* The currency that a till sells in. */
static u32 till_currency(const struct engine *engine, const struct till *till)
{
    return engine_shopper(engine, till->shopper)->currency;
}

/* The path's till, which the caller may see: a clerk those of the own store. 0: refused. */
static u32 path_till(struct http *http)
{
    struct server *server = http_server(http);
    const struct caller *caller = &http_request(http)->caller;
    desk_run(&server->desk);
    u32 id = catalogue_path(http, "till", COMMAND_TILL_PUT, RESULT_UNKNOWN_TILL);
    if (id == 0)
        return 0;
    bool own = caller->location == 0 || engine_till(server->engine, id)->location == caller->location;
    if ((caller->roles & ROLE_CLERK) == 0 || own)
        return id;
    problem_reply(http, PROBLEM_FORBIDDEN, NULL);
    return 0;
}

/* --- shifts --------------------------------------------------------------------------------------------- */

static void emit_means(struct emit *emit, const char *key, const i64 amounts[TENDER_MEANS])
{
    emit_key_open(emit, key, '{');
    for (unsigned means = TENDER_CASH; means <= TENDER_WALLET; means++)
        emit_key_number(emit, word_tender_means(means), amounts[means - 1]);
    emit_close(emit, '}');
}

static void emit_shift(struct emit *emit, const struct engine *engine, u32 id)
{
    const struct shift *shift = engine_shift(engine, id);
    bool closed = shift->closed_ms != 0;
    emit_open(emit, '{');
    emit_key_number(emit, "shift", id);
    emit_key_time(emit, "opened_at", shift->opened_ms);
    emit_key_time(emit, "closed_at", shift->closed_ms);
    emit_key_number(emit, "float_minor", shift->float_minor);
    emit_means(emit, "sold_minor", shift->sold_minor);
    emit_means(emit, "refunded_minor", shift->refunded_minor);
    emit_key_number(emit, "put_in_minor", shift->put_in_minor);
    emit_key_number(emit, "taken_out_minor", shift->taken_out_minor);
    emit_key_number(emit, "drawer_minor", engine_drawer(shift));
    if (closed) {
        emit_key_number(emit, "counted_minor", shift->counted_minor);
        emit_key_number(emit, "difference_minor", shift->counted_minor - engine_drawer(shift));
    } else {
        emit_key_null(emit, "counted_minor");
        emit_key_null(emit, "difference_minor");
    }
    emit_key_number(emit, "sales", shift->sales);
    emit_key_number(emit, "returns", shift->returns);
    emit_key_number(emit, "voids", shift->voids);
    emit_close(emit, '}');
}

/* A shift is open from till.open to till.close. */
static u32 open_shift(const struct engine *engine, const struct till *till)
{
    const struct shift *shift = engine_shift(engine, till->shift);
    return shift != NULL && shift->closed_ms == 0 ? till->shift : 0;
}

static void emit_till(struct emit *emit, const struct engine *engine, u32 id)
{
    const struct till *till = engine_till(engine, id);
    u32 shift = open_shift(engine, till);
    emit_open(emit, '{');
    emit_key_number(emit, "id", id);
    emit_key_text(emit, "code", engine_text(engine, till->text, 0));
    render_code(emit, engine, "location", engine_location(engine, till->location)->text);
    emit_key_number(emit, "shopper", till->shopper);
    render_code(emit, engine, "currency", engine_currency(engine, till_currency(engine, till))->text);
    emit_key_bool(emit, "open", shift != 0);
    if (shift != 0) {
        emit_key(emit, "shift");
        emit_shift(emit, engine, shift);
    } else {
        emit_key_null(emit, "shift");
    }
    emit_close(emit, '}');
}

void serve_till_get(struct http *http)
{
    u32 till = path_till(http);
    if (till == 0)
        return;
    struct emit emit = http_body(http);
    emit_till(&emit, http_server(http)->engine, till);
    http_reply_json(http, 200);
}

/* All tills may be looked through: 65,536, the limit's default, take 0.3 ms. */
void serve_tills(struct http *http)
{
    struct server *server = http_server(http);
    const struct caller *caller = &http_request(http)->caller;
    u32 location = 0, last = 0;
    struct page page;
    desk_run(&server->desk);
    if (!param_find(http, "location", COMMAND_LOCATION_PUT, RESULT_UNKNOWN_LOCATION, &location) ||
        !catalogue_page(http, UINT32_MAX, &page))
        return;
    u32 store = caller->roles & ROLE_CLERK ? caller->location : 0;
    if (store != 0 && location != 0 && location != store) {
        problem_reply(http, PROBLEM_FORBIDDEN, NULL);
        return;
    }
    location = store != 0 ? store : location;
    u32 count = engine_till_count(server->engine);
    u64 at = page.after + 1, shown = 0;
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_open(&emit, "tills", '[');
    for (; at <= count; at++) {
        if (location != 0 && engine_till(server->engine, (u32)at)->location != location)
            continue;
        if (shown++ == page.limit)
            break;
        emit_till(&emit, server->engine, (u32)at);
        last = (u32)at;
    }
    emit_close(&emit, ']');
    catalogue_next(&emit, at <= count ? last : 0);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

/* Newest first; the cursor is the last one shown. */
void serve_till_shifts(struct http *http)
{
    const struct engine *engine = http_server(http)->engine;
    struct page page;
    u32 id = path_till(http), last = 0;
    if (id == 0 || !catalogue_page(http, UINT32_MAX, &page))
        return;
    const struct shift *before = engine_shift(engine, (u32)page.after);
    if (page.after != 0 && (before == NULL || before->till != id)) {
        problem_field(http, "after", "is no cursor of this list");
        return;
    }
    const struct till *till = engine_till(engine, id);
    u32 at = before != NULL ? before->previous : till->shift;
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_text(&emit, "till", engine_text(engine, till->text, 0));
    render_code(&emit, engine, "currency", engine_currency(engine, till_currency(engine, till))->text);
    emit_key_open(&emit, "shifts", '[');
    for (u64 shown = 0; at != 0 && shown < page.limit; shown++) {
        emit_shift(&emit, engine, at);
        last = at;
        at = engine_shift(engine, at)->previous;
    }
    emit_close(&emit, ']');
    catalogue_next(&emit, at != 0 ? last : 0);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

/* --- the journal ---------------------------------------------------------------------------------------- */

/* 0 is none. */
static void emit_number_or_null(struct emit *emit, const char *key, u32 number)
{
    if (number == 0)
        emit_key_null(emit, key);
    else
        emit_key_number(emit, key, number);
}

static void emit_tender(struct emit *emit, const struct engine *engine, u32 id)
{
    const struct tender *tender = engine_tender(engine, id);
    const struct sku *sku = engine_sku(engine, tender->sku);
    emit_open(emit, '{');
    emit_key_number(emit, "line", id);
    emit_key_time(emit, "at", tender->at_ms);
    emit_key_word(emit, "kind", word_tender_kind(tender->kind));
    emit_key_number(emit, "cash_minor", tender->cash_minor);
    emit_key_number(emit, "card_minor", tender->card_minor);
    emit_key_number(emit, "wallet_minor", tender->wallet_minor);
    emit_number_or_null(emit, "order", tender->order);
    render_code(emit, engine, "sku", sku == NULL ? 0 : sku->text);
    emit_number_or_null(emit, "quantity", tender->quantity);
    emit_close(emit, '}');
}

/* Newest first; the cursor is the last one shown. */
void serve_till_journal(struct http *http)
{
    const struct engine *engine = http_server(http)->engine;
    struct page page;
    u64 asked = 0;
    u32 id = path_till(http), last = 0;
    if (id == 0 || !param_number(http, "shift", UINT32_MAX, &asked) || !catalogue_page(http, UINT32_MAX, &page))
        return;
    u32 number = asked != 0 ? (u32)asked : engine_till(engine, id)->shift;
    const struct shift *shift = engine_shift(engine, number);
    if (asked != 0 && (shift == NULL || shift->till != id)) {
        problem_field(http, "shift", "is none of this till");
        return;
    }
    const struct tender *before = engine_tender(engine, (u32)page.after);
    if (page.after != 0 && (before == NULL || before->shift != number)) {
        problem_field(http, "after", "is no cursor of this list");
        return;
    }
    u32 at = before != NULL ? before->previous : shift != NULL ? shift->last_tender : 0;
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_number_or_null(&emit, "shift", number);
    render_code(&emit, engine, "currency",
                engine_currency(engine, till_currency(engine, engine_till(engine, id)))->text);
    emit_key_open(&emit, "journal", '[');
    for (u64 shown = 0; at != 0 && shown < page.limit; shown++) {
        emit_tender(&emit, engine, at);
        last = at;
        at = engine_tender(engine, at)->previous;
    }
    emit_close(&emit, ']');
    catalogue_next(&emit, at != 0 ? last : 0);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

/* --- suspended sales ------------------------------------------------------------------------------------- */

/* Orders on hold in the till's own name, newest first. */
void serve_till_suspended(struct http *http)
{
    const struct engine *engine = http_server(http)->engine;
    u64 limit, shown = 0;
    u32 id = path_till(http);
    if (id == 0 || !catalogue_limit(http, &limit))
        return;
    u32 at = engine_shopper(engine, engine_till(engine, id)->shopper)->last_order;
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_open(&emit, "orders", '[');
    for (u32 looked = 0; at != 0 && looked < SUSPENDED_LOOK_MAX && shown < limit; looked++) {
        const struct order *order = engine_order(engine, at);
        if (order->state == ORDER_HELD) {
            render_order(&emit, engine, at);
            shown++;
        }
        at = order->previous;
    }
    emit_close(&emit, ']');
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}
