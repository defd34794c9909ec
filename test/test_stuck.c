/*
 * A disk that is slow, or stuck: what is decided and not yet durable is bounded, what cannot be taken is said at once,
 * no memory is asked for, and nobody is told of anything that is not on the disk. When it moves again all goes on; when
 * the power goes instead, nothing acknowledged is lost.
 *
 *   ELEVEN_FIRST=n      the seed (1)
 */
#include "base/prng.h"
#include "test/night.h"
#include "test/support.h"

#include <string.h>

#define ORDERS 10000u
#define OFFERED 1000u           /* times an order is offered while nothing moves */
#define BATCHES_BOUND 3u        /* two in flight, one open */

static struct night night;
static struct night_tally tally;
static struct io plain;
static struct prng prng;
static bool stuck;
static u32 slow;                /* one in so many looks finds something finished; 0: all do */
static u64 asked;               /* times memory was asked for */

static int stuck_reap(void *context, struct io_done *done, int max, bool wait)
{
    if (stuck || (slow > 0 && !wait && !prng_chance(&prng, 1, slow)))
        return 0;
    return plain.reap(context, done, max, wait);
}

static void *stuck_reserve(void *context, size_t size)
{
    asked++;
    return plain.reserve(context, size);
}

static struct sim_disk *begin(u64 seed, struct io *io)
{
    night = (struct night){.orders = ORDERS, .units = ORDERS * 7 / 10, .group = 10, .tally = &tally};
    night_begin(&night);
    prng_seed(&prng, seed);
    stuck = false;
    slow = 0;
    snprintf(night.label, sizeof(night.label), "seed %llu", (unsigned long long)seed);
    struct sim_disk *disk = night_disk(&night, seed, io);
    plain = *io;
    io->reap = stuck_reap;
    io->reserve = stuck_reserve;
    return disk;
}

static struct eleven *open_night(const struct io *io)
{
    struct eleven *eleven = night_open(&night, io);
    assert_true(eleven != NULL && night_furnish(&night, eleven));
    return eleven;
}

/* Offers orders from `number` on, one by one, until one is not taken; returns its number. *first: ticket of order 0. */
static u32 offer(struct eleven *eleven, u32 number, u32 end, u64 *first)
{
    for (; number < end; number++) {
        struct night_order order = night_order(number);
        size_t taken;
        u64 ticket;
        eleven_submit(eleven, &order, sizeof(order), &taken, &ticket);
        if (taken == 0)
            break;
        if (number == 0)
            *first = ticket;
    }
    return number;
}

/* Hears what may be heard now: only what is durable. */
static size_t hear(struct eleven *eleven, u64 first, bool wait)
{
    struct eleven_answer answers[64];
    size_t count = eleven_poll(eleven, answers, ARRAY_COUNT(answers), wait);
    for (size_t i = 0; i < count; i++)
        night_hear(&night, (u32)(answers[i].ticket - first), answers[i].result);
    fault_unless(night.heard_seq <= eleven_durable(eleven), &tally.lost, "%s: heard of what is not on the disk",
                 night.label);
    return count;
}

/* Sells from `number` to `end` and hears all. */
static void sell(struct eleven *eleven, u32 number, u32 end, u64 *first)
{
    while (number < end || eleven_outstanding(eleven) > 0) {
        number = offer(eleven, number, MIN(end, number + 10), first);
        u64 looks = 0;
        while (hear(eleven, *first, slow == 0) == 0 && eleven_outstanding(eleven) > 0 && looks < 1000)
            looks++;
        if (!fault_unless(looks < 1000, &tally.stuck, "%s: nothing more comes", night.label))
            return;
    }
}

/* Nothing moves: what is taken ends soon, and from then on each offer is refused at once, with nothing asked of the
 * world but the time. Returns the number of the first order not taken. */
static u32 offer_while_stuck(struct eleven *eleven, struct sim_disk *disk, u32 number, u64 *first)
{
    const u64 bound = BATCHES_BOUND * CONFIG_SEGMENT_BYTES_MIN / 2 / sizeof(struct night_order);
    u32 end = offer(eleven, number, ORDERS, first);
    u64 asked_before = asked, calls_before = sim_disk_calls(disk), outstanding = eleven_outstanding(eleven);
    fault_unless(end - number <= bound && end < ORDERS, &tally.unnamed, "%s: %u orders taken by a stuck disk",
                 night.label, end - number);
    for (u32 again = 0; again < OFFERED; again++) {
        bool refused = offer(eleven, end, end + 1, first) == end && !eleven_can_decide(eleven);
        bool quiet = hear(eleven, *first, false) == 0;
        fault_unless(refused && quiet, &tally.unnamed, "%s: offer %u is taken or answered by a stuck disk", night.label,
                     again);
    }
    fault_unless(asked == asked_before && sim_disk_calls(disk) == calls_before &&
                     eleven_outstanding(eleven) == outstanding && eleven_status(eleven) == JOURNAL_OK,
                 &tally.unnamed, "%s: a refusal is not quiet", night.label);
    return end;
}

static void one_night(u64 seed, u32 stuck_at, bool power)
{
    struct io io;
    u64 first = 0;
    struct sim_disk *disk = begin(seed, &io);
    struct eleven *eleven = open_night(&io);
    sell(eleven, 0, stuck_at, &first);
    stuck = true;
    u32 number = offer_while_stuck(eleven, disk, stuck_at, &first);
    stuck = false;
    if (power) {
        sim_disk_crash_at(disk, sim_disk_calls(disk) + 1);
        eleven_close(eleven);
        sim_disk_reboot(disk);
        bool good = night_run(&night, &io); /* all once more under their keys */
        fault_unless(good, &tally.stuck, "%s: not finished: %s", night.label, journal_status_word(night.status));
    } else {
        sell(eleven, number, ORDERS, &first);
        fault_unless(eleven_close(eleven) == JOURNAL_OK, &tally.stuck, "%s: does not close", night.label);
    }
    night_check_end(&night, disk, &plain);
    tally.recovered++;
    tally.cases++;
    sim_disk_destroy(disk);
}

static void test_stuck_disk(void **state)
{
    u64 seed = fault_first_seed();
    (void)state;
    tally = (struct night_tally){0};
    for (u32 stuck_at = 1; stuck_at < ORDERS / 2; stuck_at = stuck_at * 3 + 1) {
        one_night(seed++, stuck_at, false);
        one_night(seed++, stuck_at, true);
    }
    night_print("stuck-disk", &tally);
}

static void test_slow_disk(void **state)
{
    (void)state;
    tally = (struct night_tally){0};
    for (u64 seed = fault_first_seed(); seed < fault_first_seed() + 4; seed++, tally.cases++) {
        struct io io;
        u64 first = 0;
        struct sim_disk *disk = begin(seed, &io);
        struct eleven *eleven = open_night(&io);
        slow = 20;
        sell(eleven, 0, ORDERS, &first);
        slow = 0;
        fault_unless(eleven_close(eleven) == JOURNAL_OK, &tally.stuck, "%s: does not close", night.label);
        night_check_end(&night, disk, &plain);
        tally.recovered++;
        sim_disk_destroy(disk);
    }
    night_print("slow-disk", &tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stuck_disk),
        cmocka_unit_test(test_slow_disk),
    };
    support_keep_heap();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
