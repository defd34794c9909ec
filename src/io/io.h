/*
 * io.h: everything the system asks of the world, as one struct of function
 * pointers: files, durable appends, clocks, random bytes, memory and helper
 * threads. src/io/linux.c stands behind it in production, sim/disk.c
 * in tests. Nothing else in src/ makes a system call, so one run of the whole
 * system is a function of its io.
 *
 * Every function returns >= 0 when it succeeded and a negative errno otherwise.
 * Paths are NUL-terminated and relative to nothing but the process. Functions
 * are called from one thread, except inside `start_thread`, whose work may use files (not
 * `append` and `reap`), names, memory, clocks and threads.
 */
#ifndef ELEVEN_IO_IO_H
#define ELEVEN_IO_IO_H

#include "base/types.h"

/* Offset, size and address of each IO_DIRECT transfer are multiples of this. */
#define IO_SECTOR 4096u

enum io_open_flag {
    IO_READ = 1,
    IO_WRITE = 2,      /* implies IO_READ */
    IO_CREATE = 4,     /* with IO_WRITE: create it, or truncate what is there */
    IO_DIRECT = 8,     /* bypass the page cache; falls back to it where the file system cannot */
};

/* One finished append: the ticket it was started with, and bytes written or -errno. */
struct io_done {
    u64 ticket;
    i64 result;
};

/* Bounds of the append queue. */
#define IO_APPENDS_MAX 16

struct io {
    void *context;

    /* Files. `read` returns the bytes read, short only at the end of the file; `write` may be short. */
    int (*open)(void *context, const char *path, unsigned flags);
    int (*close)(void *context, int file);
    i64 (*size)(void *context, int file);
    i64 (*read)(void *context, int file, void *bytes, size_t size, u64 offset);
    i64 (*write)(void *context, int file, const void *bytes, size_t size, u64 offset);
    int (*sync)(void *context, int file); /* fdatasync: bytes and size are on the disk */

    /*
     * Durable appends, several in flight. `append` begins a write that counts as
     * done only when its bytes are on the disk itself (RWF_DSYNC or fdatasync);
     * `reap` reports finished ones in any order, up to `max`, and waits for at
     * least one when `wait` is set and any is in flight. The bytes must stay
     * untouched until then. -EAGAIN: IO_APPENDS_MAX are in flight.
     */
    int (*append)(void *context, int file, const void *bytes, size_t size, u64 offset, u64 ticket);
    int (*reap)(void *context, struct io_done *done, int max, bool wait);

    /* A descriptor that is readable when `reap` would find something, for an event loop to watch; it stays the io's.
     * -1: there is none. */
    int (*append_event)(void *context);

    /* Names. `list` calls `each` with every name in the folder, in no order. */
    int (*rename)(void *context, const char *from, const char *to);
    int (*unlink)(void *context, const char *path);
    int (*make_directory)(void *context, const char *path); /* -EEXIST is an answer */
    int (*sync_directory)(void *context, const char *path);
    int (*list)(void *context, const char *path, void (*each)(void *argument, const char *name), void *argument);
    int (*lock)(void *context, const char *path); /* exclusive until closed; -EWOULDBLOCK: somebody has it */

    /* The clocks. Wall time may jump; monotonic time may not. */
    i64 (*wall_ms)(void *context);
    i64 (*monotonic_ns)(void *context);
    void (*sleep_ms)(void *context, i64 ms);
    int (*random)(void *context, void *bytes, size_t size);

    /* Zeroed memory that costs address space until it is touched; huge pages where there are some. NULL: none left. */
    void *(*reserve)(void *context, size_t size);
    void (*release)(void *context, void *memory, size_t size);
    void (*touch)(void *context, void *memory, size_t size); /* makes it resident; any thread; may do nothing */

    u64 (*memory_available)(void *context); /* bytes that reserved memory may still become; UINT64_MAX: not known */

    /* Work on a thread of its own, which gives way to others; `join_thread` waits and returns what it returned. */
    int (*start_thread)(void *context, int (*work)(void *argument), void *argument, void **thread);
    int (*join_thread)(void *context, void *thread);
};

/* The one of this machine; uses io_uring where the kernel allows it and a sync thread where it does not. */
enum io_appender { IO_APPENDER_BEST, IO_APPENDER_URING, IO_APPENDER_THREAD };
int io_linux_open(struct io *io, enum io_appender appender); /* 0 or -errno */
void io_linux_close(struct io *io);
const char *io_linux_appender(const struct io *io); /* "io_uring" or "thread" */

/* Writes all of it, however short each write is. 0 or -errno. */
int io_write_all(const struct io *io, int file, const void *bytes, size_t size, u64 offset);

/* Reads all of it. 0, -errno, or -ENODATA when the file ends before. */
int io_read_all(const struct io *io, int file, void *bytes, size_t size, u64 offset);

#endif
