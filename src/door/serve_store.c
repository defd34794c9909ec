/*
 * What a store needs to see: itself, goods on their way to and from it, and the rules by which orders are routed.
 */
#include "core/words.h"
#include "door/ask.h"
#include "door/catalogue.h"
#include "door/param.h"
#include "door/place.h"
#include "door/problem.h"
#include "door/render.h"
#include "door/right.h"
#include "door/route.h"
#include "door/scan.h"
#include "door/serve.h"
#include "door/server.h"

/* --- one location ------------------------------------------------------------------------------------- */

void serve_location_get(struct http *http)
{
    struct server *server = http_server(http);
    u32 staff = ROLE_CLERK | ROLE_MERCHANDISER | ROLE_INTEGRATOR | ROLE_ADMINISTRATOR;
    desk_run(&server->desk);
    u32 location = catalogue_path(http, "location", COMMAND_LOCATION_PUT, RESULT_UNKNOWN_LOCATION);
    if (location == 0)
        return;
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_number(&emit, "id", location);
    place_emit(&emit, server->engine, location);
    place_emit_more(&emit, server->engine, location, server_now_ms(server),
                    (right_roles(http_request(http)->caller.roles) & staff) != 0);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

/* --- routing ---------------------------------------------------------------------------------------------- */

/* What a rule does, for people. */
static const char *rule_sentence(unsigned rule)
{
    switch (rule) {
    case RULE_WISHED: return "The location that the order names comes before others.";
    case RULE_CITY: return "Locations in the order's city come before others.";
    case RULE_FEWEST: return "As few parcels as can be: a location that sends something of the order already comes "
                             "before others, and rules behind this one do not divide an order.";
    case RULE_NEAREST: return "Locations in a nearer city come before those further away.";
    case RULE_SPARE: return "Stores whose last unit it would take come after warehouses and stores that keep some.";
    case RULE_BALANCE: return "Locations that have more of this hour's capacity left come before busier ones, in "
                              "quarters of it.";
    default: return "";
    }
}

void serve_routing_get(struct http *http)
{
    struct server *server = http_server(http);
    desk_run(&server->desk);
    const u8 *rules = engine_rules(server->engine);
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_open(&emit, "rules", '[');
    for (size_t i = 0; i < RULES_MAX && rules[i] != 0; i++) {
        emit_open(&emit, '{');
        emit_key_word(&emit, "rule", word_rule(rules[i]));
        emit_key_word(&emit, "meaning", rule_sentence(rules[i]));
        emit_close(&emit, '}');
    }
    emit_close(&emit, ']');
    emit_key_word(&emit, "then", "Where the rules leave it open: the nearest city, then the location nearest to its "
                                 "city's middle, then the older one.");
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

/* --- goods on their way ------------------------------------------------------------------------------------ */

enum { INBOUND_FROM, INBOUND_TO, INBOUND_EITHER, INBOUND_OPEN };

static bool inbound_of(const struct engine *engine, u32 id, const struct scan_of *list)
{
    const struct inbound *row = engine_inbound(engine, id);
    const u32 *of = list->of;
    if ((of[INBOUND_FROM] != 0 && row->from != of[INBOUND_FROM]) || (of[INBOUND_TO] != 0 && row->to != of[INBOUND_TO]))
        return false;
    if (of[INBOUND_EITHER] != 0 && row->from != of[INBOUND_EITHER] && row->to != of[INBOUND_EITHER])
        return false;
    return of[INBOUND_OPEN] == PARAM_UNSAID || (row->closed_ms == 0) == (of[INBOUND_OPEN] == PARAM_TRUE);
}

static void emit_inbound(struct emit *emit, const struct engine *engine, u32 id, i64 now_ms)
{
    const struct inbound *row = engine_inbound(engine, id);
    const struct sku *sku = engine_sku(engine, row->sku);
    const struct location *from = engine_location(engine, row->from);
    (void)now_ms;
    emit_open(emit, '{');
    emit_key_number(emit, "inbound", id);
    emit_key_number(emit, "reference", (i64)row->reference);
    render_code(emit, engine, "sku", sku->text);
    catalogue_emit_gtin(emit, sku->gtin);
    emit_key_text(emit, "title", engine_text(engine, sku->text, SKU_TITLE));
    render_code(emit, engine, "from", from == NULL ? 0 : from->text);
    render_code(emit, engine, "to", engine_location(engine, row->to)->text);
    emit_key_number(emit, "expected", row->expected);
    emit_key_number(emit, "received", row->received);
    emit_key_number(emit, "lost", row->lost);
    emit_key_number(emit, "coming", engine_inbound_left(row));
    emit_key_time(emit, "made_at", row->made_ms);
    emit_key_time(emit, "closed_at", row->closed_ms);
    emit_close(emit, '}');
}

/* A clerk of one store sees what comes to it and what it has sent; 0: every store's. */
static u32 one_store(struct http *http)
{
    const struct caller *caller = &http_request(http)->caller;
    return caller->roles & ROLE_CLERK ? caller->location : 0;
}

void serve_inbounds(struct http *http)
{
    static const struct scan_plan plan = {inbound_of, emit_inbound, engine_inbound_count, "inbounds"};
    struct scan_of list = {{0}};
    struct page page;
    u32 store = one_store(http);
    desk_run(&http_server(http)->desk);
    if (!param_find(http, "from", COMMAND_LOCATION_PUT, RESULT_UNKNOWN_LOCATION, &list.of[INBOUND_FROM]) ||
        !param_find(http, "to", COMMAND_LOCATION_PUT, RESULT_UNKNOWN_LOCATION, &list.of[INBOUND_TO]) ||
        !param_word(http, "open", param_parse_truth, &list.of[INBOUND_OPEN]) || !catalogue_page(http, UINT32_MAX, &page))
        return;
    list.of[INBOUND_EITHER] = store;
    scan_start(http, &plan, list, page.after, page.limit);
}

void serve_inbound_get(struct http *http)
{
    struct server *server = http_server(http);
    u32 store = one_store(http);
    i64 id = 0;
    desk_run(&server->desk);
    bool number = ask_number(route_parameter(http, "inbound"), &id) && id > 0 && id <= UINT32_MAX;
    const struct inbound *row = number ? engine_inbound(server->engine, (u32)id) : NULL;
    if (row == NULL || (store != 0 && row->from != store && row->to != store)) {
        problem_result(http, (struct result){.code = RESULT_UNKNOWN_INBOUND});
        return;
    }
    struct emit emit = http_body(http);
    emit_inbound(&emit, server->engine, (u32)id, server_now_ms(server));
    http_reply_json(http, 200);
}
