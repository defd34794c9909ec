/*
 * The crowd at work: makes orders in batches, submits them, counts the answers.
 * Who lives where and what is popular is made ready in crowd_prepare.c.
 */
#include "cli/crowd.h"

#include "base/assert.h"
#include "cli/cli.h"
#include "cli/crowd_prepare.h"
#include "cli/festival.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define ANSWERS_MAX 4096
#define ACKNOWLEDGED_LINE_MAX 80

static u32 crowd_sku(struct crowd *crowd)
{
    for (int i = 0;; i++) {
        u32 sku = crowd->skus[crowd_draw(&crowd->sku_dice, &crowd->prng)];
        if (!crowd->sold_out[sku] || i == 8 || prng_chance(&crowd->prng, 1, 32))
            return sku;
    }
}

/* A place that may hold the SKU and hands goods over; 0: none was met. */
static const struct book *crowd_store(struct crowd *crowd, u32 sku, u32 service)
{
    const struct sku *row = engine_sku(crowd->engine, sku);
    u32 skip = row->book_count > 0 ? (u32)prng_below(&crowd->prng, row->book_count) : 0;
    u32 id = row->first_book;
    for (u32 i = 0; i < skip + 4 && id != 0; i++) {
        const struct book *book = engine_book(crowd->engine, id);
        if (i >= skip && (book->services & service) != 0)
            return book;
        id = book->next;
    }
    return NULL;
}

/* Turns an order for home delivery into one made in a store, or collected there, if one has the SKU. */
static void crowd_visit_store(struct crowd *crowd, struct command_order_place *place, struct crowd_sent *sent)
{
    bool carry_out = prng_chance(&crowd->prng, 1, 2);
    const struct order_line_asked *lines = command_lines(place);
    const struct book *book = crowd_store(crowd, lines[0].sku, carry_out ? SERVICE_CARRY_OUT : SERVICE_PICK_UP);
    if (book == NULL)
        return;
    place->line_count = 1;
    place->location = book->location;
    place->city = 0;
    place->channel = carry_out ? CHANNEL_STORE : CHANNEL_WEB;
    place->delivery = carry_out ? DELIVERY_CARRY_OUT : DELIVERY_PICK_UP;
    place->flags = 0;
    sent->city = (u16)book->city;
}

static void crowd_make_order(struct crowd *crowd, struct command_order_place *place, struct crowd_sent *sent)
{
    struct prng *prng = &crowd->prng;
    u32 shopper = 1 + (u32)prng_below(prng, crowd->options.shoppers);
    u64 dice = prng_next(prng);
    *place = (struct command_order_place){
        .header = {.kind = COMMAND_ORDER_PLACE, .caller = shopper, .key = {crowd->run, crowd->clicks + 1}},
        .shopper = shopper,
        .festival = (u16)crowd->options.festival,
        .city = crowd->city_of[shopper],
        .currency = crowd->currency,
        .line_count = dice % 100 < 60 ? 1 : dice % 100 < 85 ? 2 : 3,
        .channel = CHANNEL_WEB,
        .delivery = DELIVERY_HOME,
        .payment = (dice >> 8) % 100 < crowd->options.hold_percent ? PAYMENT_HOLD : PAYMENT_WALLET,
        .flags = ORDER_MAY_SPLIT,
    };
    *sent = (struct crowd_sent){
        .number = crowd->clicks + 1, .city = place->city, .kind = COMMAND_ORDER_PLACE, .payment = place->payment};
    struct order_line_asked *lines = (struct order_line_asked *)(place + 1);
    for (u32 i = 0; i < place->line_count; i++)
        lines[i] = (struct order_line_asked){.sku = crowd_sku(crowd), .quantity = (dice >> (16 + i)) % 20 < 3 ? 2 : 1};
    if ((dice >> 32) % 100 < crowd->options.store_percent)
        crowd_visit_store(crowd, place, sent);
    place->header.size = (u16)(sizeof(*place) + place->line_count * sizeof(*lines));
    sent->delivery = place->delivery;
}

static void crowd_make_payment(struct crowd *crowd, struct command_order_pay *pay, struct crowd_sent *sent)
{
    const struct crowd_due *due = &crowd->due[--crowd->due_count];
    *pay = (struct command_order_pay){
        .header = {.kind = COMMAND_ORDER_PAY, .size = sizeof(*pay)},
        .amount_minor = due->total_minor,
        .order = due->order,
        .payment = PAYMENT_PROVIDER,
    };
    *sent = (struct crowd_sent){.kind = COMMAND_ORDER_PAY, .city = (u16)due->city};
}

/* How many more orders the rate allows now. */
static u64 crowd_allowed(const struct crowd *crowd)
{
    u64 left = crowd->options.orders - MIN(crowd->clicks, crowd->options.orders);
    if (crowd->options.rate == 0)
        return left;
    unsigned __int128 due = (unsigned __int128)(cli_monotonic_ns() - crowd->began_ns) * crowd->options.rate;
    u64 so_far = (u64)(due / 1000000000);
    return so_far > crowd->clicks ? MIN(left, so_far - crowd->clicks) : 0;
}

static void crowd_generate(struct crowd *crowd)
{
    u64 orders = crowd_allowed(crowd);
    crowd->batch_at = crowd->batch_size = 0;
    crowd->batch_count = crowd->batch_taken = 0;
    while (crowd->batch_count < CROWD_BATCH && (orders > 0 || crowd->due_count > 0)) {
        char *bytes = crowd->batch + crowd->batch_size;
        struct crowd_sent *sent = &crowd->batch_sent[crowd->batch_count];
        crowd->batch_offsets[crowd->batch_count] = crowd->batch_size;
        if (crowd->due_count > 0) {
            crowd_make_payment(crowd, (void *)bytes, sent);
        } else if (crowd->batch_count > 0 && crowd->batch_sent[crowd->batch_count - 1].kind == COMMAND_ORDER_PLACE
                   && prng_chance(&crowd->prng, 1, 100)) { /* an impatient finger: the same click again */
            const struct command_header *again = (void *)(crowd->batch + crowd->batch_offsets[crowd->batch_count - 1]);
            memcpy(bytes, again, again->size);
            *sent = crowd->batch_sent[crowd->batch_count - 1];
            crowd->clicks++;
            orders--;
        } else {
            crowd_make_order(crowd, (void *)bytes, sent);
            crowd->clicks++;
            orders--;
        }
        crowd->batch_size += ((const struct command_header *)bytes)->size;
        crowd->batch_count++;
    }
}

static void crowd_submit(struct crowd *crowd)
{
    u64 ticket;
    size_t size;
    size_t taken = eleven_submit(crowd->eleven, crowd->batch + crowd->batch_at, crowd->batch_size - crowd->batch_at,
                                 &size, &ticket);
    for (size_t i = 0; i < taken; i++)
        crowd->ring[(ticket + i) % CROWD_RING] = crowd->batch_sent[crowd->batch_taken + i];
    crowd->batch_at += size;
    crowd->batch_taken += (u32)taken;
    ASSERT(crowd->batch_taken <= crowd->batch_count);
}

static void crowd_paid(struct crowd *crowd, u16 city, i64 amount_minor)
{
    if (crowd->first_paid_ms == 0)
        crowd->first_paid_ms = cli_now_ms();
    crowd->paid_minor += amount_minor;
    crowd->paid_orders++;
    crowd->city_paid[city] += amount_minor;
}

static void crowd_refused(struct crowd *crowd, const struct crowd_sent *sent, struct result result)
{
    crowd->refused[MIN(result.code, (u16)127)]++;
    if (result.code == RESULT_POOL_FULL && result.value >= 0 && result.value < LIMIT_COUNT)
        crowd->pools_full[result.value]++;
    bool everywhere = result.code == RESULT_DEAL_SOLD_OUT
                      || (result.code == RESULT_SOLD_OUT && sent->delivery == DELIVERY_HOME);
    if (everywhere && result.value > 0 && result.value <= engine_sku_count(crowd->engine))
        crowd->sold_out[result.value] = 1;
}

/* Counts one answer; true when it is a new order. */
static bool crowd_count(struct crowd *crowd, const struct crowd_sent *sent, struct result result)
{
    crowd->answered++;
    if (sent->kind == COMMAND_ORDER_PAY) {
        if (result.code == RESULT_OK)
            crowd_paid(crowd, sent->city, result.value);
        else
            crowd->payments_refused++;
        return false;
    }
    if (result.flags & RESULT_REPLAYED) {
        crowd->replayed++;
        return false;
    }
    if (result.code != RESULT_OK) {
        crowd_refused(crowd, sent, result);
        return false;
    }
    crowd->accepted++;
    crowd->store_orders += sent->delivery != DELIVERY_HOME;
    if (sent->payment == PAYMENT_WALLET) {
        crowd_paid(crowd, sent->city, result.value);
    } else {
        crowd->held_orders++;
        if (sent->number % 5 != 0 && crowd->due_count < CROWD_DUE_MAX)
            crowd->due[crowd->due_count++] =
                (struct crowd_due){.order = result.id, .total_minor = result.value, .city = sent->city};
    }
    return true;
}

/* The lines must be out before anything else happens: a test kills this process and looks for every one of them. */
static void crowd_acknowledge(struct crowd *crowd, const char *lines, size_t size)
{
    while (size > 0 && crowd->file_error == 0) {
        ssize_t written = write(crowd->options.acknowledged, lines, size);
        if (written < 0 && errno != EINTR)
            crowd->file_error = errno;
        if (written > 0) {
            lines += written;
            size -= (size_t)written;
        }
    }
}

static size_t crowd_poll(struct crowd *crowd, bool wait)
{
    static struct eleven_answer answers[ANSWERS_MAX];
    static char lines[ANSWERS_MAX * ACKNOWLEDGED_LINE_MAX];
    size_t size = 0;
    size_t got = eleven_poll(crowd->eleven, answers, ANSWERS_MAX, wait);
    for (size_t i = 0; i < got; i++) {
        const struct crowd_sent *sent = &crowd->ring[answers[i].ticket % CROWD_RING];
        struct result result = answers[i].result;
        if (crowd_count(crowd, sent, result) && crowd->options.acknowledged >= 0)
            size += (size_t)snprintf(lines + size, ACKNOWLEDGED_LINE_MAX, "%u %016llx%016llx %lld\n", result.id,
                                     (unsigned long long)crowd->run, (unsigned long long)sent->number,
                                     (long long)result.value);
    }
    crowd_acknowledge(crowd, lines, size);
    return got;
}

bool crowd_step(struct crowd *crowd)
{
    if (crowd->began_ns == 0)
        crowd->began_ns = cli_monotonic_ns();
    if (eleven_status(crowd->eleven) != JOURNAL_OK || crowd->file_error != 0)
        return false;
    if (crowd->batch_taken == crowd->batch_count)
        crowd_generate(crowd);
    u32 taken = crowd->batch_taken;
    if (crowd->batch_taken < crowd->batch_count)
        crowd_submit(crowd);
    bool stuck = crowd->batch_taken == taken;
    size_t got = crowd_poll(crowd, stuck && eleven_outstanding(crowd->eleven) > 0);
    bool more = crowd->clicks < crowd->options.orders || crowd->due_count > 0
                || crowd->batch_taken < crowd->batch_count || eleven_outstanding(crowd->eleven) > 0;
    if (!more)
        crowd->ended_ns = cli_monotonic_ns();
    else if (stuck && got == 0 && eleven_outstanding(crowd->eleven) == 0)
        cli_sleep_ms(1); /* ahead of the rate */
    return more;
}

void crowd_stop(struct crowd *crowd)
{
    crowd->options.orders = crowd->clicks;
}

void crowd_print(const struct crowd *crowd)
{
    const struct festival *festival = engine_festival(crowd->engine, crowd->options.festival);
    char a[CLI_TEXT_MAX], b[CLI_TEXT_MAX], total[FESTIVAL_TOTAL_MAX], refusal[CLI_REFUSAL_MAX];
    i64 took_ns = MAX(crowd->ended_ns - crowd->began_ns, (i64)1);
    u64 rate = (u64)((unsigned __int128)crowd->clicks * 1000000000 / (u64)took_ns);
    u64 good = (u64)((unsigned __int128)crowd->accepted * 1000000000 / (u64)took_ns);
    printf("clicks      %s in %s", cli_number(a, crowd->clicks), festival_duration(b, took_ns / 1000000));
    printf(" = %s/s\n", cli_number(a, rate));
    printf("accepted    %s orders, %s/s, each durable before it was answered\n", cli_number(a, crowd->accepted),
           cli_number(b, good));
    if (crowd->held_orders > 0)
        printf("held        %s of them were held first; %s orders are paid\n", cli_number(a, crowd->held_orders),
               cli_number(b, crowd->paid_orders));
    if (crowd->store_orders > 0)
        printf("stores      %s of them were bought in a store or are collected there\n",
               cli_number(a, crowd->store_orders));
    printf("repeated    %s clicks got the answer of the first one\n", cli_number(a, crowd->replayed));
    for (u32 code = 0; code < ARRAY_COUNT(crowd->refused); code++)
        if (crowd->refused[code] > 0 && code != RESULT_POOL_FULL)
            printf("refused     %s %s\n", cli_number(a, crowd->refused[code]), result_word((u16)code));
    for (i64 limit = 0; limit < LIMIT_COUNT; limit++)
        if (crowd->pools_full[limit] > 0)
            printf("refused     %s %s\n", cli_number(a, crowd->pools_full[limit]),
                   cli_refusal(refusal, crowd->engine,
                               (struct result){.code = RESULT_POOL_FULL, .value = limit}));
    if (crowd->payments_refused > 0)
        printf("refused     %s payments of held orders\n", cli_number(a, crowd->payments_refused));
    printf("total       %s\n", festival_total(total, crowd->engine, festival, crowd->paid_minor));
}
