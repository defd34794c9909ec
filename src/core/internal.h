/*
 * What the rooms of the core share and nobody else sees: the engine's memory
 * and the functions between the rooms. A room that decides a command is split
 * in two: a plan that only reads and may refuse, and an effect that only writes
 * and cannot fail. Everything scarce is checked by the plan, so a new scarce thing
 * is one check there and one taking in the effect.
 */
#ifndef ELEVEN_CORE_INTERNAL_H
#define ELEVEN_CORE_INTERNAL_H

#include "base/assert.h"
#include "base/checksum.h"
#include "base/index.h"
#include "base/mark.h"
#include "base/money.h"
#include "core/engine.h"

/* The part of the state that is not a table: region 1 of a snapshot. */
struct engine_head {
    i64 now_ms;
    u64 seq;
    u64 chain;
    u64 answer_first;       /* number of the oldest answer kept; answer n lies in row 1 + n % capacity */
    u64 answer_next;        /* number the next answer gets */
    u64 cell_capacity[CELL_GROUP_COUNT]; /* ids each group of cells has room for */
    u64 count[LIMIT_COUNT]; /* rows in use, row 0 not counted; text_bytes: bytes; answers: rows ever used */
    u8 rules[8];            /* of routing, the most important first; 0 ends them */
};

/* The books of one SKU in one city (shelf.c). Derived. */
struct shelf {
    u64 free;               /* units, of all its books: book_free */
    u32 sku;
    u32 city;
    u32 first_book;         /* on through shelf_next */
    u32 reserved;
};

struct city_list {
    u64 version;            /* of the map that the list in city_order was made from */
    u32 count;
    u32 reserved;
};

struct engine {
    struct engine_head head;
    struct engine_limits limits;
    i64 time_ms;            /* of the command being decided, */
    u32 answer_tag;         /* and the tag of its idempotency key */
#define TABLE(region, type, names) type *names;
#include "core/table.def"
#undef TABLE
    struct cell *cells;     /* cell_stride for each festival, row 0 included */
    u64 cell_stride;
    u64 cell_offset[CELL_GROUP_COUNT];
    struct index codes;     /* (kind, code) -> entity */
    struct index gtins;     /* GTIN -> SKU */
    struct index book_index; /* (SKU, location) -> book */
    struct index cap_index; /* (deal, person) -> cap */
    struct index answer_index; /* (caller, key) -> row of answers */
    struct index sale_index; /* order -> its TENDER_SALE */
    /* shelf.c; all derived */
    struct index shelf_index; /* (SKU, city) -> shelf */
    struct shelf *shelves;
    u32 shelf_count;
    u64 *sku_free;          /* by SKU with several books: units free on all its shelves */
    u32 *shelf_next;        /* by book: the next one on its shelf */
    u32 *city_shelves;      /* by city: how many shelves there are in it */
    u64 map_version;        /* changes when a city gets its first shelf, or something moves */
    struct city_list *city_lists; /* by city: what is known of */
    u16 *city_order;        /* the cities with shelves, the nearest to city n first, from n x limits.cities on */
};

/* --- answers of commands --------------------------------------------------- */

static inline struct result refuse(enum result_code code, i64 value)
{
    return (struct result){.code = (u16)code, .value = value};
}

static inline struct result accept(u32 id, i64 value)
{
    return (struct result){.code = RESULT_OK, .id = id, .value = value};
}

static inline struct result no_change(u32 id, i64 value)
{
    return (struct result){.code = RESULT_NO_CHANGE, .id = id, .value = value};
}

static inline struct result pool_full(enum limit_index limit)
{
    return refuse(RESULT_POOL_FULL, limit);
}

/* --- tables (engine.c) ------------------------------------------------------ */

static inline bool exists(const struct engine *engine, enum limit_index table, u32 id)
{
    return id > 0 && id <= engine->head.count[table];
}

static inline u64 room(const struct engine *engine, enum limit_index table)
{
    return ((const u64 *)&engine->limits)[table] - engine->head.count[table];
}

/* The id of a new row, which is zero. The caller has checked room(). */
static inline u32 new_row(struct engine *engine, enum limit_index table)
{
    ASSERT(room(engine, table) > 0);
    return (u32)++engine->head.count[table];
}

/* Takes a decision into the chain: what was answered, and what the answer does not say (from where, which holds). */
static inline void chain_add(struct engine *engine, u64 decision)
{
    engine->head.chain = mix64(engine->head.chain ^ decision);
}

/* --- fetching ahead (fetch.c) ------------------------------------------------ */

#define FETCH_WAVES 5

static inline const struct command_header *command_after(const struct command_header *command)
{
    return (const struct command_header *)((const char *)command + command->size);
}

struct fetch {
    size_t count;           /* commands in all */
    struct {                /* the next command of each wave */
        const struct command_header *command;
        size_t index;
    } waves[FETCH_WAVES];
};
void fetch_begin(struct fetch *fetch, const void *commands, size_t count);
void fetch_before(const struct engine *engine, struct fetch *fetch, size_t index); /* command `index` is decided next */

/* --- one function for each command ------------------------------------------ */

#define COMMAND(number, NAME, name, word, roles, tail, fields, texts) \
    struct result apply_##name(struct engine *engine, const struct command_##name *command);
#include "core/command.def"
#undef COMMAND

/* --- catalogue (catalogue.c, text.c) ---------------------------------------- */

u64 code_hash(u16 kind, struct slice code);
u64 gtin_hash(u64 gtin);
u32 *entity_text(const struct engine *engine, u16 kind, u32 id); /* the row's `text` */
enum limit_index entity_table(u16 kind);
#define PUT_KINDS 10
extern const u16 put_kinds[PUT_KINDS];                       /* the kinds of command that entity_table knows */
void *table_row(const struct engine *engine, enum limit_index table, u64 row);
size_t table_row_size(enum limit_index table);

/* The entity that a put is about, 0 when it is new; false when its code is no code. */
bool put_find(const struct engine *engine, const struct command_header *command, u32 *id);

/* Both within their range: longitude +-180 degrees, latitude +-90 degrees. */
bool coordinates_good(i32 longitude_e6, i32 latitude_e6);

/* Writes row `id` (0: a new one), with every field but its text as it should be. Answers POOL_FULL, NO_CHANGE or OK. */
struct result put_row(struct engine *engine, const struct command_header *command, u32 id, void *row);

/* The texts of a put: bytes of the pool they need; are they those of record `text`; keep them and return the record. */
u64 text_size(const struct command_header *command);
bool text_same(const struct engine *engine, u32 text, const struct command_header *command);
u32 text_keep(struct engine *engine, const struct command_header *command);

/* --- stock (stock.c) --------------------------------------------------------- */

struct result stock_references(const struct engine *engine, u32 sku, u32 location); /* OK: both exist */
u64 book_hash(u32 sku, u32 location);
u32 book_make(struct engine *engine, u32 sku, u32 location); /* there was none, and room */
bool book_balances(const struct book *book);
void book_reserve(struct engine *engine, struct book *book, u32 units); /* available -> reserved */
void book_release(struct engine *engine, struct book *book, u32 units); /* reserved -> available */
void book_sell(struct book *book, u32 units);               /* reserved -> sold */
/* `units` of a book are in its shrink account; its location notes why. The other account is the caller's. */
void book_shrink(struct engine *engine, struct book *book, u32 units, enum count_reason reason);
void book_take_back(struct engine *engine, struct book *book, u32 units); /* sold -> available */
/* received -> available, or quarantine */
void book_receive_back(struct engine *engine, struct book *book, u32 units, bool restock);

/* What may be sent from here. */
static inline u32 book_free(const struct book *book)
{
    return book->services & SERVICE_SHIP ? engine_units_free(book) : 0;
}

/* The only ways in which available, safety and services of a book change: shelves follow. */
void book_available_add(struct engine *engine, struct book *book, i64 units);
void book_safety_set(struct engine *engine, struct book *book, u32 units);
void book_services_set(struct engine *engine, struct book *book, u16 services);

/* --- shelves (shelf.c) ---------------------------------------------------------- */

u64 shelf_hash(u32 sku, u32 city);
u32 shelf_find(const struct engine *engine, u32 sku, u32 city); /* 0: none */
/* engine_find_book, quickest for the first book of a shelf. */
u32 shelf_find_book(const struct engine *engine, u32 sku, u32 location);
void shelves_begin(struct engine *engine);                  /* in fresh memory */
void shelf_add(struct engine *engine, u32 book);            /* a new book, already linked to its SKU */
void shelf_change(struct engine *engine, const struct book *book, u32 free_before);
void shelves_rebuild(struct engine *engine);                /* at start, when something moves; O(books x their shelf) */

/* Of two locations of one city, whether routing prefers the first one when no rule tells them apart. */
bool shelf_before(const struct engine *engine, u32 location_a, u32 location_b);
i64 city_distance(const struct engine *engine, u32 from, u32 to);

/* Cities with shelves, the nearest to `city` first; ties by id. Makes the list when it is not the map's any more. */
const u16 *cities_near(const struct engine *engine, u32 city, u32 *count);

/* --- deals and caps (deal.c) -------------------------------------------------- */

/* Which deals are for an order. */
struct deal_scope {
    u32 festival;
    u32 city;               /* of the order */
    u32 location;           /* where it is bought or picked up; 0: neither in a store */
};
struct deal_scope deal_scope(u32 festival, u32 city, u32 location, u8 channel, u8 delivery);
bool deal_is_for(const struct deal *deal, struct deal_scope scope);

/* The deal of a SKU for an order that counts now, or 0 and *opens_ms of the next one (0: none). O(deals of the SKU). */
u32 deal_open(const struct engine *engine, const struct sku *sku, struct deal_scope scope, i64 now_ms, i64 *opens_ms);
u64 cap_hash(u32 deal, u32 person);
u32 cap_find(const struct engine *engine, u32 deal, u32 person);
void deal_take(struct engine *engine, u32 deal, u32 cap, u32 person, u32 units); /* cap: as cap_find says */
void deal_give_back(struct engine *engine, u32 deal, u32 person, u32 units);

/* --- tills (till.c, till_back.c) -------------------------------------------------- */

static inline u64 sale_hash(u32 order)
{
    return mix64(order);
}

/* The currency of a till that exists. */
static inline u32 till_currency(const struct engine *engine, u32 till)
{
    return engine->shoppers[engine->tills[till].shopper].currency;
}

/* OK with the id of its open shift; else UNKNOWN_TILL or TILL_CLOSED. */
struct result till_at_work(const struct engine *engine, u32 till);

/* Whether amounts that go out (>= 0: cash, card, wallet) lie in the drawer and leave the shift's sums within bounds. */
struct result till_can_give(const struct shift *shift, const i64 given_minor[TENDER_MEANS]);

/* The next line of an open shift's journal; its time, shift and links are set here, and the shift's sums. */
void tender_add(struct engine *engine, u32 shift, struct tender tender);

/* --- money (ledger.c) ---------------------------------------------------------- */

/* The balance of a shopper's wallet; NULL when there is none. */
i64 *wallet_balance(const struct engine *engine, u32 shopper, u32 currency);
static inline u32 account_find(const struct engine *engine, u32 seller, u32 currency)
{
    u32 id = engine->sellers[seller].account;
    while (id != 0 && engine->accounts[id].currency != currency)
        id = engine->accounts[id].next;
    return id;
}

/*
 * How much more may come into a currency, from outside or from sellers for goods without a receipt. Wallets are
 * never negative and a seller's account never below what it gave for such goods; so with what came in and what was
 * taken back together <= MONEY_MAX, no balance can ever leave its bounds.
 */
static inline i64 money_room(const struct engine *engine, u32 currency)
{
    i64 left = MONEY_MAX + engine->currencies[currency].provider_minor - engine->currencies[currency].taken_back_minor;
    ASSERT(left >= 0 && left <= MONEY_MAX);
    return left;
}

void account_make(struct engine *engine, u32 seller, u32 currency);
void ledger_move(i64 *from, i64 *to, i64 amount_minor);
/* What was paid for all of a line. */
static inline i64 line_paid(const struct line *line)
{
    i64 paid = line->unit_price_minor * line->quantity - line->discount_minor;
    ASSERT(paid >= 0 && paid <= MONEY_MAX);
    return paid;
}

void order_collect(struct engine *engine, const struct order *order); /* payer -> sellers */
void order_refund(struct engine *engine, struct order *order, const struct line *line, i64 amount_minor);

/* --- budgets (budget.c) ---------------------------------------------------------- */

struct budget_use {         /* what an order asks of the budgets */
    u32 shopper;
    u32 festival;
    i64 placed_ms;
    i64 total_minor;
    u32 line_count;
    struct {
        u32 department;
        i64 amount_minor;
    } lines[ORDER_PARTS_MAX];
};
struct result budget_check(const struct engine *engine, const struct budget_use *use, u32 currency);
void budget_charge(struct engine *engine, const struct budget_use *use);
void budget_give_back(struct engine *engine, u32 order, const struct budget_use *use);
i64 budget_day(const struct engine *engine, u32 festival, i64 placed_ms);

/* --- meters (meter.c) -------------------------------------------------------------- */

static inline struct cell *cell_at(const struct engine *engine, u32 festival, enum cell_group group, u32 id)
{
    return &engine->cells[festival * engine->cell_stride + engine->cell_offset[group] + id];
}

u64 second_index(const struct festival *festival, i64 time_ms);
void meter_place(struct engine *engine, const struct order *order);
void meter_pay(struct engine *engine, const struct order *order);
void meter_drop_hold(struct engine *engine, const struct order *order);
void meter_refund(struct engine *engine, const struct order *order, i64 amount_minor);

/* --- orders (order.c, plan.c, route.c, life.c) ------------------------------------- */

struct plan_line {          /* asked for, merged by SKU */
    u32 sku;
    u32 deal;
    u32 quantity;
    u32 asked_line;         /* from 1 */
    u32 cap;                /* the person's counter of the deal; 0: none yet, or none needed */
    u32 account;            /* the seller's in this currency; 0: none yet */
    i64 unit_price_minor;
    i64 amount_minor;       /* unit price x quantity */
    i64 discount_minor;
};

struct plan_source {        /* units of one line from one book: an order line to be */
    u32 book;
    u32 quantity;
    u16 line;               /* index into lines */
    u8 part;                /* from 1 */
};

struct plan {
    const struct command_order_place *place;
    i64 now_ms;
    u32 city;
    u32 person;
    i64 total_minor;
    u32 line_count;
    u32 deal_count;         /* lines at a deal's price */
    u32 source_count;
    u32 part_count;
    engine_trace *trace;    /* NULL: nobody asks why */
    void *trace_argument;
    struct plan_line lines[ORDER_LINES_MAX];
    struct plan_source sources[ORDER_PARTS_MAX];
};

void plan_begin(struct plan *plan, const struct command_order_place *place, i64 now_ms);

/* What the planned order asks of its shopper's budgets. */
void plan_budget_use(const struct engine *engine, const struct plan *plan, struct budget_use *use);

/* Tells the trace, if anybody listens. */
void plan_tell(const struct plan *plan, const char *check, u16 code, u32 line, u32 location, i64 have, i64 need);

/* All checks of order.place, in order. OK: the plan can be carried out. Reads only. */
struct result plan_make(const struct engine *engine, struct plan *plan);

/* Step 10 of order.place: which units from where. */
struct result route(const struct engine *engine, struct plan *plan);

/* An order to be sent counts in the hour of each location that sends something of it; dropped, not any more. */
void route_take(struct engine *engine, const struct order *order);
void route_give_back(struct engine *engine, const struct order *order);

/*
 * What a shopper is told (promise.c): the first whole minute since 1970 UTC by which units of `location`, ordered now,
 * arrive in `city` (DELIVERY_HOME) or are ready (DELIVERY_PICK_UP). 0: nothing is promised, for there is no plan, or
 * the delivery is another one. At most some thousand steps: a day of work each.
 */
u32 promise_min(const struct location *location, u32 city, u8 delivery, i64 now_ms);

/* The minute by which a pick-up must be fetched that becomes ready now. */
u32 promise_due_min(const struct location *location, i64 now_ms);

/* From held to paid: money, meters; over the counter also the goods. */
void order_become_paid(struct engine *engine, u32 id, u8 payment);

/* The goods are gone with the shopper or a carrier. */
static inline bool line_gone(const struct line *line)
{
    return line->state == PART_SHIPPED || line->state == PART_HANDED_OVER || line->state == PART_CHECKED ||
           line->state == PART_DELIVERED;
}

/* Whether an order may be paid now: OK, ALREADY_PAID, HOLD_EXPIRED or WRONG_STATE. Then its payment. */
struct result order_payable(const struct engine *engine, const struct order *order);
void order_settle(struct engine *engine, u32 id, u8 payment);

/* All lines of an order are still where they were reserved. */
bool order_nothing_left(const struct engine *engine, const struct order *order);

/* A paid order of which nothing was returned is cancelled: goods, quotas and budgets go back, and the money. */
void order_undo(struct engine *engine, u32 id);

/*
 * order.return in its pieces, for all commands that take goods back on a receipt: the checks; whether there is room
 * for a book; the refund; and the effect: of the goods alone, or all of it (which answers the refund).
 */
struct result order_return_good(const struct engine *engine, const struct command_order_return *command);
struct result order_return_room(const struct engine *engine, const struct command_order_return *command);
i64 order_return_refund(const struct engine *engine, const struct command_order_return *command);
void order_return_goods(struct engine *engine, const struct command_order_return *command);
i64 order_return_do(struct engine *engine, const struct command_order_return *command);

/* Whether the payer has the money (step 12 of order.place). */
struct result order_funds(const struct engine *engine, u32 shopper, u32 currency, u32 payment, i64 total_minor);

/* --- the proof (check.c, check_more.c, check_places.c, check_till.c) ------------------- */

/* Rows of scratch memory from *at on, which moves behind them; with scratch NULL only counts them. */
static inline void *scratch_take(char *scratch, size_t *at, u64 rows, size_t row_size)
{
    void *memory = scratch == NULL ? NULL : scratch + *at;
    *at += (rows * row_size + 15) / 16 * 16;
    return memory;
}

/* Takes what was given for goods without a receipt from `account_minor` (by account), before that is compared.
 * `scratch` is zeroed memory of check_tills_size bytes. */
size_t check_tills_size(const struct engine *engine);
void check_tills(const struct engine *engine, void *scratch, i64 *account_minor, struct check_report *report);
void check_budgets(const struct engine *engine, struct check_report *report);
void check_indexes(const struct engine *engine, struct check_report *report);
struct place_sums {         /* one zero for each row, row 0 included */
    u32 *book_coming;
    i64 *sku_moving;        /* units of ours that are on their way */
    u64 *location_shrink;
};
void check_places(const struct engine *engine, struct place_sums sums, struct check_report *report);

/* --- idempotency (answer.c) ----------------------------------------------------------- */

u64 answer_hash(u32 caller, const u64 key[2]);

/* Where answer `number` lies in the ring; the first round needs no division. */
static inline u32 answer_row(const struct engine *engine, u64 number)
{
    u64 capacity = engine->limits.answers;
    return (u32)(1 + (number < capacity ? number : number % capacity));
}

bool answer_find(const struct engine *engine, const struct command_header *command, struct result *result);
bool answer_has_room(const struct engine *engine);
void answer_keep(struct engine *engine, const struct command_header *command, struct result result);

#endif
