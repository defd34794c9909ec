/*
 * Routing: which units, from which locations. It is one decision with the
 * reservation, so a line is only ever given units that are there. The rules and
 * what they mean are docs/COMMANDS.md, "Routing".
 *
 * A source is known by a key: what each rule says of it, the most important rule
 * in the highest bits, smaller is better. Cities are looked at nearest first,
 * and the search ends when nothing farther away can have a smaller key.
 */
#include "core/internal.h"

typedef unsigned __int128 route_key;
#define KEY_WORST (~(route_key)0)

#define HOUR_MS 3600000
#define SCAN_BOOKS_MAX 12   /* up to so many books of a SKU are quicker looked at one by one */

/* What sources are looked for: for some lines of the plan, by some rules. */
struct search {
    const struct engine *engine;
    const struct plan *plan;
    struct rules {
        u8 list[RULES_MAX + 1];
        u32 count;
    } rules;                /* nearest is among them, so that only sources of one city can be equal */
    u32 first_line;         /* lines first_line .. first_line + line_count - 1 */
    u32 line_count;
    u32 piece_of;           /* > 0: one line, of which any source that has something may give up to so many units */
};

struct source {
    route_key key;
    u32 book;               /* of the line that was searched by; 0: none */
};

/* --- rules ------------------------------------------------------------------------------- */

static bool at_capacity(const struct engine *engine, const struct plan *plan, u32 location)
{
    const struct location *place = &engine->locations[location];
    return place->capacity != 0 && place->hour == plan->now_ms / HOUR_MS && place->hour_orders >= place->capacity;
}

/* Quarters of the hour's capacity that are taken. */
static u32 load(const struct plan *plan, const struct location *place)
{
    if (place->capacity == 0 || place->hour != plan->now_ms / HOUR_MS)
        return 0;
    return (u32)((u64)place->hour_orders * 4 / place->capacity);
}

static bool in_use(const struct search *search, u32 location)
{
    const struct plan *plan = search->plan;
    for (u32 i = 0; i < plan->source_count; i++)
        if (plan->sources[i].line < search->first_line &&
            search->engine->books[plan->sources[i].book].location == location)
            return true;
    return false;
}

static u32 units_wanted(const struct search *search, u32 line, const struct book *book)
{
    u32 quantity = search->plan->lines[line].quantity;
    return search->piece_of == 0 ? quantity : MIN(search->piece_of, book_free(book));
}

static const struct book *book_of(const struct search *search, u32 line, u32 location)
{
    const struct engine *engine = search->engine;
    return &engine->books[engine_find_book(engine, search->plan->lines[line].sku, location)];
}

/* Whether a store would give its last free unit of a line. */
static bool last_units(const struct search *search, const struct book *book)
{
    if (search->engine->locations[book->location].kind == LOCATION_WAREHOUSE)
        return false;
    for (u32 i = search->first_line; i < search->first_line + search->line_count; i++) {
        const struct book *own = search->plan->lines[i].sku == book->sku ? book : book_of(search, i, book->location);
        if (book_free(own) <= units_wanted(search, i, own))
            return true;
    }
    return false;
}

/* The bits that a rule has in a key. */
static unsigned rule_bits(u8 rule)
{
    switch (rule) {
    case RULE_NEAREST:
        return 57 + 16;     /* geo_distance, city id */
    case RULE_BALANCE:
        return 17;          /* orders may be more than a capacity that was lowered */
    default:
        return 1;
    }
}

static route_key nearest_key(const struct search *search, u32 city)
{
    return (route_key)(u64)city_distance(search->engine, search->plan->city, city) << 16 | city;
}

static route_key rule_value(const struct search *search, u8 rule, const struct book *book)
{
    switch (rule) {
    case RULE_WISHED:
        return book->location != search->plan->place->location;
    case RULE_CITY:
        return book->city != search->plan->city;
    case RULE_FEWEST:
        return !in_use(search, book->location);
    case RULE_NEAREST:
        return nearest_key(search, book->city);
    case RULE_SPARE:
        return last_units(search, book);
    default:
        ASSERT(rule == RULE_BALANCE);
        return load(search->plan, &search->engine->locations[book->location]);
    }
}

static route_key key_of(const struct search *search, const struct book *book)
{
    route_key key = 0;
    for (u32 i = 0; i < search->rules.count; i++)
        key = key << rule_bits(search->rules.list[i]) | rule_value(search, search->rules.list[i], book);
    return key;
}

/* The smallest key that a source in `city` could have; its location is not the wished one. */
static route_key bound_of(const struct search *search, u32 city)
{
    route_key key = 0;
    for (u32 i = 0; i < search->rules.count; i++) {
        u8 rule = search->rules.list[i];
        route_key least = rule == RULE_WISHED                                  ? 1
                          : rule == RULE_CITY && city != search->plan->city ? 1
                          : rule == RULE_NEAREST                               ? nearest_key(search, city)
                                                                               : 0;
        key = key << rule_bits(rule) | least;
    }
    return key;
}

static bool source_better(const struct search *search, struct source a, struct source b)
{
    if (a.book == 0 || b.book == 0)
        return a.book != 0;
    if (a.key != b.key)
        return a.key < b.key;
    const struct book *book_a = &search->engine->books[a.book];
    const struct book *book_b = &search->engine->books[b.book];
    if (book_a->city != book_b->city)
        return nearest_key(search, book_a->city) < nearest_key(search, book_b->city);
    return shelf_before(search->engine, book_a->location, book_b->location);
}

/* Tells, when somebody asks why, by which rule one source was passed over for another. */
static void tell_passed_over(const struct search *search, u32 passed, u32 better)
{
    static const char *const by_rule[RULE_COUNT] = {
        [RULE_WISHED] = "passed over: asked-for",     [RULE_CITY] = "passed over: same-city",
        [RULE_FEWEST] = "passed over: fewest-parts",  [RULE_NEAREST] = "passed over: nearest",
        [RULE_SPARE] = "passed over: spare-last-units", [RULE_BALANCE] = "passed over: balance-load",
    };
    const struct book *a = &search->engine->books[passed];
    const struct book *b = &search->engine->books[better];
    if (search->plan->trace == NULL)
        return;
    for (u32 i = 0; i < search->rules.count; i++) {
        u8 rule = search->rules.list[i];
        route_key value = rule_value(search, rule, a);
        route_key other = rule_value(search, rule, b);
        unsigned id_bits = rule == RULE_NEAREST ? 16 : 0;
        if (value != other) {
            plan_tell(search->plan, by_rule[rule], RESULT_OK, 0, a->location, (i64)(value >> id_bits),
                      (i64)(other >> id_bits));
            return;
        }
    }
    plan_tell(search->plan, "passed over: nearer in its city", RESULT_OK, 0, a->location, 0, 0);
}

/* --- sources -------------------------------------------------------------------------------- */

/* Whether a book's location may serve the search: sends, has room in its hour, holds what is looked for. */
static bool serves(const struct search *search, u32 line, const struct book *book)
{
    const struct engine *engine = search->engine;
    const struct plan *plan = search->plan;
    if (!(book->services & SERVICE_SHIP)) {
        plan_tell(plan, "source", RESULT_BAD_SERVICE, line + 1, book->location, 0, 0);
        return false;
    }
    u32 least = search->piece_of == 0 ? plan->lines[line].quantity : 1;
    if (book_free(book) < least) {
        plan_tell(plan, "source", RESULT_SOLD_OUT, line + 1, book->location, book_free(book), least);
        return false;
    }
    if (at_capacity(engine, plan, book->location)) {
        const struct location *place = &engine->locations[book->location];
        plan_tell(plan, "source", RESULT_AT_CAPACITY, 0, book->location, place->hour_orders, place->capacity);
        return false;
    }
    for (u32 i = search->first_line; i < search->first_line + search->line_count; i++) {
        if (i == line)
            continue;
        const struct book *own = book_of(search, i, book->location);
        if (book_free(own) < plan->lines[i].quantity) {
            plan_tell(plan, "source", RESULT_SOLD_OUT, i + 1, book->location, book_free(own), plan->lines[i].quantity);
            return false;
        }
    }
    return true;
}

static struct source source_of(const struct search *search, u32 book)
{
    return (struct source){key_of(search, &search->engine->books[book]), book};
}

/* The line with the fewest books: whatever holds everything is among them. */
static u32 rarest_line(const struct search *search)
{
    const struct engine *engine = search->engine;
    const struct plan_line *lines = search->plan->lines;
    u32 rarest = search->first_line;
    for (u32 i = rarest + 1; i < search->first_line + search->line_count; i++)
        if (engine->skus[lines[i].sku].book_count < engine->skus[lines[rarest].sku].book_count)
            rarest = i;
    return rarest;
}

static struct source best_of_all(const struct search *search, u32 line)
{
    const struct engine *engine = search->engine;
    struct source best = {KEY_WORST, 0};
    for (u32 id = engine->skus[search->plan->lines[line].sku].first_book; id != 0; id = engine->books[id].next) {
        if (!serves(search, line, &engine->books[id]))
            continue;
        struct source source = source_of(search, id);
        bool better = source_better(search, source, best);
        if (best.book != 0)
            tell_passed_over(search, better ? best.book : id, better ? id : best.book);
        if (better)
            best = source;
    }
    return best;
}

static void look_at_city(const struct search *search, u32 line, u32 city, struct source *best)
{
    const struct engine *engine = search->engine;
    const struct plan_line *wanted = &search->plan->lines[line];
    const struct shelf *shelf = &engine->shelves[shelf_find(engine, wanted->sku, city)];
    if (shelf->free < wanted->quantity)
        return;
    route_key bound = bound_of(search, city);
    for (u32 id = shelf->first_book; id != 0 && best->key > bound; id = engine->shelf_next[id]) {
        if (!serves(search, line, &engine->books[id]))
            continue;
        struct source source = source_of(search, id);
        if (source_better(search, source, *best))
            *best = source;
    }
}

/* As best_of_all, for a SKU that many locations have: the wished one, the order's city, then the others by distance. */
static struct source best_by_city(const struct search *search, u32 line)
{
    const struct engine *engine = search->engine;
    const struct plan *plan = search->plan;
    struct source best = {KEY_WORST, 0};
    u32 wished = plan->place->location == 0 ? 0
                                            : engine_find_book(engine, plan->lines[line].sku, plan->place->location);
    if (wished != 0 && serves(search, line, &engine->books[wished]))
        best = source_of(search, wished);
    look_at_city(search, line, plan->city, &best);
    u32 count;
    const u16 *cities = cities_near(engine, plan->city, &count);
    for (u32 i = 0; i < count; i++) {
        if (cities[i] == plan->city)
            continue;
        if (best.book != 0 && best.key < bound_of(search, cities[i]))
            break;
        look_at_city(search, line, cities[i], &best);
    }
    return best;
}

static struct source best_source(const struct search *search)
{
    const struct engine *engine = search->engine;
    u32 line = rarest_line(search);
    u32 books = engine->skus[search->plan->lines[line].sku].book_count;
    if (search->plan->trace != NULL || books <= SCAN_BOOKS_MAX)
        return best_of_all(search, line);
    return best_by_city(search, line);
}

/* --- one location for everything ---------------------------------------------------- */

/* The rules in force: `fewest` says whether that one is wanted too, `count` how many of the list. */
static struct rules rules_from(const struct engine *engine, u32 count, bool fewest)
{
    struct rules rules = {.count = 0};
    bool nearest = false;
    for (u32 i = 0; i < count && engine->head.rules[i] != 0; i++) {
        u8 rule = engine->head.rules[i];
        if (rule == RULE_FEWEST && !fewest)
            continue;
        nearest |= rule == RULE_NEAREST;
        rules.list[rules.count++] = rule;
    }
    if (!nearest)
        rules.list[rules.count++] = RULE_NEAREST;
    return rules;
}

/* How many rules stand before fewest-parts. */
static u32 rules_before_fewest(const struct engine *engine)
{
    u32 count = 0;
    while (count < RULES_MAX && engine->head.rules[count] != 0 && engine->head.rules[count] != RULE_FEWEST)
        count++;
    return count;
}

static struct search search_for(const struct engine *engine, const struct plan *plan, u32 first_line, u32 line_count)
{
    return (struct search){.engine = engine, .plan = plan, .first_line = first_line, .line_count = line_count};
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

static void take_all_from(const struct engine *engine, struct plan *plan, u32 location)
{
    for (u32 i = 0; i < plan->line_count; i++) {
        u32 book = engine_find_book(engine, plan->lines[i].sku, location);
        bool added = source_add(plan, i, book, plan->lines[i].quantity);
        ASSERT(added);
    }
    plan_tell(plan, "route", RESULT_OK, 0, location, 0, 0);
}

/* The location that serves every line best, 0: none does. */
static u32 best_single(const struct engine *engine, const struct plan *plan)
{
    struct search search = search_for(engine, plan, 0, plan->line_count);
    search.rules = rules_from(engine, RULES_MAX, false);
    struct source best = best_source(&search);
    return best.book == 0 ? 0 : engine->books[best.book].location;
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
    if (!at_capacity(engine, plan, location))
        return true;
    plan->source_count = 0;
    return false;
}

/* Whether, by the rules that count more than few parts, some line has a better source than `location`. */
static bool split_is_better(const struct engine *engine, const struct plan *plan, u32 location)
{
    u32 count = rules_before_fewest(engine);
    for (u32 i = 0; i < plan->line_count && count > 0; i++) {
        struct search search = search_for(engine, plan, i, 1);
        search.rules = rules_from(engine, count, false);
        struct source best = best_source(&search);
        search.rules.count = count; /* without a nearest that is not asked for */
        if (key_of(&search, &engine->books[best.book]) < key_of(&search, book_of(&search, i, location)))
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
        *(at_capacity(engine, plan, engine->books[id].location) ? at_full : held) += book_free(&engine->books[id]);
}

/* All that is free of a SKU, whoever may send it now. */
static u64 units_free(const struct engine *engine, const struct sku *sku)
{
    return sku->book_count > 1 ? engine->sku_shelves[sku - engine->skus].free
                               : book_free(&engine->books[sku->first_book]);
}

static struct result enough_anywhere(const struct engine *engine, const struct plan *plan)
{
    for (u32 i = 0; i < plan->line_count; i++) {
        const struct plan_line *line = &plan->lines[i];
        u64 held = units_free(engine, &engine->skus[line->sku]), at_full = 0;
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

/* The best sources that have something of the line, best first; how many. `best` has room for as many as the order has. */
static u32 best_pieces(const struct search *search, struct source *best)
{
    const struct engine *engine = search->engine;
    u32 room = ORDER_PARTS_MAX - search->plan->source_count;
    u32 count = 0;
    u32 line = search->first_line;
    for (u32 id = engine->skus[search->plan->lines[line].sku].first_book; id != 0; id = engine->books[id].next) {
        if (!serves(search, line, &engine->books[id]))
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
    struct search search = search_for(engine, plan, line, 1);
    search.rules = rules_from(engine, RULES_MAX, true);
    struct source whole = best_source(&search);
    if (whole.book != 0)
        return source_add(plan, line, whole.book, wanted);

    struct source pieces[ORDER_PARTS_MAX];
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
        const struct book *book = &engine->books[engine_find_book(engine, line->sku, location)];
        u32 held = plan->place->delivery == DELIVERY_PICK_UP ? units_beyond_safety(book) : book->available;
        if (held < line->quantity) {
            plan_tell(plan, "source", RESULT_SOLD_OUT, i + 1, location, held, line->quantity);
            MARK(SOLD_OUT_IN_STORE);
            return refuse(RESULT_SOLD_OUT, line->sku);
        }
    }
    take_all_from(engine, plan, location);
    return accept(0, 0);
}

static struct result choose_sources(const struct engine *engine, struct plan *plan)
{
    bool may_split = (plan->place->flags & ORDER_MAY_SPLIT) != 0;
    if (plan->place->delivery != DELIVERY_HOME)
        return from_store(engine, plan);
    if (plan->trace == NULL && only_source(engine, plan))
        return accept(0, 0);
    u32 single = best_single(engine, plan);
    if (single != 0 && !(may_split && split_is_better(engine, plan, single))) {
        take_all_from(engine, plan, single);
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
