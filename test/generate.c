/*
 * The generator's frame: the swarm of a seed, the clock, keys and repeats,
 * damage to fields, and what is learned from answers.
 */
#include "test/generate.h"

#include "base/assert.h"
#include "base/money.h"

#include <stdlib.h>
#include <string.h>

/* --- drawing ------------------------------------------------------------- */

u32 generate_below(struct generator *g, u32 bound)
{
    return (u32)prng_below(&g->prng, bound);
}

bool generate_chance(struct generator *g, u32 percent)
{
    return prng_chance(&g->prng, percent, 100);
}

u32 generate_id(struct generator *g, u16 kind)
{
    return g->counts[kind] == 0 ? 1 : 1 + generate_below(g, g->counts[kind]);
}

void *generate_begin(struct generator *g, u16 kind)
{
    const struct command_info *info = command_info(kind);
    ASSERT(info != NULL);
    memset(g->command, 0, info->fixed_size);
    struct command_header *header = (struct command_header *)g->command;
    header->kind = kind;
    header->size = info->fixed_size;
    return header;
}

static u32 one_of(struct generator *g, const u32 *values, u32 count)
{
    return values[generate_below(g, count)];
}
#define ONE_OF(g, ...) one_of(g, (const u32[]){__VA_ARGS__}, sizeof((const u32[]){__VA_ARGS__}) / sizeof(u32))

/* --- the swarm ----------------------------------------------------------- */

static void draw_sizes(struct generator *g)
{
    struct swarm *s = &g->swarm;
    s->currencies = ONE_OF(g, 1, 2, 3, 3, 20);
    s->countries = 1 + generate_below(g, 4);
    s->departments = ONE_OF(g, 1, 2, 3, 5, 18);
    s->cities = 1 + generate_below(g, 5);
    s->locations = 1 + generate_below(g, 8);
    s->brands = 1 + generate_below(g, 6);
    s->sellers = 1 + generate_below(g, 4);
    s->skus = ONE_OF(g, 1, 2, 5, 12, 40);
    s->shoppers = ONE_OF(g, 1, 3, 10, 30);
    s->festivals = generate_below(g, 4);
    s->deals = ONE_OF(g, 0, 3, 10, 40);
    s->tills = ONE_OF(g, 0, 1, 2, 3);
}

static void draw_amounts(struct generator *g)
{
    struct swarm *s = &g->swarm;
    s->units_max = ONE_OF(g, 2, 5, 20, 200, 20000);
    s->lines_max = ONE_OF(g, 1, 2, 4, ORDER_LINES_MAX);
    s->quantity_max = ONE_OF(g, 2, 4, 10, 100, LINE_QUANTITY_MAX);
    s->deal_units_max = ONE_OF(g, 1, 3, 10, 100);
    s->price_max = ONE_OF(g, 10, 1000, 1000000, 2000000000);
    s->funds_max = ONE_OF(g, 1, 5, 50);
    s->budget_max = ONE_OF(g, 1, 5, 50);
    s->extreme_prices = generate_chance(g, 15);
}

static void draw_time(struct generator *g)
{
    static const i64 starts[] = {
        1793934000000, 1793934000000, 1257868800000, 1257868800000, 86400000 * 2, 0,
        2147483648000 - 5000, TIME_MS_MAX - 3 * 86400000,
    };
    static const i64 windows[] = {1, 5000, 60000, 600000, 3600000, 86400000};
    struct swarm *s = &g->swarm;
    s->start_ms = starts[generate_below(g, ARRAY_COUNT(starts))];
    s->window_ms = windows[generate_below(g, ARRAY_COUNT(windows))];
    for (u32 pace = 0; pace < PACE_COUNT; pace++)
        s->paces[pace] = ONE_OF(g, 0, 1, 5, 20);
    /* Long steps are rare in most worlds, or every festival is over before anybody has ordered. */
    bool jumpy = generate_chance(g, 25);
    s->paces[PACE_MS] += jumpy ? 20 : 400;
    s->paces[PACE_SECONDS] += jumpy ? 20 : 50;
    s->paces[PACE_MINUTES] = (s->paces[PACE_MINUTES] + 1) / 2;
    s->paces[PACE_HOURS] = (s->paces[PACE_HOURS] + 4) / 5;
    s->paces[PACE_DAY] = (s->paces[PACE_DAY] + 9) / 10;
    s->paces[PACE_EVENT] += jumpy ? 2 : 5;
    if (!jumpy && generate_chance(g, 50)) /* as long as there are deals */
        s->paces[PACE_HOURS] = s->paces[PACE_DAY] = s->paces[PACE_EVENT] = 0;
}

static void draw_swarm(struct generator *g)
{
    struct swarm *s = &g->swarm;
    draw_sizes(g);
    draw_amounts(g);
    draw_time(g);
    for (u32 family = 0; family < FAMILY_COUNT; family++)
        s->weights[family] = ONE_OF(g, 0, 1, 4, 10);
    s->weights[FAMILY_PLACE] += generate_chance(g, 90) ? 15 : 0;
    s->weights[FAMILY_PART] *= 2;
    s->weights[FAMILY_CATALOGUE] /= 3;
    s->weights[FAMILY_FLAGSHIP] = (s->weights[FAMILY_FLAGSHIP] + 3) / 4;
    s->weights[FAMILY_PLAN] = (s->weights[FAMILY_PLAN] + 1) / 2;
    s->weights[FAMILY_JOIN] /= 4;
    s->weights[FAMILY_TICK] = (s->weights[FAMILY_TICK] + 1) / 2;
    s->damage_percent = ONE_OF(g, 0, 2, 10, 40);
    s->key_percent = ONE_OF(g, 0, 20, 90);
    s->repeat_percent = ONE_OF(g, 0, 2, 20);
}

/* Some worlds have a SKU in so many places that routing does not look at all of them. */
static void many_places(struct generator *g)
{
    struct swarm *s = &g->swarm;
    u64 draw = mix64(g->seed ^ 0x706c616365);
    if (draw % 6 != 0)
        return;
    s->cities = draw / 12 % 2 == 0 ? 4 : 14; /* many stores in each, or many cities */
    s->locations = 28;
    s->skus = 1 + draw / 6 % 2;
    s->units_max = 5;
    s->quantity_max = 10;
    s->lines_max = 4;
    s->weights[FAMILY_STOCK] = 15;
    s->weights[FAMILY_PLACE] = 20;
    s->weights[FAMILY_PLAN] = MAX(s->weights[FAMILY_PLAN], 3u);
}

/* Which limit is tiny in this world; LIMIT_COUNT: none. */
static enum limit_index tiny_limit(const struct generator *g)
{
    return g->seed % 4 == 0 ? (enum limit_index)(g->seed / 4 % LIMIT_COUNT) : LIMIT_COUNT;
}

/* A tiny limit is only reached by a world that wants more than that. */
static void want_much(struct generator *g, enum limit_index limit)
{
    struct swarm *s = &g->swarm;
    switch (limit) {
    case LIMIT_currencies:
        s->currencies = 8;
        break;
    case LIMIT_festivals:
    case LIMIT_seconds:
        s->festivals = 8;
        break;
    case LIMIT_sellers:
    case LIMIT_accounts:
        s->sellers = 8;
        s->skus = 12;
        break;
    case LIMIT_caps:
        s->currencies = 1;
        s->festivals = 2;
        s->skus = 5;
        s->shoppers = 30;
        s->deals = 20;
        s->deal_units_max = 100;
        s->units_max = 200;
        s->paces[PACE_HOURS] = s->paces[PACE_DAY] = s->paces[PACE_EVENT] = 0;
        s->weights[FAMILY_PLACE] = 30;
        s->window_ms = 86400000;
        break;
    case LIMIT_flagships:
        s->festivals = 3;
        s->cities = 5;
        s->weights[FAMILY_FLAGSHIP] = 5;
        break;
    case LIMIT_inbounds:
        s->weights[FAMILY_INBOUND] = 10;
        break;
    case LIMIT_tills:
    case LIMIT_shifts:
    case LIMIT_tenders:
        s->tills = 8;
        s->locations = 8;
        s->weights[FAMILY_TILL] = 10;
        break;
    case LIMIT_text_bytes:
        s->skus = 40;
        break;
    case LIMIT_answers:
        s->key_percent = 20;
        break;
    case LIMIT_budgets:
        s->weights[FAMILY_BUDGET] = 10;
        break;
    default:
        break;
    }
}

struct generator *generator_create(u64 seed)
{
    struct generator *g = calloc(1, sizeof *g);
    ASSERT(g != NULL);
    g->seed = seed;
    prng_seed(&g->prng, seed);
    draw_swarm(g);
    many_places(g);
    want_much(g, tiny_limit(g));
    g->time_ms = g->swarm.start_ms;
    return g;
}

void generator_free(struct generator *g)
{
    free(g);
}

void generator_limits(const struct generator *g, struct engine_limits *limits)
{
    *limits = (struct engine_limits){
        .currencies = 32, .countries = 16, .departments = 64, .cities = 16, .locations = 32, .brands = 32,
        .sellers = 16, .skus = 64, .prices = 2048, .books = 2048, .text_bytes = 1 << 25, .festivals = 16,
        .deals = 1024, .seconds = 16 * 2800000, .shoppers = 1024, .wallets = 4096, .accounts = 512,
        .budgets = 2048, .caps = 8192, .orders = 8192, .lines = 65536, .answers = 8192, .flagships = 64,
        .inbounds = 2048, .tills = 64, .shifts = 2048, .tenders = 4096,
    };
    u64 draw = mix64(g->seed ^ 0x7469);
    switch (tiny_limit(g)) {
#define LIMIT(name, standard, largest, meaning) \
    case LIMIT_##name:                          \
        limits->name = 1 + draw % 3;            \
        break;
#include "core/limits.def"
#undef LIMIT
    case LIMIT_COUNT:
        return;
    }
    if (tiny_limit(g) == LIMIT_text_bytes)
        limits->text_bytes = 500 + draw % 1500;
    if (tiny_limit(g) == LIMIT_seconds)
        limits->seconds = 86401 + draw % (2 * 86400);
    if (tiny_limit(g) == LIMIT_orders || tiny_limit(g) == LIMIT_answers)
        limits->orders = limits->answers = 5 + draw % 50;
    if (tiny_limit(g) == LIMIT_lines)
        limits->lines = 10 + draw % 100;
}

/* --- time ---------------------------------------------------------------- */

/* A moment at which something begins or ends, or one millisecond beside it. */
static i64 some_event(struct generator *g)
{
    i64 event_ms = g->time_ms;
    u32 orders = g->counts[COMMAND_ORDER_PLACE];
    u32 deals = g->counts[COMMAND_DEAL_PUT];
    u32 which = generate_below(g, 5);
    if (which == 4) /* a whole hour: of capacities, opening and cut-off times */
        event_ms = (g->time_ms / 3600000 + 1) * 3600000;
    else if (which == 0 && g->counts[COMMAND_FESTIVAL_PUT] > 0) {
        u32 id = generate_id(g, COMMAND_FESTIVAL_PUT);
        const struct known_festival *festival = &g->festivals[id % KNOWN_FESTIVALS_MAX];
        event_ms = generate_chance(g, 60) ? festival->opens_ms : festival->closes_ms;
    } else if (which == 1 && deals > 0) {
        const struct known_deal *deal = &g->deals[(1 + generate_below(g, deals)) % KNOWN_DEALS_MAX];
        event_ms = generate_chance(g, 50) ? deal->opens_ms : deal->closes_ms;
    } else if (orders > 0) {
        event_ms = g->orders[(orders - generate_below(g, MIN(orders, 20))) % KNOWN_ORDERS_MAX].deadline_ms;
    }
    return event_ms + generate_below(g, 3) - 1;
}

static u32 draw_weighted(struct generator *g, const u32 *weights, u32 count)
{
    u32 sum = 0;
    for (u32 i = 0; i < count; i++)
        sum += weights[i];
    if (sum == 0)
        return generate_below(g, count);
    u32 at = generate_below(g, sum);
    u32 i = 0;
    for (; at >= weights[i]; i++)
        at -= weights[i];
    return i;
}

/* The time of the next command. The world's own clock stays where it is when the time goes back or beyond bounds. */
static i64 next_time(struct generator *g)
{
    i64 time_ms = g->time_ms;
    switch ((enum pace)draw_weighted(g, g->swarm.paces, PACE_COUNT)) {
    case PACE_MS:
        time_ms += generate_below(g, 20);
        break;
    case PACE_SECONDS:
        time_ms += generate_below(g, 3000);
        break;
    case PACE_MINUTES:
        time_ms += generate_below(g, 20 * 60000);
        break;
    case PACE_HOURS:
        time_ms += generate_below(g, 20 * 3600000);
        break;
    case PACE_DAY:
        time_ms += 24 * 3600000 + generate_below(g, 2001) - 1000;
        break;
    case PACE_BACK:
        return MAX(time_ms - 1 - generate_below(g, 100000), 0);
    case PACE_EVENT:
        time_ms = some_event(g);
        if (time_ms < g->time_ms || time_ms > g->time_ms + 2 * g->swarm.window_ms + 3600000)
            time_ms = g->time_ms;
        break;
    default:
        break;
    }
    if (g->swarm.damage_percent > 0 && generate_below(g, 500) == 0)
        return generate_chance(g, 50) ? -1 - (i64)generate_below(g, 2) * INT64_MAX
                                      : TIME_MS_MAX + 1 + (i64)generate_below(g, 2) * 1000000;
    if (time_ms > TIME_MS_MAX)
        return TIME_MS_MAX;
    g->time_ms = time_ms;
    return time_ms;
}

/* --- keys, repeats, damage ----------------------------------------------- */

/* One field becomes another number; the command stays well formed. */
static void damage(struct generator *g)
{
    static const i64 edges[] = {
        0, 1, 2, 3, -1, -2, 99, LINE_QUANTITY_MAX, LINE_QUANTITY_MAX + 1, UNITS_MAX, UNITS_MAX + 1, 2147483647,
        2147483648, 4294967295, 4294967296, MONEY_MAX, MONEY_MAX + 1, -MONEY_MAX, TIME_MS_MAX, TIME_MS_MAX + 1,
        INT64_MAX, INT64_MIN, 180000001, -180000001, 90000001, HOLD_MS_MAX + 1, 841, -721, 8, 255, 65535,
        KEEP_DAYS_MAX, KEEP_DAYS_MAX + 1, TRANSIT_DAYS_MAX, TRANSIT_DAYS_MAX + 1, 1440, 1441, RULE_COUNT,
    };
    struct command_header *header = (struct command_header *)g->command;
    const struct command_info *info = command_info(header->kind);
    if (header->kind == COMMAND_ORDER_PLACE && generate_chance(g, 30)) { /* a line instead */
        struct command_order_place *place = (struct command_order_place *)g->command;
        struct order_line_asked *line = (struct order_line_asked *)(place + 1) + generate_below(g, place->line_count);
        u32 *field = generate_chance(g, 50) ? &line->sku : &line->quantity;
        *field = generate_chance(g, 50) ? *field + generate_below(g, 3) - 1
                                        : (u32)edges[generate_below(g, ARRAY_COUNT(edges))];
        return;
    }
    if (info->field_count == 0)
        return;
    const struct command_field *field = &info->fields[generate_below(g, (u32)info->field_count)];
    if (strcmp(field->name, "reserved") == 0 || strcmp(field->name, "line_count") == 0)
        return;
    i64 value = 0;
    memcpy(&value, (u8 *)g->command + field->offset, field->size);
    if (generate_chance(g, 50))
        value = (i64)((u64)value + generate_below(g, 5) - 2);
    else
        value = edges[generate_below(g, ARRAY_COUNT(edges))];
    memcpy((u8 *)g->command + field->offset, &value, field->size);
}

static void add_key(struct generator *g)
{
    struct command_header *header = (struct command_header *)g->command;
    header->caller = generate_below(g, 3);
    header->key[0] = generate_chance(g, 10) ? 0 : prng_next(&g->prng);
    header->key[1] = generate_chance(g, 10) ? 0 : prng_next(&g->prng);
    if (generate_chance(g, 15)) /* few different keys: conflicts, and answers that are forgotten */
        header->key[0] = header->key[1] = 1 + generate_below(g, 4);
}

static void remember(struct generator *g)
{
    const struct command_header *header = (const struct command_header *)g->command;
    if (header->size <= EARLIER_SIZE_MAX)
        memcpy(g->earlier[g->earlier_count++ % EARLIER_MAX], header, header->size);
}

/* An earlier command once more: the same, changed, or from somebody else. */
static void repeat(struct generator *g)
{
    const struct command_header *earlier =
        (const struct command_header *)g->earlier[generate_below(g, MIN(g->earlier_count, EARLIER_MAX))];
    memcpy(g->command, earlier, earlier->size);
    struct command_header *header = (struct command_header *)g->command;
    u32 how = generate_below(g, 8);
    if (how == 0)
        damage(g);
    if (how == 1)
        header->caller++;
    if (how == 2)
        header->key[0] = header->key[1] = 0;
}

const struct command_header *generator_next(struct generator *g)
{
    struct command_header *header = (struct command_header *)g->command;
    if (g->price_seen_minor > 0) { /* the same order once more, expecting what it costs */
        ((struct command_order_place *)g->command)->expected_total_minor = g->price_seen_minor;
        g->price_seen_minor = 0;
    } else if (g->earlier_count > 0 && generate_chance(g, g->swarm.repeat_percent)) {
        repeat(g);
    } else {
        bool building = generate_build(g);
        if (!building)
            generate_family(g, (enum family)draw_weighted(g, g->swarm.weights, FAMILY_COUNT));
        if (generate_chance(g, g->swarm.key_percent))
            add_key(g);
        if (generate_chance(g, g->swarm.damage_percent) && (!building || generate_chance(g, 10)))
            damage(g);
        remember(g);
    }
    header->time_ms = next_time(g);
    ASSERT(command_well_formed(g->command, header->size));
    return header;
}

/* --- learning ------------------------------------------------------------ */

static void learn_order(struct generator *g, u32 id, i64 total_minor)
{
    const struct command_order_place *place = (const struct command_order_place *)g->command;
    if (id >= KNOWN_ORDERS_MAX)
        return;
    u32 hold_ms = place->festival == 0 ? 0 : g->festivals[place->festival % KNOWN_FESTIVALS_MAX].hold_ms;
    g->orders[id] = (struct known_order){
        .total_minor = total_minor,
        .deadline_ms = MAX(place->header.time_ms, g->time_ms) + (hold_ms == 0 ? HOLD_MS_DEFAULT : hold_ms),
        .lines = place->line_count,
        .sku = command_lines(place)[0].sku,
        .delivery = place->delivery,
        .paid = place->payment != PAYMENT_HOLD,
        .by_wallet = place->payment == PAYMENT_WALLET,
    };
}

/* An exchanged order is one of the same life; it can be returned and exchanged again. */
static void learn_exchange(struct generator *g, struct result result)
{
    const struct command_order_exchange *exchange = (const struct command_order_exchange *)(const void *)g->command;
    bool by_wallet = exchange->order < KNOWN_ORDERS_MAX && g->orders[exchange->order].by_wallet;
    if (result.id < KNOWN_ORDERS_MAX)
        g->orders[result.id] = (struct known_order){.total_minor = result.value, .lines = 1, .sku = exchange->sku,
                                                    .delivery = DELIVERY_EXCHANGE, .paid = true,
                                                    .by_wallet = by_wallet};
    g->counts[COMMAND_ORDER_PLACE] = MAX(g->counts[COMMAND_ORDER_PLACE], result.id);
}

static void learn_paid(struct generator *g, u32 order, u32 till, bool by_wallet)
{
    if (order >= KNOWN_ORDERS_MAX)
        return;
    g->orders[order].paid = true;
    g->orders[order].till = till;
    g->orders[order].by_wallet = by_wallet;
}

/* True when that was all that is to be learned. */
static bool learn_store(struct generator *g, struct result result)
{
    const void *command = g->command;
    switch (((const struct command_header *)command)->kind) {
    case COMMAND_ORDER_PAY:
        learn_paid(g, result.id, 0, ((const struct command_order_pay *)command)->payment == PAYMENT_WALLET);
        return true;
    case COMMAND_TILL_PAY:
        learn_paid(g, result.id, ((const struct command_till_pay *)command)->till,
                   ((const struct command_till_pay *)command)->wallet_minor > 0);
        return true;
    case COMMAND_ORDER_EXCHANGE:
        learn_exchange(g, result);
        return true;
    case COMMAND_INBOUND_EXPECT:
    case COMMAND_INBOUND_SEND:
        g->counts[COMMAND_INBOUND_EXPECT] = MAX(g->counts[COMMAND_INBOUND_EXPECT], result.id);
        return true;
    case COMMAND_TILL_OPEN:
        g->open[((const struct command_till_open *)command)->till % KNOWN_TILLS_MAX] = true;
        return true;
    case COMMAND_TILL_CLOSE:
        g->open[((const struct command_till_close *)command)->till % KNOWN_TILLS_MAX] = false;
        return true;
    default:
        return false;
    }
}

static void learn_fields(struct generator *g, u32 id)
{
    const void *command = g->command;
    if (((const struct command_header *)command)->kind == COMMAND_FESTIVAL_PUT) {
        const struct command_festival_put *put = command;
        g->festivals[id % KNOWN_FESTIVALS_MAX] =
            (struct known_festival){put->opens_ms, put->closes_ms, put->currency, put->hold_ms};
    } else if (((const struct command_header *)command)->kind == COMMAND_DEAL_PUT) {
        const struct command_deal_put *put = command;
        g->deals[id % KNOWN_DEALS_MAX] =
            (struct known_deal){put->opens_ms, put->closes_ms, put->festival, put->sku, put->city, put->location};
    } else if (((const struct command_header *)command)->kind == COMMAND_LOCATION_PUT) {
        g->services[id % KNOWN_LOCATIONS_MAX] = ((const struct command_location_put *)command)->services;
    } else if (((const struct command_header *)command)->kind == COMMAND_TILL_PUT) {
        g->till_location[id % KNOWN_TILLS_MAX] = ((const struct command_till_put *)command)->location;
    }
}

void generator_learn(struct generator *g, struct result result)
{
    const struct command_header *header = (const struct command_header *)g->command;
    if (result.code == RESULT_PRICE_CHANGED && generate_chance(g, 50))
        g->price_seen_minor = result.value;
    if (!result_changed(result) || learn_store(g, result))
        return;
    switch (header->kind) {
    case COMMAND_ORDER_PLACE:
        learn_order(g, result.id, result.value);
        break;
    case COMMAND_DEAL_PUT:
    case COMMAND_SHOPPER_JOIN:
        break;
    default:
        if (command_info(header->kind)->tail != TAIL_TEXTS)
            return;
    }
    learn_fields(g, result.id);
    g->counts[header->kind] = MAX(g->counts[header->kind], result.id);
}

void generator_describe(const struct generator *g, FILE *file)
{
    const struct swarm *s = &g->swarm;
    fprintf(file, "seed %llu:", (unsigned long long)g->seed);
    fprintf(file, " %u currencies, %u cities, %u locations, %u skus, %u shoppers, %u festivals, %u deals, %u tills;",
            s->currencies, s->cities, s->locations, s->skus, s->shoppers, s->festivals, s->deals,
            s->tills);
    fprintf(file, " damage %u%%, keys %u%%, repeats %u%%, units %u, lines %u, quantity %u, price %u%s;",
            s->damage_percent, s->key_percent, s->repeat_percent, s->units_max, s->lines_max, s->quantity_max,
            s->price_max, s->extreme_prices ? " and extremes" : "");
    fprintf(file, " start %lld, window %lld ms; weights", (long long)s->start_ms, (long long)s->window_ms);
    for (u32 i = 0; i < FAMILY_COUNT; i++)
        fprintf(file, " %u", s->weights[i]);
    fprintf(file, "; paces");
    for (u32 i = 0; i < PACE_COUNT; i++)
        fprintf(file, " %u", s->paces[i]);
    if (tiny_limit(g) != LIMIT_COUNT)
        fprintf(file, "; tiny limit %d", (int)tiny_limit(g));
    fprintf(file, "\n");
}
