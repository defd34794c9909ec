/*
 * damage.h: a closed folder is read again as the next start would, on a copy of
 * its disk: as it is, and with rot in it. Rot must be named, or must not matter.
 */
#ifndef ELEVEN_SIM_DAMAGE_H
#define ELEVEN_SIM_DAMAGE_H

#include "sim/disk.h"

/* Opens a copy, with the newest snapshot or without: the state must be what the oracle knows. */
void damage_none(const struct sim_disk *disk, const char *folder, bool ignore_snapshots);

/* Does something to one file of a copy (a bit flips; a sector is zeros, garbage, or another one's bytes), and opens it.
 * Not to the very last batch of the journal: that it is gone cannot be told from its never having been written
 * (docs/FORMAT.md). */
void damage_some(const struct sim_disk *disk, const char *folder, u64 seed);

#endif
