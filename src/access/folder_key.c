/*
 * Keys of the folder: secrets that belong to the shop and not to anybody in it.
 */
#include "access/internal.h"

_Static_assert(ACCESS_FOLDER_KEY_BYTES == SECRET_BYTES, "the table checks this length");

/* Under access->writing. */
static enum access_status folder_key_read(struct sql *sql, struct slice name, u8 *key)
{
    if (SQL_RUN(sql, FOLDER_KEY_GET, TEXT(name)) != SQL_ROW)
        return ACCESS_FAILED;
    struct slice bytes = access_sql_bytes(sql, STATEMENT_FOLDER_KEY_GET, 0);
    bool good = bytes.size == ACCESS_FOLDER_KEY_BYTES;
    if (good)
        memcpy(key, bytes.bytes, ACCESS_FOLDER_KEY_BYTES);
    access_sql_end(sql, STATEMENT_FOLDER_KEY_GET);
    return good ? ACCESS_OK : ACCESS_FAILED;
}

enum access_status access_folder_key(struct access *access, const char *name, u8 key[ACCESS_FOLDER_KEY_BYTES])
{
    u8 fresh[ACCESS_FOLDER_KEY_BYTES];
    struct sql *sql = &access->writer;
    enum access_status status = ACCESS_FAILED;
    memset(key, 0, ACCESS_FOLDER_KEY_BYTES);
    randombytes_buf(fresh, sizeof(fresh));
    pthread_mutex_lock(&access->writing);
    if (SQL_RUN(sql, FOLDER_KEY_ADD, TEXT(slice_text(name)), BLOB(fresh, sizeof(fresh))) == SQL_DONE)
        status = folder_key_read(sql, slice_text(name), key);
    pthread_mutex_unlock(&access->writing);
    sodium_memzero(fresh, sizeof(fresh));
    return status;
}
