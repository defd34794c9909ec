/*
 * The model's order.place: docs/COMMANDS.md, "order.place" and "Budgets". The
 * thirteen steps of that page are the thirteen functions of `steps`, in that
 * order; the tenth is in naive_route.c.
 */
#include "test/naive.h"

#include "base/assert.h"
#include "base/money.h"

#include <string.h>

/* 1 */
static struct result step_shape(struct naive_placing *p)
{
    const struct command_order_place *place = p->place;
    bool home = place->delivery == DELIVERY_HOME;
    bool shown_here = place->flags & ORDER_SHOWN_HERE;
    if (place->channel < 1 || place->channel > 3 || place->delivery < 1 || place->delivery > 3 || place->payment < 1 ||
        place->payment > 3 || place->flags > 3 || place->expected_total_minor < 0)
        return naive_refuse(RESULT_MALFORMED, 0);
    if (shown_here && (!home || place->location == 0))
        return naive_refuse(RESULT_MALFORMED, 0);
    if (place->payment == PAYMENT_PROVIDER && place->channel != CHANNEL_TILL)
        return naive_refuse(RESULT_MALFORMED, 0);
    if ((home && place->city == 0) || (!home && place->location == 0))
        return naive_refuse(RESULT_MALFORMED, 0);
    return naive_ok(0, 0);
}

/* 2 */
static struct result step_exist(struct naive_placing *p)
{
    const struct command_order_place *place = p->place;
    if (place->shopper < 1 || place->shopper > p->naive->shoppers_count)
        return naive_refuse(RESULT_UNKNOWN_SHOPPER, 0);
    if (place->festival != 0 && !naive_exists(p->naive, COMMAND_FESTIVAL_PUT, place->festival))
        return naive_refuse(RESULT_UNKNOWN_FESTIVAL, 0);
    if (place->city != 0 && !naive_exists(p->naive, COMMAND_CITY_PUT, place->city))
        return naive_refuse(RESULT_UNKNOWN_CITY, 0);
    if (place->location != 0 && !naive_exists(p->naive, COMMAND_LOCATION_PUT, place->location))
        return naive_refuse(RESULT_UNKNOWN_LOCATION, 0);
    if (!naive_exists(p->naive, COMMAND_CURRENCY_PUT, place->currency))
        return naive_refuse(RESULT_UNKNOWN_CURRENCY, 0);
    p->city = place->city;
    if (p->city == 0)
        p->city = NAIVE_PUT(p->naive, location_put, LOCATION_PUT, place->location)->city;
    return naive_ok(0, 0);
}

/* 3 */
static struct result step_service(struct naive_placing *p)
{
    const struct command_order_place *place = p->place;
    u16 asked = place->delivery == DELIVERY_HOME      ? SERVICE_SHIP
                : place->delivery == DELIVERY_PICK_UP ? SERVICE_PICK_UP
                                                      : SERVICE_CARRY_OUT;
    if (place->location != 0 && !(place->flags & ORDER_SHOWN_HERE) &&
        !(NAIVE_PUT(p->naive, location_put, LOCATION_PUT, place->location)->services & asked))
        return naive_refuse(RESULT_BAD_SERVICE, place->location);
    return naive_ok(0, 0);
}

/* 4 */
static struct result step_window(struct naive_placing *p)
{
    if (p->place->festival == 0)
        return naive_ok(0, 0);
    const struct command_festival_put *festival = NAIVE_PUT(p->naive, festival_put, FESTIVAL_PUT, p->place->festival);
    if (festival->currency != p->place->currency)
        return naive_refuse(RESULT_CURRENCY_MISMATCH, 0);
    if (p->now_ms < festival->opens_ms)
        return naive_refuse(RESULT_NOT_OPEN, festival->opens_ms);
    if (p->now_ms >= festival->closes_ms)
        return naive_refuse(RESULT_CLOSED, festival->closes_ms);
    return naive_ok(0, 0);
}

/* 5 */
static struct result step_lines(struct naive_placing *p)
{
    const struct order_line_asked *lines = command_lines(p->place);
    for (u32 i = 0; i < p->place->line_count; i++) {
        if (lines[i].quantity < 1 || lines[i].quantity > LINE_QUANTITY_MAX)
            return naive_refuse(RESULT_BAD_QUANTITY, lines[i].sku);
        if (!naive_exists(p->naive, COMMAND_SKU_PUT, lines[i].sku))
            return naive_refuse(RESULT_UNKNOWN_SKU, lines[i].sku);
        if (NAIVE_PUT(p->naive, sku_put, SKU_PUT, lines[i].sku)->for_sale == 0)
            return naive_refuse(RESULT_NOT_FOR_SALE, lines[i].sku);
        u32 w = 0;
        while (w < p->want_count && p->wants[w].sku != lines[i].sku)
            w++;
        if (w == p->want_count)
            p->wants[p->want_count++] = (struct naive_want){.sku = lines[i].sku, .asked_line = i + 1};
        p->wants[w].quantity += lines[i].quantity;
        if (p->wants[w].quantity > LINE_QUANTITY_MAX)
            return naive_refuse(RESULT_BAD_QUANTITY, lines[i].sku);
    }
    return naive_ok(0, 0);
}

/* 0: the deal is not for this order; else 1 for everywhere, 2 for its city, 3 for its location. */
static u32 deal_scope(const struct naive_placing *p, const struct naive_deal *deal, const struct naive_want *want)
{
    const struct command_order_place *place = p->place;
    if (place->festival == 0 || deal->festival != place->festival || deal->sku != want->sku)
        return 0;
    if (deal->city != 0)
        return deal->city == p->city ? 2 : 0;
    if (deal->location == 0)
        return 1;
    bool in_store =
        place->delivery != DELIVERY_HOME || place->channel == CHANNEL_STORE || place->channel == CHANNEL_TILL;
    return in_store && deal->location == place->location ? 3 : 0;
}

/* The price of one unit now: the deal's, or the SKU's own. */
static struct result price_of(const struct naive_placing *p, struct naive_want *want)
{
    i64 opens_later_ms = -1;
    u32 best = 0;
    for (u32 id = 1; id <= p->naive->deals_count; id++) {
        const struct naive_deal *deal = &p->naive->deals[id];
        u32 scope = deal_scope(p, deal, want);
        if (scope == 0)
            continue;
        if (deal->opens_ms <= p->now_ms && p->now_ms < deal->closes_ms && scope > best) {
            best = scope;
            want->deal = id;
            want->price_minor = deal->price_minor;
        }
        if (deal->opens_ms > p->now_ms && (opens_later_ms == -1 || deal->opens_ms < opens_later_ms))
            opens_later_ms = deal->opens_ms;
    }
    if (best != 0)
        return naive_ok(0, 0);
    if (opens_later_ms != -1)
        return naive_refuse(RESULT_NOT_OPEN, opens_later_ms);
    for (u32 i = 1; i <= p->naive->prices_count; i++) {
        const struct naive_price *price = &p->naive->prices[i];
        if (price->sku == want->sku && price->currency == p->place->currency) {
            want->price_minor = price->price_minor;
            return naive_ok(0, 0);
        }
    }
    return naive_refuse(RESULT_NO_PRICE, want->sku);
}

/* 6 */
static struct result step_price(struct naive_placing *p)
{
    for (u32 w = 0; w < p->want_count; w++) {
        struct result result = price_of(p, &p->wants[w]);
        if (result.code != RESULT_OK)
            return result;
        i64 amount_minor;
        if (!money_times(p->wants[w].price_minor, p->wants[w].quantity, &amount_minor) ||
            !money_add(p->total_minor, amount_minor, &p->total_minor))
            return naive_refuse(RESULT_AMOUNT_OVERFLOW, 0);
    }
    if (p->place->festival != 0) {
        const struct naive_festival *festival = &p->naive->festivals[p->place->festival];
        if (festival->paid_minor + festival->held_minor + p->total_minor > MONEY_MAX)
            return naive_refuse(RESULT_AMOUNT_OVERFLOW, 0);
    }
    return naive_ok(0, 0);
}

/* 7 */
static struct result step_expected(struct naive_placing *p)
{
    if (p->place->expected_total_minor != 0 && p->place->expected_total_minor != p->total_minor)
        return naive_refuse(RESULT_PRICE_CHANGED, p->total_minor);
    return naive_ok(0, 0);
}

/* 8 */
static struct result step_quota(struct naive_placing *p)
{
    for (u32 w = 0; w < p->want_count; w++) {
        if (p->wants[w].deal == 0)
            continue;
        const struct naive_deal *deal = &p->naive->deals[p->wants[w].deal];
        if (deal->quota != 0 && deal->taken + p->wants[w].quantity > deal->quota)
            return naive_refuse(RESULT_DEAL_SOLD_OUT, p->wants[w].sku);
    }
    return naive_ok(0, 0);
}

struct naive_cap *naive_find_cap(const struct naive *naive, u32 deal, u32 person)
{
    for (u32 i = 1; i <= naive->caps_count; i++)
        if (naive->caps[i].deal == deal && naive->caps[i].person == person)
            return &naive->caps[i];
    return NULL;
}

/* The person's counter of a want: NULL when the deal has no cap or they have none of it yet. */
static struct naive_cap *cap_of(const struct naive_placing *p, const struct naive_want *want)
{
    return naive_find_cap(p->naive, want->deal, p->naive->shoppers[p->place->shopper].person);
}

static bool is_capped(const struct naive_placing *p, const struct naive_want *want)
{
    return want->deal != 0 && p->naive->deals[want->deal].cap != 0;
}

/* 9 */
static struct result step_cap(struct naive_placing *p)
{
    for (u32 w = 0; w < p->want_count; w++) {
        if (!is_capped(p, &p->wants[w]))
            continue;
        const struct naive_cap *counter = cap_of(p, &p->wants[w]);
        i64 units = counter == NULL ? 0 : counter->units;
        i64 cap = p->naive->deals[p->wants[w].deal].cap;
        if (units + p->wants[w].quantity > cap)
            return naive_refuse(RESULT_LIMIT_REACHED, MAX(cap - units, 0));
    }
    return naive_ok(0, 0);
}

/* --- 11: budgets --------------------------------------------------------- */

/* What of this order counts for a budget. */
static i64 counts_for(const struct naive_placing *p, const struct naive_budget *budget)
{
    if (budget->scope == BUDGET_DAY)
        return p->total_minor;
    if (budget->scope == BUDGET_FESTIVAL)
        return budget->subject == p->place->festival ? p->total_minor : 0;
    i64 amount_minor = 0;
    for (u32 w = 0; w < p->want_count; w++)
        if (NAIVE_PUT(p->naive, sku_put, SKU_PUT, p->wants[w].sku)->department == budget->subject)
            amount_minor += p->wants[w].price_minor * p->wants[w].quantity;
    return amount_minor;
}

static bool moves_to_later_day(const struct naive_placing *p, const struct naive_budget *budget)
{
    return budget->scope != BUDGET_FESTIVAL &&
           naive_day(p->naive, p->place->festival, p->now_ms) > budget->day;
}

static struct result step_budgets(struct naive_placing *p)
{
    bool exceeded = false;
    i64 least_minor = 0;
    for (u32 id = 1; id <= p->naive->budgets_count; id++) {
        const struct naive_budget *budget = &p->naive->budgets[id];
        i64 limit_minor;
        if (budget->shopper != p->place->shopper || !naive_budget_lives(budget, p->now_ms, &limit_minor))
            continue;
        if (p->place->currency != p->naive->shoppers[p->place->shopper].currency)
            return naive_refuse(RESULT_CURRENCY_MISMATCH, 0);
        i64 amount_minor = counts_for(p, budget);
        i64 spent_minor = moves_to_later_day(p, budget) ? 0 : budget->spent_minor;
        if (amount_minor == 0 || spent_minor + amount_minor <= limit_minor)
            continue;
        i64 left_minor = MAX(limit_minor - spent_minor, 0);
        least_minor = exceeded ? MIN(least_minor, left_minor) : left_minor;
        exceeded = true;
    }
    return exceeded ? naive_refuse(RESULT_OVER_BUDGET, least_minor) : naive_ok(0, 0);
}

/* A row moves when an order of a later day is placed, whether or not that order counts for it. */
static void count_budgets(struct naive_placing *p)
{
    for (u32 id = 1; id <= p->naive->budgets_count; id++) {
        struct naive_budget *budget = &p->naive->budgets[id];
        i64 limit_minor;
        if (budget->shopper != p->place->shopper || !naive_budget_lives(budget, p->now_ms, &limit_minor))
            continue;
        if (moves_to_later_day(p, budget)) {
            budget->day = naive_day(p->naive, p->place->festival, p->now_ms);
            budget->spent_minor = 0;
        }
        budget->spent_minor += counts_for(p, budget);
    }
}

/* --- 12, 13 and the effect ----------------------------------------------- */

static struct result step_funds(struct naive_placing *p)
{
    return naive_funds(p->naive, p->place->shopper, p->place->currency, p->place->payment, p->total_minor);
}

struct naive_account *naive_find_account(const struct naive *naive, u32 seller, u32 currency)
{
    for (u32 id = 1; id <= naive->accounts_count; id++)
        if (naive->accounts[id].seller == seller && naive->accounts[id].currency == currency)
            return &naive->accounts[id];
    return NULL;
}

static u32 seller_of(const struct naive_placing *p, u32 want)
{
    return NAIVE_PUT(p->naive, sku_put, SKU_PUT, p->wants[want].sku)->seller;
}

static struct result step_room(struct naive_placing *p)
{
    const struct naive *naive = p->naive;
    u32 new_caps = 0;
    u32 new_accounts = 0;
    for (u32 w = 0; w < p->want_count; w++) {
        if (is_capped(p, &p->wants[w]) && cap_of(p, &p->wants[w]) == NULL)
            new_caps++;
        bool counted = naive_find_account(naive, seller_of(p, w), p->place->currency) != NULL;
        for (u32 before = 0; before < w; before++)
            counted |= seller_of(p, before) == seller_of(p, w);
        if (!counted)
            new_accounts++;
    }
    if (naive->orders_count >= naive->limits.orders)
        return NAIVE_FULL(orders);
    if (naive->lines_count + p->piece_count > naive->limits.lines)
        return NAIVE_FULL(lines);
    if (naive->caps_count + new_caps > naive->limits.caps)
        return NAIVE_FULL(caps);
    if (naive->accounts_count + new_accounts > naive->limits.accounts)
        return NAIVE_FULL(accounts);
    return naive_ok(0, 0);
}

/* Lines from the same location and of the same seller are one part, numbered in the order of their first lines. */
static u32 part_of(const struct naive_placing *p, u32 piece, const struct naive_line *lines, u32 *part_count)
{
    for (u32 before = 0; before < piece; before++)
        if (p->pieces[before].location == p->pieces[piece].location &&
            seller_of(p, p->pieces[before].want) == seller_of(p, p->pieces[piece].want))
            return lines[before].part;
    return ++*part_count;
}

static void add_lines(struct naive_placing *p, struct naive_order *order)
{
    struct naive *naive = p->naive;
    order->first_line = naive->lines_count + 1;
    order->line_count = p->piece_count;
    for (u32 i = 0; i < p->piece_count; i++) {
        const struct naive_piece *piece = &p->pieces[i];
        const struct naive_want *want = &p->wants[piece->want];
        struct naive_line *line = NAIVE_ADD(naive, lines);
        *line = (struct naive_line){
            .sku = want->sku, .location = piece->location, .deal = want->deal, .price_minor = want->price_minor,
            .quantity = piece->quantity, .asked_line = want->asked_line, .state = PART_OPEN,
            .promised_min = naive_promised(p, piece->location),
        };
        line->part = part_of(p, i, &naive->lines[order->first_line], &order->part_count);
        struct naive_book *book = naive_find_book(naive, want->sku, piece->location);
        book->available -= piece->quantity;
        book->reserved += piece->quantity;
        ASSERT(book->available >= 0);
    }
}

static void count_wants(struct naive_placing *p)
{
    struct naive *naive = p->naive;
    for (u32 w = 0; w < p->want_count; w++) {
        const struct naive_want *want = &p->wants[w];
        naive->skus[want->sku].ordered = true;
        if (want->deal != 0)
            naive->deals[want->deal].taken += want->quantity;
        if (is_capped(p, want)) {
            struct naive_cap *counter = cap_of(p, want);
            if (counter == NULL) {
                counter = NAIVE_ADD(naive, caps);
                counter->deal = want->deal;
                counter->person = naive->shoppers[p->place->shopper].person;
            }
            counter->units += want->quantity;
        }
        if (naive_find_account(naive, seller_of(p, w), p->place->currency) == NULL) {
            struct naive_account *account = NAIVE_ADD(naive, accounts);
            account->seller = seller_of(p, w);
            account->currency = p->place->currency;
        }
    }
}

static u32 effect(struct naive_placing *p)
{
    const struct command_order_place *place = p->place;
    u32 hold_ms = place->festival == 0 ? HOLD_MS_DEFAULT
                                       : NAIVE_PUT(p->naive, festival_put, FESTIVAL_PUT, place->festival)->hold_ms;
    struct naive_order *order = NAIVE_ADD(p->naive, orders);
    *order = (struct naive_order){
        .shopper = place->shopper, .festival = place->festival, .city = p->city, .currency = place->currency,
        .location = place->location, .channel = place->channel, .delivery = place->delivery,
        .payment = PAYMENT_HOLD, .state = ORDER_HELD, .total_minor = p->total_minor, .placed_ms = p->now_ms,
        .changed_ms = p->now_ms + hold_ms,
    };
    add_lines(p, order);
    count_budgets(p);
    count_wants(p);
    naive_meter_placed(p->naive, order, p->now_ms);
    if (place->payment != PAYMENT_HOLD)
        naive_become_paid(p->naive, p->naive->orders_count, place->payment, p->now_ms);
    return p->naive->orders_count;
}

struct result naive_order_place(struct naive *naive, const struct command_order_place *place, i64 now_ms)
{
    static struct result (*const steps[])(struct naive_placing *) = {
        step_shape,    step_exist, step_service, step_window, step_lines,   step_price, step_expected,
        step_quota,    step_cap,   naive_route,  step_budgets, step_funds,  step_room,
    };
    struct naive_placing p = {.naive = naive, .place = place, .now_ms = now_ms};
    for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
        struct result result = steps[i](&p);
        if (result.code != RESULT_OK)
            return result;
    }
    return naive_ok(effect(&p), p.total_minor);
}
