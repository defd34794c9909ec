/*
 * The second opinion: the order engine written once more, as plainly as it can
 * be said, from docs/COMMANDS.md alone. Rows in growing arrays, every question a
 * scan from the first row to the last, no indexes, no running totals that could
 * be worked out instead. It is slow and it is short; where it and the engine
 * differ, the page decides who is wrong.
 *
 * Called by test_model and by the helpers of the directed tests (support.h).
 * It never looks at the engine's rooms, but for naive_compare, which only reads.
 *
 *   naive.c          the gate (time, keys), catalogue, festivals, stock
 *   naive_shopper.c  deals, shoppers, wallets, budgets
 *   naive_order.c    order.place and all that it checks
 *   naive_life.c     pay, cancel, expire, parts, returns, and the meters
 *   naive_compare.c  every visible fact, engine against model
 */
#ifndef ELEVEN_TEST_NAIVE_H
#define ELEVEN_TEST_NAIVE_H

#include "base/result.h"
#include "core/command.h"
#include "core/engine.h"
#include "core/limits.h"

struct naive;

/* An empty world. Aborts when memory runs out, as everything here. */
struct naive *naive_create(const struct engine_limits *limits);
void naive_free(struct naive *naive);

/* Decides one well-formed command. */
struct result naive_apply(struct naive *naive, const struct command_header *command);

/*
 * How many bytes a text takes is the engine's own business: when it answered
 * POOL_FULL for text_bytes, say so before naive_apply, and the model gives the
 * same answer, but only if it would have stored texts itself.
 */
void naive_texts_full(struct naive *naive, bool full);

/*
 * True when every fact that the engine shows is the model's too. Otherwise
 * `difference` (NAIVE_DIFFERENCE_MAX bytes) names the first one that is not.
 * `every_second`: look at seconds without orders as well (slower).
 */
#define NAIVE_DIFFERENCE_MAX 256
bool naive_compare(const struct naive *naive, const struct engine *engine, bool every_second, char *difference);

/* --- the rows, for the files of the model only --------------------------- */

struct naive_price {
    u32 sku, currency;
    i64 price_minor;
};

struct naive_book {
    u32 sku, location;
    i64 received, moved_in, moved_out, available, reserved, sold, quarantine, shrink;
};

struct naive_festival {
    i64 first_window_ms;
    i64 held_minor, paid_minor, refunded_minor;
    u64 orders, orders_paid, units_paid;
    u32 milestone_count;
    i64 milestone_ms[MILESTONES_MAX];
};

struct naive_deal {
    u32 festival, sku;
    i64 price_minor, opens_ms, closes_ms;
    u32 quota, cap, taken;
};

struct naive_cap {
    u32 deal, person, units;
};

struct naive_shopper {
    u32 person, city, currency;
};

struct naive_wallet {
    u32 shopper, currency;
    i64 balance_minor;
};

struct naive_account {
    u32 seller, currency;
    i64 balance_minor;
};

struct naive_budget {
    u32 shopper, scope, subject;
    i64 limit_minor;
    i64 next_limit_minor, next_from_ms; /* next_from_ms 0: no raise waits */
    i64 spent_minor;
    i64 day;
    u32 first_order;
};

struct naive_line {
    u32 sku, location, deal;
    i64 price_minor;
    u32 quantity, returned;
    u32 asked_line, part, state;
};

struct naive_order {
    u32 shopper, festival, city, currency, location;
    u32 channel, delivery, payment, state;
    i64 total_minor, refunded_minor, placed_ms, changed_ms;
    u32 first_line, line_count, part_count;
};

struct naive_second {
    u32 festival;
    u64 second;
    u32 orders, orders_paid;
    i64 paid_minor;
};

struct naive_cell {
    u32 festival, group, id;
    i64 paid_minor;
    u64 units;
};

struct naive_answer {
    struct command_header *command;
    struct result result;
    i64 answered_ms;
};

/* What belongs to an entity, but is not said by the command that put it. */
struct naive_brand {
    bool in_use;            /* a SKU has been put with it */
};
struct naive_sku {
    bool ordered;
};
struct naive_currency {
    i64 provider_minor;     /* negative: money that came in */
};

#define NAIVE_ROWS(ROWS)                   \
    ROWS(naive_price, prices)              \
    ROWS(naive_book, books)                \
    ROWS(naive_festival, festivals)        \
    ROWS(naive_deal, deals)                \
    ROWS(naive_cap, caps)                  \
    ROWS(naive_shopper, shoppers)          \
    ROWS(naive_wallet, wallets)            \
    ROWS(naive_account, accounts)          \
    ROWS(naive_budget, budgets)            \
    ROWS(naive_line, lines)                \
    ROWS(naive_order, orders)              \
    ROWS(naive_second, seconds)            \
    ROWS(naive_cell, cells)                \
    ROWS(naive_answer, answers)            \
    ROWS(naive_brand, brands)              \
    ROWS(naive_sku, skus)                  \
    ROWS(naive_currency, currencies)

#define NAIVE_KINDS (COMMAND_FESTIVAL_PUT + 1)

struct naive {
    struct engine_limits limits;
    i64 now_ms;
    u64 seq;
    bool texts_full;
    /* The last accepted put command of each entity of each kind, by id: its fields are the entity's. */
    struct command_header **puts[NAIVE_KINDS];
    u32 put_count[NAIVE_KINDS];
#define ROWS(type, name) struct type *name; u32 name##_count; /* rows 1..count */
    NAIVE_ROWS(ROWS)
#undef ROWS
};

/* Room for row `count` (from 1), which is zeros. */
void *naive_grow(void *rows, u32 count, size_t size);

/* A new row; NAIVE_ADD(naive, orders)->total_minor = ... */
#define NAIVE_ADD(naive, name)                                                                              \
    ((naive)->name = naive_grow((naive)->name, (naive)->name##_count + 1, sizeof *(naive)->name),           \
     &(naive)->name[++(naive)->name##_count])

/* The fields of an entity: NAIVE_PUT(naive, city_put, CITY_PUT, id)->longitude_e6 */
#define NAIVE_PUT(naive, name, NAME, id) \
    ((const struct command_##name *)(const void *)(naive)->puts[COMMAND_##NAME][id])

static inline bool naive_exists(const struct naive *naive, u16 kind, u32 id)
{
    return id >= 1 && id <= naive->put_count[kind];
}

static inline struct result naive_ok(u32 id, i64 value)
{
    return (struct result){.code = RESULT_OK, .id = id, .value = value};
}

static inline struct result naive_refuse(u16 code, i64 value)
{
    return (struct result){.code = code, .value = value};
}

#define NAIVE_FULL(limit) naive_refuse(RESULT_POOL_FULL, LIMIT_##limit)

/* naive.c */
struct naive_book *naive_find_book(const struct naive *naive, u32 sku, u32 location);
struct naive_book *naive_make_book(struct naive *naive, u32 sku, u32 location);
i64 naive_available(const struct naive *naive, u32 sku, u32 location);

/* naive_shopper.c */
struct result naive_deal_put(struct naive *naive, const struct command_deal_put *put, i64 now_ms);
struct result naive_shopper(struct naive *naive, const struct command_header *command, i64 now_ms);
struct naive_wallet *naive_find_wallet(const struct naive *naive, u32 shopper, u32 currency);
i64 naive_balance(const struct naive *naive, u32 shopper, u32 currency);
/* The budget lives at `now_ms`; *limit_minor is what is in force then. */
bool naive_budget_lives(const struct naive_budget *budget, i64 now_ms, i64 *limit_minor);
/* The day of something placed at `placed_ms`, for budgets. */
i64 naive_day(const struct naive *naive, u32 festival, i64 placed_ms);

/* naive_order.c */
struct naive_cap *naive_find_cap(const struct naive *naive, u32 deal, u32 person);
struct naive_account *naive_find_account(const struct naive *naive, u32 seller, u32 currency);
struct result naive_order_place(struct naive *naive, const struct command_order_place *place, i64 now_ms);

/* naive_life.c */
struct result naive_funds(const struct naive *naive, u32 shopper, u32 currency, u32 payment, i64 amount_minor);
void naive_meter_placed(struct naive *naive, const struct naive_order *order, i64 now_ms);
void naive_become_paid(struct naive *naive, u32 order_id, u32 payment, i64 now_ms);
struct result naive_life(struct naive *naive, const struct command_header *command, i64 now_ms);

#endif
