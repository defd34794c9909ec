#include "base/result.h"

struct result_text {
    const char *word;
    const char *sentence;
    int http;
};

static struct result_text text_of(u16 code)
{
    switch (code) {
#define RESULT(number, NAME, http, word, value, sentence) \
    case number:                                          \
        return (struct result_text){word, sentence, http};
#include "base/result.def"
#undef RESULT
    }
    return (struct result_text){"?", "?", 500};
}

const char *result_word(u16 code)
{
    return text_of(code).word;
}

const char *result_sentence(u16 code)
{
    return text_of(code).sentence;
}

int result_http(u16 code)
{
    return text_of(code).http;
}
