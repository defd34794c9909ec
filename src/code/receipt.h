/*
 * Till receipts: one plain struct, laid out once in rows of 32 or 48 columns (58 and 80 mm), and written as
 *   text      what a log or an e-mail shows; wide characters take two columns
 *   ESC/POS   what a receipt printer takes: bytes in receipt_escpos.c
 *   HTML      a roll for any browser's print
 * Amounts are given, not worked out: what does not add up is refused. Nothing is kept; slices are the caller's.
 */
#ifndef ELEVEN_CODE_RECEIPT_H
#define ELEVEN_CODE_RECEIPT_H

#include "base/buffer.h"
#include "base/slice.h"
#include "base/types.h"

#define RECEIPT_LINES_MAX 500u
#define RECEIPT_TENDERS_MAX 8u
#define RECEIPT_ADDRESS_MAX 6u
#define RECEIPT_TEXT_MAX 300u       /* bytes of any text; a name is wrapped, never cut */

struct receipt_line {
    struct slice name;
    i64 unit_price_minor;           /* >= 0 */
    i64 discount_minor;             /* of the whole line, >= 0; given back with a return */
    i64 total_minor;                /* quantity x unit price, less the discount; negative for a return */
    i32 quantity;                   /* negative: units that came back; not 0 */
};

enum receipt_tender_kind { RECEIPT_CASH, RECEIPT_CARD, RECEIPT_WALLET };

struct receipt_tender {
    enum receipt_tender_kind kind;
    i64 amount_minor;               /* cash: what was given; negative: given back for a return */
};

enum receipt_language { RECEIPT_ENGLISH, RECEIPT_CHINESE };

struct receipt {
    enum receipt_language language; /* of the words that are ours */
    struct slice shop;
    struct slice address[RECEIPT_ADDRESS_MAX];
    u32 address_count;
    struct slice till, clerk, number;
    struct slice time;              /* as it shall be read: in local time */
    struct slice currency;          /* code */
    u32 digits;                     /* of the currency */
    const struct receipt_line *lines;
    u32 line_count;
    i64 total_minor;
    struct receipt_tender tenders[RECEIPT_TENDERS_MAX];
    u32 tender_count;
    i64 change_minor;               /* >= 0 */
    struct slice order_code;        /* as text and QR code; empty: none */
    u64 gtin;                       /* as bars (a voucher's, a member's card); 0: none */
    struct slice footer;
};

/* NULL, or a static sentence: what is out of bounds, or does not add up. The writers ASSERT that there is none. */
const char *receipt_problem(const struct receipt *receipt);

#define RECEIPT_NARROW 32u          /* columns of 58 mm */
#define RECEIPT_BROAD 48u           /* columns of 80 mm */

/* Lines that end with LF; QR code and bars are their text. */
void receipt_text(struct buffer *out, const struct receipt *receipt, u32 columns);

enum receipt_charset {
    /* What Chinese printers take: FS & and GB18030, of it the one- and two-byte codes only, since most fonts end
     * there. Other characters print as '?'. Everything beyond ASCII is two columns wide. */
    RECEIPT_GB18030,
    /* Printers that know FS ( C (newer ones of Epson). Widths as receipt_text. */
    RECEIPT_UTF8,
};
struct receipt_printer {
    enum receipt_charset charset;
    u32 columns;                    /* RECEIPT_NARROW or RECEIPT_BROAD */
    bool drawer;                    /* opens the cash drawer, at connector pin 2 */
};
void receipt_escpos(struct buffer *out, const struct receipt *receipt, const struct receipt_printer *printer);

/* A page whose one side is the receipt, 58 or 80 mm wide by its columns. */
void receipt_html(struct buffer *out, const struct receipt *receipt, u32 columns);

#endif
