#include "base/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

u64 checksum64(const void *bytes, size_t size, u64 seed)
{
    return XXH3_64bits_withSeed(bytes, size, seed);
}

void checksum128(const void *bytes, size_t size, u64 hash[2])
{
    XXH128_hash_t wide = XXH3_128bits(bytes, size);
    hash[0] = wide.low64;
    hash[1] = wide.high64;
}
