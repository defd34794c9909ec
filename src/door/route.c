#include "door/route.h"

#include "base/assert.h"
#include "door/ask.h"
#include "door/http_state.h"
#include "door/limiter.h"
#include "door/problem.h"
#include "door/right.h"
#include "door/serve.h"

#include <ctype.h>
#include <stdio.h>

#define M_GET HTTP_GET
#define M_POST HTTP_POST
#define M_PUT HTTP_PUT
#define M_DELETE HTTP_DELETE
#define M_PATCH HTTP_PATCH

#define ROUTE(method, path, name, roles, flags, status, request, response, parameters, summary) \
    {M_##method, flags, status, 0, roles, path, #name, request, response, parameters, summary, serve_##name},
#define COMMAND_ROUTE(method, path, name, KIND, flags, status, response, summary)                          \
    {M_##method, flags, status, COMMAND_##KIND, 0, path, #name, NULL, response, "", summary, serve_command},
#define NOTICE_ROUTE(method, path, name, KIND, flags, status, response, summary)                                 \
    {M_##method, flags, status, COMMAND_##KIND, ROLE_PROVIDER, path, #name, NULL, response, "", summary, serve_command},
const struct route routes[] = {
#include "door/routes.def"
};
#undef ROUTE
#undef COMMAND_ROUTE
#undef NOTICE_ROUTE
const size_t route_count = ARRAY_COUNT(routes);

u32 route_roles(const struct route *route)
{
    return route->roles != 0 ? route->roles : command_info(route->command)->roles;
}

const char *route_method_word(unsigned method)
{
    switch (method) {
    case HTTP_GET: return "GET";
    case HTTP_HEAD: return "HEAD";
    case HTTP_POST: return "POST";
    case HTTP_PUT: return "PUT";
    case HTTP_DELETE: return "DELETE";
    case HTTP_PATCH: return "PATCH";
    case HTTP_OPTIONS: return "OPTIONS";
    default: return "OTHER";
    }
}

/* One segment of a path, without its slash; *at moves behind it. */
static bool path_next(struct slice path, size_t *at, struct slice *segment)
{
    if (*at >= path.size || path.bytes[*at] != '/')
        return false;
    const char *begin = path.bytes + *at + 1;
    const char *end = memchr(begin, '/', path.size - *at - 1);
    size_t size = end != NULL ? (size_t)(end - begin) : path.size - *at - 1;
    *segment = slice_of(begin, size);
    *at += size + 1;
    return true;
}

/* The segments fit; {names} are noted, not decoded yet. */
static bool path_fits(const char *pattern, struct slice path, struct http_parameter *parameters, u32 *count)
{
    struct slice asked = slice_text(pattern), a, b;
    size_t at = 0, in = 0;
    *count = 0;
    for (;;) {
        bool more = path_next(asked, &at, &a);
        if (more != path_next(path, &in, &b))
            return false;
        if (!more)
            return at == asked.size && in == path.size;
        if (a.size > 3 && a.bytes[a.size - 2] == '*') { /* {name*}: the rest, slashes and all, or nothing of it */
            parameters[(*count)++] = (struct http_parameter){a.bytes, slice_of(b.bytes, path.size - (in - b.size))};
            return true;
        }
        if (a.size > 2 && a.bytes[0] == '{') {
            if (b.size == 0)
                return false;
            parameters[(*count)++] = (struct http_parameter){a.bytes, b};
        } else if (!slice_equal(a, b)) {
            return false;
        }
    }
}

size_t route_body_max(const struct route *route)
{
    if (route == NULL || route->method == HTTP_GET || route->method == HTTP_DELETE)
        return ROUTE_BODY_MAX / 16;
    return route->flags & ROUTE_FILE ? ROUTE_FILE_MAX : ROUTE_BODY_MAX;
}

size_t route_find(struct http *http, unsigned method)
{
    struct http_request *request = &http->request;
    request->route = NULL;
    for (size_t i = 0; i < route_count; i++) {
        unsigned asked = method == HTTP_HEAD ? HTTP_GET : method;
        if (routes[i].method == asked && path_fits(routes[i].path, request->path, request->parameters,
                                                   &request->parameter_count)) {
            request->route = &routes[i];
            break;
        }
    }
    return route_body_max(request->route);
}

/* Another method is known for this path; which ones, as an Allow header. */
static bool path_allows(struct http *http, char *allow, size_t size)
{
    struct http_parameter parameters[HTTP_PARAMETERS_MAX];
    u32 count;
    size_t used = 0;
    for (size_t i = 0; i < route_count; i++)
        if (path_fits(routes[i].path, http->request.path, parameters, &count) && used + 16 < size)
            used += (size_t)snprintf(allow + used, size - used, "%s%s", used == 0 ? "Allow: " : ", ",
                                     route_method_word(routes[i].method));
    if (used > 0)
        snprintf(allow + used, size - used, "\r\n");
    return used > 0;
}

static void route_missing(struct http *http, unsigned method)
{
    char allow[128];
    u32 wait_s = limiter_take(http_server(http)->limiter, (u64)http->conn->address << 1, 1,
                              server_loop_ms(http_server(http)));
    http_free(http);
    if (wait_s > 0) {
        problem_limited(http, wait_s);
        return;
    }
    if (!path_allows(http, allow, sizeof(allow))) {
        problem_reply(http, PROBLEM_NOT_FOUND, NULL);
    } else if (method == HTTP_OPTIONS) {
        http_reply(http, 204, NULL, slice_of("", 0), allow);
    } else {
        struct emit emit = http_body(http);
        emit_open(&emit, '{');
        emit_key_word(&emit, "type", "/problems/method-not-allowed");
        emit_key_word(&emit, "title", "This resource does not know the method.");
        emit_key_number(&emit, "status", 405);
        emit_key_word(&emit, "code", "method-not-allowed");
        emit_close(&emit, '}');
        http_reply(http, 405, "application/problem+json", slice_of(emit.out->bytes, emit.out->size), allow);
    }
}

/* Every %XX of it is one, and none is NUL: a parameter that cannot be read must not count as not given. */
static bool percents_good(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] != '%')
            continue;
        if (i + 2 >= text.size || !isxdigit((unsigned char)text.bytes[i + 1]) ||
            !isxdigit((unsigned char)text.bytes[i + 2]) || (text.bytes[i + 1] == '0' && text.bytes[i + 2] == '0'))
            return false;
    }
    return true;
}

static bool parameters_decode(struct http *http)
{
    struct http_request *request = &http->request;
    if (!percents_good(request->query))
        return false;
    for (u32 i = 0; i < request->parameter_count; i++)
        if (!http_decode(http, request->parameters[i].value, false, &request->parameters[i].value))
            return false;
    return true;
}

/* Whose rate it is: an account's, or an address's. */
static u32 over_rate(struct http *http)
{
    struct server *server = http_server(http);
    const struct caller *caller = &http->request.caller;
    u64 who = caller->account != 0 ? (u64)caller->account << 32 | 1 : (u64)http->conn->address << 1;
    if (http->request.route->flags & ROUTE_FREE || caller->roles & (ROLE_INTEGRATOR | ROLE_PROVIDER))
        return 0;
    return limiter_take(server->limiter, who, 1, server_loop_ms(server));
}

/* The key is there and good, where it must be; PROBLEM_COUNT: it is. */
static enum problem key_problem(struct http *http)
{
    struct http_request *request = &http->request;
    struct slice key = request->headers[HTTP_IDEMPOTENCY_KEY];
    if (key.bytes == NULL)
        return request->route->flags & ROUTE_KEY ? PROBLEM_KEY_MISSING : PROBLEM_COUNT;
    return ask_key(key, request->key) ? PROBLEM_COUNT : PROBLEM_KEY_BAD;
}

static bool media_good(struct http *http)
{
    const struct http_request *request = &http->request;
    struct slice type = request->headers[HTTP_CONTENT_TYPE];
    static const char json[] = "application/json";
    if (request->body.size == 0 || request->route->flags & ROUTE_FILE)
        return true;
    if (type.bytes != NULL && type.size >= sizeof(json) - 1 && strncasecmp(type.bytes, json, sizeof(json) - 1) == 0 &&
        (type.size == sizeof(json) - 1 || strchr("; ", type.bytes[sizeof(json) - 1]) != NULL))
        return true;
    return false;
}

bool route_may(struct http *http)
{
    const struct route *route = http->request.route;
    u32 wait_s = over_rate(http);
    bool may = (route_roles(route) & right_roles(http->request.caller.roles)) != 0;
    if (wait_s == 0 && may)
        return true;
    http_free(http);
    if (wait_s > 0)
        problem_limited(http, wait_s);
    else
        problem_reply(http, http->request.caller.account == 0 ? PROBLEM_UNAUTHENTICATED : PROBLEM_FORBIDDEN, NULL);
    return false;
}

/* What is wrong with the request whatever it asks for; PROBLEM_COUNT: nothing. */
static enum problem route_problem(struct http *http)
{
    if (!parameters_decode(http))
        return PROBLEM_BAD_REQUEST;
    enum problem problem = key_problem(http);
    if (problem == PROBLEM_COUNT && !media_good(http))
        problem = PROBLEM_MEDIA_TYPE;
    return problem;
}

void route_run(struct http *http, unsigned method)
{
    const struct route *route = http->request.route;
    if (route == NULL) {
        route_missing(http, method);
        return;
    }
    if (!http->checked && !route_may(http))
        return;
    enum problem problem = route_problem(http);
    if (problem == PROBLEM_COUNT && (route->flags & ROUTE_ACT) && access_acts_full(http_server(http)->access)) {
        problem_busy(http, 1);
    } else if (problem == PROBLEM_COUNT) {
        route->run(http);
    } else {
        http_free(http);
        problem_reply(http, problem, problem == PROBLEM_BAD_REQUEST ? "The target is not percent-encoded as it must be."
                                     : problem == PROBLEM_MEDIA_TYPE ? "Send application/json."
                                                                     : NULL);
    }
}

struct slice route_parameter(struct http *http, const char *name)
{
    const struct http_request *request = &http->request;
    size_t length = strlen(name);
    for (u32 i = 0; i < request->parameter_count; i++) {
        const char *known = request->parameters[i].name; /* "{order}/..." */
        if (strncmp(known + 1, name, length) == 0 && known[length + 1] == '}')
            return request->parameters[i].value;
    }
    ASSERT(false && "the route has this parameter");
    return slice_of("", 0);
}

void route_act_fill(struct http *http, struct access_act *act)
{
    const struct http_request *request = &http->request;
    *act = (struct access_act){.time_ms = server_now_ms(http_server(http)), .account = request->caller.account};
    snprintf(act->address, sizeof(act->address), "%s", http->conn->peer);
    snprintf(act->what, sizeof(act->what), "%s", request->route->name);
    snprintf(act->target, sizeof(act->target), SLICE_FORMAT, (int)MIN(request->path.size, sizeof(act->target) - 1),
             request->path.bytes);
}

void route_act(struct http *http, int status)
{
    const struct route *route = http->request.route;
    struct access_act act;
    if (route == NULL || (route->flags & ROUTE_ACT) == 0)
        return;
    route_act_fill(http, &act);
    act.status = (u32)status;
    access_act(http_server(http)->access, &act);
}
