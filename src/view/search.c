/*
 * Searches for products. With a text, the products in which all of it occurs are ranked when they are at most
 * SEARCH_RANKED_MAX; of more than that nobody reads the last, and they come by id. Without one, an index of SKUs leads
 * in the order of products.
 *
 * Cursors: below 2^32 the id of a product, after which it goes on by id; else rank << 32 | id, after which it goes on
 * by rank, where rank is the complement of the score as a float's bits, so that smaller is better and never below 2^31.
 */
#include "base/assert.h"
#include "view/internal.h"

#define SEARCH_RANKED_MAX 20000     /* some 50 ms */
#define SEARCH_FAILED "the views cannot be read"

/* A search under way. */
struct search {
    sqlite3 *db;
    sqlite3_stmt *shown;            /* the SKU to be shown of a product; NULL: the product is not meant */
    bool filtered;
    u64 keys[VIEW_PAGE_MAX + 1];    /* cursors of the best so far, in order */
    size_t count;
    size_t wanted;                  /* a page and one more, which says that there is more */
};

static bool search_filtered(const struct view_search *search)
{
    return search->department != 0 || search->brand != 0 || search->seller != 0 || search->country != 0 ||
           search->for_sale;
}

static void search_filter(struct query *query, const struct view_search *search)
{
    if (search->department != 0)
        query_add_number(query, " AND s.department = ?", search->department);
    if (search->brand != 0)
        query_add_number(query, " AND s.brand = ?", search->brand);
    if (search->seller != 0)
        query_add_number(query, " AND s.seller = ?", search->seller);
    if (search->country != 0)
        query_add_number(query, " AND s.country = ?", search->country);
    if (search->for_sale)
        query_add(query, " AND s.for_sale = 1");
}

#define SEARCH_SHOWN "coalesce(min(CASE WHEN s.for_sale THEN s.id END), min(s.id))"

/* --- by id -------------------------------------------------------------------------- */

/* The index that is likely to say most. */
static const char *search_lead(const struct view_search *search)
{
    return search->brand != 0        ? " INDEXED BY sku_brand"
           : search->seller != 0     ? " INDEXED BY sku_seller"
           : search->department != 0 ? " INDEXED BY sku_department"
           : search->country != 0    ? " INDEXED BY sku_country"
                                     : " INDEXED BY sku_product";
}

/* All products, or those the filter leaves, after a product's id. */
static size_t search_browse(struct search *state, const struct view_search *search, u32 *skus, u64 *next,
                            const char **problem)
{
    struct query query = {.size = 0};
    size_t count = 0;
    i64 last = 0;
    query_add(&query, "SELECT s.product, " SEARCH_SHOWN " FROM sku s");
    query_add(&query, search_lead(search));
    query_add_number(&query, " WHERE s.product > ?", (i64)search->after);
    search_filter(&query, search);
    query_add_number(&query, " GROUP BY s.product ORDER BY s.product LIMIT ?", (i64)state->wanted);
    sqlite3_stmt *statement = query_prepare(&query, state->db);
    int code = statement != NULL ? SQLITE_ROW : SQLITE_ERROR;
    while (code == SQLITE_ROW && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (count + 1 == state->wanted) {
            *next = (u64)last;
            break;
        }
        last = sqlite3_column_int64(statement, 0);
        skus[count++] = (u32)sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        *problem = SEARCH_FAILED;
    return count;
}

/* --- by words ------------------------------------------------------------------------- */

/* The SKU to be shown of a product; 0: the filter leaves none of it. */
static u32 search_shown(struct search *state, i64 product)
{
    sqlite3_bind_int64(state->shown, 1, product);
    return (u32)query_number(state->shown, 0);
}

static u64 search_key(double score, i64 product)
{
    float positive = score < 0 ? (float)-score : 0; /* bm25() is the lower the better */
    u32 bits;
    memcpy(&bits, &positive, sizeof(bits));
    return (u64)~bits << 32 | (u32)product;
}

/* Keeps the best; false when it is not among them. */
static void search_keep(struct search *state, u64 key, i64 product)
{
    size_t at = state->count;
    while (at > 0 && state->keys[at - 1] > key)
        at--;
    if (at == state->wanted || (state->filtered && search_shown(state, product) == 0))
        return;
    if (state->count < state->wanted)
        state->count++;
    memmove(&state->keys[at + 1], &state->keys[at], (state->count - 1 - at) * sizeof(u64));
    state->keys[at] = key;
}

static sqlite3_stmt *search_match(struct search *state, const char *sql, const char *match)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(state->db, sql, -1, &statement, NULL) == SQLITE_OK)
        sqlite3_bind_text(statement, 1, match, -1, SQLITE_STATIC);
    return statement;
}

/* Fills in state->keys by rank or by id. */
static void search_collect(struct search *state, const char *match, u64 after, bool ranked, const char **problem)
{
    u32 seen = 0;
    int code = SQLITE_ERROR;
    sqlite3_stmt *statement = search_match(
        state,
        ranked ? "SELECT rowid, bm25(words, " PRODUCT_WEIGHTS ") FROM words WHERE words MATCH ?1"
               : "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid > ?2 ORDER BY rowid",
        match);
    if (statement != NULL && !ranked)
        sqlite3_bind_int64(statement, 2, (i64)after);
    while (statement != NULL && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        i64 product = sqlite3_column_int64(statement, 0);
        u64 key = ranked ? search_key(sqlite3_column_double(statement, 1), product) : (u64)product;
        if (key > after)
            search_keep(state, key, product);
        if (!ranked && state->count == state->wanted)
            break;
        if (ranked && ++seen > 2 * SEARCH_RANKED_MAX) { /* it has grown much since its first page */
            *problem = "the search finds too much to go on: begin again";
            state->count = 0;
            break;
        }
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        *problem = SEARCH_FAILED;
}

/* Few enough to be ranked; on a later page: as the first page was. */
static bool search_ranked(struct search *state, const char *match, u64 after)
{
    if (after != 0)
        return after > UINT32_MAX;
    sqlite3_stmt *statement =
        search_match(state, "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ?1 LIMIT ?2)", match);
    if (statement == NULL)
        return false;
    sqlite3_bind_int64(statement, 2, SEARCH_RANKED_MAX + 1);
    i64 count = query_number(statement, 0);
    sqlite3_finalize(statement);
    return count <= SEARCH_RANKED_MAX;
}

static size_t search_text(struct search *state, const struct view_search *search, const char *match, u32 *skus,
                          u64 *next, const char **problem)
{
    struct query query = {.size = 0};
    query_add_number(&query, "SELECT " SEARCH_SHOWN " FROM sku s WHERE s.product = ?", 0);
    search_filter(&query, search);
    state->shown = query_prepare(&query, state->db);
    state->filtered = search_filtered(search);
    if (state->shown == NULL) {
        *problem = SEARCH_FAILED;
        return 0;
    }
    search_collect(state, match, search->after, search_ranked(state, match, search->after), problem);
    size_t count = MIN(state->count, state->wanted - 1);
    if (state->count == state->wanted)
        *next = state->keys[count - 1];
    for (size_t i = 0; i < count; i++)
        skus[i] = search_shown(state, (u32)state->keys[i]);
    sqlite3_finalize(state->shown);
    return count;
}

/* Nothing but blanks is no text. */
static bool search_blank(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((u8)text.bytes[i] > ' ')
            return false;
    return true;
}

size_t view_products(struct view *view, const struct view_search *search, u32 *skus, size_t max, u64 *next,
                     const char **problem)
{
    char match[WORDS_MATCH_MAX];
    size_t count = 0;
    bool browse = search_blank(search->text);
    *next = 0;
    *problem = NULL;
    if (max == 0 || (!browse && words_search(match, search->text, problem) == 0))
        return 0;
    if (browse && search->after > UINT32_MAX) {
        *problem = "this cursor is of another search";
        return 0;
    }
    struct search state = {.db = pool_take(&view->pool), .wanted = MIN(max, VIEW_PAGE_MAX) + 1};
    if (browse)
        count = search_browse(&state, search, skus, next, problem);
    else
        count = search_text(&state, search, match, skus, next, problem);
    pool_put(&view->pool, state.db);
    return count;
}

size_t view_variants(struct view *view, struct slice handle, u32 *skus, size_t max)
{
    size_t count = 0;
    sqlite3_stmt *statement = NULL;
    sqlite3 *db = pool_take(&view->pool);
    sqlite3_prepare_v2(db, "SELECT s.id FROM sku s JOIN product p ON p.id = s.product WHERE p.handle = ?1"
                           " ORDER BY s.id", -1, &statement, NULL);
    sqlite3_bind_blob(statement, 1, handle.bytes, (int)handle.size, SQLITE_STATIC);
    while (count < max && sqlite3_step(statement) == SQLITE_ROW)
        skus[count++] = (u32)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    pool_put(&view->pool, db);
    return count;
}
