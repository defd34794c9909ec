/*
 * The node while it sells: a disk that stands still, refusals between orders, holds and the clock, and what a restart
 * with other settings makes of it.
 */
#include "eleven.h"
#include "node/config.h"
#include "node/reader.h"
#include "sim/disk.h"
#include "test/support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "/shop"
#define JOINS 12000u            /* several batches of them */
#define HOUR_MS ((i64)3600 * 1000)
#define DAY_MS (24 * HOUR_MS)
#define NS_PER_MS ((i64)1000000)
#define UNITS 5u

static char problem[JOURNAL_PROBLEM_MAX];

static enum journal_status folder_make(const struct io *io, const char *directory, u64 answers)
{
    struct config config;
    config_default(&config);
    support_limits(&config.limits);
    config.limits.shoppers = JOINS + 10;
    config.limits.answers = answers;
    config.journal_segment_bytes = CONFIG_SEGMENT_BYTES_MIN;
    return config_create(directory, &config, io);
}

static struct eleven *folder_open(struct eleven_options options)
{
    struct eleven *eleven;
    options.directory = options.directory == NULL ? FOLDER : options.directory;
    options.orders_ahead = 1;
    enum journal_status status = eleven_open(&eleven, &options, problem);
    if (status != JOURNAL_OK)
        fail_msg("%s: %s", journal_status_word(status), problem);
    return eleven;
}

static struct sim_disk *disk_with_folder(struct io *io, u64 answers)
{
    struct sim_disk *disk = sim_disk_create(1);
    sim_disk_io(disk, io);
    assert_int_equal(folder_make(io, FOLDER, answers), JOURNAL_OK);
    return disk;
}

/* One command with texts "code|name"; accepted, and durable. */
static struct result give(struct eleven *eleven, const struct command_header *command, const char *texts)
{
    u64 buffer[128] = {0};
    struct command_header *copy = (struct command_header *)buffer;
    const struct command_info *info = command_info(command->kind);
    struct slice slices[COMMAND_TEXTS_MAX] = {{0}};
    struct result result;
    memcpy(buffer, command, command->size);
    slices[0] = slice_text(texts);
    if (info->tail == TAIL_TEXTS)
        assert_true(command_add_texts(copy, slices, info->text_count));
    assert_true(eleven_call(eleven, buffer, &result));
    return result;
}

#define GIVE(eleven, name, NAME, texts, ...) \
    OK(give(eleven, &(struct command_##name){HEADER(name, NAME), __VA_ARGS__}.header, texts))

static struct command_shopper_join join_command(u64 key)
{
    return (struct command_shopper_join){
        .header = {.kind = COMMAND_SHOPPER_JOIN, .size = sizeof(struct command_shopper_join), .key = {key}},
        .currency = 1};
}

static void give_currency(struct eleven *eleven)
{
    GIVE(eleven, currency_put, CURRENCY_PUT, "CNY", .digits = 2);
}

/* UNITS of one SKU in a warehouse, and a shopper. */
static void give_goods(struct eleven *eleven)
{
    give_currency(eleven);
    GIVE(eleven, country_put, COUNTRY_PUT, "CN");
    GIVE(eleven, department_put, DEPARTMENT_PUT, "toys");
    GIVE(eleven, city_put, CITY_PUT, "Shanghai", .country = 1);
    GIVE(eleven, location_put, LOCATION_PUT, "W", .city = 1, .kind = LOCATION_WAREHOUSE, .services = SERVICE_SHIP);
    GIVE(eleven, seller_put, SELLER_PUT, "house", );
    GIVE(eleven, sku_put, SKU_PUT, "kite", .department = 1, .seller = 1, .for_sale = 1);
    GIVE(eleven, price_set, PRICE_SET, "", .price_minor = 1999, .sku = 1, .currency = 1);
    GIVE(eleven, stock_receive, STOCK_RECEIVE, "", .sku = 1, .location = 1, .quantity = UNITS);
    GIVE(eleven, shopper_join, SHOPPER_JOIN, "", .city = 1, .currency = 1);
}

static void kill_and_restart(struct sim_disk *disk, struct eleven *eleven)
{
    sim_disk_crash_at(disk, sim_disk_calls(disk) + 1);
    eleven_close(eleven);
    sim_disk_restart(disk);
}

/* --- a disk that stands still ------------------------------------------------------ */

static struct io under;
static bool stuck;

static int reap_when_not_stuck(void *context, struct io_done *done, int max, bool wait)
{
    return stuck && !wait ? 0 : under.reap(context, done, max, wait);
}

static void count_decided(void *argument, struct result result)
{
    *(u32 *)argument += result.code == RESULT_OK;
}

/* What cannot be written is not decided: the caller is told to wait, nobody is answered, memory does not grow. When the
 * disk goes on, everything is answered, in order. */
static void test_stuck_disk(void **state)
{
    static struct command_shopper_join joins[JOINS];
    static struct eleven_answer answers[JOINS];
    struct io io;
    size_t size_taken;
    u64 ticket;
    struct sim_disk *disk = disk_with_folder(&io, 64);
    under = io;
    io.reap = reap_when_not_stuck;
    struct eleven *eleven =
        folder_open((struct eleven_options){.io = &io, .clock = ELEVEN_CLOCK_CALLER, .in_flight_max = 2 * JOINS});
    (void)state;
    give_currency(eleven);
    stuck = true;
    for (u32 i = 0; i < JOINS; i++)
        joins[i] = join_command(0);
    size_t taken = eleven_submit(eleven, joins, sizeof(joins), &size_taken, &ticket);
    assert_true(taken > 1000 && taken < JOINS);
    assert_int_equal(size_taken, taken * sizeof(joins[0]));
    u32 decided = 0;
    assert_int_equal(eleven_status(eleven), JOURNAL_OK);
    assert_false(eleven_can_decide(eleven));
    assert_int_equal(eleven_decide(eleven, joins, sizeof(joins), count_decided, &decided), 0);
    assert_int_equal(decided, 0);
    assert_int_equal(eleven_submit(eleven, joins, sizeof(joins), &size_taken, &ticket), 0);
    assert_int_equal(eleven_poll(eleven, answers, JOINS, false), 0);
    assert_int_equal(engine_shopper_count(eleven_engine(eleven)), taken);

    stuck = false;
    u32 answered = 0;
    for (;;) {
        size_t count = eleven_poll(eleven, answers, JOINS, true);
        for (size_t i = 0; i < count; i++)
            EXPECT(answers[i].result, OK, ++answered, 0);
        taken += eleven_submit(eleven, joins + taken, (JOINS - taken) * sizeof(joins[0]), &size_taken, &ticket);
        if (count == 0)
            break;
    }
    assert_int_equal(answered, JOINS);
    kill_and_restart(disk, eleven);
    eleven = folder_open((struct eleven_options){.io = &io, .clock = ELEVEN_CLOCK_CALLER});
    assert_int_equal(engine_shopper_count(eleven_engine(eleven)), JOINS);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* --- refusals between --------------------------------------------------------------- */

/* The refused ones leave no trace in the journal: the same state is decided from it again. */
static void test_refused_between_accepted(void **state)
{
    struct command_shopper_join joins[99];
    struct eleven_answer answers[99];
    struct io io;
    size_t size_taken, answered = 0;
    u64 ticket;
    struct sim_disk *disk = disk_with_folder(&io, 64);
    struct eleven *eleven = folder_open((struct eleven_options){.io = &io, .clock = ELEVEN_CLOCK_CALLER});
    (void)state;
    give_currency(eleven);
    for (u32 i = 0; i < ARRAY_COUNT(joins); i++) {
        joins[i] = join_command(i + 1);
        joins[i].currency = i % 3 == 1 ? 1 : 7; /* there is no seventh */
        joins[i].header.time_ms = i;
    }
    assert_int_equal(eleven_submit(eleven, joins, sizeof(joins), &size_taken, &ticket), ARRAY_COUNT(joins));
    while (answered < ARRAY_COUNT(joins))
        answered += eleven_poll(eleven, answers + answered, ARRAY_COUNT(joins) - answered, true);
    for (u32 i = 0; i < ARRAY_COUNT(joins); i++)
        if (i % 3 == 1)
            EXPECT(answers[i].result, OK, i / 3 + 1, 0);
        else
            EXPECT(answers[i].result, UNKNOWN_CURRENCY, 0, 0);
    u64 digest = engine_digest(eleven_engine(eleven));
    assert_int_equal(engine_seq(eleven_engine(eleven)), 34);
    kill_and_restart(disk, eleven);
    eleven = folder_open((struct eleven_options){.io = &io, .clock = ELEVEN_CLOCK_CALLER});
    assert_true(engine_digest(eleven_engine(eleven)) == digest);
    EXPECT(give(eleven, &joins[1].header, ""), OK, 1, 0); /* its key is remembered */
    assert_int_equal(engine_shopper_count(eleven_engine(eleven)), 33);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* --- the clock ------------------------------------------------------------------------ */

/* Nobody need ask: what was not paid is for sale again, and stays so after a kill. */
static void test_holds_go_by_the_clock(void **state)
{
    struct {
        struct command_order_place place;
        struct order_line_asked line;
    } order = {.place = {.header = {.kind = COMMAND_ORDER_PLACE, .size = sizeof(order)},
                         .shopper = 1,
                         .city = 1,
                         .currency = 1,
                         .line_count = 1,
                         .channel = CHANNEL_WEB,
                         .delivery = DELIVERY_HOME,
                         .payment = PAYMENT_HOLD},
               .line = {1, UNITS}};
    struct io io;
    struct eleven_answer answer;
    struct sim_disk *disk = disk_with_folder(&io, 64);
    struct eleven *eleven = folder_open((struct eleven_options){.io = &io, .clock = ELEVEN_CLOCK_SERVER});
    const struct engine *engine = eleven_engine(eleven);
    (void)state;
    give_goods(eleven);
    EXPECT(give(eleven, &order.place.header, ""), OK, 1, UNITS * 1999);
    EXPECT(give(eleven, &order.place.header, ""), SOLD_OUT, 0, 1);
    sim_disk_advance(disk, (HOLD_MS_DEFAULT - 1000) * NS_PER_MS);
    eleven_poll(eleven, &answer, 1, false);
    assert_int_equal(engine_order(engine, 1)->state, ORDER_HELD);
    sim_disk_advance(disk, 1001 * NS_PER_MS);
    eleven_poll(eleven, &answer, 1, false);
    assert_int_equal(engine_order(engine, 1)->state, ORDER_EXPIRED);
    assert_int_equal(engine_book(engine, 1)->available, UNITS);
    while (eleven_durable(eleven) < engine_seq(engine)) {
        sim_disk_advance(disk, 2 * NS_PER_MS);
        eleven_poll(eleven, &answer, 1, false);
    }
    kill_and_restart(disk, eleven);
    eleven = folder_open((struct eleven_options){.io = &io, .clock = ELEVEN_CLOCK_SERVER});
    assert_int_equal(engine_order(eleven_engine(eleven), 1)->state, ORDER_EXPIRED);
    EXPECT(give(eleven, &order.place.header, ""), OK, 2, UNITS * 1999);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* Time goes on at its pace, within one part in a hundred, whatever somebody does to the system's clock. */
static void expect_steady(struct sim_disk *disk, struct eleven *eleven)
{
    const i64 span_ms = 10000;
    i64 before = eleven_time(eleven);
    for (int i = 0; i < 10; i++) {
        sim_disk_advance(disk, span_ms / 10 * NS_PER_MS);
        i64 now = eleven_time(eleven);
        assert_true(now >= before);
    }
    assert_in_range(eleven_time(eleven) - before, span_ms * 99 / 100 - 1, span_ms * 101 / 100 + 1);
}

static void test_clock_is_set(void **state)
{
    struct io io;
    struct sim_disk *disk = disk_with_folder(&io, 64);
    struct eleven *eleven = folder_open((struct eleven_options){.io = &io, .clock = ELEVEN_CLOCK_SERVER});
    (void)state;
    give_currency(eleven);
    i64 start = eleven_time(eleven);
    assert_in_range(io.wall_ms(io.context) - start, 0, 1);
    sim_disk_set_wall(disk, start - HOUR_MS);
    expect_steady(disk, eleven);
    assert_true(eleven_time(eleven) > start);
    sim_disk_set_wall(disk, start + DAY_MS);
    expect_steady(disk, eleven);
    /* 50 ms ahead of wall time: drawn to it within five seconds, and then with it. */
    sim_disk_set_wall(disk, eleven_time(eleven) - 50);
    expect_steady(disk, eleven);
    assert_in_range(eleven_time(eleven) - io.wall_ms(io.context) + 1, 0, 2);
    /* A restart begins with wall time, but not before what has been decided. */
    i64 decided = engine_now(eleven_engine(eleven));
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_set_wall(disk, decided - DAY_MS);
    eleven = folder_open((struct eleven_options){.io = &io, .clock = ELEVEN_CLOCK_SERVER});
    assert_in_range(eleven_time(eleven) - decided, 0, 1);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* --- snapshots -------------------------------------------------------------------------- */

static u64 no_memory_available(void *context)
{
    (void)context;
    return 1;
}

/* Where the state does not fit a second time the sale goes on without a snapshot, and ends with one. */
static void test_snapshot_waits_for_the_stop(void **state)
{
    struct io io;
    struct eleven_stats stats;
    struct sim_disk *disk = disk_with_folder(&io, 64);
    io.memory_available = no_memory_available;
    struct eleven *eleven = folder_open((struct eleven_options){.io = &io, .clock = ELEVEN_CLOCK_CALLER});
    (void)state;
    give_currency(eleven);
    assert_false(eleven_snapshot(eleven));
    GIVE(eleven, shopper_join, SHOPPER_JOIN, "", .currency = 1);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    eleven = folder_open((struct eleven_options){.io = &io, .clock = ELEVEN_CLOCK_CALLER});
    eleven_stats(eleven, &stats);
    assert_int_equal(stats.recovered_snapshot_seq, 2);
    assert_int_equal(stats.recovered_commands, 0);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

static void damage_last_byte(const struct io *io, const char *path)
{
    char byte[1];
    int file = io->open(io->context, path, IO_WRITE);
    assert_true(file >= 0);
    u64 last = (u64)io->size(io->context, file) - 1;
    assert_int_equal(io->read(io->context, file, byte, 1, last), 1);
    byte[0] ^= 1;
    assert_int_equal(io->write(io->context, file, byte, 1, last), 1);
    io->close(io->context, file);
}

/* A reader (audit, import) needs no snapshot: what it has loaded of a damaged one is forgotten, and the journal read
 * from its first command. */
static void test_reader_without_its_snapshot(void **state)
{
    char directory[] = "/tmp/eleven-test-selling-XXXXXX";
    char folder[64], path[128], command[128];
    struct reader reader;
    struct io io;
    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(folder, sizeof(folder), "%s/shop", directory);
    assert_int_equal(io_linux_open(&io, IO_APPENDER_THREAD), 0);
    assert_int_equal(folder_make(&io, folder, 64), JOURNAL_OK);
    struct eleven *eleven =
        folder_open((struct eleven_options){.directory = folder, .io = &io, .clock = ELEVEN_CLOCK_CALLER});
    give_goods(eleven);
    u64 digest = engine_digest(eleven_engine(eleven));
    u64 seq = engine_seq(eleven_engine(eleven));
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    for (int damaged = 0; damaged < 2; damaged++) {
        snprintf(path, sizeof(path), "%s/snapshot-%020llu", folder, (unsigned long long)seq);
        if (damaged)
            damage_last_byte(&io, path);
        assert_int_equal(reader_fill(&reader, folder, NULL, NULL), JOURNAL_OK);
        assert_int_equal(reader.snapshot_seq, damaged ? 0 : seq);
        assert_int_equal(reader.commands, damaged ? seq : 0);
        assert_true(engine_digest(reader.engine) == digest);
        assert_true(support_check(reader.engine));
        reader_close(&reader);
    }
    io_linux_close(&io);
    snprintf(command, sizeof(command), "rm -r %s", directory);
    assert_int_equal(system(command), 0);
}

/* --- other settings ------------------------------------------------------------------------ */

static void set_answers(struct io *io, u64 answers)
{
    struct config config;
    assert_int_equal(config_read(io, FOLDER, &config, problem), JOURNAL_OK);
    config.limits.answers = answers;
    assert_int_equal(config_write(io, FOLDER, &config), 0);
}

/* The `number`th keyed command of a day with 40 of them, and so on into the next days. */
static struct result join_number(struct eleven *eleven, u32 number)
{
    struct command_shopper_join join = join_command(number);
    join.header.time_ms = DAY_MS + number * (DAY_MS / 40);
    return give(eleven, &join.header, "");
}

/* The ring of answers has gone round when its limit is raised: it remembers what it did, and has room for more. */
static void test_ring_of_answers_is_raised(void **state)
{
    (void)state;
    for (u32 raised = 65; raised <= 400; raised += 67) {
        const u32 last = 150; /* keyed commands; those of the last day, 40 and one, are remembered */
        struct io io;
        struct sim_disk *disk = disk_with_folder(&io, 64);
        struct eleven *eleven = folder_open((struct eleven_options){.io = &io, .clock = ELEVEN_CLOCK_CALLER});
        give_currency(eleven);
        for (u32 i = 1; i <= last; i++)
            EXPECT(join_number(eleven, i), OK, i, 0);
        assert_int_equal(eleven_close(eleven), JOURNAL_OK); /* with a snapshot */
        set_answers(&io, raised);
        eleven = folder_open((struct eleven_options){.io = &io, .clock = ELEVEN_CLOCK_CALLER});
        assert_true(support_check(eleven_engine(eleven)));
        for (u32 i = last - 40; i <= last; i++) {
            struct result again = join_number(eleven, i);
            EXPECT(again, OK, i, 0);
            assert_int_equal(again.flags, RESULT_REPLAYED);
        }
        for (u32 i = 1; i <= 400; i++) /* round it goes, and back to where it was */
            EXPECT(join_number(eleven, last + i), OK, last + i, 0);
        assert_int_equal(join_number(eleven, last + 400).flags, RESULT_REPLAYED);
        assert_true(support_check(eleven_engine(eleven)));
        u64 digest = engine_digest(eleven_engine(eleven));
        kill_and_restart(disk, eleven);
        eleven = folder_open((struct eleven_options){.io = &io, .clock = ELEVEN_CLOCK_CALLER});
        assert_true(engine_digest(eleven_engine(eleven)) == digest);
        assert_int_equal(eleven_close(eleven), JOURNAL_OK);
        sim_disk_destroy(disk);
    }
}

/* Limits of what is metered may be raised, but not lowered once there is a snapshot. */
static void test_lowered_limits(void **state)
{
    struct io io;
    struct config config;
    struct eleven *eleven;
    struct eleven_options options = {.directory = FOLDER, .io = &io, .clock = ELEVEN_CLOCK_CALLER, .orders_ahead = 1};
    struct sim_disk *disk = disk_with_folder(&io, 64);
    (void)state;
    eleven = folder_open(options);
    give_goods(eleven);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    assert_int_equal(config_read(&io, FOLDER, &config, problem), JOURNAL_OK);
    config.limits.cities--;
    assert_int_equal(config_write(&io, FOLDER, &config), 0);
    assert_int_equal(eleven_open(&eleven, &options, problem), JOURNAL_FOREIGN);
    assert_string_equal(problem, "a limit is smaller than it was when the snapshot was written");
    config.limits.cities += 5;
    assert_int_equal(config_write(&io, FOLDER, &config), 0);
    eleven = folder_open(options);
    assert_true(support_check(eleven_engine(eleven)));
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stuck_disk),
        cmocka_unit_test(test_refused_between_accepted),
        cmocka_unit_test(test_holds_go_by_the_clock),
        cmocka_unit_test(test_clock_is_set),
        cmocka_unit_test(test_snapshot_waits_for_the_stop),
        cmocka_unit_test(test_reader_without_its_snapshot),
        cmocka_unit_test(test_ring_of_answers_is_raised),
        cmocka_unit_test(test_lowered_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
