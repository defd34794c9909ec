#include "door/scan.h"

#include "base/assert.h"
#include "door/catalogue.h"
#include "door/problem.h"
#include "door/server.h"
#include "door/turn.h"

#include <stdlib.h>

#define SCAN_LOOK_MAX 16384u    /* rows a step: they lie one behind the other, 0.1 ms */

struct scan {
    struct turn turn;
    const struct scan_plan *plan;
    struct scan_of of;
    u32 at;                 /* looked at so far */
    u32 limit;
    u32 count;
    u32 ids[VIEW_PAGE_MAX + 1]; /* one more than the page: then there is a next one */
};

static void scan_answer(struct scan *scan, struct server *server)
{
    struct http *http = turn_answer(&scan->turn);
    struct emit emit = http_body(http);
    u32 shown = MIN(scan->count, scan->limit);
    emit_open(&emit, '{');
    emit_key_open(&emit, scan->plan->rows, '[');
    for (u32 i = 0; i < shown; i++)
        scan->plan->emit(&emit, server->engine, scan->ids[i], server_now_ms(server));
    emit_close(&emit, ']');
    catalogue_next(&emit, scan->count > shown ? scan->ids[shown - 1] : 0);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

static enum turn_result scan_step(struct turn *turn, struct server *server)
{
    struct scan *scan = (struct scan *)turn;
    u32 last = scan->plan->count(server->engine);
    for (u32 looked = 0; looked < SCAN_LOOK_MAX && scan->at < last && scan->count <= scan->limit; looked++)
        if (scan->plan->fits(server->engine, ++scan->at, &scan->of))
            scan->ids[scan->count++] = scan->at;
    if (scan->at < last && scan->count <= scan->limit)
        return TURN_MORE;
    scan_answer(scan, server);
    return TURN_ENDS;
}

static void scan_end(struct turn *turn, struct server *server)
{
    (void)server;
    free(turn);
}

void scan_start(struct http *http, const struct scan_plan *plan, struct scan_of of, u64 after, u64 limit)
{
    struct scan *scan = calloc(1, sizeof(*scan));
    ASSERT(scan != NULL && limit >= 1 && limit <= VIEW_PAGE_MAX);
    scan->turn.step = scan_step;
    scan->turn.end = scan_end;
    scan->plan = plan;
    scan->of = of;
    scan->at = (u32)MIN(after, (u64)plan->count(http_server(http)->engine));
    scan->limit = (u32)limit;
    if (turn_start(http_server(http), http, TURN_ANSWER, &scan->turn))
        return;
    free(scan);
    problem_busy(http, 1);
}
