/*
 * The end of the journal torn off: cut at every byte of its last 64 KiB, as a
 * crash does it (zeros) and as no crash does it (a shorter file), and its last
 * batch torn in every way. Each image is recovered for good, goes on, and is read again: the records that are there are
 * those that were pushed, up to the last whole batch, and not one less. Of the torn batches and the shorter files every
 * fifth is recovered and the others are read, by the code that a recovery reads with.
 *
 *   ELEVEN_FIRST=n      the seed (1)
 *   ELEVEN_ALL=1        recovers every image
 */
#include "test/test_journal_map.h"
#include "test/support.h"


#define CUT_BYTES (64u << 10)
#define TORN_SECTORS_MAX 8u
#define READ_WEIGHT 8u
#define SOME 5u                 /* no power of two: it would be the same sectors each time */

static const struct journal_options torn_options = {
    .directory = KIT_DIRECTORY,
    .segment_bytes = KIT_SEGMENT_BYTES,
    .batch_bytes_max = TORN_SECTORS_MAX * IO_SECTOR,
};

struct tally {
    u64 cases, images, recovered, refused, lost, silent, unnamed, stuck, leaked;
};

/* Image number `number` is recovered, not only read. */
static bool is_chosen(u64 number, u64 every)
{
    return support_number("ELEVEN_ALL", 0) != 0 || number % (fault_stride(1) * every) == 0;
}

/* It is not looked at at all, where all of them take too long. */
static bool is_skipped(u64 number)
{
    return number % fault_stride(READ_WEIGHT) != 0;
}

/* Opens a copy for good and goes on. The status, and how many records it had. */
static enum journal_status recover(const struct sim_disk *disk, u64 seed, u64 *records, struct tally *tally)
{
    struct io io;
    struct kit_reader reader = {.next = 1};
    struct journal *journal;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *copy = sim_disk_clone(disk, seed);

    sim_disk_io(copy, &io);
    enum journal_status status = journal_open(&journal, &io, &torn_options, 0, kit_visit, &reader, problem);
    *records = reader.records;
    if (status == JOURNAL_OK) {
        bool good = kit_push(journal, 1) && journal_close(journal) == JOURNAL_OK &&
                    kit_read(&io, &reader, problem) == JOURNAL_OK && reader.records == *records + 1;
        fault_unless(good, &tally->stuck, "case %llu: recovered with %llu records, does not go on",
                     (unsigned long long)tally->cases, (unsigned long long)*records);
    } else {
        bool named = strstr(problem, KIT_DIRECTORY "/journal-") != NULL;
        fault_unless(named, &tally->unnamed, "case %llu: %s without a name", (unsigned long long)tally->cases,
                     journal_status_word(status));
    }
    fault_unless(sim_disk_open_files(copy) == 0, &tally->leaked, "case %llu: files are open",
                 (unsigned long long)tally->cases);
    sim_disk_destroy(copy);
    return status;
}

/* `found` records where `whole` should be. */
static void judge(u64 found, u64 whole, struct tally *tally)
{
    fault_unless(found >= whole, &tally->lost, "case %llu: %llu records of %llu", (unsigned long long)tally->cases,
                 (unsigned long long)found, (unsigned long long)whole);
    fault_unless(found <= whole, &tally->silent, "case %llu: %llu records, but %llu are whole",
                 (unsigned long long)tally->cases, (unsigned long long)found, (unsigned long long)whole);
}

static void print(const char *row, const struct tally *tally)
{
    FAULT_LINE(row, {"cases", tally->cases}, {"images", tally->images}, {"recovered", tally->recovered},
               {"refused", tally->refused}, {"lost", tally->lost}, {"silent", tally->silent},
               {"unnamed", tally->unnamed}, {"stuck", tally->stuck}, {"leaked", tally->leaked});
}

/* --- cut ------------------------------------------------------------------------------------------------- */

/* Records in all batches that are whole when everything from `offset` of `segment` on is zero. */
static u64 records_before(const struct map *map, u32 segment, u64 offset)
{
    u64 records = 0;

    for (u32 i = 0; i < map->count; i++) {
        const struct place *place = &map->places[i];
        u64 used = place->offset == IO_SECTOR ? MAX(place->used, IO_SECTOR) : place->used;
        if (place->segment > segment || (place->segment == segment && offset < used))
            break;
        records = place->records;
    }
    return records;
}

/* By zeros, back from the end of the last batch, across the segments. An image that is the same as the one before (the
 * byte was zero) is the same case. */
static void test_cut_at_every_byte(void **state)
{
    static struct map map;
    struct tally tally = {0};
    struct io io;
    struct kit_reader reader;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = make_journal(&io, fault_first_seed() + 1, 1500, true);

    (void)state;
    map_fill(&map, disk);
    assert_true(map.segments >= 3 && map.records == 1500);
    u32 segment = map.segments;
    u64 offset = map.places[map.count - 1].end;
    for (; tally.cases < CUT_BYTES; tally.cases++) {
        if (offset == 0)
            offset = (u64)sim_disk_file_size(disk, kit_segment(--segment));
        u8 *byte = sim_disk_file_bytes(disk, kit_segment(segment)) + --offset;
        bool same = tally.cases > 0 && *byte == 0;
        *byte = 0;
        if (same || is_skipped(tally.cases))
            continue;
        enum journal_status status;
        if (is_chosen(tally.images++, 1)) {
            sim_disk_settle(disk);
            status = recover(disk, tally.cases, &reader.records, &tally);
            tally.recovered++;
        } else {
            status = kit_read(&io, &reader, problem);
        }
        if (fault_unless(status == JOURNAL_OK, &tally.lost, "cut at %llu of segment %u: %s", (unsigned long long)offset,
                         segment, journal_status_word(status)))
            judge(reader.records, records_before(&map, segment, offset), &tally);
    }
    sim_disk_destroy(disk);
    print("journal-cut", &tally);
}

/* A journal whose last segment in use has room left. */
static struct sim_disk *make_half_full(struct io *io, struct map *map)
{
    for (u64 records = 1200;; records += 50) {
        struct sim_disk *disk = make_journal(io, fault_first_seed(), records, true);
        map_fill(map, disk);
        u64 end = map->places[map->count - 1].end;
        if (map->segments >= 3 && end >= KIT_SEGMENT_BYTES / 4 && end <= KIT_SEGMENT_BYTES * 3 / 4)
            return disk;
        sim_disk_destroy(disk);
        assert_true(records < 10000);
    }
}

/* The file made shorter byte by byte. While the zeros behind the last batch are there nothing is lost; from then on it
 * is refused by name, since no crash does that. */
static void test_shorter_at_every_byte(void **state)
{
    static struct map map;
    struct tally tally = {0};
    struct io io;
    struct kit_reader reader;
    char problem[JOURNAL_PROBLEM_MAX];
    struct sim_disk *disk = make_half_full(&io, &map);

    (void)state;
    u64 end = map.places[map.count - 1].end;
    for (u64 cut = KIT_SEGMENT_BYTES; cut-- > 0; tally.cases++) {
        enum journal_status status;
        sim_disk_truncate(disk, kit_segment(map.segments), cut);
        if (is_skipped(cut))
            continue;
        tally.images++;
        if (is_chosen(cut, SOME) || cut % IO_SECTOR <= 1) {
            status = recover(disk, cut, &reader.records, &tally);
            tally.recovered += status == JOURNAL_OK;
        } else {
            status = kit_read(&io, &reader, problem);
        }
        if (status == JOURNAL_OK)
            judge(reader.records, cut < end + IO_SECTOR ? 0 : map.records, &tally);
        else
            fault_unless(cut < end + IO_SECTOR && status == JOURNAL_ROT, &tally.lost, "cut at %llu: %s",
                         (unsigned long long)cut, journal_status_word(status));
        tally.refused += status == JOURNAL_ROT;
    }
    assert_true(tally.recovered > 0 && tally.refused > 0);
    sim_disk_destroy(disk);
    print("journal-shorter", &tally);
}

/* --- the last batch torn ------------------------------------------------------------------------------------ */

struct torn {
    struct sim_disk *disk;
    struct io io;
    u8 *place;              /* where the batch lies */
    u32 sectors;
    u64 all, before;        /* records with it, and without it */
    u8 new[TORN_SECTORS_MAX * IO_SECTOR];
    u8 old[TORN_SECTORS_MAX * IO_SECTOR];
};

/* A journal of one record, and a batch of so many sectors behind it. */
static void torn_make(struct torn *torn, u32 sectors)
{
    static struct map map;
    char problem[JOURNAL_PROBLEM_MAX];
    struct journal *journal;

    torn->disk = kit_disk(&torn->io, sectors);
    torn->sectors = sectors;
    assert_int_equal(journal_create(&torn->io, &torn_options), JOURNAL_OK);
    assert_int_equal(journal_open(&journal, &torn->io, &torn_options, 0, NULL, NULL, problem), JOURNAL_OK);
    assert_true(kit_push(journal, 0));
    assert_true(kit_drain(journal));
    torn->before = journal_durable(journal);
    u32 used = BATCH_HEADER_BYTES;
    while (used + kit_record_size(journal_next(journal)) < sectors * IO_SECTOR) {
        used += kit_record_size(journal_next(journal));
        assert_true(kit_push(journal, 0));
    }
    assert_true(kit_drain(journal));
    torn->all = journal_durable(journal);
    kit_kill(torn->disk, &torn->io, journal);

    map_fill(&map, torn->disk);
    const struct place *last = &map.places[map.count - 1];
    assert_int_equal(last->end - last->offset, sectors * IO_SECTOR);
    torn->place = (u8 *)header_at(torn->disk, last->segment, last->offset);
    memcpy(torn->new, torn->place, sectors * IO_SECTOR);
}

/* What was there before: a whole batch of an older epoch with other records, as in a file that is used again. */
static void torn_make_old(struct torn *torn)
{
    static _Alignas(8) u8 old[TORN_SECTORS_MAX * IO_SECTOR];
    struct batch_header *header = (void *)old;
    u8 *at = old + BATCH_HEADER_BYTES;

    memcpy(old, torn->new, sizeof(old));
    header->epoch--;
    for (u64 seq = header->seq_first; seq < header->seq_first + header->count; seq++) {
        kit_record_fill(at, seq, 77);
        at += kit_record_size(seq);
    }
    format_batch_close(header);
    memcpy(torn->old, old, sizeof(old));
}

static void tear_sector(u8 *sector, const struct torn *torn, u32 index, u32 kind, struct prng *prng)
{
    const u8 *source = kind == 0 ? torn->old : torn->new;

    if (kind == 1)
        memset(sector, 0, IO_SECTOR);
    else if (kind == 2)
        for (u32 i = 0; i < IO_SECTOR / 8; i++)
            ((u64 *)(void *)sector)[i] = prng_next(prng);
    else
        memcpy(sector, source + index * IO_SECTOR, IO_SECTOR);
}

/* One way to tear it. Nobody was told of this batch, so it is there whole or not at all; the one before it stays. */
static void tear(struct torn *torn, u32 kinds, struct prng *prng, struct tally *tally)
{
    struct kit_reader reader;
    char problem[JOURNAL_PROBLEM_MAX];
    enum journal_status status;

    for (u32 i = 0; i < torn->sectors; i++)
        tear_sector(torn->place + i * IO_SECTOR, torn, i, kinds >> (2 * i) & 3, prng);
    bool whole = memcmp(torn->place, torn->new, torn->sectors * IO_SECTOR) == 0;
    if (is_chosen(tally->cases, SOME) || whole) {
        sim_disk_settle(torn->disk);
        status = recover(torn->disk, kinds, &reader.records, tally);
        tally->recovered++;
    } else {
        status = kit_read(&torn->io, &reader, problem);
    }
    tally->images++;
    tally->cases++;
    if (fault_unless(status == JOURNAL_OK, &tally->lost, "%u sectors, kinds %x: %s", torn->sectors, kinds,
                     journal_status_word(status)))
        judge(reader.records, whole ? torn->all : torn->before, tally);
}

static void test_torn_last_batch(void **state)
{
    static struct torn torn;
    struct tally tally = {0};
    struct prng prng;

    (void)state;
    prng_seed(&prng, fault_first_seed());
    for (u32 sectors = 1; sectors <= TORN_SECTORS_MAX; sectors++) {
        torn_make(&torn, sectors);
        torn_make_old(&torn);
        u32 all = 1u << (2 * sectors);
        for (u32 kinds = 0; kinds < all; kinds++)
            if (!is_skipped(kinds) || kinds + 1 == all)
                tear(&torn, kinds, &prng, &tally);
        sim_disk_destroy(torn.disk);
    }
    print("torn-batch", &tally);
}

int main(void)
{
    support_keep_heap();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_shorter_at_every_byte),
        cmocka_unit_test(test_torn_last_batch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
