#include "bench/engine.h"

#include "base/assert.h"
#include "bench/measure.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define IN_FLIGHT_MAX 16384u
#define ANSWERS_MAX 4096u
#define SUBMIT_CHUNK 4096u                      /* orders handed over between two polls */
#define SETUP_BYTES ((size_t)4 << 20)
#define SLACK_ROWS 1024u
#define TEXT_BYTES_PER_SKU 64u
#define SETUP_BYTES_PER_SKU 240u                /* journal: put, price, stock */
#define SETUP_BYTES_PER_BOOK 40u                /* journal: stock */
#define SETUP_BYTES_PER_SHOPPER 128u            /* journal: join, top-up */
#define JOURNAL_BYTES_PER_ORDER 100u            /* 80 and what padding of small batches adds */
#define SNAPSHOT_WAIT_NS ((i64)180 * 1000000000)
#define SNAPSHOT_NEVER ((u64)1 << 60)           /* by itself: only the part "snapshot" writes some */
#define PAGE_BYTES 4096u

struct under_test {
    struct engine_shape shape;
    struct io io;
    struct eleven_options options;
    struct eleven *eleven;
    struct eleven_answer *answers;
    u64 next_ticket;        /* of the next answer */
    u8 *setup;              /* commands of the set-up, gathered */
    size_t setup_size;
    size_t setup_count;
};

static struct engine_limits limits_for(const struct engine_shape *shape)
{
    struct engine_limits limits;
    engine_limits_default(&limits);
    limits.skus = shape->skus + SLACK_ROWS;
    limits.books = shape->skus + shape->stores * (CATALOGUE_STORE_SKUS + 1) + SLACK_ROWS;
    limits.tenders = SLACK_ROWS; /* no tills here */
    limits.text_bytes = (u64)shape->skus * TEXT_BYTES_PER_SKU + (1 << 20);
    limits.shoppers = shape->shoppers + SLACK_ROWS;
    limits.caps = 2 * (u64)shape->shoppers;
    limits.orders = shape->orders_max;
    limits.lines = shape->orders_max * 2 + shape->orders_max / 50 + SLACK_ROWS;
    limits.answers = shape->orders_max;
    const char *problem = engine_limits_problem(&limits);
    if (problem)
        measure_fail("limits: %s", problem);
    return limits;
}

static void *(*reserve_untouched)(void *context, size_t size);

/* io.reserve, with the first touch of every page paid at once. */
static void *reserve_touched(void *context, size_t size)
{
    volatile u8 *memory = reserve_untouched(context, size);
    for (size_t offset = 0; memory && offset < size; offset += PAGE_BYTES)
        memory[offset] = 0;
    return (void *)memory;
}

static void open_io(struct under_test *under_test)
{
    if (io_linux_open(&under_test->io, IO_APPENDER_BEST) != 0)
        measure_fail("cannot set up input and output");
    reserve_untouched = under_test->io.reserve;
    if (under_test->shape.touched)
        under_test->io.reserve = reserve_touched;
}

static void open_folder(struct under_test *under_test)
{
    char problem[JOURNAL_PROBLEM_MAX] = "";
    if (eleven_open(&under_test->eleven, &under_test->options, problem) != JOURNAL_OK)
        measure_fail("open %s: %s", under_test->shape.directory, problem);
}

struct under_test *engine_start(const struct engine_shape *shape)
{
    struct under_test *under_test = measure_memory(sizeof(*under_test));
    under_test->shape = *shape;
    under_test->answers = measure_memory(ANSWERS_MAX * sizeof(*under_test->answers));
    under_test->setup = measure_memory(SETUP_BYTES);
    open_io(under_test);
    under_test->options = (struct eleven_options){
        .directory = shape->directory,
        .io = &under_test->io,
        .clock = ELEVEN_CLOCK_SERVER,
        .journal_ahead_bytes = (u64)shape->skus * SETUP_BYTES_PER_SKU + (u64)shape->shoppers * SETUP_BYTES_PER_SHOPPER +
                               (u64)shape->stores * (CATALOGUE_STORE_SKUS + 1) * SETUP_BYTES_PER_BOOK +
                               shape->orders_ahead * JOURNAL_BYTES_PER_ORDER,
        .in_flight_max = IN_FLIGHT_MAX,
        .snapshot_every_bytes = SNAPSHOT_NEVER,
        .no_snapshot_at_close = true,
    };
    struct engine_limits limits = limits_for(shape);
    enum journal_status status = eleven_create(shape->directory, &limits, &under_test->io);
    if (status != JOURNAL_OK)
        measure_fail("create %s: %s", shape->directory, journal_status_word(status));
    open_folder(under_test);
    return under_test;
}

void engine_stop(struct under_test *under_test)
{
    if (eleven_close(under_test->eleven) != JOURNAL_OK)
        measure_fail("close: the journal failed");
    io_linux_close(&under_test->io);
    free(under_test->answers);
    free(under_test->setup);
    free(under_test);
}

const char *engine_appender(const struct under_test *under_test)
{
    return io_linux_appender(&under_test->io);
}

/* Hands over commands; returns how many were taken, *size_taken bytes. */
static size_t submit(struct under_test *under_test, const u8 *bytes, size_t size, size_t *size_taken)
{
    u64 outstanding = eleven_outstanding(under_test->eleven), first = 0;
    size_t taken = eleven_submit(under_test->eleven, bytes, size, size_taken, &first);
    if (taken > 0 && outstanding == 0)
        under_test->next_ticket = first;
    return taken;
}

/* Takes answers and counts them; how many there were. */
static size_t poll(struct under_test *under_test, bool wait, struct tally *tally)
{
    size_t count = eleven_poll(under_test->eleven, under_test->answers, ANSWERS_MAX, wait);
    if (count == 0 && eleven_status(under_test->eleven) != JOURNAL_OK)
        measure_fail("the journal failed: %s", journal_status_word(eleven_status(under_test->eleven)));
    for (size_t i = 0; i < count; i++) {
        const struct eleven_answer *answer = &under_test->answers[i];
        ASSERT(answer->ticket == under_test->next_ticket);
        under_test->next_ticket++;
        if (answer->result.code == RESULT_LIMIT_REACHED)
            tally->refused++;
        else if (answer->result.code != RESULT_OK)
            measure_fail("an unexpected answer: %s (value %lld)", result_word(answer->result.code),
                         (long long)answer->result.value);
        else if (answer->result.flags & RESULT_REPLAYED)
            tally->replayed++;
        else
            tally->accepted++;
    }
    return count;
}

static void flush_setup(struct under_test *under_test)
{
    struct tally tally = {0};
    size_t offset = 0, answered = 0;
    while (answered < under_test->setup_count) {
        size_t size = 0;
        if (offset < under_test->setup_size)
            submit(under_test, under_test->setup + offset, under_test->setup_size - offset, &size);
        offset += size;
        answered += poll(under_test, size == 0, &tally);
    }
    ASSERT(tally.accepted == under_test->setup_count);
    under_test->setup_size = under_test->setup_count = 0;
}

static void gather(void *argument, const struct command_header *command)
{
    struct under_test *under_test = argument;
    if (under_test->setup_size + command->size > SETUP_BYTES)
        flush_setup(under_test);
    memcpy(under_test->setup + under_test->setup_size, command, command->size);
    under_test->setup_size += command->size;
    under_test->setup_count++;
}

void engine_set_up(struct under_test *under_test, void (*part)(const struct catalogue *catalogue))
{
    const struct engine_shape *shape = &under_test->shape;
    struct catalogue catalogue = {.cities = shape->cities,
                                  .stores = shape->stores,
                                  .skus = shape->skus,
                                  .shoppers = shape->shoppers,
                                  .cap = shape->cap,
                                  .price_per_mille = shape->price_per_mille,
                                  .now_ms = shape->now_ms,
                                  .sink = gather,
                                  .argument = under_test};
    part(&catalogue);
    flush_setup(under_test);
}

/* Submits orders [next, end); returns the new next. */
static size_t submit_orders(struct under_test *under_test, const struct orders *orders, size_t next, size_t end)
{
    if (next == end)
        return next;
    size_t size_taken = 0, begin = (size_t)orders->places[next] * 8;
    size_t stop = end < orders->count ? (size_t)orders->places[end] * 8 : orders->size;
    return next + submit(under_test, orders->bytes + begin, stop - begin, &size_taken);
}

i64 engine_run(struct under_test *under_test, const struct orders *orders, struct tally *tally)
{
    size_t next = 0, answered = 0;
    i64 start = measure_ns();
    while (answered < orders->count) {
        size_t before = next;
        next = submit_orders(under_test, orders, next, MIN(next + SUBMIT_CHUNK, orders->count));
        answered += poll(under_test, next == before, tally);
    }
    return measure_ns() - start;
}

/* Says how long the engine stood still for it: the copy of its page tables. */
static void begin_snapshot(struct under_test *under_test)
{
    i64 start = measure_ns();
    if (eleven_snapshot(under_test->eleven))
        measure_print("snapshot.begin", (double)(measure_ns() - start) / 1e3, 1, "us");
}

void engine_run_paced(struct under_test *under_test, const struct orders *orders, double rate, bool snapshots,
                      u32 *latencies_ns)
{
    struct tally tally = {0};
    double ns_per_order = 1e9 / rate;
    size_t next = 0, answered = 0;
    i64 start = measure_ns();
    while (answered < orders->count) {
        if (snapshots && !eleven_snapshot_running(under_test->eleven))
            begin_snapshot(under_test);
        size_t due = (size_t)((double)(measure_ns() - start) / ns_per_order) + 1;
        next = submit_orders(under_test, orders, next, MAX(next, MIN(due, orders->count)));
        size_t count = poll(under_test, false, &tally);
        if (count == 0)
            sched_yield(); /* the kernel's worker that ends a synced write must get at this core */
        i64 now = measure_ns() - start;
        for (size_t end = answered + count; answered < end; answered++)
            latencies_ns[answered] = (u32)MIN(now - (i64)((double)answered * ns_per_order), (i64)UINT32_MAX);
    }
}

void engine_wait_for_snapshot(struct under_test *under_test)
{
    struct tally tally = {0};
    i64 deadline = measure_ns() + SNAPSHOT_WAIT_NS;
    while (eleven_snapshot_running(under_test->eleven)) {
        if (measure_ns() > deadline)
            measure_fail("a snapshot did not end");
        poll(under_test, false, &tally);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
}

double engine_reopen(struct under_test *under_test)
{
    const struct engine *engine = eleven_engine(under_test->eleven);
    u64 seq = engine_seq(engine), chain = engine_chain(engine);
    if (eleven_close(under_test->eleven) != JOURNAL_OK)
        measure_fail("close: the journal failed");
    under_test->options.ignore_snapshots = true;
    under_test->options.journal_ahead_bytes = 0;
    open_folder(under_test);
    struct eleven_stats stats;
    eleven_stats(under_test->eleven, &stats);
    engine = eleven_engine(under_test->eleven);
    if (engine_seq(engine) != seq || engine_chain(engine) != chain)
        measure_fail("the replayed state is another one");
    return measure_rate(engine_order_count(engine), stats.recovery_ns);
}
