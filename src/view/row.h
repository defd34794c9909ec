/*
 * Rows: what each command changes in views.db. row_before looks at the engine in front of the command and notes what it
 * may change; row_after compares and writes the difference. Called by the follower, for each durable command.
 */
#ifndef ELEVEN_VIEW_ROW_H
#define ELEVEN_VIEW_ROW_H

#include "core/engine.h"
#include "view/block.h"
#include "view/placed.h"
#include "view/product.h"
#include "view/sale.h"
#include "view/store.h"

struct row_part {
    u32 location;
    u8 state;
};

/* As it was before the command. */
struct row_before {
    u32 order;              /* the command is about; 0: none, or it is new */
    u8 state;               /* of that order */
    u8 part_count;
    struct row_part parts[ORDER_PARTS_MAX];
    u32 entity;             /* the brand, department or SKU that it puts; 0: new */
    u32 text;               /* of that one */
    struct sku sku;
    u32 due_count;          /* holds a clock.tick will let go, in its order */
    u32 due[EXPIRE_PER_TICK_MAX];
};

struct rows {
    struct store *store;    /* not owned; failures stick to it */
    struct product product;
    struct placed placed;
    struct sales sales;
    struct blocks blocks;
};

bool row_open(struct rows *rows, struct store *store); /* false: no memory */
void row_close(struct rows *rows);

/* The order a command is about, with its answer (accepted); 0: none. */
u32 row_order(const struct command_header *command, struct result result);

void row_before(struct row_before *before, const struct engine *engine, const struct command_header *command);
void row_after(struct rows *rows, const struct row_before *before, const struct engine *engine,
               const struct command_header *command, struct result result);

/* Writes what was gathered, before the transaction ends. */
void row_flush(struct rows *rows, const struct engine *engine);

#endif
