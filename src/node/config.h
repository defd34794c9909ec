/*
 * eleven.conf: the capacities of a data folder, one `name = number` a line,
 * with a comment for each. Written once when the folder is made; people may
 * raise the numbers and restart.
 */
#ifndef ELEVEN_NODE_CONFIG_H
#define ELEVEN_NODE_CONFIG_H

#include "core/limits.h"
#include "journal/journal.h"

#define CONFIG_BYTES_MAX 16384
#define CONFIG_SEGMENT_BYTES_MIN ((u64)256 << 10)   /* two batches, each with room for the largest command */

struct config {
    struct engine_limits limits;
    u64 journal_segment_bytes;  /* size of the next files of the journal; a multiple of IO_SECTOR */
};

/* Everything at its default. */
void config_default(struct config *config);

/* Writes DIRECTORY/eleven.conf, durably. 0 or -errno. */
int config_write(const struct io *io, const char *directory, const struct config *config);

/* Reads it. JOURNAL_NOT_FOUND: there is none; JOURNAL_BAD_CONFIG: it cannot be read, or is not what config_write writes
 * but for the numbers. `problem` (JOURNAL_PROBLEM_MAX bytes): file, line and reason. */
enum journal_status config_read(const struct io *io, const char *directory, struct config *config, char *problem);

/* Its name is not too long. */
bool config_folder_good(const char *directory);

/* What the journal of this folder is opened with. */
struct journal_options config_journal(const struct config *config, const char *directory);

/* eleven_create with every setting. */
enum journal_status config_create(const char *directory, const struct config *config, const struct io *io);

#endif
