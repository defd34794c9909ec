#include "sim/options.h"

#include "sim/client.h"

#include <string.h>

#define RUSH_FAULTS_MS 2000u        /* the disk stays stuck for a while, */
#define RUSH_PATIENCE_MS 500u       /* and they come again meanwhile */

static u32 one_of(struct prng *r, const u32 *values, size_t count)
{
    return values[prng_below(r, count)];
}

/* All at once, while the disk is stuck: more is decided than the journal has room for. */
static void draw_rush(struct options *options)
{
    options->clients = 32;
    options->depth = CLIENT_DEPTH_MAX;
    options->requests = 2000;
    options->think_us = 0;
    options->patience_ms = RUSH_PATIENCE_MS;
    options->stuck = MAX(options->stuck, 4u);
    options->fault_every_ms = MAX(options->fault_every_ms, RUSH_FAULTS_MS);
    if (options->batch_kb == 0)
        options->flush_bytes = 0; /* one batch at a time, and it is large */
    if (options->short_writes == 0)
        options->short_writes = 20;
}

void options_draw(struct options *options, u64 seed)
{
    struct prng own, *r = &own;
    *options = (struct options){.seed = seed};
#define OPTION(name, family, draw)                                                   \
    prng_seed(r, mix64(seed ^ checksum64(#name, sizeof(#name), 0)));                 \
    options->name = draw;
#include "sim/options.def"
#undef OPTION
    if (options->rush > 0)
        draw_rush(options);
}

static const char *const families[] = {
#define OPTION(name, family, draw) #family,
#include "sim/options.def"
#undef OPTION
};

const char *options_family(u32 index)
{
    for (u32 i = 0; i < ARRAY_COUNT(families); i++) {
        bool first = strcmp(families[i], "none") != 0;
        for (u32 before = 0; before < i; before++)
            first &= strcmp(families[before], families[i]) != 0;
        if (first && index-- == 0)
            return families[i];
    }
    return NULL;
}

bool options_without(struct options *options, const char *family)
{
    bool any = false;
    if (strcmp(family, "none") == 0)
        return false;
#define OPTION(name, of, draw)       \
    if (strcmp(family, #of) == 0) {  \
        options->name = 0;           \
        any = true;                  \
    }
#include "sim/options.def"
#undef OPTION
    return any;
}

bool options_same(const struct options *one, const struct options *other)
{
    bool same = one->seed == other->seed;
#define OPTION(name, family, draw) same &= one->name == other->name;
#include "sim/options.def"
#undef OPTION
    return same;
}

void options_describe(const struct options *options, FILE *file)
{
    fprintf(file, "seed %llu:", (unsigned long long)options->seed);
#define OPTION(name, family, draw) fprintf(file, " " #name " %u", options->name);
#include "sim/options.def"
#undef OPTION
    fprintf(file, "\n");
    struct generator *generator = generator_create(options->seed);
    generator_describe(generator, file);
    generator_free(generator);
}
