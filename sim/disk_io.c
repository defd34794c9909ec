/*
 * disk_io.c: struct io on the simulated disk. Each call passes the gate, which
 * counts it and decides whether it goes, fails, or is where the power goes; a
 * call in which the power goes may or may not have had its effect.
 */
#include "base/assert.h"
#include "base/checksum.h"
#include "sim/disk_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SIM_MAPPED_BYTES ((size_t)1024 << 10) /* larger memory is mapped, not allocated */

static int sim_open(void *context, const char *path, unsigned flags)
{
    struct sim_disk *disk = context;
    enum sim_fate fate = sim_gate(disk);
    int file = sim_lookup(disk, path);

    ASSERT((flags & IO_CREATE) == 0 || (flags & IO_WRITE) != 0);
    if (fate == SIM_FAILS)
        return disk->fail_error;
    if (fate == SIM_CUT_BEFORE)
        return -EIO;
    if ((file < 0 && !(flags & IO_CREATE)) || !sim_parent_exists(disk, path, false))
        return fate == SIM_GOES ? -ENOENT : -EIO;
    if (file < 0) {
        file = sim_new_file(disk, false);
        sim_change_name(disk, -1, sim_name_index(disk, path), file);
    } else if (flags & IO_CREATE) {
        sim_file_truncate(&disk->files[file]);
    }
    return fate == SIM_GOES ? sim_new_handle(disk, file, (flags & IO_DIRECT) != 0, false) : -EIO;
}

/* A descriptor goes even when closing answers an error. */
static int sim_close(void *context, int handle)
{
    struct sim_disk *disk = context;

    sim_handle_of(disk, handle)->used = false;
    return sim_gate_simple(disk);
}

static i64 sim_size(void *context, int handle)
{
    struct sim_disk *disk = context;
    struct sim_file *file = sim_file_of(disk, handle);
    int result = sim_gate_simple(disk);

    return result < 0 ? result : (i64)file->live.size;
}

static void sim_check_direct(struct sim_disk *disk, int handle, const void *bytes, size_t size, u64 offset)
{
    if (!sim_handle_of(disk, handle)->direct)
        return;
    ASSERT((uintptr_t)bytes % IO_SECTOR == 0);
    ASSERT(size % IO_SECTOR == 0 && offset % IO_SECTOR == 0);
}

static i64 sim_read(void *context, int handle, void *bytes, size_t size, u64 offset)
{
    struct sim_disk *disk = context;
    struct sim_file *file = sim_file_of(disk, handle);
    int result = sim_gate_simple(disk);

    sim_check_direct(disk, handle, bytes, size, offset);
    if (result < 0)
        return result;
    if (offset >= file->live.size)
        return 0;
    u64 got = MIN(size, file->live.size - offset);
    memcpy(bytes, file->live.bytes + offset, got);
    return (i64)got;
}

/* How much of a write gets through: all, less, or -ENOSPC. */
static i64 sim_write_size(struct sim_disk *disk, const struct sim_file *file, size_t size, u64 offset)
{
    u64 grow = offset + size > file->live.size ? offset + size - file->live.size : 0;

    if (grow > 0 && disk->space < UINT64_MAX) {
        u64 used = sim_disk_used(disk);
        if (used + grow > disk->space)
            return -ENOSPC;
    }
    if (disk->calls == disk->short_at)
        return (i64)prng_below(&disk->prng, size);
    if (disk->short_writes > 0 && prng_chance(&disk->prng, 1, disk->short_writes))
        return (i64)prng_below(&disk->prng, size);
    return (i64)size;
}

static i64 sim_write(void *context, int handle, const void *bytes, size_t size, u64 offset)
{
    struct sim_disk *disk = context;
    struct sim_file *file = sim_file_of(disk, handle);
    enum sim_fate fate = sim_gate(disk);

    sim_check_direct(disk, handle, bytes, size, offset);
    if (fate == SIM_FAILS)
        return disk->fail_error;
    if (fate == SIM_CUT_BEFORE)
        return -EIO;
    i64 written = sim_write_size(disk, file, size, offset);
    if (written > 0)
        sim_file_put(file, bytes, (u64)written, offset);
    return fate == SIM_GOES ? written : -EIO;
}

static int sim_sync(void *context, int handle)
{
    struct sim_disk *disk = context;
    struct sim_file *file = sim_file_of(disk, handle);
    enum sim_fate fate = sim_gate(disk);

    if (fate == SIM_CUT_BEFORE)
        return -EIO;
    sim_file_sync(file, 0, file->room, fate == SIM_FAILS);
    return fate == SIM_GOES ? 0 : fate == SIM_FAILS ? disk->fail_error : -EIO;
}

static int sim_append_begin(void *context, int handle, const void *bytes, size_t size, u64 offset, u64 ticket)
{
    struct sim_disk *disk = context;
    struct sim_file *file = sim_file_of(disk, handle);
    enum sim_fate fate = sim_gate(disk);

    sim_check_direct(disk, handle, bytes, size, offset);
    if (fate == SIM_FAILS)
        return disk->fail_error;
    if (fate == SIM_CUT_BEFORE)
        return -EIO;
    if (disk->append_count == IO_APPENDS_MAX)
        return -EAGAIN;
    i64 written = sim_write_size(disk, file, size, offset);
    if (written > 0)
        sim_file_put(file, bytes, (u64)written, offset);
    disk->appends[disk->append_count++] = (struct sim_append){
        .bytes = bytes,
        .checksum = checksum64(bytes, size, 0),
        .file = sim_handle_of(disk, handle)->file,
        .offset = offset,
        .size = size,
        .ticket = ticket,
        .result = written,
        .done_ns = disk->monotonic_ns,
    };
    if (disk->latency_max_ns > 0)
        disk->appends[disk->append_count - 1].done_ns +=
            disk->latency_min_ns +
            (i64)prng_below(&disk->prng, (u64)(disk->latency_max_ns - disk->latency_min_ns) + 1);
    return fate == SIM_GOES ? 0 : -EIO;
}

/* Ends one append that the seed picks; on a disk that takes time, the one that is ready first. */
static struct io_done sim_end_append(struct sim_disk *disk, int error)
{
    u64 pick = 0;
    if (disk->latency_max_ns == 0)
        pick = prng_below(&disk->prng, disk->append_count);
    for (u32 i = 0; disk->latency_max_ns > 0 && i < disk->append_count; i++)
        if (disk->appends[i].done_ns < disk->appends[pick].done_ns)
            pick = i;
    struct sim_append append = disk->appends[pick];

    ASSERT(append.checksum == checksum64(append.bytes, append.size, 0)); /* untouched until it is reaped */
    disk->appends[pick] = disk->appends[--disk->append_count];
    if (append.result > 0)
        sim_file_sync(&disk->files[append.file], append.offset, (u64)append.result, error < 0);
    return (struct io_done){.ticket = append.ticket, .result = error < 0 ? error : append.result};
}

static int sim_reap(void *context, struct io_done *done, int max, bool wait)
{
    struct sim_disk *disk = context;
    enum sim_fate fate = sim_gate(disk);
    int count = 0;

    if (fate == SIM_FAILS && disk->append_count > 0) {
        done[count++] = sim_end_append(disk, disk->fail_error);
        return count;
    }
    if (fate == SIM_CUT_BEFORE || fate == SIM_FAILS)
        return fate == SIM_FAILS ? disk->fail_error : -EIO;
    if (disk->latency_max_ns > 0) {
        i64 next_ns = sim_disk_next(disk);
        if (wait && next_ns != INT64_MAX && next_ns > disk->monotonic_ns)
            sim_disk_advance(disk, next_ns - disk->monotonic_ns);
        while (count < max && sim_disk_next(disk) <= disk->monotonic_ns)
            done[count++] = sim_end_append(disk, 0);
    } else {
        while (count < max && disk->append_count > 0 &&
               ((wait && count == 0) || prng_chance(&disk->prng, 1, 2)))
            done[count++] = sim_end_append(disk, 0);
    }
    return fate == SIM_GOES ? count : -EIO;
}

static int sim_append_event(void *context)
{
    (void)context;
    return -1;
}

static int sim_rename(void *context, const char *from, const char *to)
{
    struct sim_disk *disk = context;
    enum sim_fate fate = sim_gate(disk);
    int file = sim_lookup(disk, from);

    if (fate == SIM_FAILS)
        return disk->fail_error;
    if (fate == SIM_CUT_BEFORE)
        return -EIO;
    if (file < 0)
        return fate == SIM_GOES ? -ENOENT : -EIO;
    int source = sim_name_index(disk, from);
    sim_change_name(disk, source, sim_name_index(disk, to), file);
    return fate == SIM_GOES ? 0 : -EIO;
}

static int sim_unlink(void *context, const char *path)
{
    struct sim_disk *disk = context;
    enum sim_fate fate = sim_gate(disk);

    if (fate == SIM_FAILS)
        return disk->fail_error;
    if (fate == SIM_CUT_BEFORE)
        return -EIO;
    if (sim_lookup(disk, path) < 0)
        return fate == SIM_GOES ? -ENOENT : -EIO;
    sim_change_name(disk, -1, sim_name_index(disk, path), -1);
    return fate == SIM_GOES ? 0 : -EIO;
}

static int sim_make_directory(void *context, const char *path)
{
    struct sim_disk *disk = context;
    enum sim_fate fate = sim_gate(disk);

    if (fate == SIM_FAILS)
        return disk->fail_error;
    if (fate == SIM_CUT_BEFORE)
        return -EIO;
    if (sim_lookup(disk, path) >= 0)
        return fate == SIM_GOES ? -EEXIST : -EIO;
    int file = sim_new_file(disk, true);
    sim_change_name(disk, -1, sim_name_index(disk, path), file);
    return fate == SIM_GOES ? 0 : -EIO;
}

/* A change between two folders belongs to the one it goes to. */
static int sim_sync_directory(void *context, const char *path)
{
    struct sim_disk *disk = context;
    enum sim_fate fate = sim_gate(disk);
    u32 kept = 0;

    if (fate == SIM_FAILS)
        return disk->fail_error;
    if (fate == SIM_CUT_BEFORE)
        return -EIO;
    for (u32 i = 0; i < disk->change_count; i++) {
        const struct sim_change change = disk->changes[i];
        if (sim_is_in(disk->names[change.to].path, path, strlen(path)))
            sim_apply_change(disk, &change);
        else
            disk->changes[kept++] = change;
    }
    disk->change_count = kept;
    return fate == SIM_GOES ? 0 : -EIO;
}

static int sim_list(void *context, const char *path, void (*each)(void *argument, const char *name), void *argument)
{
    struct sim_disk *disk = context;
    int result = sim_gate_simple(disk);
    size_t size = strlen(path);

    if (result < 0)
        return result;
    for (u32 i = 0; i < disk->name_count; i++) {
        char name[SIM_PATH_MAX]; /* the callback may make names */
        if (disk->names[i].live < 0 || !sim_is_in(disk->names[i].path, path, size))
            continue;
        memcpy(name, disk->names[i].path, sizeof(name));
        each(argument, name + size + 1);
    }
    return 0;
}

static int sim_lock(void *context, const char *path)
{
    struct sim_disk *disk = context;
    int result = sim_gate_simple(disk);
    int file = sim_lookup(disk, path);

    if (result < 0)
        return result;
    for (int i = 0; i < SIM_HANDLES_MAX && file >= 0; i++)
        if (disk->handles[i].used && disk->handles[i].lock && disk->handles[i].file == file)
            return -EWOULDBLOCK;
    if (file < 0) {
        file = sim_new_file(disk, false);
        sim_change_name(disk, -1, sim_name_index(disk, path), file);
    }
    return sim_new_handle(disk, file, false, true);
}

static i64 sim_wall_ms(void *context)
{
    struct sim_disk *disk = context;

    disk->wall_ns += 1000;
    return disk->wall_ns / 1000000;
}

static i64 sim_monotonic_ns(void *context)
{
    struct sim_disk *disk = context;

    disk->monotonic_ns += 1000;
    return disk->monotonic_ns;
}

static void sim_sleep_ms(void *context, i64 ms)
{
    struct sim_disk *disk = context;

    sim_disk_advance(disk, ms * 1000000);
}

static int sim_random(void *context, void *bytes, size_t size)
{
    struct sim_disk *disk = context;

    for (size_t i = 0; i < size; i++)
        ((u8 *)bytes)[i] = (u8)prng_next(&disk->random);
    return 0;
}

static size_t sim_whole_sectors(size_t size)
{
    return (size + IO_SECTOR - 1) / IO_SECTOR * IO_SECTOR;
}

/* What is large costs what is touched of it only, and has a page behind it that nobody may touch. */
static void *sim_reserve(void *context, size_t size)
{
    (void)context;
    if (size >= SIM_MAPPED_BYTES) {
        size_t whole = sim_whole_sectors(size);
        void *mapped = mmap(NULL, whole + IO_SECTOR, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        bool good = mapped != MAP_FAILED && mprotect(mapped, whole, PROT_READ | PROT_WRITE) == 0;
        return good ? mapped : NULL;
    }
    void *memory = aligned_alloc(IO_SECTOR, sim_whole_sectors(size));
    if (memory != NULL)
        memset(memory, 0, size);
    return memory;
}

static void sim_release(void *context, void *memory, size_t size)
{
    (void)context;
    if (size >= SIM_MAPPED_BYTES && memory != NULL)
        munmap(memory, sim_whole_sectors(size) + IO_SECTOR);
    else
        free(memory);
}

static int sim_start_thread(void *context, int (*work)(void *argument), void *argument, void **thread)
{
    struct sim_disk *disk = context;
    int *result = &disk->thread_results[disk->thread_count++ % SIM_THREADS_MAX];

    *result = work(argument);
    *thread = result;
    return 0;
}

static int sim_join_thread(void *context, void *thread)
{
    (void)context;
    return *(int *)thread;
}

static void sim_touch(void *context, void *memory, size_t size)
{
    (void)context;
    (void)memory;
    (void)size;
}

static u64 sim_memory_available(void *context)
{
    (void)context;
    return UINT64_MAX;
}

void sim_disk_io(struct sim_disk *disk, struct io *io)
{
    *io = (struct io){
        .context = disk,
        .open = sim_open,
        .close = sim_close,
        .size = sim_size,
        .read = sim_read,
        .write = sim_write,
        .sync = sim_sync,
        .append = sim_append_begin,
        .reap = sim_reap,
        .append_event = sim_append_event,
        .rename = sim_rename,
        .unlink = sim_unlink,
        .make_directory = sim_make_directory,
        .sync_directory = sim_sync_directory,
        .list = sim_list,
        .lock = sim_lock,
        .wall_ms = sim_wall_ms,
        .monotonic_ns = sim_monotonic_ns,
        .sleep_ms = sim_sleep_ms,
        .random = sim_random,
        .reserve = sim_reserve,
        .release = sim_release,
        .start_thread = sim_start_thread,
        .join_thread = sim_join_thread,
        .touch = sim_touch,
        .memory_available = sim_memory_available,
    };
}
