#include "door/resp_parse.h"

/* The number between `at` and CR LF; *at moves behind them. 1: there; 0: more bytes are needed; -1: it is none. */
static int resp_number(const char *bytes, size_t size, size_t *at, i64 *number)
{
    u64 value = 0;
    size_t begin = *at, i = *at;
    bool negative = i < size && bytes[i] == '-';
    i += negative;
    for (;; i++) {
        if (i >= size)
            return i - begin > 20 ? -1 : 0;
        unsigned digit = (unsigned char)bytes[i] - (unsigned)'0';
        if (digit > 9)
            break;
        if (i - begin > 18)
            return -1;
        value = value * 10 + digit;
    }
    if (i == begin + negative || bytes[i] != '\r' || value > (u64)INT64_MAX)
        return -1;
    if (i + 1 >= size)
        return 0;
    if (bytes[i + 1] != '\n')
        return -1;
    *number = negative ? -(i64)value : (i64)value;
    *at = i + 2;
    return 1;
}

static size_t resp_array(struct resp_request *request, const char *bytes, size_t size)
{
    size_t at = 1;
    i64 count, length;
    int found = resp_number(bytes, size, &at, &count);
    if (found < 0 || (found > 0 && count > RESP_ARGUMENTS_MAX))
        request->problem = "invalid multibulk length";
    if (found <= 0 || request->problem != NULL)
        return 0;
    for (i64 i = 0; i < count; i++) {
        if (at >= size)
            return 0;
        if (bytes[at] != '$') {
            request->problem = "expected '$'";
            return 0;
        }
        at++;
        found = resp_number(bytes, size, &at, &length);
        if (found < 0 || (found > 0 && (length < 0 || length > (i64)RESP_REQUEST_MAX)))
            request->problem = "invalid bulk length";
        if (found <= 0 || request->problem != NULL)
            return 0;
        if (size - at < (size_t)length + 2)
            return 0;
        if (bytes[at + (size_t)length] != '\r' || bytes[at + (size_t)length + 1] != '\n') {
            request->problem = "a bulk string does not end with CR LF";
            return 0;
        }
        request->arguments[request->count++] = slice_of(bytes + at, (size_t)length);
        at += (size_t)length + 2;
    }
    return at;
}

/* One word of an inline command from *at on; in quotes it may hold spaces. False: a quote is not closed. */
static bool resp_word(const char *line, size_t size, size_t *at, struct slice *word)
{
    char quote = line[*at] == '"' || line[*at] == '\'' ? line[*at] : 0;
    size_t begin = *at + (quote != 0), i = begin;
    while (i < size && (quote != 0 ? line[i] != quote : line[i] != ' ' && line[i] != '\t'))
        i++;
    if (quote != 0 && i == size)
        return false;
    *word = slice_of(line + begin, i - begin);
    *at = i + (quote != 0);
    return true;
}

static size_t resp_inline(struct resp_request *request, const char *bytes, size_t size)
{
    const char *end = memchr(bytes, '\n', MIN(size, RESP_INLINE_MAX));
    if (end == NULL) {
        if (size >= RESP_INLINE_MAX)
            request->problem = "too big inline request";
        return 0;
    }
    size_t line = (size_t)(end - bytes), at = 0;
    size_t whole = line + 1;
    if (line > 0 && bytes[line - 1] == '\r')
        line--;
    for (;;) {
        while (at < line && (bytes[at] == ' ' || bytes[at] == '\t'))
            at++;
        if (at == line)
            return whole;
        if (request->count == RESP_ARGUMENTS_MAX ||
            !resp_word(bytes, line, &at, &request->arguments[request->count])) {
            request->problem = "unbalanced quotes in request";
            return 0;
        }
        request->count++;
    }
}

size_t resp_parse(struct resp_request *request, const char *bytes, size_t size)
{
    request->count = 0;
    request->problem = NULL;
    if (size == 0)
        return 0;
    size = MIN(size, RESP_REQUEST_MAX); /* what is behind it changes nothing, or the pieces would matter */
    size_t taken = bytes[0] == '*' ? resp_array(request, bytes, size) : resp_inline(request, bytes, size);
    if (taken == 0 && size == RESP_REQUEST_MAX && request->problem == NULL)
        request->problem = "too big request";
    return taken;
}
