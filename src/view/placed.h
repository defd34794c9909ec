/*
 * Placed: what new orders add to tables that are not in their order, gathered while a transaction lasts and written in
 * the tables' order: a run of neighbours costs half of what they cost one by one, and far less once the tables are
 * larger than memory.
 */
#ifndef ELEVEN_VIEW_PLACED_H
#define ELEVEN_VIEW_PLACED_H

#include "core/engine.h"
#include "view/store.h"

#define PLACED_PARTS_MAX 32768u
#define PLACED_SHOPPERS_MAX 32768u

struct placed_part {
    u32 location;
    u32 order;
    u8 state;
    u8 part;                /* from 1 */
    u8 reserved[2];
};

struct placed {
    struct placed_part *parts;
    u32 part_count;
    u32 *shoppers;          /* who placed orders */
    u32 shopper_count;
};

bool placed_open(struct placed *placed); /* false: no memory */
void placed_close(struct placed *placed);

void placed_part(struct placed *placed, struct store *store, const struct placed_part *part);
void placed_shopper(struct placed *placed, struct store *store, const struct engine *engine, u32 shopper);

/* Writes the parts: before any of them is changed. */
void placed_flush_parts(struct placed *placed, struct store *store);

/* Writes everything, or forgets it when the store has failed. */
void placed_flush(struct placed *placed, struct store *store, const struct engine *engine);

#endif
