#include "base/csv.h"

#include "base/assert.h"

void csv_open(struct csv *csv, char *bytes, size_t size)
{
    *csv = (struct csv){.bytes = bytes, .size = size, .line = 1};
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        csv->at = 3;
}

static enum csv_status csv_bad(struct csv *csv, const char *problem, u32 line)
{
    csv->problem = problem;
    csv->problem_line = line;
    csv->problem_column = csv->field_count + 1;
    csv->at = csv->size;
    return CSV_BAD;
}

/* Bytes of the UTF-8 character at the front of `bytes`; 0 if there is none. */
static size_t csv_character(const unsigned char *bytes, size_t size)
{
    unsigned char lead = bytes[0];
    if (lead < 0x80)
        return lead != 0;
    size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    if ((lead == 0xe0 && bytes[1] < 0xa0) || (lead == 0xed && bytes[1] > 0x9f))
        return 0; /* overlong; a surrogate */
    if ((lead == 0xf0 && bytes[1] < 0x90) || (lead == 0xf4 && bytes[1] > 0x8f))
        return 0; /* overlong; beyond U+10FFFF */
    return length;
}

bool csv_text_is_clean(struct slice text)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    for (size_t at = 0; at < text.size;) {
        size_t length = csv_character(bytes + at, text.size - at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

/* Reads the quoted field at csv->at; its closing quote is behind it then. */
static const char *csv_quoted(struct csv *csv, struct slice *field)
{
    char *bytes = csv->bytes;
    size_t read = csv->at + 1;
    size_t write = read;
    *field = slice_of(bytes + read, 0);
    for (;; read++) {
        if (read >= csv->size)
            return "a quote is opened here and never closed";
        if (bytes[read] == '"') {
            if (read + 1 >= csv->size || bytes[read + 1] != '"')
                break;
            read++;
        }
        csv->line += bytes[read] == '\n';
        bytes[write++] = bytes[read];
    }
    field->size = (size_t)(bytes + write - field->bytes);
    csv->at = read + 1;
    return NULL;
}

static const char *csv_plain(struct csv *csv, struct slice *field)
{
    size_t begin = csv->at;
    for (; csv->at < csv->size; csv->at++) {
        char byte = csv->bytes[csv->at];
        if (byte == ',' || byte == '\n' || byte == '\r')
            break;
        if (byte == '"')
            return "a quote inside a field that does not begin with one";
    }
    *field = slice_of(csv->bytes + begin, csv->at - begin);
    return NULL;
}

/* Steps over what ends a field: a comma (the row goes on), a line end or the end of the file. */
static const char *csv_field_end(struct csv *csv, bool *row_ends)
{
    *row_ends = true;
    if (csv->at == csv->size)
        return NULL;
    char byte = csv->bytes[csv->at++];
    if (byte == ',') {
        *row_ends = false;
        return NULL;
    }
    if (byte == '\r') {
        if (csv->at == csv->size || csv->bytes[csv->at] != '\n')
            return "a carriage return that ends no line";
        csv->at++;
    } else if (byte != '\n') {
        return "text behind a closing quote";
    }
    csv->line++;
    return NULL;
}

static void csv_skip_empty_lines(struct csv *csv)
{
    while (csv->at < csv->size) {
        size_t skip = csv->bytes[csv->at] == '\n' ? 1 : 0;
        if (csv->bytes[csv->at] == '\r' && csv->at + 1 < csv->size && csv->bytes[csv->at + 1] == '\n')
            skip = 2;
        if (skip == 0)
            return;
        csv->at += skip;
        csv->line++;
    }
}

enum csv_status csv_next(struct csv *csv)
{
    ASSERT(csv->at <= csv->size);
    csv->field_count = 0;
    csv_skip_empty_lines(csv);
    csv->row_line = csv->line;
    if (csv->at == csv->size)
        return CSV_END;
    for (bool row_ends = false; !row_ends;) {
        u32 line = csv->line;
        if (csv->field_count == CSV_FIELDS_MAX)
            return csv_bad(csv, "more than 256 fields in a row", line);
        struct slice field = {0};
        bool quoted = csv->at < csv->size && csv->bytes[csv->at] == '"';
        const char *problem = quoted ? csv_quoted(csv, &field) : csv_plain(csv, &field);
        if (problem != NULL)
            return csv_bad(csv, problem, line);
        if (!csv_text_is_clean(field))
            return csv_bad(csv, memchr(field.bytes, 0, field.size) != NULL ? "a NUL byte" : "bytes that are not UTF-8",
                           line);
        problem = csv_field_end(csv, &row_ends);
        if (problem != NULL)
            return csv_bad(csv, problem, csv->line);
        csv->fields[csv->field_count] = field;
        csv->field_lines[csv->field_count++] = line;
    }
    return CSV_ROW;
}
