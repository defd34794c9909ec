/*
 * A scan as JSON, and as the part of the product's page that tells of it (scanned.h).
 */
#include "base/money.h"
#include "core/words.h"
#include "door/catalogue.h"
#include "door/feed.h"
#include "door/render.h"
#include "door/scanned.h"

#include <inttypes.h>

static const char *bar_word(enum scanned_bar bar)
{
    static const char *const words[] = {"", "expired", "past-sell-by", "not-for-sale"};
    return words[bar];
}

/* --- JSON ---------------------------------------------------------------------------------------------------- */

static void emit_part(struct emit *emit, const char *key, const struct scanned *scanned, const char *ai,
                      const char *other_ai)
{
    struct slice value;
    if (link_find(&scanned->link, ai, &value) || (other_ai != NULL && link_find(&scanned->link, other_ai, &value)))
        emit_key_text(emit, key, value);
    else
        emit_key_null(emit, key);
}

static void emit_day(struct emit *emit, const char *key, const char *day)
{
    if (*day != 0)
        emit_key_word(emit, key, day);
    else
        emit_key_null(emit, key);
}

static void emit_store(struct emit *emit, const struct engine *engine, const struct scanned *scanned)
{
    const struct location *store = engine_location(engine, scanned->store);
    char services[WORD_SERVICES_MAX];
    if (store == NULL) {
        emit_key_null(emit, "store");
        return;
    }
    emit_key_open(emit, "store", '{');
    emit_key_text(emit, "location", engine_text(engine, store->text, 0));
    emit_key_text(emit, "name", engine_text(engine, store->text, 1));
    render_code(emit, engine, "city", engine_city(engine, store->city)->text);
    emit_key_word(emit, "kind", word_location_kind(store->kind));
    emit_key_word(emit, "services", word_services(services, store->services));
    emit_key_number(emit, "available", scanned->here);
    emit_close(emit, '}');
}

/* Nothing for no units. */
static void emit_way(struct emit *emit, const struct engine *engine, const char *delivery, u32 location, u64 available)
{
    const struct location *place = engine_location(engine, location);
    if (available == 0)
        return;
    emit_open(emit, '{');
    emit_key_word(emit, "delivery", delivery);
    render_code(emit, engine, "location", place == NULL ? 0 : place->text);
    if (place != NULL)
        emit_key_text(emit, "name", engine_text(engine, place->text, 1));
    else
        emit_key_null(emit, "name");
    render_code(emit, engine, "city", place == NULL ? 0 : engine_city(engine, place->city)->text);
    emit_key_number(emit, "available", (i64)available);
    emit_close(emit, '}');
}

static void emit_ways(struct emit *emit, const struct engine *engine, const struct scanned *scanned)
{
    emit_key_open(emit, "ways", '[');
    emit_way(emit, engine, "carry-out", scanned->store, scanned_carry_out(engine, scanned));
    emit_way(emit, engine, "pick-up", scanned->store, scanned_pick_up(engine, scanned));
    for (u32 i = 0; i < scanned->place_count; i++)
        emit_way(emit, engine, "pick-up", scanned->places[i].location, scanned->places[i].units);
    emit_way(emit, engine, "home", 0, scanned->home);
    emit_close(emit, ']');
}

void scanned_emit(struct emit *emit, const struct engine *engine, const struct scanned *scanned, u32 currency,
                  struct slice page)
{
    struct stock_look look = {CATALOGUE_BOOKS_MAX, 1};
    struct buffer target = {0};
    i64 price_minor = scanned_price(engine, scanned, currency);
    scanned_target(&target, scanned, true);
    emit_open(emit, '{');
    emit_key_text(emit, "link", slice_of(target.bytes, target.size));
    emit_key_text(emit, "gtin", scanned->link.key.value);
    emit_part(emit, "variant", scanned, "22", NULL);
    emit_part(emit, "lot", scanned, "10", NULL);
    emit_part(emit, "serial", scanned, "21", "235");
    emit_day(emit, "best_before", scanned->best_before);
    emit_day(emit, "sell_by", scanned->sell_by);
    emit_day(emit, "expires", scanned->expires);
    emit_key_bool(emit, "may_be_sold", scanned->bar == SCANNED_MAY_BE_SOLD);
    emit_day(emit, "why_not", bar_word(scanned->bar));
    if (price_minor != 0)
        render_money(emit, engine, "price", price_minor, currency);
    else
        emit_key_null(emit, "price");
    emit_key_open(emit, "product", '{');
    catalogue_emit_variant(emit, engine, scanned->sku, currency, scanned->now_ms, &look);
    emit_close(emit, '}');
    emit_key_text(emit, "page", page);
    emit_store(emit, engine, scanned);
    emit_ways(emit, engine, scanned);
    emit_close(emit, '}');
    buffer_free(&target);
}

/* --- HTML ----------------------------------------------------------------------------------------------------- */

static void page_place(struct buffer *out, const struct engine *engine, const char *what, u32 location, u64 available)
{
    if (available == 0)
        return;
    buffer_text(out, "<li>");
    buffer_text(out, what);
    if (location != 0) {
        buffer_text(out, ": ");
        feed_escape(out, engine_text(engine, engine_location(engine, location)->text, 1));
    }
    buffer_format(out, " (%" PRIu64 ")</li>\n", available);
}

static void page_bar(struct buffer *out, const struct scanned *scanned)
{
    static const char *const texts[] = {
        "",
        "已过期，不得销售 / Past its expiry date: this item must not be sold.",
        "已过最晚销售日期，不得销售 / Past its last day of sale: this item must not be sold.",
        "不出售 / Not for sale.",
    };
    if (scanned->bar == SCANNED_MAY_BE_SOLD)
        return;
    buffer_text(out, "<p role=\"alert\"><strong>");
    buffer_text(out, texts[scanned->bar]);
    buffer_text(out, "</strong></p>\n");
}

static void page_fact(struct buffer *out, const char *name, struct slice value)
{
    if (value.size == 0)
        return;
    buffer_text(out, "<li>");
    buffer_text(out, name);
    buffer_text(out, ": ");
    feed_escape(out, value);
    buffer_text(out, "</li>\n");
}

static void page_facts(struct buffer *out, const struct scanned *scanned)
{
    struct slice lot = slice_of("", 0), serial = slice_of("", 0);
    link_find(&scanned->link, "10", &lot);
    if (!link_find(&scanned->link, "21", &serial))
        link_find(&scanned->link, "235", &serial);
    buffer_text(out, "<ul>\n");
    page_fact(out, "批号 / Lot", lot);
    page_fact(out, "序列号 / Serial", serial);
    page_fact(out, "最佳食用期 / Best before", slice_text(scanned->best_before));
    page_fact(out, "最晚销售 / Sell by", slice_text(scanned->sell_by));
    page_fact(out, "有效期 / Expires", slice_text(scanned->expires));
    buffer_text(out, "</ul>\n");
}

void scanned_page(struct buffer *out, const struct engine *engine, const struct scanned *scanned, u32 currency)
{
    const struct sku *sku = engine_sku(engine, scanned->sku);
    const struct location *store = engine_location(engine, scanned->store);
    i64 price_minor = scanned_price(engine, scanned, currency);
    buffer_text(out, "<section>\n<p>");
    feed_escape(out, engine_text(engine, sku->text, SKU_TITLE));
    buffer_text(out, " <code>");
    feed_escape(out, engine_text(engine, sku->text, SKU_CODE));
    buffer_text(out, "</code>");
    if (price_minor != 0) {
        char amount[MONEY_TEXT_MAX];
        buffer_text(out, " <strong>");
        feed_escape(out, engine_text(engine, engine_currency(engine, currency)->text, 0));
        buffer_format(out, " %s</strong>",
                      money_text_grouped(amount, price_minor, engine_currency(engine, currency)->digits));
    }
    buffer_text(out, "</p>\n");
    page_bar(out, scanned);
    page_facts(out, scanned);
    if (store != NULL) {
        buffer_text(out, "<p>本店 / This store, ");
        feed_escape(out, engine_text(engine, store->text, 1));
        buffer_format(out, ": %s (%u)</p>\n", scanned->here > 0 ? "有货 / In stock" : "售罄 / Sold out",
                      scanned->here);
    }
    buffer_text(out, "<ul>\n");
    page_place(out, engine, "带走 / Take it with you", scanned->store, scanned_carry_out(engine, scanned));
    page_place(out, engine, "本店自提 / Pick up here", scanned->store, scanned_pick_up(engine, scanned));
    for (u32 i = 0; i < scanned->place_count; i++)
        page_place(out, engine, "自提 / Pick up", scanned->places[i].location, scanned->places[i].units);
    page_place(out, engine, "送货上门 / Sent home", 0, scanned->home);
    buffer_text(out, "</ul>\n</section>\n");
}
