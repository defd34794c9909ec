#include "node/config.h"

#include "base/slice.h"
#include "core/engine.h"
#include "journal/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define PATH_BYTES 1024
#define SEGMENT_NAME "journal_segment_bytes"
#define FOLDER_NAME_MAX 900u      /* journal and snapshots put their names behind it */
#define SEGMENT_BYTES_MAX ((u64)1 << 30)

static const struct {
    const char *name;
    const char *meaning;
} limit_texts[LIMIT_COUNT] = {
#define LIMIT(name, standard, largest, meaning) {#name, meaning},
#include "core/limits.def"
#undef LIMIT
};

void config_default(struct config *config)
{
    engine_limits_default(&config->limits);
    config->journal_segment_bytes = JOURNAL_SEGMENT_BYTES;
}

struct journal_options config_journal(const struct config *config, const char *directory)
{
    return (struct journal_options){
        .directory = directory,
        .segment_bytes = config->journal_segment_bytes,
        .batch_bytes_max = (u32)MIN(JOURNAL_BATCH_BYTES, config->journal_segment_bytes / 2 / IO_SECTOR * IO_SECTOR),
    };
}

bool config_folder_good(const char *directory)
{
    return strlen(directory) <= FOLDER_NAME_MAX;
}

static bool config_path(char *path, const char *directory, const char *suffix)
{
    if (!config_folder_good(directory))
        return false;
    snprintf(path, PATH_BYTES, "%s/eleven.conf%s", directory, suffix);
    return true;
}

static size_t config_text(char *text, const struct config *config)
{
    size_t at = (size_t)snprintf(text, CONFIG_BYTES_MAX,
                                 "# Capacities of this data folder. Memory is reserved for all of it and becomes\n"
                                 "# resident with use. They may be raised; the change counts from the next start.\n");
    for (unsigned i = 0; i < LIMIT_COUNT; i++)
        at += (size_t)snprintf(text + at, CONFIG_BYTES_MAX - at, "\n# %s\n%s = %" PRIu64 "\n", limit_texts[i].meaning,
                               limit_texts[i].name, ((const u64 *)&config->limits)[i]);
    at += (size_t)snprintf(text + at, CONFIG_BYTES_MAX - at,
                           "\n# bytes of each file of the journal that is made from now on\n" SEGMENT_NAME
                           " = %" PRIu64 "\n",
                           config->journal_segment_bytes);
    return at;
}

int config_write(const struct io *io, const char *directory, const struct config *config)
{
    char text[CONFIG_BYTES_MAX];
    char path[PATH_BYTES];
    char temporary[PATH_BYTES];
    size_t size = config_text(text, config);
    if (!config_path(path, directory, "") || !config_path(temporary, directory, ".tmp"))
        return -ENAMETOOLONG;

    int file = io->open(io->context, temporary, IO_WRITE | IO_CREATE);
    if (file < 0)
        return file;
    int status = io_write_all(io, file, text, size, 0);
    if (status == 0)
        status = io->sync(io->context, file);
    io->close(io->context, file);
    if (status == 0)
        status = io->rename(io->context, temporary, path);
    if (status == 0)
        status = io->sync_directory(io->context, directory);
    return status;
}

/* --- reading ------------------------------------------------------------------ */

static struct slice trimmed(struct slice text)
{
    while (text.size > 0 && (text.bytes[0] == ' ' || text.bytes[0] == '\t')) {
        text.bytes++;
        text.size--;
    }
    while (text.size > 0 && strchr(" \t\r", text.bytes[text.size - 1]) != NULL)
        text.size--;
    return text;
}

static bool number_parse(struct slice text, u64 *number)
{
    u64 value = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9' || value > UINT64_MAX / 10 - 9)
            return false;
        value = value * 10 + (u64)(text.bytes[i] - '0');
    }
    *number = value;
    return text.size > 0;
}

/* A file cut short must not be taken for one with the defaults: everything is named, once. */
struct reading {
    struct config *config;
    bool named[LIMIT_COUNT + 1];    /* the last one: the journal's segments */
};

/* NULL, or what is wrong with a line. */
static const char *take_line(struct reading *reading, struct slice line)
{
    line = trimmed(line);
    if (line.size == 0 || line.bytes[0] == '#')
        return NULL;
    const char *equals = memchr(line.bytes, '=', line.size);
    if (equals == NULL)
        return "expected `name = number`";
    struct slice name = trimmed(slice_of(line.bytes, (size_t)(equals - line.bytes)));
    struct slice value = trimmed(slice_of(equals + 1, (size_t)(line.bytes + line.size - equals - 1)));
    unsigned i = 0;
    while (i < LIMIT_COUNT && !slice_is(name, limit_texts[i].name))
        i++;
    if (i == LIMIT_COUNT && !slice_is(name, SEGMENT_NAME))
        return "there is no setting of this name";
    if (reading->named[i])
        return "this setting is given twice";
    reading->named[i] = true;
    u64 *number = i == LIMIT_COUNT ? &reading->config->journal_segment_bytes : &((u64 *)&reading->config->limits)[i];
    return number_parse(value, number) ? NULL : "the value is not a whole number";
}

static bool take_lines(struct reading *reading, struct slice text, char *problem)
{
    unsigned number = 0;
    while (text.size > 0) {
        const char *end = memchr(text.bytes, '\n', text.size);
        size_t size = end == NULL ? text.size : (size_t)(end - text.bytes);
        const char *wrong = take_line(reading, slice_of(text.bytes, size));
        number++;
        if (wrong != NULL) {
            snprintf(problem, JOURNAL_PROBLEM_MAX, "eleven.conf, line %u: %s", number, wrong);
            return false;
        }
        size_t step = MIN(size + 1, text.size);
        text = slice_of(text.bytes + step, text.size - step);
    }
    return true;
}

static bool settings_good(const struct reading *reading, char *problem)
{
    const struct config *config = reading->config;
    for (unsigned i = 0; i <= LIMIT_COUNT; i++)
        if (!reading->named[i]) {
            snprintf(problem, JOURNAL_PROBLEM_MAX, "eleven.conf: %s is missing",
                     i == LIMIT_COUNT ? SEGMENT_NAME : limit_texts[i].name);
            return false;
        }
    const char *wrong = engine_limits_problem(&config->limits);
    if (config->journal_segment_bytes % IO_SECTOR != 0 || config->journal_segment_bytes < CONFIG_SEGMENT_BYTES_MIN ||
        config->journal_segment_bytes > SEGMENT_BYTES_MAX)
        wrong = SEGMENT_NAME " must be a multiple of 4096 from 262144 to 1073741824";
    if (wrong != NULL)
        snprintf(problem, JOURNAL_PROBLEM_MAX, "eleven.conf: %s", wrong);
    return wrong == NULL;
}

enum journal_status config_read(const struct io *io, const char *directory, struct config *config, char *problem)
{
    char path[PATH_BYTES];
    char text[CONFIG_BYTES_MAX];
    struct reading reading = {.config = config};
    config_default(config);
    if (!config_path(path, directory, "")) {
        snprintf(problem, JOURNAL_PROBLEM_MAX, "the folder's name is too long");
        return JOURNAL_BAD_CONFIG;
    }
    int file = io->open(io->context, path, IO_READ);
    i64 size = file < 0 ? file : io->read(io->context, file, text, sizeof(text), 0);
    if (file >= 0)
        io->close(io->context, file);
    if (size < 0 || size == CONFIG_BYTES_MAX) {
        snprintf(problem, JOURNAL_PROBLEM_MAX, "eleven.conf: %s", size < 0 ? strerror((int)-size) : "it is too long");
        return file == -ENOENT ? JOURNAL_NOT_FOUND : JOURNAL_BAD_CONFIG;
    }
    if (!take_lines(&reading, slice_of(text, (size_t)size), problem) || !settings_good(&reading, problem))
        return JOURNAL_BAD_CONFIG;
    return JOURNAL_OK;
}
