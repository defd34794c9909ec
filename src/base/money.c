#include "base/money.h"

i64 money_share(i64 amount_minor, u64 part, u64 whole)
{
    ASSERT(amount_minor >= 0 && amount_minor <= MONEY_MAX);
    ASSERT(whole > 0 && part <= whole);
    if (amount_minor == 0 || part == 0)
        return 0; /* most calls; a 128-bit division costs more than the rest */
    return (i64)((unsigned __int128)amount_minor * part / whole);
}

void money_split(i64 amount_minor, const i64 *weights, size_t count, i64 *shares)
{
    ASSERT(amount_minor >= 0 && amount_minor <= MONEY_MAX);
    ASSERT(count > 0 && count <= MONEY_SHARES_MAX);
    i64 sum = 0;
    for (size_t i = 0; i < count; i++) {
        ASSERT(weights[i] >= 0 && weights[i] <= MONEY_MAX);
        sum += weights[i];
    }
    ASSERT(sum > 0);

    i64 left = amount_minor;
    i64 remainders[MONEY_SHARES_MAX];
    for (size_t i = 0; i < count; i++) {
        unsigned __int128 wide = (unsigned __int128)amount_minor * (u64)weights[i];
        shares[i] = (i64)(wide / (u64)sum);
        remainders[i] = (i64)(wide % (u64)sum);
        left -= shares[i];
    }
    ASSERT(left >= 0 && (size_t)left < count);
    for (; left > 0; left--) {
        size_t largest = 0;
        for (size_t i = 1; i < count; i++)
            if (remainders[i] > remainders[largest])
                largest = i;
        ASSERT(remainders[largest] > 0);
        remainders[largest] = 0;
        shares[largest]++;
    }
}

/* Writes the digits from the right end of `text`, so that one pass serves both forms. */
static char *money_write(char *text, i64 amount_minor, unsigned digits, bool grouped)
{
    ASSERT(digits <= 4);
    char reversed[2 * MONEY_TEXT_MAX];
    size_t length = 0;
    u64 rest = amount_minor < 0 ? 0 - (u64)amount_minor : (u64)amount_minor;
    for (unsigned i = 0; i < digits; i++, rest /= 10)
        reversed[length++] = (char)('0' + rest % 10);
    if (digits > 0)
        reversed[length++] = '.';
    unsigned whole_digits = 0;
    do {
        if (grouped && whole_digits > 0 && whole_digits % 3 == 0)
            reversed[length++] = ',';
        reversed[length++] = (char)('0' + rest % 10);
        whole_digits++;
        rest /= 10;
    } while (rest > 0);
    if (amount_minor < 0)
        reversed[length++] = '-';
    ASSERT(length < MONEY_TEXT_MAX);
    for (size_t i = 0; i < length; i++)
        text[i] = reversed[length - 1 - i];
    text[length] = '\0';
    return text;
}

char *money_text(char *text, i64 amount_minor, unsigned digits)
{
    return money_write(text, amount_minor, digits, false);
}

char *money_text_grouped(char *text, i64 amount_minor, unsigned digits)
{
    return money_write(text, amount_minor, digits, true);
}

bool money_parse(struct slice text, unsigned digits, i64 *amount_minor)
{
    ASSERT(digits <= 4);
    size_t at = 0;
    bool negative = text.size > 0 && text.bytes[0] == '-';
    if (negative)
        at++;
    i64 amount = 0;
    bool any_digit = false;
    for (; at < text.size && text.bytes[at] >= '0' && text.bytes[at] <= '9'; at++) {
        amount = amount * 10 + (text.bytes[at] - '0');
        any_digit = true;
        if (amount > MONEY_MAX)
            return false;
    }
    unsigned places = 0;
    if (at < text.size && text.bytes[at] == '.')
        for (at++; at < text.size && text.bytes[at] >= '0' && text.bytes[at] <= '9'; at++) {
            any_digit = true;
            if (places == digits && text.bytes[at] != '0')
                return false;
            if (places == digits)
                continue;
            amount = amount * 10 + (text.bytes[at] - '0');
            places++;
            if (amount > MONEY_MAX)
                return false;
        }
    if (!any_digit || at != text.size)
        return false;
    for (; places < digits; places++) {
        if (amount > MONEY_MAX / 10)
            return false;
        amount *= 10;
    }
    *amount_minor = negative ? -amount : amount;
    return true;
}

i64 money_usd_cents(i64 amount_minor, unsigned digits, i64 usd_rate_e6)
{
    if (usd_rate_e6 <= 0)
        return 0;
    __int128 scaled = (__int128)amount_minor * 100 * 1000000;
    __int128 rate = usd_rate_e6;
    for (unsigned i = 0; i < digits; i++)
        rate *= 10;
    return (i64)((scaled * 2 + rate) / (rate * 2));
}
