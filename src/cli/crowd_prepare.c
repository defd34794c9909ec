/* Before the storm: dice, catalogue, places, wallets; see crowd_prepare.h. */
#include "cli/crowd_prepare.h"

#include "cli/cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WALLET_TIMES 4 /* of what a shopper is expected to spend */

double crowd_zipf(u32 rank)
{
    return pow((double)rank + 1.0, -0.99);
}

bool crowd_dice_open(struct crowd_dice *dice, const double *weights, u32 count)
{
    double sum = 0;
    for (u32 i = 0; i < count; i++)
        sum += weights[i];
    u32 *small = malloc(2 * (size_t)count * sizeof(*small));
    double *share = malloc((size_t)count * sizeof(*share));
    dice->faces = calloc(count, sizeof(*dice->faces));
    dice->count = count;
    if (small == NULL || share == NULL || dice->faces == NULL) {
        free(small);
        free(share);
        return false;
    }
    u32 *large = small + count;
    u32 small_count = 0, large_count = 0;
    for (u32 i = 0; i < count; i++) {
        share[i] = weights[i] * count / sum;
        if (share[i] < 1)
            small[small_count++] = i;
        else
            large[large_count++] = i;
    }
    while (small_count > 0 && large_count > 0) {
        u32 less = small[--small_count];
        u32 more = large[large_count - 1];
        dice->faces[less] = (struct crowd_alias){.threshold = (u32)(share[less] * 4294967295.0), .other = more};
        share[more] -= 1 - share[less];
        if (share[more] < 1) {
            large_count--;
            small[small_count++] = more;
        }
    }
    while (large_count + small_count > 0) {
        u32 last = large_count > 0 ? large[--large_count] : small[--small_count];
        dice->faces[last] = (struct crowd_alias){.threshold = UINT32_MAX, .other = last};
    }
    free(small);
    free(share);
    return true;
}

static bool crowd_can_be_bought(const struct crowd *crowd, u32 id)
{
    const struct sku *sku = engine_sku(crowd->engine, id);
    if (!sku->for_sale || sku->book_count == 0)
        return false;
    if (sku->currency == crowd->currency && sku->price_minor > 0)
        return true;
    for (u32 price = sku->first_price; price != 0; price = engine_price(crowd->engine, price)->next)
        if (engine_price(crowd->engine, price)->currency == crowd->currency)
            return true;
    return false;
}

/* SKUs by popularity: first those with a deal of the festival, then the others, by id. */
static bool crowd_catalogue(struct crowd *crowd)
{
    u32 count = engine_sku_count(crowd->engine);
    u8 *chosen = calloc((size_t)count + 1, 1);
    crowd->skus = calloc((size_t)count + 1, sizeof(*crowd->skus));
    crowd->sold_out = calloc((size_t)count + 1, 1);
    double *weights = calloc((size_t)count + 1, sizeof(*weights));
    bool good = chosen != NULL && crowd->skus != NULL && crowd->sold_out != NULL && weights != NULL;
    for (u32 i = 1; good && i <= engine_deal_count(crowd->engine); i++) {
        const struct deal *deal = engine_deal(crowd->engine, i);
        bool here = deal->festival == crowd->options.festival && !chosen[deal->sku];
        if (here && engine_sku(crowd->engine, deal->sku)->for_sale) {
            chosen[deal->sku] = 1;
            crowd->skus[crowd->sku_count++] = deal->sku;
        }
    }
    for (u32 id = 1; good && id <= count; id++)
        if (!chosen[id] && crowd_can_be_bought(crowd, id))
            crowd->skus[crowd->sku_count++] = id;
    if (good && crowd->sku_count == 0)
        cli_error("sell", "nothing is for sale: no SKU has a price, stock and permission to be sold");
    for (u32 i = 0; good && i < crowd->sku_count; i++)
        weights[i] = crowd_zipf(i);
    good = good && crowd->sku_count > 0 && crowd_dice_open(&crowd->sku_dice, weights, crowd->sku_count);
    free(chosen);
    free(weights);
    return good;
}

static bool crowd_places(struct crowd *crowd)
{
    u32 count = engine_city_count(crowd->engine);
    if (count == 0) {
        cli_error("sell", "there are no cities: import them first (eleven import DIR --cities data/cities_cn.csv)");
        return false;
    }
    double *weights = calloc((size_t)count + 1, sizeof(*weights));
    if (weights == NULL)
        return false;
    for (u32 i = 0; i < count; i++)
        weights[i] = (double)engine_city(crowd->engine, i + 1)->population + 1000.0;
    bool good = crowd_dice_open(&crowd->city_dice, weights, count);
    free(weights);
    crowd->city_of = calloc((size_t)crowd->options.shoppers + 1, sizeof(*crowd->city_of));
    return good && crowd->city_of != NULL;
}

static bool crowd_buffers(struct crowd *crowd)
{
    crowd->batch = aligned_alloc(64, (size_t)CROWD_BATCH * 128);
    crowd->batch_sent = calloc(CROWD_BATCH, sizeof(*crowd->batch_sent));
    crowd->batch_offsets = calloc(CROWD_BATCH, sizeof(*crowd->batch_offsets));
    crowd->ring = calloc(CROWD_RING, sizeof(*crowd->ring));
    crowd->due = calloc(CROWD_DUE_MAX, sizeof(*crowd->due));
    return crowd->batch != NULL && crowd->batch_sent != NULL && crowd->batch_offsets != NULL && crowd->ring != NULL
           && crowd->due != NULL;
}

bool crowd_open(struct crowd *crowd, struct eleven *eleven, const struct crowd_options *options)
{
    memset(crowd, 0, sizeof(*crowd));
    crowd->eleven = eleven;
    crowd->engine = eleven_engine(eleven);
    crowd->options = *options;
    crowd->currency = (u16)engine_festival(crowd->engine, options->festival)->currency;
    prng_seed(&crowd->prng, options->seed);
    /* A second run of the same seed on a later state gets other keys: its orders are new ones. */
    crowd->run = mix64(options->seed ^ mix64(engine_chain(crowd->engine) + 1)) | 1;
    return crowd_catalogue(crowd) && crowd_places(crowd) && crowd_buffers(crowd);
}

void crowd_close(struct crowd *crowd)
{
    free(crowd->due);
    free(crowd->ring);
    free(crowd->batch_offsets);
    free(crowd->batch_sent);
    free(crowd->batch);
    free(crowd->city_of);
    free(crowd->city_dice.faces);
    free(crowd->sku_dice.faces);
    free(crowd->sold_out);
    free(crowd->skus);
}

/* --- joining --------------------------------------------------------------------- */

/* What one shopper's wallet is filled up to. */
static i64 crowd_wallet(const struct crowd *crowd)
{
    double sum = 0, weight = 0;
    for (u32 i = 0; i < crowd->sku_count; i++) {
        const struct sku *sku = engine_sku(crowd->engine, crowd->skus[i]);
        sum += crowd_zipf(i) * (double)(sku->currency == crowd->currency ? sku->price_minor : 0);
        weight += crowd_zipf(i);
    }
    double orders = (double)crowd->options.orders / (double)crowd->options.shoppers + 5;
    double wanted = sum / weight * 2 * orders * WALLET_TIMES;
    return wanted < 1e12 ? (i64)wanted + 1 : (i64)1e12;
}

static bool crowd_send(struct crowd *crowd, const void *bytes, size_t size)
{
    static struct eleven_answer answers[4096];
    size_t at = 0;
    struct result bad = {0};
    while (eleven_status(crowd->eleven) == JOURNAL_OK && (at < size || eleven_outstanding(crowd->eleven) > 0)) {
        size_t taken = 0;
        u64 ticket;
        if (at < size)
            eleven_submit(crowd->eleven, (const char *)bytes + at, size - at, &taken, &ticket);
        at += taken;
        size_t got = eleven_poll(crowd->eleven, answers, ARRAY_COUNT(answers), taken == 0);
        for (size_t i = 0; i < got; i++)
            if (answers[i].result.code != RESULT_OK && answers[i].result.code != RESULT_NO_CHANGE)
                bad = answers[i].result;
    }
    if (bad.code != RESULT_OK)
        cli_error("sell", "a shopper could not be made ready: %s",
                  cli_refusal((char[CLI_REFUSAL_MAX]){0}, crowd->engine, bad));
    return bad.code == RESULT_OK && eleven_status(crowd->eleven) == JOURNAL_OK;
}

static size_t crowd_joins(struct crowd *crowd, u32 count)
{
    struct command_shopper_join *joins = (void *)crowd->batch;
    for (u32 i = 0; i < count; i++)
        joins[i] = (struct command_shopper_join){
            .header = {.kind = COMMAND_SHOPPER_JOIN, .size = sizeof(*joins)},
            .city = 1 + crowd_draw(&crowd->city_dice, &crowd->prng),
            .currency = crowd->currency,
        };
    return count * sizeof(*joins);
}

/* A shopper's top-up, and a budget for some. Returns the bytes. */
static size_t crowd_equip(struct crowd *crowd, u32 shopper, i64 wallet_minor, char *bytes)
{
    size_t size = 0;
    i64 balance = engine_balance(crowd->engine, shopper, crowd->currency);
    if (balance < wallet_minor) {
        struct command_wallet_top_up *top_up = (void *)bytes;
        *top_up = (struct command_wallet_top_up){
            .header = {.kind = COMMAND_WALLET_TOP_UP, .size = sizeof(*top_up)},
            .amount_minor = wallet_minor - balance,
            .shopper = shopper,
            .currency = crowd->currency,
        };
        size += sizeof(*top_up);
    }
    bool first_wallet = engine_shopper(crowd->engine, shopper)->currency == crowd->currency;
    if (first_wallet && prng_chance(&crowd->prng, crowd->options.budget_percent, 100)) {
        struct command_budget_set *set = (void *)(bytes + size);
        *set = (struct command_budget_set){
            .header = {.kind = COMMAND_BUDGET_SET, .size = sizeof(*set)},
            .limit_minor = wallet_minor / ((i64)2 * WALLET_TIMES),
            .shopper = shopper,
            .scope = BUDGET_DAY,
        };
        size += sizeof(*set);
    }
    return size;
}

static bool crowd_has_wallet(const struct crowd *crowd, u32 id)
{
    const struct shopper *shopper = engine_shopper(crowd->engine, id);
    bool has = shopper->currency == crowd->currency;
    for (u32 wallet = shopper->first_wallet; wallet != 0 && !has; wallet = engine_wallet(crowd->engine, wallet)->next)
        has = engine_wallet(crowd->engine, wallet)->currency == crowd->currency;
    return has;
}

/* Room for all of them, and for the wallets of those who joined for another currency. */
static bool crowd_has_room(const struct crowd *crowd)
{
    const struct engine *engine = crowd->engine;
    u64 wallets = engine_used(engine, LIMIT_wallets);
    for (u32 id = 1; id <= MIN(engine_shopper_count(engine), crowd->options.shoppers); id++)
        wallets += !crowd_has_wallet(crowd, id);
    struct result full = {.code = RESULT_POOL_FULL, .value = LIMIT_shoppers};
    if (wallets > engine_capacity(engine, LIMIT_wallets))
        full.value = LIMIT_wallets;
    else if (crowd->options.shoppers <= engine_capacity(engine, LIMIT_shoppers))
        return true;
    cli_error("sell", "%s", cli_refusal((char[CLI_REFUSAL_MAX]){0}, engine, full));
    return false;
}

int crowd_join(struct crowd *crowd)
{
    u32 wanted = crowd->options.shoppers;
    if (!crowd_has_room(crowd))
        return CLI_REFUSED;
    for (u32 there = engine_shopper_count(crowd->engine); there < wanted;
         there = engine_shopper_count(crowd->engine)) {
        size_t size = crowd_joins(crowd, MIN(wanted - there, (u32)CROWD_BATCH));
        if (!crowd_send(crowd, crowd->batch, size))
            return eleven_status(crowd->eleven) == JOURNAL_OK ? CLI_REFUSED : CLI_FOLDER;
        cli_progress("shoppers join: %u of %u", there, wanted);
    }
    i64 wallet_minor = crowd_wallet(crowd);
    for (u32 shopper = 1; shopper <= wanted;) {
        size_t size = 0;
        for (u32 i = 0; i < CROWD_BATCH / 2 && shopper <= wanted; i++, shopper++) {
            size += crowd_equip(crowd, shopper, wallet_minor, crowd->batch + size);
            u16 city = engine_shopper(crowd->engine, shopper)->city;
            crowd->city_of[shopper] = city != 0 ? city : (u16)(1 + crowd_draw(&crowd->city_dice, &crowd->prng));
        }
        if (!crowd_send(crowd, crowd->batch, size))
            return eleven_status(crowd->eleven) == JOURNAL_OK ? CLI_REFUSED : CLI_FOLDER;
        cli_progress("wallets are filled: %u of %u", shopper - 1, wanted);
    }
    cli_progress_end();
    return CLI_DONE;
}
