/*
 * The proof of the tills (check.c): every shift's sums are those of its journal,
 * every line of a journal agrees with the order it is about, and what sellers
 * gave for goods without a receipt is taken from their accounts.
 */
#include "core/internal.h"

struct till_check {
    const struct engine *engine;
    struct check_report *report;
    struct shift *sums;         /* by shift: what its tenders add up to */
    u32 *void_of;               /* by tender that is a sale: the one that made it void */
    u32 *last_shift;            /* by till */
    i64 *taken_back_minor;      /* by currency */
    i64 *account_minor;         /* by account: what it should be, from the orders */
};

static size_t lay_out(const struct engine *engine, char *scratch, struct till_check *check)
{
    const u64 *count = engine->head.count;
    size_t at = 0;
    check->sums = scratch_take(scratch, &at, count[LIMIT_shifts] + 1, sizeof(struct shift));
    check->void_of = scratch_take(scratch, &at, count[LIMIT_tenders] + 1, sizeof(u32));
    check->last_shift = scratch_take(scratch, &at, count[LIMIT_tills] + 1, sizeof(u32));
    check->taken_back_minor = scratch_take(scratch, &at, count[LIMIT_currencies] + 1, sizeof(i64));
    return at;
}

size_t check_tills_size(const struct engine *engine)
{
    struct till_check check;
    return lay_out(engine, NULL, &check);
}

/* --- tills and shifts by themselves -------------------------------------------------------- */

static bool till_row_good(const struct engine *engine, u32 id)
{
    const struct till *till = &engine->tills[id];
    return exists(engine, LIMIT_locations, till->location) && exists(engine, LIMIT_shoppers, till->shopper) &&
           exists(engine, LIMIT_currencies, till_currency(engine, id));
}

static bool tills_good(const struct engine *engine)
{
    for (u32 id = 1; id <= engine->head.count[LIMIT_tills]; id++)
        if (!till_row_good(engine, id))
            return false;
    return true;
}

static bool shift_row_good(const struct shift *shift)
{
    bool open = shift->closed_ms == 0;
    return shift->float_minor >= 0 && shift->float_minor <= MONEY_MAX &&
           (open ? shift->counted_minor == 0 : shift->closed_ms >= shift->opened_ms) && shift->counted_minor >= 0 &&
           shift->counted_minor <= MONEY_MAX;
}

/* A till's shifts are linked, newest first; only the newest may be open. False: one of them is of no till. */
static bool check_shifts(struct till_check *check)
{
    const struct engine *engine = check->engine;
    for (u32 id = 1; id <= engine->head.count[LIMIT_shifts]; id++) {
        const struct shift *shift = &engine->shifts[id];
        if (!exists(engine, LIMIT_tills, shift->till))
            return false;
        u32 *last = &check->last_shift[shift->till];
        if (shift->previous != *last || (*last != 0 && engine->shifts[*last].closed_ms == 0) ||
            !shift_row_good(shift))
            check->report->till_errors++;
        *last = id;
    }
    for (u32 id = 1; id <= engine->head.count[LIMIT_tills]; id++)
        if (engine->tills[id].shift != check->last_shift[id])
            check->report->till_errors++;
    return true;
}

/* --- each tender by itself -------------------------------------------------------------------- */

static u32 shift_currency(const struct engine *engine, u32 shift)
{
    return till_currency(engine, engine->shifts[shift].till);
}

/* A sale is of an order that was paid by these means; one that was carried out is only cancelled by a void. */
static bool sale_good(const struct engine *engine, const struct tender *tender, const struct order *order)
{
    u8 payment = tender->wallet_minor > 0 ? PAYMENT_WALLET : PAYMENT_PROVIDER;
    return tender->cash_minor >= 0 && tender->card_minor >= 0 && tender->wallet_minor >= 0 &&
           tender->cash_minor + tender->card_minor + tender->wallet_minor == order->total_minor &&
           order->payment == payment && (order->state == ORDER_PAID || order->state == ORDER_CANCELLED) &&
           order->delivery != DELIVERY_EXCHANGE && order->currency == shift_currency(engine, tender->shift);
}

static bool return_good(const struct engine *engine, const struct tender *tender, const struct order *order)
{
    i64 outside = tender->cash_minor + tender->card_minor;
    bool one_means = (tender->cash_minor == 0) + (tender->card_minor == 0) + (tender->wallet_minor == 0) >= 2;
    return one_means && tender->cash_minor <= 0 && tender->card_minor <= 0 && tender->wallet_minor <= 0 &&
           (outside == 0 || order->payment == PAYMENT_PROVIDER) &&
           (tender->wallet_minor == 0 || order->payment == PAYMENT_WALLET) && order->state == ORDER_PAID &&
           -(outside + tender->wallet_minor) <= order->refunded_minor &&
           order->currency == shift_currency(engine, tender->shift);
}

/* A void takes back exactly one sale of its own shift. */
static bool void_good(struct till_check *check, u32 id, const struct order *order)
{
    const struct engine *engine = check->engine;
    const struct tender *tender = &engine->tenders[id];
    u32 sale_id = engine_sale(engine, tender->order);
    const struct tender *sale = &engine->tenders[sale_id];
    if (sale_id == 0 || sale_id >= id || check->void_of[sale_id] != 0)
        return false;
    check->void_of[sale_id] = id;
    return sale->shift == tender->shift && order->state == ORDER_CANCELLED && tender->at_ms == order->changed_ms &&
           tender->cash_minor == -sale->cash_minor && tender->card_minor == -sale->card_minor &&
           tender->wallet_minor == -sale->wallet_minor;
}

static bool take_back_good(struct till_check *check, const struct tender *tender)
{
    const struct engine *engine = check->engine;
    if (!exists(engine, LIMIT_skus, tender->sku) || tender->quantity < 1 || tender->quantity > LINE_QUANTITY_MAX ||
        tender->wallet_minor >= 0 || tender->cash_minor != 0 || tender->card_minor != 0)
        return false;
    u32 currency = shift_currency(engine, tender->shift);
    check->account_minor[account_find(engine, engine->skus[tender->sku].seller, currency)] += tender->wallet_minor;
    check->taken_back_minor[currency] -= tender->wallet_minor;
    return engine->skus[tender->sku].ordered != 0;
}

static bool tender_row_good(struct till_check *check, u32 id)
{
    const struct engine *engine = check->engine;
    const struct tender *tender = &engine->tenders[id];
    const struct shift *shift = &engine->shifts[tender->shift];
    bool about_order = tender->kind >= TENDER_SALE && tender->kind <= TENDER_VOID;
    if (about_order != exists(engine, LIMIT_orders, tender->order) || (!about_order && tender->order != 0) ||
        (tender->kind != TENDER_TAKE_BACK && (tender->sku != 0 || tender->quantity != 0)) ||
        tender->at_ms < shift->opened_ms || (shift->closed_ms != 0 && tender->at_ms > shift->closed_ms))
        return false;
    const struct order *order = &engine->orders[tender->order]; /* row 0 when it is about none */
    switch (tender->kind) {
    case TENDER_SALE:
        return sale_good(engine, tender, order);
    case TENDER_RETURN:
        return return_good(engine, tender, order);
    case TENDER_VOID:
        return void_good(check, id, order);
    case TENDER_TAKE_BACK:
        return take_back_good(check, tender);
    default:
        return tender->kind == TENDER_DRAWER && tender->cash_minor != 0 && tender->card_minor == 0 &&
               tender->wallet_minor == 0;
    }
}

/* --- adding up ----------------------------------------------------------------------------------- */

/* What is not an amount is not added up. */
static bool amounts_good(const struct tender *tender)
{
    return tender->cash_minor >= -MONEY_MAX && tender->cash_minor <= MONEY_MAX && tender->card_minor >= -MONEY_MAX &&
           tender->card_minor <= MONEY_MAX && tender->wallet_minor >= -MONEY_MAX && tender->wallet_minor <= MONEY_MAX;
}

/* Adds a tender to its shift's sums; false when the drawer, or a sum, has left its bounds. */
static bool tally_tender(struct shift *sums, const struct tender *tender)
{
    const i64 amounts[TENDER_MEANS] = {tender->cash_minor, tender->card_minor, tender->wallet_minor};
    bool good = true;
    for (unsigned means = 0; means < TENDER_MEANS; means++) {
        if (tender->kind == TENDER_SALE)
            sums->sold_minor[means] += amounts[means];
        else if (tender->kind != TENDER_DRAWER)
            sums->refunded_minor[means] -= amounts[means];
        good = good && sums->sold_minor[means] <= MONEY_MAX && sums->refunded_minor[means] <= MONEY_MAX;
    }
    if (tender->kind == TENDER_DRAWER) {
        sums->put_in_minor += MAX(tender->cash_minor, 0);
        sums->taken_out_minor += MAX(-tender->cash_minor, 0);
    }
    sums->sales += tender->kind == TENDER_SALE;
    sums->voids += tender->kind == TENDER_VOID;
    sums->returns += tender->kind == TENDER_RETURN || tender->kind == TENDER_TAKE_BACK;
    return good && sums->put_in_minor <= MONEY_MAX && sums->taken_out_minor <= MONEY_MAX && engine_drawer(sums) >= 0 &&
           engine_drawer(sums) <= MONEY_MAX;
}

/* A shift's tenders are linked, newest first, and none is left out. */
static void check_tenders(struct till_check *check)
{
    const struct engine *engine = check->engine;
    for (u32 id = 1; id <= engine->head.count[LIMIT_tenders]; id++) {
        const struct tender *tender = &engine->tenders[id];
        if (!exists(engine, LIMIT_shifts, tender->shift) || !amounts_good(tender)) {
            check->report->till_errors++;
            continue;
        }
        struct shift *sums = &check->sums[tender->shift];
        if (!tender_row_good(check, id) || tender->previous != sums->last_tender)
            check->report->till_errors++;
        if (!tally_tender(sums, tender))
            check->report->till_errors++;
        sums->last_tender = id;
    }
}

static bool shift_sums_good(const struct shift *shift, const struct shift *sums)
{
    for (unsigned means = 0; means < TENDER_MEANS; means++)
        if (shift->sold_minor[means] != sums->sold_minor[means] ||
            shift->refunded_minor[means] != sums->refunded_minor[means])
            return false;
    return shift->put_in_minor == sums->put_in_minor && shift->taken_out_minor == sums->taken_out_minor &&
           shift->last_tender == sums->last_tender && shift->sales == sums->sales &&
           shift->returns == sums->returns && shift->voids == sums->voids;
}

/* An order that is paid has no void; one that was carried out and is cancelled has one. */
static void check_voids(struct till_check *check)
{
    const struct engine *engine = check->engine;
    for (u32 id = 1; id <= engine->head.count[LIMIT_tenders]; id++) {
        const struct tender *tender = &engine->tenders[id];
        if (tender->kind != TENDER_SALE || !exists(engine, LIMIT_orders, tender->order))
            continue;
        const struct order *order = &engine->orders[tender->order];
        bool cancelled = order->state == ORDER_CANCELLED;
        if (cancelled && order->delivery == DELIVERY_CARRY_OUT && check->void_of[id] == 0)
            check->report->till_errors++;
        if (!cancelled && check->void_of[id] != 0)
            check->report->till_errors++;
        if (engine_sale(engine, tender->order) != id)
            check->report->index_errors++;
    }
}

/* What came in and what was taken back bound every balance of a currency (money_room). */
static void check_currencies(struct till_check *check)
{
    const struct engine *engine = check->engine;
    for (u32 id = 1; id <= engine->head.count[LIMIT_currencies]; id++) {
        const struct currency *currency = &engine->currencies[id];
        if (currency->taken_back_minor != check->taken_back_minor[id] || currency->provider_minor > 0 ||
            currency->provider_minor < currency->taken_back_minor - MONEY_MAX)
            check->report->ledger_errors++;
    }
}

void check_tills(const struct engine *engine, void *scratch, i64 *account_minor, struct check_report *report)
{
    struct till_check check = {.engine = engine, .report = report, .account_minor = account_minor};
    lay_out(engine, scratch, &check);
    if (!tills_good(engine) || !check_shifts(&check)) {
        report->till_errors++; /* the rest goes by them */
        return;
    }
    for (u32 id = 1; id <= engine->head.count[LIMIT_shifts]; id++)
        check.sums[id].float_minor = engine->shifts[id].float_minor;
    check_tenders(&check);
    for (u32 id = 1; id <= engine->head.count[LIMIT_shifts]; id++)
        if (!shift_sums_good(&engine->shifts[id], &check.sums[id]))
            report->till_errors++;
    check_voids(&check);
    check_currencies(&check);
}
