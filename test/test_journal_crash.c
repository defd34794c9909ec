/*
 * The journal under a failing world: power cuts at every call, also during the
 * recovery from one; write errors, lying syncs, short writes and a full disk at
 * every call. What must hold each time: everything acknowledged is read back,
 * what is read is what was pushed, and the journal goes on.
 */
#include "test/fault.h"
#include "test/support.h"
#include "test/test_journal_kit.h"

#include "journal/snapshot.h"

#include <errno.h>

#define RUN_RECORDS 1000
#define CALL_WEIGHT 10u
#define SECTION_BYTES 20000

/* What one run has promised to the outside: the mark it saw, and what it tried to push. */
struct promise {
    u64 durable;
    u64 pushed;
    bool created;           /* journal_create has said OK */
};

struct tally {
    u64 cases, recovered, unsent, ended, lost, silent, unnamed, stuck, leaked;
};

static void print(const char *row, const struct tally *tally)
{
    FAULT_LINE(row, {"cases", tally->cases}, {"recovered", tally->recovered}, {"unsent", tally->unsent},
               {"ended", tally->ended}, {"lost", tally->lost}, {"silent", tally->silent}, {"unnamed", tally->unnamed},
               {"stuck", tally->stuck}, {"leaked", tally->leaked});
}

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

/* What has been recovered is on the disk before anybody hears of it: a power cut now, in which all that is pending is
 * dropped, changes nothing. */
static void check_persisted(const struct sim_disk *disk, u64 records, struct tally *tally)
{
    struct io io;
    struct kit_reader reader;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *copy = sim_disk_clone(disk, records);

    sim_disk_io(copy, &io);
    enum journal_status status = kit_read(&io, &reader, problem);
    fault_unless(status == JOURNAL_OK && reader.records == records, &tally->lost,
                 "case %llu: %llu records were recovered, %llu survive a power cut", (unsigned long long)tally->cases,
                 (unsigned long long)records, (unsigned long long)reader.records);
    sim_disk_destroy(copy);
}

/* It goes on, and what is appended now is read back. */
static void check_goes_on(const struct io *io, struct journal *journal, u64 records, struct tally *tally)
{
    struct promise after = {.durable = journal_durable(journal)};
    struct kit_reader reader = {0};
    char problem[JOURNAL_PROBLEM_MAX];

    work(io, journal, 99, 60, &after);
    bool good = after.durable == records + 60 && journal_close(journal) == JOURNAL_OK &&
                kit_read(io, &reader, problem) == JOURNAL_OK && reader.records == records + 60;
    fault_unless(good, &tally->stuck, "case %llu: recovered with %llu records, has %llu after 60 more",
                 (unsigned long long)tally->cases, (unsigned long long)records, (unsigned long long)reader.records);
}

/* Recovers for good: nothing acknowledged is missing, nothing is there that was not pushed, it goes on. */
static void recover(struct sim_disk *disk, const struct promise *promise, struct tally *tally)
{
    struct io io;
    struct journal *journal;
    struct kit_reader reader = {.next = 1};
    char problem[JOURNAL_PROBLEM_MAX];

    tally->cases++;
    sim_disk_io(disk, &io);
    enum journal_status status = journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem);
    if (status == JOURNAL_NOT_FOUND && !promise->created) {
        assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
        status = journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem);
    }
    if (!fault_unless(status == JOURNAL_OK, &tally->lost, "case %llu: %s: %s", (unsigned long long)tally->cases,
                      journal_status_word(status), problem))
        return;
    fault_unless(reader.records >= promise->durable, &tally->lost, "case %llu: %llu records, %llu were durable",
                 (unsigned long long)tally->cases, (unsigned long long)reader.records,
                 (unsigned long long)promise->durable);
    fault_unless(reader.records <= promise->pushed, &tally->silent, "case %llu: %llu records, %llu were pushed",
                 (unsigned long long)tally->cases, (unsigned long long)reader.records,
                 (unsigned long long)promise->pushed);
    assert_int_equal(journal_next(journal), reader.records + 1);
    assert_int_equal(journal_durable(journal), reader.records);
    check_snapshot(&io, promise);
    check_persisted(disk, reader.records, tally);
    tally->recovered++;
    tally->unsent += reader.records > promise->durable;
    check_goes_on(&io, journal, reader.records, tally);
    fault_unless(sim_disk_open_files(disk) == 0, &tally->leaked, "case %llu: files are open",
                 (unsigned long long)tally->cases);
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
    struct tally tally = {0};

    (void)state;
    for (u64 seed = fault_first_seed(); seed < fault_first_seed() + 4; seed++) {
        u64 calls = calls_of_a_run(seed);
        for (u64 call = 1; call <= calls; call += fault_stride(CALL_WEIGHT)) {
            struct promise promise;
            struct sim_disk *disk = cut_run(seed, call, &promise);
            recover(disk, &promise, &tally);
            sim_disk_destroy(disk);
        }
    }
    print("journal-power-cut", &tally);
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
    struct tally tally = {0};

    (void)state;
    prng_seed(&prng, fault_first_seed() + 4);
    for (u64 seed = fault_first_seed() + 9; seed < fault_first_seed() + 29; seed++) {
        u64 calls = calls_of_a_run(seed);
        struct promise promise;
        struct sim_disk *disk = cut_run(seed, 60 + prng_below(&prng, calls - 60), &promise);
        bool through = !promise.created;
        for (u64 call = 1; !through; call += fault_stride(CALL_WEIGHT)) {
            struct sim_disk *copy = sim_disk_clone(disk, seed * 1000 + call);
            through = cut_recovery(copy, call);
            cut_recovery(copy, 1 + prng_below(&prng, call + 20));
            recover(copy, &promise, &tally);
            sim_disk_destroy(copy);
        }
        sim_disk_destroy(disk);
    }
    print("journal-cut-again", &tally);
}

/* The same disk is cut again and again; acknowledgements add up over all lives. */
static void test_many_lives(void **state)
{
    struct tally tally = {0};

    (void)state;
    for (u64 seed = fault_first_seed() + 99; seed < fault_first_seed() + 109; seed++) {
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
                fault_unless(reader.records >= promise.durable && reader.records <= promise.pushed, &tally.lost,
                             "seed %llu, life %llu: %llu records", (unsigned long long)seed, (unsigned long long)life,
                             (unsigned long long)reader.records);
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
        recover(disk, &promise, &tally);
        sim_disk_destroy(disk);
    }
    print("journal-lives", &tally);
}

/* The journal has failed: it takes nothing more, and its mark stays where it is. */
static void check_stopped(struct journal *journal, enum journal_status named, struct tally *tally)
{
    u64 durable = journal_durable(journal);

    if (journal_poll(journal, false) == JOURNAL_OK)
        return;
    bool takes = journal_reserve(journal, 8) != NULL;
    enum journal_status status = journal_flush(journal);
    bool good = !takes && (status == named || status == JOURNAL_IO_FAILED) && journal_durable(journal) == durable;
    fault_unless(good, &tally->unnamed, "case %llu: goes on after a failure: %s", (unsigned long long)tally->cases,
                 journal_status_word(status));
}

/* One call fails once (0: is short), and lies from then on. The journal ends by name, or did not need that call. Then
 * the power goes, or the process alone. */
static void fail_at_call(u64 call, int error, bool power, struct tally *tally)
{
    enum journal_status named = error == -ENOSPC ? JOURNAL_DISK_FULL : JOURNAL_IO_FAILED;
    struct sim_disk *disk = fresh_disk(3);
    struct io io;
    struct journal *journal = NULL;
    struct kit_reader reader = {.next = 1};
    struct promise promise = {0};
    char problem[JOURNAL_PROBLEM_MAX];

    sim_disk_io(disk, &io);
    if (error == 0)
        sim_disk_short_at(disk, sim_disk_calls(disk) + call);
    else
        sim_disk_fail_at(disk, sim_disk_calls(disk) + call, error);
    enum journal_status status = journal_create(&io, &kit_options);
    promise.created = status == JOURNAL_OK;
    if (status == JOURNAL_OK)
        status = journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem);
    if (status == JOURNAL_OK) {
        work(&io, journal, 3, RUN_RECORDS, &promise);
        check_stopped(journal, named, tally);
        status = journal_close(journal);
    }
    /* Reading has no word for a full disk. */
    fault_unless(status == JOURNAL_OK || (error != 0 && (status == named || status == JOURNAL_IO_FAILED)),
                 &tally->unnamed, "call %llu, error %d: %s", (unsigned long long)call, error,
                 journal_status_word(status));
    tally->ended += status != JOURNAL_OK;
    fault_unless(sim_disk_open_files(disk) == 0, &tally->leaked, "call %llu: files are open", (unsigned long long)call);
    power ? sim_disk_reboot(disk) : sim_disk_restart(disk);
    recover(disk, &promise, tally);
    sim_disk_destroy(disk);
}

static void fail_at_every_call(const char *row, int error)
{
    struct tally tally = {0};
    u64 calls = calls_of_a_run(3);

    for (u64 call = 1; call <= calls; call += fault_stride(CALL_WEIGHT)) {
        fail_at_call(call, error, true, &tally);
        fail_at_call(call, error, false, &tally);
    }
    print(row, &tally);
    assert_true(error == 0 ? tally.ended == 0 : tally.ended > tally.cases / 2);
}

static void test_every_call_fails_once(void **state)
{
    (void)state;
    fail_at_every_call("journal-error", -EIO);
}

static void test_every_call_finds_the_disk_full(void **state)
{
    (void)state;
    fail_at_every_call("journal-full-once", -ENOSPC);
}

/* The rest is sent after it. */
static void test_every_call_is_short(void **state)
{
    (void)state;
    fail_at_every_call("journal-short", 0);
}

static void test_disk_full(void **state)
{
    struct tally tally = {0};

    (void)state;
    for (u64 room = 0; room < 600 << 10; room += 12 << 10) {
        struct sim_disk *disk = fresh_disk(room);
        struct promise promise = {0};
        sim_disk_space(disk, room);
        run(disk, 1, &promise);
        sim_disk_reboot(disk);
        sim_disk_space(disk, UINT64_MAX);
        recover(disk, &promise, &tally);
        sim_disk_destroy(disk);
    }
    print("journal-full", &tally);
}

static void test_short_writes(void **state)
{
    struct tally tally = {0};

    (void)state;
    for (u64 seed = fault_first_seed(); seed < fault_first_seed() + 30; seed++) {
        struct sim_disk *disk = fresh_disk(seed);
        struct promise promise = {0};
        sim_disk_short_writes(disk, 2 + seed % 5);
        run(disk, seed, &promise);
        assert_true(promise.durable <= promise.pushed);
        if (seed % 5 > 0)
            assert_int_equal(promise.durable, RUN_RECORDS);
        sim_disk_reboot(disk);
        sim_disk_short_writes(disk, 0);
        recover(disk, &promise, &tally);
        sim_disk_destroy(disk);
    }
    print("journal-short-often", &tally);
}

int main(void)
{
    support_keep_heap();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_cut_at_every_call),
        cmocka_unit_test(test_power_cut_during_recovery),
        cmocka_unit_test(test_many_lives),
        cmocka_unit_test(test_every_call_fails_once),
        cmocka_unit_test(test_every_call_finds_the_disk_full),
        cmocka_unit_test(test_every_call_is_short),
        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_short_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
