#include "code/svg.h"

#include "base/assert.h"
#include "code/glyph.h"

#define SVG_SANS "'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',Arial,sans-serif"
#define SVG_FIXED "'Noto Sans Mono','DejaVu Sans Mono',Consolas,monospace"

void svg_length(struct buffer *out, i64 um)
{
    i64 size = um < 0 ? -um : um;
    buffer_format(out, "%s%lld", um < 0 ? "-" : "", (long long)size / SVG_MM);
    if (size % SVG_MM == 0)
        return;
    char digits[4] = {(char)('0' + size / 100 % 10), (char)('0' + size / 10 % 10), (char)('0' + size % 10), 0};
    for (size_t last = 2; digits[last] == '0'; last--)
        digits[last] = 0;
    buffer_format(out, ".%s", digits);
}

/* ` name="12.5"` */
static void attribute(struct buffer *out, const char *name, i64 um)
{
    buffer_format(out, " %s=\"", name);
    svg_length(out, um);
    buffer_byte(out, '"');
}

void svg_open(struct buffer *out, u32 width_um, u32 height_um)
{
    buffer_text(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"");
    svg_length(out, width_um);
    buffer_text(out, "mm\" height=\"");
    svg_length(out, height_um);
    buffer_text(out, "mm\" viewBox=\"0 0 ");
    svg_length(out, width_um);
    buffer_byte(out, ' ');
    svg_length(out, height_um);
    buffer_text(out, "\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
}

void svg_close(struct buffer *out)
{
    buffer_text(out, "</svg>\n");
}

void svg_at(struct buffer *out, i32 x_um, i32 y_um)
{
    buffer_text(out, "<g transform=\"translate(");
    svg_length(out, x_um);
    buffer_byte(out, ' ');
    svg_length(out, y_um);
    buffer_text(out, ")\">\n");
}

void svg_at_end(struct buffer *out)
{
    buffer_text(out, "</g>\n");
}

void svg_line(struct buffer *out, i32 x1_um, i32 y1_um, i32 x2_um, i32 y2_um, u32 width_um)
{
    buffer_text(out, "<line stroke=\"#000\"");
    attribute(out, "stroke-width", width_um);
    attribute(out, "x1", x1_um);
    attribute(out, "y1", y1_um);
    attribute(out, "x2", x2_um);
    attribute(out, "y2", y2_um);
    buffer_text(out, "/>\n");
}

/* --- text -------------------------------------------------------------------------------------------------- */

static void escape_character(struct buffer *out, u32 character)
{
    switch (character) {
    case '<': buffer_text(out, "&lt;"); break;
    case '>': buffer_text(out, "&gt;"); break;
    case '&': buffer_text(out, "&amp;"); break;
    case '"': buffer_text(out, "&quot;"); break;
    case '\'': buffer_text(out, "&#39;"); break;
    default: glyph_add(out, character);
    }
}

void svg_escape(struct buffer *out, struct slice text)
{
    u32 character;
    for (size_t at = 0; glyph_next(text, &at, &character);)
        escape_character(out, character);
}

u32 svg_width(struct svg_font font, struct slice text)
{
    return (u32)((u64)glyph_text_width(text, font.bold) * font.size_um / 1000);
}

/* So many bytes of the text fit into a width, in whole characters. */
static size_t text_fits(const struct svg_font *font, struct slice text, u32 width_um)
{
    size_t at = 0, good = 0;
    u64 width = 0;
    u32 character;
    while (glyph_next(text, &at, &character)) {
        width += (u64)glyph_width(character, font->bold) * font->size_um;
        if (width > (u64)width_um * 1000)
            break;
        good = at;
    }
    return good;
}

static void text_write(struct buffer *out, i32 x_um, i32 y_um, const struct svg_font *font, struct slice text, bool cut)
{
    static const char *const anchors[] = {"start", "middle", "end"};
    buffer_text(out, "<text");
    attribute(out, "x", x_um);
    attribute(out, "y", y_um);
    attribute(out, "font-size", font->size_um);
    if (font->anchor != SVG_LEFT)
        buffer_format(out, " text-anchor=\"%s\"", anchors[font->anchor]);
    buffer_format(out, " font-family=\"%s\"%s%s>", font->fixed ? SVG_FIXED : SVG_SANS,
                  font->bold ? " font-weight=\"bold\"" : "", font->struck ? " text-decoration=\"line-through\"" : "");
    svg_escape(out, text);
    if (cut)
        glyph_add(out, GLYPH_ELLIPSIS);
    buffer_text(out, "</text>\n");
}

u32 svg_text(struct buffer *out, i32 x_um, i32 y_um, struct svg_font font, u32 width_um, struct slice text)
{
    u32 width = svg_width(font, text);
    if (text.size == 0)
        return 0;
    bool cut = width_um != 0 && width > width_um;
    if (cut) {
        u32 ellipsis_um = glyph_width(GLYPH_ELLIPSIS, font.bold) * font.size_um / 1000;
        text.size = text_fits(&font, text, width_um > ellipsis_um ? width_um - ellipsis_um : 0);
        while (text.size > 0 && text.bytes[text.size - 1] == ' ')
            text.size--;
        width = svg_width(font, text) + ellipsis_um;
    }
    text_write(out, x_um, y_um, &font, text, cut);
    return width;
}

/* Where a line that holds so many bytes may be broken: behind its last blank or wide character; where there is none,
 * at its end. */
static size_t text_break(struct slice text, size_t fits)
{
    size_t found = fits;
    u32 character, before = 0;
    for (size_t at = 0, start = 0; at <= fits && glyph_next(text, &at, &character); start = at) {
        bool wide = glyph_columns(character, false) == 2 || glyph_columns(before, false) == 2;
        if (start > 0 && start <= fits && (before == ' ' || wide))
            found = start;
        before = character;
    }
    return found;
}

u32 svg_text_block(struct buffer *out, i32 x_um, i32 y_um, struct svg_font font, u32 width_um, u32 lines, u32 step_um,
                   struct slice text)
{
    u32 line = 0;
    while (text.size > 0 && line < lines) {
        size_t fits = text_fits(&font, text, width_um);
        bool last = line + 1 == lines || fits == text.size || fits == 0;
        size_t size = last ? text.size : text_break(text, fits);
        struct slice part = slice_of(text.bytes, size);
        while (part.size > 1 && part.bytes[part.size - 1] == ' ')
            part.size--;
        svg_text(out, x_um, y_um + (i32)(line * step_um), font, width_um, part);
        text = slice_of(text.bytes + size, text.size - size);
        line++;
    }
    return line;
}

/* --- symbols ------------------------------------------------------------------------------------------------- */

void svg_qr(struct buffer *out, i32 x_um, i32 y_um, u32 side_um, const struct symbol_qr *qr)
{
    ASSERT(qr->side > 0);
    u32 whole = qr->side + 2 * SYMBOL_QR_QUIET;
    buffer_text(out, "<svg");
    attribute(out, "x", x_um);
    attribute(out, "y", y_um);
    attribute(out, "width", side_um);
    attribute(out, "height", side_um);
    buffer_format(out, " viewBox=\"0 0 %u %u\"><rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>"
                  "<path shape-rendering=\"crispEdges\" d=\"", whole, whole, whole, whole);
    for (u32 row = 0; row < qr->side; row++)
        for (u32 from = 0, to; from < qr->side; from = to) {
            u8 dark = qr->dark[row * qr->side + from];
            for (to = from + 1; to < qr->side && qr->dark[row * qr->side + to] == dark; to++)
                continue;
            if (dark)
                buffer_format(out, "M%u %uh%uv1h-%uz", SYMBOL_QR_QUIET + from, SYMBOL_QR_QUIET + row, to - from,
                              to - from);
        }
    buffer_text(out, "\"/></svg>\n");
}

#define BARS_GUARD 5u           /* modules that guards reach lower */
#define BARS_DIGIT 9u           /* modules of a digit's height, with the gap above it */

u32 svg_bars_width(u32 module_um, const struct symbol_bars *bars)
{
    return module_um * (bars->quiet_left + bars->count + bars->quiet_right);
}

u32 svg_bars_height(u32 module_um, u32 height_um)
{
    return height_um + BARS_DIGIT * module_um;
}

static void bars_path(struct buffer *out, i32 x_um, i32 y_um, u32 module_um, u32 height_um,
                      const struct symbol_bars *bars)
{
    buffer_text(out, "<path d=\"");
    for (u32 from = 0, to; from < bars->count; from = to) {
        for (to = from + 1; to < bars->count && bars->dark[to] == bars->dark[from]; to++)
            continue;
        if (!bars->dark[from])
            continue;
        u32 wide_um = (to - from) * module_um;
        u32 reach_um = height_um + (bars->guard[from] ? BARS_GUARD * module_um : 0);
        buffer_byte(out, 'M');
        svg_length(out, x_um + (i32)((bars->quiet_left + from) * module_um));
        buffer_byte(out, ' ');
        svg_length(out, y_um);
        buffer_byte(out, 'h');
        svg_length(out, wide_um);
        buffer_byte(out, 'v');
        svg_length(out, reach_um);
        buffer_text(out, "h-");
        svg_length(out, wide_um);
        buffer_byte(out, 'z');
    }
    buffer_text(out, "\"/>\n");
}

/* `count` digits, spread over `modules` from module `from` of the symbol (quiet zone included). */
static void bars_digits(struct buffer *out, i32 x_um, i32 y_um, u32 module_um, u32 from, u32 modules,
                        struct slice digits)
{
    struct svg_font font = {.size_um = 8 * module_um, .anchor = SVG_MIDDLE, .fixed = true};
    for (size_t i = 0; i < digits.size; i++) {
        u32 middle_um = module_um * from + module_um * modules * (2 * (u32)i + 1) / (2 * (u32)digits.size);
        svg_text(out, x_um + (i32)middle_um, y_um, font, 0, slice_of(digits.bytes + i, 1));
    }
}

void svg_bars(struct buffer *out, i32 x_um, i32 y_um, u32 module_um, u32 height_um, const struct symbol_bars *bars)
{
    ASSERT(bars->kind != SYMBOL_NO_BARS);
    bars_path(out, x_um, y_um, module_um, height_um, bars);
    i32 base_um = y_um + (i32)svg_bars_height(module_um, height_um) - (i32)module_um / 2;
    const char *digits = bars->digits;
    u32 left = bars->quiet_left, middle = left + bars->count / 2;
    u32 outside = bars->kind == SYMBOL_EAN_8 ? 0 : 1, half = (bars->count - 11) / 14;
    if (bars->kind == SYMBOL_UPC_A) { /* the first and the last stand beside the guards */
        bars_digits(out, x_um, base_um, module_um, 0, 8, slice_of(digits, 1));
        bars_digits(out, x_um, base_um, module_um, left + 10, 36, slice_of(digits + 1, 5));
        bars_digits(out, x_um, base_um, module_um, middle + 3, 36, slice_of(digits + 6, 5));
        bars_digits(out, x_um, base_um, module_um, left + bars->count + 1, 8, slice_of(digits + 11, 1));
        return;
    }
    if (outside > 0)
        bars_digits(out, x_um, base_um, module_um, 2, 8, slice_of(digits, 1));
    bars_digits(out, x_um, base_um, module_um, left + 3, half * 7, slice_of(digits + outside, half));
    bars_digits(out, x_um, base_um, module_um, middle + 3, half * 7, slice_of(digits + outside + half, half));
}
