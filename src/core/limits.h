/*
 * Every bound of the core in one place: the capacities of an engine, which are
 * configuration (limits.def), and the constants, which are not.
 */
#ifndef ELEVEN_CORE_LIMITS_H
#define ELEVEN_CORE_LIMITS_H

#include "base/types.h"

struct engine_limits {
#define LIMIT(name, standard, largest, meaning) u64 name;
#include "core/limits.def"
#undef LIMIT
};

enum limit_index {
#define LIMIT(name, standard, largest, meaning) LIMIT_##name,
#include "core/limits.def"
#undef LIMIT
    LIMIT_COUNT
};

#define HOLD_MS_DEFAULT ((u32)15 * 60 * 1000)
#define HOLD_MS_MAX ((u32)7 * 24 * 3600 * 1000)
#define FESTIVAL_SECONDS_MAX ((u32)31 * 24 * 3600)  /* longest window of a festival */
#define ANSWER_TTL_MS ((i64)24 * 3600 * 1000)       /* idempotency answers live at least this long */
#define BUDGET_RAISE_WAIT_MS ((i64)24 * 3600 * 1000)
#define BUDGETS_PER_SHOPPER_MAX 16
#define WALLETS_PER_SHOPPER_MAX 8
#define EXPIRE_PER_TICK_MAX 1000                    /* holds let go by one clock.tick */
#define ORDER_PARTS_MAX 64                          /* lines of an order after a split */
#define UNITS_MAX ((u32)1000000000)                 /* of one SKU at one location, and of quotas */
#define DEALS_PER_SKU_MAX 16
#define PRICES_PER_SKU_MAX 16
#define KEEP_DAYS_MAX 30
#define KEEP_DAYS_DEFAULT 7                         /* of a location without a plan */
#define TRANSIT_DAYS_MAX 60
#define RULES_MAX 6
#define UTC_OFFSET_MIN (-720)                       /* minutes, of festivals and plans */
#define UTC_OFFSET_MAX 840
#define FLAGSHIPS_MAX 100                           /* of one festival */
#define TIME_MS_MAX ((i64)4102444799999)            /* 2099-12-31T23:59:59.999Z; seconds fit 32 bits */

#endif
