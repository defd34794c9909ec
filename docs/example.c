/*
 * libeleven by example: a shop with one thing on its shelf, one shopper, one order.
 *
 *   cc -std=c17 -Isrc docs/example.c build/libeleven.a -lxxhash -luring -lpthread -o example
 *   ./example /tmp/example-shop
 */
#include "eleven.h"

#include <stdio.h>
#include <stdlib.h>

static struct eleven *eleven;

/* Gives one command, waits until its effect is on the disk, and returns the id it answers. */
static u32 call(const void *command)
{
    struct result result;
    if (!eleven_call(eleven, command, &result) || result.code != RESULT_OK) {
        fprintf(stderr, "refused: %s\n", result_word(result.code));
        exit(1);
    }
    return result.id;
}

/* Makes an entity: fixed fields first, then its texts, of which the first is its code. */
static u32 put(u16 kind, const void *fields, size_t size, const char *code)
{
    static _Alignas(8) char room[COMMAND_SIZE_MAX];
    struct command_header *header = (void *)room;
    struct slice texts[COMMAND_TEXTS_MAX] = {slice_text(code)};
    memcpy(room, fields, size);
    header->kind = kind;
    header->size = (u16)size;
    command_add_texts(header, texts, command_info(kind)->text_count);
    return call(room);
}

#define PUT(name, KIND, code, ...) \
    put(COMMAND_##KIND, &(struct command_##name){__VA_ARGS__}, sizeof(struct command_##name), code)
#define CALL(name, KIND, ...)                                                                           \
    call(&(struct command_##name){.header = {.kind = COMMAND_##KIND, .size = sizeof(struct command_##name)}, \
                                  __VA_ARGS__})

int main(int argc, char **argv)
{
    char problem[JOURNAL_PROBLEM_MAX];
    struct engine_limits limits;
    engine_limits_default(&limits);
    if (argc != 2 || eleven_create(argv[1], &limits, NULL) != JOURNAL_OK ||
        eleven_open(&eleven, &(struct eleven_options){.directory = argv[1]}, problem) != JOURNAL_OK)
        return 1;

    u32 yuan = PUT(currency_put, CURRENCY_PUT, "CNY", .digits = 2);
    u32 china = PUT(country_put, COUNTRY_PUT, "CN", .header = {0});
    u32 city = PUT(city_put, CITY_PUT, "3301", .country = china);
    u32 warehouse = PUT(location_put, LOCATION_PUT, "main", .city = city, .kind = LOCATION_WAREHOUSE,
                        .services = SERVICE_SHIP);
    u32 kitchen = PUT(department_put, DEPARTMENT_PUT, "kitchen", .header = {0});
    u32 house = PUT(seller_put, SELLER_PUT, "house", .header = {0});
    u32 mug = PUT(sku_put, SKU_PUT, "red-mug", .department = kitchen, .seller = house, .for_sale = 1);
    CALL(price_set, PRICE_SET, .sku = mug, .currency = yuan, .price_minor = 1990);
    CALL(stock_receive, STOCK_RECEIVE, .sku = mug, .location = warehouse, .quantity = 10);
    u32 shopper = CALL(shopper_join, SHOPPER_JOIN, .city = city, .currency = yuan);
    CALL(wallet_top_up, WALLET_TOP_UP, .shopper = shopper, .currency = yuan, .amount_minor = 10000);

    struct { struct command_order_place place; struct order_line_asked lines[1]; } order = {
        {.header = {.kind = COMMAND_ORDER_PLACE, .size = sizeof(order), .caller = shopper, .key = {11, 11}},
         .shopper = shopper, .city = (u16)city, .currency = (u16)yuan, .line_count = 1,
         .channel = CHANNEL_WEB, .delivery = DELIVERY_HOME, .payment = PAYMENT_WALLET},
        {{.sku = mug, .quantity = 2}},
    };
    u32 id = call(&order);
    id = call(&order); /* the same key: the same answer, nothing sold twice */
    const struct order *row = engine_order(eleven_engine(eleven), id);
    printf("order %u: %lld fen, mugs left: %u\n", id, (long long)row->total_minor,
           engine_book(eleven_engine(eleven), 1)->available);
    return eleven_close(eleven) == JOURNAL_OK ? 0 : 1;
}
