/*
 * The model's routing: docs/COMMANDS.md, "Routing" and "What is promised". Every
 * question is asked of every location and every order, each time anew.
 */
#include "test/naive.h"

#include "base/assert.h"
#include "base/geo.h"

#define LOCATIONS_MAX 1024u
#define HOUR_MS ((i64)3600 * 1000)
#define DAY_MIN ((i64)24 * 60)
#define MINUTE_MS ((i64)60 * 1000)

static const struct command_location_put *location_of(const struct naive_placing *p, u32 location)
{
    return NAIVE_PUT(p->naive, location_put, LOCATION_PUT, location);
}

/* --- the hour ------------------------------------------------------------- */

i64 naive_hour_orders(const struct naive *naive, u32 location, i64 hour)
{
    i64 orders = 0;
    for (u32 id = 1; id <= naive->orders_count; id++) {
        const struct naive_order *order = &naive->orders[id];
        if (order->delivery != DELIVERY_HOME || order->placed_ms / HOUR_MS != hour ||
            (order->state != ORDER_HELD && order->state != ORDER_PAID))
            continue;
        bool sends = false;
        for (u32 l = order->first_line; l < order->first_line + order->line_count; l++)
            sends |= naive->lines[l].location == location;
        orders += sends;
    }
    return orders;
}

static i64 capacity_of(const struct naive_placing *p, u32 location)
{
    return p->naive->locations[location].planned ? p->naive->locations[location].plan.capacity : 0;
}

static bool at_capacity(const struct naive_placing *p, u32 location)
{
    i64 capacity = capacity_of(p, location);
    return capacity > 0 && naive_hour_orders(p->naive, location, p->now_ms / HOUR_MS) >= capacity;
}

/* --- comparing two sources ------------------------------------------------- */

/* For what two sources are compared: the lines looked at, and how many rules count. */
struct looking {
    const struct naive_placing *p;
    u32 first_want, last_want; /* those before last_want */
    u32 rule_count;
    bool splitting;         /* step 3: a location that an earlier line comes from is better */
};

static i64 city_distance(const struct naive_placing *p, u32 city)
{
    const struct command_city_put *from = NAIVE_PUT(p->naive, city_put, CITY_PUT, p->city);
    const struct command_city_put *to = NAIVE_PUT(p->naive, city_put, CITY_PUT, city);
    return geo_distance(from->longitude_e6, from->latitude_e6, to->longitude_e6, to->latitude_e6);
}

/* -1: a is better, 1: b is, 0: they are equal. */
static int fewer(i64 a, i64 b)
{
    return a < b ? -1 : a > b;
}

static int nearer_city(const struct naive_placing *p, u32 a, u32 b)
{
    u32 a_city = location_of(p, a)->city;
    u32 b_city = location_of(p, b)->city;
    int by_distance = fewer(city_distance(p, a_city), city_distance(p, b_city));
    return by_distance != 0 ? by_distance : fewer(a_city, b_city);
}

static bool used_before(const struct looking *l, u32 location)
{
    for (u32 i = 0; i < l->p->piece_count; i++)
        if (l->p->pieces[i].location == location && l->p->pieces[i].want < l->first_want)
            return true;
    return false;
}

static bool spares_last_units(const struct looking *l, u32 location)
{
    if (location_of(l->p, location)->kind == LOCATION_WAREHOUSE)
        return true;
    for (u32 w = l->first_want; w < l->last_want; w++) {
        i64 held = naive_free_units(l->p->naive, l->p->wants[w].sku, location);
        if (held <= MIN(held, (i64)l->p->wants[w].quantity))
            return false;
    }
    return true;
}

static i64 load_of(const struct naive_placing *p, u32 location)
{
    i64 capacity = capacity_of(p, location);
    return capacity == 0 ? 0 : 4 * naive_hour_orders(p->naive, location, p->now_ms / HOUR_MS) / capacity;
}

static int by_rule(const struct looking *l, u8 rule, u32 a, u32 b)
{
    const struct naive_placing *p = l->p;
    switch (rule) {
    case RULE_WISHED:
        return fewer(a != p->place->location, b != p->place->location);
    case RULE_CITY:
        return fewer(location_of(p, a)->city != p->city, location_of(p, b)->city != p->city);
    case RULE_FEWEST:
        return l->splitting ? fewer(!used_before(l, a), !used_before(l, b)) : 0;
    case RULE_NEAREST:
        return nearer_city(p, a, b);
    case RULE_SPARE:
        return fewer(!spares_last_units(l, a), !spares_last_units(l, b));
    case RULE_BALANCE:
        return fewer(load_of(p, a), load_of(p, b));
    default:
        return 0;
    }
}

static int by_rules(const struct looking *l, u32 a, u32 b)
{
    int better = 0;
    for (u32 i = 0; i < l->rule_count && better == 0; i++)
        better = by_rule(l, l->p->naive->rules[i], a, b);
    return better;
}

static i64 from_city(const struct naive_placing *p, u32 location)
{
    const struct command_location_put *at = location_of(p, location);
    const struct command_city_put *city = NAIVE_PUT(p->naive, city_put, CITY_PUT, at->city);
    return geo_distance(city->longitude_e6, city->latitude_e6, at->longitude_e6, at->latitude_e6);
}

static bool is_better(const struct looking *l, u32 a, u32 b)
{
    int better = by_rules(l, a, b);
    if (better == 0)
        better = nearer_city(l->p, a, b);
    if (better == 0)
        better = fewer(from_city(l->p, a), from_city(l->p, b));
    return (better != 0 ? better : fewer(a, b)) < 0;
}

/* --- sources --------------------------------------------------------------- */

static u32 all_sources(const struct naive_placing *p, bool with_full, u32 *sources)
{
    u32 count = 0;
    ASSERT(p->naive->put_count[COMMAND_LOCATION_PUT] <= LOCATIONS_MAX);
    for (u32 id = 1; id <= p->naive->put_count[COMMAND_LOCATION_PUT]; id++)
        if ((location_of(p, id)->services & SERVICE_SHIP) && (with_full || !at_capacity(p, id)))
            sources[count++] = id;
    return count;
}

static void rank(const struct looking *l, u32 *sources, u32 count)
{
    for (u32 i = 1; i < count; i++)
        for (u32 at = i; at > 0 && is_better(l, sources[at], sources[at - 1]); at--) {
            u32 moved = sources[at];
            sources[at] = sources[at - 1];
            sources[at - 1] = moved;
        }
}

static void take(struct naive_placing *p, u32 want, u32 location, u32 quantity)
{
    ASSERT(p->piece_count < NAIVE_PIECES_MAX);
    p->pieces[p->piece_count++] = (struct naive_piece){want, location, quantity};
}

static i64 held_of(const struct naive_placing *p, u32 location, u32 want)
{
    return naive_free_units(p->naive, p->wants[want].sku, location);
}

static bool holds(const struct naive_placing *p, u32 location, u32 want)
{
    return held_of(p, location, want) >= p->wants[want].quantity;
}

static i64 held_anywhere(const struct naive_placing *p, u32 want, bool with_full)
{
    u32 sources[LOCATIONS_MAX];
    i64 units = 0;
    for (u32 i = all_sources(p, with_full, sources); i > 0; i--)
        units += held_of(p, sources[i - 1], want);
    return units;
}

/* How many rules there are in all, and how many come before fewest-parts. */
static u32 rules_in_force(const struct naive *naive, bool before_fewest)
{
    u32 count = 0;
    while (count < RULES_MAX && naive->rules[count] != 0 && !(before_fewest && naive->rules[count] == RULE_FEWEST))
        count++;
    return count;
}

/* --- the three steps -------------------------------------------------------- */

/* For some line another source that holds it is better by the rules before fewest-parts alone. */
static bool better_apart(const struct naive_placing *p, u32 location, const u32 *sources, u32 count)
{
    for (u32 w = 0; w < p->want_count; w++) {
        struct looking line = {p, w, w + 1, rules_in_force(p->naive, true), false};
        for (u32 s = 0; s < count; s++)
            if (holds(p, sources[s], w) && by_rules(&line, sources[s], location) < 0)
                return true;
    }
    return false;
}

/* 1: everything from one. */
static bool from_one(struct naive_placing *p)
{
    u32 sources[LOCATIONS_MAX];
    u32 count = all_sources(p, false, sources);
    struct looking all = {p, 0, p->want_count, rules_in_force(p->naive, false), false};
    rank(&all, sources, count);
    for (u32 s = 0; s < count; s++) {
        bool holds_all = true;
        for (u32 w = 0; w < p->want_count; w++)
            holds_all &= holds(p, sources[s], w);
        if (!holds_all)
            continue;
        if ((p->place->flags & ORDER_MAY_SPLIT) && better_apart(p, sources[s], sources, count))
            return false;
        for (u32 w = 0; w < p->want_count; w++)
            take(p, w, sources[s], p->wants[w].quantity);
        return true;
    }
    return false;
}

/* 3, for one line. */
static void split_line(struct naive_placing *p, u32 want)
{
    u32 sources[LOCATIONS_MAX];
    u32 count = all_sources(p, false, sources);
    struct looking line = {p, want, want + 1, rules_in_force(p->naive, false), true};
    rank(&line, sources, count);
    for (u32 s = 0; s < count; s++)
        if (holds(p, sources[s], want)) {
            take(p, want, sources[s], p->wants[want].quantity);
            return;
        }
    u32 missing = p->wants[want].quantity;
    for (u32 s = 0; s < count && missing > 0; s++) {
        u32 quantity = (u32)MIN(held_of(p, sources[s], want), (i64)missing);
        if (quantity > 0)
            take(p, want, sources[s], quantity);
        missing -= quantity;
    }
    ASSERT(missing == 0);
}

static struct result route_home(struct naive_placing *p)
{
    if (from_one(p))
        return naive_ok(0, 0);
    for (u32 w = 0; w < p->want_count; w++) {
        if (held_anywhere(p, w, false) >= p->wants[w].quantity)
            continue;
        bool later = held_anywhere(p, w, true) >= p->wants[w].quantity;
        return naive_refuse(later ? RESULT_AT_CAPACITY : RESULT_SOLD_OUT, p->wants[w].sku);
    }
    if (!(p->place->flags & ORDER_MAY_SPLIT))
        return naive_refuse(RESULT_SPLIT_NEEDED, 0);
    for (u32 w = 0; w < p->want_count; w++) {
        split_line(p, w);
        if (p->piece_count > ORDER_PARTS_MAX)
            return naive_refuse(RESULT_SPLIT_NEEDED, 0);
    }
    return naive_ok(0, 0);
}

struct result naive_route(struct naive_placing *p)
{
    if (p->place->delivery == DELIVERY_HOME)
        return route_home(p);
    for (u32 w = 0; w < p->want_count; w++) {
        u32 sku = p->wants[w].sku;
        i64 units = p->place->delivery == DELIVERY_PICK_UP ? naive_free_units(p->naive, sku, p->place->location)
                                                           : naive_available(p->naive, sku, p->place->location);
        if (units < p->wants[w].quantity)
            return naive_refuse(RESULT_SOLD_OUT, sku);
        take(p, w, p->place->location, p->wants[w].quantity);
    }
    return naive_ok(0, 0);
}

/* --- promises ---------------------------------------------------------------- */

static i64 floor_by(i64 number, i64 divisor)
{
    return number >= 0 ? number / divisor : -((-number + divisor - 1) / divisor);
}

/* When it opens and closes on a local day since 1970-01-01, a Thursday; both 0: it does not. */
static void hours_of(const struct command_location_plan *plan, i64 day, i64 *opens_min, i64 *closes_min)
{
    i64 weekday = day + 3 - 7 * floor_by(day + 3, 7); /* Monday is 0 */
    *opens_min = weekday >= 5 ? plan->weekend_opens_min : plan->opens_min;
    *closes_min = weekday >= 5 ? plan->weekend_closes_min : plan->closes_min;
}

static i64 promise_home(const struct command_location_plan *plan, i64 local_ms, bool own_city)
{
    i64 opens_min;
    i64 closes_min;
    i64 today = floor_by(local_ms, DAY_MIN * MINUTE_MS);
    i64 minute = floor_by(local_ms, MINUTE_MS) - today * DAY_MIN;
    i64 leaves = minute < plan->cut_off_min ? today : today + 1;
    hours_of(plan, leaves, &opens_min, &closes_min);
    while (closes_min == 0)
        hours_of(plan, ++leaves, &opens_min, &closes_min);
    i64 arrives = leaves + (own_city ? plan->days_city : plan->days_far);
    return (arrives + 1) * DAY_MIN - plan->utc_offset_minutes;
}

static i64 promise_pick_up(const struct command_location_plan *plan, i64 local_ms)
{
    i64 left_ms = plan->prepare_min * MINUTE_MS;
    for (i64 day = floor_by(local_ms, DAY_MIN * MINUTE_MS);; day++) {
        i64 opens_min;
        i64 closes_min;
        hours_of(plan, day, &opens_min, &closes_min);
        i64 from_ms = MAX((day * DAY_MIN + opens_min) * MINUTE_MS, local_ms);
        i64 until_ms = (day * DAY_MIN + closes_min) * MINUTE_MS;
        if (from_ms >= until_ms)
            continue;
        if (until_ms - from_ms >= left_ms)
            return -floor_by(-(from_ms + left_ms), MINUTE_MS) - plan->utc_offset_minutes;
        left_ms -= until_ms - from_ms;
    }
}

i64 naive_promised(const struct naive_placing *p, u32 location)
{
    const struct naive_location *at = &p->naive->locations[location];
    if (!at->planned || p->place->delivery == DELIVERY_CARRY_OUT)
        return 0;
    i64 local_ms = p->now_ms + at->plan.utc_offset_minutes * MINUTE_MS;
    if (p->place->delivery == DELIVERY_PICK_UP)
        return promise_pick_up(&at->plan, local_ms);
    return promise_home(&at->plan, local_ms, location_of(p, location)->city == p->city);
}
