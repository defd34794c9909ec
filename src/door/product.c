#include "door/product.h"

#include "base/assert.h"
#include "door/catalogue.h"
#include "door/problem.h"
#include "door/render.h"
#include "door/route.h"
#include "door/server.h"
#include "door/turn.h"

#include <stdlib.h>

#define PRODUCT_STEP_VARIANTS 256u  /* rendered in one step of a page */

/* --- one product ---------------------------------------------------------------------------------- */

struct find_job {
    struct view *view;
    product_found *found;
    u32 skus[PRODUCT_VARIANTS_MAX + 1];
    size_t count;
    struct slice handle;
    char bytes[];
};

static void find_run(void *argument)
{
    struct find_job *job = argument;
    job->count = view_variants(job->view, job->handle, job->skus, ARRAY_COUNT(job->skus));
}

/* Only what is for sale now. */
static size_t keep_for_sale(const struct engine *engine, u32 *skus, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (engine_sku(engine, skus[i]) != NULL && engine_sku(engine, skus[i])->for_sale)
            skus[kept++] = skus[i];
    return kept;
}

/* A SKU that has no handle, by its code. */
static u32 sku_alone(const struct engine *engine, struct slice code)
{
    u32 sku = code.size > COMMAND_CODE_MAX ? 0 : engine_find(engine, COMMAND_SKU_PUT, code);
    return sku != 0 && engine_text(engine, engine_sku(engine, sku)->text, SKU_HANDLE).size == 0 ? sku : 0;
}

static void find_done(struct server *server, struct conn *conn, void *argument)
{
    struct find_job *job = argument;
    if (conn == NULL) {
        free(job);
        return;
    }
    bool more = job->count > PRODUCT_VARIANTS_MAX;
    job->count = MIN(job->count, (size_t)PRODUCT_VARIANTS_MAX);
    if (job->count == 0) {
        job->skus[0] = sku_alone(server->engine, job->handle);
        job->count = job->skus[0] != 0;
    }
    job->count = keep_for_sale(server->engine, job->skus, job->count);
    if (job->count == 0)
        problem_reply(http_of(conn), PROBLEM_NOT_FOUND, "There is no such product, or none of it is for sale.");
    else
        job->found(http_of(conn), job->skus, job->count, more);
    free(job);
}

void product_find(struct http *http, product_found *found)
{
    struct slice handle = route_parameter(http, "handle");
    struct server *server = http_server(http);
    if (server->view == NULL) {
        problem_reply(http, PROBLEM_UNAVAILABLE, "This server keeps no views.");
        return;
    }
    struct find_job *job = calloc(1, sizeof(*job) + handle.size);
    ASSERT(job != NULL);
    memcpy(job->bytes, handle.bytes, handle.size);
    job->handle = slice_of(job->bytes, handle.size);
    job->view = server->view;
    job->found = found;
    http_job(http, find_run, find_done, job);
}

/* --- a page of them --------------------------------------------------------------------------------- */

/* First on the pool for the products, then for their variants, then rendered in turns. */
struct page_job {
    struct turn turn;
    struct view *view;
    struct view_search search;
    u32 currency;
    u32 limit;
    u32 skus[VIEW_PAGE_MAX];
    size_t count;
    u64 next;
    const char *problem;
    struct slice handles[VIEW_PAGE_MAX];    /* of the engine, whose texts stay where they are and as they are */
    u32 *variants;                          /* PRODUCT_VARIANTS_MAX for each product */
    size_t variant_counts[VIEW_PAGE_MAX];
    size_t at;                              /* rendered so far */
    struct buffer out;
    struct emit emit;
    char text[];
};

static void page_free(struct page_job *job)
{
    buffer_free(&job->out);
    free(job->variants);
    free(job);
}

static void page_turn_end(struct turn *turn, struct server *server)
{
    (void)server;
    page_free((struct page_job *)turn);
}

/* What a list shows of all variants together. */
struct summary {
    i64 from_minor, to_minor, deal_minor;   /* 0: none */
    struct stock_sum stock;
    u32 variants;
};

static struct summary summarize(const struct engine *engine, const u32 *skus, size_t count, u32 currency, i64 now_ms)
{
    struct summary summary = {.stock.whole = true};
    struct stock_look look = {CATALOGUE_BOOKS_MAX, (u32)count};
    for (size_t i = 0; i < count; i++) {
        const struct sku *sku = engine_sku(engine, skus[i]);
        struct offer offer = catalogue_offer(engine, sku, currency, now_ms);
        const struct deal *deal = engine_deal(engine, offer.deal);
        summary.variants++;
        catalogue_stock_add(&summary.stock, catalogue_stock(engine, sku, &look));
        if (offer.list_minor != 0 && (summary.from_minor == 0 || offer.list_minor < summary.from_minor))
            summary.from_minor = offer.list_minor;
        summary.to_minor = MAX(summary.to_minor, offer.list_minor);
        if (deal != NULL && catalogue_deal_left(deal) &&
            (summary.deal_minor == 0 || deal->price_minor < summary.deal_minor))
            summary.deal_minor = deal->price_minor;
    }
    return summary;
}

static void emit_amount(struct emit *emit, const char *key, i64 amount_minor)
{
    if (amount_minor == 0)
        emit_key_null(emit, key);
    else
        emit_key_number(emit, key, amount_minor);
}

static void emit_handle(struct emit *emit, struct slice handle)
{
    if (handle.size == 0)
        emit_key_null(emit, "handle");
    else
        emit_key_text(emit, "handle", handle);
}

static void page_emit(struct page_job *job, const struct engine *engine, size_t index, i64 now_ms)
{
    struct emit *emit = &job->emit;
    u32 *skus = job->variants + index * PRODUCT_VARIANTS_MAX;
    size_t count = keep_for_sale(engine, skus, job->variant_counts[index]);
    if (count == 0) /* taken off sale since */
        return;
    const struct sku *shown = engine_sku(engine, skus[0]);
    for (size_t i = 0; i < count; i++)
        if (skus[i] == job->skus[index])
            shown = engine_sku(engine, skus[i]);
    struct summary summary = summarize(engine, skus, count, job->currency, now_ms);
    emit_open(emit, '{');
    emit_handle(emit, engine_text(engine, shown->text, SKU_HANDLE));
    emit_key_text(emit, "sku", engine_text(engine, shown->text, SKU_CODE));
    emit_key_text(emit, "title", engine_text(engine, shown->text, SKU_TITLE));
    catalogue_emit_kin(emit, engine, shown);
    catalogue_emit_images(emit, engine, shown);
    emit_key_number(emit, "variants", summary.variants);
    render_code(emit, engine, "currency", job->currency == 0 ? 0 : engine_currency(engine, job->currency)->text);
    emit_amount(emit, "price_from_minor", summary.from_minor);
    emit_amount(emit, "price_to_minor", summary.to_minor);
    emit_amount(emit, "deal_price_minor", summary.deal_minor);
    catalogue_emit_stock(emit, summary.stock);
    emit_close(emit, '}');
}

static enum turn_result page_step(struct turn *turn, struct server *server)
{
    struct page_job *job = (struct page_job *)turn;
    for (size_t variants = 0; job->at < job->count && variants < PRODUCT_STEP_VARIANTS; job->at++) {
        variants += job->variant_counts[job->at] + 8;
        page_emit(job, server->engine, job->at, server_now_ms(server));
    }
    if (job->at < job->count)
        return TURN_MORE;
    struct http *http = turn_answer(turn);
    struct emit whole = http_body(http);
    emit_open(&whole, '{');
    emit_key(&whole, "products");
    buffer_byte(whole.out, '[');
    buffer_add(whole.out, job->out.bytes, job->out.size);
    buffer_byte(whole.out, ']');
    whole.more = true;
    catalogue_next_text(&whole, job->next);
    emit_close(&whole, '}');
    http_reply_json(http, 200);
    return TURN_ENDS;
}

static void page_variants_run(void *argument)
{
    struct page_job *job = argument;
    for (size_t i = 0; i < job->count; i++) {
        u32 *variants = job->variants + i * PRODUCT_VARIANTS_MAX;
        if (job->handles[i].size > 0)
            job->variant_counts[i] = view_variants(job->view, job->handles[i], variants, PRODUCT_VARIANTS_MAX);
        if (job->variant_counts[i] == 0) {
            variants[0] = job->skus[i];
            job->variant_counts[i] = 1;
        }
    }
}

static void page_variants_done(struct server *server, struct conn *conn, void *argument)
{
    struct page_job *job = argument;
    job->emit = emit_into(&job->out);
    job->turn.step = page_step;
    job->turn.end = page_turn_end;
    if (conn != NULL && turn_start(server, http_of(conn), TURN_ANSWER, &job->turn))
        return;
    page_free(job);
    if (conn != NULL)
        problem_busy(http_of(conn), 1);
}

static void page_run(void *argument)
{
    struct page_job *job = argument;
    job->count = view_products(job->view, &job->search, job->skus, job->limit, &job->next, &job->problem);
}

/* True, and refused, when the search was no good. */
static bool page_refused(struct http *http, const struct page_job *job)
{
    if (job->problem == NULL)
        return false;
    if (strcmp(job->problem, "the views cannot be read") == 0)
        problem_reply(http, PROBLEM_UNAVAILABLE, job->problem);
    else
        problem_field(http, job->search.after != 0 ? "after" : "q", job->problem);
    return true;
}

static void page_done(struct server *server, struct conn *conn, void *argument)
{
    struct page_job *job = argument;
    if (conn == NULL || page_refused(http_of(conn), job)) {
        page_free(job);
        return;
    }
    job->variants = malloc(MAX(job->count, (size_t)1) * PRODUCT_VARIANTS_MAX * sizeof(u32));
    ASSERT(job->variants != NULL);
    for (size_t i = 0; i < job->count; i++) {
        const struct sku *sku = engine_sku(server->engine, job->skus[i]);
        if (sku != NULL)
            job->handles[i] = engine_text(server->engine, sku->text, SKU_HANDLE);
    }
    if (job_start(server, conn, page_variants_run, page_variants_done, job))
        return;
    page_free(job);
    problem_busy(http_of(conn), 1);
}

void product_page(struct http *http, const struct view_search *search, u32 currency, u64 limit)
{
    struct page_job *job = calloc(1, sizeof(*job) + search->text.size);
    ASSERT(job != NULL && limit >= 1 && limit <= VIEW_PAGE_MAX);
    job->view = http_server(http)->view;
    job->search = *search;
    if (search->text.size > 0)
        memcpy(job->text, search->text.bytes, search->text.size);
    job->search.text = slice_of(job->text, search->text.size);
    job->currency = currency;
    job->limit = (u32)limit;
    http_job(http, page_run, page_done, job);
}
