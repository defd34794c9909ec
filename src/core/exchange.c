/*
 * Exchange: a variant of a product comes back and another one goes out, in one
 * step. No money moves: what the returned units would have been refunded is
 * what the new order has paid, to the same seller and from the same payer.
 */
#include "core/internal.h"

#define HANDLE_TEXT 2       /* of sku.put: what variants of a product have in common */

/* The same product of the same seller. */
static bool exchangeable(const struct engine *engine, u32 from, u32 to)
{
    if (from == to)
        return true;
    struct slice handle = engine_text(engine, engine->skus[from].text, HANDLE_TEXT);
    return handle.size > 0 && engine->skus[from].seller == engine->skus[to].seller &&
           slice_equal(handle, engine_text(engine, engine->skus[to].text, HANDLE_TEXT));
}

/* Another SKU has a price, and not a higher one: what was not paid for does not go out. The same SKU always is worth as
 * much as itself. */
static bool no_dearer(const struct engine *engine, u32 from, u32 to, u32 currency)
{
    i64 price_minor = engine_list_price(engine, &engine->skus[to], currency);
    return from == to || (price_minor != 0 && price_minor <= engine_list_price(engine, &engine->skus[from], currency));
}

/* What goes out; what comes back has passed its own checks. */
static struct result goods_out_good(const struct engine *engine, const struct command_order_exchange *command,
                                    i64 amount_minor)
{
    const struct order *order = &engine->orders[command->order];
    const struct line *line = &engine->lines[order->first_line + command->line - 1];
    if (!(engine->locations[command->location].services & SERVICE_CARRY_OUT))
        return refuse(RESULT_BAD_SERVICE, command->location);
    if (!exists(engine, LIMIT_skus, command->sku))
        return refuse(RESULT_UNKNOWN_SKU, command->sku);
    if (!engine->skus[command->sku].for_sale)
        return refuse(RESULT_NOT_FOR_SALE, command->sku);
    u32 sku = engine->books[line->book].sku;
    if (!exchangeable(engine, sku, command->sku) || !no_dearer(engine, sku, command->sku, order->currency))
        return refuse(RESULT_NOT_EXCHANGEABLE, command->sku);
    u32 book = engine_find_book(engine, command->sku, command->location);
    if (command->quantity > engine->books[book].available)
        return refuse(RESULT_SOLD_OUT, command->sku);
    if (amount_minor == 0)
        return refuse(RESULT_NOT_EXCHANGEABLE, command->sku);
    return accept(0, 0);
}

static struct result exchange_room(const struct engine *engine, const struct command_order_return *back)
{
    struct result good = order_return_room(engine, back);
    if (good.code != RESULT_OK)
        return good;
    if (room(engine, LIMIT_orders) == 0)
        return pool_full(LIMIT_orders);
    if (room(engine, LIMIT_lines) == 0)
        return pool_full(LIMIT_lines);
    return accept(0, 0);
}

/* The order of what goes out: paid and handed over at once. */
static u32 order_out(struct engine *engine, const struct command_order_exchange *command, i64 amount_minor)
{
    const struct order *old = &engine->orders[command->order];
    struct shopper *shopper = &engine->shoppers[old->shopper];
    u32 book = engine_find_book(engine, command->sku, command->location);
    u32 id = new_row(engine, LIMIT_orders);
    u32 line = new_row(engine, LIMIT_lines);
    i64 unit_price = (amount_minor + command->quantity - 1) / command->quantity;
    engine->orders[id] = (struct order){
        .total_minor = amount_minor,
        .placed_ms = engine->time_ms,
        .changed_ms = engine->time_ms,
        .shopper = old->shopper,
        .first_line = line,
        .previous = shopper->last_order,
        .location = command->location,
        .city = (u16)engine->locations[command->location].city,
        .currency = old->currency,
        .line_count = 1,
        .part_count = 1,
        .state = ORDER_PAID,
        .channel = CHANNEL_TILL,
        .delivery = DELIVERY_EXCHANGE,
        .payment = old->payment,
    };
    engine->lines[line] = (struct line){
        .unit_price_minor = unit_price,
        .discount_minor = unit_price * command->quantity - amount_minor,
        .book = book,
        .quantity = (u16)command->quantity,
        .asked_line = 1,
        .part = 1,
        .state = PART_HANDED_OVER,
    };
    ASSERT(line_paid(&engine->lines[line]) == amount_minor);
    shopper->last_order = id;
    shopper->orders++;
    engine->skus[command->sku].ordered = 1;
    book_reserve(engine, &engine->books[book], command->quantity);
    book_sell(&engine->books[book], command->quantity);
    chain_add(engine, (u64)book << 32 | command->quantity);
    return id;
}

struct result apply_order_exchange(struct engine *engine, const struct command_order_exchange *command)
{
    const struct command_order_return back = {
        .order = command->order,
        .line = command->line,
        .quantity = command->quantity,
        .location = command->location,
        .goods = command->goods,
    };
    if (exists(engine, LIMIT_orders, command->order) && command->goods == GOODS_LOST)
        return refuse(RESULT_MALFORMED, 0);
    struct result good = order_return_good(engine, &back);
    if (good.code != RESULT_OK)
        return good;
    i64 amount = order_return_refund(engine, &back);
    good = goods_out_good(engine, command, amount);
    if (good.code == RESULT_OK)
        good = exchange_room(engine, &back);
    if (good.code != RESULT_OK)
        return good;

    MARK(EXCHANGED);
    u32 id = order_out(engine, command, amount);
    order_return_goods(engine, &back);
    struct order *order = &engine->orders[command->order];
    order->refunded_minor += amount;
    ASSERT(order->refunded_minor <= order->total_minor);
    meter_refund(engine, order, amount);
    return accept(id, amount);
}
