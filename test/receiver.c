/*
 * The receiver of receiver.h: one thread, poll, whole requests only.
 */
#include "test/receiver.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct connection {
    int socket;             /* -1: free */
    size_t size;
    char bytes[RECEIVER_BYTES_MAX + 1];
};

void receiver_header(const struct request *request, const char *name, char *value)
{
    size_t size = strlen(name);
    value[0] = '\0';
    for (const char *line = request->head; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, name, size) == 0 && line[size] == ':') {
            snprintf(value, 256, "%.*s", (int)strcspn(line + size + 2, "\r\n"), line + size + 2);
            return;
        }
    }
}

static void keep(struct receiver *receiver, const char *bytes, size_t head, size_t body)
{
    struct request *request = &receiver->requests[receiver->count];
    assert(receiver->count < RECEIVER_REQUESTS_MAX);
    snprintf(request->head, sizeof request->head, "%.*s", (int)head, bytes);
    request->body = calloc(1, body + 1);
    memcpy(request->body, bytes + head, body);
    request->body_size = body;
    receiver->count++;
}

/* Answers a request. False: the connection is to be closed. */
static bool answer(struct receiver *receiver, struct connection *connection, int status)
{
    char text[512];
    const char *header = receiver->header;
    struct timespec delay = {receiver->delay_ms / 1000, receiver->delay_ms % 1000 * 1000000};
    if (status == RECEIVER_HANGS_UP)
        return false;
    if (status == RECEIVER_SILENT)
        return true;
    nanosleep(&delay, NULL);
    int size = snprintf(text, sizeof text, "HTTP/1.1 %d Whatever\r\n%scontent-length: 4\r\n\r\nbody", status,
                        header != NULL ? header : "");
    return send(connection->socket, text, (size_t)size, MSG_NOSIGNAL) == size;
}

/* Takes what has come. False: the connection is over. */
static bool receive(struct receiver *receiver, struct connection *connection)
{
    char value[256];
    struct request head = {0};
    size_t room = RECEIVER_BYTES_MAX - connection->size;
    ssize_t got = recv(connection->socket, connection->bytes + connection->size, room, 0);
    if (got <= 0)
        return false;
    connection->size += (size_t)got;
    connection->bytes[connection->size] = '\0';
    char *end = strstr(connection->bytes, "\r\n\r\n");
    if (end == NULL)
        return true;
    size_t head_size = (size_t)(end + 4 - connection->bytes);
    snprintf(head.head, sizeof head.head, "%.*s", (int)head_size, connection->bytes);
    receiver_header(&head, "content-length", value);
    size_t body_size = (size_t)atoi(value);
    if (connection->size < head_size + body_size)
        return true;
    connection->size = 0;
    pthread_mutex_lock(&receiver->lock);
    keep(receiver, connection->bytes, head_size, body_size);
    u32 index = receiver->count - 1;
    int status = index < receiver->first_count ? receiver->first[index] : receiver->status;
    pthread_mutex_unlock(&receiver->lock);
    return answer(receiver, connection, status);
}

static void *receiver_run(void *argument)
{
    struct receiver *receiver = argument;
    struct connection *connections = calloc(RECEIVER_CONNECTIONS_MAX, sizeof *connections);
    for (int i = 0; i < RECEIVER_CONNECTIONS_MAX; i++)
        connections[i].socket = -1;
    for (bool stop = false; !stop;) {
        struct pollfd polls[RECEIVER_CONNECTIONS_MAX + 1];
        for (int i = 0; i < RECEIVER_CONNECTIONS_MAX; i++)
            polls[i] = (struct pollfd){.fd = connections[i].socket, .events = POLLIN};
        polls[RECEIVER_CONNECTIONS_MAX] = (struct pollfd){.fd = receiver->listener, .events = POLLIN};
        poll(polls, RECEIVER_CONNECTIONS_MAX + 1, 10);
        for (int i = 0; i < RECEIVER_CONNECTIONS_MAX; i++)
            if (connections[i].socket >= 0 && polls[i].revents != 0 && !receive(receiver, &connections[i])) {
                close(connections[i].socket);
                connections[i].socket = -1;
            }
        for (int i = 0; i < RECEIVER_CONNECTIONS_MAX && polls[RECEIVER_CONNECTIONS_MAX].revents != 0; i++)
            if (connections[i].socket < 0) {
                connections[i].socket = accept(receiver->listener, NULL, NULL);
                connections[i].size = 0;
                polls[RECEIVER_CONNECTIONS_MAX].revents = 0;
                pthread_mutex_lock(&receiver->lock);
                receiver->connections++;
                pthread_mutex_unlock(&receiver->lock);
            }
        pthread_mutex_lock(&receiver->lock);
        stop = receiver->stop;
        pthread_mutex_unlock(&receiver->lock);
    }
    for (int i = 0; i < RECEIVER_CONNECTIONS_MAX; i++)
        if (connections[i].socket >= 0)
            close(connections[i].socket);
    free(connections);
    return NULL;
}

void receiver_start(struct receiver *receiver)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(receiver->port)};
    socklen_t size = sizeof address;
    int one = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (receiver->port == 0) {
        pthread_mutex_init(&receiver->lock, NULL);
        receiver->status = 200;
    }
    receiver->stop = false;
    receiver->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(receiver->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bool good = bind(receiver->listener, (struct sockaddr *)&address, sizeof address) == 0
                && listen(receiver->listener, 16) == 0
                && getsockname(receiver->listener, (struct sockaddr *)&address, &size) == 0;
    assert(good);
    (void)good;
    receiver->port = ntohs(address.sin_port);
    int code = pthread_create(&receiver->thread, NULL, receiver_run, receiver);
    assert(code == 0);
    (void)code;
}

void receiver_stop(struct receiver *receiver)
{
    pthread_mutex_lock(&receiver->lock);
    receiver->stop = true;
    pthread_mutex_unlock(&receiver->lock);
    pthread_join(receiver->thread, NULL);
    close(receiver->listener);
}

void receiver_clear(struct receiver *receiver)
{
    pthread_mutex_lock(&receiver->lock);
    for (u32 i = 0; i < receiver->count; i++)
        free(receiver->requests[i].body);
    receiver->count = 0;
    pthread_mutex_unlock(&receiver->lock);
}

u32 receiver_count(struct receiver *receiver)
{
    pthread_mutex_lock(&receiver->lock);
    u32 count = receiver->count;
    pthread_mutex_unlock(&receiver->lock);
    return count;
}

void receiver_answer(struct receiver *receiver, int status)
{
    pthread_mutex_lock(&receiver->lock);
    receiver->status = status;
    pthread_mutex_unlock(&receiver->lock);
}
