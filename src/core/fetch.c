/*
 * Memory latency hidden: while one command is decided, the rows of those behind
 * it are fetched into the cache. Each wave fetches what the wave before it has made readable: the
 * rows that a command names, then those that these name, and so on. It only
 * looks; what it guesses wrong costs time and nothing else.
 */
#include "core/internal.h"

#define FETCH_COMMAND_BYTES 1024    /* a replay reads commands from far away too */

/* How many commands ahead each wave is; the first is the farthest. */
static const size_t ahead[FETCH_WAVES] = {24, 16, 12, 8, 4};

/* The SKU of a line; ids of a command not yet decided may be anything. */
static const struct sku *sku_of(const struct engine *engine, const struct order_line_asked *line)
{
    return &engine->skus[line->sku <= engine->head.count[LIMIT_skus] ? line->sku : 0];
}

static bool by_shelves(const struct engine *engine, const struct command_order_place *place, const struct sku *sku)
{
    return place->delivery == DELIVERY_HOME && sku->book_count > 1 && place->city <= engine->head.count[LIMIT_cities];
}

/* The first deal is the one that counts for nearly all SKUs; for others this fetches in vain. */
static u32 cap_tag(const struct engine *engine, const struct command_order_place *place, const struct sku *sku)
{
    u32 shopper = place->shopper <= engine->head.count[LIMIT_shoppers] ? place->shopper : 0;
    return index_tag(cap_hash(sku->first_deal, engine->shoppers[shopper].person));
}

/* What the command names, and where its effect will be written. */
static void fetch_named(const struct engine *engine, const struct command_order_place *place)
{
    const struct order_line_asked *lines = command_lines(place);
    index_prefetch(&engine->answer_index, index_tag(answer_hash(place->header.caller, place->header.key)));
    __builtin_prefetch(&engine->orders[engine->head.count[LIMIT_orders] + ahead[0]], 1);
    __builtin_prefetch(&engine->lines[engine->head.count[LIMIT_lines] + 2 * ahead[0]], 1);
    __builtin_prefetch(&engine->answers[engine->head.count[LIMIT_answers] + ahead[0]], 1);
    if (place->shopper <= engine->head.count[LIMIT_shoppers])
        __builtin_prefetch(&engine->shoppers[place->shopper], 1);
    for (u32 i = 0; i < place->line_count; i++)
        __builtin_prefetch(sku_of(engine, &lines[i]), 1);
}

/* What the SKUs name: their first book, deal, shelf. */
static void fetch_of_skus(const struct engine *engine, const struct command_order_place *place)
{
    const struct order_line_asked *lines = command_lines(place);
    for (u32 i = 0; i < place->line_count; i++) {
        const struct sku *sku = sku_of(engine, &lines[i]);
        __builtin_prefetch(&engine->books[sku->first_book], 1);
        if (place->festival != 0 && sku->first_deal != 0)
            __builtin_prefetch(&engine->deals[sku->first_deal], 1);
        if (sku->capped)
            index_prefetch(&engine->cap_index, cap_tag(engine, place, sku));
        if (by_shelves(engine, place, sku)) {
            index_prefetch(&engine->shelf_index, index_tag(shelf_hash(lines[i].sku, place->city)));
            __builtin_prefetch(&engine->sku_free[lines[i].sku], 1);
        }
    }
}

static void fetch_shelves(const struct engine *engine, const struct command_order_place *place)
{
    const struct order_line_asked *lines = command_lines(place);
    for (u32 i = 0; i < place->line_count; i++) {
        const struct sku *sku = sku_of(engine, &lines[i]);
        if (sku->capped) {
            u32 tag = cap_tag(engine, place, sku);
            u64 at = index_home(&engine->cap_index, tag);
            __builtin_prefetch(&engine->caps[index_next(&engine->cap_index, tag, &at)], 1);
        }
        if (by_shelves(engine, place, sku)) {
            u32 tag = index_tag(shelf_hash(lines[i].sku, place->city));
            u64 at = index_home(&engine->shelf_index, tag);
            __builtin_prefetch(&engine->shelves[index_next(&engine->shelf_index, tag, &at)], 1);
        }
    }
}

/* The book from which a line is likely to come. */
static const struct book *likely_book(const struct engine *engine, const struct command_order_place *place,
                                      const struct order_line_asked *line)
{
    const struct sku *sku = sku_of(engine, line);
    if (!by_shelves(engine, place, sku))
        return &engine->books[sku->first_book];
    return &engine->books[engine->shelves[shelf_find(engine, line->sku, place->city)].first_book];
}

static void fetch_books(const struct engine *engine, const struct command_order_place *place)
{
    const struct order_line_asked *lines = command_lines(place);
    for (u32 i = 0; i < place->line_count; i++)
        if (by_shelves(engine, place, sku_of(engine, &lines[i])))
            __builtin_prefetch(likely_book(engine, place, &lines[i]), 1);
}

/* The location that the rarest line is likely to come from. */
static void fetch_location(const struct engine *engine, const struct command_order_place *place)
{
    const struct order_line_asked *lines = command_lines(place);
    u32 rarest = 0;
    for (u32 i = 1; i < place->line_count; i++)
        if (sku_of(engine, &lines[i])->book_count < sku_of(engine, &lines[rarest])->book_count)
            rarest = i;
    __builtin_prefetch(&engine->locations[likely_book(engine, place, &lines[rarest])->location], 1);
}

void fetch_begin(struct fetch *fetch, const void *commands, size_t count)
{
    fetch->count = count;
    for (unsigned wave = 0; wave < FETCH_WAVES; wave++) {
        fetch->waves[wave].command = commands;
        fetch->waves[wave].index = 0;
    }
}

void fetch_before(const struct engine *engine, struct fetch *fetch, size_t index)
{
    static void (*const fetches[FETCH_WAVES])(const struct engine *, const struct command_order_place *) = {
        fetch_named, fetch_of_skus, fetch_shelves, fetch_books, fetch_location,
    };
    for (unsigned wave = 0; wave < FETCH_WAVES; wave++) {
        size_t until = MIN(fetch->count, index + ahead[wave]);
        for (; fetch->waves[wave].index < until; fetch->waves[wave].index++) {
            const struct command_header *command = fetch->waves[wave].command;
            if (wave == 0)
                __builtin_prefetch((const char *)command + FETCH_COMMAND_BYTES);
            if (command->kind == COMMAND_ORDER_PLACE)
                fetches[wave](engine, (const struct command_order_place *)command);
            fetch->waves[wave].command = command_after(command);
        }
    }
}
