#include "sim/oracle.h"

#include "base/assert.h"
#include "test/naive.h"
#include "test/support.h"

#include <stdlib.h>
#include <unistd.h>

#define RESULTS_KEPT 16u            /* of one key */
#define EXPECTED_MAX 3u             /* commands under one key: all but one are told of a conflict */
#define KEYS_MAX 16384u             /* a power of two */
#define FESTIVALS_SHOWN 4u          /* the first ones have screens */
#define CLOCK_SLACK_MS 3
#define ANSWERS_KEPT_MS ((i64)24 * 3600 * 1000)

struct counters *counters;
u64 *oracle_kinds, *oracle_codes;
char *oracle_reason;

struct decision {
    struct result result;
    u64 seq;                    /* of the engine, right after it: what an answer rests on */
};

/* All that is known of one key of one caller. */
struct keyed {
    bool used;
    u32 caller;
    u64 key[2];
    const struct command_header *expected[EXPECTED_MAX];
    struct decision decisions[RESULTS_KEPT];
    u32 count;                  /* decided so often, in all */
    u64 accepted_seq;           /* 0: not accepted */
    i64 accepted_ms;
};

/* The server's clock: at `since_ns` or later it was at most `high_ms`; at `until_ns` or before, at least `low_ms`. */
struct span {
    i64 since_ns, until_ns, low_ms, high_ms;
};

static struct {
    struct engine_limits limits;
    struct generator *generator;
    struct naive *naive;
    const struct engine *engine; /* that sells; NULL: none */
    bool recovering;
    struct buffer noted;        /* accepted commands, back to back */
    size_t *ends;               /* of command seq, in `noted`; ends[0] = 0 */
    u64 noted_count, ends_room;
    u64 *placed;                /* the number that placed order id */
    u64 placed_room;
    struct screen_total (*totals)[FESTIVALS_SHOWN]; /* of each festival, behind command seq */
    u64 acknowledged;           /* the highest number that an answer rests on */
    u64 durable;                /* oracle_durable */
    bool sold_out, unsent;
    struct span clock;
    const struct sim_disk *disk;
    struct keyed *keys;
} oracle;

void oracle_fail(u64 *counter, const char *format, ...)
{
    va_list arguments;
    ++*counter;
    va_start(arguments, format);
    vsnprintf(oracle_reason, ORACLE_REASON_MAX, format, arguments);
    va_end(arguments);
    _exit(1);
}

/* --- keys ------------------------------------------------------------------------------------------- */

static struct keyed *keyed_find(u32 caller, const u64 key[2])
{
    u64 at = mix64(key[0] ^ mix64(key[1] + caller)) & (KEYS_MAX - 1);
    for (u32 tries = 0;; tries++, at = (at + 1) & (KEYS_MAX - 1)) {
        ASSERT(tries < KEYS_MAX); /* a world has fewer keys */
        struct keyed *keyed = &oracle.keys[at];
        if (!keyed->used)
            *keyed = (struct keyed){.used = true, .caller = caller, .key = {key[0], key[1]}};
        if (keyed->caller == caller && keyed->key[0] == key[0] && keyed->key[1] == key[1])
            return keyed;
    }
}

bool oracle_expect(u32 caller, const u64 key[2], const struct command_header *command)
{
    struct keyed *keyed = keyed_find(caller, key);
    u32 count = 0;
    while (count < EXPECTED_MAX && keyed->expected[count] != NULL)
        count++;
    if (count == EXPECTED_MAX)
        return false;
    keyed->expected[count] = command;
    return true;
}

u32 oracle_decided(u32 caller, const u64 key[2])
{
    const struct keyed *keyed = keyed_find(caller, key);
    return keyed->expected[1] != NULL ? 0 : keyed->count;
}

static bool keyed_remembered(const struct keyed *keyed)
{
    return keyed->accepted_seq != 0 && oracle_now_ms() - keyed->accepted_ms < ANSWERS_KEPT_MS;
}

bool oracle_accepted(u32 caller, const u64 key[2])
{
    return keyed_remembered(keyed_find(caller, key));
}

/* --- the list of what was accepted ----------------------------------------------------------------- */

static const struct command_header *noted_at(u64 seq)
{
    ASSERT(seq >= 1 && seq <= oracle.noted_count);
    return (const struct command_header *)(const void *)(oracle.noted.bytes + oracle.ends[seq - 1]);
}

static void note(const struct command_header *command, i64 time_ms)
{
    if (oracle.noted_count + 2 > oracle.ends_room) {
        oracle.ends_room = oracle.ends_room * 2 + 1024;
        oracle.ends = realloc(oracle.ends, oracle.ends_room * sizeof(oracle.ends[0]));
        oracle.totals = realloc(oracle.totals, oracle.ends_room * sizeof(oracle.totals[0]));
        ASSERT(oracle.ends != NULL && oracle.totals != NULL);
        oracle.ends[0] = 0;
    }
    buffer_add(&oracle.noted, command, command->size);
    oracle.noted_count++;
    oracle.ends[oracle.noted_count] = oracle.noted.size;
    struct command_header *copy = (void *)(oracle.noted.bytes + oracle.ends[oracle.noted_count - 1]);
    copy->time_ms = time_ms; /* as it is journaled: when it took effect */
    for (u32 id = 1; id < FESTIVALS_SHOWN && id <= oracle.naive->festivals_count; id++) {
        const struct naive_festival *festival = &oracle.naive->festivals[id];
        oracle.totals[oracle.noted_count][id] =
            (struct screen_total){festival->paid_minor, festival->held_minor, (i64)festival->orders};
    }
}

/* Somebody has been told of what rests on this number. */
static void acknowledge(u64 seq, const char *what)
{
    if (seq > oracle.durable)
        oracle_fail(&counters->lost, "%s rests on command %llu, and only %llu are on the disk", what,
                    (unsigned long long)seq, (unsigned long long)oracle.durable);
    oracle.acknowledged = MAX(oracle.acknowledged, seq);
}

void oracle_durable(u64 seq)
{
    oracle.durable = seq;
}

static void note_order(u32 id)
{
    if (id >= oracle.placed_room) {
        oracle.placed_room = (u64)id * 2 + 1024;
        oracle.placed = realloc(oracle.placed, oracle.placed_room * sizeof(oracle.placed[0]));
        ASSERT(oracle.placed != NULL);
    }
    oracle.placed[id] = oracle.noted_count;
}

u32 oracle_orders(void)
{
    return oracle.naive->orders_count;
}

u32 oracle_order_shopper(u32 order)
{
    return order == 0 || order > oracle.naive->orders_count ? 0 : oracle.naive->orders[order].shopper;
}

void oracle_order_shown(u32 order)
{
    if (order == 0 || order > oracle.naive->orders_count)
        oracle_fail(&counters->lost, "order %u was shown, and is none of %u", order, oracle.naive->orders_count);
    acknowledge(oracle.placed[order], "an order that is shown");
}

void oracle_shown(u32 festival, u64 seq, const struct screen_total *total)
{
    if (seq > oracle.noted_count)
        oracle_fail(&counters->untrue, "a screen shows command %llu of %llu", (unsigned long long)seq,
                    (unsigned long long)oracle.noted_count);
    const struct screen_total *is = &oracle.totals[seq][festival];
    if (is->paid_minor != total->paid_minor || is->held_minor != total->held_minor || is->orders != total->orders)
        oracle_fail(&counters->untrue, "a screen shows %lld paid, %lld held, %lld orders at %llu, and it was %lld, %lld, %lld",
                    (long long)total->paid_minor, (long long)total->held_minor, (long long)total->orders,
                    (unsigned long long)seq, (long long)is->paid_minor, (long long)is->held_minor,
                    (long long)is->orders);
    acknowledge(seq, "a screen");
}

i64 oracle_now_ms(void)
{
    return oracle.noted_count == 0 ? 0 : noted_at(oracle.noted_count)->time_ms;
}

bool oracle_sold_out(void)
{
    return oracle.sold_out;
}

bool oracle_unsent(void)
{
    return oracle.unsent;
}

/* --- the clock ---------------------------------------------------------------------------------------- */

/* It is drawn to the wall clock by a part in a hundred; what is decided tells what it was. */
static void watch_clock(const struct command_header *command)
{
    i64 now_ns = sim_disk_now(oracle.disk), time_ms = command->time_ms;
    const struct span *clock = &oracle.clock;
    i64 shortest_ms = (now_ns - clock->until_ns) / 1000000 / 100 * 99;
    i64 longest_ms = (now_ns - clock->since_ns) / 1000000 / 100 * 101 + 101;
    i64 low_ms = clock->low_ms + shortest_ms - CLOCK_SLACK_MS, high_ms = clock->high_ms + longest_ms + CLOCK_SLACK_MS;
    if (high_ms > TIME_MS_MAX) /* such a clock moves nothing */
        return;
    if (time_ms < low_ms || time_ms > high_ms)
        oracle_fail(&counters->differences, "%s: it is %lld by the server's clock, and must be within %lld and %lld",
                    command_info(command->kind)->word, (long long)time_ms, (long long)low_ms, (long long)high_ms);
    oracle.clock = (struct span){now_ns, now_ns, time_ms, time_ms + 1};
}

i64 oracle_clock_ms(void)
{
    return oracle.clock.low_ms + (sim_disk_now(oracle.disk) - oracle.clock.until_ns) / 1000000;
}

/* Counts one that is near, and keeps it if it is number `wanted`. */
static void edge_add(struct edge *edge, u32 *count, u32 wanted, i64 in_ms, struct edge found)
{
    found.at_ns += in_ms * 1000000;
    if (++*count == wanted)
        *edge = found;
}

static u32 edges_within(i64 within_ms, bool of_holds, u32 wanted, struct edge *edge)
{
    const struct naive *naive = oracle.naive;
    const struct edge now = {.at_ns = sim_disk_now(oracle.disk)};
    const i64 now_ms = oracle_clock_ms();
    const i64 end_ms = now_ms + within_ms;
    u32 count = 0;
#define EDGE(at_ms, ...)                                                                         \
    if ((at_ms) > now_ms && (at_ms) < end_ms)                                                    \
        edge_add(edge, &count, wanted, (at_ms) - now_ms, (struct edge){.at_ns = now.at_ns, __VA_ARGS__});
    for (u32 id = 1; of_holds && id <= naive->orders_count; id++)
        if (naive->orders[id].state == ORDER_HELD)
            EDGE(naive->orders[id].changed_ms, .order = id, .total_minor = naive->orders[id].total_minor)
    for (u32 id = 1; !of_holds && id <= naive->put_count[COMMAND_FESTIVAL_PUT]; id++) {
        EDGE(NAIVE_PUT(naive, festival_put, FESTIVAL_PUT, id)->opens_ms)
        EDGE(NAIVE_PUT(naive, festival_put, FESTIVAL_PUT, id)->closes_ms)
    }
    for (u32 id = 1; !of_holds && id <= naive->deals_count; id++) {
        EDGE(naive->deals[id].opens_ms, .deal = id)
        EDGE(naive->deals[id].closes_ms, .deal = id)
    }
#undef EDGE
    return count;
}

bool oracle_edge(u32 draw, i64 within_ms, struct edge *edge)
{
    bool of_holds = draw % 2 == 0;
    u32 count = edges_within(within_ms, of_holds, 0, edge);
    if (count == 0) {
        of_holds = !of_holds;
        count = edges_within(within_ms, of_holds, 0, edge);
    }
    if (count > 0)
        edges_within(within_ms, of_holds, 1 + draw / 2 % count, edge);
    return count > 0;
}

void oracle_aim(u32 deal, struct command_order_place *place)
{
    const struct naive_deal *row = &oracle.naive->deals[deal];
    place->festival = (u16)row->festival;
    place->currency = (u16)NAIVE_PUT(oracle.naive, festival_put, FESTIVAL_PUT, row->festival)->currency;
    place->expected_total_minor = 0;
    ((struct order_line_asked *)(place + 1))->sku = row->sku;
}

i64 oracle_held_until_ms(void)
{
    i64 until_ms = 0;
    for (u32 id = 1; id <= oracle.naive->orders_count; id++)
        if (oracle.naive->orders[id].state == ORDER_HELD)
            until_ms = MAX(until_ms, oracle.naive->orders[id].changed_ms);
    return until_ms;
}

/* --- deciding ---------------------------------------------------------------------------------------- */

/* What the client gave must have come through the door unchanged; what it left out (0) may have been filled in. */
static bool came_through(const struct command_header *expected, const struct command_header *command)
{
    const struct command_info *info = command_info(command->kind);
    bool same = expected->kind == command->kind && (info->tail == TAIL_NONE || expected->size == command->size) &&
                memcmp((const u8 *)expected + info->fixed_size, (const u8 *)command + info->fixed_size,
                       expected->size - info->fixed_size) == 0;
    for (size_t i = 0; same && i < info->field_count; i++) {
        const struct command_field *field = &info->fields[i];
        u64 asked = 0, got = 0;
        memcpy(&asked, (const u8 *)expected + field->offset, field->size);
        memcpy(&got, (const u8 *)command + field->offset, field->size);
        if (strcmp(field->name, "flags") == 0) /* those that there are have names; others cannot be asked for */
            asked &= ORDER_MAY_SPLIT | ORDER_SHOWN_HERE;
        same = asked == 0 || asked == got;
    }
    return same;
}

static void compare_expected(const struct keyed *keyed, const struct command_header *command)
{
    const char *word = command_info(command->kind)->word;
    if (keyed->expected[0] == NULL)
        oracle_fail(&counters->unasked, "%s was decided under a key that nobody uses", word);
    for (u32 i = 0; i < EXPECTED_MAX && keyed->expected[i] != NULL; i++)
        if (came_through(keyed->expected[i], command))
            return;
    support_print(stderr, keyed->expected[0]);
    support_print(stderr, command);
    oracle_fail(&counters->unasked, "%s was decided otherwise than it was sent", word);
}

static void keep_decision(const struct command_header *command, struct result result, u64 seq, i64 now_ms)
{
    struct keyed *keyed = keyed_find(command->caller, command->key);
    keyed->decisions[keyed->count++ % RESULTS_KEPT] = (struct decision){result, seq};
    compare_expected(keyed, command);
    if (!result_changed(result))
        return;
    if (keyed_remembered(keyed))
        oracle_fail(&counters->doubled, "%s has had two effects, as command %llu and %llu",
                    command_info(command->kind)->word, (unsigned long long)keyed->accepted_seq,
                    (unsigned long long)seq);
    keyed->accepted_seq = seq;
    keyed->accepted_ms = now_ms;
}

static void learn(const struct command_header *command, struct result result)
{
    struct generator *generator = oracle.generator;
    if (command->size > sizeof(generator->command))
        return;
    memcpy(generator->command, command, command->size);
    generator_learn(generator, result);
    generator->price_seen_minor = 0; /* its next command is not this client's next */
}

static bool equal(struct result a, struct result b)
{
    return a.code == b.code && a.flags == b.flags && a.id == b.id && a.value == b.value;
}

/* The selling engine has decided: the model decides the same. */
static void watch(const struct engine *engine, const struct command_header *command, struct result result)
{
    watch_clock(command);
    bool texts_full = result.code == RESULT_POOL_FULL && result.value == LIMIT_text_bytes;
    naive_texts_full(oracle.naive, texts_full);
    struct result model = naive_apply(oracle.naive, command);
    oracle_kinds[command->kind]++;
    oracle_codes[result.code]++;
    counters->decided++;
    counters->accepted += result_changed(result);
    counters->replayed += (result.flags & RESULT_REPLAYED) != 0;
    oracle.sold_out |= result.code == RESULT_SOLD_OUT || result.code == RESULT_DEAL_SOLD_OUT;
    if (!equal(result, model)) {
        support_print(stderr, command);
        oracle_fail(&counters->differences, "%s: the engine says %s flags %u id %u value %lld, the model %s %u %u %lld",
                    command_info(command->kind)->word, result_word(result.code), result.flags, result.id,
                    (long long)result.value, result_word(model.code), model.flags, model.id, (long long)model.value);
    }
    if (result_changed(result)) {
        note(command, engine_now(engine));
        if (command->kind == COMMAND_ORDER_PLACE || command->kind == COMMAND_ORDER_EXCHANGE)
            note_order(result.id);
        if (engine_seq(engine) != oracle.noted_count)
            oracle_fail(&counters->differences, "the engine counts %llu commands, and %llu were accepted",
                        (unsigned long long)engine_seq(engine), (unsigned long long)oracle.noted_count);
    }
    if ((command->key[0] | command->key[1]) != 0)
        keep_decision(command, result, engine_seq(engine), engine_now(engine));
    else if (command->kind != COMMAND_CLOCK_TICK)
        oracle_fail(&counters->unasked, "%s was decided without a key", command_info(command->kind)->word);
    learn(command, result);
}

/* A start decides again: it must be what was noted. */
static void watch_again(u64 seq, const struct command_header *command)
{
    counters->recovered++;
    if (seq > oracle.noted_count)
        oracle_fail(&counters->silent, "command %llu is recovered, and was never decided", (unsigned long long)seq);
    const struct command_header *noted = noted_at(seq);
    if (noted->size != command->size || memcmp(noted, command, noted->size) != 0) {
        support_print(stderr, noted);
        support_print(stderr, command);
        oracle_fail(&counters->silent, "command %llu is recovered as another than it was", (unsigned long long)seq);
    }
}

struct watching {
    struct engine *engine;
    engine_decided *decided;
    void *argument;
    bool selling, recovering;
};

static bool watching_decided(void *argument, const struct command_header *command, struct result result)
{
    const struct watching *watching = argument;
    if (watching->selling)
        watch(watching->engine, command, result);
    else if (watching->recovering)
        watch_again(engine_seq(watching->engine), command);
    return watching->decided == NULL || watching->decided(watching->argument, command, result);
}

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker gives them their names. */
size_t __real_engine_apply_all(struct engine *engine, const void *commands, size_t count, engine_decided *decided,
                               void *argument);
size_t __wrap_engine_apply_all(struct engine *engine, const void *commands, size_t count, engine_decided *decided,
                               void *argument);
struct result __real_engine_apply(struct engine *engine, const struct command_header *command);
struct result __wrap_engine_apply(struct engine *engine, const struct command_header *command);
/* NOLINTEND(bugprone-reserved-identifier) */

size_t __wrap_engine_apply_all(struct engine *engine, const void *commands, size_t count, engine_decided *decided,
                               void *argument)
{
    struct watching watching = {engine, decided, argument, engine == oracle.engine, oracle.recovering};
    return __real_engine_apply_all(engine, commands, count, watching_decided, &watching);
}

struct result __wrap_engine_apply(struct engine *engine, const struct command_header *command)
{
    struct result result = __real_engine_apply(engine, command);
    if (engine == oracle.engine)
        watch(engine, command, result);
    else if (oracle.recovering)
        watch_again(engine_seq(engine), command);
    return result;
}

/* --- starts ------------------------------------------------------------------------------------------- */

void oracle_begin(const struct engine_limits *limits, struct generator *generator, const struct sim_disk *disk)
{
    memset(&oracle, 0, sizeof(oracle));
    oracle.keys = calloc(KEYS_MAX, sizeof(*oracle.keys));
    ASSERT(oracle.keys != NULL);
    oracle.limits = *limits;
    oracle.generator = generator;
    oracle.disk = disk;
    oracle.naive = naive_create(limits);
}

void oracle_end(void)
{
    naive_free(oracle.naive);
    buffer_free(&oracle.noted);
    free(oracle.ends);
    free(oracle.totals);
    free(oracle.placed);
    free(oracle.keys);
    memset(&oracle, 0, sizeof(oracle));
}

void oracle_recovering(void)
{
    oracle.engine = NULL;
    oracle.recovering = true;
    oracle.clock.since_ns = sim_disk_now(oracle.disk);
    oracle.clock.low_ms = sim_disk_wall(oracle.disk);
}

void oracle_stopped(void)
{
    oracle.engine = NULL;
    oracle.recovering = false;
}

bool oracle_same(const struct engine *engine, char *difference)
{
    snprintf(difference, NAIVE_DIFFERENCE_MAX, "%llu commands instead of %llu", (unsigned long long)engine_seq(engine),
             (unsigned long long)oracle.noted_count);
    return engine_seq(engine) == oracle.noted_count && naive_compare(oracle.naive, engine, false, difference);
}

void oracle_check(const struct engine *engine, const char *when)
{
    char difference[NAIVE_DIFFERENCE_MAX];
    if (!oracle_same(engine, difference))
        oracle_fail(&counters->differences, "%s: %s", when, difference);
    if (!support_check(engine))
        oracle_fail(&counters->books, "%s: the books do not balance", when);
}

/* Decisions behind `seq` never happened. */
static void forget_behind(u64 seq)
{
    for (u32 i = 0; i < KEYS_MAX; i++) {
        struct keyed *keyed = &oracle.keys[i];
        if (keyed->accepted_seq > seq)
            keyed->accepted_seq = 0;
        for (u32 k = 0; k < RESULTS_KEPT; k++)
            if (keyed->decisions[k].seq > seq)
                keyed->decisions[k] = (struct decision){.result.code = UINT16_MAX};
    }
    if (oracle.noted_count == seq)
        return;
    oracle.unsent = true;
    oracle.noted_count = seq;
    oracle.noted.size = seq == 0 ? 0 : oracle.ends[seq];
    naive_free(oracle.naive);
    oracle.naive = naive_create(&oracle.limits);
    for (u64 i = 1; i <= seq; i++)
        naive_apply(oracle.naive, noted_at(i));
}

void oracle_selling(const struct engine *engine)
{
    u64 seq = engine_seq(engine);
    oracle.recovering = false;
    if (seq > oracle.noted_count)
        oracle_fail(&counters->silent, "the start found %llu commands, and %llu were decided", (unsigned long long)seq,
                    (unsigned long long)oracle.noted_count);
    if (seq < oracle.acknowledged)
        oracle_fail(&counters->lost, "the start found %llu commands, and answers up to %llu have been read",
                    (unsigned long long)seq, (unsigned long long)oracle.acknowledged);
    forget_behind(seq);
    char difference[NAIVE_DIFFERENCE_MAX];
    if (!oracle_same(engine, difference))
        oracle_fail(&counters->differences, "after the start: %s", difference);
    oracle.engine = engine;
    oracle.clock.until_ns = sim_disk_now(oracle.disk);
    oracle.clock.low_ms = MAX(oracle.clock.low_ms, engine_now(engine));
    oracle.clock.high_ms = MAX(sim_disk_wall(oracle.disk), engine_now(engine));
}

/* --- answers ------------------------------------------------------------------------------------------ */

static bool answer_fits(const struct heard *answer, struct result result)
{
    if (answer->kind == ANSWER_DONE)
        return (result.code == RESULT_OK || result.code == RESULT_NO_CHANGE) &&
               (answer->id < 0 || (u64)answer->id == result.id) && (answer->value < 0 || answer->value == result.value);
    return result.code < 128 && strcmp(result_word(result.code), answer->word) == 0;
}

/* What a door says by itself of a name that nothing has. */
static bool is_of_the_door(const char *word)
{
    return strncmp(word, "unknown-", 8) == 0 || strcmp(word, "bad-gtin") == 0 || strcmp(word, "malformed") == 0;
}

void oracle_answered(u32 caller, const u64 key[2], const struct heard *answer)
{
    const struct keyed *keyed = keyed_find(caller, key);
    bool decided = answer->kind == ANSWER_DONE || answer->kind == ANSWER_REFUSED;
    u64 seq = UINT64_MAX; /* of the first that it may be */
    for (u32 i = 0; decided && i < MIN(keyed->count, RESULTS_KEPT); i++) {
        const struct decision *decision = &keyed->decisions[(keyed->count - 1 - i) % RESULTS_KEPT];
        if (answer_fits(answer, decision->result))
            seq = MIN(seq, decision->seq);
    }
    if (seq != UINT64_MAX) {
        acknowledge(seq, "an answer");
        return;
    }
    bool accepted = keyed_remembered(keyed) && keyed->expected[1] == NULL; /* else: by another one, perhaps */
    bool own = answer->kind == ANSWER_WRONG || is_of_the_door(answer->word);
    if (answer->kind == ANSWER_LATER || (own && answer->kind != ANSWER_DONE && !accepted))
        return;
    const char *word = keyed->expected[0] != NULL ? command_info(keyed->expected[0]->kind)->word : "?";
    if (keyed->expected[0] != NULL)
        support_print(stderr, keyed->expected[0]);
    const struct result *last = &keyed->decisions[(keyed->count - 1) % RESULTS_KEPT].result;
    oracle_fail(&counters->untrue, "%s is answered %s id %lld value %lld, and was %s (%s id %u value %lld)", word,
                answer->kind == ANSWER_DONE ? "done" : answer->word, (long long)answer->id, (long long)answer->value,
                accepted ? "accepted" : keyed->count > 0 ? "decided otherwise" : "never decided",
                keyed->count > 0 ? result_word(last->code) : "", keyed->count > 0 ? last->id : 0,
                (long long)(keyed->count > 0 ? last->value : 0));
}
