/*
 * eleven rebuild: the read models made anew from the journal.
 */
#include "cli/cli.h"
#include "cli/options.h"
#include "view/view.h"

#include <stdio.h>

static u64 rebuilt_seq;

static void rebuild_progress(u64 seq, u64 of)
{
    rebuilt_seq = seq;
    cli_progress("rebuilding: command %llu of %llu", (unsigned long long)seq, (unsigned long long)of);
}

int cli_rebuild(int argc, char **argv)
{
    struct option_texts plain;
    const struct page page = {
        .name = "rebuild",
        .usage = "DIR",
        .about = "Makes views.db, what searches and lists of orders are answered from, anew from the journal's first\n"
                 "command, and puts it in the old one's place when it is whole. The journal is only read. A server\n"
                 "that has the views open must be stopped first; it makes them by itself when there are none.",
        .example = "  eleven rebuild shop",
    };
    enum options_result parsed = options_parse(&page, argc, argv, &plain, 1, 1);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    char problem[JOURNAL_PROBLEM_MAX] = "", text[CLI_TEXT_MAX];
    bool good = view_rebuild(plain.texts[0], rebuild_progress, problem);
    cli_progress_end();
    if (!good) {
        cli_error(plain.texts[0], "%s", problem);
        return CLI_FOLDER;
    }
    printf("views.db is made of %s commands\n", cli_number(text, rebuilt_seq));
    return CLI_DONE;
}
