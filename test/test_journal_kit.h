/*
 * test_journal_kit.h: what the journal tests share: records whose size and
 * bytes follow from their sequence number, a visitor that checks them, and
 * short ways to push, drain and recover.
 */
#ifndef ELEVEN_TEST_JOURNAL_KIT_H
#define ELEVEN_TEST_JOURNAL_KIT_H

#include "base/assert.h"
#include "base/checksum.h"
#include "base/prng.h"
#include "journal/journal.h"
#include "sim/disk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KIT_DIRECTORY "data"
#define KIT_SEGMENT_BYTES (64u << 10)
#define KIT_BATCH_BYTES (16u << 10)

static const struct journal_options kit_options = {
    .directory = KIT_DIRECTORY,
    .segment_bytes = KIT_SEGMENT_BYTES,
    .batch_bytes_max = KIT_BATCH_BYTES,
};

/* `salt` tells apart what two writers would put at one sequence number. */
static inline u32 kit_record_size(u64 seq)
{
    return 8 * (u32)(2 + mix64(seq) % 30);
}

static inline void kit_record_fill(u8 *bytes, u64 seq, u64 salt)
{
    u64 *words = (u64 *)(void *)bytes;

    words[0] = seq;
    words[1] = salt;
    for (u32 i = 2; i < kit_record_size(seq) / 8; i++)
        words[i] = mix64(seq * 64 + i + salt);
}

/* Checks every record it is given: no gap, no change. Counts them. */
struct kit_reader {
    u64 next;               /* expected sequence number; 0: begins with whatever comes first */
    u64 records;
    u64 batches;
    u64 epoch;
    u64 salts[4096];        /* by sequence number, where they are few */
};

static inline bool kit_visit(void *argument, const struct journal_batch *batch)
{
    struct kit_reader *reader = argument;
    const u8 *at = (const u8 *)batch->records.bytes;
    const u8 *end = at + batch->records.size;

    if (reader->next == 0)
        reader->next = batch->seq_first;
    assert_int_equal(batch->seq_first, reader->next);
    assert_true(batch->count > 0);
    assert_true(batch->epoch >= reader->epoch);
    assert_int_equal((uintptr_t)at % 8, 0);
    reader->epoch = batch->epoch;
    for (u32 i = 0; i < batch->count; i++) {
        u8 expected[8 * 32];
        u64 salt;
        u32 size = kit_record_size(reader->next);
        assert_true(at + size <= end);
        memcpy(&salt, at + 8, sizeof(salt));
        kit_record_fill(expected, reader->next, salt);
        if (memcmp(at, expected, size) != 0) /* cmocka compares byte by byte: half of a test's time */
            assert_memory_equal(at, expected, size);
        reader->salts[reader->next % ARRAY_COUNT(reader->salts)] = salt;
        at += size;
        reader->next++;
        reader->records++;
    }
    assert_true(at == end);
    assert_int_equal(batch->state, mix64(reader->next - 1));
    reader->batches++;
    return true;
}

/* Pushes one record. False: the journal has failed. */
static inline bool kit_push(struct journal *journal, u64 salt)
{
    u64 seq = journal_next(journal);
    u8 *bytes;

    while ((bytes = journal_reserve(journal, kit_record_size(seq))) == NULL)
        if (journal_poll(journal, true) != JOURNAL_OK)
            return false;
    kit_record_fill(bytes, seq, salt);
    assert_int_equal(journal_push(journal, kit_record_size(seq), (i64)seq, mix64(seq)), seq);
    return true;
}

/* Until everything pushed is durable. False: the journal has failed. */
static inline bool kit_drain(struct journal *journal)
{
    while (journal_durable(journal) + 1 < journal_next(journal)) {
        if (journal_flush(journal) != JOURNAL_OK || journal_poll(journal, true) != JOURNAL_OK)
            return false;
    }
    return true;
}

static inline void kit_make_directory(const struct io *io)
{
    assert_int_equal(io->make_directory(io->context, KIT_DIRECTORY), 0);
}

/* A journal on a fresh simulated disk, open and empty. */
static inline struct sim_disk *kit_disk(struct io *io, u64 seed)
{
    struct sim_disk *disk = sim_disk_create(seed);

    sim_disk_io(disk, io);
    kit_make_directory(io);
    sim_disk_settle(disk);
    return disk;
}

static inline struct journal *kit_open(const struct io *io, struct kit_reader *reader)
{
    struct journal *journal = NULL;
    char problem[JOURNAL_PROBLEM_MAX];

    *reader = (struct kit_reader){.next = 1};
    enum journal_status status = journal_open(&journal, io, &kit_options, 0, kit_visit, reader, problem);
    if (status != JOURNAL_OK)
        print_message("open: %s: %s\n", journal_status_word(status), problem);
    assert_int_equal(status, JOURNAL_OK);
    return journal;
}

/* Reads everything; the status and the number of records. */
static inline enum journal_status kit_read(const struct io *io, struct kit_reader *reader, char *problem)
{
    *reader = (struct kit_reader){.next = 1};
    return journal_read(io, &kit_options, 0, kit_visit, reader, problem);
}

/* The process is gone before its next call. The journal's memory is given back; nothing else happens. */
static inline void kit_kill(struct sim_disk *disk, const struct io *io, struct journal *journal)
{
    sim_disk_crash_at(disk, sim_disk_calls(disk) + 1);
    assert_int_equal(io->unlink(io->context, "nothing"), -EIO);
    (void)journal_close(journal);
    sim_disk_restart(disk);
}

static inline const char *kit_segment(u32 number)
{
    static char names[4][64];
    static u32 turn;
    char *name = names[turn++ % 4];

    snprintf(name, sizeof(names[0]), KIT_DIRECTORY "/journal-%010u.log", number);
    return name;
}

#endif
