/*
 * The thread that delivers: one curl multi handle, one easy handle per endpoint with its connection kept, at
 * most one event in flight for each. Under the lock it only takes the next event and notes what came of the
 * last one; it also commits what the follower collected once that is HOOK_COMMIT_MS old.
 *
 * An answer is its status: bodies are thrown away, redirects are failures. 2xx moves the cursor, 410 disables
 * the endpoint, all else is tried again by the schedule and in the end becomes a dead letter.
 */
#include "hook/internal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define DELIVER_CONNECT_MS 5000
#define DELIVER_ANSWER_MAX ((size_t)64 * 1024) /* of a body; a longer one is cut off */
#define DELIVER_POLL_MS 1000                /* looks around at least this often */
#define DELIVER_CLOSE_MS 1000               /* what is in flight may end */
#define DELIVER_PROBLEM_MS 1000             /* after the database failed */
#define DELIVER_NICE 10                     /* gives way to the sale */
#define DELIVER_WAIT_MAX_MS ((i64)24 * 3600 * 1000) /* a wait beyond any of the schedule: the clock was set back */

static const u32 schedule[] = {1, 6, 60, 360, 1800, 3600, 7200, 14400}; /* x retry_base_ms */

/* --- one request --------------------------------------------------------------------------- */

static size_t deliver_discard(char *bytes, size_t size, size_t count, void *argument)
{
    struct job *job = argument;
    (void)bytes;
    job->answered += size * count;
    return job->answered <= DELIVER_ANSWER_MAX ? size * count : 0; /* 0: ends the transfer */
}

/* The one place where a connection begins: looks at the address itself, whatever name it came from. */
static curl_socket_t deliver_socket(void *argument, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct job *job = argument;
    if (purpose != CURLSOCKTYPE_IPCXN || !hook_guard_address(&address->addr, job->plain, job->allow_private)) {
        job->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool deliver_header(struct job *job, const char *header)
{
    struct curl_slist *headers = curl_slist_append(job->headers, header);
    if (headers == NULL)
        return false;
    job->headers = headers;
    return true;
}

static bool deliver_headers(const struct hook *hook, const struct endpoint *endpoint, struct job *job)
{
    char id[HOOK_ID_MAX], line[2 * HOOK_SIGNATURE_MAX + 64];
    char signature[HOOK_SIGNATURE_MAX], old[HOOK_SIGNATURE_MAX] = "";
    i64 now_ms = hook->now_ms();
    struct slice body = slice_of(job->body, job->body_size);
    hook_id(hook, job->number, id);
    hook_sign(signature, endpoint->key, id, now_ms / 1000, body);
    if (now_ms < endpoint->old_until_ms)
        hook_sign(old, endpoint->old_key, id, now_ms / 1000, body);
    bool good = deliver_header(job, "content-type: application/json") && deliver_header(job, "expect:");
    snprintf(line, sizeof(line), "webhook-id: %s", id);
    good = good && deliver_header(job, line);
    snprintf(line, sizeof(line), "webhook-timestamp: %lld", (long long)(now_ms / 1000));
    good = good && deliver_header(job, line);
    snprintf(line, sizeof(line), "webhook-signature: %s%s%s", signature, old[0] != '\0' ? " " : "", old);
    return good && deliver_header(job, line);
}

#define SET(option, value) (good = good && curl_easy_setopt(easy, option, value) == CURLE_OK)

static bool deliver_options(struct job *job, const char *url)
{
    CURL *easy = job->easy;
    bool good = true;
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, job->allow_private ? "http,https" : "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, ""); /* none, whatever the environment says: it would connect for us, unguarded */
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_OPENSOCKETFUNCTION, deliver_socket);
    SET(CURLOPT_OPENSOCKETDATA, job);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_TIMEOUT_MS, (long)job->timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)DELIVER_CONNECT_MS);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* a name server that is silent delays nobody else */
    SET(CURLOPT_USERAGENT, "Eleven-Webhooks/1");
    SET(CURLOPT_HTTPHEADER, job->headers);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)job->body_size);
    SET(CURLOPT_POSTFIELDS, job->body);
    SET(CURLOPT_WRITEFUNCTION, deliver_discard);
    SET(CURLOPT_WRITEDATA, job);
    SET(CURLOPT_PRIVATE, job);
    return good;
}

static void deliver_clear(struct job *job)
{
    CURL *easy = job->easy;
    curl_slist_free_all(job->headers);
    free(job->body);
    *job = (struct job){.easy = easy};
}

/* Under the lock: the endpoint's next event goes out. False: nothing waits, or there is no memory. */
static bool deliver_start(struct hook *hook, struct endpoint *endpoint, struct job *job)
{
    bool found = hook_store_next(hook, endpoint, job);
    if (!job->letter && endpoint->again_through != 0) { /* all letters were tried */
        endpoint->again_cursor = endpoint->again_through = 0;
        endpoint->dirty = true;
        hook_uncommitted(hook);
    }
    if (!found) {
        deliver_clear(job);
        return false;
    }
    if (!job->letter && endpoint->head != job->number) {
        endpoint->head = job->number;
        endpoint->attempts = 0;
    }
    job->endpoint = endpoint->id;
    job->plain = hook_guard_plain(endpoint->url);
    job->allow_private = hook->allow_private;
    job->timeout_ms = hook->timeout_ms;
    if (job->easy == NULL)
        job->easy = curl_easy_init();
    else
        curl_easy_reset(job->easy); /* keeps its connection */
    if (job->easy == NULL || !deliver_headers(hook, endpoint, job) || !deliver_options(job, endpoint->url)
        || curl_multi_add_handle(hook->multi, job->easy) != CURLM_OK) {
        deliver_clear(job);
        return false;
    }
    job->busy = true;
    return true;
}

/* --- what came of it ----------------------------------------------------------------------- */

struct outcome {
    long status;            /* of HTTP; 0: no answer */
    i64 retry_after_ms;     /* 0: none */
    char error[HOOK_ERROR_MAX];
};

static struct outcome deliver_outcome(struct job *job, CURLcode code)
{
    struct outcome outcome = {0};
    curl_off_t retry_after = 0;
    bool cut_off = code == CURLE_WRITE_ERROR && job->answered > DELIVER_ANSWER_MAX;
    if (code == CURLE_OK || cut_off)
        curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &outcome.status);
    if (outcome.status == 429 || outcome.status == 503)
        curl_easy_getinfo(job->easy, CURLINFO_RETRY_AFTER, &retry_after);
    outcome.retry_after_ms = MIN((i64)MAX(retry_after, 0), HOOK_RETRY_AFTER_MAX_MS / 1000) * 1000;
    if (outcome.status != 0)
        snprintf(outcome.error, sizeof(outcome.error), "answered with status %ld", outcome.status);
    else if (job->refused)
        snprintf(outcome.error, sizeof(outcome.error), "address refused: not a public one");
    else
        snprintf(outcome.error, sizeof(outcome.error), "%s", curl_easy_strerror(code));
    return outcome;
}

static i64 deliver_wait_ms(const struct hook *hook, u32 attempts, i64 retry_after_ms)
{
    ASSERT(attempts >= 1 && attempts <= ARRAY_COUNT(schedule));
    i64 wait_ms = hook->retry_base_ms * schedule[attempts - 1];
    u32 jitter = randombytes_uniform(401); /* in thousandths, 0.8 to 1.2 */
    wait_ms = wait_ms * (800 + jitter) / 1000;
    return MAX(wait_ms, retry_after_ms);
}

static void deliver_good(struct endpoint *endpoint)
{
    endpoint->delivered++;
    endpoint->attempts = 0;
    endpoint->next_try_ms = 0;
    endpoint->failing_since_ms = 0;
    endpoint->last_error[0] = '\0';
}

/* An endpoint that fails: tells since when, and disables one that is gone. */
static void deliver_bad(struct hook *hook, struct endpoint *endpoint, const struct outcome *outcome)
{
    i64 now_ms = hook->now_ms();
    const char *disabled = "";
    if (endpoint->failing_since_ms == 0)
        endpoint->failing_since_ms = now_ms;
    if (outcome->status == 410)
        disabled = "disabled: gone; ";
    else if (now_ms - endpoint->failing_since_ms >= HOOK_FAILING_MAX_MS)
        disabled = "disabled: failing for 5 days; ";
    if (disabled[0] != '\0') {
        endpoint->enabled = false;
        hook_wants(hook);
    }
    snprintf(endpoint->last_error, sizeof(endpoint->last_error), "%.40s%.80s", disabled, outcome->error);
}

static void deliver_settle_letter(struct hook *hook, struct endpoint *endpoint, const struct job *job,
                                  const struct outcome *outcome)
{
    bool good = outcome->status >= 200 && outcome->status < 300;
    endpoint->again_cursor = job->number;
    if (good)
        deliver_good(endpoint);
    else
        deliver_bad(hook, endpoint, outcome);
    if (outcome->status == 0 || outcome->status == 410 || outcome->status == 429 || outcome->status == 503) {
        endpoint->again_cursor = endpoint->again_through = 0; /* it is the endpoint, not the letter */
        endpoint->next_try_ms = hook->now_ms() + MAX(hook->retry_base_ms, outcome->retry_after_ms);
    }
    hook_store_letter(hook, endpoint, job, good ? NULL : outcome->error);
}

static void deliver_settle(struct hook *hook, struct endpoint *endpoint, const struct job *job,
                           const struct outcome *outcome)
{
    if (outcome->status >= 200 && outcome->status < 300) {
        deliver_good(endpoint);
        endpoint->cursor = job->number;
        endpoint->waiting -= MIN(1, endpoint->waiting);
        return;
    }
    deliver_bad(hook, endpoint, outcome);
    if (outcome->status == 410) /* waits until people enable the endpoint again */
        return;
    endpoint->attempts++;
    if (endpoint->attempts <= ARRAY_COUNT(schedule)) {
        endpoint->next_try_ms =
            hook->now_ms() + deliver_wait_ms(hook, endpoint->attempts, outcome->retry_after_ms);
        return;
    }
    if (!hook_store_bury(hook, endpoint, job->number)) { /* tried again, and then buried */
        endpoint->attempts = ARRAY_COUNT(schedule);
        endpoint->next_try_ms = hook->now_ms() + hook->retry_base_ms;
    }
}

/* Takes in what has ended. Returns how many. */
static unsigned deliver_collect(struct hook *hook)
{
    int left;
    unsigned count = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(hook->multi, &left)) != NULL) {
        struct job *job = NULL;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&job);
        ASSERT(job != NULL && job->busy && job->easy == easy);
        struct outcome outcome = deliver_outcome(job, code);
        curl_multi_remove_handle(hook->multi, easy);
        pthread_mutex_lock(&hook->lock);
        struct endpoint *endpoint = &hook->endpoints[job - hook->jobs];
        if (endpoint->id == job->endpoint) { /* else it was removed meanwhile */
            endpoint->dirty = true;
            if (job->letter)
                deliver_settle_letter(hook, endpoint, job, &outcome);
            else
                deliver_settle(hook, endpoint, job, &outcome);
            hook_uncommitted(hook);
        }
        deliver_clear(job);
        pthread_mutex_unlock(&hook->lock);
        count++;
    }
    return count;
}

/* --- the thread ---------------------------------------------------------------------------- */

/* Under the lock: starts what is due. Returns ms until the next thing is. */
static i64 deliver_due(struct hook *hook)
{
    i64 now_ms = hook->now_ms(), wait_ms = DELIVER_POLL_MS;
    for (size_t i = 0; i < HOOK_ENDPOINTS_MAX; i++) {
        struct endpoint *endpoint = &hook->endpoints[i];
        if (endpoint->id == 0 || !endpoint->enabled || hook->jobs[i].busy)
            continue;
        i64 ahead_ms = endpoint->next_try_ms - now_ms;
        bool again = endpoint->again_through != 0; /* people asked for it: at once */
        if (!again && ahead_ms > 0 && ahead_ms < MAX(DELIVER_WAIT_MAX_MS, hook->retry_base_ms * 14400 * 2))
            wait_ms = MIN(wait_ms, ahead_ms);
        else if (again || endpoint->waiting > 0)
            deliver_start(hook, endpoint, &hook->jobs[i]);
    }
    return wait_ms;
}

/* Under the lock: commits what is old enough. Returns ms until the next commit. */
static i64 deliver_commit(struct hook *hook, bool now)
{
    i64 clock_ms = hook_monotonic_ms(), due_ms = hook->committed_ms + HOOK_POSITION_MS;
    if (hook->commit_ms != 0)
        due_ms = MIN(due_ms, hook->commit_ms + HOOK_COMMIT_MS);
    else if (__atomic_load_n(&hook->seen_seq, __ATOMIC_ACQUIRE) == hook->durable_seq)
        return DELIVER_POLL_MS;
    if (!now && clock_ms < due_ms)
        return due_ms - clock_ms;
    if (hook_store_flush(hook))
        return DELIVER_POLL_MS;
    if (hook->commit_ms != 0) /* not at once: the disk may be full */
        hook->commit_ms = clock_ms + DELIVER_PROBLEM_MS - HOOK_COMMIT_MS;
    hook->committed_ms = clock_ms + DELIVER_PROBLEM_MS - HOOK_POSITION_MS;
    return DELIVER_PROBLEM_MS;
}

static bool deliver_busy(const struct hook *hook)
{
    for (size_t i = 0; i < HOOK_ENDPOINTS_MAX; i++)
        if (hook->jobs[i].busy)
            return true;
    return false;
}

static void deliver_end(struct hook *hook)
{
    pthread_mutex_lock(&hook->lock);
    for (size_t i = 0; i < HOOK_ENDPOINTS_MAX; i++) {
        struct job *job = &hook->jobs[i];
        if (job->busy)
            curl_multi_remove_handle(hook->multi, job->easy);
        deliver_clear(job);
        if (job->easy != NULL)
            curl_easy_cleanup(job->easy);
        job->easy = NULL;
    }
    deliver_commit(hook, true);
    pthread_mutex_unlock(&hook->lock);
}

void *hook_deliver(void *argument)
{
    struct hook *hook = argument;
    i64 stop_ms = 0;
    int running;
    setpriority(PRIO_PROCESS, (id_t)gettid(), DELIVER_NICE);
    for (;;) {
        pthread_mutex_lock(&hook->lock);
        if (hook->stop && stop_ms == 0)
            stop_ms = hook_monotonic_ms() + DELIVER_CLOSE_MS;
        i64 wait_ms = deliver_commit(hook, false);
        if (stop_ms == 0)
            wait_ms = MIN(wait_ms, deliver_due(hook));
        else
            wait_ms = MIN(wait_ms, DELIVER_CLOSE_MS / 10);
        if (hook->sweeping) {
            hook_store_sweep(hook);
            wait_ms = 0;
        }
        pthread_mutex_unlock(&hook->lock);
        if (stop_ms != 0 && (!deliver_busy(hook) || hook_monotonic_ms() >= stop_ms))
            break;
        curl_multi_perform(hook->multi, &running);
        if (deliver_collect(hook) == 0)
            curl_multi_poll(hook->multi, NULL, 0, (int)wait_ms, NULL);
    }
    deliver_end(hook);
    return NULL;
}
