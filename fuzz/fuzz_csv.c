/*
 * fuzz_csv: src/base/csv.c. Fields lie inside the bytes, in order, and are
 * clean text; lines are counted as a reader of the file would; the same bytes are read the same again; rows written
 * as CSV again are read as the same rows.
 */
#include "fuzz/fuzz.h"

#include "base/csv.h"

struct reading {
    char *bytes;            /* changed by the reading */
    struct csv csv;
    char *again;            /* the rows so far, every field quoted */
    size_t again_size;
    u64 rows;
};

static u32 lines_before(const u8 *bytes, size_t size)
{
    u32 lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += bytes[i] == '\n';
    return lines;
}

static void write_field(struct reading *reading, struct slice field, char end)
{
    char *out = reading->again + reading->again_size;
    *out++ = '"';
    for (size_t i = 0; i < field.size; i++) {
        if (field.bytes[i] == '"')
            *out++ = '"';
        *out++ = field.bytes[i];
    }
    *out++ = '"';
    *out++ = end;
    reading->again_size = (size_t)(out - reading->again);
}

static void check_row(struct reading *reading, const u8 *original, size_t size)
{
    const struct csv *csv = &reading->csv;
    const char *before = reading->bytes;
    FUZZ_MUST(csv->field_count >= 1 && csv->field_count <= CSV_FIELDS_MAX);
    FUZZ_MUST(csv->row_line == csv->field_lines[0]);
    for (size_t i = 0; i < csv->field_count; i++) {
        struct slice field = csv->fields[i];
        FUZZ_MUST(field.bytes >= before && field.bytes + field.size <= reading->bytes + size);
        FUZZ_MUST(csv_text_is_clean(field));
        FUZZ_MUST(csv->field_lines[i] == lines_before(original, (size_t)(field.bytes - reading->bytes)));
        before = field.bytes + field.size;
        write_field(reading, field, i + 1 == csv->field_count ? '\n' : ',');
    }
    FUZZ_MUST(before <= reading->bytes + csv->at && csv->at <= size);
    reading->rows++;
}

/* A field of n bytes is written with at most 2n + 3, and there are at most n + 1 fields. */
static enum csv_status read_all(struct reading *reading, const u8 *bytes, size_t size)
{
    enum csv_status status;
    *reading = (struct reading){.bytes = fuzz_copy(bytes, size), .again = malloc(5 * size + 8)};
    ASSERT(reading->again != NULL);
    csv_open(&reading->csv, reading->bytes, size);
    while ((status = csv_next(&reading->csv)) == CSV_ROW)
        check_row(reading, bytes, size);
    u32 lines = lines_before(bytes, size);
    if (status == CSV_END)
        FUZZ_MUST(reading->csv.line == lines && reading->csv.at == size);
    else
        FUZZ_MUST(reading->csv.problem != NULL && reading->csv.problem_line >= 1 &&
                  reading->csv.problem_line <= lines && reading->csv.problem_column >= 1 &&
                  reading->csv.problem_column <= CSV_FIELDS_MAX + 1);
    FUZZ_MUST(status != CSV_BAD || csv_next(&reading->csv) == CSV_END);
    return status;
}

static void forget(struct reading *reading)
{
    free(reading->bytes);
    free(reading->again);
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    return 0;
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    static struct reading first, second, written;
    enum csv_status status = read_all(&first, bytes, size);
    FUZZ_MUST(read_all(&second, bytes, size) == status && second.rows == first.rows);
    FUZZ_MUST(second.again_size == first.again_size &&
              memcmp(second.again, first.again, first.again_size) == 0);
    FUZZ_MUST(second.csv.problem == first.csv.problem && second.csv.problem_line == first.csv.problem_line);
    FUZZ_MUST(read_all(&written, (const u8 *)first.again, first.again_size) == CSV_END);
    FUZZ_MUST(written.rows == first.rows && written.again_size == first.again_size &&
              memcmp(written.again, first.again, first.again_size) == 0);
    FUZZ_COUNT("rows", first.rows);
    FUZZ_COUNT("refused", status == CSV_BAD);
    forget(&first);
    forget(&second);
    forget(&written);
    return 0;
}
