#include "sim/damage.h"

#include "base/assert.h"
#include "base/prng.h"
#include "eleven.h"
#include "journal/format.h"
#include "sim/oracle.h"
#include "test/naive.h"

#include <stdio.h>
#include <string.h>

#define NAMES_MAX 64u
#define HEADER_BYTES 128u           /* of a sector, where headers are */
#define NAME_MAX_BYTES 96

struct names {
    char of[NAMES_MAX][NAME_MAX_BYTES];
    u32 count;
};

static void names_add(void *argument, const char *name)
{
    struct names *names = argument;
    bool holds = strncmp(name, "journal-", 8) == 0 || strncmp(name, "snapshot-", 9) == 0;
    if (holds && names->count < NAMES_MAX)
        snprintf(names->of[names->count++], NAME_MAX_BYTES, "%s", name);
}

/* The status of a start on this disk, and whether its state is the oracle's. */
static enum journal_status open_on(struct sim_disk *disk, const char *folder, bool ignore_snapshots, bool *same,
                                   char *problem)
{
    struct io io;
    struct eleven *eleven;
    char difference[NAIVE_DIFFERENCE_MAX];
    struct eleven_options options = {
        .directory = folder, .io = &io, .clock = ELEVEN_CLOCK_CALLER, .ignore_snapshots = ignore_snapshots,
        .orders_ahead = 1, .no_snapshot_at_close = true,
    };
    sim_disk_io(disk, &io);
    *same = false;
    enum journal_status status = eleven_open(&eleven, &options, problem);
    if (status != JOURNAL_OK)
        return status;
    *same = oracle_same(eleven_engine(eleven), difference);
    if (!*same)
        snprintf(problem, JOURNAL_PROBLEM_MAX, "%.200s", difference);
    (void)eleven_close(eleven); /* a copy, which goes */
    return status;
}

void damage_none(const struct sim_disk *disk, const char *folder, bool ignore_snapshots)
{
    struct sim_disk *copy = sim_disk_clone(disk, 1);
    char problem[JOURNAL_PROBLEM_MAX] = "";
    bool same;
    enum journal_status status = open_on(copy, folder, ignore_snapshots, &same, problem);
    if (status != JOURNAL_OK)
        oracle_fail(&counters->refused_start, "the closed folder, %s: %s %s",
                    ignore_snapshots ? "from its first byte" : "as it is", journal_status_word(status), problem);
    if (!same)
        oracle_fail(&counters->differences, "the closed folder, %s: %s",
                    ignore_snapshots ? "from its first byte" : "as it is", problem);
    sim_disk_destroy(copy);
}

/* Behind the last byte that is not zero, rounded up to a sector. */
static u64 used_sectors(struct sim_disk *disk, const char *path)
{
    const u8 *bytes = sim_disk_file_bytes(disk, path);
    u64 size = (u64)sim_disk_file_size(disk, path);
    while (size > 0 && bytes[size - 1] == 0)
        size--;
    return (size + IO_SECTOR - 1) / IO_SECTOR;
}

/* Takes out all between this sector and the next that begins as it does: a batch, or a chunk of a snapshot. */
static bool cut_out(struct sim_disk *disk, const char *path, u64 from, u64 sectors)
{
    u8 *bytes = sim_disk_file_bytes(disk, path);
    u64 size = (u64)sim_disk_file_size(disk, path), to = from + 1;
    while (to < sectors && memcmp(bytes + from * IO_SECTOR, bytes + to * IO_SECTOR, sizeof(u64)) != 0)
        to++;
    if (to >= sectors)
        return false;
    u64 less = (to - from) * IO_SECTOR;
    memmove(bytes + from * IO_SECTOR, bytes + to * IO_SECTOR, size - to * IO_SECTOR);
    memset(bytes + size - less, 0, less);
    sim_disk_settle(disk);
    if (strstr(path, "snapshot-") != NULL)
        sim_disk_truncate(disk, path, size - less);
    return true;
}

/* False: nothing was changed. */
static bool hurt_file(struct sim_disk *disk, const char *path, bool last, struct prng *prng)
{
    u64 sectors = used_sectors(disk, path);
    u8 *bytes = sim_disk_file_bytes(disk, path);
    u8 before[IO_SECTOR];
    const struct batch_header *end = (const void *)(bytes + (sectors - MIN(sectors, (u64)1)) * IO_SECTOR);
    if (last && sectors > 0 && end->length == 0) /* the batch without commands that says: all is durable */
        sectors--;
    if (sectors == 0)
        return false;
    u64 at = prng_below(prng, sectors);
    u8 *sector = bytes + at * IO_SECTOR;
    memcpy(before, sector, sizeof(before));
    switch (prng_below(prng, 6)) {
    case 0:
        sector[prng_below(prng, IO_SECTOR)] ^= (u8)(1u << prng_below(prng, 8));
        break;
    case 1: /* in a header */
        sector[prng_below(prng, HEADER_BYTES)] ^= (u8)(1u << prng_below(prng, 8));
        break;
    case 2:
        memset(sector, 0, IO_SECTOR);
        break;
    case 3:
        return cut_out(disk, path, at, sectors);
    case 4:
        for (u32 i = 0; i < IO_SECTOR; i++)
            sector[i] = (u8)prng_next(prng);
        break;
    default:
        memcpy(sector, bytes + prng_below(prng, sectors) * IO_SECTOR, IO_SECTOR);
        break;
    }
    sim_disk_settle(disk);
    return memcmp(before, sector, sizeof(before)) != 0;
}

/* The segment in which the journal ends: the last one that holds anything behind its header. */
static u32 last_segment(struct sim_disk *disk, const char *folder, const struct names *names)
{
    u32 last = UINT32_MAX;
    char path[2 * NAME_MAX_BYTES];
    for (u32 i = 0; i < names->count; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names->of[i]);
        bool segment = strncmp(names->of[i], "journal-", 8) == 0 && used_sectors(disk, path) > 1;
        if (segment && (last == UINT32_MAX || strcmp(names->of[i], names->of[last]) > 0))
            last = i;
    }
    return last;
}

void damage_some(const struct sim_disk *disk, const char *folder, u64 seed)
{
    struct sim_disk *copy = sim_disk_clone(disk, seed);
    struct names names = {.count = 0};
    struct prng prng;
    struct io io;
    char path[2 * NAME_MAX_BYTES], problem[JOURNAL_PROBLEM_MAX] = "";
    bool same;
    prng_seed(&prng, seed);
    sim_disk_io(copy, &io);
    io.list(io.context, folder, names_add, &names);
    ASSERT(names.count > 0);
    u32 pick = (u32)prng_below(&prng, names.count);
    snprintf(path, sizeof(path), "%s/%s", folder, names.of[pick]);
    bool changed = hurt_file(copy, path, pick == last_segment(copy, folder, &names), &prng);
    if (changed) {
        enum journal_status status = open_on(copy, folder, prng_chance(&prng, 1, 2), &same, problem);
        bool named = status == JOURNAL_ROT || status == JOURNAL_FOREIGN;
        counters->rot++;
        counters->rot_refused += named;
        counters->rot_harmless += status == JOURNAL_OK && same;
        if (!named && !(status == JOURNAL_OK && same))
            oracle_fail(&counters->silent, "damage to %s: %s %s", path, journal_status_word(status), problem);
    }
    sim_disk_destroy(copy);
}
