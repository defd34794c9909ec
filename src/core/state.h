/*
 * The state: every entity as a flat table of fixed-size rows. A row is found by
 * its id, which is its index; row 0 is never a thing ("none"). Rows refer to
 * each other by id, never by pointer, so that a table is what it is on disk.
 * No row has padding; all of them start as zeros.
 *
 * Only src/core writes here. Everybody may read (engine.h gives the tables).
 */
#ifndef ELEVEN_CORE_STATE_H
#define ELEVEN_CORE_STATE_H

#include "base/types.h"

struct currency {
    u32 text;               /* texts of the command that put it: engine_text() */
    u32 digits;
    i64 provider_minor;     /* ledger: the payment provider's account; negative = money that came in from outside */
    i64 taken_back_minor;   /* what sellers gave for goods without a receipt */
};

struct country {
    u32 text;
};

struct department {
    u32 text;
};

struct city {
    u32 text;
    u32 country;
    i32 longitude_e6;
    i32 latitude_e6;
    u32 population;
};

struct location {
    u32 text;
    u32 city;
    i32 longitude_e6;
    i32 latitude_e6;
    u16 kind;               /* enum location_kind */
    u16 services;           /* set of enum location_service */
    /* location.plan; all zero: no plan, and no promises */
    i16 utc_offset_minutes;
    u16 opens_min;          /* local minute of the day; Monday to Friday */
    u16 closes_min;
    u16 weekend_opens_min;
    u16 weekend_closes_min;
    u16 cut_off_min;
    u16 capacity;           /* orders to be sent in an hour; 0: no bound */
    u16 prepare_min;
    u8 keep_days;           /* 0: no plan */
    u8 days_city;
    u8 days_far;
    u8 reserved;
    u32 hour;               /* hours since 1970 that hour_orders is about */
    u32 hour_orders;        /* orders to be sent that were routed here in that hour, less those dropped in it */
    u64 shrink[6];          /* units that went to shrink here, by enum count_reason; lost on their way to a
                             * shopper: REASON_NONE */
};

struct brand {
    u32 text;
    u32 country;
    u32 in_use;             /* 1: a SKU has been put with it; its country is fixed */
};

struct seller {
    u32 text;
    u32 account;            /* first of its ledger accounts */
};

/* A ledger account of a seller in one currency: what the retailer owes it. Refunds after a payout may take it
 * below zero. */
struct account {
    i64 balance_minor;
    u32 seller;
    u32 currency;
    u32 next;               /* of the same seller */
    u32 reserved;
};

struct sku {
    u64 gtin;               /* 0: none */
    i64 price_minor;        /* in `currency`; 0: no price yet */
    u32 text;
    u32 department;
    u32 brand;
    u32 seller;
    u32 first_book;         /* stock books of this SKU */
    u32 first_deal;
    u32 first_price;        /* prices in further currencies */
    u32 book_count;
    u16 currency;           /* of price_minor */
    u16 origin;             /* country of the brand at the time; 0: unknown */
    u16 tax_class;
    u8 for_sale;
    u8 ordered;             /* 1: has been ordered or taken back; seller, brand and department are fixed */
    u8 capped;              /* 1: has had a deal with a per-person cap */
    u8 reserved[7];
};

struct price {
    i64 price_minor;
    u32 currency;
    u32 next;
};

/*
 * The book of one SKU at one location, in units. Always:
 *   received + moved_in + overrun == moved_out + available + reserved + sold + leased + quarantine + shrink
 * and no account is ever negative.
 */
struct book {
    u32 sku;
    u32 location;
    u32 next;               /* of the same SKU */
    u32 received;           /* came in from outside: suppliers, and units found when counting */
    u32 moved_in;
    u32 moved_out;
    u32 available;          /* for sale now */
    u32 reserved;           /* promised to orders, still on the shelf */
    u32 sold;               /* gone with an order */
    u32 leased;             /* lent to a store that may be cut off */
    u32 quarantine;         /* came back, to be looked at */
    u32 shrink;             /* missing when counted, or lost on the way */
    u32 overrun;            /* sold beyond a lease; 0 inside the assumptions */
    u16 city;               /* of the location, for routing */
    u16 services;           /* of the location, for routing */
    u32 safety;             /* the last so many available units are only sold over the counter */
    u32 coming;             /* expected, or on their way here; part of no other account */
};

#define MILESTONES_MAX 32   /* 10^4 x 1, 2, 5, 10, ... major units of the festival's currency */

struct festival {
    i64 opens_ms;
    i64 closes_ms;
    i64 usd_rate_e6;
    i64 paid_minor;         /* the total: paid merchandise after discounts, by time of payment */
    i64 held_minor;         /* unpaid holds now */
    i64 refunded_minor;     /* of what was paid: cancelled and returned */
    u64 orders;             /* placed */
    u64 orders_paid;
    u64 units_paid;
    u64 peak_orders;        /* most orders placed in one second, */
    u64 peak_second;        /* and the first such second after opening */
    u64 first_second;       /* where its seconds begin in the table of seconds */
    u64 second_count;
    u32 text;
    u32 currency;
    i32 utc_offset_minutes;
    u32 hold_ms;
    u32 hold_first;         /* orders on hold, oldest first (festival 0: those outside of festivals) */
    u32 hold_last;
    u32 milestone_count;    /* reached so far */
    u32 first_flagship;
    i64 milestone_ms[MILESTONES_MAX]; /* when each was reached */
};

/* One second of a festival. */
struct second {
    i64 paid_minor;
    u32 orders;             /* placed */
    u32 orders_paid;
};

/* A running sum of the paid orders' lines, for one city, country, brand, ... of one festival. */
struct cell {
    i64 paid_minor;
    u64 units;
};

struct deal {
    i64 price_minor;
    i64 opens_ms;
    i64 closes_ms;
    u32 festival;
    u32 sku;
    u32 next;               /* of the same SKU */
    u32 quota;              /* units; 0: no bound */
    u32 taken;              /* units held or paid; less those cancelled or expired */
    u32 cap;                /* per person; 0: no bound */
    u16 city;               /* 0: everywhere */
    u16 location;           /* 0: everywhere */
    u32 reserved;
};

/* A flagship city of a festival. */
struct flagship {
    u32 city;               /* 0: given up, free for the festival's next one */
    u32 next;               /* of the same festival */
};

/* Goods that are expected from outside, or on their way from one location to another. Always
 * expected >= received + lost. */
struct inbound {
    u64 reference;
    i64 made_ms;
    i64 closed_ms;          /* 0: more may come; at least 1 when closed */
    u32 sku;
    u32 from;               /* location id; 0: from outside */
    u32 to;
    u32 expected;
    u32 received;
    u32 lost;               /* when it was closed, of goods of ours: to shrink of `to` */
};

/* How many units of a capped deal a person has. */
struct cap {
    u32 deal;
    u32 person;             /* shopper id of the person's first account */
    u32 units;
};

struct shopper {
    i64 balance_minor;      /* ledger: the first wallet, in `currency` */
    u32 person;             /* shopper id of the person's first account (itself for most) */
    u32 first_wallet;       /* in further currencies */
    u32 first_budget;
    u32 orders;             /* placed */
    u32 last_order;         /* newest; older ones through order.previous */
    u16 currency;
    u16 city;
};

struct wallet {
    i64 balance_minor;
    u32 currency;
    u32 next;               /* of the same shopper */
};

/* A limit that a shopper set for themselves. */
struct budget {
    i64 limit_minor;        /* in force now */
    i64 next_limit_minor;   /* from next_from_ms on, when that is > 0; -1: none any more */
    i64 next_from_ms;
    i64 spent_minor;        /* in the current window */
    i64 day;                /* BUDGET_DAY, BUDGET_DEPARTMENT: the day number that spent_minor is about */
    u32 next;               /* of the same shopper */
    u32 subject;            /* BUDGET_FESTIVAL: festival id; BUDGET_DEPARTMENT: department id */
    u32 scope;              /* enum budget_scope; 0: row given up, free for the shopper's next one */
    u32 first_order;        /* the first order id that it counted, or would have */
};

enum order_state {
    ORDER_HELD = 1,         /* placed, not paid; units reserved until the deadline */
    ORDER_PAID = 2,
    ORDER_CANCELLED = 3,
    ORDER_EXPIRED = 4,
};

/* Of a part: all lines of it are in the same state. */
enum part_state {
    PART_OPEN = 1,          /* reserved at its location */
    PART_PACKED = 2,
    PART_SHIPPED = 3,       /* sold: left the location with a carrier */
    PART_READY = 4,         /* waiting for collection */
    PART_HANDED_OVER = 5,   /* sold: the shopper has it */
    PART_DELIVERED = 6,     /* arrived */
    PART_DROPPED = 7,       /* order cancelled or expired */
    PART_CHECKED = 8,       /* handed over, and shown to a clerk at the exit */
};

struct order {
    i64 total_minor;        /* after discounts */
    i64 refunded_minor;
    i64 placed_ms;
    i64 changed_ms;         /* HELD: the deadline; PAID: when paid; CANCELLED, EXPIRED: when */
    u32 shopper;
    u32 first_line;
    u32 previous;           /* the same shopper's order before; 0: none */
    u32 next_hold;          /* in the queue of holds */
    u32 location;           /* as asked; 0: none */
    u16 festival;
    u16 city;
    u16 currency;
    u8 line_count;
    u8 part_count;
    u8 state;               /* enum order_state */
    u8 channel;
    u8 delivery;
    u8 payment;             /* as paid: PAYMENT_WALLET or PAYMENT_PROVIDER; PAYMENT_HOLD while not */
};

/* A line: units of one SKU from one location. A line that was asked for becomes several when it is split. */
struct line {
    i64 unit_price_minor;
    i64 discount_minor;     /* this line's exact share of all discounts */
    u32 book;               /* which says SKU and location */
    u32 deal;               /* 0: none */
    u16 quantity;
    u16 returned;           /* units refunded after they were sold */
    u8 asked_line;          /* from 1: which line of the request */
    u8 part;                /* from 1 */
    u8 state;               /* enum part_state */
    u8 reserved;
    u32 promised_min;       /* minutes since 1970: arrives, or is ready, before that; 0: nothing promised */
    u32 due_min;            /* a pick-up that is or was ready: fetched before that, minutes since 1970 */
};

struct till {
    u32 text;
    u32 location;
    u32 shopper;
    u32 shift;              /* newest; 0: never opened */
};

#define TENDER_MEANS 3      /* cash, card, wallet: enum tender_means - 1 */

/* A till from its opening to its closing. Amounts in the till's currency. */
struct shift {
    i64 opened_ms;
    i64 closed_ms;          /* 0: open */
    i64 float_minor;        /* in the drawer when it was opened */
    i64 counted_minor;      /* in the drawer when it was closed */
    i64 sold_minor[TENDER_MEANS];
    i64 refunded_minor[TENDER_MEANS]; /* returned and voided, >= 0 */
    i64 put_in_minor;       /* cash, without a sale */
    i64 taken_out_minor;
    u32 till;
    u32 previous;           /* of the same till */
    u32 last_tender;
    u32 sales;
    u32 returns;            /* with a receipt or without */
    u32 voids;
};

enum tender_kind {
    TENDER_SALE = 1,
    TENDER_RETURN = 2,
    TENDER_VOID = 3,
    TENDER_TAKE_BACK = 4,   /* returned without a receipt */
    TENDER_DRAWER = 5,      /* cash put in or taken out */
};

/* A line of a till's journal. Amounts are what came in; negative: what went out. */
struct tender {
    i64 at_ms;
    i64 cash_minor;
    i64 card_minor;
    i64 wallet_minor;
    u32 shift;
    u32 previous;           /* of the same shift */
    u32 order;              /* 0: of none */
    u32 sku;                /* TENDER_TAKE_BACK */
    u32 quantity;           /* TENDER_TAKE_BACK */
    u32 kind;               /* enum tender_kind */
};

/* An answer remembered for an idempotency key. */
struct answer {
    u64 key[2];
    i64 value;
    u32 caller;
    u32 body;               /* hash of the command without its header's time */
    u32 id;
    u32 second;             /* when, s since 1970 */
};

_Static_assert(sizeof(struct currency) == 24, "no padding");
_Static_assert(sizeof(struct city) == 20, "no padding");
_Static_assert(sizeof(struct location) == 96, "no padding");
_Static_assert(sizeof(struct account) == 24, "no padding");
_Static_assert(sizeof(struct sku) == 64, "one cache line");
_Static_assert(sizeof(struct price) == 16, "no padding");
_Static_assert(sizeof(struct book) == 64, "one cache line");
_Static_assert(sizeof(struct festival) == 392, "no padding");
_Static_assert(sizeof(struct second) == 16, "no padding");
_Static_assert(sizeof(struct cell) == 16, "no padding");
_Static_assert(sizeof(struct deal) == 56, "no padding");
_Static_assert(sizeof(struct cap) == 12, "no padding");
_Static_assert(sizeof(struct shopper) == 32, "no padding");
_Static_assert(sizeof(struct wallet) == 16, "no padding");
_Static_assert(sizeof(struct budget) == 56, "no padding");
_Static_assert(sizeof(struct brand) == 12, "no padding");
_Static_assert(sizeof(struct order) == 64, "one cache line");
_Static_assert(sizeof(struct line) == 40, "no padding");
_Static_assert(sizeof(struct flagship) == 8, "no padding");
_Static_assert(sizeof(struct inbound) == 48, "no padding");
_Static_assert(sizeof(struct till) == 16, "no padding");
_Static_assert(sizeof(struct shift) == 120, "no padding");
_Static_assert(sizeof(struct tender) == 56, "no padding");
_Static_assert(sizeof(struct answer) == 40, "no padding");

#endif
