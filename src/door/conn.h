/*
 * A connection: one socket, with TLS or without, and the reply gate.
 *
 * In: bytes as they come are given to the protocol (HTTP or RESP), which takes as many as it can use; the rest is
 * kept and given again with the next ones. Out: the protocol appends to conn->output and says with conn_reply up to
 * which sequence number that must be durable. conn_release is the one place where bytes leave, and it asserts that
 * they may.
 *
 * Bounds: a connection whose unread output passes CONN_OUTPUT_MAX is not read from any more; one that
 * makes no progress until its deadline is closed; unread.h bounds the output of all of them together.
 */
#ifndef ELEVEN_DOOR_CONN_H
#define ELEVEN_DOOR_CONN_H

#include "base/buffer.h"

#include <uv.h>

struct server;
struct conn;
struct tls;

#define CONN_OUTPUT_MAX ((size_t)1 << 20)   /* not sent yet; then reading stops */
#define CONN_INPUT_MAX ((size_t)128 << 10)  /* not understood yet; a protocol has smaller bounds of its own */
#define CONN_MARKS_MAX 8
#define CONN_READ_BYTES ((size_t)256 << 10) /* one read; shared by all */

struct protocol {
    /* Takes what it can from the front of `bytes`; returns how many. Less than all: the rest is kept until there are
     * more, or conn_resume. */
    size_t (*bytes)(struct conn *conn, const char *bytes, size_t size);
    void (*closed)(struct conn *conn); /* the last call: frees conn->state */
    /* Nothing is asked and not answered; `half`: nor is a part of a request here. */
    bool (*idle)(const struct conn *conn, bool half);
};

/* Bytes of the output up to `end` may leave when `seq` is durable. */
struct conn_mark {
    size_t end;
    u64 seq;
};

struct conn {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
    };
    struct server *server;
    const struct protocol *protocol;
    void *state;                /* the protocol's */
    struct tls *tls;            /* NULL: none */
    struct conn *next, *previous; /* in the server's list of all */
    struct conn *gate_next, *gate_previous; /* in the queue of the gate */
    struct conn *unread_next, *unread_previous; /* in the list of those that have not read all, while unread_listed */
    size_t unread;              /* bytes as counted for all connections */
    struct conn *blocked_next;  /* in the list of those that wait for room at the desk */
    struct buffer input;
    struct buffer output;
    size_t released;            /* bytes of the output that may leave */
    struct conn_mark marks[CONN_MARKS_MAX];
    u32 mark_count;
    u32 uses;                   /* commands and jobs under way that will come back to this connection */
    struct buffer sending;      /* with the kernel, or next to be */
    size_t sent;                /* bytes of it that are gone */
    uv_write_t write;
    i64 deadline_ms;            /* loop time by which something must happen; 0: none */
    bool writing;
    bool unread_listed;
    bool at_gate;
    bool blocked;
    bool reading;
    bool held;                  /* the protocol stopped because of what is not sent: `input` may hold more for it */
    bool in_protocol;           /* no recursion */
    bool pause;                 /* the protocol wants no more bytes now */
    bool close_after;           /* once the output has been sent */
    bool lingering;             /* all is sent; what still comes is read away */
    bool closing;
    bool closed;                /* the handle is closed */
    u32 address;                /* hash of the peer's address, for limits */
    char peer[46];
};

/* Takes one from the listener. */
void conn_accept(struct server *server, uv_stream_t *listener, const struct protocol *protocol, bool with_tls);

/* Takes a connected stream socket that did not come through a listener; it is the server's from now on. NULL: it could
 * not be taken, and is closed. */
struct conn *conn_adopt(struct server *server, int socket, const struct protocol *protocol);

/* What was appended to conn->output since the last call may leave when the engine's present sequence number is
 * durable. */
void conn_reply(struct conn *conn);
/* The same for what rests on no state: it may leave with what is before it. Outside of the protocol it does so at
 * once, and may close the connection. */
void conn_reply_free(struct conn *conn);

/* Sends what may leave: the gate. */
void conn_release(struct conn *conn, u64 durable);

/* Gives kept bytes to the protocol again, and reads on. Runs the protocol, unless it is called from inside of it; may
 * close the connection. */
void conn_resume(struct conn *conn);

/* Waits for room at the desk, then resumes. */
void conn_block(struct conn *conn);

/* Something has happened on it: it may be quiet for as long again. */
void conn_alive(struct conn *conn);

/* Ends it: at once (never from inside the protocol, whose state goes with it), or once what has been replied is sent.
 * */
void conn_close(struct conn *conn);
void conn_close_after(struct conn *conn);

/* Frees it when it is closed and nobody will come back to it. To be called when `uses` has gone down. */
void conn_unuse(struct conn *conn);

/* For tls.c: plain bytes that arrived, and cipher bytes to be sent. Both may close the connection. */
void conn_plain(struct conn *conn, const char *bytes, size_t size);
void conn_raw(struct conn *conn, const char *bytes, size_t size);
void conn_push(struct conn *conn); /* begins to send what conn_raw kept */

/* Bytes that wait to be sent. */
static inline size_t conn_unsent(const struct conn *conn)
{
    return conn->output.size + conn->sending.size - conn->sent;
}

#endif
