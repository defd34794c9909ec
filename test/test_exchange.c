/*
 * What a server does with imports and exports: a rehearsal beside a running sale, from bytes in memory, and exports in
 * slices from the engine that sells. And the words of enums, both ways.
 */
#include "eleven.h"

#include "core/words.h"
#include "exchange/export.h"
#include "exchange/rehearsal.h"
#include "test/support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- words ----------------------------------------------------------------------- */

static void test_words(void **state)
{
    (void)state;
    const struct {
        const char *(*word)(unsigned number);
        int (*parse)(struct slice word);
        unsigned number;
        const char *expected;
    } words[] = {
        {word_order_state, word_parse_order_state, ORDER_CANCELLED, "cancelled"},
        {word_part_state, word_parse_part_state, PART_HANDED_OVER, "handed-over"},
        {word_channel, word_parse_channel, CHANNEL_TILL, "till"},
        {word_delivery, word_parse_delivery, DELIVERY_CARRY_OUT, "carry-out"},
        {word_payment, word_parse_payment, PAYMENT_HOLD, "hold"},
        {word_location_kind, word_parse_location_kind, LOCATION_STORE, "store"},
        {word_service, word_parse_service, SERVICE_CARRY_OUT, "carry-out"},
        {word_goods, word_parse_goods, GOODS_QUARANTINE, "quarantine"},
        {word_budget_scope, word_parse_budget_scope, BUDGET_DEPARTMENT, "department"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(words); i++) {
        assert_string_equal(words[i].word(words[i].number), words[i].expected);
        assert_int_equal(words[i].parse(slice_text(words[i].expected)), words[i].number);
        assert_string_equal(words[i].word(0), "?");
        assert_string_equal(words[i].word(99), "?");
        static const char *const none[] = {"", "?", "Till", "tillx", "til"};
        for (size_t j = 0; j < ARRAY_COUNT(none); j++)
            assert_int_equal(words[i].parse(slice_text(none[j])), -1);
    }
    char text[WORD_SERVICES_MAX];
    assert_string_equal(word_services(text, SERVICE_SHIP | SERVICE_PICK_UP | SERVICE_CARRY_OUT),
                        "ship+pick-up+carry-out");
    assert_string_equal(word_services(text, 0), "");
    assert_int_equal(word_parse_services(slice_text("carry-out+ship")), SERVICE_CARRY_OUT | SERVICE_SHIP);
    static const char *const none[] = {"", "ship+", "+ship", "ship+fly", "ship pick-up"};
    for (size_t i = 0; i < ARRAY_COUNT(none); i++)
        assert_int_equal(word_parse_services(slice_text(none[i])), -1);
}

/* --- rehearsals ------------------------------------------------------------------ */

static char folder[32];
static struct eleven *eleven; /* the running sale */

static int open_sale(void **state)
{
    (void)state;
    struct engine_limits limits;
    support_limits(&limits);
    limits.shoppers = 200000;
    strcpy(folder, "/tmp/eleven-exchange-XXXXXX");
    char problem[JOURNAL_PROBLEM_MAX];
    const struct eleven_options options = {.directory = folder, .no_snapshot_at_close = true, .orders_ahead = 1};
    if (mkdtemp(folder) == NULL || eleven_create(folder, &limits, NULL) != JOURNAL_OK)
        return -1;
    return eleven_open(&eleven, &options, problem) == JOURNAL_OK ? 0 : -1;
}

static int close_sale(void **state)
{
    (void)state;
    eleven_close(eleven);
    static const char *const names[] = {"eleven.conf", "journal-0000000001.log", "journal-0000000002.log", "lock"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        char path[96];
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

/* One file of a rehearsal; the bytes are copied, since reading changes them. */
static struct rehearsal_file file_of(enum import_kind kind, const char *name, const char *text)
{
    char *bytes = strdup(text);
    assert_non_null(bytes);
    return (struct rehearsal_file){.kind = kind, .source = {.name = name, .bytes = bytes, .size = strlen(text)}};
}

/* What an idle server does: its journal then shows all of it as durable. */
static void rest(void)
{
    for (int i = 0; i < 3; i++) {
        struct eleven_answer answer;
        usleep(25000);
        assert_int_equal(eleven_poll(eleven, &answer, 1, false), 0);
    }
}

static struct rehearsal *rehearse(struct rehearsal_options options, struct rehearsal_file *files, size_t count)
{
    options.directory = options.directory != NULL ? options.directory : folder;
    options.files = files;
    options.file_count = count;
    rest();
    struct rehearsal *rehearsal = rehearsal_run(&options);
    assert_non_null(rehearsal);
    for (size_t i = 0; i < count; i++)
        free(files[i].source.bytes);
    return rehearsal;
}

#define CITIES "code,zh,en,province,lon,lat,population\n3301,杭州,Hangzhou,Zhejiang,120.16,30.29,1000\n"
#define PRODUCTS                                                                                  \
    "Handle,Title,Vendor,Variant SKU,Variant Price,Variant Inventory Qty\n"                       \
    "mug,\"Mug, red\",Velmo,MUG,19.90,7\n"                                                        \
    "tea,Tea,Velmo,TEA,3,\n"

/* The files in the wrong order; they are taken in the right one. */
static struct rehearsal *rehearse_products(void)
{
    struct rehearsal_file files[] = {file_of(IMPORT_shopify, "products.csv", PRODUCTS),
                                     file_of(IMPORT_cities, "cities.csv", CITIES)};
    return rehearse((struct rehearsal_options){.import = {.location = "main", .city = "3301"}}, files, 2);
}

/* As a server submits them. Returns how many were answered ok. */
static size_t submit(const struct rehearsal *rehearsal)
{
    size_t at = 0, good = 0;
    for (size_t i = 0; i < rehearsal->count; i++) {
        const struct command_header *command = (const void *)(rehearsal->commands + at);
        struct result result;
        assert_true(command_well_formed(command, rehearsal->size - at));
        assert_true(eleven_call(eleven, command, &result));
        good += result.code == RESULT_OK;
        at += command->size;
    }
    assert_int_equal(at, rehearsal->size);
    return good;
}

static void expect_count(const struct rehearsal *rehearsal, enum stage_thing thing, u64 made, u64 changed, u64 same)
{
    const struct stage_count *count = &rehearsal->counts[thing];
    if (count->made != made || count->changed != changed || count->same != same)
        fail_msg("%s: %llu made, %llu changed, %llu same", stage_thing_name(thing), (unsigned long long)count->made,
                 (unsigned long long)count->changed, (unsigned long long)count->same);
}

static void test_rehearse_beside_a_sale_and_submit(void **state)
{
    (void)state;
    const struct engine *engine = eleven_engine(eleven);
    struct rehearsal *rehearsal = rehearse_products();
    assert_int_equal(rehearsal->status, REHEARSAL_DONE);
    assert_int_equal(rehearsal->error_count, 0);
    assert_null(rehearsal->left_out);
    expect_count(rehearsal, STAGE_CITIES, 1, 0, 0);
    expect_count(rehearsal, STAGE_SKUS, 2, 0, 0);
    expect_count(rehearsal, STAGE_BOOKS, 1, 0, 0);
    expect_count(rehearsal, STAGE_LOCATIONS, 1, 0, 0);
    assert_int_equal(engine_sku_count(engine), 0); /* nothing has happened yet */
    assert_true(rehearsal_holds(rehearsal, engine));
    assert_int_equal(submit(rehearsal), rehearsal->count);
    assert_false(rehearsal_holds(rehearsal, engine)); /* it is done */
    rehearsal_free(rehearsal);

    u32 mug = engine_find(engine, COMMAND_SKU_PUT, slice_text("MUG"));
    u32 main_location = engine_find(engine, COMMAND_LOCATION_PUT, slice_text("main"));
    assert_int_equal(engine_sku(engine, mug)->price_minor, 1990);
    assert_int_equal(engine_book(engine, engine_find_book(engine, mug, main_location))->available, 7);
    assert_true(support_check(engine));

    /* Again: it sees what was submitted, and there is nothing to do. */
    rehearsal = rehearse_products();
    assert_int_equal(rehearsal->status, REHEARSAL_DONE);
    assert_int_equal(rehearsal->count, 0);
    assert_int_equal(rehearsal->seq, engine_seq(engine));
    expect_count(rehearsal, STAGE_SKUS, 0, 0, 2);
    rehearsal_free(rehearsal);

    /* One price more, and no location for the quantities. */
    struct rehearsal_file files[] = {
        file_of(IMPORT_shopify, "p.csv", "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty\n"
                                         "mug,Mug,MUG,20,9\n")};
    rehearsal = rehearse((struct rehearsal_options){0}, files, 1);
    assert_int_equal(rehearsal->status, REHEARSAL_DONE);
    expect_count(rehearsal, STAGE_PRICES, 0, 1, 0);
    assert_string_equal(rehearsal->left_out, "Variant Inventory Qty");
    rehearsal_free(rehearsal);
}

static void test_rehearsal_holds_only_while_ids_do(void **state)
{
    (void)state;
    const struct engine *engine = eleven_engine(eleven);
    struct rehearsal *first = rehearse_products(), *second = rehearse_products(); /* two share nothing */
    assert_int_equal(first->count, second->count);
    assert_int_equal(first->size, second->size);
    assert_int_equal(submit(first), first->count);
    rehearsal_free(first);
    assert_false(rehearsal_holds(second, engine));
    rehearsal_free(second);

}

static void test_rehearsal_survives_shoppers(void **state)
{
    (void)state;
    struct rehearsal *rehearsal = rehearse_products();
    assert_int_equal(submit(rehearsal), rehearsal->count);
    rehearsal_free(rehearsal);
    struct rehearsal_file files[] = {file_of(IMPORT_stock, "stock.csv", "sku,location,quantity\nTEA,main,5\n")};
    struct rehearsal *again = rehearse((struct rehearsal_options){0}, files, 1);
    struct command_shopper_join join = {
        .header = {.kind = COMMAND_SHOPPER_JOIN, .size = sizeof(join)}, .currency = 1};
    struct result result;
    assert_true(eleven_call(eleven, &join, &result));
    assert_int_equal(result.code, RESULT_OK);
    assert_true(rehearsal_holds(again, eleven_engine(eleven)));
    assert_int_equal(submit(again), 1);
    rehearsal_free(again);
}

static void test_rehearsal_refused(void **state)
{
    (void)state;
    char text[4096] = "code,zh,lon,lat\n";
    for (int i = 0; i < 50; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d,杭州,x,0\n", i);
    struct rehearsal_file files[] = {file_of(IMPORT_cities, "cities.csv", text),
                                     file_of(IMPORT_prices, "prices.csv", "sku,price\n")};
    struct rehearsal *rehearsal = rehearse((struct rehearsal_options){0}, files, 2);
    assert_int_equal(rehearsal->status, REHEARSAL_REFUSED);
    assert_null(rehearsal->commands);
    assert_int_equal(rehearsal->error_count, STAGE_ERRORS_MAX);
    assert_int_equal(rehearsal->errors_found, STAGE_ERRORS_MAX + 1);
    const struct rehearsal_error *error = &rehearsal->errors[1];
    assert_string_equal(error->file, "cities.csv");
    assert_int_equal(error->line, 3);
    assert_int_equal(error->column, 3);
    assert_string_equal(error->name, "lon");
    assert_string_equal(error->text, "\"x\" is not a number of degrees from -180 to 180");
    rehearsal_free(rehearsal);

    /* Settings are told by their names, and no option of a command line is spoken of. */
    struct rehearsal_file products[] = {file_of(IMPORT_shopify, "p.csv", PRODUCTS)};
    rehearsal = rehearse((struct rehearsal_options){.import = {.location = "main", .city = "9"}}, products, 1);
    assert_int_equal(rehearsal->status, REHEARSAL_REFUSED);
    assert_string_equal(rehearsal->errors[0].file, "city");
    assert_string_equal(rehearsal->errors[0].text, "there is no city \"9\"; import cities with cities first");
    rehearsal_free(rehearsal);
    struct rehearsal_file others[] = {file_of(IMPORT_shopify, "p.csv", PRODUCTS)};
    rehearsal = rehearse((struct rehearsal_options){.import = {.seller = ""}}, others, 1);
    assert_int_equal(rehearsal->status, REHEARSAL_REFUSED);
    assert_string_equal(rehearsal->errors[0].file, "seller");
    rehearsal_free(rehearsal);
    struct rehearsal_file empty[] = {{.kind = IMPORT_stock, .source = {.name = "empty.csv"}}};
    rehearsal = rehearse((struct rehearsal_options){0}, empty, 1);
    assert_int_equal(rehearsal->status, REHEARSAL_REFUSED);
    assert_string_equal(rehearsal->errors[0].text, "the file is empty");
    rehearsal_free(rehearsal);
}

/* Errors are UTF-8 wherever they are cut. */
static void test_errors_are_cut_between_characters(void **state)
{
    (void)state;
    char text[2048] = "code,zh,lon,lat\n1,A,";
    for (int i = 0; i < 60; i++)
        strcat(text, "杭");
    strcat(text, ",0\n");
    struct rehearsal_file files[] = {file_of(IMPORT_cities, "c.csv", text)};
    struct rehearsal *rehearsal = rehearse((struct rehearsal_options){0}, files, 1);
    assert_int_equal(rehearsal->error_count, 1);
    assert_true(csv_text_is_clean(slice_text(rehearsal->errors[0].text)));
    rehearsal_free(rehearsal);
}

static bool give_up(void *argument, u64 seq)
{
    *(u64 *)argument = seq;
    return false;
}

static void test_rehearsal_full_stopped_and_without_a_folder(void **state)
{
    (void)state;
    struct rehearsal_file files[] = {file_of(IMPORT_cities, "cities.csv", CITIES)};
    struct rehearsal *rehearsal = rehearse((struct rehearsal_options){.commands_bytes_max = 100}, files, 1);
    assert_int_equal(rehearsal->status, REHEARSAL_FULL);
    assert_null(rehearsal->commands);
    rehearsal_free(rehearsal);

    struct rehearsal_file more[] = {file_of(IMPORT_cities, "cities.csv", CITIES)};
    rehearsal = rehearse((struct rehearsal_options){.directory = "/nowhere"}, more, 1);
    assert_int_equal(rehearsal->status, REHEARSAL_FOLDER);
    assert_int_equal(rehearsal->journal, JOURNAL_NOT_FOUND);
    rehearsal_free(rehearsal);

    struct rehearsal_file ahead[] = {file_of(IMPORT_cities, "cities.csv", CITIES)};
    rehearsal = rehearse((struct rehearsal_options){.through = 5}, ahead, 1);
    assert_int_equal(rehearsal->status, REHEARSAL_FOLDER);
    assert_int_equal(rehearsal->journal, JOURNAL_BUSY);
    rehearsal_free(rehearsal);

    rehearsal = rehearse_products(); /* a currency, for the shoppers */
    submit(rehearsal);
    rehearsal_free(rehearsal);
    static struct command_shopper_join joins[1000];
    for (size_t i = 0; i < ARRAY_COUNT(joins); i++)
        joins[i] = (struct command_shopper_join){
            .header = {.kind = COMMAND_SHOPPER_JOIN, .size = sizeof(joins[i])}, .currency = 1};
    static struct eleven_answer answers[1000];
    for (u64 sent = 0; sent < READER_PROGRESS; sent += ARRAY_COUNT(joins)) {
        size_t size;
        u64 ticket;
        assert_int_equal(eleven_submit(eleven, joins, sizeof(joins), &size, &ticket), ARRAY_COUNT(joins));
        for (size_t got = 0; got < ARRAY_COUNT(joins);)
            got += eleven_poll(eleven, answers, ARRAY_COUNT(answers), true);
    }
    u64 seq = 0;
    struct rehearsal_file last[] = {file_of(IMPORT_cities, "cities.csv", CITIES)};
    rehearsal = rehearse((struct rehearsal_options){.progress = give_up, .progress_argument = &seq}, last, 1);
    assert_int_equal(rehearsal->status, REHEARSAL_STOPPED);
    assert_int_equal(seq, READER_PROGRESS);
    rehearsal_free(rehearsal);
}

/* --- exports --------------------------------------------------------------------- */

static char *slices; /* what the last export wrote */
static size_t slice_count;

/* Exports with a buffer of `size` bytes. Returns how many bytes are in `slices`. */
static size_t export_all(const struct engine *engine, enum export_kind kind, u32 festival, size_t size)
{
    struct export export;
    char *buffer = malloc(size);
    size_t used = 0;
    assert_non_null(buffer);
    assert_true(export_open(&export, engine, kind, festival));
    slice_count = 0;
    for (bool done = false; !done; slice_count++) {
        size_t got = export_next(&export, buffer, size, &done);
        assert_true(got <= size);
        assert_true(got == 0 || memcmp(buffer + got - 2, "\r\n", 2) == 0); /* whole rows */
        slices = realloc(slices, used + got + 1);
        assert_non_null(slices);
        memcpy(slices + used, buffer, got);
        used += got;
        slices[used] = '\0';
    }
    export_close(&export);
    free(buffer);
    return used;
}

static size_t lines_of(const char *text)
{
    size_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    return lines;
}

#define LARGE ((size_t)16 << 20)

static void test_export_rows(void **state)
{
    (void)state;
    struct shop shop;
    shop_open_festival(&shop);
    OK(PUT(&shop, sku_put, SKU_PUT, "K1|He said \"yes\", twice", .gtin = 9520000000011, .department = 1, .brand = 1,
           .seller = 1, .for_sale = 1));
    OK(PLACE(&shop, "1x2 3x1", HOME(WALLET)));
    OK(DO(&shop, deal_put, DEAL_PUT, .festival = 1, .sku = 2, .price_minor = 950, .quota = 5));
    export_all(shop.engine, EXPORT_ORDERS, 0, LARGE);
    static const char *const orders[] = {
        "order,placed_at,state,changed_at,festival,shopper,city,channel,delivery,payment,currency,total,refunded,line,",
        "\r\n1,2026-11-06T17:00:00Z,paid,2026-11-06T17:00:00Z,",
        ",web,home,wallet,CNY,300.00,0.00,1,", "\"He said \"\"yes\"\", twice\"", ",2,100.00,0.00,0,1,open,0\r\n1,",
    };
    for (size_t i = 0; i < ARRAY_COUNT(orders); i++)
        if (strstr(slices, orders[i]) == NULL)
            fail_msg("no \"%s\" in:\n%s", orders[i], slices);
    assert_int_equal(lines_of(slices), 3);
    export_all(shop.engine, EXPORT_STOCK, 0, LARGE);
    assert_int_equal(lines_of(slices), 1 + engine_book_count(shop.engine));
    assert_non_null(strstr(slices, ",09520000000011,\"He said"));
    export_all(shop.engine, EXPORT_DEALS, 1, LARGE);
    assert_non_null(strstr(slices, ",9.50,CNY,5,0,,2026-11-06T17:00:00Z,2026-11-07T17:00:00Z,,\r\n"));
    export_all(shop.engine, EXPORT_SALES, 1, LARGE);
    assert_non_null(strstr(slices, ",1,2,0,CNY,200.00\r\n"));
    assert_non_null(strstr(slices, ",1,1,0,CNY,100.00\r\n"));
    assert_int_equal(lines_of(slices), 3);
    for (int kind = 0; kind < EXPORT_KINDS; kind++)
        assert_int_equal(export_parse_kind(slice_text(export_word((enum export_kind)kind))), kind);
    assert_int_equal(export_parse_kind(slice_text("things")), -1);
    shop_close(&shop);
}

/* More than EXPORT_LOOK_MAX orders, in and outside of two festivals and in two currencies; some not paid. */
static void busy_shop(struct shop *shop)
{
    shop_open_festival(shop);
    OK(PUT(shop, festival_put, FESTIVAL_PUT, "late|Late", .opens_ms = SHOP_OPENS, .closes_ms = SHOP_CLOSES,
           .currency = 2, .utc_offset_minutes = 480));
    for (u32 currency = 1; currency <= 2; currency++)
        OK(DO(shop, wallet_top_up, WALLET_TOP_UP, .shopper = 1, .currency = currency, .amount_minor = 1000000000));
    for (u32 sku = 1; sku <= 4; sku++) {
        OK(DO(shop, price_set, PRICE_SET, .sku = sku, .currency = 2, .price_minor = 7));
        OK(DO(shop, stock_count, STOCK_COUNT, .sku = sku, .location = 1, .counted = 100000));
    }
    for (u32 i = 0; i < EXPORT_LOOK_MAX + 1000; i++) {
        struct command_order_place place = {HEADER(order_place, ORDER_PLACE), HOME(WALLET)};
        place.festival = (u16)(i % 7 < 3 ? 1 : i % 7 < 5 ? 0 : 2);
        place.currency = place.festival == 2 || (place.festival == 0 && i % 2) ? 2 : 1;
        if (i % 5 == 4)
            place.payment = PAYMENT_HOLD;
        char lines[16];
        snprintf(lines, sizeof(lines), i % 11 == 0 ? "1x1 2x1 3x1" : "%ux%u", 1 + i % 4, 1 + i % 3);
        OK(shop_place(shop, place, lines));
    }
}

static void test_export_slices_make_the_whole(void **state)
{
    (void)state;
    struct shop shop;
    busy_shop(&shop);
    for (int kind = 0; kind < EXPORT_KINDS; kind++)
        for (u32 festival = 0; festival <= 2; festival++) {
            size_t size = export_all(shop.engine, (enum export_kind)kind, festival, LARGE);
            char *whole = strdup(slices);
            assert_non_null(whole);
            assert_int_equal(export_all(shop.engine, (enum export_kind)kind, festival, EXPORT_ROW_MAX), size);
            assert_memory_equal(slices, whole, size);
            if (kind == EXPORT_ORDERS && festival == 0)
                assert_true(slice_count > 4 && lines_of(slices) == 1 + engine_line_count(shop.engine));
            free(whole);
        }
    shop_close(&shop);
}

/* The sums, worked out otherwise: from the orders' export. */
static void test_export_sales_are_the_orders(void **state)
{
    (void)state;
    struct shop shop;
    busy_shop(&shop);
    i64 units[3][3] = {0}; /* by festival and currency */
    const struct engine *engine = shop.engine;
    for (u32 id = 1; id <= engine_order_count(engine); id++) {
        const struct order *order = engine_order(engine, id);
        for (u32 i = 0; i < order->line_count && order->state == ORDER_PAID; i++)
            units[order->festival][order->currency] += engine_line(engine, order->first_line + i)->quantity;
    }
    export_all(engine, EXPORT_SALES, 0, LARGE);
    static const char *const currencies[] = {"", "CNY", "JPY"};
    const char *festivals[] = {"", NULL, "late"};
    struct slice code = engine_text(engine, engine_festival(engine, 1)->text, 0);
    char first[32];
    snprintf(first, sizeof(first), SLICE_FORMAT, SLICE_ARGS(code));
    festivals[1] = first;
    i64 found[3][3] = {0};
    size_t rows = 0;
    for (char *at = strchr(slices, '\n') + 1; *at != '\0'; rows++) {
        char *fields[10];
        for (size_t i = 0; i < 10; i++) {
            fields[i] = at;
            at += strcspn(at, ",\r");
            bool last = *at == '\r';
            *at = '\0';
            at += last ? 2 : 1;
        }
        for (size_t f = 0; f < 3; f++)
            for (size_t c = 1; c < 3; c++)
                if (strcmp(fields[0], festivals[f]) == 0 && strcmp(fields[8], currencies[c]) == 0)
                    found[f][c] += atoll(fields[6]);
    }
    assert_memory_equal(found, units, sizeof(units));
    assert_true(units[0][1] > 0 && units[0][2] > 0 && units[1][1] > 0 && units[2][2] > 0);
    assert_int_equal(rows, 15); /* each SKU once in each of the four groups, but one that was not sold in all of them */
    shop_close(&shop);
}

/* A sale goes on between two slices: the export ends, with the orders that were there when it began. */
static void test_export_beside_a_sale(void **state)
{
    (void)state;
    struct shop shop;
    busy_shop(&shop);
    static char buffer[EXPORT_ROW_MAX];
    for (int kind = 0; kind < EXPORT_KINDS; kind++) {
        struct export export;
        u32 lines = engine_line_count(shop.engine);
        assert_true(export_open(&export, shop.engine, (enum export_kind)kind, 0));
        size_t rows = 0;
        for (bool done = false; !done;) {
            size_t size = export_next(&export, buffer, sizeof(buffer), &done);
            for (size_t i = 0; i < size; i++)
                rows += buffer[i] == '\n';
            OK(PLACE(&shop, "1x1", HOME(WALLET)));
        }
        export_close(&export);
        if (kind == EXPORT_ORDERS)
            assert_int_equal(rows, 1 + lines);
    }
    shop_close(&shop);
}

/* The longest row there can be fits into the smallest buffer. */
static void test_export_longest_row(void **state)
{
    (void)state;
    struct shop shop;
    static char title[COMMAND_SIZE_MAX], texts[COMMAND_SIZE_MAX];
    shop_open_festival(&shop);
    memset(title, '"', sizeof(title));
    snprintf(texts, sizeof(texts), "K1|%.*s", (int)COMMAND_SIZE_MAX - 200, title);
    OK(PUT(&shop, sku_put, SKU_PUT, texts, .department = 1, .brand = 1, .seller = 1, .for_sale = 1));
    OK(PLACE(&shop, "1x1", HOME(WALLET)));
    OK(PLACE(&shop, "1x1 2x1 1x1", HOME(WALLET)));
    for (int kind = 0; kind < EXPORT_KINDS; kind++) {
        size_t size = export_all(shop.engine, (enum export_kind)kind, 0, EXPORT_ROW_MAX);
        assert_true(kind == EXPORT_DEALS || kind == EXPORT_LOCATIONS || size > 2 * (COMMAND_SIZE_MAX - 200));
    }
    shop_close(&shop);
}

#define SALE(name) cmocka_unit_test_setup_teardown(name, open_sale, close_sale)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        SALE(test_rehearse_beside_a_sale_and_submit),
        SALE(test_rehearsal_holds_only_while_ids_do),
        SALE(test_rehearsal_survives_shoppers),
        SALE(test_rehearsal_refused),
        SALE(test_errors_are_cut_between_characters),
        SALE(test_rehearsal_full_stopped_and_without_a_folder),
        cmocka_unit_test(test_export_rows),
        cmocka_unit_test(test_export_slices_make_the_whole),
        cmocka_unit_test(test_export_sales_are_the_orders),
        cmocka_unit_test(test_export_beside_a_sale),
        cmocka_unit_test(test_export_longest_row),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(slices);
    return failed;
}
