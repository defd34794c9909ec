/*
 * What a start makes of what was left: without memory for a snapshot, with a damaged one, with limits raised or lowered.
 */
#include "node/reader.h"
#include "test/stall.h"

#include <stdlib.h>
#include <string.h>

#define SHOPPERS 600u
#define ANSWERS 64u             /* so that their ring goes round */
#define DAY_MS ((i64)24 * 3600 * 1000)
#define UNITS 5u

static void set_up(struct config *config)
{
    stall_config(config);
    config->limits.shoppers = SHOPPERS;
    config->limits.answers = ANSWERS;
}

static struct sim_disk *new_disk(struct io *io)
{
    struct config config;
    set_up(&config);
    return stall_disk(io, &config);
}

/* With the commands' own times. */
static struct eleven *open_folder(const struct io *io)
{
    return stall_open((struct eleven_options){.io = io, .clock = ELEVEN_CLOCK_CALLER}, JOURNAL_OK);
}

static struct command_shopper_join join_command(u64 key)
{
    return (struct command_shopper_join){
        .header = {.kind = COMMAND_SHOPPER_JOIN, .size = sizeof(struct command_shopper_join), .key = {key}},
        .currency = 1};
}

static void kill_and_restart(struct sim_disk *disk, struct eleven *eleven)
{
    sim_disk_crash_at(disk, sim_disk_calls(disk) + 1);
    eleven_close(eleven);
    sim_disk_restart(disk);
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
    struct sim_disk *disk = new_disk(&io);
    io.memory_available = no_memory_available;
    struct eleven *eleven = open_folder(&io);
    (void)state;
    STALL(eleven, currency_put, CURRENCY_PUT, "CNY", .digits = 2);
    assert_false(eleven_snapshot(eleven));
    STALL(eleven, shopper_join, SHOPPER_JOIN, "", .currency = 1);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    eleven = open_folder(&io);
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
    struct config config;
    struct io io;
    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(folder, sizeof(folder), "%s/shop", directory);
    assert_int_equal(io_linux_open(&io, IO_APPENDER_THREAD), 0);
    stall_config(&config);
    assert_int_equal(config_create(folder, &config, &io), JOURNAL_OK);
    struct eleven *eleven = stall_open(
        (struct eleven_options){.directory = folder, .io = &io, .clock = ELEVEN_CLOCK_CALLER}, JOURNAL_OK);
    stall_furnish(eleven, UNITS);
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
    assert_int_equal(config_read(io, STALL_FOLDER, &config, stall_problem), JOURNAL_OK);
    config.limits.answers = answers;
    assert_int_equal(config_write(io, STALL_FOLDER, &config), 0);
}

/* The `number`th keyed command of a day with 40 of them, and so on into the next days. */
static struct result join_number(struct eleven *eleven, u32 number)
{
    struct command_shopper_join join = join_command(number);
    join.header.time_ms = DAY_MS + number * (DAY_MS / 40);
    return stall_give(eleven, &join.header, "");
}

/* The ring of answers has gone round when its limit is raised: it remembers what it did, and has room for more. */
static void test_ring_of_answers_is_raised(void **state)
{
    (void)state;
    for (u32 raised = 65; raised <= 400; raised += 67) {
        const u32 last = 150; /* keyed commands; those of the last day, 40 and one, are remembered */
        struct io io;
        struct sim_disk *disk = new_disk(&io);
        struct eleven *eleven = open_folder(&io);
        STALL(eleven, currency_put, CURRENCY_PUT, "CNY", .digits = 2);
        for (u32 i = 1; i <= last; i++)
            EXPECT(join_number(eleven, i), OK, i, 0);
        assert_int_equal(eleven_close(eleven), JOURNAL_OK); /* with a snapshot */
        set_answers(&io, raised);
        eleven = open_folder(&io);
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
        eleven = open_folder(&io);
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
    struct sim_disk *disk = new_disk(&io);
    struct eleven *eleven = open_folder(&io);
    (void)state;
    stall_furnish(eleven, UNITS);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    set_up(&config);
    config.limits.cities--;
    assert_int_equal(config_write(&io, STALL_FOLDER, &config), 0);
    stall_open((struct eleven_options){.io = &io}, JOURNAL_FOREIGN);
    assert_string_equal(stall_problem, "a limit is smaller than it was when the snapshot was written");
    config.limits.cities += 5;
    assert_int_equal(config_write(&io, STALL_FOLDER, &config), 0);
    eleven = open_folder(&io);
    assert_true(support_check(eleven_engine(eleven)));
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snapshot_waits_for_the_stop),
        cmocka_unit_test(test_reader_without_its_snapshot),
        cmocka_unit_test(test_ring_of_answers_is_raised),
        cmocka_unit_test(test_lowered_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
