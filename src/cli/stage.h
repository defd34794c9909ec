/*
 * A stage: commands are rehearsed on an engine of our own (reader.h), and only
 * when all of them went well are they submitted to the folder, in the same
 * order, so that they meet the same state and get the same ids and answers. It
 * makes an import all or nothing without any rule of the engine being written
 * twice: what would be refused is refused here, with the line it came from.
 *
 *   stage_open; stage_apply ... (ids come back at once); stage_commit; stage_close
 *
 * A crash between two submitted batches can leave a part; repeating the import
 * completes it, since commands that are done answer no-change.
 */
#ifndef ELEVEN_CLI_STAGE_H
#define ELEVEN_CLI_STAGE_H

#include "cli/reader.h"

#define STAGE_ERRORS_MAX 20 /* shown; then reading stops */

/* Kinds of things that are counted, as people call them. */
enum stage_thing {
    STAGE_CURRENCIES, STAGE_COUNTRIES, STAGE_DEPARTMENTS, STAGE_CITIES, STAGE_LOCATIONS, STAGE_BRANDS, STAGE_SELLERS,
    STAGE_SKUS, STAGE_PRICES, STAGE_BOOKS, STAGE_FESTIVALS, STAGE_DEALS, STAGE_SHOPPERS, STAGE_OTHER, STAGE_THINGS
};

struct stage_count {
    u64 made, changed, same;
};

struct stage {
    struct reader reader;
    u64 seq, chain;         /* of the folder when the rehearsal began */
    i64 now_ms;             /* the commands' time in the rehearsal */
    char *commands;         /* accepted ones, back to back */
    size_t size;
    size_t capacity;
    size_t count;
    struct stage_count counts[STAGE_THINGS];
    size_t errors;
    struct {                /* room to build one command */
        _Alignas(8) char bytes[COMMAND_SIZE_MAX + 8];
    } draft;
};

/* The state now, to rehearse on. CLI_DONE, or said on standard error. */
int stage_open(struct stage *stage, const char *directory);
void stage_close(struct stage *stage);

static inline const struct engine *stage_engine(const struct stage *stage)
{
    return stage->reader.engine;
}

/* The draft, zeroed, as a command of this kind with its fixed size; the texts may follow (stage_texts). */
void *stage_draft(struct stage *stage, u16 kind);

/* Adds texts to the draft. False when they are too long for a command. */
bool stage_texts(struct stage *stage, const struct slice *texts, size_t count);

/* Rehearses the draft; accepted, it will be submitted. OK and NO_CHANGE answer the entity's id. */
struct result stage_apply(struct stage *stage);

/* Submits what was accepted, waits until it is durable, and closes the folder. CLI_REFUSED when the folder has changed
 * since the rehearsal in a way that matters; CLI_FOLDER; said on standard error. */
int stage_commit(struct stage *stage);

/* "skus: 5 new, 2 changed, 0 unchanged" for each kind of thing that was met, on standard output. */
void stage_print_counts(const struct stage *stage);

/*
 * An error in a file: "eleven: FILE:LINE:COLUMN: NAME: what" (column 0: none; line 0: the whole file). Counted in
 * stage->errors; of those beyond STAGE_ERRORS_MAX nothing is shown. True while there is room for more.
 */
bool stage_error(struct stage *stage, const char *file, u32 line, size_t column, const char *name, const char *format,
                 ...) __attribute__((format(printf, 6, 7)));

#endif
