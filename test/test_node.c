/*
 * The data folder as a whole: what eleven.conf may say, what a start refuses by
 * name, and that nobody is led astray by the reason.
 */
#include "eleven.h"
#include "node/config.h"
#include "sim/disk.h"
#include "test/support.h"

#include <string.h>

#define FOLDER "/shop"

static char problem[JOURNAL_PROBLEM_MAX];

static struct sim_disk *new_folder(struct io *io)
{
    struct config config;
    struct sim_disk *disk = sim_disk_create(1);
    sim_disk_io(disk, io);
    config_default(&config);
    support_limits(&config.limits);
    config.journal_segment_bytes = CONFIG_SEGMENT_BYTES_MIN;
    assert_int_equal(config_create(FOLDER, &config, io), JOURNAL_OK);
    return disk;
}

static struct eleven *open_folder(struct io *io, enum journal_status expected)
{
    struct eleven *eleven;
    struct eleven_options options = {
        .directory = FOLDER, .io = io, .clock = ELEVEN_CLOCK_CALLER, .orders_ahead = 1};
    problem[0] = '\0';
    assert_int_equal(eleven_open(&eleven, &options, problem), expected);
    assert_true((eleven != NULL) == (expected == JOURNAL_OK));
    return eleven;
}

/* Replaces eleven.conf by what `change` makes of its text. */
static void rewrite(struct io *io, void (*change)(char *text))
{
    char text[CONFIG_BYTES_MAX] = "";
    int file = io->open(io->context, FOLDER "/eleven.conf", IO_READ);
    assert_true(io->read(io->context, file, text, sizeof(text) - 1, 0) > 0);
    io->close(io->context, file);
    change(text);
    file = io->open(io->context, FOLDER "/eleven.conf", IO_WRITE | IO_CREATE);
    assert_int_equal(io_write_all(io, file, text, strlen(text), 0), 0);
    io->close(io->context, file);
}

static void add_unknown(char *text)
{
    strcat(text, "unicorns = 3\n");
}

static void add_twice(char *text)
{
    strcat(text, "orders = 3\n");
}

static void add_garbage(char *text)
{
    strcat(text, "what is this\n");
}

static void cut(char *text)
{
    text[strlen(text) / 2] = '\0';
}

static void spoil_number(char *text)
{
    *strchr(strstr(text, "\nskus = "), '=') = ':';
}

static void zero_limit(char *text)
{
    char *at = strstr(text, "\nskus = ") + 8;
    *at = '0';
    for (at++; *at != '\n'; at++)
        *at = ' ';
}

static void odd_segments(char *text)
{
    char *at = strstr(text, "journal_segment_bytes = ");
    strcpy(at, "journal_segment_bytes = 266240\n");
}

static void small_segments(char *text)
{
    char *at = strstr(text, "journal_segment_bytes = ");
    strcpy(at, "journal_segment_bytes = 5000\n");
}

static void test_settings(void **state)
{
    static const struct {
        void (*change)(char *text);
        const char *said;       /* NULL: it is good */
    } cases[] = {
        {add_unknown, "no setting of this name"},
        {add_twice, "given twice"},
        {add_garbage, "expected `name = number`"},
        {cut, "is missing"},
        {spoil_number, "expected `name = number`"},
        {zero_limit, "skus must be from 1 to 100000000"},
        {small_segments, "multiple of 4096"},
        {odd_segments, NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct io io;
        struct sim_disk *disk = new_folder(&io);
        rewrite(&io, cases[i].change);
        struct eleven *eleven = open_folder(&io, cases[i].said == NULL ? JOURNAL_OK : JOURNAL_BAD_CONFIG);
        if (cases[i].said != NULL && strstr(problem, cases[i].said) == NULL)
            fail_msg("case %zu says: %s", i, problem);
        if (eleven != NULL)
            assert_int_equal(eleven_close(eleven), JOURNAL_OK);
        sim_disk_destroy(disk);
    }
}

static void test_no_folder(void **state)
{
    struct io io;
    char directory[2000];
    struct engine_limits limits;
    struct sim_disk *disk = sim_disk_create(1);
    (void)state;
    sim_disk_io(disk, &io);
    open_folder(&io, JOURNAL_NOT_FOUND);
    support_limits(&limits);
    memset(directory, 'a', sizeof(directory));
    directory[0] = '/';
    directory[sizeof(directory) - 1] = '\0';
    assert_int_equal(eleven_create(directory, &limits, &io), JOURNAL_BAD_CONFIG);
    limits.skus = 0;
    assert_int_equal(eleven_create(FOLDER, &limits, &io), JOURNAL_BAD_CONFIG);
    sim_disk_destroy(disk);
}

static void join_shoppers(struct eleven *eleven, u32 count)
{
    struct result result;
    u64 buffer[64] = {0};
    struct command_currency_put *currency = (struct command_currency_put *)buffer;
    *currency = (struct command_currency_put){
        .header = {.kind = COMMAND_CURRENCY_PUT, .size = sizeof(*currency)}, .digits = 2};
    assert_true(command_add_texts(&currency->header, &(struct slice){"CNY", 3}, 1));
    assert_true(eleven_call(eleven, buffer, &result));
    for (u32 i = 0; i < count; i++) {
        struct command_shopper_join join = {
            .header = {.kind = COMMAND_SHOPPER_JOIN, .size = sizeof(join)}, .currency = 1};
        assert_true(eleven_call(eleven, &join, &result));
        assert_int_equal(result.code, RESULT_OK);
        assert_int_equal(result.id, i + 1);
    }
}

static void few_shoppers(char *text)
{
    char *at = strstr(text, "\nshoppers = ") + 12;
    *at = '2';
    for (at++; *at != '\n'; at++)
        *at = ' ';
}

/* Named as what it is, whether a snapshot or the journal is read. */
static void test_limit_below_use(void **state)
{
    (void)state;
    for (int snapshot = 0; snapshot < 2; snapshot++) {
        struct io io;
        struct sim_disk *disk = new_folder(&io);
        struct eleven *eleven = open_folder(&io, JOURNAL_OK);
        join_shoppers(eleven, 5);
        assert_int_equal(eleven_close(eleven), JOURNAL_OK);
        if (!snapshot)
            sim_disk_remove(disk, FOLDER "/snapshot-00000000000000000006");
        rewrite(&io, few_shoppers);
        open_folder(&io, JOURNAL_FOREIGN);
        assert_non_null(strstr(problem, "eleven.conf: shoppers is below what is in use"));
        sim_disk_destroy(disk);
    }
}

static void test_damaged_snapshot(void **state)
{
    struct io io;
    struct sim_disk *disk = new_folder(&io);
    struct eleven *eleven = open_folder(&io, JOURNAL_OK);
    (void)state;
    join_shoppers(eleven, 5);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_file_bytes(disk, FOLDER "/snapshot-00000000000000000006")[100] ^= 1;
    sim_disk_settle(disk);
    open_folder(&io, JOURNAL_ROT);
    assert_non_null(strstr(problem, "snapshot-00000000000000000006 is damaged"));
    sim_disk_remove(disk, FOLDER "/snapshot-00000000000000000006"); /* what the message advises */
    eleven = open_folder(&io, JOURNAL_OK);
    assert_int_equal(engine_shopper_count(eleven_engine(eleven)), 5);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* A snapshot beside the sale holds what was durable when it was made, and the next start begins with it. */
static void test_snapshot_beside(void **state)
{
    struct io io;
    struct eleven_stats stats;
    struct eleven_answer answer;
    struct sim_disk *disk = new_folder(&io);
    struct eleven *eleven = open_folder(&io, JOURNAL_OK);
    (void)state;
    join_shoppers(eleven, 5);
    assert_true(eleven_snapshot(eleven));
    sim_disk_advance(disk, 10000000);
    eleven_poll(eleven, &answer, 1, false);
    eleven_stats(eleven, &stats);
    assert_int_equal(stats.snapshots, 1);
    assert_int_equal(stats.snapshot_status, JOURNAL_OK);
    assert_false(eleven_snapshot_running(eleven));
    sim_disk_crash_at(disk, sim_disk_calls(disk) + 1); /* so that there is no snapshot at the end */
    eleven_close(eleven);
    sim_disk_restart(disk);
    eleven = open_folder(&io, JOURNAL_OK);
    eleven_stats(eleven, &stats);
    assert_true(stats.recovered_snapshot_seq >= 1 && stats.recovered_snapshot_seq <= 6);
    assert_int_equal(engine_shopper_count(eleven_engine(eleven)), 5);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* Malformed commands are answered in their place; the ones after them are decided. */
static void test_malformed_among_good(void **state)
{
    struct io io;
    struct sim_disk *disk = new_folder(&io);
    struct eleven *eleven = open_folder(&io, JOURNAL_OK);
    struct command_shopper_join joins[3];
    struct eleven_answer answers[8];
    size_t taken;
    u64 ticket;
    (void)state;
    join_shoppers(eleven, 1);
    for (u32 i = 0; i < 3; i++)
        joins[i] = (struct command_shopper_join){
            .header = {.kind = COMMAND_SHOPPER_JOIN, .size = sizeof(joins[0])}, .currency = 1};
    joins[1].reserved = 7;
    assert_int_equal(eleven_submit(eleven, joins, sizeof(joins), &taken, &ticket), 3);
    assert_int_equal(taken, sizeof(joins));
    for (size_t count = 0; count < 3;)
        count += eleven_poll(eleven, answers + count, 8 - count, true);
    assert_int_equal(answers[0].result.code, RESULT_OK);
    assert_int_equal(answers[1].result.code, RESULT_MALFORMED);
    assert_int_equal(answers[2].result.code, RESULT_OK);
    joins[0].header.size = 12; /* not even its size can be believed: the rest is taken with it */
    assert_int_equal(eleven_submit(eleven, joins, sizeof(joins), &taken, &ticket), 1);
    assert_int_equal(taken, sizeof(joins));
    assert_int_equal(eleven_poll(eleven, answers, 8, true), 1);
    assert_int_equal(answers[0].result.code, RESULT_MALFORMED);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings),         cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_limit_below_use),  cmocka_unit_test(test_damaged_snapshot),
        cmocka_unit_test(test_snapshot_beside),  cmocka_unit_test(test_malformed_among_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
