/*
 * Every answer of result.def, each by a test of its own that says how it comes
 * about and what its value is. The table is made from result.def, so a new
 * answer without a test does not compile.
 *
 * Beside the engine's answer each test has the naive model's (support.h).
 */
#include "test/test_results_command.h"

#include <string.h>

/* --- the sale ------------------------------------------------------------ */

static void result_NOT_OPEN(struct shop *s)
{
    i64 noon_ms = SHOP_OPENS + 12 * 3600 * 1000;
    OK(DO(s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1, .opens_ms = noon_ms));
    OK(DO(s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1, .opens_ms = noon_ms - 5,
          .closes_ms = noon_ms - 1));
    EXPECT(PLACE(s, "1x1", HOME(HOLD)), NOT_OPEN, 0, noon_ms - 5);
    s->now_ms = noon_ms - 1;
    EXPECT(PLACE(s, "1x1", HOME(HOLD)), NOT_OPEN, 0, noon_ms);
    s->now_ms = noon_ms;
    EXPECT(PLACE(s, "1x1", HOME(HOLD)), OK, 1, 1);
}

static void result_CLOSED(struct shop *s)
{
    s->now_ms = SHOP_CLOSES - 1;
    EXPECT(PLACE(s, "1x1", HOME(HOLD)), OK, 1, 10000);
    s->now_ms = SHOP_CLOSES;
    EXPECT(PLACE(s, "1x1", HOME(HOLD)), CLOSED, 0, SHOP_CLOSES);
}

static void result_NOT_FOR_SALE(struct shop *s)
{
    OK(PUT(s, sku_put, SKU_PUT, "K2|Clogs", .department = 1, .brand = 1, .seller = 1, .for_sale = 0));
    EXPECT(PLACE(s, "1x1 2x1", HOME(HOLD)), NOT_FOR_SALE, 0, 2);
}

static void result_NO_PRICE(struct shop *s)
{
    OK(PUT(s, sku_put, SKU_PUT, "X", .department = 1, .seller = 1, .for_sale = 1));
    EXPECT(PLACE(s, "1x1 5x1", HOME(HOLD)), NO_PRICE, 0, 5);
}

static void result_AMOUNT_OVERFLOW(struct shop *s)
{
    OK(DO(s, price_set, PRICE_SET, .sku = 1, .currency = 1, .price_minor = MONEY_MAX));
    EXPECT(PLACE(s, "1x2", HOME(HOLD)), AMOUNT_OVERFLOW, 0, 0);
    EXPECT(PLACE(s, "1x1 2x1", HOME(HOLD)), AMOUNT_OVERFLOW, 0, 0);
    EXPECT(PLACE(s, "1x1", HOME(HOLD)), OK, 1, MONEY_MAX);
    /* The provider has paid in 1,000.00 already. */
    EXPECT(DO(s, order_pay, ORDER_PAY, .order = 1, .payment = PAYMENT_PROVIDER, .amount_minor = MONEY_MAX),
           AMOUNT_OVERFLOW, 0, 0);
}

static void result_PRICE_CHANGED(struct shop *s)
{
    EXPECT(PLACE(s, "1x2", HOME(HOLD), .expected_total_minor = 19999), PRICE_CHANGED, 0, 20000);
    EXPECT(PLACE(s, "1x2", HOME(HOLD), .expected_total_minor = 20000), OK, 1, 20000);
}

static void result_DEAL_SOLD_OUT(struct shop *s)
{
    OK(DO(s, deal_put, DEAL_PUT, .festival = 1, .sku = 2, .price_minor = 1, .quota = 2));
    EXPECT(PLACE(s, "1x1 2x3", HOME(HOLD)), DEAL_SOLD_OUT, 0, 2);
    EXPECT(PLACE(s, "2x2", HOME(HOLD)), OK, 1, 2);
    EXPECT(PLACE(s, "2x1", HOME(HOLD)), DEAL_SOLD_OUT, 0, 2);
}

static void result_LIMIT_REACHED(struct shop *s)
{
    OK(DO(s, deal_put, DEAL_PUT, .festival = 1, .sku = 2, .price_minor = 1, .cap = 3));
    EXPECT(PLACE(s, "2x4", HOME(HOLD)), LIMIT_REACHED, 0, 3);
    OK(PLACE(s, "2x2", HOME(HOLD)));
    EXPECT(PLACE(s, "2x2", HOME(HOLD)), LIMIT_REACHED, 0, 1);
    OK(DO(s, deal_put, DEAL_PUT, .deal = 1, .festival = 1, .sku = 2, .price_minor = 1, .cap = 1));
    EXPECT(PLACE(s, "2x1", HOME(HOLD)), LIMIT_REACHED, 0, 0);
}

static void result_SOLD_OUT(struct shop *s)
{
    EXPECT(PLACE(s, "1x1 3x16", HOME(HOLD)), SOLD_OUT, 0, 3);
    EXPECT(PLACE(s, "1x5 3x6", STORE(PICK_UP, HOLD)), SOLD_OUT, 0, 3); /* the warehouse has more */
}

/* Shut in the same hour only, and only for what is sent. */
static void result_AT_CAPACITY(struct shop *s)
{
    for (u32 location = 1; location <= 2; location++)
        OK(DO(s, location_plan, LOCATION_PLAN, .location = location, .closes_min = 1440, .capacity = 1,
              .keep_days = 1));
    EXPECT(PLACE(s, "1x1", HOME(HOLD)), OK, 1, 10000);
    EXPECT(PLACE(s, "1x1", HOME(HOLD)), OK, 2, 10000); /* the other location's one */
    EXPECT(PLACE(s, "3x1 1x1", HOME(HOLD)), AT_CAPACITY, 0, 3);
    EXPECT(PLACE(s, "3x16", HOME(HOLD)), SOLD_OUT, 0, 3); /* in no hour */
    EXPECT(PLACE(s, "1x1", STORE(PICK_UP, HOLD)), OK, 3, 10000);
    EXPECT(DO(s, order_cancel, ORDER_CANCEL, .order = 2), OK, 2, 0);
    EXPECT(PLACE(s, "1x1", HOME(HOLD)), OK, 4, 10000);
    EXPECT(PLACE(s, "1x1", HOME(HOLD)), AT_CAPACITY, 0, 1);
    s->now_ms += 3600 * 1000;
    EXPECT(PLACE(s, "1x1", HOME(HOLD)), OK, 5, 10000);
}

static void result_SPLIT_NEEDED(struct shop *s)
{
    EXPECT(PLACE(s, "1x11", HOME(HOLD)), SPLIT_NEEDED, 0, 0);
    EXPECT(PLACE(s, "1x11", HOME(HOLD), .flags = ORDER_MAY_SPLIT), OK, 1, 110000);
    assert_int_equal(engine_order(s->engine, 1)->line_count, 2);
}

static void result_OVER_BUDGET(struct shop *s)
{
    OK(DO(s, budget_set, BUDGET_SET, .shopper = 1, .scope = BUDGET_DAY, .limit_minor = 25000));
    OK(DO(s, budget_set, BUDGET_SET, .shopper = 1, .scope = BUDGET_DEPARTMENT, .subject = 1, .limit_minor = 10000));
    EXPECT(PLACE(s, "3x3", HOME(HOLD)), OVER_BUDGET, 0, 25000);
    EXPECT(PLACE(s, "1x1 3x1", HOME(HOLD)), OK, 1, 20000);
    EXPECT(PLACE(s, "1x1", HOME(HOLD)), OVER_BUDGET, 0, 0); /* the least of both */
    EXPECT(PLACE(s, "3x1", HOME(HOLD)), OVER_BUDGET, 0, 5000);
}

static void result_INSUFFICIENT_FUNDS(struct shop *s)
{
    EXPECT(PLACE(s, "1x10 2x1", HOME(WALLET)), INSUFFICIENT_FUNDS, 0, 100000);
    EXPECT(DO(s, wallet_transfer, WALLET_TRANSFER, .from = 1, .to = 2, .currency = 1, .amount_minor = 100001),
           INSUFFICIENT_FUNDS, 0, 100000);
    EXPECT(DO(s, wallet_transfer, WALLET_TRANSFER, .from = 1, .to = 2, .currency = 3, .amount_minor = 1),
           INSUFFICIENT_FUNDS, 0, 0);
}

/* --- the life of an order ------------------------------------------------ */

static struct result pay(struct shop *s, u32 order, i64 amount_minor)
{
    return DO(s, order_pay, ORDER_PAY, .order = order, .payment = PAYMENT_WALLET, .amount_minor = amount_minor);
}

static void result_HOLD_EXPIRED(struct shop *s)
{
    OK(PLACE(s, "1x1", HOME(HOLD)));
    s->now_ms += SHOP_HOLD_MS;
    EXPECT(pay(s, 1, 10000), HOLD_EXPIRED, 0, SHOP_OPENS + SHOP_HOLD_MS); /* nobody has ticked yet */
    s->now_ms += 5;
    EXPECT(DO(s, clock_tick, CLOCK_TICK, ), OK, 0, 1);
    EXPECT(pay(s, 1, 10000), HOLD_EXPIRED, 0, SHOP_OPENS + SHOP_HOLD_MS + 5);
}

static void result_ALREADY_PAID(struct shop *s)
{
    OK(PLACE(s, "1x1", HOME(WALLET)));
    EXPECT(pay(s, 1, 10000), ALREADY_PAID, 0, 0);
}

static void result_AMOUNT_MISMATCH(struct shop *s)
{
    OK(PLACE(s, "1x1", HOME(HOLD)));
    EXPECT(pay(s, 1, 9999), AMOUNT_MISMATCH, 0, 10000);
    EXPECT(pay(s, 1, 10001), AMOUNT_MISMATCH, 0, 10000);
    EXPECT(pay(s, 1, 10000), OK, 1, 10000);
}

static void result_WRONG_STATE(struct shop *s)
{
    OK(PLACE(s, "1x1", HOME(HOLD)));
    EXPECT(DO(s, part_ship, PART_SHIP, .order = 1, .part = 1), WRONG_STATE, 0, ORDER_HELD);
    OK(pay(s, 1, 10000));
    EXPECT(DO(s, part_deliver, PART_DELIVER, .order = 1, .part = 1), WRONG_STATE, 0, PART_OPEN);
    EXPECT(DO(s, part_ready, PART_READY, .order = 1, .part = 1), WRONG_STATE, 0, PART_OPEN); /* of a home delivery */
    EXPECT(DO(s, part_ship, PART_SHIP, .order = 1, .part = 1), OK, 1, PART_SHIPPED);
    EXPECT(DO(s, order_cancel, ORDER_CANCEL, .order = 1), WRONG_STATE, 0, ORDER_PAID);
    OK(PLACE(s, "1x1", HOME(HOLD)));
    EXPECT(DO(s, order_cancel, ORDER_CANCEL, .order = 2), OK, 2, 0);
    EXPECT(pay(s, 2, 10000), WRONG_STATE, 0, ORDER_CANCELLED);
}

static void result_NOT_RETURNABLE(struct shop *s)
{
    OK(PLACE(s, "1x3", STORE(CARRY_OUT, PROVIDER)));
    EXPECT(DO(s, order_return, ORDER_RETURN, .order = 1, .line = 1, .quantity = 4, .goods = GOODS_LOST), NOT_RETURNABLE,
           0, 3);
    EXPECT(DO(s, order_return, ORDER_RETURN, .order = 1, .line = 1, .quantity = 2, .goods = GOODS_RESTOCK,
              .location = 2),
           OK, 1, 20000);
    EXPECT(DO(s, order_return, ORDER_RETURN, .order = 1, .line = 1, .quantity = 2, .goods = GOODS_LOST), NOT_RETURNABLE,
           0, 1);
}

/* Size 5 and 6 of a shirt, the other seller's shirt, and what is no shirt. */
static void result_NOT_EXCHANGEABLE(struct shop *s)
{
    static const char *const titles[] = {"K5|Shirt M|shirt", "K6|Shirt L|shirt", "K7|Shirt|shirt", "K8|Poster|"};
    for (u32 sku = 5; sku <= 8; sku++) {
        OK(PUT(s, sku_put, SKU_PUT, titles[sku - 5], .department = 1, .seller = sku == 7 ? 2 : 1, .for_sale = 1));
        OK(DO(s, price_set, PRICE_SET, .sku = sku, .currency = 1, .price_minor = 700));
        OK(DO(s, stock_receive, STOCK_RECEIVE, .sku = sku, .location = 2, .quantity = 5));
    }
    OK(PLACE(s, "5x2 8x2", STORE(CARRY_OUT, PROVIDER)));
#define EXCHANGE(line_, sku_)                                                                              \
    DO(s, order_exchange, ORDER_EXCHANGE, .order = 1, .line = line_, .quantity = 1, .sku = sku_, .location = 2, \
       .goods = GOODS_RESTOCK)
    EXPECT(EXCHANGE(1, 7), NOT_EXCHANGEABLE, 0, 7);
    EXPECT(EXCHANGE(1, 8), NOT_EXCHANGEABLE, 0, 8);
    EXPECT(EXCHANGE(2, 1), NOT_EXCHANGEABLE, 0, 1); /* of one seller, and neither says of what product it is */
    EXPECT(EXCHANGE(1, 6), OK, 2, 700);
    EXPECT(EXCHANGE(2, 8), OK, 3, 700); /* the same once more */
#undef EXCHANGE
}

/* --- tills ---------------------------------------------------------------- */

/* Till 1 in the store, in the name of shopper 3, with so much in its drawer. */
static void open_till(struct shop *s, i64 float_minor)
{
    EXPECT(PUT(s, till_put, TILL_PUT, "T1", .location = 2, .shopper = 3), OK, 1, 0);
    EXPECT(DO(s, till_open, TILL_OPEN, .till = 1, .float_minor = float_minor), OK, 1, float_minor);
}

static struct result take_cash(struct shop *s, u32 order, i64 cash_minor)
{
    return DO(s, till_pay, TILL_PAY, .till = 1, .order = order, .cash_minor = cash_minor);
}

static struct result give_back(struct shop *s, u32 order, u32 tender)
{
    return DO(s, till_return, TILL_RETURN, .till = 1, .order = order, .line = 1, .quantity = 1,
              .goods = GOODS_RESTOCK, .tender = tender);
}

static void result_UNKNOWN_TILL(struct shop *s)
{
    EXPECT(DO(s, till_open, TILL_OPEN, .till = 1, .float_minor = -1), UNKNOWN_TILL, 0, 0);
    EXPECT(DO(s, till_cash, TILL_CASH, .till = 0), UNKNOWN_TILL, 0, 0);
    open_till(s, 0);
    EXPECT(DO(s, till_void, TILL_VOID, .till = 2, .order = 1), UNKNOWN_TILL, 0, 0);
}

static void result_TILL_CLOSED(struct shop *s)
{
    OK(PUT(s, till_put, TILL_PUT, "T1", .location = 2, .shopper = 3));
    EXPECT(DO(s, till_cash, TILL_CASH, .till = 1, .amount_minor = 1), TILL_CLOSED, 0, 0);
    EXPECT(DO(s, till_open, TILL_OPEN, .till = 1), OK, 1, 0);
    EXPECT(DO(s, till_close, TILL_CLOSE, .till = 1, .counted_minor = 5), OK, 1, 0);
    EXPECT(DO(s, till_close, TILL_CLOSE, .till = 1, .counted_minor = 5), TILL_CLOSED, 0, 0);
    EXPECT(take_cash(s, 9, 1), TILL_CLOSED, 0, 0);
}

static void result_TILL_IS_OPEN(struct shop *s)
{
    open_till(s, 5);
    EXPECT(DO(s, till_open, TILL_OPEN, .till = 1, .float_minor = -1), TILL_IS_OPEN, 0, 1);
}

static void result_WRONG_TENDER(struct shop *s)
{
    open_till(s, 0);
    OK(PLACE(s, "1x2", STORE(CARRY_OUT, HOLD)));
    EXPECT(take_cash(s, 1, 20000), OK, 1, 20000);
    OK(PLACE(s, "1x2", STORE(CARRY_OUT, WALLET)));
    EXPECT(give_back(s, 1, TENDER_WALLET), WRONG_TENDER, 0, TENDER_CASH);
    EXPECT(give_back(s, 1, 0), WRONG_TENDER, 0, TENDER_CASH);
    EXPECT(give_back(s, 2, TENDER_CARD), WRONG_TENDER, 0, TENDER_WALLET);
    EXPECT(give_back(s, 1, TENDER_CASH), OK, 1, 10000);
    EXPECT(give_back(s, 1, TENDER_CARD), WRONG_TENDER, 0, TENDER_CASH);
    EXPECT(give_back(s, 1, TENDER_CASH), OK, 1, 10000);
    EXPECT(give_back(s, 2, TENDER_WALLET), OK, 2, 10000);
}

static void result_NOT_ENOUGH_CASH(struct shop *s)
{
    open_till(s, 700);
    EXPECT(DO(s, till_cash, TILL_CASH, .till = 1, .amount_minor = -701), NOT_ENOUGH_CASH, 0, 700);
    OK(PLACE(s, "1x2", STORE(CARRY_OUT, HOLD)));
    EXPECT(take_cash(s, 1, 20000), OK, 1, 20000);
    EXPECT(DO(s, till_cash, TILL_CASH, .till = 1, .amount_minor = -20000), OK, 1, 700);
    EXPECT(give_back(s, 1, TENDER_CASH), NOT_ENOUGH_CASH, 0, 700);
    OK(PLACE(s, "1x1", STORE(CARRY_OUT, HOLD)));
    EXPECT(take_cash(s, 2, 10000), OK, 2, 10000);
    EXPECT(DO(s, till_cash, TILL_CASH, .till = 1, .amount_minor = -701), OK, 1, 9999);
    EXPECT(DO(s, till_void, TILL_VOID, .till = 1, .order = 2), NOT_ENOUGH_CASH, 0, 9999);
    EXPECT(DO(s, till_cash, TILL_CASH, .till = 1, .amount_minor = 1), OK, 1, 10000);
    EXPECT(DO(s, till_void, TILL_VOID, .till = 1, .order = 2), OK, 2, 10000);
}

static void result_OTHER_SHIFT(struct shop *s)
{
    open_till(s, 0);
    OK(PLACE(s, "1x1", STORE(CARRY_OUT, PROVIDER)));
    EXPECT(DO(s, till_void, TILL_VOID, .till = 1, .order = 1), OTHER_SHIFT, 0, 0); /* at no till */
    OK(PLACE(s, "1x1", STORE(CARRY_OUT, HOLD)));
    EXPECT(take_cash(s, 2, 10000), OK, 2, 10000);
    EXPECT(DO(s, till_close, TILL_CLOSE, .till = 1, .counted_minor = 10000), OK, 1, 10000);
    EXPECT(DO(s, till_open, TILL_OPEN, .till = 1, .float_minor = 10000), OK, 2, 10000);
    EXPECT(DO(s, till_void, TILL_VOID, .till = 1, .order = 2), OTHER_SHIFT, 0, 0);
}

/* --- stock keeping and bounds -------------------------------------------- */

static void result_COUNT_BELOW_RESERVED(struct shop *s)
{
    OK(PLACE(s, "1x3", HOME(HOLD)));
    EXPECT(DO(s, stock_count, STOCK_COUNT, .sku = 1, .location = 1, .counted = 2), COUNT_BELOW_RESERVED, 0, 3);
    EXPECT(DO(s, stock_count, STOCK_COUNT, .sku = 1, .location = 1, .counted = 3), OK, 1, 0);
    EXPECT(DO(s, stock_count, STOCK_COUNT, .sku = 1, .location = 1, .counted = 8), OK, 1, 5);
}

static void result_QUOTA_BELOW_SOLD(struct shop *s)
{
    OK(DO(s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1, .quota = 9));
    OK(PLACE(s, "1x3", HOME(HOLD)));
    EXPECT(DO(s, deal_put, DEAL_PUT, .deal = 1, .festival = 1, .sku = 1, .price_minor = 1, .quota = 2), QUOTA_BELOW_SOLD,
           0, 3);
    EXPECT(DO(s, deal_put, DEAL_PUT, .deal = 1, .festival = 1, .sku = 1, .price_minor = 1, .quota = 3), OK, 1, 3);
}

static void result_NOT_IN_STOCK(struct shop *s)
{
    EXPECT(DO(s, stock_move, STOCK_MOVE, .sku = 1, .from = 1, .to = 2, .quantity = 11), NOT_IN_STOCK, 0, 10);
    EXPECT(DO(s, stock_move, STOCK_MOVE, .sku = 1, .from = 1, .to = 2, .quantity = 10), OK, 5, 15);
}

static void result_UNKNOWN_INBOUND(struct shop *s)
{
    EXPECT(DO(s, inbound_receive, INBOUND_RECEIVE, .inbound = 1, .quantity = 1), UNKNOWN_INBOUND, 0, 0);
    EXPECT(DO(s, inbound_close, INBOUND_CLOSE, .inbound = 0, .reason = REASON_COUNT), UNKNOWN_INBOUND, 0, 0);
}

static void result_NOT_EXPECTED(struct shop *s)
{
    EXPECT(DO(s, inbound_expect, INBOUND_EXPECT, .sku = 1, .to = 1, .quantity = 7), OK, 1, 7);
    EXPECT(DO(s, inbound_receive, INBOUND_RECEIVE, .inbound = 1, .quantity = 8), NOT_EXPECTED, 0, 7);
    EXPECT(DO(s, inbound_receive, INBOUND_RECEIVE, .inbound = 1, .quantity = 5), OK, 1, 2);
    EXPECT(DO(s, inbound_receive, INBOUND_RECEIVE, .inbound = 1, .quantity = 3), NOT_EXPECTED, 0, 2);
    EXPECT(DO(s, inbound_close, INBOUND_CLOSE, .inbound = 1), OK, 1, 2);
    EXPECT(DO(s, inbound_receive, INBOUND_RECEIVE, .inbound = 1, .quantity = 1), NOT_EXPECTED, 0, 0);
}

/* A limit of the engine, a bound per shopper, and a bound per SKU. */
static void result_POOL_FULL(struct shop *s)
{
    for (u32 i = 4; i <= s->limits.shoppers; i++)
        OK(DO(s, shopper_join, SHOPPER_JOIN, .currency = 1));
    EXPECT(DO(s, shopper_join, SHOPPER_JOIN, .currency = 1), POOL_FULL, 0, LIMIT_shoppers);
    for (u32 currency = 1; currency <= 17; currency++) {
        char code[2] = {(char)('a' + currency), 0};
        if (currency > 3)
            OK(PUT(s, currency_put, CURRENCY_PUT, code));
        struct result top_up =
            DO(s, wallet_top_up, WALLET_TOP_UP, .shopper = 2, .currency = currency, .amount_minor = 1);
        struct result price = DO(s, price_set, PRICE_SET, .sku = 2, .currency = currency, .price_minor = 1);
        if (currency <= WALLETS_PER_SHOPPER_MAX)
            EXPECT(top_up, OK, 2, 1);
        else
            EXPECT(top_up, POOL_FULL, 0, LIMIT_wallets);
        if (currency <= PRICES_PER_SKU_MAX)
            EXPECT(price, OK, 2, 0);
        else
            EXPECT(price, POOL_FULL, 0, LIMIT_prices);
    }
}

static void result_NO_CHANGE(struct shop *s)
{
    EXPECT(PUT(s, country_put, COUNTRY_PUT, "CN|China"), NO_CHANGE, 1, 0);
    EXPECT(DO(s, price_set, PRICE_SET, .sku = 3, .currency = 1, .price_minor = 10000), NO_CHANGE, 3, 0);
    EXPECT(DO(s, stock_count, STOCK_COUNT, .sku = 2, .location = 1, .counted = 10), NO_CHANGE, 2, 10);
    EXPECT(DO(s, budget_set, BUDGET_SET, .shopper = 2, .scope = BUDGET_DAY, .limit_minor = -1), NO_CHANGE, 2, 0);
    s->key = 5; /* a refusal or no-change is not remembered: the key is still free */
    EXPECT(DO(s, clock_tick, CLOCK_TICK, ), NO_CHANGE, 0, 0);
    s->key = 5;
    EXPECT(PUT(s, country_put, COUNTRY_PUT, "JP|Japan"), OK, 2, 0);
}

/* --- the table ----------------------------------------------------------- */

static const struct {
    const char *word;
    u16 code;
    void (*test)(struct shop *shop);
} results[] = {
#define RESULT(number, NAME, http, word, value, sentence) {word, number, result_##NAME},
#include "base/result.def"
#undef RESULT
};

static void test_result(void **state)
{
    for (size_t i = 0; i < ARRAY_COUNT(results); i++) {
        static struct shop shop;
        (void)state;
        shop_open_festival(&shop);
        u64 before = support_answers(results[i].code);
        results[i].test(&shop);
        if (support_answers(results[i].code) == before)
            fail_msg("%s was not the answer in its own test", results[i].word);
        shop_close(&shop);
    }
}

/* The words and HTTP statuses are what doors promise; numbers are on disk. */
static void test_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(results); i++) {
        assert_string_equal(result_word(results[i].code), results[i].word);
        assert_true(strlen(result_sentence(results[i].code)) > 4);
        assert_in_range(result_http(results[i].code), 200, 599);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(results[i].word, results[j].word);
            assert_int_not_equal(results[i].code, results[j].code);
        }
    }
    assert_string_equal(result_word(999), "?");
    assert_string_equal(result_sentence(999), "?");
    assert_int_equal(result_http(999), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_result),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
