#include "fuzz/fuzz.h"

#include "test/support.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- counters --------------------------------------------------------------------------------------- */

static struct {
    const char *name;
    u64 value;
} counters[FUZZ_COUNTERS_MAX];
static u32 counter_count;

static void counters_print(void)
{
    fprintf(stderr, "counters");
    for (u32 i = 0; i < counter_count; i++)
        fprintf(stderr, " %s %llu", counters[i].name, (unsigned long long)counters[i].value);
    fprintf(stderr, "\n");
}

u64 *fuzz_counter(const char *name)
{
    if (counter_count == 0)
        atexit(counters_print);
    for (u32 i = 0; i < counter_count; i++)
        if (strcmp(counters[i].name, name) == 0)
            return &counters[i].value;
    FUZZ_MUST(counter_count < FUZZ_COUNTERS_MAX);
    counters[counter_count].name = name;
    return &counters[counter_count++].value;
}

/* --- the world -------------------------------------------------------------------------------------- */

static struct {
    struct engine *engine;
    void *memory;
    size_t size;
    int image;              /* the memory as it was at first */
} world;

/* Small tables: a whole check of the state must take well under a millisecond. */
static void world_limits(struct engine_limits *limits)
{
    support_limits(limits);
    limits->seconds = 4 * 90000;
    limits->text_bytes = 1 << 16;
    limits->orders = 256;
    limits->lines = 1024;
    limits->answers = 256;
}

/* The shop's state as a snapshot would carry it. */
static void world_fill(struct engine *from)
{
    struct engine_region source[ENGINE_REGIONS_MAX], target[ENGINE_REGIONS_MAX];
    u64 sizes[ENGINE_REGIONS_MAX];
    size_t count = engine_regions(from, source);
    FUZZ_MUST(engine_regions(world.engine, target) == count);
    for (size_t i = 0; i < count; i++) {
        FUZZ_MUST(source[i].size <= target[i].size_max);
        memcpy(target[i].bytes, source[i].bytes, source[i].size);
        sizes[i] = source[i].size;
    }
    FUZZ_MUST(engine_restore(world.engine, sizes) == NULL);
    FUZZ_MUST(engine_digest(world.engine) == engine_digest(from));
}

static void world_map(void *at, int flags)
{
    void *memory = mmap(at, world.size, PROT_READ | PROT_WRITE, flags, world.image, 0);
    FUZZ_MUST(memory != MAP_FAILED && (at == NULL || at == memory));
    world.memory = memory;
}

struct engine *fuzz_world(void)
{
    static struct shop shop;
    struct engine_limits limits;
    if (world.engine != NULL)
        return world.engine;
    world_limits(&limits);
    world.size = (engine_memory_size(&limits) + 4095) / 4096 * 4096;
    world.image = memfd_create("world", MFD_CLOEXEC);
    FUZZ_MUST(world.image >= 0 && ftruncate(world.image, (off_t)world.size) == 0);
    world_map(NULL, MAP_SHARED);
    world.engine = engine_create(world.memory, &limits);
    FUZZ_MUST(world.engine != NULL);
    shop_open_festival(&shop);
    world_fill(shop.engine);
    shop_close(&shop);
    fuzz_world_reset();
    FUZZ_MUST(fuzz_good(world.engine));
    return world.engine;
}

void fuzz_world_reset(void)
{
    world_map(world.memory, MAP_PRIVATE | MAP_FIXED);
}

bool fuzz_good(const struct engine *engine)
{
    struct check_report report = {0};
    void *scratch = calloc(1, engine_check_size(engine));
    FUZZ_MUST(scratch != NULL);
    bool good = engine_check(engine, scratch, &report);
    free(scratch);
    return good;
}
