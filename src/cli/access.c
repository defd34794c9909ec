/*
 * eleven access: accounts, their passwords and keys, and the audit trail, from
 * the command line; also beside a running server, and the way in when nobody can log in any more.
 */
#include "access/access.h"

#include "base/time.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/reader.h"
#include "core/words.h"
#include "eleven.h"

#include <sodium.h>
#include <stdio.h>

#define ACCESS_GENERATED 20         /* characters of 57: 116 bits */
#define ACCESS_PAGE 256             /* rows read at a time */
#define ACCESS_FILE_MAX 1024u       /* bytes of a password file */
#define ACCESS_NO_KEY UINT64_MAX

/* What the command line says; NULL where it says nothing. */
struct access_wish {
    const char *directory;
    const char *add, *role, *location, *password_file; /* --add; the last one also --password */
    const char *key, *name;
    const char *keys, *disable, *password;
    u64 revoke_key;         /* ACCESS_NO_KEY: not said */
    bool acts;
};

static int access_refused(const char *what, enum access_status status)
{
    cli_error(what, "%s: %s", access_status_word(status), access_status_sentence(status));
    return status == ACCESS_FAILED ? CLI_FOLDER : CLI_REFUSED;
}

/* An act of the command line, which is nobody's account. */
static void access_note(struct access *access, u32 status, const char *what, const char *target, const char *subject)
{
    struct access_act act = {.time_ms = cli_now_ms(), .status = status};
    snprintf(act.what, sizeof(act.what), "%s", what);
    snprintf(act.target, sizeof(act.target), "%s %s", target, subject);
    access_act(access, &act);
}

static int access_find_login(struct access *access, const char *login, struct access_account *account)
{
    enum access_status status = access_find(access, slice_text(login), account);
    if (status == ACCESS_NOT_FOUND) {
        cli_error("access", "not-found: there is no login \"%s\"", login);
        return CLI_REFUSED;
    }
    return status == ACCESS_OK ? CLI_DONE : access_refused(login, status);
}

/* --- passwords ------------------------------------------------------------------ */

struct access_password {
    char text[ACCESS_FILE_MAX + 2];
    size_t size;
    bool generated;
};

static int access_read_password(const char *path, struct access_password *password)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "rbe");
    if (file == NULL) {
        cli_error(path, "it cannot be read");
        return CLI_FILE;
    }
    password->size = fread(password->text, 1, ACCESS_FILE_MAX + 1, file);
    bool failed = ferror(file) != 0;
    if (!standard)
        (void)fclose(file);
    if (failed || password->size > ACCESS_FILE_MAX) {
        cli_error(path, failed ? "it cannot be read" : "it is longer than a password");
        return CLI_FILE;
    }
    const char *end = memchr(password->text, '\n', password->size); /* the first line */
    if (end != NULL)
        password->size = (size_t)(end - password->text);
    if (password->size > 0 && password->text[password->size - 1] == '\r')
        password->size--;
    return CLI_DONE;
}

/* From the file, or made up without characters that look alike. */
static int access_get_password(const char *path, struct access_password *password)
{
    static const char letters[] = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    *password = (struct access_password){.generated = path == NULL};
    if (path != NULL)
        return access_read_password(path, password);
    for (; password->size < ACCESS_GENERATED; password->size++)
        password->text[password->size] = letters[randombytes_uniform(sizeof(letters) - 1)];
    return CLI_DONE;
}

static void access_end_password(struct access_password *password, bool done)
{
    if (done && password->generated)
        printf("password %.*s\n(shown this once)\n", (int)password->size, password->text);
    sodium_memzero(password, sizeof(*password));
}

/* --- adding ----------------------------------------------------------------------- */

static bool access_parse_role(const char *word, u32 *role)
{
    const char *words[8];
    size_t count = 0;
    int number = word_parse_role(slice_text(word));
    if (number > ROLE_ANYBODY) {
        *role = (u32)number;
        return true;
    }
    for (u32 bit = ROLE_SHOPPER; bit <= ROLE_ADMINISTRATOR; bit <<= 1)
        if (bit != ROLE_SYSTEM)
            words[count++] = word_role(bit);
    const char *nearest = cli_nearest(word, words, count);
    cli_error("access", "--role: there is no role \"%s\"; %s%s%s", word, nearest != NULL ? "did you mean " : "",
              nearest != NULL ? nearest : "shopper, clerk, merchandiser, provider, integrator, administrator",
              nearest != NULL ? "?" : "");
    return false;
}

/* A code first, since codes may be numbers; then the number of a location. */
static int access_find_location(const char *directory, const char *text, u32 *location)
{
    struct reader reader;
    u64 number = 0;
    int code = reader_open_now(&reader, directory);
    if (code != CLI_DONE)
        return code;
    *location = engine_find(reader.engine, COMMAND_LOCATION_PUT, slice_text(text));
    if (*location == 0 && cli_parse_number(slice_text(text), UINT32_MAX, &number)
        && engine_location(reader.engine, (u32)number) != NULL)
        *location = (u32)number;
    const struct location *row = engine_location(reader.engine, *location);
    if (row == NULL)
        cli_error("access", "there is no location \"%s\"", text);
    else
        printf("location %u, " SLICE_FORMAT ", " SLICE_FORMAT "\n", *location,
               SLICE_ARGS(engine_text(reader.engine, row->text, 0)),
               SLICE_ARGS(engine_text(reader.engine, row->text, 1)));
    reader_close(&reader);
    return row != NULL ? CLI_DONE : CLI_REFUSED;
}

static int access_do_add(struct access *access, const struct access_wish *wish)
{
    struct access_password password;
    u32 role = 0, location = 0, account;
    if (wish->role == NULL) {
        cli_error("access", "--add needs --role");
        return CLI_USAGE;
    }
    if (!access_parse_role(wish->role, &role))
        return CLI_USAGE;
    if ((role == ROLE_CLERK) != (wish->location != NULL)) {
        cli_error("access", role == ROLE_CLERK ? "a clerk needs --location" : "--location is for clerks");
        return CLI_USAGE;
    }
    int code = wish->location != NULL ? access_find_location(wish->directory, wish->location, &location) : CLI_DONE;
    if (code == CLI_DONE)
        code = access_get_password(wish->password_file, &password);
    if (code != CLI_DONE)
        return code;
    enum access_status status = access_add(access, slice_text(wish->add), slice_of(password.text, password.size), role,
                                           location, cli_now_ms(), &account);
    if (status == ACCESS_OK) {
        access_note(access, 201, "people.add", "login", wish->add);
        printf("account  %u\nlogin    %s\nrole     %s\n", account, wish->add, wish->role);
    }
    access_end_password(&password, status == ACCESS_OK);
    return status == ACCESS_OK ? CLI_DONE : access_refused(wish->add, status);
}

/* --- changing ----------------------------------------------------------------------- */

static int access_do_password(struct access *access, const struct access_wish *wish)
{
    struct access_password password;
    struct access_account account;
    int code = access_find_login(access, wish->password, &account);
    if (code == CLI_DONE && account.disabled) {
        cli_error(account.login, "the account is disabled");
        code = CLI_REFUSED;
    }
    if (code == CLI_DONE)
        code = access_get_password(wish->password_file, &password);
    if (code != CLI_DONE)
        return code;
    enum access_status status = access_set_password(access, account.account, slice_of(password.text, password.size));
    if (status == ACCESS_OK) {
        access_note(access, 200, "people.password", "login", account.login);
        printf("login    %s\n", account.login);
    }
    access_end_password(&password, status == ACCESS_OK);
    return status == ACCESS_OK ? CLI_DONE : access_refused(account.login, status);
}

static int access_do_disable(struct access *access, const struct access_wish *wish)
{
    struct access_account account;
    int code = access_find_login(access, wish->disable, &account);
    if (code != CLI_DONE)
        return code;
    enum access_status status = access_disable(access, account.account);
    if (status != ACCESS_OK)
        return access_refused(account.login, status);
    access_note(access, 200, "people.disable", "login", account.login);
    printf("%s is disabled; sessions and keys have ended (in a running server within 2 s)\n", account.login);
    return CLI_DONE;
}

static int access_do_key(struct access *access, const struct access_wish *wish)
{
    struct access_account account;
    char key[ACCESS_SECRET_MAX], subject[32];
    u32 key_id;
    if (wish->name == NULL) {
        cli_error("access", "--key needs --name: what the key is for");
        return CLI_USAGE;
    }
    int code = access_find_login(access, wish->key, &account);
    if (code != CLI_DONE)
        return code;
    enum access_status status =
        access_key_add(access, account.account, slice_text(wish->name), cli_now_ms(), key, &key_id);
    if (status != ACCESS_OK)
        return access_refused(status == ACCESS_BAD_NAME ? "--name" : account.login, status);
    snprintf(subject, sizeof(subject), "%u", key_id);
    access_note(access, 201, "key.add", "key", subject);
    printf("id       %u\nlogin    %s\nkey      %s\n(shown this once)\n", key_id, account.login, key);
    sodium_memzero(key, sizeof(key));
    return CLI_DONE;
}

static int access_do_revoke(struct access *access, const struct access_wish *wish)
{
    struct access_key_row key;
    char subject[32];
    snprintf(subject, sizeof(subject), "key %llu", (unsigned long long)wish->revoke_key);
    enum access_status status = ACCESS_NOT_FOUND;
    if (wish->revoke_key <= UINT32_MAX)
        status = access_key_get(access, (u32)wish->revoke_key, &key);
    if (status == ACCESS_OK)
        status = access_key_revoke(access, key.account, key.key_id);
    if (status != ACCESS_OK)
        return access_refused(subject, status);
    access_note(access, 200, "key.revoke", "key", subject + strlen("key "));
    printf("%s (%s, %s...) is revoked (in a running server within 2 s)\n", subject, key.name, key.hint);
    return CLI_DONE;
}

/* --- listing ---------------------------------------------------------------------------- */

static int access_do_keys(struct access *access, const struct access_wish *wish)
{
    struct access_account account;
    struct access_key_row keys[2 * ACCESS_KEYS_PER_ACCOUNT_MAX];
    char made[TIME_TEXT_MAX], used[TIME_TEXT_MAX];
    int code = access_find_login(access, wish->keys, &account);
    if (code != CLI_DONE)
        return code;
    size_t count = access_key_list(access, account.account, keys, ARRAY_COUNT(keys));
    for (size_t i = 0; i < count; i++)
        printf("%6u  %s...  made %s  used %s  %s%s\n", keys[i].key_id, keys[i].hint,
               time_text(made, keys[i].made_ms, 0),
               keys[i].used_ms != 0 ? time_text(used, keys[i].used_ms, 0) : "never", keys[i].name,
               keys[i].revoked ? "  (revoked)" : "");
    if (count == 0)
        printf("%s has no key\n", account.login);
    return CLI_DONE;
}

static int access_do_acts(struct access *access)
{
    static struct access_act acts[ACCESS_PAGE]; /* large */
    char hash[ACCESS_HASH_TEXT], time[TIME_TEXT_MAX], who[32];
    u64 number, before = 0;
    enum access_status status = access_acts_check(access, &number, hash);
    if (status == ACCESS_FAILED)
        return access_refused("access", status);
    for (;;) {
        size_t count = access_acts(access, before, acts, ARRAY_COUNT(acts));
        for (size_t i = 0; i < count; i++) {
            snprintf(who, sizeof(who), acts[i].account != 0 ? "account %u" : "command line", acts[i].account);
            printf("%6llu  %s  %-14s  %-15s  %3u  %s  %s\n", (unsigned long long)acts[i].number,
                   time_text(time, acts[i].time_ms, 0), who, acts[i].address[0] != '\0' ? acts[i].address : "-",
                   acts[i].status, acts[i].what, acts[i].target);
        }
        if (count < ARRAY_COUNT(acts))
            break;
        before = acts[count - 1].number;
    }
    if (status == ACCESS_WRONG) {
        cli_error("access", "the audit trail was tampered with: act %llu is missing, or not what was written",
                  (unsigned long long)number);
        return CLI_REFUSED;
    }
    if (number == 0)
        printf("no act yet\n");
    else
        printf("%llu acts, unbroken; hash of the last one: %s\n", (unsigned long long)number, hash);
    return CLI_DONE;
}

static int access_do_list(struct access *access)
{
    static struct access_account accounts[ACCESS_PAGE]; /* large */
    u32 after = 0;
    for (;;) {
        size_t count = access_list(access, 0, after, accounts, ARRAY_COUNT(accounts));
        for (size_t i = 0; i < count; i++) {
            const struct access_account *account = &accounts[i];
            char made[TIME_TEXT_MAX];
            printf("%6u  %-13s  made %s  %s", account->account, word_role(account->role),
                   time_text(made, account->made_ms, 0), account->login);
            if (account->location != 0)
                printf("  location %u", account->location);
            if (account->shopper != 0)
                printf("  shopper %u", account->shopper);
            printf("%s\n", account->disabled ? "  (disabled)" : "");
        }
        if (count == 0 && after == 0)
            printf("no account yet; eleven access --help says how to make one\n");
        if (count < ARRAY_COUNT(accounts))
            return CLI_DONE;
        after = accounts[count - 1].account;
    }
}

/* --- the subcommand ------------------------------------------------------------------------ */

/* One thing at a time, and no option that would be ignored. */
static bool access_good_wish(const struct access_wish *wish)
{
    int things = (wish->add != NULL) + (wish->key != NULL) + (wish->keys != NULL) + (wish->disable != NULL)
                 + (wish->password != NULL) + (wish->revoke_key != ACCESS_NO_KEY) + wish->acts;
    const char *stray = NULL;
    if (things > 1) {
        cli_error("access", "one of --add, --password, --disable, --key, --keys, --revoke-key and --acts at a time");
        return false;
    }
    if (wish->add == NULL && (wish->role != NULL || wish->location != NULL))
        stray = wish->role != NULL ? "--role goes with --add" : "--location goes with --add";
    if (wish->key == NULL && wish->name != NULL)
        stray = "--name goes with --key";
    if (wish->add == NULL && wish->password == NULL && wish->password_file != NULL)
        stray = "--password-file goes with --add or --password";
    if (stray != NULL)
        cli_error("access", "%s", stray);
    return stray == NULL;
}

/* The accounts of a folder that is one. */
static int access_open_folder(const char *directory, struct access **access)
{
    struct io io;
    struct engine_limits limits;
    char problem[JOURNAL_PROBLEM_MAX] = "", why[ACCESS_PROBLEM_MAX];
    int error = io_linux_open(&io, IO_APPENDER_THREAD); /* nothing is appended */
    if (error < 0) {
        cli_error(directory, "%s", strerror(-error));
        return CLI_FOLDER;
    }
    enum journal_status status = eleven_limits(directory, &io, &limits, problem);
    io_linux_close(&io);
    if (status != JOURNAL_OK)
        return cli_folder_error(directory, status, problem);
    if (access_open(access, directory, why))
        return CLI_DONE;
    cli_error(directory, "%s", why);
    return CLI_FOLDER;
}

static int access_do(struct access *access, const struct access_wish *wish)
{
    if (wish->add != NULL)
        return access_do_add(access, wish);
    if (wish->password != NULL)
        return access_do_password(access, wish);
    if (wish->disable != NULL)
        return access_do_disable(access, wish);
    if (wish->key != NULL)
        return access_do_key(access, wish);
    if (wish->keys != NULL)
        return access_do_keys(access, wish);
    if (wish->revoke_key != ACCESS_NO_KEY)
        return access_do_revoke(access, wish);
    return wish->acts ? access_do_acts(access) : access_do_list(access);
}

int cli_access(int argc, char **argv)
{
    struct option_texts plain;
    struct access_wish wish = {.revoke_key = ACCESS_NO_KEY};
    const struct option options[] = {
        {"add", OPTION_TEXT, &wish.add, "LOGIN", "a new account; needs --role"},
        {"role", OPTION_TEXT, &wish.role, "ROLE",
         "shopper, clerk, merchandiser, provider, integrator or administrator"},
        {"location", OPTION_TEXT, &wish.location, "CODE", "of a clerk: code or number of the location"},
        {"password-file", OPTION_TEXT, &wish.password_file, "FILE",
         "the password (10 to 256 bytes; - is standard input); default: one is made up and shown"},
        {"password", OPTION_TEXT, &wish.password, "LOGIN", "a new password; ends all sessions"},
        {"disable", OPTION_TEXT, &wish.disable, "LOGIN", "for good; ends all sessions and keys"},
        {"key", OPTION_TEXT, &wish.key, "LOGIN", "a new API key for this account; needs --name"},
        {"name", OPTION_TEXT, &wish.name, "NAME", "what the key is for"},
        {"keys", OPTION_TEXT, &wish.keys, "LOGIN", "list the keys of this account"},
        {"revoke-key", OPTION_NUMBER, &wish.revoke_key, "ID", "end an API key"},
        {"acts", OPTION_SWITCH, &wish.acts, NULL, "the audit trail, newest first, and whether it was tampered with"},
    };
    const struct page page = {
        .name = "access",
        .usage = "DIR [--add LOGIN --role ROLE | --password LOGIN | --key LOGIN --name NAME | ...]",
        .about = "Lists the accounts of a folder, or changes one thing about them. Works beside a running server,\n"
                 "which sees it within 2 s. Secrets are shown once and kept only as hashes.",
        .example = "  eleven access shop --add anna --role administrator\n"
                   "  eleven access shop --add li.na --role clerk --location store-sh --password-file secret\n"
                   "  eleven access shop --key till-7 --name \"counter, ground floor\"\n"
                   "  eleven access shop --acts | head",
        .options = options,
        .option_count = ARRAY_COUNT(options),
    };
    enum options_result parsed = options_parse(&page, argc, argv, &plain, 1, 1);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    if (!access_good_wish(&wish))
        return CLI_USAGE;
    struct access *access = NULL;
    wish.directory = plain.texts[0];
    int code = access_open_folder(wish.directory, &access);
    if (code != CLI_DONE)
        return code;
    code = access_do(access, &wish);
    access_close(access);
    return code;
}
