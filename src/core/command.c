/*
 * The tables of command.def as data, and the check of a command's shape.
 */
#include "core/command.h"

#include "base/assert.h"

#define TEXT(name) +1
#define COMMAND(number, NAME, name, word, roles, tail, fields, texts) \
    _Static_assert(sizeof(struct command_##name) % 8 == 0, #name);    \
    _Static_assert(0 texts <= COMMAND_TEXTS_MAX, #name);
#include "core/command.def"
#undef COMMAND
#undef TEXT
_Static_assert(sizeof(struct command_header) == 32, "layout of the journal");
_Static_assert(sizeof(struct command_order_place) == 64, "layout of the journal");

#define TAIL_OF_NONE TAIL_NONE
#define TAIL_OF_LINES TAIL_LINES
#define TAIL_OF_TEXTS TAIL_TEXTS

/* Each list ends with an empty entry, so that none has size 0. */
#define FIELD(type, name, meaning) {#name, meaning, offsetof(THIS, name), sizeof(type), ((type)-1) < (type)1},
#define TEXT(name) #name,
#define COMMAND(number, NAME, name_, word, roles, tail, fields_, texts_)                                    \
    case number: {                                                                                          \
        typedef struct command_##name_ THIS;                                                                \
        static const struct command_field fields[] = {fields_{NULL, NULL, sizeof(THIS), 0, false}};         \
        static const char *const texts[] = {texts_ NULL};                                                   \
        static const struct command_info info = {                                                           \
            number, sizeof(THIS), word,  roles, TAIL_OF_##tail, fields, ARRAY_COUNT(fields) - 1,            \
            texts,  ARRAY_COUNT(texts) - 1,                                                                 \
        };                                                                                                  \
        return &info;                                                                                       \
    }

const struct command_info *command_info(u16 kind)
{
    switch (kind) {
#include "core/command.def"
    }
    return NULL;
}
#undef COMMAND
#undef TEXT
#undef FIELD

static const u16 kinds[] = {
#define COMMAND(number, NAME, name, word, roles, tail, fields, texts) number,
#include "core/command.def"
#undef COMMAND
};

const struct command_info *command_info_by_word(struct slice word)
{
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
        if (slice_is(word, command_info(kinds[i])->word))
            return command_info(kinds[i]);
    return NULL;
}

/* The command's bytes from `at` to its size, fewer than 8, are padding and zero. */
static bool ends_in_padding(const u8 *bytes, size_t at, size_t size)
{
    if (at > size || size - at >= 8)
        return false;
    for (; at < size; at++)
        if (bytes[at] != 0)
            return false;
    return true;
}

static bool texts_fit(const u8 *bytes, size_t size, const struct command_info *info)
{
    size_t at = info->fixed_size;
    for (size_t i = 0; i < info->text_count; i++) {
        if (size - at < 2)
            return false;
        size_t length = (size_t)bytes[at] | (size_t)bytes[at + 1] << 8;
        at += 2;
        if (length > size - at)
            return false;
        at += length;
    }
    return ends_in_padding(bytes, at, size);
}

static bool reserved_fields_are_zero(const u8 *bytes, const struct command_info *info)
{
    static const u8 zeros[8];
    for (size_t i = 0; i < info->field_count; i++)
        if (strcmp(info->fields[i].name, "reserved") == 0 &&
            memcmp(bytes + info->fields[i].offset, zeros, info->fields[i].size) != 0)
            return false;
    return true;
}

/* order.place, by far the most frequent, without a walk over its table. */
static bool place_well_formed(const struct command_order_place *place)
{
    return place->line_count >= 1 && place->line_count <= ORDER_LINES_MAX && place->reserved == 0 &&
           place->header.size == sizeof(*place) + place->line_count * sizeof(struct order_line_asked);
}

bool command_well_formed(const void *bytes, size_t size)
{
    ASSERT((uintptr_t)bytes % 8 == 0);
    if (size < sizeof(struct command_header))
        return false;
    const struct command_header *header = bytes;
    if (header->size > size || header->size % 8 != 0)
        return false;
    if (header->kind == COMMAND_ORDER_PLACE)
        return header->size >= sizeof(struct command_order_place) && place_well_formed(bytes);

    const struct command_info *info = command_info(header->kind);
    if (info == NULL || header->size < info->fixed_size)
        return false;
    if (!reserved_fields_are_zero(bytes, info))
        return false;
    if (info->tail == TAIL_TEXTS)
        return texts_fit(bytes, header->size, info);
    return header->size == info->fixed_size;
}

struct slice command_text(const struct command_header *command, unsigned index)
{
    const struct command_info *info = command_info(command->kind);
    ASSERT(info != NULL && index < info->text_count);
    const u8 *at = (const u8 *)command + info->fixed_size;
    for (;; index--) {
        size_t length = (size_t)at[0] | (size_t)at[1] << 8;
        if (index == 0)
            return slice_of((const char *)at + 2, length);
        at += 2 + length;
    }
}

bool command_add_texts(struct command_header *command, const struct slice *texts, size_t count)
{
    size_t size = command->size;
    for (size_t i = 0; i < count; i++) {
        if (texts[i].size > COMMAND_SIZE_MAX)
            return false;
        size += 2 + texts[i].size;
    }
    size_t padded = (size + 7) / 8 * 8;
    if (padded > COMMAND_SIZE_MAX)
        return false;
    u8 *at = (u8 *)command + command->size;
    for (size_t i = 0; i < count; i++) {
        at[0] = (u8)texts[i].size;
        at[1] = (u8)(texts[i].size >> 8);
        if (texts[i].size > 0)
            memcpy(at + 2, texts[i].bytes, texts[i].size);
        at += 2 + texts[i].size;
    }
    memset(at, 0, padded - size);
    command->size = (u16)padded;
    return true;
}
