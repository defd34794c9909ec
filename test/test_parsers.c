/*
 * The parsers of what comes from outside, where the fuzz targets (fuzz/) found
 * them to differ: regression cases by name.
 */
#include "door/body.h"
#include "door/json_check.h"
#include "door/resp_parse.h"
#include "test/support.h"

#include <stdlib.h>
#include <string.h>

/* --- the two readers of an order ------------------------------------------------------------------------ */

struct reading {
    _Alignas(8) u8 room[1024];
    struct ask ask;
    enum body_plain plain;
};

static struct shop shop;

static void read_plain(struct reading *reading, const char *text)
{
    memset(reading->room, 0, sizeof(reading->room));
    ask_begin(&reading->ask, shop.engine, COMMAND_ORDER_PLACE, reading->room);
    reading->plain = body_plain_order(slice_text(text), &reading->ask);
    if (reading->plain == BODY_DONE && !ask_end(&reading->ask))
        reading->plain = BODY_REFUSED;
}

/* False: it is no JSON object, or refused. */
static bool read_careful(struct reading *reading, const char *text)
{
    json_error_t error;
    json_t *object = json_loadb(text, strlen(text), JSON_REJECT_DUPLICATES, &error);
    memset(reading->room, 0, sizeof(reading->room));
    ask_begin(&reading->ask, shop.engine, COMMAND_ORDER_PLACE, reading->room);
    bool good = json_is_object(object) && body_members(object, &reading->ask) && ask_end(&reading->ask);
    json_decref(object);
    return good;
}

#define LINES "\"lines\":[{\"sku\":\"K1\",\"quantity\":2}]"

static void expect_same(const char *text)
{
    static struct reading plain, careful;
    read_plain(&plain, text);
    assert_int_equal(plain.plain, BODY_DONE);
    assert_true(read_careful(&careful, text));
    assert_memory_equal(plain.room, careful.room, sizeof(plain.room));
}

/* Refused by the careful one; the quick one must not take it either. */
static void expect_refused(const char *text)
{
    static struct reading plain, careful;
    read_plain(&plain, text);
    assert_int_not_equal(plain.plain, BODY_DONE);
    assert_false(read_careful(&careful, text));
}

static void test_orders_read_alike(void **state)
{
    (void)state;
    expect_same("{\"shopper\":1,\"festival\":\"1111\",\"city\":\"SHA\"," LINES "}");
    expect_same("{\"shopper\":1,\"may_split\":true,\"payment\":\"hold\"," LINES "}");
    expect_refused("{\"shopper\":1,\"shopper\":2," LINES "}");
    expect_refused("{\"lines\":[{\"sku\":\"K9\",\"quantity\":1}]}");
    expect_refused("{\"lines\":[]}");
    expect_refused("{\"shopper\":1");
}

/* Was passed over as if it were null. */
static void test_the_text_null_is_no_null(void **state)
{
    (void)state;
    expect_refused("{\"shopper\":\"null\"," LINES "}");
    expect_refused("{\"lines\":\"null\"}");
}

/* Lines of a second list were added to those of the first. */
static void test_members_twice(void **state)
{
    (void)state;
    expect_refused("{" LINES "," LINES "}");
    expect_refused("{\"city\":null,\"city\":\"SHA\"," LINES "}");
    expect_refused("{\"city\":\"SHA\",\"city\":null," LINES "}");
}

/* JSON is UTF-8 in its names as well: one with null was passed over unseen. */
static void test_names_are_utf8(void **state)
{
    (void)state;
    expect_refused("{\"\xff\":null," LINES "}");
    assert_false(json_check_plain(slice_text("\"\xc3\x28\"")));
    assert_true(json_check_plain(slice_text("{\"龙井茶\":\"\xf0\x9f\x8d\xb5\"}")));
}

/* Minus zero is the id 0, none, for both. */
static void test_minus_zero(void **state)
{
    (void)state;
    expect_same("{\"festival\":-0,\"shopper\":1," LINES "}");
}

/* A body of no bytes has no address. */
static void test_no_bytes_are_no_json(void **state)
{
    (void)state;
    assert_false(json_check_plain(slice_of(NULL, 0)));
}

/* --- RESP -------------------------------------------------------------------------------------------------- */

static struct resp_request request;

/* What is behind the largest request is not looked at, so that it makes no difference whether it has come already. */
static void test_too_big_in_any_pieces(void **state)
{
    static const char head[] = "*3\r\n$61000\r\n";
    size_t size = RESP_REQUEST_MAX + 2048, body = sizeof(head) - 1 + 61000;
    char *stream = malloc(size);
    (void)state;
    assert_non_null(stream);
    memset(stream, 'x', size);
    memcpy(stream, head, sizeof(head) - 1);
    memcpy(stream + body, "\r\n$1000\r\n", 9);
    memcpy(stream + body + 9 + 1000, "\r\n+wrong", 8); /* beyond RESP_REQUEST_MAX */
    assert_true(body + 9 + 1000 > RESP_REQUEST_MAX);
    assert_int_equal(resp_parse(&request, stream, RESP_REQUEST_MAX - 1), 0);
    assert_null(request.problem);
    assert_int_equal(resp_parse(&request, stream, RESP_REQUEST_MAX), 0);
    assert_string_equal(request.problem, "too big request");
    assert_int_equal(resp_parse(&request, stream, size), 0);
    assert_string_equal(request.problem, "too big request");
    free(stream);
}

/* A request of exactly the largest size is taken, whatever follows. */
static void test_largest_request(void **state)
{
    char head[32], *stream = malloc(RESP_REQUEST_MAX + 8);
    size_t length = RESP_REQUEST_MAX - strlen("*1\r\n$61425\r\n") - 2;
    int size = snprintf(head, sizeof(head), "*1\r\n$%zu\r\n", length);
    (void)state;
    assert_non_null(stream);
    memset(stream, 'x', RESP_REQUEST_MAX + 8);
    memcpy(stream, head, (size_t)size);
    memcpy(stream + RESP_REQUEST_MAX - 2, "\r\n", 2);
    assert_int_equal(resp_parse(&request, stream, RESP_REQUEST_MAX - 1), 0);
    assert_int_equal(resp_parse(&request, stream, RESP_REQUEST_MAX), RESP_REQUEST_MAX);
    assert_int_equal(resp_parse(&request, stream, RESP_REQUEST_MAX + 8), RESP_REQUEST_MAX);
    assert_int_equal(request.count, 1);
    assert_int_equal(request.arguments[0].size, length);
    free(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders_read_alike), cmocka_unit_test(test_the_text_null_is_no_null),
        cmocka_unit_test(test_members_twice),     cmocka_unit_test(test_names_are_utf8),
        cmocka_unit_test(test_minus_zero),        cmocka_unit_test(test_no_bytes_are_no_json),
        cmocka_unit_test(test_too_big_in_any_pieces), cmocka_unit_test(test_largest_request),
    };
    shop_open_festival(&shop);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    shop_close(&shop);
    return failed;
}
