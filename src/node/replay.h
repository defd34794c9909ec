/*
 * Replay: batches of a journal decided again by an engine, with proof that it
 * decides as it did then. Used by recovery, by snapshots beside the sale, and by the follower of the views.
 */
#ifndef ELEVEN_NODE_REPLAY_H
#define ELEVEN_NODE_REPLAY_H

#include "core/engine.h"
#include "journal/journal.h"

/* Somebody who looks on: the engine right before a command is decided, and right after with its answer (accepted).
 * False stops behind this command, in mid-batch: what the batch left behind is then not proven. */
typedef void replay_before(void *argument, const struct engine *engine, const struct command_header *command);
typedef bool replay_after(void *argument, const struct engine *engine, const struct command_header *command,
                          struct result result);

struct replay {
    struct engine *engine;  /* its state is that after engine_seq() commands */
    replay_before *before;  /* both or neither; with them, commands are decided one by one */
    replay_after *after;
    void *argument;         /* of both */
    u64 until_seq;          /* stop after this number; 0: never */
    i64 until_ms;           /* stop before the first command later than this; 0: never */
    u64 commands;           /* decided so far */
    bool stopped;           /* by until_seq, until_ms or `after` */
    bool diverged;          /* a command was not accepted again, or the state is not what the writer's was */
    char problem[JOURNAL_PROBLEM_MAX];
};

/* A journal_visit; `argument` is a struct replay. False: stopped or diverged. */
bool replay_visit(void *argument, const struct journal_batch *batch);

#endif
