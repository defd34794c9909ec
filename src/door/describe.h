/*
 * The API as it describes itself: what each route takes and gives, in one form for all who tell about it (openapi.c
 * for machines, docs.c for people). It is read from the tables that the server itself works from: routes.def,
 * command.def, schema.def, parameter.def, problem.h and result.def. Nothing here allocates; texts are static.
 */
#ifndef ELEVEN_DOOR_DESCRIBE_H
#define ELEVEN_DOOR_DESCRIBE_H

#include "door/route.h"

#define DESCRIBE_WORDS_MAX 24
#define DESCRIBE_MEMBERS_MAX 40     /* of one object, or parameters of one place */
#define DESCRIBE_NAME_MAX 40
#define DESCRIBE_OWN_MAX 128
#define DESCRIBE_PROBLEMS_MAX 128

enum describe_kind {
    DESCRIBE_INTEGER,
    DESCRIBE_STRING,
    DESCRIBE_BOOLEAN,
    DESCRIBE_TIME,          /* RFC 3339 */
    DESCRIBE_WORD,          /* one of `words` */
    DESCRIBE_CODE,          /* a string, or an integer: the id */
    DESCRIBE_SCHEMA,        /* the object `name` */
};

struct describe_type {
    enum describe_kind kind;
    bool array;
    bool nullable;
    struct slice name;
    struct slice words[DESCRIBE_WORDS_MAX];
    size_t word_count;
};

enum describe_need {
    DESCRIBE_ALWAYS,
    DESCRIBE_OPTIONAL,
    DESCRIBE_THIS_OR_NEXT,  /* it, or the member behind it */
};

/* A member of an object, or a parameter. */
struct describe_member {
    char name[DESCRIBE_NAME_MAX];
    struct describe_type type;
    enum describe_need need;
    const char *meaning;    /* "": none; of a parameter: it is not known (a test fails). Static, or `own` */
    char own[DESCRIBE_OWN_MAX];
};

/* The rules of routing, as schema.def writes a type (words.def). */
#define DESCRIBE_RULES "string:asked-for|same-city|fewest-parts|nearest|spare-last-units|balance-load[]"

struct describe_members {
    size_t count;
    struct describe_member of[DESCRIBE_MEMBERS_MAX];
};

/* A type as schema.def writes it. */
struct describe_type describe_type(const char *text);

/* Schemas by number, from 0. NULL: no more. */
const char *describe_schema_name(size_t index);
const char *describe_schema_meaning(size_t index);
void describe_schema_members(size_t index, struct describe_members *members);
/* SIZE_MAX: there is none of this name. */
size_t describe_schema_find(struct slice name);

/* The route takes a JSON body: of route->request, or made from its command. */
bool describe_takes_json(const struct route *route);
/* "text/csv" where `request` or `response` of a route is a media type and no schema; else NULL. */
const char *describe_media(const char *request_or_response);
/* The body that route->command takes, without what the path says. */
void describe_command(const struct route *route, struct describe_members *members);

/* {names} of the path, and names of the query. */
void describe_path(const struct route *route, struct describe_members *members);
void describe_query(const struct route *route, struct describe_members *members);

/* Part of the described API. */
static inline bool describe_is_public(const struct route *route)
{
    return (route->flags & ROUTE_PAGE) == 0;
}

/* "orders" of "/v1/orders/{order}"; "system" of what is not under /v1. */
struct slice describe_tag(const struct route *route);
/* The first public route with this one's tag. */
bool describe_tag_begins(const struct route *route);

/* Roles in effect, by number from 0: its word; *may: the route is theirs. NULL: no more. The first is "anybody". */
const char *describe_role(const struct route *route, size_t index, bool *may);
bool describe_is_open(const struct route *route); /* to anybody */

/* Statuses of problems, ascending, by number from 0: its name ("NotFound") and a sentence. 0: no more. */
int describe_status(size_t index, const char **name, const char **sentence);
/* The route may answer it. */
bool describe_answers(const struct route *route, int status);

struct describe_problem {
    int status;
    const char *word;
    const char *title;
};
/* Every word a problem may have, once. Returns how many. */
size_t describe_problems(struct describe_problem problems[DESCRIBE_PROBLEMS_MAX]);

/* Members of a problem document; `code` is a DESCRIBE_STRING there: its words are describe_problems'. */
void describe_problem_members(struct describe_members *members);

#endif
