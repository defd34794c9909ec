#include "door/param.h"

#include "base/time.h"
#include "door/ask.h"
#include "door/problem.h"
#include "door/server.h"

#define PARAM_SIZE_MAX 256u /* of values that are not texts */

/* The parameter stands in the query, whether it can be decoded or not. */
static bool query_has(struct slice query, const char *name)
{
    size_t length = strlen(name);
    for (size_t at = 0; at + length <= query.size; at++) {
        bool begins = at == 0 || query.bytes[at - 1] == '&';
        bool ends = at + length == query.size || query.bytes[at + length] == '=' || query.bytes[at + length] == '&';
        if (begins && ends && memcmp(query.bytes + at, name, length) == 0)
            return true;
    }
    return false;
}

enum param { PARAM_NONE, PARAM_GIVEN, PARAM_REFUSED };

static enum param param_get(struct http *http, const char *name, size_t size_max, struct slice *text)
{
    struct slice value;
    if (!query_has(http_request(http)->query, name))
        return PARAM_NONE;
    if (!http_query(http, name, &value))
        problem_field(http, name, "is not percent-encoded as it must be");
    else if (value.size > size_max)
        problem_field(http, name, "is too long");
    else {
        *text = value;
        return PARAM_GIVEN;
    }
    return PARAM_REFUSED;
}

bool param_text(struct http *http, const char *name, size_t size_max, struct slice *text)
{
    return param_get(http, name, size_max, text) != PARAM_REFUSED;
}

bool param_word(struct http *http, const char *name, int (*parse)(struct slice), u32 *number)
{
    struct slice text;
    enum param given = param_get(http, name, PARAM_SIZE_MAX, &text);
    if (given != PARAM_GIVEN)
        return given == PARAM_NONE;
    int word = parse(text);
    if (word < 0)
        problem_field(http, name, "is none of the words it may be");
    else
        *number = (u32)word;
    return word >= 0;
}

int param_word_among(struct slice word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is(word, words[i]))
            return (int)i;
    return -1;
}

int param_parse_truth(struct slice word)
{
    return slice_is(word, "true") ? PARAM_TRUE : slice_is(word, "false") ? PARAM_FALSE : -1;
}

bool param_time(struct http *http, const char *name, i64 *ms)
{
    struct slice text;
    enum param given = param_get(http, name, PARAM_SIZE_MAX, &text);
    if (given != PARAM_GIVEN || time_parse(text, ms))
        return given != PARAM_REFUSED;
    problem_field(http, name, "must be a time as RFC 3339 writes it");
    return false;
}

bool param_number(struct http *http, const char *name, u64 largest, u64 *number)
{
    struct slice text;
    i64 value;
    enum param given = param_get(http, name, PARAM_SIZE_MAX, &text);
    if (given != PARAM_GIVEN)
        return given == PARAM_NONE;
    if (!ask_number(text, &value) || value < 0 || (u64)value > largest) {
        problem_field(http, name, "must be a whole number in range");
        return false;
    }
    *number = (u64)value;
    return true;
}

/* How many things there are of the kind that a command puts. */
static u32 param_count(const struct engine *engine, u16 kind)
{
    switch (kind) {
    case COMMAND_CURRENCY_PUT: return engine_currency_count(engine);
    case COMMAND_COUNTRY_PUT: return engine_country_count(engine);
    case COMMAND_DEPARTMENT_PUT: return engine_department_count(engine);
    case COMMAND_CITY_PUT: return engine_city_count(engine);
    case COMMAND_LOCATION_PUT: return engine_location_count(engine);
    case COMMAND_BRAND_PUT: return engine_brand_count(engine);
    case COMMAND_SELLER_PUT: return engine_seller_count(engine);
    case COMMAND_SKU_PUT: return engine_sku_count(engine);
    case COMMAND_FESTIVAL_PUT: return engine_festival_count(engine);
    case COMMAND_TILL_PUT: return engine_till_count(engine);
    default: return 0;
    }
}

u32 param_id(const struct engine *engine, u16 kind, struct slice text)
{
    u32 id = ask_find(engine, kind, text, ASK_WORD);
    return id <= param_count(engine, kind) ? id : 0;
}

bool param_find(struct http *http, const char *name, u16 kind, u16 unknown, u32 *id)
{
    struct slice text;
    enum param given = param_get(http, name, PARAM_SIZE_MAX, &text);
    if (given != PARAM_GIVEN || text.size == 0)
        return given != PARAM_REFUSED;
    *id = param_id(http_server(http)->engine, kind, text);
    if (*id == 0)
        problem_result(http, (struct result){.code = unknown});
    return *id != 0;
}
