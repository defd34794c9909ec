#include "door/base_url.h"

#include "door/http_state.h"
#include "door/problem.h"

#include <stdio.h>

/* A host and port as browsers send them; anything else would go into links of ours. */
static bool host_good(struct slice host)
{
    for (size_t i = 0; i < host.size; i++) {
        char byte = host.bytes[i];
        bool letter = (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
        if (!letter && (byte == 0 || strchr(".-:[]_", byte) == NULL))
            return false;
    }
    return host.size > 0 && host.size <= 255;
}

struct slice base_url(struct http *http, char *base)
{
    const char *public_url = http_server(http)->options.public_url;
    struct slice host = http_request(http)->headers[HTTP_HOST];
    int size;
    if (public_url != NULL && *public_url != 0) {
        size = snprintf(base, BASE_URL_MAX, "%s", public_url);
    } else if (host.bytes != NULL && host_good(host)) {
        size = snprintf(base, BASE_URL_MAX, "%s://" SLICE_FORMAT, http->conn->tls != NULL ? "https" : "http",
                        SLICE_ARGS(host));
    } else {
        problem_reply(http, PROBLEM_BAD_REQUEST, "The Host header names no host.");
        return slice_of(NULL, 0);
    }
    size_t kept = MIN((size_t)size, (size_t)BASE_URL_MAX - 1);
    while (kept > 0 && base[kept - 1] == '/')
        kept--;
    return slice_of(base, kept);
}
