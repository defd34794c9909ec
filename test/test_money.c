/*
 * Sums that must come out exactly, each test named after its line in the list
 * of vectors. Promotions are not commands yet: their sums are tested through
 * money_split and money_share, which record the shares; what orders do with
 * prices, currencies and returns is tested through the engine.
 */
#include "base/money.h"
#include "base/prng.h"
#include "test/support.h"

static struct shop s;

static i64 sum(const i64 *amounts, size_t count)
{
    i64 total = 0;
    for (size_t i = 0; i < count; i++)
        total += amounts[i];
    return total;
}

/* --- discounts and their shares ------------------------------------------ */

/* A 40.00 + B 60.00, red packet 10.00: pays 36.00 + 54.00. Refund of A = 36.00. Full refund = 90.00. */
static void test_shared_red_packet(void **state)
{
    (void)state;
    const i64 prices[] = {4000, 6000};
    i64 shares[2];
    money_split(1000, prices, 2, shares);
    assert_int_equal(prices[0] - shares[0], 3600);
    assert_int_equal(prices[1] - shares[1], 5400);
    assert_int_equal(sum(prices, 2) - sum(shares, 2), 9000);
}

/* 150.00 + 60.00 with 20 % off = 168.00; refund of the 150.00 item = 120.00. */
static void test_twenty_percent_off(void **state)
{
    (void)state;
    const i64 prices[] = {15000, 6000};
    i64 discount = money_share(21000, 20, 100);
    i64 shares[2];
    money_split(discount, prices, 2, shares);
    assert_int_equal(21000 - discount, 16800);
    assert_int_equal(prices[0] - shares[0], 12000);
}

/* 20 units at 40 % off, reduced to 2 units: still 40 %. */
static void test_still_forty_percent(void **state)
{
    (void)state;
    i64 discount = money_share(20 * 2500, 40, 100);
    i64 of_two = money_share(discount, 2, 20);
    assert_int_equal(of_two, money_share(2 * 2500, 40, 100));
    assert_int_equal(2 * 2500 - of_two, 3000);
}

/* 3 x 100.00 with 10 % off = 270.00; return 2 = 180.00. */
static void test_three_with_ten_percent_off(void **state)
{
    (void)state;
    i64 paid = 30000 - money_share(30000, 10, 100);
    assert_int_equal(paid, 27000);
    assert_int_equal(money_share(paid, 2, 3), 18000);

    shop_open_festival(&s); /* the same as a deal at 90.00 */
    OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 9000));
    EXPECT(PLACE(&s, "1x3", HOME(WALLET)), OK, 1, 27000);
    OK(DO(&s, part_ship, PART_SHIP, .order = 1, .part = 1));
    EXPECT(DO(&s, order_return, ORDER_RETURN, .order = 1, .line = 1, .quantity = 2, .goods = GOODS_LOST), OK, 1, 18000);
    EXPECT(DO(&s, order_return, ORDER_RETURN, .order = 1, .line = 1, .quantity = 1, .goods = GOODS_LOST), OK, 1, 9000);
    assert_int_equal(engine_order(s.engine, 1)->refunded_minor, 27000);
    assert_int_equal(engine_balance(s.engine, 1, 1), 100000);
    shop_close(&s);
}

/* "50 off every 400 across shops": the shares sum to the discount exactly, ties by line number. */
static void test_fifty_off_four_hundred(void **state)
{
    (void)state;
    const i64 prices[] = {13333, 13333, 13334};
    i64 shares[3];
    money_split(5000, prices, 3, shares);
    assert_int_equal(sum(shares, 3), 5000);
    assert_int_equal(shares[0], 1667); /* remainders .625, .625, .75: the third, then the first */
    assert_int_equal(shares[1], 1666);
    assert_int_equal(shares[2], 1667);

    const i64 equal[] = {1, 1, 1, 1, 1, 1, 1};
    i64 seventh[7];
    money_split(10, equal, 7, seventh);
    for (int i = 0; i < 7; i++)
        assert_int_equal(seventh[i], i < 3 ? 2 : 1);
}

/* Whatever the weights: the sum is exact, and no share is a whole unit off its fair part. */
static void test_shares_always_sum(void **state)
{
    (void)state;
    struct prng prng;
    prng_seed(&prng, 11);
    for (u32 round = 0; round < 20000; round++) {
        i64 weights[MONEY_SHARES_MAX] = {0};
        i64 shares[MONEY_SHARES_MAX];
        size_t count = 1 + prng_below(&prng, MONEY_SHARES_MAX);
        u64 bound = round % 3 == 0 ? 3 : round % 3 == 1 ? 1000000 : (u64)MONEY_MAX / MONEY_SHARES_MAX;
        for (size_t i = 0; i < count; i++)
            weights[i] = (i64)prng_below(&prng, bound + 1);
        weights[prng_below(&prng, count)] += 1;
        i64 amount = (i64)prng_below(&prng, round % 2 == 0 ? 1000 : (u64)MONEY_MAX + 1);
        i64 whole = sum(weights, count);
        money_split(amount, weights, count, shares);
        assert_true(sum(shares, count) == amount);
        for (size_t i = 0; i < count; i++) {
            __int128 off = (__int128)shares[i] * whole - (__int128)amount * weights[i];
            assert_true(off > -(__int128)whole && off < whole);
            assert_true(weights[i] > 0 || shares[i] == 0);
        }
    }
}

/* Parts of consecutive pieces never exceed the whole, and end at it. */
static void test_consecutive_shares(void **state)
{
    (void)state;
    const i64 amounts[] = {0, 1, 99, 10000, MONEY_MAX};
    for (size_t a = 0; a < ARRAY_COUNT(amounts); a++)
        for (u64 whole = 1; whole <= 9999; whole += 101) {
            i64 before = 0;
            for (u64 part = 0; part <= whole; part++) {
                i64 share = money_share(amounts[a], part, whole);
                assert_true(share >= before && share <= amounts[a]);
                before = share;
            }
            assert_true(before == amounts[a]);
        }
}

/* --- currencies with 0, 2, 3 decimal places ------------------------------- */

static void test_money_text(void **state)
{
    (void)state;
    char text[MONEY_TEXT_MAX];
    assert_string_equal(money_text(text, 123450, 2), "1234.50");
    assert_string_equal(money_text(text, 1234, 0), "1234");
    assert_string_equal(money_text(text, 1234, 3), "1.234");
    assert_string_equal(money_text(text, 7, 4), "0.0007");
    assert_string_equal(money_text(text, -5, 2), "-0.05");
    assert_string_equal(money_text(text, 0, 2), "0.00");
    assert_string_equal(money_text(text, MONEY_MAX, 2), "900000000000000.00");
    assert_string_equal(money_text_grouped(text, 123456789, 2), "1,234,567.89");
    assert_string_equal(money_text_grouped(text, -100000, 0), "-100,000");
    assert_string_equal(money_text_grouped(text, 99999, 2), "999.99");
    assert_string_equal(money_text_grouped(text, -MONEY_MAX, 0), "-90,000,000,000,000,000");
}

static void expect_parsed(const char *text, unsigned digits, bool good, i64 amount)
{
    i64 parsed = -77;
    if (money_parse(slice_text(text), digits, &parsed) != good || (good && parsed != amount))
        fail_msg("\"%s\" with %u digits: got %lld", text, digits, (long long)parsed);
    if (!good)
        assert_int_equal(parsed, -77);
}

static void test_money_parse(void **state)
{
    (void)state;
    expect_parsed("1234.5", 2, true, 123450);
    expect_parsed("-3", 2, true, -300);
    expect_parsed(".50", 2, true, 50);
    expect_parsed("5.", 2, true, 500);
    expect_parsed("1.230", 2, true, 123);
    expect_parsed("1.231", 2, false, 0);
    expect_parsed("1.234", 3, true, 1234);
    expect_parsed("100", 0, true, 100);
    expect_parsed("100.0", 0, true, 100);
    expect_parsed("100.5", 0, false, 0);
    expect_parsed("", 2, false, 0);
    expect_parsed("-", 2, false, 0);
    expect_parsed(".", 2, false, 0);
    expect_parsed("+1", 2, false, 0);
    expect_parsed(" 1", 2, false, 0);
    expect_parsed("1 ", 2, false, 0);
    expect_parsed("1,000", 2, false, 0);
    expect_parsed("1e3", 2, false, 0);
    expect_parsed("--1", 2, false, 0);
    expect_parsed("1.2.3", 2, false, 0);
    expect_parsed("900000000000000.00", 2, true, MONEY_MAX);
    expect_parsed("900000000000000.01", 2, false, 0);
    expect_parsed("-900000000000000", 2, true, -MONEY_MAX);
    expect_parsed("90000000000000000", 2, false, 0);
    expect_parsed("99999999999999999999999999", 0, false, 0);
    expect_parsed("00000000000000000000000000012", 0, true, 12);
}

/* What is written is read again, and the other way round. */
static void test_money_round_trip(void **state)
{
    (void)state;
    struct prng prng;
    prng_seed(&prng, 12);
    for (u32 round = 0; round < 20000; round++) {
        char text[MONEY_TEXT_MAX];
        unsigned digits = (unsigned)prng_below(&prng, 5);
        i64 amount = (i64)(prng_next(&prng) >> (8 + prng_below(&prng, 55)));
        amount = round % 2 == 0 ? -amount : amount;
        i64 parsed;
        assert_true(money_parse(slice_text(money_text(text, amount, digits)), digits, &parsed));
        assert_true(parsed == amount);
    }
}

/* Yen have no decimals, dinars three: nothing in an order depends on it but the milestones. */
static void test_yen_and_dinar_orders(void **state)
{
    (void)state;
    shop_open_festival(&s);
    OK(DO(&s, price_set, PRICE_SET, .sku = 1, .currency = 2, .price_minor = 1999));
    OK(DO(&s, price_set, PRICE_SET, .sku = 1, .currency = 3, .price_minor = 12345));
    OK(DO(&s, wallet_top_up, WALLET_TOP_UP, .shopper = 2, .currency = 2, .amount_minor = 3998));
    OK(DO(&s, wallet_top_up, WALLET_TOP_UP, .shopper = 2, .currency = 3, .amount_minor = 12345));
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), HOME(WALLET)};
    place.festival = 0;
    place.shopper = 2;
    place.currency = 2;
    EXPECT(shop_place(&s, place, "1x2"), OK, 1, 3998);
    place.currency = 3;
    EXPECT(shop_place(&s, place, "1x1"), OK, 2, 12345);
    EXPECT(shop_place(&s, place, "1x1"), INSUFFICIENT_FUNDS, 0, 0);
    assert_int_equal(engine_balance(s.engine, 2, 2), 0);
    assert_int_equal(engine_balance(s.engine, 2, 3), 0);
    EXPECT(DO(&s, order_cancel, ORDER_CANCEL, .order = 1), OK, 1, 3998);
    assert_int_equal(engine_balance(s.engine, 2, 2), 3998); /* back to the yen, not to another wallet */
    shop_close(&s);
}

static void test_milestones_by_digits(void **state)
{
    (void)state;
    assert_int_equal(engine_milestone_minor(0, 0), 10000);
    assert_int_equal(engine_milestone_minor(0, 2), 1000000);
    assert_int_equal(engine_milestone_minor(0, 3), 10000000);
    assert_int_equal(engine_milestone_minor(1, 2), 2000000);
    assert_int_equal(engine_milestone_minor(2, 2), 5000000);
    assert_int_equal(engine_milestone_minor(3, 2), 10000000);
    for (unsigned digits = 0; digits <= 4; digits++) {
        i64 before = 0;
        unsigned i = 0;
        for (; i < MILESTONES_MAX && engine_milestone_minor(i, digits) != 0; i++) {
            assert_true(engine_milestone_minor(i, digits) > before);
            before = engine_milestone_minor(i, digits);
        }
        assert_true(before <= MONEY_MAX && (i == MILESTONES_MAX || before > MONEY_MAX / 10));
        for (; i < MILESTONES_MAX; i++)
            assert_int_equal(engine_milestone_minor(i, digits), 0);
    }
}

/* One payment can reach several milestones; each keeps its time, and refunds take none away. */
static void test_milestones_are_kept(void **state)
{
    (void)state;
    shop_open_festival(&s);
    OK(DO(&s, price_set, PRICE_SET, .sku = 1, .currency = 1, .price_minor = 1000000));
    OK(DO(&s, wallet_top_up, WALLET_TOP_UP, .shopper = 2, .currency = 1, .amount_minor = 100000000));
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), HOME(WALLET)};
    place.shopper = 2;
    s.now_ms += 1500;
    OK(shop_place(&s, place, "1x1"));
    s.now_ms += 500;
    OK(shop_place(&s, place, "1x5"));
    OK(DO(&s, order_cancel, ORDER_CANCEL, .order = 2));
    const struct festival *festival = engine_festival(s.engine, 1);
    assert_int_equal(festival->milestone_count, 3);
    assert_int_equal(festival->milestone_ms[0], SHOP_OPENS + 1500);
    assert_int_equal(festival->milestone_ms[1], SHOP_OPENS + 2000);
    assert_int_equal(festival->milestone_ms[2], SHOP_OPENS + 2000);
    assert_int_equal(festival->paid_minor, 6000000);
    assert_int_equal(festival->refunded_minor, 5000000);
    assert_int_equal(engine_seconds(s.engine, 1)[1].paid_minor, 1000000);
    assert_int_equal(engine_seconds(s.engine, 1)[2].paid_minor, 5000000);
    shop_close(&s);
}

/* --- price x quantity ------------------------------------------------------ */

static void test_overflow_is_refused(void **state)
{
    (void)state;
    i64 product = 5;
    assert_true(money_times(MONEY_MAX, 1, &product));
    assert_true(product == MONEY_MAX);
    assert_false(money_times(MONEY_MAX, 2, &product));
    assert_false(money_times(INT64_MAX, UINT32_MAX, &product));
    assert_false(money_times(INT64_MIN, UINT32_MAX, &product));
    assert_true(product == MONEY_MAX);
    assert_true(money_times(INT64_MAX, 0, &product));
    assert_int_equal(product, 0);
    i64 total = 7;
    assert_false(money_add(MONEY_MAX, 1, &total));
    assert_false(money_add(-MONEY_MAX, -1, &total));
    assert_int_equal(total, 7);
    assert_true(money_add(MONEY_MAX, -MONEY_MAX, &total));
    assert_int_equal(total, 0);

    shop_open_festival(&s);
    OK(DO(&s, stock_receive, STOCK_RECEIVE, .sku = 1, .location = 1, .quantity = 100000));
    OK(DO(&s, price_set, PRICE_SET, .sku = 1, .currency = 1, .price_minor = MONEY_MAX / LINE_QUANTITY_MAX));
    EXPECT(PLACE(&s, "1x9999", HOME(HOLD)), OK, 1, MONEY_MAX / LINE_QUANTITY_MAX * LINE_QUANTITY_MAX);
    OK(DO(&s, order_cancel, ORDER_CANCEL, .order = 1));
    OK(DO(&s, price_set, PRICE_SET, .sku = 1, .currency = 1, .price_minor = MONEY_MAX / LINE_QUANTITY_MAX + 1));
    EXPECT(PLACE(&s, "1x9999", HOME(HOLD)), AMOUNT_OVERFLOW, 0, 0);
    shop_close(&s);
}

/* Holds need no money, so what a festival meters is bounded when an order is placed. */
static void test_meters_do_not_overflow(void **state)
{
    (void)state;
    shop_open_festival(&s);
    OK(DO(&s, price_set, PRICE_SET, .sku = 1, .currency = 1, .price_minor = MONEY_MAX / 2));
    OK(PLACE(&s, "1x1", HOME(HOLD)));
    OK(PLACE(&s, "1x1", HOME(HOLD)));
    EXPECT(PLACE(&s, "1x1", HOME(HOLD)), AMOUNT_OVERFLOW, 0, 0);
    OK(DO(&s, order_cancel, ORDER_CANCEL, .order = 1));
    OK(PLACE(&s, "1x1", HOME(HOLD)));
    shop_close(&s);
}

/* The ledger: every way money moves leaves each currency's sum at zero (compared at shop_close, too). */
static void test_ledger_sums_to_zero(void **state)
{
    (void)state;
    shop_open_festival(&s);
    OK(PLACE(&s, "1x2 3x1", HOME(WALLET)));
    OK(PLACE(&s, "1x1", STORE(CARRY_OUT, PROVIDER)));
    OK(DO(&s, order_cancel, ORDER_CANCEL, .order = 1));
    OK(DO(&s, order_return, ORDER_RETURN, .order = 2, .line = 1, .quantity = 1, .goods = GOODS_LOST));
    assert_int_equal(engine_balance(s.engine, 1, 1), 100000);
    assert_int_equal(engine_currency(s.engine, 1)->provider_minor, -100000);
    assert_int_equal(engine_account(s.engine, 1)->balance_minor, 0);
    assert_int_equal(engine_account(s.engine, 2)->balance_minor, 0);
    shop_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared_red_packet),
        cmocka_unit_test(test_twenty_percent_off),
        cmocka_unit_test(test_still_forty_percent),
        cmocka_unit_test(test_three_with_ten_percent_off),
        cmocka_unit_test(test_fifty_off_four_hundred),
        cmocka_unit_test(test_shares_always_sum),
        cmocka_unit_test(test_consecutive_shares),
        cmocka_unit_test(test_money_text),
        cmocka_unit_test(test_money_parse),
        cmocka_unit_test(test_money_round_trip),
        cmocka_unit_test(test_yen_and_dinar_orders),
        cmocka_unit_test(test_milestones_by_digits),
        cmocka_unit_test(test_milestones_are_kept),
        cmocka_unit_test(test_overflow_is_refused),
        cmocka_unit_test(test_meters_do_not_overflow),
        cmocka_unit_test(test_ledger_sums_to_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
