/*
 * A stage: commands are rehearsed on an engine of the caller's that sells nothing (node/reader.h fills one), and only
 * when all of them went well are they submitted to the engine that sells, in the same order, so that they meet the
 * same state and get the same ids and answers. It makes an import all or nothing without any rule of the engine being
 * written twice: what would be refused is refused here, with the line it came from.
 *
 *   stage_open; stage_apply ... (ids come back at once); the caller submits stage->commands; stage_close
 *
 * A stage neither prints nor reads files, clocks or signals; two of them share nothing.
 */
#ifndef ELEVEN_EXCHANGE_STAGE_H
#define ELEVEN_EXCHANGE_STAGE_H

#include "core/engine.h"

/* How a rehearsal, or a part of one, ended. */
enum exchange_status {
    EXCHANGE_DONE = 0,
    EXCHANGE_REFUSED,       /* errors were told: nothing of it may be submitted */
    EXCHANGE_FULL,          /* no memory, or more commands than stage->size_max bytes: likewise */
};

/* An error in a file. Everything belongs to the stage and is gone when the callback returns. */
struct exchange_error {
    const char *file;       /* its name, or what the error is about otherwise ("currency", "--city") */
    u32 line;               /* from 1; 0: the whole file */
    size_t column;          /* from 1; 0: none */
    const char *name;       /* of the column; NULL: none */
    const char *text;       /* a sentence */
};
typedef void exchange_error_sink(void *argument, const struct exchange_error *error);

#define STAGE_ERRORS_MAX 20 /* told; then reading stops */
#define STAGE_TEXT_MAX 512  /* bytes of exchange_error.text, its NUL included */
#define STAGE_NAME_MAX 96   /* bytes of exchange_error.name, likewise */

/* Kinds of things that are counted: THING(NAME, as people call them). */
#define STAGE_THINGS_TABLE(THING)                                                                                     \
    THING(CURRENCIES, "currencies") THING(COUNTRIES, "countries") THING(DEPARTMENTS, "departments")                   \
    THING(CITIES, "cities") THING(LOCATIONS, "locations") THING(BRANDS, "brands") THING(SELLERS, "sellers")           \
    THING(SKUS, "SKUs") THING(PRICES, "prices") THING(BOOKS, "stock books") THING(FESTIVALS, "festivals")             \
    THING(DEALS, "deals") THING(SHOPPERS, "shoppers") THING(PLANS, "plans of locations")                              \
    THING(SAFETY, "safety stocks") THING(FLAGSHIPS, "flagship cities") THING(OTHER, "other")
enum stage_thing {
#define THING(NAME, name) STAGE_##NAME,
    STAGE_THINGS_TABLE(THING)
#undef THING
    STAGE_THINGS
};
const char *stage_thing_name(enum stage_thing thing); /* static */

struct stage_count {
    u64 made, changed, same;
};

/* What an engine held when a rehearsal began: as long as that is the same, new things get the same ids. */
#define STAGE_TABLES 10
struct stage_base {
    u64 used[STAGE_TABLES];
};

struct stage {
    struct engine *engine;  /* the caller's */
    i64 now_ms;             /* the commands' time in the rehearsal */
    exchange_error_sink *sink;
    void *argument;
    struct stage_base base;
    char *commands;         /* accepted ones, back to back, 8-byte aligned */
    size_t size;
    size_t size_max;        /* of them, in bytes; 0: no bound. The caller's to set after stage_open */
    size_t capacity;
    size_t count;
    struct stage_count counts[STAGE_THINGS];
    size_t errors;
    bool full;              /* EXCHANGE_FULL: what is in `commands` is not all of it */
    struct {                /* room to build one command */
        _Alignas(8) char bytes[COMMAND_SIZE_MAX + 8];
    } draft;
};

/* Begins a rehearsal on `engine` as it is; NULL when only errors are to be counted (a table that is only read). The
 * engine stays the caller's, is written to, and must outlive the stage. Errors go to `sink`. */
void stage_open(struct stage *stage, struct engine *engine, i64 now_ms, exchange_error_sink *sink, void *argument);
void stage_close(struct stage *stage);

static inline const struct engine *stage_engine(const struct stage *stage)
{
    return stage->engine;
}

/* How it stands: FULL before REFUSED before DONE. */
enum exchange_status stage_status(const struct stage *stage);

/* The draft, zeroed, as a command of this kind with its fixed size; the texts may follow (stage_texts). */
void *stage_draft(struct stage *stage, u16 kind);

/* Adds texts to the draft. False when they are too long for a command. */
bool stage_texts(struct stage *stage, const struct slice *texts, size_t count);

/* Rehearses the draft; accepted, it is added to stage->commands. OK and NO_CHANGE answer the entity's id. */
struct result stage_apply(struct stage *stage);

/*
 * An error in a file. Counted in stage->errors; of those beyond STAGE_ERRORS_MAX nothing is told. True while there is
 * room for more.
 */
bool stage_error(struct stage *stage, const char *file, u32 line, size_t column, const char *name, const char *format,
                 ...) __attribute__((format(printf, 6, 7)));

/* What an engine holds now. */
void stage_base_of(struct stage_base *base, const struct engine *engine);

/*
 * True while `engine` would give new catalogue entities the ids that a rehearsal begun on `base` gave them. To be asked
 * of the engine that sells right before the commands are submitted, and to be kept true until the last of them is:
 * orders may come between, other changes of the catalogue may not.
 */
bool stage_base_holds(const struct stage_base *base, const struct engine *engine);

#endif
