/*
 * Rights: who may give which command about what. The roles of command.def say
 * which kinds; this adds whose: a shopper's own account and orders, a clerk's own
 * store. Integrators act for any shopper and any store, administrators as merchandisers and as
 * clerks of every store.
 */
#ifndef ELEVEN_DOOR_RIGHT_H
#define ELEVEN_DOOR_RIGHT_H

#include "access/access.h"
#include "core/engine.h"

/* All roles that somebody with these has in effect. */
u32 right_roles(u32 roles);

/* True when this caller may give this command. O(lines of the order it is about). */
bool right_to(const struct engine *engine, const struct caller *caller, const struct command_header *command);

/* True when the caller may see this order: the shopper's own, a part of it at the clerk's store, or staff of
 * everything. */
bool right_to_see(const struct engine *engine, const struct caller *caller, u32 order);

#endif
