#include "sim/net.h"

#include "base/assert.h"

void net_init(struct net *net, u64 seed, const struct net_options *options)
{
    *net = (struct net){.options = *options};
    prng_seed(&net->prng, seed);
}

static void pipe_free(struct net_pipe *pipe)
{
    buffer_free(&pipe->bytes);
    *pipe = (struct net_pipe){0};
}

static void conn_forget(struct net_conn *conn)
{
    if (!conn->client_gone || (!conn->server_gone && conn->accepted))
        return;
    pipe_free(&conn->to_server);
    pipe_free(&conn->to_client);
    *conn = (struct net_conn){0};
}

void net_free(struct net *net)
{
    for (u32 i = 0; i < NET_CONNS_MAX; i++) {
        pipe_free(&net->conns[i].to_server);
        pipe_free(&net->conns[i].to_client);
    }
}

/* --- pipes -------------------------------------------------------------------------------------- */

static i64 pipe_arrival(struct net *net, struct net_pipe *pipe, i64 now_ns)
{
    i64 delay_ns = net->options.delay_max_ns > 0 ? (i64)prng_below(&net->prng, (u64)net->options.delay_max_ns) : 0;
    pipe->last_ns = MAX(pipe->last_ns, now_ns + delay_ns);
    return pipe->last_ns;
}

static void pipe_write(struct net *net, struct net_pipe *pipe, const void *bytes, size_t size, i64 now_ns)
{
    buffer_add(&pipe->bytes, bytes, size);
    if (pipe->piece_count == NET_PIECES_MAX) /* the last two arrive together */
        pipe->piece_count--;
    pipe->pieces[pipe->piece_count].end = pipe->bytes.size;
    pipe->pieces[pipe->piece_count++].at_ns = pipe_arrival(net, pipe, now_ns);
}

static size_t pipe_arrived(const struct net_pipe *pipe, i64 now_ns)
{
    size_t arrived = 0;
    for (u32 i = 0; i < pipe->piece_count && pipe->pieces[i].at_ns <= now_ns; i++)
        arrived = pipe->pieces[i].end;
    return arrived;
}

static void pipe_take(struct net_pipe *pipe, size_t size)
{
    u32 kept = 0;
    buffer_drop(&pipe->bytes, size);
    for (u32 i = 0; i < pipe->piece_count; i++)
        if (pipe->pieces[i].end > size) {
            pipe->pieces[kept] = pipe->pieces[i];
            pipe->pieces[kept++].end -= size;
        }
    pipe->piece_count = kept;
}

/* The end has arrived behind all bytes. */
static bool pipe_over(const struct net_pipe *pipe, i64 now_ns)
{
    return pipe->ended && pipe->last_ns <= now_ns;
}

/* --- the client's side ------------------------------------------------------------------------ */

struct net_conn *net_connect(struct net *net, int port, i64 now_ns)
{
    for (u32 i = 0; i < NET_CONNS_MAX; i++) {
        struct net_conn *conn = &net->conns[i];
        if (conn->used)
            continue;
        *conn = (struct net_conn){.used = true, .port = port};
        net->end = MAX(net->end, i + 1);
        conn->born_ns = pipe_arrival(net, &conn->to_server, now_ns);
        return conn;
    }
    return NULL;
}

void net_client_write(struct net *net, struct net_conn *conn, const void *bytes, size_t size, i64 now_ns)
{
    if (!conn->reset && !conn->server_gone && size > 0)
        pipe_write(net, &conn->to_server, bytes, size, now_ns);
}

bool net_client_read(struct net *net, struct net_conn *conn, struct buffer *into, size_t max, i64 now_ns)
{
    (void)net;
    if (conn->reset)
        return false;
    size_t size = MIN(pipe_arrived(&conn->to_client, now_ns), max);
    buffer_add(into, conn->to_client.bytes.bytes, size);
    pipe_take(&conn->to_client, size);
    return conn->to_client.bytes.size > 0 || !pipe_over(&conn->to_client, now_ns);
}

void net_client_close(struct net *net, struct net_conn *conn, bool reset)
{
    ASSERT(conn->used && !conn->client_gone);
    (void)net;
    conn->client_gone = true;
    conn->to_server.ended = true;
    conn->reset |= reset;
    conn_forget(conn);
}

/* --- the server's side ------------------------------------------------------------------------ */

struct net_conn *net_waiting(struct net *net, int port, i64 now_ns)
{
    for (u32 i = 0; i < net->end; i++) {
        struct net_conn *conn = &net->conns[i];
        if (conn->used && !conn->accepted && !conn->reset && conn->port == port && conn->born_ns <= now_ns)
            return conn;
    }
    return NULL;
}

size_t net_server_readable(const struct net *net, const struct net_conn *conn, i64 now_ns, bool *end)
{
    (void)net;
    size_t size = conn->reset ? 0 : pipe_arrived(&conn->to_server, now_ns);
    *end = conn->reset || (size == conn->to_server.bytes.size && pipe_over(&conn->to_server, now_ns));
    return size;
}

size_t net_server_read(struct net *net, struct net_conn *conn, char *bytes, size_t max, i64 now_ns)
{
    size_t size = MIN(pipe_arrived(&conn->to_server, now_ns), max);
    size_t piece = net->options.piece_max > 0 ? 1 + (size_t)prng_below(&net->prng, net->options.piece_max) : size;
    size = MIN(size, piece);
    if (size > 0)
        memcpy(bytes, conn->to_server.bytes.bytes, size);
    pipe_take(&conn->to_server, size);
    return size;
}

bool net_server_room(const struct net_conn *conn, const struct net *net)
{
    return conn->reset || conn->client_gone || conn->to_client.bytes.size < net->options.room;
}

i64 net_server_write(struct net *net, struct net_conn *conn, const char *bytes, size_t size, i64 now_ns)
{
    if (conn->reset || conn->client_gone)
        return -1;
    if (net->stuck)
        return (i64)size;
    size_t room = net->options.room - MIN(net->options.room, conn->to_client.bytes.size);
    size = MIN(size, room);
    if (size > 0)
        pipe_write(net, &conn->to_client, bytes, size, now_ns);
    return (i64)size;
}

void net_server_end(struct net *net, struct net_conn *conn, i64 now_ns)
{
    conn->to_client.ended = true;
    pipe_arrival(net, &conn->to_client, now_ns);
}

void net_server_close(struct net *net, struct net_conn *conn)
{
    (void)net;
    conn->server_gone = true;
    if (conn->to_server.bytes.size > 0 && !conn->cut) /* closing on what has not been read resets */
        conn->reset = true;
    conn->to_client.ended = true;
    conn_forget(conn);
}

void net_cut(struct net *net)
{
    for (u32 i = 0; i < net->end; i++) {
        struct net_conn *conn = &net->conns[i];
        if (!conn->used || conn->cut)
            continue;
        conn->cut = conn->to_client.ended = true;
        conn->reset |= !conn->accepted || prng_chance(&net->prng, 1, 2);
    }
}

i64 net_next(const struct net *net, i64 now_ns)
{
    i64 next_ns = INT64_MAX;
    for (u32 i = 0; i < net->end; i++) {
        const struct net_conn *conn = &net->conns[i];
        if (!conn->used)
            continue;
        if (!conn->accepted && conn->born_ns > now_ns)
            next_ns = MIN(next_ns, conn->born_ns);
        const struct net_pipe *pipes[] = {&conn->to_server, &conn->to_client};
        for (u32 p = 0; p < 2; p++) {
            for (u32 k = 0; k < pipes[p]->piece_count; k++)
                if (pipes[p]->pieces[k].at_ns > now_ns)
                    next_ns = MIN(next_ns, pipes[p]->pieces[k].at_ns);
            if (pipes[p]->ended && pipes[p]->last_ns > now_ns)
                next_ns = MIN(next_ns, pipes[p]->last_ns);
        }
    }
    return next_ns;
}
