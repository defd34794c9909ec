/*
 * eleven import: rehearses the files one after the other, and submits when
 * nothing was wrong with any of them. What a file means is in exchange/import_*.c.
 */
#include "exchange/import.h"

#include "cli/cli.h"
#include "cli/file.h"
#include "cli/options.h"
#include "cli/submission.h"

#include <stdio.h>

/* What is named on the command line, by kind. */
struct import_named {
    struct option_texts files[IMPORT_KINDS];
};

static enum options_result import_options(int argc, char **argv, struct import *import,
                                          struct import_named *named, bool *check, struct option_texts *plain)
{
    const struct option options[] = {
#define IMPORT(name, word, meaning) {word, OPTION_TEXTS, &named->files[IMPORT_##name], "FILE.csv", meaning},
#include "exchange/import.def"
#undef IMPORT
        {"currency", OPTION_TEXT, &import->currency, "CODE", "of the prices in --shopify (ISO 4217; default CNY)"},
        {"country", OPTION_TEXT, &import->country, "CODE",
         "of the cities (default CN), and of origin of brands that --shopify makes (default: unknown)"},
        {"seller", OPTION_TEXT, &import->seller, "CODE", "of --shopify's products; made if missing (default house)"},
        {"location", OPTION_TEXT, &import->location, "CODE",
         "where the units of --shopify's quantity column are; without it they are left out"},
        {"city", OPTION_TEXT, &import->city, "CODE", "locations that do not exist are made as warehouses in this city"},
        {"check", OPTION_SWITCH, check, NULL, "only say what would be done"},
    };
    const struct page page = {
        .name = "import",
        .usage = "DIR (--shopify | --inventory | --cities | --locations | --prices | --stock | --brands) FILE.csv ...",
        .about = "Takes in CSV files, all of them or nothing: every row is checked and rehearsed on a copy of the\n"
                 "state before the first change is made. Errors are named with file, line and column. Importing the\n"
                 "same file again changes nothing. Formats: docs/IMPORT.md.",
        .example = "  eleven import shop --cities data/cities_cn.csv\n"
                   "  eleven import shop --shopify products.csv --currency CNY --location main --city 3301",
        .options = options,
        .option_count = ARRAY_COUNT(options),
    };
    return options_parse(&page, argc, argv, plain, 1, 1);
}

/* Rehearses one file. */
static int import_file(struct import *import, enum import_kind kind, const char *name)
{
    struct source source;
    int code = file_open(&source, name);
    if (code != CLI_DONE)
        return code;
    enum exchange_status status = import_run(import, kind, &source);
    file_close(&source);
    if (import->left_out != NULL)
        printf("note: quantities in \"%s\" were left out; --location CODE says where those units are\n",
               import->left_out);
    return status == EXCHANGE_FULL ? CLI_FILE : status == EXCHANGE_DONE ? CLI_DONE : CLI_REFUSED;
}

/* Rehearses every file. */
static int import_files(struct import *import, const struct import_named *named)
{
    int code = CLI_DONE;
    struct stage *stage = import->stage;
    for (size_t i = 0; i < IMPORT_KINDS; i++)
        for (size_t j = 0; j < named->files[i].count && !stage->full; j++) {
            int now = import_file(import, (enum import_kind)i, named->files[i].texts[j]);
            code = MAX(code, now);
        }
    if (code == CLI_DONE || stage->full)
        code = submission_exit(stage_status(stage));
    if (stage->errors > STAGE_ERRORS_MAX)
        cli_error("import", "%zu more errors are not shown", stage->errors - STAGE_ERRORS_MAX);
    else if (stage->errors == STAGE_ERRORS_MAX)
        cli_error("import", "stopped reading after %d errors", STAGE_ERRORS_MAX);
    return code;
}

/* Rehearses, and submits what was good. */
static int import_into(const char *directory, struct import *import, const struct import_named *named, bool check)
{
    static struct submission submission; /* large */
    int code = submission_open(&submission, directory);
    if (code != CLI_DONE)
        return code;
    import->stage = &submission.stage;
    code = import_files(import, named);
    if (code != CLI_DONE)
        cli_error("import", "nothing was changed");
    else if (!check)
        code = submission_commit(&submission);
    if (code == CLI_DONE) {
        if (import->stage->count > 0)
            printf("%s\n", check ? "checked only; this would be:" : "imported:");
        submission_print_counts(&submission);
    }
    submission_close(&submission);
    return code;
}

int cli_import(int argc, char **argv)
{
    struct import import = {.currency = IMPORT_CURRENCY, .seller = IMPORT_SELLER, .prefix = "--"};
    struct import_named named = {0};
    struct option_texts plain;
    bool check = false;
    enum options_result parsed = import_options(argc, argv, &import, &named, &check, &plain);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    size_t files = 0;
    for (size_t i = 0; i < IMPORT_KINDS; i++)
        files += named.files[i].count;
    if (files == 0) {
        cli_error("import", "no file is named; try: eleven import --help");
        return CLI_USAGE;
    }
    const char *name, *problem = import_problem(&import, &name);
    if (problem != NULL) {
        cli_error("import", "--%s takes 1 to 128 bytes of text: %s", name, problem);
        return CLI_USAGE;
    }
    return import_into(plain.texts[0], &import, &named, check);
}
