/*
 * options.h: what a seed draws for its world (options.def).
 */
#ifndef ELEVEN_SIM_OPTIONS_H
#define ELEVEN_SIM_OPTIONS_H

#include "base/types.h"

#include <stdio.h>

/* What a seed has drawn; may be changed before the world runs. */
struct options {
    u64 seed;
#define OPTION(name, family, draw) u32 name;
#include "sim/options.def"
#undef OPTION
};

void options_draw(struct options *options, u64 seed);
/* Switches a family of faults off. False: there is none of this name. */
bool options_without(struct options *options, const char *family);
/* They draw the same. */
bool options_same(const struct options *one, const struct options *other);
/* The families, one after another; NULL behind the last. */
const char *options_family(u32 index);
void options_describe(const struct options *options, FILE *file);

#endif
