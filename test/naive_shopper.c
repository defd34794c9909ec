/*
 * The model's deals, shoppers, wallets and budgets: docs/COMMANDS.md, "Festival
 * and deal" and "Shoppers".
 */
#include "test/naive.h"

#include "base/assert.h"
#include "base/money.h"

/* --- deals --------------------------------------------------------------- */

/* 0 means the festival's, as it is when the deal is put. */
static struct result deal_window(const struct naive *naive, const struct command_deal_put *put, struct naive_deal *deal,
                                 i64 now_ms)
{
    const struct command_festival_put *festival = NAIVE_PUT(naive, festival_put, FESTIVAL_PUT, put->festival);
    deal->opens_ms = put->opens_ms == 0 ? festival->opens_ms : put->opens_ms;
    deal->closes_ms = put->closes_ms == 0 ? festival->closes_ms : put->closes_ms;
    if (deal->opens_ms < festival->opens_ms || deal->opens_ms >= deal->closes_ms ||
        deal->closes_ms > festival->closes_ms)
        return naive_refuse(RESULT_BAD_WINDOW, 0);
    for (u32 id = 1; id <= naive->deals_count; id++) {
        const struct naive_deal *other = &naive->deals[id];
        if (id != put->deal && other->festival == put->festival && other->sku == put->sku &&
            other->city == put->city && other->location == put->location &&
            other->opens_ms < deal->closes_ms && deal->opens_ms < other->closes_ms)
            return naive_refuse(RESULT_BAD_WINDOW, 0);
    }
    if (put->deal != 0) {
        const struct naive_deal *was = &naive->deals[put->deal];
        if (was->opens_ms != deal->opens_ms && now_ms >= was->opens_ms)
            return naive_refuse(RESULT_BAD_WINDOW, 0);
    }
    return naive_ok(0, 0);
}

static struct result deal_change(struct naive *naive, const struct command_deal_put *put, struct naive_deal deal)
{
    struct naive_deal *was = &naive->deals[put->deal];
    deal.taken = was->taken;
    if (was->city != deal.city || was->location != deal.location)
        return naive_refuse(RESULT_IN_USE, 0);
    if ((was->cap == 0) != (put->cap == 0))
        return naive_refuse(RESULT_IN_USE, 0);
    if (put->quota != 0 && put->quota < was->taken)
        return naive_refuse(RESULT_QUOTA_BELOW_SOLD, was->taken);
    if (was->price_minor == deal.price_minor && was->opens_ms == deal.opens_ms && was->closes_ms == deal.closes_ms &&
        was->quota == deal.quota && was->cap == deal.cap)
        return (struct result){.code = RESULT_NO_CHANGE, .id = put->deal, .value = was->taken};
    *was = deal;
    return naive_ok(put->deal, deal.taken);
}

struct result naive_deal_put(struct naive *naive, const struct command_deal_put *put, i64 now_ms)
{
    if (put->price_minor < 1 || put->price_minor > MONEY_MAX)
        return naive_refuse(RESULT_BAD_AMOUNT, 0);
    if (put->opens_ms < 0 || put->opens_ms > TIME_MS_MAX || put->closes_ms < 0 || put->closes_ms > TIME_MS_MAX)
        return naive_refuse(RESULT_MALFORMED, 0);
    if (put->quota > UNITS_MAX || put->cap > UNITS_MAX)
        return naive_refuse(RESULT_BAD_QUANTITY, 0);
    if (!naive_exists(naive, COMMAND_FESTIVAL_PUT, put->festival))
        return naive_refuse(RESULT_UNKNOWN_FESTIVAL, 0);
    if (!naive_exists(naive, COMMAND_SKU_PUT, put->sku))
        return naive_refuse(RESULT_UNKNOWN_SKU, put->sku);
    if (put->city != 0 && !naive_exists(naive, COMMAND_CITY_PUT, put->city))
        return naive_refuse(RESULT_UNKNOWN_CITY, 0);
    if (put->location != 0 && !naive_exists(naive, COMMAND_LOCATION_PUT, put->location))
        return naive_refuse(RESULT_UNKNOWN_LOCATION, 0);
    if (put->city != 0 && put->location != 0)
        return naive_refuse(RESULT_MALFORMED, 0);
    if (put->deal > naive->deals_count)
        return naive_refuse(RESULT_UNKNOWN_DEAL, 0);
    if (put->deal != 0 &&
        (naive->deals[put->deal].festival != put->festival || naive->deals[put->deal].sku != put->sku))
        return naive_refuse(RESULT_UNKNOWN_DEAL, 0);

    struct naive_deal deal = {.festival = put->festival, .sku = put->sku, .price_minor = put->price_minor,
                              .quota = put->quota, .cap = put->cap, .city = put->city, .location = put->location};
    struct result result = deal_window(naive, put, &deal, now_ms);
    if (result.code != RESULT_OK)
        return result;
    if (put->deal != 0)
        return deal_change(naive, put, deal);
    u32 of_this_sku = 0;
    for (u32 id = 1; id <= naive->deals_count; id++)
        if (naive->deals[id].sku == put->sku)
            of_this_sku++;
    if (of_this_sku >= DEALS_PER_SKU_MAX || naive->deals_count >= naive->limits.deals)
        return NAIVE_FULL(deals);
    *NAIVE_ADD(naive, deals) = deal;
    return naive_ok(naive->deals_count, 0);
}

/* --- shoppers and wallets ------------------------------------------------ */

static bool shopper_exists(const struct naive *naive, u32 shopper)
{
    return shopper >= 1 && shopper <= naive->shoppers_count;
}

static struct result shopper_join(struct naive *naive, const struct command_shopper_join *join)
{
    if (join->city != 0 && !naive_exists(naive, COMMAND_CITY_PUT, join->city))
        return naive_refuse(RESULT_UNKNOWN_CITY, 0);
    if (!naive_exists(naive, COMMAND_CURRENCY_PUT, join->currency))
        return naive_refuse(RESULT_UNKNOWN_CURRENCY, 0);
    if (join->person != 0 && !shopper_exists(naive, join->person))
        return naive_refuse(RESULT_UNKNOWN_SHOPPER, 0);
    if (naive->shoppers_count >= naive->limits.shoppers)
        return NAIVE_FULL(shoppers);
    struct naive_shopper *shopper = NAIVE_ADD(naive, shoppers);
    u32 id = naive->shoppers_count;
    shopper->person = join->person == 0 ? id : naive->shoppers[join->person].person;
    shopper->city = join->city;
    shopper->currency = join->currency;
    struct naive_wallet *wallet = NAIVE_ADD(naive, wallets);
    wallet->shopper = id;
    wallet->currency = join->currency;
    return naive_ok(id, 0);
}

struct naive_wallet *naive_find_wallet(const struct naive *naive, u32 shopper, u32 currency)
{
    for (u32 id = 1; id <= naive->wallets_count; id++)
        if (naive->wallets[id].shopper == shopper && naive->wallets[id].currency == currency)
            return &naive->wallets[id];
    return NULL;
}

i64 naive_balance(const struct naive *naive, u32 shopper, u32 currency)
{
    const struct naive_wallet *wallet = naive_find_wallet(naive, shopper, currency);
    return wallet == NULL ? 0 : wallet->balance_minor;
}

/* Every shopper's first wallet comes with the shopper; the limit is about further ones. */
static bool wallet_room(const struct naive *naive, u32 shopper, u32 currency)
{
    if (naive_find_wallet(naive, shopper, currency) != NULL)
        return true;
    u32 own = 0;
    for (u32 id = 1; id <= naive->wallets_count; id++)
        if (naive->wallets[id].shopper == shopper)
            own++;
    return own < WALLETS_PER_SHOPPER_MAX && naive->wallets_count - naive->shoppers_count < naive->limits.wallets;
}

static struct naive_wallet *make_wallet(struct naive *naive, u32 shopper, u32 currency)
{
    struct naive_wallet *wallet = naive_find_wallet(naive, shopper, currency);
    if (wallet == NULL) {
        wallet = NAIVE_ADD(naive, wallets);
        wallet->shopper = shopper;
        wallet->currency = currency;
    }
    return wallet;
}

static struct result wallet_top_up(struct naive *naive, const struct command_wallet_top_up *top_up)
{
    if (!shopper_exists(naive, top_up->shopper))
        return naive_refuse(RESULT_UNKNOWN_SHOPPER, 0);
    if (!naive_exists(naive, COMMAND_CURRENCY_PUT, top_up->currency))
        return naive_refuse(RESULT_UNKNOWN_CURRENCY, 0);
    if (top_up->amount_minor < 1 || top_up->amount_minor > MONEY_MAX)
        return naive_refuse(RESULT_BAD_AMOUNT, 0);
    if (naive_balance(naive, top_up->shopper, top_up->currency) + top_up->amount_minor > MONEY_MAX ||
        naive_money_of(naive, top_up->currency) + top_up->amount_minor > MONEY_MAX)
        return naive_refuse(RESULT_BAD_AMOUNT, 0);
    if (!wallet_room(naive, top_up->shopper, top_up->currency))
        return NAIVE_FULL(wallets);
    struct naive_wallet *wallet = make_wallet(naive, top_up->shopper, top_up->currency);
    wallet->balance_minor += top_up->amount_minor;
    naive->currencies[top_up->currency].provider_minor -= top_up->amount_minor;
    return naive_ok(top_up->shopper, wallet->balance_minor);
}

static struct result wallet_transfer(struct naive *naive, const struct command_wallet_transfer *transfer)
{
    if (!shopper_exists(naive, transfer->from) || !shopper_exists(naive, transfer->to))
        return naive_refuse(RESULT_UNKNOWN_SHOPPER, 0);
    if (transfer->from == transfer->to)
        return naive_refuse(RESULT_SAME_PLACE, 0);
    if (!naive_exists(naive, COMMAND_CURRENCY_PUT, transfer->currency))
        return naive_refuse(RESULT_UNKNOWN_CURRENCY, 0);
    if (transfer->amount_minor < 1 || transfer->amount_minor > MONEY_MAX)
        return naive_refuse(RESULT_BAD_AMOUNT, 0);
    i64 balance = naive_balance(naive, transfer->from, transfer->currency);
    if (transfer->amount_minor > balance)
        return naive_refuse(RESULT_INSUFFICIENT_FUNDS, balance);
    if (naive_balance(naive, transfer->to, transfer->currency) + transfer->amount_minor > MONEY_MAX)
        return naive_refuse(RESULT_BAD_AMOUNT, 0);
    if (!wallet_room(naive, transfer->to, transfer->currency))
        return NAIVE_FULL(wallets);
    make_wallet(naive, transfer->to, transfer->currency)->balance_minor += transfer->amount_minor;
    struct naive_wallet *giver = naive_find_wallet(naive, transfer->from, transfer->currency);
    giver->balance_minor -= transfer->amount_minor;
    return naive_ok(transfer->from, giver->balance_minor);
}

/* --- budgets ------------------------------------------------------------- */

i64 naive_day(const struct naive *naive, u32 festival, i64 placed_ms)
{
    const i64 day_ms = 24 * 3600 * 1000;
    i64 offset_minutes = festival == 0 ? 0 : NAIVE_PUT(naive, festival_put, FESTIVAL_PUT, festival)->utc_offset_minutes;
    i64 local_ms = placed_ms + offset_minutes * 60 * 1000;
    return local_ms >= 0 ? local_ms / day_ms : -((-local_ms + day_ms - 1) / day_ms);
}

bool naive_budget_lives(const struct naive_budget *budget, i64 now_ms, i64 *limit_minor)
{
    bool raised = budget->next_from_ms > 0 && now_ms >= budget->next_from_ms;
    *limit_minor = raised ? budget->next_limit_minor : budget->limit_minor;
    return *limit_minor != -1;
}

static struct result budget_new(struct naive *naive, const struct command_budget_set *set, i64 now_ms)
{
    if (set->limit_minor == -1)
        return (struct result){.code = RESULT_NO_CHANGE, .id = set->shopper};
    struct naive_budget *row = NULL;
    u32 living = 0;
    for (u32 id = 1; id <= naive->budgets_count; id++) {
        i64 limit_minor;
        if (naive->budgets[id].shopper != set->shopper)
            continue;
        if (naive_budget_lives(&naive->budgets[id], now_ms, &limit_minor))
            living++;
        else if (row == NULL)
            row = &naive->budgets[id]; /* given up: free for the shopper's next one */
    }
    if (living >= BUDGETS_PER_SHOPPER_MAX || (row == NULL && naive->budgets_count >= naive->limits.budgets))
        return NAIVE_FULL(budgets);
    if (row == NULL)
        row = NAIVE_ADD(naive, budgets);
    *row = (struct naive_budget){
        .shopper = set->shopper, .scope = set->scope, .subject = set->subject, .limit_minor = set->limit_minor,
        .first_order = naive->orders_count + 1,
    };
    return naive_ok(set->shopper, now_ms);
}

static struct result budget_change(struct naive_budget *budget, const struct command_budget_set *set, i64 now_ms)
{
    i64 limit_minor;
    bool lives = naive_budget_lives(budget, now_ms, &limit_minor);
    ASSERT(lives);
    bool waits = budget->next_from_ms > now_ms;
    if (set->limit_minor == limit_minor && !waits)
        return (struct result){.code = RESULT_NO_CHANGE, .id = set->shopper};
    budget->limit_minor = limit_minor;
    budget->next_from_ms = 0;
    budget->next_limit_minor = 0;
    if (set->limit_minor != -1 && set->limit_minor <= limit_minor) {
        budget->limit_minor = set->limit_minor;
        return naive_ok(set->shopper, now_ms);
    }
    budget->next_limit_minor = set->limit_minor;
    budget->next_from_ms = now_ms + BUDGET_RAISE_WAIT_MS;
    return naive_ok(set->shopper, budget->next_from_ms);
}

static struct result budget_set(struct naive *naive, const struct command_budget_set *set, i64 now_ms)
{
    if (!shopper_exists(naive, set->shopper))
        return naive_refuse(RESULT_UNKNOWN_SHOPPER, 0);
    if (set->scope < 1 || set->scope > 3 || (set->scope == BUDGET_DAY && set->subject != 0))
        return naive_refuse(RESULT_MALFORMED, 0);
    if (set->scope == BUDGET_FESTIVAL && !naive_exists(naive, COMMAND_FESTIVAL_PUT, set->subject))
        return naive_refuse(RESULT_UNKNOWN_FESTIVAL, 0);
    if (set->scope == BUDGET_DEPARTMENT && !naive_exists(naive, COMMAND_DEPARTMENT_PUT, set->subject))
        return naive_refuse(RESULT_UNKNOWN_DEPARTMENT, 0);
    if (set->limit_minor < -1 || set->limit_minor > MONEY_MAX)
        return naive_refuse(RESULT_BAD_AMOUNT, 0);
    for (u32 id = 1; id <= naive->budgets_count; id++) {
        struct naive_budget *budget = &naive->budgets[id];
        i64 limit_minor;
        if (budget->shopper == set->shopper && budget->scope == set->scope && budget->subject == set->subject &&
            naive_budget_lives(budget, now_ms, &limit_minor))
            return budget_change(budget, set, now_ms);
    }
    return budget_new(naive, set, now_ms);
}

struct result naive_shopper(struct naive *naive, const struct command_header *command, i64 now_ms)
{
    switch (command->kind) {
    case COMMAND_SHOPPER_JOIN:
        return shopper_join(naive, (const void *)command);
    case COMMAND_WALLET_TOP_UP:
        return wallet_top_up(naive, (const void *)command);
    case COMMAND_WALLET_TRANSFER:
        return wallet_transfer(naive, (const void *)command);
    default:
        return budget_set(naive, (const void *)command, now_ms);
    }
}
