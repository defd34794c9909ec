/*
 * Engine against model: locations, books, goods on their way, deals and tills.
 */
#include "test/naive_compare.h"

/* --- places --------------------------------------------------------------- */

static void compare_plan(struct comparing *c, u32 id)
{
    const struct location *location = engine_location(c->engine, id);
    static const struct command_location_plan none;
    const struct naive_location *model = &c->naive->locations[id];
    const struct command_location_plan *plan = model->planned ? &model->plan : &none;
#define PLAN(name) naive_same(c, location->name, plan->name, "location %u " #name, id)
    PLAN(utc_offset_minutes);
    PLAN(opens_min);
    PLAN(closes_min);
    PLAN(weekend_opens_min);
    PLAN(weekend_closes_min);
    PLAN(cut_off_min);
    PLAN(capacity);
    PLAN(prepare_min);
    PLAN(keep_days);
    PLAN(days_city);
    PLAN(days_far);
#undef PLAN
}

/* The hour of the last order that was to be sent from there, and how many of that hour still are. */
static void compare_hour(struct comparing *c, u32 id)
{
    const struct location *location = engine_location(c->engine, id);
    i64 hour = 0;
    for (u32 o = 1; o <= c->naive->orders_count; o++) {
        const struct naive_order *order = &c->naive->orders[o];
        for (u32 l = order->first_line; l < order->first_line + order->line_count; l++)
            if (order->delivery == DELIVERY_HOME && c->naive->lines[l].location == id)
                hour = order->placed_ms / 3600000;
    }
    naive_same(c, location->hour, hour, "location %u hour", id);
    naive_same(c, location->hour_orders, naive_hour_orders(c->naive, id, hour), "location %u orders of hour %lld", id,
               (long long)hour);
}

void compare_places(struct comparing *c)
{
    for (u32 id = 1; id <= c->naive->put_count[COMMAND_CITY_PUT]; id++) {
        const struct command_city_put *put = NAIVE_PUT(c->naive, city_put, CITY_PUT, id);
        const struct city *city = engine_city(c->engine, id);
        naive_same(c, city->country, put->country, "city %u country", id);
        naive_same(c, city->longitude_e6, put->longitude_e6, "city %u longitude", id);
        naive_same(c, city->latitude_e6, put->latitude_e6, "city %u latitude", id);
        naive_same(c, city->population, put->population, "city %u population", id);
    }
    for (u32 id = 1; id <= c->naive->put_count[COMMAND_LOCATION_PUT] && c->difference[0] == '\0'; id++) {
        const struct command_location_put *put = NAIVE_PUT(c->naive, location_put, LOCATION_PUT, id);
        const struct location *location = engine_location(c->engine, id);
        naive_same(c, location->city, put->city, "location %u city", id);
        naive_same(c, location->longitude_e6, put->longitude_e6, "location %u longitude", id);
        naive_same(c, location->latitude_e6, put->latitude_e6, "location %u latitude", id);
        naive_same(c, location->kind, put->kind, "location %u kind", id);
        naive_same(c, location->services, put->services, "location %u services", id);
        compare_plan(c, id);
        compare_hour(c, id);
        for (u32 reason = 0; reason < REASON_COUNT; reason++)
            naive_same(c, location->shrink[reason], c->naive->locations[id].shrink[reason], "location %u shrink %u", id,
                       reason);
    }
    for (u32 id = 1; id <= c->naive->put_count[COMMAND_BRAND_PUT]; id++)
        naive_same(c, engine_brand(c->engine, id)->country, NAIVE_PUT(c->naive, brand_put, BRAND_PUT, id)->country,
             "brand %u country", id);
}

/* --- books, and what is on its way -------------------------------------------- */

void compare_books(struct comparing *c)
{
    naive_same(c, engine_book_count(c->engine), c->naive->books_count, "number of books");
    for (u32 id = 1; id <= c->naive->books_count && c->difference[0] == '\0'; id++) {
        const struct naive_book *model = &c->naive->books[id];
        const struct book *book = engine_book(c->engine, id);
        naive_same(c, engine_find_book(c->engine, model->sku, model->location), id, "book of sku %u at %u", model->sku,
             model->location);
#define ACCOUNT(name) naive_same(c, book->name, model->name, "book %u (sku %u at %u) " #name, id, model->sku, model->location)
        ACCOUNT(sku);
        ACCOUNT(location);
        ACCOUNT(received);
        ACCOUNT(moved_in);
        ACCOUNT(moved_out);
        ACCOUNT(available);
        ACCOUNT(reserved);
        ACCOUNT(sold);
        ACCOUNT(quarantine);
        ACCOUNT(shrink);
        ACCOUNT(safety);
#undef ACCOUNT
        const struct command_location_put *at = NAIVE_PUT(c->naive, location_put, LOCATION_PUT, model->location);
        naive_same(c, book->city, at->city, "book %u city", id);
        naive_same(c, book->services, at->services, "book %u services", id);
        naive_same(c, book->coming, naive_coming(c->naive, model->sku, model->location), "book %u coming", id);
        naive_same(c, book->leased, 0, "book %u leased", id);
        naive_same(c, book->overrun, 0, "book %u overrun", id);
        naive_same(c, book->received + book->moved_in,
             (i64)book->moved_out + book->available + book->reserved + book->sold + book->quarantine + book->shrink,
             "book %u in against out", id);
    }
}

static void compare_inbounds(struct comparing *c)
{
    naive_same(c, engine_inbound_count(c->engine), c->naive->inbounds_count, "number of inbounds");
    for (u32 id = 1; id <= c->naive->inbounds_count && c->difference[0] == '\0'; id++) {
        const struct naive_inbound *model = &c->naive->inbounds[id];
        const struct inbound *inbound = engine_inbound(c->engine, id);
#define FACT(name) naive_same(c, (i64)inbound->name, (i64)model->name, "inbound %u " #name, id)
        FACT(reference);
        FACT(made_ms);
        FACT(closed_ms);
        FACT(sku);
        FACT(from);
        FACT(to);
        FACT(expected);
        FACT(received);
        FACT(lost);
#undef FACT
    }
}

/* In any order. */
static void compare_flagships(struct comparing *c)
{
    for (u32 f = 1; f <= c->naive->festivals_count; f++) {
        u32 count = 0;
        for (u32 row = engine_festival(c->engine, f)->first_flagship; row != 0;
             row = engine_flagship(c->engine, row)->next) {
            u32 city = engine_flagship(c->engine, row)->city;
            bool found = false;
            for (u32 i = 1; i <= c->naive->flagships_count; i++)
                found |= c->naive->flagships[i].festival == f && c->naive->flagships[i].city == city;
            if (city == 0)
                continue;
            naive_same(c, true, found, "festival %u flagship city %u", f, city);
            count++;
        }
        naive_same(c, count, naive_flagships_of(c->naive, f), "festival %u flagship cities", f);
    }
}

void compare_ways(struct comparing *c)
{
    for (u32 i = 0; i < RULES_MAX; i++)
        naive_same(c, engine_rules(c->engine)[i], c->naive->rules[i], "rule %u of routing", i + 1);
    compare_inbounds(c);
    compare_flagships(c);
}

/* --- deals ------------------------------------------------------------------ */

void compare_deals(struct comparing *c)
{
    naive_same(c, engine_deal_count(c->engine), c->naive->deals_count, "number of deals");
    for (u32 id = 1; id <= c->naive->deals_count && c->difference[0] == '\0'; id++) {
        const struct naive_deal *model = &c->naive->deals[id];
        const struct deal *deal = engine_deal(c->engine, id);
        naive_same(c, deal->festival, model->festival, "deal %u festival", id);
        naive_same(c, deal->sku, model->sku, "deal %u sku", id);
        naive_same(c, deal->city, model->city, "deal %u city", id);
        naive_same(c, deal->location, model->location, "deal %u location", id);
        naive_same(c, deal->price_minor, model->price_minor, "deal %u price", id);
        naive_same(c, deal->opens_ms, model->opens_ms, "deal %u opens", id);
        naive_same(c, deal->closes_ms, model->closes_ms, "deal %u closes", id);
        naive_same(c, deal->quota, model->quota, "deal %u quota", id);
        naive_same(c, deal->cap, model->cap, "deal %u cap", id);
        naive_same(c, deal->taken, model->taken, "deal %u taken", id);
    }
    for (u32 i = 1; i <= c->naive->caps_count; i++) {
        const struct naive_cap *cap = &c->naive->caps[i];
        naive_same(c, engine_cap_units(c->engine, cap->deal, cap->person), cap->units, "deal %u person %u units", cap->deal,
             cap->person);
    }
}

/* --- tills ------------------------------------------------------------------ */

/* What a shift counts, worked out from the model's journal. */
static struct shift count_shift(const struct naive *naive, u32 id)
{
    struct shift counted = {.last_tender = 0};
    for (u32 i = 1; i <= naive->tenders_count; i++) {
        const struct naive_tender *tender = &naive->tenders[i];
        if (tender->shift != id)
            continue;
        counted.last_tender = i;
        counted.sales += tender->kind == TENDER_SALE;
        counted.returns += tender->kind == TENDER_RETURN || tender->kind == TENDER_TAKE_BACK;
        counted.voids += tender->kind == TENDER_VOID;
        for (u32 means = 0; means < 3 && tender->kind != TENDER_DRAWER; means++) {
            if (tender->kind == TENDER_SALE)
                counted.sold_minor[means] += tender->minor[means];
            else
                counted.refunded_minor[means] -= tender->minor[means];
        }
        if (tender->kind == TENDER_DRAWER && tender->minor[0] > 0)
            counted.put_in_minor += tender->minor[0];
        if (tender->kind == TENDER_DRAWER && tender->minor[0] < 0)
            counted.taken_out_minor -= tender->minor[0];
    }
    return counted;
}

static void compare_shift(struct comparing *c, u32 id)
{
    const struct naive_shift *model = &c->naive->shifts[id];
    const struct shift *shift = engine_shift(c->engine, id);
    struct shift counted = count_shift(c->naive, id);
    u32 previous = id - 1;
    while (previous > 0 && c->naive->shifts[previous].till != model->till)
        previous--;
#define FACT(name) naive_same(c, shift->name, model->name, "shift %u " #name, id)
    FACT(till);
    FACT(opened_ms);
    FACT(closed_ms);
    FACT(float_minor);
    FACT(counted_minor);
#undef FACT
#define FACT(name) naive_same(c, shift->name, counted.name, "shift %u " #name, id)
    for (u32 means = 0; means < 3; means++) {
        FACT(sold_minor[means]);
        FACT(refunded_minor[means]);
    }
    FACT(put_in_minor);
    FACT(taken_out_minor);
    FACT(last_tender);
    FACT(sales);
    FACT(returns);
    FACT(voids);
#undef FACT
    naive_same(c, shift->previous, previous, "shift %u previous", id);
}

static void compare_tenders(struct comparing *c)
{
    naive_same(c, engine_tender_count(c->engine), c->naive->tenders_count, "number of tenders");
    for (u32 id = 1; id <= c->naive->tenders_count && c->difference[0] == '\0'; id++) {
        const struct naive_tender *model = &c->naive->tenders[id];
        const struct tender *tender = engine_tender(c->engine, id);
        u32 previous = id - 1;
        while (previous > 0 && c->naive->tenders[previous].shift != model->shift)
            previous--;
#define FACT(name, value) naive_same(c, tender->name, value, "tender %u " #name, id)
        FACT(at_ms, model->at_ms);
        FACT(cash_minor, model->minor[TENDER_CASH - 1]);
        FACT(card_minor, model->minor[TENDER_CARD - 1]);
        FACT(wallet_minor, model->minor[TENDER_WALLET - 1]);
        FACT(shift, model->shift);
        FACT(previous, previous);
        FACT(order, model->order);
        FACT(sku, model->sku);
        FACT(quantity, model->quantity);
        FACT(kind, model->kind);
#undef FACT
        if (model->kind == TENDER_SALE)
            naive_same(c, engine_sale(c->engine, model->order), id, "sale of order %u", model->order);
    }
}

void compare_tills(struct comparing *c)
{
    for (u32 id = 1; id <= c->naive->put_count[COMMAND_TILL_PUT]; id++) {
        const struct command_till_put *put = NAIVE_PUT(c->naive, till_put, TILL_PUT, id);
        const struct till *till = engine_till(c->engine, id);
        naive_same(c, till->location, put->location, "till %u location", id);
        naive_same(c, till->shopper, put->shopper, "till %u shopper", id);
        naive_same(c, till->shift, naive_shift_of(c->naive, id), "till %u shift", id);
    }
    naive_same(c, engine_shift_count(c->engine), c->naive->shifts_count, "number of shifts");
    for (u32 id = 1; id <= c->naive->shifts_count && c->difference[0] == '\0'; id++)
        compare_shift(c, id);
    compare_tenders(c);
}
