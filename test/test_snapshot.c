/* Snapshots: what was written is loaded, or the file is refused by name; there is never one ahead of the journal. */
#include "test/fault.h"
#include "test/support.h"
#include "test/test_snapshot_kit.h"

#include <errno.h>

#define HEADER_WEIGHT 10u
static void test_round_trip(void **state)
{
    const u64 sizes[] = {0, 64, 4096, ((u64)1 << 20) - 64, (u64)1 << 20, ((u64)1 << 20) + 64, BIG_BYTES - 64, BIG_BYTES};

    (void)state;
    for (u32 i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct io io;
        struct sim_disk *disk = kit_disk(&io, i);
        struct snapshot_head head = make_head(7 + i, sizes[i]);
        struct snapshot_head none;
        assert_int_equal(snapshot_find(&io, KIT_DIRECTORY, UINT64_MAX, &none), JOURNAL_NOT_FOUND);
        assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &head, 0, buffer), JOURNAL_OK);
        sim_disk_odds(disk, 0, 100);
        sim_disk_reboot(disk); /* it is durable when it says so */
        expect_loaded(&io, UINT64_MAX, 7 + i, sizes[i]);
        expect_loaded(&io, 7 + i, 7 + i, sizes[i]);
        assert_int_equal(snapshot_find(&io, KIT_DIRECTORY, 6 + i, &none), JOURNAL_NOT_FOUND);
        assert_int_equal(sim_disk_open_files(disk), 0);
        sim_disk_destroy(disk);
    }
}

static void test_zeros_are_left_out(void **state)
{
    struct io io;
    struct sim_disk *disk = kit_disk(&io, 1);
    struct snapshot_head head = make_head(1, BIG_BYTES);

    (void)state;
    memset(big, 0, sizeof(big));
    big[BIG_BYTES - 1] = 1;
    assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &head, 0, buffer), JOURNAL_OK);
    assert_true(sim_disk_file_size(disk, snapshot_file(1)) < 1 << 20);
    sim_disk_destroy(disk);
}

static void test_the_newest_are_kept(void **state)
{
    struct io io;
    struct sim_disk *disk = kit_disk(&io, 1);

    (void)state;
    for (u64 seq = 10; seq <= 50; seq += 10) {
        struct snapshot_head head = make_head(seq, 64);
        assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &head, 0, buffer), JOURNAL_OK);
    }
    assert_int_equal(sim_disk_file_size(disk, snapshot_file(30)), -1);
    expect_loaded(&io, UINT64_MAX, 50, 64);
    expect_loaded(&io, 49, 40, 64);
    sim_disk_destroy(disk);
}

static void test_takes_its_time(void **state)
{
    struct io io;
    struct sim_disk *disk = kit_disk(&io, 1);
    struct snapshot_head head = make_head(5, (u64)2 << 20);

    (void)state;
    i64 begin = io.monotonic_ns(io.context);
    assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &head, 1 << 20, buffer), JOURNAL_OK);
    i64 spent_ms = (io.monotonic_ns(io.context) - begin) / 1000000;
    assert_true(spent_ms > 1900 && spent_ms < 2300);
    sim_disk_destroy(disk);
}

/* --- damage: the file is refused with its name --------------------------------------------------------------- */

struct tally {
    u64 cases, refused, silent, unnamed, leaked;
};

static void print(const char *row, const struct tally *tally)
{
    FAULT_LINE(row, {"cases", tally->cases}, {"refused", tally->refused}, {"silent", tally->silent},
               {"unnamed", tally->unnamed}, {"leaked", tally->leaked});
}

static void must_refuse(struct sim_disk *disk, const struct io *io, const char *what, u64 at, struct tally *tally)
{
    struct snapshot_head head;
    char problem[JOURNAL_PROBLEM_MAX];
    enum journal_status status = load(io, 5, &head, problem);

    tally->cases++;
    if (fault_unless(status != JOURNAL_OK, &tally->silent, "%s at %llu: believed", what, (unsigned long long)at))
        tally->refused++;
    fault_unless(status == JOURNAL_OK || status == JOURNAL_ROT || status == JOURNAL_FOREIGN, &tally->unnamed,
                 "%s at %llu: %s", what, (unsigned long long)at, journal_status_word(status));
    fault_unless(sim_disk_open_files(disk) == 0, &tally->leaked, "%s at %llu: files are open", what,
                 (unsigned long long)at);
}

/* One snapshot, number 5, on a disk of its own; `salt` makes its contents. */
static struct sim_disk *make_snapshot(struct io *io, u64 salt, u8 instance, u64 big_size)
{
    struct sim_disk *disk = kit_disk(io, 1);
    struct snapshot_head head = make_head(salt, big_size);

    head.seq = 5;
    memset(head.instance, instance, sizeof(head.instance));
    assert_int_equal(snapshot_write(io, KIT_DIRECTORY, &head, 0, buffer), JOURNAL_OK);
    return disk;
}

/* The header, the footer and the first chunk's header are thinned out less. */
static u64 step(u64 at, u64 size)
{
    return fault_stride(at < IO_SECTOR + 200 || at + IO_SECTOR > size ? HEADER_WEIGHT : 1);
}

static void test_every_byte_flipped(void **state)
{
    struct io io;
    struct prng prng;
    struct tally tally = {0};
    struct sim_disk *disk = make_snapshot(&io, 5, 0x5a, 20000);

    (void)state;
    prng_seed(&prng, fault_first_seed());
    u64 size = (u64)sim_disk_file_size(disk, snapshot_file(5));
    u8 *bytes = sim_disk_file_bytes(disk, snapshot_file(5));
    for (u64 at = 0; at < size; at += step(at, size)) {
        u8 bit = (u8)(1u << prng_below(&prng, 8));
        bytes[at] ^= bit;
        must_refuse(disk, &io, "flip", at, &tally);
        bytes[at] ^= bit;
    }
    expect_loaded(&io, 5, 5, 20000);
    sim_disk_destroy(disk);
    print("snapshot-flip", &tally);
}

static void test_cut_at_every_byte(void **state)
{
    struct io io;
    struct tally tally = {0};
    struct sim_disk *disk = make_snapshot(&io, 5, 0x5a, 20000);

    (void)state;
    u64 size = (u64)sim_disk_file_size(disk, snapshot_file(5));
    for (u64 cut = size; cut-- > 0;) {
        sim_disk_truncate(disk, snapshot_file(5), cut);
        if (cut % fault_stride(1) == 0)
            must_refuse(disk, &io, "cut", cut, &tally);
    }
    sim_disk_destroy(disk);
    print("snapshot-cut", &tally);
}

/* `block` in the place of ours at `at`, unless it is the same. */
static void replaced(struct sim_disk *disk, const struct io *io, u64 at, const u8 *block, const char *what,
                     struct tally *tally)
{
    u8 saved[IO_SECTOR];
    u8 *target = sim_disk_file_bytes(disk, snapshot_file(5)) + at;

    if (memcmp(target, block, IO_SECTOR) == 0)
        return;
    memcpy(saved, target, IO_SECTOR);
    memcpy(target, block, IO_SECTOR);
    must_refuse(disk, io, what, at, tally);
    memcpy(target, saved, IO_SECTOR);
}

/* Every block of 4 KiB: zero, garbage, another block of this file, the same one of a snapshot of before, and of one of
 * another instance. */
static void test_every_block_replaced(void **state)
{
    struct io io, old_io, other_io;
    struct prng prng;
    struct tally tally = {0};
    const u64 big_size = 90000;
    struct sim_disk *old = make_snapshot(&old_io, 4, 0x5a, big_size);
    struct sim_disk *other = make_snapshot(&other_io, 5, 0x77, big_size);
    struct sim_disk *disk = make_snapshot(&io, 5, 0x5a, big_size);
    u64 size = (u64)sim_disk_file_size(disk, snapshot_file(5));

    (void)state;
    prng_seed(&prng, fault_first_seed());
    assert_true(sim_disk_file_size(old, snapshot_file(5)) == (i64)size);
    for (u64 at = 0; at < size; at += IO_SECTOR) {
        static const u8 zeros[IO_SECTOR];
        u64 garbage[IO_SECTOR / 8];
        for (u32 i = 0; i < ARRAY_COUNT(garbage); i++)
            garbage[i] = prng_next(&prng);
        replaced(disk, &io, at, zeros, "zeros", &tally);
        replaced(disk, &io, at, (const u8 *)garbage, "garbage", &tally);
        for (u64 from = 0; from < size; from += IO_SECTOR)
            replaced(disk, &io, at, sim_disk_file_bytes(disk, snapshot_file(5)) + from, "misdirected", &tally);
        replaced(disk, &io, at, sim_disk_file_bytes(old, snapshot_file(5)) + at, "stale", &tally);
        if (at > 0) /* the header alone may be of another instance: whoever opens the journal compares */
            replaced(disk, &io, at, sim_disk_file_bytes(other, snapshot_file(5)) + at, "of another instance", &tally);
    }
    expect_loaded(&io, 5, 5, big_size);
    sim_disk_destroy(old);
    sim_disk_destroy(other);
    sim_disk_destroy(disk);
    print("snapshot-block", &tally);
}

/* A whole snapshot under the name of another. */
static void test_under_another_name(void **state)
{
    struct io io;
    struct tally tally = {0};
    struct sim_disk *disk = kit_disk(&io, 1);
    struct snapshot_head head = make_head(4, 640);

    (void)state;
    assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &head, 0, buffer), JOURNAL_OK);
    sim_disk_copy_file(disk, snapshot_file(4), snapshot_file(5));
    must_refuse(disk, &io, "renamed", 0, &tally);
    sim_disk_destroy(disk);
    print("snapshot-renamed", &tally);
}

/* Chunks exchanged, and repeated. */
static void test_reordered_chunks(void **state)
{
    struct io io;
    struct snapshot_head head;
    char problem[JOURNAL_PROBLEM_MAX];
    static u8 saved[(size_t)1 << 20];
    struct sim_disk *disk = kit_disk(&io, 1);
    struct snapshot_head whole = make_head(5, BIG_BYTES);
    const u64 chunk = (u64)1 << 20;

    (void)state;
    assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &whole, 0, buffer), JOURNAL_OK);
    u8 *bytes = sim_disk_file_bytes(disk, snapshot_file(5)) + IO_SECTOR;
    memcpy(saved, bytes, chunk);
    memcpy(bytes, bytes + chunk, chunk);
    assert_int_equal(load(&io, 5, &head, problem), JOURNAL_ROT);
    assert_non_null(strstr(problem, "snapshot-"));
    memcpy(bytes + chunk, saved, chunk);
    assert_int_equal(load(&io, 5, &head, problem), JOURNAL_ROT);
    sim_disk_destroy(disk);
}

/* A footer that lies where a chunk should; the last chunk left out; bytes behind the footer. */
static void test_footer_in_the_wrong_place(void **state)
{
    struct io io;
    struct snapshot_head head;
    char problem[JOURNAL_PROBLEM_MAX];
    u8 saved[IO_SECTOR];
    struct sim_disk *disk = kit_disk(&io, 1);
    struct snapshot_head whole = make_head(5, 20000);
    static const u8 more[IO_SECTOR];

    (void)state;
    assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &whole, 0, buffer), JOURNAL_OK);
    const u64 size = (u64)sim_disk_file_size(disk, snapshot_file(5)), footer = size - IO_SECTOR;
    u8 *bytes = sim_disk_file_bytes(disk, snapshot_file(5));
    for (u64 at = 0; at < footer; at += IO_SECTOR) {
        memcpy(saved, bytes + at, IO_SECTOR);
        memcpy(bytes + at, bytes + footer, IO_SECTOR);
        assert_int_equal(load(&io, 5, &head, problem), JOURNAL_ROT);
        memcpy(bytes + at, saved, IO_SECTOR);
    }
    expect_loaded(&io, 5, 5, 20000);
    int file = io.open(io.context, snapshot_file(5), IO_WRITE);
    assert_int_equal(io_write_all(&io, file, more, IO_SECTOR, size), 0);
    io.close(io.context, file);
    assert_int_equal(load(&io, 5, &head, problem), JOURNAL_ROT);
    sim_disk_truncate(disk, snapshot_file(5), size);
    expect_loaded(&io, 5, 5, 20000);
    bytes = sim_disk_file_bytes(disk, snapshot_file(5));
    memcpy(bytes + footer - IO_SECTOR, bytes + footer, IO_SECTOR); /* the small section's chunk is one sector */
    sim_disk_truncate(disk, snapshot_file(5), footer);
    assert_int_equal(load(&io, 5, &head, problem), JOURNAL_ROT);
    sim_disk_destroy(disk);
}

static void test_other_sections_are_refused(void **state)
{
    struct io io;
    struct snapshot_head head;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = kit_disk(&io, 1);
    struct snapshot_head whole = make_head(5, 640);

    (void)state;
    assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &whole, 0, buffer), JOURNAL_OK);
    for (int kind = 0; kind < 7; kind++) {
        assert_int_equal(load(&io, 5, &head, problem), JOURNAL_OK);
        if (kind == 0)
            head.sections[0].size_max = 639;
        else if (kind == 1)
            head.sections[0].element_size = 65;
        else if (kind == 2)
            head.sections[0].id = 4;
        else if (kind == 3)
            head.section_count = 2;
        else if (kind == 4)
            head.sections[0].size = 632;
        else if (kind == 5)
            head.sections[0].bytes = NULL;
        else
            head.instance[0] ^= 1;
        assert_int_equal(snapshot_load(&io, KIT_DIRECTORY, &head, problem), JOURNAL_FOREIGN);
        assert_true(strlen(problem) > 0);
    }
    sim_disk_destroy(disk);
}

/* Power cut, write error, full disk, short write at every call: there is a whole one, or the one before. */
static void fail_at_call(u64 call, int kind, bool *reached, u64 *lost, struct tally *tally)
{
    struct io io;
    char problem[JOURNAL_PROBLEM_MAX];
    struct snapshot_head head = {0}, old = make_head(5, 9000);
    struct sim_disk *disk = kit_disk(&io, call);

    assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &old, 0, buffer), JOURNAL_OK);
    struct snapshot_head new = make_head(6, 9000);
    u64 before = sim_disk_calls(disk);
    if (kind == 0)
        sim_disk_crash_at(disk, before + call);
    else if (kind == 3)
        sim_disk_short_at(disk, before + call);
    else
        sim_disk_fail_at(disk, before + call, kind == 1 ? -EIO : -ENOSPC);
    enum journal_status status = snapshot_write(&io, KIT_DIRECTORY, &new, 0, buffer);
    *reached = sim_disk_calls(disk) - before >= call;
    fault_unless(sim_disk_open_files(disk) == 0, &tally->leaked, "call %llu: files are open", (unsigned long long)call);
    fault_unless(status == JOURNAL_OK || status == JOURNAL_IO_FAILED || status == JOURNAL_DISK_FULL, &tally->unnamed,
                 "call %llu: %s", (unsigned long long)call, journal_status_word(status));
    tally->refused += status != JOURNAL_OK;
    sim_disk_reboot(disk);
    enum journal_status loaded = load(&io, UINT64_MAX, &head, problem);
    fault_unless(loaded == JOURNAL_OK && (head.seq == 6 || (head.seq == 5 && status != JOURNAL_OK)), lost,
                 "call %llu, kind %d: %s, number %llu", (unsigned long long)call, kind, journal_status_word(loaded),
                 (unsigned long long)head.seq);
    if (loaded == JOURNAL_OK)
        expect_loaded(&io, UINT64_MAX, head.seq, 9000);
    sim_disk_destroy(disk);
    tally->cases++;
}

static void test_world_fails_at_every_call(void **state)
{
    struct tally tally = {0};
    u64 lost = 0;

    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        bool reached = true;
        for (u64 call = 1; reached; call++)
            fail_at_call(call, kind, &reached, &lost, &tally);
    }
    FAULT_LINE("snapshot-call", {"cases", tally.cases}, {"refused", tally.refused}, {"lost", lost},
               {"unnamed", tally.unnamed}, {"leaked", tally.leaked});
}

int main(void)
{
    support_keep_heap();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_zeros_are_left_out),
        cmocka_unit_test(test_the_newest_are_kept),
        cmocka_unit_test(test_takes_its_time),
        cmocka_unit_test(test_every_byte_flipped),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_every_block_replaced),
        cmocka_unit_test(test_under_another_name),
        cmocka_unit_test(test_reordered_chunks),
        cmocka_unit_test(test_footer_in_the_wrong_place),
        cmocka_unit_test(test_other_sections_are_refused),
        cmocka_unit_test(test_world_fails_at_every_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
