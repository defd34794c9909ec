#include "bench/resp_client.h"

#include "base/assert.h"
#include "bench/dial.h"
#include "bench/measure.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define READ_BYTES ((size_t)256 << 10)
#define CALL_MS 10000
#define SILENCE_MS 60000            /* a server that says nothing for so long has failed */

struct pipe {
    int file;
    u32 outstanding;
    size_t next, end;               /* requests to come: [next, end) */
    char *unsent, *written;         /* requests taken up and not sent: [unsent, written) */
    struct resp_reader reader;
};

struct resp_client {
    u32 pipe_count;
    struct pipe pipes[RESP_CONNECTIONS_MAX];
    char *buffer;                   /* READ_BYTES */
};

/* --- the reader ------------------------------------------------------------------------------------ */

enum reader_state { READ_TYPE, READ_NUMBER, READ_TEXT, READ_BULK };

static void count_reply(const struct resp_reader *reader, u64 replies[RESP_REPLIES])
{
    enum resp_reply kind = RESP_REPLY_OTHER;
    if (reader->reply_type == '+')
        kind = RESP_REPLY_OK;
    else if (reader->reply_type == '-')
        kind = RESP_REPLY_ERROR;
    else if (reader->reply_type == '*' && reader->last_integer == 0)
        kind = RESP_REPLY_ORDER;
    else if (reader->reply_type == '*' && reader->last_integer == 1)
        kind = RESP_REPLY_REPLAYED;
    replies[kind]++;
}

/* An element has ended. True when the whole reply has. */
static bool element_end(struct resp_reader *reader)
{
    while (reader->depth > 0 && --reader->left[reader->depth - 1] == 0)
        reader->depth--;
    reader->state = READ_TYPE;
    return reader->depth == 0;
}

/* The number of an element, or its length, has been read. True when the whole reply has. */
static bool number_end(struct resp_reader *reader)
{
    i64 number = reader->negative ? -(i64)reader->number : (i64)reader->number;
    switch (reader->type) {
    case ':':
        reader->last_integer = number;
        return element_end(reader);
    case '$':
        if (number < 0)
            return element_end(reader);
        reader->bulk = (u64)number + 2;
        reader->state = READ_BULK;
        return false;
    default: /* '*', and '%' with two elements to each */
        if (number <= 0)
            return element_end(reader);
        if (reader->depth == RESP_NESTING_MAX)
            measure_fail("a reply is nested too deeply");
        reader->left[reader->depth++] = (u64)number * (reader->type == '%' ? 2 : 1);
        reader->state = READ_TYPE;
        return false;
    }
}

static void begin_element(struct resp_reader *reader, char type)
{
    reader->type = (u8)type;
    if (reader->depth == 0) {
        reader->reply_type = (u8)type;
        reader->last_integer = -1;
    }
    reader->number = 0;
    reader->negative = false;
    switch (type) {
    case '*': case '$': case ':': case '%': reader->state = READ_NUMBER; break;
    case '+': case '-': case '_': case '#': case ',': reader->state = READ_TEXT; break;
    default: measure_fail("byte %d cannot begin a reply", type);
    }
}

static void keep_error(struct resp_reader *reader, char byte)
{
    if (byte == '\r')
        reader->error_whole = true;
    else if (!reader->error_whole && reader->error_size < sizeof(reader->error) - 1)
        reader->error[reader->error_size++] = byte;
}

size_t resp_reader_feed(struct resp_reader *reader, const char *bytes, size_t size, u64 replies[RESP_REPLIES])
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        char byte = bytes[i];
        bool ended = false;
        switch (reader->state) {
        case READ_TYPE:
            begin_element(reader, byte);
            break;
        case READ_NUMBER:
            if (byte >= '0' && byte <= '9')
                reader->number = reader->number * 10 + (u64)(byte - '0');
            else if (byte == '\n')
                ended = number_end(reader);
            else if (byte == '-')
                reader->negative = true;
            else if (byte != '\r')
                measure_fail("byte %d in a number of a reply", byte);
            break;
        case READ_TEXT:
            if (byte == '\n')
                ended = element_end(reader);
            else if (reader->type == '-')
                keep_error(reader, byte);
            break;
        default: {
            u64 skip = MIN(reader->bulk, (u64)(size - i));
            reader->bulk -= skip;
            i += skip - 1;
            if (reader->bulk == 0)
                ended = element_end(reader);
        }
        }
        if (ended) {
            count_reply(reader, replies);
            count++;
        }
    }
    return count;
}

/* --- connections ------------------------------------------------------------------------------------- */

struct resp_client *resp_client_open(const struct sockaddr_in *address, u32 connections)
{
    ASSERT(connections > 0 && connections <= RESP_CONNECTIONS_MAX);
    struct resp_client *client = measure_memory(sizeof(*client));
    client->pipe_count = connections;
    client->buffer = measure_memory(READ_BYTES);
    for (u32 i = 0; i < connections; i++)
        client->pipes[i].file = dial(address);
    return client;
}

void resp_client_close(struct resp_client *client)
{
    for (u32 i = 0; i < client->pipe_count; i++)
        dial_close(client->pipes[i].file);
    free(client->buffer);
    free(client);
}

const char *resp_client_error(const struct resp_client *client)
{
    for (u32 i = 0; i < client->pipe_count; i++)
        if (client->pipes[i].reader.error_size > 0)
            return client->pipes[i].reader.error;
    return "";
}

/* Takes up requests until the pipeline is full; not before half of it is answered, so that a call sends many. */
static void take_up(struct pipe *pipe, struct resp_run *run, bool late)
{
    if (late || pipe->next == pipe->end || pipe->outstanding > run->depth / 2)
        return;
    u32 room = run->depth - pipe->outstanding;
    size_t end = MIN(pipe->end, pipe->next + room);
    pipe->outstanding += (u32)(end - pipe->next);
    run->sent += end - pipe->next;
    for (; pipe->next < end; pipe->next++) {
        if (run->rekey)
            wire_rekey(pipe->written, run->number++);
        pipe->written += run->wire->sizes[pipe->next];
    }
}

static void send_some(struct pipe *pipe)
{
    while (pipe->unsent < pipe->written) {
        ssize_t sent = send(pipe->file, pipe->unsent, (size_t)(pipe->written - pipe->unsent), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            measure_fail("send: %s", strerror(errno));
        if (sent <= 0)
            break;
        pipe->unsent += sent;
    }
}

static void receive_some(struct resp_client *client, struct pipe *pipe, struct resp_run *run)
{
    ssize_t size;
    do {
        size = recv(pipe->file, client->buffer, READ_BYTES, 0);
        if (size == 0 || (size < 0 && errno != EAGAIN))
            measure_fail("the server ended a connection: %s", size == 0 ? "end of file" : strerror(errno));
        if (size < 0)
            break;
        size_t replies = resp_reader_feed(&pipe->reader, client->buffer, (size_t)size, run->replies);
        if (replies > pipe->outstanding)
            measure_fail("more replies than requests");
        pipe->outstanding -= (u32)replies;
    } while (size == (ssize_t)READ_BYTES);
}

/* Each connection gets a run of the requests, all of them nearly the same number. */
static void share_out(struct resp_client *client, const struct resp_run *run)
{
    char *at = run->wire->bytes;
    size_t next = 0;
    for (u32 i = 0; i < client->pipe_count; i++) {
        struct pipe *pipe = &client->pipes[i];
        ASSERT(pipe->outstanding == 0);
        pipe->next = next;
        pipe->end = run->count * (i + 1) / client->pipe_count;
        pipe->unsent = pipe->written = at;
        for (; next < pipe->end; next++)
            at += run->wire->sizes[next];
    }
}

i64 resp_client_run(struct resp_client *client, struct resp_run *run)
{
    struct pollfd polled[RESP_CONNECTIONS_MAX];
    ASSERT(run->count <= run->wire->count && run->depth > 0);
    share_out(client, run);
    i64 start_ns = measure_ns();
    for (;;) {
        bool late = run->deadline_ns != 0 && measure_ns() >= run->deadline_ns;
        u32 waiting = 0;
        for (u32 i = 0; i < client->pipe_count; i++) {
            struct pipe *pipe = &client->pipes[i];
            take_up(pipe, run, late);
            send_some(pipe);
            bool more = pipe->outstanding > 0;
            waiting += more;
            polled[i] = (struct pollfd){more ? pipe->file : -1, POLLIN, 0};
            if (pipe->unsent < pipe->written)
                polled[i].events |= POLLOUT;
        }
        if (waiting == 0)
            return measure_ns() - start_ns;
        int ready = poll(polled, client->pipe_count, SILENCE_MS);
        if (ready == 0)
            measure_fail("the server has said nothing for a minute");
        for (u32 i = 0; i < client->pipe_count; i++)
            if (polled[i].revents & ~POLLOUT)
                receive_some(client, &client->pipes[i], run);
    }
}

void resp_client_call(struct resp_client *client, const char *request, char *reply, size_t size)
{
    struct pipe *pipe = &client->pipes[0];
    u64 replies[RESP_REPLIES] = {0};
    size_t used = 0, length = strlen(request);
    ASSERT(pipe->outstanding == 0 && size > 1);
    if (send(pipe->file, request, length, MSG_NOSIGNAL) != (ssize_t)length)
        measure_fail("send: %s", strerror(errno));
    for (size_t whole = 0; whole == 0;) {
        struct pollfd polled = {pipe->file, POLLIN, 0};
        ssize_t got = poll(&polled, 1, CALL_MS) == 1 ? recv(pipe->file, reply + used, size - 1 - used, 0) : 0;
        if (got <= 0)
            measure_fail("no answer to %s", request);
        whole = resp_reader_feed(&pipe->reader, reply + used, (size_t)got, replies);
        used += (size_t)got;
    }
    reply[used] = 0;
}
