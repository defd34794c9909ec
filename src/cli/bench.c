/*
 * eleven bench: our own figures on this machine. The measuring is in bench/,
 * which `make bench` runs together with the peers.
 */
#include "bench/bench.h"
#include "cli/cli.h"
#include "cli/night.h"
#include "cli/options.h"
#include "eleven.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS_DEFAULT 5u
#define ORDERS_DEFAULT ((u64)1000000)
#define PAST_DEFAULT ((u64)100000000)

struct removal {
    const struct io *io;
    const char *directory;
};

static void remove_one(void *argument, const char *name)
{
    const struct removal *removal = argument;
    char path[4096];
    if (snprintf(path, sizeof(path), "%s/%s", removal->directory, name) < (int)sizeof(path))
        removal->io->unlink(removal->io->context, path);
}

/* The folder that the bench has made, and only it. */
static void remove_folder(const char *directory)
{
    struct io io;
    struct removal removal = {&io, directory};
    if (io_linux_open(&io, IO_APPENDER_BEST) != 0)
        return;
    io.list(io.context, directory, remove_one, &removal);
    io_linux_close(&io);
    rmdir(directory);
}

static int bench_night(const char *directory, u64 year, u64 part_of)
{
    if (!night_knows(year)) {
        cli_error("bench", "--night %llu: the nights of %s can be played", (unsigned long long)year, night_years());
        return CLI_USAGE;
    }
    if (part_of < 1 || part_of > NIGHT_PART_OF_MAX) {
        cli_error("bench", "--part-of takes 1 to %llu", (unsigned long long)NIGHT_PART_OF_MAX);
        return CLI_USAGE;
    }
    int code = night_run(directory, year, part_of);
    remove_folder(directory);
    return code;
}

int cli_bench(int argc, char **argv)
{
    struct bench bench = {.part = "quick"};
    u64 rounds = ROUNDS_DEFAULT, orders = ORDERS_DEFAULT, past = PAST_DEFAULT;
    u64 night = 0, part_of = 1;
    const struct option options[] = {
        {"part", OPTION_TEXT, &bench.part, "PART", "quick, rounds, stores, snapshot, memory, skus or orders (default quick)"},
        {"rounds", OPTION_NUMBER, &rounds, "N", "how often each is measured, up to 100 (default 5)"},
        {"orders", OPTION_NUMBER, &orders, "N", "orders of one run (default 1000000)"},
        {"between", OPTION_TEXT, &bench.between, "COMMAND", "part rounds: run this after each round, with its number"},
        {"past", OPTION_NUMBER, &past, "N", "part orders: past orders (default 100000000, or what memory holds)"},
        {"night", OPTION_NUMBER, &night, "YEAR",
         "instead: orders over the Redis protocol until 10 bn yuan are passed, then an audit (2016, 2017, 2018)"},
        {"part-of", OPTION_NUMBER, &part_of, "N", "of the night: until 10 bn / N yuan are passed (default 1)"},
    };
    const struct page page = {
        .name = "bench",
        .usage = "DIR [--part PART] [--rounds N] [--orders N] | DIR --night YEAR [--part-of N]",
        .about = "Measures the engine through the library, each order durable, beside bare loops that write the same bytes\n"
                 "to the same disk. DIR is made on the disk to be measured, and removed. Prints `name value unit` for each\n"
                 "run; quote medians. `make bench` adds the peers.",
        .example = "  eleven bench /var/tmp/bench\n  eleven bench /var/tmp/bench --night 2018 --part-of 100",
        .options = options,
        .option_count = ARRAY_COUNT(options),
    };
    struct option_texts plain;
    enum options_result parsed = options_parse(&page, argc, argv, &plain, 1, 1);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    bench.directory = plain.texts[0];
    if (rounds < 1 || rounds > BENCH_ROUNDS_MAX || orders < 1) {
        cli_error("bench", "--rounds takes 1 to 100, --orders at least 1");
        return CLI_USAGE;
    }
    bench.rounds = (u32)rounds;
    bench.orders = orders;
    bench.past = past;
    if (access(bench.directory, F_OK) == 0) {
        cli_error(bench.directory, "it is there already; the bench makes and removes its own folder");
        return CLI_USAGE;
    }
    signal(SIGPIPE, SIG_IGN); /* `eleven bench DIR | head`: the folder is removed all the same */
    if (night != 0)
        return bench_night(bench.directory, night, part_of);
    bool known = bench_run(&bench);
    if (known)
        remove_folder(bench.directory);
    else
        cli_error("bench", "--part %s: there is no such part; eleven bench --help lists them", bench.part);
    return known ? CLI_DONE : CLI_USAGE;
}
