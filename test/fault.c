#include "test/fault.h"

#include "test/support.h"

#include <string.h>

#define TOLD_MAX 20

static const char *const zeroes[] = {
#define ZERO(name, meaning) name,
    FAULT_ZEROES(ZERO)
#undef ZERO
};

bool fault_unless(bool good, u64 *counter, const char *format, ...)
{
    static u32 told;
    va_list arguments;
    if (good)
        return true;
    ++*counter;
    if (told++ >= TOLD_MAX)
        return false;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    return false;
}

static bool must_be_zero(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(zeroes); i++)
        if (strcmp(name, zeroes[i]) == 0)
            return true;
    return false;
}

void fault_line(const char *row, const struct fault_count *counts, size_t count)
{
    u64 broken = 0;
    bool can_fail = false;
    printf("fault %s", row);
    for (size_t i = 0; i < count; i++) {
        bool zero = must_be_zero(counts[i].name);
        printf(" %s %llu", counts[i].name, (unsigned long long)counts[i].value);
        can_fail = can_fail || zero;
        broken += zero ? counts[i].value : 0;
    }
    printf("\n");
    assert_string_equal(counts[0].name, "cases");
    assert_true(counts[0].value > 0);
    assert_true(can_fail);
    if (broken > 0)
        fail_msg("%s: %llu broken promises", row, (unsigned long long)broken);
}

u64 fault_stride(u64 weight)
{
    return MAX(support_number("ELEVEN_STRIDE", 1) / weight, 1);
}

u64 fault_first_seed(void)
{
    return support_number("ELEVEN_FIRST", 1);
}
