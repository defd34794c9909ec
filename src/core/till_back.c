/*
 * What goes back at a till: returned with a receipt, a sale of the same shift
 * made void, and goods taken back without a receipt. With a receipt the money
 * goes back the way it came; without one to a wallet, from the goods' seller.
 */
#include "core/internal.h"

/* --- with a receipt -------------------------------------------------------------------- */

/* How money may go back that the provider was paid: an exchange does not say how its goods were paid for. */
static bool may_go_back_by(const struct engine *engine, u32 order, u32 means)
{
    const struct tender *sale = &engine->tenders[engine_sale(engine, order)]; /* row 0: not paid at a till */
    if (engine->orders[order].delivery == DELIVERY_EXCHANGE)
        return true;
    return means == TENDER_CASH ? sale->cash_minor > 0 : sale->kind == 0 || sale->card_minor > 0;
}

static struct result tender_good(const struct engine *engine, const struct order *order,
                                 const struct command_till_return *command)
{
    if (order->currency != till_currency(engine, command->till))
        return refuse(RESULT_CURRENCY_MISMATCH, 0);
    ASSERT(order->payment == PAYMENT_WALLET || order->payment == PAYMENT_PROVIDER);
    if (order->payment == PAYMENT_WALLET && command->tender != TENDER_WALLET)
        return refuse(RESULT_WRONG_TENDER, TENDER_WALLET);
    if (order->payment == PAYMENT_WALLET)
        return accept(0, 0);
    bool cash = may_go_back_by(engine, command->order, TENDER_CASH);
    bool card = may_go_back_by(engine, command->order, TENDER_CARD);
    if ((cash && command->tender == TENDER_CASH) || (card && command->tender == TENDER_CARD))
        return accept(0, 0);
    return refuse(RESULT_WRONG_TENDER, !cash ? TENDER_CARD : !card ? TENDER_CASH : 0);
}

struct result apply_till_return(struct engine *engine, const struct command_till_return *command)
{
    struct result at_work = till_at_work(engine, command->till);
    if (at_work.code != RESULT_OK)
        return at_work;
    const struct command_order_return back = {
        .order = command->order,
        .line = command->line,
        .quantity = command->quantity,
        .location = engine->tills[command->till].location,
        .goods = command->goods,
    };
    struct result good = order_return_good(engine, &back);
    if (good.code == RESULT_OK)
        good = tender_good(engine, &engine->orders[command->order], command);
    if (good.code != RESULT_OK)
        return good;
    i64 given[TENDER_MEANS] = {0};
    given[command->tender - TENDER_CASH] = order_return_refund(engine, &back);
    good = till_can_give(&engine->shifts[at_work.id], given);
    if (good.code == RESULT_OK)
        good = order_return_room(engine, &back);
    if (good.code != RESULT_OK)
        return good;
    if (room(engine, LIMIT_tenders) == 0)
        return pool_full(LIMIT_tenders);

    i64 refund = order_return_do(engine, &back);
    ASSERT(refund == given[0] + given[1] + given[2]);
    tender_add(engine, at_work.id, (struct tender){
        .cash_minor = -given[0],
        .card_minor = -given[1],
        .wallet_minor = -given[2],
        .order = command->order,
        .kind = TENDER_RETURN,
    });
    return accept(command->order, refund);
}

/* --- void ---------------------------------------------------------------------------------- */

static bool anything_returned(const struct engine *engine, const struct order *order)
{
    for (u32 i = 0; i < order->line_count; i++)
        if (engine->lines[order->first_line + i].returned != 0)
            return true;
    return false;
}

static struct result void_good(const struct engine *engine, u32 shift, const struct command_till_void *command)
{
    if (!exists(engine, LIMIT_orders, command->order))
        return refuse(RESULT_UNKNOWN_ORDER, 0);
    const struct order *order = &engine->orders[command->order];
    if (order->state != ORDER_PAID)
        return refuse(RESULT_WRONG_STATE, order->state);
    const struct tender *sale = &engine->tenders[engine_sale(engine, command->order)]; /* row 0 is of no shift */
    if (sale->shift != shift)
        return refuse(RESULT_OTHER_SHIFT, 0);
    bool carried = order->delivery == DELIVERY_CARRY_OUT; /* goods change hands with the payment */
    if (anything_returned(engine, order) || (!carried && !order_nothing_left(engine, order)))
        return refuse(RESULT_WRONG_STATE, order->state);
    const i64 given[TENDER_MEANS] = {sale->cash_minor, sale->card_minor, sale->wallet_minor};
    struct result good = till_can_give(&engine->shifts[shift], given);
    if (good.code != RESULT_OK)
        return good;
    if (room(engine, LIMIT_tenders) == 0)
        return pool_full(LIMIT_tenders);
    return accept(0, 0);
}

struct result apply_till_void(struct engine *engine, const struct command_till_void *command)
{
    struct result at_work = till_at_work(engine, command->till);
    if (at_work.code != RESULT_OK)
        return at_work;
    struct result good = void_good(engine, at_work.id, command);
    if (good.code != RESULT_OK)
        return good;

    const struct order *order = &engine->orders[command->order];
    const struct tender *sale = &engine->tenders[engine_sale(engine, command->order)];
    i64 from_outside = sale->cash_minor + sale->card_minor;
    ASSERT(from_outside + sale->wallet_minor == order->total_minor);
    ASSERT((order->payment == PAYMENT_WALLET) == (sale->wallet_minor > 0));
    order_undo(engine, command->order);
    if (order->payment == PAYMENT_WALLET && from_outside > 0) {
        i64 *wallet = wallet_balance(engine, order->shopper, order->currency);
        ASSERT(*wallet >= from_outside); /* the refund has just put it there */
        ledger_move(wallet, &engine->currencies[order->currency].provider_minor, from_outside);
    }
    tender_add(engine, at_work.id, (struct tender){
        .cash_minor = -sale->cash_minor,
        .card_minor = -sale->card_minor,
        .wallet_minor = -sale->wallet_minor,
        .order = command->order,
        .kind = TENDER_VOID,
    });
    return accept(command->order, order->total_minor);
}

/* --- without a receipt ------------------------------------------------------------------------ */

/* The least that is or was to be asked for one unit, in and out of deals; 0: it has no price in this currency. */
static i64 least_price(const struct engine *engine, const struct sku *sku, u32 currency)
{
    i64 least = engine_list_price(engine, sku, currency);
    for (u32 id = sku->first_deal; id != 0; id = engine->deals[id].next) {
        const struct deal *deal = &engine->deals[id];
        if (engine->festivals[deal->festival].currency == currency && (least == 0 || deal->price_minor < least))
            least = deal->price_minor;
    }
    return least;
}

/* Up to the amount, which is the value of OK. */
static struct result take_back_good(const struct engine *engine, u32 shift,
                                    const struct command_till_take_back *command)
{
    u32 currency = till_currency(engine, command->till);
    if (!exists(engine, LIMIT_skus, command->sku))
        return refuse(RESULT_UNKNOWN_SKU, command->sku);
    if (command->quantity < 1 || command->quantity > LINE_QUANTITY_MAX)
        return refuse(RESULT_BAD_QUANTITY, command->sku);
    if (!exists(engine, LIMIT_shoppers, command->shopper))
        return refuse(RESULT_UNKNOWN_SHOPPER, 0);
    if (command->shopper == engine->tills[command->till].shopper)
        return refuse(RESULT_MALFORMED, 0);
    if (engine->shoppers[command->shopper].currency != currency)
        return refuse(RESULT_CURRENCY_MISMATCH, 0);
    if (command->goods != GOODS_RESTOCK && command->goods != GOODS_QUARANTINE)
        return refuse(RESULT_MALFORMED, 0);
    i64 price = least_price(engine, &engine->skus[command->sku], currency);
    i64 amount;
    if (price == 0)
        return refuse(RESULT_NO_PRICE, command->sku);
    if (!money_times(price, command->quantity, &amount) || amount > money_room(engine, currency) ||
        amount > MONEY_MAX - engine->shifts[shift].refunded_minor[TENDER_WALLET - TENDER_CASH])
        return refuse(RESULT_AMOUNT_OVERFLOW, 0);
    return accept(0, amount);
}

static struct result take_back_fits(const struct engine *engine, u32 book, const struct command_till_take_back *command)
{
    u32 seller = engine->skus[command->sku].seller;
    if (command->quantity > UNITS_MAX - engine->books[book].received)
        return refuse(RESULT_BAD_QUANTITY, command->sku);
    if (book == 0 && room(engine, LIMIT_books) == 0)
        return pool_full(LIMIT_books);
    if (account_find(engine, seller, till_currency(engine, command->till)) == 0 && room(engine, LIMIT_accounts) == 0)
        return pool_full(LIMIT_accounts);
    if (room(engine, LIMIT_tenders) == 0)
        return pool_full(LIMIT_tenders);
    return accept(0, 0);
}

/* From the account of the goods' seller to the shopper. */
static void take_back_pay(struct engine *engine, const struct command_till_take_back *command, i64 amount)
{
    struct sku *sku = &engine->skus[command->sku];
    u32 currency = till_currency(engine, command->till);
    if (account_find(engine, sku->seller, currency) == 0)
        account_make(engine, sku->seller, currency);
    sku->ordered = 1; /* its seller's account has been moved: the seller is fixed */
    engine->currencies[currency].taken_back_minor += amount;
    ledger_move(&engine->accounts[account_find(engine, sku->seller, currency)].balance_minor,
                wallet_balance(engine, command->shopper, currency), amount);
}

struct result apply_till_take_back(struct engine *engine, const struct command_till_take_back *command)
{
    struct result at_work = till_at_work(engine, command->till);
    if (at_work.code != RESULT_OK)
        return at_work;
    struct result good = take_back_good(engine, at_work.id, command);
    if (good.code != RESULT_OK)
        return good;
    i64 amount = good.value;
    u32 location = engine->tills[command->till].location;
    u32 id = engine_find_book(engine, command->sku, location);
    good = take_back_fits(engine, id, command);
    if (good.code != RESULT_OK)
        return good;

    if (id == 0)
        id = book_make(engine, command->sku, location);
    book_receive_back(engine, &engine->books[id], command->quantity, command->goods == GOODS_RESTOCK);
    take_back_pay(engine, command, amount);
    tender_add(engine, at_work.id, (struct tender){
        .wallet_minor = -amount,
        .sku = command->sku,
        .quantity = command->quantity,
        .kind = TENDER_TAKE_BACK,
    });
    return accept(command->shopper, amount);
}
