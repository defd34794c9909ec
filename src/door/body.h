/*
 * A request's JSON body as values of a command.
 */
#ifndef ELEVEN_DOOR_BODY_H
#define ELEVEN_DOOR_BODY_H

#include "door/ask.h"
#include "door/http.h"

#include <jansson.h>

/* The body as an object; NULL: refused. The caller gives it back with json_decref. An empty body is an empty object. */
json_t *body_object(struct http *http);

/* Members of an object become fields of the command; NULL members are passed over. False: refused. */
bool body_ask(struct http *http, json_t *object, struct ask *ask);

/* The same without a request to answer. False: ask says why. */
bool body_members(json_t *object, struct ask *ask);

/* The order in these bytes, if they are plain JSON (json_check.h) without null, and not more than an order needs. What
 * it makes or refuses, body_members does too. The bytes must outlive ask_end. */
enum body_plain {
    BODY_DONE,
    BODY_REFUSED,           /* ask says why */
    BODY_NOT_PLAIN,         /* nothing is known yet: begin the ask again, with jansson */
};
enum body_plain body_plain_order(struct slice body, struct ask *ask);

/* The body of an order, without jansson: 0.2 instead of 2 us. False: ask says why, or `bad` is set: it is no JSON
 * object. */
bool body_order(struct http *http, struct ask *ask, bool *bad);

/* Members by name and type. False: refused. `needed`: it must be there. */
bool body_text(struct http *http, json_t *object, const char *name, bool needed, struct slice *text);
bool body_number(struct http *http, json_t *object, const char *name, bool needed, i64 *number);

#endif
