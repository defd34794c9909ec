#include "bench/wire.h"

#include "base/assert.h"
#include "base/checksum.h"
#include "bench/measure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACE_HEAD "$11\r\nORDER.PLACE\r\n$16\r\n"
#define PLACE_WORDS 6u              /* and two a line */
#define SET_HEAD "*3\r\n$3\r\nSET\r\n$16\r\n"
#define DECIMAL_MAX 12u

/* Writing one request, within wire->size_max. */
struct pen {
    char *at;
    char *end;
};

static void pen_bytes(struct pen *pen, const char *bytes, size_t size)
{
    ASSERT((size_t)(pen->end - pen->at) >= size);
    memcpy(pen->at, bytes, size);
    pen->at += size;
}

static void pen_text(struct pen *pen, const char *text)
{
    pen_bytes(pen, text, strlen(text));
}

static void pen_format(struct pen *pen, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void pen_format(struct pen *pen, const char *format, ...)
{
    char text[WIRE_HTTP_MAX];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    ASSERT(size >= 0 && (size_t)size < sizeof(text));
    pen_bytes(pen, text, (size_t)size);
}

/* "#NUMBER" (or without the mark) as a bulk string. vsnprintf for all of it took most of a night's preparation. */
static void pen_number(struct pen *pen, bool marked, u64 number)
{
    char digits[DECIMAL_MAX];
    u32 first = DECIMAL_MAX;
    do
        digits[--first] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    if (marked)
        digits[--first] = '#';
    u32 size = DECIMAL_MAX - first;
    char head[6] = {'$', (char)('0' + size), '\r', '\n'};
    ASSERT(size < 10);
    pen_bytes(pen, head, 4);
    pen_bytes(pen, digits + first, size);
    pen_bytes(pen, "\r\n", 2);
}

static void write_key(char *text, u64 key)
{
    static const char digits[] = "0123456789abcdef";
    for (u32 i = 0; i < WIRE_KEY_SIZE; i++)
        text[i] = digits[key >> (60 - 4 * i) & 15];
}

static void pen_key(struct pen *pen, u64 key)
{
    char text[WIRE_KEY_SIZE];
    write_key(text, key);
    pen_bytes(pen, text, sizeof(text));
}

void wire_open(struct wire *wire, size_t count_max, size_t size_max)
{
    *wire = (struct wire){.count_max = count_max, .size_max = size_max};
    wire->bytes = measure_memory(count_max * size_max);
    wire->sizes = measure_memory(count_max * sizeof(*wire->sizes));
}

void wire_close(struct wire *wire)
{
    free(wire->bytes);
    free(wire->sizes);
    *wire = (struct wire){0};
}

static struct pen wire_begin(const struct wire *wire)
{
    ASSERT(wire->count < wire->count_max);
    char *at = wire->bytes + wire->size;
    return (struct pen){at, at + wire->size_max};
}

static void wire_end(struct wire *wire, const struct pen *pen)
{
    size_t size = (size_t)(pen->at - (wire->bytes + wire->size));
    wire->sizes[wire->count++] = (u16)size;
    wire->size += size;
}

double wire_mean(const struct wire *wire)
{
    return wire->count > 0 ? (double)wire->size / (double)wire->count : 0;
}

/* --- RESP ---------------------------------------------------------------------------------------- */

static void write_place(struct pen *pen, const struct command_order_place *order)
{
    const struct order_line_asked *lines = (const struct order_line_asked *)(order + 1);
    pen_format(pen, "*%u\r\n", PLACE_WORDS + 2u * order->line_count);
    pen_text(pen, PLACE_HEAD);
    pen_key(pen, order->header.key[0]);
    pen_text(pen, "\r\n");
    pen_number(pen, false, order->shopper);
    pen_number(pen, true, order->festival);
    pen_number(pen, true, order->city);
    pen_text(pen, "$5\r\nLINES\r\n");
    for (u32 i = 0; i < order->line_count; i++) {
        pen_number(pen, true, lines[i].sku);
        pen_number(pen, false, lines[i].quantity);
    }
}

void wire_resp_orders(struct wire *wire, const struct orders *orders)
{
    wire->size = wire->count = 0;
    for (size_t i = 0; i < orders->count; i++) {
        struct pen pen = wire_begin(wire);
        write_place(&pen, orders_at(orders, i));
        wire_end(wire, &pen);
    }
}

void wire_rekey(char *request, u64 number)
{
    size_t at = (request[2] == '\r' ? 4 : 5) + sizeof(PLACE_HEAD) - 1;
    write_key(request + at, mix64(number));
}

/* SET key value in exactly `size` bytes. */
static void write_set(struct pen *pen, u64 key, size_t size)
{
    size_t fixed = sizeof(SET_HEAD) - 1 + WIRE_KEY_SIZE + sizeof("\r\n$..\r\n\r\n") - 1;
    ASSERT(size >= fixed + 10 && size < fixed + 100); /* a length of two digits: 59 to 97 with our orders */
    size_t value = size - fixed;
    pen_text(pen, SET_HEAD);
    pen_key(pen, key);
    pen_format(pen, "\r\n$%zu\r\n", value);
    for (size_t i = 0; i < value; i++)
        *pen->at++ = (char)('a' + (key >> (i % 60)) % 26);
    pen_text(pen, "\r\n");
}

void wire_resp_sets(struct wire *wire, const struct orders *orders)
{
    wire->size = wire->count = 0;
    for (size_t i = 0; i < orders->count; i++) {
        char place[WIRE_RESP_MAX];
        struct pen draft = {place, place + sizeof(place)}, pen = wire_begin(wire);
        write_place(&draft, orders_at(orders, i));
        write_set(&pen, orders_at(orders, i)->header.key[0], (size_t)(draft.at - place));
        ASSERT(pen.at - (wire->bytes + wire->size) == draft.at - place);
        wire_end(wire, &pen);
    }
}

/* --- HTTP ------------------------------------------------------------------------------------------ */

static void write_json(struct pen *pen, const struct command_order_place *order)
{
    const struct order_line_asked *lines = (const struct order_line_asked *)(order + 1);
    pen_format(pen, "{\"shopper\":%u,\"festival\":%u,\"city\":%u,\"lines\":[", order->shopper, order->festival,
               order->city);
    for (u32 i = 0; i < order->line_count; i++)
        pen_format(pen, "%s{\"sku\":%u,\"quantity\":%u}", i > 0 ? "," : "", lines[i].sku, lines[i].quantity);
    pen_text(pen, "]}");
}

void wire_http_orders(struct wire *wire, const struct orders *orders, const char *host, const char *api_key)
{
    wire->size = wire->count = 0;
    for (size_t i = 0; i < orders->count; i++) {
        char body[WIRE_HTTP_MAX];
        struct pen json = {body, body + sizeof(body)}, pen = wire_begin(wire);
        write_json(&json, orders_at(orders, i));
        pen_format(&pen, "POST /v1/orders HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n", host, api_key);
        pen_text(&pen, "Content-Type: application/json\r\nIdempotency-Key: ");
        pen_key(&pen, orders_at(orders, i)->header.key[0]);
        pen_format(&pen, "\r\nContent-Length: %zu\r\n\r\n", (size_t)(json.at - body));
        pen_bytes(&pen, body, (size_t)(json.at - body));
        wire_end(wire, &pen);
    }
}

void wire_http_get(struct wire *wire, const char *host, const char *path)
{
    wire->size = wire->count = 0;
    struct pen pen = wire_begin(wire);
    pen_format(&pen, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host);
    wire_end(wire, &pen);
}
