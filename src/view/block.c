#include "view/block.h"

#include "base/assert.h"
#include "base/checksum.h"

#include <stdlib.h>

_Static_assert((int)ORDER_EXPIRED < BLOCK_LIST_PART && PART_CHECKED < BLOCK_LIST_FESTIVAL - BLOCK_LIST_PART,
               "the lists do not overlap, and none is 0");

bool block_open(struct blocks *blocks)
{
    *blocks = (struct blocks){.slots = calloc(BLOCK_SLOTS, sizeof(struct block))};
    return blocks->slots != NULL;
}

void block_close(struct blocks *blocks)
{
    free(blocks->slots);
    *blocks = (struct blocks){0};
}

void block_add(struct blocks *blocks, struct store *store, u32 list, u32 order, int change)
{
    ASSERT(list != 0);
    if (blocks->used >= BLOCK_USED_MAX)
        block_flush(blocks, store);
    u32 block = order / BLOCK_ORDERS;
    u64 at = mix64((u64)list << 32 | block) % BLOCK_SLOTS;
    while (blocks->slots[at].list != 0 && (blocks->slots[at].list != list || blocks->slots[at].block != block))
        at = (at + 1) % BLOCK_SLOTS;
    if (blocks->slots[at].list == 0) {
        blocks->used++;
        blocks->slots[at] = (struct block){.list = list, .block = block};
    }
    blocks->slots[at].change += change;
}

void block_flush(struct blocks *blocks, struct store *store)
{
    if (blocks->used == 0)
        return;
    for (u32 i = 0; i < BLOCK_SLOTS; i++) {
        const struct block *block = &blocks->slots[i];
        if (block->change != 0)
            STORE_RUN(store, BLOCK_ADD, block->list, block->block, block->change);
        if (block->change < 0)
            STORE_RUN(store, BLOCK_CLEAN, block->list, block->block);
    }
    memset(blocks->slots, 0, BLOCK_SLOTS * sizeof(*blocks->slots));
    blocks->used = 0;
}
