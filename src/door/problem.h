/*
 * Problem documents (RFC 9457): every answer that is no success. "type" is
 * /problems/WORD, stable, and a page about itself; "code" is the word alone.
 */
#ifndef ELEVEN_DOOR_PROBLEM_H
#define ELEVEN_DOOR_PROBLEM_H

#include "access/access.h"
#include "base/result.h"
#include "door/ask.h"
#include "door/http.h"

/* Problems of the doors themselves, beside the results of the engine: PROBLEM(NAME, status, "word", "title") */
#define PROBLEMS(PROBLEM)                                                                                        \
    PROBLEM(BAD_REQUEST, 400, "bad-request", "The request cannot be read.")                                      \
    PROBLEM(BAD_FIELD, 400, "bad-field", "A field of the request is not what it must be.")                       \
    PROBLEM(KEY_MISSING, 400, "idempotency-key-missing", "This request needs an Idempotency-Key.")                \
    PROBLEM(KEY_BAD, 400, "idempotency-key-bad", "An Idempotency-Key is 1 to 255 visible ASCII characters.")     \
    PROBLEM(KEY_IN_FLIGHT, 409, "idempotency-key-in-flight", "A request with this key is being worked on.")      \
    PROBLEM(PAYMENT_DECLINED, 402, "payment-declined", "The payment provider declined the payment.")             \
    PROBLEM(UNAUTHENTICATED, 401, "unauthenticated", "Log in, or give an API key.")                              \
    PROBLEM(FORBIDDEN, 403, "forbidden", "This account may not do that.")                                        \
    PROBLEM(CROSS_SITE, 403, "cross-site", "A session's request must come from this site's own pages.")          \
    PROBLEM(NOT_FOUND, 404, "not-found", "There is nothing here.")                                               \
    PROBLEM(CODE_MALFORMED, 400, "code-malformed", "This is no code: 13 letters and digits, without I, L, O and U.") \
    PROBLEM(CODE_MISTYPED, 400, "code-mistyped", "The code was mistyped: its last character does not fit.")        \
    PROBLEM(CODE_UNKNOWN, 404, "unknown-code", "The code is none of ours, or of an order of another store.") \
    PROBLEM(CODE_WRONG_PURPOSE, 400, "code-wrong-purpose", "The code is ours, but is for something else.")         \
    PROBLEM(BAD_LINK, 400, "bad-link", "This is no GS1 Digital Link that can be read.")                          \
    PROBLEM(NOT_A_GTIN, 404, "not-a-gtin", "A GS1 key of its own kind, but no product: products have a GTIN, 01.") \
    PROBLEM(UNKNOWN_LINK_TYPE, 404, "unknown-link-type", "There is no link of this type.")                       \
    PROBLEM(METHOD_NOT_ALLOWED, 405, "method-not-allowed", "This resource does not know the method.")            \
    PROBLEM(CONTENT_TOO_LARGE, 413, "content-too-large", "The request's body is too large.")                     \
    PROBLEM(TARGET_TOO_LONG, 414, "target-too-long", "The request's target is too long.")                        \
    PROBLEM(HEAD_TOO_LARGE, 431, "head-too-large", "The request's head is too large.")                           \
    PROBLEM(NOT_IMPLEMENTED, 501, "not-implemented", "That part of HTTP is not spoken here.")                    \
    PROBLEM(HTTP_VERSION, 505, "http-version-not-supported", "HTTP/1.1 is spoken here.")                         \
    PROBLEM(MEDIA_TYPE, 415, "unsupported-media-type", "The body's media type is not taken here.")               \
    PROBLEM(TOO_MANY_REQUESTS, 429, "too-many-requests", "Too many requests; wait, then go on.")                 \
    PROBLEM(OVERLOADED, 503, "overloaded", "More is asked than can be done; come back with the ticket.")         \
    PROBLEM(UNAVAILABLE, 503, "unavailable", "This cannot be done just now; try again.")

enum problem {
#define PROBLEM(NAME, status, word, title) PROBLEM_##NAME,
    PROBLEMS(PROBLEM)
#undef PROBLEM
    PROBLEM_COUNT
};

/* Answers with a problem. `detail` may be NULL. */
void problem_reply(struct http *http, enum problem problem, const char *detail);
/* A field by its name. */
void problem_field(struct http *http, const char *field, const char *detail);
/* BAD_LINK: the AI or parameter that it is about ("": none), and what is wrong by its word and in a sentence. */
void problem_link(struct http *http, const char *about, const char *reason, const char *sentence);
/* What the engine refused, with the result's value by its name (opens_at, remaining, ...). */
void problem_result(struct http *http, struct result result);
/* The same with a sentence about this very refusal; `detail` may be NULL. */
void problem_refusal(struct http *http, struct result result, const char *detail);
/* Why a request could not be made a command. */
void problem_ask(struct http *http, const struct ask *ask);
void problem_access(struct http *http, enum access_status status, u32 retry_after_s);
int problem_access_http(enum access_status status); /* the HTTP status it has */
/* What is no request, by status: 400, 413, 414, 431, 501, 505. */
void problem_unreadable(struct http *http, int status, const char *detail);
/* 503 and 429 with Retry-After. */
void problem_busy(struct http *http, u32 retry_after_s);
void problem_limited(struct http *http, u32 retry_after_s);
void problem_overloaded(struct http *http, u32 retry_after_s, const char *ticket);

/* For the page about a problem and the description of the API. NULL: there is none. */
const char *problem_title(struct slice word, int *status);

#endif
