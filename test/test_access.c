/* Access: accounts, passwords, sessions, keys and throttling, on a real folder. */
#include "test/test_access_kit.h"

#include <sys/stat.h>

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
                                {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10}, {long_one, 257},
                                {"SOMEBODY.else", 13}};
    static const u32 roles[][2] = {{0, 0}, {ROLE_ANYBODY, 0}, {ROLE_SYSTEM, 0}, {ROLE_CLERK, 0}, {ROLE_SHOPPER, 2},
                                   {ROLE_ADMINISTRATOR, 1}, {ROLE_CLERK | ROLE_SHOPPER, 2}, {256, 0}};
    struct access *access = open_access();
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        if (access_add(access, slice_text("Somebody.Else"), bad[i], ROLE_SHOPPER, 0, NOW, &account)
            != ACCESS_BAD_PASSWORD)
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
    u32 shopper = add(access, "anna@example.com", ROLE_SHOPPER);
    u32 clerk = add(access, "\xe6\x9d\x8e\xe5\xa8\x9c", ROLE_CLERK);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
