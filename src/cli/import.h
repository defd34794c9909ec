/*
 * Imports: each takes one CSV file, rehearses its rows on the stage and reports
 * what is wrong with them. import.c is the subcommand, which calls them in the
 * order of import.def and submits when nothing was wrong. Formats: docs/IMPORT.md.
 */
#ifndef ELEVEN_CLI_IMPORT_H
#define ELEVEN_CLI_IMPORT_H

#include "cli/put.h"
#include "cli/table.h"

struct import {
    struct stage *stage;
    const char *currency;   /* ISO 4217 code of Shopify's prices */
    const char *country;    /* ISO 3166-1 code for cities and new brands, NULL: CN for cities, unknown for brands */
    const char *seller;     /* code */
    const char *location;   /* code of where "Variant Inventory Qty" lies; NULL: quantities are left out */
    const char *city;       /* code of the city in which a location is made that does not exist; NULL: it is an error */
};

/* Rehearses the file's rows. CLI_DONE; CLI_FILE or CLI_REFUSED after saying why. Errors of rows are counted in
 * stage->errors. */
#define IMPORT(name, word, meaning) int import_##name(struct import *import, const char *file);
#include "cli/import.def"
#undef IMPORT

/* The code of a Shopify variant that has no SKU: "classic-varsity-top/medium". At most COMMAND_CODE_MAX bytes;
 * returns how many. */
size_t import_variant_code(char *code, struct slice handle, const struct slice values[3]);

/* The location that a file calls `text`: by code, by the slug of it, by name; made in import->city if there is none. 0,
 * and reported at the field, when there is neither. */
u32 import_location(struct import *import, const char *file, u32 line, size_t column, const char *name,
                    struct slice text);

#endif
