#include "door/param.h"

#include "base/time.h"
#include "door/ask.h"
#include "door/problem.h"
#include "door/server.h"

bool param_word(struct http *http, const char *name, int (*parse)(struct slice), u32 *number)
{
    struct slice text;
    if (!http_query(http, name, &text))
        return true;
    int word = parse(text);
    if (word < 0)
        problem_field(http, name, "is none of the words it may be");
    else
        *number = (u32)word;
    return word >= 0;
}

bool param_time(struct http *http, const char *name, i64 *ms)
{
    struct slice text;
    if (!http_query(http, name, &text) || time_parse(text, ms))
        return true;
    problem_field(http, name, "must be a time as RFC 3339 writes it");
    return false;
}

bool param_number(struct http *http, const char *name, u64 largest, u64 *number)
{
    struct slice text;
    i64 value;
    if (!http_query(http, name, &text))
        return true;
    if (!ask_number(text, &value) || value < 0 || (u64)value > largest) {
        problem_field(http, name, "must be a whole number in range");
        return false;
    }
    *number = (u64)value;
    return true;
}

bool param_find(struct http *http, const char *name, u16 kind, u16 unknown, u32 *id)
{
    struct slice text;
    if (!http_query(http, name, &text) || text.size == 0)
        return true;
    *id = ask_find(http_server(http)->engine, kind, text, ASK_WORD);
    if (*id == 0)
        problem_result(http, (struct result){.code = unknown});
    return *id != 0;
}
