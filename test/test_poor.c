/*
 * A poor world: no memory at some moment, no threads at all, files that take nothing, names that do not go away. What
 * is asked for is then refused by name, nothing is leaked, and what had been promised is there when times are better;
 * or it only goes slower.
 */
#include "test/test_journal_kit.h"

#include "eleven.h"
#include "journal/format.h"
#include "journal/snapshot.h"
#include "node/config.h"
#include "test/support.h"

#define FOLDER "/shop"
#define LARGE_SEGMENT ((u64)9 << 20) /* more than one read */

/* The simulated disk's io with some of its functions replaced by those below, which have no context but this. */
static struct {
    struct io under;
    u64 reserved, reserve_fails_at; /* calls, and the one that finds no memory (0: none) */
    i64 in_use;                     /* pieces of memory not yet released */
    u64 threads_refused;
    size_t write_takes;             /* bytes, at most, of each write */
    u64 writes;
} poor;

static void *poor_reserve(void *context, size_t size)
{
    if (++poor.reserved == poor.reserve_fails_at)
        return NULL;
    poor.in_use++;
    return poor.under.reserve(context, size);
}

static void poor_release(void *context, void *memory, size_t size)
{
    assert_non_null(memory);
    poor.in_use--;
    poor.under.release(context, memory, size);
}

static int poor_start_thread(void *context, int (*work)(void *argument), void *argument, void **thread)
{
    (void)context, (void)work, (void)argument, (void)thread;
    poor.threads_refused++;
    return -EAGAIN;
}

static i64 poor_write(void *context, int file, const void *bytes, size_t size, u64 offset)
{
    size_t takes = MIN(size, poor.write_takes);
    poor.writes++;
    if (takes == 0)
        return 0;
    i64 written = poor.under.write(context, file, bytes, MIN(size, format_round(takes)), offset); /* whole sectors */
    return MIN(written, (i64)takes);
}

/* Says that it is gone, and it is not. */
static int poor_unlink(void *context, const char *path)
{
    (void)context, (void)path;
    return 0;
}

static struct sim_disk *poor_disk(struct io *io)
{
    struct sim_disk *disk = kit_disk(io, 1);
    memset(&poor, 0, sizeof(poor));
    poor.under = *io;
    poor.write_takes = SIZE_MAX / 2;
    io->reserve = poor_reserve;
    io->release = poor_release;
    return disk;
}

/* --- no memory ----------------------------------------------------------------- */

static _Alignas(4096) u8 snapshot_buffer[SNAPSHOT_BUFFER_BYTES];

static bool good_or_no_memory(enum journal_status status, const char *problem)
{
    assert_true(status == JOURNAL_OK || status == JOURNAL_IO_FAILED);
    if (status == JOURNAL_IO_FAILED && problem != NULL)
        assert_non_null(strstr(problem, "no memory"));
    return status == JOURNAL_OK;
}

/* A short life of a journal with a snapshot beside it; true when nothing of it failed. */
static bool journal_life(const struct io *io, u64 *durable)
{
    char problem[JOURNAL_PROBLEM_MAX] = "";
    struct kit_reader reader = {.next = 1};
    struct journal *journal;
    u64 bytes = 12345;
    struct snapshot_head head = {.seq = 1, .section_count = 1, .sections = {{1, 8, &bytes, 8, 8}}};
    struct snapshot_head found;
    enum journal_status created = journal_create(io, &kit_options);
    bool good = created == JOURNAL_EXISTS || good_or_no_memory(created, NULL);
    if (!good)
        return false;
    if (!good_or_no_memory(journal_open(&journal, io, &kit_options, 0, kit_visit, &reader, problem), problem)) {
        assert_null(journal);
        return false;
    }
    assert_int_equal(reader.records, *durable); /* whatever happened the last time */
    for (int i = 0; i < 700; i++) /* more than a segment */
        assert_true(kit_push(journal, 0));
    assert_true(kit_drain(journal));
    *durable = journal_durable(journal);
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    assert_int_equal(snapshot_write(io, KIT_DIRECTORY, &head, 0, snapshot_buffer), JOURNAL_OK);
    reader = (struct kit_reader){.next = 1};
    good &= good_or_no_memory(journal_read(io, &kit_options, 0, kit_visit, &reader, problem), problem);
    enum journal_status status = snapshot_find(io, KIT_DIRECTORY, 1, &found);
    if (!good_or_no_memory(status, NULL))
        return false;
    bytes = 0;
    found.sections[0].bytes = &bytes;
    found.sections[0].size_max = 8;
    good &= good_or_no_memory(snapshot_load(io, KIT_DIRECTORY, &found, problem), problem);
    return good;
}

static void test_journal_without_memory_at_every_moment(void **state)
{
    u64 moments = 0;
    (void)state;
    for (bool reached = true; reached;) {
        struct io io;
        u64 durable = 0;
        struct sim_disk *disk = poor_disk(&io);
        poor.reserve_fails_at = ++moments;
        bool good = journal_life(&io, &durable);
        reached = poor.reserved >= moments;
        assert_true(good == !reached);
        assert_int_equal(poor.in_use, 0);
        assert_int_equal(sim_disk_open_files(disk), 0);
        poor.reserve_fails_at = 0;
        assert_true(journal_life(&io, &durable));
        assert_int_equal(poor.in_use, 0);
        sim_disk_destroy(disk);
    }
    assert_true(moments > 10);
}

/* --- a node -------------------------------------------------------------------- */

static enum journal_status make_folder(struct io *io, u64 segment_bytes)
{
    struct config config;
    config_default(&config);
    support_limits(&config.limits);
    config.journal_segment_bytes = segment_bytes;
    return config_create(FOLDER, &config, io);
}

static struct eleven *open_folder(struct io *io, enum journal_status *status, char *problem)
{
    struct eleven *eleven;
    struct eleven_options options = {
        .directory = FOLDER, .io = io, .clock = ELEVEN_CLOCK_CALLER, .orders_ahead = 1, .prefault_indexes = true};
    *status = eleven_open(&eleven, &options, problem);
    assert_true((eleven != NULL) == (*status == JOURNAL_OK));
    return eleven;
}

/* One currency more, the `number`th. */
static void put_currency(struct eleven *eleven, u32 number)
{
    u64 buffer[64] = {0};
    char code[8];
    struct result result;
    struct command_currency_put *currency = (struct command_currency_put *)buffer;
    *currency = (struct command_currency_put){HEADER(currency_put, CURRENCY_PUT), .digits = 2};
    snprintf(code, sizeof(code), "C%u", number);
    assert_true(command_add_texts(&currency->header, &(struct slice){code, strlen(code)}, 1));
    assert_true(eleven_call(eleven, buffer, &result));
    EXPECT(result, OK, number, 0);
}

static void test_node_without_memory_at_every_moment(void **state)
{
    u64 moments = 0;
    u64 begun = 0, snapshots_failed = 0;
    (void)state;
    for (bool reached = true; reached;) {
        struct io io;
        enum journal_status status;
        struct eleven_answer answer;
        struct eleven_stats stats;
        char problem[JOURNAL_PROBLEM_MAX] = "";
        struct sim_disk *disk = poor_disk(&io);
        assert_int_equal(make_folder(&io, CONFIG_SEGMENT_BYTES_MIN), JOURNAL_OK);
        poor.reserved = 0;
        poor.reserve_fails_at = ++moments;
        struct eleven *eleven = open_folder(&io, &status, problem);
        if (eleven != NULL) {
            begun++;
            put_currency(eleven, 1);
            put_currency(eleven, 2); /* its batch says that the first is durable: something for a snapshot */
            eleven_snapshot(eleven);
            sim_disk_advance(disk, 10000000);
            eleven_poll(eleven, &answer, 1, false);
            eleven_stats(eleven, &stats);
            assert_true(stats.snapshots == (stats.snapshot_status == JOURNAL_OK));
            snapshots_failed += stats.snapshot_status == JOURNAL_IO_FAILED;
            put_currency(eleven, 3); /* the sale goes on */
            assert_int_equal(eleven_close(eleven), JOURNAL_OK);
        } else {
            assert_int_equal(status, JOURNAL_IO_FAILED);
            assert_non_null(strstr(problem, "memory"));
        }
        reached = poor.reserved >= moments;
        assert_int_equal(poor.in_use, 0);
        assert_int_equal(sim_disk_open_files(disk), 0);
        poor.reserve_fails_at = 0;
        eleven = open_folder(&io, &status, problem);
        assert_int_equal(status, JOURNAL_OK);
        put_currency(eleven, engine_currency_count(eleven_engine(eleven)) + 1);
        assert_int_equal(eleven_close(eleven), JOURNAL_OK);
        sim_disk_destroy(disk);
    }
    assert_true(begun > 1 && snapshots_failed > 1 && moments > begun);
}

/* --- no threads ---------------------------------------------------------------- */

/* Segments are made when they are needed, files read when they are needed. */
static void test_journal_without_threads(void **state)
{
    struct io io;
    struct kit_reader reader = {.next = 1};
    struct journal *journal;
    struct journal_options options = kit_options;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = poor_disk(&io);
    (void)state;
    options.segment_bytes = LARGE_SEGMENT;
    io.start_thread = poor_start_thread;
    assert_int_equal(journal_create(&io, &options), JOURNAL_OK);
    assert_int_equal(journal_open(&journal, &io, &options, 0, kit_visit, &reader, problem), JOURNAL_OK);
    u64 begin = journal_bytes(journal);
    while (journal_bytes(journal) - begin < LARGE_SEGMENT + KIT_BATCH_BYTES)
        assert_true(kit_push(journal, 3));
    assert_true(kit_drain(journal));
    u64 records = journal_durable(journal);
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    u64 refused = poor.threads_refused;
    assert_true(refused > 0);
    reader = (struct kit_reader){.next = 1};
    assert_int_equal(journal_read(&io, &options, 0, kit_visit, &reader, problem), JOURNAL_OK);
    assert_int_equal(reader.records, records);
    assert_true(poor.threads_refused > refused); /* it would have read ahead */
    assert_int_equal(poor.in_use, 0);
    sim_disk_destroy(disk);
}

/* A segment of more than one read: whichever read fails, that is what is said. */
static void test_long_segment_cannot_be_read(void **state)
{
    struct io io;
    struct kit_reader reader = {.next = 1};
    struct journal *journal;
    struct journal_options options = kit_options;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = poor_disk(&io);
    u64 failed = 0;
    (void)state;
    options.segment_bytes = LARGE_SEGMENT;
    options.batch_bytes_max = 1 << 20;
    assert_int_equal(journal_create(&io, &options), JOURNAL_OK);
    assert_int_equal(journal_open(&journal, &io, &options, 0, kit_visit, &reader, problem), JOURNAL_OK);
    while (journal_bytes(journal) < LARGE_SEGMENT - 3 * (1 << 20))
        assert_true(kit_push(journal, 3));
    assert_true(kit_drain(journal));
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    for (int threads = 0; threads < 2; threads++) {
        io.start_thread = threads ? poor.under.start_thread : poor_start_thread;
        u64 calls = 0;
        for (u64 call = 1; call == 1 || call <= calls; call++) {
            u64 before = sim_disk_calls(disk);
            sim_disk_fail_at(disk, before + call, -EIO);
            reader = (struct kit_reader){.next = 1};
            enum journal_status status = journal_read(&io, &options, 0, kit_visit, &reader, problem);
            calls = MAX(calls, sim_disk_calls(disk) - before);
            if (status == JOURNAL_OK) /* what failed was the closing of a file, or its lock */
                continue;
            assert_int_equal(status, JOURNAL_IO_FAILED);
            failed += strstr(problem, "cannot be read") != NULL;
            assert_int_equal(sim_disk_open_files(disk), 0);
        }
    }
    assert_true(failed >= 8);
    assert_int_equal(poor.in_use, 0);
    sim_disk_destroy(disk);
}

static void test_node_without_threads(void **state)
{
    struct io io;
    enum journal_status status;
    struct eleven_answer answer;
    struct eleven_stats stats;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = poor_disk(&io);
    (void)state;
    io.start_thread = poor_start_thread;
    assert_int_equal(make_folder(&io, CONFIG_SEGMENT_BYTES_MIN), JOURNAL_OK);
    struct eleven *eleven = open_folder(&io, &status, problem);
    assert_int_equal(status, JOURNAL_OK);
    put_currency(eleven, 1);
    assert_false(eleven_snapshot(eleven)); /* it would stand in the sale's way: at the end */
    assert_false(eleven_snapshot_running(eleven));
    sim_disk_advance(disk, 10000000);
    eleven_poll(eleven, &answer, 1, false);
    eleven_stats(eleven, &stats);
    assert_int_equal(stats.snapshots, 0);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    assert_true(poor.threads_refused > 1);
    eleven = open_folder(&io, &status, problem);
    eleven_stats(eleven, &stats);
    assert_int_equal(stats.recovered_snapshot_seq, 1);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    assert_int_equal(poor.in_use, 0);
    sim_disk_destroy(disk);
}

/* --- threads that have not run yet ------------------------------------------------- */

#define LATE_MAX 8
static struct late {
    int (*work)(void *argument);
    void *argument;
} late[LATE_MAX];

static int late_start_thread(void *context, int (*work)(void *argument), void *argument, void **thread)
{
    (void)context;
    for (u32 i = 0; i < LATE_MAX; i++)
        if (late[i].work == NULL) {
            late[i] = (struct late){work, argument};
            *thread = &late[i];
            return 0;
        }
    return -EAGAIN;
}

/* It gets its turn when somebody waits for it. */
static int late_join_thread(void *context, void *thread)
{
    struct late *it = thread;
    (void)context;
    int result = it->work(it->argument);
    *it = (struct late){0};
    return result;
}

/* Helpers that are as late as can be: the writer waits for its segment, the reader for its bytes, nothing is lost. */
static void test_late_threads(void **state)
{
    struct io io;
    struct kit_reader reader = {.next = 1};
    struct journal *journal;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = poor_disk(&io);
    (void)state;
    io.start_thread = late_start_thread;
    io.join_thread = late_join_thread;
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    for (u64 records = 0; records < 4000; records += 2000) {
        reader = (struct kit_reader){.next = 1};
        assert_int_equal(journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem), JOURNAL_OK);
        assert_int_equal(reader.records, records);
        for (int i = 0; i < 2000; i++) /* some segments */
            assert_true(kit_push(journal, 0));
        assert_true(kit_drain(journal));
        assert_int_equal(journal_close(journal), JOURNAL_OK);
    }
    assert_int_equal(poor.in_use, 0);
    for (u32 i = 0; i < LATE_MAX; i++)
        assert_null(late[i].work);
    sim_disk_destroy(disk);
}

/* A snapshot that is not finished when the node stops, and a second one that is asked for meanwhile. */
static void test_late_snapshot(void **state)
{
    struct io io;
    enum journal_status status;
    struct eleven_answer answer;
    struct eleven_stats stats;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = poor_disk(&io);
    (void)state;
    io.start_thread = late_start_thread;
    io.join_thread = late_join_thread;
    assert_int_equal(make_folder(&io, CONFIG_SEGMENT_BYTES_MIN), JOURNAL_OK);
    struct eleven *eleven = open_folder(&io, &status, problem);
    put_currency(eleven, 1);
    put_currency(eleven, 2);
    assert_true(eleven_snapshot(eleven));
    assert_false(eleven_snapshot(eleven));
    assert_true(eleven_snapshot_running(eleven));
    sim_disk_advance(disk, 10000000);
    eleven_poll(eleven, &answer, 1, false);
    eleven_stats(eleven, &stats);
    assert_int_equal(stats.snapshots, 0);
    put_currency(eleven, 3);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK); /* which writes one of everything */
    eleven = open_folder(&io, &status, problem);
    eleven_stats(eleven, &stats);
    assert_int_equal(stats.recovered_snapshot_seq, 3);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    assert_int_equal(poor.in_use, 0);
    sim_disk_destroy(disk);
}

/* --- files that take little or nothing ------------------------------------------- */

static void test_files_that_take_nothing(void **state)
{
    struct io io;
    struct kit_reader reader = {.next = 1};
    struct journal *journal;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = poor_disk(&io);
    (void)state;
    io.write = poor_write;
    poor.write_takes = 0;
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_IO_FAILED);
    assert_true(poor.writes > 1 && poor.writes < 100); /* tried again, and given up */
    assert_int_equal(make_folder(&io, CONFIG_SEGMENT_BYTES_MIN), JOURNAL_IO_FAILED);
    poor.write_takes = 5000; /* each write is short */
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    assert_int_equal(journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem), JOURNAL_OK);
    for (int i = 0; i < 700; i++)
        assert_true(kit_push(journal, 0));
    assert_true(kit_drain(journal));
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    assert_int_equal(kit_read(&io, &reader, problem), JOURNAL_OK);
    assert_int_equal(reader.records, 700);
    assert_int_equal(sim_disk_open_files(disk), 0);
    sim_disk_destroy(disk);
}

static void test_names_that_stay(void **state)
{
    struct io io;
    struct kit_reader reader = {.next = 1};
    struct journal *journal;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = poor_disk(&io);
    (void)state;
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    int file = io.open(io.context, KIT_DIRECTORY "/prepared-0000000002.tmp", IO_WRITE | IO_CREATE);
    io.close(io.context, file);
    io.unlink = poor_unlink;
    assert_int_equal(journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem), JOURNAL_IO_FAILED);
    assert_null(journal);
    io.unlink = poor.under.unlink;
    assert_int_equal(journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem), JOURNAL_OK);
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    sim_disk_destroy(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_journal_without_memory_at_every_moment),
        cmocka_unit_test(test_node_without_memory_at_every_moment),
        cmocka_unit_test(test_journal_without_threads),
        cmocka_unit_test(test_long_segment_cannot_be_read),
        cmocka_unit_test(test_node_without_threads),
        cmocka_unit_test(test_late_threads),
        cmocka_unit_test(test_late_snapshot),
        cmocka_unit_test(test_files_that_take_nothing),
        cmocka_unit_test(test_names_that_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
