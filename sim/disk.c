/*
 * disk.c: the model behind the simulated disk (disk.h says what it models), and
 * what can be done to it: power cuts, faults, damage. Files are arrays in memory,
 * names a list, pending name changes a list in order. Small numbers of
 * everything, so plain loops. The calls of struct io are in disk_io.c.
 */
#include "base/assert.h"
#include "sim/disk_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIM_START_MS 1764000000000 /* November 2025 */

enum sim_fate sim_gate(struct sim_disk *disk)
{
    disk->calls++;
    if (disk->crashed)
        return SIM_CUT_BEFORE;
    if (disk->calls == disk->crash_at) {
        disk->crashed = true;
        return prng_chance(&disk->prng, 1, 2) ? SIM_CUT_BEFORE : SIM_CUT_AFTER;
    }
    return disk->calls == disk->fail_at ? SIM_FAILS : SIM_GOES;
}

int sim_gate_simple(struct sim_disk *disk)
{
    enum sim_fate fate = sim_gate(disk);

    return fate == SIM_GOES ? 0 : fate == SIM_FAILS ? disk->fail_error : -EIO;
}

static void *sim_grow(void *array, u32 count, size_t element)
{
    if ((count & (count - 1)) != 0) /* room doubles at powers of two */
        return array;
    void *grown = realloc(array, (count == 0 ? 1 : (size_t)count * 2) * element);
    ASSERT(grown != NULL);
    return grown;
}

int sim_name_index(struct sim_disk *disk, const char *path)
{
    for (u32 i = 0; i < disk->name_count; i++)
        if (strcmp(disk->names[i].path, path) == 0)
            return (int)i;
    disk->names = sim_grow(disk->names, disk->name_count, sizeof(disk->names[0]));
    struct sim_name *name = &disk->names[disk->name_count];
    ASSERT(strlen(path) < SIM_PATH_MAX);
    *name = (struct sim_name){.live = -1, .durable = -1};
    memcpy(name->path, path, strlen(path) + 1);
    return (int)disk->name_count++;
}

int sim_lookup(const struct sim_disk *disk, const char *path)
{
    for (u32 i = 0; i < disk->name_count; i++)
        if (strcmp(disk->names[i].path, path) == 0)
            return disk->names[i].live;
    return -1;
}

bool sim_is_in(const char *path, const char *directory, size_t size)
{
    if (size == 1 && directory[0] == '.') /* here: names without a slash */
        return strchr(path, '/') == NULL;
    if (size == 1 && directory[0] == '/')
        size = 0; /* the root: its slash is the one before the name */
    return strncmp(path, directory, size) == 0 && path[size] == '/' && strchr(path + size + 1, '/') == NULL;
}

bool sim_parent_exists(const struct sim_disk *disk, const char *path, bool durable)
{
    const char *slash = strrchr(path, '/');
    char parent[SIM_PATH_MAX];

    if (slash == NULL || slash == path)
        return true;
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = 0;
    for (u32 i = 0; i < disk->name_count; i++)
        if (strcmp(disk->names[i].path, parent) == 0)
            return (durable ? disk->names[i].durable : disk->names[i].live) >= 0;
    return false;
}

void sim_change_name(struct sim_disk *disk, int from, int to, int file)
{
    disk->changes = sim_grow(disk->changes, disk->change_count, sizeof(disk->changes[0]));
    disk->changes[disk->change_count++] = (struct sim_change){from, to, file};
    if (from >= 0)
        disk->names[from].live = -1;
    disk->names[to].live = file;
}

void sim_apply_change(struct sim_disk *disk, const struct sim_change *change)
{
    if (change->from >= 0)
        disk->names[change->from].durable = -1;
    disk->names[change->to].durable = change->file;
}

int sim_new_file(struct sim_disk *disk, bool directory)
{
    disk->files = sim_grow(disk->files, disk->file_count, sizeof(disk->files[0]));
    disk->files[disk->file_count] = (struct sim_file){.directory = directory};
    return (int)disk->file_count++;
}

static u8 *sim_resize(u8 *bytes, u64 from, u64 to)
{
    u8 *resized = realloc(bytes, to);

    ASSERT(resized != NULL);
    memset(resized + from, 0, to - from);
    return resized;
}

static void sim_file_room(struct sim_file *file, u64 size)
{
    if (size <= file->room)
        return;
    u64 room = (MAX(size, file->room * 2) + IO_SECTOR - 1) / IO_SECTOR * IO_SECTOR;
    file->live.bytes = sim_resize(file->live.bytes, file->room, room);
    file->durable.bytes = sim_resize(file->durable.bytes, file->room, room);
    file->pending = sim_resize(file->pending, file->room / IO_SECTOR, room / IO_SECTOR);
    file->room = room;
}

void sim_file_truncate(struct sim_file *file)
{
    for (u64 sector = 0; sector * IO_SECTOR < file->live.size; sector++)
        file->pending[sector] = 1;
    if (file->live.size > 0)
        memset(file->live.bytes, 0, file->live.size);
    file->live.size = 0;
}

void sim_file_put(struct sim_file *file, const void *bytes, u64 size, u64 offset)
{
    if (size == 0)
        return;
    sim_file_room(file, offset + size);
    memcpy(file->live.bytes + offset, bytes, size);
    for (u64 sector = offset / IO_SECTOR; sector * IO_SECTOR < offset + size; sector++)
        file->pending[sector] = 1;
    file->live.size = MAX(file->live.size, offset + size);
}

/* What one pending sector becomes: as written (durable), as before, or neither. */
void sim_sector_lands(struct sim_file *file, u64 sector, struct prng *garbage)
{
    u8 *durable = file->durable.bytes + sector * IO_SECTOR;

    file->pending[sector] = 0;
    if (garbage == NULL)
        memcpy(durable, file->live.bytes + sector * IO_SECTOR, IO_SECTOR);
    else if (prng_chance(garbage, 1, 3))
        memset(durable, 0, IO_SECTOR);
    else
        for (u64 i = 0; i < IO_SECTOR / sizeof(u64); i++)
            ((u64 *)(void *)durable)[i] = prng_next(garbage);
}

void sim_file_sync(struct sim_file *file, u64 offset, u64 size, bool lost)
{
    for (u64 sector = offset / IO_SECTOR; sector * IO_SECTOR < MIN(offset + size, file->room); sector++) {
        if (file->pending[sector] && !lost)
            sim_sector_lands(file, sector, NULL);
        file->pending[sector] = 0;
    }
    if (!lost)
        file->durable.size = file->live.size;
}

u64 sim_disk_used(const struct sim_disk *disk)
{
    u64 used = 0;

    for (u32 i = 0; i < disk->name_count; i++)
        if (disk->names[i].live >= 0)
            used += disk->files[disk->names[i].live].live.size;
    return used;
}

struct sim_handle *sim_handle_of(struct sim_disk *disk, int handle)
{
    ASSERT(handle >= SIM_HANDLE_BASE && handle < SIM_HANDLE_BASE + SIM_HANDLES_MAX);
    struct sim_handle *found = &disk->handles[handle - SIM_HANDLE_BASE];
    ASSERT(found->used);
    return found;
}

struct sim_file *sim_file_of(struct sim_disk *disk, int handle)
{
    return &disk->files[sim_handle_of(disk, handle)->file];
}

int sim_new_handle(struct sim_disk *disk, int file, bool direct, bool lock)
{
    for (int i = 0; i < SIM_HANDLES_MAX; i++) {
        if (disk->handles[i].used)
            continue;
        disk->handles[i] = (struct sim_handle){.used = true, .lock = lock, .direct = direct, .file = file};
        return SIM_HANDLE_BASE + i;
    }
    return -EMFILE;
}

struct sim_disk *sim_disk_create(u64 seed)
{
    struct sim_disk *disk = calloc(1, sizeof(*disk));

    ASSERT(disk != NULL);
    prng_seed(&disk->prng, seed);
    prng_seed(&disk->random, mix64(seed + 1));
    disk->space = UINT64_MAX;
    disk->applied = disk->dropped = 40;
    disk->wall_ns = SIM_START_MS * 1000000;
    return disk;
}

void sim_disk_destroy(struct sim_disk *disk)
{
    for (u32 i = 0; i < disk->file_count; i++) {
        free(disk->files[i].live.bytes);
        free(disk->files[i].durable.bytes);
        free(disk->files[i].pending);
    }
    free(disk->files);
    free(disk->names);
    free(disk->changes);
    free(disk);
}

struct sim_disk *sim_disk_clone(const struct sim_disk *disk, u64 seed)
{
    struct sim_disk *clone = sim_disk_create(seed);

    for (u32 i = 0; i < disk->name_count; i++) {
        if (disk->names[i].durable < 0)
            continue;
        const struct sim_file *from = &disk->files[disk->names[i].durable];
        int file = sim_new_file(clone, from->directory);
        int name = sim_name_index(clone, disk->names[i].path);
        clone->names[name].live = clone->names[name].durable = file;
        sim_file_put(&clone->files[file], from->durable.bytes, from->durable.size, 0);
    }
    sim_disk_settle(clone);
    return clone;
}

u64 sim_disk_calls(const struct sim_disk *disk)
{
    return disk->calls;
}

void sim_disk_crash_at(struct sim_disk *disk, u64 call)
{
    disk->crash_at = call;
}

bool sim_disk_crashed(const struct sim_disk *disk)
{
    return disk->crashed;
}

void sim_disk_fail_at(struct sim_disk *disk, u64 call, int error)
{
    ASSERT(error < 0);
    disk->fail_at = call;
    disk->fail_error = error;
}

void sim_disk_short_at(struct sim_disk *disk, u64 call)
{
    disk->short_at = call;
}

void sim_disk_short_writes(struct sim_disk *disk, u64 denominator)
{
    disk->short_writes = denominator;
}

void sim_disk_space(struct sim_disk *disk, u64 bytes)
{
    disk->space = bytes;
}

void sim_disk_odds(struct sim_disk *disk, u32 applied, u32 dropped)
{
    ASSERT(applied + dropped <= 100);
    disk->applied = applied;
    disk->dropped = dropped;
}

void sim_disk_latency(struct sim_disk *disk, i64 min_ns, i64 max_ns)
{
    ASSERT(min_ns >= 0 && max_ns >= min_ns);
    disk->latency_min_ns = min_ns;
    disk->latency_max_ns = max_ns;
}

void sim_disk_stuck(struct sim_disk *disk, i64 until_ns)
{
    disk->stuck_until_ns = until_ns;
}

i64 sim_disk_next(const struct sim_disk *disk)
{
    i64 next_ns = INT64_MAX;

    for (u32 i = 0; i < disk->append_count; i++)
        next_ns = MIN(next_ns, MAX(disk->appends[i].done_ns, disk->stuck_until_ns));
    return disk->crashed ? INT64_MAX : next_ns;
}

i64 sim_disk_wall(const struct sim_disk *disk)
{
    return disk->wall_ns / 1000000;
}

i64 sim_disk_now(const struct sim_disk *disk)
{
    return disk->monotonic_ns;
}

void sim_disk_kill(struct sim_disk *disk)
{
    disk->crashed = true;
}

void sim_disk_restart(struct sim_disk *disk)
{
    memset(disk->handles, 0, sizeof(disk->handles));
    disk->append_count = 0;
    disk->calls = disk->crash_at = disk->fail_at = disk->short_at = 0;
    disk->crashed = false;
}

static void sim_file_reboot(struct sim_disk *disk, struct sim_file *file)
{
    for (u64 sector = 0; sector < file->room / IO_SECTOR; sector++) {
        if (!file->pending[sector])
            continue;
        u64 fate = prng_below(&disk->prng, 100);
        if (fate < disk->applied)
            sim_sector_lands(file, sector, NULL);
        else if (fate >= disk->applied + disk->dropped)
            sim_sector_lands(file, sector, &disk->prng);
        file->pending[sector] = 0;
    }
    if (file->live.size != file->durable.size && prng_chance(&disk->prng, 1, 2))
        file->durable.size = file->live.size;
    if (file->room > 0) { /* beyond its end a file is zeros */
        memset(file->durable.bytes + file->durable.size, 0, file->room - file->durable.size);
        memcpy(file->live.bytes, file->durable.bytes, file->room);
    }
    file->live.size = file->durable.size;
}

void sim_disk_reboot(struct sim_disk *disk)
{
    for (u32 i = 0; i < disk->file_count; i++)
        sim_file_reboot(disk, &disk->files[i]);
    for (u32 i = 0; i < disk->change_count; i++)
        if (prng_chance(&disk->prng, 1, 2))
            sim_apply_change(disk, &disk->changes[i]);
    disk->change_count = 0;
    for (u32 i = 0; i < disk->name_count; i++)
        if (!sim_parent_exists(disk, disk->names[i].path, true))
            disk->names[i].durable = -1;
    for (u32 i = 0; i < disk->name_count; i++)
        disk->names[i].live = disk->names[i].durable;
    sim_disk_restart(disk);
}

void sim_disk_advance(struct sim_disk *disk, i64 ns)
{
    disk->wall_ns += ns;
    disk->monotonic_ns += ns;
}

void sim_disk_set_wall(struct sim_disk *disk, i64 ms)
{
    disk->wall_ns = ms * 1000000;
}

i64 sim_disk_file_size(const struct sim_disk *disk, const char *path)
{
    int file = sim_lookup(disk, path);

    return file < 0 ? -1 : (i64)disk->files[file].live.size;
}

u8 *sim_disk_file_bytes(struct sim_disk *disk, const char *path)
{
    int file = sim_lookup(disk, path);

    ASSERT(file >= 0);
    return disk->files[file].live.bytes;
}

void sim_disk_settle(struct sim_disk *disk)
{
    for (u32 i = 0; i < disk->file_count; i++) {
        struct sim_file *file = &disk->files[i];
        if (file->room > 0) {
            memcpy(file->durable.bytes, file->live.bytes, file->room);
            memset(file->pending, 0, file->room / IO_SECTOR);
        }
        file->durable.size = file->live.size;
    }
    for (u32 i = 0; i < disk->change_count; i++)
        sim_apply_change(disk, &disk->changes[i]);
    disk->change_count = 0;
}

void sim_disk_truncate(struct sim_disk *disk, const char *path, u64 size)
{
    int index = sim_lookup(disk, path);

    ASSERT(index >= 0);
    struct sim_file *file = &disk->files[index];
    ASSERT(size <= file->live.size);
    memset(file->live.bytes + size, 0, file->room - size);
    file->live.size = size;
    sim_disk_settle(disk);
}

void sim_disk_copy_file(struct sim_disk *disk, const char *from, const char *to)
{
    int source = sim_lookup(disk, from);

    ASSERT(source >= 0);
    int file = sim_new_file(disk, false);
    sim_change_name(disk, -1, sim_name_index(disk, to), file);
    sim_file_put(&disk->files[file], disk->files[source].live.bytes, disk->files[source].live.size, 0);
    sim_disk_settle(disk);
}

void sim_disk_remove(struct sim_disk *disk, const char *path)
{
    ASSERT(sim_lookup(disk, path) >= 0);
    sim_change_name(disk, -1, sim_name_index(disk, path), -1);
    sim_disk_settle(disk);
}

u32 sim_disk_open_files(const struct sim_disk *disk)
{
    u32 count = 0;

    for (int i = 0; i < SIM_HANDLES_MAX; i++)
        count += disk->handles[i].used;
    return count;
}
