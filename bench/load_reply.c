#include "bench/load_reply.h"

#include <stdlib.h>
#include <strings.h>

#define STATUS_LINE_MIN 12 /* "HTTP/1.1 200" */

/* The value of a header line [line, end), if it is the header `name` (in lower case, with its colon). */
static bool is_header(struct slice line, const char *name, struct slice *value)
{
    size_t size = strlen(name);
    if (line.size < size || strncasecmp(line.bytes, name, size) != 0)
        return false;
    while (size < line.size && line.bytes[size] == ' ')
        size++;
    *value = slice_of(line.bytes + size, line.size - size);
    return true;
}

static u64 number(struct slice text)
{
    u64 value = 0;
    for (size_t i = 0; i < text.size && text.bytes[i] >= '0' && text.bytes[i] <= '9' && value < UINT32_MAX; i++)
        value = value * 10 + (u64)(text.bytes[i] - '0');
    return value;
}

/* False: the head ends without saying how long the body is. */
static bool read_headers(const char *at, const char *end, struct load_reply *reply, u64 *body)
{
    bool there = reply->status == 204 || reply->status == 304;
    *body = 0;
    while (at < end) {
        const char *line_end = memchr(at, '\r', (size_t)(end - at));
        struct slice line = slice_of(at, (size_t)((line_end != NULL ? line_end : end) - at)), value;
        /* Most lines are none of these five: one look at the first letter. */
        switch (*at | 0x20) {
        case 'c':
            if (is_header(line, "content-length:", &value)) {
                *body = number(value);
                there = true;
            } else if (is_header(line, "connection:", &value)) {
                reply->closes = value.size == 5 && strncasecmp(value.bytes, "close", 5) == 0;
            }
            break;
        case 'r':
            if (is_header(line, "retry-after:", &value))
                reply->retry_after_s = (u32)number(value);
            break;
        case 'i':
            if (is_header(line, "idempotent-replayed:", &value))
                reply->replayed = slice_is(value, "true");
            break;
        case 'q':
            is_header(line, "queue-ticket:", &reply->ticket);
            break;
        default:
            break;
        }
        at = line.bytes + line.size + 2;
    }
    return there;
}

int load_reply_read(const char *bytes, size_t size, struct load_reply *reply)
{
    *reply = (struct load_reply){0};
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    size_t head = (size_t)(end - bytes) + 4;
    const char *line = memchr(bytes, '\r', head);
    if (line - bytes < STATUS_LINE_MIN || memcmp(bytes, "HTTP/1.1 ", 9) != 0)
        return -1;
    reply->status = (int)number(slice_of(bytes + 9, 3));
    u64 body;
    if (!read_headers(line + 2, end, reply, &body))
        return -1;
    reply->size = head + body;
    return size >= reply->size ? 1 : 0;
}
