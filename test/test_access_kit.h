/*
 * test_access_kit.h: what the tests of access share: a folder of one's own for
 * each test, and short ways to add, log in, look and meddle. Every test is a world of two
 * or three accounts with the same password.
 */
#ifndef ELEVEN_TEST_ACCESS_KIT_H
#define ELEVEN_TEST_ACCESS_KIT_H

#include "access/access.h"
#include "test/support.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NOW ((i64)1793980800000)
#define PASSWORD "correct horse battery"

static char folder[64];
static char problem[ACCESS_PROBLEM_MAX];

static inline void run(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    assert_int_equal(system(line), 0);
}

static inline int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/eleven-access-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static inline int remove_folder(void **state)
{
    (void)state;
    run("rm -rf %s", folder);
    return 0;
}

static inline struct access *open_access(void)
{
    struct access *access;
    if (!access_open(&access, folder, problem))
        fail_msg("%s", problem);
    return access;
}

static inline u32 add(struct access *access, const char *login, u32 role)
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

static inline enum access_status login_from(struct access *access, const char *login, const char *password,
                                            const char *address, i64 now_ms)
{
    return access_login(access, slice_text(login), slice_text(password), slice_text(address), now_ms, token, &caller,
                        &retry_s);
}

static inline enum access_status session(struct access *access, const char *secret, i64 now_ms)
{
    return access_session(access, slice_text(secret), now_ms, &caller);
}

static inline enum access_status key_works(struct access *access, const char *secret)
{
    return access_key(access, slice_text(secret), &caller);
}

static inline void nobody(void)
{
    assert_memory_equal(&caller, (&(struct caller){0}), sizeof(caller));
}

static inline void sleep_ms(long ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static inline i64 clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (i64)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* True when the bytes are anywhere in what is on the disk. Read by another process: closing the file in this one
 * would let go of SQLite's locks. */
static inline bool on_disk(const char *bytes)
{
    char line[256];
    snprintf(line, sizeof(line), "cat %s/accounts.db* | grep -qaF -- '%s'", folder, bytes);
    return system(line) == 0;
}

/* Changes the database behind its back. */
static inline void meddle(const char *sql)
{
    char path[128];
    sqlite3 *handle;
    snprintf(path, sizeof(path), "%s/accounts.db", folder);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_busy_timeout(handle, 1000), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static inline void act(struct access *access, u32 status, const char *what, const char *target)
{
    struct access_act one = {.number = 99, .time_ms = NOW, .account = 3, .status = status, .address = "192.0.2.7"};
    snprintf(one.what, sizeof(one.what), "%s", what);
    snprintf(one.target, sizeof(one.target), "%s", target);
    access_act(access, &one);
}

#define ON_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

#endif
