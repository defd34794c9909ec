#include "base/index.h"

void index_insert(struct index *index, u32 tag, u32 id)
{
    ASSERT(id > 0);
    u64 at = index_home(index, tag);
    u64 probes = 0;
    while (index->slots[at] != 0) {
        ASSERT(probes++ < index->slot_count);
        at = at + 1 == index->slot_count ? 0 : at + 1;
    }
    index->slots[at] = ((u64)tag << 32) | id;
}

/* True when a slot whose home is `home` may stay at `at` although the slot `hole` before it is free. */
static bool index_may_stay(u64 home, u64 hole, u64 at)
{
    if (hole < at)
        return home > hole && home <= at;
    return home > hole || home <= at; /* the run wraps around the end */
}

void index_remove(struct index *index, u32 tag, u32 id)
{
    u64 wanted = ((u64)tag << 32) | id;
    u64 at = index_home(index, tag);
    while (index->slots[at] != wanted) {
        ASSERT(index->slots[at] != 0);
        at = at + 1 == index->slot_count ? 0 : at + 1;
    }
    u64 hole = at;
    for (;;) {
        at = at + 1 == index->slot_count ? 0 : at + 1;
        u64 slot = index->slots[at];
        if (slot == 0)
            break;
        if (index_may_stay(index_home(index, (u32)(slot >> 32)), hole, at))
            continue;
        index->slots[hole] = slot;
        hole = at;
    }
    index->slots[hole] = 0;
}
