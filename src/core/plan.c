/*
 * The plan of an order: all checks of order.place in the order of
 * docs/COMMANDS.md, and what is to be done if they pass. Reads only. A new
 * scarce thing (a coupon, a lease) gets its check here, between those that are
 * seen before and after it, and its taking in order.c.
 */
#include "core/internal.h"

void plan_tell(const struct plan *plan, const char *check, u16 code, u32 line, u32 location, i64 have, i64 need)
{
    if (plan->trace == NULL)
        return;
    u32 sku = line == 0 ? 0 : plan->lines[line - 1].sku;
    plan->trace(plan->trace_argument, &(struct trace_step){check, code, (u16)line, sku, location, have, need});
}

/* --- 1-4: shape, references, festival ------------------------------------------------- */

static bool fields_good(const struct command_order_place *place)
{
    if (place->channel < CHANNEL_WEB || place->channel > CHANNEL_TILL || place->delivery < DELIVERY_HOME ||
        place->delivery > DELIVERY_CARRY_OUT || place->payment < PAYMENT_HOLD || place->payment > PAYMENT_PROVIDER)
        return false;
    if ((place->flags & ~(ORDER_MAY_SPLIT | ORDER_SHOWN_HERE)) != 0 || place->expected_total_minor < 0)
        return false;
    if (place->flags & ORDER_SHOWN_HERE && (place->delivery != DELIVERY_HOME || place->location == 0))
        return false;
    if (place->payment == PAYMENT_PROVIDER && place->channel != CHANNEL_TILL)
        return false;
    return place->delivery == DELIVERY_HOME ? place->city != 0 : place->location != 0;
}

static u16 service_needed(const struct command_order_place *place)
{
    switch (place->delivery) {
    case DELIVERY_HOME:
        return SERVICE_SHIP;
    case DELIVERY_PICK_UP:
        return SERVICE_PICK_UP;
    default:
        return SERVICE_CARRY_OUT;
    }
}

static struct result references_good(const struct engine *engine, const struct command_order_place *place)
{
    if (!exists(engine, LIMIT_shoppers, place->shopper))
        return refuse(RESULT_UNKNOWN_SHOPPER, 0);
    if (place->festival != 0 && !exists(engine, LIMIT_festivals, place->festival))
        return refuse(RESULT_UNKNOWN_FESTIVAL, 0);
    if (place->city != 0 && !exists(engine, LIMIT_cities, place->city))
        return refuse(RESULT_UNKNOWN_CITY, 0);
    if (place->location != 0 && !exists(engine, LIMIT_locations, place->location))
        return refuse(RESULT_UNKNOWN_LOCATION, 0);
    if (!exists(engine, LIMIT_currencies, place->currency))
        return refuse(RESULT_UNKNOWN_CURRENCY, 0);
    if (place->location != 0 && !(place->flags & ORDER_SHOWN_HERE) &&
        !(engine->locations[place->location].services & service_needed(place)))
        return refuse(RESULT_BAD_SERVICE, place->location);
    return accept(0, 0);
}

static struct result festival_good(const struct engine *engine, const struct plan *plan)
{
    const struct festival *festival = &engine->festivals[plan->place->festival];
    if (plan->place->festival == 0)
        return accept(0, 0);
    if (festival->currency != plan->place->currency)
        return refuse(RESULT_CURRENCY_MISMATCH, 0);
    if (plan->now_ms < festival->opens_ms)
        return refuse(RESULT_NOT_OPEN, festival->opens_ms);
    if (plan->now_ms >= festival->closes_ms)
        return refuse(RESULT_CLOSED, festival->closes_ms);
    plan_tell(plan, "festival", RESULT_OK, 0, 0, plan->now_ms, festival->closes_ms);
    return accept(0, 0);
}

/* --- 5-7: lines and prices -------------------------------------------------------------- */

/* The plan's line of a SKU, made when there is none. */
static struct plan_line *merged_line(struct plan *plan, u32 sku, u32 asked_line)
{
    for (u32 i = 0; i < plan->line_count; i++)
        if (plan->lines[i].sku == sku)
            return &plan->lines[i];
    struct plan_line *line = &plan->lines[plan->line_count++];
    *line = (struct plan_line){.sku = sku, .asked_line = asked_line};
    return line;
}

static struct result take_lines(const struct engine *engine, struct plan *plan)
{
    const struct order_line_asked *asked = command_lines(plan->place);
    for (u32 i = 0; i < plan->place->line_count; i++) {
        if (asked[i].quantity < 1 || asked[i].quantity > LINE_QUANTITY_MAX)
            return refuse(RESULT_BAD_QUANTITY, asked[i].sku);
        if (!exists(engine, LIMIT_skus, asked[i].sku))
            return refuse(RESULT_UNKNOWN_SKU, asked[i].sku);
        if (!engine->skus[asked[i].sku].for_sale)
            return refuse(RESULT_NOT_FOR_SALE, asked[i].sku);
        struct plan_line *line = merged_line(plan, asked[i].sku, i + 1);
        line->quantity += asked[i].quantity;
        if (line->quantity > LINE_QUANTITY_MAX)
            return refuse(RESULT_BAD_QUANTITY, asked[i].sku);
    }
    return accept(0, 0);
}

i64 engine_list_price(const struct engine *engine, const struct sku *sku, u32 currency)
{
    if (sku->price_minor != 0 && sku->currency == currency)
        return sku->price_minor;
    for (u32 id = sku->first_price; id != 0; id = engine->prices[id].next)
        if (engine->prices[id].currency == currency)
            return engine->prices[id].price_minor;
    return 0;
}

static struct result price_line(const struct engine *engine, struct plan *plan, u32 index)
{
    struct plan_line *line = &plan->lines[index];
    const struct sku *sku = &engine->skus[line->sku];
    if (plan->place->festival != 0 && sku->first_deal != 0) {
        const struct command_order_place *place = plan->place;
        i64 opens_ms;
        line->deal = deal_open(
            engine, sku,
            deal_scope(place->festival, plan->city, place->location, place->channel, place->delivery),
            plan->now_ms, &opens_ms);
        if (line->deal == 0 && opens_ms != 0)
            return refuse(RESULT_NOT_OPEN, opens_ms);
    }
    if (line->deal != 0)
        plan->deal_count++;
    line->unit_price_minor =
        line->deal != 0 ? engine->deals[line->deal].price_minor : engine_list_price(engine, sku, plan->place->currency);
    if (line->unit_price_minor == 0)
        return refuse(RESULT_NO_PRICE, line->sku);
    if (!money_times(line->unit_price_minor, line->quantity, &line->amount_minor) ||
        !money_add(plan->total_minor, line->amount_minor, &plan->total_minor))
        return refuse(RESULT_AMOUNT_OVERFLOW, 0);
    plan_tell(plan, line->deal != 0 ? "deal price" : "price", RESULT_OK, index + 1, 0, line->unit_price_minor,
              line->amount_minor);
    return accept(0, 0);
}

static struct result price_lines(const struct engine *engine, struct plan *plan)
{
    for (u32 i = 0; i < plan->line_count; i++) {
        struct result result = price_line(engine, plan, i);
        if (result.code != RESULT_OK)
            return result;
    }
    const struct festival *festival = &engine->festivals[plan->place->festival];
    if (plan->place->festival != 0 && plan->total_minor > MONEY_MAX - festival->paid_minor - festival->held_minor)
        return refuse(RESULT_AMOUNT_OVERFLOW, 0); /* the meters must hold it */
    if (plan->place->expected_total_minor != 0 && plan->place->expected_total_minor != plan->total_minor)
        return refuse(RESULT_PRICE_CHANGED, plan->total_minor);
    return accept(0, 0);
}

/* --- 8-9: the deals' units ----------------------------------------------------------------- */

static struct result quotas_good(const struct engine *engine, const struct plan *plan)
{
    for (u32 i = 0; i < plan->line_count; i++) {
        const struct plan_line *line = &plan->lines[i];
        const struct deal *deal = &engine->deals[line->deal];
        u32 quota = deal->quota == 0 ? UINT32_MAX : deal->quota;
        if (line->deal == 0)
            continue;
        bool taken = line->quantity > quota - deal->taken;
        if (deal->quota != 0)
            plan_tell(plan, "deal quota", taken ? RESULT_DEAL_SOLD_OUT : RESULT_OK, i + 1, 0, quota - deal->taken,
                  line->quantity);
        if (taken) {
            MARK(DEAL_SOLD_OUT);
            return refuse(RESULT_DEAL_SOLD_OUT, line->sku);
        }
    }
    return accept(0, 0);
}

static struct result caps_good(const struct engine *engine, struct plan *plan)
{
    for (u32 i = 0; i < plan->line_count; i++) {
        struct plan_line *line = &plan->lines[i];
        const struct deal *deal = &engine->deals[line->deal];
        if (deal->cap == 0)
            continue;
        line->cap = cap_find(engine, line->deal, plan->person);
        i64 left = MAX((i64)deal->cap - engine->caps[line->cap].units, 0);
        bool reached = line->quantity > left;
        plan_tell(plan, "per-person limit", reached ? RESULT_LIMIT_REACHED : RESULT_OK, i + 1, 0, left,
                  line->quantity);
        if (reached) {
            MARK(CAP_REACHED);
            return refuse(RESULT_LIMIT_REACHED, left);
        }
    }
    return accept(0, 0);
}

/* --- 11-13: budgets, money, room ------------------------------------------------------------ */

void plan_budget_use(const struct engine *engine, const struct plan *plan, struct budget_use *use)
{
    use->shopper = plan->place->shopper;
    use->festival = plan->place->festival;
    use->placed_ms = plan->now_ms;
    use->total_minor = plan->total_minor;
    use->line_count = plan->line_count;
    for (u32 i = 0; i < plan->line_count; i++) {
        use->lines[i].department = engine->skus[plan->lines[i].sku].department;
        use->lines[i].amount_minor = plan->lines[i].amount_minor - plan->lines[i].discount_minor;
    }
}

static struct result budgets_good(const struct engine *engine, const struct plan *plan)
{
    const struct command_order_place *place = plan->place;
    if (engine->shoppers[place->shopper].first_budget == 0)
        return accept(0, 0);
    struct budget_use use;
    plan_budget_use(engine, plan, &use);
    struct result result = budget_check(engine, &use, place->currency);
    plan_tell(plan, "budget", result.code, 0, 0, result.value, plan->total_minor);
    return result;
}

struct result order_funds(const struct engine *engine, u32 shopper, u32 currency, u32 payment, i64 total_minor)
{
    if (payment == PAYMENT_WALLET) {
        i64 balance = engine_balance(engine, shopper, currency);
        if (balance < total_minor)
            return refuse(RESULT_INSUFFICIENT_FUNDS, balance);
    }
    if (payment == PAYMENT_PROVIDER && total_minor > money_room(engine, currency))
        return refuse(RESULT_AMOUNT_OVERFLOW, 0);
    return accept(0, 0);
}

static struct result funds_good(const struct engine *engine, const struct plan *plan)
{
    const struct command_order_place *place = plan->place;
    struct result result =
        order_funds(engine, place->shopper, place->currency, place->payment, plan->total_minor);
    if (place->payment == PAYMENT_WALLET)
        plan_tell(plan, "wallet", result.code, 0, 0, engine_balance(engine, place->shopper, place->currency),
                  plan->total_minor);
    return result;
}

static struct result room_good(const struct engine *engine, struct plan *plan)
{
    u32 caps = 0;
    u32 accounts = 0;
    for (u32 i = 0; i < plan->line_count; i++) {
        struct plan_line *line = &plan->lines[i];
        u32 seller = engine->skus[line->sku].seller;
        if (line->cap == 0 && engine->deals[line->deal].cap != 0)
            caps++;
        line->account = account_find(engine, seller, plan->place->currency);
        if (line->account != 0)
            continue;
        u32 earlier = 0;
        while (engine->skus[plan->lines[earlier].sku].seller != seller)
            earlier++;
        if (earlier == i)
            accounts++;
    }
    if (room(engine, LIMIT_orders) < 1)
        return pool_full(LIMIT_orders);
    if (room(engine, LIMIT_lines) < plan->source_count)
        return pool_full(LIMIT_lines);
    if (room(engine, LIMIT_caps) < caps)
        return pool_full(LIMIT_caps);
    if (room(engine, LIMIT_accounts) < accounts)
        return pool_full(LIMIT_accounts);
    return accept(0, 0);
}

/* --- all of them ------------------------------------------------------------------------------- */

/* Steps 2-4, and what follows from them. */
static struct result plan_who_and_when(const struct engine *engine, struct plan *plan)
{
    const struct command_order_place *place = plan->place;
    struct result result = references_good(engine, place);
    if (result.code != RESULT_OK)
        return result;
    plan->person = engine->shoppers[place->shopper].person;
    plan->city = place->city != 0 ? place->city : engine->locations[place->location].city;
    return festival_good(engine, plan);
}

/* Goes on with the next step only if this one has passed. */
#define STEP(call)                              \
    do {                                        \
        struct result step_result = (call);     \
        if (step_result.code != RESULT_OK)      \
            return step_result;                 \
    } while (0)

struct result plan_make(const struct engine *engine, struct plan *plan)
{
    if (!fields_good(plan->place))
        return refuse(RESULT_MALFORMED, 0);
    STEP(plan_who_and_when(engine, plan));
    STEP(take_lines(engine, plan));
    STEP(price_lines(engine, plan));
    if (plan->deal_count > 0) {
        STEP(quotas_good(engine, plan));
        STEP(caps_good(engine, plan));
    }
    STEP(route(engine, plan));
    STEP(budgets_good(engine, plan));
    STEP(funds_good(engine, plan));
    STEP(room_good(engine, plan));
    return accept(0, plan->total_minor);
}

struct result engine_explain(const struct engine *engine, const struct command_order_place *place, engine_trace *trace,
                             void *argument)
{
    struct plan plan;
    plan_begin(&plan, place, engine_time(engine, place->header.time_ms));
    plan.trace = trace;
    plan.trace_argument = argument;
    struct result result = plan_make(engine, &plan);
    plan_tell(&plan, "decision", result.code, 0, 0, result.value, 0);
    return result;
}
