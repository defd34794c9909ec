/*
 * Shopify's inventory CSV. The newer form has one row for each variant and
 * location ("Location", "On hand (current)", "On hand (new)"); the older one has
 * a column for each location. "not stocked" and an empty field set nothing.
 */
#include "exchange/import.h"

#include "exchange/field.h"
#include "node/refusal.h"

#include <stdlib.h>

enum inventory_column {
    INVENTORY_HANDLE, INVENTORY_TITLE, INVENTORY_NAME_1, INVENTORY_VALUE_1, INVENTORY_NAME_2, INVENTORY_VALUE_2,
    INVENTORY_NAME_3, INVENTORY_VALUE_3, INVENTORY_SKU, INVENTORY_HS_CODE, INVENTORY_COO, INVENTORY_LOCATION,
    INVENTORY_BIN, INVENTORY_INCOMING, INVENTORY_UNAVAILABLE, INVENTORY_COMMITTED, INVENTORY_AVAILABLE,
    INVENTORY_ON_HAND, INVENTORY_ON_HAND_NEW, INVENTORY_COLUMN_COUNT
};

static const struct column inventory_columns[INVENTORY_COLUMN_COUNT] = {
    [INVENTORY_HANDLE] = {.names = {"Handle", "URL handle"}, .needed = true},
    [INVENTORY_TITLE] = {.names = {"Title"}},
    [INVENTORY_NAME_1] = {.names = {"Option1 Name"}},
    [INVENTORY_VALUE_1] = {.names = {"Option1 Value"}},
    [INVENTORY_NAME_2] = {.names = {"Option2 Name"}},
    [INVENTORY_VALUE_2] = {.names = {"Option2 Value"}},
    [INVENTORY_NAME_3] = {.names = {"Option3 Name"}},
    [INVENTORY_VALUE_3] = {.names = {"Option3 Value"}},
    [INVENTORY_SKU] = {.names = {"SKU"}},
    [INVENTORY_HS_CODE] = {.names = {"HS Code"}},
    [INVENTORY_COO] = {.names = {"COO"}},
    [INVENTORY_LOCATION] = {.names = {"Location"}},
    [INVENTORY_BIN] = {.names = {"Bin name"}},
    [INVENTORY_INCOMING] = {.names = {"Incoming (not editable)", "Incoming"}},
    [INVENTORY_UNAVAILABLE] = {.names = {"Unavailable (not editable)", "Unavailable"}},
    [INVENTORY_COMMITTED] = {.names = {"Committed (not editable)", "Committed"}},
    [INVENTORY_AVAILABLE] = {.names = {"Available (not editable)", "Available"}},
    [INVENTORY_ON_HAND] = {.names = {"On hand (current)", "On hand"}},
    [INVENTORY_ON_HAND_NEW] = {.names = {"On hand (new)"}},
};

struct inventory {
    struct import *import;
    struct table table;
    struct column columns[INVENTORY_COLUMN_COUNT];
};

static u32 inventory_sku(struct inventory *inventory)
{
    struct table *table = &inventory->table;
    const struct engine *engine = stage_engine(inventory->import->stage);
    if (table_field_trimmed(table, INVENTORY_SKU).size > 0)
        return table_find(table, INVENTORY_SKU, COMMAND_SKU_PUT, "SKU");
    struct slice handle = table_field_trimmed(table, INVENTORY_HANDLE);
    struct slice values[] = {table_field_trimmed(table, INVENTORY_VALUE_1),
                             table_field_trimmed(table, INVENTORY_VALUE_2),
                             table_field_trimmed(table, INVENTORY_VALUE_3)};
    char code[COMMAND_CODE_MAX];
    size_t size = import_variant_code(code, handle, values);
    u32 sku = engine_find(engine, COMMAND_SKU_PUT, slice_of(code, size));
    if (sku == 0)
        table_error(table, INVENTORY_HANDLE, "there is no SKU \"" SLICE_FORMAT "\" of this handle and these options",
                    (int)size, code);
    return sku;
}

static u32 inventory_line(const struct inventory *inventory, size_t field)
{
    return inventory->table.csv.field_lines[field - 1];
}

/* One quantity, in field number `field`, for a location. `available`: units promised to orders are not in it. */
static void inventory_count(struct inventory *inventory, u32 sku, u32 location, size_t field, bool available)
{
    struct stage *stage = inventory->import->stage;
    struct table *table = &inventory->table;
    const struct engine *engine = stage_engine(stage);
    struct slice text = table->csv.fields[field - 1];
    char name[STAGE_NAME_MAX];
    table_name(table, field, name);
    u64 quantity;
    if (!field_number(text, UNITS_MAX, &quantity)) {
        stage_error(stage, table->file, inventory_line(inventory, field), field, name,
                    "\"" SLICE_FORMAT "\" is neither a whole number from 0 to %u nor \"not stocked\"",
                    FIELD_SHOWN(text), UNITS_MAX);
        return;
    }
    u32 keys[2] = {sku, location};
    u32 earlier = seen_add(&table->seen, slice_of((const char *)keys, sizeof(keys)), slice_of("", 0),
                           table->csv.row_line);
    if (earlier != 0) {
        stage_error(stage, table->file, inventory_line(inventory, field), field, name,
                    "this SKU at this location is there twice; first in line %u", earlier);
        return;
    }
    const struct book *book = engine_book(engine, engine_find_book(engine, sku, location));
    if (book == NULL && quantity == 0)
        return;
    draft_count(stage, sku, location, (u32)quantity + (available && book != NULL ? book->reserved : 0));
    struct result result = stage_apply(stage);
    if (result.code != RESULT_OK && result.code != RESULT_NO_CHANGE)
        stage_error(stage, table->file, inventory_line(inventory, field), field, name, "%s",
                    refusal_text((char[REFUSAL_MAX]){0}, stage_engine(stage), result));
}

static bool inventory_says_nothing(struct slice text)
{
    return text.size == 0 || field_same_word(text, slice_text("not stocked"));
}

/* The newer form: which of the quantities counts, and is it there? */
static void inventory_row(struct inventory *inventory)
{
    struct table *table = &inventory->table;
    static const enum inventory_column order[] = {INVENTORY_ON_HAND_NEW, INVENTORY_ON_HAND, INVENTORY_AVAILABLE};
    for (size_t i = 0; i < ARRAY_COUNT(order); i++) {
        struct slice text = table_field(table, order[i]);
        if (text.size == 0)
            continue;
        if (inventory_says_nothing(text))
            return;
        u32 sku = inventory_sku(inventory);
        size_t field = table->columns[INVENTORY_LOCATION].field;
        u32 location = import_location(inventory->import, table->file, inventory_line(inventory, field), field,
                                       "Location", table_field_trimmed(table, INVENTORY_LOCATION));
        if (sku != 0 && location != 0)
            inventory_count(inventory, sku, location, table->columns[order[i]].field, order[i] == INVENTORY_AVAILABLE);
        return;
    }
}

/* The older form: every column that is no known one is a location. */
static void inventory_wide_row(struct inventory *inventory, const bool *is_location)
{
    struct table *table = &inventory->table;
    u32 sku = 0;
    for (size_t field = 1; field <= table->header_count; field++) {
        if (!is_location[field - 1] || inventory_says_nothing(table->csv.fields[field - 1]))
            continue;
        if (sku == 0 && (sku = inventory_sku(inventory)) == 0)
            return;
        u32 location = import_location(inventory->import, table->file, inventory_line(inventory, field), field,
                                       "header", table->header[field - 1]);
        if (location == 0)
            return;
        inventory_count(inventory, sku, location, field, true);
    }
}

static enum exchange_status inventory_rows(struct inventory *inventory)
{
    struct table *table = &inventory->table;
    bool is_location[CSV_FIELDS_MAX];
    size_t locations = 0;
    for (size_t i = 0; i < table->header_count; i++) {
        is_location[i] = true;
        for (size_t j = 0; j < INVENTORY_COLUMN_COUNT; j++)
            if (inventory->columns[j].field == i + 1)
                is_location[i] = false;
        locations += is_location[i];
    }
    bool rows = inventory->columns[INVENTORY_LOCATION].field > 0;
    bool quantity = inventory->columns[INVENTORY_ON_HAND].field + inventory->columns[INVENTORY_ON_HAND_NEW].field
                        + inventory->columns[INVENTORY_AVAILABLE].field > 0;
    if (rows ? !quantity : locations == 0) {
        stage_error(inventory->import->stage, table->file, 1, 0, NULL,
                    rows ? "there is no column \"On hand (new)\", \"On hand (current)\" nor \"Available\""
                         : "there is neither a column \"Location\" nor a column for each location");
        return EXCHANGE_REFUSED;
    }
    while (table_next(table))
        if (rows)
            inventory_row(inventory);
        else
            inventory_wide_row(inventory, is_location);
    return EXCHANGE_DONE;
}

enum exchange_status import_inventory(struct import *import, const struct source *source)
{
    struct inventory *inventory = calloc(1, sizeof(*inventory)); /* large */
    if (inventory == NULL)
        return EXCHANGE_FULL;
    inventory->import = import;
    memcpy(inventory->columns, inventory_columns, sizeof(inventory_columns));
    enum exchange_status status =
        table_open(&inventory->table, import->stage, source, inventory->columns, INVENTORY_COLUMN_COUNT);
    if (status == EXCHANGE_DONE)
        status = inventory_rows(inventory);
    import->stage->full = import->stage->full || inventory->table.seen.full;
    table_close(&inventory->table);
    free(inventory);
    return status;
}
