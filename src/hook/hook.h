/*
 * Webhooks by the Standard Webhooks specification 1.0.0 (webhook-id, webhook-timestamp, webhook-signature:
 * v1,HMAC-SHA256 over "id.timestamp.body", secrets "whsec_" + base64): endpoints, an outbox, and a thread that
 * delivers. docs/WEBHOOKS.md is for receivers.
 *
 * Everything is in DIRECTORY/hooks.db (SQLite, WAL, synchronous=FULL; mode 0600, for it holds the secrets).
 * Events come from the view's follower, i.e. only once they are durable in the journal, each with a number that
 * a replay would give again (sequence number x 1024 + place within the command). They are collected in memory
 * and go into the outbox together, in one transaction with the position in the journal (hook_seq), 1,000 events
 * or 100 ms at a time: what a crash takes, the journal gives again.
 *
 * Delivery is at least once, in order per endpoint, one event in flight for each; endpoints do not wait for
 * each other. An endpoint's cursor moves in the next such transaction after a 2xx answer, so a crash repeats
 * the deliveries of at most its last 100 ms. What is not accepted after the last try goes to the endpoint's
 * dead letters, from where it can be sent again.
 */
#ifndef ELEVEN_HOOK_HOOK_H
#define ELEVEN_HOOK_HOOK_H

#include "base/slice.h"
#include "core/engine.h"

struct hook;

/* Event types: EVENT(NAME, word, meaning). Their places are on disk: new ones at the end. */
#define HOOK_EVENTS(EVENT)                                                                             \
    EVENT(ORDER_PLACED, "order.placed", "an order was accepted, paid or held")                         \
    EVENT(ORDER_PAID, "order.paid", "an order was paid, also in the step it was placed")               \
    EVENT(ORDER_CANCELLED, "order.cancelled", "by shopper or clerk")                                   \
    EVENT(ORDER_EXPIRED, "order.expired", "a hold ended unpaid; its units are free")                   \
    EVENT(ORDER_RETURNED, "order.returned", "units of a line came back or were refunded")              \
    EVENT(PART_CHANGED, "part.changed", "a part was packed, shipped, ready, handed over or delivered") \
    EVENT(STOCK_CHANGED, "stock.changed", "units were received, counted or moved")                     \
    EVENT(PRODUCT_CHANGED, "product.changed", "a SKU or its price was made or changed")

enum hook_event {
#define EVENT(NAME, word, meaning) HOOK_##NAME,
    HOOK_EVENTS(EVENT)
#undef EVENT
    HOOK_EVENT_COUNT
};
const char *hook_event_word(enum hook_event event);
int hook_event_by_word(struct slice word); /* -1: none */

#define HOOK_STATUSES(STATUS)                                                                              \
    STATUS(OK, "ok", "Done.")                                                                              \
    STATUS(BAD_URL, "bad-url",                                                                             \
           "The URL must be https to a public host, at most 1024 bytes, without user and fragment.")       \
    STATUS(BAD_EVENTS, "bad-events", "At least one event type, and only known ones.")                      \
    STATUS(NOT_FOUND, "not-found", "There is no such endpoint.")                                           \
    STATUS(FULL, "full", "There are 64 endpoints; remove one first.")                                      \
    STATUS(FAILED, "failed", "The webhook database could not be written; nothing has changed.")

enum hook_status {
#define STATUS(NAME, word, sentence) HOOK_##NAME,
    HOOK_STATUSES(STATUS)
#undef STATUS
};
/* Static. */
const char *hook_status_word(enum hook_status status);
const char *hook_status_sentence(enum hook_status status);

#define HOOK_ENDPOINTS_MAX 64
#define HOOK_URL_MAX 1024
#define HOOK_ERROR_MAX 128              /* bytes of an error text, NUL included */
#define HOOK_SECRET_MAX 64              /* "whsec_" + base64 of 32 bytes, NUL included */
#define HOOK_SECRET_OVERLAP_MS ((i64)24 * 3600 * 1000)  /* after a rotation both secrets sign */
#define HOOK_TIMEOUT_MS 15000           /* of one try, name resolution to the last byte of the answer */
#define HOOK_RETRY_AFTER_MAX_MS ((i64)3600 * 1000)      /* how far Retry-After of a 429 or 503 is honoured */
#define HOOK_FAILING_MAX_MS ((i64)5 * 24 * 3600 * 1000) /* without any success: the endpoint disables itself */
#define HOOK_EVENTS_MAX 1000000         /* waiting for one endpoint; and as many dead letters */
#define HOOK_PROBLEM_MAX 256

struct hook_options {
    const char *directory;
    bool allow_private;     /* loopback and private addresses too, and http:// to loopback. Off: refused where the
                             * socket is made, whatever a name resolves to. Link-local and metadata are always refused
                             * */
    i64 retry_base_ms;      /* first wait; 0: 5 s. Waits: base x 1, 6, 60, 360, 1800, 3600, 7200, 14400, each +-20 %;
                             * the ninth failure makes it a dead letter */
    i64 timeout_ms;         /* in place of HOOK_TIMEOUT_MS; 0: that */
    u64 events_max;         /* in place of HOOK_EVENTS_MAX; 0: that */
    i64 (*now_ms)(void);    /* the clock of the schedule, ms since 1970; NULL: this machine's */
};

/*
 * Opens or makes the database and starts the thread that delivers. False, and *hook NULL, with `problem`
 * (HOOK_PROBLEM_MAX bytes).
 */
bool hook_open(struct hook **hook, const struct hook_options *options, char *problem);

/* Gives deliveries in flight a second to end, commits, stops. The follower must not call any more. */
void hook_close(struct hook *hook);

/*
 * What the follower calls (a view_event; `argument` is the struct hook), in ascending order of `seq`; those up
 * to hook_seq are passed over, gaps are of no matter. Costs a few nanoseconds while no enabled endpoint wants
 * what the command would tell, else some microseconds and, once in 1,000 events, a commit. While the database
 * cannot be written it waits, 10 s at most; then webhooks stand still (hook_problem) until the next start goes
 * on from hook_seq.
 */
void hook_event(void *argument, const struct engine *engine, u64 seq, i64 time_ms, const struct command_header *command,
                struct result result, u32 order);

/*
 * Events are wanted for sequence numbers > this: those up to it are durable in the outbox, or nobody wanted
 * them. Without events it follows the journal with up to 10 s delay. Any thread.
 */
u64 hook_seq(struct hook *hook);

/* NULL while all is well, else what the database said last (static). Any thread. */
const char *hook_problem(const struct hook *hook);

struct hook_endpoint {
    u32 id;
    u32 events;             /* set of 1 << enum hook_event */
    bool enabled;           /* false: disabled by people, by a 410 Gone, or after HOOK_FAILING_MAX_MS without success */
    i64 made_ms;
    u64 delivered;          /* events delivered */
    u64 waiting;            /* events in the outbox for it */
    u64 dead;               /* dead letters */
    u64 lost;               /* dead letters beyond HOOK_EVENTS_MAX: the oldest were removed */
    i64 next_try_ms;        /* 0: nothing waits */
    char url[HOOK_URL_MAX + 1];
    char last_error[HOOK_ERROR_MAX]; /* empty since the last success */
};

/*
 * All of these may wait for the disk: worker threads. What was answered HOOK_OK is durable; else nothing has changed.
 * `secret` (HOOK_SECRET_MAX bytes) is shown once. A new endpoint gets events from now on.
 */
enum hook_status hook_add(struct hook *hook, struct slice url, u32 events, char *secret, u32 *id);
/*
 * A new secret. The one before signs too for HOOK_SECRET_OVERLAP_MS; one that was already on its way out does
 * no more.
 */
enum hook_status hook_rotate(struct hook *hook, u32 id, char *secret);
/*
 * Disabled: what waits is kept, what happens meanwhile is not collected. Enabled: tried at once, with a fresh
 * schedule.
 */
enum hook_status hook_enable(struct hook *hook, u32 id, bool enabled);
/* With all that waits and its dead letters. A try in flight may still arrive. */
enum hook_status hook_remove(struct hook *hook, u32 id);
enum hook_status hook_get(struct hook *hook, u32 id, struct hook_endpoint *endpoint);
/* In the order they were made. Returns how many of at most `max`. */
size_t hook_list(struct hook *hook, struct hook_endpoint *endpoints, size_t max);

struct hook_letter {
    u64 number;             /* of the event */
    i64 time_ms;            /* when it happened */
    u32 attempts;
    char id[48];            /* webhook-id */
    char type[32];
    char error[HOOK_ERROR_MAX];
};
/* Dead letters with a number > `after`, by number; at most `max`. 0 also for an unknown endpoint. */
size_t hook_letters(struct hook *hook, u32 id, u64 after, struct hook_letter *letters, size_t max);
/*
 * All dead letters that the endpoint has now are tried again, oldest first, before what waits; each once. One
 * that is accepted is gone; when there is no answer, or a 429 or 503, the rest stay dead letters.
 */
enum hook_status hook_redeliver(struct hook *hook, u32 id);

#endif
