/*
 * eleven replay: the state as it was behind any command, or at any moment.
 */
#include "base/time.h"
#include "cli/cli.h"
#include "cli/festival.h"
#include "cli/options.h"
#include "cli/reader.h"

#include <stdio.h>

/* The last command that is applied, by number or by time. */
struct replay_until {
    u64 seq;
    i64 ms;
};

static bool replay_before(void *argument, struct reader *reader, u64 seq, const struct command_header *command)
{
    const struct replay_until *until = argument;
    (void)reader;
    return seq <= until->seq && command->time_ms <= until->ms;
}

static bool replay_read_until(const char *text, struct replay_until *until)
{
    *until = (struct replay_until){.seq = UINT64_MAX, .ms = INT64_MAX};
    if (text == NULL)
        return true;
    if (cli_parse_number(slice_text(text), UINT64_MAX, &until->seq))
        return true;
    if (cli_parse_time(text, cli_now_ms(), &until->ms))
        return true;
    cli_error("replay", "--until takes the number of a command or a time (2018-11-11T00:00:21+08:00), not \"%s\"",
              text);
    return false;
}

static void replay_print(const struct reader *reader)
{
    const struct engine *engine = reader->engine;
    char text[TIME_TEXT_MAX], total[FESTIVAL_TOTAL_MAX], count[CLI_TEXT_MAX];
    printf("command  %llu\n", (unsigned long long)engine_seq(engine));
    printf("time     %s\n", engine_seq(engine) > 0 ? time_text(text, engine_now(engine), 0) : "-");
    printf("digest   %016llx\n", (unsigned long long)engine_digest(engine));
    printf("chain    %016llx\n", (unsigned long long)engine_chain(engine));
    for (enum limit_index limit = 0; limit < LIMIT_COUNT; limit++)
        if (engine_used(engine, limit) > 0) {
            printf("%-12s %s", engine_limit_name(limit), cli_number(count, engine_used(engine, limit)));
            printf(" of %s\n", cli_number(count, engine_capacity(engine, limit)));
        }
    for (u32 i = 1; i <= engine_festival_count(engine); i++) {
        const struct festival *row = engine_festival(engine, i);
        printf("festival " SLICE_FORMAT ": %s\n", SLICE_ARGS(cli_code(engine, i, row->text)),
               festival_total(total, engine, row, row->paid_minor));
    }
}

int cli_replay(int argc, char **argv)
{
    struct option_texts plain;
    const char *until_text = NULL;
    const struct option options[] = {
        {"until", OPTION_TEXT, &until_text, "SEQ|TIME",
         "stop behind this command, or behind this moment (default: the end)"},
    };
    const struct page page = {
        .name = "replay",
        .usage = "DIR [--until SEQ|TIME]",
        .about = "Decides the journal again from its first command up to a moment, and shows the state there and\n"
                 "its digest. Equal states have equal digests on any machine. Changes nothing; works beside a running sale.",
        .example = "  eleven replay shop --until 2026-11-11T00:00:21+08:00\n  eleven replay shop --until 1000",
        .options = options,
        .option_count = ARRAY_COUNT(options),
    };
    enum options_result parsed = options_parse(&page, argc, argv, &plain, 1, 1);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    struct replay_until until;
    if (!replay_read_until(until_text, &until))
        return CLI_USAGE;
    struct reader reader;
    int code = reader_open(&reader, plain.texts[0]);
    if (code != CLI_DONE)
        return code;
    const struct reader_visitor visitor = {.argument = &until, .before = replay_before};
    code = reader_replay(&reader, &visitor);
    if (code == CLI_DONE)
        replay_print(&reader);
    reader_close(&reader);
    return code;
}
