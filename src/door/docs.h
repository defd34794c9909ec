/*
 * GET /docs: the API for people, made from the same tables as /openapi.json (describe.h).
 */
#ifndef ELEVEN_DOOR_DOCS_H
#define ELEVEN_DOOR_DOCS_H

#include "base/buffer.h"

#define DOCS_MAX ((size_t)1 << 20) /* bytes; asserted */

/* Appends the whole page. To be called once. */
void docs_make(struct buffer *out);

#endif
