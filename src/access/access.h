/*
 * Access: who somebody is and what they may do. Accounts, their passwords (argon2id), sessions, API keys and
 * the audit trail of administrative acts, in DIRECTORY/accounts.db (SQLite, synchronous=FULL): the one truth besides
 * the journal. No secret is stored that could be used: passwords as argon2id hashes, tokens and keys as BLAKE2b hashes.
 *
 * Every function may be called from any thread; those marked slow hash a password (some 50 ms, 19 MiB; OWASP's
 * parameters for argon2id, m=19456, t=2, p=1) or write to the disk, and belong on a worker thread. access_session and
 * access_key answer from a cache in well under a microsecond when they were asked lately.
 */
#ifndef ELEVEN_ACCESS_ACCESS_H
#define ELEVEN_ACCESS_ACCESS_H

#include "base/slice.h"
#include "core/command.h"

struct access;

/* ACCESS_OK, ACCESS_BAD_LOGIN, ...: status.def says what each means. */
enum access_status {
#define STATUS(NAME, word, sentence) ACCESS_##NAME,
#include "access/status.def"
#undef STATUS
};

/* Static: "taken", "throttled", ...; and a sentence for people. */
const char *access_status_word(enum access_status status);
const char *access_status_sentence(enum access_status status);

/* Who gives a command. All zero: nobody, who may read the catalogue and join. Idempotency keys are the account's. */
struct caller {
    u32 account;
    u32 roles;              /* set of enum role, with ROLE_ANYBODY; an administrator's has clerk and merchandiser */
    u32 shopper;            /* shopper id of this account; 0: none */
    u32 location;           /* of a clerk: the store, the only one; 0: any */
};

#define ACCESS_LOGIN_MIN 3
#define ACCESS_LOGIN_MAX 64
#define ACCESS_PASSWORD_MIN 10
#define ACCESS_PASSWORD_MAX 256
#define ACCESS_NAME_MAX 64              /* bytes of a key's name */
#define ACCESS_SECRET_MAX 64            /* bytes of a token or key as text, NUL included */
#define ACCESS_TOKEN_SIZE 43            /* a token: base64url of 32 random bytes */
#define ACCESS_KEY_SIZE 47              /* a key: "elv_" and as much */
#define ACCESS_KEYS_PER_ACCOUNT_MAX 16  /* not revoked; as many revoked ones are kept for the list, the newest */
#define ACCESS_SESSIONS_PER_ACCOUNT_MAX 10  /* the oldest makes room */
#define ACCESS_SESSION_MS ((i64)14 * 24 * 3600 * 1000)
#define ACCESS_FAILURES_FREE 5          /* failed log-ins before one has to wait: 2 s, doubling, at most 15 min */
#define ACCESS_ADDRESS_FAILURES_FREE 20 /* the same for an address (IPv6: its /64), which a shop floor may share */
#define ACCESS_PROBLEM_MAX 256

/*
 * Opens or makes DIRECTORY/accounts.db (mode 0600), also while other processes have it open. The caller owns *access
 * until access_close. False, and *access NULL, with `problem` (ACCESS_PROBLEM_MAX bytes): no such directory, no right
 * to write there, disk full, no database, or written by a newer version.
 */
bool access_open(struct access **access, const char *directory, char *problem);

/* Writes the acts that are waiting. No other call may be under way. NULL: nothing. */
void access_close(struct access *access);

/* True when there has never been an administrator (a disabled one counts: whoever comes next is not the owner). False
 * when the database cannot say. */
bool access_is_new(struct access *access);

/* --- accounts (slow) -------------------------------------------------------- */

/* A new account. `role`: ROLE_SHOPPER, ROLE_CLERK, ROLE_MERCHANDISER, ROLE_PROVIDER, ROLE_INTEGRATOR or
 * ROLE_ADMINISTRATOR, exactly one; a clerk has a location, nobody else. Logins that differ only in the case of ASCII
 * letters are the same. BAD_LOGIN, BAD_PASSWORD, BAD_ROLE, TAKEN, FAILED; *account is 0 then. */
enum access_status access_add(struct access *access, struct slice login, struct slice password, u32 role, u32 location,
                              i64 now_ms, u32 *account);

/* The shopper (> 0) of an account, once the engine has made it. Durable on return; the same again is OK. NOT_FOUND;
 * TAKEN when the account has another shopper, or the shopper another account. */
enum access_status access_bind_shopper(struct access *access, u32 account, u32 shopper);

/* Ends all sessions of the account as well, not its keys, and what its login has to wait. NOT_FOUND (also: disabled),
 * BAD_PASSWORD. */
enum access_status access_set_password(struct access *access, u32 account, struct slice password);

/* Ends all sessions and keys of the account; its login stays taken. Twice is OK. NOT_FOUND. */
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
enum access_status access_find(struct access *access, struct slice login, struct access_account *out);

/* --- sessions ----------------------------------------------------------------- */

/*
 * Slow. On ACCESS_OK `token` (ACCESS_SECRET_MAX bytes) is a new session's secret, shown this once. WRONG takes as
 * long for a login that does not exist. THROTTLED counts by login and by `address` (empty: not known, not counted),
 * and does not hash: *retry_after_s; also when too many wait for a hash. Two passwords are hashed at a time, the
 * others wait.
 */
enum access_status access_login(struct access *access, struct slice login, struct slice password, struct slice address,
                                i64 now_ms, char *token, struct caller *caller, u32 *retry_after_s);
/* WRONG: never given out, ended, or over (ACCESS_SESSION_MS after the log-in, whatever was done in between); *caller
 * is nobody then. What this process ended it sees at once, what another one did within 2 s. */
enum access_status access_session(struct access *access, struct slice token, i64 now_ms, struct caller *caller);
/* Slow. WRONG: there is no such session (any more). */
enum access_status access_logout(struct access *access, struct slice token);

/* --- API keys -------------------------------------------------------------------- */

/* Slow. `key` (ACCESS_SECRET_MAX bytes): "elv_" and 43 characters; shown this once. `name`: 1..ACCESS_NAME_MAX bytes
 * of UTF-8 without control characters. BAD_NAME, FULL, NOT_FOUND (also: disabled). */
enum access_status access_key_add(struct access *access, u32 account, struct slice name, i64 now_ms, char *key,
                                  u32 *key_id);
/* As access_session. Notes when it was used, by the wall clock. */
enum access_status access_key(struct access *access, struct slice key, struct caller *caller);
/* Slow. NOT_FOUND when the account has no such key; revoking twice is OK. */
enum access_status access_key_revoke(struct access *access, u32 account, u32 key_id);

struct access_key_row {
    u32 key_id;
    u32 account;
    i64 made_ms;
    i64 used_ms;            /* to the minute; 0: never */
    bool revoked;
    char name[ACCESS_NAME_MAX + 1];
    char hint[12];          /* "elv_ab12" : the first characters */
};
/* Slow. The newest `max` keys of the account, newest first; returns how many. At most 2 x
 * ACCESS_KEYS_PER_ACCOUNT_MAX. */
size_t access_key_list(struct access *access, u32 account, struct access_key_row *keys, size_t max);
/* Slow. One key, whosever it is. */
enum access_status access_key_get(struct access *access, u32 key_id, struct access_key_row *key);

/* --- keys of the folder ------------------------------------------------------------- */

#define ACCESS_FOLDER_KEY_BYTES 32

/*
 * Slow. The folder's own secret of this name ("codes": order_code.h), 32 random bytes that are made when it is first
 * asked for, and are the same ever after, for every process. It lies in accounts.db, which nobody but the owner of
 * the folder may read, and goes wherever that goes: who restores the folder without accounts.db makes every printed
 * code unknown. FAILED: the database cannot be read or written, and *key is zeros.
 */
enum access_status access_folder_key(struct access *access, const char *name, u8 key[ACCESS_FOLDER_KEY_BYTES]);

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
/* Appends (number is given here). Buffered, written within about 100 ms by a thread of its own and at close, so that
 * it may be called from the sale's thread; a full buffer (16,384) waits for the disk, see access_acts_full. Texts end at their NUL or their
 * array; control characters and bytes that are not UTF-8 become '?'. What cannot be written is tried again each
 * second, and said. */
void access_act(struct access *access, const struct access_act *act);
/* So many acts wait for the disk that no further one should be begun: who asks for one is to come back. Then
 * access_act never waits. */
bool access_acts_full(struct access *access);
/* Slow. Up to `max` acts with a number < `before` (0: from the newest), newest first. Includes all acts given before
 * the call, unless the disk refuses them. */
size_t access_acts(struct access *access, u64 before, struct access_act *acts, size_t max);

/*
 * Slow, O(acts). Each act carries a BLAKE2b hash over itself and the hash before it. OK: the trail is as it was
 * written; *number is its last act and `hash` (ACCESS_HASH_TEXT bytes) that one's hash: noted elsewhere, it also
 * proves later that nothing was cut off or written anew. WRONG: act *number is missing, or not what was written.
 * FAILED.
 */
#define ACCESS_HASH_TEXT 65 /* hexadecimal, with NUL */
enum access_status access_acts_check(struct access *access, u64 *number, char *hash);

#endif
