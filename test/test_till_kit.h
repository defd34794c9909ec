/*
 * What the tests of tills share: two stores with a till each, and a line for each thing that a clerk does. Every test
 * ends with the engine's own proof (shop_close), so a directed test states only what it is about.
 */
#ifndef ELEVEN_TEST_TILL_KIT_H
#define ELEVEN_TEST_TILL_KIT_H

#include "core/internal.h"
#include "test/support.h"

#include <stdlib.h>
#include <string.h>

static struct shop s;

enum { STORE_A = 2, STORE_B = 3 };              /* locations */
enum { SHIRT_M = 5, SHIRT_L = 6, SHIRT_FAKE = 7, POSTER = 8 }; /* SKUs: M and L are one product */
enum { ANYBODY = 4 };                           /* in whose name the tills sell */
enum { TILL_A = 1, TILL_B = 2 };

/* Two stores with a till each; five of every SKU in store A, where 1,000.00 is in shopper 1's wallet. */
static inline void open_stores(void)
{
    shop_open_festival(&s);
    OK(PUT(&s, location_put, LOCATION_PUT, "S2|Other store", .city = 1, .longitude_e6 = 121470000,
           .latitude_e6 = 31230000, .kind = LOCATION_STORE, .services = SERVICE_CARRY_OUT));
    static const char *const titles[] = {"K5|Shirt M|shirt", "K6|Shirt L|shirt", "K7|Shirt|shirt", "K8|Poster|"};
    for (u32 sku = SHIRT_M; sku <= POSTER; sku++) {
        OK(PUT(&s, sku_put, SKU_PUT, titles[sku - SHIRT_M], .department = 1, .brand = 1, .for_sale = 1,
               .seller = sku == SHIRT_FAKE ? 2 : 1));
        OK(DO(&s, price_set, PRICE_SET, .sku = sku, .currency = 1, .price_minor = 10000));
        OK(DO(&s, stock_receive, STOCK_RECEIVE, .sku = sku, .location = STORE_A, .quantity = 5));
    }
    EXPECT(DO(&s, shopper_join, SHOPPER_JOIN, .currency = 1), OK, ANYBODY, 0);
    EXPECT(PUT(&s, till_put, TILL_PUT, "A1", .location = STORE_A, .shopper = ANYBODY), OK, TILL_A, 0);
    EXPECT(PUT(&s, till_put, TILL_PUT, "B1", .location = STORE_B, .shopper = ANYBODY), OK, TILL_B, 0);
}

#define OPEN(till_, float_) DO(&s, till_open, TILL_OPEN, .till = till_, .float_minor = float_)
#define CLOSE(till_, counted_) DO(&s, till_close, TILL_CLOSE, .till = till_, .counted_minor = counted_)
#define CASH(till_, amount_) DO(&s, till_cash, TILL_CASH, .till = till_, .amount_minor = amount_)
#define PAY(till_, order_, cash_, card_, wallet_)                                                                    \
    DO(&s, till_pay, TILL_PAY, .till = till_, .order = order_, .cash_minor = cash_, .card_minor = card_,             \
       .wallet_minor = wallet_)
#define VOID(till_, order_) DO(&s, till_void, TILL_VOID, .till = till_, .order = order_)
#define RETURN(till_, order_, quantity_, means)                                                                      \
    DO(&s, till_return, TILL_RETURN, .till = till_, .order = order_, .line = 1, .quantity = quantity_,               \
       .goods = GOODS_RESTOCK, .tender = TENDER_##means)
#define TAKE_BACK(till_, sku_, quantity_, shopper_)                                                                  \
    DO(&s, till_take_back, TILL_TAKE_BACK, .till = till_, .sku = sku_, .quantity = quantity_, .shopper = shopper_,   \
       .goods = GOODS_QUARANTINE)
#define EXCHANGE(order_, quantity_, sku_)                                                                            \
    DO(&s, order_exchange, ORDER_EXCHANGE, .order = order_, .line = 1, .quantity = quantity_, .sku = sku_,           \
       .location = STORE_A, .goods = GOODS_RESTOCK)

/* An order on hold in store A, to be paid at a till; its id. */
static inline u32 basket(u32 shopper, u8 delivery, const char *lines)
{
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE)};
    place.shopper = shopper;
    place.festival = 1;
    place.currency = 1;
    place.channel = CHANNEL_TILL;
    place.delivery = delivery;
    place.payment = PAYMENT_HOLD;
    place.location = STORE_A;
    place.city = delivery == DELIVERY_HOME ? 2 : 0;
    return OK(shop_place(&s, place, lines)).id;
}

static inline u32 sell(u32 till, u32 shopper, const char *lines, i64 cash, i64 card, i64 wallet)
{
    u32 order = basket(shopper, DELIVERY_CARRY_OUT, lines);
    EXPECT(PAY(till, order, cash, card, wallet), OK, order, cash + card + wallet);
    return order;
}

static inline const struct shift *shift_of(u32 till)
{
    return engine_shift(s.engine, engine_till(s.engine, till)->shift);
}

static inline const struct book *book_of(u32 sku, u32 location)
{
    return engine_book(s.engine, engine_find_book(s.engine, sku, location));
}

static inline i64 seller_minor(u32 seller)
{
    return engine_account(s.engine, account_find(s.engine, seller, 1))->balance_minor;
}

static inline void expect_amounts(const i64 amounts[3], i64 cash, i64 card, i64 wallet)
{
    assert_int_equal(amounts[0], cash);
    assert_int_equal(amounts[1], card);
    assert_int_equal(amounts[2], wallet);
}

#endif
