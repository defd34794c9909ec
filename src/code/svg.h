/*
 * Drawing as SVG 1.1, in lengths of the paper: whole micrometres here, millimetres there. Everything is black on white
 * and needs no script, font file or picture. Text is escaped, and cut where it would not fit.
 */
#ifndef ELEVEN_CODE_SVG_H
#define ELEVEN_CODE_SVG_H

#include "base/buffer.h"
#include "base/slice.h"
#include "code/symbol.h"

#define SVG_TYPE "image/svg+xml; charset=utf-8"
#define SVG_MM 1000                 /* um */

/* A length in mm: "37.29". */
void svg_length(struct buffer *out, i64 um);

/* A picture of its own, or within HTML; white ground. */
void svg_open(struct buffer *out, u32 width_um, u32 height_um);
void svg_close(struct buffer *out);

/* What is drawn until the end lies this much further right and down. */
void svg_at(struct buffer *out, i32 x_um, i32 y_um);
void svg_at_end(struct buffer *out);

enum svg_anchor { SVG_LEFT, SVG_MIDDLE, SVG_RIGHT };

struct svg_font {
    u32 size_um;
    bool bold;
    enum svg_anchor anchor;
    bool fixed;                     /* a fixed-width font: codes, and digits under bars */
    bool struck;                    /* with a line through it */
};

/* The text as XML has it. */
void svg_escape(struct buffer *out, struct slice text);

/* How wide one line of the text is at most. */
u32 svg_width(struct svg_font font, struct slice text);

/* One line at its base line; cut with an ellipsis when it might be wider than `width_um` (0: any width). Nothing for an
 * empty text. Returns how wide it is at most. */
u32 svg_text(struct buffer *out, i32 x_um, i32 y_um, struct svg_font font, u32 width_um, struct slice text);

/* The same in up to `lines` lines, broken at blanks and between wide characters, `step_um` apart; the last one is cut.
 * Returns how many lines it took. */
u32 svg_text_block(struct buffer *out, i32 x_um, i32 y_um, struct svg_font font, u32 width_um, u32 lines, u32 step_um,
                   struct slice text);

void svg_line(struct buffer *out, i32 x1_um, i32 y1_um, i32 x2_um, i32 y2_um, u32 width_um);

/* The symbol with its quiet zone, in a square of `side_um`. */
void svg_qr(struct buffer *out, i32 x_um, i32 y_um, u32 side_um, const struct symbol_qr *qr);

/* The symbol with its quiet zones and the digits under it; x is where the left quiet zone begins, `module_um` the
 * X-dimension, `height_um` that of the bars without what guards reach lower. svg_bars_width, and svg_bars_height: all
 * of it. */
u32 svg_bars_width(u32 module_um, const struct symbol_bars *bars);
u32 svg_bars_height(u32 module_um, u32 height_um);
void svg_bars(struct buffer *out, i32 x_um, i32 y_um, u32 module_um, u32 height_um, const struct symbol_bars *bars);

#endif
