/*
 * The views of orders: what is filtered and summed is what the engine has, whatever was closed, lost or replaced in
 * between; and every durable command is told of once. Searches: test_view_search.c.
 */
#include "test/test_view_kit.h"

static void test_orders(void **state)
{
    (void)state;
    furnish();
    stock(10);
    views_start(NULL, 0);
    for (u32 i = 0; i < 2500; i++) {
        happen(i);
        if (i % 500 == 400) /* some of what was sent arrives */
            for (u32 order = 1; order <= engine_order_count(eleven_engine(eleven)); order += 2)
                TRY(part_deliver, PART_DELIVER, .order = order, .part = 1);
        if (i % 500 == 499)
            views_reach();
    }
    i64 begin = engine_order(eleven_engine(eleven), 1)->placed_ms, length = now_ms - begin;
    u32 shown = 0;
    for (u32 i = 0; i < 600; i++) {
        u64 random = mix64(i + 77777);
        struct view_order_filter filter = {
            .shopper = random % 3 == 0 ? (u32)(random >> 8) % 9 : 0,
            .festival = random % 5 < 2 ? (u32)(random >> 16) % 3 : 0,
            .location = (random >> 24) % 2 == 0 ? (u32)(random >> 32) % 4 : 0,
            .state = (u32)(random >> 36) % 5,
            .part_state = (random >> 26) % 2 == 0 ? (u32)(random >> 40) % 8 : 0,
        };
        if ((random >> 44) % 3 == 0)
            filter.from_ms = begin + (i64)(random % (u64)length);
        if ((random >> 46) % 3 == 0)
            filter.to_ms = begin + (i64)((random >> 13) % (u64)length);
        shown += expect_orders(filter);
    }
    for (u32 one = 1; one <= 8; one++) { /* each alone, so that each finds something */
        shown += expect_orders((struct view_order_filter){.shopper = one});
        if (one <= 7)
            assert_true(expect_orders((struct view_order_filter){.part_state = one}) > 0);
        if (one <= 4)
            assert_true(expect_orders((struct view_order_filter){.state = one}) > 0);
        if (one <= 3)
            assert_true(expect_orders((struct view_order_filter){.location = one}) > 0);
    }
    assert_true(shown > 1000);
    assert_int_equal(view_orders(view, &(struct view_order_filter){.state = 9}, (u32[1]){0}, 1), 0);
    assert_int_equal(view_orders(view, &(struct view_order_filter){.part_state = 99}, (u32[1]){0}, 1), 0);
    for (u32 festival = 0; festival <= 2; festival++)
        expect_sales(festival);
}

/* --- made anew, closed, lost ------------------------------------------------------------------------ */

/* A checksum of every row of every table, in the order of their keys. */
static u64 rows_digest(void)
{
    static const char *const queries[] = {
        "SELECT seq, chain, hex(instance) FROM meta", "SELECT id, hex(handle), dirty FROM product ORDER BY id",
        "SELECT * FROM sku ORDER BY id", "SELECT rowid, * FROM words ORDER BY rowid",
        "SELECT * FROM orders ORDER BY id",
        "SELECT * FROM shopper ORDER BY id", "SELECT * FROM block ORDER BY list, block",
        "SELECT * FROM part ORDER BY location, state, ord, part", "SELECT * FROM sale ORDER BY festival, sku, currency",
    };
    char path[512];
    sqlite3 *db;
    u64 digest = 0, rows = 0;
    snprintf(path, sizeof(path), "%s/views.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < ARRAY_COUNT(queries); i++) {
        sqlite3_stmt *statement;
        assert_int_equal(sqlite3_prepare_v2(db, queries[i], -1, &statement, NULL), SQLITE_OK);
        for (; sqlite3_step(statement) == SQLITE_ROW; rows++)
            for (int column = 0; column < sqlite3_column_count(statement); column++) {
                const char *text = (const char *)sqlite3_column_text(statement, column);
                for (; text != NULL && *text != '\0'; text++)
                    digest = mix64(digest ^ (u8)*text);
                digest = mix64(digest + i + 1);
            }
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
    assert_true(rows > 100);
    return digest;
}

static u64 progress_seq;

static void note_progress(u64 seq, u64 of)
{
    assert_true(seq > progress_seq && seq <= of);
    progress_seq = seq;
}

static void test_rebuild(void **state)
{
    (void)state;
    furnish();
    products();
    stock(10);
    views_start(NULL, 0);
    for (u32 i = 0; i < 1000; i++) {
        happen(i);
        if (i % 100 == 99)
            views_reach();
    }
    PUT(sku_put, SKU_PUT, "N1|Moved|hong", .department = 1, .seller = 1, .for_sale = 1);
    views_reach();
    assert_false(view_rebuild(folder, NULL, problem)); /* they are open */
    assert_non_null(strstr(problem, "busy"));
    views_stop();
    u64 seq = engine_seq(eleven_engine(eleven)), digest = rows_digest();
    shop_stop();
    progress_seq = 0;
    must(view_rebuild(folder, note_progress, problem), "view_rebuild");
    assert_int_equal(progress_seq, seq);
    assert_true(rows_digest() == digest);
    shop_start();
    views_start(NULL, 0); /* and it is followed on */
    assert_int_equal(view_seq(view), seq);
    for (u32 i = 2000; i < 2200; i++)
        happen(i);
    views_reach();
    expect_orders((struct view_order_filter){.festival = 1});
    assert_false(view_rebuild("/tmp/there-is-no-such-folder", NULL, problem));
}

/* Views that are closed behind, or with a snapshot of the engine to begin with, go on where they were. */
static void test_resume(void **state)
{
    (void)state;
    furnish();
    stock(10);
    views_start(NULL, 0);
    for (u32 round = 0; round < 4; round++) {
        for (u32 i = 0; i < 150; i++)
            happen(round * 1000 + i);
        views_reach();
        u64 seq = view_seq(view);
        for (u32 i = 500; i < 600; i++)
            happen(round * 1000 + i);
        views_stop(); /* without these */
        if (round == 1) {
            shop_stop(); /* without a snapshot */
            shop_start();
        }
        if (round == 2) {
            assert_true(eleven_snapshot(eleven));
            struct eleven_answer answer;
            while (eleven_snapshot_running(eleven))
                eleven_poll(eleven, &answer, 1, false);
        }
        views_start(NULL, 0);
        assert_int_equal(view_seq(view), seq);
    }
    views_reach();
    expect_orders((struct view_order_filter){.state = ORDER_PAID});
    expect_sales(1);
    views_stop();
    u64 digest = rows_digest();
    must(view_rebuild(folder, NULL, problem), "view_rebuild");
    assert_true(rows_digest() == digest);
}

static void damage(const char *sql)
{
    char path[512];
    sqlite3 *db;
    snprintf(path, sizeof(path), "%s/views.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Rows of another journal, schema or history, or a file that is no database, are not believed. */
static void test_foreign(void **state)
{
    static const char *const lies[] = {
        "UPDATE meta SET instance = zeroblob(16); UPDATE orders SET shopper = 1",
        "UPDATE meta SET schema = 999",
        "DROP TABLE meta",
        "UPDATE meta SET chain = chain + 1; UPDATE orders SET shopper = 1",
        "UPDATE meta SET seq = 1000000; UPDATE orders SET shopper = 1", /* ahead: a journal was put back */
        NULL,
    };
    (void)state;
    furnish();
    stock(10);
    for (u32 i = 0; i < 200; i++)
        happen(i);
    views_start(NULL, 0);
    views_reach();
    views_stop();
    for (size_t i = 0; i < ARRAY_COUNT(lies); i++) {
        if (lies[i] != NULL) {
            damage(lies[i]);
        } else {
            char path[512];
            snprintf(path, sizeof(path), "%s/views.db", folder);
            FILE *file = fopen(path, "w");
            for (u32 j = 0; j < 10000; j++)
                fputs("this is no database. ", file);
            fclose(file);
        }
        views_start(NULL, 0);
        happen((u32)(i + 5000)); /* may change nothing */
        views_reach();
        expect_orders((struct view_order_filter){.shopper = 2});
        views_stop();
    }
    u64 last = rows_digest();
    must(view_rebuild(folder, NULL, problem), "view_rebuild");
    assert_true(rows_digest() == last);
    struct stat status;
    char path[512];
    snprintf(path, sizeof(path), "%s/views.db", folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07, 0); /* not for everybody */
}

/* Disk and damage end the following with a reason; the shop goes on, and so do the answers. */
static void test_trouble(void **state)
{
    (void)state;
    furnish();
    stock(10);
    for (u32 i = 0; i < 200; i++)
        happen(i);
    views_start(NULL, 0);
    views_reach();
    u32 before = expect_orders((struct view_order_filter){.state = ORDER_PAID});
    damage("CREATE TRIGGER trouble BEFORE INSERT ON orders BEGIN SELECT raise(ABORT, 'no more room'); END");
    for (u32 i = 300; i < 350; i++)
        happen(i);
    u64 seq = view_seq(view);
    view_durable(view, engine_seq(eleven_engine(eleven)));
    for (int i = 0; view_problem(view) == NULL && i < WAIT_MS / 10; i++) {
        struct eleven_answer answer;
        eleven_poll(eleven, &answer, 1, false);
        io.sleep_ms(io.context, 10);
    }
    assert_non_null(view_problem(view));
    assert_non_null(strstr(view_problem(view), "no more room"));
    assert_int_equal(view_seq(view), seq);
    u32 orders[VIEW_PAGE_MAX];
    assert_true(view_orders(view, &(struct view_order_filter){0}, orders, VIEW_PAGE_MAX) > 0 && before > 0);
    assert_int_equal(eleven_status(eleven), JOURNAL_OK);
    view_durable(view, engine_seq(eleven_engine(eleven)) + 1); /* heard by nobody */
}

/* --- events --------------------------------------------------------------------------------------------- */

static void test_expired(void **state)
{
    (void)state;
    memset(&told, 0, sizeof(told));
    furnish();
    stock(10);
    views_start(tell, 0);
    u32 first = 0;
    for (u32 i = 0; i < 30; i++) { /* in both festivals and outside; some are paid or cancelled meanwhile */
        struct result result =
            place((struct command_order_place){HEADER(order_place, ORDER_PLACE), .shopper = 1 + i % 8,
                                               .festival = (u16)(i % 3), .city = 1, .currency = 1,
                                               .channel = CHANNEL_WEB, .delivery = DELIVERY_HOME,
                                               .payment = PAYMENT_HOLD},
                  1 + i % 10, 1, 0);
        assert_int_equal(result.code, RESULT_OK);
        first = first == 0 ? result.id : first;
        now_ms += 1000;
    }
    DO(order_cancel, ORDER_CANCEL, .order = first + 4);
    DO(order_pay, ORDER_PAY, .order = first + 7, .payment = PAYMENT_PROVIDER,
       .amount_minor = engine_order(eleven_engine(eleven), first + 7)->total_minor);
    views_reach();
    assert_int_equal(told.expired, 0);
    now_ms = SHOP_START + SHOP_HOLD_MS + 9500; /* those of the festivals among the first ten */
    struct result tick = TRY(clock_tick, CLOCK_TICK, .header.caller = 0);
    views_reach();
    assert_int_equal(told.expired, tick.value);
    assert_int_equal(told.expired, 10 - 4 - 2); /* 0, 3, 6 and 9 are held longer outside; 4 and 7 are gone */
    now_ms += 3600 * 1000;
    TRY(clock_tick, CLOCK_TICK, .header.caller = 0);
    views_reach();
    assert_int_equal(told.expired, 28);
    assert_int_equal(expect_orders((struct view_order_filter){.state = ORDER_EXPIRED}), 28);
    assert_int_equal(expect_orders((struct view_order_filter){.state = ORDER_HELD}), 0);
    assert_int_equal(told.wrong, 0);
}

/* Each command once, whether rows or events are ahead when the views are opened. */
static void test_once(void **state)
{
    (void)state;
    memset(&told, 0, sizeof(told));
    furnish();
    stock(10);
    views_start(tell, 0);
    for (u32 round = 0; round < 6; round++) {
        for (u32 i = 0; i < 100; i++)
            happen(round * 1000 + i);
        if (round != 2)
            views_reach();
        views_stop();
        u64 after = told.last;
        if (round == 3) { /* rows without anybody who listens: they are ahead of the events */
            views_start(NULL, 0);
            for (u32 i = 200; i < 300; i++)
                happen(round * 1000 + i);
            views_reach();
            views_stop();
        }
        if (round == 4) { /* rows lost: events are ahead of them */
            char path[512];
            snprintf(path, sizeof(path), "%s/views.db", folder);
            unlink(path);
        }
        views_start(tell, after);
    }
    u64 seq = engine_seq(eleven_engine(eleven));
    views_reach();
    for (int i = 0; __atomic_load_n(&told.last, __ATOMIC_ACQUIRE) < seq && i < WAIT_MS / 10; i++)
        io.sleep_ms(io.context, 10);
    views_stop();
    for (u64 i = 1; i <= seq; i++)
        if (told.times[i] != 1)
            fail_msg("command %llu was told %u times", (unsigned long long)i, told.times[i]);
    assert_int_equal(told.wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_orders), TEST(test_rebuild), TEST(test_resume), TEST(test_foreign),
        TEST(test_trouble), TEST(test_expired), TEST(test_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
