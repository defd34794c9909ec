#include "base/buffer.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUFFER_FIRST 512u

void buffer_grow(struct buffer *buffer, size_t more)
{
    size_t capacity = MAX(buffer->capacity, (size_t)BUFFER_FIRST);
    while (capacity < buffer->size + more)
        capacity *= 2;
    char *bytes = realloc(buffer->bytes, capacity);
    ASSERT(bytes != NULL);
    buffer->bytes = bytes;
    buffer->capacity = capacity;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

void buffer_number(struct buffer *buffer, i64 number)
{
    char digits[24];
    size_t at = sizeof(digits);
    u64 rest = number < 0 ? 0 - (u64)number : (u64)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        digits[--at] = '-';
    buffer_add(buffer, digits + at, sizeof(digits) - at);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    ASSERT(size >= 0);
    char *room = buffer_room(buffer, (size_t)size + 1);
    va_start(arguments, format);
    vsnprintf(room, (size_t)size + 1, format, arguments);
    va_end(arguments);
    buffer->size += (size_t)size;
}

void buffer_drop(struct buffer *buffer, size_t size)
{
    ASSERT(size <= buffer->size);
    buffer->size -= size;
    if (buffer->size > 0 && size > 0)
        memmove(buffer->bytes, buffer->bytes + size, buffer->size);
}
