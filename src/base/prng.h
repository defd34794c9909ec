/*
 * A seeded random number generator for simulations, synthetic shoppers and
 * tests: xoshiro256** (Blackman and Vigna, 2018), seeded through SplitMix64.
 * Same seed, same numbers, on any machine. Not for secrets.
 */
#ifndef ELEVEN_BASE_PRNG_H
#define ELEVEN_BASE_PRNG_H

#include "base/checksum.h"
#include "base/types.h"

struct prng {
    u64 state[4];
};

static inline void prng_seed(struct prng *prng, u64 seed)
{
    for (int i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15u;
        prng->state[i] = mix64(seed);
    }
}

static inline u64 prng_rotate(u64 x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static inline u64 prng_next(struct prng *prng)
{
    u64 *s = prng->state;
    u64 result = prng_rotate(s[1] * 5, 7) * 9;
    u64 t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = prng_rotate(s[3], 45);
    return result;
}

/* A number in [0, bound); bound > 0. The bias is below 2^-32 for bounds below 2^32. */
static inline u64 prng_below(struct prng *prng, u64 bound)
{
    return (u64)(((unsigned __int128)prng_next(prng) * bound) >> 64);
}

/* True with probability `numerator` in `denominator`. */
static inline bool prng_chance(struct prng *prng, u64 numerator, u64 denominator)
{
    return prng_below(prng, denominator) < numerator;
}

#endif
