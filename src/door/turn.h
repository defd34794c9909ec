/*
 * Turns: work that is too long for one pass of the loop and yet belongs on it, because it reads or writes the engine
 * that sells: exports, feeds, long searches, an import's commands. Each pass gives those under way TURN_NS together,
 * one step after the other, round and round; when all of them wait (for a reader that is slow, for the disk), the loop
 * sleeps and asks again every TURN_WAIT_MS.
 *
 *   turn_start    puts it in the round; `step` is called until it says TURN_ENDS, then `end`
 *
 * With `http`, the turn is the answer to that request: it streams (http_begin, http_piece, http_end), or answers as a
 * whole after turn_answer. When the connection goes meanwhile, only `end` is still called.
 */
#ifndef ELEVEN_DOOR_TURN_H
#define ELEVEN_DOOR_TURN_H

#include "door/http.h"

struct server;
struct turns;

/* Kinds of turns, and how many of each may be under way, so that slow readers of one kind keep nobody from another:
 * KIND(NAME, most) */
#define TURN_KINDS(KIND) \
    KIND(ANSWER, 256)    \
    KIND(EXPORT, 16)     \
    KIND(FEED, 16)       \
    KIND(SERVER, 16) /* of the server itself: nobody waits for an answer */
enum turn_kind {
#define KIND(NAME, most) TURN_##NAME,
    TURN_KINDS(KIND)
#undef KIND
    TURN_KIND_COUNT
};

#define TURN_NS 500000                      /* of each pass, for all */
#define TURN_WAIT_MS 5
#define TURN_UNSENT_MAX ((size_t)256 << 10) /* a stream makes no more while so much waits to be sent */

enum turn_result {
    TURN_MORE,
    TURN_WAITS,
    TURN_ENDS,              /* its request, if any, has been answered and is not to be touched any more */
};

/* The first member of what a user keeps. */
struct turn {
    enum turn_result (*step)(struct turn *turn, struct server *server); /* short: 0.1 ms */
    void (*end)(struct turn *turn, struct server *server);              /* the last call: frees it */
    struct http *http;      /* NULL: none, or gone */
    struct turn *next;
    enum turn_kind kind;
    bool gone;              /* its connection is */
};

struct turns *turns_open(struct server *server);
/* Ends all of them. The loop must run once more afterwards. */
void turns_close(struct turns *turns);

/* False, and nothing was done, when there are as many of its kind as may be. The request (NULL with TURN_SERVER) must
 * be waiting for its answer, or its answer have begun. */
bool turn_start(struct server *server, struct http *http, enum turn_kind kind, struct turn *turn);
/* turn_start would take one. */
bool turn_free(const struct server *server, enum turn_kind kind);

/* The request, to be answered as a whole now; then the step returns TURN_ENDS. */
struct http *turn_answer(struct turn *turn);

/* A stream may write more now; also keeps its connection from being taken for an idle one. */
bool turn_may_write(struct turn *turn);

u32 turns_running(const struct server *server);

#endif
