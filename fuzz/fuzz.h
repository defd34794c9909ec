/*
 * fuzz.h: what the fuzz targets share. A target is a function of bytes that
 * must hold for any bytes (FUZZ_MUST); libFuzzer (clang) looks for bytes for which it does not, AddressSanitizer
 * and UndefinedBehaviorSanitizer look on.
 *
 *   fuzz_resp, _csv, _order, _link     the parsers
 *   fuzz_command                       the engine
 *   fuzz_journal                       a data folder whose files were damaged
 *   fuzz_http                          the whole server behind a connection
 *   fuzz.c                             the world they share: a small shop that is put back after each input
 *   make_corpus.c                      what they begin with, beside the files of corpus/NAME
 */
#ifndef ELEVEN_FUZZ_FUZZ_H
#define ELEVEN_FUZZ_FUZZ_H

#include "base/assert.h"
#include "base/slice.h"
#include "core/engine.h"

#include <stdlib.h>
#include <string.h>

/* A property of the target. A failure is a finding: libFuzzer keeps the bytes. */
#define FUZZ_MUST(condition) ASSERT(condition)

/* What a target counts beside libFuzzer: FUZZ_COUNT("orders", 1). The sums are printed at its end, as one line
 * `counters NAME NUMBER ...` that fuzz/run shows. The name is a literal. */
#define FUZZ_COUNTERS_MAX 16
u64 *fuzz_counter(const char *name);
#define FUZZ_COUNT(name, amount)              \
    do {                                      \
        static u64 *counter_;                 \
        if (counter_ == NULL)                 \
            counter_ = fuzz_counter(name);    \
        *counter_ += (u64)(amount);           \
    } while (0)

int LLVMFuzzerInitialize(int *argument_count, char ***arguments);
int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size);

/* A copy of exactly these bytes, so that AddressSanitizer sees each step beyond them. The caller frees it. */
static inline char *fuzz_copy(const void *bytes, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);
    ASSERT(copy != NULL);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

/* --- the world ------------------------------------------------------------------------------------ */

/* The shop of test/support.h at its opening, in an engine of its own, made once: shop_open_festival. */
struct engine *fuzz_world(void);

/* Puts it back as it was. Costs what has been touched since. */
void fuzz_world_reset(void);

/* The engine's proof of its books (engine_check). */
bool fuzz_good(const struct engine *engine);

#endif
