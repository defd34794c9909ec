/*
 * The answer to a command, and the table of all answers (result.def).
 */
#ifndef ELEVEN_BASE_RESULT_H
#define ELEVEN_BASE_RESULT_H

#include "base/types.h"

enum result_code {
#define RESULT(number, NAME, http, word, value, sentence) RESULT_##NAME = number,
#include "base/result.def"
#undef RESULT
};

enum result_flag {
    RESULT_REPLAYED = 1,    /* the answer remembered for this idempotency key; nothing was done now */
};

struct result {
    u16 code;               /* enum result_code */
    u16 flags;              /* enum result_flag */
    u32 id;                 /* of the entity made or changed; 0: none */
    i64 value;              /* meaning depends on code (result.def) and, for OK, on the command (command.def) */
};

/* Stable word, sentence and HTTP status of a code; for an unknown code "?", "?" and 500. Static strings. */
const char *result_word(u16 code);
const char *result_sentence(u16 code);
int result_http(u16 code);

/* True when the command changed something (OK), so that it is journaled. */
static inline bool result_changed(struct result result)
{
    return result.code == RESULT_OK && !(result.flags & RESULT_REPLAYED);
}

#endif
