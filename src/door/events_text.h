/*
 * What server-sent events say.
 */
#ifndef ELEVEN_DOOR_EVENTS_TEXT_H
#define ELEVEN_DOOR_EVENTS_TEXT_H

#include "core/engine.h"
#include "base/buffer.h"

/* How far a festival is, in whole seconds since it opened; -1: not open yet. */
i64 events_second(const struct festival *festival, i64 now_ms);

/* The screen's event ("total") with the seconds from `from_second` on, EVENTS_SECONDS_MAX at most. */
void events_screen(struct buffer *text, const struct engine *engine, u32 festival, i64 from_second, i64 now_ms);

/* "stock": what is left of a SKU, and its deal now. */
void events_stock(struct buffer *text, const struct engine *engine, u32 sku, i64 now_ms);

/* "order": one order as GET /v1/orders/{order} has it. */
void events_order(struct buffer *text, const struct engine *engine, u32 order);

/* Changes when what the event would say of it changes. */
u64 events_stock_version(const struct engine *engine, u32 sku, i64 now_ms);
u64 events_order_version(const struct engine *engine, u32 order);

#endif
