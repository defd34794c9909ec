/* CSV files by column names, with errors by place; see table.h. */
#include "exchange/table.h"

#include "base/assert.h"
#include "exchange/field.h"
#include "node/refusal.h"

#include <stdarg.h>
#include <stdio.h>

static bool table_is_column(const struct column *column, struct slice name)
{
    for (size_t i = 0; i < TABLE_NAMES_MAX && column->names[i] != NULL; i++)
        if (field_same_word(name, slice_text(column->names[i])))
            return true;
    return false;
}

static void table_match(struct table *table, u32 line)
{
    for (size_t i = 0; i < table->column_count; i++) {
        struct column *column = &table->columns[i];
        column->field = 0;
        for (size_t j = 0; j < table->header_count; j++) {
            if (!table_is_column(column, table->header[j]))
                continue;
            if (column->field != 0)
                stage_error(table->stage, table->file, line, j + 1, column->names[0], "the column is there twice");
            else
                column->field = j + 1;
        }
        if (column->field == 0 && column->needed)
            stage_error(table->stage, table->file, line, 0, NULL, "there is no column \"%s\"", column->names[0]);
    }
}

enum exchange_status table_open(struct table *table, struct stage *stage, const struct source *source,
                                struct column *columns, size_t column_count)
{
    ASSERT(source->size <= TABLE_BYTES_MAX);
    const char *file = source->name;
    *table = (struct table){.stage = stage, .file = file, .columns = columns, .column_count = column_count};
    size_t errors = stage->errors;
    csv_open(&table->csv, source->bytes, source->size);
    enum csv_status status = csv_next(&table->csv);
    if (status == CSV_BAD)
        stage_error(stage, file, table->csv.problem_line, table->csv.problem_column, NULL, "%s", table->csv.problem);
    if (status == CSV_END)
        stage_error(stage, file, 0, 0, NULL, "the file is empty");
    if (status == CSV_ROW) {
        table->header_count = table->csv.field_count;
        for (size_t i = 0; i < table->header_count; i++) {
            struct slice name = table->csv.fields[i];
            while (name.size > 0 && name.bytes[name.size - 1] == ' ')
                name.size--;
            table->header[i] = name;
        }
        table_match(table, table->csv.row_line);
    }
    return stage->errors == errors ? EXCHANGE_DONE : EXCHANGE_REFUSED;
}

void table_close(struct table *table)
{
    seen_free(&table->seen);
}

char *table_name(const struct table *table, size_t field, char *name)
{
    struct slice header = table->header[field - 1];
    snprintf(name, STAGE_NAME_MAX, SLICE_FORMAT, (int)field_cut(header, STAGE_NAME_MAX - 1), header.bytes);
    return name;
}

bool table_next(struct table *table)
{
    struct csv *csv = &table->csv;
    while (table->stage->errors < STAGE_ERRORS_MAX && !table->stage->full) {
        enum csv_status status = csv_next(csv);
        if (status == CSV_BAD) {
            size_t column = csv->problem_column;
            char name[STAGE_NAME_MAX] = "";
            if (column <= table->header_count)
                table_name(table, column, name);
            stage_error(table->stage, table->file, csv->problem_line, column, name[0] != '\0' ? name : NULL, "%s",
                        csv->problem);
        }
        if (status != CSV_ROW)
            return false;
        if (csv->field_count == table->header_count)
            return true;
        stage_error(table->stage, table->file, csv->row_line, 0, NULL, "%zu fields, but the header has %zu",
                    csv->field_count, table->header_count);
    }
    return false;
}

struct slice table_field(const struct table *table, size_t index)
{
    ASSERT(index < table->column_count);
    size_t field = table->columns[index].field;
    return field == 0 ? slice_of("", 0) : table->csv.fields[field - 1];
}

struct slice table_field_trimmed(const struct table *table, size_t index)
{
    struct slice field = table_field(table, index);
    while (field.size > 0 && field.bytes[0] == ' ')
        field = slice_of(field.bytes + 1, field.size - 1);
    while (field.size > 0 && field.bytes[field.size - 1] == ' ')
        field.size--;
    return field;
}

static void table_say(const struct table *table, u32 line, size_t index, const char *format, va_list arguments)
{
    char text[384 + 4];
    vsnprintf(text, sizeof(text), format, arguments);
    text[field_cut(slice_text(text), 383)] = '\0';
    const struct column *column = index != TABLE_ROW ? &table->columns[index] : NULL;
    char name[STAGE_NAME_MAX];
    const char *shown = column != NULL ? column->names[0] : NULL;
    if (column != NULL && column->field > 0) { /* as this file spells it */
        shown = table_name(table, column->field, name);
    }
    stage_error(table->stage, table->file, line, column != NULL ? column->field : 0, shown, "%s", text);
}

void table_error(const struct table *table, size_t index, const char *format, ...)
{
    u32 line = table->csv.row_line;
    if (table->blame_line > 0)
        line = table->blame_line;
    else if (index != TABLE_ROW && table->columns[index].field > 0)
        line = table->csv.field_lines[table->columns[index].field - 1];
    va_list arguments;
    va_start(arguments, format);
    table_say(table, line, index, format, arguments);
    va_end(arguments);
}

bool table_number(const struct table *table, size_t index, u64 largest, u64 *number)
{
    struct slice field = table_field_trimmed(table, index);
    if (field_number(field, largest, number))
        return true;
    table_error(table, index, "\"" SLICE_FORMAT "\" is not a whole number from 0 to %llu", FIELD_SHOWN(field),
                (unsigned long long)largest);
    return false;
}

bool table_code(const struct table *table, size_t index, struct slice *code)
{
    *code = table_field_trimmed(table, index);
    if (code->size == 0) {
        table_error(table, index, "is empty");
        return false;
    }
    if (code->size > COMMAND_CODE_MAX) {
        table_error(table, index, "%zu bytes long; a code has at most %u", code->size, COMMAND_CODE_MAX);
        return false;
    }
    for (size_t i = 0; i < code->size; i++)
        if ((unsigned char)code->bytes[i] < 0x20 || code->bytes[i] == 0x7f) {
            table_error(table, index, "a code has no control characters");
            return false;
        }
    return true;
}

u32 table_find(const struct table *table, size_t index, u16 kind, const char *what)
{
    struct slice code;
    if (!table_code(table, index, &code))
        return 0;
    u32 id = engine_find(stage_engine(table->stage), kind, code);
    if (id == 0)
        table_error(table, index, "there is no %s \"" SLICE_FORMAT "\"", what, SLICE_ARGS(code));
    return id;
}

void table_refused(const struct table *table, size_t index, struct result result)
{
    char text[REFUSAL_MAX];
    table_error(table, index, "%s", refusal_text(text, stage_engine(table->stage), result));
}

u32 table_apply(const struct table *table, size_t index)
{
    struct result result = stage_apply(table->stage);
    if (result.code == RESULT_OK || result.code == RESULT_NO_CHANGE)
        return result.id;
    table_refused(table, index, result);
    return 0;
}

bool table_once(struct table *table, size_t index, struct slice key, struct slice more)
{
    u32 line = table->blame_line > 0 ? table->blame_line : table->csv.row_line;
    u32 earlier = seen_add(&table->seen, key, more, line);
    table->stage->full = table->stage->full || table->seen.full;
    if (earlier != 0)
        table_error(table, index, "\"" SLICE_FORMAT "\" is there twice; first in line %u", (int)field_cut(key, 60),
                    key.bytes, earlier);
    return earlier == 0;
}
