/*
 * segment.c: names, the list of segments, and zeroing ahead.
 *
 * Segments are zeroed with real writes because an append into space that was
 * only allocated (fallocate) also has to mark its extent as written: 178 us
 * instead of 96 us for 4 KiB. A segment gets its name only when its zeros and
 * its directory entry are durable, so using one needs no further step.
 */
#include "journal/segment.h"

#include "base/assert.h"
#include "base/mark.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT_PREFIX "journal-"
#define SEGMENT_SUFFIX ".log"
#define SEGMENT_DIGITS 10
#define SEGMENT_NAME_MAX 64

/* A folder with more unfinished files than this was not left by us. */
#define SEGMENT_TEMPORARIES_MAX 10000

struct segment_path segment_path_named(const char *directory, const char *name)
{
    struct segment_path path;
    int size = snprintf(path.text, sizeof(path.text), "%s/%s", directory, name);

    ASSERT(size > 0 && (size_t)size < sizeof(path.text));
    return path;
}

struct segment_path segment_path(const char *directory, u32 number)
{
    char name[SEGMENT_NAME_MAX];

    ASSERT(number > 0);
    snprintf(name, sizeof(name), SEGMENT_PREFIX "%010u" SEGMENT_SUFFIX, number);
    return segment_path_named(directory, name);
}

u32 segment_number(const char *name)
{
    size_t prefix = strlen(SEGMENT_PREFIX);
    u64 number = 0;

    if (strncmp(name, SEGMENT_PREFIX, prefix) != 0)
        return 0;
    for (int i = 0; i < SEGMENT_DIGITS; i++) {
        char digit = name[prefix + (size_t)i];
        if (digit < '0' || digit > '9')
            return 0;
        number = number * 10 + (u64)(digit - '0');
    }
    if (strcmp(name + prefix + SEGMENT_DIGITS, SEGMENT_SUFFIX) != 0)
        return 0;
    return number <= UINT32_MAX ? (u32)number : 0;
}

enum journal_status segment_status(i64 error)
{
    if (error >= 0)
        return JOURNAL_OK;
    if (error != -ENOSPC && error != -EDQUOT)
        return JOURNAL_IO_FAILED;
    MARK(DISK_FULL);
    return JOURNAL_DISK_FULL;
}

enum journal_status segment_problem(char *problem, enum journal_status status, const char *format, ...)
{
    va_list arguments;

    MARK_WHEN(ROT_NAMED, status == JOURNAL_ROT);
    MARK_WHEN(FOREIGN_NAMED, status == JOURNAL_FOREIGN);
    if (problem != NULL) {
        va_start(arguments, format);
        vsnprintf(problem, JOURNAL_PROBLEM_MAX, format, arguments);
        va_end(arguments);
    }
    return status;
}

static void segment_count_one(void *argument, const char *name)
{
    i64 *count = argument;

    *count += segment_number(name) != 0;
}

i64 segment_count(const struct io *io, const char *directory)
{
    i64 count = 0;
    int result = io->list(io->context, directory, segment_count_one, &count);

    return result < 0 ? result : count;
}

struct segment_collect {
    struct segment_list *list;
    u32 room;
};

static void segment_collect_one(void *argument, const char *name)
{
    struct segment_collect *collect = argument;
    u32 number = segment_number(name);

    /* A segment that a live writer made since they were counted is not needed. */
    if (number != 0 && collect->list->count < collect->room)
        collect->list->entries[collect->list->count++].number = number;
}

static int segment_compare(const void *a, const void *b)
{
    const struct segment_entry *left = a, *right = b;

    return (left->number > right->number) - (left->number < right->number);
}

static enum journal_status segment_list_names(struct segment_list *list, const struct io *io, const char *directory,
                                              char *problem)
{
    i64 count = segment_count(io, directory);

    if (count < 0 && count != -ENOENT)
        return segment_problem(problem, segment_status(count), "%s: cannot be listed (error %d)", directory,
                               (int)-count);
    if (count <= 0)
        return segment_problem(problem, JOURNAL_NOT_FOUND, "%s: no journal there", directory);

    list->memory_size = (size_t)count * sizeof(list->entries[0]);
    list->entries = io->reserve(io->context, list->memory_size);
    if (list->entries == NULL)
        return segment_problem(problem, JOURNAL_IO_FAILED, "%s: no memory for %lld segments", directory,
                               (long long)count);
    struct segment_collect collect = {.list = list, .room = (u32)count};
    int result = io->list(io->context, directory, segment_collect_one, &collect);
    if (result < 0 || list->count == 0)
        return segment_problem(problem, JOURNAL_IO_FAILED, "%s: cannot be listed (error %d)", directory, -result);
    qsort(list->entries, list->count, sizeof(list->entries[0]), segment_compare);
    return JOURNAL_OK;
}

/* Reads the header block of one segment into `block` and notes what it says. */
static enum journal_status segment_read_header(struct segment_entry *entry, const struct io *io, const char *path,
                                               struct segment_header *block, char *problem)
{
    int file = io->open(io->context, path, IO_READ | IO_DIRECT);
    if (file < 0)
        return segment_problem(problem, JOURNAL_IO_FAILED, "%s: cannot be opened (error %d)", path, -file);

    i64 size = io->size(io->context, file);
    memset(block, 0, sizeof(*block));
    i64 got = size < 0 ? size : io->read(io->context, file, block, sizeof(*block), 0);
    io->close(io->context, file);
    if (got < 0)
        return segment_problem(problem, JOURNAL_IO_FAILED, "%s: cannot be read (error %d)", path, (int)-got);

    entry->file_bytes = (u64)size;
    if (got < (i64)sizeof(*block)) /* it has its size before it has its name */
        return segment_problem(problem, JOURNAL_ROT, "%s: cut off at %lld bytes", path, (long long)size);
    entry->verdict = format_segment_check(block);
    if (entry->verdict == HEADER_FOREIGN)
        return segment_problem(problem, JOURNAL_FOREIGN, "%s: format version %u, this program knows %u", path,
                               block->version, FORMAT_VERSION);
    if (entry->verdict != HEADER_VALID)
        return JOURNAL_OK;
    /* A torn write cannot make a whole header with another number: the file was moved or overwritten. */
    if (block->segment != entry->number)
        return segment_problem(problem, JOURNAL_ROT, "%s: offset 0: is segment %u", path, block->segment);
    entry->epoch = block->epoch;
    entry->first_number = block->first_number;
    entry->first_seq = block->first_seq;
    entry->before = block->before;
    entry->durable_number = block->durable_number;
    entry->durable_through = block->durable_through;
    entry->size = block->size;
    entry->checksum = block->checksum;
    return JOURNAL_OK;
}

/* What one header means beside those before it. `first` is the number of the first batch of the last live one. */
static enum journal_status segment_list_judge(struct segment_list *list, struct segment_entry *entry,
                                              const struct segment_header *block, const char *path, u64 *first,
                                              char *problem)
{
    list->file_bytes_max = MAX(list->file_bytes_max, entry->file_bytes);
    if (entry->verdict != HEADER_VALID)
        return JOURNAL_OK;
    if (list->epoch_max == 0) {
        memcpy(list->instance, block->instance, INSTANCE_BYTES);
        list->instance_hash = format_instance_hash(list->instance);
    } else if (memcmp(list->instance, block->instance, INSTANCE_BYTES) != 0) {
        return segment_problem(problem, JOURNAL_FOREIGN, "%s: belongs to another instance", path);
    }
    list->durable_number = MAX(list->durable_number, entry->durable_number);
    entry->stale = entry->epoch < list->epoch_max;
    if (entry->stale) {
        MARK(SEGMENT_STALE);
        return JOURNAL_OK;
    }
    list->epoch_max = entry->epoch;
    if (entry->first_number <= *first)
        return segment_problem(problem, JOURNAL_ROT,
                               "%s: offset 0: begins with batch %llu, which is in a segment before", path,
                               (unsigned long long)entry->first_number);
    *first = entry->first_number;
    return JOURNAL_OK;
}

static enum journal_status segment_list_headers(struct segment_list *list, const struct io *io, const char *directory,
                                                struct segment_header *block, char *problem)
{
    enum journal_status status = JOURNAL_OK;
    u64 first = 0;

    for (u32 i = 0; i < list->count && status == JOURNAL_OK; i++) {
        struct segment_entry *entry = &list->entries[i];
        struct segment_path path = segment_path(directory, entry->number);
        if (i > 0 && entry->number != entry[-1].number + 1) {
            MARK(SEGMENT_MISSING);
            return segment_problem(problem, JOURNAL_ROT, "%s: missing",
                                   segment_path(directory, entry[-1].number + 1).text);
        }
        status = segment_read_header(entry, io, path.text, block, problem);
        if (status == JOURNAL_OK)
            status = segment_list_judge(list, entry, block, path.text, &first, problem);
        if (status == JOURNAL_OK && i == 0 && !segment_live(entry))
            status = segment_problem(problem, JOURNAL_ROT, "%s: offset 0: the header is damaged", path.text);
    }
    return status;
}

enum journal_status segment_list_load(struct segment_list *list, const struct io *io, const char *directory,
                                      char *problem)
{
    struct segment_header *block = NULL;

    *list = (struct segment_list){0};
    enum journal_status status = segment_list_names(list, io, directory, problem);
    if (status != JOURNAL_OK)
        goto failed;
    block = io->reserve(io->context, sizeof(*block));
    if (block == NULL) {
        status = segment_problem(problem, JOURNAL_IO_FAILED, "%s: no memory", directory);
        goto failed;
    }
    status = segment_list_headers(list, io, directory, block, problem);
    io->release(io->context, block, sizeof(*block));
    if (status != JOURNAL_OK)
        goto failed;
    ASSERT(list->count > 0 && segment_live(&list->entries[0]));
    return JOURNAL_OK;

failed:
    segment_list_free(list, io);
    return status;
}

void segment_list_free(struct segment_list *list, const struct io *io)
{
    if (list->entries != NULL)
        io->release(io->context, list->entries, list->memory_size);
    *list = (struct segment_list){0};
}

int segment_zero(const struct io *io, int file, const u8 *zeros, u64 from, u64 to)
{
    int result = 0;

    ASSERT(from % IO_SECTOR == 0 && to % IO_SECTOR == 0);
    while (from < to && result == 0) {
        size_t size = (size_t)MIN(to - from, SEGMENT_ZEROS_BYTES);
        result = io_write_all(io, file, zeros, size, from);
        from += size;
    }
    return result;
}

int segment_make(const struct io *io, const char *directory, u32 number, u64 size, const u8 *zeros)
{
    char name[SEGMENT_NAME_MAX];
    int result;

    snprintf(name, sizeof(name), "prepared-%010u.tmp", number);
    struct segment_path temporary = segment_path_named(directory, name);
    struct segment_path final = segment_path(directory, number);
    int file = io->open(io->context, temporary.text, IO_WRITE | IO_CREATE | IO_DIRECT);
    if (file < 0)
        return file;
    result = segment_zero(io, file, zeros, 0, size);
    if (result == 0)
        result = io->sync(io->context, file);
    int closed = io->close(io->context, file);
    if (result < 0 || closed < 0)
        goto failed;
    result = io->rename(io->context, temporary.text, final.text);
    if (result < 0)
        goto failed;
    return io->sync_directory(io->context, directory);

failed:
    io->unlink(io->context, temporary.text);
    return result < 0 ? result : closed;
}

/* Finds one name that ends with ".tmp". */
static void segment_find_temporary(void *argument, const char *name)
{
    char *found = argument;
    size_t size = strlen(name);

    if (found[0] == 0 && size > 4 && size < SEGMENT_NAME_MAX && strcmp(name + size - 4, ".tmp") == 0)
        memcpy(found, name, size + 1);
}

int segment_remove_temporaries(const struct io *io, const char *directory)
{
    for (int i = 0; i < SEGMENT_TEMPORARIES_MAX; i++) {
        char found[SEGMENT_NAME_MAX] = {0};
        int result = io->list(io->context, directory, segment_find_temporary, found);
        if (result < 0)
            return result;
        if (found[0] == 0)
            return 0;
        MARK(TEMPORARY_REMOVED);
        result = io->unlink(io->context, segment_path_named(directory, found).text);
        if (result < 0)
            return result;
    }
    return -EMLINK;
}
