#include "view/product.h"

#include <stdio.h>
#include <stdlib.h>

_Static_assert(PRODUCT_COLUMN_BYTES >= COMMAND_SIZE_MAX / 3 * 4 + 16, "a text of CJK characters, each with a blank");

/* Texts of sku.put, in the order of command.def; handles part products. */
enum { TEXT_CODE, TEXT_TITLE, TEXT_HANDLE, TEXT_OPTIONS, TEXT_TAGS, TEXT_BODY };

bool product_open(struct product *product)
{
    *product = (struct product){.bytes = malloc(PRODUCT_COLUMN_COUNT * PRODUCT_COLUMN_BYTES)};
    for (size_t i = 0; i < PRODUCT_COLUMN_COUNT && product->bytes != NULL; i++)
        product->columns[i] =
            (struct words){.bytes = product->bytes + i * PRODUCT_COLUMN_BYTES, .size_max = PRODUCT_COLUMN_BYTES};
    return product->bytes != NULL;
}

void product_close(struct product *product)
{
    free(product->bytes);
    *product = (struct product){0};
}

/* --- rows ---------------------------------------------------------------------- */

static i64 product_by_handle(struct store *store, enum store_statement which, struct slice handle)
{
    i64 id = 0;
    sqlite3_stmt *statement = store_statement(store, which);
    if (handle.size == 0)
        sqlite3_bind_null(statement, 1);
    else
        sqlite3_bind_blob(statement, 1, handle.bytes, (int)handle.size, SQLITE_STATIC);
    if (store_step(store, statement))
        id = sqlite3_column_int64(statement, 0);
    store_done(statement);
    sqlite3_clear_bindings(statement); /* the handle is the engine's */
    return id;
}

/* The product this SKU belongs to now; a new one when its handle is new. */
static i64 product_of(struct store *store, struct slice handle, i64 before)
{
    i64 id = 0;
    if (handle.size > 0)
        id = product_by_handle(store, STORE_PRODUCT_FIND, handle);
    else if (before != 0)
        id = store_number(store, STORE_PRODUCT_ALONE, before);
    return id != 0 ? id : product_by_handle(store, STORE_PRODUCT_ADD, handle);
}

void product_put(struct store *store, const struct engine *engine, u32 sku, bool words)
{
    const struct sku *row = engine_sku(engine, sku);
    i64 before = store_number(store, STORE_SKU_PRODUCT, sku);
    i64 now = product_of(store, engine_text(engine, row->text, TEXT_HANDLE), before);
    STORE_RUN(store, SKU_PUT, sku, now, row->department, row->brand, row->seller, row->origin, row->for_sale);
    if (words || now != before)
        STORE_RUN(store, DIRTY, now);
    if (before != 0 && before != now)
        STORE_RUN(store, DIRTY, before);
}

/* --- words ------------------------------------------------------------------------ */

/* A text of a SKU, unless it is the one of the SKU before, as most are. */
static void product_text(struct product *product, enum product_column column, struct slice text, struct slice *before)
{
    if (slice_equal(text, before[column]))
        return;
    if (column == PRODUCT_BODY)
        words_add_html(&product->columns[column], text);
    else
        words_add(&product->columns[column], text);
    before[column] = text;
}

/* A GTIN is looked for with as many zeros in front as its bar code has. */
static void product_gtin(struct words *words, u64 gtin)
{
    static const struct {
        int digits;
        u64 bound;
    } forms[] = {{14, 100000000000000u}, {13, 10000000000000u}, {12, 1000000000000u}, {8, 100000000u}};
    char text[24];
    for (size_t i = 0; i < ARRAY_COUNT(forms) && gtin < forms[i].bound; i++) {
        int size = snprintf(text, sizeof(text), "%0*llu", forms[i].digits, (unsigned long long)gtin);
        words_add(words, slice_of(text, (size_t)size));
    }
}

static void product_sku(struct product *product, const struct engine *engine, u32 id, struct slice *before)
{
    const struct sku *sku = engine_sku(engine, id);
    const struct brand *brand = engine_brand(engine, sku->brand);
    const struct department *department = engine_department(engine, sku->department);
    product_text(product, PRODUCT_TITLE, engine_text(engine, sku->text, TEXT_TITLE), before);
    product_text(product, PRODUCT_CODE, engine_text(engine, sku->text, TEXT_CODE), before);
    product_text(product, PRODUCT_TAGS, engine_text(engine, sku->text, TEXT_TAGS), before);
    product_text(product, PRODUCT_OPTIONS, engine_text(engine, sku->text, TEXT_OPTIONS), before);
    product_text(product, PRODUCT_BODY, engine_text(engine, sku->text, TEXT_BODY), before);
    if (brand != NULL)
        product_text(product, PRODUCT_BRAND, engine_text(engine, brand->text, 1), before);
    if (department != NULL)
        product_text(product, PRODUCT_DEPARTMENT, engine_text(engine, department->text, 1), before);
    if (sku->gtin != 0)
        product_gtin(&product->columns[PRODUCT_CODE], sku->gtin);
}

/* Puts the columns together; false when the product has no SKU any more. */
static bool product_collect(struct product *product, struct store *store, const struct engine *engine, i64 id)
{
    struct slice before[PRODUCT_COLUMN_COUNT] = {{0}};
    bool any = false;
    for (size_t i = 0; i < PRODUCT_COLUMN_COUNT; i++)
        product->columns[i].size = 0;
    sqlite3_stmt *skus = store_statement(store, STORE_SKUS_OF);
    sqlite3_bind_int64(skus, 1, id);
    for (; store_step(store, skus); any = true)
        product_sku(product, engine, (u32)sqlite3_column_int64(skus, 0), before);
    store_done(skus);
    return any;
}

static void product_write(struct product *product, struct store *store, i64 id)
{
    sqlite3_stmt *add = store_statement(store, STORE_WORDS_ADD);
    sqlite3_bind_int64(add, 1, id);
    for (int i = 0; i < PRODUCT_COLUMN_COUNT; i++)
        sqlite3_bind_text(add, i + 2, product->columns[i].bytes, (int)product->columns[i].size, SQLITE_STATIC);
    store_step(store, add);
    store_done(add);
}

void product_index(struct product *product, struct store *store, const struct engine *engine)
{
    i64 id;
    while ((id = store_number(store, STORE_DIRTY_NEXT, 0)) != 0) {
        STORE_RUN(store, WORDS_REMOVE, id);
        if (product_collect(product, store, engine, id)) {
            product_write(product, store, id);
            STORE_RUN(store, CLEAN, id);
        } else {
            STORE_RUN(store, PRODUCT_REMOVE, id);
        }
    }
}
