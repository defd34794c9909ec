#include "sim/client.h"

#include "base/assert.h"
#include "door/ask.h"
#include "door/right.h"

#include <stdlib.h>

#define REQUESTS_MAX 12000u
#define RETRY_MIN_NS ((i64)1000000)
#define ORDERS_SEEN_MAX 64u
#define NONE UINT32_MAX
#define ANSWERED_NS ((i64)1500000000)
#define AIM_WITHIN_MS ((i64)60)
#define GUESSES 8u                  /* orders at the end that are guessed at */
#define WITHOUT_END SIZE_MAX

enum door { DOOR_HTTP, DOOR_RESP };

/* Something that somebody wants. */
struct request {
    struct command_header *command; /* NULL: a look at order `order` */
    u32 order;
    bool guessed;               /* nobody has been told of it */
    enum person person;
    char key[48];
    u64 key_bits[2];
    enum door last_door;
    u32 tries;
    i64 next_ns;                /* when it may be tried (again) */
    bool under_way, finished, accepted;
    bool resp_only;             /* HTTP has no words for it */
    char ticket[128];
};

struct client {
    struct net_conn *conn;      /* NULL: none */
    enum door door;
    enum person person;
    struct buffer input;
    u32 asked[CLIENT_DEPTH_MAX + 1];   /* requests under way, in order; NONE: AUTH */
    u32 count;
    i64 born_ns, asked_ns, heard_ns; /* connected; the last pipeline was sent; the last byte has come */
    size_t received, vanish_received; /* leaves when so much has come */
    i64 vanish_ns;              /* or then; 0: not */
    bool vanish_reset, slow;
    bool cut;                   /* the last pipeline was not sent whole */
    i64 deadline_ns, wake_ns;
};

struct clients {
    struct prng prng;
    struct client_options options;
    const struct sim_account *accounts;
    struct net *net;
    struct generator *generator;
    struct client *all;
    struct request *requests;
    u32 request_count, made, finished;
    u32 open_from;              /* requests before are finished */
    u64 seed, keys;
    bool calm;
    i64 good_ns;                /* clients_good_since */
    i64 aimed_ns;               /* when the next one that aims at an edge is to be sent; 0: none does */
    u32 orders[ORDERS_SEEN_MAX]; /* acknowledged */
    u32 order_count;
};

static bool chance(struct clients *clients, u32 percent)
{
    return prng_chance(&clients->prng, percent, 100);
}

static u32 below(struct clients *clients, u32 bound)
{
    return (u32)prng_below(&clients->prng, bound);
}

struct clients *clients_create(u64 seed, const struct client_options *options, const struct sim_account *accounts,
                               struct net *net, struct generator *generator)
{
    struct clients *clients = calloc(1, sizeof(*clients));
    ASSERT(clients != NULL);
    prng_seed(&clients->prng, seed);
    clients->seed = seed;
    clients->options = *options;
    clients->accounts = accounts;
    clients->net = net;
    clients->generator = generator;
    clients->all = calloc(options->clients, sizeof(*clients->all));
    clients->requests = calloc(REQUESTS_MAX, sizeof(*clients->requests));
    ASSERT(clients->all != NULL && clients->requests != NULL && options->depth_max <= CLIENT_DEPTH_MAX);
    return clients;
}

void clients_free(struct clients *clients)
{
    for (u32 i = 0; i < clients->options.clients; i++) {
        if (clients->all[i].conn != NULL)
            net_client_close(clients->net, clients->all[i].conn, true);
        buffer_free(&clients->all[i].input);
    }
    for (u32 i = 0; i < clients->request_count; i++)
        free(clients->requests[i].command);
    free(clients->all);
    free(clients->requests);
    free(clients);
}

/* --- what is wanted ---------------------------------------------------------------------------------- */

/* Somebody who may give this command; the engine's own judgement of whose order it is comes behind that. */
static enum person person_for(struct clients *clients, const struct command_header *command)
{
    u32 roles = command_info(command->kind)->roles;
    bool by_provider = command->kind == COMMAND_ORDER_PAY &&
                       ((const struct command_order_pay *)command)->payment == PAYMENT_PROVIDER;
    if (by_provider || roles & ROLE_PROVIDER & ~(roles & ROLE_SHOPPER))
        return PERSON_PROVIDER;
    if (roles & ROLE_CLERK && chance(clients, 15))
        return PERSON_CLERK;
    if (roles & ROLE_SHOPPER && chance(clients, 15))
        return PERSON_SHOPPER;
    if (roles & (ROLE_SHOPPER | ROLE_CLERK | ROLE_ANYBODY))
        return chance(clients, 50) ? PERSON_INTEGRATOR : PERSON_OTHER;
    return PERSON_MERCHANDISER;
}

static u32 caller_of(const struct clients *clients, const struct request *request)
{
    return clients->accounts[request->person].number;
}

static void key_make(struct clients *clients, struct request *request)
{
    u64 number = ++clients->keys;
    if (number % 3 == 0) { /* a UUID is its own bits */
        u64 high = mix64(clients->seed ^ number), low = mix64(high + number);
        snprintf(request->key, sizeof(request->key), "%08x-%04x-%04x-%04x-%012llx", (u32)(high >> 32),
                 (u32)(high >> 16) & 0xffff, (u32)high & 0xffff, (u32)(low >> 48),
                 (unsigned long long)low & 0xffffffffffffull);
    } else {
        snprintf(request->key, sizeof(request->key), "wish-%llu", (unsigned long long)number);
    }
    bool good = ask_key(slice_text(request->key), request->key_bits);
    ASSERT(good);
}

/* A key of its own, or one that somebody has used: of another caller it means nothing, of the same one a conflict. */
static void key_choose(struct clients *clients, struct request *request)
{
    const struct request *other = &clients->requests[below(clients, clients->request_count + 1)];
    if (other->command != NULL && other != request && chance(clients, clients->options.same_key_percent)) {
        memcpy(request->key, other->key, sizeof(request->key));
        memcpy(request->key_bits, other->key_bits, sizeof(request->key_bits));
        if (oracle_expect(caller_of(clients, request), request->key_bits, request->command))
            return;
    }
    key_make(clients, request);
    bool first = oracle_expect(caller_of(clients, request), request->key_bits, request->command);
    ASSERT(first);
}

/* The payment of a hold, for the moment at which it ends. */
static struct command_header *pay_for(const struct edge *edge)
{
    struct command_order_pay *pay = calloc(1, sizeof(*pay));
    ASSERT(pay != NULL);
    *pay = (struct command_order_pay){
        .header = {.kind = COMMAND_ORDER_PAY, .size = sizeof(*pay)}, .order = edge->order,
        .amount_minor = edge->total_minor, .payment = PAYMENT_PROVIDER,
    };
    return &pay->header;
}

static struct command_header *wish_at(struct clients *clients, i64 time_ms)
{
    clients->generator->time_ms = time_ms; /* what opens and closes does so around then */
    const struct command_header *command = generator_next(clients->generator);
    struct command_header *copy = malloc(command->size);
    ASSERT(copy != NULL);
    memcpy(copy, command, command->size);
    return copy;
}

/* Something to be decided, now or at an edge that is near, a millisecond before it or behind it. */
static void request_wish(struct clients *clients, struct request *request, i64 now_ns)
{
    struct edge edge;
    bool aims = chance(clients, clients->options.aim_percent) &&
                oracle_edge(below(clients, UINT32_MAX), AIM_WITHIN_MS, &edge);
    if (aims) {
        i64 off_ms = (i64)below(clients, 3) - 1;
        i64 edge_ms = oracle_clock_ms() + (edge.at_ns - now_ns) / 1000000;
        request->next_ns = MAX(edge.at_ns + off_ms * 1000000, now_ns);
        clients->aimed_ns = clients->aimed_ns <= now_ns ? request->next_ns : MIN(clients->aimed_ns, request->next_ns);
        request->command = edge.order != 0 ? pay_for(&edge) : wish_at(clients, edge_ms - below(clients, 2));
        if (edge.deal != 0 && request->command->kind == COMMAND_ORDER_PLACE)
            oracle_aim(edge.deal, (struct command_order_place *)(void *)request->command);
    } else {
        request->command = wish_at(clients, oracle_clock_ms());
    }
    request->person = person_for(clients, request->command);
    key_choose(clients, request);
}

/* Another one. NONE: all are made, or it is for later. */
static u32 request_make(struct clients *clients, i64 now_ns)
{
    if (clients->calm || clients->made >= clients->options.requests || clients->request_count == REQUESTS_MAX)
        return NONE;
    struct request *request = &clients->requests[clients->request_count];
    *request = (struct request){.next_ns = now_ns};
    if (clients->order_count > 0 && chance(clients, clients->options.read_percent)) {
        request->order = clients->orders[below(clients, MIN(clients->order_count, ORDERS_SEEN_MAX))];
        request->guessed = chance(clients, 50);
        if (request->guessed) /* one of the last that were placed, told or not */
            request->order = oracle_orders() + 1 - MIN(below(clients, GUESSES), oracle_orders());
        request->person = PERSON_INTEGRATOR;
    } else {
        request_wish(clients, request, now_ns);
    }
    clients->made++;
    clients->request_count++;
    return request->next_ns > now_ns ? NONE : clients->request_count - 1;
}

/* One that waits to be tried again and may be asked by this person (PERSON_COUNT: anybody). */
static u32 request_again(struct clients *clients, enum person person, i64 now_ns)
{
    while (clients->open_from < clients->request_count && clients->requests[clients->open_from].finished)
        clients->open_from++;
    u32 count = clients->request_count - clients->open_from;
    u32 from = count == 0 ? 0 : below(clients, count);
    for (u32 i = 0; i < count; i++) {
        u32 index = clients->open_from + (from + i) % count;
        const struct request *request = &clients->requests[index];
        if (!request->finished && !request->under_way && request->next_ns <= now_ns &&
            (person == PERSON_COUNT || request->person == person))
            return index;
    }
    return NONE;
}

static void request_finish(struct clients *clients, struct request *request)
{
    if (!request->finished)
        clients->finished++;
    request->finished = true;
    request->under_way = false;
}

/* It has no answer: later again, or given up. */
static void request_return(struct clients *clients, struct request *request, i64 now_ns, i64 wait_ns)
{
    request->under_way = false;
    if (request->tries >= clients->options.tries_max && !clients->calm) {
        request_finish(clients, request);
        return;
    }
    request->next_ns = now_ns + MAX(wait_ns, RETRY_MIN_NS);
}

/* --- answers ------------------------------------------------------------------------------------------ */

static void look_answered(const struct request *request, const struct heard *answer)
{
    counters->reads++;
    if (answer->kind == ANSWER_DONE && answer->id == request->order) {
        oracle_order_shown(request->order);
        return;
    }
    if (answer->kind != ANSWER_LATER && !request->guessed)
        oracle_fail(&counters->lost, "order %u was acknowledged, and is answered: %s %lld", request->order, answer->word,
                    (long long)answer->id);
}

/* A shopper pays and cancels their own orders only. */
static void check_own(const struct request *request)
{
    u32 order = 0;
    ASSERT(request->command != NULL);
    if (request->command->kind == COMMAND_ORDER_CANCEL)
        order = ((const struct command_order_cancel *)request->command)->order;
    if (request->command->kind == COMMAND_ORDER_PAY)
        order = ((const struct command_order_pay *)request->command)->order;
    u32 shopper = oracle_order_shopper(order);
    if (shopper != 0 && shopper != CLIENT_SHOPPER)
        oracle_fail(&counters->untrue, "%s of order %u by somebody else's account is done",
                    command_info(request->command->kind)->word, order);
}

static void request_answered(struct clients *clients, struct request *request, const struct heard *answer, i64 now_ns)
{
    counters->answers++;
    if (answer->kind == ANSWER_BROKEN)
        oracle_fail(&counters->untrue, "an answer that is none, through door %d", request->last_door);
    if (request->command == NULL)
        look_answered(request, answer);
    else
        oracle_answered(caller_of(clients, request), request->key_bits, answer);
    if (answer->kind == ANSWER_LATER) {
        counters->later++;
        if (request->command != NULL && request->tries == 1 &&
            oracle_decided(caller_of(clients, request), request->key_bits) > 0)
            oracle_fail(&counters->untrue, "key %s is told that nothing was done, and it was decided", request->key);
        snprintf(request->ticket, sizeof(request->ticket), "%s", answer->ticket);
        request_return(clients, request, now_ns, MAX(answer->retry_s, (i64)0) * 1000000000);
        return;
    }
    bool done = answer->kind == ANSWER_DONE;
    if (done && request->person == PERSON_SHOPPER)
        check_own(request);
    request->accepted |= done;
    if (done && request->command != NULL && request->command->kind == COMMAND_ORDER_PLACE)
        clients->orders[clients->order_count++ % ORDERS_SEEN_MAX] = (u32)answer->id;
    request_finish(clients, request);
}

/* --- a connection --------------------------------------------------------------------------------------- */

static void client_leave(struct clients *clients, struct client *client, bool reset, i64 now_ns)
{
    if (client->conn != NULL)
        net_client_close(clients->net, client->conn, reset);
    client->conn = NULL;
    client->input.size = 0;
    for (u32 i = 0; i < client->count; i++)
        if (client->asked[i] != NONE)
            request_return(clients, &clients->requests[client->asked[i]], now_ns,
                           (i64)prng_below(&clients->prng, (u64)clients->options.patience_ns));
    client->count = 0;
    client->wake_ns = now_ns + (i64)prng_below(&clients->prng, (u64)clients->options.think_max_ns + 1);
}

/* Reads the answers that are whole. False: the connection ends behind them. */
static bool client_hear(struct clients *clients, struct client *client, i64 now_ns)
{
    size_t at = 0;
    bool goes_on = true;
    while (client->count > 0 && goes_on) {
        struct heard answer;
        size_t left = client->input.size - at;
        const char *bytes = left == 0 ? "" : client->input.bytes + at;
        size_t size = left == 0 ? 0
                      : client->door == DOOR_HTTP ? speak_read_http(&answer, bytes, left)
                                                  : speak_read_resp(&answer, bytes, left);
        if (size == 0)
            break;
        at += size;
        u32 index = client->asked[0];
        memmove(client->asked, client->asked + 1, --client->count * sizeof(client->asked[0]));
        if (index != NONE)
            request_answered(clients, &clients->requests[index], &answer, now_ns);
        else if (answer.kind != ANSWER_DONE)
            oracle_fail(&counters->untrue, "a good key is answered: %s", answer.word);
        goes_on = !answer.closes;
    }
    buffer_drop(&client->input, at);
    if (client->count == 0 && client->input.size > 0 && goes_on)
        oracle_fail(&counters->untrue, "%zu bytes that nobody has asked for: %.60s", client->input.size,
                    client->input.bytes);
    return goes_on;
}

/* In good times the server closes no connection on which something is asked, and answers soon. */
static void client_check_good(const struct clients *clients, const struct client *client, bool closed, i64 now_ns)
{
    if (client->slow || client->cut || client->conn->cut || client->count == 0 || clients->good_ns > now_ns)
        return;
    if (closed && client->born_ns > clients->good_ns)
        oracle_fail(&counters->untrue, "a connection ends with %u requests unanswered, %lld us after they were asked",
                    client->count, (long long)(now_ns - client->asked_ns) / 1000);
    if (!closed && now_ns - MAX(MAX(client->asked_ns, client->heard_ns), clients->good_ns) > ANSWERED_NS)
        oracle_fail(&counters->stalled, "%u requests have no answer for %lld ms", client->count,
                    (long long)(now_ns - client->asked_ns) / 1000000);
}

static void client_listen(struct clients *clients, struct client *client, i64 now_ns)
{
    size_t before = client->input.size;
    size_t max = client->slow ? 1 + below(clients, 40) : SIZE_MAX;
    bool open = net_client_read(clients->net, client->conn, &client->input, max, now_ns);
    client->received += client->input.size - before;
    if (client->input.size > before)
        client->heard_ns = now_ns;
    bool gone = client->received >= client->vanish_received || (client->vanish_ns != 0 && now_ns >= client->vanish_ns);
    if (gone && !clients->calm) {
        counters->vanished++;
        client_leave(clients, client, client->vanish_reset, now_ns);
        return;
    }
    bool goes_on = client_hear(clients, client, now_ns); /* else it was told that it ends */
    if (goes_on)
        client_check_good(clients, client, !open, now_ns);
    open &= goes_on;
    if (!open || (client->count > 0 && now_ns >= client->deadline_ns)) {
        client_leave(clients, client, !open, now_ns);
        return;
    }
    if (client->slow && client->input.size > before)
        client->wake_ns = now_ns + 1000000;
}

/* --- asking ----------------------------------------------------------------------------------------------- */

static bool client_connect(struct clients *clients, struct client *client, enum door door, enum person person,
                           struct buffer *out, i64 now_ns)
{
    client->conn = net_connect(clients->net, door == DOOR_HTTP ? CLIENT_HTTP_PORT : CLIENT_RESP_PORT, now_ns);
    if (client->conn == NULL)
        return false;
    client->door = door;
    client->person = person;
    client->received = 0;
    client->born_ns = now_ns;
    client->slow = chance(clients, clients->options.slow_percent) && !clients->calm;
    if (door == DOOR_RESP) {
        const char *secret = clients->accounts[person].secret;
        buffer_format(out, "*2\r\n$4\r\nAUTH\r\n$%zu\r\n%s\r\n", strlen(secret), secret);
        client->asked[client->count++] = NONE;
    }
    return true;
}

/* Puts the request into `out`; false: it cannot be said through this door. */
static bool client_say(struct clients *clients, struct client *client, const struct request *request, bool last,
                       struct buffer *out)
{
    const struct sim_account *account = &clients->accounts[request->person];
    struct speak_http how = {
        .key = request->key, .secret = account->secret, .ticket = request->ticket, .role = account->role,
        .chunked = chance(clients, clients->options.chunked_percent), .closes = last,
    };
    if (request->command == NULL && client->door == DOOR_HTTP) {
        buffer_format(out, "GET /v1/orders/%u HTTP/1.1\r\nHost: eleven\r\nAuthorization: Bearer %s\r\n%s\r\n",
                      request->order, account->secret, last ? "Connection: close\r\n" : "");
    } else if (request->command == NULL) {
        char order[16];
        int size = snprintf(order, sizeof(order), "%u", request->order);
        buffer_format(out, "*2\r\n$9\r\nORDER.GET\r\n$%d\r\n%s\r\n", size, order);
    } else if (client->door == DOOR_HTTP) {
        return speak_http(out, request->command, &how);
    } else {
        speak_resp(out, request->command, request->key);
    }
    return true;
}

static void request_sent(struct request *request, enum door door)
{
    counters->requests_http += door == DOOR_HTTP;
    counters->requests_resp += door == DOOR_RESP;
    counters->retries += request->tries > 0;
    counters->crossed += request->tries > 0 && request->last_door != door;
    request->tries++;
    request->last_door = door;
    request->under_way = true;
}

/* Draws whether, and where, this pipeline of so many bytes ends early. Returns how much of it is sent. */
static size_t client_plan(struct clients *clients, struct client *client, size_t size, i64 now_ns)
{
    client->vanish_received = WITHOUT_END;
    client->vanish_ns = 0;
    client->asked_ns = now_ns;
    client->deadline_ns = now_ns + clients->options.patience_ns;
    if (clients->calm || !chance(clients, clients->options.vanish_percent))
        return size;
    client->vanish_reset = chance(clients, 50);
    u32 how = below(clients, 3);
    if (how == 0)
        client->vanish_received = client->received + below(clients, 400);
    else
        client->vanish_ns = now_ns + (i64)below(clients, 20) * 1000000;
    return how == 1 ? below(clients, (u32)size + 1) : size;
}

/* The door for a request: any that can say it. */
static enum door client_choose(struct clients *clients, const struct request *request)
{
    bool http = !request->resp_only && chance(clients, clients->options.http_percent);
    return http ? DOOR_HTTP : DOOR_RESP;
}

static u32 next_wish(struct clients *clients, enum person person, i64 now_ns)
{
    u32 index = request_again(clients, person, now_ns);
    if (index != NONE || person != PERSON_COUNT)
        return index;
    return request_make(clients, now_ns);
}

/* Takes up a pipeline of wishes of one person. */
static void client_ask(struct clients *clients, struct client *client, i64 now_ns)
{
    struct buffer out = {0};
    u32 depth = 1 + below(clients, clients->options.depth_max);
    u32 index = next_wish(clients, PERSON_COUNT, now_ns);
    client->wake_ns = now_ns + 1000000 + (i64)prng_below(&clients->prng, (u64)clients->options.think_max_ns + 1);
    if (clients->aimed_ns > now_ns)
        client->wake_ns = MIN(client->wake_ns, clients->aimed_ns);
    if (index == NONE)
        return;
    struct request *first = &clients->requests[index];
    enum door door = client_choose(clients, first);
    bool mixed = door == DOOR_HTTP && chance(clients, clients->options.mixed_percent);
    bool fits = client->conn != NULL && client->door == door && (mixed || client->person == first->person) &&
                chance(clients, 80);
    if (!fits && client->conn != NULL)
        client_leave(clients, client, false, now_ns);
    if (!fits && !client_connect(clients, client, door, first->person, &out, now_ns))
        return;
    u32 closes = door == DOOR_HTTP && chance(clients, clients->options.close_percent) ? below(clients, depth) : NONE;
    for (u32 i = 0; i < depth && index != NONE; i++) {
        struct request *request = &clients->requests[index];
        if (client_say(clients, client, request, i == closes, &out)) {
            request_sent(request, client->door);
            client->asked[client->count++] = index;
        } else {
            request->resp_only = request->command != NULL;
            request->next_ns = now_ns + RETRY_MIN_NS;
        }
        index = chance(clients, 70) ? request_make(clients, now_ns) : NONE;
        if (index == NONE || (!mixed && clients->requests[index].person != client->person))
            index = next_wish(clients, mixed ? PERSON_COUNT : client->person, now_ns);
    }
    size_t size = client_plan(clients, client, out.size, now_ns);
    client->cut = size < out.size;
    net_client_write(clients->net, client->conn, out.bytes, size, now_ns);
    buffer_free(&out);
}

i64 clients_act(struct clients *clients, i64 now_ns)
{
    i64 next_ns = INT64_MAX;
    for (u32 i = 0; i < clients->options.clients; i++) {
        struct client *client = &clients->all[i];
        if (client->conn != NULL)
            client_listen(clients, client, now_ns);
        if (client->count == 0 && now_ns >= client->wake_ns && !clients_done(clients))
            client_ask(clients, client, now_ns);
        if (client->count == 0 ? !clients_done(clients) : client->wake_ns > now_ns)
            next_ns = MIN(next_ns, MAX(client->wake_ns, now_ns + 1));
        if (client->count > 0)
            next_ns = MIN(next_ns, client->deadline_ns);
        if (client->count > 0 && client->vanish_ns > now_ns)
            next_ns = MIN(next_ns, client->vanish_ns);
    }
    return next_ns;
}

/* --- the end of a world ------------------------------------------------------------------------------------- */

void clients_good_since(struct clients *clients, i64 since_ns)
{
    clients->good_ns = since_ns;
}

void clients_calm(struct clients *clients)
{
    clients->calm = true;
    for (u32 i = 0; i < clients->options.clients; i++)
        clients->all[i].slow = false;
}

bool clients_done(const struct clients *clients)
{
    bool wants = !clients->calm && clients->made < clients->options.requests && clients->request_count < REQUESTS_MAX;
    return !wants && clients->finished == clients->request_count;
}

void clients_ask_again(struct clients *clients)
{
    for (u32 i = 0; i < clients->request_count; i++) {
        struct request *request = &clients->requests[i];
        if (!request->accepted || request->command == NULL ||
            !oracle_accepted(caller_of(clients, request), request->key_bits))
            continue;
        ASSERT(request->finished);
        request->finished = request->under_way = false;
        request->next_ns = 0;
        clients->finished--;
    }
    clients->open_from = 0;
}

void clients_describe(const struct clients *clients, FILE *file)
{
    for (u32 i = 0; i < clients->request_count; i++) {
        const struct request *request = &clients->requests[i];
        if (!request->finished)
            fprintf(file, "  waits: %s key %s, %u tries, %s\n",
                    request->command == NULL ? "a look" : command_info(request->command->kind)->word, request->key,
                    request->tries, request->under_way ? "under way" : "to be tried again");
    }
}
