#include "view/sale.h"

#include "base/assert.h"
#include "base/checksum.h"

#include <stdlib.h>

bool sale_open(struct sales *sales)
{
    *sales = (struct sales){.slots = calloc(SALE_SLOTS, sizeof(struct sale))};
    return sales->slots != NULL;
}

void sale_close(struct sales *sales)
{
    free(sales->slots);
    *sales = (struct sales){0};
}

void sale_add(struct sales *sales, struct store *store, const struct sale *change)
{
    ASSERT(change->sku != 0);
    if (sales->used >= SALE_USED_MAX)
        sale_flush(sales, store);
    u64 hash = mix64((u64)change->sku << 32 | change->festival << 16 | (change->currency & 0xffff));
    struct sale *slot = &sales->slots[hash % SALE_SLOTS];
    while (slot->sku != 0 && (slot->sku != change->sku || slot->festival != change->festival ||
                              slot->currency != change->currency))
        slot = slot + 1 < sales->slots + SALE_SLOTS ? slot + 1 : sales->slots;
    if (slot->sku == 0) {
        sales->used++;
        *slot = (struct sale){.festival = change->festival, .sku = change->sku, .currency = change->currency};
    }
    slot->units += change->units;
    slot->returned += change->returned;
    slot->paid_minor += change->paid_minor;
}

static int sale_compare(const void *a, const void *b)
{
    const struct sale *one = a, *two = b;
    if (one->festival != two->festival)
        return one->festival < two->festival ? -1 : 1;
    if (one->sku != two->sku)
        return one->sku < two->sku ? -1 : 1;
    return one->currency < two->currency ? -1 : one->currency > two->currency;
}

void sale_flush(struct sales *sales, struct store *store)
{
    if (sales->used == 0)
        return;
    u32 count = 0;
    for (u32 i = 0; i < SALE_SLOTS; i++)
        if (sales->slots[i].sku != 0)
            sales->slots[count++] = sales->slots[i];
    ASSERT(count == sales->used);
    qsort(sales->slots, count, sizeof(*sales->slots), sale_compare);
    for (u32 i = 0; i < count; i++) {
        const struct sale *sale = &sales->slots[i];
        STORE_RUN(store, SALE_ADD, sale->festival, sale->sku, sale->currency, sale->units, sale->returned,
                  sale->paid_minor);
    }
    memset(sales->slots, 0, SALE_SLOTS * sizeof(*sales->slots));
    sales->used = 0;
}
