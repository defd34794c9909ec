/* A set of keys with lines, by open addressing; see seen.h. */
#include "exchange/seen.h"

#include "base/assert.h"
#include "base/checksum.h"

#include <stdlib.h>

static struct seen_row *seen_place(const struct seen *seen, const u64 hash[2])
{
    size_t at = hash[0] & (seen->capacity - 1);
    while (seen->rows[at].line != 0 && (seen->rows[at].hash[0] != hash[0] || seen->rows[at].hash[1] != hash[1]))
        at = (at + 1) & (seen->capacity - 1);
    return &seen->rows[at];
}

static bool seen_grow(struct seen *seen)
{
    struct seen larger = {.capacity = MAX(seen->capacity * 2, (size_t)1024), .count = seen->count};
    larger.rows = calloc(larger.capacity, sizeof(*larger.rows));
    if (larger.rows == NULL)
        return false;
    for (size_t i = 0; i < seen->capacity; i++)
        if (seen->rows[i].line != 0)
            *seen_place(&larger, seen->rows[i].hash) = seen->rows[i];
    free(seen->rows);
    *seen = larger;
    return true;
}

u32 seen_add(struct seen *seen, struct slice key, struct slice more, u32 line)
{
    ASSERT(line > 0);
    if (seen->count * 2 >= seen->capacity && !seen_grow(seen)) {
        seen->full = true;
        return 0;
    }
    u64 hash[2];
    for (u64 i = 0; i < 2; i++)
        hash[i] = checksum64(more.bytes, more.size, checksum64(key.bytes, key.size, i));
    struct seen_row *row = seen_place(seen, hash);
    if (row->line != 0)
        return row->line;
    *row = (struct seen_row){.hash = {hash[0], hash[1]}, .line = line};
    seen->count++;
    return 0;
}

void seen_free(struct seen *seen)
{
    free(seen->rows);
    *seen = (struct seen){0};
}
