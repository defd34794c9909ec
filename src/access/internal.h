/*
 * What the files of access/ share. Nobody else includes this.
 *
 * Two connections to accounts.db: the *reader* answers sessions, keys and log-ins, one row at a time, and never waits
 * for a write (WAL); the *writer* does everything else and may wait for the disk. Each has a mutex; the reader's also
 * guards the cache. The order is writer, then reader; the others are taken alone. No mutex is held while a password
 * is hashed.
 */
#ifndef ELEVEN_ACCESS_INTERNAL_H
#define ELEVEN_ACCESS_INTERNAL_H

#include "access/access.h"

#include <pthread.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdatomic.h>

/* --- sql.c: a connection and its prepared statements ----------------------------- */

enum statement {
#define STATEMENT(NAME, sql) STATEMENT_##NAME,
#include "access/statement.def"
#undef STATEMENT
    STATEMENT_COUNT
};

#define SQL_PATH_MAX 4096

struct sql {
    sqlite3 *handle;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    i64 said_ns;            /* when a failure was last said; a dead disk says so once a second */
    u64 unsaid;
    char path[SQL_PATH_MAX];
};

enum sql_step {
    SQL_ROW,                /* columns can be read until the statement is stepped or ended */
    SQL_DONE,               /* and the statement is ended */
    SQL_TAKEN,              /* something unique exists; ended */
    SQL_FAILED,             /* said in the log; ended */
};

struct sql_value {
    enum { SQL_NUMBER, SQL_TEXT, SQL_BLOB } kind;
    i64 number;
    struct slice bytes;
};
#define NUMBER(value) {.kind = SQL_NUMBER, .number = (i64)(value)}
#define TEXT(value) {.kind = SQL_TEXT, .bytes = (value)}
#define BLOB(value, length) {.kind = SQL_BLOB, .bytes = {(const char *)(value), (length)}}

/* Opens, makes the tables if there are none, prepares. False with `problem`; then there is nothing to close. */
bool access_sql_open(struct sql *sql, const char *directory, int busy_ms, char *problem);
void access_sql_close(struct sql *sql);

/* Binds ?1, ?2, ... and steps once. The bytes must stay until the statement is ended. */
enum sql_step access_sql_run(struct sql *sql, enum statement statement, const struct sql_value *values, int count);
#define SQL_RUN(sql, NAME, ...)                                                              \
    access_sql_run(sql, STATEMENT_##NAME, (const struct sql_value[]){__VA_ARGS__},           \
                   (int)ARRAY_COUNT(((const struct sql_value[]){__VA_ARGS__})))
/* The next row. */
enum sql_step access_sql_next(struct sql *sql, enum statement statement);
/* Ends a statement that stands at a row. */
void access_sql_end(struct sql *sql, enum statement statement);

/* A transaction that writes. After a false commit nothing was changed. */
bool access_sql_begin(struct sql *sql);
bool access_sql_commit(struct sql *sql);
void access_sql_rollback(struct sql *sql);
int access_sql_changes(struct sql *sql);        /* rows that the last statement changed */

i64 access_sql_number(struct sql *sql, enum statement statement, int column);
/* Text or blob; belongs to the row. */
struct slice access_sql_bytes(struct sql *sql, enum statement statement, int column);
/* Into `text` (`size` bytes), cut if need be, ended by NUL. */
void access_sql_text(struct sql *sql, enum statement statement, int column, char *text, size_t size);

/* Columns 0..3 of a row: account, role, shopper, location. */
struct caller access_sql_caller(struct sql *sql, enum statement statement);

/* --- text.c --------------------------------------------------------------------- */

bool access_text_is_login(struct slice login);
bool access_text_is_password(struct slice password, struct slice login);
bool access_text_is_name(struct slice name);
/* Up to a NUL, with '?' for what is not UTF-8 or a control character; ends `text` by NUL. */
void access_text_clean(char *text, const char *from, size_t size);
/* ASCII letters in lower case. */
char access_text_lower(char byte);

/* --- password.c: argon2id, a bounded number at a time ------------------------------- */

#define HASHES_AT_ONCE 2u       /* 19 MiB and a processor each */
#define HASHES_WAITING_MAX 32u  /* log-ins; at 2 x 20 a second the last one waits about a second */

struct hashing {
    pthread_mutex_t mutex;
    pthread_cond_t free;
    u32 running;
    u32 waiting;
};
void access_password_open(struct hashing *hashing);
void access_password_close(struct hashing *hashing);
/* `hash` has crypto_pwhash_STRBYTES. False: no memory; said in the log. */
bool access_password_hash(struct hashing *hashing, struct slice password, char *hash);
/* OK, WRONG, FAILED (no memory; said in the log), THROTTLED (too many wait). `hash` NULL: works as long and is WRONG.
 * */
enum access_status access_password_check(struct hashing *hashing, struct slice password, const char *hash);

/* --- throttle.c: failed log-ins ------------------------------------------------------- */

#define THROTTLE_SETS 1024u
#define THROTTLE_WAYS 4u

struct throttle_entry {
    u64 key;                /* hash of a login or address; 0: free */
    i64 failed_ms;          /* the last failure, by the caller's clock */
    u32 failures;
    u32 pending;            /* log-ins under way */
};
struct throttle_table {
    u32 failures_free;
    struct throttle_entry entries[THROTTLE_SETS][THROTTLE_WAYS];
};
struct throttle {
    pthread_mutex_t mutex;
    u8 secret[crypto_shorthash_KEYBYTES];
    struct throttle_table logins, addresses;
};
/* A log-in under way. */
struct throttle_attempt {
    u64 login;
    u64 address;            /* 0: not counted */
};
void access_throttle_open(struct throttle *throttle);
void access_throttle_close(struct throttle *throttle);
/* 0: go on, and end it; else how many seconds to wait. */
u32 access_throttle_begin(struct throttle *throttle, struct slice login, struct slice address, i64 now_ms,
                          struct throttle_attempt *attempt);
/* OK clears the login's failures, WRONG counts, all else leaves them. */
void access_throttle_end(struct throttle *throttle, const struct throttle_attempt *attempt, i64 now_ms,
                         enum access_status status);
void access_throttle_forget(struct throttle *throttle, struct slice login);

/* --- cache.c: who a secret belongs to ----------------------------------------------- */

#define SECRET_BYTES 32u
#define HASH_BYTES 32u      /* BLAKE2b-256 of a token or key as text */
#define CACHE_SETS 1024u
#define CACHE_WAYS 4u
#define CACHE_FRESH_NS ((i64)1900 * 1000 * 1000) /* within 2 s by a coarse clock */

struct cache_entry {
    u8 hash[HASH_BYTES];
    struct caller caller;
    i64 fresh_ns;           /* believed until then (monotonic); 0: free */
    i64 expires_ms;         /* of a session, by the caller's clock */
    i64 used_ms;            /* of a key: the minute that was noted */
    u32 key_id;             /* 0: a session */
    u32 reserved;
};
struct cache {
    struct cache_entry entries[CACHE_SETS][CACHE_WAYS];
};
/* NULL: not there or not fresh. */
struct cache_entry *access_cache_find(struct cache *cache, const u8 *hash, i64 now_ns);
/* A fresh entry in place of this hash's, a free, or the oldest one of its set. */
struct cache_entry *access_cache_put(struct cache *cache, const u8 *hash, i64 now_ns);
void access_cache_drop(struct cache *cache, const u8 *hash);
void access_cache_drop_account(struct cache *cache, u32 account);
void access_cache_drop_key(struct cache *cache, u32 key_id);

/* `prefix` and base64url of 32 random bytes into `text` (ACCESS_SECRET_MAX), and its hash. */
void access_secret_make(char *text, const char *prefix, u8 *hash);
void access_secret_hash(struct slice text, u8 *hash);
i64 access_monotonic_ns(void);  /* coarse: some ms */

/* --- trail.c: the audit trail and its thread ------------------------------------------ */

#define TRAIL_ACTS_MAX 16384u   /* not written yet */
#define TRAIL_ACTS_FULL 4096u   /* so many are enough to say so; the rest is for those under way */
#define TRAIL_USES_MAX 256u     /* keys of which a use waits to be noted; a use beyond is noted a minute later */

struct trail_use {
    u32 key_id;
    i64 used_ms;
};
struct trail {
    pthread_mutex_t mutex;
    pthread_cond_t work;        /* to the thread: something to do */
    pthread_cond_t progress;    /* from the thread: something was tried */
    pthread_t thread;
    bool running;               /* there is a thread to join; it does not look here */
    u64 given, written;         /* acts since open; those between wait in the ring */
    u64 failures;               /* attempts to write that failed */
    bool hurry, stop;
    u32 use_count;
    struct trail_use uses[TRAIL_USES_MAX];
    struct access_act ring[TRAIL_ACTS_MAX];
};
/* False: no thread. */
bool access_trail_open(struct access *access);
void access_trail_close(struct access *access);
void access_trail_key_used(struct access *access, u32 key_id, i64 used_ms);

/* --- all of it -------------------------------------------------------------------------- */

struct access {
    pthread_mutex_t reading;    /* guards reader and cache */
    struct sql reader;
    struct cache cache;
    pthread_mutex_t writing;    /* guards writer */
    struct sql writer;
    atomic_bool has_administrator; /* known; never goes back */
    struct hashing hashing;
    struct throttle throttle;
    struct trail trail;
};

/* After the writer's change is committed: nothing of this account is believed any more. */
void access_forget_account(struct access *access, u32 account);

#endif
