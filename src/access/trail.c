/*
 * The audit trail. Acts wait in a ring until a thread writes them, many in one
 * transaction; their numbers and the chain of hashes follow from what the database has, inside of that transaction,
 * so that several processes can add to one trail.
 *
 * chain = BLAKE2b-256 (the chain before (32 zeros at first), number u64, time_ms i64, account u32, status u32, then
 * address, what and target, each as u64 length and bytes), little-endian.
 */
#include "access/internal.h"

#include "base/assert.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#define TRAIL_GATHER_MS 50      /* acts that come within it share a write to the disk */
#define TRAIL_AGAIN_MS 1000     /* after a failure */
#define TRAIL_CLOSE_TRIES 3u    /* then what is left is lost, and said */
#define TRAIL_CHECK_ACTS 1000   /* of the chain at a time, so that others get their turn */

static void trail_chain(u8 *chain, const struct access_act *act)
{
    const char *const texts[] = {act->address, act->what, act->target};
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, HASH_BYTES);
    crypto_generichash_update(&state, chain, HASH_BYTES);
    crypto_generichash_update(&state, (const u8 *)&act->number, sizeof(act->number));
    crypto_generichash_update(&state, (const u8 *)&act->time_ms, sizeof(act->time_ms));
    crypto_generichash_update(&state, (const u8 *)&act->account, sizeof(act->account));
    crypto_generichash_update(&state, (const u8 *)&act->status, sizeof(act->status));
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        u64 size = strlen(texts[i]);
        crypto_generichash_update(&state, (const u8 *)&size, sizeof(size));
        crypto_generichash_update(&state, (const u8 *)texts[i], size);
    }
    crypto_generichash_final(&state, chain, HASH_BYTES);
}

/* --- writing ---------------------------------------------------------------------- */

/* The last act's number and chain; zeros when there is none. */
static bool trail_last(struct sql *sql, u64 *number, u8 *chain)
{
    *number = 0;
    memset(chain, 0, HASH_BYTES);
    enum sql_step step = access_sql_run(sql, STATEMENT_ACT_LAST, NULL, 0);
    if (step != SQL_ROW)
        return step == SQL_DONE;
    *number = (u64)access_sql_number(sql, STATEMENT_ACT_LAST, 0);
    struct slice last = access_sql_bytes(sql, STATEMENT_ACT_LAST, 1);
    memcpy(chain, last.bytes, MIN(last.size, (size_t)HASH_BYTES)); /* a table's CHECK says that it is 32 */
    access_sql_end(sql, STATEMENT_ACT_LAST);
    return true;
}

static bool trail_add(struct sql *sql, const struct access_act *act, const u8 *chain)
{
    return SQL_RUN(sql, ACT_ADD, NUMBER(act->number), NUMBER(act->time_ms), NUMBER(act->account), NUMBER(act->status),
                   TEXT(slice_text(act->address)), TEXT(slice_text(act->what)), TEXT(slice_text(act->target)),
                   BLOB(chain, HASH_BYTES)) == SQL_DONE;
}

/* Under access->writing, in a transaction: acts first..first+count-1 of the ring, which nobody else touches
 * meanwhile. */
static bool trail_write_acts(struct access *access, u64 first, u64 count)
{
    u64 number;
    u8 chain[HASH_BYTES];
    if (count == 0)
        return true;
    if (!trail_last(&access->writer, &number, chain))
        return false;
    for (u64 i = first; i < first + count; i++) {
        struct access_act *act = &access->trail.ring[i % TRAIL_ACTS_MAX];
        act->number = ++number;
        trail_chain(chain, act);
        if (!trail_add(&access->writer, act, chain))
            return false;
    }
    return true;
}

static bool trail_write(struct access *access, u64 first, u64 count, const struct trail_use *uses, u32 use_count)
{
    struct sql *sql = &access->writer;
    pthread_mutex_lock(&access->writing);
    bool begun = access_sql_begin(sql), good = begun && trail_write_acts(access, first, count);
    for (u32 i = 0; good && i < use_count; i++)
        good = SQL_RUN(sql, KEY_USED, NUMBER(uses[i].key_id), NUMBER(uses[i].used_ms)) == SQL_DONE;
    if (good)
        good = access_sql_commit(sql);
    else if (begun)
        access_sql_rollback(sql);
    pthread_mutex_unlock(&access->writing);
    return good;
}

/* --- the thread --------------------------------------------------------------------- */

/* Waits until the trail is in a hurry or closed, at most `ms`. Under the mutex. */
static void trail_wait(struct trail *trail, i64 ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int result = 0;
    while (result == 0 && !trail->hurry && !trail->stop)
        result = pthread_cond_timedwait(&trail->work, &trail->mutex, &until);
}

/* One attempt to write all there is. Under the mutex, which it lets go of meanwhile. */
static bool trail_attempt(struct access *access)
{
    struct trail *trail = &access->trail;
    struct trail_use uses[TRAIL_USES_MAX];
    u64 first = trail->written, count = trail->given - trail->written;
    u32 use_count = trail->use_count;
    memcpy(uses, trail->uses, use_count * sizeof(uses[0]));
    trail->use_count = 0; /* a use that is not written comes again with the next minute */
    trail->hurry = false;
    pthread_mutex_unlock(&trail->mutex);
    bool good = trail_write(access, first, count, uses, use_count);
    pthread_mutex_lock(&trail->mutex);
    trail->written += good ? count : 0;
    trail->failures += !good;
    pthread_cond_broadcast(&trail->progress);
    return good;
}

static void *trail_run(void *argument)
{
    struct access *access = argument;
    struct trail *trail = &access->trail;
    u32 close_tries = 0;
    pthread_mutex_lock(&trail->mutex);
    for (;;) {
        while (!trail->stop && trail->given == trail->written && trail->use_count == 0)
            pthread_cond_wait(&trail->work, &trail->mutex);
        if (trail->given == trail->written && trail->use_count == 0)
            break;
        trail_wait(trail, TRAIL_GATHER_MS);
        if (trail_attempt(access))
            continue;
        if (trail->stop && ++close_tries == TRAIL_CLOSE_TRIES) {
            fprintf(stderr, "eleven: %s: %" PRIu64 " acts of the audit trail could not be written and are lost\n",
                    access->writer.path, trail->given - trail->written);
            break;
        }
        trail_wait(trail, TRAIL_AGAIN_MS);
    }
    pthread_mutex_unlock(&trail->mutex);
    return NULL;
}

bool access_trail_open(struct access *access)
{
    struct trail *trail = &access->trail;
    pthread_condattr_t monotonic;
    sigset_t all, before;
    pthread_mutex_init(&trail->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&trail->work, &monotonic);
    pthread_cond_init(&trail->progress, NULL);
    pthread_condattr_destroy(&monotonic);
    sigfillset(&all); /* signals are for the thread that opens */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    trail->running = pthread_create(&trail->thread, NULL, trail_run, access) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return trail->running;
}

void access_trail_close(struct access *access)
{
    struct trail *trail = &access->trail;
    pthread_mutex_lock(&trail->mutex);
    trail->stop = true;
    pthread_cond_signal(&trail->work);
    pthread_mutex_unlock(&trail->mutex);
    if (trail->running)
        pthread_join(trail->thread, NULL);
    pthread_cond_destroy(&trail->work);
    pthread_cond_destroy(&trail->progress);
    pthread_mutex_destroy(&trail->mutex);
}

void access_trail_key_used(struct access *access, u32 key_id, i64 used_ms)
{
    struct trail *trail = &access->trail;
    pthread_mutex_lock(&trail->mutex);
    if (trail->use_count < TRAIL_USES_MAX) {
        trail->uses[trail->use_count++] = (struct trail_use){.key_id = key_id, .used_ms = used_ms};
        pthread_cond_signal(&trail->work);
    }
    pthread_mutex_unlock(&trail->mutex);
}

void access_act(struct access *access, const struct access_act *act)
{
    struct trail *trail = &access->trail;
    struct access_act clean = {.time_ms = act->time_ms, .account = act->account, .status = act->status};
    access_text_clean(clean.address, act->address, sizeof(clean.address));
    access_text_clean(clean.what, act->what, sizeof(clean.what));
    access_text_clean(clean.target, act->target, sizeof(clean.target));
    pthread_mutex_lock(&trail->mutex);
    if (trail->given - trail->written == TRAIL_ACTS_MAX) {
        trail->hurry = true; /* once: a disk that fails is tried again at its own pace */
        pthread_cond_signal(&trail->work);
    }
    while (trail->given - trail->written == TRAIL_ACTS_MAX)
        pthread_cond_wait(&trail->progress, &trail->mutex);
    trail->ring[trail->given % TRAIL_ACTS_MAX] = clean;
    trail->given++;
    pthread_cond_signal(&trail->work);
    pthread_mutex_unlock(&trail->mutex);
}

bool access_acts_full(struct access *access)
{
    struct trail *trail = &access->trail;
    pthread_mutex_lock(&trail->mutex);
    bool full = trail->given - trail->written >= TRAIL_ACTS_FULL;
    if (full) {
        trail->hurry = true;
        pthread_cond_signal(&trail->work);
    }
    pthread_mutex_unlock(&trail->mutex);
    return full;
}

/* --- reading --------------------------------------------------------------------------- */

/* Until what was given is written, or an attempt has failed. */
static void trail_flush(struct trail *trail)
{
    pthread_mutex_lock(&trail->mutex);
    u64 given = trail->given, failures = trail->failures;
    while (trail->written < given && trail->failures == failures) {
        trail->hurry = true;
        pthread_cond_signal(&trail->work);
        pthread_cond_wait(&trail->progress, &trail->mutex);
    }
    pthread_mutex_unlock(&trail->mutex);
}

static void trail_read(struct sql *sql, enum statement statement, struct access_act *act)
{
    *act = (struct access_act){
        .number = (u64)access_sql_number(sql, statement, 0),
        .time_ms = access_sql_number(sql, statement, 1),
        .account = (u32)access_sql_number(sql, statement, 2),
        .status = (u32)access_sql_number(sql, statement, 3),
    };
    access_sql_text(sql, statement, 4, act->address, sizeof(act->address));
    access_sql_text(sql, statement, 5, act->what, sizeof(act->what));
    access_sql_text(sql, statement, 6, act->target, sizeof(act->target));
}

size_t access_acts(struct access *access, u64 before, struct access_act *acts, size_t max)
{
    size_t count = 0;
    u64 limit = before == 0 || before > (u64)INT64_MAX ? (u64)INT64_MAX : before;
    trail_flush(&access->trail);
    pthread_mutex_lock(&access->writing);
    struct sql *sql = &access->writer;
    enum sql_step step = SQL_RUN(sql, ACT_BEFORE, NUMBER(limit), NUMBER(max));
    for (; step == SQL_ROW; step = access_sql_next(sql, STATEMENT_ACT_BEFORE))
        trail_read(sql, STATEMENT_ACT_BEFORE, &acts[count++]);
    pthread_mutex_unlock(&access->writing);
    return count;
}

/* Under access->writing: up to TRAIL_CHECK_ACTS acts behind *number, which moves along; *more: there may be others. */
static enum access_status trail_check_some(struct sql *sql, u64 *number, u8 *chain, bool *more)
{
    struct access_act act;
    u64 first = *number;
    enum sql_step step = SQL_RUN(sql, ACT_AFTER, NUMBER(first), NUMBER(TRAIL_CHECK_ACTS));
    for (; step == SQL_ROW; step = access_sql_next(sql, STATEMENT_ACT_AFTER)) {
        trail_read(sql, STATEMENT_ACT_AFTER, &act);
        trail_chain(chain, &act);
        struct slice stored = access_sql_bytes(sql, STATEMENT_ACT_AFTER, 7);
        (*number)++;
        if (act.number == *number && slice_equal(stored, slice_of((const char *)chain, HASH_BYTES)))
            continue;
        access_sql_end(sql, STATEMENT_ACT_AFTER);
        return ACCESS_WRONG;
    }
    *more = *number - first == TRAIL_CHECK_ACTS;
    return step == SQL_DONE ? ACCESS_OK : ACCESS_FAILED;
}

enum access_status access_acts_check(struct access *access, u64 *number, char *hash)
{
    u8 chain[HASH_BYTES] = {0};
    bool more = true;
    enum access_status status = ACCESS_OK;
    *number = 0;
    trail_flush(&access->trail);
    while (status == ACCESS_OK && more) {
        pthread_mutex_lock(&access->writing);
        status = trail_check_some(&access->writer, number, chain, &more);
        pthread_mutex_unlock(&access->writing);
    }
    sodium_bin2hex(hash, ACCESS_HASH_TEXT, chain, sizeof(chain));
    return status;
}
