/*
 * The load generators count right: requests say what the orders say, a SET is as long as its order, and replies are
 * the same in whatever pieces they come.
 */
#include "bench/load_reply.h"
#include "bench/resp_client.h"
#include "bench/wire.h"
#include "door/resp_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ORDERS 2000u
#define SKUS 1000u
#define SHOPPERS 1000u

static void fill(struct orders *orders)
{
    struct workload *workload = workload_open(WORKLOAD_SEED, SKUS, SHOPPERS);
    orders_open(orders, ORDERS);
    orders_fill(orders, workload, WORKLOAD_ZIPF, ORDERS);
    workload_close(workload);
}

static u32 number_of(struct slice text, bool marked)
{
    char digits[16];
    assert_true(text.size < sizeof(digits) && (!marked || text.bytes[0] == '#'));
    snprintf(digits, sizeof(digits), SLICE_FORMAT, (int)(text.size - marked), text.bytes + marked);
    return (u32)strtoul(digits, NULL, 10);
}

/* The door's own parser reads each request as the order it was made from. */
static void test_requests_say_the_orders(void **state)
{
    struct orders orders;
    struct wire wire;
    static struct resp_request request;
    (void)state;
    fill(&orders);
    wire_open(&wire, ORDERS, WIRE_RESP_MAX);
    wire_resp_orders(&wire, &orders);
    const char *at = wire.bytes;
    for (size_t i = 0; i < ORDERS; at += wire.sizes[i], i++) {
        const struct command_order_place *order = orders_at(&orders, i);
        const struct order_line_asked *lines = (const struct order_line_asked *)(order + 1);
        char key[32];
        assert_int_equal(resp_parse(&request, at, wire.sizes[i]), wire.sizes[i]);
        assert_int_equal(request.count, 6 + 2 * order->line_count);
        assert_true(slice_is(request.arguments[0], "ORDER.PLACE"));
        snprintf(key, sizeof(key), "%016llx", (unsigned long long)order->header.key[0]);
        assert_true(slice_is(request.arguments[1], key));
        assert_int_equal(number_of(request.arguments[2], false), order->shopper);
        assert_int_equal(number_of(request.arguments[3], true), order->festival);
        assert_int_equal(number_of(request.arguments[4], true), order->city);
        assert_true(slice_is(request.arguments[5], "LINES"));
        for (u32 j = 0; j < order->line_count; j++) {
            assert_int_equal(number_of(request.arguments[6 + 2 * j], true), lines[j].sku);
            assert_int_equal(number_of(request.arguments[7 + 2 * j], false), lines[j].quantity);
        }
    }
    assert_ptr_equal(at, wire.bytes + wire.size);
    wire_close(&wire);
    orders_close(&orders);
}

static void test_a_set_is_as_long_as_its_order(void **state)
{
    struct orders orders;
    struct wire places, sets;
    static struct resp_request request;
    (void)state;
    fill(&orders);
    wire_open(&places, ORDERS, WIRE_RESP_MAX);
    wire_open(&sets, ORDERS, WIRE_RESP_MAX);
    wire_resp_orders(&places, &orders);
    wire_resp_sets(&sets, &orders);
    const char *at = sets.bytes;
    for (size_t i = 0; i < ORDERS; at += sets.sizes[i], i++) {
        assert_int_equal(sets.sizes[i], places.sizes[i]);
        assert_int_equal(resp_parse(&request, at, sets.sizes[i]), sets.sizes[i]);
        assert_int_equal(request.count, 3);
    }
    wire_close(&places);
    wire_close(&sets);
    orders_close(&orders);
}

static void test_another_key_and_nothing_else(void **state)
{
    struct orders orders;
    struct wire wire;
    static struct resp_request before, after;
    (void)state;
    fill(&orders);
    wire_open(&wire, ORDERS, WIRE_RESP_MAX);
    wire_resp_orders(&wire, &orders);
    char *at = wire.bytes, copy[WIRE_RESP_MAX];
    for (size_t i = 0; i < ORDERS; at += wire.sizes[i], i++) {
        memcpy(copy, at, wire.sizes[i]);
        wire_rekey(at, i);
        assert_int_equal(resp_parse(&before, copy, wire.sizes[i]), wire.sizes[i]);
        assert_int_equal(resp_parse(&after, at, wire.sizes[i]), wire.sizes[i]);
        assert_int_equal(after.count, before.count);
        for (u32 j = 0; j < after.count; j++)
            assert_true(slice_equal(after.arguments[j], before.arguments[j]) == (j != 1));
    }
    wire_close(&wire);
    orders_close(&orders);
}

static const char replies_text[] =
    "*3\r\n:17\r\n:9020\r\n:0\r\n+OK\r\n*3\r\n:17\r\n:9020\r\n:1\r\n-SOLD-OUT 7 Sold out.\r\n$-1\r\n$5\r\n*1\r\n:\r\n"
    "*-1\r\n*0\r\n_\r\n%1\r\n+a\r\n:0\r\n:-5\r\n*2\r\n*1\r\n$0\r\n\r\n:0\r\n-ERR second\r\n$0\r\n\r\n";

static void test_replies_in_any_pieces(void **state)
{
    size_t size = sizeof(replies_text) - 1;
    (void)state;
    for (size_t piece = 1; piece <= size; piece++) {
        struct resp_reader reader = {0};
        u64 replies[RESP_REPLIES] = {0};
        size_t count = 0;
        for (size_t at = 0; at < size; at += piece)
            count += resp_reader_feed(&reader, replies_text + at, MIN(piece, size - at), replies);
        assert_int_equal(count, 14);
        assert_int_equal(replies[RESP_REPLY_OK], 1);
        assert_int_equal(replies[RESP_REPLY_ORDER], 2);    /* with the nested one, which ends with :0 */
        assert_int_equal(replies[RESP_REPLY_REPLAYED], 1);
        assert_int_equal(replies[RESP_REPLY_ERROR], 2);
        assert_int_equal(replies[RESP_REPLY_OTHER], 8);
        assert_string_equal(reader.error, "SOLD-OUT 7 Sold out.");
    }
}

static void test_http_replies(void **state)
{
    static const char text[] = "HTTP/1.1 503 Service Unavailable\r\nDate: x\r\ncontent-length: 5\r\nRetry-After: 12\r\n"
                               "Queue-Ticket: 7.8.ab\r\nConnection: close\r\n\r\nhello";
    static const char again[] =
        "HTTP/1.1 201 Created\r\nIdempotent-Replayed: true\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200";
    struct load_reply reply;
    (void)state;
    for (size_t size = 0; size < sizeof(text) - 1; size++)
        assert_int_equal(load_reply_read(text, size, &reply), 0);
    assert_int_equal(load_reply_read(text, sizeof(text) - 1, &reply), 1);
    assert_int_equal(reply.status, 503);
    assert_int_equal(reply.size, sizeof(text) - 1);
    assert_int_equal(reply.retry_after_s, 12);
    assert_true(slice_is(reply.ticket, "7.8.ab"));
    assert_true(reply.closes && !reply.replayed);
    assert_int_equal(load_reply_read(again, sizeof(again) - 1, &reply), 1);
    assert_int_equal(reply.size, sizeof(again) - 1 - 12);
    assert_true(reply.replayed && !reply.closes && reply.retry_after_s == 0);
    assert_int_equal(load_reply_read("HTTP/1.1 200 OK\r\n\r\n", 19, &reply), -1);
    assert_int_equal(load_reply_read("SSH-2.0\r\n\r\n", 11, &reply), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_say_the_orders),
        cmocka_unit_test(test_a_set_is_as_long_as_its_order),
        cmocka_unit_test(test_another_key_and_nothing_else),
        cmocka_unit_test(test_replies_in_any_pieces),
        cmocka_unit_test(test_http_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
