/*
 * Shoppers and what their wallets hold.
 */
#include "core/internal.h"

struct result apply_shopper_join(struct engine *engine, const struct command_shopper_join *command)
{
    if (command->city != 0 && !exists(engine, LIMIT_cities, command->city))
        return refuse(RESULT_UNKNOWN_CITY, 0);
    if (!exists(engine, LIMIT_currencies, command->currency))
        return refuse(RESULT_UNKNOWN_CURRENCY, 0);
    if (command->person != 0 && !exists(engine, LIMIT_shoppers, command->person))
        return refuse(RESULT_UNKNOWN_SHOPPER, 0);
    if (room(engine, LIMIT_shoppers) == 0)
        return pool_full(LIMIT_shoppers);

    u32 id = new_row(engine, LIMIT_shoppers);
    engine->shoppers[id] = (struct shopper){
        .person = command->person == 0 ? id : engine->shoppers[command->person].person,
        .currency = (u16)command->currency,
        .city = (u16)command->city,
    };
    return accept(id, 0);
}

/* Wallets of a shopper, the first one included. */
static u32 wallet_count(const struct engine *engine, u32 shopper)
{
    u32 count = 1;
    for (u32 id = engine->shoppers[shopper].first_wallet; id != 0; id = engine->wallets[id].next)
        count++;
    return count;
}

static bool wallet_fits(const struct engine *engine, u32 shopper)
{
    return wallet_count(engine, shopper) < WALLETS_PER_SHOPPER_MAX && room(engine, LIMIT_wallets) > 0;
}

static i64 *wallet_make(struct engine *engine, u32 shopper, u32 currency)
{
    u32 id = new_row(engine, LIMIT_wallets);
    engine->wallets[id] = (struct wallet){.currency = currency, .next = engine->shoppers[shopper].first_wallet};
    engine->shoppers[shopper].first_wallet = id;
    return &engine->wallets[id].balance_minor;
}

static bool amount_good(i64 amount_minor)
{
    return amount_minor >= 1 && amount_minor <= MONEY_MAX;
}

struct result apply_wallet_top_up(struct engine *engine, const struct command_wallet_top_up *command)
{
    if (!exists(engine, LIMIT_shoppers, command->shopper))
        return refuse(RESULT_UNKNOWN_SHOPPER, 0);
    if (!exists(engine, LIMIT_currencies, command->currency))
        return refuse(RESULT_UNKNOWN_CURRENCY, 0);
    i64 *wallet = wallet_balance(engine, command->shopper, command->currency);
    i64 *provider = &engine->currencies[command->currency].provider_minor;
    if (!amount_good(command->amount_minor) || command->amount_minor > money_room(engine, command->currency) ||
        (wallet != NULL && command->amount_minor > MONEY_MAX - *wallet))
        return refuse(RESULT_BAD_AMOUNT, 0);
    if (wallet == NULL && !wallet_fits(engine, command->shopper))
        return pool_full(LIMIT_wallets);

    if (wallet == NULL)
        wallet = wallet_make(engine, command->shopper, command->currency);
    ledger_move(provider, wallet, command->amount_minor);
    return accept(command->shopper, *wallet);
}

struct result apply_wallet_transfer(struct engine *engine, const struct command_wallet_transfer *command)
{
    if (!exists(engine, LIMIT_shoppers, command->from) || !exists(engine, LIMIT_shoppers, command->to))
        return refuse(RESULT_UNKNOWN_SHOPPER, 0);
    if (command->from == command->to)
        return refuse(RESULT_SAME_PLACE, 0);
    if (!exists(engine, LIMIT_currencies, command->currency))
        return refuse(RESULT_UNKNOWN_CURRENCY, 0);
    if (!amount_good(command->amount_minor))
        return refuse(RESULT_BAD_AMOUNT, 0);
    i64 *from = wallet_balance(engine, command->from, command->currency);
    i64 *to = wallet_balance(engine, command->to, command->currency);
    if (from == NULL || command->amount_minor > *from)
        return refuse(RESULT_INSUFFICIENT_FUNDS, from == NULL ? 0 : *from);
    if (to != NULL && command->amount_minor > MONEY_MAX - *to)
        return refuse(RESULT_BAD_AMOUNT, 0);
    if (to == NULL && !wallet_fits(engine, command->to))
        return pool_full(LIMIT_wallets);

    if (to == NULL)
        to = wallet_make(engine, command->to, command->currency);
    ledger_move(from, to, command->amount_minor);
    ASSERT(*from >= 0);
    return accept(command->from, *from);
}
