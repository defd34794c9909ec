/*
 * Rows of the engine as JSON, each as the schema of its name says (schema.def).
 */
#ifndef ELEVEN_DOOR_RENDER_H
#define ELEVEN_DOOR_RENDER_H

#include "core/engine.h"
#include "base/emit.h"

/* The code of an entity, null for none. */
void render_code(struct emit *emit, const struct engine *engine, const char *key, u32 text);

/* {"amount_minor":..., "currency":"CNY"} */
void render_money(struct emit *emit, const struct engine *engine, const char *key, i64 amount_minor, u32 currency);

void render_order(struct emit *emit, const struct engine *engine, u32 order);

#endif
