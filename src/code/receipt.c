#include "code/receipt.h"

#include "base/assert.h"
#include "code/glyph.h"
#include "code/receipt_rows.h"
#include "code/svg.h"

/* --- text --------------------------------------------------------------------------------------------------- */

struct text_writer {
    struct buffer *out;
    u32 columns;
};

static void put_blanks(struct buffer *out, u32 count)
{
    for (u32 i = 0; i < count; i++)
        buffer_byte(out, ' ');
}

/* Without what would be a control character, or invisible. */
static void put_clean(struct buffer *out, struct slice text)
{
    u32 character;
    for (size_t at = 0; glyph_next(text, &at, &character);)
        glyph_add(out, character);
}

static void text_put(void *argument, const struct receipt_row *row)
{
    struct text_writer *writer = argument;
    struct buffer *out = writer->out;
    struct receipt_row plain = *row; /* there are no large letters */
    plain.twice = false;
    if (row->kind == RECEIPT_QR) /* its text is a row of its own */
        return;
    if (row->kind == RECEIPT_RULE) {
        for (u32 i = 0; i < writer->columns; i++)
            buffer_byte(out, '-');
    } else if (row->kind == RECEIPT_BARS) {
        buffer_format(out, "%0*llu", row->gtin < 100000000u ? 8 : 13, (unsigned long long)row->gtin);
    } else {
        u32 gap = receipt_row_gap(&plain, writer->columns, false);
        put_blanks(out, row->centre ? gap : 0);
        put_clean(out, row->left);
        if (row->right.size > 0) {
            put_blanks(out, gap);
            put_clean(out, row->right);
        }
    }
    buffer_byte(out, '\n');
}

void receipt_text(struct buffer *out, const struct receipt *receipt, u32 columns)
{
    struct text_writer writer = {out, columns};
    receipt_rows(receipt, columns, false, text_put, &writer);
}

/* --- HTML ------------------------------------------------------------------------------------------------------ */

#define ROLL_STEP_UM 4200
#define ROLL_TYPE_UM 3000u
#define ROLL_QR_UM 26000
#define ROLL_BARS_UM 12000
#define ROLL_MODULE_UM 330u
#define ROLL_RULE_UM 200u
#define ROLL_END_UM 8000            /* of white, for the knife */

/* Drawn twice: first only to know how long it is. */
struct roll_writer {
    struct buffer *out;             /* NULL: measures */
    u32 width_um;                   /* that is printed */
    i32 y_um;
};

static void roll_text(struct roll_writer *writer, const struct receipt_row *row)
{
    struct svg_font font = {.size_um = row->twice ? ROLL_TYPE_UM * 3 / 2 : ROLL_TYPE_UM, .bold = row->bold};
    u32 width_um = writer->width_um;
    font.anchor = row->centre ? SVG_MIDDLE : SVG_LEFT;
    u32 both_um = svg_width(font, row->left) + svg_width(font, row->right);
    if (both_um > width_um) /* nothing of a receipt is cut: it becomes smaller */
        font.size_um = font.size_um * width_um / both_um;
    svg_text(writer->out, row->centre ? (i32)width_um / 2 : 0, writer->y_um, font, 0, row->left);
    font.anchor = SVG_RIGHT;
    svg_text(writer->out, (i32)width_um, writer->y_um, font, 0, row->right);
}

static void roll_symbol(struct roll_writer *writer, const struct receipt_row *row)
{
    struct symbol_qr qr;
    struct symbol_bars bars;
    if (row->kind == RECEIPT_QR && symbol_qr(row->left, &qr)) {
        svg_qr(writer->out, ((i32)writer->width_um - ROLL_QR_UM) / 2, writer->y_um + 1000, ROLL_QR_UM, &qr);
    } else if (row->kind == RECEIPT_BARS && symbol_bars(row->gtin, &bars)) {
        i32 left_um = ((i32)writer->width_um - (i32)svg_bars_width(ROLL_MODULE_UM, &bars)) / 2;
        svg_bars(writer->out, left_um, writer->y_um + 2000, ROLL_MODULE_UM, ROLL_BARS_UM, &bars);
    }
}

static void roll_put(void *argument, const struct receipt_row *row)
{
    struct roll_writer *writer = argument;
    i32 step_um = row->kind == RECEIPT_QR     ? ROLL_QR_UM + 1000
                  : row->kind == RECEIPT_BARS ? (i32)svg_bars_height(ROLL_MODULE_UM, ROLL_BARS_UM) + 2000
                  : row->twice                ? ROLL_STEP_UM * 3 / 2
                                              : ROLL_STEP_UM;
    bool symbol = row->kind == RECEIPT_QR || row->kind == RECEIPT_BARS;
    if (writer->out != NULL && symbol)
        roll_symbol(writer, row);
    writer->y_um += step_um;
    if (writer->out == NULL || symbol)
        return;
    i32 rule_um = writer->y_um - ROLL_STEP_UM / 4;
    if (row->kind == RECEIPT_RULE)
        svg_line(writer->out, 0, rule_um, (i32)writer->width_um, rule_um, ROLL_RULE_UM);
    else
        roll_text(writer, row);
}

void receipt_html(struct buffer *out, const struct receipt *receipt, u32 columns)
{
    bool narrow = columns == RECEIPT_NARROW;
    u32 paper_um = narrow ? 58000 : 80000, width_um = narrow ? 48000 : 72000;
    struct roll_writer writer = {NULL, width_um, 0};
    receipt_rows(receipt, columns, false, roll_put, &writer);
    u32 height_um = (u32)(writer.y_um + ROLL_END_UM);
    buffer_text(out, "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>");
    svg_escape(out, receipt->number);
    buffer_text(out, "</title>\n<style>@page{size:");
    svg_length(out, paper_um);
    buffer_text(out, "mm ");
    svg_length(out, height_um);
    buffer_text(out, "mm;margin:0}body{margin:0}svg{display:block}</style></head><body>\n");
    svg_open(out, paper_um, height_um);
    svg_at(out, (i32)(paper_um - width_um) / 2, 0);
    writer = (struct roll_writer){out, width_um, 0};
    receipt_rows(receipt, columns, false, roll_put, &writer);
    svg_at_end(out);
    svg_close(out);
    buffer_text(out, "</body></html>\n");
}
