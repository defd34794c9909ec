/*
 * Warehouses and stores: where they are, what they offer, and their plan: when
 * they are open, by when an order must be placed to leave the same day, how long
 * the way is. What is promised to shoppers from a plan is promise.c.
 */
#include "core/internal.h"

#include <string.h>

/* Books keep a copy of what routing asks of their location. */
static void books_follow(struct engine *engine, u32 location)
{
    for (u32 i = 1; i <= engine->head.count[LIMIT_books]; i++)
        if (engine->books[i].location == location) {
            book_services_set(engine, &engine->books[i], engine->locations[location].services);
            engine->books[i].city = (u16)engine->locations[location].city;
        }
}

struct result apply_location_put(struct engine *engine, const struct command_location_put *command)
{
    const unsigned all_services = SERVICE_SHIP | SERVICE_PICK_UP | SERVICE_CARRY_OUT;
    u32 id;
    if (!put_find(engine, &command->header, &id) || !coordinates_good(command->longitude_e6, command->latitude_e6))
        return refuse(RESULT_MALFORMED, 0);
    if ((command->kind != LOCATION_WAREHOUSE && command->kind != LOCATION_STORE) ||
        (command->services & ~all_services) != 0)
        return refuse(RESULT_MALFORMED, 0);
    if (!exists(engine, LIMIT_cities, command->city))
        return refuse(RESULT_UNKNOWN_CITY, 0);
    struct location old = engine->locations[id]; /* row 0 is zeros: a new one */
    struct location row = old;
    row.city = command->city;
    row.longitude_e6 = command->longitude_e6;
    row.latitude_e6 = command->latitude_e6;
    row.kind = command->kind;
    row.services = command->services;
    struct result result = put_row(engine, &command->header, id, &row);
    if (id == 0 || result.code != RESULT_OK)
        return result;
    if (old.city != row.city || old.services != row.services)
        books_follow(engine, id);
    if (old.city != row.city || old.longitude_e6 != row.longitude_e6 || old.latitude_e6 != row.latitude_e6)
        shelves_rebuild(engine);
    return result;
}

/* Open from one minute of the day to another, or not at all. */
static bool opening_good(u16 opens_min, u16 closes_min)
{
    return (opens_min < closes_min && closes_min <= DAY_MIN) || (opens_min == 0 && closes_min == 0);
}

static bool plan_good(const struct command_location_plan *command)
{
    return command->utc_offset_minutes >= UTC_OFFSET_MIN && command->utc_offset_minutes <= UTC_OFFSET_MAX &&
           opening_good(command->opens_min, command->closes_min) &&
           opening_good(command->weekend_opens_min, command->weekend_closes_min) &&
           (command->closes_min != 0 || command->weekend_closes_min != 0) && command->cut_off_min <= DAY_MIN &&
           command->prepare_min <= DAY_MIN && command->keep_days >= 1 && command->keep_days <= KEEP_DAYS_MAX &&
           command->days_city <= TRANSIT_DAYS_MAX && command->days_far <= TRANSIT_DAYS_MAX;
}

struct result apply_location_plan(struct engine *engine, const struct command_location_plan *command)
{
    if (!exists(engine, LIMIT_locations, command->location))
        return refuse(RESULT_UNKNOWN_LOCATION, 0);
    if (!plan_good(command))
        return refuse(RESULT_MALFORMED, 0);
    struct location *location = &engine->locations[command->location];
    struct location row = *location;
    row.utc_offset_minutes = command->utc_offset_minutes;
    row.opens_min = command->opens_min;
    row.closes_min = command->closes_min;
    row.weekend_opens_min = command->weekend_opens_min;
    row.weekend_closes_min = command->weekend_closes_min;
    row.cut_off_min = command->cut_off_min;
    row.capacity = command->capacity;
    row.prepare_min = command->prepare_min;
    row.keep_days = command->keep_days;
    row.days_city = command->days_city;
    row.days_far = command->days_far;
    if (memcmp(&row, location, sizeof(row)) == 0)
        return no_change(command->location, 0);
    *location = row;
    return accept(command->location, 0);
}
