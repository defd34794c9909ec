/*
 * Idempotency: the answers of commands that changed something, by caller and
 * key, in a ring ordered by time. Memory is bounded by the ring; an answer is
 * overwritten only when it is older than a day, and when there is none so old a
 * command with a new key is refused rather than an old answer forgotten.
 */
#include "core/internal.h"

#define FORGET_PER_KEEP 2   /* keeps the ring tidy without a long step */

u64 answer_hash(u32 caller, const u64 key[2])
{
    return mix64(key[0] ^ mix64(key[1] + caller));
}

static u32 body_hash(const struct command_header *command)
{
    /* Mixed, because XXH3 only adds a seed to short inputs: neighbouring kinds would collide. */
    u64 seed = mix64(command->kind | (u64)command->size << 16);
    return (u32)(checksum64(command + 1, command->size - sizeof(*command), seed) >> 32);
}

static bool forgotten(const struct engine *engine, const struct answer *answer)
{
    return engine->time_ms / 1000 - answer->second > ANSWER_TTL_MS / 1000;
}

bool answer_find(const struct engine *engine, const struct command_header *command, struct result *result)
{
    u64 at = index_home(&engine->answer_index, engine->answer_tag);
    u32 row;
    while ((row = index_next(&engine->answer_index, engine->answer_tag, &at)) != 0) {
        const struct answer *answer = &engine->answers[row];
        if (answer->caller != command->caller || answer->key[0] != command->key[0] ||
            answer->key[1] != command->key[1])
            continue;
        if (forgotten(engine, answer)) {
            MARK(KEY_FORGOTTEN);
            continue;
        }
        if (answer->body != body_hash(command)) {
            MARK(KEY_CONFLICT);
            *result = refuse(RESULT_KEY_CONFLICT, 0);
            return true;
        }
        MARK(KEY_REPLAYED);
        *result = (struct result){RESULT_OK, RESULT_REPLAYED, answer->id, answer->value};
        return true;
    }
    return false;
}

static u64 kept(const struct engine *engine)
{
    return engine->head.answer_next - engine->head.answer_first;
}

static const struct answer *oldest(const struct engine *engine)
{
    return &engine->answers[answer_row(engine, engine->head.answer_first)];
}

bool answer_has_room(const struct engine *engine)
{
    return kept(engine) < engine->limits.answers || forgotten(engine, oldest(engine));
}

void answer_keep(struct engine *engine, const struct command_header *command, struct result result)
{
    for (int i = 0; i < FORGET_PER_KEEP && kept(engine) > 0 && forgotten(engine, oldest(engine)); i++) {
        const struct answer *old = oldest(engine);
        index_remove(&engine->answer_index, index_tag(answer_hash(old->caller, old->key)),
                     answer_row(engine, engine->head.answer_first));
        engine->head.answer_first++;
    }
    ASSERT(kept(engine) < engine->limits.answers);
    u32 row = answer_row(engine, engine->head.answer_next++);
    engine->head.count[LIMIT_answers] = MAX(engine->head.count[LIMIT_answers], (u64)row);
    engine->answers[row] = (struct answer){
        .key = {command->key[0], command->key[1]},
        .value = result.value,
        .caller = command->caller,
        .body = body_hash(command),
        .id = result.id,
        .second = (u32)(engine->time_ms / 1000),
    };
    index_insert(&engine->answer_index, engine->answer_tag, row);
}
