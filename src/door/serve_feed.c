/*
 * Feeds for comparison shopping, streamed in turns, and the pages of products. Public.
 */
#include "base/assert.h"
#include "core/words.h"
#include "door/base_url.h"
#include "door/catalogue.h"
#include "door/feed.h"
#include "door/http_state.h"
#include "door/param.h"
#include "door/problem.h"
#include "door/product.h"
#include "door/scanned.h"
#include "door/serve.h"
#include "door/turn.h"

#include <stdlib.h>

#define FEED_STEP_ROWS 64u          /* rows made, */
#define FEED_STEP_BYTES 16384u      /* or bytes of them, */
#define FEED_STEP_BOOKS 2048u       /* or books looked at in one step: 0.1 ms */

/* False: refused. */
static bool feed_make(struct http *http, struct feed *feed, char *base)
{
    struct server *server = http_server(http);
    *feed = (struct feed){.engine = server->engine, .now_ms = server_now_ms(server)};
    feed->base = base_url(http, base);
    return feed->base.bytes != NULL && catalogue_currency(http, &feed->currency);
}

/* --- streams ------------------------------------------------------------------------------------------------ */

struct feed_turn {
    struct turn turn;
    struct feed feed;
    bool stock;             /* local inventory, of books; else products, of SKUs */
    u32 location;           /* 0: every store */
    u32 at, last;           /* rows looked at, and the last to look at */
    char base[BASE_URL_MAX];
};

/* The book is one of those meant. */
static bool book_meant(const struct feed_turn *self, u32 id)
{
    const struct engine *engine = self->feed.engine;
    const struct book *book = engine_book(engine, id);
    return self->location != 0 ? book->location == self->location
                               : engine_location(engine, book->location)->kind == LOCATION_STORE;
}

static void feed_rows(struct feed_turn *self, struct buffer *out)
{
    u32 books = 0;
    for (u32 rows = 0; rows < FEED_STEP_ROWS && out->size < FEED_STEP_BYTES && books < FEED_STEP_BOOKS &&
                       self->at < self->last;) {
        self->at++;
        if (!self->stock) {
            feed_product(out, &self->feed, self->at, &books);
            rows++;
        } else if (books++, book_meant(self, self->at)) {
            feed_stock(out, &self->feed, self->at);
            rows++;
        }
    }
}

static enum turn_result feed_step(struct turn *turn, struct server *server)
{
    struct feed_turn *self = (struct feed_turn *)turn;
    struct http *http = turn->http;
    if (!turn_may_write(turn))
        return TURN_WAITS;
    self->feed.now_ms = server_now_ms(server);
    struct buffer *out = http_body(http).out;
    feed_rows(self, out);
    bool done = self->at == self->last;
    if (done)
        feed_end(out);
    http_piece(http, slice_of(out->bytes, out->size));
    if (!done)
        return TURN_MORE;
    http_end(http);
    return TURN_ENDS;
}

static void feed_turn_end(struct turn *turn, struct server *server)
{
    (void)server;
    free(turn);
}

/* Answers with the stream; `self` is made whole but for its turn. */
static void feed_start(struct http *http, struct feed_turn *self)
{
    struct server *server = http_server(http);
    if (!turn_free(server, TURN_FEED)) {
        free(self);
        problem_busy(http, 5);
        return;
    }
    self->turn.step = feed_step;
    self->turn.end = feed_turn_end;
    if (self->feed.currency == 0) /* nothing has a price yet */
        self->last = 0;
    struct buffer *out = http_body(http).out;
    (self->stock ? feed_stock_begin : feed_products_begin)(out, &self->feed);
    http_begin(http, 200, "application/xml; charset=utf-8", "");
    http_piece(http, slice_of(out->bytes, out->size));
    if (http->no_body || !turn_start(server, http, TURN_FEED, &self->turn)) {
        free(self);
        http_end(http);
    }
}

static struct feed_turn *feed_turn_make(struct http *http)
{
    struct feed_turn *self = calloc(1, sizeof(*self));
    ASSERT(self != NULL);
    if (feed_make(http, &self->feed, self->base))
        return self;
    free(self);
    return NULL;
}

void serve_feed_products(struct http *http)
{
    struct feed_turn *self = feed_turn_make(http);
    if (self == NULL)
        return;
    self->last = engine_sku_count(self->feed.engine);
    feed_start(http, self);
}

void serve_feed_stock(struct http *http)
{
    u32 location = 0;
    if (!param_find(http, "location", COMMAND_LOCATION_PUT, RESULT_UNKNOWN_LOCATION, &location))
        return;
    struct feed_turn *self = feed_turn_make(http);
    if (self == NULL)
        return;
    self->stock = true;
    self->location = location;
    self->last = engine_book_count(self->feed.engine);
    feed_start(http, self);
}

/* --- the page of a product -------------------------------------------------------------------------------------- */

static bool is_among(const u32 *skus, size_t count, u32 sku)
{
    for (size_t i = 0; i < count; i++)
        if (skus[i] == sku)
            return true;
    return false;
}

/* Who scanned a code comes with ?scan=/01/..., from serve_code.c. False: refused. */
static bool page_scanned(struct http *http, const struct feed *feed, const u32 *skus, size_t count, struct buffer *out)
{
    struct slice scan = slice_of("", 0);
    struct scanned scanned;
    if (!param_text(http, "scan", LINK_TEXT_MAX, &scan))
        return false;
    if (scan.size == 0)
        return true;
    struct buffer target = {0};
    buffer_slice(&target, scan);
    buffer_byte(&target, '?');
    buffer_slice(&target, http_request(http)->query);
    bool good = scanned_read(http, slice_of(target.bytes, target.size), &scanned);
    bool here = good && is_among(skus, count, scanned.sku);
    if (here)
        scanned_page(out, feed->engine, &scanned, feed->currency);
    else if (good)
        problem_field(http, "scan", "names another product");
    buffer_free(&target);
    return here;
}

static void page_found(struct http *http, const u32 *skus, size_t count, bool more)
{
    struct feed feed;
    char base[BASE_URL_MAX];
    struct buffer json = {0}, scanned = {0};
    (void)more; /* a page of PRODUCT_VARIANTS_MAX rows is long enough */
    if (!feed_make(http, &feed, base) || !page_scanned(http, &feed, skus, count, &scanned))
        return;
    struct buffer *out = http_body(http).out;
    feed_page(out, &json, &feed, skus, count, &scanned);
    buffer_free(&json);
    buffer_free(&scanned);
    http_reply(http, 200, "text/html; charset=utf-8", slice_of(out->bytes, out->size), "");
}

void serve_product_page(struct http *http)
{
    product_find(http, page_found);
}
