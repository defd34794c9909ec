/*
 * Commands: everything that can be asked of the engine, as fixed-layout,
 * little-endian structs made from command.def. The bytes of a command are what
 * a door sends, what the journal keeps and what a replay reads.
 *
 * A command buffer is one or more commands back to back, 8-byte aligned.
 */
#ifndef ELEVEN_CORE_COMMAND_H
#define ELEVEN_CORE_COMMAND_H

#include "base/slice.h"
#include "base/types.h"

struct command_header {
    u16 kind;               /* enum command_kind */
    u16 size;               /* bytes, this header and the tail included; a multiple of 8 */
    u32 caller;             /* whose idempotency keys: chosen by the door that authenticated them */
    i64 time_ms;            /* the server's clock; the engine never lets it go back */
    u64 key[2];             /* idempotency key (a UUID, or a 128-bit hash of a longer key); all zero: none */
};

struct order_line_asked {
    u32 sku;
    u32 quantity;           /* 1..LINE_QUANTITY_MAX */
};

enum command_kind {
#define COMMAND(number, NAME, name, word, roles, tail, fields, texts) COMMAND_##NAME = number,
#include "core/command.def"
#undef COMMAND
};

/* struct command_order_place and so on */
#define FIELD(type, name, meaning) type name;
#define COMMAND(number, NAME, name_, word, roles, tail, fields, texts) \
    struct command_##name_ {                                           \
        struct command_header header;                                  \
        fields                                                         \
    };
#include "core/command.def"
#undef COMMAND
#undef FIELD

enum role {
    ROLE_ANYBODY = 1,
    ROLE_SHOPPER = 2,       /* for their own account */
    ROLE_CLERK = 4,         /* of a store */
    ROLE_MERCHANDISER = 8,
    ROLE_PROVIDER = 16,     /* the payment provider's notice */
    ROLE_SYSTEM = 32,       /* the primary itself */
    ROLE_INTEGRATOR = 64,   /* a machine that acts for any shopper and any store */
    ROLE_ADMINISTRATOR = 128, /* people, keys, health; all that merchandisers and clerks may do */
};

enum command_tail { TAIL_NONE, TAIL_LINES, TAIL_TEXTS };

enum location_kind { LOCATION_WAREHOUSE = 1, LOCATION_STORE = 2 };
enum location_service {
    SERVICE_SHIP = 1,       /* sends parcels */
    SERVICE_PICK_UP = 2,    /* keeps orders for collection */
    SERVICE_CARRY_OUT = 4,  /* sells over the counter */
};

enum channel { CHANNEL_WEB = 1, CHANNEL_STORE = 2, CHANNEL_TILL = 3, CHANNEL_COUNT = 4 };
enum delivery {
    DELIVERY_HOME = 1,
    DELIVERY_PICK_UP = 2,
    DELIVERY_CARRY_OUT = 3,
    DELIVERY_EXCHANGE = 4,  /* order.exchange only: handed over for goods that came back */
};
enum payment {
    PAYMENT_HOLD = 1,       /* order.place only: pay later, before the hold ends */
    PAYMENT_WALLET = 2,     /* from the shopper's wallet, in the same step */
    PAYMENT_PROVIDER = 3,   /* money arrived outside: card, QR payment, cash at the till */
};
enum order_flag {
    ORDER_MAY_SPLIT = 1,    /* may come from several locations */
    ORDER_SHOWN_HERE = 2,   /* cloud shelf: `location` is the store where it was shown, whether it sends or not */
};
enum budget_scope { BUDGET_DAY = 1, BUDGET_FESTIVAL = 2, BUDGET_DEPARTMENT = 3 };
enum goods {
    GOODS_RESTOCK = 1,      /* back on sale */
    GOODS_QUARANTINE = 2,   /* to be looked at */
    GOODS_LOST = 3,         /* nothing came back; refund only */
};
enum count_reason {
    REASON_NONE = 0,        /* not said */
    REASON_DAMAGED = 1,
    REASON_STOLEN = 2,
    REASON_EXPIRED = 3,
    REASON_OWN_USE = 4,     /* opened, shown, given away */
    REASON_MISLAID = 5,     /* not found; found again */
    REASON_COUNT
};
enum rule {                 /* of routing */
    RULE_WISHED = 1,        /* the asked-for location first */
    RULE_CITY = 2,          /* locations of the order's city first */
    RULE_FEWEST = 3,        /* as few locations as can be */
    RULE_NEAREST = 4,       /* locations of the nearest city first */
    RULE_SPARE = 5,         /* stores whose last unit it would be come last */
    RULE_BALANCE = 6,       /* those with the emptier hour first */
    RULE_COUNT
};
enum tender_means { TENDER_CASH = 1, TENDER_CARD = 2, TENDER_WALLET = 3 };

/* Bounds */
#define COMMAND_SIZE_MAX 65528u         /* u16, a multiple of 8 */
#define COMMAND_TEXTS_MAX 8             /* texts of one command */
#define COMMAND_CODE_MAX 128u           /* bytes of a code */
#define ORDER_LINES_MAX 32              /* as asked */
#define LINE_QUANTITY_MAX 9999

/* What the tables say of a kind. NULL for an unknown one. Static. */
struct command_field {
    const char *name;
    const char *meaning;
    u16 offset;             /* from the start of the command */
    u8 size;                /* bytes: 1, 2, 4 or 8 */
    bool is_signed;
};
struct command_info {
    u16 kind;
    u16 fixed_size;         /* of the struct, without its tail */
    const char *word;
    u32 roles;
    enum command_tail tail;
    const struct command_field *fields;
    size_t field_count;
    const char *const *texts;
    size_t text_count;
};
const struct command_info *command_info(u16 kind);
const struct command_info *command_info_by_word(struct slice word);

/*
 * True when `size` bytes at `bytes` begin with one well-formed command: known
 * kind, size that fits and agrees with its tail, reserved fields and padding
 * zero, texts UTF-8-agnostic but complete. Never reads past `size`. The values
 * of the fields are the engine's to judge.
 */
bool command_well_formed(const void *bytes, size_t size);

/* Text `index` of a well-formed command with texts; belongs to the command. */
struct slice command_text(const struct command_header *command, unsigned index);

/* The lines of a well-formed order.place. */
static inline const struct order_line_asked *command_lines(const struct command_order_place *place)
{
    return (const struct order_line_asked *)(place + 1);
}

/*
 * Appends the texts behind the fixed fields (whose size is header.size so far)
 * and sets header.size. `command` has room for COMMAND_SIZE_MAX bytes. False,
 * and header.size untouched, when they do not fit.
 */
bool command_add_texts(struct command_header *command, const struct slice *texts, size_t count);

#endif
