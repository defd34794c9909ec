/*
 * Making a crowd ready: dice, what is popular, who lives where, wallets. For crowd.c.
 */
#ifndef ELEVEN_CLI_CROWD_PREPARE_H
#define ELEVEN_CLI_CROWD_PREPARE_H

#include "cli/crowd.h"

/* Dice with `count` faces of these weights (>= 0, not all 0). False when there is no memory. */
bool crowd_dice_open(struct crowd_dice *dice, const double *weights, u32 count);

static inline u32 crowd_draw(const struct crowd_dice *dice, struct prng *prng)
{
    u64 random = prng_next(prng);
    u32 face = (u32)(((random >> 32) * dice->count) >> 32);
    return (u32)random < dice->faces[face].threshold ? face : dice->faces[face].other;
}

/* The weight of place `rank` (from 0) in Zipf's law with exponent 0.99. */
double crowd_zipf(u32 rank);

#endif
