/*
 * Answers that begin or end a session: the token in the body for apps, and in a
 * cookie for pages, which scripts cannot read and other sites cannot send.
 */
#ifndef ELEVEN_DOOR_SESSION_H
#define ELEVEN_DOOR_SESSION_H

#include "core/engine.h"
#include "door/http.h"

/* The answer "Session" of a log-in at `now_ms`. `shopper` may be newer than what the caller has. */
void session_reply(struct http *http, int status, const char *token, const struct caller *caller, u32 shopper,
                   i64 now_ms, bool replayed);

/* 204, and the cookie is gone. */
void session_reply_ended(struct http *http);

/* Members "roles", "shopper" and "location" of an account. */
void session_render(struct emit *emit, const struct engine *engine, const struct caller *caller, u32 shopper);

#endif
