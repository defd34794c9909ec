/*
 * Words for the numbers of enums, both ways, from words.def: what a person reads in an export or an answer, and
 * writes into a file or a request. The numbers are what commands and rows carry; the words are a promise to callers
 * and never change.
 *
 *   word_order_state    enum order_state        word_parse_order_state
 *   word_part_state     enum part_state         word_parse_part_state
 *   word_channel        enum channel            word_parse_channel
 *   word_delivery       enum delivery           word_parse_delivery
 *   word_payment        enum payment            word_parse_payment
 *   word_location_kind  enum location_kind      word_parse_location_kind
 *   word_service        enum location_service   word_parse_service        (one of them)
 *   word_goods          enum goods              word_parse_goods
 *   word_role           enum role                word_parse_role           (one of them)
 *   word_budget_scope   enum budget_scope       word_parse_budget_scope
 */
#ifndef ELEVEN_CORE_WORDS_H
#define ELEVEN_CORE_WORDS_H

#include "base/slice.h"

/* word_NAME: the static word of a number; "?" when it has none. word_parse_NAME: the number (>= 1) of a word, spelled
 * exactly so; -1 when there is none. */
#define WORD(number, word)
#define WORDS(name, words)                    \
    const char *word_##name(unsigned number); \
    int word_parse_##name(struct slice word);
#include "core/words.def"
#undef WORDS
#undef WORD

/* The words of a set of enum location_service, joined by "+" in the order of words.def: "ship+pick-up"; "" for none.
 * `text` has room for WORD_SERVICES_MAX bytes, and is returned. Bits that are no service are left out. */
#define WORD_SERVICES_MAX 32
char *word_services(char *text, unsigned services);

/* The set that words joined by "+" make, in any order; -1 when one of them is none, or the text is empty. */
int word_parse_services(struct slice text);

#endif
