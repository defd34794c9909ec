/*
 * Keys that a file has used so far, each with its line, so that a second use is
 * named with the first. Kept as 128-bit hashes: no key needs to stay in memory.
 */
#ifndef ELEVEN_EXCHANGE_SEEN_H
#define ELEVEN_EXCHANGE_SEEN_H

#include "base/slice.h"

struct seen_row {
    u64 hash[2];
    u32 line;               /* 0: free */
    u32 reserved;
};

struct seen {
    struct seen_row *rows;
    size_t capacity;        /* a power of two; at most half of it is used */
    size_t count;
    bool full;              /* there was no memory for a key: its second use will not be noticed */
};

/* Adds a key of two parts. 0 when it is new, or there is no memory for it (seen->full); else the line of its first
 * use. */
u32 seen_add(struct seen *seen, struct slice key, struct slice more, u32 line);
void seen_free(struct seen *seen);

#endif
