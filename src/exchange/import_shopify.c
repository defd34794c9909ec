/*
 * Shopify's product CSV, in its old and its new column names. One row is a
 * variant, or only a further image; rows of the same Handle are one product,
 * whose first row has the Title. A variant becomes a SKU. The rows of a product
 * are gathered first, since its images belong to all of its SKUs.
 */
#include "exchange/import.h"

#include "base/checksum.h"
#include "base/gtin.h"
#include "base/money.h"
#include "exchange/field.h"

#include <stdio.h>
#include <stdlib.h>

#define VARIANTS_MAX 2048 /* of one product; Shopify's own limit */
#define IMAGES_BYTES_MAX 16384

enum shopify_column {
    SHOPIFY_HANDLE, SHOPIFY_TITLE, SHOPIFY_BODY, SHOPIFY_VENDOR, SHOPIFY_TYPE, SHOPIFY_TAGS, SHOPIFY_PUBLISHED,
    SHOPIFY_STATUS, SHOPIFY_NAME_1, SHOPIFY_VALUE_1, SHOPIFY_NAME_2, SHOPIFY_VALUE_2, SHOPIFY_NAME_3, SHOPIFY_VALUE_3,
    SHOPIFY_SKU, SHOPIFY_QUANTITY, SHOPIFY_PRICE, SHOPIFY_BARCODE, SHOPIFY_IMAGE, SHOPIFY_VARIANT_IMAGE,
    SHOPIFY_COLUMN_COUNT
};

static const struct column shopify_columns[SHOPIFY_COLUMN_COUNT] = {
    [SHOPIFY_HANDLE] = {.names = {"Handle", "URL handle"}, .needed = true},
    [SHOPIFY_TITLE] = {.names = {"Title"}, .needed = true},
    [SHOPIFY_BODY] = {.names = {"Body (HTML)", "Description", "Body HTML"}},
    [SHOPIFY_VENDOR] = {.names = {"Vendor"}},
    [SHOPIFY_TYPE] = {.names = {"Type", "Product type"}},
    [SHOPIFY_TAGS] = {.names = {"Tags"}},
    [SHOPIFY_PUBLISHED] = {.names = {"Published", "Published on online store"}},
    [SHOPIFY_STATUS] = {.names = {"Status"}},
    [SHOPIFY_NAME_1] = {.names = {"Option1 Name"}},
    [SHOPIFY_VALUE_1] = {.names = {"Option1 Value"}},
    [SHOPIFY_NAME_2] = {.names = {"Option2 Name"}},
    [SHOPIFY_VALUE_2] = {.names = {"Option2 Value"}},
    [SHOPIFY_NAME_3] = {.names = {"Option3 Name"}},
    [SHOPIFY_VALUE_3] = {.names = {"Option3 Value"}},
    [SHOPIFY_SKU] = {.names = {"Variant SKU", "SKU"}},
    [SHOPIFY_QUANTITY] = {.names = {"Variant Inventory Qty", "Inventory quantity"}},
    [SHOPIFY_PRICE] = {.names = {"Variant Price", "Price"}, .needed = true},
    [SHOPIFY_BARCODE] = {.names = {"Variant Barcode", "Barcode"}},
    [SHOPIFY_IMAGE] = {.names = {"Image Src", "Product image URL"}},
    [SHOPIFY_VARIANT_IMAGE] = {.names = {"Variant Image", "Variant image URL"}},
};

struct variant {
    u32 line;
    struct slice sku;       /* empty: made from handle and options */
    struct slice values[3];
    struct slice image;
    u64 gtin;
    i64 price_minor;
    u32 quantity;
    bool has_quantity;
};

/* A reading of one file, with the product that is being gathered. */
struct shopify {
    struct import *import;
    struct table table;
    struct column columns[SHOPIFY_COLUMN_COUNT];
    struct seen handles;
    u32 currency, digits, seller, country, location;

    struct slice handle;    /* empty: none is being gathered */
    struct slice title, body, vendor, type, tags;
    struct slice names[3];
    bool for_sale;
    bool bad;               /* an error in it was reported: it is not rehearsed */
    struct variant variants[VARIANTS_MAX];
    size_t variant_count;
    char images[IMAGES_BYTES_MAX]; /* lines */
    size_t images_size;
    char sku_options[4096]; /* the texts of one SKU are made here */
    char sku_images[IMAGES_BYTES_MAX + 4096];
};

#define CODE_ROOM (COMMAND_CODE_MAX - 8) /* a number may follow: "-2" */

size_t import_variant_code(char *code, struct slice handle, const struct slice values[3])
{
    char full[5 * COMMAND_CODE_MAX];
    size_t size = field_slug(full, COMMAND_CODE_MAX, handle);
    u64 checksum = checksum64(handle.bytes, handle.size, 0);
    bool cut = handle.size > COMMAND_CODE_MAX;
    for (size_t i = 0; i < 3; i++) {
        char value[COMMAND_CODE_MAX];
        size_t value_size = slice_is(values[i], "Default Title") ? 0 : field_slug(value, sizeof(value), values[i]);
        if (value_size == 0)
            continue;
        full[size] = memchr(full, '/', size) == NULL ? '/' : '-';
        memcpy(full + size + 1, value, value_size);
        size += 1 + value_size;
        checksum = checksum64(values[i].bytes, values[i].size, checksum);
        cut = cut || values[i].size > COMMAND_CODE_MAX;
    }
    if (cut || size > CODE_ROOM) { /* the front of it, and a checksum of all that it was made from */
        size_t kept = MIN(size, CODE_ROOM - 17);
        while (kept < size && kept > 0 && ((unsigned char)full[kept] & 0xc0) == 0x80)
            kept--;
        size = kept + (size_t)snprintf(full + kept, 18, "-%016llx", (unsigned long long)checksum);
    }
    memcpy(code, full, size);
    return size;
}

/* "true" and "active" or nothing: yes; "false", "draft" and "archived": no. */
static bool shopify_truth(struct shopify *shopify, enum shopify_column column)
{
    struct slice field = table_field_trimmed(&shopify->table, column);
    if (field.size == 0 || field_same_word(field, slice_text("true")) || field_same_word(field, slice_text("active")))
        return true;
    static const char *const no[] = {"false", "draft", "archived", "unlisted"};
    for (size_t i = 0; i < ARRAY_COUNT(no); i++)
        if (field_same_word(field, slice_text(no[i])))
            return false;
    table_error(&shopify->table, column, "\"" SLICE_FORMAT "\" is neither %s", FIELD_SHOWN(field),
                column == SHOPIFY_STATUS ? "active, draft nor archived" : "true nor false");
    shopify->bad = true;
    return false;
}

/* A name for what has none in our sense: its slug, or `otherwise`. */
static struct slice shopify_code(char *code, struct slice text, const char *otherwise)
{
    size_t size = field_slug(code, COMMAND_CODE_MAX, text);
    return size > 0 ? slice_of(code, size) : slice_text(otherwise);
}

/* "Size: Medium" lines. */
static struct slice shopify_options(const struct shopify *shopify, const struct variant *variant, char *text,
                                    size_t max)
{
    size_t used = 0;
    for (size_t i = 0; i < 3; i++) {
        struct slice name = shopify->names[i], value = variant->values[i];
        if (value.size == 0 || slice_is(value, "Default Title") || used + name.size + value.size + 3 > max)
            continue;
        if (used > 0)
            text[used++] = '\n';
        memcpy(text + used, name.bytes, name.size);
        memcpy(text + used + name.size, ": ", 2);
        memcpy(text + used + name.size + 2, value.bytes, value.size);
        used += name.size + 2 + value.size;
    }
    return slice_of(text, used);
}

/* The variant's own image first, then the product's. */
static struct slice shopify_images(const struct shopify *shopify, const struct variant *variant, char *text, size_t max)
{
    size_t used = 0;
    if (variant->image.size > 0 && variant->image.size < max) {
        memcpy(text, variant->image.bytes, variant->image.size);
        used = variant->image.size;
    }
    for (size_t at = 0; at < shopify->images_size;) {
        const char *line = shopify->images + at;
        size_t size = (size_t)((const char *)memchr(line, '\n', shopify->images_size - at) - line);
        at += size + 1;
        if (slice_equal(slice_of(line, size), variant->image) || used + size + 1 > max)
            continue;
        if (used > 0)
            text[used++] = '\n';
        memcpy(text + used, line, size);
        used += size;
    }
    return slice_of(text, used);
}

/* The SKU's code: its own, or one made from handle and options, with a number behind it when that is taken. */
static struct slice shopify_sku_code(struct shopify *shopify, const struct variant *variant, char *code)
{
    struct table *table = &shopify->table;
    if (variant->sku.size > 0)
        return table_once(table, SHOPIFY_SKU, variant->sku, slice_of("", 0)) ? variant->sku : slice_of("", 0);
    size_t size = import_variant_code(code, shopify->handle, variant->values);
    size_t tried = size;
    struct slice none = slice_of("", 0);
    for (unsigned number = 2; seen_add(&table->seen, slice_of(code, tried), none, variant->line) != 0; number++)
        tried = size + (size_t)snprintf(code + size, 8, "-%u", number % 100000);
    return slice_of(code, tried);
}

static u32 shopify_put_sku(struct shopify *shopify, const struct variant *variant, u32 department, u32 brand)
{
    struct table *table = &shopify->table;
    char code_bytes[COMMAND_CODE_MAX + 16];
    struct slice code = shopify_sku_code(shopify, variant, code_bytes);
    if (code.size == 0)
        return 0;
    struct command_sku_put *put = stage_draft(shopify->import->stage, COMMAND_SKU_PUT);
    put->gtin = variant->gtin;
    put->department = department;
    put->brand = brand;
    put->seller = shopify->seller;
    put->for_sale = shopify->for_sale;
    struct slice texts[] = {code, shopify->title, shopify->handle,
                            shopify_options(shopify, variant, shopify->sku_options, sizeof(shopify->sku_options)),
                            shopify->tags, shopify->body,
                            shopify_images(shopify, variant, shopify->sku_images, sizeof(shopify->sku_images))};
    if (!stage_texts(shopify->import->stage, texts, ARRAY_COUNT(texts))) {
        table_error(table, SHOPIFY_BODY,
                    "the product's texts are too long: together at most %u bytes, and this one has %zu",
                    COMMAND_SIZE_MAX - 128, shopify->body.size);
        return 0;
    }
    struct result result = stage_apply(shopify->import->stage);
    if (result.code == RESULT_OK || result.code == RESULT_NO_CHANGE)
        return result.id;
    bool barcode = result.code == RESULT_BAD_GTIN || result.code == RESULT_DUPLICATE_GTIN;
    table_refused(table, barcode ? SHOPIFY_BARCODE : variant->sku.size > 0 ? SHOPIFY_SKU : SHOPIFY_HANDLE, result);
    return 0;
}

static void shopify_put_variant(struct shopify *shopify, const struct variant *variant, u32 department, u32 brand)
{
    struct stage *stage = shopify->import->stage;
    u32 sku = shopify_put_sku(shopify, variant, department, brand);
    if (sku == 0)
        return;
    draft_price(stage, sku, shopify->currency, variant->price_minor);
    if (table_apply(&shopify->table, SHOPIFY_PRICE) == 0 || !variant->has_quantity)
        return;
    /* Shopify's quantity is what can be bought; a count is of what lies there, promised units included. */
    const struct book *book = engine_book(stage_engine(stage), engine_find_book(stage_engine(stage), sku,
                                                                                shopify->location));
    if (book == NULL && variant->quantity == 0)
        return;
    draft_count(stage, sku, shopify->location, variant->quantity + (book != NULL ? book->reserved : 0));
    struct result result = stage_apply(stage);
    if (result.code != RESULT_OK && result.code != RESULT_NO_CHANGE)
        table_refused(&shopify->table, SHOPIFY_QUANTITY, result);
}

/* The product is complete: department, brand, its SKUs with prices and stock. */
static void shopify_finish(struct shopify *shopify)
{
    struct stage *stage = shopify->import->stage;
    bool gathered = shopify->handle.size > 0 && !shopify->bad;
    if (!gathered)
        return;
    char code[COMMAND_CODE_MAX];
    struct slice type = shopify->type.size > 0 ? shopify->type : slice_text("Other");
    u32 department = put_named(stage, COMMAND_DEPARTMENT_PUT, shopify_code(code, type, "other"), type);
    u32 brand = 0;
    if (shopify->vendor.size > 0)
        brand = put_brand(stage, shopify_code(code, shopify->vendor, "other"), shopify->vendor, shopify->country);
    if (department == 0 || (brand == 0 && shopify->vendor.size > 0))
        return;
    for (size_t i = 0; i < shopify->variant_count; i++) {
        shopify->table.blame_line = shopify->variants[i].line;
        shopify_put_variant(shopify, &shopify->variants[i], department, brand);
    }
    shopify->table.blame_line = 0;
}

static void shopify_begin(struct shopify *shopify, struct slice handle)
{
    struct table *table = &shopify->table;
    shopify->handle = handle;
    shopify->bad = false;
    shopify->variant_count = 0;
    shopify->images_size = 0;
    shopify->title = table_field_trimmed(table, SHOPIFY_TITLE);
    shopify->body = table_field(table, SHOPIFY_BODY);
    shopify->vendor = table_field_trimmed(table, SHOPIFY_VENDOR);
    shopify->type = table_field_trimmed(table, SHOPIFY_TYPE);
    shopify->tags = table_field_trimmed(table, SHOPIFY_TAGS);
    for (size_t i = 0; i < 3; i++)
        shopify->names[i] = table_field_trimmed(table, SHOPIFY_NAME_1 + 2 * i);
    bool published = shopify_truth(shopify, SHOPIFY_PUBLISHED);
    shopify->for_sale = shopify_truth(shopify, SHOPIFY_STATUS) && published;
    u32 earlier = seen_add(&shopify->handles, handle, slice_of("", 0), table->csv.row_line);
    if (earlier != 0)
        table_error(table, SHOPIFY_HANDLE,
                    "\"" SLICE_FORMAT "\" began in line %u; the rows of a product must stand together",
                    SLICE_ARGS(handle), earlier);
    else if (shopify->title.size == 0)
        table_error(table, SHOPIFY_TITLE, "is empty, but this is the first row of \"" SLICE_FORMAT "\"",
                    SLICE_ARGS(handle));
    shopify->bad = shopify->bad || earlier != 0 || shopify->title.size == 0;
}

/* The numbers of a variant. */
static bool shopify_figures(struct shopify *shopify, struct variant *variant)
{
    struct table *table = &shopify->table;
    bool good = true;
    struct slice price = table_field_trimmed(table, SHOPIFY_PRICE);
    if (!money_parse(price, shopify->digits, &variant->price_minor) || variant->price_minor <= 0) {
        table_error(table, SHOPIFY_PRICE, "\"" SLICE_FORMAT "\" is not a price above 0 with at most %u decimal places",
                    FIELD_SHOWN(price), shopify->digits);
        good = false;
    }
    struct slice barcode = table_field_trimmed(table, SHOPIFY_BARCODE);
    if (barcode.size > 0 && barcode.bytes[0] == '\'') /* how spreadsheets are told to leave a number alone */
        barcode = slice_of(barcode.bytes + 1, barcode.size - 1);
    variant->gtin = gtin_parse(barcode);
    if (barcode.size > 0 && variant->gtin == 0) {
        table_error(table, SHOPIFY_BARCODE,
                    "\"" SLICE_FORMAT "\" is not a GTIN of 8, 12, 13 or 14 digits with a right check digit",
                    FIELD_SHOWN(barcode));
        good = false;
    }
    variant->has_quantity = shopify->location != 0 && table_field_trimmed(table, SHOPIFY_QUANTITY).size > 0;
    u64 quantity = 0;
    if (variant->has_quantity && !table_number(table, SHOPIFY_QUANTITY, UNITS_MAX, &quantity))
        good = false;
    variant->quantity = (u32)quantity;
    return good;
}

static void shopify_variant(struct shopify *shopify)
{
    struct table *table = &shopify->table;
    if (shopify->variant_count == VARIANTS_MAX) {
        table_error(table, SHOPIFY_HANDLE, "more than %d variants of one product", VARIANTS_MAX);
        shopify->bad = true;
        return;
    }
    struct variant *variant = &shopify->variants[shopify->variant_count++];
    *variant = (struct variant){
        .line = table->csv.row_line, .image = table_field_trimmed(table, SHOPIFY_VARIANT_IMAGE)};
    for (size_t i = 0; i < 3; i++)
        variant->values[i] = table_field_trimmed(table, SHOPIFY_VALUE_1 + 2 * i);
    if (table_field_trimmed(table, SHOPIFY_SKU).size > 0 && !table_code(table, SHOPIFY_SKU, &variant->sku))
        shopify->bad = true;
    if (!shopify_figures(shopify, variant))
        shopify->bad = true;
}

static void shopify_row(struct shopify *shopify)
{
    struct table *table = &shopify->table;
    struct slice handle = table_field_trimmed(table, SHOPIFY_HANDLE);
    if (handle.size == 0) {
        table_error(table, SHOPIFY_HANDLE, "is empty");
        return;
    }
    bool first = !slice_equal(handle, shopify->handle);
    if (first) {
        shopify_finish(shopify);
        shopify_begin(shopify, handle);
    }
    struct slice image = table_field_trimmed(table, SHOPIFY_IMAGE);
    if (image.size > 0 && memchr(image.bytes, '\n', image.size) == NULL
        && shopify->images_size + image.size < IMAGES_BYTES_MAX) {
        memcpy(shopify->images + shopify->images_size, image.bytes, image.size);
        shopify->images_size += image.size;
        shopify->images[shopify->images_size++] = '\n';
    } else if (image.size > 0) {
        table_error(table, SHOPIFY_IMAGE, "the addresses of a product's images have %d bytes at most, and no line ends",
                    IMAGES_BYTES_MAX);
        shopify->bad = true;
    }
    bool variant = first || table_field_trimmed(table, SHOPIFY_VALUE_1).size > 0
                   || table_field_trimmed(table, SHOPIFY_SKU).size > 0
                   || table_field_trimmed(table, SHOPIFY_PRICE).size > 0;
    if (variant)
        shopify_variant(shopify);
    else if (image.size == 0)
        table_error(table, TABLE_ROW, "the row of \"" SLICE_FORMAT "\" has neither a variant nor an image",
                    SLICE_ARGS(handle));
}

/* Currency, seller, country and location by the settings. */
static enum exchange_status shopify_frame(struct shopify *shopify)
{
    struct import *import = shopify->import;
    struct stage *stage = import->stage;
    shopify->currency = put_currency(stage, slice_text(import->currency));
    shopify->seller = put_named(stage, COMMAND_SELLER_PUT, slice_text(import->seller), slice_text(import->seller));
    if (import->country != NULL && (shopify->country = put_country(stage, slice_text(import->country))) == 0)
        return EXCHANGE_REFUSED;
    if (shopify->currency == 0 || shopify->seller == 0)
        return EXCHANGE_REFUSED;
    shopify->digits = engine_currency(stage_engine(stage), shopify->currency)->digits;
    if (import->location == NULL)
        return EXCHANGE_DONE;
    char setting[16];
    snprintf(setting, sizeof(setting), "%slocation", import->prefix);
    shopify->location = import_location(import, setting, 0, 0, NULL, slice_text(import->location));
    return shopify->location != 0 ? EXCHANGE_DONE : EXCHANGE_REFUSED;
}

enum exchange_status import_shopify(struct import *import, const struct source *source)
{
    struct shopify *shopify = calloc(1, sizeof(*shopify)); /* large */
    if (shopify == NULL)
        return EXCHANGE_FULL;
    shopify->import = import;
    memcpy(shopify->columns, shopify_columns, sizeof(shopify_columns));
    enum exchange_status status =
        table_open(&shopify->table, import->stage, source, shopify->columns, SHOPIFY_COLUMN_COUNT);
    if (status == EXCHANGE_DONE)
        status = shopify_frame(shopify);
    if (status == EXCHANGE_DONE) {
        while (table_next(&shopify->table))
            shopify_row(shopify);
        shopify_finish(shopify);
        if (import->location == NULL && shopify->columns[SHOPIFY_QUANTITY].field > 0)
            import->left_out = shopify_columns[SHOPIFY_QUANTITY].names[0];
    }
    import->stage->full = import->stage->full || shopify->handles.full || shopify->table.seen.full;
    seen_free(&shopify->handles);
    table_close(&shopify->table);
    free(shopify);
    return status;
}
