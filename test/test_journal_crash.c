/*
 * The journal under a failing world: power cuts at every call, also during the
 * recovery from one; write errors, lying syncs, short writes and a full disk at
 * every call. What must hold each time: everything acknowledged is read back,
 * what is read is what was pushed, and the journal goes on.
 */
#include "test/test_journal_kit.h"

#include "journal/snapshot.h"

#include <errno.h>

#define RUN_RECORDS 1000
#define SECTION_BYTES 20000

/* What one run has promised to the outside: the mark it saw, and what it tried to push. */
struct promise {
    u64 durable;
    u64 pushed;
    bool created;           /* journal_create has said OK */
};

static _Alignas(4096) u8 snapshot_buffer[SNAPSHOT_BUFFER_BYTES];
static u8 section_bytes[SECTION_BYTES];

static void write_snapshot(const struct io *io, struct journal *journal)
{
    struct snapshot_head head = {.seq = journal_durable(journal), .section_count = 1};

    memset(section_bytes, (int)(head.seq % 251) + 1, sizeof(section_bytes));
    head.sections[0] = (struct snapshot_section){
        .id = 1, .element_size = 8, .bytes = section_bytes, .size = sizeof(section_bytes)};
    memcpy(head.instance, journal_instance(journal), 16);
    snapshot_write(io, KIT_DIRECTORY, &head, 0, snapshot_buffer);
}

/* Takes note of the mark. */
static void look(struct promise *promise, const struct journal *journal)
{
    assert_true(journal_durable(journal) >= promise->durable);
    promise->durable = journal_durable(journal);
    promise->pushed = journal_next(journal) - 1;
}

/* Appends `records` with a mixture of flushes, polls, seals and snapshots. Returns when done or when the world fails. */
static void work(const struct io *io, struct journal *journal, u64 seed, u64 records, struct promise *promise)
{
    struct prng prng;

    prng_seed(&prng, seed);
    for (u64 i = 0; i < records; i++) {
        if (!kit_push(journal, seed))
            break;
        u64 dice = prng_below(&prng, 100);
        if (dice < 12)
            journal_flush(journal);
        else if (dice < 20)
            journal_poll(journal, dice < 14);
        else if (dice == 20)
            kit_drain(journal);
        else if (dice == 21)
            journal_seal(journal);
        look(promise, journal);
        if (i % 400 == 300)
            write_snapshot(io, journal);
    }
    kit_drain(journal);
    look(promise, journal);
}

/* Create, open, work, close: as far as the world lets it. */
static void run(struct sim_disk *disk, u64 seed, struct promise *promise)
{
    struct io io;
    struct journal *journal;
    struct kit_reader reader = {.next = 1};
    char problem[JOURNAL_PROBLEM_MAX];

    sim_disk_io(disk, &io);
    enum journal_status status = journal_create(&io, &kit_options);
    promise->created = status == JOURNAL_OK;
    if (status == JOURNAL_OK)
        status = journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem);
    if (status == JOURNAL_OK) {
        work(&io, journal, seed, RUN_RECORDS, promise);
        if (journal_close(journal) == JOURNAL_OK)
            promise->durable = promise->pushed;
    }
    assert_int_equal(sim_disk_open_files(disk), 0);
}

/* A newest snapshot, if any, loads and is of acknowledged records only. */
static void check_snapshot(const struct io *io, const struct promise *promise)
{
    static u8 loaded[SECTION_BYTES];
    struct snapshot_head head;
    char problem[JOURNAL_PROBLEM_MAX];
    enum journal_status status = snapshot_find(io, KIT_DIRECTORY, UINT64_MAX, &head);

    if (status == JOURNAL_NOT_FOUND)
        return;
    assert_int_equal(status, JOURNAL_OK);
    assert_true(head.seq <= promise->durable);
    memset(loaded, 0, sizeof(loaded));
    head.sections[0].bytes = loaded;
    head.sections[0].size_max = sizeof(loaded);
    assert_int_equal(snapshot_load(io, KIT_DIRECTORY, &head, problem), JOURNAL_OK);
    for (u32 i = 0; i < sizeof(loaded); i++)
        assert_int_equal(loaded[i], head.seq % 251 + 1);
}

/* Recovers for good: nothing acknowledged is missing, nothing is there that was not pushed, it goes on. */
static void recover(struct sim_disk *disk, const struct promise *promise)
{
    struct io io;
    struct journal *journal;
    struct kit_reader reader = {.next = 1};
    struct promise after = {0};
    char problem[JOURNAL_PROBLEM_MAX];

    sim_disk_io(disk, &io);
    enum journal_status status = journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem);
    if (status == JOURNAL_NOT_FOUND && !promise->created) {
        assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
        status = journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem);
    }
    if (status != JOURNAL_OK)
        fail_msg("recovery: %s: %s", journal_status_word(status), problem);
    assert_true(reader.records >= promise->durable);
    assert_true(reader.records <= promise->pushed);
    assert_int_equal(journal_next(journal), reader.records + 1);
    assert_int_equal(journal_durable(journal), reader.records);
    check_snapshot(&io, promise);
    after.durable = journal_durable(journal);
    work(&io, journal, 99, 60, &after);
    assert_int_equal(after.durable, reader.records + 60);
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    u64 records = reader.records;
    assert_int_equal(kit_read(&io, &reader, problem), JOURNAL_OK);
    assert_int_equal(reader.records, records + 60);
    assert_int_equal(sim_disk_open_files(disk), 0);
}

static struct sim_disk *fresh_disk(u64 seed)
{
    struct io io;

    return kit_disk(&io, seed);
}

static u64 calls_of_a_run(u64 seed)
{
    struct promise promise = {0};
    struct sim_disk *disk = fresh_disk(seed);
    u64 begin = sim_disk_calls(disk);

    run(disk, seed, &promise);
    assert_int_equal(promise.durable, RUN_RECORDS);
    u64 calls = sim_disk_calls(disk) - begin;
    sim_disk_destroy(disk);
    return calls;
}

/* The run with the power cut in call `call`. The disk is as the cut left it. */
static struct sim_disk *cut_run(u64 seed, u64 call, struct promise *promise)
{
    struct sim_disk *disk = fresh_disk(seed);

    *promise = (struct promise){0};
    sim_disk_crash_at(disk, sim_disk_calls(disk) + call);
    run(disk, seed, promise);
    sim_disk_reboot(disk);
    return disk;
}

static void test_power_cut_at_every_call(void **state)
{
    (void)state;
    for (u64 seed = 1; seed <= 4; seed++) {
        u64 calls = calls_of_a_run(seed);
        for (u64 call = 1; call <= calls; call++) {
            struct promise promise;
            struct sim_disk *disk = cut_run(seed, call, &promise);
            recover(disk, &promise);
            sim_disk_destroy(disk);
        }
        print_message("seed %d: %d calls\n", (int)seed, (int)calls);
    }
}

/* Opens with the power cut in call `call`. True: it got through before. */
static bool cut_recovery(struct sim_disk *disk, u64 call)
{
    struct io io;
    struct journal *journal;
    struct kit_reader reader = {.next = 1};
    char problem[JOURNAL_PROBLEM_MAX];

    sim_disk_io(disk, &io);
    sim_disk_crash_at(disk, call);
    enum journal_status status = journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem);
    if (status == JOURNAL_OK)
        (void)journal_close(journal);
    else
        assert_true(status == JOURNAL_IO_FAILED || status == JOURNAL_NOT_FOUND);
    bool crashed = sim_disk_crashed(disk);
    sim_disk_reboot(disk);
    return !crashed;
}

/* The power goes again at each call of the recovery, and then once more during the recovery from that. */
static void test_power_cut_during_recovery(void **state)
{
    struct prng prng;
    u64 cuts = 0;

    (void)state;
    prng_seed(&prng, 5);
    for (u64 seed = 10; seed < 30; seed++) {
        u64 calls = calls_of_a_run(seed);
        struct promise promise;
        struct sim_disk *disk = cut_run(seed, 60 + prng_below(&prng, calls - 60), &promise);
        bool through = !promise.created;
        for (u64 call = 1; !through; call++) {
            struct sim_disk *copy = sim_disk_clone(disk, seed * 1000 + call);
            through = cut_recovery(copy, call);
            cut_recovery(copy, 1 + prng_below(&prng, call + 20));
            recover(copy, &promise);
            sim_disk_destroy(copy);
            cuts++;
        }
        sim_disk_destroy(disk);
    }
    print_message("%d cuts\n", (int)cuts);
}

/* The same disk is cut again and again; acknowledgements add up over all lives. */
static void test_many_lives(void **state)
{
    (void)state;
    for (u64 seed = 100; seed < 110; seed++) {
        struct sim_disk *disk = fresh_disk(seed);
        struct promise promise = {0};
        struct prng prng;
        struct io io;
        sim_disk_io(disk, &io);
        prng_seed(&prng, seed);
        assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
        for (u64 life = 0; life < 40; life++) {
            struct journal *journal;
            struct kit_reader reader = {.next = 1};
            char problem[JOURNAL_PROBLEM_MAX];
            sim_disk_crash_at(disk, sim_disk_calls(disk) + 20 + prng_below(&prng, 400));
            enum journal_status status = journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem);
            if (status == JOURNAL_OK) {
                assert_true(reader.records >= promise.durable && reader.records <= promise.pushed);
                promise.durable = promise.pushed = reader.records;
                work(&io, journal, life, 150, &promise);
                (void)journal_close(journal);
            } else if (status != JOURNAL_IO_FAILED) {
                fail_msg("%s: %s", journal_status_word(status), problem);
            }
            if (prng_chance(&prng, 1, 3))
                sim_disk_restart(disk);
            else
                sim_disk_reboot(disk);
        }
        recover(disk, &promise);
        sim_disk_destroy(disk);
    }
}

/* Every call fails once. The journal ends by name, or did not need that call; then the power goes. */
static void fail_at_every_call(int error, enum journal_status named)
{
    u64 calls = calls_of_a_run(3), ended = 0;

    for (u64 call = 1; call <= calls; call++) {
        struct sim_disk *disk = fresh_disk(3);
        struct io io;
        struct journal *journal = NULL;
        struct kit_reader reader = {.next = 1};
        struct promise promise = {0};
        char problem[JOURNAL_PROBLEM_MAX];
        sim_disk_io(disk, &io);
        sim_disk_fail_at(disk, sim_disk_calls(disk) + call, error);
        enum journal_status status = journal_create(&io, &kit_options);
        promise.created = status == JOURNAL_OK;
        if (status == JOURNAL_OK)
            status = journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem);
        if (status == JOURNAL_OK) {
            work(&io, journal, 3, RUN_RECORDS, &promise);
            u64 durable = journal_durable(journal);
            if (journal_poll(journal, false) != JOURNAL_OK) {
                assert_null(journal_reserve(journal, 8));
                status = journal_flush(journal);
                assert_true(status == named || status == JOURNAL_IO_FAILED);
                assert_int_equal(journal_durable(journal), durable);
            }
            status = journal_close(journal);
        }
        /* Reading has no word for a full disk. */
        assert_true(status == JOURNAL_OK || status == named || status == JOURNAL_IO_FAILED);
        ended += status != JOURNAL_OK;
        assert_int_equal(sim_disk_open_files(disk), 0);
        if (call % 2 == 0)
            sim_disk_reboot(disk);
        else
            sim_disk_restart(disk);
        recover(disk, &promise);
        sim_disk_destroy(disk);
    }
    print_message("%d of %d calls ended it\n", (int)ended, (int)calls);
    assert_true(ended > calls / 2);
}

static void test_every_call_fails_once(void **state)
{
    (void)state;
    fail_at_every_call(-EIO, JOURNAL_IO_FAILED);
}

static void test_every_call_finds_the_disk_full(void **state)
{
    (void)state;
    fail_at_every_call(-ENOSPC, JOURNAL_DISK_FULL);
}

static void test_disk_full(void **state)
{
    (void)state;
    for (u64 room = 0; room < 600 << 10; room += 12 << 10) {
        struct sim_disk *disk = fresh_disk(room);
        struct promise promise = {0};
        sim_disk_space(disk, room);
        run(disk, 1, &promise);
        sim_disk_reboot(disk);
        sim_disk_space(disk, UINT64_MAX);
        recover(disk, &promise);
        sim_disk_destroy(disk);
    }
}

static void test_short_writes(void **state)
{
    (void)state;
    for (u64 seed = 0; seed < 30; seed++) {
        struct sim_disk *disk = fresh_disk(seed);
        struct promise promise = {0};
        sim_disk_short_writes(disk, 2 + seed % 5);
        run(disk, seed, &promise);
        assert_true(promise.durable <= promise.pushed);
        if (seed % 5 > 0)
            assert_int_equal(promise.durable, RUN_RECORDS);
        sim_disk_reboot(disk);
        sim_disk_short_writes(disk, 0);
        recover(disk, &promise);
        sim_disk_destroy(disk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_cut_at_every_call),
        cmocka_unit_test(test_power_cut_during_recovery),
        cmocka_unit_test(test_many_lives),
        cmocka_unit_test(test_every_call_fails_once),
        cmocka_unit_test(test_every_call_finds_the_disk_full),
        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_short_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
