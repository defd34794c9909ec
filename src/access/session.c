/*
 * Log-ins and sessions. A session is a random token; the database has its hash.
 */
#include "access/internal.h"

#include "base/assert.h"

/* --- logging in ------------------------------------------------------------------- */

struct login_row {
    u32 account;            /* 0: no such login, or disabled */
    char password[crypto_pwhash_STRBYTES];
};

static enum access_status login_find(struct access *access, struct slice login, struct login_row *row)
{
    *row = (struct login_row){0};
    if (!access_text_is_login(login))
        return ACCESS_OK;
    struct sql *sql = &access->reader;
    pthread_mutex_lock(&access->reading);
    enum sql_step step = SQL_RUN(sql, LOGIN_FIND, TEXT(login));
    if (step == SQL_ROW) {
        row->account = (u32)access_sql_number(sql, STATEMENT_LOGIN_FIND, 0);
        access_sql_text(sql, STATEMENT_LOGIN_FIND, 1, row->password, sizeof(row->password));
        access_sql_end(sql, STATEMENT_LOGIN_FIND);
    }
    pthread_mutex_unlock(&access->reading);
    return step == SQL_FAILED ? ACCESS_FAILED : ACCESS_OK;
}

/* In a transaction. WRONG: the account was disabled, or its password changed, while it was compared. */
static enum access_status session_write(struct sql *sql, const struct login_row *row, i64 now_ms, const u8 *hash,
                                        struct caller *caller)
{
    enum sql_step step = SQL_RUN(sql, LOGIN_STILL, NUMBER(row->account), TEXT(slice_text(row->password)));
    if (step != SQL_ROW)
        return step == SQL_DONE ? ACCESS_WRONG : ACCESS_FAILED;
    *caller = access_sql_caller(sql, STATEMENT_LOGIN_STILL);
    access_sql_end(sql, STATEMENT_LOGIN_STILL);
    u32 kept = ACCESS_SESSIONS_PER_ACCOUNT_MAX - 1, account = row->account;
    bool good = SQL_RUN(sql, SESSION_END_OVER, NUMBER(account), NUMBER(now_ms)) == SQL_DONE
                && SQL_RUN(sql, SESSION_MAKE_ROOM, NUMBER(account), NUMBER(kept)) == SQL_DONE
                && SQL_RUN(sql, SESSION_ADD, BLOB(hash, HASH_BYTES), NUMBER(account), NUMBER(now_ms),
                           NUMBER(now_ms + ACCESS_SESSION_MS)) == SQL_DONE;
    return good ? ACCESS_OK : ACCESS_FAILED;
}

static enum access_status session_make(struct access *access, const struct login_row *row, i64 now_ms, char *token,
                                       struct caller *caller)
{
    char secret[ACCESS_SECRET_MAX];
    u8 hash[HASH_BYTES];
    access_secret_make(secret, "", hash);
    ASSERT(strlen(secret) == ACCESS_TOKEN_SIZE);
    struct sql *sql = &access->writer;
    pthread_mutex_lock(&access->writing);
    enum access_status status = ACCESS_FAILED;
    if (access_sql_begin(sql)) {
        status = session_write(sql, row, now_ms, hash, caller);
        if (status != ACCESS_OK)
            access_sql_rollback(sql);
        else if (!access_sql_commit(sql))
            status = ACCESS_FAILED;
    }
    pthread_mutex_unlock(&access->writing);
    if (status == ACCESS_OK) {
        access_forget_account(access, row->account); /* the oldest session may have made room */
        memcpy(token, secret, sizeof(secret));
    } else {
        *caller = (struct caller){0};
    }
    sodium_memzero(secret, sizeof(secret));
    return status;
}

enum access_status access_login(struct access *access, struct slice login, struct slice password, struct slice address,
                                i64 now_ms, char *token, struct caller *caller, u32 *retry_after_s)
{
    struct throttle_attempt attempt;
    struct login_row row;
    token[0] = '\0';
    *caller = (struct caller){0};
    *retry_after_s = access_throttle_begin(&access->throttle, login, address, now_ms, &attempt);
    if (*retry_after_s > 0)
        return ACCESS_THROTTLED;
    enum access_status status = login_find(access, login, &row);
    if (status == ACCESS_OK)
        status = access_password_check(&access->hashing, password, row.account != 0 ? row.password : NULL);
    if (status == ACCESS_OK)
        status = session_make(access, &row, now_ms, token, caller);
    if (status == ACCESS_THROTTLED)
        *retry_after_s = 1;
    access_throttle_end(&access->throttle, &attempt, now_ms, status);
    sodium_memzero(&row, sizeof(row));
    return status;
}

/* --- sessions ----------------------------------------------------------------------- */

/* Under access->reading. The entry, NULL with a status. */
static const struct cache_entry *session_look(struct access *access, const u8 *hash, i64 now_ns,
                                              enum access_status *status)
{
    struct sql *sql = &access->reader;
    struct cache_entry *entry = access_cache_find(&access->cache, hash, now_ns);
    if (entry != NULL)
        return entry;
    enum sql_step step = SQL_RUN(sql, SESSION_GET, BLOB(hash, HASH_BYTES));
    if (step != SQL_ROW) {
        *status = step == SQL_DONE ? ACCESS_WRONG : ACCESS_FAILED;
        return NULL;
    }
    entry = access_cache_put(&access->cache, hash, now_ns);
    entry->caller = access_sql_caller(sql, STATEMENT_SESSION_GET);
    entry->expires_ms = access_sql_number(sql, STATEMENT_SESSION_GET, 4);
    access_sql_end(sql, STATEMENT_SESSION_GET);
    return entry;
}

enum access_status access_session(struct access *access, struct slice token, i64 now_ms, struct caller *caller)
{
    u8 hash[HASH_BYTES];
    enum access_status status = ACCESS_OK;
    *caller = (struct caller){0};
    if (token.size != ACCESS_TOKEN_SIZE)
        return ACCESS_WRONG;
    access_secret_hash(token, hash);
    i64 now_ns = access_monotonic_ns();
    pthread_mutex_lock(&access->reading);
    const struct cache_entry *entry = session_look(access, hash, now_ns, &status);
    if (entry != NULL && now_ms < entry->expires_ms)
        *caller = entry->caller;
    else if (entry != NULL)
        status = ACCESS_WRONG;
    pthread_mutex_unlock(&access->reading);
    return status;
}

enum access_status access_logout(struct access *access, struct slice token)
{
    u8 hash[HASH_BYTES];
    if (token.size != ACCESS_TOKEN_SIZE)
        return ACCESS_WRONG;
    access_secret_hash(token, hash);
    pthread_mutex_lock(&access->writing);
    enum sql_step step = SQL_RUN(&access->writer, SESSION_END, BLOB(hash, HASH_BYTES));
    bool ended = step == SQL_DONE && access_sql_changes(&access->writer) > 0;
    pthread_mutex_unlock(&access->writing);
    pthread_mutex_lock(&access->reading);
    access_cache_drop(&access->cache, hash);
    pthread_mutex_unlock(&access->reading);
    if (step != SQL_DONE)
        return ACCESS_FAILED;
    return ended ? ACCESS_OK : ACCESS_WRONG;
}
