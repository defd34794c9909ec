/*
 * What the catalogue's answers have in common: what a SKU costs and how many there are now, SKUs, products, deals and
 * festivals as JSON (schema_catalogue.def), and pages of rows.
 */
#ifndef ELEVEN_DOOR_CATALOGUE_H
#define ELEVEN_DOOR_CATALOGUE_H

#include "core/engine.h"
#include "base/emit.h"
#include "door/http.h"

/* Texts of sku.put, in the order of command.def. */
enum { SKU_CODE, SKU_TITLE, SKU_HANDLE, SKU_OPTIONS, SKU_TAGS, SKU_BODY, SKU_IMAGES };

/* --- what it costs --------------------------------------------------------------------------------- */

/* What one unit costs in a currency at a moment. */
struct offer {
    i64 list_minor;         /* outside of deals; 0: no price */
    u32 deal;               /* the cheapest whose window holds now; 0: none */
    u32 next_deal;          /* the first whose window is still to come; 0: none */
};

/* O(deals + prices of the SKU), at most 16 each. `store`: what is bought there; the deals of its own and of its city
 * come before those for everybody. 0: of deals for a city or a store alone nothing is known. */
struct offer catalogue_offer_at(const struct engine *engine, const struct sku *sku, u32 currency, i64 now_ms,
                                u32 store);
/* The same, for everybody. */
struct offer catalogue_offer(const struct engine *engine, const struct sku *sku, u32 currency, i64 now_ms);

/* True while the deal has units left. */
bool catalogue_deal_left(const struct deal *deal);

/* The currency of prices when none is asked for: that of the festival that is open or opens next, else CNY, else the
 * first there is; 0: there is none. */
u32 catalogue_currency_default(const struct engine *engine, i64 now_ms);

/* --- how many there are ------------------------------------------------------------------------------ */

/* Books that one answer looks at: 0.5 ms of cache misses. A SKU that is kept at more places than its share of them is
 * not summed whole. */
#define CATALOGUE_BOOKS_MAX 8192u

/* Shares out CATALOGUE_BOOKS_MAX: what one SKU leaves over, the next ones have. */
struct stock_look {
    u32 left;
    u32 skus;               /* still to be looked at */
};

struct stock_sum {
    u64 available;
    bool whole;             /* false: of the first places only */
};

struct stock_sum catalogue_stock(const struct engine *engine, const struct sku *sku, struct stock_look *look);
void catalogue_stock_add(struct stock_sum *sum, struct stock_sum more);

/* --- as JSON ------------------------------------------------------------------------------------------- */

/* "available" and "in_stock", null where they are not known. */
void catalogue_emit_stock(struct emit *emit, struct stock_sum stock);
/* {"code", "name"}; null for text 0. */
void catalogue_emit_named(struct emit *emit, const struct engine *engine, const char *key, u32 text);
/* Brand, department, seller and country of origin. */
void catalogue_emit_kin(struct emit *emit, const struct engine *engine, const struct sku *sku);
void catalogue_emit_images(struct emit *emit, const struct engine *engine, const struct sku *sku);
void catalogue_emit_gtin(struct emit *emit, u64 gtin);
/* A Deal; as the value of `key` when that is not NULL, null for deal 0. */
void catalogue_emit_deal(struct emit *emit, const struct engine *engine, const char *key, u32 deal, i64 now_ms);
/* What SKUs and variants have in common: members of an object that is open. */
void catalogue_emit_variant(struct emit *emit, const struct engine *engine, u32 sku, u32 currency, i64 now_ms,
                            struct stock_look *look);
void catalogue_emit_festival(struct emit *emit, const struct engine *engine, u32 festival, i64 now_ms);

/* --- lines of a text ------------------------------------------------------------------------------------- */

/* The next line of `text` from *at on, which moves behind it; false: there is none. Empty lines are passed over. */
bool catalogue_line(struct slice text, size_t *at, struct slice *line);

/* --- requests --------------------------------------------------------------------------------------------- */

/* "currency", or the default; *currency may be 0 when there is none yet. */
bool catalogue_currency(struct http *http, u32 *currency);
/* "after" and "limit". */
struct page {
    u64 after;
    u64 limit;              /* 1..VIEW_PAGE_MAX */
};
bool catalogue_page(struct http *http, u64 after_max, struct page *page);
/* The path's thing by its code; 0: refused. */
u32 catalogue_path(struct http *http, const char *name, u16 kind, u16 unknown);
/* "next", null at the end; as a text where it may be more than a JSON reader keeps exactly (2^53). */
void catalogue_next(struct emit *emit, u64 next);
void catalogue_next_text(struct emit *emit, u64 next);
/* "limit" alone. */
bool catalogue_limit(struct http *http, u64 *limit);
/* False for a SKU that is not for sale, to anybody but staff. */
bool catalogue_shows(struct http *http, u32 sku);

#endif
