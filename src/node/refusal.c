#include "node/refusal.h"

#include <stdio.h>

char *refusal_text(char *text, const struct engine *engine, struct result result)
{
    if (result.code != RESULT_POOL_FULL || result.value < 0 || result.value >= LIMIT_COUNT) {
        snprintf(text, REFUSAL_MAX, "%s: %s", result_word(result.code), result_sentence(result.code));
        return text;
    }
    enum limit_index limit = (enum limit_index)result.value;
    const char *name = engine_limit_name(limit);
    char than[48] = "";
    if (engine != NULL)
        snprintf(than, sizeof(than), " than %llu", (unsigned long long)engine_capacity(engine, limit));
    snprintf(text, REFUSAL_MAX, "pool-full: no room for more %s%s; raise `%s` in eleven.conf and restart", name, than,
             name);
    return text;
}
