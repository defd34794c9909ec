/*
 * The words of `eleven explain`; explain.c is the subcommand.
 */
#ifndef ELEVEN_CLI_EXPLAIN_H
#define ELEVEN_CLI_EXPLAIN_H

#include "core/engine.h"

/* What the amounts and times of a decision are in. */
struct explain {
    const struct engine *engine;
    u32 currency;
    i32 utc_offset_minutes;
};

/* An engine_trace with a struct explain: one line on standard output. */
void explain_step(void *argument, const struct trace_step *step);

/* "ok: Done. Total 205.00 CNY." */
void explain_result(const struct explain *explain, struct result result);

#endif
