/*
 * world.h: one world, from a seed: a shop opens on a simulated disk, clients
 * press at both doors, and the faults that the seed allows hit it. First it is
 * hurt, and every answer and every recovery is checked; then it is healed, and must
 * finish within a bound; then everything accepted is asked for once more, the
 * shop closes, and its folder is read again, whole, and damaged.
 */
#ifndef ELEVEN_SIM_WORLD_H
#define ELEVEN_SIM_WORLD_H

#include "sim/client.h"

#include <stdio.h>

/* What a seed has drawn; may be changed before the world runs. */
struct world_options {
    u64 seed;
#define OPTION(name, family, draw) u32 name;
#include "sim/options.def"
#undef OPTION
};

void world_draw(struct world_options *options, u64 seed);
/* Switches a family of faults off. False: there is none of this name. */
bool world_without(struct world_options *options, const char *family);
/* They draw the same. */
bool world_same(const struct world_options *one, const struct world_options *other);
/* The families, one after another; NULL behind the last. */
const char *world_family(u32 index);
void world_describe(const struct world_options *options, FILE *file);

/* Runs it, in the present folder, which has a folder "shop" with the accounts. Returns when nothing was wrong;
 * otherwise the process has ended (oracle_fail). */
void world_run(const struct world_options *options, const struct sim_account *accounts);

#endif
