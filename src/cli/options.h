/*
 * Options of a subcommand as a table, from which come the parsing, the errors
 * with a hint, and --help. An option is "--name VALUE" or "--name=VALUE"; "--"
 * ends the options.
 */
#ifndef ELEVEN_CLI_OPTIONS_H
#define ELEVEN_CLI_OPTIONS_H

#include "base/types.h"

#define OPTIONS_TEXTS_MAX 64

/* A list of texts, for an option that may be given several times. The texts belong to argv. */
struct option_texts {
    const char *texts[OPTIONS_TEXTS_MAX];
    size_t count;
};

enum option_kind {
    OPTION_SWITCH,          /* bool *: set */
    OPTION_TEXT,            /* const char **: the last one given */
    OPTION_TEXTS,           /* struct option_texts *: all of them */
    OPTION_NUMBER,          /* u64 *: a whole number */
};

struct option {
    const char *name;       /* without "--" */
    enum option_kind kind;
    void *target;           /* keeps its value when the option is not given */
    const char *argument;   /* what --help calls the value */
    const char *meaning;    /* what it does, and its default */
};

/* What --help shows. */
struct page {
    const char *name;
    const char *usage;      /* behind "usage: eleven NAME " */
    const char *about;      /* what it does, in a few lines */
    const char *exits;      /* exit codes beyond those of all subcommands, or NULL */
    const char *example;    /* command lines */
    const struct option *options;
    size_t option_count;
};

enum options_result {
    OPTIONS_GOOD,
    OPTIONS_HELP,           /* --help was asked for and has been written: exit 0 */
    OPTIONS_WRONG,          /* said why on standard error: exit CLI_USAGE */
};

/* Fills in the targets and `plain`, the arguments that are no options; there must be plain_min..plain_max of those. */
enum options_result options_parse(const struct page *page, int argc, char **argv, struct option_texts *plain,
                                  size_t plain_min, size_t plain_max);

/* The exit code for a result that is not OPTIONS_GOOD. */
int options_exit(enum options_result result);

#endif
