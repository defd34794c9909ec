/*
 * Marks: places that tests and simulations together must reach. MARK(NAME) counts how often one was; mark.def lists
 * them all. A released program has none of it: without ELEVEN_MARKS a mark is nothing.
 */
#ifndef ELEVEN_BASE_MARK_H
#define ELEVEN_BASE_MARK_H

#include "base/types.h"

enum mark {
#define MARK_ROW(name, kind, meaning) MARK_##name,
#include "base/mark.def"
#undef MARK_ROW
    MARK_COUNT
};

#ifdef ELEVEN_MARKS
extern u64 mark_counts[MARK_COUNT];
#define MARK(name) ((void)__atomic_fetch_add(&mark_counts[MARK_##name], 1, __ATOMIC_RELAXED))
#else
#define MARK(name) ((void)0)
#endif
/* For a situation that the code itself need not tell apart; in a released program the condition is not looked at. */
#ifdef ELEVEN_MARKS
#define MARK_WHEN(name, condition) ((condition) ? MARK(name) : (void)0)
#else
#define MARK_WHEN(name, condition) ((void)sizeof(!(condition)))
#endif

struct mark_info {
    const char *name, *meaning;
    bool fault;             /* else: sometimes */
};
extern const struct mark_info mark_infos[MARK_COUNT];

#endif
