/*
 * eleven init: a new data folder with its limits.
 */
#include "cli/cli.h"
#include "cli/options.h"
#include "eleven.h"

#include <stdio.h>

/* "orders=1000000" */
static bool init_limit(struct engine_limits *limits, const char *text)
{
    static const char *const names[] = {
#define LIMIT(name, standard, largest, meaning) #name,
#include "core/limits.def"
#undef LIMIT
    };
    u64 *const values[] = {
#define LIMIT(name, standard, largest, meaning) &limits->name,
#include "core/limits.def"
#undef LIMIT
    };
    const char *equals = strchr(text, '=');
    char name[32] = "";
    if (equals != NULL && (size_t)(equals - text) < sizeof(name))
        memcpy(name, text, (size_t)(equals - text));
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        if (equals == NULL || strcmp(name, names[i]) != 0)
            continue;
        if (cli_parse_number(slice_text(equals + 1), (u64)INT64_MAX, values[i]))
            return true;
        cli_error("init", "--limit %s takes a whole number, not \"%s\"", name, equals + 1);
        return false;
    }
    const char *nearest = cli_nearest(name, names, ARRAY_COUNT(names));
    cli_error("init", "--limit %s: there is no such limit%s%s%s", text, nearest != NULL ? "; did you mean " : "",
              nearest != NULL ? nearest : "", nearest != NULL ? "?" : "; eleven init --help lists them");
    return false;
}

static const char init_about[] =
    "Makes a data folder: its limits (eleven.conf) and an empty journal. DIR may exist if it is empty.\n\n"
    "limits (memory is reserved for all of it, and becomes resident with use):\n"
#define LIMIT(name, standard, largest, meaning) "  " #name "=" #standard "  " meaning "\n"
#include "core/limits.def"
#undef LIMIT
    ;

int cli_init(int argc, char **argv)
{
    struct option_texts plain, limit_texts = {.count = 0};
    const struct option options[] = {
        {"limit", OPTION_TEXTS, &limit_texts, "NAME=N", "another limit than the default; may be repeated"},
    };
    const struct page page = {
        .name = "init",
        .usage = "DIR [--limit NAME=N ...]",
        .about = init_about,
        .example = "  eleven init shop\n  eleven init big --limit orders=100000000 --limit lines=200000000",
        .options = options,
        .option_count = ARRAY_COUNT(options),
    };
    enum options_result parsed = options_parse(&page, argc, argv, &plain, 1, 1);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);

    struct engine_limits limits;
    engine_limits_default(&limits);
    for (size_t i = 0; i < limit_texts.count; i++)
        if (!init_limit(&limits, limit_texts.texts[i]))
            return CLI_USAGE;
    const char *problem = engine_limits_problem(&limits);
    if (problem != NULL) {
        cli_error("init", "the limits do not work: %s", problem);
        return CLI_USAGE;
    }
    struct io io;
    int error = io_linux_open(&io, IO_APPENDER_THREAD);
    if (error < 0) {
        cli_error(plain.texts[0], "%s", strerror(-error));
        return CLI_FOLDER;
    }
    enum journal_status status = eleven_create(plain.texts[0], &limits, &io);
    io_linux_close(&io);
    if (status != JOURNAL_OK)
        return cli_create_error(plain.texts[0], status);
    printf("%s is ready; memory for all limits: %zu MiB, used as it fills\n", plain.texts[0],
           engine_memory_size(&limits) >> 20);
    return CLI_DONE;
}
