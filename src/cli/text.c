/*
 * Numbers, amounts, times and words, as people write and read them.
 */
#include "cli/cli.h"

#include "base/money.h"
#include "base/time.h"
#include "exchange/field.h"

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
        return memcpy(text, "?", 2);
    struct slice code = cli_code(engine, currency, row->text);
    snprintf(text, CLI_TEXT_MAX, "%s " SLICE_FORMAT, money_text_grouped(amount, amount_minor, row->digits),
             SLICE_ARGS(code));
    return text;
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
    if (!field_number(slice_of(rest + 1, digits), 1000000000, &number))
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
