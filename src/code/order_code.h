/*
 * Codes of orders that are printed and shown: what a shopper reads from a phone or a slip, and a clerk scans or types.
 * A code says which order it is and what it is for, and nobody can make one up. No table is kept: it is worked out
 * from the order's number and a key of the data folder (access_folder_key), and read back the same way.
 *
 *   60 bits = 29 bits tag, 31 bits the order's number XOR mask
 *     tag  = keyed BLAKE2b of (purpose, number), mask = keyed BLAKE2b of the tag: a synthetic initialisation vector
 *     (RFC 5297 has the construction). Codes of neighbouring orders have nothing in common.
 *   written as 12 characters of Crockford's base 32 (0-9 A-Z without I L O U), highest first, and a check character;
 *   shown as XXXX-XXXX-XXXX-C. Read in upper or lower case, with blanks and dashes anywhere, O as 0, I and L as 1.
 *
 * The check character makes the sum of (character x 2^place) in GF(32) zero, places counted from the right. It is one
 * of the same 32, and finds every single wrong character and every two neighbours that changed places: weights of
 * neighbouring places differ. ISO/IEC 7064 has no system that does both here: those of MOD 37-2 need 37 check
 * characters, MOD 37,36 misses 62 in 35,712 of the transpositions in this alphabet.
 *
 * The odds of a forged code, whatever was seen of others, are those of a guess: one made at random names an order of
 * the asked purpose, among `n` orders, once in 2^60 / n (100 million orders: 1.2 x 10^10 tries). One who holds a code
 * and knows its order's number can aim at the number of another order, and is right once in 2^29 (537 million) tries.
 * Only the server can say whether a try was right, and it asks who wants to know.
 */
#ifndef ELEVEN_CODE_ORDER_CODE_H
#define ELEVEN_CODE_ORDER_CODE_H

#include "base/slice.h"
#include "base/types.h"

#define ORDER_CODE_KEY_BYTES 32
#define ORDER_CODE_NUMBER_MAX 0x7fffffffu   /* of an order: 31 bits */
#define ORDER_CODE_CHARACTERS 13            /* check character included */
#define ORDER_CODE_TEXT_MAX 17              /* with dashes and NUL */
#define ORDER_CODE_READ_MAX 64u             /* bytes of a text that is looked at: longer is malformed */

enum order_code_purpose {
    ORDER_CODE_ORDER = 1,   /* names the order: on receipts and slips */
    ORDER_CODE_PICK_UP = 2, /* whoever shows it gets the goods */
    ORDER_CODE_EXIT = 3,    /* whoever shows it may leave the store with the goods */
};

enum order_code_status {
    ORDER_CODE_GOOD,
    ORDER_CODE_MALFORMED,   /* not 13 characters of the alphabet */
    ORDER_CODE_MISTYPED,    /* the check character does not fit */
    ORDER_CODE_UNKNOWN,     /* of the right form, but not made with this key */
    ORDER_CODE_WRONG_PURPOSE, /* ours, for something else: order and purpose are told */
};

/* Writes XXXX-XXXX-XXXX-C into `text` (ORDER_CODE_TEXT_MAX bytes) and returns it. order 1..ORDER_CODE_NUMBER_MAX.
 * 1 us. */
char *order_code_make(char *text, const u8 key[ORDER_CODE_KEY_BYTES], enum order_code_purpose purpose, u32 order);

/* Reads a code. `wanted`: an enum order_code_purpose, 0: any. *order and *purpose are 0 unless it is GOOD or
 * WRONG_PURPOSE. The order need not exist: that is the caller's to see. 2 us. */
enum order_code_status order_code_read(struct slice text, const u8 key[ORDER_CODE_KEY_BYTES], unsigned wanted,
                                       u32 *order, enum order_code_purpose *purpose);

/* "order", "pick-up", "exit"; and back, -1 for anything else. */
const char *order_code_word(enum order_code_purpose purpose);
int order_code_parse_word(struct slice word);

#endif
