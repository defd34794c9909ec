/*
 * How a good command of each family is made, given what the generator knows of
 * the world. "Good" is meant, not promised: scarcity, budgets, windows and the
 * like refuse it often enough, and generate.c damages some.
 */
#include "test/generate.h"

#include "base/assert.h"
#include "base/gtin.h"
#include "base/money.h"

#include <string.h>

/* --- catalogue ----------------------------------------------------------- */

u32 generate_drawn(const struct generator *g, u16 kind, u32 index, u32 variant, u32 field, u32 bound)
{
    u64 mixed = mix64(mix64(g->seed + kind) + ((u64)index << 32) + (variant << 8) + field);
    return (u32)(mixed % bound);
}

static struct slice product_of(const struct generator *g, u32 index, u32 variant)
{
    static const char *const handles[] = {"", "shirt", "shirt", "shoe"};
    return slice_text(handles[generate_drawn(g, COMMAND_SKU_PUT, index, variant == 4, 40, ARRAY_COUNT(handles))]);
}

static void add_texts(struct generator *g, u16 kind, u32 index, u32 variant)
{
    static char big[20000];
    char code[COMMAND_CODE_MAX + 2];
    char name[32];
    struct slice texts[COMMAND_TEXTS_MAX];
    const struct command_info *info = command_info(kind);
    int code_size = snprintf(code, sizeof code, "%c%u", 'A' + kind, index);
    snprintf(name, sizeof name, "名 %u", variant);
    texts[0] = slice_of(code, (size_t)code_size);
    for (size_t t = 1; t < info->text_count; t++)
        texts[t] = t % 3 == 2 ? slice_of("", 0) : slice_text(name);
    if (kind == COMMAND_SKU_PUT) /* the handle: few products */
        texts[2] = product_of(g, index, variant);
    if (variant == 3 && info->text_count > 1)
        texts[info->text_count - 1] = slice_of(big, 300 + generate_drawn(g, kind, index, variant, 30, sizeof big - 300));
    if (g->swarm.damage_percent > 0 && generate_chance(g, 2)) { /* codes that are at the edge of good */
        static const u8 odd[] = {0x1f, 0x7f, 0x00, 0x20, 0x80, 0xff};
        memset(code, 'x', sizeof code);
        code[generate_below(g, 3)] = (char)odd[generate_below(g, sizeof odd)];
        texts[0].size = generate_chance(g, 50) ? COMMAND_CODE_MAX + generate_below(g, 2) : generate_below(g, 3);
    }
    bool fits = command_add_texts((struct command_header *)g->command, texts, info->text_count);
    ASSERT(fits);
}

static i32 coordinate(const struct generator *g, u16 kind, u32 index, u32 variant, u32 field, i32 largest)
{
    if (generate_drawn(g, kind, index, variant, field + 10, 12) == 0)
        return generate_drawn(g, kind, index, variant, field + 11, 2) ? largest : -largest;
    if (generate_drawn(g, kind, index, variant, 20, 3) == 0) /* both coordinates, or neither */
        return 30000000 + (i32)generate_drawn(g, kind, index, variant, field, 3); /* ties and near ties */
    return (i32)generate_drawn(g, kind, index, variant, field, 2 * (u32)largest) - largest;
}

static u64 gtin_of(const struct generator *g, u32 index, u32 variant)
{
    if (variant == 1)
        index = 1 + generate_drawn(g, COMMAND_SKU_PUT, index, variant, 9, g->swarm.skus); /* maybe another's */
    if (generate_drawn(g, COMMAND_SKU_PUT, index, variant, 8, 4) == 0)
        return 0;
    u64 first = 690000000000u + index * 7;
    u64 gtin = first * 10 + gtin_check_digit(first);
    return variant == 2 ? gtin + 1 : gtin;
}

static void put_location(struct generator *g, u32 index, u32 variant)
{
    const u16 kind = COMMAND_LOCATION_PUT;
    struct command_location_put *put = generate_begin(g, kind);
    put->city = 1 + generate_drawn(g, kind, index, variant, 0, g->swarm.cities);
    put->longitude_e6 = coordinate(g, kind, index, variant, 1, 180000000);
    put->latitude_e6 = coordinate(g, kind, index, variant, 2, 90000000);
    put->kind = (u16)(1 + generate_drawn(g, kind, index, variant, 3, 2));
    put->services = generate_drawn(g, kind, index, variant, 4, 2) ? 7 : (u16)generate_drawn(g, kind, index, variant, 5, 8);
}

static void put_sku(struct generator *g, u32 index, u32 variant)
{
    const u16 kind = COMMAND_SKU_PUT;
    struct command_sku_put *put = generate_begin(g, kind);
    put->gtin = gtin_of(g, index, variant);
    u32 fixed = variant == 1 ? 1 : 0; /* other variants keep what cannot be changed */
    put->department = 1 + generate_drawn(g, kind, index, fixed, 0, g->swarm.departments);
    put->brand = generate_drawn(g, kind, index, fixed, 1, g->swarm.brands + 1);
    put->seller = 1 + generate_drawn(g, kind, index, fixed, 2, g->swarm.sellers);
    put->tax_class = (u16)generate_drawn(g, kind, index, variant, 3, 3);
    put->for_sale = generate_drawn(g, kind, index, variant, 4, 30) != 0;
}

static void put_entity(struct generator *g, u16 kind, u32 index, u32 variant)
{
    switch (kind) {
    case COMMAND_CURRENCY_PUT:
        ((struct command_currency_put *)generate_begin(g, kind))->digits = generate_drawn(g, kind, index, variant, 0, 5);
        break;
    case COMMAND_CITY_PUT: {
        struct command_city_put *put = generate_begin(g, kind);
        put->country = 1 + generate_drawn(g, kind, index, variant, 0, g->swarm.countries);
        put->longitude_e6 = coordinate(g, kind, index, variant, 1, 180000000);
        put->latitude_e6 = coordinate(g, kind, index, variant, 2, 90000000);
        put->population = generate_drawn(g, kind, index, variant, 3, 30000000);
        break;
    }
    case COMMAND_LOCATION_PUT:
        put_location(g, index, variant);
        break;
    case COMMAND_BRAND_PUT:
        ((struct command_brand_put *)generate_begin(g, kind))->country =
            generate_drawn(g, kind, index, variant, 0, g->swarm.countries + 1);
        break;
    case COMMAND_SKU_PUT:
        put_sku(g, index, variant);
        break;
    case COMMAND_TILL_PUT:
        generate_till_put(g, index);
        break;
    default:
        generate_begin(g, kind);
    }
    add_texts(g, kind, index, variant);
}

static u32 catalogue_size(const struct generator *g, u16 kind)
{
    const u32 sizes[] = {
        [COMMAND_CURRENCY_PUT] = g->swarm.currencies, [COMMAND_COUNTRY_PUT] = g->swarm.countries,
        [COMMAND_DEPARTMENT_PUT] = g->swarm.departments, [COMMAND_CITY_PUT] = g->swarm.cities,
        [COMMAND_LOCATION_PUT] = g->swarm.locations, [COMMAND_BRAND_PUT] = g->swarm.brands,
        [COMMAND_SELLER_PUT] = g->swarm.sellers, [COMMAND_SKU_PUT] = g->swarm.skus,
        [COMMAND_TILL_PUT] = g->swarm.tills,
    };
    return kind < ARRAY_COUNT(sizes) ? sizes[kind] : 0;
}

static void make_catalogue(struct generator *g)
{
    u16 kind = (u16)(COMMAND_CURRENCY_PUT + generate_below(g, COMMAND_SKU_PUT + 1));
    if (kind > COMMAND_SKU_PUT)
        kind = COMMAND_TILL_PUT;
    u32 variant = generate_chance(g, 50) ? 0 : 1 + generate_below(g, 4);
    put_entity(g, kind, 1 + generate_below(g, catalogue_size(g, kind) + 1), variant);
}

/* --- prices and stock ---------------------------------------------------- */

static i64 price(struct generator *g)
{
    static const i64 extremes[] = {1, MONEY_MAX, MONEY_MAX / 2, MONEY_MAX / 9999, MONEY_MAX / 9999 + 1};
    if (g->swarm.extreme_prices && generate_chance(g, 10))
        return extremes[generate_below(g, ARRAY_COUNT(extremes))];
    return 1 + generate_below(g, g->swarm.price_max);
}

static void make_price(struct generator *g)
{
    struct command_price_set *set = generate_begin(g, COMMAND_PRICE_SET);
    set->sku = generate_id(g, COMMAND_SKU_PUT);
    set->currency = generate_chance(g, 40) ? 1 : generate_id(g, COMMAND_CURRENCY_PUT);
    set->price_minor = price(g);
}

static void make_stock(struct generator *g)
{
    u32 which = generate_below(g, 4);
    if (which <= 1) {
        struct command_stock_receive *receive = generate_begin(g, COMMAND_STOCK_RECEIVE);
        receive->sku = generate_id(g, COMMAND_SKU_PUT);
        receive->location = generate_id(g, COMMAND_LOCATION_PUT);
        receive->quantity = 1 + generate_below(g, g->swarm.units_max);
    } else if (which == 2) {
        struct command_stock_count *count = generate_begin(g, COMMAND_STOCK_COUNT);
        count->sku = generate_id(g, COMMAND_SKU_PUT);
        count->location = generate_id(g, COMMAND_LOCATION_PUT);
        count->counted = generate_below(g, g->swarm.units_max + 2);
        count->reason = generate_below(g, REASON_COUNT);
    } else {
        struct command_stock_move *move = generate_begin(g, COMMAND_STOCK_MOVE);
        move->sku = generate_id(g, COMMAND_SKU_PUT);
        move->from = generate_id(g, COMMAND_LOCATION_PUT);
        move->to = generate_id(g, COMMAND_LOCATION_PUT);
        move->quantity = 1 + generate_below(g, g->swarm.units_max);
    }
}

/* --- festivals and deals ------------------------------------------------- */

static void make_festival(struct generator *g, u32 index)
{
    static const u32 holds[] = {0, 0, 1, 1000, 60000, 15 * 60000, 3600000, HOLD_MS_MAX};
    static const i32 offsets[] = {0, 480, 840, -720, 330, -60};
    struct command_festival_put *put = generate_begin(g, COMMAND_FESTIVAL_PUT);
    const struct known_festival *known = &g->festivals[index % KNOWN_FESTIVALS_MAX];
    bool exists = index <= g->counts[COMMAND_FESTIVAL_PUT];
    put->opens_ms = exists && generate_chance(g, 70) ? known->opens_ms
                                                     : MAX(g->time_ms - 1000, 0) +
                                                           generate_below(g, generate_chance(g, 70) ? 2000 : 120000);
    i64 window_ms = g->swarm.window_ms + generate_below(g, 5000);
    if (exists && generate_chance(g, 50)) /* around the longest that it may become */
        window_ms = known->closes_ms - known->opens_ms + (generate_chance(g, 50) ? 24 * 3600000 : 0) +
                    generate_below(g, 3) - 1;
    if (generate_chance(g, 2))
        window_ms = (i64)FESTIVAL_SECONDS_MAX * 1000 + generate_below(g, 2);
    put->closes_ms = put->opens_ms + window_ms;
    put->usd_rate_e6 = generate_chance(g, 50) ? 0 : 6800000;
    put->currency = exists                   ? known->currency
                    : generate_chance(g, 70) ? 1
                                             : generate_id(g, COMMAND_CURRENCY_PUT);
    bool usual = generate_chance(g, 90);
    put->utc_offset_minutes = offsets[usual ? index % ARRAY_COUNT(offsets) : generate_below(g, ARRAY_COUNT(offsets))];
    put->hold_ms = exists ? known->hold_ms : holds[generate_below(g, ARRAY_COUNT(holds))];
    add_texts(g, COMMAND_FESTIVAL_PUT, index, generate_below(g, 2));
}

/* Deals open and close on a grid of 24 slots of their festival, so that some meet and some do not. */
static void deal_window(struct generator *g, struct command_deal_put *put)
{
    const struct known_festival *festival = &g->festivals[put->festival % KNOWN_FESTIVALS_MAX];
    if (generate_chance(g, g->swarm.deals > 30 ? 2 : 40))
        return;
    i64 slot_ms = MAX((festival->closes_ms - festival->opens_ms) / 24, 1);
    u32 slot = generate_below(g, 24);
    put->opens_ms = festival->opens_ms + slot * slot_ms;
    put->closes_ms = put->opens_ms + (1 + (g->swarm.deals > 30 ? 0 : generate_below(g, 4))) * slot_ms;
}

static void make_deal(struct generator *g)
{
    struct command_deal_put *put = generate_begin(g, COMMAND_DEAL_PUT);
    put->festival = generate_id(g, COMMAND_FESTIVAL_PUT);
    put->sku = generate_id(g, COMMAND_SKU_PUT);
    u32 deals = g->counts[COMMAND_DEAL_PUT];
    if (deals > 0 && generate_chance(g, g->swarm.deals > 30 ? 5 : 50)) {
        put->deal = 1 + generate_below(g, deals);
        const struct known_deal *known = &g->deals[put->deal % KNOWN_DEALS_MAX];
        put->festival = known->festival;
        put->sku = known->sku;
        put->opens_ms = known->opens_ms;
        put->closes_ms = known->closes_ms;
        put->city = known->city;
        put->location = known->location;
    } else if (generate_chance(g, 35)) { /* for a city or a store only */
        bool of_city = generate_chance(g, 50);
        put->city = of_city ? (u16)generate_id(g, COMMAND_CITY_PUT) : 0;
        put->location = of_city ? 0 : (u16)generate_id(g, COMMAND_LOCATION_PUT);
    }
    if (put->deal == 0 || generate_chance(g, 20))
        deal_window(g, put);
    put->price_minor = price(g);
    put->quota = generate_chance(g, 40) ? 0 : 1 + generate_below(g, g->swarm.deal_units_max);
    put->cap = generate_chance(g, 40) ? 0 : 1 + generate_below(g, g->swarm.deal_units_max);
}

/* --- shoppers ------------------------------------------------------------ */

static void make_join(struct generator *g)
{
    struct command_shopper_join *join = generate_begin(g, COMMAND_SHOPPER_JOIN);
    join->city = generate_chance(g, 20) ? 0 : generate_id(g, COMMAND_CITY_PUT);
    join->currency = generate_chance(g, 70) ? 1 : generate_id(g, COMMAND_CURRENCY_PUT);
    bool same_person = g->counts[COMMAND_SHOPPER_JOIN] > 0 && generate_chance(g, 30);
    join->person = same_person ? generate_id(g, COMMAND_SHOPPER_JOIN) : 0;
}

static void make_top_up(struct generator *g)
{
    struct command_wallet_top_up *top_up = generate_begin(g, COMMAND_WALLET_TOP_UP);
    top_up->shopper = generate_id(g, COMMAND_SHOPPER_JOIN);
    top_up->currency = generate_chance(g, 50) ? 1 : generate_id(g, COMMAND_CURRENCY_PUT);
    top_up->amount_minor = 1 + (i64)prng_below(&g->prng, (u64)g->swarm.price_max * g->swarm.funds_max);
    if (g->swarm.extreme_prices && generate_chance(g, 10))
        top_up->amount_minor = MONEY_MAX / (1 + generate_below(g, 3));
}

static void make_transfer(struct generator *g)
{
    struct command_wallet_transfer *transfer = generate_begin(g, COMMAND_WALLET_TRANSFER);
    transfer->from = generate_id(g, COMMAND_SHOPPER_JOIN);
    transfer->to = generate_id(g, COMMAND_SHOPPER_JOIN);
    transfer->currency = generate_chance(g, 50) ? 1 : generate_id(g, COMMAND_CURRENCY_PUT);
    transfer->amount_minor = 1 + (i64)prng_below(&g->prng, (u64)g->swarm.price_max * g->swarm.funds_max);
}

static void make_budget(struct generator *g)
{
    struct command_budget_set *set = generate_begin(g, COMMAND_BUDGET_SET);
    set->shopper = generate_chance(g, 60) ? 1 : generate_id(g, COMMAND_SHOPPER_JOIN);
    set->scope = 1 + generate_below(g, 3);
    if (set->scope == BUDGET_FESTIVAL)
        set->subject = generate_id(g, COMMAND_FESTIVAL_PUT);
    if (set->scope == BUDGET_DEPARTMENT)
        set->subject = generate_id(g, COMMAND_DEPARTMENT_PUT);
    /* Few different limits, so that some are the same again. */
    set->limit_minor = (i64)g->swarm.price_max * g->swarm.budget_max * generate_below(g, 5) / 4;
    if (generate_chance(g, 15))
        set->limit_minor = -1;
}

/* --- orders -------------------------------------------------------------- */

/* A festival that is on now; mostly 0 when there is none. */
static u32 open_festival(struct generator *g)
{
    if (g->counts[COMMAND_FESTIVAL_PUT] == 0)
        return 0;
    for (u32 tries = 0; tries < 4; tries++) {
        u32 festival = generate_id(g, COMMAND_FESTIVAL_PUT);
        const struct known_festival *known = &g->festivals[festival % KNOWN_FESTIVALS_MAX];
        if (known->opens_ms <= g->time_ms && g->time_ms < known->closes_ms)
            return festival;
    }
    return generate_chance(g, 10) ? generate_id(g, COMMAND_FESTIVAL_PUT) : 0;
}

u32 generate_location_with(struct generator *g, u16 service)
{
    u32 location = generate_id(g, COMMAND_LOCATION_PUT);
    for (u32 tries = 0; tries < 4 && !(g->services[location % KNOWN_LOCATIONS_MAX] & service); tries++)
        location = generate_id(g, COMMAND_LOCATION_PUT);
    return location;
}

static void place_where(struct generator *g, struct command_order_place *place)
{
    u32 delivery = generate_below(g, 10);
    place->delivery = delivery < 6 ? DELIVERY_HOME : delivery < 8 ? DELIVERY_PICK_UP : DELIVERY_CARRY_OUT;
    place->channel = (u8)(1 + generate_below(g, 3));
    if (place->delivery == DELIVERY_HOME) {
        place->city = (u16)generate_id(g, COMMAND_CITY_PUT);
        place->location = generate_chance(g, 70) ? 0 : generate_location_with(g, SERVICE_SHIP);
        place->flags = generate_chance(g, 70) ? ORDER_MAY_SPLIT : 0;
        if (place->location != 0 && generate_chance(g, 40)) {
            place->flags |= ORDER_SHOWN_HERE;
            place->location = generate_id(g, COMMAND_LOCATION_PUT);
        }
    } else {
        place->location = generate_location_with(g, place->delivery == DELIVERY_PICK_UP ? SERVICE_PICK_UP : SERVICE_CARRY_OUT);
        place->city = generate_chance(g, 80) ? 0 : (u16)generate_id(g, COMMAND_CITY_PUT);
    }
    static const u8 payments[] = {PAYMENT_HOLD, PAYMENT_HOLD, PAYMENT_WALLET, PAYMENT_WALLET, PAYMENT_PROVIDER};
    place->payment = payments[generate_below(g, place->channel == CHANNEL_TILL ? 5 : 4)];
}

/* For a till: carried out or collected there, paid when it is there. */
static void place_at_till(struct generator *g, struct command_order_place *place)
{
    place->channel = CHANNEL_TILL;
    place->delivery = generate_chance(g, 80) ? DELIVERY_CARRY_OUT : DELIVERY_PICK_UP;
    place->payment = PAYMENT_HOLD;
    place->location = g->till_location[generate_till(g) % KNOWN_TILLS_MAX];
}

static void make_place(struct generator *g)
{
    struct command_order_place *place = generate_begin(g, COMMAND_ORDER_PLACE);
    if (g->counts[COMMAND_TILL_PUT] > 0 && generate_chance(g, 25))
        place_at_till(g, place);
    else
        place_where(g, place);
    place->shopper = generate_id(g, COMMAND_SHOPPER_JOIN);
    place->festival = generate_chance(g, 20) ? 0 : (u16)open_festival(g);
    place->currency = 1;
    if (place->festival != 0)
        place->currency = (u16)g->festivals[place->festival % KNOWN_FESTIVALS_MAX].currency;
    else if (generate_chance(g, 30))
        place->currency = (u16)generate_id(g, COMMAND_CURRENCY_PUT);
    place->line_count = (u16)(generate_chance(g, 50)   ? 1
                              : generate_chance(g, 60) ? 1 + generate_below(g, 4)
                                                       : 1 + generate_below(g, g->swarm.lines_max));
    struct order_line_asked *lines = (struct order_line_asked *)(place + 1);
    for (u32 i = 0; i < place->line_count; i++) {
        lines[i].sku = generate_id(g, COMMAND_SKU_PUT);
        lines[i].quantity = generate_chance(g, 80) ? 1 : 1 + generate_below(g, g->swarm.quantity_max);
    }
    if (generate_chance(g, 3))
        place->expected_total_minor = 1 + generate_below(g, g->swarm.price_max);
    place->header.size = (u16)(sizeof *place + place->line_count * sizeof *lines);
}

static u32 some_order(struct generator *g, const struct known_order **known)
{
    u32 count = g->counts[COMMAND_ORDER_PLACE];
    *known = NULL;
    if (count == 0)
        return 1;
    u32 back = generate_chance(g, 70) ? generate_below(g, MIN(count, 8)) : generate_below(g, count);
    u32 order = count - back;
    if (order < KNOWN_ORDERS_MAX)
        *known = &g->orders[order];
    return order;
}

u32 generate_order(struct generator *g, bool paid, const struct known_order **known)
{
    u32 order = some_order(g, known);
    for (u32 tries = 0; tries < 6 && *known != NULL && (*known)->paid != paid; tries++)
        order = some_order(g, known);
    return order;
}

static void make_pay(struct generator *g)
{
    struct command_order_pay *pay = generate_begin(g, COMMAND_ORDER_PAY);
    const struct known_order *known;
    pay->order = generate_order(g, false, &known);
    pay->payment = generate_chance(g, 50) ? PAYMENT_WALLET : PAYMENT_PROVIDER;
    pay->amount_minor = known != NULL ? known->total_minor : 1;
}

static void make_part(struct generator *g)
{
    static const u16 home[] = {COMMAND_PART_PACK, COMMAND_PART_SHIP, COMMAND_PART_DELIVER};
    static const u16 pick_up[] = {COMMAND_PART_PACK, COMMAND_PART_READY, COMMAND_PART_HAND_OVER};
    const struct known_order *known;
    u32 order = generate_order(g, true, &known);
    u32 step = generate_below(g, 3);
    u16 kind = known != NULL && known->delivery == DELIVERY_PICK_UP ? pick_up[step] : home[step];
    if (known != NULL && known->delivery == DELIVERY_CARRY_OUT)
        kind = COMMAND_PART_CHECK_OUT;
    if (generate_chance(g, 10))
        kind = (u16)(COMMAND_PART_PACK + generate_below(g, 5));
    struct command_part_pack *part = generate_begin(g, kind); /* all six have the same fields */
    part->order = order;
    part->part = generate_chance(g, 75) ? 1 : 1 + generate_below(g, 4);
}

static void make_return(struct generator *g)
{
    struct command_order_return *back = generate_begin(g, COMMAND_ORDER_RETURN);
    const struct known_order *known;
    back->order = generate_order(g, true, &known);
    back->line = 1 + generate_below(g, known != NULL ? known->lines + 1 : 2);
    back->quantity = 1 + (generate_chance(g, 60) ? 0 : generate_below(g, g->swarm.quantity_max));
    back->goods = 1 + generate_below(g, 3);
    back->location = back->goods == GOODS_LOST ? 0 : generate_id(g, COMMAND_LOCATION_PUT);
}

void generate_family(struct generator *g, enum family family)
{
    const struct known_order *known;
    if (family >= FAMILY_PAY && family <= FAMILY_SELL && family != FAMILY_TICK && g->counts[COMMAND_ORDER_PLACE] == 0 &&
        generate_chance(g, 90))
        family = FAMILY_PLACE;
    if ((family == FAMILY_DEAL || family == FAMILY_BUDGET) && g->counts[COMMAND_FESTIVAL_PUT] == 0 &&
        generate_chance(g, 50))
        family = FAMILY_FESTIVAL;
    if ((family == FAMILY_TILL || family == FAMILY_SELL) && g->counts[COMMAND_TILL_PUT] == 0 &&
        generate_chance(g, 80)) {
        put_entity(g, COMMAND_TILL_PUT, 1 + generate_below(g, 8), 0);
        return;
    }
    switch (family) {
    case FAMILY_CATALOGUE:
        make_catalogue(g);
        return;
    case FAMILY_PRICE:
        make_price(g);
        return;
    case FAMILY_STOCK:
        make_stock(g);
        return;
    case FAMILY_FESTIVAL:
        make_festival(g, 1 + generate_below(g, g->swarm.festivals + 1));
        return;
    case FAMILY_DEAL:
        make_deal(g);
        return;
    case FAMILY_JOIN:
        make_join(g);
        return;
    case FAMILY_TOP_UP:
        make_top_up(g);
        return;
    case FAMILY_TRANSFER:
        make_transfer(g);
        return;
    case FAMILY_BUDGET:
        make_budget(g);
        return;
    case FAMILY_PLACE:
        make_place(g);
        return;
    case FAMILY_PAY:
        make_pay(g);
        return;
    case FAMILY_CANCEL:
        ((struct command_order_cancel *)generate_begin(g, COMMAND_ORDER_CANCEL))->order = some_order(g, &known);
        return;
    case FAMILY_PART:
        make_part(g);
        return;
    case FAMILY_RETURN:
        make_return(g);
        return;
    case FAMILY_TICK:
        generate_begin(g, COMMAND_CLOCK_TICK);
        return;
    default:
        generate_store(g, family);
    }
}

/* --- the world's beginning ----------------------------------------------- */

bool generate_build(struct generator *g)
{
    static const u16 kinds[] = {
        COMMAND_CURRENCY_PUT, COMMAND_COUNTRY_PUT, COMMAND_DEPARTMENT_PUT, COMMAND_CITY_PUT,
        COMMAND_LOCATION_PUT, COMMAND_BRAND_PUT,   COMMAND_SELLER_PUT,     COMMAND_SKU_PUT,
    };
    u32 at = g->built++;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        u32 count = catalogue_size(g, kinds[i]);
        if (at < count) {
            put_entity(g, kinds[i], at + 1, 0);
            return true;
        }
        at -= count;
    }
    if (at < g->swarm.skus) {
        make_price(g);
        struct command_price_set *set = (struct command_price_set *)g->command;
        set->sku = at + 1;
        set->currency = 1;
        return true;
    }
    at -= g->swarm.skus;
    const struct {
        enum family family;
        u32 count;
    } rest[] = {
        {FAMILY_FESTIVAL, g->swarm.festivals}, {FAMILY_STOCK, g->swarm.skus * 2}, {FAMILY_DEAL, g->swarm.deals},
        {FAMILY_JOIN, g->swarm.shoppers},      {FAMILY_TOP_UP, g->swarm.shoppers}, {FAMILY_TILL, g->swarm.tills},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rest); i++) {
        if (at < rest[i].count && rest[i].family == FAMILY_FESTIVAL)
            make_festival(g, at + 1);
        else if (at < rest[i].count && rest[i].family == FAMILY_TILL)
            put_entity(g, COMMAND_TILL_PUT, at + 1, 0);
        else if (at < rest[i].count)
            generate_family(g, rest[i].family);
        if (at < rest[i].count)
            return true;
        at -= rest[i].count;
    }
    return false;
}
