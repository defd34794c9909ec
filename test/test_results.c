/*
 * Every answer of result.def, each by a test of its own that says how it comes
 * about and what its value is. The table is made from result.def, so a new
 * answer without a test does not compile.
 *
 * Beside the engine's answer each test has the naive model's (support.h).
 */
#include "test/support.h"

#include "base/money.h"

#include <string.h>

/* --- the command itself -------------------------------------------------- */

static void result_OK(struct shop *s)
{
    EXPECT(PLACE(s, "1x2", HOME(WALLET)), OK, 1, 20000);
    EXPECT(DO(s, clock_tick, CLOCK_TICK, ), NO_CHANGE, 0, 0);
}

static void result_MALFORMED(struct shop *s)
{
    EXPECT(PLACE(s, "1x1", HOME(WALLET), .flags = 2), MALFORMED, 0, 0);
    EXPECT(PLACE(s, "1x1", HOME(PROVIDER)), MALFORMED, 0, 0); /* only at a till */
    EXPECT(PLACE(s, "1x1", HOME(WALLET), .expected_total_minor = -1), MALFORMED, 0, 0);
    EXPECT(PUT(s, country_put, COUNTRY_PUT, "|no code"), MALFORMED, 0, 0);
    EXPECT(PUT(s, country_put, COUNTRY_PUT, "C\x7f|no letter"), MALFORMED, 0, 0);
    EXPECT(PUT(s, country_put, COUNTRY_PUT, "C\x1f|no letter"), MALFORMED, 0, 0);
    EXPECT(PUT(s, currency_put, CURRENCY_PUT, "XXX", .digits = 5), MALFORMED, 0, 0);
    EXPECT(PUT(s, city_put, CITY_PUT, "X", .country = 1, .longitude_e6 = 180000001), MALFORMED, 0, 0);
    EXPECT(PUT(s, city_put, CITY_PUT, "X", .country = 1, .latitude_e6 = -90000001), MALFORMED, 0, 0);
    EXPECT(PUT(s, location_put, LOCATION_PUT, "X", .city = 1, .kind = 3), MALFORMED, 0, 0);
    EXPECT(PUT(s, location_put, LOCATION_PUT, "X", .city = 1, .kind = 1, .services = 8), MALFORMED, 0, 0);
    EXPECT(DO(s, budget_set, BUDGET_SET, .shopper = 1, .scope = 4), MALFORMED, 0, 0);
    EXPECT(DO(s, budget_set, BUDGET_SET, .shopper = 1, .scope = BUDGET_DAY, .subject = 1), MALFORMED, 0, 0);
    OK(PLACE(s, "1x1", HOME(HOLD)));
    EXPECT(DO(s, order_pay, ORDER_PAY, .order = 1, .payment = PAYMENT_HOLD, .amount_minor = 10000), MALFORMED, 0, 0);
    s->now_ms = -1;
    EXPECT(DO(s, clock_tick, CLOCK_TICK, ), MALFORMED, 0, 0);
    s->now_ms = TIME_MS_MAX + 1;
    EXPECT(DO(s, clock_tick, CLOCK_TICK, ), MALFORMED, 0, 0);
}

static void result_KEY_CONFLICT(struct shop *s)
{
    s->key = 77;
    EXPECT(PLACE(s, "1x1", HOME(WALLET)), OK, 1, 10000);
    s->key = 77;
    EXPECT(PLACE(s, "1x2", HOME(WALLET)), KEY_CONFLICT, 0, 0);
    s->key = 77;
    EXPECT(DO(s, order_cancel, ORDER_CANCEL, .order = 1), KEY_CONFLICT, 0, 0);
    s->key = 77;
    struct result again = PLACE(s, "1x1", HOME(WALLET));
    EXPECT(again, OK, 1, 10000);
    assert_int_equal(again.flags, RESULT_REPLAYED);
    s->key = 77; /* another caller's key is another key */
    s->caller = 1;
    EXPECT(PLACE(s, "1x2", HOME(WALLET)), OK, 2, 20000);
}

static void result_UNKNOWN_SHOPPER(struct shop *s)
{
    EXPECT(DO(s, wallet_top_up, WALLET_TOP_UP, .shopper = 4, .currency = 1, .amount_minor = 1), UNKNOWN_SHOPPER, 0, 0);
    EXPECT(DO(s, shopper_join, SHOPPER_JOIN, .currency = 1, .person = 4), UNKNOWN_SHOPPER, 0, 0);
    EXPECT(DO(s, budget_set, BUDGET_SET, .shopper = 0, .scope = 1), UNKNOWN_SHOPPER, 0, 0);
}

static void result_UNKNOWN_ORDER(struct shop *s)
{
    EXPECT(DO(s, order_pay, ORDER_PAY, .order = 1, .payment = 9), UNKNOWN_ORDER, 0, 0);
    EXPECT(DO(s, order_cancel, ORDER_CANCEL, .order = 0), UNKNOWN_ORDER, 0, 0);
    EXPECT(DO(s, part_ship, PART_SHIP, .order = UINT32_MAX, .part = 1), UNKNOWN_ORDER, 0, 0);
    EXPECT(DO(s, order_return, ORDER_RETURN, .order = 1), UNKNOWN_ORDER, 0, 0);
}

static void result_UNKNOWN_LINE(struct shop *s)
{
    OK(PLACE(s, "1x1", HOME(WALLET)));
    EXPECT(DO(s, part_pack, PART_PACK, .order = 1, .part = 2), UNKNOWN_LINE, 0, 0);
    EXPECT(DO(s, part_pack, PART_PACK, .order = 1, .part = 0), UNKNOWN_LINE, 0, 0);
    EXPECT(DO(s, order_return, ORDER_RETURN, .order = 1, .line = 2, .quantity = 1, .goods = GOODS_LOST), UNKNOWN_LINE, 0,
           0);
}

static void result_UNKNOWN_FESTIVAL(struct shop *s)
{
    EXPECT(DO(s, deal_put, DEAL_PUT, .festival = 2, .sku = 1, .price_minor = 1), UNKNOWN_FESTIVAL, 0, 0);
    EXPECT(PLACE(s, "1x1", .shopper = 1, .festival = 2, .city = 1, .currency = 1, .channel = 1, .delivery = 1,
                 .payment = 1),
           UNKNOWN_FESTIVAL, 0, 0);
    EXPECT(DO(s, budget_set, BUDGET_SET, .shopper = 1, .scope = BUDGET_FESTIVAL), UNKNOWN_FESTIVAL, 0, 0);
}

static void result_UNKNOWN_DEAL(struct shop *s)
{
    EXPECT(DO(s, deal_put, DEAL_PUT, .deal = 1, .festival = 1, .sku = 1, .price_minor = 1), UNKNOWN_DEAL, 0, 0);
    OK(DO(s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1));
    EXPECT(DO(s, deal_put, DEAL_PUT, .deal = 1, .festival = 1, .sku = 2, .price_minor = 1), UNKNOWN_DEAL, 0, 0);
}

static void result_UNKNOWN_CURRENCY(struct shop *s)
{
    EXPECT(DO(s, shopper_join, SHOPPER_JOIN, .currency = 4), UNKNOWN_CURRENCY, 0, 0);
    EXPECT(DO(s, price_set, PRICE_SET, .sku = 1, .currency = 0, .price_minor = 1), UNKNOWN_CURRENCY, 0, 0);
}

static void result_UNKNOWN_COUNTRY(struct shop *s)
{
    EXPECT(PUT(s, city_put, CITY_PUT, "X", .country = 2), UNKNOWN_COUNTRY, 0, 0);
    EXPECT(PUT(s, brand_put, BRAND_PUT, "X", .country = 2), UNKNOWN_COUNTRY, 0, 0);
    EXPECT(PUT(s, brand_put, BRAND_PUT, "X", .country = 0), OK, 2, 0);
}

static void result_UNKNOWN_CITY(struct shop *s)
{
    EXPECT(PUT(s, location_put, LOCATION_PUT, "X", .city = 3, .kind = 1), UNKNOWN_CITY, 0, 0);
    EXPECT(DO(s, shopper_join, SHOPPER_JOIN, .city = 3, .currency = 1), UNKNOWN_CITY, 0, 0);
}

static void result_UNKNOWN_LOCATION(struct shop *s)
{
    EXPECT(DO(s, stock_receive, STOCK_RECEIVE, .sku = 1, .location = 3, .quantity = 1), UNKNOWN_LOCATION, 0, 0);
    EXPECT(DO(s, stock_move, STOCK_MOVE, .sku = 1, .from = 1, .to = 3, .quantity = 1), UNKNOWN_LOCATION, 0, 0);
    EXPECT(PLACE(s, "1x1", HOME(WALLET), .location = 3), UNKNOWN_LOCATION, 0, 0);
}

static void result_UNKNOWN_DEPARTMENT(struct shop *s)
{
    EXPECT(PUT(s, sku_put, SKU_PUT, "X", .department = 3, .seller = 1), UNKNOWN_DEPARTMENT, 0, 0);
    EXPECT(DO(s, budget_set, BUDGET_SET, .shopper = 1, .scope = BUDGET_DEPARTMENT, .subject = 3), UNKNOWN_DEPARTMENT, 0,
           0);
}

static void result_UNKNOWN_BRAND(struct shop *s)
{
    EXPECT(PUT(s, sku_put, SKU_PUT, "X", .department = 1, .brand = 2, .seller = 1), UNKNOWN_BRAND, 0, 0);
}

static void result_UNKNOWN_SELLER(struct shop *s)
{
    EXPECT(PUT(s, sku_put, SKU_PUT, "X", .department = 1, .seller = 3), UNKNOWN_SELLER, 0, 0);
    EXPECT(PUT(s, sku_put, SKU_PUT, "X", .department = 1, .seller = 0), UNKNOWN_SELLER, 0, 0);
}

static void result_UNKNOWN_SKU(struct shop *s)
{
    EXPECT(DO(s, price_set, PRICE_SET, .sku = 5, .currency = 1, .price_minor = 1), UNKNOWN_SKU, 0, 5);
    EXPECT(DO(s, stock_count, STOCK_COUNT, .sku = 6, .location = 1), UNKNOWN_SKU, 0, 6);
    EXPECT(PLACE(s, "1x1 4000000000x1", HOME(WALLET)), UNKNOWN_SKU, 0, 4000000000);
}

static void result_BAD_GTIN(struct shop *s)
{
    EXPECT(PUT(s, sku_put, SKU_PUT, "X", .gtin = 4006381333932, .department = 1, .seller = 1), BAD_GTIN, 0, 0);
    EXPECT(PUT(s, sku_put, SKU_PUT, "X", .gtin = 4006381333931, .department = 1, .seller = 1), OK, 5, 0);
    EXPECT(PUT(s, sku_put, SKU_PUT, "Y", .gtin = UINT64_MAX, .department = 1, .seller = 1), BAD_GTIN, 0, 0);
}

static void result_BAD_WINDOW(struct shop *s)
{
    EXPECT(PUT(s, festival_put, FESTIVAL_PUT, "X", .opens_ms = 5, .closes_ms = 5, .currency = 1), BAD_WINDOW, 0, 0);
    EXPECT(PUT(s, festival_put, FESTIVAL_PUT, "1111", .opens_ms = SHOP_OPENS + 1, .closes_ms = SHOP_CLOSES,
               .currency = 1, .hold_ms = SHOP_HOLD_MS),
           BAD_WINDOW, 0, 0); /* it is on */
    EXPECT(DO(s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1, .closes_ms = SHOP_CLOSES + 1), BAD_WINDOW,
           0, 0);
    i64 noon_ms = SHOP_OPENS + 12 * 3600 * 1000;
    OK(DO(s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1, .closes_ms = noon_ms));
    EXPECT(DO(s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1, .opens_ms = noon_ms - 1), BAD_WINDOW, 0,
           0);
    EXPECT(DO(s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1, .opens_ms = noon_ms), OK, 2, 0);
}

static void result_BAD_AMOUNT(struct shop *s)
{
    EXPECT(DO(s, price_set, PRICE_SET, .sku = 1, .currency = 1, .price_minor = 0), BAD_AMOUNT, 0, 0);
    EXPECT(DO(s, price_set, PRICE_SET, .sku = 1, .currency = 1, .price_minor = MONEY_MAX + 1), BAD_AMOUNT, 0, 0);
    EXPECT(DO(s, price_set, PRICE_SET, .sku = 1, .currency = 1, .price_minor = INT64_MAX), BAD_AMOUNT, 0, 0);
    EXPECT(DO(s, wallet_top_up, WALLET_TOP_UP, .shopper = 1, .currency = 1, .amount_minor = INT64_MIN), BAD_AMOUNT, 0, 0);
    EXPECT(DO(s, wallet_top_up, WALLET_TOP_UP, .shopper = 1, .currency = 1, .amount_minor = MONEY_MAX), BAD_AMOUNT, 0, 0);
    EXPECT(DO(s, wallet_transfer, WALLET_TRANSFER, .from = 1, .to = 2, .currency = 1), BAD_AMOUNT, 0, 0);
    EXPECT(DO(s, budget_set, BUDGET_SET, .shopper = 1, .scope = 1, .limit_minor = -2), BAD_AMOUNT, 0, 0);
}

static void result_BAD_QUANTITY(struct shop *s)
{
    EXPECT(PLACE(s, "1x1 2x0", HOME(WALLET)), BAD_QUANTITY, 0, 2);
    EXPECT(PLACE(s, "3x10000", HOME(WALLET)), BAD_QUANTITY, 0, 3);
    EXPECT(PLACE(s, "3x9000 3x1000", HOME(WALLET)), BAD_QUANTITY, 0, 3);
    EXPECT(DO(s, stock_receive, STOCK_RECEIVE, .sku = 4, .location = 1, .quantity = 0), BAD_QUANTITY, 0, 4);
    EXPECT(DO(s, stock_receive, STOCK_RECEIVE, .sku = 4, .location = 1, .quantity = UNITS_MAX), BAD_QUANTITY, 0, 4);
    EXPECT(DO(s, stock_receive, STOCK_RECEIVE, .sku = 4, .location = 1, .quantity = UINT32_MAX), BAD_QUANTITY, 0, 4);
    CODE(DO(s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1, .cap = UNITS_MAX + 1), BAD_QUANTITY);
}

static void result_BAD_SERVICE(struct shop *s)
{
    EXPECT(PLACE(s, "1x1", STORE(PICK_UP, HOLD)), OK, 1, 10000);
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), STORE(PICK_UP, HOLD)};
    place.location = 1; /* the warehouse */
    EXPECT(shop_place(s, place, "1x1"), BAD_SERVICE, 0, 1);
}

static void result_SAME_PLACE(struct shop *s)
{
    EXPECT(DO(s, stock_move, STOCK_MOVE, .sku = 1, .from = 1, .to = 1, .quantity = 1), SAME_PLACE, 0, 0);
    EXPECT(DO(s, wallet_transfer, WALLET_TRANSFER, .from = 1, .to = 1, .currency = 1, .amount_minor = 1), SAME_PLACE, 0,
           0);
}

static void result_DUPLICATE_GTIN(struct shop *s)
{
    OK(PUT(s, sku_put, SKU_PUT, "X", .gtin = 96385074, .department = 1, .seller = 1));
    EXPECT(PUT(s, sku_put, SKU_PUT, "Y", .gtin = 96385074, .department = 1, .seller = 1), DUPLICATE_GTIN, 0, 5);
    EXPECT(PUT(s, sku_put, SKU_PUT, "X", .gtin = 0, .department = 1, .seller = 1), OK, 5, 0);
    EXPECT(PUT(s, sku_put, SKU_PUT, "Y", .gtin = 96385074, .department = 1, .seller = 1), OK, 6, 0);
}

static void result_CURRENCY_MISMATCH(struct shop *s)
{
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), HOME(HOLD)};
    place.currency = 2;
    EXPECT(shop_place(s, place, "1x1"), CURRENCY_MISMATCH, 0, 0);
    EXPECT(PUT(s, festival_put, FESTIVAL_PUT, "1111", .opens_ms = SHOP_OPENS, .closes_ms = SHOP_CLOSES, .currency = 2,
               .hold_ms = SHOP_HOLD_MS),
           CURRENCY_MISMATCH, 0, 0);
    /* A budget is in the currency of the first wallet, and says nothing about others. */
    OK(DO(s, price_set, PRICE_SET, .sku = 1, .currency = 2, .price_minor = 5));
    OK(DO(s, budget_set, BUDGET_SET, .shopper = 1, .scope = BUDGET_DAY, .limit_minor = MONEY_MAX));
    place.festival = 0;
    EXPECT(shop_place(s, place, "1x1"), CURRENCY_MISMATCH, 0, 0);
}

static void result_IN_USE(struct shop *s)
{
    EXPECT(PUT(s, currency_put, CURRENCY_PUT, "JPY", .digits = 2), IN_USE, 0, 0);
    EXPECT(PUT(s, brand_put, BRAND_PUT, "acme", .country = 0), IN_USE, 0, 0);
    EXPECT(PUT(s, sku_put, SKU_PUT, "K1", .department = 2, .brand = 1, .seller = 1, .for_sale = 1), OK, 1, 0);
    OK(PLACE(s, "1x1", HOME(HOLD)));
    EXPECT(PUT(s, sku_put, SKU_PUT, "K1", .department = 1, .brand = 1, .seller = 1, .for_sale = 1), IN_USE, 0, 0);
    EXPECT(PUT(s, festival_put, FESTIVAL_PUT, "1111", .opens_ms = SHOP_OPENS, .closes_ms = SHOP_CLOSES, .currency = 1),
           IN_USE, 0, 0); /* hold_ms */
    EXPECT(PUT(s, festival_put, FESTIVAL_PUT, "1111", .opens_ms = SHOP_OPENS, .closes_ms = SHOP_CLOSES, .currency = 1,
               .hold_ms = SHOP_HOLD_MS, .utc_offset_minutes = 479),
           IN_USE, 0, 0); /* the budgets' midnight */
    OK(DO(s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1));
    EXPECT(DO(s, deal_put, DEAL_PUT, .deal = 1, .festival = 1, .sku = 1, .price_minor = 1, .cap = 1), IN_USE, 0, 0);
}

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
            assert_true(results[i].code > results[j].code);
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
