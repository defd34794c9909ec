/*
 * The part of the proof (check.c) that concerns places: what is coming to each
 * book and what is between two of them, why units are missing at a location,
 * and which cities are flagships.
 */
#include "core/internal.h"

static bool inbound_row_good(const struct engine *engine, const struct inbound *inbound)
{
    u64 accounted = (u64)inbound->received + inbound->lost;
    if (inbound->expected < 1 || inbound->expected > UNITS_MAX || accounted > inbound->expected ||
        (inbound->from != 0 && !exists(engine, LIMIT_locations, inbound->from)) || inbound->from == inbound->to ||
        !exists(engine, LIMIT_skus, inbound->sku) || engine_find_book(engine, inbound->sku, inbound->to) == 0)
        return false;
    if (inbound->closed_ms == 0)
        return inbound->lost == 0 && accounted < inbound->expected;
    if (inbound->closed_ms < inbound->made_ms)
        return false;
    return inbound->from == 0 ? inbound->lost == 0 : accounted == inbound->expected;
}

static void sum_inbounds(const struct engine *engine, struct place_sums sums, struct check_report *report)
{
    for (u32 id = 1; id <= engine->head.count[LIMIT_inbounds]; id++) {
        const struct inbound *inbound = &engine->inbounds[id];
        if (!inbound_row_good(engine, inbound)) {
            report->unit_errors++;
            continue;
        }
        sums.book_coming[engine_find_book(engine, inbound->sku, inbound->to)] += engine_inbound_left(inbound);
        if (inbound->from != 0)
            sums.sku_moving[inbound->sku] += engine_inbound_left(inbound);
    }
}

/* What left a book and is in no other one must be on its way. */
static void sum_books(const struct engine *engine, struct place_sums sums, struct check_report *report)
{
    for (u32 id = 1; id <= engine->head.count[LIMIT_books]; id++) {
        const struct book *book = &engine->books[id];
        if (book->coming != sums.book_coming[id] || book->safety > UNITS_MAX)
            report->unit_errors++;
        if (exists(engine, LIMIT_skus, book->sku))
            sums.sku_moving[book->sku] += (i64)book->moved_in - book->moved_out;
        if (exists(engine, LIMIT_locations, book->location))
            sums.location_shrink[book->location] += book->shrink;
    }
    for (u32 id = 1; id <= engine->head.count[LIMIT_skus]; id++)
        report->unit_errors += sums.sku_moving[id] != 0;
}

static void check_locations(const struct engine *engine, const u64 *shrink, struct check_report *report)
{
    for (u32 id = 1; id <= engine->head.count[LIMIT_locations]; id++) {
        const struct location *location = &engine->locations[id];
        u64 sum = 0;
        for (unsigned reason = 0; reason < REASON_COUNT; reason++)
            sum += location->shrink[reason];
        report->unit_errors += sum != shrink[id];
    }
}

/* Whether a city stands in a festival's list behind row `id`. */
static bool flagship_again(const struct engine *engine, u32 id, u64 steps_max)
{
    u32 city = engine->flagships[id].city;
    for (id = engine->flagships[id].next; id != 0 && steps_max > 0; id = engine->flagships[id].next, steps_max--)
        if (!exists(engine, LIMIT_flagships, id) || engine->flagships[id].city == city)
            return true;
    return id != 0;
}

/* Every row is in one list, and a list has a city once. */
static void check_flagships(const struct engine *engine, struct check_report *report)
{
    u64 rows = engine->head.count[LIMIT_flagships];
    u64 walked = 0; /* a list that bites its tail has an end here too */
    for (u32 i = 1; i <= engine->head.count[LIMIT_festivals]; i++) {
        u32 used = 0;
        u32 id = engine->festivals[i].first_flagship;
        for (; exists(engine, LIMIT_flagships, id) && walked < rows; id = engine->flagships[id].next, walked++) {
            u32 city = engine->flagships[id].city;
            used += city != 0;
            if (city != 0 && (!exists(engine, LIMIT_cities, city) || flagship_again(engine, id, FLAGSHIPS_MAX)))
                report->deal_errors++;
        }
        if (id != 0 || used > FLAGSHIPS_MAX)
            report->deal_errors++;
    }
    report->deal_errors += walked != rows;
}

void check_places(const struct engine *engine, struct place_sums sums, struct check_report *report)
{
    _Static_assert(ARRAY_COUNT(((struct location *)0)->shrink) == REASON_COUNT, "one sum for each reason");
    sum_inbounds(engine, sums, report);
    sum_books(engine, sums, report);
    check_locations(engine, sums.location_shrink, report);
    check_flagships(engine, report);
}
