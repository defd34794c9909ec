/*
 * Imports: each takes one CSV file in memory, rehearses its rows on the stage and tells it what is wrong with
 * them. The caller runs them in the order of import.def (which is that of enum import_kind), and submits
 * stage->commands when nothing was wrong with any. Formats: docs/IMPORT.md.
 */
#ifndef ELEVEN_EXCHANGE_IMPORT_H
#define ELEVEN_EXCHANGE_IMPORT_H

#include "exchange/put.h"
#include "exchange/table.h"

enum import_kind {
#define IMPORT(name, word, meaning) IMPORT_##name,
#include "exchange/import.def"
#undef IMPORT
    IMPORT_KINDS
};

struct import {
    struct stage *stage;
    const char *currency;   /* ISO 4217 code of Shopify's prices */
    const char *country;    /* ISO 3166-1 code for cities and new brands, NULL: CN for cities, unknown for brands */
    const char *seller;     /* code */
    const char *location;   /* code of where "Variant Inventory Qty" lies; NULL: quantities are left out */
    const char *city;       /* code of the city in which a location is made that does not exist; NULL: it is an error */
    const char *prefix;     /* before the names of these in errors: "--" on a command line, "" elsewhere */
    const char *left_out;   /* set by an import: the column whose quantities were left out; static. NULL: none */
};

/* What the settings are when nothing is said. */
#define IMPORT_CURRENCY "CNY"
#define IMPORT_SELLER "house"

/* Rehearses the file's rows. EXCHANGE_DONE, also when errors of rows were told (stage->errors); EXCHANGE_REFUSED when
 * none could be looked at, which was told; EXCHANGE_FULL. stage_status says how all of it stands. */
enum exchange_status import_run(struct import *import, enum import_kind kind, const struct source *source);

/* import_run of each kind. */
#define IMPORT(name, word, meaning) \
    enum exchange_status import_##name(struct import *import, const struct source *source);
#include "exchange/import.def"
#undef IMPORT

/* The word of a kind ("shopify"), static; and the kind of a word, -1: none. */
const char *import_word(enum import_kind kind);
int import_parse_kind(struct slice word);

/* What is wrong with the settings that name something that may be made. NULL: nothing; else a static sentence, and
 * *name is the setting ("seller"). */
const char *import_problem(const struct import *import, const char **name);

/* The code of a Shopify variant that has no SKU: "classic-varsity-top/medium". At most COMMAND_CODE_MAX bytes;
 * returns how many. */
size_t import_variant_code(char *code, struct slice handle, const struct slice values[3]);

/* The location that a file calls `text`: by code, by the slug of it, by name; made in import->city if there is none. 0,
 * and told at the field, when there is neither. Line 0: it is a setting, and taken as the code. */
u32 import_location(struct import *import, const char *file, u32 line, size_t column, const char *name,
                    struct slice text);

#endif
