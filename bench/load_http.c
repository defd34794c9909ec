/*
 * bench-http: HTTP/1.1 over many kept-alive connections, a closed loop: each
 * connection has one request under way and sends the next when it has the reply.
 *
 *   bench-http order ADDRESS:PORT --api-key KEY [options]   POST /v1/orders
 *   bench-http get ADDRESS:PORT --path PATH [options]       the same path again and again
 *
 * With --patient a client behaves as one should under overload: refused with
 * Retry-After it waits so long and sends the same order again with the
 * Queue-Ticket it got. With --ramp-ms the connections come one after another;
 * what is counted begins when all are there.
 */
#include "bench/dial.h"
#include "bench/load_reply.h"
#include "bench/measure.h"
#include "bench/wire.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define EVENTS_MAX 512
#define READ_BYTES ((size_t)64 << 10)
#define TICKET_MAX 112u
#define WAIT_SECONDS_MAX 60u        /* a longer Retry-After is cut */
#define LATENCIES_MAX ((size_t)4 << 20)
#define PATIENT_MS 500              /* how long a thread that has nothing to do sleeps at most */
#define FIRST_LINE (sizeof("POST /v1/orders HTTP/1.1\r\n") - 1)

enum phase { CLIENT_NEW, CLIENT_CONNECTING, CLIENT_ASKING, CLIENT_WAITING };

struct client {
    int file;
    u32 phase;
    u32 request;                    /* index in the wire */
    u32 tries;                      /* of this request, so far */
    i64 sent_ns;
    i64 due_ns;                     /* waiting: when it sends again */
    struct client *next;            /* in its line */
    char *kept;                     /* a reply that came in pieces; READ_BYTES, made when needed */
    u32 kept_size;
    u32 ticket_size;
    char ticket[TICKET_MAX];
};

/* Clients that wait equally long: who came first is due first. */
struct line {
    struct client *first, *last;
};

/* Latencies of one kind of reply, ns. */
struct latencies {
    u32 *values;
    size_t count;
};

struct load {
    const char *name, *path, *api_key;
    struct sockaddr_in address;
    u64 connections, requests, slice, ramp_ms, server;
    double seconds;
    bool orders, patient;

    struct wire wire;
    size_t *places;                 /* of each request in the wire */
    size_t next_request;
    int epoll;
    char *buffer;                   /* READ_BYTES */
    struct client *clients;
    u32 connected;
    struct line lines[WAIT_SECONDS_MAX + 1];
    i64 end_ns;
    bool counts;                    /* the ramp is over */
    u64 accepted, replayed;
    u64 refused, later;             /* for good; with Retry-After */
    u64 second_tries, second_accepted, tries_max;
    u64 reply_bytes, replies;
    struct latencies good, refusals;
    int refused_status;             /* of the last that was refused for good */
};

static void usage(void)
{
    fputs("usage: bench-http order ADDRESS:PORT --api-key KEY | get ADDRESS:PORT --path PATH\n"
          "                  [--name NAME] [--connections N] [--seconds S] [--requests N] [--slice N]\n"
          "                  [--ramp-ms MS] [--patient] [--server PID]\n",
          stderr);
    exit(2);
}

static void print(const struct load *load, const char *what, double value, int decimals, const char *unit)
{
    char name[96];
    snprintf(name, sizeof(name), "%s%s", load->name, what);
    measure_print(name, value, decimals, unit);
}

/* --- one client ------------------------------------------------------------------------------------- */

static void client_send(struct load *load, struct client *client)
{
    char *request = load->wire.bytes + load->places[client->request], ticket[TICKET_MAX + 24];
    size_t size = load->wire.sizes[client->request];
    struct iovec pieces[3] = {{request, size}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 1};
    if (client->ticket_size > 0) {
        int more = snprintf(ticket, sizeof(ticket), "Queue-Ticket: %.*s\r\n", (int)client->ticket_size, client->ticket);
        pieces[0].iov_len = FIRST_LINE;
        pieces[1] = (struct iovec){ticket, (size_t)more};
        pieces[2] = (struct iovec){request + FIRST_LINE, size - FIRST_LINE};
        message.msg_iovlen = 3;
        size += (size_t)more;
    }
    client->phase = CLIENT_ASKING;
    client->tries++;
    client->sent_ns = measure_ns();
    /* Nothing else is under way on this connection: its send buffer takes a request whole. */
    if (sendmsg(client->file, &message, MSG_NOSIGNAL) != (ssize_t)size)
        measure_fail("send: %s", strerror(errno));
}

static void client_next(struct load *load, struct client *client)
{
    if (load->orders && load->next_request == load->wire.count)
        measure_fail("%zu requests are too few for so long: --requests", load->wire.count);
    client->request = load->orders ? (u32)load->next_request++ : 0;
    client->tries = 0;
    client->ticket_size = 0;
    client_send(load, client);
}

static void client_wait(struct load *load, struct client *client, const struct load_reply *reply)
{
    u32 seconds = MIN(reply->retry_after_s, WAIT_SECONDS_MAX);
    struct line *line = &load->lines[seconds];
    client->ticket_size = (u32)MIN(reply->ticket.size, (size_t)TICKET_MAX);
    memcpy(client->ticket, reply->ticket.bytes != NULL ? reply->ticket.bytes : "", client->ticket_size);
    client->phase = CLIENT_WAITING;
    client->due_ns = measure_ns() + (i64)seconds * 1000000000;
    client->next = NULL;
    if (line->first == NULL)
        line->first = client;
    else
        line->last->next = client;
    line->last = client;
}

static void add_latency(struct latencies *latencies, i64 ns)
{
    if (latencies->count < LATENCIES_MAX)
        latencies->values[latencies->count++] = (u32)MIN(ns, (i64)UINT32_MAX);
}

static void count_reply(struct load *load, const struct client *client, const struct load_reply *reply)
{
    bool good = reply->status / 100 == 2;
    if (!load->counts)
        return;
    load->replies++;
    load->reply_bytes += reply->size;
    load->tries_max = MAX(load->tries_max, client->tries);
    load->accepted += good && !reply->replayed;
    load->replayed += good && reply->replayed;
    load->later += !good && reply->retry_after_s > 0;
    load->refused += !good && reply->retry_after_s == 0;
    load->second_tries += client->tries == 2;
    load->second_accepted += client->tries == 2 && good;
    if (!good && reply->retry_after_s == 0)
        load->refused_status = reply->status;
    add_latency(good ? &load->good : &load->refusals, measure_ns() - client->sent_ns);
}

static void client_answered(struct load *load, struct client *client, const struct load_reply *reply)
{
    count_reply(load, client, reply);
    if (reply->closes)
        measure_fail("the server wants to close a connection after status %d", reply->status);
    if (load->patient && reply->retry_after_s > 0 && reply->status / 100 != 2)
        client_wait(load, client, reply);
    else
        client_next(load, client);
}

/* A reply nearly always comes whole: then it is read where it lies. */
static void client_receive(struct load *load, struct client *client)
{
    size_t kept = client->kept_size;
    char *bytes = kept > 0 ? client->kept : load->buffer;
    ssize_t size = recv(client->file, bytes + kept, READ_BYTES - kept, 0);
    if (size < 0 && errno == EAGAIN)
        return;
    if (size <= 0)
        measure_fail("the server ended a connection: %s", size == 0 ? "end of file" : strerror(errno));
    struct load_reply reply;
    size_t whole = kept + (size_t)size;
    int read = load_reply_read(bytes, whole, &reply);
    if (read < 0 || (read == 0 && whole == READ_BYTES) || (read > 0 && reply.size != whole))
        measure_fail("not the reply of an HTTP/1.1 server to one request: %.60s", bytes);
    if (read > 0) {
        client->kept_size = 0;
        client_answered(load, client, &reply);
        return;
    }
    if (client->kept == NULL)
        client->kept = measure_memory(READ_BYTES);
    if (kept == 0)
        memcpy(client->kept, bytes, whole);
    client->kept_size = (u32)whole;
}

static void client_open(struct load *load, struct client *client, u32 number)
{
    client->file = dial_begin(&load->address, number);
    client->phase = CLIENT_CONNECTING;
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = client};
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->file, &event) != 0)
        measure_fail("epoll: %s", strerror(errno));
}

static void client_connected(struct load *load, struct client *client)
{
    int problem = dial_failed(client->file);
    if (problem != 0)
        measure_fail("connect: %s", strerror(problem));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(load->epoll, EPOLL_CTL_MOD, client->file, &event) != 0)
        measure_fail("epoll: %s", strerror(errno));
    load->connected++;
    client_next(load, client);
}

/* --- all of them -------------------------------------------------------------------------------------- */

/* Those who have waited long enough send again; returns the ns until the next one is due, at most PATIENT_MS. */
static i64 wake_due(struct load *load)
{
    i64 now_ns = measure_ns(), soonest = (i64)PATIENT_MS * 1000000;
    for (u32 i = 0; i <= WAIT_SECONDS_MAX; i++) {
        struct line *line = &load->lines[i];
        while (line->first != NULL && line->first->due_ns <= now_ns) {
            struct client *client = line->first;
            line->first = client->next;
            client_send(load, client);
        }
        if (line->first != NULL)
            soonest = MIN(soonest, line->first->due_ns - now_ns);
    }
    return soonest;
}

static void take_events(struct load *load, int wait_ms)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(load->epoll, events, EVENTS_MAX, wait_ms);
    for (int i = 0; i < count; i++) {
        struct client *client = events[i].data.ptr;
        if (client->phase == CLIENT_CONNECTING)
            client_connected(load, client);
        else if (client->phase == CLIENT_ASKING)
            client_receive(load, client);
        else
            measure_fail("the server sent something, or closed, unasked");
    }
}

/* Opens the connections evenly over the ramp and waits until all are there; they ask as soon as they are. */
static void ramp(struct load *load)
{
    i64 start_ns = measure_ns(), ramp_ns = (i64)load->ramp_ms * 1000000;
    u32 opened = 0;
    while (load->connected < load->connections) {
        i64 past_ns = measure_ns() - start_ns;
        u64 due = past_ns >= ramp_ns ? load->connections : load->connections * (u64)past_ns / (u64)ramp_ns + 1;
        for (; opened < due; opened++)
            client_open(load, &load->clients[opened], opened);
        take_events(load, 1);
        wake_due(load);
    }
}

/* VmRSS of the server, MB. */
static double resident_mb(u64 pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%llu/status", (unsigned long long)pid);
    return (double)measure_proc_bytes(path, "VmRSS:") / (1 << 20);
}

static void print_latencies(const struct load *load, const char *kind, struct latencies *latencies)
{
    char name[32];
    snprintf(name, sizeof(name), "%s_p50", kind);
    print(load, name, measure_percentile(latencies->values, latencies->count, 500) / 1e3, 1, "us");
    snprintf(name, sizeof(name), "%s_p99", kind);
    print(load, name, measure_percentile(latencies->values, latencies->count, 990) / 1e3, 1, "us");
}

static void print_figures(struct load *load, i64 elapsed, double resident_before)
{
    print(load, "", measure_rate(load->accepted, elapsed), 0, load->orders ? "orders/s" : "requests/s");
    print(load, ".requests", measure_rate(load->replies, elapsed), 0, "requests/s");
    print(load, ".replayed", (double)load->replayed, 0, "requests");
    print(load, ".refused", (double)load->refused, 0, "requests");
    print(load, ".later", (double)load->later, 0, "requests");
    print_latencies(load, ".latency", &load->good);
    print(load, ".request_bytes", wire_mean(&load->wire), 1, "B");
    print(load, ".reply_bytes", load->replies > 0 ? (double)load->reply_bytes / (double)load->replies : 0, 1, "B");
    if ((load->accepted + load->replayed) * 10 < (load->replies - load->later) * 9)
        printf("# %s: many were refused for good, the last with status %d\n", load->name, load->refused_status);
    if (!load->patient)
        return;
    print_latencies(load, ".refusal", &load->refusals);
    print(load, ".refusals", measure_rate(load->later, elapsed), 0, "requests/s");
    u64 tries = MAX(load->second_tries, (u64)1);
    print(load, ".second_try", 100.0 * (double)load->second_accepted / (double)tries, 1, "%");
    print(load, ".tries_max", (double)load->tries_max, 0, "tries");
    if (load->server != 0) {
        print(load, ".resident_before", resident_before, 1, "MB");
        print(load, ".resident_after", resident_mb(load->server), 1, "MB");
    }
}

static void run_load(struct load *load)
{
    double resident = load->server != 0 ? resident_mb(load->server) : 0;
    ramp(load);
    load->counts = true;
    i64 start_ns = measure_ns();
    load->end_ns = start_ns + (i64)(load->seconds * 1e9);
    while (measure_ns() < load->end_ns) {
        i64 wait_ns = load->patient ? wake_due(load) : (i64)PATIENT_MS * 1000000;
        take_events(load, (int)MIN((wait_ns + 999999) / 1000000, (i64)PATIENT_MS));
    }
    print_figures(load, measure_ns() - start_ns, resident);
    for (u64 i = 0; i < load->connections; i++)
        dial_close(load->clients[i].file);
}

static void make_requests(struct load *load)
{
    struct orders orders;
    if (!load->orders) {
        wire_open(&load->wire, 1, WIRE_HTTP_MAX);
        wire_http_get(&load->wire, "127.0.0.1", load->path);
    } else {
        struct workload *workload = workload_open(WORKLOAD_SEED, WORKLOAD_SKUS, WORKLOAD_SHOPPERS);
        workload_begin(workload, load->slice);
        orders_open(&orders, load->requests);
        orders_fill(&orders, workload, WORKLOAD_ZIPF, load->requests);
        wire_open(&load->wire, load->requests, WIRE_HTTP_MAX);
        wire_http_orders(&load->wire, &orders, "127.0.0.1", load->api_key);
        orders_close(&orders);
        workload_close(workload);
    }
    load->places = measure_memory(load->wire.count * sizeof(*load->places));
    for (size_t i = 1; i < load->wire.count; i++)
        load->places[i] = load->places[i - 1] + load->wire.sizes[i - 1];
}

static void read_options(struct load *load, int count, char **arguments)
{
    static const struct option options[] = {
        {"name", required_argument, NULL, 'n'},     {"connections", required_argument, NULL, 'c'},
        {"path", required_argument, NULL, 'p'},     {"requests", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'},  {"slice", required_argument, NULL, 'l'},
        {"api-key", required_argument, NULL, 'k'},  {"ramp-ms", required_argument, NULL, 'm'},
        {"server", required_argument, NULL, 'i'},   {"patient", no_argument, NULL, 'w'},
        {NULL, 0, NULL, 0},
    };
    optind = 3;
    for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;)
        switch (option) {
        case 'n': load->name = optarg; break;
        case 'c': load->connections = strtoull(optarg, NULL, 10); break;
        case 'p': load->path = optarg; break;
        case 'r': load->requests = strtoull(optarg, NULL, 10); break;
        case 's': load->seconds = strtod(optarg, NULL); break;
        case 'l': load->slice = strtoull(optarg, NULL, 10); break;
        case 'k': load->api_key = optarg; break;
        case 'm': load->ramp_ms = strtoull(optarg, NULL, 10); break;
        case 'i': load->server = strtoull(optarg, NULL, 10); break;
        case 'w': load->patient = true; break;
        default: usage();
        }
    if (load->connections < 1 || load->connections > 100000 || load->requests < 1 || load->seconds <= 0 ||
        (load->orders ? load->api_key : load->path) == NULL || optind != count)
        usage();
}

int main(int count, char **arguments)
{
    struct load load = {.connections = 256, .requests = 500000, .seconds = 5};
    if (count < 3)
        usage();
    load.orders = strcmp(arguments[1], "order") == 0;
    if (!load.orders && strcmp(arguments[1], "get") != 0)
        usage();
    load.name = load.orders ? "http.order" : "http.get";
    load.address = dial_address(arguments[2]);
    read_options(&load, count, arguments);
    make_requests(&load);
    dial_files(load.connections + 64);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    load.buffer = measure_memory(READ_BYTES);
    load.clients = measure_memory(load.connections * sizeof(*load.clients));
    load.good.values = measure_memory(LATENCIES_MAX * sizeof(u32));
    load.refusals.values = measure_memory(LATENCIES_MAX * sizeof(u32));
    run_load(&load);
    return 0;
}
