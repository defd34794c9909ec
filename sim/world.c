#include "sim/world.h"

#include "base/assert.h"
#include "door/listen.h"
#include "door/server.h"
#include "node/config.h"
#include "sim/damage.h"
#include "sim/loop.h"
#include "sim/people.h"
#include "sim/screen.h"
#include "test/naive.h"

#include <errno.h>
#include <stdlib.h>

#define FOLDER "shop"
#define FAULTY_PASSES_MAX 60000u    /* then it is healed, wherever it is */
#define HEALED_PASSES_MAX 400000u
#define DAMAGE_TRIES 6u
#define BARGAINS_WINDOW_MS ((i64)60000)
#define NIGHT_PASSES_MAX 20000u
#define NIGHT_SPARE_MS ((i64)60000)
#define NIGHT_LATEST_MS (TIME_MS_MAX - (i64)10 * 86400000) /* a clock beyond the last time moves nothing */
#define HEALED_NS ((i64)600 * 1000000000)
#define BOOTS_MAX 16u                /* then as well */
#define STARTS_REFUSED_MAX 50u      /* in a row */
#define BOOTS_ARMED_MAX 8u          /* in a row with a power cut waiting */
#define LEAP_EDGE_MS ((i64)25 * 3600 * 1000)
#define LEAP_SHORT_NS ((i64)20000000) /* of an edge */
#define REFUSED_WITHIN_MS 300
#define REFUSED_WITHIN_PASSES 5u
#define STEP_MAX_MS ((i64)2 * 3600 * 1000)
#define ROOM_ROOMY 65536u
#define DISK_MIN_NS 1000            /* an append takes so long at least */

struct world {
    const struct options *options;
    struct prng faults;
    struct sim_disk *disk;
    struct io io;
    struct net net;
    struct generator *generator;
    struct clients *clients;
    struct screens screens;
    struct server *server;          /* NULL: down */
    i64 next_fault_ns;
    i64 good_ns;                    /* since when nothing has been done to it */
    i64 stuck_ns;                   /* until when the disk was last stuck */
    u64 snapshots;                  /* that this server has made */
    u32 boots, armed;               /* all; with a power cut waiting, in a row */
    u32 waited;                     /* passes in which commands have waited at the desk for too long */
    bool closing;                   /* the server is being taken down */
    bool hurt;                      /* faults are on */
    bool limited;                   /* the disk has little room */
};

static u64 branch(const struct world *world, const char *name)
{
    return mix64(world->options->seed ^ checksum64(name, strlen(name), 1));
}

static i64 now_ns(const struct world *world)
{
    return sim_disk_now(world->disk);
}

/* --- up ------------------------------------------------------------------------------------------------------ */

static i64 act(void *argument, i64 at_ns)
{
    struct world *world = argument;
    const struct server *server = world->server;
    bool good = server != NULL && !server->stopping && !server->failed;
    clients_good_since(world->clients, good ? world->good_ns : INT64_MAX);
    oracle_durable(good && !world->closing ? eleven_durable(server->eleven) : UINT64_MAX);
    i64 clients_ns = clients_act(world->clients, at_ns), screens_ns = screens_act(&world->screens, at_ns);
    return MIN(MIN(clients_ns, screens_ns), world->hurt ? world->next_fault_ns : INT64_MAX);
}

static struct server *boot_once(struct world *world)
{
    const struct options *options = world->options;
    struct door_options door;
    struct sim_loop_options loop = {
        .disk = world->disk, .net = &world->net, .seed = branch(world, "loop") + world->boots,
        .job_max_ns = (i64)options->job_us * 1000, .act = act, .argument = world,
    };
    door_options_default(&door);
    door.directory = FOLDER;
    door.requests_per_second = 0;
    door.in_flight_ms = options->in_flight_ms > 0 ? options->in_flight_ms : 25;
    door.no_views = true;
    door.orders_ahead = 1;
    door.batch_bytes_max = options->batch_kb << 10;
    door.flush_bytes = options->flush_bytes;
    door.snapshot_every_bytes = (u64)options->snapshot_kb << 10;
    door.io = &world->io;
    sim_loop_init(&loop);
    oracle_recovering();
    counters->boots++;
    world->boots++;
    return server_open(&door);
}

/* The server has ended, or never came up: nothing of it may be left. */
static enum door_exit take_down(struct world *world, struct server *server)
{
    world->closing = true;
    enum door_exit code = server_close(server);
    world->closing = false;
    oracle_stopped();
    if (sim_loop_handles() != 0)
        oracle_fail(&counters->leaked, "%u handles are open behind the end of the server", sim_loop_handles());
    if (sim_disk_open_files(world->disk) != 0)
        oracle_fail(&counters->leaked, "%u files are open behind the end of the server",
                    sim_disk_open_files(world->disk));
    return code;
}

static void power_off(struct world *world)
{
    const struct options *options = world->options;
    sim_disk_odds(world->disk, 100 - options->lost_percent - options->garbage_percent, options->lost_percent);
    sim_disk_reboot(world->disk);
}

static bool chance(struct world *world, u32 percent)
{
    return prng_chance(&world->faults, percent, 100);
}

/* One try. False: a fault has ended it, as it should. */
static bool boot_try(struct world *world)
{
    bool cut = world->hurt && world->armed < BOOTS_ARMED_MAX && chance(world, world->options->power_again_percent);
    if (cut)
        sim_disk_crash_at(world->disk, 1 + prng_below(&world->faults, 300));
    world->armed = cut ? world->armed + 1 : 0;
    struct server *server = boot_once(world);
    if (server->exit == DOOR_STOPPED && !sim_disk_crashed(world->disk)) {
        if (!listen_all(server))
            oracle_fail(&counters->refused_start, "the doors cannot be opened");
        oracle_selling(server->engine);
        world->server = server;
        world->good_ns = MAX(now_ns(world), world->stuck_ns);
        world->snapshots = 0;
        return true;
    }
    bool cut_off = sim_disk_crashed(world->disk);
    take_down(world, server);
    /* A file system that writes nothing eight times in a row has failed (io.c). */
    bool tired = world->hurt && world->options->short_writes > 0;
    if (!cut_off && !world->limited && !tired)
        oracle_fail(&counters->refused_start, "a start was refused although nothing had been done to it");
    counters->boots_failed++;
    if (cut_off)
        power_off(world);
    else
        sim_disk_restart(world->disk);
    sim_disk_space(world->disk, UINT64_MAX);
    world->limited = false;
    return false;
}

static void boot(struct world *world)
{
    for (u32 tries = 0; !boot_try(world); tries++)
        if (tries == STARTS_REFUSED_MAX)
            oracle_fail(&counters->refused_start, "a start is refused again and again");
}

/* --- down ----------------------------------------------------------------------------------------------------- */

/* The process has died, or its machine: what it still does as it is cleared away reaches nobody. */
static void die(struct world *world, bool power)
{
    world->net.stuck = true;
    net_cut(&world->net);
    sim_disk_kill(world->disk);
    take_down(world, world->server);
    world->server = NULL;
    world->net.stuck = false;
    if (power)
        power_off(world);
    else
        sim_disk_restart(world->disk);
}

/* It has ended by itself: because it was told to, or because its journal failed. */
static void ended(struct world *world)
{
    bool failed = world->server->failed;
    enum door_exit code = take_down(world, world->server);
    world->server = NULL;
    counters->ended_by_name += failed;
    if (failed != (code == DOOR_FOLDER) && !world->hurt)
        oracle_fail(&counters->refused_start, "a server that was told to stop says %d", code);
    if (failed && chance(world, 50) && world->options->power > 0)
        power_off(world);
    else
        sim_disk_restart(world->disk);
}

/* --- faults ---------------------------------------------------------------------------------------------------- */

static void fault_kill(struct world *world)
{
    counters->kills++;
    die(world, false);
}

static void fault_power(struct world *world)
{
    sim_disk_crash_at(world->disk, sim_disk_calls(world->disk) + 1 + prng_below(&world->faults, 200));
}

static void fault_fail(struct world *world)
{
    counters->failures++;
    sim_disk_fail_at(world->disk, sim_disk_calls(world->disk) + 1 + prng_below(&world->faults, 100),
                     chance(world, 70) ? -EIO : -ENOSPC);
}

static void fault_full(struct world *world)
{
    counters->full++;
    world->limited = true;
    sim_disk_space(world->disk, sim_disk_used(world->disk) + prng_below(&world->faults, 300000));
}

static void fault_stop(struct world *world)
{
    counters->stops++;
    server_stop(world->server);
}

static void fault_stuck(struct world *world)
{
    counters->stuck++;
    world->stuck_ns = now_ns(world) + (i64)prng_below(&world->faults, 5000000000);
    world->good_ns = MAX(world->good_ns, world->stuck_ns);
    sim_disk_stuck(world->disk, world->stuck_ns);
}

static void fault_step(struct world *world)
{
    counters->clock_steps++;
    i64 step_ms = (i64)prng_below(&world->faults, 2 * (u64)STEP_MAX_MS) - STEP_MAX_MS;
    sim_disk_set_wall(world->disk, world->io.wall_ms(world->disk) + step_ms);
}

/* Nothing happens for a while: the process is stopped, or it is night. */
static void fault_leap(struct world *world)
{
    static const i64 longest_s[] = {2, 60, 1200, 90000};
    counters->leaps++;
    struct edge edge;
    if (chance(world, 50) && oracle_edge((u32)prng_next(&world->faults), LEAP_EDGE_MS, &edge) &&
        edge.at_ns > now_ns(world) + LEAP_SHORT_NS) {
        sim_disk_advance(world->disk, edge.at_ns - now_ns(world) - LEAP_SHORT_NS); /* those who aim at it are there */
        return;
    }
    i64 longest_ns = longest_s[prng_below(&world->faults, ARRAY_COUNT(longest_s))] * 1000000000;
    sim_disk_advance(world->disk, (i64)prng_below(&world->faults, (u64)longest_ns));
}

static void inject(struct world *world)
{
    const struct options *options = world->options;
    const struct { u32 weight; void (*run)(struct world *world); } faults[] = {
        {options->kill, fault_kill}, {options->power, fault_power}, {options->fail, fault_fail},
        {options->full, fault_full}, {options->stop, fault_stop},   {options->stuck, fault_stuck},
        {options->step, fault_step}, {options->leap, fault_leap},
    };
    u64 sum = 0;
    for (size_t i = 0; i < ARRAY_COUNT(faults); i++)
        sum += faults[i].weight;
    world->next_fault_ns = options->fault_every_ms == 0 || sum == 0
                               ? INT64_MAX
                               : now_ns(world) + (i64)prng_below(&world->faults, 2000000ull * options->fault_every_ms);
    if (sum == 0)
        return;
    u64 draw = prng_below(&world->faults, sum);
    size_t i = 0;
    for (; draw >= faults[i].weight; i++)
        draw -= faults[i].weight;
    faults[i].run(world);
    world->good_ns = MAX(world->good_ns, now_ns(world));
}

/* --- the course of a world ---------------------------------------------------------------------------------------- */

/* The disk may be stuck; what waits to be decided is refused all the same. */
static void watch_desk(struct world *world)
{
    const struct desk *desk = &world->server->desk;
    i64 waits_ms = server_loop_ms(world->server) - desk->stuck_since_ms;
    bool late = desk->count > 0 && desk->stuck_since_ms > 0 && waits_ms > REFUSED_WITHIN_MS;
    world->waited = late ? world->waited + 1 : 0;
    if (world->waited > REFUSED_WITHIN_PASSES)
        oracle_fail(&counters->stalled, "%u commands wait at the desk for %lld ms and are not refused", desk->count,
                    (long long)waits_ms);
}

/* Right behind a snapshot the power goes: it must hold nothing that the journal does not. */
static void watch_snapshots(struct world *world)
{
    struct eleven_stats stats;
    eleven_stats(world->server->eleven, &stats);
    if (stats.snapshots == world->snapshots)
        return;
    counters->snapshots += stats.snapshots - world->snapshots;
    world->snapshots = stats.snapshots;
    if (world->hurt && chance(world, world->options->power_at_snapshot_percent)) {
        world->good_ns = INT64_MAX;
        sim_disk_crash_at(world->disk, sim_disk_calls(world->disk) + 1 + prng_below(&world->faults, 3));
    }
}

/* One pass of the loop, and whatever comes of it. */
static void turn(struct world *world)
{
    if (world->server == NULL)
        boot(world);
    uv_run(&world->server->loop, UV_RUN_ONCE);
    watch_desk(world);
    watch_snapshots(world);
    if (sim_disk_crashed(world->disk)) {
        counters->power_cuts++;
        die(world, true);
    } else if (sim_loop_stopped()) {
        ended(world);
    } else if (world->hurt && now_ns(world) >= world->next_fault_ns) {
        inject(world);
    }
}

static void hurt(struct world *world)
{
    world->hurt = true;
    world->next_fault_ns =
        world->options->fault_every_ms == 0 ? INT64_MAX : now_ns(world) + (i64)1000000 * world->options->fault_every_ms;
    if (world->options->rush > 0) {
        boot(world);
        fault_stuck(world); /* when the doors open */
    }
    for (u32 passes = 0; passes < FAULTY_PASSES_MAX && world->boots < BOOTS_MAX && !clients_done(world->clients); passes++)
        turn(world);
    world->hurt = false;
}

static void heal(struct world *world)
{
    world->limited = false;
    world->good_ns = MAX(world->good_ns, now_ns(world));
    sim_disk_space(world->disk, UINT64_MAX);
    sim_disk_stuck(world->disk, 0);
    sim_disk_short_writes(world->disk, 0);
    sim_disk_fail_at(world->disk, 0, -EIO);
    sim_disk_crash_at(world->disk, 0);
    sim_disk_latency(world->disk, DISK_MIN_NS, 200000);
    world->net.options = (struct net_options){.delay_max_ns = 200000, .room = ROOM_ROOMY};
    clients_calm(world->clients);
}

/* Everything asked gets its answer within the bound. */
static void finish(struct world *world, const char *what)
{
    i64 until_ns = now_ns(world) + HEALED_NS;
    for (u32 passes = 0; !clients_done(world->clients); passes++) {
        if (passes == HEALED_PASSES_MAX || now_ns(world) > until_ns) {
            clients_describe(world->clients, stderr);
            oracle_fail(&counters->stalled, "%s: not all is answered after %u passes and %lld s", what, passes,
                        (long long)(HEALED_NS - until_ns + now_ns(world)) / 1000000000);
        }
        turn(world);
    }
}

/* Until every hold is over: they are let go although nobody asks for anything. */
static void night(struct world *world)
{
    i64 left_ms = oracle_held_until_ms() - oracle_now_ms();
    if (left_ms <= 0 || oracle_held_until_ms() > NIGHT_LATEST_MS)
        return;
    sim_disk_advance(world->disk, (left_ms + left_ms / 50 + NIGHT_SPARE_MS) * 1000000);
    world->good_ns = now_ns(world);
    for (u32 passes = 0; oracle_held_until_ms() > 0; passes++) {
        if (passes == NIGHT_PASSES_MAX)
            oracle_fail(&counters->stalled, "units are still held long after the last deadline");
        turn(world);
    }
}

static void close_shop(struct world *world)
{
    if (world->server == NULL)
        boot(world);
    night(world);
    oracle_check(world->server->engine, "at the end");
    server_stop(world->server);
    for (u32 passes = 0; world->server != NULL; passes++) {
        if (passes == HEALED_PASSES_MAX)
            oracle_fail(&counters->stalled, "a server that was told to stop does not");
        turn(world);
    }
}

/* The folder once more: from the snapshot, from the journal's first byte, and damaged. */
static void reread(struct world *world)
{
    sim_disk_settle(world->disk);
    damage_none(world->disk, FOLDER, false);
    damage_none(world->disk, FOLDER, true);
    for (u32 i = 0; i < DAMAGE_TRIES; i++)
        if (chance(world, world->options->rot_percent))
            damage_some(world->disk, FOLDER, branch(world, "rot") + i);
}

/* A few deals that everybody wants, again and again. */
static void bargains(struct swarm *swarm)
{
    swarm->skus = 3;
    swarm->festivals = MAX(swarm->festivals, 1u);
    swarm->deals = 10;
    swarm->deal_units_max = 3;
    swarm->quantity_max = 2;
    swarm->lines_max = 2;
    swarm->units_max = MAX(swarm->units_max, 200u);
    swarm->funds_max = 50;
    swarm->extreme_prices = false;
    swarm->window_ms = MAX(swarm->window_ms, BARGAINS_WINDOW_MS);
    swarm->weights[FAMILY_PLACE] = 20;
    swarm->weights[FAMILY_CANCEL] = 6;
    swarm->weights[FAMILY_JOIN] = MAX(swarm->weights[FAMILY_JOIN], 1u);
    swarm->weights[FAMILY_TOP_UP] = MAX(swarm->weights[FAMILY_TOP_UP], 4u);
    swarm->weights[FAMILY_STOCK] = MAX(swarm->weights[FAMILY_STOCK], 2u);
}

static void world_open(struct world *world, const struct options *options, const struct sim_account *accounts)
{
    struct net_options net = {
        .delay_max_ns = (i64)options->delay_us * 1000, .piece_max = options->piece,
        .room = options->room > 0 ? options->room : ROOM_ROOMY,
    };
    struct client_options clients = {
        .clients = options->clients, .requests = options->requests, .depth_max = MAX(options->depth, 1u),
        .http_percent = options->http_percent, .chunked_percent = options->chunked_percent,
        .same_key_percent = options->same_key_percent, .mixed_percent = options->mixed_percent,
        .close_percent = options->close_percent, .aim_percent = options->aim_percent,
        .vanish_percent = options->vanish_percent, .tries_max = options->tries,
        .slow_percent = options->slow_percent, .read_percent = options->read_percent,
        .think_max_ns = (i64)options->think_us * 1000, .patience_ns = (i64)options->patience_ms * 1000000,
    };
    struct config config;
    *world = (struct world){.options = options};
    people_seed(branch(world, "people"));
    prng_seed(&world->faults, branch(world, "faults"));
    world->disk = sim_disk_create(branch(world, "disk"));
    sim_disk_io(world->disk, &world->io);
    world->generator = generator_create(options->seed);
    world->generator->swarm.key_percent = world->generator->swarm.repeat_percent = 0; /* the clients' business */
    world->generator->swarm.weights[FAMILY_TICK] = 0;
    memset(world->generator->swarm.paces, 0, sizeof(world->generator->swarm.paces));
    world->generator->swarm.paces[PACE_STILL] = 1; /* time is the server's */
    if (options->bargains > 0)
        bargains(&world->generator->swarm);
    config_default(&config);
    generator_limits(world->generator, &config.limits);
    config.journal_segment_bytes = CONFIG_SEGMENT_BYTES_MIN;
    world->generator->time_ms = world->generator->swarm.start_ms;
    sim_disk_set_wall(world->disk, world->generator->swarm.start_ms);
    if (config_create(FOLDER, &config, &world->io) != JOURNAL_OK)
        oracle_fail(&counters->refused_start, "the folder cannot be made");
    sim_disk_latency(world->disk, DISK_MIN_NS, DISK_MIN_NS + (i64)options->disk_us * 1000);
    sim_disk_short_writes(world->disk, options->short_writes);
    net_init(&world->net, branch(world, "net"), &net);
    world->clients = clients_create(branch(world, "clients"), &clients, accounts, &world->net, world->generator);
    screens_init(&world->screens, branch(world, "screens"), options->screens, &world->net);
    oracle_begin(&config.limits, world->generator, world->disk);
}

static void world_close(struct world *world)
{
    screens_free(&world->screens);
    clients_free(world->clients);
    net_free(&world->net);
    oracle_end();
    generator_free(world->generator);
    sim_disk_destroy(world->disk);
}

void world_run(const struct options *options, const struct sim_account *accounts)
{
    struct world world;
    world_open(&world, options, accounts);
    hurt(&world);
    heal(&world);
    finish(&world, "healed");
    if (options->plug > 0 && world.server != NULL) { /* all is answered: nothing may be lost */
        counters->power_cuts++;
        die(&world, true);
    }
    clients_ask_again(world.clients);
    finish(&world, "asked again");
    close_shop(&world);
    reread(&world);
    counters->seeds++;
    counters->sold_out += oracle_sold_out();
    counters->unsent += oracle_unsent();
    world_close(&world);
}
