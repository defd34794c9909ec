/*
 * The engine's memory: how one block of zeroed memory is cut into tables and
 * indexes, how it is written down as regions and taken back. Tables are the
 * truth and are kept in snapshots; indexes are derived and rebuilt.
 */
#include "core/internal.h"

#include <string.h>

#define PAGE 4096u
#define CELLS_REGION 40
#define HEAD_REGION 1

static const struct {
    const char *name;
    u64 standard;
    u64 largest;
    const char *range;
} limit_table[LIMIT_COUNT] = {
#define LIMIT(name, standard, largest, meaning) {#name, standard, largest, #name " must be from 1 to " #largest},
#include "core/limits.def"
#undef LIMIT
};

static const struct {
    size_t row_size;
    size_t pointer;         /* where struct engine points to its rows */
    u32 region;
} tables[LIMIT_COUNT] = {
#define TABLE(region, type, names) [LIMIT_##names] = {sizeof(type), offsetof(struct engine, names), region},
#include "core/table.def"
#undef TABLE
};

_Static_assert(sizeof(struct engine_limits) == LIMIT_COUNT * sizeof(u64), "limits are an array of u64");

static u64 capacity(const struct engine_limits *limits, unsigned limit)
{
    return ((const u64 *)limits)[limit];
}

void engine_limits_default(struct engine_limits *limits)
{
    for (unsigned i = 0; i < LIMIT_COUNT; i++)
        ((u64 *)limits)[i] = limit_table[i].standard;
}

const char *engine_limits_problem(const struct engine_limits *limits)
{
    for (unsigned i = 0; i < LIMIT_COUNT; i++)
        if (capacity(limits, i) < 1 || capacity(limits, i) > limit_table[i].largest)
            return limit_table[i].range;
    return NULL;
}

const char *engine_limit_name(enum limit_index limit)
{
    ASSERT(limit < LIMIT_COUNT);
    return limit_table[limit].name;
}

u64 engine_capacity(const struct engine *engine, enum limit_index limit)
{
    ASSERT(limit < LIMIT_COUNT);
    return capacity(&engine->limits, limit);
}

u64 engine_used(const struct engine *engine, enum limit_index limit)
{
    ASSERT(limit < LIMIT_COUNT);
    if (limit == LIMIT_answers)
        return engine->head.answer_next - engine->head.answer_first;
    return engine->head.count[limit];
}

void *table_row(const struct engine *engine, enum limit_index table, u64 row)
{
    char *rows;
    memcpy(&rows, (const char *)engine + tables[table].pointer, sizeof(rows));
    return rows + row * tables[table].row_size;
}

size_t table_row_size(enum limit_index table)
{
    return tables[table].row_size;
}

/* --- the layout ------------------------------------------------------------- */

/* Ids of each group of cells, "none" included. */
static void cell_capacities(const struct engine_limits *limits, u64 capacities[CELL_GROUP_COUNT])
{
    capacities[CELL_CITY] = limits->cities + 1;
    capacities[CELL_COUNTRY] = limits->countries + 1;
    capacities[CELL_BRAND] = limits->brands + 1;
    capacities[CELL_DEPARTMENT] = limits->departments + 1;
    capacities[CELL_CHANNEL] = CHANNEL_COUNT;
}

static u64 code_capacity(const struct engine_limits *limits)
{
    return limits->currencies + limits->countries + limits->departments + limits->cities + limits->locations +
           limits->brands + limits->sellers + limits->skus + limits->festivals + limits->tills;
}

/* Row 0, and for texts the first 8 bytes, are "none". */
static u64 table_bytes(const struct engine_limits *limits, unsigned table)
{
    u64 none = table == LIMIT_text_bytes ? 8 : 1;
    return (capacity(limits, table) + none) * tables[table].row_size;
}

/* Takes `bytes` of the block from *at on, or only counts them when there is no block. */
static void *take(char *block, u64 *at, u64 bytes)
{
    void *memory = block == NULL ? NULL : block + *at;
    *at += (bytes + PAGE - 1) / PAGE * PAGE;
    return memory;
}

static void take_index(char *block, u64 *at, struct index *index, u64 ids)
{
    void *memory = take(block, at, index_memory_size(ids));
    if (block != NULL)
        index_create(index, memory, ids);
}

static void lay_out_shelves(char *block, u64 *at, struct engine *engine, const struct engine_limits *limits)
{
    void *shelves = take(block, at, (limits->books + 1) * sizeof(struct shelf));
    void *sku_free = take(block, at, (limits->skus + 1) * sizeof(u64));
    void *shelf_next = take(block, at, (limits->books + 1) * sizeof(u32));
    void *city_shelves = take(block, at, (limits->cities + 1) * sizeof(u32));
    void *city_lists = take(block, at, (limits->cities + 1) * sizeof(struct city_list));
    void *city_order = take(block, at, (limits->cities + 1) * limits->cities * sizeof(u16));
    if (block == NULL)
        return;
    engine->shelves = shelves;
    engine->sku_free = sku_free;
    engine->shelf_next = shelf_next;
    engine->city_shelves = city_shelves;
    engine->city_lists = city_lists;
    engine->city_order = city_order;
}

/* Cuts the block; with block NULL only measures it. */
static u64 lay_out(char *block, struct engine *engine, const struct engine_limits *limits)
{
    u64 at = 0;
    take(block, &at, sizeof(struct engine));
    for (unsigned i = 0; i < LIMIT_COUNT; i++) {
        void *rows = take(block, &at, table_bytes(limits, i));
        if (block != NULL)
            memcpy((char *)engine + tables[i].pointer, &rows, sizeof(rows));
    }

    u64 capacities[CELL_GROUP_COUNT];
    u64 stride = 0;
    cell_capacities(limits, capacities);
    for (unsigned group = 0; group < CELL_GROUP_COUNT; group++) {
        if (block != NULL) {
            engine->cell_offset[group] = stride;
            engine->head.cell_capacity[group] = capacities[group];
        }
        stride += capacities[group];
    }
    struct cell *cells = take(block, &at, (limits->festivals + 1) * stride * sizeof(struct cell));
    if (block != NULL) {
        engine->cells = cells;
        engine->cell_stride = stride;
    }

    struct index unused;
    take_index(block, &at, block ? &engine->codes : &unused, code_capacity(limits));
    take_index(block, &at, block ? &engine->gtins : &unused, limits->skus);
    take_index(block, &at, block ? &engine->book_index : &unused, limits->books);
    take_index(block, &at, block ? &engine->cap_index : &unused, limits->caps);
    take_index(block, &at, block ? &engine->answer_index : &unused, limits->answers);
    take_index(block, &at, block ? &engine->sale_index : &unused, limits->tenders);
    take_index(block, &at, block ? &engine->shelf_index : &unused, limits->books);
    lay_out_shelves(block, &at, engine, limits);
    return at;
}

size_t engine_memory_size(const struct engine_limits *limits)
{
    ASSERT(engine_limits_problem(limits) == NULL);
    return lay_out(NULL, NULL, limits);
}

struct engine *engine_create(void *memory, const struct engine_limits *limits)
{
    ASSERT(engine_limits_problem(limits) == NULL);
    ASSERT((uintptr_t)memory % PAGE == 0);
    struct engine *engine = memory;
    engine->limits = *limits;
    lay_out(memory, engine, limits);
    shelves_begin(engine);
    engine->festivals[0].hold_ms = HOLD_MS_DEFAULT;
    const u8 rules[] = {RULE_FEWEST, RULE_WISHED, RULE_CITY, RULE_NEAREST};
    memcpy(engine->head.rules, rules, sizeof(rules));
    return engine;
}

#define LINES_PER_ORDER 2 /* what most orders have */

static struct engine_range row_range(const struct engine *engine, enum limit_index table, u64 from, u64 count)
{
    u64 rows = engine_capacity(engine, table) + 1;
    u64 begin = MIN(from, rows);
    u64 end = MIN(from + count, rows);
    return (struct engine_range){table_row(engine, table, begin), (end - begin) * tables[table].row_size};
}

void engine_order_memory(const struct engine *engine, u64 from, u64 count, struct engine_range ranges[ENGINE_RANGES])
{
    ranges[0] = row_range(engine, LIMIT_orders, from, count);
    ranges[1] = row_range(engine, LIMIT_lines, from * LINES_PER_ORDER, count * LINES_PER_ORDER);
    ranges[2] = row_range(engine, LIMIT_answers, from, count);
}

void engine_index_memory(const struct engine *engine, struct engine_range ranges[ENGINE_INDEXES])
{
    const struct index *indexes[ENGINE_INDEXES] = {&engine->codes, &engine->gtins, &engine->book_index,
                                                   &engine->cap_index, &engine->answer_index};
    for (unsigned i = 0; i < ENGINE_INDEXES; i++)
        ranges[i] = (struct engine_range){indexes[i]->slots, indexes[i]->slot_count * sizeof(u64)};
}

/* Shelves, and the lists of cities that have been made. */
static u64 shelf_memory_used(const struct engine *engine)
{
    const u64 *count = engine->head.count;
    u64 bytes = engine->shelf_count * sizeof(struct shelf) + engine->shelf_index.slot_count * sizeof(u64) +
                count[LIMIT_books] * sizeof(*engine->shelf_next) + count[LIMIT_skus] * sizeof(*engine->sku_free) +
                count[LIMIT_cities] * (sizeof(*engine->city_shelves) + sizeof(struct city_list));
    for (u32 city = 1; city <= count[LIMIT_cities]; city++)
        bytes += engine->city_lists[city].count * sizeof(*engine->city_order);
    return bytes;
}

/* The index of sales is touched where sales are: at most a page for each. */
static u64 sale_memory_used(const struct engine *engine)
{
    return MIN(engine->sale_index.slot_count * sizeof(u64), engine->head.count[LIMIT_tenders] * PAGE);
}

u64 engine_memory_used(const struct engine *engine)
{
    u64 bytes = engine->cell_stride * sizeof(struct cell) * (engine->head.count[LIMIT_festivals] + 1);
    struct engine_range indexes[ENGINE_INDEXES];
    engine_index_memory(engine, indexes);
    for (unsigned i = 0; i < LIMIT_COUNT; i++)
        bytes += (engine->head.count[i] + 1) * tables[i].row_size;
    for (unsigned i = 0; i < ENGINE_INDEXES; i++)
        bytes += indexes[i].size;
    return bytes + shelf_memory_used(engine) + sale_memory_used(engine);
}

/* --- regions ------------------------------------------------------------------ */

const char *engine_region_name(size_t index)
{
    if (index == 0)
        return "head";
    return index <= LIMIT_COUNT ? limit_table[index - 1].name : "festivals or what they are metered by";
}

static u64 table_bytes_used(const struct engine *engine, unsigned table)
{
    u64 none = table == LIMIT_text_bytes ? 8 : 1;
    return (engine->head.count[table] + none) * tables[table].row_size;
}

size_t engine_regions(struct engine *engine, struct engine_region regions[ENGINE_REGIONS_MAX])
{
    _Static_assert(LIMIT_COUNT + 2 <= ENGINE_REGIONS_MAX, "room for all regions");
    size_t count = 0;
    regions[count++] = (struct engine_region){HEAD_REGION, sizeof(engine->head), &engine->head, sizeof(engine->head),
                                              sizeof(engine->head)};
    for (unsigned i = 0; i < LIMIT_COUNT; i++)
        regions[count++] = (struct engine_region){tables[i].region, (u32)tables[i].row_size,
                                                  table_row(engine, i, 0), table_bytes_used(engine, i),
                                                  table_bytes(&engine->limits, i)};
    u64 cell_bytes = engine->cell_stride * sizeof(struct cell);
    regions[count++] = (struct engine_region){CELLS_REGION, sizeof(struct cell), engine->cells,
                                              (engine->head.count[LIMIT_festivals] + 1) * cell_bytes,
                                              (engine->limits.festivals + 1) * cell_bytes};
    return count;
}

/* Moves the cells of an engine whose groups were smaller to where they belong now, last ones first. */
static void cells_spread(struct engine *engine, const u64 old[CELL_GROUP_COUNT])
{
    u64 old_stride = 0;
    for (unsigned group = 0; group < CELL_GROUP_COUNT; group++)
        old_stride += old[group];
    for (u64 festival = engine->head.count[LIMIT_festivals] + 1; festival-- > 0;) {
        u64 from = (festival + 1) * old_stride;
        for (unsigned group = CELL_GROUP_COUNT; group-- > 0;) {
            struct cell *to = cell_at(engine, (u32)festival, group, 0);
            from -= old[group];
            ASSERT(to >= engine->cells + from);
            memmove(to, engine->cells + from, old[group] * sizeof(struct cell));
            memset(to + old[group], 0, (engine->head.cell_capacity[group] - old[group]) * sizeof(struct cell));
        }
    }
}

static void reverse(struct answer *rows, u64 from, u64 to)
{
    for (; from + 1 < to; from++) {
        struct answer swapped = rows[from];
        rows[from] = rows[--to];
        rows[to] = swapped;
    }
}

/* The ring of answers, written with another capacity, begins at row 1 again with its oldest answer. */
static void answers_unroll(struct engine *engine, u64 old_capacity)
{
    u64 first = engine->head.answer_first % old_capacity;
    struct answer *rows = engine->answers + 1;
    reverse(rows, 0, first);
    reverse(rows, first, engine->head.count[LIMIT_answers]);
    reverse(rows, 0, engine->head.count[LIMIT_answers]);
    u64 kept = engine->head.answer_next - engine->head.answer_first;
    engine->head.answer_first = 0;
    engine->head.answer_next = kept;
    engine->head.count[LIMIT_answers] = kept;
}

static void codes_rebuild(struct engine *engine)
{
    for (size_t i = 0; i < PUT_KINDS; i++)
        for (u32 id = 1; id <= engine->head.count[entity_table(put_kinds[i])]; id++) {
            struct slice code = engine_text(engine, *entity_text(engine, put_kinds[i], id), 0);
            index_insert(&engine->codes, index_tag(code_hash(put_kinds[i], code)), id);
        }
}

static void indexes_rebuild(struct engine *engine)
{
    const u64 *count = engine->head.count;
    codes_rebuild(engine);
    for (u32 id = 1; id <= count[LIMIT_skus]; id++)
        if (engine->skus[id].gtin != 0)
            index_insert(&engine->gtins, index_tag(gtin_hash(engine->skus[id].gtin)), id);
    for (u32 id = 1; id <= count[LIMIT_books]; id++) {
        const struct book *book = &engine->books[id];
        index_insert(&engine->book_index, index_tag(book_hash(book->sku, book->location)), id);
    }
    for (u32 id = 1; id <= count[LIMIT_caps]; id++) {
        const struct cap *cap = &engine->caps[id];
        index_insert(&engine->cap_index, index_tag(cap_hash(cap->deal, cap->person)), id);
    }
    for (u32 id = 1; id <= count[LIMIT_tenders]; id++)
        if (engine->tenders[id].kind == TENDER_SALE)
            index_insert(&engine->sale_index, index_tag(sale_hash(engine->tenders[id].order)), id);
    for (u64 n = engine->head.answer_first; n < engine->head.answer_next; n++) {
        u32 row = answer_row(engine, n);
        const struct answer *answer = &engine->answers[row];
        index_insert(&engine->answer_index, index_tag(answer_hash(answer->caller, answer->key)), row);
    }
    shelves_rebuild(engine);
}

const char *engine_restore(struct engine *engine, const u64 *sizes)
{
    u64 capacities[CELL_GROUP_COUNT];
    u64 old[CELL_GROUP_COUNT];
    cell_capacities(&engine->limits, capacities);
    if (sizes[0] != sizeof(engine->head))
        return "the snapshot's head has another size";
    for (unsigned i = 0; i < LIMIT_COUNT; i++)
        if (engine->head.count[i] > capacity(&engine->limits, i) || table_bytes_used(engine, i) != sizes[i + 1])
            return "a table of the snapshot has another size than its count says";

    /* A ring that has gone round uses every row of its old capacity; one that has not can stay as it lies. */
    u64 answer_rows = engine->head.count[LIMIT_answers];
    u64 old_answers = engine->head.answer_next <= answer_rows ? engine->limits.answers : answer_rows;
    u64 cell_bytes = 0;
    for (unsigned group = 0; group < CELL_GROUP_COUNT; group++) {
        old[group] = engine->head.cell_capacity[group];
        if (old[group] > capacities[group])
            return "a limit is smaller than it was when the snapshot was written";
        engine->head.cell_capacity[group] = capacities[group];
        cell_bytes += old[group] * sizeof(struct cell);
    }
    if ((engine->head.count[LIMIT_festivals] + 1) * cell_bytes != sizes[LIMIT_COUNT + 1])
        return "the meters of the snapshot have another size than its counts say";
    cells_spread(engine, old);
    if (old_answers != engine->limits.answers)
        answers_unroll(engine, old_answers);
    indexes_rebuild(engine);
    return NULL;
}

/* --- digest ------------------------------------------------------------------- */

static u64 digest_answers(const struct engine *engine, u64 digest)
{
    for (u64 n = engine->head.answer_first; n < engine->head.answer_next; n++)
        digest = checksum64(&engine->answers[answer_row(engine, n)], sizeof(struct answer), digest);
    return digest;
}

static u64 digest_cells(const struct engine *engine, u64 digest)
{
    const u64 *count = engine->head.count;
    const u64 used[CELL_GROUP_COUNT] = {
        [CELL_CITY] = count[LIMIT_cities] + 1,
        [CELL_COUNTRY] = count[LIMIT_countries] + 1,
        [CELL_BRAND] = count[LIMIT_brands] + 1,
        [CELL_DEPARTMENT] = count[LIMIT_departments] + 1,
        [CELL_CHANNEL] = CHANNEL_COUNT,
    };
    for (u32 festival = 0; festival <= count[LIMIT_festivals]; festival++)
        for (unsigned group = 0; group < CELL_GROUP_COUNT; group++)
            digest = checksum64(cell_at(engine, festival, group, 0), used[group] * sizeof(struct cell), digest);
    return digest;
}

u64 engine_digest(const struct engine *engine)
{
    const struct engine_head *head = &engine->head;
    u64 digest = checksum64(&head->now_ms, sizeof(head->now_ms), 0);
    digest = checksum64(&head->seq, sizeof(head->seq), digest);
    digest = checksum64(&head->chain, sizeof(head->chain), digest);
    digest = checksum64(head->rules, sizeof(head->rules), digest);
    for (unsigned i = 0; i < LIMIT_COUNT; i++) {
        if (i == LIMIT_answers)
            continue;
        digest = checksum64(&head->count[i], sizeof(head->count[i]), digest);
        digest = checksum64(table_row(engine, i, 0), table_bytes_used(engine, i), digest);
    }
    return digest_cells(engine, digest_answers(engine, digest));
}
