/*
 * Errors, progress, interrupts and clocks: what is neither text nor options.
 */
#include "cli/cli.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t cli_interrupt_seen;
static bool cli_progress_shown;

void cli_error(const char *what, const char *format, ...)
{
    cli_progress_end();
    fflush(stdout);
    fprintf(stderr, "eleven: %s: ", what);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

/* Where the problem says more than the status: what to add behind it. NULL: the advice leads. */
static const char *folder_problem_leads(enum journal_status status, const char *problem)
{
    if (status == JOURNAL_IO_FAILED)
        return "what was acknowledged is safe";
    if (status == JOURNAL_BAD_CONFIG)
        return "correct it and start again";
    if (status == JOURNAL_FOREIGN && strncmp(problem, "eleven.conf:", 12) == 0)
        return "raise that limit and start again";
    if (status == JOURNAL_ROT && strstr(problem, "snapshot-") != NULL) /* the name of that file */
        return strstr(problem, "aside") != NULL ? "`eleven audit` says first whether all else is good"
                                                : CLI_SNAPSHOT_ADVICE;
    return NULL;
}

int cli_folder_error(const char *directory, enum journal_status status, const char *problem)
{
    static const struct {
        enum journal_status status;
        const char *advice;
    } advices[] = {
        {JOURNAL_BUSY, "another eleven has this folder open; wait for it or stop it"},
        {JOURNAL_NOT_FOUND, "there is no data folder; make one with: eleven init DIR"},
        {JOURNAL_EXISTS, "there is one already, or the folder is not empty; nothing was changed"},
        {JOURNAL_ROT, "the journal is damaged; do not sell from it, restore the folder from a copy"},
        {JOURNAL_FOREIGN, "written by another version, or put together from different folders"},
        {JOURNAL_DISK_FULL, "the disk is full; what was acknowledged is safe; make room and start again"},
    };
    const char *advice = "";
    for (size_t i = 0; i < ARRAY_COUNT(advices); i++)
        if (advices[i].status == status)
            advice = advices[i].advice;
    bool named = problem != NULL && problem[0] != '\0';
    const char *behind = folder_problem_leads(status, named ? problem : "");
    if (behind != NULL)
        cli_error(directory, "%s: %s; %s", journal_status_word(status),
                  named ? problem : "a read, write or sync failed", behind);
    else
        cli_error(directory, "%s: %s%s%s%s", journal_status_word(status), advice, named ? " (" : "",
                  named ? problem : "", named ? ")" : "");
    return CLI_FOLDER;
}

int cli_create_error(const char *directory, enum journal_status status)
{
    if (status != JOURNAL_IO_FAILED)
        return cli_folder_error(directory, status, "");
    cli_error(directory, "%s: it cannot be made; is the folder around it there, and may you write in it?",
              journal_status_word(status));
    return CLI_FOLDER;
}

void cli_progress(const char *format, ...)
{
    if (!isatty(STDERR_FILENO))
        return;
    fputs("\r\033[K", stderr);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fflush(stderr);
    cli_progress_shown = true;
}

void cli_progress_end(void)
{
    if (cli_progress_shown)
        fputs("\r\033[K", stderr);
    cli_progress_shown = false;
}

static void cli_on_interrupt(int signal_number)
{
    (void)signal_number;
    cli_interrupt_seen = 1;
}

void cli_catch_interrupt(void)
{
    /* The second one kills. */
    struct sigaction action = {.sa_handler = cli_on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool cli_interrupted(void)
{
    return cli_interrupt_seen != 0;
}

i64 cli_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (i64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

i64 cli_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (i64)now.tv_sec * 1000000000 + now.tv_nsec;
}

void cli_sleep_ms(i64 ms)
{
    if (ms <= 0)
        return;
    struct timespec pause = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}
