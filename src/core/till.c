/*
 * Tills: opened with a float, sold at, put in and taken out, closed and counted.
 * A shift's sums and its journal of tenders change in the same step as the
 * orders and the ledger; what goes back to shoppers is in till_back.c.
 */
#include "core/internal.h"

_Static_assert(TENDER_MEANS == TENDER_WALLET, "one sum for each means");

/* --- shifts and their journal --------------------------------------------------------- */

struct result till_at_work(const struct engine *engine, u32 till)
{
    if (!exists(engine, LIMIT_tills, till))
        return refuse(RESULT_UNKNOWN_TILL, 0);
    u32 shift = engine->tills[till].shift;
    if (shift == 0 || engine->shifts[shift].closed_ms != 0)
        return refuse(RESULT_TILL_CLOSED, 0);
    ASSERT(engine->shifts[shift].till == till);
    return accept(shift, 0);
}

struct result till_can_give(const struct shift *shift, const i64 given_minor[TENDER_MEANS])
{
    i64 drawer = engine_drawer(shift);
    if (given_minor[0] > drawer) {
        MARK(DRAWER_SHORT);
        return refuse(RESULT_NOT_ENOUGH_CASH, drawer);
    }
    for (unsigned means = 0; means < TENDER_MEANS; means++)
        if (given_minor[means] > MONEY_MAX - shift->refunded_minor[means])
            return refuse(RESULT_AMOUNT_OVERFLOW, 0);
    return accept(0, 0);
}

static void shift_count(struct shift *shift, const struct tender *tender)
{
    const i64 amounts[TENDER_MEANS] = {tender->cash_minor, tender->card_minor, tender->wallet_minor};
    if (tender->kind == TENDER_DRAWER) {
        if (tender->cash_minor > 0)
            shift->put_in_minor += tender->cash_minor;
        else
            shift->taken_out_minor -= tender->cash_minor;
        ASSERT(shift->put_in_minor <= MONEY_MAX && shift->taken_out_minor <= MONEY_MAX);
        return;
    }
    for (unsigned means = 0; means < TENDER_MEANS; means++) {
        ASSERT(tender->kind == TENDER_SALE ? amounts[means] >= 0 : amounts[means] <= 0);
        if (tender->kind == TENDER_SALE)
            shift->sold_minor[means] += amounts[means];
        else
            shift->refunded_minor[means] -= amounts[means];
        ASSERT(shift->sold_minor[means] <= MONEY_MAX && shift->refunded_minor[means] <= MONEY_MAX);
    }
    shift->sales += tender->kind == TENDER_SALE;
    shift->voids += tender->kind == TENDER_VOID;
    shift->returns += tender->kind == TENDER_RETURN || tender->kind == TENDER_TAKE_BACK;
}

void tender_add(struct engine *engine, u32 shift_id, struct tender tender)
{
    struct shift *shift = &engine->shifts[shift_id];
    ASSERT(exists(engine, LIMIT_shifts, shift_id) && shift->closed_ms == 0);
    ASSERT(tender.kind >= TENDER_SALE && tender.kind <= TENDER_DRAWER);
    u32 id = new_row(engine, LIMIT_tenders);
    tender.at_ms = engine->time_ms;
    tender.shift = shift_id;
    tender.previous = shift->last_tender;
    engine->tenders[id] = tender;
    shift->last_tender = id;
    shift_count(shift, &tender);
    ASSERT(engine_drawer(shift) >= 0 && engine_drawer(shift) <= MONEY_MAX);
    if (tender.kind == TENDER_SALE) {
        ASSERT(engine_sale(engine, tender.order) == 0);
        index_insert(&engine->sale_index, index_tag(sale_hash(tender.order)), id);
    }
}

/* --- putting, opening, closing ---------------------------------------------------------- */

struct result apply_till_put(struct engine *engine, const struct command_till_put *command)
{
    u32 id;
    if (!put_find(engine, &command->header, &id))
        return refuse(RESULT_MALFORMED, 0);
    if (!exists(engine, LIMIT_locations, command->location) ||
        engine->locations[command->location].kind != LOCATION_STORE)
        return refuse(RESULT_UNKNOWN_LOCATION, 0);
    if (!exists(engine, LIMIT_shoppers, command->shopper))
        return refuse(RESULT_UNKNOWN_SHOPPER, 0);
    struct till row = engine->tills[id]; /* row 0 is zeros: a new one */
    if (id != 0 && (row.location != command->location || row.shopper != command->shopper))
        return refuse(RESULT_IN_USE, 0);
    row.location = command->location;
    row.shopper = command->shopper;
    return put_row(engine, &command->header, id, &row);
}

struct result apply_till_open(struct engine *engine, const struct command_till_open *command)
{
    if (!exists(engine, LIMIT_tills, command->till))
        return refuse(RESULT_UNKNOWN_TILL, 0);
    if (till_at_work(engine, command->till).code == RESULT_OK)
        return refuse(RESULT_TILL_IS_OPEN, engine->tills[command->till].shift);
    if (command->float_minor < 0 || command->float_minor > MONEY_MAX)
        return refuse(RESULT_BAD_AMOUNT, 0);
    if (room(engine, LIMIT_shifts) == 0)
        return pool_full(LIMIT_shifts);

    struct till *till = &engine->tills[command->till];
    u32 id = new_row(engine, LIMIT_shifts);
    engine->shifts[id] = (struct shift){
        .opened_ms = engine->time_ms,
        .float_minor = command->float_minor,
        .till = command->till,
        .previous = till->shift,
    };
    till->shift = id;
    return accept(id, command->float_minor);
}

struct result apply_till_close(struct engine *engine, const struct command_till_close *command)
{
    struct result at_work = till_at_work(engine, command->till);
    if (at_work.code != RESULT_OK)
        return at_work;
    if (command->counted_minor < 0 || command->counted_minor > MONEY_MAX)
        return refuse(RESULT_BAD_AMOUNT, 0);

    struct shift *shift = &engine->shifts[at_work.id];
    shift->closed_ms = MAX(engine->time_ms, 1); /* 0 means open */
    shift->counted_minor = command->counted_minor;
    return accept(at_work.id, engine_drawer(shift));
}

/* --- money in -------------------------------------------------------------------------- */

static struct result cash_good(const struct shift *shift, i64 amount_minor)
{
    i64 drawer = engine_drawer(shift);
    if (amount_minor == 0 || amount_minor < -MONEY_MAX || amount_minor > MONEY_MAX)
        return refuse(RESULT_BAD_AMOUNT, 0);
    if (amount_minor < 0 && -amount_minor > drawer) {
        MARK(DRAWER_SHORT);
        return refuse(RESULT_NOT_ENOUGH_CASH, drawer);
    }
    if (amount_minor < 0 && -amount_minor > MONEY_MAX - shift->taken_out_minor)
        return refuse(RESULT_BAD_AMOUNT, 0);
    if (amount_minor > MONEY_MAX - drawer || amount_minor > MONEY_MAX - shift->put_in_minor)
        return refuse(RESULT_BAD_AMOUNT, 0);
    return accept(0, 0);
}

struct result apply_till_cash(struct engine *engine, const struct command_till_cash *command)
{
    struct result at_work = till_at_work(engine, command->till);
    if (at_work.code != RESULT_OK)
        return at_work;
    const struct shift *shift = &engine->shifts[at_work.id];
    struct result good = cash_good(shift, command->amount_minor);
    if (good.code != RESULT_OK)
        return good;
    if (room(engine, LIMIT_tenders) == 0)
        return pool_full(LIMIT_tenders);

    tender_add(engine, at_work.id, (struct tender){.cash_minor = command->amount_minor, .kind = TENDER_DRAWER});
    return accept(at_work.id, engine_drawer(shift));
}

static bool amount_good(i64 amount_minor)
{
    return amount_minor >= 0 && amount_minor <= MONEY_MAX;
}

/* What comes in is within the bounds of the currency, the drawer and the shift's sums; the wallet has its share. */
static struct result tenders_fit(const struct engine *engine, const struct shift *shift, const struct order *order,
                                 const struct command_till_pay *command)
{
    if (command->cash_minor + command->card_minor > money_room(engine, order->currency) ||
        command->cash_minor > MONEY_MAX - engine_drawer(shift) ||
        command->cash_minor > MONEY_MAX - shift->sold_minor[0] ||
        command->card_minor > MONEY_MAX - shift->sold_minor[1] ||
        command->wallet_minor > MONEY_MAX - shift->sold_minor[2])
        return refuse(RESULT_AMOUNT_OVERFLOW, 0);
    i64 balance = engine_balance(engine, order->shopper, order->currency);
    if (command->wallet_minor > balance)
        return refuse(RESULT_INSUFFICIENT_FUNDS, balance);
    return accept(0, 0);
}

static struct result pay_good(const struct engine *engine, u32 shift, const struct command_till_pay *command)
{
    if (!exists(engine, LIMIT_orders, command->order))
        return refuse(RESULT_UNKNOWN_ORDER, 0);
    const struct order *order = &engine->orders[command->order];
    struct result good = order_payable(engine, order);
    if (good.code != RESULT_OK)
        return good;
    if (order->currency != till_currency(engine, command->till))
        return refuse(RESULT_CURRENCY_MISMATCH, 0);
    if (!amount_good(command->cash_minor) || !amount_good(command->card_minor) || !amount_good(command->wallet_minor))
        return refuse(RESULT_BAD_AMOUNT, 0);
    if (command->cash_minor + command->card_minor + command->wallet_minor != order->total_minor)
        return refuse(RESULT_AMOUNT_MISMATCH, order->total_minor);
    good = tenders_fit(engine, &engine->shifts[shift], order, command);
    if (good.code != RESULT_OK)
        return good;
    if (room(engine, LIMIT_tenders) == 0)
        return pool_full(LIMIT_tenders);
    return accept(0, 0);
}

struct result apply_till_pay(struct engine *engine, const struct command_till_pay *command)
{
    struct result at_work = till_at_work(engine, command->till);
    if (at_work.code != RESULT_OK)
        return at_work;
    struct result good = pay_good(engine, at_work.id, command);
    if (good.code != RESULT_OK)
        return good;

    const struct order *order = &engine->orders[command->order];
    i64 from_outside = command->cash_minor + command->card_minor;
    if (command->wallet_minor > 0 && from_outside > 0) {
        MARK(PAID_MIXED);
        ledger_move(&engine->currencies[order->currency].provider_minor,
                    wallet_balance(engine, order->shopper, order->currency), from_outside);
    }
    order_settle(engine, command->order, command->wallet_minor > 0 ? PAYMENT_WALLET : PAYMENT_PROVIDER);
    tender_add(engine, at_work.id, (struct tender){
        .cash_minor = command->cash_minor,
        .card_minor = command->card_minor,
        .wallet_minor = command->wallet_minor,
        .order = command->order,
        .kind = TENDER_SALE,
    });
    return accept(command->order, order->total_minor);
}
