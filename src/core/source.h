/*
 * Sources: which books could serve lines of an order, and which of them is the
 * best by the rules of routing (docs/COMMANDS.md, "Routing"). route.c decides with them.
 *
 * A source is known by a key: what each rule says of it, the most important rule
 * in the highest bits, smaller is better. Cities are looked at nearest first,
 * and the search ends when nothing farther away can have a smaller key.
 */
#ifndef ELEVEN_CORE_SOURCE_H
#define ELEVEN_CORE_SOURCE_H

#include "core/internal.h"

typedef unsigned __int128 source_key;

/* What sources are looked for: for some lines of the plan, by some rules. */
struct search {
    const struct engine *engine;
    const struct plan *plan;
    struct rules {
        u8 list[RULES_MAX + 1];
        u32 count;
    } rules;                /* nearest is among them, so that only sources of one city can be equal */
    u32 first_line;         /* lines first_line .. first_line + line_count - 1 */
    u32 line_count;
    u32 piece_of;           /* > 0: one line, of which any source that has something may give up to so many units */
};

struct source {
    source_key key;
    u32 book;               /* of the line that was searched by; 0: none */
};

/* The rules in force, the first `count` of them; `fewest`: that one is wanted too. */
struct rules source_rules(const struct engine *engine, u32 count, bool fewest);

/* A search for lines first_line .. first_line + line_count - 1, without rules yet. */
struct search source_search(const struct engine *engine, const struct plan *plan, u32 first_line, u32 line_count);

/* The best source; its book is 0 when there is none. O(books of the rarest line) at worst, mostly a few. */
struct source source_best(const struct search *search);

/* Whether a book's location may serve the search: sends, has room in its hour, holds what is looked for. */
bool source_serves(const struct search *search, u32 line, const struct book *book);

struct source source_of(const struct search *search, u32 book);
bool source_better(const struct search *search, struct source a, struct source b);
source_key source_key_of(const struct search *search, const struct book *book);

/* The book of a line's SKU at a location; row 0 when there is none. */
const struct book *source_book(const struct search *search, u32 line, u32 location);

/* A location has as many orders in this hour as it can send. */
bool source_at_capacity(const struct engine *engine, const struct plan *plan, u32 location);

#endif
