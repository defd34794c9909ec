#include "sim/people.h"

#include "access/access.h"
#include "base/assert.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES 65536
#define PATH_MAX_BYTES 512

static struct prng secret;

static const char *seeded_name(void)
{
    return "seeded";
}

static uint32_t seeded_random(void)
{
    return (u32)prng_next(&secret);
}

static void seeded_buffer(void *const buffer, const size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((u8 *)buffer)[i] = (u8)prng_next(&secret);
}

static struct randombytes_implementation seeded = {
    .implementation_name = seeded_name, .random = seeded_random, .buf = seeded_buffer,
};

void people_seed(u64 seed)
{
    prng_seed(&secret, seed);
    randombytes_set_implementation(&seeded);
}

bool people_make(const char *folder, struct sim_account accounts[PERSON_COUNT])
{
    static const u32 roles[PERSON_COUNT] = {
        [PERSON_INTEGRATOR] = ROLE_INTEGRATOR,     [PERSON_OTHER] = ROLE_INTEGRATOR,
        [PERSON_MERCHANDISER] = ROLE_MERCHANDISER, [PERSON_PROVIDER] = ROLE_PROVIDER,
        [PERSON_CLERK] = ROLE_CLERK,               [PERSON_SHOPPER] = ROLE_SHOPPER,
    };
    char problem[512];
    struct access *access;
    people_seed(1);
    if (!access_open(&access, folder, problem)) {
        fprintf(stderr, "simulate: %s\n", problem);
        return false;
    }
    bool good = true;
    for (u32 i = 0; i < PERSON_COUNT && good; i++) {
        const char login[] = {'p', 'e', 'r', 's', 'o', 'n', (char)('0' + i), 0};
        u32 key;
        accounts[i].role = roles[i];
        good = access_add(access, slice_text(login), slice_text("correct horse"), roles[i],
                          roles[i] == ROLE_CLERK ? 1 : 0, 0, &accounts[i].number) == ACCESS_OK &&
               (roles[i] != ROLE_SHOPPER ||
                access_bind_shopper(access, accounts[i].number, CLIENT_SHOPPER) == ACCESS_OK) &&
               access_key_add(access, accounts[i].number, slice_text("sim"), 0, accounts[i].secret, &key) == ACCESS_OK;
    }
    access_close(access);
    return good;
}

bool people_copy(const char *folder, const char *to)
{
    static char bytes[COPY_BYTES];
    char path[PATH_MAX_BYTES];
    ssize_t size = -1;
    static const char *const rests[] = {"-wal", "-shm"};
    for (size_t i = 0; i < ARRAY_COUNT(rests); i++) { /* of the world before */
        snprintf(path, sizeof(path), "%s/accounts.db%s", to, rests[i]);
        unlink(path);
    }
    snprintf(path, sizeof(path), "%s/accounts.db", folder);
    int in = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof(path), "%s/accounts.db", to);
    int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    while (in >= 0 && out >= 0 && (size = read(in, bytes, sizeof(bytes))) > 0)
        if (write(out, bytes, (size_t)size) != size)
            size = -1;
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return size == 0;
}
