/*
 * net.h: a simulated network between clients and the server: connections of two
 * byte streams, each with delays, a bound on what is under way, and an end that
 * may come at any byte. The server's side is given to the loop (sim/loop.h);
 * the client's side is called by sim/client.c. The seed decides how long bytes
 * take and in what pieces they arrive.
 */
#ifndef ELEVEN_SIM_NET_H
#define ELEVEN_SIM_NET_H

#include "base/buffer.h"
#include "base/prng.h"

#define NET_CONNS_MAX 256
#define NET_PIECES_MAX 64

struct net_options {
    i64 delay_max_ns;       /* each way, of each piece */
    size_t piece_max;       /* bytes that one read of the server gives; 0: all there are */
    size_t room;            /* bytes to the client that may be under way: its socket's buffer */
};

/* Bytes under way in one direction, and when they arrive. */
struct net_pipe {
    struct buffer bytes;
    struct { size_t end; i64 at_ns; } pieces[NET_PIECES_MAX];
    u32 piece_count;
    i64 last_ns;            /* nothing overtakes */
    bool ended;             /* no more will be written */
};

struct net_conn {
    bool used, accepted;
    int port;
    struct net_pipe to_server, to_client;
    bool reset;             /* by either side: what is under way is lost */
    bool cut;               /* the server's machine has stopped */
    bool client_gone, server_gone;
    i64 born_ns;
};

struct net {
    struct prng prng;
    struct net_options options;
    struct net_conn conns[NET_CONNS_MAX];
    u32 end;                /* conns from here on have never been used */
    bool stuck;             /* the server's machine is off: nothing that it writes gets out */
};

void net_init(struct net *net, u64 seed, const struct net_options *options);
void net_free(struct net *net);

/* --- the client's side ---------------------------------------------------- */

/* NULL: too many. It is the client's until net_client_close. */
struct net_conn *net_connect(struct net *net, int port, i64 now_ns);
void net_client_write(struct net *net, struct net_conn *conn, const void *bytes, size_t size, i64 now_ns);
/* Takes at most `max` bytes that have arrived; appends them. False: the server has closed or reset, and all is read. */
bool net_client_read(struct net *net, struct net_conn *conn, struct buffer *into, size_t max, i64 now_ns);
/* The client is gone; `reset`: and what is under way with it. */
void net_client_close(struct net *net, struct net_conn *conn, bool reset);

/* --- the server's side ---------------------------------------------------- */

/* One that waits to be accepted at this port; NULL: none. */
struct net_conn *net_waiting(struct net *net, int port, i64 now_ns);
/* Bytes that may be read now; `end`: behind them it is over. */
size_t net_server_readable(const struct net *net, const struct net_conn *conn, i64 now_ns, bool *end);
size_t net_server_read(struct net *net, struct net_conn *conn, char *bytes, size_t max, i64 now_ns);
/* How many were taken; 0: no room now. -1: the client is gone. */
i64 net_server_write(struct net *net, struct net_conn *conn, const char *bytes, size_t size, i64 now_ns);
bool net_server_room(const struct net_conn *conn, const struct net *net);
void net_server_end(struct net *net, struct net_conn *conn, i64 now_ns);
void net_server_close(struct net *net, struct net_conn *conn);

/* The server's machine stops: of each connection what has been sent still arrives, or it is reset. */
void net_cut(struct net *net);

/* When something arrives next, after `now_ns`; INT64_MAX: nothing is under way. */
i64 net_next(const struct net *net, i64 now_ns);

#endif
