/*
 * What people fill in: JSON bodies of a few named members, numbers in paths, and
 * how long a page shall be. Passwords are among them: the request's bytes are wiped once they are read, and so is all
 * memory that the JSON parser gives back.
 */
#ifndef ELEVEN_DOOR_FORM_H
#define ELEVEN_DOOR_FORM_H

#include "door/body.h"
#include "door/http.h"

#define FORM_LIMIT 50           /* rows of a page when nothing is said */
#define FORM_LIMIT_MAX 200

/* The body as an object that has no other members than these, separated by spaces; NULL: refused. It is read with
 * body_text and body_number; its texts are gone after form_close. The request's body is not to be read any more. */
json_t *form_open(struct http *http, const char *members);
void form_close(json_t *form);

/* A member that must be true or false. False: refused. */
bool form_bool(struct http *http, json_t *form, const char *name, bool *value);

/* What a log-in is made of, kept while the pool works. False: refused, also when it is longer than any can be. */
struct form_login {
    char bytes[ACCESS_LOGIN_MAX];
    size_t size;
};
struct form_password {
    char bytes[ACCESS_PASSWORD_MAX];
    size_t size;
};
bool form_login(struct http *http, json_t *form, const char *name, struct form_login *login);
bool form_password(struct http *http, json_t *form, const char *name, struct form_password *password);

/* The code of something in a member; *id is 0 when it is not there. `kind` is the command that puts such a thing,
 * `unknown` the result when there is none. False: refused. */
bool form_code(struct http *http, json_t *form, const char *name, u16 kind, u16 unknown, u32 *id);

/* A number > 0 in the path. False: refused, as something that there is not. */
bool form_id(struct http *http, const char *name, u32 *id);

/* The query's `limit`, 1..FORM_LIMIT_MAX. False: refused. */
bool form_limit(struct http *http, u32 *limit);

#endif
