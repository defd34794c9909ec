/*
 * The festival in the terminal: `eleven demo`. demo.c goes through the evening,
 * demo_catalogue.c invents what is sold, demo_screen.c draws.
 */
#ifndef ELEVEN_CLI_DEMO_H
#define ELEVEN_CLI_DEMO_H

#include "cli/crowd.h"
#include "exchange/stage.h"

#define DEMO_FESTIVAL "11.11"
#define DEMO_ORDER_VALUE_YUAN 205 /* 2018: 213.5 bn yuan in 1.042 bn parcels */
#define DEMO_DEALS 111

struct demo {
    const char *directory;
    const char *data;       /* folder of cities_cn.csv and double-eleven.csv */
    u64 shoppers, skus, seed, orders, countdown_s, rate;
};

/* Places, brands, departments, SKUs with prices and stock, and a festival far in the future, on the stage. CLI_DONE, or
 * said on standard error. */
int demo_catalogue(struct stage *stage, const struct demo *demo);

/* The festival opens at `opens_ms`; its deals. */
int demo_open_festival(struct stage *stage, const struct demo *demo, i64 opens_ms);

/* --- screen ---------------------------------------------------------------------- */

/* 2018's published points, for the comparison. */
struct demo_history {
    i64 bn_1_s, bn_10_s;    /* seconds to 1 and 10 billion yuan; 0: not read */
};
bool demo_read_history(const char *data, struct demo_history *history);

/* 2018's turnover at a moment after its opening, in yuan, interpolated between the published points; -1 beyond them. */
i64 demo_history_yuan(const struct demo_history *history, i64 ms);

#define DEMO_MILESTONES 8

struct demo_screen {
    struct crowd *crowd;
    const struct festival *festival;
    struct demo_history history;
    bool terminal;          /* standard output is one: redraw in place */
    int lines_shown;
    i64 shown_ns;
    u64 shown_accepted;
    u64 rate;               /* orders a second, since it was last shown */
    i64 milestone_ms[DEMO_MILESTONES]; /* after the opening; 0: not yet */
};

void demo_screen_open(struct demo_screen *screen, struct crowd *crowd, const struct demo_history *history);
void demo_screen_countdown(struct demo_screen *screen, i64 left_ms);

/* Draws when it is time to, or at once with `now`. */
void demo_screen_show(struct demo_screen *screen, bool now);

#endif
