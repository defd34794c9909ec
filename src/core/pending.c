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

