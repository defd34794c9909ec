/*
 * Blocks: which of the orders numbered block x BLOCK_ORDERS and the following have something in common: a festival, a
 * state, a part in a state. A question skips the blocks that have none of its list and looks at the orders of the
 * others. The counts change in memory while a transaction lasts, some 40 blocks for 10,000 orders, and are added to the
 * table at its end.
 */
#ifndef ELEVEN_VIEW_BLOCK_H
#define ELEVEN_VIEW_BLOCK_H

#include "core/engine.h"
#include "view/store.h"

#define BLOCK_ORDERS 256
#define BLOCK_SLOTS 8192u           /* 2^n */
#define BLOCK_USED_MAX (BLOCK_SLOTS / 4 * 3)

/* The lists. */
#define BLOCK_LIST_STATE 0          /* + enum order_state */
#define BLOCK_LIST_PART 8           /* + enum part_state: some part is in it */
#define BLOCK_LIST_FESTIVAL 32      /* + festival */

/* How the orders of a block on a list changed. `change` may be 0; list 0: a free slot. */
struct block {
    u32 list;
    u32 block;
    i64 change;
};

struct blocks {
    struct block *slots;
    u32 used;
};

bool block_open(struct blocks *blocks); /* false: no memory */
void block_close(struct blocks *blocks);

/* The order comes onto a list (1), or off it (-1). */
void block_add(struct blocks *blocks, struct store *store, u32 list, u32 order, int change);

/* Writes what was gathered, or forgets it when the store has failed. */
void block_flush(struct blocks *blocks, struct store *store);

#endif
