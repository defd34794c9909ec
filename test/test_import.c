/*
 * Imports, from the inside: what a file rehearses on the stage, and what is
 * said about a bad one. The command line is tested in test_cli.sh.
 */
#include "eleven.h"

#include "exchange/export.h"
#include "exchange/import.h"

/* The libraries do not hold the command line's rooms, so this test brings those it goes through. */
#include "src/cli/cli.c"
#include "src/cli/file.c"
#include "src/cli/reader.c"
#include "src/cli/submission.c"
#include "src/cli/text.c"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static char folder[] = "/tmp/eleven-import-XXXXXX";
static char said[65536]; /* what the last import wrote on standard error */
static struct submission submission;
static struct stage *const stage = &submission.stage;

typedef enum exchange_status importer(struct import *import, const struct source *source);

static const char *path(const char *name)
{
    static char text[128];
    snprintf(text, sizeof(text), "%s/%s", folder, name);
    return text;
}

static const char *write_file(const char *name, const char *bytes, size_t size)
{
    const char *file = path(name);
    FILE *stream = fopen(file, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
    return file;
}

/* Runs an importer on a file, as `eleven import` does. */
static int import_file(importer *run, struct import *import, const char *file)
{
    struct source source;
    import->stage = stage;
    import->prefix = "--";
    size_t before = stage->errors;
    int code = file_open(&source, file);
    if (code != CLI_DONE)
        return code;
    code = submission_exit(run(import, &source));
    file_close(&source);
    return code == CLI_DONE && stage->errors > before ? CLI_REFUSED : code;
}

/* Runs an importer on these bytes, with standard error kept in `said`. */
static int import_bytes(importer *run, struct import *import, const char *bytes,
                        size_t size)
{
    char file[128], errors[128];
    snprintf(file, sizeof(file), "%s", write_file("file.csv", bytes, size));
    snprintf(errors, sizeof(errors), "%s", path("errors"));
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    int to = open(errors, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(kept >= 0 && to >= 0);
    dup2(to, STDERR_FILENO);
    int code = import_file(run, import, file);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    ssize_t read_size = pread(to, said, sizeof(said) - 1, 0);
    close(to);
    said[read_size < 0 ? 0 : read_size] = '\0';
    return code;
}

static int import_text(importer *run, const char *text)
{
    struct import import = {.currency = "CNY", .seller = "house", .location = "main", .city = "3301"};
    return import_bytes(run, &import, text, strlen(text));
}

static void expect_said(const char *words)
{
    if (strstr(said, words) == NULL)
        fail_msg("expected \"%s\" in:\n%s", words, said);
}

#define CITIES                                    \
    "code,zh,en,province,lon,lat,population\n"     \
    "3301,杭州,Hangzhou,Zhejiang,120.16,30.29,1000\n"

static int open_stage(void **state)
{
    (void)state;
    if (submission_open(&submission, path("shop")) != CLI_DONE)
        return -1;
    return import_text(import_cities, CITIES) == CLI_DONE ? 0 : -1;
}

static int close_stage(void **state)
{
    (void)state;
    submission_close(&submission);
    return 0;
}

static u32 sku_id(const char *code)
{
    return engine_find(stage_engine(stage), COMMAND_SKU_PUT, slice_text(code));
}

static struct slice sku_text(const char *code, unsigned index)
{
    const struct sku *sku = engine_sku(stage_engine(stage), sku_id(code));
    assert_non_null(sku);
    return engine_text(stage_engine(stage), sku->text, index);
}

static const struct book *book_of(const char *sku, const char *location)
{
    const struct engine *engine = stage_engine(stage);
    return engine_book(engine, engine_find_book(engine, sku_id(sku),
                                                engine_find(engine, COMMAND_LOCATION_PUT, slice_text(location))));
}

/* --- products ----------------------------------------------------------------- */

#define HEAD                                                                                               \
    "Handle,Title,Vendor,Type,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Barcode,"       \
    "Variant Inventory Qty,Image Src,Variant Image\n"

static void test_variants_become_skus(void **state)
{
    (void)state;
    assert_int_equal(import_text(import_shopify, HEAD
                                 "top,Varsity Top,Velmo,,Size,Small,,60,,5,https://a/1,\n"
                                 "top,,,,,Medium,,61.5,'9520000000028,0,,https://a/m\n"
                                 "top,,,,,medium!,OWN-1,62,,7,,\n"
                                 "top,,,,,MEDIUM,,63,,1,https://a/2,\n"
                                 "top,,,,,,,,,,https://a/3,\n"
                                 "mug,Mug,,Kitchen Ware,Title,Default Title,,19.90,,,,\n"), CLI_DONE);
    const struct engine *engine = stage_engine(stage);
    assert_int_equal(engine_sku_count(engine), 5);
    assert_true(sku_id("top/small") && sku_id("top/medium") && sku_id("OWN-1") && sku_id("top/medium-2")
                && sku_id("mug"));
    const struct sku *medium = engine_sku(engine, sku_id("top/medium"));
    assert_int_equal(medium->price_minor, 6150);
    assert_int_equal(medium->gtin, 9520000000028);
    assert_int_equal(medium->for_sale, 1);
    assert_true(slice_is(sku_text("top/medium", 1), "Varsity Top"));
    assert_true(slice_is(sku_text("top/medium", 2), "top"));
    assert_true(slice_is(sku_text("top/medium", 3), "Size: Medium"));
    assert_true(slice_is(sku_text("top/medium", 6), "https://a/m\nhttps://a/1\nhttps://a/2\nhttps://a/3"));
    assert_true(slice_is(sku_text("mug", 3), ""));
    assert_int_equal(book_of("top/small", "main")->available, 5);
    assert_null(book_of("top/medium", "main")); /* none there, none known: no book */
    assert_null(book_of("mug", "main"));        /* an empty quantity says nothing */
    assert_int_not_equal(engine_find(engine, COMMAND_DEPARTMENT_PUT, slice_text("kitchen-ware")), 0);
    assert_int_not_equal(engine_find(engine, COMMAND_DEPARTMENT_PUT, slice_text("other")), 0);
    assert_int_not_equal(engine_find(engine, COMMAND_BRAND_PUT, slice_text("velmo")), 0);
}

static void test_second_time_changes_nothing(void **state)
{
    (void)state;
    static const char file[] = HEAD "top,Top,V,T,Size,S,,60,,5,,\ntop,,,,,S,,61,,5,,\nmug,Mug,V,T,,,M-1,9.5,,1,,\n";
    assert_int_equal(import_text(import_shopify, file), CLI_DONE);
    size_t commands = stage->count;
    assert_int_equal(import_text(import_shopify, file), CLI_DONE);
    assert_int_equal(stage->count, commands);
    assert_int_equal(import_text(import_shopify, HEAD "mug,Mug,V,T,,,M-1,9.6,,1,,\n"), CLI_DONE);
    assert_int_equal(stage->count, commands + 1);
}

static void test_new_column_names(void **state)
{
    (void)state;
    assert_int_equal(import_text(import_shopify,
                                 "title,URL HANDLE,Description,Published on online store,Status,SKU,Barcode,"
                                 "Option1 name,Option1 value,Price,Inventory quantity,Product image URL\n"
                                 "Tea,tea,<p>x</p>,TRUE,Draft,TEA,9520000000011,Size,Big,3,4,https://a/1\n"
                                 "Cup,cup,,FALSE,Active,CUP,,,,3,4,\n"
                                 "Pot,pot,,TRUE,Active,POT,,,,3,4,\n"), CLI_DONE);
    const struct engine *engine = stage_engine(stage);
    assert_int_equal(engine_sku(engine, sku_id("TEA"))->for_sale, 0); /* a draft */
    assert_int_equal(engine_sku(engine, sku_id("CUP"))->for_sale, 0); /* not published */
    assert_int_equal(engine_sku(engine, sku_id("POT"))->for_sale, 1);
    assert_true(slice_is(sku_text("TEA", 5), "<p>x</p>"));
}

static void test_prices_by_currency(void **state)
{
    (void)state;
    struct import yen = {.currency = "JPY", .seller = "house"};
    static const char whole[] = HEAD "a,A,,,,,A,330,,,,\n", part[] = HEAD "b,B,,,,,B,330.5,,,,\n";
    assert_int_equal(import_bytes(import_shopify, &yen, whole, strlen(whole)), CLI_DONE);
    assert_int_equal(engine_sku(stage_engine(stage), sku_id("A"))->price_minor, 330);
    assert_int_equal(import_bytes(import_shopify, &yen, part, strlen(part)), CLI_REFUSED);
    expect_said("file.csv:2:8: Variant Price: \"330.5\" is not a price above 0 with at most 0 decimal places");
    struct import dinar = {.currency = "KWD", .seller = "house"};
    static const char small[] = HEAD "c,C,,,,,C,0.855,,,,\n";
    assert_int_equal(import_bytes(import_shopify, &dinar, small, strlen(small)), CLI_DONE);
    assert_int_equal(engine_sku(stage_engine(stage), sku_id("C"))->price_minor, 855);
    struct import none = {.currency = "XXX", .seller = "house"};
    assert_int_equal(import_bytes(import_shopify, &none, small, strlen(small)), CLI_REFUSED);
    expect_said("is not an ISO 4217 code that we know");
}

static void test_errors_have_their_places(void **state)
{
    (void)state;
    assert_int_equal(import_text(import_shopify, HEAD
                                 "a,A,,,,,A,1,9520000000012,1,,\n"
                                 "b,\"B\nB\",,,,,B,1.234,,x,,\n"
                                 "c,,,,,,C,1,,1,,\n"
                                 ",D,,,,,D,1,,1,,\n"
                                 "e,E,,,,,A,1,,1,,\n"
                                 "f,F,,,,,A,1,,1\n"
                                 "a,A,,,,,G,1,,1,,\n"), CLI_REFUSED);
    expect_said("file.csv:2:9: Variant Barcode: \"9520000000012\" is not a GTIN");
    expect_said("file.csv:4:8: Variant Price: \"1.234\""); /* the row begins in line 3; this field is in line 4 */
    expect_said("file.csv:4:10: Variant Inventory Qty: \"x\" is not a whole number");
    expect_said("file.csv:5:2: Title: is empty");
    expect_said("file.csv:6:1: Handle: is empty");
    expect_said("file.csv:8: 10 fields, but the header has 12");
    expect_said("file.csv:9:1: Handle: \"a\" began in line 2");
    assert_int_equal(stage->errors, 7);
}

static void test_code_twice_and_gtin_twice(void **state)
{
    (void)state;
    assert_int_equal(import_text(import_shopify, HEAD
                                 "a,A,,,,,A,1,9520000000011,1,,\n"
                                 "b,B,,,,,A,1,,1,,\n"
                                 "c,C,,,,,C,1,9520000000011,1,,\n"), CLI_REFUSED);
    expect_said("file.csv:3:7: Variant SKU: \"A\" is there twice; first in line 2");
    expect_said("file.csv:4:9: Variant Barcode: duplicate-gtin");
}

static void test_bounds_of_texts(void **state)
{
    (void)state;
    static char file[80000];
    char code[COMMAND_CODE_MAX + 2];
    memset(code, 'x', sizeof(code));
    snprintf(file, sizeof(file), HEAD "a,A,,,,,%.*s,1,,1,,\n", (int)COMMAND_CODE_MAX, code);
    assert_int_equal(import_text(import_shopify, file), CLI_DONE);
    snprintf(file, sizeof(file), HEAD "a,A,,,,,%.*s,1,,1,,\n", (int)COMMAND_CODE_MAX + 1, code);
    assert_int_equal(import_text(import_shopify, file), CLI_REFUSED);
    expect_said("129 bytes long; a code has at most 128");

    /* Handles of any length get codes that fit, differ, and come out the same again. */
    for (int i = 0; i < 3; i++) {
        int size = snprintf(file, sizeof(file), "Handle,Title,Option1 Value,Variant Price\n");
        for (int j = 0; j < 2; j++)
            size += snprintf(file + size, sizeof(file) - (size_t)size, "%0*d%d,T,%0*d,1\n", 100 + 80 * i, 7, j, 90, 8);
        assert_int_equal(import_text(import_shopify, file), CLI_DONE);
    }
    assert_int_equal(engine_sku_count(stage_engine(stage)), 1 + 6);

    /* A body that fits and one that does not. */
    int size = snprintf(file, sizeof(file), "Handle,Title,Body (HTML),Variant Price\nlong,L,");
    memset(file + size, 'b', 65000);
    strcpy(file + size + 65000, ",1\n");
    assert_int_equal(import_text(import_shopify, file), CLI_DONE);
    memset(file + size, 'b', 65600);
    strcpy(file + size + 65600, ",1\n");
    assert_int_equal(import_text(import_shopify, file), CLI_REFUSED);
    expect_said("file.csv:2:3: Body (HTML): the product's texts are too long");
}

static void test_no_more_than_twenty_errors(void **state)
{
    (void)state;
    static char file[8192];
    int size = snprintf(file, sizeof(file), HEAD);
    for (int i = 0; i < 50; i++)
        size += snprintf(file + size, sizeof(file) - (size_t)size, "h%d,T,,,,,S%d,free,,1,,\n", i, i);
    assert_int_equal(import_text(import_shopify, file), CLI_REFUSED);
    size_t lines = 0;
    for (const char *at = said; (at = strstr(at, "file.csv:")) != NULL; at++)
        lines++;
    assert_int_equal(lines, STAGE_ERRORS_MAX);
}

static void test_headers(void **state)
{
    (void)state;
    assert_int_equal(import_text(import_shopify, ""), CLI_REFUSED);
    expect_said("the file is empty");
    assert_int_equal(import_text(import_shopify, "Handle,Title\na,A\n"), CLI_REFUSED);
    expect_said("file.csv:1: there is no column \"Variant Price\"");
    assert_int_equal(import_text(import_shopify, "Handle,Title,Variant Price,Price\na,A,1,2\n"), CLI_REFUSED);
    expect_said("file.csv:1:4: Variant Price: the column is there twice");
    assert_int_equal(import_text(import_stock, "sku,quantity\n"), CLI_REFUSED);
    expect_said("there is no column \"location\"");
    assert_int_equal(import_file(import_shopify, &(struct import){.currency = "CNY", .seller = "house"}, "/no/such"),
                     CLI_FILE);
}

/* --- inventory, plain files ------------------------------------------------------ */

static void test_inventory_both_forms(void **state)
{
    (void)state;
    assert_int_equal(import_text(import_shopify,
                                 HEAD "mug,Mug,,,Title,Default Title,,1,,,,\ntop,Top,,,Size,S,T-S,2,,,,\n"),
                     CLI_DONE);
    assert_int_equal(import_text(import_inventory,
                                 "Handle,Option1 Value,SKU,Location,Available (not editable),On hand (current),"
                                 "On hand (new)\n"
                                 "mug,Default Title,,Store One,9,4,\n"
                                 "top,S,T-S,Store One,9,4,5\n"
                                 "top,S,T-S,Store Two,not stocked,Not Stocked,\n"), CLI_DONE);
    assert_int_equal(book_of("mug", "store-one")->available, 4);
    assert_int_equal(book_of("T-S", "store-one")->available, 5);
    assert_int_equal(engine_find(stage_engine(stage), COMMAND_LOCATION_PUT, slice_text("store-two")), 0);
    assert_int_equal(import_text(import_inventory,
                                 "Handle,Title,Option1 Value,SKU,HS Code,COO,Store One,Store Two\n"
                                 "mug,Mug,Default Title,,,,6,not stocked\n"
                                 "top,Top,S,T-S,,,,8\n"), CLI_DONE);
    assert_int_equal(book_of("mug", "store-one")->available, 6);
    assert_int_equal(book_of("T-S", "store-one")->available, 5);
    assert_int_equal(book_of("T-S", "store-two")->available, 8);
    assert_int_equal(import_text(import_inventory, "Handle,SKU,Location,On hand\nmug,,Store One,1\nmug,,Store One,2\n"
                                                   "no,,Store One,1\ntop,NO,Store One,-1\n"), CLI_REFUSED);
    expect_said("file.csv:3:4: On hand: this SKU at this location is there twice; first in line 2");
    expect_said("file.csv:4:1: Handle: there is no SKU \"no\"");
    expect_said("file.csv:5:2: SKU: there is no SKU \"NO\"");
    assert_int_equal(import_text(import_inventory, "Handle,SKU\nmug,\n"), CLI_REFUSED);
    expect_said("neither a column \"Location\" nor a column for each location");
}

static void test_plain_files(void **state)
{
    (void)state;
    const struct engine *engine = stage_engine(stage);
    assert_int_equal(engine_city(engine, 1)->longitude_e6, 120160000);
    assert_int_equal(import_text(import_locations, "code,name,kind,city,lon,lat,services\n"
                                                   "w,W,warehouse,3301,,,\n"
                                                   "s,S,STORE,3301,-0.5,1.0000019,pick-up+ship\n"),
                     CLI_DONE);
    const struct location *store = engine_location(engine, engine_find(engine, COMMAND_LOCATION_PUT, slice_text("s")));
    assert_int_equal(store->services, SERVICE_PICK_UP | SERVICE_SHIP);
    assert_int_equal(store->longitude_e6, -500000);
    assert_int_equal(store->latitude_e6, 1000001);
    assert_int_equal(import_text(import_locations, "code,name,kind,city,services\nx,X,shop,3301,\ny,Y,store,9,\n"
                                                   "z,Z,store,3301,ship+\n"), CLI_REFUSED);
    expect_said("file.csv:2:3: kind: \"shop\" is neither warehouse nor store");
    expect_said("file.csv:3:4: city: there is no city \"9\"");
    expect_said("file.csv:4:5: services: \"\" is not ship");
    assert_int_equal(import_text(import_brands, "code,name,country\nb,B,JP\n"), CLI_DONE);
    assert_int_equal(import_text(import_brands, "code,name,country\nc,C,ZZ\n"), CLI_REFUSED);
    assert_int_equal(import_text(import_cities, "code,zh,lon,lat\n1,A,180.1,0\n2,B,0,x\n3,C,,0\n"), CLI_REFUSED);
    expect_said("file.csv:2:3: lon: \"180.1\" is not a number of degrees from -180 to 180");
    expect_said("file.csv:3:4: lat: \"x\"");
    expect_said("file.csv:4:3: lon: \"\"");
}

static void test_prices_and_stock(void **state)
{
    (void)state;
    assert_int_equal(import_text(import_shopify, HEAD "mug,Mug,,,,,M,1,,3,,\n"), CLI_DONE);
    assert_int_equal(import_text(import_prices, "sku,currency,price\nM,CNY,18.80\nM,KWD,0.855\n"), CLI_DONE);
    assert_int_equal(engine_sku(stage_engine(stage), sku_id("M"))->price_minor, 1880);
    assert_int_equal(import_text(import_prices, "sku,currency,price\nM,CNY,1\nM,CNY,2\n"), CLI_REFUSED);
    expect_said("file.csv:3:1: sku: \"M\" is there twice; first in line 2");
    assert_int_equal(import_text(import_stock, "sku,location,quantity\nM,main,9\n"), CLI_DONE);
    assert_int_equal(book_of("M", "main")->available, 9);
    assert_int_equal(import_text(import_stock, "sku,location,quantity\nM,main,1000000001\nM,no,1\n"), CLI_REFUSED);
    expect_said("file.csv:2:3: quantity: \"1000000001\" is not a whole number from 0 to 1000000000");
    expect_said("file.csv:3:2: location: there is no location \"no\"");
}

/* What an export writes. */
static char *exported(enum export_kind kind)
{
    static char text[EXPORT_ROW_MAX + 1];
    struct export export;
    bool done = false;
    assert_true(export_open(&export, stage_engine(stage), kind, 0));
    text[export_next(&export, text, EXPORT_ROW_MAX, &done)] = 0;
    assert_true(done);
    export_close(&export);
    return text;
}

#define PLACES "code,name,kind,city,utc_offset,hours,weekend_hours,cut_off,capacity,prepare_min,keep_days,days_city,"  \
               "days_far\n"

static void test_plans(void **state)
{
    (void)state;
    const struct engine *engine = stage_engine(stage);
    assert_int_equal(import_text(import_locations, PLACES "s,S,store,3301,-03:30,09:05-21:30,,15:00,70,120,5,1,3\n"
                                                          "w,W,warehouse,3301,,00:00-24:00,10:00-12:00,,,,,,\n"
                                                          "n,N,store,3301,,,,,,,,,\n"), CLI_DONE);
    u32 id = engine_find(engine, COMMAND_LOCATION_PUT, slice_text("s"));
    const struct location *store = engine_location(engine, id), *house = engine_location(engine, id + 1);
    assert_int_equal(store->utc_offset_minutes, -210);
    assert_int_equal(store->opens_min, 545);
    assert_int_equal(store->closes_min, 1290);
    assert_int_equal(store->weekend_closes_min, 0);
    assert_int_equal(store->cut_off_min, 900);
    assert_int_equal(store->capacity, 70);
    assert_int_equal(store->prepare_min, 120);
    assert_int_equal(store->keep_days, 5);
    assert_int_equal(store->days_far, 3);
    assert_int_equal(house->closes_min, 1440);
    assert_int_equal(house->keep_days, KEEP_DAYS_DEFAULT);
    assert_int_equal(engine_location(engine, id + 2)->keep_days, 0);
    /* What has no column stays; what is exported and read again is no change. */
    assert_int_equal(import_text(import_locations, "code,name,kind,city,capacity\ns,S,store,3301,71\n"), CLI_DONE);
    assert_int_equal(store->capacity, 71);
    assert_int_equal(store->opens_min, 545);
    size_t commands = stage->count;
    assert_int_equal(import_text(import_locations, exported(EXPORT_LOCATIONS)), CLI_DONE);
    assert_int_equal(stage->count, commands);
    assert_int_equal(import_text(import_locations, PLACES "s,S,store,3301,+8,9:00-21:00,12:00-11:00,24:01,x,1441,0,61,1\n"
                                                          "n,N,store,3301,,,,,5,,,,\n"), CLI_REFUSED);
    expect_said("file.csv:2:5: utc_offset: \"+8\" is not an offset from -12:00 to +14:00");
    expect_said("file.csv:2:6: hours: \"9:00-21:00\" is not from when to when it is open");
    expect_said("file.csv:2:7: weekend_hours: \"12:00-11:00\"");
    expect_said("file.csv:2:8: cut_off: \"24:01\" is not a time of the day");
    expect_said("file.csv:2:9: capacity: \"x\"");
    expect_said("file.csv:2:10: prepare_min: \"1441\"");
    expect_said("file.csv:2:12: days_city: \"61\"");
    expect_said("file.csv:3:6: hours: a plan needs hours, or weekend_hours");
}

static void test_safety_stock(void **state)
{
    (void)state;
    assert_int_equal(import_text(import_shopify, HEAD "mug,Mug,,,,,M,1,,3,,\n"), CLI_DONE);
    assert_int_equal(import_text(import_stock, "sku,location,quantity,safety\nM,main,9,2\n"), CLI_DONE);
    assert_int_equal(book_of("M", "main")->safety, 2);
    assert_int_equal(import_text(import_stock, "sku,location,quantity\nM,main,8\n"), CLI_DONE);
    assert_int_equal(book_of("M", "main")->safety, 2);
    size_t commands = stage->count;
    assert_int_equal(import_text(import_stock, exported(EXPORT_STOCK)), CLI_DONE);
    assert_int_equal(stage->count, commands);
    assert_int_equal(import_text(import_stock, "sku,location,quantity,safety\nM,main,8,\n"), CLI_DONE);
    assert_int_equal(book_of("M", "main")->safety, 0);
    assert_int_equal(import_text(import_stock, "sku,location,quantity,safety\nM,main,8,many\n"), CLI_REFUSED);
    expect_said("file.csv:2:4: safety: \"many\" is not a whole number from 0 to 1000000000");
}

/* A count keeps what is promised: Shopify's figure is what can still be bought. */
static void test_reserved_units_are_kept(void **state)
{
    (void)state;
    static const char file[] = HEAD "mug,Mug,,,,,M,1,,3,,\n";
    assert_int_equal(import_text(import_shopify, file), CLI_DONE);
    struct command_shopper_join *join = stage_draft(stage, COMMAND_SHOPPER_JOIN);
    join->currency = 1;
    assert_int_equal(stage_apply(stage).code, RESULT_OK);
    struct command_order_place *place = stage_draft(stage, COMMAND_ORDER_PLACE);
    *place = (struct command_order_place){
        .header = place->header, .shopper = 1, .city = 1, .currency = 1, .line_count = 1, .channel = CHANNEL_WEB,
        .delivery = DELIVERY_HOME, .payment = PAYMENT_HOLD};
    struct order_line_asked *line = (struct order_line_asked *)(place + 1);
    *line = (struct order_line_asked){.sku = sku_id("M"), .quantity = 2};
    place->header.size = (u16)(sizeof(*place) + sizeof(*line));
    assert_int_equal(stage_apply(stage).code, RESULT_OK);
    assert_int_equal(import_text(import_shopify, file), CLI_DONE);
    assert_int_equal(book_of("M", "main")->available, 3);
    assert_int_equal(book_of("M", "main")->reserved, 2);
}

/* --- small parts ------------------------------------------------------------------- */

static void test_text(void **state)
{
    (void)state;
    char slug[32];
    static const char *const slugs[][2] = {
        {"Classic Varsity Top", "classic-varsity-top"}, {"  --A&B--  ", "a-b"}, {"龙井 250 克", "龙井-250-克"}, {"!!", ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(slugs); i++)
        assert_true(slice_is(slice_of(slug, field_slug(slug, sizeof(slug), slice_text(slugs[i][0]))), slugs[i][1]));
    assert_int_equal(field_slug(slug, 4, slice_text("龙井")), 3); /* cut between characters */
    u64 number;
    assert_true(field_number(slice_text("18446744073709551615"), UINT64_MAX, &number));
    assert_false(field_number(slice_text("18446744073709551616"), UINT64_MAX, &number));
    assert_false(field_number(slice_text("-1"), 5, &number));
    assert_false(field_number(slice_text(""), 5, &number));
    i64 scaled;
    assert_true(field_decimal(slice_text("-6.9329"), 6, false, &scaled));
    assert_int_equal(scaled, -6932900);
    assert_false(field_decimal(slice_text("6.93291234"), 6, false, &scaled));
    assert_true(field_decimal(slice_text("6.93291234"), 6, true, &scaled));
    assert_false(field_decimal(slice_text("."), 6, true, &scaled));
    assert_false(field_decimal(slice_text("1.2.3"), 6, true, &scaled));
    assert_int_equal(money_usd_cents(693290, 2, 6932900), 100000);
    assert_int_equal(money_usd_cents(1, 2, 6932900), 0);
    assert_int_equal(money_usd_cents(21350000000000, 2, 6932900), 3079519393039);
    i64 ms;
    assert_true(cli_parse_time("now+10s", 1000, &ms) && ms == 11000);
    assert_true(cli_parse_time("now-250ms", 1000, &ms) && ms == 750);
    assert_true(cli_parse_time("now", 1000, &ms) && ms == 1000);
    assert_false(cli_parse_time("now+10", 1000, &ms));
    assert_false(cli_parse_time("nowish", 1000, &ms));
}

static int make_folder(void **state)
{
    (void)state;
    struct engine_limits limits;
    engine_limits_default(&limits);
    if (mkdtemp(folder) == NULL)
        return -1;
    return eleven_create(path("shop"), &limits, NULL) == JOURNAL_OK ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"file.csv", "errors", "shop/eleven.conf", "shop/journal-0000000001.log",
                                        "shop/lock",
                                        "shop"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        remove(path(names[i]));
    return remove(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_variants_become_skus), TEST(test_second_time_changes_nothing), TEST(test_new_column_names),
        TEST(test_prices_by_currency),   TEST(test_errors_have_their_places),    TEST(test_code_twice_and_gtin_twice),
        TEST(test_bounds_of_texts),      TEST(test_no_more_than_twenty_errors),  TEST(test_headers),
        TEST(test_inventory_both_forms), TEST(test_plain_files),                 TEST(test_prices_and_stock),
        TEST(test_reserved_units_are_kept), TEST(test_plans), TEST(test_safety_stock), cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
