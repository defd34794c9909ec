#include "code/sheet.h"

#include "base/assert.h"
#include "code/svg.h"

#define A4_WIDTH_UM 210000u
#define A4_HEIGHT_UM 297000u
#define A4_MARGIN_UM 5000u          /* what no printer reaches */
#define A4_GAP_UM 2500u             /* between columns */
#define MARK_UM 1000
#define MARK_LINE_UM 100u

static u32 side_width(const struct sheet *sheet)
{
    return sheet->paper == SHEET_A4 ? A4_WIDTH_UM : sheet->paper == SHEET_ROLL_58 ? 58000 : 80000;
}

static u32 side_height(const struct sheet *sheet)
{
    return sheet->paper == SHEET_A4 ? A4_HEIGHT_UM : sheet->label.height_um;
}

u32 sheet_shelf_width(enum sheet_paper paper)
{
    return paper == SHEET_A4 ? LABEL_WIDE_UM : paper == SHEET_ROLL_58 ? LABEL_NARROW_UM : LABEL_BROAD_UM;
}

void sheet_begin(struct sheet *sheet, struct buffer *out, enum sheet_paper paper, struct label_size label,
                 struct slice title)
{
    *sheet = (struct sheet){.out = out, .paper = paper, .label = label, .columns = 1, .rows = 1};
    if (paper == SHEET_A4) {
        sheet->columns = (A4_WIDTH_UM - 2 * A4_MARGIN_UM + A4_GAP_UM) / (label.width_um + A4_GAP_UM);
        sheet->rows = (A4_HEIGHT_UM - 2 * A4_MARGIN_UM) / label.height_um;
    }
    ASSERT(sheet->columns > 0 && sheet->rows > 0 && label.width_um <= side_width(sheet));
    buffer_text(out, "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>");
    svg_escape(out, title);
    buffer_text(out, "</title>\n<style>@page{size:");
    svg_length(out, side_width(sheet));
    buffer_text(out, "mm ");
    svg_length(out, side_height(sheet));
    buffer_text(out, "mm;margin:0}body{margin:0}svg.side{display:block;break-after:page;break-inside:avoid}"
                     "svg.side:last-child{break-after:auto}</style></head><body>\n");
}

/* Two short lines at each corner, outside of the label. */
static void marks(struct buffer *out, i32 width_um, i32 height_um)
{
    for (int corner = 0; corner < 4; corner++) {
        i32 x_um = corner & 1 ? width_um : 0, y_um = corner & 2 ? height_um : 0;
        i32 along = corner & 1 ? MARK_UM : -MARK_UM;
        svg_line(out, x_um, y_um, x_um + along, y_um, MARK_LINE_UM);
        svg_line(out, x_um, y_um - MARK_UM / 2, x_um, y_um + MARK_UM / 2, MARK_LINE_UM);
    }
}

static void side_open(struct sheet *sheet)
{
    buffer_text(sheet->out, "<svg class=\"side\" xmlns=\"http://www.w3.org/2000/svg\" width=\"");
    svg_length(sheet->out, side_width(sheet));
    buffer_text(sheet->out, "mm\" height=\"");
    svg_length(sheet->out, side_height(sheet));
    buffer_text(sheet->out, "mm\" viewBox=\"0 0 ");
    svg_length(sheet->out, side_width(sheet));
    buffer_byte(sheet->out, ' ');
    svg_length(sheet->out, side_height(sheet));
    buffer_text(sheet->out, "\">\n");
}

void sheet_label_begin(struct sheet *sheet)
{
    u32 place = sheet->count % (sheet->columns * sheet->rows);
    u32 gap_um = sheet->paper == SHEET_A4 ? A4_GAP_UM : 0;
    u32 used_um = sheet->columns * (sheet->label.width_um + gap_um) - gap_um;
    u32 left_um = (side_width(sheet) - used_um) / 2;
    u32 top_um = (side_height(sheet) - sheet->rows * sheet->label.height_um) / 2;
    if (place == 0) {
        if (sheet->count > 0)
            svg_close(sheet->out);
        side_open(sheet);
    }
    sheet->count++;
    svg_at(sheet->out, (i32)(left_um + place % sheet->columns * (sheet->label.width_um + gap_um)),
           (i32)(top_um + place / sheet->columns * sheet->label.height_um));
}

void sheet_label_end(struct sheet *sheet)
{
    if (sheet->paper == SHEET_A4)
        marks(sheet->out, (i32)sheet->label.width_um, (i32)sheet->label.height_um);
    svg_at_end(sheet->out);
}

void sheet_end(struct sheet *sheet)
{
    if (sheet->count > 0)
        svg_close(sheet->out);
    buffer_text(sheet->out, "</body></html>\n");
}
