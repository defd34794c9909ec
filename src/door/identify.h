/*
 * Credentials of a request; see identify.c.
 */
#ifndef ELEVEN_DOOR_IDENTIFY_H
#define ELEVEN_DOOR_IDENTIFY_H

#include "door/http.h"

#define IDENTIFY_COOKIE "eleven_session"

/* Fills request->caller. False: the request has been refused. */
bool identify(struct http *http);

/* The token or key that the request came with; bytes NULL: none. */
struct slice identify_credential(struct http *http);

/* Who a token or key belongs to, as access_session and access_key say. */
enum access_status identify_secret(struct server *server, struct slice secret, struct caller *caller);

/* What this connection was known by is asked for again. */
void identify_forget(struct http *http);

#endif
