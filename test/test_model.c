/*
 * The engine against the naive model (naive.h), reply by reply, over many short
 * generated worlds (generate.h), and against itself: batches, restored
 * snapshots, the same seed twice.
 *
 *   ELEVEN_COMMANDS=n   commands in all (1,000,000; fewer under sanitizers)
 *   ELEVEN_SEED=n       this one world only, compared after every command
 *   ELEVEN_PRINT=1      prints every command and answer
 *   ELEVEN_CHECK=1      engine_check after every command (slow)
 *   ELEVEN_FIRST=n      the first seed of the run (1)
 */
#include "base/checksum.h"
#include "test/fault.h"
#include "test/generate.h"
#include "test/naive.h"
#include "test/support.h"

#include <stdlib.h>
#include <string.h>

#define WORLD_COMMANDS 2000u
#define WORLDS_ENOUGH 500u      /* a shorter run cannot reach everything */
#define COMPARE_EVERY 200u      /* 1 when a single seed is looked at */

/* One world, kept so that it can be given to another engine. */
struct world {
    u64 seed;
    struct engine_limits limits;
    u64 *commands;          /* back to back */
    size_t size;            /* bytes */
    size_t room;
    struct result results[WORLD_COMMANDS];
    u32 count;
    u64 digest;
    u64 chain;
    bool broken;            /* a difference was counted: the rest of it would only repeat that */
};

/* How often what happened, over all seeds. */
static struct {
    u64 commands;
    u64 by_kind[64], accepted[64];
    u64 by_code[128];
    u64 full[LIMIT_COUNT];
    u64 worlds, sold_out_worlds, replayed;
    u64 different, unaccounted;
    u64 digest;
} seen;

static void repeat_with(const struct world *world)
{
    fprintf(stderr, "repeat with: ELEVEN_SEED=%llu build/test_model\n", (unsigned long long)world->seed);
}

static void keep(struct world *world, const struct command_header *command)
{
    if (world->size + command->size > world->room) {
        world->room = (world->size + command->size) * 2;
        world->commands = realloc(world->commands, world->room);
        assert_non_null(world->commands);
    }
    memcpy((char *)world->commands + world->size, command, command->size);
    world->size += command->size;
}

static void count(const struct command_header *command, struct result result, bool *sold_out)
{
    seen.commands++;
    seen.by_kind[command->kind]++;
    seen.by_code[result.code]++;
    if (result_changed(result))
        seen.accepted[command->kind]++;
    if (result.flags & RESULT_REPLAYED)
        seen.replayed++;
    if (result.code == RESULT_POOL_FULL)
        seen.full[result.value]++;
    if (result.code == RESULT_SOLD_OUT)
        *sold_out = true;
}

static bool equal(struct result a, struct result b)
{
    return a.code == b.code && a.flags == b.flags && a.id == b.id && a.value == b.value;
}

static const void *command_at(const struct world *world, u32 index)
{
    const char *at = (const char *)world->commands;
    for (; index > 0; index--)
        at += ((const struct command_header *)(const void *)at)->size;
    return at;
}

static void compare(struct world *world, const struct naive *naive, const struct engine *engine, bool at_end)
{
    char difference[NAIVE_DIFFERENCE_MAX];
    if (world->broken || naive_compare(naive, engine, at_end, difference))
        return;
    fprintf(stderr, "seed %llu, after command %u: %s\n  ", (unsigned long long)world->seed, world->count, difference);
    support_print(stderr, command_at(world, MIN(world->count, WORLD_COMMANDS - 1)));
    repeat_with(world);
    seen.different++;
    world->broken = true;
}

static void check(const struct world *world, const struct engine *engine)
{
    if (support_check(engine))
        return;
    fprintf(stderr, "seed %llu, after command %u: engine_check\n", (unsigned long long)world->seed, world->count);
    repeat_with(world);
    seen.unaccounted++;
}

struct explained {
    u32 steps;
    u16 last_code;
};

static void note_step(void *argument, const struct trace_step *step)
{
    struct explained *explained = argument;
    assert_non_null(step->check);
    explained->steps++;
    explained->last_code = step->code;
}

/* The explanation of an order ends as the order does, whenever it is the order itself that decides. */
static bool explained_well(const struct engine *engine, const struct command_header *command, struct result *why)
{
    struct explained explained = {0, 0};
    if (command->kind != COMMAND_ORDER_PLACE || command->time_ms < 0 || command->time_ms > TIME_MS_MAX)
        return true;
    *why = engine_explain(engine, (const void *)command, note_step, &explained);
    return explained.steps > 0 && explained.last_code == why->code;
}

static bool same_as_explained(const struct command_header *command, struct result result, struct result why)
{
    bool by_key = (result.flags & RESULT_REPLAYED) || result.code == RESULT_KEY_CONFLICT ||
                  (result.code == RESULT_POOL_FULL && result.value == LIMIT_answers);
    bool by_time = command->time_ms < 0 || command->time_ms > TIME_MS_MAX;
    return command->kind != COMMAND_ORDER_PLACE || by_key || by_time ||
           (why.code == result.code && why.value == result.value);
}

/* Both decide one command; the answers must be equal. */
static struct result decide(struct world *world, struct engine *engine, struct naive *naive,
                            const struct command_header *command)
{
    u64 seq = engine_seq(engine);
    struct result why = {0};
    bool explained = explained_well(engine, command, &why);
    struct result result = engine_apply(engine, command);
    explained &= same_as_explained(command, result, why);
    bool texts_full = result.code == RESULT_POOL_FULL && result.value == LIMIT_text_bytes;
    naive_texts_full(naive, texts_full);
    struct result model = naive_apply(naive, command);
    if (explained && equal(result, model) && engine_seq(engine) == seq + (result_changed(result) ? 1 : 0))
        return result;
    fprintf(stderr, "seed %llu, command %u:\n  ", (unsigned long long)world->seed, world->count);
    support_print(stderr, command);
    fprintf(stderr, "  engine %s flags %u id %u value %lld\n", result_word(result.code), result.flags, result.id,
            (long long)result.value);
    fprintf(stderr, "  model  %s flags %u id %u value %lld (now %lld)\n", result_word(model.code), model.flags, model.id,
            (long long)model.value, (long long)engine_now(engine));
    if (!explained)
        fprintf(stderr, "  engine_explain %s value %lld\n", result_word(why.code), (long long)why.value);
    repeat_with(world);
    seen.different++;
    world->broken = true;
    return result;
}

static void run_world(struct world *world, u64 seed)
{
    struct generator *generator = generator_create(seed);
    bool print = support_number("ELEVEN_PRINT", 0) != 0;
    bool sold_out = false;
    world->seed = seed;
    world->size = 0;
    world->broken = false;
    generator_limits(generator, &world->limits);
    bool check_each = support_number("ELEVEN_CHECK", 0) != 0;
    bool single = support_number("ELEVEN_SEED", 0) != 0;
    u32 every = single ? 1 : COMPARE_EVERY;
    if (single)
        generator_describe(generator, stderr);
    struct engine *engine = support_engine(&world->limits);
    struct naive *naive = naive_create(&world->limits);
    for (world->count = 0; world->count < WORLD_COMMANDS && !world->broken; world->count++) {
        const struct command_header *command = generator_next(generator);
        if (print) {
            fprintf(stderr, "%u: ", world->count);
            support_print(stderr, command);
        }
        struct result result = decide(world, engine, naive, command);
        if (print)
            fprintf(stderr, "    %s id %u value %lld\n", result_word(result.code), result.id, (long long)result.value);
        world->results[world->count] = result;
        keep(world, command);
        count(command, result, &sold_out);
        generator_learn(generator, result);
        if (world->count % every == every - 1)
            compare(world, naive, engine, false);
        if (check_each)
            check(world, engine);
    }
    compare(world, naive, engine, true);
    check(world, engine);
    world->digest = engine_digest(engine);
    world->chain = engine_chain(engine);
    seen.worlds++;
    seen.sold_out_worlds += sold_out;
    support_engine_free(engine, &world->limits);
    naive_free(naive);
    generator_free(generator);
}

/* --- the same world once more -------------------------------------------- */

struct following {
    const struct world *world;
    u32 next;
    u32 stop;               /* says so after this many */
};

static bool follow(void *argument, const struct command_header *command, struct result result)
{
    struct following *following = argument;
    (void)command;
    if (!equal(result, following->world->results[following->next])) {
        fprintf(stderr, "seed %llu, command %u differs the second time\n", (unsigned long long)following->world->seed,
                following->next);
        repeat_with(following->world);
        fail();
    }
    following->next++;
    return following->next != following->stop;
}

/* Applies commands from..to in one call, or in many of uneven length. */
static void apply_again(const struct world *world, struct engine *engine, u32 from, u32 to, u32 batch)
{
    struct following following = {world, from, UINT32_MAX};
    while (following.next < to) {
        u32 ask = MIN(batch, to - following.next);
        u32 before = following.next;
        size_t decided = engine_apply_all(engine, command_at(world, following.next), ask, follow, &following);
        assert_int_equal(decided, following.next - before);
        assert_int_equal(decided, ask);
    }
}

static void check_same(const struct world *world, const struct engine *engine, const char *how)
{
    if (engine_digest(engine) == world->digest && engine_chain(engine) == world->chain)
        return;
    fprintf(stderr, "seed %llu: %s: digest %016llx, chain %016llx instead of %016llx, %016llx\n",
            (unsigned long long)world->seed, how, (unsigned long long)engine_digest(engine),
            (unsigned long long)engine_chain(engine), (unsigned long long)world->digest,
            (unsigned long long)world->chain);
    repeat_with(world);
    fail();
}

static void test_batches(const struct world *world)
{
    struct engine *engine = support_engine(&world->limits);
    apply_again(world, engine, 0, world->count, world->seed % 2 == 0 ? world->count : 1 + (u32)(world->seed % 97));
    check_same(world, engine, "engine_apply_all");
    support_engine_free(engine, &world->limits);
}

/* "false stops": no command behind the one that said so is decided. */
static void test_stop(const struct world *world)
{
    struct engine *engine = support_engine(&world->limits);
    struct following following = {world, 0, 1 + (u32)(world->seed % 300)};
    assert_int_equal(engine_apply_all(engine, world->commands, world->count, follow, &following), following.stop);
    assert_int_equal(following.next, following.stop);
    apply_again(world, engine, following.stop, world->count, 64);
    check_same(world, engine, "engine_apply_all, stopped and resumed");
    support_engine_free(engine, &world->limits);
}

/* Copies an engine through its regions, as a snapshot does. */
static struct engine *copy_engine(struct engine *engine, const struct engine_limits *limits)
{
    struct engine *copy = support_engine(limits);
    struct engine_region from[ENGINE_REGIONS_MAX];
    struct engine_region to[ENGINE_REGIONS_MAX];
    u64 sizes[ENGINE_REGIONS_MAX];
    size_t regions = engine_regions(engine, from);
    assert_int_equal(engine_regions(copy, to), regions);
    for (size_t i = 0; i < regions; i++) {
        assert_int_equal(from[i].id, to[i].id);
        assert_int_equal(from[i].element_size, to[i].element_size);
        assert_true(from[i].size <= to[i].size_max);
        memcpy(to[i].bytes, from[i].bytes, from[i].size);
        sizes[i] = from[i].size;
    }
    const char *problem = engine_restore(copy, sizes);
    if (problem != NULL)
        fail_msg("engine_restore: %s", problem);
    return copy;
}

static void test_restore(const struct world *world)
{
    u32 at = (u32)(mix64(world->seed) % world->count);
    struct engine *engine = support_engine(&world->limits);
    apply_again(world, engine, 0, at, 100);
    struct engine_limits larger = world->limits; /* a limit may be raised with a restart */
    if (world->seed % 3 == 0 && world->limits.orders > 1000)
        larger.orders *= 2;
    struct engine *copy = copy_engine(engine, &larger);
    if (engine_digest(copy) != engine_digest(engine) || engine_chain(copy) != engine_chain(engine)) {
        fprintf(stderr, "seed %llu: restored after command %u, the digest differs\n", (unsigned long long)world->seed,
                at);
        repeat_with(world);
        fail();
    }
    support_engine_free(engine, &world->limits);
    assert_true(support_check(copy));
    apply_again(world, copy, at, world->count, 100);
    check_same(world, copy, "restored");
    support_engine_free(copy, &larger);
}

/* --- the run ------------------------------------------------------------- */

static void test_worlds(void **state)
{
    (void)state;
    u64 only = support_number("ELEVEN_SEED", 0);
    u64 commands = support_number("ELEVEN_COMMANDS", 1000000);
    u64 first = support_number("ELEVEN_FIRST", 1);
    u64 worlds = only != 0 ? 1 : MAX(commands / WORLD_COMMANDS, 1);
    static struct world world;
    for (u64 i = 0; i < worlds; i++) {
        u64 seed = only != 0 ? only : first + i;
        run_world(&world, seed);
        seen.digest = mix64(seen.digest ^ world.digest) + world.chain;
        if (world.broken || (only == 0 && i % 5 != 0))
            continue;
        test_batches(&world);
        test_stop(&world);
        test_restore(&world);
    }
    free(world.commands);
    world = (struct world){0};
}

/* The same seed twice gives the same commands and the same state. */
static void test_same_seed_twice(void **state)
{
    (void)state;
    static struct world a;
    static struct world b;
    for (u64 seed = 1000001; seed <= 1000003; seed++) {
        run_world(&a, seed);
        run_world(&b, seed);
        assert_int_equal(a.size, b.size);
        assert_memory_equal(a.commands, b.commands, a.size);
        assert_true(a.digest == b.digest && a.chain == b.chain);
    }
    free(a.commands);
    free(b.commands);
}

/* Another seed is another world: the digest is not a constant. */
static void test_seeds_differ(void **state)
{
    (void)state;
    static struct world a;
    static struct world b;
    run_world(&a, 1000001);
    run_world(&b, 1000002);
    assert_true(a.digest != b.digest && a.chain != b.chain);
    free(a.commands);
    free(b.commands);
}

static void print_seen(void)
{
#define COMMAND(number, NAME, name, word, roles, tail, fields, texts) \
    printf("  %-16s %8llu, accepted %8llu\n", word, (unsigned long long)seen.by_kind[number], \
           (unsigned long long)seen.accepted[number]);
#include "core/command.def"
#undef COMMAND
#define RESULT(number, NAME, http, word, value, sentence) \
    printf("  %-20s %8llu\n", word, (unsigned long long)seen.by_code[number]);
#include "base/result.def"
#undef RESULT
    for (u32 i = 0; i < LIMIT_COUNT; i++)
        printf("  pool-full %-12s %8llu\n", engine_limit_name(i), (unsigned long long)seen.full[i]);
    printf("  %llu commands in %llu worlds, sold out in %llu, answers replayed %llu\n",
           (unsigned long long)seen.commands, (unsigned long long)seen.worlds,
           (unsigned long long)seen.sold_out_worlds, (unsigned long long)seen.replayed);
}

/* Generator health: a run that reached little proves little. What was never reached is told. */
static u64 unreached(void)
{
    u64 count = 0;
#define COMMAND(number, NAME, name, word, roles, tail, fields, texts) \
    fault_unless(seen.accepted[number] > 0, &count, "%s was never accepted", word);
#include "core/command.def"
#undef COMMAND
#define RESULT(number, NAME, http, word, value, sentence) \
    fault_unless(seen.by_code[number] > 0, &count, "%s was never the answer", word);
#include "base/result.def"
#undef RESULT
    for (u32 i = 0; i < LIMIT_COUNT; i++)
        fault_unless(seen.full[i] > 0, &count, "%s were never full", engine_limit_name(i));
    fault_unless(seen.replayed > 0, &count, "no answer was replayed");
    fault_unless(seen.sold_out_worlds * 10 >= seen.worlds * 3, &count, "less than 30 %% of the worlds sold out");
    return count;
}

static void test_health(void **state)
{
    (void)state;
    print_seen();
    printf("digest 0x%016llx\n", (unsigned long long)seen.digest);
    FAULT_LINE("model", {"cases", seen.commands}, {"worlds", seen.worlds}, {"different", seen.different},
               {"unaccounted", seen.unaccounted});
    if (seen.worlds < WORLDS_ENOUGH)
        return;
    FAULT_LINE("generator", {"cases", seen.worlds}, {"sold-out", seen.sold_out_worlds}, {"replayed", seen.replayed},
               {"unreached", unreached()});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worlds),
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_same_seed_twice),
        cmocka_unit_test(test_seeds_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
