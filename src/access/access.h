/*
 * Access: who somebody is and what they may do. Accounts, their passwords (argon2id), sessions, API keys and
 * the audit trail of administrative acts, in DIRECTORY/accounts.db (SQLite, synchronous=FULL): the one truth besides the
 * journal. No secret is stored that could be used: passwords as argon2id hashes, tokens and keys as BLAKE2b hashes.
 *
 * Every function may be called from any thread; those marked slow hash a password (some 50 ms, 19 MiB; OWASP's
 * parameters for argon2id, m=19456, t=2, p=1) or write to the disk, and belong on a worker thread. access_session and access_key
 * answer from a cache in well under a microsecond when they were asked lately.
 */
#ifndef ELEVEN_ACCESS_ACCESS_H
#define ELEVEN_ACCESS_ACCESS_H

#include "base/slice.h"
#include "core/command.h"

struct access;

enum access_status {
    ACCESS_OK,
    ACCESS_BAD_LOGIN,       /* a login is 3..64 bytes of UTF-8 without white space and control characters */
    ACCESS_BAD_PASSWORD,    /* a password is 10..256 bytes of UTF-8, and not the login (NIST SP 800-63B: length, no classes) */
    ACCESS_BAD_ROLE,        /* not one that may be given, or a clerk without a store */
    ACCESS_TAKEN,           /* the login exists */
    ACCESS_WRONG,           /* login and password, token or key do not fit; never says which */
    ACCESS_THROTTLED,       /* too many failed log-ins; wait retry_after_s */
    ACCESS_NOT_FOUND,
    ACCESS_FULL,            /* a bound below is reached */
    ACCESS_FAILED,          /* the disk or the database; said in the log */
};

/* Static: "taken", "throttled", ...; and a sentence for people. */
const char *access_status_word(enum access_status status);
const char *access_status_sentence(enum access_status status);

/* Who gives a command. All zero: nobody, who may read the catalogue and join. Idempotency keys belong to the account. */
struct caller {
    u32 account;
    u32 roles;              /* set of enum role, ROLE_ANYBODY included */
    u32 shopper;            /* shopper id of this account; 0: none */
    u32 location;           /* of a clerk: the store, the only one; 0: any */
};

#define ACCESS_LOGIN_MAX 64
#define ACCESS_PASSWORD_MIN 10
#define ACCESS_PASSWORD_MAX 256
#define ACCESS_NAME_MAX 64              /* bytes of a key's name */
#define ACCESS_SECRET_MAX 64            /* bytes of a token or key as text, NUL included */
#define ACCESS_KEYS_PER_ACCOUNT_MAX 16
#define ACCESS_SESSIONS_PER_ACCOUNT_MAX 10  /* the oldest makes room */
#define ACCESS_SESSION_MS ((i64)14 * 24 * 3600 * 1000)
#define ACCESS_FAILURES_FREE 5          /* failed log-ins before one has to wait: 2 s, doubling, at most 15 min */

/* Opens or makes the database. False with `problem` (256 bytes). The caller owns *access until access_close. */
bool access_open(struct access **access, const char *directory, char *problem);
void access_close(struct access *access);

/* True when no administrator exists yet. */
bool access_is_new(struct access *access);

/* --- accounts (slow) -------------------------------------------------------- */

/* A new account. `roles`: ROLE_SHOPPER, ROLE_CLERK, ROLE_MERCHANDISER, ROLE_PROVIDER, ROLE_INTEGRATOR or
 * ROLE_ADMINISTRATOR, exactly one; a clerk has a location. BAD_LOGIN, BAD_PASSWORD, BAD_ROLE, TAKEN, FAILED. */
enum access_status access_add(struct access *access, struct slice login, struct slice password, u32 role, u32 location,
                              i64 now_ms, u32 *account);

/* The shopper of an account, once the engine has made it. Durable on return. */
enum access_status access_bind_shopper(struct access *access, u32 account, u32 shopper);

enum access_status access_set_password(struct access *access, u32 account, struct slice password);

/* Ends all sessions and keys of the account; its login stays taken. */
enum access_status access_disable(struct access *access, u32 account);

struct access_account {
    u32 account;
    u32 role;
    u32 shopper;
    u32 location;
    i64 made_ms;
    bool disabled;
    char login[ACCESS_LOGIN_MAX + 1];
};
/* Up to `max` accounts with a number > `after`, by number; returns how many. `role` 0: all. */
size_t access_list(struct access *access, u32 role, u32 after, struct access_account *accounts, size_t max);
enum access_status access_get(struct access *access, u32 account, struct access_account *out);

/* --- sessions ----------------------------------------------------------------- */

/*
 * Slow. On ACCESS_OK `token` (ACCESS_SECRET_MAX bytes) is a new session's secret, shown this once. WRONG takes as long for a
 * login that does not exist. THROTTLED counts by login and by `address`, and does not hash: *retry_after_s.
 */
enum access_status access_login(struct access *access, struct slice login, struct slice password, struct slice address,
                                i64 now_ms, char *token, struct caller *caller, u32 *retry_after_s);
enum access_status access_session(struct access *access, struct slice token, i64 now_ms, struct caller *caller);
enum access_status access_logout(struct access *access, struct slice token);                     /* slow */

/* --- API keys -------------------------------------------------------------------- */

/* Slow. `key` (ACCESS_SECRET_MAX bytes): "elv_" and 43 characters; shown this once. FULL, NOT_FOUND. */
enum access_status access_key_add(struct access *access, u32 account, struct slice name, i64 now_ms, char *key,
                                  u32 *key_id);
enum access_status access_key(struct access *access, struct slice key, struct caller *caller);
enum access_status access_key_revoke(struct access *access, u32 account, u32 key_id);             /* slow */

struct access_key_row {
    u32 key_id;
    u32 account;
    i64 made_ms;
    i64 used_ms;            /* to the minute; 0: never */
    bool revoked;
    char name[ACCESS_NAME_MAX + 1];
    char hint[12];          /* "elv_ab12" : the first characters */
};
size_t access_key_list(struct access *access, u32 account, struct access_key_row *keys, size_t max);

/* --- the audit trail ---------------------------------------------------------------- */

/* One administrative act. */
struct access_act {
    u64 number;             /* from 1, without gaps */
    i64 time_ms;
    u32 account;            /* who; 0: nobody, the command line */
    u32 status;             /* HTTP status of the answer */
    char address[48];
    char what[64];          /* operation: "stock.receive", "people.add" */
    char target[128];       /* "order 12", "login anna"; never a secret */
};
/* Appends (number is given here). Buffered, written within 100 ms by a thread of its own and at close, so that it may be called
 * from the sale's thread; a full buffer (4,096) waits for the disk. */
void access_act(struct access *access, const struct access_act *act);
/* Up to `max` acts with a number < `before` (0: from the newest), newest first. Includes all acts given before the call. */
size_t access_acts(struct access *access, u64 before, struct access_act *acts, size_t max);

#endif
