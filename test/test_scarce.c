/*
 * Scarce things: the cases that other commerce systems got wrong, each test
 * named after its line in the list of vectors. The engine is one atomic step
 * after the other, so "at once" means: in whatever order the steps come.
 */
#include "test/fault.h"
#include "test/support.h"

static struct shop s;

static struct result pay(u32 order, i64 amount_minor)
{
    return DO(&s, order_pay, ORDER_PAY, .order = order, .payment = PAYMENT_WALLET, .amount_minor = amount_minor);
}

static struct result cancel(u32 order)
{
    return DO(&s, order_cancel, ORDER_CANCEL, .order = order);
}

static struct result tick(void)
{
    return DO(&s, clock_tick, CLOCK_TICK, );
}

static struct result buy_as(u32 shopper, u8 payment, const char *lines)
{
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), HOME(HOLD)};
    place.shopper = shopper;
    place.payment = payment;
    return shop_place(&s, place, lines);
}

/* --- 1 unit, N buyers at once; 0 units; 10,000 units, 100,000 buyers ------ */

#define BUYERS 100000u

struct stampede {
    u64 buyers, sold, refused, oversold, lost, unaccounted;
};

/* A unit for each of so many buyers, home, collected, carried out. `quota`: scarce is the deal, not the stock. */
static void stampede(struct stampede *tally, u32 units, u32 buyers, bool quota)
{
    struct engine_limits limits;
    u32 sold = 0, expected = MIN(units, buyers);
    support_limits(&limits);
    limits.shoppers = buyers + 3;
    limits.caps = limits.orders = limits.lines = units + 1;
    shop_open_with(&s, &limits);
    shop_furnish(&s);
    if (units > 0)
        OK(DO(&s, stock_receive, STOCK_RECEIVE, .sku = 1, .location = 2, .quantity = quota ? 2 * units : units));
    if (quota)
        OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 5000, .quota = units, .cap = 1));
    for (u32 i = 3; i < buyers + 3; i++)
        OK(DO(&s, shopper_join, SHOPPER_JOIN, .currency = 1));
    s.now_ms = SHOP_OPENS;
    for (u32 i = 0; i < buyers; i++) {
        static const u8 deliveries[] = {DELIVERY_HOME, DELIVERY_PICK_UP, DELIVERY_CARRY_OUT, DELIVERY_HOME};
        struct command_order_place place = {HEADER(order_place, ORDER_PLACE), HOME(HOLD)};
        place.shopper = 4 + i;
        place.delivery = deliveries[i % 4];
        place.location = place.delivery == DELIVERY_HOME ? 0 : 2;
        place.channel = place.delivery == DELIVERY_HOME ? CHANNEL_WEB : CHANNEL_TILL;
        place.payment = place.delivery == DELIVERY_CARRY_OUT ? PAYMENT_PROVIDER : PAYMENT_HOLD;
        struct result result = shop_place(&s, place, "1x1");
        sold += result.code == RESULT_OK;
        if (result.code != RESULT_OK)
            expect_result(result, quota ? RESULT_DEAL_SOLD_OUT : RESULT_SOLD_OUT, 0, 1, __FILE__, __LINE__);
    }
    fault_unless(sold <= expected, &tally->oversold, "%u units, %u sold", units, sold);
    fault_unless(sold >= expected, &tally->lost, "%u units, %u buyers, %u sold", units, buyers, sold);
    const struct book *book = engine_book(s.engine, 1);
    u64 left = book == NULL ? 0 : book->available, received = book == NULL ? 0 : book->received;
    fault_unless(left + sold == received && engine_order_count(s.engine) == sold, &tally->unaccounted,
                 "%llu received, %u sold, %llu left", (unsigned long long)received, sold, (unsigned long long)left);
    tally->buyers += buyers;
    tally->sold += sold;
    tally->refused += buyers - sold;
    shop_close(&s); /* compares every fact with the model, and proves the books */
}

static void test_stampede(void **state)
{
    static const struct {
        u32 units, buyers;
        bool quota;
    } cases[] = {
        {0, BUYERS, false}, {1, BUYERS, false}, {10000, BUYERS, false}, {1, BUYERS, true}, {10000, BUYERS, true},
        {1, 1, false}, {10000, 9999, false}, {10000, 10000, false}, {9999, 10000, true},
    };
    struct stampede tally = {0};
    (void)state;
    for (u32 i = 0; i < ARRAY_COUNT(cases); i++)
        stampede(&tally, cases[i].units, cases[i].buyers, cases[i].quota);
    FAULT_LINE("stampede", {"cases", ARRAY_COUNT(cases)}, {"buyers", tally.buyers}, {"sold", tally.sold},
               {"refused", tally.refused}, {"oversold", tally.oversold}, {"lost", tally.lost},
               {"unaccounted", tally.unaccounted});
}

/* --- one cart with two lines of the same SKU ----------------------------- */

static void test_two_lines_of_one_sku_above_stock(void **state)
{
    (void)state;
    shop_open_festival(&s); /* 15 of SKU 1: 10 + 5 */
    EXPECT(PLACE(&s, "1x8 1x8", HOME(HOLD), .flags = ORDER_MAY_SPLIT), SOLD_OUT, 0, 1);
    EXPECT(PLACE(&s, "1x8 2x1 1x7", HOME(HOLD), .flags = ORDER_MAY_SPLIT), OK, 1, 160000);
    /* Merged into the first: SKU 1 in two lines from two places, then SKU 2. */
    u32 first = engine_order(s.engine, 1)->first_line;
    assert_int_equal(engine_order(s.engine, 1)->line_count, 3);
    assert_int_equal(engine_line(s.engine, first)->quantity, 10);
    assert_int_equal(engine_line(s.engine, first + 1)->quantity, 5);
    assert_int_equal(engine_line(s.engine, first + 2)->asked_line, 2);
    shop_close(&s);
}

static void test_two_lines_of_one_sku_above_quota_and_cap(void **state)
{
    (void)state;
    shop_open_festival(&s);
    OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1, .quota = 3));
    OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 2, .price_minor = 1, .cap = 3));
    EXPECT(PLACE(&s, "1x2 1x2", HOME(HOLD)), DEAL_SOLD_OUT, 0, 1);
    EXPECT(PLACE(&s, "2x2 2x2", HOME(HOLD)), LIMIT_REACHED, 0, 3);
    EXPECT(PLACE(&s, "1x2 2x1 1x1 2x2", HOME(HOLD)), OK, 1, 6);
    shop_close(&s);
}

/* --- two orders with the same two SKUs in opposite line order ------------- */

static void test_opposite_line_order(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        shop_open_festival(&s);
        OK(buy_as(2, PAYMENT_HOLD, first ? "1x10 2x10" : "2x10 1x10"));
        /* Both are decided, and the refused one has taken nothing of either. */
        EXPECT(buy_as(3, PAYMENT_HOLD, first ? "2x10 1x10" : "1x10 2x10"), SOLD_OUT, 0, first ? 2 : 1);
        assert_int_equal(engine_book(s.engine, 1)->reserved, 10);
        assert_int_equal(engine_book(s.engine, 2)->reserved, 10);
        shop_close(&s);
    }
}

/* --- the same buyer from two devices against a cap of 1 ------------------- */

static void test_cap_of_one_from_two_devices(void **state)
{
    (void)state;
    shop_open_festival(&s);
    OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1, .cap = 1));
    OK(buy_as(2, PAYMENT_HOLD, "1x1"));
    EXPECT(buy_as(2, PAYMENT_HOLD, "1x1"), LIMIT_REACHED, 0, 0);
    EXPECT(buy_as(3, PAYMENT_HOLD, "1x1"), OK, 2, 1); /* another person */
    shop_close(&s);
}

static void test_cap_given_back_by_cancel_and_expiry(void **state)
{
    (void)state;
    shop_open_festival(&s);
    OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1, .cap = 1));
    OK(buy_as(1, PAYMENT_WALLET, "1x1"));
    EXPECT(buy_as(1, PAYMENT_HOLD, "1x1"), LIMIT_REACHED, 0, 0);
    EXPECT(cancel(1), OK, 1, 1);
    EXPECT(buy_as(1, PAYMENT_HOLD, "1x1"), OK, 2, 1);
    s.now_ms += SHOP_HOLD_MS - 1;
    EXPECT(tick(), NO_CHANGE, 0, 0);
    EXPECT(buy_as(1, PAYMENT_HOLD, "1x1"), LIMIT_REACHED, 0, 0);
    s.now_ms += 1;
    EXPECT(tick(), OK, 0, 1);
    EXPECT(buy_as(1, PAYMENT_HOLD, "1x1"), OK, 3, 1);
    shop_close(&s);
}

/* Two accounts of one identified person share the cap. A return does not give it back. */
static void test_cap_belongs_to_the_person(void **state)
{
    (void)state;
    shop_open_festival(&s);
    EXPECT(DO(&s, shopper_join, SHOPPER_JOIN, .currency = 1, .person = 1), OK, 4, 0);
    EXPECT(DO(&s, shopper_join, SHOPPER_JOIN, .currency = 1, .person = 4), OK, 5, 0); /* is person 1, too */
    OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 1, .cap = 2));
    OK(buy_as(5, PAYMENT_HOLD, "1x1"));
    EXPECT(buy_as(4, PAYMENT_HOLD, "1x2"), LIMIT_REACHED, 0, 1);
    OK(buy_as(1, PAYMENT_WALLET, "1x1"));
    EXPECT(buy_as(4, PAYMENT_HOLD, "1x1"), LIMIT_REACHED, 0, 0);
    OK(DO(&s, part_ship, PART_SHIP, .order = 2, .part = 1));
    OK(DO(&s, order_return, ORDER_RETURN, .order = 2, .line = 1, .quantity = 1, .location = 1, .goods = GOODS_RESTOCK));
    EXPECT(buy_as(1, PAYMENT_HOLD, "1x1"), LIMIT_REACHED, 0, 0);
    shop_close(&s);
}

/* --- a wallet spent twice ------------------------------------------------- */

/* Two orders of 1,000.00 on one wallet of 1,000.00: place and pay, in all six ways to interleave. */
static void test_wallet_spent_twice_at_once(void **state)
{
    (void)state;
    for (u32 mask = 0; mask < 16; mask++) {
        if (__builtin_popcount(mask) != 2)
            continue;
        shop_open_festival(&s);
        u32 orders[2] = {0, 0};
        u32 paid = 0;
        for (u32 i = 0; i < 4; i++) {
            u32 who = mask >> i & 1;
            if (orders[who] == 0) {
                orders[who] = OK(buy_as(1, PAYMENT_HOLD, who ? "1x10" : "2x10")).id;
                continue;
            }
            struct result result = pay(orders[who], 100000);
            if (result.code == RESULT_OK)
                paid++;
            else
                EXPECT(result, INSUFFICIENT_FUNDS, 0, 0);
        }
        assert_int_equal(paid, 1);
        assert_int_equal(engine_balance(s.engine, 1, 1), 0);
        shop_close(&s);
    }
}

static void test_wallet_not_from_itself(void **state)
{
    (void)state;
    shop_open_festival(&s);
    EXPECT(DO(&s, wallet_transfer, WALLET_TRANSFER, .from = 1, .to = 1, .currency = 1, .amount_minor = 1000), SAME_PLACE,
           0, 0);
    EXPECT(DO(&s, wallet_transfer, WALLET_TRANSFER, .from = 1, .to = 2, .currency = 1, .amount_minor = 100000), OK, 1, 0);
    EXPECT(DO(&s, wallet_transfer, WALLET_TRANSFER, .from = 1, .to = 2, .currency = 1, .amount_minor = 1),
           INSUFFICIENT_FUNDS, 0, 0);
    assert_int_equal(engine_balance(s.engine, 2, 1), 100000);
    shop_close(&s);
}

/* --- repeat clicks --------------------------------------------------------- */

static void test_repeat_clicks(void **state)
{
    (void)state;
    shop_open_festival(&s);
    for (u32 click = 0; click < 20; click++) {
        s.key = 4711;
        struct result result = buy_as(1, PAYMENT_WALLET, "1x1");
        EXPECT(result, OK, 1, 10000);
        assert_int_equal(result.flags, click == 0 ? 0 : RESULT_REPLAYED);
        s.now_ms += 1000;
    }
    assert_int_equal(engine_order_count(s.engine), 1);
    assert_int_equal(engine_book(s.engine, 1)->reserved, 1);
    assert_int_equal(engine_balance(s.engine, 1, 1), 90000);
    s.key = 4711;
    EXPECT(buy_as(1, PAYMENT_WALLET, "1x2"), KEY_CONFLICT, 0, 0);
    shop_close(&s);
}

/* Another kind of command with the same key is another body, however alike the bytes are (a case the model found). */
static void test_key_of_another_kind(void **state)
{
    (void)state;
    for (u32 sku = 1; sku <= 4; sku++)
        for (u32 units = 1; units <= 16; units++) {
            shop_open_festival(&s);
            s.key = 3;
            OK(DO(&s, stock_count, STOCK_COUNT, .sku = 1, .location = 2, .counted = 1));
            s.key = 3;
            EXPECT(DO(&s, stock_receive, STOCK_RECEIVE, .sku = sku, .location = 2, .quantity = units), KEY_CONFLICT, 0,
                   0);
            s.key = 3;
            EXPECT(DO(&s, price_set, PRICE_SET, .sku = sku, .currency = 1, .price_minor = units), KEY_CONFLICT, 0, 0);
            shop_close(&s);
        }
}

/* A key is good for 24 hours and the second they end in; then it is new again. */
static void test_key_forgotten_after_a_day(void **state)
{
    (void)state;
    shop_open_festival(&s);
    s.now_ms = SHOP_OPENS + 999;
    s.key = 1;
    OK(DO(&s, wallet_top_up, WALLET_TOP_UP, .shopper = 2, .currency = 1, .amount_minor = 5));
    s.now_ms = SHOP_OPENS + 24 * 3600 * 1000 + 999;
    s.key = 1;
    struct result again = DO(&s, wallet_top_up, WALLET_TOP_UP, .shopper = 2, .currency = 1, .amount_minor = 5);
    assert_int_equal(again.flags, RESULT_REPLAYED);
    s.now_ms += 1;
    s.key = 1;
    EXPECT(DO(&s, wallet_top_up, WALLET_TOP_UP, .shopper = 2, .currency = 1, .amount_minor = 6), OK, 2, 11);
    shop_close(&s);
}

/* A refusal burns neither the key nor any stock. */
static void test_refusal_leaves_the_key_free(void **state)
{
    (void)state;
    shop_open_festival(&s);
    s.key = 9;
    EXPECT(buy_as(1, PAYMENT_HOLD, "1x16"), SOLD_OUT, 0, 1);
    s.key = 9;
    EXPECT(buy_as(1, PAYMENT_HOLD, "1x10"), OK, 1, 100000);
    shop_close(&s);
}

/* --- payment in the same millisecond as the expiry ------------------------- */

static void test_payment_meets_expiry(void **state)
{
    (void)state;
    static const i64 beside_ms[] = {-1, 0, 1};
    for (u32 i = 0; i < 3; i++)
        for (u32 tick_first = 0; tick_first < 2; tick_first++) {
            shop_open_festival(&s);
            OK(PLACE(&s, "1x10", HOME(HOLD)));
            i64 deadline_ms = SHOP_OPENS + SHOP_HOLD_MS;
            s.now_ms = deadline_ms + beside_ms[i];
            if (tick_first && beside_ms[i] < 0)
                EXPECT(tick(), NO_CHANGE, 0, 0);
            if (tick_first && beside_ms[i] >= 0)
                EXPECT(tick(), OK, 0, 1);
            struct result paid = pay(1, 100000);
            if (beside_ms[i] < 0)
                EXPECT(paid, OK, 1, 100000);
            else
                EXPECT(paid, HOLD_EXPIRED, 0, tick_first ? s.now_ms : deadline_ms);
            if (!tick_first)
                tick();
            /* Money is never kept without goods, nor goods without money. */
            const struct order *order = engine_order(s.engine, 1);
            assert_int_equal(order->state, beside_ms[i] < 0 ? ORDER_PAID : ORDER_EXPIRED);
            assert_int_equal(engine_balance(s.engine, 1, 1), beside_ms[i] < 0 ? 0 : 100000);
            assert_int_equal(engine_book(s.engine, 1)->available, beside_ms[i] < 0 ? 0 : 10);
            shop_close(&s);
        }
}

/* Four things at once: paid from the wallet, paid by the provider, cancelled (or paid from the wallet once more), and
 * the clock's tick, in every order and each a millisecond before, at or after the deadline. */
struct at_once {
    u64 cases, paid, cancelled, expired, doubled, unaccounted;
};

static void all_at_once(const u32 *order, const i64 *beside_ms, bool cancels, struct at_once *tally)
{
    const i64 deadline_ms = SHOP_OPENS + SHOP_HOLD_MS;
    u32 paid = 0, cancelled = 0, expired = 0;
    shop_open_festival(&s);
    OK(PLACE(&s, "1x10", HOME(HOLD)));
    for (u32 i = 0; i < 4; i++) {
        s.now_ms = deadline_ms + beside_ms[i];
        if (order[i] == 0 || (order[i] == 2 && !cancels))
            paid += pay(1, 100000).code == RESULT_OK;
        else if (order[i] == 1)
            paid +=
                DO(&s, order_pay, ORDER_PAY, .order = 1, .payment = PAYMENT_PROVIDER, .amount_minor = 100000).code ==
                RESULT_OK;
        else if (order[i] == 2)
            cancelled += cancel(1).code == RESULT_OK;
        else
            expired += tick().code == RESULT_OK;
    }
    s.now_ms = deadline_ms + 2;
    expired += tick().code == RESULT_OK;
    u8 state = engine_order(s.engine, 1)->state;
    bool one = paid <= 1 && cancelled <= 1 && expired + cancelled <= 1 && expired + paid <= 1 &&
               (state == ORDER_EXPIRED) == (expired == 1) && (state == ORDER_CANCELLED) == (cancelled == 1) &&
               (state == ORDER_PAID) == (paid == 1 && cancelled == 0);
    fault_unless(one, &tally->doubled, "%u%u%u%u: paid %u, cancelled %u, expired %u, state %u", order[0], order[1],
                 order[2], order[3], paid, cancelled, expired, state);
    /* Money is never kept without goods, nor goods without money. */
    i64 kept_minor = engine_account(s.engine, 1) == NULL ? 0 : engine_account(s.engine, 1)->balance_minor;
    const struct book *book = engine_book(s.engine, 1);
    bool whole = kept_minor == (state == ORDER_PAID ? 100000 : 0) &&
                 book->available == (state == ORDER_PAID ? 0 : 10) && book->reserved == 10 - book->available;
    fault_unless(whole, &tally->unaccounted, "%u%u%u%u: state %u, %lld kept, %lld units left", order[0], order[1],
                 order[2], order[3], state, (long long)kept_minor, (long long)book->available);
    tally->paid += state == ORDER_PAID;
    tally->cancelled += state == ORDER_CANCELLED;
    tally->expired += state == ORDER_EXPIRED;
    tally->cases++;
    shop_close(&s);
}

static void test_all_at_once(void **state)
{
    struct at_once tally = {0};
    (void)state;
    for (u32 code = 0; code < 256; code++) {
        const u32 order[] = {code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6};
        if ((1u << order[0] | 1u << order[1] | 1u << order[2] | 1u << order[3]) != 15)
            continue; /* not each once */
        for (i64 times = 0; times < 81; times++) {
            const i64 beside_ms[] = {times % 3 - 1, times / 3 % 3 - 1, times / 9 % 3 - 1, times / 27 - 1};
            all_at_once(order, beside_ms, true, &tally);
            if (times % 5 == 0) /* 40, all at the deadline, among them */
                all_at_once(order, beside_ms, false, &tally);
        }
    }
    FAULT_LINE("same-tick", {"cases", tally.cases}, {"paid", tally.paid}, {"cancelled", tally.cancelled},
               {"expired", tally.expired}, {"doubled", tally.doubled}, {"unaccounted", tally.unaccounted});
    assert_true(tally.paid > 0 && tally.cancelled > 0 && tally.expired > 0);
}

/* --- opening times ---------------------------------------------------------- */

static void test_opens_at_to_the_millisecond(void **state)
{
    (void)state;
    shop_open(&s);
    shop_furnish(&s);
    OK(DO(&s, stock_receive, STOCK_RECEIVE, .sku = 1, .location = 1, .quantity = 9));
    s.now_ms = SHOP_OPENS - 1;
    EXPECT(buy_as(1, PAYMENT_HOLD, "1x1"), NOT_OPEN, 0, SHOP_OPENS);
    s.now_ms = SHOP_OPENS;
    EXPECT(buy_as(1, PAYMENT_HOLD, "1x1"), OK, 1, 10000);
    s.now_ms = SHOP_OPENS - 1; /* the engine's clock does not go back */
    EXPECT(buy_as(2, PAYMENT_HOLD, "1x1"), OK, 2, 10000);
    assert_int_equal(engine_order(s.engine, 2)->placed_ms, SHOP_OPENS);
    shop_close(&s);
}

/* A refused command's time does not count: nobody opens a sale by asking from the future. */
static void test_refusal_does_not_move_the_clock(void **state)
{
    (void)state;
    shop_open(&s);
    shop_furnish(&s);
    OK(DO(&s, stock_receive, STOCK_RECEIVE, .sku = 1, .location = 1, .quantity = 9));
    s.now_ms = SHOP_CLOSES;
    EXPECT(buy_as(1, PAYMENT_HOLD, "1x1"), CLOSED, 0, SHOP_CLOSES);
    s.now_ms = SHOP_OPENS - 1;
    EXPECT(buy_as(1, PAYMENT_HOLD, "1x1"), NOT_OPEN, 0, SHOP_OPENS);
    assert_int_equal(engine_now(s.engine), SHOP_START);
    shop_close(&s);
}

/* --- a sold-out deal opens again ---------------------------------------------- */

static void test_sold_out_deal_opens_again(void **state)
{
    (void)state;
    shop_open_festival(&s);
    OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 9000, .quota = 1));
    OK(buy_as(1, PAYMENT_WALLET, "1x1"));
    EXPECT(buy_as(2, PAYMENT_HOLD, "1x1"), DEAL_SOLD_OUT, 0, 1);
    EXPECT(cancel(1), OK, 1, 9000);
    EXPECT(buy_as(2, PAYMENT_HOLD, "1x1"), OK, 2, 9000);
    EXPECT(buy_as(3, PAYMENT_HOLD, "1x1"), DEAL_SOLD_OUT, 0, 1);
    s.now_ms += SHOP_HOLD_MS;
    EXPECT(buy_as(3, PAYMENT_HOLD, "1x1"), DEAL_SOLD_OUT, 0, 1); /* only the tick lets go */
    EXPECT(tick(), OK, 0, 1);
    EXPECT(buy_as(3, PAYMENT_HOLD, "1x1"), OK, 3, 9000);
    shop_close(&s);
}

static void test_sold_out_stock_opens_again(void **state)
{
    (void)state;
    shop_open_festival(&s);
    OK(buy_as(1, PAYMENT_HOLD, "1x10"));
    EXPECT(buy_as(2, PAYMENT_HOLD, "1x6"), SOLD_OUT, 0, 1);
    EXPECT(cancel(1), OK, 1, 0);
    EXPECT(buy_as(2, PAYMENT_HOLD, "1x6"), OK, 2, 60000);
    s.now_ms += SHOP_HOLD_MS;
    EXPECT(tick(), OK, 0, 1);
    EXPECT(buy_as(3, PAYMENT_HOLD, "1x10"), OK, 3, 100000);
    shop_close(&s);
}

/* --- a slow payment ----------------------------------------------------------- */

/* While one buyer's payment is on its way, every other buyer is decided at once. */
static void test_slow_payment_holds_no_lock(void **state)
{
    (void)state;
    shop_open_festival(&s);
    OK(buy_as(1, PAYMENT_HOLD, "1x4"));
    for (u32 i = 0; i < 6; i++)
        OK(buy_as(2 + i % 2, PAYMENT_HOLD, "1x1"));
    EXPECT(buy_as(2, PAYMENT_HOLD, "1x6"), SOLD_OUT, 0, 1);
    s.now_ms += SHOP_HOLD_MS - 1;
    EXPECT(pay(1, 40000), OK, 1, 40000);
    shop_close(&s);
}

/* A tick lets go of EXPIRE_PER_TICK_MAX holds, oldest first; the next ticks of the rest. */
static void test_many_holds_expire_in_portions(void **state)
{
    (void)state;
    shop_open_festival(&s);
    OK(DO(&s, stock_receive, STOCK_RECEIVE, .sku = 1, .location = 1, .quantity = 5000));
    for (u32 i = 0; i < 2500; i++) {
        struct command_order_place place = {HEADER(order_place, ORDER_PLACE), HOME(HOLD)};
        place.festival = i % 4 == 0 ? 0 : 1; /* outside of festivals: HOLD_MS_DEFAULT, later than SHOP_HOLD_MS */
        OK(shop_place(&s, place, "1x1"));
    }
    s.now_ms += SHOP_HOLD_MS;
    EXPECT(tick(), OK, 0, EXPIRE_PER_TICK_MAX);
    EXPECT(tick(), OK, 0, 1875 - EXPIRE_PER_TICK_MAX);
    EXPECT(tick(), NO_CHANGE, 0, 0);
    assert_false(engine_hold_due(s.engine, s.now_ms));
    s.now_ms = SHOP_OPENS + HOLD_MS_DEFAULT;
    assert_true(engine_hold_due(s.engine, s.now_ms));
    EXPECT(tick(), OK, 0, 625);
    shop_close(&s);
}

/* --- books of both locations ------------------------------------------------- */

/* Stock confirmed on the sum of locations but present in none alone: split, each unit reserved where it is. */
static void test_split_reserves_where_units_are(void **state)
{
    (void)state;
    shop_open_festival(&s);
    EXPECT(PLACE(&s, "1x12", HOME(HOLD)), SPLIT_NEEDED, 0, 0);
    EXPECT(PLACE(&s, "1x12", HOME(WALLET), .flags = ORDER_MAY_SPLIT), INSUFFICIENT_FUNDS, 0, 100000);
    EXPECT(PLACE(&s, "1x12", HOME(HOLD), .flags = ORDER_MAY_SPLIT), OK, 1, 120000);
    assert_int_equal(engine_book(s.engine, 1)->reserved, 10);
    assert_int_equal(engine_book(s.engine, 5)->reserved, 2);
    assert_int_equal(engine_order(s.engine, 1)->part_count, 2);
    shop_close(&s);
}

/* The wished source before the nearer one; without a wish the city's own. */
static void test_routing_prefers_the_wish(void **state)
{
    (void)state;
    shop_open_festival(&s);
    OK(PLACE(&s, "1x1", HOME(HOLD)));
    OK(PLACE(&s, "1x1", HOME(HOLD), .location = 2));
    assert_int_equal(engine_book(s.engine, 1)->reserved, 1);
    assert_int_equal(engine_book(s.engine, 5)->reserved, 1);
    shop_close(&s);
}

/* Sold here, brought back there: the books of both locations stay right. */
static void test_returned_elsewhere(void **state)
{
    (void)state;
    shop_open_festival(&s);
    OK(PLACE(&s, "1x3", HOME(WALLET)));
    OK(DO(&s, part_ship, PART_SHIP, .order = 1, .part = 1));
    EXPECT(DO(&s, order_return, ORDER_RETURN, .order = 1, .line = 1, .quantity = 1, .location = 2,
              .goods = GOODS_RESTOCK),
           OK, 1, 10000);
    EXPECT(DO(&s, order_return, ORDER_RETURN, .order = 1, .line = 1, .quantity = 1, .location = 2,
              .goods = GOODS_QUARANTINE),
           OK, 1, 10000);
    const struct book *here = engine_book(s.engine, 1);
    const struct book *there = engine_book(s.engine, 5);
    assert_int_equal(here->sold, 1);
    assert_int_equal(here->moved_out, 2);
    assert_int_equal(there->moved_in, 2);
    assert_int_equal(there->available, 6);
    assert_int_equal(there->quarantine, 1);
    shop_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stampede),
        cmocka_unit_test(test_two_lines_of_one_sku_above_stock),
        cmocka_unit_test(test_two_lines_of_one_sku_above_quota_and_cap),
        cmocka_unit_test(test_opposite_line_order),
        cmocka_unit_test(test_cap_of_one_from_two_devices),
        cmocka_unit_test(test_cap_given_back_by_cancel_and_expiry),
        cmocka_unit_test(test_cap_belongs_to_the_person),
        cmocka_unit_test(test_wallet_spent_twice_at_once),
        cmocka_unit_test(test_wallet_not_from_itself),
        cmocka_unit_test(test_repeat_clicks),
        cmocka_unit_test(test_key_of_another_kind),
        cmocka_unit_test(test_key_forgotten_after_a_day),
        cmocka_unit_test(test_refusal_leaves_the_key_free),
        cmocka_unit_test(test_payment_meets_expiry),
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_opens_at_to_the_millisecond),
        cmocka_unit_test(test_refusal_does_not_move_the_clock),
        cmocka_unit_test(test_sold_out_deal_opens_again),
        cmocka_unit_test(test_sold_out_stock_opens_again),
        cmocka_unit_test(test_slow_payment_holds_no_lock),
        cmocka_unit_test(test_many_holds_expire_in_portions),
        cmocka_unit_test(test_split_reserves_where_units_are),
        cmocka_unit_test(test_routing_prefers_the_wish),
        cmocka_unit_test(test_returned_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
