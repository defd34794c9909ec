/*
 * Webhooks against receivers on this machine: what arrives, that it can be verified by somebody else's code, in
 * which order, and what happens when it is not taken. Events are of a shop of support.h, told by hand as the
 * follower would.
 */
#include "hook/internal.h"
#include "test/receiver.h"
#include "test/support.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ALL ((1u << HOOK_EVENT_COUNT) - 1)
#define ORDERS (1u << HOOK_ORDER_PLACED)
#define HOUR_MS ((i64)3600 * 1000)

static struct shop s;
static struct hook *hook;
static struct hook_options options;
static struct receiver here, there;
static char folder[64];
static char secret[HOOK_SECRET_MAX];
static i64 ahead_ms; /* of the schedule's clock */

/* --- the machinery ------------------------------------------------------------------------- */

static i64 wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (i64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static i64 moved_ms(void)
{
    return wall_ms() + __atomic_load_n(&ahead_ms, __ATOMIC_ACQUIRE);
}

static void pass(i64 ms)
{
    __atomic_fetch_add(&ahead_ms, ms, __ATOMIC_ACQ_REL);
    hook_wake(hook);
}

static void open_hook(void)
{
    char problem[HOOK_PROBLEM_MAX] = "";
    options.directory = folder;
    options.now_ms = moved_ms;
    if (!hook_open(&hook, &options, problem))
        fail_msg("%s", problem);
}

static void begin(void)
{
    strcpy(folder, "/tmp/test_hook.XXXXXX");
    assert_non_null(mkdtemp(folder));
    memset(&here, 0, sizeof here);
    memset(&there, 0, sizeof there);
    ahead_ms = 0;
    options = (struct hook_options){.allow_private = true, .retry_base_ms = 1, .timeout_ms = 300};
    shop_open_festival(&s);
    receiver_start(&here);
}

static void end(void)
{
    if (hook != NULL)
        hook_close(hook);
    hook = NULL;
    receiver_stop(&here);
    receiver_clear(&here);
    shop_close(&s);
    const char *const names[] = {"hooks.db", "hooks.db-wal", "hooks.db-shm"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

static u32 add(struct receiver *receiver, u32 events)
{
    char url[64];
    u32 id = 0;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/hook?a=b", receiver->port);
    assert_int_equal(hook_add(hook, slice_text(url), events, secret, &id), HOOK_OK);
    return id;
}

static struct hook_endpoint get(u32 id)
{
    struct hook_endpoint endpoint;
    assert_int_equal(hook_get(hook, id, &endpoint), HOOK_OK);
    return endpoint;
}

/* Waits until `condition` holds; at most 5 s. */
#define UNTIL(condition)                                                                     \
    do {                                                                                     \
        for (int tries = 0; !(condition); tries++) {                                         \
            if (tries > 2500)                                                                \
                fail_msg("%s:%d: in vain: %s", __FILE__, __LINE__, #condition);              \
            nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);                         \
        }                                                                                    \
    } while (0)

/* As the follower tells the shop's last command. */
static struct result told(struct result result, u32 order)
{
    const struct command_header *command = (const void *)s.command;
    OK(result);
    hook_event(hook, s.engine, engine_seq(s.engine), s.now_ms, command, result, order);
    return result;
}

static u32 place(u8 payment)
{
    struct command_order_place command = {HEADER(order_place, ORDER_PLACE), HOME(HOLD)};
    command.payment = payment;
    struct result result = shop_place(&s, command, "1x1");
    told(result, result.id);
    return result.id;
}

static void restock(void)
{
    told(DO(&s, stock_receive, STOCK_RECEIVE, .sku = 1, .location = 1, .quantity = 100000), 0);
}

/* --- what somebody else's code makes of a request ------------------------------------------ */

static void hmac_base64(const char *key_text, const char *text, char *signature)
{
    u8 key[64], digest[32];
    unsigned size = sizeof digest;
    assert_int_equal(strncmp(key_text, "whsec_", 6), 0);
    int padded = EVP_DecodeBlock(key, (const u8 *)key_text + 6, (int)strlen(key_text) - 6);
    assert_int_equal(padded, 33); /* 32 bytes and one of padding */
    assert_non_null(HMAC(EVP_sha256(), key, 32, (const u8 *)text, strlen(text), digest, &size));
    EVP_EncodeBlock((u8 *)signature, digest, sizeof digest);
}

/* How many of the signatures are made with the key. */
static int signatures(const struct request *request, const char *key, int *of)
{
    char id[256], timestamp[256], list[256], expected[64];
    receiver_header(request, "webhook-id", id);
    receiver_header(request, "webhook-timestamp", timestamp);
    receiver_header(request, "webhook-signature", list);
    assert_null(strchr(id, '.'));
    char *signed_text = malloc(strlen(id) + strlen(timestamp) + request->body_size + 3);
    sprintf(signed_text, "%s.%s.%s", id, timestamp, request->body);
    hmac_base64(key, signed_text, expected);
    free(signed_text);
    int good = 0;
    *of = 0;
    for (char *save, *one = strtok_r(list, " ", &save); one != NULL; one = strtok_r(NULL, " ", &save)) {
        assert_int_equal(strncmp(one, "v1,", 3), 0);
        good += strcmp(one + 3, expected) == 0;
        (*of)++;
    }
    return good;
}

static void verified(const struct request *request)
{
    char value[256];
    int of;
    assert_int_equal(signatures(request, secret, &of), 1);
    assert_int_equal(of, 1);
    receiver_header(request, "webhook-timestamp", value);
    assert_true(llabs(atoll(value) - moved_ms() / 1000) < 10);
    receiver_header(request, "content-type", value);
    assert_string_equal(value, "application/json");
}

static json_t *data_of(const struct request *request, const char *type)
{
    json_error_t error;
    json_t *root = json_loads(request->body, 0, &error);
    if (root == NULL)
        fail_msg("%s: %s", error.text, request->body);
    assert_string_equal(json_string_value(json_object_get(root, "type")), type);
    json_t *data = json_incref(json_object_get(root, "data"));
    assert_true(json_is_object(data));
    json_decref(root);
    return data;
}

static i64 number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_string(value));
    return json_string_value(value);
}

static i64 order_of(const struct request *request)
{
    json_t *data = data_of(request, "order.placed");
    i64 order = number_of(data, "order");
    json_decref(data);
    return order;
}

/* The requests from `first` on are orders `from`, from + 1, ... */
static void in_order(struct receiver *receiver, u32 first, i64 from)
{
    for (u32 i = first; i < receiver_count(receiver); i++)
        assert_int_equal(order_of(&receiver->requests[i]), from + i - first);
}

/* --- tests --------------------------------------------------------------------------------- */

static void test_order_placed_and_paid(void **state)
{
    (void)state;
    char id[256], other[256];
    begin();
    open_hook();
    add(&here, ALL);
    place(PAYMENT_WALLET);
    UNTIL(receiver_count(&here) == 2);
    verified(&here.requests[0]);
    verified(&here.requests[1]);
    assert_int_equal(strncmp(here.requests[0].head, "POST /hook?a=b HTTP/1.1\r\n", 25), 0);
    receiver_header(&here.requests[0], "webhook-id", id);
    receiver_header(&here.requests[1], "webhook-id", other);
    unsigned long long seq;
    unsigned n;
    assert_int_equal(strncmp(id, other, strlen(id) - 1), 0);
    assert_int_equal(sscanf(id, "evt_%*16[0-9a-f]_%llu_%u", &seq, &n), 2);
    assert_int_equal(seq, engine_seq(s.engine));
    assert_int_equal(n, 0);
    json_t *data = data_of(&here.requests[0], "order.placed");
    assert_string_equal(text_of(data, "state"), "paid");
    assert_string_equal(text_of(data, "festival"), "1111");
    assert_string_equal(text_of(data, "city"), "SHA");
    assert_string_equal(text_of(data, "channel"), "web");
    assert_string_equal(text_of(data, "delivery"), "home");
    assert_string_equal(text_of(data, "payment"), "wallet");
    assert_string_equal(text_of(data, "currency"), "CNY");
    assert_string_equal(text_of(data, "placed_at"), "2026-11-06T17:00:00Z");
    assert_int_equal(number_of(data, "total_minor"), 10000);
    assert_int_equal(number_of(data, "refunded_minor"), 0);
    assert_int_equal(number_of(data, "shopper"), 1);
    json_t *line = json_array_get(json_object_get(data, "lines"), 0);
    assert_int_equal(json_array_size(json_object_get(data, "lines")), 1);
    assert_int_equal(number_of(line, "quantity"), 1);
    assert_int_equal(number_of(line, "unit_price_minor"), 10000);
    assert_int_equal(number_of(line, "discount_minor"), 0);
    assert_int_equal(number_of(line, "part"), 1);
    assert_string_equal(text_of(line, "part_state"), "open");
    assert_string_equal(text_of(line, "location"), "W1");
    json_decref(data);
    json_decref(data_of(&here.requests[1], "order.paid"));
    assert_int_equal(here.connections, 1); /* kept */
    end();
}

/* Every event type once, and only those that are wanted. */
static void test_every_event(void **state)
{
    (void)state;
    static const char *const types[] = {
        "order.placed", "order.paid", "part.changed", "order.returned", "order.placed", "order.cancelled",
        "stock.changed", "stock.changed", "product.changed", "product.changed", "order.placed", "order.expired",
        "order.expired"};
    begin();
    receiver_start(&there);
    open_hook();
    add(&there, 1u << HOOK_ORDER_RETURNED);
    add(&here, ALL);
    u32 order = place(PAYMENT_WALLET);
    told(DO(&s, part_ship, PART_SHIP, .order = order, .part = 1), order);
    told(DO(&s, order_return, ORDER_RETURN, .order = order, .line = 1, .quantity = 1, .location = 2,
            .goods = GOODS_QUARANTINE), order);
    order = place(PAYMENT_HOLD);
    told(DO(&s, order_cancel, ORDER_CANCEL, .order = order), order);
    told(DO(&s, stock_move, STOCK_MOVE, .sku = 1, .from = 1, .to = 2, .quantity = 3), 0);
    told(PUT(&s, sku_put, SKU_PUT, "x\"\\\xff\xc3\xa9|Title\n\x01 \xf0\x9f\x91\x9f|handle", .department = 1, .brand = 1,
             .seller = 1, .for_sale = 1, .gtin = 4006381333931), 0);
    told(DO(&s, price_set, PRICE_SET, .sku = 5, .currency = 2, .price_minor = 77), 0);
    order = place(PAYMENT_HOLD);
    OK(DO(&s, wallet_top_up, WALLET_TOP_UP, .shopper = 1, .currency = 1, .amount_minor = 5));
    struct command_order_place second = {HEADER(order_place, ORDER_PLACE), HOME(HOLD)};
    OK(shop_place(&s, second, "2x1")); /* not told: its expiry shares the tick's number all the same */
    s.now_ms += SHOP_HOLD_MS;
    struct result tick = DO(&s, clock_tick, CLOCK_TICK, );
    EXPECT(tick, OK, 0, 2);
    told(tick, order);
    UNTIL(hook_seq(hook) == engine_seq(s.engine) - 1); /* half a tick is not taken as done */
    told(tick, order + 1);
    UNTIL(hook_seq(hook) == engine_seq(s.engine));
    UNTIL(receiver_count(&here) == ARRAY_COUNT(types) && receiver_count(&there) == 1);

    json_t *data[ARRAY_COUNT(types)];
    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        verified(&here.requests[i]);
        data[i] = data_of(&here.requests[i], types[i]);
        if (getenv("ELEVEN_SHOW") != NULL)
            printf("%s\n", here.requests[i].body);
    }
    assert_string_equal(text_of(data[2], "part_state"), "shipped");
    assert_int_equal(number_of(data[2], "part"), 1);
    json_t *back = json_object_get(data[3], "return");
    assert_int_equal(number_of(back, "refund_minor"), 10000);
    assert_string_equal(text_of(back, "goods"), "quarantine");
    assert_string_equal(text_of(back, "location"), "S1");
    assert_int_equal(number_of(data[3], "refunded_minor"), 10000);
    assert_string_equal(text_of(data[4], "state"), "held");
    assert_string_equal(text_of(data[4], "pay_by"), "2026-11-06T17:10:00Z");
    assert_string_equal(text_of(data[6], "location"), "W1");
    assert_string_equal(text_of(data[7], "location"), "S1");
    assert_string_equal(text_of(data[7], "reason"), "moved");
    assert_int_equal(number_of(data[7], "available"), 8);
    assert_int_equal(number_of(data[7], "quarantine"), 1);
    assert_string_equal(text_of(data[8], "sku"), "x\"\\\xef\xbf\xbd\xc3\xa9");
    assert_string_equal(text_of(data[8], "title"), "Title\n\x01 \xf0\x9f\x91\x9f");
    assert_string_equal(text_of(data[8], "gtin"), "04006381333931");
    assert_int_equal(json_array_size(json_object_get(data[8], "prices")), 0);
    json_t *price = json_array_get(json_object_get(data[9], "prices"), 0);
    assert_string_equal(text_of(price, "currency"), "JPY");
    assert_int_equal(number_of(price, "price_minor"), 77);
    assert_string_equal(text_of(data[11], "state"), "expired");
    assert_int_equal(number_of(data[12], "order"), order + 1);
    for (size_t i = 0; i < ARRAY_COUNT(types); i++)
        json_decref(data[i]);
    json_decref(data_of(&there.requests[0], "order.returned"));
    receiver_stop(&there);
    receiver_clear(&there);
    end();
}

/* Errors, a hang-up, silence and a receiver that is away: each is tried again, none is overtaken. */
static void test_tries_again_in_order(void **state)
{
    (void)state;
    begin();
    here.first_count = 5;
    memcpy(here.first, (int[]){500, RECEIVER_HANGS_UP, RECEIVER_SILENT, 302, 200}, 5 * sizeof(int));
    here.header = "location: http://127.0.0.1:1/\r\n";
    open_hook();
    u32 id = add(&here, ORDERS);
    restock();
    for (int i = 0; i < 20; i++)
        place(PAYMENT_HOLD);
    UNTIL(get(id).delivered == 20);
    assert_int_equal(receiver_count(&here), 24);
    for (u32 i = 0; i < 4; i++) {
        assert_int_equal(order_of(&here.requests[i]), 1);
        assert_string_equal(here.requests[i].body, here.requests[4].body);
    }
    in_order(&here, 4, 1);
    receiver_stop(&here);
    place(PAYMENT_HOLD);
    place(PAYMENT_HOLD);
    UNTIL(get(id).last_error[0] != '\0');
    assert_int_equal(get(id).waiting, 2);
    receiver_start(&here);
    UNTIL(get(id).delivered == 22);
    in_order(&here, 4, 1);
    struct hook_endpoint endpoint = get(id);
    assert_string_equal(endpoint.last_error, "");
    assert_int_equal(endpoint.waiting + endpoint.dead, 0);
    assert_int_equal(endpoint.next_try_ms, 0);
    end();
}

/* Waits grow as the contract says, the ninth failure buries; people send it again. */
static void test_schedule_dead_letters_and_redelivery(void **state)
{
    (void)state;
    static const i64 waits[] = {1, 6, 60, 360, 1800, 3600, 7200, 14400};
    struct hook_letter letters[4];
    char id[256];
    begin();
    options.retry_base_ms = 0;
    receiver_answer(&here, 500);
    open_hook();
    u32 endpoint = add(&here, ORDERS);
    place(PAYMENT_HOLD);
    place(PAYMENT_HOLD);
    for (u32 i = 0; i < 8; i++) {
        UNTIL(receiver_count(&here) == i + 1 && get(endpoint).next_try_ms > moved_ms() + 2000);
        i64 wait_ms = get(endpoint).next_try_ms - moved_ms();
        assert_in_range(wait_ms, waits[i] * 4000 - 2000, waits[i] * 6000);
        pass(wait_ms + 1);
    }
    UNTIL(receiver_count(&here) == 10 && get(endpoint).dead == 1); /* and the next one's first try */
    UNTIL(strcmp(get(endpoint).last_error, "answered with status 500") == 0 && get(endpoint).waiting == 1);
    assert_int_equal(hook_letters(hook, endpoint, 0, letters, 4), 1);
    receiver_header(&here.requests[0], "webhook-id", id);
    assert_string_equal(letters[0].id, id);
    assert_string_equal(letters[0].type, "order.placed");
    assert_string_equal(letters[0].error, "answered with status 500");
    assert_int_equal(letters[0].attempts, 9);
    assert_int_equal(letters[0].time_ms, SHOP_OPENS);
    assert_int_equal(hook_letters(hook, endpoint, letters[0].number, letters, 4), 0);
    assert_int_equal(hook_letters(hook, endpoint + 1, 0, letters, 4), 0);
    assert_int_equal(order_of(&here.requests[9]), 2);

    /* Still down: tried once, stays dead; what waits goes on by its schedule. */
    assert_int_equal(hook_redeliver(hook, endpoint), HOOK_OK);
    UNTIL(receiver_count(&here) >= 12);
    assert_int_equal(order_of(&here.requests[10]), 1);
    UNTIL(hook_letters(hook, endpoint, 0, letters, 4) == 1 && letters[0].attempts == 10);

    receiver_answer(&here, 204);
    assert_int_equal(hook_redeliver(hook, endpoint), HOOK_OK);
    UNTIL(get(endpoint).delivered == 2);
    UNTIL(hook_letters(hook, endpoint, 0, letters, 4) == 0);
    u32 count = receiver_count(&here);
    assert_int_equal(order_of(&here.requests[count - 2]), 1); /* letters first */
    receiver_header(&here.requests[count - 2], "webhook-id", id + 128);
    assert_string_equal(id + 128, id);
    assert_int_equal(get(endpoint).dead + get(endpoint).waiting, 0);
    end();
}

/* The endpoint is away: the first letter finds out, the others stay as they are. */
static void test_redelivery_to_nobody(void **state)
{
    (void)state;
    struct hook_letter letters[4];
    begin();
    options.retry_base_ms = 3600000;
    options.events_max = 3;
    receiver_answer(&here, 500);
    open_hook();
    u32 id = add(&here, ORDERS);
    for (int i = 0; i < 6; i++)
        place(PAYMENT_HOLD);
    UNTIL(get(id).dead == 3 && get(id).last_error[0] != '\0');
    receiver_stop(&here);
    assert_int_equal(hook_redeliver(hook, id), HOOK_OK);
    UNTIL(hook_letters(hook, id, 0, letters, 4) == 3 && letters[0].attempts == 1);
    assert_int_equal(letters[1].attempts, 0);
    assert_string_equal(letters[1].error, "outbox full");
    UNTIL(get(id).next_try_ms > moved_ms() + 1800000);
    receiver_answer(&here, 200);
    receiver_start(&here);
    assert_int_equal(hook_redeliver(hook, id), HOOK_OK);
    UNTIL(get(id).delivered == 6);
    assert_int_equal(get(id).dead + get(id).waiting, 0);
    end();
}

static void test_retry_after(void **state)
{
    (void)state;
    begin();
    receiver_answer(&here, 429);
    here.header = "retry-after: 1000\r\n";
    open_hook();
    u32 id = add(&here, ORDERS);
    place(PAYMENT_HOLD);
    UNTIL(get(id).next_try_ms > moved_ms() + 900000);
    assert_true(get(id).next_try_ms <= moved_ms() + 1000000);
    pthread_mutex_lock(&here.lock);
    here.header = "retry-after: 100000\r\n";
    pthread_mutex_unlock(&here.lock);
    receiver_answer(&here, 503);
    pass(1000001);
    UNTIL(get(id).next_try_ms > moved_ms() + HOUR_MS - 10000);
    assert_true(get(id).next_try_ms <= moved_ms() + HOUR_MS); /* no longer than that */
    receiver_answer(&here, 200);
    pass(HOUR_MS + 1);
    UNTIL(get(id).delivered == 1);
    end();
}

static void test_rotation_signs_twice(void **state)
{
    (void)state;
    char old[HOOK_SECRET_MAX];
    int of;
    begin();
    open_hook();
    u32 id = add(&here, ORDERS);
    strcpy(old, secret);
    assert_int_equal(hook_rotate(hook, id, secret), HOOK_OK);
    assert_string_not_equal(old, secret);
    place(PAYMENT_HOLD);
    UNTIL(receiver_count(&here) == 1);
    assert_int_equal(signatures(&here.requests[0], old, &of), 1);
    assert_int_equal(signatures(&here.requests[0], secret, &of), 1);
    assert_int_equal(of, 2);
    hook_close(hook);
    open_hook(); /* both are remembered */
    pass(HOOK_SECRET_OVERLAP_MS - 5000);
    place(PAYMENT_HOLD);
    UNTIL(receiver_count(&here) == 2);
    assert_int_equal(signatures(&here.requests[1], old, &of), 1);
    pass(5000);
    place(PAYMENT_HOLD);
    UNTIL(receiver_count(&here) == 3);
    assert_int_equal(signatures(&here.requests[2], old, &of), 0);
    verified(&here.requests[2]);
    assert_int_equal(hook_rotate(hook, id + 1, old), HOOK_NOT_FOUND);
    end();
}

static void test_gone_disables(void **state)
{
    (void)state;
    begin();
    receiver_answer(&here, 410);
    open_hook();
    u32 id = add(&here, ORDERS);
    place(PAYMENT_HOLD);
    UNTIL(!get(id).enabled);
    assert_string_equal(get(id).last_error, "disabled: gone; answered with status 410");
    u64 waiting = get(id).waiting;
    place(PAYMENT_HOLD); /* not collected */
    hook_close(hook);
    open_hook();
    assert_false(get(id).enabled);
    assert_int_equal(get(id).waiting, waiting);
    receiver_answer(&here, 200);
    assert_int_equal(hook_enable(hook, id, true), HOOK_OK);
    UNTIL(get(id).delivered == 1);
    place(PAYMENT_HOLD);
    UNTIL(get(id).delivered == 2);
    assert_int_equal(receiver_count(&here), 3);
    assert_int_equal(order_of(&here.requests[1]), 1);
    assert_int_equal(order_of(&here.requests[2]), 3);
    end();
}

static void test_five_days_of_failures_disable(void **state)
{
    (void)state;
    begin();
    receiver_answer(&here, 500);
    options.retry_base_ms = 5000;
    open_hook();
    u32 id = add(&here, ORDERS);
    place(PAYMENT_HOLD);
    UNTIL(receiver_count(&here) == 1 && get(id).last_error[0] != '\0');
    pass(HOOK_FAILING_MAX_MS - 60000);
    UNTIL(receiver_count(&here) == 2);
    UNTIL(get(id).next_try_ms > moved_ms() + 1000);
    assert_true(get(id).enabled);
    pass(60000);
    UNTIL(!get(id).enabled);
    assert_string_equal(get(id).last_error, "disabled: failing for 5 days; answered with status 500");
    assert_int_equal(get(id).waiting, 1);
    end();
}

static void test_slow_endpoint_delays_nobody(void **state)
{
    (void)state;
    begin();
    receiver_start(&there);
    there.delay_ms = 200;
    open_hook();
    u32 slow = add(&there, ORDERS);
    u32 quick = add(&here, ORDERS);
    restock();
    i64 begun_ms = wall_ms();
    for (int i = 0; i < 40; i++)
        place(PAYMENT_HOLD);
    UNTIL(get(quick).delivered == 40);
    assert_true(wall_ms() - begun_ms < 40 * 200 / 2);
    assert_true(get(slow).delivered < 20);
    in_order(&here, 0, 1);
    assert_int_equal(hook_remove(hook, slow), HOOK_OK);
    receiver_stop(&there);
    receiver_clear(&there);
    end();
}

/* --- durability ---------------------------------------------------------------------------- */

static u64 rows(const char *sql)
{
    char path[128];
    sqlite3 *database;
    sqlite3_stmt *statement;
    snprintf(path, sizeof path, "%s/hooks.db", folder);
    assert_int_equal(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(database, 1000);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    u64 number = (u64)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
}

static void test_reopen_resumes(void **state)
{
    (void)state;
    begin();
    receiver_answer(&here, 500);
    options.retry_base_ms = 3600000;
    open_hook();
    u32 id = add(&here, ORDERS);
    for (int i = 0; i < 3; i++)
        place(PAYMENT_HOLD);
    UNTIL(receiver_count(&here) == 1);
    hook_close(hook);
    receiver_answer(&here, 200);
    open_hook();
    assert_int_equal(hook_seq(hook), engine_seq(s.engine));
    assert_int_equal(get(id).waiting, 3);
    place(PAYMENT_HOLD);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    assert_int_equal(receiver_count(&here), 1); /* the wait goes on where it was */
    pass(2 * 3600000);
    UNTIL(get(id).delivered == 4);
    in_order(&here, 1, 1);
    hook_close(hook);
    assert_int_equal(rows("SELECT count(*) FROM outbox"), 0);
    open_hook();
    assert_int_equal(get(id).delivered, 4);
    verified(&here.requests[4]);
    end();
}

#define KILLED_ORDERS 60
static struct {
    u64 command[16];
    struct result result;
    u64 seq;
} journal[KILLED_ORDERS]; /* stands for the real one */

static void replay(u64 after, u32 count)
{
    for (u32 i = 0; i < count; i++)
        if (journal[i].seq > after)
            hook_event(hook, s.engine, journal[i].seq, s.now_ms, (const void *)journal[i].command, journal[i].result,
                       journal[i].result.id);
}

/* kill -9 while events are being delivered and others are not even committed: none is missing, none is overtaken. */
static void test_kill_9(void **state)
{
    (void)state;
    begin();
    OK(DO(&s, stock_receive, STOCK_RECEIVE, .sku = 1, .location = 1, .quantity = 100));
    here.delay_ms = 5;
    open_hook();
    u32 id = add(&here, ORDERS);
    hook_close(hook);
    for (u32 i = 0; i < KILLED_ORDERS; i++) {
        journal[i].result = OK(PLACE(&s, "1x1", HOME(HOLD)));
        journal[i].seq = engine_seq(s.engine);
        memcpy(journal[i].command, s.command, ((struct command_header *)s.command)->size);
    }
    receiver_stop(&here); /* a fork beside threads is more than ThreadSanitizer follows */
    pid_t child = fork();
    if (child == 0) {
        open_hook();
        replay(0, 40);
        while (get(id).delivered < 20)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        replay(journal[39].seq, 50);
        raise(SIGKILL);
    }
    receiver_start(&here);
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    u32 before = receiver_count(&here);
    assert_in_range(before, 20, 50);
    in_order(&here, 0, 1);
    open_hook();
    assert_true(hook_seq(hook) < journal[49].seq); /* the last ten were in memory only */
    replay(hook_seq(hook), KILLED_ORDERS);
    UNTIL(get(id).waiting == 0 && order_of(&here.requests[receiver_count(&here) - 1]) == KILLED_ORDERS);
    i64 first = order_of(&here.requests[before]);
    assert_in_range(first, 1, before + 1); /* repeats, but no gap */
    in_order(&here, before, first);
    end();
}

/* Nothing is written while nobody listens, and whoever comes later hears nothing of before. */
static void test_no_endpoint(void **state)
{
    (void)state;
    begin();
    open_hook();
    i64 changes = sqlite3_total_changes64(hook->database);
    for (int i = 0; i < 5; i++)
        place(PAYMENT_HOLD);
    assert_int_equal(hook->pending_count, 0);
    u32 id = add(&here, 1u << HOOK_ORDER_CANCELLED);
    i64 added = sqlite3_total_changes64(hook->database);
    assert_true(added > changes);
    place(PAYMENT_HOLD); /* another type */
    nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL);
    pthread_mutex_lock(&hook->lock);
    assert_int_equal(sqlite3_total_changes64(hook->database), added);
    pthread_mutex_unlock(&hook->lock);
    hook_close(hook);
    assert_int_equal(rows("SELECT count(*) FROM outbox"), 0);
    assert_int_equal(rows("SELECT seq FROM shop"), engine_seq(s.engine));
    open_hook();
    assert_int_equal(hook_seq(hook), engine_seq(s.engine));
    struct result result = {.code = RESULT_OK, .id = 1}; /* the views are made anew: told again, passed over */
    hook_event(hook, s.engine, engine_seq(s.engine), s.now_ms,
               &(struct command_order_cancel){HEADER(order_cancel, ORDER_CANCEL), .order = 1}.header, result, 1);
    told(DO(&s, order_cancel, ORDER_CANCEL, .order = 2), 2);
    UNTIL(get(id).delivered == 1);
    assert_int_equal(receiver_count(&here), 1);
    end();
}

static void test_full_outbox(void **state)
{
    (void)state;
    struct hook_letter letters[16];
    begin();
    receiver_answer(&here, 500);
    options.retry_base_ms = 3600000;
    options.events_max = 8;
    open_hook();
    u32 id = add(&here, ORDERS);
    restock();
    for (int i = 0; i < 12; i++)
        place(PAYMENT_HOLD);
    UNTIL(get(id).waiting + get(id).dead == 12);
    assert_int_equal(get(id).waiting, 8);
    assert_int_equal(hook_letters(hook, id, 0, letters, 16), 4);
    assert_string_equal(letters[0].error, "outbox full");
    for (int i = 0; i < 8; i++)
        place(PAYMENT_HOLD);
    UNTIL(get(id).lost == 4);
    assert_int_equal(get(id).waiting, 8);
    assert_int_equal(get(id).dead, 8);
    receiver_answer(&here, 200);
    assert_int_equal(hook_redeliver(hook, id), HOOK_OK);
    UNTIL(get(id).delivered == 16);
    UNTIL(get(id).waiting + get(id).dead == 0);
    end();
}

/* A disk that is full for a while: said by name, nothing lost. */
static void test_full_disk(void **state)
{
    (void)state;
    struct rlimit before, little;
    begin();
    open_hook();
    u32 id = add(&here, ORDERS);
    restock();
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    little = before;
    little.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &little);
    u64 seq = hook_seq(hook);
    for (int i = 0; i < 10; i++)
        place(PAYMENT_HOLD);
    UNTIL(hook_problem(hook) != NULL);
    assert_int_equal(hook_seq(hook), seq);
    assert_int_equal(hook_rotate(hook, id, secret), HOOK_FAILED);
    assert_int_equal(get(id).waiting, 0);
    setrlimit(RLIMIT_FSIZE, &before);
    UNTIL(get(id).delivered == 10);
    assert_null(hook_problem(hook));
    in_order(&here, 0, 1);
    verified(&here.requests[9]); /* the rotation that failed has changed nothing */
    UNTIL(hook_seq(hook) == engine_seq(s.engine));
    end();
}

static void write_file(const char *bytes)
{
    char path[128];
    snprintf(path, sizeof path, "%s/hooks.db", folder);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 100; i++)
        fputs(bytes, file);
    fclose(file);
}

static void test_foreign_database(void **state)
{
    (void)state;
    char problem[HOOK_PROBLEM_MAX] = "", path[128];
    struct stat status;
    begin();
    options.directory = folder;
    write_file("this is no database, whatever its name says. ");
    assert_false(hook_open(&hook, &options, problem));
    assert_null(hook);
    assert_string_equal(problem, "hooks.db: file is not a database");
    snprintf(path, sizeof path, "%s/hooks.db", folder);
    unlink(path);
    open_hook();
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    hook_close(hook);
    sqlite3 *database;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    const char *damage = "INSERT INTO endpoint (url, made_ms, removed, key) VALUES ('x', 1, 0, x'00')";
    assert_int_equal(sqlite3_exec(database, damage, NULL, NULL, NULL), SQLITE_OK);
    assert_false(hook_open(&hook, &options, problem));
    assert_string_equal(problem, "hooks.db: a row of it is damaged");
    assert_int_equal(sqlite3_exec(database, "PRAGMA user_version = 2", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
    assert_false(hook_open(&hook, &options, problem));
    assert_string_equal(problem, "hooks.db was written by another version or another program");
    options.directory = "/nowhere/at/all";
    assert_false(hook_open(&hook, &options, problem));
    assert_string_equal(problem, "hooks.db: No such file or directory");
    end();
}

/* --- endpoints ----------------------------------------------------------------------------- */

static void test_endpoints(void **state)
{
    (void)state;
    struct hook_endpoint list[HOOK_ENDPOINTS_MAX + 1];
    struct slice url = slice_text("https://example.com/");
    u32 id = 0, first = 0;
    begin();
    open_hook();
    assert_int_equal(hook_add(hook, url, 0, secret, &id), HOOK_BAD_EVENTS);
    assert_int_equal(hook_add(hook, url, 1u << HOOK_EVENT_COUNT, secret, &id), HOOK_BAD_EVENTS);
    assert_int_equal(hook_list(hook, list, 1), 0);
    for (int i = 0; i < HOOK_ENDPOINTS_MAX; i++) {
        assert_int_equal(hook_add(hook, url, ORDERS, secret, &id), HOOK_OK);
        first = i == 0 ? id : first;
    }
    assert_int_equal(hook_add(hook, url, ORDERS, secret, &id), HOOK_FULL);
    assert_int_equal(hook_remove(hook, first + 1), HOOK_OK);
    assert_int_equal(hook_remove(hook, first + 1), HOOK_NOT_FOUND);
    assert_int_equal(hook_get(hook, first + 1, list), HOOK_NOT_FOUND);
    assert_int_equal(hook_enable(hook, first + 1, true), HOOK_NOT_FOUND);
    assert_int_equal(hook_redeliver(hook, first + 1), HOOK_NOT_FOUND);
    assert_int_equal(hook_get(hook, 0, list), HOOK_NOT_FOUND);
    assert_int_equal(hook_add(hook, url, ALL, secret, &id), HOOK_OK);
    assert_true(id > first + 63); /* never given twice */
    assert_int_equal(hook_list(hook, list, HOOK_ENDPOINTS_MAX + 1), HOOK_ENDPOINTS_MAX);
    assert_int_equal(list[0].id, first);
    assert_int_equal(list[63].id, id);
    assert_int_equal(list[63].events, ALL);
    assert_string_equal(list[63].url, "https://example.com/");
    assert_int_equal(hook_list(hook, list, 2), 2);
    assert_int_equal(hook_enable(hook, first, false), HOOK_OK);
    hook_close(hook);
    open_hook();
    assert_int_equal(hook_list(hook, list, HOOK_ENDPOINTS_MAX + 1), HOOK_ENDPOINTS_MAX);
    assert_false(list[0].enabled);
    assert_true(list[1].enabled);
    for (int i = 0; i < HOOK_EVENT_COUNT; i++)
        assert_int_equal(hook_event_by_word(slice_text(hook_event_word((enum hook_event)i))), i);
    assert_int_equal(hook_event_by_word(slice_text("order.place")), -1);
    assert_string_equal(hook_status_word(HOOK_BAD_URL), "bad-url");
    assert_string_equal(hook_status_sentence(HOOK_OK), "Done.");
    end();
}

static void test_removed_is_swept(void **state)
{
    (void)state;
    begin();
    receiver_answer(&here, 500);
    options.events_max = 3;
    options.retry_base_ms = 3600000;
    open_hook();
    u32 id = add(&here, ORDERS);
    for (int i = 0; i < 6; i++)
        place(PAYMENT_HOLD);
    UNTIL(get(id).dead == 3);
    assert_int_equal(hook_remove(hook, id), HOOK_OK);
    UNTIL(rows("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM letter) +"
               " (SELECT count(*) FROM endpoint)") == 0);
    place(PAYMENT_HOLD);
    assert_int_equal(hook->pending_count, 0);
    end();
}

static void test_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool good;          /* at a shop on the internet, */
        bool good_private;  /* and at one that delivers to its own network */
    } urls[] = {
        {"https://example.com", true, true},
        {"https://example.com:8443/a/b?c=d&e=%20", true, true},
        {"https://xn--fiqs8s.example/", true, true},
        {"https://93.184.216.34/", true, true},
        {"https://[2606:2800:220:1::1]/", true, true},
        {"http://example.com/", false, false},
        {"http://127.0.0.1:8080/", false, true},
        {"http://localhost:8080/", false, true},
        {"http://[::1]/", false, true},
        {"http://10.0.0.1/", false, false},
        {"https://10.0.0.1/", false, true},
        {"https://127.0.0.1/", false, true},
        {"https://2130706433/", false, true},
        {"https://0x7f.1/", false, true},
        {"https://[::1]/", false, true},
        {"https://[::ffff:127.0.0.1]/", false, true},
        {"https://[fd12::1]/", false, true},
        {"https://169.254.169.254/latest/meta-data", false, false},
        {"https://[fe80::1]/", false, false},
        {"https://[fe80::1%25eth0]/", false, false},
        {"https://0.0.0.0/", false, false},
        {"https://user@example.com/", false, false},
        {"https://user:pass@example.com/", false, false},
        {"https://@example.com/", false, false},
        {"https://example.com/#top", false, false},
        {"https://example.com:0/", false, false},
        {"https://example.com:65536/", false, false},
        {"https://example.com:x/", false, false},
        {"https://exa mple.com/", false, false},
        {"https://example.com/\r\nx: y", false, false},
        {"https://ex\xc3\xa4mple.com/", false, false},
        {"https://example.com\\@127.0.0.1/", false, false},
        {"https://", false, false},
        {"https:///path", false, false},
        {"https:example.com", false, false},
        {"HTTPS://example.com/", false, false},
        {"ftp://example.com/", false, false},
        {"file:///etc/passwd", false, false},
        {"gopher://127.0.0.1:6379/_x", false, false},
        {"example.com", false, false},
        {"", false, false},
    };
    char url[HOOK_URL_MAX + 2];
    for (size_t i = 0; i < ARRAY_COUNT(urls); i++) {
        struct slice text = slice_text(urls[i].url);
        if (hook_guard_url(text, false) != urls[i].good || hook_guard_url(text, true) != urls[i].good_private)
            fail_msg("%s", urls[i].url);
    }
    memset(url, 'a', sizeof url);
    memcpy(url, "https://example.com/", 20);
    assert_true(hook_guard_url(slice_of(url, HOOK_URL_MAX), false));
    assert_false(hook_guard_url(slice_of(url, HOOK_URL_MAX + 1), false));
    assert_false(hook_guard_url(slice_of("https://a.com/\0b", 16), false));
}

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        enum hook_reach reach;
    } addresses[] = {
        {"8.8.8.8", HOOK_PUBLIC},           {"1.1.1.1", HOOK_PUBLIC},         {"100.63.255.255", HOOK_PUBLIC},
        {"100.128.0.0", HOOK_PUBLIC},       {"172.32.0.1", HOOK_PUBLIC},      {"223.255.255.255", HOOK_PUBLIC},
        {"127.0.0.1", HOOK_LOOPBACK},       {"127.255.255.255", HOOK_LOOPBACK}, {"::1", HOOK_LOOPBACK},
        {"::ffff:127.0.0.1", HOOK_LOOPBACK}, {"10.1.2.3", HOOK_PRIVATE},       {"172.16.0.1", HOOK_PRIVATE},
        {"172.31.255.255", HOOK_PRIVATE},   {"192.168.0.1", HOOK_PRIVATE},    {"100.64.0.1", HOOK_PRIVATE},
        {"fc00::1", HOOK_PRIVATE},          {"fdff::1", HOOK_PRIVATE},        {"::ffff:10.0.0.1", HOOK_PRIVATE},
        {"0.0.0.0", HOOK_NEVER},            {"169.254.169.254", HOOK_NEVER},  {"100.100.100.200", HOOK_NEVER},
        {"192.0.0.192", HOOK_NEVER},        {"224.0.0.1", HOOK_NEVER},        {"255.255.255.255", HOOK_NEVER},
        {"240.0.0.1", HOOK_NEVER},          {"198.19.0.1", HOOK_NEVER},       {"::", HOOK_NEVER},
        {"fe80::1", HOOK_NEVER},            {"fec0::1", HOOK_NEVER},          {"ff02::1", HOOK_NEVER},
        {"fd00:ec2::254", HOOK_NEVER},      {"2001:db8::1", HOOK_NEVER},      {"2001::1", HOOK_NEVER},
        {"2002:7f00:1::", HOOK_NEVER},      {"64:ff9b::7f00:1", HOOK_NEVER},  {"64:ff9b::808:808", HOOK_PUBLIC},
        {"::127.0.0.1", HOOK_NEVER},        {"2606:4700::1111", HOOK_PUBLIC}, {"2001:4860:4860::8888", HOOK_PUBLIC},
        {"::ffff:169.254.169.254", HOOK_NEVER},
    };
    for (size_t i = 0; i < ARRAY_COUNT(addresses); i++) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
        const struct sockaddr *address = (const void *)&in6;
        if (inet_pton(AF_INET, addresses[i].address, &in.sin_addr) == 1)
            address = (const void *)&in;
        else
            assert_int_equal(inet_pton(AF_INET6, addresses[i].address, &in6.sin6_addr), 1);
        if (hook_guard_reach(address) != addresses[i].reach)
            fail_msg("%s: %d", addresses[i].address, (int)hook_guard_reach(address));
    }
    struct sockaddr unix_domain = {.sa_family = AF_UNIX};
    assert_int_equal(hook_guard_reach(&unix_domain), HOOK_NEVER);
}

/* A name that resolves to this machine, and an endpoint from when private addresses were allowed: nothing arrives. */
static void test_private_addresses_are_refused(void **state)
{
    (void)state;
    char url[64];
    u32 id = 0;
    begin();
    setenv("https_proxy", "http://127.0.0.1:1", 1); /* would connect for us */
    open_hook();
    u32 before = add(&here, ORDERS);
    hook_close(hook);
    options.allow_private = false;
    options.retry_base_ms = 3600000;
    open_hook();
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", here.port);
    assert_int_equal(hook_add(hook, slice_text(url), ORDERS, secret, &id), HOOK_BAD_URL);
    snprintf(url, sizeof url, "https://localhost:%u/", here.port);
    assert_int_equal(hook_add(hook, slice_text(url), ORDERS, secret, &id), HOOK_OK);
    place(PAYMENT_HOLD);
    UNTIL(get(id).last_error[0] != '\0' && get(before).last_error[0] != '\0');
    assert_string_equal(get(id).last_error, "address refused: not a public one");
    assert_string_equal(get(before).last_error, "Unsupported protocol");
    assert_int_equal(here.connections, 0);
    unsetenv("https_proxy");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_placed_and_paid),
        cmocka_unit_test(test_every_event),
        cmocka_unit_test(test_tries_again_in_order),
        cmocka_unit_test(test_schedule_dead_letters_and_redelivery),
        cmocka_unit_test(test_redelivery_to_nobody),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_rotation_signs_twice),
        cmocka_unit_test(test_gone_disables),
        cmocka_unit_test(test_five_days_of_failures_disable),
        cmocka_unit_test(test_slow_endpoint_delays_nobody),
        cmocka_unit_test(test_reopen_resumes),
        cmocka_unit_test(test_kill_9),
        cmocka_unit_test(test_no_endpoint),
        cmocka_unit_test(test_full_outbox),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_foreign_database),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_removed_is_swept),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_private_addresses_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
