/*
 * Warehouses and stores as JSON (schema_store.def): what they are, when they are open, how busy they are, and which of
 * those that keep a SKU are near.
 */
#ifndef ELEVEN_DOOR_PLACE_H
#define ELEVEN_DOOR_PLACE_H

#include "base/emit.h"
#include "core/engine.h"

/* Members of an object that is open: code, name, city, coordinates, kind and services. */
void place_emit(struct emit *emit, const struct engine *engine, u32 location);

/* And those that one location alone is shown with: the plan, whether it is open at `now_ms`, and, when `staff`, its
 * load in this hour and what it has lost, by reason. */
void place_emit_more(struct emit *emit, const struct engine *engine, u32 location, i64 now_ms, bool staff);

/* "available", "free", "safety" and "coming" of a book. */
void place_emit_units(struct emit *emit, const struct book *book);

/* A book of a SKU and how far its location is from a city, as geo_distance counts. */
struct place_near {
    i64 distance;
    u32 book;
    u32 location;
};

/* Fills `near` with the SKU's books, nearest to the city first, equally near ones by location; returns how many. Of
 * more than `max` books only the newest are looked at. O(n log n); 8192 books take about 1 ms. */
size_t place_nearest(const struct engine *engine, u32 sku, u32 city, struct place_near *near, size_t max);

#endif
