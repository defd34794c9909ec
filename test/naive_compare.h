/*
 * Between the files that compare engine and model (naive_compare.c and
 * naive_compare_store.c); nobody else includes it.
 */
#ifndef ELEVEN_TEST_NAIVE_COMPARE_H
#define ELEVEN_TEST_NAIVE_COMPARE_H

#include "test/naive.h"

struct comparing {
    const struct naive *naive;
    const struct engine *engine;
    char *difference;       /* empty: none so far */
};

/* Notes the first difference: "what: engine 3, model 4". */
__attribute__((format(printf, 4, 5))) void naive_same(struct comparing *c, i64 engine, i64 model, const char *format,
                                                      ...);

void compare_places(struct comparing *c);
void compare_books(struct comparing *c);
void compare_deals(struct comparing *c);
void compare_ways(struct comparing *c);     /* inbounds, rules of routing, flagship cities */
void compare_tills(struct comparing *c);

#endif
