/*
 * Checksums and hashes: XXH3 of the xxHash library, which is fast enough
 * (tens of GB/s) to be on everywhere. They guard against accidents, not against
 * somebody who forges bytes.
 */
#ifndef ELEVEN_BASE_CHECKSUM_H
#define ELEVEN_BASE_CHECKSUM_H

#include "base/types.h"

/* 64 bits over `size` bytes; `seed` chains one checksum to another. Never fails. */
u64 checksum64(const void *bytes, size_t size, u64 seed);

/* 128 bits over `size` bytes: names that are compared by their hash alone. */
void checksum128(const void *bytes, size_t size, u64 hash[2]);

/* A cheap, good mix of 64 bits into 64 bits (the finaliser of SplitMix64). */
static inline u64 mix64(u64 value)
{
    value ^= value >> 30;
    value *= 0xbf58476d1ce4e5b9u;
    value ^= value >> 27;
    value *= 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

#endif
