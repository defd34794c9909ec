/*
 * eleven sell: a crowd (crowd.h) in a data folder of one's own.
 */
#include "cli/cli.h"
#include "cli/crowd.h"
#include "cli/festival.h"
#include "cli/options.h"

#include "base/money.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define PROGRESS_NS ((i64)100000000)

struct sell {
    struct eleven *eleven;
    const char *directory;
    const char *festival;
    const char *acknowledged;
    u64 shoppers, orders, seed, hold_percent, rate;
    bool wait;
};

/* Until the sale opens; false when the user ended it. */
static bool sell_wait(const struct festival *festival)
{
    for (;;) {
        i64 left = festival->opens_ms - cli_now_ms();
        char text[CLI_TEXT_MAX];
        if (left <= 0 || cli_interrupted())
            break;
        cli_progress("opens in %s", festival_duration(text, left));
        cli_sleep_ms(MIN(left, (i64)100));
    }
    cli_progress_end();
    return !cli_interrupted();
}

static void sell_progress(const struct crowd *crowd, const struct festival *festival)
{
    static i64 shown_ns;
    i64 now_ns = cli_monotonic_ns();
    if (now_ns - shown_ns < PROGRESS_NS)
        return;
    shown_ns = now_ns;
    char total[FESTIVAL_TOTAL_MAX], orders[CLI_TEXT_MAX];
    cli_progress("%s   %s orders", festival_total(total, crowd->engine, festival, crowd->paid_minor),
                 cli_number(orders, crowd->accepted));
}

static int sell_run(struct sell *sell, struct crowd *crowd)
{
    const struct festival *festival = engine_festival(crowd->engine, crowd->options.festival);
    int code = crowd_join(crowd);
    if (code != CLI_DONE)
        return code;
    if (sell->wait && !sell_wait(festival))
        return CLI_DONE;
    while (crowd_step(crowd)) {
        if (cli_interrupted())
            crowd_stop(crowd);
        sell_progress(crowd, festival);
    }
    cli_progress_end();
    if (eleven_status(sell->eleven) != JOURNAL_OK)
        return cli_folder_error(sell->directory, eleven_status(sell->eleven), "acknowledging stopped");
    if (crowd->file_error != 0) {
        cli_error(sell->acknowledged, "%s", strerror(crowd->file_error));
        return CLI_FILE;
    }
    crowd_print(crowd);
    return CLI_DONE;
}

static int sell_open_crowd(struct sell *sell, int acknowledged)
{
    static struct crowd crowd; /* large */
    const struct engine *engine = eleven_engine(sell->eleven);
    u32 festival = engine_find(engine, COMMAND_FESTIVAL_PUT, slice_text(sell->festival));
    if (festival == 0) {
        cli_error("sell", "there is no festival \"%s\"; eleven festival %s lists them", sell->festival,
                  sell->directory);
        return CLI_REFUSED;
    }
    struct crowd_options options = {
        .festival = festival,
        .shoppers = (u32)sell->shoppers,
        .orders = sell->orders,
        .seed = sell->seed,
        .hold_percent = (u32)sell->hold_percent,
        .store_percent = 5,
        .rate = sell->rate,
        .acknowledged = acknowledged,
    };
    int code = CLI_REFUSED;
    if (crowd_open(&crowd, sell->eleven, &options))
        code = sell_run(sell, &crowd);
    crowd_close(&crowd);
    return code;
}

static int sell_folder(struct sell *sell, int acknowledged)
{
    struct eleven_options options = {
        .directory = sell->directory,
        .in_flight_max = CROWD_IN_FLIGHT,
        .prefault_indexes = true,
    };
    char problem[JOURNAL_PROBLEM_MAX] = "";
    enum journal_status status = eleven_open(&sell->eleven, &options, problem);
    if (status != JOURNAL_OK)
        return cli_folder_error(sell->directory, status, problem);
    cli_catch_interrupt();
    int code = sell_open_crowd(sell, acknowledged);
    struct eleven_stats stats;
    eleven_stats(sell->eleven, &stats);
    if (stats.snapshot_status != JOURNAL_OK) /* the next start would find it out */
        cli_error(sell->directory, "a snapshot beside the sale failed (%s): run eleven audit",
                  journal_status_word(stats.snapshot_status));
    status = eleven_close(sell->eleven);
    if (status != JOURNAL_OK && code == CLI_DONE)
        code = cli_folder_error(sell->directory, status, "");
    return code;
}

int cli_sell(int argc, char **argv)
{
    struct option_texts plain;
    struct sell sell = {.shoppers = 10000, .orders = 100000, .seed = 11};
    const struct option options[] = {
        {"festival", OPTION_TEXT, &sell.festival, "CODE", "where they buy"},
        {"shoppers", OPTION_NUMBER, &sell.shoppers, "N", "how many there are; missing ones join (default 10000)"},
        {"orders", OPTION_NUMBER, &sell.orders, "N", "how often they click on \"buy\" (default 100000)"},
        {"seed", OPTION_NUMBER, &sell.seed, "N", "of everything that is left to chance (default 11)"},
        {"hold-percent", OPTION_NUMBER, &sell.hold_percent, "P",
         "of orders are held first, and most paid then (default 0)"},
        {"rate", OPTION_NUMBER, &sell.rate, "N", "orders a second at most (default: as fast as it goes)"},
        {"wait", OPTION_SWITCH, &sell.wait, NULL, "wait for the opening; without it early orders are refused"},
        {"acknowledged", OPTION_TEXT, &sell.acknowledged, "FILE", "append \"id key total\" for each confirmed order"},
    };
    const struct page page = {
        .name = "sell",
        .usage = "DIR --festival CODE [--shoppers N] [--orders N] [--seed S] ...",
        .about = "Lets a crowd of invented shoppers buy: Zipf 0.99 over the SKUs for sale, deals first; 1-3 lines an\n"
                 "order; 1 % repeated clicks; 5 % in stores where there are some. An order counts when it is on disk.\n"
                 "Ctrl-C ends it cleanly.",
        .example = "  eleven sell shop --festival 11.11 --shoppers 10000 --orders 1000000 --seed 7 --wait",
        .options = options,
        .option_count = ARRAY_COUNT(options),
    };
    enum options_result parsed = options_parse(&page, argc, argv, &plain, 1, 1);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    if (sell.festival == NULL) {
        cli_error("sell", "--festival is missing: where do they buy?");
        return CLI_USAGE;
    }
    if (sell.shoppers < 1 || sell.shoppers > UINT32_MAX / 2 || sell.hold_percent > 100) {
        cli_error("sell", "--shoppers must be 1 to %u, --hold-percent 0 to 100", UINT32_MAX / 2);
        return CLI_USAGE;
    }
    sell.directory = plain.texts[0];
    int acknowledged = -1;
    if (sell.acknowledged != NULL) {
        acknowledged = open(sell.acknowledged, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (acknowledged < 0) {
            cli_error(sell.acknowledged, "%s", strerror(errno));
            return CLI_FILE;
        }
    }
    int code = sell_folder(&sell, acknowledged);
    if (acknowledged >= 0)
        close(acknowledged);
    return code;
}
