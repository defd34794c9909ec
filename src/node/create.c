/*
 * A new data folder.
 */
#include "eleven.h"
#include "node/config.h"

#include <errno.h>
#include <stdio.h>

static void note_name(void *argument, const char *name)
{
    (void)name;
    *(bool *)argument = true;
}

/* The folder that holds `directory`, whose entry for it must be durable too. */
static void parent_path(char *parent, size_t size, const char *directory)
{
    size_t length = strlen(directory);
    while (length > 1 && directory[length - 1] == '/')
        length--;
    while (length > 0 && directory[length - 1] != '/')
        length--;
    if (length == 0)
        snprintf(parent, size, ".");
    else
        snprintf(parent, size, "%.*s", (int)length, directory);
}

enum journal_status config_create(const char *directory, const struct config *config, const struct io *io)
{
    char parent[4096];
    bool taken = false;
    if (!config_folder_good(directory))
        return JOURNAL_BAD_CONFIG;
    int error = io->make_directory(io->context, directory);
    if (error == -EEXIST)
        error = io->list(io->context, directory, note_name, &taken);
    if (error < 0)
        return error == -ENOSPC ? JOURNAL_DISK_FULL : JOURNAL_IO_FAILED;
    if (taken)
        return JOURNAL_EXISTS;
    parent_path(parent, sizeof(parent), directory);
    if (io->sync_directory(io->context, parent) < 0)
        return JOURNAL_IO_FAILED;
    struct journal_options options = config_journal(config, directory);
    enum journal_status status = journal_create(io, &options);
    if (status != JOURNAL_OK)
        return status;
    /* Last, because eleven_open begins with it: a folder whose making was cut short is no data folder. */
    error = config_write(io, directory, config);
    if (error < 0)
        return error == -ENOSPC ? JOURNAL_DISK_FULL : JOURNAL_IO_FAILED;
    return JOURNAL_OK;
}

enum journal_status eleven_create(const char *directory, const struct engine_limits *limits, const struct io *io)
{
    struct io own;
    struct config config;
    if (engine_limits_problem(limits) != NULL)
        return JOURNAL_BAD_CONFIG;
    config_default(&config);
    config.limits = *limits;
    if (io != NULL)
        return config_create(directory, &config, io);
    if (io_linux_open(&own, IO_APPENDER_BEST) < 0)
        return JOURNAL_IO_FAILED;
    enum journal_status status = config_create(directory, &config, &own);
    io_linux_close(&own);
    return status;
}
