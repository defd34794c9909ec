/*
 * The smaller things that catalogues are made of, put on a stage: found when
 * they are there (and then left as they are), made when not. Used by imports,
 * festivals and the demonstration.
 */
#ifndef ELEVEN_EXCHANGE_PUT_H
#define ELEVEN_EXCHANGE_PUT_H

#include "exchange/stage.h"

/* Each returns the id, or 0 after telling the stage an error about WHAT ("currency", "brand.put \"acme\"") that says
 * why there is none. */
u32 put_currency(struct stage *stage, struct slice code);   /* digits by ISO 4217 */
u32 put_country(struct stage *stage, struct slice code);    /* ISO 3166-1 alpha-2; its name by our table */
u32 put_named(struct stage *stage, u16 kind, struct slice code, struct slice name); /* department, seller */
u32 put_brand(struct stage *stage, struct slice code, struct slice name, u32 country);

/* A warehouse (SHIP) at the place of its city; one that exists is left as it is. */
u32 put_warehouse(struct stage *stage, struct slice code, struct slice name, u32 city);

/* Drafts, to be applied by the caller, which knows the line they came from. The texts must fit. */
void draft_price(struct stage *stage, u32 sku, u32 currency, i64 price_minor);
void draft_count(struct stage *stage, u32 sku, u32 location, u32 counted);
void draft_keep(struct stage *stage, u32 sku, u32 location, u32 units); /* safety stock */
bool draft_location(struct stage *stage, const struct location *place, struct slice code, struct slice name);
bool draft_city(struct stage *stage, const struct city *place, const struct slice texts[4]);

#endif
