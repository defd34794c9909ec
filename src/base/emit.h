/*
 * Writes JSON (RFC 8259) into a buffer: commas are put by themselves, text is
 * escaped, and bytes that are not UTF-8 become U+FFFD.
 */
#ifndef ELEVEN_BASE_EMIT_H
#define ELEVEN_BASE_EMIT_H

#include "base/buffer.h"

struct emit {
    struct buffer *out;
    bool more;              /* a value stands before, on this level */
};

static inline struct emit emit_into(struct buffer *out)
{
    return (struct emit){out, false};
}

void emit_open(struct emit *emit, char bracket);    /* '{' or '[' */
void emit_close(struct emit *emit, char bracket);   /* '}' or ']' */
void emit_text(struct emit *emit, struct slice text);
void emit_number(struct emit *emit, i64 number);
void emit_bool(struct emit *emit, bool value);
void emit_null(struct emit *emit);

/* Inline, so that the length of a key that stands in the code costs nothing. */
static inline void emit_key(struct emit *emit, const char *key)
{
    size_t size = strlen(key);
    char *at = buffer_room(emit->out, size + 4);
    if (emit->more)
        *at++ = ',';
    *at++ = '"';
    memcpy(at, key, size);
    at[size] = '"';
    at[size + 1] = ':';
    emit->out->size += size + 3 + emit->more;
    emit->more = false;
}

/* With a key before it. */
static inline void emit_key_text(struct emit *emit, const char *key, struct slice text)
{
    emit_key(emit, key);
    emit_text(emit, text);
}
static inline void emit_key_word(struct emit *emit, const char *key, const char *word)
{
    emit_key_text(emit, key, slice_text(word));
}
static inline void emit_key_number(struct emit *emit, const char *key, i64 number)
{
    emit_key(emit, key);
    emit_number(emit, number);
}
void emit_key_bool(struct emit *emit, const char *key, bool value);
void emit_key_null(struct emit *emit, const char *key);
void emit_key_time(struct emit *emit, const char *key, i64 ms);    /* RFC 3339, UTC; null for 0 */

/* Bytes of the UTF-8 character at `at`, where `left` >= 1 bytes are; 0: there is none (RFC 3629). */
size_t emit_character(const unsigned char *at, size_t left);

/* Begins an object or array as the value of a key. */
void emit_key_open(struct emit *emit, const char *key, char bracket);

#endif
