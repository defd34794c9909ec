/*
 * Files: imports, accepted and told about, and exports, streamed in turns.
 */
#include "base/assert.h"
#include "base/checksum.h"
#include "door/ask.h"
#include "door/catalogue.h"
#include "door/http_state.h"
#include "door/imports.h"
#include "door/param.h"
#include "door/problem.h"
#include "door/route.h"
#include "door/serve.h"
#include "door/turn.h"
#include "exchange/export.h"

#include <stdio.h>
#include <stdlib.h>

/* --- imports --------------------------------------------------------------------------------------------- */

static bool import_media(struct http *http)
{
    static const char csv[] = "text/csv";
    struct slice type = http_request(http)->headers[HTTP_CONTENT_TYPE];
    size_t size = sizeof(csv) - 1;
    if (type.bytes != NULL && type.size >= size && strncasecmp(type.bytes, csv, size) == 0 &&
        (type.size == size || type.bytes[size] == ';' || type.bytes[size] == ' '))
        return true;
    problem_reply(http, PROBLEM_MEDIA_TYPE, "Send text/csv.");
    return false;
}

static bool import_setting(struct http *http, const char *name, char *to)
{
    struct slice text = slice_of("", 0);
    if (!param_text(http, name, IMPORT_SETTING_MAX - 1, &text))
        return false;
    memcpy(to, text.bytes, text.size);
    to[text.size] = 0;
    return true;
}

static bool import_kind_of(struct http *http, enum import_kind *kind)
{
    struct slice word = slice_of("", 0);
    if (!param_text(http, "kind", 32, &word))
        return false;
    int number = import_parse_kind(word);
    if (number < 0)
        problem_field(http, "kind", "must be cities, locations, brands, shopify, prices, stock or inventory");
    *kind = (enum import_kind)MAX(number, 0);
    return number >= 0;
}

static bool import_check(struct http *http, bool *check)
{
    struct slice word = slice_of("false", 5);
    if (!param_text(http, "check", 8, &word))
        return false;
    *check = slice_is(word, "true");
    if (*check || slice_is(word, "false"))
        return true;
    problem_field(http, "check", "must be true or false");
    return false;
}

static bool import_settings(struct http *http, struct import_task *task)
{
    return import_kind_of(http, &task->kind) && import_check(http, &task->check)
#define SETTING(name) &&import_setting(http, #name, task->name)
        IMPORT_SETTINGS(SETTING)
#undef SETTING
            ;
}

/* The body is taken over; only one that still lies in the read buffer, and is small, is copied. */
static void import_file(struct http *http, struct import_task *task)
{
    struct slice body = http->request.body;
    if (!http->body_here && body.bytes == http->body.bytes && http->body.size == body.size) {
        task->file = http->body;
        http->body = (struct buffer){0};
        http->request.body = slice_of("", 0);
    } else {
        buffer_slice(&task->file, body);
    }
}

/* On the pool: what the request is, so that its key can be held against another's. */
static void import_print_run(void *argument)
{
    struct import_task *task = argument;
    u64 print = checksum64(task->file.bytes, task->file.size, (u64)task->kind << 1 | task->check);
#define SETTING(name) print = checksum64(task->name, strlen(task->name) + 1, print);
    IMPORT_SETTINGS(SETTING)
#undef SETTING
    task->print = print;
}

static void reply_accepted(struct http *http, u64 id, bool before)
{
    char headers[96];
    struct emit emit = http_body(http);
    import_task_emit(&emit, imports_find(http_server(http)->imports, id));
    snprintf(headers, sizeof(headers), "Location: /v1/imports/%llu\r\n%s", (unsigned long long)id,
             before ? "Idempotent-Replayed: true\r\n" : "");
    route_act(http, 202);
    http_reply(http, 202, "application/json", slice_of(emit.out->bytes, emit.out->size), headers);
}

/* Who has gone did not learn the import's number: it is not begun, and the key is free. */
static void import_print_done(struct server *server, struct conn *conn, void *argument)
{
    struct import_task *task = argument;
    u64 id = 0;
    if (conn == NULL || server->stopping) {
        import_task_free(task);
        if (conn != NULL)
            problem_busy(http_of(conn), 5);
        return;
    }
    struct http *http = http_of(conn);
    switch (imports_take(server->imports, task, &id)) {
    case IMPORT_TAKEN: reply_accepted(http, id, false); break;
    case IMPORT_TAKEN_BEFORE: reply_accepted(http, id, true); break;
    case IMPORT_KEY_CONFLICT:
        route_act(http, result_http(RESULT_KEY_CONFLICT));
        problem_result(http, (struct result){.code = RESULT_KEY_CONFLICT});
        break;
    case IMPORT_BUSY:
        route_act(http, 503);
        problem_busy(http, 10);
        break;
    }
}

void serve_import_add(struct http *http)
{
    struct server *server = http_server(http);
    const struct http_request *request = http_request(http);
    struct import_task *task = calloc(1, sizeof(*task));
    ASSERT(task != NULL);
    if (!import_media(http) || !import_settings(http, task)) {
        free(task);
        return;
    }
    task->account = request->caller.account;
    memcpy(task->key, request->key, sizeof(task->key));
    import_file(http, task);
    http_wait(http);
    if (job_start(server, http->conn, import_print_run, import_print_done, task))
        return;
    import_task_free(task);
    problem_busy(http, 1);
}

void serve_import_get(struct http *http)
{
    i64 id;
    const struct import_task *task = NULL;
    if (ask_number(route_parameter(http, "import"), &id) && id > 0)
        task = imports_find(http_server(http)->imports, (u64)id);
    if (task == NULL) {
        problem_reply(http, PROBLEM_NOT_FOUND, "There is no such import, or it is no longer remembered.");
        return;
    }
    struct emit emit = http_body(http);
    import_task_emit(&emit, task);
    http_reply_json(http, 200);
}

void serve_imports(struct http *http)
{
    const struct import_task *tasks[IMPORTS_KEPT];
    size_t count = imports_list(http_server(http)->imports, tasks, IMPORTS_KEPT);
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_open(&emit, "imports", '[');
    for (size_t i = 0; i < count; i++)
        import_task_emit(&emit, tasks[i]);
    emit_close(&emit, ']');
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}

/* --- exports --------------------------------------------------------------------------------------------------- */

#define EXPORT_STEP_LOOK 128u   /* things a step: 0.1 ms when each of them becomes a row */

struct export_turn {
    struct turn turn;
    struct export export;
};

static enum turn_result export_step(struct turn *turn, struct server *server)
{
    (void)server;
    struct export_turn *self = (struct export_turn *)turn;
    struct http *http = turn->http;
    bool done;
    if (!turn_may_write(turn))
        return TURN_WAITS;
    struct buffer *scratch = http_body(http).out;
    char *room = buffer_room(scratch, EXPORT_ROW_MAX);
    size_t size = export_next(&self->export, room, EXPORT_ROW_MAX, &done);
    http_piece(http, slice_of(room, size));
    if (!done)
        return TURN_MORE;
    http_end(http);
    return TURN_ENDS;
}

static void export_end(struct turn *turn, struct server *server)
{
    (void)server;
    export_close(&((struct export_turn *)turn)->export);
    free(turn);
}

/* "orders.csv" */
static int export_kind_of(struct slice file)
{
    static const char suffix[] = ".csv";
    size_t size = sizeof(suffix) - 1;
    if (file.size <= size || memcmp(file.bytes + file.size - size, suffix, size) != 0)
        return -1;
    return export_parse_kind(slice_of(file.bytes, file.size - size));
}

static void export_start(struct http *http, enum export_kind kind, u32 festival)
{
    struct server *server = http_server(http);
    struct export_turn *self = calloc(1, sizeof(*self));
    ASSERT(self != NULL);
    if (!turn_free(server, TURN_EXPORT) || !export_open(&self->export, server->engine, kind, festival)) {
        free(self);
        problem_busy(http, 5);
        return;
    }
    char headers[96];
    snprintf(headers, sizeof(headers), "Content-Disposition: attachment; filename=\"%s.csv\"\r\n", export_word(kind));
    self->export.look_max = EXPORT_STEP_LOOK;
    self->turn.step = export_step;
    self->turn.end = export_end;
    http_begin(http, 200, "text/csv; charset=utf-8", headers);
    if (http->no_body || !turn_start(server, http, TURN_EXPORT, &self->turn)) {
        export_end(&self->turn, server);
        http_end(http);
    }
}

void serve_export(struct http *http)
{
    const struct caller *caller = &http_request(http)->caller;
    int kind = export_kind_of(route_parameter(http, "kind"));
    u32 festival = 0;
    if (kind < 0)
        problem_reply(http, PROBLEM_NOT_FOUND, "Exports are orders.csv, stock.csv, sales.csv, deals.csv and locations.csv.");
    else if (caller->roles & ROLE_CLERK && caller->location != 0) /* a clerk of one store: exports are of all */
        problem_reply(http, PROBLEM_FORBIDDEN, NULL);
    else if (param_find(http, "festival", COMMAND_FESTIVAL_PUT, RESULT_UNKNOWN_FESTIVAL, &festival))
        export_start(http, (enum export_kind)kind, festival);
}
