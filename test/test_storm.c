/*
 * A storm over one stock: home delivery from stores and warehouses, pick-ups,
 * scan and go and tills want the same scarce SKUs at once, in ten thousand stores,
 * while goods are received, moved, counted and kept back, and while rules and
 * capacities change.
 *
 * Beside the engine stands a ledger of this file's own: units of each SKU at each
 * location, available, reserved and sold, changed by what answers and orders say. After each command
 * the books it concerned must be the ledger's; in the end all of them. In a smaller world
 * each answer is the naive model's as well, and so are all facts.
 *
 * ELEVEN_COMMANDS: of the large storm (60000); ELEVEN_FIRST: its seed
 */
#include "test/fault.h"
#include "test/support.h"

#include "base/prng.h"

#include <stdlib.h>
#include <string.h>

#define SKUS 6u
#define CITIES 430u
#define SHOPPERS 500u
#define TILLS 40u
#define UNITS_PER_STORE 2u
#define WEALTH ((i64)100000000000)

struct units {
    i64 available, reserved, sold, other; /* other: quarantine and shrink */
};

struct storm {
    struct prng prng;
    struct engine_limits limits;
    struct engine *engine;
    struct naive *naive;    /* NULL: no second opinion */
    u32 stores;
    i64 now_ms;
    struct units *units;    /* by sku x (stores + 1) + location */
    u64 received;
    u64 orders, refused, oversold, unaccounted, different, elsewhere, by_way[4];
    u64 command[64];
};

static struct units *units_at(struct storm *storm, u32 sku, u32 location)
{
    return &storm->units[sku * (storm->stores + 1) + location];
}

static struct result give(struct storm *storm, const struct command_header *asked)
{
    struct command_header *command = (struct command_header *)storm->command;
    if (asked != command)
        memcpy(command, asked, asked->size);
    command->time_ms = storm->now_ms;
    assert_true(command_well_formed(command, command->size));
    struct result result = engine_apply(storm->engine, command);
    if (storm->naive == NULL)
        return result;
    struct result second = naive_apply(storm->naive, command);
    fault_unless(result.code == second.code && result.id == second.id && result.value == second.value,
                 &storm->different, "%s: %s, the model %s", command_info(command->kind)->word, result_word(result.code),
                 result_word(second.code));
    return result;
}

#define GIVE(storm, name, NAME, ...) give(storm, &(struct command_##name){HEADER(name, NAME), __VA_ARGS__}.header)

static struct result put(struct storm *storm, const struct command_header *asked, const char *code)
{
    struct command_header *command = (struct command_header *)storm->command;
    struct slice texts[COMMAND_TEXTS_MAX] = {slice_text(code)};
    memcpy(command, asked, asked->size);
    assert_true(command_add_texts(command, texts, command_info(command->kind)->text_count));
    return give(storm, command);
}

#define PUT_STORM(storm, name, NAME, code, ...) \
    OK(put(storm, &(struct command_##name){HEADER(name, NAME), __VA_ARGS__}.header, code))

static u32 draw(struct storm *storm, u32 below)
{
    return (u32)prng_below(&storm->prng, below);
}

static u32 draw_store(struct storm *storm)
{
    return 1 + draw(storm, storm->stores);
}

/* --- the world --------------------------------------------------------------------------- */

static void receive(struct storm *storm, u32 sku, u32 location, u32 units)
{
    OK(GIVE(storm, stock_receive, STOCK_RECEIVE, .sku = sku, .location = location, .quantity = units));
    units_at(storm, sku, location)->available += units;
    storm->received += units;
}

static void furnish_store(struct storm *storm, u32 id, u32 cities)
{
    char code[32];
    snprintf(code, sizeof(code), "store %u", id);
    u32 city = 1 + id % cities;
    bool warehouse = id % 100 == 0;
    PUT_STORM(storm, location_put, LOCATION_PUT, code, .city = city,
              .longitude_e6 = 100000000 + (i32)(city % 24) * 1000000 + (i32)draw(storm, 200000),
              .latitude_e6 = 20000000 + (i32)(city / 24) * 1000000 + (i32)draw(storm, 200000),
              .kind = warehouse ? LOCATION_WAREHOUSE : LOCATION_STORE,
              .services = warehouse ? SERVICE_SHIP : SERVICE_SHIP | SERVICE_PICK_UP | SERVICE_CARRY_OUT);
    if (id % 3 == 0)
        OK(GIVE(storm, location_plan, LOCATION_PLAN, .location = id, .utc_offset_minutes = 480, .opens_min = 540,
                .closes_min = 1320, .cut_off_min = 960, .capacity = (u16)(id % 4), .prepare_min = 30, .keep_days = 3,
                .days_city = 1, .days_far = 3));
    for (u32 sku = 1; sku <= SKUS; sku++) /* SKU 1 is everywhere, the last ones in few places */
        if (draw(storm, sku * sku) == 0)
            receive(storm, sku, id, 1 + draw(storm, UNITS_PER_STORE));
}

/* The store of a till; every hundredth location is a warehouse. */
static u32 till_store(u32 till)
{
    return 2 * till - 1;
}

static void furnish(struct storm *storm, u32 cities)
{
    char code[32];
    PUT_STORM(storm, currency_put, CURRENCY_PUT, "CNY", .digits = 2);
    PUT_STORM(storm, country_put, COUNTRY_PUT, "CN", );
    PUT_STORM(storm, department_put, DEPARTMENT_PUT, "things", );
    PUT_STORM(storm, seller_put, SELLER_PUT, "shop", );
    for (u32 i = 1; i <= cities; i++) {
        snprintf(code, sizeof(code), "city %u", i);
        PUT_STORM(storm, city_put, CITY_PUT, code, .country = 1, .longitude_e6 = 100000000 + (i32)(i % 24) * 1000000,
                  .latitude_e6 = 20000000 + (i32)(i / 24) * 1000000);
    }
    for (u32 i = 1; i <= SKUS; i++) {
        snprintf(code, sizeof(code), "sku %u", i);
        PUT_STORM(storm, sku_put, SKU_PUT, code, .department = 1, .seller = 1, .for_sale = 1);
        OK(GIVE(storm, price_set, PRICE_SET, .sku = i, .currency = 1, .price_minor = 100 + i));
    }
    for (u32 i = 1; i <= storm->stores; i++)
        furnish_store(storm, i, cities);
    for (u32 i = 1; i <= SHOPPERS; i++) {
        OK(GIVE(storm, shopper_join, SHOPPER_JOIN, .currency = 1, .city = 1 + i % cities));
        OK(GIVE(storm, wallet_top_up, WALLET_TOP_UP, .shopper = i, .currency = 1, .amount_minor = WEALTH));
    }
    for (u32 i = 1; i <= TILLS; i++) {
        snprintf(code, sizeof(code), "till %u", i);
        PUT_STORM(storm, till_put, TILL_PUT, code, .location = till_store(i), .shopper = i);
        OK(GIVE(storm, till_open, TILL_OPEN, .till = i, .float_minor = 10000));
    }
}

static void open_storm(struct storm *storm, u64 seed, u32 stores, u32 cities, bool second_opinion)
{
    *storm = (struct storm){.stores = stores, .now_ms = SHOP_START};
    prng_seed(&storm->prng, seed);
    support_limits(&storm->limits);
    storm->limits.cities = cities;
    storm->limits.locations = stores;
    storm->limits.skus = SKUS;
    storm->limits.books = (u64)stores * SKUS;
    storm->limits.shoppers = SHOPPERS;
    storm->limits.orders = storm->limits.lines = 400000;
    storm->limits.text_bytes = 4 << 20;
    storm->limits.answers = 1000;
    storm->limits.tills = storm->limits.shifts = TILLS;
    storm->limits.tenders = 400000;
    storm->engine = support_engine(&storm->limits);
    storm->naive = second_opinion ? naive_create(&storm->limits) : NULL;
    storm->units = calloc((size_t)(SKUS + 1) * (stores + 1), sizeof(*storm->units));
    assert_non_null(storm->units);
    furnish(storm, cities);
}

/* --- the ledger ---------------------------------------------------------------------------- */

static void compare_book(struct storm *storm, u32 sku, u32 location)
{
    static const struct book none;
    const struct units *units = units_at(storm, sku, location);
    u32 id = engine_find_book(storm->engine, sku, location);
    const struct book *book = id == 0 ? &none : engine_book(storm->engine, id);
    fault_unless(units->available >= 0 && units->reserved >= 0, &storm->oversold, "SKU %u at %u: %lld available", sku,
                 location, (long long)units->available);
    fault_unless(book->available == units->available && book->reserved == units->reserved &&
                     book->sold == units->sold && book->quarantine + book->shrink == units->other,
                 &storm->unaccounted, "SKU %u at %u: available %u, not %lld; reserved %u, not %lld; sold %u, not %lld",
                 sku, location, book->available, (long long)units->available, book->reserved,
                 (long long)units->reserved, book->sold, (long long)units->sold);
}

enum held_as { AVAILABLE, RESERVED, SOLD };

static i64 *account(struct units *units, enum held_as which)
{
    return which == AVAILABLE ? &units->available : which == RESERVED ? &units->reserved : &units->sold;
}

/* The lines of a part of an order (0: of all of it) from one account to another. */
static void lines_move(struct storm *storm, u32 order_id, u32 part, enum held_as from, enum held_as to)
{
    const struct order *order = engine_order(storm->engine, order_id);
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = engine_line(storm->engine, order->first_line + i);
        const struct book *book = engine_book(storm->engine, line->book);
        if (part != 0 && line->part != part)
            continue;
        *account(units_at(storm, book->sku, book->location), from) -= line->quantity;
        *account(units_at(storm, book->sku, book->location), to) += line->quantity;
    }
}

static void compare_books_of(struct storm *storm, u32 order_id)
{
    const struct order *order = engine_order(storm->engine, order_id);
    for (u32 i = 0; i < order->line_count; i++) {
        const struct book *book = engine_book(storm->engine, engine_line(storm->engine, order->first_line + i)->book);
        compare_book(storm, book->sku, book->location);
    }
}

static void order_moves(struct storm *storm, u32 order_id, u32 part, enum held_as from, enum held_as to)
{
    lines_move(storm, order_id, part, from, to);
    compare_books_of(storm, order_id);
}

/* --- what happens ---------------------------------------------------------------------------- */

static void note_source(void *argument, const struct trace_step *step)
{
    u32 *location = argument;
    if (strcmp(step->check, "route") == 0)
        *location = step->location;
}

/* Asked why, the engine looks at every book; asked to sell, at few. Both must choose the same. */
static void compare_explanation(struct storm *storm, struct result result, u32 explained, struct result explanation)
{
    fault_unless(explanation.code == result.code && explanation.value == result.value, &storm->different,
                 "explained as %s, decided as %s", result_word(explanation.code), result_word(result.code));
    if (result.code != RESULT_OK || explained == 0)
        return;
    const struct order *order = engine_order(storm->engine, result.id);
    u32 location = engine_book(storm->engine, engine_line(storm->engine, order->first_line)->book)->location;
    fault_unless(location == explained, &storm->different, "explained from %u, sent from %u", explained, location);
}

/* Half in cash and half by card; one in eight is void again, one in four stays suspended. */
static void pay_at_till(struct storm *storm, u32 id, u32 till)
{
    i64 total_minor = engine_order(storm->engine, id)->total_minor;
    if (draw(storm, 4) == 0)
        return;
    OK(GIVE(storm, till_pay, TILL_PAY, .order = id, .till = till, .cash_minor = total_minor / 2,
            .card_minor = total_minor - total_minor / 2));
    order_moves(storm, id, 0, RESERVED, SOLD);
    if (draw(storm, 8) == 0) {
        OK(GIVE(storm, till_void, TILL_VOID, .order = id, .till = till));
        order_moves(storm, id, 0, SOLD, AVAILABLE);
    }
}

static void place(struct storm *storm)
{
    u32 way = draw(storm, 4); /* home, pick-up, scan and go, till */
    u32 till = 1 + draw(storm, TILLS);
    u64 buffer[16] = {0};
    struct command_order_place *order = (struct command_order_place *)buffer;
    struct order_line_asked *lines = (struct order_line_asked *)(order + 1);
    *order = (struct command_order_place){
        .header.kind = COMMAND_ORDER_PLACE, .shopper = 1 + draw(storm, SHOPPERS), .currency = 1,
        .channel = way == 0 ? CHANNEL_WEB : way == 3 ? CHANNEL_TILL : CHANNEL_STORE, .delivery = DELIVERY_HOME,
        .payment = way < 3 && draw(storm, 2) ? PAYMENT_WALLET : PAYMENT_HOLD,
        .flags = (u8)draw(storm, 2), .line_count = (u16)(1 + draw(storm, 2)),
    };
    if (way > 0) {
        order->delivery = way == 1 ? DELIVERY_PICK_UP : DELIVERY_CARRY_OUT;
        order->location = way == 3 ? till_store(till) : draw_store(storm);
        order->flags = 0;
    } else {
        order->city = (u16)(1 + draw(storm, (u32)engine_city_count(storm->engine)));
        if (draw(storm, 4) == 0) {
            order->location = draw_store(storm);
            order->flags |= ORDER_SHOWN_HERE;
        }
    }
    for (u32 i = 0; i < order->line_count; i++)
        lines[i] = (struct order_line_asked){1 + draw(storm, SKUS), 1 + draw(storm, 3) / 2};
    order->header.size = (u16)(sizeof(*order) + order->line_count * sizeof(*lines));
    u32 explained = 0;
    struct result explanation = {0};
    bool explain = draw(storm, 8) == 0;
    order->header.time_ms = storm->now_ms;
    if (explain)
        explanation = engine_explain(storm->engine, order, note_source, &explained);
    struct result result = give(storm, &order->header);
    if (explain)
        compare_explanation(storm, result, explained, explanation);
    if (result.code != RESULT_OK) {
        storm->refused++;
        return;
    }
    storm->orders++;
    storm->by_way[way]++;
    const struct line *first = engine_line(storm->engine, engine_order(storm->engine, result.id)->first_line);
    storm->elsewhere += way == 0 && engine_book(storm->engine, first->book)->city != order->city;
    bool gone = engine_order(storm->engine, result.id)->delivery == DELIVERY_CARRY_OUT &&
                engine_order(storm->engine, result.id)->state == ORDER_PAID;
    order_moves(storm, result.id, 0, AVAILABLE, gone ? SOLD : RESERVED);
    if (way == 3)
        pay_at_till(storm, result.id, till);
}

static u8 part_state(const struct storm *storm, const struct order *order, u32 part)
{
    for (u32 i = 0; i < order->line_count; i++)
        if (engine_line(storm->engine, order->first_line + i)->part == part)
            return engine_line(storm->engine, order->first_line + i)->state;
    return 0;
}

/* A part is sent, or handed over. */
static void part_leaves(struct storm *storm, u32 id)
{
    const struct order *order = engine_order(storm->engine, id);
    u32 part = 1 + draw(storm, order->part_count);
    bool open = order->state == ORDER_PAID && part_state(storm, order, part) == PART_OPEN;
    struct result left = order->delivery == DELIVERY_HOME
                             ? GIVE(storm, part_ship, PART_SHIP, .order = id, .part = part)
                             : GIVE(storm, part_hand_over, PART_HAND_OVER, .order = id, .part = part);
    fault_unless((left.code == RESULT_OK) == (open && order->delivery != DELIVERY_CARRY_OUT), &storm->different,
                 "part %u of order %u left: %s", part, id, result_word(left.code));
    if (left.code == RESULT_OK)
        order_moves(storm, id, part, RESERVED, SOLD);
}

/* One unit of its first line comes back, to any store. */
static void comes_back(struct storm *storm, u32 id)
{
    u32 location = draw_store(storm);
    u32 goods = GOODS_RESTOCK + draw(storm, 2);
    const struct line *line = engine_line(storm->engine, engine_order(storm->engine, id)->first_line);
    const struct book *book = engine_book(storm->engine, line->book);
    u32 sku = book->sku, from = book->location;
    struct result result = GIVE(storm, order_return, ORDER_RETURN, .order = id, .line = 1, .quantity = 1,
                                .location = location, .goods = goods);
    if (result.code != RESULT_OK)
        return;
    units_at(storm, sku, from)->sold--;
    if (goods == GOODS_RESTOCK)
        units_at(storm, sku, location)->available++;
    else
        units_at(storm, sku, location)->other++;
    compare_book(storm, sku, from);
    compare_book(storm, sku, location);
}

static void go_on(struct storm *storm)
{
    u32 count = engine_order_count(storm->engine);
    if (count == 0)
        return;
    u32 id = 1 + draw(storm, count);
    const struct order *order = engine_order(storm->engine, id);
    bool carry_out = order->delivery == DELIVERY_CARRY_OUT;
    switch (draw(storm, 4)) {
    case 0:
        if (GIVE(storm, order_pay, ORDER_PAY, .order = id, .amount_minor = order->total_minor,
                 .payment = PAYMENT_WALLET).code == RESULT_OK && carry_out)
            order_moves(storm, id, 0, RESERVED, SOLD);
        break;
    case 1:
        part_leaves(storm, id);
        break;
    case 2:
        comes_back(storm, id);
        break;
    default:
        if (GIVE(storm, order_cancel, ORDER_CANCEL, .order = id).code == RESULT_OK)
            order_moves(storm, id, 0, RESERVED, AVAILABLE);
    }
}

static void keep_stock(struct storm *storm)
{
    u32 sku = 1 + draw(storm, SKUS), location = draw_store(storm), other = draw_store(storm);
    struct units *units = units_at(storm, sku, location);
    u32 found = (u32)(units->available + units->reserved) - (units->available > 0);
    switch (draw(storm, 8)) {
    case 0:
        receive(storm, sku, location, 1);
        break;
    case 1:
        GIVE(storm, stock_keep, STOCK_KEEP, .sku = sku, .location = location, .units = draw(storm, 2));
        break;
    case 2: /* one is missing */
        if (GIVE(storm, stock_count, STOCK_COUNT, .sku = sku, .location = location, .counted = found,
                 .reason = REASON_STOLEN).code == RESULT_OK) {
            units->available--;
            units->other++;
        }
        break;
    case 3:
        GIVE(storm, location_plan, LOCATION_PLAN, .location = location, .opens_min = 0, .closes_min = 1440,
             .capacity = (u16)draw(storm, 3), .keep_days = 1);
        break;
    case 4:
        if (draw(storm, 20) == 0)
            GIVE(storm, routing_set, ROUTING_SET, .rule_1 = (u8)(1 + draw(storm, 6)), .rule_2 = (u8)draw(storm, 7),
                 .rule_3 = (u8)draw(storm, 7));
        break;
    default:
        if (GIVE(storm, stock_move, STOCK_MOVE, .sku = sku, .from = location, .to = other, .quantity = 1).code ==
            RESULT_OK) {
            units->available--;
            units_at(storm, sku, other)->available++;
        }
    }
    compare_book(storm, sku, location);
    compare_book(storm, sku, other);
}

/* Holds that are due fall back, 1,000 at most. */
static void tick(struct storm *storm)
{
    storm->now_ms += draw(storm, 30000);
    u8 *held = calloc(engine_order_count(storm->engine) + 1, 1);
    assert_non_null(held);
    for (u32 id = 1; id <= engine_order_count(storm->engine); id++)
        held[id] = engine_order(storm->engine, id)->state == ORDER_HELD;
    GIVE(storm, clock_tick, CLOCK_TICK, );
    for (u32 id = 1; id <= engine_order_count(storm->engine); id++)
        if (held[id] && engine_order(storm->engine, id)->state == ORDER_EXPIRED)
            lines_move(storm, id, 0, RESERVED, AVAILABLE);
    for (u32 id = 1; id <= engine_order_count(storm->engine); id++)
        if (held[id])
            compare_books_of(storm, id);
    free(held);
}

static void step(struct storm *storm)
{
    u32 what = draw(storm, 200);
    storm->now_ms += draw(storm, 200);
    if (what == 0)
        tick(storm);
    else if (what < 130)
        place(storm);
    else if (what < 180)
        go_on(storm);
    else
        keep_stock(storm);
}

static void close_storm(struct storm *storm)
{
    u64 accounted = 0;
    for (u32 sku = 1; sku <= SKUS; sku++)
        for (u32 location = 1; location <= storm->stores; location++) {
            const struct units *units = units_at(storm, sku, location);
            compare_book(storm, sku, location);
            accounted += (u64)(units->available + units->reserved + units->sold + units->other);
        }
    fault_unless(accounted == storm->received, &storm->unaccounted, "%llu units received, %llu accounted for",
                 (unsigned long long)storm->received, (unsigned long long)accounted);
    fault_unless(support_check(storm->engine), &storm->unaccounted, "the proof of the books fails");
    char difference[NAIVE_DIFFERENCE_MAX];
    if (storm->naive != NULL) {
        fault_unless(naive_compare(storm->naive, storm->engine, false, difference), &storm->different, "%s", difference);
        naive_free(storm->naive);
    }
    support_engine_free(storm->engine, &storm->limits);
    free(storm->units);
    /* All ways were gone, and most wanted what was not there any more, or came from another city. */
    for (u32 way = 0; way < 4; way++)
        assert_true(storm->by_way[way] > 0);
    assert_true(storm->refused > 0 && storm->elsewhere > 0);
}

#define STORM_LINE(name, storm, commands)                                                                       \
    FAULT_LINE(name, {"cases", commands}, {"stores", (storm).stores}, {"units", (storm).received},           \
               {"orders", (storm).orders}, {"home", (storm).by_way[0]}, {"elsewhere", (storm).elsewhere},       \
               {"pick-up", (storm).by_way[1]}, {"scan-and-go", (storm).by_way[2]}, {"till", (storm).by_way[3]}, \
               {"refused", (storm).refused}, {"oversold", (storm).oversold},                                    \
               {"unaccounted", (storm).unaccounted}, {"different", (storm).different})

static void test_ten_thousand_stores(void **state)
{
    static struct storm storm;
    u64 commands = support_number("ELEVEN_COMMANDS", 60000);
    (void)state;
    open_storm(&storm, support_number("ELEVEN_FIRST", 11), 10000, CITIES, false);
    for (u64 i = 0; i < commands; i++)
        step(&storm);
    close_storm(&storm);
    STORM_LINE("storm", storm, commands);
}

static void test_with_the_model(void **state)
{
    static struct storm storm;
    u64 commands = support_number("ELEVEN_COMMANDS", 60000) / 10;
    (void)state;
    open_storm(&storm, support_number("ELEVEN_FIRST", 11), 120, 7, true);
    for (u64 i = 0; i < commands; i++)
        step(&storm);
    close_storm(&storm);
    STORM_LINE("storm-model", storm, commands);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ten_thousand_stores),
        cmocka_unit_test(test_with_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
