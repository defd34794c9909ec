#include "fuzz/http_read.h"

#include "fuzz/fuzz.h"

#include <ctype.h>
#include <jansson.h>
#include <llhttp.h>
#include <strings.h>

/* --- requests ----------------------------------------------------------------------------------------- */

static int asked_headers(llhttp_t *parser)
{
    parser->upgrade = 0; /* an offer that nobody takes; CONNECT is refused */
    return parser->method == HTTP_CONNECT ? -1 : 0;
}

static int asked_begin(llhttp_t *parser)
{
    parser->method = UINT8_MAX; /* not that of the request before */
    return 0;
}

static int asked_url(llhttp_t *parser, const char *bytes, size_t size)
{
    struct http_asked *asked = parser->data;
    (void)bytes;
    (void)size;
    asked->heads[asked->count] = parser->method == HTTP_HEAD;
    return 0;
}

static int asked_message(llhttp_t *parser)
{
    struct http_asked *asked = parser->data;
    FUZZ_MUST(asked->count < HTTP_READ_MAX);
    asked->count++;
    return 0;
}

void http_read_requests(struct http_asked *asked, const char *bytes, size_t size)
{
    static const llhttp_settings_t settings = {.on_message_begin = asked_begin,
                                               .on_url = asked_url,
                                               .on_headers_complete = asked_headers,
                                               .on_message_complete = asked_message};
    llhttp_t parser;
    memset(asked, 0, sizeof(*asked));
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = asked;
    asked->wrong = llhttp_execute(&parser, bytes, size) != HPE_OK;
    asked->wrong_head = asked->wrong && parser.method == HTTP_HEAD;
}

/* --- answers ------------------------------------------------------------------------------------------- */

struct http_answer {
    int status;
    bool close, chunked, json;
    i64 length;             /* of the body; -1: not said */
};

/* The next line, without its CR LF, which must be there. */
static struct slice take_line(struct slice *rest)
{
    const char *end = memmem(rest->bytes, rest->size, "\r\n", 2);
    FUZZ_MUST(end != NULL);
    struct slice line = slice_of(rest->bytes, (size_t)(end - rest->bytes));
    *rest = slice_of(end + 2, rest->size - line.size - 2);
    return line;
}

static bool header_is(struct slice line, const char *name, struct slice *value)
{
    size_t length = strlen(name);
    if (line.size < length + 2 || strncasecmp(line.bytes, name, length) != 0 || line.bytes[length] != ':')
        return false;
    *value = slice_of(line.bytes + length + 2, line.size - length - 2);
    return true;
}

static i64 number_of(struct slice text, unsigned base)
{
    i64 number = 0;
    FUZZ_MUST(text.size > 0 && text.size < 12);
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.bytes[i];
        FUZZ_MUST(base == 16 ? isxdigit(c) : isdigit(c));
        number = number * base + (isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return number;
}

static void take_head(struct slice *rest, struct http_answer *answer)
{
    *answer = (struct http_answer){.length = -1};
    struct slice line = take_line(rest), value;
    FUZZ_MUST(line.size > 13 && memcmp(line.bytes, "HTTP/1.1 ", 9) == 0 && line.bytes[12] == ' ');
    answer->status = (int)number_of(slice_of(line.bytes + 9, 3), 10);
    FUZZ_MUST(answer->status >= 100 && answer->status < 600 && answer->status != 500);
    while ((line = take_line(rest)).size > 0) {
        const char *colon = memchr(line.bytes, ':', line.size);
        FUZZ_MUST(colon != NULL && colon > line.bytes);
        for (const char *at = line.bytes; at < colon; at++)
            FUZZ_MUST(isalnum((unsigned char)*at) || *at == '-');
        for (size_t i = 0; i < line.size; i++)
            FUZZ_MUST((unsigned char)line.bytes[i] >= 0x20 && line.bytes[i] != 0x7f);
        if (header_is(line, "Content-Length", &value)) {
            FUZZ_MUST(answer->length < 0);
            answer->length = number_of(value, 10);
        } else if (header_is(line, "Transfer-Encoding", &value)) {
            FUZZ_MUST(slice_is(value, "chunked"));
            answer->chunked = true;
        } else if (header_is(line, "Connection", &value)) {
            answer->close = slice_is(value, "close");
        } else if (header_is(line, "Content-Type", &value)) {
            answer->json = slice_is(value, "application/json") || slice_is(value, "application/problem+json");
        }
    }
    FUZZ_MUST(!answer->chunked || answer->length < 0);
}

/* Chunks up to the last one. False: there are more to come. */
static bool take_chunks(struct slice *rest)
{
    while (rest->size > 0) {
        i64 size = number_of(take_line(rest), 16);
        FUZZ_MUST((size_t)size <= rest->size);
        *rest = slice_of(rest->bytes + size, rest->size - (size_t)size);
        FUZZ_MUST(take_line(rest).size == 0);
        if (size == 0)
            return true;
    }
    return false;
}

static void check_json(struct slice body)
{
    json_error_t error;
    json_t *value = json_loadb(body.bytes, body.size, JSON_REJECT_DUPLICATES, &error);
    FUZZ_MUST(value != NULL);
    json_decref(value);
}

/* False: this answer goes on, and is the last. */
static bool take_body(struct slice *rest, const struct http_answer *answer, bool head)
{
    if (head || answer->status < 200 || answer->status == 204 || answer->status == 304)
        return true;
    if (answer->chunked)
        return take_chunks(rest);
    if (answer->length < 0) { /* up to the end of the connection */
        rest->size = 0;
        return false;
    }
    FUZZ_MUST((size_t)answer->length <= rest->size);
    if (answer->json)
        check_json(slice_of(rest->bytes, (size_t)answer->length));
    *rest = slice_of(rest->bytes + answer->length, rest->size - (size_t)answer->length);
    return true;
}

void http_read_answers(struct http_answered *answered, const char *bytes, size_t size, const struct http_asked *asked,
                       bool stream)
{
    struct slice rest = slice_of(bytes, size);
    *answered = (struct http_answered){0};
    while (rest.size > 0) {
        struct http_answer answer;
        FUZZ_MUST(!answered->says_close); /* nothing comes behind it */
        take_head(&rest, &answer);
        bool final = answer.status >= 200;
        bool head = final && asked->heads[MIN(answered->count, asked->count)];
        if (asked->wrong_head && answered->count == asked->count)
            head = rest.size == 0;
        if (head && answer.close && answer.status == 400 && rest.size > 0)
            head = false; /* what was refused before its method was known */
        bool whole = take_body(&rest, &answer, head);
        FUZZ_MUST(whole || rest.size == 0);
        FUZZ_MUST(whole || stream || (!answer.chunked && answer.close));
        answered->count += final;
        answered->says_close = answer.close;
    }
}
