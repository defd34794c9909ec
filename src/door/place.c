#include "door/place.h"

#include "base/geo.h"
#include "base/time.h"
#include "core/words.h"
#include "door/render.h"

#include <stdlib.h>

void place_emit(struct emit *emit, const struct engine *engine, u32 id)
{
    const struct location *location = engine_location(engine, id);
    char services[WORD_SERVICES_MAX];
    emit_key_text(emit, "code", engine_text(engine, location->text, 0));
    emit_key_text(emit, "name", engine_text(engine, location->text, 1));
    render_code(emit, engine, "city", engine_city(engine, location->city)->text);
    emit_key_number(emit, "longitude_e6", location->longitude_e6);
    emit_key_number(emit, "latitude_e6", location->latitude_e6);
    emit_key_word(emit, "kind", word_location_kind(location->kind));
    emit_key_word(emit, "services", word_services(services, location->services));
}

static bool has_plan(const struct location *location)
{
    return location->keep_days != 0;
}

/* A store that sells is open at this moment, by its plan. False without a plan. */
static bool is_open(const struct location *location, i64 now_ms)
{
    i64 local = now_ms / MINUTE_MS + location->utc_offset_minutes;
    if (!has_plan(location) || local < 0)
        return false;
    struct engine_opening opening = engine_opening(location, local / DAY_MIN);
    return local % DAY_MIN >= opening.opens_min && local % DAY_MIN < opening.closes_min;
}

/* "09:00-21:30"; null: closed all day. */
static void emit_hours(struct emit *emit, const char *key, unsigned opens_min, unsigned closes_min)
{
    char text[2 * TIME_MINUTE_MAX];
    if (closes_min == 0) {
        emit_key_null(emit, key);
        return;
    }
    time_minute(text, opens_min);
    text[TIME_MINUTE_MAX - 1] = '-';
    time_minute(text + TIME_MINUTE_MAX, closes_min);
    emit_key_word(emit, key, text);
}

/* Under the names that location.plan has for them: what is read may be sent back. */
static void emit_plan(struct emit *emit, const struct location *location)
{
    if (!has_plan(location)) {
        emit_key_null(emit, "plan");
        return;
    }
    emit_key_open(emit, "plan", '{');
    emit_key_number(emit, "utc_offset_minutes", location->utc_offset_minutes);
    emit_key_number(emit, "opens_min", location->opens_min);
    emit_key_number(emit, "closes_min", location->closes_min);
    emit_key_number(emit, "weekend_opens_min", location->weekend_opens_min);
    emit_key_number(emit, "weekend_closes_min", location->weekend_closes_min);
    emit_key_number(emit, "cut_off_min", location->cut_off_min);
    emit_key_number(emit, "capacity", location->capacity);
    emit_key_number(emit, "prepare_min", location->prepare_min);
    emit_key_number(emit, "keep_days", location->keep_days);
    emit_key_number(emit, "days_city", location->days_city);
    emit_key_number(emit, "days_far", location->days_far);
    emit_close(emit, '}');
}

static void emit_load(struct emit *emit, const struct location *location, i64 now_ms)
{
    u32 orders = engine_hour_orders(location, now_ms);
    emit_key_open(emit, "load", '{');
    emit_key_number(emit, "orders", orders);
    if (location->capacity == 0)
        emit_key_null(emit, "capacity");
    else
        emit_key_number(emit, "capacity", location->capacity);
    emit_key_bool(emit, "at_capacity", location->capacity != 0 && orders >= location->capacity);
    emit_close(emit, '}');
    emit_key_open(emit, "losses", '[');
    for (unsigned reason = REASON_NONE; reason < REASON_COUNT; reason++) {
        emit_open(emit, '{');
        emit_key_word(emit, "reason", word_count_reason(reason));
        emit_key_number(emit, "units", (i64)location->shrink[reason]);
        emit_close(emit, '}');
    }
    emit_close(emit, ']');
}
_Static_assert(ARRAY_COUNT(((struct location *)0)->shrink) == REASON_COUNT, "one for each reason");

void place_emit_more(struct emit *emit, const struct engine *engine, u32 id, i64 now_ms, bool staff)
{
    const struct location *location = engine_location(engine, id);
    emit_plan(emit, location);
    if (has_plan(location)) {
        emit_key_bool(emit, "open_now", is_open(location, now_ms));
        emit_hours(emit, "hours", location->opens_min, location->closes_min);
        emit_hours(emit, "weekend_hours", location->weekend_opens_min, location->weekend_closes_min);
    } else {
        emit_key_null(emit, "open_now");
        emit_key_null(emit, "hours");
        emit_key_null(emit, "weekend_hours");
    }
    if (staff)
        emit_load(emit, location, now_ms);
}

void place_emit_units(struct emit *emit, const struct book *book)
{
    emit_key_number(emit, "available", book->available);
    emit_key_number(emit, "free", engine_units_free(book));
    emit_key_number(emit, "safety", book->safety);
    emit_key_number(emit, "coming", book->coming);
}

static int near_compare(const void *a, const void *b)
{
    const struct place_near *left = a, *right = b;
    if (left->distance != right->distance)
        return left->distance < right->distance ? -1 : 1;
    return left->location < right->location ? -1 : left->location > right->location;
}

size_t place_nearest(const struct engine *engine, u32 sku, u32 city, struct place_near *near, size_t max)
{
    const struct city *from = engine_city(engine, city);
    size_t count = 0;
    for (u32 id = engine_sku(engine, sku)->first_book; id != 0 && count < max; id = engine_book(engine, id)->next) {
        const struct book *book = engine_book(engine, id);
        const struct location *to = engine_location(engine, book->location);
        near[count++] = (struct place_near){
            .distance = geo_distance(from->longitude_e6, from->latitude_e6, to->longitude_e6, to->latitude_e6),
            .book = id,
            .location = book->location,
        };
    }
    qsort(near, count, sizeof(*near), near_compare);
    return count;
}
