/*
 * The flagship cities of a festival: which ones is data.
 */
#include "cli/festival.h"

#include "base/assert.h"
#include "cli/cli.h"

#include <stdio.h>

static bool flagship_is(const struct engine *engine, u32 festival, u32 city)
{
    u32 id = engine_festival(engine, festival)->first_flagship;
    for (; id != 0; id = engine_flagship(engine, id)->next)
        if (engine_flagship(engine, id)->city == city)
            return true;
    return false;
}

static int flagship_set(struct stage *stage, u32 festival, u32 city, bool flagship)
{
    struct command_festival_flagship *set = stage_draft(stage, COMMAND_FESTIVAL_FLAGSHIP);
    set->festival = festival;
    set->city = city;
    set->flagship = flagship;
    struct result result = stage_apply(stage);
    if (result.code == RESULT_OK || result.code == RESULT_NO_CHANGE)
        return CLI_DONE;
    cli_error("flagship", "%s", cli_refusal((char[CLI_REFUSAL_MAX]){0}, stage_engine(stage), result));
    return CLI_REFUSED;
}

int festival_flagships(struct stage *stage, u32 festival, const char *const *codes, size_t count)
{
    const struct engine *engine = stage_engine(stage);
    u32 cities[FLAGSHIPS_MAX];
    size_t wished = 0;
    bool none = count == 1 && strcmp(codes[0], "none") == 0;
    if (count > FLAGSHIPS_MAX) {
        cli_error("festival", "a festival has at most %u flagship cities", FLAGSHIPS_MAX);
        return CLI_REFUSED;
    }
    for (size_t i = 0; i < count && !none; i++) {
        cities[wished] = engine_find(engine, COMMAND_CITY_PUT, slice_text(codes[i]));
        if (cities[wished++] == 0) {
            cli_error("festival", "there is no city \"%s\"", codes[i]);
            return CLI_REFUSED;
        }
    }
    for (u32 city = 1; city <= engine_city_count(engine); city++) {
        bool wish = false;
        for (size_t i = 0; i < wished; i++)
            wish = wish || cities[i] == city;
        if (!wish && flagship_is(engine, festival, city) && flagship_set(stage, festival, city, false) != CLI_DONE)
            return CLI_REFUSED;
    }
    for (size_t i = 0; i < wished; i++)
        if (flagship_set(stage, festival, cities[i], true) != CLI_DONE)
            return CLI_REFUSED;
    return CLI_DONE;
}

void festival_print_flagships(const struct engine *engine, const struct festival *festival)
{
    const char *before = "  flagships ";
    for (u32 id = festival->first_flagship; id != 0; id = engine_flagship(engine, id)->next) {
        const struct city *city = engine_city(engine, engine_flagship(engine, id)->city);
        if (city == NULL)
            continue; /* given up */
        printf("%s" SLICE_FORMAT " " SLICE_FORMAT, before, SLICE_ARGS(engine_text(engine, city->text, 0)),
               SLICE_ARGS(engine_text(engine, city->text, 1)));
        before = ", ";
    }
    if (before[0] == ',')
        printf("\n");
}
