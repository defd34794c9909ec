/*
 * Festivals on the command line: what `eleven festival` shares with `sell` and `demo`.
 */
#ifndef ELEVEN_CLI_FESTIVAL_H
#define ELEVEN_CLI_FESTIVAL_H

#include "exchange/stage.h"

/* Rehearses the deals of a CSV file: sku, price, and quota, cap, opens, closes, city, store, which keep their values
 * when their column is absent. CLI_DONE, CLI_FILE or CLI_REFUSED, said on
 * standard error; errors of rows are counted in stage->errors. */
int festival_deals(struct stage *stage, u32 festival, const char *file);

/* Rehearses that the festival's flagship cities are those of these codes and no others; "none" alone: there are none.
 * CLI_DONE, or CLI_REFUSED, said on standard error. O(cities x codes). */
int festival_flagships(struct stage *stage, u32 festival, const char *const *codes, size_t count);

/* A line with the flagship cities, if there are any. */
void festival_print_flagships(const struct engine *engine, const struct festival *festival);

/* "213,500,000.00 CNY", and " = 30,795,193.35 USD" behind it when the festival has a rate. */
#define FESTIVAL_TOTAL_MAX 128
char *festival_total(char *text, const struct engine *engine, const struct festival *festival, i64 amount_minor);

/* "12.3 s", "4 min 10 s", "3 h 5 min", "12 d 4 h". */
char *festival_duration(char *text, i64 ms);

#endif
