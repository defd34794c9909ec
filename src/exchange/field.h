/*
 * What the fields of a file are read as: numbers, decimals, words, codes. Pure functions of their bytes; used by
 * imports, and by the command line for its options.
 */
#ifndef ELEVEN_EXCHANGE_FIELD_H
#define ELEVEN_EXCHANGE_FIELD_H

#include "base/slice.h"

/* A whole number of at most `largest`; nothing else may stand there. */
bool field_number(struct slice text, u64 largest, u64 *number);

/* A decimal with at most `places` places as a whole number of 10^-places; further places are dropped when `cut`, else
 * refused. False when it is no number or its whole part is beyond 9 digits. */
bool field_decimal(struct slice text, unsigned places, bool cut, i64 *scaled);

/* ASCII letters are equal in both cases. */
bool field_same_word(struct slice a, struct slice b);

/* Lower case, runs of other ASCII than letters and digits as one '-', none at the ends; other UTF-8 is kept. Writes
 * at most `max` bytes, cut between characters; returns how many. */
size_t field_slug(char *slug, size_t max, struct slice text);

/* The longest front of `text` of at most `max` bytes that cuts no character of UTF-8 in two; returns its bytes. */
size_t field_cut(struct slice text, size_t max);

/* A field as an error shows it, for SLICE_FORMAT: its first 40 bytes. */
#define FIELD_SHOWN(text) (int)field_cut(text, 40), (text).bytes

/* Writes `text` with its ASCII letters in lower case; false, and nothing written, when it has more than `max` bytes. */
bool field_lower(char *lower, size_t max, struct slice text);

/* What is wrong with a code (1..COMMAND_CODE_MAX bytes) or a name (any length): UTF-8 without control characters. NULL:
 * nothing. */
const char *field_code_problem(struct slice code);
const char *field_name_problem(struct slice name);

/* ISO 4217: number of digits of a currency we know (currency.def); -1 for another. */
int field_currency_digits(struct slice code);

/* ISO 3166-1: English short name of a country we know (country.def); NULL for another. */
const char *field_country_name(struct slice code);

#endif
