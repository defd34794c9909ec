/* Rehearse, then submit; see stage.h. */
#include "cli/stage.h"

#include "base/assert.h"
#include "cli/cli.h"
#include "eleven.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define STAGE_ANSWERS 4096

int stage_open(struct stage *stage, const char *directory)
{
    memset(stage, 0, sizeof(*stage));
    int code = reader_open_now(&stage->reader, directory);
    if (code != CLI_DONE)
        return code;
    stage->now_ms = cli_now_ms();
    stage->seq = engine_seq(stage->reader.engine);
    stage->chain = engine_chain(stage->reader.engine);
    return CLI_DONE;
}

void stage_close(struct stage *stage)
{
    free(stage->commands);
    stage->commands = NULL;
    reader_close(&stage->reader);
}

void *stage_draft(struct stage *stage, u16 kind)
{
    const struct command_info *info = command_info(kind);
    ASSERT(info != NULL);
    memset(stage->draft.bytes, 0, info->fixed_size);
    struct command_header *header = (void *)stage->draft.bytes;
    header->kind = kind;
    header->size = info->fixed_size;
    header->time_ms = stage->now_ms;
    return header;
}

bool stage_texts(struct stage *stage, const struct slice *texts, size_t count)
{
    return command_add_texts((void *)stage->draft.bytes, texts, count);
}

/* What a command is about, and whether that is there already. */
static enum stage_thing stage_thing(const struct engine *engine, const struct command_header *command, bool *there)
{
    static const struct {
        u16 kind;
        enum stage_thing thing;
    } puts[] = {
        {COMMAND_CURRENCY_PUT, STAGE_CURRENCIES}, {COMMAND_COUNTRY_PUT, STAGE_COUNTRIES},
        {COMMAND_DEPARTMENT_PUT, STAGE_DEPARTMENTS}, {COMMAND_CITY_PUT, STAGE_CITIES},
        {COMMAND_LOCATION_PUT, STAGE_LOCATIONS}, {COMMAND_BRAND_PUT, STAGE_BRANDS},
        {COMMAND_SELLER_PUT, STAGE_SELLERS}, {COMMAND_SKU_PUT, STAGE_SKUS}, {COMMAND_FESTIVAL_PUT, STAGE_FESTIVALS},
    };
    for (size_t i = 0; i < ARRAY_COUNT(puts); i++)
        if (puts[i].kind == command->kind) {
            *there = engine_find(engine, command->kind, command_text(command, 0)) != 0;
            return puts[i].thing;
        }
    *there = true;
    switch (command->kind) {
    case COMMAND_PRICE_SET: {
        const struct sku *sku = engine_sku(engine, ((const struct command_price_set *)command)->sku);
        *there = sku != NULL && sku->price_minor != 0;
        return STAGE_PRICES;
    }
    case COMMAND_STOCK_COUNT: {
        const struct command_stock_count *count = (const void *)command;
        *there = engine_find_book(engine, count->sku, count->location) != 0;
        return STAGE_BOOKS;
    }
    case COMMAND_DEAL_PUT:
        *there = ((const struct command_deal_put *)command)->deal != 0;
        return STAGE_DEALS;
    case COMMAND_SHOPPER_JOIN:
        *there = false;
        return STAGE_SHOPPERS;
    default:
        return STAGE_OTHER;
    }
}

static void stage_keep(struct stage *stage, const struct command_header *command)
{
    if (stage->size + command->size > stage->capacity) {
        size_t capacity = MAX(stage->capacity * 2, (size_t)4 << 20);
        char *commands = aligned_alloc(64, capacity);
        ASSERT(commands != NULL); /* no overcommit and no memory: the tool ends before anything was changed */
        if (stage->size > 0)
            memcpy(commands, stage->commands, stage->size);
        free(stage->commands);
        stage->commands = commands;
        stage->capacity = capacity;
    }
    memcpy(stage->commands + stage->size, command, command->size);
    stage->size += command->size;
    stage->count++;
}

struct result stage_apply(struct stage *stage)
{
    const struct command_header *command = (const void *)stage->draft.bytes;
    ASSERT(command_well_formed(command, command->size));
    bool there;
    enum stage_thing thing = stage_thing(stage->reader.engine, command, &there);
    struct result result = engine_apply(stage->reader.engine, command);
    struct stage_count *count = &stage->counts[thing];
    if (result.code == RESULT_NO_CHANGE) {
        count->same++;
    } else if (result_changed(result)) {
        *(there ? &count->changed : &count->made) += 1;
        stage_keep(stage, command);
    }
    return result;
}

/* Submits everything and checks that it is answered as it was rehearsed. */
static int stage_submit(struct stage *stage, struct eleven *eleven)
{
    static struct eleven_answer answers[STAGE_ANSWERS];
    size_t at = 0;
    u64 answered = 0, differ = 0;
    struct result first = {0};
    while (answered < stage->count && eleven_status(eleven) == JOURNAL_OK) {
        size_t taken = 0;
        u64 ticket;
        if (at < stage->size)
            eleven_submit(eleven, stage->commands + at, stage->size - at, &taken, &ticket);
        at += taken;
        size_t got = eleven_poll(eleven, answers, STAGE_ANSWERS, taken == 0);
        for (size_t i = 0; i < got; i++)
            if (answers[i].result.code != RESULT_OK && differ++ == 0)
                first = answers[i].result;
        answered += got;
        cli_progress("writing: %llu of %zu", (unsigned long long)answered, stage->count);
    }
    cli_progress_end();
    if (differ == 0)
        return CLI_DONE;
    char text[CLI_REFUSAL_MAX];
    cli_error(stage->reader.directory, "%llu commands were answered otherwise than in the rehearsal, the first: %s",
              (unsigned long long)differ, cli_refusal(text, stage_engine(stage), first));
    return CLI_REFUSED;
}

int stage_commit(struct stage *stage)
{
    if (stage->count == 0)
        return CLI_DONE;
    const char *directory = stage->reader.directory;
    struct eleven_options options = {
        .directory = directory,
        .journal_ahead_bytes = stage->size + stage->size / 8, /* a full disk shows before the first command */
        .expire_by_caller = true, /* nothing comes between the rehearsal and this */
    };
    struct eleven *eleven;
    char problem[JOURNAL_PROBLEM_MAX] = "";
    enum journal_status status = eleven_open(&eleven, &options, problem);
    if (status != JOURNAL_OK)
        return cli_folder_error(directory, status, problem);
    const struct engine *now = eleven_engine(eleven);
    int code = CLI_DONE;
    if (engine_seq(now) != stage->seq || engine_chain(now) != stage->chain) {
        cli_error(directory, "somebody else changed it meanwhile; nothing was done, please repeat");
        code = CLI_REFUSED;
    }
    if (code == CLI_DONE)
        code = stage_submit(stage, eleven);
    status = eleven_close(eleven);
    if (status != JOURNAL_OK)
        return cli_folder_error(directory, status, "");
    return code;
}

void stage_print_counts(const struct stage *stage)
{
    static const char *const names[STAGE_THINGS] = {
        "currencies", "countries", "departments", "cities", "locations", "brands", "sellers", "SKUs", "prices",
        "stock books", "festivals", "deals", "shoppers", "other",
    };
    for (size_t i = 0; i < STAGE_THINGS; i++) {
        const struct stage_count *count = &stage->counts[i];
        char made[CLI_TEXT_MAX], changed[CLI_TEXT_MAX], same[CLI_TEXT_MAX];
        if (count->made + count->changed + count->same > 0)
            printf("%s: %s new, %s changed, %s unchanged\n", names[i], cli_number(made, count->made),
                   cli_number(changed, count->changed), cli_number(same, count->same));
    }
    if (stage->count == 0)
        printf("nothing to do: all of it is there already\n");
}

bool stage_error(struct stage *stage, const char *file, u32 line, size_t column, const char *name, const char *format,
                 ...)
{
    stage->errors++;
    if (stage->errors > STAGE_ERRORS_MAX)
        return false;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fflush(stdout);
    fprintf(stderr, "eleven: %s", file);
    if (line > 0)
        fprintf(stderr, ":%u", line);
    if (column > 0)
        fprintf(stderr, ":%zu", column);
    fprintf(stderr, ": %s%s%s\n", name != NULL ? name : "", name != NULL ? ": " : "", text);
    return stage->errors < STAGE_ERRORS_MAX;
}
