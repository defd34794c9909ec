#include "door/form.h"

#include "door/ask.h"
#include "door/param.h"
#include "door/problem.h"
#include "door/route.h"
#include "door/server.h"

#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>

static void form_free(void *memory)
{
    if (memory != NULL)
        sodium_memzero(memory, malloc_usable_size(memory));
    free(memory);
}

static bool form_knows(const char *members, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = members; at != NULL && length > 0; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, name, length) == 0 && (at[length] == ' ' || at[length] == 0))
            return true;
    }
    return false;
}

json_t *form_open(struct http *http, const char *members)
{
    const char *name;
    json_t *value;
    struct slice body = http_request(http)->body;
    json_set_alloc_funcs(malloc, form_free); /* only the loop's thread uses the parser */
    json_t *form = body_object(http);
    if (body.size > 0)
        sodium_memzero((char *)body.bytes, body.size); /* it lies in a buffer of the connection's or the server's */
    if (form == NULL)
        return NULL;
    json_object_foreach(form, name, value) {
        if (form_knows(members, name))
            continue;
        problem_field(http, name, "is no field of this request");
        form_close(form);
        return NULL;
    }
    return form;
}

void form_close(json_t *form)
{
    json_decref(form);
}

bool form_bool(struct http *http, json_t *form, const char *name, bool *value)
{
    json_t *member = json_object_get(form, name);
    *value = json_is_true(member);
    if (json_is_boolean(member))
        return true;
    problem_field(http, name, member == NULL ? "is missing" : "must be true or false");
    return false;
}

bool form_login(struct http *http, json_t *form, const char *name, struct form_login *login)
{
    struct slice text;
    if (!body_text(http, form, name, true, &text))
        return false;
    if (text.size > sizeof(login->bytes)) {
        problem_access(http, ACCESS_BAD_LOGIN, 0);
        return false;
    }
    memcpy(login->bytes, text.bytes, text.size);
    login->size = text.size;
    return true;
}

bool form_password(struct http *http, json_t *form, const char *name, struct form_password *password)
{
    struct slice text;
    if (!body_text(http, form, name, true, &text))
        return false;
    if (text.size > sizeof(password->bytes)) {
        problem_access(http, ACCESS_BAD_PASSWORD, 0);
        return false;
    }
    memcpy(password->bytes, text.bytes, text.size);
    password->size = text.size;
    return true;
}

bool form_code(struct http *http, json_t *form, const char *name, u16 kind, u16 unknown, u32 *id)
{
    struct slice text;
    *id = 0;
    if (!body_text(http, form, name, false, &text))
        return false;
    if (text.bytes == NULL)
        return true;
    *id = ask_find(http_server(http)->engine, kind, text, ASK_TEXT);
    if (*id == 0)
        problem_result(http, (struct result){.code = unknown});
    return *id != 0;
}

bool form_id(struct http *http, const char *name, u32 *id)
{
    i64 number;
    bool good = ask_number(route_parameter(http, name), &number) && number > 0 && number <= UINT32_MAX;
    *id = good ? (u32)number : 0;
    if (!good)
        problem_reply(http, PROBLEM_NOT_FOUND, NULL);
    return good;
}

bool form_limit(struct http *http, u32 *limit)
{
    u64 number = FORM_LIMIT;
    if (!param_number(http, "limit", FORM_LIMIT_MAX, &number))
        return false;
    *limit = (u32)number;
    if (number == 0)
        problem_field(http, "limit", "must be 1 to 200");
    return number != 0;
}
