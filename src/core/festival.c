/*
 * The flagship cities of a festival. (When it sells, and at what prices, is
 * deal.c.) A festival's rows are linked; one given up has no city and is the
 * first that is used again.
 */
#include "core/internal.h"

struct result apply_festival_flagship(struct engine *engine, const struct command_festival_flagship *command)
{
    if (!exists(engine, LIMIT_festivals, command->festival))
        return refuse(RESULT_UNKNOWN_FESTIVAL, 0);
    if (!exists(engine, LIMIT_cities, command->city))
        return refuse(RESULT_UNKNOWN_CITY, 0);
    if (command->flagship > 1)
        return refuse(RESULT_MALFORMED, 0);
    struct festival *festival = &engine->festivals[command->festival];
    u32 count = 0;
    u32 own = 0;
    u32 unused = 0;
    for (u32 id = festival->first_flagship; id != 0; id = engine->flagships[id].next) {
        u32 city = engine->flagships[id].city;
        count += city != 0;
        if (city == command->city)
            own = id;
        else if (city == 0)
            unused = id;
    }
    if ((own != 0) == (command->flagship == 1))
        return no_change(command->festival, count);
    if (own != 0) {
        engine->flagships[own].city = 0;
        return accept(command->festival, count - 1);
    }
    if (count >= FLAGSHIPS_MAX || (unused == 0 && room(engine, LIMIT_flagships) == 0))
        return pool_full(LIMIT_flagships);

    if (unused == 0) {
        unused = new_row(engine, LIMIT_flagships);
        engine->flagships[unused].next = festival->first_flagship;
        festival->first_flagship = unused;
    }
    engine->flagships[unused].city = command->city;
    return accept(command->festival, count + 1);
}
