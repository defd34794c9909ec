/*
 * The proof itself (engine_check): what `eleven audit` says of the books is worth as much as what it would find.
 * One wrong number after the other is put into a good state, and each must be found, under the name of what it
 * concerns. The shop's own tests show that a good state has no errors.
 */
#include "core/internal.h"
#include "test/support.h"

#include <stdlib.h>
#include <string.h>

static struct shop s;
static struct engine *e;

/* A copy of everything that can be damaged. */
static struct {
    struct engine_region regions[ENGINE_REGIONS_MAX];
    char *bytes[ENGINE_REGIONS_MAX];
    size_t count;
} saved;

static void state_save(void)
{
    saved.count = engine_regions(e, saved.regions);
    for (size_t i = 0; i < saved.count; i++) {
        saved.bytes[i] = malloc(saved.regions[i].size);
        assert_non_null(saved.bytes[i]);
        memcpy(saved.bytes[i], saved.regions[i].bytes, saved.regions[i].size);
    }
}

static void state_put_back(void)
{
    for (size_t i = 0; i < saved.count; i++)
        memcpy(saved.regions[i].bytes, saved.bytes[i], saved.regions[i].size);
}

static void state_forget(void)
{
    for (size_t i = 0; i < saved.count; i++)
        free(saved.bytes[i]);
}

/* The counter at `offset` of the report must say that something is wrong. */
static void expect_found(size_t offset, const char *counter, const char *damage)
{
    struct check_report report;
    u64 errors;
    size_t size = engine_check_size(e);
    void *scratch = calloc(1, size);
    assert_non_null(scratch);
    bool good = engine_check(e, scratch, &report);
    free(scratch);
    memcpy(&errors, (const char *)&report + offset, sizeof(errors));
    if (good || errors == 0)
        fail_msg("no %s although %s", counter, damage);
    state_put_back();
}

#define DAMAGE(counter, change)                                                        \
    do {                                                                               \
        change;                                                                        \
        expect_found(offsetof(struct check_report, counter), #counter, #change);       \
    } while (0)

/* The orders of the state, by what became of them. */
enum { EXPIRED = 1, PAID, DEAL_HELD, OTHER_HELD, DROPPED, OUTSIDE_HELD, REFUNDED, FETCHED, CARRIED,
       TILL_CASH, TILL_MIXED, TILL_VOIDED, EXCHANGE_OF, CHECKED, LAST_ORDER = CHECKED };

/* Goods on their way (expected; all here; some lost), flagships, a plan, a store's deal, a pick-up that is ready. */
static void make_places(void)
{
    OK(DO(&s, location_plan, LOCATION_PLAN, .location = 2, .closes_min = 600, .keep_days = 1));
    OK(DO(&s, inbound_expect, INBOUND_EXPECT, .sku = 1, .to = 1, .quantity = 3));
    OK(DO(&s, inbound_send, INBOUND_SEND, .sku = 2, .from = 2, .to = 1, .quantity = 1));
    OK(DO(&s, inbound_receive, INBOUND_RECEIVE, .inbound = 2, .quantity = 1));
    OK(DO(&s, inbound_send, INBOUND_SEND, .sku = 3, .from = 2, .to = 1, .quantity = 2));
    OK(DO(&s, inbound_receive, INBOUND_RECEIVE, .inbound = 3, .quantity = 1));
    OK(DO(&s, inbound_close, INBOUND_CLOSE, .inbound = 3, .reason = REASON_STOLEN));
    OK(DO(&s, inbound_send, INBOUND_SEND, .sku = 3, .from = 2, .to = 1, .quantity = 2));
    OK(DO(&s, festival_flagship, FESTIVAL_FLAGSHIP, .festival = 1, .city = 1, .flagship = 1));
    OK(DO(&s, festival_flagship, FESTIVAL_FLAGSHIP, .festival = 1, .city = 2, .flagship = 1));
    OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 4, .price_minor = 500, .location = 2));
    OK(DO(&s, part_ready, PART_READY, .order = FETCHED, .part = 1));
    EXPECT(PLACE(&s, "4x1", STORE(CARRY_OUT, PROVIDER)), OK, CHECKED, 500);
    OK(DO(&s, part_check_out, PART_CHECK_OUT, .order = CHECKED, .part = 1));
}

/* The lines of the till's journal. */
enum { TAKEN_OUT = 1, SOLD, SOLD_MIXED, SOLD_VOIDED, MADE_VOID, CAME_BACK, TAKEN_BACK, PUT_IN };

/* A shift with one of everything, and one that is open. */
static void make_till(void)
{
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), STORE(CARRY_OUT, HOLD)};
    place.festival = 0;
    u32 anybody = OK(DO(&s, shopper_join, SHOPPER_JOIN, .currency = 1)).id;
    OK(PUT(&s, till_put, TILL_PUT, "T1", .location = 2, .shopper = anybody));
    OK(DO(&s, till_open, TILL_OPEN, .till = 1, .float_minor = 4000));
    OK(DO(&s, till_cash, TILL_CASH, .till = 1, .amount_minor = -4000));
    s.now_ms++;
    place.shopper = anybody;
    EXPECT(shop_place(&s, place, "1x2"), OK, TILL_CASH, 20000);
    OK(DO(&s, till_pay, TILL_PAY, .till = 1, .order = TILL_CASH, .cash_minor = 15000, .card_minor = 5000));
    place.shopper = 3;
    OK(DO(&s, wallet_top_up, WALLET_TOP_UP, .shopper = 3, .currency = 1, .amount_minor = 5000));
    EXPECT(shop_place(&s, place, "4x1"), OK, TILL_MIXED, 10000);
    OK(DO(&s, till_pay, TILL_PAY, .till = 1, .order = TILL_MIXED, .cash_minor = 2000, .card_minor = 3000,
          .wallet_minor = 5000));
    EXPECT(shop_place(&s, place, "4x1"), OK, TILL_VOIDED, 10000);
    OK(DO(&s, till_pay, TILL_PAY, .till = 1, .order = TILL_VOIDED, .cash_minor = 10000));
    OK(DO(&s, till_void, TILL_VOID, .till = 1, .order = TILL_VOIDED));
    OK(DO(&s, till_return, TILL_RETURN, .till = 1, .order = TILL_CASH, .line = 1, .quantity = 1,
          .goods = GOODS_RESTOCK, .tender = TENDER_CASH));
    OK(DO(&s, till_take_back, TILL_TAKE_BACK, .till = 1, .sku = 2, .quantity = 2, .shopper = 2,
          .goods = GOODS_QUARANTINE));
    OK(DO(&s, till_cash, TILL_CASH, .till = 1, .amount_minor = 700));
    EXPECT(DO(&s, order_exchange, ORDER_EXCHANGE, .order = TILL_CASH, .line = 1, .quantity = 1, .sku = 1,
              .location = 2, .goods = GOODS_QUARANTINE), OK, EXCHANGE_OF, 10000);
    EXPECT(DO(&s, till_close, TILL_CLOSE, .till = 1, .counted_minor = 7000), OK, 1, 7700);
    OK(DO(&s, till_open, TILL_OPEN, .till = 1, .float_minor = 7000));
}

/* Every kind of order there is, a deal with quota and cap, budgets, a second wallet, a GTIN, a key. */
static void make_state(void)
{
    shop_open_festival(&s);
    OK(PUT(&s, sku_put, SKU_PUT, "K5|Coded", .department = 1, .brand = 1, .seller = 1, .for_sale = 1,
           .gtin = 4006381333931));
    OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 2, .price_minor = 500, .quota = 5, .cap = 3));
    OK(DO(&s, budget_set, BUDGET_SET, .shopper = 1, .scope = BUDGET_DAY, .limit_minor = 90000));
    OK(DO(&s, budget_set, BUDGET_SET, .shopper = 1, .scope = BUDGET_FESTIVAL, .subject = 1, .limit_minor = 90000));
    OK(DO(&s, wallet_top_up, WALLET_TOP_UP, .shopper = 1, .currency = 2, .amount_minor = 7));
    EXPECT(PLACE(&s, "1x1", HOME(HOLD)), OK, EXPIRED, 10000);
    s.now_ms += SHOP_HOLD_MS;
    OK(DO(&s, clock_tick, CLOCK_TICK, ));
    s.key = 11;
    EXPECT(PLACE(&s, "1x2 3x1", HOME(WALLET)), OK, PAID, 30000);
    OK(DO(&s, part_ship, PART_SHIP, .order = PAID, .part = 1));
    OK(DO(&s, order_return, ORDER_RETURN, .order = PAID, .line = 1, .quantity = 1, .goods = GOODS_RESTOCK,
          .location = 1));
    EXPECT(PLACE(&s, "2x2", HOME(HOLD)), OK, DEAL_HELD, 1000);
    s.now_ms++;
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), HOME(HOLD)};
    place.shopper = 2;
    EXPECT(shop_place(&s, place, "4x1"), OK, OTHER_HELD, 10000);
    EXPECT(shop_place(&s, place, "4x1"), OK, DROPPED, 10000);
    OK(DO(&s, order_cancel, ORDER_CANCEL, .order = DROPPED));
    place.festival = 0;
    EXPECT(shop_place(&s, place, "4x1"), OK, OUTSIDE_HELD, 10000);
    EXPECT(PLACE(&s, "1x1", HOME(WALLET)), OK, REFUNDED, 10000);
    OK(DO(&s, order_cancel, ORDER_CANCEL, .order = REFUNDED));
    EXPECT(PLACE(&s, "1x1", STORE(PICK_UP, WALLET)), OK, FETCHED, 10000);
    EXPECT(PLACE(&s, "1x1", STORE(CARRY_OUT, PROVIDER)), OK, CARRIED, 10000);
    make_till();
    make_places();
    e = s.engine;
    assert_true(support_check(e));
    state_save();
}

static void end_state(void)
{
    state_put_back();
    state_forget();
    shop_close(&s); /* every damage has been undone */
}

static void test_orders(void **state)
{
    struct order *paid;
    (void)state;
    make_state();
    paid = &e->orders[PAID];
    DAMAGE(order_errors, paid->shopper = 0);
    DAMAGE(order_errors, paid->shopper = 99);
    DAMAGE(order_errors, paid->first_line++);
    DAMAGE(order_errors, paid->first_line = UINT32_MAX);
    DAMAGE(order_errors, paid->line_count = 0);
    DAMAGE(order_errors, paid->line_count = 255);
    DAMAGE(order_errors, paid->part_count = 0);
    DAMAGE(order_errors, paid->part_count = 3);
    DAMAGE(order_errors, paid->state = 0);
    DAMAGE(order_errors, paid->state = ORDER_EXPIRED + 1);
    DAMAGE(order_errors, paid->festival = 2);
    DAMAGE(order_errors, paid->currency = 0);
    DAMAGE(order_errors, paid->currency = 4);
    DAMAGE(order_errors, paid->city = 3);
    DAMAGE(order_errors, paid->payment = PAYMENT_HOLD);
    DAMAGE(order_errors, e->orders[DEAL_HELD].payment = PAYMENT_WALLET);
    DAMAGE(order_errors, paid->total_minor++);
    DAMAGE(order_errors, paid->refunded_minor--);
    DAMAGE(order_errors, e->orders[REFUNDED].refunded_minor = 9999);
    DAMAGE(order_errors, e->head.count[LIMIT_lines]++);
    end_state();
}

static void test_lines(void **state)
{
    struct line *paid, *held, *dropped, *fetched, *carried;
    (void)state;
    make_state();
    paid = &e->lines[e->orders[PAID].first_line];
    held = &e->lines[e->orders[DEAL_HELD].first_line];
    dropped = &e->lines[e->orders[DROPPED].first_line];
    fetched = &e->lines[e->orders[FETCHED].first_line];
    carried = &e->lines[e->orders[CARRIED].first_line];
    DAMAGE(order_errors, paid->book = 0);
    DAMAGE(order_errors, paid->book = 99);
    DAMAGE(order_errors, paid->deal = 2);
    DAMAGE(order_errors, paid->quantity = 0);
    DAMAGE(order_errors, paid->returned = 3);
    DAMAGE(order_errors, paid->returned = 0); /* its money went back */
    DAMAGE(order_errors, paid->part = 0);
    DAMAGE(order_errors, paid->part = 3);
    DAMAGE(order_errors, paid->unit_price_minor = 0);
    DAMAGE(order_errors, paid->unit_price_minor++);
    DAMAGE(order_errors, paid->discount_minor = 1);
    DAMAGE(order_errors, paid->state = PART_READY);
    DAMAGE(order_errors, paid->state = PART_DROPPED);
    DAMAGE(order_errors, held->state = PART_PACKED);
    DAMAGE(order_errors, dropped->state = PART_OPEN);
    DAMAGE(order_errors, fetched->state = PART_SHIPPED);
    DAMAGE(order_errors, carried->state = PART_OPEN);
    DAMAGE(order_errors, fetched->state = PART_CHECKED);
    DAMAGE(order_errors, paid->state = PART_CHECKED);
    DAMAGE(order_errors, fetched->due_min = 0); /* it is ready */
    DAMAGE(order_errors, carried->due_min = 1);
    DAMAGE(order_errors, carried->promised_min = 1);
    end_state();
}

/* What is on its way, why units are missing, which cities are flagships, and where deals hold. */
static void test_places(void **state)
{
    struct inbound *expected, *here, *lost, *moving;
    (void)state;
    make_state();
    expected = &e->inbounds[1], here = &e->inbounds[2], lost = &e->inbounds[3], moving = &e->inbounds[4];
    DAMAGE(unit_errors, e->books[1].coming++);
    DAMAGE(unit_errors, e->books[1].coming = 0);
    DAMAGE(unit_errors, e->books[2].coming = 1);
    DAMAGE(unit_errors, e->books[1].safety = UNITS_MAX + 1);
    DAMAGE(unit_errors, expected->expected++);
    DAMAGE(unit_errors, expected->expected = 0);
    DAMAGE(unit_errors, expected->received = 4);
    DAMAGE(unit_errors, expected->lost = 1);
    DAMAGE(unit_errors, expected->closed_ms = e->head.now_ms);
    DAMAGE(unit_errors, expected->from = 1);
    DAMAGE(unit_errors, expected->from = 2);
    DAMAGE(unit_errors, expected->sku = 2);
    DAMAGE(unit_errors, expected->sku = 99);
    DAMAGE(unit_errors, expected->to = 3);
    DAMAGE(unit_errors, here->closed_ms = 0);
    DAMAGE(unit_errors, here->closed_ms = here->made_ms - 1);
    DAMAGE(unit_errors, here->received = 0);
    DAMAGE(unit_errors, lost->lost++);
    DAMAGE(unit_errors, lost->lost = 0);
    DAMAGE(unit_errors, lost->from = 0);
    DAMAGE(unit_errors, (moving->lost++, moving->expected++));
    DAMAGE(unit_errors, moving->from = 3);
    DAMAGE(unit_errors, moving->from = 0); /* then they left one book and came to none */
    DAMAGE(unit_errors, (e->books[1].moved_in++, e->books[1].received--));
    DAMAGE(unit_errors, (e->books[5].moved_out++, e->books[5].available--));
    DAMAGE(unit_errors, e->locations[1].shrink[REASON_STOLEN]++);
    DAMAGE(unit_errors, e->locations[2].shrink[REASON_NONE] = 1);
    DAMAGE(unit_errors, (e->locations[1].shrink[REASON_STOLEN]--, e->locations[2].shrink[REASON_STOLEN]++));
    DAMAGE(unit_errors, (e->books[1].shrink++, e->books[1].available--));
    DAMAGE(deal_errors, e->flagships[1].city = 2);
    DAMAGE(deal_errors, e->flagships[1].city = 3);
    DAMAGE(deal_errors, e->flagships[1].next = 1);
    DAMAGE(deal_errors, e->flagships[1].next = 2);
    DAMAGE(deal_errors, e->flagships[2].next = 0);
    DAMAGE(deal_errors, e->flagships[2].next = 99);
    DAMAGE(deal_errors, e->festivals[1].first_flagship = 0);
    DAMAGE(deal_errors, e->festivals[1].first_flagship = 3);
    DAMAGE(deal_errors, e->deals[2].city = 2); /* two places */
    DAMAGE(deal_errors, e->deals[2].location = 3);
    DAMAGE(deal_errors, (e->deals[2].location = 0, e->deals[2].city = 3));
    /* An order has a deal that is not for it. */
    DAMAGE(order_errors, e->deals[2].location = 1);
    DAMAGE(order_errors, (e->deals[2].location = 0, e->deals[2].city = 1));
    DAMAGE(order_errors, e->deals[1].location = 2);
    DAMAGE(order_errors, e->deals[1].festival = 2);
    end_state();
}

/* What was handed over in exchange. */
static void test_exchange(void **state)
{
    (void)state;
    make_state();
    struct order *exchange = &e->orders[EXCHANGE_OF];
    struct line *line = &e->lines[exchange->first_line];
    DAMAGE(order_errors, exchange->delivery = 0);
    DAMAGE(order_errors, exchange->delivery = DELIVERY_EXCHANGE + 1);
    DAMAGE(order_errors, exchange->festival = 1);
    DAMAGE(order_errors, exchange->channel = CHANNEL_WEB);
    DAMAGE(order_errors, (exchange->state = ORDER_CANCELLED, line->state = PART_DROPPED));
    DAMAGE(order_errors, line->state = PART_OPEN);
    DAMAGE(order_errors, line->state = PART_CHECKED);
    DAMAGE(order_errors, line->deal = 1);
    DAMAGE(order_errors, line->discount_minor++);
    /* Both orders have the money, or neither has. */
    DAMAGE(order_errors, e->orders[TILL_CASH].refunded_minor -= 10000);
    DAMAGE(ledger_errors, (exchange->total_minor++, line->unit_price_minor++));
    end_state();
}

/* Tills and shifts, their links, and what they say of their journals. */
static void test_shifts(void **state)
{
    (void)state;
    make_state();
    struct shift *shift = &e->shifts[1];
    DAMAGE(till_errors, e->tills[1].location = 99);
    DAMAGE(till_errors, e->tills[1].shopper = 0);
    DAMAGE(till_errors, e->tills[1].shift = 1);
    DAMAGE(till_errors, e->tills[1].shift = 0);
    DAMAGE(till_errors, e->shifts[2].previous = 0);
    DAMAGE(till_errors, e->shifts[2].till = 2);
    DAMAGE(till_errors, e->shifts[2].counted_minor = 1);
    DAMAGE(till_errors, (shift->closed_ms = 0, shift->counted_minor = 0));
    DAMAGE(till_errors, shift->closed_ms = shift->opened_ms);
    DAMAGE(till_errors, shift->counted_minor = -1);
    DAMAGE(till_errors, shift->float_minor = -1);
    DAMAGE(till_errors, shift->float_minor = MONEY_MAX + 1);
    DAMAGE(till_errors, shift->float_minor = 3999); /* more was taken out */
    DAMAGE(till_errors, shift->put_in_minor++);
    DAMAGE(till_errors, shift->taken_out_minor++);
    for (unsigned means = 0; means < 3; means++) {
        DAMAGE(till_errors, shift->sold_minor[means]++);
        DAMAGE(till_errors, shift->refunded_minor[means]--);
    }
    DAMAGE(till_errors, shift->sales++);
    DAMAGE(till_errors, shift->returns--);
    DAMAGE(till_errors, shift->voids = 0);
    DAMAGE(till_errors, shift->last_tender = SOLD);
    end_state();
}

/* Lines of a journal. Sums that follow a damage do not hide it. */
static void test_tenders(void **state)
{
    (void)state;
    make_state();
    struct tender *tender = e->tenders;
    struct shift *shift = &e->shifts[1];
    DAMAGE(till_errors, (tender[SOLD].shift = 0, tender[SOLD_MIXED].shift = 3));
    DAMAGE(till_errors, tender[SOLD].previous = 0);
    DAMAGE(till_errors, tender[SOLD].kind = TENDER_DRAWER + 1);
    DAMAGE(till_errors, tender[SOLD].at_ms = shift->opened_ms - 1);
    DAMAGE(till_errors, tender[PUT_IN].at_ms = shift->closed_ms + 1);
    DAMAGE(till_errors, tender[SOLD].sku = 1);
    DAMAGE(till_errors, tender[SOLD].cash_minor = INT64_MIN);
    DAMAGE(till_errors, tender[PUT_IN].order = TILL_CASH);
    DAMAGE(till_errors, (tender[PUT_IN].card_minor = 1));
    DAMAGE(till_errors, (tender[PUT_IN].cash_minor = 0, shift->put_in_minor = 0));
    DAMAGE(till_errors, (tender[SOLD].cash_minor++, shift->sold_minor[0]++));
    DAMAGE(till_errors, (tender[SOLD].cash_minor--, tender[SOLD].wallet_minor++, shift->sold_minor[0]--,
                         shift->sold_minor[2]++)); /* it was paid without a wallet */
    DAMAGE(till_errors, (tender[CAME_BACK].wallet_minor = tender[CAME_BACK].cash_minor,
                         tender[CAME_BACK].cash_minor = 0, shift->refunded_minor[0] -= 10000,
                         shift->refunded_minor[2] += 10000));
    DAMAGE(till_errors, (tender[CAME_BACK].cash_minor = -20001, shift->refunded_minor[0] += 10001,
                         shift->float_minor += 10001)); /* more than went back */
    DAMAGE(till_errors, (tender[MADE_VOID].cash_minor++, shift->refunded_minor[0]--));
    DAMAGE(till_errors, tender[MADE_VOID].at_ms--);
    /* The void is passed off as cash that was taken out: nothing says any more that the sale was none. */
    DAMAGE(till_errors, (tender[MADE_VOID].kind = TENDER_DRAWER, tender[MADE_VOID].order = 0, shift->voids--,
                         shift->refunded_minor[0] -= 10000, shift->taken_out_minor += 10000));
    DAMAGE(till_errors, tender[TAKEN_BACK].sku = 99);
    DAMAGE(till_errors, tender[TAKEN_BACK].quantity = 0);
    DAMAGE(till_errors, e->skus[2].ordered = 0);
    DAMAGE(ledger_errors, (tender[TAKEN_BACK].wallet_minor--, shift->refunded_minor[2]++));
    DAMAGE(ledger_errors, e->currencies[1].taken_back_minor++);
    DAMAGE(index_errors, tender[SOLD].order = TILL_MIXED);
    DAMAGE(index_errors, tender[SOLD].order = CARRIED);
    end_state();
}

/* What is no amount, what has the wrong sign, and what is more than a shift may add up to. */
static void test_tender_amounts(void **state)
{
    (void)state;
    static const i64 wrong[] = {-MONEY_MAX - 1, -MONEY_MAX, -1, 1, MONEY_MAX, MONEY_MAX + 1};
    make_state();
    for (u32 id = SOLD; id <= PUT_IN; id++)
        for (u32 i = 0; i < ARRAY_COUNT(wrong); i++) {
            DAMAGE(till_errors, e->tenders[id].cash_minor = wrong[i]);
            DAMAGE(till_errors, e->tenders[id].card_minor = wrong[i]);
            DAMAGE(till_errors, e->tenders[id].wallet_minor = wrong[i]);
        }
    for (u32 id = SOLD; id <= CAME_BACK; id++) { /* of no order, and of one that was sold elsewhere */
        DAMAGE(till_errors, e->tenders[id].order = id % 2 != 0 ? 0 : UINT32_MAX);
        DAMAGE(till_errors, e->tenders[id].order = CARRIED);
    }
    DAMAGE(till_errors, e->orders[TILL_CASH].payment = PAYMENT_WALLET);
    DAMAGE(till_errors, e->orders[TILL_CASH].delivery = DELIVERY_EXCHANGE);
    DAMAGE(till_errors, e->orders[TILL_VOIDED].state = ORDER_PAID);
    DAMAGE(till_errors, e->tenders[TAKEN_BACK].quantity = LINE_QUANTITY_MAX + 1);
    DAMAGE(till_errors, e->tenders[PUT_IN].quantity = 1);
    DAMAGE(till_errors, e->shifts[1].counted_minor = MONEY_MAX + 1);
    DAMAGE(ledger_errors, e->currencies[1].provider_minor = 1);
    end_state();
}

/* What a command would follow without looking: it must be whole, and the proof must come to an end where it is not. */
static void test_lists(void **state)
{
    (void)state;
    make_state();
    DAMAGE(order_errors, e->festivals[1].hold_first = PAID);
    DAMAGE(order_errors, e->festivals[1].hold_first = 99);
    DAMAGE(order_errors, e->festivals[1].hold_first = 0);
    DAMAGE(order_errors, e->festivals[0].hold_first = OTHER_HELD);
    DAMAGE(order_errors, e->orders[DEAL_HELD].next_hold = 0);
    DAMAGE(order_errors, e->orders[DEAL_HELD].next_hold = DEAL_HELD);
    DAMAGE(order_errors, e->orders[DROPPED].next_hold = DEAL_HELD);
    DAMAGE(order_errors, e->orders[DROPPED].next_hold = 99);
    DAMAGE(order_errors, e->orders[OTHER_HELD].changed_ms -= 2);
    DAMAGE(order_errors, e->orders[PAID].previous = 0);
    DAMAGE(order_errors, e->orders[PAID].previous = PAID);
    DAMAGE(order_errors, e->orders[REFUNDED].previous = OTHER_HELD);
    DAMAGE(order_errors, e->shoppers[1].last_order = FETCHED);
    DAMAGE(order_errors, e->shoppers[3].last_order = 1);
    end_state();
}

static void test_units(void **state)
{
    struct book *book;
    (void)state;
    make_state();
    book = &e->books[1];
    DAMAGE(unit_errors, book->available++);
    DAMAGE(unit_errors, book->received--);
    DAMAGE(unit_errors, (book->reserved++, book->available--));
    DAMAGE(unit_errors, (book->sold++, book->available--));
    DAMAGE(unit_errors, (book->sold--, book->reserved++));
    DAMAGE(oversold, (book->reserved += 100, book->overrun += 100));
    DAMAGE(oversold, book->received = 0);
    DAMAGE(deal_errors, e->deals[1].taken++);
    DAMAGE(deal_errors, e->deals[1].taken = 0);
    DAMAGE(deal_errors, e->deals[1].quota = 1);
    DAMAGE(deal_errors, e->caps[1].units--);
    DAMAGE(deal_errors, e->caps[1].person = 2);
    DAMAGE(deal_errors, e->caps[1].deal = 0);
    end_state();
}

static void test_money(void **state)
{
    (void)state;
    make_state();
    DAMAGE(ledger_errors, e->shoppers[1].balance_minor++);
    DAMAGE(ledger_errors, e->wallets[1].balance_minor--);
    DAMAGE(ledger_errors, e->currencies[1].provider_minor++);
    DAMAGE(ledger_errors, e->currencies[3].provider_minor--);
    DAMAGE(ledger_errors, e->accounts[1].balance_minor++);
    /* The sum is zero: a negative wallet, an account that got what another one sold. */
    DAMAGE(ledger_errors, (e->shoppers[1].balance_minor += 1, e->shoppers[3].balance_minor -= 1));
    DAMAGE(ledger_errors, (e->accounts[1].balance_minor += 1, e->accounts[2].balance_minor -= 1));
    DAMAGE(budget_errors, e->budgets[1].spent_minor--);
    DAMAGE(budget_errors, e->budgets[2].spent_minor = 0);
    end_state();
}

static void test_meters(void **state)
{
    struct festival *festival;
    struct second *first, *later;
    (void)state;
    make_state();
    festival = &e->festivals[1];
    first = &e->seconds[festival->first_second];
    later = first + SHOP_HOLD_MS / 1000;
    assert_true(first->orders == 1 && later->orders_paid > 0);
    DAMAGE(meter_errors, festival->orders++);
    DAMAGE(meter_errors, festival->orders_paid--);
    DAMAGE(meter_errors, festival->units_paid++);
    DAMAGE(meter_errors, festival->paid_minor++);
    DAMAGE(meter_errors, festival->held_minor = 0);
    DAMAGE(meter_errors, festival->refunded_minor++);
    DAMAGE(meter_errors, festival->milestone_count++);
    DAMAGE(meter_errors, festival->peak_orders++);
    DAMAGE(meter_errors, festival->peak_second = 0);
    DAMAGE(meter_errors, first->orders++);
    DAMAGE(meter_errors, later->orders_paid = 0);
    DAMAGE(meter_errors, later->paid_minor--);
    /* More than the cancelled order's, whose second is not known any more. */
    DAMAGE(meter_errors, (later->paid_minor -= 10001, first->paid_minor += 10001));
    DAMAGE(meter_errors, first->paid_minor++);
    DAMAGE(meter_errors, first->orders_paid++);
    DAMAGE(meter_errors, cell_at(e, 1, CELL_CITY, 1)->paid_minor++);
    DAMAGE(meter_errors, cell_at(e, 1, CELL_CHANNEL, CHANNEL_TILL)->units--);
    DAMAGE(meter_errors, cell_at(e, 1, CELL_DEPARTMENT, 2)->units++);
    end_state();
}

/* A row that has changed is not found any more where the index says. */
static void test_indexes(void **state)
{
    (void)state;
    make_state();
    DAMAGE(index_errors, e->skus[5].gtin = 4006381333948);
    DAMAGE(index_errors, e->books[1].location = 2);
    DAMAGE(index_errors, e->caps[1].deal = 0);
    DAMAGE(index_errors, e->answers[1].key[0]++);
    DAMAGE(index_errors, e->answers[1].caller++);
    DAMAGE(index_errors, e->skus[1].text = e->skus[2].text);
    DAMAGE(index_errors, e->festivals[1].text = e->cities[1].text);
    end_state();
}

/* --- state that is read ----------------------------------------------------------------- */

/* What is asked for and is not there is nothing: no balance, no text, no order. */
static void test_nothing_there(void **state)
{
    struct command_header command = {.kind = 63, .size = sizeof(command)};
    (void)state;
    make_state();
    assert_int_equal(engine_balance(e, 99, 1), 0);
    assert_int_equal(engine_balance(e, 2, 3), 0);
    assert_int_equal(engine_text(e, 0, 0).size, 0);
    assert_int_equal(engine_text(e, e->skus[1].text, COMMAND_TEXTS_MAX).size, 0);
    assert_null(engine_order(e, 0));
    assert_null(engine_order(e, LAST_ORDER + 1));
    assert_int_equal(engine_sku_by_gtin(e, 0), 0);
    assert_int_equal(engine_hold_first(e, 1), DEAL_HELD);
    assert_int_equal(engine_hold_first(e, 0), OUTSIDE_HELD);
    assert_int_equal(engine_used(e, LIMIT_answers), 1);
    assert_int_equal(engine_used(e, LIMIT_orders), LAST_ORDER);
    /* Nor is there such a command. */
    u64 digest = engine_digest(e);
    assert_int_equal(engine_apply(e, &command).code, RESULT_MALFORMED);
    assert_true(engine_digest(e) == digest);
    end_state();
}

static void expect_not_restored(const struct engine_limits *limits, size_t region, i64 change, u64 *field, u64 value,
                                const char *said)
{
    struct engine *copy = support_engine(limits);
    struct engine_region regions[ENGINE_REGIONS_MAX];
    u64 sizes[ENGINE_REGIONS_MAX] = {0};
    if (field != NULL)
        *field += value;
    size_t count = engine_regions(copy, regions);
    assert_int_equal(count, saved.count);
    for (size_t i = 0; i < count; i++) {
        memcpy(regions[i].bytes, saved.regions[i].bytes, saved.regions[i].size);
        sizes[i] = saved.regions[i].size;
    }
    sizes[region] += (u64)change;
    const char *problem = engine_restore(copy, sizes);
    if (said == NULL)
        assert_null(problem);
    else
        assert_string_equal(problem, said);
    support_engine_free(copy, limits);
    state_put_back();
}

/* Regions that do not belong together are not taken for a state. */
static void test_regions_that_do_not_fit(void **state)
{
    const char *table = "a table of the snapshot has another size than its count says";
    (void)state;
    make_state();
    const struct engine_limits *limits = &s.limits;
    expect_not_restored(limits, 0, 0, NULL, 0, NULL);
    expect_not_restored(limits, 0, -8, NULL, 0, "the snapshot's head has another size");
    for (size_t i = 1; i + 1 < saved.count; i++)
        expect_not_restored(limits, i, (i64)saved.regions[i].element_size, NULL, 0, table);
    expect_not_restored(limits, 0, 0, &e->head.count[LIMIT_orders], 1, table);
    expect_not_restored(limits, 0, 0, &e->head.count[LIMIT_orders], limits->orders, table);
    expect_not_restored(limits, saved.count - 1, 16, NULL, 0,
                        "the meters of the snapshot have another size than its counts say");
    expect_not_restored(limits, 0, 0, &e->head.cell_capacity[CELL_CITY], 1,
                        "a limit is smaller than it was when the snapshot was written");
    /* Each region has the name of the limit that bounds it. */
    assert_string_equal(engine_region_name(0), "head");
    assert_string_equal(engine_region_name(1 + LIMIT_orders), "orders");
    assert_string_equal(engine_region_name(saved.count - 1), "festivals or what they are metered by");
    end_state();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders), cmocka_unit_test(test_lines),  cmocka_unit_test(test_lists),
        cmocka_unit_test(test_units),  cmocka_unit_test(test_money),  cmocka_unit_test(test_meters),
        cmocka_unit_test(test_indexes), cmocka_unit_test(test_nothing_there), cmocka_unit_test(test_places),
        cmocka_unit_test(test_regions_that_do_not_fit), cmocka_unit_test(test_exchange),
        cmocka_unit_test(test_shifts), cmocka_unit_test(test_tenders), cmocka_unit_test(test_tender_amounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
