#include "base/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

u64 checksum64(const void *bytes, size_t size, u64 seed)
{
    return XXH3_64bits_withSeed(bytes, size, seed);
}
