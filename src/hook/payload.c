/*
 * The body of each event: {"type":...,"timestamp":...,"data":{...}} with codes rather than ids where there are
 * codes, and money as integer minor units beside its currency. docs/WEBHOOKS.md shows each of them; members may
 * be added, never renamed.
 */
#include "hook/internal.h"

#include "core/words.h"

#include <stdio.h>

/* The code (or another text) of an entity; null for none. */
#define MEMBER_TEXT(emit, name, index, table, engine, id)                   \
    do {                                                                    \
        const struct table *row = engine_##table(engine, id);               \
        if (row == NULL)                                                    \
            emit_key_null(emit, name);                                      \
        else                                                                \
            emit_key_text(emit, name, engine_text(engine, row->text, index)); \
    } while (0)
#define MEMBER_CODE(emit, name, table, engine, id) MEMBER_TEXT(emit, name, 0, table, engine, id)

/* --- orders -------------------------------------------------------------------------------- */

static void payload_line(struct emit *emit, const struct engine *engine, const struct line *line, u32 number)
{
    const struct book *book = engine_book(engine, line->book);
    ASSERT(book != NULL);
    emit_open(emit, '{');
    emit_key_number(emit, "line", number);
    MEMBER_CODE(emit, "sku", sku, engine, book->sku);
    emit_key_number(emit, "quantity", line->quantity);
    emit_key_number(emit, "unit_price_minor", line->unit_price_minor);
    emit_key_number(emit, "discount_minor", line->discount_minor);
    MEMBER_CODE(emit, "location", location, engine, book->location);
    emit_key_number(emit, "part", line->part);
    emit_key_word(emit, "part_state", word_part_state(line->state));
    emit_key_number(emit, "returned", line->returned);
    emit_close(emit, '}');
}

static void payload_order(struct emit *emit, const struct engine *engine, u32 id)
{
    const struct order *order = engine_order(engine, id);
    ASSERT(order != NULL);
    emit_key_number(emit, "order", id);
    emit_key_word(emit, "state", word_order_state(order->state));
    MEMBER_CODE(emit, "festival", festival, engine, order->festival);
    emit_key_number(emit, "shopper", order->shopper);
    MEMBER_CODE(emit, "city", city, engine, order->city);
    MEMBER_CODE(emit, "location", location, engine, order->location);
    emit_key_word(emit, "channel", word_channel(order->channel));
    emit_key_word(emit, "delivery", word_delivery(order->delivery));
    emit_key_word(emit, "payment", word_payment(order->payment));
    emit_key_time(emit, "placed_at", order->placed_ms);
    if (order->state == ORDER_HELD) {
        emit_key_time(emit, "pay_by", order->changed_ms);
    } else {
        emit_key_null(emit, "pay_by");
    }
    MEMBER_CODE(emit, "currency", currency, engine, order->currency);
    emit_key_number(emit, "total_minor", order->total_minor);
    emit_key_number(emit, "refunded_minor", order->refunded_minor);
    emit_key_open(emit, "lines", '[');
    for (u32 i = 0; i < order->line_count; i++)
        payload_line(emit, engine, engine_line(engine, order->first_line + i), i + 1);
    emit_close(emit, ']');
}

/* Where the goods came in, and what becomes of them; line and quantity lie at one place in all three commands. */
static void return_place(const struct engine *engine, const struct command_header *command, u32 *location, u32 *goods)
{
    if (command->kind == COMMAND_ORDER_RETURN) {
        *location = ((const struct command_order_return *)command)->location;
        *goods = ((const struct command_order_return *)command)->goods;
    } else if (command->kind == COMMAND_TILL_RETURN) {
        *location = engine_till(engine, ((const struct command_till_return *)command)->till)->location;
        *goods = ((const struct command_till_return *)command)->goods;
    } else {
        *location = ((const struct command_order_exchange *)command)->location;
        *goods = ((const struct command_order_exchange *)command)->goods;
    }
}

#define SAME_PLACE(field)                                                                                    \
    (offsetof(struct command_order_return, field) == offsetof(struct command_till_return, field) &&          \
     offsetof(struct command_order_return, field) == offsetof(struct command_order_exchange, field))
_Static_assert(SAME_PLACE(order) && SAME_PLACE(line) && SAME_PLACE(quantity), "read as one of them");
#undef SAME_PLACE

static void payload_return(struct emit *emit, const struct engine *engine, const struct hook_subject *subject)
{
    const struct command_order_return *command = (const void *)subject->command;
    u32 location, goods;
    return_place(engine, subject->command, &location, &goods);
    emit_key_open(emit, "return", '{');
    emit_key_number(emit, "line", command->line);
    emit_key_number(emit, "quantity", command->quantity);
    emit_key_word(emit, "goods", word_goods(goods));
    MEMBER_CODE(emit, "location", location, engine, location);
    emit_key_number(emit, "refund_minor", subject->result.value);
    emit_close(emit, '}');
}

_Static_assert(offsetof(struct command_part_pack, part) == offsetof(struct command_part_ship, part), "one layout");
_Static_assert(offsetof(struct command_part_pack, part) == offsetof(struct command_part_ready, part), "one layout");
_Static_assert(offsetof(struct command_part_pack, part) == offsetof(struct command_part_hand_over, part), "one layout");
_Static_assert(offsetof(struct command_part_pack, part) == offsetof(struct command_part_deliver, part), "one layout");
_Static_assert(offsetof(struct command_part_pack, part) == offsetof(struct command_part_check_out, part), "one layout");

static void payload_part(struct emit *emit, const struct hook_subject *subject)
{
    const struct command_part_pack *command = (const void *)subject->command;
    emit_key_number(emit, "part", command->part);
    emit_key_word(emit, "part_state", word_part_state((unsigned)subject->result.value));
}

/* --- stock and products -------------------------------------------------------------------- */

static const char *stock_reason(u16 kind)
{
    switch (kind) {
    case COMMAND_STOCK_RECEIVE:
    case COMMAND_INBOUND_RECEIVE: return "received";
    case COMMAND_STOCK_COUNT: return "counted";
    case COMMAND_TILL_TAKE_BACK: return "returned";
    case COMMAND_INBOUND_SEND: return "sent";
    default: return "moved";
    }
}

static void payload_stock(struct emit *emit, const struct engine *engine, const struct hook_subject *subject)
{
    const struct book *book = engine_book(engine, engine_find_book(engine, subject->sku, subject->location));
    ASSERT(book != NULL);
    MEMBER_CODE(emit, "sku", sku, engine, book->sku);
    MEMBER_CODE(emit, "location", location, engine, book->location);
    emit_key_word(emit, "reason", stock_reason(subject->command->kind));
    emit_key_number(emit, "available", book->available);
    emit_key_number(emit, "reserved", book->reserved);
    emit_key_number(emit, "quarantine", book->quarantine);
}

static void payload_price(struct emit *emit, const struct engine *engine, u32 currency, i64 price_minor)
{
    emit_open(emit, '{');
    MEMBER_CODE(emit, "currency", currency, engine, currency);
    emit_key_number(emit, "price_minor", price_minor);
    emit_close(emit, '}');
}

static void payload_product(struct emit *emit, const struct engine *engine, u32 id)
{
    const struct sku *sku = engine_sku(engine, id);
    ASSERT(sku != NULL);
    MEMBER_CODE(emit, "sku", sku, engine, id);
    MEMBER_TEXT(emit, "title", 1, sku, engine, id);
    MEMBER_TEXT(emit, "handle", 2, sku, engine, id);
    MEMBER_TEXT(emit, "options", 3, sku, engine, id);
    if (sku->gtin == 0) {
        emit_key_null(emit, "gtin");
    } else { /* as text: 14 digits with leading zeros are one number in every system */
        char gtin[24];
        int digits = snprintf(gtin, sizeof(gtin), "%014llu", (unsigned long long)sku->gtin);
        emit_key_text(emit, "gtin", slice_of(gtin, (size_t)digits));
    }
    MEMBER_CODE(emit, "department", department, engine, sku->department);
    MEMBER_CODE(emit, "brand", brand, engine, sku->brand);
    MEMBER_CODE(emit, "seller", seller, engine, sku->seller);
    emit_key_bool(emit, "for_sale", sku->for_sale != 0);
    emit_key_open(emit, "prices", '[');
    if (sku->price_minor > 0)
        payload_price(emit, engine, sku->currency, sku->price_minor);
    for (u32 at = sku->first_price; at != 0; at = engine_price(engine, at)->next)
        payload_price(emit, engine, engine_price(engine, at)->currency, engine_price(engine, at)->price_minor);
    emit_close(emit, ']');
}

void hook_payload(struct emit *emit, const struct engine *engine, const struct hook_subject *subject)
{
    emit_open(emit, '{');
    emit_key_word(emit, "type", hook_event_word(subject->event));
    emit_key_time(emit, "timestamp", subject->time_ms);
    emit_key_open(emit, "data", '{');
    switch (subject->event) {
    case HOOK_ORDER_PLACED:
    case HOOK_ORDER_PAID:
    case HOOK_ORDER_CANCELLED:
    case HOOK_ORDER_EXPIRED:
        payload_order(emit, engine, subject->order);
        break;
    case HOOK_ORDER_RETURNED:
        payload_order(emit, engine, subject->order);
        payload_return(emit, engine, subject);
        break;
    case HOOK_PART_CHANGED:
        payload_order(emit, engine, subject->order);
        payload_part(emit, subject);
        break;
    case HOOK_STOCK_CHANGED:
        payload_stock(emit, engine, subject);
        break;
    case HOOK_PRODUCT_CHANGED:
        payload_product(emit, engine, subject->sku);
        break;
    case HOOK_EVENT_COUNT:
        ASSERT(subject->event != HOOK_EVENT_COUNT);
    }
    emit_close(emit, '}');
    emit_close(emit, '}');
}
