/*
 * Secrets and signatures of Standard Webhooks 1.0.0: "whsec_" and base64 of 32 random bytes; "v1," and base64 of
 * HMAC-SHA256(key, id "." timestamp "." body). Ids hold no full stop.
 */
#include "hook/internal.h"

#include <sodium.h>
#include <stdio.h>

#define SIGN_PREFIX "whsec_"
_Static_assert(sizeof(SIGN_PREFIX) - 1 + sodium_base64_ENCODED_LEN(HOOK_KEY_BYTES, sodium_base64_VARIANT_ORIGINAL)
                   <= HOOK_SECRET_MAX, "a secret fits");
_Static_assert(3 + sodium_base64_ENCODED_LEN(crypto_auth_hmacsha256_BYTES, sodium_base64_VARIANT_ORIGINAL)
                   <= HOOK_SIGNATURE_MAX, "a signature fits");

void hook_sign_key(u8 key[HOOK_KEY_BYTES])
{
    randombytes_buf(key, HOOK_KEY_BYTES);
}

void hook_sign_secret(const u8 key[HOOK_KEY_BYTES], char *secret)
{
    size_t prefix = strlen(SIGN_PREFIX);
    memcpy(secret, SIGN_PREFIX, prefix);
    sodium_bin2base64(secret + prefix, HOOK_SECRET_MAX - prefix, key, HOOK_KEY_BYTES, sodium_base64_VARIANT_ORIGINAL);
}

void hook_sign(char *signature, const u8 key[HOOK_KEY_BYTES], const char *id, i64 timestamp_s, struct slice body)
{
    crypto_auth_hmacsha256_state state;
    u8 digest[crypto_auth_hmacsha256_BYTES];
    char head[HOOK_ID_MAX + 24];
    int size = snprintf(head, sizeof(head), "%s.%lld.", id, (long long)timestamp_s);
    ASSERT(size > 0 && (size_t)size < sizeof(head));
    crypto_auth_hmacsha256_init(&state, key, HOOK_KEY_BYTES);
    crypto_auth_hmacsha256_update(&state, (const u8 *)head, (size_t)size);
    crypto_auth_hmacsha256_update(&state, (const u8 *)body.bytes, body.size);
    crypto_auth_hmacsha256_final(&state, digest);
    memcpy(signature, "v1,", 3);
    sodium_bin2base64(signature + 3, HOOK_SIGNATURE_MAX - 3, digest, sizeof(digest), sodium_base64_VARIANT_ORIGINAL);
}
