/*
 * A CSV file with a header row, column by column: finds the columns by their
 * names (in any spelling they are known by), checks that each row has as many
 * fields as the header, and reports every error with file, line and column.
 */
#ifndef ELEVEN_CLI_TABLE_H
#define ELEVEN_CLI_TABLE_H

#include "base/csv.h"
#include "cli/seen.h"
#include "cli/stage.h"

#define TABLE_FILE_BYTES_MAX ((size_t)1 << 30)
#define TABLE_NAMES_MAX 3

struct column {
    const char *names[TABLE_NAMES_MAX]; /* spellings, upper and lower case alike; the first is shown */
    bool needed;
    size_t field;           /* from 1; 0: the file does not have it */
};

struct table {
    struct stage *stage;    /* which counts the errors */
    const char *file;
    struct column *columns;
    size_t column_count;
    char *bytes;
    struct csv csv;
    struct slice header[CSV_FIELDS_MAX];
    size_t header_count;
    struct seen seen;       /* keys of the rows so far */
    u32 blame_line;         /* errors are about this line; 0: the row's own */
};

/*
 * Reads the whole file and its header. CLI_DONE; CLI_FILE when it cannot be
 * read, CLI_REFUSED when its header is no good; said on standard error. Close it in any case.
 */
int table_open(struct table *table, struct stage *stage, const char *file, struct column *columns, size_t column_count);
void table_close(struct table *table);

/* The next row. False at the end of the file, and when there is no room for further errors. Rows with a wrong number of
 * fields are reported and skipped; bytes that are no CSV are reported and end it. */
bool table_next(struct table *table);

/* The row's field of column `index`; empty when the file does not have that column. */
struct slice table_field(const struct table *table, size_t index);
struct slice table_field_trimmed(const struct table *table, size_t index); /* without spaces at its ends */

/* An error in this row at column `index`. */
void table_error(const struct table *table, size_t index, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define TABLE_ROW SIZE_MAX /* for `index`: the row as a whole */

/* A whole number; the field must be there. False, and reported, for anything else. */
bool table_number(const struct table *table, size_t index, u64 largest, u64 *number);

/* A field that becomes a code: 1..COMMAND_CODE_MAX bytes without control characters. False, and reported. */
bool table_code(const struct table *table, size_t index, struct slice *code);

/* The id of what the column's code names; `what` it should be ("city"). 0, and reported, when there is none. */
u32 table_find(const struct table *table, size_t index, u16 kind, const char *what);

/* Rehearses the draft on the stage. A refusal is reported at the column. Returns the id; 0 when refused. */
u32 table_apply(const struct table *table, size_t index);
void table_refused(const struct table *table, size_t index, struct result result);

/* A key may stand in a file only once, or importing it twice would change something twice. False, and reported. */
bool table_once(struct table *table, size_t index, struct slice key, struct slice more);

#endif
