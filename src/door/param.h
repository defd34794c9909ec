/*
 * Query parameters by type. Each leaves its target as it is when the parameter is not there, and returns false after
 * it has refused the request when it is there and no good.
 */
#ifndef ELEVEN_DOOR_PARAM_H
#define ELEVEN_DOOR_PARAM_H

#include "core/engine.h"
#include "door/http.h"

/* At most `size_max` bytes. */
bool param_text(struct http *http, const char *name, size_t size_max, struct slice *text);
bool param_number(struct http *http, const char *name, u64 largest, u64 *number);
/* The id of the thing, which exists, that a code or "#12" names; 0: there is none. `kind` as below. */
u32 param_id(const struct engine *engine, u16 kind, struct slice text);
/* The id of what a code names; `kind` is the command that puts such a thing, `unknown` the result when there is
 * none. */
bool param_find(struct http *http, const char *name, u16 kind, u16 unknown, u32 *id);
bool param_time(struct http *http, const char *name, i64 *ms);
bool param_word(struct http *http, const char *name, int (*parse)(struct slice), u32 *number);
/* Which of the words it is, from 0 on; -1: none of them. */
int param_word_among(struct slice word, const char *const *words, size_t count);
/* "true" or "false", for param_word. */
enum { PARAM_UNSAID, PARAM_TRUE, PARAM_FALSE };
int param_parse_truth(struct slice word);

#endif
