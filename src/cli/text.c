/*
 * Numbers, amounts, times and words, as people write and read them.
 */
#include "cli/cli.h"

#include "base/csv.h"
#include "base/money.h"
#include "base/time.h"

#include <stdio.h>

char *cli_number(char *text, u64 number)
{
    char digits[24];
    int count = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

char *cli_money(char *text, const struct engine *engine, u32 currency, i64 amount_minor)
{
    const struct currency *row = engine_currency(engine, currency);
    char amount[MONEY_TEXT_MAX];
    if (row == NULL)
        return strcpy(text, "?");
    struct slice code = cli_code(engine, currency, row->text);
    snprintf(text, CLI_TEXT_MAX, "%s " SLICE_FORMAT, money_text_grouped(amount, amount_minor, row->digits),
             SLICE_ARGS(code));
    return text;
}

i64 cli_usd_cents(i64 amount_minor, unsigned digits, i64 usd_rate_e6)
{
    if (usd_rate_e6 <= 0)
        return 0;
    __int128 scaled = (__int128)amount_minor * 100 * 1000000;
    __int128 rate = usd_rate_e6;
    for (unsigned i = 0; i < digits; i++)
        rate *= 10;
    return (i64)((scaled * 2 + rate) / (rate * 2));
}

bool cli_parse_number(struct slice text, u64 largest, u64 *number)
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

bool cli_parse_decimal(struct slice text, unsigned places, bool cut, i64 *scaled)
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

bool cli_parse_time(const char *text, i64 now_ms, i64 *ms)
{
    if (strncmp(text, "now", 3) != 0)
        return time_parse(slice_text(text), ms);
    const char *rest = text + 3;
    if (*rest == '\0') {
        *ms = now_ms;
        return true;
    }
    bool back = *rest == '-';
    if (*rest != '+' && *rest != '-')
        return false;
    size_t digits = strspn(rest + 1, "0123456789");
    const char *unit = rest + 1 + digits;
    static const struct {
        const char *name;
        i64 ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    u64 number;
    if (!cli_parse_number(slice_of(rest + 1, digits), 1000000000, &number))
        return false;
    for (size_t i = 0; i < ARRAY_COUNT(units); i++)
        if (strcmp(unit, units[i].name) == 0) {
            i64 change = (i64)number * units[i].ms;
            *ms = back ? now_ms - change : now_ms + change;
            return true;
        }
    return false;
}

bool cli_time_in_range(i64 ms)
{
    return ms >= 0 && ms <= TIME_MS_MAX;
}

const char *cli_name_problem(struct slice name)
{
    for (size_t i = 0; i < name.size; i++)
        if ((unsigned char)name.bytes[i] < 0x20 || name.bytes[i] == 0x7f)
            return "it has a control character";
    return csv_text_is_clean(name) ? NULL : "it is not UTF-8";
}

const char *cli_code_problem(struct slice code)
{
    if (code.size == 0)
        return "it is empty";
    if (code.size > COMMAND_CODE_MAX)
        return "it is longer than 128 bytes";
    return cli_name_problem(code);
}

_Static_assert(COMMAND_CODE_MAX == 128, "as the sentence above says");

char *cli_refusal(char *text, const struct engine *engine, struct result result)
{
    if (result.code != RESULT_POOL_FULL || result.value < 0 || result.value >= LIMIT_COUNT) {
        snprintf(text, CLI_REFUSAL_MAX, "%s: %s", result_word(result.code), result_sentence(result.code));
        return text;
    }
    enum limit_index limit = (enum limit_index)result.value;
    const char *name = engine_limit_name(limit);
    char than[CLI_TEXT_MAX] = "";
    if (engine != NULL)
        snprintf(than, sizeof(than), " than %llu", (unsigned long long)engine_capacity(engine, limit));
    snprintf(text, CLI_REFUSAL_MAX, "pool-full: no room for more %s%s; raise `%s` in eleven.conf and restart", name,
             than, name);
    return text;
}

static char text_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
}

size_t cli_slug(char *slug, size_t max, struct slice text)
{
    size_t used = 0;
    bool gap = false;
    for (size_t at = 0; at < text.size;) {
        char byte = text_lower(text.bytes[at]);
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

bool cli_same_word(struct slice a, struct slice b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (text_lower(a.bytes[i]) != text_lower(b.bytes[i]))
            return false;
    return true;
}

/* Levenshtein's distance, for words of fewer than 32 bytes; more than that counts as far. */
static size_t text_distance(const char *a, const char *b)
{
    size_t row[32];
    size_t size_a = strlen(a), size_b = strlen(b);
    if (size_a >= ARRAY_COUNT(row) || size_b >= ARRAY_COUNT(row))
        return SIZE_MAX;
    for (size_t j = 0; j <= size_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= size_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= size_b; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = MIN(change, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[size_b];
}

const char *cli_nearest(const char *word, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    size_t best = strlen(word) / 2 + 1; /* fewer edits than half of it */
    for (size_t i = 0; i < count; i++) {
        size_t distance = text_distance(word, words[i]);
        if (distance < best) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}

struct slice cli_code(const struct engine *engine, u32 id, u32 text)
{
    return id == 0 ? slice_text("-") : engine_text(engine, text, 0);
}

int cli_currency_digits(struct slice code)
{
    static const struct {
        const char *code;
        int digits;
    } currencies[] = {
#define CURRENCY(name, places) {name, places},
#include "cli/currency.def"
#undef CURRENCY
    };
    for (size_t i = 0; i < ARRAY_COUNT(currencies); i++)
        if (slice_is(code, currencies[i].code))
            return currencies[i].digits;
    return -1;
}

const char *cli_country_name(struct slice code)
{
    static const struct {
        const char *code;
        const char *name;
    } countries[] = {
#define COUNTRY(word, sentence) {word, sentence},
#include "cli/country.def"
#undef COUNTRY
    };
    for (size_t i = 0; i < ARRAY_COUNT(countries); i++)
        if (slice_is(code, countries[i].code))
            return countries[i].name;
    return NULL;
}
