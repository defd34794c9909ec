/*
 * Snapshot files that are whole by their checksums and yet not what a writer writes; blocks of another one; names of
 * others in the folder; old ones that do not go away.
 */
#include "test/test_snapshot_kit.h"

#define BYTES 640u /* of the first section: a chunk of one sector */

/* A snapshot of three sections; `blocks` are its header, a chunk of each of the first two, its footer. */
struct forged {
    struct sim_disk *disk;
    struct io io;
    struct snapshot_header *header;
    struct snapshot_chunk_header *first, *second;
    struct snapshot_footer *footer;
};

static struct forged forge(void)
{
    struct forged forged;
    struct snapshot_head head = make_head(5, BYTES);

    forged.disk = kit_disk(&forged.io, 1);
    assert_int_equal(snapshot_write(&forged.io, KIT_DIRECTORY, &head, 0, buffer), JOURNAL_OK);
    u8 *bytes = sim_disk_file_bytes(forged.disk, snapshot_file(5));
    forged.header = (void *)bytes;
    forged.first = (void *)(bytes + IO_SECTOR);
    forged.second = (void *)(bytes + 2 * IO_SECTOR);
    forged.footer = (void *)(bytes + 3 * IO_SECTOR);
    assert_int_equal(sim_disk_file_size(forged.disk, snapshot_file(5)), 4 * IO_SECTOR);
    return forged;
}

/* Makes all checksums right again, with each block naming the one before it. */
static void forge_close(struct forged *forged)
{
    struct snapshot_chunk_header *chunks[] = {forged->first, forged->second};
    u64 before;

    forged->header->checksum = checksum64(forged->header, offsetof(struct snapshot_header, checksum), 0);
    before = forged->header->checksum;
    for (u32 i = 0; i < 2; i++) {
        chunks[i]->before = before;
        chunks[i]->payload = checksum64(chunks[i] + 1, IO_SECTOR - sizeof(*chunks[i]), chunks[i]->index);
        chunks[i]->checksum = checksum64(chunks[i], offsetof(struct snapshot_chunk_header, checksum), 0);
        before = chunks[i]->checksum;
    }
    forged->footer->before = before;
    forged->footer->checksum = checksum64(forged->footer, offsetof(struct snapshot_footer, checksum), 0);
}

/* Such a file is refused, and nothing outside of the section is written (sanitizers look on). */
#define FORGE(status, change)                                                                   \
    do {                                                                                        \
        struct forged f = forge();                                                              \
        struct snapshot_head head;                                                              \
        char problem[JOURNAL_PROBLEM_MAX];                                                      \
        forge_close(&f);                                                                        \
        assert_int_equal(load(&f.io, 5, &head, problem), JOURNAL_OK);                           \
        change;                                                                                 \
        forge_close(&f);                                                                        \
        enum journal_status got = load(&f.io, 5, &head, problem);                               \
        if (got != (status))                                                                    \
            fail_msg("%s after %s: %s", journal_status_word(got), #change, problem);            \
        sim_disk_destroy(f.disk);                                                               \
    } while (0)

static void test_forged_blocks(void **state)
{
    (void)state;
    FORGE(JOURNAL_FOREIGN, f.header->version++);
    FORGE(JOURNAL_ROT, f.header->seq++);
    FORGE(JOURNAL_ROT, f.header->zero = 1);
    FORGE(JOURNAL_ROT, f.header->zeros[0] = 1);
    FORGE(JOURNAL_ROT, f.header->sections[3].id = 1);
    FORGE(JOURNAL_ROT, f.header->section_count = SNAPSHOT_SECTIONS_MAX + 1);
    FORGE(JOURNAL_ROT, f.first->index++);
    FORGE(JOURNAL_ROT, f.first->zero = 1);
    FORGE(JOURNAL_ROT, f.first->size = 0);
    FORGE(JOURNAL_ROT, f.first->size = SNAPSHOT_CHUNK_BYTES + 1);
    FORGE(JOURNAL_ROT, f.first->size = UINT64_MAX);
    FORGE(JOURNAL_ROT, f.first->size = 641);
    FORGE(JOURNAL_ROT, f.first->offset = 1);
    FORGE(JOURNAL_ROT, f.first->offset = 641);
    FORGE(JOURNAL_ROT, f.first->offset = UINT64_MAX);
    FORGE(JOURNAL_ROT, f.first->section = 77);
    FORGE(JOURNAL_ROT, f.second->section = 3); /* once more, from its beginning */
    FORGE(JOURNAL_ROT, f.first->section = 1);  /* sections go up */
    FORGE(JOURNAL_ROT, f.footer->chunk_count = 1);
    FORGE(JOURNAL_ROT, sim_disk_truncate(f.disk, snapshot_file(5), 4 * IO_SECTOR - 1));
    FORGE(JOURNAL_OK, (void)f);

    /* Something behind the end. */
    struct forged f = forge();
    struct snapshot_head head;
    char problem[JOURNAL_PROBLEM_MAX];
    int file = f.io.open(f.io.context, snapshot_file(5), IO_WRITE);
    assert_int_equal(f.io.write(f.io.context, file, "", 1, 4 * IO_SECTOR), 1);
    f.io.close(f.io.context, file);
    assert_int_equal(load(&f.io, 5, &head, problem), JOURNAL_ROT);
    sim_disk_destroy(f.disk);
}

/* Blocks that are whole and in order, but of two files. */
static void test_blocks_of_another_snapshot(void **state)
{
    (void)state;
    for (u32 block = 0; block < 4; block++) {
        struct forged f = forge();
        struct snapshot_head head = make_head(6, BYTES);
        char problem[JOURNAL_PROBLEM_MAX];
        assert_int_equal(snapshot_write(&f.io, KIT_DIRECTORY, &head, 0, buffer), JOURNAL_OK);
        memcpy(sim_disk_file_bytes(f.disk, snapshot_file(6)) + block * IO_SECTOR,
               sim_disk_file_bytes(f.disk, snapshot_file(5)) + block * IO_SECTOR, IO_SECTOR);
        assert_int_equal(load(&f.io, 6, &head, problem), JOURNAL_ROT);
        assert_int_equal(load(&f.io, 5, &head, problem), JOURNAL_OK);
        sim_disk_destroy(f.disk);
    }
}

/* Only what is called as a snapshot is called is one; the rest of the folder is left alone. */
static void test_other_names(void **state)
{
    static const char *const names[] = {
        "snapshot-0000000000000000001x", "snapshot-0000000000000000006-", "snapshot-00000000000000000006.tmp",
        "snapshot-99999999999999999999", "snapshot-7", "Snapshot-00000000000000000007",
        "snapshot-000000000000000000071",
    };
    struct io io;
    struct sim_disk *disk = kit_disk(&io, 1);

    (void)state;
    for (u32 i = 0; i < ARRAY_COUNT(names); i++) {
        char path[128];
        snprintf(path, sizeof(path), KIT_DIRECTORY "/%s", names[i]);
        int file = io.open(io.context, path, IO_WRITE | IO_CREATE);
        assert_true(file >= 0);
        io.close(io.context, file);
    }
    struct snapshot_head none;
    assert_int_equal(snapshot_find(&io, KIT_DIRECTORY, UINT64_MAX, &none), JOURNAL_NOT_FOUND);
    for (u64 seq = 1; seq <= 4; seq++) {
        struct snapshot_head head = make_head(seq, BYTES);
        assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &head, 0, buffer), JOURNAL_OK);
    }
    expect_loaded(&io, UINT64_MAX, 4, BYTES);
    expect_loaded(&io, 3, 3, BYTES);
    assert_int_equal(sim_disk_file_size(disk, snapshot_file(2)), -1);
    for (u32 i = 0; i < ARRAY_COUNT(names); i++) {
        char path[128];
        snprintf(path, sizeof(path), KIT_DIRECTORY "/%s", names[i]);
        assert_int_equal(sim_disk_file_size(disk, path), 0);
    }
    sim_disk_destroy(disk);
}

static int no_unlink(void *context, const char *path)
{
    (void)context, (void)path;
    return -EIO;
}

/* Old ones that could not be removed are named as a failure, and go with the next one that is written. */
static void test_old_ones_go_later(void **state)
{
    struct io io;
    struct sim_disk *disk = kit_disk(&io, 1);
    int (*unlink)(void *context, const char *path) = io.unlink;

    (void)state;
    for (u64 seq = 10; seq <= 60; seq += 10) {
        struct snapshot_head head = make_head(seq, BYTES);
        io.unlink = seq < 60 ? no_unlink : unlink;
        assert_int_equal(snapshot_write(&io, KIT_DIRECTORY, &head, 0, buffer),
                         seq <= 20 || seq == 60 ? JOURNAL_OK : JOURNAL_IO_FAILED);
        expect_loaded(&io, UINT64_MAX, seq, BYTES);
    }
    for (u64 seq = 10; seq <= 40; seq += 10)
        assert_int_equal(sim_disk_file_size(disk, snapshot_file(seq)), -1);
    expect_loaded(&io, 59, 50, BYTES);
    sim_disk_destroy(disk);
}

/* The caller's sections must be the file's. */
static void test_sections_that_do_not_match(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct forged f = forge();
        struct snapshot_head head;
        char problem[JOURNAL_PROBLEM_MAX];
        assert_int_equal(load(&f.io, 5, &head, problem), JOURNAL_OK);
        if (kind == 0)
            head.sections[0].size -= 64;
        else if (kind == 1)
            head.sections[0].bytes = NULL;
        else
            head.sections[1].size_max = sizeof(small) - 1;
        assert_int_equal(snapshot_load(&f.io, KIT_DIRECTORY, &head, problem), JOURNAL_FOREIGN);
        assert_non_null(strstr(problem, snapshot_file(5)));
        sim_disk_destroy(f.disk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forged_blocks),   cmocka_unit_test(test_blocks_of_another_snapshot),
        cmocka_unit_test(test_other_names),     cmocka_unit_test(test_old_ones_go_later),
        cmocka_unit_test(test_sections_that_do_not_match),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
