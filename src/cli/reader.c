#include "cli/reader.h"

#include "cli/cli.h"

static int reader_say(const struct reader *reader, enum journal_status status)
{
    if (!reader->problem_whole)
        return cli_folder_error(reader->directory, status, reader->problem);
    cli_error(reader->directory, "%s", reader->problem);
    return CLI_FOLDER;
}

static bool reader_show(void *argument, u64 seq)
{
    (void)argument;
    cli_progress("reading the journal: command %llu", (unsigned long long)seq);
    return true;
}

int reader_open(struct reader *reader, const char *directory)
{
    enum journal_status status = reader_begin(reader, directory);
    reader->progress = reader_show;
    return status == JOURNAL_OK ? CLI_DONE : reader_say(reader, status);
}

bool reader_reset(struct reader *reader)
{
    enum journal_status status = reader_again(reader);
    return status == JOURNAL_OK || reader_say(reader, status) == CLI_DONE;
}

int reader_replay(struct reader *reader, const struct reader_visitor *visitor)
{
    enum journal_status status = reader_follow(reader, visitor);
    cli_progress_end();
    return status == JOURNAL_OK || status == JOURNAL_STOPPED ? CLI_DONE : reader_say(reader, status);
}

int reader_open_now(struct reader *reader, const char *directory)
{
    enum journal_status status = reader_fill(reader, directory, reader_show, NULL);
    cli_progress_end();
    return status == JOURNAL_OK ? CLI_DONE : reader_say(reader, status);
}
