#include "door/render.h"

#include "core/words.h"

void render_code(struct emit *emit, const struct engine *engine, const char *key, u32 text)
{
    if (text == 0)
        emit_key_null(emit, key);
    else
        emit_key_text(emit, key, engine_text(engine, text, 0));
}

void render_money(struct emit *emit, const struct engine *engine, const char *key, i64 amount_minor, u32 currency)
{
    emit_key_open(emit, key, '{');
    emit_key_number(emit, "amount_minor", amount_minor);
    render_code(emit, engine, "currency", engine_currency(engine, currency)->text);
    emit_close(emit, '}');
}

static void render_lines(struct emit *emit, const struct engine *engine, const struct order *order)
{
    emit_key_open(emit, "lines", '[');
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = engine_line(engine, order->first_line + i);
        const struct book *book = engine_book(engine, line->book);
        emit_open(emit, '{');
        emit_key_number(emit, "line", i + 1);
        render_code(emit, engine, "sku", engine_sku(engine, book->sku)->text);
        emit_key_number(emit, "quantity", line->quantity);
        emit_key_number(emit, "unit_price_minor", line->unit_price_minor);
        emit_key_number(emit, "discount_minor", line->discount_minor);
        render_code(emit, engine, "location", engine_location(engine, book->location)->text);
        emit_key_number(emit, "part", line->part);
        emit_key_word(emit, "state", word_part_state(line->state));
        emit_key_number(emit, "returned", line->returned);
        emit_key_time(emit, "promised_at", line->promised_min * MINUTE_MS);
        emit_key_time(emit, "due_at", line->due_min * MINUTE_MS);
        emit_close(emit, '}');
    }
    emit_close(emit, ']');
}

void render_order(struct emit *emit, const struct engine *engine, u32 id)
{
    const struct order *order = engine_order(engine, id);
    const struct festival *festival = engine_festival(engine, order->festival);
    const struct city *city = engine_city(engine, order->city);
    const struct location *location = engine_location(engine, order->location);
    emit_open(emit, '{');
    emit_key_number(emit, "order", id);
    emit_key_word(emit, "state", word_order_state(order->state));
    emit_key_time(emit, "placed_at", order->placed_ms);
    emit_key_time(emit, order->state == ORDER_HELD ? "pay_until" : "changed_at", order->changed_ms);
    emit_key_number(emit, "shopper", order->shopper);
    render_code(emit, engine, "festival", festival == NULL ? 0 : festival->text);
    render_code(emit, engine, "city", city == NULL ? 0 : city->text);
    render_code(emit, engine, "location", location == NULL ? 0 : location->text);
    emit_key_word(emit, "channel", word_channel(order->channel));
    emit_key_word(emit, "delivery", word_delivery(order->delivery));
    emit_key_word(emit, "payment", word_payment(order->payment));
    render_money(emit, engine, "total", order->total_minor, order->currency);
    render_money(emit, engine, "refunded", order->refunded_minor, order->currency);
    render_lines(emit, engine, order);
    emit_close(emit, '}');
}
