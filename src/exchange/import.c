/* Which imports there are, and their settings; see import.h. */
#include "exchange/import.h"

#include "base/assert.h"
#include "exchange/field.h"

static const struct {
    const char *word;
    enum exchange_status (*run)(struct import *import, const struct source *source);
} imports[IMPORT_KINDS] = {
#define IMPORT(name, word_, meaning) {.word = word_, .run = import_##name},
#include "exchange/import.def"
#undef IMPORT
};

enum exchange_status import_run(struct import *import, enum import_kind kind, const struct source *source)
{
    ASSERT(kind < IMPORT_KINDS);
    import->left_out = NULL;
    enum exchange_status status = imports[kind].run(import, source);
    if (status == EXCHANGE_FULL)
        import->stage->full = true;
    return import->stage->full ? EXCHANGE_FULL : status;
}

const char *import_word(enum import_kind kind)
{
    ASSERT(kind < IMPORT_KINDS);
    return imports[kind].word;
}

int import_parse_kind(struct slice word)
{
    for (int i = 0; i < IMPORT_KINDS; i++)
        if (slice_is(word, imports[i].word))
            return i;
    return -1;
}

const char *import_problem(const struct import *import, const char **name)
{
    const struct {
        const char *name, *code;
    } codes[] = {{"seller", import->seller}, {"location", import->location}, {"city", import->city}};
    for (size_t i = 0; i < ARRAY_COUNT(codes); i++) {
        const char *problem = codes[i].code != NULL ? field_code_problem(slice_text(codes[i].code)) : NULL;
        *name = codes[i].name;
        if (problem != NULL)
            return problem;
    }
    return NULL;
}
