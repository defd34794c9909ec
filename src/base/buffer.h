/*
 * A growing run of bytes: what is read but not understood yet, and what is to be sent. Grows by doubling, shrinks
 * only by buffer_rest. Out of memory ends the process by name: every buffer here has a bound that its user keeps.
 */
#ifndef ELEVEN_BASE_BUFFER_H
#define ELEVEN_BASE_BUFFER_H

#include "base/slice.h"
#include "base/types.h"

struct buffer {
    char *bytes;
    size_t size;
    size_t capacity;
};

/* Grows to hold `more` bytes behind the last one. */
void buffer_grow(struct buffer *buffer, size_t more);

/* Room for `more` bytes behind the last one; the address moves. */
static inline char *buffer_room(struct buffer *buffer, size_t more)
{
    if (buffer->capacity - buffer->size < more)
        buffer_grow(buffer, more);
    return buffer->bytes + buffer->size;
}
void buffer_free(struct buffer *buffer);

static inline void buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
    if (size == 0)
        return;
    memcpy(buffer_room(buffer, size), bytes, size);
    buffer->size += size;
}

static inline void buffer_slice(struct buffer *buffer, struct slice slice)
{
    buffer_add(buffer, slice.bytes, slice.size);
}

static inline void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

static inline void buffer_byte(struct buffer *buffer, char byte)
{
    *buffer_room(buffer, 1) = byte;
    buffer->size++;
}

/* A whole number in decimal. */
void buffer_number(struct buffer *buffer, i64 number);
void buffer_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops the first `size` bytes. */
void buffer_drop(struct buffer *buffer, size_t size);

/* An empty one gives its memory back when it is more than a deep pipeline needs: of 30,000 quiet connections
 * each has had a large page once. */
#define BUFFER_REST_BYTES ((size_t)64 << 10)
static inline void buffer_rest(struct buffer *buffer)
{
    if (buffer->size == 0 && buffer->capacity > BUFFER_REST_BYTES)
        buffer_free(buffer);
}

#endif
