/*
 * A night of 10,000 orders, and at each of its syncs the power goes: whenever bytes are about to become durable, the
 * disk is copied as it is, and each write that is pending there becomes applied, dropped or garbage: in every
 * combination while there are two at most, and else all alike and in drawn mixtures. Each copy is recovered and must
 * hold all that has been acknowledged, nothing that was not decided, and no other decisions; some are finished by the
 * clients. The night itself goes on as if nothing had happened.
 *
 *   ELEVEN_ORDERS=n     of the night (10,000, which is the most)
 *   ELEVEN_FIRST=n      the seed (1)
 */
#include "base/prng.h"
#include "test/night.h"
#include "test/support.h"

#include <string.h>

#define GROUP 50u
#define FEW 12u                 /* orders given in at a time, at most */
#define BURST 2000u             /* and once in a night: a batch of many sectors, two in flight */
#define EVERY_WAY_MAX 2u        /* pending sectors up to which all 3^n outcomes are tried */
#define MIXTURES 2u
#define CHECK_EVERY 16u         /* recoveries after which the books are proven */
#define FINISH_EVERY 250u       /* recoveries that are finished by the clients */
#define ANSWERS_MAX 256u

static struct night night;
static struct night_tally tally;
static u64 chains[NIGHT_SETUP + NIGHT_ORDERS_MAX + 1]; /* of decisions, by sequence number */
static struct io plain;         /* the disk's own calls */
static const struct eleven *selling;
static bool written;            /* something since the last look */
static u64 syncs, pending_max, snapshots;
static u64 silent;              /* recoveries with more than was decided */

/* --- what is right ---------------------------------------------------------------------------------------------- */

/* The night decided one by one, on a disk of its own. */
static void learn_chains(void)
{
    struct io io;
    struct sim_disk *disk = night_disk(&night, 1, &io);
    struct eleven *eleven = night_open(&night, &io);
    assert_non_null(eleven);
    assert_true(night_furnish(&night, eleven));
    assert_int_equal(engine_seq(eleven_engine(eleven)), NIGHT_SETUP);
    chains[NIGHT_SETUP] = engine_chain(eleven_engine(eleven));
    for (u32 i = 0; i < night.orders; i++) {
        struct night_order order = night_order(i);
        struct result result;
        assert_true(eleven_call(eleven, &order, &result));
        chains[engine_seq(eleven_engine(eleven))] = engine_chain(eleven_engine(eleven));
    }
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sim_disk_destroy(disk);
}

/* --- the power goes ----------------------------------------------------------------------------------------------- */

static void finish(struct sim_disk *disk, struct io *io)
{
    static struct night kept;
    kept = night;
    bool good = night_run(&night, io);
    if (fault_unless(good, &tally.stuck, "%s: not finished: %s (%s)", night.label, journal_status_word(night.status),
                     night.problem))
        night_check_end(&night, disk, io);
    night = kept;
}

/* The disk after the cut; it is destroyed. */
static void recover(struct sim_disk *disk)
{
    struct io io;
    u64 decided = selling == NULL ? 0 : engine_seq(eleven_engine(selling));
    sim_disk_io(disk, &io);
    tally.cases++;
    struct eleven *eleven = night_open(&night, &io);
    if (!fault_unless(eleven != NULL, &tally.lost, "%s: not healed: %s (%s)", night.label,
                      journal_status_word(night.status), night.problem)) {
        sim_disk_destroy(disk);
        return;
    }
    const struct engine *engine = eleven_engine(eleven);
    u64 seq = engine_seq(engine);
    tally.recovered++;
    tally.unsent += seq > MAX(night.heard_seq, NIGHT_SETUP);
    night_check_heard(&night, engine);
    fault_unless(selling == NULL || seq <= decided, &silent, "%s: %llu commands, %llu were decided", night.label,
                 (unsigned long long)seq, (unsigned long long)decided);
    fault_unless(seq < NIGHT_SETUP || engine_chain(engine) == chains[seq], &tally.different,
                 "%s: other decisions behind %llu", night.label, (unsigned long long)seq);
    if (tally.cases % CHECK_EVERY == 0)
        fault_unless(support_check(engine), &tally.unaccounted, "%s: the books are wrong", night.label);
    enum journal_status closed = eleven_close(eleven);
    fault_unless(closed == JOURNAL_OK, &tally.stuck, "%s: does not close: %s", night.label,
                 journal_status_word(closed));
    if (tally.cases % FINISH_EVERY == 0)
        finish(disk, &io);
    fault_unless(sim_disk_open_files(disk) == 0, &tally.leaked, "%s: files are open", night.label);
    sim_disk_destroy(disk);
}

static u64 power(u64 base, u64 exponent)
{
    u64 product = 1;
    for (; exponent > 0; exponent--)
        product *= base;
    return product;
}

/* A sync is about to begin. */
static void look(const struct sim_disk *disk)
{
    static const u32 alike[3 + MIXTURES][2] = {{100, 0}, {0, 100}, {0, 0}, {40, 40}, {70, 20}}; /* applied, dropped */
    u64 pending = sim_disk_pending(disk);
    bool every_way = pending <= EVERY_WAY_MAX;
    u64 ways = every_way ? power(3, pending) : ARRAY_COUNT(alike);
    written = false;
    syncs++;
    pending_max = MAX(pending_max, pending);
    for (u64 way = 0; way < ways; way++) {
        struct sim_disk *twin = sim_disk_twin(disk, mix64(fault_first_seed() + tally.cases));
        snprintf(night.label, sizeof(night.label), "sync %llu, %llu pending, way %llu", (unsigned long long)syncs,
                 (unsigned long long)pending, (unsigned long long)way);
        if (every_way) {
            sim_disk_reboot_as(twin, way);
        } else {
            sim_disk_odds(twin, alike[way][0], alike[way][1]);
            sim_disk_reboot(twin);
        }
        recover(twin);
    }
}

/* --- the disk's calls, with a look before each sync --------------------------------------------------------------- */

static int look_append(void *context, int file, const void *bytes, size_t size, u64 offset, u64 ticket)
{
    written = true;
    return plain.append(context, file, bytes, size, offset, ticket);
}

/* A look for each append that was begun, and for those that are still in flight when another has ended. */
static int look_reap(void *context, struct io_done *done, int max, bool wait)
{
    if (written)
        look(context);
    int count = plain.reap(context, done, max, wait);
    written = count > 0 && sim_disk_pending(context) > 0;
    return count;
}

static int look_sync(void *context, int file)
{
    look(context);
    return plain.sync(context, file);
}

static int look_sync_directory(void *context, const char *path)
{
    look(context);
    return plain.sync_directory(context, path);
}

/* --- the night ---------------------------------------------------------------------------------------------------- */

/* Hears what may be heard now. */
static void hear(struct eleven *eleven, u64 first_ticket, bool wait)
{
    struct eleven_answer answers[ANSWERS_MAX];
    size_t count = eleven_poll(eleven, answers, ANSWERS_MAX, wait);
    for (size_t i = 0; i < count; i++)
        night_hear(&night, (u32)(answers[i].ticket - first_ticket), answers[i].result);
    assert_int_equal(eleven_status(eleven), JOURNAL_OK);
}

/* Gives in some orders at a time, and hears of them when it comes to it. */
static void sell(struct eleven *eleven)
{
    static struct night_order orders[BURST];
    struct prng prng;
    u64 first_ticket = 0;
    prng_seed(&prng, fault_first_seed());
    u32 burst_at = (u32)prng_below(&prng, night.orders);
    for (u32 number = 0; number < night.orders;) {
        u32 count = 1 + (u32)prng_below(&prng, FEW);
        if (number <= burst_at && number + count > burst_at)
            count = BURST;
        count = MIN(count, night.orders - number);
        for (u32 i = 0; i < count; i++)
            orders[i] = night_order(number + i);
        for (size_t at = 0, taken; at < count * sizeof(orders[0]); at += taken) {
            u64 ticket;
            eleven_submit(eleven, (const u8 *)orders + at, count * sizeof(orders[0]) - at, &taken, &ticket);
            if (number == 0 && at == 0)
                first_ticket = ticket;
            hear(eleven, first_ticket, taken == 0 || prng_chance(&prng, 3, 4));
        }
        number += count;
        if (number % (night.orders / 4) < count)
            snapshots += eleven_snapshot(eleven); /* not while one is under way */
    }
    while (eleven_outstanding(eleven) > 0)
        hear(eleven, first_ticket, true);
}

static void test_power_cut_at_every_sync(void **state)
{
    struct io io;
    (void)state;
    night.orders = (u32)MIN(support_number("ELEVEN_ORDERS", NIGHT_ORDERS_MAX), NIGHT_ORDERS_MAX) / GROUP * GROUP;
    night.units = night.orders * 7 / 10;
    night.group = GROUP;
    night.tally = &tally;
    night_begin(&night);
    learn_chains();
    struct sim_disk *disk = night_disk(&night, fault_first_seed(), &io);
    plain = io;
    io.append = look_append;
    io.reap = look_reap;
    io.sync = look_sync;
    io.sync_directory = look_sync_directory;
    struct eleven *eleven = night_open(&night, &io);
    assert_non_null(eleven);
    assert_true(night_furnish(&night, eleven));
    selling = eleven;
    sell(eleven);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    selling = NULL;
    night_check_end(&night, disk, &plain);
    sim_disk_destroy(disk);
    printf("  %llu sectors pending at most, %llu snapshots\n", (unsigned long long)pending_max,
           (unsigned long long)snapshots);
    FAULT_LINE("power-cut-sync", {"cases", tally.cases}, {"syncs", syncs}, {"recovered", tally.recovered},
               {"unsent", tally.unsent}, {"lost", tally.lost}, {"oversold", tally.oversold},
               {"unaccounted", tally.unaccounted}, {"doubled", tally.doubled}, {"different", tally.different},
               {"silent", silent}, {"stuck", tally.stuck}, {"leaked", tally.leaked});
    assert_true(syncs * 100 >= night.orders && pending_max > EVERY_WAY_MAX && snapshots > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_cut_at_every_sync),
    };
    support_keep_heap();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
