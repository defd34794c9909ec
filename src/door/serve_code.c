/*
 * The resolver of GS1 Digital Links (GS1-Conformant Resolver Standard, release 1.2): what a scanned code leads to.
 * Browsers are sent on to the product's page, which shows the scan (307; the query goes with them); programs get what
 * was scanned as JSON; who asks for them gets all links as an RFC 9264 link set. docs/CODES.md tells the whole.
 */
#include "door/base_url.h"
#include "door/catalogue.h"
#include "door/feed.h"
#include "door/scanned.h"
#include "door/serve.h"
#include "door/server.h"

#define VOCABULARY "https://ref.gs1.org/voc/"
#define LINKSET_TYPE "application/linkset+json"
#define LINKSET_CONTEXT                                                                       \
    "Link: <https://ref.gs1.org/standards/resolver/linkset-context>; "                        \
    "rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\"\r\n"

/* The links that we have: LINK_TYPE(NAME, "name", "title", "media type"). */
#define LINK_TYPES(LINK_TYPE)                                                   \
    LINK_TYPE(DEFAULT, "defaultLink", "Product page", "text/html")              \
    LINK_TYPE(PIP, "pip", "Product page", "text/html")                          \
    LINK_TYPE(MASTER_DATA, "masterData", "Product data", "application/json")    \
    LINK_TYPE(PROMOTION, "promotion", "Festival", "application/json")

enum link_type {
#define LINK_TYPE(NAME, name, title, media) LINK_TYPE_##NAME,
    LINK_TYPES(LINK_TYPE)
#undef LINK_TYPE
    LINK_TYPE_COUNT
};

static const struct {
    const char *name, *key, *title, *media;
} link_types[] = {
#define LINK_TYPE(NAME, name, title, media) {name, VOCABULARY name, title, media},
    LINK_TYPES(LINK_TYPE)
#undef LINK_TYPE
};

/* One request. */
struct asked {
    struct http *http;
    struct scanned scanned;
    struct slice base;
    char base_bytes[BASE_URL_MAX];
};

/* The festival of the deal that runs, or comes; 0: there is none. */
static u32 promotion_festival(const struct asked *asked, u32 currency)
{
    const struct engine *engine = http_server(asked->http)->engine;
    const struct sku *sku = engine_sku(engine, asked->scanned.sku);
    struct offer offer = catalogue_offer_at(engine, sku, currency, asked->scanned.now_ms, asked->scanned.store);
    const struct deal *deal = engine_deal(engine, offer.deal != 0 ? offer.deal : offer.next_deal);
    return deal == NULL ? 0 : deal->festival;
}

/* Where a link leads to, without a query. False: there is none of this type. */
static bool link_address(struct buffer *out, const struct asked *asked, enum link_type type)
{
    const struct engine *engine = http_server(asked->http)->engine;
    const struct sku *sku = engine_sku(engine, asked->scanned.sku);
    u32 currency = catalogue_currency_default(engine, asked->scanned.now_ms);
    u32 festival = type == LINK_TYPE_PROMOTION ? promotion_festival(asked, currency) : 0;
    if (type == LINK_TYPE_PROMOTION && festival == 0)
        return false;
    buffer_slice(out, asked->base);
    if (type == LINK_TYPE_PROMOTION) {
        buffer_text(out, "/v1/festivals/");
        feed_segment(out, engine_text(engine, engine_festival(engine, festival)->text, 0));
    } else if (type == LINK_TYPE_MASTER_DATA) {
        buffer_text(out, "/v1/gtins/");
        buffer_slice(out, asked->scanned.link.key.value);
    } else {
        buffer_text(out, "/products/");
        feed_segment(out, feed_handle(engine, sku));
    }
    return true;
}

/* --- the link set -------------------------------------------------------------------------------------------- */

/* The default link has a title and nothing else, as the standard asks. */
static void emit_link(struct emit *emit, const struct asked *asked, enum link_type type)
{
    struct buffer address = {0};
    if (link_address(&address, asked, type)) {
        emit_key_open(emit, link_types[type].key, '[');
        emit_open(emit, '{');
        emit_key_text(emit, "href", slice_of(address.bytes, address.size));
        emit_key_word(emit, "title", link_types[type].title);
        if (type != LINK_TYPE_DEFAULT)
            emit_key_word(emit, "type", link_types[type].media);
        emit_close(emit, '}');
        emit_close(emit, ']');
    }
    buffer_free(&address);
}

static void reply_linkset(const struct asked *asked)
{
    const struct engine *engine = http_server(asked->http)->engine;
    const struct sku *sku = engine_sku(engine, asked->scanned.sku);
    struct emit emit = http_body(asked->http);
    struct buffer anchor = {0};
    buffer_slice(&anchor, asked->base);
    buffer_text(&anchor, "/01/");
    buffer_slice(&anchor, asked->scanned.link.key.value);
    emit_open(&emit, '{');
    emit_key_open(&emit, "linkset", '[');
    emit_open(&emit, '{');
    emit_key_text(&emit, "anchor", slice_of(anchor.bytes, anchor.size));
    emit_key_text(&emit, "itemDescription", engine_text(engine, sku->text, SKU_TITLE));
    for (unsigned type = 0; type < LINK_TYPE_COUNT; type++)
        emit_link(&emit, asked, (enum link_type)type);
    emit_close(&emit, '}');
    emit_close(&emit, ']');
    emit_close(&emit, '}');
    buffer_free(&anchor);
    http_reply_tagged(asked->http, LINKSET_TYPE, LINKSET_CONTEXT);
}

/* --- one link ------------------------------------------------------------------------------------------------- */

/* The type that a request names: "gs1:pip", or as an address of GS1's vocabulary. LINK_TYPE_COUNT: none of ours. */
static enum link_type link_type_of(struct slice text)
{
    static const char *const prefixes[] = {"gs1:", VOCABULARY, "https://gs1.org/voc/", "https://www.gs1.org/voc/"};
    for (size_t i = 0; i < ARRAY_COUNT(prefixes); i++) {
        size_t size = strlen(prefixes[i]);
        for (unsigned type = 0; text.size > size && type < LINK_TYPE_COUNT; type++)
            if (memcmp(text.bytes, prefixes[i], size) == 0 &&
                slice_is(slice_of(text.bytes + size, text.size - size), link_types[type].name))
                return (enum link_type)type;
    }
    return LINK_TYPE_COUNT;
}

/* Every parameter of the query goes on to where it leads, and the scan itself, as the standard asks. */
static void add_query(struct buffer *out, const struct asked *asked)
{
    struct buffer target = {0};
    struct slice query = http_request(asked->http)->query;
    scanned_target(&target, &asked->scanned, false);
    buffer_text(out, "?scan=");
    feed_segment(out, slice_of(target.bytes, target.size));
    if (query.size > 0) {
        buffer_byte(out, '&');
        buffer_slice(out, query);
    }
    buffer_free(&target);
}

static void reply_redirect(const struct asked *asked, enum link_type type)
{
    struct buffer headers = {0};
    buffer_text(&headers, "Location: ");
    if (type == LINK_TYPE_COUNT || !link_address(&headers, asked, type)) {
        buffer_free(&headers);
        scanned_refuse(asked->http, PROBLEM_UNKNOWN_LINK_TYPE, "linkType=linkset tells which there are.");
        return;
    }
    add_query(&headers, asked);
    buffer_text(&headers, "\r\nLink: <");
    buffer_slice(&headers, asked->base);
    buffer_text(&headers, "/01/");
    buffer_slice(&headers, asked->scanned.link.key.value);
    buffer_text(&headers, "?linkType=linkset>; rel=\"linkset\"; type=\"" LINKSET_TYPE "\"\r\n");
    buffer_byte(&headers, 0);
    http_reply(asked->http, 307, NULL, slice_of("", 0), headers.bytes);
    buffer_free(&headers);
}

/* --- requests --------------------------------------------------------------------------------------------------- */

static void reply_scanned(const struct asked *asked)
{
    u32 currency;
    struct buffer page = {0};
    if (!catalogue_currency(asked->http, &currency))
        return;
    link_address(&page, asked, LINK_TYPE_PIP);
    add_query(&page, asked);
    struct emit emit = http_body(asked->http);
    scanned_emit(&emit, http_server(asked->http)->engine, &asked->scanned, currency, slice_of(page.bytes, page.size));
    buffer_free(&page);
    http_reply_json(asked->http, 200);
}

static bool accepts(struct http *http, const char *media)
{
    struct slice accept = http_request(http)->headers[HTTP_ACCEPT];
    return accept.bytes != NULL && memmem(accept.bytes, accept.size, media, strlen(media)) != NULL;
}

void serve_link(struct http *http)
{
    const struct http_request *request = http_request(http);
    struct asked asked = {.http = http};
    struct slice type = slice_of("", 0), target = request->path;
    if (request->query.size > 0) /* they lie behind one another, with the mark between */
        target.size += 1 + request->query.size;
    if (!scanned_read(http, target, &asked.scanned))
        return;
    asked.base = base_url(http, asked.base_bytes);
    if (asked.base.bytes == NULL)
        return;
    link_find(&asked.scanned.link, "linkType", &type);
    if (slice_is(type, "linkset") || slice_is(type, "all") || (type.size == 0 && accepts(http, LINKSET_TYPE)))
        reply_linkset(&asked);
    else if (type.size == 0 && accepts(http, "application/json") && !scanned_wants_page(http))
        reply_scanned(&asked);
    else
        reply_redirect(&asked, type.size == 0 ? LINK_TYPE_DEFAULT : link_type_of(type));
}

void serve_link_resolver(struct http *http)
{
    char bytes[BASE_URL_MAX];
    struct slice base = base_url(http, bytes);
    if (base.bytes == NULL)
        return;
    struct emit emit = http_body(http);
    emit_open(&emit, '{');
    emit_key_word(&emit, "name", "Eleven");
    emit_key_text(&emit, "resolverRoot", base);
    emit_key_open(&emit, "supportedPrimaryKeys", '[');
    emit_text(&emit, slice_text("01"));
    emit_close(&emit, ']');
    emit_key_open(&emit, "supportedLinkType", '[');
    emit_open(&emit, '{');
    emit_key_word(&emit, "namespace", VOCABULARY);
    emit_key_word(&emit, "prefix", "gs1:");
    emit_close(&emit, '}');
    emit_close(&emit, ']');
    emit_key_bool(&emit, "linkTypeDefaultCanBeLinkset", false);
    emit_close(&emit, '}');
    http_reply_json(http, 200);
}
