/*
 * A crowd of invented shoppers who buy in a festival: the load of `eleven sell`
 * and of the demonstration. Popularity follows Zipf's law (exponent 0.99), deals
 * first; orders have 1-3 lines; 1 % of the clicks are repeated with the same
 * key; shoppers live in cities by population. One seed gives one crowd.
 *
 *   crowd_open; crowd_join; crowd_step until it is false; crowd_close
 *
 * It counts only answers that may leave (durable ones), never the engine's
 * state, which may be ahead of them.
 */
#ifndef ELEVEN_CLI_CROWD_H
#define ELEVEN_CLI_CROWD_H

#include "base/prng.h"
#include "eleven.h"

struct crowd_options {
    u32 festival;
    u32 shoppers;
    u64 orders;             /* clicks on "buy" */
    u64 seed;
    u32 hold_percent;       /* of orders that are held first; four in five of those are paid then */
    u32 store_percent;      /* of orders that are made in, or collected at, a store */
    u32 budget_percent;     /* of shoppers with a budget for the day */
    u64 rate;               /* orders a second; 0: as fast as it goes */
    int acknowledged;       /* file for a line "id key total" an order; -1: none */
};

struct crowd_alias {
    u32 threshold;          /* below it: this one, else `other` */
    u32 other;
};

/* Draws from given weights in O(1) (Walker 1977, Vose 1991). */
struct crowd_dice {
    struct crowd_alias *faces;
    u32 count;
};

/* What was asked, until it is answered. */
struct crowd_sent {
    u64 number;             /* of the key */
    u16 city;
    u16 kind;
    u8 payment;
    u8 delivery;
    u8 reserved[2];
};

#define CROWD_BATCH 2048
#define CROWD_IN_FLIGHT 65536
#define CROWD_RING ((size_t)4 * CROWD_IN_FLIGHT)
#define CROWD_CITIES 65536
#define CROWD_DUE_MAX 65536

/* A held order that is going to be paid. */
struct crowd_due {
    i64 total_minor;
    u32 order;
    u32 city;
};

struct crowd {
    struct eleven *eleven;
    const struct engine *engine;
    struct crowd_options options;
    struct prng prng;
    u64 run;                /* first half of the keys */
    u16 currency;

    u32 *skus;              /* by popularity */
    u32 sku_count;
    struct crowd_dice sku_dice;
    u8 *sold_out;           /* by SKU id: the page shows it, and few try */
    u16 *city_of;           /* by shopper id */
    u16 *cities;
    struct crowd_dice city_dice;

    char *batch;            /* commands not taken yet, from batch_at */
    size_t batch_at, batch_size;
    struct crowd_sent *batch_sent;
    size_t *batch_offsets;
    u32 batch_count, batch_taken;
    struct crowd_sent *ring; /* by ticket */
    struct crowd_due *due;
    u32 due_count;

    /* what was answered */
    u64 clicks;             /* generated so far, repeats included */
    u64 answered, accepted, replayed, paid_orders, held_orders;
    u64 refused[128];       /* by result code; [127]: beyond */
    u64 pools_full[LIMIT_COUNT]; /* pool-full, by limit */
    u64 payments_refused;
    i64 paid_minor;
    i64 city_paid[CROWD_CITIES];
    u64 store_orders;
    i64 began_ns, ended_ns;
    i64 first_paid_ms;
    int file_error;         /* errno of the acknowledged file */
};

/* Looks at the catalogue and makes the dice. False, said on standard error, when there is nothing to sell or nobody
 * lives anywhere. */
bool crowd_open(struct crowd *crowd, struct eleven *eleven, const struct crowd_options *options);
void crowd_close(struct crowd *crowd);

/* Lets shoppers join until there are options.shoppers, and fills their wallets. CLI_DONE, or said on standard error. */
int crowd_join(struct crowd *crowd);

/* Some orders and some answers. False when all is answered, or the journal failed (eleven_status). */
bool crowd_step(struct crowd *crowd);

/* No more orders: crowd_step only waits for what is outstanding. */
void crowd_stop(struct crowd *crowd);

/* Orders accepted, refusals by word, rate, total, on standard output. */
void crowd_print(const struct crowd *crowd);

#endif
