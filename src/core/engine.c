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
    MARK_WHEN(TIME_BEHIND, command->time_ms < engine->time_ms);
    if (has_key) {
        engine->answer_tag = index_tag(answer_hash(command->caller, command->key));
        if (answer_find(engine, command, &result))
            return result;
        if (!answer_has_room(engine)) {
            MARK(ANSWERS_FULL);
            return pool_full(LIMIT_answers);
        }
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

size_t engine_apply_all(struct engine *engine, const void *commands, size_t count, engine_decided *decided,
                        void *argument)
{
    const struct command_header *command = commands;
    struct fetch fetch;
    fetch_begin(&fetch, commands, count);
    for (size_t i = 0; i < count; i++) {
        fetch_before(engine, &fetch, i);
        const struct command_header *next = command_after(command); /* `decided` may move this one away */
        struct result result = engine_apply(engine, command);
        if (!decided(argument, command, result))
            return i + 1;
        command = next;
    }
    return count;
}
