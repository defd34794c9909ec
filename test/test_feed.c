/*
 * Texts and rows of feeds and product pages: whatever a catalogue holds, XML stays XML, a page runs nothing, and a
 * price is what an order would cost.
 */
#include "door/catalogue.h"
#include "door/feed.h"
#include "test/support.h"

#include <jansson.h>
#include <string.h>

/* --- texts ------------------------------------------------------------------------ */

/* What a function makes of a text, NUL-terminated. */
static struct buffer out;

static const char *made(void)
{
    buffer_byte(&out, 0);
    out.size--;
    return out.bytes;
}

static const char *escaped(const char *text, size_t size)
{
    out.size = 0;
    feed_escape(&out, slice_of(text, size));
    return made();
}

static void test_escape(void **state)
{
    (void)state;
    assert_string_equal(escaped("a<b>&\"'", 7), "a&lt;b&gt;&amp;&quot;&#39;");
    assert_string_equal(escaped("]]>", 3), "]]&gt;");
    assert_string_equal(escaped("红\t\r\n", 6), "红\t\r\n");
    assert_string_equal(escaped("", 0), "");
    /* no character of XML 1.0: NUL, escape, delete, U+FFFF; and not UTF-8: half of one, a surrogate, an overlong '<' */
    assert_string_equal(escaped("a\0b", 3), "a\xef\xbf\xbd" "b");
    assert_string_equal(escaped("\x1b\x7f\xef\xbf\xbf", 5), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(escaped("\xe7\xba", 2), "\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(escaped("\xed\xa0\x80", 3), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(escaped("\xc0\xbc", 2), "\xef\xbf\xbd\xef\xbf\xbd");
}

static const char *plain(const char *html, size_t size_max)
{
    out.size = 0;
    buffer_text(&out, "|"); /* what stands before is left alone */
    feed_plain(&out, slice_text(html), size_max);
    return made() + 1;
}

static void test_plain(void **state)
{
    (void)state;
    static const struct {
        const char *html, *text;
    } rows[] = {
        {"", ""},
        {"<p>A <b>mug</b>.</p>\n\n  <p>Red</p>", "A mug . Red"},
        {"a<br>b<BR/>c", "a b c"},
        {"x<script>alert('<b>')</script>y<STYLE>p{}</STYLE >z", "x y z"},
        {"x<script>never closed", "x"},
        {"x<!-- <b> -- > -->y<!---->z", "x y z"},
        {"x<b", "x"},
        {"1 < 2 & 3 > 2 <", "1 < 2 & 3 > 2 <"},
        {"&lt;b&gt; &amp;amp; &quot;&apos;&#39;&#x41;&nbsp;&#20013;", "<b> &amp; \"''A 中"},
        {"&copy; &; &#; &#x; &#0; &#xd800; &#99999999; &am", "&copy; &; &#; &#x; &#0; &#xd800; &#99999999; &am"},
        {"<scripts>shown</scripts>", "shown"},
        {"中文<b>描述</b>", "中文 描述"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        assert_string_equal(plain(rows[i].html, 100), rows[i].text);
    assert_string_equal(plain("abcdef", 3), "abc");
    assert_string_equal(plain("中文", 5), "中");
    assert_string_equal(plain("中文", 2), "");
    assert_string_equal(plain("中文", 6), "中文");
}

static void test_segment(void **state)
{
    (void)state;
    out.size = 0;
    feed_segment(&out, slice_text("aZ09-._~ /?#%&\"<红"));
    assert_string_equal(made(), "aZ09-._~%20%2F%3F%23%25%26%22%3C%E7%BA%A2");
}

static void test_json(void **state)
{
    (void)state;
    out.size = 0;
    feed_json(&out, slice_text("{\"a\":\"</script><!--&\"}"));
    assert_string_equal(made(), "{\"a\":\"\\u003c/script\\u003e\\u003c!--\\u0026\"}");
}

static void test_address(void **state)
{
    (void)state;
    static const char *const good[] = {"https://img.example/a.jpg", "HTTP://x/"};
    static const char *const bad[] = {"", "http://", "https://", "javascript:alert(1)", "data:x", "//img.example/a",
                                      "https://a b", "https://a\nb", " https://a"};
    for (size_t i = 0; i < ARRAY_COUNT(good); i++)
        assert_true(feed_is_address(slice_text(good[i])));
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_false(feed_is_address(slice_text(bad[i])));
}

static void test_lines(void **state)
{
    (void)state;
    struct slice line;
    size_t at = 0;
    struct slice text = slice_text("\na\n\nbc\n");
    assert_true(catalogue_line(text, &at, &line) && slice_is(line, "a"));
    assert_true(catalogue_line(text, &at, &line) && slice_is(line, "bc"));
    assert_false(catalogue_line(text, &at, &line));
}

/* --- rows ------------------------------------------------------------------------------ */

/* A small shop: one engine, and what was put into it. */
static struct engine_limits limits;
static struct engine *engine;
static u64 room[COMMAND_SIZE_MAX / 8];
static i64 now_ms = 1000000;

static void *draft(u16 kind)
{
    memset(room, 0, sizeof(room));
    struct command_header *header = (void *)room;
    header->kind = kind;
    header->size = command_info(kind)->fixed_size;
    header->time_ms = now_ms;
    return header;
}

static u32 apply(const char *const *texts, size_t count)
{
    struct command_header *header = (void *)room;
    struct slice slices[COMMAND_TEXTS_MAX];
    for (size_t i = 0; i < count; i++)
        slices[i] = slice_text(texts[i]);
    if (count > 0)
        assert_true(command_add_texts(header, slices, count));
    struct result result = engine_apply(engine, header);
    assert_int_equal(result.code, RESULT_OK);
    return result.id;
}

#define APPLY(...) apply((const char *const[]){__VA_ARGS__}, ARRAY_COUNT(((const char *const[]){__VA_ARGS__})))

static void put_stock(u32 sku, u32 units)
{
    struct command_stock_receive *receive = draft(COMMAND_STOCK_RECEIVE);
    receive->sku = sku;
    receive->location = 1;
    receive->quantity = units;
    apply(NULL, 0);
}

static void put_price(u32 sku, i64 price_minor, u32 currency)
{
    struct command_price_set *price = draft(COMMAND_PRICE_SET);
    price->sku = sku;
    price->currency = currency;
    price->price_minor = price_minor;
    apply(NULL, 0);
}

static u32 put_sku(u64 gtin, const char *code, const char *title, const char *handle, const char *body)
{
    struct command_sku_put *sku = draft(COMMAND_SKU_PUT);
    sku->gtin = gtin;
    sku->department = sku->brand = sku->seller = 1;
    sku->for_sale = 1;
    return APPLY(code, title, handle, "Size: L", "", body,
                 "https://i.example/1.jpg\njavascript:x\nhttps://i.example/2.jpg");
}

static u32 put_deal(u32 sku, i64 price_minor, i64 opens_ms, i64 closes_ms, u32 quota)
{
    struct command_deal_put *deal = draft(COMMAND_DEAL_PUT);
    deal->price_minor = price_minor;
    deal->opens_ms = opens_ms;
    deal->closes_ms = closes_ms;
    deal->festival = 1;
    deal->sku = sku;
    deal->quota = quota;
    return apply(NULL, 0);
}

static int open_shop(void **state)
{
    (void)state;
    support_limits(&limits);
    engine = support_engine(&limits);
    ((struct command_currency_put *)draft(COMMAND_CURRENCY_PUT))->digits = 2;
    APPLY("CNY");
    draft(COMMAND_CURRENCY_PUT);
    APPLY("JPY");
    draft(COMMAND_COUNTRY_PUT);
    APPLY("CN", "China");
    draft(COMMAND_DEPARTMENT_PUT);
    APPLY("d", "D");
    ((struct command_city_put *)draft(COMMAND_CITY_PUT))->country = 1;
    APPLY("c", "C", "C", "");
    struct command_location_put *location = draft(COMMAND_LOCATION_PUT);
    location->city = 1;
    location->kind = LOCATION_STORE;
    location->services = SERVICE_SHIP;
    APPLY("s<1>", "Store");
    draft(COMMAND_BRAND_PUT);
    APPLY("b", "B&B");
    draft(COMMAND_SELLER_PUT);
    APPLY("h", "H");
    struct command_festival_put *festival = draft(COMMAND_FESTIVAL_PUT);
    festival->opens_ms = 1000000;
    festival->closes_ms = 9000000;
    festival->currency = 1;
    APPLY("11.11", "F");
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    support_engine_free(engine, &limits);
    now_ms = 1000000;
    return 0;
}

static void test_offer(void **state)
{
    (void)state;
    u32 sku = put_sku(0, "A", "A", "a", "");
    const struct sku *row = engine_sku(engine, sku);
    assert_int_equal(catalogue_offer(engine, row, 1, 2000000).list_minor, 0);
    put_price(sku, 1990, 1);
    put_price(sku, 300, 2);
    u32 second = put_deal(sku, 900, 5000000, 6000000, 0), first = put_deal(sku, 1111, 2000000, 3000000, 1);
    struct offer before = catalogue_offer(engine, row, 1, 1999999), during = catalogue_offer(engine, row, 1, 2000000),
                 after = catalogue_offer(engine, row, 1, 3000000), late = catalogue_offer(engine, row, 1, 6000000),
                 yen = catalogue_offer(engine, row, 2, 2000000);
    assert_true(before.list_minor == 1990 && before.deal == 0 && before.next_deal == first);
    assert_true(during.list_minor == 1990 && during.deal == first && during.next_deal == second);
    assert_true(after.deal == 0 && after.next_deal == second);
    assert_true(late.deal == 0 && late.next_deal == 0);
    assert_true(yen.list_minor == 300 && yen.deal == 0 && yen.next_deal == 0); /* the festival is in CNY */
    assert_true(catalogue_deal_left(engine_deal(engine, first)));
    assert_int_equal(catalogue_currency_default(engine, 0), 1);
}

static void test_stock_look(void **state)
{
    (void)state;
    u32 a = put_sku(0, "A", "A", "a", ""), b = put_sku(0, "B", "B", "b", "");
    put_stock(a, 5);
    put_stock(b, 7);
    struct stock_look look = {2, 2};
    struct stock_sum sum = catalogue_stock(engine, engine_sku(engine, a), &look);
    assert_true(sum.available == 5 && sum.whole && look.left == 1 && look.skus == 1);
    catalogue_stock_add(&sum, catalogue_stock(engine, engine_sku(engine, b), &look));
    assert_true(sum.available == 12 && sum.whole && look.left == 0);
    struct stock_sum none = catalogue_stock(engine, engine_sku(engine, b), &look);
    assert_true(none.available == 0 && !none.whole); /* not known is not zero */
    u32 looked = 0;
    assert_true(feed_in_stock(engine, engine_sku(engine, a), 10, &looked));
    assert_int_equal(looked, 1);
}

static bool has(const char *text)
{
    return strstr(made(), text) != NULL;
}

static void test_product_row(void **state)
{
    (void)state;
    u32 sku = put_sku(9520000000011, "A<1>", "Mug & \"cup\"", "m/ug", "<p>Red</p><script>x</script>"), looked = 0;
    struct feed feed = {engine, 2000000, 1, slice_text("https://shop.example")};
    out.size = 0;
    feed_product(&out, &feed, sku, &looked);
    assert_int_equal(out.size, 0); /* no price in this currency */
    put_price(sku, 1990, 1);
    put_deal(sku, 1111, 2000000, 3000000, 0);
    feed_product(&out, &feed, sku, &looked);
    assert_true(has("<g:id>A&lt;1&gt;</g:id>") && has("<title>Mug &amp; &quot;cup&quot;</title>"));
    assert_true(has("<description>Red</description>"));
    assert_true(has("<link>https://shop.example/products/m%2Fug</link>"));
    assert_true(has("<g:image_link>https://i.example/1.jpg</g:image_link>") && !has("javascript"));
    assert_true(has("<g:additional_image_link>https://i.example/2.jpg</g:additional_image_link>"));
    assert_true(has("<g:price>19.90 CNY</g:price>") && has("<g:sale_price>11.11 CNY</g:sale_price>"));
    assert_true(has("<g:availability>out_of_stock</g:availability>") && has("<g:gtin>09520000000011</g:gtin>"));
    assert_true(has("<g:brand>B&amp;B</g:brand>") && has("<g:condition>new</g:condition>"));
    put_stock(sku, 3);
    feed.now_ms = 3000000;
    out.size = 0;
    feed_product(&out, &feed, sku, &looked);
    assert_true(has("<g:availability>in_stock</g:availability>") && !has("sale_price"));
    out.size = 0;
    feed_stock(&out, &feed, 1);
    assert_true(has("<g:store_code>s&lt;1&gt;</g:store_code>") && has("<g:quantity>3</g:quantity>"));
}

/* The page's one script is data, and says what the page does. */
static void test_page(void **state)
{
    (void)state;
    u32 sku = put_sku(9520000000011, "A", "</script><script>alert(1)</script>", "", "&lt;/script&gt;");
    struct feed feed = {engine, 2000000, 1, slice_text("https://shop.example")};
    struct buffer scratch = {0};
    put_price(sku, 1990, 1);
    put_stock(sku, 1);
    out.size = 0;
    feed_page(&out, &scratch, &feed, &sku, 1, NULL);
    const char *begin = strstr(made(), "<script");
    assert_non_null(begin);
    assert_true(strncmp(begin, "<script type=\"application/ld+json\">", 35) == 0);
    const char *end = strstr(begin, "</script>");
    assert_non_null(end);
    assert_null(strstr(end + 9, "script>")); /* the next one is text: escaped */
    json_t *json = json_loadb(begin + 35, (size_t)(end - begin) - 35, 0, NULL);
    assert_non_null(json);
    const json_t *offer = json_array_get(json_object_get(json, "offers"), 0);
    assert_string_equal(json_string_value(json_object_get(json, "name")), "</script><script>alert(1)</script>");
    assert_string_equal(json_string_value(json_object_get(json, "description")), "</script>");
    assert_string_equal(json_string_value(json_object_get(offer, "price")), "19.90");
    assert_string_equal(json_string_value(json_object_get(offer, "priceCurrency")), "CNY");
    assert_string_equal(json_string_value(json_object_get(offer, "gtin14")), "09520000000011");
    assert_string_equal(json_string_value(json_object_get(offer, "availability")), "https://schema.org/InStock");
    assert_string_equal(json_string_value(json_object_get(offer, "url")), "https://shop.example/products/A");
    json_decref(json);
    buffer_free(&scratch);
}

static int free_out(void **state)
{
    (void)state;
    buffer_free(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_segment),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_address),
        cmocka_unit_test(test_lines),
        cmocka_unit_test_setup_teardown(test_offer, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(test_stock_look, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(test_product_row, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(test_page, open_shop, close_shop),
    };
    return cmocka_run_group_tests(tests, NULL, free_out);
}
