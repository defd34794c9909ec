/*
 * The way of one command through the core: its time, its idempotency key, its
 * decision, and what is noted when it changed something. The rooms beside this
 * file decide; this file is the same for all of them.
 */
#include "core/internal.h"

i64 engine_time(const struct engine *engine, i64 time_ms)
{
    return MAX(time_ms, engine->head.now_ms);
}

i64 engine_now(const struct engine *engine)
{
    return engine->head.now_ms;
}

u64 engine_seq(const struct engine *engine)
{
    return engine->head.seq;
}

u64 engine_chain(const struct engine *engine)
{
    return engine->head.chain;
}

static struct result decide(struct engine *engine, const struct command_header *command)
{
    switch (command->kind) {
#define COMMAND(number, NAME, name, word, roles, tail, fields, texts) \
    case number:                                                      \
        return apply_##name(engine, (const struct command_##name *)command);
#include "core/command.def"
#undef COMMAND
    }
    return refuse(RESULT_MALFORMED, 0);
}


struct result engine_apply(struct engine *engine, const struct command_header *command)
{
    bool has_key = (command->key[0] | command->key[1]) != 0;
    struct result result;

    if (command->time_ms < 0 || command->time_ms > TIME_MS_MAX)
        return refuse(RESULT_MALFORMED, 0);
    engine->time_ms = engine_time(engine, command->time_ms);
    if (has_key) {
        engine->answer_tag = index_tag(answer_hash(command->caller, command->key));
        if (answer_find(engine, command, &result))
            return result;
        if (!answer_has_room(engine))
            return pool_full(LIMIT_answers);
    }

    result = decide(engine, command);
    ASSERT(!(result.flags & RESULT_REPLAYED));
    if (!result_changed(result))
        return result;

    engine->head.now_ms = engine->time_ms;
    engine->head.seq++;
    chain_add(engine, (u64)result.id << 32 | command->kind);
    chain_add(engine, (u64)result.value);
    if (has_key)
        answer_keep(engine, command, result);
    return result;
}

/* --- many commands ------------------------------------------------------------- */

/*
 * Rows are fetched in three waves, each so many commands ahead: those that a
 * command names; those that these name; and the counter behind a per-person cap.
 */
#define FETCH_FAR 16
#define FETCH_NEAR 8
#define FETCH_LAST 4
#define FETCH_COMMAND_BYTES 1024    /* a replay reads commands from far away too */

static const struct command_header *command_after(const struct command_header *command)
{
    return (const struct command_header *)((const char *)command + command->size);
}

/* Ids of a command not yet decided may be anything. */
static void fetch_far(const struct engine *engine, const struct command_header *command)
{
    __builtin_prefetch((const char *)command + FETCH_COMMAND_BYTES);
    if (command->kind != COMMAND_ORDER_PLACE)
        return;
    const struct command_order_place *place = (const struct command_order_place *)command;
    const struct order_line_asked *lines = command_lines(place);
    index_prefetch(&engine->answer_index, index_tag(answer_hash(command->caller, command->key)));
    __builtin_prefetch(&engine->orders[engine->head.count[LIMIT_orders] + FETCH_FAR], 1);
    __builtin_prefetch(&engine->lines[engine->head.count[LIMIT_lines] + (u64)2 * FETCH_FAR], 1);
    __builtin_prefetch(&engine->answers[engine->head.count[LIMIT_answers] + FETCH_FAR], 1);
    if (place->shopper <= engine->head.count[LIMIT_shoppers])
        __builtin_prefetch(&engine->shoppers[place->shopper], 1);
    for (u32 i = 0; i < place->line_count; i++)
        if (lines[i].sku <= engine->head.count[LIMIT_skus])
            __builtin_prefetch(&engine->skus[lines[i].sku], 1);
}

/* The first deal is the one that counts for nearly all SKUs; for others this fetches in vain. */
static u32 cap_tag(const struct engine *engine, const struct command_order_place *place, const struct sku *sku)
{
    return index_tag(cap_hash(sku->first_deal, engine->shoppers[place->shopper].person));
}

static void fetch_near(const struct engine *engine, const struct command_header *command)
{
    if (command->kind != COMMAND_ORDER_PLACE)
        return;
    const struct command_order_place *place = (const struct command_order_place *)command;
    const struct order_line_asked *lines = command_lines(place);
    for (u32 i = 0; i < place->line_count; i++) {
        if (lines[i].sku > engine->head.count[LIMIT_skus])
            continue;
        const struct sku *sku = &engine->skus[lines[i].sku];
        __builtin_prefetch(&engine->books[sku->first_book], 1);
        if (place->festival != 0 && sku->first_deal != 0)
            __builtin_prefetch(&engine->deals[sku->first_deal], 1);
        if (sku->capped && place->shopper <= engine->head.count[LIMIT_shoppers])
            index_prefetch(&engine->cap_index, cap_tag(engine, place, sku));
    }
}

static void fetch_last(const struct engine *engine, const struct command_header *command)
{
    if (command->kind != COMMAND_ORDER_PLACE)
        return;
    const struct command_order_place *place = (const struct command_order_place *)command;
    const struct order_line_asked *lines = command_lines(place);
    for (u32 i = 0; i < place->line_count; i++) {
        if (lines[i].sku > engine->head.count[LIMIT_skus] || place->shopper > engine->head.count[LIMIT_shoppers])
            continue;
        const struct sku *sku = &engine->skus[lines[i].sku];
        if (!sku->capped)
            continue;
        u32 tag = cap_tag(engine, place, sku);
        u64 at = index_home(&engine->cap_index, tag);
        __builtin_prefetch(&engine->caps[index_next(&engine->cap_index, tag, &at)], 1);
    }
}

/* A place in the run of commands that moves ahead of the one being decided. */
struct lookahead {
    const struct command_header *command;
    size_t index;
};

static void look(const struct engine *engine, struct lookahead *ahead, size_t until,
                 void (*fetch)(const struct engine *, const struct command_header *))
{
    for (; ahead->index < until; ahead->index++) {
        fetch(engine, ahead->command);
        ahead->command = command_after(ahead->command);
    }
}

size_t engine_apply_all(struct engine *engine, const void *commands, size_t count, engine_decided *decided,
                        void *argument)
{
    const struct command_header *command = commands;
    struct lookahead far = {commands, 0};
    struct lookahead near = {commands, 0};
    struct lookahead last = {commands, 0};

    for (size_t i = 0; i < count; i++) {
        look(engine, &far, MIN(count, i + FETCH_FAR), fetch_far);
        look(engine, &near, MIN(count, i + FETCH_NEAR), fetch_near);
        look(engine, &last, MIN(count, i + FETCH_LAST), fetch_last);
        const struct command_header *next = command_after(command); /* `decided` may move this one away */
        struct result result = engine_apply(engine, command);
        if (!decided(argument, command, result))
            return i + 1;
        command = next;
    }
    return count;
}
