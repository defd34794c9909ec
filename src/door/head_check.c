#include "door/head_check.h"

enum state {
    HEAD_BEGIN,             /* before the request line; empty lines are passed over (RFC 9112, 2.2) */
    HEAD_BEGIN_CR,
    HEAD_REQUEST,
    HEAD_REQUEST_CR,
    HEAD_LINE,              /* the first byte of a header's line */
    HEAD_NAME,
    HEAD_VALUE,
    HEAD_VALUE_CR,
    HEAD_END_CR,
    HEAD_DONE,
};

enum { IS_NAME = 1, IS_TEXT = 2 };

/* tchar (RFC 9110, 5.6.2), and what a value may hold: all but controls, TAB excepted. */
static const u8 kinds[256] = {
    ['\t'] = IS_TEXT,
    [' '] = IS_TEXT, ['"'] = IS_TEXT, ['('] = IS_TEXT, [')'] = IS_TEXT, [','] = IS_TEXT, ['/'] = IS_TEXT,
    [':' ... '@'] = IS_TEXT, ['['] = IS_TEXT, ['\\'] = IS_TEXT, [']'] = IS_TEXT, ['{'] = IS_TEXT, ['}'] = IS_TEXT,
    ['!'] = IS_NAME | IS_TEXT, ['#' ... '\''] = IS_NAME | IS_TEXT, ['*'] = IS_NAME | IS_TEXT, ['+'] = IS_NAME | IS_TEXT,
    ['-'] = IS_NAME | IS_TEXT, ['.'] = IS_NAME | IS_TEXT, ['0' ... '9'] = IS_NAME | IS_TEXT,
    ['A' ... 'Z'] = IS_NAME | IS_TEXT, ['^' ... 'z'] = IS_NAME | IS_TEXT, ['|'] = IS_NAME | IS_TEXT,
    ['~'] = IS_NAME | IS_TEXT, [0x80 ... 0xff] = IS_TEXT,
};

static const char line_wrong[] = "A line of the head must end with CR LF, and hold no control characters.";
static const char name_wrong[] = "A header must begin its line with a name and a colon right behind it.";
static const char version_wrong[] = "The request line must end with HTTP/1.1.";

/* "HTTP/", a digit, a dot, a digit: as the number that tail is then. */
static bool is_version(u64 tail)
{
    return tail >> 24 == 0x485454502full && (u8)(tail >> 16) - (unsigned)'0' <= 9 && (u8)(tail >> 8) == '.' &&
           (u8)tail - (unsigned)'0' <= 9;
}

/* The next state after a byte in one that is not skipped through; `wrong` when it may not stand there. */
static enum state next_state(enum state state, u8 byte, const char **wrong)
{
    switch (state) {
    case HEAD_BEGIN:
        if (byte == '\r')
            return HEAD_BEGIN_CR;
        *wrong = kinds[byte] & IS_TEXT ? NULL : line_wrong;
        return HEAD_REQUEST;
    case HEAD_BEGIN_CR:
        *wrong = byte == '\n' ? NULL : line_wrong;
        return HEAD_BEGIN;
    case HEAD_REQUEST_CR:
    case HEAD_VALUE_CR:
        *wrong = byte == '\n' ? NULL : line_wrong;
        return HEAD_LINE;
    case HEAD_LINE:
        if (byte == '\r')
            return HEAD_END_CR;
        *wrong = kinds[byte] & IS_NAME ? NULL : name_wrong;
        return HEAD_NAME;
    case HEAD_NAME:
        *wrong = byte == ':' ? NULL : name_wrong;
        return HEAD_VALUE;
    case HEAD_END_CR:
        *wrong = byte == '\n' ? NULL : line_wrong;
        return HEAD_DONE;
    default:
        *wrong = byte == '\r' ? NULL : line_wrong;
        return state == HEAD_REQUEST ? HEAD_REQUEST_CR : HEAD_VALUE_CR;
    }
}

const char *head_check(struct head_check *check, const char *text, size_t size)
{
    const u8 *bytes = (const u8 *)text;
    enum state state = check->state;
    const char *wrong = NULL;
    size_t at = 0;
    while (at < size && wrong == NULL && state != HEAD_DONE) {
        if (state == HEAD_REQUEST)
            for (; at < size && kinds[bytes[at]] & IS_TEXT; at++)
                check->tail = check->tail << 8 | bytes[at];
        else if (state == HEAD_NAME)
            while (at < size && kinds[bytes[at]] & IS_NAME)
                at++;
        else if (state == HEAD_VALUE)
            while (at < size && kinds[bytes[at]] & IS_TEXT)
                at++;
        if (at == size)
            break;
        state = next_state(state, bytes[at++], &wrong);
        if (state == HEAD_REQUEST_CR && wrong == NULL && !is_version(check->tail))
            wrong = version_wrong;
    }
    check->state = (u8)state;
    return wrong;
}

bool head_check_done(const struct head_check *check)
{
    return check->state == HEAD_DONE;
}
