/*
 * The views: what is searched and filtered is what the engine has, whatever was closed, lost or replaced in between; and every durable
 * command is told of once.
 */
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

static void must(bool good, const char *what)
{
    if (!good)
        fail_msg("%s: %s", what, problem);
}

static void shop_start(void)
{
    struct eleven_options options = {.directory = folder, .io = &io, .clock = ELEVEN_CLOCK_CALLER, .orders_ahead = 1,
                                     .no_snapshot_at_close = true, .expire_by_caller = true};
    must(eleven_open(&eleven, &options, problem) == JOURNAL_OK, "eleven_open");
}

static int folder_make(void **state)
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

static void remove_one(void *argument, const char *name)
{
    char path[512];
    (void)argument;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    unlink(path);
}

static int folder_remove(void **state)
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

static struct result give(struct command_header *command)
{
    struct result result;
    command->time_ms = now_ms;
    assert_true(eleven_call(eleven, command, &result));
    return result;
}

static u32 give_ok(struct command_header *command)
{
    struct result result = give(command);
    if (result.code != RESULT_OK)
        fail_msg("command %u: %s", command->kind, result_word(result.code));
    return result.id;
}

/* A put with texts "code|title|..." */
static u32 put(const void *command, size_t size, const char *texts)
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

static struct result place(struct command_order_place order, u32 sku, u32 quantity, u32 other)
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
static void furnish(void)
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
static void stock(u32 skus)
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
static void happen(u32 number)
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
        struct command_part_pack part = {HEADER(part_pack, PART_PACK), .order = order, .part = (random >> 20) % 8 == 0 ? 2 : 1};
        part.header.kind = (u16)(COMMAND_PART_PACK + (random >> 12) % 5);
        give(&part.header);
    } else {
        TRY(order_return, ORDER_RETURN, .order = order, .line = 1, .quantity = 1, .location = 1, .goods = GOODS_RESTOCK);
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

static void tell(void *argument, const struct engine *engine, u64 seq, i64 time_ms, const struct command_header *command,
                 struct result result, u32 order)
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

static void views_start(view_event *event, u64 event_after)
{
    struct view_options options = {.directory = folder, .io = &io, .event = event, .event_after = event_after};
    must(view_open(&view, &options, problem), "view_open");
}

static void views_stop(void)
{
    view_close(view);
    view = NULL;
}

/* All that the engine has is announced and shown. */
static void views_reach(void)
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

static void shop_stop(void)
{
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    eleven = NULL;
}

static size_t find(const char *text, u32 *skus)
{
    u64 next;
    const char *wrong;
    struct view_search search = {.text = slice_text(text)};
    size_t count = view_products(view, &search, skus, VIEW_PAGE_MAX, &next, &wrong);
    if (wrong != NULL)
        fail_msg("\"%s\": %s", text, wrong);
    assert_int_equal(next, 0);
    return count;
}

/* The search finds these SKUs, in this order: "3 1". */
static void expect_found(const char *text, const char *expected)
{
    u32 skus[VIEW_PAGE_MAX];
    char found[1024] = "";
    size_t count = find(text, skus);
    for (size_t i = 0; i < count; i++)
        snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%u", i > 0 ? " " : "", skus[i]);
    if (strcmp(found, expected) != 0)
        fail_msg("\"%s\" finds \"%s\", not \"%s\"", text, found, expected);
}

/* --- searching ------------------------------------------------------------------------ */

static void products(void)
{
#define SKU(texts, ...) PUT(sku_put, SKU_PUT, texts, .seller = 1, .for_sale = 1, __VA_ARGS__)
    SKU("R1|Running shoes|run|Size 42|sport, outdoor|<p>Light &amp; fast<script>var hidden = 1;</script> caf&eacute;</p>",
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

static void test_search(void **state)
{
    (void)state;
    furnish();
    products();
    views_start(NULL, 0);
    views_reach();
    expect_found("run", "1 4");             /* prefix; one for both sizes; title before body */
    expect_found("RUNNING shoes", "1");
    expect_found("running easy", "4");      /* all words, in any column */
    expect_found("43", "1");                /* the words of any size */
    expect_found("outdoor", "5 1");         /* among equals the shorter one */
    expect_found("creme BRULEE", "4");
    expect_found("Crème", "4");
    expect_found("cafe", "1");              /* an entity */
    expect_found("hidden", "");             /* a script */
    expect_found("title", "");              /* an attribute */
    expect_found("tags", "4");
    expect_found("红色", "3");
    expect_found("跑步", "3");              /* in the middle */
    expect_found("色加", "3");              /* across words */
    expect_found("步跑", "");
    expect_found("红色 特价", "3");
    expect_found("iphone手机", "5");
    expect_found("手机iph", "5");
    expect_found("abc12", "5");             /* fullwidth */
    expect_found("ンダ", "6");
    expect_found("국어", "6");
    expect_found("acme", "1");
    expect_found("belle", "5 4");
    expect_found("ecole", "5 4");
    expect_found("R2", "1");
    expect_found("036000291452", "1");
    expect_found("0036000291452", "1");
    expect_found("00036000291452", "1");
    expect_found("no handle", "8 7");
    expect_found("nowhere", "");
}

static void test_hostile(void **state)
{
    static const char *const texts[] = {
        "\"", "'", "running OR", "NOT", "AND AND", "run*", "title : running", "{title body} : a", "NEAR(a b)", "^run",
        "\"running", "a\"b", "-run", "; DROP TABLE sku", "(", ")", "run + shoes", "\xff\xfe", "run\xc3", "**", "\\", "💥",
    };
    u32 skus[VIEW_PAGE_MAX];
    const char *wrong;
    u64 next;
    (void)state;
    furnish();
    products();
    views_start(NULL, 0);
    views_reach();
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        find(texts[i], skus);
    expect_found("run*", "1 4");
    expect_found("\"shoes\" (running)", "1");
    expect_found("run -shoes", "1");        /* "-" is nothing, so it is not "without" */
    expect_found("NOT", "");
    expect_found("!?", "");
    expect_found("", "1 3 4 5 6 7 8");
    expect_found(" \t", "1 3 4 5 6 7 8");
    char many[WORDS_TEST_BYTES];
    struct view_search search = {.text = slice_of(many, sizeof(many))};
    memset(many, 'a', sizeof(many));
    assert_int_equal(view_products(view, &search, skus, 10, &next, &wrong), 0);
    assert_non_null(wrong);
    for (size_t i = 0; i < sizeof(many); i += 2)
        many[i] = ' ';
    search.text.size = 100;
    assert_int_equal(view_products(view, &search, skus, 10, &next, &wrong), 0);
    assert_non_null(wrong);
    search = (struct view_search){.after = UINT64_MAX};
    assert_int_equal(view_products(view, &search, skus, 10, &next, &wrong), 0);
    assert_non_null(wrong);
    assert_int_equal(view_variants(view, slice_text("run"), skus, 10), 2);
    assert_int_equal(skus[1], 2);
    assert_int_equal(view_variants(view, slice_text("run"), skus, 1), 1);
    assert_int_equal(view_variants(view, slice_text(""), skus, 10), 0);
}

/* What is put again is found by its new words only. */
static void test_changes(void **state)
{
    (void)state;
    furnish();
    products();
    views_start(NULL, 0);
    views_reach();
    PUT(sku_put, SKU_PUT, "R1|Walking shoes|run|Size 42", .department = 1, .brand = 1, .seller = 1, .for_sale = 0);
    PUT(sku_put, SKU_PUT, "R2|Walking shoes|run|Size 43", .department = 1, .brand = 1, .seller = 1, .for_sale = 1);
    PUT(brand_put, BRAND_PUT, "acme|Apex", .country = 1);
    PUT(department_put, DEPARTMENT_PUT, "books|Bücher");
    PUT(sku_put, SKU_PUT, "N1|Moved|hong", .department = 1, .seller = 1, .for_sale = 1);
    views_reach();
    expect_found("running", "4");
    expect_found("walk", "2");              /* the first for sale */
    expect_found("acme", "");
    expect_found("apex", "2");
    expect_found("ecole", "");
    expect_found("bucher", "5 4");
    expect_found("moved", "3");             /* joined the product of its new handle */
    expect_found("no handle", "8");
    expect_found("", "2 3 4 5 6 8");
    u32 skus[4];
    u64 next;
    const char *wrong;
    struct view_search search = {.text = slice_text("walk"), .for_sale = true};
    assert_int_equal(view_products(view, &search, skus, 4, &next, &wrong), 1);
    search.brand = 2;
    assert_int_equal(view_products(view, &search, skus, 4, &next, &wrong), 0);
    assert_int_equal(view_variants(view, slice_text("hong"), skus, 4), 2);
}

/* --- paging --------------------------------------------------------------------------------- */

static void expect_paged(struct view_search search, u32 expected)
{
    u32 skus[VIEW_PAGE_MAX], count = 0;
    u8 seen[1024] = {0};
    const char *wrong;
    for (search.after = 0;;) {
        u64 next;
        size_t found = view_products(view, &search, skus, 7, &next, &wrong);
        assert_null(wrong);
        assert_true(found <= 7);
        for (size_t i = 0; i < found; i++, count++) {
            const struct sku *sku = engine_sku(eleven_engine(eleven), skus[i]);
            assert_int_equal(seen[skus[i]]++, 0);
            assert_true(search.department == 0 || sku->department == search.department);
            assert_true(search.brand == 0 || sku->brand == search.brand);
            assert_true(search.seller == 0 || sku->seller == search.seller);
            assert_true(search.country == 0 || sku->origin == search.country);
            assert_true(!search.for_sale || sku->for_sale);
        }
        if (next == 0)
            break;
        assert_int_equal(found, 7);
        search.after = next;
    }
    assert_int_equal(count, expected);
}

static void test_paging(void **state)
{
    u32 shoes = 0, belle = 0, mine = 0, french = 0, sold = 0, both = 0;
    char texts[96];
    (void)state;
    furnish();
    for (u32 i = 0; i < 300; i++) {
        u64 random = mix64(i);
        u32 department = 1 + (u32)(random % 2), brand = (u32)(random >> 8) % 3, seller = 1 + (u32)(random >> 16) % 2;
        u32 on = (u32)(random >> 24) % 2;
        snprintf(texts, sizeof(texts), "S%u|thing %s 东西%u|h%u", i, random & 0x100000 ? "long long long" : "", i, i);
        PUT(sku_put, SKU_PUT, texts, .department = department, .brand = brand, .seller = seller, .for_sale = (u16)on);
        shoes += department == 1;
        belle += brand == 2;
        mine += seller == 2;
        french += brand == 2;
        sold += on;
        both += department == 1 && brand == 2 && on;
    }
    views_start(NULL, 0);
    views_reach();
    for (int i = 0; i < 3; i++) {
        struct slice text = slice_text(i == 0 ? "" : i == 1 ? "thing" : "东西");
        expect_paged((struct view_search){.text = text}, 300);
        expect_paged((struct view_search){.text = text, .department = 1}, shoes);
        expect_paged((struct view_search){.text = text, .brand = 2}, belle);
        expect_paged((struct view_search){.text = text, .seller = 2}, mine);
        expect_paged((struct view_search){.text = text, .country = 2}, french);
        expect_paged((struct view_search){.text = text, .for_sale = true}, sold);
        expect_paged((struct view_search){.text = text, .department = 1, .brand = 2, .for_sale = true}, both);
    }
}

/* --- orders ------------------------------------------------------------------------------------ */

static bool part_fits(const struct engine *engine, const struct order *order, const struct view_order_filter *filter)
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

static bool order_fits(const struct engine *engine, u32 id, const struct view_order_filter *filter)
{
    const struct order *order = engine_order(engine, id);
    return (filter->shopper == 0 || order->shopper == filter->shopper) &&
           (filter->festival == 0 || order->festival == filter->festival) &&
           (filter->state == 0 || order->state == filter->state) && order->placed_ms >= filter->from_ms &&
           (filter->to_ms == 0 || order->placed_ms < filter->to_ms) && part_fits(engine, order, filter);
}

/* All pages of it are what a look at every order gives. Returns how many. */
static u32 expect_orders(struct view_order_filter filter)
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

static void expect_sales(u32 festival)
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

static void test_orders(void **state)
{
    (void)state;
    furnish();
    stock(10);
    views_start(NULL, 0);
    for (u32 i = 0; i < 2500; i++) {
        happen(i);
        if (i % 500 == 400) /* some of what was sent arrives */
            for (u32 order = 1; order <= engine_order_count(eleven_engine(eleven)); order += 2)
                TRY(part_deliver, PART_DELIVER, .order = order, .part = 1);
        if (i % 500 == 499)
            views_reach();
    }
    i64 begin = engine_order(eleven_engine(eleven), 1)->placed_ms, length = now_ms - begin;
    u32 shown = 0;
    for (u32 i = 0; i < 600; i++) {
        u64 random = mix64(i + 77777);
        struct view_order_filter filter = {
            .shopper = random % 3 == 0 ? (u32)(random >> 8) % 9 : 0,
            .festival = random % 5 < 2 ? (u32)(random >> 16) % 3 : 0,
            .location = (random >> 24) % 2 == 0 ? (u32)(random >> 32) % 4 : 0,
            .state = (u32)(random >> 36) % 5,
            .part_state = (random >> 26) % 2 == 0 ? (u32)(random >> 40) % 8 : 0,
        };
        if ((random >> 44) % 3 == 0)
            filter.from_ms = begin + (i64)(random % (u64)length);
        if ((random >> 46) % 3 == 0)
            filter.to_ms = begin + (i64)((random >> 13) % (u64)length);
        shown += expect_orders(filter);
    }
    for (u32 one = 1; one <= 8; one++) { /* each alone, so that each finds something */
        shown += expect_orders((struct view_order_filter){.shopper = one});
        if (one <= 7)
            assert_true(expect_orders((struct view_order_filter){.part_state = one}) > 0);
        if (one <= 4)
            assert_true(expect_orders((struct view_order_filter){.state = one}) > 0);
        if (one <= 3)
            assert_true(expect_orders((struct view_order_filter){.location = one}) > 0);
    }
    assert_true(shown > 1000);
    assert_int_equal(view_orders(view, &(struct view_order_filter){.state = 9}, (u32[1]){0}, 1), 0);
    assert_int_equal(view_orders(view, &(struct view_order_filter){.part_state = 99}, (u32[1]){0}, 1), 0);
    for (u32 festival = 0; festival <= 2; festival++)
        expect_sales(festival);
}

/* --- made anew, closed, lost ------------------------------------------------------------------------ */

/* A checksum of every row of every table, in the order of their keys. */
static u64 rows_digest(void)
{
    static const char *const queries[] = {
        "SELECT seq, chain, hex(instance) FROM meta", "SELECT id, hex(handle), dirty FROM product ORDER BY id",
        "SELECT * FROM sku ORDER BY id", "SELECT rowid, * FROM words ORDER BY rowid", "SELECT * FROM orders ORDER BY id",
        "SELECT * FROM shopper ORDER BY id", "SELECT * FROM block ORDER BY list, block",
        "SELECT * FROM part ORDER BY location, state, ord, part", "SELECT * FROM sale ORDER BY festival, sku, currency",
    };
    char path[512];
    sqlite3 *db;
    u64 digest = 0, rows = 0;
    snprintf(path, sizeof(path), "%s/views.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < ARRAY_COUNT(queries); i++) {
        sqlite3_stmt *statement;
        assert_int_equal(sqlite3_prepare_v2(db, queries[i], -1, &statement, NULL), SQLITE_OK);
        for (; sqlite3_step(statement) == SQLITE_ROW; rows++)
            for (int column = 0; column < sqlite3_column_count(statement); column++) {
                const char *text = (const char *)sqlite3_column_text(statement, column);
                for (; text != NULL && *text != '\0'; text++)
                    digest = mix64(digest ^ (u8)*text);
                digest = mix64(digest + i + 1);
            }
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
    assert_true(rows > 100);
    return digest;
}

static u64 progress_seq;

static void note_progress(u64 seq, u64 of)
{
    assert_true(seq > progress_seq && seq <= of);
    progress_seq = seq;
}

static void test_rebuild(void **state)
{
    (void)state;
    furnish();
    products();
    stock(10);
    views_start(NULL, 0);
    for (u32 i = 0; i < 1000; i++) {
        happen(i);
        if (i % 100 == 99)
            views_reach();
    }
    PUT(sku_put, SKU_PUT, "N1|Moved|hong", .department = 1, .seller = 1, .for_sale = 1);
    views_reach();
    assert_false(view_rebuild(folder, NULL, problem)); /* they are open */
    assert_non_null(strstr(problem, "busy"));
    views_stop();
    u64 seq = engine_seq(eleven_engine(eleven)), digest = rows_digest();
    shop_stop();
    progress_seq = 0;
    must(view_rebuild(folder, note_progress, problem), "view_rebuild");
    assert_int_equal(progress_seq, seq);
    assert_true(rows_digest() == digest);
    shop_start();
    views_start(NULL, 0); /* and it is followed on */
    assert_int_equal(view_seq(view), seq);
    for (u32 i = 2000; i < 2200; i++)
        happen(i);
    views_reach();
    expect_orders((struct view_order_filter){.festival = 1});
    assert_false(view_rebuild("/tmp/there-is-no-such-folder", NULL, problem));
}

/* Views that are closed behind, or with a snapshot of the engine to begin with, go on where they were. */
static void test_resume(void **state)
{
    (void)state;
    furnish();
    stock(10);
    views_start(NULL, 0);
    for (u32 round = 0; round < 4; round++) {
        for (u32 i = 0; i < 150; i++)
            happen(round * 1000 + i);
        views_reach();
        u64 seq = view_seq(view);
        for (u32 i = 500; i < 600; i++)
            happen(round * 1000 + i);
        views_stop(); /* without these */
        if (round == 1) {
            shop_stop(); /* without a snapshot */
            shop_start();
        }
        if (round == 2) {
            assert_true(eleven_snapshot(eleven));
            struct eleven_answer answer;
            while (eleven_snapshot_running(eleven))
                eleven_poll(eleven, &answer, 1, false);
        }
        views_start(NULL, 0);
        assert_int_equal(view_seq(view), seq);
    }
    views_reach();
    expect_orders((struct view_order_filter){.state = ORDER_PAID});
    expect_sales(1);
    views_stop();
    u64 digest = rows_digest();
    must(view_rebuild(folder, NULL, problem), "view_rebuild");
    assert_true(rows_digest() == digest);
}

static void damage(const char *sql)
{
    char path[512];
    sqlite3 *db;
    snprintf(path, sizeof(path), "%s/views.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Rows of another journal, schema or history, or a file that is no database, are not believed. */
static void test_foreign(void **state)
{
    static const char *const lies[] = {
        "UPDATE meta SET instance = zeroblob(16); UPDATE orders SET shopper = 1",
        "UPDATE meta SET schema = 999",
        "DROP TABLE meta",
        "UPDATE meta SET chain = chain + 1; UPDATE orders SET shopper = 1",
        "UPDATE meta SET seq = 1000000; UPDATE orders SET shopper = 1", /* ahead: a journal was put back */
        NULL,
    };
    (void)state;
    furnish();
    stock(10);
    for (u32 i = 0; i < 200; i++)
        happen(i);
    views_start(NULL, 0);
    views_reach();
    views_stop();
    u64 digest = rows_digest();
    for (size_t i = 0; i < ARRAY_COUNT(lies); i++) {
        if (lies[i] != NULL) {
            damage(lies[i]);
        } else {
            char path[512];
            snprintf(path, sizeof(path), "%s/views.db", folder);
            FILE *file = fopen(path, "w");
            for (u32 j = 0; j < 10000; j++)
                fputs("this is no database. ", file);
            fclose(file);
        }
        views_start(NULL, 0);
        happen((u32)(i + 5000)); /* may change nothing */
        views_reach();
        expect_orders((struct view_order_filter){.shopper = 2});
        views_stop();
        if (i == 0) {
            must(view_rebuild(folder, NULL, problem), "view_rebuild");
            digest = rows_digest();
        }
    }
    u64 last = rows_digest();
    must(view_rebuild(folder, NULL, problem), "view_rebuild");
    assert_true(rows_digest() == last);
    struct stat status;
    char path[512];
    (void)digest;
    snprintf(path, sizeof(path), "%s/views.db", folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07, 0); /* not for everybody */
}

/* Disk and damage end the following with a reason; the shop goes on, and so do the answers. */
static void test_trouble(void **state)
{
    (void)state;
    furnish();
    stock(10);
    for (u32 i = 0; i < 200; i++)
        happen(i);
    views_start(NULL, 0);
    views_reach();
    u32 before = expect_orders((struct view_order_filter){.state = ORDER_PAID});
    damage("CREATE TRIGGER trouble BEFORE INSERT ON orders BEGIN SELECT raise(ABORT, 'no more room'); END");
    for (u32 i = 300; i < 350; i++)
        happen(i);
    u64 seq = view_seq(view);
    view_durable(view, engine_seq(eleven_engine(eleven)));
    for (int i = 0; view_problem(view) == NULL && i < WAIT_MS / 10; i++) {
        struct eleven_answer answer;
        eleven_poll(eleven, &answer, 1, false);
        io.sleep_ms(io.context, 10);
    }
    assert_non_null(view_problem(view));
    assert_non_null(strstr(view_problem(view), "no more room"));
    assert_int_equal(view_seq(view), seq);
    u32 orders[VIEW_PAGE_MAX];
    assert_true(view_orders(view, &(struct view_order_filter){0}, orders, VIEW_PAGE_MAX) > 0 && before > 0);
    assert_int_equal(eleven_status(eleven), JOURNAL_OK);
    view_durable(view, engine_seq(eleven_engine(eleven)) + 1); /* heard by nobody */
}

/* --- events --------------------------------------------------------------------------------------------- */

static void test_expired(void **state)
{
    (void)state;
    memset(&told, 0, sizeof(told));
    furnish();
    stock(10);
    views_start(tell, 0);
    u32 first = 0;
    for (u32 i = 0; i < 30; i++) { /* in both festivals and outside; some are paid or cancelled meanwhile */
        struct result result =
            place((struct command_order_place){HEADER(order_place, ORDER_PLACE), .shopper = 1 + i % 8,
                                               .festival = (u16)(i % 3), .city = 1, .currency = 1, .channel = CHANNEL_WEB,
                                               .delivery = DELIVERY_HOME, .payment = PAYMENT_HOLD},
                  1 + i % 10, 1, 0);
        assert_int_equal(result.code, RESULT_OK);
        first = first == 0 ? result.id : first;
        now_ms += 1000;
    }
    DO(order_cancel, ORDER_CANCEL, .order = first + 4);
    DO(order_pay, ORDER_PAY, .order = first + 7, .payment = PAYMENT_PROVIDER,
       .amount_minor = engine_order(eleven_engine(eleven), first + 7)->total_minor);
    views_reach();
    assert_int_equal(told.expired, 0);
    now_ms = SHOP_START + SHOP_HOLD_MS + 9500; /* those of the festivals among the first ten */
    struct result tick = TRY(clock_tick, CLOCK_TICK, .header.caller = 0);
    views_reach();
    assert_int_equal(told.expired, tick.value);
    assert_int_equal(told.expired, 10 - 4 - 2); /* 0, 3, 6 and 9 are held longer outside; 4 and 7 are gone */
    now_ms += 3600 * 1000;
    TRY(clock_tick, CLOCK_TICK, .header.caller = 0);
    views_reach();
    assert_int_equal(told.expired, 28);
    assert_int_equal(expect_orders((struct view_order_filter){.state = ORDER_EXPIRED}), 28);
    assert_int_equal(expect_orders((struct view_order_filter){.state = ORDER_HELD}), 0);
    assert_int_equal(told.wrong, 0);
}

/* Each command once, whether rows or events are ahead when the views are opened. */
static void test_once(void **state)
{
    (void)state;
    memset(&told, 0, sizeof(told));
    furnish();
    stock(10);
    views_start(tell, 0);
    for (u32 round = 0; round < 6; round++) {
        for (u32 i = 0; i < 100; i++)
            happen(round * 1000 + i);
        if (round != 2)
            views_reach();
        views_stop();
        u64 after = told.last;
        if (round == 3) { /* rows without anybody who listens: they are ahead of the events */
            views_start(NULL, 0);
            for (u32 i = 200; i < 300; i++)
                happen(round * 1000 + i);
            views_reach();
            views_stop();
        }
        if (round == 4) { /* rows lost: events are ahead of them */
            char path[512];
            snprintf(path, sizeof(path), "%s/views.db", folder);
            unlink(path);
        }
        views_start(tell, after);
    }
    u64 seq = engine_seq(eleven_engine(eleven));
    views_reach();
    for (int i = 0; __atomic_load_n(&told.last, __ATOMIC_ACQUIRE) < seq && i < WAIT_MS / 10; i++)
        io.sleep_ms(io.context, 10);
    views_stop();
    for (u64 i = 1; i <= seq; i++)
        if (told.times[i] != 1)
            fail_msg("command %llu was told %u times", (unsigned long long)i, told.times[i]);
    assert_int_equal(told.wrong, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(test_search), TEST(test_hostile), TEST(test_changes), TEST(test_paging), TEST(test_orders),
        TEST(test_rebuild), TEST(test_resume), TEST(test_foreign), TEST(test_trouble), TEST(test_expired),
        TEST(test_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
