/*
 * A seeded stream of commands over a small world, for tests, fuzzers and
 * simulations: first a catalogue, then whatever the seed's *swarm* allows. Every
 * seed switches whole families of commands on or off and draws how hostile, how
 * scarce and how jumpy its world is, so that many short worlds reach more than
 * one long one. Same seed and same answers, same commands, on any machine.
 *
 * What comes out is always well formed (asserted); its values are as good or bad
 * as the swarm says. The generator learns from the answers which entities and
 * orders there are, so that its commands mostly hit something.
 *
 *   generate.c           the swarm, time, keys, repeats, damage, learning
 *   generate_command.c   how a good command of each family is made
 *   generate_store.c     those of plans, routing, goods on their way, tills and exchange
 */
#ifndef ELEVEN_TEST_GENERATE_H
#define ELEVEN_TEST_GENERATE_H

#include "base/prng.h"
#include "base/result.h"
#include "core/command.h"
#include "core/limits.h"

#include <stdio.h>

struct generator;

struct generator *generator_create(u64 seed);
void generator_free(struct generator *generator);

/* Limits for this seed's world: roomy, but for one tiny one in every fourth seed. */
void generator_limits(const struct generator *generator, struct engine_limits *limits);

/* The next command; it stays until the next call. */
const struct command_header *generator_next(struct generator *generator);

/* What the last command was answered. May be left out (the world is then poorer). */
void generator_learn(struct generator *generator, struct result result);

/* Everything that was drawn for this seed. */
void generator_describe(const struct generator *generator, FILE *file);

/* --- for the files of the generator only --------------------------------- */

enum family {
    FAMILY_CATALOGUE, FAMILY_PRICE, FAMILY_STOCK, FAMILY_FESTIVAL, FAMILY_DEAL, FAMILY_JOIN, FAMILY_TOP_UP,
    FAMILY_TRANSFER, FAMILY_BUDGET, FAMILY_PLACE, FAMILY_PAY, FAMILY_CANCEL, FAMILY_TICK, FAMILY_PART,
    FAMILY_RETURN, FAMILY_EXCHANGE, FAMILY_SELL, FAMILY_PLAN, FAMILY_INBOUND, FAMILY_FLAGSHIP, FAMILY_TILL,
    FAMILY_COUNT
};

enum pace { PACE_STILL, PACE_MS, PACE_SECONDS, PACE_MINUTES, PACE_HOURS, PACE_DAY, PACE_BACK, PACE_EVENT, PACE_COUNT };

struct swarm {
    u32 weights[FAMILY_COUNT];
    u32 paces[PACE_COUNT];
    u32 currencies, countries, departments, cities, locations, brands, sellers, skus, shoppers, festivals, deals, tills;
    u32 damage_percent;     /* commands with one field damaged */
    u32 key_percent;        /* commands with an idempotency key */
    u32 repeat_percent;     /* commands sent once more, same or changed */
    u32 units_max;          /* of a delivery to a location: scarcity */
    u32 lines_max;
    u32 quantity_max;
    u32 deal_units_max;     /* quota and cap */
    u32 price_max;
    u32 funds_max;          /* top-ups, as a multiple of price_max */
    u32 budget_max;         /* limits, as a multiple of price_max */
    bool extreme_prices;
    i64 start_ms;
    i64 window_ms;          /* typical length of a festival */
};

struct known_festival {
    i64 opens_ms, closes_ms;
    u32 currency, hold_ms;
};

struct known_deal {
    i64 opens_ms, closes_ms;
    u32 festival, sku;
    u16 city, location;
};

struct known_order {
    i64 total_minor, deadline_ms;
    u32 lines;
    u32 sku;                /* of the first line */
    u32 till;               /* where it was paid; 0: nowhere */
    u8 delivery;
    bool paid, by_wallet;
};

#define KNOWN_FESTIVALS_MAX 64
#define KNOWN_DEALS_MAX 1024
#define KNOWN_ORDERS_MAX 4096
#define KNOWN_LOCATIONS_MAX 64
#define KNOWN_TILLS_MAX 8
#define EARLIER_MAX 64
#define EARLIER_SIZE_MAX 512u

struct generator {
    struct prng prng;
    u64 seed;
    struct swarm swarm;
    i64 time_ms;
    u32 built;              /* commands of the catalogue so far */
    u32 counts[64];         /* entities known, by the kind that makes them */
    u16 services[KNOWN_LOCATIONS_MAX];
    bool open[KNOWN_TILLS_MAX];
    u32 till_location[KNOWN_TILLS_MAX];
    struct known_festival festivals[KNOWN_FESTIVALS_MAX];
    struct known_deal deals[KNOWN_DEALS_MAX];
    struct known_order orders[KNOWN_ORDERS_MAX];
    i64 price_seen_minor;   /* of a PRICE_CHANGED answer: place again, expecting it */
    u64 earlier[EARLIER_MAX][EARLIER_SIZE_MAX / 8];
    u32 earlier_count;
    u64 command[COMMAND_SIZE_MAX / 8];
};

/* The zeroed fixed part of a command in generator->command. */
void *generate_begin(struct generator *generator, u16 kind);
u32 generate_below(struct generator *generator, u32 bound);
/* 1..count of that kind of entity; 1 when there is none. */
u32 generate_id(struct generator *generator, u16 kind);
bool generate_chance(struct generator *generator, u32 percent);

/* A field of an entity: the same for the same variant of the same entity, so that puts repeat. */
u32 generate_drawn(const struct generator *generator, u16 kind, u32 index, u32 variant, u32 field, u32 bound);
/* A location that offers a service, mostly. */
u32 generate_location_with(struct generator *generator, u16 service);
/* A known order, the younger the likelier, and mostly one that is paid, or is not; *known is NULL when there is none. */
u32 generate_order(struct generator *generator, bool paid, const struct known_order **known);
/* A till, mostly an open one. */
u32 generate_till(struct generator *generator);

/* generate_store.c */
void generate_till_put(struct generator *generator, u32 index);
void generate_store(struct generator *generator, enum family family);

/* Writes the next command of the world's beginning; false when it is complete. */
bool generate_build(struct generator *generator);
void generate_family(struct generator *generator, enum family family);

#endif
