/*
 * RFC 3339 to milliseconds and back: every day of 0000..9999, and the edges.
 */
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void test_known_moments(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        i64 ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2018-11-11T00:00:00+08:00", 1541865600000},
        {"2018-11-11T00:00:21.5+08:00", 1541865621500},
        {"2018-11-10 16:00:00z", 1541865600000},
        {"2000-02-29t12:34:56.789000000Z", 951827696789},
        {"0000-01-01T00:00:00Z", TIME_MS_FIRST},
        {"9999-12-31T23:59:59.999Z", TIME_MS_LAST},
        {"2018-11-11T00:00:00-12:45", 1541940300000},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        i64 ms = 77;
        assert_true(time_parse(slice_text(cases[i].text), &ms));
        assert_int_equal(ms, cases[i].ms);
    }
    i64 before, after; /* 1900 was no leap year: half an hour later in UTC it is 1 March */
    assert_true(time_parse(slice_text("1900-02-28T23:59:59-00:30"), &before));
    assert_true(time_parse(slice_text("1900-03-01T00:30:00Z"), &after));
    assert_int_equal(after - before, 1000);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "2018", "2018-11-11", "2018-11-11T00:00:00", "2018-11-11T00:00Z", "2018-13-01T00:00:00Z",
        "2018-00-01T00:00:00Z", "2018-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2018-04-31T00:00:00Z",
        "2018-11-00T00:00:00Z", "2018-11-11T24:00:00Z", "2018-11-11T23:60:00Z", "2018-11-11T23:59:60Z",
        "2018-11-11T00:00:00.Z", "2018-11-11T00:00:00.0001Z", "2018-11-11T00:00:00.1234567890Z",
        "2018-11-11T00:00:00+24:00", "2018-11-11T00:00:00+08:60", "2018-11-11T00:00:00+0800", "2018-11-11T00:00:00 Z",
        "2018-11-11T00:00:00ZZ", "+2018-11-11T00:00:00Z", "02018-11-11T00:00:00Z", "2018-1-11T00:00:00Z",
        "2018/11/11T00:00:00Z", "2018-11-11X00:00:00Z",
    };
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        i64 ms = 77;
        assert_false(time_parse(slice_text(texts[i]), &ms));
        assert_int_equal(ms, 77);
    }
    i64 ms = 77;
    assert_false(time_parse(slice_of("2018-11-11T00:00:00\0", 20), &ms));
}

/* Every day, one after the other, with the calendar counted by hand beside it. */
static void test_every_day(void **state)
{
    (void)state;
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    i64 day_ms = TIME_MS_FIRST;
    for (unsigned year = 0; year <= 9999; year++) {
        bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
        for (unsigned month = 1; month <= 12; month++)
            for (unsigned day = 1; day <= lengths[month - 1] + (leap && month == 2); day++, day_ms += 86400000) {
                assert_int_equal(time_days(year, month, day), day_ms / 86400000);
                char wanted[64], text[TIME_TEXT_MAX];
                snprintf(wanted, sizeof(wanted), "%04u-%02u-%02uT00:00:00Z", year, month, day);
                assert_string_equal(time_text(text, day_ms, 0), wanted);
            }
    }
    assert_int_equal(day_ms, TIME_MS_LAST + 1);
}

static void test_there_and_back(void **state)
{
    (void)state;
    u64 random = 11;
    for (int i = 0; i < 200000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        i64 span = TIME_MS_LAST - TIME_MS_FIRST - 4 * 86400000LL;
        i64 ms = TIME_MS_FIRST + 2 * 86400000LL + (i64)((random >> 8) % (u64)span);
        i32 offset = (i32)(random % 2879) - 1439;
        i64 back;
        char text[TIME_TEXT_MAX];
        assert_true(time_parse(slice_text(time_text(text, ms, offset)), &back));
        assert_int_equal(back, ms);
    }
    char text[TIME_TEXT_MAX];
    assert_string_equal(time_text(text, TIME_MS_LAST + 1, 0), "?");
    assert_string_equal(time_text(text, TIME_MS_FIRST - 1, 0), "?");
    assert_string_equal(time_text(text, TIME_MS_LAST, 60), "?");
    assert_string_equal(time_text(text, 1541865600000, 480), "2018-11-11T00:00:00+08:00");
    assert_string_equal(time_text(text, 1541865600007, -210), "2018-11-10T12:30:00.007-03:30");
}

static void test_offsets(void **state)
{
    (void)state;
    i32 minutes = 77;
    assert_true(time_parse_offset(slice_text("+08:00"), &minutes));
    assert_int_equal(minutes, 480);
    assert_true(time_parse_offset(slice_text("-03:30"), &minutes));
    assert_int_equal(minutes, -210);
    assert_true(time_parse_offset(slice_text("Z"), &minutes));
    assert_int_equal(minutes, 0);
    static const char *const bad[] = {"", "+", "8", "08:00", "+8:00", "+08", "+08:00Z", "+24:00", "+00:60"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_false(time_parse_offset(slice_text(bad[i]), &minutes));
}

static void test_minutes_of_a_day(void **state)
{
    char text[TIME_MINUTE_MAX];
    (void)state;
    assert_string_equal(time_minute(text, 0), "00:00");
    assert_string_equal(time_minute(text, 9 * 60 + 5), "09:05");
    assert_string_equal(time_minute(text, 1440), "24:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_moments), cmocka_unit_test(test_refused), cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_minutes_of_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
