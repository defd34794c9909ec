/*
 * Rot: flipped bits, foreign, misdirected, stale and duplicated blocks, missing
 * files. Nothing that was proven durable may go missing silently; nothing damaged may be read as good.
 */
#include "test/support.h"
#include "test/test_journal_map.h"

struct tally {
    u64 cases, refused, ended, harmless, silent, unnamed;
};

static void print(const char *row, const struct tally *tally)
{
    FAULT_LINE(row, {"cases", tally->cases}, {"refused", tally->refused}, {"ended", tally->ended},
               {"harmless", tally->harmless}, {"silent", tally->silent}, {"unnamed", tally->unnamed});
}

/*
 * Reads what was damaged. Either it is refused with the name of a file, or it ends early (`proven` records and more,
 * none of them changed: kit_visit looks at every byte), or nothing is missing. Returns the records, or UINT64_MAX:
 * refused.
 */
static u64 judge(const struct io *io, u64 proven, u64 all, const char *what, struct tally *tally)
{
    struct kit_reader reader;
    char problem[JOURNAL_PROBLEM_MAX];
    enum journal_status status = kit_read(io, &reader, problem);

    tally->cases++;
    if (status != JOURNAL_OK) {
        bool named = (status == JOURNAL_ROT || status == JOURNAL_FOREIGN) &&
                     strstr(problem, KIT_DIRECTORY "/journal-") != NULL;
        fault_unless(named, &tally->unnamed, "%s: %s: %s", what, journal_status_word(status), problem);
        tally->refused++;
        return UINT64_MAX;
    }
    fault_unless(reader.records >= proven, &tally->silent, "%s: %llu records read as if they were all, %llu are proven",
                 what, (unsigned long long)reader.records, (unsigned long long)proven);
    fault_unless(reader.records <= all, &tally->silent, "%s: %llu records of %llu", what,
                 (unsigned long long)reader.records, (unsigned long long)all);
    tally->ended += reader.records < all;
    tally->harmless += reader.records == all;
    return reader.records;
}

/* It must be refused: a whole journal was damaged where it is proven. */
static void must_refuse(const struct io *io, const char *what, struct tally *tally)
{
    fault_unless(judge(io, 0, UINT64_MAX, what, tally) == UINT64_MAX, &tally->silent, "%s: believed", what);
}

/* --- flipped bits ------------------------------------------------------------------------------------------ */

/* Flips one bit, reads, flips it back. Records after `proven` may go. */
static void flip(struct sim_disk *disk, const struct io *io, const struct map *map, u32 segment, u64 offset, u32 bit,
                 u64 proven, struct tally *tally)
{
    u8 *byte = sim_disk_file_bytes(disk, kit_segment(segment)) + offset;

    *byte ^= (u8)(1u << bit);
    u64 records = judge(io, proven, map->records, "flip", tally);
    *byte ^= (u8)(1u << bit);
    /* A flip where a batch lies is never without an effect; the last seal holds no records. */
    for (u32 i = 0; i + 1 < map->count && records != UINT64_MAX; i++) {
        const struct place *place = &map->places[i];
        if (place->segment == segment && offset >= place->offset && offset < place->end)
            fault_unless(records < place->records, &tally->silent, "flip in batch %u (offset %llu, bit %u): believed",
                         i, (unsigned long long)offset, bit);
    }
}

static void test_flipped_bits(void **state)
{
    struct tally tally = {0};

    (void)state;
    for (u64 seed = fault_first_seed(); seed < fault_first_seed() + 4; seed++) {
        static struct map map;
        struct io io;
        struct prng prng;
        bool sealed = seed % 2 == 0;
        struct sim_disk *disk = make_journal(&io, seed, 1200, sealed);
        map_fill(&map, disk);
        prng_seed(&prng, seed);
        /* Without the seal, the last batch says what it was sure of; two were in flight at most. */
        u64 proven = sealed ? map.records : map.places[map.count - 3].records;
        for (u32 i = 0; i < map.count; i++)
            for (u64 at = 0; at < BATCH_HEADER_BYTES; at++)
                flip(disk, &io, &map, map.places[i].segment, map.places[i].offset + at, (u32)(at + i) % 8, proven,
                     &tally);
        for (u32 segment = 1; segment <= map.segments; segment++)
            for (u64 at = 0; at < IO_SECTOR; at += at < 100 ? 1 : 37)
                flip(disk, &io, &map, segment, at, (u32)at % 8, segment == map.segments ? 0 : proven, &tally);
        for (u32 i = 0; i < 3000; i++)
            flip(disk, &io, &map, 1 + (u32)prng_below(&prng, map.segments),
                 IO_SECTOR + prng_below(&prng, KIT_SEGMENT_BYTES - IO_SECTOR), (u32)prng_below(&prng, 8), proven,
                 &tally);
        expect_read(&io, JOURNAL_OK, 1200);
        sim_disk_destroy(disk);
    }
    assert_true(tally.refused > tally.cases / 2);
    print("journal-flip", &tally);
}

/* The header of the newest segment is proven by the batches behind it. */
static void test_damaged_segment_headers(void **state)
{
    static struct map map;
    struct tally tally = {0};
    struct io io;
    struct sim_disk *disk = make_journal(&io, 3, 1200, true);

    (void)state;
    map_fill(&map, disk);
    for (u32 segment = 1; segment <= map.segments; segment++) {
        u8 saved[IO_SECTOR];
        u8 *header = sim_disk_file_bytes(disk, kit_segment(segment));
        memcpy(saved, header, IO_SECTOR);
        memset(header, 0, IO_SECTOR);
        must_refuse(&io, "zero header", &tally);
        memset(header, 0xa5, IO_SECTOR);
        must_refuse(&io, "garbage header", &tally);
        memcpy(header, saved, IO_SECTOR);
    }
    expect_read(&io, JOURNAL_OK, 1200);
    sim_disk_destroy(disk);
    print("journal-header", &tally);
}

static void test_missing_segments(void **state)
{
    static struct map map;
    struct tally tally = {0};
    struct io io;
    struct sim_disk *disk = make_journal(&io, 4, 1200, true);

    (void)state;
    map_fill(&map, disk);
    assert_true(map.segments >= 3);
    /* The last one in use shows as well, since a prepared one follows it. */
    for (u32 segment = 1; segment <= map.segments; segment++) {
        struct kit_reader reader;
        char problem[JOURNAL_PROBLEM_MAX];
        struct sim_disk *copy = sim_disk_clone(disk, 1);
        struct journal *journal;
        sim_disk_io(copy, &io);
        sim_disk_remove(copy, kit_segment(segment));
        must_refuse(&io, "missing segment", &tally);
        assert_int_equal(journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem), JOURNAL_ROT);
        assert_non_null(strstr(problem, kit_segment(segment == 1 ? 2 : segment)));
        assert_null(journal);
        sim_disk_destroy(copy);
    }
    sim_disk_destroy(disk);
    print("journal-missing", &tally);
}

/* --- blocks from elsewhere ---------------------------------------------------------------------------------- */

/* `bytes` in the place of what is at `target` of the same size. */
static void replaced(const struct io *io, void *target, const void *bytes, u64 size, const char *what,
                     struct tally *tally)
{
    static u8 saved[KIT_SEGMENT_BYTES];

    memcpy(saved, target, size);
    memcpy(target, bytes, size);
    must_refuse(io, what, tally);
    memcpy(target, saved, size);
}

static void test_blocks_of_another_instance(void **state)
{
    static struct map map, other_map;
    struct tally tally = {0};
    struct io io, other_io;
    struct sim_disk *disk = make_journal(&io, 5, 1200, true);
    struct sim_disk *other = make_journal(&other_io, 6, 1200, true);

    (void)state;
    map_fill(&map, disk);
    map_fill(&other_map, other);
    for (u32 segment = 1; segment <= map.segments; segment++)
        replaced(&io, sim_disk_file_bytes(disk, kit_segment(segment)), sim_disk_file_bytes(other, kit_segment(segment)),
                 KIT_SEGMENT_BYTES, "a segment of another instance", &tally);
    /* One block of it, in the place of ours: the same place of the other journal, and any batch of it. */
    for (u32 i = 0; i + 1 < map.count; i++) {
        const struct place *place = &map.places[i];
        const struct place *from = &other_map.places[i % (other_map.count - 1)];
        u8 *target = (u8 *)header_at(disk, place->segment, place->offset);
        replaced(&io, target, header_at(other, place->segment, place->offset), IO_SECTOR, "a block of another instance",
                 &tally);
        replaced(&io, target, header_at(other, from->segment, from->offset), IO_SECTOR, "a batch of another instance",
                 &tally);
    }
    expect_read(&io, JOURNAL_OK, 1200);
    sim_disk_destroy(other);
    sim_disk_destroy(disk);
    print("journal-instance", &tally);
}

static void test_another_version(void **state)
{
    static struct map map;
    struct io io;
    struct sim_disk *disk = make_journal(&io, 7, 600, true);

    (void)state;
    map_fill(&map, disk);
    struct segment_header *header = (void *)sim_disk_file_bytes(disk, kit_segment(map.segments));
    header->version = FORMAT_VERSION + 1;
    header->checksum = checksum64(header, offsetof(struct segment_header, checksum), 0);
    expect_read(&io, JOURNAL_FOREIGN, 0);
    sim_disk_destroy(disk);
}

/* A write that went to the wrong place: a batch (whole, of this journal) where another should be. */
static void test_misdirected_blocks(void **state)
{
    static struct map map;
    struct tally tally = {0};
    struct io io;
    struct prng prng;
    struct sim_disk *disk = make_journal(&io, fault_first_seed() + 7, 1200, true);

    (void)state;
    map_fill(&map, disk);
    prng_seed(&prng, fault_first_seed());
    while (tally.cases < 2000) {
        const struct place *from = &map.places[prng_below(&prng, map.count)];
        const struct place *to = &map.places[prng_below(&prng, map.count - 1)];
        u64 size = MIN(from->end - from->offset, to->end - to->offset);
        if (from != to)
            replaced(&io, header_at(disk, to->segment, to->offset), header_at(disk, from->segment, from->offset), size,
                     "misdirected", &tally);
    }
    expect_read(&io, JOURNAL_OK, 1200);
    sim_disk_destroy(disk);
    print("journal-misdirected", &tally);
}

/* A whole segment once more, under another's name. */
static void test_duplicated_segments(void **state)
{
    static struct map map;
    struct tally tally = {0};
    struct io io;
    struct sim_disk *disk = make_journal(&io, 8, 1200, true);

    (void)state;
    map_fill(&map, disk);
    for (u32 from = 1; from <= map.segments; from++) {
        for (u32 to = 1; to <= map.segments + 1; to++) {
            struct sim_disk *copy = sim_disk_clone(disk, 1);
            struct io copy_io;
            sim_disk_io(copy, &copy_io);
            sim_disk_copy_file(copy, kit_segment(from), kit_segment(to));
            if (from == to)
                expect_read(&copy_io, JOURNAL_OK, 1200);
            else
                must_refuse(&copy_io, "a segment twice", &tally);
            sim_disk_destroy(copy);
        }
    }
    sim_disk_destroy(disk);
    print("journal-duplicate", &tally);
}

/* A write that was lost: each sector of each batch as it was before, which is zeros, and each run of batches from there
 * to the end of its segment. All of it is proven by the seal at the end. */
static void test_stale_blocks(void **state)
{
    static struct map map;
    static const u8 zeros[KIT_SEGMENT_BYTES];
    struct tally tally = {0};
    struct io io;
    struct sim_disk *disk = make_journal(&io, fault_first_seed() + 9, 1200, true);

    (void)state;
    map_fill(&map, disk);
    for (u32 i = 0; i + 1 < map.count; i++) {
        const struct place *place = &map.places[i];
        for (u64 at = place->offset; at < place->end && at < place->used; at += IO_SECTOR)
            replaced(&io, (u8 *)header_at(disk, place->segment, at), zeros, IO_SECTOR, "a stale sector", &tally);
        if (place->segment < map.segments)
            replaced(&io, header_at(disk, place->segment, place->offset), zeros, KIT_SEGMENT_BYTES - place->offset,
                     "a stale rest of a segment", &tally);
    }
    expect_read(&io, JOURNAL_OK, 1200);
    sim_disk_destroy(disk);
    print("journal-stale", &tally);
}

#define MOMENTS 12

/* A journal, and its disk as it was at some moments of its making. */
static struct sim_disk *make_moments(struct io *io, u64 seed, struct sim_disk *moments[MOMENTS])
{
    struct sim_disk *disk = kit_disk(io, seed);
    struct kit_reader reader;

    assert_int_equal(journal_create(io, &kit_options), JOURNAL_OK);
    struct journal *journal = kit_open(io, &reader);
    for (u32 i = 0; i < MOMENTS * 100; i++) {
        assert_true(kit_push(journal, seed));
        if (i % 9 == 0)
            assert_int_equal(journal_flush(journal), JOURNAL_OK);
        if (i % 100 == 0)
            moments[i / 100] = sim_disk_clone(disk, seed);
    }
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    sim_disk_settle(disk);
    return disk;
}

/* A segment as it was some time ago, while the ones behind it are of today. */
static void test_stale_segments(void **state)
{
    static struct map map;
    struct sim_disk *moments[MOMENTS];
    struct tally tally = {0};
    struct io io;
    struct sim_disk *disk = make_moments(&io, fault_first_seed() + 10, moments);

    (void)state;
    map_fill(&map, disk);
    for (u32 i = 0; i < MOMENTS; i++) {
        for (u32 segment = 1; segment < map.segments; segment++) {
            u8 *now = sim_disk_file_bytes(disk, kit_segment(segment));
            bool there = sim_disk_file_size(moments[i], kit_segment(segment)) == KIT_SEGMENT_BYTES;
            const u8 *before = there ? sim_disk_file_bytes(moments[i], kit_segment(segment)) : NULL;
            if (there && memcmp(now, before, KIT_SEGMENT_BYTES) != 0)
                replaced(&io, now, before, KIT_SEGMENT_BYTES, "a stale segment", &tally);
        }
        sim_disk_destroy(moments[i]);
    }
    expect_read(&io, JOURNAL_OK, MOMENTS * 100);
    sim_disk_destroy(disk);
    print("journal-stale-segment", &tally);
}

/* --- torn beyond the last batch ------------------------------------------------------------------------------ */

/* The power goes at each call of a recovery; the next one finds the same. */
static void expect_recovery_despite_cuts(const struct sim_disk *disk, u64 records)
{
    bool crashed = true;

    for (u64 call = 1; crashed; call++) {
        struct sim_disk *copy = sim_disk_clone(disk, call);
        struct journal *journal;
        struct io io;
        char problem[JOURNAL_PROBLEM_MAX];
        sim_disk_io(copy, &io);
        sim_disk_crash_at(copy, call);
        if (journal_open(&journal, &io, &kit_options, 0, NULL, NULL, problem) == JOURNAL_OK)
            (void)journal_close(journal);
        crashed = sim_disk_crashed(copy);
        sim_disk_reboot(copy);
        expect_recovery(copy, records);
        sim_disk_destroy(copy);
    }
}

/* Two batches in flight, the first lost and the second arrived: nobody was told, both go. The second of them may begin
 * a new segment. Then the writer goes on over the remains. */
static void test_first_of_two_in_flight_is_lost(void **state)
{
    (void)state;
    u64 across = 0;
    for (u64 records = 1; records < 400; records += 3) {
        static struct map map;
        struct io io;
        struct kit_reader reader;
        struct sim_disk *disk = kit_disk(&io, records);
        assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
        struct journal *journal = kit_open(&io, &reader);
        for (u64 i = 0; i < records; i++) {
            assert_true(kit_push(journal, 0));
            if (i % 20 == 19)
                assert_true(kit_drain(journal));
        }
        assert_true(kit_drain(journal));
        for (int batch = 0; batch < 2; batch++) {
            for (int i = 0; i < 15; i++)
                assert_true(kit_push(journal, 0));
            assert_int_equal(journal_flush(journal), JOURNAL_OK);
        }
        kit_kill(disk, &io, journal);
        sim_disk_settle(disk);
        map_fill(&map, disk);
        const struct place *lost = &map.places[map.count - 2];
        across += lost->segment != lost[1].segment;
        memset(header_at(disk, lost->segment, lost->offset), 0, lost->end - lost->offset);
        expect_read(&io, JOURNAL_OK, records);
        sim_disk_settle(disk);
        expect_recovery(disk, records);
        if (lost->segment != lost[1].segment)
            expect_recovery_despite_cuts(disk, records);
        sim_disk_destroy(disk);
    }
    assert_true(across > 5);
}

/* Headers whose checksum is right and whose numbers are wild: never read beyond what is there. */
static void test_wild_headers(void **state)
{
    static struct map map;
    struct io io;
    struct prng prng;
    struct sim_disk *disk = make_journal(&io, 9, 400, false);

    (void)state;
    map_fill(&map, disk);
    prng_seed(&prng, 9);
    for (int i = 0; i < 3000; i++) {
        const struct place *place = &map.places[prng_below(&prng, map.count)];
        struct batch_header *header = header_at(disk, place->segment, place->offset), saved = *header;
        struct segment_header *segment = (void *)sim_disk_file_bytes(disk, kit_segment(place->segment));
        struct segment_header segment_saved = *segment;
        u64 wild = prng_next(&prng) >> prng_below(&prng, 64);
        struct kit_reader reader;
        char problem[JOURNAL_PROBLEM_MAX];
        u64 field = prng_below(&prng, 16);
        if (field < 13) {
            memcpy((u8 *)header + field * 8 + 8, &wild, field == 6 ? 4 : 8);
            header->checksum = checksum64(header, offsetof(struct batch_header, checksum), 0);
        } else {
            memcpy((u8 *)segment + 32 + prng_below(&prng, 8) * 8, &wild, 8);
            segment->checksum = checksum64(segment, offsetof(struct segment_header, checksum), 0);
        }
        /* Somebody who forges checksums can say anything but must not make us read what is not there; times and state
         * are the owner's to judge, so the records are not looked at. */
        (void)journal_read(&io, &kit_options, 0, NULL, &reader, problem);
        *header = saved;
        *segment = segment_saved;
    }
    expect_read(&io, JOURNAL_OK, 400);
    sim_disk_destroy(disk);
}

/* Batches so large that each fills a segment. The tail is written again into one segment, and the old one behind it is
 * removed last: until then it says what the new one says, as an older writer. */
static void test_superseded_segment_behind(void **state)
{
    const struct journal_options options = {
        .directory = KIT_DIRECTORY, .segment_bytes = KIT_SEGMENT_BYTES, .batch_bytes_max = KIT_SEGMENT_BYTES / 2};
    static struct map map;

    (void)state;
    for (u64 lost = 0; lost <= 2; lost++) { /* neither of the two in flight, the second, the first and so both */
        struct io io;
        struct kit_reader reader = {.next = 1};
        struct journal *journal;
        char problem[JOURNAL_PROBLEM_MAX];
        struct sim_disk *disk = kit_disk(&io, lost);
        assert_int_equal(journal_create(&io, &options), JOURNAL_OK);
        assert_int_equal(journal_open(&journal, &io, &options, 0, kit_visit, &reader, problem), JOURNAL_OK);
        for (int batch = 0; batch < 3; batch++) {
            while (journal_open_bytes(journal) < options.batch_bytes_max - IO_SECTOR)
                assert_true(kit_push(journal, 0));
            assert_int_equal(journal_flush(journal), JOURNAL_OK);
            assert_true(batch > 0 || kit_drain(journal));
        }
        kit_kill(disk, &io, journal);
        sim_disk_settle(disk);
        map_fill(&map, disk);
        const struct place *last = &map.places[map.count - 1];
        assert_true(last->segment == last[-1].segment + 1 && last[-1].segment == last[-2].segment + 1);
        if (lost > 0)
            memset(header_at(disk, last[1 - (i64)lost].segment, last[1 - (i64)lost].offset), 0, IO_SECTOR);
        sim_disk_settle(disk);
        expect_recovery(disk, last[-(i64)lost].records);
        expect_recovery_despite_cuts(disk, last[-(i64)lost].records);
        sim_disk_destroy(disk);
    }
}

/* A folder that was copied and gone on with twice: the twins agree in everything that a batch says of itself but what
 * was before it. A block of one in the other is not believed. */
static void test_block_of_a_twin(void **state)
{
    static struct map map;
    struct io io, twin_io;
    struct kit_reader reader;
    struct sim_disk *disk = make_journal(&io, 10, 100, true);
    struct sim_disk *twin = sim_disk_clone(disk, 2);
    struct sim_disk *both[] = {disk, twin};

    (void)state;
    for (u64 salt = 1; salt <= 2; salt++) {
        sim_disk_io(both[salt - 1], salt == 1 ? &io : &twin_io);
        struct journal *journal = kit_open(salt == 1 ? &io : &twin_io, &reader);
        for (int i = 0; i < 5; i++) {
            assert_true(kit_push(journal, salt));
            assert_true(kit_drain(journal));
        }
        assert_int_equal(journal_close(journal), JOURNAL_OK);
        sim_disk_settle(both[salt - 1]);
    }
    map_fill(&map, disk);
    for (u32 i = map.count - 6; i < map.count - 1; i++) { /* the five, in front of the seal */
        u8 saved[IO_SECTOR];
        struct batch_header *ours = header_at(disk, map.places[i].segment, map.places[i].offset);
        const struct batch_header *theirs = header_at(twin, map.places[i].segment, map.places[i].offset);
        assert_true(ours->number == theirs->number && ours->epoch == theirs->epoch);
        memcpy(saved, ours, IO_SECTOR);
        memcpy(ours, theirs, IO_SECTOR);
        expect_read(&io, JOURNAL_ROT, 0);
        memcpy(ours, saved, IO_SECTOR);
    }
    expect_read(&io, JOURNAL_OK, 105);
    sim_disk_destroy(twin);
    sim_disk_destroy(disk);
}

int main(void)
{
    support_keep_heap();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_damaged_segment_headers),
        cmocka_unit_test(test_missing_segments),
        cmocka_unit_test(test_blocks_of_another_instance),
        cmocka_unit_test(test_another_version),
        cmocka_unit_test(test_misdirected_blocks),
        cmocka_unit_test(test_duplicated_segments),
        cmocka_unit_test(test_stale_blocks),
        cmocka_unit_test(test_stale_segments),
        cmocka_unit_test(test_first_of_two_in_flight_is_lost),
        cmocka_unit_test(test_wild_headers),
        cmocka_unit_test(test_superseded_segment_behind),
        cmocka_unit_test(test_block_of_a_twin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
