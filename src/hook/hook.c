#include "hook/hook.h"

#include "hook/internal.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HOOK_RETRY_BASE_MS 5000

const char *hook_status_word(enum hook_status status)
{
    static const char *const words[] = {
#define STATUS(NAME, word, sentence) word,
        HOOK_STATUSES(STATUS)
#undef STATUS
    };
    ASSERT((unsigned)status < ARRAY_COUNT(words));
    return words[status];
}

const char *hook_status_sentence(enum hook_status status)
{
    static const char *const sentences[] = {
#define STATUS(NAME, word, sentence) sentence,
        HOOK_STATUSES(STATUS)
#undef STATUS
    };
    ASSERT((unsigned)status < ARRAY_COUNT(sentences));
    return sentences[status];
}

static i64 hook_clock_ms(clockid_t clock)
{
    struct timespec now;
    int code = clock_gettime(clock, &now);
    ASSERT(code == 0);
    return (i64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

i64 hook_monotonic_ms(void)
{
    return hook_clock_ms(CLOCK_MONOTONIC);
}

static i64 hook_wall_ms(void)
{
    return hook_clock_ms(CLOCK_REALTIME);
}

void hook_wake(struct hook *hook)
{
    curl_multi_wakeup(hook->multi);
}

bool hook_uncommitted(struct hook *hook)
{
    if (hook->commit_ms != 0)
        return false;
    hook->commit_ms = hook_monotonic_ms();
    return true;
}

void hook_wants(struct hook *hook)
{
    u32 wanted = 0;
    for (size_t i = 0; i < HOOK_ENDPOINTS_MAX; i++)
        if (hook->endpoints[i].id != 0 && hook->endpoints[i].enabled)
            wanted |= hook->endpoints[i].events;
    __atomic_store_n(&hook->wanted, wanted, __ATOMIC_RELEASE);
}

void hook_id(const struct hook *hook, u64 number, char id[HOOK_ID_MAX])
{
    snprintf(id, HOOK_ID_MAX, "evt_%s_%llu_%u", hook->shop, (unsigned long long)(number / HOOK_PLACES),
             (unsigned)(number % HOOK_PLACES));
}

/* --- open and close ------------------------------------------------------------------------ */

static void hook_global(void)
{
    int code = sodium_init();
    ASSERT(code >= 0);
    CURLcode curl = curl_global_init(CURL_GLOBAL_DEFAULT);
    ASSERT(curl == CURLE_OK);
}

static void hook_free(struct hook *hook)
{
    hook_store_close(hook);
    if (hook->multi != NULL)
        curl_multi_cleanup(hook->multi);
    pthread_mutex_destroy(&hook->lock);
    free(hook->arena);
    buffer_free(&hook->body);
    free(hook);
}

/* Signals are for other threads. (One of them is SIGPIPE, from a receiver that hangs up.) */
static bool hook_start(struct hook *hook)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&hook->thread, NULL, hook_deliver, hook);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0;
}

bool hook_open(struct hook **opened, const struct hook_options *options, char *problem)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    *opened = NULL;
    ASSERT(options->retry_base_ms >= 0 && options->timeout_ms >= 0);
    pthread_once(&once, hook_global);
    struct hook *hook = calloc(1, sizeof(*hook));
    if (hook == NULL) {
        snprintf(problem, HOOK_PROBLEM_MAX, "no memory for webhooks");
        return false;
    }
    hook->allow_private = options->allow_private;
    hook->retry_base_ms = options->retry_base_ms > 0 ? options->retry_base_ms : HOOK_RETRY_BASE_MS;
    hook->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : HOOK_TIMEOUT_MS;
    hook->events_max = options->events_max > 0 ? options->events_max : HOOK_EVENTS_MAX;
    hook->now_ms = options->now_ms != NULL ? options->now_ms : hook_wall_ms;
    pthread_mutex_init(&hook->lock, NULL);
    hook->arena = malloc(HOOK_ARENA_BYTES);
    hook->multi = curl_multi_init();
    hook->committed_ms = hook_monotonic_ms();
    bool good = hook->arena != NULL && hook->multi != NULL;
    if (!good)
        snprintf(problem, HOOK_PROBLEM_MAX, "no memory for webhooks");
    good = good && hook_store_open(hook, options->directory, problem);
    if (good) {
        hook_wants(hook);
        good = hook_start(hook);
        if (!good)
            snprintf(problem, HOOK_PROBLEM_MAX, "no thread for webhooks");
    }
    if (!good) {
        hook_free(hook);
        return false;
    }
    *opened = hook;
    return true;
}

void hook_close(struct hook *hook)
{
    pthread_mutex_lock(&hook->lock);
    hook->stop = true;
    pthread_mutex_unlock(&hook->lock);
    hook_wake(hook);
    pthread_join(hook->thread, NULL);
    hook_free(hook);
}

u64 hook_seq(struct hook *hook)
{
    return __atomic_load_n(&hook->durable_seq, __ATOMIC_ACQUIRE);
}

const char *hook_problem(const struct hook *hook)
{
    if (__atomic_load_n(&hook->stalled, __ATOMIC_ACQUIRE))
        return "webhooks stand still until the next start: their database could not be written";
    return __atomic_load_n(&hook->problem, __ATOMIC_ACQUIRE);
}

/* --- endpoints ----------------------------------------------------------------------------- */

static struct endpoint *hook_find(struct hook *hook, u32 id)
{
    for (size_t i = 0; id != 0 && i < HOOK_ENDPOINTS_MAX; i++)
        if (hook->endpoints[i].id == id)
            return &hook->endpoints[i];
    return NULL;
}

/* Under the lock. A place is free when nothing of an endpoint before is in flight, or all others are taken. */
static struct endpoint *hook_place(struct hook *hook)
{
    struct endpoint *place = NULL;
    for (size_t i = 0; i < HOOK_ENDPOINTS_MAX; i++)
        if (hook->endpoints[i].id == 0 && (place == NULL || !hook->jobs[i].busy))
            place = &hook->endpoints[i];
    return place;
}

/* Under the lock: the changed copy is written down, and then holds. */
static enum hook_status hook_take(struct hook *hook, struct endpoint *endpoint, const struct endpoint *changed)
{
    if (!hook_store_change(hook, changed))
        return HOOK_FAILED;
    *endpoint = *changed;
    hook_wants(hook);
    return HOOK_OK;
}

enum hook_status hook_add(struct hook *hook, struct slice url, u32 events, char *secret, u32 *id)
{
    if (!hook_guard_url(url, hook->allow_private))
        return HOOK_BAD_URL;
    if (events == 0 || events >> HOOK_EVENT_COUNT != 0)
        return HOOK_BAD_EVENTS;
    struct endpoint added = {.events = events, .enabled = true, .made_ms = hook->now_ms()};
    memcpy(added.url, url.bytes, url.size);
    hook_sign_key(added.key);
    pthread_mutex_lock(&hook->lock);
    struct endpoint *place = hook_place(hook);
    enum hook_status status = place == NULL ? HOOK_FULL : HOOK_FAILED;
    added.cursor = __atomic_load_n(&hook->seen_seq, __ATOMIC_ACQUIRE) * HOOK_PLACES + (HOOK_PLACES - 1);
    if (place != NULL && hook_store_add(hook, &added)) {
        *place = added;
        hook_wants(hook);
        hook_sign_secret(added.key, secret);
        *id = added.id;
        status = HOOK_OK;
    }
    pthread_mutex_unlock(&hook->lock);
    sodium_memzero(added.key, sizeof(added.key));
    return status;
}

enum hook_status hook_rotate(struct hook *hook, u32 id, char *secret)
{
    pthread_mutex_lock(&hook->lock);
    struct endpoint *endpoint = hook_find(hook, id);
    enum hook_status status = HOOK_NOT_FOUND;
    if (endpoint != NULL) {
        struct endpoint changed = *endpoint;
        memcpy(changed.old_key, changed.key, sizeof(changed.old_key));
        changed.old_until_ms = hook->now_ms() + HOOK_SECRET_OVERLAP_MS;
        hook_sign_key(changed.key);
        status = hook_take(hook, endpoint, &changed);
        if (status == HOOK_OK)
            hook_sign_secret(changed.key, secret);
    }
    pthread_mutex_unlock(&hook->lock);
    return status;
}

enum hook_status hook_enable(struct hook *hook, u32 id, bool enabled)
{
    pthread_mutex_lock(&hook->lock);
    struct endpoint *endpoint = hook_find(hook, id);
    enum hook_status status = endpoint == NULL ? HOOK_NOT_FOUND : HOOK_OK;
    if (endpoint != NULL && endpoint->enabled != enabled) {
        struct endpoint changed = *endpoint;
        changed.enabled = enabled;
        if (enabled) {
            changed.attempts = 0;
            changed.next_try_ms = 0;
            changed.failing_since_ms = 0;
            changed.last_error[0] = '\0';
        }
        status = hook_take(hook, endpoint, &changed);
    }
    pthread_mutex_unlock(&hook->lock);
    hook_wake(hook);
    return status;
}

enum hook_status hook_remove(struct hook *hook, u32 id)
{
    pthread_mutex_lock(&hook->lock);
    struct endpoint *endpoint = hook_find(hook, id);
    enum hook_status status = endpoint == NULL ? HOOK_NOT_FOUND : HOOK_FAILED;
    if (endpoint != NULL && hook_store_remove(hook, id)) {
        sodium_memzero(endpoint, sizeof(*endpoint));
        hook_wants(hook);
        status = HOOK_OK;
    }
    pthread_mutex_unlock(&hook->lock);
    hook_wake(hook);
    return status;
}

static void hook_show(struct hook *hook, const struct endpoint *endpoint, struct hook_endpoint *shown)
{
    bool waits = endpoint->waiting > 0 || endpoint->again_cursor < endpoint->again_through;
    *shown = (struct hook_endpoint){
        .id = endpoint->id,
        .events = endpoint->events,
        .enabled = endpoint->enabled,
        .made_ms = endpoint->made_ms,
        .delivered = endpoint->delivered,
        .waiting = endpoint->waiting,
        .dead = endpoint->dead,
        .lost = endpoint->lost,
        .next_try_ms = waits && endpoint->enabled ? MAX(endpoint->next_try_ms, hook->now_ms()) : 0,
    };
    memcpy(shown->url, endpoint->url, sizeof(shown->url));
    memcpy(shown->last_error, endpoint->last_error, sizeof(shown->last_error));
}

enum hook_status hook_get(struct hook *hook, u32 id, struct hook_endpoint *shown)
{
    pthread_mutex_lock(&hook->lock);
    const struct endpoint *endpoint = hook_find(hook, id);
    if (endpoint != NULL)
        hook_show(hook, endpoint, shown);
    pthread_mutex_unlock(&hook->lock);
    return endpoint != NULL ? HOOK_OK : HOOK_NOT_FOUND;
}

/* The endpoint with the lowest id above `after`; NULL: none. */
static const struct endpoint *hook_following(const struct hook *hook, u32 after)
{
    const struct endpoint *next = NULL;
    for (size_t i = 0; i < HOOK_ENDPOINTS_MAX; i++) {
        const struct endpoint *endpoint = &hook->endpoints[i];
        if (endpoint->id > after && (next == NULL || endpoint->id < next->id))
            next = endpoint;
    }
    return next;
}

size_t hook_list(struct hook *hook, struct hook_endpoint *endpoints, size_t max)
{
    size_t count = 0;
    const struct endpoint *endpoint = NULL;
    pthread_mutex_lock(&hook->lock);
    while (count < max && (endpoint = hook_following(hook, endpoint == NULL ? 0 : endpoint->id)) != NULL)
        hook_show(hook, endpoint, &endpoints[count++]);
    pthread_mutex_unlock(&hook->lock);
    return count;
}

/* --- dead letters -------------------------------------------------------------------------- */

size_t hook_letters(struct hook *hook, u32 id, u64 after, struct hook_letter *letters, size_t max)
{
    size_t count = 0;
    pthread_mutex_lock(&hook->lock);
    if (hook_find(hook, id) != NULL)
        count = hook_store_letters(hook, id, after, letters, max);
    pthread_mutex_unlock(&hook->lock);
    return count;
}

enum hook_status hook_redeliver(struct hook *hook, u32 id)
{
    pthread_mutex_lock(&hook->lock);
    struct endpoint *endpoint = hook_find(hook, id);
    enum hook_status status = endpoint == NULL ? HOOK_NOT_FOUND : HOOK_OK;
    if (endpoint != NULL) {
        struct endpoint changed = *endpoint;
        changed.again_cursor = 0;
        changed.again_through = hook_store_last_letter(hook, id);
        changed.next_try_ms = 0; /* somebody has mended something: what waits, too */
        status = hook_take(hook, endpoint, &changed);
    }
    pthread_mutex_unlock(&hook->lock);
    hook_wake(hook);
    return status;
}
