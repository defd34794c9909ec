/*
 * Measuring: the clock, percentiles, memory, and the one line that every figure
 * is printed as ("name value unit"). Each run of a figure prints its line; the
 * median over equal names is taken by bench/table.awk. Floating point is fine here.
 */
#ifndef ELEVEN_BENCH_MEASURE_H
#define ELEVEN_BENCH_MEASURE_H

#include "base/types.h"

/* Monotonic nanoseconds. */
i64 measure_ns(void);
i64 measure_wall_ms(void);

/* Prints "name value unit" on standard output and flushes; `decimals` places behind the point. */
void measure_print(const char *name, double value, int decimals, const char *unit);

/* count / elapsed, in 1/s. */
double measure_rate(u64 count, i64 elapsed_ns);

/* Sorts `values` and returns the one that `per_thousand` of them do not exceed (nearest rank); 0 when there is none. */
u32 measure_percentile(u32 *values, size_t count, u32 per_thousand);
u32 measure_longest(const u32 *values, size_t count);
double measure_median(double *values, size_t count);

/* The kilobytes behind `name` in a file of /proc, as bytes; 0: there is no such line. Ends the process when there is no
 * such file. */
u64 measure_proc_bytes(const char *path, const char *name);

/* Resident bytes of this process; bytes that the machine could still give. */
u64 measure_resident_bytes(void);
u64 measure_available_bytes(void);

/* Says what is wrong on standard error and ends the process with status 1. */
_Noreturn void measure_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Memory for free(), or the end of the process. In huge pages, as the engine's is; zeroed and touched, so that no first
 * touch is timed. */
void *measure_memory(size_t size);

/* 4 KiB writes to `path` (zeroed ahead), one after another with O_DIRECT and RWF_DSYNC: what one durable write costs
 * here. Prints sync.write_p50 and sync.write_p99 in us. */
void measure_sync_writes(const char *path, size_t count);

/* A file of `bytes` zeros that are on the disk, opened for O_DIRECT writing. */
int measure_zeroed_file(const char *path, u64 bytes);

#endif
