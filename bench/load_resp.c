/*
 * bench-resp: orders a second through the Redis protocol's door, or SETs a
 * second into Redis, with the same client and the same pipeline (resp_client.h).
 *
 *   bench-resp order|set ADDRESS:PORT [options]
 *   bench-resp call ADDRESS:PORT "COMMAND"      prints one reply; for scripts
 *
 * Prints NAME, the durable accepted orders (or SETs) a second from the first
 * byte sent to the last reply, and beside it what was refused or replayed.
 */
#include "bench/dial.h"
#include "bench/measure.h"
#include "bench/resp_client.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALL_REPLY_MAX 65536

struct load {
    const char *name;
    struct sockaddr_in address;
    u64 connections, depth, requests, slice;
    double seconds;
    bool sets;
};

static void usage(void)
{
    fputs("usage: bench-resp order|set ADDRESS:PORT [--name NAME] [--connections N] [--depth N] [--requests N]\n"
          "                  [--seconds S] [--slice N]\n"
          "       bench-resp call ADDRESS:PORT COMMAND\n",
          stderr);
    exit(2);
}

static void print(const struct load *load, const char *what, double value, int decimals, const char *unit)
{
    char name[96];
    snprintf(name, sizeof(name), "%s%s", load->name, what);
    measure_print(name, value, decimals, unit);
}

static void make_requests(const struct load *load, struct wire *wire)
{
    struct orders orders;
    struct workload *workload = workload_open(WORKLOAD_SEED, WORKLOAD_SKUS, WORKLOAD_SHOPPERS);
    workload_begin(workload, load->slice);
    orders_open(&orders, load->requests);
    orders_fill(&orders, workload, WORKLOAD_ZIPF, load->requests);
    wire_open(wire, load->requests, WIRE_RESP_MAX);
    if (load->sets)
        wire_resp_sets(wire, &orders);
    else
        wire_resp_orders(wire, &orders);
    orders_close(&orders);
    workload_close(workload);
}

static void run_load(const struct load *load)
{
    struct wire wire;
    make_requests(load, &wire);
    struct resp_client *client = resp_client_open(&load->address, (u32)load->connections);
    struct resp_run run = {.wire = &wire, .count = wire.count, .depth = (u32)load->depth};
    run.deadline_ns = measure_ns() + (i64)(load->seconds * 1e9);
    i64 elapsed = resp_client_run(client, &run);

    u64 accepted = run.replies[load->sets ? RESP_REPLY_OK : RESP_REPLY_ORDER];
    u64 replayed = run.replies[RESP_REPLY_REPLAYED];
    print(load, "", measure_rate(accepted, elapsed), 0, load->sets ? "requests/s" : "orders/s");
    print(load, ".refused", (double)(run.sent - accepted - replayed), 0, "requests");
    print(load, ".replayed", (double)replayed, 0, "requests");
    print(load, ".request_bytes", wire_mean(&wire), 1, "B");
    if (accepted * 10 < run.sent * 9)
        printf("# %s: most were not accepted; the first error: %s\n", load->name, resp_client_error(client));
    resp_client_close(client);
    wire_close(&wire);
}

static void call(const struct sockaddr_in *address, const char *command)
{
    char line[1024], *reply = measure_memory(CALL_REPLY_MAX);
    struct resp_client *client = resp_client_open(address, 1);
    snprintf(line, sizeof(line), "%s\r\n", command);
    resp_client_call(client, line, reply, CALL_REPLY_MAX);
    fputs(reply, stdout);
    resp_client_close(client);
    free(reply);
}

int main(int count, char **arguments)
{
    static const struct option options[] = {
        {"name", required_argument, NULL, 'n'},     {"connections", required_argument, NULL, 'c'},
        {"depth", required_argument, NULL, 'd'},    {"requests", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'},  {"slice", required_argument, NULL, 'l'},
        {NULL, 0, NULL, 0},
    };
    struct load load = {.connections = 8, .depth = 1000, .requests = 1000000, .seconds = 10};
    if (count < 3)
        usage();
    load.address = dial_address(arguments[2]);
    if (count == 4 && strcmp(arguments[1], "call") == 0) {
        call(&load.address, arguments[3]);
        return 0;
    }
    load.sets = strcmp(arguments[1], "set") == 0;
    if (!load.sets && strcmp(arguments[1], "order") != 0)
        usage();
    load.name = load.sets ? "redis.set" : "resp.order";
    optind = 3;
    for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;)
        switch (option) {
        case 'n': load.name = optarg; break;
        case 'c': load.connections = strtoull(optarg, NULL, 10); break;
        case 'd': load.depth = strtoull(optarg, NULL, 10); break;
        case 'r': load.requests = strtoull(optarg, NULL, 10); break;
        case 's': load.seconds = strtod(optarg, NULL); break;
        case 'l': load.slice = strtoull(optarg, NULL, 10); break;
        default: usage();
        }
    if (load.connections < 1 || load.connections > RESP_CONNECTIONS_MAX || load.depth < 1 || load.depth > 1000000 ||
        load.requests < load.connections || load.seconds <= 0 || optind != count)
        usage();
    run_load(&load);
    return 0;
}
