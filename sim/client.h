/*
 * client.h: shoppers, clerks, merchandisers and the payment provider as they
 * are: they ask in pipelines, through either door, read slowly, vanish at any
 * byte, and come again with the same key. What they want comes from the
 * generator (test/generate.h), which knows the world as well as its answers tell.
 */
#ifndef ELEVEN_SIM_CLIENT_H
#define ELEVEN_SIM_CLIENT_H

#include "sim/net.h"
#include "sim/oracle.h"

#define CLIENT_HTTP_PORT 1111
#define CLIENT_RESP_PORT 1112
#define CLIENT_SHOPPER 1u           /* who PERSON_SHOPPER is */
#define CLIENT_DEPTH_MAX 64u        /* requests of one pipeline */

/* Who they can be; made once for all worlds (sim/people.c). */
enum person { PERSON_INTEGRATOR, PERSON_OTHER, PERSON_MERCHANDISER, PERSON_PROVIDER, PERSON_CLERK, PERSON_SHOPPER,
              PERSON_COUNT };
struct sim_account {
    u32 number, role;
    char secret[64];
};

struct client_options {
    u32 clients, requests;      /* at once; in all */
    u32 depth_max;              /* of a pipeline */
    u32 http_percent, chunked_percent;
    u32 same_key_percent;       /* of requests: the key is that of an earlier one, of anybody */
    u32 mixed_percent;          /* of HTTP pipelines: of anybody; others are of one person */
    u32 close_percent;          /* of HTTP pipelines: one of its requests says Connection: close */
    u32 aim_percent;            /* of requests, while an edge is near: sent so as to be decided at it */
    u32 vanish_percent;         /* of pipelines */
    u32 tries_max;              /* of one request; then it is given up */
    u32 slow_percent;           /* of connections: read a few bytes at a time */
    u32 read_percent;           /* acknowledged orders that are looked at */
    i64 think_max_ns, patience_ns;
};

struct clients;

struct clients *clients_create(u64 seed, const struct client_options *options, const struct sim_account *accounts,
                               struct net *net, struct generator *generator);
void clients_free(struct clients *clients);

/* All act as of now; returns when the next one wants to. */
i64 clients_act(struct clients *clients, i64 now_ns);

/* From now on nobody vanishes or gives up, and nothing new is asked. */
void clients_calm(struct clients *clients);
/* Since when nothing has disturbed the server: what is asked since then is answered, soon. INT64_MAX: it is not so. */
void clients_good_since(struct clients *clients, i64 since_ns);
/* Every request has been answered or given up. */
bool clients_done(const struct clients *clients);
/* Asks once more for all that was accepted and is still remembered, with its key, through any door. */
void clients_ask_again(struct clients *clients);

/* One line about each request that waits, for a failure. */
void clients_describe(const struct clients *clients, FILE *file);

#endif
