/*
 * disk.h: a simulated disk behind struct io, for crash tests of the journal and
 * of the whole engine. Everything it does follows from its seed.
 *
 * What it models:
 *   - A file has bytes as a reader sees them now (live) and bytes that survive a
 *     power cut (durable). Written sectors of 4 KiB are pending until `sync`, or
 *     until the append they belong to is reaped. At a power cut the seed decides
 *     for each pending sector: applied, dropped, or garbage.
 *   - A name that was created, renamed or unlinked is pending until
 *     `sync_directory`. At a power cut each such change happened or did not.
 *   - Appends end in an order the seed chooses, when they are reaped.
 *   - The death of the process alone (sim_disk_restart) keeps the live bytes.
 *
 * What can be done to it: see below; each fault can be aimed at one call by its
 * number. Numbers count all calls that touch the disk, from 1; clocks, random
 * bytes and memory do not count. A run without faults tells how many there are.
 *
 *     struct sim_disk *disk = sim_disk_create(seed);
 *     sim_disk_io(disk, &io);
 *     sim_disk_crash_at(disk, 117);
 *     ... run; from call 117 on every call answers -EIO; the program cleans up ...
 *     sim_disk_reboot(disk);
 *     ... recover; check ...
 *     sim_disk_destroy(disk);
 *
 * Threads that are started run to their end at once.
 */
#ifndef ELEVEN_SIM_DISK_H
#define ELEVEN_SIM_DISK_H

#include "io/io.h"

struct sim_disk;

struct sim_disk *sim_disk_create(u64 seed);
void sim_disk_destroy(struct sim_disk *disk);

/* A disk of its own with what would survive a power cut now if every pending write was dropped. */
struct sim_disk *sim_disk_clone(const struct sim_disk *disk, u64 seed);

/* The disk as the world of a program. *io is valid as long as the disk. */
void sim_disk_io(struct sim_disk *disk, struct io *io);

/* Calls so far. */
u64 sim_disk_calls(const struct sim_disk *disk);

/* The power goes during call number `call` (0: never): it and all later ones answer -EIO. */
void sim_disk_crash_at(struct sim_disk *disk, u64 call);
bool sim_disk_crashed(const struct sim_disk *disk);

/* Call number `call` answers `error` (negative). A sync or append that fails so loses what it should have made durable,
 * for ever: readers go on seeing it, the next sync succeeds, a power cut shows the truth. */
void sim_disk_fail_at(struct sim_disk *disk, u64 call, int error);

/* Call number `call`, if it is a write or an append, takes less than it was given, and says so; 0: none. */
void sim_disk_short_at(struct sim_disk *disk, u64 call);

/* One in `denominator` writes and appends is short; 0: none. */
void sim_disk_short_writes(struct sim_disk *disk, u64 denominator);

/* Room for all files together; writes beyond it answer -ENOSPC. Default: no bound. */
void sim_disk_space(struct sim_disk *disk, u64 bytes);
u64 sim_disk_used(const struct sim_disk *disk);

/* The outcome of pending writes at a power cut, as shares of 100: applied, dropped, the rest garbage. Default 40, 40. */
void sim_disk_odds(struct sim_disk *disk, u32 applied, u32 dropped);

/* Appends take so long from when they begin, and nothing is finished before `until_ns` of the monotonic clock: a slow
 * disk, and one that is stuck. Who waits for one moves the clock. 0, 0: they end when the seed likes, as if at once. */
void sim_disk_latency(struct sim_disk *disk, i64 min_ns, i64 max_ns);
void sim_disk_stuck(struct sim_disk *disk, i64 until_ns);
/* When the next append under way will be finished, on the monotonic clock; INT64_MAX: none is. */
i64 sim_disk_next(const struct sim_disk *disk);
/* The monotonic clock, without moving it. */
i64 sim_disk_now(const struct sim_disk *disk);
/* The wall clock, ms, without moving it. */
i64 sim_disk_wall(const struct sim_disk *disk);

/* The process dies now: all later calls answer -EIO and do nothing, until a reboot or restart. */
void sim_disk_kill(struct sim_disk *disk);

/* How many sectors are pending: what a power cut now would decide about. */
u64 sim_disk_pending(const struct sim_disk *disk);

/* The same disk once more, with all that is pending; no descriptor is open and no append in flight: for a power cut
 * now, while the first one goes on. */
struct sim_disk *sim_disk_twin(const struct sim_disk *disk, u64 seed);

/* sim_disk_reboot in which pending sector number n, in order of files and places, becomes what digit n of `outcomes` in
 * base 3 says: 0 applied, 1 dropped, 2 garbage. Names and sizes are left to the seed. */
void sim_disk_reboot_as(struct sim_disk *disk, u64 outcomes);

/* Power on again after a crash (or cuts it now): pending writes get their outcome, files and locks are closed, faults
 * that were aimed are forgotten, calls count from 0 again. */
void sim_disk_reboot(struct sim_disk *disk);

/* As after kill -9: files and locks are closed, what was written stays visible and pending. */
void sim_disk_restart(struct sim_disk *disk);

/* The clocks: moved by hand; each look at one moves it by a microsecond. Wall time may be set back. */
void sim_disk_advance(struct sim_disk *disk, i64 ns);
void sim_disk_set_wall(struct sim_disk *disk, i64 ms);

/* Damage and inspection, of both the live and the durable bytes. Size: -1 when there is no such file. */
i64 sim_disk_file_size(const struct sim_disk *disk, const char *path);
u8 *sim_disk_file_bytes(struct sim_disk *disk, const char *path); /* live bytes; call sim_disk_settle after a change */
void sim_disk_settle(struct sim_disk *disk);                      /* everything live is durable now */
void sim_disk_truncate(struct sim_disk *disk, const char *path, u64 size);
void sim_disk_copy_file(struct sim_disk *disk, const char *from, const char *to);
void sim_disk_remove(struct sim_disk *disk, const char *path);

/* Files that a program has open: 0 when it has cleaned up. */
u32 sim_disk_open_files(const struct sim_disk *disk);

#endif
