/*
 * eleven bench: our own figures on this machine. The measuring is in bench/,
 * which `make bench` runs together with the peers.
 */
#include "bench/bench.h"
#include "cli/cli.h"
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

int cli_bench(int argc, char **argv)
{
    struct bench bench = {.part = "quick"};
    u64 rounds = ROUNDS_DEFAULT, orders = ORDERS_DEFAULT, past = PAST_DEFAULT;
    const struct option options[] = {
        {"part", OPTION_TEXT, &bench.part, "PART", "quick, rounds, snapshot, memory, skus or orders (default quick)"},
        {"rounds", OPTION_NUMBER, &rounds, "N", "how often each is measured, up to 100 (default 5)"},
        {"orders", OPTION_NUMBER, &orders, "N", "orders of one run (default 1000000)"},
        {"between", OPTION_TEXT, &bench.between, "COMMAND", "part rounds: run this after each round, with its number"},
        {"past", OPTION_NUMBER, &past, "N", "part orders: past orders (default 100000000, or what memory holds)"},
    };
    const struct page page = {
        .name = "bench",
        .usage = "DIR [--part PART] [--rounds N] [--orders N]",
        .about = "Measures the engine through the library, each order durable, beside bare loops that write the same bytes\n"
                 "to the same disk. DIR is made on the disk to be measured, and removed. Prints `name value unit` for each\n"
                 "run; quote medians. `make bench` adds the peers.",
        .example = "  eleven bench /var/tmp/bench",
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
    bool known = bench_run(&bench);
    if (known)
        remove_folder(bench.directory);
    else
        cli_error("bench", "--part %s: there is no such part; eleven bench --help lists them", bench.part);
    return known ? CLI_DONE : CLI_USAGE;
}
