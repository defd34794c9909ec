/*
 * The rest of the proof (check.c): budgets never count less than the orders
 * show, and everything is found again through the index that should know it.
 */
#include "core/internal.h"

/* What of a line is still spent. */
static i64 line_spent(const struct line *line)
{
    return line_paid(line) - money_share(line_paid(line), line->returned, line->quantity);
}

static i64 order_spent(const struct engine *engine, const struct order *order, const struct budget *budget)
{
    i64 spent = 0;
    if ((order->state != ORDER_HELD && order->state != ORDER_PAID) || order->delivery == DELIVERY_EXCHANGE)
        return 0;
    if (budget->scope == BUDGET_FESTIVAL && order->festival != budget->subject)
        return 0;
    if (budget->scope != BUDGET_FESTIVAL && budget_day(engine, order->festival, order->placed_ms) != budget->day)
        return 0;
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = &engine->lines[order->first_line + i];
        u32 department = engine->skus[engine->books[line->book].sku].department;
        if (budget->scope != BUDGET_DEPARTMENT || department == budget->subject)
            spent += line_spent(line);
    }
    return spent;
}

void check_budgets(const struct engine *engine, struct check_report *report)
{
    for (u32 shopper = 1; shopper <= engine->head.count[LIMIT_shoppers]; shopper++)
        for (u32 id = engine->shoppers[shopper].first_budget; id != 0; id = engine->budgets[id].next) {
            const struct budget *budget = &engine->budgets[id];
            i64 spent = 0;
            if (budget->scope == 0)
                continue;
            for (u32 order = engine->shoppers[shopper].last_order; order >= budget->first_order;
                 order = engine->orders[order].previous)
                spent += order_spent(engine, &engine->orders[order], budget);
            if (budget->spent_minor < spent)
                report->budget_errors++;
        }
}

static bool codes_found(const struct engine *engine, u16 kind)
{
    for (u32 id = 1; id <= engine->head.count[entity_table(kind)]; id++)
        if (engine_find(engine, kind, engine_text(engine, *entity_text(engine, kind, id), 0)) != id)
            return false;
    return true;
}

static u64 answers_lost(const struct engine *engine)
{
    u64 lost = 0;
    for (u64 n = engine->head.answer_first; n < engine->head.answer_next; n++) {
        u32 row = answer_row(engine, n);
        u32 tag = index_tag(answer_hash(engine->answers[row].caller, engine->answers[row].key));
        u64 at = index_home(&engine->answer_index, tag);
        u32 found;
        while ((found = index_next(&engine->answer_index, tag, &at)) != 0 && found != row)
            continue;
        lost += found != row;
    }
    return lost;
}

/* What may be sent of a SKU with several books; a list of books that is broken has an end here too. */
static u64 free_on_shelves(const struct engine *engine, const struct sku *sku)
{
    u64 free = 0;
    u32 id = sku->first_book;
    for (u32 i = 0; sku->book_count > 1 && i < sku->book_count && exists(engine, LIMIT_books, id); i++) {
        free += book_free(&engine->books[id]);
        id = engine->books[id].next;
    }
    return free;
}

/* Every book of a SKU with several is on the shelf of its city, and what is free there is counted. */
static u64 shelves_wrong(const struct engine *engine)
{
    u64 wrong = 0;
    u64 shelved = 0;
    for (u32 id = 1; id <= engine->shelf_count; id++) {
        const struct shelf *shelf = &engine->shelves[id];
        u64 free = 0;
        for (u32 book = shelf->first_book; book != 0; book = engine->shelf_next[book], shelved++) {
            wrong += engine->books[book].sku != shelf->sku || engine->books[book].city != shelf->city;
            free += book_free(&engine->books[book]);
        }
        wrong += free != shelf->free || shelf_find(engine, shelf->sku, shelf->city) != id;
    }
    for (u32 sku = 1; sku <= engine->head.count[LIMIT_skus]; sku++)
        wrong += engine->sku_free[sku] != free_on_shelves(engine, &engine->skus[sku]);
    for (u32 id = 1; id <= engine->head.count[LIMIT_books]; id++)
        shelved -= engine->skus[engine->books[id].sku].book_count > 1;
    return wrong + (shelved != 0);
}

void check_indexes(const struct engine *engine, struct check_report *report)
{
    const u64 *count = engine->head.count;
    for (u32 id = 1; id <= count[LIMIT_skus]; id++)
        if (engine->skus[id].gtin != 0 && engine_sku_by_gtin(engine, engine->skus[id].gtin) != id)
            report->index_errors++;
    for (u32 id = 1; id <= count[LIMIT_books]; id++)
        if (engine_find_book(engine, engine->books[id].sku, engine->books[id].location) != id)
            report->index_errors++;
    for (u32 id = 1; id <= count[LIMIT_caps]; id++)
        if (cap_find(engine, engine->caps[id].deal, engine->caps[id].person) != id)
            report->index_errors++;
    for (size_t i = 0; i < PUT_KINDS; i++)
        if (!codes_found(engine, put_kinds[i]))
            report->index_errors++;
    report->index_errors += answers_lost(engine) + shelves_wrong(engine);
}
