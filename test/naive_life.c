/*
 * The model's life of an order, after it was placed: docs/COMMANDS.md, "The
 * life of an order" and "Meters of a festival".
 */
#include "test/naive.h"

#include "base/assert.h"
#include "base/money.h"

/* --- meters -------------------------------------------------------------- */

static struct naive_second *second_of(struct naive *naive, u32 festival, i64 now_ms)
{
    u64 count = (u64)((naive->festivals[festival].first_window_ms + 999) / 1000 + 24 * 3600);
    i64 opens_ms = NAIVE_PUT(naive, festival_put, FESTIVAL_PUT, festival)->opens_ms;
    ASSERT(now_ms >= opens_ms);
    u64 second = (u64)((now_ms - opens_ms) / 1000);
    if (second >= count)
        second = count - 1;
    for (u32 i = naive->seconds_count; i >= 1; i--)
        if (naive->seconds[i].festival == festival && naive->seconds[i].second == second)
            return &naive->seconds[i];
    struct naive_second *row = NAIVE_ADD(naive, seconds);
    row->festival = festival;
    row->second = second;
    return row;
}

static void add_to_cell(struct naive *naive, u32 festival, u32 group, u32 id, i64 paid_minor, u64 units)
{
    u32 i = 1;
    while (i <= naive->cells_count && !(naive->cells[i].festival == festival && naive->cells[i].group == group &&
                                        naive->cells[i].id == id))
        i++;
    if (i > naive->cells_count)
        *NAIVE_ADD(naive, cells) = (struct naive_cell){.festival = festival, .group = group, .id = id};
    naive->cells[i].paid_minor += paid_minor;
    naive->cells[i].units += units;
}

void naive_meter_placed(struct naive *naive, const struct naive_order *order, i64 now_ms)
{
    if (order->festival == 0)
        return;
    naive->festivals[order->festival].orders++;
    naive->festivals[order->festival].held_minor += order->total_minor;
    second_of(naive, order->festival, now_ms)->orders++;
}

/* 10,000 x 1, 2, 5, 10, 20, 50, ... major units in minor units; 0: beyond MONEY_MAX. */
static i64 milestone_minor(u32 index, u32 digits)
{
    static const i64 first[3] = {1, 2, 5};
    i64 amount = 10000 * first[index % 3];
    for (u32 i = 0; i < index / 3 + digits; i++)
        if (!money_times(amount, 10, &amount))
            return 0;
    return amount;
}

static void meter_paid(struct naive *naive, const struct naive_order *order, i64 now_ms)
{
    if (order->festival == 0)
        return;
    u32 f = order->festival;
    struct naive_festival *festival = &naive->festivals[f];
    festival->held_minor -= order->total_minor;
    festival->paid_minor += order->total_minor;
    festival->orders_paid++;
    struct naive_second *second = second_of(naive, f, now_ms);
    second->paid_minor += order->total_minor;
    second->orders_paid++;
    for (u32 l = order->first_line; l < order->first_line + order->line_count; l++) {
        const struct naive_line *line = &naive->lines[l];
        const struct command_sku_put *sku = NAIVE_PUT(naive, sku_put, SKU_PUT, line->sku);
        u32 country = sku->brand == 0 ? 0 : NAIVE_PUT(naive, brand_put, BRAND_PUT, sku->brand)->country;
        i64 paid_minor = line->price_minor * line->quantity; /* nothing in a festival has a discount */
        festival->units_paid += line->quantity;
        add_to_cell(naive, f, CELL_CITY, order->city, paid_minor, line->quantity);
        add_to_cell(naive, f, CELL_COUNTRY, country, paid_minor, line->quantity);
        add_to_cell(naive, f, CELL_BRAND, sku->brand, paid_minor, line->quantity);
        add_to_cell(naive, f, CELL_DEPARTMENT, sku->department, paid_minor, line->quantity);
        add_to_cell(naive, f, CELL_CHANNEL, order->channel, paid_minor, line->quantity);
    }
    u32 digits = NAIVE_PUT(naive, currency_put, CURRENCY_PUT, order->currency)->digits;
    while (festival->milestone_count < MILESTONES_MAX) {
        i64 goal = milestone_minor(festival->milestone_count, digits);
        if (goal == 0 || festival->paid_minor < goal)
            break;
        festival->milestone_ms[festival->milestone_count++] = now_ms;
    }
}

/* --- money --------------------------------------------------------------- */

i64 naive_money_of(const struct naive *naive, u32 currency)
{
    i64 money_minor = -naive->currencies[currency].provider_minor;
    for (u32 i = 1; i <= naive->tenders_count; i++) {
        const struct naive_tender *tender = &naive->tenders[i];
        u32 till = naive->shifts[tender->shift].till;
        if (tender->kind == TENDER_TAKE_BACK && naive_till_currency(naive, till) == currency)
            money_minor -= tender->minor[TENDER_WALLET - 1];
    }
    return money_minor;
}

struct result naive_funds(const struct naive *naive, u32 shopper, u32 currency, u32 payment, i64 amount_minor)
{
    if (payment == PAYMENT_WALLET && naive_balance(naive, shopper, currency) < amount_minor)
        return naive_refuse(RESULT_INSUFFICIENT_FUNDS, naive_balance(naive, shopper, currency));
    if (payment == PAYMENT_PROVIDER && naive_money_of(naive, currency) + amount_minor > MONEY_MAX)
        return naive_refuse(RESULT_AMOUNT_OVERFLOW, 0);
    return naive_ok(0, 0);
}

static i64 line_paid(const struct naive_line *line)
{
    return line->price_minor * line->quantity - line->discount_minor;
}

/* From where the order's money comes to the line's seller; back when the amount is negative. */
static void pay_line(struct naive *naive, const struct naive_order *order, const struct naive_line *line,
                     i64 amount_minor)
{
    u32 seller = NAIVE_PUT(naive, sku_put, SKU_PUT, line->sku)->seller;
    naive_find_account(naive, seller, order->currency)->balance_minor += amount_minor;
    if (order->payment == PAYMENT_WALLET)
        naive_find_wallet(naive, order->shopper, order->currency)->balance_minor -= amount_minor;
    else
        naive->currencies[order->currency].provider_minor -= amount_minor;
}

static void sell(struct naive *naive, const struct naive_line *line)
{
    struct naive_book *book = naive_find_book(naive, line->sku, line->location);
    book->reserved -= line->quantity;
    book->sold += line->quantity;
    ASSERT(book->reserved >= 0);
}

void naive_become_paid(struct naive *naive, u32 order_id, u32 payment, i64 now_ms)
{
    struct naive_order *order = &naive->orders[order_id];
    order->state = ORDER_PAID;
    order->payment = payment;
    order->changed_ms = now_ms;
    for (u32 l = order->first_line; l < order->first_line + order->line_count; l++) {
        struct naive_line *line = &naive->lines[l];
        pay_line(naive, order, line, line_paid(line));
        if (order->delivery == DELIVERY_CARRY_OUT) {
            line->state = PART_HANDED_OVER;
            sell(naive, line);
        }
    }
    meter_paid(naive, order, now_ms);
}

struct result naive_payable(const struct naive_order *order, i64 now_ms)
{
    if (order->state == ORDER_PAID)
        return naive_refuse(RESULT_ALREADY_PAID, 0);
    if (order->state == ORDER_EXPIRED || (order->state == ORDER_HELD && now_ms >= order->changed_ms))
        return naive_refuse(RESULT_HOLD_EXPIRED, order->changed_ms);
    if (order->state == ORDER_CANCELLED)
        return naive_refuse(RESULT_WRONG_STATE, order->state);
    return naive_ok(0, 0);
}

static struct result order_pay(struct naive *naive, const struct command_order_pay *pay, i64 now_ms)
{
    const struct naive_order *order = &naive->orders[pay->order];
    if (pay->payment != PAYMENT_WALLET && pay->payment != PAYMENT_PROVIDER)
        return naive_refuse(RESULT_MALFORMED, 0);
    struct result payable = naive_payable(order, now_ms);
    if (payable.code != RESULT_OK)
        return payable;
    if (pay->amount_minor != order->total_minor)
        return naive_refuse(RESULT_AMOUNT_MISMATCH, order->total_minor);
    struct result result = naive_funds(naive, order->shopper, order->currency, pay->payment, order->total_minor);
    if (result.code != RESULT_OK)
        return result;
    naive_become_paid(naive, pay->order, pay->payment, now_ms);
    return naive_ok(pay->order, order->total_minor);
}

/* --- giving back --------------------------------------------------------- */

/* What came back of one line, to the budgets that counted it. */
static void give_back_budgets(struct naive *naive, u32 order_id, const struct naive_line *line, i64 amount_minor)
{
    const struct naive_order *order = &naive->orders[order_id];
    u32 department = NAIVE_PUT(naive, sku_put, SKU_PUT, line->sku)->department;
    for (u32 id = 1; id <= naive->budgets_count; id++) {
        struct naive_budget *budget = &naive->budgets[id];
        if (budget->shopper != order->shopper || order_id < budget->first_order)
            continue;
        if (budget->scope == BUDGET_FESTIVAL && budget->subject != order->festival)
            continue;
        if (budget->scope == BUDGET_DEPARTMENT && budget->subject != department)
            continue;
        if (budget->scope != BUDGET_FESTIVAL &&
            naive_day(naive, order->festival, order->placed_ms) != budget->day)
            continue;
        budget->spent_minor = MAX(budget->spent_minor - amount_minor, 0);
    }
}

bool naive_is_gone(u32 part_state)
{
    return part_state == PART_SHIPPED || part_state == PART_HANDED_OVER || part_state == PART_DELIVERED ||
           part_state == PART_CHECKED;
}

/* Cancel, expiry and void; only a void takes back what was carried out. */
void naive_let_go(struct naive *naive, u32 order_id, u32 state, i64 now_ms)
{
    struct naive_order *order = &naive->orders[order_id];
    bool paid = order->state == ORDER_PAID;
    for (u32 l = order->first_line; l < order->first_line + order->line_count; l++) {
        struct naive_line *line = &naive->lines[l];
        i64 amount_minor = line_paid(line);
        struct naive_book *book = naive_find_book(naive, line->sku, line->location);
        i64 *from = naive_is_gone(line->state) ? &book->sold : &book->reserved;
        *from -= line->quantity;
        book->available += line->quantity;
        ASSERT(*from >= 0);
        if (line->deal != 0) {
            struct naive_cap *counter = naive_find_cap(naive, line->deal, naive->shoppers[order->shopper].person);
            naive->deals[line->deal].taken -= line->quantity;
            if (naive->deals[line->deal].cap != 0)
                counter->units -= line->quantity;
        }
        give_back_budgets(naive, order_id, line, amount_minor);
        if (paid)
            pay_line(naive, order, line, -amount_minor);
        line->state = PART_DROPPED;
    }
    if (paid)
        order->refunded_minor += order->total_minor;
    if (order->festival != 0 && paid)
        naive->festivals[order->festival].refunded_minor += order->total_minor;
    if (order->festival != 0 && !paid)
        naive->festivals[order->festival].held_minor -= order->total_minor;
    order->state = state;
    order->changed_ms = now_ms;
}

static struct result order_cancel(struct naive *naive, const struct command_order_cancel *cancel, i64 now_ms)
{
    const struct naive_order *order = &naive->orders[cancel->order];
    bool possible = order->state == ORDER_HELD || order->state == ORDER_PAID;
    for (u32 l = order->first_line; l < order->first_line + order->line_count; l++)
        if (order->state == ORDER_PAID && naive_is_gone(naive->lines[l].state))
            possible = false;
    if (!possible)
        return naive_refuse(RESULT_WRONG_STATE, order->state);
    naive_let_go(naive, cancel->order, ORDER_CANCELLED, now_ms);
    return naive_ok(cancel->order, order->refunded_minor);
}

static struct result clock_tick(struct naive *naive, i64 now_ms)
{
    u32 expired = 0;
    for (u32 festival = 0; festival <= naive->festivals_count; festival++)
        for (u32 id = 1; id <= naive->orders_count && expired < EXPIRE_PER_TICK_MAX; id++) {
            const struct naive_order *order = &naive->orders[id];
            if (order->festival == festival && order->state == ORDER_HELD && order->changed_ms <= now_ms) {
                naive_let_go(naive, id, ORDER_EXPIRED, now_ms);
                expired++;
            }
        }
    if (expired == 0)
        return naive_refuse(RESULT_NO_CHANGE, 0);
    return naive_ok(0, expired);
}

/* --- parts and returns --------------------------------------------------- */

/* The table of steps: what a part of this delivery and state becomes, 0 if the step is not allowed. */
static u32 part_step(u16 kind, u32 delivery, u32 from)
{
    bool home = delivery == DELIVERY_HOME;
    bool pick_up = delivery == DELIVERY_PICK_UP;
    bool here = from == PART_OPEN || from == PART_PACKED;
    switch (kind) {
    case COMMAND_PART_PACK:
        return (home || pick_up) && from == PART_OPEN ? PART_PACKED : 0;
    case COMMAND_PART_SHIP:
        return home && here ? PART_SHIPPED : 0;
    case COMMAND_PART_READY:
        return pick_up && here ? PART_READY : 0;
    case COMMAND_PART_HAND_OVER:
        return pick_up && (here || from == PART_READY) ? PART_HANDED_OVER : 0;
    case COMMAND_PART_CHECK_OUT:
        return delivery == DELIVERY_CARRY_OUT && from == PART_HANDED_OVER ? PART_CHECKED : 0;
    default:
        return home && from == PART_SHIPPED ? PART_DELIVERED : 0;
    }
}

/* Until when what becomes ready now is kept: minutes since 1970, rounded up. */
static i64 kept_until(const struct naive *naive, u32 location, i64 now_ms)
{
    const struct naive_location *at = &naive->locations[location];
    i64 days = at->planned ? at->plan.keep_days : KEEP_DAYS_DEFAULT;
    return (now_ms + days * 24 * 3600 * 1000 + 59999) / 60000;
}

static struct result part(struct naive *naive, const struct command_part_pack *command, i64 now_ms)
{
    const struct naive_order *order = &naive->orders[command->order];
    u32 state = 0, kept = 0; /* units that have not come back */
    if (order->state != ORDER_PAID)
        return naive_refuse(RESULT_WRONG_STATE, order->state);
    if (command->part < 1 || command->part > order->part_count)
        return naive_refuse(RESULT_UNKNOWN_LINE, 0);
    for (u32 l = order->first_line; l < order->first_line + order->line_count; l++) {
        const struct naive_line *line = &naive->lines[l];
        if (line->part == command->part)
            kept += line->quantity - line->returned;
    }
    for (u32 l = order->first_line; l < order->first_line + order->line_count; l++) {
        struct naive_line *line = &naive->lines[l];
        if (line->part != command->part)
            continue;
        state = part_step(command->header.kind, order->delivery, line->state);
        if (state == 0 || (state == PART_CHECKED && kept == 0))
            return naive_refuse(RESULT_WRONG_STATE, line->state);
        line->state = state;
        if (state == PART_READY)
            line->due_min = kept_until(naive, line->location, now_ms);
        if (state == PART_SHIPPED || state == PART_HANDED_OVER)
            sell(naive, line);
    }
    ASSERT(state != 0);
    return naive_ok(command->order, state);
}

struct result naive_return_check(const struct naive *naive, u32 order_id, u32 line_number, u32 quantity, u32 location,
                                 u32 goods)
{
    const struct naive_order *order = &naive->orders[order_id];
    if (order->state != ORDER_PAID)
        return naive_refuse(RESULT_WRONG_STATE, order->state);
    if (line_number < 1 || line_number > order->line_count)
        return naive_refuse(RESULT_UNKNOWN_LINE, 0);
    const struct naive_line *line = &naive->lines[order->first_line + line_number - 1];
    if (!naive_is_gone(line->state))
        return naive_refuse(RESULT_WRONG_STATE, line->state);
    if (quantity < 1)
        return naive_refuse(RESULT_BAD_QUANTITY, line->sku);
    if (quantity > line->quantity - line->returned)
        return naive_refuse(RESULT_NOT_RETURNABLE, line->quantity - line->returned);
    if (goods != GOODS_LOST && !naive_exists(naive, COMMAND_LOCATION_PUT, location))
        return naive_refuse(RESULT_UNKNOWN_LOCATION, 0);
    if (goods != GOODS_LOST && location != line->location) {
        const struct naive_book *to = naive_find_book(naive, line->sku, location);
        const struct naive_book *from = naive_find_book(naive, line->sku, line->location);
        if (from->moved_out + quantity > UNITS_MAX || (to != NULL && to->moved_in + quantity > UNITS_MAX))
            return naive_refuse(RESULT_BAD_QUANTITY, line->sku);
    }
    return naive_ok(0, 0);
}

struct result naive_return_room(const struct naive *naive, u32 order, u32 line, u32 location, u32 goods)
{
    u32 sku = naive->lines[naive->orders[order].first_line + line - 1].sku;
    if (goods != GOODS_LOST && naive_find_book(naive, sku, location) == NULL &&
        naive->books_count >= naive->limits.books)
        return NAIVE_FULL(books);
    return naive_ok(0, 0);
}

i64 naive_refund(const struct naive *naive, u32 order, u32 line_number, u32 quantity)
{
    const struct naive_line *line = &naive->lines[naive->orders[order].first_line + line_number - 1];
    return money_share(line_paid(line), line->returned + quantity, line->quantity) -
           money_share(line_paid(line), line->returned, line->quantity);
}

/* Where the units of a line go; and that they, and what was paid for them, are not with the shopper any more. */
static void come_back(struct naive *naive, u32 order_id, u32 line_number, u32 quantity, u32 location, u32 goods)
{
    struct naive_order *order = &naive->orders[order_id];
    struct naive_line *line = &naive->lines[order->first_line + line_number - 1];
    i64 refund_minor = naive_refund(naive, order_id, line_number, quantity);
    line->returned += quantity;
    order->refunded_minor += refund_minor;
    if (order->festival != 0)
        naive->festivals[order->festival].refunded_minor += refund_minor;
    if (goods == GOODS_LOST) {
        struct naive_book *book = naive_find_book(naive, line->sku, line->location);
        book->sold -= quantity;
        book->shrink += quantity;
        naive->locations[line->location].shrink[REASON_NONE] += quantity;
        return;
    }
    struct naive_book *there = naive_make_book(naive, line->sku, location);
    struct naive_book *here = naive_find_book(naive, line->sku, line->location);
    here->sold -= quantity;
    if (here != there) {
        here->moved_out += quantity;
        there->moved_in += quantity;
    }
    if (goods == GOODS_RESTOCK)
        there->available += quantity;
    else
        there->quarantine += quantity;
}

void naive_return(struct naive *naive, u32 order_id, u32 line_number, u32 quantity, u32 location, u32 goods)
{
    const struct naive_order *order = &naive->orders[order_id];
    const struct naive_line *line = &naive->lines[order->first_line + line_number - 1];
    i64 refund_minor = naive_refund(naive, order_id, line_number, quantity);
    pay_line(naive, order, line, -refund_minor);
    if (order->delivery != DELIVERY_EXCHANGE) /* which no budget has counted */
        give_back_budgets(naive, order_id, line, refund_minor);
    come_back(naive, order_id, line_number, quantity, location, goods);
}

static struct result order_return(struct naive *naive, const struct command_order_return *back)
{
    if (back->goods < 1 || back->goods > 3 || (back->location == 0) != (back->goods == GOODS_LOST))
        return naive_refuse(RESULT_MALFORMED, 0);
    struct result result =
        naive_return_check(naive, back->order, back->line, back->quantity, back->location, back->goods);
    if (result.code == RESULT_OK)
        result = naive_return_room(naive, back->order, back->line, back->location, back->goods);
    if (result.code != RESULT_OK)
        return result;
    if (naive_cash_in_a_drawer(naive, back->order))
        return naive_refuse(RESULT_WRONG_TENDER, TENDER_CASH);
    i64 refund_minor = naive_refund(naive, back->order, back->line, back->quantity);
    naive_return(naive, back->order, back->line, back->quantity, back->location, back->goods);
    return naive_ok(back->order, refund_minor);
}

/* --- exchange ------------------------------------------------------------- */

static bool exchangeable(const struct naive *naive, u32 sku, u32 new_sku)
{
    const struct command_sku_put *was = NAIVE_PUT(naive, sku_put, SKU_PUT, sku);
    const struct command_sku_put *is = NAIVE_PUT(naive, sku_put, SKU_PUT, new_sku);
    struct slice handle = command_text(&was->header, 2);
    return was->seller == is->seller && slice_equal(handle, command_text(&is->header, 2)) &&
           (handle.size > 0 || sku == new_sku);
}

/* What stands in the list of prices for it, 0: nothing. */
static i64 price_listed(const struct naive *naive, u32 sku, u32 currency)
{
    for (u32 i = 1; i <= naive->prices_count; i++)
        if (naive->prices[i].sku == sku && naive->prices[i].currency == currency)
            return naive->prices[i].price_minor;
    return 0;
}

static struct result exchange_check(const struct naive *naive, const struct command_order_exchange *exchange)
{
    if ((exchange->goods != GOODS_RESTOCK && exchange->goods != GOODS_QUARANTINE) || exchange->location == 0)
        return naive_refuse(RESULT_MALFORMED, 0);
    struct result result = naive_return_check(naive, exchange->order, exchange->line, exchange->quantity,
                                              exchange->location, exchange->goods);
    if (result.code != RESULT_OK)
        return result;
    if (!(NAIVE_PUT(naive, location_put, LOCATION_PUT, exchange->location)->services & SERVICE_CARRY_OUT))
        return naive_refuse(RESULT_BAD_SERVICE, exchange->location);
    if (!naive_exists(naive, COMMAND_SKU_PUT, exchange->sku))
        return naive_refuse(RESULT_UNKNOWN_SKU, exchange->sku);
    if (NAIVE_PUT(naive, sku_put, SKU_PUT, exchange->sku)->for_sale == 0)
        return naive_refuse(RESULT_NOT_FOR_SALE, exchange->sku);
    u32 sku = naive->lines[naive->orders[exchange->order].first_line + exchange->line - 1].sku;
    if (!exchangeable(naive, sku, exchange->sku))
        return naive_refuse(RESULT_NOT_EXCHANGEABLE, exchange->sku);
    u32 currency = naive->orders[exchange->order].currency;
    i64 new_minor = price_listed(naive, exchange->sku, currency);
    if (sku != exchange->sku && (new_minor == 0 || new_minor > price_listed(naive, sku, currency)))
        return naive_refuse(RESULT_NOT_EXCHANGEABLE, exchange->sku);
    if (exchange->quantity > naive_available(naive, exchange->sku, exchange->location))
        return naive_refuse(RESULT_SOLD_OUT, exchange->sku);
    if (naive_refund(naive, exchange->order, exchange->line, exchange->quantity) == 0)
        return naive_refuse(RESULT_NOT_EXCHANGEABLE, exchange->sku);
    result = naive_return_room(naive, exchange->order, exchange->line, exchange->location, exchange->goods);
    if (result.code != RESULT_OK)
        return result;
    if (naive->orders_count >= naive->limits.orders)
        return NAIVE_FULL(orders);
    if (naive->lines_count >= naive->limits.lines)
        return NAIVE_FULL(lines);
    return naive_ok(0, 0);
}

static struct result order_exchange(struct naive *naive, const struct command_order_exchange *exchange, i64 now_ms)
{
    struct result result = exchange_check(naive, exchange);
    if (result.code != RESULT_OK)
        return result;
    i64 total_minor = naive_refund(naive, exchange->order, exchange->line, exchange->quantity);
    come_back(naive, exchange->order, exchange->line, exchange->quantity, exchange->location, exchange->goods);
    i64 price_minor = (total_minor + exchange->quantity - 1) / exchange->quantity;
    struct naive_order was = naive->orders[exchange->order];
    *NAIVE_ADD(naive, lines) = (struct naive_line){
        .sku = exchange->sku, .location = exchange->location, .price_minor = price_minor,
        .discount_minor = price_minor * exchange->quantity - total_minor, .quantity = exchange->quantity,
        .asked_line = 1, .part = 1, .state = PART_HANDED_OVER,
    };
    *NAIVE_ADD(naive, orders) = (struct naive_order){
        .shopper = was.shopper, .city = NAIVE_PUT(naive, location_put, LOCATION_PUT, exchange->location)->city,
        .currency = was.currency, .location = exchange->location, .channel = CHANNEL_TILL,
        .delivery = DELIVERY_EXCHANGE, .payment = was.payment, .state = ORDER_PAID, .total_minor = total_minor,
        .placed_ms = now_ms, .changed_ms = now_ms, .first_line = naive->lines_count, .line_count = 1, .part_count = 1,
    };
    struct naive_book *book = naive_find_book(naive, exchange->sku, exchange->location);
    book->available -= exchange->quantity;
    book->sold += exchange->quantity;
    naive->skus[exchange->sku].ordered = true;
    return naive_ok(naive->orders_count, total_minor);
}

/* "Each begins with: order exists." All but the tick have the order's id in the same place or behind the amount. */
struct result naive_life(struct naive *naive, const struct command_header *command, i64 now_ms)
{
    if (command->kind == COMMAND_CLOCK_TICK)
        return clock_tick(naive, now_ms);
    const void *fields = command;
    u32 order = command->kind == COMMAND_ORDER_PAY ? ((const struct command_order_pay *)fields)->order
                                                   : ((const struct command_order_cancel *)fields)->order;
    if (order < 1 || order > naive->orders_count)
        return naive_refuse(RESULT_UNKNOWN_ORDER, 0);
    switch (command->kind) {
    case COMMAND_ORDER_PAY:
        return order_pay(naive, (const void *)command, now_ms);
    case COMMAND_ORDER_CANCEL:
        return order_cancel(naive, (const void *)command, now_ms);
    case COMMAND_ORDER_RETURN:
        return order_return(naive, (const void *)command);
    case COMMAND_ORDER_EXCHANGE:
        return order_exchange(naive, (const void *)command, now_ms);
    default:
        return part(naive, (const void *)command, now_ms);
    }
}
