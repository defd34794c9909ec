/*
 * trade.h: a generated world (generate.h) traded in a data folder: every command
 * goes to the library on a disk, to an engine beside it, and to the naive model; all three must answer alike. Of each
 * sequence number is known which state it is. So whatever a damaged folder opens with can be told from what it ever
 * was.
 */
#ifndef ELEVEN_TEST_TRADE_H
#define ELEVEN_TEST_TRADE_H

#include "eleven.h"
#include "sim/disk.h"
#include "test/fault.h"
#include "test/generate.h"
#include "test/naive.h"

#define TRADE_DIRECTORY "/shop"
#define TRADE_COMMANDS_MAX 4000u

struct trade {
    u64 seed;
    struct engine_limits limits;
    struct generator *generator;
    struct engine *engine;
    struct naive *naive;
    u32 given;                  /* commands */
    u64 last_seq;
    u64 digests[TRADE_COMMANDS_MAX + 1]; /* of the state after a sequence number */
    u64 *accepted;              /* accepted commands as they are journaled, back to back */
    size_t accepted_size;       /* bytes */
    size_t ends[TRADE_COMMANDS_MAX + 1]; /* where the command of a sequence number ends there */
    u64 differences;            /* answers that were not the same from all three */
};

/* A world; `seed` or the first one after it in which at least `orders_min` orders are placed by `commands` commands. */
void trade_begin(struct trade *trade, u64 seed, u32 commands, u32 orders_min);
void trade_end(struct trade *trade);

/* A disk with an empty folder for it. */
struct sim_disk *trade_disk(const struct trade *trade, struct io *io);

/* Opens the folder; the caller's clock, no snapshot at the end unless `snapshot`. `problem`: JOURNAL_PROBLEM_MAX bytes.
 */
struct eleven *trade_open(const struct io *io, bool snapshot, enum journal_status *status, char *problem);

/* Gives in so many commands more, in groups the seed says, and hears all answers. */
void trade_on(struct trade *trade, struct eleven *eleven, u32 commands);

/* The state at sequence number `seq` is this one, by its digest. */
bool trade_was(const struct trade *trade, u64 seq, u64 digest);

/* The naive model, brought to `seq` by itself, sees the same in every fact. Slow: O(seq). `difference`:
 * NAIVE_DIFFERENCE_MAX bytes. */
bool trade_model_agrees(const struct trade *trade, const struct engine *engine, char *difference);

#endif
