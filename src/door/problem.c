#include "door/problem.h"

#include "core/words.h"
#include "door/http_state.h"

#include <stdio.h>

struct problem_text {
    int status;
    const char *word;
    const char *title;
};

static const struct problem_text problem_texts[] = {
#define PROBLEM(NAME, status, word, title) {status, word, title},
    PROBLEMS(PROBLEM)
#undef PROBLEM
};

static struct emit problem_begin(struct http *http, int status, const char *word, const char *title, const char *detail)
{
    struct emit emit = http_body(http);
    char type[64];
    snprintf(type, sizeof(type), "/problems/%s", word);
    emit_open(&emit, '{');
    emit_key_word(&emit, "type", type);
    emit_key_word(&emit, "title", title);
    emit_key_number(&emit, "status", status);
    emit_key_word(&emit, "code", word);
    if (detail != NULL)
        emit_key_word(&emit, "detail", detail);
    return emit;
}

static void problem_end(struct http *http, struct emit *emit, int status, const char *headers)
{
    const struct buffer *body = emit->out;
    emit_close(emit, '}');
    http_reply(http, status, "application/problem+json", slice_of(body->bytes, body->size), headers);
}

void problem_unreadable(struct http *http, int status, const char *detail)
{
    static const enum problem problems[] = {PROBLEM_BAD_REQUEST,    PROBLEM_CONTENT_TOO_LARGE, PROBLEM_TARGET_TOO_LONG,
                                            PROBLEM_HEAD_TOO_LARGE, PROBLEM_NOT_IMPLEMENTED,   PROBLEM_HTTP_VERSION};
    const struct problem_text *text = &problem_texts[PROBLEM_BAD_REQUEST];
    for (size_t i = 0; i < ARRAY_COUNT(problems); i++)
        if (problem_texts[problems[i]].status == status)
            text = &problem_texts[problems[i]];
    http_free(http);
    struct emit emit = problem_begin(http, text->status, text->word, text->title, detail);
    problem_end(http, &emit, text->status, "");
}

void problem_reply(struct http *http, enum problem problem, const char *detail)
{
    const struct problem_text *text = &problem_texts[problem];
    struct emit emit = problem_begin(http, text->status, text->word, text->title, detail);
    const char *headers = problem == PROBLEM_UNAUTHENTICATED ? "WWW-Authenticate: Bearer\r\n" : "";
    problem_end(http, &emit, text->status, headers);
}

void problem_field(struct http *http, const char *field, const char *detail)
{
    const struct problem_text *text = &problem_texts[PROBLEM_BAD_FIELD];
    struct emit emit = problem_begin(http, text->status, text->word, text->title, detail);
    emit_key_word(&emit, "field", field);
    problem_end(http, &emit, text->status, "");
}

void problem_link(struct http *http, const char *about, const char *reason, const char *sentence)
{
    const struct problem_text *text = &problem_texts[PROBLEM_BAD_LINK];
    struct emit emit = problem_begin(http, text->status, text->word, text->title, sentence);
    if (*about != 0)
        emit_key_word(&emit, "field", about);
    emit_key_word(&emit, "reason", reason);
    problem_end(http, &emit, text->status, "");
}

/* --- what the engine refused ------------------------------------------------------------------------ */

enum value_kind { VALUE_NONE, VALUE_NUMBER, VALUE_TIME, VALUE_SKU, VALUE_LOCATION, VALUE_LIMIT };

static const struct {
    u16 code;
    enum value_kind kind;
    const char *name;
} values[] = {
#define VALUE(CODE, KIND, name, meaning) {RESULT_##CODE, VALUE_##KIND, name},
#include "door/problem_value.def"
#undef VALUE
};

static void problem_value(struct emit *emit, const struct engine *engine, struct result result)
{
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        if (values[i].code != result.code)
            continue;
        const struct sku *sku = engine_sku(engine, (u32)result.value);
        const struct location *location = engine_location(engine, (u32)result.value);
        if (values[i].kind == VALUE_TIME)
            emit_key_time(emit, values[i].name, result.value);
        else if (values[i].kind == VALUE_NUMBER)
            emit_key_number(emit, values[i].name, result.value);
        else if (values[i].kind == VALUE_SKU && sku != NULL)
            emit_key_text(emit, values[i].name, engine_text(engine, sku->text, 0));
        else if (values[i].kind == VALUE_LOCATION && location != NULL)
            emit_key_text(emit, values[i].name, engine_text(engine, location->text, 0));
        else if (values[i].kind == VALUE_LIMIT && result.value >= 0 && result.value < LIMIT_COUNT)
            emit_key_word(emit, values[i].name, engine_limit_name((enum limit_index)result.value));
    }
}

void problem_result(struct http *http, struct result result)
{
    problem_refusal(http, result, NULL);
}

void problem_refusal(struct http *http, struct result result, const char *detail)
{
    struct server *server = http_server(http);
    int status = result_http(result.code);
    struct emit emit =
        problem_begin(http, status, result_word(result.code), result_sentence(result.code), detail);
    char headers[48] = "";
    problem_value(&emit, server->engine, result);
    i64 wait_ms = result.value - server_now_ms(server);
    if (result.code == RESULT_NOT_OPEN && wait_ms > 0)
        snprintf(headers, sizeof(headers), "Retry-After: %lld\r\n", (long long)(wait_ms + 999) / 1000);
    problem_end(http, &emit, status, headers);
}

void problem_ask(struct http *http, const struct ask *ask)
{
    if (ask->problem != NULL)
        problem_field(http, ask->field, ask->problem);
    else
        problem_result(http, ask->refusal);
}

/* --- come back later ---------------------------------------------------------------------------------- */

static void problem_later(struct http *http, enum problem problem, const char *word, const char *title,
                          u32 retry_after_s, const char *ticket)
{
    http_free(http);
    const struct problem_text *text = &problem_texts[problem];
    struct emit emit = problem_begin(http, text->status, word != NULL ? word : text->word,
                                     title != NULL ? title : text->title, NULL);
    char headers[192];
    int size = snprintf(headers, sizeof(headers), "Retry-After: %u\r\n", retry_after_s);
    emit_key_number(&emit, "retry_after_s", retry_after_s);
    if (ticket != NULL) {
        emit_key_word(&emit, "queue_ticket", ticket);
        snprintf(headers + size, sizeof(headers) - (size_t)size, "Queue-Ticket: %s\r\n", ticket);
    }
    problem_end(http, &emit, text->status, headers);
}

void problem_busy(struct http *http, u32 retry_after_s)
{
    problem_later(http, PROBLEM_UNAVAILABLE, NULL, NULL, retry_after_s, NULL);
}

void problem_limited(struct http *http, u32 retry_after_s)
{
    http_server(http)->stats.limited++;
    problem_later(http, PROBLEM_TOO_MANY_REQUESTS, NULL, NULL, retry_after_s, NULL);
}

void problem_overloaded(struct http *http, u32 retry_after_s, const char *ticket)
{
    problem_later(http, PROBLEM_OVERLOADED, NULL, NULL, retry_after_s, ticket);
}

int problem_access_http(enum access_status status)
{
    static const int statuses[] = {
        [ACCESS_OK] = 200,       [ACCESS_BAD_LOGIN] = 422, [ACCESS_BAD_PASSWORD] = 422, [ACCESS_BAD_NAME] = 422,
        [ACCESS_BAD_ROLE] = 422, [ACCESS_TAKEN] = 409,     [ACCESS_WRONG] = 401,        [ACCESS_THROTTLED] = 429,
        [ACCESS_NOT_FOUND] = 404, [ACCESS_FULL] = 409,     [ACCESS_FAILED] = 503,
    };
    return statuses[status];
}

void problem_access(struct http *http, enum access_status status, u32 retry_after_s)
{
    int http_status = problem_access_http(status);
    if (status == ACCESS_THROTTLED) {
        problem_later(http, PROBLEM_TOO_MANY_REQUESTS, access_status_word(status), access_status_sentence(status),
                      retry_after_s, NULL);
        return;
    }
    struct emit emit =
        problem_begin(http, http_status, access_status_word(status), access_status_sentence(status), NULL);
    problem_end(http, &emit, http_status, status == ACCESS_WRONG ? "WWW-Authenticate: Bearer\r\n" : "");
}

const char *problem_title(struct slice word, int *status)
{
    for (size_t i = 0; i < PROBLEM_COUNT; i++)
        if (slice_is(word, problem_texts[i].word)) {
            *status = problem_texts[i].status;
            return problem_texts[i].title;
        }
#define RESULT(number, NAME, http, text, value, sentence) \
    if (slice_is(word, text)) {                           \
        *status = http;                                   \
        return sentence;                                  \
    }
#include "base/result.def"
#undef RESULT
    for (int i = ACCESS_BAD_LOGIN; i <= ACCESS_FAILED; i++)
        if (slice_is(word, access_status_word((enum access_status)i))) {
            *status = problem_access_http((enum access_status)i);
            return access_status_sentence((enum access_status)i);
        }
    return NULL;
}
