/*
 * What comes back to a till: with a receipt, without one, and in exchange for another size.
 */
#include "test/test_till_kit.h"

/* --- returned with a receipt -------------------------------------------------------------------- */

/* Cash lies in a drawer, other money came by the provider: it goes back from where it is. */
static void test_money_goes_back_as_it_came(void **state)
{
    (void)state;
    open_stores();
    OK(OPEN(TILL_A, 0));
    u32 cash = sell(TILL_A, ANYBODY, "1x1", 10000, 0, 0);
    u32 card = sell(TILL_A, ANYBODY, "1x1", 0, 10000, 0);
    u32 elsewhere = OK(PLACE(&s, "1x1", .shopper = ANYBODY, .currency = 1, .channel = CHANNEL_TILL,
                             .delivery = DELIVERY_CARRY_OUT, .payment = PAYMENT_PROVIDER, .location = STORE_A)).id;
    EXPECT(RETURN(TILL_A, cash, 1, CARD), WRONG_TENDER, 0, TENDER_CASH);
    EXPECT(RETURN(TILL_A, card, 1, CASH), WRONG_TENDER, 0, TENDER_CARD);
    EXPECT(RETURN(TILL_A, elsewhere, 1, CASH), WRONG_TENDER, 0, TENDER_CARD);
    EXPECT(DO(&s, order_return, ORDER_RETURN, .order = cash, .line = 1, .quantity = 1, .location = STORE_A,
              .goods = GOODS_RESTOCK), WRONG_TENDER, 0, TENDER_CASH);
    OK(RETURN(TILL_A, cash, 1, CASH));
    OK(RETURN(TILL_A, elsewhere, 1, CARD));
    OK(DO(&s, order_return, ORDER_RETURN, .order = card, .line = 1, .quantity = 1, .location = STORE_A,
          .goods = GOODS_RESTOCK));
    assert_int_equal(engine_drawer(shift_of(TILL_A)), 0);
    shop_close(&s);
}

static void test_return_elsewhere(void **state)
{
    (void)state;
    open_stores();
    OK(OPEN(TILL_A, 0));
    OK(OPEN(TILL_B, 15000));
    u32 order = sell(TILL_A, ANYBODY, "1x3", 20000, 10000, 0);
    EXPECT(RETURN(TILL_B, order, 1, WALLET), WRONG_TENDER, 0, 0);
    EXPECT(RETURN(TILL_B, order, 2, CASH), NOT_ENOUGH_CASH, 0, 15000);
    EXPECT(RETURN(TILL_B, order, 4, CASH), NOT_RETURNABLE, 0, 3);
    EXPECT(DO(&s, till_return, TILL_RETURN, .till = TILL_B, .order = order, .line = 1, .quantity = 1,
              .goods = GOODS_LOST, .tender = TENDER_CASH), MALFORMED, 0, 0);
    EXPECT(RETURN(TILL_B, order, 1, CASH), OK, order, 10000);
    EXPECT(RETURN(TILL_B, order, 2, CARD), OK, order, 20000);
    expect_amounts(shift_of(TILL_B)->refunded_minor, 10000, 20000, 0);
    assert_int_equal(shift_of(TILL_B)->returns, 2);
    assert_int_equal(engine_drawer(shift_of(TILL_B)), 5000);
    assert_int_equal(engine_drawer(shift_of(TILL_A)), 20000);
    assert_int_equal(book_of(1, STORE_B)->moved_in, 3);
    assert_int_equal(book_of(1, STORE_B)->available, 3);
    assert_int_equal(book_of(1, STORE_A)->sold, 0);
    assert_int_equal(seller_minor(1), 0);
    shop_close(&s);
}

/* What was paid in part from the wallet goes back to the wallet, all of it. */
static void test_return_of_mixed_payment(void **state)
{
    (void)state;
    open_stores();
    OK(OPEN(TILL_A, 0));
    u32 order = sell(TILL_A, 1, "1x2", 19999, 0, 1);
    assert_int_equal(engine_balance(s.engine, 1, 1), 99999);
    EXPECT(RETURN(TILL_A, order, 1, CASH), WRONG_TENDER, 0, TENDER_WALLET);
    EXPECT(RETURN(TILL_A, order, 1, WALLET), OK, order, 10000);
    EXPECT(RETURN(TILL_A, order, 1, WALLET), OK, order, 10000);
    assert_int_equal(engine_balance(s.engine, 1, 1), 99999 + 20000);
    assert_int_equal(engine_drawer(shift_of(TILL_A)), 19999);
    shop_close(&s);
}

/* --- taken back without a receipt ------------------------------------------------------------------- */

static void test_take_back(void **state)
{
    (void)state;
    open_stores();
    OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 7000, .opens_ms = SHOP_CLOSES - 1000,
          .closes_ms = SHOP_CLOSES));
    OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 9000,
          .closes_ms = SHOP_CLOSES - 1000));
    OK(OPEN(TILL_B, 0));
    CODE(TAKE_BACK(TILL_B, 99, 1, 2), UNKNOWN_SKU);
    EXPECT(TAKE_BACK(TILL_B, 1, 0, 2), BAD_QUANTITY, 0, 1);
    EXPECT(TAKE_BACK(TILL_B, 1, LINE_QUANTITY_MAX + 1, 2), BAD_QUANTITY, 0, 1);
    CODE(TAKE_BACK(TILL_B, 1, 1, 99), UNKNOWN_SHOPPER);
    EXPECT(TAKE_BACK(TILL_B, 1, 1, ANYBODY), MALFORMED, 0, 0);
    u32 tokyo = OK(DO(&s, shopper_join, SHOPPER_JOIN, .currency = 2)).id;
    EXPECT(TAKE_BACK(TILL_B, 1, 1, tokyo), CURRENCY_MISMATCH, 0, 0);
    EXPECT(DO(&s, till_take_back, TILL_TAKE_BACK, .till = TILL_B, .sku = 1, .quantity = 1, .shopper = 2,
              .goods = GOODS_LOST), MALFORMED, 0, 0);
    u32 unpriced = OK(PUT(&s, sku_put, SKU_PUT, "K9|Priceless", .department = 1, .seller = 2, .for_sale = 1)).id;
    EXPECT(TAKE_BACK(TILL_B, unpriced, 1, 2), NO_PRICE, 0, unpriced);

    /* At the least that is ever asked; the seller, who has sold nothing yet, owes it. */
    EXPECT(TAKE_BACK(TILL_B, 1, 2, 2), OK, 2, 14000);
    assert_int_equal(engine_balance(s.engine, 2, 1), 14000);
    assert_int_equal(seller_minor(1), -14000);
    assert_int_equal(book_of(1, STORE_B)->received, 2);
    assert_int_equal(book_of(1, STORE_B)->quarantine, 2);
    assert_int_equal(book_of(1, STORE_B)->available, 0);
    OK(DO(&s, till_take_back, TILL_TAKE_BACK, .till = TILL_B, .sku = 1, .quantity = 1, .shopper = 2,
          .goods = GOODS_RESTOCK));
    assert_int_equal(book_of(1, STORE_B)->available, 1);
    expect_amounts(shift_of(TILL_B)->refunded_minor, 0, 0, 21000);
    assert_int_equal(shift_of(TILL_B)->returns, 2);
    CODE(PUT(&s, sku_put, SKU_PUT, "K1|Kicks", .department = 1, .brand = 1, .seller = 2, .for_sale = 1), IN_USE);
    shop_close(&s);
}

/*
 * Goods without a receipt make money that nobody paid in. Without its own bound, a wallet that is filled again by them
 * could not take the refund of an order any more.
 */
static void test_taken_back_is_bounded(void **state)
{
    (void)state;
    open_stores();
    const i64 half = MONEY_MAX / 2;
    OK(OPEN(TILL_A, 0));
    OK(DO(&s, price_set, PRICE_SET, .sku = 1, .currency = 1, .price_minor = half));
    OK(DO(&s, price_set, PRICE_SET, .sku = 2, .currency = 1, .price_minor = half - 100000));
    EXPECT(TAKE_BACK(TILL_A, 1, 3, 2), AMOUNT_OVERFLOW, 0, 0);
    EXPECT(TAKE_BACK(TILL_A, 1, 1, 2), OK, 2, half);
    EXPECT(TAKE_BACK(TILL_A, 1, 1, 3), AMOUNT_OVERFLOW, 0, 0);
    EXPECT(TAKE_BACK(TILL_A, 2, 1, 3), OK, 3, half - 100000);
    EXPECT(TAKE_BACK(TILL_A, 3, 1, 3), AMOUNT_OVERFLOW, 0, 0);
    EXPECT(DO(&s, wallet_top_up, WALLET_TOP_UP, .shopper = 1, .currency = 1, .amount_minor = 1), BAD_AMOUNT, 0, 0);
    u32 order = basket(ANYBODY, DELIVERY_CARRY_OUT, "3x1");
    EXPECT(PAY(TILL_A, order, 10000, 0, 0), AMOUNT_OVERFLOW, 0, 0);
    EXPECT(PLACE(&s, "3x1", STORE(CARRY_OUT, PROVIDER)), AMOUNT_OVERFLOW, 0, 0);

    /* All there is moves through one wallet, an order and back. */
    OK(DO(&s, wallet_transfer, WALLET_TRANSFER, .from = 2, .to = 1, .currency = 1, .amount_minor = half));
    OK(DO(&s, wallet_transfer, WALLET_TRANSFER, .from = 3, .to = 1, .currency = 1, .amount_minor = half - 100000));
    assert_int_equal(engine_balance(s.engine, 1, 1), MONEY_MAX);
    u32 all = OK(PLACE(&s, "1x2", .shopper = 1, .currency = 1, .location = STORE_A, .channel = CHANNEL_WEB,
                       .delivery = DELIVERY_PICK_UP, .payment = PAYMENT_WALLET)).id;
    assert_int_equal(engine_balance(s.engine, 1, 1), 0);
    OK(DO(&s, order_cancel, ORDER_CANCEL, .order = all));
    assert_int_equal(engine_balance(s.engine, 1, 1), MONEY_MAX);
    shop_close(&s);
}

/* A shift's sums have a bound of their own: money may go in and out as often as one likes. */
static void test_sums_are_bounded(void **state)
{
    (void)state;
    open_stores();
    OK(OPEN(TILL_A, 0));
    EXPECT(CASH(TILL_A, MONEY_MAX), OK, 1, MONEY_MAX);
    EXPECT(CASH(TILL_A, -MONEY_MAX), OK, 1, 0);
    EXPECT(CASH(TILL_A, 1), BAD_AMOUNT, 0, 0);
    sell(TILL_A, ANYBODY, "1x1", 10000, 0, 0);
    EXPECT(CASH(TILL_A, -1), BAD_AMOUNT, 0, 0);
    EXPECT(CASH(TILL_A, -MONEY_MAX - 1), BAD_AMOUNT, 0, 0);

    const i64 most = MONEY_MAX - 10000;
    OK(DO(&s, wallet_top_up, WALLET_TOP_UP, .shopper = 1, .currency = 1, .amount_minor = most - 100000));
    OK(DO(&s, price_set, PRICE_SET, .sku = 2, .currency = 1, .price_minor = most));
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), .shopper = 1, .currency = 1,
                                        .channel = CHANNEL_TILL, .delivery = DELIVERY_CARRY_OUT,
                                        .payment = PAYMENT_HOLD, .location = STORE_A};
    u32 first = OK(shop_place(&s, place, "2x1")).id;
    OK(PAY(TILL_A, first, 0, 0, most));
    EXPECT(RETURN(TILL_A, first, 1, WALLET), OK, first, most);
    u32 second = OK(shop_place(&s, place, "2x1")).id;
    EXPECT(PAY(TILL_A, second, 0, 0, most), AMOUNT_OVERFLOW, 0, 0);
    OK(DO(&s, order_pay, ORDER_PAY, .order = second, .payment = PAYMENT_WALLET, .amount_minor = most));
    EXPECT(RETURN(TILL_A, second, 1, WALLET), AMOUNT_OVERFLOW, 0, 0);
    OK(CLOSE(TILL_A, 10000));
    OK(OPEN(TILL_A, 10000));
    EXPECT(RETURN(TILL_A, second, 1, WALLET), OK, second, most);
    shop_close(&s);
}

/* --- exchange -------------------------------------------------------------------------------------- */

static void test_exchange(void **state)
{
    (void)state;
    open_stores();
    OK(DO(&s, budget_set, BUDGET_SET, .shopper = 1, .scope = BUDGET_DAY, .limit_minor = 20000));
    OK(OPEN(TILL_A, 0));
    u32 order = sell(TILL_A, 1, "5x2", 0, 0, 20000);
    struct engine *e = s.engine;
    i64 provider = engine_currency(e, 1)->provider_minor;

    u32 larger = OK(EXCHANGE(order, 1, SHIRT_L)).id;
    const struct order *row = engine_order(e, larger);
    assert_int_equal(row->total_minor, 10000);
    assert_int_equal(row->delivery, DELIVERY_EXCHANGE);
    assert_int_equal(row->city, 2);
    assert_int_equal(row->shopper, 1);
    assert_int_equal(row->payment, PAYMENT_WALLET);
    assert_int_equal(engine_line(e, row->first_line)->state, PART_HANDED_OVER);
    assert_int_equal(book_of(SHIRT_M, STORE_A)->available, 4);
    assert_int_equal(book_of(SHIRT_L, STORE_A)->available, 4);
    assert_int_equal(book_of(SHIRT_L, STORE_A)->sold, 1);
    /* No money has moved, no budget has changed: not even one that is spent. */
    assert_int_equal(engine_balance(e, 1, 1), 80000);
    assert_int_equal(seller_minor(1), 20000);
    assert_int_equal(engine_currency(e, 1)->provider_minor, provider);
    assert_int_equal(engine_budget(e, 1)->spent_minor, 20000);
    assert_int_equal(engine_festival(e, 1)->refunded_minor, 10000);
    assert_int_equal(engine_festival(e, 1)->paid_minor, 20000);

    /* Such an order is returned and exchanged like others, but neither cancelled nor made void. */
    EXPECT(DO(&s, order_cancel, ORDER_CANCEL, .order = larger), WRONG_STATE, 0, ORDER_PAID);
    EXPECT(VOID(TILL_A, larger), OTHER_SHIFT, 0, 0);
    EXPECT(VOID(TILL_A, order), WRONG_STATE, 0, ORDER_PAID);
    u32 again = OK(EXCHANGE(larger, 1, SHIRT_M)).id;
    EXPECT(RETURN(TILL_A, again, 1, CASH), WRONG_TENDER, 0, TENDER_WALLET);
    EXPECT(RETURN(TILL_A, again, 1, WALLET), OK, again, 10000);
    assert_int_equal(engine_balance(e, 1, 1), 90000); /* the payer of the first order */
    assert_int_equal(seller_minor(1), 10000);
    assert_int_equal(engine_budget(e, 1)->spent_minor, 20000);
    assert_int_equal(book_of(SHIRT_M, STORE_A)->available, 4);
    assert_int_equal(book_of(SHIRT_L, STORE_A)->available, 5);
    shop_close(&s);
}

static void test_exchange_refused(void **state)
{
    (void)state;
    open_stores();
    OK(OPEN(TILL_A, 0));
    u32 order = sell(TILL_A, ANYBODY, "5x2 8x1", 30000, 0, 0);
    u64 digest = engine_digest(s.engine);
    CODE(EXCHANGE(99, 1, SHIRT_L), UNKNOWN_ORDER);
    EXPECT(DO(&s, order_exchange, ORDER_EXCHANGE, .order = order, .line = 1, .quantity = 1, .sku = SHIRT_L,
              .goods = GOODS_LOST), MALFORMED, 0, 0);
    EXPECT(DO(&s, order_exchange, ORDER_EXCHANGE, .order = order, .line = 1, .quantity = 1, .sku = SHIRT_L,
              .goods = GOODS_RESTOCK), MALFORMED, 0, 0);
    EXPECT(EXCHANGE(order, 3, SHIRT_L), NOT_RETURNABLE, 0, 2);
    EXPECT(EXCHANGE(order, 1, 99), UNKNOWN_SKU, 0, 99);
    EXPECT(EXCHANGE(order, 1, SHIRT_FAKE), NOT_EXCHANGEABLE, 0, SHIRT_FAKE); /* of another seller */
    EXPECT(EXCHANGE(order, 1, POSTER), NOT_EXCHANGEABLE, 0, POSTER);
    EXPECT(DO(&s, order_exchange, ORDER_EXCHANGE, .order = order, .line = 2, .quantity = 1, .sku = 2,
              .location = STORE_A, .goods = GOODS_RESTOCK), NOT_EXCHANGEABLE, 0, 2); /* neither has a handle */
    EXPECT(DO(&s, order_exchange, ORDER_EXCHANGE, .order = order, .line = 1, .quantity = 1, .sku = SHIRT_L,
              .location = 1, .goods = GOODS_RESTOCK), BAD_SERVICE, 0, 1);
    EXPECT(DO(&s, order_exchange, ORDER_EXCHANGE, .order = order, .line = 1, .quantity = 1, .sku = SHIRT_L,
              .location = STORE_B, .goods = GOODS_RESTOCK), SOLD_OUT, 0, SHIRT_L);
    assert_true(engine_digest(s.engine) == digest);
    OK(PUT(&s, sku_put, SKU_PUT, "K6|Shirt L|shirt", .department = 1, .brand = 1, .seller = 1));
    EXPECT(EXCHANGE(order, 1, SHIRT_L), NOT_FOR_SALE, 0, SHIRT_L);
    /* The same SKU again needs no handle: one that is broken for one that is not. */
    OK(DO(&s, order_exchange, ORDER_EXCHANGE, .order = order, .line = 2, .quantity = 1, .sku = POSTER,
          .location = STORE_A, .goods = GOODS_QUARANTINE));
    assert_int_equal(book_of(POSTER, STORE_A)->quarantine, 1);
    assert_int_equal(book_of(POSTER, STORE_A)->available, 3);
    assert_int_equal(book_of(POSTER, STORE_A)->sold, 1);
    shop_close(&s);
}

/* A small one for the price of a large one: no money moves, so what is dearer does not go out, nor what has no price. */
static void test_exchange_is_no_bargain(void **state)
{
    (void)state;
    open_stores();
    u32 order = OK(shop_place(&s, (struct command_order_place){HEADER(order_place, ORDER_PLACE), .shopper = 1,
                   .currency = 1, .channel = CHANNEL_STORE, .delivery = DELIVERY_CARRY_OUT,
                   .payment = PAYMENT_WALLET, .location = STORE_A}, "5x3")).id;
    OK(DO(&s, price_set, PRICE_SET, .sku = SHIRT_L, .currency = 1, .price_minor = 10001));
    EXPECT(EXCHANGE(order, 1, SHIRT_L), NOT_EXCHANGEABLE, 0, SHIRT_L);
    EXPECT(EXCHANGE(order, 1, SHIRT_M), OK, order + 1, 10000);
    OK(DO(&s, price_set, PRICE_SET, .sku = SHIRT_L, .currency = 1, .price_minor = 10000));
    EXPECT(EXCHANGE(order, 1, SHIRT_L), OK, order + 2, 10000);
    OK(DO(&s, price_set, PRICE_SET, .sku = SHIRT_L, .currency = 1, .price_minor = 1));
    EXPECT(EXCHANGE(order, 1, SHIRT_L), OK, order + 3, 10000);
    EXPECT(EXCHANGE(order + 3, 1, SHIRT_M), NOT_EXCHANGEABLE, 0, SHIRT_M); /* nor by way of a cheap one */
    OK(PUT(&s, sku_put, SKU_PUT, "K9|Shirt S|shirt", .department = 1, .brand = 1, .seller = 1, .for_sale = 1));
    OK(DO(&s, stock_receive, STOCK_RECEIVE, .sku = 9, .location = STORE_A, .quantity = 1));
    EXPECT(EXCHANGE(order + 1, 1, 9), NOT_EXCHANGEABLE, 0, 9); /* it is sold in deals only, or in other currencies */
    shop_close(&s);
}

/* What was sold in a shift by one means is bounded, whatever has gone back since. */
static void test_sales_are_bounded(void **state)
{
    (void)state;
    open_stores();
    OK(OPEN(TILL_A, 0));
    const i64 most = MONEY_MAX / 4 * 3;
    OK(DO(&s, price_set, PRICE_SET, .sku = POSTER, .currency = 1, .price_minor = most));
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), .shopper = 1, .currency = 1,
                                        .channel = CHANNEL_TILL, .delivery = DELIVERY_CARRY_OUT,
                                        .payment = PAYMENT_HOLD, .location = STORE_A};
    u32 order = OK(shop_place(&s, place, "8x1")).id;
    OK(PAY(TILL_A, order, most, 0, 0));
    EXPECT(RETURN(TILL_A, order, 1, CASH), OK, order, most);
    order = OK(shop_place(&s, place, "8x1")).id;
    EXPECT(PAY(TILL_A, order, most, 0, 0), AMOUNT_OVERFLOW, 0, 0);
    OK(PAY(TILL_A, order, 0, most, 0));
    EXPECT(RETURN(TILL_A, order, 1, CARD), OK, order, most);
    order = OK(shop_place(&s, place, "8x1")).id;
    EXPECT(PAY(TILL_A, order, 0, most, 0), AMOUNT_OVERFLOW, 0, 0);
    assert_int_equal(engine_order(s.engine, order)->state, ORDER_HELD);
    shop_close(&s);
}

/* A book that has received all it may takes nothing back. */
static void test_take_back_into_a_full_book(void **state)
{
    (void)state;
    open_stores();
    OK(OPEN(TILL_A, 0));
    OK(DO(&s, stock_receive, STOCK_RECEIVE, .sku = POSTER, .location = STORE_A,
          .quantity = UNITS_MAX - book_of(POSTER, STORE_A)->received));
    EXPECT(DO(&s, till_take_back, TILL_TAKE_BACK, .till = TILL_A, .sku = POSTER, .quantity = 1, .shopper = 1,
              .goods = GOODS_RESTOCK), BAD_QUANTITY, 0, POSTER);
    assert_int_equal(book_of(POSTER, STORE_A)->received, UNITS_MAX);
    shop_close(&s);
}

/* Three for 299.99: no price of one unit says that, and not a cent may come or go. */
static void test_exchange_is_exact(void **state)
{
    (void)state;
    open_stores();
    struct engine *e = s.engine;
    u32 order = OK(shop_place(&s, (struct command_order_place){HEADER(order_place, ORDER_PLACE), .shopper = ANYBODY,
                   .currency = 1, .channel = CHANNEL_TILL, .delivery = DELIVERY_CARRY_OUT,
                   .payment = PAYMENT_PROVIDER, .location = STORE_A}, "5x3")).id;
    shop_alone(&s);
    /* A discount of one cent, as if it had been paid so. */
    e->lines[e->orders[order].first_line].discount_minor = 1;
    e->orders[order].total_minor--;
    ledger_move(&e->accounts[account_find(e, 1, 1)].balance_minor, &e->currencies[1].provider_minor, 1);
    assert_true(support_check(e));

    OK(OPEN(TILL_A, 30000));
    struct result new = OK(EXCHANGE(order, 2, SHIRT_L));
    assert_int_equal(new.value, 19999);
    const struct line *line = engine_line(e, engine_order(e, new.id)->first_line);
    assert_int_equal(line->unit_price_minor, 10000);
    assert_int_equal(line->discount_minor, 1);
    EXPECT(RETURN(TILL_A, new.id, 1, CASH), OK, new.id, 9999);
    EXPECT(RETURN(TILL_A, new.id, 1, CASH), OK, new.id, 10000);
    EXPECT(RETURN(TILL_A, order, 1, CARD), OK, order, 10000);
    assert_int_equal(engine_drawer(shift_of(TILL_A)), 30000 - 19999);
    assert_int_equal(seller_minor(1), 0);

    /* Two for a cent: the first of them was worth nothing. */
    u32 gift = sell(TILL_A, ANYBODY, "8x2", 20000, 0, 0);
    struct line *cheap = &e->lines[e->orders[gift].first_line];
    struct tender *sale = &e->tenders[engine_sale(e, gift)];
    i64 paid = e->orders[gift].total_minor;
    i64 discount = cheap->discount_minor;
    cheap->discount_minor = paid - 1;
    EXPECT(EXCHANGE(gift, 1, POSTER), NOT_EXCHANGEABLE, 0, POSTER);
    cheap->discount_minor = discount;
    assert_int_equal(sale->cash_minor, paid);
    shop_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_money_goes_back_as_it_came),
        cmocka_unit_test(test_return_elsewhere), cmocka_unit_test(test_return_of_mixed_payment),
        cmocka_unit_test(test_take_back), cmocka_unit_test(test_taken_back_is_bounded),
        cmocka_unit_test(test_sums_are_bounded), cmocka_unit_test(test_exchange),
        cmocka_unit_test(test_exchange_is_no_bargain), cmocka_unit_test(test_exchange_refused),
        cmocka_unit_test(test_exchange_is_exact), cmocka_unit_test(test_sales_are_bounded),
        cmocka_unit_test(test_take_back_into_a_full_book),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
