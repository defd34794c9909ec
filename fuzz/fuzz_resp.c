/*
 * fuzz_resp: src/door/resp_parse.c. A stream of requests means the same
 * whatever pieces it comes in: once a beginning is a request of n bytes, every longer one is the same request of n
 * bytes; once it is wrong, it stays wrong in the same way. Arguments lie inside the request; written again as an
 * array they are read again.
 *
 * Input: the stream. When it begins with 0xff, then: 0xff, a byte, its place (2 bytes), and a stream into which a long
 * run of that byte is put at the place, so that the bounds of a request are within reach.
 */
#include "fuzz/fuzz.h"

#include "door/resp_parse.h"

#include <stdio.h>

#define RUN_BYTES (RESP_REQUEST_MAX + 64)

struct verdict {
    size_t size;
    const char *problem;
    u32 count;
    size_t begins[RESP_ARGUMENTS_MAX], sizes[RESP_ARGUMENTS_MAX];
};

/* The beginning of `size` bytes, in memory that ends there. */
static void judge(struct verdict *verdict, const char *bytes, size_t size)
{
    static struct resp_request request;
    char *copy = fuzz_copy(bytes, size);
    memset(verdict, 0, sizeof(*verdict));
    verdict->size = resp_parse(&request, copy, size);
    verdict->problem = request.problem;
    FUZZ_MUST(verdict->size <= size && verdict->size <= RESP_REQUEST_MAX);
    FUZZ_MUST(verdict->size == 0 || request.problem == NULL);
    FUZZ_MUST(request.count <= RESP_ARGUMENTS_MAX);
    if (verdict->size > 0) {
        verdict->count = request.count;
        for (u32 i = 0; i < request.count; i++) {
            const struct slice *argument = &request.arguments[i];
            FUZZ_MUST(argument->bytes >= copy && argument->bytes + argument->size <= copy + verdict->size);
            verdict->begins[i] = (size_t)(argument->bytes - copy);
            verdict->sizes[i] = argument->size;
        }
    }
    free(copy);
}

static bool decided(const struct verdict *verdict)
{
    return verdict->size > 0 || verdict->problem != NULL;
}

/* The arguments as an array of bulk strings are read as the same arguments. */
static void write_again(const struct verdict *verdict, const char *bytes)
{
    static struct resp_request again;
    static char array[2 * RESP_REQUEST_MAX + 16 * RESP_ARGUMENTS_MAX];
    if (verdict->count == 0)
        return;
    size_t size = (size_t)snprintf(array, sizeof(array), "*%u\r\n", verdict->count);
    for (u32 i = 0; i < verdict->count; i++) {
        size += (size_t)snprintf(array + size, 32, "$%zu\r\n", verdict->sizes[i]);
        memcpy(array + size, bytes + verdict->begins[i], verdict->sizes[i]);
        size += verdict->sizes[i];
        memcpy(array + size, "\r\n", 2);
        size += 2;
    }
    size_t taken = resp_parse(&again, array, size);
    if (size > RESP_REQUEST_MAX) {
        FUZZ_MUST(taken == 0 && again.problem != NULL);
        return;
    }
    FUZZ_MUST(taken == size && again.count == verdict->count);
    for (u32 i = 0; i < again.count; i++)
        FUZZ_MUST(slice_equal(again.arguments[i], slice_of(bytes + verdict->begins[i], verdict->sizes[i])));
}

/* Every beginning of the first request, or those around the bounds when there are many. */
static size_t first_request(const char *bytes, size_t size)
{
    static struct verdict whole, part;
    judge(&whole, bytes, size);
    bool before = false;
    for (size_t to = 0; to <= size; to++) {
        bool near_bound = to % 4096 < 3 || to % 4096 > 4093 || to + 3 > size || to < 256 ||
                          (whole.size > 0 && to + 3 > whole.size && to < whole.size + 3) ||
                          (to + 66 > RESP_REQUEST_MAX && to < RESP_REQUEST_MAX + 3);
        if (size > 2048 && !near_bound)
            continue;
        judge(&part, bytes, to);
        FUZZ_MUST(!before || decided(&part));
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): judge() zeroes all of it, padding included */
        FUZZ_MUST(!decided(&part) || memcmp(&part, &whole, sizeof(part)) == 0);
        FUZZ_MUST(decided(&part) || to < size || !decided(&whole));
        before = decided(&part);
    }
    if (whole.size > 0)
        write_again(&whole, bytes);
    return whole.size;
}

static char *stretched(const u8 *bytes, size_t size, size_t *out)
{
    size_t rest = size - 4;
    size_t place = ((size_t)bytes[2] | (size_t)bytes[3] << 8) % (rest + 1);
    char *stream = malloc(rest + RUN_BYTES);
    ASSERT(stream != NULL);
    memcpy(stream, bytes + 4, place);
    memset(stream + place, bytes[1], RUN_BYTES);
    memcpy(stream + place + RUN_BYTES, bytes + 4 + place, rest - place);
    *out = rest + RUN_BYTES;
    return stream;
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    return 0;
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    bool stretch = size >= 4 && bytes[0] == 0xff;
    size_t length = size;
    char *stream = stretch ? stretched(bytes, size, &length) : fuzz_copy(bytes, size);
    for (size_t at = 0, taken = 1; at < length && taken > 0; at += taken) {
        taken = first_request(stream + at, length - at);
        if (stretch)
            break;
    }
    free(stream);
    return 0;
}
