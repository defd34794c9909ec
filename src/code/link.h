/*
 * GS1 Digital Link: addresses that name a thing by its GS1 key, as the QR codes of packages and shelf labels hold them
 * (GS1 Digital Link Standard: URI Syntax, release 1.4.1; uncompressed):
 *
 *   https://shop.example/some/stem/01/09520000001117/22/A/10/LOT/21/SERIAL?17=261231&store=st-1
 *   |------------ stem ----------| |key and value | |--- qualifiers -----| |--- attributes ---|
 *
 * Reader and writer are functions of their arguments: no clock, no I/O, nothing allocated but the writer's buffer.
 *
 * The reader is strict where a mistake would name another thing (keys, check digits, order, unknown or repeated AIs)
 * and follows RFC 3986 where the grammar is narrower: a character may stand as itself or percent-encoded, for browsers
 * rewrite addresses. test/test_link.mjs lists all that it reads differently than others, and why.
 */
#ifndef ELEVEN_CODE_LINK_H
#define ELEVEN_CODE_LINK_H

#include "base/buffer.h"
#include "base/slice.h"

#define LINK_TEXT_MAX ((size_t)2000)    /* bytes of an address; a QR code holds 2,953 at most */
#define LINK_SEGMENTS_MAX 32u           /* of its path */
#define LINK_QUALIFIERS_MAX 3u
#define LINK_ATTRIBUTES_MAX 32u         /* parameters of the query, extensions among them */
#define LINK_ABOUT_MAX 24u

enum link_status {
#define LINK_STATUS(NAME, word, sentence) LINK_##NAME,
#include "code/link_status.def"
#undef LINK_STATUS
    LINK_STATUS_COUNT
};

/* Static. */
const char *link_word(enum link_status status);
const char *link_sentence(enum link_status status);

/* An AI, or the name of an extension parameter (not all digits), and its value, both as the bytes they stand for. */
struct link_part {
    struct slice name;
    struct slice value;
};

struct link {
    struct slice stem;          /* of the text that was read, without a slash at its end; empty of a target */
    struct link_part key;       /* a GTIN as 14 digits, whatever it was written as */
    u64 gtin;                   /* 0: the key is none */
    u32 qualifier_count;
    u32 attribute_count;
    struct link_part qualifiers[LINK_QUALIFIERS_MAX];   /* in their order */
    struct link_part attributes[LINK_ATTRIBUTES_MAX];   /* in that of the query */
    char about[LINK_ABOUT_MAX]; /* of one that was refused: the AI or parameter that it is about, cut; "" none */
    size_t used;                /* of `bytes` */
    char bytes[LINK_TEXT_MAX + 16];
};

/*
 * Reads a whole address. The key is the last that the path's segments, taken in pairs from its end, have; what stands
 * before it is the stem. One slash at the end of the path, and empty parameters, are passed over. O(size).
 * Slices of *link are of `text` or *link, which must stay where they are. Anything but LINK_OK: *link holds only
 * `about`.
 */
enum link_status link_parse(struct slice text, struct link *link);

/* The same for the target of a request at a resolver, "/01/...?...": the path begins with the key. */
enum link_status link_parse_target(struct slice text, struct link *link);

/* The value of a qualifier or attribute; the first of equal extensions. False: it has none, *value is untouched. */
bool link_find(const struct link *link, const char *name, struct slice *value);

/*
 * Adds the address of a GTIN: 14 digits, qualifiers in their order, attributes sorted by name, everything but
 * unreserved characters percent-encoded with capitals. With the stem https://id.gs1.org it is the canonical form. The
 * stem has no slash at its end; empty: the target of a request is written. Qualifiers and attributes may come in any
 * order. Anything but LINK_OK, for the reasons that link_parse has: nothing is added.
 */
enum link_status link_write(struct buffer *out, struct slice stem, u64 gtin, const struct link_part *qualifiers,
                            size_t qualifier_count, const struct link_part *attributes, size_t attribute_count);

/*
 * The end of a date of AIs 11 to 17 (YYMMDD; day 00 is the last of the month), or the moment of AI 7003 (YYMMDDHHMM):
 * the first ms, in a place's own time given as UTC, that is past it. The century is the one that lies nearest to
 * `now_ms` (GS1 General Specifications, 7.12). False: `value` is no such date.
 */
bool link_date_end(struct slice value, i64 now_ms, i64 *end_ms);

#endif
