/*
 * What simulations found (sim/), as regression cases by name. Each says what went
 * wrong for whom; the world that found it is in TESTING.md.
 */
#include "access/access.h"
#include "door/body.h"
#include "door/serve.h"
#include "test/stall.h"

#include <string.h>

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

/* A system clock in the year 2100 ended the server by an assertion as soon as a hold was due. It refuses commands, and
 * sells on when the clock is right again. */
static void clock_beyond_2099(void **state)
{
    struct io io;
    const struct command_stock_receive receive = {HEADER(stock_receive, STOCK_RECEIVE), .sku = 1, .location = 1,
                                                  .quantity = 1};
    const struct stall_order hold = stall_hold(2);
    const struct eleven_options options = {.io = &io, .no_snapshot_at_close = true};
    struct sim_disk *disk = stall_disk(&io, NULL);
    (void)state;
    sim_disk_set_wall(disk, TIME_MS_MAX - 60000);
    struct eleven *eleven = stall_open(options, JOURNAL_OK);
    stall_furnish(eleven, 5);
    OK(stall_give(eleven, &hold.place.header, ""));
    u64 seq = engine_seq(eleven_engine(eleven));
    sim_disk_advance(disk, (HOLD_MS_DEFAULT + 60000) * (i64)1000000);
    eleven_poll(eleven, NULL, 0, false);
    assert_int_equal(engine_seq(eleven_engine(eleven)), seq);
    CODE(stall_give(eleven, &receive.header, ""), MALFORMED);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_set_wall(disk, TIME_MS_MAX - 10000);
    eleven = stall_open(options, JOURNAL_OK);
    OK(stall_give(eleven, &receive.header, ""));
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
