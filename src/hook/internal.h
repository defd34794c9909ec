/*
 * What the files of hook/ share. hook.c is the contract's front; event.c and payload.c make events of commands;
 * store.c is the only place with SQL; deliver.c the only one with HTTP; guard.c knows URLs and addresses,
 * sign.c secrets.
 *
 * One mutex, `lock`, guards all that is not said to belong to one thread: the database connection, the
 * endpoints, the pending events. Nothing waits for the network while it holds it; a commit is the longest thing
 * under it.
 */
#ifndef ELEVEN_HOOK_INTERNAL_H
#define ELEVEN_HOOK_INTERNAL_H

#include "base/emit.h"
#include "base/assert.h"
#include "hook/hook.h"

#include <curl/curl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/socket.h>

#define HOOK_KEY_BYTES 32
#define HOOK_SHOP_MAX 17                /* 16 hex digits and NUL: tells ids of two shops apart */
#define HOOK_ID_MAX 48                  /* "evt_" shop "_" sequence number "_" place */
#define HOOK_PLACES 1024u               /* events of one command */
#define HOOK_PENDING_MAX 1000           /* events collected before they are committed */
#define HOOK_COMMIT_MS 100              /* longest wait for it */
#define HOOK_POSITION_MS 10000          /* the same when there is only a position to write down */
#define HOOK_BODY_MAX ((size_t)512 * 1024)  /* texts of a command are < 64 KiB; a byte of them becomes 6 at most */
#define HOOK_ARENA_BYTES ((size_t)4 * 1024 * 1024)
_Static_assert(EXPIRE_PER_TICK_MAX <= HOOK_PLACES, "a tick's events fit their number");
_Static_assert(6 * COMMAND_SIZE_MAX + 64 * 1024 <= HOOK_BODY_MAX, "a product fits");
_Static_assert(ORDER_PARTS_MAX * (2 * 3 * COMMAND_CODE_MAX + 512) + 8192 <= HOOK_BODY_MAX, "an order fits");
_Static_assert(HOOK_EVENT_COUNT <= 31, "sets of events are u32");

/* --- payload.c ------------------------------------------------------------------------------- */

/* What an event is about; which members matter depends on the event. */
struct hook_subject {
    enum hook_event event;
    i64 time_ms;
    const struct command_header *command;
    struct result result;
    u32 order;
    u32 sku;
    u32 location;
};
void hook_payload(struct emit *emit, const struct engine *engine, const struct hook_subject *subject);

/* --- sign.c ---------------------------------------------------------------------------------- */

void hook_sign_key(u8 key[HOOK_KEY_BYTES]);                             /* a new random one */
void hook_sign_secret(const u8 key[HOOK_KEY_BYTES], char *secret);      /* as people are shown it */
#define HOOK_SIGNATURE_MAX 48           /* "v1," + base64 of 32 bytes, NUL included */
void hook_sign(char *signature, const u8 key[HOOK_KEY_BYTES], const char *id, i64 timestamp_s, struct slice body);

/* --- guard.c ------------------------------------------------------------------------------- */

enum hook_reach {
    HOOK_PUBLIC,
    HOOK_LOOPBACK,          /* this machine */
    HOOK_PRIVATE,           /* this organisation: RFC 1918, unique local, carrier-grade NAT */
    HOOK_NEVER,             /* link-local, metadata services, multicast, reserved */
};
enum hook_reach hook_guard_reach(const struct sockaddr *address);
bool hook_guard_url(struct slice url, bool allow_private);
/* May a socket be made to `address` for a URL that is (or is not) plain http? */
bool hook_guard_address(const struct sockaddr *address, bool plain, bool allow_private);
bool hook_guard_plain(const char *url);

/* --- the hook ------------------------------------------------------------------------------ */

struct endpoint {
    u32 id;                 /* 0: a free place */
    u32 events;
    bool enabled;
    bool dirty;             /* differs from its row */
    i64 made_ms;
    u8 key[HOOK_KEY_BYTES];
    u8 old_key[HOOK_KEY_BYTES];
    i64 old_until_ms;       /* the old key signs too before this; 0: there is none */
    u64 cursor;             /* events up to this number are settled, or from before the endpoint */
    u64 head;               /* the event that `attempts` is about */
    u32 attempts;           /* tries of it that failed */
    i64 next_try_ms;        /* no try before this */
    i64 failing_since_ms;   /* 0: the last try was good */
    u64 delivered, waiting, dead, lost;
    u64 again_cursor, again_through; /* dead letters in (cursor, through] are tried again */
    char url[HOOK_URL_MAX + 1];
    char last_error[HOOK_ERROR_MAX];
};

/* An event that is not committed yet; its body is in the arena. */
struct pending {
    u64 number;
    i64 time_ms;
    u32 event;
    u32 offset;
    u32 size;
};

/*
 * One place for a delivery in flight per place of an endpoint. Belongs to the delivering thread; `busy`,
 * `endpoint`, `number`, `letter` are read by others under the lock.
 */
struct job {
    bool busy;
    bool letter;            /* a dead letter, tried again */
    bool plain;             /* http */
    bool allow_private;
    bool refused;           /* the guard did not let it connect */
    u32 endpoint;
    u32 attempts;           /* of the letter so far */
    i64 timeout_ms;
    u64 number;
    size_t answered;        /* bytes of the answer's body, discarded */
    char *body;             /* malloc */
    size_t body_size;
    CURL *easy;             /* kept for its connection */
    struct curl_slist *headers;
};

enum store_statement {
#define STATEMENT(NAME, sql) STORE_##NAME,
#include "hook/store.def"
#undef STATEMENT
    STORE_STATEMENT_COUNT
};

struct hook {
    bool allow_private;
    i64 retry_base_ms;
    i64 timeout_ms;
    u64 events_max;
    i64 (*now_ms)(void);
    pthread_mutex_t lock;
    pthread_t thread;
    CURLM *multi;
    bool stop;

    u32 wanted;             /* atomic: union of what enabled endpoints want */
    u64 seen_seq;           /* atomic: the follower has told everything up to this; written by its thread */
    u64 durable_seq;        /* atomic */
    bool stalled;           /* atomic: events were passed over since the database could not be written */
    const char *problem;    /* atomic */

    u64 place_seq;          /* the follower's thread: the command that `place` is about, */
    u32 place;              /* and its next event */
    struct buffer body;     /* of the event that is being told; HOOK_BODY_MAX at most */

    struct endpoint endpoints[HOOK_ENDPOINTS_MAX];
    struct endpoint saved[HOOK_ENDPOINTS_MAX]; /* put back when a transaction fails */
    struct job jobs[HOOK_ENDPOINTS_MAX];
    struct pending pending[HOOK_PENDING_MAX];
    u32 pending_count;
    size_t arena_used;
    char *arena;            /* HOOK_ARENA_BYTES */
    i64 commit_ms;          /* monotonic: when something not committed came first; 0: there is nothing */
    i64 committed_ms;       /* monotonic: the last commit */
    bool sweeping;          /* rows of removed endpoints may be left */

    sqlite3 *database;
    sqlite3_stmt *statements[STORE_STATEMENT_COUNT];
    char shop[HOOK_SHOP_MAX];
};

/* --- hook.c -------------------------------------------------------------------------------- */

i64 hook_monotonic_ms(void);
/* The thread that delivers looks around now. */
void hook_wake(struct hook *hook);
/* Under the lock: something is to be committed within HOOK_COMMIT_MS. True when nothing was before. */
bool hook_uncommitted(struct hook *hook);
/* Under the lock: what enabled endpoints want has changed. */
void hook_wants(struct hook *hook);
void hook_id(const struct hook *hook, u64 number, char id[HOOK_ID_MAX]);

/* --- store.c: all under the lock; false, with hook->problem, when the database failed and nothing has changed --- */

bool hook_store_open(struct hook *hook, const char *directory, char *problem);
void hook_store_close(struct hook *hook);

/* Pending events, changed endpoints and the position, in one transaction. */
bool hook_store_flush(struct hook *hook);

bool hook_store_add(struct hook *hook, struct endpoint *endpoint);      /* sets its id */
/* A changed copy, which the caller then takes over. */
bool hook_store_change(struct hook *hook, const struct endpoint *endpoint);
bool hook_store_remove(struct hook *hook, u32 id);

/* The next dead letter to be tried again, else the next event, into the job: number, body (malloc), letter, attempts.
 * False: nothing waits, or the database failed. */
bool hook_store_next(struct hook *hook, const struct endpoint *endpoint, struct job *job);

/* The event `number` becomes a dead letter, and the cursor moves over it. */
bool hook_store_bury(struct hook *hook, struct endpoint *endpoint, u64 number);
/* What came of a dead letter that was tried again. `error` NULL: it was accepted, and is gone. */
bool hook_store_letter(struct hook *hook, struct endpoint *endpoint, const struct job *job, const char *error);
/* Number of the newest dead letter; 0: there is none. */
u64 hook_store_last_letter(struct hook *hook, u32 id);
size_t hook_store_letters(struct hook *hook, u32 id, u64 after, struct hook_letter *letters, size_t max);

/* Some rows of removed endpoints. Clears `sweeping` when there are none. */
void hook_store_sweep(struct hook *hook);

/* --- deliver.c -------------------------------------------------------------------------------- */

void *hook_deliver(void *hook); /* the thread */

#endif
