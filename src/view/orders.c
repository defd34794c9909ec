/*
 * Questions about orders and sales. Order ids and times of placing rise together, so a time is found by halving, and
 * every question walks from the newest order down, led by a shopper, a location or a list of blocks.
 */
#include "base/assert.h"
#include "view/internal.h"

/* Ids of the orders asked for lie in [from, below). */
struct orders_range {
    i64 from;
    i64 below;
};

/* --- times ------------------------------------------------------------------------- */

/* The first order placed at or after `ms`, of 1..last; last + 1 when there is none. */
static i64 orders_since(sqlite3 *db, i64 last, i64 ms)
{
    sqlite3_stmt *statement = NULL;
    i64 low = 1, high = last + 1;
    if (sqlite3_prepare_v2(db, "SELECT placed_ms FROM orders WHERE id = ?1", -1, &statement, NULL) != SQLITE_OK)
        return high;
    while (low < high) {
        i64 middle = low + (high - low) / 2;
        sqlite3_bind_int64(statement, 1, middle);
        if (query_number(statement, INT64_MAX) >= ms)
            high = middle;
        else
            low = middle + 1;
    }
    sqlite3_finalize(statement);
    return low;
}

static struct orders_range orders_range(sqlite3 *db, const struct view_order_filter *filter)
{
    sqlite3_stmt *statement = NULL;
    struct orders_range range = {.from = 1, .below = 1};
    if (sqlite3_prepare_v2(db, "SELECT max(id) FROM orders", -1, &statement, NULL) != SQLITE_OK)
        return range;
    i64 last = query_number(statement, 0);
    sqlite3_finalize(statement);
    range.below = filter->before != 0 ? MIN(last + 1, (i64)filter->before) : last + 1;
    if (filter->from_ms > 0)
        range.from = orders_since(db, last, filter->from_ms);
    if (filter->to_ms != 0)
        range.below = MIN(range.below, orders_since(db, last, filter->to_ms));
    return range;
}

/* --- questions ------------------------------------------------------------------------ */

/* The conditions on an order. `located`: its parts at the location are what leads already. */
static void orders_conditions(struct query *query, const struct view_order_filter *filter, bool located)
{
    if (filter->shopper != 0)
        query_add_number(query, " AND o.shopper = ?", filter->shopper);
    if (filter->festival != 0)
        query_add_number(query, " AND o.festival = ?", filter->festival);
    if (filter->state != 0)
        query_add_number(query, " AND o.state = ?", filter->state);
    if (filter->part_state != 0 && !located)
        query_add_number(query, " AND o.parts & ?", (i64)1 << filter->part_state);
    if (filter->location == 0 || located)
        return;
    query_add(query, " AND EXISTS (SELECT 1 FROM part p WHERE p.ord = o.id");
    query_add_number(query, " AND p.location = ?", filter->location);
    if (filter->part_state != 0)
        query_add_number(query, " AND p.state = ?)", filter->part_state);
    else
        query_add(query, " AND p.state IN (1, 2, 3, 4, 5, 6, 7, 8))"); /* all; so that the key can be used */
}
_Static_assert(PART_OPEN == 1 && PART_CHECKED == 8, "all of them");

/* The orders themselves lead. */
static void orders_by_order(struct query *query, const struct view_order_filter *filter, struct orders_range range)
{
    query_add_number(query, "SELECT o.id FROM orders o WHERE o.id >= ?", range.from);
    query_add_number(query, " AND o.id < ?", range.below);
    orders_conditions(query, filter, false);
    query_add(query, " ORDER BY o.id DESC");
}

/* From order to order of the shopper, newest first. The cursor mostly is one of them, and then the walk begins there;
 * NULL ends it. */
static void orders_by_shopper(struct query *query, const struct view_order_filter *filter, struct orders_range range)
{
    query_add_number(query, "WITH RECURSIVE way(id, next) AS (SELECT o.id, o.previous FROM orders o WHERE o.id ="
                            " coalesce((SELECT previous FROM orders WHERE id = ?", filter->before);
    query_add_number(query, " AND shopper = ?)", filter->shopper);
    query_add_number(query, ", (SELECT last_order FROM shopper WHERE id = ?))", filter->shopper);
    query_add_number(query, " UNION ALL SELECT o.id, o.previous FROM way JOIN orders o ON o.id = way.next"
                            " WHERE way.id > ?)", range.from);
    query_add_number(query, " SELECT o.id FROM way CROSS JOIN orders o ON o.id = way.id WHERE o.id >= ?", range.from);
    query_add_number(query, " AND o.id < ?", range.below);
    orders_conditions(query, filter, false);
}

/* The blocks with orders of a list lead. */
static void orders_by_list(struct query *query, const struct view_order_filter *filter, struct orders_range range,
                           u32 list)
{
    query_add_number(query, "SELECT o.id FROM block b CROSS JOIN orders o WHERE b.list = ?", list);
    query_add_number(query, " AND b.block >= ?", range.from / BLOCK_ORDERS);
    query_add_number(query, " AND b.block <= ?", (range.below - 1) / BLOCK_ORDERS);
    query_add_number(query, " AND o.id >= b.block * ?", BLOCK_ORDERS);
    query_add_number(query, " AND o.id < (b.block + 1) * ?", BLOCK_ORDERS);
    query_add_number(query, " AND +o.id >= ?", range.from); /* "+": the key is for the two above */
    query_add_number(query, " AND +o.id < ?", range.below);
    orders_conditions(query, filter, false);
    query_add(query, " ORDER BY b.block DESC, o.id DESC");
}

/* The parts at a location in one state lead. */
static void orders_by_part(struct query *query, const struct view_order_filter *filter, struct orders_range range,
                           u32 part_state)
{
    query_add(query, "SELECT p.ord AS ord FROM part p");
    if (filter->festival != 0 || filter->state != 0) /* else the order's row need not be looked at */
        query_add(query, " CROSS JOIN orders o ON o.id = p.ord");
    query_add_number(query, " WHERE p.location = ?", filter->location);
    query_add_number(query, " AND p.state = ?", part_state);
    query_add_number(query, " AND p.ord >= ?", range.from);
    query_add_number(query, " AND p.ord < ?", range.below);
    orders_conditions(query, filter, true);
}

/* Each state's run of parts is in order, and SQLite merges them. An order with two such parts comes once. */
static void orders_by_location(struct query *query, const struct view_order_filter *filter, struct orders_range range)
{
    if (filter->part_state != 0) {
        orders_by_part(query, filter, range, filter->part_state);
        query_add(query, " GROUP BY p.ord ORDER BY p.ord DESC");
        return;
    }
    for (u32 state = PART_OPEN; state <= PART_CHECKED; state++) {
        query_add(query, state > PART_OPEN ? " UNION " : "");
        orders_by_part(query, filter, range, state);
    }
    query_add(query, " ORDER BY ord DESC");
}

/* What is likely to be fewest leads. */
static void orders_query(struct query *query, const struct view_order_filter *filter, struct orders_range range)
{
    if (filter->shopper != 0)
        orders_by_shopper(query, filter, range);
    else if (filter->location != 0)
        orders_by_location(query, filter, range);
    else if (filter->state != 0 && filter->state != ORDER_PAID)
        orders_by_list(query, filter, range, BLOCK_LIST_STATE + filter->state); /* NOLINT(bugprone-branch-clone) */
    else if (filter->part_state != 0)
        orders_by_list(query, filter, range, BLOCK_LIST_PART + filter->part_state);
    else if (filter->festival != 0)
        orders_by_list(query, filter, range, BLOCK_LIST_FESTIVAL + filter->festival);
    else if (filter->state != 0)
        orders_by_list(query, filter, range, BLOCK_LIST_STATE + filter->state);
    else
        orders_by_order(query, filter, range);
}

size_t view_orders(struct view *view, const struct view_order_filter *filter, u32 *orders, size_t max)
{
    size_t count = 0;
    if (filter->state > ORDER_EXPIRED || filter->part_state > PART_CHECKED)
        return 0;
    sqlite3 *db = pool_take(&view->pool);
    struct orders_range range = orders_range(db, filter);
    if (range.from < range.below && max > 0) {
        struct query query = {.size = 0};
        orders_query(&query, filter, range);
        query_add_number(&query, " LIMIT ?", (i64)MIN(max, VIEW_PAGE_MAX));
        sqlite3_stmt *statement = query_prepare(&query, db);
        while (statement != NULL && sqlite3_step(statement) == SQLITE_ROW)
            orders[count++] = (u32)sqlite3_column_int64(statement, 0);
        sqlite3_finalize(statement);
    }
    pool_put(&view->pool, db);
    ASSERT(count <= max);
    return count;
}

size_t view_sku_sales(struct view *view, u32 festival, u32 offset, struct view_sku_sales *rows, size_t max)
{
    size_t count = 0;
    struct query query = {.size = 0};
    query_add(&query, "SELECT sku, currency, units, returned, paid_minor FROM sale INDEXED BY sale_paid");
    query_add_number(&query, " WHERE festival = ? AND units > 0 ORDER BY paid_minor DESC, sku, currency", festival);
    query_add_number(&query, " LIMIT ?", (i64)MIN(max, VIEW_PAGE_MAX));
    query_add_number(&query, " OFFSET ?", offset);
    sqlite3 *db = pool_take(&view->pool);
    sqlite3_stmt *statement = query_prepare(&query, db);
    while (statement != NULL && sqlite3_step(statement) == SQLITE_ROW)
        rows[count++] = (struct view_sku_sales){
            .sku = (u32)sqlite3_column_int64(statement, 0),
            .currency = (u32)sqlite3_column_int64(statement, 1),
            .units = (u64)sqlite3_column_int64(statement, 2),
            .returned = (u64)sqlite3_column_int64(statement, 3),
            .paid_minor = sqlite3_column_int64(statement, 4),
        };
    sqlite3_finalize(statement);
    pool_put(&view->pool, db);
    return count;
}
