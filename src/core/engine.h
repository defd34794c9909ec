/*
 * The engine: the pure state machine that decides every command. (state,
 * command with its time) -> (state, result). No clock, no random, no I/O, no
 * allocation, no floating point; the same commands give the same state and
 * digest on any machine. docs/COMMANDS.md says what each command does.
 *
 * The caller gives the memory and calls from one thread at a time.
 */
#ifndef ELEVEN_CORE_ENGINE_H
#define ELEVEN_CORE_ENGINE_H

#include "base/result.h"
#include "base/slice.h"
#include "core/command.h"
#include "core/limits.h"
#include "core/state.h"

struct engine;

/* Fills in the defaults of limits.def. */
void engine_limits_default(struct engine_limits *limits);

/* NULL if the limits are in range and fit together, else a static sentence that says what is wrong. */
const char *engine_limits_problem(const struct engine_limits *limits);

/* Bytes of zeroed memory an engine of these (good) limits needs; most of it untouched until it is used. */
size_t engine_memory_size(const struct engine_limits *limits);

/* About how many bytes an engine with this state makes resident. */
u64 engine_memory_used(const struct engine *engine);

/* An empty engine in `memory` (zeroed, page-aligned, engine_memory_size bytes), which stays the caller's. */
struct engine *engine_create(void *memory, const struct engine_limits *limits);

/* Decides one well-formed command (8-byte aligned). O(lines x sources); about 0.1-0.3 us for an order. */
struct result engine_apply(struct engine *engine, const struct command_header *command);

/*
 * Decides well-formed commands, back to back, as engine_apply one by one, but hides
 * memory latency by fetching the rows of coming commands. Stops after `count`
 * commands. `decided` is called after each with its result, and may overwrite that command and those before it;
 * false stops. Returns how many were decided.
 */
typedef bool engine_decided(void *argument, const struct command_header *command, struct result result);
size_t engine_apply_all(struct engine *engine, const void *commands, size_t count, engine_decided *decided,
                        void *argument);

/* The time a command with this time_ms is decided at: the engine's clock never goes back. */
i64 engine_time(const struct engine *engine, i64 time_ms);

/* Time of the last command that changed something; 0 at first. */
i64 engine_now(const struct engine *engine);

/* How many commands have changed something: the sequence number of the last one in the journal. */
u64 engine_seq(const struct engine *engine);

/* A running checksum over all results so far: two engines that decided the same have the same. */
u64 engine_chain(const struct engine *engine);

/* A checksum of the whole state. O(state). Equal states have equal digests on any machine. */
u64 engine_digest(const struct engine *engine);

/* A hold has come due at `now_ms`: a clock.tick would expire something. O(festivals). */
bool engine_hold_due(const struct engine *engine, i64 now_ms);

/* The first order in the queue of holds of a festival (0: of those outside of festivals), 0 when it is empty. On through
 * order.next_hold; those of another state than ORDER_HELD are not on hold any more. */
u32 engine_hold_first(const struct engine *engine, u32 festival);

/* --- reading ------------------------------------------------------------- */

/* engine_order(engine, id): the row, NULL when there is none; engine_order_count(engine): ids are 1..count. */
#define ENGINE_TABLES(TABLE)            \
    TABLE(currency, currencies)         \
    TABLE(country, countries)           \
    TABLE(department, departments)      \
    TABLE(city, cities)                 \
    TABLE(location, locations)          \
    TABLE(brand, brands)                \
    TABLE(seller, sellers)              \
    TABLE(account, accounts)            \
    TABLE(sku, skus)                    \
    TABLE(price, prices)                \
    TABLE(book, books)                  \
    TABLE(festival, festivals)          \
    TABLE(deal, deals)                  \
    TABLE(shopper, shoppers)            \
    TABLE(wallet, wallets)              \
    TABLE(budget, budgets)              \
    TABLE(order, orders)                \
    TABLE(line, lines)                  \
    TABLE(flagship, flagships)          \
    TABLE(inbound, inbounds)            \
    TABLE(till, tills)                  \
    TABLE(shift, shifts)                \
    TABLE(tender, tenders)
#define TABLE(name, names)                                                       \
    const struct name *engine_##name(const struct engine *engine, u32 id);       \
    u32 engine_##name##_count(const struct engine *engine);
ENGINE_TABLES(TABLE)
#undef TABLE

/* Text `index` (as in command.def) of an entity, given its row's `text`. Belongs to the engine. */
struct slice engine_text(const struct engine *engine, u32 text, unsigned index);

/* The entity that the put command `kind` (COMMAND_SKU_PUT, ...) made with this code; 0: none. */
u32 engine_find(const struct engine *engine, u16 kind, struct slice code);

u32 engine_sku_by_gtin(const struct engine *engine, u64 gtin);          /* 0: none */
u32 engine_find_book(const struct engine *engine, u32 sku, u32 location); /* 0: none */

/* The seconds of a festival, festival->second_count of them. */
const struct second *engine_seconds(const struct engine *engine, u32 festival);

enum cell_group { CELL_CITY, CELL_COUNTRY, CELL_BRAND, CELL_DEPARTMENT, CELL_CHANNEL, CELL_GROUP_COUNT };
const struct cell *engine_cell(const struct engine *engine, u32 festival, enum cell_group group, u32 id);

/* Milestone `index` of a currency with `digits`: 10,000 x 1, 2, 5, 10, ... in minor units; 0: beyond MONEY_MAX. */
i64 engine_milestone_minor(unsigned index, unsigned digits);

/* The balance of a shopper's wallet in a currency; 0 when there is none. */
i64 engine_balance(const struct engine *engine, u32 shopper, u32 currency);

/* The price of one unit outside of deals; 0: there is none in this currency. */
i64 engine_list_price(const struct engine *engine, const struct sku *sku, u32 currency);

/* What is beyond the safety stock, and may be sent or held for pick-up. */
static inline u32 engine_units_free(const struct book *book)
{
    return book->available > book->safety ? book->available - book->safety : 0;
}

/* Units of an inbound that may still come. */
static inline u32 engine_inbound_left(const struct inbound *inbound)
{
    return inbound->closed_ms != 0 ? 0 : inbound->expected - inbound->received - inbound->lost;
}

/* When a location is open on a local day (since 1970-01-01, a Thursday), by its plan; both 0: closed all day. */
struct engine_opening {
    u16 opens_min;          /* local minute of the day */
    u16 closes_min;
};
static inline struct engine_opening engine_opening(const struct location *location, i64 local_day)
{
    if ((local_day + 7 + 3) % 7 < 5) /* days since a Monday; local_day >= -1 */
        return (struct engine_opening){location->opens_min, location->closes_min};
    return (struct engine_opening){location->weekend_opens_min, location->weekend_closes_min};
}

/* Orders to be sent that a location has taken in the hour of `now_ms`. */
static inline u32 engine_hour_orders(const struct location *location, i64 now_ms)
{
    return location->hour == now_ms / HOUR_MS ? location->hour_orders : 0;
}

/* What should be in the drawer of a till, in or at the end of a shift; minor units. */
static inline i64 engine_drawer(const struct shift *shift)
{
    return shift->float_minor + shift->sold_minor[0] - shift->refunded_minor[0] + shift->put_in_minor -
           shift->taken_out_minor;
}

/* The rules of routing in force, most important first; those behind the last are 0. */
const u8 *engine_rules(const struct engine *engine);

/* The tender by which an order was paid at a till; 0: none. */
u32 engine_sale(const struct engine *engine, u32 order);

/* Units of a capped deal that a person has. */
u32 engine_cap_units(const struct engine *engine, u32 deal, u32 person);

/* Rows in use and rows there is room for. */
u64 engine_used(const struct engine *engine, enum limit_index limit);
u64 engine_capacity(const struct engine *engine, enum limit_index limit);
const char *engine_limit_name(enum limit_index limit);

/*
 * Memory that the orders numbered from..from+count-1 will write for the first
 * time, so that the caller can have it resident before they come: a first touch
 * costs more than the order. Clipped to the capacities.
 */
struct engine_range {
    void *memory;
    size_t size;
};
#define ENGINE_RANGES 3
void engine_order_memory(const struct engine *engine, u64 from, u64 count, struct engine_range ranges[ENGINE_RANGES]);

/* The hash indexes that are written in no order, all over, from the first order on: not those of shelves and of sales
 * at tills, which may stay small. */
#define ENGINE_INDEXES 5
void engine_index_memory(const struct engine *engine, struct engine_range ranges[ENGINE_INDEXES]);

/* --- why ----------------------------------------------------------------- */

/* One thing that was looked at while an order was decided. */
struct trace_step {
    const char *check;      /* static: "stock", "budget", ... */
    u16 code;               /* RESULT_OK: passed; else what it would be refused with, or why a source was passed over */
    u16 line;               /* from 1; 0: the whole order */
    u32 sku;
    u32 location;
    i64 have;
    i64 need;
};
typedef void engine_trace(void *argument, const struct trace_step *step);

/* Decides order.place as engine_apply would now, tells every step, and changes nothing. */
struct result engine_explain(const struct engine *engine, const struct command_order_place *place, engine_trace *trace,
                             void *argument);

/* --- proof --------------------------------------------------------------- */

/* What a check counted, and how often each invariant failed. */
struct check_report {
    u64 orders, lines, books, shoppers;
    u64 units_received, units_available, units_reserved, units_sold, units_quarantine, units_shrink;
    u64 oversold;           /* books in which more went out than came in */
    u64 unit_errors;        /* books that do not balance, or disagree with the orders, what is on its way, or shrink */
    u64 ledger_errors;      /* currencies that do not sum to zero, wrong balances, negative wallets */
    u64 deal_errors;        /* quota or cap exceeded, or disagreeing with the orders; no place, or two; flagships */
    u64 budget_errors;      /* that count less than the orders show; not looked at after an order_error */
    u64 meter_errors;       /* totals, seconds, cells, milestones that disagree with the orders */
    u64 order_errors;       /* impossible states, bad references, broken lists, parts or totals that do not add up */
    u64 till_errors;        /* shifts and lines of their journals that disagree with each other or with the orders */
    u64 index_errors;       /* codes, GTINs, books, sales at tills or answers that are not found again */
};

/* Works everything out afresh from the orders and compares. O(state); `scratch` is zeroed memory of engine_check_size
 * bytes. True when there is no error. */
size_t engine_check_size(const struct engine *engine);
bool engine_check(const struct engine *engine, void *scratch, struct check_report *report);

/* --- snapshots ----------------------------------------------------------- */

/* The state as runs of bytes, to be written down and put back. */
struct engine_region {
    u32 id;                 /* stable, > 0 */
    u32 element_size;
    void *bytes;
    u64 size;               /* in use */
    u64 size_max;
};
#define ENGINE_REGIONS_MAX 40
const char *engine_region_name(size_t index); /* of the limit that bounds region `index`; static */
size_t engine_regions(struct engine *engine, struct engine_region regions[ENGINE_REGIONS_MAX]);

/* After the regions of a fresh engine have been filled (with sizes `sizes`, in the order of engine_regions): takes
 * them in and rebuilds the indexes. NULL, or a static sentence that says why they cannot be (a limit is too small). */
const char *engine_restore(struct engine *engine, const u64 *sizes);

#endif
