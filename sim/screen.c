#include "sim/screen.h"

#include "sim/client.h"

#include <stdlib.h>

#define AGAIN_NS ((i64)200000000)       /* to the next try to connect */
#define SLOW_NS ((i64)3000000000)       /* a slow one looks so seldom */
#define EVENT_MAX ((size_t)64 << 10)

void screens_init(struct screens *screens, u64 seed, u32 count, struct net *net)
{
    *screens = (struct screens){.net = net, .count = MIN(count, SCREENS_MAX)};
    prng_seed(&screens->prng, seed);
    for (u32 i = 0; i < screens->count; i++)
        screens->of[i].slow = prng_chance(&screens->prng, 1, 3);
}

static void screen_off(struct screens *screens, struct screen *screen)
{
    if (screen->conn != NULL)
        net_client_close(screens->net, screen->conn, true);
    screen->conn = NULL;
    screen->input.size = 0;
}

void screens_free(struct screens *screens)
{
    for (u32 i = 0; i < screens->count; i++) {
        screen_off(screens, &screens->of[i]);
        buffer_free(&screens->of[i].input);
    }
}

static void screen_on(struct screens *screens, struct screen *screen, i64 now_ns)
{
    char request[96];
    screen->conn = net_connect(screens->net, CLIENT_HTTP_PORT, now_ns);
    if (screen->conn == NULL)
        return;
    screen->festival = 1 + (u32)prng_below(&screens->prng, 3);
    screen->seq = 0;
    int size = snprintf(request, sizeof(request), "GET /v1/festivals/%%23%u/events HTTP/1.1\r\nHost: eleven\r\n\r\n",
                        screen->festival);
    net_client_write(screens->net, screen->conn, request, (size_t)size, now_ns);
}

static i64 number_behind(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at == NULL ? -1 : strtoll(at + strlen(name), NULL, 10);
}

/* One event, as text. */
static void screen_show(struct screen *screen, const char *text)
{
    if (strstr(text, "event: total") == NULL)
        return;
    struct screen_total total = {
        .paid_minor = number_behind(text, "\"paid_minor\":"),
        .held_minor = number_behind(text, "\"held_minor\":"),
        .orders = number_behind(text, "\"orders\":"),
    };
    i64 seq = number_behind(text, "\"seq\":");
    if (seq < 0 || (u64)seq < screen->seq)
        oracle_fail(&counters->untrue, "a screen went back from %llu to %lld", (unsigned long long)screen->seq,
                    (long long)seq);
    screen->seq = (u64)seq;
    counters->screens++;
    oracle_shown(screen->festival, screen->seq, &total);
}

/* Shows the events that are whole, and forgets them. */
static void screen_hear(struct screen *screen)
{
    static char text[EVENT_MAX + 1];
    for (;;) {
        struct buffer *input = &screen->input;
        const char *end = input->size == 0 ? NULL : memmem(input->bytes, input->size, "\n\n", 2);
        if (end == NULL)
            return;
        size_t size = (size_t)(end - input->bytes);
        memcpy(text, input->bytes, MIN(size, EVENT_MAX));
        text[MIN(size, EVENT_MAX)] = 0;
        buffer_drop(input, size + 2);
        screen_show(screen, text);
    }
}

static void screen_act(struct screens *screens, struct screen *screen, i64 now_ns)
{
    if (screen->conn == NULL && now_ns >= screen->wake_ns) {
        screen_on(screens, screen, now_ns);
        screen->wake_ns = now_ns + AGAIN_NS;
    }
    if (screen->conn == NULL || (screen->slow && now_ns < screen->wake_ns))
        return;
    bool open = net_client_read(screens->net, screen->conn, &screen->input, SIZE_MAX, now_ns);
    screen_hear(screen);
    screen->wake_ns = now_ns + (screen->slow ? SLOW_NS : AGAIN_NS);
    bool refused = screen->input.size >= 12 && memcmp(screen->input.bytes, "HTTP/1.1 404", 12) == 0;
    if (!open || refused || screen->input.size > EVENT_MAX)
        screen_off(screens, screen);
}

i64 screens_act(struct screens *screens, i64 now_ns)
{
    i64 next_ns = INT64_MAX;
    for (u32 i = 0; i < screens->count; i++) {
        screen_act(screens, &screens->of[i], now_ns);
        if (screens->of[i].wake_ns > now_ns)
            next_ns = MIN(next_ns, screens->of[i].wake_ns);
    }
    return next_ns;
}
