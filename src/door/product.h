/*
 * Products: the SKUs of one handle. A SKU without a handle is a product of its own, known by its code. Which SKUs those
 * are the views know; what is shown of them is the engine's.
 */
#ifndef ELEVEN_DOOR_PRODUCT_H
#define ELEVEN_DOOR_PRODUCT_H

#include "core/engine.h"
#include "door/http.h"
#include "view/view.h"

#define PRODUCT_VARIANTS_MAX 250    /* of one product in one answer */

/* The SKUs for sale of the product that the path's {handle} names; `count` >= 1. `more`: it has further ones. The
 * request is to be answered now. */
typedef void product_found(struct http *http, const u32 *skus, size_t count, bool more);

/* Looks for it on the pool, then calls `found`, or answers that there is none. */
void product_find(struct http *http, product_found *found);

/* A page of products as JSON (ProductPage); `search.text` is copied. */
void product_page(struct http *http, const struct view_search *search, u32 currency, u64 limit);

#endif
