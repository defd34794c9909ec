/*
 * The routes of the HTTP door, from routes.def: who may, what the body is, what
 * answers. The same table makes the dispatch, the description of the API (openapi.c) and the tests of access.
 */
#ifndef ELEVEN_DOOR_ROUTE_H
#define ELEVEN_DOOR_ROUTE_H

#include "door/http.h"

enum route_flag {
    ROUTE_KEY = 1,          /* needs an Idempotency-Key: it moves money or stock */
    ROUTE_ACT = 2,          /* an administrative act: into the audit trail */
    ROUTE_ORDER = 4,        /* passes admission */
    ROUTE_FILE = 8,         /* the body is a file, ROUTE_FILE_MAX */
    ROUTE_FREE = 16,        /* not counted by the rate limit: health, open event streams */
    ROUTE_PAGE = 32,        /* not part of the described API: pages, feeds */
    ROUTE_LINK = 64,        /* a GS1 resolver: for pages of any origin; answers as Accept says, or redirects (307) */
};

#define ROUTE_BODY_MAX ((size_t)64 << 10)
#define ROUTE_FILE_MAX ((size_t)64 << 20)
#define ROUTE_SEGMENTS_MAX 8

struct route {
    u16 method;             /* llhttp's */
    u16 flags;
    u16 status;             /* of success */
    u16 command;            /* enum command_kind that it gives; 0: none */
    u32 roles;              /* who may; 0: who may give the command */
    const char *path;       /* "/v1/orders/{order}" */
    const char *name;       /* operationId, and the name in the audit trail */
    const char *request;    /* schema of the body (schema.def), or "text/csv"; NULL: none, or the command's fields */
    const char *response;   /* schema of success, or "text/csv"; NULL: no body */
    const char *parameters; /* query parameters, space-separated; "" none */
    const char *summary;
    void (*run)(struct http *http);
};

extern const struct route routes[];
extern const size_t route_count;

/* Who may ask: set of enum role. */
u32 route_roles(const struct route *route);

/* Finds the route of the request whose head is there, and fills in route and parameters. Returns how large its body
 * may be. */
size_t route_find(struct http *http, unsigned method);
size_t route_body_max(const struct route *route);

/* The caller's rate and roles allow it. False: refused. */
bool route_may(struct http *http);

/* Answers a whole request: checks what is common to all, then runs its route. */
void route_run(struct http *http, unsigned method);

/* Value of a path parameter; the route has it. */
struct slice route_parameter(struct http *http, const char *name);

/* Writes the request into the audit trail, when its route says so. Called with the answer's status. */
void route_act(struct http *http, int status);

/* The same for an outcome that comes when the connection may have gone: who, from where, what. Status, and a target
 * that says more than the path, are the caller's to put in before access_act. */
void route_act_fill(struct http *http, struct access_act *act);

/* Everything that a request by name of method may be; "GET". */
const char *route_method_word(unsigned method);

#endif
