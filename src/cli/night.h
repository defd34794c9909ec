/*
 * A night: what Double Eleven was until its turnover passed ten billion yuan,
 * on this machine. A data folder is made, the doors are opened in a process of
 * their own, and orders of that year's mean value are placed over the Redis
 * protocol until the festival's total has passed the mark; then the server is
 * stopped and the folder audited.
 */
#ifndef ELEVEN_CLI_NIGHT_H
#define ELEVEN_CLI_NIGHT_H

#include "base/types.h"

/* The years of which turnover and parcels were published (data/double-eleven.csv): "2016, 2017 or 2018". */
bool night_knows(u64 year);
const char *night_years(void);

#define NIGHT_PART_OF_MAX ((u64)1000000)

/*
 * Plays the night of a year that night_knows, up to ten billion yuan / `part_of`
 * (1..NIGHT_PART_OF_MAX), in `directory`, which must not exist and is the
 * caller's to remove. Prints `name value unit` for each figure, and the audit's
 * report. CLI_DONE only when the mark was passed, the server stopped cleanly and
 * the audit is clean; else says why on standard error: CLI_FOLDER (no memory or
 * disk, the server), CLI_REFUSED (the audit). What goes wrong on the wire ends
 * the process, and with it the server.
 */
int night_run(const char *directory, u64 year, u64 part_of);

#endif
