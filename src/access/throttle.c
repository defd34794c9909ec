/*
 * Failed log-ins, by login and by address, in memory. After the free ones each
 * further failure doubles the wait: 2 s, 4 s, ..., 15 min; half an hour after the last one they are forgotten. A log-in
 * under way counts as a failure until it has ended, so that a thousand at once get no further than a thousand in turn.
 *
 * A table is a bounded cache of sets; in a full set the entry with the fewest failures makes room, and where an entry
 * lies depends on a secret, so that nobody pushes out a chosen one with many others.
 */
#include "access/internal.h"

#include <arpa/inet.h>

#define THROTTLE_WAIT_MS ((i64)2000)
#define THROTTLE_WAIT_MAX_MS ((i64)15 * 60 * 1000)
#define THROTTLE_FORGET_MS ((i64)30 * 60 * 1000)
#define THROTTLE_PENDING_S 1u   /* to wait when too many are under way */
#define THROTTLE_TEXT_MAX 64u   /* bytes of a login or address that count */

_Static_assert(THROTTLE_TEXT_MAX >= ACCESS_LOGIN_MAX, "two logins are never taken for one");

void access_throttle_open(struct throttle *throttle)
{
    *throttle = (struct throttle){
        .logins.failures_free = ACCESS_FAILURES_FREE,
        .addresses.failures_free = ACCESS_ADDRESS_FAILURES_FREE,
    };
    pthread_mutex_init(&throttle->mutex, NULL);
    randombytes_buf(throttle->secret, sizeof(throttle->secret));
}

void access_throttle_close(struct throttle *throttle)
{
    pthread_mutex_destroy(&throttle->mutex);
}

static u64 throttle_hash(const struct throttle *throttle, const void *bytes, size_t size)
{
    u64 hash;
    crypto_shorthash((u8 *)&hash, bytes, size, throttle->secret);
    return hash != 0 ? hash : 1;
}

static u64 throttle_login(const struct throttle *throttle, struct slice login)
{
    char folded[THROTTLE_TEXT_MAX];
    size_t size = MIN(login.size, sizeof(folded));
    for (size_t i = 0; i < size; i++)
        folded[i] = access_text_lower(login.bytes[i]);
    return throttle_hash(throttle, folded, size);
}

/* Who has one IPv6 address has 2^64 of them: its network counts. */
static u64 throttle_address(const struct throttle *throttle, struct slice address)
{
    static const u8 mapped[12] = {[10] = 0xff, [11] = 0xff};
    char text[THROTTLE_TEXT_MAX + 1] = "";
    u8 bytes[16];
    size_t size = MIN(address.size, (size_t)THROTTLE_TEXT_MAX);
    if (size == 0)
        return 0;
    memcpy(text, address.bytes, size);
    if (inet_pton(AF_INET, text, bytes) == 1)
        return throttle_hash(throttle, bytes, 4);
    if (inet_pton(AF_INET6, text, bytes) != 1)
        return throttle_hash(throttle, text, size);
    if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
        return throttle_hash(throttle, bytes + sizeof(mapped), 4);
    return throttle_hash(throttle, bytes, 8);
}

static struct throttle_entry *throttle_set(struct throttle_table *table, u64 key)
{
    return table->entries[key % THROTTLE_SETS];
}

static struct throttle_entry *throttle_find(struct throttle_table *table, u64 key)
{
    struct throttle_entry *set = throttle_set(table, key);
    for (u32 i = 0; i < THROTTLE_WAYS; i++)
        if (set[i].key == key)
            return &set[i];
    return NULL;
}

/* The entry of a key, made if there is none; old failures are forgotten. */
static struct throttle_entry *throttle_entry(struct throttle_table *table, u64 key, i64 now_ms)
{
    struct throttle_entry *entry = throttle_find(table, key);
    struct throttle_entry *set = throttle_set(table, key);
    if (entry == NULL) {
        entry = &set[0];
        for (u32 i = 1; i < THROTTLE_WAYS; i++) {
            u64 weight = set[i].failures + set[i].pending, least = entry->failures + entry->pending;
            if (weight < least || (weight == least && set[i].failed_ms < entry->failed_ms))
                entry = &set[i];
        }
        *entry = (struct throttle_entry){.key = key};
    }
    if (now_ms - entry->failed_ms >= THROTTLE_FORGET_MS)
        entry->failures = 0;
    return entry;
}

/* Seconds until the entry may be tried; 0: now. */
static u32 throttle_wait_s(const struct throttle_table *table, const struct throttle_entry *entry, i64 now_ms)
{
    if (entry->failures + entry->pending < table->failures_free)
        return 0;
    if (entry->failures >= table->failures_free) {
        u32 doublings = MIN(entry->failures - table->failures_free, 20u);
        i64 wait_ms = MIN(THROTTLE_WAIT_MS << doublings, THROTTLE_WAIT_MAX_MS);
        i64 passed_ms = MAX(now_ms - entry->failed_ms, (i64)0); /* a clock that was set back does not lock out */
        if (passed_ms < wait_ms)
            return (u32)((wait_ms - passed_ms + 999) / 1000);
    }
    return entry->pending > 0 ? THROTTLE_PENDING_S : 0;
}

u32 access_throttle_begin(struct throttle *throttle, struct slice login, struct slice address, i64 now_ms,
                          struct throttle_attempt *attempt)
{
    attempt->login = throttle_login(throttle, login);
    attempt->address = throttle_address(throttle, address);
    pthread_mutex_lock(&throttle->mutex);
    struct throttle_entry *by_login = throttle_entry(&throttle->logins, attempt->login, now_ms), *by_address = NULL;
    u32 wait_s = throttle_wait_s(&throttle->logins, by_login, now_ms);
    if (attempt->address != 0) {
        by_address = throttle_entry(&throttle->addresses, attempt->address, now_ms);
        wait_s = MAX(wait_s, throttle_wait_s(&throttle->addresses, by_address, now_ms));
    }
    if (wait_s == 0) {
        by_login->pending++;
        if (by_address != NULL)
            by_address->pending++;
    }
    pthread_mutex_unlock(&throttle->mutex);
    return wait_s;
}

static void throttle_end_one(struct throttle_table *table, u64 key, i64 now_ms, bool failed)
{
    struct throttle_entry *entry = throttle_entry(table, key, now_ms);
    if (entry->pending > 0) /* 0: others have pushed it out meanwhile */
        entry->pending--;
    if (!failed)
        return;
    entry->failures += entry->failures < UINT32_MAX;
    entry->failed_ms = now_ms;
}

void access_throttle_end(struct throttle *throttle, const struct throttle_attempt *attempt, i64 now_ms,
                         enum access_status status)
{
    pthread_mutex_lock(&throttle->mutex);
    throttle_end_one(&throttle->logins, attempt->login, now_ms, status == ACCESS_WRONG);
    if (attempt->address != 0)
        throttle_end_one(&throttle->addresses, attempt->address, now_ms, status == ACCESS_WRONG);
    if (status == ACCESS_OK)
        throttle_find(&throttle->logins, attempt->login)->failures = 0;
    pthread_mutex_unlock(&throttle->mutex);
}

void access_throttle_forget(struct throttle *throttle, struct slice login)
{
    pthread_mutex_lock(&throttle->mutex);
    struct throttle_entry *entry = throttle_find(&throttle->logins, throttle_login(throttle, login));
    if (entry != NULL)
        entry->failures = 0;
    pthread_mutex_unlock(&throttle->mutex);
}
