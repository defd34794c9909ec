/*
 * make_corpus: what the fuzz targets begin with where a text editor cannot
 * write it: commands as bytes, damages of a data folder, and a request of every route. Tiny files, always the same.
 *   make_corpus DIR      writes DIR/command/, DIR/journal/ and DIR/http/, which must exist
 */
#include "door/route.h"
#include "fuzz/fuzz.h"
#include "test/generate.h"
#include "test/support.h"

#include <llhttp.h>
#include <stdio.h>

#define WORLDS 24
#define COMMANDS 400
#define CHUNK_BYTES 2048

static const char *directory;

static void write_seed(const char *target, const char *name, unsigned number, const void *bytes, size_t size)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s/%s-%u", directory, target, name, number);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

/* --- commands ------------------------------------------------------------------------------------- */

/* Some runs of what a generated world hears, moved to the time of the fuzzed shop. */
static void command_world(unsigned seed)
{
    static u64 chunk[(CHUNK_BYTES + COMMAND_SIZE_MAX) / 8];
    struct engine_limits limits;
    struct generator *generator = generator_create(seed);
    generator_limits(generator, &limits);
    struct engine *engine = support_engine(&limits);
    size_t size = 0;
    i64 begun_ms = 0;
    for (unsigned i = 0, number = 0; i < COMMANDS && number < 4; i++) {
        const struct command_header *command = generator_next(generator);
        generator_learn(generator, engine_apply(engine, command));
        if (begun_ms == 0)
            begun_ms = command->time_ms;
        struct command_header *copy = (struct command_header *)(void *)((u8 *)chunk + size);
        memcpy(copy, command, command->size);
        copy->time_ms += SHOP_OPENS - begun_ms;
        size += command->size;
        if (size >= CHUNK_BYTES) {
            if (i > COMMANDS / 4)
                write_seed("command", "world", seed * 4 + number++, chunk, size);
            size = 0;
        }
    }
    support_engine_free(engine, &limits);
    generator_free(generator);
}

static u64 life[2048];
static size_t life_size;
static i64 life_ms = SHOP_OPENS;

static void live(const struct command_header *command, size_t extra)
{
    struct command_header *copy = (struct command_header *)(void *)((u8 *)life + life_size);
    memcpy(copy, command, command->size + extra);
    copy->size = (u16)(command->size + extra);
    copy->time_ms = life_ms += 1000;
    ASSERT(command_well_formed(copy, copy->size));
    life_size += copy->size;
}

#define LIVE(name, NAME, ...) live(&(struct command_##name){HEADER(name, NAME), __VA_ARGS__}.header, 0)

static void life_place(u8 payment, u32 sku, u32 quantity)
{
    const struct {
        struct command_order_place place;
        struct order_line_asked line;
    } order = {{HEADER(order_place, ORDER_PLACE), .shopper = 1, .festival = 1, .city = 1, .currency = 1,
                .channel = CHANNEL_WEB, .delivery = DELIVERY_HOME, .payment = payment, .line_count = 1},
               {sku, quantity}};
    live(&order.place.header, sizeof(order.line));
}

/* Orders of the fuzzed shop from their placing to their return: what chance would find late. */
static void command_lives(void)
{
    LIVE(wallet_top_up, WALLET_TOP_UP, .shopper = 1, .currency = 1, .amount_minor = 1000000);
    LIVE(deal_put, DEAL_PUT, .festival = 1, .sku = 2, .price_minor = 5000, .quota = 6, .cap = 2,
         .opens_ms = SHOP_OPENS, .closes_ms = SHOP_CLOSES);
    life_place(PAYMENT_WALLET, 1, 2);
    LIVE(part_pack, PART_PACK, .order = 1, .part = 1);
    LIVE(part_ship, PART_SHIP, .order = 1, .part = 1);
    LIVE(part_deliver, PART_DELIVER, .order = 1, .part = 1);
    LIVE(order_return, ORDER_RETURN, .order = 1, .line = 1, .quantity = 1, .goods = GOODS_RESTOCK);
    life_place(PAYMENT_HOLD, 2, 1);
    LIVE(order_pay, ORDER_PAY, .order = 2, .amount_minor = 5000, .payment = PAYMENT_PROVIDER);
    LIVE(order_cancel, ORDER_CANCEL, .order = 2);
    life_place(PAYMENT_HOLD, 3, 1);
    life_ms += SHOP_HOLD_MS;
    LIVE(clock_tick, CLOCK_TICK, );
    LIVE(budget_set, BUDGET_SET, .shopper = 1, .scope = BUDGET_DAY, .limit_minor = 20000);
    life_place(PAYMENT_WALLET, 4, 3);
    LIVE(wallet_transfer, WALLET_TRANSFER, .from = 1, .to = 2, .currency = 1, .amount_minor = 100);
    LIVE(stock_move, STOCK_MOVE, .sku = 1, .from = 1, .to = 2, .quantity = 1);
    LIVE(stock_count, STOCK_COUNT, .sku = 1, .location = 1, .counted = 3);
    write_seed("command", "life", 0, life, life_size);
}

/* --- damages: fuzz_journal.c says what the bytes mean --------------------------------------------------- */

static void journal_damages(void)
{
    enum { KINDS = 7, FILES = 10 };
    unsigned number = 0;
    for (u8 kind = 0; kind < (u8)KINDS; kind++)
        for (u8 file = 0; file < (u8)FILES; file++) {
            u8 sector = (u8)(1 + kind + file * 3);
            const u8 bytes[] = {(u8)(file % 2), kind, file, sector, 0, 88, 0, 2, 1, 2};
            const u8 mended[] = {0, 0, file, sector, 0, 160, 0, 1, 7, 6, file, sector, 0, 0, 0, 0};
            write_seed("journal", "damage", number++, bytes, kind == 0 ? 10 : 8);
            if (kind == 0)
                write_seed("journal", "mended", file, mended, sizeof(mended));
        }
}

/* --- requests: fuzz_http.c says what comes before them --------------------------------------------------- */

/* The path with a value for each of its {names}. */
static void path_fill(char *path, const char *pattern)
{
    while (*pattern != 0) {
        if (*pattern != '{') {
            *path++ = *pattern++;
            continue;
        }
        *path++ = '1';
        pattern += strcspn(pattern, "}") + 1;
    }
    *path = 0;
}

static void http_routes(void)
{
    for (size_t i = 0; i < route_count; i++) {
        const struct route *route = &routes[i];
        char path[256], text[1024];
        path_fill(path, route->path);
        const char *body = route->method == HTTP_GET || route->method == HTTP_DELETE ? "" : "{}";
        int size = snprintf(text, sizeof(text),
                            "KM%s %s HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer @KEY%u\r\nContent-Type: "
                            "application/json\r\nIdempotency-Key: k%zu\r\nContent-Length: %zu\r\n\r\n%s",
                            route_method_word(route->method), path, (unsigned)i % 2, i, strlen(body), body);
        write_seed("http", "route", (unsigned)i, text, (size_t)size);
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_corpus DIR\n");
        return 2;
    }
    directory = argv[1];
    for (unsigned seed = 1; seed <= WORLDS; seed++)
        command_world(seed);
    command_lives();
    journal_damages();
    http_routes();
    return 0;
}
