#include "code/link_table.h"

#include "base/assert.h"
#include "base/time.h"

enum rule { PLAIN, CHECKED, DATED, FLAG };

struct shape {
    u8 digits;              /* at the beginning */
    char kind;              /* of what follows: N, X, Y; 0: nothing does */
    u8 min, max, step;
};

struct row {
    u16 first, last;
    u8 width;               /* digits of the AI */
    bool tenths;            /* its last digit is 0 to 5 */
    bool path_only;
    struct shape shape;
    enum rule rule;
};

#define DIGITS(n) {n, 0, 0, 0, 1}
#define UP_TO(kind, n) {0, kind, 1, n, 1}
#define THEN(n, kind, min, max, step) {n, kind, min, max, step}

static const struct row rows[] = {
#define AI(width, first, last, shape, rule) {first, last, width, false, false, shape, rule},
#define PATH_AI(width, first, last, shape, rule) {first, last, width, false, true, shape, rule},
#define MEASURE(first, last, shape) {(first) * 10, (last) * 10 + 5, 4, true, false, shape, PLAIN},
#include "code/link_ai.def"
#undef AI
#undef PATH_AI
#undef MEASURE
};

/* Keys with their qualifiers in order, and with the one that stands alone. */
static const struct {
    const char *key;
    const char *qualifiers[LINK_QUALIFIERS_MAX];
    const char *alone;
} keys[] = {
    {"01", {"22", "10", "21"}, "235"},
    {"8006", {"22", "10", "21"}, NULL},
    {"8013", {NULL}, NULL},
    {"8010", {"8011"}, NULL},
    {"414", {"254"}, "7040"},
    {"415", {"8020"}, NULL},
    {"417", {NULL}, "7040"},
    {"8017", {"8019"}, NULL},
    {"8018", {"8019"}, NULL},
    {"255", {NULL}, NULL},
    {"00", {NULL}, NULL},
    {"253", {NULL}, NULL},
    {"401", {NULL}, NULL},
    {"402", {NULL}, NULL},
    {"8003", {NULL}, NULL},
    {"8004", {NULL}, "7040"},
};

static const struct row *row_of(struct slice ai)
{
    u32 number = 0;
    if (ai.size < 2 || ai.size > 4)
        return NULL;
    for (size_t i = 0; i < ai.size; i++) {
        if (ai.bytes[i] < '0' || ai.bytes[i] > '9')
            return NULL;
        number = number * 10 + (u32)(ai.bytes[i] - '0');
    }
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (rows[i].width == ai.size && number >= rows[i].first && number <= rows[i].last &&
            (!rows[i].tenths || number % 10 <= 5))
            return &rows[i];
    return NULL;
}

bool link_is_key(struct slice ai)
{
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++)
        if (slice_is(ai, keys[i].key))
            return true;
    return false;
}

bool link_is_attribute(struct slice ai)
{
    const struct row *row = row_of(ai);
    return row != NULL && !row->path_only;
}

unsigned link_qualifier_place(struct slice key, struct slice ai)
{
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        if (!slice_is(key, keys[i].key))
            continue;
        for (unsigned place = 0; place < LINK_QUALIFIERS_MAX; place++)
            if (keys[i].qualifiers[place] != NULL && slice_is(ai, keys[i].qualifiers[place]))
                return place + 1;
        return keys[i].alone != NULL && slice_is(ai, keys[i].alone) ? LINK_PLACE_ALONE + 1 : 0;
    }
    return 0;
}

/* --- values ---------------------------------------------------------------------------------------------- */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* GS1 General Specifications, tables 7.11-1 (X) and 7.11-2 (Y). */
static bool is_of_kind(char kind, char byte)
{
    bool upper = byte >= 'A' && byte <= 'Z', lower = byte >= 'a' && byte <= 'z';
    if (is_digit(byte))
        return true;
    if (kind == 'N' || byte == 0)
        return false;
    if (kind == 'Y')
        return upper || strchr("#-/", byte) != NULL;
    return upper || lower || strchr("!\"%&'()*+,-./:;<=>?_", byte) != NULL;
}

static bool check_digit_good(const char *digits, size_t count)
{
    unsigned sum = 0, weight = 3;
    for (size_t i = count - 1; i > 0; i--, weight = 4 - weight)
        sum += weight * (unsigned)(digits[i - 1] - '0');
    return (10 - sum % 10) % 10 == (unsigned)(digits[count - 1] - '0');
}

static unsigned two_digits(const char *digits)
{
    return (unsigned)((digits[0] - '0') * 10 + (digits[1] - '0'));
}

/* The century plays no part but in one year of a hundred, 2100, which is not yet in sight (link_date_end). */
static bool date_good(const char *digits)
{
    i64 year = 2000 + (i64)two_digits(digits);
    unsigned month = two_digits(digits + 2), day = two_digits(digits + 4);
    if (month < 1 || month > 12)
        return false;
    i64 begin = time_days(year, month, 1);
    i64 next = month == 12 ? time_days(year + 1, 1, 1) : time_days(year, month + 1, 1);
    return (i64)day <= next - begin;
}

enum link_status link_value_status(struct slice ai, struct slice value)
{
    const struct row *row = row_of(ai);
    ASSERT(row != NULL && value.size > 0);
    const struct shape *shape = &row->shape;
    for (size_t i = 0; i < value.size; i++)
        if (!is_of_kind(i < shape->digits || shape->kind == 0 ? 'N' : shape->kind, value.bytes[i]))
            return LINK_BAD_CHARACTER;
    size_t least = (size_t)shape->digits + shape->min, most = (size_t)shape->digits + shape->max;
    if (value.size < least || value.size > most || (value.size - shape->digits) % shape->step != 0)
        return LINK_WRONG_LENGTH;
    if (row->rule == CHECKED && !check_digit_good(value.bytes, shape->digits))
        return LINK_BAD_CHECK_DIGIT;
    if (row->rule == DATED && !date_good(value.bytes))
        return LINK_BAD_DATE;
    return row->rule == FLAG && value.bytes[0] > '1' ? LINK_BAD_CHARACTER : LINK_OK;
}

bool link_date_end(struct slice value, i64 now_ms, i64 *end_ms)
{
    char now[TIME_TEXT_MAX];
    if (value.size != 6 && value.size != 10)
        return false;
    for (size_t i = 0; i < value.size; i++)
        if (!is_digit(value.bytes[i]))
            return false;
    const char *v = value.bytes;
    if (now_ms < 0 || now_ms > TIME_MS_LAST || !date_good(v))
        return false;
    time_text(now, now_ms, 0);
    i64 this_year = (i64)two_digits(now) * 100 + two_digits(now + 2);
    i64 year = this_year / 100 * 100 + two_digits(v);
    year += year - this_year >= 51 ? -100 : year - this_year <= -50 ? 100 : 0;
    unsigned month = two_digits(v + 2), day = two_digits(v + 4);
    i64 next = month == 12 ? time_days(year + 1, 1, 1) : time_days(year, month + 1, 1);
    i64 date = day == 0 ? next - 1 : time_days(year, month, day);
    if (date >= next)
        return false;
    if (value.size == 6) {
        *end_ms = (date + 1) * DAY_MS;
        return true;
    }
    i64 hour = two_digits(v + 6), minute = two_digits(v + 8);
    *end_ms = date * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS;
    return hour < 24 && minute < 60;
}
