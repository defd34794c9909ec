/*
 * Memory with a guard page, readable prints, and the shop of support.h.
 */
#include "test/support.h"

#include "base/time.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* --- engines ------------------------------------------------------------- */

#define PAGE ((size_t)4096)

static void *map(size_t size)
{
    size_t pages = (size + PAGE - 1) / PAGE * PAGE;
    char *memory =
        mmap(NULL, pages + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(memory != MAP_FAILED);
    assert_int_equal(mprotect(memory + pages, PAGE, PROT_NONE), 0);
    return memory;
}

static void unmap(void *memory, size_t size)
{
    munmap(memory, (size + PAGE - 1) / PAGE * PAGE + PAGE);
}

/* The engine's address need not be that of its memory. */
static struct {
    struct engine *engine;
    void *memory;
} mapped[8];

struct engine *support_engine(const struct engine_limits *limits)
{
    const char *problem = engine_limits_problem(limits);
    if (problem != NULL)
        fail_msg("limits: %s", problem);
    for (size_t i = 0; i < ARRAY_COUNT(mapped); i++)
        if (mapped[i].engine == NULL) {
            mapped[i].memory = map(engine_memory_size(limits));
            mapped[i].engine = engine_create(mapped[i].memory, limits);
            assert_non_null(mapped[i].engine);
            return mapped[i].engine;
        }
    fail_msg("too many engines at once");
    return NULL;
}

void support_engine_free(struct engine *engine, const struct engine_limits *limits)
{
    for (size_t i = 0; i < ARRAY_COUNT(mapped); i++)
        if (mapped[i].engine == engine) {
            unmap(mapped[i].memory, engine_memory_size(limits));
            mapped[i].engine = NULL;
            return;
        }
    fail_msg("an engine that is none");
}

bool support_check(const struct engine *engine)
{
    size_t size = engine_check_size(engine);
    void *scratch = map(size);
    struct check_report r;
    memset(&r, 0, sizeof r);
    bool good = engine_check(engine, scratch, &r);
    unmap(scratch, size);
    if (!good)
        fprintf(stderr,
                "engine_check: oversold %llu, units %llu, ledger %llu, deals %llu, budgets %llu, meters %llu, "
                "orders %llu, tills %llu, indexes %llu\n",
                (unsigned long long)r.oversold, (unsigned long long)r.unit_errors, (unsigned long long)r.ledger_errors,
                (unsigned long long)r.deal_errors, (unsigned long long)r.budget_errors,
                (unsigned long long)r.meter_errors, (unsigned long long)r.order_errors,
                (unsigned long long)r.till_errors, (unsigned long long)r.index_errors);
    u64 errors = r.oversold + r.unit_errors + r.ledger_errors + r.deal_errors + r.budget_errors + r.meter_errors +
                 r.order_errors + r.till_errors + r.index_errors;
    assert_true(good == (errors == 0));
    return good;
}

void support_limits(struct engine_limits *limits)
{
    *limits = (struct engine_limits){
        .currencies = 32, .countries = 16, .departments = 32, .cities = 16, .locations = 128, .brands = 16,
        .sellers = 16, .skus = 256, .prices = 256, .books = 1024, .text_bytes = 1 << 22, .festivals = 8, .deals = 256,
        .seconds = 8 * 2800000, .shoppers = 256, .wallets = 256, .accounts = 64, .budgets = 256, .caps = 1024,
        .orders = 20000, .lines = 40000, .answers = 4096,
        .flagships = 256, .inbounds = 1024, .tills = 32, .shifts = 256, .tenders = 4096,
    };
}

u64 support_number(const char *variable, u64 otherwise)
{
    const char *text = getenv(variable);
    return text == NULL || text[0] == '\0' ? otherwise : strtoull(text, NULL, 0);
}

i64 support_time(const char *text)
{
    i64 ms = 0;
    assert_true(time_parse(slice_of(text, strlen(text)), &ms));
    return ms;
}

void support_keep_heap(void)
{
    const int bytes = 64 << 20;
    mallopt(M_MMAP_THRESHOLD, bytes);
    mallopt(M_TRIM_THRESHOLD, bytes);
}

void support_print(FILE *file, const struct command_header *command)
{
    const struct command_info *info = command_info(command->kind);
    fprintf(file, "%s time %lld key %llx:%llx caller %u", info != NULL ? info->word : "?", (long long)command->time_ms,
            (unsigned long long)command->key[0], (unsigned long long)command->key[1], command->caller);
    for (size_t i = 0; info != NULL && i < info->field_count; i++) {
        const struct command_field *field = &info->fields[i];
        i64 value = 0;
        memcpy(&value, (const u8 *)command + field->offset, field->size);
        if (field->is_signed && field->size == 4)
            value = (i32)value;
        if (strcmp(field->name, "reserved") != 0)
            fprintf(file, ", %s %lld", field->name, (long long)value);
    }
    if (command->kind == COMMAND_ORDER_PLACE) {
        const struct command_order_place *place = (const void *)command;
        for (u32 i = 0; i < place->line_count; i++)
            fprintf(file, "%s%ux%u", i == 0 ? ", lines " : " ", command_lines(place)[i].sku,
                    command_lines(place)[i].quantity);
    }
    if (info != NULL && info->text_count > 0)
        fprintf(file, ", code \"" SLICE_FORMAT "\"", SLICE_ARGS(command_text(command, 0)));
    fprintf(file, "\n");
}

/* --- the shop ------------------------------------------------------------ */

void shop_open_with(struct shop *shop, const struct engine_limits *limits)
{
    memset(shop, 0, sizeof *shop);
    shop->limits = *limits;
    shop->engine = support_engine(limits);
    shop->naive = naive_create(limits);
    shop->now_ms = SHOP_START;
}

void shop_open(struct shop *shop)
{
    struct engine_limits limits;
    support_limits(&limits);
    shop_open_with(shop, &limits);
}

void shop_alone(struct shop *shop)
{
    if (shop->naive != NULL)
        naive_free(shop->naive);
    shop->naive = NULL;
}

void shop_close(struct shop *shop)
{
    char difference[NAIVE_DIFFERENCE_MAX];
    if (shop->naive != NULL && !naive_compare(shop->naive, shop->engine, true, difference))
        fail_msg("%s", difference);
    assert_true(support_check(shop->engine));
    support_engine_free(shop->engine, &shop->limits);
    shop_alone(shop);
}

static u64 answers[128];

u64 support_answers(u16 code)
{
    return answers[code];
}

struct result shop_do(struct shop *shop, const struct command_header *command)
{
    if ((const void *)command != shop->command)
        memcpy(shop->command, command, command->size);
    struct command_header *header = (struct command_header *)shop->command;
    header->time_ms = shop->now_ms;
    header->caller = shop->caller;
    header->key[0] = shop->key;
    shop->key = 0;
    assert_true(command_well_formed(header, header->size));
    struct result result = engine_apply(shop->engine, header);
    answers[result.code]++;
    if (shop->naive == NULL)
        return result;
    naive_texts_full(shop->naive, result.code == RESULT_POOL_FULL && result.value == LIMIT_text_bytes);
    struct result model = naive_apply(shop->naive, header);
    naive_texts_full(shop->naive, false);
    if (result.code != model.code || result.flags != model.flags || result.id != model.id ||
        result.value != model.value) {
        support_print(stderr, header);
        fail_msg("engine %s id %u value %lld flags %u, model %s id %u value %lld flags %u", result_word(result.code),
                 result.id, (long long)result.value, result.flags, result_word(model.code), model.id,
                 (long long)model.value, model.flags);
    }
    return result;
}

struct result shop_put(struct shop *shop, const struct command_header *command, const char *texts)
{
    const struct command_info *info = command_info(command->kind);
    struct slice slices[COMMAND_TEXTS_MAX];
    for (size_t i = 0; i < info->text_count; i++) {
        size_t size = strcspn(texts, "|");
        slices[i] = slice_of(texts, size);
        texts += size + (texts[size] == '|');
    }
    memcpy(shop->command, command, command->size);
    assert_true(command_add_texts((struct command_header *)shop->command, slices, info->text_count));
    return shop_do(shop, (struct command_header *)shop->command);
}

struct result shop_place(struct shop *shop, struct command_order_place place, const char *lines)
{
    struct command_order_place *command = (struct command_order_place *)shop->command;
    struct order_line_asked *line = (struct order_line_asked *)(command + 1);
    u16 count = 0;
    for (char *end; *lines != '\0'; lines = end, count++) {
        line[count].sku = (u32)strtoul(lines, &end, 10);
        line[count].quantity = (u32)strtoul(end + 1, &end, 10);
    }
    place.line_count = count;
    place.header.size = (u16)(sizeof place + count * sizeof *line);
    *command = place;
    return shop_do(shop, &command->header);
}

struct result expect_code(struct result result, u16 code, const char *file, int line)
{
    if (result.code != code) {
        fprintf(stderr, "%s:%d: expected %s, got %s (id %u, value %lld)\n", file, line, result_word(code),
                result_word(result.code), result.id, (long long)result.value);
        _fail(file, line);
    }
    return result;
}

void expect_result(struct result result, u16 code, u32 id, i64 value, const char *file, int line)
{
    expect_code(result, code, file, line);
    if (result.id != id || result.value != value) {
        fprintf(stderr, "%s:%d: %s: expected id %u value %lld, got id %u value %lld\n", file, line, result_word(code),
                id, (long long)value, result.id, (long long)result.value);
        _fail(file, line);
    }
}

void shop_furnish(struct shop *s)
{
    OK(PUT(s, currency_put, CURRENCY_PUT, "CNY", .digits = 2));
    OK(PUT(s, currency_put, CURRENCY_PUT, "JPY", .digits = 0));
    OK(PUT(s, currency_put, CURRENCY_PUT, "KWD", .digits = 3));
    OK(PUT(s, country_put, COUNTRY_PUT, "CN|China"));
    OK(PUT(s, department_put, DEPARTMENT_PUT, "shoes|Shoes"));
    OK(PUT(s, department_put, DEPARTMENT_PUT, "books|Books"));
    OK(PUT(s, city_put, CITY_PUT, "SHA|Shanghai", .country = 1, .longitude_e6 = 121473700, .latitude_e6 = 31230400));
    OK(PUT(s, city_put, CITY_PUT, "PEK|Beijing", .country = 1, .longitude_e6 = 116407400, .latitude_e6 = 39904200));
    OK(PUT(s, location_put, LOCATION_PUT, "W1|Warehouse", .city = 1, .longitude_e6 = 121400000,
           .latitude_e6 = 31200000, .kind = LOCATION_WAREHOUSE, .services = SERVICE_SHIP));
    OK(PUT(s, location_put, LOCATION_PUT, "S1|Store", .city = 2, .longitude_e6 = 116400000, .latitude_e6 = 39900000,
           .kind = LOCATION_STORE, .services = SERVICE_SHIP | SERVICE_PICK_UP | SERVICE_CARRY_OUT));
    OK(PUT(s, brand_put, BRAND_PUT, "acme|Acme", .country = 1));
    OK(PUT(s, seller_put, SELLER_PUT, "one|One"));
    OK(PUT(s, seller_put, SELLER_PUT, "two|Two"));
    static const char *const titles[] = {"K1|Kicks", "K2|Clogs", "K3|Atlas", "K4|Poems"};
    for (u32 sku = 1; sku <= 4; sku++) {
        u32 half = sku <= 2 ? 1 : 2;
        OK(PUT(s, sku_put, SKU_PUT, titles[sku - 1], .department = half, .brand = 1, .seller = half, .for_sale = 1));
        OK(DO(s, price_set, PRICE_SET, .sku = sku, .currency = 1, .price_minor = 10000));
    }
    OK(PUT(s, festival_put, FESTIVAL_PUT, "1111|Eleven", .opens_ms = SHOP_OPENS, .closes_ms = SHOP_CLOSES,
           .currency = 1, .utc_offset_minutes = 480, .hold_ms = SHOP_HOLD_MS));
    for (int i = 0; i < 3; i++)
        OK(DO(s, shopper_join, SHOPPER_JOIN, .city = 1, .currency = 1));
}

void shop_open_festival(struct shop *s)
{
    shop_open(s);
    shop_furnish(s);
    for (u32 location = 1; location <= 2; location++)
        for (u32 sku = 1; sku <= 4; sku++)
            OK(DO(s, stock_receive, STOCK_RECEIVE, .sku = sku, .location = location,
                  .quantity = location == 1 ? 10 : 5));
    OK(DO(s, wallet_top_up, WALLET_TOP_UP, .shopper = 1, .currency = 1, .amount_minor = 100000));
    s->now_ms = SHOP_OPENS;
}
