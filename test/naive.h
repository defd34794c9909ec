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
 *   naive.c          the gate (time, keys), catalogue, festivals
 *   naive_store.c    stock, goods on their way, plans of locations, the rules of routing, flagship cities
 *   naive_shopper.c  deals, shoppers, wallets, budgets
 *   naive_order.c    order.place and all that it checks
 *   naive_route.c    its routing, and what is promised
 *   naive_life.c     pay, cancel, expire, parts, returns, exchange, and the meters
 *   naive_till.c     tills
 *   naive_compare.c  every visible fact, engine against model
 *   naive_compare_store.c  those of locations, books, goods on their way, deals and tills
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
    i64 safety;
};

struct naive_location {
    bool planned;
    struct command_location_plan plan;
    i64 shrink[REASON_COUNT];
};

struct naive_flagship {
    u32 festival, city;     /* city 0: given up */
};

struct naive_inbound {
    u64 reference;
    i64 made_ms, closed_ms; /* closed_ms 0: open */
    u32 sku, from, to;
    i64 expected, received, lost;
};

struct naive_festival {
    i64 first_window_ms;
    i64 held_minor, paid_minor, refunded_minor;
    u64 orders, orders_paid, units_paid;
    u32 milestone_count;
    i64 milestone_ms[MILESTONES_MAX];
};

struct naive_deal {
    u32 festival, sku, city, location;
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
    i64 price_minor, discount_minor;
    u32 quantity, returned;
    u32 asked_line, part, state;
    i64 promised_min, due_min;
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

struct naive_shift {
    u32 till;
    bool closed;
    i64 opened_ms, closed_ms, float_minor, counted_minor;
};

struct naive_tender {
    i64 at_ms;
    i64 minor[3];           /* cash, card, wallet; negative: went out */
    u32 shift, kind, order, sku, quantity;
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
    bool ordered;           /* or taken back without a receipt */
};
struct naive_currency {
    i64 provider_minor;     /* negative: money that came in */
};

#define NAIVE_ROWS(ROWS)                   \
    ROWS(naive_price, prices)              \
    ROWS(naive_book, books)                \
    ROWS(naive_location, locations)        \
    ROWS(naive_flagship, flagships)        \
    ROWS(naive_inbound, inbounds)          \
    ROWS(naive_shift, shifts)              \
    ROWS(naive_tender, tenders)            \
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

#define NAIVE_KINDS (COMMAND_TILL_PUT + 1)

struct naive {
    struct engine_limits limits;
    i64 now_ms;
    u64 seq;
    bool texts_full;
    u8 rules[RULES_MAX];    /* of routing, most important first; those behind the last are 0 */
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

/* naive_store.c */
struct result naive_store(struct naive *naive, const struct command_header *command, i64 now_ms);
struct naive_book *naive_find_book(const struct naive *naive, u32 sku, u32 location);
struct naive_book *naive_make_book(struct naive *naive, u32 sku, u32 location);
i64 naive_available(const struct naive *naive, u32 sku, u32 location);
/* Of the available units, those that may be sent or reserved for pick-up. */
i64 naive_free_units(const struct naive *naive, u32 sku, u32 location);
/* Units expected, or on their way, there. */
i64 naive_coming(const struct naive *naive, u32 sku, u32 location);
i64 naive_still_to_come(const struct naive_inbound *inbound);
u32 naive_flagships_of(const struct naive *naive, u32 festival);
/* Closing times are never 0, which would say that it is open. */
static inline i64 naive_closed_at(i64 now_ms)
{
    return MAX(now_ms, 1);
}

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

/* One SKU of an order, merged. */
struct naive_want {
    u32 sku, quantity, asked_line, deal;
    i64 price_minor;
};

/* Units of a want from one location: a line to be. */
struct naive_piece {
    u32 want, location, quantity;
};

#define NAIVE_PIECES_MAX (ORDER_PARTS_MAX + 1024)

/* An order that is being placed. */
struct naive_placing {
    struct naive *naive;
    const struct command_order_place *place;
    i64 now_ms;
    u32 city;               /* the order's */
    struct naive_want wants[ORDER_LINES_MAX];
    u32 want_count;
    i64 total_minor;
    struct naive_piece pieces[NAIVE_PIECES_MAX];
    u32 piece_count;
};

struct naive_cap *naive_find_cap(const struct naive *naive, u32 deal, u32 person);
struct naive_account *naive_find_account(const struct naive *naive, u32 seller, u32 currency);
struct result naive_order_place(struct naive *naive, const struct command_order_place *place, i64 now_ms);

/* naive_route.c */
/* From where everything comes: fills in the pieces. */
struct result naive_route(struct naive_placing *placing);
/* Orders sent from there that were placed in the hour (since 1970) and not dropped. */
i64 naive_hour_orders(const struct naive *naive, u32 location, i64 hour);
/* What is promised for units from there: minutes since 1970. */
i64 naive_promised(const struct naive_placing *placing, u32 location);

/* naive_life.c */
/* Whether an order may be paid now, whoever takes the money. */
struct result naive_payable(const struct naive_order *order, i64 now_ms);
struct result naive_funds(const struct naive *naive, u32 shopper, u32 currency, u32 payment, i64 amount_minor);
void naive_meter_placed(struct naive *naive, const struct naive_order *order, i64 now_ms);
void naive_become_paid(struct naive *naive, u32 order_id, u32 payment, i64 now_ms);
void naive_let_go(struct naive *naive, u32 order_id, u32 state, i64 now_ms);
bool naive_is_gone(u32 part_state);
/* The money of a currency: paid in by the provider, and given for goods without a receipt. */
i64 naive_money_of(const struct naive *naive, u32 currency);
/* The checks of order.return from "order PAID" on, and whether there is room. */
struct result naive_return_check(const struct naive *naive, u32 order, u32 line, u32 quantity, u32 location, u32 goods);
struct result naive_return_room(const struct naive *naive, u32 order, u32 line, u32 location, u32 goods);
/* What it would give back, and its effect. */
i64 naive_refund(const struct naive *naive, u32 order, u32 line, u32 quantity);
void naive_return(struct naive *naive, u32 order, u32 line, u32 quantity, u32 location, u32 goods);
struct result naive_life(struct naive *naive, const struct command_header *command, i64 now_ms);

/* naive_till.c */
/* An order was paid in cash at a till, in part at least, and not by a wallet. */
bool naive_cash_in_a_drawer(const struct naive *naive, u32 order);
struct result naive_till(struct naive *naive, const struct command_header *command, i64 now_ms);
/* The newest shift of a till; 0: none. */
u32 naive_shift_of(const struct naive *naive, u32 till);
u32 naive_till_currency(const struct naive *naive, u32 till);

#endif
