/*
 * What a scanned GS1 Digital Link means in this shop: which SKU, scanned in which store, whether this very item may be
 * sold today, and the ways to get one. The store is the link's own parameter `store`, a location's code: GS1's AI 414
 * holds a GLN, which locations here need not have, and names that are not all digits are for everybody to use
 * (extension parameters of the URI Syntax).
 */
#ifndef ELEVEN_DOOR_SCANNED_H
#define ELEVEN_DOOR_SCANNED_H

#include "code/link.h"
#include "core/engine.h"
#include "door/problem.h"

#define SCANNED_STORES_MAX 5u       /* further stores that are named */
#define SCANNED_BOOKS_MAX 8192u     /* places looked at: 0.5 ms of cache misses */
#define SCANNED_DAY_MAX 11          /* "2026-12-31" */

enum scanned_bar {
    SCANNED_MAY_BE_SOLD,
    SCANNED_EXPIRED,                /* past AI 17 or 7003 */
    SCANNED_PAST_SELL_BY,           /* past AI 16 */
    SCANNED_NOT_FOR_SALE,           /* the SKU; shown to staff only */
};

/* A place that has some. */
struct scanned_place {
    u32 location;
    u32 units;                      /* that may be picked up */
    i64 rank;                       /* less is better */
};

struct scanned {
    struct link link;
    u32 sku;
    u32 store;                      /* location; 0: the link does not say */
    i64 now_ms;
    enum scanned_bar bar;
    char best_before[SCANNED_DAY_MAX], sell_by[SCANNED_DAY_MAX], expires[SCANNED_DAY_MAX]; /* "": not said */
    u32 here;                       /* units at the store; */
    u32 here_free;                  /* of them beyond its safety stock */
    u64 home;                       /* units that may be sent, at places that ship */
    u32 place_count;                /* stores for pick-up, nearest to `store` first, or with most units */
    struct scanned_place places[SCANNED_STORES_MAX];
};

/* Reads the target of a resolver's request, which must outlive *scanned. False: refused, by name, as a problem
 * document or, for browsers, a page: no link (400), no GTIN, unknown GTIN or store (404). */
bool scanned_read(struct http *http, struct slice target, struct scanned *scanned);

/* The answer is best a page: the caller takes HTML. */
bool scanned_wants_page(struct http *http);

/* Refuses as a page for browsers, else as a problem document. */
void scanned_refuse(struct http *http, enum problem problem, const char *detail);

/* The link in canonical order from its key on: qualifiers, and attributes that are AIs when `attributes` and there is
 * room for them (LINK_TEXT_MAX). */
void scanned_target(struct buffer *out, const struct scanned *scanned, bool attributes);

/* Units that can be carried out, and picked up, at the store. */
u32 scanned_carry_out(const struct engine *engine, const struct scanned *scanned);
u32 scanned_pick_up(const struct engine *engine, const struct scanned *scanned);

/* What one unit costs now; 0: no price in this currency. */
i64 scanned_price(const struct engine *engine, const struct scanned *scanned, u32 currency);

/* As JSON (schema_code.def); `page` is the address of the product's page. */
void scanned_emit(struct emit *emit, const struct engine *engine, const struct scanned *scanned, u32 currency,
                  struct slice page);

/* As a part of the product's page. */
void scanned_page(struct buffer *out, const struct engine *engine, const struct scanned *scanned, u32 currency);

#endif
