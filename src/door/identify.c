/*
 * Who asks: an API key or session token as Bearer (RFC 6750), or the session cookie of the pages. A cookie is sent by
 * browsers for whoever makes them ask, so its requests that change something must come from our own pages (Fetch
 * Metadata, Origin).
 */
#include "door/http_state.h"
#include "door/identify.h"
#include "door/limiter.h"
#include "door/problem.h"

#include <sodium.h>

#define IDENTIFY_TRUST_MS 1000 /* a credential found good is not looked up again for so long, on one connection */

/* The session cookie's value; bytes NULL: there is none. */
static struct slice cookie_session(struct slice cookies)
{
    struct slice none = {NULL, 0};
    size_t name = sizeof(IDENTIFY_COOKIE) - 1;
    for (size_t i = 0; cookies.bytes != NULL && i + name < cookies.size; i++) {
        bool begins = i == 0 || cookies.bytes[i - 1] == ' ' || cookies.bytes[i - 1] == ';';
        if (!begins || memcmp(cookies.bytes + i, IDENTIFY_COOKIE, name) != 0 || cookies.bytes[i + name] != '=')
            continue;
        size_t from = i + name + 1, to = from;
        while (to < cookies.size && cookies.bytes[to] != ';')
            to++;
        return slice_of(cookies.bytes + from, to - from);
    }
    return none;
}

static bool method_is_safe(unsigned method)
{
    return method == HTTP_GET || method == HTTP_HEAD || method == HTTP_OPTIONS;
}

/* "https://HOST" against the Host header. */
static bool origin_is_ours(struct slice origin, struct slice host)
{
    const char *slashes = origin.size > 3 ? memmem(origin.bytes, origin.size, "://", 3) : NULL;
    if (slashes == NULL)
        return false;
    size_t at = (size_t)(slashes - origin.bytes) + 3;
    return slice_equal(slice_of(origin.bytes + at, origin.size - at), host);
}

static bool from_our_pages(const struct http *http)
{
    const struct http_request *request = &http->request;
    struct slice site = request->headers[HTTP_SEC_FETCH_SITE];
    struct slice origin = request->headers[HTTP_ORIGIN];
    if (site.bytes != NULL && !slice_is(site, "same-origin") && !slice_is(site, "none"))
        return false;
    return origin.bytes == NULL || origin_is_ours(origin, request->headers[HTTP_HOST]);
}

static bool remembered(const struct http *http, struct slice credential)
{
    return credential.size == http->credential_size && credential.size > 0 &&
           server_loop_ms(http->conn->server) < http->credential_until_ms &&
           sodium_memcmp(http->credential, credential.bytes, credential.size) == 0;
}

static void remember(struct http *http, struct slice credential, const struct caller *caller)
{
    if (credential.size > sizeof(http->credential))
        return;
    memcpy(http->credential, credential.bytes, credential.size);
    http->credential_size = credential.size;
    http->credential_caller = *caller;
    http->credential_until_ms = server_loop_ms(http->conn->server) + IDENTIFY_TRUST_MS;
}

void identify_forget(struct http *http)
{
    http->credential_size = 0;
}

enum access_status identify_secret(struct server *server, struct slice secret, struct caller *caller)
{
    if (secret.size > 4 && memcmp(secret.bytes, "elv_", 4) == 0)
        return access_key(server->access, secret, caller);
    return access_session(server->access, secret, server_now_ms(server), caller);
}

struct slice identify_credential(struct http *http)
{
    struct slice authorization = http->request.headers[HTTP_AUTHORIZATION];
    if (authorization.bytes == NULL)
        return cookie_session(http->request.headers[HTTP_COOKIE]);
    if (authorization.size > 7 && strncasecmp(authorization.bytes, "Bearer ", 7) == 0)
        return slice_of(authorization.bytes + 7, authorization.size - 7);
    return slice_of("", 0);
}

/* Asks for a credential that this connection has not just been known by: a question to the database if nobody asked
 * lately, so it counts against the address. False: refused. */
static bool known(struct http *http, struct slice credential, bool by_key)
{
    struct http_request *request = &http->request;
    struct server *server = http->conn->server;
    u32 wait_s = limiter_take(server->limiter, (u64)http->conn->address << 1, 1, server_loop_ms(server));
    if (wait_s > 0) {
        problem_limited(http, wait_s);
        return false;
    }
    enum access_status status = identify_secret(server, credential, &request->caller);
    if (status == ACCESS_OK) {
        remember(http, credential, &request->caller);
        return true;
    }
    request->caller = (struct caller){.roles = ROLE_ANYBODY}; /* an old cookie is nobody's */
    if (!by_key && status != ACCESS_FAILED)
        return true;
    http_free(http);
    problem_access(http, status, 0);
    return false;
}

bool identify(struct http *http)
{
    struct http_request *request = &http->request;
    struct slice credential = identify_credential(http);
    if (credential.bytes == NULL)
        return true; /* nobody */
    bool by_key = request->headers[HTTP_AUTHORIZATION].bytes != NULL;
    if (remembered(http, credential))
        request->caller = http->credential_caller;
    else if (!known(http, credential, by_key))
        return false;
    request->by_cookie = !by_key && request->caller.account != 0;
    if (!request->by_cookie || method_is_safe(http->parser.method) || from_our_pages(http))
        return true;
    http_free(http);
    problem_reply(http, PROBLEM_CROSS_SITE, NULL);
    return false;
}
