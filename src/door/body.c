#include "door/body.h"

#include "door/http_state.h"
#include "door/json_check.h"
#include "door/problem.h"

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include <jsmn.h>
#pragma GCC diagnostic pop

#include <stdio.h>

#define BODY_TOKENS_MAX (64 + 6 * ORDER_LINES_MAX)

json_t *body_object(struct http *http)
{
    const struct http_request *request = http_request(http);
    json_error_t error;
    if (request->body.size == 0)
        return json_object();
    json_t *object = json_loadb(request->body.bytes, request->body.size, JSON_REJECT_DUPLICATES, &error);
    if (object != NULL && json_is_object(object))
        return object;
    char detail[256];
    if (object == NULL)
        snprintf(detail, sizeof(detail), "The body is not JSON: line %d, column %d: %.160s", error.line, error.column,
                 error.text);
    else
        snprintf(detail, sizeof(detail), "The body must be a JSON object.");
    json_decref(object);
    problem_reply(http, PROBLEM_BAD_REQUEST, detail);
    return NULL;
}

/* A JSON value as ask_give takes it. False: it is of no kind that a field may be. */
static bool value_of(json_t *value, char digits[24], struct slice *text, enum ask_type *type)
{
    *type = json_is_string(value) ? ASK_TEXT : json_is_boolean(value) ? ASK_TRUTH : ASK_NUMBER;
    if (json_is_string(value)) {
        *text = slice_of(json_string_value(value), json_string_length(value));
        return true;
    }
    if (!json_is_integer(value) && !json_is_boolean(value))
        return false;
    long long number = json_is_integer(value) ? json_integer_value(value) : json_is_true(value);
    int size = snprintf(digits, 24, "%lld", number);
    *text = slice_of(digits, (size_t)size);
    return true;
}

static bool lines_ask(struct ask *ask, json_t *lines)
{
    for (size_t i = 0; i < json_array_size(lines); i++) {
        json_t *line = json_array_get(lines, i);
        char digits[24], count[24];
        struct slice sku, quantity;
        enum ask_type type, number;
        if (!json_is_object(line) || json_object_size(line) != 2 ||
            !value_of(json_object_get(line, "sku"), digits, &sku, &type) ||
            !value_of(json_object_get(line, "quantity"), count, &quantity, &number) || number != ASK_NUMBER) {
            snprintf(ask->field, sizeof(ask->field), "lines");
            ask->problem = "must hold objects of a sku and a quantity";
            return false;
        }
        if (!ask_line(ask, sku, type, quantity))
            return false;
    }
    return true;
}

static bool member_is_wrong(struct ask *ask, const char *name, const char *problem)
{
    snprintf(ask->field, sizeof(ask->field), "%s", name);
    ask->problem = problem;
    return false;
}

/* The rules of routing, an array of words, as ask_give takes them. */
static bool rules_ask(struct ask *ask, json_t *rules)
{
    char joined[256];
    size_t used = 0;
    for (size_t i = 0; i < json_array_size(rules); i++) {
        json_t *rule = json_array_get(rules, i);
        size_t size = json_string_length(rule);
        if (!json_is_string(rule) || size == 0 || memchr(json_string_value(rule), '+', size) != NULL ||
            used + size + 1 >= sizeof(joined))
            return member_is_wrong(ask, "rules", "must hold words that are rules");
        if (used > 0)
            joined[used++] = '+';
        memcpy(joined + used, json_string_value(rule), size);
        used += size;
    }
    return ask_give(ask, slice_text("rules"), slice_of(joined, used), ASK_WORD);
}

bool body_members(json_t *object, struct ask *ask)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) {
        char digits[24];
        struct slice text;
        enum ask_type type;
        bool lines = ask->info->tail == TAIL_LINES && strcmp(name, "lines") == 0;
        bool good;
        if (json_is_null(value))
            continue;
        bool rules = ask->info->kind == COMMAND_ROUTING_SET && strcmp(name, "rules") == 0;
        if (lines && json_is_array(value))
            good = lines_ask(ask, value);
        else if (rules && json_is_array(value))
            good = rules_ask(ask, value);
        else if (lines || !value_of(value, digits, &text, &type))
            good = member_is_wrong(ask, name, "must be a string, an integer, true or false");
        else
            good = ask_give(ask, slice_text(name), text, type);
        if (!good)
            return false;
    }
    return true;
}

bool body_ask(struct http *http, json_t *object, struct ask *ask)
{
    if (body_members(object, ask))
        return true;
    problem_ask(http, ask);
    return false;
}

/* --- orders ---------------------------------------------------------------------------------------- */

struct tokens {
    const char *bytes;
    jsmntok_t *at;
    int count;
};

static struct slice token_text(const struct tokens *tokens, int i)
{
    return slice_of(tokens->bytes + tokens->at[i].start, (size_t)(tokens->at[i].end - tokens->at[i].start));
}

/* A string, number, true or false. The rest is for the other parser; null as well, which then also sees one that stands
 * there twice. */
static bool token_value(const struct tokens *tokens, int i, struct slice *text, enum ask_type *type)
{
    *text = token_text(tokens, i);
    *type = tokens->at[i].type == JSMN_STRING ? ASK_TEXT : ASK_NUMBER;
    if (tokens->at[i].type == JSMN_STRING)
        return true;
    if (tokens->at[i].type != JSMN_PRIMITIVE || slice_is(*text, "null"))
        return false;
    bool truth = slice_is(*text, "true");
    if (truth || slice_is(*text, "false")) {
        *type = ASK_TRUTH;
        *text = slice_of(truth ? "1" : "0", 1);
    } else if (slice_is(*text, "-0")) {
        *text = slice_of("0", 1);
    }
    return true;
}

/* The lines of token `i`; returns the token behind them, 0: refused, -1: for the other parser. */
static int tokens_lines(const struct tokens *tokens, int i, struct ask *ask)
{
    int lines = tokens->at[i].size;
    for (i++; lines > 0; lines--) {
        struct slice sku = {0}, quantity = {0}, text;
        enum ask_type type = ASK_TEXT, number = ASK_TEXT, kind;
        if (i + 4 >= tokens->count || tokens->at[i].type != JSMN_OBJECT || tokens->at[i].size != 2)
            return -1;
        for (int j = i + 1; j < i + 5; j += 2) {
            struct slice name = token_text(tokens, j);
            if (tokens->at[j].size != 1 || !token_value(tokens, j + 1, &text, &kind))
                return -1;
            if (slice_is(name, "sku"))
                sku = text, type = kind;
            else if (slice_is(name, "quantity"))
                quantity = text, number = kind;
        }
        if (sku.bytes == NULL || number != ASK_NUMBER)
            return -1;
        if (!ask_line(ask, sku, type, quantity))
            return 0;
        i += 5;
    }
    return i;
}

static enum body_plain tokens_order(const struct tokens *tokens, struct ask *ask)
{
    int members = tokens->at[0].size, i = 1;
    bool lines = false;
    if (tokens->at[0].type != JSMN_OBJECT)
        return BODY_NOT_PLAIN;
    for (; members > 0; members--) {
        struct slice text, name;
        enum ask_type type;
        if (i + 1 >= tokens->count || tokens->at[i].type != JSMN_STRING || tokens->at[i].size != 1)
            return BODY_NOT_PLAIN;
        name = token_text(tokens, i);
        if (slice_is(name, "lines") && tokens->at[i + 1].type == JSMN_ARRAY) {
            if (lines)
                return BODY_NOT_PLAIN; /* twice: the other parser says so */
            lines = true;
            i = tokens_lines(tokens, i + 1, ask);
            if (i <= 0)
                return i == 0 ? BODY_REFUSED : BODY_NOT_PLAIN;
            continue;
        }
        if (!token_value(tokens, i + 1, &text, &type))
            return BODY_NOT_PLAIN;
        if (!ask_give(ask, name, text, type))
            return BODY_REFUSED;
        i += 2;
    }
    return i == tokens->count ? BODY_DONE : BODY_NOT_PLAIN;
}

enum body_plain body_plain_order(struct slice body, struct ask *ask)
{
    jsmntok_t memory[BODY_TOKENS_MAX];
    struct tokens tokens = {body.bytes, memory, 0};
    jsmn_parser parser;
    if (!json_check_plain(body))
        return BODY_NOT_PLAIN;
    jsmn_init(&parser);
    tokens.count = jsmn_parse(&parser, body.bytes, body.size, memory, BODY_TOKENS_MAX);
    return tokens.count > 0 ? tokens_order(&tokens, ask) : BODY_NOT_PLAIN;
}

bool body_order(struct http *http, struct ask *ask, bool *bad)
{
    enum body_plain plain = body_plain_order(http_request(http)->body, ask);
    *bad = false;
    if (plain != BODY_NOT_PLAIN)
        return plain == BODY_DONE;
    ask_begin(ask, ask->engine, ask->info->kind, ask->command);
    json_t *object = body_object(http);
    *bad = object == NULL || !body_ask(http, object, ask);
    json_decref(object);
    return !*bad;
}

/* --- members ------------------------------------------------------------------------------------------ */

bool body_text(struct http *http, json_t *object, const char *name, bool needed, struct slice *text)
{
    json_t *value = json_object_get(object, name);
    *text = slice_of(NULL, 0);
    if (value == NULL || json_is_null(value)) {
        if (needed)
            problem_field(http, name, "is missing");
        return !needed;
    }
    if (!json_is_string(value)) {
        problem_field(http, name, "must be a string");
        return false;
    }
    *text = slice_of(json_string_value(value), json_string_length(value));
    return true;
}

bool body_number(struct http *http, json_t *object, const char *name, bool needed, i64 *number)
{
    json_t *value = json_object_get(object, name);
    *number = 0;
    if (value == NULL || json_is_null(value)) {
        if (needed)
            problem_field(http, name, "is missing");
        return !needed;
    }
    if (!json_is_integer(value)) {
        problem_field(http, name, "must be an integer");
        return false;
    }
    *number = json_integer_value(value);
    return true;
}
