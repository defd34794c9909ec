#include "view/placed.h"

#include "base/assert.h"

#include <stdlib.h>

bool placed_open(struct placed *placed)
{
    *placed = (struct placed){
        .parts = malloc(PLACED_PARTS_MAX * sizeof(struct placed_part)),
        .shoppers = malloc(PLACED_SHOPPERS_MAX * sizeof(u32)),
    };
    return placed->parts != NULL && placed->shoppers != NULL;
}

void placed_close(struct placed *placed)
{
    free(placed->parts);
    free(placed->shoppers);
    *placed = (struct placed){0};
}

/* --- parts -------------------------------------------------------------------- */

void placed_part(struct placed *placed, struct store *store, const struct placed_part *part)
{
    if (placed->part_count == PLACED_PARTS_MAX)
        placed_flush_parts(placed, store);
    placed->parts[placed->part_count++] = *part;
}

static int placed_compare_parts(const void *a, const void *b)
{
    const struct placed_part *one = a, *two = b;
    if (one->location != two->location)
        return one->location < two->location ? -1 : 1;
    if (one->state != two->state)
        return one->state < two->state ? -1 : 1;
    if (one->order != two->order)
        return one->order < two->order ? -1 : 1;
    return one->part < two->part ? -1 : one->part > two->part;
}

void placed_flush_parts(struct placed *placed, struct store *store)
{
    qsort(placed->parts, placed->part_count, sizeof(*placed->parts), placed_compare_parts);
    for (u32 i = 0; i < placed->part_count; i++) {
        const struct placed_part *part = &placed->parts[i];
        STORE_RUN(store, PART_ADD, part->location, part->state, part->order, part->part);
    }
    placed->part_count = 0;
}

/* --- shoppers ------------------------------------------------------------------- */

static int placed_compare_ids(const void *a, const void *b)
{
    u32 one = *(const u32 *)a, two = *(const u32 *)b;
    return one < two ? -1 : one > two;
}

static void placed_flush_shoppers(struct placed *placed, struct store *store, const struct engine *engine)
{
    qsort(placed->shoppers, placed->shopper_count, sizeof(u32), placed_compare_ids);
    u32 before = 0;
    for (u32 i = 0; i < placed->shopper_count; i++) {
        u32 id = placed->shoppers[i];
        if (id != before)
            STORE_RUN(store, SHOPPER_LAST, id, engine_shopper(engine, id)->last_order);
        before = id;
    }
    placed->shopper_count = 0;
}

void placed_shopper(struct placed *placed, struct store *store, const struct engine *engine, u32 shopper)
{
    ASSERT(shopper != 0);
    if (placed->shopper_count == PLACED_SHOPPERS_MAX)
        placed_flush_shoppers(placed, store, engine);
    placed->shoppers[placed->shopper_count++] = shopper;
}

void placed_flush(struct placed *placed, struct store *store, const struct engine *engine)
{
    placed_flush_parts(placed, store);
    placed_flush_shoppers(placed, store, engine);
}
