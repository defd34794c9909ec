/*
 * Feeds for comparison shopping (Google Merchant Center: RSS 2.0 with the g: namespace), and the product's page with
 * its schema.org description. Everything here is a function of the engine and its arguments, into a buffer; what
 * comes from the catalogue is escaped for where it stands, whatever bytes it is made of.
 */
#ifndef ELEVEN_DOOR_FEED_H
#define ELEVEN_DOOR_FEED_H

#include "core/engine.h"
#include "base/buffer.h"

#define FEED_TEXT_MAX 5000u     /* bytes of a description */
#define FEED_BOOKS_MAX 8192u    /* places looked at for an item, or a page: no units in any of them is sold out */

/* --- texts ------------------------------------------------------------------------------------------ */

/* As text of XML or HTML, or within a quoted attribute: <, >, &, " and ' become references; what is not UTF-8, or no
 * character of XML 1.0, becomes U+FFFD. */
void feed_escape(struct buffer *out, struct slice text);

/* HTML as plain text: no tags, no comments, nothing that stands in script or style, the five references of XML, nbsp
 * and numbers resolved, blanks as one; at most `size_max` bytes, cut between characters. */
void feed_plain(struct buffer *out, struct slice html, size_t size_max);

/* Percent-encoded as one segment of a path (RFC 3986: all but unreserved characters). */
void feed_segment(struct buffer *out, struct slice text);

/* JSON that may stand in a script element: <, > and & (which occur in its strings only) as \u003c, ... */
void feed_json(struct buffer *out, struct slice json);

/* An address that is shown as one: http or https, without blanks and control characters. */
bool feed_is_address(struct slice text);

/* --- rows --------------------------------------------------------------------------------------------- */

struct feed {
    const struct engine *engine;
    i64 now_ms;
    u32 currency;
    struct slice base;      /* of links: "https://shop.example", no slash at the end */
};

/* The path of a SKU's product page is /products/ and this, percent-encoded: its handle, or its code. */
struct slice feed_handle(const struct engine *engine, const struct sku *sku);

/* True when some unit is to be had at one of the first `most` places; adds the places looked at to *looked. */
bool feed_in_stock(const struct engine *engine, const struct sku *sku, u32 most, u32 *looked);

void feed_products_begin(struct buffer *out, const struct feed *feed);
/* An item; nothing for what is not for sale or has no price in the feed's currency. */
void feed_product(struct buffer *out, const struct feed *feed, u32 sku, u32 *looked);
void feed_stock_begin(struct buffer *out, const struct feed *feed);
/* The item of a book, likewise. */
void feed_stock(struct buffer *out, const struct feed *feed, u32 book);
void feed_end(struct buffer *out);

/* The whole page of a product, of `count` >= 1 SKUs. `scratch` is another buffer, emptied first. `scanned` is HTML of
 * what was scanned (scanned_page.h), NULL for who came another way. */
void feed_page(struct buffer *out, struct buffer *scratch, const struct feed *feed, const u32 *skus, size_t count,
               const struct buffer *scanned);

#endif
