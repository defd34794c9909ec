#include "door/events_text.h"

#include "base/checksum.h"
#include "base/money.h"
#include "core/words.h"
#include "door/catalogue.h"
#include "door/events.h"
#include "door/render.h"

i64 events_second(const struct festival *festival, i64 now_ms)
{
    return now_ms < festival->opens_ms ? -1 : (now_ms - festival->opens_ms) / 1000;
}

static void screen_seconds(struct emit *emit, const struct engine *engine, u32 festival, i64 from, i64 to)
{
    const struct second *seconds = engine_seconds(engine, festival);
    i64 count = (i64)engine_festival(engine, festival)->second_count;
    from = MAX(MAX(from, to - EVENTS_SECONDS_MAX + 1), (i64)0);
    emit_key_open(emit, "seconds", '[');
    for (i64 second = from; second <= to && second < count; second++) {
        emit_open(emit, '[');
        emit_number(emit, second);
        emit_number(emit, seconds[second].paid_minor);
        emit_number(emit, seconds[second].orders);
        emit_close(emit, ']');
    }
    emit_close(emit, ']');
}

static void screen_channels(struct emit *emit, const struct engine *engine, u32 festival)
{
    emit_key_open(emit, "channels", '[');
    for (u32 channel = 1; channel < CHANNEL_COUNT; channel++) {
        const struct cell *cell = engine_cell(engine, festival, CELL_CHANNEL, channel);
        emit_open(emit, '{');
        emit_key_word(emit, "channel", word_channel(channel));
        emit_key_number(emit, "paid_minor", cell->paid_minor);
        emit_key_number(emit, "units", (i64)cell->units);
        emit_close(emit, '}');
    }
    emit_close(emit, ']');
}

static void screen_milestones(struct emit *emit, const struct engine *engine, const struct festival *festival)
{
    unsigned digits = engine_currency(engine, festival->currency)->digits;
    emit_key_open(emit, "milestones", '[');
    for (u32 i = 0; i < festival->milestone_count; i++) {
        emit_open(emit, '{');
        emit_key_number(emit, "amount_minor", engine_milestone_minor(i, digits));
        emit_key_number(emit, "after_ms", festival->milestone_ms[i] - festival->opens_ms);
        emit_close(emit, '}');
    }
    emit_close(emit, ']');
}

void events_screen(struct buffer *text, const struct engine *engine, u32 id, i64 from_second, i64 now_ms)
{
    const struct festival *festival = engine_festival(engine, id);
    i64 second = events_second(festival, now_ms);
    buffer_format(text, "id: %llu-%lld\nevent: total\ndata: ", (unsigned long long)engine_seq(engine),
                  (long long)second);
    struct emit emit = emit_into(text);
    emit_open(&emit, '{');
    render_code(&emit, engine, "festival", festival->text);
    emit_key_number(&emit, "seq", (i64)engine_seq(engine));
    emit_key_number(&emit, "now_ms", now_ms);
    emit_key_number(&emit, "opens_ms", festival->opens_ms);
    emit_key_number(&emit, "closes_ms", festival->closes_ms);
    render_code(&emit, engine, "currency", engine_currency(engine, festival->currency)->text);
    emit_key_number(&emit, "paid_minor", festival->paid_minor);
    emit_key_number(&emit, "usd_cents",
                    money_usd_cents(festival->paid_minor, engine_currency(engine, festival->currency)->digits,
                                    festival->usd_rate_e6));
    emit_key_number(&emit, "held_minor", festival->held_minor);
    emit_key_number(&emit, "refunded_minor", festival->refunded_minor);
    emit_key_number(&emit, "orders", (i64)festival->orders);
    emit_key_number(&emit, "orders_paid", (i64)festival->orders_paid);
    emit_key_number(&emit, "units_paid", (i64)festival->units_paid);
    emit_key_number(&emit, "peak_orders", (i64)festival->peak_orders);
    emit_key_number(&emit, "peak_second", (i64)festival->peak_second);
    screen_channels(&emit, engine, id);
    screen_milestones(&emit, engine, festival);
    screen_seconds(&emit, engine, id, from_second, second);
    emit_close(&emit, '}');
    buffer_text(text, "\n\n");
}

/* --- a SKU ------------------------------------------------------------------------------------------- */

/* Of as many places as one answer looks at (catalogue.h). */
static u64 available(const struct engine *engine, const struct sku *sku)
{
    struct stock_look look = {.left = CATALOGUE_BOOKS_MAX, .skus = 1};
    return catalogue_stock(engine, sku, &look).available;
}

/* The deal whose window holds now, else the one that opens next; 0: none. */
static u32 deal_now(const struct engine *engine, const struct sku *sku, i64 now_ms)
{
    u32 next = 0;
    for (u32 id = sku->first_deal; id != 0; id = engine_deal(engine, id)->next) {
        const struct deal *deal = engine_deal(engine, id);
        if (deal->city != 0 || deal->location != 0)
            continue; /* not for everybody */
        if (deal->opens_ms <= now_ms && now_ms < deal->closes_ms)
            return id;
        if (deal->opens_ms > now_ms && (next == 0 || deal->opens_ms < engine_deal(engine, next)->opens_ms))
            next = id;
    }
    return next;
}

void events_stock(struct buffer *text, const struct engine *engine, u32 id, i64 now_ms)
{
    const struct sku *sku = engine_sku(engine, id);
    const struct deal *deal = engine_deal(engine, deal_now(engine, sku, now_ms));
    buffer_format(text, "id: %llu\nevent: stock\ndata: ", (unsigned long long)engine_seq(engine));
    struct emit emit = emit_into(text);
    emit_open(&emit, '{');
    render_code(&emit, engine, "sku", sku->text);
    emit_key_number(&emit, "available", (i64)available(engine, sku));
    emit_key_bool(&emit, "for_sale", sku->for_sale != 0);
    if (deal == NULL) {
        emit_key_null(&emit, "deal");
    } else {
        emit_key_open(&emit, "deal", '{');
        emit_key_number(&emit, "price_minor", deal->price_minor);
        emit_key_number(&emit, "opens_ms", deal->opens_ms);
        emit_key_number(&emit, "closes_ms", deal->closes_ms);
        emit_key_number(&emit, "quota", deal->quota);
        emit_key_number(&emit, "taken", deal->taken);
        emit_close(&emit, '}');
    }
    emit_close(&emit, '}');
    buffer_text(text, "\n\n");
}

u64 events_stock_version(const struct engine *engine, u32 id, i64 now_ms)
{
    const struct sku *sku = engine_sku(engine, id);
    u32 deal = deal_now(engine, sku, now_ms);
    u64 facts[] = {available(engine, sku), sku->for_sale, deal, deal == 0 ? 0 : engine_deal(engine, deal)->taken,
                   deal == 0 ? 0 : (u64)engine_deal(engine, deal)->price_minor};
    return checksum64(facts, sizeof(facts), 0);
}

/* --- an order ------------------------------------------------------------------------------------------ */

void events_order(struct buffer *text, const struct engine *engine, u32 order)
{
    buffer_format(text, "id: %llu\nevent: order\ndata: ", (unsigned long long)engine_seq(engine));
    struct emit emit = emit_into(text);
    render_order(&emit, engine, order);
    buffer_text(text, "\n\n");
}

u64 events_order_version(const struct engine *engine, u32 id)
{
    const struct order *order = engine_order(engine, id);
    return checksum64(engine_line(engine, order->first_line), order->line_count * sizeof(struct line),
                      checksum64(&order->changed_ms, sizeof(order->changed_ms), order->state));
}
