/*
 * fuzz_journal: a data folder whose files were damaged, opened. The answer has
 * a name; it is never a crash. When it is OK, the state is one that the folder has had (damage may cost the end of the
 * journal, as a torn write does, never the middle of it), its books are right, and it takes orders, which the next
 * opening finds. Where only snapshots were damaged, or bytes that later ones say were durable, nothing is missing.
 *
 * Input: a byte that chooses the folder (killed, or closed) and how often it is opened, then damages:
 *   what (enum damage), file, sector (2 bytes), byte in it (2 bytes), size, and for DAMAGE_WRITE `size` bytes
 * DAMAGE_MEND puts right the checksums of the batches from a sector on, as somebody could who wants to deceive us: then
 * the state may be any with right books.
 */
#include "fuzz/fuzz.h"

#include "eleven.h"
#include "journal/format.h"
#include "node/config.h"
#include "sim/disk.h"
#include "test/generate.h"
#include "test/support.h"

#define DIRECTORY "/shop"
#define COMMANDS 500
#define ORDERS_MIN 20
#define GROUP_MAX 4
#define SEED 39
#define DAMAGES_MAX 16
#define SPACE ((u64)32 << 20)
#define FOLDERS 2
#define FILES_MAX 16

enum damage {
    DAMAGE_WRITE, DAMAGE_FLIP, DAMAGE_ZERO, DAMAGE_CUT, DAMAGE_COPY, DAMAGE_REMOVE, DAMAGE_MEND, DAMAGE_COUNT
};

struct folder {
    struct sim_disk *disk;
    char files[FILES_MAX][64];
    u32 file_count;
    u32 last;               /* the newest segment that holds batches */
};

static struct folder folders[FOLDERS];
static struct engine_limits limits;
static u64 digests[COMMANDS + 1];   /* by sequence number */
static u64 last_seq;
static char problem[JOURNAL_PROBLEM_MAX];

static struct eleven *open_folder(const struct io *io, enum journal_status *status)
{
    struct eleven *eleven;
    struct eleven_options options = {.directory = DIRECTORY, .io = io, .clock = ELEVEN_CLOCK_CALLER, .orders_ahead = 1,
                                     .in_flight_max = 64, .expire_by_caller = true, .no_snapshot_at_close = true};
    problem[0] = 0;
    *status = eleven_open(&eleven, &options, problem);
    FUZZ_MUST((*status == JOURNAL_OK) == (eleven != NULL));
    return eleven;
}

/* --- the folders ---------------------------------------------------------------------------------- */

static void note_file(void *argument, const char *name)
{
    struct folder *folder = argument;
    FUZZ_MUST(folder->file_count < FILES_MAX);
    u32 i = folder->file_count++;
    for (; i > 0 && strcmp(folder->files[i - 1] + sizeof(DIRECTORY), name) > 0; i--)
        memcpy(folder->files[i], folder->files[i - 1], sizeof(folder->files[i]));
    snprintf(folder->files[i], sizeof(folder->files[i]), DIRECTORY "/%s", name);
}

static void give_group(struct eleven *eleven, const void *commands, size_t size)
{
    struct eleven_answer answers[GROUP_MAX];
    size_t taken;
    u64 ticket;
    eleven_submit(eleven, commands, size, &taken, &ticket);
    FUZZ_MUST(taken == size);
    while (eleven_outstanding(eleven) > 0)
        FUZZ_MUST(eleven_poll(eleven, answers, GROUP_MAX, true) > 0);
}

/* The same commands for every folder, in the groups that the seed says; `model` learns each state on the way. */
static void trade(struct eleven *eleven, struct engine *model)
{
    static u64 group[GROUP_MAX * COMMAND_SIZE_MAX / 8];
    struct generator *generator = generator_create(SEED);
    struct prng prng;
    size_t size = 0;
    prng_seed(&prng, SEED);
    for (u32 i = 0, count = 0; i < COMMANDS; i++) {
        const struct command_header *command = generator_next(generator);
        memcpy((u8 *)group + size, command, command->size);
        size += command->size;
        generator_learn(generator, engine_apply(model, command));
        last_seq = engine_seq(model);
        digests[last_seq] = engine_digest(model);
        if (++count == GROUP_MAX || prng_chance(&prng, 1, 3) || i + 1 == COMMANDS) {
            give_group(eleven, group, size);
            size = count = 0;
        }
        if (i == COMMANDS / 2 || i == COMMANDS * 3 / 4)
            eleven_snapshot(eleven);
    }
    generator_free(generator);
}

static bool is_segment(const char *path)
{
    return strstr(path, "/journal-") != NULL;
}

static bool is_snapshot(const char *path)
{
    return strstr(path, "/snapshot-") != NULL;
}

static bool segment_is_used(struct sim_disk *disk, const char *path)
{
    const struct batch_header *first = (const void *)(sim_disk_file_bytes(disk, path) + IO_SECTOR);
    return first->magic == BATCH_MAGIC;
}

static void folder_make(struct folder *folder, bool killed)
{
    struct io io;
    struct config config = {.limits = limits, .journal_segment_bytes = CONFIG_SEGMENT_BYTES_MIN};
    enum journal_status status;
    folder->disk = sim_disk_create(SEED);
    sim_disk_io(folder->disk, &io);
    FUZZ_MUST(config_create(DIRECTORY, &config, &io) == JOURNAL_OK);
    struct eleven *eleven = open_folder(&io, &status);
    FUZZ_MUST(status == JOURNAL_OK);
    struct engine *model = support_engine(&limits);
    trade(eleven, model);
    FUZZ_MUST(engine_order_count(model) >= ORDERS_MIN); /* else the seed's world is too poor to be damaged */
    support_engine_free(model, &limits);
    FUZZ_MUST(engine_digest(eleven_engine(eleven)) == digests[last_seq]);
    if (killed)
        sim_disk_crash_at(folder->disk, sim_disk_calls(folder->disk) + 1);
    FUZZ_MUST((eleven_close(eleven) == JOURNAL_OK) == !killed);
    sim_disk_restart(folder->disk);
    sim_disk_settle(folder->disk);
    FUZZ_MUST(io.list(io.context, DIRECTORY, note_file, folder) == 0);
    for (u32 i = 0; i < folder->file_count; i++)
        if (is_segment(folder->files[i]) && segment_is_used(folder->disk, folder->files[i]))
            folder->last = i;
    FUZZ_MUST(folder->last > 0 && is_segment(folder->files[folder->last - 1])); /* there is one before it */
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    struct generator *generator = generator_create(SEED);
    generator_limits(generator, &limits);
    generator_free(generator);
    limits.orders = limits.lines = limits.answers = 1024;
    limits.text_bytes = 1 << 18;
    limits.seconds = 1; /* no festival: its 24 hours of meters would be most of each opening's work */
    folder_make(&folders[0], true);
    folder_make(&folders[1], false);
    return 0;
}

/* --- the damage ------------------------------------------------------------------------------------- */

struct damages {
    const u8 *at, *end;
    bool mended;
    bool snapshots_only;
    bool early;             /* bytes changed in snapshots, or in segments that later ones call durable */
    bool twice;             /* it is opened again afterwards */
};

static u32 take(struct damages *damages, u32 bytes)
{
    u32 value = 0;
    for (u32 i = 0; i < bytes; i++)
        value |= damages->at < damages->end ? (u32)*damages->at++ << 8 * i : 0;
    return value;
}

/* What format_batch_close asserts of our own writer. */
static bool writable(const struct batch_header *header)
{
    return header->number > 0 && header->seq_first > 0 && header->epoch > 0 &&
           (header->count == 0) == (header->length == 0) && header->durable_number < header->number &&
           header->durable_through < header->seq_first;
}

/* The checksums and the chain of the batches that follow each other from here on. */
static void mend(u8 *bytes, u64 size, u64 offset)
{
    u64 before = 0;
    bool follows = false;
    for (offset = offset / IO_SECTOR * IO_SECTOR; offset + IO_SECTOR <= size;) {
        struct batch_header *header = (void *)(bytes + offset);
        if (!writable(header) || header->length > size || offset + format_batch_bytes(header->length) > size)
            return;
        if (follows)
            header->before = before;
        offset += format_batch_close(header);
        before = header->checksum;
        follows = true;
        if (offset + sizeof(*header) > size || ((struct batch_header *)(void *)(bytes + offset))->magic != BATCH_MAGIC)
            return;
    }
}

static void damage_one(struct damages *damages, const struct folder *folder, struct sim_disk *disk)
{
    enum damage what = take(damages, 1) % DAMAGE_COUNT;
    u32 file = take(damages, 1) % folder->file_count;
    const char *path = folder->files[file];
    i64 size = sim_disk_file_size(disk, path);
    u64 sector = take(damages, 2), inside = take(damages, 2), length = take(damages, 1);
    if (size <= 0)
        return;
    u8 *bytes = sim_disk_file_bytes(disk, path);
    u64 offset = (sector * IO_SECTOR + inside % IO_SECTOR) % (u64)size;
    u64 left = MIN(length, (u64)size - offset);
    damages->snapshots_only = damages->snapshots_only && is_snapshot(path);
    damages->early = damages->early && (is_snapshot(path) || (is_segment(path) && file < folder->last)) &&
                     (what == DAMAGE_WRITE || what == DAMAGE_FLIP);
    switch (what) {
    case DAMAGE_WRITE:
        for (u64 i = 0; i < left; i++)
            bytes[offset + i] = (u8)take(damages, 1);
        break;
    case DAMAGE_FLIP: bytes[offset] ^= (u8)length; break;
    case DAMAGE_ZERO: memset(bytes + offset, 0, (u64)size - offset); break;
    case DAMAGE_CUT: sim_disk_truncate(disk, path, offset); break;
    case DAMAGE_COPY:
        if (size >= 2 * IO_SECTOR && offset / IO_SECTOR * IO_SECTOR + IO_SECTOR <= (u64)size)
            memmove(bytes + offset / IO_SECTOR * IO_SECTOR, bytes + length % ((u64)size / IO_SECTOR) * IO_SECTOR,
                    IO_SECTOR);
        break;
    case DAMAGE_REMOVE: sim_disk_remove(disk, path); break;
    default:
        if (is_segment(path) && offset >= IO_SECTOR) {
            mend(bytes, (u64)size, offset);
            damages->mended = true;
        }
    }
}

/* --- the opening ---------------------------------------------------------------------------------- */

static bool status_is_known(enum journal_status status)
{
    switch (status) {
    case JOURNAL_OK:
    case JOURNAL_NOT_FOUND:
    case JOURNAL_ROT:
    case JOURNAL_FOREIGN:
    case JOURNAL_BAD_CONFIG:
    case JOURNAL_DISK_FULL: return true;
    default: return false;
    }
}

static bool state_is_known(u64 seq, u64 digest)
{
    return seq <= last_seq && digests[seq] == digest;
}

/* The state at `seq` is known to all that come after. */
static void open_twice(const struct damages *damages, struct sim_disk *disk, const struct io *io)
{
    static const struct command_department_put tick = {
        .header = {.kind = COMMAND_DEPARTMENT_PUT, .size = sizeof(tick) + 8}};
    static u64 command[sizeof(tick) / 8 + 1];
    enum journal_status status;
    struct result result;
    struct eleven *eleven = open_folder(io, &status);
    FUZZ_MUST(status_is_known(status));
    FUZZ_MUST(status == JOURNAL_OK || problem[0] != 0);
    FUZZ_MUST(!damages->snapshots_only || status == JOURNAL_OK || status == JOURNAL_ROT || status == JOURNAL_FOREIGN);
    FUZZ_COUNT("opened", eleven != NULL);
    FUZZ_COUNT("refused", eleven == NULL);
    if (eleven == NULL) {
        FUZZ_MUST(sim_disk_open_files(disk) == 0);
        return;
    }
    const struct engine *engine = eleven_engine(eleven);
    u64 seq = engine_seq(engine);
    FUZZ_MUST(damages->mended || state_is_known(seq, engine_digest(engine)));
    FUZZ_MUST((!damages->snapshots_only && !damages->early) || seq == last_seq);
    FUZZ_MUST(fuzz_good(engine));
    FUZZ_COUNT("shorter", seq < last_seq);

    memcpy(command, &tick, sizeof(tick)); /* no code: refused, but answered */
    FUZZ_MUST(eleven_call(eleven, command, &result) && result.code != RESULT_OK);
    u64 digest = engine_digest(engine);
    enum journal_status closed = eleven_close(eleven);
    FUZZ_MUST(closed == JOURNAL_OK && sim_disk_open_files(disk) == 0);
    if (!damages->twice)
        return;
    eleven = open_folder(io, &status);
    FUZZ_MUST(status == JOURNAL_OK);
    FUZZ_MUST(engine_seq(eleven_engine(eleven)) == seq && engine_digest(eleven_engine(eleven)) == digest);
    FUZZ_MUST(eleven_close(eleven) == JOURNAL_OK);
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    struct damages damages = {.at = bytes, .end = bytes + size, .snapshots_only = true, .early = true};
    struct io io;
    u32 first = take(&damages, 1);
    const struct folder *folder = &folders[first % FOLDERS];
    damages.twice = first / FOLDERS % 4 == 0;
    struct sim_disk *disk = sim_disk_clone(folder->disk, SEED);
    sim_disk_io(disk, &io);
    sim_disk_space(disk, SPACE);
    for (u32 i = 0; i < DAMAGES_MAX && damages.at < damages.end; i++)
        damage_one(&damages, folder, disk);
    FUZZ_COUNT("damaged", damages.at > bytes + 1);
    sim_disk_settle(disk);
    open_twice(&damages, disk, &io);
    sim_disk_destroy(disk);
    return 0;
}
