/*
 * Who a token or key belongs to, for CACHE_FRESH_NS: long enough that a busy
 * caller costs one SELECT in two seconds, short enough that what another process has
 * ended is over soon. What is not known is not kept: guesses cannot push anybody out.
 */
#include "access/internal.h"

#include <time.h>

i64 access_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now); /* 5 ns instead of 25; ticks of 4 ms are fine here */
    return (i64)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct cache_entry *cache_set(struct cache *cache, const u8 *hash)
{
    u32 place;
    memcpy(&place, hash, sizeof(place));
    return cache->entries[place % CACHE_SETS];
}

struct cache_entry *access_cache_find(struct cache *cache, const u8 *hash, i64 now_ns)
{
    struct cache_entry *set = cache_set(cache, hash);
    for (u32 i = 0; i < CACHE_WAYS; i++)
        if (set[i].fresh_ns > now_ns && memcmp(set[i].hash, hash, HASH_BYTES) == 0)
            return &set[i];
    return NULL;
}

struct cache_entry *access_cache_put(struct cache *cache, const u8 *hash, i64 now_ns)
{
    struct cache_entry *set = cache_set(cache, hash), *entry = &set[0];
    for (u32 i = 1; i < CACHE_WAYS; i++)
        if (set[i].fresh_ns < entry->fresh_ns)
            entry = &set[i];
    for (u32 i = 0; i < CACHE_WAYS; i++)
        if (set[i].fresh_ns != 0 && memcmp(set[i].hash, hash, HASH_BYTES) == 0)
            entry = &set[i];
    i64 used_ms = memcmp(entry->hash, hash, HASH_BYTES) == 0 ? entry->used_ms : 0;
    *entry = (struct cache_entry){.fresh_ns = now_ns + CACHE_FRESH_NS, .used_ms = used_ms};
    memcpy(entry->hash, hash, HASH_BYTES);
    return entry;
}

void access_cache_drop(struct cache *cache, const u8 *hash)
{
    struct cache_entry *set = cache_set(cache, hash);
    for (u32 i = 0; i < CACHE_WAYS; i++)
        if (memcmp(set[i].hash, hash, HASH_BYTES) == 0)
            set[i].fresh_ns = 0;
}

void access_cache_drop_account(struct cache *cache, u32 account)
{
    for (u32 i = 0; i < CACHE_SETS; i++)
        for (u32 j = 0; j < CACHE_WAYS; j++)
            if (cache->entries[i][j].caller.account == account)
                cache->entries[i][j].fresh_ns = 0;
}

void access_cache_drop_key(struct cache *cache, u32 key_id)
{
    for (u32 i = 0; i < CACHE_SETS; i++)
        for (u32 j = 0; j < CACHE_WAYS; j++)
            if (cache->entries[i][j].key_id == key_id)
                cache->entries[i][j].fresh_ns = 0;
}

void access_secret_make(char *text, const char *prefix, u8 *hash)
{
    u8 secret[SECRET_BYTES];
    size_t size = strlen(prefix);
    memcpy(text, prefix, size);
    randombytes_buf(secret, sizeof(secret));
    sodium_bin2base64(text + size, ACCESS_SECRET_MAX - size, secret, sizeof(secret),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(secret, sizeof(secret));
    access_secret_hash(slice_text(text), hash);
}

void access_secret_hash(struct slice text, u8 *hash)
{
    crypto_generichash(hash, HASH_BYTES, (const u8 *)text.bytes, text.size, NULL, 0);
}
