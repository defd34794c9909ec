#include "code/symbol.h"

#include "base/assert.h"
#include "base/gtin.h"

#include <qrencode.h>
#include <stdio.h>

/* --- QR ------------------------------------------------------------------------------------------------- */

bool symbol_qr(struct slice text, struct symbol_qr *qr)
{
    char string[SYMBOL_QR_TEXT_MAX + 1];
    qr->side = 0;
    if (text.size == 0 || text.size > SYMBOL_QR_TEXT_MAX || memchr(text.bytes, 0, text.size) != NULL)
        return false;
    memcpy(string, text.bytes, text.size);
    string[text.size] = 0;
    /* It chooses the smallest version, and for each run of characters the shortest mode. */
    QRcode *code = QRcode_encodeString(string, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    ASSERT(code != NULL && code->width > 0 && (u32)code->width <= SYMBOL_QR_SIDE_MAX);
    qr->side = (u32)code->width;
    for (u32 i = 0; i < qr->side * qr->side; i++)
        qr->dark[i] = code->data[i] & 1;
    QRcode_free(code);
    return true;
}

/* --- bars ------------------------------------------------------------------------------------------------- */

/* Modules of a digit, first one highest, in number set A; set C is the complement of A, set B is C backwards. */
static const u8 bars_a[10] = {0x0d, 0x19, 0x13, 0x3d, 0x23, 0x31, 0x2f, 0x3b, 0x37, 0x0b};
/* Which of the left six digits are of set B, by the first digit of an EAN-13; the first one is the highest bit. */
static const u8 bars_parity[10] = {0x00, 0x0b, 0x0d, 0x0e, 0x13, 0x19, 0x1c, 0x15, 0x16, 0x1a};

static void bars_add(struct symbol_bars *bars, unsigned modules, unsigned count, bool guard)
{
    ASSERT(bars->count + count <= SYMBOL_BARS_MAX);
    for (unsigned i = 0; i < count; i++) {
        bars->guard[bars->count] = guard;
        bars->dark[bars->count++] = modules >> (count - 1 - i) & 1;
    }
}

static unsigned set_c(unsigned digit)
{
    return ~(unsigned)bars_a[digit] & 0x7f;
}

static unsigned set_b(unsigned digit)
{
    unsigned modules = 0;
    for (unsigned i = 0; i < 7; i++)
        modules |= (set_c(digit) >> i & 1) << (6 - i);
    return modules;
}

/* `half` digits on each side of the centre. */
static void bars_fill(struct symbol_bars *bars, const char *digits, unsigned half, unsigned parity)
{
    bars_add(bars, 0x5, 3, true);
    for (unsigned i = 0; i < half; i++) {
        unsigned digit = (unsigned)(digits[i] - '0');
        bars_add(bars, parity >> (half - 1 - i) & 1 ? set_b(digit) : bars_a[digit], 7, false);
    }
    bars_add(bars, 0xa, 5, true);
    for (unsigned i = half; i < 2 * half; i++)
        bars_add(bars, set_c((unsigned)(digits[i] - '0')), 7, false);
    bars_add(bars, 0x5, 3, true);
}

/* The first and the last digit of UPC-A reach down like its guards. */
static void upc_guards(struct symbol_bars *bars)
{
    for (u32 i = 0; i < 7; i++)
        bars->guard[3 + i] = bars->guard[bars->count - 4 - i] = true;
}

bool symbol_bars(u64 gtin, struct symbol_bars *bars)
{
    char digits[24];
    *bars = (struct symbol_bars){.kind = SYMBOL_NO_BARS};
    if (!gtin_valid(gtin) || gtin >= 10000000000000u)
        return false;
    snprintf(digits, sizeof(digits), "%013llu", (unsigned long long)gtin);
    if (gtin < 100000000u) {
        bars->kind = SYMBOL_EAN_8;
        bars->quiet_left = bars->quiet_right = 7;
        bars_fill(bars, digits + 5, 4, 0);
        bars->digit_count = 8;
    } else {
        bool upc = gtin < 1000000000000u;
        bars->kind = upc ? SYMBOL_UPC_A : SYMBOL_EAN_13;
        bars->quiet_left = upc ? 9 : 11;
        bars->quiet_right = upc ? 9 : 7;
        bars_fill(bars, digits + 1, 6, bars_parity[digits[0] - '0']);
        bars->digit_count = upc ? 12 : 13;
        if (upc)
            upc_guards(bars);
    }
    memcpy(bars->digits, digits + 13 - bars->digit_count, bars->digit_count + 1);
    return true;
}
