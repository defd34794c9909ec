#include "exchange/stage.h"

#include "base/assert.h"
#include "exchange/field.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define STAGE_COMMANDS_FIRST (4 << 20) /* bytes, then doubled */

/* The tables whose ids commands of a catalogue carry. */
static const enum limit_index stage_tables[STAGE_TABLES] = {
    LIMIT_currencies, LIMIT_countries, LIMIT_departments, LIMIT_cities,    LIMIT_locations,
    LIMIT_brands,     LIMIT_sellers,   LIMIT_skus,        LIMIT_festivals, LIMIT_deals,
};

const char *stage_thing_name(enum stage_thing thing)
{
    static const char *const names[STAGE_THINGS] = {
#define THING(NAME, name) name,
        STAGE_THINGS_TABLE(THING)
#undef THING
    };
    ASSERT(thing < STAGE_THINGS);
    return names[thing];
}

void stage_open(struct stage *stage, struct engine *engine, i64 now_ms, exchange_error_sink *sink, void *argument)
{
    *stage = (struct stage){.engine = engine, .now_ms = now_ms, .sink = sink, .argument = argument};
    if (engine != NULL)
        stage_base_of(&stage->base, engine);
}

void stage_base_of(struct stage_base *base, const struct engine *engine)
{
    for (size_t i = 0; i < STAGE_TABLES; i++)
        base->used[i] = engine_used(engine, stage_tables[i]);
}

void stage_close(struct stage *stage)
{
    free(stage->commands);
    stage->commands = NULL;
    stage->engine = NULL;
}

enum exchange_status stage_status(const struct stage *stage)
{
    if (stage->full)
        return EXCHANGE_FULL;
    return stage->errors > 0 ? EXCHANGE_REFUSED : EXCHANGE_DONE;
}

bool stage_base_holds(const struct stage_base *base, const struct engine *engine)
{
    for (size_t i = 0; i < STAGE_TABLES; i++)
        if (engine_used(engine, stage_tables[i]) != base->used[i])
            return false;
    return true;
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
    case COMMAND_LOCATION_PLAN: {
        const struct location *place = engine_location(engine, ((const struct command_location_plan *)command)->location);
        *there = place != NULL && place->keep_days != 0;
        return STAGE_PLANS;
    }
    case COMMAND_STOCK_KEEP: {
        const struct command_stock_keep *keep = (const void *)command;
        const struct book *book = engine_book(engine, engine_find_book(engine, keep->sku, keep->location));
        *there = book != NULL && book->safety != 0;
        return STAGE_SAFETY;
    }
    case COMMAND_FESTIVAL_FLAGSHIP:
        *there = ((const struct command_festival_flagship *)command)->flagship == 0;
        return STAGE_FLAGSHIPS;
    case COMMAND_SHOPPER_JOIN:
        *there = false;
        return STAGE_SHOPPERS;
    default:
        return STAGE_OTHER;
    }
}

static void stage_keep(struct stage *stage, const struct command_header *command)
{
    if (stage->full || (stage->size_max > 0 && stage->size + command->size > stage->size_max)) {
        stage->full = true;
        return;
    }
    if (stage->size + command->size > stage->capacity) {
        size_t capacity = MAX(stage->capacity * 2, (size_t)STAGE_COMMANDS_FIRST);
        char *commands = aligned_alloc(64, capacity);
        if (commands == NULL) {
            stage->full = true;
            return;
        }
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
    enum stage_thing thing = stage_thing(stage->engine, command, &there);
    struct result result = engine_apply(stage->engine, command);
    struct stage_count *count = &stage->counts[thing];
    if (result.code == RESULT_NO_CHANGE) {
        count->same++;
    } else if (result_changed(result)) {
        *(there ? &count->changed : &count->made) += 1;
        stage_keep(stage, command);
    }
    return result;
}

bool stage_error(struct stage *stage, const char *file, u32 line, size_t column, const char *name, const char *format,
                 ...)
{
    stage->errors++;
    if (stage->errors > STAGE_ERRORS_MAX)
        return false;
    char text[STAGE_TEXT_MAX + 4]; /* one character more, to see where to cut */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    text[field_cut(slice_text(text), STAGE_TEXT_MAX - 1)] = '\0';
    const struct exchange_error error = {.file = file, .line = line, .column = column, .name = name, .text = text};
    stage->sink(stage->argument, &error);
    return stage->errors < STAGE_ERRORS_MAX;
}
