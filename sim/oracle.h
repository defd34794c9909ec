/*
 * oracle.h: what must be true, kept outside of the system. It sits between the
 * node and the engine (the linker puts it there, sim.mk): each command that the
 * selling engine decides is decided by the naive model too, and each that is
 * accepted is noted down, in order. So it knows what a recovery must find.
 *
 * Whoever reads an answer tells the oracle; from then on the decision must
 * survive whatever happens. A difference ends the seed (oracle_fail).
 */
#ifndef ELEVEN_SIM_ORACLE_H
#define ELEVEN_SIM_ORACLE_H

#include "core/engine.h"
#include "sim/disk.h"
#include "sim/speak.h"
#include "test/generate.h"

/* Counters, by name; one struct a worker, in memory that its parent sees. */
struct counters {
#define COUNTER(name, kind, meaning) u64 name;
#include "sim/counters.def"
#undef COUNTER
};
extern struct counters *counters;
/* How often each kind of command was decided, and each result given. */
#define ORACLE_KINDS 64
#define ORACLE_CODES 128
extern u64 *oracle_kinds, *oracle_codes;

/* Ends the worker: prints why, and counts it under one of the ZERO counters. */
_Noreturn void oracle_fail(u64 *counter, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Where oracle_fail's text goes; ORACLE_REASON_MAX bytes. */
#define ORACLE_REASON_MAX 512
extern char *oracle_reason;

/* A world begins and ends. `generator` learns from what is accepted; `disk` has the clocks. */
void oracle_begin(const struct engine_limits *limits, struct generator *generator, const struct sim_disk *disk);
void oracle_end(void);

/* A start begins: all that an engine is given now must be what was noted down, from where its snapshot ends. */
void oracle_recovering(void);
/* It has ended well, with this engine, which sells from now on. Checks that nothing acknowledged is missing and that
 * the state is the model's; what was noted behind its end is forgotten, as nobody has been told of it. */
void oracle_selling(const struct engine *engine);
/* It does not sell any more. */
void oracle_stopped(void);

/* The state of an engine is the model's, and its books balance. */
void oracle_check(const struct engine *engine, const char *when);
/* The first without failing: false, and `difference` (NAIVE_DIFFERENCE_MAX bytes) says what is not. */
bool oracle_same(const struct engine *engine, char *difference);

/* A request that will be sent: what is decided under its key must be this command, or another one that was expected
 * under it. False: there are too many already. */
bool oracle_expect(u32 caller, const u64 key[2], const struct command_header *command);
/* How often something has been decided under this key; 0 when several requests have it. */
u32 oracle_decided(u32 caller, const u64 key[2]);

/* So many commands are on the disk: no answer may rest on more. UINT64_MAX: nobody can tell now. */
void oracle_durable(u64 seq);

/* An answer has been read: it must be one of the decisions under this key, which now counts as acknowledged. */
void oracle_answered(u32 caller, const u64 key[2], const struct heard *answer);
/* The command under this key has been accepted, and no longer ago than its answer is remembered. */
bool oracle_accepted(u32 caller, const u64 key[2]);

/* A screen has shown these totals of a festival beside a sequence number: they must be what the books said there, and
 * that number now counts as acknowledged. */
struct screen_total {
    i64 paid_minor, held_minor, orders;
};
void oracle_shown(u32 festival, u64 seq, const struct screen_total *total);

/* Orders that have been placed; one of them has been shown: from now on it must survive. */
u32 oracle_orders(void);
void oracle_order_shown(u32 order);
/* Whose it is; 0: there is no such order. */
u32 oracle_order_shopper(u32 order);

/* The time of the last command accepted. */
i64 oracle_now_ms(void);
/* What the server's clock must be now, by what was decided last. */
i64 oracle_clock_ms(void);

/* A moment around which a millisecond matters: a hold ends (of `order`), or else a festival or a deal opens or
 * closes. */
struct edge {
    i64 at_ns;                  /* of the monotonic clock */
    u32 order;                  /* on hold until then; 0: none */
    i64 total_minor;
    u32 deal;                   /* which opens or closes then; 0: none */
};
/* One of those within so many ms; `draw` says which. False: there is none. */
bool oracle_edge(u32 draw, i64 within_ms, struct edge *edge);

/* Makes an order one for what a deal is about, in its festival. */
void oracle_aim(u32 deal, struct command_order_place *place);

/* The last deadline of an order that holds units now; 0: none does. */
i64 oracle_held_until_ms(void);
/* In this world something has sold out; a start has found less than was decided. */
bool oracle_sold_out(void);
bool oracle_unsent(void);

#endif
