/*
 * Codes of orders: for those who may see the order, and what a scanned one is, for staff.
 */
#include "code/label.h"
#include "code/svg.h"
#include "core/words.h"
#include "door/http_state.h"
#include "door/param.h"
#include "door/problem.h"
#include "door/right.h"
#include "door/route.h"
#include "door/serve.h"

#include <stdio.h>

_Static_assert(ORDER_CODE_KEY_BYTES == ACCESS_FOLDER_KEY_BYTES, "the folder's key is one");

/* The order has a code for this: goods are handed out for what is paid, by how they are delivered. */
static bool order_has(const struct order *order, enum order_code_purpose purpose)
{
    if (purpose == ORDER_CODE_ORDER)
        return true;
    u8 delivery = purpose == ORDER_CODE_PICK_UP ? DELIVERY_PICK_UP : DELIVERY_CARRY_OUT;
    return order->state == ORDER_PAID && order->delivery == delivery;
}

void serve_order_codes(struct http *http)
{
    const struct server *server = http_server(http);
    u32 id = serve_order_path(http);
    char code[ORDER_CODE_TEXT_MAX], svg[64];
    if (id == 0)
        return;
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_number(&emit, "order", id);
    emit_key_open(&emit, "codes", '[');
    for (enum order_code_purpose each = ORDER_CODE_ORDER; each <= ORDER_CODE_EXIT; each++) {
        if (!order_has(engine_order(server->engine, id), each))
            continue;
        snprintf(svg, sizeof(svg), "/v1/orders/%u/codes/%s", id, order_code_word(each));
        emit_open(&emit, '{');
        emit_key_word(&emit, "purpose", order_code_word(each));
        emit_key_word(&emit, "code", order_code_make(code, server->code_key, each, id));
        emit_key_word(&emit, "svg", svg);
        emit_close(&emit, '}');
    }
    emit_close(&emit, ']');
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

void serve_order_code_svg(struct http *http)
{
    static const char *const titles[] = {
        [ORDER_CODE_ORDER] = "Order \xe8\xae\xa2\xe5\x8d\x95",             /* 订单 */
        [ORDER_CODE_PICK_UP] = "Pick-up \xe5\x8f\x96\xe8\xb4\xa7",         /* 取货 */
        [ORDER_CODE_EXIT] = "Exit \xe5\x87\xba\xe9\x97\xa8",               /* 出门 */
    };
    const struct server *server = http_server(http);
    char code[ORDER_CODE_TEXT_MAX], number[32];
    u32 id = serve_order_path(http);
    if (id == 0)
        return;
    const struct order *order = engine_order(server->engine, id);
    const struct location *store = engine_location(server->engine, order->location);
    int purpose = order_code_parse_word(route_parameter(http, "purpose"));
    if (purpose < 0 || !order_has(order, (enum order_code_purpose)purpose)) {
        problem_reply(http, PROBLEM_NOT_FOUND, "The order has no code for this.");
        return;
    }
    snprintf(number, sizeof(number), "No. %u", id);
    struct label_code label = {
        .title = slice_text(titles[purpose]),
        .code = slice_text(order_code_make(code, server->code_key, (enum order_code_purpose)purpose, id)),
        .order = slice_text(number),
        .store = store != NULL ? engine_text(server->engine, store->text, 1) : slice_of("", 0),
    };
    struct buffer *out = http_body(http).out;
    struct label_size size = label_code_size();
    svg_open(out, size.width_um, size.height_um);
    label_code(out, size, &label);
    svg_close(out);
    http_reply(http, 200, SVG_TYPE, slice_of(out->bytes, out->size), "");
}

static void code_refused(struct http *http, enum order_code_status status, enum order_code_purpose purpose)
{
    char detail[48];
    switch (status) {
    case ORDER_CODE_MALFORMED: problem_reply(http, PROBLEM_CODE_MALFORMED, NULL); break;
    case ORDER_CODE_MISTYPED: problem_reply(http, PROBLEM_CODE_MISTYPED, NULL); break;
    case ORDER_CODE_WRONG_PURPOSE:
        snprintf(detail, sizeof(detail), "It is for: %s.", order_code_word(purpose));
        problem_reply(http, PROBLEM_CODE_WRONG_PURPOSE, detail);
        break;
    default: problem_reply(http, PROBLEM_CODE_UNKNOWN, NULL);
    }
}

/* Units that may still leave on a code: for pick-up what was not fetched, at the exit what was not checked nor has come
 * back. */
static u32 units_to_leave(const struct engine *engine, const struct order *order, enum order_code_purpose purpose)
{
    u32 units = 0;
    if (purpose == ORDER_CODE_ORDER || !order_has(order, purpose))
        return 0;
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = engine_line(engine, order->first_line + i);
        bool waits = line->state == PART_OPEN || line->state == PART_PACKED || line->state == PART_READY;
        if (purpose == ORDER_CODE_PICK_UP ? waits : line->state == PART_HANDED_OVER)
            units += (u32)line->quantity - line->returned;
    }
    return units;
}

void serve_code_read(struct http *http)
{
    const struct server *server = http_server(http);
    u32 wanted = 0, id;
    enum order_code_purpose purpose;
    char code[ORDER_CODE_TEXT_MAX];
    if (!param_word(http, "purpose", order_code_parse_word, &wanted))
        return;
    desk_run(&http_server(http)->desk);
    enum order_code_status status =
        order_code_read(route_parameter(http, "code"), server->code_key, wanted, &id, &purpose);
    bool seen = id != 0 && engine_order(server->engine, id) != NULL &&
                right_to_see(server->engine, &http_request(http)->caller, id);
    if (status != ORDER_CODE_GOOD || !seen) { /* what is not the caller's to see is unknown */
        code_refused(http, id != 0 && !seen ? ORDER_CODE_UNKNOWN : status, purpose);
        return;
    }
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_word(&emit, "code", order_code_make(code, server->code_key, purpose, id));
    emit_key_word(&emit, "purpose", order_code_word(purpose));
    emit_key_number(&emit, "order", id);
    emit_key_word(&emit, "state", word_order_state(engine_order(server->engine, id)->state));
    emit_key_number(&emit, "units", units_to_leave(server->engine, engine_order(server->engine, id), purpose));
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}
