#include "door/conn.h"

#include "base/assert.h"
#include "base/checksum.h"
#include "door/server.h"
#include "door/tls.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#define CONN_IDLE_MS 75000      /* a connection on which nothing happens */
#define CONN_SEND_MS 30000      /* one that does not read a piece of what it asked for */
#define CONN_PIECE ((size_t)64 << 10)
/* After the last answer, for what the peer still sends: closing on that would reset the answer away. */
#define CONN_LINGER_MS 1000

static void conn_free(struct conn *conn)
{
    buffer_free(&conn->input);
    buffer_free(&conn->output);
    buffer_free(&conn->sending);
    free(conn);
}

void conn_unuse(struct conn *conn)
{
    if (conn->closed && conn->uses == 0 && !conn->at_gate && !conn->blocked)
        conn_free(conn);
}

static void conn_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;
    conn->closed = true;
    conn_unuse(conn);
}

void conn_close(struct conn *conn)
{
    struct server *server = conn->server;
    if (conn->closing)
        return;
    conn->closing = true;
    conn->protocol->closed(conn);
    tls_free(conn->tls);
    conn->tls = NULL;
    if (conn->previous != NULL)
        conn->previous->next = conn->next;
    else
        server->conns = conn->next;
    if (conn->next != NULL)
        conn->next->previous = conn->previous;
    server->conn_count--;
    uv_close(&conn->handle, conn_closed);
}

void conn_alive(struct conn *conn)
{
    conn->deadline_ms = server_loop_ms(conn->server) + CONN_IDLE_MS;
}

void conn_close_after(struct conn *conn)
{
    conn->close_after = true;
    conn->pause = true;
}

/* --- out ------------------------------------------------------------------------------------ */

static void conn_flush(struct conn *conn);
static void conn_start_reading(struct conn *conn);

/* What the write under way, or the next one, takes. */
static size_t conn_piece(const struct conn *conn)
{
    return MIN(conn->sending.size - conn->sent, CONN_PIECE);
}

static void conn_written(uv_write_t *write, int status)
{
    struct conn *conn = write->data;
    conn->writing = false;
    if (conn->closing)
        return;
    if (status < 0) {
        conn_close(conn);
        return;
    }
    conn->sent += conn_piece(conn);
    if (conn->sent == conn->sending.size) {
        conn->sent = conn->sending.size = 0;
        buffer_rest(&conn->sending);
    }
    conn_alive(conn);
    conn_flush(conn);
}

/* Gives bytes to the kernel; what it does not take now waits in `sending`. */
void conn_raw(struct conn *conn, const char *bytes, size_t size)
{
    if (!conn->writing && conn->sending.size == 0) {
        uv_buf_t piece = uv_buf_init((char *)bytes, (unsigned)size);
        int sent = uv_try_write(&conn->stream, &piece, 1);
        if (sent < 0 && sent != UV_EAGAIN) {
            conn_close(conn);
            return;
        }
        if (sent > 0) {
            bytes += sent;
            size -= (size_t)sent;
        }
    }
    buffer_add(&conn->sending, bytes, size);
}

/* One write under way at a time, of a piece, so that who reads slowly is seen to read; its buffer is not touched
 * meanwhile. */
void conn_push(struct conn *conn)
{
    if (conn->closing || conn->writing || conn->sending.size == 0)
        return;
    uv_buf_t piece = uv_buf_init(conn->sending.bytes + conn->sent, (unsigned)conn_piece(conn));
    conn->write.data = conn;
    conn->writing = true;
    conn->deadline_ms = server_loop_ms(conn->server) + CONN_SEND_MS;
    if (uv_write(&conn->write, &conn->stream, &piece, 1, conn_written) != 0) {
        conn->writing = false;
        conn_close(conn);
    }
}

static void conn_shut(uv_shutdown_t *shut, int status)
{
    (void)status; /* a connection that is gone already is closed by its reading */
    free(shut);
}

/* Everything is sent: says so to the peer, and reads away what it still sends until it closes or a moment has passed.
 * */
static void conn_linger(struct conn *conn)
{
    if (conn->closing || conn->lingering)
        return;
    uv_shutdown_t *shut = malloc(sizeof(*shut));
    ASSERT(shut != NULL);
    conn->lingering = true;
    conn->input.size = 0;
    conn->deadline_ms = server_loop_ms(conn->server) + CONN_LINGER_MS;
    if (uv_shutdown(shut, &conn->stream, conn_shut) != 0) {
        free(shut);
        conn_close(conn);
        return;
    }
    conn_start_reading(conn);
}

/* NOLINTBEGIN(misc-no-recursion): to the end of conn_resume. One level for each CONN_OUTPUT_MAX of answers to what one
 * read has brought, hundreds at most. */

/* Sends what has been let go. */
static void conn_flush(struct conn *conn)
{
    if (conn->closing || conn->writing)
        return;
    size_t size = conn->released;
    if (size > 0) {
        ASSERT(size <= conn->output.size);
        if (conn->tls != NULL)
            tls_send(conn, conn->output.bytes, size);
        else
            conn_raw(conn, conn->output.bytes, size);
        if (conn->closing)
            return;
        conn->released = 0;
        for (u32 i = 0; i < conn->mark_count; i++)
            conn->marks[i].end -= size;
        buffer_drop(&conn->output, size);
        buffer_rest(&conn->output);
    }
    conn_push(conn);
    if (conn->close_after && !conn->writing && conn->output.size == 0)
        conn_linger(conn);
    else if ((!conn->reading || conn->held) && !conn->pause && !conn->in_protocol &&
             conn_unsent(conn) < CONN_OUTPUT_MAX / 2)
        conn_resume(conn);
}

/* The one place where a reply is let go. */
void conn_release(struct conn *conn, u64 durable)
{
    u32 passed = 0;
    while (passed < conn->mark_count && conn->marks[passed].seq <= durable) {
        ASSERT(conn->marks[passed].seq <= eleven_durable(conn->server->eleven));
        conn->released = conn->marks[passed].end;
        passed++;
    }
    conn->mark_count -= passed;
    memmove(conn->marks, conn->marks + passed, conn->mark_count * sizeof(conn->marks[0]));
    conn_flush(conn);
}

static void conn_mark(struct conn *conn, u64 seq)
{
    struct conn_mark *last = conn->mark_count > 0 ? &conn->marks[conn->mark_count - 1] : NULL;
    if (last != NULL && (seq <= last->seq || conn->mark_count == CONN_MARKS_MAX))
        *last = (struct conn_mark){conn->output.size, MAX(seq, last->seq)};
    else
        conn->marks[conn->mark_count++] = (struct conn_mark){conn->output.size, seq};
    server_at_gate(conn->server, conn);
}

void conn_reply(struct conn *conn)
{
    conn_mark(conn, engine_seq(conn->server->engine));
}

void conn_reply_free(struct conn *conn)
{
    conn_mark(conn, 0);
    if (!conn->in_protocol && conn->mark_count == 1 && conn->marks[0].seq == 0)
        conn_release(conn, 0); /* not behind those at the gate, whom a stuck disk may keep there */
}

/* --- in ------------------------------------------------------------------------------------- */

static void conn_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *piece)
{
    struct conn *conn = handle->data;
    (void)suggested;
    /* What was kept from before goes in front, so that the protocol sees one run of bytes. */
    size_t kept = conn->tls == NULL ? conn->input.size : 0;
    ASSERT(kept <= CONN_INPUT_MAX);
    *piece = uv_buf_init(conn->server->read_buffer + kept, CONN_READ_BYTES);
}

static void conn_stop_reading(struct conn *conn)
{
    if (conn->reading)
        uv_read_stop(&conn->stream);
    conn->reading = false;
}

/* Gives bytes to the protocol and keeps the rest. `bytes` may be conn->input itself. */
static void conn_feed(struct conn *conn, const char *bytes, size_t size)
{
    size_t taken = 0;
    if (!conn->pause && !conn->blocked) {
        conn->in_protocol = true;
        taken = conn->protocol->bytes(conn, bytes, size);
        conn->in_protocol = false;
    }
    if (conn->closing)
        return;
    ASSERT(taken <= size);
    conn->held = conn_unsent(conn) >= CONN_OUTPUT_MAX;
    if (bytes == conn->input.bytes) {
        buffer_drop(&conn->input, taken);
    } else {
        conn->input.size = 0;
        buffer_add(&conn->input, bytes + taken, size - taken);
    }
    if (conn->input.size == 0)
        buffer_rest(&conn->input);
    /* A connection that only waits for its answer stays armed: stopping and starting are system calls. */
    bool waits = (conn->pause || conn->blocked) && conn->input.size > 0;
    if (waits || conn->held || conn->input.size >= CONN_INPUT_MAX / 2)
        conn_stop_reading(conn);
    u64 durable = eleven_durable(conn->server->eleven);
    if (conn->mark_count > 0 && conn->marks[0].seq <= durable)
        conn_release(conn, durable); /* what need not wait does not */
}

void conn_plain(struct conn *conn, const char *bytes, size_t size)
{
    conn_alive(conn);
    if (conn->input.size == 0) {
        conn_feed(conn, bytes, size);
        return;
    }
    buffer_add(&conn->input, bytes, size);
    conn_feed(conn, conn->input.bytes, conn->input.size);
}

static void conn_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *piece)
{
    struct conn *conn = stream->data;
    server_pass_begins(conn->server);
    if (size < 0) {
        conn_close(conn);
    } else if (conn->lingering) {
        return;
    } else if (size > 0 && conn->tls != NULL) {
        tls_receive(conn, piece->base, (size_t)size);
    } else if (size > 0) {
        size_t kept = conn->input.size;
        if (kept > 0)
            memcpy(conn->server->read_buffer, conn->input.bytes, kept);
        conn->input.size = 0;
        conn_alive(conn);
        conn_feed(conn, conn->server->read_buffer, kept + (size_t)size);
    }
}

static void conn_start_reading(struct conn *conn)
{
    if (conn->reading)
        return;
    conn->reading = true;
    if (uv_read_start(&conn->stream, conn_allocate, conn_read) != 0)
        conn_close(conn);
}

void conn_resume(struct conn *conn)
{
    if (conn->closing || conn->in_protocol || conn->blocked || conn->lingering)
        return;
    conn->pause = conn->close_after;
    conn->held = false;
    if (conn->input.size > 0)
        conn_feed(conn, conn->input.bytes, conn->input.size);
    /* Held: what is kept must be used before more is read; conn_flush comes back when enough has been sent. */
    if (conn->closing || conn->pause || conn->blocked || conn->reading || conn->held ||
        conn_unsent(conn) >= CONN_OUTPUT_MAX || conn->input.size >= CONN_INPUT_MAX / 2)
        return;
    conn_start_reading(conn);
}
/* NOLINTEND(misc-no-recursion) */

void conn_block(struct conn *conn)
{
    if (!conn->blocked) {
        conn->blocked = true;
        conn->blocked_next = conn->server->blocked;
        conn->server->blocked = conn;
    }
}

/* --- beginning -------------------------------------------------------------------------------- */

/* A hash of the address, of an IPv6 one the network (/64), which is what one household has. */
static void conn_name_peer(struct conn *conn)
{
    struct sockaddr_storage address;
    int size = sizeof(address);
    if (uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&address, &size) != 0)
        return;
    const void *network = &((const struct sockaddr_in *)&address)->sin_addr;
    size_t network_size = 4;
    if (address.ss_family == AF_INET6) {
        uv_ip6_name((const struct sockaddr_in6 *)&address, conn->peer, sizeof(conn->peer));
        network = &((const struct sockaddr_in6 *)&address)->sin6_addr;
        network_size = 8;
    } else {
        uv_ip4_name((const struct sockaddr_in *)&address, conn->peer, sizeof(conn->peer));
    }
    conn->address = (u32)(checksum64(network, network_size, address.ss_family) >> 32);
}

static void conn_refused(uv_handle_t *handle)
{
    free(handle->data);
}

static struct conn *conn_make(struct server *server, const struct protocol *protocol)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    ASSERT(conn != NULL);
    conn->server = server;
    conn->protocol = protocol;
    uv_tcp_init(&server->loop, &conn->tcp);
    conn->handle.data = conn;
    return conn;
}

static void conn_begin(struct conn *conn)
{
    struct server *server = conn->server;
    conn_name_peer(conn);
    conn->next = server->conns;
    if (conn->next != NULL)
        conn->next->previous = conn;
    server->conns = conn;
    server->conn_count++;
    server->stats.connections++;
    conn_alive(conn);
}

void conn_accept(struct server *server, uv_stream_t *listener, const struct protocol *protocol, bool with_tls)
{
    struct conn *conn = conn_make(server, protocol);
    if (uv_accept(listener, &conn->stream) != 0 || server->conn_count >= server->options.connections_max) {
        server->stats.connections_refused++;
        uv_close(&conn->handle, conn_refused);
        return;
    }
    uv_tcp_nodelay(&conn->tcp, 1);
    conn_begin(conn);
    if (with_tls)
        conn->tls = tls_new(server->tls);
    conn_resume(conn);
}

struct conn *conn_adopt(struct server *server, int socket, const struct protocol *protocol)
{
    struct conn *conn = conn_make(server, protocol);
    if (uv_tcp_open(&conn->tcp, socket) != 0) {
        close(socket);
        uv_close(&conn->handle, conn_refused);
        return NULL;
    }
    conn_begin(conn);
    conn_resume(conn);
    return conn;
}
