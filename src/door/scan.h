/*
 * Scans: lists of rows that a whole table has to be looked through for (the deals of a festival, the books of a
 * location), in turns, so that a page is full whatever lies between its rows.
 */
#ifndef ELEVEN_DOOR_SCAN_H
#define ELEVEN_DOOR_SCAN_H

#include "core/engine.h"
#include "base/emit.h"
#include "door/http.h"

/* What a list is of: ids, as its plan understands them. */
struct scan_of {
    u32 of[4];
};

struct scan_plan {
    /* The row belongs to the list of `of`. */
    bool (*fits)(const struct engine *engine, u32 id, const struct scan_of *of);
    /* One row of the answer. */
    void (*emit)(struct emit *emit, const struct engine *engine, u32 id, i64 now_ms);
    u32 (*count)(const struct engine *engine); /* ids are 1..count */
    const char *rows;       /* what the answer's array is called */
};

/* Answers with a page of the rows that fit `of`, by id, after the id `after`: {ROWS: [...], "next"}. `plan` is
 * static. */
void scan_start(struct http *http, const struct scan_plan *plan, struct scan_of of, u64 after, u64 limit);

#endif
