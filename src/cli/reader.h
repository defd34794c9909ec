/*
 * The reader (node/reader.h) for subcommands: the same calls, which show how far they are on a terminal, say on
 * standard error what went wrong, and answer with an exit code.
 */
#ifndef ELEVEN_CLI_READER_H
#define ELEVEN_CLI_READER_H

#include "node/reader.h"

/* An empty engine with the folder's limits. CLI_DONE, or says why on standard error and returns the exit code; then
 * there is nothing to close. */
int reader_open(struct reader *reader, const char *directory);

/* The engine as it was at first: empty. False, said on standard error, when there is no address space for it. */
bool reader_reset(struct reader *reader);

/*
 * Applies the journal from where the engine is. Without `visitor`, a command
 * that is refused now is reported as damage; a journal that ends before the
 * newest snapshot always is. CLI_DONE also when a visitor stopped it; else said on standard error.
 */
int reader_replay(struct reader *reader, const struct reader_visitor *visitor);

/* reader_open, snapshot and the rest of the journal: the state as it is now. */
int reader_open_now(struct reader *reader, const char *directory);

#endif
