/*
 * Engine against model, fact by fact. Reads the engine through engine.h only,
 * and stops at the first difference, which it names.
 */
#include "test/naive_compare.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void naive_same(struct comparing *c, i64 engine, i64 model, const char *format, ...)
{
    if (engine == model || c->difference[0] != '\0')
        return;
    char what[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(c->difference, NAIVE_DIFFERENCE_MAX, "%s: engine %lld, model %lld", what, (long long)engine,
             (long long)model);
}

/* --- catalogue ----------------------------------------------------------- */

static u32 text_row(const struct engine *engine, u16 kind, u32 id)
{
    switch (kind) {
    case COMMAND_CURRENCY_PUT:
        return engine_currency(engine, id)->text;
    case COMMAND_COUNTRY_PUT:
        return engine_country(engine, id)->text;
    case COMMAND_DEPARTMENT_PUT:
        return engine_department(engine, id)->text;
    case COMMAND_CITY_PUT:
        return engine_city(engine, id)->text;
    case COMMAND_LOCATION_PUT:
        return engine_location(engine, id)->text;
    case COMMAND_BRAND_PUT:
        return engine_brand(engine, id)->text;
    case COMMAND_SELLER_PUT:
        return engine_seller(engine, id)->text;
    case COMMAND_SKU_PUT:
        return engine_sku(engine, id)->text;
    case COMMAND_TILL_PUT:
        return engine_till(engine, id)->text;
    default:
        return engine_festival(engine, id)->text;
    }
}

static u32 engine_count(const struct engine *engine, u16 kind)
{
    switch (kind) {
    case COMMAND_CURRENCY_PUT:
        return engine_currency_count(engine);
    case COMMAND_COUNTRY_PUT:
        return engine_country_count(engine);
    case COMMAND_DEPARTMENT_PUT:
        return engine_department_count(engine);
    case COMMAND_CITY_PUT:
        return engine_city_count(engine);
    case COMMAND_LOCATION_PUT:
        return engine_location_count(engine);
    case COMMAND_BRAND_PUT:
        return engine_brand_count(engine);
    case COMMAND_SELLER_PUT:
        return engine_seller_count(engine);
    case COMMAND_SKU_PUT:
        return engine_sku_count(engine);
    case COMMAND_TILL_PUT:
        return engine_till_count(engine);
    default:
        return engine_festival_count(engine);
    }
}

static void compare_texts(struct comparing *c, u16 kind)
{
    const struct command_info *info = command_info(kind);
    naive_same(c, engine_count(c->engine, kind), c->naive->put_count[kind], "number of %s", info->word);
    for (u32 id = 1; id <= c->naive->put_count[kind] && c->difference[0] == '\0'; id++) {
        const struct command_header *put = c->naive->puts[kind][id];
        naive_same(c, engine_find(c->engine, kind, command_text(put, 0)), id, "code of %s %u", info->word, id);
        for (unsigned t = 0; t < info->text_count; t++) {
            struct slice text = engine_text(c->engine, text_row(c->engine, kind, id), t);
            naive_same(c, slice_equal(text, command_text(put, t)), 1, "%s of %s %u the same", info->texts[t], info->word, id);
        }
    }
}

static void compare_skus(struct comparing *c)
{
    for (u32 id = 1; id <= c->naive->put_count[COMMAND_SKU_PUT]; id++) {
        const struct command_sku_put *put = NAIVE_PUT(c->naive, sku_put, SKU_PUT, id);
        const struct sku *sku = engine_sku(c->engine, id);
        naive_same(c, (i64)sku->gtin, (i64)put->gtin, "sku %u gtin", id);
        naive_same(c, sku->department, put->department, "sku %u department", id);
        naive_same(c, sku->brand, put->brand, "sku %u brand", id);
        naive_same(c, sku->seller, put->seller, "sku %u seller", id);
        naive_same(c, sku->tax_class, put->tax_class, "sku %u tax_class", id);
        naive_same(c, sku->for_sale, put->for_sale, "sku %u for_sale", id);
        naive_same(c, sku->ordered, c->naive->skus[id].ordered, "sku %u ordered", id);
        u32 origin = put->brand == 0 ? 0 : NAIVE_PUT(c->naive, brand_put, BRAND_PUT, put->brand)->country;
        naive_same(c, sku->origin, origin, "sku %u origin", id);
        if (put->gtin != 0)
            naive_same(c, engine_sku_by_gtin(c->engine, put->gtin), id, "sku %u by gtin", id);
    }
    for (u32 i = 1; i <= c->naive->prices_count; i++) {
        const struct naive_price *price = &c->naive->prices[i];
        const struct sku *sku = engine_sku(c->engine, price->sku);
        i64 found = sku->currency == price->currency ? sku->price_minor : 0;
        for (u32 p = sku->first_price; p != 0; p = engine_price(c->engine, p)->next)
            if (engine_price(c->engine, p)->currency == price->currency)
                found = engine_price(c->engine, p)->price_minor;
        naive_same(c, found, price->price_minor, "price of sku %u in currency %u", price->sku, price->currency);
    }
}

/* --- money --------------------------------------------------------------- */

static void compare_money(struct comparing *c)
{
    for (u32 id = 1; id <= c->naive->currencies_count; id++) {
        naive_same(c, engine_currency(c->engine, id)->digits, NAIVE_PUT(c->naive, currency_put, CURRENCY_PUT, id)->digits,
             "currency %u digits", id);
        naive_same(c, engine_currency(c->engine, id)->provider_minor, c->naive->currencies[id].provider_minor,
             "currency %u provider", id);
        i64 sum = engine_currency(c->engine, id)->provider_minor;
        for (u32 i = 1; i <= c->naive->wallets_count; i++)
            sum += c->naive->wallets[i].currency == id ? c->naive->wallets[i].balance_minor : 0;
        for (u32 i = 1; i <= c->naive->accounts_count; i++)
            sum += c->naive->accounts[i].currency == id ? c->naive->accounts[i].balance_minor : 0;
        naive_same(c, sum, 0, "ledger sum of currency %u", id);
    }
    naive_same(c, engine_wallet_count(c->engine), (i64)c->naive->wallets_count - c->naive->shoppers_count,
         "number of further wallets");
    for (u32 i = 1; i <= c->naive->wallets_count; i++) {
        const struct naive_wallet *wallet = &c->naive->wallets[i];
        naive_same(c, engine_balance(c->engine, wallet->shopper, wallet->currency), wallet->balance_minor,
             "wallet of shopper %u in currency %u", wallet->shopper, wallet->currency);
    }
    naive_same(c, engine_account_count(c->engine), c->naive->accounts_count, "number of accounts");
    for (u32 i = 1; i <= c->naive->accounts_count; i++) {
        const struct naive_account *account = &c->naive->accounts[i];
        i64 found = INT64_MIN;
        for (u32 a = engine_seller(c->engine, account->seller)->account; a != 0;
             a = engine_account(c->engine, a)->next)
            if (engine_account(c->engine, a)->currency == account->currency)
                found = engine_account(c->engine, a)->balance_minor;
        naive_same(c, found, account->balance_minor, "seller %u in currency %u", account->seller, account->currency);
    }
}

/* --- shoppers ------------------------------------------------------------ */

/* The engine's row of the model's budget, NULL when it has none that lives. */
static const struct budget *find_budget(const struct comparing *c, const struct naive_budget *model, i64 *limit_minor)
{
    i64 now_ms = engine_now(c->engine);
    const struct shopper *shopper = engine_shopper(c->engine, model->shopper);
    for (u32 b = shopper->first_budget; b != 0; b = engine_budget(c->engine, b)->next) {
        const struct budget *budget = engine_budget(c->engine, b);
        bool raised = budget->next_from_ms > 0 && now_ms >= budget->next_from_ms;
        *limit_minor = raised ? budget->next_limit_minor : budget->limit_minor;
        if (budget->scope == model->scope && budget->subject == model->subject && *limit_minor != -1)
            return budget;
    }
    return NULL;
}

static void compare_budgets(struct comparing *c)
{
    for (u32 i = 1; i <= c->naive->budgets_count && c->difference[0] == '\0'; i++) {
        const struct naive_budget *model = &c->naive->budgets[i];
        i64 model_limit_minor;
        i64 limit_minor;
        bool lives = naive_budget_lives(model, c->naive->now_ms, &model_limit_minor);
        const struct budget *budget = find_budget(c, model, &limit_minor);
        if (!lives && budget == NULL)
            continue;
        if (!lives && budget != NULL) {
            bool again = false; /* given up here, but set once more in another row */
            for (u32 j = 1; j <= c->naive->budgets_count; j++) {
                const struct naive_budget *other = &c->naive->budgets[j];
                again |= other->shopper == model->shopper && other->scope == model->scope &&
                         other->subject == model->subject &&
                         naive_budget_lives(other, c->naive->now_ms, &limit_minor);
            }
            naive_same(c, again, true, "budget %u given up", i);
            continue;
        }
        naive_same(c, budget != NULL, lives, "budget %u of shopper %u, scope %u, subject %u: is there", i, model->shopper,
             model->scope, model->subject);
        if (budget == NULL)
            continue;
        bool waits = model->next_from_ms > c->naive->now_ms;
        bool engine_waits = budget->next_from_ms > engine_now(c->engine);
        naive_same(c, limit_minor, model_limit_minor, "budget %u of shopper %u limit", i, model->shopper);
        naive_same(c, engine_waits ? budget->next_from_ms : 0, waits ? model->next_from_ms : 0, "budget %u next_from", i);
        naive_same(c, engine_waits ? budget->next_limit_minor : 0, waits ? model->next_limit_minor : 0, "budget %u next_limit",
             i);
        naive_same(c, budget->spent_minor, model->spent_minor, "budget %u of shopper %u, scope %u, subject %u spent", i,
             model->shopper, model->scope, model->subject);
        naive_same(c, budget->first_order, model->first_order, "budget %u first order", i);
        if (model->spent_minor != 0 && model->scope != BUDGET_FESTIVAL)
            naive_same(c, budget->day, model->day, "budget %u day", i);
    }
}

static void compare_shoppers(struct comparing *c)
{
    naive_same(c, engine_shopper_count(c->engine), c->naive->shoppers_count, "number of shoppers");
    u32 *orders = calloc(c->naive->shoppers_count + 1, sizeof *orders);
    u32 *last = calloc(c->naive->shoppers_count + 1, sizeof *last);
    ASSERT(orders != NULL && last != NULL);
    for (u32 o = 1; o <= c->naive->orders_count; o++) {
        orders[c->naive->orders[o].shopper]++;
        last[c->naive->orders[o].shopper] = o;
    }
    for (u32 id = 1; id <= c->naive->shoppers_count && c->difference[0] == '\0'; id++) {
        const struct naive_shopper *model = &c->naive->shoppers[id];
        const struct shopper *shopper = engine_shopper(c->engine, id);
        naive_same(c, shopper->person, model->person, "shopper %u person", id);
        naive_same(c, shopper->city, model->city, "shopper %u city", id);
        naive_same(c, shopper->currency, model->currency, "shopper %u currency", id);
        naive_same(c, shopper->orders, orders[id], "shopper %u orders", id);
        naive_same(c, shopper->last_order, last[id], "shopper %u last order", id);
    }
    free(orders);
    free(last);
}

/* --- festivals ----------------------------------------------------------- */

static void compare_seconds(struct comparing *c, u32 festival, bool every_second)
{
    const struct festival *row = engine_festival(c->engine, festival);
    const struct second *seconds = engine_seconds(c->engine, festival);
    u64 known = 0;
    u64 peak = 0;
    u64 peak_second = 0;
    for (u32 i = 1; i <= c->naive->seconds_count; i++) {
        const struct naive_second *model = &c->naive->seconds[i];
        if (model->festival != festival)
            continue;
        if (model->second >= row->second_count) {
            naive_same(c, (i64)row->second_count, (i64)model->second + 1, "festival %u seconds at least", festival);
            return;
        }
        const struct second *second = &seconds[model->second];
        naive_same(c, second->orders, model->orders, "festival %u second %u orders", festival, (u32)model->second);
        naive_same(c, second->orders_paid, model->orders_paid, "festival %u second %u orders_paid", festival,
             (u32)model->second);
        naive_same(c, second->paid_minor, model->paid_minor, "festival %u second %u paid", festival, (u32)model->second);
        known++;
        if (model->orders > peak) {
            peak = model->orders;
            peak_second = model->second;
        }
    }
    naive_same(c, (i64)row->peak_orders, (i64)peak, "festival %u peak orders", festival);
    naive_same(c, (i64)row->peak_second, (i64)peak_second, "festival %u peak second", festival);
    u64 used = 0;
    for (u64 s = 0; every_second && s < row->second_count; s++)
        if (seconds[s].orders != 0 || seconds[s].orders_paid != 0 || seconds[s].paid_minor != 0)
            used++;
    if (every_second)
        naive_same(c, (i64)used, (i64)known, "festival %u seconds in which something happened", festival);
}

static void compare_cells(struct comparing *c, u32 festival)
{
    i64 model_sum = 0;
    i64 sum = 0;
    for (u32 i = 1; i <= c->naive->cells_count; i++) {
        const struct naive_cell *model = &c->naive->cells[i];
        if (model->festival != festival)
            continue;
        const struct cell *cell = engine_cell(c->engine, festival, model->group, model->id);
        naive_same(c, cell != NULL ? cell->paid_minor : -1, model->paid_minor, "festival %u cell %u %u paid", festival,
             model->group, model->id);
        naive_same(c, cell != NULL ? (i64)cell->units : -1, (i64)model->units, "festival %u cell %u %u units", festival,
             model->group, model->id);
        model_sum += model->group == CELL_CITY ? model->paid_minor : 0;
    }
    for (u32 city = 1; city <= engine_city_count(c->engine); city++) {
        const struct cell *cell = engine_cell(c->engine, festival, CELL_CITY, city);
        sum += cell != NULL ? cell->paid_minor : 0;
    }
    naive_same(c, sum, model_sum, "festival %u sum of cities", festival);
    naive_same(c, model_sum, c->naive->festivals[festival].paid_minor, "festival %u cities against total", festival);
}

static void compare_festivals(struct comparing *c, bool every_second)
{
    for (u32 id = 1; id <= c->naive->festivals_count && c->difference[0] == '\0'; id++) {
        const struct command_festival_put *put = NAIVE_PUT(c->naive, festival_put, FESTIVAL_PUT, id);
        const struct naive_festival *model = &c->naive->festivals[id];
        const struct festival *festival = engine_festival(c->engine, id);
        naive_same(c, festival->opens_ms, put->opens_ms, "festival %u opens", id);
        naive_same(c, festival->closes_ms, put->closes_ms, "festival %u closes", id);
        naive_same(c, festival->usd_rate_e6, put->usd_rate_e6, "festival %u rate", id);
        naive_same(c, festival->currency, put->currency, "festival %u currency", id);
        naive_same(c, festival->utc_offset_minutes, put->utc_offset_minutes, "festival %u offset", id);
        naive_same(c, festival->hold_ms, put->hold_ms, "festival %u hold_ms", id);
        naive_same(c, (i64)festival->second_count, (model->first_window_ms + 999) / 1000 + 24 * 3600, "festival %u seconds",
             id);
        naive_same(c, festival->paid_minor, model->paid_minor, "festival %u paid", id);
        naive_same(c, festival->held_minor, model->held_minor, "festival %u held", id);
        naive_same(c, festival->refunded_minor, model->refunded_minor, "festival %u refunded", id);
        naive_same(c, (i64)festival->orders, (i64)model->orders, "festival %u orders", id);
        naive_same(c, (i64)festival->orders_paid, (i64)model->orders_paid, "festival %u orders paid", id);
        naive_same(c, (i64)festival->units_paid, (i64)model->units_paid, "festival %u units paid", id);
        naive_same(c, festival->milestone_count, model->milestone_count, "festival %u milestones", id);
        for (u32 m = 0; m < MILESTONES_MAX; m++)
            naive_same(c, festival->milestone_ms[m], model->milestone_ms[m], "festival %u milestone %u", id, m);
        compare_seconds(c, id, every_second);
        compare_cells(c, id);
    }
}

/* --- orders -------------------------------------------------------------- */

static void compare_lines(struct comparing *c, u32 id)
{
    const struct naive_order *order = &c->naive->orders[id];
    u32 first = engine_order(c->engine, id)->first_line;
    for (u32 i = 0; i < order->line_count && c->difference[0] == '\0'; i++) {
        const struct naive_line *model = &c->naive->lines[order->first_line + i];
        const struct line *line = engine_line(c->engine, first + i);
        const struct book *book = engine_book(c->engine, line->book);
        naive_same(c, book->sku, model->sku, "order %u line %u sku", id, i + 1);
        naive_same(c, book->location, model->location, "order %u line %u location", id, i + 1);
        naive_same(c, line->unit_price_minor, model->price_minor, "order %u line %u price", id, i + 1);
        naive_same(c, line->discount_minor, model->discount_minor, "order %u line %u discount", id, i + 1);
        naive_same(c, line->deal, model->deal, "order %u line %u deal", id, i + 1);
        naive_same(c, line->quantity, model->quantity, "order %u line %u quantity", id, i + 1);
        naive_same(c, line->returned, model->returned, "order %u line %u returned", id, i + 1);
        naive_same(c, line->asked_line, model->asked_line, "order %u line %u asked line", id, i + 1);
        naive_same(c, line->part, model->part, "order %u line %u part", id, i + 1);
        naive_same(c, line->promised_min, model->promised_min, "order %u line %u promised", id, i + 1);
        naive_same(c, line->due_min, model->due_min, "order %u line %u due", id, i + 1);
        naive_same(c, line->state, model->state, "order %u line %u state", id, i + 1);
    }
}

static void compare_orders(struct comparing *c)
{
    naive_same(c, engine_order_count(c->engine), c->naive->orders_count, "number of orders");
    naive_same(c, engine_line_count(c->engine), c->naive->lines_count, "number of lines");
    for (u32 id = 1; id <= c->naive->orders_count && c->difference[0] == '\0'; id++) {
        const struct naive_order *model = &c->naive->orders[id];
        const struct order *order = engine_order(c->engine, id);
#define FACT(name) naive_same(c, order->name, model->name, "order %u " #name, id)
        FACT(total_minor);
        FACT(refunded_minor);
        FACT(placed_ms);
        FACT(changed_ms);
        FACT(shopper);
        FACT(location);
        FACT(festival);
        FACT(city);
        FACT(currency);
        FACT(line_count);
        FACT(part_count);
        FACT(state);
        FACT(channel);
        FACT(delivery);
        FACT(payment);
#undef FACT
        if (c->difference[0] == '\0')
            compare_lines(c, id);
    }
}

/* How much room is used is a fact, too, where the page says when a row is made. */
static void compare_used(struct comparing *c)
{
    const struct naive *n = c->naive;
    naive_same(c, (i64)engine_used(c->engine, LIMIT_budgets), n->budgets_count, "budgets used");
    naive_same(c, (i64)engine_used(c->engine, LIMIT_caps), n->caps_count, "caps used");
    naive_same(c, (i64)engine_used(c->engine, LIMIT_flagships), n->flagships_count, "flagships used");
    u64 seconds = 0;
    for (u32 id = 1; id <= n->festivals_count; id++)
        seconds += engine_festival(c->engine, id)->second_count;
    naive_same(c, (i64)engine_used(c->engine, LIMIT_seconds), (i64)seconds, "seconds used");
}

bool naive_compare(const struct naive *naive, const struct engine *engine, bool every_second, char *difference)
{
    struct comparing c = {naive, engine, difference};
    difference[0] = '\0';
    naive_same(&c, engine_now(engine), naive->now_ms, "now");
    naive_same(&c, (i64)engine_seq(engine), (i64)naive->seq, "seq");
    for (u16 kind = 1; kind < (u16)NAIVE_KINDS; kind++)
        if (command_info(kind) != NULL && command_info(kind)->tail == TAIL_TEXTS)
            compare_texts(&c, kind);
    void (*const rooms[])(struct comparing *) = {
        compare_skus, compare_places,   compare_books, compare_money, compare_shoppers,
        compare_deals, compare_budgets, compare_orders, compare_used, compare_ways, compare_tills,
    };
    for (size_t i = 0; i < ARRAY_COUNT(rooms) && difference[0] == '\0'; i++)
        rooms[i](&c);
    if (difference[0] == '\0')
        compare_festivals(&c, every_second);
    return difference[0] == '\0';
}
