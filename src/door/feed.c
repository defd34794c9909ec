/* Rows of feeds, and the product's page; see feed.h. */
#include "door/feed.h"

#include "base/money.h"
#include "base/time.h"
#include "door/catalogue.h"
#include "base/emit.h"

#include <stdio.h>

/* --- elements ------------------------------------------------------------------------------------------ */

static void element(struct buffer *out, const char *name, struct slice text)
{
    buffer_format(out, "<%s>", name);
    feed_escape(out, text);
    buffer_format(out, "</%s>\n", name);
}

static void element_price(struct buffer *out, const char *name, const struct feed *feed, i64 amount_minor)
{
    const struct currency *currency = engine_currency(feed->engine, feed->currency);
    char amount[MONEY_TEXT_MAX];
    buffer_format(out, "<%s>%s ", name, money_text(amount, amount_minor, currency->digits));
    feed_escape(out, engine_text(feed->engine, currency->text, 0));
    buffer_format(out, "</%s>\n", name);
}

static void address(struct buffer *out, const struct feed *feed, const struct sku *sku)
{
    feed_escape(out, feed->base);
    buffer_text(out, "/products/");
    feed_segment(out, feed_handle(feed->engine, sku));
}

/* The running deal, while it has units left. */
static const struct deal *deal_of(const struct feed *feed, struct offer offer)
{
    const struct deal *deal = engine_deal(feed->engine, offer.deal);
    return deal != NULL && catalogue_deal_left(deal) ? deal : NULL;
}

static void element_prices(struct buffer *out, const struct feed *feed, struct offer offer)
{
    const struct deal *deal = deal_of(feed, offer);
    char opens[TIME_TEXT_MAX], closes[TIME_TEXT_MAX];
    element_price(out, "g:price", feed, offer.list_minor);
    if (deal == NULL || deal->price_minor >= offer.list_minor)
        return;
    element_price(out, "g:sale_price", feed, deal->price_minor);
    buffer_format(out, "<g:sale_price_effective_date>%s/%s</g:sale_price_effective_date>\n",
                  time_text(opens, deal->opens_ms, 0), time_text(closes, deal->closes_ms, 0));
}

static struct offer offer_of(const struct feed *feed, const struct sku *sku)
{
    return catalogue_offer(feed->engine, sku, feed->currency, feed->now_ms);
}

struct slice feed_handle(const struct engine *engine, const struct sku *sku)
{
    struct slice handle = engine_text(engine, sku->text, SKU_HANDLE);
    return handle.size > 0 ? handle : engine_text(engine, sku->text, SKU_CODE);
}

bool feed_in_stock(const struct engine *engine, const struct sku *sku, u32 most, u32 *looked)
{
    u32 count = 0;
    bool found = false;
    for (u32 id = sku->first_book; id != 0 && !found && count < most; id = engine_book(engine, id)->next) {
        found = engine_units_free(engine_book(engine, id)) > 0;
        count++;
    }
    *looked += count;
    return found;
}

/* --- Google Merchant Center ------------------------------------------------------------------------------- */

static void feed_begin(struct buffer *out, const struct feed *feed, const char *title)
{
    buffer_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel>\n");
    element(out, "title", slice_text(title));
    element(out, "link", feed->base);
    element(out, "description", slice_text(title));
}

void feed_products_begin(struct buffer *out, const struct feed *feed)
{
    feed_begin(out, feed, "Products");
}

void feed_stock_begin(struct buffer *out, const struct feed *feed)
{
    feed_begin(out, feed, "Local inventory");
}

void feed_end(struct buffer *out)
{
    buffer_text(out, "</channel>\n</rss>\n");
}

static void element_description(struct buffer *out, const struct engine *engine, const struct sku *sku)
{
    struct buffer plain = {0};
    feed_plain(&plain, engine_text(engine, sku->text, SKU_BODY), FEED_TEXT_MAX);
    if (plain.size > 0)
        element(out, "description", slice_of(plain.bytes, plain.size));
    else
        element(out, "description", engine_text(engine, sku->text, SKU_TITLE));
    buffer_free(&plain);
}

#define FEED_FURTHER_IMAGES 10  /* Google takes no more */

static void element_images(struct buffer *out, const struct engine *engine, const struct sku *sku)
{
    struct slice line;
    size_t at = 0, count = 0;
    while (count <= FEED_FURTHER_IMAGES && catalogue_line(engine_text(engine, sku->text, SKU_IMAGES), &at, &line))
        if (feed_is_address(line))
            element(out, count++ == 0 ? "g:image_link" : "g:additional_image_link", line);
}

void feed_product(struct buffer *out, const struct feed *feed, u32 id, u32 *looked)
{
    const struct engine *engine = feed->engine;
    const struct sku *sku = engine_sku(engine, id);
    const struct brand *brand = engine_brand(engine, sku->brand);
    struct offer offer = offer_of(feed, sku);
    if (!sku->for_sale || offer.list_minor == 0)
        return;
    buffer_text(out, "<item>\n");
    element(out, "g:id", engine_text(engine, sku->text, SKU_CODE));
    element(out, "title", engine_text(engine, sku->text, SKU_TITLE));
    element_description(out, engine, sku);
    buffer_text(out, "<link>");
    address(out, feed, sku);
    buffer_text(out, "</link>\n");
    element_images(out, engine, sku);
    bool in_stock = feed_in_stock(engine, sku, FEED_BOOKS_MAX, looked);
    element(out, "g:availability", slice_text(in_stock ? "in_stock" : "out_of_stock"));
    element_prices(out, feed, offer);
    if (sku->gtin != 0)
        buffer_format(out, "<g:gtin>%014llu</g:gtin>\n", (unsigned long long)sku->gtin);
    if (brand != NULL)
        element(out, "g:brand", engine_text(engine, brand->text, 1));
    struct slice handle = engine_text(engine, sku->text, SKU_HANDLE);
    if (handle.size > 0)
        element(out, "g:item_group_id", handle);
    element(out, "g:condition", slice_text("new"));
    buffer_text(out, "</item>\n");
}

void feed_stock(struct buffer *out, const struct feed *feed, u32 id)
{
    const struct engine *engine = feed->engine;
    const struct book *book = engine_book(engine, id);
    const struct sku *sku = engine_sku(engine, book->sku);
    struct offer offer = catalogue_offer_at(engine, sku, feed->currency, feed->now_ms, book->location);
    if (!sku->for_sale || offer.list_minor == 0)
        return;
    buffer_text(out, "<item>\n");
    element(out, "g:store_code", engine_text(engine, engine_location(engine, book->location)->text, 0));
    element(out, "g:id", engine_text(engine, sku->text, SKU_CODE));
    buffer_format(out, "<g:quantity>%u</g:quantity>\n", book->available);
    element_prices(out, feed, offer);
    element(out, "g:availability", slice_text(book->available > 0 ? "in_stock" : "out_of_stock"));
    buffer_text(out, "</item>\n");
}

/* --- the product's page ---------------------------------------------------------------------------------------- */

static void key_slice(struct emit *emit, const char *key, const struct buffer *text)
{
    emit_key_text(emit, key, slice_of(text->bytes, text->size));
}

static void offer_json(struct emit *emit, const struct feed *feed, const struct sku *sku, struct slice link,
                       bool in_stock)
{
    const struct currency *currency = engine_currency(feed->engine, feed->currency);
    struct offer offer = offer_of(feed, sku);
    const struct deal *deal = deal_of(feed, offer);
    char price[MONEY_TEXT_MAX], gtin[24];
    if (offer.list_minor == 0 && deal == NULL)
        return;
    money_text(price, deal != NULL ? deal->price_minor : offer.list_minor, currency->digits);
    emit_open(emit, '{');
    emit_key_word(emit, "@type", "Offer");
    emit_key_text(emit, "sku", engine_text(feed->engine, sku->text, SKU_CODE));
    if (sku->gtin != 0) {
        snprintf(gtin, sizeof(gtin), "%014llu", (unsigned long long)sku->gtin);
        emit_key_word(emit, "gtin14", gtin);
    }
    emit_key_text(emit, "url", link);
    emit_key_word(emit, "price", price);
    emit_key_text(emit, "priceCurrency", engine_text(feed->engine, currency->text, 0));
    if (deal != NULL) {
        char until[TIME_TEXT_MAX];
        emit_key_word(emit, "priceValidUntil", time_text(until, deal->closes_ms, 0));
    }
    emit_key_word(emit, "availability", in_stock ? "https://schema.org/InStock" : "https://schema.org/OutOfStock");
    emit_key_word(emit, "itemCondition", "https://schema.org/NewCondition");
    emit_close(emit, '}');
}

/* One of `count` on a page, which share the places that are looked at. */
static bool page_in_stock(const struct engine *engine, u32 sku, size_t count)
{
    u32 looked = 0;
    return feed_in_stock(engine, engine_sku(engine, sku), FEED_BOOKS_MAX / (u32)count, &looked);
}

/* schema.org: Product with its Offers. */
static void page_json(struct buffer *json, const struct feed *feed, const u32 *skus, size_t count)
{
    const struct engine *engine = feed->engine;
    const struct sku *first = engine_sku(engine, skus[0]);
    const struct brand *brand = engine_brand(engine, first->brand);
    struct emit emit = emit_into(json);
    struct buffer text = {0};
    struct slice line;
    emit_open(&emit, '{');
    emit_key_word(&emit, "@context", "https://schema.org/");
    emit_key_word(&emit, "@type", "Product");
    emit_key_text(&emit, "name", engine_text(engine, first->text, SKU_TITLE));
    feed_plain(&text, engine_text(engine, first->text, SKU_BODY), FEED_TEXT_MAX);
    key_slice(&emit, "description", &text);
    emit_key_open(&emit, "image", '[');
    for (size_t at = 0; catalogue_line(engine_text(engine, first->text, SKU_IMAGES), &at, &line);)
        if (feed_is_address(line))
            emit_text(&emit, line);
    emit_close(&emit, ']');
    if (brand != NULL) {
        emit_key_open(&emit, "brand", '{');
        emit_key_word(&emit, "@type", "Brand");
        emit_key_text(&emit, "name", engine_text(engine, brand->text, 1));
        emit_close(&emit, '}');
    }
    text.size = 0;
    buffer_slice(&text, feed->base);
    buffer_text(&text, "/products/");
    feed_segment(&text, feed_handle(engine, first));
    emit_key_open(&emit, "offers", '[');
    for (size_t i = 0; i < count; i++)
        offer_json(&emit, feed, engine_sku(engine, skus[i]), slice_of(text.bytes, text.size),
                   page_in_stock(engine, skus[i], count));
    emit_close(&emit, ']');
    emit_close(&emit, '}');
    buffer_free(&text);
}

static void page_price(struct buffer *out, const struct feed *feed, i64 amount_minor)
{
    const struct currency *currency = engine_currency(feed->engine, feed->currency);
    char amount[MONEY_TEXT_MAX];
    feed_escape(out, engine_text(feed->engine, currency->text, 0));
    buffer_format(out, " %s", money_text_grouped(amount, amount_minor, currency->digits));
}

static void page_row(struct buffer *out, const struct feed *feed, const struct sku *sku, bool in_stock)
{
    struct offer offer = offer_of(feed, sku);
    const struct deal *deal = deal_of(feed, offer);
    struct slice line;
    buffer_text(out, "<tr><td>");
    for (size_t at = 0; catalogue_line(engine_text(feed->engine, sku->text, SKU_OPTIONS), &at, &line);) {
        feed_escape(out, line);
        buffer_text(out, "<br>");
    }
    buffer_text(out, "<code>");
    feed_escape(out, engine_text(feed->engine, sku->text, SKU_CODE));
    buffer_text(out, "</code></td><td>");
    if (deal != NULL) {
        buffer_text(out, "<strong>");
        page_price(out, feed, deal->price_minor);
        buffer_text(out, "</strong> ");
    }
    if (offer.list_minor != 0) {
        buffer_text(out, deal != NULL ? "<s>" : "");
        page_price(out, feed, offer.list_minor);
        buffer_text(out, deal != NULL ? "</s>" : "");
    } else if (deal == NULL) {
        buffer_text(out, "&mdash;");
    }
    buffer_text(out, in_stock ? "</td><td>&#9679; 有货 / In stock</td></tr>\n"
                              : "</td><td>&#9675; 售罄 / Sold out</td></tr>\n");
}

static void page_images(struct buffer *out, const struct engine *engine, const struct sku *sku)
{
    struct slice line;
    size_t shown = 0;
    for (size_t at = 0; shown < 8 && catalogue_line(engine_text(engine, sku->text, SKU_IMAGES), &at, &line);) {
        if (!feed_is_address(line))
            continue;
        shown++;
        buffer_text(out, "<img loading=\"lazy\" alt=\"\" src=\"");
        feed_escape(out, line);
        buffer_text(out, "\">\n");
    }
}

#define PAGE_STYLE                                                                                                 \
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"       \
    "img{max-width:14rem;max-height:14rem;margin:0 .5rem .5rem 0}table{border-collapse:collapse;width:100%}"       \
    "section{border:2px solid #b3261e;border-radius:.5rem;padding:0 1rem;margin:1rem 0}"                           \
    "td{border-top:1px solid #ddd;padding:.5rem;vertical-align:top}code{color:#666}strong{color:#b3261e}"

void feed_page(struct buffer *out, struct buffer *scratch, const struct feed *feed, const u32 *skus, size_t count,
               const struct buffer *scanned)
{
    const struct engine *engine = feed->engine;
    const struct sku *first = engine_sku(engine, skus[0]);
    const struct brand *brand = engine_brand(engine, first->brand);
    buffer_text(out, "<!DOCTYPE html>\n<html lang=\"und\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    feed_escape(out, engine_text(engine, first->text, SKU_TITLE));
    buffer_text(out, "</title>\n<link rel=\"canonical\" href=\"");
    address(out, feed, first);
    buffer_text(out, "\">\n<style>" PAGE_STYLE "</style>\n<script type=\"application/ld+json\">");
    scratch->size = 0;
    page_json(scratch, feed, skus, count);
    feed_json(out, slice_of(scratch->bytes, scratch->size));
    buffer_text(out, "</script>\n</head>\n<body>\n<main>\n<h1>");
    feed_escape(out, engine_text(engine, first->text, SKU_TITLE));
    buffer_text(out, "</h1>\n");
    if (brand != NULL) {
        buffer_text(out, "<p>");
        feed_escape(out, engine_text(engine, brand->text, 1));
        buffer_text(out, "</p>\n");
    }
    if (scanned != NULL)
        buffer_add(out, scanned->bytes, scanned->size);
    page_images(out, engine, first);
    buffer_text(out, "<table>\n");
    for (size_t i = 0; i < count; i++)
        page_row(out, feed, engine_sku(engine, skus[i]), page_in_stock(engine, skus[i], count));
    buffer_text(out, "</table>\n<p>");
    scratch->size = 0;
    feed_plain(scratch, engine_text(engine, first->text, SKU_BODY), FEED_TEXT_MAX);
    feed_escape(out, slice_of(scratch->bytes, scratch->size));
    buffer_text(out, "</p>\n</main>\n</body>\n</html>\n");
}
