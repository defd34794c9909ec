/*
 * The meters of the big screen: what a festival has sold, second by second and
 * by city, country, brand, department and channel. They are part of the state
 * and change in the same step as the order, so the screen equals the ledger.
 */
#include "core/internal.h"

u64 second_index(const struct festival *festival, i64 time_ms)
{
    ASSERT(time_ms >= festival->opens_ms);
    u64 second = (u64)(time_ms - festival->opens_ms) / 1000;
    return MIN(second, festival->second_count - 1);
}

i64 engine_milestone_minor(unsigned index, unsigned digits)
{
    static const i64 steps[3] = {1, 2, 5};
    static const i64 powers[] = {
        1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
        1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000,
    };
    unsigned power = 4 + index / 3 + digits;
    _Static_assert(MONEY_MAX >= 5 * (i64)10000000000000000, "all of them are amounts");
    if (power >= ARRAY_COUNT(powers))
        return 0;
    return steps[index % 3] * powers[power];
}

static struct second *second_at(struct engine *engine, const struct festival *festival, i64 time_ms)
{
    return &engine->seconds[festival->first_second + second_index(festival, time_ms)];
}

static void cell_add(struct cell *cell, i64 paid_minor, u64 units)
{
    cell->paid_minor += paid_minor;
    cell->units += units;
}

void meter_place(struct engine *engine, const struct order *order)
{
    if (order->festival == 0)
        return;
    struct festival *festival = &engine->festivals[order->festival];
    struct second *second = second_at(engine, festival, order->placed_ms);
    festival->orders++;
    second->orders++;
    if (second->orders > festival->peak_orders) {
        festival->peak_orders = second->orders;
        festival->peak_second = second_index(festival, order->placed_ms);
    }
    festival->held_minor += order->total_minor;
}

void meter_drop_hold(struct engine *engine, const struct order *order)
{
    if (order->festival == 0)
        return;
    struct festival *festival = &engine->festivals[order->festival];
    ASSERT(festival->held_minor >= order->total_minor);
    festival->held_minor -= order->total_minor;
}

static void milestones_reach(struct engine *engine, struct festival *festival, i64 now_ms)
{
    unsigned digits = engine->currencies[festival->currency].digits;
    while (festival->milestone_count < MILESTONES_MAX) {
        i64 milestone = engine_milestone_minor(festival->milestone_count, digits);
        if (milestone == 0 || festival->paid_minor < milestone)
            return;
        festival->milestone_ms[festival->milestone_count++] = now_ms;
    }
}

/* The cells of an order's lines; returns the units in it. */
static u64 meter_lines(struct engine *engine, const struct order *order)
{
    struct cell *countries = cell_at(engine, order->festival, CELL_COUNTRY, 0);
    struct cell *brands = cell_at(engine, order->festival, CELL_BRAND, 0);
    struct cell *departments = cell_at(engine, order->festival, CELL_DEPARTMENT, 0);
    const struct line *lines = &engine->lines[order->first_line];
    u64 units = 0;
    for (u32 i = 0; i < order->line_count; i++) {
        const struct sku *sku = &engine->skus[engine->books[lines[i].book].sku];
        i64 paid = line_paid(&lines[i]);
        cell_add(&countries[sku->origin], paid, lines[i].quantity);
        cell_add(&brands[sku->brand], paid, lines[i].quantity);
        cell_add(&departments[sku->department], paid, lines[i].quantity);
        units += lines[i].quantity;
    }
    return units;
}

void meter_pay(struct engine *engine, const struct order *order)
{
    if (order->festival == 0)
        return;
    struct festival *festival = &engine->festivals[order->festival];
    struct second *second = second_at(engine, festival, order->changed_ms);
    u64 units = meter_lines(engine, order);
    cell_add(cell_at(engine, order->festival, CELL_CITY, order->city), order->total_minor, units);
    cell_add(cell_at(engine, order->festival, CELL_CHANNEL, order->channel), order->total_minor, units);
    second->paid_minor += order->total_minor;
    second->orders_paid++;
    festival->orders_paid++;
    festival->units_paid += units;
    festival->paid_minor += order->total_minor;
    milestones_reach(engine, festival, order->changed_ms);
}

void meter_refund(struct engine *engine, const struct order *order, i64 amount_minor)
{
    if (order->festival != 0)
        engine->festivals[order->festival].refunded_minor += amount_minor;
}
