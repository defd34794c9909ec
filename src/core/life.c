/*
 * The life of an order after it was placed: paid, cancelled or expired; packed,
 * sent, fetched; returned.
 */
#include "core/internal.h"

static struct line *line_at(const struct engine *engine, const struct order *order, u32 index)
{
    ASSERT(index < order->line_count);
    return &engine->lines[order->first_line + index];
}

static u32 line_sku(const struct engine *engine, const struct line *line)
{
    return engine->books[line->book].sku;
}

/* --- holds -------------------------------------------------------------------------- */

/* The head of a festival's queue is always an order on hold: those that are not any more are passed over here. */
static void hold_queue_tidy(struct engine *engine, u32 festival_id)
{
    struct festival *festival = &engine->festivals[festival_id];
    while (festival->hold_first != 0 && engine->orders[festival->hold_first].state != ORDER_HELD)
        festival->hold_first = engine->orders[festival->hold_first].next_hold;
    MARK_WHEN(HOLDS_ALL_GONE, festival->hold_first == 0);
    if (festival->hold_first == 0)
        festival->hold_last = 0;
}

struct result order_payable(const struct engine *engine, const struct order *order)
{
    if (order->state == ORDER_PAID)
        return refuse(RESULT_ALREADY_PAID, 0);
    MARK_WHEN(PAID_AT_DEADLINE, order->state == ORDER_HELD && engine->time_ms == order->changed_ms);
    MARK_WHEN(PAID_JUST_IN_TIME, order->state == ORDER_HELD && engine->time_ms == order->changed_ms - 1);
    if (order->state == ORDER_EXPIRED || (order->state == ORDER_HELD && engine->time_ms >= order->changed_ms))
        return refuse(RESULT_HOLD_EXPIRED, order->changed_ms);
    if (order->state != ORDER_HELD)
        return refuse(RESULT_WRONG_STATE, order->state);
    return accept(0, 0);
}

void order_settle(struct engine *engine, u32 id, u8 payment)
{
    order_become_paid(engine, id, payment);
    hold_queue_tidy(engine, engine->orders[id].festival);
}

struct result apply_order_pay(struct engine *engine, const struct command_order_pay *command)
{
    if (!exists(engine, LIMIT_orders, command->order))
        return refuse(RESULT_UNKNOWN_ORDER, 0);
    if (command->payment != PAYMENT_WALLET && command->payment != PAYMENT_PROVIDER)
        return refuse(RESULT_MALFORMED, 0);
    const struct order *order = &engine->orders[command->order];
    struct result good = order_payable(engine, order);
    if (good.code != RESULT_OK)
        return good;
    if (command->amount_minor != order->total_minor)
        return refuse(RESULT_AMOUNT_MISMATCH, order->total_minor);
    struct result funds =
        order_funds(engine, order->shopper, order->currency, command->payment, order->total_minor);
    if (funds.code != RESULT_OK)
        return funds;

    order_settle(engine, command->order, (u8)command->payment);
    return accept(command->order, order->total_minor);
}

/* --- letting go ------------------------------------------------------------------------ */

static void budgets_give_back(struct engine *engine, u32 id, const struct line *lines, u32 count, const i64 *amounts)
{
    const struct order *order = &engine->orders[id];
    if (engine->shoppers[order->shopper].first_budget == 0)
        return;
    struct budget_use use = {.shopper = order->shopper, .festival = order->festival, .placed_ms = order->placed_ms};
    for (u32 i = 0; i < count; i++) {
        use.lines[i].department = engine->skus[line_sku(engine, &lines[i])].department;
        use.lines[i].amount_minor = amounts[i];
        use.total_minor += amounts[i];
    }
    use.line_count = count;
    budget_give_back(engine, id, &use);
}

/* Units, quotas, counters and budgets back to where they were; the money has been seen to. */
static void order_drop(struct engine *engine, u32 id, enum order_state state)
{
    struct order *order = &engine->orders[id];
    u32 person = engine->shoppers[order->shopper].person;
    i64 amounts[ORDER_PARTS_MAX];
    for (u32 i = 0; i < order->line_count; i++) {
        struct line *line = line_at(engine, order, i);
        if (line_gone(line))
            book_take_back(engine, &engine->books[line->book], line->quantity);
        else
            book_release(engine, &engine->books[line->book], line->quantity);
        if (line->deal != 0)
            deal_give_back(engine, line->deal, person, line->quantity);
        line->state = PART_DROPPED;
        amounts[i] = line_paid(line);
    }
    budgets_give_back(engine, id, line_at(engine, order, 0), order->line_count, amounts);
    route_give_back(engine, order);
    order->state = (u8)state;
    order->changed_ms = engine->time_ms;
}

void order_undo(struct engine *engine, u32 id)
{
    struct order *order = &engine->orders[id];
    ASSERT(order->state == ORDER_PAID && order->refunded_minor == 0);
    for (u32 i = 0; i < order->line_count; i++)
        order_refund(engine, order, line_at(engine, order, i), line_paid(line_at(engine, order, i)));
    ASSERT(order->refunded_minor == order->total_minor);
    meter_refund(engine, order, order->refunded_minor);
    order_drop(engine, id, ORDER_CANCELLED);
}

bool order_nothing_left(const struct engine *engine, const struct order *order)
{
    for (u32 i = 0; i < order->line_count; i++) {
        u8 state = line_at(engine, order, i)->state;
        if (state != PART_OPEN && state != PART_PACKED && state != PART_READY)
            return false;
    }
    return true;
}

struct result apply_order_cancel(struct engine *engine, const struct command_order_cancel *command)
{
    if (!exists(engine, LIMIT_orders, command->order))
        return refuse(RESULT_UNKNOWN_ORDER, 0);
    struct order *order = &engine->orders[command->order];
    bool held = order->state == ORDER_HELD;
    if (!held && (order->state != ORDER_PAID || !order_nothing_left(engine, order)))
        return refuse(RESULT_WRONG_STATE, order->state);

    if (held) {
        meter_drop_hold(engine, order);
        order_drop(engine, command->order, ORDER_CANCELLED);
    } else {
        order_undo(engine, command->order);
    }
    hold_queue_tidy(engine, order->festival);
    return accept(command->order, order->refunded_minor);
}

struct result apply_clock_tick(struct engine *engine, const struct command_clock_tick *command)
{
    (void)command;
    u32 expired = 0;
    for (u32 i = 0; i <= engine->head.count[LIMIT_festivals]; i++) {
        struct festival *festival = &engine->festivals[i];
        while (festival->hold_first != 0 && expired < EXPIRE_PER_TICK_MAX) {
            u32 id = festival->hold_first;
            ASSERT(engine->orders[id].state == ORDER_HELD);
            if (engine->orders[id].changed_ms > engine->time_ms)
                break;
            meter_drop_hold(engine, &engine->orders[id]);
            order_drop(engine, id, ORDER_EXPIRED);
            chain_add(engine, id);
            hold_queue_tidy(engine, i);
            expired++;
        }
    }
    MARK_WHEN(TICK_BOUNDED, expired == EXPIRE_PER_TICK_MAX);
    return expired == 0 ? no_change(0, 0) : accept(0, expired);
}

/* --- goods on their way ------------------------------------------------------------------ */

#define FROM(state) (1u << (state))
#define DELIVERED_BY(delivery) (1u << (delivery))

/* One step of a part: for which delivery, from which states, to which; whether the goods leave, or are still kept. */
struct part_step {
    unsigned delivery;      /* set of DELIVERED_BY */
    unsigned from;          /* set of FROM */
    u8 to;
    bool leaves;
    bool kept;              /* some unit of it must not have come back */
};

/* Some unit of the part is the shopper's: not all of it has come back. */
static bool part_kept(const struct engine *engine, const struct order *order, u32 part)
{
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = line_at(engine, order, i);
        if (line->part == part && line->returned < line->quantity)
            return true;
    }
    return false;
}

static struct result part_go(struct engine *engine, u32 order_id, u32 part, struct part_step step)
{
    if (!exists(engine, LIMIT_orders, order_id))
        return refuse(RESULT_UNKNOWN_ORDER, 0);
    const struct order *order = &engine->orders[order_id];
    if (order->state != ORDER_PAID)
        return refuse(RESULT_WRONG_STATE, order->state);
    if (part < 1 || part > order->part_count)
        return refuse(RESULT_UNKNOWN_LINE, 0);
    u8 state = 0;
    for (u32 i = 0; i < order->line_count && state == 0; i++)
        if (line_at(engine, order, i)->part == part)
            state = line_at(engine, order, i)->state;
    ASSERT(state != 0);
    if (!(step.delivery & DELIVERED_BY(order->delivery)) || !(step.from & FROM(state)) ||
        (step.kept && !part_kept(engine, order, part)))
        return refuse(RESULT_WRONG_STATE, state);

    for (u32 i = 0; i < order->line_count; i++) {
        struct line *line = line_at(engine, order, i);
        if (line->part != part)
            continue;
        ASSERT(line->state == state);
        if (step.leaves)
            book_sell(&engine->books[line->book], line->quantity);
        if (step.to == PART_READY)
            line->due_min =
                promise_due_min(&engine->locations[engine->books[line->book].location], engine->time_ms);
        line->state = step.to;
    }
    return accept(order_id, step.to);
}

struct result apply_part_pack(struct engine *engine, const struct command_part_pack *command)
{
    const struct part_step step = {
        .delivery = DELIVERED_BY(DELIVERY_HOME) | DELIVERED_BY(DELIVERY_PICK_UP),
        .from = FROM(PART_OPEN),
        .to = PART_PACKED,
    };
    return part_go(engine, command->order, command->part, step);
}

struct result apply_part_ship(struct engine *engine, const struct command_part_ship *command)
{
    const struct part_step step = {
        .delivery = DELIVERED_BY(DELIVERY_HOME),
        .from = FROM(PART_OPEN) | FROM(PART_PACKED),
        .to = PART_SHIPPED,
        .leaves = true,
    };
    return part_go(engine, command->order, command->part, step);
}

struct result apply_part_ready(struct engine *engine, const struct command_part_ready *command)
{
    const struct part_step step = {
        .delivery = DELIVERED_BY(DELIVERY_PICK_UP),
        .from = FROM(PART_OPEN) | FROM(PART_PACKED),
        .to = PART_READY,
    };
    return part_go(engine, command->order, command->part, step);
}

struct result apply_part_hand_over(struct engine *engine, const struct command_part_hand_over *command)
{
    const struct part_step step = {
        .delivery = DELIVERED_BY(DELIVERY_PICK_UP),
        .from = FROM(PART_OPEN) | FROM(PART_PACKED) | FROM(PART_READY),
        .to = PART_HANDED_OVER,
        .leaves = true,
    };
    return part_go(engine, command->order, command->part, step);
}

struct result apply_part_deliver(struct engine *engine, const struct command_part_deliver *command)
{
    const struct part_step step = {
        .delivery = DELIVERED_BY(DELIVERY_HOME),
        .from = FROM(PART_SHIPPED),
        .to = PART_DELIVERED,
    };
    return part_go(engine, command->order, command->part, step);
}

struct result apply_part_check_out(struct engine *engine, const struct command_part_check_out *command)
{
    const struct part_step step = {
        .delivery = DELIVERED_BY(DELIVERY_CARRY_OUT),
        .from = FROM(PART_HANDED_OVER),
        .to = PART_CHECKED,
        .kept = true,
    };
    return part_go(engine, command->order, command->part, step);
}

/* --- coming back --------------------------------------------------------------------------- */

struct result order_return_good(const struct engine *engine, const struct command_order_return *command)
{
    if (!exists(engine, LIMIT_orders, command->order))
        return refuse(RESULT_UNKNOWN_ORDER, 0);
    if (command->goods < GOODS_RESTOCK || command->goods > GOODS_LOST ||
        (command->goods == GOODS_LOST) != (command->location == 0))
        return refuse(RESULT_MALFORMED, 0);
    const struct order *order = &engine->orders[command->order];
    if (order->state != ORDER_PAID)
        return refuse(RESULT_WRONG_STATE, order->state);
    if (command->line < 1 || command->line > order->line_count)
        return refuse(RESULT_UNKNOWN_LINE, 0);
    const struct line *line = line_at(engine, order, command->line - 1);
    if (!line_gone(line))
        return refuse(RESULT_WRONG_STATE, line->state);
    if (command->quantity < 1)
        return refuse(RESULT_BAD_QUANTITY, line_sku(engine, line));
    if (command->quantity > (u32)line->quantity - line->returned)
        return refuse(RESULT_NOT_RETURNABLE, line->quantity - line->returned);
    if (command->goods == GOODS_LOST)
        return accept(0, 0);
    if (!exists(engine, LIMIT_locations, command->location))
        return refuse(RESULT_UNKNOWN_LOCATION, 0);
    u32 to = engine_find_book(engine, line_sku(engine, line), command->location);
    if (to != line->book && (command->quantity > UNITS_MAX - engine->books[line->book].moved_out ||
                             command->quantity > UNITS_MAX - engine->books[to].moved_in))
        return refuse(RESULT_BAD_QUANTITY, line_sku(engine, line));
    return accept(0, 0);
}

struct result order_return_room(const struct engine *engine, const struct command_order_return *command)
{
    const struct line *line = line_at(engine, &engine->orders[command->order], command->line - 1);
    if (command->goods != GOODS_LOST && room(engine, LIMIT_books) == 0 &&
        engine_find_book(engine, line_sku(engine, line), command->location) == 0)
        return pool_full(LIMIT_books);
    return accept(0, 0);
}

i64 order_return_refund(const struct engine *engine, const struct command_order_return *command)
{
    const struct line *line = line_at(engine, &engine->orders[command->order], command->line - 1);
    return money_share(line_paid(line), line->returned + command->quantity, line->quantity) -
           money_share(line_paid(line), line->returned, line->quantity);
}

/* The goods were lost on their way: refunded, and missing. */
static void units_lose(struct engine *engine, struct book *book, u32 units)
{
    ASSERT(book->sold >= units);
    book->sold -= units;
    book_shrink(engine, book, units, REASON_NONE);
    ASSERT(book_balances(book));
}

/* The goods are at `location` again. */
static void units_return(struct engine *engine, const struct line *line, const struct command_order_return *command)
{
    u32 sku = line_sku(engine, line);
    u32 id = engine_find_book(engine, sku, command->location);
    if (id == 0)
        id = book_make(engine, sku, command->location);
    struct book *from = &engine->books[line->book];
    struct book *to = &engine->books[id];
    ASSERT(from->sold >= command->quantity);
    from->sold -= command->quantity;
    if (from != to) {
        MARK(RETURNED_ELSEWHERE);
        from->moved_out += command->quantity;
        to->moved_in += command->quantity;
    }
    if (command->goods == GOODS_RESTOCK)
        book_available_add(engine, to, command->quantity);
    else
        to->quarantine += command->quantity;
    ASSERT(book_balances(from) && book_balances(to));
}

void order_return_goods(struct engine *engine, const struct command_order_return *command)
{
    struct line *line = line_at(engine, &engine->orders[command->order], command->line - 1);
    if (command->goods == GOODS_LOST)
        units_lose(engine, &engine->books[line->book], command->quantity);
    else
        units_return(engine, line, command);
    line->returned = (u16)(line->returned + command->quantity);
    ASSERT(line->returned <= line->quantity);
}

i64 order_return_do(struct engine *engine, const struct command_order_return *command)
{
    struct order *order = &engine->orders[command->order];
    const struct line *line = line_at(engine, order, command->line - 1);
    i64 refund = order_return_refund(engine, command);
    order_return_goods(engine, command);
    order_refund(engine, order, line, refund);
    meter_refund(engine, order, refund);
    if (order->delivery != DELIVERY_EXCHANGE) /* no budget has counted it */
        budgets_give_back(engine, command->order, line, 1, &refund);
    return refund;
}

struct result apply_order_return(struct engine *engine, const struct command_order_return *command)
{
    struct result good = order_return_good(engine, command);
    if (good.code == RESULT_OK)
        good = order_return_room(engine, command);
    if (good.code != RESULT_OK)
        return good;
    const struct tender *sale = &engine->tenders[engine_sale(engine, command->order)]; /* row 0: none */
    if (engine->orders[command->order].payment == PAYMENT_PROVIDER && sale->cash_minor > 0)
        return refuse(RESULT_WRONG_TENDER, TENDER_CASH); /* it lies in a drawer: till.return */
    return accept(command->order, order_return_do(engine, command));
}
