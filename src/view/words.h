/*
 * Words: texts as the index takes them and searches as it is asked. Both sides fold in the same way, so that what was
 * put is found: a CJK character (Han, kana, Hangul) becomes a word of its own, so any run of them in a text is a
 * phrase; fullwidth letters and digits become ASCII; everything that is no letter or digit parts words. Case and
 * accents are the index's (unicode61). Bytes that are not UTF-8 part words too.
 */
#ifndef ELEVEN_VIEW_WORDS_H
#define ELEVEN_VIEW_WORDS_H

#include "base/slice.h"

#define WORDS_SEARCH_BYTES_MAX 512  /* of a search's text */
#define WORDS_SEARCH_MAX 16         /* words and runs of a search */

/* A column that is being put together; what does not fit any more is left out. */
struct words {
    char *bytes;
    size_t size;
    size_t size_max;
};

/* Appends a text, folded. */
void words_add(struct words *words, struct slice text);

/* Appends what HTML shows, folded: without tags, comments, scripts and styles; entities are what they stand for. */
void words_add_html(struct words *words, struct slice html);

/*
 * What FTS5 is asked for this text: words as prefixes and runs of CJK characters as phrases, all quoted, so that
 * nothing in it is syntax. Returns how many; 0 when there is none in it. *problem: NULL, or static. `match`:
 * WORDS_MATCH_MAX bytes.
 */
#define WORDS_MATCH_MAX (WORDS_SEARCH_BYTES_MAX * 2 + WORDS_SEARCH_MAX * 8)
size_t words_search(char *match, struct slice text, const char **problem);

#endif
