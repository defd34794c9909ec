/*
 * The handlers of all routes, serve_NAME for each row of routes.def; each file
 * serve_*.c has those of one subject.
 */
#ifndef ELEVEN_DOOR_SERVE_H
#define ELEVEN_DOOR_SERVE_H

#include "door/http.h"

#define ROUTE(method, path, name, roles, flags, status, request, response, parameters, summary) \
    void serve_##name(struct http *http);
#define COMMAND_ROUTE(method, path, name, KIND, flags, status, response, summary)
#define NOTICE_ROUTE(method, path, name, KIND, flags, status, response, summary)
#include "door/routes.def"
#undef ROUTE
#undef COMMAND_ROUTE
#undef NOTICE_ROUTE

struct engine;
struct command_order_place;

/* What an order means where it says nothing: channel, delivery, payment, currency, city. */
void serve_order_defaults(const struct engine *engine, struct command_order_place *place);

/* What a command means that does not say whose it is, or how it is paid: the caller's own account; the provider's word
 * from the provider, else the wallet. Before serve_order_defaults. */
struct caller;
struct command_header;
void serve_caller_defaults(const struct caller *caller, struct command_header *command);

/* The path's order, which the caller may see, with all that was asked before decided; 0: refused. */
u32 serve_order_path(struct http *http);

/* Any route that is one command of the engine: path, body and caller become its fields. */
void serve_command(struct http *http);

#endif
