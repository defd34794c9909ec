#include "view/row.h"

#include "base/assert.h"

bool row_open(struct rows *rows, struct store *store)
{
    *rows = (struct rows){.store = store};
    if (product_open(&rows->product) && placed_open(&rows->placed) && sale_open(&rows->sales) &&
        block_open(&rows->blocks))
        return true;
    row_close(rows);
    return false;
}

void row_close(struct rows *rows)
{
    product_close(&rows->product);
    placed_close(&rows->placed);
    sale_close(&rows->sales);
    block_close(&rows->blocks);
}

u32 row_order(const struct command_header *command, struct result result)
{
    switch (command->kind) {
    case COMMAND_ORDER_PLACE:
    case COMMAND_ORDER_PAY:
    case COMMAND_ORDER_CANCEL:
    case COMMAND_PART_PACK:
    case COMMAND_PART_SHIP:
    case COMMAND_PART_READY:
    case COMMAND_PART_HAND_OVER:
    case COMMAND_PART_DELIVER:
    case COMMAND_PART_CHECK_OUT:
    case COMMAND_ORDER_RETURN:
    case COMMAND_ORDER_EXCHANGE: /* the new one */
    case COMMAND_TILL_PAY:
    case COMMAND_TILL_RETURN:
    case COMMAND_TILL_VOID:
        return result.id; /* all of them answer with it */
    default:
        return 0;
    }
}

/* --- before ----------------------------------------------------------------------- */

/* The order that a command on an order names; 0 for others. */
static u32 row_order_named(const struct command_header *command)
{
    switch (command->kind) {
    case COMMAND_ORDER_PAY: return ((const struct command_order_pay *)command)->order;
    case COMMAND_ORDER_CANCEL: return ((const struct command_order_cancel *)command)->order;
    case COMMAND_PART_PACK: return ((const struct command_part_pack *)command)->order;
    case COMMAND_PART_SHIP: return ((const struct command_part_ship *)command)->order;
    case COMMAND_PART_READY: return ((const struct command_part_ready *)command)->order;
    case COMMAND_PART_HAND_OVER: return ((const struct command_part_hand_over *)command)->order;
    case COMMAND_PART_DELIVER: return ((const struct command_part_deliver *)command)->order;
    case COMMAND_PART_CHECK_OUT: return ((const struct command_part_check_out *)command)->order;
    case COMMAND_TILL_PAY: return ((const struct command_till_pay *)command)->order;
    case COMMAND_TILL_VOID: return ((const struct command_till_void *)command)->order;
    default: return 0;
    }
}

/* The parts of an order by number, and how many. */
static u8 row_parts(const struct engine *engine, const struct order *order, struct row_part parts[ORDER_PARTS_MAX])
{
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = engine_line(engine, order->first_line + i);
        ASSERT(line->part >= 1 && line->part <= order->part_count && order->part_count <= ORDER_PARTS_MAX);
        parts[line->part - 1] = (struct row_part){engine_book(engine, line->book)->location, line->state};
    }
    return order->part_count;
}

/* Walks the queues as the engine does: festival by festival, oldest first, until one is not due. */
static u32 row_due(const struct engine *engine, i64 now_ms, u32 due[EXPIRE_PER_TICK_MAX])
{
    u32 count = 0;
    for (u32 festival = 0; festival <= engine_festival_count(engine); festival++) {
        const struct order *order;
        for (u32 id = engine_hold_first(engine, festival); id != 0; id = order->next_hold) {
            order = engine_order(engine, id);
            if (order->state != ORDER_HELD)
                continue;
            if (order->changed_ms > now_ms)
                break;
            if (count == EXPIRE_PER_TICK_MAX)
                return count;
            due[count++] = id;
        }
    }
    return count;
}

void row_before(struct row_before *before, const struct engine *engine, const struct command_header *command)
{
    before->order = row_order_named(command);
    before->due_count = 0;
    before->entity = before->text = 0;
    const struct order *order = engine_order(engine, before->order);
    if (order != NULL) {
        before->state = order->state;
        before->part_count = row_parts(engine, order, before->parts);
    }
    switch (command->kind) {
    case COMMAND_CLOCK_TICK:
        before->due_count = row_due(engine, engine_time(engine, command->time_ms), before->due);
        break;
    case COMMAND_SKU_PUT:
    case COMMAND_BRAND_PUT:
    case COMMAND_DEPARTMENT_PUT:
        before->entity = engine_find(engine, command->kind, command_text(command, 0));
        break;
    default:
        break;
    }
    if (before->entity == 0)
        return;
    if (command->kind == COMMAND_SKU_PUT)
        before->sku = *engine_sku(engine, before->entity);
    else if (command->kind == COMMAND_BRAND_PUT)
        before->text = engine_brand(engine, before->entity)->text;
    else
        before->text = engine_department(engine, before->entity)->text;
}

/* --- after ------------------------------------------------------------------------- */

/* Adds all lines of an order to the sales, or takes them away (-1). */
static void row_sales(struct rows *rows, const struct engine *engine, const struct order *order, i64 sign)
{
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = engine_line(engine, order->first_line + i);
        struct sale change = {
            .festival = order->festival,
            .sku = engine_book(engine, line->book)->sku,
            .currency = order->currency,
            .units = sign * line->quantity,
            .paid_minor = sign * (line->unit_price_minor * line->quantity - line->discount_minor),
        };
        sale_add(&rows->sales, rows->store, &change);
    }
}

/* The set of 1 << state of the parts. */
static u32 row_parts_set(const struct row_part *parts, u8 count)
{
    u32 set = 0;
    for (u8 i = 0; i < count; i++)
        set |= 1u << parts[i].state;
    return set;
}

/* Onto, or off, the lists of parts' states. */
static void row_lists(struct rows *rows, u32 id, u32 set, int change)
{
    for (u32 state = PART_OPEN; state <= PART_CHECKED; state++)
        if (set & 1u << state)
            block_add(&rows->blocks, rows->store, BLOCK_LIST_PART + state, id, change);
}

static void row_placed(struct rows *rows, const struct engine *engine, u32 id)
{
    const struct order *order = engine_order(engine, id);
    struct row_part parts[ORDER_PARTS_MAX] = {0};
    u8 count = row_parts(engine, order, parts);
    u32 set = row_parts_set(parts, count);
    STORE_RUN(rows->store, ORDER_ADD, id, order->shopper, order->festival, order->state, set, order->placed_ms,
              order->previous);
    for (u8 i = 0; i < count; i++) {
        struct placed_part part = {
            .location = parts[i].location, .order = id, .state = parts[i].state, .part = (u8)(i + 1)};
        placed_part(&rows->placed, rows->store, &part);
    }
    placed_shopper(&rows->placed, rows->store, engine, order->shopper);
    row_lists(rows, id, set, 1);
    block_add(&rows->blocks, rows->store, BLOCK_LIST_FESTIVAL + order->festival, id, 1);
    block_add(&rows->blocks, rows->store, BLOCK_LIST_STATE + order->state, id, 1);
    if (order->state == ORDER_PAID)
        row_sales(rows, engine, order, 1);
}

/* An order that was in `state` with these parts has moved on. */
static void row_moved(struct rows *rows, const struct engine *engine, u32 id, u8 state, const struct row_part *before)
{
    const struct order *order = engine_order(engine, id);
    struct row_part parts[ORDER_PARTS_MAX] = {0};
    u8 count = row_parts(engine, order, parts);
    u32 set = row_parts_set(parts, count), set_before = row_parts_set(before, count);
    for (u8 i = 0; i < count; i++)
        if (parts[i].state != before[i].state) {
            placed_flush_parts(&rows->placed, rows->store); /* it may be among them */
            STORE_RUN(rows->store, PART_STATE, parts[i].location, before[i].state, id, i + 1, parts[i].state);
        }
    row_lists(rows, id, set & ~set_before, 1);
    row_lists(rows, id, set_before & ~set, -1);
    if (order->state != state) {
        block_add(&rows->blocks, rows->store, BLOCK_LIST_STATE + state, id, -1);
        block_add(&rows->blocks, rows->store, BLOCK_LIST_STATE + order->state, id, 1);
    }
    if (order->state != state || set != set_before)
        STORE_RUN(rows->store, ORDER_STATE, id, order->state, set);
    if (order->state == ORDER_PAID && state != ORDER_PAID)
        row_sales(rows, engine, order, 1);
    if (order->state != ORDER_PAID && state == ORDER_PAID)
        row_sales(rows, engine, order, -1); /* cancelled before anything left: nothing was returned */
}

static void row_returned(struct rows *rows, const struct engine *engine, u32 id, u32 number, u32 quantity)
{
    const struct order *order = engine_order(engine, id);
    const struct line *line = engine_line(engine, order->first_line + number - 1);
    struct sale change = {
        .festival = order->festival,
        .sku = engine_book(engine, line->book)->sku,
        .currency = order->currency,
        .returned = quantity,
    };
    sale_add(&rows->sales, rows->store, &change);
}

/* A hold that expired had all its parts open. */
static void row_expired(struct rows *rows, const struct engine *engine, u32 id)
{
    struct row_part parts[ORDER_PARTS_MAX] = {0};
    u8 count = row_parts(engine, engine_order(engine, id), parts);
    ASSERT(engine_order(engine, id)->state == ORDER_EXPIRED);
    for (u8 i = 0; i < count; i++)
        parts[i].state = PART_OPEN;
    row_moved(rows, engine, id, ORDER_HELD, parts);
}

static void row_sku(struct rows *rows, const struct row_before *before, const struct engine *engine, u32 id)
{
    const struct sku *sku = engine_sku(engine, id), *was = &before->sku;
    bool words = before->entity == 0 || was->text != sku->text || was->gtin != sku->gtin || was->brand != sku->brand ||
                 was->department != sku->department;
    product_put(rows->store, engine, id, words);
}

/* Goods that came back: order.return, till.return, and order.exchange, which makes a new order as well. */
static void row_back(struct rows *rows, const struct engine *engine, const struct command_header *command,
                     struct result result)
{
    if (command->kind == COMMAND_ORDER_RETURN) {
        const struct command_order_return *back = (const void *)command;
        row_returned(rows, engine, back->order, back->line, back->quantity);
    } else if (command->kind == COMMAND_TILL_RETURN) {
        const struct command_till_return *back = (const void *)command;
        row_returned(rows, engine, back->order, back->line, back->quantity);
    } else {
        const struct command_order_exchange *back = (const void *)command;
        row_returned(rows, engine, back->order, back->line, back->quantity);
        row_placed(rows, engine, result.id);
    }
}

void row_after(struct rows *rows, const struct row_before *before, const struct engine *engine,
               const struct command_header *command, struct result result)
{
    switch (command->kind) {
    case COMMAND_ORDER_PLACE:
        row_placed(rows, engine, result.id);
        break;
    case COMMAND_ORDER_RETURN:
    case COMMAND_ORDER_EXCHANGE:
    case COMMAND_TILL_RETURN:
        row_back(rows, engine, command, result);
        break;
    case COMMAND_CLOCK_TICK:
        for (u32 i = 0; i < before->due_count; i++)
            row_expired(rows, engine, before->due[i]);
        ASSERT(before->due_count == result.value);
        break;
    case COMMAND_SKU_PUT:
        row_sku(rows, before, engine, result.id);
        break;
    case COMMAND_BRAND_PUT:
        if (before->entity != 0 && before->text != engine_brand(engine, result.id)->text)
            STORE_RUN(rows->store, DIRTY_BRAND, result.id);
        break;
    case COMMAND_DEPARTMENT_PUT:
        if (before->entity != 0 && before->text != engine_department(engine, result.id)->text)
            STORE_RUN(rows->store, DIRTY_DEPARTMENT, result.id);
        break;
    default:
        if (before->order != 0)
            row_moved(rows, engine, before->order, before->state, before->parts);
        break;
    }
}

void row_flush(struct rows *rows, const struct engine *engine)
{
    product_index(&rows->product, rows->store, engine);
    placed_flush(&rows->placed, rows->store, engine);
    sale_flush(&rows->sales, rows->store);
    block_flush(&rows->blocks, rows->store);
}
