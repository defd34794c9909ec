/*
 * A rehearsal for a server: imports rehearsed on an engine filled from the data folder beside the running sale, and
 * what came of it: the commands to submit, how many things are new, changed and unchanged, and the errors.
 *
 * It takes as long as a start of the server does (snapshot and the journal after it) and, while it runs, the memory
 * of a second state: run it on a thread beside the sale, one at a time. It touches nothing that it is not given and
 * the files of the folder, which it only reads.
 *
 * A journal shows its last batch as durable with the next one, or 20 ms after it while eleven_poll goes on being
 * called. So that what was acknowledged to the same person a moment ago is there, say `through`.
 *
 * The commands carry ids that they gave each other, so they are right only while the catalogue is as it was: on the
 * thread that sells, ask rehearsal_holds, submit all of them in order, and let no other change of the catalogue
 * between. Their time is stamped when they are submitted; caller and key are zero, and the submitter's to set. A
 * count of stock may still be refused, when more has been promised meanwhile; no other command rests on it.
 */
#ifndef ELEVEN_EXCHANGE_REHEARSAL_H
#define ELEVEN_EXCHANGE_REHEARSAL_H

#include "exchange/import.h"
#include "journal/journal.h"
#include "node/reader.h"

#define REHEARSAL_FILES_MAX 16
#define REHEARSAL_WAIT_MS 2000

struct rehearsal_file {
    enum import_kind kind;
    struct source source;   /* its bytes are changed */
};

struct rehearsal_options {
    const char *directory;
    struct import import;   /* its settings; currency and seller NULL: their defaults. The rest is not looked at */
    const struct rehearsal_file *files; /* taken in the order of import.def, within a kind in this one */
    size_t file_count;      /* at most REHEARSAL_FILES_MAX */
    size_t commands_bytes_max; /* more than that is REHEARSAL_FULL; 0: no bound */
    u64 through;            /* the state must hold this (durable) sequence number: waits for the journal to show it */
    reader_progress *progress; /* NULL, or asked now and then while the state is read: false gives up */
    void *progress_argument;
};

enum rehearsal_status {
    REHEARSAL_DONE,         /* the commands may be submitted; there may be none */
    REHEARSAL_REFUSED,      /* the errors say why */
    REHEARSAL_FULL,         /* no memory, or too many commands */
    REHEARSAL_FOLDER,       /* it cannot be read: `journal` and `problem` say why; JOURNAL_BUSY: `through` did not show
                             * within REHEARSAL_WAIT_MS */
    REHEARSAL_STOPPED,      /* by the progress */
};

struct rehearsal_error {
    char file[STAGE_NAME_MAX]; /* the source's name, or what it is about otherwise; cut when longer */
    u32 line;               /* 0: the whole file */
    u32 column;             /* 0: none */
    char name[STAGE_NAME_MAX]; /* of the column; empty: none */
    char text[STAGE_TEXT_MAX];
};

struct rehearsal {
    enum rehearsal_status status;
    enum journal_status journal;
    char problem[READER_PROBLEM_MAX];
    u64 seq;                /* the state that it was rehearsed on */
    struct stage_base base; /* of it */
    char *commands;         /* with REHEARSAL_DONE: back to back, 8-byte aligned */
    size_t size;
    size_t count;
    struct stage_count counts[STAGE_THINGS];
    struct rehearsal_error errors[STAGE_ERRORS_MAX];
    size_t error_count;     /* of those kept here */
    size_t errors_found;    /* further ones included; reading stopped at STAGE_ERRORS_MAX */
    const char *left_out;   /* a column whose quantities were left out for want of a location; static. NULL: none */
};

/* Rehearses. What came of it is the caller's until rehearsal_free; NULL: no memory for as much as that. */
struct rehearsal *rehearsal_run(const struct rehearsal_options *options);
void rehearsal_free(struct rehearsal *rehearsal);

/* True while `engine`, the one that sells, would take the commands as they were rehearsed (stage_base_holds). */
bool rehearsal_holds(const struct rehearsal *rehearsal, const struct engine *engine);

#endif
