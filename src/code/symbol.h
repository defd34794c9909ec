/*
 * Symbols as modules, dark and light; svg.h draws them, a printer of ESC/POS makes its own.
 *
 * QR codes (ISO/IEC 18004, model 2, level M) by libqrencode, with 4 light modules around as the standard asks.
 * Bars of the EAN/UPC family (GS1 General Specifications, section 5.2: EAN-13, UPC-A, EAN-8), which are ours:
 *
 *   EAN-13  11 light | 101 | 6 x 7 | 01010 | 6 x 7 | 101 | 7 light     95 modules; the sets of the
 *                                 left six digits tell the first one
 *   UPC-A    9 light |  the same with a first digit of 0    | 9 light
 *   EAN-8    7 light | 101 | 4 x 7 | 01010 | 4 x 7 | 101 | 7 light     67 modules
 */
#ifndef ELEVEN_CODE_SYMBOL_H
#define ELEVEN_CODE_SYMBOL_H

#include "base/slice.h"
#include "base/types.h"

#define SYMBOL_QR_TEXT_MAX 500u     /* bytes of a QR code: version 17 at most, at level M */
#define SYMBOL_QR_SIDE_MAX 85u      /* modules of its side then */
#define SYMBOL_QR_QUIET 4u          /* light modules on each side */

struct symbol_qr {
    u32 side;                       /* modules, without the quiet zone; 0: none */
    u8 dark[SYMBOL_QR_SIDE_MAX * SYMBOL_QR_SIDE_MAX]; /* row by row; 1: dark */
};

/* False, with side 0: the text is empty, longer than SYMBOL_QR_TEXT_MAX, or has a NUL. 0.2-3 ms by its length. */
bool symbol_qr(struct slice text, struct symbol_qr *qr);

enum symbol_kind { SYMBOL_NO_BARS, SYMBOL_EAN_13, SYMBOL_UPC_A, SYMBOL_EAN_8 };

#define SYMBOL_BARS_MAX 95u

struct symbol_bars {
    enum symbol_kind kind;
    u32 count;                      /* modules, without the quiet zones */
    u32 quiet_left, quiet_right;    /* light modules there */
    u32 digit_count;
    char digits[14];                /* as read by people: 13, 12 or 8 */
    u8 dark[SYMBOL_BARS_MAX];
    bool guard[SYMBOL_BARS_MAX];    /* a module of the guards, which reach lower by 5 modules */
};

/* The bars of a GTIN given as a number: EAN-8 below 10^8, UPC-A below 10^12, EAN-13 below 10^13. False, with kind
 * SYMBOL_NO_BARS: 0, a wrong check digit, or a GTIN-14, which names a case of goods and is no retail symbol. */
bool symbol_bars(u64 gtin, struct symbol_bars *bars);

#endif
