/*
 * The proof: everything that commands keep up to date is worked out afresh
 * from the orders and compared. What cannot be worked out from them (top-ups,
 * receipts of goods) is held to its law instead: books balance, ledgers sum
 * to zero, wallets are not negative.
 */
#include "core/internal.h"

#include <string.h>

/* What the orders add up to; one entry for each row of the tables they touch. */
struct tally {
    u32 *book_reserved;
    u32 *book_sold;
    u32 *deal_taken;
    u32 *cap_units;
    u32 *last_order;            /* by shopper */
    i64 *account_minor;
    struct second *seconds;
    struct cell *cells;
    struct festival *festivals;
    struct place_sums places;
    void *tills;                /* scratch of check_tills */
};

struct check {
    const struct engine *engine;
    struct check_report *report;
    struct tally tally;
};

/* --- scratch ---------------------------------------------------------------------- */

static size_t tally_lay_out(const struct engine *engine, char *scratch, struct tally *tally)
{
    const u64 *count = engine->head.count;
    size_t at = 0;
    tally->book_reserved = scratch_take(scratch, &at, count[LIMIT_books] + 1, sizeof(u32));
    tally->book_sold = scratch_take(scratch, &at, count[LIMIT_books] + 1, sizeof(u32));
    tally->deal_taken = scratch_take(scratch, &at, count[LIMIT_deals] + 1, sizeof(u32));
    tally->cap_units = scratch_take(scratch, &at, count[LIMIT_caps] + 1, sizeof(u32));
    tally->last_order = scratch_take(scratch, &at, count[LIMIT_shoppers] + 1, sizeof(u32));
    tally->account_minor = scratch_take(scratch, &at, count[LIMIT_accounts] + 1, sizeof(i64));
    tally->seconds = scratch_take(scratch, &at, count[LIMIT_seconds] + 1, sizeof(struct second));
    tally->cells = scratch_take(scratch, &at, (count[LIMIT_festivals] + 1) * engine->cell_stride, sizeof(struct cell));
    tally->festivals = scratch_take(scratch, &at, count[LIMIT_festivals] + 1, sizeof(struct festival));
    tally->places.book_coming = scratch_take(scratch, &at, count[LIMIT_books] + 1, sizeof(u32));
    tally->places.sku_moving = scratch_take(scratch, &at, count[LIMIT_skus] + 1, sizeof(i64));
    tally->places.location_shrink = scratch_take(scratch, &at, count[LIMIT_locations] + 1, sizeof(u64));
    tally->tills = scratch_take(scratch, &at, 1, check_tills_size(engine));
    return at;
}

size_t engine_check_size(const struct engine *engine)
{
    struct tally tally;
    return tally_lay_out(engine, NULL, &tally);
}

/* --- adding up the orders ------------------------------------------------------------ */

static void tally_cell(struct check *check, u32 festival, enum cell_group group, u32 id, i64 paid_minor, u64 units)
{
    struct cell *cell = check->tally.cells + (cell_at(check->engine, festival, group, id) - check->engine->cells);
    cell->paid_minor += paid_minor;
    cell->units += units;
}

static void tally_line(struct check *check, const struct order *order, const struct line *line)
{
    const struct engine *engine = check->engine;
    const struct sku *sku = &engine->skus[engine->books[line->book].sku];
    if (line->state == PART_DROPPED)
        return;
    if (line_gone(line))
        check->tally.book_sold[line->book] += (u32)line->quantity - line->returned;
    else
        check->tally.book_reserved[line->book] += line->quantity;
    if (line->deal != 0) {
        check->tally.deal_taken[line->deal] += line->quantity;
        if (engine->deals[line->deal].cap != 0) {
            u32 cap = cap_find(engine, line->deal, engine->shoppers[order->shopper].person);
            if (cap == 0)
                check->report->deal_errors++;
            check->tally.cap_units[cap] += line->quantity;
        }
    }
    if (order->state == ORDER_PAID) {
        u32 account = account_find(engine, sku->seller, order->currency);
        check->tally.account_minor[account] +=
            line_paid(line) - money_share(line_paid(line), line->returned, line->quantity);
    }
}

static void tally_paid_line(struct check *check, const struct order *order, const struct line *line)
{
    const struct sku *sku = &check->engine->skus[check->engine->books[line->book].sku];
    i64 paid = line_paid(line);
    tally_cell(check, order->festival, CELL_COUNTRY, sku->origin, paid, line->quantity);
    tally_cell(check, order->festival, CELL_BRAND, sku->brand, paid, line->quantity);
    tally_cell(check, order->festival, CELL_DEPARTMENT, sku->department, paid, line->quantity);
    tally_cell(check, order->festival, CELL_CITY, order->city, paid, line->quantity);
    tally_cell(check, order->festival, CELL_CHANNEL, order->channel, paid, line->quantity);
    check->tally.festivals[order->festival].units_paid += line->quantity;
}

/* When a paid order was paid: changed_ms says so until it is cancelled; then the second is not known any more. */
static void tally_meters(struct check *check, const struct order *order)
{
    const struct engine *engine = check->engine;
    if (order->festival == 0)
        return;
    const struct festival *festival = &engine->festivals[order->festival];
    struct festival *sums = &check->tally.festivals[order->festival];
    struct second *seconds = &check->tally.seconds[festival->first_second];
    sums->orders++;
    seconds[second_index(festival, order->placed_ms)].orders++;
    if (order->state == ORDER_HELD)
        sums->held_minor += order->total_minor;
    if (order->payment == PAYMENT_HOLD)
        return;
    sums->paid_minor += order->total_minor;
    sums->orders_paid++;
    sums->refunded_minor += order->refunded_minor;
    if (order->state == ORDER_PAID) {
        seconds[second_index(festival, order->changed_ms)].orders_paid++;
        seconds[second_index(festival, order->changed_ms)].paid_minor += order->total_minor;
    }
    for (u32 i = 0; i < order->line_count; i++)
        tally_paid_line(check, order, &engine->lines[order->first_line + i]);
}

/* --- each order by itself --------------------------------------------------------------- */

/* What was handed over in exchange: in no festival, one line, never cancelled. */
static bool exchange_row_good(const struct order *order)
{
    return order->state == ORDER_PAID && order->festival == 0 && order->line_count == 1 &&
           order->channel == CHANNEL_TILL;
}

static bool line_state_possible(const struct order *order, u8 state)
{
    switch (order->state) {
    case ORDER_HELD:
        return state == PART_OPEN;
    case ORDER_CANCELLED:
    case ORDER_EXPIRED:
        return state == PART_DROPPED;
    default:
        break;
    }
    switch (order->delivery) {
    case DELIVERY_HOME:
        return state == PART_OPEN || state == PART_PACKED || state == PART_SHIPPED || state == PART_DELIVERED;
    case DELIVERY_PICK_UP:
        return state == PART_OPEN || state == PART_PACKED || state == PART_READY || state == PART_HANDED_OVER;
    case DELIVERY_CARRY_OUT:
        return state == PART_HANDED_OVER || state == PART_CHECKED;
    default:
        return state == PART_HANDED_OVER;
    }
}

static bool order_row_good(const struct engine *engine, const struct order *order, u32 first_line)
{
    return exists(engine, LIMIT_shoppers, order->shopper) && order->first_line == first_line &&
           order->line_count >= 1 && (u64)first_line + order->line_count <= engine->head.count[LIMIT_lines] + 1 &&
           order->part_count >= 1 && order->part_count <= order->line_count && order->state >= ORDER_HELD &&
           order->state <= ORDER_EXPIRED && order->festival <= engine->head.count[LIMIT_festivals] &&
           exists(engine, LIMIT_currencies, order->currency) && exists(engine, LIMIT_cities, order->city) &&
           order->delivery >= DELIVERY_HOME && order->delivery <= DELIVERY_EXCHANGE &&
           (order->delivery != DELIVERY_EXCHANGE || exchange_row_good(order)) &&
           (order->payment == PAYMENT_HOLD) == (order->state != ORDER_PAID && order->refunded_minor == 0);
}

static bool line_row_good(const struct engine *engine, const struct order *order, const struct line *line)
{
    return exists(engine, LIMIT_books, line->book) && (line->deal == 0 || exists(engine, LIMIT_deals, line->deal)) &&
           line->quantity >= 1 && line->returned <= line->quantity && line->part >= 1 &&
           line->part <= order->part_count && line_state_possible(order, line->state) &&
           (order->delivery != DELIVERY_EXCHANGE || line->deal == 0) &&
           line->unit_price_minor >= 1;
}

/* Its deal is for this order, and only goods that are, or were, ready have a day until which they are kept. */
static bool line_fits_order(const struct engine *engine, const struct order *order, const struct line *line)
{
    struct deal_scope scope =
        deal_scope(order->festival, order->city, order->location, order->channel, order->delivery);
    if (line->deal != 0 && !deal_is_for(&engine->deals[line->deal], scope))
        return false;
    if (line->due_min != 0 && order->delivery != DELIVERY_PICK_UP)
        return false;
    if (line->promised_min != 0 && order->delivery != DELIVERY_HOME && order->delivery != DELIVERY_PICK_UP)
        return false;
    return line->state != PART_READY || line->due_min != 0;
}

static bool order_lines_good(const struct engine *engine, const struct order *order)
{
    i64 total = 0;
    i64 refunded = 0;
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = &engine->lines[order->first_line + i];
        if (!line_row_good(engine, order, line) || !line_fits_order(engine, order, line))
            return false;
        total += line_paid(line);
        refunded += money_share(line_paid(line), line->returned, line->quantity);
    }
    if (order->state == ORDER_CANCELLED && order->payment != PAYMENT_HOLD)
        refunded = total;
    return total == order->total_minor && refunded == order->refunded_minor;
}

/* A shopper's orders are linked, newest first, and none is left out. */
static void check_linked(struct check *check, u32 id)
{
    const struct order *order = &check->engine->orders[id];
    u32 *last = &check->tally.last_order[order->shopper];
    if (order->previous != *last)
        check->report->order_errors++;
    *last = id;
}

static void check_last_orders(struct check *check)
{
    for (u32 id = 1; id <= check->engine->head.count[LIMIT_shoppers]; id++)
        if (check->engine->shoppers[id].last_order != check->tally.last_order[id])
            check->report->order_errors++;
}

static void check_orders(struct check *check)
{
    const struct engine *engine = check->engine;
    u32 first_line = 1;
    for (u32 id = 1; id <= engine->head.count[LIMIT_orders]; id++) {
        const struct order *order = &engine->orders[id];
        check->report->orders++;
        if (!order_row_good(engine, order, first_line) || !order_lines_good(engine, order)) {
            check->report->order_errors++;
            first_line = order->first_line + order->line_count;
            continue;
        }
        first_line += order->line_count;
        check_linked(check, id);
        check->report->lines += order->line_count;
        for (u32 i = 0; i < order->line_count; i++)
            tally_line(check, order, &engine->lines[order->first_line + i]);
        tally_meters(check, order);
    }
    if (first_line != engine->head.count[LIMIT_lines] + 1)
        check->report->order_errors++;
    check_last_orders(check);
}

/* Every order on hold, and nothing else at the head, is in its festival's queue in the order of deadlines. */
static void check_holds(struct check *check)
{
    const struct engine *engine = check->engine;
    u64 held = 0;
    u64 queued = 0;
    u64 walked = 0; /* a queue that bites its tail has an end here too */
    for (u32 id = 1; id <= engine->head.count[LIMIT_orders]; id++)
        held += engine->orders[id].state == ORDER_HELD;
    for (u32 i = 0; i <= engine->head.count[LIMIT_festivals]; i++) {
        u32 id = engine->festivals[i].hold_first;
        i64 deadline_ms = 0;
        if (exists(engine, LIMIT_orders, id) && engine->orders[id].state != ORDER_HELD)
            check->report->order_errors++;
        for (; exists(engine, LIMIT_orders, id) && walked <= engine->head.count[LIMIT_orders];
             id = engine->orders[id].next_hold, walked++) {
            if (engine->orders[id].state != ORDER_HELD)
                continue;
            queued++;
            if (engine->orders[id].changed_ms < deadline_ms || engine->orders[id].festival != i)
                check->report->order_errors++;
            deadline_ms = engine->orders[id].changed_ms;
        }
        if (id != 0)
            check->report->order_errors++;
    }
    if (held != queued)
        check->report->order_errors++;
}

/* --- comparing ---------------------------------------------------------------------------- */

static void check_books(struct check *check)
{
    const struct engine *engine = check->engine;
    struct check_report *report = check->report;
    for (u32 id = 1; id <= engine->head.count[LIMIT_books]; id++) {
        const struct book *book = &engine->books[id];
        report->books++;
        report->units_received += book->received;
        report->units_available += book->available;
        report->units_reserved += book->reserved;
        report->units_sold += book->sold;
        report->units_quarantine += book->quarantine;
        report->units_shrink += book->shrink;
        if ((u64)book->sold + book->reserved > (u64)book->received + book->moved_in)
            report->oversold++;
        if (!book_balances(book) || book->reserved != check->tally.book_reserved[id] ||
            book->sold != check->tally.book_sold[id])
            report->unit_errors++;
    }
}

static void check_deals(struct check *check)
{
    const struct engine *engine = check->engine;
    for (u32 id = 1; id <= engine->head.count[LIMIT_deals]; id++) {
        const struct deal *deal = &engine->deals[id];
        if ((deal->city != 0 && (deal->location != 0 || !exists(engine, LIMIT_cities, deal->city))) ||
            (deal->location != 0 && !exists(engine, LIMIT_locations, deal->location)))
            check->report->deal_errors++;
        if (deal->taken != check->tally.deal_taken[id] || (deal->quota != 0 && deal->taken > deal->quota))
            check->report->deal_errors++;
    }
    for (u32 id = 1; id <= engine->head.count[LIMIT_caps]; id++)
        if (engine->caps[id].units != check->tally.cap_units[id])
            check->report->deal_errors++;
}

static i64 wallets_sum(struct check *check, u32 currency)
{
    const struct engine *engine = check->engine;
    i64 sum = 0;
    for (u32 id = 1; id <= engine->head.count[LIMIT_shoppers]; id++) {
        const i64 *balance = wallet_balance(engine, id, currency);
        if (balance != NULL && *balance < 0)
            check->report->ledger_errors++;
        sum += balance == NULL ? 0 : *balance;
    }
    return sum;
}

static void check_ledger(struct check *check)
{
    const struct engine *engine = check->engine;
    for (u32 id = 1; id <= engine->head.count[LIMIT_accounts]; id++)
        if (engine->accounts[id].balance_minor != check->tally.account_minor[id])
            check->report->ledger_errors++;
    for (u32 currency = 1; currency <= engine->head.count[LIMIT_currencies]; currency++) {
        i64 sum = engine->currencies[currency].provider_minor + wallets_sum(check, currency);
        for (u32 id = 1; id <= engine->head.count[LIMIT_accounts]; id++)
            if (engine->accounts[id].currency == currency)
                sum += engine->accounts[id].balance_minor;
        if (sum != 0)
            check->report->ledger_errors++;
    }
    check->report->shoppers = engine->head.count[LIMIT_shoppers];
}

static bool festival_meters_good(const struct festival *festival, const struct festival *sums, unsigned digits)
{
    unsigned reached = 0;
    while (reached < MILESTONES_MAX && engine_milestone_minor(reached, digits) != 0 &&
           engine_milestone_minor(reached, digits) <= festival->paid_minor)
        reached++;
    return festival->orders == sums->orders && festival->orders_paid == sums->orders_paid &&
           festival->units_paid == sums->units_paid && festival->paid_minor == sums->paid_minor &&
           festival->held_minor == sums->held_minor && festival->refunded_minor == sums->refunded_minor &&
           festival->milestone_count == reached;
}

/* Seconds add up to the total; each has at least what the orders that are still paid show. */
static bool festival_seconds_good(const struct festival *festival, const struct second *seconds,
                                  const struct second *sums)
{
    i64 paid_minor = 0;
    u64 orders_paid = 0;
    u64 peak = 0;
    for (u64 s = 0; s < festival->second_count; s++) {
        if (seconds[s].orders != sums[s].orders || seconds[s].orders_paid < sums[s].orders_paid ||
            seconds[s].paid_minor < sums[s].paid_minor)
            return false;
        paid_minor += seconds[s].paid_minor;
        orders_paid += seconds[s].orders_paid;
        peak = MAX(peak, (u64)seconds[s].orders);
    }
    return paid_minor == festival->paid_minor && orders_paid == festival->orders_paid &&
           peak == festival->peak_orders && (peak == 0 || seconds[festival->peak_second].orders == peak);
}

static void check_meters(struct check *check)
{
    const struct engine *engine = check->engine;
    for (u32 id = 1; id <= engine->head.count[LIMIT_festivals]; id++) {
        const struct festival *festival = &engine->festivals[id];
        unsigned digits = engine->currencies[festival->currency].digits;
        if (!festival_meters_good(festival, &check->tally.festivals[id], digits))
            check->report->meter_errors++;
        if (!festival_seconds_good(festival, &engine->seconds[festival->first_second],
                                   &check->tally.seconds[festival->first_second]))
            check->report->meter_errors++;
        size_t row = id * engine->cell_stride;
        if (memcmp(&engine->cells[row], &check->tally.cells[row], engine->cell_stride * sizeof(struct cell)) != 0)
            check->report->meter_errors++;
    }
}

bool engine_check(const struct engine *engine, void *scratch, struct check_report *report)
{
    struct check check = {.engine = engine, .report = report};
    *report = (struct check_report){0};
    tally_lay_out(engine, scratch, &check.tally);
    check_orders(&check);
    check_holds(&check);
    check_books(&check);
    check_places(engine, check.tally.places, report);
    check_deals(&check);
    check_tills(engine, check.tally.tills, check.tally.account_minor, report);
    check_ledger(&check);
    check_meters(&check);
    if (report->order_errors == 0) /* it goes along the orders */
        check_budgets(engine, report);
    check_indexes(engine, report);
    return report->oversold + report->unit_errors + report->ledger_errors + report->deal_errors +
               report->budget_errors + report->meter_errors + report->order_errors + report->till_errors +
               report->index_errors ==
           0;
}
