/*
 * Routing: which units, from which locations. It is one decision with the
 * reservation, so a line is only ever given units that are there. The order of
 * preference is docs/COMMANDS.md, "Routing".
 */
#include "core/internal.h"

#include "base/geo.h"

/* How good a source is: smaller is better, compared field by field. */
struct rank {
    u32 class;              /* 0: wished for, 1: in the city, 2: elsewhere */
    u32 location;
    i64 distance;
};

static struct rank rank_of(const struct engine *engine, const struct plan *plan, const struct book *book)
{
    struct rank rank = {.class = 2, .location = book->location};
    if (book->location == plan->place->location)
        rank.class = 0;
    else if (book->city == plan->city)
        rank.class = 1;
    const struct city *city = &engine->cities[plan->city];
    const struct location *location = &engine->locations[book->location];
    rank.distance =
        geo_distance(city->longitude_e6, city->latitude_e6, location->longitude_e6, location->latitude_e6);
    return rank;
}

static bool rank_better(struct rank a, struct rank b)
{
    if (a.class != b.class)
        return a.class < b.class;
    if (a.distance != b.distance)
        return a.distance < b.distance;
    return a.location < b.location;
}

static bool ships(const struct book *book)
{
    return (book->services & SERVICE_SHIP) != 0;
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

/* --- one location for everything ---------------------------------------------------- */

/* The first line that a location does not hold in full; line_count when it holds all. */
static u32 first_lacking(const struct engine *engine, const struct plan *plan, u32 location)
{
    for (u32 i = 0; i < plan->line_count; i++) {
        u32 book = engine_find_book(engine, plan->lines[i].sku, location);
        if (engine->books[book].available < plan->lines[i].quantity) {
            plan_tell(plan, "source", RESULT_SOLD_OUT, i + 1, location, engine->books[book].available,
                      plan->lines[i].quantity);
            return i;
        }
    }
    return plan->line_count;
}

static void take_all_from(const struct engine *engine, struct plan *plan, u32 location)
{
    for (u32 i = 0; i < plan->line_count; i++) {
        u32 book = engine_find_book(engine, plan->lines[i].sku, location);
        bool added = source_add(plan, i, book, plan->lines[i].quantity);
        ASSERT(added);
    }
    plan_tell(plan, "route", RESULT_OK, 0, location, 0, 0);
}

/* The line with the fewest books: whatever holds everything is among them. */
static u32 rarest_line(const struct engine *engine, const struct plan *plan)
{
    u32 rarest = 0;
    for (u32 i = 1; i < plan->line_count; i++)
        if (engine->skus[plan->lines[i].sku].book_count < engine->skus[plan->lines[rarest].sku].book_count)
            rarest = i;
    return rarest;
}

/* The best-ranked location that ships and holds every line in full; 0: none. */
static u32 best_single(const struct engine *engine, const struct plan *plan)
{
    u32 rarest = rarest_line(engine, plan);
    u32 best = 0;
    struct rank best_rank = {0};
    for (u32 id = engine->skus[plan->lines[rarest].sku].first_book; id != 0; id = engine->books[id].next) {
        const struct book *book = &engine->books[id];
        if (!ships(book)) {
            plan_tell(plan, "source", RESULT_BAD_SERVICE, rarest + 1, book->location, 0, 0);
            continue;
        }
        if (first_lacking(engine, plan, book->location) != plan->line_count)
            continue;
        struct rank rank = rank_of(engine, plan, book);
        plan_tell(plan, "source", RESULT_OK, 0, book->location, rank.class, rank.distance);
        if (best == 0 || rank_better(rank, best_rank)) {
            best = book->location;
            best_rank = rank;
        }
    }
    return best;
}

/* As best_single, for the most frequent order: everything lies in one place, and there only. */
static bool only_source(const struct engine *engine, struct plan *plan)
{
    u32 location = engine->books[engine->skus[plan->lines[0].sku].first_book].location;
    for (u32 i = 0; i < plan->line_count; i++) {
        const struct sku *sku = &engine->skus[plan->lines[i].sku];
        const struct book *book = &engine->books[sku->first_book];
        if (sku->book_count != 1 || !ships(book) || book->available < plan->lines[i].quantity ||
            book->location != location || !source_add(plan, i, sku->first_book, plan->lines[i].quantity)) {
            plan->source_count = 0;
            return false;
        }
    }
    return true;
}

/* --- several ------------------------------------------------------------------------- */

static struct result enough_anywhere(const struct engine *engine, const struct plan *plan)
{
    for (u32 i = 0; i < plan->line_count; i++) {
        u64 sum = 0;
        for (u32 id = engine->skus[plan->lines[i].sku].first_book; id != 0; id = engine->books[id].next)
            if (ships(&engine->books[id]))
                sum += engine->books[id].available;
        if (sum < plan->lines[i].quantity) {
            plan_tell(plan, "stock", RESULT_SOLD_OUT, i + 1, 0, (i64)sum, plan->lines[i].quantity);
            MARK(SOLD_OUT);
            return refuse(RESULT_SOLD_OUT, plan->lines[i].sku);
        }
    }
    return accept(0, 0);
}

/* The best-ranked book of a SKU with at least `least` units that ranks after `after` (NULL: of all); 0: none. */
static u32 next_source(const struct engine *engine, const struct plan *plan, u32 sku, u32 least,
                       const struct rank *after, struct rank *rank)
{
    u32 best = 0;
    for (u32 id = engine->skus[sku].first_book; id != 0; id = engine->books[id].next) {
        const struct book *book = &engine->books[id];
        if (!ships(book) || book->available < least)
            continue;
        struct rank candidate = rank_of(engine, plan, book);
        if (after != NULL && !rank_better(*after, candidate))
            continue;
        if (best == 0 || rank_better(candidate, *rank)) {
            best = id;
            *rank = candidate;
        }
    }
    return best;
}

static bool split_line(const struct engine *engine, struct plan *plan, u32 line)
{
    u32 sku = plan->lines[line].sku;
    u32 wanted = plan->lines[line].quantity;
    struct rank rank;
    u32 whole = next_source(engine, plan, sku, wanted, NULL, &rank);
    if (whole != 0)
        return source_add(plan, line, whole, wanted);

    struct rank last;
    const struct rank *after = NULL;
    while (wanted > 0) {
        u32 book = next_source(engine, plan, sku, 1, after, &rank);
        ASSERT(book != 0); /* enough_anywhere said so */
        u32 units = MIN(wanted, engine->books[book].available);
        if (!source_add(plan, line, book, units))
            return false;
        wanted -= units;
        last = rank;
        after = &last;
    }
    return true;
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

static struct result choose_sources(const struct engine *engine, struct plan *plan)
{
    const struct command_order_place *place = plan->place;
    if (place->delivery != DELIVERY_HOME) {
        u32 lacking = first_lacking(engine, plan, place->location);
        if (lacking != plan->line_count) {
            MARK(SOLD_OUT_IN_STORE);
            return refuse(RESULT_SOLD_OUT, plan->lines[lacking].sku);
        }
        take_all_from(engine, plan, place->location);
        return accept(0, 0);
    }
    if (plan->trace == NULL && only_source(engine, plan))
        return accept(0, 0);
    u32 single = best_single(engine, plan);
    if (single != 0) {
        take_all_from(engine, plan, single);
        return accept(0, 0);
    }
    struct result enough = enough_anywhere(engine, plan);
    if (enough.code != RESULT_OK)
        return enough;
    if (!(place->flags & ORDER_MAY_SPLIT))
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
