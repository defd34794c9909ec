#include "node/replay.h"

#include <inttypes.h>
#include <stdio.h>

/* The number of records, 0 when they are not whole, well-formed commands. */
static size_t records_count(struct slice records)
{
    size_t count = 0;
    while (records.size > 0) {
        if (!command_well_formed(records.bytes, records.size))
            return 0;
        u16 size = ((const struct command_header *)(const void *)records.bytes)->size;
        records = slice_of(records.bytes + size, records.size - size);
        count++;
    }
    return count;
}

static bool diverge(struct replay *replay, u64 seq, const char *what)
{
    replay->diverged = true;
    snprintf(replay->problem, sizeof(replay->problem), "command %" PRIu64 ": %s", seq, what);
    return false;
}

static bool replay_decided(void *argument, const struct command_header *command, struct result result)
{
    struct replay *replay = argument;
    (void)command;
    if (result.code == RESULT_POOL_FULL) {
        diverge(replay, 0, "");
        snprintf(replay->problem, sizeof(replay->problem), "eleven.conf: %s is below what is in use",
                 engine_limit_name((enum limit_index)result.value));
        return false;
    }
    if (!result_changed(result))
        return diverge(replay, engine_seq(replay->engine) + 1, result_word(result.code));
    replay->commands++;
    return true;
}

/* How many commands of the batch are to be decided. */
static size_t wanted_count(const struct replay *replay, const struct journal_batch *batch, const char *at)
{
    u64 next = engine_seq(replay->engine) + 1;
    size_t left = batch->count - (size_t)(next - batch->seq_first);
    if (replay->until_seq != 0)
        left = MIN(left, replay->until_seq < next ? 0 : replay->until_seq - next + 1);
    if (replay->until_ms == 0)
        return left;
    for (size_t i = 0; i < left; i++) {
        const struct command_header *command = (const void *)at;
        if (command->time_ms > replay->until_ms)
            return i;
        at += command->size;
    }
    return left;
}

/* With somebody who looks on. */
static void decide_each(struct replay *replay, const char *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct command_header *command = (const void *)at;
        replay->before(replay->argument, replay->engine, command);
        struct result result = engine_apply(replay->engine, command);
        if (!replay_decided(replay, command, result))
            return;
        if (!replay->after(replay->argument, replay->engine, command, result)) {
            replay->stopped = true;
            return;
        }
        at += command->size;
    }
}

bool replay_visit(void *argument, const struct journal_batch *batch)
{
    struct replay *replay = argument;
    u64 next = engine_seq(replay->engine) + 1;
    const char *at = batch->records.bytes;
    if (records_count(batch->records) != batch->count)
        return diverge(replay, batch->seq_first, "the batch does not hold whole commands of this version");
    if (next < batch->seq_first || next >= batch->seq_first + batch->count)
        return diverge(replay, batch->seq_first, "the journal does not go on where the state ends");
    for (u64 seq = batch->seq_first; seq < next; seq++) /* a snapshot was taken in mid-batch */
        at += ((const struct command_header *)(const void *)at)->size;

    size_t count = wanted_count(replay, batch, at);
    if (replay->before != NULL)
        decide_each(replay, at, count);
    else
        engine_apply_all(replay->engine, at, count, replay_decided, replay);
    if (replay->diverged || replay->stopped)
        return false;
    if (engine_seq(replay->engine) + 1 < batch->seq_first + batch->count) {
        replay->stopped = true;
        return false;
    }
    if (engine_chain(replay->engine) != batch->state)
        return diverge(replay, engine_seq(replay->engine), "the state is not what its writer had");
    if (replay->until_seq != 0 && engine_seq(replay->engine) == replay->until_seq) {
        replay->stopped = true;
        return false;
    }
    return true;
}
