/*
 * fuzz_command: any bytes as commands for the engine. What command_well_formed
 * takes is decided without an assertion; the books are right afterwards; and deciding them together (engine_apply_all,
 * which fetches ahead) gives the answers and the state that deciding them one by one gives.
 *
 * Input: commands back to back, as a door sends them and the journal keeps them; what is none is stepped over by 8
 * bytes.
 */
#include "fuzz/fuzz.h"

#include "core/command.h"

#define COMMANDS_MAX 256
#define BYTES_MAX ((size_t)128 << 10)

static _Alignas(8) u8 commands[BYTES_MAX];
static struct result results[COMMANDS_MAX];
static size_t decided_count;

static bool same(struct result a, struct result b)
{
    return a.code == b.code && a.flags == b.flags && a.id == b.id && a.value == b.value;
}

/* Collects the well-formed ones; each is looked at in memory that ends where the input ends. */
static size_t collect(const u8 *bytes, size_t size, size_t *used)
{
    size_t count = 0, at = 0;
    *used = 0;
    u8 *copy = (u8 *)fuzz_copy(bytes, size);
    FUZZ_MUST((uintptr_t)copy % 8 == 0);
    while (at < size && count < COMMANDS_MAX) {
        if (!command_well_formed(copy + at, size - at)) {
            at += 8;
            continue;
        }
        size_t length = ((const struct command_header *)(const void *)(copy + at))->size;
        FUZZ_MUST(length % 8 == 0 && length >= sizeof(struct command_header) && length <= size - at);
        if (*used + length > BYTES_MAX)
            break;
        memcpy(commands + *used, copy + at, length);
        *used += length;
        at += length;
        count++;
    }
    free(copy);
    return count;
}

static bool decided(void *argument, const struct command_header *command, struct result result)
{
    (void)argument;
    (void)command;
    FUZZ_MUST(same(result, results[decided_count]));
    decided_count++;
    return true;
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    fuzz_world();
    return 0;
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    struct engine *engine = fuzz_world();
    size_t used, at = 0;
    size_t count = collect(bytes, size, &used);
    if (count == 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        const struct command_header *command = (const void *)(commands + at);
        u64 seq = engine_seq(engine);
        results[i] = engine_apply(engine, command);
        FUZZ_COUNT("accepted", engine_seq(engine) > seq);
        FUZZ_MUST(engine_seq(engine) == seq || (engine_seq(engine) == seq + 1 && results[i].code == RESULT_OK));
        at += command->size;
    }
    FUZZ_COUNT("commands", count);
    u64 digest = engine_digest(engine), chain = engine_chain(engine);
    FUZZ_MUST(fuzz_good(engine));
    FUZZ_MUST(engine_digest(engine) == digest);

    fuzz_world_reset();
    decided_count = 0;
    FUZZ_MUST(engine_apply_all(engine, commands, count, decided, NULL) == count && decided_count == count);
    FUZZ_MUST(engine_digest(engine) == digest && engine_chain(engine) == chain);
    fuzz_world_reset();
    return 0;
}
