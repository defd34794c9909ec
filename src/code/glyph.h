/*
 * Characters of a text, and how wide they are: in columns of a receipt, and in thousandths of the type size on a label,
 * whose fonts we do not know. Text comes from catalogues: what is not UTF-8 is U+FFFD, and control characters and line
 * ends are blanks; what is invisible (joiners, directions of writing) is left out.
 */
#ifndef ELEVEN_CODE_GLYPH_H
#define ELEVEN_CODE_GLYPH_H

#include "base/buffer.h"
#include "base/slice.h"
#include "base/types.h"

#define GLYPH_ELLIPSIS 0x2026u

/* The next character of `text` from *at on, which moves behind it; false: the end. */
bool glyph_next(struct slice text, size_t *at, u32 *character);

/* The character as UTF-8. */
void glyph_add(struct buffer *out, u32 character);

/* Columns of a fixed-width font: 2 for East Asian wide and full-width characters (Unicode Standard Annex 11), else 1.
 * `dense`: every character beyond ASCII takes two, as printers do that have them in a Chinese font. */
unsigned glyph_columns(u32 character, bool dense);
u32 glyph_text_columns(struct slice text, bool dense);

/* In thousandths of the type size: what the widest of the usual sans serif fonts (DejaVu Sans) needs for a text. */
unsigned glyph_width(u32 character, bool bold);
u32 glyph_text_width(struct slice text, bool bold);

#endif
