/*
 * A receipt as ESC/POS (Epson's command reference; what nearly all receipt printers understand):
 *
 *   1b 40              ESC @      initialise
 *   1c 26              FS &       Chinese characters: bytes of GB18030 from 0x81 on are pairs
 *   1c 28 43 02 00 30 32   FS ( C  ... or the text is UTF-8
 *   1b 61 n            ESC a      0 left, 1 centre
 *   1b 45 n            ESC E      bold
 *   1d 21 n            GS !       0x11 double width and height
 *   1c 57 n            FS W       the same for Chinese characters
 *   1d 28 6b ...       GS ( k     QR code: model 2, module size, level M, store the data, print
 *   1d 68/77/48 n      GS h w H   bars: height in dots, module in dots, digits below
 *   1d 6b m n d...     GS k       bars: m 0x43 EAN-13, 0x44 EAN-8, n digits
 *   1d 56 42 n         GS V       feed, and cut
 *   1b 70 00 t1 t2     ESC p      pulse for the drawer, in 2 ms
 *
 * Text is all it can be: control characters never get here (glyph_next), so no name can give a command.
 */
#include "base/assert.h"
#include "code/glyph.h"
#include "code/receipt_rows.h"

#include <iconv.h>

#define QR_MODULE_DOTS 6
#define BARS_HEIGHT_DOTS 80
#define BARS_MODULE_DOTS 3          /* 0.375 mm at 203 dpi */
#define CUT_FEED 0x10
#define DRAWER_ON 25                /* 50 ms */
#define DRAWER_OFF 250

struct escpos {
    struct buffer *out;
    const struct receipt_printer *printer;
    iconv_t convert;                /* to GB18030 */
};

#define PUT(out, ...) buffer_add(out, (const char[]){__VA_ARGS__}, sizeof((const char[]){__VA_ARGS__}))

/* One character, as the printer takes it. */
static void put_character(struct escpos *escpos, u32 character)
{
    struct buffer *out = escpos->out;
    char from[8], to[8];
    if (character < 0x80 || escpos->printer->charset == RECEIPT_UTF8) {
        glyph_add(out, character);
        return;
    }
    struct buffer utf8 = {from, 0, sizeof(from)};
    glyph_add(&utf8, character);
    char *in = from, *at = to;
    size_t in_left = utf8.size, left = sizeof(to);
    iconv(escpos->convert, NULL, NULL, NULL, NULL);
    bool good = iconv(escpos->convert, &in, &in_left, &at, &left) == 0 && at - to == 2;
    if (good)
        buffer_add(out, to, 2);
    else
        buffer_text(out, "??"); /* as wide as it was counted */
}

static void put_text(struct escpos *escpos, struct slice text)
{
    u32 character;
    for (size_t at = 0; glyph_next(text, &at, &character);)
        put_character(escpos, character);
}

static void put_style(struct escpos *escpos, const struct receipt_row *row, bool on)
{
    struct buffer *out = escpos->out;
    char bold = (char)(on && row->bold), size = (char)(on && row->twice ? 0x11 : 0);
    if (row->bold)
        PUT(out, 0x1b, 'E', bold);
    if (row->twice)
        PUT(out, 0x1d, '!', size);
    if (row->twice && escpos->printer->charset == RECEIPT_GB18030)
        PUT(out, 0x1c, 'W', (char)(on ? 1 : 0));
    if (row->centre)
        PUT(out, 0x1b, 'a', (char)(on ? 1 : 0));
}

static void put_qr(struct escpos *escpos, struct slice text)
{
    struct buffer *out = escpos->out;
    size_t size = text.size + 3;
    PUT(out, 0x1b, 'a', 1);
    PUT(out, 0x1d, '(', 'k', 4, 0, '1', 'A', '2', 0);
    PUT(out, 0x1d, '(', 'k', 3, 0, '1', 'C', QR_MODULE_DOTS);
    PUT(out, 0x1d, '(', 'k', 3, 0, '1', 'E', '1');
    PUT(out, 0x1d, '(', 'k', (char)(size & 0xff), (char)(size >> 8), '1', 'P', '0');
    buffer_slice(out, text);
    PUT(out, 0x1d, '(', 'k', 3, 0, '1', 'Q', '0');
    PUT(out, 0x1b, 'a', 0);
}

static void put_bars(struct escpos *escpos, u64 gtin)
{
    struct buffer *out = escpos->out;
    bool ean_8 = gtin < 100000000u;
    PUT(out, 0x1b, 'a', 1);
    PUT(out, 0x1d, 'h', BARS_HEIGHT_DOTS);
    PUT(out, 0x1d, 'w', BARS_MODULE_DOTS);
    PUT(out, 0x1d, 'H', 2);
    PUT(out, 0x1d, 'k', ean_8 ? 0x44 : 0x43, ean_8 ? 8 : 13);
    buffer_format(out, "%0*llu", ean_8 ? 8 : 13, (unsigned long long)gtin);
    PUT(out, '\n', 0x1b, 'a', 0);
}

static void put_row(struct escpos *escpos, const struct receipt_row *row)
{
    const struct receipt_printer *printer = escpos->printer;
    u32 gap = receipt_row_gap(row, printer->columns, printer->charset == RECEIPT_GB18030);
    put_style(escpos, row, true);
    put_text(escpos, row->left);
    for (u32 i = 0; row->right.size > 0 && i < gap; i++)
        buffer_byte(escpos->out, ' ');
    put_text(escpos, row->right);
    buffer_byte(escpos->out, '\n');
    put_style(escpos, row, false);
}

static void escpos_put(void *argument, const struct receipt_row *row)
{
    struct escpos *escpos = argument;
    switch (row->kind) {
    case RECEIPT_ROW: put_row(escpos, row); break;
    case RECEIPT_QR: put_qr(escpos, row->left); break;
    case RECEIPT_BARS: put_bars(escpos, row->gtin); break;
    case RECEIPT_RULE:
        for (u32 i = 0; i < escpos->printer->columns; i++)
            buffer_byte(escpos->out, '-');
        buffer_byte(escpos->out, '\n');
        break;
    }
}

void receipt_escpos(struct buffer *out, const struct receipt *receipt, const struct receipt_printer *printer)
{
    struct escpos escpos = {out, printer, (iconv_t)-1};
    bool chinese = printer->charset == RECEIPT_GB18030;
    PUT(out, 0x1b, '@');
    if (chinese) {
        escpos.convert = iconv_open("GB18030", "UTF-8");
        ASSERT(escpos.convert != (iconv_t)-1); /* libc has it */
        PUT(out, 0x1c, '&');
    } else {
        PUT(out, 0x1c, '(', 'C', 2, 0, '0', '2');
    }
    if (printer->drawer)
        PUT(out, 0x1b, 'p', 0, DRAWER_ON, (char)DRAWER_OFF);
    receipt_rows(receipt, printer->columns, chinese, escpos_put, &escpos);
    PUT(out, 0x1d, 'V', 'B', CUT_FEED);
    if (chinese)
        iconv_close(escpos.convert);
}
