#include "door/session.h"

#include "core/words.h"
#include "door/http_state.h"
#include "door/identify.h"
#include "door/render.h"

#include <stdio.h>

/* Over TLS, or behind something that speaks it for us, the cookie is never sent in the clear. */
static const char *session_secure(const struct http *http)
{
    const char *url = http->conn->server->options.public_url;
    bool https = http->conn->tls != NULL || (url != NULL && strncmp(url, "https://", 8) == 0);
    return https ? "; Secure" : "";
}

void session_render(struct emit *emit, const struct engine *engine, const struct caller *caller, u32 shopper)
{
    const struct location *location = engine_location(engine, caller->location);
    emit_key_open(emit, "roles", '[');
    for (u32 bit = ROLE_SHOPPER; bit <= ROLE_ADMINISTRATOR; bit <<= 1)
        if (caller->roles & bit)
            emit_text(emit, slice_text(word_role(bit)));
    emit_close(emit, ']');
    if (shopper != 0)
        emit_key_number(emit, "shopper", shopper);
    else
        emit_key_null(emit, "shopper");
    render_code(emit, engine, "location", location == NULL ? 0 : location->text);
}

void session_reply(struct http *http, int status, const char *token, const struct caller *caller, u32 shopper,
                   i64 now_ms, bool replayed)
{
    char headers[256];
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_number(&emit, "account", caller->account);
    session_render(&emit, http_server(http)->engine, caller, shopper);
    emit_key_word(&emit, "token", token);
    emit_key_time(&emit, "expires_at", now_ms + ACCESS_SESSION_MS);
    emit_close(&emit, '}');
    snprintf(headers, sizeof(headers),
             "Set-Cookie: " IDENTIFY_COOKIE "=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s\r\n%s", token,
             (long long)(ACCESS_SESSION_MS / 1000), session_secure(http),
             replayed ? "Idempotent-Replayed: true\r\n" : "");
    http_reply(http, status, "application/json", slice_of(emit.out->bytes, emit.out->size), headers);
}

void session_reply_ended(struct http *http)
{
    char headers[160];
    snprintf(headers, sizeof(headers),
             "Set-Cookie: " IDENTIFY_COOKIE "=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict%s\r\n",
             session_secure(http));
    identify_forget(http);
    http_reply(http, 204, NULL, slice_of("", 0), headers);
}
