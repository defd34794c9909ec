/*
 * The listening sockets: HTTP, HTTPS and RESP, where the options say.
 */
#ifndef ELEVEN_DOOR_LISTEN_H
#define ELEVEN_DOOR_LISTEN_H

#include "base/types.h"

struct server;

/* Opens all of them, with the certificate that HTTPS needs. False, said in the log, when one cannot be. */
bool listen_all(struct server *server);

#endif
