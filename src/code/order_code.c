#include "code/order_code.h"

#include "base/assert.h"

#include <sodium.h>

#define TAG_BITS 29
#define NUMBER_BITS 31
#define GF_POLYNOMIAL 0x25u     /* x^5 + x^2 + 1, primitive: the powers of 2 are 31 different weights */

static const char order_code_alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

_Static_assert(sizeof(order_code_alphabet) == 32 + 1, "base 32");
_Static_assert(TAG_BITS + NUMBER_BITS == 5 * (ORDER_CODE_CHARACTERS - 1), "all bits of the characters");
_Static_assert(ORDER_CODE_KEY_BYTES == crypto_generichash_KEYBYTES, "the key is one of BLAKE2b");

/* --- the bits ------------------------------------------------------------------------------------------- */

/* The first 8 of 16 bytes: BLAKE2b has no shorter output. `role`: what the value is. */
static u64 keyed_hash(const u8 *key, u8 role, u8 purpose, u32 value)
{
    u8 message[6] = {role, purpose, (u8)value, (u8)(value >> 8), (u8)(value >> 16), (u8)(value >> 24)};
    u8 hash[crypto_generichash_BYTES_MIN];
    u64 bits;
    crypto_generichash(hash, sizeof(hash), message, sizeof(message), key, ORDER_CODE_KEY_BYTES);
    memcpy(&bits, hash, sizeof(bits));
    return bits;
}

static u32 tag_of(const u8 *key, unsigned purpose, u32 order)
{
    return (u32)(keyed_hash(key, 't', (u8)purpose, order) & ((1u << TAG_BITS) - 1));
}

static u32 mask_of(const u8 *key, u32 tag)
{
    return (u32)(keyed_hash(key, 'm', 0, tag) & ORDER_CODE_NUMBER_MAX);
}

/* --- characters ------------------------------------------------------------------------------------------ */

static unsigned twice(unsigned value)
{
    unsigned shifted = value << 1;
    return shifted & 0x20 ? shifted ^ GF_POLYNOMIAL : shifted;
}

/* The sum of the digits by their places, from the right; 0 with a check digit that fits. */
static unsigned weighted_sum(const u8 *digits, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum = twice(sum) ^ digits[i];
    return sum;
}

/* -1: none of the alphabet. */
static int digit_of(char byte)
{
    char upper = byte >= 'a' && byte <= 'z' ? (char)(byte - 32) : byte;
    if (upper == 'O')
        return 0;
    if (upper == 'I' || upper == 'L')
        return 1;
    const char *found = upper != 0 ? strchr(order_code_alphabet, upper) : NULL;
    return found != NULL ? (int)(found - order_code_alphabet) : -1;
}

char *order_code_make(char *text, const u8 key[ORDER_CODE_KEY_BYTES], enum order_code_purpose purpose, u32 order)
{
    ASSERT(order >= 1 && order <= ORDER_CODE_NUMBER_MAX);
    ASSERT(purpose >= ORDER_CODE_ORDER && purpose <= ORDER_CODE_EXIT);
    u8 digits[ORDER_CODE_CHARACTERS];
    u32 tag = tag_of(key, purpose, order);
    u64 bits = (u64)tag << NUMBER_BITS | (order ^ mask_of(key, tag));
    size_t last = ORDER_CODE_CHARACTERS - 1;
    for (size_t i = 0; i < last; i++)
        digits[i] = (u8)(bits >> 5 * (last - 1 - i) & 31);
    digits[last] = (u8)twice(weighted_sum(digits, last));
    char *at = text;
    for (size_t i = 0; i < ORDER_CODE_CHARACTERS; i++) {
        if (i > 0 && i % 4 == 0)
            *at++ = '-';
        *at++ = order_code_alphabet[digits[i]];
    }
    *at = 0;
    ASSERT(at - text == ORDER_CODE_TEXT_MAX - 1);
    return text;
}

static bool digits_of(struct slice text, u8 *digits)
{
    size_t count = 0;
    if (text.size > ORDER_CODE_READ_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] == ' ' || text.bytes[i] == '-')
            continue;
        int digit = digit_of(text.bytes[i]);
        if (digit < 0 || count == ORDER_CODE_CHARACTERS)
            return false;
        digits[count++] = (u8)digit;
    }
    return count == ORDER_CODE_CHARACTERS;
}

enum order_code_status order_code_read(struct slice text, const u8 key[ORDER_CODE_KEY_BYTES], unsigned wanted,
                                       u32 *order, enum order_code_purpose *purpose)
{
    u8 digits[ORDER_CODE_CHARACTERS];
    u64 bits = 0;
    *order = 0;
    *purpose = 0;
    if (!digits_of(text, digits))
        return ORDER_CODE_MALFORMED;
    if (weighted_sum(digits, ORDER_CODE_CHARACTERS) != 0)
        return ORDER_CODE_MISTYPED;
    for (size_t i = 0; i + 1 < ORDER_CODE_CHARACTERS; i++)
        bits = bits << 5 | digits[i];
    u32 tag = (u32)(bits >> NUMBER_BITS);
    u32 number = ((u32)bits & ORDER_CODE_NUMBER_MAX) ^ mask_of(key, tag);
    for (unsigned each = ORDER_CODE_ORDER; number != 0 && each <= ORDER_CODE_EXIT; each++) {
        if (tag_of(key, each, number) != tag)
            continue;
        *order = number;
        *purpose = each;
        if (wanted == 0 || wanted == each)
            return ORDER_CODE_GOOD;
    }
    return *order != 0 ? ORDER_CODE_WRONG_PURPOSE : ORDER_CODE_UNKNOWN;
}

/* --- words ------------------------------------------------------------------------------------------------- */

static const char *const order_code_words[] = {
    [ORDER_CODE_ORDER] = "order", [ORDER_CODE_PICK_UP] = "pick-up", [ORDER_CODE_EXIT] = "exit",
};

const char *order_code_word(enum order_code_purpose purpose)
{
    ASSERT(purpose >= ORDER_CODE_ORDER && purpose <= ORDER_CODE_EXIT);
    return order_code_words[purpose];
}

int order_code_parse_word(struct slice word)
{
    for (int each = ORDER_CODE_ORDER; each <= ORDER_CODE_EXIT; each++)
        if (slice_is(word, order_code_words[each]))
            return each;
    return -1;
}
