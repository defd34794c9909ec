#include "base/gtin.h"

#define GTIN_LIMIT 100000000000000u /* 10^14 */

unsigned gtin_check_digit(u64 first_13_digits)
{
    unsigned sum = 0;
    unsigned weight = 3;
    for (u64 rest = first_13_digits; rest > 0; rest /= 10) {
        sum += weight * (unsigned)(rest % 10);
        weight = 4 - weight;
    }
    return (10 - sum % 10) % 10;
}

bool gtin_valid(u64 gtin)
{
    return gtin > 0 && gtin < GTIN_LIMIT && gtin_check_digit(gtin / 10) == gtin % 10;
}

u64 gtin_parse(struct slice text)
{
    if (text.size != 8 && text.size != 12 && text.size != 13 && text.size != 14)
        return 0;
    u64 gtin = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return 0;
        gtin = gtin * 10 + (u64)(text.bytes[i] - '0');
    }
    return gtin_valid(gtin) ? gtin : 0;
}
