/*
 * eleven: the command line tool. Finds the subcommand in subcommand.def and
 * calls it; `help` and `--version` are answered here. All that is known about
 * selling is in the library (eleven.h).
 */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>

struct subcommand {
    const char *name;
    const char *sentence;
    int (*run)(int argc, char **argv);
};

static const struct subcommand subcommands[] = {
#define SUBCOMMAND(name, sentence) {#name, sentence, cli_##name},
#include "cli/subcommand.def"
#undef SUBCOMMAND
};

static void main_help(FILE *file)
{
    fprintf(file, "usage: eleven SUBCOMMAND [ARGUMENTS]\n\nA durable order engine for shopping festivals.\n\n");
    for (size_t i = 0; i < ARRAY_COUNT(subcommands); i++)
        fprintf(file, "  %-10s %s\n", subcommands[i].name, subcommands[i].sentence);
    fprintf(file, "\n  eleven help SUBCOMMAND    its page: usage, options, an example\n"
                  "  eleven --version          which version this is\n");
}

static int main_unknown(const char *word)
{
    const char *names[ARRAY_COUNT(subcommands)];
    for (size_t i = 0; i < ARRAY_COUNT(subcommands); i++)
        names[i] = subcommands[i].name;
    const char *nearest = cli_nearest(word, names, ARRAY_COUNT(names));
    if (nearest != NULL)
        cli_error(word, "there is no such subcommand; did you mean \"%s\"?", nearest);
    else
        cli_error(word, "there is no such subcommand; try: eleven help");
    return CLI_USAGE;
}

static int main_run(int argc, char **argv)
{
    for (size_t i = 0; i < ARRAY_COUNT(subcommands); i++)
        if (strcmp(argv[0], subcommands[i].name) == 0)
            return subcommands[i].run(argc, argv);
    return main_unknown(argv[0]);
}

static int main_dispatch(int argc, char **argv)
{
    if (argc < 2) {
        main_help(stderr);
        return CLI_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--version") == 0 || strcmp(word, "version") == 0) {
        printf("eleven %s\n", CLI_VERSION);
        return CLI_DONE;
    }
    bool help = strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
    if (help && argc == 2) {
        main_help(stdout);
        return CLI_DONE;
    }
    if (help) {
        char *asked[] = {argv[2], "--help", NULL};
        return main_run(2, asked);
    }
    return main_run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    int code = main_dispatch(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_error("standard output", "%s", strerror(errno));
        return code == CLI_DONE ? CLI_FILE : code;
    }
    return code;
}
