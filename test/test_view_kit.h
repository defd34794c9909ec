/*
 * What the tests of the views share: a shop in a folder of its own, the things that happen in it, its views, and what
 * they must show.
 */
#ifndef ELEVEN_TEST_VIEW_KIT_H
#define ELEVEN_TEST_VIEW_KIT_H

#include "base/checksum.h"
#include "eleven.h"
#include "node/config.h"
#include "test/support.h"
#include "view/view.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 20000
#define EVENTS_MAX 200000
#define WORDS_TEST_BYTES 1024

static struct io io;
static char folder[64], problem[JOURNAL_PROBLEM_MAX];
static struct eleven *eleven;
static struct view *view;
static i64 now_ms;
static u64 buffer[COMMAND_SIZE_MAX / 8];

/* --- the folder ---------------------------------------------------------------- */

static inline void must(bool good, const char *what)
{
    if (!good)
        fail_msg("%s: %s", what, problem);
}

static inline void shop_start(void)
{
    struct eleven_options options = {.directory = folder, .io = &io, .clock = ELEVEN_CLOCK_CALLER, .orders_ahead = 1,
                                     .no_snapshot_at_close = true, .expire_by_caller = true};
    must(eleven_open(&eleven, &options, problem) == JOURNAL_OK, "eleven_open");
}

static inline int folder_make(void **state)
{
    struct config config;
    (void)state;
    strcpy(folder, "/tmp/eleven-view-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(io_linux_open(&io, IO_APPENDER_THREAD), 0);
    config_default(&config);
    support_limits(&config.limits);
    config.limits.skus = 1024;
    config.journal_segment_bytes = (u64)1 << 20;
    assert_int_equal(config_create(folder, &config, &io), JOURNAL_OK);
    now_ms = SHOP_START;
    eleven = NULL;
    view = NULL;
    shop_start();
    return 0;
}

static inline void remove_one(void *argument, const char *name)
{
    char path[512];
    (void)argument;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    unlink(path);
}

static inline int folder_remove(void **state)
{
    (void)state;
    if (view != NULL)
        view_close(view);
    if (eleven != NULL)
        eleven_close(eleven);
    io.list(io.context, folder, remove_one, NULL);
    rmdir(folder);
    io_linux_close(&io);
    return 0;
}

static inline struct result give(struct command_header *command)
{
    struct result result;
    command->time_ms = now_ms;
    assert_true(eleven_call(eleven, command, &result));
    return result;
}

static inline u32 give_ok(struct command_header *command)
{
    struct result result = give(command);
    if (result.code != RESULT_OK)
        fail_msg("command %u: %s", command->kind, result_word(result.code));
    return result.id;
}

/* A put with texts "code|title|..." */
static inline u32 put(const void *command, size_t size, const char *texts)
{
    struct command_header *header = (struct command_header *)buffer;
    struct slice slices[COMMAND_TEXTS_MAX];
    memcpy(buffer, command, size);
    const struct command_info *info = command_info(header->kind);
    for (size_t i = 0; i < info->text_count; i++) {
        size_t length = strcspn(texts, "|");
        slices[i] = slice_of(texts, length);
        texts += length + (texts[length] == '|');
    }
    assert_true(command_add_texts(header, slices, info->text_count));
    return give_ok(header);
}

#undef PUT
#undef DO
#define PUT(name, NAME, texts, ...) \
    put(&(struct command_##name){HEADER(name, NAME), __VA_ARGS__}, sizeof(struct command_##name), texts)
#define DO(name, NAME, ...) give_ok(&(struct command_##name){HEADER(name, NAME), __VA_ARGS__}.header)
#define TRY(name, NAME, ...) give(&(struct command_##name){HEADER(name, NAME), __VA_ARGS__}.header)

static inline struct result place(struct command_order_place order, u32 sku, u32 quantity, u32 other)
{
    struct {
        struct command_order_place place;
        struct order_line_asked lines[2];
    } command = {.place = order, .lines = {{sku, quantity}, {other, 1}}};
    command.place.line_count = other == 0 ? 1 : 2;
    command.place.header.size = (u16)(sizeof(order) + command.place.line_count * sizeof(struct order_line_asked));
    return give(&command.place.header);
}

/* Places, brands, two festivals, shoppers with money. */
static inline void furnish(void)
{
    PUT(currency_put, CURRENCY_PUT, "CNY", .digits = 2);
    PUT(currency_put, CURRENCY_PUT, "JPY", .digits = 0);
    PUT(country_put, COUNTRY_PUT, "CN|China");
    PUT(country_put, COUNTRY_PUT, "FR|France");
    PUT(department_put, DEPARTMENT_PUT, "shoes|Shoes");
    PUT(department_put, DEPARTMENT_PUT, "books|Livres d'école");
    PUT(city_put, CITY_PUT, "SHA|Shanghai", .country = 1, .longitude_e6 = 121473700, .latitude_e6 = 31230400);
    for (u32 i = 1; i <= 3; i++) {
        char code[16];
        snprintf(code, sizeof(code), "L%u|Place", i);
        PUT(location_put, LOCATION_PUT, code, .city = 1, .kind = i == 1 ? LOCATION_WAREHOUSE : LOCATION_STORE,
            .services = SERVICE_SHIP | SERVICE_PICK_UP | SERVICE_CARRY_OUT);
    }
    PUT(brand_put, BRAND_PUT, "acme|Acme", .country = 1);
    PUT(brand_put, BRAND_PUT, "belle|Béllé", .country = 2);
    PUT(seller_put, SELLER_PUT, "one|One");
    PUT(seller_put, SELLER_PUT, "two|Two");
    for (u32 i = 1; i <= 2; i++)
        PUT(festival_put, FESTIVAL_PUT, i == 1 ? "f1|Eleven" : "f2|Twelve", .opens_ms = SHOP_START,
            .closes_ms = SHOP_CLOSES, .currency = 1, .utc_offset_minutes = 480, .hold_ms = SHOP_HOLD_MS);
    for (u32 i = 1; i <= 8; i++) {
        DO(shopper_join, SHOPPER_JOIN, .city = 1, .currency = 1);
        DO(wallet_top_up, WALLET_TOP_UP, .shopper = i, .currency = 1, .amount_minor = 100000000);
    }
}

/* SKUs with stock everywhere. */
static inline void stock(u32 skus)
{
    char texts[64];
    for (u32 i = 1; i <= skus; i++) {
        snprintf(texts, sizeof(texts), "S%u|Thing %u|thing-%u", i, i, i);
        u32 sku = PUT(sku_put, SKU_PUT, texts, .department = 1 + i % 2, .brand = i % 3, .seller = 1 + i % 2,
                      .for_sale = 1);
        DO(price_set, PRICE_SET, .sku = sku, .currency = 1, .price_minor = 100 + 7 * i);
        DO(price_set, PRICE_SET, .sku = sku, .currency = 2, .price_minor = 10 + i);
        for (u32 location = 1; location <= 3; location++)
            DO(stock_receive, STOCK_RECEIVE, .sku = sku, .location = location, .quantity = 100000);
    }
}

/* One of the things that happen in a shop. */
static inline void happen(u32 number)
{
    u64 random = mix64(number);
    u32 sku = 1 + (u32)(random % 10), orders = engine_order_count(eleven_engine(eleven));
    u32 order = orders == 0 ? 1 : orders - (u32)(random >> 16) % MIN(orders, 5);
    now_ms += (i64)(random >> 40) % 3000;
    if (random % 100 < 60) {
        u32 way = (u32)(random >> 8) % 3;
        struct command_order_place command = {
            HEADER(order_place, ORDER_PLACE), .shopper = 1 + (u32)(random >> 24) % 8,
            .festival = (u16)((random >> 28) % 3), .city = way == 0, .location = (u32)(random >> 32) % 3 + 1,
            .currency = 1, .channel = CHANNEL_WEB, .delivery = (u8)(DELIVERY_HOME + way),
            .payment = (random >> 48) % 3 == 0 ? PAYMENT_HOLD : PAYMENT_WALLET, .flags = ORDER_MAY_SPLIT,
        };
        place(command, sku, 1 + (u32)(random >> 52) % 4, random % 5 == 0 ? sku % 10 + 1 : 0);
    } else if (random % 100 < 68) {
        const struct order *row = engine_order(eleven_engine(eleven), order);
        TRY(order_pay, ORDER_PAY, .order = order, .payment = PAYMENT_PROVIDER,
            .amount_minor = row == NULL ? 1 : row->total_minor);
    } else if (random % 100 < 72) {
        TRY(order_cancel, ORDER_CANCEL, .order = order);
    } else if (random % 100 < 75) {
        TRY(clock_tick, CLOCK_TICK, .header.caller = 0);
    } else if (random % 100 < 93) {
        struct command_part_pack part = {HEADER(part_pack, PART_PACK), .order = order};
        part.part = (random >> 20) % 8 == 0 ? 2 : 1;
        part.header.kind = (u16)(COMMAND_PART_PACK + (random >> 12) % 5);
        give(&part.header);
    } else {
        TRY(order_return, ORDER_RETURN, .order = order, .line = 1, .quantity = 1, .location = 1,
            .goods = GOODS_RESTOCK);
    }
}

/* --- the views -------------------------------------------------------------------- */

/* What the follower told: how often of each command, and all that expired. */
static struct {
    u8 times[EVENTS_MAX];
    u64 last;
    u32 expired;
    u32 wrong;
} told;

static inline void tell(void *argument, const struct engine *engine, u64 seq, i64 time_ms,
                 const struct command_header *command, struct result result, u32 order)
{
    (void)argument;
    bool tick = command->kind == COMMAND_CLOCK_TICK;
    told.wrong += seq >= EVENTS_MAX || seq < told.last || engine_seq(engine) != seq || engine_now(engine) != time_ms ||
                  result.code != RESULT_OK;
    told.wrong += command->kind == COMMAND_ORDER_PLACE && order != result.id;
    told.wrong += tick && (order == 0 || engine_order(engine, order)->state != ORDER_EXPIRED);
    told.expired += tick;
    told.times[seq] = (u8)(told.times[seq] + (!tick || told.last != seq));
    __atomic_store_n(&told.last, seq, __ATOMIC_RELEASE);
}

static inline void views_start(view_event *event, u64 event_after)
{
    struct view_options options = {.directory = folder, .io = &io, .event = event, .event_after = event_after};
    must(view_open(&view, &options, problem), "view_open");
}

static inline void views_stop(void)
{
    view_close(view);
    view = NULL;
}

/* All that the engine has is announced and shown. */
static inline void views_reach(void)
{
    u64 seq = engine_seq(eleven_engine(eleven));
    view_durable(view, seq);
    for (int i = 0; view_seq(view) != seq; i++) {
        if (view_problem(view) != NULL)
            fail_msg("%s", view_problem(view));
        if (i > WAIT_MS / 10)
            fail_msg("the views stay at %llu of %llu", (unsigned long long)view_seq(view), (unsigned long long)seq);
        struct eleven_answer answer;
        eleven_poll(eleven, &answer, 1, false); /* seals the journal */
        io.sleep_ms(io.context, 10);
    }
}

static inline void shop_stop(void)
{
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    eleven = NULL;
}

/* --- products and orders ----------------------------------------------------------- */

static inline void products(void)
{
#define SKU(texts, ...) PUT(sku_put, SKU_PUT, texts, .seller = 1, .for_sale = 1, __VA_ARGS__)
    SKU("R1|Running shoes|run|Size 42|sport, outdoor|"
        "<p>Light &amp; fast<script>var hidden = 1;</script> caf&eacute;</p>",
        .department = 1, .brand = 1, .gtin = 36000291452);
    SKU("R2|Running shoes|run|Size 43|sport, outdoor", .department = 1, .brand = 1);
    SKU("C1|新款红色加厚跑步鞋特价|hong|颜色 红色|运动", .department = 1);
    SKU("B1|Crème brûlée made easy|creme|||A book that speaks of <b>running</b> and of <i title=\"a>b\">tags</i>",
        .department = 2, .brand = 2);
    SKU("P1|iPhone手机壳 ＡＢＣ１２３|case||outdoor", .department = 2, .brand = 2);
    SKU("K1|한국어 サンダル|sandal", .department = 1);
    SKU("N1|No handle of its own", .department = 1);
    SKU("N2|No handle either", .department = 1);
#undef SKU
}

static inline bool part_fits(const struct engine *engine, const struct order *order,
                             const struct view_order_filter *filter)
{
    if (filter->location == 0 && filter->part_state == 0)
        return true;
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = engine_line(engine, order->first_line + i);
        if ((filter->location == 0 || engine_book(engine, line->book)->location == filter->location) &&
            (filter->part_state == 0 || line->state == filter->part_state))
            return true;
    }
    return false;
}

static inline bool order_fits(const struct engine *engine, u32 id, const struct view_order_filter *filter)
{
    const struct order *order = engine_order(engine, id);
    return (filter->shopper == 0 || order->shopper == filter->shopper) &&
           (filter->festival == 0 || order->festival == filter->festival) &&
           (filter->state == 0 || order->state == filter->state) && order->placed_ms >= filter->from_ms &&
           (filter->to_ms == 0 || order->placed_ms < filter->to_ms) && part_fits(engine, order, filter);
}

/* All pages of it are what a look at every order gives. Returns how many. */
static inline u32 expect_orders(struct view_order_filter filter)
{
    const struct engine *engine = eleven_engine(eleven);
    u32 orders[VIEW_PAGE_MAX], id = engine_order_count(engine), sum = 0;
    size_t count;
    do {
        count = view_orders(view, &filter, orders, 17);
        for (size_t i = 0; i < count; i++, id--, sum++) {
            while (id > 0 && !order_fits(engine, id, &filter))
                id--;
            if (orders[i] != id)
                fail_msg("order %u for %u: shopper %u festival %u location %u state %u part %u", orders[i], id,
                         filter.shopper, filter.festival, filter.location, filter.state, filter.part_state);
            filter.before = id;
        }
    } while (count == 17);
    for (; id > 0; id--)
        if (order_fits(engine, id, &filter))
            fail_msg("order %u was left out: shopper %u festival %u location %u state %u part %u", id, filter.shopper,
                     filter.festival, filter.location, filter.state, filter.part_state);
    return sum;
}

static inline void expect_sales(u32 festival)
{
    const struct engine *engine = eleven_engine(eleven);
    struct view_sku_sales sums[64] = {{0}}, rows[64];
    size_t skus = 0, seen = 0;
    for (u32 id = 1; id <= engine_order_count(engine); id++) {
        const struct order *order = engine_order(engine, id);
        for (u32 i = 0; i < order->line_count && order->festival == festival && order->state == ORDER_PAID; i++) {
            const struct line *line = engine_line(engine, order->first_line + i);
            struct view_sku_sales *sum = &sums[engine_book(engine, line->book)->sku];
            skus += sum->units == 0;
            sum->units += line->quantity;
            sum->returned += line->returned;
            sum->paid_minor += line->unit_price_minor * line->quantity - line->discount_minor;
        }
    }
    for (size_t count = 1; count > 0; seen += count) {
        count = view_sku_sales(view, festival, (u32)seen, rows + seen, 3);
        for (size_t i = seen; i < seen + count; i++) {
            const struct view_sku_sales *sum = &sums[rows[i].sku];
            assert_true(i == 0 || rows[i].paid_minor <= rows[i - 1].paid_minor);
            assert_int_equal(rows[i].currency, 1);
            assert_int_equal(rows[i].units, sum->units);
            assert_int_equal(rows[i].returned, sum->returned);
            assert_int_equal(rows[i].paid_minor, sum->paid_minor);
        }
    }
    assert_int_equal(seen, skus);
    assert_true(skus > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)

#endif
