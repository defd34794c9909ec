/* The Linux io: what journal and engine take for granted about files, appends, locks and helpers. */
#include "io/io.h"

#include "base/types.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BLOCK 65536

struct place {
    struct io io;
    char directory[64];
    char path[128];
    u8 *bytes;              /* BLOCK bytes, aligned */
};

static enum io_appender appender_asked;

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    *state = place;
    if (place == NULL || io_linux_open(&place->io, appender_asked) < 0)
        return -1;
    strcpy(place->directory, "/tmp/eleven-test-io-XXXXXX");
    if (mkdtemp(place->directory) == NULL)
        return -1;
    snprintf(place->path, sizeof(place->path), "%s/file", place->directory);
    place->bytes = place->io.reserve(place->io.context, BLOCK);
    return place->bytes == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    char command[128];

    place->io.release(place->io.context, place->bytes, BLOCK);
    io_linux_close(&place->io);
    snprintf(command, sizeof(command), "rm -r %s", place->directory);
    int result = system(command);
    free(place);
    return result;
}

static void test_files(void **state)
{
    struct place *place = *state;
    struct io *io = &place->io;

    assert_int_equal(io->open(io->context, place->path, IO_READ), -ENOENT);
    for (u32 direct = 0; direct <= IO_DIRECT; direct += IO_DIRECT) {
        int file = io->open(io->context, place->path, IO_WRITE | IO_CREATE | direct);
        assert_true(file >= 0);
        memset(place->bytes, 7, BLOCK);
        assert_int_equal(io_write_all(io, file, place->bytes, BLOCK, 0), 0);
        assert_int_equal(io_write_all(io, file, place->bytes, IO_SECTOR, BLOCK), 0);
        assert_int_equal(io->sync(io->context, file), 0);
        assert_int_equal(io->size(io->context, file), BLOCK + IO_SECTOR);
        memset(place->bytes, 0, BLOCK);
        assert_int_equal(io->read(io->context, file, place->bytes, BLOCK, IO_SECTOR), BLOCK);
        assert_int_equal(place->bytes[BLOCK - 1], 7);
        assert_int_equal(io->read(io->context, file, place->bytes, BLOCK, BLOCK), IO_SECTOR);
        assert_int_equal(io->read(io->context, file, place->bytes, BLOCK, BLOCK + IO_SECTOR), 0);
        assert_int_equal(io_read_all(io, file, place->bytes, BLOCK, IO_SECTOR), 0);
        assert_int_equal(io_read_all(io, file, place->bytes, BLOCK, 2 * IO_SECTOR), -ENODATA);
        assert_int_equal(io->close(io->context, file), 0);
    }
}

/* All places in flight, each ticket once, bytes where they belong; one more is refused. */
static void test_appends(void **state)
{
    struct place *place = *state;
    struct io *io = &place->io;
    struct io_done done[IO_APPENDS_MAX];
    u64 seen = 0;

    print_message("appender: %s\n", io_linux_appender(io));
    int file = io->open(io->context, place->path, IO_WRITE | IO_CREATE | IO_DIRECT);
    assert_true(file >= 0);
    assert_int_equal(io->reap(io->context, done, IO_APPENDS_MAX, true), 0); /* nothing to wait for */
    for (u32 i = 0; i < IO_APPENDS_MAX; i++) {
        memset(place->bytes + i * IO_SECTOR, (int)i + 1, IO_SECTOR);
        assert_int_equal(io->append(io->context, file, place->bytes + i * IO_SECTOR, IO_SECTOR, i * IO_SECTOR, i), 0);
    }
    assert_int_equal(io->append(io->context, file, place->bytes, IO_SECTOR, 0, 99), -EAGAIN);
    while (seen != (1u << IO_APPENDS_MAX) - 1) {
        int count = io->reap(io->context, done, 5, true);
        assert_true(count > 0 && count <= 5);
        for (int i = 0; i < count; i++) {
            assert_int_equal(done[i].result, IO_SECTOR);
            assert_true(done[i].ticket < IO_APPENDS_MAX && (seen >> done[i].ticket & 1) == 0);
            seen |= (u64)1 << done[i].ticket;
        }
    }
    memset(place->bytes, 0, BLOCK);
    assert_int_equal(io_read_all(io, file, place->bytes, BLOCK, 0), 0);
    for (u32 i = 0; i < IO_APPENDS_MAX; i++)
        assert_int_equal(place->bytes[i * IO_SECTOR + 5], i + 1);
    io->close(io->context, file);

    /* A file that cannot be written to: the append itself says so. */
    file = io->open(io->context, place->path, IO_READ);
    assert_int_equal(io->append(io->context, file, place->bytes, IO_SECTOR, 0, 5), 0);
    assert_int_equal(io->reap(io->context, done, 1, true), 1);
    assert_int_equal(done[0].result, -EBADF);
    io->close(io->context, file);
}

static void count_names(void *argument, const char *name)
{
    assert_true(strncmp(name, "name-", 5) == 0);
    ++*(int *)argument;
}

static void test_names(void **state)
{
    struct place *place = *state;
    struct io *io = &place->io;
    char path[128], other[128];
    int count = 0;

    for (int i = 0; i < 500; i++) {
        snprintf(path, sizeof(path), "%s/name-%d", place->directory, i);
        int file = io->open(io->context, path, IO_WRITE | IO_CREATE);
        assert_true(file >= 0);
        io->close(io->context, file);
    }
    assert_int_equal(io->list(io->context, place->directory, count_names, &count), 0);
    assert_int_equal(count, 500);
    snprintf(other, sizeof(other), "%s/name-0", place->directory);
    assert_int_equal(io->rename(io->context, path, other), 0);
    assert_int_equal(io->unlink(io->context, path), -ENOENT);
    assert_int_equal(io->unlink(io->context, other), 0);
    assert_int_equal(io->sync_directory(io->context, place->directory), 0);
    assert_int_equal(io->make_directory(io->context, place->directory), -EEXIST);
    assert_int_equal(io->list(io->context, path, count_names, &count), -ENOENT);
}

static int work_result;

static int work_on_thread(void *argument)
{
    work_result = *(int *)argument;
    return -EDOM;
}

static void test_threads(void **state)
{
    struct place *place = *state;
    struct io *io = &place->io;
    int asked = 11;
    void *thread;

    for (int i = 0; i < 100; i++) {
        assert_int_equal(io->start_thread(io->context, work_on_thread, &asked, &thread), 0);
        assert_int_equal(io->join_thread(io->context, thread), -EDOM);
        assert_int_equal(work_result, 11);
    }
}

static void test_locks(void **state)
{
    struct place *place = *state;
    struct io *io = &place->io;
    struct io other;

    assert_int_equal(io_linux_open(&other, appender_asked), 0);
    int lock = io->lock(io->context, place->path);
    assert_true(lock >= 0);
    assert_int_equal(other.lock(other.context, place->path), -EWOULDBLOCK);
    assert_int_equal(io->lock(io->context, place->path), -EWOULDBLOCK);
    io->close(io->context, lock);
    lock = other.lock(other.context, place->path);
    assert_true(lock >= 0);
    other.close(other.context, lock);
    io_linux_close(&other);
}

static void test_clocks_and_memory(void **state)
{
    struct place *place = *state;
    struct io *io = &place->io;
    u8 random[32] = {0}, zero[32] = {0};

    i64 begin = io->monotonic_ns(io->context);
    io->sleep_ms(io->context, 5);
    assert_true(io->monotonic_ns(io->context) - begin >= 5000000);
    assert_true(io->wall_ms(io->context) > 1700000000000);
    assert_int_equal(io->random(io->context, random, sizeof(random)), 0);
    assert_memory_not_equal(random, zero, sizeof(random));
    u8 *memory = io->reserve(io->context, (size_t)1 << 40); /* address space only */
    assert_non_null(memory);
    assert_int_equal(memory[(size_t)1 << 39], 0);
    assert_int_equal((uintptr_t)memory % IO_SECTOR, 0);
    io->release(io->context, memory, (size_t)1 << 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),   cmocka_unit_test(test_appends),   cmocka_unit_test(test_names),
        cmocka_unit_test(test_threads), cmocka_unit_test(test_locks),
        cmocka_unit_test(test_clocks_and_memory),
    };
    struct CMUnitTest with_place[ARRAY_COUNT(tests)];
    int failed = 0;

    for (u32 i = 0; i < ARRAY_COUNT(tests); i++) {
        with_place[i] = tests[i];
        with_place[i].setup_func = set_up;
        with_place[i].teardown_func = tear_down;
    }
    appender_asked = IO_APPENDER_BEST;
    failed += cmocka_run_group_tests_name("best", with_place, NULL, NULL);
    appender_asked = IO_APPENDER_THREAD;
    failed += cmocka_run_group_tests_name("thread", with_place, NULL, NULL);
    return failed;
}
