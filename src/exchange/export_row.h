/*
 * Between the files of exports: a row of CSV in a buffer, whole or not at all; and the sums of sales.
 */
#ifndef ELEVEN_EXCHANGE_EXPORT_ROW_H
#define ELEVEN_EXCHANGE_EXPORT_ROW_H

#include "exchange/export.h"

/* A buffer with whole rows, and one that is being written behind them. */
struct row {
    char *buffer;
    size_t size;
    size_t used;            /* whole rows */
    size_t row_size;        /* of the one that is being written, so far */
    bool open;              /* it has a field: a comma stands before the next */
    bool overflow;          /* it did not fit */
};

/* A field. A comma stands before every one but the first; quoted where RFC 4180 needs it. */
void row_text(struct row *row, struct slice text);
void row_number(struct row *row, i64 number);
void row_money(struct row *row, const struct engine *engine, u32 currency, i64 amount_minor);
void row_time(struct row *row, i64 ms);
void row_gtin(struct row *row, u64 gtin); /* 14 digits; 0: empty */
void row_code(struct row *row, const struct engine *engine, u32 id, u32 text); /* empty for id 0 */

/* Ends it. False when it did not fit: nothing of it is in row->used, and the next one begins in its place. */
bool row_end(struct row *row);

/* The names of the columns, as they are, as a row. */
void row_header(struct row *row, const char *columns);

bool export_sales_open(struct export *export);
void export_sales_close(struct export *export);

/* The next rows of sales, as export_next says. True: done. */
bool export_sales_next(struct export *export, struct row *row);

#endif
