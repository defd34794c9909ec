/*
 * Batch on disk: struct batch_header, the orders' bytes, zeros up to the sector.
 */
#include "bench/bare.h"

#include "base/assert.h"
#include "base/checksum.h"
#include "bench/measure.h"

#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH_BYTES ((size_t)1 << 20)
#define SECTOR_BYTES ((size_t)4096)
#define IN_FLIGHT_MAX 2u
#define BUFFERS (IN_FLIGHT_MAX + 1)
#define TABLE_LOAD 2u       /* slots per SKU or key, at least */

struct batch_header {
    u64 checksum;           /* of what follows, chained to the batch before */
    u64 sequence;
    u64 size;
    u64 count;
};

struct stock {
    u32 sku;                /* 0: free slot */
    u32 available;
};

/* The keys seen. */
struct seen {
    u64 (*keys)[2];         /* open addressing; 0: free */
    u64 key_mask;
    u64 orders_max;         /* 0: none are remembered */
    u64 orders;
};

struct bare {
    struct seen seen;
    struct io_uring ring;
    char *path;
    int file;
    u64 log_bytes;
    struct stock *table;
    u32 table_mask;
    u8 *buffers[BUFFERS];
};

/* What one run goes through. */
struct run {
    struct bare *bare;
    u64 offset;             /* in the log */
    u64 sequence;
    u64 checksum;
    u32 buffer;             /* being filled */
    u32 in_flight;
    size_t used;            /* bytes of the open batch */
    u64 count;              /* orders of it */
    u64 sent;
    u64 durable;
    u64 counts[BUFFERS];
};

static struct stock *find(const struct bare *bare, u32 sku)
{
    u32 slot = (u32)mix64(sku) & bare->table_mask;
    while (bare->table[slot].sku != sku && bare->table[slot].sku != 0)
        slot = (slot + 1) & bare->table_mask;
    return &bare->table[slot];
}

static void seen_open(struct seen *seen, u64 orders_max)
{
    u64 slots = 1;
    while (slots < TABLE_LOAD * orders_max)
        slots *= 2;
    seen->keys = measure_memory(slots * sizeof(*seen->keys));
    seen->key_mask = slots - 1;
    seen->orders_max = orders_max;
}

static u64 key_home(const struct seen *seen, const struct command_order_place *place)
{
    return mix64(place->header.key[0] ^ mix64(place->header.key[1])) & seen->key_mask;
}

/* Where the key is, or would be. */
static u64 *key_slot(const struct seen *seen, const struct command_order_place *place)
{
    u64 slot = key_home(seen, place);
    while (seen->keys[slot][0] != 0 && (seen->keys[slot][0] != place->header.key[0] ||
                                        seen->keys[slot][1] != place->header.key[1]))
        slot = (slot + 1) & seen->key_mask;
    return seen->keys[slot];
}

static void remember(struct seen *seen, u64 *slot, const struct command_order_place *place)
{
    ASSERT(seen->orders++ < seen->orders_max);
    slot[0] = place->header.key[0];
    slot[1] = place->header.key[1];
}

struct bare *bare_open(const char *path, u64 log_bytes, const struct bare_shape *shape)
{
    struct bare *bare = measure_memory(sizeof(*bare));
    bare->path = strdup(path);
    bare->log_bytes = log_bytes / BATCH_BYTES * BATCH_BYTES;
    bare->file = measure_zeroed_file(path, bare->log_bytes);
    if (io_uring_queue_init(2 * IN_FLIGHT_MAX, &bare->ring, 0) != 0)
        measure_fail("the bare loop needs io_uring");
    for (u32 i = 0; i < BUFFERS; i++)
        bare->buffers[i] = measure_memory(BATCH_BYTES);
    u32 slots = 1;
    while (slots < TABLE_LOAD * shape->skus)
        slots *= 2;
    bare->table = measure_memory(slots * sizeof(*bare->table));
    bare->table_mask = slots - 1;
    for (u32 sku = 1; sku <= shape->skus; sku++)
        *find(bare, sku) = (struct stock){sku, WORKLOAD_STOCK};
    if (shape->orders_max > 0)
        seen_open(&bare->seen, shape->orders_max);
    return bare;
}

void bare_close(struct bare *bare)
{
    io_uring_queue_exit(&bare->ring);
    close(bare->file);
    unlink(bare->path);
    for (u32 i = 0; i < BUFFERS; i++)
        free(bare->buffers[i]);
    free(bare->table);
    free(bare->seen.keys);
    free(bare->path);
    free(bare);
}

static void acknowledge_one(struct run *run)
{
    struct io_uring_cqe *done;
    if (io_uring_wait_cqe(&run->bare->ring, &done) != 0 || done->res <= 0)
        measure_fail("a write of the bare loop failed");
    u64 buffer = done->user_data;
    run->durable += run->counts[buffer];
    run->counts[buffer] = 0;
    run->in_flight--;
    io_uring_cqe_seen(&run->bare->ring, done);
}

static void open_batch(struct run *run)
{
    run->buffer = 0;
    while (run->counts[run->buffer] != 0)
        run->buffer++;
    ASSERT(run->buffer < BUFFERS);
    run->used = sizeof(struct batch_header);
    run->count = 0;
}

/* Sends the open batch, first waiting for a place in flight. */
static void send_batch(struct run *run)
{
    struct bare *bare = run->bare;
    u8 *bytes = bare->buffers[run->buffer];
    struct batch_header *header = (struct batch_header *)bytes;
    size_t size = (run->used + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
    memset(bytes + run->used, 0, size - run->used);
    *header = (struct batch_header){0, ++run->sequence, run->used, run->count};
    run->checksum = checksum64(&header->sequence, run->used - sizeof(header->checksum), run->checksum);
    header->checksum = run->checksum;

    while (run->in_flight == IN_FLIGHT_MAX)
        acknowledge_one(run);
    ASSERT(run->offset + size <= bare->log_bytes);
    struct io_uring_sqe *entry = io_uring_get_sqe(&bare->ring);
    io_uring_prep_write(entry, bare->file, bytes, (unsigned)size, run->offset);
    entry->rw_flags = RWF_DSYNC;
    entry->user_data = run->buffer;
    if (io_uring_submit(&bare->ring) != 1)
        measure_fail("io_uring took no write");
    run->counts[run->buffer] = run->count;
    run->offset += size;
    run->sent += run->count;
    run->in_flight++;
    open_batch(run);
}

/* All lines or none. */
static bool take_stock(const struct bare *bare, const struct command_order_place *place)
{
    const struct order_line_asked *lines = command_lines(place);
    struct stock *stocks[WORKLOAD_LINES_MAX];
    for (u32 i = 0; i < place->line_count; i++) {
        stocks[i] = find(bare, lines[i].sku);
        if (stocks[i]->available < lines[i].quantity)
            return false;
    }
    for (u32 i = 0; i < place->line_count; i++)
        stocks[i]->available -= lines[i].quantity;
    return true;
}

static bool take(struct bare *bare, const struct command_order_place *place)
{
    if (bare->seen.orders_max == 0)
        return take_stock(bare, place);
    u64 *slot = key_slot(&bare->seen, place);
    if (slot[0] != 0 || !take_stock(bare, place))
        return false;
    remember(&bare->seen, slot, place);
    return true;
}

i64 bare_run(struct bare *bare, const struct orders *orders, u64 *accepted)
{
    struct run run = {.bare = bare};
    i64 start = measure_ns();
    open_batch(&run);
    for (size_t i = 0; i < orders->count; i++) {
        const struct command_order_place *place = orders_at(orders, i);
        if (!take(bare, place))
            continue;
        size_t size = place->header.size;
        if (run.used + size > BATCH_BYTES)
            send_batch(&run);
        memcpy(bare->buffers[run.buffer] + run.used, place, size);
        run.used += size;
        run.count++;
    }
    if (run.count > 0)
        send_batch(&run);
    while (run.in_flight > 0)
        acknowledge_one(&run);
    ASSERT(run.durable == run.sent);
    *accepted = run.durable;
    return measure_ns() - start;
}
