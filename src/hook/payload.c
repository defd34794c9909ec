/*
 * The body of each event: {"type":...,"timestamp":...,"data":{...}} with codes rather than ids where there are
 * codes, and money as integer minor units beside its currency. docs/WEBHOOKS.md shows each of them; members may
 * be added, never renamed.
 */
#include "hook/internal.h"

#include "base/time.h"

#include <stdio.h>

/* --- members ------------------------------------------------------------------------------- */

static void member(struct hook_text *text, const char *name)
{
    if (text->bytes[text->size - 1] != '{')
        hook_text_raw(text, ",");
    hook_text_raw(text, "\"");
    hook_text_raw(text, name);
    hook_text_raw(text, "\":");
}

static void member_number(struct hook_text *text, const char *name, i64 number)
{
    member(text, name);
    hook_text_number(text, number);
}

static void member_word(struct hook_text *text, const char *name, const char *word)
{
    member(text, name);
    hook_text_string(text, slice_text(word));
}

static void member_time(struct hook_text *text, const char *name, i64 ms)
{
    char buffer[TIME_TEXT_MAX];
    member_word(text, name, time_text(buffer, ms, 0));
}

static void member_truth(struct hook_text *text, const char *name, bool truth)
{
    member(text, name);
    hook_text_raw(text, truth ? "true" : "false");
}

/* The code (or another text) of an entity; null for none. */
#define MEMBER_TEXT(text, name, index, table, engine, id)                   \
    do {                                                                    \
        const struct table *row = engine_##table(engine, id);               \
        member(text, name);                                                 \
        if (row == NULL)                                                    \
            hook_text_raw(text, "null");                                    \
        else                                                                \
            hook_text_string(text, engine_text(engine, row->text, index));  \
    } while (0)
#define MEMBER_CODE(text, name, table, engine, id) MEMBER_TEXT(text, name, 0, table, engine, id)

/* --- words --------------------------------------------------------------------------------- */

static const char *word_of(const char *const *words, size_t count, u32 index)
{
    ASSERT(index < count && words[index] != NULL);
    return words[index];
}
#define WORD(words, index) word_of(words, ARRAY_COUNT(words), index)

static const char *const order_states[] = {
    [ORDER_HELD] = "held", [ORDER_PAID] = "paid", [ORDER_CANCELLED] = "cancelled", [ORDER_EXPIRED] = "expired"};
static const char *const part_states[] = {
    [PART_OPEN] = "open",   [PART_PACKED] = "packed",           [PART_SHIPPED] = "shipped",
    [PART_READY] = "ready", [PART_HANDED_OVER] = "handed-over", [PART_DELIVERED] = "delivered",
    [PART_DROPPED] = "dropped"};
static const char *const channels[] = {[CHANNEL_WEB] = "web", [CHANNEL_STORE] = "store", [CHANNEL_TILL] = "till"};
static const char *const deliveries[] = {
    [DELIVERY_HOME] = "home", [DELIVERY_PICK_UP] = "pick-up", [DELIVERY_CARRY_OUT] = "carry-out"};
static const char *const payments[] = {
    [PAYMENT_HOLD] = "hold", [PAYMENT_WALLET] = "wallet", [PAYMENT_PROVIDER] = "provider"};
static const char *const goods_words[] = {
    [GOODS_RESTOCK] = "restock", [GOODS_QUARANTINE] = "quarantine", [GOODS_LOST] = "lost"};

/* --- orders -------------------------------------------------------------------------------- */

static void payload_line(struct hook_text *text, const struct engine *engine, const struct line *line, u32 number)
{
    const struct book *book = engine_book(engine, line->book);
    ASSERT(book != NULL);
    hook_text_raw(text, number > 1 ? ",{" : "{");
    member_number(text, "line", number);
    MEMBER_CODE(text, "sku", sku, engine, book->sku);
    member_number(text, "quantity", line->quantity);
    member_number(text, "unit_price_minor", line->unit_price_minor);
    member_number(text, "discount_minor", line->discount_minor);
    MEMBER_CODE(text, "location", location, engine, book->location);
    member_number(text, "part", line->part);
    member_word(text, "part_state", WORD(part_states, line->state));
    member_number(text, "returned", line->returned);
    hook_text_raw(text, "}");
}

static void payload_order(struct hook_text *text, const struct engine *engine, u32 id)
{
    const struct order *order = engine_order(engine, id);
    ASSERT(order != NULL);
    member_number(text, "order", id);
    member_word(text, "state", WORD(order_states, order->state));
    MEMBER_CODE(text, "festival", festival, engine, order->festival);
    member_number(text, "shopper", order->shopper);
    MEMBER_CODE(text, "city", city, engine, order->city);
    MEMBER_CODE(text, "location", location, engine, order->location);
    member_word(text, "channel", WORD(channels, order->channel));
    member_word(text, "delivery", WORD(deliveries, order->delivery));
    member_word(text, "payment", WORD(payments, order->payment));
    member_time(text, "placed_at", order->placed_ms);
    if (order->state == ORDER_HELD) {
        member_time(text, "pay_by", order->changed_ms);
    } else {
        member(text, "pay_by");
        hook_text_raw(text, "null");
    }
    MEMBER_CODE(text, "currency", currency, engine, order->currency);
    member_number(text, "total_minor", order->total_minor);
    member_number(text, "refunded_minor", order->refunded_minor);
    member(text, "lines");
    hook_text_raw(text, "[");
    for (u32 i = 0; i < order->line_count; i++)
        payload_line(text, engine, engine_line(engine, order->first_line + i), i + 1);
    hook_text_raw(text, "]");
}

static void payload_return(struct hook_text *text, const struct engine *engine, const struct hook_subject *subject)
{
    const struct command_order_return *command = (const void *)subject->command;
    member(text, "return");
    hook_text_raw(text, "{");
    member_number(text, "line", command->line);
    member_number(text, "quantity", command->quantity);
    member_word(text, "goods", WORD(goods_words, command->goods));
    MEMBER_CODE(text, "location", location, engine, command->location);
    member_number(text, "refund_minor", subject->result.value);
    hook_text_raw(text, "}");
}

_Static_assert(offsetof(struct command_part_pack, part) == offsetof(struct command_part_ship, part), "one layout");
_Static_assert(offsetof(struct command_part_pack, part) == offsetof(struct command_part_ready, part), "one layout");
_Static_assert(offsetof(struct command_part_pack, part) == offsetof(struct command_part_hand_over, part), "one layout");
_Static_assert(offsetof(struct command_part_pack, part) == offsetof(struct command_part_deliver, part), "one layout");

static void payload_part(struct hook_text *text, const struct hook_subject *subject)
{
    const struct command_part_pack *command = (const void *)subject->command;
    member_number(text, "part", command->part);
    member_word(text, "part_state", WORD(part_states, (u32)subject->result.value));
}

/* --- stock and products -------------------------------------------------------------------- */

static void payload_stock(struct hook_text *text, const struct engine *engine, const struct hook_subject *subject)
{
    const struct book *book = engine_book(engine, engine_find_book(engine, subject->sku, subject->location));
    ASSERT(book != NULL);
    u16 kind = subject->command->kind;
    MEMBER_CODE(text, "sku", sku, engine, book->sku);
    MEMBER_CODE(text, "location", location, engine, book->location);
    bool counted = kind == COMMAND_STOCK_COUNT;
    member_word(text, "reason", kind == COMMAND_STOCK_RECEIVE ? "received" : counted ? "counted" : "moved");
    member_number(text, "available", book->available);
    member_number(text, "reserved", book->reserved);
    member_number(text, "quarantine", book->quarantine);
}

static void payload_price(struct hook_text *text, const struct engine *engine, u32 currency, i64 price_minor)
{
    hook_text_raw(text, text->bytes[text->size - 1] == '}' ? ",{" : "{");
    MEMBER_CODE(text, "currency", currency, engine, currency);
    member_number(text, "price_minor", price_minor);
    hook_text_raw(text, "}");
}

static void payload_product(struct hook_text *text, const struct engine *engine, u32 id)
{
    const struct sku *sku = engine_sku(engine, id);
    ASSERT(sku != NULL);
    MEMBER_CODE(text, "sku", sku, engine, id);
    MEMBER_TEXT(text, "title", 1, sku, engine, id);
    MEMBER_TEXT(text, "handle", 2, sku, engine, id);
    MEMBER_TEXT(text, "options", 3, sku, engine, id);
    member(text, "gtin");
    if (sku->gtin == 0) {
        hook_text_raw(text, "null");
    } else { /* as text: 14 digits with leading zeros are one number in every system */
        char gtin[24];
        int digits = snprintf(gtin, sizeof(gtin), "%014llu", (unsigned long long)sku->gtin);
        hook_text_string(text, slice_of(gtin, (size_t)digits));
    }
    MEMBER_CODE(text, "department", department, engine, sku->department);
    MEMBER_CODE(text, "brand", brand, engine, sku->brand);
    MEMBER_CODE(text, "seller", seller, engine, sku->seller);
    member_truth(text, "for_sale", sku->for_sale != 0);
    member(text, "prices");
    hook_text_raw(text, "[");
    if (sku->price_minor > 0)
        payload_price(text, engine, sku->currency, sku->price_minor);
    for (u32 at = sku->first_price; at != 0; at = engine_price(engine, at)->next)
        payload_price(text, engine, engine_price(engine, at)->currency, engine_price(engine, at)->price_minor);
    hook_text_raw(text, "]");
}

void hook_payload(struct hook_text *text, const struct engine *engine, const struct hook_subject *subject)
{
    hook_text_raw(text, "{");
    member_word(text, "type", hook_event_word(subject->event));
    member_time(text, "timestamp", subject->time_ms);
    member(text, "data");
    hook_text_raw(text, "{");
    switch (subject->event) {
    case HOOK_ORDER_PLACED:
    case HOOK_ORDER_PAID:
    case HOOK_ORDER_CANCELLED:
    case HOOK_ORDER_EXPIRED:
        payload_order(text, engine, subject->order);
        break;
    case HOOK_ORDER_RETURNED:
        payload_order(text, engine, subject->order);
        payload_return(text, engine, subject);
        break;
    case HOOK_PART_CHANGED:
        payload_order(text, engine, subject->order);
        payload_part(text, subject);
        break;
    case HOOK_STOCK_CHANGED:
        payload_stock(text, engine, subject);
        break;
    case HOOK_PRODUCT_CHANGED:
        payload_product(text, engine, subject->sku);
        break;
    case HOOK_EVENT_COUNT:
        ASSERT(subject->event != HOOK_EVENT_COUNT);
    }
    hook_text_raw(text, "}}");
}
