#include "exchange/field.h"

#include "base/csv.h"
#include "core/command.h"

bool field_number(struct slice text, u64 largest, u64 *number)
{
    unsigned __int128 value = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.bytes[i] - '0');
        if (value > largest)
            return false;
    }
    if (text.size == 0)
        return false;
    *number = (u64)value;
    return true;
}

bool field_decimal(struct slice text, unsigned places, bool cut, i64 *scaled)
{
    bool negative = text.size > 0 && text.bytes[0] == '-';
    i64 value = 0;
    unsigned whole = 0, fraction = 0;
    bool point = false;
    for (size_t i = negative; i < text.size; i++) {
        char byte = text.bytes[i];
        if (byte == '.' && !point) {
            point = true;
            continue;
        }
        if (byte < '0' || byte > '9' || (!point && whole == 9))
            return false;
        if (point && fraction == places) {
            if (!cut && byte != '0')
                return false;
            continue;
        }
        value = value * 10 + (byte - '0');
        *(point ? &fraction : &whole) += 1;
    }
    if (whole + fraction == 0)
        return false;
    for (; fraction < places; fraction++)
        value *= 10;
    *scaled = negative ? -value : value;
    return true;
}

static char field_lower_byte(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
}

size_t field_slug(char *slug, size_t max, struct slice text)
{
    size_t used = 0;
    bool gap = false;
    for (size_t at = 0; at < text.size;) {
        char byte = field_lower_byte(text.bytes[at]);
        size_t length = 1;
        if ((unsigned char)byte >= 0x80)
            while (at + length < text.size && ((unsigned char)text.bytes[at + length] & 0xc0) == 0x80)
                length++;
        else if (!((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9'))) {
            gap = used > 0;
            at++;
            continue;
        }
        if (used + gap + length > max)
            break;
        if (gap)
            slug[used++] = '-';
        gap = false;
        slug[used] = byte;
        if (length > 1)
            memcpy(slug + used, text.bytes + at, length);
        used += length;
        at += length;
    }
    return used;
}

bool field_same_word(struct slice a, struct slice b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (field_lower_byte(a.bytes[i]) != field_lower_byte(b.bytes[i]))
            return false;
    return true;
}

size_t field_cut(struct slice text, size_t max)
{
    size_t size = MIN(text.size, max);
    while (size < text.size && size > 0 && ((unsigned char)text.bytes[size] & 0xc0) == 0x80)
        size--;
    return size;
}

bool field_lower(char *lower, size_t max, struct slice text)
{
    if (text.size > max)
        return false;
    for (size_t i = 0; i < text.size; i++)
        lower[i] = field_lower_byte(text.bytes[i]);
    return true;
}

const char *field_name_problem(struct slice name)
{
    for (size_t i = 0; i < name.size; i++)
        if ((unsigned char)name.bytes[i] < 0x20 || name.bytes[i] == 0x7f)
            return "it has a control character";
    return csv_text_is_clean(name) ? NULL : "it is not UTF-8";
}

const char *field_code_problem(struct slice code)
{
    if (code.size == 0)
        return "it is empty";
    if (code.size > COMMAND_CODE_MAX)
        return "it is longer than 128 bytes";
    return field_name_problem(code);
}

_Static_assert(COMMAND_CODE_MAX == 128, "as the sentence above says");

int field_currency_digits(struct slice code)
{
    static const struct {
        const char *code;
        int digits;
    } currencies[] = {
#define CURRENCY(name, places) {name, places},
#include "exchange/currency.def"
#undef CURRENCY
    };
    for (size_t i = 0; i < ARRAY_COUNT(currencies); i++)
        if (slice_is(code, currencies[i].code))
            return currencies[i].digits;
    return -1;
}

const char *field_country_name(struct slice code)
{
    static const struct {
        const char *code;
        const char *name;
    } countries[] = {
#define COUNTRY(word, sentence) {word, sentence},
#include "exchange/country.def"
#undef COUNTRY
    };
    for (size_t i = 0; i < ARRAY_COUNT(countries); i++)
        if (slice_is(code, countries[i].code))
            return countries[i].name;
    return NULL;
}
