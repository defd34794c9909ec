/*
 * What simulations found (sim/), as regression cases by name. Each says what went
 * wrong for whom; the world that found it is in TESTING.md.
 */
#include "access/access.h"
#include "door/body.h"
#include "door/serve.h"
#include "eleven.h"
#include "node/config.h"
#include "sim/disk.h"
#include "test/support.h"

#include <string.h>

#define FOLDER "/shop"

/* A budget for department 1, as a page sets it, became one for department 2: the number's digits were looked at once
 * more when the next member had been written over them. */
static void budget_subject_by_number(void **state)
{
    static const char *const bodies[] = {
        "{\"subject\":1,\"scope\":3,\"limit_minor\":5000}",
        "{\"limit_minor\":5000,\"scope\":3,\"subject\":1}",
        "{\"subject\":1,\"limit_minor\":5000,\"scope\":\"department\"}",
    };
    struct shop shop;
    (void)state;
    shop_open(&shop);
    shop_furnish(&shop);
    for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
        struct command_budget_set set;
        struct ask ask;
        json_t *body = json_loads(bodies[i], 0, NULL);
        ask_begin(&ask, shop.engine, COMMAND_BUDGET_SET, &set);
        assert_true(body_members(body, &ask));
        json_decref(body); /* and with it whatever the numbers were written to */
        assert_true(ask_end(&ask));
        assert_int_equal(set.subject, 1);
        assert_int_equal(set.scope, BUDGET_DEPARTMENT);
        assert_int_equal(set.limit_minor, 5000);
    }
    shop_close(&shop);
}

/* A gift that named no giver was the caller's over HTTP, and forbidden over RESP, under the same key. */
static void caller_is_meant_through_either_door(void **state)
{
    const struct caller shopper = {.account = 7, .roles = ROLE_SHOPPER, .shopper = 3};
    const struct caller provider = {.account = 8, .roles = ROLE_PROVIDER};
    struct command_wallet_transfer gift = {HEADER(wallet_transfer, WALLET_TRANSFER), .to = 2};
    struct command_budget_set budget = {HEADER(budget_set, BUDGET_SET)};
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), .shopper = 9};
    struct command_order_pay pay = {HEADER(order_pay, ORDER_PAY)}, notice = {HEADER(order_pay, ORDER_PAY)};
    (void)state;
    serve_caller_defaults(&shopper, &gift.header);
    serve_caller_defaults(&shopper, &budget.header);
    serve_caller_defaults(&shopper, &place.header);
    serve_caller_defaults(&shopper, &pay.header);
    serve_caller_defaults(&provider, &notice.header);
    assert_int_equal(gift.from, 3);
    assert_int_equal(budget.shopper, 3);
    assert_int_equal(place.shopper, 9); /* what is said stays */
    assert_int_equal(pay.payment, PAYMENT_WALLET);
    assert_int_equal(notice.payment, PAYMENT_PROVIDER);
}

/* The GTIN of a UPC, as the number that it is, had lost its leading zero: taken over HTTP, refused over RESP. */
static void gtin_without_leading_zero(void **state)
{
    static const struct {
        const char *value;
        enum ask_type type;
        bool good;
    } cases[] = {
        {"036000291452", ASK_WORD, true}, {"36000291452", ASK_WORD, true},   {"36000291452", ASK_NUMBER, true},
        {"036000291452", ASK_TEXT, true}, {"36000291452", ASK_TEXT, false}, {"unicorn", ASK_WORD, false},
    };
    struct shop shop;
    (void)state;
    shop_open(&shop);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct command_sku_put put;
        struct ask ask;
        ask_begin(&ask, shop.engine, COMMAND_SKU_PUT, &put);
        bool good = ask_give(&ask, slice_text("gtin"), slice_text(cases[i].value), cases[i].type);
        assert_int_equal(good, cases[i].good);
        if (good)
            assert_int_equal(put.gtin, 36000291452);
        else
            assert_int_equal(ask.refusal.code, RESULT_BAD_GTIN);
    }
    shop_close(&shop);
}

static bool call(struct eleven *eleven, const void *fields, const char *text)
{
    u64 room[64] = {0};
    struct result result;
    const struct command_info *info = command_info(((const struct command_header *)fields)->kind);
    struct slice texts[COMMAND_TEXTS_MAX] = {slice_text(text)};
    memcpy(room, fields, info->fixed_size);
    if (info->tail == TAIL_TEXTS)
        assert_true(command_add_texts((struct command_header *)room, texts, info->text_count));
    return eleven_call(eleven, room, &result) && result.code == RESULT_OK;
}

#define CALL(name, NAME, text, ...) \
    assert_true(call(eleven, &(struct command_##name){HEADER(name, NAME), __VA_ARGS__}, text))

static void hold_something(struct eleven *eleven)
{
    CALL(currency_put, CURRENCY_PUT, "CNY", .digits = 2);
    CALL(country_put, COUNTRY_PUT, "CN");
    CALL(department_put, DEPARTMENT_PUT, "shoes");
    CALL(city_put, CITY_PUT, "SHA", .country = 1);
    CALL(location_put, LOCATION_PUT, "S1", .city = 1, .kind = LOCATION_STORE, .services = SERVICE_SHIP);
    CALL(seller_put, SELLER_PUT, "one", );
    CALL(sku_put, SKU_PUT, "K1", .department = 1, .seller = 1, .for_sale = 1);
    CALL(price_set, PRICE_SET, "", .sku = 1, .currency = 1, .price_minor = 100);
    CALL(stock_receive, STOCK_RECEIVE, "", .sku = 1, .location = 1, .quantity = 5);
    CALL(shopper_join, SHOPPER_JOIN, "", .city = 1, .currency = 1);
    struct {
        struct command_order_place place;
        struct order_line_asked line;
    } order = {.place = {HEADER(order_place, ORDER_PLACE), .shopper = 1, .city = 1, .currency = 1, .line_count = 1,
                         .channel = CHANNEL_WEB, .delivery = DELIVERY_HOME, .payment = PAYMENT_HOLD},
               .line = {.sku = 1, .quantity = 2}};
    struct result result;
    order.place.header.size = sizeof(order);
    assert_true(eleven_call(eleven, &order, &result));
    assert_int_equal(result.code, RESULT_OK);
}

/* A system clock in the year 2100 ended the server by an assertion as soon as a hold was due. It refuses commands, and
 * sells on when the clock is right again. */
static void clock_beyond_2099(void **state)
{
    struct io io;
    struct config config;
    struct eleven *eleven;
    char problem[JOURNAL_PROBLEM_MAX];
    (void)state;
    struct sim_disk *disk = sim_disk_create(1);
    struct eleven_options options = {.directory = FOLDER, .io = &io, .orders_ahead = 1, .no_snapshot_at_close = true};
    sim_disk_io(disk, &io);
    config_default(&config);
    support_limits(&config.limits);
    config.journal_segment_bytes = CONFIG_SEGMENT_BYTES_MIN;
    sim_disk_set_wall(disk, TIME_MS_MAX - 60000);
    assert_int_equal(config_create(FOLDER, &config, &io), JOURNAL_OK);
    assert_int_equal(eleven_open(&eleven, &options, problem), JOURNAL_OK);
    hold_something(eleven);
    u64 seq = engine_seq(eleven_engine(eleven));
    sim_disk_advance(disk, (HOLD_MS_DEFAULT + 60000) * (i64)1000000);
    eleven_poll(eleven, NULL, 0, false);
    assert_int_equal(engine_seq(eleven_engine(eleven)), seq);
    struct command_stock_receive receive = {HEADER(stock_receive, STOCK_RECEIVE), .sku = 1, .location = 1, .quantity = 1};
    assert_false(call(eleven, &receive, ""));
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_set_wall(disk, TIME_MS_MAX - 10000);
    assert_int_equal(eleven_open(&eleven, &options, problem), JOURNAL_OK);
    assert_true(call(eleven, &receive, ""));
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budget_subject_by_number),
        cmocka_unit_test(caller_is_meant_through_either_door),
        cmocka_unit_test(gtin_without_leading_zero),
        cmocka_unit_test(clock_beyond_2099),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
