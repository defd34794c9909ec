/*
 * The model's tills: docs/COMMANDS.md, "Tills". What a shift has sold, refunded
 * and should have in its drawer is summed up from its journal each time.
 */
#include "test/naive.h"

#include "base/assert.h"
#include "base/money.h"

enum { CASH = TENDER_CASH - 1, CARD = TENDER_CARD - 1, WALLET = TENDER_WALLET - 1 };

static const struct command_till_put *till_of(const struct naive *naive, u32 till)
{
    return NAIVE_PUT(naive, till_put, TILL_PUT, till);
}

u32 naive_shift_of(const struct naive *naive, u32 till)
{
    u32 id = naive->shifts_count;
    while (id > 0 && naive->shifts[id].till != till)
        id--;
    return id;
}

u32 naive_till_currency(const struct naive *naive, u32 till)
{
    return naive->shoppers[till_of(naive, till)->shopper].currency;
}

/* What should be in the drawer. */
static i64 drawer(const struct naive *naive, u32 shift)
{
    i64 cash_minor = naive->shifts[shift].float_minor;
    for (u32 i = 1; i <= naive->tenders_count; i++)
        if (naive->tenders[i].shift == shift)
            cash_minor += naive->tenders[i].minor[CASH];
    return cash_minor;
}

static bool amount_good(i64 amount_minor)
{
    return amount_minor >= 0 && amount_minor <= MONEY_MAX;
}

/* The sums of a shift with one more line in its journal: sold, refunded, put in, taken out, by each means. */
static bool sums_bear(const struct naive *naive, u32 shift, struct naive_tender more)
{
    i64 sums[3][2][2] = {{{0}}};
    for (u32 i = 1; i <= naive->tenders_count + 1; i++) {
        const struct naive_tender *tender = i <= naive->tenders_count ? &naive->tenders[i] : &more;
        for (u32 means = 0; means < 3 && tender->shift == shift; means++)
            sums[means][tender->kind == TENDER_DRAWER][tender->minor[means] < 0] +=
                tender->minor[means] < 0 ? -tender->minor[means] : tender->minor[means];
    }
    for (u32 means = 0; means < 3; means++)
        for (u32 i = 0; i < 4; i++)
            if (sums[means][i / 2][i % 2] > MONEY_MAX)
                return false;
    return true;
}

static void journal(struct naive *naive, struct naive_tender tender)
{
    *NAIVE_ADD(naive, tenders) = tender;
}

/* --- the drawer ----------------------------------------------------------- */

static struct result till_open(struct naive *naive, const struct command_till_open *open, i64 now_ms)
{
    u32 shift = naive_shift_of(naive, open->till);
    if (shift != 0 && !naive->shifts[shift].closed)
        return naive_refuse(RESULT_TILL_IS_OPEN, shift);
    if (!amount_good(open->float_minor))
        return naive_refuse(RESULT_BAD_AMOUNT, 0);
    if (naive->shifts_count >= naive->limits.shifts)
        return NAIVE_FULL(shifts);
    *NAIVE_ADD(naive, shifts) =
        (struct naive_shift){.till = open->till, .opened_ms = now_ms, .float_minor = open->float_minor};
    return naive_ok(naive->shifts_count, open->float_minor);
}

static struct result till_close(struct naive *naive, const struct command_till_close *close, u32 shift, i64 now_ms)
{
    if (!amount_good(close->counted_minor))
        return naive_refuse(RESULT_BAD_AMOUNT, 0);
    naive->shifts[shift].closed = true;
    naive->shifts[shift].closed_ms = naive_closed_at(now_ms);
    naive->shifts[shift].counted_minor = close->counted_minor;
    return naive_ok(shift, drawer(naive, shift));
}

static struct result till_cash(struct naive *naive, const struct command_till_cash *cash, u32 shift, i64 now_ms)
{
    i64 inside_minor = drawer(naive, shift);
    if (cash->amount_minor == 0 || cash->amount_minor < -MONEY_MAX || cash->amount_minor > MONEY_MAX)
        return naive_refuse(RESULT_BAD_AMOUNT, 0);
    if (-cash->amount_minor > inside_minor)
        return naive_refuse(RESULT_NOT_ENOUGH_CASH, inside_minor);
    if (inside_minor + cash->amount_minor > MONEY_MAX)
        return naive_refuse(RESULT_BAD_AMOUNT, 0);
    struct naive_tender tender = {.at_ms = now_ms, .minor = {cash->amount_minor}, .shift = shift,
                                  .kind = TENDER_DRAWER};
    if (!sums_bear(naive, shift, tender))
        return naive_refuse(RESULT_BAD_AMOUNT, 0);
    if (naive->tenders_count >= naive->limits.tenders)
        return NAIVE_FULL(tenders);
    journal(naive, tender);
    return naive_ok(shift, inside_minor + cash->amount_minor);
}

/* --- sales ---------------------------------------------------------------- */

static struct naive_tender sale_of(const struct command_till_pay *pay, u32 shift, i64 now_ms)
{
    return (struct naive_tender){.at_ms = now_ms, .minor = {pay->cash_minor, pay->card_minor, pay->wallet_minor},
                                 .shift = shift, .kind = TENDER_SALE, .order = pay->order};
}

static struct result pay_check(const struct naive *naive, const struct command_till_pay *pay, u32 shift, i64 now_ms)
{
    if (pay->order < 1 || pay->order > naive->orders_count)
        return naive_refuse(RESULT_UNKNOWN_ORDER, 0);
    const struct naive_order *order = &naive->orders[pay->order];
    struct result result = naive_payable(order, now_ms);
    if (result.code != RESULT_OK)
        return result;
    if (order->currency != naive_till_currency(naive, pay->till))
        return naive_refuse(RESULT_CURRENCY_MISMATCH, 0);
    if (!amount_good(pay->cash_minor) || !amount_good(pay->card_minor) || !amount_good(pay->wallet_minor))
        return naive_refuse(RESULT_BAD_AMOUNT, 0);
    if (pay->cash_minor + pay->card_minor + pay->wallet_minor != order->total_minor)
        return naive_refuse(RESULT_AMOUNT_MISMATCH, order->total_minor);
    if (naive_money_of(naive, order->currency) + pay->cash_minor + pay->card_minor > MONEY_MAX ||
        drawer(naive, shift) + pay->cash_minor > MONEY_MAX || !sums_bear(naive, shift, sale_of(pay, shift, now_ms)))
        return naive_refuse(RESULT_AMOUNT_OVERFLOW, 0);
    i64 balance_minor = naive_balance(naive, order->shopper, order->currency);
    if (pay->wallet_minor > balance_minor)
        return naive_refuse(RESULT_INSUFFICIENT_FUNDS, balance_minor);
    if (naive->tenders_count >= naive->limits.tenders)
        return NAIVE_FULL(tenders);
    return naive_ok(0, 0);
}

static struct result till_pay(struct naive *naive, const struct command_till_pay *pay, u32 shift, i64 now_ms)
{
    struct result result = pay_check(naive, pay, shift, now_ms);
    if (result.code != RESULT_OK)
        return result;
    const struct naive_order *order = &naive->orders[pay->order];
    if (pay->wallet_minor > 0) {
        naive_find_wallet(naive, order->shopper, order->currency)->balance_minor += pay->cash_minor + pay->card_minor;
        naive->currencies[order->currency].provider_minor -= pay->cash_minor + pay->card_minor;
    }
    naive_become_paid(naive, pay->order, pay->wallet_minor > 0 ? PAYMENT_WALLET : PAYMENT_PROVIDER, now_ms);
    journal(naive, sale_of(pay, shift, now_ms));
    return naive_ok(pay->order, order->total_minor);
}

/* --- returns and voids ----------------------------------------------------- */

static struct naive_tender refund_of(const struct naive *naive, const struct command_till_return *back, u32 shift,
                                     i64 now_ms)
{
    struct naive_tender tender = {.at_ms = now_ms, .shift = shift, .kind = TENDER_RETURN, .order = back->order};
    tender.minor[back->tender - 1] = -naive_refund(naive, back->order, back->line, back->quantity);
    return tender;
}

/* Whether the order was paid at a till, and how much came by these means then. */
static bool sold_at_till(const struct naive *naive, u32 order, u32 means, i64 *minor)
{
    for (u32 i = 1; i <= naive->tenders_count; i++)
        if (naive->tenders[i].kind == TENDER_SALE && naive->tenders[i].order == order) {
            *minor = naive->tenders[i].minor[means - 1];
            return true;
        }
    *minor = 0;
    return false;
}

bool naive_cash_in_a_drawer(const struct naive *naive, u32 order)
{
    i64 cash_minor;
    sold_at_till(naive, order, TENDER_CASH, &cash_minor);
    return naive->orders[order].payment == PAYMENT_PROVIDER && cash_minor > 0;
}

static struct result provider_tender(const struct naive *naive, u32 order, u32 tender)
{
    i64 cash_minor, card_minor;
    sold_at_till(naive, order, TENDER_CASH, &cash_minor);
    bool at_till = sold_at_till(naive, order, TENDER_CARD, &card_minor);
    if (naive->orders[order].delivery == DELIVERY_EXCHANGE || (cash_minor > 0 && card_minor > 0))
        return tender == TENDER_CASH || tender == TENDER_CARD ? naive_ok(0, 0) : naive_refuse(RESULT_WRONG_TENDER, 0);
    u32 only = at_till && cash_minor > 0 ? TENDER_CASH : TENDER_CARD;
    return tender == only ? naive_ok(0, 0) : naive_refuse(RESULT_WRONG_TENDER, only);
}

static struct result return_tender(const struct naive *naive, const struct command_till_return *back, u32 shift)
{
    const struct naive_order *order = &naive->orders[back->order];
    if (order->currency != naive_till_currency(naive, back->till))
        return naive_refuse(RESULT_CURRENCY_MISMATCH, 0);
    if (order->payment == PAYMENT_WALLET && back->tender != TENDER_WALLET)
        return naive_refuse(RESULT_WRONG_TENDER, TENDER_WALLET);
    if (order->payment == PAYMENT_PROVIDER) {
        struct result result = provider_tender(naive, back->order, back->tender);
        if (result.code != RESULT_OK)
            return result;
    }
    i64 refund_minor = naive_refund(naive, back->order, back->line, back->quantity);
    if (back->tender == TENDER_CASH && refund_minor > drawer(naive, shift))
        return naive_refuse(RESULT_NOT_ENOUGH_CASH, drawer(naive, shift));
    if (!sums_bear(naive, shift, refund_of(naive, back, shift, 0)))
        return naive_refuse(RESULT_AMOUNT_OVERFLOW, 0);
    return naive_ok(0, 0);
}

static struct result till_return(struct naive *naive, const struct command_till_return *back, u32 shift, i64 now_ms)
{
    if (back->order < 1 || back->order > naive->orders_count)
        return naive_refuse(RESULT_UNKNOWN_ORDER, 0);
    if (back->goods != GOODS_RESTOCK && back->goods != GOODS_QUARANTINE)
        return naive_refuse(RESULT_MALFORMED, 0);
    u32 location = till_of(naive, back->till)->location;
    struct result result =
        naive_return_check(naive, back->order, back->line, back->quantity, location, back->goods);
    if (result.code == RESULT_OK)
        result = return_tender(naive, back, shift);
    if (result.code == RESULT_OK)
        result = naive_return_room(naive, back->order, back->line, location, back->goods);
    if (result.code != RESULT_OK)
        return result;
    if (naive->tenders_count >= naive->limits.tenders)
        return NAIVE_FULL(tenders);
    struct naive_tender tender = refund_of(naive, back, shift, now_ms);
    i64 refund_minor = naive_refund(naive, back->order, back->line, back->quantity);
    naive_return(naive, back->order, back->line, back->quantity, location, back->goods);
    journal(naive, tender);
    return naive_ok(back->order, refund_minor);
}

/* The tender by which an order was paid in this shift; 0: none. */
static u32 sale_in(const struct naive *naive, u32 order, u32 shift)
{
    for (u32 i = 1; i <= naive->tenders_count; i++)
        if (naive->tenders[i].kind == TENDER_SALE && naive->tenders[i].order == order &&
            naive->tenders[i].shift == shift)
            return i;
    return 0;
}

static struct naive_tender void_of(const struct naive *naive, u32 order, u32 shift, i64 now_ms)
{
    const struct naive_tender *sale = &naive->tenders[sale_in(naive, order, shift)];
    return (struct naive_tender){.at_ms = now_ms,
                                 .minor = {-sale->minor[CASH], -sale->minor[CARD], -sale->minor[WALLET]},
                                 .shift = shift, .kind = TENDER_VOID, .order = order};
}

static struct result void_check(const struct naive *naive, const struct command_till_void *command, u32 shift)
{
    if (command->order < 1 || command->order > naive->orders_count)
        return naive_refuse(RESULT_UNKNOWN_ORDER, 0);
    const struct naive_order *order = &naive->orders[command->order];
    if (order->state != ORDER_PAID)
        return naive_refuse(RESULT_WRONG_STATE, order->state);
    u32 sale = sale_in(naive, command->order, shift);
    if (sale == 0)
        return naive_refuse(RESULT_OTHER_SHIFT, 0);
    for (u32 l = order->first_line; l < order->first_line + order->line_count; l++) {
        const struct naive_line *line = &naive->lines[l];
        bool left = naive_is_gone(line->state) && order->delivery != DELIVERY_CARRY_OUT;
        if (line->returned > 0 || left)
            return naive_refuse(RESULT_WRONG_STATE, order->state);
    }
    if (naive->tenders[sale].minor[CASH] > drawer(naive, shift))
        return naive_refuse(RESULT_NOT_ENOUGH_CASH, drawer(naive, shift));
    if (!sums_bear(naive, shift, void_of(naive, command->order, shift, 0)))
        return naive_refuse(RESULT_AMOUNT_OVERFLOW, 0);
    if (naive->tenders_count >= naive->limits.tenders)
        return NAIVE_FULL(tenders);
    return naive_ok(0, 0);
}

static struct result till_void(struct naive *naive, const struct command_till_void *command, u32 shift, i64 now_ms)
{
    struct result result = void_check(naive, command, shift);
    if (result.code != RESULT_OK)
        return result;
    const struct naive_order *order = &naive->orders[command->order];
    struct naive_tender tender = void_of(naive, command->order, shift, now_ms);
    naive_let_go(naive, command->order, ORDER_CANCELLED, now_ms);
    if (order->payment == PAYMENT_WALLET) { /* what came in over the counter goes out there */
        naive_find_wallet(naive, order->shopper, order->currency)->balance_minor += tender.minor[CASH] + tender.minor[CARD];
        naive->currencies[order->currency].provider_minor -= tender.minor[CASH] + tender.minor[CARD];
    }
    journal(naive, tender);
    return naive_ok(command->order, order->total_minor);
}

/* --- without a receipt ------------------------------------------------------ */

/* The least that the SKU has ever cost in a currency; 0: it has no price. */
static i64 least_price(const struct naive *naive, u32 sku, u32 currency)
{
    i64 least_minor = 0;
    for (u32 i = 1; i <= naive->prices_count; i++)
        if (naive->prices[i].sku == sku && naive->prices[i].currency == currency)
            least_minor = naive->prices[i].price_minor;
    for (u32 id = 1; id <= naive->deals_count; id++) {
        const struct naive_deal *deal = &naive->deals[id];
        if (deal->sku == sku && NAIVE_PUT(naive, festival_put, FESTIVAL_PUT, deal->festival)->currency == currency &&
            (least_minor == 0 || deal->price_minor < least_minor))
            least_minor = deal->price_minor;
    }
    return least_minor;
}

static struct result take_back_check(const struct naive *naive, const struct command_till_take_back *back, u32 shift,
                                     i64 *amount_minor)
{
    if (!naive_exists(naive, COMMAND_SKU_PUT, back->sku))
        return naive_refuse(RESULT_UNKNOWN_SKU, back->sku);
    if (back->quantity < 1 || back->quantity > LINE_QUANTITY_MAX)
        return naive_refuse(RESULT_BAD_QUANTITY, back->sku);
    if (back->shopper < 1 || back->shopper > naive->shoppers_count)
        return naive_refuse(RESULT_UNKNOWN_SHOPPER, 0);
    if (back->shopper == till_of(naive, back->till)->shopper)
        return naive_refuse(RESULT_MALFORMED, 0);
    u32 currency = naive_till_currency(naive, back->till);
    if (naive->shoppers[back->shopper].currency != currency)
        return naive_refuse(RESULT_CURRENCY_MISMATCH, 0);
    if (back->goods != GOODS_RESTOCK && back->goods != GOODS_QUARANTINE)
        return naive_refuse(RESULT_MALFORMED, 0);
    i64 least_minor = least_price(naive, back->sku, currency);
    if (least_minor == 0)
        return naive_refuse(RESULT_NO_PRICE, back->sku);
    if (!money_times(least_minor, back->quantity, amount_minor) ||
        naive_money_of(naive, currency) + *amount_minor > MONEY_MAX ||
        !sums_bear(naive, shift, (struct naive_tender){.shift = shift, .kind = TENDER_TAKE_BACK,
                                                       .minor = {0, 0, -*amount_minor}}))
        return naive_refuse(RESULT_AMOUNT_OVERFLOW, 0);
    const struct naive_book *book = naive_find_book(naive, back->sku, till_of(naive, back->till)->location);
    if (book != NULL && book->received + back->quantity > UNITS_MAX)
        return naive_refuse(RESULT_BAD_QUANTITY, back->sku);
    if (book == NULL && naive->books_count >= naive->limits.books)
        return NAIVE_FULL(books);
    u32 seller = NAIVE_PUT(naive, sku_put, SKU_PUT, back->sku)->seller;
    if (naive_find_account(naive, seller, currency) == NULL && naive->accounts_count >= naive->limits.accounts)
        return NAIVE_FULL(accounts);
    if (naive->tenders_count >= naive->limits.tenders)
        return NAIVE_FULL(tenders);
    return naive_ok(0, 0);
}

static struct result till_take_back(struct naive *naive, const struct command_till_take_back *back, u32 shift,
                                    i64 now_ms)
{
    i64 amount_minor = 0;
    struct result result = take_back_check(naive, back, shift, &amount_minor);
    if (result.code != RESULT_OK)
        return result;
    u32 currency = naive_till_currency(naive, back->till);
    u32 seller = NAIVE_PUT(naive, sku_put, SKU_PUT, back->sku)->seller;
    struct naive_book *book = naive_make_book(naive, back->sku, till_of(naive, back->till)->location);
    book->received += back->quantity;
    if (back->goods == GOODS_RESTOCK)
        book->available += back->quantity;
    else
        book->quarantine += back->quantity;
    if (naive_find_account(naive, seller, currency) == NULL)
        *NAIVE_ADD(naive, accounts) = (struct naive_account){.seller = seller, .currency = currency};
    naive->skus[back->sku].ordered = true;
    naive_find_account(naive, seller, currency)->balance_minor -= amount_minor;
    naive_find_wallet(naive, back->shopper, currency)->balance_minor += amount_minor;
    journal(naive, (struct naive_tender){.at_ms = now_ms, .minor = {0, 0, -amount_minor}, .shift = shift,
                                         .kind = TENDER_TAKE_BACK, .sku = back->sku, .quantity = back->quantity});
    return naive_ok(back->shopper, amount_minor);
}

/* --- all ------------------------------------------------------------------ */

static u32 till_in(const struct command_header *command)
{
    switch (command->kind) {
    case COMMAND_TILL_OPEN:
        return ((const struct command_till_open *)(const void *)command)->till;
    case COMMAND_TILL_CLOSE:
        return ((const struct command_till_close *)(const void *)command)->till;
    case COMMAND_TILL_CASH:
        return ((const struct command_till_cash *)(const void *)command)->till;
    case COMMAND_TILL_PAY:
        return ((const struct command_till_pay *)(const void *)command)->till;
    case COMMAND_TILL_RETURN:
        return ((const struct command_till_return *)(const void *)command)->till;
    case COMMAND_TILL_VOID:
        return ((const struct command_till_void *)(const void *)command)->till;
    default:
        return ((const struct command_till_take_back *)(const void *)command)->till;
    }
}

struct result naive_till(struct naive *naive, const struct command_header *command, i64 now_ms)
{
    u32 till = till_in(command);
    if (!naive_exists(naive, COMMAND_TILL_PUT, till))
        return naive_refuse(RESULT_UNKNOWN_TILL, 0);
    if (command->kind == COMMAND_TILL_OPEN)
        return till_open(naive, (const void *)command, now_ms);
    u32 shift = naive_shift_of(naive, till);
    if (shift == 0 || naive->shifts[shift].closed)
        return naive_refuse(RESULT_TILL_CLOSED, 0);
    switch (command->kind) {
    case COMMAND_TILL_CLOSE:
        return till_close(naive, (const void *)command, shift, now_ms);
    case COMMAND_TILL_CASH:
        return till_cash(naive, (const void *)command, shift, now_ms);
    case COMMAND_TILL_PAY:
        return till_pay(naive, (const void *)command, shift, now_ms);
    case COMMAND_TILL_RETURN:
        return till_return(naive, (const void *)command, shift, now_ms);
    case COMMAND_TILL_VOID:
        return till_void(naive, (const void *)command, shift, now_ms);
    default:
        return till_take_back(naive, (const void *)command, shift, now_ms);
    }
}
