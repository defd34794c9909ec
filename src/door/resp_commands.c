/*
 * The commands of the Redis protocol's door that are not the engine's: those
 * that every Redis client expects, and reads. Listed at the end, by name.
 */
#include "core/words.h"
#include "door/ask.h"
#include "door/resp_state.h"
#include "door/right.h"

#include <stdio.h>
#include <string.h>

static void run_ping(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    (void)resp;
    if (count > 1)
        resp_bulk(conn, arguments[1]);
    else
        buffer_text(&conn->output, "+PONG\r\n");
}

static void run_echo(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    (void)resp;
    (void)count;
    resp_bulk(conn, arguments[1]);
}

static void run_quit(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    (void)resp;
    (void)arguments;
    (void)count;
    resp_ok(conn);
    conn_close_after(conn);
}

/* What client libraries say of themselves when they connect is accepted; what would change how we answer is not. */
static void run_client(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    (void)resp;
    (void)count;
    if (resp_is(arguments[1], "SETNAME") || resp_is(arguments[1], "SETINFO"))
        resp_ok(conn);
    else if (resp_is(arguments[1], "GETNAME"))
        resp_null(conn);
    else
        resp_error(conn, "err", "CLIENT SETNAME, SETINFO and GETNAME are known");
}

static void run_select(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    (void)resp;
    (void)count;
    if (slice_is(arguments[1], "0"))
        resp_ok(conn);
    else
        resp_error(conn, "err", "there is one database, number 0");
}

/* The API key is the password; a user name, as newer clients send it, is not looked at. */
static bool resp_authenticate(struct conn *conn, struct resp *resp, struct slice key)
{
    struct caller caller;
    if (access_key(conn->server->access, key, &caller) != ACCESS_OK) {
        resp_error(conn, "wrongpass", "invalid API key");
        return false;
    }
    resp->caller = caller;
    resp->key_size = MIN(key.size, sizeof(resp->key));
    memcpy(resp->key, key.bytes, resp->key_size);
    resp->key_checked_ms = server_loop_ms(conn->server);
    return true;
}

static void run_auth(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    if (resp_authenticate(conn, resp, arguments[count - 1]))
        resp_ok(conn);
}

static void run_hello(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    u32 version = resp->version;
    if (count > 1) {
        if (!slice_is(arguments[1], "2") && !slice_is(arguments[1], "3")) {
            resp_error(conn, "noproto", "unsupported protocol version");
            return;
        }
        version = slice_is(arguments[1], "3") ? 3 : 2;
    }
    for (u32 i = 2; i < count; i++) {
        if (resp_is(arguments[i], "AUTH") && i + 2 < count) {
            if (!resp_authenticate(conn, resp, arguments[i + 2]))
                return;
            i += 2;
        } else if (resp_is(arguments[i], "SETNAME") && i + 1 < count) {
            i++;
        } else {
            resp_error(conn, "err", "syntax error in HELLO");
            return;
        }
    }
    resp->version = version;
    resp_map_head(conn, 6);
    resp_text(conn, "server");
    resp_text(conn, "eleven");
    resp_text(conn, "version");
    resp_text(conn, DOOR_VERSION);
    resp_text(conn, "proto");
    resp_integer(conn, version);
    resp_text(conn, "mode");
    resp_text(conn, "standalone");
    resp_text(conn, "role");
    resp_text(conn, "master");
    resp_text(conn, "modules");
    resp_array_head(conn, 0);
}

static void run_reset(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    (void)arguments;
    (void)count;
    resp->version = 2;
    resp->caller = (struct caller){.roles = ROLE_ANYBODY};
    resp->key_size = 0;
    buffer_text(&conn->output, "+RESET\r\n");
}

/* redis-benchmark asks; there is no configuration to be had here. */
static void run_config(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    (void)resp;
    (void)count;
    if (resp_is(arguments[1], "GET"))
        resp_map_head(conn, 0);
    else
        resp_error(conn, "err", "eleven.conf and the command line configure this server");
}

static void run_info(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    struct server *server = conn->server;
    struct buffer text = {0};
    (void)resp;
    (void)arguments;
    (void)count;
    buffer_format(&text,
                  "# Server\r\nserver_name:eleven\r\neleven_version:%s\r\nuptime_in_seconds:%lld\r\n"
                  "# Clients\r\nconnected_clients:%u\r\nmaxclients:%u\r\n",
                  DOOR_VERSION, (long long)(server_now_ms(server) - server->started_ms) / 1000, server->conn_count,
                  server->options.connections_max);
    buffer_format(&text,
                  "# Stats\r\ntotal_connections_received:%llu\r\ntotal_commands_processed:%llu\r\n"
                  "rejected_connections:%llu\r\n",
                  (unsigned long long)server->stats.connections, (unsigned long long)server->stats.requests_resp,
                  (unsigned long long)server->stats.connections_refused);
    buffer_format(&text,
                  "# Journal\r\nseq:%llu\r\ndurable:%llu\r\nstatus:%s\r\n# Orders\r\norders:%u\r\nshoppers:%u\r\n"
                  "skus:%u\r\n",
                  (unsigned long long)engine_seq(server->engine), (unsigned long long)eleven_durable(server->eleven),
                  journal_status_word(eleven_status(server->eleven)), engine_order_count(server->engine),
                  engine_shopper_count(server->engine), engine_sku_count(server->engine));
    resp_bulk(conn, slice_of(text.bytes, text.size));
    buffer_free(&text);
}

static void run_time(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    i64 now_ms = server_now_ms(conn->server);
    char text[24];
    (void)resp;
    (void)arguments;
    (void)count;
    resp_array_head(conn, 2);
    snprintf(text, sizeof(text), "%lld", (long long)now_ms / 1000);
    resp_text(conn, text);
    snprintf(text, sizeof(text), "%lld", (long long)(now_ms % 1000) * 1000);
    resp_text(conn, text);
}

/* --- COMMAND ------------------------------------------------------------------------------------- */

static const u16 engine_kinds[] = {
#define COMMAND(number, NAME, name, word, roles, tail, fields, texts) number,
#include "core/command.def"
#undef COMMAND
};

static void command_row(struct conn *conn, const char *name, i64 arity, const char *flag)
{
    resp_array_head(conn, 6);
    resp_text(conn, name);
    resp_integer(conn, arity);
    resp_array_head(conn, 1);
    buffer_format(&conn->output, "+%s\r\n", flag);
    resp_integer(conn, 0);
    resp_integer(conn, 0);
    resp_integer(conn, 0);
}

static void run_command(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    size_t own = 0;
    (void)resp;
    for (size_t i = 0; i < ARRAY_COUNT(engine_kinds); i++)
        own += (command_info(engine_kinds[i])->roles & ROLE_SYSTEM) == 0;
    if (count > 1 && resp_is(arguments[1], "COUNT")) {
        resp_integer(conn, (i64)(own + resp_command_count));
        return;
    }
    if (count > 1 && resp_is(arguments[1], "DOCS")) {
        resp_map_head(conn, resp_command_count);
        for (size_t i = 0; i < resp_command_count; i++) {
            resp_text(conn, resp_commands[i].name);
            resp_map_head(conn, 1);
            resp_text(conn, "summary");
            resp_text(conn, resp_commands[i].summary);
        }
        return;
    }
    if (count > 1) {
        resp_error(conn, "err", "COMMAND, COMMAND COUNT and COMMAND DOCS are known");
        return;
    }
    resp_array_head(conn, own + resp_command_count);
    for (size_t i = 0; i < ARRAY_COUNT(engine_kinds); i++) {
        const struct command_info *info = command_info(engine_kinds[i]);
        if ((info->roles & ROLE_SYSTEM) == 0)
            command_row(conn, info->word, info->kind == COMMAND_ORDER_PLACE ? -8 : -2, "write");
    }
    for (size_t i = 0; i < resp_command_count; i++)
        command_row(conn, resp_commands[i].name, resp_commands[i].arity, "readonly");
}

/* --- reads --------------------------------------------------------------------------------------- */

static struct slice code_of(const struct engine *engine, u32 text)
{
    return text == 0 ? slice_of("", 0) : engine_text(engine, text, 0);
}

static void order_lines(struct conn *conn, const struct order *order)
{
    const struct engine *engine = conn->server->engine;
    resp_array_head(conn, order->line_count);
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = engine_line(engine, order->first_line + i);
        const struct book *book = engine_book(engine, line->book);
        resp_array_head(conn, 8);
        resp_bulk(conn, code_of(engine, engine_sku(engine, book->sku)->text));
        resp_integer(conn, line->quantity);
        resp_integer(conn, line->unit_price_minor);
        resp_bulk(conn, code_of(engine, engine_location(engine, book->location)->text));
        resp_integer(conn, line->part);
        resp_text(conn, word_part_state(line->state));
        resp_integer(conn, line->promised_min * MINUTE_MS);
        resp_integer(conn, line->due_min * MINUTE_MS);
    }
}

static void run_order_get(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    const struct engine *engine = conn->server->engine;
    i64 id;
    (void)count;
    const struct order *order =
        ask_number(arguments[1], &id) && id > 0 && id <= UINT32_MAX ? engine_order(engine, (u32)id) : NULL;
    if (order == NULL || !right_to_see(engine, &resp->caller, (u32)id)) {
        resp_null(conn);
        return;
    }
    resp_map_head(conn, 9);
    resp_text(conn, "order");
    resp_integer(conn, id);
    resp_text(conn, "state");
    resp_text(conn, word_order_state(order->state));
    resp_text(conn, "shopper");
    resp_integer(conn, order->shopper);
    resp_text(conn, "festival");
    resp_bulk(conn, code_of(engine, order->festival ? engine_festival(engine, order->festival)->text : 0));
    resp_text(conn, "currency");
    resp_bulk(conn, code_of(engine, engine_currency(engine, order->currency)->text));
    resp_text(conn, "total_minor");
    resp_integer(conn, order->total_minor);
    resp_text(conn, "refunded_minor");
    resp_integer(conn, order->refunded_minor);
    resp_text(conn, "placed_ms");
    resp_integer(conn, order->placed_ms);
    resp_text(conn, "lines");
    order_lines(conn, order);
}

/* STOCK.GET sku [location]: units that may be bought now. */
static void run_stock_get(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    const struct engine *engine = conn->server->engine;
    u32 sku = ask_find(engine, COMMAND_SKU_PUT, arguments[1], ASK_WORD);
    u32 location = count > 2 ? ask_find(engine, COMMAND_LOCATION_PUT, arguments[2], ASK_WORD) : 0;
    const struct sku *row = engine_sku(engine, sku);
    i64 units = 0;
    (void)resp;
    if (row == NULL || (count > 2 && engine_location(engine, location) == NULL)) {
        resp_null(conn);
        return;
    }
    for (u32 id = row->first_book; id != 0; id = engine_book(engine, id)->next)
        if (location == 0 || engine_book(engine, id)->location == location)
            units += engine_book(engine, id)->available;
    resp_integer(conn, units);
}

/* WALLET.GET shopper [currency]: the balance in minor units. */
static void run_wallet_get(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    const struct engine *engine = conn->server->engine;
    i64 id;
    const struct shopper *shopper =
        ask_number(arguments[1], &id) && id > 0 && id <= UINT32_MAX ? engine_shopper(engine, (u32)id) : NULL;
    bool own = resp->caller.shopper != 0 && shopper != NULL && resp->caller.shopper == (u32)id;
    if (shopper == NULL || !(own || resp->caller.roles & (ROLE_INTEGRATOR | ROLE_ADMINISTRATOR))) {
        resp_null(conn);
        return;
    }
    u32 currency = count > 2 ? ask_find(engine, COMMAND_CURRENCY_PUT, arguments[2], ASK_WORD) : shopper->currency;
    resp_integer(conn, engine_balance(engine, (u32)id, currency));
}

static void run_festival_get(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    const struct engine *engine = conn->server->engine;
    const struct festival *festival =
        engine_festival(engine, ask_find(engine, COMMAND_FESTIVAL_PUT, arguments[1], ASK_WORD));
    (void)resp;
    (void)count;
    if (festival == NULL) {
        resp_null(conn);
        return;
    }
    const struct {
        const char *name;
        i64 value;
    } rows[] = {
        {"opens_ms", festival->opens_ms},           {"closes_ms", festival->closes_ms},
        {"now_ms", server_now_ms(conn->server)},    {"paid_minor", festival->paid_minor},
        {"held_minor", festival->held_minor},       {"refunded_minor", festival->refunded_minor},
        {"orders", (i64)festival->orders},          {"orders_paid", (i64)festival->orders_paid},
        {"units_paid", (i64)festival->units_paid},  {"peak_orders", (i64)festival->peak_orders},
    };
    resp_map_head(conn, ARRAY_COUNT(rows));
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        resp_text(conn, rows[i].name);
        resp_integer(conn, rows[i].value);
    }
}

/* TILL.GET till: whether it is open, and what its newest shift comes to. */
static void run_till_get(struct conn *conn, struct resp *resp, const struct slice *arguments, u32 count)
{
    const struct engine *engine = conn->server->engine;
    const struct till *till = engine_till(engine, ask_find(engine, COMMAND_TILL_PUT, arguments[1], ASK_WORD));
    const struct caller *caller = &resp->caller;
    (void)count;
    bool clerk = (caller->roles & ROLE_CLERK) != 0 && caller->location != 0;
    if (till == NULL || (clerk && till->location != caller->location)) {
        resp_null(conn);
        return;
    }
    const struct shift *shift = engine_shift(engine, till->shift);
    const struct {
        const char *name;
        i64 value;
    } rows[] = {
        {"shift", till->shift},
        {"open", shift != NULL && shift->closed_ms == 0},
        {"drawer_minor", shift == NULL ? 0 : engine_drawer(shift)},
        {"sales", shift == NULL ? 0 : shift->sales},
        {"returns", shift == NULL ? 0 : shift->returns},
        {"voids", shift == NULL ? 0 : shift->voids},
    };
    resp_map_head(conn, ARRAY_COUNT(rows));
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        resp_text(conn, rows[i].name);
        resp_integer(conn, rows[i].value);
    }
}

#define STAFF (ROLE_CLERK | ROLE_MERCHANDISER | ROLE_PROVIDER | ROLE_INTEGRATOR | ROLE_ADMINISTRATOR)

const struct resp_command resp_commands[] = {
    {"PING", run_ping, -1, ROLE_ANYBODY, false, "answers PONG, or its argument"},
    {"ECHO", run_echo, 2, ROLE_ANYBODY, false, "answers its argument"},
    {"AUTH", run_auth, -2, ROLE_ANYBODY, false, "AUTH [user] key: an API key as password"},
    {"HELLO", run_hello, -1, ROLE_ANYBODY, false, "HELLO [2|3] [AUTH user key] [SETNAME name]"},
    {"QUIT", run_quit, 1, ROLE_ANYBODY, false, "ends the connection"},
    {"RESET", run_reset, 1, ROLE_ANYBODY, false, "as after connecting"},
    {"SELECT", run_select, 2, ROLE_ANYBODY, false, "there is one database, 0"},
    {"CLIENT", run_client, -2, ROLE_ANYBODY, false, "CLIENT SETNAME and SETINFO are accepted, without effect"},
    {"CONFIG", run_config, -2, STAFF, false, "CONFIG GET answers nothing: there is nothing to configure here"},
    {"COMMAND", run_command, -1, ROLE_ANYBODY, false, "lists the commands; COUNT, DOCS"},
    {"INFO", run_info, -1, STAFF, true, "the server in figures"},
    {"TIME", run_time, 1, ROLE_ANYBODY, false, "the server's clock: seconds, microseconds"},
    {"ORDER.GET", run_order_get, 2, STAFF | ROLE_SHOPPER, true, "ORDER.GET order"},
    {"STOCK.GET", run_stock_get, -2, ROLE_ANYBODY, true, "STOCK.GET sku [location]: units that may be bought now"},
    {"WALLET.GET", run_wallet_get, -2, STAFF | ROLE_SHOPPER, true, "WALLET.GET shopper [currency]: balance, minor units"},
    {"TILL.GET", run_till_get, 2, STAFF & ~ROLE_PROVIDER, true, "TILL.GET till: its newest shift, and what should be in the drawer"},
    {"FESTIVAL.GET", run_festival_get, 2, ROLE_ANYBODY, true, "FESTIVAL.GET festival: window and meters"},
};
const size_t resp_command_count = ARRAY_COUNT(resp_commands);
