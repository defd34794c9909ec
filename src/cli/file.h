/*
 * Files that the command line names, read as a whole for the tables of exchange/.
 */
#ifndef ELEVEN_CLI_FILE_H
#define ELEVEN_CLI_FILE_H

#include "exchange/table.h"

/* Reads the file (a pipe will do) into memory that file_close frees. CLI_DONE; CLI_FILE when it cannot be read or is
 * larger than TABLE_BYTES_MAX, said on standard error, and there is nothing to close. `name` is kept. */
int file_open(struct source *source, const char *name);
void file_close(struct source *source);

#endif
