/*
 * Reports of a festival: by second, and by city, country, brand, department, channel and SKU, largest amount first.
 * From the engine's meters, which change in the same step as the orders; SKUs from the views.
 *
 * A page by amount is the best `limit` of all cells behind the cursor, found in one look over them: 16 bytes each. The
 * cursor is "AMOUNT-ID" of the last row, so that no row of the same amounts comes twice.
 */
#include "base/assert.h"
#include "core/words.h"
#include "door/ask.h"
#include "door/catalogue.h"
#include "door/param.h"
#include "door/problem.h"
#include "door/render.h"
#include "door/route.h"
#include "door/serve.h"
#include "door/server.h"
#include "door/turn.h"

#include <stdio.h>
#include <stdlib.h>

#define REPORT_LOOK_MAX 16384u      /* cells looked at in one step: 0.1 ms */
#define REPORT_SECONDS_MAX 65536u   /* seconds looked at in one answer, likewise */
#define REPORT_OFFSET_MAX 100000000

/* --- by second ------------------------------------------------------------------------------------------ */

/* The last second that can have something in it, and one behind: that of now, or of a payment after the end. */
static u64 seconds_end(const struct festival *festival, i64 now_ms)
{
    if (now_ms < festival->opens_ms)
        return 0;
    return MIN((u64)(now_ms - festival->opens_ms) / 1000 + 1, festival->second_count);
}

static void emit_second(struct emit *emit, const struct festival *festival, u64 index, const struct second *second)
{
    emit_open(emit, '{');
    emit_key_time(emit, "at", festival->opens_ms + (i64)index * 1000);
    emit_key_number(emit, "orders", second->orders);
    emit_key_number(emit, "orders_paid", second->orders_paid);
    emit_key_number(emit, "paid_minor", second->paid_minor);
    emit_close(emit, '}');
}

static void reply_seconds(struct http *http, u32 id, u64 from, u64 limit)
{
    struct server *server = http_server(http);
    const struct festival *festival = engine_festival(server->engine, id);
    const struct second *seconds = engine_seconds(server->engine, id);
    u64 end = seconds_end(festival, server_now_ms(server)), at = from, shown = 0;
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    render_code(&emit, server->engine, "festival", festival->text);
    render_code(&emit, server->engine, "currency", engine_currency(server->engine, festival->currency)->text);
    emit_key_open(&emit, "seconds", '[');
    for (; at < end && at - from < REPORT_SECONDS_MAX && shown < limit; at++) {
        if (seconds[at].orders == 0 && seconds[at].orders_paid == 0)
            continue;
        emit_second(&emit, festival, at, &seconds[at]);
        shown++;
    }
    emit_close(&emit, ']');
    catalogue_next(&emit, at < end ? at : 0);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

void serve_report_seconds(struct http *http)
{
    struct server *server = http_server(http);
    struct page page;
    i64 from_ms = 0;
    desk_run(&server->desk);
    u32 festival = catalogue_path(http, "festival", COMMAND_FESTIVAL_PUT, RESULT_UNKNOWN_FESTIVAL);
    if (festival == 0 || !param_time(http, "from", &from_ms) || !catalogue_page(http, UINT32_MAX, &page))
        return;
    i64 opens_ms = engine_festival(server->engine, festival)->opens_ms;
    u64 from = from_ms > opens_ms ? (u64)(from_ms - opens_ms) / 1000 : 0;
    reply_seconds(http, festival, MAX(from, page.after), page.limit);
}

/* --- by cell ----------------------------------------------------------------------------------------------- */

/* What the ids of a group are. */
struct group {
    const char *word;
    enum cell_group cells;
    u32 (*count)(const struct engine *engine); /* NULL: channels */
};

static const struct group groups[] = {
    {"cities", CELL_CITY, engine_city_count},
    {"countries", CELL_COUNTRY, engine_country_count},
    {"brands", CELL_BRAND, engine_brand_count},
    {"departments", CELL_DEPARTMENT, engine_department_count},
    {"channels", CELL_CHANNEL, NULL},
};

static u32 group_last(const struct group *group, const struct engine *engine)
{
    return group->count != NULL ? group->count(engine) : CHANNEL_COUNT - 1;
}

/* The text of a row, 0 for "none" (no brand, country unknown). */
static u32 group_text(const struct group *group, const struct engine *engine, u32 id)
{
    if (id == 0)
        return 0;
    switch (group->cells) {
    case CELL_CITY: return engine_city(engine, id)->text;
    case CELL_COUNTRY: return engine_country(engine, id)->text;
    case CELL_BRAND: return engine_brand(engine, id)->text;
    case CELL_DEPARTMENT: return engine_department(engine, id)->text;
    default: return 0;
    }
}

struct report_row {
    i64 paid_minor;
    u32 id;
};

/* A stands before B. */
static bool row_before(struct report_row a, struct report_row b)
{
    return a.paid_minor != b.paid_minor ? a.paid_minor > b.paid_minor : a.id < b.id;
}

struct report {
    struct turn turn;
    const struct group *group;
    u32 festival;
    u32 limit;
    u32 at;                 /* the next cell to look at */
    u32 count;
    bool begun;             /* there is a cursor */
    struct report_row after;
    struct report_row rows[VIEW_PAGE_MAX + 1]; /* the best so far, in order; one more than the page */
};

static void report_look(struct report *report, struct report_row row)
{
    u32 room = report->limit + 1, at = report->count;
    if (report->begun && !row_before(report->after, row))
        return;
    if (at == room && !row_before(row, report->rows[at - 1]))
        return;
    at -= at == room;
    for (; at > 0 && row_before(row, report->rows[at - 1]); at--)
        report->rows[at] = report->rows[at - 1];
    report->rows[at] = row;
    report->count = MIN(report->count + 1, room);
}

static void emit_row_head(struct emit *emit, const struct report *report, const struct engine *engine, u32 id)
{
    u32 text = group_text(report->group, engine, id);
    if (report->group->cells == CELL_CHANNEL) {
        emit_key_word(emit, "code", word_channel(id));
        emit_key_null(emit, "name");
    } else if (text == 0) {
        emit_key_null(emit, "code");
        emit_key_null(emit, "name");
    } else {
        emit_key_text(emit, "code", engine_text(engine, text, 0));
        emit_key_text(emit, "name", engine_text(engine, text, 1));
    }
}

/* The members in front of the rows. */
static struct emit report_begin(struct http *http, u32 festival, const char *group)
{
    const struct engine *engine = http_server(http)->engine;
    const struct festival *row = engine_festival(engine, festival);
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    render_code(&emit, engine, "festival", row->text);
    emit_key_word(&emit, "group", group);
    render_code(&emit, engine, "currency", engine_currency(engine, row->currency)->text);
    emit_key_open(&emit, "rows", '[');
    return emit;
}

static void report_answer(struct report *report, const struct engine *engine)
{
    struct http *http = turn_answer(&report->turn);
    struct emit emit = report_begin(http, report->festival, report->group->word);
    u32 shown = MIN(report->count, report->limit);
    for (u32 i = 0; i < shown; i++) {
        u32 id = report->rows[i].id;
        emit_open(&emit, '{');
        emit_row_head(&emit, report, engine, id);
        emit_key_number(&emit, "paid_minor", report->rows[i].paid_minor);
        emit_key_number(&emit, "units", (i64)engine_cell(engine, report->festival, report->group->cells, id)->units);
        emit_close(&emit, '}');
    }
    emit_close(&emit, ']');
    if (report->count > shown) {
        char next[48];
        snprintf(next, sizeof(next), "%lld-%u", (long long)report->rows[shown - 1].paid_minor,
                 report->rows[shown - 1].id);
        emit_key_word(&emit, "next", next);
    } else {
        emit_key_null(&emit, "next");
    }
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

static enum turn_result report_step(struct turn *turn, struct server *server)
{
    struct report *report = (struct report *)turn;
    const struct engine *engine = server->engine;
    u32 last = group_last(report->group, engine);
    for (u32 looked = 0; looked < REPORT_LOOK_MAX && report->at <= last; looked++, report->at++) {
        const struct cell *cell = engine_cell(engine, report->festival, report->group->cells, report->at);
        if (cell->units > 0)
            report_look(report, (struct report_row){cell->paid_minor, report->at});
    }
    if (report->at <= last)
        return TURN_MORE;
    report_answer(report, engine);
    return TURN_ENDS;
}

static void report_end(struct turn *turn, struct server *server)
{
    (void)server;
    free(turn);
}

/* "AMOUNT-ID" */
static bool cursor_parse(struct slice text, struct report_row *after)
{
    const char *dash = memrchr(text.bytes, '-', text.size);
    i64 id;
    if (dash == NULL || !ask_number(slice_of(text.bytes, (size_t)(dash - text.bytes)), &after->paid_minor) ||
        !ask_number(slice_of(dash + 1, text.size - (size_t)(dash - text.bytes) - 1), &id) || id < 0 || id > UINT32_MAX)
        return false;
    after->id = (u32)id;
    return true;
}

static void report_cells(struct http *http, const struct group *group, u32 festival, struct slice after, u64 limit)
{
    struct report *report = calloc(1, sizeof(*report));
    ASSERT(report != NULL);
    report->turn.step = report_step;
    report->turn.end = report_end;
    report->group = group;
    report->festival = festival;
    report->limit = (u32)limit;
    report->begun = after.size > 0;
    if (report->begun && !cursor_parse(after, &report->after))
        problem_field(http, "after", "is no cursor of this list");
    else if (turn_start(http_server(http), http, TURN_ANSWER, &report->turn))
        return;
    else
        problem_busy(http, 1);
    free(report);
}

/* --- by SKU ---------------------------------------------------------------------------------------------------- */

struct sku_report {
    struct view *view;
    u32 festival;
    u32 offset;
    u32 limit;
    size_t count;
    struct view_sku_sales rows[VIEW_PAGE_MAX];
};

static void sku_report_run(void *argument)
{
    struct sku_report *report = argument;
    report->count = view_sku_sales(report->view, report->festival, report->offset, report->rows, report->limit);
}

static void sku_report_done(struct server *server, struct conn *conn, void *argument)
{
    struct sku_report *report = argument;
    if (conn != NULL) {
        struct emit emit = report_begin(http_of(conn), report->festival, "skus");
        for (size_t i = 0; i < report->count; i++) {
            const struct sku *sku = engine_sku(server->engine, report->rows[i].sku);
            if (sku == NULL)
                continue;
            emit_open(&emit, '{');
            emit_key_text(&emit, "code", engine_text(server->engine, sku->text, SKU_CODE));
            emit_key_text(&emit, "name", engine_text(server->engine, sku->text, SKU_TITLE));
            emit_key_number(&emit, "paid_minor", report->rows[i].paid_minor);
            emit_key_number(&emit, "units", (i64)report->rows[i].units);
            emit_key_number(&emit, "returned", (i64)report->rows[i].returned);
            emit_close(&emit, '}');
        }
        emit_close(&emit, ']');
        if (report->count == report->limit) {
            char next[16];
            snprintf(next, sizeof(next), "%u", report->offset + report->limit);
            emit_key_word(&emit, "next", next);
        } else {
            emit_key_null(&emit, "next");
        }
        emit_close(&emit, '}');
        http_reply_json(http_of(conn), 200);
    }
    free(report);
}

static void report_skus(struct http *http, u32 festival, struct slice after, u64 limit)
{
    struct server *server = http_server(http);
    i64 offset = 0;
    if (after.size > 0 && (!ask_number(after, &offset) || offset < 0 || offset > REPORT_OFFSET_MAX)) {
        problem_field(http, "after", "is no cursor of this list");
        return;
    }
    if (server->view == NULL) {
        problem_reply(http, PROBLEM_UNAVAILABLE, "This server keeps no views.");
        return;
    }
    struct sku_report *report = calloc(1, sizeof(*report));
    ASSERT(report != NULL);
    report->view = server->view;
    report->festival = festival;
    report->offset = (u32)offset;
    report->limit = (u32)limit;
    http_job(http, sku_report_run, sku_report_done, report);
}

void serve_report(struct http *http)
{
    struct slice word = route_parameter(http, "group"), after = slice_of("", 0);
    u64 limit;
    desk_run(&http_server(http)->desk);
    u32 festival = catalogue_path(http, "festival", COMMAND_FESTIVAL_PUT, RESULT_UNKNOWN_FESTIVAL);
    if (festival == 0 || !param_text(http, "after", 48, &after) || !catalogue_limit(http, &limit))
        return;
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++)
        if (slice_is(word, groups[i].word)) {
            report_cells(http, &groups[i], festival, after, limit);
            return;
        }
    if (slice_is(word, "skus"))
        report_skus(http, festival, after, limit);
    else
        problem_reply(http, PROBLEM_NOT_FOUND, "Reports are by seconds, cities, countries, brands, departments, "
                                               "channels or skus.");
}
