/*
 * Days at a till: what a shop would complain about if it came out wrong.
 */
#include "test/test_till_kit.h"

/* --- a day -------------------------------------------------------------------------------- */

static void test_day(void **state)
{
    (void)state;
    open_stores();
    CODE(PAY(TILL_A, 1, 1, 0, 0), TILL_CLOSED);
    EXPECT(OPEN(TILL_A, 20000), OK, 1, 20000);
    EXPECT(OPEN(TILL_A, 20000), TILL_IS_OPEN, 0, 1);
    u32 cash = sell(TILL_A, ANYBODY, "1x1", 10000, 0, 0);
    sell(TILL_A, ANYBODY, "2x1", 0, 10000, 0);
    sell(TILL_A, 1, "1x1", 0, 0, 10000);
    u32 mixed = sell(TILL_A, 1, "3x1", 3000, 2000, 5000);
    assert_int_equal(engine_order(s.engine, cash)->payment, PAYMENT_PROVIDER);
    assert_int_equal(engine_order(s.engine, mixed)->payment, PAYMENT_WALLET);
    assert_int_equal(engine_balance(s.engine, 1, 1), 85000);
    assert_int_equal(engine_balance(s.engine, ANYBODY, 1), 0);
    assert_int_equal(book_of(1, STORE_A)->sold, 2);

    /* X: what the shift has sold so far. */
    const struct shift *shift = shift_of(TILL_A);
    assert_int_equal(shift->closed_ms, 0);
    assert_int_equal(shift->sales, 4);
    expect_amounts(shift->sold_minor, 13000, 12000, 15000);

    EXPECT(CASH(TILL_A, 5000), OK, 1, 38000);
    EXPECT(CASH(TILL_A, -30000), OK, 1, 8000);
    EXPECT(CASH(TILL_A, -8001), NOT_ENOUGH_CASH, 0, 8000);
    EXPECT(CASH(TILL_A, 0), BAD_AMOUNT, 0, 0);

    /* Z: counted against what should be there. */
    EXPECT(CLOSE(TILL_A, -1), BAD_AMOUNT, 0, 0);
    struct result closed = OK(CLOSE(TILL_A, 7900));
    assert_int_equal(closed.value, 8000);
    assert_int_equal(shift->counted_minor - closed.value, -100);
    assert_int_equal(shift->closed_ms, s.now_ms);
    assert_int_equal(shift->put_in_minor, 5000);
    assert_int_equal(shift->taken_out_minor, 30000);
    CODE(CLOSE(TILL_A, 0), TILL_CLOSED);
    CODE(CASH(TILL_A, 1), TILL_CLOSED);
    CODE(RETURN(TILL_A, cash, 1, CASH), TILL_CLOSED);
    CODE(VOID(TILL_A, cash), TILL_CLOSED);
    CODE(TAKE_BACK(TILL_A, 1, 1, 1), TILL_CLOSED);

    EXPECT(OPEN(TILL_A, 7900), OK, 2, 7900);
    assert_int_equal(shift_of(TILL_A)->previous, 1);
    expect_amounts(shift_of(TILL_A)->sold_minor, 0, 0, 0);
    EXPECT(VOID(TILL_A, cash), OTHER_SHIFT, 0, 0);
    shop_close(&s);
}

/* A suspended sale is an order on hold: resumed when it is paid, gone when the hold is. */
static void test_suspended(void **state)
{
    (void)state;
    open_stores();
    OK(OPEN(TILL_A, 0));
    u32 resumed = basket(ANYBODY, DELIVERY_CARRY_OUT, "1x2");
    u32 late = basket(ANYBODY, DELIVERY_CARRY_OUT, "1x2");
    u32 given_up = basket(ANYBODY, DELIVERY_CARRY_OUT, "1x1");
    i64 deadline = engine_order(s.engine, late)->changed_ms;
    assert_int_equal(book_of(1, STORE_A)->available, 0);
    OK(DO(&s, order_cancel, ORDER_CANCEL, .order = given_up));
    EXPECT(PAY(TILL_A, given_up, 10000, 0, 0), WRONG_STATE, 0, ORDER_CANCELLED);
    s.now_ms = deadline - 1;
    EXPECT(PAY(TILL_A, resumed, 20000, 0, 0), OK, resumed, 20000);
    EXPECT(PAY(TILL_A, resumed, 20000, 0, 0), ALREADY_PAID, 0, 0);
    s.now_ms = deadline;
    EXPECT(PAY(TILL_A, late, 20000, 0, 0), HOLD_EXPIRED, 0, deadline);
    s.now_ms++;
    EXPECT(DO(&s, clock_tick, CLOCK_TICK, ), OK, 0, 1);
    EXPECT(PAY(TILL_A, late, 20000, 0, 0), HOLD_EXPIRED, 0, deadline + 1);
    assert_int_equal(book_of(1, STORE_A)->available, 3);
    expect_amounts(shift_of(TILL_A)->sold_minor, 20000, 0, 0);
    assert_int_equal(shift_of(TILL_A)->sales, 1);
    shop_close(&s);
}

/* A payment that is not right changes nothing. */
static void test_payment_refused(void **state)
{
    (void)state;
    open_stores();
    CODE(PAY(9, 1, 0, 0, 0), UNKNOWN_TILL);
    OK(OPEN(TILL_A, MONEY_MAX - 9999));
    OK(OPEN(TILL_B, 0));
    u32 order = basket(2, DELIVERY_CARRY_OUT, "1x1");
    u64 digest = engine_digest(s.engine);
    CODE(PAY(TILL_A, order + 1, 10000, 0, 0), UNKNOWN_ORDER);
    EXPECT(PAY(TILL_A, order, 10001, -1, 0), BAD_AMOUNT, 0, 0);
    EXPECT(PAY(TILL_A, order, 0, 0, MONEY_MAX + 1), BAD_AMOUNT, 0, 0);
    EXPECT(PAY(TILL_A, order, MONEY_MAX, MONEY_MAX, MONEY_MAX), AMOUNT_MISMATCH, 0, 10000);
    EXPECT(PAY(TILL_A, order, 9999, 0, 0), AMOUNT_MISMATCH, 0, 10000);
    EXPECT(PAY(TILL_A, order, 10000, 0, 0), AMOUNT_OVERFLOW, 0, 0); /* the drawer */
    EXPECT(PAY(TILL_A, order, 9999, 0, 1), INSUFFICIENT_FUNDS, 0, 0);
    assert_true(engine_digest(s.engine) == digest);
    EXPECT(CASH(TILL_A, 10000), BAD_AMOUNT, 0, 0);

    /* A till has one currency. */
    OK(DO(&s, price_set, PRICE_SET, .sku = 1, .currency = 2, .price_minor = 700));
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), .shopper = 2, .currency = 2,
                                        .channel = CHANNEL_TILL, .delivery = DELIVERY_CARRY_OUT,
                                        .payment = PAYMENT_HOLD, .location = STORE_A};
    u32 yen = OK(shop_place(&s, place, "1x1")).id;
    EXPECT(PAY(TILL_B, yen, 700, 0, 0), CURRENCY_MISMATCH, 0, 0);

    /* So much came in that not a cent more may. */
    OK(DO(&s, wallet_top_up, WALLET_TOP_UP, .shopper = 3, .currency = 1, .amount_minor = MONEY_MAX - 100000 - 9999));
    EXPECT(PAY(TILL_B, order, 0, 10000, 0), AMOUNT_OVERFLOW, 0, 0);
    shop_close(&s);
}

/* --- void ---------------------------------------------------------------------------------- */

static void test_void(void **state)
{
    (void)state;
    open_stores();
    OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 8000, .quota = 4, .cap = 3));
    OK(DO(&s, budget_set, BUDGET_SET, .shopper = 1, .scope = BUDGET_DAY, .limit_minor = 50000));
    OK(OPEN(TILL_A, 1000));
    u32 before = sell(TILL_A, ANYBODY, "2x1", 10000, 0, 0);
    u32 mixed = sell(TILL_A, 1, "1x2", 7000, 4000, 5000);
    assert_int_equal(engine_balance(s.engine, 1, 1), 95000);
    assert_int_equal(engine_deal(s.engine, 1)->taken, 2);
    assert_int_equal(engine_budget(s.engine, 1)->spent_minor, 16000);

    EXPECT(VOID(TILL_A, mixed), OK, mixed, 16000);
    assert_int_equal(engine_order(s.engine, mixed)->state, ORDER_CANCELLED);
    assert_int_equal(engine_balance(s.engine, 1, 1), 100000); /* as before the sale */
    assert_int_equal(engine_currency(s.engine, 1)->provider_minor, -100000 - 10000);
    assert_int_equal(engine_drawer(shift_of(TILL_A)), 11000);
    expect_amounts(shift_of(TILL_A)->sold_minor, 17000, 4000, 5000);
    expect_amounts(shift_of(TILL_A)->refunded_minor, 7000, 4000, 5000);
    assert_int_equal(shift_of(TILL_A)->voids, 1);
    assert_int_equal(book_of(1, STORE_A)->available, 5);
    assert_int_equal(book_of(1, STORE_A)->sold, 0);
    assert_int_equal(engine_deal(s.engine, 1)->taken, 0);
    assert_int_equal(engine_cap_units(s.engine, 1, 1), 0);
    assert_int_equal(engine_budget(s.engine, 1)->spent_minor, 0);
    assert_int_equal(engine_festival(s.engine, 1)->refunded_minor, 16000);
    EXPECT(VOID(TILL_A, mixed), WRONG_STATE, 0, ORDER_CANCELLED);

    /* What was sold for cash is void only while the cash is there. */
    OK(CASH(TILL_A, -2000));
    EXPECT(VOID(TILL_A, before), NOT_ENOUGH_CASH, 0, 9000);
    OK(CASH(TILL_A, 1000));
    EXPECT(VOID(TILL_A, before), OK, before, 10000);
    assert_int_equal(engine_currency(s.engine, 1)->provider_minor, -100000);
    shop_close(&s);
}

static void test_void_refused(void **state)
{
    (void)state;
    open_stores();
    OK(OPEN(TILL_A, 0));
    OK(OPEN(TILL_B, 0));
    CODE(VOID(TILL_A, 1), UNKNOWN_ORDER);
    u32 held = basket(1, DELIVERY_CARRY_OUT, "2x1");
    EXPECT(VOID(TILL_A, held), WRONG_STATE, 0, ORDER_HELD);
    OK(DO(&s, order_pay, ORDER_PAY, .order = held, .payment = PAYMENT_WALLET, .amount_minor = 10000));
    EXPECT(VOID(TILL_A, held), OTHER_SHIFT, 0, 0); /* paid on the phone */
    u32 sold = sell(TILL_A, ANYBODY, "1x2", 20000, 0, 0);
    EXPECT(VOID(TILL_B, sold), OTHER_SHIFT, 0, 0);
    OK(RETURN(TILL_A, sold, 1, CASH));
    EXPECT(VOID(TILL_A, sold), WRONG_STATE, 0, ORDER_PAID);

    /* To be sent: void until it has left; order.cancel is no void. */
    u32 sent = basket(ANYBODY, DELIVERY_HOME, "3x1");
    OK(PAY(TILL_A, sent, 0, 10000, 0));
    u32 packed = basket(ANYBODY, DELIVERY_HOME, "3x1");
    OK(PAY(TILL_A, packed, 0, 10000, 0));
    u32 cancelled = basket(ANYBODY, DELIVERY_HOME, "3x1");
    OK(PAY(TILL_A, cancelled, 0, 10000, 0));
    OK(DO(&s, part_ship, PART_SHIP, .order = sent, .part = 1));
    OK(DO(&s, part_pack, PART_PACK, .order = packed, .part = 1));
    EXPECT(VOID(TILL_A, sent), WRONG_STATE, 0, ORDER_PAID);
    EXPECT(VOID(TILL_A, packed), OK, packed, 10000);
    EXPECT(DO(&s, order_cancel, ORDER_CANCEL, .order = cancelled), OK, cancelled, 10000);
    EXPECT(VOID(TILL_A, cancelled), WRONG_STATE, 0, ORDER_CANCELLED);
    assert_int_equal(shift_of(TILL_A)->voids, 1);
    shop_close(&s);
}

/* --- putting, pools, keeping --------------------------------------------------------------------------- */

static void test_put(void **state)
{
    (void)state;
    open_stores();
    EXPECT(PUT(&s, till_put, TILL_PUT, "A1", .location = STORE_A, .shopper = ANYBODY), NO_CHANGE, TILL_A, 0);
    EXPECT(PUT(&s, till_put, TILL_PUT, "", .location = STORE_A, .shopper = ANYBODY), MALFORMED, 0, 0);
    EXPECT(PUT(&s, till_put, TILL_PUT, "W", .location = 1, .shopper = ANYBODY), UNKNOWN_LOCATION, 0, 0);
    EXPECT(PUT(&s, till_put, TILL_PUT, "W", .location = 9, .shopper = ANYBODY), UNKNOWN_LOCATION, 0, 0);
    EXPECT(PUT(&s, till_put, TILL_PUT, "W", .location = STORE_A, .shopper = 99), UNKNOWN_SHOPPER, 0, 0);
    EXPECT(PUT(&s, till_put, TILL_PUT, "A1", .location = STORE_B, .shopper = ANYBODY), IN_USE, 0, 0);
    EXPECT(PUT(&s, till_put, TILL_PUT, "A1", .location = STORE_A, .shopper = 1), IN_USE, 0, 0);
    EXPECT(OPEN(9, 0), UNKNOWN_TILL, 0, 0);
    EXPECT(OPEN(TILL_A, -1), BAD_AMOUNT, 0, 0);
    EXPECT(OPEN(TILL_A, MONEY_MAX + 1), BAD_AMOUNT, 0, 0);
    OK(OPEN(TILL_A, 5));
    EXPECT(PUT(&s, till_put, TILL_PUT, "A1", .location = STORE_A, .shopper = ANYBODY), NO_CHANGE, TILL_A, 0);
    EXPECT(OPEN(TILL_A, 5), TILL_IS_OPEN, 0, 1);
    shop_close(&s);
}

/* A full table is the last answer, and leaves everything as it was. */
static void test_pools(void **state)
{
    (void)state;
    open_stores();
    OK(OPEN(TILL_A, 50000));
    u32 sold = sell(TILL_A, ANYBODY, "5x2", 20000, 0, 0);
    u32 held = basket(ANYBODY, DELIVERY_CARRY_OUT, "1x1");
    OK(OPEN(TILL_B, 50000));
    shop_alone(&s);
    u64 *limits = (u64 *)&s.engine->limits;
    const u64 *count = s.engine->head.count;
#define FULL(table, asked)                                            \
    do {                                                              \
        u64 limit = limits[LIMIT_##table];                            \
        u64 digest = engine_digest(s.engine);                         \
        limits[LIMIT_##table] = count[LIMIT_##table];                 \
        EXPECT(asked, POOL_FULL, 0, LIMIT_##table);                   \
        assert_true(engine_digest(s.engine) == digest);               \
        limits[LIMIT_##table] = limit;                                \
    } while (0)
    FULL(tenders, CASH(TILL_A, 1));
    FULL(tenders, PAY(TILL_A, held, 10000, 0, 0));
    FULL(tenders, RETURN(TILL_A, sold, 1, CASH));
    FULL(tenders, VOID(TILL_A, sold));
    FULL(tenders, TAKE_BACK(TILL_A, 1, 1, 2));
    FULL(books, TAKE_BACK(TILL_B, 1, 1, 2));
    FULL(books, RETURN(TILL_B, sold, 1, CASH));
    u32 poor = OK(PUT(&s, seller_put, SELLER_PUT, "poor|Poor")).id;
    u32 sku = OK(PUT(&s, sku_put, SKU_PUT, "K9|Thing", .department = 1, .seller = poor, .for_sale = 1)).id;
    OK(DO(&s, price_set, PRICE_SET, .sku = sku, .currency = 1, .price_minor = 5));
    FULL(accounts, TAKE_BACK(TILL_A, sku, 1, 2));
    FULL(orders, EXCHANGE(sold, 1, SHIRT_L));
    FULL(lines, EXCHANGE(sold, 1, SHIRT_L));
    FULL(tills, PUT(&s, till_put, TILL_PUT, "A2", .location = STORE_A, .shopper = ANYBODY));
    OK(CLOSE(TILL_A, 0));
    FULL(shifts, OPEN(TILL_A, 0));
    shop_close(&s);
}

/* The state as a snapshot keeps it, in an engine of its own. */
static struct engine *restored(void)
{
    struct engine *copy = support_engine(&s.limits);
    struct engine_region from[ENGINE_REGIONS_MAX];
    struct engine_region to[ENGINE_REGIONS_MAX];
    u64 sizes[ENGINE_REGIONS_MAX] = {0};
    size_t regions = engine_regions(s.engine, from);
    assert_int_equal(engine_regions(copy, to), regions);
    for (size_t i = 0; i < regions; i++) {
        memcpy(to[i].bytes, from[i].bytes, from[i].size);
        sizes[i] = from[i].size;
    }
    assert_null(engine_restore(copy, sizes));
    return copy;
}

/* A morning with one of everything; the order that is still to be made void. */
static u32 morning(void)
{
    open_stores();
    s.key = 77;
    OK(OPEN(TILL_A, 50000));
    u32 order = sell(TILL_A, 1, "5x2", 1000, 0, 19000);
    OK(RETURN(TILL_A, order, 1, WALLET));
    OK(EXCHANGE(order, 1, SHIRT_L));
    OK(TAKE_BACK(TILL_A, 1, 1, 2));
    OK(CASH(TILL_A, -500));
    OK(VOID(TILL_A, sell(TILL_A, ANYBODY, "1x1", 0, 10000, 0)));
    return sell(TILL_A, 1, "1x2", 5000, 5000, 10000);
}

static void test_kept(void **state)
{
    (void)state;
    u32 order = morning();
    u64 digest = engine_digest(s.engine);
    struct engine *copy = restored();
    shop_alone(&s);
    assert_true(engine_digest(copy) == digest);
    assert_true(support_check(copy));
    assert_int_equal(engine_sale(copy, order), engine_sale(s.engine, order));

    /* It goes on the same way from both; the key is remembered. */
    struct command_till_void undo = {HEADER(till_void, TILL_VOID), .till = TILL_A, .order = order};
    undo.header.time_ms = s.now_ms;
    OK(engine_apply(copy, &undo.header));
    OK(engine_apply(s.engine, &undo.header));
    s.key = 77;
    struct result again = OPEN(TILL_A, 50000);
    EXPECT(again, OK, 1, 50000);
    assert_true(again.flags & RESULT_REPLAYED);
    assert_true(engine_digest(copy) == engine_digest(s.engine));
    assert_true(support_check(copy));
    support_engine_free(copy, &s.limits);
    shop_close(&s);

    /* And the same commands give the same state. */
    morning();
    assert_true(engine_digest(s.engine) == digest);
    shop_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_day), cmocka_unit_test(test_suspended), cmocka_unit_test(test_payment_refused),
        cmocka_unit_test(test_void), cmocka_unit_test(test_void_refused), cmocka_unit_test(test_put),
        cmocka_unit_test(test_pools), cmocka_unit_test(test_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
