/*
 * Accounts: people and machines. An account is never removed, only disabled, so
 * that the trail always says who it was.
 */
#include "access/internal.h"

static bool account_good_role(u32 role, u32 location)
{
    switch (role) {
    case ROLE_CLERK:
        return location != 0;
    case ROLE_SHOPPER:
    case ROLE_MERCHANDISER:
    case ROLE_PROVIDER:
    case ROLE_INTEGRATOR:
    case ROLE_ADMINISTRATOR:
        return location == 0;
    default:
        return false;
    }
}

static enum access_status account_status(enum sql_step step)
{
    return step == SQL_TAKEN ? ACCESS_TAKEN : step == SQL_FAILED ? ACCESS_FAILED : ACCESS_OK;
}

enum access_status access_add(struct access *access, struct slice login, struct slice password, u32 role, u32 location,
                              i64 now_ms, u32 *account)
{
    char hash[crypto_pwhash_STRBYTES];
    struct access_account other;
    *account = 0;
    if (!access_text_is_login(login))
        return ACCESS_BAD_LOGIN;
    if (!access_text_is_password(password, login))
        return ACCESS_BAD_PASSWORD;
    if (!account_good_role(role, location))
        return ACCESS_BAD_ROLE;
    enum access_status status = access_find(access, login, &other); /* spares the hash */
    if (status != ACCESS_NOT_FOUND)
        return status == ACCESS_OK ? ACCESS_TAKEN : status;
    if (!access_password_hash(&access->hashing, password, hash))
        return ACCESS_FAILED;
    pthread_mutex_lock(&access->writing);
    struct sql *sql = &access->writer;
    enum sql_step step = SQL_RUN(sql, ACCOUNT_ADD, TEXT(login), TEXT(slice_text(hash)), NUMBER(role), NUMBER(location),
                                 NUMBER(now_ms));
    if (step == SQL_DONE)
        *account = (u32)sqlite3_last_insert_rowid(sql->handle);
    pthread_mutex_unlock(&access->writing);
    return account_status(step);
}

enum access_status access_bind_shopper(struct access *access, u32 account, u32 shopper)
{
    struct access_account other;
    if (shopper == 0)
        return ACCESS_NOT_FOUND;
    pthread_mutex_lock(&access->writing);
    enum sql_step step = SQL_RUN(&access->writer, ACCOUNT_BIND, NUMBER(account), NUMBER(shopper));
    bool bound = step == SQL_DONE && access_sql_changes(&access->writer) > 0;
    pthread_mutex_unlock(&access->writing);
    access_forget_account(access, account);
    if (step != SQL_DONE || bound)
        return account_status(step);
    enum access_status status = access_get(access, account, &other);
    return status == ACCESS_OK ? ACCESS_TAKEN : status;
}

/* In a transaction: the change, and the end of what it ends. NOT_FOUND when the change found nobody. */
static enum access_status account_set_password(struct sql *sql, u32 account, const char *hash)
{
    if (SQL_RUN(sql, ACCOUNT_PASSWORD, NUMBER(account), TEXT(slice_text(hash))) != SQL_DONE)
        return ACCESS_FAILED;
    if (access_sql_changes(sql) == 0)
        return ACCESS_NOT_FOUND;
    return SQL_RUN(sql, SESSION_END_ALL, NUMBER(account)) == SQL_DONE ? ACCESS_OK : ACCESS_FAILED;
}

static enum access_status account_disable(struct sql *sql, u32 account)
{
    if (SQL_RUN(sql, ACCOUNT_DISABLE, NUMBER(account)) != SQL_DONE)
        return ACCESS_FAILED;
    if (access_sql_changes(sql) == 0)
        return ACCESS_NOT_FOUND;
    bool good = SQL_RUN(sql, SESSION_END_ALL, NUMBER(account)) == SQL_DONE
                && SQL_RUN(sql, KEY_REVOKE_ALL, NUMBER(account)) == SQL_DONE;
    return good ? ACCESS_OK : ACCESS_FAILED;
}

/* Sets the password, or disables when `hash` is NULL. */
static enum access_status account_change(struct access *access, u32 account, const char *hash)
{
    struct sql *sql = &access->writer;
    enum access_status status = ACCESS_FAILED;
    pthread_mutex_lock(&access->writing);
    if (access_sql_begin(sql)) {
        status = hash != NULL ? account_set_password(sql, account, hash) : account_disable(sql, account);
        if (status != ACCESS_OK)
            access_sql_rollback(sql);
        else if (!access_sql_commit(sql))
            status = ACCESS_FAILED;
    }
    pthread_mutex_unlock(&access->writing);
    access_forget_account(access, account);
    return status;
}

enum access_status access_set_password(struct access *access, u32 account, struct slice password)
{
    char hash[crypto_pwhash_STRBYTES];
    struct access_account row;
    enum access_status status = access_get(access, account, &row);
    if (status != ACCESS_OK || row.disabled)
        return status != ACCESS_OK ? status : ACCESS_NOT_FOUND;
    if (!access_text_is_password(password, slice_text(row.login)))
        return ACCESS_BAD_PASSWORD;
    if (!access_password_hash(&access->hashing, password, hash))
        return ACCESS_FAILED;
    status = account_change(access, account, hash);
    if (status == ACCESS_OK)
        access_throttle_forget(&access->throttle, slice_text(row.login));
    return status;
}

enum access_status access_disable(struct access *access, u32 account)
{
    return account_change(access, account, NULL);
}

/* --- reading -------------------------------------------------------------------------- */

static void account_read(struct sql *sql, enum statement statement, struct access_account *account)
{
    *account = (struct access_account){
        .account = (u32)access_sql_number(sql, statement, 0),
        .role = (u32)access_sql_number(sql, statement, 1),
        .shopper = (u32)access_sql_number(sql, statement, 2),
        .location = (u32)access_sql_number(sql, statement, 3),
        .made_ms = access_sql_number(sql, statement, 4),
        .disabled = access_sql_number(sql, statement, 5) != 0,
    };
    access_sql_text(sql, statement, 6, account->login, sizeof(account->login));
}

size_t access_list(struct access *access, u32 role, u32 after, struct access_account *accounts, size_t max)
{
    size_t count = 0;
    enum statement statement = role == 0 ? STATEMENT_ACCOUNT_LIST : STATEMENT_ACCOUNT_LIST_ROLE;
    const struct sql_value values[] = {NUMBER(after), NUMBER(max), NUMBER(role)};
    pthread_mutex_lock(&access->writing);
    struct sql *sql = &access->writer;
    enum sql_step step = access_sql_run(sql, statement, values, role == 0 ? 2 : 3);
    for (; step == SQL_ROW; step = access_sql_next(sql, statement))
        account_read(sql, statement, &accounts[count++]);
    pthread_mutex_unlock(&access->writing);
    return count;
}

/* ACCOUNT_GET or ACCOUNT_FIND, by its one value. */
static enum access_status account_one(struct access *access, enum statement statement, struct sql_value value,
                                      struct access_account *out)
{
    *out = (struct access_account){0};
    pthread_mutex_lock(&access->writing);
    enum sql_step step = access_sql_run(&access->writer, statement, &value, 1);
    if (step == SQL_ROW) {
        account_read(&access->writer, statement, out);
        access_sql_end(&access->writer, statement);
    }
    pthread_mutex_unlock(&access->writing);
    return step == SQL_ROW ? ACCESS_OK : step == SQL_DONE ? ACCESS_NOT_FOUND : ACCESS_FAILED;
}

enum access_status access_get(struct access *access, u32 account, struct access_account *out)
{
    return account_one(access, STATEMENT_ACCOUNT_GET, (struct sql_value)NUMBER(account), out);
}

enum access_status access_find(struct access *access, struct slice login, struct access_account *out)
{
    *out = (struct access_account){0};
    if (!access_text_is_login(login))
        return ACCESS_NOT_FOUND;
    return account_one(access, STATEMENT_ACCOUNT_FIND, (struct sql_value)TEXT(login), out);
}
