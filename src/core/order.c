/*
 * Placing an order, and becoming paid: the effects of a plan that has passed.
 * Nothing here can fail.
 */
#include "core/internal.h"

void plan_begin(struct plan *plan, const struct command_order_place *place, i64 now_ms)
{
    /* Not the arrays: they are filled as far as their counts say. */
    plan->place = place;
    plan->now_ms = now_ms;
    plan->city = 0;
    plan->person = 0;
    plan->total_minor = 0;
    plan->line_count = 0;
    plan->deal_count = 0;
    plan->source_count = 0;
    plan->part_count = 0;
    plan->trace = NULL;
    plan->trace_argument = NULL;
}

/* The order's row, held, without its lines. */
static u32 order_make(struct engine *engine, const struct plan *plan)
{
    const struct command_order_place *place = plan->place;
    struct shopper *shopper = &engine->shoppers[place->shopper];
    u32 id = new_row(engine, LIMIT_orders);
    engine->orders[id] = (struct order){
        .total_minor = plan->total_minor,
        .placed_ms = plan->now_ms,
        .changed_ms = plan->now_ms + engine->festivals[place->festival].hold_ms,
        .shopper = place->shopper,
        .first_line = (u32)engine->head.count[LIMIT_lines] + 1,
        .previous = shopper->last_order,
        .location = place->location,
        .festival = place->festival,
        .city = (u16)plan->city,
        .currency = place->currency,
        .line_count = (u8)plan->source_count,
        .part_count = (u8)plan->part_count,
        .state = ORDER_HELD,
        .channel = place->channel,
        .delivery = place->delivery,
        .payment = PAYMENT_HOLD,
    };
    shopper->last_order = id;
    shopper->orders++;
    return id;
}

/* The part of a line's discount that belongs to source `index` of the plan: its sources share it exactly. */
static i64 source_discount(const struct plan *plan, u32 index)
{
    const struct plan_source *source = &plan->sources[index];
    const struct plan_line *line = &plan->lines[source->line];
    u32 before = 0;
    if (line->discount_minor == 0)
        return 0;
    for (u32 i = 0; i < index; i++)
        if (plan->sources[i].line == source->line)
            before += plan->sources[i].quantity;
    return money_share(line->discount_minor, before + source->quantity, line->quantity) -
           money_share(line->discount_minor, before, line->quantity);
}

/* One row for each source. */
static void lines_make(struct engine *engine, const struct plan *plan)
{
    for (u32 i = 0; i < plan->source_count; i++) {
        const struct plan_source *source = &plan->sources[i];
        const struct plan_line *line = &plan->lines[source->line];
        engine->lines[new_row(engine, LIMIT_lines)] = (struct line){
            .unit_price_minor = line->unit_price_minor,
            .discount_minor = source_discount(plan, i),
            .book = source->book,
            .deal = line->deal,
            .quantity = (u16)source->quantity,
            .asked_line = (u8)line->asked_line,
            .part = source->part,
            .state = PART_OPEN,
            .promised_min = promise_min(&engine->locations[engine->books[source->book].location], plan->city,
                                        plan->place->delivery, plan->now_ms),
        };
        book_reserve(engine, &engine->books[source->book], source->quantity);
        chain_add(engine, (u64)source->book << 32 | source->quantity);
    }
}

static void take_what_is_scarce(struct engine *engine, const struct plan *plan)
{
    for (u32 i = 0; i < plan->line_count; i++) {
        const struct plan_line *line = &plan->lines[i];
        struct sku *sku = &engine->skus[line->sku];
        sku->ordered = 1;
        if (line->deal != 0)
            deal_take(engine, line->deal, line->cap, plan->person, line->quantity);
        if (line->account == 0 && account_find(engine, sku->seller, plan->place->currency) == 0)
            account_make(engine, sku->seller, plan->place->currency);
    }
    if (engine->shoppers[plan->place->shopper].first_budget != 0) {
        struct budget_use use;
        plan_budget_use(engine, plan, &use);
        budget_charge(engine, &use);
    }
}

static void hold_queue_add(struct engine *engine, u32 id)
{
    struct festival *festival = &engine->festivals[engine->orders[id].festival];
    if (festival->hold_first == 0)
        festival->hold_first = id;
    else
        engine->orders[festival->hold_last].next_hold = id;
    festival->hold_last = id;
}

struct result apply_order_place(struct engine *engine, const struct command_order_place *command)
{
    struct plan plan;
    plan_begin(&plan, command, engine->time_ms);
    struct result result = plan_make(engine, &plan);
    if (result.code != RESULT_OK)
        return result;

    MARK_WHEN(ORDER_SPLIT, plan.source_count > plan.line_count);
    u32 id = order_make(engine, &plan);
    lines_make(engine, &plan);
    route_take(engine, &engine->orders[id]);
    take_what_is_scarce(engine, &plan);
    meter_place(engine, &engine->orders[id]);
    if (command->payment == PAYMENT_HOLD)
        hold_queue_add(engine, id);
    else
        order_become_paid(engine, id, command->payment);
    return accept(id, plan.total_minor);
}

void order_become_paid(struct engine *engine, u32 id, u8 payment)
{
    struct order *order = &engine->orders[id];
    ASSERT(order->state == ORDER_HELD);
    ASSERT(payment == PAYMENT_WALLET || payment == PAYMENT_PROVIDER);
    meter_drop_hold(engine, order);
    order->state = ORDER_PAID;
    order->payment = payment;
    order->changed_ms = engine->time_ms;
    order_collect(engine, order);
    meter_pay(engine, order);
    if (order->delivery != DELIVERY_CARRY_OUT)
        return;
    for (u32 i = 0; i < order->line_count; i++) {
        struct line *line = &engine->lines[order->first_line + i];
        book_sell(&engine->books[line->book], line->quantity);
        line->state = PART_HANDED_OVER;
    }
}
