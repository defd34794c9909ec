/*
 * What a node adds to its engine, on a simulated disk: when a decision may be
 * told, that the journal holds what was decided, the server's clock and the
 * holds that end by it, and that a folder which says of itself what it is not
 * is refused.
 */
#include "journal/snapshot.h"
#include "node/node.h"
#include "test/stall.h"

#include <string.h>

#define UNITS 5u
#define MS ((i64)1000000)           /* in ns, as the simulated disk counts */
#define HOUR_MS ((i64)3600 * 1000)

/* Opened with the server's clock; what a start finds is in the journal alone. */
static struct eleven *open_folder(struct io *io, enum journal_status expected)
{
    return stall_open((struct eleven_options){.io = io, .no_snapshot_at_close = true}, expected);
}

static struct eleven *new_folder(struct sim_disk **disk, struct io *io)
{
    *disk = stall_disk(io, NULL);
    return open_folder(io, JOURNAL_OK);
}

/* Places a hold of one unit. */
static const struct order *place(struct eleven *eleven)
{
    struct stall_order hold = stall_hold(1);
    struct result result;
    assert_true(eleven_call(eleven, &hold, &result));
    assert_int_equal(result.code, RESULT_OK);
    return engine_order(eleven_engine(eleven), result.id);
}

/* Closes, decides all of it again from the journal, and finds the same. */
static struct eleven *again(struct eleven *eleven, struct io *io)
{
    u64 seq = engine_seq(eleven_engine(eleven)), chain = engine_chain(eleven_engine(eleven));
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    eleven = open_folder(io, JOURNAL_OK);
    assert_int_equal(engine_seq(eleven_engine(eleven)), seq);
    assert_int_equal(engine_chain(eleven_engine(eleven)), chain);
    return eleven;
}

/* --- what may be told ------------------------------------------------------------------- */

static void told(void *argument, struct result result)
{
    u32 *count = argument;
    assert_int_equal(result.code, RESULT_OK);
    ++*count;
}

/* For a door: told at once, durable only when the disk says so. */
static void test_decided_is_not_durable(void **state)
{
    struct sim_disk *disk;
    struct io io;
    struct eleven *eleven = new_folder(&disk, &io);
    u32 count = 0;
    (void)state;
    stall_furnish(eleven, UNITS);
    u64 seq = engine_seq(eleven_engine(eleven));
    assert_int_equal(eleven_durable(eleven), seq);
    struct stall_order hold = stall_hold(1);
    assert_int_equal(eleven_decide(eleven, &hold, sizeof(hold), told, &count), sizeof(hold));
    assert_int_equal(count, 1);
    assert_int_equal(engine_seq(eleven_engine(eleven)), seq + 1);
    assert_int_equal(eleven_durable(eleven), seq);
    while (eleven_durable(eleven) == seq)
        eleven_poll(eleven, NULL, 0, false);
    assert_int_equal(eleven_durable(eleven), seq + 1);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* Given in together: what is accepted behind what is refused is in the journal, and nothing else. */
static void test_accepted_behind_refused(void **state)
{
    static const u32 quantities[] = {UNITS + 1, 2, 9, 1, 1, 3, 1};
    struct stall_order holds[ARRAY_COUNT(quantities)];
    struct eleven_answer answers[ARRAY_COUNT(quantities)];
    struct sim_disk *disk;
    struct io io;
    struct eleven *eleven = new_folder(&disk, &io);
    size_t taken;
    u64 ticket;
    (void)state;
    stall_furnish(eleven, UNITS);
    for (u32 i = 0; i < ARRAY_COUNT(quantities); i++)
        holds[i] = stall_hold(quantities[i]);
    assert_int_equal(eleven_submit(eleven, holds, sizeof(holds), &taken, &ticket), ARRAY_COUNT(quantities));
    for (size_t count = 0; count < ARRAY_COUNT(quantities);)
        count += eleven_poll(eleven, answers + count, ARRAY_COUNT(quantities) - count, true);
    for (u32 i = 0; i < ARRAY_COUNT(quantities); i++)
        assert_int_equal(answers[i].result.code, quantities[i] <= 2 ? RESULT_OK : RESULT_SOLD_OUT);
    eleven = again(eleven, &io);
    assert_int_equal(engine_order_count(eleven_engine(eleven)), 4);
    assert_int_equal(engine_book(eleven_engine(eleven), 1)->available, 0);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* --- the clock ------------------------------------------------------------------------------ */

/* A hold ends when it was said, not before, by the server's own clock; and the journal knows. */
static void test_holds_end_in_time(void **state)
{
    struct sim_disk *disk;
    struct io io;
    struct eleven *eleven = new_folder(&disk, &io);
    (void)state;
    stall_furnish(eleven, UNITS);
    const struct order *order = place(eleven);
    i64 deadline_ms = order->changed_ms;
    assert_int_equal(deadline_ms, order->placed_ms + HOLD_MS_DEFAULT);
    sim_disk_advance(disk, (deadline_ms - eleven_time(eleven) - 2) * MS);
    eleven_poll(eleven, NULL, 0, false);
    assert_true(eleven_time(eleven) < deadline_ms);
    assert_int_equal(order->state, ORDER_HELD);
    sim_disk_advance(disk, 4 * MS);
    eleven_poll(eleven, NULL, 0, false);
    assert_int_equal(order->state, ORDER_EXPIRED);
    assert_true(order->changed_ms >= deadline_ms && order->changed_ms <= deadline_ms + 4);
    assert_int_equal(engine_book(eleven_engine(eleven), 1)->available, UNITS);
    eleven = again(eleven, &io);
    assert_int_equal(engine_order(eleven_engine(eleven), 1)->state, ORDER_EXPIRED);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* The wall clock is set an hour on or back in mid-sale: the server's goes on, and is drawn by one part in a hundred. */
static void test_wall_clock_steps(void **state)
{
    (void)state;
    for (int way = -1; way <= 1; way += 2) {
        struct sim_disk *disk;
        struct io io;
        struct eleven *eleven = new_folder(&disk, &io);
        stall_furnish(eleven, UNITS);
        i64 before_ms = place(eleven)->placed_ms;
        sim_disk_set_wall(disk, io.wall_ms(io.context) + way * HOUR_MS);
        i64 at_once_ms = place(eleven)->placed_ms;
        assert_true(at_once_ms >= before_ms && at_once_ms <= before_ms + 1);
        sim_disk_advance(disk, 100000 * MS);
        i64 passed_ms = place(eleven)->placed_ms - at_once_ms;
        assert_in_range(passed_ms, 100000 + way * 1000 - 5, 100000 + way * 1000 + 5);
        assert_in_range(eleven_time(eleven), at_once_ms + passed_ms, at_once_ms + passed_ms + 1);
        assert_int_equal(eleven_close(eleven), JOURNAL_OK);
        sim_disk_destroy(disk);
    }
}

/* A start with a wall clock that is an hour behind what was decided: time goes on from there. */
static void test_start_with_a_wall_clock_set_back(void **state)
{
    struct sim_disk *disk;
    struct io io;
    struct eleven *eleven = new_folder(&disk, &io);
    (void)state;
    stall_furnish(eleven, UNITS);
    i64 before_ms = place(eleven)->placed_ms;
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_set_wall(disk, before_ms - HOUR_MS);
    eleven = open_folder(&io, JOURNAL_OK);
    sim_disk_advance(disk, 100000 * MS);
    assert_in_range(place(eleven)->placed_ms, before_ms + 99000 - 5, before_ms + 100000);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* --- what a folder says of itself --------------------------------------------------------------- */

/* A journal whose writer had another state after the same commands: another version of the rules. */
static void test_another_state_in_the_journal(void **state)
{
    struct sim_disk *disk;
    struct io io;
    struct eleven *eleven = new_folder(&disk, &io);
    struct journal *journal;
    u64 buffer[64] = {0};
    struct command_currency_put *currency = (struct command_currency_put *)buffer;
    (void)state;
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    struct config config;
    stall_config(&config);
    struct journal_options options = config_journal(&config, STALL_FOLDER);
    assert_int_equal(journal_open(&journal, &io, &options, 0, NULL, NULL, stall_problem), JOURNAL_OK);
    *currency = (struct command_currency_put){HEADER(currency_put, CURRENCY_PUT), .digits = 2};
    assert_true(command_add_texts(&currency->header, &(struct slice){"CNY", 3}, 1));
    u32 size = currency->header.size;
    memcpy(journal_reserve(journal, size), buffer, size);
    journal_push(journal, size, 0, 12345);
    assert_int_equal(journal_close(journal), JOURNAL_OK);
    open_folder(&io, JOURNAL_FOREIGN);
    assert_non_null(strstr(stall_problem, "the state is not what its writer had"));
    sim_disk_destroy(disk);
}

/* A snapshot, whole by its checksums, whose state is not the one it names. */
static void test_another_state_in_a_snapshot(void **state)
{
    static _Alignas(4096) u8 buffer[SNAPSHOT_BUFFER_BYTES];
    struct sim_disk *disk;
    struct io io;
    struct snapshot_head head;
    struct config config;
    struct eleven *eleven = new_folder(&disk, &io);
    stall_config(&config);
    struct engine *engine = support_engine(&config.limits);
    (void)state;
    stall_furnish(eleven, UNITS);
    assert_true(eleven_snapshot(eleven));
    eleven = again(eleven, &io);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    assert_int_equal(snapshot_restore(&io, STALL_FOLDER, UINT64_MAX, engine, &head, stall_problem), JOURNAL_OK);
    head.state ^= 1;
    assert_int_equal(snapshot_write(&io, STALL_FOLDER, &head, 0, buffer), JOURNAL_OK);
    open_folder(&io, JOURNAL_FOREIGN);
    assert_non_null(strstr(stall_problem, "the snapshot's state is not its own"));
    support_engine_free(engine, &config.limits);
    sim_disk_destroy(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decided_is_not_durable),
        cmocka_unit_test(test_accepted_behind_refused),
        cmocka_unit_test(test_holds_end_in_time),
        cmocka_unit_test(test_wall_clock_steps),
        cmocka_unit_test(test_start_with_a_wall_clock_set_back),
        cmocka_unit_test(test_another_state_in_the_journal),
        cmocka_unit_test(test_another_state_in_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
