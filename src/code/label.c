#include "code/label.h"

#include "base/assert.h"
#include "base/money.h"
#include "code/link.h"
#include "code/svg.h"

#include <stdio.h>

#define MODULE_UM 330u
#define SHELF_BARS_UM 10000u
#define PRODUCT_BARS_UM 22850u
#define QR_UM 19000u
#define PRICE_TEXT_MAX (MONEY_TEXT_MAX + 16)

_Static_assert(LABEL_LINK_MAX <= SYMBOL_QR_TEXT_MAX, "a link fits");

static struct svg_font plain(u32 size_um)
{
    return (struct svg_font){.size_um = size_um};
}

static struct svg_font bold(u32 size_um)
{
    return (struct svg_font){.size_um = size_um, .bold = true};
}

/* "CNY 1,234.50" */
static struct slice price_text(char *text, const struct label_price *price, i64 amount_minor)
{
    char amount[MONEY_TEXT_MAX];
    int size = snprintf(text, PRICE_TEXT_MAX, "%.*s %s", (int)MIN(price->currency.size, (size_t)8),
                        price->currency.bytes, money_text_grouped(amount, amount_minor, price->digits));
    ASSERT(size > 0 && size < PRICE_TEXT_MAX);
    return slice_of(text, (size_t)size);
}

/* What it costs now, and below it what it costs else, struck out, with the festival's name beside it. */
static void price_draw(struct buffer *out, i32 x_um, i32 y_um, u32 width_um, u32 size_um,
                       const struct label_price *price)
{
    char text[PRICE_TEXT_MAX];
    bool festival = price->festival_minor > 0;
    i64 now_minor = festival ? price->festival_minor : price->list_minor;
    if (now_minor == 0)
        return;
    struct slice now = price_text(text, price, now_minor);
    struct svg_font large = bold(size_um);
    while (large.size_um > size_um / 3 && svg_width(large, now) > width_um) /* an amount is never cut */
        large.size_um -= size_um / 30;
    svg_text(out, x_um, y_um, large, 0, now);
    if (!festival || price->list_minor <= price->festival_minor)
        return;
    struct svg_font small = plain(size_um * 2 / 5);
    small.struck = true;
    i32 below_um = y_um + (i32)(small.size_um * 13 / 10);
    u32 old_um = svg_text(out, x_um, below_um, small, 0, price_text(text, price, price->list_minor));
    small.struck = false;
    u32 from_um = old_um + small.size_um / 2;
    if (from_um + 2 * small.size_um < width_um)
        svg_text(out, x_um + (i32)from_um, below_um, small, width_um - from_um, price->festival);
}

/* False: there are none. */
static bool bars_draw(struct buffer *out, i32 x_um, i32 y_um, u32 height_um, u64 gtin)
{
    struct symbol_bars bars;
    if (!symbol_bars(gtin, &bars))
        return false;
    svg_bars(out, x_um, y_um, MODULE_UM, height_um, &bars);
    return true;
}

static u32 bars_width(u64 gtin)
{
    struct symbol_bars bars;
    return symbol_bars(gtin, &bars) ? svg_bars_width(MODULE_UM, &bars) : 0;
}

static void qr_draw(struct buffer *out, i32 x_um, i32 y_um, u32 side_um, struct slice text)
{
    struct symbol_qr qr;
    if (symbol_qr(text, &qr))
        svg_qr(out, x_um, y_um, side_um, &qr);
}

/* --- shelf ------------------------------------------------------------------------------------------------ */

static bool is_narrow(u32 width_um)
{
    return width_um < LABEL_WIDE_UM;
}

struct label_size label_shelf_size(u32 width_um)
{
    ASSERT(width_um >= LABEL_NARROW_UM);
    return (struct label_size){width_um, is_narrow(width_um) ? 51000 : 38100};
}

/* Name and price left of the QR code, bars below, and the rest beside the bars. */
static void shelf_wide(struct buffer *out, u32 width_um, const struct label_shelf *label)
{
    i32 qr_um = (i32)(width_um - QR_UM - 1000);
    u32 text_um = (u32)qr_um - 2500;
    svg_text_block(out, 2000, 5600, bold(3600), text_um, LABEL_NAME_LINES, 4300, label->name);
    price_draw(out, 2000, 17000, text_um, 6500, &label->price);
    qr_draw(out, qr_um, 1500, QR_UM, label->link);
    u32 bars_um = bars_width(label->gtin);
    bars_draw(out, 500, 23000, SHELF_BARS_UM, label->gtin);
    i32 beside_um = bars_um > 0 ? (i32)bars_um + 1500 : 2000;
    u32 rest_um = width_um - (u32)beside_um - 1500;
    svg_text(out, beside_um, 26000, plain(2800), rest_um, label->unit);
    svg_text(out, beside_um, 30000, plain(2800), rest_um, label->store);
    svg_text(out, beside_um, 34000, plain(2800), rest_um, label->sku);
}

static void shelf_narrow(struct buffer *out, u32 width_um, const struct label_shelf *label)
{
    i32 qr_um = (i32)(width_um - QR_UM - 500);
    u32 text_um = (u32)qr_um - 2000;
    svg_text_block(out, 1500, 4800, bold(3600), width_um - 3000, LABEL_NAME_LINES, 4200, label->name);
    price_draw(out, 1500, 18500, text_um, 6000, &label->price);
    qr_draw(out, qr_um, 11000, QR_UM, label->link);
    svg_text(out, 1500, 28500, plain(2800), text_um, label->unit);
    u32 bars_um = bars_width(label->gtin);
    bars_draw(out, (i32)(width_um - bars_um) / 2, 31500, SHELF_BARS_UM, label->gtin);
    u32 half_um = width_um / 2 - 2000;
    struct svg_font right = {.size_um = 2800, .anchor = SVG_RIGHT};
    svg_text(out, 1500, 48500, plain(2800), half_um, label->store);
    svg_text(out, (i32)width_um - 1500, 48500, right, half_um, label->sku);
}

void label_shelf(struct buffer *out, struct label_size size, const struct label_shelf *label)
{
    if (is_narrow(size.width_um))
        shelf_narrow(out, size.width_um, label);
    else
        shelf_wide(out, size.width_um, label);
}

bool label_shelf_link(struct buffer *out, struct slice base, u64 gtin, struct slice store)
{
    size_t begin = out->size;
    struct link_part part = {slice_text("store"), store};
    if (link_write(out, base, gtin, NULL, 0, &part, 1) == LINK_OK && out->size - begin <= LABEL_LINK_MAX)
        return true;
    out->size = begin;
    return false;
}

/* --- product ------------------------------------------------------------------------------------------------ */

struct label_size label_product_size(void)
{
    return (struct label_size){LABEL_NARROW_UM, 44000};
}

void label_product(struct buffer *out, struct label_size size, const struct label_product *label)
{
    u32 text_um = size.width_um - 3000, bars_um = bars_width(label->gtin);
    svg_text_block(out, 1500, 4600, bold(3400), text_um, LABEL_NAME_LINES, 4000, label->name);
    price_draw(out, 1500, 13400, text_um, 4500, &label->price);
    if (!bars_draw(out, (i32)(size.width_um - bars_um) / 2, 17000, PRODUCT_BARS_UM, label->gtin))
        svg_text(out, 1500, 24000, plain(3400), text_um, label->sku);
}

/* --- codes ---------------------------------------------------------------------------------------------------- */

#define CODE_QR_UM 30000u
#define CODE_FIRST 9u               /* "XXXX-XXXX" and a dash are the first line */

struct label_size label_code_size(void)
{
    return (struct label_size){LABEL_NARROW_UM, 66000};
}

void label_code(struct buffer *out, struct label_size size, const struct label_code *label)
{
    i32 middle_um = (i32)size.width_um / 2;
    u32 text_um = size.width_um - 3000;
    struct svg_font large = {.size_um = 7000, .bold = true, .anchor = SVG_MIDDLE, .fixed = true};
    struct svg_font title = {.size_um = 4000, .bold = true, .anchor = SVG_MIDDLE};
    struct svg_font line = {.size_um = 3200, .anchor = SVG_MIDDLE};
    size_t first = MIN(label->code.size, (size_t)CODE_FIRST);
    size_t rest = MIN(label->code.size, (size_t)CODE_FIRST + 1);
    svg_text(out, middle_um, 5500, title, text_um, label->title);
    qr_draw(out, middle_um - (i32)CODE_QR_UM / 2, 7000, CODE_QR_UM, label->code);
    svg_text(out, middle_um, 43000, large, 0, slice_of(label->code.bytes, first));
    svg_text(out, middle_um, 50000, large, 0, slice_of(label->code.bytes + rest, label->code.size - rest));
    svg_text(out, middle_um, 55000, line, text_um, label->order);
    svg_text(out, middle_um, 59500, line, text_um, label->store);
    svg_text(out, middle_um, 64000, line, text_um, label->collect_by);
}
