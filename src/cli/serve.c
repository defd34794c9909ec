/*
 * eleven serve: the doors, with options from flags, the environment
 * (ELEVEN_HTTP for --http) and a file of `name = value` lines, in this order of precedence.
 */
#include "cli/cli.h"
#include "cli/options.h"
#include "door/door.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SERVE_LINE_MAX 1024
#define SERVE_OPTIONS 20

struct serve {
    struct door_options door;
    const char *config;
    u64 connections, rate, in_flight_ms, journal_ahead_mb, orders_ahead;
};

static size_t serve_options(struct serve *serve, struct option options[SERVE_OPTIONS])
{
    const struct option rows[] = {
        {"config", OPTION_TEXT, &serve->config, "FILE", "read options from FILE (docs/eleven-serve.conf shows all)"},
        {"http", OPTION_TEXT, &serve->door.http_listen, "ADDRESS:PORT", "HTTP; \"none\": not (127.0.0.1:1111)"},
        {"resp", OPTION_TEXT, &serve->door.resp_listen, "ADDRESS:PORT",
         "Redis protocol; \"none\": not (127.0.0.1:1112)"},
        {"https", OPTION_TEXT, &serve->door.https_listen, "ADDRESS:PORT", "HTTPS, with a certificate (127.0.0.1:1113)"},
        {"tls-cert", OPTION_TEXT, &serve->door.tls_certificate, "FILE", "certificate chain, PEM"},
        {"tls-key", OPTION_TEXT, &serve->door.tls_key, "FILE", "its private key, PEM"},
        {"public-url", OPTION_TEXT, &serve->door.public_url, "URL", "what links in feeds begin with"},
        {"connections", OPTION_NUMBER, &serve->connections, "N", "open at one time, at most (30000)"},
        {"rate", OPTION_NUMBER, &serve->rate, "N", "HTTP requests a second of one account or address; 0: any (200)"},
        {"in-flight-ms", OPTION_NUMBER, &serve->in_flight_ms, "MS",
         "work taken in at one time before orders are sent away with a ticket (25)"},
        {"journal-ahead-mb", OPTION_NUMBER, &serve->journal_ahead_mb, "MB", "zero so much journal before opening (0)"},
        {"orders-ahead", OPTION_NUMBER, &serve->orders_ahead, "N",
         "make memory of N orders resident before opening (262144, while it runs)"},
        {"test-payments", OPTION_SWITCH, &serve->door.test_payments, NULL,
         "shoppers may fill wallets from a provider that is none: for tests and demonstrations"},
        {"resp-open", OPTION_SWITCH, &serve->door.resp_open, NULL, "RESP needs no AUTH: benchmarks only"},
        {"hooks-private", OPTION_SWITCH, &serve->door.hooks_private, NULL,
         "webhooks may go to private addresses and over http"},
        {"no-views", OPTION_SWITCH, &serve->door.no_views, NULL,
         "no search, order lists and webhooks; half the memory"},
        {"log-requests", OPTION_SWITCH, &serve->door.log_requests, NULL, "a line of log for each HTTP request"},
    };
    _Static_assert(ARRAY_COUNT(rows) <= SERVE_OPTIONS, "room for all");
    memcpy(options, rows, sizeof(rows));
    return ARRAY_COUNT(rows);
}

/* One setting by name, from the file or the environment. The text stays allocated: options point into it. */
static bool serve_set(const struct option *options, size_t count, const char *name, const char *value,
                      const char *where)
{
    u64 number;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(options[i].name, name) != 0 || strcmp(name, "config") == 0)
            continue;
        if (options[i].kind == OPTION_TEXT) {
            *(const char **)options[i].target = strdup(value);
            return true;
        }
        bool switch_good = strcmp(value, "yes") == 0 || strcmp(value, "no") == 0;
        if (options[i].kind == OPTION_SWITCH && switch_good) {
            *(bool *)options[i].target = strcmp(value, "yes") == 0;
            return true;
        }
        if (options[i].kind == OPTION_NUMBER && cli_parse_number(slice_text(value), UINT32_MAX, &number)) {
            *(u64 *)options[i].target = number;
            return true;
        }
        cli_error(where, "%s takes %s, not \"%s\"", name, options[i].kind == OPTION_SWITCH ? "yes or no" : "a number",
                  value);
        return false;
    }
    cli_error(where, "there is no setting \"%s\"", name);
    return false;
}

static char *serve_trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t size = strlen(text);
    while (size > 0 && isspace((unsigned char)text[size - 1]))
        text[--size] = 0;
    return text;
}

static bool serve_file(const char *path, const struct option *options, size_t count)
{
    char line[SERVE_LINE_MAX], where[SERVE_LINE_MAX];
    FILE *file = fopen(path, "re");
    bool good = file != NULL;
    if (!good)
        cli_error(path, "%s", strerror(errno));
    for (unsigned number = 1; good && fgets(line, sizeof(line), file) != NULL; number++) {
        char *text = serve_trim(line);
        char *equals = strchr(text, '=');
        snprintf(where, sizeof(where), "%s:%u", path, number);
        if (*text == 0 || *text == '#')
            continue;
        if (equals == NULL) {
            cli_error(where, "a line is `name = value`, or begins with #");
            good = false;
            continue;
        }
        *equals = 0;
        good = serve_set(options, count, serve_trim(text), serve_trim(equals + 1), where);
    }
    if (file != NULL)
        (void)fclose(file);
    return good;
}

static bool serve_environment(const struct option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[64] = "ELEVEN_";
        size_t size = strlen(name);
        for (const char *at = options[i].name; *at != 0 && size + 1 < sizeof(name); at++)
            name[size++] = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
        name[size] = 0;
        const char *value = getenv(name);
        if (value != NULL && strcmp(options[i].name, "config") != 0 &&
            !serve_set(options, count, options[i].name, value, name))
            return false;
    }
    return true;
}

/* The file's name is needed before everything else. */
static const char *serve_config(int argc, char **argv)
{
    const char *found = getenv("ELEVEN_CONFIG");
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            found = argv[i + 1];
        if (strncmp(argv[i], "--config=", 9) == 0)
            found = argv[i] + 9;
    }
    return found;
}

int cli_serve(int argc, char **argv)
{
    struct serve serve = {.connections = 30000, .rate = 200, .in_flight_ms = 25};
    struct option options[SERVE_OPTIONS];
    struct option_texts plain;
    door_options_default(&serve.door);
    size_t count = serve_options(&serve, options);
    const struct page page = {
        .name = "serve",
        .usage = "DIR [OPTIONS]",
        .about = "Opens the doors of a data folder: HTTP with JSON under /v1 (/docs describes it), and the Redis\n"
                 "protocol. Ends on SIGTERM or Ctrl-C: finishes what was asked, syncs, writes a snapshot.\n"
                 "Each option may also be given as ELEVEN_NAME in the environment or as `name = value` in a file.",
        .exits = "3: the data folder or its disk; 2 also when it cannot listen, or a certificate is no good",
        .example = "eleven serve shop --http 127.0.0.1:1111",
        .options = options,
        .option_count = count,
    };
    const char *config = serve_config(argc, argv);
    if (config != NULL && !serve_file(config, options, count))
        return CLI_USAGE;
    if (!serve_environment(options, count))
        return CLI_USAGE;
    enum options_result parsed = options_parse(&page, argc, argv, &plain, 1, 1);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    serve.door.directory = plain.texts[0];
    serve.door.connections_max = (u32)MAX(serve.connections, 1u);
    serve.door.requests_per_second = (u32)serve.rate;
    serve.door.in_flight_ms = (u32)MAX(serve.in_flight_ms, 1u);
    serve.door.journal_ahead_bytes = serve.journal_ahead_mb << 20;
    serve.door.orders_ahead = serve.orders_ahead;
    switch (door_run(&serve.door)) {
    case DOOR_STOPPED: return CLI_DONE;
    case DOOR_FOLDER: return CLI_FOLDER;
    default: return CLI_USAGE;
    }
}
