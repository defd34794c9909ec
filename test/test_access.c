/* Access: accounts, passwords, sessions, keys, throttling and the trail, on a real folder. */
#include "access/access.h"
#include "test/support.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NOW ((i64)1793980800000)
#define PASSWORD "correct horse battery"
#define FRESH_MS 2000 /* what another process has changed is seen by then */

static char folder[64];
static char problem[ACCESS_PROBLEM_MAX];

static void run(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    assert_int_equal(system(line), 0);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/eleven-access-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    run("rm -rf %s", folder);
    return 0;
}

static struct access *open_access(void)
{
    struct access *access;
    if (!access_open(&access, folder, problem))
        fail_msg("%s", problem);
    return access;
}

static u32 add(struct access *access, const char *login, u32 role)
{
    u32 account;
    assert_int_equal(access_add(access, slice_text(login), slice_text(PASSWORD), role, role == ROLE_CLERK ? 2 : 0, NOW,
                                &account),
                     ACCESS_OK);
    assert_true(account > 0);
    return account;
}

static char token[ACCESS_SECRET_MAX];
static struct caller caller;
static u32 retry_s;

static enum access_status login_from(struct access *access, const char *login, const char *password,
                                     const char *address, i64 now_ms)
{
    return access_login(access, slice_text(login), slice_text(password), slice_text(address), now_ms, token, &caller,
                        &retry_s);
}

static enum access_status session(struct access *access, const char *secret, i64 now_ms)
{
    return access_session(access, slice_text(secret), now_ms, &caller);
}

static enum access_status key_works(struct access *access, const char *secret)
{
    return access_key(access, slice_text(secret), &caller);
}

static void nobody(void)
{
    assert_memory_equal(&caller, (&(struct caller){0}), sizeof(caller));
}

static void sleep_ms(long ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static i64 clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (i64)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* True when the bytes are anywhere in what is on the disk. Read by another process: closing the file in this one
 * would let go of SQLite's locks. */
static bool on_disk(const char *bytes)
{
    char line[256];
    snprintf(line, sizeof(line), "cat %s/accounts.db* | grep -qaF -- '%s'", folder, bytes);
    return system(line) == 0;
}

/* Changes the database behind its back. */
static void meddle(const char *sql)
{
    char path[128];
    sqlite3 *handle;
    snprintf(path, sizeof(path), "%s/accounts.db", folder);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(handle, 1000), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

/* --- accounts ------------------------------------------------------------------------ */

static void test_words(void **state)
{
    (void)state;
    for (int i = ACCESS_OK; i <= ACCESS_FAILED; i++) {
        assert_true(strlen(access_status_word(i)) > 1);
        assert_true(strlen(access_status_sentence(i)) > 3);
        for (int j = ACCESS_OK; j < i; j++)
            assert_string_not_equal(access_status_word(i), access_status_word(j));
    }
    assert_string_equal(access_status_word(ACCESS_BAD_PASSWORD), "bad-password");
}

static void test_refused_logins(void **state)
{
    static const struct slice bad[] = {
        {"", 0}, {"ab", 2}, {"an na", 5}, {"anna\0", 5}, {"an\0na", 5}, {"anna\n", 5}, {"\tanna", 5}, {"an\x7fna", 5},
        {"an\xffna", 5}, {"an\xc0\xaena", 6}, {"an\xed\xa0\x80", 5}, {"an\xf4\x90\x80\x80", 6}, {"anna\xe4\xb8", 6},
        {"an\xc2\xa0na", 6}, {"an\xe3\x80\x80na", 7}, {"an\xe2\x80\xaena", 7}, {"an\xe2\x80\x8bna", 7},
        {"an\xc2\x85na", 6}, {"\xef\xbb\xbf" "anna", 7},
    };
    (void)state;
    struct access *access = open_access();
    struct access_account found;
    u32 account = 7;
    char *huge = malloc(10 << 20);
    memset(huge, 'a', 10 << 20);
    for (size_t i = 0; i < ARRAY_COUNT(bad) + 2; i++) {
        struct slice login = i < ARRAY_COUNT(bad) ? bad[i] : slice_of(huge, i == ARRAY_COUNT(bad) ? 65 : 10 << 20);
        if (access_add(access, login, slice_text(PASSWORD), ROLE_SHOPPER, 0, NOW, &account) != ACCESS_BAD_LOGIN)
            fail_msg("login %zu is taken", i);
        assert_int_equal(account, 0);
        assert_int_equal(access_find(access, login, &found), ACCESS_NOT_FOUND);
    }
    assert_int_equal(access_login(access, slice_of(huge, 10 << 20), slice_of(huge, 10 << 20), slice_of(huge, 10 << 20),
                                  NOW, token, &caller, &retry_s),
                     ACCESS_WRONG);
    assert_string_equal(token, "");
    nobody();
    assert_int_equal(access_login(access, slice_of("an\0na", 5), slice_of(NULL, 0), slice_of(NULL, 0), NOW, token,
                                  &caller, &retry_s),
                     ACCESS_WRONG);
    assert_int_equal(access_list(access, 0, 0, &found, 1), 0);
    free(huge);
    access_close(access);
}

static void test_refused_passwords_and_roles(void **state)
{
    char long_one[258];
    u32 account;
    (void)state;
    memset(long_one, 'x', sizeof(long_one));
    const struct slice bad[] = {{"", 0},         {"123456789", 9}, {"a longer\0one", 12},
                                {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10}, {long_one, 257}, {"SOMEBODY.else", 13}};
    static const u32 roles[][2] = {{0, 0}, {ROLE_ANYBODY, 0}, {ROLE_SYSTEM, 0}, {ROLE_CLERK, 0}, {ROLE_SHOPPER, 2},
                                   {ROLE_ADMINISTRATOR, 1}, {ROLE_CLERK | ROLE_SHOPPER, 2}, {256, 0}};
    struct access *access = open_access();
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        if (access_add(access, slice_text("Somebody.Else"), bad[i], ROLE_SHOPPER, 0, NOW, &account) != ACCESS_BAD_PASSWORD)
            fail_msg("password %zu is taken", i);
    for (size_t i = 0; i < ARRAY_COUNT(roles); i++)
        if (access_add(access, slice_text("anna"), slice_text(PASSWORD), roles[i][0], roles[i][1], NOW, &account)
            != ACCESS_BAD_ROLE)
            fail_msg("role %zu is taken", i);
    assert_int_equal(access_list(access, 0, 0, &(struct access_account){0}, 1), 0);
    /* 256 bytes are a password; all of them count. */
    assert_int_equal(access_add(access, slice_text("anna"), slice_of(long_one, 256), ROLE_SHOPPER, 0, NOW, &account),
                     ACCESS_OK);
    assert_int_equal(access_login(access, slice_text("anna"), slice_of(long_one, 257), slice_of(NULL, 0), NOW, token,
                                  &caller, &retry_s),
                     ACCESS_WRONG);
    assert_int_equal(access_login(access, slice_text("anna"), slice_of(long_one, 256), slice_of(NULL, 0), NOW, token,
                                  &caller, &retry_s),
                     ACCESS_OK);
    access_close(access);
}

static void test_accounts(void **state)
{
    struct access_account rows[8], row;
    u32 account;
    (void)state;
    struct access *access = open_access();
    assert_true(access_is_new(access));
    u32 shopper = add(access, "anna@example.com", ROLE_SHOPPER), clerk = add(access, "\xe6\x9d\x8e\xe5\xa8\x9c", ROLE_CLERK);
    assert_true(access_is_new(access));
    u32 boss = add(access, "Boss", ROLE_ADMINISTRATOR);
    assert_false(access_is_new(access));
    assert_int_equal(access_add(access, slice_text("bOSS"), slice_text(PASSWORD), ROLE_SHOPPER, 0, NOW, &account),
                     ACCESS_TAKEN);
    assert_int_equal(access_bind_shopper(access, shopper, 41), ACCESS_OK);
    assert_int_equal(access_bind_shopper(access, shopper, 41), ACCESS_OK);
    assert_int_equal(access_bind_shopper(access, shopper, 42), ACCESS_TAKEN);
    assert_int_equal(access_bind_shopper(access, boss, 41), ACCESS_TAKEN);
    assert_int_equal(access_bind_shopper(access, boss, 0), ACCESS_NOT_FOUND);
    assert_int_equal(access_bind_shopper(access, 99, 43), ACCESS_NOT_FOUND);
    assert_int_equal(access_disable(access, 99), ACCESS_NOT_FOUND);
    assert_int_equal(access_get(access, 99, &row), ACCESS_NOT_FOUND);
    assert_int_equal(access_find(access, slice_text("BOSS"), &row), ACCESS_OK);
    assert_int_equal(row.account, boss);
    access_close(access);

    access = open_access(); /* all of it is there again */
    assert_int_equal(access_list(access, 0, 0, rows, 8), 3);
    assert_string_equal(rows[0].login, "anna@example.com");
    assert_int_equal(rows[0].shopper, 41);
    assert_int_equal(rows[0].made_ms, NOW);
    assert_int_equal(rows[1].role, ROLE_CLERK);
    assert_int_equal(rows[1].location, 2);
    assert_int_equal(access_list(access, 0, shopper, rows, 1), 1);
    assert_int_equal(rows[0].account, clerk);
    assert_int_equal(access_list(access, ROLE_ADMINISTRATOR, 0, rows, 8), 1);
    assert_string_equal(rows[0].login, "Boss");
    /* Whoever comes after a disabled administrator is not the owner; the login stays taken. */
    assert_int_equal(access_disable(access, boss), ACCESS_OK);
    assert_int_equal(access_disable(access, boss), ACCESS_OK);
    assert_int_equal(access_get(access, boss, &row), ACCESS_OK);
    assert_true(row.disabled);
    access_close(access);
    access = open_access();
    assert_false(access_is_new(access));
    assert_int_equal(access_add(access, slice_text("boss"), slice_text(PASSWORD), ROLE_SHOPPER, 0, NOW, &account),
                     ACCESS_TAKEN);
    access_close(access);
}

/* --- sessions ------------------------------------------------------------------------- */

static void test_login(void **state)
{
    (void)state;
    struct access *access = open_access();
    u32 clerk = add(access, "clerk", ROLE_CLERK), boss = add(access, "boss", ROLE_ADMINISTRATOR);
    assert_int_equal(login_from(access, "clerk", PASSWORD "!", "", NOW), ACCESS_WRONG);
    assert_string_equal(token, "");
    nobody();
    assert_int_equal(login_from(access, "nobody", PASSWORD, "", NOW), ACCESS_WRONG);
    assert_int_equal(login_from(access, "CLERK", PASSWORD, "", NOW), ACCESS_OK);
    assert_int_equal(strlen(token), ACCESS_TOKEN_SIZE);
    assert_int_equal(caller.account, clerk);
    assert_int_equal(caller.roles, ROLE_ANYBODY | ROLE_CLERK);
    assert_int_equal(caller.location, 2);
    for (int i = 0; i < 2; i++) { /* cold, warm */
        assert_int_equal(session(access, token, NOW + ACCESS_SESSION_MS - 1), ACCESS_OK);
        assert_int_equal(caller.account, clerk);
        assert_int_equal(caller.location, 2);
        assert_int_equal(session(access, token, NOW + ACCESS_SESSION_MS), ACCESS_WRONG);
        nobody();
    }
    char other[ACCESS_SECRET_MAX];
    strcpy(other, token);
    other[0] = other[0] == 'A' ? 'B' : 'A';
    assert_int_equal(session(access, other, NOW), ACCESS_WRONG);
    assert_int_equal(session(access, "", NOW), ACCESS_WRONG);
    assert_int_equal(access_session(access, slice_of(token, ACCESS_TOKEN_SIZE - 1), NOW, &caller), ACCESS_WRONG);
    assert_int_equal(access_logout(access, slice_text(other)), ACCESS_WRONG);
    assert_int_equal(access_logout(access, slice_text("short")), ACCESS_WRONG);
    assert_int_equal(access_logout(access, slice_text(token)), ACCESS_OK);
    assert_int_equal(session(access, token, NOW), ACCESS_WRONG); /* at once, though it was cached */
    assert_int_equal(access_logout(access, slice_text(token)), ACCESS_WRONG);
    assert_int_equal(login_from(access, "boss", PASSWORD, "", NOW), ACCESS_OK);
    assert_int_equal(caller.account, boss);
    assert_int_equal(caller.roles, ROLE_ANYBODY | ROLE_ADMINISTRATOR | ROLE_MERCHANDISER | ROLE_CLERK);
    assert_int_equal(caller.location, 0);
    access_close(access);
    access = open_access(); /* sessions outlive the process */
    assert_int_equal(session(access, token, NOW + 1), ACCESS_OK);
    access_close(access);
}

static void test_oldest_session_makes_room(void **state)
{
    char tokens[ACCESS_SESSIONS_PER_ACCOUNT_MAX + 1][ACCESS_SECRET_MAX];
    (void)state;
    struct access *access = open_access();
    add(access, "anna", ROLE_SHOPPER);
    for (int i = 0; i <= ACCESS_SESSIONS_PER_ACCOUNT_MAX; i++) {
        assert_int_equal(login_from(access, "anna", PASSWORD, "", NOW + i), ACCESS_OK);
        strcpy(tokens[i], token);
        assert_int_equal(session(access, tokens[0], NOW + i),
                         i < ACCESS_SESSIONS_PER_ACCOUNT_MAX ? ACCESS_OK : ACCESS_WRONG);
    }
    for (int i = 1; i <= ACCESS_SESSIONS_PER_ACCOUNT_MAX; i++)
        assert_int_equal(session(access, tokens[i], NOW + i), ACCESS_OK);
    access_close(access);
}

static void test_changes_end_sessions(void **state)
{
    char key[ACCESS_SECRET_MAX], first[ACCESS_SECRET_MAX];
    u32 key_id;
    (void)state;
    struct access *access = open_access();
    u32 account = add(access, "anna", ROLE_SHOPPER);
    assert_int_equal(access_key_add(access, account, slice_text("phone"), NOW, key, &key_id), ACCESS_OK);
    assert_int_equal(login_from(access, "anna", PASSWORD, "", NOW), ACCESS_OK);
    strcpy(first, token);
    assert_int_equal(session(access, first, NOW), ACCESS_OK);
    assert_int_equal(caller.shopper, 0);
    assert_int_equal(access_bind_shopper(access, account, 12), ACCESS_OK);
    assert_int_equal(session(access, first, NOW), ACCESS_OK);
    assert_int_equal(caller.shopper, 12); /* at once, though it was cached */

    assert_int_equal(access_set_password(access, account, slice_text("short")), ACCESS_BAD_PASSWORD);
    assert_int_equal(access_set_password(access, 99, slice_text("another password")), ACCESS_NOT_FOUND);
    assert_int_equal(session(access, first, NOW), ACCESS_OK);
    assert_int_equal(access_set_password(access, account, slice_text("another password")), ACCESS_OK);
    assert_int_equal(session(access, first, NOW), ACCESS_WRONG);
    assert_int_equal(key_works(access, key), ACCESS_OK);
    assert_int_equal(caller.shopper, 12);
    assert_int_equal(login_from(access, "anna", PASSWORD, "", NOW), ACCESS_WRONG);
    assert_int_equal(login_from(access, "anna", "another password", "", NOW), ACCESS_OK);

    assert_int_equal(session(access, token, NOW), ACCESS_OK);
    strcpy(first, token);
    assert_int_equal(access_disable(access, account), ACCESS_OK);
    assert_int_equal(session(access, first, NOW), ACCESS_WRONG);
    assert_int_equal(key_works(access, key), ACCESS_WRONG);
    nobody();
    assert_int_equal(login_from(access, "anna", "another password", "", NOW), ACCESS_WRONG);
    assert_int_equal(access_set_password(access, account, slice_text(PASSWORD)), ACCESS_NOT_FOUND);
    assert_int_equal(access_key_add(access, account, slice_text("phone"), NOW, key, &key_id), ACCESS_NOT_FOUND);
    access_close(access);
}

/* --- throttling ---------------------------------------------------------------------------- */

static void test_throttled_by_login(void **state)
{
    (void)state;
    struct access *access = open_access();
    u32 account = add(access, "anna", ROLE_SHOPPER);
    i64 now = NOW, quickest = INT64_MAX;
    for (int i = 0; i < ACCESS_FAILURES_FREE; i++)
        assert_int_equal(login_from(access, "anna", "wrong password", "", now), ACCESS_WRONG);
    for (u32 wait = 2; wait <= 8; wait *= 2) {
        i64 start = clock_ns();
        assert_int_equal(login_from(access, "ANNA", PASSWORD, "", now), ACCESS_THROTTLED); /* even the right one */
        assert_int_equal(retry_s, wait);
        assert_int_equal(login_from(access, "anna", PASSWORD, "", now + wait * 1000 - 1), ACCESS_THROTTLED);
        assert_int_equal(retry_s, 1);
        quickest = MIN(quickest, clock_ns() - start);
        nobody();
        now += wait * 1000;
        if (wait < 8)
            assert_int_equal(login_from(access, "anna", "wrong password", "", now), ACCESS_WRONG);
    }
    assert_true(quickest < 5 * 1000 * 1000); /* no hash: that is 20 ms and more */
    assert_int_equal(login_from(access, "anna", PASSWORD, "", now), ACCESS_OK); /* and they are forgotten */
    assert_int_equal(retry_s, 0);
    for (int i = 0; i < ACCESS_FAILURES_FREE; i++)
        assert_int_equal(login_from(access, "anna", "wrong password", "", now), ACCESS_WRONG);
    assert_int_equal(login_from(access, "anna", PASSWORD, "", now), ACCESS_THROTTLED);
    assert_int_equal(login_from(access, "anna", PASSWORD, "", now - 3600 * 1000), ACCESS_THROTTLED);
    assert_int_equal(retry_s, 2); /* a clock that was set back does not lock out for an hour */
    assert_int_equal(access_set_password(access, account, slice_text("another password")), ACCESS_OK);
    assert_int_equal(login_from(access, "anna", "another password", "", now), ACCESS_OK);
    for (int i = 0; i < ACCESS_FAILURES_FREE; i++)
        assert_int_equal(login_from(access, "ghost", "wrong password", "", now), ACCESS_WRONG);
    assert_int_equal(login_from(access, "ghost", PASSWORD, "", now), ACCESS_THROTTLED); /* as one that exists */
    access_close(access);
}

static void test_throttled_by_address(void **state)
{
    char login[32];
    (void)state;
    struct access *access = open_access();
    add(access, "anna", ROLE_SHOPPER);
    for (int i = 0; i < ACCESS_ADDRESS_FAILURES_FREE; i++) {
        snprintf(login, sizeof(login), "guess-%d", i);
        assert_int_equal(login_from(access, login, PASSWORD, i % 2 ? "2001:db8::1" : "2001:db8::ffff:2", NOW),
                         ACCESS_WRONG);
    }
    assert_int_equal(login_from(access, "anna", PASSWORD, "2001:db8:0:0:abcd::3", NOW), ACCESS_THROTTLED);
    assert_int_equal(retry_s, 2);
    assert_int_equal(login_from(access, "anna", PASSWORD, "2001:db8:0:1::1", NOW), ACCESS_OK);
    assert_int_equal(login_from(access, "anna", PASSWORD, "192.0.2.1", NOW), ACCESS_OK);
    assert_int_equal(login_from(access, "anna", PASSWORD, "2001:db8::9", NOW + 2000), ACCESS_OK);
    access_close(access);
}

static i64 login_ns(struct access *access, const char *login, const char *password, i64 now_ms)
{
    i64 best = INT64_MAX;
    for (int i = 0; i < 4; i++) {
        i64 start = clock_ns();
        assert_int_equal(login_from(access, login, password, "", now_ms), ACCESS_WRONG);
        best = MIN(best, clock_ns() - start);
    }
    return best;
}

static void test_unknown_logins_take_as_long(void **state)
{
    (void)state;
    struct access *access = open_access();
    u32 gone = add(access, "gone", ROLE_SHOPPER);
    add(access, "anna", ROLE_SHOPPER);
    assert_int_equal(access_disable(access, gone), ACCESS_OK);
    i64 wrong = login_ns(access, "anna", "wrong password", NOW);
    const char *const others[] = {"nobody", "gone", "no login", ""};
    for (size_t i = 0; i < ARRAY_COUNT(others); i++) {
        i64 other = login_ns(access, others[i], PASSWORD, NOW);
        if (other < wrong / 2 || other > wrong * 2)
            fail_msg("\"%s\" takes %lld us, a wrong password %lld", others[i], (long long)other / 1000,
                     (long long)wrong / 1000);
    }
    access_close(access);
}

/* --- keys ------------------------------------------------------------------------------------ */

static void test_keys(void **state)
{
    char key[ACCESS_SECRET_MAX], another[ACCESS_SECRET_MAX];
    struct access_key_row keys[2 * ACCESS_KEYS_PER_ACCOUNT_MAX + 1], row;
    u32 key_id, other_id;
    (void)state;
    struct access *access = open_access();
    u32 bot = add(access, "bot", ROLE_INTEGRATOR), other = add(access, "other", ROLE_PROVIDER);
    assert_int_equal(access_key_add(access, 99, slice_text("till"), NOW, key, &key_id), ACCESS_NOT_FOUND);
    assert_int_equal(access_key_add(access, bot, slice_text(""), NOW, key, &key_id), ACCESS_BAD_NAME);
    assert_int_equal(access_key_add(access, bot, slice_text("a\nb"), NOW, key, &key_id), ACCESS_BAD_NAME);
    assert_string_equal(key, "");
    assert_int_equal(access_key_add(access, bot, slice_text("till 7"), NOW, key, &key_id), ACCESS_OK);
    assert_int_equal(strlen(key), ACCESS_KEY_SIZE);
    assert_memory_equal(key, "elv_", 4);
    assert_int_equal(key_works(access, key), ACCESS_OK);
    assert_int_equal(caller.account, bot);
    assert_int_equal(caller.roles, ROLE_ANYBODY | ROLE_INTEGRATOR);
    assert_int_equal(session(access, key, NOW), ACCESS_WRONG);
    assert_int_equal(access_key(access, slice_of(key, ACCESS_KEY_SIZE - 1), &caller), ACCESS_WRONG);
    assert_int_equal(access_key(access, slice_of(NULL, 0), &caller), ACCESS_WRONG);
    nobody();
    strcpy(another, key);
    another[20] ^= 1;
    assert_int_equal(key_works(access, another), ACCESS_WRONG);

    assert_int_equal(access_key_revoke(access, other, key_id), ACCESS_NOT_FOUND); /* somebody else's */
    assert_int_equal(key_works(access, key), ACCESS_OK);
    assert_int_equal(access_key_revoke(access, bot, key_id), ACCESS_OK);
    assert_int_equal(key_works(access, key), ACCESS_WRONG); /* at once */
    assert_int_equal(access_key_revoke(access, bot, key_id), ACCESS_OK);
    assert_int_equal(access_key_revoke(access, bot, 99), ACCESS_NOT_FOUND);
    assert_int_equal(access_key_get(access, key_id, &row), ACCESS_OK);
    assert_int_equal(row.account, bot);
    assert_true(row.revoked);
    assert_string_equal(row.name, "till 7");
    assert_memory_equal(row.hint, key, 8);
    assert_int_equal(strlen(row.hint), 8);

    for (int i = 0; i < ACCESS_KEYS_PER_ACCOUNT_MAX; i++)
        assert_int_equal(access_key_add(access, bot, slice_text("more"), NOW, key, &other_id), ACCESS_OK);
    assert_int_equal(access_key_add(access, bot, slice_text("more"), NOW, another, &key_id), ACCESS_FULL);
    assert_int_equal(access_key_revoke(access, bot, other_id), ACCESS_OK);
    assert_int_equal(access_key_add(access, bot, slice_text("more"), NOW, another, &key_id), ACCESS_OK);
    assert_true(key_id > other_id);
    assert_int_equal(access_key_list(access, bot, keys, ARRAY_COUNT(keys)), ACCESS_KEYS_PER_ACCOUNT_MAX + 2);
    assert_int_equal(keys[0].key_id, key_id);
    assert_int_equal(access_key_list(access, bot, keys, 1), 1);
    assert_int_equal(access_key_list(access, other, keys, 1), 0);
    for (int i = 0; i < 2 * ACCESS_KEYS_PER_ACCOUNT_MAX; i++) { /* revoked ones do not pile up */
        assert_int_equal(access_key_revoke(access, bot, key_id), ACCESS_OK);
        assert_int_equal(access_key_add(access, bot, slice_text("more"), NOW, another, &key_id), ACCESS_OK);
    }
    assert_int_equal(access_key_list(access, bot, keys, ARRAY_COUNT(keys)), 2 * ACCESS_KEYS_PER_ACCOUNT_MAX);
    access_close(access);
}

static void test_key_use_is_noted(void **state)
{
    char key[ACCESS_SECRET_MAX];
    struct access_key_row row;
    u32 key_id;
    (void)state;
    struct access *access = open_access();
    assert_int_equal(access_key_add(access, add(access, "bot", ROLE_INTEGRATOR), slice_text("k"), NOW, key, &key_id),
                     ACCESS_OK);
    assert_int_equal(access_key_get(access, key_id, &row), ACCESS_OK);
    assert_int_equal(row.used_ms, 0);
    i64 before_ms = (i64)time(NULL) * 1000;
    assert_int_equal(key_works(access, key), ACCESS_OK);
    access_close(access);
    access = open_access();
    assert_int_equal(access_key_get(access, key_id, &row), ACCESS_OK);
    assert_true(row.used_ms > before_ms - 60000 && row.used_ms <= before_ms + 60000 && row.used_ms % 60000 == 0);
    access_close(access);
}

/* --- secrets on the disk ------------------------------------------------------------------------ */

static void test_no_secret_on_disk(void **state)
{
    char key[ACCESS_SECRET_MAX], path[128];
    struct stat file;
    u32 key_id;
    (void)state;
    struct access *access = open_access();
    u32 account = add(access, "anna-the-visible", ROLE_SHOPPER);
    assert_int_equal(access_key_add(access, account, slice_text("k"), NOW, key, &key_id), ACCESS_OK);
    assert_int_equal(login_from(access, "anna-the-visible", PASSWORD, "", NOW), ACCESS_OK);
    for (int i = 0; i < 2; i++) { /* in the WAL, and in the file */
        assert_true(on_disk("anna-the-visible"));
        assert_true(on_disk("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_false(on_disk(PASSWORD));
        assert_false(on_disk(token));
        assert_false(on_disk(key));
        assert_false(on_disk(key + 12));
        if (i == 0)
            access_close(access);
    }
    snprintf(path, sizeof(path), "%s/accounts.db", folder);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
}

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
    meddle("PRAGMA user_version = 2");
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

/* --- the trail ---------------------------------------------------------------------------------------- */

static void act(struct access *access, u32 status, const char *what, const char *target)
{
    struct access_act one = {.number = 99, .time_ms = NOW, .account = 3, .status = status, .address = "192.0.2.7"};
    snprintf(one.what, sizeof(one.what), "%s", what);
    snprintf(one.target, sizeof(one.target), "%s", target);
    access_act(access, &one);
}

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
        enum access_status status = access_login(access, name, slice_text(PASSWORD), slice_of(NULL, 0), NOW, secret, &who,
                                                 &retry);
        crowd->logins += status == ACCESS_OK;
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
        crowd->throttled += access_login(access, slice_text("victim"), slice_text("wrong password"), slice_of(NULL, 0), NOW,
                                         secret, &who, &retry)
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

#define ON_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        ON_FOLDER(test_refused_logins),
        ON_FOLDER(test_refused_passwords_and_roles),
        ON_FOLDER(test_accounts),
        ON_FOLDER(test_login),
        ON_FOLDER(test_oldest_session_makes_room),
        ON_FOLDER(test_changes_end_sessions),
        ON_FOLDER(test_throttled_by_login),
        ON_FOLDER(test_throttled_by_address),
        ON_FOLDER(test_unknown_logins_take_as_long),
        ON_FOLDER(test_keys),
        ON_FOLDER(test_key_use_is_noted),
        ON_FOLDER(test_no_secret_on_disk),
        ON_FOLDER(test_another_process),
        ON_FOLDER(test_foreign_files),
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
