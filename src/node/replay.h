/*
 * Replay: batches of a journal decided again by an engine, with proof that it
 * decides as it did then. Used by recovery, and by audit, replay and explain.
 */
#ifndef ELEVEN_NODE_REPLAY_H
#define ELEVEN_NODE_REPLAY_H

#include "core/engine.h"
#include "journal/journal.h"

struct replay {
    struct engine *engine;  /* its state is that after engine_seq() commands */
    u64 until_seq;          /* stop after this number; 0: never */
    i64 until_ms;           /* stop before the first command later than this; 0: never */
    u64 commands;           /* decided so far */
    bool stopped;           /* by until_seq or until_ms */
    bool diverged;          /* a command was not accepted again, or the state is not what the writer's was */
    char problem[JOURNAL_PROBLEM_MAX];
};

/* A journal_visit; `argument` is a struct replay. False: stopped or diverged. */
bool replay_visit(void *argument, const struct journal_batch *batch);

#endif
