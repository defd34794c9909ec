#include "code/glyph.h"

#include "base/emit.h"

struct glyph_range {
    u32 first, last;
};

/* Wide and full-width blocks (EastAsianWidth.txt, W and F, blocks as a whole). */
static const struct glyph_range glyph_wide[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0xa4cf},
    {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
    {0xffe0, 0xffe6},   {0x17000, 0x18aff}, {0x1b000, 0x1b2ff}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
};

/* Soft hyphen, joiners, directions, variation selectors, byte order mark, tags. */
static const struct glyph_range glyph_invisible[] = {
    {0x00ad, 0x00ad}, {0x034f, 0x034f}, {0x061c, 0x061c}, {0x180b, 0x180f},   {0x200b, 0x200f},
    {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},   {0xe0000, 0xe0fff},
};

static bool glyph_in(const struct glyph_range *ranges, size_t count, u32 character)
{
    for (size_t i = 0; i < count; i++)
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    return false;
}

static u32 glyph_decode(const unsigned char *bytes, size_t size)
{
    if (size == 1)
        return bytes[0];
    u32 character = bytes[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++)
        character = character << 6 | (bytes[i] & 0x3fu);
    return character;
}

bool glyph_next(struct slice text, size_t *at, u32 *character)
{
    while (*at < text.size) {
        const unsigned char *bytes = (const unsigned char *)text.bytes + *at;
        size_t size = emit_character(bytes, text.size - *at);
        u32 found = size == 0 ? 0xfffd : glyph_decode(bytes, size);
        *at += MAX(size, (size_t)1);
        if (found < 0x20 || (found >= 0x7f && found < 0xa0))
            found = ' ';
        if (found >= 0xfffe && (found & 0xfffe) == 0xfffe) /* no characters of XML, nor of anything */
            found = 0xfffd;
        if (glyph_in(glyph_invisible, ARRAY_COUNT(glyph_invisible), found))
            continue;
        *character = found;
        return true;
    }
    return false;
}

void glyph_add(struct buffer *out, u32 character)
{
    char bytes[4];
    size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = size; i-- > 1; character >>= 6)
        bytes[i] = (char)(0x80 | (character & 0x3f));
    bytes[0] = (char)(first[size] | character);
    buffer_add(out, bytes, size);
}

static bool glyph_combines(u32 character)
{
    return character >= 0x300 && character <= 0x36f;
}

unsigned glyph_columns(u32 character, bool dense)
{
    if (glyph_combines(character) && !dense)
        return 0;
    if (character < 0x80)
        return 1;
    return dense || glyph_in(glyph_wide, ARRAY_COUNT(glyph_wide), character) ? 2 : 1;
}

u32 glyph_text_columns(struct slice text, bool dense)
{
    u32 columns = 0, character;
    for (size_t at = 0; glyph_next(text, &at, &character);)
        columns += glyph_columns(character, dense);
    return columns;
}

unsigned glyph_width(u32 character, bool bold)
{
    unsigned width = 700;
    if (glyph_combines(character))
        return 0;
    if (glyph_in(glyph_wide, ARRAY_COUNT(glyph_wide), character))
        return 1000; /* a square, bold too */
    if (character < 0x80 && strchr("mMW@%", (int)character) != NULL)
        width = 1010;
    else if (character < 0x80 && strchr("iljtfrI.,:;'|!()[]/- ", (int)character) != NULL)
        width = 420;
    else if (character >= 'A' && character <= 'Z')
        width = 770;
    else if (character < 0x80)
        width = 640;
    else if (character == GLYPH_ELLIPSIS || character > 0x24f)
        width = 1000;
    return bold ? width * 11 / 10 : width;
}

u32 glyph_text_width(struct slice text, bool bold)
{
    u32 width = 0, character;
    for (size_t at = 0; glyph_next(text, &at, &character);)
        width += glyph_width(character, bold);
    return width;
}
