/*
 * Clocks that jump, go backwards and stand still. The core goes by the time in the command, and never back; the
 * server's clock (node/clock.h) runs with the monotonic one and follows the wall by one part in a hundred at most; so a
 * sale neither opens nor closes, and no hold ends, because somebody has set the machine's clock.
 *
 *   ELEVEN_FIRST=n      the seed (1)
 *   ELEVEN_STEPS=n      looks at the server's clock (300,000)
 */
#include "base/prng.h"
#include "node/clock.h"
#include "test/fault.h"
#include "test/night.h"
#include "test/support.h"

#define DAY_MS ((i64)24 * 3600 * 1000)
#define YEAR_MS (365 * DAY_MS)
#define MS_NS 1000000
#define WALL_MAX (10 * YEAR_MS)
#define WALL_MS ((i64)1541865600000) /* 2018-11-11T00:00:00+08:00 */

struct tally {
    u64 cases, jumps, backwards;
};

static void print(const char *row, const struct tally *tally)
{
    FAULT_LINE(row, {"cases", tally->cases}, {"jumps", tally->jumps}, {"backwards", tally->backwards});
}

/* Somewhere else: a little, a lot, the beginning of time, or nowhere. */
static i64 jump(struct prng *prng, i64 now_ms)
{
    static const i64 sizes_ms[] = {1, 1000, 3600 * 1000, DAY_MS, YEAR_MS, WALL_MAX};
    i64 size_ms = (i64)prng_below(prng, (u64)sizes_ms[prng_below(prng, ARRAY_COUNT(sizes_ms))]) + 1;
    switch (prng_below(prng, 8)) {
    case 0: return 0;
    case 1: return now_ms;
    default: return MAX(prng_chance(prng, 1, 2) ? now_ms + size_ms : now_ms - size_ms, 0);
    }
}

/* --- the core ----------------------------------------------------------------------------------------------------- */

/* A day's commands with times of any kind. The engine's time never goes back, only what is accepted moves it, and an
 * order is dated by it. shop_do compares every answer with the model's. */
static void test_times_in_commands(void **state)
{
    static struct shop s;
    struct tally tally = {0};
    struct prng prng;
    (void)state;
    prng_seed(&prng, fault_first_seed());
    for (u32 world = 0; world < 40; world++) {
        shop_open_festival(&s);
        i64 now_ms = SHOP_OPENS;
        for (u32 i = 0; i < 300; i++, tally.cases++) {
            i64 before_ms = engine_now(s.engine);
            bool small = prng_chance(&prng, 7, 8); /* or the festival is over before anything has happened */
            s.now_ms = small ? now_ms + (i64)prng_below(&prng, 120000) - 60000 : jump(&prng, now_ms);
            struct result result = i % 5 == 4 ? DO(&s, clock_tick, CLOCK_TICK, )
                                   : i % 5 == 3 ? DO(&s, order_pay, ORDER_PAY, .order = engine_order_count(s.engine),
                                                     .payment = PAYMENT_PROVIDER, .amount_minor = 10000)
                                                : PLACE(&s, "1x1", HOME(HOLD));
            i64 expected_ms = result_changed(result) ? MAX(before_ms, s.now_ms) : before_ms;
            fault_unless(engine_now(s.engine) == expected_ms, &tally.backwards, "at %lld, command at %lld: now %lld",
                         (long long)before_ms, (long long)s.now_ms, (long long)engine_now(s.engine));
            tally.jumps += s.now_ms < before_ms;
            if (result_changed(result) && small)
                now_ms = engine_now(s.engine);
        }
        shop_close(&s);
    }
    print("clock-core", &tally);
}

/* --- the server's clock ------------------------------------------------------------------------------------------- */

static void test_server_clock(void **state)
{
    struct tally tally = {0};
    struct prng prng;
    struct io io;
    struct server_clock clock;
    struct sim_disk *disk = sim_disk_create(1);
    u64 steps = support_number("ELEVEN_STEPS", 300000);
    i64 wall_ms = WALL_MS;
    (void)state;
    prng_seed(&prng, fault_first_seed());
    sim_disk_io(disk, &io);
    sim_disk_set_wall(disk, wall_ms);
    server_clock_start(&clock, &io, 0);
    for (; tally.cases < steps; tally.cases++) {
        i64 before_ns = clock.now_ns, begun_ns = clock.monotonic_ns;
        sim_disk_advance(disk, (i64)prng_below(&prng, prng_chance(&prng, 1, 4) ? 1000 : 5000 * (u64)MS_NS));
        if (prng_chance(&prng, 1, 10)) {
            wall_ms = jump(&prng, io.wall_ms(io.context));
            sim_disk_set_wall(disk, wall_ms);
            tally.jumps++;
        }
        i64 ms = server_clock_ms(&clock, &io);
        i64 elapsed_ns = clock.monotonic_ns - begun_ns, ran_ns = clock.now_ns - before_ns;
        i64 slack_ns = elapsed_ns / 100 + 1;
        fault_unless(ran_ns >= 0 && ms == clock.now_ns / MS_NS && ran_ns >= elapsed_ns - slack_ns &&
                         ran_ns <= elapsed_ns + slack_ns,
                     &tally.backwards, "ran %lld ns in %lld", (long long)ran_ns, (long long)elapsed_ns);
    }
    /* Left alone it comes to wall time: a second of difference goes in a hundred. */
    sim_disk_set_wall(disk, clock.now_ns / MS_NS + 1000);
    sim_disk_advance(disk, 101000 * (i64)MS_NS);
    i64 apart_ms = server_clock_ms(&clock, &io) - io.wall_ms(io.context);
    fault_unless(apart_ms >= -1 && apart_ms <= 1, &tally.backwards, "%lld ms from the wall", (long long)apart_ms);
    sim_disk_destroy(disk);
    print("clock-server", &tally);
}

/* --- a sale under it ---------------------------------------------------------------------------------------------- */

static bool visit_times(void *argument, const struct journal_batch *batch)
{
    i64 *last_ms = argument;
    for (size_t at = 0; at < batch->records.size;) {
        const struct command_header *command = (const void *)(batch->records.bytes + at);
        if (command->time_ms < *last_ms)
            return false;
        *last_ms = command->time_ms;
        at += command->size;
    }
    return true;
}

static struct eleven *open_sale(struct io *io)
{
    struct eleven *eleven;
    char problem[JOURNAL_PROBLEM_MAX];
    struct eleven_options options = {
        .directory = NIGHT_DIRECTORY, .io = io, .clock = ELEVEN_CLOCK_SERVER, .orders_ahead = 1};
    assert_int_equal(eleven_open(&eleven, &options, problem), JOURNAL_OK);
    return eleven;
}

static u16 give(struct eleven *eleven, const void *command)
{
    struct result result;
    assert_true(eleven_call(eleven, command, &result));
    return result.code;
}

/* A festival from `opens_ms` on, for a minute; a hold of the kit lasts 10 s in it. */
static void put_festival(struct eleven *eleven, i64 opens_ms)
{
    u64 buffer[64] = {0};
    struct slice texts[] = {{"night", 5}, {"", 0}};
    struct command_festival_put put = {HEADER(festival_put, FESTIVAL_PUT), .opens_ms = opens_ms,
                                       .closes_ms = opens_ms + 60000, .currency = 1, .hold_ms = 10000};
    memcpy(buffer, &put, sizeof(put));
    assert_true(command_add_texts((struct command_header *)buffer, texts, 2));
    assert_int_equal(give(eleven, buffer), RESULT_OK);
}

static u16 order_now(struct eleven *eleven, u32 number)
{
    struct night_order order = night_order(number);
    order.place.festival = 1;
    order.place.payment = PAYMENT_HOLD;
    return give(eleven, &order);
}

struct sale {
    struct sim_disk *disk;
    struct io io;
    struct eleven *eleven;
    u64 seed;
    i64 opens_ms;
    i64 begun_ns;           /* monotonic, OPENS_AFTER_MS before it opens */
    i64 last_ms;
};
#define OPENS_AFTER_MS ((i64)20000)
#define LASTS_MS ((i64)60000)

/* By the time that has passed: before 0.99 of it closed, after 1.01 of it open, and so on. The newest order is the last
 * of one each half second: a hold of 10 s lasts from 9.7 to 10.3. */
static void check_order(const struct sale *sale, u16 code, struct tally *tally)
{
    const i64 closes_after_ms = OPENS_AFTER_MS + LASTS_MS;
    const struct engine *engine = eleven_engine(sale->eleven);
    u32 id = engine_order_count(engine);
    i64 passed_ms = (sale->io.monotonic_ns(sale->io.context) - sale->begun_ns) / MS_NS;
    bool early = passed_ms < OPENS_AFTER_MS * 99 / 100, late = passed_ms > closes_after_ms * 101 / 99;
    bool open = passed_ms > OPENS_AFTER_MS * 101 / 99 && passed_ms < closes_after_ms * 99 / 100;
    fault_unless((!early || code == RESULT_NOT_OPEN) && (!late || code == RESULT_CLOSED) &&
                     (!open || code == RESULT_OK),
                 &tally->backwards, "seed %llu: %lld ms later an order is answered %s", (unsigned long long)sale->seed,
                 (long long)passed_ms, result_word(code));
    if (!open || code != RESULT_OK)
        return;
    fault_unless(id <= 21 || engine_order(engine, id - 21)->state == ORDER_EXPIRED, &tally->backwards,
                 "seed %llu: a hold lasts more than 10.3 s", (unsigned long long)sale->seed);
    fault_unless(id <= 19 || engine_order(engine, id - 19)->state == ORDER_HELD, &tally->backwards,
                 "seed %llu: a hold lasts less than 9.7 s", (unsigned long long)sale->seed);
}

/* The process dies, and its successor finds a wall that is a year behind: its time is not before what was decided. */
static void restart_sale(struct sale *sale, struct tally *tally)
{
    const struct io *io = &sale->io;
    i64 engine_ms = engine_now(eleven_engine(sale->eleven));
    sim_disk_crash_at(sale->disk, sim_disk_calls(sale->disk) + 1);
    eleven_close(sale->eleven);
    sim_disk_restart(sale->disk);
    sim_disk_set_wall(sale->disk, engine_ms - YEAR_MS);
    sale->eleven = open_sale(&sale->io);
    fault_unless(eleven_time(sale->eleven) >= engine_ms, &tally->backwards, "seed %llu: starts %lld ms back",
                 (unsigned long long)sale->seed, (long long)(engine_ms - eleven_time(sale->eleven)));
    sale->begun_ns = io->monotonic_ns(io->context) - (engine_ms - sale->opens_ms + OPENS_AFTER_MS) * MS_NS;
}

/* A sale of 60 s, with the wall jumping all through it: an order each half second, from before its beginning to after
 * its end. */
static void one_sale(u64 seed, bool restart, struct tally *tally)
{
    static struct night night = {.orders = 1000, .units = 1000, .group = 10};
    struct night_tally ignored = {0};
    struct sale sale = {.seed = seed};
    const struct io *io = &sale.io;
    struct prng prng;
    prng_seed(&prng, seed);
    night.tally = &ignored;
    sale.disk = night_disk(&night, seed, &sale.io);
    sim_disk_set_wall(sale.disk, WALL_MS);
    sale.eleven = open_sale(&sale.io);
    assert_true(night_furnish(&night, sale.eleven));
    sale.opens_ms = eleven_time(sale.eleven) + OPENS_AFTER_MS;
    put_festival(sale.eleven, sale.opens_ms);
    sale.begun_ns = io->monotonic_ns(io->context);
    for (u32 number = 0; number < 240; number++, tally->cases++) {
        struct eleven_answer answer;
        sim_disk_advance(sale.disk, 500 * (i64)MS_NS);
        if (prng_chance(&prng, 1, 3)) {
            sim_disk_set_wall(sale.disk, jump(&prng, io->wall_ms(io->context)));
            tally->jumps++;
        }
        eleven_poll(sale.eleven, &answer, 1, false); /* holds end by themselves */
        check_order(&sale, order_now(sale.eleven, number), tally);
        i64 now_ms = eleven_time(sale.eleven);
        fault_unless(now_ms >= sale.last_ms, &tally->backwards, "seed %llu: from %lld back to %lld",
                     (unsigned long long)seed, (long long)sale.last_ms, (long long)now_ms);
        sale.last_ms = engine_now(eleven_engine(sale.eleven)); /* survives a restart */
        if (restart && number == 100)
            restart_sale(&sale, tally);
    }
    eleven_close(sale.eleven);
    i64 journaled_ms = 0;
    const struct journal_options options = {.directory = NIGHT_DIRECTORY};
    enum journal_status status = journal_read(io, &options, 0, visit_times, &journaled_ms, NULL);
    fault_unless(status == JOURNAL_OK && journaled_ms > sale.opens_ms, &tally->backwards, "seed %llu: the journal: %s",
                 (unsigned long long)seed, journal_status_word(status));
    sim_disk_destroy(sale.disk);
}

static void test_sale(void **state)
{
    struct tally tally = {0};
    (void)state;
    for (u64 seed = fault_first_seed(); seed < fault_first_seed() + 40; seed++)
        one_sale(seed, seed % 2 == 0, &tally);
    print("clock-sale", &tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_in_commands),
        cmocka_unit_test(test_server_clock),
        cmocka_unit_test(test_sale),
    };
    support_keep_heap();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
