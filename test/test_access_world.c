/* Access and the world: other processes and threads, foreign and broken files, the trail and who meddles with it. */
#include "test/test_access_kit.h"

#include <pthread.h>

#define FRESH_MS 2000 /* what another process has changed is seen by then */

/* --- another process ------------------------------------------------------------------------------ */

static void test_another_process(void **state)
{
    char key[ACCESS_SECRET_MAX];
    u32 key_id;
    (void)state;
    struct access *server = open_access(), *tool = open_access();
    u32 account = add(tool, "anna", ROLE_SHOPPER);
    assert_int_equal(access_key_add(tool, account, slice_text("k"), NOW, key, &key_id), ACCESS_OK);
    assert_int_equal(login_from(tool, "anna", PASSWORD, "", NOW), ACCESS_OK);
    assert_int_equal(session(server, token, NOW), ACCESS_OK); /* what is new is seen at once */
    assert_int_equal(key_works(server, key), ACCESS_OK);
    assert_int_equal(access_key_revoke(tool, account, key_id), ACCESS_OK);
    assert_int_equal(access_logout(tool, slice_text(token)), ACCESS_OK);
    assert_int_equal(session(tool, token, NOW), ACCESS_WRONG);
    sleep_ms(FRESH_MS);
    assert_int_equal(session(server, token, NOW), ACCESS_WRONG);
    assert_int_equal(key_works(server, key), ACCESS_WRONG);
    access_close(server);
    access_close(tool);
}

static void test_foreign_files(void **state)
{
    struct access *access;
    (void)state;
    access_close(open_access());
    meddle("PRAGMA user_version = 3");
    assert_false(access_open(&access, folder, problem));
    assert_null(access);
    assert_non_null(strstr(problem, "foreign"));
    run("rm %s/accounts.db*", folder);
    meddle("CREATE TABLE t (a)");
    assert_false(access_open(&access, folder, problem));
    assert_non_null(strstr(problem, "something else"));
    run("rm %s/accounts.db* && echo this is no database at all >%s/accounts.db", folder, folder);
    assert_false(access_open(&access, folder, problem));
    assert_non_null(strstr(problem, "not a database"));
    run("rm %s/accounts.db*", folder);
    assert_false(access_open(&access, "/nonexistent", problem));
    assert_non_null(strstr(problem, "No such file"));
    access_close(NULL);
}

/* A folder's key is one for everybody and for ever, another one for each name and folder; and what an older version
 * wrote gets the table for it. */
static void test_folder_key(void **state)
{
    u8 key[ACCESS_FOLDER_KEY_BYTES], again[ACCESS_FOLDER_KEY_BYTES], other[ACCESS_FOLDER_KEY_BYTES];
    (void)state;
    access_close(open_access());
    meddle("DROP TABLE folder_key; PRAGMA user_version = 1");
    struct access *access = open_access(), *beside = open_access();
    assert_int_equal(access_folder_key(access, "codes", key), ACCESS_OK);
    assert_int_equal(access_folder_key(beside, "codes", again), ACCESS_OK);
    assert_memory_equal(key, again, sizeof(key));
    assert_int_equal(access_folder_key(beside, "else", other), ACCESS_OK);
    assert_memory_not_equal(key, other, sizeof(key));
    access_close(access);
    access_close(beside);
    access = open_access();
    assert_int_equal(access_folder_key(access, "codes", again), ACCESS_OK);
    assert_memory_equal(key, again, sizeof(key));
    access_close(access);
    run("rm %s/accounts.db*", folder);
    access = open_access();
    assert_int_equal(access_folder_key(access, "codes", again), ACCESS_OK);
    assert_memory_not_equal(key, again, sizeof(key));
    access_close(access);
}

/* --- the trail ---------------------------------------------------------------------------------------- */

static void test_trail(void **state)
{
    struct access_act acts[8];
    char hash[ACCESS_HASH_TEXT], again[ACCESS_HASH_TEXT];
    u64 number;
    (void)state;
    struct access *access = open_access();
    assert_int_equal(access_acts(access, 0, acts, 8), 0);
    assert_int_equal(access_acts_check(access, &number, hash), ACCESS_OK);
    assert_int_equal(number, 0);
    act(access, 201, "people.add", "login anna");
    act(access, 200, "stock.receive", "bad \xff\n\x1b[31m \xe4\xb8\xad");
    assert_int_equal(access_acts(access, 0, acts, 8), 2);
    assert_int_equal(acts[0].number, 2);
    assert_string_equal(acts[0].target, "bad ???[31m \xe4\xb8\xad");
    assert_int_equal(acts[1].number, 1);
    assert_int_equal(acts[1].time_ms, NOW);
    assert_int_equal(acts[1].account, 3);
    assert_int_equal(acts[1].status, 201);
    assert_string_equal(acts[1].address, "192.0.2.7");
    assert_string_equal(acts[1].what, "people.add");
    assert_string_equal(acts[1].target, "login anna");
    act(access, 200, "at the end", "");
    access_close(access); /* writes it */

    struct access *other = open_access();
    access = open_access();
    act(access, 200, "one process", "");
    assert_int_equal(access_acts(access, 0, acts, 8), 4);
    act(other, 200, "another", "");
    assert_int_equal(access_acts(other, 0, acts, 2), 2);
    assert_int_equal(acts[0].number, 5);
    assert_string_equal(acts[0].what, "another");
    assert_int_equal(access_acts(access, 3, acts, 8), 2);
    assert_int_equal(acts[0].number, 2);
    assert_int_equal(access_acts(access, 1, acts, 8), 0);
    assert_int_equal(access_acts_check(access, &number, hash), ACCESS_OK);
    assert_int_equal(access_acts_check(other, &number, again), ACCESS_OK);
    assert_int_equal(number, 5);
    assert_string_equal(hash, again);
    access_close(other);
    access_close(access);
}

static void test_trail_shows_tampering(void **state)
{
    static const struct {
        const char *sql;
        u64 number;
    } cases[] = {
        {"UPDATE act SET target = 'login eve' WHERE number = 2", 2},
        {"UPDATE act SET status = 403 WHERE number = 3", 3},
        {"DELETE FROM act WHERE number = 1", 1},
        {"UPDATE act SET number = number + 10 WHERE number > 2", 3},
    };
    char hash[ACCESS_HASH_TEXT];
    u64 number;
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct access *access = open_access();
        for (int j = 0; j < 4; j++)
            act(access, 200, "people.add", "login anna");
        access_close(access);
        meddle(cases[i].sql);
        access = open_access();
        assert_int_equal(access_acts_check(access, &number, hash), ACCESS_WRONG);
        assert_int_equal(number, cases[i].number);
        access_close(access);
        run("rm %s/accounts.db*", folder);
    }
}

/* More than the buffer holds, more than a check reads at a time. */
static void test_trail_is_long(void **state)
{
    struct access_act last;
    char hash[ACCESS_HASH_TEXT];
    u64 number;
    (void)state;
    struct access *access = open_access();
    for (int i = 0; i < 10000; i++)
        act(access, 200, "stock.receive", "sku 1");
    assert_int_equal(access_acts(access, 0, &last, 1), 1);
    assert_int_equal(last.number, 10000);
    assert_int_equal(access_acts_check(access, &number, hash), ACCESS_OK);
    assert_int_equal(number, 10000);
    access_close(access);
}

/* The database is locked by somebody else: acts wait, sessions are still answered, nothing is lost. */
static void test_locked_database(void **state)
{
    char path[128];
    sqlite3 *holder;
    struct access_act last;
    (void)state;
    struct access *access = open_access();
    add(access, "anna", ROLE_SHOPPER);
    assert_int_equal(login_from(access, "anna", PASSWORD, "", NOW), ACCESS_OK);
    snprintf(path, sizeof(path), "%s/accounts.db", folder);
    assert_int_equal(sqlite3_open(path, &holder), SQLITE_OK);
    assert_int_equal(sqlite3_exec(holder, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    i64 start = clock_ns();
    act(access, 200, "while it is locked", "");
    sleep_ms(100);
    assert_int_equal(session(access, token, NOW), ACCESS_OK); /* cold, beside a writer that waits */
    assert_true(clock_ns() - start < (i64)600 * 1000 * 1000);
    assert_int_equal(sqlite3_exec(holder, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(access_acts(access, 0, &last, 1), 1);
    assert_string_equal(last.what, "while it is locked");
    assert_int_equal(sqlite3_close(holder), SQLITE_OK);
    access_close(access);
}

/* The world fails: said by name, nothing is let in, and nobody is throttled for it. */
static void test_broken_database(void **state)
{
    char key[ACCESS_SECRET_MAX], first[ACCESS_SECRET_MAX];
    struct access_account row;
    struct access_act one;
    u64 number;
    u32 id;
    (void)state;
    struct access *access = open_access();
    u32 account = add(access, "anna", ROLE_SHOPPER);
    assert_int_equal(access_key_add(access, account, slice_text("k"), NOW, key, &id), ACCESS_OK);
    assert_int_equal(login_from(access, "anna", PASSWORD, "", NOW), ACCESS_OK);
    strcpy(first, token);
    meddle("DROP TABLE session; DROP TABLE api_key; DROP TABLE act");
    for (int i = 0; i <= ACCESS_FAILURES_FREE; i++) {
        assert_int_equal(login_from(access, "anna", PASSWORD, "", NOW), ACCESS_FAILED);
        assert_string_equal(token, "");
        nobody();
    }
    assert_int_equal(session(access, first, NOW), ACCESS_FAILED);
    nobody();
    assert_int_equal(key_works(access, key), ACCESS_FAILED);
    nobody();
    assert_int_equal(access_logout(access, slice_text(first)), ACCESS_FAILED);
    assert_int_equal(access_key_revoke(access, account, id), ACCESS_FAILED);
    assert_int_equal(access_key_add(access, account, slice_text("k"), NOW, key, &id), ACCESS_FAILED);
    assert_string_equal(key, "");
    assert_int_equal(access_disable(access, account), ACCESS_FAILED);
    assert_int_equal(access_get(access, account, &row), ACCESS_OK);
    assert_false(row.disabled); /* nothing was half done */
    act(access, 200, "lost", "");
    assert_int_equal(access_acts(access, 0, &one, 1), 0); /* does not wait for ever */
    assert_int_equal(access_acts_check(access, &number, (char[ACCESS_HASH_TEXT]){0}), ACCESS_FAILED);
    meddle("DROP TABLE account");
    assert_int_equal(access_get(access, account, &row), ACCESS_FAILED);
    assert_int_equal(access_add(access, slice_text("eve"), slice_text(PASSWORD), ROLE_ADMINISTRATOR, 0, NOW, &id),
                     ACCESS_FAILED);
    assert_false(access_is_new(access)); /* a database that is broken invites nobody */
    access_close(access); /* neither does this */
}

/* --- many at once -------------------------------------------------------------------------------------------- */

#define THREADS 6

struct crowd {
    struct access *access;
    int index;
    u32 logins, throttled, seen;
    char key[ACCESS_SECRET_MAX];
};

static void *crowd_run(void *argument)
{
    struct crowd *crowd = argument;
    struct access *access = crowd->access;
    char secret[ACCESS_SECRET_MAX], login[32];
    struct caller who;
    u32 retry;
    snprintf(login, sizeof(login), "person-%d", crowd->index);
    struct slice name = slice_text(login);
    for (int i = 0; i < 3; i++) {
        crowd->logins += access_login(access, name, slice_text(PASSWORD), slice_of(NULL, 0), NOW, secret, &who, &retry)
                         == ACCESS_OK;
        for (int j = 0; j < 200; j++) {
            crowd->seen += access_session(access, slice_text(secret), NOW, &who) == ACCESS_OK
                           && access_key(access, slice_text(crowd->key), &who) == ACCESS_OK;
            if (j % 20 == 0)
                act(access, 200, "crowd", login);
        }
        if (access_logout(access, slice_text(secret)) != ACCESS_OK)
            crowd->seen = 0;
        crowd->seen += access_session(access, slice_text(secret), NOW, &who) == ACCESS_WRONG;
    }
    for (int i = 0; i < 3; i++) /* all of them at one login: no more tries than in turn */
        crowd->throttled += access_login(access, slice_text("victim"), slice_text("wrong password"), slice_of(NULL, 0),
                                         NOW, secret, &who, &retry)
                            == ACCESS_THROTTLED;
    return NULL;
}

static void test_many_at_once(void **state)
{
    struct crowd crowds[THREADS];
    pthread_t threads[THREADS];
    struct access_act last;
    char hash[ACCESS_HASH_TEXT], login[32];
    u64 number;
    u32 key_id, throttled = 0;
    (void)state;
    struct access *access = open_access();
    for (int i = 0; i < THREADS; i++) {
        crowds[i] = (struct crowd){.access = access, .index = i};
        snprintf(login, sizeof(login), "person-%d", i);
        assert_int_equal(access_key_add(access, add(access, login, ROLE_SHOPPER), slice_text("k"), NOW, crowds[i].key,
                                        &key_id),
                         ACCESS_OK);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crowd_run, &crowds[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(crowds[i].logins, 3);
        assert_int_equal(crowds[i].seen, 3 * 201);
        throttled += crowds[i].throttled;
    }
    assert_true(throttled >= THREADS * 3 - ACCESS_FAILURES_FREE);
    assert_int_equal(access_acts(access, 0, &last, 1), 1);
    assert_int_equal(last.number, THREADS * 3 * 10);
    assert_int_equal(access_acts_check(access, &number, hash), ACCESS_OK);
    access_close(access);
}

/* What the header promises of a warm answer, with room for sanitizers and a busy machine. */
static void test_warm_is_quick(void **state)
{
    (void)state;
    struct access *access = open_access();
    add(access, "anna", ROLE_SHOPPER);
    assert_int_equal(login_from(access, "anna", PASSWORD, "", NOW), ACCESS_OK);
    i64 best = INT64_MAX;
    for (int round = 0; round < 20; round++) {
        i64 start = clock_ns();
        for (int i = 0; i < 1000; i++)
            session(access, token, NOW);
        best = MIN(best, (clock_ns() - start) / 1000);
    }
    print_message("    a warm session: %lld ns\n", (long long)best);
    assert_true(best < 5000);
    access_close(access);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_FOLDER(test_another_process),
        ON_FOLDER(test_foreign_files),
        ON_FOLDER(test_folder_key),
        ON_FOLDER(test_trail),
        ON_FOLDER(test_trail_shows_tampering),
        ON_FOLDER(test_trail_is_long),
        ON_FOLDER(test_locked_database),
        ON_FOLDER(test_broken_database),
        ON_FOLDER(test_many_at_once),
        ON_FOLDER(test_warm_is_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
