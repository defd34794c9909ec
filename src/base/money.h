/*
 * Exact money. An amount is an int64 in minor units of its currency (cents,
 * fen; yen have none, Kuwaiti dinars have thousands); products are worked out
 * in 128 bits and refused when they do not fit. There is no floating point.
 */
#ifndef ELEVEN_BASE_MONEY_H
#define ELEVEN_BASE_MONEY_H

#include "base/assert.h"
#include "base/slice.h"
#include "base/types.h"

/* The largest amount of any price, total or balance: 90,000 trillion minor units.
 * It leaves room to add a hundred of them in 64 bits. */
#define MONEY_MAX ((i64)90000000000000000)

/* *product = price x quantity. False, and *product untouched, when it exceeds MONEY_MAX. */
static inline bool money_times(i64 price_minor, u32 quantity, i64 *product)
{
    i64 wide;
    if (__builtin_mul_overflow(price_minor, (i64)quantity, &wide) || wide > MONEY_MAX || wide < -MONEY_MAX)
        return false;
    *product = wide;
    return true;
}

/* *sum = a + b, both in [-MONEY_MAX, MONEY_MAX]. False, and *sum untouched, when the sum is outside. */
static inline bool money_add(i64 a, i64 b, i64 *sum)
{
    ASSERT(a >= -MONEY_MAX && a <= MONEY_MAX);
    ASSERT(b >= -MONEY_MAX && b <= MONEY_MAX);
    i64 total = a + b;
    if (total > MONEY_MAX || total < -MONEY_MAX)
        return false;
    *sum = total;
    return true;
}

/* The part of `amount` that belongs to `part` of `whole` (0 <= part <= whole, whole > 0),
 * rounded down, so that the parts of consecutive pieces never exceed the whole. */
i64 money_share(i64 amount_minor, u64 part, u64 whole);

/*
 * Divides `amount` over `count` weights so that the shares sum to it exactly:
 * each share is rounded down, and what is left goes, one minor unit each, to the
 * largest remainders, ties to the lower index (method of largest remainder).
 * The weights are >= 0 with a sum > 0; amount >= 0; count <= MONEY_SHARES_MAX.
 */
#define MONEY_SHARES_MAX 64
void money_split(i64 amount_minor, const i64 *weights, size_t count, i64 *shares);

/* Writes "1234.50" with the currency's number of digits, and returns `text` (MONEY_TEXT_MAX bytes). */
#define MONEY_TEXT_MAX 32
char *money_text(char *text, i64 amount_minor, unsigned digits);

/* As money_text, with commas between thousands: "1,234.50". */
char *money_text_grouped(char *text, i64 amount_minor, unsigned digits);

/* Reads "1234.5", "-3", ".50" into minor units. False for anything else: empty text, a sign alone, more
 * decimal places than the currency has (unless they are zeros), more than MONEY_MAX. */
bool money_parse(struct slice text, unsigned digits, i64 *amount_minor);

/* Minor units of a currency in US cents at a frozen rate (units of currency for one dollar x 1,000,000), rounded to the
 * nearest, half up. 0 when there is no rate. */
i64 money_usd_cents(i64 amount_minor, unsigned digits, i64 usd_rate_e6);

#endif
