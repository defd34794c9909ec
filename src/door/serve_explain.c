/*
 * Why: what would be decided about an order now, step by step. The engine's plan
 * with somebody listening; nothing is changed.
 */
#include "door/body.h"
#include "door/http_state.h"
#include "door/problem.h"
#include "door/render.h"
#include "door/serve.h"

#define EXPLAIN_LOCATIONS_MAX 1000u /* steps that are about a location: a country's stores are thousands */
#define EXPLAIN_ROOM (sizeof(struct command_order_place) + ORDER_LINES_MAX * sizeof(struct order_line_asked))

struct explain {
    struct emit *emit;
    const struct engine *engine;
    u32 locations;          /* steps about one, all that there were */
};

static void explain_step(void *argument, const struct trace_step *step)
{
    struct explain *explain = argument;
    struct emit *emit = explain->emit;
    const struct sku *sku = engine_sku(explain->engine, step->sku);
    const struct location *location = engine_location(explain->engine, step->location);
    if (location != NULL && ++explain->locations > EXPLAIN_LOCATIONS_MAX)
        return;
    emit_open(emit, '{');
    emit_key_word(emit, "check", step->check);
    emit_key_word(emit, "result", result_word(step->code));
    if (step->line != 0)
        emit_key_number(emit, "line", step->line);
    else
        emit_key_null(emit, "line");
    render_code(emit, explain->engine, "sku", sku == NULL ? 0 : sku->text);
    render_code(emit, explain->engine, "location", location == NULL ? 0 : location->text);
    emit_key_number(emit, "have", step->have);
    emit_key_number(emit, "need", step->need);
    emit_close(emit, '}');
}

void serve_order_explain(struct http *http)
{
    struct server *server = http_server(http);
    _Alignas(8) char room[EXPLAIN_ROOM];
    struct ask ask;
    bool bad;
    ask_begin(&ask, server->engine, COMMAND_ORDER_PLACE, room);
    if (!body_order(http, &ask, &bad) || !ask_end(&ask)) {
        if (!bad)
            problem_ask(http, &ask);
        return;
    }
    desk_run(&server->desk);
    struct command_order_place *place = (void *)room;
    serve_order_defaults(server->engine, place);
    place->header.time_ms = server_now_ms(server);
    struct emit emit = http_body(http);
    struct explain explain = {.emit = &emit, .engine = server->engine};
    emit_open(&emit, '{');
    emit_key_open(&emit, "steps", '[');
    struct result result = engine_explain(server->engine, place, explain_step, &explain);
    emit_close(&emit, ']');
    emit_key_bool(&emit, "complete", explain.locations <= EXPLAIN_LOCATIONS_MAX);
    emit_key_number(&emit, "left_out",
                    explain.locations > EXPLAIN_LOCATIONS_MAX ? explain.locations - EXPLAIN_LOCATIONS_MAX : 0);
    emit_key_word(&emit, "result", result_word(result.code));
    emit_key_word(&emit, "meaning", result_sentence(result.code));
    emit_key_number(&emit, "value", result.value);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}
