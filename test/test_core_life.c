/*
 * The life of an order, exhaustively: every sequence of ten steps (pay from the
 * wallet, pay by the provider, cancel, tick after the deadline, pack, ship,
 * ready, hand over, deliver, return) up to length 6, on a home delivery, a
 * pick-up and a carry-out.
 *
 * A refused step must leave the state as it was, to the last bit (the digest is
 * compared), so whatever follows it was tried without it, too: only sequences of
 * accepted steps branch further. After each accepted step the engine proves its
 * books, the model agrees (support.h), and the order is in a possible state.
 */
#include "test/support.h"

#define STEPS_MAX 6
#define TOTAL 20000
#define BUYER_FUNDS 100000

enum step {
    STEP_PAY_WALLET, STEP_PAY_PROVIDER, STEP_CANCEL, STEP_TICK, STEP_PACK, STEP_SHIP, STEP_READY, STEP_HAND_OVER,
    STEP_DELIVER, STEP_RETURN, STEP_COUNT
};

static const char *const step_names[] = {"pay", "pay-by-provider", "cancel", "tick", "pack",
                                         "ship", "ready", "hand_over", "deliver", "return"};

struct walk {
    u8 delivery;
    enum step steps[STEPS_MAX];
    u32 count;
    u64 tried, accepted;
    u64 states_seen;        /* bit: order state * 8 + part state */
};

static struct result take_step(struct shop *s, enum step step)
{
    switch (step) {
    case STEP_PAY_WALLET:
        return DO(s, order_pay, ORDER_PAY, .order = 1, .payment = PAYMENT_WALLET, .amount_minor = TOTAL);
    case STEP_PAY_PROVIDER:
        return DO(s, order_pay, ORDER_PAY, .order = 1, .payment = PAYMENT_PROVIDER, .amount_minor = TOTAL);
    case STEP_CANCEL:
        return DO(s, order_cancel, ORDER_CANCEL, .order = 1);
    case STEP_TICK:
        s->now_ms = SHOP_OPENS + SHOP_HOLD_MS;
        return DO(s, clock_tick, CLOCK_TICK, );
    case STEP_PACK:
        return DO(s, part_pack, PART_PACK, .order = 1, .part = 1);
    case STEP_SHIP:
        return DO(s, part_ship, PART_SHIP, .order = 1, .part = 1);
    case STEP_READY:
        return DO(s, part_ready, PART_READY, .order = 1, .part = 1);
    case STEP_HAND_OVER:
        return DO(s, part_hand_over, PART_HAND_OVER, .order = 1, .part = 1);
    case STEP_DELIVER:
        return DO(s, part_deliver, PART_DELIVER, .order = 1, .part = 1);
    default:
        return DO(s, order_return, ORDER_RETURN, .order = 1, .line = 1, .quantity = 1, .location = 2,
                  .goods = GOODS_RESTOCK);
    }
}

/* Two units of SKU 1 under a deal with quota and cap; a budget; on hold. */
static void begin(struct shop *s, u8 delivery)
{
    shop_open_festival(s);
    OK(DO(s, deal_put, DEAL_PUT, .festival = 1, .sku = 1, .price_minor = 10000, .quota = 2, .cap = 2));
    OK(DO(s, budget_set, BUDGET_SET, .shopper = 1, .scope = BUDGET_DAY, .limit_minor = TOTAL));
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), HOME(HOLD)};
    place.delivery = delivery;
    place.location = delivery == DELIVERY_HOME ? 0 : 2;
    EXPECT(shop_place(s, place, "1x2"), OK, 1, TOTAL);
}

static bool is_gone(u32 part)
{
    return part == PART_SHIPPED || part == PART_HANDED_OVER || part == PART_DELIVERED;
}

/* What may be together, said once more from the outside. */
static void check_possible(const struct shop *s, u8 delivery)
{
    const struct order *order = engine_order(s->engine, 1);
    const struct line *line = engine_line(s->engine, order->first_line);
    const struct book *book = engine_book(s->engine, line->book);
    bool lives = order->state == ORDER_HELD || order->state == ORDER_PAID;
    i64 kept_minor = order->state == ORDER_PAID ? TOTAL - order->refunded_minor : 0;

    assert_true(order->state >= ORDER_HELD && order->state <= ORDER_EXPIRED);
    assert_true((line->state == PART_DROPPED) == !lives);
    assert_true(order->state != ORDER_HELD || line->state == PART_OPEN);
    assert_int_equal(book->reserved, lives && !is_gone(line->state) ? 2 : 0);
    assert_true(line->returned <= 2 && (line->returned == 0 || is_gone(line->state)));
    assert_int_equal(engine_deal(s->engine, 1)->taken, lives ? 2 : 0);
    assert_int_equal(engine_cap_units(s->engine, 1, 1), lives ? 2 : 0);

    /* Goods and money go together: the seller has exactly what was paid and not given back. */
    assert_int_equal(engine_account(s->engine, 1)->balance_minor, kept_minor);
    i64 from_wallet_minor = order->payment == PAYMENT_WALLET ? kept_minor : 0;
    assert_int_equal(engine_balance(s->engine, 1, 1), BUYER_FUNDS - from_wallet_minor);
    assert_true((order->payment == PAYMENT_HOLD) <= (order->state != ORDER_PAID));

    bool home = delivery == DELIVERY_HOME;
    bool pick_up = delivery == DELIVERY_PICK_UP;
    assert_true(line->state != PART_SHIPPED || home);
    assert_true(line->state != PART_DELIVERED || home);
    assert_true(line->state != PART_READY || pick_up);
    assert_true(line->state != PART_HANDED_OVER || !home);
    assert_true(home || pick_up || order->state != ORDER_PAID || line->state == PART_HANDED_OVER);
}

static void tell(const struct walk *walk, enum step last)
{
    fprintf(stderr, "delivery %u:", walk->delivery);
    for (u32 i = 0; i < walk->count; i++)
        fprintf(stderr, " %s", step_names[walk->steps[i]]);
    fprintf(stderr, " %s\n", step_names[last]);
}

static void check_step(struct walk *walk, struct shop *s, enum step step, struct result result, u64 digest_before)
{
    walk->tried++;
    bool unchanged = engine_digest(s->engine) == digest_before;
    if (result_changed(result) == unchanged) {
        tell(walk, step);
        fail_msg("%s, but the state %s", result_word(result.code), unchanged ? "is the same" : "changed");
    }
    if (!support_check(s->engine)) {
        tell(walk, step);
        fail();
    }
    check_possible(s, walk->delivery);
    const struct order *order = engine_order(s->engine, 1);
    walk->states_seen |= (u64)1 << (order->state * 8 + engine_line(s->engine, order->first_line)->state);
}

/* The shop after walk->steps. */
static void replay(const struct walk *walk, struct shop *s)
{
    begin(s, walk->delivery);
    for (u32 i = 0; i < walk->count; i++)
        OK(take_step(s, walk->steps[i]));
}

static void explore(struct walk *walk) /* NOLINT(misc-no-recursion): STEPS_MAX deep */
{
    struct shop *s = test_malloc(sizeof *s);
    replay(walk, s);
    for (enum step step = 0; step < STEP_COUNT; step++) {
        u64 digest = engine_digest(s->engine);
        i64 now_ms = s->now_ms;
        struct result result = take_step(s, step);
        check_step(walk, s, step, result, digest);
        if (!result_changed(result)) {
            s->now_ms = now_ms;
            continue;
        }
        walk->accepted++;
        shop_close(s);
        if (walk->count + 1 < STEPS_MAX) {
            walk->steps[walk->count++] = step;
            explore(walk);
            walk->count--;
        }
        replay(walk, s);
    }
    shop_close(s);
    test_free(s);
}

static void walk_all(u8 delivery, u64 expected_states)
{
    struct walk walk = {.delivery = delivery};
    explore(&walk);
    printf("  delivery %u: %llu steps tried, %llu accepted\n", delivery, (unsigned long long)walk.tried,
           (unsigned long long)walk.accepted);
    assert_true(walk.states_seen == expected_states);
}

#define STATES(order, part) ((u64)1 << ((order) * 8 + (part)))
#define STATES_ALWAYS                                                                                    \
    (STATES(ORDER_HELD, PART_OPEN) | STATES(ORDER_CANCELLED, PART_DROPPED) | STATES(ORDER_EXPIRED, PART_DROPPED))
#define STATES_PAID(part) STATES(ORDER_PAID, part)

static void test_home_delivery(void **state)
{
    (void)state;
    walk_all(DELIVERY_HOME, STATES_ALWAYS | STATES_PAID(PART_OPEN) | STATES_PAID(PART_PACKED) |
                                STATES_PAID(PART_SHIPPED) | STATES_PAID(PART_DELIVERED));
}

static void test_pick_up(void **state)
{
    (void)state;
    walk_all(DELIVERY_PICK_UP, STATES_ALWAYS | STATES_PAID(PART_OPEN) | STATES_PAID(PART_PACKED) |
                                   STATES_PAID(PART_READY) | STATES_PAID(PART_HANDED_OVER));
}

static void test_carry_out(void **state)
{
    (void)state;
    walk_all(DELIVERY_CARRY_OUT, STATES_ALWAYS | STATES_PAID(PART_HANDED_OVER));
}

/* Two parts of one order live their own lives; the order cannot be cancelled once one of them is gone. */
static void test_parts_apart(void **state)
{
    (void)state;
    static struct shop s;
    shop_open_festival(&s);
    EXPECT(PLACE(&s, "1x1 3x1 2x1", HOME(WALLET)), OK, 1, 30000);
    const struct order *order = engine_order(s.engine, 1);
    assert_int_equal(order->part_count, 2); /* one per seller */
    EXPECT(DO(&s, part_ship, PART_SHIP, .order = 1, .part = 2), OK, 1, PART_SHIPPED);
    EXPECT(DO(&s, order_cancel, ORDER_CANCEL, .order = 1), WRONG_STATE, 0, ORDER_PAID);
    EXPECT(DO(&s, order_return, ORDER_RETURN, .order = 1, .line = 1, .quantity = 1, .goods = GOODS_LOST), WRONG_STATE,
           0, PART_OPEN);
    EXPECT(DO(&s, order_return, ORDER_RETURN, .order = 1, .line = 2, .quantity = 1, .goods = GOODS_LOST), OK, 1, 10000);
    EXPECT(DO(&s, part_pack, PART_PACK, .order = 1, .part = 1), OK, 1, PART_PACKED);
    EXPECT(DO(&s, part_pack, PART_PACK, .order = 1, .part = 1), WRONG_STATE, 0, PART_PACKED);
    EXPECT(DO(&s, part_ship, PART_SHIP, .order = 1, .part = 1), OK, 1, PART_SHIPPED);
    EXPECT(DO(&s, part_deliver, PART_DELIVER, .order = 1, .part = 1), OK, 1, PART_DELIVERED);
    assert_int_equal(engine_book(s.engine, 1)->sold, 1);
    assert_int_equal(engine_book(s.engine, 3)->shrink, 1);
    shop_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_home_delivery),
        cmocka_unit_test(test_pick_up),
        cmocka_unit_test(test_carry_out),
        cmocka_unit_test(test_parts_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
