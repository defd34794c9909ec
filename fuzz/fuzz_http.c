/*
 * fuzz_http: the whole server behind one connection: its loop, engine, journal
 * and accounts in a data folder of its own, in memory. What comes is cut in two. Every complete request gets exactly
 * one
 * answer, and an incomplete one none; what is no HTTP gets one refusal and the end of the connection; answers are
 * well-formed HTTP, never 500, and their JSON is JSON; the server is ready for the next connection.
 *
 * A second reader of HTTP (fuzz/http_read.c) says what the requests and answers are.
 *
 * Input: 2 bytes that say where it is cut, then the bytes of the connection, in which "@KEY0" and so on stand for API
 * keys: 0 an integrator's, 1 the payment provider's, 2 an administrator's, 3 a clerk's, 4 a merchandiser's, 5 a
 * shopper's.
 */
#include "fuzz/http_read.h"

#include "door/http_state.h"
#include "fuzz/fuzz.h"
#include "node/config.h"
#include "test/support.h"

#include <errno.h>
#include <ftw.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEYS 6
#define INPUT_MAX ((size_t)64 << 10)    /* with the keys put in; less than a socket keeps */
#define WAIT_MS 5000                    /* for all answers */
#define NOT_HTTP "This is not HTTP/1.1."
#define FOLDER_RUNS 20000               /* then the folder is made anew, so that it stays small */

static struct server *server;
static char folder[64];
static char keys[KEYS][ACCESS_SECRET_MAX];
static struct buffer output;

/* --- the data folder -------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *walk)
{
    (void)stat;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void folder_remove(void)
{
    if (folder[0] != 0)
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    folder[0] = 0;
}

static void give(struct eleven *eleven, const struct command_header *command, const char *text)
{
    static u64 room[64];
    const struct command_info *info = command_info(command->kind);
    struct slice texts[COMMAND_TEXTS_MAX] = {slice_text(text)};
    struct result result;
    memset(room, 0, sizeof(room));
    memcpy(room, command, info->fixed_size);
    if (info->tail == TAIL_TEXTS)
        FUZZ_MUST(command_add_texts((struct command_header *)room, texts, info->text_count));
    FUZZ_MUST(eleven_call(eleven, room, &result) && result.code == RESULT_OK);
}

#define GIVE(name, NAME, text, ...) \
    give(eleven, &(struct command_##name){HEADER(name, NAME), __VA_ARGS__}.header, text)

static void furnish(void)
{
    struct eleven *eleven;
    struct eleven_options options = {.directory = folder, .orders_ahead = 1};
    char problem[JOURNAL_PROBLEM_MAX];
    FUZZ_MUST(eleven_open(&eleven, &options, problem) == JOURNAL_OK);
    i64 now_ms = eleven_time(eleven);
    GIVE(currency_put, CURRENCY_PUT, "CNY", .digits = 2);
    GIVE(country_put, COUNTRY_PUT, "CN");
    GIVE(department_put, DEPARTMENT_PUT, "shoes");
    GIVE(city_put, CITY_PUT, "SHA", .country = 1, .longitude_e6 = 121473700, .latitude_e6 = 31230400);
    GIVE(location_put, LOCATION_PUT, "S1", .city = 1, .longitude_e6 = 121400000, .latitude_e6 = 31200000,
         .kind = LOCATION_STORE, .services = SERVICE_SHIP | SERVICE_PICK_UP | SERVICE_CARRY_OUT);
    GIVE(seller_put, SELLER_PUT, "one", );
    for (u32 sku = 1; sku <= 2; sku++) {
        GIVE(sku_put, SKU_PUT, sku == 1 ? "K1" : "K2", .department = 1, .seller = 1, .for_sale = 1);
        GIVE(price_set, PRICE_SET, "", .sku = sku, .currency = 1, .price_minor = 10000);
        GIVE(stock_receive, STOCK_RECEIVE, "", .sku = sku, .location = 1, .quantity = 1000000);
    }
    GIVE(festival_put, FESTIVAL_PUT, "1111", .opens_ms = now_ms, .closes_ms = now_ms + 3600 * 1000, .currency = 1,
         .hold_ms = SHOP_HOLD_MS);
    GIVE(shopper_join, SHOPPER_JOIN, "", .city = 1, .currency = 1);
    GIVE(wallet_top_up, WALLET_TOP_UP, "", .shopper = 1, .currency = 1, .amount_minor = 1000000000);
    FUZZ_MUST(eleven_close(eleven) == JOURNAL_OK);
}

static void add_accounts(void)
{
    static const u32 roles[KEYS] = {ROLE_INTEGRATOR, ROLE_PROVIDER, ROLE_ADMINISTRATOR,
                                    ROLE_CLERK,      ROLE_MERCHANDISER, ROLE_SHOPPER};
    i64 now_ms = server_now_ms(server);
    for (u32 i = 0; i < KEYS; i++) {
        const char login[] = {'k', 'e', 'y', (char)('0' + i), 0};
        u32 account, key;
        FUZZ_MUST(access_add(server->access, slice_text(login), slice_text("correct horse"), roles[i],
                             roles[i] == ROLE_CLERK ? 1 : 0, now_ms, &account) == ACCESS_OK);
        FUZZ_MUST(roles[i] != ROLE_SHOPPER || access_bind_shopper(server->access, account, 1) == ACCESS_OK);
        FUZZ_MUST(access_key_add(server->access, account, slice_text("fuzz"), now_ms, keys[i], &key) == ACCESS_OK);
    }
}

static void folder_make(void)
{
    struct config config;
    struct io io;
    config_default(&config);
    support_limits(&config.limits);
    config.limits.seconds = 4 * 100000;
    config.limits.orders = 2000;
    config.limits.lines = 8000;
    config.journal_segment_bytes = CONFIG_SEGMENT_BYTES_MIN;
    snprintf(folder, sizeof(folder), "%s/eleven-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    FUZZ_MUST(mkdtemp(folder) != NULL && io_linux_open(&io, IO_APPENDER_BEST) == 0);
    FUZZ_MUST(config_create(folder, &config, &io) == JOURNAL_OK);
    io_linux_close(&io);
    furnish();
    struct door_options options;
    door_options_default(&options);
    options.directory = folder;
    options.requests_per_second = 0;
    options.in_flight_ms = 60000; /* nobody waits in line: every answer is the handler's */
    options.no_views = true;
    options.test_payments = true;
    server = server_open(&options);
    FUZZ_MUST(server->exit == DOOR_STOPPED);
    add_accounts();
}

static void folder_close(void)
{
    if (server != NULL)
        FUZZ_MUST(server_close(server) == DOOR_STOPPED);
    server = NULL;
    folder_remove();
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    folder_make();
    atexit(folder_close);
    return 0;
}

/* --- one connection ----------------------------------------------------------------------------------- */

/* The input with the keys in it. */
static size_t put_keys(char *out, const u8 *bytes, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < size && used + ACCESS_SECRET_MAX < INPUT_MAX; i++) {
        bool key = i + 5 <= size && memcmp(bytes + i, "@KEY", 4) == 0 && bytes[i + 4] >= '0' &&
                   bytes[i + 4] < '0' + KEYS;
        if (!key) {
            out[used++] = (char)bytes[i];
            continue;
        }
        size_t length = strlen(keys[bytes[i + 4] - '0']);
        memcpy(out + used, keys[bytes[i + 4] - '0'], length);
        used += length;
        i += 4;
    }
    return used;
}

static void receive(int client)
{
    for (;;) {
        char *room = buffer_room(&output, 65536);
        ssize_t size = recv(client, room, 65536, MSG_DONTWAIT);
        if (size <= 0)
            return;
        output.size += (size_t)size;
    }
}

/* Nothing is left to be read, decided or sent. */
static bool settled(const struct conn *conn)
{
    uv_os_fd_t file;
    int unread = 0;
    if (server->conn_count == 0)
        return true; /* and conn is no more */
    const struct http *http = conn->state;
    FUZZ_MUST(conn->input.size <= CONN_INPUT_MAX);
    if (conn->lingering) /* all is said: it only waits for us to close */
        return true;
    if (uv_fileno(&conn->handle, &file) == 0)
        ioctl(file, FIONREAD, &unread);
    if (http == NULL || http->phase == HTTP_WAITING || conn_unsent(conn) > 0 || conn->uses > 0)
        return http == NULL && unread == 0;
    return http->phase == HTTP_STREAMING || (unread == 0 && !conn->pause && conn->input.size == 0);
}

static void turn_until_settled(const struct conn *conn, int client)
{
    i64 until_ms = (i64)(uv_hrtime() / 1000000) + WAIT_MS;
    uv_run(&server->loop, UV_RUN_NOWAIT);
    while (!settled(conn)) {
        FUZZ_MUST((i64)(uv_hrtime() / 1000000) < until_ms); /* an answer never came */
        uv_run(&server->loop, UV_RUN_ONCE);
        receive(client);
    }
    receive(client);
}

static void send_part(int client, const char *bytes, size_t size)
{
    if (size > 0 && server->conn_count > 0) {
        ssize_t sent = send(client, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        FUZZ_MUST(sent == (ssize_t)size || errno == EPIPE);
    }
}

enum ending { ENDING_OPEN, ENDING_STREAM, ENDING_CLOSED };

/* Everything that is answered to these bytes is in `output` afterwards. */
static enum ending converse(const char *bytes, size_t size, size_t cut)
{
    int sockets[2];
    output.size = 0;
    FUZZ_MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) == 0);
    struct conn *conn = conn_adopt(server, sockets[0], &http_protocol);
    FUZZ_MUST(conn != NULL && server->conn_count == 1);
    send_part(sockets[1], bytes, cut);
    turn_until_settled(conn, sockets[1]);
    send_part(sockets[1], bytes + cut, size - cut);
    turn_until_settled(conn, sockets[1]);
    enum ending ending = ENDING_CLOSED;
    if (server->conn_count > 0 && !conn->lingering) {
        const struct http *http = conn->state;
        ending = http != NULL && http->phase == HTTP_STREAMING ? ENDING_STREAM : ENDING_OPEN;
    }
    close(sockets[1]);
    if (ending == ENDING_STREAM)
        conn_close(conn); /* a stream behind which requests wait is not read: its next event would notice */
    for (u32 i = 0; server->conn_count > 0; i++) {
        FUZZ_MUST(i < 1000);
        uv_run(&server->loop, UV_RUN_ONCE);
    }
    uv_run(&server->loop, UV_RUN_NOWAIT); /* the handle's last callback */
    FUZZ_MUST(server->gate_count == 0 && desk_empty(&server->desk) && server->blocked == NULL);
    return ending;
}

static void check_answers(enum ending ending, const struct http_asked *asked, u64 counted)
{
    static struct http_answered answered;
    http_read_answers(&answered, output.bytes, output.size, asked, ending == ENDING_STREAM);
    FUZZ_MUST(answered.count == counted);
    if (output.size > 0 && memmem(output.bytes, output.size, NOT_HTTP, sizeof(NOT_HTTP) - 1) != NULL)
        FUZZ_MUST(asked->wrong);
    if (ending == ENDING_OPEN) {
        FUZZ_MUST(answered.count == asked->count && !asked->wrong && !answered.says_close);
    } else if (ending == ENDING_CLOSED) {
        FUZZ_MUST(answered.count >= 1 && answered.count <= asked->count + 1 && answered.says_close);
    } else {
        FUZZ_MUST(answered.count >= 1 && answered.count <= asked->count);
    }
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    static u32 runs;
    static char text[INPUT_MAX];
    static struct http_asked asked;
    if (size < 2)
        return 0;
    if (++runs % FOLDER_RUNS == 0) {
        folder_close();
        folder_make();
    }
    size_t length = put_keys(text, bytes + 2, size - 2);
    size_t cut = ((size_t)bytes[0] | (size_t)bytes[1] << 8) % (length + 1);
    u64 before = server->stats.requests_http + server->stats.bad_requests;
    enum ending ending = converse(text, length, cut);
    FUZZ_MUST(eleven_status(server->eleven) == JOURNAL_OK && !server->stopping);
    http_read_requests(&asked, text, length);
    FUZZ_COUNT("requests", asked.count);
    FUZZ_COUNT("no-http", asked.wrong);
    FUZZ_COUNT("answers", server->stats.requests_http + server->stats.bad_requests - before);
    check_answers(ending, &asked, server->stats.requests_http + server->stats.bad_requests - before);
    return 0;
}
