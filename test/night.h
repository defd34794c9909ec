/*
 * night.h: a night of orders on a simulated disk, for the tests that break it:
 * a shop with some units of one SKU, more orders than units, in groups, each under a key of its own; and what the
 * clients have heard, kept outside of the disk. A night can be left at any moment and begun again: everything is given
 * in once more under the same keys, so that in the end all have an answer and exactly the units there were are sold.
 */
#ifndef ELEVEN_TEST_NIGHT_H
#define ELEVEN_TEST_NIGHT_H

#include "eleven.h"
#include "node/config.h"
#include "sim/disk.h"
#include "test/fault.h"

#define NIGHT_DIRECTORY "/shop"
#define NIGHT_ORDERS_MAX 10000u
#define NIGHT_PRICE_MINOR 1999
#define NIGHT_SETUP 11u         /* commands before the first order: sequence numbers 1..NIGHT_SETUP */

/* What the counters of a line say about nights (fault.h). */
struct night_tally {
    u64 cases;
    u64 recovered;              /* openings after a fault */
    u64 unsent;                 /* of these, with effects nobody had heard of */
    u64 ended;                  /* runs that the fault ended, by a name */
    u64 lost, oversold, unaccounted, doubled, different, unnamed, stuck, leaked;
};
void night_print(const char *row, const struct night_tally *tally);

struct night {
    u32 orders, units, group;   /* `group`: orders given in together */
    bool snapshots;             /* one beside the sale, in the middle */
    struct night_tally *tally;  /* the caller's */
    char label[96];             /* what is broken, for messages */

    /* What the clients know. */
    bool acknowledged[NIGHT_ORDERS_MAX];
    struct result results[NIGHT_ORDERS_MAX];
    u64 heard_seq;              /* the highest sequence number that an acknowledged effect has had */

    enum journal_status status; /* of the last opening, run or closing */
    char problem[JOURNAL_PROBLEM_MAX];
    u64 opened_seq;             /* where the last opening began */
};

/* Forgets what the clients know. */
void night_begin(struct night *night);

/* Small capacities, and segments of which a night fills some. */
void night_config(const struct night *night, struct config *config);

/* A disk with an empty shop of these capacities. */
struct sim_disk *night_disk(const struct night *night, u64 seed, struct io *io);

/* Opens the shop; NULL: night->status says why not. */
struct eleven *night_open(struct night *night, const struct io *io);

/* Catalogue, stock, shopper, each under its key. False: the disk is gone. */
bool night_furnish(const struct night *night, struct eleven *eleven);

/* Order number 0.. as the bytes of its command. */
struct night_order {
    struct command_order_place place;
    struct order_line_asked line;
};
struct night_order night_order(u32 number);

/* An answer has come; it must agree with one that came before. */
void night_hear(struct night *night, u32 number, struct result result);

/* Opens, furnishes, gives in all orders, closes: as far as the disk goes. False: not to the end. */
bool night_run(struct night *night, const struct io *io);

/* Everything acknowledged is there. */
void night_check_heard(struct night *night, const struct engine *engine);

/* What has been opened is on the disk: a power cut now, in which all that is pending is dropped, shows the same. */
void night_check_persisted(struct night *night, const struct sim_disk *disk, const struct engine *engine);

/* After a night that went to its end: everything heard, all units sold once, books right, after one more start too. */
void night_check_end(struct night *night, struct sim_disk *disk, const struct io *io);

#endif
