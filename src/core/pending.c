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
PENDING(location_plan)
PENDING(routing_set)
PENDING(stock_keep)
PENDING(inbound_expect)
PENDING(inbound_send)
PENDING(inbound_receive)
PENDING(inbound_close)
PENDING(festival_flagship)
PENDING(part_check_out)
