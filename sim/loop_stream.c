/*
 * loop_stream.c: libuv's TCP streams on the simulated network, and its addresses.
 */
#include "sim/loop_node.h"

#include "base/assert.h"

#include <arpa/inet.h>
#include <string.h>

#define READS_PER_READY 32      /* of one stream in one pass, as libuv does it */

/* --- streams ------------------------------------------------------------------------------------ */

uv_buf_t uv_buf_init(char *base, unsigned size)
{
    return (uv_buf_t){.base = base, .len = size};
}

int uv_tcp_init(uv_loop_t *uv, uv_tcp_t *tcp)
{
    (void)uv;
    tcp->delayed_error = 0;
    loop_node_add(tcp, UV_TCP);
    return 0;
}

int uv_tcp_open(uv_tcp_t *tcp, uv_os_sock_t socket)
{
    (void)tcp;
    (void)socket;
    return UV_ENOTSUP; /* there are no real sockets here */
}

int uv_fileno(const uv_handle_t *handle, uv_os_fd_t *file)
{
    (void)handle;
    (void)file;
    return UV_EBADF;
}

int uv_tcp_nodelay(uv_tcp_t *tcp, int enable)
{
    (void)tcp;
    (void)enable;
    return 0;
}

int uv_tcp_bind(uv_tcp_t *tcp, const struct sockaddr *address, unsigned flags)
{
    (void)flags;
    loop_node_of(tcp)->port = ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
    return 0;
}

static int name_fill(struct sockaddr *name, int *size, int port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((u16)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ASSERT(*size >= (int)sizeof(in));
    memcpy(name, &in, sizeof(in));
    *size = sizeof(in);
    return 0;
}

int uv_tcp_getsockname(const uv_tcp_t *tcp, struct sockaddr *name, int *size)
{
    return name_fill(name, size, loop_node_of(tcp)->port);
}

int uv_tcp_getpeername(const uv_tcp_t *tcp, struct sockaddr *name, int *size)
{
    (void)tcp;
    return name_fill(name, size, 40000);
}

int uv_listen(uv_stream_t *stream, int backlog, uv_connection_cb connected)
{
    struct node *node = loop_node_of(stream);
    (void)backlog;
    node->connected = connected;
    node->active = true;
    return 0;
}

int uv_accept(uv_stream_t *listener, uv_stream_t *client)
{
    struct net_conn *conn = net_waiting(loop_net(), loop_node_of(listener)->port, loop_now_ns());
    if (conn == NULL)
        return UV_EAGAIN;
    struct node *node = loop_node_of(client);
    conn->accepted = true;
    node->conn = conn;
    node->active = true;
    return 0;
}

int uv_read_start(uv_stream_t *stream, uv_alloc_cb allocate, uv_read_cb read)
{
    struct node *node = loop_node_of(stream);
    if (node->closing)
        return UV_EINVAL;
    node->allocate = allocate;
    node->read = read;
    node->reading = true;
    return 0;
}

int uv_read_stop(uv_stream_t *stream)
{
    loop_node_of(stream)->reading = false;
    return 0;
}

int uv_try_write(uv_stream_t *stream, const uv_buf_t pieces[], unsigned count)
{
    struct node *node = loop_node_of(stream);
    ASSERT(count == 1 && node->write == NULL && node->conn != NULL);
    i64 taken = net_server_write(loop_net(), node->conn, pieces[0].base, pieces[0].len, loop_now_ns());
    return taken < 0 ? UV_EPIPE : taken == 0 ? UV_EAGAIN : (int)taken;
}

int uv_write(uv_write_t *write, uv_stream_t *stream, const uv_buf_t pieces[], unsigned count, uv_write_cb written)
{
    struct node *node = loop_node_of(stream);
    ASSERT(count == 1 && node->write == NULL && node->conn != NULL);
    node->write = write;
    node->left = pieces[0];
    node->written = written;
    write->handle = stream;
    return 0;
}

int uv_shutdown(uv_shutdown_t *request, uv_stream_t *stream, uv_shutdown_cb shut)
{
    struct node *node = loop_node_of(stream);
    ASSERT(node->conn != NULL && node->shutdown == NULL);
    node->shutdown = request;
    node->shut = shut;
    request->handle = stream;
    return 0;
}

bool loop_stream_ready(const struct node *node)
{
    bool end;
    if (node->connected != NULL)
        return net_waiting(loop_net(), node->port, loop_now_ns()) != NULL;
    if (node->conn == NULL)
        return false;
    if (node->write != NULL && net_server_room(node->conn, loop_net()))
        return true;
    if (node->shutdown != NULL && node->write == NULL)
        return true;
    return node->reading && (net_server_readable(loop_net(), node->conn, loop_now_ns(), &end) > 0 || end);
}

static void stream_write(struct node *node)
{
    i64 taken = net_server_write(loop_net(), node->conn, node->left.base, node->left.len, loop_now_ns());
    uv_write_t *write = node->write;
    if (taken > 0) {
        node->left.base += taken;
        node->left.len -= (size_t)taken;
    }
    if (taken >= 0 && node->left.len > 0)
        return;
    node->write = NULL;
    node->written(write, taken < 0 ? UV_EPIPE : 0);
}

static void stream_read(struct node *node)
{
    bool end = false;
    for (u32 i = 0; i < READS_PER_READY && node->reading && node->conn != NULL; i++) {
        uv_buf_t piece = {0};
        size_t size = net_server_readable(loop_net(), node->conn, loop_now_ns(), &end);
        if (size == 0 && !end)
            return;
        node->allocate(node->handle, 65536, &piece);
        ssize_t got = size == 0 ? (node->conn->reset ? UV_ECONNRESET : UV_EOF)
                                : (ssize_t)net_server_read(loop_net(), node->conn, piece.base,
                                                           piece.len, loop_now_ns());
        if (got < 0)
            node->reading = false;
        node->read((uv_stream_t *)node->handle, got, &piece);
    }
}

void loop_stream_run(struct node *node)
{
    if (node->connected != NULL) {
        node->connected((uv_stream_t *)node->handle, 0);
        return;
    }
    if (node->conn != NULL && node->write != NULL && net_server_room(node->conn, loop_net()))
        stream_write(node);
    if (node->conn != NULL && node->shutdown != NULL && node->write == NULL) {
        uv_shutdown_t *request = node->shutdown;
        node->shutdown = NULL;
        net_server_end(loop_net(), node->conn, loop_now_ns());
        node->shut(request, 0);
    }
    if (node->conn != NULL && node->reading)
        stream_read(node);
}

/* --- addresses -------------------------------------------------------------------------------------- */

int uv_ip4_addr(const char *text, int port, struct sockaddr_in *address)
{
    memset(address, 0, sizeof(*address));
    address->sin_family = AF_INET;
    address->sin_port = htons((u16)port);
    return inet_pton(AF_INET, text, &address->sin_addr) == 1 ? 0 : UV_EINVAL;
}

int uv_ip6_addr(const char *text, int port, struct sockaddr_in6 *address)
{
    memset(address, 0, sizeof(*address));
    address->sin6_family = AF_INET6;
    address->sin6_port = htons((u16)port);
    return inet_pton(AF_INET6, text, &address->sin6_addr) == 1 ? 0 : UV_EINVAL;
}

int uv_ip4_name(const struct sockaddr_in *address, char *text, size_t size)
{
    return inet_ntop(AF_INET, &address->sin_addr, text, (socklen_t)size) != NULL ? 0 : UV_ENOSPC;
}

int uv_ip6_name(const struct sockaddr_in6 *address, char *text, size_t size)
{
    return inet_ntop(AF_INET6, &address->sin6_addr, text, (socklen_t)size) != NULL ? 0 : UV_ENOSPC;
}

const char *uv_strerror(int error)
{
    return error == UV_EPIPE ? "broken pipe" : "error";
}
