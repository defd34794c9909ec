#include "exchange/export_row.h"

#include "base/assert.h"
#include "base/money.h"
#include "base/time.h"

#include <stdio.h>

static void row_bytes(struct row *row, const char *bytes, size_t size)
{
    size_t room = row->size - row->used - row->row_size;
    if (row->overflow || size > room) {
        row->overflow = true;
        return;
    }
    memcpy(row->buffer + row->used + row->row_size, bytes, size);
    row->row_size += size;
}

static bool row_needs_quotes(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.bytes[i] == ',' || text.bytes[i] == '"' || text.bytes[i] == '\r' || text.bytes[i] == '\n')
            return true;
    return false;
}

void row_text(struct row *row, struct slice text)
{
    if (row->open)
        row_bytes(row, ",", 1);
    row->open = true;
    if (!row_needs_quotes(text)) {
        if (text.size > 0)
            row_bytes(row, text.bytes, text.size);
        return;
    }
    row_bytes(row, "\"", 1);
    while (text.size > 0) { /* up to and with each quote, and that once more */
        const char *quote = memchr(text.bytes, '"', text.size);
        size_t size = quote != NULL ? (size_t)(quote - text.bytes) + 1 : text.size;
        row_bytes(row, text.bytes, size);
        if (quote != NULL)
            row_bytes(row, "\"", 1);
        text = slice_of(text.bytes + size, text.size - size);
    }
    row_bytes(row, "\"", 1);
}

void row_number(struct row *row, i64 number)
{
    char text[32];
    snprintf(text, sizeof(text), "%lld", (long long)number);
    row_text(row, slice_text(text));
}

void row_money(struct row *row, const struct engine *engine, u32 currency, i64 amount_minor)
{
    char text[MONEY_TEXT_MAX];
    row_text(row, slice_text(money_text(text, amount_minor, engine_currency(engine, currency)->digits)));
}

void row_time(struct row *row, i64 ms)
{
    char text[TIME_TEXT_MAX];
    row_text(row, slice_text(time_text(text, ms, 0)));
}

void row_gtin(struct row *row, u64 gtin)
{
    char text[24] = "";
    if (gtin != 0)
        snprintf(text, sizeof(text), "%014llu", (unsigned long long)gtin);
    row_text(row, slice_text(text));
}

void row_code(struct row *row, const struct engine *engine, u32 id, u32 text)
{
    row_text(row, id == 0 ? slice_of("", 0) : engine_text(engine, text, 0));
}

bool row_end(struct row *row)
{
    row_bytes(row, "\r\n", 2);
    bool fitted = !row->overflow;
    ASSERT(fitted || row->used > 0); /* any row fits into an empty buffer */
    if (fitted)
        row->used += row->row_size;
    row->row_size = 0;
    row->open = false;
    row->overflow = false;
    return fitted;
}

void row_header(struct row *row, const char *columns)
{
    row_bytes(row, columns, strlen(columns));
    row_end(row);
}
