#include "exchange/rehearsal.h"

#include "base/assert.h"
#include "exchange/field.h"

#include <stdio.h>
#include <stdlib.h>

#define WAIT_STEP_MS 20

/* Copies `text` (NULL: none) as far as it fits, between characters. */
static void rehearsal_keep(char *to, size_t size, const char *text)
{
    struct slice from = text != NULL ? slice_text(text) : slice_of("", 0);
    size_t kept = field_cut(from, size - 1);
    memcpy(to, from.bytes, kept);
    to[kept] = '\0';
}

static void rehearsal_error(void *argument, const struct exchange_error *error)
{
    struct rehearsal *rehearsal = argument;
    ASSERT(rehearsal->error_count < STAGE_ERRORS_MAX); /* the stage tells no more */
    struct rehearsal_error *kept = &rehearsal->errors[rehearsal->error_count++];
    rehearsal_keep(kept->file, sizeof(kept->file), error->file);
    rehearsal_keep(kept->name, sizeof(kept->name), error->name);
    rehearsal_keep(kept->text, sizeof(kept->text), error->text);
    kept->line = error->line;
    kept->column = (u32)error->column;
}

/* Rehearses the files, and tells the stage what is wrong with the settings. */
static enum exchange_status rehearsal_files(const struct rehearsal_options *options, struct stage *stage,
                                            struct rehearsal *rehearsal)
{
    struct import import = options->import;
    import.stage = stage;
    import.prefix = "";
    import.currency = import.currency != NULL ? import.currency : IMPORT_CURRENCY;
    import.seller = import.seller != NULL ? import.seller : IMPORT_SELLER;
    const char *name, *problem = import_problem(&import, &name);
    if (problem != NULL) {
        stage_error(stage, name, 0, 0, NULL, "takes 1 to 128 bytes of text: %s", problem);
        return EXCHANGE_REFUSED;
    }
    enum exchange_status worst = EXCHANGE_DONE;
    for (size_t kind = 0; kind < IMPORT_KINDS; kind++)
        for (size_t i = 0; i < options->file_count && worst != EXCHANGE_FULL; i++) {
            if (options->files[i].kind != kind)
                continue;
            enum exchange_status status = import_run(&import, (enum import_kind)kind, &options->files[i].source);
            worst = MAX(worst, status);
            if (import.left_out != NULL)
                rehearsal->left_out = import.left_out;
        }
    return MAX(worst, stage_status(stage));
}

/* On the filled engine. Hands the commands over when they may be submitted. */
static void rehearsal_on(const struct rehearsal_options *options, struct reader *reader, struct stage *stage,
                         struct rehearsal *rehearsal)
{
    stage_open(stage, reader->engine, reader->io.wall_ms(reader->io.context), rehearsal_error, rehearsal);
    stage->size_max = options->commands_bytes_max;
    rehearsal->seq = engine_seq(reader->engine);
    rehearsal->base = stage->base;
    enum exchange_status status = rehearsal_files(options, stage, rehearsal);
    memcpy(rehearsal->counts, stage->counts, sizeof(rehearsal->counts));
    rehearsal->errors_found = stage->errors;
    rehearsal->status = status == EXCHANGE_DONE      ? REHEARSAL_DONE
                        : status == EXCHANGE_REFUSED ? REHEARSAL_REFUSED
                                                     : REHEARSAL_FULL;
    if (status == EXCHANGE_DONE) {
        rehearsal->commands = stage->commands;
        rehearsal->size = stage->size;
        rehearsal->count = stage->count;
        stage->commands = NULL;
    }
    stage_close(stage);
}

/* The state as it is now, with command `through` in it. On success the reader is the caller's to close. */
static enum journal_status rehearsal_fill(const struct rehearsal_options *options, struct reader *reader,
                                          struct rehearsal *rehearsal)
{
    enum journal_status status =
        reader_fill(reader, options->directory, options->progress, options->progress_argument);
    if (status != JOURNAL_OK) {
        memcpy(rehearsal->problem, reader->problem, sizeof(rehearsal->problem));
        return status;
    }
    for (i64 ms = 0; engine_seq(reader->engine) < options->through && status == JOURNAL_OK; ms += WAIT_STEP_MS) {
        if (ms >= REHEARSAL_WAIT_MS) {
            status = JOURNAL_BUSY;
            snprintf(rehearsal->problem, sizeof(rehearsal->problem), "the journal shows %llu commands, not yet %llu",
                     (unsigned long long)engine_seq(reader->engine), (unsigned long long)options->through);
            break;
        }
        reader->io.sleep_ms(reader->io.context, WAIT_STEP_MS);
        status = reader_follow(reader, NULL);
        memcpy(rehearsal->problem, reader->problem, sizeof(rehearsal->problem));
    }
    if (status != JOURNAL_OK)
        reader_close(reader);
    return status;
}

struct rehearsal *rehearsal_run(const struct rehearsal_options *options)
{
    ASSERT(options->file_count <= REHEARSAL_FILES_MAX);
    struct rehearsal *rehearsal = calloc(1, sizeof(*rehearsal));
    struct stage *stage = malloc(sizeof(*stage)); /* large */
    if (rehearsal == NULL || stage == NULL) {
        free(rehearsal);
        free(stage);
        return NULL;
    }
    struct reader reader;
    rehearsal->journal = rehearsal_fill(options, &reader, rehearsal);
    if (rehearsal->journal == JOURNAL_OK) {
        rehearsal_on(options, &reader, stage, rehearsal);
        reader_close(&reader);
    } else {
        rehearsal->status = rehearsal->journal == JOURNAL_STOPPED ? REHEARSAL_STOPPED : REHEARSAL_FOLDER;
    }
    free(stage);
    return rehearsal;
}

void rehearsal_free(struct rehearsal *rehearsal)
{
    if (rehearsal != NULL)
        free(rehearsal->commands);
    free(rehearsal);
}

bool rehearsal_holds(const struct rehearsal *rehearsal, const struct engine *engine)
{
    return stage_base_holds(&rehearsal->base, engine);
}
