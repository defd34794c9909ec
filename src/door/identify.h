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

/* What this connection was known by is asked for again. */
void identify_forget(struct http *http);

#endif
