/*
 * GET /openapi.json: the API as OpenAPI 3.1 describes one, made from the server's own tables (describe.h).
 */
#ifndef ELEVEN_DOOR_OPENAPI_H
#define ELEVEN_DOOR_OPENAPI_H

#include "base/buffer.h"

#define OPENAPI_MAX ((size_t)1 << 20) /* bytes; asserted */

/* Appends the document: O(routes^2), a few milliseconds. To be called once. */
void openapi_make(struct buffer *out);

#endif
