/*
 * The ledger: double entry per currency. Accounts are the payment provider's
 * (one per currency, negative by what came in from outside), the shoppers'
 * wallets and the sellers'. Money only ever moves from one account to another,
 * so the accounts of a currency sum to zero after every command.
 */
#include "core/internal.h"

i64 *wallet_balance(const struct engine *engine, u32 shopper, u32 currency)
{
    struct shopper *row = &engine->shoppers[shopper];
    if (row->currency == currency)
        return &row->balance_minor;
    for (u32 id = row->first_wallet; id != 0; id = engine->wallets[id].next)
        if (engine->wallets[id].currency == currency)
            return &engine->wallets[id].balance_minor;
    return NULL;
}

void account_make(struct engine *engine, u32 seller, u32 currency)
{
    ASSERT(account_find(engine, seller, currency) == 0);
    u32 id = new_row(engine, LIMIT_accounts);
    engine->accounts[id] =
        (struct account){.seller = seller, .currency = currency, .next = engine->sellers[seller].account};
    engine->sellers[seller].account = id;
}

void ledger_move(i64 *from, i64 *to, i64 amount_minor)
{
    ASSERT(amount_minor >= 0 && amount_minor <= MONEY_MAX);
    ASSERT(from != to);
    *from -= amount_minor;
    *to += amount_minor;
    ASSERT(*from >= -MONEY_MAX && *to <= MONEY_MAX);
}

/* The account an order is paid from and refunded to. */
static i64 *payer(struct engine *engine, const struct order *order)
{
    if (order->payment == PAYMENT_PROVIDER)
        return &engine->currencies[order->currency].provider_minor;
    ASSERT(order->payment == PAYMENT_WALLET);
    return wallet_balance(engine, order->shopper, order->currency);
}

static i64 *seller_of(struct engine *engine, const struct order *order, const struct line *line)
{
    u32 seller = engine->skus[engine->books[line->book].sku].seller;
    u32 account = account_find(engine, seller, order->currency);
    ASSERT(account != 0);
    return &engine->accounts[account].balance_minor;
}

void order_collect(struct engine *engine, const struct order *order)
{
    i64 *from = payer(engine, order);
    i64 collected = 0;
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = &engine->lines[order->first_line + i];
        ledger_move(from, seller_of(engine, order, line), line_paid(line));
        collected += line_paid(line);
    }
    ASSERT(collected == order->total_minor);
    ASSERT(order->payment == PAYMENT_PROVIDER || *from >= 0);
}

void order_refund(struct engine *engine, struct order *order, const struct line *line, i64 amount_minor)
{
    ledger_move(seller_of(engine, order, line), payer(engine, order), amount_minor);
    order->refunded_minor += amount_minor;
    ASSERT(order->refunded_minor <= order->total_minor);
}
