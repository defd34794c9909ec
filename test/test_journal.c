/* What the owner of a journal relies on: what was pushed comes back, in order, once; durable is durable. */
#include "test/test_journal_kit.h"

#include <errno.h>
#include <unistd.h>

static void test_what_was_pushed_comes_back(void **state)
{
    struct io io;
    struct kit_reader reader;
    struct sim_disk *disk = kit_disk(&io, 1);

    (void)state;
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_EXISTS);
    struct journal *journal = kit_open(&io, &reader);
    assert_int_equal(reader.records, 0);
    assert_int_equal(journal_next(journal), 1);
    assert_int_equal(journal_durable(journal), 0);
    for (int i = 0; i < 3000; i++) {
        assert_true(kit_push(journal, 7));
        if (i % 100 == 0)
            journal_flush(journal);
        if (i % 37 == 0)
            journal_poll(journal, false);
    }
    assert_true(kit_drain(journal));
    assert_int_equal(journal_durable(journal), 3000);
    assert_int_equal(journal_close(journal), JOURNAL_OK);

    char problem[JOURNAL_PROBLEM_MAX];
    assert_int_equal(kit_read(&io, &reader, problem), JOURNAL_OK);
    assert_int_equal(reader.records, 3000);
    journal = kit_open(&io, &reader);
    assert_int_equal(reader.records, 3000);
    assert_int_equal(journal_next(journal), 3001);
    assert_int_equal(journal_durable(journal), 3000);
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    assert_int_equal(sim_disk_open_files(disk), 0);
    sim_disk_destroy(disk);
}

static void test_nothing_there(void **state)
{
    struct io io;
    struct journal *journal;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = kit_disk(&io, 2);

    (void)state;
    assert_int_equal(journal_open(&journal, &io, &kit_options, 0, NULL, NULL, problem), JOURNAL_NOT_FOUND);
    assert_null(journal);
    assert_int_equal(journal_read(&io, &kit_options, 0, NULL, NULL, problem), JOURNAL_NOT_FOUND);
    assert_int_equal(sim_disk_file_size(disk, KIT_DIRECTORY "/lock"), -1);
    sim_disk_destroy(disk);
}

/* Two batches fly, a third fills, then reserve says no; the mark moves in order whatever ends first. */
static void test_group_commit(void **state)
{
    (void)state;
    for (u64 seed = 0; seed < 50; seed++) {
        struct io io;
        struct kit_reader reader;
        struct sim_disk *disk = kit_disk(&io, seed);
        assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
        struct journal *journal = kit_open(&io, &reader);

        u64 last[3];
        for (int batch = 0; batch < 2; batch++) {
            for (int i = 0; i < 5; i++)
                assert_true(kit_push(journal, 0));
            assert_int_equal(journal_flush(journal), JOURNAL_OK);
            last[batch] = journal_next(journal) - 1;
        }
        assert_int_equal(journal_in_flight(journal), 2);
        assert_int_equal(journal_durable(journal), 0);
        assert_int_equal(journal_flush(journal), JOURNAL_OK); /* nothing in it: nothing happens */

        u8 *bytes;
        while ((bytes = journal_reserve(journal, kit_record_size(journal_next(journal)))) != NULL) {
            u64 seq = journal_next(journal);
            kit_record_fill(bytes, seq, 0);
            journal_push(journal, kit_record_size(seq), (i64)seq, mix64(seq));
        }
        last[2] = journal_next(journal) - 1;
        assert_int_equal(journal_in_flight(journal), 2);
        while (journal_in_flight(journal) > 0) {
            assert_int_equal(journal_poll(journal, true), JOURNAL_OK);
            u64 durable = journal_durable(journal);
            assert_true(durable == 0 || durable == last[0] || durable == last[1]);
            assert_true(durable < last[1] || journal_in_flight(journal) == 0);
        }
        assert_true(kit_drain(journal));
        assert_int_equal(journal_durable(journal), last[2]);
        assert_int_equal(journal_close(journal), JOURNAL_OK);
        sim_disk_destroy(disk);
    }
}

/* A reserve that is not pushed is taken back; a record may be as large as a batch. */
static void test_reserve(void **state)
{
    struct io io;
    struct kit_reader reader;
    struct sim_disk *disk = kit_disk(&io, 3);

    (void)state;
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    struct journal *journal = kit_open(&io, &reader);
    u32 max = journal_record_bytes_max(journal);
    assert_true(max >= KIT_BATCH_BYTES - 4096);
    u8 *first = journal_reserve(journal, 64);
    assert_ptr_equal(journal_reserve(journal, max), first);
    memset(first, 1, max);
    assert_int_equal(journal_push(journal, max, 1, mix64(1)), 1);
    assert_non_null(journal_reserve(journal, 8));
    assert_int_equal(journal_in_flight(journal), 1);
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    sim_disk_destroy(disk);
}

static bool visit_three(void *argument, const struct journal_batch *batch)
{
    (void)batch;
    return ++*(int *)argument < 3;
}

static void test_reading_from_the_middle_and_stopping(void **state)
{
    struct io io;
    struct kit_reader reader;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = kit_disk(&io, 4);

    (void)state;
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    struct journal *journal = kit_open(&io, &reader);
    for (int i = 0; i < 2000; i++) {
        assert_true(kit_push(journal, 0));
        if (i % 10 == 9)
            assert_true(kit_drain(journal));
    }
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    u64 all = 0;
    for (u64 after = 0; after <= 2000; after += 7) {
        u64 before = sim_disk_calls(disk);
        reader = (struct kit_reader){.next = after / 10 * 10 + 1};
        assert_int_equal(journal_read(&io, &kit_options, after, kit_visit, &reader, problem), JOURNAL_OK);
        assert_int_equal(reader.next, after >= 2000 ? after / 10 * 10 + 1 : 2001);
        if (after == 0)
            all = sim_disk_calls(disk) - before;
    }
    /* A start from the last snapshot opens every file for its header, but reads only the last. */
    u64 before = sim_disk_calls(disk);
    assert_int_equal(journal_read(&io, &kit_options, 1990, NULL, NULL, problem), JOURNAL_OK);
    assert_true(sim_disk_calls(disk) - before < all);

    int seen = 0;
    assert_int_equal(journal_read(&io, &kit_options, 0, visit_three, &seen, problem), JOURNAL_STOPPED);
    assert_int_equal(seen, 3);
    /* A snapshot of what the journal does not have: records are missing. */
    assert_int_equal(journal_open(&journal, &io, &kit_options, 2001, NULL, NULL, problem), JOURNAL_ROT);
    assert_int_equal(journal_open(&journal, &io, &kit_options, 2000, NULL, NULL, problem), JOURNAL_OK);
    assert_int_equal(journal_next(journal), 2001);
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* Beside a live writer, reading ends where that writer has said "durable", and is never rot. */
static void test_reading_beside_a_writer(void **state)
{
    struct io io;
    struct kit_reader reader;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = kit_disk(&io, 5);

    (void)state;
    int lock = io.lock(io.context, KIT_DIRECTORY "/lock");
    assert_true(lock >= 0);
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    struct journal *journal = kit_open(&io, &reader);
    u64 seen = 0;
    for (int i = 0; i < 1000; i++) {
        assert_true(kit_push(journal, 0));
        if (i % 5 == 4)
            assert_int_equal(journal_flush(journal), JOURNAL_OK);
        if (i % 8 == 0)
            assert_int_equal(journal_poll(journal, false), JOURNAL_OK);
        assert_int_equal(kit_read(&io, &reader, problem), JOURNAL_OK);
        assert_true(reader.records <= journal_durable(journal));
        assert_true(reader.records >= seen);
        seen = reader.records;
    }
    assert_true(seen > 900);
    assert_true(kit_drain(journal));
    assert_int_equal(journal_seal(journal), JOURNAL_OK);
    assert_int_equal(journal_poll(journal, true), JOURNAL_OK);
    assert_int_equal(kit_read(&io, &reader, problem), JOURNAL_OK);
    assert_int_equal(reader.records, 1000);
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    io.close(io.context, lock);
    sim_disk_destroy(disk);
}

static void test_seal(void **state)
{
    struct io io;
    struct kit_reader reader;
    struct sim_disk *disk = kit_disk(&io, 6);

    (void)state;
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    struct journal *journal = kit_open(&io, &reader);
    u64 bytes = journal_bytes(journal);
    assert_int_equal(journal_seal(journal), JOURNAL_OK); /* recovery has written one */
    assert_int_equal(journal_bytes(journal), bytes);
    assert_true(kit_push(journal, 0));
    assert_int_equal(journal_seal(journal), JOURNAL_OK); /* not idle */
    assert_int_equal(journal_bytes(journal), bytes);
    assert_true(kit_drain(journal));
    bytes = journal_bytes(journal);
    assert_int_equal(journal_seal(journal), JOURNAL_OK);
    assert_int_equal(journal_in_flight(journal), 1);
    while (journal_in_flight(journal) > 0)
        assert_int_equal(journal_poll(journal, true), JOURNAL_OK);
    assert_int_equal(journal_bytes(journal), bytes + IO_SECTOR);
    assert_int_equal(journal_seal(journal), JOURNAL_OK);
    assert_int_equal(journal_bytes(journal), bytes + IO_SECTOR);
    assert_int_equal(journal_durable(journal), 1);
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* Restarts without work must not fill the disk; epochs rise. */
static void test_restarts_cost_no_segments(void **state)
{
    struct io io;
    struct kit_reader reader;
    struct sim_disk *disk = kit_disk(&io, 7);
    u64 epoch = 0;

    (void)state;
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    for (int i = 0; i < 30; i++) {
        struct journal *journal = kit_open(&io, &reader);
        assert_true(journal_epoch(journal) > epoch);
        epoch = journal_epoch(journal);
        if (i % 2 == 1)
            kit_kill(disk, &io, journal);
        else
            assert_int_equal(journal_close(journal), JOURNAL_OK);
    }
    assert_int_equal(sim_disk_file_size(disk, kit_segment(4)), -1);
    sim_disk_destroy(disk);
}

static void test_prepare(void **state)
{
    struct io io;
    struct kit_reader reader;
    struct sim_disk *disk = kit_disk(&io, 8);

    (void)state;
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    struct journal *journal = kit_open(&io, &reader);
    u64 bytes = 10 * KIT_SEGMENT_BYTES;
    assert_int_equal(journal_prepare(journal, bytes), JOURNAL_OK);
    sim_disk_space(disk, 0); /* from here on no file can be made or grow */
    u64 begin = journal_bytes(journal);
    while (journal_bytes(journal) - begin + KIT_BATCH_BYTES < bytes)
        assert_true(kit_push(journal, 0));
    assert_true(kit_drain(journal));
    u64 records = journal_durable(journal);
    assert_int_equal(journal_close(journal), JOURNAL_OK);

    /* What is ready is used again by the next writer. */
    sim_disk_space(disk, UINT64_MAX);
    journal = kit_open(&io, &reader);
    assert_int_equal(reader.records, records);
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* The same on real files, with both appenders, and with reading beside it. */
static void run_on_real_files(enum io_appender appender)
{
    char directory[] = "/tmp/eleven-test-journal-XXXXXX";
    char command[128], problem[JOURNAL_PROBLEM_MAX];
    struct kit_reader reader;
    struct journal *journal;
    struct io io;

    int result = io_linux_open(&io, appender);
    if (result < 0) {
        print_message("io_uring is not allowed here (%d)\n", result);
        skip();
    }
    assert_non_null(mkdtemp(directory));
    struct journal_options options = {
        .directory = directory, .segment_bytes = 1 << 20, .batch_bytes_max = 64 << 10, .in_flight_max = 4};
    assert_int_equal(journal_create(&io, &options), JOURNAL_OK);
    u64 records = 0;
    for (int run = 0; run < 4; run++) {
        reader = (struct kit_reader){.next = 1};
        assert_int_equal(journal_open(&journal, &io, &options, 0, kit_visit, &reader, problem), JOURNAL_OK);
        assert_int_equal(reader.records, records);
        for (int i = 0; i < 20000; i++) {
            assert_true(kit_push(journal, 0));
            if (i % 1000 == 0)
                assert_int_equal(journal_flush(journal), JOURNAL_OK);
        }
        assert_true(kit_drain(journal));
        records += 20000;
        assert_int_equal(journal_close(journal), JOURNAL_OK);
    }
    reader = (struct kit_reader){.next = 1};
    assert_int_equal(journal_read(&io, &options, 0, kit_visit, &reader, problem), JOURNAL_OK);
    assert_int_equal(reader.records, records);
    io_linux_close(&io);
    snprintf(command, sizeof(command), "rm -r %s", directory);
    assert_int_equal(system(command), 0);
}

/* Helper threads that get no further until somebody waits for them. */
static struct {
    int (*work)(void *argument);
    void *argument;
    int joins;
} stuck_helper;

static int stuck_start(void *context, int (*work)(void *argument), void *argument, void **thread)
{
    (void)context;
    stuck_helper.work = work;
    stuck_helper.argument = argument;
    *thread = &stuck_helper;
    return 0;
}

static int stuck_join(void *context, void *thread)
{
    (void)context;
    assert_ptr_equal(thread, &stuck_helper);
    stuck_helper.joins++;
    return stuck_helper.work(stuck_helper.argument);
}

/* Found by a stuck disk under the real server: a flush waited for the next segment, and the whole loop with it. */
static void test_next_segment_is_stuck(void **state)
{
    struct io io;
    struct kit_reader reader;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = kit_disk(&io, 11);

    (void)state;
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    io.start_thread = stuck_start;
    io.join_thread = stuck_join;
    struct journal *journal = kit_open(&io, &reader);
    for (int segment = 0; segment < 3; segment++) {
        int joins = stuck_helper.joins;
        u64 seq = journal_next(journal);
        while (journal_reserve(journal, kit_record_size(seq)) != NULL) {
            assert_true(kit_push(journal, 5));
            assert_int_equal(journal_flush(journal), JOURNAL_OK);
            while (journal_in_flight(journal) > 0)
                assert_int_equal(journal_poll(journal, true), JOURNAL_OK);
            assert_int_equal(journal_poll(journal, false), JOURNAL_OK);
            seq = journal_next(journal);
        }
        assert_int_equal(stuck_helper.joins, joins); /* full, and nobody has waited */
        assert_true(journal_durable(journal) + 1 < seq);
        assert_int_equal(journal_seal(journal), JOURNAL_OK);
        assert_int_equal(journal_in_flight(journal), 0);
        assert_int_equal(journal_poll(journal, true), JOURNAL_OK); /* this is what waits */
        assert_int_equal(stuck_helper.joins, joins + 1);
        assert_true(kit_drain(journal));
    }
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    assert_int_equal(kit_read(&io, &reader, problem), JOURNAL_OK);
    assert_true(reader.records > 100);
    sim_disk_destroy(disk);
}

static void test_real_files_with_io_uring(void **state)
{
    (void)state;
    run_on_real_files(IO_APPENDER_URING);
}

static void test_real_files_with_a_thread(void **state)
{
    (void)state;
    run_on_real_files(IO_APPENDER_THREAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_pushed_comes_back),
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_group_commit),
        cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_reading_from_the_middle_and_stopping),
        cmocka_unit_test(test_reading_beside_a_writer),
        cmocka_unit_test(test_seal),
        cmocka_unit_test(test_restarts_cost_no_segments),
        cmocka_unit_test(test_prepare),
        cmocka_unit_test(test_next_segment_is_stuck),
        cmocka_unit_test(test_real_files_with_io_uring),
        cmocka_unit_test(test_real_files_with_a_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
