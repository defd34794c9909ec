/*
 * A step of a decision in words: engine_explain tells what it looked at in ids
 * and numbers; here they become names, amounts and units.
 */
#include "cli/explain.h"

#include "base/time.h"
#include "cli/cli.h"

#include <math.h>
#include <stdio.h>

#define KM_PER_DEGREE 111.2 /* of a meridian; geo_distance is the square of degrees x 1,000,000 */

enum explain_unit { EXPLAIN_UNITS, EXPLAIN_MONEY, EXPLAIN_TIME };

/* How to read have and need of a check. Others are shown as plain numbers. */
static const struct explain_check {
    const char *check;
    enum explain_unit unit;
    const char *have;
    const char *need;       /* NULL: not shown */
} explain_checks[] = {
    {"festival", EXPLAIN_TIME, "time", "closes"},
    {"price", EXPLAIN_MONEY, "of one unit", "together"},
    {"deal price", EXPLAIN_MONEY, "of one unit", "together"},
    {"deal quota", EXPLAIN_UNITS, "units left", "wanted"},
    {"per-person limit", EXPLAIN_UNITS, "units the person may still buy", "wanted"},
    {"source", EXPLAIN_UNITS, "units there", "wanted"},
    {"stock", EXPLAIN_UNITS, "units in all sources", "wanted"},
    {"split", EXPLAIN_UNITS, "units from there", "of"},
    {"budget", EXPLAIN_MONEY, "still allowed", "wanted"},
    {"wallet", EXPLAIN_MONEY, "in it", "wanted"},
};

static void explain_number(const struct explain *explain, enum explain_unit unit, i64 number, char *text)
{
    switch (unit) {
    case EXPLAIN_MONEY:
        cli_money(text, explain->engine, explain->currency, number);
        break;
    case EXPLAIN_TIME:
        time_text(text, number, explain->utc_offset_minutes);
        break;
    case EXPLAIN_UNITS:
        snprintf(text, CLI_TEXT_MAX, "%lld", (long long)number);
        break;
    }
}

/* A source that holds everything tells its rank: wished for, in the city, or how far. */
/* "passed over: RULE": a source that could have served, and the rule by which another one came before it. */
static bool explain_passed_over(const struct trace_step *step)
{
    return strncmp(step->check, "passed over", strlen("passed over")) == 0;
}

static void explain_distance(const struct trace_step *step)
{
    if (strcmp(step->check, "passed over: nearest") == 0)
        printf(": about %.0f km away, the other %.0f", sqrt((double)step->have) / 1e6 * KM_PER_DEGREE,
               sqrt((double)step->need) / 1e6 * KM_PER_DEGREE);
}

static void explain_figures(const struct explain *explain, const struct trace_step *step)
{
    bool source = strcmp(step->check, "source") == 0;
    if (strcmp(step->check, "route") == 0 || (source && step->code == RESULT_BAD_SERVICE)) {
        printf(source ? ": sends no parcels" : ": chosen");
        return;
    }
    if (source && step->code == RESULT_AT_CAPACITY) {
        printf(": %lld orders this hour, of %lld", (long long)step->have, (long long)step->need);
        return;
    }
    if (explain_passed_over(step)) {
        explain_distance(step);
        return;
    }
    char have[CLI_TEXT_MAX], need[CLI_TEXT_MAX];
    for (size_t i = 0; i < ARRAY_COUNT(explain_checks); i++) {
        const struct explain_check *check = &explain_checks[i];
        if (strcmp(check->check, step->check) != 0)
            continue;
        explain_number(explain, check->unit, step->have, have);
        explain_number(explain, check->unit, step->need, need);
        if (strcmp(step->check, "budget") == 0 && step->code == RESULT_OK)
            printf(": wanted %s", need); /* the engine says what is left only when it is too little */
        else
            printf(": %s %s, %s %s", check->have, have, check->need, need);
        return;
    }
    if (step->have != 0 || step->need != 0)
        printf(": %lld, needed %lld", (long long)step->have, (long long)step->need);
}

/* What a refusal's value says (result.def). */
void explain_result(const struct explain *explain, struct result result)
{
    const struct engine *engine = explain->engine;
    char text[CLI_TEXT_MAX];
    printf("%s: %s", result_word(result.code), result_sentence(result.code));
    switch (result.code) {
    case RESULT_OK:
    case RESULT_PRICE_CHANGED:
        printf(" Total %s.", cli_money(text, engine, explain->currency, result.value));
        break;
    case RESULT_NOT_OPEN:
    case RESULT_CLOSED:
    case RESULT_HOLD_EXPIRED:
        printf(" (%s)", time_text(text, result.value, explain->utc_offset_minutes));
        break;
    case RESULT_OVER_BUDGET:
        printf(" It still allows %s.", cli_money(text, engine, explain->currency, result.value));
        break;
    case RESULT_INSUFFICIENT_FUNDS:
        printf(" It holds %s.", cli_money(text, engine, explain->currency, result.value));
        break;
    case RESULT_LIMIT_REACHED:
        printf(" %lld more are allowed.", (long long)result.value);
        break;
    case RESULT_POOL_FULL:
        printf(" (%s: raise it in eleven.conf and restart)", engine_limit_name((enum limit_index)result.value));
        break;
    case RESULT_UNKNOWN_SKU:
    case RESULT_NOT_FOR_SALE:
    case RESULT_NO_PRICE:
    case RESULT_DEAL_SOLD_OUT:
    case RESULT_SOLD_OUT:
    case RESULT_AT_CAPACITY:
    case RESULT_BAD_QUANTITY:
        if (engine_sku(engine, (u32)result.value) != NULL)
            printf(" (" SLICE_FORMAT ")",
                   SLICE_ARGS(cli_code(engine, (u32)result.value, engine_sku(engine, (u32)result.value)->text)));
        break;
    default:
        break;
    }
    if (result.code == RESULT_BAD_QUANTITY)
        printf(" An order takes at most %u of a SKU.", (unsigned)LINE_QUANTITY_MAX);
    printf("\n");
}

void explain_step(void *argument, const struct trace_step *step)
{
    struct explain *explain = argument;
    const struct engine *engine = explain->engine;
    if (strcmp(step->check, "decision") == 0) { /* explain_result says it with its value */
        if (explain->locations > EXPLAIN_LOCATIONS_MAX)
            printf("  ... and %u checks of further locations\n", explain->locations - EXPLAIN_LOCATIONS_MAX);
        return;
    }
    if (step->location != 0 && ++explain->locations > EXPLAIN_LOCATIONS_MAX)
        return;
    const char *verdict = explain_passed_over(step) ? "--" : step->code == RESULT_OK ? "ok" : "no";
    printf("  %-3s %s", verdict, step->check);
    const struct sku *sku = engine_sku(engine, step->sku);
    if (sku != NULL)
        printf(" of " SLICE_FORMAT, SLICE_ARGS(cli_code(engine, step->sku, sku->text)));
    const struct location *location = engine_location(engine, step->location);
    if (location != NULL) {
        struct slice code = engine_text(engine, location->text, 0), name = engine_text(engine, location->text, 1);
        const struct city *city = engine_city(engine, location->city);
        struct slice city_name = city != NULL ? engine_text(engine, city->text, 1) : slice_text("?");
        printf(" at " SLICE_FORMAT " (" SLICE_FORMAT ", " SLICE_FORMAT ")", SLICE_ARGS(code), SLICE_ARGS(name),
               SLICE_ARGS(city_name));
    }
    explain_figures(explain, step);
    if (step->code != RESULT_OK)
        printf(" -> %s", result_word(step->code));
    printf("\n");
}
