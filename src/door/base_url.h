/*
 * What links to this server begin with, in feeds and on labels: --public-url, or else the host that the request was sent to.
 */
#ifndef ELEVEN_DOOR_BASE_URL_H
#define ELEVEN_DOOR_BASE_URL_H

#include "door/http.h"

#define BASE_URL_MAX 280u

/* Writes it into `base` (BASE_URL_MAX bytes), without a slash at the end; bytes NULL: refused. */
struct slice base_url(struct http *http, char *base);

#endif
