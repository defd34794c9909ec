/*
 * Exports: orders, stock, sales, deals and locations as CSV (RFC 4180: CRLF, quotes where needed; UTF-8), in slices, so that
 * a server's event loop can stream them from the engine that sells, a slice a turn, and the command line from one of
 * its own. Money is a decimal in the currency named beside it; times are RFC 3339 in UTC. The columns are in
 * docs/CLI.md.
 *
 *   export_open; export_next until done; export_close
 *
 * On an engine that goes on deciding, each row is right for the moment of its slice; the rows of different slices
 * are of different moments. What was not there at export_open (orders, books, SKUs, deals) is left out, so an export
 * ends also beside a sale. The engine may be ahead of what is durable: that is the caller's to mind (eleven_engine).
 */
#ifndef ELEVEN_EXCHANGE_EXPORT_H
#define ELEVEN_EXCHANGE_EXPORT_H

#include "core/engine.h"

enum export_kind { EXPORT_ORDERS, EXPORT_STOCK, EXPORT_SALES, EXPORT_DEALS, EXPORT_LOCATIONS, EXPORT_KINDS };

/* The word of a kind ("orders"), static; and the kind of a word, -1: none. */
const char *export_word(enum export_kind kind);
int export_parse_kind(struct slice word);

/* No row is longer, quotes included: it has texts of at most four commands, of which one is a SKU's. */
#define EXPORT_ROW_MAX (2 * COMMAND_SIZE_MAX + 4096)

/* Orders, books, deals or SKUs that one export_next looks at: a few ms when each of them becomes a row. */
#define EXPORT_LOOK_MAX 4096

struct export_sums;

struct export {
    const struct engine *engine;
    enum export_kind kind;
    u32 festival;           /* 0: all of them, and what is outside of any */
    bool begun;             /* the header has been written */
    u32 look_max;           /* EXPORT_LOOK_MAX; a caller that has less time may set another, > 0 */
    u32 last;               /* the last row's id to look at */
    u32 at;                 /* the row that is next */
    u32 line;               /* of order `at`, from 0 */
    struct export_sums *sums; /* of sales; else NULL */
};

/*
 * Begins. False when there is no memory. Only sales need any: 32 bytes for each SKU there is (32 MB for a million;
 * touched only where something was sold) and 16 for each festival and currency. The engine must outlive the export.
 */
bool export_open(struct export *export, const struct engine *engine, enum export_kind kind, u32 festival);
void export_close(struct export *export);

/*
 * Writes the next whole rows into `buffer` (`size` >= EXPORT_ROW_MAX), until it is nearly full or look_max
 * things have been looked at; the header comes first. Returns the bytes, which may be 0 before the end (sales add up
 * before they write): call again until *done. Sales look at all orders once, and once more at each festival's.
 */
size_t export_next(struct export *export, char *buffer, size_t size, bool *done);

#endif
