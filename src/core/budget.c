/*
 * Budgets: limits that shoppers set to protect themselves ("chop off the
 * hands"). They are enforced in the same step as the order; lowering one works
 * at once, raising one waits, so that nobody does it in the heat of the sale.
 */
#include "core/internal.h"

#define NO_LIMIT (-1)

i64 budget_day(const struct engine *engine, u32 festival, i64 placed_ms)
{
    i64 local_ms = placed_ms + (i64)engine->festivals[festival].utc_offset_minutes * MINUTE_MS;
    return local_ms >= 0 ? local_ms / DAY_MS : -((DAY_MS - 1 - local_ms) / DAY_MS);
}

/* The limit in force: a raise that has come due counts, even before it is written down. */
static i64 limit_at(const struct budget *budget, i64 now_ms)
{
    bool due = budget->next_from_ms > 0 && now_ms >= budget->next_from_ms;
    return due ? budget->next_limit_minor : budget->limit_minor;
}

static bool in_force(const struct budget *budget, i64 now_ms)
{
    return budget->scope != 0 && limit_at(budget, now_ms) != NO_LIMIT;
}

/* Writes down a raise that has come due; a budget without a limit is given up. */
static void settle(struct budget *budget, i64 now_ms)
{
    if (budget->scope == 0 || budget->next_from_ms == 0 || now_ms < budget->next_from_ms)
        return;
    MARK(RAISE_COMES_DUE);
    if (budget->next_limit_minor == NO_LIMIT)
        budget->scope = 0;
    budget->limit_minor = budget->next_limit_minor;
    budget->next_limit_minor = 0;
    budget->next_from_ms = 0;
}

/* What of an order counts for this budget. */
static i64 amount_counted(const struct budget *budget, const struct budget_use *use)
{
    i64 amount = 0;
    switch (budget->scope) {
    case BUDGET_DAY:
        return use->total_minor;
    case BUDGET_FESTIVAL:
        return budget->subject == use->festival ? use->total_minor : 0;
    default:
        ASSERT(budget->scope == BUDGET_DEPARTMENT);
        for (u32 i = 0; i < use->line_count; i++)
            if (use->lines[i].department == budget->subject)
                amount += use->lines[i].amount_minor;
        return amount;
    }
}

struct result budget_check(const struct engine *engine, const struct budget_use *use, u32 currency)
{
    i64 day = budget_day(engine, use->festival, use->placed_ms);
    i64 least_left = -1;
    const struct shopper *shopper = &engine->shoppers[use->shopper];
    for (u32 id = shopper->first_budget; id != 0; id = engine->budgets[id].next) {
        const struct budget *budget = &engine->budgets[id];
        if (!in_force(budget, use->placed_ms))
            continue;
        if (currency != shopper->currency)
            return refuse(RESULT_CURRENCY_MISMATCH, 0);
        bool fresh = budget->scope != BUDGET_FESTIVAL && day > budget->day;
        i64 left = limit_at(budget, use->placed_ms) - (fresh ? 0 : budget->spent_minor);
        i64 amount = amount_counted(budget, use);
        if (amount > 0 && amount > left && (least_left < 0 || MAX(left, 0) < least_left))
            least_left = MAX(left, 0);
    }
    MARK_WHEN(OVER_BUDGET, least_left >= 0);
    return least_left < 0 ? accept(0, 0) : refuse(RESULT_OVER_BUDGET, least_left);
}

void budget_charge(struct engine *engine, const struct budget_use *use)
{
    i64 day = budget_day(engine, use->festival, use->placed_ms);
    for (u32 id = engine->shoppers[use->shopper].first_budget; id != 0; id = engine->budgets[id].next) {
        struct budget *budget = &engine->budgets[id];
        settle(budget, use->placed_ms);
        if (budget->scope == 0)
            continue;
        if (budget->scope != BUDGET_FESTIVAL && day > budget->day) {
            budget->day = day;
            budget->spent_minor = 0;
        }
        i64 amount = amount_counted(budget, use);
        budget->spent_minor += amount;
        ASSERT(amount == 0 || budget->spent_minor <= budget->limit_minor);
    }
}

void budget_give_back(struct engine *engine, u32 order, const struct budget_use *use)
{
    i64 day = budget_day(engine, use->festival, use->placed_ms);
    for (u32 id = engine->shoppers[use->shopper].first_budget; id != 0; id = engine->budgets[id].next) {
        struct budget *budget = &engine->budgets[id];
        if (budget->scope == 0 || order < budget->first_order)
            continue;
        if (budget->scope != BUDGET_FESTIVAL && day != budget->day)
            continue;
        budget->spent_minor -= MIN(budget->spent_minor, amount_counted(budget, use));
    }
}

/* --- setting one ------------------------------------------------------------------- */

static struct result subject_good(const struct engine *engine, const struct command_budget_set *command)
{
    switch (command->scope) {
    case BUDGET_DAY:
        return command->subject == 0 ? accept(0, 0) : refuse(RESULT_MALFORMED, 0);
    case BUDGET_FESTIVAL:
        return exists(engine, LIMIT_festivals, command->subject) ? accept(0, 0) : refuse(RESULT_UNKNOWN_FESTIVAL, 0);
    default:
        return exists(engine, LIMIT_departments, command->subject) ? accept(0, 0)
                                                                   : refuse(RESULT_UNKNOWN_DEPARTMENT, 0);
    }
}

static struct result budget_make(struct engine *engine, const struct command_budget_set *command)
{
    struct shopper *shopper = &engine->shoppers[command->shopper];
    u32 free_row = 0;
    u32 in_use = 0;
    for (u32 id = shopper->first_budget; id != 0; id = engine->budgets[id].next)
        if (in_force(&engine->budgets[id], engine->time_ms))
            in_use++;
        else
            free_row = id;
    if (in_use >= BUDGETS_PER_SHOPPER_MAX || (free_row == 0 && room(engine, LIMIT_budgets) == 0))
        return pool_full(LIMIT_budgets);

    u32 id = free_row != 0 ? free_row : new_row(engine, LIMIT_budgets);
    u32 next = free_row != 0 ? engine->budgets[id].next : shopper->first_budget;
    engine->budgets[id] = (struct budget){
        .limit_minor = command->limit_minor,
        .next = next,
        .subject = command->subject,
        .scope = command->scope,
        .first_order = (u32)engine->head.count[LIMIT_orders] + 1,
    };
    if (free_row == 0)
        shopper->first_budget = id;
    return accept(command->shopper, engine->time_ms);
}

static struct result budget_change(struct engine *engine, struct budget *budget,
                                   const struct command_budget_set *command)
{
    i64 current = limit_at(budget, engine->time_ms);
    bool raise_waits = budget->next_from_ms > engine->time_ms;
    bool is_raise = command->limit_minor == NO_LIMIT || command->limit_minor > current;
    if (command->limit_minor == current && !raise_waits)
        return no_change(command->shopper, 0);
    settle(budget, engine->time_ms);
    if (is_raise) {
        MARK(RAISE_WAITS);
        budget->next_limit_minor = command->limit_minor;
        budget->next_from_ms = engine->time_ms + BUDGET_RAISE_WAIT_MS;
        return accept(command->shopper, budget->next_from_ms);
    }
    budget->limit_minor = command->limit_minor;
    budget->next_limit_minor = 0;
    budget->next_from_ms = 0;
    return accept(command->shopper, engine->time_ms);
}

struct result apply_budget_set(struct engine *engine, const struct command_budget_set *command)
{
    if (!exists(engine, LIMIT_shoppers, command->shopper))
        return refuse(RESULT_UNKNOWN_SHOPPER, 0);
    if (command->scope < BUDGET_DAY || command->scope > BUDGET_DEPARTMENT)
        return refuse(RESULT_MALFORMED, 0);
    struct result good = subject_good(engine, command);
    if (good.code != RESULT_OK)
        return good;
    if (command->limit_minor < NO_LIMIT || command->limit_minor > MONEY_MAX)
        return refuse(RESULT_BAD_AMOUNT, 0);
    for (u32 id = engine->shoppers[command->shopper].first_budget; id != 0; id = engine->budgets[id].next) {
        struct budget *budget = &engine->budgets[id];
        if (budget->scope == command->scope && budget->subject == command->subject &&
            in_force(budget, engine->time_ms))
            return budget_change(engine, budget, command);
    }
    if (command->limit_minor == NO_LIMIT)
        return no_change(command->shopper, 0);
    return budget_make(engine, command);
}
