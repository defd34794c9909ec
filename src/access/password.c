/*
 * Passwords: argon2id by OWASP's parameters, HASHES_AT_ONCE at a time, so that a
 * flood of log-ins costs no more than 38 MiB and two processors.
 */
#include "access/internal.h"

#include "base/assert.h"

#include <errno.h>
#include <stdio.h>

#define PASSWORD_OPS 2u                     /* t */
#define PASSWORD_MEMORY ((size_t)19456 * 1024)     /* m, bytes; p is 1 */

/* What a password is compared with when there is no such login: the same parameters, a hash that no password has. */
#define PASSWORD_NOBODY \
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
_Static_assert(sizeof(PASSWORD_NOBODY) <= crypto_pwhash_STRBYTES, "as long as any");

void access_password_open(struct hashing *hashing)
{
    *hashing = (struct hashing){0};
    pthread_mutex_init(&hashing->mutex, NULL);
    pthread_cond_init(&hashing->free, NULL);
}

void access_password_close(struct hashing *hashing)
{
    ASSERT(hashing->running == 0 && hashing->waiting == 0);
    pthread_cond_destroy(&hashing->free);
    pthread_mutex_destroy(&hashing->mutex);
}

/* Waits for one's turn. False, when `may_refuse`: HASHES_WAITING_MAX wait already. */
static bool password_begin(struct hashing *hashing, bool may_refuse)
{
    pthread_mutex_lock(&hashing->mutex);
    bool taken = !may_refuse || hashing->running < HASHES_AT_ONCE || hashing->waiting < HASHES_WAITING_MAX;
    if (taken) {
        hashing->waiting++;
        while (hashing->running == HASHES_AT_ONCE)
            pthread_cond_wait(&hashing->free, &hashing->mutex);
        hashing->waiting--;
        hashing->running++;
    }
    pthread_mutex_unlock(&hashing->mutex);
    return taken;
}

static void password_end(struct hashing *hashing)
{
    pthread_mutex_lock(&hashing->mutex);
    ASSERT(hashing->running > 0);
    hashing->running--;
    pthread_cond_signal(&hashing->free);
    pthread_mutex_unlock(&hashing->mutex);
}

static void password_no_memory(void)
{
    fprintf(stderr, "eleven: no memory for hashing a password (%zu KiB)\n", PASSWORD_MEMORY / 1024);
}

bool access_password_hash(struct hashing *hashing, struct slice password, char *hash)
{
    password_begin(hashing, false);
    int result = crypto_pwhash_str_alg(hash, password.bytes, password.size, PASSWORD_OPS, PASSWORD_MEMORY,
                                       crypto_pwhash_ALG_ARGON2ID13);
    password_end(hashing);
    if (result != 0)
        password_no_memory();
    return result == 0;
}

enum access_status access_password_check(struct hashing *hashing, struct slice password, const char *hash)
{
    if (!password_begin(hashing, true))
        return ACCESS_THROTTLED;
    bool possible = hash != NULL && password.size <= ACCESS_PASSWORD_MAX;
    errno = 0; /* libsodium tells a wrong password from a lack of memory by it */
    int result = crypto_pwhash_str_verify(possible ? hash : PASSWORD_NOBODY, password.size > 0 ? password.bytes : "",
                                          MIN(password.size, (size_t)ACCESS_PASSWORD_MAX));
    int reason = errno;
    password_end(hashing);
    if (result == 0)
        return possible ? ACCESS_OK : ACCESS_WRONG;
    if (reason == EINVAL)
        return ACCESS_WRONG;
    password_no_memory();
    return ACCESS_FAILED;
}
