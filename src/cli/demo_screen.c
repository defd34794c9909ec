/*
 * What the evening looks like in the terminal: total, history beside it, cities,
 * milestones. Everything shown comes from answers, so it is on disk.
 */
#include "base/money.h"
#include "cli/cli.h"
#include "cli/demo.h"
#include "cli/festival.h"
#include "cli/file.h"
#include "cli/submission.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SHOW_NS_TERMINAL ((i64)100000000)
#define SHOW_NS_PLAIN ((i64)1000000000)
#define TOP_CITIES 8
#define BAR_WIDTH 40

static const i64 milestone_yuan[DEMO_MILESTONES] = {1000000, 10000000, 50000000, 100000000, 500000000, 1000000000,
                                                    5000000000, 10000000000};

/* --- history ------------------------------------------------------------------------ */

bool demo_read_history(const char *data, struct demo_history *history)
{
    enum { YEAR, BN_1, BN_10, COLUMNS };
    struct column columns[COLUMNS] = {
        [YEAR] = {.names = {"year"}, .needed = true},
        [BN_1] = {.names = {"seconds_to_1bn"}, .needed = true},
        [BN_10] = {.names = {"seconds_to_10bn"}, .needed = true},
    };
    static struct stage errors; /* the table counts its errors there */
    struct source source;
    struct table table;
    char file[512];
    snprintf(file, sizeof(file), "%s/double-eleven.csv", data);
    *history = (struct demo_history){0};
    if (file_open(&source, file) != CLI_DONE)
        return false;
    stage_open(&errors, NULL, 0, submission_say, NULL);
    bool good = table_open(&table, &errors, &source, columns, COLUMNS) == EXCHANGE_DONE;
    while (good && table_next(&table)) {
        u64 bn_1, bn_10;
        if (!slice_is(table_field(&table, YEAR), "2018") || !table_number(&table, BN_1, 86400, &bn_1)
            || !table_number(&table, BN_10, 86400, &bn_10))
            continue;
        *history = (struct demo_history){.bn_1_s = (i64)bn_1, .bn_10_s = (i64)bn_10};
    }
    table_close(&table);
    stage_close(&errors);
    file_close(&source);
    return history->bn_1_s > 0 && history->bn_10_s > history->bn_1_s;
}

i64 demo_history_yuan(const struct demo_history *history, i64 ms)
{
    const i64 bn = 1000000000;
    if (history->bn_1_s == 0 || ms > history->bn_10_s * 1000)
        return -1;
    if (ms <= history->bn_1_s * 1000)
        return ms * bn / (history->bn_1_s * 1000);
    return bn + (ms - history->bn_1_s * 1000) * 9 * bn / ((history->bn_10_s - history->bn_1_s) * 1000);
}

/* --- drawing ------------------------------------------------------------------------ */

void demo_screen_open(struct demo_screen *screen, struct crowd *crowd, const struct demo_history *history)
{
    *screen = (struct demo_screen){
        .crowd = crowd,
        .festival = engine_festival(crowd->engine, crowd->options.festival),
        .history = *history,
        .terminal = isatty(STDOUT_FILENO) == 1,
    };
}

void demo_screen_countdown(struct demo_screen *screen, i64 left_ms)
{
    char text[CLI_TEXT_MAX];
    if (screen->terminal)
        printf("\r\033[K  the sale opens in %s", festival_duration(text, left_ms));
    else if (cli_monotonic_ns() - screen->shown_ns >= SHOW_NS_PLAIN) {
        screen->shown_ns = cli_monotonic_ns();
        printf("the sale opens in %s\n", festival_duration(text, left_ms));
    }
    fflush(stdout);
}

static int screen_by_paid(const void *a, const void *b)
{
    i64 first = ((const i64 *)a)[1], second = ((const i64 *)b)[1];
    return (first < second) - (first > second);
}

/* One line of the picture; in a terminal, what was there is cleared. */
static void screen_line(struct demo_screen *screen, const char *text)
{
    printf("%s%s\n", screen->terminal ? "\033[K" : "", text);
    screen->lines_shown++;
}

static void screen_bar(char *text, size_t size, i64 value, i64 largest)
{
    i64 width = largest > 0 ? value * BAR_WIDTH / largest : 0;
    size_t used = 0;
    for (i64 i = 0; i < width && used + 4 < size; i++, used += 3)
        memcpy(text + used, "\u2588", 3);
    text[used] = '\0';
}

static void screen_cities(struct demo_screen *screen)
{
    const struct engine *engine = screen->crowd->engine;
    static i64 rows[CROWD_CITIES][2];
    u32 count = engine_city_count(engine);
    for (u32 i = 0; i < count; i++) {
        rows[i][0] = i + 1;
        rows[i][1] = screen->crowd->city_paid[i + 1];
    }
    qsort(rows, count, sizeof(rows[0]), screen_by_paid);
    for (u32 i = 0; i < count && i < TOP_CITIES; i++) {
        const struct city *city = engine_city(engine, (u32)rows[i][0]);
        char bar[4 * BAR_WIDTH], money[CLI_TEXT_MAX], line[512];
        screen_bar(bar, sizeof(bar), rows[i][1], rows[0][1]);
        snprintf(line, sizeof(line), "  %2u  %18s  %s " SLICE_FORMAT " " SLICE_FORMAT, i + 1,
                 cli_money(money, engine, screen->crowd->currency, rows[i][1]), bar,
                 SLICE_ARGS(engine_text(engine, city->text, 1)), SLICE_ARGS(engine_text(engine, city->text, 2)));
        screen_line(screen, line);
    }
}

static void screen_history(struct demo_screen *screen, i64 elapsed_ms)
{
    char bar[4 * BAR_WIDTH], amount[CLI_TEXT_MAX], line[512];
    i64 then = demo_history_yuan(&screen->history, elapsed_ms);
    i64 now = screen->crowd->paid_minor / 100;
    i64 largest = MAX(MAX(then, now), (i64)1);
    screen_bar(bar, sizeof(bar), now, largest);
    snprintf(line, sizeof(line), "  here  %15s yuan  %s", cli_number(amount, (u64)now), bar);
    screen_line(screen, line);
    if (then < 0)
        return;
    screen_bar(bar, sizeof(bar), then, largest);
    snprintf(line, sizeof(line), "  2018  %15s yuan  %s", cli_number(amount, (u64)then), bar);
    screen_line(screen, line);
    screen_line(screen, "        (all of Tmall that night, a line through its published points 1 bn and 10 bn;");
    screen_line(screen, "         here: one process, invented shoppers, paid from wallets)");
}

static void screen_milestones(struct demo_screen *screen, i64 elapsed_ms)
{
    for (size_t i = 0; i < DEMO_MILESTONES; i++) {
        if (screen->milestone_ms[i] != 0 || screen->crowd->paid_minor / 100 < milestone_yuan[i])
            continue;
        screen->milestone_ms[i] = MAX(elapsed_ms, (i64)1);
        char yuan[CLI_TEXT_MAX], text[CLI_TEXT_MAX];
        if (!screen->terminal)
            printf("milestone: %s yuan after %s\n", cli_number(yuan, (u64)milestone_yuan[i]),
                   festival_duration(text, elapsed_ms));
    }
}

static void screen_picture(struct demo_screen *screen, i64 elapsed_ms)
{
    char total[FESTIVAL_TOTAL_MAX], count[CLI_TEXT_MAX], rate[CLI_TEXT_MAX], time[CLI_TEXT_MAX], line[512];
    if (screen->lines_shown > 0)
        printf("\033[%dA\r", screen->lines_shown);
    screen->lines_shown = 0;
    snprintf(line, sizeof(line), "  \033[1m%s\033[0m", festival_total(total, screen->crowd->engine, screen->festival,
                                                                      screen->crowd->paid_minor));
    screen_line(screen, line);
    snprintf(line, sizeof(line), "  %s after the opening, %s orders, now %s a second",
             festival_duration(time, elapsed_ms), cli_number(count, screen->crowd->accepted),
             cli_number(rate, screen->rate));
    screen_line(screen, line);
    screen_line(screen, "");
    screen_history(screen, elapsed_ms);
    screen_line(screen, "");
    screen_cities(screen);
    for (size_t i = DEMO_MILESTONES; i-- > 0;)
        if (screen->milestone_ms[i] != 0) {
            snprintf(line, sizeof(line), "  milestone: %s yuan after %s", cli_number(count, (u64)milestone_yuan[i]),
                     festival_duration(time, screen->milestone_ms[i]));
            screen_line(screen, line);
            break;
        }
    fflush(stdout);
}

void demo_screen_show(struct demo_screen *screen, bool now)
{
    i64 now_ns = cli_monotonic_ns();
    i64 since_ns = now_ns - screen->shown_ns;
    i64 elapsed_ms = MAX(cli_now_ms() - screen->festival->opens_ms, (i64)0);
    screen_milestones(screen, elapsed_ms);
    if (!now && since_ns < (screen->terminal ? SHOW_NS_TERMINAL : SHOW_NS_PLAIN))
        return;
    u64 placed = screen->crowd->accepted - screen->shown_accepted;
    screen->rate = (u64)((unsigned __int128)placed * 1000000000 / (u64)MAX(since_ns, (i64)1));
    screen->shown_ns = now_ns;
    screen->shown_accepted = screen->crowd->accepted;
    if (screen->terminal) {
        screen_picture(screen, elapsed_ms);
        return;
    }
    char total[FESTIVAL_TOTAL_MAX], count[CLI_TEXT_MAX], rate[CLI_TEXT_MAX], time[CLI_TEXT_MAX];
    printf("%8s  %s  %s orders, %s/s\n", festival_duration(time, elapsed_ms),
           festival_total(total, screen->crowd->engine, screen->festival, screen->crowd->paid_minor),
           cli_number(count, screen->crowd->accepted), cli_number(rate, screen->rate));
    fflush(stdout);
}
