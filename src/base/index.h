/*
 * A hash index from a 32-bit tag (the high half of a hash) to row ids: open
 * addressing with linear probing over 8-byte slots (tag, id). The rows hold the
 * keys; a slot's place follows from its tag alone, so that removal and growth
 * never look at the rows. Memory is the caller's, zeroed, and never grows: with
 * `capacity` ids in it, half of the slots are still free, so that a search for what
 * is not there looks at 2.5 slots on average (Knuth, vol. 3, 6.4).
 */
#ifndef ELEVEN_BASE_INDEX_H
#define ELEVEN_BASE_INDEX_H

#include "base/assert.h"
#include "base/types.h"

struct index {
    u64 *slots;             /* tag in the high half, id in the low half; 0: free */
    u64 slot_count;
};

/* Bytes for `capacity` ids. */
static inline u64 index_memory_size(u64 capacity)
{
    return (2 * capacity + 16) * sizeof(u64);
}

static inline void index_create(struct index *index, void *memory, u64 capacity)
{
    index->slots = memory;
    index->slot_count = index_memory_size(capacity) / sizeof(u64);
}

static inline u32 index_tag(u64 hash)
{
    return (u32)(hash >> 32);
}

/* Where the search for a tag begins. */
static inline u64 index_home(const struct index *index, u32 tag)
{
    return ((u64)tag * index->slot_count) >> 32;
}

static inline void index_prefetch(const struct index *index, u32 tag)
{
    __builtin_prefetch(&index->slots[index_home(index, tag)], 1);
}

/* The next id with this tag from slot *at on (start with index_home), 0 when there are no more. Moves *at past it. */
static inline u32 index_next(const struct index *index, u32 tag, u64 *at)
{
    for (;;) {
        u64 slot = index->slots[*at];
        if (slot == 0)
            return 0;
        *at = *at + 1 == index->slot_count ? 0 : *at + 1;
        if ((u32)(slot >> 32) == tag)
            return (u32)slot;
    }
}

/* Adds an id (> 0). The caller keeps to the capacity. */
void index_insert(struct index *index, u32 tag, u32 id);

/* Removes an id that is there. */
void index_remove(struct index *index, u32 tag, u32 id);

#endif
