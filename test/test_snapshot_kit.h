/*
 * test_snapshot_kit.h: a snapshot whose bytes follow from its sequence number, and whether what is loaded is it. For the
 * tests of snapshots.
 */
#ifndef ELEVEN_TEST_SNAPSHOT_KIT_H
#define ELEVEN_TEST_SNAPSHOT_KIT_H

#include "test/test_journal_kit.h"

#include "journal/snapshot_format.h"

#define BIG_BYTES ((u64)5 << 20)

static _Alignas(4096) u8 buffer[SNAPSHOT_BUFFER_BYTES];
static _Alignas(4096) u8 big[BIG_BYTES], big_loaded[BIG_BYTES];
static u8 small[100], small_loaded[100];

/* Three sections: a large one with a hole, a small one, an empty one. */
static inline struct snapshot_head make_head(u64 seq, u64 big_size)
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

static inline const char *snapshot_file(u64 seq)
{
    static char names[2][64];
    static u32 turn;
    char *name = names[turn++ % 2];

    snprintf(name, sizeof(names[0]), KIT_DIRECTORY "/snapshot-%020llu", (unsigned long long)seq);
    return name;
}

static inline enum journal_status load(const struct io *io, u64 through, struct snapshot_head *head, char *problem)
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

static inline void expect_loaded(const struct io *io, u64 through, u64 seq, u64 big_size)
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

#endif
