#include "test/night.h"

#include "test/support.h"

#include <string.h>

#define SETUP_KEY 1000000u
#define TIME_MS ((i64)1541865600000) /* 2018-11-11T00:00:00+08:00 */
#define GROUP_MAX 64u

void night_print(const char *row, const struct night_tally *t)
{
    FAULT_LINE(row, {"cases", t->cases}, {"recovered", t->recovered}, {"unsent", t->unsent}, {"ended", t->ended},
               {"lost", t->lost}, {"oversold", t->oversold}, {"unaccounted", t->unaccounted}, {"doubled", t->doubled},
               {"different", t->different}, {"unnamed", t->unnamed}, {"stuck", t->stuck}, {"leaked", t->leaked});
}

void night_begin(struct night *night)
{
    assert_true(night->orders <= NIGHT_ORDERS_MAX && night->group <= GROUP_MAX);
    assert_true(night->group > 0 && night->orders % night->group == 0);
    memset(night->acknowledged, 0, sizeof(night->acknowledged));
    night->heard_seq = 0;
}

void night_config(const struct night *night, struct config *config)
{
    support_limits(&config->limits);
    config->limits.orders = night->orders;
    config->limits.lines = night->orders;
    config->limits.answers = 2 * night->orders;
    config->journal_segment_bytes = CONFIG_SEGMENT_BYTES_MIN;
}

struct sim_disk *night_disk(const struct night *night, u64 seed, struct io *io)
{
    struct config config;
    struct sim_disk *disk = sim_disk_create(seed);
    sim_disk_io(disk, io);
    night_config(night, &config);
    assert_int_equal(config_create(NIGHT_DIRECTORY, &config, io), JOURNAL_OK);
    return disk;
}

struct eleven *night_open(struct night *night, const struct io *io)
{
    struct eleven *eleven;
    struct eleven_options options = {
        .directory = NIGHT_DIRECTORY, .io = io, .clock = ELEVEN_CLOCK_CALLER, .orders_ahead = 1};
    night->problem[0] = 0;
    night->status = eleven_open(&eleven, &options, night->problem);
    night->opened_seq = eleven == NULL ? 0 : engine_seq(eleven_engine(eleven));
    return eleven;
}

/* One command with a text for its code and a key of its own, so that it can be repeated. False: the disk is gone. */
static bool furnish_one(struct eleven *eleven, u64 key, const struct command_header *command, const char *code)
{
    u64 buffer[128] = {0};
    struct command_header *copy = (struct command_header *)buffer;
    const struct command_info *info = command_info(command->kind);
    struct slice texts[COMMAND_TEXTS_MAX] = {{0}};
    struct result result;
    memcpy(buffer, command, info->fixed_size);
    copy->size = info->fixed_size;
    copy->time_ms = TIME_MS;
    copy->key[0] = SETUP_KEY + key;
    texts[0] = slice_text(code);
    if (info->tail == TAIL_TEXTS)
        assert_true(command_add_texts(copy, texts, info->text_count));
    if (!eleven_call(eleven, buffer, &result))
        return false;
    assert_int_equal(result.code, RESULT_OK);
    return true;
}

#define GIVE(key, name, NAME, code, ...) \
    furnish_one(eleven, key, &(struct command_##name){HEADER(name, NAME), __VA_ARGS__}.header, code)

static bool furnish_units(struct eleven *eleven, u32 orders, u32 units)
{
    return GIVE(1, currency_put, CURRENCY_PUT, "CNY", .digits = 2) && GIVE(2, country_put, COUNTRY_PUT, "CN") &&
           GIVE(3, department_put, DEPARTMENT_PUT, "toys") &&
           GIVE(4, city_put, CITY_PUT, "Shanghai", .country = 1, .longitude_e6 = 121470000, .latitude_e6 = 31230000) &&
           GIVE(5, location_put, LOCATION_PUT, "warehouse", .city = 1, .kind = LOCATION_WAREHOUSE,
                .services = SERVICE_SHIP) &&
           GIVE(6, seller_put, SELLER_PUT, "house", ) &&
           GIVE(7, sku_put, SKU_PUT, "kite", .department = 1, .seller = 1, .for_sale = 1) &&
           GIVE(8, price_set, PRICE_SET, "", .price_minor = NIGHT_PRICE_MINOR, .sku = 1, .currency = 1) &&
           GIVE(9, stock_receive, STOCK_RECEIVE, "", .sku = 1, .location = 1, .quantity = units) &&
           GIVE(10, shopper_join, SHOPPER_JOIN, "", .city = 1, .currency = 1) &&
           GIVE(NIGHT_SETUP, wallet_top_up, WALLET_TOP_UP, "", .amount_minor = (i64)NIGHT_PRICE_MINOR * orders,
                .shopper = 1, .currency = 1);
}

bool night_furnish(const struct night *night, struct eleven *eleven)
{
    return furnish_units(eleven, night->orders, night->units);
}

struct night_order night_order(u32 number)
{
    return (struct night_order){
        .place = {.header = {.kind = COMMAND_ORDER_PLACE,
                             .size = sizeof(struct night_order),
                             .caller = 7,
                             .time_ms = TIME_MS + number / 10,
                             .key = {number + 1, 0}},
                  .shopper = 1,
                  .city = 1,
                  .currency = 1,
                  .line_count = 1,
                  .channel = CHANNEL_WEB,
                  .delivery = DELIVERY_HOME,
                  .payment = number % 3 == 0 ? PAYMENT_HOLD : PAYMENT_WALLET},
        .line = {1, 1},
    };
}

void night_hear(struct night *night, u32 number, struct result result)
{
    const struct result *before = &night->results[number];
    if (night->acknowledged[number]) {
        bool same = result.code == before->code && result.id == before->id && result.value == before->value;
        fault_unless(same, &night->tally->different, "%s: order %u was answered %s %u, now %s %u", night->label, number,
                     result_word(before->code), before->id, result_word(result.code), result.id);
        fault_unless(result.code != RESULT_OK || (result.flags & RESULT_REPLAYED), &night->tally->doubled,
                     "%s: order %u was placed twice", night->label, number);
        return;
    }
    fault_unless(result.code == RESULT_OK || result.code == RESULT_SOLD_OUT, &night->tally->different,
                 "%s: order %u is answered %s", night->label, number, result_word(result.code));
    night->acknowledged[number] = true;
    night->results[number] = result;
    if (result.code == RESULT_OK) /* the only SKU and nothing else: order 1 is the first command after the furniture */
        night->heard_seq = MAX(night->heard_seq, NIGHT_SETUP + result.id);
}

/* A failed engine takes nothing more and acknowledges nothing more. */
static void check_stopped(struct night *night, struct eleven *eleven, u32 number)
{
    struct night_order order = night_order(number);
    struct eleven_answer answer;
    size_t taken;
    u64 ticket;
    if (eleven_status(eleven) == JOURNAL_OK)
        return;
    bool silent = eleven_submit(eleven, &order, sizeof(order), &taken, &ticket) == 0 && taken == 0 &&
                  eleven_poll(eleven, &answer, 1, true) == 0;
    fault_unless(silent, &night->tally->unnamed, "%s: answers after %s", night->label,
                 journal_status_word(eleven_status(eleven)));
}

/* Gives in a group and hears all answers. False: the disk is gone. */
static bool order_group(struct night *night, struct eleven *eleven, u32 first)
{
    struct night_order commands[GROUP_MAX];
    struct eleven_answer answers[GROUP_MAX];
    size_t taken;
    u64 ticket;
    for (u32 i = 0; i < night->group; i++)
        commands[i] = night_order(first + i);
    size_t submitted = eleven_submit(eleven, commands, night->group * sizeof(commands[0]), &taken, &ticket);
    while (eleven_outstanding(eleven) > 0) {
        size_t count = eleven_poll(eleven, answers, GROUP_MAX, true);
        if (count == 0)
            return false;
        for (size_t i = 0; i < count; i++)
            night_hear(night, first + (u32)(answers[i].ticket - ticket), answers[i].result);
    }
    return submitted == night->group;
}

bool night_run(struct night *night, const struct io *io)
{
    struct eleven *eleven = night_open(night, io);
    if (eleven == NULL)
        return false;
    night_check_heard(night, eleven_engine(eleven));
    bool good = night_furnish(night, eleven);
    for (u32 first = 0; good && first < night->orders; first += night->group) {
        good = order_group(night, eleven, first);
        if (!good)
            check_stopped(night, eleven, first);
        if (first == night->orders / 2 && night->snapshots)
            eleven_snapshot(eleven);
    }
    night->status = eleven_close(eleven);
    return good && night->status == JOURNAL_OK;
}

void night_check_heard(struct night *night, const struct engine *engine)
{
    fault_unless(engine_seq(engine) >= night->heard_seq, &night->tally->lost, "%s: %llu commands, %llu were heard of",
                 night->label, (unsigned long long)engine_seq(engine), (unsigned long long)night->heard_seq);
    for (u32 i = 0; i < night->orders; i++) {
        if (!night->acknowledged[i] || night->results[i].code != RESULT_OK)
            continue;
        const struct order *order = engine_order(engine, night->results[i].id);
        fault_unless(order != NULL && order->total_minor == night->results[i].value, &night->tally->lost,
                     "%s: order %u was acknowledged and is not there", night->label, i);
    }
}

void night_check_persisted(struct night *night, const struct sim_disk *disk, const struct engine *engine)
{
    struct io io;
    struct sim_disk *copy = sim_disk_clone(disk, 1);
    u64 seq = engine_seq(engine), chain = engine_chain(engine);
    sim_disk_io(copy, &io);
    struct eleven *eleven = night_open(night, &io);
    bool same = eleven != NULL && engine_seq(eleven_engine(eleven)) == seq &&
                engine_chain(eleven_engine(eleven)) == chain;
    fault_unless(same, &night->tally->lost, "%s: %llu commands were recovered, a power cut leaves %llu (%s)",
                 night->label, (unsigned long long)seq, (unsigned long long)night->opened_seq,
                 journal_status_word(night->status));
    if (eleven != NULL)
        eleven_close(eleven);
    sim_disk_destroy(copy);
}

void night_check_end(struct night *night, struct sim_disk *disk, const struct io *io)
{
    struct night_tally *tally = night->tally;
    u32 sold = 0;
    struct eleven *eleven = night_open(night, io);
    if (!fault_unless(eleven != NULL, &tally->stuck, "%s: does not open again: %s (%s)", night->label,
                      journal_status_word(night->status), night->problem))
        return;
    const struct engine *engine = eleven_engine(eleven);
    for (u32 i = 0; i < night->orders; i++) {
        fault_unless(night->acknowledged[i], &tally->stuck, "%s: order %u has no answer", night->label, i);
        sold += night->results[i].code == RESULT_OK;
    }
    u32 expected = MIN(night->units, night->orders);
    fault_unless(sold <= expected && engine_order_count(engine) <= expected, &tally->oversold,
                 "%s: %u sold, %u orders, %u units", night->label, sold, engine_order_count(engine), night->units);
    fault_unless(sold >= expected, &tally->lost, "%s: %u of %u units sold", night->label, sold, expected);
    fault_unless(engine_order_count(engine) == sold, &tally->doubled, "%s: %u orders, %u were acknowledged",
                 night->label, engine_order_count(engine), sold);
    const struct book *book = engine_book(engine, 1);
    fault_unless(book->available == night->units - expected && book->reserved == expected && support_check(engine),
                 &tally->unaccounted, "%s: the books are wrong", night->label);
    night_check_heard(night, engine);
    fault_unless(eleven_close(eleven) == JOURNAL_OK, &tally->stuck, "%s: does not close", night->label);
    fault_unless(sim_disk_open_files(disk) == 0, &tally->leaked, "%s: files are open", night->label);
}
