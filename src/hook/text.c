/*
 * A JSON writer without allocation: some 100 ns for a line of an order. Texts of the shop may hold any byte;
 * what is sent is always valid UTF-8 and valid JSON.
 */
#include "hook/internal.h"

#include <stdio.h>

static void text_bytes(struct hook_text *text, const char *bytes, size_t size)
{
    ASSERT(size <= text->size_max - text->size);
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

void hook_text_raw(struct hook_text *text, const char *raw)
{
    text_bytes(text, raw, strlen(raw));
}

void hook_text_number(struct hook_text *text, i64 number)
{
    char digits[24];
    u64 rest = number < 0 ? 0 - (u64)number : (u64)number;
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        digits[--at] = '-';
    text_bytes(text, digits + at, sizeof(digits) - at);
}

/*
 * Bytes of the UTF-8 character at the front (RFC 3629: no surrogates, no overlong forms, up to U+10FFFF); 0: it
 * is none.
 */
static size_t text_character(const u8 *bytes, size_t size)
{
    u8 lead = bytes[0];
    size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : (lead & 0xf0) == 0xe0 ? 3 : 4;
    if (length == 1)
        return 1;
    if (lead < 0xc2 || lead > 0xf4 || length > size)
        return 0;
    u8 second_min = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    u8 second_max = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (bytes[1] < second_min || bytes[1] > second_max)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

static void text_escape(struct hook_text *text, u8 byte)
{
    char escape[8];
    if (byte == '"' || byte == '\\')
        snprintf(escape, sizeof(escape), "\\%c", byte);
    else if (byte == '\n')
        strcpy(escape, "\\n");
    else
        snprintf(escape, sizeof(escape), "\\u%04x", byte);
    hook_text_raw(text, escape);
}

void hook_text_string(struct hook_text *text, struct slice string)
{
    const u8 *bytes = (const u8 *)string.bytes;
    size_t at = 0;
    hook_text_raw(text, "\"");
    while (at < string.size) {
        size_t run = at; /* of what needs no escape */
        size_t length = 0;
        while (run < string.size && (length = text_character(bytes + run, string.size - run)) > 0 && bytes[run] >= 0x20
               && bytes[run] != '"' && bytes[run] != '\\')
            run += length;
        text_bytes(text, string.bytes + at, run - at);
        at = run;
        if (at == string.size)
            break;
        if (length == 0)
            hook_text_raw(text, "\xef\xbf\xbd");
        else
            text_escape(text, bytes[at]);
        at++;
    }
    hook_text_raw(text, "\"");
}
