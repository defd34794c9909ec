/*
 * A receipt as rows, for its three writers. A row has a left and a right text, which fit beside each other into the
 * columns that were asked for; or it is a rule, a QR code or bars.
 */
#ifndef ELEVEN_CODE_RECEIPT_ROWS_H
#define ELEVEN_CODE_RECEIPT_ROWS_H

#include "code/receipt.h"

enum receipt_row_kind { RECEIPT_ROW, RECEIPT_RULE, RECEIPT_QR, RECEIPT_BARS };

struct receipt_row {
    enum receipt_row_kind kind;
    struct slice left, right;       /* QR: its text is left */
    bool centre;                    /* left alone, in the middle */
    bool bold;
    bool twice;                     /* of double width and height: takes twice the columns */
    u64 gtin;                       /* of BARS */
};
typedef void receipt_put(void *argument, const struct receipt_row *row);

/* `dense`: as glyph_columns. The rows' slices are good until put returns. */
void receipt_rows(const struct receipt *receipt, u32 columns, bool dense, receipt_put *put, void *argument);

/* Columns between left and right of a row, or left of a centred one. */
u32 receipt_row_gap(const struct receipt_row *row, u32 columns, bool dense);

#endif
