/*
 * What a login, a password and a name may be made of. A login is what people
 * read in lists and in the trail, so nothing that is invisible or turns the
 * direction of writing may hide in it.
 */
#include "access/internal.h"

#include "base/csv.h"

static const struct {
    u32 first, last;
} text_no_login[] = {
    {0x0000, 0x0020}, {0x007f, 0x00a0},     /* controls and spaces */
    {0x00ad, 0x00ad}, {0x034f, 0x034f}, {0x061c, 0x061c}, {0x115f, 0x1160}, {0x17b4, 0x17b5},
    {0x1680, 0x1680}, {0x180b, 0x180f},     /* invisible */
    {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, /* spaces, joiners, directions */
    {0x3000, 0x3000}, {0x3164, 0x3164}, {0xe000, 0xf8ff}, /* ..., private use */
    {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xffff},
    {0xe0000, 0x10ffff},                    /* tags, private use */
};

/* Bytes of the UTF-8 character at the front (RFC 3629); 0 if there is none. */
static size_t text_next(struct slice text, u32 *character)
{
    static const u32 least[] = {0, 0, 0x80, 0x800, 0x10000};
    const u8 *bytes = (const u8 *)text.bytes;
    if (text.size == 0)
        return 0;
    size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xc0 ? 0 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
    if (length == 0 || length > text.size || bytes[0] > 0xf4)
        return 0;
    u32 code = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (bytes[i] & 0x3f);
    }
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *character = code;
    return length;
}

char access_text_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
}

bool access_text_is_login(struct slice login)
{
    if (login.size < ACCESS_LOGIN_MIN || login.size > ACCESS_LOGIN_MAX)
        return false;
    for (size_t at = 0; at < login.size;) {
        u32 character = 0;
        size_t length = text_next(slice_of(login.bytes + at, login.size - at), &character);
        if (length == 0)
            return false;
        for (size_t i = 0; i < ARRAY_COUNT(text_no_login); i++)
            if (character >= text_no_login[i].first && character <= text_no_login[i].last)
                return false;
        at += length;
    }
    return true;
}

bool access_text_is_password(struct slice password, struct slice login)
{
    if (password.size < ACCESS_PASSWORD_MIN || password.size > ACCESS_PASSWORD_MAX || !csv_text_is_clean(password))
        return false;
    bool same = password.size == login.size;
    for (size_t i = 0; same && i < login.size; i++)
        same = access_text_lower(password.bytes[i]) == access_text_lower(login.bytes[i]);
    return !same;
}

static bool text_is_control(u32 character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

bool access_text_is_name(struct slice name)
{
    if (name.size == 0 || name.size > ACCESS_NAME_MAX)
        return false;
    for (size_t at = 0; at < name.size;) {
        u32 character = 0;
        size_t length = text_next(slice_of(name.bytes + at, name.size - at), &character);
        if (length == 0 || text_is_control(character))
            return false;
        at += length;
    }
    return true;
}

void access_text_clean(char *text, const char *from, size_t size)
{
    size_t used = 0, end = strnlen(from, size - 1);
    for (size_t at = 0; at < end;) {
        u32 character = 0;
        size_t length = text_next(slice_of(from + at, end - at), &character);
        if (length == 0 || text_is_control(character)) {
            text[used++] = '?';
            at += MAX(length, (size_t)1);
            continue;
        }
        memmove(text + used, from + at, length);
        used += length;
        at += length;
    }
    memset(text + used, 0, size - used);
}
