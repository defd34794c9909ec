#include "door/listen.h"

#include "door/http.h"
#include "door/resp.h"
#include "door/server.h"
#include "door/tls.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#define LISTEN_BACKLOG 4096

static void http_connection(uv_stream_t *listener, int status)
{
    if (status == 0)
        conn_accept(listener->data, listener, &http_protocol, false);
}

static void https_connection(uv_stream_t *listener, int status)
{
    if (status == 0)
        conn_accept(listener->data, listener, &http_protocol, true);
}

static void resp_connection(uv_stream_t *listener, int status)
{
    if (status == 0)
        conn_accept(listener->data, listener, &resp_protocol, false);
}

/* "127.0.0.1:1111" or "[::1]:1111". */
static bool parse_address(const char *text, struct sockaddr_storage *address)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
        return false;
    snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
    char *end;
    long port = strtol(colon + 1, &end, 10);
    if (end == colon + 1 || *end != 0 || port < 0 || port > 65535)
        return false;
    size_t length = strlen(host);
    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = 0;
        return uv_ip6_addr(host + 1, (int)port, (struct sockaddr_in6 *)address) == 0;
    }
    return uv_ip4_addr(host, (int)port, (struct sockaddr_in *)address) == 0;
}

static int port_of(const uv_tcp_t *tcp)
{
    struct sockaddr_storage address;
    int size = sizeof(address);
    if (uv_tcp_getsockname(tcp, (struct sockaddr *)&address, &size) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

static bool listen_at(struct server *server, uv_tcp_t *tcp, const char *name, const char *where,
                      uv_connection_cb accepted)
{
    struct sockaddr_storage address;
    if (where == NULL || *where == 0 || strcmp(where, "none") == 0)
        return true;
    int status = parse_address(where, &address) ? 0 : UV_EINVAL;
    if (status == 0)
        status = uv_tcp_init(&server->loop, tcp);
    if (status == 0) {
        tcp->data = server;
        status = uv_tcp_bind(tcp, (const struct sockaddr *)&address, 0);
    }
    if (status == 0)
        status = uv_listen((uv_stream_t *)tcp, LISTEN_BACKLOG, accepted);
    if (status == 0) {
        server_log(server, "info", "listening", "\"door\":\"%s\",\"address\":\"%s\",\"port\":%d", name, where,
                   port_of(tcp));
        return true;
    }
    server_log(server, "error", "cannot-listen", "\"door\":\"%s\",\"address\":\"%s\",\"reason\":\"%s\"", name, where,
               uv_strerror(status));
    return false;
}

bool listen_all(struct server *server)
{
    char problem[256] = "";
    const struct door_options *options = &server->options;
    if (options->tls_certificate != NULL && *options->tls_certificate != 0) {
        server->tls = tls_open(options->tls_certificate, options->tls_key != NULL ? options->tls_key : "", problem);
        if (server->tls == NULL) {
            server_log(server, "error", "bad-certificate", "\"reason\":\"%s\"", problem);
            return false;
        }
    }
    const char *https = server->tls != NULL ? options->https_listen : NULL;
    return listen_at(server, &server->http, "http", options->http_listen, http_connection) &&
           listen_at(server, &server->https, "https", https, https_connection) &&
           listen_at(server, &server->resp, "resp", options->resp_listen, resp_connection);
}
