/*
 * Webhooks by the Standard Webhooks specification 1.0.0 (webhook-id, webhook-timestamp, webhook-signature: v1,HMAC-SHA256 over "id.timestamp.body",
 * secrets "whsec_" + base64): endpoints, an outbox, and a thread that delivers.
 *
 * Everything is in DIRECTORY/hooks.db (SQLite). Events enter the outbox from the view's follower, i.e. only once they are durable in the journal, each with a number that a
 * rebuild would give again; hooks.db remembers how far it has taken them (hook_seq). Each endpoint has its own cursor into the outbox, moved only after
 * a 2xx answer: delivery is at least once, in order per endpoint, and survives kill -9. What cannot be delivered after the last
 * retry goes to the endpoint's dead letters, from where it can be sent again.
 */
#ifndef ELEVEN_HOOK_HOOK_H
#define ELEVEN_HOOK_HOOK_H

#include "base/slice.h"
#include "core/engine.h"

struct hook;

/* Event types: HOOK_EVENT(NAME, word, meaning) */
#define HOOK_EVENTS(EVENT)                                                             \
    EVENT(ORDER_PLACED, "order.placed", "an order was accepted, paid or held")         \
    EVENT(ORDER_PAID, "order.paid", "an order was paid, also in the step it was placed") \
    EVENT(ORDER_CANCELLED, "order.cancelled", "by shopper or clerk")                   \
    EVENT(ORDER_EXPIRED, "order.expired", "a hold ended unpaid; its units are free")   \
    EVENT(ORDER_RETURNED, "order.returned", "units of a line came back or were refunded") \
    EVENT(PART_CHANGED, "part.changed", "a part was packed, shipped, ready, handed over or delivered") \
    EVENT(STOCK_CHANGED, "stock.changed", "units were received, counted or moved")     \
    EVENT(PRODUCT_CHANGED, "product.changed", "a SKU or its price was made or changed")

enum hook_event {
#define EVENT(NAME, word, meaning) HOOK_##NAME,
    HOOK_EVENTS(EVENT)
#undef EVENT
    HOOK_EVENT_COUNT
};
const char *hook_event_word(enum hook_event event);
int hook_event_by_word(struct slice word); /* -1: none */

enum hook_status {
    HOOK_OK,
    HOOK_BAD_URL,           /* https://, or http:// to a loopback address when allowed; at most HOOK_URL_MAX bytes; no user or fragment */
    HOOK_BAD_EVENTS,
    HOOK_BAD_SECRET,
    HOOK_NOT_FOUND,
    HOOK_FULL,              /* HOOK_ENDPOINTS_MAX */
    HOOK_FAILED,
};
const char *hook_status_word(enum hook_status status);
const char *hook_status_sentence(enum hook_status status);

#define HOOK_ENDPOINTS_MAX 64
#define HOOK_URL_MAX 1024
#define HOOK_SECRET_MAX 64              /* "whsec_" + base64 of 32 bytes, NUL included */
#define HOOK_SECRET_OVERLAP_MS ((i64)24 * 3600 * 1000)  /* after a rotation both secrets sign */
#define HOOK_TIMEOUT_MS 15000

struct hook_options {
    const char *directory;
    bool allow_private;     /* deliver to loopback and private addresses too; off: SSRF is refused, after name resolution */
    i64 retry_base_ms;      /* first wait; 0: 5 s. Waits: base x 1, 6, 60, 360, 1800, 3600, 7200, 14400 with +-20 % jitter, then dead */
};

/* Opens or makes the database and starts the thread that delivers. False with `problem` (256 bytes). */
bool hook_open(struct hook **hook, const struct hook_options *options, char *problem);
void hook_close(struct hook *hook);

/* What the follower calls (a view_event; `argument` is the struct hook). Costs nothing while there is no endpoint. */
void hook_event(void *argument, const struct engine *engine, u64 seq, i64 time_ms, const struct command_header *command,
                struct result result, u32 order);
/* Events are wanted for sequence numbers > this. */
u64 hook_seq(struct hook *hook);

struct hook_endpoint {
    u32 id;
    u32 events;             /* set of 1 << enum hook_event */
    bool enabled;           /* false: disabled by people, or by itself after 5 days of failures */
    i64 made_ms;
    u64 delivered;          /* events delivered */
    u64 waiting;            /* events in the outbox for it */
    u64 dead;               /* dead letters */
    i64 next_try_ms;        /* 0: nothing waits */
    char url[HOOK_URL_MAX + 1];
    char last_error[128];
};

/* All of these write to the disk: worker threads. `secret` (HOOK_SECRET_MAX bytes) is shown once. Events from now on. */
enum hook_status hook_add(struct hook *hook, struct slice url, u32 events, char *secret, u32 *id);
enum hook_status hook_rotate(struct hook *hook, u32 id, char *secret);
enum hook_status hook_enable(struct hook *hook, u32 id, bool enabled);
enum hook_status hook_remove(struct hook *hook, u32 id);
enum hook_status hook_get(struct hook *hook, u32 id, struct hook_endpoint *endpoint);
size_t hook_list(struct hook *hook, struct hook_endpoint *endpoints, size_t max);

struct hook_letter {
    u64 number;             /* of the event */
    i64 time_ms;            /* when it happened */
    u32 attempts;
    char id[48];            /* webhook-id */
    char type[32];
    char error[128];
};
/* Dead letters with a number > `after`. */
size_t hook_letters(struct hook *hook, u32 id, u64 after, struct hook_letter *letters, size_t max);
/* All dead letters of the endpoint are tried again. */
enum hook_status hook_redeliver(struct hook *hook, u32 id);

#endif
