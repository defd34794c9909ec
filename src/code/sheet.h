/*
 * Labels on paper, as one HTML page that any browser prints: each side of paper is a picture of its own with the exact
 * size in mm (@page without margins; print at 100 %). A4 has as many labels as fit, with marks to cut at: 21 shelf
 * labels, in the places of the usual sheets of 21 (63.5 x 38.1 mm). A roll has one label a side, so that a printer
 * may cut behind each; it prints 48 of 58, and 72 of 80 mm.
 */
#ifndef ELEVEN_CODE_SHEET_H
#define ELEVEN_CODE_SHEET_H

#include "base/buffer.h"
#include "base/slice.h"
#include "code/label.h"

#define SHEET_TYPE "text/html; charset=utf-8"

enum sheet_paper { SHEET_A4, SHEET_ROLL_58, SHEET_ROLL_80 };

struct sheet {
    struct buffer *out;
    enum sheet_paper paper;
    struct label_size label;        /* all of one size */
    u32 columns, rows;              /* labels of a side */
    u32 count;                      /* begun so far */
};

/* How wide a shelf label is there. */
u32 sheet_shelf_width(enum sheet_paper paper);

/* Everything up to the first label. `title` is the page's. The label fits on the paper. */
void sheet_begin(struct sheet *sheet, struct buffer *out, enum sheet_paper paper, struct label_size label,
                 struct slice title);
/* Between these two a label is drawn, as if it were alone. */
void sheet_label_begin(struct sheet *sheet);
void sheet_label_end(struct sheet *sheet);
void sheet_end(struct sheet *sheet);

#endif
