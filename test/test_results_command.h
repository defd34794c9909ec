/*
 * Part of test_results.c, which says what this is: the answers about the command
 * itself, before anything is sold.
 */
#ifndef ELEVEN_TEST_RESULTS_COMMAND_H
#define ELEVEN_TEST_RESULTS_COMMAND_H

#include "test/support.h"

#include "base/money.h"

/* --- the command itself -------------------------------------------------- */

static void result_OK(struct shop *s)
{
    EXPECT(PLACE(s, "1x2", HOME(WALLET)), OK, 1, 20000);
    EXPECT(DO(s, clock_tick, CLOCK_TICK, ), NO_CHANGE, 0, 0);
}

static void result_MALFORMED(struct shop *s)
{
    EXPECT(PLACE(s, "1x1", HOME(WALLET), .flags = 4), MALFORMED, 0, 0);
    EXPECT(PLACE(s, "1x1", HOME(WALLET), .flags = ORDER_SHOWN_HERE), MALFORMED, 0, 0); /* where? */
    EXPECT(PLACE(s, "1x1", STORE(PICK_UP, WALLET), .flags = ORDER_SHOWN_HERE), MALFORMED, 0, 0);
    EXPECT(DO(s, routing_set, ROUTING_SET, .rule_2 = RULE_CITY), MALFORMED, 0, 0); /* behind a hole */
    EXPECT(DO(s, routing_set, ROUTING_SET, .rule_1 = RULE_CITY, .rule_2 = RULE_CITY), MALFORMED, 0, 0);
    EXPECT(DO(s, stock_count, STOCK_COUNT, .sku = 9, .location = 1, .reason = REASON_COUNT), MALFORMED, 0, 0);
    EXPECT(DO(s, location_plan, LOCATION_PLAN, .location = 1, .keep_days = 1), MALFORMED, 0, 0); /* never open */
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

#endif
