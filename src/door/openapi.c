#include "door/openapi.h"

#include "base/assert.h"
#include "door/describe.h"
#include "door/door.h"
#include "base/emit.h"
#include "door/identify.h"

#include <ctype.h>
#include <llhttp.h>
#include <stdio.h>

#define REFERENCE_MAX 96

static void reference(struct emit *emit, const char *place, struct slice name)
{
    char text[REFERENCE_MAX];
    int size = snprintf(text, sizeof(text), "#/components/%s/" SLICE_FORMAT, place, SLICE_ARGS(name));
    ASSERT(size > 0 && size < REFERENCE_MAX);
    emit_key_word(emit, "$ref", text);
}

static void open_reference(struct emit *emit, const char *key, const char *place, const char *name)
{
    emit_key_open(emit, key, '{');
    reference(emit, place, slice_text(name));
    emit_close(emit, '}');
}

static void description(struct emit *emit, const char *text)
{
    if (text != NULL && *text != 0)
        emit_key_word(emit, "description", text);
}

/* --- schemas ---------------------------------------------------------------------------------------- */

static void emit_types(struct emit *emit, const char *first, const char *second, bool nullable)
{
    if (second == NULL && !nullable) {
        emit_key_word(emit, "type", first);
        return;
    }
    emit_key_open(emit, "type", '[');
    emit_text(emit, slice_text(first));
    if (second != NULL)
        emit_text(emit, slice_text(second));
    if (nullable)
        emit_text(emit, slice_text("null"));
    emit_close(emit, ']');
}

/* The members of a schema that say the type; `nullable` only where it is no array. */
static void emit_simple_type(struct emit *emit, const struct describe_type *type, bool nullable)
{
    switch (type->kind) {
    case DESCRIBE_INTEGER:
        emit_types(emit, "integer", NULL, nullable);
        emit_key_word(emit, "format", "int64");
        break;
    case DESCRIBE_STRING: emit_types(emit, "string", NULL, nullable); break;
    case DESCRIBE_BOOLEAN: emit_types(emit, "boolean", NULL, nullable); break;
    case DESCRIBE_CODE: emit_types(emit, "string", "integer", nullable); break;
    case DESCRIBE_TIME:
        emit_types(emit, "string", NULL, nullable);
        emit_key_word(emit, "format", "date-time");
        break;
    case DESCRIBE_WORD:
        emit_types(emit, "string", NULL, nullable);
        emit_key_open(emit, "enum", '[');
        for (size_t i = 0; i < type->word_count; i++)
            emit_text(emit, type->words[i]);
        if (nullable)
            emit_null(emit);
        emit_close(emit, ']');
        break;
    case DESCRIBE_SCHEMA:
        if (!nullable) {
            reference(emit, "schemas", type->name);
            break;
        }
        emit_key_open(emit, "anyOf", '[');
        emit_open(emit, '{');
        reference(emit, "schemas", type->name);
        emit_close(emit, '}');
        emit_open(emit, '{');
        emit_key_word(emit, "type", "null");
        emit_close(emit, '}');
        emit_close(emit, ']');
        break;
    }
}

static void emit_type(struct emit *emit, const struct describe_type *type)
{
    if (!type->array) {
        emit_simple_type(emit, type, type->nullable);
        return;
    }
    emit_types(emit, "array", NULL, type->nullable);
    emit_key_open(emit, "items", '{');
    emit_simple_type(emit, type, false);
    emit_close(emit, '}');
}

static void emit_problem_codes(struct emit *emit)
{
    struct describe_problem problems[DESCRIBE_PROBLEMS_MAX];
    size_t count = describe_problems(problems);
    emit_key_open(emit, "enum", '[');
    for (size_t i = 0; i < count; i++)
        emit_text(emit, slice_text(problems[i].word));
    emit_close(emit, ']');
}

static void emit_required(struct emit *emit, const struct describe_members *members)
{
    size_t always = 0, pairs = 0;
    for (size_t i = 0; i < members->count; i++) {
        always += members->of[i].need == DESCRIBE_ALWAYS;
        pairs += members->of[i].need == DESCRIBE_THIS_OR_NEXT;
    }
    if (always > 0) {
        emit_key_open(emit, "required", '[');
        for (size_t i = 0; i < members->count; i++)
            if (members->of[i].need == DESCRIBE_ALWAYS)
                emit_text(emit, slice_text(members->of[i].name));
        emit_close(emit, ']');
    }
    if (pairs == 0)
        return;
    emit_key_open(emit, "allOf", '[');
    for (size_t i = 0; i + 1 < members->count; i++) {
        if (members->of[i].need != DESCRIBE_THIS_OR_NEXT)
            continue;
        emit_open(emit, '{');
        emit_key_open(emit, "anyOf", '[');
        for (size_t j = i; j < i + 2; j++) {
            emit_open(emit, '{');
            emit_key_open(emit, "required", '[');
            emit_text(emit, slice_text(members->of[j].name));
            emit_close(emit, ']');
            emit_close(emit, '}');
        }
        emit_close(emit, ']');
        emit_close(emit, '}');
    }
    emit_close(emit, ']');
}

/* The members of an object's schema. `codes`: the member "code" is one of the problems. */
static void emit_object(struct emit *emit, const struct describe_members *members, bool codes)
{
    emit_key_word(emit, "type", "object");
    emit_key_open(emit, "properties", '{');
    for (size_t i = 0; i < members->count; i++) {
        const struct describe_member *member = &members->of[i];
        emit_key_open(emit, member->name, '{');
        description(emit, member->meaning);
        emit_type(emit, &member->type);
        if (codes && strcmp(member->name, "code") == 0)
            emit_problem_codes(emit);
        emit_close(emit, '}');
    }
    emit_close(emit, '}');
    emit_required(emit, members);
    emit_key_bool(emit, "additionalProperties", false);
}

static void emit_schemas(struct emit *emit)
{
    static struct describe_members members; /* large */
    emit_key_open(emit, "schemas", '{');
    for (size_t i = 0; describe_schema_name(i) != NULL; i++) {
        emit_key_open(emit, describe_schema_name(i), '{');
        description(emit, describe_schema_meaning(i));
        describe_schema_members(i, &members);
        emit_object(emit, &members, false);
        emit_close(emit, '}');
    }
    emit_key_open(emit, "Problem", '{');
    description(emit, "A problem document (RFC 9457). What members it has beside the first four depends on its code.");
    describe_problem_members(&members);
    emit_object(emit, &members, true);
    emit_close(emit, '}');
    emit_close(emit, '}');
}

/* --- components -------------------------------------------------------------------------------------- */

static void emit_string_schema(struct emit *emit, const char *key, const char *type)
{
    emit_key_open(emit, key, '{');
    emit_key_word(emit, "type", type);
    emit_close(emit, '}');
}

static void emit_header(struct emit *emit, const char *name, const char *type, const char *meaning)
{
    emit_key_open(emit, name, '{');
    description(emit, meaning);
    emit_string_schema(emit, "schema", type);
    emit_close(emit, '}');
}

static void emit_headers(struct emit *emit)
{
    emit_key_open(emit, "headers", '{');
    emit_header(emit, "ETag", "string", "Of this answer; send it as If-None-Match.");
    emit_header(emit, "RetryAfter", "integer", "Seconds until it is worth asking again.");
    emit_header(emit, "QueueTicket", "string", "A place in the line; send it with the next try.");
    emit_header(emit, "IdempotentReplayed", "boolean", "true: the answer to an earlier request with this key.");
    emit_close(emit, '}');
}

static void emit_header_parameter(struct emit *emit, const char *key, const char *name, bool required,
                                  const char *meaning)
{
    emit_key_open(emit, key, '{');
    emit_key_word(emit, "name", name);
    emit_key_word(emit, "in", "header");
    emit_key_bool(emit, "required", required);
    description(emit, meaning);
    emit_string_schema(emit, "schema", "string");
    emit_close(emit, '}');
}

static void emit_header_parameters(struct emit *emit)
{
    emit_key_open(emit, "parameters", '{');
    emit_header_parameter(emit, "IdempotencyKey", "Idempotency-Key", true,
                          "1 to 255 visible ASCII characters, new for each wish: a UUID. The same request with the "
                          "same key within 24 hours is done once and answered the same.");
    emit_header_parameter(emit, "QueueTicket", "Queue-Ticket", false, "Of the 503 that refused the order before.");
    emit_header_parameter(emit, "LastEventId", "Last-Event-ID", false,
                          "Id of the last event one has: what has changed since is told first.");
    emit_header_parameter(emit, "IfNoneMatch", "If-None-Match", false,
                          "ETag of the answer that one has: 304 when it is still the same.");
    emit_close(emit, '}');
}

static void emit_response_header(struct emit *emit, const char *name, const char *component)
{
    open_reference(emit, name, "headers", component);
}

static void emit_responses(struct emit *emit)
{
    const char *name, *sentence;
    int status;
    emit_key_open(emit, "responses", '{');
    for (size_t i = 0; (status = describe_status(i, &name, &sentence)) != 0; i++) {
        emit_key_open(emit, name, '{');
        description(emit, sentence);
        if (status == 429 || status == 503) {
            emit_key_open(emit, "headers", '{');
            emit_response_header(emit, "Retry-After", "RetryAfter");
            if (status == 503)
                emit_response_header(emit, "Queue-Ticket", "QueueTicket");
            emit_close(emit, '}');
        }
        emit_key_open(emit, "content", '{');
        emit_key_open(emit, "application/problem+json", '{');
        open_reference(emit, "schema", "schemas", "Problem");
        emit_close(emit, '}');
        emit_close(emit, '}');
        emit_close(emit, '}');
    }
    emit_close(emit, '}');
}

static void emit_security_schemes(struct emit *emit)
{
    emit_key_open(emit, "securitySchemes", '{');
    emit_key_open(emit, "bearer", '{');
    emit_key_word(emit, "type", "http");
    emit_key_word(emit, "scheme", "bearer");
    description(emit, "An API key (elv_...) or a session's token.");
    emit_close(emit, '}');
    emit_key_open(emit, "session", '{');
    emit_key_word(emit, "type", "apiKey");
    emit_key_word(emit, "in", "cookie");
    emit_key_word(emit, "name", IDENTIFY_COOKIE);
    description(emit, "The session of a browser; requests that change something must come from this site's own pages.");
    emit_close(emit, '}');
    emit_close(emit, '}');
}

/* --- operations --------------------------------------------------------------------------------------- */

static void emit_parameter_list(struct emit *emit, const struct describe_members *members, const char *in)
{
    for (size_t i = 0; i < members->count; i++) {
        const struct describe_member *member = &members->of[i];
        emit_open(emit, '{');
        emit_key_word(emit, "name", member->name);
        emit_key_word(emit, "in", in);
        emit_key_bool(emit, "required", member->need == DESCRIBE_ALWAYS);
        description(emit, member->meaning);
        emit_key_open(emit, "schema", '{');
        emit_type(emit, &member->type);
        emit_close(emit, '}');
        emit_close(emit, '}');
    }
}

static void emit_header_reference(struct emit *emit, const char *name)
{
    emit_open(emit, '{');
    reference(emit, "parameters", slice_text(name));
    emit_close(emit, '}');
}

static bool has_tag(const struct route *route)
{
    return route->method == HTTP_GET && route->response != NULL && describe_media(route->response) == NULL;
}

static void emit_parameters(struct emit *emit, const struct route *route, struct describe_members *members)
{
    emit_key_open(emit, "parameters", '[');
    describe_path(route, members);
    emit_parameter_list(emit, members, "path");
    describe_query(route, members);
    emit_parameter_list(emit, members, "query");
    if (route->flags & ROUTE_KEY)
        emit_header_reference(emit, "IdempotencyKey");
    if (route->flags & ROUTE_ORDER)
        emit_header_reference(emit, "QueueTicket");
    if (has_tag(route))
        emit_header_reference(emit, "IfNoneMatch");
    if (route->response != NULL && strcmp(route->response, "text/event-stream") == 0)
        emit_header_reference(emit, "LastEventId");
    emit_close(emit, ']');
}

static void emit_body(struct emit *emit, const struct route *route, struct describe_members *members)
{
    const char *media = describe_media(route->request);
    bool json = describe_takes_json(route);
    bool needed = true;
    if (!json && (route->flags & ROUTE_FILE) == 0 && media == NULL)
        return;
    if (route->request == NULL && json) {
        describe_command(route, members);
        if (members->count == 0)
            return;
        needed = false;
        for (size_t i = 0; i < members->count; i++)
            needed = needed || members->of[i].need != DESCRIBE_OPTIONAL;
    }
    emit_key_open(emit, "requestBody", '{');
    emit_key_bool(emit, "required", needed);
    emit_key_open(emit, "content", '{');
    emit_key_open(emit, json ? "application/json" : media != NULL ? media : "application/octet-stream", '{');
    if (json && route->request != NULL) {
        open_reference(emit, "schema", "schemas", route->request);
    } else if (json) {
        emit_key_open(emit, "schema", '{');
        emit_object(emit, members, false);
        emit_close(emit, '}');
    }
    emit_close(emit, '}');
    emit_close(emit, '}');
    emit_close(emit, '}');
}

static void emit_json(struct emit *emit, const char *schema)
{
    emit_key_open(emit, "application/json", '{');
    open_reference(emit, "schema", "schemas", schema);
    emit_close(emit, '}');
}

/* Media types with a bar between them: the answer is of one of them. */
static void emit_medias(struct emit *emit, const char *medias)
{
    char media[DESCRIBE_NAME_MAX];
    for (const char *at = medias; *at != 0; at += *at == '|') {
        size_t size = strcspn(at, "|");
        ASSERT(size < sizeof(media));
        memcpy(media, at, size);
        media[size] = 0;
        emit_key_open(emit, media, '{');
        emit_close(emit, '}');
        at += size;
    }
}

static void emit_success(struct emit *emit, const struct route *route)
{
    const char *media = describe_media(route->response);
    char status[8];
    snprintf(status, sizeof(status), "%u", (unsigned)route->status);
    emit_key_open(emit, status, '{');
    description(emit, "Done.");
    if (has_tag(route) || route->flags & ROUTE_KEY) {
        emit_key_open(emit, "headers", '{');
        if (has_tag(route))
            emit_response_header(emit, "ETag", "ETag");
        if (route->flags & ROUTE_KEY)
            emit_response_header(emit, "Idempotent-Replayed", "IdempotentReplayed");
        emit_close(emit, '}');
    }
    if (route->response != NULL) {
        emit_key_open(emit, "content", '{');
        if (media != NULL)
            emit_medias(emit, media);
        else
            emit_json(emit, route->response);
        if (route->flags & ROUTE_LINK)
            emit_medias(emit, "application/linkset+json");
        emit_close(emit, '}');
    }
    emit_close(emit, '}');
    if (!has_tag(route))
        return;
    emit_key_open(emit, "304", '{');
    description(emit, "It is still what If-None-Match names.");
    emit_close(emit, '}');
}

static void emit_redirect(struct emit *emit)
{
    emit_key_open(emit, "307", '{');
    description(emit, "What was asked for is at Location.");
    emit_close(emit, '}');
}

static void emit_answers(struct emit *emit, const struct route *route)
{
    const char *name, *sentence;
    char digits[8];
    int status;
    emit_key_open(emit, "responses", '{');
    emit_success(emit, route);
    if (route->flags & ROUTE_LINK)
        emit_redirect(emit);
    for (size_t i = 0; (status = describe_status(i, &name, &sentence)) != 0; i++) {
        if (!describe_answers(route, status))
            continue;
        snprintf(digits, sizeof(digits), "%d", status);
        open_reference(emit, digits, "responses", name);
    }
    emit_close(emit, '}');
}

static void emit_security(struct emit *emit, const struct route *route)
{
    static const char *const schemes[] = {"bearer", "session"};
    emit_key_open(emit, "security", '[');
    if (describe_is_open(route)) {
        emit_open(emit, '{');
        emit_close(emit, '}');
    }
    for (size_t i = 0; i < ARRAY_COUNT(schemes); i++) {
        emit_open(emit, '{');
        emit_key_open(emit, schemes[i], '[');
        emit_close(emit, ']');
        emit_close(emit, '}');
    }
    emit_close(emit, ']');
}

static void emit_roles(struct emit *emit, const struct route *route)
{
    const char *word;
    bool may;
    emit_key_open(emit, "x-roles", '[');
    for (size_t i = 0; (word = describe_role(route, i, &may)) != NULL; i++)
        if (may)
            emit_text(emit, slice_text(word));
    emit_close(emit, ']');
}

static void emit_operation(struct emit *emit, const struct route *route)
{
    static struct describe_members members;
    char method[8] = "";
    const char *word = route_method_word(route->method);
    for (size_t i = 0; word[i] != 0 && i + 1 < sizeof(method); i++)
        method[i] = (char)tolower((unsigned char)word[i]);
    emit_key_open(emit, method, '{');
    emit_key_word(emit, "operationId", route->name);
    emit_key_word(emit, "summary", route->summary);
    emit_key_open(emit, "tags", '[');
    emit_text(emit, describe_tag(route));
    emit_close(emit, ']');
    emit_roles(emit, route);
    emit_security(emit, route);
    emit_parameters(emit, route, &members);
    emit_body(emit, route, &members);
    emit_answers(emit, route);
    emit_close(emit, '}');
}

static bool path_begins(size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (describe_is_public(&routes[i]) && strcmp(routes[i].path, routes[index].path) == 0)
            return false;
    return describe_is_public(&routes[index]);
}

static void emit_paths(struct emit *emit)
{
    emit_key_open(emit, "paths", '{');
    for (size_t i = 0; i < route_count; i++) {
        if (!path_begins(i))
            continue;
        emit_key_open(emit, routes[i].path, '{');
        for (size_t j = i; j < route_count; j++)
            if (describe_is_public(&routes[j]) && strcmp(routes[i].path, routes[j].path) == 0)
                emit_operation(emit, &routes[j]);
        emit_close(emit, '}');
    }
    emit_close(emit, '}');
}

static void emit_info(struct emit *emit)
{
    emit_key_word(emit, "openapi", "3.1.0");
    emit_key_open(emit, "info", '{');
    emit_key_word(emit, "title", "Eleven");
    emit_key_word(emit, "version", DOOR_VERSION);
    emit_key_word(emit, "summary", "A durable order engine for shopping festivals.");
    description(emit, "Amounts are integers in minor units of their currency. Times are RFC 3339 in UTC. Lists come in "
                      "pages: `limit`, `after`, `next`. Every answer that is no success is a problem document "
                      "(RFC 9457). A path that is known with another method answers 405 and Allow.");
    emit_close(emit, '}');
    emit_key_open(emit, "servers", '[');
    emit_open(emit, '{');
    emit_key_word(emit, "url", "/");
    emit_close(emit, '}');
    emit_close(emit, ']');
    emit_key_open(emit, "tags", '[');
    for (size_t i = 0; i < route_count; i++) {
        if (!describe_tag_begins(&routes[i]))
            continue;
        emit_open(emit, '{');
        emit_key_text(emit, "name", describe_tag(&routes[i]));
        emit_close(emit, '}');
    }
    emit_close(emit, ']');
}

void openapi_make(struct buffer *out)
{
    struct emit emit = emit_into(out);
    emit_open(&emit, '{');
    emit_info(&emit);
    emit_paths(&emit);
    emit_key_open(&emit, "components", '{');
    emit_schemas(&emit);
    emit_headers(&emit);
    emit_header_parameters(&emit);
    emit_responses(&emit);
    emit_security_schemes(&emit);
    emit_close(&emit, '}');
    emit_close(&emit, '}');
    ASSERT(out->size <= OPENAPI_MAX);
}
