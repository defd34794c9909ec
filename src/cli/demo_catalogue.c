/*
 * The demonstration's world: real cities, invented everything else. One seed
 * gives one world. Units are laid in where they will be asked for, so that most
 * things last, some sell out, and the deals sell out to the unit.
 */
#include "base/gtin.h"
#include "base/money.h"
#include "cli/cli.h"
#include "cli/crowd_prepare.h"
#include "cli/demo.h"
#include "cli/file.h"
#include "exchange/import.h"

#include <stdio.h>
#include <stdlib.h>

#define GOODS_PER_DEPARTMENT 8
#define DEPARTMENTS 12
#define BRANDS 225          /* from the first 75 countries of country.def */
#define BRAND_COUNTRIES 75
#define WAREHOUSES 30       /* in the largest cities; a store in every city */
#define BOOKS_WAREHOUSE 3   /* of one SKU */
#define BOOKS_STORE 2
#define UNITS_PER_ORDER 1.75 /* of the crowd: 1-3 lines, mostly one unit, 5 % in stores */
#define DEALS_PULL_DOWN 1.043 /* measured: with the deals in it, an order is worth that much less */
#define FLAGSHIPS 12u               /* cities, as in 2018; which ones the festival's plan says: here the largest */
#define UTC_OFFSET_MINUTES (8 * 60)
#define GTIN_PREFIX ((u64)952000000000) /* GS1's prefix for demonstrations */

struct demo_goods {
    const char *zh, *en;
    u32 yuan;
};

static const struct {
    const char *code, *zh, *en;
    struct demo_goods goods[GOODS_PER_DEPARTMENT];
} departments[DEPARTMENTS] = {
#define GOODS(zh, en, yuan) {zh, en, yuan},
#define DEPARTMENT(code, zh, en, list) {code, zh, en, {list}},
#include "cli/demo_goods.def"
#undef DEPARTMENT
#undef GOODS
};

static const struct {
    const char *zh, *en;
} styles[] = {
    {"经典", "classic"}, {"轻薄", "light"}, {"加厚", "thick"}, {"复古", "vintage"}, {"简约", "plain"}, {"豪华", "luxury"},
    {"便携", "portable"}, {"家用", "family"}, {"定制", "custom"}, {"新款", "new"}, {"限量", "limited"}, {"柔软", "soft"},
};

static const char *const colours[][2] = {
    {"红色", "red"}, {"黑色", "black"}, {"白色", "white"}, {"蓝色", "blue"}, {"绿色", "green"}, {"灰色", "grey"},
};

struct catalogue {
    struct stage *stage;
    const struct demo *demo;
    struct prng prng;
    u32 currency, seller;
    u32 departments[DEPARTMENTS];
    u32 brands[BRANDS];
    char brand_names[BRANDS][24];
    u32 warehouses[WAREHOUSES];
    u32 warehouse_count;
    u32 *stores;            /* one for each city */
    u32 store_count;
    double price_scale;
    double zipf_sum;        /* of what is bought all evening: everything but the deals, which are gone in a moment */
};

/* How many units a deal sets aside; 0: the SKU has none. */
static u32 catalogue_quota(const struct demo *demo, u32 sku)
{
    static const u32 quotas[] = {111, 555, 1111, 2222, 5555, 11111};
    return sku <= DEMO_DEALS ? quotas[mix64(demo->seed * 31 + sku) / 64 % ARRAY_COUNT(quotas)] : 0;
}

static u32 catalogue_apply(struct catalogue *catalogue)
{
    struct result result = stage_apply(catalogue->stage);
    if (result.code == RESULT_OK || result.code == RESULT_NO_CHANGE)
        return result.id;
    if (catalogue->stage->errors++ == 0)
        cli_error("demo", "%s", cli_refusal((char[CLI_REFUSAL_MAX]){0}, stage_engine(catalogue->stage), result));
    return 0;
}

/* --- places ------------------------------------------------------------------------ */

static const struct engine *catalogue_sorting; /* qsort has no argument for it */

static int catalogue_by_population(const void *a, const void *b)
{
    u32 first = *(const u32 *)a, second = *(const u32 *)b;
    u32 people_a = engine_city(catalogue_sorting, first)->population;
    u32 people_b = engine_city(catalogue_sorting, second)->population;
    return people_a != people_b ? (people_a < people_b ? 1 : -1) : (first > second) - (first < second);
}

static u32 catalogue_location(struct catalogue *catalogue, u32 city, bool store)
{
    const struct engine *engine = stage_engine(catalogue->stage);
    const struct city *row = engine_city(engine, city);
    struct slice city_code = engine_text(engine, row->text, 0), city_name = engine_text(engine, row->text, 1);
    char code[64], name[128];
    snprintf(code, sizeof(code), "%s-" SLICE_FORMAT, store ? "st" : "wh", SLICE_ARGS(city_code));
    snprintf(name, sizeof(name), SLICE_FORMAT "%s", SLICE_ARGS(city_name), store ? "店" : "仓");
    struct location place = {
        .city = city,
        .longitude_e6 = row->longitude_e6,
        .latitude_e6 = row->latitude_e6,
        .kind = store ? LOCATION_STORE : LOCATION_WAREHOUSE,
        .services = store ? SERVICE_SHIP | SERVICE_PICK_UP | SERVICE_CARRY_OUT : SERVICE_SHIP,
    };
    draft_location(catalogue->stage, &place, slice_text(code), slice_text(name));
    u32 id = catalogue_apply(catalogue);
    struct command_location_plan *plan = stage_draft(catalogue->stage, COMMAND_LOCATION_PLAN);
    plan->location = id;
    plan->utc_offset_minutes = UTC_OFFSET_MINUTES;
    plan->opens_min = plan->weekend_opens_min = store ? 10 * 60 : 0;
    plan->closes_min = plan->weekend_closes_min = store ? 22 * 60 : 24 * 60;
    plan->cut_off_min = store ? 16 * 60 : 22 * 60;
    plan->prepare_min = 60;
    plan->keep_days = 7;
    plan->days_city = 1;
    plan->days_far = 3;
    catalogue_apply(catalogue);
    return id;
}

static int catalogue_places(struct catalogue *catalogue)
{
    char file[512];
    snprintf(file, sizeof(file), "%s/cities_cn.csv", catalogue->demo->data);
    struct import import = {.stage = catalogue->stage, .country = "CN", .prefix = ""};
    struct source source;
    int code = file_open(&source, file);
    if (code != CLI_DONE)
        return code;
    enum exchange_status status = import_run(&import, IMPORT_cities, &source);
    file_close(&source);
    if (status != EXCHANGE_DONE)
        return status == EXCHANGE_FULL ? CLI_FILE : CLI_REFUSED;
    const struct engine *engine = stage_engine(catalogue->stage);
    u32 count = engine_city_count(engine);
    u32 *cities = calloc((size_t)count + 1, sizeof(*cities));
    catalogue->stores = calloc((size_t)count + 1, sizeof(*catalogue->stores));
    if (cities == NULL || catalogue->stores == NULL || count == 0) {
        free(cities);
        return CLI_FILE;
    }
    for (u32 i = 0; i < count; i++)
        cities[i] = i + 1;
    catalogue_sorting = engine;
    qsort(cities, count, sizeof(*cities), catalogue_by_population);
    for (u32 i = 0; i < count && i < WAREHOUSES; i++)
        catalogue->warehouses[catalogue->warehouse_count++] = catalogue_location(catalogue, cities[i], false);
    for (u32 i = 0; i < count; i++)
        catalogue->stores[catalogue->store_count++] = catalogue_location(catalogue, cities[i], true);
    free(cities);
    return catalogue->stage->errors == 0 ? CLI_DONE : CLI_REFUSED;
}

/* --- departments and brands ---------------------------------------------------------- */

static void catalogue_departments(struct catalogue *catalogue)
{
    for (size_t i = 0; i < DEPARTMENTS; i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s %s", departments[i].zh, departments[i].en);
        catalogue->departments[i] =
            put_named(catalogue->stage, COMMAND_DEPARTMENT_PUT, slice_text(departments[i].code), slice_text(name));
    }
}

/* Names of two or three syllables that mean nothing. */
static void catalogue_brands(struct catalogue *catalogue)
{
    static const char *const begin[] = {"Vel", "Kan", "Mio", "Tar", "Sol", "Ril", "Bex", "Dun",
                                        "Fay", "Gro", "Hal", "Jun", "Lum", "Nor", "Pel", "Quo",
                                        "Sab", "Tiv", "Wen", "Zor", "Ost", "Yul", "Cor", "Emb"};
    static const char *const middle[] = {"a", "o", "i", "e", "u", "ar", "el", "in", "or", "is"};
    static const char *const end[] = {"ra", "ti", "mo", "dex", "lin", "ska", "vo", "nia", "tan"};
    static const char *const countries[] = {
#define COUNTRY(code, name) code,
#include "exchange/country.def"
#undef COUNTRY
    };
    for (u32 i = 0; i < BRANDS; i++) {
        char code[32];
        snprintf(catalogue->brand_names[i], sizeof(catalogue->brand_names[i]), "%s%s%s", begin[i % 24],
                 middle[(i / 24) % 10], end[(i * 5 + i / 24) % 9]);
        snprintf(code, sizeof(code), "brand-%03u", i + 1);
        u32 country = put_country(catalogue->stage, slice_text(countries[i % BRAND_COUNTRIES]));
        catalogue->brands[i] =
            put_brand(catalogue->stage, slice_text(code), slice_text(catalogue->brand_names[i]), country);
    }
}

/* --- SKUs ----------------------------------------------------------------------------- */

static double catalogue_yuan(u32 id, u64 random)
{
    const struct demo_goods *goods = &departments[id % DEPARTMENTS].goods[id / DEPARTMENTS % GOODS_PER_DEPARTMENT];
    return goods->yuan * (0.6 + (double)(random % 1000) / 1000.0);
}

/* Scales prices so that the average order, as the crowd buys once the deals are gone, is near that of 2018. */
static void catalogue_scale(struct catalogue *catalogue)
{
    double sum = 0, weight = 0;
    for (u32 id = 1; id <= catalogue->demo->skus; id++) {
        double share = crowd_zipf(id - 1);
        if (id <= DEMO_DEALS && catalogue->demo->skus > (u64)2 * DEMO_DEALS)
            continue;
        sum += share * catalogue_yuan(id, mix64(catalogue->demo->seed ^ id));
        weight += share;
    }
    catalogue->zipf_sum = weight;
    catalogue->price_scale = DEMO_ORDER_VALUE_YUAN * DEALS_PULL_DOWN / UNITS_PER_ORDER / (sum / weight);
}

/* 2 decimal places, ending in .90 or .00 as prices do. */
static i64 catalogue_price(const struct catalogue *catalogue, u32 id)
{
    double yuan = catalogue_yuan(id, mix64(catalogue->demo->seed ^ id)) * catalogue->price_scale;
    i64 whole = (i64)yuan;
    return whole < 3 ? 290 : whole * 100 + (id % 2 == 0 ? 90 : 0);
}

static void catalogue_count(struct catalogue *catalogue, u32 sku, u32 location, double units)
{
    draft_count(catalogue->stage, sku, location, (u32)(units < 1 ? 1 : units > 9e8 ? 9e8 : units));
    catalogue_apply(catalogue);
}

/* About 1-2 times what will be asked for; a few get too little and sell out. Deals have plenty: their quota is the
 * bound. (The crowd takes the first SKUs for the most popular.) */
static void catalogue_stock(struct catalogue *catalogue, u32 sku, u32 rank)
{
    struct prng *prng = &catalogue->prng;
    double asked = (double)catalogue->demo->orders * UNITS_PER_ORDER * crowd_zipf(rank) / catalogue->zipf_sum;
    double plenty = prng_chance(prng, 1, 20) ? 0.4 : 1.6 + (double)prng_below(prng, 10) / 10;
    u32 quota = catalogue_quota(catalogue->demo, rank + 1);
    if (quota > 0) {
        asked = quota;
        plenty = 2;
    }
    for (u32 i = 0; i < BOOKS_WAREHOUSE; i++)
        catalogue_count(catalogue, sku,
                        catalogue->warehouses[(prng_below(prng, catalogue->warehouse_count / 3 + 1) * 3 + i)
                                              % catalogue->warehouse_count],
                        asked * plenty / BOOKS_WAREHOUSE + (double)prng_below(prng, 20));
    for (u32 i = 0; i < BOOKS_STORE; i++)
        catalogue_count(catalogue, sku, catalogue->stores[prng_below(prng, catalogue->store_count)],
                        asked / 20 + 5 + (double)prng_below(prng, 40));
}

static void catalogue_sku(struct catalogue *catalogue, u32 id)
{
    struct prng *prng = &catalogue->prng;
    u32 department = id % DEPARTMENTS;
    const struct demo_goods *goods = &departments[department].goods[id / DEPARTMENTS % GOODS_PER_DEPARTMENT];
    u64 style = prng_below(prng, ARRAY_COUNT(styles));
    u64 colour = prng_below(prng, ARRAY_COUNT(colours));
    u64 brand = prng_below(prng, BRANDS);
    char code[32], title[256], handle[160], options[64];
    snprintf(code, sizeof(code), "E%06u", id);
    snprintf(title, sizeof(title), "%s %s%s%s | %s %s", catalogue->brand_names[brand], colours[colour][0],
             styles[style].zh, goods->zh, styles[style].en, goods->en);
    size_t size = field_slug(handle, sizeof(handle), slice_text(title));
    snprintf(options, sizeof(options), "Colour: %s", colours[colour][1]);
    struct command_sku_put *put = stage_draft(catalogue->stage, COMMAND_SKU_PUT);
    put->gtin = (GTIN_PREFIX + id) * 10 + gtin_check_digit(GTIN_PREFIX + id);
    put->department = catalogue->departments[department];
    put->brand = catalogue->brands[brand];
    put->seller = catalogue->seller;
    put->for_sale = 1;
    struct slice texts[] = {slice_text(code), slice_text(title), slice_of(handle, size), slice_text(options),
                            slice_text(departments[department].en), slice_text(""), slice_text("")};
    stage_texts(catalogue->stage, texts, ARRAY_COUNT(texts));
    u32 sku = catalogue_apply(catalogue);
    if (sku == 0)
        return;
    draft_price(catalogue->stage, sku, catalogue->currency, catalogue_price(catalogue, id));
    catalogue_apply(catalogue);
    catalogue_stock(catalogue, sku, id - 1);
}

/* --- the festival ----------------------------------------------------------------------- */

static u32 catalogue_festival(struct stage *stage, u32 currency, i64 opens_ms)
{
    struct command_festival_put *put = stage_draft(stage, COMMAND_FESTIVAL_PUT);
    put->opens_ms = opens_ms;
    put->closes_ms = opens_ms + (i64)24 * 3600 * 1000;
    put->usd_rate_e6 = 6932900; /* yuan for a dollar in November 2018 */
    put->currency = currency;
    put->utc_offset_minutes = UTC_OFFSET_MINUTES;
    struct slice texts[] = {slice_text(DEMO_FESTIVAL), slice_text("双11 Double Eleven")};
    stage_texts(stage, texts, ARRAY_COUNT(texts));
    struct result result = stage_apply(stage);
    if (result.code == RESULT_OK || result.code == RESULT_NO_CHANGE)
        return result.id;
    cli_error("demo", "the festival: %s", cli_refusal((char[CLI_REFUSAL_MAX]){0}, stage_engine(stage), result));
    return 0;
}

int demo_open_festival(struct stage *stage, const struct demo *demo, i64 opens_ms)
{
    const struct engine *engine = stage_engine(stage);
    u32 id = engine_find(engine, COMMAND_FESTIVAL_PUT, slice_text(DEMO_FESTIVAL));
    id = catalogue_festival(stage, engine_festival(engine, id)->currency, opens_ms);
    if (id == 0)
        return CLI_REFUSED;
    for (u32 i = 1; i <= FLAGSHIPS && i <= engine_location_count(engine); i++) { /* warehouses: in the largest cities */
        struct command_festival_flagship *flagship = stage_draft(stage, COMMAND_FESTIVAL_FLAGSHIP);
        flagship->festival = id;
        flagship->city = engine_location(engine, i)->city;
        flagship->flagship = 1;
        stage_apply(stage);
    }
    for (u32 sku = 1; sku <= DEMO_DEALS && sku <= demo->skus; sku++) {
        u64 random = mix64(demo->seed * 31 + sku);
        struct command_deal_put *put = stage_draft(stage, COMMAND_DEAL_PUT);
        put->festival = id;
        put->sku = sku;
        put->price_minor = MAX(engine_sku(engine, sku)->price_minor * (i64)(30 + random % 50) / 100, (i64)100);
        put->quota = catalogue_quota(demo, sku);
        put->cap = random / 1024 % 2 == 0 ? 1 + (u32)(random / 4096 % 3) : 0;
        struct result result = stage_apply(stage);
        if (result.code != RESULT_OK) {
            cli_error("demo", "a deal: %s", cli_refusal((char[CLI_REFUSAL_MAX]){0}, stage_engine(stage), result));
            return CLI_REFUSED;
        }
    }
    return CLI_DONE;
}

int demo_catalogue(struct stage *stage, const struct demo *demo)
{
    static struct catalogue catalogue; /* large */
    catalogue = (struct catalogue){.stage = stage, .demo = demo};
    prng_seed(&catalogue.prng, demo->seed);
    catalogue.currency = put_currency(stage, slice_text("CNY"));
    catalogue.seller = put_named(stage, COMMAND_SELLER_PUT, slice_text("house"), slice_text("House"));
    int code = catalogue_places(&catalogue);
    if (code == CLI_DONE) {
        catalogue_departments(&catalogue);
        catalogue_brands(&catalogue);
        catalogue_scale(&catalogue);
        for (u32 id = 1; id <= demo->skus && stage->errors == 0; id++)
            catalogue_sku(&catalogue, id);
        if (stage->errors > 0 || catalogue_festival(stage, catalogue.currency, stage->now_ms + 3600000) == 0)
            code = CLI_REFUSED;
    }
    free(catalogue.stores);
    return code;
}
