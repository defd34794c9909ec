#include "exchange/import_plan.h"

#include "base/time.h"
#include "exchange/field.h"

#define HOUR_TEXT 5u            /* "09:00" */

const char *const import_plan_names[IMPORT_PLAN_COLUMNS] = {
    [IMPORT_PLAN_UTC_OFFSET] = "utc_offset",       [IMPORT_PLAN_HOURS] = "hours",
    [IMPORT_PLAN_WEEKEND_HOURS] = "weekend_hours", [IMPORT_PLAN_CUT_OFF] = "cut_off",
    [IMPORT_PLAN_CAPACITY] = "capacity",           [IMPORT_PLAN_PREPARE] = "prepare_min",
    [IMPORT_PLAN_KEEP_DAYS] = "keep_days",         [IMPORT_PLAN_DAYS_CITY] = "days_city",
    [IMPORT_PLAN_DAYS_FAR] = "days_far",
};

static bool plan_has(const struct table *table, size_t first, enum import_plan_column column)
{
    return table->columns[first + column].field > 0;
}

static struct slice plan_field(const struct table *table, size_t first, enum import_plan_column column)
{
    return table_field_trimmed(table, first + column);
}

static bool plan_is_said(const struct table *table, size_t first)
{
    for (unsigned i = 0; i < IMPORT_PLAN_COLUMNS; i++)
        if (plan_field(table, first, (enum import_plan_column)i).size > 0)
            return true;
    return false;
}

/* "09:00" as a minute of the day, at most 24:00. */
static bool plan_minute(struct slice text, u16 *minute)
{
    u64 hours, minutes;
    if (text.size != HOUR_TEXT || text.bytes[2] != ':' || !field_number(slice_of(text.bytes, 2), 24, &hours) ||
        !field_number(slice_of(text.bytes + 3, 2), 59, &minutes) || hours * 60 + minutes > DAY_MIN)
        return false;
    *minute = (u16)(hours * 60 + minutes);
    return true;
}

static bool plan_hours(const struct table *table, size_t first, enum import_plan_column column, u16 *opens, u16 *closes)
{
    struct slice text = plan_field(table, first, column);
    if (!plan_has(table, first, column))
        return true;
    *opens = *closes = 0;
    if (text.size == 0)
        return true;
    bool shaped = text.size == 2 * HOUR_TEXT + 1 && text.bytes[HOUR_TEXT] == '-';
    if (shaped && plan_minute(slice_of(text.bytes, HOUR_TEXT), opens) &&
        plan_minute(slice_of(text.bytes + HOUR_TEXT + 1, HOUR_TEXT), closes) && *opens < *closes)
        return true;
    table_error(table, first + column, "\"" SLICE_FORMAT "\" is not from when to when it is open, such as 09:00-21:30",
                FIELD_SHOWN(text));
    return false;
}

static bool plan_cut_off(const struct table *table, size_t first, u16 *minute)
{
    struct slice text = plan_field(table, first, IMPORT_PLAN_CUT_OFF);
    if (!plan_has(table, first, IMPORT_PLAN_CUT_OFF))
        return true;
    *minute = 0;
    if (text.size == 0 || plan_minute(text, minute))
        return true;
    table_error(table, first + IMPORT_PLAN_CUT_OFF, "\"" SLICE_FORMAT "\" is not a time of the day such as 15:00",
                FIELD_SHOWN(text));
    return false;
}

static bool plan_offset(const struct table *table, size_t first, i16 *minutes)
{
    struct slice text = plan_field(table, first, IMPORT_PLAN_UTC_OFFSET);
    i32 offset = 0;
    if (text.size == 0)
        return true;
    bool good = time_parse_offset(text, &offset) && offset >= UTC_OFFSET_MIN && offset <= UTC_OFFSET_MAX;
    if (good)
        *minutes = (i16)offset;
    else
        table_error(table, first + IMPORT_PLAN_UTC_OFFSET,
                    "\"" SLICE_FORMAT "\" is not an offset from -12:00 to +14:00 such as +08:00", FIELD_SHOWN(text));
    return good;
}

/* An empty field is `otherwise`. */
static bool plan_number(const struct table *table, size_t first, enum import_plan_column column, u64 largest,
                        u64 otherwise, u64 *number)
{
    if (!plan_has(table, first, column))
        return true;
    if (plan_field(table, first, column).size > 0)
        return table_number(table, first + column, largest, number);
    *number = otherwise;
    return true;
}

/* The plan as it is, as a command. */
static struct command_location_plan plan_now(const struct location *location)
{
    return (struct command_location_plan){
        .utc_offset_minutes = location->utc_offset_minutes,
        .opens_min = location->opens_min,
        .closes_min = location->closes_min,
        .weekend_opens_min = location->weekend_opens_min,
        .weekend_closes_min = location->weekend_closes_min,
        .cut_off_min = location->cut_off_min,
        .capacity = location->capacity,
        .prepare_min = location->prepare_min,
        .keep_days = location->keep_days != 0 ? location->keep_days : KEEP_DAYS_DEFAULT,
        .days_city = location->days_city,
        .days_far = location->days_far,
    };
}

void import_plan(struct import *import, struct table *table, size_t first, u32 location)
{
    if (!plan_is_said(table, first))
        return;
    struct command_location_plan plan = plan_now(engine_location(stage_engine(import->stage), location));
    u64 capacity = plan.capacity, prepare = plan.prepare_min, keep = plan.keep_days, city = plan.days_city;
    u64 far = plan.days_far;
    bool good = plan_offset(table, first, &plan.utc_offset_minutes);
    good = plan_hours(table, first, IMPORT_PLAN_HOURS, &plan.opens_min, &plan.closes_min) && good;
    good = plan_hours(table, first, IMPORT_PLAN_WEEKEND_HOURS, &plan.weekend_opens_min, &plan.weekend_closes_min) &&
           good;
    good = plan_cut_off(table, first, &plan.cut_off_min) && good;
    good = plan_number(table, first, IMPORT_PLAN_CAPACITY, UINT16_MAX, 0, &capacity) && good;
    good = plan_number(table, first, IMPORT_PLAN_PREPARE, DAY_MIN, 0, &prepare) && good;
    good = plan_number(table, first, IMPORT_PLAN_KEEP_DAYS, KEEP_DAYS_MAX, KEEP_DAYS_DEFAULT, &keep) && good;
    good = plan_number(table, first, IMPORT_PLAN_DAYS_CITY, TRANSIT_DAYS_MAX, 0, &city) && good;
    good = plan_number(table, first, IMPORT_PLAN_DAYS_FAR, TRANSIT_DAYS_MAX, 0, &far) && good;
    if (good && plan.closes_min == 0 && plan.weekend_closes_min == 0) {
        table_error(table, first + IMPORT_PLAN_HOURS, "a plan needs hours, or weekend_hours");
        good = false;
    }
    if (!good)
        return;
    struct command_location_plan *draft = stage_draft(import->stage, COMMAND_LOCATION_PLAN);
    plan.header = draft->header;
    plan.location = location;
    plan.capacity = (u16)capacity;
    plan.prepare_min = (u16)prepare;
    plan.keep_days = (u8)keep;
    plan.days_city = (u8)city;
    plan.days_far = (u8)far;
    *draft = plan;
    table_apply(table, first + IMPORT_PLAN_HOURS);
}
