/*
 * CSV (RFC 4180) over a whole file in memory: every field is a slice of it.
 * Doubled quotes are undoubled in place, so the bytes must be the caller's to
 * change; nothing is allocated and nothing is read from anywhere.
 *
 *   rows end with LF or CRLF (the last one may end with the file); a UTF-8 byte
 *   order mark is skipped; a quoted field may hold commas, quotes ("") and line
 *   ends; empty lines are skipped
 *
 * Everything else that is not CSV is refused with its place: NUL bytes, bytes
 * that are not UTF-8, a lone CR, a quote inside a plain field, text behind a
 * closing quote, a quote that is never closed, more than CSV_FIELDS_MAX fields.
 */
#ifndef ELEVEN_BASE_CSV_H
#define ELEVEN_BASE_CSV_H

#include "base/slice.h"
#include "base/types.h"

#define CSV_FIELDS_MAX 256

struct csv {
    char *bytes;
    size_t size;
    size_t at;
    u32 line;               /* where the next byte is, from 1 */

    /* of the last row */
    struct slice fields[CSV_FIELDS_MAX];
    u32 field_lines[CSV_FIELDS_MAX]; /* the line in which each field begins */
    size_t field_count;
    u32 row_line;           /* the line in which the row begins */

    /* after CSV_BAD */
    const char *problem;    /* static */
    u32 problem_line;
    size_t problem_column;  /* the field, from 1 */
};

enum csv_status {
    CSV_ROW,                /* fields[0 .. field_count) hold a row */
    CSV_END,
    CSV_BAD,                /* problem says what, problem_line and problem_column where; reading is over */
};

/* Begins at the first byte. `bytes` stay the caller's, must outlive the slices, and are changed by csv_next. */
void csv_open(struct csv *csv, char *bytes, size_t size);

/* The next row. O(bytes of the row). */
enum csv_status csv_next(struct csv *csv);

/* True when the bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates, <= U+10FFFF) without NUL. */
bool csv_text_is_clean(struct slice text);

#endif
