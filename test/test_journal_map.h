/*
 * test_journal_map.h: what the tests that damage a journal share: a good one of
 * a few segments, where each of its batches lies, and what reading and
 * recovering it must give.
 */
#ifndef ELEVEN_TEST_JOURNAL_MAP_H
#define ELEVEN_TEST_JOURNAL_MAP_H

#include "test/fault.h"
#include "test/test_journal_kit.h"

#include "journal/format.h"

#define BATCHES_MAX 512

/* Where each batch lies, found by walking the bytes of a good journal. */
struct place {
    u32 segment;
    u64 offset, end;        /* `end`: after its padding */
    u64 used;               /* after its last byte that is not zero */
    u64 records;            /* records up to and with this batch */
};

struct map {
    struct place places[BATCHES_MAX];
    u32 count;
    u32 segments;           /* in use */
    u64 records;
};

static inline struct batch_header *header_at(struct sim_disk *disk, u32 segment, u64 offset)
{
    return (struct batch_header *)(void *)(sim_disk_file_bytes(disk, kit_segment(segment)) + offset);
}

static inline void map_fill(struct map *map, struct sim_disk *disk)
{
    *map = (struct map){0};
    for (u32 segment = 1; sim_disk_file_size(disk, kit_segment(segment)) > 0; segment++) {
        const u8 *bytes = sim_disk_file_bytes(disk, kit_segment(segment));
        u64 size = (u64)sim_disk_file_size(disk, kit_segment(segment));
        if (((const struct segment_header *)(const void *)bytes)->magic != SEGMENT_MAGIC)
            break;
        map->segments = segment;
        for (u64 offset = IO_SECTOR; offset < size;) {
            const struct batch_header *header = (const void *)(bytes + offset);
            if (header->magic != BATCH_MAGIC)
                break;
            u64 end = offset + format_batch_bytes(header->length), used = end;
            while (bytes[used - 1] == 0)
                used--;
            map->records += header->count;
            assert_true(map->count < BATCHES_MAX);
            map->places[map->count++] = (struct place){segment, offset, end, used, map->records};
            offset = end;
        }
    }
}

/* A journal of a few segments on one disk; closed with its seal, or killed before. */
static inline struct sim_disk *make_journal(struct io *io, u64 seed, u64 records, bool sealed)
{
    struct sim_disk *disk = kit_disk(io, seed);
    struct kit_reader reader;
    struct prng prng;

    prng_seed(&prng, seed);
    assert_int_equal(journal_create(io, &kit_options), JOURNAL_OK);
    struct journal *journal = kit_open(io, &reader);
    for (u64 i = 0; i < records; i++) {
        assert_true(kit_push(journal, seed));
        if (prng_chance(&prng, 1, 12))
            assert_int_equal(journal_flush(journal), JOURNAL_OK);
    }
    assert_true(kit_drain(journal));
    if (sealed)
        assert_int_equal(journal_close(journal), JOURNAL_OK);
    else
        kit_kill(disk, io, journal);
    sim_disk_settle(disk);
    return disk;
}

static inline void expect_read(const struct io *io, enum journal_status status, u64 records)
{
    struct kit_reader reader;
    char problem[JOURNAL_PROBLEM_MAX];

    assert_int_equal(kit_read(io, &reader, problem), status);
    if (status == JOURNAL_OK)
        assert_int_equal(reader.records, records);
    else
        assert_non_null(strstr(problem, KIT_DIRECTORY "/journal-"));
}

static inline void expect_recovery(const struct sim_disk *disk, u64 records)
{
    struct io io;
    struct kit_reader reader;
    struct sim_disk *copy = sim_disk_clone(disk, records);

    sim_disk_io(copy, &io);
    struct journal *journal = kit_open(&io, &reader);
    assert_int_equal(reader.records, records);
    assert_true(kit_push(journal, 1));
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    expect_read(&io, JOURNAL_OK, records + 1);
    sim_disk_destroy(copy);
}

#endif
