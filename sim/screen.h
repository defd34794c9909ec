/*
 * screen.h: big screens, which listen to a festival's server-sent events, some
 * of them slowly. Whatever one shows must be what the books said at the sequence
 * number that stands beside it, and must never be taken back.
 */
#ifndef ELEVEN_SIM_SCREEN_H
#define ELEVEN_SIM_SCREEN_H

#include "sim/net.h"
#include "sim/oracle.h"

#define SCREENS_MAX 8u

struct screen {
    struct net_conn *conn;      /* NULL: none */
    struct buffer input;
    u32 festival;
    bool slow;
    i64 wake_ns;
    u64 seq;                    /* the last one shown */
};

struct screens {
    struct prng prng;
    struct net *net;
    u32 count;
    struct screen of[SCREENS_MAX];
};

void screens_init(struct screens *screens, u64 seed, u32 count, struct net *net);
void screens_free(struct screens *screens);
/* As clients_act. */
i64 screens_act(struct screens *screens, i64 now_ns);

#endif
