/*
 * Sales: for each festival (and what was sold outside of any, by currency) the paid lines summed up by SKU. Three
 * passes: over all orders once, to find from which to which the paid ones of each group are, for festivals follow each
 * other; then for each group over those orders, to add up; then over the SKUs, to write.
 */
#include "exchange/export_row.h"

#include "base/assert.h"

#include <stdlib.h>

/* What was paid for one SKU in one group. */
struct sale {
    u64 lines, units, returned;
    i64 paid_minor;
};

struct group {
    u32 festival;           /* 0: outside of any */
    u32 currency;
    u32 first, last;        /* orders of it; 0: none */
};

enum sums_phase { SUMS_FIND, SUMS_ADD, SUMS_WRITE };

struct export_sums {
    enum sums_phase phase;
    struct group *groups;   /* outside of festivals by currency, then the festivals; or the one that is wanted */
    u32 group_count;
    u32 currency_count;     /* groups outside of festivals; 0 when one festival is wanted */
    u32 group;              /* the one that is added up and written */
    u32 sku_count;
    struct sale *sales;     /* by SKU id; all zero when a group begins */
};

static bool sums_allocate(struct export_sums *sums, u32 group_count)
{
    sums->group_count = group_count;
    sums->groups = calloc((size_t)group_count + 1, sizeof(*sums->groups));
    sums->sales = calloc((size_t)sums->sku_count + 1, sizeof(*sums->sales));
    return sums->groups != NULL && sums->sales != NULL;
}

bool export_sales_open(struct export *export)
{
    const struct engine *engine = export->engine;
    u32 festivals = engine_festival_count(engine), currencies = engine_currency_count(engine);
    struct export_sums *sums = calloc(1, sizeof(*sums));
    if (sums == NULL)
        return false;
    export->sums = sums;
    sums->sku_count = engine_sku_count(engine);
    sums->currency_count = export->festival == 0 ? currencies : 0;
    if (!sums_allocate(sums, export->festival == 0 ? currencies + festivals : 1)) {
        export_sales_close(export);
        return false;
    }
    for (u32 i = 0; i < sums->currency_count; i++)
        sums->groups[i] = (struct group){.currency = i + 1};
    for (u32 i = sums->currency_count; i < sums->group_count; i++) {
        u32 id = export->festival != 0 ? export->festival : i - sums->currency_count + 1;
        sums->groups[i] = (struct group){.festival = id, .currency = engine_festival(engine, id)->currency};
    }
    return true;
}

void export_sales_close(struct export *export)
{
    free(export->sums->groups);
    free(export->sums->sales);
    free(export->sums);
    export->sums = NULL;
}

/* The group an order is in; NULL when it is in none that is wanted. */
static struct group *sums_group(const struct export *export, const struct order *order)
{
    struct export_sums *sums = export->sums;
    if (order->state != ORDER_PAID)
        return NULL;
    u32 index;
    if (export->festival != 0)
        index = 0;
    else
        index = order->festival == 0 ? order->currency - 1u : sums->currency_count + order->festival - 1u;
    ASSERT(index < sums->group_count);
    struct group *group = &sums->groups[index];
    return group->festival == order->festival && group->currency == order->currency ? group : NULL;
}

static void sums_find(struct export *export, u32 id)
{
    struct group *group = sums_group(export, engine_order(export->engine, id));
    if (group == NULL)
        return;
    if (group->first == 0)
        group->first = id;
    group->last = id;
}

static void sums_add(struct export *export, u32 id)
{
    const struct engine *engine = export->engine;
    struct export_sums *sums = export->sums;
    const struct order *order = engine_order(engine, id);
    if (sums_group(export, order) != &sums->groups[sums->group])
        return;
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = engine_line(engine, order->first_line + i);
        u32 sku = engine_book(engine, line->book)->sku;
        ASSERT(sku <= sums->sku_count);
        struct sale *sale = &sums->sales[sku];
        sale->lines++;
        sale->units += line->quantity;
        sale->returned += line->returned;
        sale->paid_minor += line->unit_price_minor * line->quantity - line->discount_minor;
    }
}

/* False when the buffer was too full for the row. */
static bool sums_write(struct export *export, u32 id, struct row *row)
{
    const struct engine *engine = export->engine;
    const struct group *group = &export->sums->groups[export->sums->group];
    struct sale *sale = &export->sums->sales[id];
    if (sale->lines == 0)
        return true;
    const struct sku *sku = engine_sku(engine, id);
    row_code(row, engine, group->festival, group->festival ? engine_festival(engine, group->festival)->text : 0);
    row_code(row, engine, id, sku->text);
    row_text(row, engine_text(engine, sku->text, 1));
    row_code(row, engine, sku->brand, sku->brand ? engine_brand(engine, sku->brand)->text : 0);
    row_code(row, engine, sku->department, engine_department(engine, sku->department)->text);
    row_number(row, (i64)sale->lines);
    row_number(row, (i64)sale->units);
    row_number(row, (i64)sale->returned);
    row_code(row, engine, group->currency, engine_currency(engine, group->currency)->text);
    row_money(row, engine, group->currency, sale->paid_minor);
    if (!row_end(row))
        return false;
    *sale = (struct sale){0};
    return true;
}

/* To adding up the next group in which something was paid. False when there is none. */
static bool sums_next_group(struct export *export, u32 from)
{
    struct export_sums *sums = export->sums;
    sums->group = from;
    while (sums->group < sums->group_count && sums->groups[sums->group].first == 0)
        sums->group++;
    if (sums->group == sums->group_count)
        return false;
    sums->phase = SUMS_ADD;
    export->at = sums->groups[sums->group].first;
    export->last = sums->groups[sums->group].last;
    return true;
}

/* What follows when a phase has seen its last row. False: nothing. */
static bool sums_next_phase(struct export *export)
{
    struct export_sums *sums = export->sums;
    if (sums->phase != SUMS_ADD)
        return sums_next_group(export, sums->phase == SUMS_FIND ? 0 : sums->group + 1);
    sums->phase = SUMS_WRITE;
    export->at = 1;
    export->last = sums->sku_count;
    return true;
}

bool export_sales_next(struct export *export, struct row *row)
{
    for (u32 looked = 0; looked < export->look_max; looked++) {
        while (export->at > export->last)
            if (!sums_next_phase(export))
                return true;
        if (export->sums->phase == SUMS_FIND)
            sums_find(export, export->at);
        else if (export->sums->phase == SUMS_ADD)
            sums_add(export, export->at);
        else if (!sums_write(export, export->at, row))
            return false;
        export->at++;
    }
    return false;
}
