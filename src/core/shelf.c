/*
 * Shelves: what lets routing look at ten thousand stores without looking at
 * them. A shelf is the books of one SKU in one city, in the order in which
 * routing prefers them when no rule tells them apart, and how many units are
 * free on it. A SKU has shelves once it has two books.
 *
 * For each city, the cities that have shelves are kept in the order of their
 * distance; such a list is made when an order from that city first needs it, and
 * again when the map has changed.
 *
 * All of this is derived from books, locations and cities: it is in no snapshot,
 * and is rebuilt at start.
 */
#include "core/internal.h"

#include "base/geo.h"

#include <string.h>

u64 shelf_hash(u32 sku, u32 city)
{
    return mix64(((u64)sku << 32 | city) + 1); /* not where book_hash of the same numbers lies */
}

u32 shelf_find(const struct engine *engine, u32 sku, u32 city)
{
    u32 tag = index_tag(shelf_hash(sku, city));
    u64 at = index_home(&engine->shelf_index, tag);
    u32 id;
    while ((id = index_next(&engine->shelf_index, tag, &at)) != 0)
        if (engine->shelves[id].sku == sku && engine->shelves[id].city == city)
            return id;
    return 0;
}

i64 city_distance(const struct engine *engine, u32 from, u32 to)
{
    const struct city *a = &engine->cities[from];
    const struct city *b = &engine->cities[to];
    return geo_distance(a->longitude_e6, a->latitude_e6, b->longitude_e6, b->latitude_e6);
}

static i64 distance_in_city(const struct engine *engine, u32 location)
{
    const struct location *place = &engine->locations[location];
    const struct city *city = &engine->cities[place->city];
    return geo_distance(city->longitude_e6, city->latitude_e6, place->longitude_e6, place->latitude_e6);
}

bool shelf_before(const struct engine *engine, u32 location_a, u32 location_b)
{
    i64 a = distance_in_city(engine, location_a);
    i64 b = distance_in_city(engine, location_b);
    return a != b ? a < b : location_a < location_b;
}

u32 shelf_find_book(const struct engine *engine, u32 sku, u32 location)
{
    if (engine->skus[sku].book_count < 2)
        return engine_find_book(engine, sku, location);
    u32 first = engine->shelves[shelf_find(engine, sku, engine->locations[location].city)].first_book;
    return engine->books[first].location == location ? first : engine_find_book(engine, sku, location);
}

/* --- keeping them ------------------------------------------------------------------ */

#define SLOTS_FIRST 1024u

/* There are far fewer shelves than books, mostly, and they are asked for with every order: their index is kept small
 * enough for the cache, and made larger, within the memory that is set aside for it, when it is half full. */
static void index_make_room(struct engine *engine)
{
    struct index *index = &engine->shelf_index;
    u64 most = index_memory_size(engine->limits.books) / sizeof(u64);
    if (index->slot_count >= most || (engine->shelf_count + 1) * (u64)2 <= index->slot_count)
        return;
    memset(index->slots, 0, index->slot_count * sizeof(u64));
    index->slot_count = MIN(index->slot_count * 2, most);
    for (u32 id = 1; id <= engine->shelf_count; id++)
        index_insert(index, index_tag(shelf_hash(engine->shelves[id].sku, engine->shelves[id].city)), id);
}

void shelves_begin(struct engine *engine)
{
    engine->shelf_index.slot_count = MIN(engine->shelf_index.slot_count, SLOTS_FIRST);
    engine->map_version = 1;
}

static u32 shelf_make(struct engine *engine, u32 sku, u32 city)
{
    ASSERT(engine->shelf_count < engine->limits.books);
    index_make_room(engine);
    u32 id = ++engine->shelf_count;
    engine->shelves[id] = (struct shelf){.sku = sku, .city = city};
    index_insert(&engine->shelf_index, index_tag(shelf_hash(sku, city)), id);
    if (engine->city_shelves[city]++ == 0)
        engine->map_version++;
    return id;
}

static void shelve(struct engine *engine, u32 id)
{
    const struct book *book = &engine->books[id];
    u32 shelf = shelf_find(engine, book->sku, book->city);
    if (shelf == 0)
        shelf = shelf_make(engine, book->sku, book->city);
    u32 *at = &engine->shelves[shelf].first_book;
    while (*at != 0 && shelf_before(engine, engine->books[*at].location, book->location))
        at = &engine->shelf_next[*at];
    engine->shelf_next[id] = *at;
    *at = id;
    engine->shelves[shelf].free += book_free(book);
    engine->sku_free[book->sku] += book_free(book);
}

void shelf_add(struct engine *engine, u32 id)
{
    const struct sku *sku = &engine->skus[engine->books[id].sku];
    if (sku->book_count < 2)
        return;
    if (sku->book_count == 2) /* the first one has waited for this */
        shelve(engine, engine->books[id].next);
    shelve(engine, id);
}

void shelf_change(struct engine *engine, const struct book *book, u32 free_before)
{
    u32 free_now = book_free(book);
    if (free_now == free_before || engine->skus[book->sku].book_count < 2)
        return;
    u32 id = shelf_find(engine, book->sku, book->city);
    ASSERT(id != 0);
    engine->shelves[id].free += (u64)free_now - free_before;
    engine->sku_free[book->sku] += (u64)free_now - free_before;
    ASSERT(engine->shelves[id].free <= engine->sku_free[book->sku]);
}

void shelves_rebuild(struct engine *engine)
{
    const u64 *count = engine->head.count;
    if (engine->shelf_count > 0) /* else none of its memory has been touched yet */
        memset(engine->shelf_index.slots, 0, engine->shelf_index.slot_count * sizeof(u64));
    memset(engine->sku_free, 0, (count[LIMIT_skus] + 1) * sizeof(*engine->sku_free));
    memset(engine->city_shelves, 0, (count[LIMIT_cities] + 1) * sizeof(*engine->city_shelves));
    engine->shelf_count = 0;
    engine->map_version++;
    for (u32 id = 1; id <= count[LIMIT_books]; id++)
        if (engine->skus[engine->books[id].sku].book_count > 1)
            shelve(engine, id);
}

/* --- cities by distance --------------------------------------------------------------- */

struct near {
    const struct engine *engine;
    u32 city;
    u16 *list;
};

static bool nearer(const struct near *near, u16 a, u16 b)
{
    i64 distance_a = city_distance(near->engine, near->city, a);
    i64 distance_b = city_distance(near->engine, near->city, b);
    return distance_a != distance_b ? distance_a < distance_b : a < b;
}

/* Heapsort (Williams 1964): in place, n log n at worst. */
static void sift_down(const struct near *near, u32 root, u32 count)
{
    for (u32 child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && nearer(near, near->list[child], near->list[child + 1]))
            child++;
        if (!nearer(near, near->list[root], near->list[child]))
            return;
        u16 swapped = near->list[root];
        near->list[root] = near->list[child];
        near->list[child] = swapped;
    }
}

static void sort_by_distance(const struct near *near, u32 count)
{
    for (u32 root = count / 2; root-- > 0;)
        sift_down(near, root, count);
    for (u32 last = count; last-- > 1;) {
        u16 farthest = near->list[0];
        near->list[0] = near->list[last];
        near->list[last] = farthest;
        sift_down(near, 0, last);
    }
}

const u16 *cities_near(const struct engine *engine, u32 city, u32 *count)
{
    struct city_list *known = &engine->city_lists[city];
    u16 *list = engine->city_order + (u64)city * engine->limits.cities;
    if (known->version != engine->map_version) {
        struct near near = {engine, city, list};
        known->count = 0;
        for (u32 id = 1; id <= engine->head.count[LIMIT_cities]; id++)
            if (engine->city_shelves[id] > 0)
                list[known->count++] = (u16)id;
        sort_by_distance(&near, known->count);
        known->version = engine->map_version;
    }
    *count = known->count;
    return list;
}
