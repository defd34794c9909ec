/*
 * linux.c: struct io for Linux: files, names, locks, clocks, memory. With
 * append_uring.c, append_thread.c and thread.c it is the only place in src/
 * that makes system calls for the journal and the engine.
 *
 * Every descriptor is O_CLOEXEC, EINTR is handled here and never seen outside.
 */
#include "io/linux.h"

#include "base/assert.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* One call to getdents64; on the stack. */
#define LINUX_LIST_BYTES 8192

struct linux_directory_entry { /* what getdents64 fills in; glibc gives it no name */
    u64 inode;
    i64 offset;
    u16 size;
    u8 type;
    char name[];
};

static int linux_open_retry(const char *path, int flags)
{
    int file;

    do {
        file = open(path, flags | O_CLOEXEC, 0640);
    } while (file < 0 && errno == EINTR);
    return file < 0 ? -errno : file;
}

static int linux_open(void *context, const char *path, unsigned flags)
{
    int bits = flags & IO_WRITE ? O_RDWR : O_RDONLY;

    (void)context;
    ASSERT(path != NULL && (flags & (IO_READ | IO_WRITE)) != 0);
    ASSERT((flags & IO_CREATE) == 0 || (flags & IO_WRITE) != 0);
    if (flags & IO_CREATE)
        bits |= O_CREAT | O_TRUNC;
    if (flags & IO_DIRECT) {
        int file = linux_open_retry(path, bits | O_DIRECT);
        if (file != -EINVAL)
            return file;
    }
    return linux_open_retry(path, bits);
}

static int linux_close(void *context, int file)
{
    (void)context;
    ASSERT(file >= 0);
    /* On Linux the descriptor is gone even when close says EINTR. */
    return close(file) < 0 && errno != EINTR ? -errno : 0;
}

static i64 linux_size(void *context, int file)
{
    struct stat status;

    (void)context;
    return fstat(file, &status) < 0 ? -errno : (i64)status.st_size;
}

static i64 linux_read(void *context, int file, void *bytes, size_t size, u64 offset)
{
    size_t done = 0;

    (void)context;
    while (done < size) {
        ssize_t got = pread(file, (u8 *)bytes + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        done += (size_t)got;
        /* An unaligned short read is the end of the file; O_DIRECT could not go on from there. */
        if (got == 0 || got % IO_SECTOR != 0)
            break;
    }
    return (i64)done;
}

static i64 linux_write(void *context, int file, const void *bytes, size_t size, u64 offset)
{
    ssize_t written;

    (void)context;
    do {
        written = pwrite(file, bytes, size, (off_t)offset);
    } while (written < 0 && errno == EINTR);
    return written < 0 ? -errno : written;
}

static int linux_sync(void *context, int file)
{
    int result;

    (void)context;
    do {
        result = fdatasync(file);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : 0;
}

static int linux_append(void *context, int file, const void *bytes, size_t size, u64 offset, u64 ticket)
{
    struct linux_io *linux_io = context;

    return linux_io->appender.append(linux_io->appender.state, file, bytes, size, offset, ticket);
}

static int linux_reap(void *context, struct io_done *done, int max, bool wait)
{
    struct linux_io *linux_io = context;

    return linux_io->appender.reap(linux_io->appender.state, done, max, wait);
}

static int linux_append_event(void *context)
{
    const struct linux_io *linux_io = context;

    return linux_io->appender.event;
}

static int linux_rename(void *context, const char *from, const char *to)
{
    (void)context;
    return rename(from, to) < 0 ? -errno : 0;
}

static int linux_unlink(void *context, const char *path)
{
    (void)context;
    return unlink(path) < 0 ? -errno : 0;
}

static int linux_make_directory(void *context, const char *path)
{
    (void)context;
    return mkdir(path, 0750) < 0 ? -errno : 0;
}

static int linux_sync_directory(void *context, const char *path)
{
    int file = linux_open_retry(path, O_RDONLY | O_DIRECTORY);
    int result;

    (void)context;
    if (file < 0)
        return file;
    do {
        result = fsync(file) < 0 ? -errno : 0;
    } while (result == -EINTR);
    close(file);
    return result;
}

static int linux_list(void *context, const char *path, void (*each)(void *argument, const char *name), void *argument)
{
    _Alignas(struct linux_directory_entry) char bytes[LINUX_LIST_BYTES];
    int file = linux_open_retry(path, O_RDONLY | O_DIRECTORY);
    long got = 0;

    (void)context;
    if (file < 0)
        return file;
    while ((got = syscall(SYS_getdents64, file, bytes, sizeof(bytes))) > 0) {
        for (long at = 0; at < got;) {
            const struct linux_directory_entry *entry = (const void *)(bytes + at);
            if (strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0)
                each(argument, entry->name);
            at += entry->size;
        }
    }
    int result = got < 0 ? -errno : 0;
    close(file);
    return result;
}

static int linux_lock(void *context, const char *path)
{
    int result;

    (void)context;
    int file = linux_open_retry(path, O_RDWR | O_CREAT);
    if (file < 0)
        return file;
    do {
        result = flock(file, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
    } while (result == -EINTR);
    if (result < 0) {
        close(file);
        return result;
    }
    return file;
}

static i64 linux_wall_ms(void *context)
{
    struct timespec now;

    (void)context;
    clock_gettime(CLOCK_REALTIME, &now);
    return (i64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static i64 linux_monotonic_ns(void *context)
{
    struct timespec now;

    (void)context;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (i64)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void linux_sleep_ms(void *context, i64 ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    (void)context;
    while (ms > 0 && nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}

static int linux_random(void *context, void *bytes, size_t size)
{
    (void)context;
    for (size_t done = 0; done < size;) {
        ssize_t got = getrandom((u8 *)bytes + done, size - done, 0);
        if (got < 0 && errno != EINTR)
            return -errno;
        if (got > 0)
            done += (size_t)got;
    }
    return 0;
}

static void *linux_reserve(void *context, size_t size)
{
    (void)context;
    ASSERT(size > 0);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, size, MADV_HUGEPAGE); /* a wish; kernels without it serve small pages */
    return memory;
}

static void linux_release(void *context, void *memory, size_t size)
{
    (void)context;
    if (memory != NULL)
        munmap(memory, size);
}

static void linux_touch(void *context, void *memory, size_t size)
{
    (void)context;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = (uintptr_t)memory / page * page;
    uintptr_t to = ((uintptr_t)memory + size + page - 1) / page * page;
    madvise((void *)from, to - from, MADV_POPULATE_WRITE); /* before Linux 5.14: it becomes resident with use */
}

/* MemAvailable of /proc/meminfo: what can be had without swapping. */
static u64 linux_memory_available(void *context)
{
    char text[256];
    const char name[] = "MemAvailable:";
    (void)context;
    FILE *file = fopen("/proc/meminfo", "re");
    u64 available = UINT64_MAX;
    while (file != NULL && fgets(text, sizeof(text), file) != NULL)
        if (strncmp(text, name, sizeof(name) - 1) == 0)
            available = strtoull(text + sizeof(name) - 1, NULL, 10) * 1024;
    if (file != NULL)
        (void)fclose(file);
    return available;
}

static int linux_appender_open(struct linux_appender *chosen, enum io_appender appender)
{
    int result = -ENOSYS;

    if (appender != IO_APPENDER_THREAD)
        result = append_uring_open(chosen);
    if (result < 0 && appender != IO_APPENDER_URING)
        result = append_thread_open(chosen);
    return result;
}

int io_linux_open(struct io *io, enum io_appender appender)
{
    struct linux_io *linux_io = calloc(1, sizeof(*linux_io));
    int result;

    if (linux_io == NULL)
        return -ENOMEM;
    result = linux_appender_open(&linux_io->appender, appender);
    if (result < 0)
        goto failed;

    *io = (struct io){
        .context = linux_io,
        .open = linux_open,
        .close = linux_close,
        .size = linux_size,
        .read = linux_read,
        .write = linux_write,
        .sync = linux_sync,
        .append = linux_append,
        .reap = linux_reap,
        .append_event = linux_append_event,
        .rename = linux_rename,
        .unlink = linux_unlink,
        .make_directory = linux_make_directory,
        .sync_directory = linux_sync_directory,
        .list = linux_list,
        .lock = linux_lock,
        .wall_ms = linux_wall_ms,
        .monotonic_ns = linux_monotonic_ns,
        .sleep_ms = linux_sleep_ms,
        .random = linux_random,
        .reserve = linux_reserve,
        .release = linux_release,
        .touch = linux_touch,
        .memory_available = linux_memory_available,
        .start_thread = thread_start,
        .join_thread = thread_join,
    };
    return 0;

failed:
    free(linux_io);
    return result;
}

void io_linux_close(struct io *io)
{
    struct linux_io *linux_io = io->context;

    for (int i = 0; i < LINUX_THREADS_MAX; i++)
        ASSERT(!linux_io->threads[i].used);
    linux_io->appender.close(linux_io->appender.state);
    free(linux_io);
    *io = (struct io){0};
}

const char *io_linux_appender(const struct io *io)
{
    const struct linux_io *linux_io = io->context;

    return linux_io->appender.name;
}
