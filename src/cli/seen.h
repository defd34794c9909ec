/*
 * Keys that a file has used so far, each with its line, so that a second use is
 * named with the first. Kept as 128-bit hashes: no key needs to stay in memory.
 */
#ifndef ELEVEN_CLI_SEEN_H
#define ELEVEN_CLI_SEEN_H

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
};

/* Adds a key of two parts. 0 when it is new; else the line of its first use. */
u32 seen_add(struct seen *seen, struct slice key, struct slice more, u32 line);
void seen_free(struct seen *seen);

#endif
