/*
 * The Redis protocol's door: pipelined commands of the engine from any Redis
 * client. docs/RESP.md is its manual.
 */
#ifndef ELEVEN_DOOR_RESP_H
#define ELEVEN_DOOR_RESP_H

#include "door/conn.h"

extern const struct protocol resp_protocol;

#endif
