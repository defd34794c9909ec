#include "door/admission.h"

#include "base/assert.h"
#include "door/http_state.h"
#include "door/problem.h"
#include "door/route.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define ADMISSION_COST_NS 10000     /* of one order, at first */
#define ADMISSION_PASS_MIN 64u
#define ADMISSION_PASS_MAX 16384u
#define ADMISSION_LATE_MS 60000     /* a called number is good for so long */
#define ADMISSION_TICKET_MAX 96
#define ADMISSION_USED_MAX 1048576u /* so far behind the last one given a number is good */
#define ADMISSION_REFUSALS 4u       /* so many refusals cost what an order costs */
#define ADMISSION_SECONDS_MAX 30u   /* nobody is sent away for longer */

struct admission {
    struct server *server;
    u64 cost_ns;            /* of one order with all around it, smoothed */
    u32 pass_max;
    u32 taken;              /* in this pass: fresh ones */
    u32 taken_called;       /* in this pass: by ticket */
    u32 asked;              /* in this pass, refused ones too */
    u64 given;              /* the last number given out */
    u64 called;             /* numbers up to this one may come in */
    i64 called_ms;          /* loop time up to which the line has been called */
    u64 fresh;              /* taken in without a ticket since then */
    struct http *first, *last; /* called, and waiting for a pass with room */
    u8 used[ADMISSION_USED_MAX / 8]; /* a bit for each of the last numbers: it has let somebody in */
    u8 secret[crypto_auth_KEYBYTES];
    struct admission_stats stats;
};

struct admission *admission_open(struct server *server)
{
    struct admission *admission = calloc(1, sizeof(*admission));
    ASSERT(admission != NULL);
    admission->server = server;
    admission->cost_ns = ADMISSION_COST_NS;
    u64 fits = server->options.in_flight_ms * 1000000ull / ADMISSION_COST_NS;
    admission->pass_max = (u32)MIN(MAX(fits, (u64)ADMISSION_PASS_MIN), (u64)ADMISSION_PASS_MAX);
    crypto_auth_keygen(admission->secret);
    return admission;
}

void admission_close(struct admission *admission)
{
    free(admission);
}

void admission_stats(const struct admission *admission, struct admission_stats *stats)
{
    *stats = admission->stats;
    stats->waiting = admission->given - admission->called;
    stats->pass_max = admission->pass_max;
}

/* --- tickets: "NUMBER.ISSUED_MS.MAC" ------------------------------------------------------------------- */

static void ticket_make(const struct admission *admission, u64 number, i64 now_ms, char *ticket)
{
    u8 mac[crypto_auth_BYTES];
    char hex[33];
    int size = snprintf(ticket, ADMISSION_TICKET_MAX, "%llu.%lld", (unsigned long long)number, (long long)now_ms);
    crypto_auth(mac, (const u8 *)ticket, (unsigned long long)size, admission->secret);
    sodium_bin2hex(hex, sizeof(hex), mac, 16);
    snprintf(ticket + size, ADMISSION_TICKET_MAX - (size_t)size, ".%s", hex);
}

/* The number of a ticket that we made; 0: it is none. */
static u64 ticket_number(const struct admission *admission, struct slice text)
{
    char ticket[ADMISSION_TICKET_MAX], again[ADMISSION_TICKET_MAX];
    if (text.bytes == NULL || text.size >= sizeof(ticket))
        return 0;
    memcpy(ticket, text.bytes, text.size);
    ticket[text.size] = 0;
    char *end;
    u64 number = strtoull(ticket, &end, 10);
    i64 issued_ms = *end == '.' ? strtoll(end + 1, NULL, 10) : 0; /* what else it may say is told below */
    ticket_make(admission, number, issued_ms, again);
    if (strlen(again) != text.size || sodium_memcmp(again, ticket, text.size) != 0)
        return 0;
    i64 age_ms = server_loop_ms(admission->server) - issued_ms;
    return age_ms > ADMISSION_LATE_MS + ADMISSION_SECONDS_MAX * 1000 ? 0 : number;
}

/* --- the door ---------------------------------------------------------------------------------------------- */

static bool line_is_empty(const struct admission *admission)
{
    return admission->called >= admission->given;
}

/* A number lets in one order. False: it has, or is too old to be known. */
static bool number_use(struct admission *admission, u64 number)
{
    u64 bit = number % ADMISSION_USED_MAX;
    u8 mask = (u8)(1u << bit % 8);
    if (number + ADMISSION_USED_MAX <= admission->given || (admission->used[bit / 8] & mask) != 0)
        return false;
    admission->used[bit / 8] |= mask;
    return true;
}

static u64 number_give(struct admission *admission)
{
    u64 bit = ++admission->given % ADMISSION_USED_MAX;
    admission->used[bit / 8] &= (u8)~(1u << bit % 8);
    return admission->given;
}

/* Orders that can be done in so many ms. */
static u64 capacity(const struct admission *admission, u64 ms)
{
    return ms * 1000000 / MAX(admission->cost_ns, 1000u);
}

/* Calls what time has made room for since it was last called: at least half of it. */
static void call(struct admission *admission)
{
    i64 now_ms = server_loop_ms(admission->server);
    u64 room = capacity(admission, (u64)MIN(now_ms - admission->called_ms, 1000));
    if (room == 0)
        return;
    u64 left = room > admission->fresh ? room - admission->fresh : 0;
    admission->called = MIN(admission->given, admission->called + MAX(left, (room + 1) / 2));
    admission->called_ms = now_ms;
    admission->fresh = 0;
}

static void refuse(struct admission *admission, struct http *http, u64 number)
{
    char ticket[ADMISSION_TICKET_MAX];
    u64 behind = number > admission->called ? number - admission->called : 0;
    u64 wait_s = 1 + behind / MAX(capacity(admission, 1000) / 2, 1u);
    admission->stats.refused++;
    ticket_make(admission, number, server_loop_ms(admission->server), ticket);
    http_rest(http);
    problem_overloaded(http, (u32)MIN(wait_s, ADMISSION_SECONDS_MAX), ticket);
}

/* Fresh orders leave at least half of it to those who were called. */
static bool pass_is_full(const struct admission *admission)
{
    return admission->taken + admission->taken_called >= admission->pass_max;
}

/* --- those who were called and wait ------------------------------------------------------------------------ */

static void wait_forget(void *argument)
{
    struct http *http = argument;
    struct admission *admission = http->conn->server->admission;
    struct http *before = NULL, *at = admission->first;
    while (at != http) {
        before = at;
        at = at->wait_next;
    }
    if (before != NULL)
        before->wait_next = http->wait_next;
    else
        admission->first = http->wait_next;
    if (admission->last == http)
        admission->last = before;
}

static void wait_begin(struct admission *admission, struct http *http)
{
    http->wait_next = NULL;
    if (admission->last != NULL)
        admission->last->wait_next = http;
    else
        admission->first = http;
    admission->last = http;
    http_on_close(http, wait_forget, http);
    http_wait(http);
}

static void let_in(struct admission *admission)
{
    while (admission->first != NULL && !pass_is_full(admission)) {
        struct http *http = admission->first;
        admission->first = http->wait_next;
        if (admission->first == NULL)
            admission->last = NULL;
        http_on_close(http, NULL, NULL);
        http->request.route->run(http);
    }
}

bool admission_waits(const struct admission *admission)
{
    return admission->first != NULL;
}

/* --- the door, again ----------------------------------------------------------------------------------------- */

bool admission_enter(struct admission *admission, struct http *http)
{
    u64 number = ticket_number(admission, http_request(http)->headers[HTTP_QUEUE_TICKET]);
    if (!line_is_empty(admission))
        call(admission);
    u32 fresh_max = line_is_empty(admission) ? admission->pass_max : admission->pass_max / 2;
    admission->asked++;
    bool called = number != 0 && number <= admission->called;
    if (called && pass_is_full(admission)) {
        wait_begin(admission, http);
        return false;
    }
    if (called && number_use(admission, number)) {
        admission->taken_called++;
        admission->stats.by_ticket++;
        admission->stats.admitted++;
        return true;
    }
    if ((number == 0 || called) && admission->taken + admission->taken_called < fresh_max) {
        admission->taken++;
        admission->fresh++;
        admission->stats.admitted++;
        return true;
    }
    if (line_is_empty(admission)) { /* it begins: what was before is no time to call in */
        admission->called_ms = server_loop_ms(admission->server);
        admission->fresh = 0;
    }
    refuse(admission, http, number != 0 && !called ? number : number_give(admission));
    return false;
}

void admission_pass(struct admission *admission, i64 pass_ns)
{
    u32 taken = admission->taken + admission->taken_called;
    if (taken >= ADMISSION_PASS_MIN) { /* smaller passes say little about the cost of one order */
        u64 done = taken + (MAX(admission->asked, taken) - taken) / ADMISSION_REFUSALS;
        admission->cost_ns = (admission->cost_ns * 15 + (u64)pass_ns / done) / 16;
        u64 fits = capacity(admission, admission->server->options.in_flight_ms);
        admission->pass_max = (u32)MIN(MAX(fits, (u64)ADMISSION_PASS_MIN), (u64)ADMISSION_PASS_MAX);
    }
    if (!line_is_empty(admission))
        call(admission);
    admission->taken = admission->taken_called = admission->asked = 0;
    let_in(admission);
}
