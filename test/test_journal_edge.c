/*
 * The journal at its edges: other settings than before, a tail longer than a segment, names and headers that no writer
 * makes, files that change while they are read, and the end of a journal whose disk has failed.
 */
#include "test/test_journal_kit.h"

#include "journal/format.h"

static struct kit_reader reader;
static char problem[JOURNAL_PROBLEM_MAX];

/* A journal of `records` records, closed; its segments are full but for the last. */
static struct sim_disk *make_journal(struct io *io, u64 seed, u64 records)
{
    struct sim_disk *disk = kit_disk(io, seed);

    assert_int_equal(journal_create(io, &kit_options), JOURNAL_OK);
    struct journal *journal = kit_open(io, &reader);
    for (u64 i = 0; i < records; i++)
        assert_true(kit_push(journal, seed));
    assert_true(kit_drain(journal));
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    sim_disk_settle(disk);
    return disk;
}

static enum journal_status open_with(struct journal **journal, const struct io *io,
                                     const struct journal_options *options)
{
    reader = (struct kit_reader){.next = 1};
    return journal_open(journal, io, options, 0, kit_visit, &reader, problem);
}

static void expect_rot(const struct io *io, const char *said)
{
    struct journal *journal;

    assert_int_equal(kit_read(io, &reader, problem), JOURNAL_ROT);
    if (strstr(problem, said) == NULL)
        fail_msg("expected \"%s\", it says: %s", said, problem);
    assert_int_equal(open_with(&journal, io, &kit_options), JOURNAL_ROT);
    assert_null(journal);
}

/* --- other settings ----------------------------------------------------------- */

static const u32 sizes[] = {KIT_SEGMENT_BYTES, 2 * KIT_SEGMENT_BYTES, KIT_SEGMENT_BYTES, 3 * KIT_SEGMENT_BYTES};

/* A segment made ahead is made again when it should have another size; what is written stays where it is. */
static void test_segment_size_changes(void **state)
{
    struct io io;
    u64 records = 0;
    struct journal *journal;
    struct journal_options options = kit_options;
    struct sim_disk *disk = kit_disk(&io, 1);

    (void)state;
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    for (u32 round = 0; round < 12; round++) {
        options.segment_bytes = sizes[round % ARRAY_COUNT(sizes)];
        assert_int_equal(open_with(&journal, &io, &options), JOURNAL_OK);
        assert_int_equal(reader.records, records);
        u32 last = 1;
        while (sim_disk_file_size(disk, kit_segment(last + 1)) >= 0)
            last++;
        assert_int_equal(sim_disk_file_size(disk, kit_segment(last)), options.segment_bytes);
        for (int i = 0; i < 900; i++)
            assert_true(kit_push(journal, round));
        assert_true(kit_drain(journal));
        records = journal_durable(journal);
        assert_int_equal(journal_close(journal), JOURNAL_OK);
    }
    sim_disk_destroy(disk);
}

/* The power goes at each call of such a start. */
static void test_segment_size_changes_despite_cuts(void **state)
{
    static const u64 records[] = {10, 1000}; /* the tail stays in its segment; it goes into the next */
    struct journal_options options = kit_options;

    (void)state;
    options.segment_bytes = sizes[1];
    for (u32 i = 0; i < ARRAY_COUNT(records); i++) {
        struct io io, copy_io;
        struct journal *journal;
        struct sim_disk *disk = make_journal(&io, 2, records[i]);
        bool crashed = true;
        for (u64 call = 1; crashed; call++) {
            struct sim_disk *copy = sim_disk_clone(disk, call);
            sim_disk_io(copy, &copy_io);
            sim_disk_crash_at(copy, call);
            if (open_with(&journal, &copy_io, &options) == JOURNAL_OK)
                (void)journal_close(journal);
            crashed = sim_disk_crashed(copy);
            sim_disk_reboot(copy);
            assert_int_equal(open_with(&journal, &copy_io, call % 2 == 0 ? &options : &kit_options), JOURNAL_OK);
            assert_int_equal(reader.records, records[i]);
            assert_int_equal(journal_close(journal), JOURNAL_OK);
            sim_disk_destroy(copy);
        }
        sim_disk_destroy(disk);
    }
}

/* Eight batches on their way when the process is killed: together more than a segment, and all of them found. */
static void test_tail_longer_than_a_segment(void **state)
{
    struct io io;
    struct journal *journal;
    struct journal_options options = kit_options;
    struct sim_disk *disk = kit_disk(&io, 3);
    u64 records = 0;

    (void)state;
    options.in_flight_max = 8;
    assert_int_equal(journal_create(&io, &options), JOURNAL_OK);
    assert_int_equal(open_with(&journal, &io, &options), JOURNAL_OK);
    while (journal_in_flight(journal) < options.in_flight_max) {
        assert_true(kit_push(journal, 0));
        if (journal_open_bytes(journal) + 256 > journal_record_bytes_max(journal)) {
            assert_int_equal(journal_flush(journal), JOURNAL_OK);
            records = journal_next(journal) - 1;
        }
    }
    kit_kill(disk, &io, journal);
    assert_int_equal(open_with(&journal, &io, &options), JOURNAL_OK);
    assert_int_equal(reader.records, records);
    assert_true(sim_disk_file_size(disk, kit_segment(2)) > KIT_SEGMENT_BYTES);
    for (int i = 0; i < 700; i++)
        assert_true(kit_push(journal, 1));
    assert_true(kit_drain(journal));
    records = journal_durable(journal);
    kit_kill(disk, &io, journal);
    sim_disk_reboot(disk);
    assert_int_equal(open_with(&journal, &io, &options), JOURNAL_OK);
    assert_int_equal(reader.records, records);
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* Nothing but a folder: every size is the usual one. On real files, where 64 MiB are no memory. */
static void test_options_left_out(void **state)
{
    char directory[] = "/tmp/eleven-test-edge-XXXXXX";
    char command[128];
    struct journal *journal;
    struct io io;

    (void)state;
    assert_int_equal(io_linux_open(&io, IO_APPENDER_THREAD), 0);
    assert_non_null(mkdtemp(directory));
    const struct journal_options options = {.directory = directory};
    assert_int_equal(journal_create(&io, &options), JOURNAL_OK);
    for (u64 records = 0; records < 20; records += 10) {
        assert_int_equal(open_with(&journal, &io, &options), JOURNAL_OK);
        assert_int_equal(reader.records, records);
        assert_int_equal(journal_record_bytes_max(journal), JOURNAL_BATCH_BYTES - BATCH_HEADER_BYTES);
        for (int i = 0; i < 10; i++)
            assert_true(kit_push(journal, 0));
        assert_true(kit_drain(journal));
        assert_int_equal(journal_close(journal), JOURNAL_OK);
    }
    io_linux_close(&io);
    snprintf(command, sizeof(command), "rm -r %s", directory);
    assert_int_equal(system(command), 0);
}

/* --- names ---------------------------------------------------------------------- */

/* Whatever else lies in the folder is not a segment, and is left alone. */
static void test_names_of_others(void **state)
{
    static const char *const names[] = {
        "journal-0000000000.log", "journal-00000000x2.log", "journal-0000000002.txt", "journal-00000000 2.log",
        "journal-9999999999.log", "journal-0000000002.log~", "journal-2.log", "Journal-0000000002.log", "notes",
    };
    struct io io;
    struct journal *journal;
    struct sim_disk *disk = kit_disk(&io, 4);
    char path[128];

    (void)state;
    for (u32 i = 0; i < ARRAY_COUNT(names); i++) {
        snprintf(path, sizeof(path), KIT_DIRECTORY "/%s", names[i]);
        int file = io.open(io.context, path, IO_WRITE | IO_CREATE);
        assert_true(file >= 0);
        io.close(io.context, file);
    }
    assert_int_equal(kit_read(&io, &reader, problem), JOURNAL_NOT_FOUND);
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    for (u64 records = 0; records < 2100; records += 700) {
        assert_int_equal(open_with(&journal, &io, &kit_options), JOURNAL_OK);
        assert_int_equal(reader.records, records);
        for (int i = 0; i < 700; i++)
            assert_true(kit_push(journal, 0));
        assert_true(kit_drain(journal));
        assert_int_equal(journal_close(journal), JOURNAL_OK);
    }
    for (u32 i = 0; i < ARRAY_COUNT(names); i++) {
        snprintf(path, sizeof(path), KIT_DIRECTORY "/%s", names[i]);
        assert_int_equal(sim_disk_file_size(disk, path), 0);
    }
    sim_disk_destroy(disk);
}

/* What logs and people are told: one word each, and no two alike. */
static void test_status_words(void **state)
{
    (void)state;
    assert_string_equal(journal_status_word(JOURNAL_OK), "ok");
    assert_string_equal(journal_status_word(JOURNAL_ROT), "rot");
    assert_string_equal(journal_status_word(JOURNAL_DISK_FULL), "disk-full");
    for (int a = JOURNAL_OK; a <= JOURNAL_STOPPED; a++)
        for (int b = JOURNAL_OK; b < a; b++)
            assert_string_not_equal(journal_status_word((enum journal_status)a),
                                    journal_status_word((enum journal_status)b));
}

/* --- headers that are whole by their checksum --------------------------------------- */

static struct segment_header *header_of(struct sim_disk *disk, u32 segment)
{
    return (struct segment_header *)(void *)sim_disk_file_bytes(disk, kit_segment(segment));
}

static void header_close(struct segment_header *header)
{
    header->checksum = checksum64(header, offsetof(struct segment_header, checksum), 0);
}

/* What no writer has ever written is not believed, wherever it stands. */
#define FORGE(segment_number, said, change)                                 \
    do {                                                                    \
        struct segment_header *h = header_of(disk, segment_number);         \
        const struct segment_header before = *h;                            \
        change;                                                             \
        header_close(h);                                                    \
        expect_rot(&io, said);                                              \
        *h = before;                                                        \
    } while (0)

static void test_forged_segment_headers(void **state)
{
    struct io io;
    struct sim_disk *disk = make_journal(&io, 5, 1300);
    u32 last = 2;

    (void)state;
    while (header_of(disk, last + 1)->magic == SEGMENT_MAGIC)
        last++;
    assert_true(last >= 3);
    FORGE(1, "the header is damaged", h->segment = 0);
    FORGE(1, "the header is damaged", h->epoch = 0);
    FORGE(1, "the header is damaged", h->first_number = 0);
    FORGE(1, "the header is damaged", h->first_seq = 0);
    FORGE(1, "the header is damaged", h->durable_number = h->first_number);
    FORGE(1, "the header is damaged", h->durable_through = h->first_seq);
    FORGE(1, "the header is damaged", h->size = 0);
    FORGE(1, "the header is damaged", h->size++);
    FORGE(1, "is segment 9", h->segment = 9);
    FORGE(1, "the segments before it are missing", h->first_seq = 7);
    FORGE(1, "the segments before it are missing", h->first_number++);
    FORGE(2, "which is in a segment before", (h->first_number = 1, h->durable_number = 0));
    FORGE(2, "does not continue the segment before", h->first_seq++);
    FORGE(2, "does not continue the segment before", h->before++);
    FORGE(2, "was durable and is damaged", h->first_number++);
    FORGE(2, "was durable and is damaged", h->epoch = 1); /* as one left by a start that was cut short */
    /* The second is gone, and the third says that it comes after the first. */
    struct segment_header second = *header_of(disk, 2), third = *header_of(disk, 3);
    *header_of(disk, 3) = second;
    header_of(disk, 3)->segment = 3;
    header_close(header_of(disk, 3));
    memset(header_of(disk, 2), 0, IO_SECTOR);
    expect_rot(&io, "0000000002.log: offset 0: the header is damaged");
    *header_of(disk, 2) = second;
    *header_of(disk, 3) = third;
    assert_int_equal(kit_read(&io, &reader, problem), JOURNAL_OK);
    assert_int_equal(reader.records, 1300);
    sim_disk_destroy(disk);
}

/* A start from a snapshot does not read the segments before it, but sees that they are there and whole. */
static void test_damaged_segment_before_the_snapshot(void **state)
{
    struct io io;
    struct journal *journal;
    struct sim_disk *disk = make_journal(&io, 6, 1300);
    u64 last = 1299;

    (void)state;
    assert_true(header_of(disk, 3)->magic == SEGMENT_MAGIC);
    assert_int_equal(journal_read(&io, &kit_options, last, NULL, NULL, problem), JOURNAL_OK);
    header_of(disk, 2)->made_ms ^= 1;
    assert_int_equal(journal_read(&io, &kit_options, last, NULL, NULL, problem), JOURNAL_ROT);
    assert_non_null(strstr(problem, "journal-0000000002.log: offset 0: the header is damaged"));
    assert_int_equal(journal_open(&journal, &io, &kit_options, last, NULL, NULL, problem), JOURNAL_ROT);
    assert_null(journal);
    sim_disk_destroy(disk);
}

/* Somebody has cut a segment off in the zeros behind its last batch: nothing is lost, and a start makes it whole.
 * In the batch: it is refused. */
static void test_cut_off_in_the_zeros(void **state)
{
    struct io io;
    struct journal *journal;
    struct sim_disk *disk = make_journal(&io, 10, 100);
    const u8 *bytes = sim_disk_file_bytes(disk, kit_segment(1));
    u64 end = KIT_SEGMENT_BYTES;

    (void)state;
    while (bytes[end - 1] == 0)
        end--;
    end = format_round(end);
    assert_true(end + 4 * IO_SECTOR < KIT_SEGMENT_BYTES);
    for (u64 cut = KIT_SEGMENT_BYTES - 1; cut > 2 * IO_SECTOR; cut -= 1000) {
        struct sim_disk *copy = sim_disk_clone(disk, cut);
        sim_disk_io(copy, &io);
        sim_disk_truncate(copy, kit_segment(1), cut);
        if (cut >= end + IO_SECTOR) {
            assert_int_equal(open_with(&journal, &io, &kit_options), JOURNAL_OK);
            assert_int_equal(reader.records, 100);
            assert_int_equal(journal_close(journal), JOURNAL_OK);
        } else {
            expect_rot(&io, "cut off at");
        }
        sim_disk_destroy(copy);
    }
    sim_disk_destroy(disk);
}

/* --- files that change while they are read -------------------------------------------- */

static struct io under;
static struct sim_disk *changing;
static u64 reads, read_lies_at;
static u32 opens, change_at; /* of segment 1 */

/* One read gives a bit other than the disk has. */
static i64 lying_read(void *context, int file, void *bytes, size_t size, u64 offset)
{
    i64 got = under.read(context, file, bytes, size, offset);

    if (++reads == read_lies_at && got > 0)
        ((u8 *)bytes)[mix64(reads) % MIN((u64)got, 2 * IO_SECTOR)] ^= 4;
    return got;
}

/* All is durable, so a lie is seen, wherever it is told, or has hit what is not used: never fewer records. */
static void test_one_read_lies(void **state)
{
    struct io io, copy_io;
    struct journal *journal;
    struct sim_disk *disk = make_journal(&io, 7, 1300);
    u64 refused = 0;

    (void)state;
    read_lies_at = 0;
    do {
        struct sim_disk *copy = sim_disk_clone(disk, 1);
        sim_disk_io(copy, &copy_io);
        under = copy_io;
        copy_io.read = lying_read;
        reads = 0;
        read_lies_at++;
        enum journal_status status = open_with(&journal, &copy_io, &kit_options);
        if (status == JOURNAL_OK) {
            assert_int_equal(reader.records, 1300);
            assert_int_equal(journal_close(journal), JOURNAL_OK);
        } else {
            assert_true(status == JOURNAL_ROT || status == JOURNAL_FOREIGN);
            assert_non_null(strstr(problem, KIT_DIRECTORY));
            refused++;
        }
        assert_int_equal(sim_disk_open_files(copy), 0);
        copy_io.read = under.read; /* the next start is not lied to */
        assert_int_equal(open_with(&journal, &copy_io, &kit_options), JOURNAL_OK);
        assert_int_equal(reader.records, 1300);
        assert_int_equal(journal_close(journal), JOURNAL_OK);
        sim_disk_destroy(copy);
    } while (reads >= read_lies_at);
    assert_true(refused > 3 && read_lies_at > 6);
    sim_disk_destroy(disk);
}

static u64 lie_from; /* offset in a file */

static i64 forgetful_read(void *context, int file, void *bytes, size_t size, u64 offset)
{
    i64 got = under.read(context, file, bytes, size, offset);

    if (++reads >= read_lies_at && got > 0 && offset <= lie_from && lie_from < offset + (u64)got)
        memset((u8 *)bytes + (lie_from - offset), 0, (size_t)(offset + (u64)got - lie_from));
    return got;
}

/* The tail that no mark proves is read twice: to decide it, and to write it again. What is not there the second time
 * was decided already, so the start ends by name. */
static void test_tail_vanishes_before_it_is_copied(void **state)
{
    struct io io;
    struct journal *journal;
    struct sim_disk *disk = kit_disk(&io, 11);
    u64 refused = 0, shorter = 0;

    (void)state;
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    journal = kit_open(&io, &reader);
    for (int i = 0; i < 3; i++) {
        assert_true(kit_push(journal, 0));
        assert_true(kit_drain(journal));
    }
    kit_kill(disk, &io, journal);
    lie_from = KIT_SEGMENT_BYTES; /* the last batch */
    while (sim_disk_file_bytes(disk, kit_segment(1))[lie_from - 1] == 0)
        lie_from--;
    lie_from -= (lie_from - 1) % IO_SECTOR + 1;
    for (read_lies_at = 1; read_lies_at == 1 || reads >= read_lies_at; read_lies_at++) {
        struct io copy_io;
        struct sim_disk *copy = sim_disk_clone(disk, 1);
        sim_disk_io(copy, &copy_io);
        under = copy_io;
        copy_io.read = forgetful_read;
        reads = 0;
        enum journal_status status = open_with(&journal, &copy_io, &kit_options);
        if (status == JOURNAL_OK) { /* gone from the beginning: a torn tail, or never read again */
            assert_int_equal(reader.records, journal_durable(journal));
            shorter += reader.records < 3;
            assert_int_equal(journal_close(journal), JOURNAL_OK);
        } else {
            assert_int_equal(status, JOURNAL_ROT);
            assert_non_null(strstr(problem, "was there a moment ago"));
            refused++;
        }
        sim_disk_destroy(copy);
    }
    assert_true(refused > 0 && shorter > 0);
    sim_disk_destroy(disk);
}

static int changing_open(void *context, const char *path, unsigned flags)
{
    if (strcmp(path, kit_segment(1)) == 0 && ++opens == change_at) {
        struct segment_header *header = header_of(changing, 1);
        header->epoch++; /* as a writer that starts beside us rewrites it */
        header_close(header);
    }
    return under.open(context, path, flags);
}

/* Beside a writer: come again. With nobody there to do that: rot. */
static void test_segment_rewritten_while_it_is_read(void **state)
{
    (void)state;
    for (int live = 0; live < 2; live++) {
        struct io io;
        int lock = -1;
        changing = make_journal(&io, 8, 100);
        if (live)
            lock = io.lock(io.context, KIT_DIRECTORY "/lock");
        under = io;
        io.open = changing_open;
        opens = 0;
        change_at = 2; /* after it was listed */
        assert_int_equal(kit_read(&io, &reader, problem), live ? JOURNAL_BUSY : JOURNAL_ROT);
        assert_non_null(strstr(problem, "the header changed while it was read"));
        if (lock >= 0)
            io.close(io.context, lock);
        assert_int_equal(sim_disk_open_files(changing), 0);
        sim_disk_destroy(changing);
    }
}

/* --- the end of a journal whose disk has failed ------------------------------------------ */

/* Two batches in flight, one of them fails: the other one's bytes are not given back before the disk is done with
 * them; a quota that is reached is a full disk; and nothing is taken any more. */
static void test_failed_with_appends_in_flight(void **state)
{
    (void)state;
    for (u64 seed = 0; seed < 8; seed++) {
        struct io io;
        struct io_done done;
        struct sim_disk *disk = kit_disk(&io, seed);
        assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
        struct journal *journal = kit_open(&io, &reader);
        for (int batch = 0; batch < 2; batch++) {
            assert_true(kit_push(journal, 0));
            assert_int_equal(journal_flush(journal), JOURNAL_OK);
        }
        sim_disk_fail_at(disk, sim_disk_calls(disk) + 1, -EDQUOT);
        assert_int_equal(journal_poll(journal, true), JOURNAL_DISK_FULL);
        assert_int_equal(journal_durable(journal), 0);
        assert_null(journal_reserve(journal, 8));
        assert_int_equal(journal_flush(journal), JOURNAL_DISK_FULL);
        assert_int_equal(journal_prepare(journal, KIT_SEGMENT_BYTES), JOURNAL_DISK_FULL);
        assert_int_equal(journal_seal(journal), JOURNAL_DISK_FULL);
        u64 before = sim_disk_calls(disk);
        assert_int_equal(journal_close(journal), JOURNAL_DISK_FULL);
        assert_true(sim_disk_calls(disk) > before);
        assert_int_equal(io.reap(io.context, &done, 1, true), 0); /* nothing is left behind */
        assert_int_equal(sim_disk_open_files(disk), 0);
        sim_disk_destroy(disk);
    }
}

/* The disk refuses the batch that a full one would make room for. */
static void test_reserve_meets_the_failure(void **state)
{
    struct io io;
    struct sim_disk *disk = kit_disk(&io, 9);

    (void)state;
    assert_int_equal(journal_create(&io, &kit_options), JOURNAL_OK);
    struct journal *journal = kit_open(&io, &reader);
    while (journal_open_bytes(journal) + 256 <= journal_record_bytes_max(journal))
        assert_true(kit_push(journal, 0));
    sim_disk_fail_at(disk, sim_disk_calls(disk) + 1, -EIO);
    assert_null(journal_reserve(journal, journal_record_bytes_max(journal)));
    assert_int_equal(journal_flush(journal), JOURNAL_IO_FAILED);
    assert_int_equal(journal_close(journal), JOURNAL_IO_FAILED);
    sim_disk_destroy(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segment_size_changes),
        cmocka_unit_test(test_segment_size_changes_despite_cuts),
        cmocka_unit_test(test_tail_longer_than_a_segment),
        cmocka_unit_test(test_options_left_out),
        cmocka_unit_test(test_names_of_others),
        cmocka_unit_test(test_status_words),
        cmocka_unit_test(test_forged_segment_headers),
        cmocka_unit_test(test_damaged_segment_before_the_snapshot),
        cmocka_unit_test(test_cut_off_in_the_zeros),
        cmocka_unit_test(test_one_read_lies),
        cmocka_unit_test(test_tail_vanishes_before_it_is_copied),
        cmocka_unit_test(test_segment_rewritten_while_it_is_read),
        cmocka_unit_test(test_failed_with_appends_in_flight),
        cmocka_unit_test(test_reserve_meets_the_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
