/*
 * Everything that runs beside a sale, at once, on real files: the appender, segments made ahead, memory touched ahead,
 * snapshots, the views' follower and what it tells webhooks, questions to the views and to webhooks, and readers of the
 * journal. Each says what it must; under ThreadSanitizer (`make test-threads`) none may look at what another writes.
 *
 * The thread that appends is used on purpose: with it ThreadSanitizer sees who reads the bytes in flight. What io_uring
 * reads is read by the kernel, unseen; the contract (bytes stay untouched until reaped) is the journal's, and the same.
 */
#include "test/receiver.h"
#include "test/test_view_kit.h"

#include "hook/hook.h"
#include "node/reader.h"

#include <pthread.h>

#define COMMANDS 4000
#define SKUS 10
#define SEQ_MAX 8192u

static struct hook *hook;
static u32 endpoint;
static struct receiver receiver;
static u64 chains[SEQ_MAX];     /* atomic: by sequence number, the engine's running checksum of what it decided */
static u64 first_seq;           /* where the sale begins: of what was before only its end is in chains */
static u64 last_seq;            /* atomic: decided so far */
static bool over;               /* atomic */
static u64 readings, questions; /* atomic: how often the others got to it */

static bool is_over(void)
{
    return __atomic_load_n(&over, __ATOMIC_ACQUIRE);
}

/* --- the others: no cmocka assertion, which is for the main thread; each returns what is wrong ----------------------- */

/* Audits, again and again, as `eleven audit` would beside the sale. */
static void *read_journal(void *argument)
{
    (void)argument;
    while (!is_over()) {
        struct reader reader;
        if (reader_fill(&reader, folder, NULL, NULL) != JOURNAL_OK)
            return "a reader cannot read";
        u64 seq = engine_seq(reader.engine), chain = engine_chain(reader.engine);
        bool good = support_check(reader.engine);
        reader_close(&reader);
        if (seq > __atomic_load_n(&last_seq, __ATOMIC_ACQUIRE))
            return "a reader is ahead of the sale";
        if (!good || (seq >= first_seq && chain != __atomic_load_n(&chains[seq], __ATOMIC_ACQUIRE)))
            return "a reader decides otherwise";
        __atomic_fetch_add(&readings, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void *ask_views(void *argument)
{
    u32 ids[VIEW_PAGE_MAX];
    struct view_sku_sales rows[VIEW_PAGE_MAX];
    (void)argument;
    while (!is_over()) {
        u64 next;
        const char *wrong = NULL;
        struct view_search search = {.text = slice_text("thing"), .for_sale = true};
        size_t count = view_products(view, &search, ids, VIEW_PAGE_MAX, &next, &wrong);
        if (wrong != NULL || count > SKUS)
            return "a search";
        count = view_orders(view, &(struct view_order_filter){.shopper = 1}, ids, VIEW_PAGE_MAX);
        for (size_t i = 1; i < count; i++)
            if (ids[i] >= ids[i - 1])
                return "the order of orders";
        if (view_sku_sales(view, 1, 0, rows, VIEW_PAGE_MAX) > SKUS)
            return "sums of more SKUs than there are";
        if (view_seq(view) > __atomic_load_n(&last_seq, __ATOMIC_ACQUIRE) || view_problem(view) != NULL)
            return "the views are ahead, or stopped";
        __atomic_fetch_add(&questions, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void *ask_webhooks(void *argument)
{
    char secret[HOOK_SECRET_MAX];
    (void)argument;
    for (u32 i = 0; !is_over(); i++) {
        struct hook_endpoint seen;
        if (hook_get(hook, endpoint, &seen) != HOOK_OK || hook_problem(hook) != NULL)
            return "an endpoint";
        if (i % 50 == 0 && hook_rotate(hook, endpoint, secret) != HOOK_OK)
            return "a new secret";
        io.sleep_ms(io.context, 2);
    }
    return NULL;
}

/* --- the sale -------------------------------------------------------------------------------------------------- */

static void folder_begin(enum io_appender appender)
{
    struct config config;
    strcpy(folder, "/tmp/eleven-threads-XXXXXX");
    assert_non_null(mkdtemp(folder));
    int result = io_linux_open(&io, appender);
    if (result < 0) {
        rmdir(folder);
        print_message("io_uring is not allowed here (%d)\n", result);
        skip();
    }
    config_default(&config);
    support_limits(&config.limits);
    config.limits.orders = config.limits.lines = config.limits.answers = COMMANDS;
    config.journal_segment_bytes = CONFIG_SEGMENT_BYTES_MIN;
    assert_int_equal(config_create(folder, &config, &io), JOURNAL_OK);
    now_ms = SHOP_START;
    view = NULL;
}

static void sale_open(void)
{
    struct eleven_options options = {.directory = folder, .io = &io, .clock = ELEVEN_CLOCK_CALLER, .orders_ahead = 64,
                                     .snapshot_every_bytes = (u64)128 << 10, .snapshot_bytes_per_second = (u64)1 << 30};
    must(eleven_open(&eleven, &options, problem) == JOURNAL_OK, "eleven_open");
}

/* What has become durable is announced, as a door does. */
static void announce(bool wait)
{
    struct eleven_answer answers[64];
    while (eleven_poll(eleven, answers, ARRAY_COUNT(answers), wait) > 0)
        wait = false;
    assert_int_equal(eleven_status(eleven), JOURNAL_OK);
    view_durable(view, eleven_durable(eleven));
}

/* Decided, and on its way to the disk; nobody waits for it. */
static void submit(struct command_header *command)
{
    size_t taken;
    u64 ticket;
    command->time_ms = now_ms;
    while (eleven_submit(eleven, command, command->size, &taken, &ticket) == 0)
        announce(true);
    u64 seq = engine_seq(eleven_engine(eleven));
    assert_true(seq < SEQ_MAX);
    __atomic_store_n(&chains[seq], engine_chain(eleven_engine(eleven)), __ATOMIC_RELEASE);
    __atomic_store_n(&last_seq, seq, __ATOMIC_RELEASE);
}

static void sell(u32 number)
{
    u64 random = mix64(number);
    u32 orders = engine_order_count(eleven_engine(eleven));
    u32 order = orders == 0 ? 1 : 1 + (u32)(random >> 16) % orders;
    now_ms += (i64)(random >> 40) % 100;
    if (random % 10 < 7) {
        struct {
            struct command_order_place place;
            struct order_line_asked line;
        } command = {
            .place = {HEADER(order_place, ORDER_PLACE), .shopper = 1 + (u32)(random >> 24) % 8,
                      .festival = (u16)((random >> 28) % 3), .city = 1, .currency = 1, .channel = CHANNEL_WEB,
                      .delivery = DELIVERY_HOME, .payment = random % 3 == 0 ? PAYMENT_HOLD : PAYMENT_WALLET,
                      .line_count = 1},
            .line = {1 + (u32)(random % SKUS), 1 + (u32)(random >> 52) % 4},
        };
        command.place.header.size = sizeof(command);
        submit(&command.place.header);
    } else if (random % 10 == 7) {
        submit(&(struct command_order_cancel){HEADER(order_cancel, ORDER_CANCEL), .order = order}.header);
    } else {
        submit(&(struct command_part_pack){HEADER(part_pack, PART_PACK), .order = order, .part = 1}.header);
    }
}

static void hook_begin(void)
{
    char url[64], secret[HOOK_SECRET_MAX];
    struct hook_options options = {.directory = folder, .allow_private = true};
    memset(&receiver, 0, sizeof(receiver));
    receiver_start(&receiver);
    must(hook_open(&hook, &options, problem), "hook_open");
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", receiver.port);
    assert_int_equal(hook_add(hook, slice_text(url), 1u << HOOK_ORDER_CANCELLED, secret, &endpoint), HOOK_OK);
    struct view_options view_options = {.directory = folder, .io = &io, .event = hook_event, .event_argument = hook};
    must(view_open(&view, &view_options, problem), "view_open");
}

/* Every order that was cancelled was told of, once. */
static void hook_end(u32 cancelled)
{
    struct hook_endpoint seen = {0};
    for (int i = 0; i < WAIT_MS / 10 && seen.delivered < cancelled; i++) {
        io.sleep_ms(io.context, 10);
        assert_int_equal(hook_get(hook, endpoint, &seen), HOOK_OK);
    }
    assert_int_equal(seen.delivered, cancelled);
    assert_int_equal(seen.waiting, 0);
    views_stop();
    hook_close(hook);
    receiver_stop(&receiver);
    assert_int_equal(receiver_count(&receiver), cancelled);
    receiver_clear(&receiver);
}

static void all_at_once(void)
{
    void *(*const works[])(void *) = {read_journal, read_journal, ask_views, ask_views, ask_webhooks};
    pthread_t threads[ARRAY_COUNT(works)];
    over = false;
    for (size_t i = 0; i < ARRAY_COUNT(works); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, works[i], NULL), 0);
    for (u32 i = 0; i < COMMANDS; i++) {
        sell(i);
        if (i % 4 == 0)
            announce(false);
    }
    while (eleven_outstanding(eleven) > 0)
        announce(true);
    views_reach();
    __atomic_store_n(&over, true, __ATOMIC_RELEASE);
    for (size_t i = 0; i < ARRAY_COUNT(works); i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        if (wrong != NULL)
            fail_msg("%s", (const char *)wrong);
    }
}

static void run(enum io_appender appender)
{
    struct eleven_stats stats;
    struct eleven_answer answer;
    u32 cancelled = 0;
    folder_begin(appender);
    sale_open();
    furnish();
    stock(SKUS);
    first_seq = last_seq = engine_seq(eleven_engine(eleven));
    chains[first_seq] = engine_chain(eleven_engine(eleven));
    readings = questions = 0;
    hook_begin();
    all_at_once();
    const struct engine *engine = eleven_engine(eleven);
    for (u32 id = 1; id <= engine_order_count(engine); id++)
        cancelled += engine_order(engine, id)->state == ORDER_CANCELLED;
    hook_end(cancelled);
    for (int i = 0; i < WAIT_MS / 10 && eleven_snapshot_running(eleven); i++) {
        io.sleep_ms(io.context, 10);
        eleven_poll(eleven, &answer, 1, false);
    }
    eleven_stats(eleven, &stats);
    assert_true(stats.snapshots > 0);
    assert_int_equal(stats.snapshot_status, JOURNAL_OK);
    assert_true(cancelled > 0 && readings > 0 && questions > 0);
    u64 chain = engine_chain(engine);
    assert_int_equal(eleven_close(eleven), JOURNAL_OK);
    sale_open();
    assert_true(engine_chain(eleven_engine(eleven)) == chain);
    assert_true(support_check(eleven_engine(eleven)));
    folder_remove(NULL);
}

static void test_with_a_thread_that_appends(void **state)
{
    (void)state;
    run(IO_APPENDER_THREAD);
}

static void test_with_io_uring(void **state)
{
    (void)state;
    run(IO_APPENDER_URING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_with_a_thread_that_appends),
        cmocka_unit_test(test_with_io_uring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
