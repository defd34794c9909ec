/* Rehearse, then submit; see submission.h. */
#include "cli/submission.h"

#include "cli/cli.h"
#include "eleven.h"

#include <stdio.h>

#define SUBMISSION_ANSWERS 4096

void submission_say(void *argument, const struct exchange_error *error)
{
    (void)argument;
    cli_progress_end();
    fflush(stdout);
    fprintf(stderr, "eleven: %s", error->file);
    if (error->line > 0)
        fprintf(stderr, ":%u", error->line);
    if (error->column > 0)
        fprintf(stderr, ":%zu", error->column);
    fprintf(stderr, ": %s%s%s\n", error->name != NULL ? error->name : "", error->name != NULL ? ": " : "",
            error->text);
}

int submission_open(struct submission *submission, const char *directory)
{
    memset(submission, 0, sizeof(*submission));
    int code = reader_open_now(&submission->reader, directory);
    if (code != CLI_DONE)
        return code;
    struct engine *engine = submission->reader.engine;
    submission->seq = engine_seq(engine);
    submission->chain = engine_chain(engine);
    stage_open(&submission->stage, engine, cli_now_ms(), submission_say, NULL);
    return CLI_DONE;
}

void submission_close(struct submission *submission)
{
    stage_close(&submission->stage);
    reader_close(&submission->reader);
}

int submission_exit(enum exchange_status status)
{
    if (status == EXCHANGE_FULL)
        cli_error("memory", "there is not enough for all that this would make");
    return status == EXCHANGE_DONE ? CLI_DONE : status == EXCHANGE_FULL ? CLI_FILE : CLI_REFUSED;
}

/* Submits everything and checks that it is answered as it was rehearsed. */
static int submission_submit(struct submission *submission, struct eleven *eleven)
{
    static struct eleven_answer answers[SUBMISSION_ANSWERS];
    const struct stage *stage = &submission->stage;
    size_t at = 0;
    u64 answered = 0, differ = 0;
    struct result first = {0};
    while (answered < stage->count && eleven_status(eleven) == JOURNAL_OK) {
        size_t taken = 0;
        u64 ticket;
        if (at < stage->size)
            eleven_submit(eleven, stage->commands + at, stage->size - at, &taken, &ticket);
        at += taken;
        size_t got = eleven_poll(eleven, answers, SUBMISSION_ANSWERS, taken == 0);
        for (size_t i = 0; i < got; i++)
            if (answers[i].result.code != RESULT_OK && differ++ == 0)
                first = answers[i].result;
        answered += got;
        cli_progress("writing: %llu of %zu", (unsigned long long)answered, stage->count);
    }
    cli_progress_end();
    if (differ == 0)
        return CLI_DONE;
    char text[CLI_REFUSAL_MAX];
    cli_error(submission->reader.directory,
              "%llu commands were answered otherwise than in the rehearsal, the first: %s",
              (unsigned long long)differ, cli_refusal(text, stage_engine(stage), first));
    return CLI_REFUSED;
}

int submission_commit(struct submission *submission)
{
    const struct stage *stage = &submission->stage;
    if (stage->count == 0)
        return CLI_DONE;
    const char *directory = submission->reader.directory;
    struct eleven_options options = {
        .directory = directory,
        .journal_ahead_bytes = stage->size + stage->size / 8, /* a full disk shows before the first command */
        .expire_by_caller = true, /* nothing comes between the rehearsal and this */
    };
    struct eleven *eleven;
    char problem[JOURNAL_PROBLEM_MAX] = "";
    enum journal_status status = eleven_open(&eleven, &options, problem);
    if (status != JOURNAL_OK)
        return cli_folder_error(directory, status, problem);
    const struct engine *now = eleven_engine(eleven);
    int code = CLI_DONE;
    if (engine_seq(now) != submission->seq || engine_chain(now) != submission->chain) {
        cli_error(directory, "somebody else changed it meanwhile; nothing was done, please repeat");
        code = CLI_REFUSED;
    }
    if (code == CLI_DONE)
        code = submission_submit(submission, eleven);
    status = eleven_close(eleven);
    if (status != JOURNAL_OK)
        return cli_folder_error(directory, status, "");
    return code;
}

void submission_print_counts(const struct submission *submission)
{
    const struct stage *stage = &submission->stage;
    for (size_t i = 0; i < STAGE_THINGS; i++) {
        const struct stage_count *count = &stage->counts[i];
        char made[CLI_TEXT_MAX], changed[CLI_TEXT_MAX], same[CLI_TEXT_MAX];
        if (count->made + count->changed + count->same > 0)
            printf("%s: %s new, %s changed, %s unchanged\n", stage_thing_name((enum stage_thing)i),
                   cli_number(made, count->made), cli_number(changed, count->changed), cli_number(same, count->same));
    }
    if (stage->count == 0)
        printf("nothing to do: all of it is there already\n");
}
