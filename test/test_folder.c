/*
 * A data folder damaged, and opened as a server opens it. Its journal cut at
 * every byte of its last 64 KiB: what opens is the state after the last whole batch, as the naive model has it. Rot
 * anywhere else: the start is refused by name, or what is damaged is not read at a start and the audit finds it; only a
 * torn tail is dropped.
 *
 *   ELEVEN_FIRST=n      the seed (1)
 *   ELEVEN_FLIPS=n      flipped bits (3,000)
 */
#include "journal/format.h"
#include "test/support.h"
#include "test/trade.h"

#include <string.h>

#define COMMANDS 1000u
#define ORDERS_MIN 60u
#define CUT_BYTES (64u << 10)
#define FILES_MAX 24u
#define IMAGE_WEIGHT 10u
#define AGAIN_EVERY 5u          /* images that are opened twice */

struct tally {
    u64 cases, images, opened, refused, unread, harmless, lost, different, silent, unnamed, stuck, leaked;
};

static struct trade trade;
static char problem[JOURNAL_PROBLEM_MAX];

/* --- the folder -------------------------------------------------------------------------------------------------- */

struct folder {
    struct sim_disk *disk;
    struct io io;
    char files[FILES_MAX][96];
    u32 file_count;
};

static void note_file(void *argument, const char *name)
{
    struct folder *folder = argument;
    assert_true(folder->file_count < FILES_MAX);
    u32 i = folder->file_count++;
    for (; i > 0 && strcmp(folder->files[i - 1] + sizeof(TRADE_DIRECTORY), name) > 0; i--)
        memcpy(folder->files[i], folder->files[i - 1], sizeof(folder->files[i]));
    snprintf(folder->files[i], sizeof(folder->files[i]), TRADE_DIRECTORY "/%s", name);
}

static bool is_segment(const char *path)
{
    return strstr(path, "/journal-") != NULL;
}

static bool is_used(const struct folder *folder, const char *path)
{
    const u8 *bytes = sim_disk_file_bytes(folder->disk, path);
    return ((const struct batch_header *)(const void *)(bytes + IO_SECTOR))->magic == BATCH_MAGIC;
}

/* How it was left: killed; closed; closed with a snapshot of its end beside the early one. */
enum left { KILLED, CLOSED, CLOSED_WITH_SNAPSHOT };

/* The world traded in a folder, with a snapshot early on. */
static void folder_make(struct folder *folder, u64 seed, enum left left)
{
    enum journal_status status;
    bool sealed = left != KILLED;
    *folder = (struct folder){0};
    trade_begin(&trade, seed, COMMANDS, ORDERS_MIN);
    folder->disk = trade_disk(&trade, &folder->io);
    struct eleven *eleven = trade_open(&folder->io, left == CLOSED_WITH_SNAPSHOT, &status, problem);
    assert_non_null(eleven);
    trade_on(&trade, eleven, COMMANDS / 4);
    assert_true(eleven_snapshot(eleven));
    trade_on(&trade, eleven, COMMANDS - COMMANDS / 4);
    if (!sealed)
        sim_disk_crash_at(folder->disk, sim_disk_calls(folder->disk) + 1);
    assert_true((eleven_close(eleven) == JOURNAL_OK) == sealed);
    sim_disk_restart(folder->disk);
    sim_disk_settle(folder->disk);
    assert_int_equal(folder->io.list(folder->io.context, TRADE_DIRECTORY, note_file, folder), 0);
    assert_true(trade.differences == 0);
}

static void folder_free(struct folder *folder)
{
    sim_disk_destroy(folder->disk);
    trade_end(&trade);
}

/* --- opening ------------------------------------------------------------------------------------------------------ */

/* It has opened: its state is one there was, and it closes. Returns the state's number. */
static u64 check_opened(struct eleven *eleven, bool model, const char *what, u64 at, struct tally *tally)
{
    char difference[NAIVE_DIFFERENCE_MAX];
    const struct engine *engine = eleven_engine(eleven);
    u64 seq = engine_seq(engine);
    fault_unless(trade_was(&trade, seq, engine_digest(engine)), &tally->different,
                 "%s %llu: no state that ever was, at %llu", what, (unsigned long long)at, (unsigned long long)seq);
    if (model)
        fault_unless(trade_model_agrees(&trade, engine, difference), &tally->different, "%s %llu: %s", what,
                     (unsigned long long)at, difference);
    fault_unless(eleven_close(eleven) == JOURNAL_OK, &tally->stuck, "%s %llu: does not close", what,
                 (unsigned long long)at);
    return seq;
}

/* What it has made of itself opens again, with the same. */
static void check_again(const struct io *io, u64 seq, const char *what, u64 at, struct tally *tally)
{
    enum journal_status status;
    struct eleven *eleven = trade_open(io, false, &status, problem);
    fault_unless(eleven != NULL && engine_seq(eleven_engine(eleven)) == seq, &tally->stuck,
                 "%s %llu: opened once, then %s", what, (unsigned long long)at, journal_status_word(status));
    if (eleven != NULL)
        eleven_close(eleven);
}

/* Opens a copy of the damaged folder. UINT64_MAX: it was refused, by name. Else the state is that of the number
 * returned. `model`: the naive model is asked as well. */
static u64 open_copy(const struct folder *folder, bool model, const char *what, u64 at, struct tally *tally)
{
    struct io io;
    enum journal_status status;
    u64 seq = UINT64_MAX;
    struct sim_disk *copy = sim_disk_clone(folder->disk, 1);
    sim_disk_io(copy, &io);
    struct eleven *eleven = trade_open(&io, false, &status, problem);
    bool again = ++tally->images % AGAIN_EVERY == 0 && eleven != NULL;
    if (eleven != NULL) {
        tally->opened++;
        seq = check_opened(eleven, model, what, at, tally);
    } else {
        bool named = problem[0] != 0 && (status == JOURNAL_ROT || status == JOURNAL_FOREIGN);
        fault_unless(named, &tally->unnamed, "%s %llu: %s: %s", what, (unsigned long long)at,
                     journal_status_word(status), problem);
        tally->refused++;
    }
    if (again)
        check_again(&io, seq, what, at, tally);
    fault_unless(sim_disk_open_files(copy) == 0, &tally->leaked, "%s %llu: files are open", what,
                 (unsigned long long)at);
    sim_disk_destroy(copy);
    return seq;
}

/* --- cut ---------------------------------------------------------------------------------------------------------- */

/* The sequence number of the last batch that is whole when all from `offset` of `segment` on is zero. Walks the good
 * journal; `ends` are of batches in order. */
struct batch_end {
    u32 segment;
    u64 used;               /* behind its last byte that is not zero */
    u64 seq;
};

static u32 batches_find(const struct folder *folder, struct batch_end *ends, u32 max, char segments[][96], u32 *last)
{
    u32 count = 0;
    *last = 0;
    for (u32 i = 0; i < folder->file_count; i++) {
        if (!is_segment(folder->files[i]) || !is_used(folder, folder->files[i]))
            continue;
        const u8 *bytes = sim_disk_file_bytes(folder->disk, folder->files[i]);
        u64 size = (u64)sim_disk_file_size(folder->disk, folder->files[i]);
        memcpy(segments[++*last], folder->files[i], sizeof(segments[0]));
        for (u64 offset = IO_SECTOR; offset < size;) {
            const struct batch_header *header = (const void *)(bytes + offset);
            if (header->magic != BATCH_MAGIC)
                break;
            assert_true(count < max);
            u64 used = offset + format_batch_bytes(header->length);
            offset = used;
            while (bytes[used - 1] == 0)
                used--;
            ends[count++] = (struct batch_end){*last, used, header->seq_first + header->count - 1};
        }
    }
    return count;
}

static void test_cut_at_every_byte(void **state)
{
    static struct folder folder;
    static struct batch_end ends[TRADE_COMMANDS_MAX];
    static char segments[FILES_MAX][96];
    struct tally tally = {0};
    u32 segment;
    (void)state;
    folder_make(&folder, fault_first_seed(), KILLED);
    u32 whole = batches_find(&folder, ends, TRADE_COMMANDS_MAX, segments, &segment);
    u64 offset = (ends[whole - 1].used + IO_SECTOR - 1) / IO_SECTOR * IO_SECTOR;
    for (u64 asked = UINT64_MAX; tally.cases < CUT_BYTES; tally.cases++) {
        if (offset == 0)
            offset = (u64)sim_disk_file_size(folder.disk, segments[--segment]);
        u8 *byte = sim_disk_file_bytes(folder.disk, segments[segment]) + --offset;
        bool same = tally.cases > 0 && *byte == 0;
        *byte = 0;
        while (ends[whole - 1].segment > segment ||
               (ends[whole - 1].segment == segment && ends[whole - 1].used > offset))
            whole--;
        if (same || tally.cases % fault_stride(IMAGE_WEIGHT) != 0)
            continue;
        sim_disk_settle(folder.disk);
        u64 seq = open_copy(&folder, asked != ends[whole - 1].seq, "cut", tally.cases, &tally);
        asked = seq;
        fault_unless(seq >= ends[whole - 1].seq && seq != UINT64_MAX, &tally.lost,
                     "cut %llu: opens with %llu of %llu (%s)", (unsigned long long)tally.cases, (unsigned long long)seq,
                     (unsigned long long)ends[whole - 1].seq, problem);
        fault_unless(seq <= ends[whole - 1].seq || seq == UINT64_MAX, &tally.silent,
                     "cut %llu: opens with %llu of %llu", (unsigned long long)tally.cases, (unsigned long long)seq,
                     (unsigned long long)ends[whole - 1].seq);
    }
    folder_free(&folder);
    FAULT_LINE("folder-cut", {"cases", tally.cases}, {"images", tally.images}, {"opened", tally.opened},
               {"lost", tally.lost}, {"different", tally.different}, {"silent", tally.silent}, {"stuck", tally.stuck},
               {"leaked", tally.leaked});
}

/* --- rot ---------------------------------------------------------------------------------------------------------- */

static bool visit_nothing(void *argument, const struct journal_batch *batch)
{
    *(u64 *)argument = batch->seq_first + batch->count - 1;
    return true;
}

/* All of the journal is proven by its seal: so it is refused, or nothing is missing; what was not read at the start,
 * the audit reads. `matters`: a good file has been changed where it holds something. */
static void judge(const struct folder *folder, bool matters, const char *what, u64 at, struct tally *tally)
{
    const struct journal_options options = {.directory = TRADE_DIRECTORY};
    u64 last = 0;
    u64 seq = open_copy(folder, false, what, at, tally);
    tally->cases++;
    if (seq == UINT64_MAX)
        return;
    fault_unless(seq == trade.last_seq, &tally->silent, "%s %llu: opens with %llu of %llu", what,
                 (unsigned long long)at, (unsigned long long)seq, (unsigned long long)trade.last_seq);
    enum journal_status status = journal_read(&folder->io, &options, 0, visit_nothing, &last, problem);
    tally->unread += status != JOURNAL_OK;
    tally->harmless += status == JOURNAL_OK;
    fault_unless(status != JOURNAL_OK || last == trade.last_seq, &tally->silent, "%s %llu: the audit sees %llu of %llu",
                 what, (unsigned long long)at, (unsigned long long)last, (unsigned long long)trade.last_seq);
    fault_unless(status != JOURNAL_OK || !matters, &tally->silent, "%s %llu: neither the start nor the audit sees it",
                 what, (unsigned long long)at);
}

static void print(const char *row, const struct tally *tally)
{
    FAULT_LINE(row, {"cases", tally->cases}, {"refused", tally->refused}, {"unread", tally->unread},
               {"harmless", tally->harmless}, {"different", tally->different}, {"silent", tally->silent},
               {"unnamed", tally->unnamed}, {"stuck", tally->stuck}, {"leaked", tally->leaked});
}

/* A byte that a reader of the whole folder must miss when it changes: it belongs to a batch that holds records, to the
 * header of a segment in use, to the newest snapshot. */
static bool byte_matters(const struct folder *folder, u32 file, u64 offset, u32 newest_snapshot)
{
    const u8 *bytes = sim_disk_file_bytes(folder->disk, folder->files[file]);
    if (!is_segment(folder->files[file]))
        return file == newest_snapshot;
    if (!is_used(folder, folder->files[file]))
        return false;
    for (u64 at = IO_SECTOR; at <= offset;) {
        const struct batch_header *header = (const void *)(bytes + at);
        if (header->magic != BATCH_MAGIC)
            return false;
        u64 end = at + format_batch_bytes(header->length);
        if (offset < end)
            return header->count > 0;
        at = end;
    }
    return true; /* in the header */
}

static u32 newest_snapshot_of(const struct folder *folder)
{
    u32 newest = UINT32_MAX;
    for (u32 i = 0; i < folder->file_count; i++) /* in order of their names */
        if (strstr(folder->files[i], "/snapshot-") != NULL)
            newest = i;
    assert_true(newest != UINT32_MAX);
    return newest;
}

static void test_flipped_bits(void **state)
{
    static struct folder folder;
    struct tally tally = {0};
    struct prng prng;
    (void)state;
    prng_seed(&prng, fault_first_seed());
    folder_make(&folder, fault_first_seed() + 1, CLOSED);
    u32 newest = newest_snapshot_of(&folder);
    for (u64 flips = support_number("ELEVEN_FLIPS", 3000); flips > 0;) {
        u32 file = (u32)prng_below(&prng, folder.file_count);
        i64 size = sim_disk_file_size(folder.disk, folder.files[file]);
        if (size <= 0 || strstr(folder.files[file], "eleven.conf") != NULL) /* people change that one */
            continue;
        u64 offset = prng_below(&prng, (u64)size);
        u8 bit = (u8)(1u << prng_below(&prng, 8));
        bool matters = byte_matters(&folder, file, offset, newest);
        if (!matters && prng_chance(&prng, 9, 10)) /* most of a folder is zeros made ahead */
            continue;
        u8 *byte = sim_disk_file_bytes(folder.disk, folder.files[file]) + offset;
        *byte ^= bit;
        sim_disk_settle(folder.disk);
        judge(&folder, matters, folder.files[file] + sizeof(TRADE_DIRECTORY), offset, &tally);
        *byte ^= bit;
        flips--;
    }
    sim_disk_settle(folder.disk);
    judge(&folder, false, "whole", 0, &tally);
    folder_free(&folder);
    assert_true(tally.refused > 0 && tally.unread > 0 && tally.harmless > 0);
    print("folder-flip", &tally);
}

/* The block at `at` of a file is another one: zeros, as before it was written; that of the same place in another
 * instance; another one of the file. */
static void replace_block(const struct folder *folder, const struct folder *other, u32 file, u64 at, u64 somewhere,
                          struct tally *tally)
{
    static const u8 zeros[IO_SECTOR];
    u8 saved[IO_SECTOR];
    const char *path = folder->files[file];
    u8 *bytes = sim_disk_file_bytes(folder->disk, path);
    bool there = sim_disk_file_size(other->disk, path) >= (i64)(at + IO_SECTOR);
    const u8 *blocks[] = {zeros, there ? sim_disk_file_bytes(other->disk, path) + at : zeros, bytes + somewhere};
    memcpy(saved, bytes + at, IO_SECTOR);
    for (u32 i = 0; i < ARRAY_COUNT(blocks); i++) {
        if (memcmp(blocks[i], saved, IO_SECTOR) == 0)
            continue;
        memcpy(bytes + at, blocks[i], IO_SECTOR);
        sim_disk_settle(folder->disk);
        judge(folder, true, path + sizeof(TRADE_DIRECTORY), at, tally);
        memcpy(bytes + at, saved, IO_SECTOR);
    }
}

/* Each block of 4 KiB that matters. */
static void test_blocks_replaced(void **state)
{
    static struct folder folder, other;
    struct tally tally = {0};
    struct prng prng;
    (void)state;
    prng_seed(&prng, fault_first_seed());
    folder_make(&other, fault_first_seed() + 77, CLOSED);
    trade_end(&trade);
    folder_make(&folder, fault_first_seed() + 1, CLOSED);
    u32 newest = newest_snapshot_of(&folder);
    for (u32 file = 0; file < folder.file_count; file++) {
        i64 size = sim_disk_file_size(folder.disk, folder.files[file]);
        for (u64 at = 0; at + IO_SECTOR <= (u64)MAX(size, 0); at += IO_SECTOR * fault_stride(IMAGE_WEIGHT))
            if (strstr(folder.files[file], "eleven.conf") == NULL && byte_matters(&folder, file, at, newest))
                replace_block(&folder, &other, file, at, prng_below(&prng, (u64)size / IO_SECTOR) * IO_SECTOR, &tally);
    }
    sim_disk_destroy(other.disk);
    folder_free(&folder);
    print("folder-block", &tally);
}

/* Whole files: gone, of another instance, of another time, under another's name. */
static void test_files_replaced(void **state)
{
    static struct folder folder, other;
    struct tally tally = {0};
    (void)state;
    folder_make(&other, fault_first_seed() + 77, CLOSED_WITH_SNAPSHOT);
    trade_end(&trade);
    folder_make(&folder, fault_first_seed() + 1, CLOSED_WITH_SNAPSHOT);
    struct sim_disk *good = sim_disk_twin(folder.disk, 1);
    for (u32 file = 0; file < folder.file_count; file++) {
        const char *path = folder.files[file];
        bool used = is_segment(path) ? is_used(&folder, path) : strstr(path, "/snapshot-") != NULL;
        if (!used)
            continue;
        for (u32 from = 0; from <= folder.file_count + 1; from++) {
            sim_disk_destroy(folder.disk);
            folder.disk = sim_disk_twin(good, 1);
            sim_disk_io(folder.disk, &folder.io);
            bool same_kind = from < folder.file_count && is_segment(folder.files[from]) == is_segment(path) &&
                             strstr(folder.files[from], "eleven.conf") == NULL && from != file &&
                             sim_disk_file_size(folder.disk, folder.files[from]) > 0;
            if (same_kind)
                sim_disk_copy_file(folder.disk, folder.files[from], path);
            else if (from == folder.file_count && is_segment(path))
                sim_disk_remove(folder.disk, path);
            else if (from > folder.file_count && sim_disk_file_size(other.disk, path) == sim_disk_file_size(good, path))
                memcpy(sim_disk_file_bytes(folder.disk, path), sim_disk_file_bytes(other.disk, path),
                       (size_t)sim_disk_file_size(good, path));
            else
                continue;
            sim_disk_settle(folder.disk);
            judge(&folder, is_segment(path) || file == newest_snapshot_of(&folder), path + sizeof(TRADE_DIRECTORY),
                  from, &tally);
        }
    }
    sim_disk_destroy(good);
    sim_disk_destroy(other.disk);
    folder_free(&folder);
    print("folder-file", &tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_blocks_replaced),
        cmocka_unit_test(test_files_replaced),
    };
    support_keep_heap();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
