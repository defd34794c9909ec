/*
 * Commands whose rooms are being built.
 */
#include "core/internal.h"

#define PENDING(name)                                                                          \
    struct result apply_##name(struct engine *engine, const struct command_##name *command)    \
    {                                                                                          \
        (void)engine, (void)command;                                                           \
        return refuse(RESULT_MALFORMED, 0);                                                    \
    }
PENDING(routing_set)
PENDING(order_exchange)
PENDING(till_put)
PENDING(till_open)
PENDING(till_close)
PENDING(till_cash)
PENDING(till_pay)
PENDING(till_return)
PENDING(till_void)
PENDING(till_take_back)
