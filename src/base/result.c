#include "base/result.h"

const char *result_word(u16 code)
{
    switch (code) {
#define RESULT(number, NAME, http, word, value, sentence) \
    case number:                                          \
        return word;
#include "base/result.def"
#undef RESULT
    }
    return "?";
}

const char *result_sentence(u16 code)
{
    switch (code) {
#define RESULT(number, NAME, http, word, value, sentence) \
    case number:                                          \
        return sentence;
#include "base/result.def"
#undef RESULT
    }
    return "?";
}

int result_http(u16 code)
{
    switch (code) {
#define RESULT(number, NAME, http, word, value, sentence) \
    case number:                                          \
        return http;
#include "base/result.def"
#undef RESULT
    }
    return 500;
}
