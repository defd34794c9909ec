#include "door/docs.h"

#include "base/assert.h"
#include "door/describe.h"
#include "door/door.h"
#include "door/page.h"

#include <ctype.h>
#include <llhttp.h>

static void code(struct buffer *out, struct slice text)
{
    buffer_text(out, "<code>");
    page_slice(out, text);
    buffer_text(out, "</code>");
}

static void schema_link(struct buffer *out, struct slice name)
{
    buffer_text(out, "<a href=\"#schema-");
    page_slice(out, name);
    buffer_text(out, "\">");
    page_slice(out, name);
    buffer_text(out, "</a>");
}

static void words(struct buffer *out, const struct describe_type *type)
{
    for (size_t i = 0; i < type->word_count; i++) {
        if (i > 0)
            buffer_text(out, i + 1 == type->word_count ? " or " : ", ");
        code(out, type->words[i]);
    }
}

static void type_words(struct buffer *out, const struct describe_type *type)
{
    if (type->array)
        buffer_text(out, "array of ");
    switch (type->kind) {
    case DESCRIBE_INTEGER: buffer_text(out, "integer"); break;
    case DESCRIBE_STRING: buffer_text(out, "string"); break;
    case DESCRIBE_BOOLEAN: buffer_text(out, "true or false"); break;
    case DESCRIBE_TIME: buffer_text(out, "time"); break;
    case DESCRIBE_CODE: buffer_text(out, "code (string) or id (integer)"); break;
    case DESCRIBE_WORD: words(out, type); break;
    case DESCRIBE_SCHEMA: schema_link(out, type->name); break;
    }
    if (type->nullable)
        buffer_text(out, ", or null");
}

static void member_row(struct buffer *out, const struct describe_member *member, bool mark)
{
    buffer_text(out, "<div><dt>");
    code(out, slice_text(member->name));
    if (mark && member->need == DESCRIBE_ALWAYS)
        buffer_text(out, " <span class=\"must\" title=\"needed\">*</span>");
    if (mark && member->need == DESCRIBE_THIS_OR_NEXT)
        buffer_text(out, " <span class=\"must\" title=\"this or the next\">* or</span>");
    if (!mark && member->need == DESCRIBE_OPTIONAL)
        buffer_text(out, " <span class=\"soft\">may be missing</span>");
    buffer_text(out, "</dt><dd><span class=\"soft\">");
    type_words(out, &member->type);
    buffer_text(out, "</span>");
    if (*member->meaning != 0) {
        buffer_text(out, " &middot; ");
        page_text(out, member->meaning);
    }
    buffer_text(out, "</dd></div>\n");
}

/* `mark`: of a request, where it matters what must be there. */
static void member_list(struct buffer *out, const struct describe_members *members, bool mark)
{
    buffer_text(out, "<dl>");
    for (size_t i = 0; i < members->count; i++)
        member_row(out, &members->of[i], mark);
    buffer_text(out, "</dl>");
}

static void header_row(struct buffer *out, const char *name, const char *must, const char *meaning)
{
    buffer_format(out, "<div><dt><code>%s</code>%s</dt><dd><span class=\"soft\">header</span> &middot; %s</dd></div>\n",
                  name, must, meaning);
}

static void parameters(struct buffer *out, const struct route *route)
{
    static struct describe_members path, query;
    describe_path(route, &path);
    describe_query(route, &query);
    if (path.count + query.count == 0 && (route->flags & (ROUTE_KEY | ROUTE_ORDER)) == 0)
        return;
    buffer_text(out, "<h3>Parameters</h3><dl>");
    for (size_t i = 0; i < path.count; i++)
        member_row(out, &path.of[i], true);
    for (size_t i = 0; i < query.count; i++)
        member_row(out, &query.of[i], true);
    if (route->flags & ROUTE_KEY)
        header_row(out, "Idempotency-Key", " <span class=\"must\" title=\"needed\">*</span>",
                   "new for each wish, the same for each try");
    if (route->flags & ROUTE_ORDER)
        header_row(out, "Queue-Ticket", "", "of the 503 that refused the order before");
    buffer_text(out, "</dl>");
}

/* A schema's members, where it is used. */
static void schema_body(struct buffer *out, const char *name, bool mark)
{
    static struct describe_members members;
    size_t index = describe_schema_find(slice_text(name));
    if (index == SIZE_MAX)
        return;
    schema_link(out, slice_text(name));
    buffer_text(out, ": ");
    page_text(out, describe_schema_meaning(index));
    describe_schema_members(index, &members);
    member_list(out, &members, mark);
}

static void request_body(struct buffer *out, const struct route *route)
{
    static struct describe_members members;
    const char *media = describe_media(route->request);
    if (route->flags & ROUTE_FILE || media != NULL) {
        buffer_text(out, "<h3>Body</h3><p>A file: ");
        code(out, slice_text(media != NULL ? media : "application/octet-stream"));
        buffer_text(out, "</p>");
    } else if (describe_takes_json(route) && route->request != NULL) {
        buffer_text(out, "<h3>Body (JSON)</h3>");
        schema_body(out, route->request, true);
    } else if (describe_takes_json(route)) {
        describe_command(route, &members);
        if (members.count == 0)
            return;
        buffer_text(out, "<h3>Body (JSON)</h3>");
        member_list(out, &members, true);
    }
}

static void answers(struct buffer *out, const struct route *route)
{
    const char *media = describe_media(route->response), *name, *sentence;
    int status;
    buffer_format(out, "<h3>Answer %u</h3>", (unsigned)route->status);
    if (media != NULL)
        code(out, slice_text(media));
    else if (route->response != NULL)
        schema_body(out, route->response, false);
    else
        buffer_text(out, "<p class=\"soft\">without a body</p>");
    buffer_text(out, "<h3>Problems</h3><p>");
    for (size_t i = 0; (status = describe_status(i, &name, &sentence)) != 0; i++)
        if (describe_answers(route, status)) {
            buffer_format(out, "<a href=\"#status-%d\" title=\"", status);
            page_text(out, sentence);
            buffer_format(out, "\">%d</a> ", status);
        }
    buffer_text(out, "</p>");
}

static void roles(struct buffer *out, const struct route *route)
{
    const char *word, *comma = "";
    bool may;
    buffer_text(out, "<p class=\"soft\">Who may: ");
    for (size_t i = 0; (word = describe_role(route, i, &may)) != NULL; i++) {
        if (!may)
            continue;
        buffer_text(out, comma);
        page_text(out, word);
        comma = ", ";
        if (i == 0)
            break; /* anybody */
    }
    buffer_text(out, "</p>");
}

static void operation(struct buffer *out, const struct route *route)
{
    const char *method = route_method_word(route->method);
    buffer_text(out, "<details><summary><span class=\"m ");
    for (const char *at = method; *at != 0; at++)
        buffer_byte(out, (char)tolower((unsigned char)*at));
    buffer_text(out, "\">");
    page_text(out, method);
    buffer_text(out, "</span><code>");
    page_text(out, route->path);
    buffer_text(out, "</code><span class=\"soft\">");
    page_text(out, route->summary);
    buffer_format(out, "</span></summary><div class=\"in\" id=\"%s\">", route->name); /* opens when it is linked to */
    roles(out, route);
    parameters(out, route);
    request_body(out, route);
    answers(out, route);
    buffer_text(out, "</div></details>\n");
}

static void operations(struct buffer *out)
{
    for (size_t i = 0; i < route_count; i++) {
        if (!describe_tag_begins(&routes[i]))
            continue;
        struct slice tag = describe_tag(&routes[i]);
        buffer_format(out, "<h2 id=\"tag-" SLICE_FORMAT "\">", SLICE_ARGS(tag));
        page_slice(out, tag);
        buffer_text(out, "</h2>\n");
        for (size_t j = i; j < route_count; j++)
            if (describe_is_public(&routes[j]) && slice_equal(describe_tag(&routes[j]), tag))
                operation(out, &routes[j]);
    }
}

static void schemas(struct buffer *out)
{
    static struct describe_members members;
    const char *name;
    buffer_text(out, "<h2 id=\"shapes\">Shapes</h2>\n");
    for (size_t i = 0; (name = describe_schema_name(i)) != NULL; i++) {
        buffer_format(out, "<details><summary><code>%s</code><span class=\"soft\">", name);
        page_text(out, describe_schema_meaning(i));
        buffer_format(out, "</span></summary><div class=\"in\" id=\"schema-%s\">", name);
        describe_schema_members(i, &members);
        member_list(out, &members, false);
        buffer_text(out, "</div></details>\n");
    }
}

static void problems(struct buffer *out)
{
    static struct describe_members members;
    struct describe_problem all[DESCRIBE_PROBLEMS_MAX];
    size_t count = describe_problems(all);
    const char *name, *sentence;
    int status;
    buffer_text(out, "<h2 id=\"problems\">Problems</h2>\n<p>Every answer that is no success is a problem document "
                     "(RFC 9457), <code>application/problem+json</code>:</p>");
    describe_problem_members(&members);
    member_list(out, &members, false);
    for (size_t i = 0; (status = describe_status(i, &name, &sentence)) != 0; i++) {
        buffer_format(out, "<h3 id=\"status-%d\">%d</h3><p>", status, status);
        page_text(out, sentence);
        buffer_text(out, "</p><dl>");
        for (size_t j = 0; j < count; j++) {
            if (all[j].status != status)
                continue;
            buffer_format(out, "<div><dt><a href=\"/problems/%s\"><code>%s</code></a></dt><dd>", all[j].word,
                          all[j].word);
            page_text(out, all[j].title);
            buffer_text(out, "</dd></div>");
        }
        buffer_text(out, "</dl>\n");
    }
}

static void introduction(struct buffer *out)
{
    buffer_text(out, "<h1>Eleven, the HTTP API</h1>\n<p class=\"soft\">Version " DOOR_VERSION
                     " &middot; <a href=\"/\">start</a> &middot; <a href=\"/openapi.json\">openapi.json</a></p>\n"
                     "<p>Amounts are integers in minor units of a currency. Times are RFC 3339 in UTC. Lists come in "
                     "pages: ask with <code>limit</code> and <code>after</code>, go on with <code>next</code> until it "
                     "is null. What moves money or stock needs an <code>Idempotency-Key</code>: the same request with "
                     "the same key is done once. Give a key or token as <code>Authorization: Bearer</code>. "
                     "A <span class=\"must\">*</span> marks what must be there.</p>\n<nav>");
    for (size_t i = 0; i < route_count; i++)
        if (describe_tag_begins(&routes[i])) {
            struct slice tag = describe_tag(&routes[i]);
            buffer_format(out, "<a href=\"#tag-" SLICE_FORMAT "\">" SLICE_FORMAT "</a>", SLICE_ARGS(tag),
                          SLICE_ARGS(tag));
        }
    buffer_text(out, "<a href=\"#shapes\">Shapes</a><a href=\"#problems\">Problems</a></nav>\n");
}

void docs_make(struct buffer *out)
{
    page_begin(out, "Eleven: the HTTP API");
    introduction(out);
    operations(out);
    schemas(out);
    problems(out);
    page_end(out);
    ASSERT(out->size <= DOCS_MAX);
}
