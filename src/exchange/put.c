/* Small parts of a catalogue; see put.h. */
#include "exchange/put.h"

#include "exchange/field.h"
#include "node/refusal.h"

#include <stdio.h>

/* Applies the draft of something named `code`. */
static u32 put_apply(struct stage *stage, const char *what, struct slice code)
{
    struct result result = stage_apply(stage);
    if (result.code == RESULT_OK || result.code == RESULT_NO_CHANGE)
        return result.id;
    char name[STAGE_NAME_MAX];
    snprintf(name, sizeof(name), "%s \"" SLICE_FORMAT "\"", what, FIELD_SHOWN(code));
    char text[REFUSAL_MAX];
    stage_error(stage, name, 0, 0, NULL, "%s", refusal_text(text, stage_engine(stage), result));
    return 0;
}

static u32 put_too_long(struct stage *stage, struct slice code)
{
    stage_error(stage, "name", 0, 0, NULL, "\"" SLICE_FORMAT "...\" is too long", FIELD_SHOWN(code));
    return 0;
}

u32 put_currency(struct stage *stage, struct slice code)
{
    u32 id = engine_find(stage_engine(stage), COMMAND_CURRENCY_PUT, code);
    if (id != 0)
        return id;
    int digits = field_currency_digits(code);
    if (digits < 0) {
        stage_error(stage, "currency", 0, 0, NULL, "\"" SLICE_FORMAT "\" is not an ISO 4217 code that we know",
                    SLICE_ARGS(code));
        return 0;
    }
    struct command_currency_put *put = stage_draft(stage, COMMAND_CURRENCY_PUT);
    put->digits = (u32)digits;
    return stage_texts(stage, &code, 1) ? put_apply(stage, "currency", code) : 0;
}

u32 put_country(struct stage *stage, struct slice code)
{
    u32 id = engine_find(stage_engine(stage), COMMAND_COUNTRY_PUT, code);
    if (id != 0)
        return id;
    const char *name = field_country_name(code);
    if (name == NULL) {
        stage_error(stage, "country", 0, 0, NULL, "\"" SLICE_FORMAT "\" is not an ISO 3166-1 alpha-2 code that we know",
                    SLICE_ARGS(code));
        return 0;
    }
    return put_named(stage, COMMAND_COUNTRY_PUT, code, slice_text(name));
}

u32 put_named(struct stage *stage, u16 kind, struct slice code, struct slice name)
{
    u32 id = engine_find(stage_engine(stage), kind, code);
    if (id != 0)
        return id;
    stage_draft(stage, kind);
    struct slice texts[] = {code, name};
    return stage_texts(stage, texts, 2) ? put_apply(stage, command_info(kind)->word, code) : put_too_long(stage, code);
}

u32 put_brand(struct stage *stage, struct slice code, struct slice name, u32 country)
{
    u32 id = engine_find(stage_engine(stage), COMMAND_BRAND_PUT, code);
    if (id != 0)
        return id;
    struct command_brand_put *put = stage_draft(stage, COMMAND_BRAND_PUT);
    put->country = country;
    struct slice texts[] = {code, name};
    return stage_texts(stage, texts, 2) ? put_apply(stage, "brand", code) : put_too_long(stage, code);
}

u32 put_warehouse(struct stage *stage, struct slice code, struct slice name, u32 city)
{
    u32 id = engine_find(stage_engine(stage), COMMAND_LOCATION_PUT, code);
    const struct city *row = engine_city(stage_engine(stage), city);
    if (id != 0 || row == NULL)
        return id;
    struct location place = {
        .city = city,
        .longitude_e6 = row->longitude_e6,
        .latitude_e6 = row->latitude_e6,
        .kind = LOCATION_WAREHOUSE,
        .services = SERVICE_SHIP,
    };
    return draft_location(stage, &place, code, name) ? put_apply(stage, "location", code) : put_too_long(stage, code);
}

void draft_price(struct stage *stage, u32 sku, u32 currency, i64 price_minor)
{
    struct command_price_set *set = stage_draft(stage, COMMAND_PRICE_SET);
    set->sku = sku;
    set->currency = currency;
    set->price_minor = price_minor;
}

void draft_count(struct stage *stage, u32 sku, u32 location, u32 counted)
{
    struct command_stock_count *count = stage_draft(stage, COMMAND_STOCK_COUNT);
    count->sku = sku;
    count->location = location;
    count->counted = counted;
}

void draft_keep(struct stage *stage, u32 sku, u32 location, u32 units)
{
    struct command_stock_keep *keep = stage_draft(stage, COMMAND_STOCK_KEEP);
    keep->sku = sku;
    keep->location = location;
    keep->units = units;
}

bool draft_location(struct stage *stage, const struct location *place, struct slice code, struct slice name)
{
    struct command_location_put *put = stage_draft(stage, COMMAND_LOCATION_PUT);
    put->city = place->city;
    put->longitude_e6 = place->longitude_e6;
    put->latitude_e6 = place->latitude_e6;
    put->kind = place->kind;
    put->services = place->services;
    struct slice texts[] = {code, name};
    return stage_texts(stage, texts, 2);
}

bool draft_city(struct stage *stage, const struct city *place, const struct slice texts[4])
{
    struct command_city_put *put = stage_draft(stage, COMMAND_CITY_PUT);
    put->country = place->country;
    put->longitude_e6 = place->longitude_e6;
    put->latitude_e6 = place->latitude_e6;
    put->population = place->population;
    return stage_texts(stage, texts, 4);
}
