/*
 * Labels of the catalogue, to print. What stands on shelf labels is copied from the engine on the loop, and drawn on
 * the pool: a QR code takes as long as a thousand orders.
 */
#include "base/assert.h"
#include "code/sheet.h"
#include "code/svg.h"
#include "core/words.h"
#include "door/base_url.h"
#include "door/catalogue.h"
#include "door/http_state.h"
#include "door/param.h"
#include "door/problem.h"
#include "door/route.h"
#include "door/serve.h"

#include <stdio.h>
#include <stdlib.h>

#define LABELS_MAX 42u              /* of one answer: two sheets of A4, 0.5 MB */
#define LABELS_PARAMETER_MAX 8192u
#define LABELS_TEXT_MAX 1024u       /* bytes of a label's own texts; what is longer is cut, far beyond its width */
#define LABELS_PART_MAX 256u        /* of each of them */

/* --- what stands on a label -------------------------------------------------------------------------------------- */

struct label_text {
    size_t size;
    char bytes[LABELS_TEXT_MAX];
};

static struct slice text_keep(struct label_text *text, struct slice from)
{
    size_t room = MIN(LABELS_TEXT_MAX - text->size, (size_t)LABELS_PART_MAX);
    size_t size = MIN(from.size, room); /* half a character at its end is no harm: it is cut long before */
    memcpy(text->bytes + text->size, from.bytes, size);
    text->size += size;
    return slice_of(text->bytes + text->size - size, size);
}

/* `store`: the price there; 0: everywhere. */
static struct label_price sku_price(struct http *http, const struct sku *sku, u32 currency, u32 store,
                                    struct label_text *text)
{
    struct server *server = http_server(http);
    const struct engine *engine = server->engine;
    struct label_price price = {0};
    if (currency == 0)
        return price;
    struct offer offer = catalogue_offer_at(engine, sku, currency, server_now_ms(server), store);
    price.list_minor = offer.list_minor;
    price.digits = engine_currency(engine, currency)->digits;
    price.currency = text_keep(text, engine_text(engine, engine_currency(engine, currency)->text, 0));
    const struct deal *deal = engine_deal(engine, offer.deal);
    if (deal != NULL) {
        price.festival_minor = deal->price_minor;
        price.festival = text_keep(text, engine_text(engine, engine_festival(engine, deal->festival)->text, 1));
    }
    return price;
}

/* Values of the variant's options, "250 g, red". */
static struct slice sku_unit(const struct engine *engine, const struct sku *sku, struct label_text *text)
{
    size_t at = 0, begin = text->size;
    struct slice line;
    while (catalogue_line(engine_text(engine, sku->text, SKU_OPTIONS), &at, &line)) {
        const char *colon = memmem(line.bytes, line.size, ": ", 2);
        size_t value = colon != NULL ? (size_t)(colon - line.bytes) + 2 : 0;
        if (text->size > begin)
            text_keep(text, slice_text(", "));
        text_keep(text, slice_of(line.bytes + value, line.size - value));
    }
    return slice_of(text->bytes + begin, text->size - begin);
}

/* --- shelf labels ------------------------------------------------------------------------------------------------ */

/* Words of "format", in the order of enum sheet_paper, then a label alone. */
enum { FORMAT_SVG = SHEET_ROLL_80 + 1 };

static int format_parse(struct slice word)
{
    static const char *const words[] = {"a4", "58", "80", "svg"};
    return param_word_among(word, words, ARRAY_COUNT(words));
}

struct labels_job {
    u32 format;
    u32 count;
    struct buffer out;              /* made on the pool; until then the job is one piece of memory (http_job) */
    struct label_shelf labels[LABELS_MAX];
    struct label_text texts[LABELS_MAX];
    char links[LABELS_MAX][LABEL_LINK_MAX];
};

static void labels_run(void *argument)
{
    struct labels_job *job = argument;
    bool alone = job->format == FORMAT_SVG;
    enum sheet_paper paper = alone ? SHEET_A4 : (enum sheet_paper)job->format;
    struct label_size size = label_shelf_size(sheet_shelf_width(paper));
    struct sheet sheet;
    if (alone) {
        svg_open(&job->out, size.width_um, size.height_um);
        label_shelf(&job->out, size, &job->labels[0]);
        svg_close(&job->out);
        return;
    }
    sheet_begin(&sheet, &job->out, paper, size, job->labels[0].store);
    for (u32 i = 0; i < job->count; i++) {
        sheet_label_begin(&sheet);
        label_shelf(&job->out, size, &job->labels[i]);
        sheet_label_end(&sheet);
    }
    sheet_end(&sheet);
}

static void labels_done(struct server *server, struct conn *conn, void *argument)
{
    struct labels_job *job = argument;
    (void)server;
    if (conn != NULL)
        http_reply(http_of(conn), 200, job->format == FORMAT_SVG ? SVG_TYPE : SHEET_TYPE,
                   slice_of(job->out.bytes, job->out.size), "");
    buffer_free(&job->out);
    free(job);
}

static void label_fill(struct http *http, struct labels_job *job, u32 location, u32 sku_id, u32 currency,
                       struct slice base)
{
    const struct engine *engine = http_server(http)->engine;
    const struct sku *sku = engine_sku(engine, sku_id);
    const struct location *store = engine_location(engine, location);
    u32 i = job->count++;
    struct label_text *text = &job->texts[i];
    struct label_shelf *label = &job->labels[i];
    label->name = text_keep(text, engine_text(engine, sku->text, SKU_TITLE));
    label->sku = text_keep(text, engine_text(engine, sku->text, SKU_CODE));
    label->store = text_keep(text, engine_text(engine, store->text, 1));
    label->price = sku_price(http, sku, currency, location, text);
    label->unit = sku_unit(engine, sku, text);
    label->gtin = sku->gtin;
    struct buffer *scratch = http_body(http).out;
    if (label_shelf_link(scratch, base, sku->gtin, engine_text(engine, store->text, 0))) {
        memcpy(job->links[i], scratch->bytes, scratch->size);
        label->link = slice_of(job->links[i], scratch->size);
    }
}

/* Every SKU that "sku" names becomes a label. False: refused. */
static bool labels_fill(struct http *http, struct labels_job *job, u32 location, u32 currency, struct slice base)
{
    struct slice list = slice_of("", 0);
    if (!param_text(http, "sku", LABELS_PARAMETER_MAX, &list))
        return false;
    for (size_t at = 0; at <= list.size && list.size > 0;) {
        const char *begin = list.bytes + at;
        const char *comma = memchr(begin, ',', list.size - at);
        size_t size = comma != NULL ? (size_t)(comma - begin) : list.size - at;
        u32 sku = param_id(http_server(http)->engine, COMMAND_SKU_PUT, slice_of(begin, size));
        if (sku == 0) {
            char text[48];
            snprintf(text, sizeof(text), "It is number %u of the list.", job->count + 1);
            problem_refusal(http, (struct result){.code = RESULT_UNKNOWN_SKU}, text);
            return false;
        }
        if (job->count == LABELS_MAX) {
            problem_field(http, "sku", "names more than 42 SKUs");
            return false;
        }
        label_fill(http, job, location, sku, currency, base);
        at += size + 1;
    }
    bool good = job->count > 0 && (job->format != FORMAT_SVG || job->count == 1);
    if (!good)
        problem_field(http, "sku", job->count == 0 ? "must name a SKU" : "svg has one label only");
    return good;
}

void serve_location_labels(struct http *http)
{
    const struct caller *caller = &http_request(http)->caller;
    u32 format = SHEET_A4, currency = 0;
    char base_text[BASE_URL_MAX];
    desk_run(&http_server(http)->desk);
    u32 location = catalogue_path(http, "location", COMMAND_LOCATION_PUT, RESULT_UNKNOWN_LOCATION);
    if (location == 0)
        return;
    if (caller->roles & ROLE_CLERK && caller->location != 0 && caller->location != location) {
        problem_reply(http, PROBLEM_FORBIDDEN, NULL);
        return;
    }
    if (!param_word(http, "format", format_parse, &format) || !catalogue_currency(http, &currency))
        return;
    struct slice base = base_url(http, base_text);
    if (base.bytes == NULL)
        return;
    struct labels_job *job = calloc(1, sizeof(*job));
    ASSERT(job != NULL);
    job->format = format;
    if (labels_fill(http, job, location, currency, base))
        http_job(http, labels_run, labels_done, job);
    else
        free(job);
}

/* --- product labels ---------------------------------------------------------------------------------- */

void serve_sku_label(struct http *http)
{
    const struct engine *engine = http_server(http)->engine;
    struct label_text text = {0};
    u32 currency = 0;
    desk_run(&http_server(http)->desk);
    u32 id = catalogue_path(http, "sku", COMMAND_SKU_PUT, RESULT_UNKNOWN_SKU);
    if (id == 0 || !catalogue_currency(http, &currency))
        return;
    const struct sku *sku = engine_sku(engine, id);
    struct label_product label = {
        .name = text_keep(&text, engine_text(engine, sku->text, SKU_TITLE)),
        .sku = text_keep(&text, engine_text(engine, sku->text, SKU_CODE)),
        .price = sku_price(http, sku, currency, 0, &text),
        .gtin = sku->gtin,
    };
    struct buffer *out = http_body(http).out;
    struct label_size size = label_product_size();
    svg_open(out, size.width_um, size.height_um);
    label_product(out, size, &label);
    svg_close(out);
    http_reply(http, 200, SVG_TYPE, slice_of(out->bytes, out->size), "");
}
