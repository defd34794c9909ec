/*
 * Redis: appendonly with appendfsync always (each pass of its loop is synced
 * before its answers leave), one Lua script per order by EVALSHA, 16 connections
 * over a unix socket with up to 1,000 orders each in the pipeline. Redis reads at
 * most 16 KiB from a connection in a pass, so several of them make its group
 * commit deep. The requests are formatted before the clock starts.
 *
 * Keys: "s<sku>" units, "w<shopper>" balance, "o<key>" the order's bytes.
 */
#include "bench/measure.h"
#include "bench/peer.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS 16u
#define PIPELINE_MAX 1000u  /* orders sent and not answered, of one connection */
#define PIPELINE_CHUNK 250u
#define SETUP_CHUNK 1000u
#define NUMBER_MAX 24
#define KEY_BYTES 17        /* 'o' and the idempotency key */
#define SHA_BYTES 40

const char *const peer_name = "redis";
const size_t peer_orders_per_slice = 400000;

/* KEYS: order, wallet, stock of each line. ARGV: total, the order's bytes, quantity of each line. One MGET and one
 * MSET are quicker than a call for each key, and one command in the log. */
static const char script[] =
    "local have = redis.call('MGET', unpack(KEYS))\n"
    "if have[1] then return 2 end\n"
    "local set = {'MSET', KEYS[1], ARGV[2]}\n"
    "for i = 2, #KEYS do\n"
    "  local take = i == 2 and ARGV[1] or ARGV[i]\n"
    "  local left = (tonumber(have[i]) or 0) - take\n"
    "  if left < 0 then return 1 end\n"
    "  set[#set + 1] = KEYS[i]\n"
    "  set[#set + 1] = left\n"
    "end\n"
    "redis.call(unpack(set))\n"
    "return 0\n";

struct pipe {
    redisContext *context;
    size_t outstanding;
};

struct redis {
    struct pipe pipes[CONNECTIONS];
    char sha[SHA_BYTES + 1];
    char **requests;
    size_t *sizes;
    size_t count;
};

static redisReply *reply_of(redisContext *context)
{
    void *reply = NULL;
    if (redisGetReply(context, &reply) != REDIS_OK)
        measure_fail("redis: %s", context->errstr);
    if (((redisReply *)reply)->type == REDIS_REPLY_ERROR)
        measure_fail("redis: %s", ((redisReply *)reply)->str);
    return reply;
}

static redisContext *connect_to(const char *socket)
{
    redisContext *context = redisConnectUnix(socket);
    if (!context || context->err)
        measure_fail("redis: cannot connect to %s", socket);
    return context;
}

static void set_all(redisContext *context, const char *prefix, u32 count, i64 value)
{
    u32 outstanding = 0;
    for (u32 i = 1; i <= count; i++) {
        redisAppendCommand(context, "SET %s%u %lld", prefix, i, (long long)value);
        if (++outstanding < SETUP_CHUNK && i < count)
            continue;
        for (; outstanding > 0; outstanding--)
            freeReplyObject(reply_of(context));
    }
}

void peer_setup(const char *socket)
{
    redisContext *context = connect_to(socket);
    set_all(context, "s", WORKLOAD_SKUS, WORKLOAD_STOCK);
    set_all(context, "w", WORKLOAD_SHOPPERS, WORKLOAD_BALANCE_MINOR);
    redisFree(context);
}

static void format_request(struct redis *redis, size_t index, const struct command_order_place *order)
{
    const struct order_line_asked *lines = command_lines(order);
    char order_key[KEY_BYTES] = "o";
    char numbers[3 + 2 * WORKLOAD_LINES_MAX][NUMBER_MAX];
    const char *words[3 + 4 + 2 * WORKLOAD_LINES_MAX] = {"EVALSHA", redis->sha};
    size_t sizes[ARRAY_COUNT(words)] = {7, SHA_BYTES};
    size_t count = 2, used = 0;
#define WORD(format, value)                                                       \
    do {                                                                          \
        sizes[count] = (size_t)snprintf(numbers[used], NUMBER_MAX, format, value); \
        words[count++] = numbers[used++];                                         \
    } while (0)
#define BYTES(bytes, size)          \
    do {                            \
        words[count] = (bytes);     \
        sizes[count++] = (size);    \
    } while (0)
    memcpy(order_key + 1, order->header.key, sizeof(order->header.key));
    WORD("%u", 2u + order->line_count);
    BYTES(order_key, KEY_BYTES);
    WORD("w%u", order->shopper);
    for (u32 i = 0; i < order->line_count; i++)
        WORD("s%u", lines[i].sku);
    WORD("%lld", (long long)order->expected_total_minor);
    BYTES((const char *)order, order->header.size);
    for (u32 i = 0; i < order->line_count; i++)
        WORD("%u", lines[i].quantity);
#undef WORD
#undef BYTES
    int size = redisFormatCommandArgv(&redis->requests[index], (int)count, words, sizes);
    if (size < 0)
        measure_fail("redis: cannot format an order");
    redis->sizes[index] = (size_t)size;
}

void *peer_open(const char *socket, const struct orders *orders)
{
    struct redis *redis = measure_memory(sizeof(*redis));
    for (u32 i = 0; i < CONNECTIONS; i++)
        redis->pipes[i].context = connect_to(socket);
    redisAppendCommand(redis->pipes[0].context, "SCRIPT LOAD %s", script);
    redisReply *reply = reply_of(redis->pipes[0].context);
    memcpy(redis->sha, reply->str, SHA_BYTES);
    freeReplyObject(reply);
    redis->count = orders->count;
    redis->requests = measure_memory(orders->count * sizeof(*redis->requests));
    redis->sizes = measure_memory(orders->count * sizeof(*redis->sizes));
    for (size_t i = 0; i < orders->count; i++)
        format_request(redis, i, orders_at(orders, i));
    return redis;
}

void peer_close(void *peer)
{
    struct redis *redis = peer;
    for (size_t i = 0; i < redis->count; i++)
        redisFreeCommand(redis->requests[i]);
    free(redis->requests);
    free(redis->sizes);
    for (u32 i = 0; i < CONNECTIONS; i++)
        redisFree(redis->pipes[i].context);
    free(redis);
}

/* Fills the pipeline up with orders from `next` on; returns the new next. */
static size_t send_orders(struct redis *redis, struct pipe *pipe, size_t next)
{
    for (; next < redis->count && pipe->outstanding < PIPELINE_MAX; next++, pipe->outstanding++)
        redisAppendFormattedCommand(pipe->context, redis->requests[next], redis->sizes[next]);
    for (int done = 0; !done;)
        if (redisBufferWrite(pipe->context, &done) != REDIS_OK)
            measure_fail("redis: %s", pipe->context->errstr);
    return next;
}

/* Takes up to a chunk of answers; returns how many are left. */
static size_t take_answers(struct pipe *pipe, struct peer_run *run)
{
    for (size_t take = MIN(PIPELINE_CHUNK, pipe->outstanding); take > 0; take--, pipe->outstanding--) {
        redisReply *reply = reply_of(pipe->context);
        run->answers[reply->integer]++;
        freeReplyObject(reply);
    }
    return pipe->outstanding;
}

void peer_run(void *peer, struct peer_run *run)
{
    struct redis *redis = peer;
    size_t next = 0, outstanding = 1;
    while (outstanding > 0) {
        bool more = !peer_time_is_up(run);
        for (u32 i = 0; more && i < CONNECTIONS; i++)
            next = send_orders(redis, &redis->pipes[i], next);
        outstanding = 0;
        for (u32 i = 0; i < CONNECTIONS; i++)
            outstanding += take_answers(&redis->pipes[i], run);
    }
}
