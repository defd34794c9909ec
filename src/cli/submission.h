/*
 * A submission: a rehearsal (exchange/stage.h) on the folder's state as it is now, and then its commands, submitted
 * to the folder that nobody else has open. It makes what a subcommand changes all or nothing.
 *
 *   submission_open; stage_apply(&submission.stage) ...; submission_commit; submission_close
 *
 * A crash between two submitted batches can leave a part; repeating the import
 * completes it, since commands that are done answer no-change.
 */
#ifndef ELEVEN_CLI_SUBMISSION_H
#define ELEVEN_CLI_SUBMISSION_H

#include "cli/reader.h"
#include "exchange/stage.h"

struct submission {
    struct reader reader;
    u64 seq, chain;         /* of the folder when the rehearsal began */
    struct stage stage;     /* large */
};

/* The state now, to rehearse on. CLI_DONE, or said on standard error. */
int submission_open(struct submission *submission, const char *directory);
void submission_close(struct submission *submission);

/* Submits what was accepted, waits until it is durable, and closes the folder. CLI_REFUSED when the folder has changed
 * since the rehearsal in a way that matters; CLI_FOLDER; said on standard error. */
int submission_commit(struct submission *submission);

/* "skus: 5 new, 2 changed, 0 unchanged" for each kind of thing that was met, on standard output. */
void submission_print_counts(const struct submission *submission);

/* The exit code for how a rehearsal ended; says so when memory was the reason. */
int submission_exit(enum exchange_status status);

/* The sink of all subcommands: "eleven: FILE:LINE:COLUMN: NAME: what" on standard error, without what there is none
 * of. */
void submission_say(void *argument, const struct exchange_error *error);

#endif
