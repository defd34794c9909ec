/*
 * A command made of named values, as people and JSON give them: the one piece
 * of code that both doors make commands with, so that the same request is the
 * same bytes through either of them.
 *
 * Names are those of command.def. Where the command wants an id of something that has a code, the code may be given;
 * where it wants a number of an enum, its word; a time named `opens_ms` may be given as `opens_at` in RFC 3339. RESP
 * has no types: there "#12" is the id 12, and anything else a code. A SKU may be named as a scanner reads it:
 * "gtin:" and the 8, 12, 13 or 14 digits. The rules of routing are one value, their words joined by "+".
 */
#ifndef ELEVEN_DOOR_ASK_H
#define ELEVEN_DOOR_ASK_H

#include "base/result.h"
#include "core/engine.h"

enum ask_type {
    ASK_TEXT,               /* a JSON string */
    ASK_NUMBER,             /* a JSON integer */
    ASK_TRUTH,              /* JSON's true and false, as 1 and 0 */
    ASK_WORD,               /* RESP: either */
};

struct ask {
    const struct engine *engine;
    const struct command_info *info;
    struct command_header *command; /* the caller's room: COMMAND_SIZE_MAX bytes, 8-byte aligned */
    struct slice texts[COMMAND_TEXTS_MAX];
    struct slice subject;           /* of budget.set: what it is depends on the scope, which may come behind it */
    char subject_digits[24];        /* its bytes when it is a number: the caller's are gone by then */
    enum ask_type subject_type;
    u64 given;                      /* fields, then texts, that have been given */
    u32 line_count;
    struct result refusal;          /* what the engine would answer; code OK: none */
    const char *problem;            /* static: what is wrong with the value; NULL: nothing */
    char field[64];                 /* which one */
};

/* A command of this kind, all zero. */
void ask_begin(struct ask *ask, const struct engine *engine, u16 kind, void *room);

/* Gives a value. False: ask->problem or ask->refusal says why, ask->field where. A value that is text must outlive
 * ask_end; a number's digits need not. */
bool ask_give(struct ask *ask, struct slice name, struct slice value, enum ask_type type);
/* The id of a field that is a reference, without its being set: for the quick way of an order. False as ask_give. */
bool ask_refer(struct ask *ask, const char *field, struct slice value, enum ask_type type, u32 *id);
/* One line of an order. */
bool ask_line(struct ask *ask, struct slice sku, enum ask_type type, struct slice quantity);

/* Puts the tail behind the fields and sets the size. */
bool ask_end(struct ask *ask);

/* An idempotency key of 1..ASK_KEY_MAX bytes of visible ASCII as 128 bits: a UUID is itself, anything else is hashed.
 * False: it is none. */
#define ASK_KEY_MAX 255
bool ask_key(struct slice text, u64 key[2]);

/* The id that a code, or "#12", stands for; `kind` is the command that puts such a thing (COMMAND_SKU_PUT, ...). 0:
 * none. */
u32 ask_find(const struct engine *engine, u16 kind, struct slice value, enum ask_type type);

/* A whole number, all of the text. */
bool ask_number(struct slice text, i64 *number);

/* A field of a command that nobody gives under its own name. */
bool ask_hides(const char *field);

/* The kind of thing that a field of a command refers to (COMMAND_SKU_PUT, ...); 0: it is no reference by code. */
u16 ask_reference(const struct command_info *info, const char *field);
/* The words of an enum field, in the order of their numbers, `*count` of them at most ASK_WORDS_MAX; false: it is no enum. For
 * descriptions. */
#define ASK_WORDS_MAX 8
bool ask_words(const struct command_info *info, const char *field, const char *words[ASK_WORDS_MAX], size_t *count);

#endif
