/*
 * A stall: the smallest shop there is, in a data folder on a simulated disk, opened through eleven.h: one SKU at
 * 1.00 CNY in one warehouse in Shanghai, and one shopper with an empty wallet. For tests of the node around the engine,
 * which need something to sell and nothing more.
 */
#ifndef ELEVEN_TEST_STALL_H
#define ELEVEN_TEST_STALL_H

#include "eleven.h"
#include "node/config.h"
#include "sim/disk.h"
#include "test/support.h"

#define STALL_FOLDER "/shop"
#define STALL_PRICE_MINOR 100

/* Small limits, and the smallest segments. */
void stall_config(struct config *config);

/* A disk with an empty folder of these settings (NULL: stall_config's); *io is it. The caller's to destroy. */
struct sim_disk *stall_disk(struct io *io, const struct config *config);

/* Opens STALL_FOLDER, unless the options say another folder; fails the test when that does not end with `expected`. What
 * the refusal said is in stall_problem. */
struct eleven *stall_open(struct eleven_options options, enum journal_status expected);
extern char stall_problem[JOURNAL_PROBLEM_MAX];

/* One command, with `code` as its first text where it takes texts; waits for its answer. */
struct result stall_give(struct eleven *eleven, const struct command_header *command, const char *code);
#define STALL(eleven, name, NAME, code, ...) \
    OK(stall_give(eleven, &(struct command_##name){HEADER(name, NAME), __VA_ARGS__}.header, code))

/* The stall's things, `units` in the warehouse: ids 1. */
void stall_furnish(struct eleven *eleven, u32 units);

/* An order of the shopper that holds so many units. */
struct stall_order {
    struct command_order_place place;
    struct order_line_asked line;
};
struct stall_order stall_hold(u32 quantity);

#endif
