/*
 * Is it JSON (RFC 8259)? The quick reader of orders (jsmn) splits JSON but does not check all of it.
 */
#ifndef ELEVEN_DOOR_JSON_CHECK_H
#define ELEVEN_DOOR_JSON_CHECK_H

#include "base/slice.h"

#define JSON_DEPTH_MAX 8

/* True when the text is one JSON value in UTF-8, at most JSON_DEPTH_MAX deep, without escapes in strings. Numbers may
 * be larger than a reader can hold. O(size). */
bool json_check_plain(struct slice text);

#endif
