/*
 * What all subcommands share: exit codes, how they complain, how numbers and
 * times are written for people. The subcommands themselves are in
 * subcommand.def; main.c calls them.
 */
#ifndef ELEVEN_CLI_CLI_H
#define ELEVEN_CLI_CLI_H

#include "base/slice.h"
#include "base/types.h"
#include "core/engine.h"
#include "door/door.h"
#include "exchange/field.h"
#include "journal/journal.h"
#include "node/refusal.h"

#define CLI_VERSION DOOR_VERSION

enum cli_exit {
    CLI_DONE = 0,
    CLI_REFUSED = 1,        /* a command was refused, a file held errors, or an audit failed; nothing was half done */
    CLI_USAGE = 2,          /* the command line makes no sense */
    CLI_FOLDER = 3,         /* the data folder or its disk: busy, missing, damaged, full */
    CLI_FILE = 4,           /* a file named on the command line, or standard output, cannot be read or written */
};

/* argv[0] is the subcommand's name. Returns an enum cli_exit. */
#define SUBCOMMAND(name, sentence) int cli_##name(int argc, char **argv);
#include "cli/subcommand.def"
#undef SUBCOMMAND

/* "eleven: WHAT: WHY" on standard error. */
void cli_error(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says what is wrong with a data folder, in a sentence that names the way out; returns CLI_FOLDER. */
int cli_folder_error(const char *directory, enum journal_status status, const char *problem);

/* What to do about a damaged snapshot. */
#define CLI_SNAPSHOT_ADVICE \
    "the journal has everything: if `eleven audit` finds nothing else, move that snapshot file aside and start again"

/* The same for a folder that could not be made. */
int cli_create_error(const char *directory, enum journal_status status);

/* A line on standard error that replaces the one before; only when that is a terminal. cli_progress_end clears it. */
void cli_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_progress_end(void);

/* True once the user has pressed Ctrl-C (after cli_catch_interrupt): finish cleanly. */
void cli_catch_interrupt(void);
bool cli_interrupted(void);

/* Wall clock, ms since 1970 UTC; monotonic clock, ns. */
i64 cli_now_ms(void);
i64 cli_monotonic_ns(void);
void cli_sleep_ms(i64 ms);

/* --- text (text.c) --------------------------------------------------------- */

#define CLI_TEXT_MAX 96

/* "1,234,567". Returns `text` (CLI_TEXT_MAX bytes). */
char *cli_number(char *text, u64 number);

/* "1,234.50 CNY" in the currency's digits. */
char *cli_money(char *text, const struct engine *engine, u32 currency, i64 amount_minor);

/* RFC 3339, or "now+10s" (s, ms, m, h, d). */
bool cli_parse_time(const char *text, i64 now_ms, i64 *ms);

/* A time that the engine takes: 0..TIME_MS_MAX. */
bool cli_time_in_range(i64 ms);
#define CLI_TIME_RANGE "from 1970-01-01 to 2099-12-31"

/* As field.h and refusal.h say. */
static inline bool cli_parse_number(struct slice text, u64 largest, u64 *number)
{
    return field_number(text, largest, number);
}
static inline const char *cli_code_problem(struct slice code)
{
    return field_code_problem(code);
}
static inline const char *cli_name_problem(struct slice name)
{
    return field_name_problem(name);
}
#define CLI_REFUSAL_MAX REFUSAL_MAX
static inline char *cli_refusal(char *text, const struct engine *engine, struct result result)
{
    return refusal_text(text, engine, result);
}

/* Of `count` words the one nearest to `word` by edits; NULL when none is near. */
const char *cli_nearest(const char *word, const char *const *words, size_t count);

/* The code of an entity (its first text), "-" for id 0. */
struct slice cli_code(const struct engine *engine, u32 id, u32 text);

#endif
