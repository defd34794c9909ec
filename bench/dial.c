#include "bench/dial.h"

#include "bench/measure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOURCES 16u

struct sockaddr_in dial_address(const char *text)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
        measure_fail("\"%s\" is no ADDRESS:PORT", text);
    snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
    char *end;
    long port = strtol(colon + 1, &end, 10);
    if (*end != 0 || port < 1 || port > 65535 || inet_pton(AF_INET, host, &address.sin_addr) != 1)
        measure_fail("\"%s\" is no ADDRESS:PORT", text);
    address.sin_port = htons((u16)port);
    return address;
}

int dial_begin(const struct sockaddr_in *address, u32 source)
{
    int one = 1, file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (file < 0)
        measure_fail("socket: %s", strerror(errno));
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if ((ntohl(address->sin_addr.s_addr) >> 24) == 127) {
        struct sockaddr_in from = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK + source % SOURCES)};
        setsockopt(file, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
        if (bind(file, (const struct sockaddr *)&from, sizeof(from)) != 0)
            measure_fail("bind: %s", strerror(errno));
    }
    if (connect(file, (const struct sockaddr *)address, sizeof(*address)) != 0 && errno != EINPROGRESS)
        measure_fail("connect: %s", strerror(errno));
    return file;
}

int dial(const struct sockaddr_in *address)
{
    int one = 1, file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file < 0 || connect(file, (const struct sockaddr *)address, sizeof(*address)) != 0)
        measure_fail("connect to port %d: %s", ntohs(address->sin_port), strerror(errno));
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK) != 0)
        measure_fail("fcntl: %s", strerror(errno));
    return file;
}

int dial_failed(int file)
{
    int problem = 0;
    socklen_t size = sizeof(problem);
    return getsockopt(file, SOL_SOCKET, SO_ERROR, &problem, &size) != 0 ? errno : problem;
}

void dial_close(int file)
{
    const struct linger linger = {.l_onoff = 1};
    setsockopt(file, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(file);
}

void dial_files(u64 files)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        measure_fail("getrlimit: %s", strerror(errno));
    if (limit.rlim_cur >= files)
        return;
    limit.rlim_cur = files;
    limit.rlim_max = MAX(limit.rlim_max, files);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        measure_fail("%llu open files are not allowed here (ulimit -n): %s", (unsigned long long)files,
                     strerror(errno));
}
