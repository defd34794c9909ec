/*
 * test_journal_map.h: where the batches of a journal on a simulated disk lie,
 * for tests that damage one of them.
 */
#ifndef ELEVEN_TEST_JOURNAL_MAP_H
#define ELEVEN_TEST_JOURNAL_MAP_H

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

#endif
