/*
 * API keys: for machines. They do not expire; they are revoked.
 */
#include "access/internal.h"

#include "base/assert.h"

#include <time.h>

#define KEY_PREFIX "elv_"
#define KEY_HINT_SIZE 8u    /* the prefix and 24 of 256 bits, to tell keys apart by */
#define KEY_USED_EVERY_MS ((i64)60 * 1000)

_Static_assert(KEY_HINT_SIZE < sizeof(((struct access_key_row *)0)->hint), "fits");
_Static_assert(ACCESS_KEY_SIZE == sizeof(KEY_PREFIX) - 1 + ACCESS_TOKEN_SIZE && ACCESS_KEY_SIZE < ACCESS_SECRET_MAX,
               "as the header says");

/* --- giving out ------------------------------------------------------------------- */

/* NOT_FOUND: no account, or disabled. Under access->writing. */
static enum access_status key_account(struct sql *sql, u32 account)
{
    enum sql_step step = SQL_RUN(sql, ACCOUNT_GET, NUMBER(account));
    if (step != SQL_ROW)
        return step == SQL_DONE ? ACCESS_NOT_FOUND : ACCESS_FAILED;
    bool disabled = access_sql_number(sql, STATEMENT_ACCOUNT_GET, 5) != 0;
    access_sql_end(sql, STATEMENT_ACCOUNT_GET);
    return disabled ? ACCESS_NOT_FOUND : ACCESS_OK;
}

static enum access_status key_room(struct sql *sql, u32 account)
{
    if (SQL_RUN(sql, KEY_COUNT, NUMBER(account)) != SQL_ROW)
        return ACCESS_FAILED;
    i64 count = access_sql_number(sql, STATEMENT_KEY_COUNT, 0);
    access_sql_end(sql, STATEMENT_KEY_COUNT);
    if (count >= ACCESS_KEYS_PER_ACCOUNT_MAX)
        return ACCESS_FULL;
    bool good = SQL_RUN(sql, KEY_FORGET, NUMBER(account), NUMBER(ACCESS_KEYS_PER_ACCOUNT_MAX)) == SQL_DONE;
    return good ? ACCESS_OK : ACCESS_FAILED;
}

/* In a transaction. */
static enum access_status key_write(struct sql *sql, u32 account, struct slice name, i64 now_ms, const char *secret,
                                    const u8 *hash, u32 *key_id)
{
    enum access_status status = key_account(sql, account);
    if (status == ACCESS_OK)
        status = key_room(sql, account);
    if (status != ACCESS_OK)
        return status;
    struct slice hint = slice_of(secret, KEY_HINT_SIZE);
    if (SQL_RUN(sql, KEY_ADD, BLOB(hash, HASH_BYTES), NUMBER(account), TEXT(name), TEXT(hint), NUMBER(now_ms))
        != SQL_DONE)
        return ACCESS_FAILED;
    *key_id = (u32)sqlite3_last_insert_rowid(sql->handle);
    return ACCESS_OK;
}

enum access_status access_key_add(struct access *access, u32 account, struct slice name, i64 now_ms, char *key,
                                  u32 *key_id)
{
    char secret[ACCESS_SECRET_MAX];
    u8 hash[HASH_BYTES];
    key[0] = '\0';
    *key_id = 0;
    if (!access_text_is_name(name))
        return ACCESS_BAD_NAME;
    access_secret_make(secret, KEY_PREFIX, hash);
    ASSERT(strlen(secret) == ACCESS_KEY_SIZE);
    struct sql *sql = &access->writer;
    enum access_status status = ACCESS_FAILED;
    pthread_mutex_lock(&access->writing);
    if (access_sql_begin(sql)) {
        status = key_write(sql, account, name, now_ms, secret, hash, key_id);
        if (status != ACCESS_OK)
            access_sql_rollback(sql);
        else if (!access_sql_commit(sql))
            status = ACCESS_FAILED;
    }
    pthread_mutex_unlock(&access->writing);
    if (status == ACCESS_OK)
        memcpy(key, secret, sizeof(secret));
    else
        *key_id = 0;
    sodium_memzero(secret, sizeof(secret));
    return status;
}

enum access_status access_key_revoke(struct access *access, u32 account, u32 key_id)
{
    pthread_mutex_lock(&access->writing);
    enum sql_step step = SQL_RUN(&access->writer, KEY_REVOKE, NUMBER(key_id), NUMBER(account));
    bool found = step == SQL_DONE && access_sql_changes(&access->writer) > 0;
    pthread_mutex_unlock(&access->writing);
    if (step != SQL_DONE)
        return ACCESS_FAILED;
    if (!found)
        return ACCESS_NOT_FOUND;
    pthread_mutex_lock(&access->reading);
    access_cache_drop_key(&access->cache, key_id);
    pthread_mutex_unlock(&access->reading);
    return ACCESS_OK;
}

/* --- using -------------------------------------------------------------------------- */

/* Under access->reading. NULL with a status. */
static struct cache_entry *key_look(struct access *access, const u8 *hash, i64 now_ns, enum access_status *status)
{
    struct sql *sql = &access->reader;
    struct cache_entry *entry = access_cache_find(&access->cache, hash, now_ns);
    if (entry != NULL)
        return entry;
    enum sql_step step = SQL_RUN(sql, KEY_FIND, BLOB(hash, HASH_BYTES));
    if (step != SQL_ROW) {
        *status = step == SQL_DONE ? ACCESS_WRONG : ACCESS_FAILED;
        return NULL;
    }
    entry = access_cache_put(&access->cache, hash, now_ns);
    entry->caller = access_sql_caller(sql, STATEMENT_KEY_FIND);
    entry->key_id = (u32)access_sql_number(sql, STATEMENT_KEY_FIND, 4);
    access_sql_end(sql, STATEMENT_KEY_FIND);
    return entry;
}

enum access_status access_key(struct access *access, struct slice key, struct caller *caller)
{
    u8 hash[HASH_BYTES];
    struct timespec now;
    enum access_status status = ACCESS_OK;
    *caller = (struct caller){0};
    if (key.size != ACCESS_KEY_SIZE || memcmp(key.bytes, KEY_PREFIX, sizeof(KEY_PREFIX) - 1) != 0)
        return ACCESS_WRONG;
    access_secret_hash(key, hash);
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    i64 now_ms = (i64)now.tv_sec * 1000 + now.tv_nsec / 1000000, now_ns = access_monotonic_ns();
    u32 used = 0;
    pthread_mutex_lock(&access->reading);
    struct cache_entry *entry = key_look(access, hash, now_ns, &status);
    if (entry != NULL) {
        *caller = entry->caller;
        if (now_ms - entry->used_ms >= KEY_USED_EVERY_MS || now_ms < entry->used_ms) {
            entry->used_ms = now_ms - now_ms % KEY_USED_EVERY_MS;
            used = entry->key_id;
        }
    }
    pthread_mutex_unlock(&access->reading);
    if (used != 0)
        access_trail_key_used(access, used, now_ms - now_ms % KEY_USED_EVERY_MS);
    return status;
}

/* --- listing ------------------------------------------------------------------------- */

static void key_read(struct sql *sql, enum statement statement, struct access_key_row *key)
{
    *key = (struct access_key_row){
        .key_id = (u32)access_sql_number(sql, statement, 0),
        .account = (u32)access_sql_number(sql, statement, 1),
        .made_ms = access_sql_number(sql, statement, 2),
        .used_ms = access_sql_number(sql, statement, 3),
        .revoked = access_sql_number(sql, statement, 4) != 0,
    };
    access_sql_text(sql, statement, 5, key->name, sizeof(key->name));
    access_sql_text(sql, statement, 6, key->hint, sizeof(key->hint));
}

size_t access_key_list(struct access *access, u32 account, struct access_key_row *keys, size_t max)
{
    size_t count = 0;
    pthread_mutex_lock(&access->writing);
    struct sql *sql = &access->writer;
    enum sql_step step = SQL_RUN(sql, KEY_LIST, NUMBER(account), NUMBER(max));
    for (; step == SQL_ROW; step = access_sql_next(sql, STATEMENT_KEY_LIST))
        key_read(sql, STATEMENT_KEY_LIST, &keys[count++]);
    pthread_mutex_unlock(&access->writing);
    return count;
}

enum access_status access_key_get(struct access *access, u32 key_id, struct access_key_row *key)
{
    *key = (struct access_key_row){0};
    pthread_mutex_lock(&access->writing);
    enum sql_step step = SQL_RUN(&access->writer, KEY_GET, NUMBER(key_id));
    if (step == SQL_ROW) {
        key_read(&access->writer, STATEMENT_KEY_GET, key);
        access_sql_end(&access->writer, STATEMENT_KEY_GET);
    }
    pthread_mutex_unlock(&access->writing);
    return step == SQL_ROW ? ACCESS_OK : step == SQL_DONE ? ACCESS_NOT_FOUND : ACCESS_FAILED;
}
