/*
 * slow_disk.c: a bad disk and a bad clock for a program that knows nothing of
 * them: LD_PRELOAD=slow_disk.so puts it between build/eleven and the C library.
 * It is told what to do while the program runs, through a page of memory that
 * both share: the file named by SLOW_DISK, of SLOW_DISK_WORDS i64 in the
 * machine's order. A test writes the settings and reads the counters
 * (test/hurt/disk.py has the same table).
 *
 *   word  setting
 *    0    no_uring     io_uring cannot be set up (-ENOSYS), as in many containers: the sync thread appends, and this
 *                      file sees every call
 *    1    which        whose calls the settings below mean: sum of 1 journal segments, 2 snapshots and the rest, 4 SQLite's files,
 *                      8 segments that are made ahead
 *    2    delay_us     added to each write and sync
 *    3    stuck        the same sum: whose writes and syncs do not come back until it says otherwise
 *    4    sync_errno   what the next fail_count syncs fail with; 0: they do not
 *    5    write_errno  the same for writes
 *    6    fail_count
 *    7    short_bytes  not 0: a write of more than that writes only so much
 *    8    keep         not 0: what is written to files 1, 2 and 8 is kept in memory until a sync succeeds, as the page
 *                      cache and the disk's own do. A failed sync drops it, and so does kill -9, which is then a
 *                      power cut
 *    9    clock_ms     added to the wall clock
 *   10    clock_stands not 0: the wall clock says this many ms since 1970 (and clock_ms more), and stands still
 *
 *   word  counter
 *   16    writes, 17 syncs (that were meant), 18 delayed, 19 failed, 20 short, 21 bytes dropped by failed syncs,
 *   22    calls that are stuck now, 23 looks at the wall clock, 24 bytes kept now
 *
 * A name that cannot be mapped ends the program: a test must not run without its fault.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SLOW_DISK_WORDS 512
#define SLOW_DISK_SECTOR 4096
#define SLOW_DISK_PATH_MAX 4096
#define SLOW_DISK_KEPT_MAX 4096 /* writes kept at one time; more go to the file as if synced in the background */

enum {
    NO_URING, WHICH, DELAY_US, STUCK, SYNC_ERRNO, WRITE_ERRNO, FAIL_COUNT, SHORT_BYTES, KEEP, CLOCK_MS, CLOCK_STANDS,
    WRITES = 16, SYNCS, DELAYED, FAILED, SHORT, DROPPED, WAITING, CLOCK_LOOKS, KEPT
};
enum { SEGMENT = 1, OTHER = 2, DATABASE = 4, AHEAD = 8 };

/* A write that is not on the disk yet. */
struct kept {
    int file;
    off_t offset;
    size_t size;
    char *bytes;
};

static int64_t *words; /* NULL: before the start, or without SLOW_DISK */
static struct kept kept[SLOW_DISK_KEPT_MAX];
static size_t kept_count;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fdatasync)(int);
static int (*real_fsync)(int);
static int (*real_close)(int);
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_queue_init)(unsigned, struct io_uring *, unsigned);

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        abort();
    return found;
}

__attribute__((constructor)) static void slow_disk_start(void)
{
    const char *path = getenv("SLOW_DISK");
    *(void **)&real_pwrite = next("pwrite");
    *(void **)&real_fdatasync = next("fdatasync");
    *(void **)&real_fsync = next("fsync");
    *(void **)&real_close = next("close");
    *(void **)&real_clock_gettime = next("clock_gettime");
    *(void **)&real_queue_init = dlsym(RTLD_NEXT, "io_uring_queue_init"); /* a shell before us has none */
    if (path == NULL)
        return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    void *page = MAP_FAILED;
    if (file >= 0)
        page = mmap(NULL, SLOW_DISK_WORDS * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page == MAP_FAILED)
        abort();
    real_close(file);
    words = page;
}

static int64_t look(int word)
{
    return __atomic_load_n(&words[word], __ATOMIC_RELAXED);
}

static void add(int word, int64_t amount)
{
    __atomic_fetch_add(&words[word], amount, __ATOMIC_RELAXED);
}

/* Which of the four kinds an open file is; 0: none of ours (a pipe, a socket). */
static int kind_of(int file)
{
    char link[64] = "/proc/self/fd/", digits[16], path[SLOW_DISK_PATH_MAX];
    int count = 0;
    size_t at = strlen(link);
    for (unsigned rest = (unsigned)file; rest > 0 || count == 0; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    while (count > 0)
        link[at++] = digits[--count];
    link[at] = 0;
    ssize_t size = readlink(link, path, sizeof(path));
    if (size <= 0 || size == sizeof(path) || path[0] != '/')
        return 0;
    /* x.db, x.db-wal, x.db-shm; a shared-memory file grows by writes of a byte, and must really. */
    if (memmem(path, (size_t)size, ".db", 3) != NULL || memmem(path, (size_t)size, "/views.tmp", 10) != NULL)
        return DATABASE;
    if (memmem(path, (size_t)size, "/prepared-", 10) != NULL)
        return AHEAD;
    return memmem(path, (size_t)size, "/journal-", 9) != NULL ? SEGMENT : OTHER;
}

static void sleep_us(int64_t us)
{
    struct timespec left = {us / 1000000, us % 1000000 * 1000};
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}

static void wait_while_stuck(int kind)
{
    if ((look(STUCK) & kind) == 0)
        return;
    add(WAITING, 1);
    while ((look(STUCK) & kind) != 0)
        sleep_us(1000);
    add(WAITING, -1);
}

/* The kind of a file whose call is meant, after the time that a slow or stuck disk takes; 0: it is not. */
static int meant(int file)
{
    int kind = words == NULL ? 0 : kind_of(file);
    if (kind == 0)
        return 0;
    wait_while_stuck(kind);
    if ((look(WHICH) & kind) == 0)
        return 0;
    int64_t delay = look(DELAY_US);
    if (delay > 0) {
        add(DELAYED, 1);
        sleep_us(delay);
    }
    return kind;
}

/* The errno to fail with now, or 0. */
static int failing(int word)
{
    int64_t error = look(word);
    if (error == 0 || look(FAIL_COUNT) <= 0)
        return 0;
    if (__atomic_fetch_sub(&words[FAIL_COUNT], 1, __ATOMIC_RELAXED) <= 0)
        return 0;
    add(FAILED, 1);
    return (int)error;
}

/* --- what is written, and not yet synced ------------------------------------------------------------- */

/* Takes what is kept of a file out of the list, in order, and writes it or drops it. -1: a write failed (errno). */
static int kept_settle(int file, int drop)
{
    size_t left = 0;
    int result = 0;
    pthread_mutex_lock(&kept_lock);
    for (size_t i = 0; i < kept_count; i++) {
        struct kept *one = &kept[i];
        if (one->file != file) {
            kept[left++] = *one;
            continue;
        }
        if (drop)
            add(DROPPED, (int64_t)one->size);
        else if (result == 0 && real_pwrite(file, one->bytes, one->size, one->offset) != (ssize_t)one->size)
            result = -1;
        add(KEPT, -(int64_t)one->size);
        free(one->bytes);
    }
    kept_count = left;
    pthread_mutex_unlock(&kept_lock);
    return result;
}

/* 1: it is kept; 0: there is no room, and the file has what was kept of it before. */
static int kept_add(int file, const void *bytes, size_t size, off_t offset)
{
    size_t room = (size + SLOW_DISK_SECTOR - 1) / SLOW_DISK_SECTOR * SLOW_DISK_SECTOR;
    char *copy = aligned_alloc(SLOW_DISK_SECTOR, room); /* O_DIRECT wants it so */
    if (copy == NULL)
        abort();
    memcpy(copy, bytes, size);
    pthread_mutex_lock(&kept_lock);
    int added = kept_count < SLOW_DISK_KEPT_MAX;
    if (added)
        kept[kept_count++] = (struct kept){file, offset, size, copy};
    pthread_mutex_unlock(&kept_lock);
    if (added) {
        add(KEPT, (int64_t)size);
    } else {
        free(copy);
        kept_settle(file, 0);
    }
    return added;
}

/* --- the calls ------------------------------------------------------------------------------------------ */

/* SQLite's name for it, which is the same here: off_t has 64 bits. */
ssize_t pwrite64(int file, const void *bytes, size_t size, off_t offset) __attribute__((alias("pwrite")));

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset)
{
    int kind = meant(file);
    if (kind == 0)
        return real_pwrite(file, bytes, size, offset);
    add(WRITES, 1);
    int error = failing(WRITE_ERRNO);
    if (error != 0) {
        errno = error;
        return -1;
    }
    size_t most = (size_t)look(SHORT_BYTES);
    if (most > 0 && size > most) {
        add(SHORT, 1);
        size = most;
    }
    if (look(KEEP) != 0 && kind != DATABASE && kept_add(file, bytes, size, offset))
        return (ssize_t)size;
    return real_pwrite(file, bytes, size, offset);
}

static int sync_file(int file, int (*real_sync)(int))
{
    if (meant(file) == 0)
        return kept_count > 0 && kept_settle(file, 0) < 0 ? -1 : real_sync(file);
    add(SYNCS, 1);
    int error = failing(SYNC_ERRNO);
    if (kept_settle(file, error != 0) < 0)
        return -1;
    if (error == 0)
        return real_sync(file);
    errno = error;
    return -1;
}

int fdatasync(int file)
{
    return sync_file(file, real_fdatasync);
}

int fsync(int file)
{
    return sync_file(file, real_fsync);
}

int close(int file)
{
    if (kept_count > 0)
        kept_settle(file, 0);
    return real_close(file);
}

int io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags)
{
    if (words != NULL && look(NO_URING) != 0)
        return -ENOSYS;
    return real_queue_init(entries, ring, flags);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = real_clock_gettime(clock, now);
    if (words == NULL || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
        return result;
    int64_t stands = look(CLOCK_STANDS), ms = look(CLOCK_MS);
    add(CLOCK_LOOKS, 1);
    if (stands != 0)
        *now = (struct timespec){0};
    ms = now->tv_sec * 1000 + now->tv_nsec / 1000000 + ms + stands;
    *now = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 + now->tv_nsec % 1000000};
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec time;
    (void)zone;
    int result = clock_gettime(CLOCK_REALTIME, &time);
    *now = (struct timeval){.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1000};
    return result;
}

time_t time(time_t *also)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (also != NULL)
        *also = now.tv_sec;
    return now.tv_sec;
}
