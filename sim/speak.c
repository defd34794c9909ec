#include "sim/speak.h"

#include "base/assert.h"
#include "core/words.h"
#include "door/ask.h"
#include "door/right.h"
#include "door/route.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_MAX 24

/* The value of a field as a number; unsigned 64 bits that do not fit are given as they are, to be refused. */
static i64 field_value(const struct command_header *command, const struct command_field *field)
{
    u64 value = 0;
    memcpy(&value, (const u8 *)command + field->offset, field->size);
    if (field->is_signed && field->size < 8) {
        unsigned shift = 64 - 8 * (unsigned)field->size;
        return (i64)(value << shift) >> shift;
    }
    return (i64)value;
}

/* Fields that a request does not name. */
static bool field_hidden(const struct command_field *field)
{
    return strncmp(field->name, "reserved", 8) == 0 || strcmp(field->name, "line_count") == 0 ||
           strcmp(field->name, "flags") == 0 || strncmp(field->name, "rule_", 5) == 0;
}

/* It is said even when it is 0: there is nothing else to say. */
static bool field_told(const struct command_field *field, i64 value)
{
    return value != 0 || strcmp(field->name, "flagship") == 0;
}

/* It is given by its number: "#12". The subject of a budget is one in some scopes. */
static bool field_refers(const struct command_info *info, const struct command_field *field)
{
    return ask_reference(info, field->name) != 0 || strcmp(field->name, "subject") == 0;
}

static u32 line_count(const struct command_header *command)
{
    return command->kind == COMMAND_ORDER_PLACE ? ((const struct command_order_place *)command)->line_count : 0;
}

static const struct order_line_asked *line_of(const struct command_header *command, u32 index)
{
    return command_lines((const struct command_order_place *)command) + index;
}

static bool has_flag(const struct command_header *command, u8 flag)
{
    return command->kind == COMMAND_ORDER_PLACE && ((const struct command_order_place *)command)->flags & flag;
}

/* The rules of routing up to the last one that is there; one that is none is said as "?", which no door takes. */
static u32 rules_of(const struct command_header *command, const char *words[RULES_MAX])
{
    const u8 *rules = &((const struct command_routing_set *)command)->rule_1;
    u32 count = 0;
    for (u32 i = 0; i < RULES_MAX; i++) {
        words[i] = word_rule(rules[i]);
        count = rules[i] != 0 ? i + 1 : count;
    }
    return count;
}

/* --- RESP ------------------------------------------------------------------------------------------ */

static void resp_word(struct buffer *out, u32 *count, struct slice word)
{
    buffer_format(out, "$%zu\r\n", word.size);
    buffer_slice(out, word);
    buffer_add(out, "\r\n", 2);
    ++*count;
}

static void resp_number(struct buffer *out, u32 *count, const char *mark, i64 number)
{
    char text[NUMBER_MAX];
    snprintf(text, sizeof(text), "%s%lld", mark, (long long)number);
    resp_word(out, count, slice_text(text));
}

static void resp_or_none(struct buffer *out, u32 *count, u32 id)
{
    if (id == 0)
        resp_word(out, count, slice_text("-"));
    else
        resp_number(out, count, "#", id);
}

static void resp_place_words(struct buffer *out, u32 *count, const struct command_header *command)
{
    const struct command_order_place *place = (const void *)command;
    const struct { const char *option; const char *mark; i64 value; } options[] = {
        {"CURRENCY", "#", place->currency}, {"DELIVERY", "", place->delivery}, {"LOCATION", "#", place->location},
        {"PAYMENT", "", place->payment},    {"CHANNEL", "", place->channel},
        {"EXPECT", "", place->expected_total_minor},
    };
    resp_number(out, count, "", place->shopper);
    resp_or_none(out, count, place->festival);
    resp_or_none(out, count, place->city);
    for (size_t i = 0; i < ARRAY_COUNT(options); i++) {
        if (options[i].value == 0)
            continue;
        resp_word(out, count, slice_text(options[i].option));
        resp_number(out, count, options[i].mark, options[i].value);
    }
    if (has_flag(command, ORDER_MAY_SPLIT)) {
        resp_word(out, count, slice_text("SPLIT"));
        resp_word(out, count, slice_text("1"));
    }
    if (has_flag(command, ORDER_SHOWN_HERE)) {
        resp_word(out, count, slice_text("SHOWN"));
        resp_word(out, count, slice_text("1"));
    }
    resp_word(out, count, slice_text("LINES"));
    for (u32 i = 0; i < place->line_count; i++) {
        resp_number(out, count, "#", line_of(command, i)->sku);
        resp_number(out, count, "", line_of(command, i)->quantity);
    }
}

static void resp_rules(struct buffer *out, u32 *count, const struct command_header *command)
{
    const char *words[RULES_MAX];
    struct buffer joined = {0};
    u32 rules = rules_of(command, words);
    for (u32 i = 0; i < rules; i++)
        buffer_format(&joined, "%s%s", i > 0 ? "+" : "", words[i]);
    resp_word(out, count, slice_text("rules"));
    resp_word(out, count, slice_of(joined.bytes, joined.size));
    buffer_free(&joined);
}

static void resp_fields(struct buffer *out, u32 *count, const struct command_header *command)
{
    const struct command_info *info = command_info(command->kind);
    for (size_t i = 0; i < info->field_count; i++) {
        const struct command_field *field = &info->fields[i];
        i64 value = field_value(command, field);
        if (field_hidden(field) || !field_told(field, value))
            continue;
        resp_word(out, count, slice_text(field->name));
        resp_number(out, count, field_refers(info, field) ? "#" : "", value);
    }
    if (command->kind == COMMAND_ROUTING_SET)
        resp_rules(out, count, command);
    for (unsigned i = 0; info->tail == TAIL_TEXTS && i < info->text_count; i++) {
        struct slice text = command_text(command, i);
        if (text.size == 0)
            continue;
        resp_word(out, count, slice_text(info->texts[i]));
        resp_word(out, count, text);
    }
}

void speak_resp(struct buffer *out, const struct command_header *command, const char *key)
{
    struct buffer words = {0};
    u32 count = 0;
    resp_word(&words, &count, slice_text(command_info(command->kind)->word));
    resp_word(&words, &count, slice_text(key));
    if (command->kind == COMMAND_ORDER_PLACE)
        resp_place_words(&words, &count, command);
    else
        resp_fields(&words, &count, command);
    buffer_format(out, "*%u\r\n", count);
    buffer_add(out, words.bytes, words.size);
    buffer_free(&words);
}

/* --- HTTP ------------------------------------------------------------------------------------------ */

static void path_percent(struct buffer *out, struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (isalnum(byte) || byte == '-' || byte == '.')
            buffer_byte(out, (char)byte);
        else
            buffer_format(out, "%%%02X", byte);
    }
}

static void json_text(struct buffer *out, struct slice text)
{
    buffer_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (byte == '"' || byte == '\\' || byte < 0x20)
            buffer_format(out, "\\u%04x", byte);
        else
            buffer_byte(out, (char)byte);
    }
    buffer_byte(out, '"');
}

static void json_name(struct buffer *out, const char *name)
{
    buffer_format(out, "%s\"%s\":", out->size > 1 ? "," : "", name);
}

/* "{order}" of the path: from a field, or the code that is the first text. False: it has none. */
static bool path_parameter(struct buffer *out, const struct command_header *command, struct slice name)
{
    const struct command_info *info = command_info(command->kind);
    char text[NUMBER_MAX];
    for (size_t i = 0; i < info->field_count; i++) {
        const struct command_field *field = &info->fields[i];
        if (!slice_is(name, field->name))
            continue;
        i64 value = field_value(command, field);
        if (value == 0)
            return false;
        snprintf(text, sizeof(text), "%s%lld", field_refers(info, field) ? "#" : "", (long long)value);
        path_percent(out, slice_text(text));
        return true;
    }
    struct slice code = command_text(command, 0);
    path_percent(out, code);
    return code.size > 0;
}

static bool path_make(struct buffer *out, const struct command_header *command, const char *path)
{
    while (*path != 0) {
        if (*path != '{') {
            buffer_byte(out, *path++);
            continue;
        }
        const char *end = strchr(path, '}');
        if (!path_parameter(out, command, slice_of(path + 1, (size_t)(end - path) - 1)))
            return false;
        path = end + 1;
    }
    return true;
}

static bool path_has(const char *path, const char *name)
{
    char braced[64];
    snprintf(braced, sizeof(braced), "{%s}", name);
    return strstr(path, braced) != NULL;
}

static void json_rules(struct buffer *body, const struct command_header *command)
{
    const char *words[RULES_MAX];
    u32 rules = rules_of(command, words);
    json_name(body, "rules");
    buffer_byte(body, '[');
    for (u32 i = 0; i < rules; i++)
        buffer_format(body, "%s\"%s\"", i > 0 ? "," : "", words[i]);
    buffer_byte(body, ']');
}

static void json_body(struct buffer *body, const struct command_header *command, const char *path)
{
    const struct command_info *info = command_info(command->kind);
    buffer_byte(body, '{');
    for (size_t i = 0; i < info->field_count; i++) {
        const struct command_field *field = &info->fields[i];
        i64 value = field_value(command, field);
        if (field_hidden(field) || path_has(path, field->name) || !field_told(field, value))
            continue;
        json_name(body, field->name);
        buffer_number(body, value);
    }
    for (unsigned i = 0; info->tail == TAIL_TEXTS && i < info->text_count; i++) {
        struct slice text = command_text(command, i);
        if (text.size == 0 || path_has(path, info->texts[i]))
            continue;
        json_name(body, info->texts[i]);
        json_text(body, text);
    }
    if (has_flag(command, ORDER_MAY_SPLIT)) {
        json_name(body, "may_split");
        buffer_text(body, "true");
    }
    if (has_flag(command, ORDER_SHOWN_HERE)) {
        json_name(body, "shown_here");
        buffer_text(body, "true");
    }
    if (command->kind == COMMAND_ROUTING_SET)
        json_rules(body, command);
    if (command->kind == COMMAND_ORDER_PLACE) {
        json_name(body, "lines");
        for (u32 i = 0; i < line_count(command); i++)
            buffer_format(body, "%s{\"sku\":%u,\"quantity\":%u}", i > 0 ? "," : "[", line_of(command, i)->sku,
                          line_of(command, i)->quantity);
        buffer_byte(body, ']');
    }
    buffer_byte(body, '}');
}

static bool route_fits(const struct route *route, const struct command_header *command, u32 role)
{
    bool place = command->kind == COMMAND_ORDER_PLACE && strcmp(route->path, "/v1/orders") == 0 &&
                 strcmp(route_method_word(route->method), "POST") == 0;
    if (!place && route->command != command->kind)
        return false;
    if ((route_roles(route) & right_roles(role)) == 0)
        return false;
    bool change = command->kind == COMMAND_DEAL_PUT && ((const struct command_deal_put *)command)->deal != 0;
    return command->kind != COMMAND_DEAL_PUT || change == path_has(route->path, "deal");
}

bool speak_http(struct buffer *out, const struct command_header *command, const struct speak_http *how)
{
    const struct route *route = NULL;
    for (size_t i = 0; i < route_count && route == NULL; i++)
        if (route_fits(&routes[i], command, how->role))
            route = &routes[i];
    if (route == NULL)
        return false;
    size_t before = out->size;
    buffer_format(out, "%s ", route_method_word(route->method));
    if (!path_make(out, command, route->path)) {
        out->size = before;
        return false;
    }
    struct buffer body = {0};
    json_body(&body, command, route->path);
    buffer_format(out, " HTTP/1.1\r\nHost: eleven\r\nAuthorization: Bearer %s\r\nIdempotency-Key: %s\r\n", how->secret,
                  how->key);
    if (how->ticket[0] != 0)
        buffer_format(out, "Queue-Ticket: %s\r\n", how->ticket);
    if (how->closes)
        buffer_text(out, "Connection: close\r\n");
    buffer_text(out, "Content-Type: application/json\r\n");
    if (how->chunked) {
        size_t half = body.size / 2;
        buffer_format(out, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", half);
        buffer_add(out, body.bytes, half);
        buffer_format(out, "\r\n%zX\r\n", body.size - half);
        buffer_add(out, body.bytes + half, body.size - half);
        buffer_text(out, "\r\n0\r\n\r\n");
    } else {
        buffer_format(out, "Content-Length: %zu\r\n\r\n", body.size);
        buffer_add(out, body.bytes, body.size);
    }
    buffer_free(&body);
    return true;
}

/* --- answers --------------------------------------------------------------------------------------- */

static bool is_result(const char *word)
{
    for (u16 code = 0; code < 128; code++)
        if (strcmp(result_word(code), word) == 0)
            return true;
    return false;
}

/* The words by which a door says that nothing has been decided, and it may be tried again. */
static bool is_later(const char *word)
{
    static const char *const words[] = {"busy", "limited", "unavailable", "overloaded", "too-many-requests"};
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

/* The number that the text begins with; it need not end there. */
static i64 leading_number(struct slice text)
{
    size_t size = text.size > 0 && text.bytes[0] == '-';
    i64 number;
    while (size < text.size && isdigit((unsigned char)text.bytes[size]))
        size++;
    return ask_number(slice_of(text.bytes, size), &number) ? number : -1;
}

static void refused(struct heard *answer, struct slice word)
{
    size_t size = MIN(word.size, sizeof(answer->word) - 1);
    for (size_t i = 0; i < size; i++)
        answer->word[i] = (char)tolower((unsigned char)word.bytes[i]);
    answer->word[size] = 0;
    answer->kind = is_later(answer->word) ? ANSWER_LATER : is_result(answer->word) ? ANSWER_REFUSED : ANSWER_WRONG;
}

static const char *line_end(const char *bytes, size_t size)
{
    return size < 2 ? NULL : memmem(bytes, size, "\r\n", 2);
}

/* The size of the value at the front, whatever it is; 0: it is not whole yet. */
static size_t resp_value(const char *bytes, size_t size)
{
    size_t used = 0;
    for (i64 left = 1; left > 0; left--) {
        const char *end = line_end(bytes + used, size - used);
        if (end == NULL)
            return 0;
        i64 number = leading_number(slice_of(bytes + used + 1, (size_t)(end - bytes) - used - 1));
        char type = bytes[used];
        used = (size_t)(end - bytes) + 2;
        if (type == '$' && number >= 0)
            used += (size_t)number + 2;
        if (used > size)
            return 0;
        if (type == '*' || type == '%')
            left += type == '%' ? 2 * number : number;
    }
    return used;
}

/* An order as it is shown: its number is the first of its integers. */
static size_t resp_look(struct heard *answer, const char *bytes, size_t size)
{
    size_t used = resp_value(bytes, size);
    const char *id = used == 0 ? NULL : memmem(bytes, used, "\r\n:", 3);
    if (id != NULL) {
        answer->kind = ANSWER_DONE;
        answer->id = leading_number(slice_of(id + 3, (size_t)(bytes + used - id) - 3));
    }
    return used;
}

size_t speak_read_resp(struct heard *answer, const char *bytes, size_t size)
{
    *answer = (struct heard){.kind = ANSWER_BROKEN, .id = -1, .value = -1};
    const char *end = line_end(bytes, size);
    if (end == NULL)
        return 0;
    size_t used = (size_t)(end - bytes) + 2;
    if (bytes[0] == '-') {
        size_t word = 1;
        while (bytes[word] != ' ' && bytes + word < end)
            word++;
        refused(answer, slice_of(bytes + 1, word - 1));
        return used;
    }
    if (bytes[0] == '+') {
        answer->kind = ANSWER_DONE;
        return used;
    }
    if (bytes[0] == '$' || bytes[0] == '_') { /* null */
        refused(answer, slice_text("unknown-order"));
        return used;
    }
    if (used != 4 || memcmp(bytes, "*3\r\n", 4) != 0)
        return resp_look(answer, bytes, size);
    i64 numbers[3];
    for (int i = 0; i < 3; i++) {
        end = line_end(bytes + used, size - used);
        if (end == NULL)
            return 0;
        if (bytes[used] != ':')
            return used;
        numbers[i] = leading_number(slice_of(bytes + used + 1, size - used - 1));
        used = (size_t)(end - bytes) + 2;
    }
    answer->kind = ANSWER_DONE;
    answer->id = numbers[0];
    answer->value = numbers[1];
    answer->replayed = numbers[2] != 0;
    return used;
}

/* The number behind the first of these names; -1: there is none. */
static i64 json_number(struct slice body, const char *name)
{
    char quoted[64];
    snprintf(quoted, sizeof(quoted), "\"%s\":", name);
    const char *at = body.size == 0 ? NULL : memmem(body.bytes, body.size, quoted, strlen(quoted));
    if (at == NULL)
        return -1;
    at += strlen(quoted);
    return leading_number(slice_of(at, (size_t)(body.bytes + body.size - at)));
}

static void heard_success(struct heard *answer, struct slice body)
{
    static const char *const ids[] = {"order", "book", "deal", "id", "shopper", "inbound", "shift", "festival"};
    answer->kind = ANSWER_DONE;
    for (size_t i = 0; i < ARRAY_COUNT(ids) && answer->id < 0; i++)
        answer->id = json_number(body, ids[i]);
    static const char *const values[] = {"available",    "taken",        "balance_minor", "drawer_minor",
                                         "credit_minor", "flagship_count", "rule_count", "units"};
    for (size_t i = 0; i < ARRAY_COUNT(values) && answer->value < 0; i++)
        answer->value = json_number(body, values[i]);
}

static void heard_problem(struct heard *answer, struct slice body)
{
    const char *code = body.size == 0 ? NULL : memmem(body.bytes, body.size, "\"code\":\"", 8);
    const char *end = code == NULL ? NULL : memchr(code + 8, '"', (size_t)(body.bytes + body.size - code) - 8);
    if (end == NULL)
        return;
    refused(answer, slice_of(code + 8, (size_t)(end - code) - 8));
    answer->retry_s = json_number(body, "retry_after_s");
}

static void heard_header(struct heard *answer, size_t *length, struct slice line)
{
    char text[256];
    snprintf(text, sizeof(text), SLICE_FORMAT, (int)MIN(line.size, sizeof(text) - 1), line.bytes);
    if (strncasecmp(text, "content-length: ", 16) == 0)
        *length = strtoull(text + 16, NULL, 10);
    if (strncasecmp(text, "idempotent-replayed: true", 25) == 0)
        answer->replayed = true;
    if (strncasecmp(text, "connection: close", 17) == 0)
        answer->closes = true;
    if (strncasecmp(text, "queue-ticket: ", 14) == 0)
        snprintf(answer->ticket, sizeof(answer->ticket), "%.*s", (int)sizeof(answer->ticket) - 1, text + 14);
}

size_t speak_read_http(struct heard *answer, const char *bytes, size_t size)
{
    *answer = (struct heard){.kind = ANSWER_BROKEN, .id = -1, .value = -1};
    const char *head = size < 4 ? NULL : memmem(bytes, size, "\r\n\r\n", 4);
    if (head == NULL)
        return 0;
    size_t head_size = (size_t)(head - bytes) + 4, length = 0;
    i64 status = head_size > 12 ? leading_number(slice_of(bytes + 9, 3)) : 0;
    for (const char *at = bytes; at < head + 2;) {
        const char *end = line_end(at, (size_t)(head + 2 - at));
        heard_header(answer, &length, slice_of(at, (size_t)(end - at)));
        at = end + 2;
    }
    if (size < head_size + length)
        return 0;
    struct slice body = slice_of(bytes + head_size, length);
    if (status >= 200 && status < 300)
        heard_success(answer, body);
    else if (status >= 400)
        heard_problem(answer, body);
    return head_size + length;
}
