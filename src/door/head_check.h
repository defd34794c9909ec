/*
 * Is the head of a request plainly HTTP/1.1 (RFC 9112, 2 to 5)? The parser (llhttp) forgives some of what others read
 * otherwise: folded lines, lines that end in LF, names with spaces, other protocols' names. Where two servers read one
 * request differently, one of them can be made to see a second request in it.
 *
 * A state machine that is given the bytes first, in whatever pieces they come, from a request's first byte on:
 *   no line is folded; each ends in CR LF, and CR and LF stand nowhere else; a header's name is one or more tchar
 * with the
 *   colon right behind it; no control characters, NUL among them; the request line ends in " HTTP/1.0" or "
 * HTTP/1.1", or
 *   in another version of HTTP, which is refused by its number later.
 */
#ifndef ELEVEN_DOOR_HEAD_CHECK_H
#define ELEVEN_DOOR_HEAD_CHECK_H

#include "base/slice.h"

struct head_check {
    u8 state;               /* all zero: at the first byte of a request */
    u64 tail;               /* the last eight bytes of the request line */
};

/* Looks at bytes up to the head's end. NULL: good so far; else a static sentence that says what is wrong. O(size). */
const char *head_check(struct head_check *check, const char *bytes, size_t size);

/* The head has ended: nothing is looked at any more. */
bool head_check_done(const struct head_check *check);

#endif
