/* Snapshots: what was written is loaded, or the file is refused by name; there is never one ahead of the journal. */
#include "test/test_journal_kit.h"

#include "journal/snapshot.h"

#include <errno.h>

#define BIG_BYTES ((u64)5 << 20)

static _Alignas(4096) u8 buffer[SNAPSHOT_BUFFER_BYTES];
static _Alignas(4096) u8 big[BIG_BYTES], big_loaded[BIG_BYTES];
static u8 small[100], small_loaded[100];

/* Three sections: a large one with a hole, a small one, an empty one. */
static struct snapshot_head make_head(u64 seq, u64 big_size)
{
    struct snapshot_head head = {.seq = seq, .state = mix64(seq), .time_ms = 42, .section_count = 3};

    for (u64 i = 0; i < big_size; i++)
        big[i] = i >> 20 == 2 || i >> 20 == 3 ? 0 : (u8)mix64(i + seq);
    memset(small, (int)(seq & 0xff), sizeof(small));
    memset(head.instance, 0x5a, sizeof(head.instance));
    head.sections[0] = (struct snapshot_section){.id = 3, .element_size = 64, .bytes = big, .size = big_size};
    head.sections[1] = (struct snapshot_section){.id = 1, .element_size = 4, .bytes = small, .size = sizeof(small)};
    head.sections[2] = (struct snapshot_section){.id = 9, .element_size = 8};
    return head;
}

static const char *snapshot_file(u64 seq)
{
    static char name[64];

    snprintf(name, sizeof(name), KIT_DIRECTORY "/snapshot-%020llu", (unsigned long long)seq);
    return name;
}

static enum journal_status load(const struct io *io, u64 through, struct snapshot_head *head, char *problem)
{
    enum journal_status status = snapshot_find(io, KIT_DIRECTORY, through, head);

    problem[0] = 0;
    if (status != JOURNAL_OK)
        return status;
    memset(big_loaded, 0, MIN(head->sections[0].size, sizeof(big_loaded)));
    memset(small_loaded, 0, sizeof(small_loaded));
    head->sections[0].bytes = big_loaded;
    head->sections[0].size_max = sizeof(big_loaded);
    head->sections[1].bytes = small_loaded;
    head->sections[1].size_max = sizeof(small_loaded);
    return snapshot_load(io, KIT_DIRECTORY, head, problem);
}

static void expect_loaded(const struct io *io, u64 through, u64 seq, u64 big_size)
{
    struct snapshot_head head, expected = make_head(seq, big_size);
    char problem[JOURNAL_PROBLEM_MAX];

    assert_int_equal(load(io, through, &head, problem), JOURNAL_OK);
    assert_int_equal(head.seq, seq);
    assert_int_equal(head.state, expected.state);
    assert_int_equal(head.time_ms, 42);
    assert_memory_equal(head.instance, expected.instance, 16);
    assert_int_equal(head.section_count, 3);
    assert_int_equal(head.sections[0].size, big_size);
    assert_int_equal(head.sections[0].element_size, 64);
    assert_memory_equal(big_loaded, big, big_size);
    assert_memory_equal(small_loaded, small, sizeof(small));
}

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

static void test_every_damage_is_seen(void **state)
{
    struct io io;
    struct prng prng;
    struct snapshot_head head;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = kit_disk(&io, 1);
    struct snapshot_head whole = make_head(5, 20000);

    (void)state;
    prng_seed(&prng, 1);
    assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &whole, 0, buffer), JOURNAL_OK);
    u64 size = (u64)sim_disk_file_size(disk, snapshot_file(5));
    u8 *bytes = sim_disk_file_bytes(disk, snapshot_file(5));
    for (u64 at = 0; at < size; at += at < IO_SECTOR + 200 || at > size - IO_SECTOR ? 1 : 5) {
        u8 bit = (u8)(1u << prng_below(&prng, 8));
        bytes[at] ^= bit;
        enum journal_status status = load(&io, 5, &head, problem);
        assert_true(status == JOURNAL_ROT || status == JOURNAL_FOREIGN);
        bytes[at] ^= bit;
    }
    expect_loaded(&io, 5, 5, 20000);
    for (u64 cut = size; cut-- > 0;) {
        sim_disk_truncate(disk, snapshot_file(5), cut);
        if (cut % 64 == 0)
            assert_int_equal(load(&io, 5, &head, problem), JOURNAL_ROT);
    }
    sim_disk_destroy(disk);
}

/* Chunks exchanged, repeated, left out; bytes behind the footer. */
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

static void test_other_sections_are_refused(void **state)
{
    struct io io;
    struct snapshot_head head;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = kit_disk(&io, 1);
    struct snapshot_head whole = make_head(5, 640);

    (void)state;
    assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &whole, 0, buffer), JOURNAL_OK);
    for (int kind = 0; kind < 5; kind++) {
        assert_int_equal(load(&io, 5, &head, problem), JOURNAL_OK);
        if (kind == 0)
            head.sections[0].size_max = 639;
        else if (kind == 1)
            head.sections[0].element_size = 65;
        else if (kind == 2)
            head.sections[0].id = 4;
        else if (kind == 3)
            head.section_count = 2;
        else
            head.instance[0] ^= 1;
        assert_int_equal(snapshot_load(&io, KIT_DIRECTORY, &head, problem), JOURNAL_FOREIGN);
        assert_true(strlen(problem) > 0);
    }
    sim_disk_destroy(disk);
}

/* Power cut, write error, full disk at every call: there is a whole one, or none. */
static void test_world_fails_at_every_call(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        bool failed = true;
        for (u64 call = 1; failed; call++) {
            struct io io;
            char problem[JOURNAL_PROBLEM_MAX];
            struct snapshot_head head, old = make_head(5, 9000);
            struct sim_disk *disk = kit_disk(&io, call);
            assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &old, 0, buffer), JOURNAL_OK);
            struct snapshot_head new = make_head(6, 9000);
            if (kind == 0)
                sim_disk_crash_at(disk, sim_disk_calls(disk) + call);
            else
                sim_disk_fail_at(disk, sim_disk_calls(disk) + call, kind == 1 ? -EIO : -ENOSPC);
            u64 before = sim_disk_calls(disk);
            enum journal_status status = snapshot_write(&io, KIT_DIRECTORY, &new, 0, buffer);
            failed = sim_disk_calls(disk) - before >= call;
            assert_int_equal(sim_disk_open_files(disk), 0);
            sim_disk_reboot(disk);
            assert_int_equal(load(&io, UINT64_MAX, &head, problem), JOURNAL_OK);
            assert_true(head.seq == 6 || (head.seq == 5 && status != JOURNAL_OK));
            expect_loaded(&io, UINT64_MAX, head.seq, 9000);
            sim_disk_destroy(disk);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_zeros_are_left_out),
        cmocka_unit_test(test_the_newest_are_kept),
        cmocka_unit_test(test_takes_its_time),
        cmocka_unit_test(test_every_damage_is_seen),
        cmocka_unit_test(test_reordered_chunks),
        cmocka_unit_test(test_other_sections_are_refused),
        cmocka_unit_test(test_world_fails_at_every_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
