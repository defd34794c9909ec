#include "test/trade.h"

#include "node/config.h"
#include "test/support.h"

#include <stdlib.h>
#include <string.h>

#define GROUP_MAX 4u

static void world_limits(u64 seed, struct engine_limits *limits)
{
    struct generator *generator = generator_create(seed);
    generator_limits(generator, limits);
    generator_free(generator);
    limits->orders = limits->lines = limits->answers = TRADE_COMMANDS_MAX;
    limits->text_bytes = 1 << 20;
}

/* Orders that the world of this seed places. */
static u32 orders_of(u64 seed, const struct engine_limits *limits, u32 commands)
{
    struct generator *generator = generator_create(seed);
    struct engine *engine = support_engine(limits);
    for (u32 i = 0; i < commands; i++)
        generator_learn(generator, engine_apply(engine, generator_next(generator)));
    u32 orders = engine_order_count(engine);
    support_engine_free(engine, limits);
    generator_free(generator);
    return orders;
}

void trade_begin(struct trade *trade, u64 seed, u32 commands, u32 orders_min)
{
    assert_true(commands <= TRADE_COMMANDS_MAX);
    *trade = (struct trade){.seed = seed};
    for (;; trade->seed++) {
        world_limits(trade->seed, &trade->limits);
        if (orders_of(trade->seed, &trade->limits, commands) >= orders_min)
            break;
    }
    trade->generator = generator_create(trade->seed);
    trade->engine = support_engine(&trade->limits);
    trade->naive = naive_create(&trade->limits);
    trade->digests[0] = engine_digest(trade->engine);
}

void trade_end(struct trade *trade)
{
    support_engine_free(trade->engine, &trade->limits);
    naive_free(trade->naive);
    generator_free(trade->generator);
    free(trade->accepted);
    *trade = (struct trade){0};
}

struct sim_disk *trade_disk(const struct trade *trade, struct io *io)
{
    struct config config = {.limits = trade->limits, .journal_segment_bytes = CONFIG_SEGMENT_BYTES_MIN};
    struct sim_disk *disk = sim_disk_create(trade->seed);
    sim_disk_io(disk, io);
    assert_int_equal(config_create(TRADE_DIRECTORY, &config, io), JOURNAL_OK);
    return disk;
}

struct eleven *trade_open(const struct io *io, bool snapshot, enum journal_status *status, char *problem)
{
    struct eleven *eleven;
    struct eleven_options options = {.directory = TRADE_DIRECTORY, .io = io, .clock = ELEVEN_CLOCK_CALLER,
                                     .orders_ahead = 1, .in_flight_max = 64, .expire_by_caller = true,
                                     .no_snapshot_at_close = !snapshot};
    problem[0] = 0;
    *status = eleven_open(&eleven, &options, problem);
    return eleven;
}

static bool same(struct result a, struct result b)
{
    return a.code == b.code && a.flags == b.flags && a.id == b.id && a.value == b.value;
}

/* Keeps an accepted command as the journal does: with the time it was decided at. */
static void keep(struct trade *trade, const struct command_header *command)
{
    trade->accepted = realloc(trade->accepted, trade->accepted_size + command->size);
    assert_non_null(trade->accepted);
    struct command_header *copy = (void *)((u8 *)trade->accepted + trade->accepted_size);
    memcpy(copy, command, command->size);
    copy->time_ms = engine_now(trade->engine);
    trade->accepted_size += command->size;
    trade->ends[trade->last_seq] = trade->accepted_size;
}

/* Decides one more command beside the disk. */
static struct result decide(struct trade *trade, const struct command_header *command)
{
    struct result result = engine_apply(trade->engine, command);
    naive_texts_full(trade->naive, result.code == RESULT_POOL_FULL && result.value == LIMIT_text_bytes);
    struct result model = naive_apply(trade->naive, command);
    fault_unless(same(result, model), &trade->differences, "seed %llu, command %u: %s, the model says %s",
                 (unsigned long long)trade->seed, trade->given, result_word(result.code), result_word(model.code));
    generator_learn(trade->generator, result);
    trade->given++;
    trade->last_seq = engine_seq(trade->engine);
    trade->digests[trade->last_seq] = engine_digest(trade->engine);
    if (result_changed(result))
        keep(trade, command);
    return result;
}

void trade_on(struct trade *trade, struct eleven *eleven, u32 commands)
{
    static u64 group[GROUP_MAX * COMMAND_SIZE_MAX / 8];
    struct result results[GROUP_MAX];
    struct eleven_answer answers[GROUP_MAX];
    struct prng prng;
    size_t size = 0, taken;
    u64 ticket;
    prng_seed(&prng, trade->seed + trade->given);
    assert_true(trade->given + commands <= TRADE_COMMANDS_MAX);
    for (u32 i = 0, count = 0; i < commands; i++) {
        const struct command_header *command = generator_next(trade->generator);
        memcpy((u8 *)group + size, command, command->size);
        size += command->size;
        results[count++] = decide(trade, command);
        if (count < GROUP_MAX && i + 1 < commands && !prng_chance(&prng, 1, 3))
            continue;
        assert_int_equal(eleven_submit(eleven, group, size, &taken, &ticket), count);
        for (u32 heard = 0; heard < count;) {
            size_t more = eleven_poll(eleven, answers, GROUP_MAX, true);
            assert_true(more > 0);
            for (size_t a = 0; a < more; a++)
                fault_unless(same(answers[a].result, results[answers[a].ticket - ticket]), &trade->differences,
                             "seed %llu, before command %u: the folder answers %s", (unsigned long long)trade->seed,
                             trade->given, result_word(answers[a].result.code));
            heard += (u32)more;
        }
        size = count = 0;
    }
    assert_true(engine_digest(eleven_engine(eleven)) == trade->digests[trade->last_seq]);
}

bool trade_was(const struct trade *trade, u64 seq, u64 digest)
{
    return seq <= trade->last_seq && trade->digests[seq] == digest;
}

bool trade_model_agrees(const struct trade *trade, const struct engine *engine, char *difference)
{
    struct naive *naive = naive_create(&trade->limits);
    for (size_t at = 0; at < trade->ends[engine_seq(engine)];) {
        const struct command_header *command = (const void *)((const u8 *)trade->accepted + at);
        naive_apply(naive, command);
        at += command->size;
    }
    bool agrees = naive_compare(naive, engine, false, difference);
    naive_free(naive);
    return agrees;
}
