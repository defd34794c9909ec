/*
 * Sales: what was paid for each SKU of a festival. Gathered in memory while a transaction lasts, for a few SKUs are in
 * most orders, and added to the table at its end, in the table's order.
 */
#ifndef ELEVEN_VIEW_SALE_H
#define ELEVEN_VIEW_SALE_H

#include "view/store.h"

#define SALE_SLOTS 32768u           /* 2^n */
#define SALE_USED_MAX (SALE_SLOTS / 4 * 3)

/* What came to one SKU since the last flush. All zero: a free slot (no SKU is 0). */
struct sale {
    u32 festival;
    u32 sku;
    u32 currency;
    u32 reserved;
    i64 units;
    i64 returned;
    i64 paid_minor;
};

struct sales {
    struct sale *slots;
    u32 used;
};

bool sale_open(struct sales *sales); /* false: no memory */
void sale_close(struct sales *sales);

/* Adds the numbers of `change`, which may be below 0. */
void sale_add(struct sales *sales, struct store *store, const struct sale *change);

/* Writes what was gathered, or forgets it when the store has failed. */
void sale_flush(struct sales *sales, struct store *store);

#endif
