/*
 * Products: the SKUs of one handle, and what they are found by. A put only marks its product; its words are put
 * together once, before the transaction ends, from all of its SKUs as the engine has them then.
 */
#ifndef ELEVEN_VIEW_PRODUCT_H
#define ELEVEN_VIEW_PRODUCT_H

#include "core/engine.h"
#include "view/store.h"
#include "view/words.h"

/* Columns of the index, in its order. */
enum product_column {
    PRODUCT_TITLE, PRODUCT_CODE, PRODUCT_BRAND, PRODUCT_TAGS, PRODUCT_OPTIONS, PRODUCT_DEPARTMENT, PRODUCT_BODY,
    PRODUCT_COLUMN_COUNT
};

/* What each column weighs in bm25, as SQL. */
#define PRODUCT_WEIGHTS "10, 8, 5, 4, 3, 2, 1"

/* Bytes of one column, folded: any one text of a command, and the codes of some 2,000 SKUs. */
#define PRODUCT_COLUMN_BYTES ((size_t)128 << 10)

struct product {
    char *bytes;            /* of all columns */
    struct words columns[PRODUCT_COLUMN_COUNT];
};

bool product_open(struct product *product); /* false: no memory */
void product_close(struct product *product);

/* A SKU was put: its row and that of its product. `words`: the texts it is found by changed. Failures stick to the
 * store. */
void product_put(struct store *store, const struct engine *engine, u32 sku, bool words);

/* Brings the words of all marked products up to date. */
void product_index(struct product *product, struct store *store, const struct engine *engine);

#endif
