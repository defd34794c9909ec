/*
 * ahead.c: keeps zeroed segments ready, so that the writer goes from one to the
 * next without waiting: zeroing 64 MiB takes tens of milliseconds, and a sale
 * does not wait for that.
 *
 * Nor does it wait when a segment is needed that the helper is still making, as
 * on a file system that is stuck: the open batch stays open (journal_flush), the
 * journal is full of work soon, and who asks is sent away.
 *
 * A helper thread makes them, one after the other, in order of their numbers;
 * so there is never a gap between the numbers of segment files, and a gap found
 * later means that a file was lost. A helper that fails is not an error until
 * its segment is needed.
 */
#include "base/assert.h"
#include "base/mark.h"
#include "journal/file_journal.h"

#include <errno.h>

static int ahead_make(void *argument)
{
    struct journal_helper *helper = argument;
    int result = 0;

    while (helper->through < helper->target && result == 0) {
        result = segment_make(helper->io, helper->directory, helper->through + 1, helper->segment_bytes, helper->zeros);
        if (result == 0)
            helper->through++;
        else
            MARK(SEGMENT_NOT_MADE);
    }
    helper->result = result;
    atomic_store(&helper->done, true);
    return result;
}

void ahead_collect(struct journal *journal, bool wait)
{
    struct journal_helper *helper = &journal->helper;

    if (helper->thread == NULL || (!wait && !atomic_load(&helper->done)))
        return;
    journal->io.join_thread(journal->io.context, helper->thread);
    ASSERT(atomic_load(&helper->done));
    helper->thread = NULL;
}

void ahead_start(struct journal *journal)
{
    struct journal_helper *helper = &journal->helper;

    ahead_collect(journal, false);
    if (helper->thread != NULL || helper->result != 0)
        return;
    if (helper->through >= journal->segment + journal->options.segments_ahead)
        return;
    helper->target = journal->segment + journal->options.segments_ahead;
    atomic_store(&helper->done, false);
    if (journal->io.start_thread(journal->io.context, ahead_make, helper, &helper->thread) < 0) {
        MARK(SEGMENT_WITHOUT_THREAD); /* it is made when it is needed */
        helper->thread = NULL;
    }
}

/* Makes segments up to `target` now. 0 or -errno. */
static int ahead_wait(struct journal *journal, u32 target)
{
    struct journal_helper *helper = &journal->helper;

    ahead_collect(journal, true);
    if (helper->through >= target)
        return 0;
    /* A full disk may have got room since; a failed write or sync is final. */
    if (helper->result != 0 && segment_status(helper->result) != JOURNAL_DISK_FULL)
        return helper->result;
    MARK_WHEN(FULL_DISK_ASKED_AGAIN, helper->result != 0);
    MARK(SEGMENT_WAITED_FOR);
    helper->target = target;
    return ahead_make(helper);
}

bool ahead_ready(struct journal *journal)
{
    ahead_collect(journal, false);
    return journal->helper.thread == NULL;
}

enum journal_status ahead_switch(struct journal *journal)
{
    int result = ahead_wait(journal, journal->segment + 1);

    if (result < 0)
        return segment_status(result);
    struct segment_path path = segment_path(journal->directory, journal->segment + 1);
    int file = journal->io.open(journal->io.context, path.text, IO_WRITE | IO_DIRECT);
    if (file < 0)
        return segment_status(file);
    i64 size = journal->io.size(journal->io.context, file);
    if (size != (i64)journal->options.segment_bytes) {
        journal->io.close(journal->io.context, file);
        return JOURNAL_IO_FAILED;
    }

    /* The old file goes when the last append to it has ended. */
    if (journal->flight_count > 0)
        journal->flights[(journal->durable_number + journal->flight_count) % IO_APPENDS_MAX].closes = journal->file;
    else
        journal->io.close(journal->io.context, journal->file);
    journal->file = file;
    journal->file_size = (u64)size;
    journal->offset = 0;
    journal->segment++;
    MARK(SEGMENT_SWITCHED);
    ahead_start(journal);
    return JOURNAL_OK;
}

enum journal_status journal_prepare(struct journal *journal, u64 bytes)
{
    const u64 room = journal->options.segment_bytes - IO_SECTOR;
    const u64 left = journal->file_size - journal->offset;

    if (journal->status != JOURNAL_OK || bytes <= left)
        return journal->status;
    /* A batch does not cross segments: each may end with a place too small for one. */
    u64 usable = room - journal->options.batch_bytes_max + IO_SECTOR;
    u64 segments = (bytes - left + usable - 1) / usable + 1;
    ASSERT(segments < UINT32_MAX - journal->segment);
    /* A full disk is final only when a segment is needed and missing. */
    return segment_status(ahead_wait(journal, journal->segment + (u32)segments));
}
