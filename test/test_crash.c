/*
 * The whole engine on a simulated disk: a run of 1,000 orders for 700 units is
 * cut off at every single call to the disk, recovered (cut off again on the
 * way), and finished by clients that repeat every key. A list kept outside says
 * what was acknowledged. Nothing of it may be lost, nothing may happen twice,
 * and in the end exactly 700 units are sold.
 */
#include "eleven.h"
#include "node/config.h"
#include "sim/disk.h"
#include "test/support.h"

#include <stdlib.h>
#include <string.h>

#define ORDERS 1000u
#define UNITS 700u
#define SEGMENT_BYTES CONFIG_SEGMENT_BYTES_MIN /* a night fills some of them */
#define GROUP 10u               /* orders submitted at a time */
#define DIRECTORY "/shop"
#define UNIT_PRICE 1999
#define SETUP_KEY 1000000u
#define TIME_MS ((i64)1541865600000) /* 2018-11-11T00:00:00+08:00 */

/* What the clients know: kept outside of the disk. */
struct clients {
    bool acknowledged[ORDERS];
    struct result results[ORDERS];
};

static void config_small(struct config *config)
{
    support_limits(&config->limits);
    config->limits.orders = ORDERS;
    config->limits.lines = ORDERS;
    config->limits.answers = 2 * ORDERS;
    config->journal_segment_bytes = SEGMENT_BYTES;
}

static char problem[JOURNAL_PROBLEM_MAX]; /* what the last opening said */

static struct eleven *open_shop(struct io *io, enum journal_status *status)
{
    struct eleven *eleven;
    struct eleven_options options = {.directory = DIRECTORY, .io = io, .clock = ELEVEN_CLOCK_CALLER, .orders_ahead = 1};
    *status = eleven_open(&eleven, &options, problem);
    return eleven;
}

/* One command with texts "a|b|c..." and a key of its own, so that it can be repeated. False: the disk is gone. */
static bool furnish_one(struct eleven *eleven, u64 key, const struct command_header *command, const char *code)
{
    u64 buffer[128] = {0};
    struct command_header *copy = (struct command_header *)buffer;
    const struct command_info *info = command_info(command->kind);
    struct slice texts[COMMAND_TEXTS_MAX] = {{0}};
    struct result result;
    memcpy(buffer, command, info->fixed_size);
    copy->size = info->fixed_size;
    copy->time_ms = TIME_MS;
    copy->key[0] = SETUP_KEY + key;
    texts[0] = slice_text(code);
    if (info->tail == TAIL_TEXTS)
        assert_true(command_add_texts(copy, texts, info->text_count));
    if (!eleven_call(eleven, buffer, &result))
        return false;
    assert_int_equal(result.code, RESULT_OK);
    return true;
}

#define GIVE(key, name, NAME, code, ...) \
    furnish_one(eleven, key, &(struct command_##name){HEADER(name, NAME), __VA_ARGS__}.header, code)

static bool furnish(struct eleven *eleven)
{
    return GIVE(1, currency_put, CURRENCY_PUT, "CNY", .digits = 2) && GIVE(2, country_put, COUNTRY_PUT, "CN") &&
           GIVE(3, department_put, DEPARTMENT_PUT, "toys") &&
           GIVE(4, city_put, CITY_PUT, "Shanghai", .country = 1, .longitude_e6 = 121470000, .latitude_e6 = 31230000) &&
           GIVE(5, location_put, LOCATION_PUT, "warehouse", .city = 1, .kind = LOCATION_WAREHOUSE,
                .services = SERVICE_SHIP) &&
           GIVE(6, seller_put, SELLER_PUT, "house", ) &&
           GIVE(7, sku_put, SKU_PUT, "kite", .department = 1, .seller = 1, .for_sale = 1) &&
           GIVE(8, price_set, PRICE_SET, "", .price_minor = UNIT_PRICE, .sku = 1, .currency = 1) &&
           GIVE(9, stock_receive, STOCK_RECEIVE, "", .sku = 1, .location = 1, .quantity = UNITS) &&
           GIVE(10, shopper_join, SHOPPER_JOIN, "", .city = 1, .currency = 1) &&
           GIVE(11, wallet_top_up, WALLET_TOP_UP, "", .amount_minor = (i64)UNIT_PRICE * ORDERS, .shopper = 1,
                .currency = 1);
}

struct order_command {
    struct command_order_place place;
    struct order_line_asked line;
};

static struct order_command order_number(u32 number)
{
    return (struct order_command){
        .place = {.header = {.kind = COMMAND_ORDER_PLACE,
                             .size = sizeof(struct order_command),
                             .caller = 7,
                             .time_ms = TIME_MS + number / 10,
                             .key = {number + 1, 0}},
                  .shopper = 1,
                  .city = 1,
                  .currency = 1,
                  .line_count = 1,
                  .channel = CHANNEL_WEB,
                  .delivery = DELIVERY_HOME,
                  .payment = number % 3 == 0 ? PAYMENT_HOLD : PAYMENT_WALLET},
        .line = {1, 1},
    };
}

/* An answer has come; it must agree with one that came before a crash. */
static void hear(struct clients *clients, u32 number, struct result result)
{
    const struct result *before = &clients->results[number];
    if (clients->acknowledged[number]) {
        assert_int_equal(result.code, before->code);
        assert_int_equal(result.id, before->id);
        assert_int_equal(result.value, before->value);
        assert_true(result.code != RESULT_OK || (result.flags & RESULT_REPLAYED));
        return;
    }
    assert_true(result.code == RESULT_OK || result.code == RESULT_SOLD_OUT);
    clients->acknowledged[number] = true;
    clients->results[number] = result;
}

/* Gives in a group and hears all answers. False: the disk is gone. */
static bool order_group(struct eleven *eleven, struct clients *clients, u32 first)
{
    struct order_command commands[GROUP];
    struct eleven_answer answers[GROUP];
    size_t taken;
    u64 ticket;
    for (u32 i = 0; i < GROUP; i++)
        commands[i] = order_number(first + i);
    size_t submitted = eleven_submit(eleven, commands, sizeof(commands), &taken, &ticket);
    while (eleven_outstanding(eleven) > 0) {
        size_t count = eleven_poll(eleven, answers, GROUP, true);
        if (count == 0)
            return false;
        for (size_t i = 0; i < count; i++)
            hear(clients, first + (u32)(answers[i].ticket - ticket), answers[i].result);
    }
    return submitted == GROUP;
}

/* The night, from wherever it was left. False: the disk is gone. */
static bool night(struct io *io, struct clients *clients, enum journal_status *status)
{
    struct eleven *eleven = open_shop(io, status);
    if (eleven == NULL)
        return false;
    bool good = furnish(eleven);
    for (u32 first = 0; good && first < ORDERS; first += GROUP) {
        good = order_group(eleven, clients, first);
        if (first == ORDERS / 2)
            eleven_snapshot(eleven);
    }
    *status = eleven_close(eleven);
    return good && *status == JOURNAL_OK;
}

static void check_acknowledged(const struct engine *engine, const struct clients *clients)
{
    for (u32 i = 0; i < ORDERS; i++) {
        if (!clients->acknowledged[i] || clients->results[i].code != RESULT_OK)
            continue;
        const struct order *order = engine_order(engine, clients->results[i].id);
        assert_non_null(order);
        assert_int_equal(order->total_minor, clients->results[i].value);
    }
}

/* After everything: all heard, all units sold, books right; and the same after one more start. */
static void check_end(struct sim_disk *disk, struct io *io, const struct clients *clients)
{
    enum journal_status status;
    struct eleven *eleven = open_shop(io, &status);
    assert_int_equal(status, JOURNAL_OK);
    const struct engine *engine = eleven_engine(eleven);
    u32 sold = 0;
    for (u32 i = 0; i < ORDERS; i++) {
        assert_true(clients->acknowledged[i]);
        sold += clients->results[i].code == RESULT_OK;
    }
    assert_int_equal(sold, UNITS);
    assert_int_equal(engine_order_count(engine), UNITS);
    assert_int_equal(engine_book(engine, 1)->available, 0);
    assert_int_equal(engine_book(engine, 1)->reserved, UNITS);
    check_acknowledged(engine, clients);
    assert_true(support_check(engine));
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    assert_int_equal(sim_disk_open_files(disk), 0);
}

static struct sim_disk *new_shop(u64 seed, struct io *io)
{
    struct config config;
    struct sim_disk *disk = sim_disk_create(seed);
    sim_disk_io(disk, io);
    config_small(&config);
    assert_int_equal(config_create(DIRECTORY, &config, io), JOURNAL_OK);
    return disk;
}

static u64 calls_of_a_night(void)
{
    struct io io;
    enum journal_status status;
    struct clients clients = {0};
    struct sim_disk *disk = new_shop(1, &io);
    u64 before = sim_disk_calls(disk);
    assert_true(night(&io, &clients, &status));
    u64 calls = sim_disk_calls(disk) - before;
    check_end(disk, &io, &clients);
    sim_disk_destroy(disk);
    return calls;
}

/* One night that is cut off at `call`, recovered with a cut at `again` (0: none), and finished. */
static void broken_night(u64 seed, u64 call, u64 again, bool power)
{
    struct io io;
    enum journal_status status;
    struct clients clients = {0};
    struct sim_disk *disk = new_shop(seed, &io);
    sim_disk_crash_at(disk, sim_disk_calls(disk) + call);
    night(&io, &clients, &status);
    power ? sim_disk_reboot(disk) : sim_disk_restart(disk);
    if (again > 0) {
        sim_disk_crash_at(disk, sim_disk_calls(disk) + again);
        night(&io, &clients, &status);
        sim_disk_reboot(disk);
    }
    sim_disk_crash_at(disk, 0);
    if (!night(&io, &clients, &status))
        fail_msg("seed %llu call %llu again %llu: not healed: %s (%s)", (unsigned long long)seed, (unsigned long long)call,
                 (unsigned long long)again, journal_status_word(status), problem);
    check_end(disk, &io, &clients);
    sim_disk_destroy(disk);
}

static void test_power_cut_at_every_call(void **state)
{
    u64 seeds = support_number("ELEVEN_SEEDS", 2);
    u64 calls = calls_of_a_night();
    (void)state;
    for (u64 seed = 1; seed <= seeds; seed++)
        for (u64 call = 1; call <= calls; call++)
            broken_night(seed * 1000003 + call, call, call % 40, true);
    print_message("%llu nights cut off, each at one of %llu calls\n", (unsigned long long)(seeds * calls),
                  (unsigned long long)calls);
}

static void test_kill_at_every_call(void **state)
{
    u64 calls = calls_of_a_night();
    (void)state;
    for (u64 call = 1; call <= calls; call++)
        broken_night(call, call, 0, false);
}

/* A call that fails once (and lies from then on) ends the acknowledgements, and nothing acknowledged is lost. */
static void test_failure_at_every_call(void **state)
{
    static const int errors[] = {-5 /* EIO */, -28 /* ENOSPC */};
    u64 calls = calls_of_a_night();
    (void)state;
    for (u64 call = 1; call <= calls; call++) {
        struct io io;
        enum journal_status status;
        struct clients clients = {0};
        struct sim_disk *disk = new_shop(call, &io);
        sim_disk_fail_at(disk, sim_disk_calls(disk) + call, errors[call % 2]);
        night(&io, &clients, &status);
        sim_disk_reboot(disk);
        if (!night(&io, &clients, &status))
            fail_msg("call %llu: not healed: %s (%s)", (unsigned long long)call, journal_status_word(status), problem);
        check_end(disk, &io, &clients);
        sim_disk_destroy(disk);
    }
}

static void test_full_disk(void **state)
{
    (void)state;
    for (u64 space = 2 * SEGMENT_BYTES; space < 8 * SEGMENT_BYTES; space += SEGMENT_BYTES / 4) {
        struct io io;
        enum journal_status status;
        struct clients clients = {0};
        struct sim_disk *disk = new_shop(space, &io);
        sim_disk_space(disk, space);
        night(&io, &clients, &status);
        sim_disk_reboot(disk);
        sim_disk_space(disk, UINT64_MAX);
        if (!night(&io, &clients, &status))
            fail_msg("space %llu: not healed: %s (%s)", (unsigned long long)space, journal_status_word(status), problem);
        check_end(disk, &io, &clients);
        sim_disk_destroy(disk);
    }
}

static void test_two_processes(void **state)
{
    struct io io;
    enum journal_status status;
    struct sim_disk *disk = new_shop(1, &io);
    struct eleven *first = open_shop(&io, &status);
    (void)state;
    assert_non_null(first);
    assert_null(open_shop(&io, &status));
    assert_int_equal(status, JOURNAL_BUSY);
    assert_int_equal(eleven_close(first), JOURNAL_OK);
    sim_disk_destroy(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_cut_at_every_call), cmocka_unit_test(test_kill_at_every_call),
        cmocka_unit_test(test_failure_at_every_call),   cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_two_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
