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
#include "sim/options.h"

/* Runs it, in the present folder, which has a folder "shop" with the accounts. Returns when nothing was wrong;
 * otherwise the process has ended (oracle_fail). */
void world_run(const struct options *options, const struct sim_account *accounts);

#endif
