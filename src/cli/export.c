/*
 * eleven export: the slices of exchange/export.h on standard output.
 */
#include "exchange/export.h"

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/reader.h"

#include <stdio.h>
#include <stdlib.h>

#define EXPORT_BUFFER_BYTES (1u << 20)
_Static_assert(EXPORT_BUFFER_BYTES >= EXPORT_ROW_MAX, "a slice holds a row");

/* A full disk shows when standard output is closed (main.c). */
static int export_write(const struct engine *engine, enum export_kind kind, u32 festival)
{
    struct export export;
    char *buffer = malloc(EXPORT_BUFFER_BYTES);
    bool opened = buffer != NULL && export_open(&export, engine, kind, festival);
    for (bool done = !opened; !done && !ferror(stdout);) {
        size_t size = export_next(&export, buffer, EXPORT_BUFFER_BYTES, &done);
        (void)fwrite(buffer, 1, size, stdout); /* ferror says */
    }
    if (opened)
        export_close(&export);
    else
        cli_error("export", "no memory");
    free(buffer);
    return opened ? CLI_DONE : CLI_FILE;
}

static int export_run(const char *directory, const char *festival_code, enum export_kind kind)
{
    struct reader reader;
    int code = reader_open_now(&reader, directory);
    if (code != CLI_DONE)
        return code;
    u32 festival = 0;
    if (festival_code != NULL)
        festival = engine_find(reader.engine, COMMAND_FESTIVAL_PUT, slice_text(festival_code));
    if (festival_code != NULL && festival == 0) {
        cli_error("export", "there is no festival \"%s\"", festival_code);
        code = CLI_REFUSED;
    } else {
        code = export_write(reader.engine, kind, festival);
    }
    reader_close(&reader);
    return code;
}

int cli_export(int argc, char **argv)
{
    struct option_texts plain;
    const char *festival = NULL;
    const struct option options[] = {
        {"festival", OPTION_TEXT, &festival, "CODE", "only this festival's (orders, sales, deals)"},
    };
    const struct page page = {
        .name = "export",
        .usage = "DIR orders|stock|sales|deals|locations [--festival CODE]",
        .about = "Writes CSV (RFC 4180, UTF-8) on standard output: a row for each order line, stock book, SKU\n"
                 "sold, deal, or location. Changes nothing; works beside a running sale, on what is durable by then.",
        .example = "  eleven export shop orders --festival 11.11 > orders.csv",
        .options = options,
        .option_count = ARRAY_COUNT(options),
    };
    enum options_result parsed = options_parse(&page, argc, argv, &plain, 2, 2);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    int kind = export_parse_kind(slice_text(plain.texts[1]));
    if (kind < 0) {
        cli_error("export", "\"%s\" is none of orders, stock, sales, deals and locations", plain.texts[1]);
        return CLI_USAGE;
    }
    return export_run(plain.texts[0], festival, (enum export_kind)kind);
}
