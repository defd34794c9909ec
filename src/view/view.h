/*
 * Views: read models in DIRECTORY/views.db (SQLite, WAL, FTS5): which SKUs a search finds, which orders a
 * filter finds, sums by SKU. They hold ids to be found by and columns to be filtered by; what is shown of a SKU or an
 * order comes from the engine. Never the truth: they can be removed at any time and are made again from the journal.
 *
 * A thread of its own, which gives way to the sale, follows the journal: it decides every durable command again on an
 * engine of its own (so it knows what each of them changed, expired holds included), and writes the rows. It reads
 * files only and shares nothing with the engine that sells. What it shows is therefore durable, and as of a sequence
 * number (view_seq).
 */
#ifndef ELEVEN_VIEW_VIEW_H
#define ELEVEN_VIEW_VIEW_H

#include "base/slice.h"
#include "core/engine.h"
#include "io/io.h"
#include "journal/journal.h"

struct view;

/* What the follower tells of each command it has decided, in order, inside the transaction that moves the views'
 * sequence number; called on the follower's thread. `engine` is the follower's, right after the command. For a
 * clock.tick it is called once for each hold that expired with `order` set; else `order` is the order the command is
 * about, or 0. Used by webhooks. */
typedef void view_event(void *argument, const struct engine *engine, u64 seq, i64 time_ms,
                        const struct command_header *command, struct result result, u32 order);

struct view_options {
    const char *directory;
    const struct io *io;            /* NULL: this machine's */
    view_event *event;              /* may be NULL */
    void *event_argument;
    /* `event` is wanted for sequence numbers > this; the views may be ahead or behind */
    u64 event_after;
};

/* Opens or makes views.db and starts the follower (io->start_thread). views.lock keeps others out. A views.db of
 * another instance or schema is made anew. False with `problem` (JOURNAL_PROBLEM_MAX bytes). */
bool view_open(struct view **view, const struct view_options *options, char *problem);

/*
 * The sale's journal is durable through `seq`: the follower may go on. Cheap, and waits for nobody; any thread. To be
 * called once after the shop has been opened too, with the last number of its journal: rows that are ahead of that are
 * of another history (a copy was put back) and made anew. Nothing is followed before.
 */
void view_durable(struct view *view, u64 seq);

/* The views show everything through this number. Any thread. */
u64 view_seq(const struct view *view);

/* NULL while all is well, else why the follower has stopped, for good until the next view_open (static or owned by the
 * view): the disk, the database, damage, no memory for a second state. The sale and the questions go on. Any thread. */
const char *view_problem(const struct view *view);

void view_close(struct view *view);

/* Makes views.db anew from the whole journal; nobody may have it open. `progress` may be NULL. For `eleven rebuild`. */
bool view_rebuild(const char *directory, void (*progress)(u64 seq, u64 of), char *problem);

/* --- questions: from any thread but never from the sale's: they may take milliseconds --------------------- */

#define VIEW_PAGE_MAX 200

struct view_search {
    struct slice text;      /* words in any language; every word must occur (as a prefix); empty: everything */
    u32 department;         /* 0: any */
    u32 brand;
    u32 seller;
    u32 country;            /* of origin */
    bool for_sale;          /* only what may be bought */
    u64 after;              /* cursor: 0, or *next of the page before of the same search */
};
/*
 * SKU ids of products (the first SKU for sale of each handle), at most `max` (<= VIEW_PAGE_MAX), best first when there
 * is a text (bm25, title before tags before body), else by id. *next: cursor of the next page, 0: this is the last.
 * *problem: NULL, or what is wrong with the search (static). Filters are about SKUs: a product is found when one of its
 * SKUs fits all of them, and that SKU is given. When more than 20,000 products have the words, they come by id,
 * unranked. Chinese, Japanese and Korean text is found by any run of characters, other text by words, without regard to
 * case and accents.
 */
size_t view_products(struct view *view, const struct view_search *search, u32 *skus, size_t max, u64 *next,
                     const char **problem);

/* All SKUs of a product by its handle, by id. */
size_t view_variants(struct view *view, struct slice handle, u32 *skus, size_t max);

struct view_order_filter {
    u32 shopper;            /* 0: any, as below */
    u32 festival;
    u32 location;           /* some part is sent from, or kept at, this location */
    u32 state;              /* enum order_state */
    u32 part_state;         /* some part is in this state (with `location`: of that location) */
    i64 from_ms, to_ms;     /* placed: from <= t < to; to 0: no bound */
    u32 before;             /* cursor: order ids below this; 0: from the newest */
};
/* Order ids, newest first, at most `max` (<= VIEW_PAGE_MAX); fewer: these are the last. A state that is none finds
 * none. */
size_t view_orders(struct view *view, const struct view_order_filter *filter, u32 *orders, size_t max);

/* Sums per SKU of the paid orders of a festival (0: outside of festivals), without those that were cancelled then,
 * largest amount first; at most VIEW_PAGE_MAX, from the row `offset` on. */
struct view_sku_sales {
    u32 sku;
    u32 currency;
    u64 units;              /* sold */
    u64 returned;
    i64 paid_minor;         /* before refunds */
};
size_t view_sku_sales(struct view *view, u32 festival, u32 offset, struct view_sku_sales *rows, size_t max);

#endif
