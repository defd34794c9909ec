/*
 * The whole engine on a simulated disk: a night of 1,000 orders for 700 units is
 * broken at every single call to the disk: the power goes, the process is killed, the call fails or is short, once;
 * and again on the way back. It is recovered and finished by clients that repeat every key. Nothing acknowledged may be
 * lost, nothing may happen twice, and in the end exactly 700 units are sold.
 *
 *   ELEVEN_SEEDS=n      seeds of the power cuts (2)
 *   ELEVEN_FIRST=n      the first of them (1)
 */
#include "test/night.h"
#include "test/support.h"

#include "base/checksum.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ORDERS 1000u
#define UNITS 700u
#define GROUP 10u               /* orders submitted at a time */
#define CALL_WEIGHT 10u
#define UNSENT_PERCENT 10u      /* of power cuts must leave effects nobody has heard of, or they prove little */

static struct night night;

static void begin(struct night_tally *tally)
{
    night.orders = ORDERS;
    night.units = UNITS;
    night.group = GROUP;
    night.snapshots = true;
    night.tally = tally;
    night_begin(&night);
}

static void say(const char *format, u64 seed, u64 call, u64 more)
{
    snprintf(night.label, sizeof(night.label), format, (unsigned long long)seed, (unsigned long long)call,
             (unsigned long long)more);
}

static u64 calls_of_a_night(void)
{
    struct io io;
    struct night_tally tally = {0};
    begin(&tally);
    struct sim_disk *disk = night_disk(&night, 1, &io);
    u64 before = sim_disk_calls(disk);
    assert_true(night_run(&night, &io));
    u64 calls = sim_disk_calls(disk) - before;
    night_check_end(&night, disk, &io);
    sim_disk_destroy(disk);
    return calls;
}

/* How many calls an opening of this disk takes. */
static u64 calls_of_a_recovery(const struct sim_disk *disk)
{
    struct io io;
    struct sim_disk *twin = sim_disk_twin(disk, 1);
    sim_disk_io(twin, &io);
    struct eleven *eleven = night_open(&night, &io);
    u64 calls = sim_disk_calls(twin);
    if (eleven != NULL)
        eleven_close(eleven);
    sim_disk_destroy(twin);
    return calls;
}

/* The night is over, somehow: its end has a name. (bad-config: eleven.conf could not be read.) */
static void check_ended(bool good)
{
    bool named = night.status == JOURNAL_OK || night.status == JOURNAL_IO_FAILED ||
                 night.status == JOURNAL_DISK_FULL || (night.status == JOURNAL_BAD_CONFIG && night.opened_seq == 0);
    fault_unless(named && good == (night.status == JOURNAL_OK), &night.tally->unnamed, "%s: ended with %s", night.label,
                 journal_status_word(night.status));
    night.tally->ended += !good;
}

/* The opening after a fault: what it shows is on the disk, and all that was heard of is in it. */
static void check_recovery(struct sim_disk *disk, struct io *io)
{
    struct eleven *eleven = night_open(&night, io);
    if (!fault_unless(eleven != NULL, &night.tally->stuck, "%s: not healed: %s (%s)", night.label,
                      journal_status_word(night.status), night.problem))
        return;
    night.tally->recovered++;
    night.tally->unsent += engine_seq(eleven_engine(eleven)) > MAX(night.heard_seq, NIGHT_SETUP);
    night_check_heard(&night, eleven_engine(eleven));
    night_check_persisted(&night, disk, eleven_engine(eleven));
    eleven_close(eleven);
}

static void finish(struct sim_disk *disk, struct io *io)
{
    night.tally->cases++;
    bool good = night_run(&night, io);
    if (fault_unless(good, &night.tally->stuck, "%s: not finished: %s (%s)", night.label,
                     journal_status_word(night.status), night.problem))
        night_check_end(&night, disk, io);
    sim_disk_destroy(disk);
}

/* --- the power goes ------------------------------------------------------------------------------------------- */

/* A night cut off at `call`. The disk is as the cut left it. */
static struct sim_disk *cut_night(u64 seed, u64 call, struct io *io)
{
    night_begin(&night);
    struct sim_disk *disk = night_disk(&night, seed, io);
    sim_disk_crash_at(disk, sim_disk_calls(disk) + call);
    night.tally->ended += !night_run(&night, io);
    sim_disk_reboot(disk);
    return disk;
}

/* Once more at a call of the recovery from that; then it is finished. */
static void test_power_cut_at_every_call(void **state)
{
    struct night_tally tally = {0};
    u64 seeds = support_number("ELEVEN_SEEDS", 2);
    u64 calls = calls_of_a_night();
    (void)state;
    begin(&tally);
    for (u64 seed = fault_first_seed(); seed < fault_first_seed() + seeds; seed++)
        for (u64 call = 1; call <= calls; call += fault_stride(CALL_WEIGHT)) {
            struct io io;
            say("seed %llu, power cut at call %llu", seed, call, 0);
            struct sim_disk *disk = cut_night(seed * 1000003 + call, call, &io);
            sim_disk_crash_at(disk, 1 + mix64(seed * 1000003 + call) % calls_of_a_recovery(disk));
            tally.ended += !night_run(&night, &io);
            sim_disk_reboot(disk);
            check_recovery(disk, &io);
            finish(disk, &io);
        }
    night_print("power-cut", &tally);
    if (seeds > 1) /* the first seed of a run need not be typical */
        assert_true(tally.unsent * 100 >= tally.cases * UNSENT_PERCENT);
}

/* At every call of the recovery from some of the cuts. */
static void test_power_cut_at_every_call_of_recovery(void **state)
{
    struct night_tally tally = {0};
    u64 seeds = support_number("ELEVEN_SEEDS", 2) * 3;
    u64 calls = calls_of_a_night();
    (void)state;
    begin(&tally);
    for (u64 seed = fault_first_seed(); seed < fault_first_seed() + seeds; seed++) {
        struct io io;
        u64 call = 1 + mix64(seed) % calls;
        struct sim_disk *disk = cut_night(seed, call, &io);
        u64 again_max = calls_of_a_recovery(disk);
        static struct night heard;
        heard = night;
        for (u64 again = 1; again <= again_max; again += fault_stride(CALL_WEIGHT)) {
            struct sim_disk *twin = sim_disk_twin(disk, mix64(seed) + again);
            night = heard;
            say("seed %llu, power cut at call %llu, at %llu of the recovery", seed, call, again);
            sim_disk_io(twin, &io);
            sim_disk_crash_at(twin, again);
            struct eleven *eleven = night_open(&night, &io);
            if (eleven != NULL)
                eleven_close(eleven);
            sim_disk_reboot(twin);
            check_recovery(twin, &io);
            finish(twin, &io);
        }
        sim_disk_destroy(disk);
    }
    night_print("power-cut-again", &tally);
}

/* While the folder is made: it is there, or it is none; then it can be made in another place. */
static void test_power_cut_while_made(void **state)
{
    struct night_tally tally = {0};
    struct config config;
    bool crashed = true;
    (void)state;
    begin(&tally);
    night_config(&night, &config);
    for (u64 call = 1; crashed; call++) {
        struct io io;
        struct sim_disk *disk = sim_disk_create(fault_first_seed() + call);
        say("seed %llu, power cut at call %llu of the making", fault_first_seed(), call, 0);
        night_begin(&night);
        sim_disk_io(disk, &io);
        sim_disk_crash_at(disk, call);
        enum journal_status status = config_create(NIGHT_DIRECTORY, &config, &io);
        crashed = sim_disk_crashed(disk);
        fault_unless(status == JOURNAL_OK || (crashed && status == JOURNAL_IO_FAILED), &tally.unnamed, "%s: %s",
                     night.label, journal_status_word(status));
        tally.ended += status != JOURNAL_OK;
        sim_disk_reboot(disk);
        struct eleven *eleven = night_open(&night, &io);
        bool none = eleven == NULL && night.status == JOURNAL_NOT_FOUND && status != JOURNAL_OK;
        fault_unless(eleven != NULL || none, &tally.lost, "%s: made (%s), and then %s (%s)", night.label,
                     journal_status_word(status), journal_status_word(night.status), night.problem);
        tally.cases++;
        tally.recovered += eleven != NULL;
        if (eleven != NULL)
            eleven_close(eleven);
        fault_unless(sim_disk_open_files(disk) == 0, &tally.leaked, "%s: files are open", night.label);
        sim_disk_destroy(disk);
    }
    FAULT_LINE("power-cut-making", {"cases", tally.cases}, {"recovered", tally.recovered}, {"ended", tally.ended},
               {"lost", tally.lost}, {"unnamed", tally.unnamed}, {"leaked", tally.leaked});
}

/* --- the process goes ------------------------------------------------------------------------------------------ */

static void test_kill_at_every_call(void **state)
{
    struct night_tally tally = {0};
    u64 calls = calls_of_a_night();
    (void)state;
    begin(&tally);
    for (u64 call = 1; call <= calls; call += fault_stride(CALL_WEIGHT)) {
        struct io io;
        say("seed %llu, killed at call %llu", fault_first_seed(), call, 0);
        night_begin(&night);
        struct sim_disk *disk = night_disk(&night, fault_first_seed() + call, &io);
        sim_disk_crash_at(disk, sim_disk_calls(disk) + call);
        tally.ended += !night_run(&night, &io);
        sim_disk_restart(disk);
        check_recovery(disk, &io);
        finish(disk, &io);
    }
    night_print("kill", &tally);
}

/* --- a call fails ------------------------------------------------------------------------------------------------ */

/* Call `call` fails once (0: is short), and lies from then on: acknowledgements stop, by a name. The power goes, or the
 * process alone, which then sees on the disk what is not there. */
static void fail_night(u64 call, int error, bool power)
{
    struct io io;
    night_begin(&night);
    struct sim_disk *disk = night_disk(&night, fault_first_seed() + call, &io);
    if (error == 0)
        sim_disk_short_at(disk, sim_disk_calls(disk) + call);
    else
        sim_disk_fail_at(disk, sim_disk_calls(disk) + call, error);
    check_ended(night_run(&night, &io));
    power ? sim_disk_reboot(disk) : sim_disk_restart(disk);
    check_recovery(disk, &io);
    finish(disk, &io);
}

static void fail_at_every_call(const char *row, int error)
{
    struct night_tally tally = {0};
    u64 calls = calls_of_a_night();
    begin(&tally);
    for (u64 call = 1; call <= calls; call += fault_stride(CALL_WEIGHT)) {
        bool power = mix64(call + fault_first_seed()) % 2 == 0; /* in test_journal_crash.c: both, for each call */
        say("call %llu, error %llu, power gone: %llu", call, (u64)-error, power);
        fail_night(call, error, power);
    }
    night_print(row, &tally);
    assert_true(error == 0 ? tally.ended == 0 : tally.ended * 10 > tally.cases);
}

static void test_every_call_fails_once(void **state)
{
    (void)state;
    fail_at_every_call("write-error", -EIO);
}

static void test_every_call_finds_the_disk_full(void **state)
{
    (void)state;
    fail_at_every_call("disk-full-once", -ENOSPC);
}

static void test_every_call_is_short(void **state)
{
    (void)state;
    fail_at_every_call("short-write", 0);
}

static void test_full_disk(void **state)
{
    struct night_tally tally = {0};
    (void)state;
    begin(&tally);
    for (u64 space = 2 * CONFIG_SEGMENT_BYTES_MIN; space < 8 * CONFIG_SEGMENT_BYTES_MIN;
         space += CONFIG_SEGMENT_BYTES_MIN / 4) {
        struct io io;
        say("%llu bytes of disk", space, 0, 0);
        night_begin(&night);
        struct sim_disk *disk = night_disk(&night, space, &io);
        sim_disk_space(disk, space);
        check_ended(night_run(&night, &io));
        sim_disk_reboot(disk);
        sim_disk_space(disk, UINT64_MAX);
        check_recovery(disk, &io);
        finish(disk, &io);
    }
    night_print("disk-full", &tally);
    assert_true(tally.ended > 0);
}

/* --- two at once -------------------------------------------------------------------------------------------------- */

static void test_two_processes(void **state)
{
    struct io io;
    struct night_tally tally = {0};
    begin(&tally);
    struct sim_disk *disk = night_disk(&night, 1, &io);
    struct eleven *first = night_open(&night, &io);
    (void)state;
    assert_non_null(first);
    assert_null(night_open(&night, &io));
    assert_int_equal(night.status, JOURNAL_BUSY);
    assert_int_equal(eleven_close(first), JOURNAL_OK);
    sim_disk_destroy(disk);
}

int main(void)
{
    support_keep_heap();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_power_cut_at_every_call),
        cmocka_unit_test(test_power_cut_at_every_call_of_recovery),
        cmocka_unit_test(test_power_cut_while_made),
        cmocka_unit_test(test_kill_at_every_call),
        cmocka_unit_test(test_every_call_fails_once),
        cmocka_unit_test(test_every_call_finds_the_disk_full),
        cmocka_unit_test(test_every_call_is_short),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_two_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
