/*
 * Points in time as RFC 3339 writes them ("2018-11-11T00:00:00.000+08:00"),
 * exactly, to and from ms since 1970 UTC. Proleptic Gregorian calendar; the C
 * library's time zones play no part. The core never looks in here: it knows
 * only milliseconds.
 */
#ifndef ELEVEN_BASE_TIME_H
#define ELEVEN_BASE_TIME_H

#include "base/slice.h"
#include "base/types.h"

/* Years 0000..9999. */
#define TIME_MS_FIRST ((i64)-62167219200000)
#define TIME_MS_LAST ((i64)253402300799999)

/*
 * Reads a date, "T" or "t" or a space, a time with seconds, at most 9 decimal
 * places, and "Z" or an offset (at most 23:59). False, with *ms untouched, for
 * anything else, days that do not exist, the leap second :60, and fractions
 * that are no whole millisecond: what cannot be kept exactly is refused.
 */
bool time_parse(struct slice text, i64 *ms);

/*
 * Writes "2018-11-11T00:00:00.000+08:00" as seen at an offset (in minutes,
 * -1439..1439; "Z" for 0) and returns `text` (TIME_TEXT_MAX bytes). The
 * milliseconds are left out when they are 0. Outside of TIME_MS_FIRST..LAST: "?".
 */
#define TIME_TEXT_MAX 40
char *time_text(char *text, i64 ms, i32 utc_offset_minutes);

/* Writes a minute of a day, at most 1440, as "09:00" and returns `text` (TIME_MINUTE_MAX bytes). */
#define TIME_MINUTE_MAX 6
char *time_minute(char *text, unsigned minute);

/* Reads "+08:00", "-03:30" or "Z" as minutes. False for anything else. */
bool time_parse_offset(struct slice text, i32 *utc_offset_minutes);

/* Days from 1970-01-01 to a day of the proleptic Gregorian calendar. */
i64 time_days(i64 year, unsigned month, unsigned day);

#endif
