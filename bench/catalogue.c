#include "bench/catalogue.h"

#include "base/assert.h"

#include <stdio.h>
#include <string.h>

#define BRANDS 50u
#define SELLERS 100u
#define DEPARTMENTS 20u
#define HOUR_MS ((i64)3600 * 1000)
#define FESTIVAL_HOURS 240
#define CODE_BYTES 16

/* A command with room for its texts. */
struct draft {
    union {
        struct command_header header;
        struct command_currency_put currency;
        struct command_country_put country;
        struct command_department_put department;
        struct command_city_put city;
        struct command_location_put location;
        struct command_brand_put brand;
        struct command_seller_put seller;
        struct command_sku_put sku;
        struct command_festival_put festival;
    } command;
    u8 texts[256];
};

/* Adds `texts`, as many as this kind has; missing ones are empty. */
static void give(const struct catalogue *catalogue, struct draft *draft, u16 kind, size_t fixed_size, size_t text_count,
                 const char *code, const char *name)
{
    struct slice texts[COMMAND_TEXTS_MAX];
    for (size_t i = 0; i < text_count; i++)
        texts[i] = slice_text(i == 0 ? code : i == 1 ? name : "");
    draft->command.header.kind = kind;
    draft->command.header.size = (u16)fixed_size;
    bool fits = command_add_texts(&draft->command.header, texts, text_count);
    ASSERT(fits && draft->command.header.size <= sizeof(*draft));
    catalogue->sink(catalogue->argument, &draft->command.header);
}

#define GIVE(KIND, member, text_count, code, name) \
    give(catalogue, &draft, COMMAND_##KIND, sizeof(draft.command.member), text_count, code, name)

static const char *numbered(char *code, const char *prefix, u32 number)
{
    snprintf(code, CODE_BYTES, "%s%u", prefix, number);
    return code;
}

static u32 cities(const struct catalogue *catalogue)
{
    return catalogue->cities == 0 ? WORKLOAD_CITIES : catalogue->cities;
}

/* Cities lie on a grid of 24 columns, a degree apart. */
static i32 longitude(u32 city)
{
    return 100000000 + (i32)(city % 24) * 1000000;
}

static i32 latitude(u32 city)
{
    return 30000000 + (i32)(city / 24) * 1000000;
}

static void give_plan(const struct catalogue *catalogue, u32 location, u16 capacity)
{
    struct command_location_plan plan = {
        .header = {.kind = COMMAND_LOCATION_PLAN, .size = sizeof(plan)}, .location = location,
        .utc_offset_minutes = 480, .opens_min = 540, .closes_min = 1320, .weekend_opens_min = 540,
        .weekend_closes_min = 1320, .cut_off_min = 960, .capacity = capacity, .prepare_min = 30, .keep_days = 7,
        .days_city = 1, .days_far = 3};
    catalogue->sink(catalogue->argument, &plan.header);
}

void catalogue_base(const struct catalogue *catalogue)
{
    char code[CODE_BYTES];
    struct draft draft = {.command.currency = {.digits = 2}};
    GIVE(CURRENCY_PUT, currency, 1, "CNY", "");
    draft = (struct draft){0};
    GIVE(COUNTRY_PUT, country, 2, "CN", "China");
    for (u32 i = 1; i <= DEPARTMENTS; i++) {
        draft = (struct draft){0};
        GIVE(DEPARTMENT_PUT, department, 2, numbered(code, "department", i), "Department");
    }
    for (u32 i = 1; i <= cities(catalogue); i++) {
        draft = (struct draft){.command.city = {.country = 1, .longitude_e6 = longitude(i), .latitude_e6 = latitude(i),
                                                .population = 1000000}};
        GIVE(CITY_PUT, city, 4, numbered(code, "city", i), "City");
    }
    draft = (struct draft){.command.location = {.city = 1, .longitude_e6 = 101000000, .latitude_e6 = 30000000,
                                                .kind = LOCATION_WAREHOUSE, .services = SERVICE_SHIP}};
    GIVE(LOCATION_PUT, location, 2, "warehouse", "Warehouse");
    give_plan(catalogue, 1, 0);
    for (u32 i = 1; i <= BRANDS; i++) {
        draft = (struct draft){.command.brand = {.country = 1}};
        GIVE(BRAND_PUT, brand, 2, numbered(code, "brand", i), "Brand");
    }
    for (u32 i = 1; i <= SELLERS; i++) {
        draft = (struct draft){0};
        GIVE(SELLER_PUT, seller, 2, numbered(code, "seller", i), "Seller");
    }
    draft = (struct draft){.command.festival = {.opens_ms = catalogue->now_ms - HOUR_MS,
                                                .closes_ms = catalogue->now_ms + FESTIVAL_HOURS * HOUR_MS,
                                                .usd_rate_e6 = 7000000, .currency = 1, .utc_offset_minutes = 480}};
    GIVE(FESTIVAL_PUT, festival, 2, "festival", "Festival");
}

static i64 scaled(const struct catalogue *catalogue, i64 price_minor)
{
    return catalogue->price_per_mille == 0 ? price_minor : MAX(price_minor * catalogue->price_per_mille / 1000, (i64)1);
}

/* A deal at half of the list price for as long as the festival is open. */
static void give_deal(const struct catalogue *catalogue, u32 sku, u32 cap)
{
    struct command_deal_put deal = {.header = {.kind = COMMAND_DEAL_PUT, .size = sizeof(deal)},
                                    .price_minor = scaled(catalogue, workload_price(sku, catalogue->skus + 1)),
                                    .festival = 1, .sku = sku, .cap = cap};
    catalogue->sink(catalogue->argument, &deal.header);
}

static void give_stock(const struct catalogue *catalogue, u32 sku, u32 location)
{
    struct command_stock_receive stock = {.header = {.kind = COMMAND_STOCK_RECEIVE, .size = sizeof(stock)},
                                          .sku = sku, .location = location, .quantity = WORKLOAD_STOCK};
    catalogue->sink(catalogue->argument, &stock.header);
}

static void give_sku(const struct catalogue *catalogue, u32 sku)
{
    char code[CODE_BYTES];
    struct draft draft = {.command.sku = {.department = 1 + sku % DEPARTMENTS, .brand = 1 + sku % BRANDS,
                                          .seller = 1 + sku % SELLERS, .for_sale = 1}};
    GIVE(SKU_PUT, sku, 7, numbered(code, "s", sku), "Article");
    struct command_price_set price = {.header = {.kind = COMMAND_PRICE_SET, .size = sizeof(price)},
                                      .price_minor = scaled(catalogue, workload_list_price(sku)), .sku = sku,
                                      .currency = 1};
    catalogue->sink(catalogue->argument, &price.header);
    if (sku <= catalogue->skus || catalogue->stores == 0)
        give_stock(catalogue, sku, 1);
}

void catalogue_skus(const struct catalogue *catalogue)
{
    u32 hot_sku = catalogue->skus + 1;
    for (u32 sku = 1; sku <= hot_sku; sku++)
        give_sku(catalogue, sku);
    give_deal(catalogue, 1, catalogue->cap);
    give_deal(catalogue, hot_sku, 0);
}

void catalogue_stores(const struct catalogue *catalogue)
{
    char code[CODE_BYTES];
    for (u32 store = 1; store <= catalogue->stores; store++) {
        u32 city = 1 + store % cities(catalogue);
        u32 location = 1 + store; /* the warehouse is the first */
        struct draft draft = {.command.location = {
            .city = city, .longitude_e6 = longitude(city) + (i32)(store * 37 % 1000) * 100,
            .latitude_e6 = latitude(city),
            .kind = LOCATION_STORE, .services = SERVICE_SHIP | SERVICE_PICK_UP | SERVICE_CARRY_OUT}};
        GIVE(LOCATION_PUT, location, 2, numbered(code, "store", store), "Store");
        bool hot = store % CATALOGUE_HOT_EVERY == 0; /* few stores: they take all of its orders */
        give_plan(catalogue, location, hot ? 0 : CATALOGUE_STORE_ORDERS);
        for (u32 rank = 0; rank < CATALOGUE_STORE_SKUS; rank++)
            give_stock(catalogue, workload_ranked_sku(rank, catalogue->skus), location);
        if (hot)
            give_stock(catalogue, catalogue->skus + 1, location);
    }
}

void catalogue_shoppers(const struct catalogue *catalogue)
{
    for (u32 shopper = 1; shopper <= catalogue->shoppers; shopper++) {
        struct command_shopper_join join = {.header = {.kind = COMMAND_SHOPPER_JOIN, .size = sizeof(join)},
                                            .city = 1 + shopper % cities(catalogue), .currency = 1};
        catalogue->sink(catalogue->argument, &join.header);
        struct command_wallet_top_up top_up = {.header = {.kind = COMMAND_WALLET_TOP_UP, .size = sizeof(top_up)},
                                               .amount_minor = WORKLOAD_BALANCE_MINOR, .shopper = shopper,
                                               .currency = 1};
        catalogue->sink(catalogue->argument, &top_up.header);
    }
}
