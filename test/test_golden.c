/*
 * Old formats. test/fixtures/golden holds a small data folder of every format that was released, packed, and beside it
 * what must come out of it: NAME.tar.gz and NAME.txt. Each opens here, from its snapshot and from its journal's first
 * command, to the recorded state; it takes orders, and opens again.
 *
 *   build/test_golden make DIR     makes such a folder of today's format in DIR and prints what comes out of it; for
 *                                  tools/golden, which packs it
 *
 * What is in a folder: three lives of its writer, the second one killed, the third one killed with a torn tail; a seal,
 * segments taken over, two snapshots of different age, and every kind of command.
 */
#include "test/support.h"
#include "test/trade.h"

#include "journal/format.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOLDEN "test/fixtures/golden"
#define SEED 3437u              /* of a world in which every kind of command is accepted, and few seconds are metered */
#define LIFE 1300u               /* commands in each life */
#define ORDERS_MIN 100u
#define GOLDENS_MAX 64u
#define FILE_MAX ((size_t)16 << 20)

static char problem[JOURNAL_PROBLEM_MAX];

enum {
#define COMMAND(number, NAME, name, word, roles, tail, fields, texts) KIND_##NAME,
#include "core/command.def"
#undef COMMAND
    KINDS
};

/* What must come out. */
struct facts {
    unsigned long long seq, chain, digest, orders;
};

static struct facts facts_of(const struct engine *engine)
{
    return (struct facts){engine_seq(engine), engine_chain(engine), engine_digest(engine), engine_order_count(engine)};
}

static bool same_facts(const struct facts *a, const struct facts *b)
{
    return a->seq == b->seq && a->chain == b->chain && a->digest == b->digest && a->orders == b->orders;
}

/* --- making one --------------------------------------------------------------------------------------------------- */

static struct eleven *live(struct trade *trade, const struct io *io)
{
    enum journal_status status;
    struct eleven *eleven = trade_open(io, false, &status, problem);
    if (eleven == NULL)
        fail_msg("%s: %s", journal_status_word(status), problem);
    trade_on(trade, eleven, LIFE / 2);
    return eleven;
}

static void kill(struct sim_disk *disk, struct eleven *eleven)
{
    sim_disk_crash_at(disk, sim_disk_calls(disk) + 1);
    eleven_close(eleven);
    sim_disk_restart(disk);
    sim_disk_settle(disk);
}

struct names {
    char paths[32][96];
    u32 count;
};

static void note_name(void *argument, const char *name)
{
    struct names *names = argument;
    assert_true(names->count < ARRAY_COUNT(names->paths));
    snprintf(names->paths[names->count++], sizeof(names->paths[0]), TRADE_DIRECTORY "/%s", name);
}

/* A batch that was under way when the power went: its header has arrived, the rest has not. */
static void tear(struct sim_disk *disk, const struct names *names)
{
    struct batch_header *last = NULL;
    u8 *behind = NULL;
    for (u32 i = 0; i < names->count; i++) {
        if (strstr(names->paths[i], "/journal-") == NULL)
            continue;
        u8 *bytes = sim_disk_file_bytes(disk, names->paths[i]);
        u64 size = (u64)sim_disk_file_size(disk, names->paths[i]);
        for (u64 at = IO_SECTOR; at < size;) {
            struct batch_header *header = (void *)(bytes + at);
            if (header->magic != BATCH_MAGIC)
                break;
            at += format_batch_bytes(header->length);
            if (last == NULL || header->number > last->number || header->epoch > last->epoch) {
                last = header;
                behind = at < size ? bytes + at : NULL;
            }
        }
    }
    if (last == NULL || behind == NULL) {
        fail_msg("the journal is empty");
        return;
    }
    struct batch_header *torn = (void *)behind;
    *torn = *last;
    torn->number++;
    torn->seq_first += last->count;
    torn->offset += format_batch_bytes(last->length);
    torn->before = last->checksum;
    torn->checksum = checksum64(torn, offsetof(struct batch_header, checksum), 0);
    sim_disk_settle(disk);
}

static void copy_out(struct sim_disk *disk, const struct names *names, const char *directory)
{
    assert_true(mkdir(directory, 0777) == 0 || errno == EEXIST);
    for (u32 i = 0; i < names->count; i++) {
        char path[1024];
        i64 size = sim_disk_file_size(disk, names->paths[i]);
        snprintf(path, sizeof(path), "%s/%s", directory, names->paths[i] + sizeof(TRADE_DIRECTORY));
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        if (size > 0)
            assert_true(fwrite(sim_disk_file_bytes(disk, names->paths[i]), 1, (size_t)size, file) == (size_t)size);
        assert_int_equal(fclose(file), 0);
    }
}

/* Kinds of command that were accepted. */
static u32 kinds_in(const struct trade *trade)
{
    u64 seen = 0;
    for (size_t at = 0; at < trade->accepted_size;) {
        const struct command_header *command = (const void *)((const u8 *)trade->accepted + at);
        seen |= (u64)1 << command->kind;
        at += command->size;
    }
    return (u32)__builtin_popcountll(seen);
}

static void make(const char *directory)
{
    static struct trade trade;
    static struct names names;
    struct io io;
    trade_begin(&trade, SEED, 3 * LIFE, ORDERS_MIN);
    struct sim_disk *disk = trade_disk(&trade, &io);
    struct eleven *eleven = live(&trade, &io);
    trade_on(&trade, eleven, LIFE / 2);
    assert_true(eleven_snapshot(eleven));
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    eleven = live(&trade, &io);
    assert_true(eleven_snapshot(eleven));
    trade_on(&trade, eleven, LIFE / 2);
    kill(disk, eleven);
    eleven = live(&trade, &io);
    trade_on(&trade, eleven, LIFE / 2);
    struct facts facts = facts_of(eleven_engine(eleven));
    kill(disk, eleven);
    assert_true(trade.differences == 0 && trade.seed == SEED);
    assert_int_equal(kinds_in(&trade), KINDS);
    assert_int_equal(io.list(io.context, TRADE_DIRECTORY, note_name, &names), 0);
    tear(disk, &names);
    copy_out(disk, &names, directory);
    printf("format %u\nseq %llu\nchain 0x%016llx\ndigest 0x%016llx\norders %llu\nkinds %u\n", FORMAT_VERSION,
           facts.seq, facts.chain, facts.digest, facts.orders, kinds_in(&trade));
    sim_disk_destroy(disk);
    trade_end(&trade);
}

/* --- opening them ------------------------------------------------------------------------------------------------- */

static void copy_file_in(const struct io *io, const char *from, const char *name)
{
    static u8 bytes[FILE_MAX];
    char path[300];
    FILE *file = fopen(from, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    assert_true(size < sizeof(bytes) && !ferror(file));
    fclose(file);
    snprintf(path, sizeof(path), TRADE_DIRECTORY "/%s", name);
    int handle = io->open(io->context, path, IO_WRITE | IO_CREATE);
    assert_true(handle >= 0);
    assert_int_equal(io_write_all(io, handle, bytes, size, 0), 0);
    io->close(io->context, handle);
}

/* Unpacks into a folder of the machine and from there onto a disk in memory, with tar and gzip. */
static struct sim_disk *unpack(const char *name, struct io *io)
{
    char directory[] = "/tmp/eleven-golden.XXXXXX", command[512], path[600];
    struct sim_disk *disk = sim_disk_create(1);
    sim_disk_io(disk, io);
    assert_int_equal(io->make_directory(io->context, TRADE_DIRECTORY), 0);
    assert_non_null(mkdtemp(directory));
    snprintf(command, sizeof(command), "tar -xzf " GOLDEN "/%s.tar.gz -C %s", name, directory);
    assert_int_equal(system(command), 0);
    DIR *folder = opendir(directory);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        copy_file_in(io, path, entry->d_name);
        assert_int_equal(unlink(path), 0);
    }
    closedir(folder);
    assert_int_equal(rmdir(directory), 0);
    sim_disk_settle(disk);
    return disk;
}

static struct facts facts_read(const char *name)
{
    char path[512];
    unsigned format;
    struct facts facts;
    snprintf(path, sizeof(path), GOLDEN "/%s.txt", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "format %u seq %llu chain 0x%llx digest 0x%llx orders %llu", &format, &facts.seq,
                            &facts.chain, &facts.digest, &facts.orders),
                     5);
    assert_true(format <= FORMAT_VERSION);
    fclose(file);
    return facts;
}

struct tally {
    u64 cases, commands, different, unaccounted, stuck;
};

/* It takes a command, closes with a snapshot, and opens again with it. */
static void check_goes_on(const struct io *io, struct eleven *eleven, const char *name, struct tally *tally)
{
    enum journal_status status;
    u64 command[16] = {0};
    struct result result = {0};
    struct command_department_put put = {HEADER(department_put, DEPARTMENT_PUT)};
    struct slice texts[] = {{"golden", 6}, {"", 0}};
    put.header.time_ms = engine_now(eleven_engine(eleven));
    memcpy(command, &put, sizeof(put));
    assert_true(command_add_texts((struct command_header *)(void *)command, texts, 2));
    u64 seq = engine_seq(eleven_engine(eleven));
    bool good = eleven_call(eleven, command, &result) && result.code == RESULT_OK && eleven_close(eleven) == JOURNAL_OK;
    eleven = trade_open(io, false, &status, problem);
    good = good && eleven != NULL && engine_seq(eleven_engine(eleven)) == seq + 1;
    fault_unless(good, &tally->stuck, "%s: does not go on: %s %s", name, result_word(result.code), problem);
    if (eleven != NULL)
        eleven_close(eleven);
}

static void check_golden(const char *name, bool snapshots, struct tally *tally)
{
    struct io io;
    struct eleven *eleven;
    struct facts expected = facts_read(name);
    struct sim_disk *disk = unpack(name, &io);
    struct eleven_options options = {.directory = TRADE_DIRECTORY, .io = &io, .clock = ELEVEN_CLOCK_CALLER,
                                     .orders_ahead = 1, .ignore_snapshots = !snapshots};
    enum journal_status status = eleven_open(&eleven, &options, problem);
    tally->cases++;
    if (!fault_unless(eleven != NULL, &tally->different, "%s: %s: %s", name, journal_status_word(status), problem))
        return;
    struct eleven_stats stats;
    struct facts facts = facts_of(eleven_engine(eleven));
    eleven_stats(eleven, &stats);
    fault_unless((stats.recovered_snapshot_seq > 0) == snapshots, &tally->different, "%s: snapshot %llu", name,
                 (unsigned long long)stats.recovered_snapshot_seq);
    fault_unless(
        same_facts(&facts, &expected), &tally->different,
        "%s: seq %llu chain %llx digest %llx orders %llu; recorded: seq %llu chain %llx digest %llx orders %llu", name,
        facts.seq, facts.chain, facts.digest, facts.orders, expected.seq, expected.chain, expected.digest,
        expected.orders);
    fault_unless(support_check(eleven_engine(eleven)), &tally->unaccounted, "%s: the books are wrong", name);
    tally->commands += stats.recovered_commands;
    check_goes_on(&io, eleven, name, tally);
    sim_disk_destroy(disk);
}

static void test_goldens(void **state)
{
    struct tally tally = {0};
    u32 formats = 0;
    (void)state;
    DIR *folder = opendir(GOLDEN);
    if (folder == NULL) {
        fail_msg("%s: run the tests from the folder of the Makefile", GOLDEN);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char name[256];
        size_t size = strlen(entry->d_name);
        if (size < 4 || strcmp(entry->d_name + size - 4, ".txt") != 0)
            continue;
        snprintf(name, sizeof(name), "%.*s", (int)(size - 4), entry->d_name);
        check_golden(name, true, &tally);
        check_golden(name, false, &tally);
        formats++;
    }
    closedir(folder);
    assert_true(formats >= FORMAT_VERSION && formats <= GOLDENS_MAX);
    FAULT_LINE("golden", {"cases", tally.cases}, {"formats", formats}, {"commands", tally.commands},
               {"different", tally.different}, {"unaccounted", tally.unaccounted}, {"stuck", tally.stuck});
}

static void test_make(void **state)
{
    make(*state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens),
    };
    const struct CMUnitTest making[] = {
        cmocka_unit_test_prestate(test_make, argc == 3 ? argv[2] : NULL),
    };
    if (argc == 3 && strcmp(argv[1], "make") == 0)
        return cmocka_run_group_tests(making, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
