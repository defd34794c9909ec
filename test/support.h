/*
 * What the tests share: memory for an engine, a readable print of a command,
 * and the *shop*, in which a directed test says in one line each what happens.
 *
 * A shop gives every command to the engine and to the naive model (naive.h) and
 * fails the test when they differ in any answer; closing it compares every
 * visible fact and lets the engine prove its books. So a directed test states
 * only what it is about.
 */
#ifndef ELEVEN_TEST_SUPPORT_H
#define ELEVEN_TEST_SUPPORT_H

#include "base/result.h"
#include "core/command.h"
#include "core/engine.h"
#include "test/naive.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <setjmp.h>

#include <cmocka.h>

/* --- engines ------------------------------------------------------------- */

/* Zeroed, page-aligned memory with an unreadable page behind it, and an engine in it. */
struct engine *support_engine(const struct engine_limits *limits);
void support_engine_free(struct engine *engine, const struct engine_limits *limits);

/* engine_check with scratch of its own; prints what is wrong. */
bool support_check(const struct engine *engine);

/* Small limits, enough for directed tests. */
void support_limits(struct engine_limits *limits);

/* The number in an environment variable, or `otherwise`. */
u64 support_number(const char *variable, u64 otherwise);

/* "2018-11-11T00:00:00+08:00" in ms since 1970. */
i64 support_time(const char *text);

/* Freed memory stays with the process, for tests that open and close much: no page faults, four times as quick. */
void support_keep_heap(void);

/* One line: the command's word, header and fields. */
void support_print(FILE *file, const struct command_header *command);

/* --- the shop ------------------------------------------------------------ */

struct shop {
    struct engine_limits limits;
    struct engine *engine;
    struct naive *naive;
    i64 now_ms;             /* time of the next commands */
    u64 key;                /* idempotency key of the next command; then 0 again */
    u32 caller;
    u64 command[COMMAND_SIZE_MAX / 8];
};

void shop_open(struct shop *shop);
void shop_open_with(struct shop *shop, const struct engine_limits *limits);
void shop_close(struct shop *shop);

/* From now on the engine goes on without the model: for tests that change its state or limits by hand. */
void shop_alone(struct shop *shop);

/* Gives `command` (its time and key are set here) to both, and returns the answer. */
struct result shop_do(struct shop *shop, const struct command_header *command);

/* How often shops have got this answer so far. */
u64 support_answers(u16 code);

/* As shop_do, with texts "code|name|..." in place of a tail; missing ones are empty. */
struct result shop_put(struct shop *shop, const struct command_header *command, const char *texts);

/* order.place with lines "1x2 3x1": two of SKU 1, one of SKU 3. */
struct result shop_place(struct shop *shop, struct command_order_place place, const char *lines);

#define HEADER(name, NAME) .header = {.kind = COMMAND_##NAME, .size = sizeof(struct command_##name)}
#define DO(shop, name, NAME, ...) shop_do(shop, &(struct command_##name){HEADER(name, NAME), __VA_ARGS__}.header)
#define PUT(shop, name, NAME, texts, ...) \
    shop_put(shop, &(struct command_##name){HEADER(name, NAME), __VA_ARGS__}.header, texts)
#define PLACE(shop, lines, ...) \
    shop_place(shop, (struct command_order_place){HEADER(order_place, ORDER_PLACE), __VA_ARGS__}, lines)

/* The answer's code, id and value, all three. */
void expect_result(struct result result, u16 code, u32 id, i64 value, const char *file, int line);
#define EXPECT(result, code, id, value) expect_result(result, RESULT_##code, id, value, __FILE__, __LINE__)
/* OK, whatever the id and value. */
#define OK(result) expect_code(result, RESULT_OK, __FILE__, __LINE__)
#define CODE(result, code) expect_code(result, RESULT_##code, __FILE__, __LINE__)
struct result expect_code(struct result result, u16 code, const char *file, int line);

/*
 * A small world, at SHOP_START: currency 1 (CNY, 2 digits), 2 (JPY, 0) and 3 (KWD, 3); country 1; departments 1, 2;
 * cities 1 (Shanghai) and 2 (Beijing); locations 1 (warehouse in city 1, ships) and 2 (store in city 2, all
 * services); brand 1; seller 1, 2; SKUs 1..4 (1, 2: seller 1, department 1; 3, 4: seller 2, department 2) at 100.00
 * CNY, no stock; festival 1 (CNY, SHOP_OPENS..SHOP_CLOSES, UTC+8, holds of SHOP_HOLD_MS); shoppers 1..3, wallets empty.
 */
#define SHOP_START ((i64)1793980800000)     /* 2026-11-06T16:00:00Z: midnight in Shanghai */
#define SHOP_OPENS (SHOP_START + 3600 * 1000)
#define SHOP_CLOSES (SHOP_OPENS + 24 * 3600 * 1000)
#define SHOP_HOLD_MS (10 * 60 * 1000)
void shop_furnish(struct shop *shop);
/* shop_open, shop_furnish, and then at SHOP_OPENS: 10 units of each SKU in the warehouse (books 1..4) and 5 of each in
 * the store (books 5..8), shopper 1 with 1,000.00 CNY. */
void shop_open_festival(struct shop *shop);

/* A web order of shopper 1 for home delivery to city 1 in festival 1, CNY, payment to be said. */
#define HOME(pay) \
    .shopper = 1, .festival = 1, .city = 1, .currency = 1, .channel = CHANNEL_WEB, .delivery = DELIVERY_HOME, \
    .payment = PAYMENT_##pay
/* An order of shopper 1 in store 2, collected or carried out. */
#define STORE(way, pay) \
    .shopper = 1, .festival = 1, .location = 2, .currency = 1, .channel = CHANNEL_TILL, .delivery = DELIVERY_##way, \
    .payment = PAYMENT_##pay

#endif
