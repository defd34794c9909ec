/*
 * fault.h: what a test of the list of faults (TESTING.md) counts, and the one
 * line at its end, for people and for tools:
 *
 *   fault torn-batch cases 87380 recovered 87380 lost 0 silent 0
 *
 * A row of the list, then names and numbers. The names below must be zero whoever prints them; others only say how much
 * was done. A broken promise is counted and told, and the run goes on, so that the line says how many there are; the
 * line then fails the test. tools/torture adds lines up over many runs.
 */
#ifndef ELEVEN_TEST_FAULT_H
#define ELEVEN_TEST_FAULT_H

#include "base/types.h"

/* The names that must be zero, and what each counts. */
#define FAULT_ZEROES(ZERO)                                                       \
    ZERO("lost", "acknowledged, and not there afterwards")                       \
    ZERO("oversold", "units sold beyond what there was")                         \
    ZERO("unaccounted", "books, ledgers, deals, meters that engine_check refutes") \
    ZERO("doubled", "second effects of one idempotency key")                     \
    ZERO("different", "answers or states that are not the model's")              \
    ZERO("silent", "damaged bytes that were believed")                           \
    ZERO("unnamed", "ends without a named status, and what must not be answered")  \
    ZERO("stuck", "worlds that were healed and did not go on")                   \
    ZERO("leaked", "files left open")                                            \
    ZERO("backwards", "time that went back, or ran away")                        \
    ZERO("unreached", "what a run of this size must reach, and did not")

struct fault_count {
    const char *name;
    u64 value;
};

/* Counts a broken promise and tells the first ones on stderr, as one line. Returns `good`. */
bool fault_unless(bool good, u64 *counter, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Prints the line and fails the test when a name that must be zero is not. The first count is "cases", and is above
 * zero; one at least must be of those that must be zero: a line that cannot fail says nothing. */
void fault_line(const char *row, const struct fault_count *counts, size_t count);
#define FAULT_LINE(row, ...)                                        \
    fault_line(row, (const struct fault_count[]){__VA_ARGS__},      \
               sizeof((const struct fault_count[]){__VA_ARGS__}) / sizeof(struct fault_count))

/* The first seed of this run, so that `make torture` goes on where it has been (ELEVEN_FIRST; 1). */
u64 fault_first_seed(void);

/* ELEVEN_STRIDE=n thins out what is exhaustive, for builds in which it takes too long: every n-th of the cheapest
 * cases, every (n / weight)-th of others. 1, which is the default: all of them. The step to take, >= 1. */
u64 fault_stride(u64 weight);

#endif
