/*
 * What a store lives by: its plan, goods that are on their way, why units are missing, prices that hold
 * in one city or one store only, how long a pick-up is kept, and the clerk at the exit.
 */
#include "test/support.h"

static struct shop s;

/* A plan of the store. */
static const struct command_location_plan usual = {
    HEADER(location_plan, LOCATION_PLAN), .location = 2, .utc_offset_minutes = 480, .opens_min = 540,
    .closes_min = 1080, .weekend_opens_min = 600, .weekend_closes_min = 960, .cut_off_min = 900, .prepare_min = 30,
    .keep_days = 2, .days_city = 1, .days_far = 2,
};
static struct command_location_plan asked;

/* location.plan as usual, but for these changes. */
#define PLAN(...) (asked = usual, __VA_ARGS__, shop_do(&s, &asked.header))

/* An order that is on hold, of shopper 1 in festival 1. */
static struct command_order_place ordered(u8 channel, u8 delivery, u16 city, u32 location)
{
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), HOME(HOLD)};
    place.channel = channel;
    place.delivery = delivery;
    place.city = city;
    place.location = location;
    return place;
}

static void open_shop(void)
{
    shop_open_festival(&s); /* it opens on Saturday, 2026-11-07, 01:00 in Shanghai */
}

static const struct line *line_of(u32 order)
{
    return engine_line(s.engine, engine_order(s.engine, order)->first_line);
}

static const struct book *book_of(u32 sku, u32 location)
{
    return engine_book(s.engine, engine_find_book(s.engine, sku, location));
}

static void test_plan(void **state)
{
    (void)state;
    open_shop();
    EXPECT(PLAN(asked.location = 0), UNKNOWN_LOCATION, 0, 0);
    EXPECT(PLAN(asked.location = 3), UNKNOWN_LOCATION, 0, 0);
    EXPECT(PLAN(asked.utc_offset_minutes = -721), MALFORMED, 0, 0);
    EXPECT(PLAN(asked.utc_offset_minutes = 841), MALFORMED, 0, 0);
    EXPECT(PLAN(asked.opens_min = 1080), MALFORMED, 0, 0);
    EXPECT(PLAN(asked.closes_min = 1441), MALFORMED, 0, 0);
    EXPECT(PLAN(asked.closes_min = 0), MALFORMED, 0, 0);
    EXPECT(PLAN(asked.weekend_opens_min = 961), MALFORMED, 0, 0);
    EXPECT(PLAN(asked.weekend_closes_min = 1441), MALFORMED, 0, 0);
    EXPECT(PLAN(asked.opens_min = asked.closes_min = 0, asked.weekend_opens_min = asked.weekend_closes_min = 0),
           MALFORMED, 0, 0);
    EXPECT(PLAN(asked.cut_off_min = 1441), MALFORMED, 0, 0);
    EXPECT(PLAN(asked.prepare_min = 1441), MALFORMED, 0, 0);
    EXPECT(PLAN(asked.keep_days = 0), MALFORMED, 0, 0);
    EXPECT(PLAN(asked.keep_days = KEEP_DAYS_MAX + 1), MALFORMED, 0, 0);
    EXPECT(PLAN(asked.days_city = TRANSIT_DAYS_MAX + 1), MALFORMED, 0, 0);
    EXPECT(PLAN(asked.days_far = TRANSIT_DAYS_MAX + 1), MALFORMED, 0, 0);

    /* Nothing is promised without a plan; then each line has the promise of where it comes from. */
    EXPECT(PLACE(&s, "1x1", HOME(WALLET)), OK, 1, 10000);
    assert_int_equal(line_of(1)->promised_min, 0);
    EXPECT(shop_do(&s, &usual.header), OK, 2, 0);
    EXPECT(shop_do(&s, &usual.header), NO_CHANGE, 2, 0);
    EXPECT(PLAN(asked.prepare_min = 31), OK, 2, 0);
    EXPECT(PLACE(&s, "1x1", HOME(WALLET)), OK, 2, 10000); /* from the warehouse, which still has none */
    assert_int_equal(line_of(2)->promised_min, 0);
    EXPECT(PLAN(asked.location = 1, asked.capacity = 500, asked.days_city = 0), OK, 1, 0);
    EXPECT(PLACE(&s, "1x1", HOME(WALLET)), OK, 3, 10000);
    assert_int_equal(line_of(3)->promised_min, support_time("2026-11-08T00:00:00+08:00") / 60000);
    EXPECT(PLACE(&s, "1x1", STORE(PICK_UP, WALLET)), OK, 4, 10000);
    assert_int_equal(line_of(4)->promised_min, support_time("2026-11-07T10:31:00+08:00") / 60000);
    EXPECT(PLACE(&s, "1x1", STORE(CARRY_OUT, WALLET)), OK, 5, 10000);
    assert_int_equal(line_of(5)->promised_min, 0);
    /* To another city than the warehouse's it is two days. */
    EXPECT(shop_place(&s, ordered(CHANNEL_WEB, DELIVERY_HOME, 2, 1), "1x1"), OK, 6, 10000);
    assert_int_equal(line_of(6)->promised_min, support_time("2026-11-10T00:00:00+08:00") / 60000);

    /* A plan outlives a change of the location's name, and what was promised outlives a change of the plan. */
    OK(PUT(&s, location_put, LOCATION_PUT, "S1|Shop", .city = 2, .kind = LOCATION_STORE,
           .services = SERVICE_PICK_UP | SERVICE_CARRY_OUT));
    assert_int_equal(engine_location(s.engine, 2)->prepare_min, 31);
    OK(PLAN(asked.prepare_min = 1));
    assert_int_equal(line_of(4)->promised_min, support_time("2026-11-07T10:31:00+08:00") / 60000);
    shop_close(&s);
}

/* --- pick-ups that are ready, and the exit ---------------------------------------------------- */

static void test_due(void **state)
{
    (void)state;
    open_shop();
    EXPECT(PLACE(&s, "1x1 3x1", STORE(PICK_UP, WALLET)), OK, 1, 20000); /* two sellers: two parts */
    s.now_ms++;
    OK(DO(&s, part_pack, PART_PACK, .order = 1, .part = 1));
    assert_int_equal(line_of(1)->due_min, 0);
    EXPECT(DO(&s, part_ready, PART_READY, .order = 1, .part = 1), OK, 1, PART_READY);
    i64 week_ms = (i64)KEEP_DAYS_DEFAULT * 24 * 3600 * 1000;
    assert_int_equal(line_of(1)[0].due_min, (SHOP_OPENS + week_ms) / 60000 + 1); /* a millisecond is a minute begun */
    assert_int_equal(line_of(1)[1].due_min, 0);
    /* The other part, with a plan, to the minute. */
    OK(shop_do(&s, &usual.header));
    s.now_ms = SHOP_OPENS + 3600 * 1000;
    OK(DO(&s, part_ready, PART_READY, .order = 1, .part = 2));
    assert_int_equal(line_of(1)[1].due_min, support_time("2026-11-09T02:00:00+08:00") / 60000);
    OK(DO(&s, part_hand_over, PART_HAND_OVER, .order = 1, .part = 2));
    assert_int_equal(line_of(1)[1].due_min, support_time("2026-11-09T02:00:00+08:00") / 60000);

    /* Not fetched for long: nothing happens by itself; then a clerk puts it back. */
    EXPECT(PLACE(&s, "2x1", STORE(PICK_UP, WALLET)), OK, 2, 10000);
    OK(DO(&s, part_ready, PART_READY, .order = 2, .part = 1));
    s.now_ms += 3 * week_ms;
    EXPECT(DO(&s, clock_tick, CLOCK_TICK, ), NO_CHANGE, 0, 0);
    assert_int_equal(line_of(2)->state, PART_READY);
    EXPECT(DO(&s, order_cancel, ORDER_CANCEL, .order = 2), OK, 2, 10000);
    assert_int_equal(book_of(2, 2)->available, 5);
    shop_close(&s);
}

#define CHECK_OUT(order_, part_) DO(&s, part_check_out, PART_CHECK_OUT, .order = order_, .part = part_)

static void test_check_out(void **state)
{
    (void)state;
    open_shop();
    EXPECT(CHECK_OUT(1, 1), UNKNOWN_ORDER, 0, 0);
    EXPECT(shop_place(&s, ordered(CHANNEL_WEB, DELIVERY_CARRY_OUT, 0, 2), "1x2 3x1"), OK, 1, 30000);
    EXPECT(CHECK_OUT(1, 1), WRONG_STATE, 0, ORDER_HELD); /* not paid: not out of the door */
    OK(DO(&s, order_pay, ORDER_PAY, .order = 1, .payment = PAYMENT_WALLET, .amount_minor = 30000));
    EXPECT(CHECK_OUT(1, 0), UNKNOWN_LINE, 0, 0);
    EXPECT(CHECK_OUT(1, 3), UNKNOWN_LINE, 0, 0);
    EXPECT(CHECK_OUT(1, 1), OK, 1, PART_CHECKED);
    EXPECT(CHECK_OUT(1, 1), WRONG_STATE, 0, PART_CHECKED); /* the same receipt a second time */
    assert_int_equal(line_of(1)[1].state, PART_HANDED_OVER);
    EXPECT(CHECK_OUT(1, 2), OK, 1, PART_CHECKED);
    assert_int_equal(book_of(1, 2)->sold, 2);

    /* It has left: it is returned, not cancelled. */
    EXPECT(DO(&s, order_cancel, ORDER_CANCEL, .order = 1), WRONG_STATE, 0, ORDER_PAID);
    EXPECT(DO(&s, order_return, ORDER_RETURN, .order = 1, .line = 1, .quantity = 1, .location = 2,
              .goods = GOODS_RESTOCK), OK, 1, 10000);
    EXPECT(CHECK_OUT(1, 1), WRONG_STATE, 0, PART_CHECKED);

    /* Nothing is carried out that has all come back; what is left of it is. */
    EXPECT(PLACE(&s, "1x2", STORE(CARRY_OUT, WALLET)), OK, 2, 20000);
    OK(DO(&s, order_return, ORDER_RETURN, .order = 2, .line = 1, .quantity = 1, .location = 2, .goods = GOODS_RESTOCK));
    OK(CHECK_OUT(2, 1));
    EXPECT(PLACE(&s, "1x2", STORE(CARRY_OUT, WALLET)), OK, 3, 20000);
    OK(DO(&s, order_return, ORDER_RETURN, .order = 3, .line = 1, .quantity = 2, .location = 2, .goods = GOODS_RESTOCK));
    EXPECT(CHECK_OUT(3, 1), WRONG_STATE, 0, PART_HANDED_OVER);

    /* Other ways of delivery have no exit. */
    EXPECT(PLACE(&s, "1x1", STORE(PICK_UP, WALLET)), OK, 4, 10000);
    EXPECT(CHECK_OUT(4, 1), WRONG_STATE, 0, PART_OPEN);
    OK(DO(&s, part_hand_over, PART_HAND_OVER, .order = 4, .part = 1));
    EXPECT(CHECK_OUT(4, 1), WRONG_STATE, 0, PART_HANDED_OVER);
    EXPECT(DO(&s, part_pack, PART_PACK, .order = 1, .part = 1), WRONG_STATE, 0, PART_CHECKED);
    shop_close(&s);
}

/* --- stock ---------------------------------------------------------------------------------- */

static void test_keep(void **state)
{
    (void)state;
    open_shop();
    OK(PUT(&s, location_put, LOCATION_PUT, "S2|Kiosk", .city = 1, .kind = LOCATION_STORE));
#define KEEP(sku_, location_, units_) \
    DO(&s, stock_keep, STOCK_KEEP, .sku = sku_, .location = location_, .units = units_)
    EXPECT(KEEP(9, 2, 1), UNKNOWN_SKU, 0, 9);
    EXPECT(KEEP(1, 9, 1), UNKNOWN_LOCATION, 0, 0);
    EXPECT(KEEP(1, 2, UNITS_MAX + 1), BAD_QUANTITY, 0, 1);
    EXPECT(KEEP(1, 2, 0), NO_CHANGE, 5, 5);
    EXPECT(KEEP(1, 2, 2), OK, 5, 5);
    EXPECT(KEEP(1, 2, 2), NO_CHANGE, 5, 5);
    EXPECT(KEEP(1, 3, 0), NO_CHANGE, 0, 0); /* no book for nothing */
    EXPECT(KEEP(1, 3, UNITS_MAX), OK, 9, 0);
    assert_int_equal(book_of(1, 3)->safety, UNITS_MAX);
    /* Over the counter all of it is sold. */
    EXPECT(PLACE(&s, "1x5", STORE(CARRY_OUT, WALLET)), OK, 1, 50000);
    shop_close(&s);
}

static void expect_shrink(u32 location, u64 none, u64 damaged, u64 stolen, u64 mislaid)
{
    const struct location *row = engine_location(s.engine, location);
    assert_int_equal(row->shrink[REASON_NONE], none);
    assert_int_equal(row->shrink[REASON_DAMAGED], damaged);
    assert_int_equal(row->shrink[REASON_STOLEN], stolen);
    assert_int_equal(row->shrink[REASON_MISLAID], mislaid);
    assert_int_equal(row->shrink[REASON_EXPIRED] + row->shrink[REASON_OWN_USE], 0);
}

/* Why units are missing, at each location: what was found again is not taken off, it came in. */
static void test_shrink(void **state)
{
    (void)state;
    open_shop();
#define COUNT(sku_, location_, counted_, reason_) \
    DO(&s, stock_count, STOCK_COUNT, .sku = sku_, .location = location_, .counted = counted_, .reason = reason_)
    EXPECT(COUNT(9, 9, 9, REASON_COUNT), MALFORMED, 0, 0);
    EXPECT(COUNT(1, 2, 3, REASON_STOLEN), OK, 5, 3);
    EXPECT(COUNT(2, 2, 4, REASON_STOLEN), OK, 6, 4);
    EXPECT(COUNT(2, 2, 4, REASON_DAMAGED), NO_CHANGE, 6, 4);
    EXPECT(COUNT(2, 2, 1, REASON_DAMAGED), OK, 6, 1);
    EXPECT(COUNT(1, 2, 5, REASON_MISLAID), OK, 5, 5);
    EXPECT(COUNT(1, 1, 9, REASON_MISLAID), OK, 1, 9);
    expect_shrink(2, 0, 3, 3, 0);
    expect_shrink(1, 0, 0, 0, 1);
    assert_int_equal(book_of(1, 2)->received, 7);
    /* Lost on the way to a shopper: where it was sold from, without a reason. */
    EXPECT(PLACE(&s, "1x2", HOME(WALLET)), OK, 1, 20000);
    OK(DO(&s, part_ship, PART_SHIP, .order = 1, .part = 1));
    OK(DO(&s, order_return, ORDER_RETURN, .order = 1, .line = 1, .quantity = 2, .goods = GOODS_LOST));
    expect_shrink(1, 2, 0, 0, 1);
    shop_close(&s);
}

/* --- goods on their way ------------------------------------------------------------------------ */

#define EXPECT_IN(sku_, to_, quantity_) \
    DO(&s, inbound_expect, INBOUND_EXPECT, .sku = sku_, .to = to_, .quantity = quantity_, .reference = 4711)
#define SEND(sku_, from_, to_, quantity_) \
    DO(&s, inbound_send, INBOUND_SEND, .sku = sku_, .from = from_, .to = to_, .quantity = quantity_)
#define RECEIVE(inbound_, quantity_) \
    DO(&s, inbound_receive, INBOUND_RECEIVE, .inbound = inbound_, .quantity = quantity_)
#define CLOSE(inbound_, reason_) DO(&s, inbound_close, INBOUND_CLOSE, .inbound = inbound_, .reason = reason_)

static void expect_book(u32 sku, u32 location, u32 available, u32 moved_in, u32 moved_out, u32 coming)
{
    const struct book *book = book_of(sku, location);
    assert_int_equal(book->available, available);
    assert_int_equal(book->moved_in, moved_in);
    assert_int_equal(book->moved_out, moved_out);
    assert_int_equal(book->coming, coming);
}

static void test_from_outside(void **state)
{
    (void)state;
    open_shop();
    EXPECT(EXPECT_IN(9, 2, 1), UNKNOWN_SKU, 0, 9);
    EXPECT(EXPECT_IN(1, 9, 1), UNKNOWN_LOCATION, 0, 0);
    EXPECT(EXPECT_IN(1, 2, 0), BAD_QUANTITY, 0, 1);
    EXPECT(EXPECT_IN(1, 2, UNITS_MAX + 1), BAD_QUANTITY, 0, 1);
    EXPECT(RECEIVE(1, 1), UNKNOWN_INBOUND, 0, 0);
    EXPECT(CLOSE(1, REASON_NONE), UNKNOWN_INBOUND, 0, 0);

    EXPECT(EXPECT_IN(1, 2, 10), OK, 1, 10);
    EXPECT(EXPECT_IN(1, 2, 4), OK, 2, 4);
    EXPECT(EXPECT_IN(1, 2, UNITS_MAX - 13), BAD_QUANTITY, 0, 1);
    expect_book(1, 2, 5, 0, 0, 14);
    /* What is expected is not sold. */
    EXPECT(PLACE(&s, "1x6", STORE(CARRY_OUT, HOLD)), SOLD_OUT, 0, 1);
    EXPECT(RECEIVE(1, 0), BAD_QUANTITY, 0, 1);
    EXPECT(RECEIVE(1, 11), NOT_EXPECTED, 0, 10);
    EXPECT(RECEIVE(1, 7), OK, 1, 3);
    EXPECT(RECEIVE(1, 4), NOT_EXPECTED, 0, 3); /* one more than the note says */
    expect_book(1, 2, 12, 0, 0, 7);
    assert_int_equal(book_of(1, 2)->received, 12);
    assert_int_equal(engine_inbound(s.engine, 1)->reference, 4711);
    assert_int_equal(engine_inbound(s.engine, 1)->closed_ms, 0);
    /* The last of it closes it. */
    s.now_ms += 5;
    EXPECT(RECEIVE(1, 3), OK, 1, 0);
    assert_int_equal(engine_inbound(s.engine, 1)->closed_ms, SHOP_OPENS + 5);
    assert_int_equal(engine_inbound(s.engine, 1)->made_ms, SHOP_OPENS);
    EXPECT(RECEIVE(1, 1), NOT_EXPECTED, 0, 0);
    EXPECT(CLOSE(1, REASON_NONE), NO_CHANGE, 1, 0);
    /* What a supplier did not send is missing nowhere. */
    EXPECT(RECEIVE(2, 1), OK, 2, 3);
    EXPECT(CLOSE(2, REASON_COUNT), MALFORMED, 0, 0);
    EXPECT(CLOSE(2, REASON_STOLEN), OK, 2, 3);
    EXPECT(RECEIVE(2, 1), NOT_EXPECTED, 0, 0);
    expect_book(1, 2, 16, 0, 0, 0);
    assert_int_equal(book_of(1, 2)->shrink, 0);
    assert_int_equal(engine_inbound(s.engine, 2)->lost, 0);
    expect_shrink(2, 0, 0, 0, 0);
    shop_close(&s);
}

static void test_between(void **state)
{
    (void)state;
    open_shop();
    EXPECT(SEND(9, 1, 2, 1), UNKNOWN_SKU, 0, 9);
    EXPECT(SEND(1, 9, 2, 1), UNKNOWN_LOCATION, 0, 0);
    EXPECT(SEND(1, 1, 9, 1), UNKNOWN_LOCATION, 0, 0);
    EXPECT(SEND(1, 1, 1, 1), SAME_PLACE, 0, 0);
    EXPECT(SEND(1, 1, 2, 0), BAD_QUANTITY, 0, 1);
    EXPECT(SEND(1, 1, 2, 11), NOT_IN_STOCK, 0, 10);
    EXPECT(SEND(1, 1, 2, 8), OK, 1, 8);
    /* Gone here, to come there, for sale nowhere; and nobody asks for more than is on the van. */
    expect_book(1, 1, 2, 0, 8, 0);
    expect_book(1, 2, 5, 0, 0, 8);
    assert_true(support_check(s.engine));
    EXPECT(PLACE(&s, "1x3", HOME(HOLD), .location = 1), OK, 1, 30000); /* from the store: the warehouse has two */
    assert_int_equal(line_of(1)->book, 5);
    EXPECT(RECEIVE(1, 9), NOT_EXPECTED, 0, 8);
    EXPECT(RECEIVE(1, 5), OK, 1, 3);
    expect_book(1, 2, 7, 5, 0, 3);
    assert_int_equal(book_of(1, 2)->received, 5); /* nothing came from outside */
    /* The rest is not on the van: lost where it should have arrived, and why is on record. */
    EXPECT(CLOSE(1, REASON_DAMAGED), OK, 1, 3);
    expect_book(1, 1, 2, 0, 8, 0);
    expect_book(1, 2, 7, 8, 0, 0);
    assert_int_equal(book_of(1, 2)->shrink, 3);
    assert_int_equal(engine_inbound(s.engine, 1)->lost, 3);
    assert_int_equal(engine_inbound(s.engine, 1)->received, 5);
    expect_shrink(2, 0, 3, 0, 0);
    expect_shrink(1, 0, 0, 0, 0);
    EXPECT(CLOSE(1, REASON_DAMAGED), NO_CHANGE, 1, 0);

    /* To a place that never had any; and back again. */
    OK(PUT(&s, location_put, LOCATION_PUT, "S2|Kiosk", .city = 1, .kind = LOCATION_STORE));
    EXPECT(SEND(1, 1, 3, 2), OK, 2, 2);
    expect_book(1, 3, 0, 0, 0, 2);
    EXPECT(RECEIVE(2, 2), OK, 2, 0);
    EXPECT(SEND(1, 3, 1, 2), OK, 3, 2);
    EXPECT(CLOSE(3, REASON_STOLEN), OK, 3, 2);
    expect_shrink(1, 0, 0, 2, 0);
    expect_shrink(3, 0, 0, 0, 0);
    shop_close(&s);
}

/* What a book can hold, and how many rows there are. */
static void test_bounds(void **state)
{
    struct engine_limits limits;
    (void)state;
    open_shop();
    OK(DO(&s, stock_count, STOCK_COUNT, .sku = 1, .location = 1, .counted = UNITS_MAX));
    EXPECT(SEND(1, 1, 2, UNITS_MAX - 3), OK, 1, UNITS_MAX - 3);
    EXPECT(SEND(1, 1, 2, 3), OK, 2, 3);
    EXPECT(EXPECT_IN(1, 2, 1), BAD_QUANTITY, 0, 1);
    EXPECT(RECEIVE(1, UNITS_MAX - 3), BAD_QUANTITY, 0, 1); /* with the five that are there it would be too many */
    EXPECT(RECEIVE(1, UNITS_MAX - 5), OK, 1, 2);
    EXPECT(RECEIVE(2, 1), BAD_QUANTITY, 0, 1);
    EXPECT(CLOSE(1, REASON_MISLAID), OK, 1, 2);
    EXPECT(EXPECT_IN(1, 1, 20), OK, 3, 20);
    EXPECT(RECEIVE(3, 20), BAD_QUANTITY, 0, 1); /* so much was never received */
    EXPECT(CLOSE(3, REASON_NONE), OK, 3, 20);
    /* All that ever moved in is bounded, too. */
    EXPECT(DO(&s, stock_move, STOCK_MOVE, .sku = 1, .from = 2, .to = 1, .quantity = 10), OK, 1, 10);
    EXPECT(DO(&s, stock_move, STOCK_MOVE, .sku = 1, .from = 1, .to = 2, .quantity = 1), BAD_QUANTITY, 0, 1);
    EXPECT(SEND(1, 1, 2, 1), BAD_QUANTITY, 0, 1); /* moved out of the warehouse: all that may */
    EXPECT(CLOSE(2, REASON_MISLAID), OK, 2, 3);
    OK(PUT(&s, location_put, LOCATION_PUT, "S2|Kiosk", .city = 1, .kind = LOCATION_STORE));
    OK(DO(&s, stock_receive, STOCK_RECEIVE, .sku = 1, .location = 3, .quantity = 9));
    EXPECT(SEND(1, 3, 2, 4), OK, 4, 4);
    EXPECT(CLOSE(4, REASON_MISLAID), BAD_QUANTITY, 0, 1); /* moved into the store: all that may */
    EXPECT(EXPECT_IN(1, 1, UNITS_MAX), OK, 5, UNITS_MAX);
    EXPECT(SEND(1, 3, 1, 1), BAD_QUANTITY, 0, 1);
    shop_close(&s);

    /* What is closed in the first millisecond there is, is closed. */
    shop_open(&s);
    s.now_ms = 0;
    shop_furnish(&s);
    EXPECT(EXPECT_IN(1, 1, 5), OK, 1, 5);
    EXPECT(EXPECT_IN(1, 1, 5), OK, 2, 5);
    EXPECT(RECEIVE(1, 5), OK, 1, 0);
    EXPECT(CLOSE(1, REASON_NONE), NO_CHANGE, 1, 0);
    EXPECT(CLOSE(2, REASON_NONE), OK, 2, 5);
    EXPECT(RECEIVE(2, 1), NOT_EXPECTED, 0, 0);
    shop_close(&s);

    support_limits(&limits);
    limits.inbounds = 1;
    limits.books = 1;
    shop_open_with(&s, &limits);
    shop_furnish(&s);
    EXPECT(EXPECT_IN(1, 1, 1), OK, 1, 1);
    EXPECT(EXPECT_IN(1, 1, 1), POOL_FULL, 0, LIMIT_inbounds);
    EXPECT(EXPECT_IN(1, 2, 1), POOL_FULL, 0, LIMIT_books);
    EXPECT(KEEP(1, 2, 1), POOL_FULL, 0, LIMIT_books);
    EXPECT(RECEIVE(1, 1), OK, 1, 0);
    EXPECT(SEND(1, 1, 2, 1), POOL_FULL, 0, LIMIT_books);
    shop_close(&s);
}

/* --- flagships, and deals of a place --------------------------------------------------------------- */

#define FLAGSHIP(city_, flagship_) \
    DO(&s, festival_flagship, FESTIVAL_FLAGSHIP, .festival = 1, .city = city_, .flagship = flagship_)

static void test_flagships(void **state)
{
    struct engine_limits limits;
    (void)state;
    support_limits(&limits);
    limits.cities = 200;
    shop_open_with(&s, &limits);
    shop_furnish(&s);
    EXPECT(DO(&s, festival_flagship, FESTIVAL_FLAGSHIP, .festival = 2, .city = 1), UNKNOWN_FESTIVAL, 0, 0);
    EXPECT(FLAGSHIP(3, 1), UNKNOWN_CITY, 0, 0);
    EXPECT(FLAGSHIP(1, 2), MALFORMED, 0, 0);
    EXPECT(FLAGSHIP(1, 0), NO_CHANGE, 1, 0);
    EXPECT(FLAGSHIP(1, 1), OK, 1, 1);
    EXPECT(FLAGSHIP(2, 1), OK, 1, 2);
    EXPECT(FLAGSHIP(2, 1), NO_CHANGE, 1, 2);
    EXPECT(FLAGSHIP(1, 0), OK, 1, 1);
    EXPECT(FLAGSHIP(1, 0), NO_CHANGE, 1, 1);
    EXPECT(FLAGSHIP(1, 1), OK, 1, 2);
    assert_int_equal(engine_flagship_count(s.engine), 2); /* the row given up is used again */
    for (u32 city = 3; city <= FLAGSHIPS_MAX + 1; city++) {
        char code[16];
        snprintf(code, sizeof(code), "C%u", city);
        OK(PUT(&s, city_put, CITY_PUT, code, .country = 1));
        if (city <= FLAGSHIPS_MAX)
            EXPECT(FLAGSHIP(city, 1), OK, 1, city);
    }
    EXPECT(FLAGSHIP(FLAGSHIPS_MAX + 1, 1), POOL_FULL, 0, LIMIT_flagships);
    EXPECT(FLAGSHIP(7, 0), OK, 1, FLAGSHIPS_MAX - 1);
    EXPECT(FLAGSHIP(FLAGSHIPS_MAX + 1, 1), OK, 1, FLAGSHIPS_MAX);
    /* They are the festival's own, and outlive a change of it. */
    OK(PUT(&s, festival_put, FESTIVAL_PUT, "1212|Twelve", .opens_ms = SHOP_OPENS, .closes_ms = SHOP_CLOSES,
           .currency = 1));
    EXPECT(DO(&s, festival_flagship, FESTIVAL_FLAGSHIP, .festival = 2, .city = 1, .flagship = 1), OK, 2, 1);
    OK(PUT(&s, festival_put, FESTIVAL_PUT, "1111|Singles", .opens_ms = SHOP_OPENS, .closes_ms = SHOP_CLOSES,
           .currency = 1, .utc_offset_minutes = 480, .hold_ms = SHOP_HOLD_MS));
    EXPECT(FLAGSHIP(1, 1), NO_CHANGE, 1, FLAGSHIPS_MAX);
    shop_close(&s);
}

#define DEAL(price_, ...) DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = price_, __VA_ARGS__)

static void test_deal_fields(void **state)
{
    (void)state;
    open_shop();
    EXPECT(DEAL(900, .city = 3), UNKNOWN_CITY, 0, 0);
    EXPECT(DEAL(900, .location = 3), UNKNOWN_LOCATION, 0, 0);
    EXPECT(DEAL(900, .city = 1, .location = 1), MALFORMED, 0, 0);
    /* One at a time for each place; those of different places are side by side. */
    EXPECT(DEAL(900), OK, 1, 0);
    EXPECT(DEAL(800, .city = 2), OK, 2, 0);
    EXPECT(DEAL(850, .city = 1), OK, 3, 0);
    EXPECT(DEAL(700, .location = 2), OK, 4, 0);
    EXPECT(DEAL(600), BAD_WINDOW, 0, 0);
    EXPECT(DEAL(600, .city = 2), BAD_WINDOW, 0, 0);
    EXPECT(DEAL(600, .location = 2), BAD_WINDOW, 0, 0);
    /* A deal stays where it is. */
    EXPECT(DEAL(900, .deal = 4, .location = 1), IN_USE, 0, 0);
    EXPECT(DEAL(900, .deal = 4), BAD_WINDOW, 0, 0); /* there is one for everywhere */
    EXPECT(DEAL(650, .deal = 4, .location = 2), OK, 4, 0);
    EXPECT(DEAL(650, .deal = 4, .location = 2), NO_CHANGE, 4, 0);
    shop_close(&s);
}

/* What one of SKU 1 costs, so ordered. */
static i64 total(struct command_order_place place)
{
    struct result result = OK(shop_place(&s, place, "1x1"));
    OK(DO(&s, order_cancel, ORDER_CANCEL, .order = result.id));
    return result.value;
}

#define TOTAL(channel, delivery, city, location) \
    total(ordered(CHANNEL_##channel, DELIVERY_##delivery, city, location))

static void test_deal_places(void **state)
{
    (void)state;
    open_shop();
    OK(DEAL(700, .location = 2));
    /* Bought or picked up in the store, whoever asks. */
    assert_int_equal(TOTAL(TILL, CARRY_OUT, 0, 2), 700);
    assert_int_equal(TOTAL(WEB, PICK_UP, 0, 2), 700);
    assert_int_equal(TOTAL(STORE, HOME, 1, 2), 700);
    assert_int_equal(TOTAL(TILL, HOME, 1, 2), 700);
    /* Not from the web, although it is sent from there; nor in another store. */
    assert_int_equal(TOTAL(WEB, HOME, 1, 2), 10000);
    assert_int_equal(TOTAL(WEB, HOME, 2, 2), 10000);
    assert_int_equal(TOTAL(STORE, HOME, 1, 1), 10000);
    assert_int_equal(TOTAL(STORE, HOME, 1, 0), 10000);
    struct command_order_place outside = ordered(CHANNEL_TILL, DELIVERY_CARRY_OUT, 0, 2);
    outside.festival = 0;
    assert_int_equal(total(outside), 10000);

    /* The city's: for what is delivered to it, and what is bought in its stores. */
    OK(DEAL(800, .city = 2));
    assert_int_equal(TOTAL(WEB, HOME, 2, 0), 800);
    assert_int_equal(TOTAL(WEB, HOME, 1, 0), 10000);
    assert_int_equal(TOTAL(TILL, CARRY_OUT, 0, 2), 700); /* the store's comes first */
    OK(DEAL(600));
    assert_int_equal(TOTAL(WEB, HOME, 1, 0), 600);
    assert_int_equal(TOTAL(WEB, HOME, 2, 0), 800); /* though the one for everywhere is cheaper */
    assert_int_equal(TOTAL(TILL, CARRY_OUT, 0, 2), 700);
    assert_int_equal(TOTAL(WEB, PICK_UP, 1, 2), 700);

    /* Each counts for itself. */
    OK(PLACE(&s, "1x2", STORE(CARRY_OUT, HOLD)));
    assert_int_equal(engine_deal(s.engine, 1)->taken, 2);
    assert_int_equal(engine_deal(s.engine, 2)->taken, 0);
    shop_close(&s);
}

/* What opens later is waited for only by those whom it is for. */
static void test_deal_waits(void **state)
{
    const i64 minute_ms = 60000;
    (void)state;
    open_shop();
    OK(DEAL(700, .location = 2, .opens_ms = SHOP_OPENS + 2 * minute_ms));
    OK(DEAL(800, .city = 2, .opens_ms = SHOP_OPENS + minute_ms));
    EXPECT(PLACE(&s, "1x1", STORE(CARRY_OUT, HOLD)), NOT_OPEN, 0, SHOP_OPENS + minute_ms);
    EXPECT(shop_place(&s, ordered(CHANNEL_TILL, DELIVERY_CARRY_OUT, 1, 2), "1x1"), NOT_OPEN, 0,
           SHOP_OPENS + 2 * minute_ms);
    assert_int_equal(TOTAL(WEB, HOME, 1, 0), 10000);
    s.now_ms = SHOP_OPENS + minute_ms;
    assert_int_equal(TOTAL(TILL, CARRY_OUT, 0, 2), 800); /* one that is open counts until the nearer one opens */
    s.now_ms += minute_ms;
    assert_int_equal(TOTAL(TILL, CARRY_OUT, 0, 2), 700);
    shop_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_due),             cmocka_unit_test(test_check_out),
        cmocka_unit_test(test_keep),            cmocka_unit_test(test_shrink),
        cmocka_unit_test(test_from_outside),    cmocka_unit_test(test_between),
        cmocka_unit_test(test_bounds),          cmocka_unit_test(test_flagships),
        cmocka_unit_test(test_deal_fields),     cmocka_unit_test(test_deal_places),
        cmocka_unit_test(test_deal_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
