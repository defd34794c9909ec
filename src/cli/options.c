/* Options as a table; see options.h. */
#include "cli/options.h"

#include "cli/cli.h"

#include <stdio.h>

static void options_help(const struct page *page)
{
    printf("usage: eleven %s %s\n\n%s\n", page->name, page->usage, page->about);
    printf("\noptions:\n");
    for (size_t i = 0; i < page->option_count; i++) {
        const struct option *option = &page->options[i];
        char left[CLI_TEXT_MAX];
        snprintf(left, sizeof(left), "--%s%s%s", option->name, option->argument != NULL ? " " : "",
                 option->argument != NULL ? option->argument : "");
        printf("  %-24s %s\n", left, option->meaning);
    }
    printf("  %-24s %s\n", "--help", "this page");
    printf("\nexit codes:\n"
           "  0  done\n"
           "  1  refused: the answer or the error is named, nothing was half done\n"
           "  2  wrong usage\n"
           "  3  the data folder or its disk: busy, missing, damaged, full\n"
           "  4  a file named on the command line, or standard output, cannot be read or written\n");
    if (page->exits != NULL)
        printf("%s\n", page->exits);
    printf("\nexample:\n%s\n", page->example);
}

static enum options_result options_wrong(const struct page *page)
{
    fprintf(stderr, "try: eleven %s --help\n", page->name);
    return OPTIONS_WRONG;
}

static enum options_result options_unknown(const struct page *page, const char *name)
{
    const char *names[OPTIONS_TEXTS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < page->option_count && count < OPTIONS_TEXTS_MAX - 1; i++)
        names[count++] = page->options[i].name;
    names[count++] = "help";
    const char *nearest = cli_nearest(name, names, count);
    if (nearest != NULL)
        cli_error(page->name, "there is no option --%s; did you mean --%s?", name, nearest);
    else
        cli_error(page->name, "there is no option --%s", name);
    return options_wrong(page);
}

static enum options_result options_set(const struct page *page, const struct option *option, const char *value)
{
    switch (option->kind) {
    case OPTION_SWITCH:
        *(bool *)option->target = true;
        return OPTIONS_GOOD;
    case OPTION_TEXT:
        *(const char **)option->target = value;
        return OPTIONS_GOOD;
    case OPTION_TEXTS: {
        struct option_texts *texts = option->target;
        if (texts->count == OPTIONS_TEXTS_MAX) {
            cli_error(page->name, "--%s is given more than %d times", option->name, OPTIONS_TEXTS_MAX);
            return options_wrong(page);
        }
        texts->texts[texts->count++] = value;
        return OPTIONS_GOOD;
    }
    case OPTION_NUMBER:
        if (cli_parse_number(slice_text(value), (u64)INT64_MAX, option->target))
            return OPTIONS_GOOD;
        cli_error(page->name, "--%s takes a whole number, not \"%s\"", option->name, value);
        return options_wrong(page);
    }
    return OPTIONS_WRONG;
}

/* One "--..." argument; *at is its index and steps on when the value is the next argument. */
static enum options_result options_one(const struct page *page, int argc, char **argv, int *at)
{
    const char *name = argv[*at] + 2;
    const char *equals = strchr(name, '=');
    char copy[CLI_TEXT_MAX];
    size_t size = equals != NULL ? (size_t)(equals - name) : strlen(name);
    if (size >= sizeof(copy))
        return options_unknown(page, "...");
    memcpy(copy, name, size);
    copy[size] = '\0';
    if (strcmp(copy, "help") == 0) {
        options_help(page);
        return OPTIONS_HELP;
    }
    for (size_t i = 0; i < page->option_count; i++) {
        const struct option *option = &page->options[i];
        if (strcmp(option->name, copy) != 0)
            continue;
        if (option->kind == OPTION_SWITCH && equals != NULL) {
            cli_error(page->name, "--%s takes no value", copy);
            return options_wrong(page);
        }
        if (option->kind == OPTION_SWITCH || equals != NULL)
            return options_set(page, option, equals != NULL ? equals + 1 : NULL);
        if (*at + 1 == argc) {
            cli_error(page->name, "--%s needs a value: %s", copy, option->argument);
            return options_wrong(page);
        }
        *at += 1;
        return options_set(page, option, argv[*at]);
    }
    return options_unknown(page, copy);
}

enum options_result options_parse(const struct page *page, int argc, char **argv, struct option_texts *plain,
                                  size_t plain_min, size_t plain_max)
{
    plain->count = 0;
    bool ended = false;
    for (int at = 1; at < argc; at++) {
        if (!ended && strcmp(argv[at], "--") == 0) {
            ended = true;
            continue;
        }
        if (!ended && strcmp(argv[at], "-h") == 0) {
            options_help(page);
            return OPTIONS_HELP;
        }
        if (!ended && strncmp(argv[at], "--", 2) == 0) {
            enum options_result result = options_one(page, argc, argv, &at);
            if (result != OPTIONS_GOOD)
                return result;
            continue;
        }
        if (!ended && argv[at][0] == '-' && argv[at][1] != '\0') {
            cli_error(page->name, "there is no option %s", argv[at]);
            return options_wrong(page);
        }
        if (plain->count == plain_max) {
            cli_error(page->name, "\"%s\" is one argument too many", argv[at]);
            return options_wrong(page);
        }
        plain->texts[plain->count++] = argv[at];
    }
    if (plain->count >= plain_min)
        return OPTIONS_GOOD;
    cli_error(page->name, "an argument is missing: eleven %s %s", page->name, page->usage);
    return options_wrong(page);
}

int options_exit(enum options_result result)
{
    return result == OPTIONS_HELP ? CLI_DONE : CLI_USAGE;
}
