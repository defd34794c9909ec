#include "door/describe.h"

#include "base/assert.h"
#include "core/words.h"
#include "door/ask.h"
#include "door/problem.h"
#include "door/right.h"

#include <llhttp.h>

/* --- types ---------------------------------------------------------------------------------------- */

static bool takes(struct slice *rest, const char *text)
{
    size_t size = strlen(text);
    if (rest->size < size || memcmp(rest->bytes, text, size) != 0)
        return false;
    *rest = slice_of(rest->bytes + size, rest->size - size);
    return true;
}

static bool takes_end(struct slice *text, const char *end)
{
    size_t size = strlen(end);
    if (text->size < size || memcmp(text->bytes + text->size - size, end, size) != 0)
        return false;
    text->size -= size;
    return true;
}

static void type_words(struct describe_type *type, struct slice rest)
{
    type->kind = DESCRIBE_WORD;
    while (rest.size > 0) {
        const char *bar = memchr(rest.bytes, '|', rest.size);
        size_t size = bar != NULL ? (size_t)(bar - rest.bytes) : rest.size;
        ASSERT(type->word_count < DESCRIBE_WORDS_MAX);
        type->words[type->word_count++] = slice_of(rest.bytes, size);
        size_t skip = MIN(size + 1, rest.size);
        rest = slice_of(rest.bytes + skip, rest.size - skip);
    }
}

struct describe_type describe_type(const char *text)
{
    static const struct {
        const char *word;
        enum describe_kind kind;
    } kinds[] = {
        {"integer", DESCRIBE_INTEGER}, {"string", DESCRIBE_STRING}, {"boolean", DESCRIBE_BOOLEAN},
        {"time", DESCRIBE_TIME},       {"code", DESCRIBE_CODE},
    };
    struct describe_type type = {.kind = DESCRIBE_SCHEMA};
    struct slice rest = slice_text(text);
    type.nullable = takes_end(&rest, "?");
    type.array = takes_end(&rest, "[]");
    type.name = rest;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++)
        if (slice_is(rest, kinds[i].word))
            type.kind = kinds[i].kind;
    if (takes(&rest, "string:"))
        type_words(&type, rest);
    return type;
}

static void members_add(struct describe_members *members, struct slice name, struct describe_type type,
                        enum describe_need need, const char *meaning)
{
    ASSERT(members->count < DESCRIBE_MEMBERS_MAX && name.size < DESCRIBE_NAME_MAX);
    struct describe_member *member = &members->of[members->count++];
    memcpy(member->name, name.bytes, name.size);
    member->name[name.size] = 0;
    member->type = type;
    member->need = need;
    member->meaning = meaning;
}

/* --- schemas ---------------------------------------------------------------------------------------- */

struct row {
    const char *name, *type, *meaning;
    enum describe_need need;
};

#define P(name, type, meaning) {name, type, meaning, DESCRIBE_ALWAYS},
#define O(name, type, meaning) {name, type, meaning, DESCRIBE_OPTIONAL},
#define SCHEMA(Name, meaning, PROPERTIES) static const struct row rows_of_##Name[] = {PROPERTIES};
#include "door/schema.def"
#undef SCHEMA
#undef O
#undef P

static const struct {
    const char *name, *meaning;
    const struct row *rows;
    size_t row_count;
} schemas[] = {
#define SCHEMA(Name, meaning, PROPERTIES) {#Name, meaning, rows_of_##Name, ARRAY_COUNT(rows_of_##Name)},
#include "door/schema.def"
#undef SCHEMA
};

const char *describe_schema_name(size_t index)
{
    return index < ARRAY_COUNT(schemas) ? schemas[index].name : NULL;
}

const char *describe_schema_meaning(size_t index)
{
    return schemas[index].meaning;
}

void describe_schema_members(size_t index, struct describe_members *members)
{
    members->count = 0;
    for (size_t i = 0; i < schemas[index].row_count; i++) {
        const struct row *row = &schemas[index].rows[i];
        members_add(members, slice_text(row->name), describe_type(row->type), row->need, row->meaning);
    }
}

size_t describe_schema_find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_COUNT(schemas); i++)
        if (slice_is(name, schemas[i].name))
            return i;
    return SIZE_MAX;
}

/* --- parameters ------------------------------------------------------------------------------------- */

static const struct {
    const char *route, *name, *type, *meaning;
} parameters[] = {
#define PARAMETER_OF(route, name, type, meaning) {#route, name, type, meaning},
#define PARAMETER(name, type, meaning) {NULL, name, type, meaning},
#include "door/parameter.def"
#undef PARAMETER
#undef PARAMETER_OF
};

static void parameter_add(struct describe_members *members, const struct route *route, struct slice name,
                          enum describe_need need)
{
    size_t found = ARRAY_COUNT(parameters);
    for (size_t i = 0; i < ARRAY_COUNT(parameters); i++) {
        bool own = parameters[i].route != NULL && strcmp(parameters[i].route, route->name) == 0;
        bool common = parameters[i].route == NULL && found == ARRAY_COUNT(parameters);
        if (slice_is(name, parameters[i].name) && (own || common))
            found = i;
    }
    bool known = found < ARRAY_COUNT(parameters);
    members_add(members, name, describe_type(known ? parameters[found].type : "string"), need,
                known ? parameters[found].meaning : "");
}

void describe_path(const struct route *route, struct describe_members *members)
{
    members->count = 0;
    for (const char *open = strchr(route->path, '{'); open != NULL; open = strchr(open + 1, '{')) {
        const char *close = strchr(open, '}');
        ASSERT(close != NULL);
        parameter_add(members, route, slice_of(open + 1, (size_t)(close - open - 1)), DESCRIBE_ALWAYS);
    }
}

void describe_query(const struct route *route, struct describe_members *members)
{
    members->count = 0;
    for (const char *at = route->parameters; *at != 0;) {
        size_t size = strcspn(at, " ");
        parameter_add(members, route, slice_of(at, size), DESCRIBE_OPTIONAL);
        at += size;
        at += strspn(at, " ");
    }
}

/* --- bodies of commands ------------------------------------------------------------------------------ */

/* Where command.def speaks to the engine's callers, and the door to people: what may be missing, and other words. */
static const struct {
    u16 kind;
    const char *field;
    enum describe_need need;
    const char *type, *meaning; /* type NULL: as it is made */
} fields[] = {
    {COMMAND_ORDER_PAY, "payment", DESCRIBE_OPTIONAL, "string:wallet|provider",
     "wallet when not given; provider in the payment provider's notice"},
    {COMMAND_ORDER_RETURN, "goods", DESCRIBE_ALWAYS, NULL, "restock: back on sale; quarantine: to be looked at; lost: "
                                                           "nothing came back, refund only"},
    {COMMAND_ORDER_RETURN, "location", DESCRIBE_OPTIONAL, NULL, "where the goods came in; none when they are lost"},
    {COMMAND_BUDGET_SET, "shopper", DESCRIBE_OPTIONAL, NULL, "whose; one's own account when not given"},
    {COMMAND_BUDGET_SET, "scope", DESCRIBE_ALWAYS, NULL, "what the budget is for"},
    {COMMAND_BUDGET_SET, "subject", DESCRIBE_OPTIONAL, "code", "the festival or department; none for the day"},
    {COMMAND_WALLET_TRANSFER, "from", DESCRIBE_OPTIONAL, NULL, "whose; one's own account when not given"},
    {COMMAND_LOCATION_PUT, "kind", DESCRIBE_ALWAYS, NULL, "what it is"},
    {COMMAND_LOCATION_PUT, "services", DESCRIBE_ALWAYS, "string",
     "what it does: ship, pick-up, carry-out, joined by +"},
    {COMMAND_FESTIVAL_PUT, "hold_ms", DESCRIBE_OPTIONAL, NULL,
     "how long an unpaid order holds its units; 0: as configured"},
    {COMMAND_FESTIVAL_PUT, "utc_offset_minutes", DESCRIBE_OPTIONAL, NULL,
     "of the festival's day, -720 to 840; budgets of a day change at its midnight"},
    {COMMAND_DEAL_PUT, "deal", DESCRIBE_OPTIONAL, NULL, "number of the deal to change; none: a new one"},
    {COMMAND_STOCK_COUNT, "reason", DESCRIBE_OPTIONAL, NULL,
     "why it is fewer than it should be; unspecified when not given"},
    {COMMAND_INBOUND_CLOSE, "reason", DESCRIBE_OPTIONAL, NULL,
     "where units from a location of ours went; unspecified when not given"},
    {COMMAND_LOCATION_PLAN, "opens_min", DESCRIBE_ALWAYS, NULL,
     "Monday to Friday: local minute of the day from which it is open"},
    {COMMAND_LOCATION_PLAN, "closes_min", DESCRIBE_ALWAYS, NULL,
     "and from which it is not, at most 1440; both 0: closed all day"},
    {COMMAND_FESTIVAL_FLAGSHIP, "flagship", DESCRIBE_ALWAYS, "boolean",
     "true: it is one of the festival's flagship cities"},
    {COMMAND_ORDER_EXCHANGE, "goods", DESCRIBE_ALWAYS, "string:restock|quarantine", "what becomes of what came back"},
    {COMMAND_TILL_PAY, "cash_minor", DESCRIBE_OPTIONAL, NULL, "that stays in the drawer: change is given back"},
    {COMMAND_TILL_PAY, "card_minor", DESCRIBE_OPTIONAL, NULL, "by card or QR payment"},
    {COMMAND_TILL_PAY, "wallet_minor", DESCRIBE_OPTIONAL, NULL,
     "from the shopper's wallet; the three together are the amount due, exactly"},
    {COMMAND_TILL_RETURN, "goods", DESCRIBE_ALWAYS, "string:restock|quarantine", "what becomes of what came back"},
    {COMMAND_TILL_RETURN, "tender", DESCRIBE_ALWAYS, NULL, "how the money goes back"},
    {COMMAND_TILL_TAKE_BACK, "goods", DESCRIBE_ALWAYS, "string:restock|quarantine", "what becomes of what came back"},
};

static bool in_path(const struct route *route, const char *name)
{
    const char *at = strchr(route->path, '{');
    size_t size = strlen(name);
    for (; at != NULL; at = strchr(at + 1, '{'))
        if (strncmp(at + 1, name, size) == 0 && at[size + 1] == '}')
            return true;
    return false;
}

static struct describe_type field_type(const struct command_info *info, const char *field)
{
    struct describe_type type = {.kind = ask_reference(info, field) != 0 ? DESCRIBE_CODE : DESCRIBE_INTEGER};
    const char *words[ASK_WORDS_MAX];
    size_t count;
    if (!ask_words(info, field, words, &count))
        return type;
    type.kind = DESCRIBE_WORD;
    for (size_t i = 0; i < count; i++)
        type.words[type.word_count++] = slice_text(words[i]);
    return type;
}

/* A time: as ms since 1970, or under its other name as RFC 3339 writes it. */
static bool field_is_time(const struct command_field *field)
{
    size_t length = strlen(field->name);
    return length > 3 && field->size == 8 && strcmp(field->name + length - 3, "_ms") == 0;
}

static void field_add_time(struct describe_members *members, const struct command_field *field, enum describe_need need)
{
    char name[DESCRIBE_NAME_MAX];
    size_t size = strlen(field->name);
    struct describe_type time = {.kind = DESCRIBE_TIME}, number = {.kind = DESCRIBE_INTEGER};
    ASSERT(size < sizeof(name));
    memcpy(name, field->name, size);
    memcpy(name + size - 3, "_at", 3);
    members_add(members, slice_of(name, size), time, need == DESCRIBE_ALWAYS ? DESCRIBE_THIS_OR_NEXT : need,
                field->meaning);
    members_add(members, slice_text(field->name), number, DESCRIBE_OPTIONAL, "the same as ms since 1970");
}

/* "city id" is for those who give ids; here a code will do. */
static void meaning_without_id(struct describe_member *member)
{
    const char *id = strstr(member->meaning, " id");
    if (member->type.kind != DESCRIBE_CODE || id == NULL)
        return;
    size_t before = (size_t)(id - member->meaning), behind = strlen(id + 3);
    before -= before > 0 && id[-1] == ',';
    ASSERT(before + behind < sizeof(member->own));
    memcpy(member->own, member->meaning, before);
    memcpy(member->own + before, id + 3, behind + 1);
    member->meaning = member->own;
}

static void field_add(struct describe_members *members, const struct command_info *info,
                      const struct command_field *field)
{
    struct describe_type type = field_type(info, field->name);
    const char *meaning = field->meaning;
    enum describe_need need = strstr(meaning, "0:") != NULL ? DESCRIBE_OPTIONAL : DESCRIBE_ALWAYS;
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++)
        if (fields[i].kind == info->kind && strcmp(fields[i].field, field->name) == 0) {
            type = fields[i].type != NULL ? describe_type(fields[i].type) : type;
            need = fields[i].need;
            meaning = fields[i].meaning;
        }
    if (field_is_time(field))
        field_add_time(members, field, need);
    else
        members_add(members, slice_text(field->name), type, need, meaning);
    meaning_without_id(&members->of[members->count - 1]);
}

void describe_command(const struct route *route, struct describe_members *members)
{
    const struct command_info *info = command_info(route->command);
    struct describe_type text = {.kind = DESCRIBE_STRING};
    members->count = 0;
    ASSERT(info != NULL && info->tail != TAIL_LINES); /* orders have a schema of their own */
    for (size_t i = 0; i < info->field_count; i++)
        if (!ask_hides(info->fields[i].name) && !in_path(route, info->fields[i].name))
            field_add(members, info, &info->fields[i]);
    if (info->kind == COMMAND_ROUTING_SET)
        members_add(members, slice_text("rules"), describe_type(DESCRIBE_RULES), DESCRIBE_ALWAYS,
                    "the most important first; each once, none: as far as they leave it open, the nearest");
    for (size_t i = 0; i < info->text_count; i++)
        if (!in_path(route, info->texts[i]))
            members_add(members, slice_text(info->texts[i]), text, DESCRIBE_OPTIONAL, "");
}

static bool writes(const struct route *route)
{
    return route->method != HTTP_GET;
}

static bool has_body(const struct route *route)
{
    return writes(route) && (route->request != NULL || route->command != 0 || route->flags & ROUTE_FILE);
}

const char *describe_media(const char *request_or_response)
{
    return request_or_response != NULL && strchr(request_or_response, '/') != NULL ? request_or_response : NULL;
}

bool describe_takes_json(const struct route *route)
{
    return has_body(route) && (route->flags & ROUTE_FILE) == 0 && describe_media(route->request) == NULL;
}

/* --- tags, roles --------------------------------------------------------------------------------------- */

struct slice describe_tag(const struct route *route)
{
    static const char version[] = "/v1/";
    const char *at = route->path;
    if (strncmp(at, version, sizeof(version) - 1) != 0)
        return slice_text("system");
    at += sizeof(version) - 1;
    return slice_of(at, strcspn(at, "/"));
}

bool describe_tag_begins(const struct route *route)
{
    for (const struct route *before = routes; before < route; before++)
        if (describe_is_public(before) && slice_equal(describe_tag(before), describe_tag(route)))
            return false;
    return describe_is_public(route);
}

static u32 roles_asked(const struct route *route)
{
    return route_roles(route);
}

const char *describe_role(const struct route *route, size_t index, bool *may)
{
    static const u32 roles[] = {ROLE_ANYBODY,  ROLE_SHOPPER,    ROLE_CLERK,        ROLE_MERCHANDISER,
                                ROLE_PROVIDER, ROLE_INTEGRATOR, ROLE_ADMINISTRATOR};
    if (index >= ARRAY_COUNT(roles))
        return NULL;
    *may = (right_roles(roles[index]) & roles_asked(route)) != 0;
    return word_role(roles[index]);
}

bool describe_is_open(const struct route *route)
{
    return (roles_asked(route) & ROLE_ANYBODY) != 0;
}

/* --- answers -------------------------------------------------------------------------------------------- */

static const struct {
    int status;
    const char *name, *sentence;
} statuses[] = {
    {400, "BadRequest", "The request, or a field of it, is not what it must be."},
    {401, "Unauthenticated", "Nobody is logged in, or the credential is not good (any more)."},
    {402, "PaymentRequired", "The wallet does not hold enough."},
    {403, "Forbidden", "This account may not do that, or not to this one."},
    {404, "NotFound", "Something that is named does not exist, or is not for this account to see."},
    {409, "Conflict", "It cannot be done as things stand: sold out, over the limit, not open, in another state."},
    {413, "TooLarge", "The body is too large."},
    {415, "UnsupportedMediaType", "The body must be of another media type."},
    {422, "Refused", "A value is of the right kind but not possible, or the key was used for another request."},
    {429, "TooManyRequests", "Too many requests; Retry-After says when to go on."},
    {503, "Unavailable", "Not just now; Retry-After says when to ask again, with the Queue-Ticket if there is one."},
    {507, "PoolFull", "A configured limit is reached."},
};

int describe_status(size_t index, const char **name, const char **sentence)
{
    if (index >= ARRAY_COUNT(statuses))
        return 0;
    *name = statuses[index].name;
    *sentence = statuses[index].sentence;
    return statuses[index].status;
}

static bool names_something(const struct route *route)
{
    return strchr(route->path, '{') != NULL || route->parameters[0] != 0 || has_body(route);
}

static bool takes_money(const struct route *route)
{
    if (route->command == 0)
        return (route->flags & (ROUTE_ORDER | ROUTE_KEY)) != 0 && !describe_is_open(route);
    return route->command == COMMAND_ORDER_PAY || route->command == COMMAND_WALLET_TRANSFER;
}

bool describe_answers(const struct route *route, int status)
{
    switch (status) {
    case 402: return takes_money(route);
    case 403: return !describe_is_open(route) || writes(route); /* cross-site */
    case 404: return names_something(route);
    case 409:
    case 422: return writes(route);
    case 413:
    case 415: return has_body(route);
    case 429: return (route->flags & ROUTE_FREE) == 0;
    case 507: return writes(route);
    default: return true; /* 400, 401: what comes with any request; 503: the accounts cannot be read */
    }
}

static size_t problem_add(struct describe_problem *problems, size_t count, struct describe_problem problem)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(problems[i].word, problem.word) == 0)
            return count;
    ASSERT(count < DESCRIBE_PROBLEMS_MAX);
    problems[count] = problem;
    return count + 1;
}

size_t describe_problems(struct describe_problem problems[DESCRIBE_PROBLEMS_MAX])
{
    static const struct describe_problem own[] = {
#define PROBLEM(NAME, status, word, title) {status, word, title},
        PROBLEMS(PROBLEM)
#undef PROBLEM
#define RESULT(number, NAME, http, word, value, sentence) {http, word, sentence},
#include "base/result.def"
#undef RESULT
    };
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(own); i++)
        if (own[i].status >= 400)
            count = problem_add(problems, count, own[i]);
    for (int i = ACCESS_OK + 1; i <= ACCESS_FAILED; i++) {
        struct describe_problem problem = {.word = access_status_word((enum access_status)i)};
        problem.title = problem_title(slice_text(problem.word), &problem.status);
        count = problem_add(problems, count, problem);
    }
    return count;
}

/* Types of what a refusal carries. */
#define VALUE_TYPE_NUMBER "integer"
#define VALUE_TYPE_TIME "time"
#define VALUE_TYPE_SKU "string"
#define VALUE_TYPE_LOCATION "string"
#define VALUE_TYPE_LIMIT "string"

void describe_problem_members(struct describe_members *members)
{
    static const struct row rows[] = {
        {"type", "string", "/problems/ and the code: a page about it", DESCRIBE_ALWAYS},
        {"title", "string", "a sentence for people", DESCRIBE_ALWAYS},
        {"status", "integer", "the HTTP status", DESCRIBE_ALWAYS},
        {"code", "string", "stable; what programs decide by", DESCRIBE_ALWAYS},
        {"detail", "string", "more about this one", DESCRIBE_OPTIONAL},
        {"field", "string", "the field of the request that it is about", DESCRIBE_OPTIONAL},
        {"reason", "string", "of bad-link: which rule of GS1 Digital Link it breaks; docs/CODES.md", DESCRIBE_OPTIONAL},
        {"retry_after_s", "integer", "when to ask again; as Retry-After", DESCRIBE_OPTIONAL},
        {"queue_ticket", "string", "a place in the line; to be sent as Queue-Ticket", DESCRIBE_OPTIONAL},
#define VALUE(CODE, KIND, name, meaning) {name, VALUE_TYPE_##KIND, meaning, DESCRIBE_OPTIONAL},
#include "door/problem_value.def"
#undef VALUE
    };
    members->count = 0;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        size_t same = 0;
        while (same < members->count && strcmp(members->of[same].name, rows[i].name) != 0)
            same++;
        if (same == members->count)
            members_add(members, slice_text(rows[i].name), describe_type(rows[i].type), rows[i].need, rows[i].meaning);
    }
}
