#include "bench/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PAGE_BYTES ((size_t)4096)
#define HUGE_PAGE_BYTES ((size_t)2 << 20)
#define ZERO_CHUNK_BYTES ((size_t)1 << 20)
#define SYNC_FILE_BYTES ((u64)16 << 20)

i64 measure_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (i64)now.tv_sec * 1000000000 + now.tv_nsec;
}

i64 measure_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (i64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void measure_print(const char *name, double value, int decimals, const char *unit)
{
    printf("%s %.*f %s\n", name, decimals, value, unit);
    fflush(stdout);
}

double measure_rate(u64 count, i64 elapsed_ns)
{
    return elapsed_ns > 0 ? (double)count * 1e9 / (double)elapsed_ns : 0;
}

static int compare_u32(const void *a, const void *b)
{
    u32 left = *(const u32 *)a, right = *(const u32 *)b;
    return (left > right) - (left < right);
}

u32 measure_percentile(u32 *values, size_t count, u32 per_thousand)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof(*values), compare_u32);
    size_t rank = (count * per_thousand + 999) / 1000;
    return values[rank > 0 ? rank - 1 : 0];
}

u32 measure_longest(const u32 *values, size_t count)
{
    u32 longest = 0;
    for (size_t i = 0; i < count; i++)
        longest = MAX(longest, values[i]);
    return longest;
}

static int compare_double(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double measure_median(double *values, size_t count)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof(*values), compare_double);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

u64 measure_proc_bytes(const char *path, const char *name)
{
    char line[128];
    u64 kilobytes = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        measure_fail("%s: %s", path, strerror(errno));
    while (fgets(line, sizeof(line), file))
        if (strncmp(line, name, strlen(name)) == 0)
            kilobytes = strtoull(line + strlen(name), NULL, 10);
    (void)fclose(file);
    return kilobytes * 1024;
}

u64 measure_resident_bytes(void)
{
    return measure_proc_bytes("/proc/self/status", "VmRSS:");
}

u64 measure_available_bytes(void)
{
    return measure_proc_bytes("/proc/meminfo", "MemAvailable:");
}

void measure_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void *measure_memory(size_t size)
{
    size_t unit = size >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : PAGE_BYTES;
    size_t rounded = (size + unit - 1) / unit * unit;
    void *memory = aligned_alloc(unit, rounded);
    if (!memory)
        measure_fail("no memory for %zu bytes", size);
    if (unit == HUGE_PAGE_BYTES)
        madvise(memory, rounded, MADV_HUGEPAGE);
    memset(memory, 0, rounded);
    return memory;
}

int measure_zeroed_file(const char *path, u64 bytes)
{
    int file = open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
    if (file < 0)
        measure_fail("%s: %s", path, strerror(errno));
    void *zeros = measure_memory(ZERO_CHUNK_BYTES);
    for (u64 offset = 0; offset < bytes; offset += ZERO_CHUNK_BYTES)
        if (pwrite(file, zeros, ZERO_CHUNK_BYTES, (off_t)offset) != (ssize_t)ZERO_CHUNK_BYTES)
            measure_fail("%s: %s", path, strerror(errno));
    if (fsync(file) != 0)
        measure_fail("%s: %s", path, strerror(errno));
    free(zeros);
    return file;
}

void measure_sync_writes(const char *path, size_t count)
{
    int file = measure_zeroed_file(path, SYNC_FILE_BYTES);
    u8 *page = measure_memory(PAGE_BYTES);
    u32 *latencies = measure_memory(count * sizeof(*latencies));
    for (size_t i = 0; i < count; i++) {
        memset(page, (int)i, PAGE_BYTES);
        struct iovec vector = {page, PAGE_BYTES};
        i64 start = measure_ns();
        if (pwritev2(file, &vector, 1, (off_t)(i * PAGE_BYTES % SYNC_FILE_BYTES), RWF_DSYNC) != (ssize_t)PAGE_BYTES)
            measure_fail("%s: %s", path, strerror(errno));
        latencies[i] = (u32)(measure_ns() - start);
    }
    measure_print("sync.write_p50", measure_percentile(latencies, count, 500) / 1e3, 1, "us");
    measure_print("sync.write_p99", measure_percentile(latencies, count, 990) / 1e3, 1, "us");
    free(latencies);
    free(page);
    close(file);
    unlink(path);
}
