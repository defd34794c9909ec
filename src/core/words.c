#include "core/words.h"

#include "core/command.h"
#include "core/state.h"

#include "base/assert.h"

struct word {
    unsigned number;
    const char *word;
};

#define WORD(number_, word_) {.number = number_, .word = word_},
#define WORDS(name, words_) static const struct word words_of_##name[] = {words_};
#include "core/words.def"
#undef WORDS
#undef WORD

static const char *word_of(const struct word *words, size_t count, unsigned number)
{
    for (size_t i = 0; i < count; i++)
        if (words[i].number == number)
            return words[i].word;
    return "?";
}

static int word_number(const struct word *words, size_t count, struct slice word)
{
    for (size_t i = 0; i < count; i++)
        if (slice_is(word, words[i].word))
            return (int)words[i].number;
    return -1;
}

#define WORD(number, word)
#define WORDS(name, words)                                                                \
    const char *word_##name(unsigned number)                                              \
    {                                                                                     \
        return word_of(words_of_##name, ARRAY_COUNT(words_of_##name), number);            \
    }                                                                                     \
    int word_parse_##name(struct slice word)                                              \
    {                                                                                     \
        return word_number(words_of_##name, ARRAY_COUNT(words_of_##name), word);          \
    }
#include "core/words.def"
#undef WORDS
#undef WORD

char *word_services(char *text, unsigned services)
{
    size_t used = 0;
    for (size_t i = 0; i < ARRAY_COUNT(words_of_service); i++) {
        if ((services & words_of_service[i].number) == 0)
            continue;
        size_t length = strlen(words_of_service[i].word);
        ASSERT(used + 1 + length < WORD_SERVICES_MAX);
        if (used > 0)
            text[used++] = '+';
        memcpy(text + used, words_of_service[i].word, length);
        used += length;
    }
    text[used] = '\0';
    return text;
}

int word_parse_services(struct slice text)
{
    int services = 0;
    for (;;) {
        const char *plus = text.size > 0 ? memchr(text.bytes, '+', text.size) : NULL;
        size_t length = plus != NULL ? (size_t)(plus - text.bytes) : text.size;
        int service = word_parse_service(slice_of(text.bytes, length));
        if (service < 0)
            return -1;
        services |= service;
        if (plus == NULL)
            return services;
        text = slice_of(plus + 1, text.size - length - 1);
    }
}
