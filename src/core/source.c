#include "core/source.h"

#define KEY_WORST (~(source_key)0)
#define SCAN_BOOKS_MAX 12   /* up to so many books of a SKU are quicker looked at one by one */

struct search source_search(const struct engine *engine, const struct plan *plan, u32 first_line, u32 line_count)
{
    return (struct search){.engine = engine, .plan = plan, .first_line = first_line, .line_count = line_count};
}

struct rules source_rules(const struct engine *engine, u32 count, bool fewest)
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

/* --- rules ------------------------------------------------------------------------------- */

bool source_at_capacity(const struct engine *engine, const struct plan *plan, u32 location)
{
    const struct location *place = &engine->locations[location];
    return place->capacity != 0 && engine_hour_orders(place, plan->now_ms) >= place->capacity;
}

/* Quarters of the hour's capacity that are taken: not all of them, or the location would not be a source. */
static u32 load(const struct plan *plan, const struct location *place)
{
    if (place->capacity == 0)
        return 0;
    u32 quarters = (u32)((u64)engine_hour_orders(place, plan->now_ms) * 4 / place->capacity);
    ASSERT(quarters < 4);
    return quarters;
}

/* A line before those that are looked at comes from there. */
static bool in_use(const struct search *search, u32 location)
{
    const struct plan *plan = search->plan;
    for (u32 i = 0; i < plan->source_count; i++)
        if (search->engine->books[plan->sources[i].book].location == location)
            return true;
    return false;
}

static u32 units_wanted(const struct search *search, u32 line, const struct book *book)
{
    u32 quantity = search->plan->lines[line].quantity;
    return search->piece_of == 0 ? quantity : MIN(search->piece_of, book_free(book));
}

const struct book *source_book(const struct search *search, u32 line, u32 location)
{
    const struct engine *engine = search->engine;
    return &engine->books[shelf_find_book(engine, search->plan->lines[line].sku, location)];
}

/* Whether a store would give its last free unit of a line. */
static bool last_units(const struct search *search, const struct book *book)
{
    if (search->engine->locations[book->location].kind == LOCATION_WAREHOUSE)
        return false;
    for (u32 i = search->first_line; i < search->first_line + search->line_count; i++) {
        bool its_own = search->plan->lines[i].sku == book->sku;
        const struct book *own = its_own ? book : source_book(search, i, book->location);
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
        return 2;
    default:
        return 1;
    }
}

static source_key nearest_key(const struct search *search, u32 city)
{
    i64 distance = city == search->plan->city ? 0 : city_distance(search->engine, search->plan->city, city);
    return (source_key)(u64)distance << 16 | city;
}

static source_key rule_value(const struct search *search, u8 rule, const struct book *book)
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

source_key source_key_of(const struct search *search, const struct book *book)
{
    source_key key = 0;
    for (u32 i = 0; i < search->rules.count; i++)
        key = key << rule_bits(search->rules.list[i]) | rule_value(search, search->rules.list[i], book);
    return key;
}

/* The smallest key that a source in `city` could have (0: in any but the order's), if its location is not the wished
 * one. */
static source_key bound_of(const struct search *search, u32 city)
{
    source_key key = 0;
    for (u32 i = 0; i < search->rules.count; i++) {
        u8 rule = search->rules.list[i];
        source_key least = 0;
        if (rule == RULE_WISHED || (rule == RULE_CITY && city != search->plan->city))
            least = 1;
        else if (rule == RULE_NEAREST && city != 0)
            least = nearest_key(search, city);
        key = key << rule_bits(rule) | least;
    }
    return key;
}

bool source_better(const struct search *search, struct source a, struct source b)
{
    if (a.book == 0 || b.book == 0)
        return a.book != 0;
    if (a.key != b.key)
        return a.key < b.key;
    const struct book *book_a = &search->engine->books[a.book];
    const struct book *book_b = &search->engine->books[b.book];
    ASSERT(book_a->city == book_b->city); /* nearest is among the rules */
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
        source_key value = rule_value(search, rule, a);
        source_key other = rule_value(search, rule, b);
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

bool source_serves(const struct search *search, u32 line, const struct book *book)
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
    if (source_at_capacity(engine, plan, book->location)) {
        const struct location *place = &engine->locations[book->location];
        plan_tell(plan, "source", RESULT_AT_CAPACITY, 0, book->location, place->hour_orders, place->capacity);
        return false;
    }
    for (u32 i = search->first_line; i < search->first_line + search->line_count; i++) {
        if (i == line)
            continue;
        const struct book *own = source_book(search, i, book->location);
        if (book_free(own) < plan->lines[i].quantity) {
            plan_tell(plan, "source", RESULT_SOLD_OUT, i + 1, book->location, book_free(own), plan->lines[i].quantity);
            return false;
        }
    }
    return true;
}

struct source source_of(const struct search *search, u32 book)
{
    return (struct source){source_key_of(search, &search->engine->books[book]), book};
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
        if (!source_serves(search, line, &engine->books[id]))
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
    source_key bound = bound_of(search, city);
    for (u32 id = shelf->first_book; id != 0 && best->key > bound; id = engine->shelf_next[id]) {
        if (!source_serves(search, line, &engine->books[id]))
            continue;
        struct source source = source_of(search, id);
        if (source_better(search, source, *best))
            *best = source;
    }
}

static bool has_rule(const struct search *search, u8 rule)
{
    for (u32 i = 0; i < search->rules.count; i++)
        if (search->rules.list[i] == rule)
            return true;
    return false;
}

/* As best_of_all, for a SKU that many locations have: the wished one, the order's city, then the others by distance. */
static struct source best_by_city(const struct search *search, u32 line)
{
    const struct engine *engine = search->engine;
    const struct plan *plan = search->plan;
    struct source best = {KEY_WORST, 0};
    u32 wished = 0;
    MARK(SEARCHED_BY_CITY);
    if (plan->place->location != 0 && has_rule(search, RULE_WISHED))
        wished = engine_find_book(engine, plan->lines[line].sku, plan->place->location);
    if (wished != 0 && source_serves(search, line, &engine->books[wished]))
        best = source_of(search, wished);
    look_at_city(search, line, plan->city, &best);
    if (best.book != 0 && best.key < bound_of(search, 0))
        return best;
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

struct source source_best(const struct search *search)
{
    const struct engine *engine = search->engine;
    u32 line = rarest_line(search);
    u32 books = engine->skus[search->plan->lines[line].sku].book_count;
    if (search->plan->trace != NULL || books <= SCAN_BOOKS_MAX)
        return best_of_all(search, line);
    return best_by_city(search, line);
}
