/*
 * How commands about stores are made: plans, routing, safety stock, goods on
 * their way, flagship cities, tills, and exchange.
 */
#include "test/generate.h"

#include "base/money.h"

/* --- plans and rules ------------------------------------------------------- */

/* Few plans per location, so that some are the same again; small capacities, so that they are reached. */
static void make_plan(struct generator *g)
{
    static const i16 offsets[] = {0, 480, 840, -720, 330, -60};
    static const u16 hours[][2] = {{0, 0}, {0, 1440}, {540, 1080}, {600, 601}, {1439, 1440}, {480, 720}};
    static const u16 minutes[] = {0, 1, 60, 600, 1080, 1439, 1440};
    static const u16 capacities[] = {0, 1, 1, 2, 3, 5, 65535};
    static const u8 days[] = {0, 1, 2, 7, TRANSIT_DAYS_MAX};
    const u16 kind = COMMAND_LOCATION_PLAN;
    struct command_location_plan *plan = generate_begin(g, kind);
    u32 location = generate_id(g, COMMAND_LOCATION_PUT);
    u32 variant = generate_below(g, 6);
#define DRAWN(array, field) (array)[generate_drawn(g, kind, location, variant, field, ARRAY_COUNT(array))]
    plan->location = location;
    plan->utc_offset_minutes = DRAWN(offsets, 0);
    plan->opens_min = DRAWN(hours, 1)[0];
    plan->closes_min = DRAWN(hours, 1)[1];
    plan->weekend_opens_min = DRAWN(hours, 2)[0];
    plan->weekend_closes_min = DRAWN(hours, 2)[1];
    plan->cut_off_min = DRAWN(minutes, 3);
    plan->prepare_min = DRAWN(minutes, 4);
    plan->capacity = DRAWN(capacities, 5);
    plan->keep_days = (u8)(1 + generate_drawn(g, kind, location, variant, 6, KEEP_DAYS_MAX));
    plan->days_city = DRAWN(days, 7);
    plan->days_far = DRAWN(days, 8);
#undef DRAWN
}

/* The first rules of some order of all of them; rarely with one twice, or a hole. */
static void make_rules(struct generator *g)
{
    struct command_routing_set *set = generate_begin(g, COMMAND_ROUTING_SET);
    u8 rules[RULES_MAX] = {RULE_WISHED, RULE_CITY, RULE_FEWEST, RULE_NEAREST, RULE_SPARE, RULE_BALANCE};
    for (u32 i = RULES_MAX - 1; i > 0; i--) {
        u32 other = generate_below(g, i + 1);
        u8 moved = rules[i];
        rules[i] = rules[other];
        rules[other] = moved;
    }
    for (u32 count = generate_below(g, RULES_MAX + 1); count < RULES_MAX; count++)
        rules[count] = 0;
    if (generate_chance(g, 5))
        rules[generate_below(g, RULES_MAX)] = (u8)generate_below(g, RULE_COUNT);
    set->rule_1 = rules[0];
    set->rule_2 = rules[1];
    set->rule_3 = rules[2];
    set->rule_4 = rules[3];
    set->rule_5 = rules[4];
    set->rule_6 = rules[5];
}

static void make_keep(struct generator *g)
{
    struct command_stock_keep *keep = generate_begin(g, COMMAND_STOCK_KEEP);
    keep->sku = generate_id(g, COMMAND_SKU_PUT);
    keep->location = generate_id(g, COMMAND_LOCATION_PUT);
    keep->units = generate_below(g, MIN(g->swarm.units_max / 2 + 1, (u32)6));
}

/* --- goods on their way ------------------------------------------------------ */

static void make_inbound(struct generator *g)
{
    u32 which = generate_below(g, 8);
    u32 quantity = 1 + generate_below(g, g->swarm.units_max);
    if (which < 2) {
        struct command_inbound_expect *expect = generate_begin(g, COMMAND_INBOUND_EXPECT);
        expect->reference = generate_below(g, 3);
        expect->sku = generate_id(g, COMMAND_SKU_PUT);
        expect->to = generate_id(g, COMMAND_LOCATION_PUT);
        expect->quantity = quantity;
    } else if (which < 4) {
        struct command_inbound_send *send = generate_begin(g, COMMAND_INBOUND_SEND);
        send->reference = generate_below(g, 3);
        send->sku = generate_id(g, COMMAND_SKU_PUT);
        send->from = generate_id(g, COMMAND_LOCATION_PUT);
        send->to = generate_id(g, COMMAND_LOCATION_PUT);
        send->quantity = generate_chance(g, 50) ? 1 : quantity;
    } else if (which < 7) {
        struct command_inbound_receive *receive = generate_begin(g, COMMAND_INBOUND_RECEIVE);
        receive->inbound = generate_id(g, COMMAND_INBOUND_EXPECT);
        receive->quantity = generate_chance(g, 50) ? 1 : quantity;
    } else {
        struct command_inbound_close *close = generate_begin(g, COMMAND_INBOUND_CLOSE);
        close->inbound = generate_id(g, COMMAND_INBOUND_EXPECT);
        close->reason = generate_below(g, REASON_COUNT);
    }
}

static void make_flagship(struct generator *g)
{
    struct command_festival_flagship *set = generate_begin(g, COMMAND_FESTIVAL_FLAGSHIP);
    set->festival = generate_id(g, COMMAND_FESTIVAL_PUT);
    set->city = generate_id(g, COMMAND_CITY_PUT);
    set->flagship = generate_chance(g, 70);
}

/* --- exchange ---------------------------------------------------------------- */

static void make_exchange(struct generator *g)
{
    struct command_order_exchange *exchange = generate_begin(g, COMMAND_ORDER_EXCHANGE);
    const struct known_order *known;
    exchange->order = generate_order(g, true, &known);
    exchange->line = generate_chance(g, 80) ? 1 : 1 + generate_below(g, known != NULL ? known->lines + 1 : 2);
    exchange->quantity = 1 + (generate_chance(g, 70) ? 0 : generate_below(g, g->swarm.quantity_max));
    exchange->sku = known != NULL && generate_chance(g, 40) ? known->sku : generate_id(g, COMMAND_SKU_PUT);
    exchange->location = generate_location_with(g, SERVICE_CARRY_OUT);
    exchange->goods = 1 + generate_below(g, 2);
}

/* --- tills ------------------------------------------------------------------- */

u32 generate_till(struct generator *g)
{
    u32 till = generate_id(g, COMMAND_TILL_PUT);
    for (u32 tries = 0; tries < 4 && !g->open[till % KNOWN_TILLS_MAX]; tries++)
        till = generate_id(g, COMMAND_TILL_PUT);
    return till;
}

/* The fixed part; the same for the same index, and mostly at a store. */
void generate_till_put(struct generator *g, u32 index)
{
    const u16 kind = COMMAND_TILL_PUT;
    struct command_till_put *put = generate_begin(g, kind);
    for (u32 field = 0; field < 6; field++) {
        put->location = 1 + generate_drawn(g, kind, index, 0, field, g->swarm.locations);
        if (1 + generate_drawn(g, COMMAND_LOCATION_PUT, put->location, 0, 3, 2) == LOCATION_STORE)
            break;
    }
    put->shopper = 1 + generate_drawn(g, kind, index, 0, 10, g->swarm.shoppers);
    if (generate_chance(g, 5))
        put->shopper = generate_id(g, COMMAND_SHOPPER_JOIN);
}

static i64 some_cash(struct generator *g)
{
    if (g->swarm.extreme_prices && generate_chance(g, 10))
        return MONEY_MAX / (1 + generate_below(g, 3));
    return (i64)prng_below(&g->prng, (u64)g->swarm.price_max * g->swarm.funds_max);
}

static void make_till(struct generator *g)
{
    u32 which = generate_below(g, 10);
    u32 till = generate_chance(g, 60) ? generate_till(g) : generate_id(g, COMMAND_TILL_PUT);
    bool is_open = g->open[till % KNOWN_TILLS_MAX];
    if ((!is_open && which < 8) || which == 0) {
        struct command_till_open *open = generate_begin(g, COMMAND_TILL_OPEN);
        open->till = till;
        open->float_minor = generate_chance(g, 20) ? 0 : some_cash(g);
    } else if (which < 4) {
        struct command_till_close *close = generate_begin(g, COMMAND_TILL_CLOSE);
        close->till = till;
        close->counted_minor = some_cash(g);
    } else {
        struct command_till_cash *cash = generate_begin(g, COMMAND_TILL_CASH);
        cash->till = till;
        cash->amount_minor = generate_chance(g, 50) ? some_cash(g) : -some_cash(g);
    }
}

/* One, two or three means; the amount due, or one more. */
static void make_till_pay(struct generator *g)
{
    struct command_till_pay *pay = generate_begin(g, COMMAND_TILL_PAY);
    const struct known_order *known;
    pay->till = generate_till(g);
    pay->order = generate_order(g, false, &known);
    i64 left_minor = known != NULL ? known->total_minor : 1;
    i64 *means[] = {&pay->cash_minor, &pay->card_minor, &pay->wallet_minor};
    for (u32 i = generate_below(g, 3); i > 0; i--) {
        i64 some_minor = (i64)prng_below(&g->prng, (u64)MAX(left_minor, 1));
        *means[generate_below(g, 3)] += some_minor;
        left_minor -= some_minor;
    }
    *means[generate_below(g, 3)] += left_minor + generate_chance(g, 3);
}

static void make_till_return(struct generator *g)
{
    struct command_till_return *back = generate_begin(g, COMMAND_TILL_RETURN);
    const struct known_order *known;
    back->till = generate_till(g);
    back->order = generate_order(g, true, &known);
    back->line = 1 + generate_below(g, known != NULL ? known->lines : 1);
    back->quantity = 1 + (generate_chance(g, 70) ? 0 : generate_below(g, g->swarm.quantity_max));
    back->goods = 1 + generate_below(g, 2);
    bool by_wallet = known != NULL && known->by_wallet;
    back->tender = by_wallet ? TENDER_WALLET : TENDER_CASH + generate_below(g, 2);
    if (generate_chance(g, 10))
        back->tender = 1 + generate_below(g, 3);
}

static void make_till_void(struct generator *g)
{
    struct command_till_void *command = generate_begin(g, COMMAND_TILL_VOID);
    const struct known_order *known;
    command->order = generate_order(g, true, &known);
    for (u32 tries = 0; tries < 6 && known != NULL && known->till == 0; tries++)
        command->order = generate_order(g, true, &known);
    command->till = known != NULL && known->till != 0 ? known->till : generate_till(g);
}

static void make_sale(struct generator *g)
{
    u32 which = generate_below(g, 10);
    if (!g->open[generate_till(g) % KNOWN_TILLS_MAX] && generate_chance(g, 70)) {
        make_till(g);
    } else if (which < 5) {
        make_till_pay(g);
    } else if (which < 7) {
        make_till_return(g);
    } else if (which < 9) {
        make_till_void(g);
    } else {
        struct command_till_take_back *back = generate_begin(g, COMMAND_TILL_TAKE_BACK);
        back->till = generate_till(g);
        back->sku = generate_id(g, COMMAND_SKU_PUT);
        back->quantity = 1 + (generate_chance(g, 70) ? 0 : generate_below(g, g->swarm.quantity_max));
        back->shopper = generate_id(g, COMMAND_SHOPPER_JOIN);
        back->goods = 1 + generate_below(g, 2);
    }
}

/* --- all --------------------------------------------------------------------- */

void generate_store(struct generator *g, enum family family)
{
    u32 which = generate_below(g, 4);
    if (family == FAMILY_EXCHANGE)
        make_exchange(g);
    else if (family == FAMILY_SELL)
        make_sale(g);
    else if (family == FAMILY_INBOUND)
        make_inbound(g);
    else if (family == FAMILY_FLAGSHIP)
        make_flagship(g);
    else if (family == FAMILY_TILL)
        make_till(g);
    else if (which == 0)
        make_keep(g);
    else if (which == 1)
        make_rules(g);
    else
        make_plan(g);
}
