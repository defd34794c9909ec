#include "cli/night.h"

#include "base/assert.h"
#include "bench/engine.h"
#include "bench/measure.h"
#include "bench/resp_client.h"
#include "cli/cli.h"
#include "door/door.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK_MINOR ((i64)1000000000000)     /* 10 billion yuan */
#define BLOCK_ORDERS ((u64)2000000)         /* made in memory; sent again and again, each time with new keys */
#define SAMPLE_ORDERS ((u64)200000)         /* of which the mean value is taken */
#define SHOPPERS_MIN 10000u
#define CAP_NONE 1000u                      /* a cap nobody reaches */
#define ORDERS_SLACK_PERCENT 2              /* room beyond the expected number */
#define ORDERS_SLACK ((u64)10000)
#define BYTES_PER_ORDER ((u64)220)          /* of memory: row, lines, answer, indexes */
#define BYTES_BESIDE ((u64)2 << 30)         /* shoppers, the block, the client */
#define JOURNAL_BYTES_PER_ORDER ((u64)88)
#define DISK_BYTES_PER_ORDER ((u64)300)     /* journal and the snapshot of the clean stop; for the message */
#define CONNECTIONS 4u                      /* docs/BENCHMARKS.md: the quickest of what was tried */
#define DEPTH 1000u
#define REPLY_MAX 4096
#define LINE_MAX_BYTES 2048

/* Published figures: data/double-eleven.csv. */
struct night_year {
    u64 year;
    i64 turnover_yuan;
    i64 parcels;
    int seconds_to_10bn;
    int orders_per_s_peak;                  /* 0: not published */
};

static const struct night_year years[] = {
    {2016, 120700000000, 657000000, 418, 0},
    {2017, 168200000000, 812000000, 181, 325000},
    {2018, 213500000000, 1042000000, 125, 491000},
};

struct night {
    const struct night_year *year;
    const char *directory;
    u64 part_of;
    i64 mark_minor;
    i64 mean_minor;         /* of an order */
    u64 orders_expected, orders_max;
    u32 shoppers;
    u32 price_per_mille;

    pid_t server;
    FILE *log;              /* the server's standard error */
    int http_port, resp_port;
    struct wire wire;

    u64 accepted, refused;
    i64 paid_minor, peak_orders, elapsed_ns;
};

static const struct night_year *find_year(u64 year)
{
    for (size_t i = 0; i < ARRAY_COUNT(years); i++)
        if (years[i].year == year)
            return &years[i];
    return NULL;
}

bool night_knows(u64 year)
{
    return find_year(year) != NULL;
}

const char *night_years(void)
{
    return "2016, 2017 or 2018";
}

/* --- before ------------------------------------------------------------------------------------------ */

static void draw(const struct night *night, struct orders *orders, u64 slice, u64 count)
{
    struct workload *workload = workload_open(WORKLOAD_SEED, WORKLOAD_SKUS, night->shoppers);
    workload_begin(workload, slice);
    orders_open(orders, count);
    orders_fill(orders, workload, WORKLOAD_ZIPF, count);
    workload_close(workload);
}

/* The workload's prices, scaled so that its mean order is the mean parcel of that year. */
static void scale_prices(struct night *night)
{
    struct orders orders;
    i64 sum = 0;
    draw(night, &orders, 1, SAMPLE_ORDERS);
    for (size_t i = 0; i < orders.count; i++)
        sum += orders_at(&orders, i)->expected_total_minor;
    orders_close(&orders);
    ASSERT(sum > 0);
    night->price_per_mille = (u32)((u64)night->mean_minor * 1000 * SAMPLE_ORDERS / (u64)sum);
}

static bool fits_memory(const struct night *night)
{
    u64 needed = night->orders_max * BYTES_PER_ORDER + BYTES_BESIDE, available = measure_available_bytes();
    if (needed <= available)
        return true;
    cli_error("bench",
              "%llu orders need %llu MB of memory and %llu MB of disk; %llu MB of memory are free; --part-of makes the "
              "night shorter",
              (unsigned long long)night->orders_max, (unsigned long long)needed >> 20,
              (unsigned long long)(night->orders_max * DISK_BYTES_PER_ORDER) >> 20,
              (unsigned long long)available >> 20);
    return false;
}

static void make_folder(const struct night *night)
{
    const struct engine_shape shape = {
        .directory = night->directory,
        .skus = WORKLOAD_SKUS,
        .shoppers = night->shoppers,
        .cap = CAP_NONE,
        .price_per_mille = night->price_per_mille,
        .orders_max = night->orders_max,
        .now_ms = measure_wall_ms(),
    };
    struct under_test *under_test = engine_start(&shape);
    engine_set_up(under_test, catalogue_base);
    engine_set_up(under_test, catalogue_skus);
    engine_set_up(under_test, catalogue_shoppers);
    engine_stop(under_test);
}

static void make_requests(struct night *night)
{
    struct orders orders;
    u64 count = MIN(night->orders_expected + ORDERS_SLACK, BLOCK_ORDERS);
    draw(night, &orders, 2, count);
    wire_open(&night->wire, count, WIRE_RESP_MAX);
    wire_resp_orders(&night->wire, &orders);
    orders_close(&orders);
}

/* --- the server ---------------------------------------------------------------------------------------- */

/* In the child: serves until it is told to stop, or its parent is gone. */
static _Noreturn void serve(const struct night *night, const int log[2])
{
    struct door_options options;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(log[1], STDERR_FILENO);
    close(log[0]);
    close(log[1]);
    door_options_default(&options);
    options.directory = night->directory;
    options.http_listen = "127.0.0.1:0";
    options.resp_listen = "127.0.0.1:0";
    options.resp_open = true;
    options.no_views = true;
    options.journal_ahead_bytes = night->orders_max * JOURNAL_BYTES_PER_ORDER;
    options.orders_ahead = night->orders_max;
    _exit(door_run(&options) == DOOR_STOPPED ? 0 : 1);
}

static bool start_server(struct night *night)
{
    int log[2];
    if (pipe2(log, O_CLOEXEC) != 0) {
        cli_error("bench", "pipe: %s", strerror(errno));
        return false;
    }
    fflush(stdout);
    night->server = fork();
    if (night->server == 0)
        serve(night, log);
    close(log[1]);
    night->log = night->server > 0 ? fdopen(log[0], "r") : NULL;
    if (night->log == NULL)
        cli_error("bench", "fork: %s", strerror(errno));
    return night->log != NULL;
}

/* The number behind `before` in a line of the log. */
static int log_number(const char *line, const char *before)
{
    const char *at = strstr(line, before);
    return at != NULL ? (int)strtol(at + strlen(before), NULL, 10) : 0;
}

/* Reads the log until the doors are open. False: they will not be; its last line is shown. */
static bool await_server(struct night *night)
{
    char line[LINE_MAX_BYTES] = "no word from it";
    while (fgets(line, sizeof(line), night->log) != NULL) {
        if (strstr(line, "\"door\":\"http\"") != NULL)
            night->http_port = log_number(line, "\"port\":");
        if (strstr(line, "\"door\":\"resp\"") != NULL)
            night->resp_port = log_number(line, "\"port\":");
        if (strstr(line, "\"event\":\"ready\"") != NULL)
            return night->resp_port != 0;
        if (strstr(line, "\"level\":\"error\"") != NULL)
            break;
    }
    cli_error("bench", "the server did not open: %s", line);
    return false;
}

/* Tells it to stop and waits until all is on the disk. */
static bool stop_server(struct night *night)
{
    char line[LINE_MAX_BYTES];
    int status = 1;
    kill(night->server, SIGTERM);
    while (fgets(line, sizeof(line), night->log) != NULL)
        if (strstr(line, "\"level\":\"error\"") != NULL)
            cli_error("bench", "the server: %s", line);
    (void)fclose(night->log);
    waitpid(night->server, &status, 0);
    if (status != 0)
        cli_error("bench", "the server did not end cleanly (wait status %d)", status);
    return status == 0;
}

/* --- the sale -------------------------------------------------------------------------------------------- */

static i64 meter(const char *reply, const char *name)
{
    const char *at = strstr(reply, name);
    if (at == NULL || strncmp(at + strlen(name), "\r\n:", 3) != 0)
        measure_fail("FESTIVAL.GET does not tell %s: %.80s", name, reply);
    return strtoll(at + strlen(name) + 3, NULL, 10);
}

static void read_meters(struct night *night, struct resp_client *client)
{
    char reply[REPLY_MAX];
    resp_client_call(client, "FESTIVAL.GET #1\r\n", reply, sizeof(reply));
    night->paid_minor = meter(reply, "paid_minor");
    night->peak_orders = meter(reply, "peak_orders");
}

/* Block after block, the last one as long as it must be; false when orders are not accepted. */
static bool sell(struct night *night, struct resp_client *client)
{
    i64 start_ns = measure_ns();
    u64 number = 0;
    for (;;) {
        i64 mean = night->accepted > 0 ? night->paid_minor / (i64)night->accepted : night->mean_minor;
        u64 wanted = (u64)((night->mark_minor - night->paid_minor) / MAX(mean, (i64)1)) + 1;
        struct resp_run run = {.wire = &night->wire, .depth = DEPTH, .rekey = true, .number = number};
        run.count = MIN(wanted, night->wire.count);
        resp_client_run(client, &run);
        number = run.number;
        night->accepted += run.replies[RESP_REPLY_ORDER];
        night->refused += run.sent - run.replies[RESP_REPLY_ORDER];
        read_meters(night, client);
        night->elapsed_ns = measure_ns() - start_ns;
        if (night->paid_minor >= night->mark_minor)
            return true;
        if (run.replies[RESP_REPLY_ORDER] * 10 < run.sent * 9) {
            cli_error("bench", "%llu of %llu orders were not accepted; the first answer: %s",
                      (unsigned long long)(run.sent - run.replies[RESP_REPLY_ORDER]), (unsigned long long)run.sent,
                      resp_client_error(client));
            return false;
        }
    }
}

static void print_night(const struct night *night)
{
    double seconds = (double)night->elapsed_ns / 1e9;
    measure_print("night.total", (double)night->paid_minor / 100, 2, "CNY");
    measure_print("night.seconds", seconds, 3, "s");
    measure_print("night.orders", (double)night->accepted, 0, "orders");
    measure_print("night.refused", (double)night->refused, 0, "orders");
    measure_print("night.rate", measure_rate(night->accepted, night->elapsed_ns), 0, "orders/s");
    measure_print("night.peak", (double)night->peak_orders, 0, "orders/s");
    if (night->part_of == 1) {
        printf("# in %llu it took %d s", (unsigned long long)night->year->year, night->year->seconds_to_10bn);
        if (night->year->orders_per_s_peak > 0)
            printf(", at the peak %d orders/s", night->year->orders_per_s_peak);
        printf("\n");
    }
}

/* With the server open. */
static bool play(struct night *night)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((u16)night->resp_port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    printf("# doors: http://127.0.0.1:%d, redis://127.0.0.1:%d, process %d\n", night->http_port, night->resp_port,
           (int)night->server);
    fflush(stdout);
    struct resp_client *client = resp_client_open(&address, CONNECTIONS);
    bool passed = sell(night, client);
    resp_client_close(client);
    if (passed)
        print_night(night);
    return passed;
}

int night_run(const char *directory, u64 year, u64 part_of)
{
    struct night night = {.year = find_year(year), .directory = directory, .part_of = part_of};
    ASSERT(night.year != NULL && part_of >= 1 && part_of <= NIGHT_PART_OF_MAX);
    i64 start_ns = measure_ns();
    night.mark_minor = MARK_MINOR / (i64)part_of;
    night.mean_minor = night.year->turnover_yuan * 100 / night.year->parcels;
    night.orders_expected = (u64)(night.mark_minor / night.mean_minor);
    night.orders_max = night.orders_expected + night.orders_expected * ORDERS_SLACK_PERCENT / 100 + ORDERS_SLACK;
    night.shoppers = (u32)MAX(WORKLOAD_SHOPPERS / part_of, (u64)SHOPPERS_MIN);
    if (!fits_memory(&night))
        return CLI_FOLDER;
    scale_prices(&night);
    make_folder(&night);
    if (!start_server(&night))
        return CLI_FOLDER;
    make_requests(&night); /* while the server makes memory and journal ready */
    bool good = await_server(&night);
    if (good) {
        printf("# %llu: orders of %lld.%02d CNY on average, %u shoppers; made ready in %.1f s\n",
               (unsigned long long)year, (long long)night.mean_minor / 100, (int)(night.mean_minor % 100),
               night.shoppers, (double)(measure_ns() - start_ns) / 1e9);
        good = play(&night);
    }
    wire_close(&night.wire);
    start_ns = measure_ns();
    good = stop_server(&night) && good;
    if (!good)
        return CLI_FOLDER;
    measure_print("night.stop", (double)(measure_ns() - start_ns) / 1e9, 1, "s");
    fflush(stdout);
    char *audit[] = {"audit", (char *)directory, NULL};
    return cli_audit(2, audit);
}
