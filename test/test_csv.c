/*
 * The CSV parser: every text of up to 7 bytes over {a , " LF CR} against a
 * second, naive reading of RFC 4180; then what the alphabet does not reach.
 */
#include "base/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define EXHAUSTIVE_BYTES 7
#define NAIVE_ROWS 16
#define NAIVE_FIELDS 16

/* A whole text as the naive reader sees it. */
struct naive {
    char fields[NAIVE_ROWS][NAIVE_FIELDS][NAIVE_FIELDS];
    size_t field_sizes[NAIVE_ROWS][NAIVE_FIELDS];
    size_t field_counts[NAIVE_ROWS];
    size_t row_count;
    bool bad;
};

static void naive_add(struct naive *naive, char byte)
{
    size_t row = naive->row_count, field = naive->field_counts[row];
    naive->fields[row][field][naive->field_sizes[row][field]++] = byte;
}

static bool naive_at(const char *text, size_t size, size_t at, char byte)
{
    return at < size && text[at] == byte;
}

/* Byte by byte, with the state a person would keep in mind. Returns false where the text is no CSV. */
static void naive_read(struct naive *naive, const char *text, size_t size)
{
    enum { FIELD_BEGINS, PLAIN, QUOTED, BEHIND_QUOTE } state = FIELD_BEGINS;
    bool row_begins = true;
    memset(naive, 0, sizeof(*naive));
    for (size_t at = 0; at <= size; at++) {
        bool crlf = naive_at(text, size, at, '\r') && naive_at(text, size, at + 1, '\n');
        bool line_ends = naive_at(text, size, at, '\n') || crlf;
        if (state == QUOTED) {
            if (at == size) {
                naive->bad = true;
                return;
            }
            if (text[at] != '"')
                naive_add(naive, text[at]);
            else if (naive_at(text, size, at + 1, '"'))
                naive_add(naive, text[at++]);
            else
                state = BEHIND_QUOTE;
            continue;
        }
        if (row_begins && (at == size || line_ends)) { /* an empty line */
            at += crlf;
            continue;
        }
        row_begins = false;
        if (at == size || line_ends || text[at] == ',') {
            naive->field_counts[naive->row_count]++;
            state = FIELD_BEGINS;
            if (at < size && text[at] == ',')
                continue;
            naive->row_count++;
            row_begins = true;
            at += crlf;
        } else if (text[at] == '\r' || state == BEHIND_QUOTE || (text[at] == '"' && state == PLAIN)) {
            naive->bad = true;
            return;
        } else if (text[at] == '"') {
            state = QUOTED;
        } else {
            naive_add(naive, text[at]);
            state = PLAIN;
        }
    }
}

static void compare(const char *text, size_t size)
{
    static struct naive naive;
    static struct csv csv;
    char copy[EXHAUSTIVE_BYTES + 1];
    memcpy(copy, text, size);
    naive_read(&naive, text, size);
    csv_open(&csv, copy, size);
    size_t rows = 0;
    enum csv_status status;
    while ((status = csv_next(&csv)) == CSV_ROW) {
        assert_true(rows < naive.row_count);
        assert_int_equal(csv.field_count, naive.field_counts[rows]);
        for (size_t i = 0; i < csv.field_count; i++) {
            assert_int_equal(csv.fields[i].size, naive.field_sizes[rows][i]);
            assert_memory_equal(csv.fields[i].bytes, naive.fields[rows][i], csv.fields[i].size);
        }
        rows++;
    }
    assert_int_equal(status == CSV_BAD, naive.bad);
    assert_int_equal(rows, naive.row_count);
    assert_int_equal(csv_next(&csv), CSV_END); /* also after CSV_BAD: it is over */
}

static void test_every_short_text(void **state)
{
    (void)state;
    static const char alphabet[] = {'a', ',', '"', '\n', '\r'};
    size_t texts = 0;
    for (size_t size = 0, count = 1; size <= EXHAUSTIVE_BYTES; size++, count *= ARRAY_COUNT(alphabet))
        for (size_t number = 0; number < count; number++) {
            char text[EXHAUSTIVE_BYTES];
            size_t rest = number;
            for (size_t i = 0; i < size; i++, rest /= ARRAY_COUNT(alphabet))
                text[i] = alphabet[rest % ARRAY_COUNT(alphabet)];
            compare(text, size);
            texts++;
        }
    assert_int_equal(texts, 97656);
}

/* Reads everything; returns the status of the end. */
static enum csv_status read_all(struct csv *csv, char *text, size_t size)
{
    enum csv_status status;
    csv_open(csv, text, size);
    while ((status = csv_next(csv)) == CSV_ROW)
        ;
    return status;
}

static void test_places_of_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        u32 line;
        size_t column;
    } cases[] = {
        {"a,b\nc,\"d", 2, 2},
        {"a\n\"x\n\n\ny\",b\"\n", 5, 2}, /* the quoted field spans lines 2 to 5 */
        {"\"a\"b", 1, 1},
        {"a,b\rc", 1, 2},
        {"\n\n\na,\xff", 4, 2},
        {"a,\"\n\xc0\x80\"", 1, 2},
        {"\xed\xa0\x80", 1, 1},
        {"\xf4\x90\x80\x80", 1, 1},
        {"a,\xe4\xb8", 1, 2},
    };
    static struct csv csv;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char copy[64];
        size_t size = strlen(cases[i].text);
        memcpy(copy, cases[i].text, size);
        assert_int_equal(read_all(&csv, copy, size), CSV_BAD);
        assert_int_equal(csv.problem_line, cases[i].line);
        assert_int_equal(csv.problem_column, cases[i].column);
        assert_non_null(csv.problem);
    }
}

static void test_nul_and_marks(void **state)
{
    (void)state;
    static struct csv csv;
    char nul[] = "a,b\0c\n";
    assert_int_equal(read_all(&csv, nul, sizeof(nul) - 1), CSV_BAD);
    assert_string_equal(csv.problem, "a NUL byte");

    char mark[] = "\xef\xbb\xbf\"a\",b\r\n";
    csv_open(&csv, mark, sizeof(mark) - 1);
    assert_int_equal(csv_next(&csv), CSV_ROW);
    assert_true(slice_is(csv.fields[0], "a"));
    assert_int_equal(csv_next(&csv), CSV_END);

    char only_mark[] = "\xef\xbb\xbf";
    assert_int_equal(read_all(&csv, only_mark, 3), CSV_END);
    char half_mark[] = "\xef\xbb";
    assert_int_equal(read_all(&csv, half_mark, 2), CSV_BAD);
}

static void test_lines_of_rows_and_fields(void **state)
{
    (void)state;
    static struct csv csv;
    char text[] = "\n\"a\nb\",c\r\n\r\nd,e";
    csv_open(&csv, text, sizeof(text) - 1);
    assert_int_equal(csv_next(&csv), CSV_ROW);
    assert_int_equal(csv.row_line, 2);
    assert_int_equal(csv.field_lines[0], 2);
    assert_int_equal(csv.field_lines[1], 3);
    assert_int_equal(csv_next(&csv), CSV_ROW);
    assert_int_equal(csv.row_line, 5);
    assert_true(slice_is(csv.fields[1], "e"));
}

static void test_field_count_bound(void **state)
{
    (void)state;
    static struct csv csv;
    char text[CSV_FIELDS_MAX + 1];
    memset(text, ',', sizeof(text));
    csv_open(&csv, text, CSV_FIELDS_MAX - 1);
    assert_int_equal(csv_next(&csv), CSV_ROW);
    assert_int_equal(csv.field_count, CSV_FIELDS_MAX);
    csv_open(&csv, text, CSV_FIELDS_MAX);
    assert_int_equal(csv_next(&csv), CSV_BAD);
    assert_int_equal(csv.problem_column, CSV_FIELDS_MAX + 1);
}

/* A file of 64 MiB with one field of 16 MiB full of quotes. */
static void test_huge(void **state)
{
    (void)state;
    static struct csv csv;
    size_t size = (size_t)64 << 20, quotes = (size_t)32 << 20;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, 'x', size);
    memset(text, '"', quotes + 2);
    text[quotes + 2] = ',';
    csv_open(&csv, text, size);
    assert_int_equal(csv_next(&csv), CSV_ROW);
    assert_int_equal(csv.field_count, 2);
    assert_int_equal(csv.fields[0].size, quotes / 2);
    assert_int_equal(csv.fields[1].size, size - quotes - 3);
    assert_int_equal(csv_next(&csv), CSV_END);
    free(text);
}

static void test_text_is_clean(void **state)
{
    (void)state;
    assert_true(csv_text_is_clean(slice_text("")));
    assert_true(csv_text_is_clean(slice_text("龙井茶 \xf0\x9f\x8d\xb5 \xf4\x8f\xbf\xbf \xed\x9f\xbf \xe0\xa0\x80")));
    static const char *const bad[] = {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80",
                                      "\xc3",
                                      "\xe4\xb8", "\xf0\x9f\x8d", "\xc3("};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_false(csv_text_is_clean(slice_text(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_short_text),      cmocka_unit_test(test_places_of_errors),
        cmocka_unit_test(test_nul_and_marks),         cmocka_unit_test(test_lines_of_rows_and_fields),
        cmocka_unit_test(test_field_count_bound),     cmocka_unit_test(test_huge),
        cmocka_unit_test(test_text_is_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
