/*
 * Numbers at their edges. Of every command there is a good one; each of its
 * fields, its time, and each line of an order becomes 0, -1, 2^31, 2^63-1 and what is one beside every bound there is,
 * one at a time in a fresh shop and two at a time in a used one; prices near the largest amount are multiplied by
 * quantities of any size, in known, unknown and mixed currencies. Engine and naive model must say the same; what is
 * refused has a name and leaves no trace; the books stay right.
 */
#include "base/money.h"
#include "base/prng.h"
#include "test/fault.h"
#include "test/support.h"

#include <string.h>

static struct shop s;

struct tally {
    u64 cases, accepted, refused, shapeless, different, unaccounted, unnamed;
};
static struct tally tally;

static const i64 edges[] = {
    0, 1, 2, 3, 4, 5, -1, -2, 8, 9, 255, 256, 65535, 65536, LINE_QUANTITY_MAX, LINE_QUANTITY_MAX + 1, UNITS_MAX,
    (i64)UNITS_MAX + 1, INT32_MAX, (i64)INT32_MAX + 1, UINT32_MAX, (i64)UINT32_MAX + 1, INT32_MIN, MONEY_MAX,
    MONEY_MAX + 1, -MONEY_MAX, -MONEY_MAX - 1, INT64_MAX, INT64_MIN, TIME_MS_MAX, TIME_MS_MAX + 1, 90000000, 90000001,
    -90000001, 180000000, 180000001, -180000001, 840, 841, -720, -721, HOLD_MS_MAX, (i64)HOLD_MS_MAX + 1, SHOP_OPENS,
    SHOP_CLOSES, KEEP_DAYS_MAX, KEEP_DAYS_MAX + 1, TRANSIT_DAYS_MAX, TRANSIT_DAYS_MAX + 1, 1440, 1441,
};

#define PROVE_EVERY 7u
#define EDGE_WEIGHT 25u

/* The few for two fields at a time. */
static const i64 sharp[] = {0, 1, 2, -1, INT32_MAX, (i64)INT32_MAX + 1, MONEY_MAX, INT64_MAX, INT64_MIN};

/* --- the shop, and a good command of every kind ------------------------------------------------------------------- */

/* Two tills, of which one is open; order 5, carried out and paid there; goods on their way. */
static void open_stores(void)
{
    struct command_order_place place = {HEADER(order_place, ORDER_PLACE), STORE(CARRY_OUT, HOLD)};
    OK(PUT(&s, till_put, TILL_PUT, "T1", .location = 2, .shopper = 3));
    OK(PUT(&s, till_put, TILL_PUT, "T2", .location = 2, .shopper = 3));
    OK(DO(&s, till_open, TILL_OPEN, .till = 1, .float_minor = 50000));
    EXPECT(shop_place(&s, place, "1x2"), OK, 5, 20000);
    OK(DO(&s, till_pay, TILL_PAY, .till = 1, .order = 5, .cash_minor = 12000, .card_minor = 8000));
    OK(DO(&s, inbound_expect, INBOUND_EXPECT, .sku = 1, .to = 1, .quantity = 5));
    OK(DO(&s, inbound_send, INBOUND_SEND, .sku = 2, .from = 1, .to = 2, .quantity = 2));
}

/* Orders in all states, a deal, a budget; small, so that a fresh one is cheap. */
static void open_shop(void)
{
    struct engine_limits limits;
    support_limits(&limits);
    limits.seconds = 4 * 90000;
    limits.text_bytes = 1 << 16;
    limits.orders = limits.lines = limits.answers = 512;
    shop_open_with(&s, &limits);
    shop_furnish(&s);
    for (u32 location = 1; location <= 2; location++)
        for (u32 sku = 1; sku <= 4; sku++)
            OK(DO(&s, stock_receive, STOCK_RECEIVE, .sku = sku, .location = location, .quantity = 10));
    OK(DO(&s, wallet_top_up, WALLET_TOP_UP, .shopper = 1, .currency = 1, .amount_minor = 1000000));
    s.now_ms = SHOP_OPENS;
    OK(DO(&s, deal_put, DEAL_PUT, .festival = 1, .sku = 2, .price_minor = 5000, .quota = 6, .cap = 4));
    OK(DO(&s, budget_set, BUDGET_SET, .shopper = 1, .scope = BUDGET_DAY, .limit_minor = 500000));
    OK(PLACE(&s, "1x2 3x1", HOME(WALLET)));     /* order 1: paid; part 1 is shipped, part 2 open */
    OK(DO(&s, part_ship, PART_SHIP, .order = 1, .part = 1));
    OK(PLACE(&s, "2x1", HOME(HOLD)));           /* order 2: held */
    OK(PLACE(&s, "1x1", STORE(PICK_UP, WALLET))); /* order 3: paid, to be collected; order 4: ready there */
    OK(PLACE(&s, "3x1", STORE(PICK_UP, WALLET)));
    OK(DO(&s, part_ready, PART_READY, .order = 4, .part = 1));
    open_stores();
}

static void base_keep(u64 *buffer, const struct command_header *command, const char *code)
{
    const struct command_info *info = command_info(command->kind);
    struct slice texts[COMMAND_TEXTS_MAX] = {{0}};
    memcpy(buffer, command, command->size);
    texts[0] = slice_text(code);
    if (info->tail == TAIL_TEXTS)
        assert_true(command_add_texts((struct command_header *)buffer, texts, info->text_count));
}

#define BASE(name, NAME, code, ...)                                                                        \
    case COMMAND_##NAME:                                                                                   \
        base_keep(buffer, &(struct command_##name){HEADER(name, NAME), __VA_ARGS__}.header, code);         \
        break;

static bool base_entity(u16 kind, u64 *buffer)
{
    switch (kind) {
        BASE(currency_put, CURRENCY_PUT, "EUR", .digits = 2)
        BASE(country_put, COUNTRY_PUT, "DE", )
        BASE(department_put, DEPARTMENT_PUT, "tea", )
        BASE(city_put, CITY_PUT, "BER", .country = 1, .longitude_e6 = 13400000, .latitude_e6 = 52500000)
        BASE(location_put, LOCATION_PUT, "W2", .city = 1, .longitude_e6 = 1, .latitude_e6 = 2,
             .kind = LOCATION_WAREHOUSE, .services = SERVICE_SHIP)
        BASE(brand_put, BRAND_PUT, "none", .country = 1)
        BASE(seller_put, SELLER_PUT, "three", )
        BASE(sku_put, SKU_PUT, "K5", .gtin = 96385074, .department = 1, .brand = 1, .seller = 1, .for_sale = 1)
        BASE(price_set, PRICE_SET, "", .price_minor = 700, .sku = 1, .currency = 1)
        BASE(stock_receive, STOCK_RECEIVE, "", .sku = 1, .location = 1, .quantity = 5)
        BASE(stock_count, STOCK_COUNT, "", .sku = 4, .location = 1, .counted = 7)
        BASE(stock_move, STOCK_MOVE, "", .sku = 1, .from = 1, .to = 2, .quantity = 1)
        BASE(festival_put, FESTIVAL_PUT, "1212", .opens_ms = SHOP_CLOSES, .closes_ms = SHOP_CLOSES + 60000,
             .usd_rate_e6 = 7000000, .currency = 1, .utc_offset_minutes = 480, .hold_ms = 60000)
        BASE(deal_put, DEAL_PUT, "", .price_minor = 900, .opens_ms = SHOP_OPENS, .closes_ms = SHOP_CLOSES,
             .festival = 1, .sku = 1, .quota = 5, .cap = 2)
        BASE(shopper_join, SHOPPER_JOIN, "", .city = 1, .currency = 1, .person = 1)
        BASE(wallet_top_up, WALLET_TOP_UP, "", .amount_minor = 100, .shopper = 1, .currency = 1)
        BASE(wallet_transfer, WALLET_TRANSFER, "", .amount_minor = 100, .from = 1, .to = 2, .currency = 1)
        BASE(budget_set, BUDGET_SET, "", .limit_minor = 400000, .shopper = 1, .subject = 1, .scope = BUDGET_FESTIVAL)
    default: return false;
    }
    return true;
}

static bool base_store(u16 kind, u64 *buffer)
{
    switch (kind) {
        BASE(location_plan, LOCATION_PLAN, "", .location = 2, .utc_offset_minutes = 480, .opens_min = 540,
             .closes_min = 1080, .cut_off_min = 600, .capacity = 9, .prepare_min = 90, .keep_days = 3, .days_city = 1,
             .days_far = 2)
        BASE(routing_set, ROUTING_SET, "", .rule_1 = RULE_CITY, .rule_2 = RULE_SPARE, .rule_3 = RULE_FEWEST)
        BASE(stock_keep, STOCK_KEEP, "", .sku = 1, .location = 1, .units = 2)
        BASE(inbound_expect, INBOUND_EXPECT, "", .reference = 12, .sku = 1, .to = 2, .quantity = 3)
        BASE(inbound_send, INBOUND_SEND, "", .reference = 12, .sku = 1, .from = 1, .to = 2, .quantity = 3)
        BASE(inbound_receive, INBOUND_RECEIVE, "", .inbound = 1, .quantity = 2)
        BASE(inbound_close, INBOUND_CLOSE, "", .inbound = 2, .reason = REASON_DAMAGED)
        BASE(festival_flagship, FESTIVAL_FLAGSHIP, "", .festival = 1, .city = 2, .flagship = 1)
        BASE(part_check_out, PART_CHECK_OUT, "", .order = 5, .part = 1)
        BASE(order_exchange, ORDER_EXCHANGE, "", .order = 5, .line = 1, .quantity = 1, .sku = 1, .location = 2,
             .goods = GOODS_QUARANTINE)
        BASE(till_put, TILL_PUT, "T3", .location = 2, .shopper = 2)
        BASE(till_open, TILL_OPEN, "", .float_minor = 1000, .till = 2)
        BASE(till_close, TILL_CLOSE, "", .counted_minor = 1000, .till = 1)
        BASE(till_cash, TILL_CASH, "", .amount_minor = -1000, .till = 1)
        BASE(till_pay, TILL_PAY, "", .cash_minor = 2000, .card_minor = 2000, .wallet_minor = 1000, .order = 2,
             .till = 1)
        BASE(till_return, TILL_RETURN, "", .order = 5, .line = 1, .quantity = 1, .till = 1, .goods = GOODS_RESTOCK,
             .tender = TENDER_CASH)
        BASE(till_void, TILL_VOID, "", .order = 5, .till = 1)
        BASE(till_take_back, TILL_TAKE_BACK, "", .till = 1, .sku = 2, .quantity = 1, .shopper = 2,
             .goods = GOODS_RESTOCK)
    default: return false;
    }
    return true;
}

static bool base_make(u16 kind, u64 *buffer)
{
    struct {
        struct command_order_place place;
        struct order_line_asked lines[2];
    } order = {{HEADER(order_place, ORDER_PLACE), HOME(WALLET)}, {{1, 1}, {4, 2}}};
    order.place.header.size = sizeof(order);
    order.place.line_count = 2;
    order.place.location = 1;
    order.place.expected_total_minor = 30000;
    switch (kind) {
    case COMMAND_ORDER_PLACE: memcpy(buffer, &order, sizeof(order)); break;
        BASE(order_pay, ORDER_PAY, "", .amount_minor = 5000, .order = 2, .payment = PAYMENT_WALLET)
        BASE(order_cancel, ORDER_CANCEL, "", .order = 2)
        BASE(clock_tick, CLOCK_TICK, "", )
        BASE(part_pack, PART_PACK, "", .order = 1, .part = 2)
        BASE(part_ship, PART_SHIP, "", .order = 1, .part = 2)
        BASE(part_ready, PART_READY, "", .order = 3, .part = 1)
        BASE(part_hand_over, PART_HAND_OVER, "", .order = 4, .part = 1)
        BASE(part_deliver, PART_DELIVER, "", .order = 1, .part = 1)
        BASE(order_return, ORDER_RETURN, "", .order = 1, .line = 1, .quantity = 1, .location = 2,
             .goods = GOODS_RESTOCK)
    default: return base_entity(kind, buffer) || base_store(kind, buffer);
    }
    return true;
}

/* What can be set in a command: its fields, and the numbers of an order's lines. */
struct slot {
    u16 offset;
    u8 size;
};
#define SLOTS_MAX 24

static u32 slots_of(const u64 *command, struct slot *slots)
{
    const struct command_header *header = (const void *)command;
    const struct command_info *info = command_info(header->kind);
    u32 count = 0;
    for (size_t i = 0; i < info->field_count; i++) {
        bool shape = strcmp(info->fields[i].name, "reserved") == 0 || strcmp(info->fields[i].name, "line_count") == 0;
        if (!shape) /* test_base.c is about those */
            slots[count++] = (struct slot){info->fields[i].offset, info->fields[i].size};
    }
    for (u16 at = info->fixed_size; info->tail == TAIL_LINES && at < header->size; at += 4)
        slots[count++] = (struct slot){at, 4};
    assert_true(count <= SLOTS_MAX);
    return count;
}

static void slot_set(u64 *command, struct slot slot, i64 value)
{
    memcpy((u8 *)command + slot.offset, &value, slot.size);
}

/* --- deciding ----------------------------------------------------------------------------------------------------- */

/* Both decide it. That a refusal has changed nothing shows by the sequence number, and now and then by the digest. */
static struct result decide(const u64 *command)
{
    const struct command_header *header = (const void *)command;
    bool trace = tally.cases++ % PROVE_EVERY == 0;
    if (!command_well_formed(command, header->size)) {
        tally.shapeless++;
        return (struct result){.code = RESULT_MALFORMED};
    }
    u64 seq = engine_seq(s.engine), digest = trace ? engine_digest(s.engine) : 0;
    struct result result = engine_apply(s.engine, header);
    naive_texts_full(s.naive, result.code == RESULT_POOL_FULL && result.value == LIMIT_text_bytes);
    struct result model = naive_apply(s.naive, header);
    bool same = result.code == model.code && result.flags == model.flags && result.id == model.id &&
                result.value == model.value;
    if (!fault_unless(same, &tally.different, "engine %s %u %lld, model %s %u %lld:", result_word(result.code),
                      result.id, (long long)result.value, result_word(model.code), model.id, (long long)model.value))
        support_print(stderr, header);
    bool changed = result_changed(result);
    tally.accepted += changed;
    tally.refused += !changed;
    fault_unless(strcmp(result_word(result.code), "?") != 0, &tally.unnamed, "code %u has no name", result.code);
    bool quiet = changed || (engine_seq(s.engine) == seq && (!trace || engine_digest(s.engine) == digest));
    if (!fault_unless(quiet, &tally.different, "%s has left a trace:", result_word(result.code)))
        support_print(stderr, header);
    return result;
}

/* Every visible fact at the end, and now and then the books: a festival's 172,800 seconds are most of that work. */
static void close_shop(void)
{
    static u32 shops;
    char difference[NAIVE_DIFFERENCE_MAX];
    fault_unless(naive_compare(s.naive, s.engine, true, difference), &tally.different, "%s", difference);
    if (shops++ % PROVE_EVERY == 0)
        fault_unless(support_check(s.engine), &tally.unaccounted, "the books are wrong");
    support_engine_free(s.engine, &s.limits);
    naive_free(s.naive);
}

static void print(const char *row)
{
    FAULT_LINE(row, {"cases", tally.cases}, {"accepted", tally.accepted}, {"refused", tally.refused},
               {"shapeless", tally.shapeless}, {"different", tally.different}, {"unaccounted", tally.unaccounted},
               {"unnamed", tally.unnamed});
    tally = (struct tally){0};
}

static const u16 kinds[] = {
#define COMMAND(number, NAME, name, word, roles, tail, fields, texts) number,
#include "core/command.def"
#undef COMMAND
};

/* --- one at a time ------------------------------------------------------------------------------------------------ */

static void test_every_base_is_good(void **state)
{
    static u64 command[64];
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        open_shop();
        assert_true(base_make(kinds[i], command));
        struct command_header *header = (void *)command;
        header->time_ms = kinds[i] == COMMAND_CLOCK_TICK ? s.now_ms + SHOP_HOLD_MS : s.now_ms;
        struct result result = decide(command);
        if (result.code != RESULT_OK)
            fail_msg("%s: %s", command_info(kinds[i])->word, result_word(result.code));
        close_shop();
    }
    tally = (struct tally){0};
}

static void one_edge(u16 kind, struct slot slot, i64 value)
{
    static u64 command[64];
    open_shop();
    assert_true(base_make(kind, command));
    ((struct command_header *)(void *)command)->time_ms = s.now_ms;
    slot_set(command, slot, value);
    decide(command);
    decide(command); /* and once more: what it has left behind must bear it */
    close_shop();
}

/* In a field of so many bytes no edge before it is the same. */
static bool is_first(size_t edge, u8 size)
{
    for (size_t before = 0; before < edge; before++)
        if (memcmp(&edges[before], &edges[edge], size) == 0)
            return false;
    return true;
}

static void test_one_field_at_an_edge(void **state)
{
    static u64 command[64];
    struct slot slots[SLOTS_MAX];
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        assert_true(base_make(kinds[i], command));
        u32 count = slots_of(command, slots);
        slots[count++] = (struct slot){offsetof(struct command_header, time_ms), 8};
        slots[count++] = (struct slot){offsetof(struct command_header, caller), 4};
        for (u32 slot = 0; slot < count; slot++)
            for (size_t edge = 0; edge < ARRAY_COUNT(edges); edge += fault_stride(EDGE_WEIGHT))
                if (is_first(edge, slots[slot].size))
                    one_edge(kinds[i], slots[slot], edges[edge]);
    }
    assert_true(tally.accepted > 0 && tally.refused > tally.cases / 4);
    print("number-edge");
}

/* --- two at a time ------------------------------------------------------------------------------------------------ */

static void two_edges(u16 kind)
{
    static u64 command[64];
    struct slot slots[SLOTS_MAX];
    open_shop();
    assert_true(base_make(kind, command));
    u32 count = slots_of(command, slots);
    for (u32 first = 0; first < count; first++)
        for (u32 second = first + 1; second < count; second++)
            for (size_t pair = 0; pair < ARRAY_COUNT(sharp) * ARRAY_COUNT(sharp); pair++) {
                assert_true(base_make(kind, command));
                ((struct command_header *)(void *)command)->time_ms = s.now_ms;
                slot_set(command, slots[first], sharp[pair / ARRAY_COUNT(sharp)]);
                slot_set(command, slots[second], sharp[pair % ARRAY_COUNT(sharp)]);
                decide(command);
            }
    close_shop();
}

static void test_two_fields_at_edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
        two_edges(kinds[i]);
    print("number-edges");
}

/* --- price x quantity --------------------------------------------------------------------------------------------- */

static struct result order(u32 quantity, u32 lines, u32 currency)
{
    static u64 command[64];
    struct command_order_place *place = (void *)command;
    struct order_line_asked *line = (void *)(place + 1);
    *place = (struct command_order_place){HEADER(order_place, ORDER_PLACE), HOME(HOLD)};
    place->festival = 0;
    place->currency = (u16)currency;
    place->line_count = (u16)lines;
    place->header.size = (u16)(sizeof(*place) + lines * sizeof(*line));
    place->header.time_ms = s.now_ms;
    for (u32 i = 0; i < lines; i++)
        line[i] = (struct order_line_asked){1 + 2 * (i % 2), quantity};
    return decide(command);
}

/* In a fresh shop whose SKUs 1 and 3 cost so much, in CNY (2 digits), JPY (0) and KWD (3). */
static void price_times_quantity(i64 price_minor, u32 quantity)
{
    static const u32 currencies[] = {0, 1, 2, 3, 4, 65535};
    open_shop();
    for (u32 sku = 1; sku <= 3; sku += 2) {
        DO(&s, stock_receive, STOCK_RECEIVE, .sku = sku, .location = 1, .quantity = UNITS_MAX - 100);
        for (u32 currency = 1; currency <= 3; currency++) {
            struct result result =
                DO(&s, price_set, PRICE_SET, .sku = sku, .currency = currency, .price_minor = price_minor);
            fault_unless((result.code == RESULT_OK) == (price_minor > 0 && price_minor <= MONEY_MAX) ||
                             result.code == RESULT_NO_CHANGE,
                         &tally.unnamed, "a price of %lld is answered %s", (long long)price_minor,
                         result_word(result.code));
        }
    }
    for (u32 i = 0; i < ARRAY_COUNT(currencies); i++)
        for (u32 lines = 1; lines <= 3; lines++) {
            struct result result = order(quantity, lines, currencies[i]);
            __int128 total = (__int128)price_minor * quantity * lines;
            bool priced = price_minor > 0 && price_minor <= MONEY_MAX; /* else the shop's own price stays */
            bool overflows = priced && quantity > 0 && (u64)quantity * (lines == 3 ? 2 : 1) <= LINE_QUANTITY_MAX &&
                             total > MONEY_MAX;
            bool known = currencies[i] >= 1 && currencies[i] <= 3;
            fault_unless(!overflows || !known || result.code == RESULT_AMOUNT_OVERFLOW, &tally.unaccounted,
                         "%u x %lld in %u lines is answered %s", quantity, (long long)price_minor, lines,
                         result_word(result.code));
            fault_unless(result.code != RESULT_OK || !priced || (known && result.value == (i64)total),
                         &tally.unaccounted, "%u x %lld in %u lines costs %lld", quantity, (long long)price_minor,
                         lines, (long long)result.value);
        }
    /* Paid in another currency than it was placed in, or by a festival of another: refused. */
    CODE(DO(&s, wallet_transfer, WALLET_TRANSFER, .amount_minor = 1, .from = 1, .to = 2, .currency = 2),
         INSUFFICIENT_FUNDS);
    close_shop();
}

static void test_price_times_quantity(void **state)
{
    static const i64 prices[] = {
        -1, 0, 1, 10000, INT32_MAX, (i64)INT32_MAX + 1, UINT32_MAX, MONEY_MAX / LINE_QUANTITY_MAX,
        MONEY_MAX / LINE_QUANTITY_MAX + 1, MONEY_MAX / 2, MONEY_MAX / 2 + 1, MONEY_MAX, MONEY_MAX + 1, INT64_MAX,
        INT64_MIN,
    };
    static const u32 quantities[] = {
        0, 1, 2, 3, LINE_QUANTITY_MAX, LINE_QUANTITY_MAX + 1, INT32_MAX, (u32)INT32_MAX + 1, UINT32_MAX};
    (void)state;
    for (u32 price = 0; price < ARRAY_COUNT(prices); price++)
        for (u32 quantity = 0; quantity < ARRAY_COUNT(quantities); quantity++)
            price_times_quantity(prices[price], quantities[quantity]);
    print("price-times-quantity");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_base_is_good),
        cmocka_unit_test(test_one_field_at_an_edge),
        cmocka_unit_test(test_two_fields_at_edges),
        cmocka_unit_test(test_price_times_quantity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
