#include "door/turn.h"

#include "base/assert.h"
#include "door/server.h"

#include <stdlib.h>

#define TURN_STREAM_MS 30000    /* a stream that makes nothing for so long is closed with its connection */

static const u32 turn_most[TURN_KIND_COUNT] = {
#define KIND(NAME, most) most,
    TURN_KINDS(KIND)
#undef KIND
};

struct turns {
    struct server *server;
    struct turn *first, *last;
    u32 count;              /* in the round */
    u32 counts[TURN_KIND_COUNT];
    u32 handles;            /* not closed yet */
    uv_idle_t idle;         /* runs while there is something to do at once */
    uv_timer_t timer;       /* runs while all wait */
};

static void turn_append(struct turns *turns, struct turn *turn)
{
    turn->next = NULL;
    if (turns->last != NULL)
        turns->last->next = turn;
    else
        turns->first = turn;
    turns->last = turn;
    turns->count++;
}

static struct turn *turn_take(struct turns *turns)
{
    struct turn *turn = turns->first;
    ASSERT(turn != NULL && turns->count > 0);
    turns->first = turn->next;
    if (turns->first == NULL)
        turns->last = NULL;
    turns->count--;
    return turn;
}

static void turn_end(struct turns *turns, struct turn *turn)
{
    turns->counts[turn->kind]--;
    turn->end(turn, turns->server);
}

/* One step of the next in the round; false: it waits. */
static bool turn_step(struct turns *turns)
{
    struct turn *turn = turn_take(turns);
    enum turn_result result = turn->gone ? TURN_ENDS : turn->step(turn, turns->server);
    if (result == TURN_ENDS)
        turn_end(turns, turn);
    else
        turn_append(turns, turn);
    return result != TURN_WAITS;
}

static void turns_run(struct turns *turns);

static void turns_idle(uv_idle_t *idle)
{
    turns_run(idle->data);
}

static void turns_timer(uv_timer_t *timer)
{
    turns_run(timer->data);
}

/* Arms what calls next: the idle handle while there is work, the timer while all wait, neither when there is none. */
static void turns_arm(struct turns *turns, bool work)
{
    if (uv_is_closing((uv_handle_t *)&turns->idle))
        return;
    if (turns->count > 0 && work)
        uv_idle_start(&turns->idle, turns_idle);
    else
        uv_idle_stop(&turns->idle);
    if (turns->count > 0 && !work)
        uv_timer_start(&turns->timer, turns_timer, TURN_WAIT_MS, 0);
    else
        uv_timer_stop(&turns->timer);
}

static void turns_run(struct turns *turns)
{
    i64 until_ns = (i64)uv_hrtime() + TURN_NS;
    u32 waiting = 0; /* in a row */
    while (waiting < turns->count && (i64)uv_hrtime() < until_ns)
        waiting = turn_step(turns) ? 0 : waiting + 1;
    turns_arm(turns, waiting < turns->count);
}

static void turn_gone(void *argument)
{
    struct turn *turn = argument;
    turn->http = NULL;
    turn->gone = true;
}

bool turn_free(const struct server *server, enum turn_kind kind)
{
    return server->turns->counts[kind] < turn_most[kind];
}

bool turn_start(struct server *server, struct http *http, enum turn_kind kind, struct turn *turn)
{
    struct turns *turns = server->turns;
    ASSERT((http == NULL) == (kind == TURN_SERVER));
    if (!turn_free(server, kind))
        return false;
    turn->http = http;
    turn->kind = kind;
    turn->gone = false;
    turns->counts[kind]++;
    turn_append(turns, turn);
    if (http != NULL)
        http_on_close(http, turn_gone, turn);
    turns_arm(turns, true);
    return true;
}

struct http *turn_answer(struct turn *turn)
{
    struct http *http = turn->http;
    ASSERT(http != NULL);
    http_on_close(http, NULL, NULL);
    turn->http = NULL;
    return http;
}

bool turn_may_write(struct turn *turn)
{
    struct conn *conn = http_conn(turn->http);
    if (conn_unsent(conn) >= TURN_UNSENT_MAX)
        return false;
    conn->deadline_ms = server_loop_ms(conn->server) + TURN_STREAM_MS;
    return true;
}

u32 turns_running(const struct server *server)
{
    return server->turns->count;
}

struct turns *turns_open(struct server *server)
{
    struct turns *turns = calloc(1, sizeof(*turns));
    ASSERT(turns != NULL);
    turns->server = server;
    turns->handles = 2;
    uv_idle_init(&server->loop, &turns->idle);
    uv_timer_init(&server->loop, &turns->timer);
    turns->idle.data = turns->timer.data = turns;
    return turns;
}

static void turns_closed(uv_handle_t *handle)
{
    struct turns *turns = handle->data;
    if (--turns->handles == 0)
        free(turns);
}

void turns_close(struct turns *turns)
{
    while (turns->count > 0)
        turn_end(turns, turn_take(turns));
    uv_close((uv_handle_t *)&turns->idle, turns_closed);
    uv_close((uv_handle_t *)&turns->timer, turns_closed);
}
