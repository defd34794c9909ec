/*
 * Routing: which units, from which locations. It is one decision with the
 * reservation, so a line is only ever given units that are there. The rules and
 * what they mean are docs/COMMANDS.md, "Routing"; source.c finds what they prefer.
 */
#include "core/source.h"

/* --- one location for everything ---------------------------------------------------- */

/* How many rules stand before fewest-parts. */
static u32 rules_before_fewest(const struct engine *engine)
{
    u32 count = 0;
    while (count < RULES_MAX && engine->head.rules[count] != 0 && engine->head.rules[count] != RULE_FEWEST)
        count++;
    return count;
}

/* Gives `units` of a line to a book. False when the order has no room for another part of a line. */
static bool source_add(struct plan *plan, u32 line, u32 book, u32 units)
{
    if (plan->source_count == ORDER_PARTS_MAX) {
        MARK(SPLIT_TOO_FINE);
        return false;
    }
    plan->sources[plan->source_count++] = (struct plan_source){.book = book, .quantity = units, .line = (u16)line};
    return true;
}

/* All of it from the location of `known`, which is one of its books. */
static void take_all_from(const struct engine *engine, struct plan *plan, u32 known)
{
    u32 location = engine->books[known].location;
    for (u32 i = 0; i < plan->line_count; i++) {
        u32 sku = plan->lines[i].sku;
        u32 book = engine->books[known].sku == sku ? known : shelf_find_book(engine, sku, location);
        bool added = source_add(plan, i, book, plan->lines[i].quantity);
        ASSERT(added);
    }
    plan_tell(plan, "route", RESULT_OK, 0, location, 0, 0);
}

/* A book at the location that serves every line best; 0: none does. */
static u32 best_single(const struct engine *engine, const struct plan *plan)
{
    struct search search = source_search(engine, plan, 0, plan->line_count);
    search.rules = source_rules(engine, RULES_MAX, false);
    return source_best(&search).book;
}

/* As best_single, for the most frequent order: everything lies in one place, and there only. */
static bool only_source(const struct engine *engine, struct plan *plan)
{
    u32 location = engine->books[engine->skus[plan->lines[0].sku].first_book].location;
    for (u32 i = 0; i < plan->line_count; i++) {
        const struct sku *sku = &engine->skus[plan->lines[i].sku];
        const struct book *book = &engine->books[sku->first_book];
        if (sku->book_count != 1 || book_free(book) < plan->lines[i].quantity || book->location != location ||
            !source_add(plan, i, sku->first_book, plan->lines[i].quantity)) {
            plan->source_count = 0;
            return false;
        }
    }
    if (!source_at_capacity(engine, plan, location))
        return true;
    plan->source_count = 0;
    return false;
}

/* Whether, by the rules that count more than few parts, some line has a better source than `location`. */
static bool split_is_better(const struct engine *engine, const struct plan *plan, u32 location)
{
    u32 count = rules_before_fewest(engine);
    for (u32 i = 0; i < plan->line_count && count > 0; i++) {
        struct search search = source_search(engine, plan, i, 1);
        search.rules = source_rules(engine, count, false);
        struct source best = source_best(&search);
        search.rules.count = count; /* without a nearest that is not asked for */
        const struct book *own = source_book(&search, i, location);
        if (source_key_of(&search, &engine->books[best.book]) < source_key_of(&search, own))
            return true;
    }
    return false;
}

/* --- several ------------------------------------------------------------------------- */

/* The units of a line that sources hold, and what those hold that are at capacity. */
static void units_held(const struct engine *engine, const struct plan *plan, u32 line, u64 *held, u64 *at_full)
{
    *held = *at_full = 0;
    for (u32 id = engine->skus[plan->lines[line].sku].first_book; id != 0; id = engine->books[id].next)
        *(source_at_capacity(engine, plan, engine->books[id].location) ? at_full : held) +=
            book_free(&engine->books[id]);
}

/* All that is free of a SKU, whoever may send it now. */
static u64 free_anywhere(const struct engine *engine, u32 sku)
{
    if (engine->skus[sku].book_count > 1)
        return engine->sku_free[sku];
    return book_free(&engine->books[engine->skus[sku].first_book]);
}

static struct result enough_anywhere(const struct engine *engine, const struct plan *plan)
{
    for (u32 i = 0; i < plan->line_count; i++) {
        const struct plan_line *line = &plan->lines[i];
        u64 held = free_anywhere(engine, line->sku), at_full = 0;
        if (held >= line->quantity)
            units_held(engine, plan, i, &held, &at_full);
        if (held >= line->quantity)
            continue;
        bool full = held + at_full >= line->quantity;
        plan_tell(plan, "stock", full ? RESULT_AT_CAPACITY : RESULT_SOLD_OUT, i + 1, 0, (i64)held, line->quantity);
        if (full) {
            MARK(AT_CAPACITY);
            return refuse(RESULT_AT_CAPACITY, line->sku);
        }
        MARK(SOLD_OUT);
        return refuse(RESULT_SOLD_OUT, line->sku);
    }
    return accept(0, 0);
}

/* The best sources that have something of the line, best first, into `best`, which has room for as many as the order
 * has; how many. */
static u32 best_pieces(const struct search *search, struct source *best)
{
    const struct engine *engine = search->engine;
    u32 room = ORDER_PARTS_MAX - search->plan->source_count;
    u32 count = 0;
    u32 line = search->first_line;
    for (u32 id = engine->skus[search->plan->lines[line].sku].first_book; id != 0; id = engine->books[id].next) {
        if (!source_serves(search, line, &engine->books[id]))
            continue;
        struct source source = source_of(search, id);
        if (count == room && !source_better(search, source, best[room - 1]))
            continue;
        u32 at = count < room ? count++ : room - 1;
        for (; at > 0 && source_better(search, source, best[at - 1]); at--)
            best[at] = best[at - 1];
        best[at] = source;
    }
    return count;
}

static bool split_line(const struct engine *engine, struct plan *plan, u32 line)
{
    u32 wanted = plan->lines[line].quantity;
    struct search search = source_search(engine, plan, line, 1);
    search.rules = source_rules(engine, RULES_MAX, true);
    struct source whole = source_best(&search);
    if (whole.book != 0)
        return source_add(plan, line, whole.book, wanted);

    struct source pieces[ORDER_PARTS_MAX] = {0};
    search.piece_of = wanted;
    u32 count = plan->source_count == ORDER_PARTS_MAX ? 0 : best_pieces(&search, pieces);
    for (u32 i = 0; i < count && wanted > 0; i++) {
        u32 units = MIN(wanted, book_free(&engine->books[pieces[i].book]));
        bool added = source_add(plan, line, pieces[i].book, units);
        ASSERT(added);
        wanted -= units;
    }
    MARK_WHEN(SPLIT_TOO_FINE, wanted > 0);
    return wanted == 0;
}

static struct result split(const struct engine *engine, struct plan *plan)
{
    for (u32 i = 0; i < plan->line_count; i++)
        if (!split_line(engine, plan, i))
            return refuse(RESULT_SPLIT_NEEDED, 0);
    for (u32 i = 0; i < plan->source_count; i++)
        plan_tell(plan, "split", RESULT_OK, plan->sources[i].line + 1u,
                  engine->books[plan->sources[i].book].location, plan->sources[i].quantity,
                  plan->lines[plan->sources[i].line].quantity);
    return accept(0, 0);
}

/* --- the decision ---------------------------------------------------------------------- */

static void number_parts(const struct engine *engine, struct plan *plan)
{
    struct plan_source *sources = plan->sources;
    if (plan->source_count == 1) {
        sources[0].part = 1;
        plan->part_count = 1;
        return;
    }
    for (u32 i = 0; i < plan->source_count; i++) {
        const struct book *book = &engine->books[sources[i].book];
        for (u32 j = 0; j < i && sources[i].part == 0; j++) {
            const struct book *earlier = &engine->books[sources[j].book];
            if (earlier->location == book->location &&
                engine->skus[earlier->sku].seller == engine->skus[book->sku].seller)
                sources[i].part = sources[j].part;
        }
        if (sources[i].part == 0)
            sources[i].part = (u8)++plan->part_count;
    }
}

/* Pick-up and carry-out: all of it from the store that was asked for. */
static struct result from_store(const struct engine *engine, struct plan *plan)
{
    u32 location = plan->place->location;
    for (u32 i = 0; i < plan->line_count; i++) {
        const struct plan_line *line = &plan->lines[i];
        u32 id = engine_find_book(engine, line->sku, location);
        const struct book *book = &engine->books[id];
        u32 held = plan->place->delivery == DELIVERY_PICK_UP ? engine_units_free(book) : book->available;
        if (held < line->quantity) {
            plan_tell(plan, "source", RESULT_SOLD_OUT, i + 1, location, held, line->quantity);
            MARK(SOLD_OUT_IN_STORE);
            return refuse(RESULT_SOLD_OUT, line->sku);
        }
        bool added = source_add(plan, i, id, line->quantity);
        ASSERT(added);
    }
    plan_tell(plan, "route", RESULT_OK, 0, location, 0, 0);
    return accept(0, 0);
}

static struct result choose_sources(const struct engine *engine, struct plan *plan)
{
    bool may_split = (plan->place->flags & ORDER_MAY_SPLIT) != 0;
    if (plan->place->delivery != DELIVERY_HOME)
        return from_store(engine, plan);
    if (plan->trace == NULL && only_source(engine, plan))
        return accept(0, 0);
    u32 book = best_single(engine, plan);
    if (book != 0 && !(may_split && split_is_better(engine, plan, engine->books[book].location))) {
        take_all_from(engine, plan, book);
        return accept(0, 0);
    }
    struct result enough = enough_anywhere(engine, plan);
    if (enough.code != RESULT_OK)
        return enough;
    if (!may_split)
        return refuse(RESULT_SPLIT_NEEDED, 0);
    return split(engine, plan);
}

struct result route(const struct engine *engine, struct plan *plan)
{
    ASSERT(plan->source_count == 0 && plan->part_count == 0);
    struct result result = choose_sources(engine, plan);
    if (result.code == RESULT_OK)
        number_parts(engine, plan);
    return result;
}

/* --- what it costs a location ------------------------------------------------------------- */

/* Calls for each location that sends something of an order, once. */
static void each_sender(struct engine *engine, const struct order *order, void (*call)(struct location *, u32 hour),
                        u32 hour)
{
    if (order->delivery != DELIVERY_HOME)
        return;
    for (u32 i = 0; i < order->line_count; i++) {
        u32 location = engine->books[engine->lines[order->first_line + i].book].location;
        bool seen = false;
        for (u32 j = 0; j < i && !seen; j++)
            seen = engine->books[engine->lines[order->first_line + j].book].location == location;
        if (!seen)
            call(&engine->locations[location], hour);
    }
}

static void hour_count(struct location *location, u32 hour)
{
    if (location->hour != hour)
        location->hour_orders = 0;
    location->hour = hour;
    location->hour_orders++;
}

static void hour_give_back(struct location *location, u32 hour)
{
    if (location->hour != hour)
        return;
    ASSERT(location->hour_orders > 0);
    location->hour_orders--;
}

void route_take(struct engine *engine, const struct order *order)
{
    each_sender(engine, order, hour_count, (u32)(order->placed_ms / HOUR_MS));
}

void route_give_back(struct engine *engine, const struct order *order)
{
    each_sender(engine, order, hour_give_back, (u32)(order->placed_ms / HOUR_MS));
}

/* --- the rules ------------------------------------------------------------------------------ */

struct result apply_routing_set(struct engine *engine, const struct command_routing_set *command)
{
    const u8 asked[RULES_MAX] = {command->rule_1, command->rule_2, command->rule_3,
                                 command->rule_4, command->rule_5, command->rule_6};
    u8 rules[sizeof(engine->head.rules)] = {0};
    u32 count = 0;
    for (u32 i = 0; i < RULES_MAX; i++) {
        if (asked[i] == 0)
            continue;
        if (asked[i] >= RULE_COUNT || i != count)
            return refuse(RESULT_MALFORMED, 0);
        for (u32 j = 0; j < count; j++)
            if (rules[j] == asked[i])
                return refuse(RESULT_MALFORMED, 0);
        rules[count++] = asked[i];
    }
    bool same = true;
    for (u32 i = 0; i < RULES_MAX; i++)
        same &= rules[i] == engine->head.rules[i];
    if (same)
        return no_change(0, count);
    for (u32 i = 0; i < RULES_MAX; i++)
        engine->head.rules[i] = rules[i];
    return accept(0, count);
}
