/*
 * The evening of the demonstration: a folder, a catalogue, shoppers with
 * wallets, a countdown, the storm, a clean stop, the audit.
 */
#include "cli/demo.h"

#include "base/money.h"
#include "cli/cli.h"
#include "cli/festival.h"
#include "cli/options.h"
#include "cli/submission.h"

#include <stdio.h>
#include <unistd.h>

#define COUNTDOWN_S_MAX 86400
#define OPENING_MARGIN_MS 1500 /* between the last preparation and the countdown */

static struct crowd demo_crowd; /* large */

static int demo_folder(const struct demo *demo)
{
    struct engine_limits limits;
    struct io io;
    engine_limits_default(&limits);
    /* Sized for this evening, and as much again: a smaller index is warm sooner. */
    limits.orders = demo->orders * 2 + 1000;
    limits.lines = limits.orders * 2;
    limits.answers = limits.orders;
    limits.shoppers = MAX(demo->shoppers * 2, (u64)100000);
    limits.skus = MAX(demo->skus * 2, (u64)10000);
    limits.books = limits.skus * 6;
    limits.caps = 2000000;
    limits.budgets = limits.shoppers;
    const char *problem = engine_limits_problem(&limits);
    if (problem != NULL) {
        cli_error("demo", "so much does not fit: %s", problem);
        return CLI_USAGE;
    }
    int error = io_linux_open(&io, IO_APPENDER_THREAD);
    if (error < 0) {
        cli_error(demo->directory, "%s", strerror(-error));
        return CLI_FOLDER;
    }
    enum journal_status status = eleven_create(demo->directory, &limits, &io);
    io_linux_close(&io);
    return status == JOURNAL_OK ? CLI_DONE : cli_create_error(demo->directory, status);
}

/* Rehearses and submits one of the two preparations. */
static int demo_prepare(const struct demo *demo, i64 opens_ms)
{
    static struct submission submission; /* large */
    struct stage *stage = &submission.stage;
    int code = submission_open(&submission, demo->directory);
    if (code != CLI_DONE)
        return code;
    code = opens_ms == 0 ? demo_catalogue(stage, demo) : demo_open_festival(stage, demo, opens_ms);
    if (code == CLI_DONE)
        code = submission_exit(stage_status(stage));
    if (code == CLI_DONE)
        code = submission_commit(&submission);
    if (code == CLI_DONE && opens_ms == 0)
        submission_print_counts(&submission);
    submission_close(&submission);
    return code;
}

static void demo_print_milestones(const struct engine *engine, const struct festival *festival)
{
    char yuan[CLI_TEXT_MAX], text[CLI_TEXT_MAX];
    printf("milestones  ");
    unsigned shown = 0;
    unsigned first = festival->milestone_count > 5 ? festival->milestone_count - 5 : 0;
    for (unsigned i = first; i < festival->milestone_count; i++)
        printf("%s%s after %s", shown++ > 0 ? "; " : "",
               cli_money(yuan, engine, festival->currency, engine_milestone_minor(i, 2)),
               festival_duration(text, festival->milestone_ms[i] - festival->opens_ms));
    printf("\n");
}

static void demo_print_deals(const struct engine *engine)
{
    u64 exact = 0, over = 0, rest = 0;
    for (u32 i = 1; i <= engine_deal_count(engine); i++) {
        const struct deal *deal = engine_deal(engine, i);
        exact += deal->taken == deal->quota;
        over += deal->taken > deal->quota;
        rest += deal->taken < deal->quota;
    }
    printf("deals       %llu sold out to the unit, %llu with units left, %llu beyond their quota\n",
           (unsigned long long)exact, (unsigned long long)rest, (unsigned long long)over);
}

static void demo_print_summary(const struct demo *demo, const struct crowd *crowd, const struct demo_history *history)
{
    const struct engine *engine = crowd->engine;
    const struct festival *festival = engine_festival(engine, crowd->options.festival);
    char a[CLI_TEXT_MAX], b[CLI_TEXT_MAX];
    printf("\n");
    crowd_print(crowd);
    printf("average     %s an order (2018: 205 yuan a parcel)\n",
           cli_money(a, engine, festival->currency, festival->orders_paid > 0
                                                        ? festival->paid_minor / (i64)festival->orders_paid : 0));
    printf("peak        %s orders in one second (2018: 491,000, all of Tmall)\n", cli_number(a, festival->peak_orders));
    demo_print_milestones(engine, festival);
    if (history->bn_1_s > 0)
        printf("2018        1 bn yuan after %lld s, 10 bn after %lld s: a whole market's payments, not one process\n",
               (long long)history->bn_1_s, (long long)history->bn_10_s);
    demo_print_deals(engine);
    printf("shoppers    %s in %s cities (places: GeoNames, CC BY 4.0)\n\n", cli_number(a, demo->shoppers), cli_number(b, engine_city_count(engine)));
}

static int demo_storm(const struct demo *demo, struct eleven *eleven, const struct crowd_options *options)
{
    struct demo_history history;
    struct demo_screen screen;
    if (!crowd_open(&demo_crowd, eleven, options))
        return CLI_REFUSED;
    int code = crowd_join(&demo_crowd);
    if (code != CLI_DONE)
        return code;
    if (!demo_read_history(demo->data, &history))
        printf("2018's curve is left out: no figures in %s/double-eleven.csv\n", demo->data);
    demo_screen_open(&screen, &demo_crowd, &history);
    for (i64 left; (left = screen.festival->opens_ms - cli_now_ms()) > 0 && !cli_interrupted();) {
        demo_screen_countdown(&screen, left);
        cli_sleep_ms(MIN(left, (i64)50));
    }
    printf(screen.terminal ? "\r\033[K" : "the sale is open\n");
    while (crowd_step(&demo_crowd)) {
        if (cli_interrupted())
            crowd_stop(&demo_crowd);
        demo_screen_show(&screen, false);
    }
    demo_screen_show(&screen, true);
    if (eleven_status(eleven) != JOURNAL_OK)
        return cli_folder_error(demo->directory, eleven_status(eleven), "acknowledging stopped");
    demo_print_summary(demo, &demo_crowd, &history);
    return CLI_DONE;
}

/* Opens the folder for one act: the shoppers arrive, or they buy. */
static int demo_act(const struct demo *demo, bool storm)
{
    struct eleven_options open = {
        .directory = demo->directory,
        .in_flight_max = CROWD_IN_FLIGHT,
        .prefault_indexes = true,
    };
    if (storm)
        open.journal_ahead_bytes = demo->orders * 96; /* zeroed before the sale, not during it */
    struct eleven *eleven;
    char problem[JOURNAL_PROBLEM_MAX] = "";
    enum journal_status status = eleven_open(&eleven, &open, problem);
    if (status != JOURNAL_OK)
        return cli_folder_error(demo->directory, status, problem);
    struct crowd_options options = {
        .festival = engine_find(eleven_engine(eleven), COMMAND_FESTIVAL_PUT, slice_text(DEMO_FESTIVAL)),
        .shoppers = (u32)demo->shoppers,
        .orders = demo->orders,
        .seed = demo->seed,
        .store_percent = 5,
        .budget_percent = storm ? 0 : 2,
        .rate = demo->rate,
        .acknowledged = -1,
    };
    int code;
    if (storm)
        code = demo_storm(demo, eleven, &options);
    else
        code = crowd_open(&demo_crowd, eleven, &options) ? crowd_join(&demo_crowd) : CLI_REFUSED;
    crowd_close(&demo_crowd);
    status = eleven_close(eleven);
    if (code == CLI_DONE && status != JOURNAL_OK)
        code = cli_folder_error(demo->directory, status, "");
    return code;
}

/* Before the folder is made: the places that shoppers live in. */
static int demo_data(const struct demo *demo)
{
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/cities_cn.csv", demo->data);
    if (length < (int)sizeof(path) && access(path, R_OK) == 0)
        return CLI_DONE;
    cli_error("demo", "--data %s: there is no cities_cn.csv that can be read", demo->data);
    return CLI_FILE;
}

static int demo_run(const struct demo *demo)
{
    char a[CLI_TEXT_MAX], b[CLI_TEXT_MAX];
    int code = demo_data(demo);
    if (code == CLI_DONE)
        code = demo_folder(demo);
    if (code != CLI_DONE)
        return code;
    printf("Eleven's demonstration festival in %s\n\n", demo->directory);
    code = demo_prepare(demo, 0);
    if (code != CLI_DONE)
        return code;
    printf("\n%s shoppers join and fill their wallets ...\n", cli_number(a, demo->shoppers));
    fflush(stdout);
    code = demo_act(demo, false);
    if (code != CLI_DONE)
        return code;
    /* Zeroing the journal ahead takes its time too, so the opening leaves some for it. */
    i64 ahead_ms = (i64)(demo->orders * 96 / 200000);
    code = demo_prepare(demo, cli_now_ms() + (i64)demo->countdown_s * 1000 + OPENING_MARGIN_MS + ahead_ms);
    if (code != CLI_DONE)
        return code;
    printf("%s clicks on \"buy\" are going to come\n", cli_number(b, demo->orders));
    fflush(stdout);
    code = demo_act(demo, true);
    if (code != CLI_DONE)
        return code;
    printf("stopped cleanly; now the audit reads the journal from its first command:\n\n");
    fflush(stdout);
    char *audit[] = {"audit", (char *)demo->directory, NULL};
    code = cli_audit(2, audit);
    if (code == CLI_DONE)
        printf("oversold = 0\n\nlook around: eleven festival %s; eleven explain %s 1; eleven export %s sales\n",
               demo->directory, demo->directory, demo->directory);
    return code;
}

int cli_demo(int argc, char **argv)
{
    struct option_texts plain;
    struct demo demo = {.data = "data", .shoppers = 200000, .skus = 5000, .seed = 11, .countdown_s = 3};
    const struct option options[] = {
        {"shoppers", OPTION_NUMBER, &demo.shoppers, "N", "how many (default 200000)"},
        {"skus", OPTION_NUMBER, &demo.skus, "N", "how many things are sold (default 5000)"},
        {"orders", OPTION_NUMBER, &demo.orders, "N", "clicks on \"buy\" (default 27 for each shopper)"},
        {"rate", OPTION_NUMBER, &demo.rate, "N", "clicks a second at most (default: as fast as it goes)"},
        {"seed", OPTION_NUMBER, &demo.seed, "N", "of the whole world (default 11)"},
        {"countdown", OPTION_NUMBER, &demo.countdown_s, "S", "seconds before the opening, at most 86400 (default 3)"},
        {"data", OPTION_TEXT, &demo.data, "FOLDER", "with cities_cn.csv and double-eleven.csv (default data)"},
    };
    const struct page page = {
        .name = "demo",
        .usage = "DIR [--shoppers N] [--skus N] [--seed N] [--countdown S]",
        .about = "Makes a new data folder, invents a catalogue and shoppers, opens a sale after a countdown, lets\n"
                 "all of them storm it, stops cleanly and audits. The defaults need about 1 GB of memory and 1.5 GB of disk.",
        .example = "  eleven demo /tmp/festival\n  eleven demo /tmp/small --shoppers 2000 --skus 500",
        .options = options,
        .option_count = ARRAY_COUNT(options),
    };
    enum options_result parsed = options_parse(&page, argc, argv, &plain, 1, 1);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    if (demo.shoppers < 1 || demo.shoppers > 100000000 || demo.skus < 1 || demo.skus > 10000000
        || demo.orders > 1000000000) {
        cli_error("demo", "1 to 100,000,000 shoppers, 1 to 10,000,000 SKUs, at most 1,000,000,000 orders");
        return CLI_USAGE;
    }
    if (demo.countdown_s > COUNTDOWN_S_MAX) {
        cli_error("demo", "--countdown takes at most %d seconds, a day", COUNTDOWN_S_MAX);
        return CLI_USAGE;
    }
    if (demo.orders == 0)
        demo.orders = demo.shoppers * 27;
    demo.directory = plain.texts[0];
    cli_catch_interrupt();
    return demo_run(&demo);
}
