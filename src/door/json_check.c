#include "door/json_check.h"

#include "base/csv.h"

struct checker {
    const char *at, *end;
    unsigned depth;
};

static void skip_space(struct checker *checker)
{
    while (checker->at < checker->end &&
           (*checker->at == ' ' || *checker->at == '\n' || *checker->at == '\r' || *checker->at == '\t'))
        checker->at++;
}

static bool take(struct checker *checker, char c)
{
    if (checker->at == checker->end || *checker->at != c)
        return false;
    checker->at++;
    return true;
}

static bool check_string(struct checker *checker)
{
    if (!take(checker, '"'))
        return false;
    const char *begin = checker->at;
    unsigned char bits = 0;
    while (checker->at < checker->end && *checker->at != '"') {
        unsigned char byte = (unsigned char)*checker->at;
        if (byte < 0x20 || byte == '\\')
            return false;
        bits |= byte;
        checker->at++;
    }
    if (bits >= 0x80 && !csv_text_is_clean(slice_of(begin, (size_t)(checker->at - begin))))
        return false;
    return take(checker, '"');
}

static size_t digits(struct checker *checker)
{
    const char *begin = checker->at;
    while (checker->at < checker->end && *checker->at >= '0' && *checker->at <= '9')
        checker->at++;
    return (size_t)(checker->at - begin);
}

static bool check_number(struct checker *checker)
{
    take(checker, '-');
    bool zero = checker->at < checker->end && *checker->at == '0';
    size_t whole = digits(checker);
    if (whole == 0 || (zero && whole > 1))
        return false;
    if (take(checker, '.') && digits(checker) == 0)
        return false;
    if (take(checker, 'e') || take(checker, 'E')) {
        if (!take(checker, '+'))
            take(checker, '-');
        return digits(checker) > 0;
    }
    return true;
}

static bool check_word(struct checker *checker)
{
    static const char *const words[] = {"true", "false", "null"};
    for (int i = 0; i < 3; i++) {
        size_t size = strlen(words[i]);
        if ((size_t)(checker->end - checker->at) >= size && memcmp(checker->at, words[i], size) == 0) {
            checker->at += size;
            return true;
        }
    }
    return false;
}

/* NOLINTBEGIN(misc-no-recursion): JSON_DEPTH_MAX deep at most */
static bool check_value(struct checker *checker);

/* Members of an object, or elements of an array, behind the opening bracket. */
static bool check_members(struct checker *checker, char close)
{
    skip_space(checker);
    if (take(checker, close))
        return true;
    do {
        skip_space(checker);
        if (close == '}') {
            if (!check_string(checker))
                return false;
            skip_space(checker);
            if (!take(checker, ':'))
                return false;
        }
        if (!check_value(checker))
            return false;
        skip_space(checker);
    } while (take(checker, ','));
    return take(checker, close);
}

static bool check_value(struct checker *checker)
{
    skip_space(checker);
    if (checker->at == checker->end)
        return false;
    char first = *checker->at;
    if (first == '{' || first == '[') {
        if (++checker->depth > JSON_DEPTH_MAX)
            return false;
        checker->at++;
        bool good = check_members(checker, first == '{' ? '}' : ']');
        checker->depth--;
        return good;
    }
    if (first == '"')
        return check_string(checker);
    return first == '-' || (first >= '0' && first <= '9') ? check_number(checker) : check_word(checker);
}
/* NOLINTEND(misc-no-recursion) */

bool json_check_plain(struct slice text)
{
    if (text.size == 0)
        return false; /* its bytes may be NULL */
    struct checker checker = {text.bytes, text.bytes + text.size, 0};
    if (!check_value(&checker))
        return false;
    skip_space(&checker);
    return checker.at == checker.end;
}
