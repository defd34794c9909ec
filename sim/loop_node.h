/*
 * loop_node.h: the inside of the simulated loop, shared by loop.c and
 * loop_stream.c: a handle's state is a node of ours that the handle points to.
 */
#ifndef ELEVEN_SIM_LOOP_NODE_H
#define ELEVEN_SIM_LOOP_NODE_H

#include "sim/loop.h"

#include <uv.h>

struct node {
    struct node *next;
    uv_handle_t *handle;
    uv_handle_type type;
    bool active, closing;
    uv_close_cb closed;
    union {
        uv_timer_cb timer;
        uv_idle_cb idle;
        uv_prepare_cb prepare;
        uv_check_cb check;
        uv_poll_cb poll;
    };
    i64 due_ms, repeat_ms;      /* of a timer */
    int port;                   /* of a listener; 0: none */
    uv_connection_cb connected;
    struct net_conn *conn;      /* of a stream */
    uv_alloc_cb allocate;
    uv_read_cb read;
    bool reading;
    uv_write_t *write;          /* under way, one at a time; */
    uv_buf_t left;              /* what of it is not gone */
    uv_write_cb written;
    uv_shutdown_t *shutdown;
    uv_shutdown_cb shut;
};

i64 loop_now_ns(void);          /* monotonic, without moving it */
struct net *loop_net(void);

/* The node of a handle that is open; of one that begins. */
struct node *loop_node_of(const void *handle);
struct node *loop_node_add(void *handle, uv_handle_type type);

/* What is ready on a stream: its write can go on, it has ended, or there is something to read; and does it. */
bool loop_stream_ready(const struct node *node);
void loop_stream_run(struct node *node);

#endif
