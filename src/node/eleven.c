/*
 * The node: one engine, its journal, and the reply gate. This is the way of an
 * order once it is a command:
 *   submit  stamps it with the clock in the journal's open batch, has the engine
 *           decide it there, keeps it there if it changed something, and queues its answer
 *   poll    sends batches off, and lets answers go up to the journal's durable mark
 * Every answer waits for all that the engine had decided before it, refusals
 * too: nobody is told of a state that a crash could take back.
 */
#include "eleven.h"

#include "base/assert.h"
#include "base/mark.h"
#include "node/clock.h"
#include "node/config.h"
#include "node/node.h"
#include "node/replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK_BYTES 65536u          /* commands decided in one go; >= COMMAND_SIZE_MAX */
#define CHUNK_COMMANDS 512u
#define FLUSH_BYTES 131072u         /* an open batch worth a second place in flight */
#define IN_FLIGHT_DEFAULT 16384u
#define HOUSEKEEPING_NS 1000000     /* once a millisecond */
#define SEAL_AFTER_NS 20000000      /* idle time after which the tail is sealed */
#define ORDERS_AHEAD 262144u        /* some 60 ms of the fastest sale, 60 MB */
#define SNAPSHOT_EVERY_BYTES ((u64)4 << 30)
#define SNAPSHOT_RATE ((u64)200 << 20)

_Static_assert(CHUNK_BYTES >= COMMAND_SIZE_MAX, "any command fits a chunk");
_Static_assert(CHUNK_BYTES < CONFIG_SEGMENT_BYTES_MIN / 2 - IO_SECTOR, "a chunk fits a batch");

/* An answer that waits at the gate until `seq` is durable. */
struct waiting {
    u64 seq;
    struct result result;
};

struct eleven {
    struct eleven_options options;
    struct io own_io;               /* when none was given */
    const struct io *io;
    struct config config;
    void *memory;
    size_t memory_size;
    struct engine *engine;
    struct journal *journal;
    enum journal_status status;
    int lock;
    struct server_clock clock;
    i64 housekeeping_ns;
    i64 active_ns;
    struct waiting *waiting;        /* ring of options.in_flight_max, which is a power of two */
    u64 ticket_next;
    u64 ticket_answered;            /* tickets below have been polled */
    struct snapshot_job snapshot;
    struct toucher toucher;
    struct eleven_stats stats;
};

/* --- opening ------------------------------------------------------------------- */

static enum journal_status fail(enum journal_status status, char *problem, const char *what, int error)
{
    snprintf(problem, JOURNAL_PROBLEM_MAX, "%s%s%s", what, error < 0 ? ": " : "", error < 0 ? strerror(-error) : "");
    return status;
}

static int lock_take(struct eleven *eleven)
{
    char path[4096];
    if (snprintf(path, sizeof(path), "%s/lock", eleven->options.directory) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    return eleven->io->lock(eleven->io->context, path);
}

static enum journal_status memory_take(struct eleven *eleven, char *problem)
{
    const struct io *io = eleven->io;
    eleven->memory_size = engine_memory_size(&eleven->config.limits);
    eleven->memory = io->reserve(io->context, eleven->memory_size);
    eleven->snapshot.io = io;
    eleven->snapshot.directory = eleven->options.directory;
    eleven->snapshot.config = &eleven->config;
    eleven->snapshot.ignore_snapshots = eleven->options.ignore_snapshots;
    eleven->snapshot.bytes_per_second = eleven->options.snapshot_bytes_per_second;
    eleven->waiting = malloc(eleven->options.in_flight_max * sizeof(*eleven->waiting));
    eleven->snapshot.buffer = io->reserve(io->context, SNAPSHOT_BUFFER_BYTES);
    if (eleven->memory == NULL || eleven->waiting == NULL ||
        eleven->snapshot.buffer == NULL)
        return fail(JOURNAL_IO_FAILED, problem, "there is not enough memory for these limits", 0);
    eleven->engine = engine_create(eleven->memory, &eleven->config.limits);
    return JOURNAL_OK;
}

/* Replay, with the memory of coming orders made resident beside it. */
struct recovery {
    struct replay replay;
    struct toucher toucher;
};

static bool recovery_visit(void *argument, const struct journal_batch *batch)
{
    struct recovery *recovery = argument;
    toucher_poll(&recovery->toucher);
    return replay_visit(&recovery->replay, batch);
}

static enum journal_status recover(struct eleven *eleven, char *problem)
{
    const struct io *io = eleven->io;
    i64 begun_ns = io->monotonic_ns(io->context);
    struct snapshot_head head = {0};
    enum journal_status status = JOURNAL_NOT_FOUND;
    if (!eleven->options.ignore_snapshots)
        status = snapshot_restore(io, eleven->options.directory, UINT64_MAX, eleven->engine, &head, problem);
    if (status != JOURNAL_OK && status != JOURNAL_NOT_FOUND)
        return status;

    struct recovery recovery = {.replay.engine = eleven->engine};
    toucher_start(&recovery.toucher, io, eleven->engine, eleven->options.orders_ahead, false);
    struct journal_options options = config_journal(&eleven->config, eleven->options.directory);
    if (eleven->options.batch_bytes_max > 0)
        options.batch_bytes_max =
            MIN(options.batch_bytes_max, MAX(eleven->options.batch_bytes_max, CHUNK_BYTES + IO_SECTOR));
    status = journal_open(&eleven->journal, io, &options, engine_seq(eleven->engine),
                          recovery_visit, &recovery, problem);
    toucher_stop(&recovery.toucher);
    if (recovery.replay.diverged)
        return fail(JOURNAL_FOREIGN, problem, recovery.replay.problem, 0);
    if (status != JOURNAL_OK)
        return status;
    if (head.seq > 0 && memcmp(head.instance, journal_instance(eleven->journal), sizeof(head.instance)) != 0)
        return fail(JOURNAL_FOREIGN, problem, "the snapshot belongs to another journal", 0);
    if (journal_next(eleven->journal) != engine_seq(eleven->engine) + 1)
        return fail(JOURNAL_ROT, problem, "the journal ends before the snapshot: its last segments are missing", 0);
    eleven->snapshot.seq = head.seq;
    memcpy(eleven->snapshot.instance, journal_instance(eleven->journal), sizeof(eleven->snapshot.instance));
    MARK_WHEN(STARTED_FROM_BOTH, head.seq > 0 && recovery.replay.commands > 0);
    eleven->stats.recovered_commands = recovery.replay.commands;
    eleven->stats.recovered_snapshot_seq = head.seq;
    eleven->stats.recovery_ns = io->monotonic_ns(io->context) - begun_ns;
    return JOURNAL_OK;
}

static void eleven_free(struct eleven *eleven)
{
    const struct io *io = eleven->io;
    if (eleven->snapshot.buffer != NULL)
        io->release(io->context, eleven->snapshot.buffer, SNAPSHOT_BUFFER_BYTES);
    free(eleven->waiting);
    if (eleven->memory != NULL)
        io->release(io->context, eleven->memory, eleven->memory_size);
    if (eleven->lock >= 0)
        io->close(io->context, eleven->lock);
    if (io == &eleven->own_io)
        io_linux_close(&eleven->own_io);
    free(eleven);
}

static enum journal_status open_steps(struct eleven *eleven, char *problem)
{
    enum journal_status status = config_read(eleven->io, eleven->options.directory, &eleven->config, problem);
    if (status != JOURNAL_OK)
        return status;
    eleven->lock = lock_take(eleven);
    if (eleven->lock == -EWOULDBLOCK) {
        MARK(FOLDER_BUSY);
        return fail(JOURNAL_BUSY, problem, "another process holds the data folder", 0);
    }
    if (eleven->lock < 0)
        return fail(JOURNAL_IO_FAILED, problem, "cannot lock the data folder", eleven->lock);
    status = memory_take(eleven, problem);
    if (status == JOURNAL_OK)
        status = recover(eleven, problem);
    if (status == JOURNAL_OK && eleven->options.journal_ahead_bytes > 0) {
        status = journal_prepare(eleven->journal, eleven->options.journal_ahead_bytes);
        if (status != JOURNAL_OK)
            fail(status, problem, "cannot zero the journal ahead", 0);
    }
    return status;
}

/* The largest power of two that is not above what was asked for. */
static u32 in_flight_rounded(u32 asked)
{
    u32 rounded = 1;
    while (rounded <= (asked == 0 ? IN_FLIGHT_DEFAULT : asked) / 2)
        rounded *= 2;
    return rounded;
}

enum journal_status eleven_open(struct eleven **eleven_out, const struct eleven_options *options, char *problem)
{
    *eleven_out = NULL;
    struct eleven *eleven = calloc(1, sizeof(*eleven));
    if (eleven == NULL)
        return fail(JOURNAL_IO_FAILED, problem, "out of memory", 0);
    eleven->options = *options;
    eleven->lock = -1;
    eleven->options.in_flight_max = in_flight_rounded(options->in_flight_max);
    if (eleven->options.orders_ahead == 0)
        eleven->options.orders_ahead = ORDERS_AHEAD;
    if (eleven->options.flush_bytes == 0)
        eleven->options.flush_bytes = FLUSH_BYTES;
    if (eleven->options.snapshot_every_bytes == 0)
        eleven->options.snapshot_every_bytes = SNAPSHOT_EVERY_BYTES;
    if (eleven->options.snapshot_bytes_per_second == 0)
        eleven->options.snapshot_bytes_per_second = SNAPSHOT_RATE;
    eleven->io = options->io;
    if (eleven->io == NULL) {
        int error = io_linux_open(&eleven->own_io, IO_APPENDER_BEST);
        if (error < 0) {
            free(eleven);
            return fail(JOURNAL_IO_FAILED, problem, "cannot set up input and output", error);
        }
        eleven->io = &eleven->own_io;
        eleven->stats.appender = io_linux_appender(&eleven->own_io);
    }

    enum journal_status status = open_steps(eleven, problem);
    if (status != JOURNAL_OK) {
        if (eleven->journal != NULL)
            (void)journal_close(eleven->journal); /* the first failure is told */
        eleven_free(eleven);
        return status;
    }
    toucher_start(&eleven->toucher, eleven->io, eleven->engine, eleven->options.orders_ahead,
                  eleven->options.prefault_indexes);
    server_clock_start(&eleven->clock, eleven->io, engine_now(eleven->engine));
    *eleven_out = eleven;
    return JOURNAL_OK;
}

/* --- the gate ---------------------------------------------------------------------- */

u64 eleven_outstanding(const struct eleven *eleven)
{
    return eleven->ticket_next - eleven->ticket_answered;
}

static struct waiting *waiting_at(struct eleven *eleven, u64 ticket)
{
    return &eleven->waiting[ticket & (eleven->options.in_flight_max - 1)];
}

/* The one place where answers are let go. */
static size_t gate_open(struct eleven *eleven, struct eleven_answer *answers, size_t max)
{
    u64 durable = journal_durable(eleven->journal);
    size_t count = 0;
    while (count < max && eleven->ticket_answered < eleven->ticket_next) {
        const struct waiting *waiting = waiting_at(eleven, eleven->ticket_answered);
        if (waiting->seq > durable)
            break;
        ASSERT(waiting->seq <= journal_durable(eleven->journal));
        answers[count++] = (struct eleven_answer){eleven->ticket_answered++, waiting->result};
    }
    return count;
}

static void gate_queue(struct eleven *eleven, struct result result)
{
    ASSERT(eleven_outstanding(eleven) < eleven->options.in_flight_max);
    *waiting_at(eleven, eleven->ticket_next++) = (struct waiting){engine_seq(eleven->engine), result};
}

/* --- deciding ------------------------------------------------------------------------ */

static void journal_command(struct eleven *eleven, const struct command_header *command)
{
    u32 size = command->size;
    u8 *record = journal_reserve(eleven->journal, size);
    ASSERT(record != NULL); /* room for the whole chunk was made before */
    if (record != (const u8 *)command) { /* a refused one before it has left a gap */
        MARK(GAP_CLOSED);
        memmove(record, command, size);
    }
    ((struct command_header *)(void *)record)->time_ms = engine_now(eleven->engine);
    u64 seq = journal_push(eleven->journal, size, engine_now(eleven->engine), engine_chain(eleven->engine));
    ASSERT(seq == engine_seq(eleven->engine));
}

static bool submit_decided(void *argument, const struct command_header *command, struct result result)
{
    struct eleven *eleven = argument;
    if (result_changed(result))
        journal_command(eleven, command);
    gate_queue(eleven, result);
    return true;
}

/* Of eleven_decide: who is told. */
struct decision {
    struct eleven *eleven;
    eleven_decided *decided;
    void *argument;
};

static bool decide_decided(void *argument, const struct command_header *command, struct result result)
{
    const struct decision *decision = argument;
    if (result_changed(result))
        journal_command(decision->eleven, command);
    decision->decided(decision->argument, result);
    return true;
}

static void note(struct eleven *eleven, enum journal_status status)
{
    if (eleven->status == JOURNAL_OK)
        eleven->status = status;
}

/* Sends the open batch off when the disk has nothing to do, or when the batch is worth it (`now`: in any case). */
static void send(struct eleven *eleven, bool now)
{
    u32 bytes = journal_open_bytes(eleven->journal);
    if (bytes > 0 && (now || journal_in_flight(eleven->journal) == 0 || bytes >= eleven->options.flush_bytes))
        note(eleven, journal_flush(eleven->journal));
}

/* Room in the journal's open batch; NULL when one must wait for the disk. */
static u8 *make_room(struct eleven *eleven, u32 bytes)
{
    u8 *room = journal_reserve(eleven->journal, bytes);
    if (room != NULL)
        return room;
    note(eleven, journal_poll(eleven->journal, false));
    send(eleven, true);
    room = eleven->status == JOURNAL_OK ? journal_reserve(eleven->journal, bytes) : NULL;
    MARK_WHEN(JOURNAL_HAS_NO_ROOM, room == NULL && eleven->status == JOURNAL_OK);
    return room;
}

struct chunk {
    size_t count;               /* well-formed commands copied */
    size_t bytes;
    size_t skipped;             /* bytes of a malformed command behind them; 0: none */
};

/* Copies commands into the open batch, with their time, to be decided there; ends at a malformed one. */
static struct chunk chunk_fill(struct eleven *eleven, u8 *room, const u8 *bytes, size_t size, u64 places)
{
    struct chunk chunk = {0};
    bool stamps = eleven->options.clock == ELEVEN_CLOCK_SERVER;
    i64 now_ms = stamps ? server_clock_ms(&eleven->clock, eleven->io) : 0;
    while (chunk.count < MIN(places, CHUNK_COMMANDS) && chunk.bytes < size) {
        const struct command_header *command = (const void *)(bytes + chunk.bytes);
        size_t left = size - chunk.bytes;
        if (!command_well_formed(command, left)) {
            bool size_good = left >= sizeof(*command) && command->size >= sizeof(*command) &&
                             command->size % 8 == 0 && command->size <= left;
            chunk.skipped = size_good ? command->size : left;
            break;
        }
        if (chunk.bytes + command->size > CHUNK_BYTES)
            break;
        struct command_header *copy = (void *)(room + chunk.bytes);
        memcpy(copy, command, command->size);
        if (stamps)
            copy->time_ms = now_ms;
        chunk.bytes += command->size;
        chunk.count++;
    }
    return chunk;
}

size_t eleven_submit(struct eleven *eleven, const void *commands, size_t size, size_t *size_taken, u64 *first_ticket)
{
    ASSERT((uintptr_t)commands % 8 == 0);
    *first_ticket = eleven->ticket_next;
    *size_taken = 0;
    while (*size_taken < size && eleven->status == JOURNAL_OK &&
           eleven_outstanding(eleven) < eleven->options.in_flight_max) {
        u8 *room = make_room(eleven, CHUNK_BYTES);
        if (room == NULL)
            break;
        u64 places = eleven->options.in_flight_max - eleven_outstanding(eleven);
        struct chunk chunk = chunk_fill(eleven, room, (const u8 *)commands + *size_taken, size - *size_taken, places);
        size_t decided = engine_apply_all(eleven->engine, room, chunk.count, submit_decided, eleven);
        ASSERT(decided == chunk.count);
        *size_taken += chunk.bytes;
        if (chunk.skipped > 0 && eleven_outstanding(eleven) < eleven->options.in_flight_max) {
            gate_queue(eleven, (struct result){.code = RESULT_MALFORMED});
            *size_taken += chunk.skipped;
        }
        send(eleven, false);
    }
    return eleven->ticket_next - *first_ticket;
}

size_t eleven_decide(struct eleven *eleven, const void *commands, size_t size, eleven_decided *decided, void *argument)
{
    struct decision decision = {eleven, decided, argument};
    size_t taken = 0;
    eleven->active_ns = eleven->io->monotonic_ns(eleven->io->context); /* no seal between batches */
    ASSERT((uintptr_t)commands % 8 == 0);
    while (taken < size && eleven->status == JOURNAL_OK) {
        u8 *room = make_room(eleven, CHUNK_BYTES);
        if (room == NULL)
            break;
        struct chunk chunk = chunk_fill(eleven, room, (const u8 *)commands + taken, size - taken, CHUNK_COMMANDS);
        ASSERT(chunk.count > 0); /* the caller's commands are well formed */
        engine_apply_all(eleven->engine, room, chunk.count, decide_decided, &decision);
        taken += chunk.bytes;
        send(eleven, false);
    }
    return taken;
}

/* --- housekeeping ----------------------------------------------------------------------- */

/* Lets holds go that are due. Its answer is for nobody. */
static void expire_holds(struct eleven *eleven)
{
    struct command_clock_tick tick = {
        .header = {.kind = COMMAND_CLOCK_TICK, .size = sizeof(tick)},
    };
    tick.header.time_ms = server_clock_ms(&eleven->clock, eleven->io);
    if (tick.header.time_ms > TIME_MS_MAX) /* a clock that is wrong by so much moves nothing, as it decides no command */
        return;
    if (!engine_hold_due(eleven->engine, engine_time(eleven->engine, tick.header.time_ms)) ||
        make_room(eleven, sizeof(tick)) == NULL)
        return;
    struct result result = engine_apply(eleven->engine, &tick.header);
    ASSERT(result.code == RESULT_OK);
    MARK(HOLDS_EXPIRED_UNASKED);
    journal_command(eleven, &tick.header);
}

static void housekeeping(struct eleven *eleven)
{
    i64 now_ns = eleven->io->monotonic_ns(eleven->io->context);
    if (eleven_outstanding(eleven) > 0)
        eleven->active_ns = now_ns;
    if (now_ns - eleven->housekeeping_ns < HOUSEKEEPING_NS || eleven->status != JOURNAL_OK)
        return;
    eleven->housekeeping_ns = now_ns;
    if (eleven->options.clock == ELEVEN_CLOCK_SERVER && !eleven->options.expire_by_caller)
        expire_holds(eleven);
    toucher_poll(&eleven->toucher);
    eleven->stats.snapshots += snapshot_job_poll(&eleven->snapshot, false);
    if (journal_bytes(eleven->journal) - eleven->snapshot.journal_bytes >= eleven->options.snapshot_every_bytes)
        eleven_snapshot(eleven);
    if (journal_open_bytes(eleven->journal) == 0 && now_ns - eleven->active_ns > SEAL_AFTER_NS) {
        MARK(SEALED_WHEN_IDLE);
        note(eleven, journal_seal(eleven->journal));
    }
}

size_t eleven_poll(struct eleven *eleven, struct eleven_answer *answers, size_t max, bool wait)
{
    housekeeping(eleven);
    note(eleven, journal_poll(eleven->journal, false));
    send(eleven, false);
    size_t count = gate_open(eleven, answers, max);
    while (count == 0 && wait && max > 0 && eleven_outstanding(eleven) > 0 && eleven->status == JOURNAL_OK) {
        send(eleven, journal_in_flight(eleven->journal) == 0);
        note(eleven, journal_poll(eleven->journal, true));
        count = gate_open(eleven, answers, max);
    }
    return count;
}

bool eleven_call(struct eleven *eleven, const void *command, struct result *result)
{
    ASSERT(eleven_outstanding(eleven) == 0);
    struct eleven_answer answer;
    size_t taken;
    u64 ticket;
    u16 size = ((const struct command_header *)command)->size;
    if (eleven_submit(eleven, command, size, &taken, &ticket) != 1)
        return false;
    if (eleven_poll(eleven, &answer, 1, true) != 1)
        return false;
    *result = answer.result;
    return true;
}

/* Waits until all that was decided is on the disk. */
static bool drain(struct eleven *eleven)
{
    while (eleven->status == JOURNAL_OK && journal_durable(eleven->journal) < engine_seq(eleven->engine)) {
        send(eleven, true);
        note(eleven, journal_poll(eleven->journal, true));
    }
    return eleven->status == JOURNAL_OK;
}

/* Makes the journal say on disk that all of it is durable, so that a reader beside us sees what a snapshot holds. */
static void seal(struct eleven *eleven)
{
    note(eleven, journal_poll(eleven->journal, true)); /* for a segment that is being made */
    note(eleven, journal_seal(eleven->journal));
    while (eleven->status == JOURNAL_OK && journal_in_flight(eleven->journal) > 0)
        note(eleven, journal_poll(eleven->journal, true));
}

bool eleven_snapshot(struct eleven *eleven)
{
    eleven->snapshot.journal_bytes = journal_bytes(eleven->journal); /* also when it fails: not again at once */
    return snapshot_job_start(&eleven->snapshot, eleven->engine);
}

bool eleven_snapshot_running(const struct eleven *eleven)
{
    return eleven->snapshot.thread != NULL;
}

/* --- small things -------------------------------------------------------------------------- */

enum journal_status eleven_status(const struct eleven *eleven)
{
    return eleven->status;
}

const struct engine *eleven_engine(const struct eleven *eleven)
{
    return eleven->engine;
}

u64 eleven_durable(const struct eleven *eleven)
{
    return journal_durable(eleven->journal);
}

i64 eleven_time(struct eleven *eleven)
{
    return engine_time(eleven->engine, server_clock_ms(&eleven->clock, eleven->io));
}

int eleven_event(const struct eleven *eleven)
{
    return eleven->io->append_event(eleven->io->context);
}

bool eleven_can_decide(struct eleven *eleven)
{
    return eleven->status == JOURNAL_OK && make_room(eleven, CHUNK_BYTES) != NULL;
}

void eleven_stats(const struct eleven *eleven, struct eleven_stats *stats)
{
    *stats = eleven->stats;
    stats->journal_bytes = journal_bytes(eleven->journal);
    stats->snapshot_status = eleven->snapshot.last_status;
}

enum journal_status eleven_limits(const char *directory, const struct io *io, struct engine_limits *limits,
                                  char *problem)
{
    struct config config;
    enum journal_status status = config_read(io, directory, &config, problem);
    *limits = config.limits;
    return status;
}

enum journal_status eleven_close(struct eleven *eleven)
{
    drain(eleven);
    MARK_WHEN(ANSWERS_IN_DOUBT, eleven->status != JOURNAL_OK && eleven_outstanding(eleven) > 0);
    __atomic_store_n(&eleven->snapshot.stop, true, __ATOMIC_RELAXED);
    toucher_stop(&eleven->toucher);
    eleven->stats.snapshots += snapshot_job_poll(&eleven->snapshot, true);
    if (eleven->status == JOURNAL_OK)
        seal(eleven);
    if (eleven->status == JOURNAL_OK && !eleven->options.no_snapshot_at_close &&
        eleven->snapshot.seq != engine_seq(eleven->engine))
        note(eleven, snapshot_job_run(&eleven->snapshot, eleven->engine));
    enum journal_status status = journal_close(eleven->journal);
    note(eleven, status);
    status = eleven->status;
    eleven_free(eleven);
    return status;
}
