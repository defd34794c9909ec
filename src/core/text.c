/*
 * Codes, names and descriptions: the texts of a put command, kept word for word
 * in one pool that only grows. An entity's `text` is the place of its record in
 * units of 8 bytes; 0 is none. A record:
 *   u32 size of what follows; then, as in the command, for each text u16 size and bytes
 */
#include "core/internal.h"

#include <string.h>

static const char *record_at(const struct engine *engine, u32 text)
{
    return engine->text_bytes + (u64)text * 8;
}

static u32 record_size(const struct engine *engine, u32 text)
{
    u32 size;
    memcpy(&size, record_at(engine, text), sizeof(size));
    return size;
}

static const char *texts_of(const struct command_header *command, u32 *size)
{
    u16 fixed = command_info(command->kind)->fixed_size;
    *size = command->size - (u32)fixed;
    return (const char *)command + fixed;
}

u64 text_size(const struct command_header *command)
{
    u32 size;
    texts_of(command, &size);
    return ((u64)size + sizeof(u32) + 7) / 8 * 8;
}

bool text_same(const struct engine *engine, u32 text, const struct command_header *command)
{
    u32 size;
    const char *texts = texts_of(command, &size);
    return text != 0 && record_size(engine, text) == size &&
           memcmp(record_at(engine, text) + sizeof(u32), texts, size) == 0;
}

u32 text_keep(struct engine *engine, const struct command_header *command)
{
    u32 size;
    const char *texts = texts_of(command, &size);
    u64 *used = &engine->head.count[LIMIT_text_bytes];
    ASSERT(room(engine, LIMIT_text_bytes) >= text_size(command));
    ASSERT(*used % 8 == 0);
    u32 text = (u32)(1 + *used / 8);
    char *record = engine->text_bytes + (u64)text * 8;
    memcpy(record, &size, sizeof(size));
    memcpy(record + sizeof(size), texts, size);
    *used += text_size(command);
    return text;
}

struct slice engine_text(const struct engine *engine, u32 text, unsigned index)
{
    if (text == 0)
        return slice_of(NULL, 0);
    const u8 *at = (const u8 *)record_at(engine, text) + sizeof(u32);
    const u8 *end = at + record_size(engine, text);
    while (end - at >= 2) {
        size_t length = (size_t)at[0] | (size_t)at[1] << 8;
        if (index-- == 0)
            return slice_of((const char *)at + 2, length);
        at += 2 + length;
    }
    return slice_of(NULL, 0);
}
