#include "test/stall.h"

#include <string.h>

char stall_problem[JOURNAL_PROBLEM_MAX];

void stall_config(struct config *config)
{
    config_default(config);
    support_limits(&config->limits);
    config->journal_segment_bytes = CONFIG_SEGMENT_BYTES_MIN;
}

struct sim_disk *stall_disk(struct io *io, const struct config *config)
{
    struct config usual;
    struct sim_disk *disk = sim_disk_create(1);
    sim_disk_io(disk, io);
    stall_config(&usual);
    assert_int_equal(config_create(STALL_FOLDER, config == NULL ? &usual : config, io), JOURNAL_OK);
    return disk;
}

struct eleven *stall_open(struct eleven_options options, enum journal_status expected)
{
    struct eleven *eleven;
    options.directory = options.directory == NULL ? STALL_FOLDER : options.directory;
    options.orders_ahead = 1;
    stall_problem[0] = 0;
    enum journal_status status = eleven_open(&eleven, &options, stall_problem);
    if (status != expected)
        fail_msg("open: %s: %s", journal_status_word(status), stall_problem);
    return eleven;
}

struct result stall_give(struct eleven *eleven, const struct command_header *command, const char *code)
{
    u64 buffer[128] = {0};
    struct slice texts[COMMAND_TEXTS_MAX] = {slice_text(code)};
    const struct command_info *info = command_info(command->kind);
    struct result result;
    memcpy(buffer, command, command->size);
    if (info->tail == TAIL_TEXTS)
        assert_true(command_add_texts((struct command_header *)buffer, texts, info->text_count));
    assert_true(eleven_call(eleven, buffer, &result));
    return result;
}

void stall_furnish(struct eleven *eleven, u32 units)
{
    STALL(eleven, currency_put, CURRENCY_PUT, "CNY", .digits = 2);
    STALL(eleven, country_put, COUNTRY_PUT, "CN");
    STALL(eleven, department_put, DEPARTMENT_PUT, "toys");
    STALL(eleven, city_put, CITY_PUT, "Shanghai", .country = 1);
    STALL(eleven, location_put, LOCATION_PUT, "warehouse", .city = 1, .kind = LOCATION_WAREHOUSE,
          .services = SERVICE_SHIP);
    STALL(eleven, seller_put, SELLER_PUT, "house", );
    STALL(eleven, sku_put, SKU_PUT, "kite", .department = 1, .seller = 1, .for_sale = 1);
    STALL(eleven, price_set, PRICE_SET, "", .price_minor = STALL_PRICE_MINOR, .sku = 1, .currency = 1);
    STALL(eleven, stock_receive, STOCK_RECEIVE, "", .sku = 1, .location = 1, .quantity = units);
    STALL(eleven, shopper_join, SHOPPER_JOIN, "", .city = 1, .currency = 1);
}

struct stall_order stall_hold(u32 quantity)
{
    return (struct stall_order){
        .place = {.header = {.kind = COMMAND_ORDER_PLACE, .size = sizeof(struct stall_order)}, .shopper = 1, .city = 1,
                  .currency = 1, .line_count = 1, .channel = CHANNEL_WEB, .delivery = DELIVERY_HOME,
                  .payment = PAYMENT_HOLD},
        .line = {1, quantity},
    };
}
