/*
 * What is promised to shoppers (core/promise.c): over cut-offs, closing times, weekends and days of rest, and
 * borders of days that are not those of UTC. Every time is written as the shopper would see it.
 */
#include "base/time.h"
#include "core/internal.h"
#include "test/support.h"

struct promise_case {
    const char *placed;
    const char *promised;
};

static void expect_promises(const struct location *plan, u32 city, u8 delivery, const struct promise_case *cases)
{
    for (; cases->placed != NULL; cases++) {
        i64 promised_ms = (i64)promise_min(plan, city, delivery, support_time(cases->placed)) * 60000;
        char text[TIME_TEXT_MAX];
        if (promised_ms != support_time(cases->promised))
            fail_msg("placed %s: promised %s, not %s", cases->placed,
                     time_text(text, promised_ms, plan->utc_offset_minutes), cases->promised);
    }
}

#define PROMISES(plan, city, delivery, ...) \
    expect_promises(plan, city, delivery, (const struct promise_case[]){__VA_ARGS__, {NULL, NULL}})

/* Open 9 to 6 from Monday to Friday, in city 1; parcels leave until 4. 2026-11-06 was a Friday. */
static const struct location office = {
    .city = 1, .utc_offset_minutes = 480, .opens_min = 540, .closes_min = 1080, .cut_off_min = 960, .prepare_min = 60,
    .keep_days = 3, .days_city = 1, .days_far = 3,
};

static void test_promise_home(void **state)
{
    struct location plan = office;
    (void)state;
    PROMISES(&plan, 1, DELIVERY_HOME,
             /* the last millisecond before the cut-off, and the cut-off: over the weekend */
             {"2026-11-06T15:59:59.999+08:00", "2026-11-08T00:00:00+08:00"},
             {"2026-11-06T16:00:00+08:00", "2026-11-11T00:00:00+08:00"},
             {"2026-11-07T09:00:00+08:00", "2026-11-11T00:00:00+08:00"},
             {"2026-11-08T23:59:59.999+08:00", "2026-11-11T00:00:00+08:00"},
             {"2026-11-09T00:00:00+08:00", "2026-11-11T00:00:00+08:00"},
             {"2026-11-09T15:00:00+08:00", "2026-11-11T00:00:00+08:00"},
             {"2026-11-09T16:00:00+08:00", "2026-11-12T00:00:00+08:00"});
    PROMISES(&plan, 2, DELIVERY_HOME, {"2026-11-06T12:00:00+08:00", "2026-11-10T00:00:00+08:00"},
             {"2026-11-06T17:00:00+08:00", "2026-11-13T00:00:00+08:00"});
    plan.days_city = 0; /* the same day */
    PROMISES(&plan, 1, DELIVERY_HOME, {"2026-11-06T15:59:00+08:00", "2026-11-07T00:00:00+08:00"});
    plan.cut_off_min = 0; /* never the day itself */
    PROMISES(&plan, 1, DELIVERY_HOME, {"2026-11-09T00:00:00+08:00", "2026-11-11T00:00:00+08:00"});
    plan.cut_off_min = 1440; /* until midnight */
    PROMISES(&plan, 1, DELIVERY_HOME, {"2026-11-09T23:59:59.999+08:00", "2026-11-10T00:00:00+08:00"});
    plan.weekend_opens_min = 600; /* weekends are days of work, and the only ones */
    plan.weekend_closes_min = 840;
    plan.opens_min = plan.closes_min = 0;
    PROMISES(&plan, 1, DELIVERY_HOME, {"2026-11-06T12:00:00+08:00", "2026-11-08T00:00:00+08:00"},
             {"2026-11-08T23:00:00+08:00", "2026-11-09T00:00:00+08:00"},
             {"2026-11-09T00:00:00+08:00", "2026-11-15T00:00:00+08:00"});
}

/* The day is the location's, wherever in the world that is. */
static void test_promise_offsets(void **state)
{
    struct location plan = office;
    (void)state;
    plan.utc_offset_minutes = -300;
    PROMISES(&plan, 1, DELIVERY_HOME,
             {"2026-11-06T20:59:59.999Z", "2026-11-08T05:00:00Z"},  /* Friday before the cut-off */
             {"2026-11-07T02:00:00Z", "2026-11-11T05:00:00Z"},      /* still Friday there, too late */
             {"2026-11-09T04:59:59.999Z", "2026-11-11T05:00:00Z"},  /* still Sunday there */
             {"2026-11-10T04:59:59.999Z", "2026-11-12T05:00:00Z"},  /* still Monday there, too late */
             {"2026-11-10T05:00:00Z", "2026-11-12T05:00:00Z"});     /* Tuesday */
    plan.utc_offset_minutes = 840;
    PROMISES(&plan, 1, DELIVERY_HOME,
             {"2026-11-08T09:59:59.999Z", "2026-11-10T10:00:00Z"},  /* Sunday there */
             {"2026-11-09T01:59:00Z", "2026-11-10T10:00:00Z"},      /* Monday, a minute before the cut-off */
             {"2026-11-09T02:00:00Z", "2026-11-11T10:00:00Z"});
    plan.utc_offset_minutes = -210;
    PROMISES(&plan, 1, DELIVERY_PICK_UP, {"2026-11-09T12:29:00Z", "2026-11-09T13:30:00Z"},
             {"2026-11-09T21:00:00Z", "2026-11-10T13:00:00Z"});
    /* The first moment there is was a Wednesday in the far west, and a Thursday in the east. */
    plan.utc_offset_minutes = -720;
    plan.days_city = 0;
    PROMISES(&plan, 1, DELIVERY_HOME, {"1970-01-01T00:00:00Z", "1970-01-01T12:00:00Z"},
             {"1970-01-01T04:00:00Z", "1970-01-02T12:00:00Z"});
    PROMISES(&plan, 1, DELIVERY_PICK_UP, {"1970-01-01T00:00:00Z", "1970-01-01T01:00:00Z"});
    plan.utc_offset_minutes = 480;
    PROMISES(&plan, 1, DELIVERY_HOME, {"1970-01-01T00:00:00Z", "1970-01-01T16:00:00Z"});
    /* And the last one. */
    PROMISES(&plan, 1, DELIVERY_HOME, {"2099-12-31T23:59:59.999Z", "2100-01-01T16:00:00Z"});
}

static void test_promise_pick_up(void **state)
{
    struct location plan = office;
    (void)state;
    PROMISES(&plan, 1, DELIVERY_PICK_UP,
             {"2026-11-09T08:00:00+08:00", "2026-11-09T10:00:00+08:00"},
             {"2026-11-09T09:00:00+08:00", "2026-11-09T10:00:00+08:00"},
             {"2026-11-09T09:00:00.001+08:00", "2026-11-09T10:01:00+08:00"},    /* whole minutes, rounded up */
             {"2026-11-09T17:00:00+08:00", "2026-11-09T18:00:00+08:00"},        /* ready at closing time */
             {"2026-11-09T17:00:00.001+08:00", "2026-11-10T09:01:00+08:00"},
             {"2026-11-09T17:30:00+08:00", "2026-11-10T09:30:00+08:00"},        /* the rest of it tomorrow */
             {"2026-11-09T18:00:00+08:00", "2026-11-10T10:00:00+08:00"},        /* closed */
             {"2026-11-06T17:30:00+08:00", "2026-11-09T09:30:00+08:00"},        /* closed all weekend */
             {"2026-11-07T12:00:00+08:00", "2026-11-09T10:00:00+08:00"});
    plan.weekend_opens_min = 600;
    plan.weekend_closes_min = 840;
    PROMISES(&plan, 1, DELIVERY_PICK_UP, {"2026-11-06T17:30:00+08:00", "2026-11-07T10:30:00+08:00"},
             {"2026-11-08T13:30:00+08:00", "2026-11-09T09:30:00+08:00"});
    plan.prepare_min = 0;
    PROMISES(&plan, 1, DELIVERY_PICK_UP, {"2026-11-09T12:00:00+08:00", "2026-11-09T12:00:00+08:00"},
             {"2026-11-09T17:59:59.999+08:00", "2026-11-09T18:00:00+08:00"},
             {"2026-11-09T18:00:00+08:00", "2026-11-10T09:00:00+08:00"});
    plan.prepare_min = 1440; /* two days of nine hours, and six hours */
    PROMISES(&plan, 1, DELIVERY_PICK_UP, {"2026-11-09T09:00:00+08:00", "2026-11-11T15:00:00+08:00"});
    plan.opens_min = 0; /* round the clock */
    plan.closes_min = 1440;
    PROMISES(&plan, 1, DELIVERY_PICK_UP, {"2026-11-09T23:30:00+08:00", "2026-11-10T23:30:00+08:00"});
    /* The longest way there is: a minute on Saturdays, a minute on Sundays; 720 weekends. */
    plan.opens_min = plan.closes_min = 0;
    plan.weekend_opens_min = 600;
    plan.weekend_closes_min = 601;
    i64 sunday_ms = support_time("2026-11-15T10:01:00+08:00") + (i64)719 * 7 * 24 * 3600 * 1000;
    i64 placed_ms = support_time("2026-11-09T00:00:00+08:00");
    assert_int_equal(promise_min(&plan, 1, DELIVERY_PICK_UP, placed_ms), sunday_ms / 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_promise_home),
        cmocka_unit_test(test_promise_offsets),
        cmocka_unit_test(test_promise_pick_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
