#include "base/time.h"

#include "base/assert.h"

/* The calendar counts from 0000-03-01 in eras of 400 years (146,097 days), so that the leap day comes last. */
#define ERA_DAYS 146097
#define DAYS_TO_1970 719468

i64 time_days(i64 year, unsigned month, unsigned day)
{
    ASSERT(year >= 0 && year <= 9999);
    ASSERT(month >= 1 && month <= 12 && day >= 1 && day <= 31);
    i64 shifted = year - (month <= 2) + 400; /* never negative */
    i64 era = shifted / 400;
    i64 year_of_era = shifted % 400;
    i64 day_of_year = (153 * (i64)(month > 2 ? month - 3 : month + 9) + 2) / 5 + (i64)day - 1;
    i64 day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (era - 1) * ERA_DAYS + day_of_era - DAYS_TO_1970;
}

static void time_date(i64 days, i64 *year, unsigned *month, unsigned *day)
{
    i64 shifted = days + DAYS_TO_1970 + ERA_DAYS; /* never negative for years >= 0000 */
    i64 era = shifted / ERA_DAYS - 1;
    i64 day_of_era = shifted % ERA_DAYS;
    i64 year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    i64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    i64 shifted_month = (5 * day_of_year + 2) / 153;
    *day = (unsigned)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (unsigned)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year = era * 400 + year_of_era + (*month <= 2);
}

static unsigned time_month_days(i64 year, unsigned month)
{
    static const u8 days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Takes exactly `count` digits off the front. */
static bool time_digits(struct slice *text, unsigned count, unsigned *number)
{
    if (text->size < count)
        return false;
    *number = 0;
    for (unsigned i = 0; i < count; i++) {
        if (text->bytes[i] < '0' || text->bytes[i] > '9')
            return false;
        *number = *number * 10 + (unsigned)(text->bytes[i] - '0');
    }
    *text = slice_of(text->bytes + count, text->size - count);
    return true;
}

/* Takes one of the characters in `any` off the front. */
static bool time_mark(struct slice *text, const char *any)
{
    if (text->size == 0 || strchr(any, text->bytes[0]) == NULL || text->bytes[0] == '\0')
        return false;
    *text = slice_of(text->bytes + 1, text->size - 1);
    return true;
}

/* Takes ".123" off the front if it is there, as milliseconds. */
static bool time_fraction(struct slice *text, unsigned *ms)
{
    *ms = 0;
    if (!time_mark(text, "."))
        return true;
    unsigned places = 0;
    unsigned digit;
    while (places < 10 && time_digits(text, 1, &digit)) {
        if (places < 3)
            *ms = *ms * 10 + digit;
        else if (digit != 0)
            return false;
        places++;
    }
    for (unsigned i = places; i < 3; i++)
        *ms *= 10;
    return places > 0 && places < 10;
}

bool time_parse_offset(struct slice text, i32 *utc_offset_minutes)
{
    if (slice_is(text, "Z") || slice_is(text, "z")) {
        *utc_offset_minutes = 0;
        return true;
    }
    bool west = text.size > 0 && text.bytes[0] == '-';
    unsigned hours, minutes;
    if (!time_mark(&text, "+-") || !time_digits(&text, 2, &hours) || !time_mark(&text, ":")
        || !time_digits(&text, 2, &minutes) || text.size != 0 || hours > 23 || minutes > 59)
        return false;
    i32 offset = (i32)(hours * 60 + minutes);
    *utc_offset_minutes = west ? -offset : offset;
    return true;
}

bool time_parse(struct slice text, i64 *ms)
{
    unsigned year, month, day, hour, minute, second, fraction;
    i32 offset;
    if (!time_digits(&text, 4, &year) || !time_mark(&text, "-") || !time_digits(&text, 2, &month)
        || !time_mark(&text, "-") || !time_digits(&text, 2, &day) || !time_mark(&text, "Tt "))
        return false;
    if (!time_digits(&text, 2, &hour) || !time_mark(&text, ":") || !time_digits(&text, 2, &minute)
        || !time_mark(&text, ":") || !time_digits(&text, 2, &second) || !time_fraction(&text, &fraction))
        return false;
    if (!time_parse_offset(text, &offset))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > time_month_days(year, month))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    i64 minutes = (i64)hour * 60 + (i64)minute - offset;
    *ms = time_days(year, month, day) * DAY_MS + minutes * 60000 + (i64)second * 1000 + (i64)fraction;
    return true;
}

/* `digits` of a number and the mark behind them: an answer holds several times, and printf was 5 % of one. */
static char *time_put(char *at, unsigned number, unsigned digits, char mark)
{
    for (unsigned i = digits; i > 0; i--) {
        at[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    at[digits] = mark;
    return at + digits + 1;
}

char *time_minute(char *text, unsigned minute)
{
    ASSERT(minute <= DAY_MIN);
    time_put(time_put(text, minute / 60, 2, ':'), minute % 60, 2, 0);
    return text;
}

char *time_text(char *text, i64 ms, i32 utc_offset_minutes)
{
    ASSERT(utc_offset_minutes > -1440 && utc_offset_minutes < 1440);
    i64 local = ms + utc_offset_minutes * MINUTE_MS;
    if (ms < TIME_MS_FIRST || ms > TIME_MS_LAST || local < TIME_MS_FIRST || local > TIME_MS_LAST)
        return memcpy(text, "?", 2);
    i64 days = local / DAY_MS - (local % DAY_MS < 0);
    unsigned rest = (unsigned)(local - days * DAY_MS);
    i64 year;
    unsigned month, day;
    time_date(days, &year, &month, &day);
    char *at = time_put(text, (unsigned)year, 4, '-');
    at = time_put(at, month, 2, '-');
    at = time_put(at, day, 2, 'T');
    at = time_put(at, rest / 3600000, 2, ':');
    at = time_put(at, rest / 60000 % 60, 2, ':');
    at = time_put(at, rest / 1000 % 60, 2, '.');
    if (rest % 1000 != 0)
        at = time_put(at, rest % 1000, 3, 0);
    unsigned offset = (unsigned)(utc_offset_minutes < 0 ? -utc_offset_minutes : utc_offset_minutes);
    at[-1] = offset == 0 ? 'Z' : utc_offset_minutes < 0 ? '-' : '+';
    at[0] = 0;
    if (offset != 0) {
        at = time_put(at, offset / 60, 2, ':');
        time_put(at, offset % 60, 2, 0);
    }
    return text;
}
