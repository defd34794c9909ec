/*
 * eleven festival: makes or changes one, or lists them. Deals from a file are
 * in festival_deals.c.
 */
#include "cli/festival.h"

#include "base/money.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/submission.h"
#include "exchange/put.h"

#include <stdio.h>

_Static_assert(FESTIVAL_SECONDS_MAX == 31 * 24 * 3600, "as the sentences here say");

#define FESTIVAL_NAME_MAX 512u /* bytes */

/* What the command line says; NULL where it says nothing. */
struct festival_wish {
    const char *code, *name, *opens, *closes, *currency, *usd_rate, *utc_offset, *deals;
    u64 hold_minutes;
    struct option_texts flagships;
};

char *festival_total(char *text, const struct engine *engine, const struct festival *festival, i64 amount_minor)
{
    char amount[CLI_TEXT_MAX], dollars[MONEY_TEXT_MAX];
    unsigned digits = engine_currency(engine, festival->currency)->digits;
    cli_money(amount, engine, festival->currency, amount_minor);
    if (festival->usd_rate_e6 == 0)
        snprintf(text, FESTIVAL_TOTAL_MAX, "%s", amount);
    else
        snprintf(text, FESTIVAL_TOTAL_MAX, "%s = %s USD", amount,
                 money_text_grouped(dollars, money_usd_cents(amount_minor, digits, festival->usd_rate_e6), 2));
    return text;
}

char *festival_duration(char *text, i64 ms)
{
    i64 s = ms / 1000;
    if (s < 60)
        snprintf(text, CLI_TEXT_MAX, "%lld.%lld s", (long long)s, (long long)(ms % 1000 / 100));
    else if (s < 3600)
        snprintf(text, CLI_TEXT_MAX, "%lld min %lld s", (long long)(s / 60), (long long)(s % 60));
    else if (s < 86400)
        snprintf(text, CLI_TEXT_MAX, "%lld h %lld min", (long long)(s / 3600), (long long)(s / 60 % 60));
    else
        snprintf(text, CLI_TEXT_MAX, "%lld d %lld h", (long long)(s / 86400), (long long)(s / 3600 % 24));
    return text;
}

static void festival_print(const struct engine *engine, u32 id, i64 now_ms)
{
    const struct festival *row = engine_festival(engine, id);
    char opens[TIME_TEXT_MAX], closes[TIME_TEXT_MAX], in[CLI_TEXT_MAX], total[FESTIVAL_TOTAL_MAX], count[CLI_TEXT_MAX];
    printf(SLICE_FORMAT "  " SLICE_FORMAT "\n", SLICE_ARGS(engine_text(engine, row->text, 0)),
           SLICE_ARGS(engine_text(engine, row->text, 1)));
    printf("  window    %s to %s\n", time_text(opens, row->opens_ms, row->utc_offset_minutes),
           time_text(closes, row->closes_ms, row->utc_offset_minutes));
    if (now_ms < row->opens_ms)
        printf("  state     opens in %s\n", festival_duration(in, row->opens_ms - now_ms));
    else if (now_ms < row->closes_ms)
        printf("  state     open, closes in %s\n", festival_duration(in, row->closes_ms - now_ms));
    else
        printf("  state     closed since %s\n", festival_duration(in, now_ms - row->closes_ms));
    printf("  total     %s\n", festival_total(total, engine, row, row->paid_minor));
    printf("  on hold   %s\n", festival_total(total, engine, row, row->held_minor));
    printf("  refunded  %s\n", festival_total(total, engine, row, row->refunded_minor));
    printf("  orders    %s placed,", cli_number(count, row->orders));
    printf(" %s paid;", cli_number(count, row->orders_paid));
    printf(" most in a second: %s", cli_number(count, row->peak_orders));
    printf(" (second %s)\n", cli_number(count, row->peak_second));
    festival_print_flagships(engine, row);
    u32 deals = 0, sold_out = 0;
    for (u32 i = 1; i <= engine_deal_count(engine); i++) {
        const struct deal *deal = engine_deal(engine, i);
        deals += deal->festival == id;
        sold_out += deal->festival == id && deal->quota > 0 && deal->taken == deal->quota;
    }
    printf("  deals     %s,", cli_number(count, deals));
    printf(" %s sold out\n", cli_number(count, sold_out));
}

static int festival_list(const char *directory)
{
    struct reader reader;
    int code = reader_open_now(&reader, directory);
    if (code != CLI_DONE)
        return code;
    i64 now_ms = cli_now_ms();
    for (u32 id = 1; id <= engine_festival_count(reader.engine); id++)
        festival_print(reader.engine, id, now_ms);
    if (engine_festival_count(reader.engine) == 0)
        printf("no festival yet; eleven festival --help says how to make one\n");
    reader_close(&reader);
    return CLI_DONE;
}

static bool festival_wrong(const char *option, const char *value, const char *wanted)
{
    cli_error("festival", "--%s takes %s, not \"%s\"", option, wanted, value);
    return false;
}

static bool festival_read_time(const char *option, const char *value, i64 now_ms, i64 *ms)
{
    if (value != NULL && !cli_parse_time(value, now_ms, ms))
        return festival_wrong(option, value, "a time (2018-11-11T00:00:00+08:00, now+10s)");
    if (value != NULL && !cli_time_in_range(*ms))
        return festival_wrong(option, value, "a time " CLI_TIME_RANGE);
    return true;
}

/* The texts, before the folder is looked at. */
static bool festival_good_texts(const struct festival_wish *wish)
{
    const char *problem = cli_code_problem(slice_text(wish->code));
    if (problem != NULL) {
        cli_error("festival", "--code takes 1 to 128 bytes of text: %s", problem);
        return false;
    }
    if (wish->name == NULL)
        return true;
    problem = strlen(wish->name) > FESTIVAL_NAME_MAX ? "it is too long" : cli_name_problem(slice_text(wish->name));
    if (problem != NULL)
        cli_error("festival", "--name takes up to %u bytes of text: %s", FESTIVAL_NAME_MAX, problem);
    return problem == NULL;
}

/* Changes the draft as wished; CLI_USAGE is for the caller to return. */
static bool festival_read_wish(const struct festival_wish *wish, i64 now_ms, struct command_festival_put *put)
{
    if (!festival_read_time("opens", wish->opens, now_ms, &put->opens_ms)
        || !festival_read_time("closes", wish->closes, now_ms, &put->closes_ms))
        return false;
    if (wish->usd_rate != NULL
        && (!field_decimal(slice_text(wish->usd_rate), 6, false, &put->usd_rate_e6) || put->usd_rate_e6 < 0))
        return festival_wrong("usd-rate", wish->usd_rate, "units of the currency for one dollar (6.9329)");
    if (wish->utc_offset != NULL
        && (!time_parse_offset(slice_text(wish->utc_offset), &put->utc_offset_minutes)
            || put->utc_offset_minutes < UTC_OFFSET_MIN || put->utc_offset_minutes > UTC_OFFSET_MAX))
        return festival_wrong("utc-offset", wish->utc_offset, "an offset from -12:00 to +14:00 such as +08:00");
    if (wish->hold_minutes > HOLD_MS_MAX / (u32)MINUTE_MS)
        return festival_wrong("hold-minutes", "that many", "at most 10080 (a week)");
    if (wish->hold_minutes > 0)
        put->hold_ms = (u32)(wish->hold_minutes * MINUTE_MS);
    return true;
}

/* Deals that lasted as long as the festival did still do when its window has moved. */
static bool festival_move_deals(struct stage *stage, u32 id, i64 opens_ms, i64 closes_ms)
{
    const struct engine *engine = stage_engine(stage);
    const struct festival *festival = engine_festival(engine, id);
    if (festival->opens_ms == opens_ms && festival->closes_ms == closes_ms)
        return true;
    for (u32 i = 1; i <= engine_deal_count(engine); i++) {
        const struct deal *deal = engine_deal(engine, i);
        if (deal->festival != id || deal->opens_ms != opens_ms || deal->closes_ms != closes_ms)
            continue;
        struct command_deal_put *put = stage_draft(stage, COMMAND_DEAL_PUT);
        put->price_minor = deal->price_minor;
        put->deal = i;
        put->festival = id;
        put->sku = deal->sku;
        put->quota = deal->quota;
        put->cap = deal->cap;
        put->city = deal->city;
        put->location = deal->location;
        struct result result = stage_apply(stage);
        if (result.code != RESULT_OK && result.code != RESULT_NO_CHANGE) {
            cli_error("festival", "deal %u cannot move with it: %s", i,
                      cli_refusal((char[CLI_REFUSAL_MAX]){0}, engine, result));
            return false;
        }
    }
    return true;
}

/* The festival of this code as it is, or the wish as a new one. CLI_DONE and *id, or said on standard error. */
static int festival_put(struct stage *stage, const struct festival_wish *wish, u32 *id)
{
    const struct engine *engine = stage_engine(stage);
    struct slice code = slice_text(wish->code), name = slice_text(wish->name != NULL ? wish->name : wish->code);
    *id = engine_find(engine, COMMAND_FESTIVAL_PUT, code);
    const struct festival *old = engine_festival(engine, *id);
    i64 opened_ms = old != NULL ? old->opens_ms : 0, closed_ms = old != NULL ? old->closes_ms : 0;
    struct command_festival_put wished = {.utc_offset_minutes = 8 * 60};
    if (old != NULL) {
        wished.opens_ms = old->opens_ms;
        wished.closes_ms = old->closes_ms;
        wished.usd_rate_e6 = old->usd_rate_e6;
        wished.currency = old->currency;
        wished.utc_offset_minutes = old->utc_offset_minutes;
        wished.hold_ms = old->hold_ms;
        name = wish->name != NULL ? name : engine_text(engine, old->text, 1);
    } else if (wish->opens == NULL || wish->closes == NULL) {
        cli_error("festival", "\"%s\" is new: it needs --opens and --closes", wish->code);
        return CLI_USAGE;
    }
    if (!festival_read_wish(wish, stage->now_ms, &wished))
        return CLI_USAGE;
    if (wish->currency != NULL || old == NULL)
        wished.currency = put_currency(stage, slice_text(wish->currency != NULL ? wish->currency : "CNY"));
    if (wished.currency == 0)
        return CLI_REFUSED;
    char kept[FESTIVAL_NAME_MAX]; /* the name may lie in the engine, which the command changes */
    name.size = MIN(name.size, sizeof(kept));
    memcpy(kept, name.bytes, name.size);
    struct command_festival_put *put = stage_draft(stage, COMMAND_FESTIVAL_PUT);
    wished.header = put->header;
    *put = wished;
    struct slice texts[] = {code, slice_of(kept, name.size)};
    stage_texts(stage, texts, 2);
    struct result result = stage_apply(stage);
    if (result.code != RESULT_OK && result.code != RESULT_NO_CHANGE) {
        cli_error(wish->code, "%s%s", cli_refusal((char[CLI_REFUSAL_MAX]){0}, engine, result),
                  result.code == RESULT_BAD_WINDOW ? " A festival lasts at most 31 days." : "");
        return CLI_REFUSED;
    }
    *id = result.id;
    return old == NULL || festival_move_deals(stage, *id, opened_ms, closed_ms) ? CLI_DONE : CLI_REFUSED;
}

static int festival_change(const char *directory, const struct festival_wish *wish)
{
    static struct submission submission; /* large */
    struct stage *stage = &submission.stage;
    int code = submission_open(&submission, directory);
    if (code != CLI_DONE)
        return code;
    u32 id = 0;
    code = festival_put(stage, wish, &id);
    if (code == CLI_DONE && wish->flagships.count > 0)
        code = festival_flagships(stage, id, wish->flagships.texts, wish->flagships.count);
    if (code == CLI_DONE && wish->deals != NULL)
        code = festival_deals(stage, id, wish->deals);
    if (code == CLI_DONE)
        code = submission_exit(stage_status(stage));
    if (code == CLI_DONE)
        code = submission_commit(&submission);
    else
        cli_error("festival", "nothing was changed");
    if (code == CLI_DONE) {
        submission_print_counts(&submission);
        festival_print(stage_engine(stage), id, cli_now_ms());
    }
    submission_close(&submission);
    return code;
}

int cli_festival(int argc, char **argv)
{
    struct option_texts plain;
    struct festival_wish wish = {0};
    const struct option options[] = {
        {"code", OPTION_TEXT, &wish.code, "CODE", "the festival to make or change; without it they are listed"},
        {"name", OPTION_TEXT, &wish.name, "TEXT", "for people (default: the code)"},
        {"opens", OPTION_TEXT, &wish.opens, "TIME", "first moment of the sale: RFC 3339, or now+10s"},
        {"closes", OPTION_TEXT, &wish.closes, "TIME", "first moment after the sale, at most 31 days later"},
        {"currency", OPTION_TEXT, &wish.currency, "CODE", "of all its orders (ISO 4217; default CNY)"},
        {"usd-rate", OPTION_TEXT, &wish.usd_rate, "RATE", "units of it for one US dollar, for the display: 6.9329"},
        {"utc-offset", OPTION_TEXT, &wish.utc_offset, "+HH:MM", "of the festival's day (default +08:00)"},
        {"hold-minutes", OPTION_NUMBER, &wish.hold_minutes, "N",
         "how long unpaid orders hold their units (default 15)"},
        {"flagship", OPTION_TEXTS, &wish.flagships, "CITY",
         "a flagship city by its code; repeated: these and no others; none: there are none"},
        {"deals", OPTION_TEXT, &wish.deals, "FILE.csv",
         "deals: sku,price and, if wished, quota,cap,opens,closes,city,store"},
    };
    const struct page page = {
        .name = "festival",
        .usage = "DIR [--code CODE --opens TIME --closes TIME ...]",
        .about = "Lists the festivals with window, state and totals; with --code makes or changes one. What is not\n"
                 "given stays as it is. Deals are changed when SKU, window, city and store are the same, else added; those that\n"
                 "last as long as the festival move with it.",
        .example = "  eleven festival shop --code 11.11 --name \"Double Eleven\" --opens 2026-11-11T00:00:00+08:00 \\\n"
                   "      --closes 2026-11-12T00:00:00+08:00 --currency CNY --usd-rate 6.9329 --deals deals.csv\n"
                   "  eleven festival shop",
        .options = options,
        .option_count = ARRAY_COUNT(options),
    };
    enum options_result parsed = options_parse(&page, argc, argv, &plain, 1, 1);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    if (wish.code != NULL && !festival_good_texts(&wish))
        return CLI_USAGE;
    if (wish.code != NULL)
        return festival_change(plain.texts[0], &wish);
    if (argc > 2) {
        cli_error("festival", "--code is missing: which festival?");
        return CLI_USAGE;
    }
    return festival_list(plain.texts[0]);
}
