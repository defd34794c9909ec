/*
 * GTINs (GS1 General Specifications, section 7.9: check digit): 8, 12, 13 or 14
 * digits, one number space once padded to 14 with zeros on the left.
 */
#ifndef ELEVEN_BASE_GTIN_H
#define ELEVEN_BASE_GTIN_H

#include "base/slice.h"
#include "base/types.h"

/* The number as 14 digits, if `text` has 8, 12, 13 or 14 digits, is not all zeros, and its check digit is right.
 * 0 otherwise. */
u64 gtin_parse(struct slice text);

/* True when `gtin`, read as 14 digits, has the right check digit and is not 0. */
bool gtin_valid(u64 gtin);

/* The check digit for 13 digits given as a number. */
unsigned gtin_check_digit(u64 first_13_digits);

#endif
