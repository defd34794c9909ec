/*
 * disk_model.h: the inside of the simulated disk, shared by disk.c (the model,
 * power cuts, damage), disk_twin.c (copies, and cuts whose outcome is said) and
 * disk_io.c (struct io on it). Nobody else includes it.
 */
#ifndef ELEVEN_SIM_DISK_MODEL_H
#define ELEVEN_SIM_DISK_MODEL_H

#include "base/prng.h"
#include "sim/disk.h"

#define SIM_PATH_MAX 160
#define SIM_HANDLES_MAX 256
#define SIM_THREADS_MAX 8
#define SIM_HANDLE_BASE 1000 /* so that a real descriptor is never taken for one */

struct sim_bytes {
    u8 *bytes;
    u64 size;
};

struct sim_file {
    struct sim_bytes live, durable;
    u8 *pending;            /* one per sector of `room` */
    u64 room;               /* of all three, bytes */
    bool directory;
};

struct sim_name {
    char path[SIM_PATH_MAX];
    int live, durable;      /* index of the file; -1: no such name */
};

struct sim_change {         /* `to` gets the file, `from` (if any) loses it */
    int from, to, file;
};

struct sim_handle {
    bool used, lock, direct;
    int file;
};

struct sim_append {
    const void *bytes;
    u64 checksum;
    int file;
    u64 offset, size, ticket;
    i64 result;
    i64 done_ns;
};

struct sim_disk {
    struct prng prng, random;
    struct sim_file *files;
    u32 file_count;
    struct sim_name *names;
    u32 name_count;
    struct sim_change *changes;
    u32 change_count;
    struct sim_handle handles[SIM_HANDLES_MAX];
    struct sim_append appends[IO_APPENDS_MAX];
    u32 append_count;
    int thread_results[SIM_THREADS_MAX];
    u32 thread_count;

    u64 calls, crash_at, fail_at, short_at, short_writes, space;
    int fail_error;
    bool crashed;
    u32 applied, dropped;
    i64 wall_ns, monotonic_ns;
    i64 latency_min_ns, latency_max_ns, stuck_until_ns;
};

/* What becomes of one call. */
enum sim_fate { SIM_GOES, SIM_FAILS, SIM_CUT_BEFORE, SIM_CUT_AFTER };

/* Counts a call and says what becomes of it. */
enum sim_fate sim_gate(struct sim_disk *disk);

/* For calls without a middle: 0, or the error they answer. */
int sim_gate_simple(struct sim_disk *disk);

/* Names: the index is made where there is none; lookup gives the file, -1: no such name. */
int sim_name_index(struct sim_disk *disk, const char *path);
int sim_lookup(const struct sim_disk *disk, const char *path);
bool sim_is_in(const char *path, const char *directory, size_t size);
bool sim_parent_exists(const struct sim_disk *disk, const char *path, bool durable);

/* Pending until the folder is synced; the second makes it durable. */
void sim_change_name(struct sim_disk *disk, int from, int to, int file);
void sim_apply_change(struct sim_disk *disk, const struct sim_change *change);

/* Files. `lost`: what should be durable never will be. */
int sim_new_file(struct sim_disk *disk, bool directory);
void sim_file_truncate(struct sim_file *file);
void sim_file_put(struct sim_file *file, const void *bytes, u64 size, u64 offset);
void sim_file_sync(struct sim_file *file, u64 offset, u64 size, bool lost);
void sim_sector_lands(struct sim_file *file, u64 sector, struct prng *garbage); /* NULL: as it was written */

/* Descriptors. */
struct sim_handle *sim_handle_of(struct sim_disk *disk, int handle);
struct sim_file *sim_file_of(struct sim_disk *disk, int handle);
int sim_new_handle(struct sim_disk *disk, int file, bool direct, bool lock);

#endif
