/*
 * bench-sse: many listeners of a stream of server-sent events (text/event-stream),
 * which read, count and forget.
 *
 *   bench-sse ADDRESS:PORT PATH [--listeners N] [--seconds S]
 *
 * Prints sse.listeners once all of them have the head of their answer; counts
 * for S seconds, or until SIGTERM; then prints what came: events (blocks with a
 * `data:` line) a second over all listeners, and how many listeners got none.
 */
#include "bench/dial.h"
#include "bench/measure.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define EVENTS_MAX 512
#define READ_BYTES ((size_t)64 << 10)
#define HEAD_MAX 2048u
#define OPENING_MAX 256u            /* connections that are being made at one time */
#define WAIT_MS 100
#define SILENCE_NS ((i64)20 * 1000000000) /* for all heads to come */

#define FIELD "data"
#define LINE_OTHER 255              /* the line does not begin with FIELD */

struct listener {
    int file;
    u32 head_size;                  /* bytes of the head so far; 0 and head NULL once it is whole */
    char *head;                     /* HEAD_MAX */
    u8 connecting;
    u8 matched;                     /* of FIELD at the beginning of this line; LINE_OTHER */
    u8 has_data;                    /* this block has a data line */
    u8 heard;                       /* an event, since counting began */
};

struct load {
    struct sockaddr_in address;
    const char *path;
    u64 count;
    double seconds;
    int epoll;
    char *buffer;                   /* READ_BYTES */
    struct listener *listeners;
    u32 opened, connected, listening, lost;
    u64 events, bytes;
};

static volatile sig_atomic_t told_to_end;

static void end(int signal_number)
{
    (void)signal_number;
    told_to_end = 1;
}

static void usage(void)
{
    fputs("usage: bench-sse ADDRESS:PORT PATH [--listeners N] [--seconds S]\n", stderr);
    exit(2);
}

/* Counts the events that end in these bytes. Lines that frame chunks are hexadecimal numbers, and "dat" begins none. */
static u32 scan(struct listener *listener, const char *bytes, size_t size)
{
    u32 events = 0;
    for (size_t i = 0; i < size; i++) {
        if (listener->matched == LINE_OTHER || listener->matched == sizeof(FIELD) - 1) {
            const char *line_end = memchr(bytes + i, '\n', size - i);
            if (line_end == NULL)
                break;
            i = (size_t)(line_end - bytes);
            listener->matched = 0;
        } else if (bytes[i] == '\n') {
            if (listener->matched == 0) { /* an empty line ends the block */
                events += listener->has_data;
                listener->has_data = 0;
            }
            listener->matched = 0;
        } else if (bytes[i] == FIELD[listener->matched]) {
            listener->matched++;
            if (listener->matched == sizeof(FIELD) - 1)
                listener->has_data = 1;
        } else if (bytes[i] != '\r' || listener->matched != 0) {
            listener->matched = LINE_OTHER;
        }
    }
    return events;
}

/* The head of the answer; what is behind it is the stream. Returns where that begins, 0: the head is not whole. */
static size_t read_head(struct listener *listener, const char *bytes, size_t size)
{
    size_t before = listener->head_size, take = MIN(size, HEAD_MAX - 1 - before);
    if (listener->head == NULL)
        listener->head = measure_memory(HEAD_MAX);
    memcpy(listener->head + before, bytes, take);
    listener->head_size += (u32)take;
    listener->head[listener->head_size] = 0;
    const char *head_end = strstr(listener->head, "\r\n\r\n");
    if (head_end == NULL && listener->head_size == HEAD_MAX - 1)
        measure_fail("the answer's head is too large");
    if (head_end == NULL)
        return 0;
    if (strncmp(listener->head, "HTTP/1.1 200", 12) != 0 || strcasestr(listener->head, "text/event-stream") == NULL)
        measure_fail("not a stream of events: %.*s", (int)strcspn(listener->head, "\r"), listener->head);
    size_t behind = (size_t)(head_end - listener->head) + 4 - before;
    free(listener->head);
    listener->head = NULL;
    listener->head_size = 0;
    return behind;
}

static void listener_receive(struct load *load, struct listener *listener)
{
    ssize_t size = recv(listener->file, load->buffer, READ_BYTES, 0);
    if (size < 0 && errno == EAGAIN)
        return;
    if (size <= 0) {
        load->lost++;
        dial_close(listener->file);
        listener->file = -1;
        return;
    }
    size_t begin = 0;
    if (listener->head != NULL) {
        begin = read_head(listener, load->buffer, (size_t)size);
        if (begin == 0)
            return;
        load->listening++;
    }
    u32 events = scan(listener, load->buffer + begin, (size_t)size - begin);
    listener->heard |= events > 0;
    load->events += events;
    load->bytes += (u64)size;
}

static void listener_open(struct load *load, u32 index)
{
    struct listener *listener = &load->listeners[index];
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = listener};
    *listener = (struct listener){.file = dial_begin(&load->address, index), .connecting = 1};
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, listener->file, &event) != 0)
        measure_fail("epoll: %s", strerror(errno));
}

static void listener_ask(struct load *load, struct listener *listener)
{
    char request[1024];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = listener};
    int problem = dial_failed(listener->file);
    if (problem != 0)
        measure_fail("connect: %s", strerror(problem));
    int size = snprintf(request, sizeof(request),
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n", load->path);
    if (size >= (int)sizeof(request) || send(listener->file, request, (size_t)size, MSG_NOSIGNAL) != size)
        measure_fail("cannot ask for %s", load->path);
    if (epoll_ctl(load->epoll, EPOLL_CTL_MOD, listener->file, &event) != 0)
        measure_fail("epoll: %s", strerror(errno));
    listener->connecting = 0;
    listener->head = measure_memory(HEAD_MAX);
    load->connected++;
}

static void take_events(struct load *load)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(load->epoll, events, EVENTS_MAX, WAIT_MS);
    for (int i = 0; i < count; i++) {
        struct listener *listener = events[i].data.ptr;
        if (listener->connecting)
            listener_ask(load, listener);
        else
            listener_receive(load, listener);
    }
}

static void open_all(struct load *load)
{
    i64 deadline_ns = measure_ns() + SILENCE_NS;
    while (load->listening + load->lost < load->count) {
        while (load->opened < load->count && load->opened - load->listening < OPENING_MAX)
            listener_open(load, load->opened++);
        take_events(load);
        if (load->lost > 0 || measure_ns() > deadline_ns)
            measure_fail("only %u of %llu listeners were let in, %u were cut off", load->listening,
                         (unsigned long long)load->count, load->lost);
    }
}

static void listen_to_all(struct load *load)
{
    load->events = load->bytes = 0;
    for (u64 i = 0; i < load->count; i++)
        load->listeners[i].heard = 0;
    measure_print("sse.listeners", (double)load->listening, 0, "listeners");
    i64 start_ns = measure_ns(), end_ns = start_ns + (i64)(load->seconds * 1e9);
    while (!told_to_end && measure_ns() < end_ns)
        take_events(load);
    i64 elapsed = measure_ns() - start_ns;
    u64 silent = 0;
    for (u64 i = 0; i < load->count; i++)
        silent += !load->listeners[i].heard;
    measure_print("sse.events", measure_rate(load->events, elapsed), 0, "events/s");
    measure_print("sse.bytes", measure_rate(load->bytes, elapsed), 0, "B/s");
    measure_print("sse.silent", (double)silent, 0, "listeners");
    measure_print("sse.lost", (double)load->lost, 0, "listeners");
}

int main(int count, char **arguments)
{
    static const struct option options[] = {
        {"listeners", required_argument, NULL, 'l'},
        {"seconds", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    struct load load = {.count = 10000, .seconds = 10};
    if (count < 3)
        usage();
    load.address = dial_address(arguments[1]);
    load.path = arguments[2];
    optind = 3;
    for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;)
        switch (option) {
        case 'l': load.count = strtoull(optarg, NULL, 10); break;
        case 's': load.seconds = strtod(optarg, NULL); break;
        default: usage();
        }
    if (load.count < 1 || load.count > 100000 || load.seconds <= 0 || optind != count)
        usage();
    dial_files(load.count + 64);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    load.buffer = measure_memory(READ_BYTES);
    load.listeners = measure_memory(load.count * sizeof(*load.listeners));
    signal(SIGTERM, end);
    signal(SIGINT, end);
    open_all(&load);
    listen_to_all(&load);
    for (u64 i = 0; i < load.count; i++)
        if (load.listeners[i].file >= 0)
            dial_close(load.listeners[i].file);
    return 0;
}
