#include "door/ask.h"

#include "base/assert.h"
#include "base/checksum.h"
#include "base/csv.h"
#include "base/gtin.h"
#include "base/time.h"
#include "core/words.h"

#include <stdio.h>

/* Fields that name something with a code. */
struct reference {
    const char *field;
    u16 kind;
    u16 unknown;            /* the result when there is none */
};

static const struct reference references[] = {
    {"sku", COMMAND_SKU_PUT, RESULT_UNKNOWN_SKU},
    {"location", COMMAND_LOCATION_PUT, RESULT_UNKNOWN_LOCATION},
    {"city", COMMAND_CITY_PUT, RESULT_UNKNOWN_CITY},
    {"currency", COMMAND_CURRENCY_PUT, RESULT_UNKNOWN_CURRENCY},
    {"festival", COMMAND_FESTIVAL_PUT, RESULT_UNKNOWN_FESTIVAL},
    {"country", COMMAND_COUNTRY_PUT, RESULT_UNKNOWN_COUNTRY},
    {"department", COMMAND_DEPARTMENT_PUT, RESULT_UNKNOWN_DEPARTMENT},
    {"brand", COMMAND_BRAND_PUT, RESULT_UNKNOWN_BRAND},
    {"seller", COMMAND_SELLER_PUT, RESULT_UNKNOWN_SELLER},
    {"till", COMMAND_TILL_PUT, RESULT_UNKNOWN_TILL},
};

/* Fields that are numbers of an enum. */
struct enumeration {
    const char *field;
    int (*parse)(struct slice word);
    const char *(*word)(unsigned number);
    unsigned first;         /* number that has a word */
};

static const struct enumeration enumerations[] = {
    {"channel", word_parse_channel, word_channel, 1},
    {"delivery", word_parse_delivery, word_delivery, 1},
    {"payment", word_parse_payment, word_payment, 1},
    {"goods", word_parse_goods, word_goods, 1},
    {"scope", word_parse_budget_scope, word_budget_scope, 1},
    {"kind", word_parse_location_kind, word_location_kind, 1},
    {"services", word_parse_services, NULL, 1},
    {"reason", word_parse_count_reason, word_count_reason, REASON_NONE},
    {"tender", word_parse_tender_means, word_tender_means, 1},
};

static const struct reference *reference_of(const struct command_info *info, const char *field)
{
    static const struct reference place = {"location", COMMAND_LOCATION_PUT, RESULT_UNKNOWN_LOCATION};
    for (size_t i = 0; i < ARRAY_COUNT(references); i++)
        if (strcmp(field, references[i].field) == 0)
            return &references[i];
    bool end = strcmp(field, "from") == 0 || strcmp(field, "to") == 0;
    bool moves = info->kind == COMMAND_STOCK_MOVE || info->kind == COMMAND_INBOUND_SEND ||
                 info->kind == COMMAND_INBOUND_EXPECT;
    return moves && end ? &place : NULL;
}

static const struct enumeration *enumeration_of(const char *field)
{
    for (size_t i = 0; i < ARRAY_COUNT(enumerations); i++)
        if (strcmp(field, enumerations[i].field) == 0)
            return &enumerations[i];
    return NULL;
}

/* --- names, by command -------------------------------------------------------------------------------- */

enum name_class { NAME_FIELD, NAME_TIME, NAME_FLAG, NAME_RULES, NAME_TEXT };

/* What may be given, and how it becomes part of the command. */
struct name {
    const char *name;
    u8 size;
    u8 class;
    u8 bit;                 /* of ask->given: a field and its time are one */
    u8 index;               /* of the text; the bit of a flag */
    const struct command_field *field;
    const struct reference *reference;
    const struct enumeration *enumeration;
};

#define NAMES_MAX 32
#define KINDS_MAX 64        /* command numbers are below */

struct names {
    u32 count;
    struct name rows[NAMES_MAX];
    char times[4][24];      /* "opens_at" for "opens_ms" */
};

/* Made at the first use of a kind. */
static struct names names_of_kind[KINDS_MAX];

static void names_add(struct names *names, struct name row)
{
    ASSERT(names->count < NAMES_MAX);
    row.size = (u8)strlen(row.name);
    names->rows[names->count++] = row;
}

static bool is_time(const char *field)
{
    size_t length = strlen(field);
    return length > 3 && strcmp(field + length - 3, "_ms") == 0 && strcmp(field, "hold_ms") != 0;
}

bool ask_hides(const char *field)
{
    return strncmp(field, "reserved", 8) == 0 || strcmp(field, "line_count") == 0 || strcmp(field, "flags") == 0 ||
           strncmp(field, "rule_", 5) == 0;
}

/* What is given under another name than a field's: its bit of ask->given is none of a field. */
#define BIT_MAY_SPLIT 63
#define BIT_SHOWN_HERE 62
#define BIT_RULES 61

static void names_make(struct names *names, const struct command_info *info)
{
    u32 times = 0;
    for (size_t i = 0; i < info->field_count; i++) {
        const struct command_field *field = &info->fields[i];
        bool hidden = ask_hides(field->name);
        struct name row = {.name = field->name, .class = NAME_FIELD, .bit = (u8)i, .field = field};
        row.reference = reference_of(info, field->name);
        row.enumeration = enumeration_of(field->name);
        if (hidden)
            continue;
        names_add(names, row);
        if (is_time(field->name)) {
            ASSERT(times < ARRAY_COUNT(names->times) && strlen(field->name) < sizeof(names->times[0]));
            snprintf(names->times[times], sizeof(names->times[0]), "%.*s_at", (int)strlen(field->name) - 3,
                     field->name);
            row.name = names->times[times++];
            row.class = NAME_TIME;
            names_add(names, row);
        }
    }
    for (size_t i = 0; i < info->text_count; i++)
        names_add(names, (struct name){.name = info->texts[i], .class = NAME_TEXT, .index = (u8)i,
                                       .bit = (u8)(info->field_count + i)});
    if (info->kind == COMMAND_ORDER_PLACE) {
        names_add(names, (struct name){.name = "may_split", .class = NAME_FLAG, .bit = BIT_MAY_SPLIT,
                                       .index = ORDER_MAY_SPLIT});
        names_add(names, (struct name){.name = "shown_here", .class = NAME_FLAG, .bit = BIT_SHOWN_HERE,
                                       .index = ORDER_SHOWN_HERE});
    }
    if (info->kind == COMMAND_ROUTING_SET)
        names_add(names, (struct name){.name = "rules", .class = NAME_RULES, .bit = BIT_RULES});
}

static const struct name *name_find(const struct command_info *info, struct slice text)
{
    ASSERT(info->kind < KINDS_MAX);
    struct names *names = &names_of_kind[info->kind];
    if (names->count == 0)
        names_make(names, info);
    for (u32 i = 0; i < names->count; i++)
        if (names->rows[i].size == text.size && memcmp(names->rows[i].name, text.bytes, text.size) == 0)
            return &names->rows[i];
    return NULL;
}

u16 ask_reference(const struct command_info *info, const char *field)
{
    const struct reference *reference = reference_of(info, field);
    return reference == NULL ? 0 : reference->kind;
}

bool ask_words(const struct command_info *info, const char *field, const char *words[ASK_WORDS_MAX], size_t *count)
{
    const struct enumeration *enumeration = enumeration_of(field);
    *count = 0;
    (void)info;
    if (enumeration == NULL || enumeration->word == NULL)
        return false;
    for (unsigned number = enumeration->first; *count < ASK_WORDS_MAX; number++) {
        const char *word = enumeration->word(number);
        if (strcmp(word, "?") == 0)
            break;
        words[(*count)++] = word;
    }
    return true;
}

bool ask_number(struct slice text, i64 *number)
{
    u64 value = 0;
    size_t at = text.size > 0 && text.bytes[0] == '-';
    if (text.size == at || text.size > at + 19)
        return false;
    bool negative = at == 1;
    for (; at < text.size; at++) {
        unsigned digit = (unsigned char)text.bytes[at] - (unsigned)'0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    if (value > (u64)INT64_MAX)
        return false;
    *number = negative ? -(i64)value : (i64)value;
    return true;
}

/* "gtin:09520000012345", as a scanner reads it; 0: it is no such SKU, or no GTIN. */
static u32 find_scanned(const struct engine *engine, struct slice value)
{
    static const char prefix[] = "gtin:";
    size_t size = sizeof(prefix) - 1;
    if (value.size <= size || memcmp(value.bytes, prefix, size) != 0)
        return 0;
    u64 gtin = gtin_parse(slice_of(value.bytes + size, value.size - size));
    return gtin == 0 ? 0 : engine_sku_by_gtin(engine, gtin);
}

u32 ask_find(const struct engine *engine, u16 kind, struct slice value, enum ask_type type)
{
    i64 id;
    bool by_id = type == ASK_NUMBER;
    struct slice digits = value;
    if (type == ASK_WORD && value.size > 1 && value.bytes[0] == '#') {
        digits = slice_of(value.bytes + 1, value.size - 1);
        by_id = true;
    }
    if (by_id && ask_number(digits, &id))
        return id > 0 && id <= UINT32_MAX ? (u32)id : 0;
    bool code = type == ASK_TEXT || type == ASK_WORD;
    bool fits = value.size > 0 && value.size <= COMMAND_CODE_MAX && code;
    u32 found = fits ? engine_find(engine, kind, value) : 0;
    return found == 0 && kind == COMMAND_SKU_PUT && code ? find_scanned(engine, value) : found;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool key_uuid(struct slice text, u64 key[2])
{
    unsigned digits = 0;
    key[0] = key[1] = 0;
    if (text.size != 36)
        return false;
    for (size_t i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text.bytes[i] != '-')
                return false;
            continue;
        }
        int digit = hex_digit(text.bytes[i]);
        if (digit < 0)
            return false;
        key[digits / 16] = key[digits / 16] << 4 | (u64)digit;
        digits++;
    }
    return (key[0] | key[1]) != 0;
}

bool ask_key(struct slice text, u64 key[2])
{
    if (text.size == 0 || text.size > ASK_KEY_MAX)
        return false;
    if (key_uuid(text, key))
        return true;
    for (size_t i = 0; i < text.size; i++)
        if (text.bytes[i] < 0x21 || text.bytes[i] > 0x7e)
            return false;
    checksum128(text.bytes, text.size, key);
    if ((key[0] | key[1]) == 0)
        key[0] = 1;
    return true;
}

void ask_begin(struct ask *ask, const struct engine *engine, u16 kind, void *room)
{
    const struct command_info *info = command_info(kind);
    ASSERT(info != NULL);
    ask->engine = engine;
    ask->info = info;
    ask->command = room;
    ask->subject = slice_of(NULL, 0);
    ask->given = 0;
    ask->line_count = 0;
    ask->refusal = (struct result){0};
    ask->problem = NULL;
    ask->field[0] = 0;
    memset(ask->texts, 0, sizeof(ask->texts));
    memset(room, 0, info->fixed_size);
    ask->command->kind = kind;
    ask->command->size = info->fixed_size;
}

static bool ask_wrong(struct ask *ask, struct slice name, const char *problem)
{
    snprintf(ask->field, sizeof(ask->field), SLICE_FORMAT, (int)MIN(name.size, sizeof(ask->field) - 1), name.bytes);
    ask->problem = problem;
    return false;
}

static bool ask_refuse(struct ask *ask, struct slice name, u16 code)
{
    ask_wrong(ask, name, NULL);
    ask->refusal.code = code;
    return false;
}

static bool ask_put(struct ask *ask, const struct command_field *field, i64 value)
{
    u8 *at = (u8 *)ask->command + field->offset;
    i64 largest = field->size == 8 ? INT64_MAX : (i64)((1ull << (8 * field->size - field->is_signed)) - 1);
    i64 smallest = !field->is_signed ? 0 : field->size == 8 ? INT64_MIN : -largest - 1;
    if (value < smallest || value > largest)
        return ask_wrong(ask, slice_text(field->name), "is out of range");
    memcpy(at, &value, field->size); /* little-endian */
    return true;
}

bool ask_refer(struct ask *ask, const char *field, struct slice value, enum ask_type type, u32 *id)
{
    const struct name *name = name_find(ask->info, slice_text(field));
    ASSERT(name != NULL && name->reference != NULL);
    *id = ask_find(ask->engine, name->reference->kind, value, type);
    bool fits = name->field->size >= 4 || *id >> (8 * name->field->size) == 0;
    return (*id != 0 && fits) || ask_refuse(ask, slice_text(field), name->reference->unknown);
}

static bool ask_put_reference(struct ask *ask, const struct command_field *field, const struct reference *reference,
                              struct slice value, enum ask_type type)
{
    u32 id = ask_find(ask->engine, reference->kind, value, type);
    bool none = value.size == 1 && value.bytes[0] == '0' && type == ASK_NUMBER;
    if (id == 0 && !none)
        return ask_refuse(ask, slice_text(field->name), reference->unknown);
    if (!ask_put(ask, field, id)) /* an id that the field cannot hold is one that nothing has */
        return ask_refuse(ask, slice_text(field->name), reference->unknown);
    return true;
}

/* A value of no special kind: a GTIN as digits, the subject of a budget, or a whole number. */
static bool ask_put_plain(struct ask *ask, const struct command_field *field, struct slice value, enum ask_type type)
{
    struct slice name = slice_text(field->name);
    i64 number;
    if (strcmp(field->name, "subject") == 0) {
        ask->subject = value;
        ask->subject_type = type;
        if (type == ASK_NUMBER && value.size <= sizeof(ask->subject_digits)) {
            memcpy(ask->subject_digits, value.bytes, value.size);
            ask->subject.bytes = ask->subject_digits;
        }
        return true;
    }
    if (strcmp(field->name, "gtin") == 0 && type != ASK_NUMBER) {
        u64 gtin = gtin_parse(value);
        if (gtin == 0 && type == ASK_WORD && ask_number(value, &number)) /* without its leading zeros: the engine judges */
            return ask_put(ask, field, number);
        return gtin == 0 ? ask_refuse(ask, name, RESULT_BAD_GTIN) : ask_put(ask, field, (i64)gtin);
    }
    if (type == ASK_TEXT)
        return ask_wrong(ask, name, "must be a whole number");
    if (!ask_number(value, &number))
        return ask_wrong(ask, name, "must be a whole number that fits 64 bits");
    return ask_put(ask, field, number);
}

static bool ask_put_value(struct ask *ask, const struct name *name, struct slice value, enum ask_type type)
{
    const struct command_field *field = name->field;
    i64 number;
    if (type == ASK_TRUTH && strcmp(field->name, "for_sale") != 0 && strcmp(field->name, "flagship") != 0)
        return ask_wrong(ask, slice_text(field->name), "must not be true or false");
    if (name->reference != NULL)
        return ask_put_reference(ask, field, name->reference, value, type);
    if (name->enumeration != NULL && type != ASK_NUMBER) {
        int word = name->enumeration->parse(value);
        if (word < 0 && !(type == ASK_WORD && ask_number(value, &number)))
            return ask_wrong(ask, slice_text(field->name), "is none of the words it may be");
        if (word >= 0)
            return ask_put(ask, field, word);
    }
    return ask_put_plain(ask, field, value, type);
}

/* A flag of order.place by name. */
static bool ask_put_flag(struct ask *ask, const struct name *name, struct slice value, enum ask_type type)
{
    struct command_order_place *place = (void *)ask->command;
    i64 number;
    bool truth = type == ASK_TRUTH || type == ASK_WORD;
    if (!truth || !ask_number(value, &number) || number < 0 || number > 1)
        return ask_wrong(ask, slice_text(name->name), "must be true or false");
    place->flags = (u8)(number ? place->flags | name->index : place->flags & ~name->index);
    return true;
}

/* The rules of routing as their words, the most important first, joined by "+"; none of them: the empty text. */
static bool ask_put_rules(struct ask *ask, struct slice value, enum ask_type type)
{
    u8 *rules = &((struct command_routing_set *)ask->command)->rule_1;
    size_t count = 0;
    if (type == ASK_NUMBER || type == ASK_TRUTH)
        return ask_wrong(ask, slice_text("rules"), "must be words");
    while (value.size > 0) {
        const char *plus = memchr(value.bytes, '+', value.size);
        size_t size = plus != NULL ? (size_t)(plus - value.bytes) : value.size;
        int rule = word_parse_rule(slice_of(value.bytes, size));
        if (rule < 0)
            return ask_wrong(ask, slice_text("rules"), "has a word that is no rule");
        if (count == RULES_MAX)
            return ask_wrong(ask, slice_text("rules"), "has too many rules");
        if (memchr(rules, rule, count) != NULL)
            return ask_wrong(ask, slice_text("rules"), "has a rule twice");
        rules[count++] = (u8)rule;
        size_t skip = MIN(size + 1, value.size);
        if (plus != NULL && skip == value.size)
            return ask_wrong(ask, slice_text("rules"), "has a word that is no rule");
        value = slice_of(value.bytes + skip, value.size - skip);
    }
    return true;
}

bool ask_give(struct ask *ask, struct slice text, struct slice value, enum ask_type type)
{
    const struct name *name = name_find(ask->info, text);
    i64 ms;
    if (name == NULL)
        return ask_wrong(ask, text, "is no field of this request");
    if (ask->given >> name->bit & 1)
        return ask_wrong(ask, text, "is given twice");
    ask->given |= 1ull << name->bit;
    switch ((enum name_class)name->class) {
    case NAME_FIELD:
        return ask_put_value(ask, name, value, type);
    case NAME_FLAG:
        return ask_put_flag(ask, name, value, type);
    case NAME_RULES:
        return ask_put_rules(ask, value, type);
    case NAME_TIME:
        if (type == ASK_NUMBER || type == ASK_TRUTH || !time_parse(value, &ms))
            return ask_wrong(ask, text, "must be a time as RFC 3339 writes it");
        return ask_put(ask, name->field, ms);
    case NAME_TEXT:
        if (type == ASK_NUMBER || type == ASK_TRUTH || !csv_text_is_clean(value))
            return ask_wrong(ask, text, "must be text in UTF-8 without NUL");
        ask->texts[name->index] = value;
        return true;
    }
    return false;
}

bool ask_line(struct ask *ask, struct slice sku, enum ask_type type, struct slice quantity)
{
    i64 number;
    if (ask->line_count == ORDER_LINES_MAX)
        return ask_wrong(ask, slice_text("lines"), "has too many lines");
    if (!ask_number(quantity, &number) || number < 0 || number > UINT32_MAX)
        return ask_wrong(ask, slice_text("quantity"), "must be a whole number");
    if (type == ASK_TRUTH)
        return ask_wrong(ask, slice_text("sku"), "must not be true or false");
    u32 id = ask_find(ask->engine, COMMAND_SKU_PUT, sku, type);
    if (id == 0)
        return ask_refuse(ask, slice_text("sku"), RESULT_UNKNOWN_SKU);
    struct order_line_asked *lines = (void *)((u8 *)ask->command + ask->info->fixed_size);
    lines[ask->line_count++] = (struct order_line_asked){.sku = id, .quantity = (u32)number};
    return true;
}

/* budget.set: the subject is a festival, a department, or nothing. */
static bool ask_end_subject(struct ask *ask)
{
    struct command_budget_set *set = (void *)ask->command;
    if (ask->subject.size == 0 || set->scope == BUDGET_DAY)
        return ask->subject.size == 0 || ask_wrong(ask, slice_text("subject"), "a budget for the day has none");
    bool festival = set->scope == BUDGET_FESTIVAL;
    set->subject = ask_find(ask->engine, festival ? COMMAND_FESTIVAL_PUT : COMMAND_DEPARTMENT_PUT, ask->subject,
                            ask->subject_type);
    if (set->subject == 0)
        return ask_refuse(ask, slice_text("subject"),
                          festival ? RESULT_UNKNOWN_FESTIVAL : RESULT_UNKNOWN_DEPARTMENT);
    return true;
}

/* What has to be said, since its absence would be taken for a count of nothing, or is no word at all. */
static bool ask_end_said(struct ask *ask)
{
    static const struct {
        u16 kind;
        const char *field;
    } said[] = {
        {COMMAND_STOCK_COUNT, "counted"},     {COMMAND_STOCK_KEEP, "units"},
        {COMMAND_TILL_OPEN, "float_minor"},   {COMMAND_TILL_CLOSE, "counted_minor"},
        {COMMAND_TILL_RETURN, "goods"},       {COMMAND_TILL_RETURN, "tender"},
        {COMMAND_TILL_TAKE_BACK, "goods"},    {COMMAND_ORDER_RETURN, "goods"},
        {COMMAND_ORDER_EXCHANGE, "goods"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(said); i++) {
        if (said[i].kind != ask->info->kind)
            continue;
        const struct name *name = name_find(ask->info, slice_text(said[i].field));
        ASSERT(name != NULL);
        if ((ask->given >> name->bit & 1) == 0)
            return ask_wrong(ask, slice_text(said[i].field), "is missing");
    }
    return true;
}

bool ask_end(struct ask *ask)
{
    if (!ask_end_said(ask))
        return false;
    if (ask->info->kind == COMMAND_BUDGET_SET && !ask_end_subject(ask))
        return false;
    if (ask->info->kind == COMMAND_ROUTING_SET && (ask->given >> BIT_RULES & 1) == 0)
        return ask_wrong(ask, slice_text("rules"), "is missing");
    if (ask->info->tail == TAIL_LINES) {
        if (ask->line_count == 0)
            return ask_wrong(ask, slice_text("lines"), "must hold at least one line");
        ((struct command_order_place *)ask->command)->line_count = (u16)ask->line_count;
        ask->command->size = (u16)(ask->info->fixed_size + ask->line_count * sizeof(struct order_line_asked));
    } else if (ask->info->tail == TAIL_TEXTS) {
        if (!command_add_texts(ask->command, ask->texts, ask->info->text_count))
            return ask_wrong(ask, slice_text("texts"), "are too long together");
    }
    return true;
}

#define RULE_OFFSET(n) offsetof(struct command_routing_set, rule_##n)
_Static_assert(RULE_OFFSET(6) == RULE_OFFSET(1) + RULES_MAX - 1, "ask_put_rules writes them as an array");
#undef RULE_OFFSET
