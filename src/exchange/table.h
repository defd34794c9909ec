/*
 * A CSV file with a header row, column by column: finds the columns by their
 * names (in any spelling they are known by), checks that each row has as many
 * fields as the header, and tells its stage every error with file, line and column.
 */
#ifndef ELEVEN_EXCHANGE_TABLE_H
#define ELEVEN_EXCHANGE_TABLE_H

#include "base/csv.h"
#include "exchange/seen.h"
#include "exchange/stage.h"

#define TABLE_BYTES_MAX ((size_t)1 << 30)
#define TABLE_NAMES_MAX 3

/* A file in memory. The bytes are the caller's, must outlive the table, and are changed (base/csv.h). */
struct source {
    const char *name;       /* as errors call it */
    char *bytes;
    size_t size;            /* at most TABLE_BYTES_MAX */
};

struct column {
    const char *names[TABLE_NAMES_MAX]; /* spellings, upper and lower case alike; the first is shown */
    bool needed;
    size_t field;           /* from 1; 0: the file does not have it */
};

struct table {
    struct stage *stage;    /* which counts the errors */
    const char *file;       /* the source's name */
    struct column *columns;
    size_t column_count;
    struct csv csv;
    struct slice header[CSV_FIELDS_MAX];
    size_t header_count;
    struct seen seen;       /* keys of the rows so far */
    u32 blame_line;         /* errors are about this line; 0: the row's own */
};

/* Reads the header. EXCHANGE_DONE; EXCHANGE_REFUSED when it is no good, which the stage has been told. Close it in any
 * case. */
enum exchange_status table_open(struct table *table, struct stage *stage, const struct source *source,
                                struct column *columns, size_t column_count);
void table_close(struct table *table);

/* The next row. False at the end of the file, and when there is no room for further errors or commands. Rows with a
 * wrong number of fields are reported and skipped; bytes that are no CSV are reported and end it. */
bool table_next(struct table *table);

/* The row's field of column `index`; empty when the file does not have that column. */
struct slice table_field(const struct table *table, size_t index);
struct slice table_field_trimmed(const struct table *table, size_t index); /* without spaces at its ends */

/* What the file's header calls field number `field` (from 1). Returns `name` (STAGE_NAME_MAX bytes). */
char *table_name(const struct table *table, size_t field, char *name);

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
