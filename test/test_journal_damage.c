/*
 * Damaged bytes: cuts, torn batches, flipped bits, foreign, misdirected and
 * duplicated blocks, missing files. Nothing that was proven durable may go
 * missing silently; nothing damaged may be read as good.
 */
#include "test/test_journal_map.h"

/* A journal of a few segments on one disk; closed with its seal, or killed before. */
static struct sim_disk *make_journal(struct io *io, u64 seed, u64 records, bool sealed)
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

static void expect_read(const struct io *io, enum journal_status status, u64 records)
{
    struct kit_reader reader;
    char problem[JOURNAL_PROBLEM_MAX];

    assert_int_equal(kit_read(io, &reader, problem), status);
    if (status == JOURNAL_OK)
        assert_int_equal(reader.records, records);
    else
        assert_non_null(strstr(problem, KIT_DIRECTORY "/journal-"));
}

static bool visit_count(void *argument, const struct journal_batch *batch)
{
    *(u64 *)argument = batch->seq_first + batch->count - 1;
    return true;
}

/* As expect_read with JOURNAL_OK, but quick: from the last segment on, and without a look into the records. */
static void expect_end(const struct io *io, u64 after, u64 records)
{
    char problem[JOURNAL_PROBLEM_MAX];
    u64 last = after;

    assert_int_equal(journal_read(io, &kit_options, after, visit_count, &last, problem), JOURNAL_OK);
    assert_int_equal(last, records);
}

static void expect_recovery(const struct sim_disk *disk, u64 records)
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

/* Records in all batches that are whole when the journal ends at `cut` of the last segment. */
static u64 records_before(const struct map *map, u64 cut, bool zeroed)
{
    u64 records = 0;

    for (u32 i = 0; i < map->count; i++) {
        const struct place *place = &map->places[i];
        bool gone = cut < IO_SECTOR || cut < (zeroed ? place->used : place->end);
        if (place->segment == map->segments && gone)
            break;
        records = place->records;
    }
    return records;
}

static void expect_cut_off(struct io *io)
{
    char problem[JOURNAL_PROBLEM_MAX];
    u64 last = 0;

    assert_int_equal(journal_read(io, &kit_options, 0, visit_count, &last, problem), JOURNAL_ROT);
    assert_non_null(strstr(problem, "cut off at"));
}

/* The file made shorter byte by byte: no crash does that. While the zeros behind the last batch are there nothing is
 * lost; from then on it is refused by name. */
static void test_truncated_at_every_byte(void **state)
{
    struct io io;
    static struct map map;
    struct sim_disk *disk = make_journal(&io, 1, 1500, true);

    (void)state;
    map_fill(&map, disk);
    assert_true(map.segments >= 3 && map.records == 1500);
    u64 end = map.places[map.count - 1].end;
    for (u64 cut = KIT_SEGMENT_BYTES; cut-- > 0;) {
        sim_disk_truncate(disk, kit_segment(map.segments), cut);
        if (cut < end + IO_SECTOR) {
            expect_cut_off(&io);
            continue;
        }
        expect_end(&io, records_before(&map, 0, false), map.records);
        if (cut % IO_SECTOR <= 1)
            expect_recovery(disk, map.records);
    }
    sim_disk_destroy(disk);
}

/* The last 64 KiB cut off, as a crash does it, by zeros: exactly the whole batches before the cut are left.
 * The segment header's own checksum ends its block: the last header byte zeroed may already be zero. */
static void test_zeroed_from_every_byte(void **state)
{
    struct io io;
    static struct map map;
    struct sim_disk *disk = make_journal(&io, 2, 1500, true);

    (void)state;
    map_fill(&map, disk);
    u8 *bytes = sim_disk_file_bytes(disk, kit_segment(map.segments));
    for (u64 cut = KIT_SEGMENT_BYTES; cut-- > IO_SECTOR;) {
        bytes[cut] = 0;
        expect_end(&io, records_before(&map, 0, true), records_before(&map, cut, true));
        if (cut % IO_SECTOR <= 1) {
            sim_disk_settle(disk);
            expect_recovery(disk, records_before(&map, cut, true));
        }
    }
    sim_disk_destroy(disk);
}

/* One sector of a torn batch: as it was (here: a whole batch of an older epoch), zero, garbage, or new. */
static void tear_sector(u8 *sector, const u8 *whole, u32 kind, struct prng *prng)
{
    if (kind == 0) {
        struct batch_header *old = (void *)sector;
        memcpy(sector, whole, IO_SECTOR);
        old->epoch--;
        old->checksum = checksum64(old, offsetof(struct batch_header, checksum), 0);
    } else if (kind == 1) {
        memset(sector, 0, IO_SECTOR);
    } else if (kind == 2) {
        for (u32 i = 0; i < IO_SECTOR / 8; i++)
            ((u64 *)(void *)sector)[i] = prng_next(prng);
    } else {
        memcpy(sector, whole, IO_SECTOR);
    }
}

static void test_torn_last_batch(void **state)
{
    (void)state;
    for (u32 sectors = 1; sectors <= 8; sectors++) {
        struct journal_options options = kit_options;
        struct kit_reader reader;
        struct io io;
        struct prng prng;
        char problem[JOURNAL_PROBLEM_MAX];
        struct journal *journal;
        struct sim_disk *disk = kit_disk(&io, sectors);
        prng_seed(&prng, sectors);
        options.batch_bytes_max = 8 * IO_SECTOR;
        assert_int_equal(journal_create(&io, &options), JOURNAL_OK);
        assert_int_equal(journal_open(&journal, &io, &options, 0, NULL, NULL, problem), JOURNAL_OK);
        assert_true(kit_push(journal, 0));
        assert_true(kit_drain(journal));
        u32 used = BATCH_HEADER_BYTES;
        while (used + kit_record_size(journal_next(journal)) < sectors * IO_SECTOR) {
            used += kit_record_size(journal_next(journal));
            assert_true(kit_push(journal, 0));
        }
        assert_true(kit_drain(journal));
        u64 all = journal_durable(journal);
        kit_kill(disk, &io, journal);

        static struct map map;
        static u8 whole[8 * IO_SECTOR];
        map_fill(&map, disk);
        const struct place *last = &map.places[map.count - 1];
        assert_int_equal(last->end - last->offset, sectors * IO_SECTOR);
        memcpy(whole, header_at(disk, last->segment, last->offset), sectors * IO_SECTOR);
        for (u32 kinds = 0; kinds < 1u << (2 * sectors); kinds++) {
            u8 *torn = (u8 *)header_at(disk, last->segment, last->offset);
            for (u32 i = 0; i < sectors; i++)
                tear_sector(torn + i * IO_SECTOR, whole + i * IO_SECTOR, kinds >> (2 * i) & 3, &prng);
            u64 expected = memcmp(torn, whole, sectors * IO_SECTOR) == 0 ? all : 1;
            assert_int_equal(kit_read(&io, &reader, problem), JOURNAL_OK);
            assert_int_equal(reader.records, expected);
            if (kinds % 97 == 0 || kinds == (1u << (2 * sectors)) - 1) {
                sim_disk_settle(disk);
                expect_recovery(disk, expected);
            }
        }
        sim_disk_destroy(disk);
    }
}

/* Flips one bit, reads, flips it back. Bytes from `tail` of the last segment on are not proven durable. */
static void flip(struct sim_disk *disk, const struct io *io, const struct map *map, u32 segment, u64 offset, u32 bit,
                 u64 proven)
{
    struct kit_reader reader;
    char problem[JOURNAL_PROBLEM_MAX];
    u8 *byte = sim_disk_file_bytes(disk, kit_segment(segment)) + offset;

    *byte ^= (u8)(1u << bit);
    enum journal_status status = kit_read(io, &reader, problem);
    *byte ^= (u8)(1u << bit);
    if (status == JOURNAL_ROT || status == JOURNAL_FOREIGN) {
        assert_non_null(strstr(problem, KIT_DIRECTORY "/journal-"));
        return;
    }
    assert_int_equal(status, JOURNAL_OK);
    assert_true(reader.records >= proven && reader.records <= map->records);
    /* A flip where a batch lies is never without an effect; the last seal holds no records. */
    for (u32 i = 0; i + 1 < map->count; i++) {
        const struct place *place = &map->places[i];
        if (place->segment == segment && offset >= place->offset && offset < place->end)
            assert_true(reader.records < place->records);
    }
}

static void test_flipped_bits(void **state)
{
    (void)state;
    for (u64 seed = 1; seed <= 4; seed++) {
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
                flip(disk, &io, &map, map.places[i].segment, map.places[i].offset + at, (u32)(at + i) % 8, proven);
        for (u32 segment = 1; segment <= map.segments; segment++)
            for (u64 at = 0; at < IO_SECTOR; at += at < 100 ? 1 : 37)
                flip(disk, &io, &map, segment, at, (u32)at % 8, segment == map.segments ? 0 : proven);
        for (u32 i = 0; i < 3000; i++)
            flip(disk, &io, &map, 1 + (u32)prng_below(&prng, map.segments),
                 IO_SECTOR + prng_below(&prng, KIT_SEGMENT_BYTES - IO_SECTOR), (u32)prng_below(&prng, 8), proven);
        expect_read(&io, JOURNAL_OK, 1200);
        sim_disk_destroy(disk);
    }
}

/* The header of the newest segment is proven by the batches behind it. */
static void test_damaged_segment_headers(void **state)
{
    static struct map map;
    struct io io;
    struct sim_disk *disk = make_journal(&io, 3, 1200, true);

    (void)state;
    map_fill(&map, disk);
    for (u32 segment = 1; segment <= map.segments; segment++) {
        u8 saved[IO_SECTOR];
        u8 *header = sim_disk_file_bytes(disk, kit_segment(segment));
        memcpy(saved, header, IO_SECTOR);
        memset(header, 0, IO_SECTOR);
        expect_read(&io, JOURNAL_ROT, 0);
        memset(header, 0xa5, IO_SECTOR);
        expect_read(&io, JOURNAL_ROT, 0);
        memcpy(header, saved, IO_SECTOR);
    }
    expect_read(&io, JOURNAL_OK, 1200);
    sim_disk_destroy(disk);
}

static void test_missing_segments(void **state)
{
    static struct map map;
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
        assert_int_equal(kit_read(&io, &reader, problem), JOURNAL_ROT);
        assert_non_null(strstr(problem, kit_segment(segment == 1 ? 2 : segment)));
        assert_int_equal(journal_open(&journal, &io, &kit_options, 0, kit_visit, &reader, problem), JOURNAL_ROT);
        assert_null(journal);
        sim_disk_destroy(copy);
    }
    sim_disk_destroy(disk);
}

static void test_segments_of_another_instance(void **state)
{
    static struct map map;
    struct io io, other_io;
    struct sim_disk *disk = make_journal(&io, 5, 1200, true);
    struct sim_disk *other = make_journal(&other_io, 6, 1200, true);

    (void)state;
    map_fill(&map, disk);
    for (u32 segment = 1; segment <= map.segments; segment++) {
        struct sim_disk *copy = sim_disk_clone(disk, 1);
        struct io copy_io;
        sim_disk_io(copy, &copy_io);
        memcpy(sim_disk_file_bytes(copy, kit_segment(segment)), sim_disk_file_bytes(other, kit_segment(segment)),
               KIT_SEGMENT_BYTES);
        expect_read(&copy_io, JOURNAL_FOREIGN, 0);
        sim_disk_destroy(copy);
    }
    /* One block of it, in the place of ours. */
    for (u32 i = 0; i + 1 < map.count; i++) {
        struct sim_disk *copy = sim_disk_clone(disk, 1);
        struct io copy_io;
        sim_disk_io(copy, &copy_io);
        memcpy(header_at(copy, map.places[i].segment, map.places[i].offset), header_at(other, 2, IO_SECTOR), IO_SECTOR);
        expect_read(&copy_io, JOURNAL_ROT, 0);
        sim_disk_destroy(copy);
    }
    sim_disk_destroy(other);
    sim_disk_destroy(disk);
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

/* A write that went to the wrong place: a batch (whole, of this journal) where another should be; a whole segment
 * under another's name. */
static void test_misdirected_and_duplicated_blocks(void **state)
{
    static struct map map;
    struct io io;
    struct prng prng;
    struct sim_disk *disk = make_journal(&io, 8, 1200, true);

    (void)state;
    map_fill(&map, disk);
    prng_seed(&prng, 8);
    for (int i = 0; i < 2000; i++) {
        static u8 saved[KIT_BATCH_BYTES];
        const struct place *from = &map.places[prng_below(&prng, map.count)];
        const struct place *to = &map.places[prng_below(&prng, map.count - 1)];
        u64 size = MIN(from->end - from->offset, to->end - to->offset);
        if (from == to)
            continue;
        u8 *target = (u8 *)header_at(disk, to->segment, to->offset);
        memcpy(saved, target, size);
        memcpy(target, header_at(disk, from->segment, from->offset), size);
        expect_read(&io, JOURNAL_ROT, 0);
        memcpy(target, saved, size);
    }
    for (u32 from = 1; from <= map.segments; from++) {
        for (u32 to = 1; to <= map.segments + 1; to++) {
            struct sim_disk *copy = sim_disk_clone(disk, 1);
            struct io copy_io;
            sim_disk_io(copy, &copy_io);
            sim_disk_copy_file(copy, kit_segment(from), kit_segment(to));
            expect_read(&copy_io, from == to ? JOURNAL_OK : JOURNAL_ROT, 1200);
            sim_disk_destroy(copy);
        }
    }
    sim_disk_destroy(disk);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truncated_at_every_byte),
        cmocka_unit_test(test_zeroed_from_every_byte),
        cmocka_unit_test(test_torn_last_batch),
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_damaged_segment_headers),
        cmocka_unit_test(test_missing_segments),
        cmocka_unit_test(test_segments_of_another_instance),
        cmocka_unit_test(test_another_version),
        cmocka_unit_test(test_misdirected_and_duplicated_blocks),
        cmocka_unit_test(test_first_of_two_in_flight_is_lost),
        cmocka_unit_test(test_superseded_segment_behind),
        cmocka_unit_test(test_block_of_a_twin),
        cmocka_unit_test(test_wild_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
