#include "base/emit.h"

#include "base/time.h"

static void emit_before(struct emit *emit)
{
    if (emit->more)
        buffer_byte(emit->out, ',');
    emit->more = true;
}

void emit_open(struct emit *emit, char bracket)
{
    emit_before(emit);
    buffer_byte(emit->out, bracket);
    emit->more = false;
}

void emit_close(struct emit *emit, char bracket)
{
    buffer_byte(emit->out, bracket);
    emit->more = true;
}

size_t emit_character(const unsigned char *at, size_t left)
{
    size_t size = at[0] < 0x80 ? 1 : at[0] >= 0xc2 && at[0] < 0xe0 ? 2 : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
                  : at[0] >= 0xf0 && at[0] < 0xf5 ? 4 : 0;
    if (size == 0 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool surrogate = at[0] == 0xed && at[1] >= 0xa0;
    bool beyond = at[0] == 0xf4 && at[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : size;
}

static void emit_escape(struct emit *emit, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
    switch (byte) {
    case '\n': buffer_add(emit->out, "\\n", 2); return;
    case '\r': buffer_add(emit->out, "\\r", 2); return;
    case '\t': buffer_add(emit->out, "\\t", 2); return;
    case '"': buffer_add(emit->out, "\\\"", 2); return;
    case '\\': buffer_add(emit->out, "\\\\", 2); return;
    default: buffer_add(emit->out, text, 6);
    }
}

/* ASCII that stands for itself: nearly everything. */
static inline bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

void emit_text(struct emit *emit, struct slice text)
{
    emit_before(emit);
    buffer_byte(emit->out, '"');
    size_t plain = 0; /* begins what needs no change */
    for (size_t i = 0; i < text.size;) {
        while (i < text.size && is_plain((unsigned char)text.bytes[i]))
            i++;
        if (i == text.size)
            break;
        unsigned char byte = (unsigned char)text.bytes[i];
        size_t size = emit_character((const unsigned char *)text.bytes + i, text.size - i);
        bool escape = byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7f;
        if (size > 0 && !escape) {
            i += size;
            continue;
        }
        buffer_add(emit->out, text.bytes + plain, i - plain);
        if (escape)
            emit_escape(emit, byte);
        else
            buffer_add(emit->out, "\xef\xbf\xbd", 3);
        plain = ++i;
    }
    buffer_add(emit->out, text.bytes + plain, text.size - plain);
    buffer_byte(emit->out, '"');
}

void emit_number(struct emit *emit, i64 number)
{
    emit_before(emit);
    buffer_number(emit->out, number);
}

void emit_bool(struct emit *emit, bool value)
{
    emit_before(emit);
    buffer_text(emit->out, value ? "true" : "false");
}

void emit_null(struct emit *emit)
{
    emit_before(emit);
    buffer_text(emit->out, "null");
}

void emit_key_bool(struct emit *emit, const char *key, bool value)
{
    emit_key(emit, key);
    emit_bool(emit, value);
}

void emit_key_null(struct emit *emit, const char *key)
{
    emit_key(emit, key);
    emit_null(emit);
}

void emit_key_time(struct emit *emit, const char *key, i64 ms)
{
    char text[TIME_TEXT_MAX];
    if (ms == 0)
        emit_key_null(emit, key);
    else
        emit_key_word(emit, key, time_text(text, ms, 0));
}

void emit_key_open(struct emit *emit, const char *key, char bracket)
{
    emit_key(emit, key);
    emit_open(emit, bracket);
}
