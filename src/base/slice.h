/*
 * A slice: bytes that belong to somebody else, with their length. Everything
 * that came from a file, a network or a command is a slice; it need not end
 * with NUL and may hold any byte.
 */
#ifndef ELEVEN_BASE_SLICE_H
#define ELEVEN_BASE_SLICE_H

#include "base/types.h"

#include <string.h>

struct slice {
    const char *bytes;
    size_t size;
};

#define SLICE_FORMAT "%.*s"
#define SLICE_ARGS(slice) (int)(slice).size, (slice).bytes

static inline struct slice slice_of(const char *bytes, size_t size)
{
    return (struct slice){bytes, size};
}

/* The text up to, and without, its NUL. */
static inline struct slice slice_text(const char *text)
{
    return (struct slice){text, strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
    return slice_equal(a, slice_text(text));
}

#endif
