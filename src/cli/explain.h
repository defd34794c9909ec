/*
 * The words of `eleven explain`; explain.c is the subcommand.
 */
#ifndef ELEVEN_CLI_EXPLAIN_H
#define ELEVEN_CLI_EXPLAIN_H

#include "core/engine.h"

#define EXPLAIN_LOCATIONS_MAX 1000u /* steps about a location that are shown: a country's stores are thousands */

/* What the amounts and times of a decision are in, and what has been told of it. */
struct explain {
    const struct engine *engine;
    u32 currency;
    i32 utc_offset_minutes;
    u32 locations;          /* steps about a location so far */
};

/* An engine_trace with a struct explain: one line on standard output, if it is not one of too many about locations;
 * how many of those there were is said before the decision. */
void explain_step(void *argument, const struct trace_step *step);

/* "ok: Done. Total 205.00 CNY." */
void explain_result(const struct explain *explain, struct result result);

#endif
