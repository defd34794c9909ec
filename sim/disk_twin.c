/*
 * disk_twin.c: a disk copied in the middle of its work, and power cuts whose
 * outcome is said instead of drawn. So one run can be cut at each of its syncs, in every way, without being run again.
 */
#include "base/assert.h"
#include "sim/disk_model.h"

#include <stdlib.h>
#include <string.h>

#define SIM_OUTCOMES 3u         /* applied, dropped, garbage */

u64 sim_disk_pending(const struct sim_disk *disk)
{
    u64 pending = 0;

    for (u32 i = 0; i < disk->file_count; i++)
        for (u64 sector = 0; sector < disk->files[i].room / IO_SECTOR; sector++)
            pending += disk->files[i].pending[sector];
    return pending;
}

static void *sim_copy(const void *bytes, size_t size)
{
    void *copy = malloc(size);

    ASSERT(copy != NULL);
    memcpy(copy, bytes, size);
    return copy;
}

static void sim_twin_file(struct sim_file *to, const struct sim_file *from)
{
    *to = *from;
    if (from->room == 0)
        return;
    to->live.bytes = sim_copy(from->live.bytes, from->room);
    to->durable.bytes = sim_copy(from->durable.bytes, from->room);
    to->pending = sim_copy(from->pending, from->room / IO_SECTOR);
}

struct sim_disk *sim_disk_twin(const struct sim_disk *disk, u64 seed)
{
    struct sim_disk *twin = sim_disk_create(seed);

    /* Indexes of files are what names and changes refer to, so they stay, in the same order. */
    for (u32 i = 0; i < disk->file_count; i++) {
        int file = sim_new_file(twin, false);
        sim_twin_file(&twin->files[file], &disk->files[i]);
    }
    for (u32 i = 0; i < disk->name_count; i++) {
        int name = sim_name_index(twin, disk->names[i].path);
        twin->names[name] = disk->names[i];
    }
    for (u32 i = 0; i < disk->change_count; i++)
        sim_change_name(twin, -1, disk->changes[i].to, disk->changes[i].file);
    for (u32 i = 0; i < disk->change_count; i++)
        twin->changes[i] = disk->changes[i];
    for (u32 i = 0; i < disk->name_count; i++)
        twin->names[i].live = disk->names[i].live;
    twin->random = disk->random;
    twin->space = disk->space;
    twin->applied = disk->applied;
    twin->dropped = disk->dropped;
    twin->wall_ns = disk->wall_ns;
    twin->monotonic_ns = disk->monotonic_ns;
    return twin;
}

void sim_disk_reboot_as(struct sim_disk *disk, u64 outcomes)
{
    for (u32 i = 0; i < disk->file_count; i++) {
        struct sim_file *file = &disk->files[i];
        for (u64 sector = 0; sector < file->room / IO_SECTOR; sector++) {
            if (!file->pending[sector])
                continue;
            u64 outcome = outcomes % SIM_OUTCOMES;
            outcomes /= SIM_OUTCOMES;
            if (outcome != 1)
                sim_sector_lands(file, sector, outcome == 0 ? NULL : &disk->prng);
            file->pending[sector] = 0;
        }
    }
    sim_disk_reboot(disk);
}
