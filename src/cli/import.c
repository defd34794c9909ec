/*
 * eleven import: rehearses the files one after the other, and submits when
 * nothing was wrong with any of them. What a file means is in import_*.c.
 */
#include "cli/import.h"

#include "cli/cli.h"
#include "cli/options.h"

#include <stdio.h>

struct importer {
    const char *option;
    int (*run)(struct import *import, const char *file);
    struct option_texts files;
};

static struct importer importers[] = {
#define IMPORT(name, word, meaning) {.option = word, .run = import_##name},
#include "cli/import.def"
#undef IMPORT
};

enum {
#define IMPORT(name, word, meaning) IMPORTER_##name,
#include "cli/import.def"
#undef IMPORT
};

static enum options_result import_options(int argc, char **argv, struct import *import, bool *check,
                                          struct option_texts *plain)
{
    const struct option options[] = {
#define IMPORT(name, word, meaning) {word, OPTION_TEXTS, &importers[IMPORTER_##name].files, "FILE.csv", meaning},
#include "cli/import.def"
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

/* The options that name something that may be made. */
static bool import_good_codes(const struct import *import)
{
    const struct {
        const char *option, *code;
    } codes[] = {{"seller", import->seller}, {"location", import->location}, {"city", import->city}};
    for (size_t i = 0; i < ARRAY_COUNT(codes); i++) {
        const char *problem = codes[i].code != NULL ? cli_code_problem(slice_text(codes[i].code)) : NULL;
        if (problem == NULL)
            continue;
        cli_error("import", "--%s takes 1 to 128 bytes of text: %s", codes[i].option, problem);
        return false;
    }
    return true;
}

/* Rehearses every file. */
static int import_files(struct import *import)
{
    int code = CLI_DONE;
    for (size_t i = 0; i < ARRAY_COUNT(importers); i++)
        for (size_t j = 0; j < importers[i].files.count; j++) {
            int now = importers[i].run(import, importers[i].files.texts[j]);
            code = MAX(code, now);
        }
    if (code == CLI_DONE && import->stage->errors > 0)
        code = CLI_REFUSED;
    if (import->stage->errors > STAGE_ERRORS_MAX)
        cli_error("import", "%zu more errors are not shown", import->stage->errors - STAGE_ERRORS_MAX);
    else if (import->stage->errors == STAGE_ERRORS_MAX)
        cli_error("import", "stopped reading after %d errors", STAGE_ERRORS_MAX);
    return code;
}

int cli_import(int argc, char **argv)
{
    static struct stage stage; /* large */
    struct import import = {.stage = &stage, .currency = "CNY", .seller = "house"};
    struct option_texts plain;
    bool check = false;
    enum options_result parsed = import_options(argc, argv, &import, &check, &plain);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    size_t files = 0;
    for (size_t i = 0; i < ARRAY_COUNT(importers); i++)
        files += importers[i].files.count;
    if (files == 0) {
        cli_error("import", "no file is named; try: eleven import --help");
        return CLI_USAGE;
    }
    if (!import_good_codes(&import))
        return CLI_USAGE;
    int code = stage_open(&stage, plain.texts[0]);
    if (code != CLI_DONE)
        return code;
    code = import_files(&import);
    if (code != CLI_DONE)
        cli_error("import", "nothing was changed");
    else if (!check)
        code = stage_commit(&stage);
    if (code == CLI_DONE) {
        if (stage.count > 0)
            printf("%s\n", check ? "checked only; this would be:" : "imported:");
        stage_print_counts(&stage);
    }
    stage_close(&stage);
    return code;
}
